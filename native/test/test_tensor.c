/* Tensors over memory and in libtorch's own, described, copied and freed. */
#include <math.h>
#include <stdlib.h>

#include "check.h"

int32_t aoti_torch_dtype_uint8(void), aoti_torch_dtype_int8(void), aoti_torch_dtype_int16(void),
    aoti_torch_dtype_int32(void), aoti_torch_dtype_int64(void), aoti_torch_dtype_float16(void),
    aoti_torch_dtype_float32(void), aoti_torch_dtype_float64(void), aoti_torch_dtype_bool(void),
    aoti_torch_dtype_bfloat16(void);
size_t aoti_torch_dtype_element_size(int32_t dtype);

static const struct dtype {
    int32_t code;
    int32_t (*torch)(void);
    int64_t bytes;
} dtypes[] = {
    {TFFM_UINT8, aoti_torch_dtype_uint8, 1},     {TFFM_INT8, aoti_torch_dtype_int8, 1},
    {TFFM_INT16, aoti_torch_dtype_int16, 2},     {TFFM_INT32, aoti_torch_dtype_int32, 4},
    {TFFM_INT64, aoti_torch_dtype_int64, 8},     {TFFM_FLOAT16, aoti_torch_dtype_float16, 2},
    {TFFM_FLOAT32, aoti_torch_dtype_float32, 4}, {TFFM_FLOAT64, aoti_torch_dtype_float64, 8},
    {TFFM_BOOL, aoti_torch_dtype_bool, 1},       {TFFM_BFLOAT16, aoti_torch_dtype_bfloat16, 2},
};

static void dtype_codes_and_sizes(void) {
    for (int64_t i = 0; i < COUNT(dtypes); i++) {
        CHECK(dtypes[i].code == dtypes[i].torch());
        CHECK(dtypes[i].bytes == (int64_t)aoti_torch_dtype_element_size(dtypes[i].code));
        /* The shim's own idea of the size: three elements fit exactly, a byte less is too little. */
        int64_t memory[3] = {0}, size = 3, stride = 1;
        tffm_tensor *tensor = UNTOUCHED;
        REFUSED(tffm_from_memory(TFFM_RECORD, memory, 3 * dtypes[i].bytes - 1, dtypes[i].code, 1, &size, &stride, 0, &tensor),
                "reach to offset 2");
        CHECK(tensor == UNTOUCHED);
        if (!OK(tffm_from_memory(TFFM_RECORD, memory, 3 * dtypes[i].bytes, dtypes[i].code, 1, &size, &stride, 0, &tensor)))
            continue;
        CHECK(info_of(tensor).dtype == dtypes[i].code);
        OK(tffm_free(tensor));
    }
}

static void describes_a_view(void) {
    double memory[24];
    const int64_t sizes[] = {2, 3}, strides[] = {8, 2};
    tffm_tensor *tensor;
    if (!OK(tffm_from_memory(TFFM_RECORD, memory, sizeof memory, TFFM_FLOAT64, 2, sizes, strides, 5, &tensor))) return;
    tffm_info info = info_of(tensor);
    CHECK(info.data == memory + 5);
    CHECK(info.dim == 2 && info.numel == 6 && info.storage_offset == 5);
    CHECK(memcmp(info.sizes, sizes, sizeof sizes) == 0);
    CHECK(memcmp(info.strides, strides, sizeof strides) == 0);
    CHECK(info.dtype == TFFM_FLOAT64 && info.contiguous == 0);
    CHECK(data_of(tensor) == memory + 5);
    OK(tffm_free(tensor));
    tensor = OVER(memory, TFFM_FLOAT64, 4, 6);
    CHECK(info_of(tensor).contiguous == 1);
    OK(tffm_free(tensor));
}

