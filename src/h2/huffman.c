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
#include "h2/hpack_bytes.h"
#include "h2/huffman_tables.inc"

enum {
    LONGEST = 30,
    EOS = 256,
    LONG_LENGTHS = sizeof(huffman_long) / sizeof(huffman_long[0])
};

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
    *symbol = huffman_long_symbols[huffman_long[i].at + (w >> (32 - length)) -
                                   huffman_long[i].first];
    return length;
}

typedef struct bits {
    uint64_t acc; /* left-aligned; what lies below the n valid bits is zero or input to come */
    unsigned n;
} bits;

/* What is left when fewer than 8 bytes of input are: p[0 .. n). */
static bool decode_tail(bits b, const uint8_t *p, const uint8_t *end, uint8_t **dst)
{
    uint8_t *out = *dst;
    for (;;) {
        while (b.n <= 56 && p < end) {
            b.acc |= (uint64_t)*p++ << (56 - b.n);
            b.n += 8;
        }
        /* Ones behind the last bit: only codes that do not fit can begin there. */
        const uint64_t w = b.n < 64 ? b.acc | UINT64_MAX >> b.n : b.acc;
        const uint32_t e = huffman_window[w >> (64 - HUFFMAN_WINDOW)];
        unsigned length = e >> 16 & 15, symbol = e & 255, second = e >> 24 == 2;
        if (length > b.n) {
            length = e >> 20 & 15;
            second = 0;
        }
        if (e == 0)
            length = long_code((uint32_t)(w >> 32), &symbol);
        if (length > b.n) {
            *dst = out;
            return b.n < 8 && w == UINT64_MAX;
        }
        if (symbol == EOS)
            return false;
        *out++ = (uint8_t)symbol;
        if (second)
            *out++ = (uint8_t)(e >> 8);
        b.acc <<= length;
        b.n -= length;
    }
}

/* The symbols of one window entry; the second byte is written whether or not there is one. */
static inline uint8_t *step(bits *b, uint32_t e, uint8_t *out)
{
    out[0] = (uint8_t)e;
    out[1] = (uint8_t)(e >> 8);
    b->acc <<= e >> 16 & 15;
    b->n -= e >> 16 & 15;
    return out + (e >> 24);
}

bool tn_huffman_decode(const uint8_t *p, size_t n, uint8_t *dst, size_t *out_n)
{
    const uint8_t *end = n ? p + n : p;
    uint8_t *out = dst;
    bits b = { 0, 0 };
    while (end - p >= 8) {
        /* Refills to 56 bits or more: four windows, or one code of any length. */
        b.acc |= tn_hpack_load64(p) >> b.n;
        p += (63 - b.n) >> 3;
        b.n |= 56;
        uint32_t e = huffman_window[b.acc >> (64 - HUFFMAN_WINDOW)];
        if (TN_UNLIKELY(e == 0)) {
            unsigned symbol;
            const unsigned length = long_code((uint32_t)(b.acc >> 32), &symbol);
            if (symbol == EOS)
                return false;
            *out++ = (uint8_t)symbol;
            b.acc <<= length;
            b.n -= length;
            continue;
        }
        out = step(&b, e, out);
        for (int i = 0; i < 3; i++) {
            e = huffman_window[b.acc >> (64 - HUFFMAN_WINDOW)];
            if (TN_UNLIKELY(e == 0))
                break;
            out = step(&b, e, out);
        }
    }
    if (!decode_tail(b, p, end, &out))
        return false;
    *out_n = (size_t)(out - dst);
    return true;
}
