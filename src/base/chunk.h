/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunk.h: a ref-counted run of bytes that moves between layers and threads without a copy.
 *
 * The bytes in use are [off, off + n) of data[cap]; what lies before off is headroom for prefixes.
 * Counts are atomic; contents belong to whoever holds the only reference.
 */
#ifndef TN_BASE_CHUNK_H
#define TN_BASE_CHUNK_H

#include "base/env.h"
#include "tern/str.h"
#include <stdatomic.h>

typedef struct tn_chunk {
    struct tn_chunk *next; /* for whoever queues it */
    const tern_env *env;
    atomic_uint refs;
    uint32_t flags; /* for whoever queues it */
    size_t off, n, cap;
    uint8_t data[];
} tn_chunk;

/* owned; room for cap bytes behind the headroom, off = headroom, n = 0. NULL: no memory. */
tn_chunk *tn_chunk_new(const tern_env *env, size_t headroom, size_t cap);

static inline tn_chunk *tn_chunk_ref(tn_chunk *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

/* Gives one reference back; NULL is fine. */
void tn_chunk_unref(tn_chunk *c);

/* Moves the front back by n bytes of headroom and returns it; there must be that much. */
uint8_t *tn_chunk_prepend(tn_chunk *c, size_t n);

static inline uint8_t *tn_chunk_bytes(tn_chunk *c)
{
    return c->data + c->off;
}

/* A queue of chunks, first in first out; zeroed is empty. bytes counts what is held: while a
 * chunk is queued, its n changes only through tn_chunk_queue_drop. */
typedef struct tn_chunk_queue {
    tn_chunk *first, *last;
    size_t bytes;
} tn_chunk_queue;

void tn_chunk_queue_push(tn_chunk_queue *q, tn_chunk *c); /* moved */
tn_chunk *tn_chunk_queue_pop(tn_chunk_queue *q);          /* owned; NULL when empty */
/* Takes n bytes from the front, at most q->bytes, and gives back the chunks that this empties. */
void tn_chunk_queue_drop(tn_chunk_queue *q, size_t n);
void tn_chunk_queue_free(tn_chunk_queue *q);

#endif
