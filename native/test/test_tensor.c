/* Tensors over memory and in libtorch's own, described, copied and freed. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "libtorch_c.h"

int32_t aoti_torch_dtype_uint8(void), aoti_torch_dtype_int8(void), aoti_torch_dtype_int16(void),
    aoti_torch_dtype_int32(void), aoti_torch_dtype_int64(void), aoti_torch_dtype_float16(void),
    aoti_torch_dtype_float32(void), aoti_torch_dtype_float64(void), aoti_torch_dtype_bool(void),
    aoti_torch_dtype_bfloat16(void);
size_t aoti_torch_dtype_element_size(int32_t dtype);
int32_t aoti_torch_layout_strided(void), aoti_torch_device_type_cpu(void);

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
    CHECK(aoti_torch_layout_strided() == AOTI_LAYOUT_STRIDED && aoti_torch_device_type_cpu() == AOTI_DEVICE_TYPE_CPU);
    for (int64_t i = 0; i < COUNT(dtypes); i++) {
        CHECK(dtypes[i].code == dtypes[i].torch());
        CHECK(dtypes[i].bytes == (int64_t)aoti_torch_dtype_element_size(dtypes[i].code));
        /* The shim knows the size: three elements fit exactly, with a byte less they do not. */
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
        {NULL, 0, 1, {0}, {1}, 0, 0},                           /* no elements, no memory */
        {memory, 0, 2, {0, INT64_MAX / 8}, {1, 1}, 0, 0},       /* no elements, of a large size */
        {memory, 32, 1, {0}, {1}, 4, 0},                        /* no elements, at the end */
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

/* libtorch allows an empty tensor whose other sizes overflow. */
static void describes_nothing_of_too_much(void) {
    float a[1] = {0};
    const int64_t sizes[] = {0, (int64_t)1 << 62, 4};
    tffm_tensor *one = OVER(a, TFFM_FLOAT32, 1);
    struct given given;
    if (OK(CALL(&given, "aten::expand", "", tensor(one), INTS(integer(0), integer(sizes[1]), integer(sizes[2]))))) {
        tffm_info info = info_of(given.values[0].as.tensor);
        CHECK(info.numel == 0 && info.contiguous == 1 && memcmp(info.sizes, sizes, sizeof sizes) == 0);
    }
    drop(&given);
    OK(tffm_free(one));
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
    tffm_tensor *vector = OVER(a, TFFM_FLOAT32, 2);
    struct given given;
    tffm_info info;
    void *address;
    REFUSED(tffm_free(NULL), "tensor must not be NULL");
    REFUSED(tffm_describe(NULL, &info), "tensor must not be NULL");
    REFUSED(tffm_describe(vector, NULL), "info must not be NULL");
    REFUSED(tffm_data_ptr(NULL, &address), "tensor must not be NULL");
    REFUSED(tffm_data_ptr(vector, NULL), "address must not be NULL");
    REFUSED(CALL(&given, "aten::clone", "", tensor(NULL)), "argument 'self' is NULL");
    REFUSED(CALL(&given, "aten::clone", "", tensor(NULL), integer(0)), "argument 'self' is NULL");
    REFUSED(CALL(&given, "aten::copy_", "", tensor(NULL), tensor(vector)), "argument 'self' is NULL");
    REFUSED(CALL(&given, "aten::copy_", "", tensor(vector), tensor(NULL)), "argument 'src' is NULL");
    CHECK(given.count == -1);
    OK(tffm_free(vector));
}

/* The memory stays the caller's, who uses it after the tensor is freed. */
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

/* A tensor whose layout has no data to point at is refused. */
static void describes_no_sparse_tensor(void) {
    float a[4] = {0, 1, 0, 2};
    tffm_tensor *dense = OVER(a, TFFM_FLOAT32, 2, 2);
    struct given sparse;
    tffm_info info = {.dim = -7};
    if (OK(CALL(&sparse, "aten::to_sparse", "", tensor(dense)))) {
        REFUSED(tffm_describe(sparse.values[0].as.tensor, &info), "not a strided one on the CPU");
        CHECK(info.dim == -7);
        TORCH_FAILS(tffm_data_ptr(sparse.values[0].as.tensor, &(void *){NULL}), "");
    }
    drop(&sparse);
    OK(tffm_free(dense));
}

static bool strides_are(tffm_tensor *tensor, int64_t first, int64_t second) {
    tffm_info info = info_of(tensor);
    return info.dim == 2 && info.strides[0] == first && info.strides[1] == second;
}

