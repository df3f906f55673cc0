/*
 * A library with the C functions that AOTInductor's have, to test how the shim opens, runs and closes one. Its model
 * takes two tensors and gives four: a copy of the first, the same handle again, None, and its constant itself. The
 * first size of the first input says whether it fails, and how.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aot_inductor.h"

enum { FAILS_BEFORE = 1, FAILS_AFTER = 2, COUNTS_THREADS = 4, INPUTS = 2, OUTPUTS = 4, CONSTANTS = 3, FLOAT32 = 6 };

struct container {
    AtenTensorHandle own, weight;
    AOTInductorConstantMapEntry entry;
};

static _Thread_local char failure[64];

#define MODEL(function) AOTInductorModelContainer##function
#define CONTAINER ((struct container *)(void *)handle)

static AOTIRuntimeError fail(const char *text) {
    snprintf(failure, sizeof failure, "%s", text);
    return 1;
}

AOTIRuntimeError AOTInductorGetLastError(const char **text);
AOTIRuntimeError AOTInductorGetLastError(const char **text) {
    *text = failure;
    return 0;
}

#define DECLARE(function, required, parameters) AOTIRuntimeError MODEL(function) parameters;
TFFM_AOT_INDUCTOR(DECLARE)

AOTIRuntimeError MODEL(CreateWithDevice)(AOTInductorModelContainerHandle *result, size_t instances, const char *device,
                                         const char *folder) {
    (void)folder;
    if (instances == 13) return fail("thirteen instances are refused");
    if (strcmp(device, "cpu") != 0) return fail("not the CPU");
    struct container *made = calloc(1, sizeof *made);
    if (made == NULL) return fail("no memory");
    const int64_t size = 2, stride = 1;
    aoti_torch_empty_strided(1, &size, &stride, FLOAT32, 0, 0, &made->own);
    void *data;
    aoti_torch_get_data_ptr(made->own, &data);
    memcpy(data, (const float[]){1, 2}, 2 * sizeof(float));
    made->weight = made->own;
    *result = (AOTInductorModelContainerHandle)(void *)made;
    return 0;
}

AOTIRuntimeError MODEL(Delete)(AOTInductorModelContainerHandle handle) {
    aoti_torch_delete_tensor_object(CONTAINER->own);
    free(CONTAINER);
    return 0;
}

#ifdef __linux__

/* libgomp's, which comes with libtorch. */
void GOMP_parallel(void (*)(void *), void *, unsigned, unsigned);
int omp_get_num_threads(void);

static void count_threads(void *count) {
    *(_Atomic int *)count = omp_get_num_threads();
}

static AOTIRuntimeError fail_with_threads(void) {
    _Atomic int threads = 0;
    char text[sizeof failure];
    GOMP_parallel(count_threads, &threads, 0, 0);
    snprintf(text, sizeof text, "a loop has %d threads", threads);
    return fail(text);
}

#else

static AOTIRuntimeError fail_with_threads(void) { return fail("no OpenMP"); }

#endif

AOTIRuntimeError MODEL(Run)(AOTInductorModelContainerHandle handle, AtenTensorHandle *inputs, size_t input_count,
                            AtenTensorHandle *outputs, size_t output_count, AOTInductorStreamHandle stream,
                            AOTIProxyExecutorHandle executor) {
    (void)stream;
    (void)executor;
    if (input_count != INPUTS || output_count != OUTPUTS) return fail("wrong counts");
    const char *checks = getenv("AOTI_RUNTIME_CHECK_INPUTS");
    if (checks == NULL || strcmp(checks, "1") != 0) return fail("inputs are not checked");
    int64_t *sizes;
    aoti_torch_get_sizes(inputs[0], &sizes);
    if (sizes[0] == FAILS_BEFORE) return fail("an input is refused");
    int64_t size = sizes[0];
    if (size == COUNTS_THREADS) return fail_with_threads();
    aoti_torch_clone(inputs[0], &outputs[0]);
    outputs[1] = outputs[0];
    for (size_t i = 0; i < INPUTS; i++) {
        aoti_torch_delete_tensor_object(inputs[i]);
        inputs[i] = NULL;
    }
    if (size == FAILS_AFTER) return fail("a step fails, Exception raised from step at model.cpp:1");
    aoti_torch_new_tensor_handle(CONTAINER->weight, &outputs[3]);
    return 0;
}

