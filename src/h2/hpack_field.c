/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_field.c: tokens of names, and facts about names and values.
 *
 * Name characters: RFC 9110 section 5.6.2 (token) without upper case, as RFC 9113 section 8.2.1 wants.
 */
#include "h2/hpack_field.h"
#include "base/assert.h"
#include "h2/hpack_bytes.h"
#include "h2/hpack_names.inc"

#define NAME_ROW(constant, name) [TN_H2_TOKEN_##constant] = TERN_STR_INIT(name),
static const tern_str names[TN_H2_TOKENS] = { TN_H2_HOT_NAMES(NAME_ROW)
                                                  TN_H2_COLD_NAMES(NAME_ROW) };

_Static_assert(TN_H2_TOKENS_HOT <= 64, "a set of hot tokens fits 64 bits");
_Static_assert(TN_H2_TOKENS <= 256, "a token fits a byte");

tn_h2_token tn_h2_token_of(tern_str name)
{
    if (name.n == 0)
        return TN_H2_TOKEN_NONE;
    const uint8_t *p = (const uint8_t *)name.p;
    const size_t hash = name.n * NAME_HASH_LENGTH + p[name.n - 1] * NAME_HASH_LAST +
                        p[name.n / 2] * NAME_HASH_MIDDLE + p[0];
    const tn_h2_token token = name_slots[hash & 255];
    return token != TN_H2_TOKEN_NONE && tern_str_equal(names[token], name) ? token
                                                                           : TN_H2_TOKEN_NONE;
}

tern_str tn_h2_token_name(tn_h2_token token)
{
    TN_ASSERT(token < TN_H2_TOKENS);
    return names[token];
}

/* Bit c: the byte c may stand in a name. */
static const uint64_t name_chars[4] = {
    [0] = 1ull << '!' | 1ull << '#' | 1ull << '$' | 1ull << '%' | 1ull << '&' | 1ull << '\'' |
          1ull << '*' | 1ull << '+' | 1ull << '-' | 1ull << '.' | 0x3ffull << '0',
    [1] = 1ull << ('^' - 64) | 1ull << ('_' - 64) | 1ull << ('`' - 64) | 1ull << ('|' - 64) |
          1ull << ('~' - 64) | 0x3ffffffull << ('a' - 64),
};

uint8_t tn_h2_name_facts(tern_str name, tn_h2_token token)
{
    uint8_t facts = 0;
    if (name.n == 0)
        return TN_H2_FIELD_BAD_NAME;
    if (name.p[0] == ':')
        return token == TN_H2_TOKEN_NONE ? TN_H2_FIELD_PSEUDO | TN_H2_FIELD_BAD_NAME
                                         : TN_H2_FIELD_PSEUDO;
    if (name.n > 4 && memcmp(name.p + name.n - 4, "-bin", 4) == 0)
        facts = TN_H2_FIELD_BIN;
    if (token != TN_H2_TOKEN_NONE)
        return facts;
    for (size_t i = 0; i < name.n; i++) {
        const uint8_t c = (uint8_t)name.p[i];
        if (!(name_chars[c >> 6] >> (c & 63) & 1))
            return facts | TN_H2_FIELD_BAD_NAME;
    }
    return facts;
}

/* Whether a byte of w is below 16, where NUL, CR and LF are. */
static inline bool has_low_byte(uint64_t w)
{
    const uint64_t ones = UINT64_MAX / 255;
    return ((w - ones * 16) & ~w & ones * 128) != 0;
}

static bool has_bad_byte(const char *p, size_t n)
{
    return memchr(p, '\0', n) || memchr(p, '\r', n) || memchr(p, '\n', n);
}

uint8_t tn_h2_value_facts(tern_str value)
{
    const char *const p = value.p;
    const size_t n = value.n;
    uint8_t facts = 0;
    if (n == 0)
        return 0;
    if (p[0] == ' ' || p[0] == '\t' || p[n - 1] == ' ' || p[n - 1] == '\t')
        facts = TN_H2_FIELD_BLANK;
    bool low = false;
    if (n >= 8) {
        for (size_t i = 0; i < n - 8; i += 8)
            low |= has_low_byte(tn_hpack_load64(p + i));
        low |= has_low_byte(tn_hpack_load64(p + n - 8));
    } else {
        for (size_t i = 0; i < n; i++)
            low |= (uint8_t)p[i] < 16;
    }
    if (low && has_bad_byte(p, n)) /* a tab is low too, and allowed */
        facts |= TN_H2_FIELD_BAD_VALUE;
    return facts;
}
