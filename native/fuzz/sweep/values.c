#define _GNU_SOURCE
#include "values.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "elements.h"

#define COUNT(array) ((int32_t)(sizeof(array) / sizeof *(array)))

enum { SLOTS = 40, PAGE = 4096, PAGES = 4, ROOM = PAGE * PAGES, MAX_LIST = 8, VALUES = 256 };

/* One tensor's memory, between two guard pages. */
static struct slot {
    char *start;
    bool read_only;
    tffm_tensor *tensor;
} slots[SLOTS];
static int slots_used;

static tffm_value listed[VALUES];
static int listed_used;

uint32_t next_random(uint64_t *seed) {
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static uint32_t below(uint64_t *seed, int32_t limit) { return next_random(seed) % (uint32_t)limit; }

/* ---- hostile values ---- */

static const int64_t integers[] = {
    INT64_MIN, INT64_MIN + 1, -((int64_t)1 << 62), (int64_t)INT32_MIN - 1, INT32_MIN, -1000, -100, -4, -3, -2, -1, 0, 1,
    2, 3, 4, 5, 7, 64, 100, 1000, 65536, INT32_MAX, (int64_t)INT32_MAX + 1, (int64_t)UINT32_MAX, (int64_t)1 << 32,
    (int64_t)1 << 40, (int64_t)1 << 60, INT64_MAX / 8, INT64_MAX / 4 + 1, INT64_MAX / 2 + 1, INT64_MAX - 1, INT64_MAX};
static const double reals[] = {NAN, INFINITY, -INFINITY, 0, -0.0, -1, 1, 2, 1e-30, 1e300, -1e300, 1e10, 1e-320,
                               9.3e18, -9.3e18, 2147483648.0, 0.5, 5};
static const char *const texts[] = {
    "none", "mean", "sum", "prod", "amax", "amin", "max", "min", "tanh", "floor", "trunc", "left", "right", "ij", "xy",
    "constant", "reflect", "replicate", "circular", "reduced", "complete", "r", "gesvd", "gesvdj", "L", "U", "ortho",
    "forward", "backward", "linear", "lower", "higher", "midpoint", "nearest", "nuc", "fro", "add", "multiply", "gelu",
    "ij,jk->ik", "i,j->ij", "...i->i", "ii->i", "ii", "->", "i->", ",", "sum,sum", "", "nonsense"};
static const int64_t codes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 23, 24, 27, 28, 44, -1, 100};

struct shape { int64_t dim, sizes[5]; };
static const struct shape shapes[] = {
    {0, {0}}, {1, {0}}, {1, {1}}, {1, {2}}, {1, {3}}, {1, {5}}, {1, {67}}, {2, {1, 3}}, {2, {3, 1}}, {2, {0, 3}},
    {2, {3, 0}}, {2, {2, 5}}, {2, {3, 3}}, {2, {5, 70}}, {3, {0, 3, 3}}, {3, {3, 0, 3}}, {3, {3, 3, 0}}, {3, {1, 3, 4}},
    {3, {3, 3, 3}}, {4, {3, 3, 3, 3}}, {4, {0, 3, 3, 3}}, {4, {3, 0, 3, 3}}, {4, {3, 3, 0, 3}}, {4, {1, 2, 5, 4}},
    {5, {1, 3, 3, 3, 3}}, {5, {1, 3, 0, 3, 3}}};
static const int32_t dtypes[] = {TFFM_FLOAT32, TFFM_FLOAT64, TFFM_FLOAT16, TFFM_BFLOAT16, TFFM_INT64,
                                 TFFM_INT32,   TFFM_INT16,   TFFM_INT8,    TFFM_UINT8,    TFFM_BOOL};

/* A tensor's properties, of which a hostile value replaces one. */
struct plan {
    struct shape shape;
    int32_t dtype;
    enum pattern pattern;
    enum layout layout;
};

enum { TENSOR_HOSTILE = COUNT(shapes) + COUNT(dtypes) + PATTERNS + 3 };

