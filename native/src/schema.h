/* An operator's schema, read once. */
#ifndef TFFM_SCHEMA_H
#define TFFM_SCHEMA_H

#include <stdbool.h>

#include "error.h"

enum { TFFM_MAX_SLOTS = 64, TFFM_MAX_DEFAULT = 8 };

enum tffm_base {
    TFFM_OF_TENSOR,
    TFFM_OF_INT,
    TFFM_OF_SYMINT,
    TFFM_OF_FLOAT,
    TFFM_OF_BOOL,
    TFFM_OF_SCALAR,
    TFFM_OF_STRING,
    TFFM_OF_DTYPE,
    TFFM_OF_LAYOUT,
    TFFM_OF_MEMORY_FORMAT,
    TFFM_OF_OTHER, /* any other type, of which only None can be passed */
};

/* An argument or a return value, as its schema has it: "Tensor(a!)[] self", "int[2] padding=0". */
struct tffm_slot {
    enum tffm_base base;
    bool list, element_optional, optional;
    bool written;     /* the annotation has a "!" */
    bool keyword;     /* stands after the "*" */
    bool parts;       /* a number of tensors to make */
    bool has_default; /* it has a default that can be read */
    int64_t fixed;    /* the length of a list that one number may stand for, or 0 */
    const char *type;
    const char *name;
    const char *default_text; /* or NULL; a string is without its quotes */
    tffm_value default_value;
    tffm_value default_elements[TFFM_MAX_DEFAULT]; /* of a default that is a list */
};

struct tffm_schema {
    int64_t argument_count, return_count;
    struct tffm_slot arguments[TFFM_MAX_SLOTS], returns[TFFM_MAX_SLOTS];
};

/*
 * Reads a schema's text.
 * text: cut up into the slots' strings, so it must outlive them.
 */
tffm_status tffm_read_schema(char *text, struct tffm_schema *schema);

/* Lets the default list of a copied slot point to the slot's own elements. */
void tffm_settle_default(struct tffm_slot *slot);

#endif
