/* SPDX-License-Identifier: Apache-2.0 */
/*
 * huffman.c: HPACK's Huffman code by table.
 *
 * The decoder keeps up to 64 bits, left-aligned and inverted, so that the ones of the padding follow
 * by themselves. It looks up 12 at a time: an entry gives one or two symbols. While eight octets are
 * left, four lookups are made without a question in between. Codes longer than 12 bits are rare
 * (control and non-ASCII bytes); they are found by comparing with the first code past each length,
 * which a canonical code allows. Worst case: 18 compares for a symbol that took 30 bits.
 */
#include "h2/huffman.h"
#include "base/assert.h"
#include "base/cursor.h"
#include "h2/hpack_bytes.h"

typedef struct huffman_entry {
    uint8_t symbols[2]; /* the second of no use when there is but one */
    uint8_t bits;       /* of all; 0: a code longer than the window */
    uint8_t count;
} huffman_entry;

#include "h2/huffman_tables.inc"

enum { LONGEST = 30, EOS = 256, LONG_LENGTHS = sizeof(huffman_long) / sizeof(huffman_long[0]) };

_Static_assert(4 * HUFFMAN_WINDOW <= 56, "a refill is enough for four lookups");

size_t tn_huffman_size(const void *p, size_t n)
{
    const uint8_t *s = p;
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits += huffman_length[s[i]];
    return (size_t)((bits + 7) / 8);
}

/* What waits to be written: the low `n` bits of acc, fewer than 32 between two calls. */
typedef struct coded {
    uint64_t acc;
    unsigned n;
    uint8_t *out;
} coded;

/* Appends a code of at most 32 bits. */
static inline void append(coded *c, uint64_t code, unsigned length)
{
    c->acc = c->acc << length | code;
    c->n += length;
    if (c->n >= 32) {
        c->n -= 32;
        tn_store32(c->out, (uint32_t)(c->acc >> c->n));
        c->out += 4;
    }
}

uint8_t *tn_huffman_encode(uint8_t *dst, const void *p, size_t n)
{
    const uint8_t *s = p;
    coded c = { .out = dst };
    size_t i = 0;
    /* Two codes are made one before they come to the end of the queue. */
    for (; i + 1 < n; i += 2) {
        const unsigned second = huffman_length[s[i + 1]], both = huffman_length[s[i]] + second;
        if (TN_LIKELY(both <= 32)) {
            append(&c, (uint64_t)huffman_code[s[i]] << second | huffman_code[s[i + 1]], both);
        } else {
            append(&c, huffman_code[s[i]], both - second);
            append(&c, huffman_code[s[i + 1]], second);
        }
    }
    if (i < n)
        append(&c, huffman_code[s[i]], huffman_length[s[i]]);
    for (; c.n >= 8; c.n -= 8)
        *c.out++ = (uint8_t)(c.acc >> (c.n - 8));
    if (c.n)
        *c.out++ = (uint8_t)(c.acc << (8 - c.n) | 0xffu >> c.n);
    return c.out;
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

/* What is at hand. Never behind a pointer but in inline functions: the octets that are written could
 * be it, as far as a compiler knows, and it would live in memory. */
typedef struct bits {
    uint64_t acc; /* left-aligned and inverted */
    unsigned n;   /* valid; what lies below them is zero or input to come */
    uint8_t *out;
} bits;

/* Takes the symbols of the entry that fits, none if their code is longer than the window. Two octets
 * are written, whatever their number. Returns their bits. */
static inline unsigned take(bits *b)
{
    const huffman_entry *e = &huffman_window[b->acc >> (64 - HUFFMAN_WINDOW)];
    b->out[0] = e->symbols[0];
    b->out[1] = e->symbols[1];
    b->out += e->count;
    b->acc <<= e->bits;
    b->n -= e->bits;
    return e->bits;
}

/* One symbol whose code is longer than the window, of which LONGEST bits are at hand. Returns its bits;
 * 0 for EOS. */
static inline unsigned take_long(bits *b)
{
    unsigned symbol;
    const unsigned length = long_code((uint32_t)(~b->acc >> 32), &symbol);
    if (symbol == EOS)
        return 0;
    *b->out++ = (uint8_t)symbol;
    b->acc <<= length;
    b->n -= length;
    return length;
}

/* The last n octets of a string of `of`, 0 to 7, left-aligned and inverted, zeros behind them. */
static inline uint64_t load_last(const uint8_t *end, size_t n, size_t of)
{
    uint64_t w;
    if (n == 0)
        return 0;
    if (of >= 8)
        w = tn_hpack_load64(end - 8) << (64 - 8 * n);
    else if (n >= 4)
        w = (uint64_t)tn_load32(end - n) << 32 | (uint64_t)tn_load32(end - 4) << (64 - 8 * n);
    else
        w = (uint64_t)end[-(ptrdiff_t)n] << 56 |
            (uint64_t)end[(ptrdiff_t)(n / 2) - (ptrdiff_t)n] << (56 - 8 * (n / 2)) |
            (uint64_t)end[-1] << (64 - 8 * n);
    return ~w & ~(UINT64_MAX >> 8 * n);
}

/*
 * Two loops. The first runs while there are eight octets to load at once. Behind the last octets follow
 * zeros (ones, inverted) for ever, which are a long code; so the lookups of the second loop stop there
 * by themselves, and a symbol that would need some of them, be it in the shadow of another, makes
 * `left` negative: no symbol's code is padding with a zero in it.
 */
tn_huffman_verdict tn_huffman_decode(const uint8_t *p, size_t n, uint8_t *dst, size_t *out_n)
{
    tn_huffman_verdict verdict = TN_HUFFMAN_TEXT;
    bits b = { .out = dst };
    size_t octets = n;
    while (octets >= 8) {
        /* At least 56 bits; what is OR-ed in a second time is the same. */
        b.acc |= ~tn_hpack_load64(p + (n - octets)) >> b.n;
        octets -= (63 - b.n) >> 3;
        b.n |= 56;
        take(&b);
        take(&b);
        take(&b);
        if (TN_LIKELY(take(&b)) || b.n < LONGEST)
            continue;
        verdict = TN_HUFFMAN_ANY;
        if (take_long(&b) == 0)
            return TN_HUFFMAN_BAD;
    }
    uint64_t rest = load_last(n ? p + n : p, octets, n);
    int left = (int)(b.n + 8 * octets); /* bits of the string */
    for (;;) {
        b.acc |= rest >> b.n;
        rest <<= (63 - b.n) & 56;
        b.n |= 56;
        left -= (int)(take(&b) + take(&b) + take(&b));
        const unsigned fourth = take(&b);
        left -= (int)fourth;
        if (fourth)
            continue;
        if (left < 8)
            break;
        if (b.n < LONGEST)
            continue;
        const unsigned length = take_long(&b);
        verdict = TN_HUFFMAN_ANY;
        left -= (int)length;
        if (length == 0)
            return TN_HUFFMAN_BAD;
    }
    *out_n = (size_t)(b.out - dst);
    return left >= 0 && b.acc == 0 ? verdict : TN_HUFFMAN_BAD;
}