/* The paired values, behind the one that is absent: each pattern in each of three dtypes. */
enum { PAIRED_TENSOR = 3 * PATTERNS };

static void spoil(struct plan *plan, int32_t hostile) {
    if (hostile > TENSOR_HOSTILE) {
        static const int32_t paired[] = {TFFM_INT64, TFFM_INT32, TFFM_FLOAT32};
        hostile -= TENSOR_HOSTILE + 1;
        plan->dtype = paired[hostile / PATTERNS];
        plan->pattern = (enum pattern)(hostile % PATTERNS);
    } else if (hostile < COUNT(shapes)) {
        plan->shape = shapes[hostile];
    } else if ((hostile -= COUNT(shapes)) < COUNT(dtypes)) {
        plan->dtype = dtypes[hostile];
    } else if ((hostile -= COUNT(dtypes)) < PATTERNS) {
        plan->pattern = (enum pattern)hostile;
    } else {
        plan->layout = STRIDED + (hostile - PATTERNS);
    }
}

static int32_t one_hostile_count(const struct tffm_slot *slot) {
    switch (slot->base) {
        case TFFM_OF_TENSOR: return TENSOR_HOSTILE;
        case TFFM_OF_INT: case TFFM_OF_SYMINT: return COUNT(integers);
        case TFFM_OF_FLOAT: return COUNT(reals);
        case TFFM_OF_SCALAR: return COUNT(integers) + COUNT(reals) + 1;
        case TFFM_OF_BOOL: return 2;
        case TFFM_OF_STRING: return COUNT(texts);
        case TFFM_OF_DTYPE: return COUNT(codes);
        case TFFM_OF_MEMORY_FORMAT: return 4;
        default: return 0;
    }
}

void spoil_number(struct choice *choice, int64_t way) {
    static const int32_t extremes[EXTREMES] = {0, 4, 10, 11, 12, COUNT(integers) - 1};
    choice->hostile = extremes[way];
}

struct range paired_values(const struct tffm_slot *slot) {
    if (slot->list || slot->base == TFFM_OF_BOOL || slot->base == TFFM_OF_MEMORY_FORMAT) return (struct range){0, 0};
    if (slot->base != TFFM_OF_TENSOR) return (struct range){0, one_hostile_count(slot)};
    return (struct range){TENSOR_HOSTILE + 1, PAIRED_TENSOR};
}

/* Of a list: each hostile value as its first, as its last and as every element, and some lengths. */
static int32_t given_count(const struct tffm_slot *slot) {
    int32_t count = one_hostile_count(slot);
    return slot->list ? 3 * count + MAX_LIST : count;
}

int32_t hostile_count(const struct tffm_slot *slot) {
    return given_count(slot) + (slot->optional ? 1 : 0);
}

/* ---- good values ---- */

static bool named(const struct tffm_slot *slot, const char *part) { return strstr(slot->name, part) != NULL; }

static bool is_index(const struct tffm_slot *slot) {
    return named(slot, "ind") || named(slot, "target") || named(slot, "offsets") || named(slot, "lengths") ||
           named(slot, "repeats") || named(slot, "pivots") || named(slot, "batch_sizes");
}

static const struct shape shapes_of_grids[] = {{4, {3, 3, 3, 2}}, {5, {3, 3, 3, 3, 3}}};

