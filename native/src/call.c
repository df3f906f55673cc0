/*
 * The general operator call. The schema is read from libtorch as text and every argument is checked
 * against it: the dispatcher itself trusts its stack blindly.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "libtorch_c.h"
#include "libtorch_cxx.h"
#include "tensor.h"

enum { MAX_SLOTS = 64, MAX_SCHEMA = 8192, MAX_LIST = 1 << 20, MAX_DEFAULT = 8 };

enum base { TENSOR, INTEGER, REAL, BOOLEAN, STRING, DTYPE, LAYOUT, MEMORY_FORMAT, UNKNOWN };

/* An argument or a return value, as its schema has it: "Tensor(a!)[] self", "int[2] padding=0". */
struct slot {
    enum base base;
    bool list, element_optional, optional;
    bool written;  /* the annotation has a "!" */
    bool keyword;  /* stands after the "*" */
    int64_t fixed; /* the length of a list that one number may stand for, or 0 */
    const char *type;
    const char *name;
    const char *default_text; /* or NULL; a string keeps its first quote alone */
};

struct schema {
    char text[MAX_SCHEMA]; /* cut up into the slots' strings */
    int64_t argument_count, return_count;
    struct slot arguments[MAX_SLOTS], returns[MAX_SLOTS];
};

/* ---- reading a schema ---- */

/* Finds the first of the wanted characters outside brackets and quotes, else the end. */
static char *scan(char *at, const char *wanted) {
    int depth = 0;
    bool quoted = false;
    for (; *at != '\0'; at++) {
        if (*at == '"' || *at == '\'') quoted = !quoted;
        if (quoted) continue;
        if (depth == 0 && strchr(wanted, *at) != NULL) return at;
        if (*at == '(' || *at == '[') depth++;
        if (*at == ')' || *at == ']') depth--;
    }
    return at;
}

static enum base base_of(const char *type, size_t length) {
    static const struct { const char *name; enum base base; } bases[] = {
        {"Tensor", TENSOR}, {"int", INTEGER},     {"SymInt", INTEGER}, {"float", REAL},
        {"bool", BOOLEAN},  {"str", STRING},      {"ScalarType", DTYPE}, {"Layout", LAYOUT},
        {"MemoryFormat", MEMORY_FORMAT},
    };
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (strlen(bases[i].name) == length && strncmp(bases[i].name, type, length) == 0) return bases[i].base;
    return UNKNOWN;
}

/* Reads one slot and ends its strings with NULs. */
static struct slot read_slot(char *text) {
    struct slot slot = {.type = text};
    char *end = scan(text, " ");
    if (*end != '\0') {
        *end = '\0';
        slot.name = end + 1;
        char *equals = scan(end + 1, "=");
        if (*equals != '\0') {
            *equals = '\0';
            slot.default_text = equals + 1;
            if (equals[1] == '"') equals[strlen(equals + 1)] = '\0';
        }
    }
    size_t length = strcspn(text, "([?");
    slot.base = base_of(text, length);
    bool pending_optional = false;
    for (const char *at = text + length; *at != '\0'; at++) {
        if (*at == '(') {
            for (; *at != ')' && *at != '\0'; at++) slot.written |= *at == '!';
            if (*at == '\0') break;
        } else if (*at == '[') {
            slot.list = true;
            slot.element_optional = pending_optional;
            pending_optional = false;
            slot.fixed = strtoll(at + 1, NULL, 10);
            at = strchr(at, ']');
            if (at == NULL) break;
        } else if (*at == '?') {
            pending_optional = true;
        }
    }
    slot.optional = pending_optional;
    return slot;
}

/* Reads a comma-separated list of slots; a "*" alone says that keyword arguments follow. */
static bool read_slots(char *text, struct slot *slots, int64_t *count) {
    bool keyword = false;
    for (*count = 0; *text != '\0';) {
        while (*text == ' ') text++;
        char *end = scan(text, ",");
        bool last = *end == '\0';
        *end = '\0';
        if (strcmp(text, "*") == 0) {
            keyword = true;
        } else {
            if (*count == MAX_SLOTS) return false;
            slots[*count] = read_slot(text);
            slots[(*count)++].keyword = keyword;
        }
        text = last ? end : end + 1;
    }
    return true;
}

