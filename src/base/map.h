/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.h: two hash maps to pointers: by 32-bit id, and by string.
 *
 * Open addressing with linear probing and backward-shift deletion. The string map is keyed with a
 * random seed (env entropy) so that a peer cannot aim at collisions; its keys are borrowed and must
 * outlive their entry. Zeroed but for env, a map is valid and empty; memory comes on first put.
 * One thread at a time.
 */
#ifndef TN_BASE_MAP_H
#define TN_BASE_MAP_H

#include "base/env.h"
#include "tern/str.h"

typedef struct tn_idmap_slot {
    void *value; /* NULL = free */
    uint32_t id;
} tn_idmap_slot;

typedef struct tn_idmap {
    const tern_env *env;
    tn_idmap_slot *slots;
    uint32_t count, cap; /* cap is 0 or a power of two from 8 */
} tn_idmap;

/*
 * Where the search for an id starts in a map that has slots. Stream ids are odd and rise, which a
 * multiplication spreads evenly; a peer who picks ids that meet gains nothing, for a connection
 * holds few streams at once.
 */
static inline uint32_t tn_idmap_home(const tn_idmap *m, uint32_t id)
{
    return id * UINT32_C(0x9e3779b1) >> (__builtin_clz(m->cap) + 1);
}

void tn_idmap_free(tn_idmap *m);
/* The value, or NULL. */
static inline void *tn_idmap_get(const tn_idmap *m, uint32_t id)
{
    if (m->count == 0)
        return NULL;
    for (uint32_t i = tn_idmap_home(m, id);; i = (i + 1) & (m->cap - 1)) {
        const tn_idmap_slot *slot = &m->slots[i];
        if (!slot->value || slot->id == id)
            return slot->value;
    }
}
/* Adds or replaces; value is never NULL. False when there is no memory. */
bool tn_idmap_put(tn_idmap *m, uint32_t id, void *value);
/* The value taken out, or NULL. */
void *tn_idmap_remove(tn_idmap *m, uint32_t id);
/* Walks all entries in no order: start with *at = 0; NULL ends. Do not change the map meanwhile. */
void *tn_idmap_next(const tn_idmap *m, uint32_t *at);

typedef struct tn_strmap {
    const tern_env *env;
    struct tn_strmap_slot *slots;
    uint32_t count, cap;
    uint64_t seed[2]; /* drawn on first put when both are zero */
} tn_strmap;

void tn_strmap_free(tn_strmap *m);
void *tn_strmap_get(const tn_strmap *m, tern_str key);
/* Adds or replaces, the key too: what the old key pointed to may go. Value and memory as above. */
bool tn_strmap_put(tn_strmap *m, tern_str key, void *value);
void *tn_strmap_remove(tn_strmap *m, tern_str key);
void *tn_strmap_next(const tn_strmap *m, uint32_t *at);

/* SipHash-1-3 of n bytes. */
uint64_t tn_siphash(const uint64_t seed[2], const void *p, size_t n);

#endif