/* Shapes at the edges of what is allowed. */
static void accepts_odd_shapes(void) {
    int64_t memory[4] = {0}, ones[TFFM_MAX_DIM], zeros[TFFM_MAX_DIM] = {0};
    for (int d = 0; d < TFFM_MAX_DIM; d++) ones[d] = 1;
    const struct {
        void *memory;
        int64_t bytes, dim, sizes[2], strides[2], offset, numel;
    } shapes[] = {
        {memory, 8, 0, {0}, {0}, 0, 1},                         /* a scalar */
        {memory, 32, 0, {0}, {0}, 3, 1},                        /* the last element */
        {NULL, 0, 1, {0}, {1}, 0, 0},                           /* nothing, nowhere */
        {memory, 0, 2, {0, INT64_MAX / 8}, {1, 1}, 0, 0},       /* nothing of a lot */
        {memory, 32, 1, {0}, {1}, 4, 0},                        /* nothing, behind the end */
        {memory, 8, 2, {1 << 20, 1 << 20}, {0, 0}, 0, 1LL << 40}, /* one element, repeated */
        {memory, 8, 1, {1}, {INT64_MAX}, 0, 1},                 /* a stride that is not used */
        {memory, 32, 2, {3, 2}, {1, 1}, 0, 6},                  /* rows that overlap */
    };
    for (int64_t i = 0; i < COUNT(shapes); i++) {
        tffm_tensor *tensor;
        if (!OK(tffm_from_memory(TFFM_RECORD, shapes[i].memory, shapes[i].bytes, TFFM_INT64, shapes[i].dim, shapes[i].sizes,
                                 shapes[i].strides, shapes[i].offset, &tensor)))
            continue;
        tffm_info info = info_of(tensor);
        CHECK(info.dim == shapes[i].dim && info.numel == shapes[i].numel);
        if (info.numel > 0) CHECK(info.data == memory + shapes[i].offset);
        OK(tffm_free(tensor));
    }
    tffm_tensor *tensor;
    OK(tffm_from_memory(TFFM_RECORD, memory, 8, TFFM_INT64, 0, NULL, NULL, 0, &tensor));
    OK(tffm_free(tensor));
    OK(tffm_from_memory(TFFM_RECORD, memory, 8, TFFM_INT64, TFFM_MAX_DIM, ones, zeros, 0, &tensor));
    CHECK(info_of(tensor).dim == TFFM_MAX_DIM);
    OK(tffm_free(tensor));
}

