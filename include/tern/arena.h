/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h: memory that is given piece by piece and taken back whole.
 *
 * Messages, strings and metadata live in arenas. An arena belongs to one thread at a time.
 * Nothing that an arena gave may be freed by itself.
 */
#ifndef TERN_ARENA_H
#define TERN_ARENA_H

#include "tern/env.h"
#include "tern/str.h"

TERN_BEGIN_DECLS

typedef struct tern_arena tern_arena;

/* owned; env borrowed, NULL for the default. NULL when there is no memory. */
TERN_API tern_arena *tern_arena_new(const tern_env *env) TERN_MUST_USE;

/* Frees the arena and all it gave. NULL is fine. */
TERN_API void tern_arena_free(tern_arena *arena);

/* Takes back all that was given, and keeps some memory for the next use. */
TERN_API void tern_arena_reset(tern_arena *arena);

/* n bytes, aligned for any object, not zeroed; NULL when there is no memory. n may be 0. */
TERN_API void *tern_arena_alloc(tern_arena *arena, size_t n) TERN_MUST_USE;

/* The same, zeroed. */
TERN_API void *tern_arena_zalloc(tern_arena *arena, size_t n) TERN_MUST_USE;

/* Grows what was the arena's last gift in place, else moves it. old NULL allocates. NULL: old kept. */
TERN_API void *tern_arena_grow(tern_arena *arena, void *old, size_t old_size,
                               size_t new_size) TERN_MUST_USE;

/* A NUL-terminated copy of s; the absent string of the absent one, or when there is no memory. */
TERN_API tern_str tern_arena_copy(tern_arena *arena, tern_str s);

/* A formatted, NUL-terminated string; the absent string when there is no memory. */
TERN_API tern_str tern_arena_printf(tern_arena *arena, const char *format, ...) TERN_PRINTF(2, 3);

/* Bytes taken from the allocator, in all. */
TERN_API size_t tern_arena_size(const tern_arena *arena);

/* The arena takes no more than `bytes` from its allocator in all; what it holds already may still be
 * given. 0 lifts the bound. */
TERN_API void tern_arena_limit(tern_arena *arena, size_t bytes);

TERN_END_DECLS

#endif
