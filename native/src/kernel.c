/* Clamp by the shim's own loops: x < min becomes min, then max < x becomes max, all else keeps its bits. */
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "error.h"
#include "libtorch_c.h"
#include "tensor.h"

/* Each loop is compiled for several instruction sets, and the loader picks one. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define LOOP __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"))) static void
#else
#define LOOP static void
#endif

enum {
    BLOCK = 4096,                /* this many bytes are clamped in the cache, then stored past it */
    PARALLEL = 400 * 1024,       /* from this many bytes on several threads work */
    STREAMED = 32 * 1024 * 1024, /* from this many bytes on a result is larger than the caches, and stored past them */
};

/* A 16-bit float's bits as an integer of its order, -0.0 just below 0.0, NaNs beyond the infinities. */
#define KEY(bits) ((int16_t)((bits) ^ (((bits) >> 15) & 0x7fff)))

/* Bounds as a loop needs them. A bound that is not given is the type's least or greatest value. */
union bounds {
    struct { int8_t low, high; } i8;
    struct { uint8_t low, high; } u8;
    struct { int16_t low, high; } i16;
    struct { int32_t low, high; } i32;
    struct { int64_t low, high; } i64;
    struct { float low, high; } f32;
    struct { double low, high; } f64;
    /* Keys from the negative infinity's up to low become min, keys from high up to the infinity's become max. */
    struct { int16_t low, high, min, max, infinity; } f16;
};

typedef void loop(const void *from, void *to, int64_t count, const union bounds *bounds);

/* Two loops, as a compiler cannot vectorise one that may write what it reads. */
#define LOOPS(name, type, field)                                                                        \
    LOOP name##_in_place(const void *from, void *to, int64_t count, const union bounds *bounds) {       \
        (void)from;                                                                                     \
        type *x = to;                                                                                   \
        const type low = bounds->field.low, high = bounds->field.high;                                  \
        for (int64_t i = 0; i < count; i++) {                                                           \
            type y = x[i] < low ? low : x[i];                                                           \
            x[i] = high < y ? high : y;                                                                 \
        }                                                                                               \
    }                                                                                                   \
    LOOP name##_into(const void *from, void *to, int64_t count, const union bounds *bounds) {           \
        const type *restrict x = from;                                                                  \
        type *restrict result = to;                                                                     \
        const type low = bounds->field.low, high = bounds->field.high;                                  \
        for (int64_t i = 0; i < count; i++) {                                                           \
            type y = x[i] < low ? low : x[i];                                                           \
            result[i] = high < y ? high : y;                                                            \
        }                                                                                               \
    }

LOOPS(i8, int8_t, i8)
LOOPS(u8, uint8_t, u8)
LOOPS(i16, int16_t, i16)
LOOPS(i32, int32_t, i32)
LOOPS(i64, int64_t, i64)
LOOPS(f32, float, f32)
LOOPS(f64, double, f64)

/* The bits of one 16-bit float, clamped. */
#define CLAMPED_16(bits)                                                            \
    int16_t key = KEY(bits);                                                        \
    bool below = (key < low) & (key >= (int16_t)~infinity);                         \
    int16_t raised = below ? min : (bits);                                          \
    int16_t raised_key = below ? min_key : key;                                     \
    bool above = (raised_key > high) & (raised_key <= infinity);                    \
    int16_t clamped = above ? max : raised

#define BOUNDS_16                                                                                \
    const int16_t low = bounds->f16.low, high = bounds->f16.high, infinity = bounds->f16.infinity; \
    const int16_t min = bounds->f16.min, max = bounds->f16.max, min_key = KEY(min)

LOOP f16_in_place(const void *from, void *to, int64_t count, const union bounds *bounds) {
    (void)from;
    int16_t *x = to;
    BOUNDS_16;
    for (int64_t i = 0; i < count; i++) {
        CLAMPED_16(x[i]);
        x[i] = clamped;
    }
}

LOOP f16_into(const void *from, void *to, int64_t count, const union bounds *bounds) {
    const int16_t *restrict x = from;
    int16_t *restrict result = to;
    BOUNDS_16;
    for (int64_t i = 0; i < count; i++) {
        CLAMPED_16(x[i]);
        result[i] = clamped;
    }
}

/* ---- bounds ---- */

/* A number as given: none, an integer or a real. */
struct number {
    int32_t kind;
    int64_t bits;
};

static double real_of(struct number number) {
    double real;
    memcpy(&real, &number.bits, sizeof real);
    return real;
}