static tffm_status read_schema(const char *name, const char *overload, struct schema *schema) {
    TFFM_TRY(tffm_schema(name, overload, schema->text, sizeof schema->text));
    char *open = strchr(schema->text, '(');
    char *close = open == NULL ? NULL : scan(open + 1, ")");
    if (close == NULL || strncmp(close, ") -> ", 5) != 0)
        return tffm_refuse("%s has a schema that is not understood: %s", name, schema->text);
    *close = '\0';
    char *returns = close + 5;
    if (*returns == '(') {
        *scan(++returns, ")") = '\0';
    }
    if (!read_slots(open + 1, schema->arguments, &schema->argument_count) ||
        !read_slots(returns, schema->returns, &schema->return_count))
        return tffm_refuse("%s has more than %d arguments", name, MAX_SLOTS);
    return TFFM_OK;
}

/* ---- putting values on the stack ---- */

static void release(const struct slot *slot, StableIValue value);

static void release_element(const struct slot *slot, StableIValue value) {
    struct slot element = *slot;
    element.list = false;
    element.optional = slot->element_optional;
    release(&element, value);
}

/* Gives back what put() made; used when the call is not reached. */
static void release(const struct slot *slot, StableIValue value) {
    if (slot->optional) {
        if (value == 0) return;
        StableIValue *boxed = (StableIValue *)(uintptr_t)value;
        struct slot inner = *slot;
        inner.optional = false;
        release(&inner, *boxed);
        torch_delete_stable_ivalue(boxed);
    } else if (slot->list) {
        StableListHandle list = (StableListHandle)(uintptr_t)value;
        size_t size = 0;
        torch_list_size(list, &size);
        for (size_t i = 0; i < size; i++) {
            StableIValue element;
            if (torch_list_get_item(list, i, &element) == 0) release_element(slot, element);
        }
        torch_delete_list(list);
    } else if (slot->base == TENSOR) {
        aoti_torch_delete_tensor_object((AtenTensorHandle)(uintptr_t)value);
    } else if (slot->base == STRING) {
        torch_delete_string((StringHandle)(uintptr_t)value);
    }
}

static tffm_status mismatch(const char *operator, const struct slot *slot, const char *given) {
    return tffm_refuse("%s: argument '%s' is %s, and must be a %s", operator, slot->name, given, slot->type);
}

static const char *kind_name(int32_t kind) {
    static const char *const names[] = {"None",      "a Tensor",          "an int",          "a float",
                                        "a bool",    "a string",          "a dtype",         "a list of tensors",
                                        "a list of ints", "a list of floats", "a list of bools"};
    return kind >= 0 && kind <= TFFM_BOOLEAN_LIST ? names[kind] : "of no known kind";
}

/* Whether an operator may give a tensor that it writes another storage or another shape. */
static bool may_move(const char *operator, const struct slot *slot) {
    static const char *const movers[] = {"resize",   "::set_",     "as_strided_", "::t_",      "transpose_",
                                         "squeeze_", "swapaxes_",  "swapdims_"}; /* unsqueeze_ is among them */
    bool moves = slot->keyword || strcmp(slot->name, "out") == 0 || strcmp(slot->name, "output") == 0;
    for (size_t i = 0; i < sizeof movers / sizeof *movers; i++) moves |= strstr(operator, movers[i]) != NULL;
    return moves;
}

static tffm_status put_tensor(const char *operator, const struct slot *slot, const tffm_value *value,
                              StableIValue *stack) {
    if (value->kind != TFFM_TENSOR) return mismatch(operator, slot, kind_name(value->kind));
    if (value->as.tensor == NULL) return mismatch(operator, slot, "NULL");
    /* Batch norms write their running statistics though their schemas do not say so. */
    bool written = slot->written || strstr(operator, "batch_norm") != NULL || strstr(operator, "instance_norm") != NULL;
    if (written && (value->flags & TFFM_READ_ONLY) != 0)
        return tffm_refuse("%s: argument '%s' is written by the operator, and its memory is read-only", operator,
                           slot->name);
    if (slot->written && (value->flags & TFFM_PINNED) != 0 && may_move(operator, slot))
        return tffm_refuse("%s: argument '%s' may be given another memory or shape by the operator, and the "
                           "caller keeps account of both; call the operator that gives a new tensor",
                           operator, slot->name);
    AtenTensorHandle copy;
    TFFM_TRY(tffm_check(aoti_torch_new_tensor_handle((AtenTensorHandle)value->as.tensor, &copy)));
    *stack = (StableIValue)(uintptr_t)copy;
    return TFFM_OK;
}

/* Whether libtorch knows a code. At one that it does not, it fails and leaks what it has not taken yet. */
static bool known_code(enum base base, int64_t code) {
    switch (base) {
        case DTYPE: return code == (int32_t)code && tffm_element_size((int32_t)code) != 0;
        case LAYOUT: return code == 0; /* strided; a tensor here is no other, and mkldnn's overruns its memory */
        case MEMORY_FORMAT: return code >= 0 && code <= 3; /* contiguous_format to channels_last_3d */
        default: return true;
    }
}

