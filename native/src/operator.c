/* Operators, each resolved once and kept for the process. */
#include "operator.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "libtorch_schema.h"
#include "tensor.h"

/* The operators that were found, kept for the process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static tffm_operator *resolved;

/* Refuses results that have no form here: a list of numbers, a string, an optional result. */
static tffm_status check_returns(const tffm_operator *operator) {
    for (int64_t i = 0; i < operator->return_count; i++) {
        const struct tffm_slot *slot = &TFFM_RETURNS(operator)[i];
        bool number = !slot->list && (slot->base == TFFM_OF_INT || slot->base == TFFM_OF_SYMINT ||
                                      slot->base == TFFM_OF_FLOAT || slot->base == TFFM_OF_BOOL ||
                                      (slot->base == TFFM_OF_DTYPE && operator->entry != NULL));
        if (slot->optional || slot->element_optional || !(slot->base == TFFM_OF_TENSOR || number))
            return tffm_refuse("%s returns a %s, which cannot be given", operator->name, slot->type);
        /* libtorch's C ABI takes one result for the type of another. */
        if (operator->entry == NULL && slot->list != TFFM_RETURNS(operator)->list)
            return tffm_refuse("%s returns tensors and a %s, which cannot be given", operator->name, slot->type);
    }
    return TFFM_OK;
}

/* Scalars can only be passed by libtorch's C++ entry points; of strings, the C ABI of libtorch 2.13 leaks a copy. */
static tffm_status check_entry(const tffm_operator *operator) {
    if (operator->entry != NULL) return TFFM_OK;
    for (int64_t i = 0; i < operator->argument_count; i++) {
        enum tffm_base base = operator->slots[i].base;
        if (base == TFFM_OF_SCALAR || base == TFFM_OF_STRING)
            return tffm_refuse("%s has arguments of type %s and no entry point in this libtorch or in this shim",
                               operator->name, base == TFFM_OF_SCALAR ? "Scalar" : "str");
    }
    return TFFM_OK;
}

/* Reads and checks the schema of a new operator, before other threads can find it. */
static tffm_status fill(tffm_operator *operator) {
    struct tffm_schema *schema = malloc(sizeof *schema);
    if (schema == NULL) return tffm_refuse("there is no memory for %s", operator->name);
    tffm_status status = tffm_read_schema(operator->schema_text, schema);
    if (status == TFFM_OK) {
        int64_t count = schema->argument_count + schema->return_count;
        operator->slots = calloc((size_t)count + 1, sizeof *operator->slots);
        if (operator->slots == NULL) status = tffm_refuse("there is no memory for %s", operator->name);
        for (int64_t i = 0; status == TFFM_OK && i < count; i++) {
            bool argument = i < schema->argument_count;
            operator->slots[i] = argument ? schema->arguments[i] : schema->returns[i - schema->argument_count];
            tffm_settle_default(&operator->slots[i]);
        }
        operator->argument_count = schema->argument_count;
        operator->return_count = schema->return_count;
    }
    free(schema);
    TFFM_TRY(status);
    static const char *const movers[] = {"resize",   "::set_",    "as_strided_", "::t_",      "transpose_",
                                         "squeeze_", "swapaxes_", "swapdims_", "shallow_copy"}; /* and unsqueeze_ */
    for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
        operator->moves |= strstr(operator->name, movers[i]) != NULL;
    /* Batch norms write their running statistics. */
    operator->writes_hidden =
        strstr(operator->name, "batch_norm") != NULL || strstr(operator->name, "instance_norm") != NULL;
    operator->uncounted =
        operator->return_count == 0 && strncmp(operator->name, "aten::_fused_", strlen("aten::_fused_")) == 0;
    operator->entry = tffm_entry_find(operator->name, operator->overload);
    operator->number_entry = tffm_number_entry_find(operator->name, operator->overload);
    TFFM_TRY(check_entry(operator));
    return check_returns(operator);
}