/* Cubes of 3 fit most operators; what recurrent networks need no random choice would find. */
static struct plan good_tensor(const struct making *making, const struct tffm_slot *slot, int64_t element,
                               uint64_t *seed) {
    static const int32_t usual[] = {TFFM_FLOAT32, TFFM_FLOAT32, TFFM_FLOAT32, TFFM_FLOAT32, TFFM_FLOAT64, TFFM_INT64,
                                    TFFM_INT64,   TFFM_INT32,   TFFM_BOOL,    TFFM_BFLOAT16};
    static const int64_t dims[] = {0, 1, 1, 2, 2, 2, 3, 3, 4, 5};
    struct plan plan = {.shape = {dims[below(seed, COUNT(dims))], {3, 3, 3, 3, 3}},
                        .dtype = usual[below(seed, COUNT(usual))]};
    uint32_t often = below(seed, 8);
    bool floating = plan.dtype >= TFFM_FLOAT16 && plan.dtype != TFFM_BOOL;
    if (floating && below(seed, 2) == 0) plan.pattern = DESCENDING;
    if (is_index(slot) && often > 0) plan.dtype = often < 7 ? TFFM_INT64 : TFFM_INT32;
    if (named(slot, "offsets") && often > 1) plan.shape.dim = 1;
    if (named(slot, "pivots") && often > 0) plan.dtype = TFFM_INT32, plan.pattern = ONE;
    if ((named(slot, "mask") || named(slot, "condition")) && often > 1) plan.dtype = TFFM_BOOL;
    if (!named(slot, "ind") && named(slot, "weight") && often > 0) plan.dtype = TFFM_FLOAT32;
    const char *name = making->operator->name;
    if (strcmp(slot->name, "grid") == 0) plan.shape = shapes_of_grids[below(seed, 2)];
    if (named(slot, "random_samples")) plan.shape = (struct shape){3, {3, 3, below(seed, 2) + 2}};
    if (named(slot, "theta")) plan.shape = (struct shape){3, {3, 2, 3}};
    if (strstr(name, "conv") != NULL && often % 2 == 0) plan.shape.dim = named(slot, "bias") ? 1 : 4;
    if (strstr(name, "ctc_loss") != NULL && often > 0) plan.shape.dim = named(slot, "lengths") ? 1 : named(slot, "targets") ? 2 : 3;
    if (strstr(name, "group_norm") != NULL) plan.shape.dim = named(slot, "input") ? 3 : 1, plan.dtype = TFFM_FLOAT32;
    bool lstm = strstr(name, "lstm") != NULL, gru = strstr(name, "gru") != NULL, cell = strstr(name, "_cell") != NULL;
    if (!lstm && !gru && strstr(name, "rnn_") == NULL) return plan;
    plan.dtype = TFFM_FLOAT32;
    const int64_t rows = lstm ? 12 : gru ? 9 : 3;
    if (named(slot, "params")) plan.shape = element % 4 < 2 ? (struct shape){2, {rows, 3}} : (struct shape){1, {rows}};
    if (slot->name[0] == 'w') plan.shape = (struct shape){2, {rows, 3}};
    if (slot->name[0] == 'b') plan.shape = (struct shape){1, {rows}};
    if (named(slot, "batch_sizes")) plan.shape = (struct shape){1, {1}}, plan.dtype = TFFM_INT64;
    if (named(slot, "hx")) plan.shape = cell ? (struct shape){2, {3, 3}} : (struct shape){3, {1, 3, 3}};
    if (named(slot, "input")) plan.shape = (struct shape){cell || named(slot, "data") ? 2 : 3, {3, 3, 3}};
    if (named(slot, "data")) plan.shape = (struct shape){2, {3, 3}};
    return plan;
}

static int64_t good_integer(const struct making *making, const struct tffm_slot *slot, int64_t element, uint64_t *seed) {
    static const int64_t usual[] = {1, 1, 1, 0, 0, 2, 3, -1};
    if (strcmp(making->operator->name, "aten::col2im") == 0)
        return named(slot, "output_size") && element == 0 ? 3 : named(slot, "padding") ? 0 : 1;
    if (named(slot, "lengths")) return 3 - (int64_t)below(seed, 2);
    if (strcmp(slot->name, "N") == 0 || strcmp(slot->name, "C") == 0 || strcmp(slot->name, "HxW") == 0) return 3;
    return usual[below(seed, COUNT(usual))];
}

