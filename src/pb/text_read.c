/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_read.c: one value of text format into a field.
 */
#include "base/utf8.h"
#include "pb/names.h"
#include "pb/text_parse.h"
#include "pb/walk.h"

typedef union value {
    double d;
    float f;
    uint64_t u64;
    int64_t i64;
    uint32_t u32;
    int32_t i32;
    bool b;
    tn_pb_str s;
} value;

/* A '-' and an integer within -min to max, which *v is in two's complement. */
static tern_code read_int(tn_text_parser *p, uint64_t min, uint64_t max, uint64_t *v)
{
    const char *where = p->lex.at;
    const bool minus = p->lex.kind == '-';
    if (minus && min)
        tn_text_next(&p->lex);
    if (p->lex.kind != TN_TEXT_INT)
        return tn_text_unexpected(p, min ? "an integer is wanted here"
                                         : "an integer that is not negative is wanted here");
    const tern_str token = tn_text_token(&p->lex);
    if (!tn_text_u64(token, v) || *v > (minus ? min : max))
        return tn_text_wrong(p, where, "the number is out of range", token);
    if (minus)
        *v = 0 - *v;
    tn_text_next(&p->lex);
    return TERN_OK;
}

/* inf, infinity or nan, or a decimal number; *narrow is it rounded to a float at once. */
static tern_code read_double(tn_text_parser *p, double *v, float *narrow)
{
    const bool minus = tn_text_take(&p->lex, '-');
    const tern_str token = tn_text_token(&p->lex);
    if (p->lex.kind == TN_TEXT_IDENT) {
        if (tn_text_same(token, "nan"))
            *v = __builtin_nan("");
        else if (tn_text_same(token, "inf") || tn_text_same(token, "infinity"))
            *v = __builtin_inf();
        else
            return tn_text_unexpected(p, "a number is wanted here");
        *v = minus ? -*v : *v;
        *narrow = (float)*v;
    } else {
        tn_decimal decimal;
        if (p->lex.kind != TN_TEXT_INT && p->lex.kind != TN_TEXT_FLOAT)
            return tn_text_unexpected(p, "a number is wanted here");
        if (!tn_text_decimal(token, minus, &decimal))
            return tn_text_unexpected(p, "a decimal number is wanted here");
        *v = tn_decimal_double(&decimal);
        *narrow = tn_decimal_float(&decimal);
    }
    tn_text_next(&p->lex);
    return TERN_OK;
}

static tern_code read_bool(tn_text_parser *p, bool *v)
{
    static const char *const words[] = { "false", "False", "f", "true", "True", "t" };
    if (p->lex.kind == TN_TEXT_INT) {
        uint64_t number = 0;
        TN_TRY(read_int(p, 0, 1, &number));
        *v = number != 0;
        return TERN_OK;
    }
    for (unsigned i = 0; p->lex.kind == TN_TEXT_IDENT && i < 6; i++) {
        if (tern_str_equal(tn_text_token(&p->lex), tern_str_of(words[i]))) {
            *v = i >= 3;
            tn_text_next(&p->lex);
            return TERN_OK;
        }
    }
    return tn_text_unexpected(p, "true or false is wanted here");
}

static tern_code read_enum(tn_text_parser *p, const tn_text_target *to, int32_t *v)
{
    const tern_pb_enum *e = tn_pb_enum_of(to->table, to->field);
    const char *where = p->lex.at;
    const tern_str token = tn_text_token(&p->lex);
    if (p->lex.kind == TN_TEXT_IDENT) {
        const tern_pb_enum_value *named = tn_pb_enum_find_name(e, token);
        if (!named)
            return tn_text_wrong(p, where, "its enum has no such value", token);
        *v = named->number;
        tn_text_next(&p->lex);
        return TERN_OK;
    }
    if (p->lex.kind != TN_TEXT_INT && p->lex.kind != '-')
        return tn_text_unexpected(p, "a name or number of its enum is wanted here");
    uint64_t number = 0;
    TN_TRY(read_int(p, (uint64_t)INT32_MAX + 1, INT32_MAX, &number));
    *v = (int32_t)(uint32_t)number;
    if (tn_pb_type_of(to->field) == TERN_PB_CLOSED_ENUM && !tn_pb_enum_find(e, *v))
        return tn_text_wrong(p, where, "its enum has no such number", token);
    return TERN_OK;
}

/* The literals from here on that are one string; returns the room they need at most. */
static size_t string_room(const tn_text_lex *from)
{
    tn_text_lex lex = *from;
    size_t n = 0;
    for (; lex.kind == TN_TEXT_STRING; tn_text_next(&lex))
        n += tn_text_token(&lex).n;
    return n;
}

