/* Prints the schemas of all operators aten::… that the loaded libtorch knows, a line each, in no order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/sweep/libtorch_registry.h"
#include "libtorch_schema.h"

static void print(const char *name, const char *overload, void *failed) {
    char *text = NULL;
    if (strncmp(name, "aten::", strlen("aten::")) != 0) return;
    if (tffm_schema(name, overload, &text) != TFFM_OK) {
        fprintf(stderr, "%s.%s has no schema\n", name, overload);
        *(int *)failed = 1;
        return;
    }
    puts(text);
    free(text);
}

int main(void) {
    int failed = 0;
    each_operator(print, &failed);
    return failed;
}