/* A text that the argument's name asks for, else any. */
static const char *good_text(const struct tffm_slot *slot, uint64_t *seed) {
    static const struct { const char *part, *texts[4]; } usual[] = {
        {"rounding_mode", {"trunc", "floor", "trunc", "floor"}}, {"reduce", {"sum", "amax", "add", "multiply"}},
        {"approximate", {"none", "tanh", "none", "tanh"}},       {"interpolation", {"linear", "lower", "higher", "nearest"}},
        {"indexing", {"ij", "xy", "ij", "xy"}},                  {"side", {"left", "right", "left", "right"}},
        {"mode", {"constant", "reflect", "replicate", "reduced"}}, {"ord", {"nuc", "fro", "nuc", "fro"}},
        {"equation", {"ij,jk->ik", "ii->i", "i,j->ij", "ii"}}};
    uint32_t any = below(seed, 8), which = below(seed, 4);
    for (int32_t i = 0; i < COUNT(usual) && any > 0; i++)
        if (named(slot, usual[i].part)) return usual[i].texts[which];
    return texts[below(seed, COUNT(texts))];
}

/* ---- making them ---- */

__attribute__((format(printf, 2, 3))) static void note(struct making *making, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(making->text, making->room, format, arguments);
    va_end(arguments);
    size_t used = (size_t)length < making->room ? (size_t)length : making->room - 1;
    making->text += used;
    making->room -= used;
}

static void note_sizes(struct making *making, int64_t dim, const int64_t *sizes) {
    note(making, "[");
    for (int64_t d = 0; d < dim; d++) note(making, d == 0 ? "%lld" : ",%lld", (long long)sizes[d]);
    note(making, "]");
}

static tffm_value put_tensor(struct making *making, const struct tffm_slot *slot, const struct plan *plan) {
    static const char *const layouts[] = {"", "", "/strided", "/transposed", "/stride 0"};
    tffm_value none = {.kind = TFFM_NONE};
    if (slots_used == SLOTS) return none;
    enum layout layout = making->layout == AS_CHOSEN ? plan->layout : making->layout;
    const int64_t dim = plan->shape.dim, *sizes = plan->shape.sizes, size = element_size(plan->dtype);
    int64_t strides[5] = {0}, reach = 1, step = layout == STRIDED ? 2 : 1, numel = 1;
    for (int64_t i = 0; i < dim; i++) {
        int64_t d = layout == TRANSPOSED ? i : dim - 1 - i;
        strides[d] = layout == STANDING ? 0 : step;
        step *= sizes[d] > 0 ? sizes[d] : 1;
        reach += (sizes[d] - 1) * strides[d];
        numel *= sizes[d];
    }
    if (numel == 0) reach = 0;
    if (reach * size > ROOM) return none;
    /* Results that are compared must not hang on the last bit. */
    const enum pattern pattern = making->layout != AS_CHOSEN && plan->pattern == DESCENDING ? PLAIN : plan->pattern;
    struct slot *used = &slots[slots_used++];
    char *data = used->start + (making->at_start && layout != STANDING ? 0 : ROOM - reach * size);
    memset(data, 0x7f, (size_t)(reach * size));
    int64_t at[5] = {0};
    for (int64_t k = 0; k < numel; k++) {
        int64_t place = 0, columns = dim > 1 ? sizes[dim - 1] : 0;
        for (int64_t d = 0; d < dim; d++) place += at[d] * strides[d];
        bool diagonal = dim > 1 && at[dim - 1] == at[dim - 2];
        put_element(data + place * size, plan->dtype, pattern, making->flat || layout == STANDING ? 1 : k,
                    diagonal && columns > 1 && !making->flat && layout != STANDING);
        for (int64_t d = dim - 1; d >= 0 && ++at[d] == sizes[d]; d--) at[d] = 0;
    }
    used->read_only = !slot->written && !making->operator->writes_hidden;
    used->tensor = NULL;
    tffm_from_memory(TFFM_RECORD, data, reach * size, plan->dtype, dim, sizes, strides, 0, &used->tensor);
    if (used->tensor == NULL) return none;
    bool floating = plan->dtype >= TFFM_FLOAT16 && plan->dtype != TFFM_BOOL;
    /* A leaf that requires gradients is not written in place; to keep its gradient is called written too. */
    bool writable = slot->written && strcmp(making->operator->name, "aten::retain_grad") != 0;
    bool gradient = making->gradient && floating && !writable;
    if (gradient) tffm_requires_grad_(TFFM_RECORD, used->tensor, 1);
    note(making, "%s", dtype_name(plan->dtype));
    note_sizes(making, dim, sizes);
    note(making, "%s%s%s", layouts[layout], pattern_name(pattern), gradient ? "/grad" : "");
    return (tffm_value){.kind = TFFM_TENSOR, .flags = TFFM_PINNED, .as.tensor = used->tensor};
}

