/* Elements of each dtype, written in patterns and read back. */
#ifndef TFFM_SWEEP_ELEMENTS_H
#define TFFM_SWEEP_ELEMENTS_H

#include <stdbool.h>
#include <stdint.h>

/* PLAIN elements are small and differ; matrices of them are well conditioned. */
enum pattern { PLAIN, ZERO, ONE, MINUS_ONE, NEGATIVE, LEAST, GREATEST, NOT_A_NUMBER, INFINITE, MIXED, TINY, BEYOND,
               DESCENDING, SEESAW, WILD, PATTERNS };

const char *pattern_name(enum pattern pattern);
const char *dtype_name(int32_t dtype);

/* In bytes; 0 for a dtype that no tensor is made of here. */
int64_t element_size(int32_t dtype);

/* Writes element k of a tensor. diagonal: whether it lies on a matrix's diagonal. */
void put_element(void *at, int32_t dtype, enum pattern pattern, int64_t k, bool diagonal);

double read_element(const void *at, int32_t dtype);

#endif
