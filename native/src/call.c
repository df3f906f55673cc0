/* The general operator call: every argument is checked first, as libtorch does not check its stack. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "libtorch_autograd.h"
#include "libtorch_c.h"
#include "libtorch_mode.h"
#include "model.h"
#include "operator.h"

/* ---- the dispatcher's stack, which owns what is on it ---- */

static void release(const struct tffm_slot *slot, StableIValue value);

/* The slot of a list's elements, and of what an optional holds. */
static struct tffm_slot element_of(const struct tffm_slot *slot) {
    struct tffm_slot element = *slot;
    element.list = false;
    element.optional = slot->element_optional;
    return element;
}

static struct tffm_slot inner_of(const struct tffm_slot *slot) {
    struct tffm_slot inner = *slot;
    inner.optional = false;
    return inner;
}

/* Frees what put() made, or what a call gave. */
static void release(const struct tffm_slot *slot, StableIValue value) {
    if (slot->optional) {
        if (value == 0) return;
        StableIValue *boxed = (StableIValue *)(uintptr_t)value;
        struct tffm_slot inner = inner_of(slot);
        release(&inner, *boxed);
        torch_delete_stable_ivalue(boxed);
    } else if (slot->list) {
        StableListHandle list = (StableListHandle)(uintptr_t)value;
        struct tffm_slot element = element_of(slot);
        size_t size = 0;
        torch_list_size(list, &size);
        for (size_t i = 0; i < size; i++) {
            StableIValue item;
            if (torch_list_get_item(list, i, &item) == 0) release(&element, item);
        }
        torch_delete_list(list);
    } else if (slot->base == TFFM_OF_TENSOR) {
        aoti_torch_delete_tensor_object((AtenTensorHandle)(uintptr_t)value);
    }
}

static tffm_status put_one(const struct tffm_slot *slot, const tffm_value *value, StableIValue *stack) {
    *stack = 0;
    switch (slot->base) {
        case TFFM_OF_TENSOR: {
            AtenTensorHandle copy;
            TFFM_TRY(tffm_check(aoti_torch_new_tensor_handle((AtenTensorHandle)value->as.tensor, &copy)));
            *stack = (StableIValue)(uintptr_t)copy;
            return TFFM_OK;
        }
        case TFFM_OF_FLOAT: {
            double real = value->kind == TFFM_INT ? (double)value->as.integer : value->as.real;
            memcpy(stack, &real, sizeof real);
            return TFFM_OK;
        }
        case TFFM_OF_BOOL: *stack = value->as.integer != 0; return TFFM_OK;
        default: memcpy(stack, &value->as.integer, sizeof value->as.integer); return TFFM_OK;
    }
}

static tffm_status put(const struct tffm_slot *slot, const tffm_value *value, StableIValue *stack);

static tffm_status put_list(const struct tffm_slot *slot, const tffm_value *value, StableIValue *stack) {
    bool repeated = value->kind < TFFM_TENSOR_LIST;
    StableListHandle list;
    TFFM_TRY(tffm_check(torch_new_list_reserve_size((size_t)value->count, &list)));
    struct tffm_slot element = element_of(slot);
    tffm_status status = TFFM_OK;
    for (int64_t i = 0; i < value->count && status == TFFM_OK; i++) {
        StableIValue item;
        status = put(&element, repeated ? value : &value->as.list[i], &item);
        if (status != TFFM_OK) break;
        status = tffm_check(torch_list_push_back(list, item));
        if (status != TFFM_OK) release(&element, item);
    }
    *stack = (StableIValue)(uintptr_t)list;
    if (status != TFFM_OK) {
        struct tffm_slot made = inner_of(slot);
        release(&made, *stack);
    }
    return status;
}