static tffm_value integer(struct making *making, int32_t kind, int64_t value) {
    note(making, "%lld", (long long)value);
    return (tffm_value){.kind = kind, .as.integer = value};
}

static tffm_value real(struct making *making, double value) {
    note(making, "%g", value);
    return (tffm_value){.kind = TFFM_FLOAT, .as.real = value};
}

static tffm_value text(struct making *making, const char *value) {
    note(making, "\"%s\"", value);
    return (tffm_value){.kind = TFFM_STRING, .as.string = value};
}

static tffm_value truth(struct making *making, bool value) {
    note(making, value ? "true" : "false");
    return (tffm_value){.kind = TFFM_BOOLEAN, .as.integer = value};
}

static tffm_value absent(struct making *making) {
    note(making, "null");
    return (tffm_value){.kind = TFFM_NONE};
}

static tffm_value bad_number(struct making *making, int32_t hostile) {
    if (hostile < COUNT(integers)) return integer(making, TFFM_INT, integers[hostile]);
    hostile -= COUNT(integers);
    return hostile < COUNT(reals) ? real(making, reals[hostile]) : truth(making, true);
}

/* Makes a value that is no list. */
static tffm_value make_one(struct making *making, const struct tffm_slot *slot, int64_t element, struct choice choice) {
    static const double usual[] = {0.5, 1, 0.1, 2, 0, 3};
    uint64_t seed = choice.seed;
    const int32_t hostile = choice.hostile;
    const bool bad = hostile >= 0;
    switch (slot->base) {
        case TFFM_OF_TENSOR: {
            struct plan plan = good_tensor(making, slot, element, &seed);
            if (bad) spoil(&plan, hostile);
            return put_tensor(making, slot, &plan);
        }
        case TFFM_OF_INT: case TFFM_OF_SYMINT:
            return integer(making, TFFM_INT, bad ? integers[hostile] : good_integer(making, slot, element, &seed));
        case TFFM_OF_FLOAT: return real(making, bad ? reals[hostile] : usual[below(&seed, COUNT(usual))]);
        case TFFM_OF_SCALAR:
            if (bad) return bad_number(making, hostile);
            return below(&seed, 2) ? real(making, usual[below(&seed, COUNT(usual))])
                                   : integer(making, TFFM_INT, (int64_t)below(&seed, 4));
        case TFFM_OF_BOOL: return truth(making, bad ? hostile == 1 : below(&seed, 2) == 1);
        case TFFM_OF_STRING: return text(making, bad ? texts[hostile] : good_text(slot, &seed));
        case TFFM_OF_DTYPE: return integer(making, TFFM_DTYPE, bad ? codes[hostile] : TFFM_FLOAT32);
        case TFFM_OF_MEMORY_FORMAT: return integer(making, TFFM_INT, bad ? hostile : 0);
        case TFFM_OF_LAYOUT: return integer(making, TFFM_INT, 0);
        default: return absent(making);
    }
}

static int32_t list_kind(const struct tffm_slot *slot) {
    switch (slot->base) {
        case TFFM_OF_TENSOR: return TFFM_TENSOR_LIST;
        case TFFM_OF_FLOAT: case TFFM_OF_SCALAR: return TFFM_FLOAT_LIST;
        case TFFM_OF_BOOL: return TFFM_BOOLEAN_LIST;
        default: return TFFM_INT_LIST;
    }
}

