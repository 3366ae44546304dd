/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.c: maps: an array of entries, with a hash index beside it when there are more than a few.
 *
 * The index is a hint that is checked: it serves only while it describes the very array and count that
 * the map has, so that user code may build maps as plain arrays; without it lookups scan. It is keyed
 * with random numbers of the env, so that a peer cannot aim keys at one slot. Collisions go to the next
 * slot; load stays at or below one half. A slot keeps its key's hash: an index that grows hashes no key
 * again, and a look on the way past a slot seldom reads its key.
 * One thread at a time, as the arena.
 */
#include "pb/map.h"

#include "base/map.h"

#include <string.h>

/* Maps of fewer entries are scanned: that is faster, and most maps are small. */
#define SCAN_MAX 8

typedef struct slot {
    uint32_t hash;
    uint32_t number; /* of an entry, plus one; 0: empty */
} slot;

struct tn_pb_index {
    const char *p; /* the array it was built for, and how many entries of it are in */
    size_t n;
    uint64_t seed[2];
    size_t mask; /* slots - 1; their number is a power of two */
    slot slots[];
};

static char *entry_at(const tern_pb_table *entry, const tn_pb_map *map, size_t i)
{
    return map->p + i * entry->size;
}

static const tern_pb_field *key_of(const tern_pb_table *entry)
{
    return &entry->fields[TN_PB_MAP_KEY];
}

static bool key_equal(const tern_pb_field *key, const void *a, const void *b)
{
    const tern_pb_type type = tn_pb_type_of(key);
    if (type != TERN_PB_STRING)
        return memcmp(a, b, tn_pb_type_size(type)) == 0;
    const tn_pb_str *x = a, *y = b;
    return x->n == y->n && (x->n == 0 || memcmp(x->p, y->p, x->n) == 0);
}

static __attribute__((noinline)) uint32_t key_hash(const struct tn_pb_index *index,
                                                   const tern_pb_field *key, const void *k)
{
    const tern_pb_type type = tn_pb_type_of(key);
    const void *p = k;
    size_t n = tn_pb_type_size(type);
    if (type == TERN_PB_STRING) {
        p = ((const tn_pb_str *)k)->p;
        n = ((const tn_pb_str *)k)->n;
    }
    return (uint32_t)tn_siphash(index->seed, p, n);
}

static bool index_fits(const tn_pb_map *map)
{
    return map->index && map->index->p == map->p && map->index->n == map->n;
}

/* The slot that holds the key, or the empty one where it belongs. */
static __attribute__((noinline)) slot *probe(const tern_pb_table *entry, const tn_pb_map *map,
                                             const void *key, uint32_t hash)
{
    struct tn_pb_index *index = map->index;
    const tern_pb_field *f = key_of(entry);
    size_t at = hash & index->mask;
    for (; index->slots[at].number; at = (at + 1) & index->mask)
        if (index->slots[at].hash == hash &&
            key_equal(f, entry_at(entry, map, index->slots[at].number - 1) + f->offset, key))
            break;
    return &index->slots[at];
}

static slot *probe_key(const tern_pb_table *entry, const tn_pb_map *map, const void *key)
{
    return probe(entry, map, key, key_hash(map->index, key_of(entry), key));
}

/* The number of the entry with that key, or map->n. */
static __attribute__((noinline)) size_t find(const tern_pb_table *entry, const tn_pb_map *map,
                                             const void *key)
{
    if (index_fits(map)) {
        const slot *s = probe_key(entry, map, key);
        return s->number ? s->number - 1 : map->n;
    }
    const tern_pb_field *f = key_of(entry);
    for (size_t i = 0; i < map->n; i++)
        if (key_equal(f, entry_at(entry, map, i) + f->offset, key))
            return i;
    return map->n;
}

static const uint64_t *seed_of(tn_pb_mem *mem)
{
    if (!mem->seeded)
        tn_entropy(mem->arena->env, mem->seed, sizeof(mem->seed));
    mem->seeded = true;
    return mem->seed;
}

/* Puts what `from` holds, of other size, into the empty slots of `to`; no key stands twice in it. */
static void move_slots(struct tn_pb_index *to, const struct tn_pb_index *from)
{
    for (size_t i = 0; i <= from->mask; i++) {
        if (!from->slots[i].number)
            continue;
        size_t at = from->slots[i].hash & to->mask;
        while (to->slots[at].number)
            at = (at + 1) & to->mask;
        to->slots[at] = from->slots[i];
    }
}

/* Puts all entries of the map into its index. In a user's array a key may stand twice: the first one
 * counts, as in a scan. */
static void fill_slots(const tern_pb_table *entry, tn_pb_map *map)
{
    const tern_pb_field *key = key_of(entry);
    for (size_t i = 0; i < map->n; i++) {
        const void *k = entry_at(entry, map, i) + key->offset;
        const uint32_t hash = key_hash(map->index, key, k);
        slot *s = probe(entry, map, k, hash);
        if (!s->number)
            *s = (slot){ hash, (uint32_t)i + 1 };
    }
}

/* Makes the index fit, with room for one entry more; small maps go without. False: no memory. */
static bool index_build(tn_pb_mem *mem, const tern_pb_table *entry, tn_pb_map *map)
{
    struct tn_pb_index *old = map->index;
    const bool fits = index_fits(map);
    if (map->n < SCAN_MAX || (fits && map->n < (old->mask + 1) / 2))
        return true;
    if (map->n >= UINT32_MAX / 4)
        return false;
    size_t slots = 4 * SCAN_MAX;
    while (slots < 4 * map->n)
        slots *= 2;
    const size_t bytes = slots * sizeof(slot);
    struct tn_pb_index *index = tn_pb_take(mem, sizeof(*index) + bytes);
    if (!index)
        return false;
    index->mask = slots - 1;
    memset(index->slots, 0, bytes);
    memcpy(index->seed, old ? old->seed : seed_of(mem), sizeof(index->seed));
    map->index = index;
    if (fits)
        move_slots(index, old);
    else
        fill_slots(entry, map);
    index->p = map->p;
    index->n = map->n;
    return true;
}