/* A clone keeps a dense layout, or gets the memory format that was asked for; it never shares memory. */
static void copies(void) {
    float a[6] = {0, 1, 2, 3, 4, 5};
    const int64_t sizes[] = {3, 2}, strides[] = {1, 3};
    tffm_tensor *transposed;
    struct given dense, row_major, again;
    if (!OK(tffm_from_memory(TFFM_RECORD, a, sizeof a, TFFM_FLOAT32, 2, sizes, strides, 0, &transposed))) return;
    if (OK(CALL(&dense, "aten::clone", "", tensor(transposed)))) {
        tffm_tensor *copy = dense.values[0].as.tensor;
        CHECK(strides_are(copy, 1, 3));
        CHECK(data_of(copy) != a && memcmp(data_of(copy), a, sizeof a) == 0);
    }
    drop(&dense);
    if (OK(CALL(&row_major, "aten::clone", "", tensor(transposed), integer(0)))) {
        HOLDS(&row_major, 0, 0, 3, 1, 4, 2, 5);
        CHECK(strides_are(row_major.values[0].as.tensor, 2, 1));
        OK(CALL(&again, "aten::clone", "", row_major.values[0], integer(0)));
        HOLDS(&again, 0, 0, 3, 1, 4, 2, 5);
        CHECK(data_of(again.values[0].as.tensor) != data_of(row_major.values[0].as.tensor));
        drop(&again);
    }
    drop(&row_major);
    OK(tffm_free(transposed));
}

