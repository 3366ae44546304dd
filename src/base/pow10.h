/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pow10.h: powers of ten to 128 bits, exactly, from a small table; and the 64-bit arithmetic that
 * those who read and write floating-point numbers do with them.
 */
#ifndef TN_BASE_POW10_H
#define TN_BASE_POW10_H

#include <stdbool.h>
#include <stdint.h>

typedef struct tn_u128 {
    uint64_t high, low;
} tn_u128;

enum { TN_POW10_MIN = -351, TN_POW10_MAX = 324 };

/* The first 128 bits of 10^k, the top one set: rounded down, and exact for 0 <= k <= 55. */
tn_u128 tn_pow10(int k);

static inline bool tn_pow10_exact(int k)
{
    return k >= 0 && k <= 55;
}

/* floor(log2(10^k)), for |k| below 1,200. */
static inline int tn_pow10_log2(int k)
{
    return (k * 1741647) >> 19;
}

static inline tn_u128 tn_mul64(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    const wide p = (wide)a * b;
    return (tn_u128){ (uint64_t)(p >> 64), (uint64_t)p };
#else
    const uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    const uint64_t left = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    const uint64_t right = (a & UINT32_MAX) * (b >> 32) + (left & UINT32_MAX);
    return (tn_u128){ (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32),
                      right << 32 | (low & UINT32_MAX) };
#endif
}

#endif
