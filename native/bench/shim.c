/* The floor of a call: the functions that Java calls, called in a C loop, in inference mode. */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include <dlfcn.h>

#include "timing.h"
#include "torch_ffm.h"

static tffm_tensor *x, *out;

static void check(tffm_status status) {
    if (status == TFFM_OK) return;
    const char *text = "";
    tffm_last_error(&text);
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static void clamp_(void) {
    check(tffm_clamp_(TFFM_INFERENCE, TFFM_CLAMP, x, NULL, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0));
}
static void clamp_min_(void) {
    check(tffm_clamp_(TFFM_INFERENCE, TFFM_CLAMP_MIN, x, NULL, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0));
}
static void clamp_out(void) {
    check(tffm_clamp_out(TFFM_INFERENCE, TFFM_CLAMP, x, NULL, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0, out, NULL));
}
static void clamp(void) {
    tffm_tensor *result;
    check(tffm_clamp(TFFM_INFERENCE, TFFM_CLAMP, x, NULL, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0, &result));
    check(tffm_free(result));
}

static const struct {
    const char *name;
    void (*run)(void);
} operations[] = {{"clamp_", clamp_}, {"clampMin_", clamp_min_}, {"clamp", clamp}, {"clampOut", clamp_out}};

static tffm_tensor *over(int64_t size) {
    tffm_tensor *tensor;
    check(tffm_from_memory(TFFM_INFERENCE, floats(size), size * (int64_t)sizeof(float), TFFM_FLOAT32, 1, &size, (int64_t[]){1}, 0,
                           &tensor));
    return tensor;
}

int main(int count, char **arguments) {
    if (count == 2) {
        uint64_t version;
        check(tffm_libtorch_version(&version));
        int (*threads)(void); /* at::get_num_threads() */
        *(void **)&threads = dlsym(RTLD_DEFAULT, "_ZN2at15get_num_threadsEv");
        printf("libtorch %d.%d.%d, threads: %d\n", (int)(version >> 56), (int)(version >> 48 & 0xff),
               (int)(version >> 40 & 0xff), threads == NULL ? 0 : threads());
        return 0;
    }
    if (count != 5) return 2;
    x = over(atoll(arguments[2]));
    out = over(atoll(arguments[2]));
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (strcmp(operations[i].name, arguments[1]) == 0) {
            print_iterations(operations[i].run, arguments);
            return 0;
        }
    }
    return 2;
}
