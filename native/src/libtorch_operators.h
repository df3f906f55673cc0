/* Operators by their C++ entry points, which take Scalars and cost less than the dispatcher by name. */
#ifndef TFFM_LIBTORCH_OPERATORS_H
#define TFFM_LIBTORCH_OPERATORS_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tffm_entry;

/* The entry point of an operator, or NULL where the table or the libtorch in use has none. */
const struct tffm_entry *tffm_entry_find(const char *name, const char *overload);

/* The entry point that takes a number in place of the second tensor, or NULL. */
const struct tffm_entry *tffm_number_entry_find(const char *name, const char *overload);

/*
 * Makes a call.
 * arguments: all of them, checked against the schema; borrowed.
 * results: room for capacity values. Tensors among them are owned by the caller, but for one that is the first
 *     argument, written in place: its flags are 1 and its handle is NULL.
 * count: how many results there are.
 */
tffm_status tffm_entry_call(const struct tffm_entry *entry, int32_t mode, const tffm_value *arguments,
                            tffm_value *results, int64_t capacity, int64_t *count);

#ifdef __cplusplus
}
#endif

#endif
