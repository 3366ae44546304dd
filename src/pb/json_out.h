/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.h: JSON text as it is written, forward, into memory that grows.
 *
 * It begins in the free end of the arena and moves to memory of the arena's env when that is too
 * little; nothing else may take from the arena meanwhile. The place to write to is the caller's, in a
 * register: a function that writes takes it and returns the next one, or NULL when there is no memory.
 * One thread at a time.
 */
#ifndef TN_PB_JSON_OUT_H
#define TN_PB_JSON_OUT_H

#include "base/arena.h"
#include "tern/str.h"

typedef struct tn_json_out {
    char *start, *end;
    tern_arena *arena;
    char *heap; /* owned; NULL while the arena's room is enough */
    size_t heap_n;
} tn_json_out;

/* arena borrowed; returns the place to write to. */
char *tn_json_out_init(tn_json_out *o, tern_arena *arena);

/* Moves [start, p) to where n bytes more have room. */
char *tn_json_out_grow(tn_json_out *o, char *p, size_t n) __attribute__((noinline, cold));

/* Room for n bytes at p. */
static inline char *tn_json_out_room(tn_json_out *o, char *p, size_t n)
{
    return TN_LIKELY((size_t)(o->end - p) >= n) ? p : tn_json_out_grow(o, p, n);
}

/* arena; what was written up to p, NUL-terminated. Ends o. False: no memory. */
bool tn_json_out_take(tn_json_out *o, const char *p, tern_str *out);

/* Gives the memory back; for when nothing is taken. */
void tn_json_out_fini(tn_json_out *o);

/* The n bytes at s; room is the caller's. */
static inline char *tn_json_put(char *p, const char *s, size_t n)
{
    memcpy(p, s, n);
    return p + n;
}

/*
 * The string in quotes, with the escapes that JSON demands and no other. *bad is set when it is not
 * UTF-8. At least TN_JSON_ROOM bytes have room behind what is returned.
 */
char *tn_json_put_string(tn_json_out *o, char *p, const char *s, size_t n, bool *bad);

/* The bytes in base64, padded, in quotes; room as above. */
char *tn_json_put_bytes(tn_json_out *o, char *p, const void *s, size_t n);

/* What any number, a separator and a name of the cache take together. */
enum { TN_JSON_ROOM = 96 };

#endif
