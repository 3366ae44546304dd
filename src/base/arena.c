/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c: the blocks behind an arena, and its public face.
 *
 * A new block becomes the current one only when it leaves more room than the current one has; else
 * it is made just large enough for its one gift. So a large request between small ones wastes
 * nothing, and what is left behind in old blocks stays below what the newer ones offered.
 */
#include "base/arena.h"
#include "base/format.h"
#include <stdarg.h>
#include <stdio.h>

typedef struct tn_arena_block {
    _Alignas(max_align_t) struct tn_arena_block *next;
    size_t size; /* with this header */
} block;

/* tern_arena_new: the arena and its first memory in one allocation. */
typedef struct home {
    _Alignas(max_align_t) tern_arena arena;
} home;

static size_t align_up(size_t n)
{
    return (n + TN_ARENA_ALIGN - 1) & ~(size_t)(TN_ARENA_ALIGN - 1);
}

/* The first size of the row 4 KiB, 8 KiB ... 1 MiB above n. */
static size_t size_above(size_t n)
{
    size_t size = TN_ARENA_BLOCK_MIN;
    while (size <= n && size < TN_ARENA_BLOCK_MAX)
        size *= 2;
    return size;
}

/* Makes [p, end) the free memory. */
static void use(tern_arena *a, uint8_t *p, uint8_t *end)
{
    TN_ARENA_HIDE(p, (size_t)(end - p));
    a->p = p;
    a->end = end;
}

static void release(tern_arena *a, block *b)
{
    TN_ARENA_SHOW(b, b->size);
    a->size -= b->size;
    tn_free(a->env, b, b->size);
}

void tn_arena_init(tern_arena *a, const tern_env *env, void *first, size_t n)
{
    uint8_t *p = first;
    size_t skip = -(uintptr_t)p & (TN_ARENA_ALIGN - 1);
    size_t usable = 0;
    if (p && n >= skip) {
        usable = (n - skip) & ~(size_t)(TN_ARENA_ALIGN - 1);
    } else {
        /* No free memory, but still a place: gifts of 0 bytes are not NULL. */
        p = (uint8_t *)a;
        skip = -(uintptr_t)p & (TN_ARENA_ALIGN - 1);
    }
    p += skip;

    *a = (tern_arena){
        .env = tn_env_of(env),
        .first = p,
        .first_end = p + usable,
        .next = size_above(usable),
    };
    use(a, a->first, a->first_end);
}

void tn_arena_reset(tern_arena *a, size_t keep)
{
    block *kept = NULL;
    for (block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        if (b->size > keep || (kept && kept->size >= b->size)) {
            release(a, b);
            continue;
        }
        if (kept)
            release(a, kept);
        kept = b;
    }

    const size_t first_n = (size_t)(a->first_end - a->first);
    if (kept && kept->size - sizeof(*kept) <= first_n) {
        release(a, kept);
        kept = NULL;
    }
    a->blocks = kept;
    if (!kept) {
        a->next = size_above(first_n);
        use(a, a->first, a->first_end);
        return;
    }
    /* The first memory rests: one run, larger, that every use starts at the same place. */
    kept->next = NULL;
    a->next = size_above(kept->size);
    TN_ARENA_HIDE(a->first, first_n);
    use(a, (uint8_t *)(kept + 1), (uint8_t *)kept + kept->size);
}

void tn_arena_fini(tern_arena *a)
{
    tn_arena_reset(a, 0);
    TN_ARENA_SHOW(a->first, (size_t)(a->first_end - a->first));
}

void *tn_arena_slow(tern_arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    const size_t need = sizeof(block) + align_up(n);
    size_t size = a->next;
    const size_t left = a->limit ? (a->limit > a->size ? a->limit - a->size : 0) : SIZE_MAX;
    if (size > left)
        size = left & ~(size_t)(TN_ARENA_ALIGN - 1);
    const bool alone = size < need || size - need <= (size_t)(a->end - a->p);
    if (alone)
        size = need;
    if (size > left)
        return NULL;

    block *b = tn_alloc(a->env, size);
    if (!b)
        return NULL;
    *b = (block){ .next = a->blocks, .size = size };
    a->blocks = b;
    a->size += size;
    if (a->next < TN_ARENA_BLOCK_MAX)
        a->next *= 2;

    uint8_t *gift = (uint8_t *)(b + 1);
    if (alone) {
        TN_ARENA_HIDE(gift + n, size - sizeof(*b) - n);
    } else {
        use(a, gift + n, (uint8_t *)b + size);
    }
    return gift;
}

