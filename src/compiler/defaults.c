/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defaults.c: what `default = ...` and the first value of an enum mean for reading an absent field.
 *
 * The value stands in the descriptor as text: numbers in decimal, names of enum values, strings as they
 * are and bytes with the escapes of C. All of it is checked before it becomes C.
 */
#include "base/double.h"
#include "compiler/write.h"

/* The value that an absent enum has. */
static size_t enum_default(const tn_gen_field *f)
{
    const tn_gen_enum *e = f->enumeration;
    for (size_t i = 0; f->proto->default_value.n && i < e->proto->value.n; i++)
        if (tern_str_equal(e->proto->value.p[i]->name, f->proto->default_value))
            return i;
    return 0;
}

static bool may_have_one(const tn_gen_field *f)
{
    return (f->mode == TERN_PB_EXPLICIT || f->mode == TERN_PB_ONEOF) && !f->sub;
}

bool tn_gen_has_default(const tn_gen_field *f)
{
    if (!may_have_one(f))
        return false;
    const tern_str text = f->proto->default_value;
    if (f->enumeration)
        return f->enumeration->proto->value.p[enum_default(f)]->number != 0;
    if (f->type == TERN_PB_STRING || f->type == TERN_PB_BYTES)
        return text.n != 0;
    if (f->type == TERN_PB_BOOL)
        return tern_str_equal(text, TERN_STR("true"));
    const bool real = f->type == TERN_PB_FLOAT || f->type == TERN_PB_DOUBLE;
    for (size_t i = 0; i < text.n && text.p[i] != 'e'; i++)
        if ((text.p[i] >= '1' && text.p[i] <= '9') || (real && strchr("-in", text.p[i])))
            return true;
    return false;
}

/* ---- checks ----------------------------------------------------------------------------------- */

static size_t digits(tern_str s, size_t at)
{
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
        at++;
    return at;
}

/* -1, -1.5, 1e+30, inf, nan. Compilers write the same number in several ways: it becomes ours. */
static tern_code real_in_one_form(tn_gen *g, tn_gen_field *f, bool *proper)
{
    const tern_str s = f->proto->default_value;
    const bool minus = s.n && s.p[0] == '-';
    const tern_str word = { s.p + minus, s.n - minus };
    tn_decimal number;
    char text[TN_DOUBLE_CHARS];
    const bool narrow = f->type == TERN_PB_FLOAT;
    *proper = true;
    if (tern_str_equal(word, TERN_STR("nan")))
        f->proto->default_value = word;
    if (tern_str_equal(word, TERN_STR("nan")) || tern_str_equal(word, TERN_STR("inf")))
        return TERN_OK;
    *proper = tn_decimal_read(s.p, s.p + s.n, &number) == s.p + s.n;
    if (!*proper)
        return TERN_OK;
    const double value = narrow ? (double)tn_decimal_float(&number) : tn_decimal_double(&number);
    const char *form = minus ? "-inf" : "inf";
    if (value - value == 0) {
        const size_t n = narrow ? tn_float_write(text, (float)value) : tn_double_write(text, value);
        form = tn_gen_text(g, "%.*s", (int)n, text);
    }
    if (!form)
        return TERN_RESOURCE_EXHAUSTED;
    f->proto->default_value = tern_str_of(form);
    return TERN_OK;
}

/* Within what `bits` bits hold. */
static bool proper_integer(tern_str s, bool is_signed, unsigned bits)
{
    const bool minus = s.n && s.p[0] == '-';
    if (s.n == minus || digits(s, minus) != s.n || (minus && !is_signed))
        return false;
    uint64_t value = 0;
    for (size_t i = minus; i < s.n; i++)
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
            return false;
    const uint64_t most =
        is_signed ? (UINT64_C(1) << (bits - 1)) - !minus : UINT64_MAX >> (64 - bits);
    return value <= most;
}

/* The byte that the escape at *at stands for, behind its backslash; -1: none. Moves *at behind it. */
static int escape(tern_str s, size_t *at)
{
    static const char names[] = "abfnrtv\\'\"?";
    static const char values[] = "\a\b\f\n\r\t\v\\'\"?";
    if (*at == s.n)
        return -1;
    const char c = s.p[(*at)++];
    const char *name = c ? strchr(names, c) : NULL;
    if (name)
        return (uint8_t)values[name - names];
    int value = 0;
    size_t end = *at;
    if (c >= '0' && c <= '7') {
        value = c - '0';
        for (; end < s.n && end < *at + 2 && s.p[end] >= '0' && s.p[end] <= '7'; end++)
            value = value * 8 + (s.p[end] - '0');
    } else if (c == 'x' || c == 'X') {
        for (; end < s.n && end < *at + 2; end++) {
            const char h = s.p[end];
            const char *hex = "0123456789abcdef0123456789ABCDEF";
            const char *digit = h ? strchr(hex, h) : NULL;
            if (!digit)
                break;
            value = value * 16 + (int)(digit - hex) % 16;
        }
        if (end == *at)
            return -1;
    } else {
        return -1;
    }
    *at = end;
    return value < 256 ? value : -1;
}

