/* The fuzzer's bytes, read as values of every kind. An input that is used up reads as zeros. */
#ifndef TFFM_FUZZ_INPUT_H
#define TFFM_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct input {
    const uint8_t *at, *end;
};

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

static inline uint8_t read_byte(struct input *input) { return input->at < input->end ? *input->at++ : 0; }

static inline int64_t below(struct input *input, int64_t limit) { return read_byte(input) % limit; }

/* True for one in 16 values of a byte, and not for 0: for unusual cases. */
static inline bool rarely(struct input *input) { return read_byte(input) % 16 == 15; }

static inline int64_t read_bits(struct input *input) {
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++) bits = bits << 8 | read_byte(input);
    return (int64_t)bits;
}

/* A number that is mostly small, sometimes at an edge, and else any. */
static inline int64_t read_integer(struct input *input) {
    static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, INT32_MIN, -65, 63, 64, 65, 255, 256, 65535, 65536,
                                    INT32_MAX, (int64_t)INT32_MAX + 1, (int64_t)UINT32_MAX, (int64_t)1 << 32,
                                    (int64_t)1 << 40, (int64_t)1 << 60, INT64_MAX / 8, INT64_MAX / 4 + 1,
                                    INT64_MAX / 2 + 1, INT64_MAX - 1, INT64_MAX};
    int64_t byte = read_byte(input);
    if (byte < 128) return byte % 5 - 1;
    if (byte < 192) return byte % 12 - 3;
    return byte < 248 ? edges[byte % COUNT(edges)] : read_bits(input);
}

static inline double read_real(struct input *input) {
    int64_t bits = read_bits(input);
    double real;
    memcpy(&real, &bits, sizeof real);
    return rarely(input) ? real : (double)read_integer(input);
}

/* The code of a dtype, of one that only libtorch knows, or of none. */
static inline int32_t read_dtype(struct input *input) {
    static const int32_t codes[] = {6, 6, 6, 7, 4, 3, 5, 15, 0, 1, 2, 11};
    return (int32_t)(rarely(input) ? read_integer(input) : codes[below(input, COUNT(codes))]);
}

#endif
