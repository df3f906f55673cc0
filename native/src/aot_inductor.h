/*
 * The C functions that a library made by AOTInductor shows, as far as they are used here. Source: PyTorch 2.13,
 * torch/csrc/inductor/aoti_runtime/interface.h; `make abi-check` compares the declarations with it.
 *
 * Each returns 0 or a failure, whose text AOTInductorGetLastError() gives on the same thread.
 */
#ifndef TFFM_AOT_INDUCTOR_H
#define TFFM_AOT_INDUCTOR_H

#include "libtorch_c.h"

typedef struct AOTInductorModelContainerOpaque *AOTInductorModelContainerHandle;
typedef struct AOTInductorStreamOpaque *AOTInductorStreamHandle;
typedef struct AOTIProxyExecutorOpaque *AOTIProxyExecutorHandle;
typedef int32_t AOTIRuntimeError;

#ifndef TFFM_REAL_AOT_INDUCTOR /* as `make abi-check` has it */
typedef struct AOTInductorConstantMapEntry {
    const char *name;
    AtenTensorHandle handle;
} AOTInductorConstantMapEntry;
#endif

/* Each as X(function, required, parameters). */
#define TFFM_AOT_INDUCTOR(X)                                                                                         \
    X(CreateWithDevice, 1, (AOTInductorModelContainerHandle *, size_t instances, const char *device, const char *))  \
    X(Delete, 1, (AOTInductorModelContainerHandle))                                                                  \
    X(Run, 1, (AOTInductorModelContainerHandle, AtenTensorHandle *inputs, size_t, AtenTensorHandle *outputs, size_t, \
               AOTInductorStreamHandle, AOTIProxyExecutorHandle))                                                    \
    X(RunSingleThreaded, 0,                                                                                          \
      (AOTInductorModelContainerHandle, AtenTensorHandle *inputs, size_t, AtenTensorHandle *outputs, size_t,         \
       AOTInductorStreamHandle, AOTIProxyExecutorHandle))                                                            \
    X(GetNumInputs, 1, (AOTInductorModelContainerHandle, size_t *))                                                  \
    X(GetNumOutputs, 1, (AOTInductorModelContainerHandle, size_t *))                                                 \
    X(GetNumConstants, 1, (AOTInductorModelContainerHandle, size_t *))                                               \
    X(GetInputName, 1, (AOTInductorModelContainerHandle, size_t, const char **))                                     \
    X(GetConstantName, 1, (AOTInductorModelContainerHandle, size_t, const char **))                                  \
    X(GetConstantOriginalFQN, 1, (AOTInductorModelContainerHandle, size_t, const char **))                           \
    X(GetConstantDtype, 1, (AOTInductorModelContainerHandle, size_t, int32_t *))                                     \
    X(GetCallSpec, 0, (AOTInductorModelContainerHandle, const char **inputs, const char **outputs))                  \
    X(GetConstantType, 0, (AOTInductorModelContainerHandle, size_t, int32_t *))                                      \
    X(GetConstantDataSize, 0, (AOTInductorModelContainerHandle, size_t, size_t *))                                   \
    X(GetConstantFromFolded, 0, (AOTInductorModelContainerHandle, size_t, bool *))                                   \
    X(ExtractConstantsMapEntries, 0,                                                                                 \
      (AOTInductorModelContainerHandle, const AOTInductorConstantMapEntry **, size_t *, bool use_inactive))          \
    X(UpdateUserManagedConstantBufferPairs, 0,                                                                       \
      (AOTInductorModelContainerHandle, const AOTInductorConstantMapEntry *, size_t, bool use_inactive, bool all))   \
    X(RunConstantFolding, 0,                                                                                         \
      (AOTInductorModelContainerHandle, bool use_inactive, AOTInductorStreamHandle, AOTIProxyExecutorHandle))

/* The functions of one library; those that are not required may be NULL. */
struct tffm_aot_inductor {
#define TFFM_MEMBER(function, required, parameters) AOTIRuntimeError (*function) parameters;
    TFFM_AOT_INDUCTOR(TFFM_MEMBER)
#undef TFFM_MEMBER
    AOTIRuntimeError (*GetLastError)(const char **); /* may be NULL */
};

#endif