static void discard(tffm_operator *operator) {
    free(operator->slots);
    free(operator->schema_text);
    free(operator);
}

static tffm_status resolve(const char *name, const char *overload, tffm_operator **result) {
    char *schema_text;
    TFFM_TRY(tffm_schema(name, overload, &schema_text));
    size_t name_size = strlen(name) + 1, overload_size = strlen(overload) + 1;
    tffm_operator *operator = calloc(1, sizeof *operator + name_size + overload_size);
    if (operator == NULL) {
        free(schema_text);
        return tffm_refuse("there is no memory for %s", name);
    }
    char *names = (char *)(operator + 1);
    operator->name = memcpy(names, name, name_size);
    operator->overload = memcpy(names + name_size, overload, overload_size);
    operator->schema_text = schema_text;
    tffm_status status = fill(operator);
    if (status != TFFM_OK) {
        discard(operator);
        return status;
    }
    *result = operator;
    return TFFM_OK;
}

static tffm_operator *known(const char *name, const char *overload) {
    tffm_operator *at = resolved;
    while (at != NULL && (strcmp(at->name, name) != 0 || strcmp(at->overload, overload) != 0)) at = at->next;
    return at;
}

static void give_info(const tffm_operator *operator, tffm_operator_info *info) {
    *info = (tffm_operator_info){.argument_count = operator->argument_count, .result_count = operator->return_count};
    for (int64_t i = 0; i < operator->return_count; i++) info->has_result_list |= TFFM_RETURNS(operator)[i].list;
    info->writes_first = operator->argument_count > 0 && operator->slots[0].written;
}

tffm_status tffm_operator_find(const char *name, const char *overload, const tffm_operator **result,
                               tffm_operator_info *info) {
    TFFM_REQUIRE(name);
    TFFM_REQUIRE(overload);
    TFFM_REQUIRE(result);
    TFFM_REQUIRE(info);
    tffm_status status = TFFM_OK;
    pthread_mutex_lock(&lock);
    tffm_operator *operator = known(name, overload);
    if (operator == NULL) {
        status = resolve(name, overload, &operator);
        if (status == TFFM_OK) {
            operator->next = resolved;
            resolved = operator;
        }
    }
    pthread_mutex_unlock(&lock);
    TFFM_TRY(status);
    *result = operator;
    give_info(operator, info);
    return TFFM_OK;
}

/* ---- arguments against slots ---- */

static tffm_status mismatch(const tffm_operator *operator, const struct tffm_slot *slot, const char *given) {
    return tffm_refuse("%s: argument '%s' is %s, and must be a %s", operator->name, slot->name, given, slot->type);
}

static const char *kind_name(int32_t kind) {
    static const char *const names[] = {"None",      "a Tensor",          "an int",          "a float",
                                        "a bool",    "a string",          "a dtype",         "a list of tensors",
                                        "a list of ints", "a list of floats", "a list of bools"};
    return kind >= 0 && kind <= TFFM_BOOLEAN_LIST ? names[kind] : "of no known kind";
}

static tffm_status check_tensor(const tffm_operator *operator, const struct tffm_slot *slot, const tffm_value *value) {
    if (value->kind != TFFM_TENSOR) return mismatch(operator, slot, kind_name(value->kind));
    if (value->as.tensor == NULL) return mismatch(operator, slot, "NULL");
    if ((value->flags & TFFM_READ_ONLY) != 0 && (slot->written || operator->writes_hidden))
        return tffm_refuse("%s: argument '%s' is written by the operator, and its memory is read-only", operator->name,
                           slot->name);
    if ((value->flags & TFFM_PINNED) != 0 && slot->written &&
        (operator->moves || slot->keyword || strcmp(slot->name, "out") == 0 || strcmp(slot->name, "output") == 0))
        return tffm_refuse("%s: argument '%s' may be given another memory or shape by the operator, and the "
                           "caller relies on both; call the operator that gives a new tensor",
                           operator->name, slot->name);
    return TFFM_OK;
}

