/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c: whole pages for the bytes, and one more that may not be touched. */
#include "support/guard.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes of the accessible pages. */
static size_t span_of(size_t n)
{
    const size_t page = page_size();
    return n ? (n + page - 1) / page * page : page;
}

uint8_t *tn_guard_copy(const void *p, size_t n)
{
    const size_t span = span_of(n);
    uint8_t *base =
        mmap(NULL, span + page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || mprotect(base + span, page_size(), PROT_NONE) != 0) {
        perror("tn_guard_copy");
        exit(EXIT_FAILURE);
    }
    uint8_t *copy = base + span - n;
    if (n)
        memcpy(copy, p, n);
    return copy;
}

void tn_guard_free(uint8_t *p, size_t n)
{
    const size_t span = span_of(n);
    munmap(p + n - span, span + page_size());
}
