/* What a model's library gets in place of some functions that it imports. */
#ifndef TFFM_IMPORTS_H
#define TFFM_IMPORTS_H

#include "error.h"

/*
 * Replaces imports of a library that dlopen() opened, before it is used: it prints nothing, it checks its inputs, a
 * check that fails in a parallel loop does not end the process, and no thread that used it keeps it open.
 */
tffm_status tffm_replace_imports(void *library);

#ifdef __cplusplus
extern "C"
#endif
/* A std::ostream that prints nothing, for the life of the process. */
void *tffm_silent_stream(void);

#endif
