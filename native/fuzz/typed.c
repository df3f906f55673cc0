/* Steps that call the functions with a type of their own. */
#include "pool.h"

/* A kind of number, known or not, and its bits. */
static int32_t read_kind(struct input *input) {
    return (int32_t)(rarely(input) ? read_integer(input) : below(input, 3));
}

static int64_t read_number(struct input *input) { return rarely(input) ? read_bits(input) : read_integer(input); }

/* Takes what a call gave; a failed one must have left its out-parameter alone. */
static void take(struct input *input, bool made, tffm_tensor *result) {
    if (made) {
        adopt(input, result);
    } else {
        EXPECT(result == UNTOUCHED);
    }
}

/* A rank, and as many numbers in a block of their own, or NULL. A rank that is refused comes without numbers. */
struct shape {
    int64_t dim;
    int64_t *sizes;
};

static int64_t read_dim(struct input *input) { return rarely(input) ? read_integer(input) : below(input, 5); }

static int64_t *read_numbers(struct input *input, int64_t count) {
    if (rarely(input)) return NULL;
    if (count < 0 || count > TFFM_MAX_DIM) count = 0;
    int64_t *numbers = block(count * (int64_t)sizeof *numbers);
    for (int64_t i = 0; i < count; i++) numbers[i] = read_integer(input);
    return numbers;
}

static struct shape read_shape(struct input *input) {
    struct shape shape = {.dim = read_dim(input)};
    shape.sizes = read_numbers(input, shape.dim);
    return shape;
}

/* Only for NULL or a refused length may the bytes be more than the memory has. */
static void from_memory(struct input *input) {
    struct shape shape = read_shape(input);
    int64_t *strides = read_numbers(input, shape.dim), bytes = below(input, 200), start = 0;
    char *memory = NULL;
    if (!rarely(input)) {
        start = rarely(input) ? below(input, 8) : 0;
        memory = (char *)block(bytes + start) + start;
    }
    if (rarely(input)) {
        int64_t absurd = read_integer(input);
        if (memory == NULL || absurd < bytes) bytes = absurd;
    }
    int32_t dtype = read_dtype(input);
    int64_t offset = rarely(input) ? read_integer(input) : below(input, 3);
    tffm_tensor *result = UNTOUCHED;
    bool made = TRY(tffm_from_memory(mode, memory, bytes, dtype, shape.dim, shape.sizes, strides, offset,
                                     rarely(input) ? NULL : &result));
    take(input, made, result);
}

static void empty(struct input *input) {
    struct shape shape = read_shape(input);
    int32_t dtype = read_dtype(input);
    tffm_tensor *result = UNTOUCHED;
    bool made = TRY(tffm_empty(mode, shape.dim, shape.sizes, dtype, rarely(input) ? NULL : &result));
    take(input, made, result);
}

/* Memory arguments are never read, so they may be anything. */
static const void *read_memory(struct input *input) { return (const void *)(uintptr_t)read_byte(input); }

static void clamp(struct input *input) {
    tffm_tensor *self = pick(input), *other = pick(input), *result = UNTOUCHED;
    const void *memory = read_memory(input), *other_memory = read_memory(input);
    int32_t operation = (int32_t)(rarely(input) ? read_integer(input) : below(input, 4));
    int32_t min_kind = read_kind(input), max_kind = read_kind(input);
    int64_t min = read_number(input), max = read_number(input);
    bool made = false;
    switch (below(input, 3)) {
        case 0:
            made = TRY(tffm_clamp(mode, operation, self, memory, min_kind, min, max_kind, max,
                                  rarely(input) ? NULL : &result));
            break;
        case 1: TRY(tffm_clamp_(mode, operation, self, memory, min_kind, min, max_kind, max)); break;
        case 2:
            TRY(tffm_clamp_out(mode, operation, self, memory, min_kind, min, max_kind, max, other, other_memory));
            break;
    }
    take(input, made, result);
}

