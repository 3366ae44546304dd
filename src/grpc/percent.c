/* SPDX-License-Identifier: Apache-2.0 */
/*
 * percent.c: percent-encoding of status messages, and repair of text that is not UTF-8.
 * Pure functions over their arguments, any thread.
 */
#include "grpc/percent.h"
#include "base/cursor.h"
#include "base/utf8.h"

static const char replacement[3] = { '\xEF', '\xBF', '\xBD' }; /* U+FFFD */

/* Octets of the character at p, 0 when none begins there. */
static size_t character(const char *p, size_t n)
{
    const uint8_t lead = (uint8_t)*p;
    if (lead < 0x80)
        return 1;
    const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    return size <= n && tn_utf8_valid(p, size) ? size : 0;
}

static bool is_plain(char c)
{
    return c >= 0x20 && c <= 0x7E && c != '%';
}

/* One character, octet by octet; false when it does not fit whole. */
static bool encode_character(tn_wr *w, const char *p, size_t n)
{
    static const char hex[16] = "0123456789ABCDEF";
    if (n == 1 && is_plain(*p))
        return tn_wr_u8(w, (uint8_t)*p);
    if (tn_wr_left(w) < 3 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        const uint8_t octet = (uint8_t)p[i];
        *w->p++ = '%';
        *w->p++ = (uint8_t)hex[octet >> 4];
        *w->p++ = (uint8_t)hex[octet & 15];
    }
    return true;
}

size_t tn_percent_encode(char *out, size_t cap, tern_str s)
{
    tn_wr w = tn_wr_of(out, cap);
    for (size_t at = 0; at < s.n;) {
        const size_t n = character(s.p + at, s.n - at);
        if (!(n ? encode_character(&w, s.p + at, n)
                : encode_character(&w, replacement, sizeof(replacement))))
            break;
        at += n ? n : 1;
    }
    return cap - tn_wr_left(&w);
}

/* 0 to 15, or 16 for what is not a hex digit. */
static unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10 : 16;
}

tern_str tn_percent_decode(tern_arena *arena, tern_str s)
{
    uint8_t *out = tern_arena_alloc(arena, s.n + 1);
    if (!out)
        return (tern_str){ NULL, 0 };
    tn_rd r = tn_rd_of(s.p, s.n);
    size_t n = 0;
    while (tn_rd_u8(&r, &out[n])) {
        if (out[n] == '%' && tn_rd_left(&r) >= 2) {
            const unsigned high = hex_value((char)r.p[0]), low = hex_value((char)r.p[1]);
            if (high < 16 && low < 16) {
                out[n] = (uint8_t)(high << 4 | low);
                r.p += 2;
            }
        }
        n++;
    }
    out[n] = '\0';
    return tn_text_repair(arena, (tern_str){ (const char *)out, n });
}

tern_str tn_text_repair(tern_arena *arena, tern_str s)
{
    if (tn_utf8_valid(s.p, s.n))
        return s;
    const size_t cap = 3 * s.n; /* a field or a text of ours: far from overflow */
    char *out = tern_arena_alloc(arena, cap + 1);
    if (!out)
        return (tern_str){ NULL, 0 };
    tn_wr w = tn_wr_of(out, cap);
    for (size_t at = 0; at < s.n;) {
        const size_t n = character(s.p + at, s.n - at);
        (void)(n ? tn_wr_bytes(&w, s.p + at, n)
                 : tn_wr_bytes(&w, replacement, sizeof(replacement)));
        at += n ? n : 1;
    }
    const size_t n = cap - tn_wr_left(&w);
    out[n] = '\0';
    return (tern_str){ out, n };
}
