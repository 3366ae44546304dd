/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poor.h: an arena that has so many bytes and no more, so that each gift can be the one refused.
 * Failing allocations alone would not do: an arena asks its allocator for a block in hundreds.
 */
#ifndef TN_TEST_PB_POOR_H
#define TN_TEST_PB_POOR_H

#include "base/arena.h"
#include "support/test.h"

/* owned: tern_arena_free. f borrowed for as long, initialised here; left is at most 4000. */
static inline tern_arena *poor_arena(tn_failing_env *f, size_t left)
{
    tn_failing_env_init(f);
    tern_arena *arena = tern_arena_new(&f->env);
    assert_non_null(arena);
    assert_non_null(tern_arena_alloc(arena, TN_ARENA_BLOCK_MIN / 2));
    while (tn_arena_room(arena) < left)
        assert_non_null(tern_arena_alloc(arena, tn_arena_room(arena) + 1));
    assert_non_null(tern_arena_alloc(arena, tn_arena_room(arena) - left));
    f->fail_at = f->count + 1;
    f->fail_onward = true;
    return arena;
}

#endif