static tffm_status put_one(const char *operator, const struct slot *slot, const tffm_value *value,
                           StableIValue *stack) {
    bool fits;
    double real = value->as.real;
    switch (slot->base) {
        case TENSOR: return put_tensor(operator, slot, value, stack);
        case INTEGER: case LAYOUT: case MEMORY_FORMAT: fits = value->kind == TFFM_INT; break;
        case BOOLEAN: fits = value->kind == TFFM_BOOLEAN; break;
        case DTYPE: fits = value->kind == TFFM_DTYPE; break;
        case REAL:
            fits = value->kind == TFFM_FLOAT || value->kind == TFFM_INT;
            if (value->kind == TFFM_INT) real = (double)value->as.integer;
            break;
        case STRING: {
            if (value->kind != TFFM_STRING || value->as.string == NULL)
                return mismatch(operator, slot, kind_name(value->kind));
            StringHandle string;
            TFFM_TRY(tffm_check(torch_new_string_handle(value->as.string, strlen(value->as.string), &string)));
            *stack = (StableIValue)(uintptr_t)string;
            return TFFM_OK;
        }
        default:
            return tffm_refuse("%s: argument '%s' is a %s, which libtorch's C ABI cannot pass", operator, slot->name,
                               slot->type);
    }
    if (!fits) return mismatch(operator, slot, kind_name(value->kind));
    if (!known_code(slot->base, value->as.integer)) return mismatch(operator, slot, "an unknown code");
    *stack = 0;
    if (slot->base == REAL) {
        memcpy(stack, &real, sizeof real);
    } else if (slot->base == BOOLEAN) {
        *stack = value->as.integer != 0;
    } else {
        memcpy(stack, &value->as.integer, sizeof value->as.integer);
    }
    return TFFM_OK;
}

static tffm_status put(const char *operator, const struct slot *slot, const tffm_value *value, StableIValue *stack);

static tffm_status put_list(const char *operator, const struct slot *slot, const tffm_value *value,
                            StableIValue *stack) {
    bool is_list = value->kind >= TFFM_TENSOR_LIST && value->kind <= TFFM_BOOLEAN_LIST;
    bool repeated = !is_list && slot->fixed > 0; /* one number stands for a list of that length */
    if (!is_list && !repeated) return mismatch(operator, slot, kind_name(value->kind));
    int64_t count = repeated ? slot->fixed : value->count;
    if (count < 0 || count > MAX_LIST || (is_list && count > 0 && value->as.list == NULL))
        return mismatch(operator, slot, "a list without elements or of a length out of range");
    StableListHandle list;
    TFFM_TRY(tffm_check(torch_new_list_reserve_size((size_t)count, &list)));
    struct slot element = *slot;
    element.list = false;
    element.optional = slot->element_optional;
    tffm_status status = TFFM_OK;
    for (int64_t i = 0; i < count && status == TFFM_OK; i++) {
        StableIValue item;
        status = put(operator, &element, repeated ? value : &value->as.list[i], &item);
        if (status != TFFM_OK) break;
        status = tffm_check(torch_list_push_back(list, item));
        if (status != TFFM_OK) release(&element, item);
    }
    if (status != TFFM_OK) {
        struct slot made = *slot;
        made.optional = false;
        release(&made, (StableIValue)(uintptr_t)list);
        return status;
    }
    *stack = (StableIValue)(uintptr_t)list;
    return TFFM_OK;
}

/* Makes the stack's entry for a value; it is owned by the stack. */
static tffm_status put(const char *operator, const struct slot *slot, const tffm_value *value, StableIValue *stack) {
    struct slot inner = *slot;
    inner.optional = false;
    if (!slot->optional)
        return slot->list ? put_list(operator, slot, value, stack) : put_one(operator, slot, value, stack);
    if (value->kind == TFFM_NONE) {
        *stack = 0;
        return TFFM_OK;
    }
    StableIValue unboxed;
    TFFM_TRY(put(operator, &inner, value, &unboxed));
    StableIValue *boxed;
    tffm_status status = tffm_check(torch_new_stable_ivalue(&boxed));
    if (status != TFFM_OK) {
        release(&inner, unboxed);
        return status;
    }
    *boxed = unboxed;
    *stack = (StableIValue)(uintptr_t)boxed;
    return TFFM_OK;
}