static void refuses_bad_memory(void) {
    static int64_t memory[4];
    static const int64_t one[] = {1}, four[] = {4}, five[] = {5}, minus[] = {-1}, most[] = {INT64_MAX},
                         huge[] = {INT64_MAX / 2, 3}, hidden[] = {0, INT64_MAX, 2}, two[] = {2, 2},
                         far[] = {INT64_MAX, 1}, far2[] = {INT64_MAX / 2 + 1, INT64_MAX / 2 + 1};
    char *const bytes = (char *)memory;
    const struct {
        const char *text;
        void *memory;
        int64_t bytes;
        int32_t dtype;
        int64_t dim;
        const int64_t *sizes, *strides;
        int64_t offset;
    } cases[] = {
        {"memory must not be NULL", NULL, 32, TFFM_INT64, 1, four, one, 0},
        {"memory is not aligned to 8 bytes", bytes + 4, 16, TFFM_INT64, 1, one, one, 0},
        {"memory is not aligned to 2 bytes", bytes + 1, 16, TFFM_BFLOAT16, 1, one, one, 0},
        {"bytes is -1, below 0", memory, -1, TFFM_INT64, 1, four, one, 0},
        {"bytes is -9223372036854775808", memory, INT64_MIN, TFFM_INT64, 1, four, one, 0},
        {"reach to offset 3, memory holds 3", memory, 31, TFFM_INT64, 1, four, one, 0},
        {"reach to offset 4, memory holds 4", memory, 32, TFFM_INT64, 1, five, one, 0},
        {"reach to offset 4, memory holds 4", memory, 32, TFFM_INT64, 1, four, one, 1},
        {"reach to offset 12, memory holds 4", memory, 32, TFFM_INT64, 1, four, four, 0},
        {"storage_offset is 5, memory holds 4", memory, 32, TFFM_INT64, 1, (int64_t[]){0}, one, 5},
        {"storage_offset is -1, below 0", memory, 32, TFFM_INT64, 1, one, one, -1},
        {"strides[0] is -1, below 0", memory, 32, TFFM_INT64, 1, four, minus, 3},
        {"sizes[0] is -1, below 0", memory, 32, TFFM_INT64, 1, minus, one, 0},
        {"overflows 63 bits at sizes[0]", memory, 32, TFFM_INT64, 1, most, one, 0},
        {"overflows 63 bits at sizes[1]", memory, 32, TFFM_UINT8, 2, huge, two, 0},
        {"overflows 63 bits at sizes[2]", memory, 32, TFFM_UINT8, 3, hidden, hidden, 0},
        {"overflows 63 bits at strides[0]", memory, 32, TFFM_UINT8, 1, four, most, 0},
        {"overflows 63 bits at strides[1]", memory, 32, TFFM_UINT8, 2, two, far2, 0},
        {"overflows 63 bits at strides[0]", memory, 32, TFFM_UINT8, 2, two, far, 1},
        {"dim is -1, not within 0 to 64", memory, 32, TFFM_INT64, -1, four, one, 0},
        {"dim is 65, not within 0 to 64", memory, 32, TFFM_INT64, 65, four, one, 0},
        {"dim is 9223372036854775807", memory, 32, TFFM_INT64, INT64_MAX, four, one, 0},
        {"sizes must not be NULL", memory, 32, TFFM_INT64, 1, NULL, one, 0},
        {"strides must not be NULL", memory, 32, TFFM_INT64, 1, four, NULL, 0},
        {"dtype is -1", memory, 32, -1, 1, one, one, 0},
        {"dtype is 8", memory, 32, 8, 1, one, one, 0}, /* libtorch's complex32 */
        {"dtype is 12", memory, 32, 12, 1, one, one, 0},
        {"dtype is 2147483647", memory, 32, INT32_MAX, 1, one, one, 0},
    };
    for (int64_t i = 0; i < COUNT(cases); i++) {
        tffm_tensor *tensor = UNTOUCHED;
        REFUSED(tffm_from_memory(TFFM_RECORD, cases[i].memory, cases[i].bytes, cases[i].dtype, cases[i].dim, cases[i].sizes,
                                 cases[i].strides, cases[i].offset, &tensor),
                cases[i].text);
        CHECK(tensor == UNTOUCHED);
    }
    REFUSED(tffm_from_memory(TFFM_RECORD, memory, 32, TFFM_INT64, 1, four, one, 0, NULL), "result must not be NULL");
}

static void null_tensors(void) {
    float a[2] = {0};
    tffm_tensor *tensor = OVER(a, TFFM_FLOAT32, 2), *result = UNTOUCHED;
    tffm_info info;
    void *address;
    REFUSED(tffm_free(NULL), "tensor must not be NULL");
    REFUSED(tffm_describe(NULL, &info), "tensor must not be NULL");
    REFUSED(tffm_describe(tensor, NULL), "info must not be NULL");
    REFUSED(tffm_data_ptr(NULL, &address), "tensor must not be NULL");
    REFUSED(tffm_data_ptr(tensor, NULL), "address must not be NULL");
    REFUSED(tffm_clone(TFFM_RECORD, NULL, NULL, &result), "self must not be NULL");
    REFUSED(tffm_clone(TFFM_RECORD, tensor, a, NULL), "result must not be NULL");
    REFUSED(tffm_contiguous(TFFM_RECORD, NULL, NULL, &result), "self must not be NULL");
    REFUSED(tffm_contiguous(TFFM_RECORD, tensor, a, NULL), "result must not be NULL");
    REFUSED(tffm_copy_(TFFM_RECORD, NULL, NULL, tensor, a), "self must not be NULL");
    REFUSED(tffm_copy_(TFFM_RECORD, tensor, a, NULL, NULL), "source must not be NULL");
    CHECK(result == UNTOUCHED);
    OK(tffm_free(tensor));
}

