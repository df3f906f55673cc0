/* The values of the sweep: those that operators are made for, and hostile ones. */
#ifndef TFFM_SWEEP_VALUES_H
#define TFFM_SWEEP_VALUES_H

#include "operator.h"

/* What is passed for one argument: a seed says which good value, and hostile which bad one replaces it, or -1. */
struct choice {
    uint32_t seed;
    int32_t hostile;
};

/* How the tensors of a call lie in memory. */
enum layout { AS_CHOSEN, DENSE, STRIDED, TRANSPOSED, STANDING };

/* What all values of a call have in common. */
struct making {
    const tffm_operator *operator;
    enum layout layout;
    bool flat;     /* all elements of a tensor are equal, so that a layout may be STANDING: its strides are 0 */
    bool gradient; /* floating-point tensors require gradients */
    bool at_start; /* elements start behind a guard page; else they end before one */
    char *text;    /* what was made, for people */
    size_t room;
};

/* How many hostile values there are for an argument. */
int32_t hostile_count(const struct tffm_slot *slot);

/* Hostile values whose pairs with other arguments' are all tried. */
struct range {
    int32_t from, count;
};
struct range paired_values(const struct tffm_slot *slot);

/* Makes a number one of the least and greatest, 0, 1 and -1. */
enum { EXTREMES = 6 };
void spoil_number(struct choice *choice, int64_t way);

/* Makes a value; what it stands on lives until release_values(). */
tffm_value make_value(struct making *making, int64_t argument, struct choice choice);

/* Forbids writes to tensors that the operator's schema does not call written. */
void protect_values(void);

void release_values(void);

/* Says what an address is part of: memory that may only be read, a guard page, or neither. */
enum place { ELSEWHERE, READ_ONLY_ELEMENTS, GUARD };
enum place place_of(const void *address);

/* Maps the memory that values stand on. */
void map_values(void);

/* A random number that follows from a seed, which is advanced. */
uint32_t next_random(uint64_t *seed);

#endif
