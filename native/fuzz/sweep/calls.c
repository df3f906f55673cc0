#include "calls.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "elements.h"
#include "rules.h"

/* A tensor of a stride of 0 may have any number of elements, whose sum takes as long. */
enum { CAPACITY = 1024, MOST_SUMMED = 1 << 20 };

bool is_public(const char *name) {
    static const char *const closed[] = {"aten::cudnn_", "aten::fbgemm_", "aten::miopen_", "aten::mkldnn_",
                                         "aten::from_file"};
    if (strncmp(name, "aten::", 6) != 0) return false;
    if (name[6] == '_' && strcmp(name, "aten::_unique2") != 0) return false;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (strncmp(name, closed[i], strlen(closed[i])) == 0) return false;
    return strstr(name, "_backward") == NULL;
}

bool is_passable(const char *name, const char *overload, const tffm_operator **operator) {
    tffm_operator_info info;
    if (tffm_operator_find(name, overload, operator, &info) != TFFM_OK) return false;
    for (int64_t i = 0; i < (*operator)->argument_count; i++) {
        const struct tffm_slot *slot = &(*operator)->slots[i];
        bool out = slot->keyword || strcmp(slot->name, "out") == 0 || strcmp(slot->name, "output") == 0;
        if (slot->written && ((*operator)->moves || out)) return false;
        if (slot->base == TFFM_OF_OTHER && !slot->optional) return false;
    }
    return true;
}

struct recipe random_recipe(const tffm_operator *operator, uint64_t *seed) {
    struct recipe recipe = {.flags = (int32_t)(next_random(seed) % 8)};
    for (int64_t i = 0; i < operator->argument_count; i++) recipe.choices[i] = (struct choice){next_random(seed), -1};
    return recipe;
}

static const tffm_operator *find(const char *name) {
    const tffm_operator *found = NULL;
    tffm_operator_info info;
    return tffm_operator_find(name, "", &found, &info) == TFFM_OK ? found : NULL;
}

/* Computes gradients of the sum. */
static void go_back(tffm_tensor *result) {
    tffm_value arguments[5] = {{.kind = TFFM_TENSOR, .as.tensor = result}}, sum;
    int64_t count;
    if (tffm_call(TFFM_RECORD, find("aten::sum"), arguments, 1, &sum, 1, &count, NULL, 0) != TFFM_OK) return;
    arguments[0].as.tensor = sum.as.tensor;
    arguments[1] = (tffm_value){.kind = TFFM_TENSOR_LIST};
    arguments[3] = arguments[4] = (tffm_value){.kind = TFFM_BOOLEAN};
    arguments[3].as.integer = 1;
    tffm_call(TFFM_RECORD, find("aten::_backward"), arguments, 5, NULL, 0, &count, NULL, 0);
    tffm_free(sum.as.tensor);
}

static void keep(struct outcome *outcome, double value) {
    if (outcome != NULL && outcome->count < MOST_VALUES) outcome->values[outcome->count++] = value;
}

/* Reads each element of a small tensor, and the last of a large one. */
static void read_tensor(tffm_tensor *tensor, struct outcome *outcome) {
    static volatile double sink;
    tffm_info info;
    if (tffm_describe(tensor, &info) != TFFM_OK || element_size(info.dtype) == 0 || info.numel == 0) return;
    const int64_t size = element_size(info.dtype);
    int64_t at[TFFM_MAX_DIM] = {0}, last = 0;
    keep(outcome, info.dtype);
    for (int64_t d = 0; d < info.dim; d++) {
        keep(outcome, (double)info.sizes[d]);
        last += (info.sizes[d] - 1) * info.strides[d];
    }
    sink = read_element((char *)info.data + last * size, info.dtype);
    for (int64_t k = 0; k < info.numel && k < 4096; k++) {
        int64_t place = 0;
        for (int64_t d = 0; d < info.dim; d++) place += at[d] * info.strides[d];
        sink = read_element((char *)info.data + place * size, info.dtype);
        bool coarse = info.dtype == TFFM_FLOAT16 || info.dtype == TFFM_BFLOAT16; /* their bits are no numbers */
        keep(outcome, coarse ? 0 : sink);
        for (int64_t d = info.dim - 1; d >= 0 && ++at[d] == info.sizes[d]; d--) at[d] = 0;
    }
}

bool make_call(const tffm_operator *operator, const struct recipe *recipe, enum layout layout, bool flat, uint64_t seed,
               char *text, size_t room, struct outcome *outcome) {
    static tffm_value results[CAPACITY];
    tffm_value arguments[TFFM_MAX_SLOTS];
    struct making making = {.operator = operator, .layout = layout, .flat = flat, .text = text, .room = room,
                            .gradient = (recipe->flags & (GRADIENT | NO_GRAD)) == GRADIENT,
                            .at_start = (recipe->flags & AT_START) != 0};
    for (int64_t i = 0; i < operator->argument_count; i++) arguments[i] = make_value(&making, i, recipe->choices[i]);
    struct rules rules = rules_of(operator->name, operator->overload);
    if (!obeys(&rules, arguments, operator->argument_count)) {
        release_values();
        return false;
    }
    protect_values();
    if (outcome != NULL) outcome->count = 0;
    tffm_manual_seed(seed);
    int64_t count = 0;
    int32_t mode = (recipe->flags & NO_GRAD) != 0 ? TFFM_NO_GRAD : TFFM_RECORD;
    bool success = tffm_call(mode, operator, arguments, operator->argument_count, results, CAPACITY, &count, NULL, 0) ==
                   TFFM_OK;
    for (int64_t i = 0; success && i < count; i++) {
        tffm_info info;
        if (results[i].kind == TFFM_INT) keep(outcome, (double)results[i].as.integer);
        if (results[i].kind == TFFM_FLOAT) keep(outcome, results[i].as.real);
        if (results[i].kind != TFFM_TENSOR) continue;
        tffm_tensor *tensor = results[i].flags > 0 ? arguments[results[i].flags - 1].as.tensor : results[i].as.tensor;
        read_tensor(tensor, outcome);
        if (making.gradient && results[i].flags == 0 && tffm_describe(tensor, &info) == TFFM_OK && info.has_history &&
            info.numel <= MOST_SUMMED)
            go_back(tensor);
    }
    for (int64_t i = 0; success && i < count; i++)
        if (results[i].kind == TFFM_TENSOR && results[i].flags == 0) tffm_free(results[i].as.tensor);
    release_values();
    return success;
}

bool same(const struct outcome *one, const struct outcome *other) {
    if (one->count != other->count) return false;
    for (int64_t i = 0; i < one->count; i++) {
        double a = one->values[i], b = other->values[i];
        if (isnan(a) ? !isnan(b) : !(a == b || fabs(a - b) <= 1e-3 * fmax(1, fabs(a)))) return false;
    }
    return true;
}
