/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seed.h: a small generator of pseudo-random numbers (splitmix64) for tests: the same in every run
 * and on every machine. A seed is any number; print it where a test draws its own.
 */
#ifndef TN_TEST_SEED_H
#define TN_TEST_SEED_H

#include <stddef.h>
#include <stdint.h>

typedef struct tn_seed {
    uint64_t state;
} tn_seed;

static inline uint64_t tn_seed_next(tn_seed *s)
{
    uint64_t z = s->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A number in [0, n); 0 for n 0. */
static inline uint32_t tn_seed_below(tn_seed *s, uint32_t n)
{
    return (uint32_t)((tn_seed_next(s) >> 32) * n >> 32);
}

static inline void tn_seed_fill(tn_seed *s, void *p, size_t n)
{
    uint8_t *out = p;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(tn_seed_next(s) >> 56);
}

#endif
