/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str.h: a borrowed run of bytes with its length.
 *
 * A tern_str never owns what it points to. Absent is p == NULL; present but empty is p != NULL with
 * n == 0. A decoded string is NUL-terminated behind its n bytes, one that a user built need not be,
 * and either may hold NULs: ask tern_str_cstr() for a C string.
 */
#ifndef TERN_STR_H
#define TERN_STR_H

#include "tern/port.h"
#include <string.h>

TERN_BEGIN_DECLS

typedef struct tern_str {
    const char *p;
    size_t n;
} tern_str;

typedef struct tern_bytes {
    const uint8_t *p;
    size_t n;
} tern_bytes;

/* A tern_str of a string literal; usable in static initialisers. */
#define TERN_STR_INIT(literal)                                                                     \
    {                                                                                              \
        "" literal "", sizeof(literal) - 1                                                         \
    }

#ifdef __cplusplus
#define TERN_STR(literal) (tern_str TERN_STR_INIT(literal))
#else
#define TERN_STR(literal) ((tern_str)TERN_STR_INIT(literal))
#endif

/* The two arguments of printf's %.*s. */
#define TERN_FMT(s) (int)(s).n, (s).p ? (s).p : ""

/* The string of a C string (borrowed); NULL gives the absent string. */
static inline tern_str tern_str_of(const char *cstr)
{
    tern_str s = { cstr, cstr ? strlen(cstr) : 0 };
    return s;
}

static inline bool tern_str_equal(tern_str a, tern_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/*
 * s as a C string: s.p itself, or NULL when s is absent, holds a NUL or does not end in one.
 * Reads s.p[s.n], so it is for literals, for what a decode made and for what an arena copied; copy a
 * slice of something else first (tern_arena_copy).
 */
static inline const char *tern_str_cstr(tern_str s)
{
    return s.p && s.p[s.n] == '\0' && !memchr(s.p, '\0', s.n) ? s.p : NULL;
}

TERN_END_DECLS

#endif
