/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_bytes.h: eight bytes at once, for the scans and the comparisons of HPACK. Internal to hpack.
 */
#ifndef TN_H2_HPACK_BYTES_H
#define TN_H2_HPACK_BYTES_H

#include "tern/port.h"

/* The caller has checked that there are eight. */
static inline uint64_t tn_hpack_load64(const void *p)
{
    const uint8_t *b = p;
    return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 |
           (uint64_t)b[3] << 32 | (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 |
           (uint64_t)b[6] << 8 | b[7];
}

/* memcmp(a, b, n) == 0 for strings that mostly are short and the same: no call. a and b may be NULL
 * when n is 0. */
static inline bool tn_hpack_same(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    uint64_t differ = 0;
    if (n >= 8) {
        for (size_t i = 0; i < n - 8; i += 8)
            differ |= tn_hpack_load64(x + i) ^ tn_hpack_load64(y + i);
        return (differ | (tn_hpack_load64(x + n - 8) ^ tn_hpack_load64(y + n - 8))) == 0;
    }
    for (size_t i = 0; i < n; i++)
        differ |= (uint64_t)(x[i] ^ y[i]);
    return differ == 0;
}

#endif
