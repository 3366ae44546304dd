/* SPDX-License-Identifier: Apache-2.0 */
/*
 * huffman.c: HPACK's Huffman code by table.
 *
 * The decoder keeps up to 64 bits, left-aligned, and looks up 12 at a time: an entry gives one or two
 * symbols. Codes longer than that are rare (control and non-ASCII bytes); they are found by comparing
 * with the first code past each length, which a canonical code allows. Worst case: 18 compares for a
 * symbol that took 30 bits of input.
 */
#include "h2/huffman.h"
#include "base/assert.h"
#include "base/cursor.h"
#include "h2/hpack_bytes.h"
#include "h2/huffman_tables.inc"

enum { LONGEST = 30, EOS = 256, LONG_LENGTHS = sizeof(huffman_long) / sizeof(huffman_long[0]) };

size_t tn_huffman_size(const void *p, size_t n)
{
    const uint8_t *s = p;
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits += huffman_length[s[i]];
    return (size_t)((bits + 7) / 8);
}

uint8_t *tn_huffman_encode(uint8_t *dst, const void *p, size_t n)
{
    const uint8_t *s = p;
    uint64_t acc = 0; /* the low `bits` bits wait to be written, always fewer than 32 here */
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        acc = acc << huffman_length[s[i]] | huffman_code[s[i]];
        bits += huffman_length[s[i]];
        if (bits >= 32) {
            bits -= 32;
            tn_store32(dst, (uint32_t)(acc >> bits));
            dst += 4;
        }
    }
    for (; bits >= 8; bits -= 8)
        *dst++ = (uint8_t)(acc >> (bits - 8));
    if (bits)
        *dst++ = (uint8_t)(acc << (8 - bits) | 0xffu >> bits);
    return dst;
}

/* The length of the code that 32 bits start with, when it is longer than the window. */
static unsigned long_code(uint32_t w, unsigned *symbol)
{
    unsigned i = 0;
    while (i < LONG_LENGTHS - 1 && w >= huffman_long[i].end)
        i++;
    const unsigned length = HUFFMAN_WINDOW + 1 + i;
    *symbol =
        huffman_long_symbols[huffman_long[i].at + (w >> (32 - length)) - huffman_long[i].first];
    return length;
}

typedef struct bits {
    uint64_t acc; /* left-aligned; what lies below the n valid bits is zero or input to come */
    unsigned n;
    const uint8_t *p, *end; /* input to come */
    const uint8_t *start;
} bits;

/* The last n bytes of the input, 1 to 7, left-aligned. */
static inline uint64_t load_last(const bits *b, size_t n)
{
    if (b->end - b->start >= 8)
        return tn_hpack_load64(b->end - 8) << (64 - 8 * n);
    if (n >= 4)
        return (uint64_t)tn_load32(b->p) << 32 | (uint64_t)tn_load32(b->end - 4) << (64 - 8 * n);
    uint64_t w = (uint64_t)b->p[0] << 56;
    for (size_t i = 1; i < n; i++)
        w |= (uint64_t)b->p[i] << (56 - 8 * i);
    return w;
}

/* Fills up to at least 56 bits, or to all that there is. Bits that are OR-ed in again are the same. */
static inline void refill(bits *b)
{
    if (TN_LIKELY(b->end - b->p >= 8)) {
        b->acc |= tn_hpack_load64(b->p) >> b->n;
        b->p += (63 - b->n) >> 3;
        b->n |= 56;
        return;
    }
    const size_t left = (size_t)(b->end - b->p), room = (64 - b->n) / 8;
    if (left == 0 || room == 0)
        return;
    b->acc |= load_last(b, left) >> b->n;
    b->p += left < room ? left : room;
    b->n += 8 * (unsigned)(left < room ? left : room);
}

/* The symbols of one window entry; the second byte is written whether or not there is one. */
static inline uint8_t *step(bits *b, uint32_t e, uint8_t *out)
{
    out[0] = (uint8_t)(e >> 8);
    out[1] = (uint8_t)(e >> 16);
    b->acc <<= e & 63;
    b->n -= e & 63;
    return out + (e >> 28);
}

/* One symbol, whatever the length of its code, or the end: false when no code fits in what is left. */
static bool last_symbol(bits *b, unsigned *symbol)
{
    /* Ones behind the last bit: only codes that do not fit can begin there. */
    const uint64_t w = b->n < 64 ? b->acc | UINT64_MAX >> b->n : b->acc;
    const uint32_t e = huffman_window[w >> (64 - HUFFMAN_WINDOW)];
    unsigned length = e >> 24 & 15;
    *symbol = e >> 8 & 255;
    if (e == 0)
        length = long_code((uint32_t)(w >> 32), symbol);
    if (length > b->n)
        return false;
    b->acc <<= length;
    b->n -= length;
    return true;
}

bool tn_huffman_decode(const uint8_t *p, size_t n, uint8_t *dst, size_t *out_n)
{
    uint8_t *out = dst;
    bits b = { .p = p, .end = n ? p + n : p, .start = p };
    for (;;) {
        refill(&b);
        /* Two symbols at a time, as long as the window holds nothing but input. */
        while (b.n >= HUFFMAN_WINDOW) {
            const uint32_t e = huffman_window[b.acc >> (64 - HUFFMAN_WINDOW)];
            if (TN_UNLIKELY(e == 0))
                break;
            out = step(&b, e, out);
        }
        if (b.p < b.end && b.n < LONGEST)
            continue;
        unsigned symbol;
        if (!last_symbol(&b, &symbol))
            break;
        if (symbol == EOS)
            return false;
        *out++ = (uint8_t)symbol;
    }
    *out_n = (size_t)(out - dst);
    return b.n < 8 && (b.n == 0 || (b.acc | UINT64_MAX >> b.n) == UINT64_MAX);
}
