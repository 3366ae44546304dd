/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.h: an intrusive heap (four children a node) of points in time: who is due first.
 *
 * A node is embedded in what it times, and knows its place, so that removal costs O(log n) and
 * needs no search. Zeroed but for env, a heap is valid and empty; a zeroed node is in no heap.
 * One thread at a time.
 */
#ifndef TN_BASE_HEAP_H
#define TN_BASE_HEAP_H

#include "base/env.h"

typedef struct tn_heap_node {
    uint64_t at;    /* when it is due, ns of the env's clock */
    uint32_t place; /* 1-based; 0 = in no heap */
} tn_heap_node;

typedef struct tn_heap {
    const tern_env *env;
    tn_heap_node **nodes;
    uint32_t count, cap;
} tn_heap;

void tn_heap_free(tn_heap *h); /* the nodes are the caller's */

/* Adds the node, or moves it when it is in the heap. False: no memory (never on a move). */
bool tn_heap_put(tn_heap *h, tn_heap_node *node, uint64_t at);
/* Takes it out; a node in no heap is fine. */
void tn_heap_remove(tn_heap *h, tn_heap_node *node);
/* The earliest, or NULL. */
static inline tn_heap_node *tn_heap_first(const tn_heap *h)
{
    return h->count ? h->nodes[0] : NULL;
}

#endif
