/* Which memory a call reads, writes and gives. */
#include "check.h"

/* Whether a call gave nothing but the argument of this index, without a handle. */
static bool is_argument(const struct given *given, int32_t index) {
    const tffm_value *value = &given->values[0];
    return given->count == 1 && value->kind == TFFM_TENSOR && value->flags == 1 + index && value->count == 0 &&
           value->as.tensor == NULL;
}

/* A result that is a written argument says which one it is. */
static void in_place(void) {
    float a[] = {9, -1, 9, 2, 9}, b[] = {3, 4};
    tffm_tensor *x, *y = OVER(b, TFFM_FLOAT32, 2);
    struct given given;
    OK(tffm_from_memory(TFFM_RECORD, a, sizeof a, TFFM_FLOAT32, 1, (int64_t[]){2}, (int64_t[]){2}, 1, &x));
    OK(CALL(&given, "aten::mul_", "Tensor", tensor(x), tensor(y)));
    CHECK(is_argument(&given, 0) && data_of(x) == a + 1);
    CHECK(memcmp(a, (float[]){9, -3, 9, 8, 9}, sizeof a) == 0);
    OK(CALL(&given, "aten::abs_", "", tensor(x))); /* by name */
    CHECK(is_argument(&given, 0) && data_of(x) == a + 1);
    CHECK(memcmp(a, (float[]){9, 3, 9, 8, 9}, sizeof a) == 0);
    OK(CALL(&given, "aten::mul", "out", tensor(y), tensor(y), tensor(x)));
    CHECK(is_argument(&given, 2));
    CHECK(memcmp(a, (float[]){9, 9, 9, 16, 9}, sizeof a) == 0);
    /* The same tensor in two places is the first of them. */
    OK(CALL(&given, "aten::mul_", "Tensor", tensor(y), tensor(y)));
    CHECK(is_argument(&given, 0) && b[0] == 9 && b[1] == 16);
    /* Another handle on a tensor leads to the same tensor, but another tensor on its memory does not. */
    struct given same, alias;
    OK(CALL(&same, "aten::contiguous", "", tensor(y)));
    OK(CALL(&alias, "aten::alias", "", tensor(y)));
    OK(CALL(&given, "aten::mul", "out", same.values[0], alias.values[0], tensor(y)));
    CHECK(is_argument(&given, 0));
    OK(CALL(&given, "aten::mul", "out", alias.values[0], alias.values[0], tensor(y)));
    CHECK(is_argument(&given, 2));
    drop(&same);
    drop(&alias);
    OK(tffm_free(y));
    OK(tffm_free(x));
}

static void refuses_to_write_read_only(void) {
    float a[] = {1, 2}, kept[] = {1, 2}, b[] = {3, 4};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *y = OVER(b, TFFM_FLOAT32, 2), *image = OVER(b, TFFM_FLOAT32, 1, 2);
    const tffm_value locked = flagged(x, TFFM_READ_ONLY), both = flagged(x, TFFM_READ_ONLY | TFFM_PINNED);
    struct given given;
    REFUSED(CALL(&given, "aten::mul_", "Tensor", locked, tensor(y)), "argument 'self' is written by the operator");
    REFUSED(CALL(&given, "aten::mul_", "Tensor", both, tensor(y)), "its memory is read-only");
    REFUSED(CALL(&given, "aten::mul", "out", tensor(y), tensor(y), locked), "argument 'out' is written");
    REFUSED(CALL(&given, "aten::_foreach_zero_", "", TENSORS(tensor(y), locked)), "argument 'self' is written");
    REFUSED(CALL(&given, "aten::mul_", "Tensor", locked, integer(2)), "argument 'self' is written by the operator");
    REFUSED(CALL(&given, "aten::addcmul_", "", locked, tensor(y), tensor(y)), "argument 'self' is written");
    /* A write that the schema does not show. */
    REFUSED(CALL(&given, "aten::native_batch_norm", "", tensor(image), none(), none(), locked, tensor(y), boolean(1),
                 floating(0.5), floating(0)),
            "argument 'running_mean' is written");
    CHECK(memcmp(a, kept, sizeof a) == 0 && b[0] == 3);
    /* Reading is allowed. */
    OK(CALL(&given, "aten::mul_", "Tensor", tensor(y), locked));
    CHECK(b[0] == 3 && b[1] == 8);
    drop(&given);
    OK(CALL(&given, "aten::mul", "Tensor", locked, locked));
    HOLDS(&given, 0, 1, 4);
    drop(&given);
    OK(tffm_free(x));
    OK(tffm_free(y));
    OK(tffm_free(image));
}

