/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.c: RFC 3629 section 4 as an automaton, with a short way for ASCII.
 *
 * The automaton has nine states, each named by its bit offset in a 64-bit word. A class of bytes is
 * a row: the word holds, at each state's offset, the offset of the next state. One step is then one
 * shift, and there is no branch that text could make mispredict; BAD leads only to BAD, so that it
 * is looked at seldom.
 */
#include "base/utf8.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define STEP 16

enum state {
    DONE = 0, /* between characters; zero, so that an absent entry of a row means it */
    BAD = 6,
    ONE = 12, /* one continuation byte is due */
    TWO = 18,
    THREE = 24,
    E0 = 30, /* after E0: not an overlong form */
    ED = 36, /* after ED: not a surrogate */
    F0 = 42, /* after F0: not an overlong form */
    F4 = 48  /* after F4: not above U+10FFFF */
};

#define TO(from, next) ((uint64_t)(next) << (from))
/* A row for bytes that start a character: bad in every state but DONE. */
#define LEAD(next)                                                                                 \
    (TO(DONE, next) | TO(BAD, BAD) | TO(ONE, BAD) | TO(TWO, BAD) | TO(THREE, BAD) | TO(E0, BAD) |  \
     TO(ED, BAD) | TO(F0, BAD) | TO(F4, BAD))
/* A row for continuation bytes: where they lead from the four states that narrow their range. */
#define TAIL(e0, ed, f0, f4)                                                                       \
    (TO(DONE, BAD) | TO(BAD, BAD) | TO(ONE, DONE) | TO(TWO, ONE) | TO(THREE, TWO) | TO(E0, e0) |   \
     TO(ED, ed) | TO(F0, f0) | TO(F4, f4))

enum class { ASCII, C_80, C_90, C_A0, NONE, L_2, L_E0, L_3, L_ED, L_F0, L_4, L_F4 };

static const uint64_t rows[] = {
    [ASCII] = LEAD(DONE),
    [C_80] = TAIL(BAD, ONE, BAD, TWO), /* 80 to 8F */
    [C_90] = TAIL(BAD, ONE, TWO, BAD), /* 90 to 9F */
    [C_A0] = TAIL(ONE, BAD, TWO, BAD), /* A0 to BF */
    [NONE] = LEAD(BAD),                /* C0, C1, F5 to FF */
    [L_2] = LEAD(ONE),
    [L_E0] = LEAD(E0),
    [L_3] = LEAD(TWO),
    [L_ED] = LEAD(ED),
    [L_F0] = LEAD(F0),
    [L_4] = LEAD(THREE),
    [L_F4] = LEAD(F4),
};

#define FOUR(c)    c, c, c, c
#define SIXTEEN(c) FOUR(c), FOUR(c), FOUR(c), FOUR(c)

/* clang-format off */
static const uint8_t classes[256] = {
    SIXTEEN(ASCII), SIXTEEN(ASCII), SIXTEEN(ASCII), SIXTEEN(ASCII),
    SIXTEEN(ASCII), SIXTEEN(ASCII), SIXTEEN(ASCII), SIXTEEN(ASCII),
    SIXTEEN(C_80), SIXTEEN(C_90), SIXTEEN(C_A0), SIXTEEN(C_A0),
    NONE, NONE, L_2, L_2, FOUR(L_2), FOUR(L_2), FOUR(L_2), SIXTEEN(L_2), /* C0 to DF */
    L_E0, L_3, L_3, L_3, FOUR(L_3), FOUR(L_3), L_3, L_ED, L_3, L_3,      /* E0 to EF */
    L_F0, L_4, L_4, L_4, L_F4, NONE, NONE, NONE, FOUR(NONE), FOUR(NONE), /* F0 to FF */
};
/* clang-format on */

static inline uint64_t run(uint64_t state, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        state = rows[classes[p[i]]] >> (state & 63);
    return state;
}

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint64_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline bool has_no_high_bit(uint64_t v)
{
    return !(v & UINT64_C(0x8080808080808080));
}

static inline bool is_ascii16(const uint8_t *p)
{
#ifdef __SSE2__
    return _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p)) == 0;
#else
    return has_no_high_bit(load64(p) | load64(p + 8));
#endif
}

/* Fewer than 16 bytes: most strings are no longer. Two loads that overlap cover them. */
static inline bool is_ascii_short(const uint8_t *p, size_t n)
{
    if (n >= 8)
        return has_no_high_bit(load64(p) | load64(p + n - 8));
    if (n >= 4)
        return has_no_high_bit(load32(p) | load32(p + n - 4));
    return n == 0 || has_no_high_bit((uint64_t)p[0] | p[n / 2] | p[n - 1]);
}

bool tn_utf8_valid(const void *p, size_t n)
{
    const uint8_t *at = p;
    uint64_t state = DONE;
    for (; n >= STEP; at += STEP, n -= STEP) {
        if ((state & 63) == DONE && is_ascii16(at))
            continue;
        state = run(state, at, STEP);
        if ((state & 63) == BAD)
            return false;
    }
    if ((state & 63) == DONE && is_ascii_short(at, n))
        return true;
    return (run(state, at, n) & 63) == DONE;
}

size_t tn_utf8_cut(const char *p, size_t n)
{
    /* The last character starts at most three bytes before its end; further back is not UTF-8. */
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        const uint8_t c = (uint8_t)p[n - back];
        if ((c & 0xC0) == 0x80)
            continue;
        const size_t length = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        return length > back ? n - back : n;
    }
    return n;
}
