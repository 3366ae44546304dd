/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_default.c: a default value as a descriptor writes it, for the field that it is for: numbers in
 * decimal, hexadecimal or octal, inf and nan, a value's name, text, bytes with C's escapes.
 */
#include "pb/pool.h"

#include "base/double.h"
#include "pb/names.h"

#include <math.h>
#include <string.h>

/* ---- numbers --------------------------------------------------------------------------------- */

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A' + 10);
    return 99;
}

/* An integer whose magnitude fits 64 bits; `negative` says on which side of zero. */
static bool read_integer(tern_str s, bool *negative, uint64_t *out)
{
    size_t i = 0;
    *negative = s.n && s.p[0] == '-';
    i += *negative;
    unsigned base = 10;
    if (i + 2 < s.n && s.p[i] == '0' && (s.p[i + 1] == 'x' || s.p[i + 1] == 'X')) {
        base = 16;
        i += 2;
    } else if (i + 1 < s.n && s.p[i] == '0') {
        base = 8;
    }
    if (i == s.n)
        return false;
    *out = 0;
    for (; i < s.n; i++) {
        const unsigned digit = digit_of(s.p[i]);
        if (digit >= base || __builtin_mul_overflow(*out, base, out) ||
            __builtin_add_overflow(*out, digit, out))
            return false;
    }
    return true;
}

