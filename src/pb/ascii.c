/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ascii.c: is a long string ASCII? Sixteen bytes at a time, by the compiler's vectors.
 */
#include "pb/wire.h"

#include <string.h>

typedef uint64_t lanes __attribute__((vector_size(16)));

static inline lanes load(const char *p)
{
    lanes x;
    memcpy(&x, p, sizeof(x));
    return x;
}

bool tn_pb_ascii_long(const char *p, size_t n)
{
    const char *const last = p + n - 32;
    lanes a = load(last), b = load(last + 16);
    for (; p < last; p += 32) {
        a |= load(p);
        b |= load(p + 16);
    }
    a |= b;
    return ((a[0] | a[1]) & TN_PB_HIGH_BITS) == 0;
}
