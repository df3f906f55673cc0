#include "rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elements.h"

enum rule { FINITE, SPECTRAL, NO_LEAST, NO_NEGATIVE, NO_EMPTY, NO_STRIDE_0, FEW, SMALL, NO_LARGE, NO_HUGE, NO_GREATEST, NO_TINY, LOW_DEGREE,
            OFFSETS, WINDOWS, OBSERVATIONS, NO_TRUNCATED_OVERFLOW, FEW_STEPS, MODE, RULES,
            NO_MINUS_ONE = RULES /* a part of one */ };

static const char *const names[RULES] = {
    "finite",      "spectral",    "no-least", "no-negative", "no-empty", "no-stride-0",  "few", "small",
    "no-large",    "no-huge",     "no-greatest", "no-tiny",  "low-degree",  "offsets",  "windows", "observations", "no-truncated-overflow",
    "few-steps",   "mode"};

enum { MOST = 256 };
static struct { char name[64]; struct rules rules; } checked[MOST];
static int checked_count;

static bool read_line(char *line) {
    char *rest = line + strcspn(line, " "), *word;
    if (*line == '#' || *line == '\n' || *rest == '\0') return true;
    *rest++ = '\0';
    if (checked_count == MOST || strlen(line) >= sizeof checked->name) return false;
    strcpy(checked[checked_count].name, line);
    for (char *at = rest; (word = strtok(at, " \n")) != NULL; at = NULL) {
        size_t length = strcspn(word, ":");
        int rule = 0, index = word[length] == ':' ? atoi(word + length + 1) : -1;
        while (rule < RULES && (strlen(names[rule]) != length || strncmp(names[rule], word, length) != 0)) rule++;
        if (rule == RULES || index >= RULED) return false;
        *(index < 0 ? &checked[checked_count].rules.all : &checked[checked_count].rules.one[index]) |= 1u << rule;
    }
    checked_count++;
    return true;
}

bool read_rules(const char *path) {
    char line[256];
    bool known = true;
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    while (known && fgets(line, sizeof line, file) != NULL) known = read_line(line);
    fclose(file);
    return known;
}

struct rules rules_of(const char *name, const char *overload) {
    char both[128];
    snprintf(both, sizeof both, "%s.%s", name, overload);
    for (int i = 0; i < checked_count; i++)
        if (strcmp(checked[i].name, name) == 0 || strcmp(checked[i].name, both) == 0) {
            struct rules rules = checked[i].rules;
            rules.axes = (int)strtol(name + strcspn(name, "123456789"), NULL, 10);
            return rules;
        }
    return (struct rules){0};
}

static bool is_floating(int32_t dtype) { return dtype >= TFFM_FLOAT16 && dtype != TFFM_BOOL; }

/* The value of a 16-bit float matters only as far as whether it is finite. */
static double real_element(const void *at, int32_t dtype) {
    if (dtype != TFFM_FLOAT16 && dtype != TFFM_BFLOAT16) return read_element(at, dtype);
    uint16_t bits, exponent = dtype == TFFM_FLOAT16 ? 0x7c00 : 0x7f80;
    memcpy(&bits, at, sizeof bits);
    return (bits & exponent) == exponent ? INFINITY : 1;
}

static bool is_least(double value, int32_t dtype) {
    return (dtype == TFFM_INT64 && value == -0x1p63) || (dtype == TFFM_INT32 && value == -0x1p31);
}

/* What an integer is where libtorch takes it for one of 32 bits. */
static int32_t low_half(double value) {
    return (int32_t)(value >= 0x1p63 ? INT64_MAX : (int64_t)value);
}

static bool element_obeys(uint32_t rules, double value, int32_t dtype) {
    if (is_floating(dtype)) return (rules & 1u << FINITE) == 0 || isfinite(value);
    if ((rules & 1u << NO_MINUS_ONE) && low_half(value) == -1) return false;
    return !((rules & 1u << NO_LEAST) && is_least(value, dtype)) && !((rules & 1u << NO_NEGATIVE) && value < 0);
}

static bool tensor_obeys(uint32_t rules, tffm_tensor *tensor, double most) {
    tffm_info info;
    if (tensor == NULL || tffm_describe(tensor, &info) != TFFM_OK) return true;
    if ((rules & 1u << NO_EMPTY) && info.numel == 0) return false;
    int64_t at[TFFM_MAX_DIM] = {0};
    for (int64_t k = 0; k < info.numel; k++) {
        int64_t place = 0;
        for (int64_t d = 0; d < info.dim; d++) place += at[d] * info.strides[d];
        double value = real_element((char *)info.data + place * element_size(info.dtype), info.dtype);
        if (!element_obeys(rules, value, info.dtype) || !(most == 0 || fabs(value) <= most)) return false;
        for (int64_t d = info.dim - 1; d >= 0 && ++at[d] == info.sizes[d]; d--) at[d] = 0;
    }
    return true;
}

