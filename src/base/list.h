/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.h: an intrusive, circular, doubly linked list. A head is a node that points to itself.
 */
#ifndef TN_BASE_LIST_H
#define TN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tn_list {
    struct tn_list *prev, *next;
} tn_list;

static inline void tn_list_init(tn_list *l)
{
    l->prev = l->next = l;
}

static inline bool tn_list_empty(const tn_list *l)
{
    return l->next == l;
}

/* Puts the node last before head. */
static inline void tn_list_push(tn_list *head, tn_list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

/* Takes the node out of its list and leaves it pointing to itself; removing it twice is fine. */
static inline void tn_list_remove(tn_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->prev = node->next = node;
}

#endif
