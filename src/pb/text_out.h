/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_out.h: where printed text goes: arena memory that grows.
 *
 * When there is no memory, what is written is dropped and `failed` stays set: writers go on, and
 * ask at the end. One thread at a time, as the arena.
 */
#ifndef TN_PB_TEXT_OUT_H
#define TN_PB_TEXT_OUT_H

#include "base/arena.h"
#include "tern/pb.h"

typedef struct tn_text_out {
    tern_arena *arena;
    char *p;
    size_t n, cap;
    bool failed;
} tn_text_out;

/* Room for n characters, of which `n` of the struct counts none yet; NULL: no memory. */
char *tn_text_room(tn_text_out *out, size_t n);

static inline void tn_text_put(tn_text_out *out, const char *p, size_t n)
{
    char *to = tn_text_room(out, n);
    if (TN_LIKELY(to != NULL)) {
        memcpy(to, p, n);
        out->n += n;
    }
}

static inline void tn_text_puts(tn_text_out *out, const char *text)
{
    tn_text_put(out, text, strlen(text));
}

/* In double quotes. utf8: characters stand as they are; else all but ASCII is escaped. */
void tn_text_put_string(tn_text_out *out, const char *p, size_t n, bool utf8);

/* A value of any type but message, of a field of the table. */
void tn_text_put_value(tn_text_out *out, const tern_pb_table *table, const tern_pb_field *f,
                       const void *value);

void tn_text_put_u64(tn_text_out *out, uint64_t v);

/* 0x and `digits` digits. */
void tn_text_put_hex(tn_text_out *out, uint64_t v, unsigned digits);

#endif
