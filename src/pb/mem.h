/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.h: arena memory on a budget.
 *
 * A decode may take so many bytes and no more, whatever the arena already holds: each gift is
 * counted, rounded up to 8 bytes, so that the same input passes or fails everywhere.
 * Builders outside a decode use a budget without end. One thread at a time, as the arena.
 */
#ifndef TN_PB_MEM_H
#define TN_PB_MEM_H

#include "base/arena.h"
#include "pb/table.h"

typedef struct tn_pb_mem {
    tern_arena *arena;
    size_t left; /* bytes that may still be taken */
    bool over;   /* the budget, not the allocator, said no */
    bool seeded;
    uint64_t seed[2]; /* of map indexes: drawn once, for entropy is a system call */
} tn_pb_mem;

static inline tn_pb_mem tn_pb_mem_of(tern_arena *arena, size_t bytes)
{
    return (tn_pb_mem){ .arena = arena, .left = bytes };
}

static inline bool tn_pb_spend(tn_pb_mem *mem, size_t n)
{
    const size_t cost = (n + 7) & ~(size_t)7;
    if (TN_UNLIKELY(cost > mem->left || cost < n)) {
        mem->over = true;
        return false;
    }
    mem->left -= cost;
    return true;
}

#define TN_PB_MEMORY_DEFAULT ((size_t)64 << 20)

/*
 * The limits in options of that type become what counts: zero is the default, TERN_UNLIMITED has no
 * end. INVALID_ARGUMENT: a depth that is not possible.
 */
tern_code tn_pb_limits_read(const char *type, uint32_t *max_depth, size_t *memory_bytes,
                            tern_error *err);

/* arena; not zeroed. NULL when the budget or the memory is gone. */
static inline void *tn_pb_take(tn_pb_mem *mem, size_t n)
{
    return tn_pb_spend(mem, n) ? tn_arena_take8(mem->arena, n) : NULL;
}

/* arena; a zeroed message of the table's type. */
static inline void *tn_pb_take_message(tn_pb_mem *mem, const tern_pb_table *table)
{
    void *msg = tn_pb_take(mem, table->size);
    if (TN_LIKELY(msg != NULL))
        memset(msg, 0, table->size);
    return msg;
}

/*
 * Room for `more` elements behind the n of a repeated field or map (a view of its { p, n, cap }). What
 * a user's literal pointed to (cap 0) is copied, never grown. False: nothing has changed.
 */
bool tn_pb_reserve(tn_pb_mem *mem, tn_pb_array *array, size_t more, size_t element_size);

#endif
