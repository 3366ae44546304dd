/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.c: life and queues of ref-counted chunks. */
#include "base/chunk.h"
#include "base/assert.h"

tn_chunk *tn_chunk_new(const tern_env *env, size_t headroom, size_t cap)
{
    if (cap > SIZE_MAX / 2 || headroom > SIZE_MAX / 2 - sizeof(tn_chunk))
        return NULL;
    tn_chunk *c = tn_alloc(env, sizeof(*c) + headroom + cap);
    if (!c)
        return NULL;
    c->next = NULL;
    c->env = env;
    atomic_init(&c->refs, 1);
    c->flags = 0;
    c->off = headroom;
    c->n = 0;
    c->cap = headroom + cap;
    return c;
}

void tn_chunk_unref(tn_chunk *c)
{
    if (!c)
        return;
    /* Release what this holder did to the bytes; acquire what the others did before the free. */
    const unsigned before = atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel);
    TN_ASSERT(before != 0);
    if (before == 1)
        tn_free(c->env, c, sizeof(*c) + c->cap);
}

uint8_t *tn_chunk_prepend(tn_chunk *c, size_t n)
{
    TN_ASSERT(n <= c->off);
    c->off -= n;
    c->n += n;
    return c->data + c->off;
}

void tn_chunk_queue_push(tn_chunk_queue *q, tn_chunk *c)
{
    c->next = NULL;
    if (q->last)
        q->last->next = c;
    else
        q->first = c;
    q->last = c;
    q->bytes += c->n;
}

tn_chunk *tn_chunk_queue_pop(tn_chunk_queue *q)
{
    tn_chunk *c = q->first;
    if (!c)
        return NULL;
    q->first = c->next;
    if (!q->first)
        q->last = NULL;
    c->next = NULL;
    TN_ASSERT(q->bytes >= c->n);
    q->bytes -= c->n;
    return c;
}

void tn_chunk_queue_drop(tn_chunk_queue *q, size_t n)
{
    TN_ASSERT(n <= q->bytes);
    while (q->first && n >= q->first->n) {
        n -= q->first->n;
        tn_chunk_unref(tn_chunk_queue_pop(q));
    }
    if (q->first && n) {
        q->first->off += n;
        q->first->n -= n;
        q->bytes -= n;
    }
}

void tn_chunk_queue_free(tn_chunk_queue *q)
{
    for (tn_chunk *c = tn_chunk_queue_pop(q); c; c = tn_chunk_queue_pop(q))
        tn_chunk_unref(c);
}
