/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_value.c: numbers and escapes.
 *
 * \u and \U stand for one character each: half a surrogate pair is none, and two halves are not
 * joined.
 */
#include "pb/text_value.h"

static unsigned digit_of(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

bool tn_text_u64(tern_str token, uint64_t *v)
{
    const bool zero = token.n > 1 && token.p[0] == '0';
    const bool hex = zero && (token.p[1] | 0x20) == 'x';
    const unsigned base = hex ? 16 : zero ? 8 : 10;
    uint64_t sum = 0;
    for (size_t i = hex ? 2 : 0; i < token.n; i++)
        if (__builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, digit_of(token.p[i]), &sum))
            return false;
    *v = sum;
    return true;
}

bool tn_text_decimal(tern_str token, bool negative, tn_decimal *v)
{
    if (token.n > 1 && token.p[0] == '0' &&
        ((token.p[1] | 0x20) == 'x' || (token.p[1] >= '0' && token.p[1] <= '9')))
        return false;
    if (!tn_decimal_read(token.p, token.p + token.n, v))
        return false;
    v->negative = negative;
    return true;
}

bool tn_text_same(tern_str s, const char *lower)
{
    size_t i = 0;
    for (; i < s.n && lower[i]; i++)
        if ((s.p[i] | 0x20) != lower[i])
            return false;
    return i == s.n && !lower[i];
}

/* At most `most` digits at p that `is` takes, as a number of that base; *n counts them. */
static uint32_t number(const char *p, const char *end, unsigned most, bool (*is)(char),
                       unsigned base, unsigned *n)
{
    uint32_t v = 0;
    for (*n = 0; *n < most && p + *n < end && is(p[*n]); ++*n)
        v = v * base + digit_of(p[*n]);
    return v;
}

/* A character of Unicode as UTF-8. */
static char *put_character(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    const unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *out++ = (char)(0xff00 >> (more + 1) | c >> 6 * more);
    for (unsigned i = more; i-- > 0;)
        *out++ = (char)(0x80 | (c >> 6 * i & 0x3f));
    return out;
}

/* What one letter behind a backslash stands for; 0 when it stands for nothing by itself. */
static char letter(char c)
{
    switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '?':
    case '\\':
    case '\'':
    case '"': return c;
    default: return '\0';
    }
}

/* An escape, behind its backslash. Returns what is behind it, NULL when it is none. */
static const char *escape(const char *p, const char *end, char **out)
{
    unsigned n;
    const char c = *p;
    if (letter(c)) {
        *(*out)++ = letter(c);
        return p + 1;
    }
    if (is_octal(c)) {
        const uint32_t v = number(p, end, 3, is_octal, 8, &n);
        *(*out)++ = (char)v;
        return v > 0xff ? NULL : p + n;
    }
    if (c == 'x' || c == 'X') {
        const uint32_t v = number(p + 1, end, 2, is_hex, 16, &n);
        *(*out)++ = (char)v;
        return n ? p + 1 + n : NULL;
    }
    if (c != 'u' && c != 'U')
        return NULL;
    const unsigned digits = c == 'u' ? 4 : 8;
    const uint32_t v = number(p + 1, end, digits, is_hex, 16, &n);
    if (n != digits || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
        return NULL;
    *out = put_character(*out, v);
    return p + 1 + n;
}

char *tn_text_unescape(tern_str token, char *out, const char **bad, const char **at)
{
    const char *p = token.p + 1, *end = token.p + token.n - 1;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        const size_t plain = (size_t)((slash ? slash : end) - p);
        memcpy(out, p, plain);
        out += plain;
        p += plain;
        if (!slash)
            break;
        const char *next = escape(p + 1, end, &out);
        if (!next) {
            *bad = "a backslash with what it does not stand before";
            *at = p;
            return NULL;
        }
        p = next;
    }
    return out;
}