static bool value_obeys(uint32_t rules, const tffm_value *value) {
    const int64_t integer = value->as.integer;
    switch (value->kind) {
        case TFFM_TENSOR: return tensor_obeys(rules, value->as.tensor, 0);
        case TFFM_INT:
            if ((rules & 1u << NO_LEAST) && (integer == INT64_MIN || integer == INT32_MIN)) return false;
            if ((rules & 1u << NO_GREATEST) && integer == INT64_MAX) return false;
            if ((rules & 1u << NO_HUGE) && (integer < -((int64_t)1 << 30) || integer > (int64_t)1 << 30)) return false;
            if ((rules & 1u << NO_NEGATIVE) && integer < 0) return false;
            if ((rules & 1u << MODE) && (integer < 0 || integer > 2)) return false;
            if ((rules & 1u << FEW) && (integer < -256 || integer > 256)) return false;
            if ((rules & 1u << NO_LARGE) && (integer < -65536 || integer > 65536)) return false;
            return (rules & 1u << SMALL) == 0 || (integer >= -4096 && integer <= 4096);
        case TFFM_FLOAT:
            if ((rules & 1u << NO_TINY) && value->as.real > 0 && value->as.real < 1e-6) return false;
            return (rules & 1u << FINITE) == 0 || isfinite(value->as.real);
        case TFFM_TENSOR_LIST: case TFFM_INT_LIST: case TFFM_FLOAT_LIST:
            for (int64_t i = 0; i < value->count; i++)
                if (!value_obeys(rules, &value->as.list[i])) return false;
            return true;
        default: return true;
    }
}

static bool truncates(const tffm_value *arguments, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (arguments[i].kind == TFFM_STRING && strcmp(arguments[i].as.string, "trunc") == 0) return true;
    return false;
}

/* As a Java Number's longValue(). */
static int64_t integer_of(const tffm_value *value) {
    if (value->kind != TFFM_FLOAT) return value->as.integer;
    double real = value->as.real;
    return isnan(real) ? 0 : real >= 0x1p63 ? INT64_MAX : real <= -0x1p63 ? INT64_MIN : (int64_t)real;
}

static bool has_few_steps(const tffm_value *arguments, int64_t count) {
    if (count < 3) return true;
    uint64_t distance = (uint64_t)integer_of(&arguments[1]) - (uint64_t)integer_of(&arguments[0]);
    return (int64_t)distance != INT64_MIN || integer_of(&arguments[2]) != -1;
}

static bool has_stride(const tffm_value *arguments, int64_t count) {
    tffm_info info;
    if (count < 2 || arguments[0].kind != TFFM_TENSOR || arguments[1].kind != TFFM_INT ||
        tffm_describe(arguments[0].as.tensor, &info) != TFFM_OK)
        return true;
    int64_t dim = arguments[1].as.integer < 0 ? arguments[1].as.integer + info.dim : arguments[1].as.integer;
    return dim < 0 || dim >= info.dim || info.strides[dim] != 0 || info.sizes[dim] < 2;
}

static bool has_low_degree(const tffm_value *value) {
    if (value->kind == TFFM_TENSOR) return tensor_obeys(0, value->as.tensor, 65536);
    return fabs(value->kind == TFFM_FLOAT ? value->as.real : (double)value->as.integer) <= 65536;
}

/* Java's elements, which libtorch's are where they are integers. */
static bool has_offsets(const tffm_value *arguments, int64_t count) {
    tffm_info info;
    if (count < 3 || arguments[1].kind != TFFM_TENSOR || arguments[2].kind != TFFM_TENSOR) return true;
    if (tffm_describe(arguments[1].as.tensor, &info) != TFFM_OK || info.dim != 1) return false;
    int64_t indices = info.numel, last = -1;
    if (tffm_describe(arguments[2].as.tensor, &info) != TFFM_OK) return true;
    if (info.dim != 1) return false;
    if (is_floating(info.dtype)) return true;
    for (int64_t k = 0; k < info.numel; k++) {
        double offset = read_element((char *)info.data + k * info.strides[0] * element_size(info.dtype), info.dtype);
        if (last < 0 ? offset != 0 : offset < (double)last || offset > (double)indices) return false;
        last = (int64_t)offset;
    }
    bool ended = count > 7 && arguments[7].kind == TFFM_BOOLEAN && arguments[7].as.integer != 0;
    return info.numel > (ended ? 1 : 0) && (!ended || last == indices);
}

