/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_read.c: escapes, numbers, and values that nobody wants.
 */
#include "pb/json_read.h"

#include <string.h>

const char tn_json_too_deep[] = "nested deeper than max_depth";

/* Four hexadecimal digits; UINT32_MAX when they are none. */
static uint32_t hex4(const char *p)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        const char c = p[i];
        const uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                               : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                               : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                      : UINT32_MAX;
        if (digit == UINT32_MAX)
            return UINT32_MAX;
        v = v << 4 | digit;
    }
    return v;
}

/* The character of \uXXXX, or of a pair of them, at *p, which moves behind it. */
static uint32_t unicode(const char **p)
{
    const uint32_t first = hex4(*p + 2);
    if (first == UINT32_MAX || (first & 0xfc00) == 0xdc00)
        return UINT32_MAX;
    *p += 6;
    if ((first & 0xfc00) != 0xd800)
        return first;
    const uint32_t second = (*p)[0] == '\\' && (*p)[1] == 'u' ? hex4(*p + 2) : 0;
    if ((second & ~UINT32_C(0x3ff)) != 0xdc00)
        return UINT32_MAX;
    *p += 6;
    return 0x10000 + ((first & 0x3ff) << 10 | (second & 0x3ff));
}

static unsigned put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const unsigned n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (unsigned i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00u >> n & 0xff) | c);
    return n;
}

/* The escape at *p, which moves behind it, as UTF-8 of n bytes; 0: there is no such escape. */
static unsigned escape(const char **p, char out[4])
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char c = (*p)[1];
    if (c == 'u') {
        const uint32_t v = unicode(p);
        return v == UINT32_MAX ? 0 : put_utf8(out, v);
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return 0;
    *p += 2;
    out[0] = to[found - from];
    return 1;
}

/* The characters from p on up to the closing quote, decoded to out; out may be p, or NULL for nowhere. The
 * place of that quote. */
static const char *decode(tn_json_reader *r, const char *p, char *out, size_t *n)
{
    char *const first = out;
    for (;;) {
        const unsigned plain = tn_json_plain16(p);
        if (out) {
            memmove(out, p, plain);
            out += plain;
        }
        p += plain;
        if (plain == 16)
            continue;
        if (*p == '"') {
            *n = (size_t)(out - first);
            return p;
        }
        char bytes[4];
        if (*p != '\\')
            return tn_json_wrong(r, p,
                                 p < r->end ? "a control character in a string"
                                            : "the text ends inside a string");
        const char *const at = p;
        const unsigned length = escape(&p, bytes);
        if (!length)
            return tn_json_wrong(r, at, "an escape that JSON does not have");
        if (out) {
            memcpy(out, bytes, length);
            out += length;
        }
    }
}

char *tn_json_string_from(tn_json_reader *r, char *p, char *q, tn_pb_str *out)
{
    size_t n;
    const char *quote = decode(r, q, q, &n);
    if (!quote)
        return NULL;
    q[n] = '\0';
    *out = (tn_pb_str){ p + 1, (size_t)(q - p - 1) + n };
    return q + (quote - q) + 1;
}

char *tn_json_string(tn_json_reader *r, char *p, tn_pb_str *out)
{
    return tn_json_string_fast(r, p, out);
}

const char *tn_json_string_copy(tn_json_reader *r, const char *p, char *out, size_t *n)
{
    if (*p != '"')
        return tn_json_wrong(r, p, "is not a string");
    const char *quote = decode(r, p + 1, out, n);
    return quote ? quote + 1 : NULL;
}

char *tn_json_skip_string(tn_json_reader *r, char *p)
{
    size_t n;
    if (*p != '"')
        return tn_json_wrong(r, p, "a name in quotes is wanted here");
    const char *quote = decode(r, p + 1, NULL, &n);
    return quote ? p + (quote - p) + 1 : NULL;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static const char *strict_number(const char *p, const char *end, tn_decimal *out)
{
    const char *behind = tn_decimal_read(p, end, out);
    return behind && out->whole_part && out->fraction && !out->zero_first ? behind : NULL;
}

char *tn_json_number(tn_json_reader *r, char *p, tn_decimal *out)
{
    tn_pb_str s;
    if (*p != '"') {
        const char *behind = strict_number(p, r->end, out);
        return behind ? p + (behind - p) : tn_json_wrong(r, p, "is not a number");
    }
    char *next = tn_json_string(r, p, &s);
    if (next && strict_number(s.p, s.p + s.n, out) != s.p + s.n)
        return tn_json_wrong(r, p, "is not a number");
    return next;
}

/* ---- skipping -------------------------------------------------------------------------------- */

/* A value without brackets. */
static TN_JSON_APART char *skip_simple(tn_json_reader *r, char *p)
{
    tn_decimal d;
    if (*p == '"')
        return tn_json_skip_string(r, p);
    if (tn_json_word(p, "true", 4) || tn_json_word(p, "null", 4))
        return p + 4;
    if (tn_json_word(p, "false", 5))
        return p + 5;
    const char *behind = strict_number(p, r->end, &d);
    return behind ? p + (behind - p) : tn_json_wrong(r, p, "is no JSON value");
}

/* A name and its colon. */
static TN_JSON_APART char *skip_name(tn_json_reader *r, char *p)
{
    p = tn_json_skip_string(r, p);
    if (!p)
        return NULL;
    p = tn_json_space(p);
    return *p == ':' ? tn_json_space(p + 1) : tn_json_wrong(r, p, "a colon is wanted here");
}

char *tn_json_skip(tn_json_reader *r, char *p, unsigned depth)
{
    bool object[TN_PB_DEPTH_MAX + 1]; /* what is open, innermost last */
    unsigned open = 0;
    for (;;) {
        p = tn_json_space(p);
        if (*p == '{' || *p == '[') {
            if (open == depth)
                return tn_json_wrong(r, p, tn_json_too_deep);
            object[open++] = *p == '{';
            p = tn_json_space(p + 1);
            if (*p != (object[open - 1] ? '}' : ']')) {
                if (object[open - 1] && !(p = skip_name(r, p)))
                    return NULL;
                continue;
            }
        } else if (!(p = skip_simple(r, p))) {
            return NULL;
        }
        /* Behind a value, or at the bracket that closes an empty one. */
        while (open) {
            p = tn_json_space(p);
            if (*p == (object[open - 1] ? '}' : ']')) {
                open--;
                p++;
            } else {
                break;
            }
        }
        if (!open)
            return p;
        if (*p != ',')
            return tn_json_wrong(r, p, "a comma or a closing bracket is wanted here");
        p = tn_json_space(p + 1);
        if (object[open - 1] && !(p = skip_name(r, p)))
            return NULL;
    }
}