static void refuses_to_move_pinned(void) {
    float a[] = {1, 2};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *pinned;
    struct given copy, given;
    if (!OK(CALL(&copy, "aten::clone", "", tensor(x)))) return;
    pinned = copy.values[0].as.tensor;
    const tffm_value watched = flagged(pinned, TFFM_PINNED);
    const char text[] = "may be given another memory or shape by the operator";
    void *before = data_of(pinned);
    REFUSED(CALL(&given, "aten::mul", "out", tensor(x), tensor(x), watched), text);
    REFUSED(CALL(&given, "aten::resize_", "", watched, INTS(integer(1000))), text);
    REFUSED(CALL(&given, "aten::resize_as_", "", watched, tensor(x)), text);
    REFUSED(CALL(&given, "aten::set_", "source_Tensor", watched, tensor(x)), text);
    /* libtorch would accept this, which reaches 2^63 bytes far. */
    const tffm_value far = integer((int64_t)1 << 61);
    REFUSED(CALL(&given, "aten::as_strided_", "", watched, INTS(integer(2)), INTS(far), integer(0)), text);
    REFUSED(CALL(&given, "aten::t_", "", watched), text);
    REFUSED(CALL(&given, "aten::transpose_", "", watched, integer(0), integer(0)), text);
    REFUSED(CALL(&given, "aten::swapaxes_", "", watched, integer(0), integer(0)), text);
    REFUSED(CALL(&given, "aten::swapdims_", "", watched, integer(0), integer(0)), text);
    REFUSED(CALL(&given, "aten::squeeze_", "", watched), text);
    REFUSED(CALL(&given, "aten::unsqueeze_", "", watched, integer(0)), text);
    CHECK(data_of(pinned) == before && info_of(pinned).sizes[0] == 2 && info_of(pinned).strides[0] == 1);
    /* Reads, and writes that cannot move it, are allowed. */
    OK(CALL(&given, "aten::mul_", "Tensor", watched, watched));
    CHECK(is_argument(&given, 0) && data_of(pinned) == before);
    HOLDS(&copy, 0, 1, 4);
    OK(CALL(&given, "aten::resize_as_", "", tensor(x), watched));
    CHECK(is_argument(&given, 0));
    drop(&copy);
    OK(tffm_free(x));
}

/* Tensors over one memory have one storage, empty ones too. */
static void storages_are_told_apart(void) {
    float a[] = {1, 2, 3}, b[] = {1, 2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3), *y = OVER(b, TFFM_FLOAT32, 3);
    struct given view;
    if (OK(CALL(&view, "aten::slice", "Tensor", tensor(x), integer(0), integer(3), integer(3)))) {
        tffm_info info = info_of(view.values[0].as.tensor);
        CHECK(info.numel == 0 && info.storage == info_of(x).storage && info.storage != info_of(y).storage);
        CHECK(view.values[0].count == 1);
    }
    drop(&view);
    OK(tffm_free(x));
    OK(tffm_free(y));
}

/* Whether each result has a handle of its own, and whether it shares an argument's memory. */
static bool shares(struct given *given, int64_t count, int64_t shared) {
    bool holds = given->count == count;
    for (int64_t i = 0; i < given->count; i++) {
        const tffm_value *value = &given->values[i];
        holds &= value->kind == TFFM_TENSOR && value->flags == 0 && value->count == shared && value->as.tensor != NULL;
    }
    drop(given);
    return holds;
}

static void says_what_shares_memory(void) {
    float a[] = {1, 2, 3, 4}, b[] = {5, 6};
    tffm_tensor *matrix = OVER(a, TFFM_FLOAT32, 2, 2), *row = OVER(b, TFFM_FLOAT32, 2);
    const tffm_value x = tensor(matrix), y = tensor(row);
    struct given given, turned;
    /* Views, by entry points and by name. */
    if (!OK(CALL(&turned, "aten::t", "", x))) return;
    CHECK(turned.count == 1 && turned.values[0].count == 1);
    OK(CALL(&given, "aten::reshape", "", x, INTS(integer(4))));
    CHECK(shares(&given, 1, 1));
    OK(CALL(&given, "aten::detach", "", x));
    CHECK(shares(&given, 1, 1));
    OK(CALL(&given, "aten::slice", "Tensor", x, integer(0), integer(1)));
    CHECK(shares(&given, 1, 1));
    OK(CALL(&given, "aten::unbind", "int", x));
    CHECK(shares(&given, 2, 1));
    /* Arguments in lists. */
    OK(CALL(&given, "aten::broadcast_tensors", "", TENSORS(x, y)));
    CHECK(shares(&given, 2, 1));
    OK(CALL(&given, "aten::cat", "", TENSORS(x, turned.values[0])));
    CHECK(shares(&given, 1, 0));
    /* The memory of the last argument alone. */
    OK(CALL(&given, "aten::set", "source_Tensor", y, x));
    CHECK(shares(&given, 1, 1));
    /* reshape gives a view where it can; of a transposed tensor it cannot. */
    OK(CALL(&given, "aten::reshape", "", turned.values[0], INTS(integer(4))));
    CHECK(shares(&given, 1, 0));
    /* The argument itself, where nothing has to change. It is not written, so it has a handle. */
    OK(CALL(&given, "aten::contiguous", "", x));
    CHECK(shares(&given, 1, 1));
    OK(CALL(&given, "aten::contiguous", "", turned.values[0], integer(0)));
    CHECK(shares(&given, 1, 0));
    OK(CALL(&given, "aten::to", "dtype", x, dtype(TFFM_FLOAT32)));
    CHECK(shares(&given, 1, 1));
    OK(CALL(&given, "aten::to", "dtype", x, dtype(TFFM_FLOAT64)));
    CHECK(shares(&given, 1, 0));
    /* New memory. */
    OK(CALL(&given, "aten::relu", "", x));
    CHECK(shares(&given, 1, 0));
    OK(CALL(&given, "aten::clone", "", x));
    CHECK(shares(&given, 1, 0));
    OK(CALL(&given, "aten::sort", "", x));
    CHECK(shares(&given, 2, 0));
    OK(CALL(&given, "aten::add", "Tensor", x, integer(1)));
    CHECK(shares(&given, 1, 0));
    drop(&turned);
    OK(tffm_free(matrix));
    OK(tffm_free(row));
}

const struct test memory_tests[] = {
    TEST(in_place),
    TEST(refuses_to_write_read_only),
    TEST(refuses_to_move_pinned),
    TEST(storages_are_told_apart),
    TEST(says_what_shares_memory),
    {0},
};