static bool is_spectral(const tffm_value *order) {
    if (order->kind == TFFM_STRING) return strcmp(order->as.string, "nuc") == 0;
    return (order->kind == TFFM_FLOAT && fabs(order->as.real) == 2) ||
           (order->kind == TFFM_INT && (order->as.integer == 2 || order->as.integer == -2));
}

/* Singular values are taken of finite matrices only. */
static bool has_spectrum(const tffm_value *arguments, int64_t count) {
    tffm_info info;
    if (count < 2 || !is_spectral(&arguments[1]) || arguments[0].kind != TFFM_TENSOR ||
        tffm_describe(arguments[0].as.tensor, &info) != TFFM_OK || info.dim < 2)
        return true;
    return tensor_obeys(1u << FINITE, arguments[0].as.tensor, 0);
}

static bool has_observations(const tffm_value *arguments, int64_t count) {
    tffm_info info;
    bool weighted = false;
    for (int64_t i = 1; i < count; i++) weighted |= arguments[i].kind == TFFM_TENSOR;
    if (!weighted || arguments[0].kind != TFFM_TENSOR || tffm_describe(arguments[0].as.tensor, &info) != TFFM_OK)
        return true;
    return info.dim > 0 && info.sizes[info.dim - 1] >= 2;
}

static int64_t at_axis(const tffm_value *value, int64_t axis, int64_t initial) {
    if (value->kind == TFFM_INT) return value->as.integer;
    if (value->kind != TFFM_INT_LIST || value->count == 0) return initial;
    return value->as.list[axis < value->count ? axis : value->count - 1].as.integer;
}

static bool holds_elements(int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
    for (int64_t start = -padding; start < 0 && stride > 0 && dilation > 0; start += stride) {
        int64_t first = start + (-start + dilation - 1) / dilation * dilation;
        if (size > 0 && (first >= size || first > start + (kernel - 1) * dilation)) return false;
    }
    return true;
}

static bool has_windows(const tffm_value *arguments, int64_t count, int axes) {
    tffm_info info;
    if (count < 5 || arguments[0].kind != TFFM_TENSOR || tffm_describe(arguments[0].as.tensor, &info) != TFFM_OK ||
        info.dim < axes)
        return true;
    for (int axis = 0; axis < axes; axis++) {
        int64_t kernel = at_axis(&arguments[1], axis, 1), stride = at_axis(&arguments[2], axis, kernel);
        if (!holds_elements(info.sizes[info.dim - axes + axis], kernel, stride, at_axis(&arguments[3], axis, 0),
                            at_axis(&arguments[4], axis, 1)))
            return false;
    }
    return true;
}

static bool is_divided(const tffm_value *divisor) {
    if (divisor->kind == TFFM_TENSOR) return !tensor_obeys(1u << NO_MINUS_ONE, divisor->as.tensor, 0);
    return divisor->kind == TFFM_INT && (int32_t)divisor->as.integer == -1; /* as INT32 too */
}

/* The least integer is divided by -1. */
static bool overflows(const tffm_value *arguments, int64_t count) {
    return count > 1 && truncates(arguments, count) && is_divided(&arguments[1]) &&
           !value_obeys(1u << NO_LEAST, &arguments[0]);
}

bool obeys(const struct rules *rules, const tffm_value *arguments, int64_t count) {
    const uint32_t all = rules->all;
    if ((all & 1u << NO_TRUNCATED_OVERFLOW) && overflows(arguments, count)) return false;
    if ((all & 1u << FEW_STEPS) && !has_few_steps(arguments, count)) return false;
    if ((all & 1u << NO_STRIDE_0) && !has_stride(arguments, count)) return false;
    if ((all & 1u << LOW_DEGREE) && count > 1 && !has_low_degree(&arguments[1])) return false;
    if ((all & 1u << OFFSETS) && !has_offsets(arguments, count)) return false;
    if ((all & 1u << OBSERVATIONS) && !has_observations(arguments, count)) return false;
    if ((all & 1u << SPECTRAL) && !has_spectrum(arguments, count)) return false;
    for (int64_t i = 0; i < count; i++) {
        uint32_t both = all | (i < RULED ? rules->one[i] : 0);
        if (both != 0 && !value_obeys(both, &arguments[i])) return false;
    }
    return (all & 1u << WINDOWS) == 0 || has_windows(arguments, count, rules->axes); /* by numbers that are not large */
}