/* The memory stays the caller's: it is used, and freed, after the tensor. */
static void freeing_leaves_the_memory(void) {
    float *memory = malloc(4 * sizeof *memory);
    tffm_tensor *tensor = over(memory, 4 * sizeof *memory, TFFM_FLOAT32, (int64_t[]){4, 0});
    OK(tffm_free(tensor));
    for (int i = 0; i < 4; i++) memory[i] = (float)i;
    tensor = over(memory, 4 * sizeof *memory, TFFM_FLOAT32, (int64_t[]){2, 2, 0});
    CHECK(data_of(tensor) == memory && memory[3] == 3);
    OK(tffm_free(tensor));
    free(memory);
}

/* Layouts without data to point at are refused rather than described wrongly. */
static void describes_no_sparse_tensor(void) {
    float a[4] = {0, 1, 0, 2};
    tffm_tensor *dense = OVER(a, TFFM_FLOAT32, 2, 2);
    const tffm_value argument = {.kind = TFFM_TENSOR, .as.tensor = dense};
    tffm_value sparse;
    int64_t count;
    tffm_info info = {.dim = -7};
    if (OK(tffm_call(TFFM_RECORD, "aten::to_sparse", "", &argument, 1, &sparse, 1, &count, 1, a))) {
        REFUSED(tffm_describe(sparse.as.tensor, &info), "not a strided one on the CPU");
        CHECK(info.dim == -7);
        TORCH_FAILS(tffm_data_ptr(sparse.as.tensor, &(void *){NULL}), "");
        OK(tffm_free(sparse.as.tensor));
    }
    OK(tffm_free(dense));
}

static bool strides_are(tffm_tensor *tensor, int64_t first, int64_t second) {
    tffm_info info = info_of(tensor);
    return info.dim == 2 && info.strides[0] == first && info.strides[1] == second;
}

static void copies(void) {
    float a[6] = {0, 1, 2, 3, 4, 5};
    const int64_t sizes[] = {3, 2}, strides[] = {1, 3};
    tffm_tensor *transposed, *dense = NULL, *row_major = NULL, *again = NULL;
    if (!OK(tffm_from_memory(TFFM_RECORD, a, sizeof a, TFFM_FLOAT32, 2, sizes, strides, 0, &transposed))) return;
    if (OK(tffm_clone(TFFM_RECORD, transposed, a, &dense))) {
        CHECK(strides_are(dense, 1, 3));
        CHECK(data_of(dense) != a && memcmp(data_of(dense), a, sizeof a) == 0);
        OK(tffm_free(dense));
    }
    if (OK(tffm_contiguous(TFFM_RECORD, transposed, NULL, &row_major))) {
        CHECK(strides_are(row_major, 2, 1));
        CHECK(memcmp(data_of(row_major), (float[]){0, 3, 1, 4, 2, 5}, sizeof a) == 0);
        OK(tffm_contiguous(TFFM_RECORD, row_major, NULL, &again));
        CHECK(data_of(again) != data_of(row_major));
        CHECK(memcmp(data_of(again), data_of(row_major), sizeof a) == 0);
        OK(tffm_free(again));
        OK(tffm_free(row_major));
    }
    OK(tffm_free(transposed));
}