/* From version 2.15 on libtorch takes a lower bound below the type's least value, or an upper one above its greatest. */
static bool takes_wider_bounds(void) { return aoti_torch_abi_version() >> 48 >= (2 << 8 | 15); }

/* Integral bounds in the type's range; whether libtorch takes them. */
static bool integral(struct number min, struct number max, int64_t least, int64_t greatest, int64_t *low, int64_t *high) {
    if (min.kind == TFFM_REAL || max.kind == TFFM_REAL) return false;
    *low = min.kind == TFFM_INTEGER ? min.bits : least;
    *high = max.kind == TFFM_INTEGER ? max.bits : greatest;
    if (takes_wider_bounds()) {
        if (*low < least) *low = least;
        if (*high > greatest) *high = greatest;
    } else if (least == 0) { /* an unsigned type's negative bounds wrap around */
        if (*low < 0 && *low >= -greatest) *low += greatest + 1;
        if (*high < 0 && *high >= -greatest) *high += greatest + 1;
    }
    return *low >= least && *low <= greatest && *high >= least && *high <= greatest;
}

/* A floating-point bound as a double; whether libtorch takes it: no NaN, and finite values within the type's. */
static bool floating(struct number number, double greatest, double absent, double *bound) {
    *bound = number.kind == TFFM_REAL ? real_of(number) : number.kind == TFFM_INTEGER ? (double)number.bits : absent;
    return !isnan(*bound) && (isinf(*bound) || fabs(*bound) <= greatest);
}

