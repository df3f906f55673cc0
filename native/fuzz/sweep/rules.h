/* The rules of ValueRule.java, which Java checks before it calls an operator. */
#ifndef TFFM_SWEEP_RULES_H
#define TFFM_SWEEP_RULES_H

#include <stdbool.h>

#include "torch_ffm.h"

/* Reads checked-operators.txt. Returns false where it cannot be read, or names a rule that is not known here. */
bool read_rules(const char *path);

/* Sums of rules: for all arguments, and for single ones. */
enum { RULED = 9 };
struct rules { uint32_t all, one[RULED]; int axes; /* the digit in its name */ };

/* The rules for an operator. A line of the file may name the overload or not. */
struct rules rules_of(const char *name, const char *overload);

/* Whether Java would let the arguments through. */
bool obeys(const struct rules *rules, const tffm_value *arguments, int64_t count);

#endif
