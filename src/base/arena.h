/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h: the inside of a tern_arena, for code that allocates on hot paths or embeds an arena.
 *
 * A call embeds its arena together with the arena's first memory; tn_arena_reset keeps one block of
 * what came on top, so that in steady state a call allocates nothing from the env.
 *
 * Invariant: [p, end) is free, end is aligned to TN_ARENA_ALIGN and p <= end, so p aligned up never
 * passes end. A gift ends where p is, unaligned: that is how the last gift is known.
 * Under AddressSanitizer what is free is poisoned. An arena belongs to one thread at a time.
 */
#ifndef TN_BASE_ARENA_H
#define TN_BASE_ARENA_H

#include "base/assert.h"
#include "base/env.h"
#include "tern/arena.h"
#include <stdarg.h>

#if defined(__SANITIZE_ADDRESS__)
#define TN_ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TN_ARENA_ASAN 1
#endif
#endif

#ifdef TN_ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define TN_ARENA_HIDE(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define TN_ARENA_SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define TN_ARENA_HIDE(p, n) ((void)0)
#define TN_ARENA_SHOW(p, n) ((void)0)
#endif

enum {
    TN_ARENA_ALIGN = _Alignof(max_align_t),
    TN_ARENA_BLOCK_MIN = 4096,    /* bytes: the first block; each next one is twice as large, */
    TN_ARENA_BLOCK_MAX = 1 << 20, /* up to this */
    TN_ARENA_KEEP = 64 * 1024     /* bytes: the largest block that tern_arena_reset keeps */
};

struct tn_arena_block;

struct tern_arena {
    uint8_t *p, *end;
    const tern_env *env;
    struct tn_arena_block *blocks; /* from the env, the newest first; not the one the arena is in */
    uint8_t *first, *first_end;    /* the memory it was made with, as p and end */
    size_t size;                   /* bytes taken from the env */
    size_t limit;                  /* on size; 0 = none */
    size_t own;                    /* size of the allocation that the arena itself is in, or 0 */
    size_t next;                   /* size of the next block */
};

/*
 * Makes an arena in place. env borrowed; first (borrowed until tn_arena_fini, n bytes, may be NULL)
 * is given out before the env is asked for anything. Allocates nothing.
 */
void tn_arena_init(tern_arena *a, const tern_env *env, void *first, size_t n);

/* Gives all blocks back; the arena is as after init and may be used again, or forgotten when the
 * memory it was made with is not needed again under ASan's eyes. */
void tn_arena_fini(tern_arena *a);

/* tern_arena_reset with another bound: keeps at most one block, of at most `keep` bytes. */
void tn_arena_reset(tern_arena *a, size_t keep);

/* The way when [p, end) is too small; aligned to TN_ARENA_ALIGN. */
void *tn_arena_slow(tern_arena *a, size_t n) __attribute__((noinline, cold));

/* n bytes aligned to align (a constant power of two, at most TN_ARENA_ALIGN), or NULL. */
static inline void *tn_arena_take_aligned(tern_arena *a, size_t n, size_t align)
{
    uint8_t *q = a->p + (-(uintptr_t)a->p & (align - 1));
    if (TN_UNLIKELY(n > (size_t)(a->end - q)))
        return tn_arena_slow(a, n);
    TN_ARENA_SHOW(q, n);
    a->p = q + n;
    return q;
}

/* Aligned for any object. */
static inline void *tn_arena_take(tern_arena *a, size_t n)
{
    return tn_arena_take_aligned(a, n, TN_ARENA_ALIGN);
}

/* Aligned for pointers, 64-bit numbers and structs of them. */
static inline void *tn_arena_take8(tern_arena *a, size_t n)
{
    return tn_arena_take_aligned(a, n, 8);
}

/* Bytes, aligned to nothing. */
static inline void *tn_arena_take1(tern_arena *a, size_t n)
{
    return tn_arena_take_aligned(a, n, 1);
}

/* Gives back the end of a gift when it was the last one; new_n <= n. */
static inline void tn_arena_shrink(tern_arena *a, void *gift, size_t n, size_t new_n)
{
    uint8_t *q = gift;
    if (q + n != a->p)
        return;
    a->p = q + new_n;
    TN_ARENA_HIDE(a->p, n - new_n);
}

/* As tern_arena_printf; args is used up. */
tern_str tn_arena_vprintf(tern_arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* What can be taken without asking the env, aligned for anything. */
static inline size_t tn_arena_room(const tern_arena *a)
{
    return (size_t)(a->end - a->p) & ~(size_t)(TN_ARENA_ALIGN - 1);
}

#endif
