/* Blocks of memory that callers recycle. */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* madvise */
#include <sys/mman.h>
#endif
#include <stdlib.h>

#include "error.h"

enum { ALIGNMENT = 64, HUGE_PAGE = 2 * 1024 * 1024 };

tffm_status tffm_block_allocate(int64_t bytes, void **block) {
    TFFM_REQUIRE(block);
    if (bytes < 1) return tffm_refuse("bytes is %lld, below 1", (long long)bytes);
    size_t alignment = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    size_t rounded = ((size_t)bytes + alignment - 1) / alignment * alignment;
    void *memory = rounded > INT64_MAX ? NULL : aligned_alloc(alignment, rounded);
    if (memory == NULL) return tffm_refuse("there is no memory for %lld bytes", (long long)bytes);
#if defined(__linux__)
    if (alignment == HUGE_PAGE) madvise(memory, rounded, MADV_HUGEPAGE); /* only a hint: if it fails, pages are small */
#endif
    *block = memory;
    return TFFM_OK;
}

tffm_status tffm_block_free(void *block) {
    TFFM_REQUIRE(block);
    free(block);
    return TFFM_OK;
}
