/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sorted.c: entries sorted by key: a merge sort of (key, number) pairs, from the bottom up.
 *
 * It is stable, takes no more than n log n steps whatever the keys are, and does not recurse. Most
 * comparisons are of two numbers: the key, or the first bytes of it.
 */
#include "pb/sorted.h"

#include <string.h>

void tn_pb_sorted_fini(tn_pb_sorted *s)
{
    tn_free(s->env, s->ranks, s->cap * sizeof(*s->ranks));
    *s = tn_pb_sorted_of(s->env);
}

/* The first eight bytes, as a number that has their order; zeros stand behind the end. */
static uint64_t string_rank(const tn_pb_str *s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++)
        v = v << 8 | (i < s->n ? (unsigned char)s->p[i] : 0);
    return v;
}

static uint64_t rank_of(tern_pb_type type, const void *key)
{
    switch (type) {
    case TERN_PB_STRING: return string_rank(key);
    case TERN_PB_BOOL: return *(const bool *)key;
    case TERN_PB_UINT32:
    case TERN_PB_FIXED32: return *(const tn_pb_u32 *)key;
    case TERN_PB_INT32:
    case TERN_PB_SINT32:
    case TERN_PB_SFIXED32: return *(const tn_pb_u32 *)key ^ UINT32_C(1) << 31;
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64: return *(const tn_pb_u64 *)key;
    default: return *(const tn_pb_u64 *)key ^ UINT64_C(1) << 63;
    }
}

/* The map that is being sorted. */
typedef struct keys {
    const char *first; /* the key of the first entry */
    size_t step;
    bool strings;
} keys;

static const tn_pb_str *string_at(const keys *k, uint32_t i)
{
    return (const tn_pb_str *)(const void *)(k->first + i * k->step);
}

/* Two strings that begin alike. */
static bool string_before(const tn_pb_str *a, const tn_pb_str *b)
{
    const size_t n = a->n < b->n ? a->n : b->n;
    const int order = n ? memcmp(a->p, b->p, n) : 0;
    return order ? order < 0 : a->n < b->n;
}

static bool before(const keys *k, tn_pb_rank a, tn_pb_rank b)
{
    if (a.key != b.key || !k->strings)
        return a.key < b.key;
    return string_before(string_at(k, a.at), string_at(k, b.at));
}

/* Merges the sorted runs [0, middle) and [middle, n) of from into to. */
static void merge_runs(const keys *k, tn_pb_rank *to, const tn_pb_rank *from, size_t middle,
                       size_t n)
{
    size_t left = 0, right = middle;
    for (size_t i = 0; i < n; i++) {
        const bool second = left == middle || (right < n && before(k, from[right], from[left]));
        to[i] = from[second ? right++ : left++];
    }
}

static void sort(const keys *k, tn_pb_rank *ranks, tn_pb_rank *spare, size_t n)
{
    tn_pb_rank *from = ranks, *to = spare;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            const size_t rest = n - at;
            merge_runs(k, to + at, from + at, width < rest ? width : rest,
                       2 * width < rest ? 2 * width : rest);
        }
        tn_pb_rank *const turn = from;
        from = to;
        to = turn;
    }
    if (from != ranks)
        memcpy(ranks, from, n * sizeof(*ranks));
}

/* Room for so many ranks more. */
static bool reserve(tn_pb_sorted *s, size_t more)
{
    const size_t most = SIZE_MAX / sizeof(*s->ranks) / 2;
    if (more > most - s->n)
        return false;
    if (s->n + more <= s->cap)
        return true;
    const size_t cap = s->n + more > 2 * s->cap ? s->n + more : 2 * s->cap;
    tn_pb_rank *ranks = tn_realloc(s->env, s->ranks, s->cap * sizeof(*ranks), cap * sizeof(*ranks));
    if (!ranks)
        return false;
    s->ranks = ranks;
    s->cap = cap;
    return true;
}

tn_pb_fault tn_pb_sorted_push(tn_pb_sorted *s, const tern_pb_table *entry, const tn_pb_map *map)
{
    const tern_pb_field *key = &entry->fields[TN_PB_MAP_KEY];
    const tern_pb_type type = tn_pb_type_of(key);
    const size_t n = map->n;
    if (n == 0)
        return TN_PB_FINE;
    if (n > TN_PB_SIZE_MAX) /* an entry takes more than a byte */
        return TN_PB_TOO_LARGE;
    if (!reserve(s, 2 * n))
        return TN_PB_NO_MEMORY;
    const keys k = { map->p + key->offset, entry->size, type == TERN_PB_STRING };
    tn_pb_rank *ranks = s->ranks + s->n;
    for (size_t i = 0; i < n; i++)
        ranks[i] = (tn_pb_rank){ rank_of(type, k.first + i * k.step), (uint32_t)i };
    sort(&k, ranks, ranks + n, n);
    s->n += n;
    return TN_PB_FINE;
}