/* Within the bits of the type. */
static bool read_signed(tern_str s, unsigned bits, int64_t *out)
{
    bool negative;
    uint64_t magnitude;
    if (!read_integer(s, &negative, &magnitude))
        return false;
    const uint64_t most = UINT64_C(1) << (bits - 1);
    if (magnitude > most - !negative)
        return false;
    *out = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

static bool read_unsigned(tern_str s, uint64_t most, uint64_t *out)
{
    bool negative;
    return read_integer(s, &negative, out) && !negative && *out <= most;
}

static bool read_float(tern_str s, tern_pb_value *v)
{
    const bool negative = s.n && s.p[0] == '-';
    const tern_str rest = { s.p + negative, s.n - negative };
    double known = 0;
    if (tern_str_equal(rest, TERN_STR("inf")))
        known = (double)INFINITY;
    else if (tern_str_equal(rest, TERN_STR("nan")))
        known = (double)NAN;
    if (known != 0) {
        known = negative ? -known : known;
        *v = v->is == TERN_PB_IS_FLOAT ? tern_pb_float((float)known) : tern_pb_double(known);
        return true;
    }
    tn_decimal decimal;
    if (tn_decimal_read(s.p, s.p + s.n, &decimal) != s.p + s.n)
        return false;
    *v = v->is == TERN_PB_IS_FLOAT ? tern_pb_float(tn_decimal_float(&decimal))
                                   : tern_pb_double(tn_decimal_double(&decimal));
    return true;
}

static bool read_number(tern_str s, tern_pb_value *v)
{
    int64_t i = 0;
    uint64_t u = 0;
    bool fine = false;
    switch (v->is) {
    case TERN_PB_IS_I32:
        fine = read_signed(s, 32, &i);
        *v = tern_pb_i32((int32_t)i);
        return fine;
    case TERN_PB_IS_I64:
        fine = read_signed(s, 64, &i);
        *v = tern_pb_i64(i);
        return fine;
    case TERN_PB_IS_U32:
        fine = read_unsigned(s, UINT32_MAX, &u);
        *v = tern_pb_u32((uint32_t)u);
        return fine;
    case TERN_PB_IS_U64:
        fine = read_unsigned(s, UINT64_MAX, &u);
        *v = tern_pb_u64(u);
        return fine;
    default: return read_float(s, v);
    }
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* The byte behind a backslash at p, up to end; returns what is behind it, or NULL. */
static const char *read_escape(const char *p, const char *end, uint8_t *out)
{
    static const char names[] = "abfnrtv\\'\"?", values[] = "\a\b\f\n\r\t\v\\'\"?";
    unsigned v = 0;
    if (p == end)
        return NULL;
    if (*p >= '0' && *p <= '7') {
        for (unsigned i = 0; i < 3 && p < end && *p >= '0' && *p <= '7'; i++)
            v = v * 8 + digit_of(*p++);
    } else if (*p == 'x' || *p == 'X') {
        const char *first = ++p;
        for (; p < end && digit_of(*p) < 16 && v <= UINT8_MAX; p++)
            v = v * 16 + digit_of(*p);
        if (p == first)
            return NULL;
    } else {
        const char *at = *p ? strchr(names, *p) : NULL;
        if (!at)
            return NULL;
        v = (uint8_t)values[at - names];
        p++;
    }
    *out = (uint8_t)v;
    return v <= UINT8_MAX ? p : NULL;
}

static bool unescape(uint8_t *out, tern_str s, size_t *n)
{
    const char *p = s.p, *end = s.p + s.n;
    for (*n = 0; p && p < end; (*n)++) {
        if (*p != '\\')
            out[*n] = (uint8_t)*p++;
        else
            p = read_escape(p + 1, end, &out[*n]);
    }
    return p != NULL;
}

/* ---- of a field ------------------------------------------------------------------------------ */

static tern_code bad(tn_pb_batch *b, const tn_pb_def_field *f, const char *what)
{
    return tn_pb_batch_bad(b, f->def.file, f->def.full_name, "%s", what);
}

static tern_code read_bytes(tn_pb_batch *b, tn_pb_def_field *f, tern_pb_value *v)
{
    const tern_str text = f->proto->default_value;
    size_t n = 0;
    uint8_t *p = tn_pb_batch_alloc(b, text.n + 1, 1);
    if (!p)
        return TERN_RESOURCE_EXHAUSTED;
    if (!unescape(p, text, &n))
        return bad(b, f, "its default is no bytes");
    p[n] = '\0';
    *v = tern_pb_bytes((tern_bytes){ p, n });
    return TERN_OK;
}

static tern_code read_enum(tn_pb_batch *b, tn_pb_def_field *f, tern_pb_value *v)
{
    const tern_pb_enum_value *found =
        tn_pb_enum_find_name(f->enumeration->use, f->proto->default_value);
    if (!found)
        return bad(b, f, "its default is no value of its enum");
    *v = tern_pb_i32(found->number);
    return TERN_OK;
}

static tern_code read_value(tn_pb_batch *b, tn_pb_def_field *f, tern_pb_value *v)
{
    const tern_str text = f->proto->default_value;
    switch (v->is) {
    case TERN_PB_IS_BOOL:
        if (!tern_str_equal(text, TERN_STR("true")) && !tern_str_equal(text, TERN_STR("false")))
            return bad(b, f, "its default is neither true nor false");
        *v = tern_pb_bool(text.n == 4);
        return TERN_OK;
    case TERN_PB_IS_STR: *v = tern_pb_str(text); return TERN_OK;
    case TERN_PB_IS_BYTES: return read_bytes(b, f, v);
    case TERN_PB_IS_MESSAGE: return bad(b, f, "a message has no default");
    default: break;
    }
    if (f->enumeration)
        return read_enum(b, f, v);
    return read_number(text, v) ? TERN_OK : bad(b, f, "its default is not of its type");
}

tern_code tn_pb_default_read(tn_pb_batch *b, tn_pb_def_field *f)
{
    if (!f->proto->default_value.p)
        return TERN_OK;
    if (f->mode == TERN_PB_REPEATED || f->mode == TERN_PB_PACKED || f->mode == TERN_PB_MAP)
        return bad(b, f, "a repeated field has no default");
    tern_pb_value *v = tn_pb_batch_alloc(b, 1, sizeof(*v));
    if (!v)
        return TERN_RESOURCE_EXHAUSTED;
    v->is = tn_pb_is_of((tern_pb_type)f->type);
    f->default_value = v;
    return read_value(b, f, v);
}
