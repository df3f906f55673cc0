/* Calls of operators, and what they give. */
#ifndef TFFM_SWEEP_CALLS_H
#define TFFM_SWEEP_CALLS_H

#include "values.h"

/* What makes a call. */
struct recipe {
    struct choice choices[TFFM_MAX_SLOTS];
    int32_t flags;
};

enum flags { GRADIENT = 1, AT_START = 2, NO_GRAD = 4 };

enum { MOST_VALUES = 512 };

/* The results' elements, as many as fit. */
struct outcome {
    int64_t count;
    double values[MOST_VALUES];
};

/* Whether users of Java may name an operator, but for those that the sweep finds deadly. */
bool is_public(const char *name);

/* Whether an operator can be called: its arguments can be passed, and it gives no tensor another memory. */
bool is_passable(const char *name, const char *overload, const tffm_operator **operator);

struct recipe random_recipe(const tffm_operator *operator, uint64_t *seed);

/*
 * Makes a call, reads its results, and computes gradients where some are asked for. Returns whether it succeeded.
 * text: the arguments are written there before the call. outcome: may be NULL.
 */
bool make_call(const tffm_operator *operator, const struct recipe *recipe, enum layout layout, bool flat, uint64_t seed,
               char *text, size_t room, struct outcome *outcome);

/* Within a tolerance. */
bool same(const struct outcome *one, const struct outcome *other);

#endif