/* How long a good list is, and whether its elements are one another's equals. */
static int32_t good_length(const struct making *making, const struct tffm_slot *slot, uint64_t *seed) {
    uint32_t any = below(seed, 8);
    if (named(slot, "params")) return 4;
    if (strcmp(making->operator->name, "aten::affine_grid_generator") == 0) return 4;
    if (named(slot, "hx")) return 2;
    if (named(slot, "lengths")) return 3;
    if (strcmp(making->operator->name, "aten::convolution") == 0) return 2;
    if (slot->fixed > 0 && any > 0) return (int32_t)slot->fixed;
    if (strstr(making->operator->name, "pad") != NULL && any > 0) return 2 * (1 + (int32_t)below(seed, 3));
    return 1 + (int32_t)below(seed, 4);
}

static tffm_value make_list(struct making *making, const struct tffm_slot *slot, struct choice choice) {
    uint64_t seed = choice.seed;
    const int32_t ways = one_hostile_count(slot);
    int32_t length = good_length(making, slot, &seed), way = choice.hostile < 0 ? -1 : choice.hostile / ways;
    if (ways == 0) return absent(making);
    if (way == 3) length = choice.hostile % ways;
    if (way == 4) length = MAX_LIST - 1;
    bool alike = below(&seed, 4) > 0;
    uint32_t common = next_random(&seed);
    tffm_value *list = &listed[listed_used];
    if (listed_used + length > VALUES) return absent(making);
    listed_used += length;
    note(making, "{");
    for (int32_t i = 0; i < length; i++) {
        struct choice one = {alike ? common : next_random(&seed), -1};
        if ((way == 0 && i == 0) || (way == 1 && i == length - 1) || way == 2) one.hostile = choice.hostile % ways;
        if (i > 0) note(making, ",");
        list[i] = make_one(making, slot, i, one);
        if (slot->base == TFFM_OF_SCALAR && list[i].kind != TFFM_FLOAT) list[i] = real(making, (double)i);
    }
    note(making, "}");
    return (tffm_value){.kind = list_kind(slot), .count = length, .as.list = list};
}

tffm_value make_value(struct making *making, int64_t argument, struct choice choice) {
    const struct tffm_slot *slot = &making->operator->slots[argument];
    uint64_t seed = choice.seed;
    const uint32_t absence = next_random(&seed);
    if (argument > 0) note(making, ", ");
    if (slot->keyword) note(making, "%s=", slot->name);
    if (slot->optional && choice.hostile == given_count(slot)) return absent(making);
    if (choice.hostile < 0 && slot->has_default && absence % 4 != 0) {
        note(making, "default");
        return slot->default_value;
    }
    if (choice.hostile < 0 && slot->optional && absence % 2 == 0) return absent(making);
    choice.seed = (uint32_t)seed ^ absence;
    return slot->list ? make_list(making, slot, choice) : make_one(making, slot, 0, choice);
}

/* ---- memory ---- */

void map_values(void) {
    for (int i = 0; i < SLOTS; i++) {
        char *all = mmap(NULL, ROOM + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        slots[i].start = all + PAGE;
        mprotect(slots[i].start, ROOM, PROT_READ | PROT_WRITE);
    }
}

void protect_values(void) {
    for (int i = 0; i < slots_used; i++)
        if (slots[i].read_only) mprotect(slots[i].start, ROOM, PROT_READ);
}

void release_values(void) {
    for (int i = 0; i < slots_used; i++) {
        if (slots[i].tensor != NULL) tffm_free(slots[i].tensor);
        if (slots[i].read_only) mprotect(slots[i].start, ROOM, PROT_READ | PROT_WRITE);
    }
    slots_used = listed_used = 0;
}

enum place place_of(const void *address) {
    const char *at = address;
    for (int i = 0; i < slots_used; i++) {
        if (at >= slots[i].start && at < slots[i].start + ROOM) return READ_ONLY_ELEMENTS;
        if (at >= slots[i].start - PAGE && at < slots[i].start + ROOM + PAGE) return GUARD;
    }
    return ELSEWHERE;
}
