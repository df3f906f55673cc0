/* The table of C++ entry points: libtorch has every operator of it, and those with Scalars can be called. */
#include "check.h"

#define OPERATOR(name, ...) {"aten::" #name, ""},
#define OVERLOAD(name, overload, ...) {"aten::" #name, #overload},
#define NUMBER(...)
static const char *const entries[][2] = {
#include "libtorch_operators.inc"
};
#undef OPERATOR
#undef OVERLOAD
#undef NUMBER

#define OPERATOR(...)
#define OVERLOAD(...)
#define NUMBER(name, overload, ...) {"aten::" #name, #overload},
static const char *const number_entries[][2] = {
#include "libtorch_operators.inc"
};

/* Whether the operator is found; its name is printed where it is not. */
static bool is_found(const char *const names[2], tffm_operator_info *info) {
    const tffm_operator *operator;
    tffm_status status = tffm_operator_find(names[0], names[1], &operator, info);
    return check_status(status, TFFM_OK, NULL, names[0], __FILE__, __LINE__);
}

static void every_operator_is_found(void) {
    tffm_operator_info info;
    for (int64_t i = 0; i < COUNT(entries); i++) is_found(entries[i], &info);
}

/* The last argument is alpha or a rounding mode. */
static void a_number_stands_for_the_second_tensor(void) {
    float a[] = {6};
    for (int64_t i = 0; i < COUNT(number_entries); i++) {
        bool rounds = strcmp(number_entries[i][1], "Tensor_mode") == 0;
        tffm_tensor *x = OVER(a, TFFM_FLOAT32, 1);
        tffm_operator_info info;
        struct given given;
        if (is_found(number_entries[i], &info) &&
            OK(call(TFFM_RECORD, number_entries[i][0], number_entries[i][1],
                    VALUES(tensor(x), integer(2), rounds ? none() : integer(1)), info.argument_count, &given)))
            drop(&given);
        OK(tffm_free(x));
    }
}

const struct test entry_tests[] = {
    TEST(every_operator_is_found),
    TEST(a_number_stands_for_the_second_tensor),
    {0},
};
