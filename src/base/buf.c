/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.c: making room behind the tail of a buffer.
 *
 * What was taken from the front is won back by sliding only when at least half of the memory is
 * front, so that a byte is moved a bounded number of times however the buffer is fed and drained.
 */
#include "base/buf.h"
#include "base/assert.h"

#define SMALLEST 128

void tn_buf_free(tn_buf *b)
{
    tn_free(b->env, b->p, b->cap);
    *b = tn_buf_of(b->env);
}

/* Moves to memory for at least `need` bytes. Only what is held is copied. */
static bool grow(tn_buf *b, size_t need)
{
    const size_t doubled = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;
    size_t cap = doubled > need ? doubled : need;
    if (cap < SMALLEST)
        cap = SMALLEST;

    if (b->head == 0) {
        uint8_t *p = tn_realloc(b->env, b->p, b->cap, cap);
        if (!p)
            return false;
        b->p = p;
        b->cap = cap;
        return true;
    }

    uint8_t *p = tn_alloc(b->env, cap);
    if (!p)
        return false;
    const size_t held = tn_buf_len(b);
    memcpy(p, b->p + b->head, held);
    tn_free(b->env, b->p, b->cap);
    *b = (tn_buf){ .env = b->env, .p = p, .tail = held, .cap = cap };
    return true;
}

uint8_t *tn_buf_room_slow(tn_buf *b, size_t n)
{
    const size_t held = tn_buf_len(b);
    if (n > SIZE_MAX - held)
        return NULL;
    if (b->head >= b->cap / 2 && b->cap - held >= n && b->p) {
        memmove(b->p, b->p + b->head, held);
        b->head = 0;
        b->tail = held;
    } else if (!grow(b, held + n)) {
        return NULL;
    }
    return b->p + b->tail;
}

bool tn_buf_put(tn_buf *b, const void *p, size_t n)
{
    if (n == 0)
        return true;
    uint8_t *to = tn_buf_room(b, n);
    if (!to)
        return false;
    memcpy(to, p, n);
    b->tail += n;
    return true;
}

void tn_buf_reset(tn_buf *b, size_t keep)
{
    if (b->cap > keep)
        tn_buf_free(b);
    b->head = b->tail = 0;
}