/* Bytes without their escapes, in out (room for s.n; NULL: count alone); SIZE_MAX when one is none. */
static size_t unescape(tern_str s, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; n++) {
        int c = (uint8_t)s.p[i++];
        if (c == '\\')
            c = escape(s, &i);
        if (c < 0)
            return SIZE_MAX;
        if (out)
            out[n] = (char)c;
    }
    return n;
}

static bool proper(const tn_gen_field *f)
{
    const tern_str text = f->proto->default_value;
    switch (f->type) {
    case TERN_PB_STRING: return true;
    case TERN_PB_BYTES: return unescape(text, NULL) != SIZE_MAX;
    case TERN_PB_BOOL:
        return tern_str_equal(text, TERN_STR("true")) || tern_str_equal(text, TERN_STR("false"));
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM:
        return tern_str_equal(f->enumeration->proto->value.p[enum_default(f)]->name, text);
    case TERN_PB_UINT32:
    case TERN_PB_FIXED32: return proper_integer(text, false, 32);
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64: return proper_integer(text, false, 64);
    case TERN_PB_INT32:
    case TERN_PB_SINT32:
    case TERN_PB_SFIXED32: return proper_integer(text, true, 32);
    default: return proper_integer(text, true, 64);
    }
}

tern_code tn_gen_check_default(tn_gen *g, tn_gen_field *f)
{
    if (!f->proto->default_value.p)
        return TERN_OK;
    bool fits = may_have_one(f);
    if (fits && (f->type == TERN_PB_FLOAT || f->type == TERN_PB_DOUBLE))
        TN_TRY(real_in_one_form(g, f, &fits));
    else
        fits = fits && proper(f);
    if (fits)
        return TERN_OK;
    return tn_gen_bad(g, "%s.%s has a default that does not fit it", f->message->full_name,
                      f->name);
}

/* ---- C ---------------------------------------------------------------------------------------- */

static const char *real_literal(tn_gen *g, tern_str s, bool narrow)
{
    const bool minus = s.p[0] == '-';
    const tern_str word = { s.p + minus, s.n - minus };
    if (tern_str_equal(word, TERN_STR("inf")))
        return tn_gen_text(g, "%s__builtin_inf%s()", minus ? "-" : "", narrow ? "f" : "");
    if (tern_str_equal(word, TERN_STR("nan")))
        return tn_gen_text(g, "__builtin_nan%s(\"\")", narrow ? "f" : "");
    const bool whole = digits(word, 0) == word.n;
    return tn_gen_text(g, "%.*s%s%s", TERN_FMT(s), whole ? ".0" : "", narrow ? "f" : "");
}

const char *tn_gen_default_value(tn_gen *g, const tn_gen_field *f)
{
    const tern_str s = f->proto->default_value;
    const bool minus = s.n && s.p[0] == '-';
    switch (f->type) {
    case TERN_PB_FLOAT:
    case TERN_PB_DOUBLE: return real_literal(g, s, f->type == TERN_PB_FLOAT);
    case TERN_PB_BOOL: return "true";
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM: return f->enumeration->value_names[enum_default(f)];
    case TERN_PB_UINT32:
    case TERN_PB_FIXED32: return tn_gen_text(g, "UINT32_C(%.*s)", TERN_FMT(s));
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64: return tn_gen_text(g, "UINT64_C(%.*s)", TERN_FMT(s));
    case TERN_PB_INT32:
    case TERN_PB_SINT32:
    case TERN_PB_SFIXED32:
        if (tern_str_equal(s, TERN_STR("-2147483648")))
            return "INT32_MIN";
        return tn_gen_text(g, "%.*s", TERN_FMT(s));
    default:
        if (tern_str_equal(s, TERN_STR("-9223372036854775808")))
            return "INT64_MIN";
        return tn_gen_text(g, "%sINT64_C(%.*s)", minus ? "-" : "", (int)(s.n - minus), s.p + minus);
    }
}

void tn_gen_write_default_bytes(tn_gen *g, tn_gen_out *out, const tn_gen_field *f)
{
    enum { MAX_LITERAL = 4000 }; /* C promises 4095 */
    tern_str s = f->proto->default_value;
    if (f->type == TERN_PB_BYTES) {
        char *plain = tn_gen_alloc(g, s.n, 1);
        if (!plain) {
            out->failed = true;
            return;
        }
        s = (tern_str){ plain, unescape(s, plain) };
    }
    const bool literal = s.n <= MAX_LITERAL;
    const char *type = f->type == TERN_PB_BYTES ? "uint8_t" : "char";
    if (!literal) {
        tn_gen_print(out, "    static const uint8_t text[] = {");
        tn_gen_put_numbers(out, (const uint8_t *)s.p, s.n);
        tn_gen_print(out, "\n    0,\n    };\n");
    }
    tn_gen_print(out, "    const tern_%s absent = { (const %s *)",
                 f->type == TERN_PB_BYTES ? "bytes" : "str", type);
    if (literal) {
        tn_gen_print(out, "\"");
        tn_gen_print_quoted(out, s.p, s.n);
        tn_gen_print(out, "\"");
    } else {
        tn_gen_print(out, "text");
    }
    tn_gen_print(out, ", %zu };\n", s.n);
}
