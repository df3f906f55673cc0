/* The floor of a run: a compiled model's own function in a C loop, with a new handle on the input at each run. */
#include <dlfcn.h>

#include "aot_inductor.h"
#include "timing.h"
#include "torch_ffm.h"

/* What one input has beside the batch. */
static const struct {
    const char *name;
    int64_t dim;
    int64_t sizes[3];
} models[] = {{"mlp", 1, {16}}, {"images", 3, {3, 32, 32}}};

static AOTIRuntimeError (*run_container)(AOTInductorModelContainerHandle, AtenTensorHandle *, size_t,
                                         AtenTensorHandle *, size_t, AOTInductorStreamHandle, AOTIProxyExecutorHandle);
static AOTInductorModelContainerHandle container;
static AtenTensorHandle x;

static void check(int failed, const char *what) {
    if (failed == 0) return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static void *function(void *library, const char *name) {
    void *found = dlsym(library, name);
    check(found == NULL, name);
    return found;
}

static void run(void) {
    AtenTensorHandle input, output;
    check(aoti_torch_new_tensor_handle(x, &input), "a handle");
    check(run_container(container, &input, 1, &output, 1, NULL, NULL), "a run");
    check(aoti_torch_delete_tensor_object(output), "a deletion");
}

static void open_model(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "target/bench/%s.so", name);
    setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 1); /* as Java has it */
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fprintf(stderr, "%s\n", dlerror());
    check(library == NULL, path);
    AOTIRuntimeError (*create)(AOTInductorModelContainerHandle *, size_t, const char *, const char *);
    *(void **)&create = function(library, "AOTInductorModelContainerCreateWithDevice");
    *(void **)&run_container = function(library, "AOTInductorModelContainerRun");
    check(create(&container, 1, "cpu", NULL), path);
}

int main(int count, char **arguments) {
    if (count == 2) {
        printf("the package's own C functions, its checks of inputs on\n");
        return 0;
    }
    if (count != 5) return 2;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        if (strcmp(models[i].name, arguments[1]) != 0) continue;
        open_model(arguments[1]);
        int64_t sizes[4] = {atoll(arguments[2])}, strides[4], numel = 1;
        memcpy(sizes + 1, models[i].sizes, sizeof models[i].sizes);
        for (int64_t d = models[i].dim; d >= 0; d--) {
            strides[d] = numel;
            numel *= sizes[d];
        }
        check(torch_from_blob(floats(numel), models[i].dim + 1, sizes, strides, 0, TFFM_FLOAT32, AOTI_DEVICE_TYPE_CPU,
                              -1, &x, AOTI_LAYOUT_STRIDED, NULL, 0, NULL, NULL),
              "a tensor");
        print_iterations(run, arguments);
        return 0;
    }
    return 2;
}