static tern_code read_string(tn_text_parser *p, const tern_pb_field *f, tn_pb_str *v)
{
    const char *where = p->lex.at;
    if (p->lex.kind != TN_TEXT_STRING)
        return tn_text_unexpected(p, "a string in quotes is wanted here");
    const size_t room = string_room(&p->lex);
    char *text = tn_pb_spend(&p->mem, room) ? tn_arena_take1(p->mem.arena, room) : NULL;
    if (!text)
        return tn_text_no_memory(p);
    char *end = text;
    for (; p->lex.kind == TN_TEXT_STRING; tn_text_next(&p->lex)) {
        const char *bad, *at;
        end = tn_text_unescape(tn_text_token(&p->lex), end, &bad, &at);
        if (!end)
            return tn_text_wrong(p, at, bad, (tern_str){ at, 2 });
    }
    *end = '\0'; /* where a quote was */
    *v = (tn_pb_str){ text, (size_t)(end - text) };
    tn_arena_shrink(p->mem.arena, text, room, v->n + 1);
    if ((f->flags & TERN_PB_UTF8) && !tn_utf8_valid(v->p, v->n))
        return tn_text_wrong(p, where, "the string is not UTF-8", (tern_str){ NULL, 0 });
    return TERN_OK;
}

static tern_code read_any_type(tn_text_parser *p, const tn_text_target *to, value *v)
{
    const uint64_t i32_min = (uint64_t)INT32_MAX + 1, i64_min = (uint64_t)INT64_MAX + 1;
    float narrow = 0;
    switch (tn_pb_type_of(to->field)) {
    case TERN_PB_DOUBLE: return read_double(p, &v->d, &narrow);
    case TERN_PB_FLOAT: {
        double wide = 0;
        TN_TRY(read_double(p, &wide, &narrow));
        v->f = narrow;
        return TERN_OK;
    }
    case TERN_PB_INT32:
    case TERN_PB_SINT32:
    case TERN_PB_SFIXED32: {
        uint64_t wide = 0;
        TN_TRY(read_int(p, i32_min, INT32_MAX, &wide));
        v->i32 = (int32_t)(uint32_t)wide;
        return TERN_OK;
    }
    case TERN_PB_UINT32:
    case TERN_PB_FIXED32: {
        uint64_t wide = 0;
        TN_TRY(read_int(p, 0, UINT32_MAX, &wide));
        v->u32 = (uint32_t)wide;
        return TERN_OK;
    }
    case TERN_PB_INT64:
    case TERN_PB_SINT64:
    case TERN_PB_SFIXED64: return read_int(p, i64_min, INT64_MAX, &v->u64);
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64: return read_int(p, 0, UINT64_MAX, &v->u64);
    case TERN_PB_BOOL: return read_bool(p, &v->b);
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM: return read_enum(p, to, &v->i32);
    default: return read_string(p, to->field, &v->s);
    }
}

tern_code tn_text_read_value(tn_text_parser *p, const tn_text_target *to)
{
    value v;
    const tern_pb_field *f = to->field;
    const tern_pb_mode mode = tn_pb_mode_of(f);
    const size_t size = tn_pb_type_size(tn_pb_type_of(f));
    char *slot = to->base + f->offset;
    TN_TRY(read_any_type(p, to, &v));
    if (mode == TERN_PB_REPEATED || mode == TERN_PB_PACKED) {
        tn_pb_array *array = (tn_pb_array *)(void *)slot;
        if (!tn_pb_reserve(&p->mem, array, 1, size))
            return tn_text_no_memory(p);
        slot = array->p + array->n++ * size;
    } else if (mode == TERN_PB_ONEOF) {
        *tn_pb_which(to->base, f) = tn_pb_number_of(f);
    } else if (mode == TERN_PB_EXPLICIT && !tn_pb_is_string(tn_pb_type_of(f))) {
        tn_pb_has_set(to->table, to->base, f);
    }
    memcpy(slot, &v, size);
    return TERN_OK;
}

tern_code tn_text_skip_value(tn_text_parser *p)
{
    if (p->lex.kind == TN_TEXT_STRING) {
        while (p->lex.kind == TN_TEXT_STRING)
            tn_text_next(&p->lex);
        return TERN_OK;
    }
    const bool minus = tn_text_take(&p->lex, '-');
    const char kind = p->lex.kind;
    if (kind != TN_TEXT_IDENT && kind != TN_TEXT_INT && kind != TN_TEXT_FLOAT)
        return tn_text_unexpected(p, minus ? "a number is wanted here" : "a value is wanted here");
    tn_text_next(&p->lex);
    return TERN_OK;
}