static void copies_into(void) {
    float source[2] = {1.75f, -2.5f};
    int16_t target[6] = {7, 7, 7, 7, 7, 7};
    const int64_t sizes[] = {2, 2}, strides[] = {3, 1};
    tffm_tensor *from = OVER(source, TFFM_FLOAT32, 2), *wrong = OVER(target, TFFM_INT16, 3), *into;
    if (OK(tffm_from_memory(TFFM_RECORD, target, sizeof target, TFFM_INT16, 2, sizes, strides, 1, &into))) {
        /* Converted, repeated for each row, and only within the view. */
        OK(tffm_copy_(TFFM_RECORD, into, target, from, source));
        CHECK(memcmp(target, (int16_t[]){7, 1, -2, 7, 1, -2}, sizeof target) == 0);
        CHECK(data_of(into) == target + 1);
        TORCH_FAILS(tffm_copy_(TFFM_RECORD, into, target, wrong, target), "The size of tensor a (2) must match");
        OK(tffm_free(into));
    }
    OK(tffm_free(wrong));
    OK(tffm_free(from));
}

static void makes_new(void) {
    const int64_t sizes[] = {2, 3, 4};
    tffm_tensor *tensor;
    for (int64_t i = 0; i < COUNT(dtypes); i++) {
        if (!OK(tffm_empty(TFFM_RECORD, 3, sizes, dtypes[i].code, &tensor))) continue;
        tffm_info info = info_of(tensor);
        CHECK(info.dim == 3 && info.numel == 24 && info.contiguous == 1 && info.dtype == dtypes[i].code);
        CHECK(memcmp(info.sizes, sizes, sizeof sizes) == 0);
        memset(info.data, 0x55, (size_t)(24 * dtypes[i].bytes)); /* the memory is really there */
        OK(tffm_free(tensor));
    }
    OK(tffm_empty(TFFM_RECORD, 2, (int64_t[]){5, 0}, TFFM_INT8, &tensor));
    CHECK(info_of(tensor).numel == 0 && strides_are(tensor, 1, 1));
    OK(tffm_free(tensor));
    OK(tffm_empty(TFFM_RECORD, 0, NULL, TFFM_INT8, &tensor));
    CHECK(info_of(tensor).numel == 1 && info_of(tensor).dim == 0);
    OK(tffm_free(tensor));
}

static void fills(void) {
    tffm_tensor *tensor = UNTOUCHED;
    if (OK(tffm_full(TFFM_RECORD, 2, (int64_t[]){2, 2}, TFFM_REAL, real(-0.5), TFFM_FLOAT64, &tensor))) {
        CHECK(memcmp(data_of(tensor), (double[]){-0.5, -0.5, -0.5, -0.5}, 4 * sizeof(double)) == 0);
        OK(tffm_free(tensor));
    }
    /* More than a double holds: an integer is passed as one. */
    if (OK(tffm_full(TFFM_RECORD, 1, (int64_t[]){1}, TFFM_INTEGER, INT64_MAX - 1, TFFM_INT64, &tensor))) {
        CHECK(*(int64_t *)data_of(tensor) == INT64_MAX - 1);
        OK(tffm_free(tensor));
    }
    tensor = UNTOUCHED;
    TORCH_FAILS(tffm_full(TFFM_RECORD, 1, (int64_t[]){1}, TFFM_INTEGER, 256, TFFM_UINT8, &tensor), "overflow");
    REFUSED(tffm_full(TFFM_RECORD, 1, (int64_t[]){1}, TFFM_NO_NUMBER, 0, TFFM_UINT8, &tensor), "kind is 0");
    REFUSED(tffm_full(TFFM_RECORD, 1, (int64_t[]){1}, 3, 0, TFFM_UINT8, &tensor), "kind is 3");
    REFUSED(tffm_full(TFFM_RECORD, 1, (int64_t[]){1}, TFFM_INTEGER, 0, TFFM_UINT8, NULL), "result must not be NULL");
    CHECK(tensor == UNTOUCHED);
}