/* Reads True, False or a number; end is where it stops. */
static bool read_literal(const struct slot *slot, const char *text, char **end, tffm_value *value) {
    bool truth = strncmp(text, "True", 4) == 0;
    if (truth || strncmp(text, "False", 5) == 0) {
        *value = (tffm_value){.kind = TFFM_BOOLEAN, .as.integer = truth};
        *end = (char *)text + (truth ? 4 : 5);
    } else if (slot->base == REAL) {
        *value = (tffm_value){.kind = TFFM_FLOAT, .as.real = strtod(text, end)};
    } else {
        *value = (tffm_value){.kind = slot->base == DTYPE ? TFFM_DTYPE : TFFM_INT, .as.integer = strtoll(text, end, 10)};
    }
    return *end != text;
}

/*
 * The value of a default: None, a string, a literal, or a list of literals.
 * elements: room for MAX_DEFAULT, where a list's elements are put.
 */
static tffm_status default_value(const char *operator, const struct slot *slot, tffm_value *value,
                                 tffm_value *elements) {
    const char *text = slot->default_text;
    if (text == NULL) return tffm_refuse("%s: argument '%s' is missing, a %s", operator, slot->name, slot->type);
    *value = (tffm_value){.kind = TFFM_NONE};
    if (strcmp(text, "None") == 0) return TFFM_OK;
    if (*text == '"') {
        *value = (tffm_value){.kind = TFFM_STRING, .as.string = text + 1};
        return TFFM_OK;
    }
    char *end = (char *)text;
    if (*text == '[') {
        *value = (tffm_value){.kind = TFFM_INT_LIST, .as.list = elements};
        for (end++; value->count < MAX_DEFAULT && read_literal(slot, end, &end, &elements[value->count]);
             value->count++)
            end += strspn(end, ", ");
        if (strcmp(end, "]") == 0) return TFFM_OK;
    } else if (read_literal(slot, text, &end, value) && *end == '\0') {
        return TFFM_OK;
    }
    return tffm_refuse("%s: argument '%s' must be given, its default %s cannot be read", operator, slot->name, text);
}

/* ---- taking results off the stack ---- */

static tffm_status take_tensor(AtenTensorHandle tensor, const tffm_value *arguments, int64_t argument_count,
                               tffm_value *result) {
    bool defined;
    TFFM_TRY(tffm_check(aoti_torch_is_defined(tensor, &defined)));
    if (!defined) {
        aoti_torch_delete_tensor_object(tensor);
        *result = (tffm_value){.kind = TFFM_NONE};
        return TFFM_OK;
    }
    *result = (tffm_value){.kind = TFFM_TENSOR, .as.tensor = (tffm_tensor *)tensor};
    for (int64_t i = 0; i < argument_count && result->flags == 0; i++)
        /* A handle points to one pointer, the same for all handles on one tensor. */
        if (arguments[i].kind == TFFM_TENSOR && *(void **)arguments[i].as.tensor == *(void **)tensor)
            result->flags = (int32_t)i + 1;
    return TFFM_OK;
}

static void free_results(tffm_value *results, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (results[i].kind == TFFM_TENSOR) tffm_free(results[i].as.tensor);
}

/* What a call has given so far. */
struct results {
    const tffm_value *arguments;
    int64_t argument_count;
    tffm_value *values;
    int64_t count;
};

/* How many values the returns make; a list makes as many as it has elements. */
static int64_t count_results(const struct schema *schema, const StableIValue *stack) {
    int64_t count = 0;
    for (int64_t i = 0; i < schema->return_count; i++) {
        size_t size = 1;
        if (schema->returns[i].list) torch_list_size((StableListHandle)(uintptr_t)stack[i], &size);
        count += (int64_t)size;
    }
    return count;
}

static tffm_status add_result(struct results *results, const struct slot *slot, StableIValue value) {
    tffm_value *result = &results->values[results->count];
    if (slot->base == TENSOR) {
        /* Only what the operator wrote is its argument; one that it merely passes on is another handle. */
        TFFM_TRY(take_tensor((AtenTensorHandle)(uintptr_t)value, results->arguments,
                             slot->written ? results->argument_count : 0, result));
    } else {
        *result = (tffm_value){.kind = slot->base == REAL      ? TFFM_FLOAT
                                       : slot->base == BOOLEAN ? TFFM_BOOLEAN
                                                               : TFFM_INT};
        if (slot->base == BOOLEAN) {
            result->as.integer = (value & 1) != 0;
        } else {
            memcpy(&result->as.integer, &value, sizeof value);
        }
    }
    results->count++;
    return TFFM_OK;
}

