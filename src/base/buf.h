/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h: a growable run of bytes: written at its end, taken from its front.
 *
 * Bytes [head, tail) are held. Zeroed but for env, it is valid and empty. Growth doubles.
 * One thread at a time.
 */
#ifndef TN_BASE_BUF_H
#define TN_BASE_BUF_H

#include "base/assert.h"
#include "base/env.h"
#include "tern/str.h"

typedef struct tn_buf {
    const tern_env *env;
    uint8_t *p;
    size_t head, tail, cap;
} tn_buf;

static inline tn_buf tn_buf_of(const tern_env *env)
{
    return (tn_buf){ .env = env };
}

void tn_buf_free(tn_buf *b);

static inline size_t tn_buf_len(const tn_buf *b)
{
    return b->tail - b->head;
}

/* What is held, borrowed until the next change; NULL when there never was anything. */
static inline const uint8_t *tn_buf_data(const tn_buf *b)
{
    return b->p ? b->p + b->head : NULL;
}

uint8_t *tn_buf_room_slow(tn_buf *b, size_t n);

/* Room for n more bytes behind the tail, to write to before tn_buf_wrote; NULL: no memory. */
static inline uint8_t *tn_buf_room(tn_buf *b, size_t n)
{
    if (TN_LIKELY(b->cap - b->tail >= n && b->p))
        return b->p + b->tail;
    return tn_buf_room_slow(b, n);
}

static inline void tn_buf_wrote(tn_buf *b, size_t n)
{
    b->tail += n;
}

/* False when there is no memory; then nothing was added. */
bool tn_buf_put(tn_buf *b, const void *p, size_t n);

/* Drops n bytes from the front. */
static inline void tn_buf_take(tn_buf *b, size_t n)
{
    b->head += n;
    if (b->head == b->tail)
        b->head = b->tail = 0;
}

/* Empties it; its memory is given back when it is more than `keep` bytes. */
void tn_buf_reset(tn_buf *b, size_t keep);

#endif
