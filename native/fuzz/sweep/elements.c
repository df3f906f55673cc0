#include "elements.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "torch_ffm.h"

const char *pattern_name(enum pattern pattern) {
    static const char *const names[] = {"",         "/0",   "/1",         "/-1",   "/negative", "/least",     "/greatest",
                                        "/NaN", "/infinity", "/mixed", "/1e-30", "/100", "/descending",
                                        "/1000000,-499999", "/0,wild"};
    return names[pattern];
}

static const struct { const char *name; int64_t size; } dtypes[] = {
    [TFFM_UINT8] = {"UINT8", 1},     [TFFM_INT8] = {"INT8", 1},       [TFFM_INT16] = {"INT16", 2},
    [TFFM_INT32] = {"INT32", 4},     [TFFM_INT64] = {"INT64", 8},     [TFFM_FLOAT16] = {"FLOAT16", 2},
    [TFFM_FLOAT32] = {"FLOAT32", 4}, [TFFM_FLOAT64] = {"FLOAT64", 8}, [TFFM_BOOL] = {"BOOL", 1},
    [TFFM_BFLOAT16] = {"BFLOAT16", 2}};

static bool is_known(int32_t dtype) {
    return dtype >= 0 && dtype < (int32_t)(sizeof dtypes / sizeof *dtypes);
}

const char *dtype_name(int32_t dtype) { return is_known(dtype) ? dtypes[dtype].name : "?"; }

int64_t element_size(int32_t dtype) { return is_known(dtype) ? dtypes[dtype].size : 0; }

/* Cuts a float down to 16 bits; numbers too small for a half become 0. */
static uint16_t half_of(float real) {
    uint32_t bits;
    memcpy(&bits, &real, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    int32_t exponent = (int32_t)(bits >> 23 & 0xff) - 127 + 15;
    if (isnan(real)) return 0x7e00;
    if (exponent >= 31) return (uint16_t)(sign | (isinf(real) ? 0x7c00 : 0x7bff));
    return (uint16_t)(exponent <= 0 ? sign : sign | exponent << 10 | (bits >> 13 & 0x3ff));
}

static double real_of(enum pattern pattern, int64_t k, bool diagonal) {
    static const double mixed[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1e-30, 3e38, -1, 1, -3e38, 0.5};
    switch (pattern) {
        case PLAIN: return 0.05 * (double)(k * 7 % 13) + (diagonal ? 2 : 0.1);
        case ZERO: return 0;
        case ONE: return 1;
        case MINUS_ONE: return -1;
        case NEGATIVE: return -0.3 * (double)(k + 1);
        case LEAST: return -DBL_MAX;
        case GREATEST: return DBL_MAX;
        case NOT_A_NUMBER: return NAN;
        case INFINITE: return k % 3 == 1 ? 1 : INFINITY;
        case MIXED: return mixed[k % 11];
        case TINY: return 1e-30;
        case BEYOND: return 100 + (double)k;
        case SEESAW: return k == 0 ? 1e6 : -499999;
        case WILD: return k == 0 ? 0 : k % 2 == 1 ? -1e9 : 2;
        default: return 1.5 - (double)k;
    }
}

static int64_t integer_of(enum pattern pattern, int64_t k, int64_t least, int64_t greatest) {
    const int64_t mixed[] = {least, greatest, -1, 0, 1, 5, least + 1, 2};
    switch (pattern) {
        case PLAIN: return k % 3;
        case ZERO: case TINY: return 0;
        case ONE: return 1;
        case MINUS_ONE: return -1;
        case NEGATIVE: return -(k % 4 + 1);
        case LEAST: case NOT_A_NUMBER: return least;
        case GREATEST: return greatest;
        case INFINITE: return k % 3 == 1 ? least : 1;
        case MIXED: return mixed[k % 8];
        case BEYOND: return 100 + k % 20;
        case SEESAW: return k == 0 ? 1000000 : -499999;
        case WILD: return k == 0 ? 0 : k % 2 == 1 ? -1000000000 : 2;
        default: return 1 - k;
    }
}

#define PUT(type, value)                   \
    do {                                   \
        type put_ = (type)(value);         \
        memcpy(at, &put_, sizeof put_);    \
    } while (0)

void put_element(void *at, int32_t dtype, enum pattern pattern, int64_t k, bool diagonal) {
    double real = real_of(pattern, k, diagonal);
    float narrow = real > FLT_MAX && !isinf(real) ? FLT_MAX : real < -FLT_MAX && !isinf(real) ? -FLT_MAX : (float)real;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    switch (dtype) {
        case TFFM_FLOAT64: PUT(double, real); break;
        case TFFM_FLOAT32: PUT(float, narrow); break;
        case TFFM_FLOAT16: PUT(uint16_t, half_of(narrow)); break;
        case TFFM_BFLOAT16: PUT(uint16_t, isnan(real) ? 0x7fc0 : bits >> 16); break;
        case TFFM_INT64: PUT(int64_t, integer_of(pattern, k, INT64_MIN, INT64_MAX)); break;
        case TFFM_INT32: PUT(int32_t, integer_of(pattern, k, INT32_MIN, INT32_MAX)); break;
        case TFFM_INT16: PUT(int16_t, integer_of(pattern, k, INT16_MIN, INT16_MAX)); break;
        case TFFM_INT8: PUT(int8_t, integer_of(pattern, k, INT8_MIN, INT8_MAX)); break;
        case TFFM_UINT8: PUT(uint8_t, integer_of(pattern, k, 0, UINT8_MAX)); break;
        default: PUT(uint8_t, integer_of(pattern, k, 0, 1) & 1);
    }
}

#define READ(type)                         \
    do {                                   \
        type read_;                        \
        memcpy(&read_, at, sizeof read_);  \
        return (double)read_;              \
    } while (0)

double read_element(const void *at, int32_t dtype) {
    switch (dtype) {
        case TFFM_FLOAT64: READ(double);
        case TFFM_FLOAT32: READ(float);
        case TFFM_INT64: READ(int64_t);
        case TFFM_INT32: READ(int32_t);
        case TFFM_INT16: case TFFM_FLOAT16: case TFFM_BFLOAT16: READ(int16_t);
        case TFFM_INT8: READ(int8_t);
        default: READ(uint8_t);
    }
}
