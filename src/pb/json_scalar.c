/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scalar.c: parsing the values that are no messages, and the names of enum values.
 *
 * Each type has a short way for what is printed most, and leaves all other forms to a long one.
 */
#include "pb/json_parse.h"
#include "pb/json_wkt.h"
#include "pb/names.h"

#include <stdio.h>
#include <string.h>

tn_json_name *tn_json_recall(tn_json_parser *j, const void *owner, const char *p, size_t n,
                             uint8_t **slot)
{
    uint64_t v = tn_pb_load64(p + 1);
    v = n >= 8 ? v ^ tn_pb_load64(p + 1 + n - 8) * 3 : v & ((UINT64_C(1) << (8 * n)) - 1);
    v = (v ^ (uint64_t)(uintptr_t)owner << 3 ^ n) * UINT64_C(0x9e3779b97f4a7c15);
    const size_t home = v >> 56;
    for (size_t i = 0; i < TN_JSON_PROBES; i++) {
        uint8_t *const at = &j->slots[(home + i) % TN_JSON_SLOTS];
        *slot = at;
        if (!*at)
            return NULL;
        tn_json_name *e = &j->names[*at];
        if (e->owner == owner && tn_json_matches(e, p))
            return e;
    }
    *slot = &j->slots[home];
    return NULL;
}

tn_json_name *tn_json_remember(tn_json_parser *j, uint8_t *slot, const void *owner, const char *p,
                               size_t n, bool colon)
{
    if (!*slot) /* when all are taken, they are taken in turn */
        *slot = (uint8_t)(j->name_n++ % TN_JSON_NAMES + 1);
    tn_json_name *e = &j->names[*slot];
    *e = (tn_json_name){ .owner = owner, .next = j->names, .first = j->names };
    memcpy(e->text, p, n);
    e->text[n++] = '"';
    if (colon)
        e->text[n++] = ':';
    e->n = (uint32_t)n;
    e->wanted = (uint32_t)((UINT64_C(1) << n) - 1);
    return e;
}

static TN_JSON_APART bool in_range(tern_pb_type type, const tn_decimal *d, uint64_t *out)
{
    int64_t i = 0;
    uint64_t u = 0;
    switch (type) {
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64: return tn_decimal_u64(d, out);
    case TERN_PB_UINT32:
    case TERN_PB_FIXED32:
        if (!tn_decimal_u64(d, &u) || u > UINT32_MAX)
            return false;
        *out = u;
        return true;
    case TERN_PB_INT64:
    case TERN_PB_SINT64:
    case TERN_PB_SFIXED64:
        if (!tn_decimal_i64(d, &i))
            return false;
        break;
    default:
        if (!tn_decimal_i64(d, &i) || i < INT32_MIN || i > INT32_MAX)
            return false;
    }
    *out = (uint64_t)i;
    return true;
}

/* An integer in any form but the plain one. */
static TN_JSON_RARE char *long_integer(tn_json_parser *j, char *p, tern_pb_type type, uint64_t *out)
{
    tn_decimal d;
    char *next = tn_json_number(&j->r, p, &d);
    if (next && !in_range(type, &d, out))
        return tn_json_bad(j, p,
                           d.integer || (d.exponent >= 0 && !d.more) ? "is out of range"
                                                                     : "is not an integer");
    return next;
}

/* Digits that fit whatever the type; as a number or in quotes. */
static inline char *integer(tn_json_parser *j, char *p, tern_pb_type type, uint64_t most,
                            uint64_t *out)
{
    const char *q = p + (*p == '"');
    uint64_t v = (unsigned char)(*q - '0');
    if (TN_UNLIKELY(v > 9 || (v == 0 && (unsigned char)(q[1] - '0') < 10)))
        return long_integer(j, p, type, out);
    const char *const first = q++;
    for (; (unsigned char)(*q - '0') < 10 && q - first < 18; q++)
        v = v * 10 + (unsigned char)(*q - '0');
    if (TN_UNLIKELY(v > most || (unsigned char)(*q - '0') < 10 || *q == '.' || (*q | 32) == 'e'))
        return long_integer(j, p, type, out);
    if (*p == '"') {
        if (TN_UNLIKELY(*q != '"'))
            return long_integer(j, p, type, out);
        q++;
    }
    *out = v;
    return p + (q - p);
}

static char *boolean(tn_json_parser *j, char *p, bool *out)
{
    *out = *p == 't';
    if (tn_json_word(p, "true", 4))
        return p + 4;
    if (tn_json_word(p, "false", 5))
        return p + 5;
    return tn_json_bad(j, p, "is neither true nor false");
}

/* NaN and the infinities, which are strings. */
static TN_JSON_RARE char *not_finite(char *p, double *out)
{
    static const struct {
        char text[12];
        uint8_t n;
    } rows[] = { { "\"NaN\"", 5 }, { "\"Infinity\"", 10 }, { "\"-Infinity\"", 11 } };
    for (unsigned i = 0; i < 3; i++)
        if (tn_json_word(p, rows[i].text, rows[i].n)) {
            *out = i == 0 ? __builtin_nan("") : i == 1 ? __builtin_inf() : -__builtin_inf();
            return p + rows[i].n;
        }
    return NULL;
}