AOTIRuntimeError MODEL(GetNumInputs)(AOTInductorModelContainerHandle handle, size_t *count) {
    (void)handle;
    *count = INPUTS;
    return 0;
}

AOTIRuntimeError MODEL(GetNumOutputs)(AOTInductorModelContainerHandle handle, size_t *count) {
    (void)handle;
    *count = OUTPUTS;
    return 0;
}

AOTIRuntimeError MODEL(GetNumConstants)(AOTInductorModelContainerHandle handle, size_t *count) {
    (void)handle;
    *count = CONSTANTS;
    return 0;
}

static AOTIRuntimeError pick(const char *const *texts, size_t count, size_t index, const char **text) {
    if (index >= count) return fail("index out of range");
    *text = texts[index];
    return 0;
}

AOTIRuntimeError MODEL(GetInputName)(AOTInductorModelContainerHandle handle, size_t index, const char **name) {
    (void)handle;
    static const char *const names[INPUTS] = {"arg0_1", "arg1_1"};
    return pick(names, INPUTS, index, name);
}

AOTIRuntimeError MODEL(GetConstantName)(AOTInductorModelContainerHandle handle, size_t index, const char **name) {
    (void)handle;
    static const char *const names[CONSTANTS] = {"layer_weight", "layer_hole", "folded"};
    return pick(names, CONSTANTS, index, name);
}

AOTIRuntimeError MODEL(GetConstantOriginalFQN)(AOTInductorModelContainerHandle handle, size_t index,
                                               const char **name) {
    (void)handle;
    static const char *const names[CONSTANTS] = {"layer.weight", "layer.hole", ""};
    return pick(names, CONSTANTS, index, name);
}

AOTIRuntimeError MODEL(GetConstantDtype)(AOTInductorModelContainerHandle handle, size_t index, int32_t *dtype) {
    (void)handle;
    (void)index;
    *dtype = FLOAT32;
    return 0;
}

AOTIRuntimeError MODEL(GetCallSpec)(AOTInductorModelContainerHandle handle, const char **inputs, const char **outputs) {
    (void)handle;
    *inputs = "inputs";
    *outputs = "outputs";
    return 0;
}

AOTIRuntimeError MODEL(GetConstantType)(AOTInductorModelContainerHandle handle, size_t index, int32_t *type) {
    (void)handle;
    *type = (int32_t)index + 1;
    return 0;
}

AOTIRuntimeError MODEL(GetConstantDataSize)(AOTInductorModelContainerHandle handle, size_t index, size_t *bytes) {
    (void)handle;
    (void)index;
    *bytes = 64; /* counted in steps of as many */
    return 0;
}

AOTIRuntimeError MODEL(GetConstantFromFolded)(AOTInductorModelContainerHandle handle, size_t index, bool *folded) {
    (void)handle;
    *folded = index == 2;
    return 0;
}

AOTIRuntimeError MODEL(ExtractConstantsMapEntries)(AOTInductorModelContainerHandle handle,
                                                   const AOTInductorConstantMapEntry **entries, size_t *count,
                                                   bool use_inactive) {
    (void)use_inactive;
    CONTAINER->entry = (AOTInductorConstantMapEntry){"layer.weight", CONTAINER->weight};
    *entries = &CONTAINER->entry;
    *count = 1;
    return 0;
}

AOTIRuntimeError MODEL(UpdateUserManagedConstantBufferPairs)(AOTInductorModelContainerHandle handle,
                                                             const AOTInductorConstantMapEntry *pairs, size_t count,
                                                             bool use_inactive, bool all) {
    (void)use_inactive;
    (void)all;
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].name, "layer_weight") == 0) CONTAINER->weight = pairs[i].handle;
    return 0;
}

AOTIRuntimeError MODEL(RunConstantFolding)(AOTInductorModelContainerHandle handle, bool use_inactive,
                                           AOTInductorStreamHandle stream, AOTIProxyExecutorHandle executor) {
    (void)handle;
    (void)use_inactive;
    (void)stream;
    (void)executor;
    return 0;
}
