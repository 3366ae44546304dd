/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.h: finding what is special in a string: a quote, a backslash, a control character; 8 or 16
 * bytes at a time. Nothing here checks an end.
 */
#ifndef TN_PB_JSON_SCAN_H
#define TN_PB_JSON_SCAN_H

#include "pb/wire.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* For functions that are seldom called: small rather than fast, and never a part of another. */
#define TN_JSON_RARE __attribute__((noinline, cold))
/* For those that would only make their callers larger. */
#define TN_JSON_APART __attribute__((noinline))

#define TN_JSON_ALL(c) (UINT64_C(0x0101010101010101) * (c))

/* Top bits of the bytes of w (as tn_pb_load64 has them) that are special; those above the lowest one may be
 * wrong. Zero when there are none. */
static inline uint64_t tn_json_special64(uint64_t w)
{
    const uint64_t quote = w ^ TN_JSON_ALL('"'), slash = w ^ TN_JSON_ALL('\\');
    const uint64_t low = (w - TN_JSON_ALL(0x20)) & ~w;
    const uint64_t is_quote = (quote - TN_JSON_ALL(1)) & ~quote;
    const uint64_t is_slash = (slash - TN_JSON_ALL(1)) & ~slash;
    return (low | is_quote | is_slash) & TN_PB_HIGH_BITS;
}

#ifdef __SSE2__
/* A bit for each of the 16 bytes that is special. */
static inline unsigned tn_json_special16(__m128i x)
{
    const __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    const __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control));
}
#endif

/* How many of the 16 bytes at p come before the first special one. */
static inline unsigned tn_json_plain16(const char *p)
{
#ifdef __SSE2__
    const unsigned mask = tn_json_special16(_mm_loadu_si128((const __m128i *)(const void *)p));
    return mask ? (unsigned)__builtin_ctz(mask) : 16;
#else
    const uint64_t a = tn_json_special64(tn_pb_load64(p));
    if (a)
        return (unsigned)__builtin_ctzll(a) / 8;
    const uint64_t b = tn_json_special64(tn_pb_load64(p + 8));
    return b ? 8 + (unsigned)__builtin_ctzll(b) / 8 : 16;
#endif
}

/* The same, and copies all 16; *high collects top bits of bytes. */
static inline unsigned tn_json_copy16(char *to, const char *p, uint64_t *high)
{
#ifdef __SSE2__
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    _mm_storeu_si128((__m128i *)(void *)to, x);
    const unsigned mask = tn_json_special16(x);
    *high |= _mm_movemask_epi8(x) ? TN_PB_HIGH_BITS : 0;
    return mask ? (unsigned)__builtin_ctz(mask) : 16;
#else
    *high |= tn_pb_load64(p) | tn_pb_load64(p + 8);
    memcpy(to, p, 16);
    return tn_json_plain16(p);
#endif
}

#endif
