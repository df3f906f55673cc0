/* What the sweep asks of libtorch beyond the shim. */
#ifndef TFFM_SWEEP_REGISTRY_H
#define TFFM_SWEEP_REGISTRY_H

#ifdef __cplusplus
extern "C" {
#endif

/* Calls a function with the name and the overload of each operator that libtorch knows. */
void each_operator(void (*take)(const char *name, const char *overload, void *context), void *context);

/* Failures have no backtrace from here on, which would take milliseconds each. */
void leave_out_backtraces(void);

#ifdef __cplusplus
}
#endif

#endif
