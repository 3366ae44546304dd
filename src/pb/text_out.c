/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_out.c: values as text format.
 */
#include "pb/text_out.h"

#include "base/double.h"
#include "base/utf8.h"
#include "pb/names.h"

/* More than the longest number. */
enum { NUMBER_MAX = 32, FIRST = 256 };

_Static_assert((int)NUMBER_MAX >= (int)TN_DOUBLE_CHARS, "a double fits");

char *tn_text_room(tn_text_out *out, size_t n)
{
    if (TN_LIKELY(n <= out->cap - out->n))
        return out->p + out->n;
    size_t cap = out->cap ? out->cap : FIRST;
    while (cap - out->n < n && cap <= SIZE_MAX / 2)
        cap *= 2;
    char *p = NULL;
    if (!out->failed && cap - out->n >= n)
        p = tern_arena_grow(out->arena, out->p, out->cap, cap);
    if (!p) {
        out->failed = true;
        return NULL;
    }
    out->p = p;
    out->cap = cap;
    return out->p + out->n;
}

void tn_text_put_u64(tn_text_out *out, uint64_t v)
{
    char *to = tn_text_room(out, NUMBER_MAX);
    if (to)
        out->n = (size_t)(tn_u64_write(to, v) - out->p);
}

void tn_text_put_hex(tn_text_out *out, uint64_t v, unsigned digits)
{
    char text[2 + 16] = "0x";
    for (unsigned i = 0; i < digits; i++)
        text[2 + i] = "0123456789abcdef"[v >> 4 * (digits - 1 - i) & 15];
    tn_text_put(out, text, 2 + digits);
}

static void put_i64(tn_text_out *out, int64_t v)
{
    if (v < 0)
        tn_text_put(out, "-", 1);
    tn_text_put_u64(out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static void put_double(tn_text_out *out, double v, bool narrow)
{
    char *to = tn_text_room(out, NUMBER_MAX);
    if (!to)
        return;
    if (v != v)
        tn_text_puts(out, "nan");
    else if (v - v != 0)
        tn_text_puts(out, v < 0 ? "-inf" : "inf");
    else
        out->n += narrow ? tn_float_write(to, (float)v) : tn_double_write(to, v);
}

static void put_enum(tn_text_out *out, const tern_pb_table *table, const tern_pb_field *f,
                     int32_t v)
{
    const tern_pb_enum *e = tn_pb_enum_of(table, f);
    const tern_pb_enum_value *value = tn_pb_enum_find(e, v);
    if (value)
        tn_text_puts(out, e->names + value->name);
    else
        put_i64(out, v);
}

/* The letter that stands behind the backslash for c; 0: none does. */
static char letter(char c)
{
    switch (c) {
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '"':
    case '\\': return c;
    default: return '\0';
    }
}

static bool is_plain(char c, bool utf8)
{
    const unsigned char octet = (unsigned char)c;
    return (octet >= 0x20 && octet < 0x7f && c != '"' && c != '\\') || (utf8 && octet >= 0x80);
}

void tn_text_put_string(tn_text_out *out, const char *p, size_t n, bool utf8)
{
    utf8 = utf8 && tn_utf8_valid(p, n);
    tn_text_put(out, "\"", 1);
    for (size_t i = 0; i < n;) {
        size_t plain = 0;
        while (i + plain < n && is_plain(p[i + plain], utf8))
            plain++;
        if (plain)
            tn_text_put(out, p + i, plain);
        i += plain;
        if (i == n)
            break;
        const unsigned char octet = (unsigned char)p[i++];
        const char escape[] = { '\\', (char)('0' + (octet >> 6)), (char)('0' + (octet >> 3 & 7)),
                                (char)('0' + (octet & 7)) };
        const char shorter[] = { '\\', letter((char)octet) };
        if (shorter[1])
            tn_text_put(out, shorter, sizeof(shorter));
        else
            tn_text_put(out, escape, sizeof(escape));
    }
    tn_text_put(out, "\"", 1);
}

void tn_text_put_value(tn_text_out *out, const tern_pb_table *table, const tern_pb_field *f,
                       const void *value)
{
    const tern_pb_type type = tn_pb_type_of(f);
    switch (type) {
    case TERN_PB_DOUBLE: put_double(out, *(const double *)value, false); break;
    case TERN_PB_FLOAT: put_double(out, (double)*(const float *)value, true); break;
    case TERN_PB_INT32:
    case TERN_PB_SINT32:
    case TERN_PB_SFIXED32: put_i64(out, *(const tn_pb_i32 *)value); break;
    case TERN_PB_INT64:
    case TERN_PB_SINT64:
    case TERN_PB_SFIXED64: put_i64(out, (int64_t) * (const tn_pb_u64 *)value); break;
    case TERN_PB_UINT32:
    case TERN_PB_FIXED32: tn_text_put_u64(out, *(const tn_pb_u32 *)value); break;
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64: tn_text_put_u64(out, *(const tn_pb_u64 *)value); break;
    case TERN_PB_BOOL: tn_text_puts(out, *(const bool *)value ? "true" : "false"); break;
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM: put_enum(out, table, f, *(const tn_pb_i32 *)value); break;
    case TERN_PB_STRING:
    case TERN_PB_BYTES: {
        const tn_pb_str *s = value;
        tn_text_put_string(out, s->p ? s->p : "", s->n, type == TERN_PB_STRING);
        break;
    }
    default: break;
    }
}
