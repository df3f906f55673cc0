/* Schemas as libtorch prints them. */
#ifndef TFFM_LIBTORCH_SCHEMA_H
#define TFFM_LIBTORCH_SCHEMA_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Gives an operator's schema, such as "aten::relu(Tensor self) -> Tensor".
 * text: owned by the caller, given back to free().
 */
tffm_status tffm_schema(const char *name, const char *overload, char **text);

/*
 * Reads a number with a decimal point, whatever the process's locale has in its place.
 * end: where it stops, or text if there is none.
 */
double tffm_read_real(const char *text, char **end);

#ifdef __cplusplus
}
#endif

#endif