tern_arena *tern_arena_new(const tern_env *env)
{
    env = tn_env_of(env);
    home *h = tn_alloc(env, TN_ARENA_BLOCK_MIN);
    if (!h)
        return NULL;
    tn_arena_init(&h->arena, env, h + 1, TN_ARENA_BLOCK_MIN - sizeof(*h));
    h->arena.own = h->arena.size = TN_ARENA_BLOCK_MIN;
    h->arena.next = TN_ARENA_BLOCK_MIN * 2;
    return &h->arena;
}

void tern_arena_free(tern_arena *arena)
{
    if (!arena)
        return;
    tn_arena_fini(arena);
    /* An embedded arena belongs to what it is embedded in: freeing it is a bug, a harmless one. */
    if (!TN_BUG(arena->own))
        tn_free(arena->env, arena, arena->own);
}

void tern_arena_reset(tern_arena *arena)
{
    tn_arena_reset(arena, TN_ARENA_KEEP);
}

void *tern_arena_alloc(tern_arena *arena, size_t n)
{
    return tn_arena_take(arena, n);
}

void *tern_arena_zalloc(tern_arena *arena, size_t n)
{
    void *p = tn_arena_take(arena, n);
    if (p)
        memset(p, 0, n);
    return p;
}

void *tern_arena_grow(tern_arena *arena, void *old, size_t old_size, size_t new_size)
{
    if (!old)
        return tn_arena_take(arena, new_size);
    if (new_size <= old_size) {
        tn_arena_shrink(arena, old, old_size, new_size);
        return old;
    }

    uint8_t *q = old;
    if (q + old_size == arena->p && new_size - old_size <= (size_t)(arena->end - arena->p)) {
        TN_ARENA_SHOW(q, new_size);
        arena->p = q + new_size;
        return old;
    }
    void *moved = tn_arena_take(arena, new_size);
    if (moved && old_size)
        memcpy(moved, old, old_size);
    return moved;
}

tern_str tern_arena_copy(tern_arena *arena, tern_str s)
{
    if (!s.p || s.n == SIZE_MAX)
        return (tern_str){ 0 };
    char *p = tn_arena_take1(arena, s.n + 1);
    if (!p)
        return (tern_str){ 0 };
    memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (tern_str){ p, s.n };
}

/* The text, in what room there is; absent when printf is to be asked. */
static tern_str simple_printf(tern_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static tern_str simple_printf(tern_arena *arena, const char *format, va_list args)
{
    const size_t room = (size_t)(arena->end - arena->p);
    char *p = tn_arena_take1(arena, room);
    const size_t n = tn_format_simple(p, room, format, args);
    tn_arena_shrink(arena, p, room, n == SIZE_MAX ? 0 : n + 1);
    return n == SIZE_MAX ? (tern_str){ NULL, 0 } : (tern_str){ p, n };
}

tern_str tn_arena_vprintf(tern_arena *arena, const char *format, va_list args)
{
    /* Into what room there is, without printf if that will do; a second time only when the room was too
     * little. */
    tern_str s = simple_printf(arena, format, args);
    if (s.p)
        return s;
    va_list again;
    va_copy(again, args);
    const size_t room = (size_t)(arena->end - arena->p);
    char *p = tn_arena_take1(arena, room);
    const int wanted = vsnprintf(p, room, format, args);
    const size_t n = wanted < 0 ? 0 : (size_t)wanted;
    tn_arena_shrink(arena, p, room, wanted >= 0 && n < room ? n + 1 : 0);
    if (wanted >= 0 && n >= room) {
        p = tn_arena_take1(arena, n + 1);
        if (p)
            vsnprintf(p, n + 1, format, again);
    }
    if (wanted >= 0 && p)
        s = (tern_str){ p, n };

    va_end(again);
    return s;
}

tern_str tern_arena_printf(tern_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const tern_str s = tn_arena_vprintf(arena, format, args);
    va_end(args);
    return s;
}

size_t tern_arena_size(const tern_arena *arena)
{
    return arena->size;
}

void tern_arena_limit(tern_arena *arena, size_t bytes)
{
    arena->limit = bytes;
}
