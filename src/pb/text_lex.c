/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_lex.c: the scanner of text format.
 */
#include "pb/text_lex.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The character at p, or NUL, which no token has, at the end. */
static char peek(const tn_text_lex *lex, const char *p)
{
    return p < lex->end ? *p : '\0';
}

static const char *skip_space(const tn_text_lex *lex, const char *p)
{
    for (;;) {
        while (p < lex->end && is_space(*p))
            p++;
        if (peek(lex, p) != '#')
            return p;
        const char *line = memchr(p, '\n', (size_t)(lex->end - p));
        p = line ? line : lex->end;
    }
}

static const char *skip_digits(const tn_text_lex *lex, const char *p)
{
    while (is_digit(peek(lex, p)))
        p++;
    return p;
}

static void bad(tn_text_lex *lex, const char *why)
{
    lex->kind = TN_TEXT_BAD;
    lex->bad = why;
}

/* What follows the digits of a decimal numeral: a fraction, an exponent, an f. */
static void scan_decimal(tn_text_lex *lex, bool whole)
{
    const char *p = lex->p;
    lex->kind = TN_TEXT_INT;
    if (peek(lex, p) == '.') {
        const char *digits = p + 1;
        p = skip_digits(lex, digits);
        if (!whole && p == digits) {
            bad(lex, "a point without digits");
            return;
        }
        lex->kind = TN_TEXT_FLOAT;
    }
    if ((peek(lex, p) | 0x20) == 'e') {
        const char *digits = p + 1;
        if (peek(lex, digits) == '+' || peek(lex, digits) == '-')
            digits++;
        p = skip_digits(lex, digits);
        if (p == digits) {
            bad(lex, "an exponent without digits");
            return;
        }
        lex->kind = TN_TEXT_FLOAT;
    }
    if ((peek(lex, p) | 0x20) == 'f') {
        p++;
        lex->kind = TN_TEXT_FLOAT;
    }
    lex->p = p;
}

static void scan_number(tn_text_lex *lex)
{
    const char *p = lex->at;
    if (*p == '0' && (peek(lex, p + 1) | 0x20) == 'x') {
        const char *digits = p + 2;
        for (p = digits; is_hex(peek(lex, p)); p++)
            ;
        lex->kind = TN_TEXT_INT;
        lex->p = p;
        if (p == digits)
            bad(lex, "0x without digits");
    } else if (*p == '0' && is_digit(peek(lex, p + 1))) {
        for (p++; peek(lex, p) >= '0' && peek(lex, p) <= '7'; p++)
            ;
        lex->kind = TN_TEXT_INT;
        lex->p = p;
    } else {
        lex->p = skip_digits(lex, p);
        scan_decimal(lex, lex->p != p);
    }
    const char next = peek(lex, lex->p);
    if (lex->kind != TN_TEXT_BAD && (is_letter(next) || is_digit(next) || next == '.'))
        bad(lex, "a number that does not end where it should");
}

static void scan_string(tn_text_lex *lex)
{
    const char quote = *lex->at;
    const char *p = lex->at + 1;
    for (; p < lex->end && *p != quote; p++) {
        if (*p == '\n') {
            bad(lex, "a string that its line ends");
            return;
        }
        if (*p == '\0') {
            bad(lex, "a NUL in a string: write \\0");
            return;
        }
        if (*p == '\\' && ++p < lex->end && *p == '\n') {
            bad(lex, "a string that its line ends");
            return;
        }
    }
    if (p >= lex->end) {
        bad(lex, "a string without an end");
        return;
    }
    lex->kind = TN_TEXT_STRING;
    lex->p = p + 1;
}

void tn_text_next(tn_text_lex *lex)
{
    if (lex->kind == TN_TEXT_BAD)
        return;
    const char *p = skip_space(lex, lex->p);
    const char c = peek(lex, p);
    lex->at = lex->p = p;
    if (p == lex->end) {
        lex->kind = TN_TEXT_END;
    } else if (is_letter(c)) {
        while (is_letter(peek(lex, p)) || is_digit(peek(lex, p)))
            p++;
        lex->kind = TN_TEXT_IDENT;
        lex->p = p;
    } else if (is_digit(c) || c == '.') {
        scan_number(lex);
    } else if (c == '"' || c == '\'') {
        scan_string(lex);
    } else if (c && strchr("{}[]<>:,;-", c)) {
        lex->kind = c;
        lex->p = p + 1;
    } else {
        bad(lex, "a character that has no meaning here");
    }
}

void tn_text_start(tn_text_lex *lex, tern_str in)
{
    const char *p = in.p ? in.p : "";
    *lex = (tn_text_lex){ .start = p, .end = p + in.n, .p = p, .kind = TN_TEXT_END };
    tn_text_next(lex);
}

/* In the names of messages and in what may stand before them in the URL of an Any. */
static bool is_name(char c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == '/' || c == '-';
}

/* Space may stand beside these alone. */
static bool is_joint(char c)
{
    return c == '.' || c == '/';
}

/* The name at p with what is between its parts left out, in room[n]; empty when it is none. */
static tern_str join_name(const tn_text_lex *lex, const char **at, char *room, size_t n)
{
    const char *p = *at;
    size_t used = 0;
    bool fine = true;
    while (fine && is_name(peek(lex, p))) {
        const char *next = skip_space(lex, p + 1);
        fine = used < n && (next == p + 1 || is_joint(*p) || is_joint(peek(lex, next)) ||
                            !is_name(peek(lex, next)));
        if (fine)
            room[used++] = *p;
        p = next;
    }
    *at = p;
    return fine ? (tern_str){ room, used } : (tern_str){ "", 0 };
}

tern_str tn_text_bracket_name(tn_text_lex *lex, char *room, size_t n)
{
    const char *first = skip_space(lex, lex->p), *p = first;
    while (is_name(peek(lex, p)))
        p++;
    tern_str name = { first, (size_t)(p - first) };
    const char *next = skip_space(lex, p);
    if (is_name(peek(lex, next))) {
        next = first;
        name = join_name(lex, &next, room, n);
    }
    lex->p = next;
    tn_text_next(lex);
    return lex->kind == ']' ? name : (tern_str){ "", 0 };
}

void tn_text_place(const tn_text_lex *lex, const char *at, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (const char *p = lex->start; p < at; p++) {
        if (*p == '\n') {
            ++*line;
            *column = 1;
        } else if ((*p & 0xc0) != 0x80) {
            ++*column;
        }
    }
}