static TN_JSON_APART char *real(tn_json_parser *j, char *p, bool is_float, void *slot)
{
    tn_decimal d;
    double v = 0;
    float f = 0;
    char *next = *p == '"' ? not_finite(p, &v) : NULL;
    if (next) {
        f = (float)v;
    } else {
        next = tn_json_number(&j->r, p, &d);
        if (!next)
            return NULL;
        if (is_float)
            f = tn_decimal_float(&d);
        else
            v = tn_decimal_double(&d);
        if (f - f != 0 || v - v != 0)
            return tn_json_bad(j, p, "is out of range");
    }
    memcpy(slot, is_float ? (const void *)&f : (const void *)&v, is_float ? sizeof(f) : sizeof(v));
    return next;
}

static TN_JSON_APART char *bytes(tn_json_parser *j, char *p, tn_pb_str *out)
{
    tn_pb_str s;
    char *next = tn_json_string(&j->r, p, &s);
    if (!next)
        return NULL;
    const size_t n = tn_json_base64(p + 1, s.n);
    if (n == SIZE_MAX)
        return tn_json_bad(j, p, "is not base64");
    p[1 + n] = '\0';
    *out = (tn_pb_str){ p + 1, n };
    return next;
}

/* The name of an enum's value that nobody remembers. */
static TN_JSON_APART char *long_enum(tn_json_parser *j, char *p, const tern_pb_enum *e,
                                     int32_t *out, tn_json_name *at)
{
    const size_t n = tn_json_short_name(p);
    uint8_t *slot = NULL;
    tn_json_name *known = n ? tn_json_recall(j, e, p, n, &slot) : NULL;
    if (known) {
        at->first = known;
        *out = known->number;
        return p + 1 + known->n;
    }
    tn_pb_str name;
    char *next = tn_json_string(&j->r, p, &name);
    if (!next)
        return NULL;
    const tern_pb_enum_value *value = tn_pb_enum_find_name(e, (tern_str){ name.p, name.n });
    if (!value) {
        j->passed_over = true;
        if (j->opts.ignore_unknown)
            return next;
        (void)snprintf(j->said, sizeof(j->said), "%s has no value of that name", e->full_name);
        return tn_json_bad(j, p, j->said);
    }
    if (slot) {
        known = tn_json_remember(j, slot, e, name.p, n, false);
        known->number = value->number;
        at->first = known;
    }
    *out = value->number;
    return next;
}

static char *enumeration(tn_json_parser *j, char *p, const tern_pb_enum *e, int32_t *out,
                         tn_json_name *at)
{
    uint64_t v = 0;
    if (TN_LIKELY(*p == '"')) {
        const tn_json_name *guess = at->first;
        if (TN_UNLIKELY(guess->owner != e || !tn_json_matches(guess, p)))
            return long_enum(j, p, e, out, at);
        *out = guess->number;
        return p + 1 + guess->n;
    }
    if (*p == 'n' && (e->flags & TERN_PB_NULL_VALUE) && tn_json_word(p, "null", 4)) {
        *out = 0;
        return p + 4;
    }
    char *next = integer(j, p, TERN_PB_INT32, INT32_MAX, &v);
    if (!next)
        return NULL;
    if (TN_UNLIKELY(e->flags & TERN_PB_CLOSED) && !tn_pb_enum_find(e, (int32_t)v)) {
        j->passed_over = true;
        return j->opts.ignore_unknown ? next : tn_json_bad(j, p, "is no value of its closed enum");
    }
    *out = (int32_t)v;
    return next;
}

char *tn_json_scalar(tn_json_parser *j, char *p, const tern_pb_table *table, const tern_pb_field *f,
                     void *slot, tn_json_name *at)
{
    uint64_t v = 0;
    switch (tn_pb_type_of(f)) {
    case TERN_PB_STRING: return tn_json_string_fast(&j->r, p, slot);
    case TERN_PB_BYTES: return bytes(j, p, slot);
    case TERN_PB_BOOL: return boolean(j, p, slot);
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM: return enumeration(j, p, tn_pb_enum_of(table, f), slot, at);
    case TERN_PB_DOUBLE: return real(j, p, false, slot);
    case TERN_PB_FLOAT: return real(j, p, true, slot);
    case TERN_PB_INT64:
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64:
    case TERN_PB_SFIXED64:
    case TERN_PB_SINT64:
        p = integer(j, p, tn_pb_type_of(f), INT64_MAX, &v);
        if (TN_LIKELY(p != NULL))
            memcpy(slot, &v, sizeof(v));
        return p;
    default:
        p = integer(j, p, tn_pb_type_of(f), INT32_MAX, &v);
        if (TN_LIKELY(p != NULL))
            *(tn_pb_u32 *)slot = (uint32_t)v;
        return p;
    }
}
