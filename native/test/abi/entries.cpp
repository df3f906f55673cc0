/*
 * Finds each entry point of libtorch_operators.inc in libtorch. The shim would call one that is missing by the
 * dispatcher, unnoticed. It is linked with the shim's objects.
 */
#include <cstdio>

#include "libtorch_operators.h"

static int count = 0, failures = 0;

static void expect(const tffm_entry *entry, const char *name, const char *overload) {
    count++;
    if (entry != nullptr) return;
    failures++;
    std::printf("missing: %s.%s\n", name, overload);
}

int main() {
#define OPERATOR(name, ...) expect(tffm_entry_find("aten::" #name, ""), #name, "");
#define OVERLOAD(name, overload, ...) expect(tffm_entry_find("aten::" #name, #overload), #name, #overload);
#define NUMBER(name, overload, ...) \
    expect(tffm_number_entry_find("aten::" #name, #overload), #name, "a number for the second of " #overload);
#include "libtorch_operators.inc"
    if (failures == 0) std::printf("libtorch has the %d entry points\n", count);
    return failures != 0;
}
