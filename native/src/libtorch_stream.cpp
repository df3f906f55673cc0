/* A stream without a buffer, whose every output fails at once. */
#include <ostream>

extern "C" {
#include "imports.h"
}

void *tffm_silent_stream() {
    static auto *const silent = new std::ostream(nullptr); /* never destroyed: models may run until the process ends */
    return silent;
}