/* Makes the stack's entry for a value that was checked. */
static tffm_status put(const struct tffm_slot *slot, const tffm_value *value, StableIValue *stack) {
    if (!slot->optional) return slot->list ? put_list(slot, value, stack) : put_one(slot, value, stack);
    *stack = 0;
    if (value->kind == TFFM_NONE) return TFFM_OK;
    struct tffm_slot inner = inner_of(slot);
    StableIValue unboxed, *boxed;
    TFFM_TRY(put(&inner, value, &unboxed));
    tffm_status status = tffm_check(torch_new_stable_ivalue(&boxed));
    if (status != TFFM_OK) {
        release(&inner, unboxed);
        return status;
    }
    *boxed = unboxed;
    *stack = (StableIValue)(uintptr_t)boxed;
    return TFFM_OK;
}

/* ---- results ---- */

/* What a call has given so far. */
struct results {
    const tffm_value *arguments;
    int64_t argument_count;
    tffm_value *values;
    int64_t capacity, count;
};

static bool stands_on(const tffm_value *argument, const void *storage) {
    if (argument->kind == TFFM_TENSOR) return tffm_storage(argument->as.tensor) == storage;
    if (argument->kind == TFFM_TENSOR_LIST)
        for (int64_t i = 0; i < argument->count; i++)
            if (stands_on(&argument->as.list[i], storage)) return true;
    return false;
}

/* Adds a tensor and takes ownership of it: an undefined one becomes None, a written argument its index. */
static void add_tensor(struct results *results, bool written, tffm_tensor *tensor) {
    tffm_value *result = &results->values[results->count++];
    *result = (tffm_value){.kind = TFFM_TENSOR, .as.tensor = tensor};
    const void *storage = tffm_storage(tensor);
    bool defined = storage != NULL;
    if (!defined) aoti_torch_is_defined((AtenTensorHandle)tensor, &defined);
    /* A handle points to one pointer, the same for all handles on one tensor. */
    for (int64_t i = 0; written && i < results->argument_count && result->flags == 0; i++)
        if (results->arguments[i].kind == TFFM_TENSOR &&
            *(void **)results->arguments[i].as.tensor == *(void **)tensor)
            result->flags = (int32_t)i + 1;
    if (!defined || result->flags > 0) {
        aoti_torch_delete_tensor_object((AtenTensorHandle)tensor);
        result->as.tensor = NULL;
        if (!defined) *result = (tffm_value){.kind = TFFM_NONE};
        return;
    }
    for (int64_t i = 0; storage != NULL && i < results->argument_count && result->count == 0; i++)
        result->count = stands_on(&results->arguments[i], storage);
}

static void add_number(struct results *results, enum tffm_base base, StableIValue value) {
    tffm_value *result = &results->values[results->count++];
    *result = (tffm_value){.kind = base == TFFM_OF_FLOAT ? TFFM_FLOAT : base == TFFM_OF_BOOL ? TFFM_BOOLEAN : TFFM_INT};
    memcpy(&result->as.integer, &value, sizeof value);
    if (base == TFFM_OF_BOOL) result->as.integer = (value & 1) != 0;
}

/* Takes an entry off the stack; a list makes as many results as it has elements. */
static void add(struct results *results, const struct tffm_slot *slot, StableIValue value) {
    if (slot->list) {
        StableListHandle list = (StableListHandle)(uintptr_t)value;
        struct tffm_slot element = element_of(slot);
        size_t size = 0;
        torch_list_size(list, &size);
        for (size_t i = 0; i < size; i++) {
            StableIValue item;
            if (torch_list_get_item(list, i, &item) == 0) add(results, &element, item);
        }
        torch_delete_list(list);
    } else if (slot->base == TFFM_OF_TENSOR) {
        add_tensor(results, slot->written, (tffm_tensor *)(uintptr_t)value);
    } else {
        add_number(results, slot->base, value);
    }
}

/* ---- calls ---- */

static tffm_status no_room(const tffm_operator *operator, int64_t capacity) {
    return tffm_refuse("%s: more results than result_capacity, which is %lld", operator->name, (long long)capacity);
}

