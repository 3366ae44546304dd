/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sorted.h: the order of a map's entries by key, for encodings that depend on what a map holds alone.
 *
 * A message is read only, so it is the numbers of its entries that are sorted, in memory of the env. A
 * map inside the value of another is pushed behind it and popped before it: one stack for all.
 * Invariant: the ranks of the map that was pushed last, and not popped, are the last ones of n.
 * One thread at a time.
 */
#ifndef TN_PB_SORTED_H
#define TN_PB_SORTED_H

#include "base/env.h"
#include "pb/fault.h"
#include "pb/map.h"

/* An entry, and as much of its key as fits in a number: whole for numbers, a beginning for strings. */
typedef struct tn_pb_rank {
    uint64_t key;
    uint32_t at;
} tn_pb_rank;

typedef struct tn_pb_sorted {
    const tern_env *env;
    tn_pb_rank *ranks; /* owned, cap of them, n in use */
    size_t n, cap;
} tn_pb_sorted;

/* env borrowed. Allocates nothing. */
static inline tn_pb_sorted tn_pb_sorted_of(const tern_env *env)
{
    return (tn_pb_sorted){ .env = env };
}

void tn_pb_sorted_fini(tn_pb_sorted *s);

/*
 * Sorts the entries of the map (borrowed until it is popped): numbers by value, false before true,
 * strings byte by byte; keys that stand twice keep their order. TN_PB_NO_MEMORY or TN_PB_TOO_LARGE;
 * then nothing was pushed.
 */
tn_pb_fault tn_pb_sorted_push(tn_pb_sorted *s, const tern_pb_table *entry, const tn_pb_map *map);

/* Forgets the map that was pushed last; it has n entries. */
static inline void tn_pb_sorted_pop(tn_pb_sorted *s, size_t n)
{
    s->n -= n;
}

/* Which entry of the map that was pushed last, which has n, is the i-th by key. */
static inline size_t tn_pb_sorted_at(const tn_pb_sorted *s, size_t n, size_t i)
{
    return s->ranks[s->n - n + i].at;
}

#endif
