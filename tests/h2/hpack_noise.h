/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_noise.h: random header blocks that are mostly well-formed, so that tables fill and decoders
 * live long enough to meet the odd ones.
 */
#ifndef TN_TEST_HPACK_NOISE_H
#define TN_TEST_HPACK_NOISE_H

#include "h2/huffman.h"
#include "support/seed.h"
#include <string.h>

enum { HPACK_NOISE_BYTES = 2048 };

static inline uint8_t *hpack_noise_integer(uint8_t *p, uint8_t kind, unsigned bits, uint32_t v)
{
    const uint32_t mask = (1u << bits) - 1;
    if (v < mask) {
        *p++ = (uint8_t)(kind | v);
        return p;
    }
    *p++ = (uint8_t)(kind | mask);
    for (v -= mask; v >= 128; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

static inline uint8_t *hpack_noise_string(tn_seed *s, uint8_t *p, bool name)
{
    uint8_t text[128];
    const uint32_t n = tn_seed_below(s, tn_seed_below(s, 8) ? 16 : 128);
    for (uint32_t i = 0; i < n; i++)
        text[i] = (uint8_t)(name || tn_seed_below(s, 20) ? 'a' + tn_seed_below(s, 4)
                                                         : tn_seed_below(s, 256));
    if (tn_seed_below(s, 2)) {
        p = hpack_noise_integer(p, 0x80, 7, (uint32_t)tn_huffman_size(text, n));
        return tn_huffman_encode(p, text, n);
    }
    p = hpack_noise_integer(p, 0, 7, n);
    memcpy(p, text, n);
    return p + n;
}

/* One block into out, HPACK_NOISE_BYTES large; its length, at least 1. One in `odd` is broken. */
static inline size_t hpack_noise(tn_seed *s, uint8_t *out, uint32_t odd)
{
    uint8_t *p = out;
    if (tn_seed_below(s, 30) == 0)
        p = hpack_noise_integer(p, 0x20, 5, tn_seed_below(s, 4097));
    for (uint32_t ops = 1 + tn_seed_below(s, 7); ops > 0; ops--) {
        const uint32_t index = tn_seed_below(s, 62 + tn_seed_below(s, 3));
        if (tn_seed_below(s, 3) == 0) {
            p = hpack_noise_integer(p, 0x80, 7, index ? index : 1);
            continue;
        }
        static const struct {
            uint8_t kind;
            unsigned bits;
        } kinds[] = { { 0x40, 6 }, { 0x40, 6 }, { 0x00, 4 }, { 0x10, 4 } };
        const uint32_t k = tn_seed_below(s, 4);
        const uint32_t name = tn_seed_below(s, 2) ? index : 0;
        p = hpack_noise_integer(p, kinds[k].kind, kinds[k].bits, name);
        if (name == 0)
            p = hpack_noise_string(s, p, true);
        p = hpack_noise_string(s, p, false);
    }
    size_t n = (size_t)(p - out);
    if (tn_seed_below(s, odd) == 0) {
        if (tn_seed_below(s, 3) == 0)
            n = 1 + tn_seed_below(s, (uint32_t)n);
        else
            out[tn_seed_below(s, (uint32_t)n)] = (uint8_t)tn_seed_next(s);
    }
    return n;
}

#endif
