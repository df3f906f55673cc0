/* Compares aot_inductor.h with AOTInductor's own header. */
#include <cstddef>
#include <type_traits>

#include <torch/csrc/inductor/aoti_runtime/interface.h>

#define TFFM_REAL_AOT_INDUCTOR
#include "aot_inductor.h"

#define SAME_SIGNATURE(function, required, parameters)                                     \
    static_assert(std::is_same_v<decltype(&AOTInductorModelContainer##function),           \
                                 decltype(tffm_aot_inductor::function)>, #function);
TFFM_AOT_INDUCTOR(SAME_SIGNATURE)

static_assert(sizeof(AOTInductorConstantMapEntry) == 16 && offsetof(AOTInductorConstantMapEntry, handle) == 8);