/* Every entry is taken or released, whatever fails on the way; the first failure is kept. */
static tffm_status add_results(struct results *results, const struct slot *slot, StableIValue value) {
    if (!slot->list) return add_result(results, slot, value);
    StableListHandle list = (StableListHandle)(uintptr_t)value;
    struct slot element = *slot;
    element.list = false;
    size_t size = 0;
    tffm_status status = tffm_check(torch_list_size(list, &size));
    for (size_t i = 0; i < size; i++) {
        StableIValue item;
        if (torch_list_get_item(list, i, &item) != 0) continue;
        if (status == TFFM_OK) {
            status = add_result(results, &element, item);
        } else {
            release(&element, item);
        }
    }
    torch_delete_list(list);
    return status;
}

static tffm_status check_returns(const char *operator, const struct schema *schema) {
    for (int64_t i = 0; i < schema->return_count; i++) {
        const struct slot *slot = &schema->returns[i];
        bool number = slot->base == INTEGER || slot->base == REAL || slot->base == BOOLEAN;
        if (slot->optional || slot->element_optional || !(slot->base == TENSOR || (number && !slot->list)))
            return tffm_refuse("%s returns a %s, which libtorch's C ABI cannot give", operator, slot->type);
    }
    return TFFM_OK;
}

/* A number of tensors to make that there is no room for: libtorch would make them all, however many. */
static tffm_status check_parts(const char *operator, const struct slot *slot, const tffm_value *value,
                               int64_t result_capacity) {
    bool parts = slot->name != NULL && (strcmp(slot->name, "chunks") == 0 || strcmp(slot->name, "sections") == 0);
    if (!parts || value->kind != TFFM_INT || value->as.integer <= result_capacity) return TFFM_OK;
    return tffm_refuse("%s: %s is %lld, more than result_capacity, which is %lld", operator, slot->name,
                       (long long)value->as.integer, (long long)result_capacity);
}

/* Makes the call that the stack is ready for. */
static tffm_status dispatch(int32_t mode, const char *name, const char *overload, StableIValue *stack) {
    TFFM_RETURN_IN_MODE(mode, tffm_check(aoti_torch_call_dispatcher(name, overload, stack)));
}

tffm_status tffm_call(int32_t mode, const char *name, const char *overload, const tffm_value *arguments,
                      int64_t argument_count, tffm_value *results, int64_t result_capacity, int64_t *result_count,
                      int32_t memory_count, ...) {
    (void)memory_count;
    TFFM_TRY(tffm_check_mode(mode));
    TFFM_REQUIRE(name);
    TFFM_REQUIRE(overload);
    TFFM_REQUIRE(result_count);
    if (argument_count > 0) TFFM_REQUIRE(arguments);
    if (result_capacity > 0) TFFM_REQUIRE(results);
    struct schema schema;
    TFFM_TRY(read_schema(name, overload, &schema));
    if (argument_count < 0 || argument_count > schema.argument_count)
        return tffm_refuse("%s takes %lld arguments at most, %lld are given", name, (long long)schema.argument_count,
                           (long long)argument_count);
    TFFM_TRY(check_returns(name, &schema));
    StableIValue stack[MAX_SLOTS] = {0};
    for (int64_t i = 0; i < schema.argument_count; i++) {
        const struct slot *slot = &schema.arguments[i];
        tffm_value value, elements[MAX_DEFAULT];
        tffm_status status = TFFM_OK;
        if (i < argument_count) {
            value = arguments[i];
        } else {
            status = default_value(name, slot, &value, elements);
        }
        if (status == TFFM_OK) status = check_parts(name, slot, &value, result_capacity);
        if (status == TFFM_OK) status = put(name, slot, &value, &stack[i]);
        if (status != TFFM_OK) {
            while (i-- > 0) release(&schema.arguments[i], stack[i]);
            return status;
        }
    }
    TFFM_TRY(dispatch(mode, name, overload, stack));
    /* Before the first is written: a failure leaves the caller's results as they were. */
    if (count_results(&schema, stack) > result_capacity) {
        for (int64_t i = 0; i < schema.return_count; i++) release(&schema.returns[i], stack[i]);
        return tffm_refuse("%s: more results than result_capacity, which is %lld", name, (long long)result_capacity);
    }
    struct results taken = {arguments, argument_count, results, 0};
    tffm_status status = TFFM_OK;
    for (int64_t i = 0; i < schema.return_count; i++) {
        if (status == TFFM_OK) {
            status = add_results(&taken, &schema.returns[i], stack[i]);
        } else {
            release(&schema.returns[i], stack[i]);
        }
    }
    if (status != TFFM_OK) {
        free_results(results, taken.count);
        return status;
    }
    *result_count = taken.count;
    return TFFM_OK;
}
