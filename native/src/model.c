/* Compiled models: opened, described, run, closed. */
#include "model.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aot_inductor.h"
#include "imports.h"
#include "libtorch_autograd.h"
#include "libtorch_mode.h"
#include "operator.h"
#include "parallel.h"
#include "tensor.h"

struct tffm_model {
    void *library;
    struct tffm_aot_inductor functions;
    AOTInductorModelContainerHandle container;
    tffm_model_info info;
    AtenTensorHandle *exchanged; /* handles on the tensors that the caller gave, by the constant's index */
    AtenTensorHandle *constants; /* the container's tensors of all constants, by index; NULL where it has none */
    const void **storages;       /* what these stand on */
    bool *writes;                /* the inputs that the model may write */
    unsigned most_threads;       /* of a loop that does not say it; 0 for any */
    bool alone;                  /* runs without the container's locks */
    bool knows_constants;        /* else every output is taken for one that stands on a constant */
    struct tffm_operator run;
    struct tffm_slot slots[3];
};

/* ---- failures ---- */

/* Keeps the model's text of a failed call without the trace of a check, and libtorch's where that is what failed. */
static tffm_status fail_model(const struct tffm_aot_inductor *functions) {
    const char *text = "", *cause = "", *between = "";
    if (functions->GetLastError != NULL) functions->GetLastError(&text);
    if (text[0] == '\0') text = "the model failed and does not say why";
    if (strstr(text, "API call failed") != NULL) {
        cause = torch_exception_get_what_without_backtrace();
        between = ": ";
    }
    const char *trace = strstr(text, ", Exception raised from ");
    int length = (int)(trace == NULL ? strlen(text) : (size_t)(trace - text));
    size_t size = strlen(cause) + strlen(between) + (size_t)length + 1;
    char *kept = malloc(size);
    if (kept == NULL) return tffm_fail_torch(text);
    snprintf(kept, size, "%s%s%.*s", cause, between, length, text);
    tffm_status status = tffm_fail_torch(kept);
    free(kept);
    return status;
}

static tffm_status check(const tffm_model *model, AOTIRuntimeError outcome) {
    return outcome == 0 ? TFFM_OK : fail_model(&model->functions);
}

static tffm_status no_memory(void) { return tffm_refuse("there is no memory for the model"); }

/* ---- opened ---- */