/* Makes the call that the stack is ready for. */
static tffm_status dispatch(int32_t mode, const tffm_operator *operator, StableIValue *stack) {
    TFFM_RETURN_IN_MODE(mode, tffm_check(aoti_torch_call_dispatcher(operator->name, operator->overload, stack)));
}

static tffm_status call_by_name(int32_t mode, const tffm_operator *operator, struct results *results) {
    StableIValue stack[TFFM_MAX_SLOTS] = {0};
    for (int64_t i = 0; i < operator->argument_count; i++) {
        tffm_status status = put(&operator->slots[i], &results->arguments[i], &stack[i]);
        if (status != TFFM_OK) {
            while (i-- > 0) release(&operator->slots[i], stack[i]);
            return status;
        }
    }
    TFFM_TRY(dispatch(mode, operator, stack));
    const struct tffm_slot *returns = TFFM_RETURNS(operator);
    int64_t count = 0;
    for (int64_t i = 0; i < operator->return_count; i++) {
        size_t size = 1;
        if (returns[i].list) torch_list_size((StableListHandle)(uintptr_t)stack[i], &size);
        count += (int64_t)size;
    }
    bool fits = count <= results->capacity; /* else the caller's results stay as they were */
    for (int64_t i = 0; i < operator->return_count; i++) {
        if (fits) {
            add(results, &returns[i], stack[i]);
        } else {
            release(&returns[i], stack[i]);
        }
    }
    return fits ? TFFM_OK : no_room(operator, results->capacity);
}

static tffm_status call_entry(int32_t mode, const tffm_operator *operator, const struct tffm_entry *entry,
                              struct results *results) {
    tffm_value made[TFFM_MAX_DIM];
    int64_t count;
    TFFM_TRY(tffm_entry_call(entry, mode, results->arguments, made, TFFM_MAX_DIM, &count));
    bool fits = count <= results->capacity;
    for (int64_t i = 0; i < count; i++) {
        bool handle = made[i].kind == TFFM_TENSOR && made[i].as.tensor != NULL;
        if (handle && fits) {
            add_tensor(results, false, made[i].as.tensor);
        } else if (handle) {
            aoti_torch_delete_tensor_object((AtenTensorHandle)made[i].as.tensor);
        } else if (fits) {
            results->values[results->count++] = made[i];
        }
    }
    return fits ? TFFM_OK : no_room(operator, results->capacity);
}

static tffm_status call_model(int32_t mode, const tffm_operator *operator, struct results *results) {
    int64_t count = tffm_model_output_count(operator->model);
    if (count > results->capacity) return no_room(operator, results->capacity);
    tffm_tensor **outputs = malloc((size_t)(count + 1) * sizeof *outputs);
    if (outputs == NULL) return tffm_refuse("there is no memory for %lld outputs", (long long)count);
    tffm_status status = tffm_model_run(mode, operator->model, results->arguments, outputs);
    for (int64_t i = 0; i < count && status == TFFM_OK; i++) {
        if (outputs[i] == NULL) {
            results->values[results->count++] = (tffm_value){.kind = TFFM_NONE};
        } else {
            add_tensor(results, false, outputs[i]);
        }
    }
    free(outputs);
    return status;
}

static tffm_status call_operator(int32_t mode, const tffm_operator *operator, const struct tffm_entry *entry,
                                 struct results *results) {
    if (entry != NULL) return call_entry(mode, operator, entry, results);
    return operator->model != NULL ? call_model(mode, operator, results) : call_by_name(mode, operator, results);
}

/* Refuses a number of tensors to make that do not fit into the results; libtorch would make them all. */
static tffm_status check_parts(const tffm_operator *operator, const struct tffm_slot *slot, const tffm_value *value,
                               int64_t result_capacity) {
    if (!slot->parts || value->kind != TFFM_INT || value->as.integer <= result_capacity) return TFFM_OK;
    return tffm_refuse("%s: %s is %lld, more than result_capacity, which is %lld", operator->name, slot->name,
                       (long long)value->as.integer, (long long)result_capacity);
}

