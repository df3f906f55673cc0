/* What holds for the whole process: libtorch's threads, and whether its failures look for a backtrace. */
#include <dlfcn.h>

#include <functional>
#include <string>

#include "libtorch_guard.hpp"

/* OpenBLAS, by which some builds of libtorch multiply matrices, has threads of its own. */
static void setOpenBlasThreads(int count) {
    void *function = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    if (function != nullptr) reinterpret_cast<void (*)(int)>(function)(count);
}

tffm_status tffm_set_num_threads(int32_t count) {
    if (count < 1 || count > TFFM_MAX_THREADS)
        return tffm_refuse("the number of threads is %d, and must be 1 to %d", count, TFFM_MAX_THREADS);
    return guarded([&] {
        at::set_num_threads(count);
        setOpenBlasThreads(count);
        return static_cast<tffm_status>(TFFM_OK);
    });
}

tffm_status tffm_get_num_threads(int32_t *count) {
    TFFM_REQUIRE(count);
    return guarded([&] {
        *count = at::get_num_threads();
        return static_cast<tffm_status>(TFFM_OK);
    });
}

tffm_status tffm_omit_backtraces(void) {
    return guarded([] {
        c10::SetStackTraceFetcher([] { return std::string(); });
        return static_cast<tffm_status>(TFFM_OK);
    });
}
