/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c: sifting in a heap of four children a node.
 *
 * Four, because a timer heap is put and removed from far more than it is taken in order: the tree
 * is half as deep as a binary one, and pointers to four children take half a cache line.
 * Invariant: no node is due before its parent, and nodes[n->place - 1] == n for each node n.
 */
#include "base/heap.h"
#include "base/assert.h"

#define CHILDREN 4
#define SMALLEST 16
#define LARGEST  (UINT32_C(1) << 26) /* so that sizes fit a 32-bit size_t too */

static void set(tn_heap *h, uint32_t i, tn_heap_node *node)
{
    h->nodes[i] = node;
    node->place = i + 1;
}

/* Finds the place for a node at or above the hole i. */
static void sift_up(tn_heap *h, uint32_t i, tn_heap_node *node)
{
    while (i > 0) {
        const uint32_t parent = (i - 1) / CHILDREN;
        if (h->nodes[parent]->at <= node->at)
            break;
        set(h, i, h->nodes[parent]);
        i = parent;
    }
    set(h, i, node);
}

/* Finds the place for a node at or below the hole i. */
static void sift_down(tn_heap *h, uint32_t i, tn_heap_node *node)
{
    for (;;) {
        const uint64_t child = (uint64_t)i * CHILDREN + 1;
        if (child >= h->count)
            break;
        const uint32_t end = child + CHILDREN < h->count ? (uint32_t)child + CHILDREN : h->count;
        uint32_t least = (uint32_t)child;
        for (uint32_t k = least + 1; k < end; k++)
            if (h->nodes[k]->at < h->nodes[least]->at)
                least = k;
        if (node->at <= h->nodes[least]->at)
            break;
        set(h, i, h->nodes[least]);
        i = least;
    }
    set(h, i, node);
}

/* Fills the hole i with a node that may belong above or below it. */
static void settle(tn_heap *h, uint32_t i, tn_heap_node *node)
{
    if (i > 0 && node->at < h->nodes[(i - 1) / CHILDREN]->at)
        sift_up(h, i, node);
    else
        sift_down(h, i, node);
}

static bool grow(tn_heap *h)
{
    if (h->cap >= LARGEST)
        return false;
    const uint32_t cap = h->cap ? h->cap * 2 : SMALLEST;
    tn_heap_node **nodes =
        tn_realloc(h->env, h->nodes, h->cap * sizeof(*nodes), cap * sizeof(*nodes));
    if (!nodes)
        return false;
    h->nodes = nodes;
    h->cap = cap;
    return true;
}

void tn_heap_free(tn_heap *h)
{
    tn_free(h->env, h->nodes, h->cap * sizeof(*h->nodes));
    *h = (tn_heap){ .env = h->env };
}

bool tn_heap_put(tn_heap *h, tn_heap_node *node, uint64_t at)
{
    if (node->place) {
        TN_ASSERT(node->place <= h->count && h->nodes[node->place - 1] == node);
        node->at = at;
        settle(h, node->place - 1, node);
        return true;
    }
    if (h->count == h->cap && !grow(h))
        return false;
    node->at = at;
    h->count++;
    sift_up(h, h->count - 1, node);
    return true;
}

void tn_heap_remove(tn_heap *h, tn_heap_node *node)
{
    if (!node->place)
        return;
    TN_ASSERT(node->place <= h->count && h->nodes[node->place - 1] == node);
    const uint32_t hole = node->place - 1;
    node->place = 0;
    h->count--;
    if (hole != h->count)
        settle(h, hole, h->nodes[h->count]);
}