/* Whether libtorch knows a code. At an unknown one it fails, and leaks the arguments that it has not taken yet. */
static bool is_known(enum tffm_base base, int64_t number) {
    switch (base) {
        case TFFM_OF_DTYPE: return number == (int32_t)number && tffm_element_size((int32_t)number) != 0;
        case TFFM_OF_LAYOUT: return number == 0; /* strided: no other is used here, and mkldnn's overruns its memory */
        case TFFM_OF_MEMORY_FORMAT: return number >= 0 && number <= 3; /* contiguous_format to channels_last_3d */
        default: return true;
    }
}

/* Checks a value that is neither a list nor None. */
static tffm_status check_one(const tffm_operator *operator, const struct tffm_slot *slot, const tffm_value *value) {
    int32_t kind = value->kind;
    bool fits = false;
    switch (slot->base) {
        case TFFM_OF_TENSOR: return check_tensor(operator, slot, value);
        case TFFM_OF_INT: case TFFM_OF_SYMINT: case TFFM_OF_LAYOUT: case TFFM_OF_MEMORY_FORMAT:
            fits = kind == TFFM_INT;
            break;
        case TFFM_OF_BOOL: fits = kind == TFFM_BOOLEAN; break;
        case TFFM_OF_DTYPE: fits = kind == TFFM_DTYPE; break;
        case TFFM_OF_FLOAT: fits = kind == TFFM_FLOAT || kind == TFFM_INT; break;
        case TFFM_OF_SCALAR: fits = kind == TFFM_FLOAT || kind == TFFM_INT || kind == TFFM_BOOLEAN; break;
        case TFFM_OF_STRING: fits = kind == TFFM_STRING && value->as.string != NULL; break;
        case TFFM_OF_OTHER:
            if (strncmp(slot->type, "Device", strlen("Device")) == 0)
                return tffm_refuse("%s: argument '%s' is a %s, and tensors are on the CPU only: it must be null",
                                   operator->name, slot->name, slot->type);
            return tffm_refuse("%s: argument '%s' is a %s, which cannot be passed", operator->name, slot->name,
                               slot->type);
    }
    if (!fits) return mismatch(operator, slot, kind_name(kind));
    /* In C++ a SymInt below that is a pointer. */
    if (slot->base == TFFM_OF_SYMINT && operator->entry != NULL && value->as.integer < -((int64_t)1 << 62))
        return tffm_refuse("%s: argument '%s' is %lld, and must be -2^62 or more", operator->name, slot->name,
                           (long long)value->as.integer);
    return is_known(slot->base, value->as.integer) ? TFFM_OK : mismatch(operator, slot, "an unknown code");
}

static tffm_status check_list(const tffm_operator *operator, const struct tffm_slot *slot, const tffm_value *value) {
    enum { MAX_LIST = 1 << 20 };
    if (value->count < 0 || value->count > MAX_LIST || (value->count > 0 && value->as.list == NULL))
        return mismatch(operator, slot, "a list without elements or of a length out of range");
    for (int64_t i = 0; i < value->count; i++) {
        const tffm_value *element = &value->as.list[i];
        if (element->kind == TFFM_NONE && slot->element_optional) continue;
        TFFM_TRY(check_one(operator, slot, element));
    }
    return TFFM_OK;
}

tffm_status tffm_check_argument(const tffm_operator *operator, const struct tffm_slot *slot, const tffm_value *value) {
    if (value->kind == TFFM_NONE && slot->optional) return TFFM_OK;
    if (!slot->list) return check_one(operator, slot, value);
    if (value->kind >= TFFM_TENSOR_LIST && value->kind <= TFFM_BOOLEAN_LIST) return check_list(operator, slot, value);
    /* One number stands for a list of a fixed length. */
    return slot->fixed > 0 ? check_one(operator, slot, value) : mismatch(operator, slot, kind_name(value->kind));
}
