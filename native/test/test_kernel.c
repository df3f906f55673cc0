/* The shim's own loops against libtorch, bit for bit, and blocks of memory. */
#include <math.h>
#include <stdlib.h>

#include "check.h"

static const int32_t dtypes[] = {TFFM_INT8,    TFFM_UINT8,   TFFM_INT16,   TFFM_INT32,   TFFM_INT64,
                                 TFFM_FLOAT16, TFFM_BFLOAT16, TFFM_FLOAT32, TFFM_FLOAT64};

static int64_t size_of(int32_t dtype) {
    return dtype == TFFM_INT8 || dtype == TFFM_UINT8                                ? 1
           : dtype == TFFM_INT16 || dtype == TFFM_FLOAT16 || dtype == TFFM_BFLOAT16 ? 2
           : dtype == TFFM_INT32 || dtype == TFFM_FLOAT32                           ? 4
                                                                                    : 8;
}

static bool is_real(int32_t dtype) { return dtype >= TFFM_FLOAT16 && dtype != TFFM_BOOL; }

static uint64_t next_random(void) {
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* Every pattern of 16 bits, and as many random ones of the wider types, some of them near the edges. */
enum { PATTERNS = 65536 };
static _Alignas(64) char source[PATTERNS * 8 + 64], wanted[sizeof source], found[sizeof source];

static void fill(int64_t size) {
    for (int64_t i = 0; i < PATTERNS; i++) {
        uint64_t bits = size <= 2 ? (uint64_t)i : next_random();
        if (size > 2 && i % 7 == 0) bits &= 0x8000000080000000; /* zeros of both signs */
        if (size > 2 && i % 11 == 0) bits |= size == 4 ? 0x7f800000u : 0x7ff0000000000000u; /* infinities, NaNs */
        memcpy(source + i * size, &bits, (size_t)size);
    }
}

/* libtorch's own NaN bits in the 16-bit types depend on the machine: a NaN as a NaN. */
static bool same(const char *a, const char *b, int32_t dtype) {
    int32_t infinity = dtype == TFFM_FLOAT16 ? 0x7c00 : dtype == TFFM_BFLOAT16 ? 0x7f80 : INT32_MAX;
    if (infinity == INT32_MAX) return memcmp(a, b, (size_t)(PATTERNS * size_of(dtype))) == 0;
    for (int64_t i = 0; i < PATTERNS; i++) {
        uint16_t x, y;
        memcpy(&x, a + 2 * i, 2);
        memcpy(&y, b + 2 * i, 2);
        bool nans = (x & 0x7fff) > infinity && (y & 0x7fff) > infinity;
        if (x != y && !nans) return false;
    }
    return true;
}

struct pair {
    int32_t min_kind;
    int64_t min;
    int32_t max_kind;
    int64_t max;
};

static void compare(int32_t dtype, struct pair b) {
    int64_t size = size_of(dtype), bytes = PATTERNS * size, count = PATTERNS, one = 1;
    memcpy(wanted, source, (size_t)bytes);
    tffm_tensor *tensor = NULL;
    if (!OK(tffm_from_memory(TFFM_RECORD, wanted, bytes, dtype, 1, &count, &one, 0, &tensor))) return;
    tffm_status status = tffm_clamp_(TFFM_RECORD, TFFM_CLAMP, tensor, NULL, b.min_kind, b.min, b.max_kind, b.max);
    memcpy(found, source, (size_t)bytes);
    tffm_status own = tffm_kernel_clamp(found, 0, found, 0, count, dtype, b.min_kind, b.min, b.max_kind, b.max);
    bool nan = (b.min_kind == TFFM_REAL && (b.min & INT64_MAX) > 0x7ff0000000000000) ||
               (b.max_kind == TFFM_REAL && (b.max & INT64_MAX) > 0x7ff0000000000000);
    CHECK(own == (status == TFFM_OK && !nan ? TFFM_OK : TFFM_UNSUPPORTED));
    if (own == TFFM_OK) {
        CHECK(same(found, wanted, dtype));
        memset(found, 0x5a, (size_t)bytes);
        OK(tffm_kernel_clamp(source, 0, found, 0, count, dtype, b.min_kind, b.min, b.max_kind, b.max));
        CHECK(same(found, wanted, dtype));
    } else {
        CHECK(memcmp(found, source, (size_t)bytes) == 0);
    }
    tffm_free(tensor);
}

static void bits_are_libtorchs(void) {
    const double reals[] = {0.0,   -0.0,    1.0,     -1.5,   0.1,     -INFINITY, INFINITY, NAN,    1e-7,     -3e-8, 6e-5,
                            65504, -65504,  65519.9, 65520,  1e5,     3.4028234e38, 3.4028236e38, 1e300, 5e-324, 3.3895e38,
                            1e-40, 2.9e-39, 0.33325195, 0.3333740234375, 127, -128};
    const int64_t integers[] = {0, 1, -1, 127, 128, -128, -129, 255, -255, 256, -256, 2049, 32767, 32768, -32769, 65504,
                                65505, 100000, INT32_MAX, INT32_MAX + 1ll, INT32_MIN - 1ll, INT64_MAX, INT64_MIN,
                                16777217};
    for (int64_t t = 0; t < COUNT(dtypes); t++) {
        fill(size_of(dtypes[t]));
        compare(dtypes[t], (struct pair){TFFM_NO_NUMBER, 0, TFFM_NO_NUMBER, 0});
        for (int64_t i = 0; i < COUNT(reals); i++) {
            compare(dtypes[t], (struct pair){TFFM_REAL, real(reals[i]), TFFM_NO_NUMBER, 0});
            compare(dtypes[t], (struct pair){TFFM_NO_NUMBER, 0, TFFM_REAL, real(reals[i])});
            compare(dtypes[t], (struct pair){TFFM_REAL, real(reals[i]), TFFM_REAL, real(reals[(i * 5 + 3) % COUNT(reals)])});
        }
        for (int64_t i = 0; i < COUNT(integers); i++) {
            compare(dtypes[t], (struct pair){TFFM_INTEGER, integers[i], TFFM_NO_NUMBER, 0});
            compare(dtypes[t], (struct pair){TFFM_NO_NUMBER, 0, TFFM_INTEGER, integers[i]});
            for (int64_t j = i % 3; j < COUNT(integers); j += 3)
                compare(dtypes[t], (struct pair){TFFM_INTEGER, integers[i], TFFM_INTEGER, integers[j]});
            if (is_real(dtypes[t]))
                compare(dtypes[t], (struct pair){TFFM_INTEGER, integers[i], TFFM_REAL, real(reals[i])});
        }
    }
}

/* Every length up to some vectors, from every place: nothing beside the row is written. */
static void only_the_row(void) {
    for (int64_t t = 0; t < COUNT(dtypes); t++) {
        int64_t size = size_of(dtypes[t]);
        memset(source, 0xff, sizeof source); /* -1, or a NaN: all that is not floating becomes 1 */
        for (int64_t offset = 0; offset < 9; offset++) {
            for (int64_t count = 0; count < 80; count++) {
                memcpy(found, source, 1024);
                OK(tffm_kernel_clamp(source, 3, found, offset, count, dtypes[t], TFFM_INTEGER, 1, TFFM_INTEGER, 1));
                bool inside_changed = true, outside_kept = true;
                for (int64_t i = 0; i < 1024; i++) {
                    bool inside = i >= offset * size && i < (offset + count) * size;
                    int64_t byte = (i - offset * size) % size;
                    if (inside && !is_real(dtypes[t])) inside_changed &= found[i] == (byte == 0 ? 1 : 0);
                    if (!inside) outside_kept &= found[i] == (char)0xff;
                }
                if (!CHECK(inside_changed) || !CHECK(outside_kept)) return;
            }
        }
    }
}

/* Clamps count floats in place and to an offset, of memory that holds some more; whether all is right. */
static bool is_right(int64_t count, int64_t offset) {
    int64_t n = count + 32;
    float *x = malloc((size_t)n * sizeof *x), *y = malloc((size_t)n * sizeof *y);
    for (int64_t i = 0; i < n; i++) {
        x[i] = (float)(i % 201) - 100;
        y[i] = 7;
    }
    OK(tffm_kernel_clamp(x, 1, y, offset, count, TFFM_FLOAT32, TFFM_REAL, real(-50), TFFM_REAL, real(50)));
    bool streamed = count * 4 >= 32 << 20;
    tffm_status served = tffm_kernel_clamp(x, 1, x, 1, count, TFFM_FLOAT32, TFFM_REAL, real(-50), TFFM_REAL, real(50));
    CHECK(served == (streamed ? TFFM_UNSUPPORTED : TFFM_OK));
    bool right = x[0] == -100;
    for (int64_t i = 0; i < n - 1; i++) {
        float original = (float)((i + 1) % 201) - 100;
        float clamped = original < -50 ? -50 : original > 50 ? 50 : original;
        right &= x[i + 1] == (i < count && !streamed ? clamped : original);
        bool inside = i >= offset && i < offset + count;
        float into = (float)((i - offset + 1) % 201) - 100;
        right &= y[i] == (!inside ? 7 : into < -50 ? -50 : into > 50 ? 50 : into);
    }
    free(x);
    free(y);
    return right;
}

/* Rows that several threads work on, and those that are stored past the caches, from odd places. */
static void large_rows(void) {
    const int64_t threaded[] = {102399, 102400, 102401, 1048577}, streamed[] = {8388607, 8388608, 8388621};
    for (int64_t c = 0; c < COUNT(threaded); c++)
        for (int64_t offset = 0; offset < 5; offset += 2) CHECK(is_right(threaded[c], offset));
    for (int64_t c = 0; c < COUNT(streamed); c++) CHECK(is_right(streamed[c], 3 * c));
}

/* The same for elements of another width: a row of one value, which becomes another, and what is beside it. */
static bool is_right_of(int32_t dtype, int64_t bytes, int64_t offset) {
    static const unsigned char low[][8] = {{1}, {0x00, 0x3c}, {0, 0, 0, 0, 0, 0, 0xf0, 0x3f}}; /* 1 */
    int64_t size = size_of(dtype), count = bytes / size, n = count + 32;
    const unsigned char *one = low[size == 1 ? 0 : size == 2 ? 1 : 2];
    unsigned char *x = calloc((size_t)n, (size_t)size), *y = malloc((size_t)(n * size));
    memset(y, 7, (size_t)(n * size));
    OK(tffm_kernel_clamp(x, 1, y, offset, count, dtype, TFFM_INTEGER, 1, TFFM_NO_NUMBER, 0));
    bool right = true;
    for (int64_t i = 0; i < n * size; i++) {
        bool inside = i >= offset * size && i < (offset + count) * size;
        right &= y[i] == (inside ? one[(i - offset * size) % size] : 7);
    }
    free(x);
    free(y);
    return right;
}

static void large_rows_of_other_widths(void) {
    const int32_t widths[] = {TFFM_INT8, TFFM_FLOAT16, TFFM_FLOAT64};
    const int64_t bytes[] = {(400 << 10) + 24, (2 << 20) - 8, (32 << 20) + 40};
    for (int64_t w = 0; w < COUNT(widths); w++)
        for (int64_t b = 0; b < COUNT(bytes); b++) CHECK(is_right_of(widths[w], bytes[b], 1 + 2 * b));
}

static void what_is_left_to_libtorch(void) {
    float a[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
    CHECK(tffm_kernel_clamp(a, 0, a, 2, 4, TFFM_FLOAT32, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0) == TFFM_UNSUPPORTED);
    CHECK(tffm_kernel_clamp(a, 2, a, 0, 4, TFFM_FLOAT32, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0) == TFFM_UNSUPPORTED);
    CHECK(tffm_kernel_clamp(a, 0, a, 0, 4, TFFM_BOOL, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0) == TFFM_UNSUPPORTED);
    CHECK(tffm_kernel_clamp(a, 0, a, 0, 4, 99, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0) == TFFM_UNSUPPORTED);
    for (int i = 0; i < 8; i++) CHECK(a[i] == -1);
    REFUSED(tffm_kernel_clamp(NULL, 0, a, 0, 4, TFFM_FLOAT32, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0), "from must not be NULL");
    REFUSED(tffm_kernel_clamp(a, 0, NULL, 0, 4, TFFM_FLOAT32, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0), "to must not be NULL");
    REFUSED(tffm_kernel_clamp(a, 0, a, 0, -4, TFFM_FLOAT32, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0), "count is -4");
    REFUSED(tffm_kernel_clamp(a, 0, a, 0, 4, TFFM_FLOAT32, 3, 0, TFFM_NO_NUMBER, 0), "min_kind is 3");
    REFUSED(tffm_kernel_clamp(a, 0, a, 0, 4, TFFM_FLOAT32, TFFM_REAL, 0, -1, 0), "max_kind is -1");
    OK(tffm_kernel_clamp(NULL, 0, NULL, 0, 0, TFFM_FLOAT32, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0));
}

static void blocks(void) {
    const int64_t bytes[] = {1, 63, 64, 4096, 100000, 5 << 20, (64 << 20) + 1};
    for (int64_t i = 0; i < COUNT(bytes); i++) {
        void *block = NULL;
        if (!OK(tffm_block_allocate(bytes[i], &block))) return;
        CHECK((uintptr_t)block % 64 == 0);
        memset(block, 1, (size_t)bytes[i]);
        OK(tffm_block_free(block));
    }
    void *none = UNTOUCHED;
    REFUSED(tffm_block_allocate(0, &none), "bytes is 0");
    REFUSED(tffm_block_allocate(-8, &none), "bytes is -8");
    REFUSED(tffm_block_allocate(INT64_MAX, &none), "there is no memory for 9223372036854775807 bytes");
    REFUSED(tffm_block_allocate(8, NULL), "block must not be NULL");
    REFUSED(tffm_block_free(NULL), "block must not be NULL");
    CHECK(none == UNTOUCHED);
}

const struct test kernel_tests[] = {TEST(bits_are_libtorchs), TEST(only_the_row), TEST(large_rows), TEST(large_rows_of_other_widths),
                                    TEST(what_is_left_to_libtorch), TEST(blocks), {NULL, NULL}};
