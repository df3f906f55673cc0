/* The fuzz target: reads its input as a small program of calls of torch_ffm.h and runs it. */
#include "pool.h"

enum { MAX_STEPS = 24 };

int32_t mode;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, data + size};
    fill_pool();
    for (int step = 0; step < MAX_STEPS && input.at < input.end; step++) {
        mode = (int32_t)(rarely(&input) ? read_integer(&input) : below(&input, 4));
        (below(&input, 2) == 0 ? typed_step : operator_step)(&input);
        check_pool();
    }
    empty_pool();
    return 0;
}