static void copies_into(void) {
    float source[2] = {1.75f, -2.5f};
    int16_t target[6] = {7, 7, 7, 7, 7, 7};
    const int64_t sizes[] = {2, 2}, strides[] = {3, 1};
    tffm_tensor *from = OVER(source, TFFM_FLOAT32, 2), *wrong = OVER(target, TFFM_INT16, 3), *into;
    struct given given;
    if (OK(tffm_from_memory(TFFM_RECORD, target, sizeof target, TFFM_INT16, 2, sizes, strides, 1, &into))) {
        /* Converted, repeated for each row, and only within the view. */
        OK(CALL(&given, "aten::copy_", "", tensor(into), tensor(from)));
        CHECK(given.count == 1 && given.values[0].flags == 1 && given.values[0].as.tensor == NULL);
        CHECK(memcmp(target, (int16_t[]){7, 1, -2, 7, 1, -2}, sizeof target) == 0);
        CHECK(data_of(into) == target + 1);
        TORCH_FAILS(CALL(&given, "aten::copy_", "", tensor(into), tensor(wrong)), "The size of tensor a (2)");
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
        memset(info.data, 0x55, (size_t)(24 * dtypes[i].bytes)); /* the memory can be written */
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
    const tffm_value one = integer(1), two = integer(2);
    struct given given;
    OK(CALL(&given, "aten::full", "", INTS(two, two), floating(-0.5), dtype(TFFM_FLOAT64)));
    HOLDS_OF(double, TFFM_FLOAT64, &given, 0, -0.5, -0.5, -0.5, -0.5);
    drop(&given);
    /* More than a double holds: an integer is passed as an integer. */
    OK(CALL(&given, "aten::full", "", INTS(one), integer(INT64_MAX - 1), dtype(TFFM_INT64)));
    HOLDS_LONGS(&given, 0, INT64_MAX - 1);
    drop(&given);
    TORCH_FAILS(CALL(&given, "aten::full", "", INTS(one), integer(256), dtype(TFFM_UINT8)), "overflow");
    REFUSED(CALL(&given, "aten::full", "", INTS(one), none(), dtype(TFFM_UINT8)), "argument 'fill_value' is None");
    REFUSED(CALL(&given, "aten::full", "", INTS(one), string("3")), "argument 'fill_value' is a string");
    REFUSED(CALL(&given, "aten::full", "", INTS(one)), "argument 'fill_value' is missing, a Scalar");
    CHECK(given.count == -1);
}

static void random_numbers(void) {
    enum { N = 1000 };
    struct given uniform, normal, wrong;
    if (OK(CALL(&uniform, "aten::rand", "", INTS(integer(N)), dtype(TFFM_FLOAT64)))) {
        const double *x = data_of(uniform.values[0].as.tensor);
        bool within = true, differ = false;
        for (int i = 0; i < N; i++) {
            within &= x[i] >= 0 && x[i] < 1;
            differ |= x[i] != x[0];
        }
        CHECK(within && differ && info_of(uniform.values[0].as.tensor).numel == N);
    }
    drop(&uniform);
    if (OK(CALL(&normal, "aten::randn", "", INTS(integer(2), integer(N / 2)), dtype(TFFM_FLOAT32)))) {
        const float *x = data_of(normal.values[0].as.tensor);
        double sum = 0, squares = 0;
        for (int i = 0; i < N; i++) {
            sum += x[i];
            squares += x[i] * x[i];
        }
        /* Eight standard deviations of the mean, and as wide a margin for the variance. */
        CHECK(fabs(sum / N) < 0.25 && fabs(squares / N - 1) < 0.4);
    }
    drop(&normal);
    TORCH_FAILS(CALL(&wrong, "aten::rand", "", INTS(integer(2)), dtype(TFFM_INT32)), "Int");
    TORCH_FAILS(CALL(&wrong, "aten::randn", "", INTS(integer(2)), dtype(TFFM_INT32)), "Int");
}

static void makers_refuse_bad_shapes(void) {
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
    tffm_tensor *made = UNTOUCHED;
    for (int64_t i = 0; i < COUNT(cases); i++)
        REFUSED(tffm_empty(TFFM_RECORD, cases[i].dim, cases[i].sizes, cases[i].dtype, &made), cases[i].text);
    /* A shape that is fine, for which there is no memory. */
    TORCH_FAILS(tffm_empty(TFFM_RECORD, 1, (int64_t[]){INT64_MAX / 8}, TFFM_FLOAT64, &made), "");
    CHECK(made == UNTOUCHED);
    REFUSED(tffm_empty(TFFM_RECORD, 1, fine, TFFM_FLOAT32, NULL), "result must not be NULL");
}

/* Operators that make tensors: the shim refuses lists and codes, libtorch refuses shapes. */
static void operators_refuse_bad_shapes(void) {
    enum { MOST = TFFM_MAX_DIM + 1 };
    tffm_value ones[MOST];
    for (int d = 0; d < MOST; d++) ones[d] = integer(1);
    const tffm_value fine = list(TFFM_INT_LIST, 1, ones);
    const struct {
        tffm_status status;
        const char *text;
        tffm_value sizes, dtype;
    } cases[] = {
        {TFFM_INVALID_ARGUMENT, "length out of range", list(TFFM_INT_LIST, -1, ones), dtype(TFFM_FLOAT32)},
        {TFFM_INVALID_ARGUMENT, "a list without elements", list(TFFM_INT_LIST, 1, NULL), dtype(TFFM_FLOAT32)},
        {TFFM_INVALID_ARGUMENT, "argument 'size' is None", none(), dtype(TFFM_FLOAT32)},
        {TFFM_INVALID_ARGUMENT, "'dtype' is an unknown code", fine, dtype(9)},
        {TFFM_INVALID_ARGUMENT, "'dtype' is an unknown code", fine, dtype(-1)},
        {TFFM_TORCH_ERROR, "negative dimension -3", INTS(integer(2), integer(-3)), dtype(TFFM_FLOAT32)},
        {TFFM_TORCH_ERROR, "", INTS(integer(INT64_MAX / 4), integer(4)), dtype(TFFM_FLOAT32)},
        /* A shape that is fine, for which there is no memory. */
        {TFFM_TORCH_ERROR, "", INTS(integer(INT64_MAX / 8)), dtype(TFFM_FLOAT64)},
    };
    for (int64_t i = 0; i < COUNT(cases); i++) {
        const tffm_value plain[] = {cases[i].sizes, cases[i].dtype};
        const tffm_value filled[] = {cases[i].sizes, integer(1), cases[i].dtype};
        struct given given;
        const tffm_status found[] = {call(TFFM_RECORD, "aten::rand", "", plain, 2, &given),
                                     call(TFFM_RECORD, "aten::randn", "", plain, 2, &given),
                                     call(TFFM_RECORD, "aten::full", "", filled, 3, &given)};
        for (int64_t k = 0; k < COUNT(found); k++)
            check_status(found[k], cases[i].status, cases[i].text, cases[i].text, __FILE__, __LINE__);
        CHECK(given.count == -1);
    }
    /* libtorch makes a tensor of too many dimensions, but it is not described. */
    struct given given;
    tffm_info info = {.dim = -7};
    if (OK(CALL(&given, "aten::full", "", list(TFFM_INT_LIST, MOST, ones), integer(1))))
        REFUSED(tffm_describe(given.values[0].as.tensor, &info), "has 65 dimensions, more than 64");
    CHECK(info.dim == -7);
    drop(&given);
}

const struct test tensor_tests[] = {
    TEST(dtype_codes_and_sizes),
    TEST(describes_a_view),
    TEST(accepts_odd_shapes),
    TEST(describes_nothing_of_too_much),
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
    TEST(operators_refuse_bad_shapes),
    {0},
};
