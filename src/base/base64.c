/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.c: RFC 4648 section 4, strictly: one byte string has one unpadded and one padded form, and
 * nothing else decodes to it.
 */
#include "base/base64.h"

#define FOREIGN 0xFF

static const char digits[64] = {
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
    'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
    'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/',
};

/* clang-format off */
/* Value of the characters '+' to 'z', the whole span that digits come from. */
static const uint8_t values['z' - '+' + 1] = {
    62,   0xFF, 0xFF, 0xFF, 63,                                     /* + , - . / */
    52,   53,   54,   55,   56,   57, 58, 59, 60, 61,               /* 0 to 9 */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,                       /* : ; < = > ? @ */
    0,    1,    2,    3,    4,    5,  6,  7,  8,  9,  10, 11, 12,   /* A to M */
    13,   14,   15,   16,   17,   18, 19, 20, 21, 22, 23, 24, 25,   /* N to Z */
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,                             /* [ \ ] ^ _ ` */
    26,   27,   28,   29,   30,   31, 32, 33, 34, 35, 36, 37, 38,   /* a to m */
    39,   40,   41,   42,   43,   44, 45, 46, 47, 48, 49, 50, 51,   /* n to z */
};
/* clang-format on */

static uint32_t value_of(char c)
{
    const unsigned i = (unsigned)(unsigned char)c - '+';
    return i < sizeof(values) ? values[i] : FOREIGN;
}

void tn_base64_encode(char *out, const void *p, size_t n)
{
    const uint8_t *in = p;
    for (; n >= 3; n -= 3, in += 3, out += 4) {
        const uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        out[0] = digits[v >> 18];
        out[1] = digits[v >> 12 & 63];
        out[2] = digits[v >> 6 & 63];
        out[3] = digits[v & 63];
    }
    if (n == 0)
        return;
    const uint32_t v = (uint32_t)in[0] << 8 | (n == 2 ? in[1] : 0u);
    out[0] = digits[v >> 10];
    out[1] = digits[v >> 4 & 63];
    if (n == 2)
        out[2] = digits[v << 2 & 63];
}

/* The last two or three characters; 0 when they are not base64. */
static size_t decode_tail(uint8_t *out, const char *p, size_t n)
{
    const uint32_t a = value_of(p[0]);
    const uint32_t b = value_of(p[1]);
    const uint32_t c = n == 3 ? value_of(p[2]) : 0;
    const uint32_t v = a << 10 | b << 4 | c >> 2;
    const uint32_t behind = n == 3 ? c & 3 : b & 15;
    if ((a | b | c) > 63 || behind)
        return 0;
    out[0] = (uint8_t)(v >> 8);
    if (n == 3)
        out[1] = (uint8_t)v;
    return n - 1;
}

size_t tn_base64_decode(void *out, const char *p, size_t n)
{
    /* Padding only ever completes a group of four; elsewhere '=' is a foreign character. */
    if (n % 4 == 0 && n && p[n - 1] == '=')
        n -= p[n - 2] == '=' ? 2 : 1;
    if (n % 4 == 1)
        return SIZE_MAX;

    uint8_t *to = out;
    for (; n >= 4; n -= 4, p += 4, to += 3) {
        const uint32_t a = value_of(p[0]), b = value_of(p[1]);
        const uint32_t c = value_of(p[2]), d = value_of(p[3]);
        if ((a | b | c | d) > 63)
            return SIZE_MAX;
        const uint32_t v = a << 18 | b << 12 | c << 6 | d;
        to[0] = (uint8_t)(v >> 16);
        to[1] = (uint8_t)(v >> 8);
        to[2] = (uint8_t)v;
    }
    if (n) {
        const size_t tail = decode_tail(to, p, n);
        if (!tail)
            return SIZE_MAX;
        to += tail;
    }
    return (size_t)(to - (uint8_t *)out);
}