static void random_numbers(void) {
    enum { N = 1000 };
    tffm_tensor *uniform, *normal, *wrong = UNTOUCHED;
    if (OK(tffm_rand(TFFM_RECORD, 1, (int64_t[]){N}, TFFM_FLOAT64, &uniform))) {
        const double *x = data_of(uniform);
        bool within = true, differ = false;
        for (int i = 0; i < N; i++) {
            within &= x[i] >= 0 && x[i] < 1;
            differ |= x[i] != x[0];
        }
        CHECK(within && differ && info_of(uniform).numel == N);
        OK(tffm_free(uniform));
    }
    if (OK(tffm_randn(TFFM_RECORD, 2, (int64_t[]){2, N / 2}, TFFM_FLOAT32, &normal))) {
        const float *x = data_of(normal);
        double sum = 0, squares = 0;
        for (int i = 0; i < N; i++) {
            sum += x[i];
            squares += x[i] * x[i];
        }
        /* Eight standard deviations of the mean, and as wide a margin for the variance. */
        CHECK(fabs(sum / N) < 0.25 && fabs(squares / N - 1) < 0.4);
        OK(tffm_free(normal));
    }
    TORCH_FAILS(tffm_rand(TFFM_RECORD, 1, (int64_t[]){2}, TFFM_INT32, &wrong), "Int");
    TORCH_FAILS(tffm_randn(TFFM_RECORD, 1, (int64_t[]){2}, TFFM_INT32, &wrong), "Int");
    CHECK(wrong == UNTOUCHED);
}

static tffm_status full(int32_t in, int64_t dim, const int64_t *sizes, int32_t dtype, tffm_tensor **result) {
    return tffm_full(in, dim, sizes, TFFM_INTEGER, 1, dtype, result);
}

static void makers_refuse_bad_shapes(void) {
    static tffm_status (*const makers[])(int32_t, int64_t, const int64_t *, int32_t, tffm_tensor **) = {
        tffm_empty, full, tffm_rand, tffm_randn};
    static const int64_t fine[] = {1}, minus[] = {2, -3}, huge[] = {INT64_MAX / 4, 4};
    const struct {
        const char *text;
        int64_t dim;
        const int64_t *sizes;
        int32_t dtype;
    } cases[] = {
        {"dim is -1", -1, fine, TFFM_FLOAT32},          {"dim is 65", 65, fine, TFFM_FLOAT32},
        {"sizes must not be NULL", 1, NULL, TFFM_FLOAT32}, {"sizes[1] is -3", 2, minus, TFFM_FLOAT32},
        {"overflows 63 bits", 2, huge, TFFM_FLOAT32},   {"dtype is 9", 1, fine, 9},
        {"dtype is -1", 1, fine, -1},
    };
    for (int64_t m = 0; m < COUNT(makers); m++) {
        tffm_tensor *tensor = UNTOUCHED;
        for (int64_t i = 0; i < COUNT(cases); i++)
            REFUSED(makers[m](TFFM_RECORD, cases[i].dim, cases[i].sizes, cases[i].dtype, &tensor), cases[i].text);
        /* A shape that is fine, for which there is no memory. */
        TORCH_FAILS(makers[m](TFFM_RECORD, 1, (int64_t[]){INT64_MAX / 8}, TFFM_FLOAT64, &tensor), "");
        CHECK(tensor == UNTOUCHED);
        REFUSED(makers[m](TFFM_RECORD, 1, fine, TFFM_FLOAT32, NULL), "result must not be NULL");
    }
}

const struct test tensor_tests[] = {
    TEST(dtype_codes_and_sizes),
    TEST(describes_a_view),
    TEST(accepts_odd_shapes),
    TEST(refuses_bad_memory),
    TEST(null_tensors),
    TEST(freeing_leaves_the_memory),
    TEST(describes_no_sparse_tensor),
    TEST(copies),
    TEST(copies_into),
    TEST(makes_new),
    TEST(fills),
    TEST(random_numbers),
    TEST(makers_refuse_bad_shapes),
    {0},
};
