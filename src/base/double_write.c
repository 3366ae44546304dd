/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double_write.c: the shortest decimal that reads back as the same double or float, and of those the
 * nearest to it: R. Giulietti's Schubfach ("The Schubfach way to render doubles", 2020).
 *
 * All decimals that read back lie between the middles to the two neighbours. At the power of ten that
 * is just below that distance there are at most two candidates a step, one power above at most one. The
 * three numbers to compare are scaled by 4 * 10^-k with their lost bits kept in the last one (odd), so
 * that no comparison is wrong.
 */
#include "base/double.h"
#include "base/pow10.h"

#include <string.h>

/* digits * 10^exponent */
typedef struct shortest {
    uint64_t digits;
    int exponent;
} shortest;

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536"
    "37383940414243444546474849505152535455565758596061626364656667686970717273"
    "7475767778798081828384858687888990919293949596979899";

char *tn_u64_write(char *out, uint64_t v)
{
    if (v < 10) {
        *out = (char)('0' + v);
        return out + 1;
    }
    char digits[20];
    char *p = digits + sizeof(digits);
    while (v > UINT32_MAX) {
        p -= 2;
        memcpy(p, pairs + v % 100 * 2, 2);
        v /= 100;
    }
    uint32_t low = (uint32_t)v;
    for (; low >= 100; low /= 100) {
        p -= 2;
        memcpy(p, pairs + low % 100 * 2, 2);
    }
    if (low >= 10) {
        p -= 2;
        memcpy(p, pairs + low * 2, 2);
    } else if (low || p == digits + sizeof(digits)) {
        *--p = (char)('0' + low);
    }
    const size_t n = (size_t)(digits + sizeof(digits) - p);
    memcpy(out, p, n);
    return out + n;
}

/* floor(g * c / 2^128), odd when something was lost. */
static uint64_t scale_odd(tn_u128 g, uint64_t c)
{
    const tn_u128 low = tn_mul64(g.low, c);
    tn_u128 high = tn_mul64(g.high, c);
    high.low += low.high;
    high.high += high.low < low.high;
    return high.high | (high.low > 1);
}

/* c * 2^q; `closer`: the neighbour below is only half as far as the one above. */
static shortest find_shortest(uint64_t c, int q, bool closer)
{
    const bool open = c & 1; /* the middles themselves read as the even neighbour */
    const int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22; /* floor(log10 of the distance) */
    const int h = q + tn_pow10_log2(-k) + 1;
    tn_u128 g = tn_pow10(-k);
    if (!tn_pow10_exact(-k)) { /* rounded up */
        g.low++;
        g.high += g.low == 0;
    }
    const uint64_t low = scale_odd(g, (4 * c - 2 + closer) << h) + open;
    const uint64_t v = scale_odd(g, 4 * c << h);
    const uint64_t high = scale_odd(g, (4 * c + 2) << h) - open;
    const uint64_t s = v / 4;
    if (s >= 10) {
        const uint64_t ten = s / 10;
        const bool down = low <= 40 * ten, up = 40 * ten + 40 <= high;
        if (down != up)
            return (shortest){ ten + up, k + 1 };
    }
    const bool down = low <= 4 * s, up = 4 * s + 4 <= high;
    if (down != up)
        return (shortest){ s + up, k };
    const uint64_t middle = 4 * s + 2;
    return (shortest){ s + (v > middle || (v == middle && (s & 1))), k };
}

/* The form that ECMAScript has for d; p has room for TN_DOUBLE_CHARS. */
static char *put(char *p, shortest d)
{
    char digits[20];
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    const int n = (int)(tn_u64_write(digits, d.digits) - digits);
    const int point = n + d.exponent; /* digits before the point */
    if (point > 21 || point <= -6) {
        *p++ = digits[0];
        if (n > 1) {
            *p++ = '.';
            memcpy(p, digits + 1, (size_t)n - 1);
            p += n - 1;
        }
        *p++ = 'e';
        *p++ = point > 0 ? '+' : '-';
        return tn_u64_write(p, (uint64_t)(point > 0 ? point - 1 : 1 - point));
    }
    const int whole = point < 0 ? 0 : point < n ? point : n;
    memcpy(p, digits, (size_t)whole);
    p += whole;
    for (int i = n; i < point; i++)
        *p++ = '0';
    if (point <= 0)
        *p++ = '0';
    if (point < n) {
        *p++ = '.';
        for (int i = point; i < 0; i++)
            *p++ = '0';
        memcpy(p, digits + whole, (size_t)(n - whole));
        p += n - whole;
    }
    return p;
}

/* The number that stored bits without a sign stand for. */
static char *put_bits(char *p, uint64_t fraction, int stored, int bits, int bias)
{
    if (!fraction && !stored) {
        *p = '0';
        return p + 1;
    }
    const uint64_t c = stored ? fraction | UINT64_C(1) << bits : fraction;
    const int q = (stored ? stored : 1) - bias - bits;
    if (q <= 0 && -q <= bits && !(c & ((UINT64_C(1) << -q) - 1))) /* an integer, all its digits */
        return put(p, (shortest){ c >> -q, 0 });
    return put(p, find_shortest(c, q, !fraction && stored > 1));
}

size_t tn_double_write(char *out, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    char *p = out;
    if (bits >> 63)
        *p++ = '-';
    p = put_bits(p, bits & ((UINT64_C(1) << 52) - 1), (int)(bits >> 52 & 0x7ff), 52, 1023);
    return (size_t)(p - out);
}

size_t tn_float_write(char *out, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    char *p = out;
    if (bits >> 31)
        *p++ = '-';
    p = put_bits(p, bits & 0x7fffff, (int)(bits >> 23 & 0xff), 23, 127);
    return (size_t)(p - out);
}