static float to_float(struct number number, double bound) {
    return number.kind == TFFM_INTEGER ? (float)number.bits : (float)bound;
}

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* To the nearest, ties to even. */
static int16_t to_bfloat16(float value) {
    uint32_t bits = bits_of(value);
    return (int16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static int16_t to_float16(float value) {
    uint32_t sign = bits_of(value) >> 16 & 0x8000, magnitude = bits_of(value) & 0x7fffffff;
    if (magnitude >= 0x7f800000) return (int16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) return (int16_t)(sign | (uint32_t)lrintf(fabsf(value) * 0x1p24f)); /* subnormal */
    return (int16_t)(sign | ((magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000) >> 13));
}

/* Sets a 16-bit float's bounds. The key of a zero is chosen so that a zero of either sign is within it. */
static void set_16(union bounds *bounds, int16_t min, int16_t max, int16_t infinity) {
    bounds->f16.min = min;
    bounds->f16.max = max;
    bounds->f16.infinity = infinity;
    bounds->f16.low = (min & 0x7fff) == 0 ? -1 : KEY(min);
    bounds->f16.high = (max & 0x7fff) == 0 ? 0 : KEY(max);
}

/* Sets the bounds for a dtype, or returns false where libtorch must decide. */
static bool set_bounds(int32_t dtype, struct number min, struct number max, union bounds *bounds) {
    int64_t low, high;
    double least, greatest;
    switch (dtype) {
#define INTEGRAL(code, field, type, smallest, largest)                         \
    case code:                                                                 \
        if (!integral(min, max, smallest, largest, &low, &high)) return false; \
        bounds->field.low = (type)low;                                         \
        bounds->field.high = (type)high;                                       \
        return true;
        INTEGRAL(TFFM_INT8, i8, int8_t, INT8_MIN, INT8_MAX)
        INTEGRAL(TFFM_UINT8, u8, uint8_t, 0, UINT8_MAX)
        INTEGRAL(TFFM_INT16, i16, int16_t, INT16_MIN, INT16_MAX)
        INTEGRAL(TFFM_INT32, i32, int32_t, INT32_MIN, INT32_MAX)
        INTEGRAL(TFFM_INT64, i64, int64_t, INT64_MIN, INT64_MAX)
#undef INTEGRAL
#define FLOATING(code, largest)                                     \
    case code:                                                      \
        if (!floating(min, largest, -INFINITY, &least) ||           \
            !floating(max, largest, INFINITY, &greatest)) return false;
        FLOATING(TFFM_FLOAT64, HUGE_VAL)
        bounds->f64.low = least;
        bounds->f64.high = greatest;
        return true;
        FLOATING(TFFM_FLOAT32, 0x1.fffffep127)
        bounds->f32.low = to_float(min, least);
        bounds->f32.high = to_float(max, greatest);
        return true;
        FLOATING(TFFM_FLOAT16, 65504)
        set_16(bounds, to_float16(to_float(min, least)), to_float16(to_float(max, greatest)), 0x7c00);
        return true;
        FLOATING(TFFM_BFLOAT16, 0x1.fep127)
        set_16(bounds, to_bfloat16(to_float(min, least)), to_bfloat16(to_float(max, greatest)), 0x7f80);
        return true;
#undef FLOATING
        default: return false;
    }
}

static loop *loop_of(int32_t dtype, bool in_place) {
    switch (dtype) {
        case TFFM_INT8: return in_place ? i8_in_place : i8_into;
        case TFFM_UINT8: return in_place ? u8_in_place : u8_into;
        case TFFM_INT16: return in_place ? i16_in_place : i16_into;
        case TFFM_INT32: return in_place ? i32_in_place : i32_into;
        case TFFM_INT64: return in_place ? i64_in_place : i64_into;
        case TFFM_FLOAT32: return in_place ? f32_in_place : f32_into;
        case TFFM_FLOAT64: return in_place ? f64_in_place : f64_into;
        default: return in_place ? f16_in_place : f16_into;
    }
}

/* ---- rows ---- */

struct row {
    const char *from;
    char *to;
    int64_t size; /* of an element, in bytes */
    loop *loop;
    bool streamed;
    union bounds bounds;
};

/* Stores a block past the caches, so that it is not read first. */
static void store(char *to, const char *block, int64_t bytes) {
#if defined(__SSE2__)
    if ((uintptr_t)to % 16 == 0 && bytes % 16 == 0) {
        for (int64_t i = 0; i < bytes; i += 16)
            _mm_stream_si128((__m128i *)(to + i), _mm_load_si128((const __m128i *)(block + i)));
        return;
    }
#endif
    memcpy(to, block, (size_t)bytes);
}

/* Works on the elements from begin to end; a ParallelFunc. */
static void work(int64_t begin, int64_t end, void *context) {
    const struct row *row = context;
    const char *from = row->from + begin * row->size;
    char *to = row->to + begin * row->size;
    if (!row->streamed) {
        row->loop(from, to, end - begin, &row->bounds);
        return;
    }
    _Alignas(64) char block[BLOCK];
    int64_t bytes = (end - begin) * row->size;
    int64_t head = (int64_t)(-(uintptr_t)to % 64); /* up to where stores are aligned */
    for (int64_t done = 0, length; done < bytes; done += length) {
        length = done == 0 && head > 0 ? head : BLOCK;
        if (length > bytes - done) length = bytes - done;
        row->loop(from + done, block, length / row->size, &row->bounds);
        store(to + done, block, length);
    }
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

static bool overlap(const char *a, const char *b, int64_t bytes) { return a < b + bytes && b < a + bytes; }

tffm_status tffm_kernel_clamp(const void *from, int64_t from_offset, void *to, int64_t to_offset, int64_t count,
                              int32_t dtype, int32_t min_kind, int64_t min, int32_t max_kind, int64_t max) {
    if (count < 0) return tffm_refuse("count is %lld, below 0", (long long)count);
    struct number lower = {min_kind, min}, upper = {max_kind, max};
    if (min_kind == TFFM_NO_NUMBER && max_kind == TFFM_NO_NUMBER) return TFFM_UNSUPPORTED;
    if ((uint32_t)min_kind > TFFM_REAL) return tffm_refuse("min_kind is %d, which is not a kind of number", min_kind);
    if ((uint32_t)max_kind > TFFM_REAL) return tffm_refuse("max_kind is %d, which is not a kind of number", max_kind);
    struct row row;
    if (!set_bounds(dtype, lower, upper, &row.bounds)) return TFFM_UNSUPPORTED;
    if (count == 0) return TFFM_OK;
    TFFM_REQUIRE(from);
    TFFM_REQUIRE(to);
    row.size = tffm_element_size(dtype);
    row.from = (const char *)from + from_offset * row.size;
    row.to = (char *)to + to_offset * row.size;
    int64_t bytes = count * row.size;
    bool in_place = row.from == row.to;
    if (!in_place && overlap(row.from, row.to, bytes)) return TFFM_UNSUPPORTED;
    if (in_place && bytes >= STREAMED) return TFFM_UNSUPPORTED; /* libtorch's own loop is faster there */
    row.loop = loop_of(dtype, in_place);
    row.streamed = !in_place && bytes >= STREAMED;
    if (bytes < PARALLEL) {
        row.loop(row.from, row.to, count, &row.bounds);
        return TFFM_OK;
    }
    return tffm_check(torch_parallel_for(0, count, PARALLEL / 4 / row.size, work, &row));
}
