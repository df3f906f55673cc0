/* An operator that was resolved. */
#ifndef TFFM_OPERATOR_H
#define TFFM_OPERATOR_H

#include "libtorch_operators.h"
#include "schema.h"

struct tffm_operator {
    struct tffm_operator *next;
    const char *name, *overload;
    const struct tffm_model *model; /* the compiled model that it runs, or NULL */
    char *schema_text; /* what the slots' strings are parts of */
    const struct tffm_entry *entry; /* the C++ entry point, or NULL where the dispatcher is called by name */
    const struct tffm_entry *number_entry; /* the one that takes a number in place of the second tensor, or NULL */
    bool writes_hidden;             /* writes tensors though its schema does not say so */
    bool uncounted;                         /* writes lists of tensors without counting their versions */
    bool moves;                     /* may give a tensor that it writes another storage or shape */
    int64_t argument_count, return_count;
    struct tffm_slot *slots; /* the arguments, then the returns */
};

/* Where the returns of an operator start. */
#define TFFM_RETURNS(operator) ((operator)->slots + (operator)->argument_count)

/* Checks a value against an argument's slot. None fits an optional one. */
tffm_status tffm_check_argument(const tffm_operator *operator, const struct tffm_slot *slot, const tffm_value *value);

#endif
