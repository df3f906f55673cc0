/* The tensors that a fuzzed program works on, and what must hold after each of its calls. */
#ifndef TFFM_FUZZ_POOL_H
#define TFFM_FUZZ_POOL_H

#include "input.h"
#include "torch_ffm.h"

/* What an out-parameter holds before a call: a failure must leave it. */
#define UNTOUCHED ((tffm_tensor *)(uintptr_t)0x5a5a)

/* Stops the fuzzer if an expectation does not hold, and prints it. */
#define EXPECT(condition) expect((condition), #condition, __FILE__, __LINE__)
void expect(bool holds, const char *what, const char *file, int line);

/* Makes a call. A failure must have a known status and a text of its own. */
#define TRY(call) (before_call(#call), after_call(call))
void before_call(const char *what);
bool after_call(tffm_status status);

/* Prints a line as printf() does, if FUZZ_TRACE is set: to see what a finding did. */
__attribute__((format(printf, 1, 2))) void trace(const char *format, ...);

/* A block of exactly this many bytes, all zero, that lives until the program's end. */
void *block(int64_t bytes);

/* The mode of a step's calls, mostly a valid one. */
extern int32_t mode;

/* One of the tensors, or NULL. */
tffm_tensor *pick(struct input *input);

/* Checks a tensor that a call gave, and puts it into the pool in another's place. */
void adopt(struct input *input, tffm_tensor *tensor);

void fill_pool(void);
void check_pool(void);
void empty_pool(void);

/* The two kinds of steps that a program is made of. */
void typed_step(struct input *input);
void operator_step(struct input *input);

#endif