/* Counts what a fused step wrote; gradients are written only where they are scaled, which is not done here. */
static tffm_status bump_versions(const tffm_operator *operator, const tffm_value *values) {
    for (int64_t i = 0; i < operator->argument_count; i++) {
        if (!operator->slots[i].written || values[i].kind != TFFM_TENSOR_LIST ||
            strcmp(operator->slots[i].name, "grads") == 0)
            continue;
        for (int64_t j = 0; j < values[i].count; j++) TFFM_TRY(tffm_bump_version(values[i].as.list[j].as.tensor));
    }
    return TFFM_OK;
}

static tffm_status check_missing(const tffm_operator *operator, const struct tffm_slot *slot) {
    if (slot->has_default) return TFFM_OK;
    if (slot->default_text == NULL)
        return tffm_refuse("%s: argument '%s' is missing, a %s", operator->name, slot->name, slot->type);
    return tffm_refuse("%s: argument '%s' must be given, its default %s cannot be read", operator->name, slot->name,
                       slot->default_text);
}

/* Whether a value is a tensor that is only read, which most are, and needs no other check. */
static bool is_read_tensor(const tffm_operator *operator, const struct tffm_slot *slot, const tffm_value *value) {
    return value->kind == TFFM_TENSOR && value->as.tensor != NULL && slot->base == TFFM_OF_TENSOR && !slot->list &&
           !slot->written && !operator->writes_hidden;
}

static bool is_number(const tffm_value *value) {
    return value->kind == TFFM_INT || value->kind == TFFM_FLOAT || value->kind == TFFM_BOOLEAN;
}

tffm_status tffm_call(int32_t mode, const tffm_operator *operator, const tffm_value *arguments, int64_t argument_count,
                      tffm_value *results, int64_t result_capacity, int64_t *result_count, tffm_info *info,
                      int32_t memory_count, ...) {
    (void)memory_count;
    TFFM_TRY(tffm_check_mode(mode));
    TFFM_REQUIRE(operator);
    TFFM_REQUIRE(result_count);
    if (argument_count > 0) TFFM_REQUIRE(arguments);
    if (result_capacity > 0) TFFM_REQUIRE(results);
    if (argument_count < 0 || argument_count > operator->argument_count)
        return tffm_refuse("%s takes %lld arguments at most, %lld are given", operator->name,
                           (long long)operator->argument_count, (long long)argument_count);
    const struct tffm_entry *entry = operator->entry;
    tffm_value values[TFFM_MAX_SLOTS];
    for (int64_t i = 0; i < operator->argument_count; i++) {
        const struct tffm_slot *slot = &operator->slots[i];
        if (i >= argument_count) TFFM_TRY(check_missing(operator, slot));
        values[i] = i < argument_count ? arguments[i] : slot->default_value;
        if (is_read_tensor(operator, slot, &values[i])) continue;
        if (i == 1 && operator->number_entry != NULL && is_number(&values[i])) {
            entry = operator->number_entry;
        } else {
            TFFM_TRY(tffm_check_argument(operator, slot, &values[i]));
            TFFM_TRY(check_parts(operator, slot, &values[i], result_capacity));
            if (slot->list && values[i].kind < TFFM_TENSOR_LIST) values[i].count = slot->fixed; /* one is repeated */
        }
    }
    const tffm_value before = result_capacity > 0 ? *results : (tffm_value){.kind = TFFM_NONE};
    struct results taken = {values, operator->argument_count, results, result_capacity, 0};
    TFFM_TRY(call_operator(mode, operator, entry, &taken));
    if (operator->uncounted) TFFM_TRY(bump_versions(operator, values));
    if (info != NULL && taken.count == 1 && results->kind == TFFM_TENSOR && results->flags == 0) {
        tffm_status status = tffm_describe(results->as.tensor, info);
        if (status != TFFM_OK) {
            tffm_free(results->as.tensor);
            *results = before;
            return status;
        }
    }
    *result_count = taken.count;
    return TFFM_OK;
}