/* What did not come in an entry has its default: an empty string, an empty message. */
static bool fill_defaults(tn_pb_mem *mem, const tern_pb_table *entry, char *fresh)
{
    for (unsigned i = 0; i < entry->field_count; i++) {
        const tern_pb_field *f = &entry->fields[i];
        const tern_pb_type type = tn_pb_type_of(f);
        if (type == TERN_PB_STRING || type == TERN_PB_BYTES) {
            tn_pb_str *s = (tn_pb_str *)(void *)(fresh + f->offset);
            if (!s->p)
                s->p = "";
        } else if (type == TERN_PB_MESSAGE) {
            tn_pb_ptr *sub = (tn_pb_ptr *)(void *)(fresh + f->offset);
            if (!*sub)
                *sub = tn_pb_take_message(mem, entry->subs[f->sub]);
            if (!*sub)
                return false;
        }
    }
    return true;
}

/* The array may have moved since the index was built for its n entries; they are the same ones. */
static bool reserve_one(tn_pb_mem *mem, const tern_pb_table *entry, tn_pb_map *map)
{
    const bool fitted = index_fits(map);
    tn_pb_array array = { map->p, map->n, map->cap };
    if (!tn_pb_reserve(mem, &array, 1, entry->size))
        return false;
    map->p = array.p;
    map->cap = array.cap;
    if (fitted)
        map->index->p = map->p;
    return true;
}

void *tn_pb_map_pending(tn_pb_mem *mem, const tern_pb_table *entry, tn_pb_map *map)
{
    if (TN_UNLIKELY(map->n >= map->cap) && !reserve_one(mem, entry, map))
        return NULL;
    return memset(entry_at(entry, map, map->n), 0, entry->size);
}

bool tn_pb_map_settle(tn_pb_mem *mem, const tern_pb_table *entry, tn_pb_map *map)
{
    char *fresh = entry_at(entry, map, map->n);
    if (!fill_defaults(mem, entry, fresh) || !index_build(mem, entry, map))
        return false;
    const void *key = fresh + key_of(entry)->offset;
    size_t at;
    if (index_fits(map)) {
        const uint32_t hash = key_hash(map->index, key_of(entry), key);
        slot *s = probe(entry, map, key, hash);
        at = s->number ? s->number - 1 : map->n;
        if (at == map->n) {
            *s = (slot){ hash, (uint32_t)at + 1 };
            map->index->n++;
        }
    } else {
        at = find(entry, map, key);
    }
    if (at < map->n)
        memcpy(entry_at(entry, map, at), fresh, entry->size);
    else
        map->n++;
    return true;
}

void *tern_pb_map_get(const tern_pb_table *entry, const void *map, const void *key)
{
    const tn_pb_map *m = map;
    const size_t at = find(entry, m, key);
    return at < m->n ? entry_at(entry, m, at) : NULL;
}

void *tern_pb_map_put(const tern_pb_table *entry, void *map, const void *key, tern_arena *arena)
{
    tn_pb_map *m = map;
    tn_pb_mem mem = tn_pb_mem_of(arena, SIZE_MAX);
    const size_t at = find(entry, m, key);
    if (at < m->n)
        return entry_at(entry, m, at);
    const tern_pb_field *f = key_of(entry);
    char *fresh = tn_pb_map_pending(&mem, entry, m);
    if (!fresh || !index_build(&mem, entry, m))
        return NULL;
    memcpy(fresh + f->offset, key, tn_pb_type_size(tn_pb_type_of(f)));
    if (index_fits(m)) {
        const uint32_t hash = key_hash(m->index, f, key);
        *probe(entry, m, key, hash) = (slot){ hash, (uint32_t)m->n + 1 };
        m->index->n++;
    }
    m->n++;
    return fresh;
}

/* Takes the key of entry `at` out of the index, and closes the gap that it leaves. */
static void forget(const tern_pb_table *entry, tn_pb_map *map, size_t at)
{
    struct tn_pb_index *index = map->index;
    const tern_pb_field *key = key_of(entry);
    const slot *gone = probe_key(entry, map, entry_at(entry, map, at) + key->offset);
    size_t hole = (size_t)(gone - index->slots);
    for (size_t i = (hole + 1) & index->mask; index->slots[i].number; i = (i + 1) & index->mask) {
        const size_t home = index->slots[i].hash & index->mask;
        /* It may move into the hole unless its home lies behind the hole. */
        if (((i - home) & index->mask) >= ((i - hole) & index->mask)) {
            index->slots[hole] = index->slots[i];
            hole = i;
        }
    }
    index->slots[hole].number = 0;
}

bool tern_pb_map_delete(const tern_pb_table *entry, void *map, const void *key)
{
    tn_pb_map *m = map;
    const tern_pb_field *f = key_of(entry);
    const size_t at = find(entry, m, key);
    if (at == m->n)
        return false;
    const size_t last = m->n - 1;
    if (index_fits(m)) {
        forget(entry, m, at);
        if (at != last)
            probe_key(entry, m, entry_at(entry, m, last) + f->offset)->number = (uint32_t)at + 1;
        m->index->n--;
    } else {
        m->index = NULL; /* what it describes might else come true by chance */
    }
    if (at != last)
        memcpy(entry_at(entry, m, at), entry_at(entry, m, last), entry->size);
    m->n--;
    return true;
}
