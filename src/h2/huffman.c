/* SPDX-License-Identifier: Apache-2.0 */
/*
 * huffman.c: HPACK's Huffman code by table.
 *
 * The decoder keeps up to 64 bits, left-aligned and inverted, so that the ones of the padding follow
 * by themselves. It looks up 12 at a time: an entry gives one or two symbols. Codes longer than that
 * are rare (control and non-ASCII bytes); they are found by comparing with the first code past each
 * length, which a canonical code allows. Worst case: 18 compares for a symbol that took 30 bits.
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
    uint64_t acc; /* left-aligned and inverted: behind the last bit of the input follow ones */
    unsigned n;   /* valid; what lies below them is zero or input to come */
    const uint8_t *start, *p, *end;
} bits;

/* The last n bytes of the input, 1 to 7, left-aligned. */
static inline uint64_t load_last(const bits *b, size_t n)
{
    if (b->end - b->start >= 8)
        return tn_hpack_load64(b->end - 8) << (64 - 8 * n);
    if (n >= 4)
        return (uint64_t)tn_load32(b->p) << 32 | (uint64_t)tn_load32(b->end - 4) << (64 - 8 * n);
    return (uint64_t)b->p[0] << 56 | (uint64_t)b->p[n / 2] << (56 - 8 * (n / 2)) |
           (uint64_t)b->end[-1] << (64 - 8 * n);
}

/* Fills up to at least 56 bits, or to all that there is. Bits that are OR-ed in again are the same. */
static inline void refill(bits *b)
{
    if (TN_LIKELY(b->end - b->p >= 8)) {
        b->acc |= ~tn_hpack_load64(b->p) >> b->n;
        b->p += (63 - b->n) >> 3;
        b->n |= 56;
        return;
    }
    const size_t left = (size_t)(b->end - b->p), room = (64 - b->n) / 8;
    if (left == 0 || room == 0)
        return;
    b->acc |= (~load_last(b, left) & ~(UINT64_MAX >> 8 * left)) >> b->n;
    b->p += left < room ? left : room;
    b->n += 8 * (unsigned)(left < room ? left : room);
}

/* One symbol, whatever the length of its code, or the end: false when no code fits in what is left. */
static bool last_symbol(bits *b, unsigned *symbol)
{
    const uint32_t e = huffman_window[b->acc >> (64 - HUFFMAN_WINDOW)];
    unsigned length = e >> 24 & 15;
    *symbol = e >> 8 & 255;
    if (length == 0)
        length = long_code((uint32_t)(~b->acc >> 32), symbol);
    if (length > b->n)
        return false;
    b->acc <<= length;
    b->n -= length;
    return true;
}

bool tn_huffman_decode(const uint8_t *p, size_t n, uint8_t *dst, size_t *out_n)
{
    uint8_t *out = dst;
    bits b = { .start = p, .p = p, .end = n ? p + n : p };
    for (;;) {
        refill(&b);
        for (;;) {
            const uint32_t e = huffman_window[b.acc >> (64 - HUFFMAN_WINDOW)];
            const unsigned length = e & 255;
            if (length > b.n)
                break;
            out[0] = (uint8_t)(e >> 8);
            out[1] = (uint8_t)(e >> 16); /* of no use, or over the end, when there is but one */
            out += e >> 28;
            b.acc <<= length;
            b.n -= length;
        }
        if (b.p < b.end && b.n < LONGEST)
            continue;
        unsigned symbol;
        if ((b.n < 8 && b.acc == 0) || !last_symbol(&b, &symbol))
            break;
        if (symbol == EOS)
            return false;
        *out++ = (uint8_t)symbol;
    }
    *out_n = (size_t)(out - dst);
    return b.n < 8 && b.acc == 0;
}