static tffm_status find_functions(void *library, struct tffm_aot_inductor *functions) {
#define TFFM_FIND(function, required, parameters)                                         \
    *(void **)&functions->function = dlsym(library, "AOTInductorModelContainer" #function); \
    if (required && functions->function == NULL)                                          \
        return tffm_refuse("the library has no AOTInductorModelContainer" #function);
    TFFM_AOT_INDUCTOR(TFFM_FIND)
#undef TFFM_FIND
    *(void **)&functions->GetLastError = dlsym(library, "AOTInductorGetLastError");
    return TFFM_OK;
}

/* Asks for the tensors of all constants but those that are computed of others. */
static tffm_status read_constants(tffm_model *model) {
    const struct tffm_aot_inductor *functions = &model->functions;
    if (functions->ExtractConstantsMapEntries == NULL) return TFFM_OK;
    const AOTInductorConstantMapEntry *entries;
    size_t count;
    TFFM_TRY(check(model, functions->ExtractConstantsMapEntries(model->container, &entries, &count, false)));
    model->knows_constants = true;
    for (int64_t i = 0; i < model->info.constant_count; i++) {
        const char *name;
        TFFM_TRY(check(model, functions->GetConstantOriginalFQN(model->container, (size_t)i, &name)));
        model->constants[i] = NULL;
        for (size_t j = 0; j < count && model->constants[i] == NULL; j++)
            if (strcmp(entries[j].name, name) == 0) model->constants[i] = entries[j].handle;
        model->storages[i] = model->constants[i] == NULL ? NULL : tffm_storage((tffm_tensor *)model->constants[i]);
        model->knows_constants &= model->constants[i] != NULL;
    }
    return TFFM_OK;
}

/*
 * Whether one run at a time may go without the container's locks. Not where constants are computed of others: then the
 * container's list of free instances, of which such a run takes the first, is empty until a run with locks.
 */
static tffm_status runs_alone(const tffm_model *model, int64_t instances, bool *alone) {
    const struct tffm_aot_inductor *functions = &model->functions;
    *alone = instances == 1 && functions->RunSingleThreaded != NULL && functions->GetConstantFromFolded != NULL;
    for (int64_t i = 0; i < model->info.constant_count && *alone; i++) {
        bool folded;
        TFFM_TRY(check(model, functions->GetConstantFromFolded(model->container, (size_t)i, &folded)));
        *alone = !folded;
    }
    return TFFM_OK;
}

static tffm_status fill(tffm_model *model, const char *path, int64_t instances) {
    model->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (model->library == NULL) return tffm_fail_torch(dlerror());
    struct tffm_aot_inductor *functions = &model->functions;
    TFFM_TRY(find_functions(model->library, functions));
    TFFM_TRY(tffm_replace_imports(model->library)); /* of a model alone: another library may be in use elsewhere */
    TFFM_TRY(check(model, functions->CreateWithDevice(&model->container, (size_t)instances, "cpu", NULL)));
    size_t inputs, outputs, constants;
    TFFM_TRY(check(model, functions->GetNumInputs(model->container, &inputs)));
    TFFM_TRY(check(model, functions->GetNumOutputs(model->container, &outputs)));
    TFFM_TRY(check(model, functions->GetNumConstants(model->container, &constants)));
    model->info = (tffm_model_info){(int64_t)inputs, (int64_t)outputs, (int64_t)constants, "", ""};
    if (functions->GetCallSpec != NULL)
        TFFM_TRY(check(model, functions->GetCallSpec(model->container, &model->info.input_spec,
                                                     &model->info.output_spec)));
    model->exchanged = calloc(constants + 1, sizeof *model->exchanged);
    model->constants = calloc(constants + 1, sizeof *model->constants);
    model->storages = calloc(constants + 1, sizeof *model->storages);
    model->writes = calloc(inputs + 1, sizeof *model->writes);
    if (model->exchanged == NULL || model->constants == NULL || model->storages == NULL || model->writes == NULL)
        return no_memory();
    TFFM_TRY(runs_alone(model, instances, &model->alone));
    return read_constants(model);
}

tffm_status tffm_model_open(const char *path, int64_t instances, tffm_model **result) {
    TFFM_REQUIRE(path);
    TFFM_REQUIRE(result);
    if (instances < 1) return tffm_refuse("instances is %lld, and must be 1 or more", (long long)instances);
    tffm_model *model = calloc(1, sizeof *model);
    if (model == NULL) return no_memory();
    tffm_status status = fill(model, path, instances);
    if (status != TFFM_OK) {
        tffm_model_close(model);
        return status;
    }
    *result = model;
    return TFFM_OK;
}

tffm_status tffm_model_close(tffm_model *model) {
    TFFM_REQUIRE(model);
    tffm_status status = TFFM_OK;
    if (model->container != NULL) status = check(model, model->functions.Delete(model->container));
    for (int64_t i = 0; model->exchanged != NULL && i < model->info.constant_count; i++)
        if (model->exchanged[i] != NULL) aoti_torch_delete_tensor_object(model->exchanged[i]);
    if (model->library != NULL) dlclose(model->library);
    free(model->exchanged);
    free(model->constants);
    free(model->storages);
    free(model->writes);
    free(model);
    return status;
}

/* ---- described ---- */

tffm_status tffm_model_describe(const tffm_model *model, tffm_model_info *info) {
    TFFM_REQUIRE(model);
    TFFM_REQUIRE(info);
    *info = model->info;
    return TFFM_OK;
}

tffm_status tffm_model_input(const tffm_model *model, int64_t index, const char **name) {
    TFFM_REQUIRE(model);
    TFFM_REQUIRE(name);
    return check(model, model->functions.GetInputName(model->container, (size_t)index, name));
}

tffm_status tffm_model_constant(const tffm_model *model, int64_t index, tffm_constant *constant) {
    TFFM_REQUIRE(model);
    TFFM_REQUIRE(constant);
    const struct tffm_aot_inductor *functions = &model->functions;
    size_t at = (size_t)index, bytes = 0;
    bool folded = false;
    tffm_constant found = {.kind = TFFM_CONSTANT_UNKNOWN};
    TFFM_TRY(check(model, functions->GetConstantName(model->container, at, &found.variable)));
    TFFM_TRY(check(model, functions->GetConstantOriginalFQN(model->container, at, &found.name)));
    TFFM_TRY(check(model, functions->GetConstantDtype(model->container, at, &found.dtype)));
    if (functions->GetConstantType != NULL)
        TFFM_TRY(check(model, functions->GetConstantType(model->container, at, &found.kind)));
    if (functions->GetConstantDataSize != NULL)
        TFFM_TRY(check(model, functions->GetConstantDataSize(model->container, at, &bytes)));
    if (functions->GetConstantFromFolded != NULL)
        TFFM_TRY(check(model, functions->GetConstantFromFolded(model->container, at, &folded)));
    if (folded) found.kind = TFFM_CONSTANT_FOLDED;
    found.bytes = (int64_t)bytes;
    *constant = found;
    return TFFM_OK;
}

tffm_status tffm_model_constant_tensor(const tffm_model *model, int64_t index, tffm_tensor **result) {
    TFFM_REQUIRE(model);
    TFFM_REQUIRE(result);
    if (index < 0 || index >= model->info.constant_count)
        return tffm_refuse("index is %lld, and the model has %lld constants", (long long)index,
                           (long long)model->info.constant_count);
    AtenTensorHandle tensor = model->constants[index];
    if (tensor == NULL) {
        *result = NULL;
        return TFFM_OK;
    }
    return tffm_check(aoti_torch_new_tensor_handle(tensor, (AtenTensorHandle *)result));
}

/* ---- constants exchanged ---- */

/* Refuses a tensor that the compiled code cannot read as this constant. */
static tffm_status check_constant(const tffm_model *model, int64_t index, tffm_tensor *given) {
    if (index < 0 || index >= model->info.constant_count)
        return tffm_refuse("a constant's index is %lld, and the model has %lld constants", (long long)index,
                           (long long)model->info.constant_count);
    TFFM_REQUIRE(given);
    tffm_constant constant;
    TFFM_TRY(tffm_model_constant(model, index, &constant));
    tffm_info is, was;
    TFFM_TRY(tffm_describe(given, &is));
    if (is.dtype != constant.dtype)
        return tffm_refuse("%s has the dtype %d, and must have %d", constant.name, is.dtype, constant.dtype);
    if (model->constants[index] == NULL) {
        /* The model counts bytes in steps of 64. Elements in any order must fill them, as code reads them by address. */
        int64_t bytes = is.numel * tffm_element_size(is.dtype), last;
        TFFM_TRY(tffm_check_strides(is.dim, is.sizes, is.strides, 0, &last));
        bool dense = is.numel == 0 || last == is.numel - 1;
        bool fits = dense && bytes <= constant.bytes && constant.bytes - bytes < 64;
        return fits ? TFFM_OK
                    : tffm_refuse("%s must have %lld bytes without a gap, less than 64 of them of padding, and has %lld",
                                  constant.name, (long long)constant.bytes, (long long)bytes);
    }
    TFFM_TRY(tffm_describe((tffm_tensor *)model->constants[index], &was));
    bool same = is.dim == was.dim;
    for (int64_t d = 0; same && d < is.dim; d++)
        same = is.sizes[d] == was.sizes[d] && (is.sizes[d] <= 1 || is.strides[d] == was.strides[d]);
    return same ? TFFM_OK : tffm_refuse("%s must have the sizes and strides of the model's", constant.name);
}

tffm_status tffm_model_set_constants(tffm_model *model, const int64_t *indices, tffm_tensor *const *tensors,
                                     int64_t count) {
    TFFM_REQUIRE(model);
    if (count < 1) return count == 0 ? TFFM_OK : tffm_refuse("count is %lld, below 0", (long long)count);
    TFFM_REQUIRE(indices);
    TFFM_REQUIRE(tensors);
    if (model->functions.UpdateUserManagedConstantBufferPairs == NULL)
        return tffm_refuse("the model was made by a PyTorch that cannot exchange its weights");
    AOTInductorConstantMapEntry *pairs = calloc((size_t)count, sizeof *pairs);
    if (pairs == NULL) return no_memory();
    tffm_status status = TFFM_OK;
    for (int64_t i = 0; i < count && status == TFFM_OK; i++) {
        status = check_constant(model, indices[i], tensors[i]);
        if (status == TFFM_OK)
            status = check(model, model->functions.GetConstantName(model->container, (size_t)indices[i],
                                                                   &pairs[i].name));
        if (status == TFFM_OK)
            status = tffm_check(aoti_torch_new_tensor_handle((AtenTensorHandle)tensors[i], &pairs[i].handle));
    }
    if (status == TFFM_OK)
        status = check(model, model->functions.UpdateUserManagedConstantBufferPairs(model->container, pairs,
                                                                                    (size_t)count, false, false));
    for (int64_t i = 0; i < count; i++) {
        AtenTensorHandle unused = pairs[i].handle;
        if (status == TFFM_OK) {
            unused = model->exchanged[indices[i]];
            model->exchanged[indices[i]] = pairs[i].handle;
        }
        if (unused != NULL) aoti_torch_delete_tensor_object(unused);
    }
    free(pairs);
    return status == TFFM_OK ? read_constants(model) : status;
}

/* ---- run ---- */

/* What was computed after a check that failed in a parallel loop is worth nothing. */
static tffm_status computed(const tffm_model *model, AOTIRuntimeError outcome) {
    const char *failed = tffm_parallel_failure();
    return failed == NULL ? check(model, outcome) : tffm_fail_torch(failed);
}

tffm_status tffm_model_prepare(tffm_model *model, const int32_t *writes, int32_t most_threads,
                               const tffm_operator **run) {
    TFFM_REQUIRE(model);
    TFFM_REQUIRE(run);
    if (most_threads < 0) return tffm_refuse("most_threads is %d, below 0", most_threads);
    model->most_threads = (unsigned)most_threads;
    tffm_parallel_limit(model->most_threads);
    for (int64_t i = 0; writes != NULL && i < model->info.input_count; i++) model->writes[i] = writes[i] != 0;
    /* Else the first run does it, and one that fails then makes later ones wait for ever. */
    if (!model->alone && model->functions.RunConstantFolding != NULL)
        TFFM_TRY(computed(model, model->functions.RunConstantFolding(model->container, false, NULL, NULL)));
    model->slots[0] = (struct tffm_slot){.base = TFFM_OF_TENSOR, .list = true, .type = "Tensor[]", .name = "inputs"};
    model->slots[1] = (struct tffm_slot){.base = TFFM_OF_TENSOR, .list = true, .type = "Tensor[]", .name = "kept",
                                         .has_default = true, .default_value = {.kind = TFFM_TENSOR_LIST}};
    model->slots[2] = (struct tffm_slot){.base = TFFM_OF_TENSOR, .list = true, .type = "Tensor[]", .name = "outputs"};
    model->run = (struct tffm_operator){.name = "the model", .overload = "", .model = model,
                                        .argument_count = 2, .return_count = 1, .slots = model->slots};
    *run = &model->run;
    return TFFM_OK;
}

int64_t tffm_model_output_count(const tffm_model *model) { return model->info.output_count; }

/* The model gives the same handle twice for one result that stands at two places: each gets its own. */
static tffm_status part_twins(AtenTensorHandle *outputs, int64_t count) {
    tffm_status status = TFFM_OK;
    for (int64_t i = 1; i < count; i++)
        for (int64_t j = 0; j < i; j++) {
            if (outputs[i] == NULL || outputs[i] != outputs[j]) continue;
            outputs[i] = NULL; /* also where there is no memory for another one */
            if (status == TFFM_OK) status = tffm_check(aoti_torch_new_tensor_handle(outputs[j], &outputs[i]));
        }
    return status;
}

static void delete_all(AtenTensorHandle *tensors, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (tensors[i] != NULL) aoti_torch_delete_tensor_object(tensors[i]);
}

/* Puts a copy in place of an output that stands on a constant. */
static tffm_status own(const tffm_model *model, AtenTensorHandle *output) {
    if (*output == NULL) return TFFM_OK;
    const void *storage = tffm_storage((tffm_tensor *)*output);
    bool shared = !model->knows_constants;
    for (int64_t i = 0; i < model->info.constant_count && !shared; i++) shared = model->storages[i] == storage;
    if (!shared) return TFFM_OK;
    AtenTensorHandle copy;
    TFFM_TRY(tffm_check(aoti_torch_clone(*output, &copy)));
    aoti_torch_delete_tensor_object(*output);
    *output = copy;
    return TFFM_OK;
}

/* Runs in the thread's mode. inputs: handles that pass to the model, which sets those to NULL that it has taken. */
static tffm_status run(const tffm_model *model, AtenTensorHandle *inputs, AtenTensorHandle *outputs) {
    size_t input_count = (size_t)model->info.input_count, output_count = (size_t)model->info.output_count;
    const struct tffm_aot_inductor *functions = &model->functions;
    tffm_parallel_limit(model->most_threads);
    AOTIRuntimeError outcome =
        model->alone
            ? functions->RunSingleThreaded(model->container, inputs, input_count, outputs, output_count, NULL, NULL)
            : functions->Run(model->container, inputs, input_count, outputs, output_count, NULL, NULL);
    tffm_status status = computed(model, outcome);
    tffm_status parted = part_twins(outputs, model->info.output_count);
    TFFM_TRY(status);
    TFFM_TRY(parted);
    for (size_t i = 0; i < output_count; i++) TFFM_TRY(own(model, &outputs[i]));
    return TFFM_OK;
}

/* Gives a new handle on an input. */
static tffm_status take_input(const tffm_model *model, const tffm_value *inputs, int64_t index,
                              AtenTensorHandle *taken) {
    tffm_tensor *input = inputs->as.list[index].as.tensor;
    bool asks;
    if (model->writes[index] && (inputs->as.list[index].flags & TFFM_READ_ONLY) != 0)
        return tffm_refuse("inputs[%lld] stands on read-only memory, and the model writes it, or its source does not"
                           " tell: give its clone()", (long long)index);
    TFFM_TRY(tffm_asks_for_grad(input, &asks));
    if (asks)
        return tffm_refuse("inputs[%lld] requires gradients, which compiled models do not have: give its detach()",
                           (long long)index);
    return tffm_check(aoti_torch_new_tensor_handle((AtenTensorHandle)input, taken));
}

tffm_status tffm_model_run(int32_t mode, const tffm_model *model, const tffm_value *inputs, tffm_tensor **outputs) {
    enum { FEW = 16 };
    if (inputs->count != model->info.input_count)
        return tffm_refuse("the model takes %lld inputs, and %lld are given", (long long)model->info.input_count,
                           (long long)inputs->count);
    AtenTensorHandle few[FEW], *taken = inputs->count <= FEW ? few : malloc((size_t)inputs->count * sizeof *taken);
    if (taken == NULL) return no_memory();
    memset(taken, 0, (size_t)inputs->count * sizeof *taken);
    memset(outputs, 0, (size_t)model->info.output_count * sizeof *outputs);
    tffm_status status = TFFM_OK;
    for (int64_t i = 0; i < inputs->count && status == TFFM_OK; i++) status = take_input(model, inputs, i, &taken[i]);
    if (status == TFFM_OK) {
        tffm_saved_mode saved;
        tffm_enter(mode, &saved);
        status = run(model, taken, (AtenTensorHandle *)outputs);
        tffm_leave(&saved);
        for (int64_t i = 0; i < inputs->count; i++) /* also where the run failed after it had written */
            if (model->writes[i]) tffm_bump_version(inputs->as.list[i].as.tensor);
    }
    if (status != TFFM_OK) {
        delete_all(taken, inputs->count);
        delete_all((AtenTensorHandle *)outputs, model->info.output_count);
    }
    if (taken != few) free(taken);
    return status;
}