static void gradient(struct input *input) {
    tffm_tensor *self = pick(input), *result = UNTOUCHED;
    if (below(input, 2) == 0) {
        TRY(tffm_requires_grad_(mode, self, (int32_t)read_integer(input)));
    } else if (TRY(tffm_grad(self, rarely(input) ? NULL : &result))) {
        if (result != NULL) adopt(input, result);
    } else {
        EXPECT(result == UNTOUCHED);
    }
}

static void clear_gradient(struct input *input) { TRY(tffm_clear_grad_(pick(input))); }

static void gradient_name(struct input *input) {
    int64_t capacity = rarely(input) ? read_integer(input) : below(input, 40);
    int64_t room = capacity < 0 ? 0 : capacity > 64 ? 64 : capacity;
    char *name = rarely(input) ? NULL : block(room);
    if (name != NULL && capacity > room) capacity = room;
    if (TRY(tffm_grad_fn(pick(input), name, capacity))) EXPECT(memchr(name, '\0', (size_t)capacity) != NULL);
}

/* A row in memory of its own, clamped in place or into another. An unsupported one must not be written. */
static void kernel(struct input *input) {
    enum { ELEMENTS = 80, BYTES = (ELEMENTS + 3) * 8 };
    char *from = block(BYTES), *to = below(input, 2) == 0 ? from : block(BYTES);
    for (int64_t i = below(input, 16); i > 0; i--) from[i * 7] = (char)read_byte(input);
    if (rarely(input)) from = NULL;
    if (rarely(input)) to = NULL;
    int64_t count = rarely(input) ? read_integer(input) : below(input, ELEMENTS);
    if (count > ELEMENTS) count = ELEMENTS;
    int32_t dtype = read_dtype(input), min_kind = read_kind(input), max_kind = read_kind(input);
    int64_t min = read_number(input), max = read_number(input), from_offset = below(input, 3);
    int64_t to_offset = from == to && !rarely(input) ? from_offset : below(input, 3);
    char before[BYTES];
    if (to != NULL) memcpy(before, to, BYTES);
    tffm_status status = tffm_kernel_clamp(from, from_offset, to, to_offset, count, dtype, min_kind, min, max_kind, max);
    EXPECT(status == TFFM_OK || status == TFFM_UNSUPPORTED || status == TFFM_INVALID_ARGUMENT);
    if (status != TFFM_OK && to != NULL) EXPECT(memcmp(before, to, BYTES) == 0);
}

/* The calls whose every argument is a pointer. */
static void look(struct input *input) {
    tffm_tensor *tensor = pick(input);
    tffm_info info;
    void *address;
    const char *text;
    uint64_t version = 0;
    int32_t abi = 0;
    TRY(tffm_describe(tensor, rarely(input) ? NULL : &info));
    TRY(tffm_data_ptr(tensor, rarely(input) ? NULL : &address));
    EXPECT(tffm_free(NULL) == TFFM_INVALID_ARGUMENT);
    EXPECT(tffm_last_error(NULL) == TFFM_INVALID_ARGUMENT && tffm_last_error(&text) == TFFM_OK);
    void *memory = NULL;
    int64_t bytes = rarely(input) ? read_integer(input) : below(input, 100);
    if (TRY(tffm_block_allocate(bytes, rarely(input) ? NULL : &memory))) EXPECT(TRY(tffm_block_free(memory)));
    EXPECT(tffm_block_free(NULL) == TFFM_INVALID_ARGUMENT);
    EXPECT(tffm_libtorch_version(NULL) == TFFM_INVALID_ARGUMENT);
    EXPECT(tffm_libtorch_version(&version) == TFFM_OK && version != 0);
    EXPECT(tffm_abi_version(NULL) == TFFM_INVALID_ARGUMENT);
    EXPECT(tffm_abi_version(&abi) == TFFM_OK && abi == TFFM_ABI);
}

void typed_step(struct input *input) {
    static void (*const steps[])(struct input *) = {clamp,         clamp,          from_memory, empty, gradient,
                                                  gradient_name, clear_gradient,    look,  kernel};
    steps[below(input, COUNT(steps))](input);
}
