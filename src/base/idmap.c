/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idmap.c: changes to the map from 32-bit ids; map.h has the lookup.
 *
 * Invariant: between an entry's home and its slot no slot is free, and at least a quarter of all
 * slots are, so that every search ends.
 */
#include "base/assert.h"
#include "base/map.h"

#define SMALLEST 8
#define LARGEST  (UINT32_C(1) << 26) /* so that sizes fit a 32-bit size_t too */

void tn_idmap_free(tn_idmap *m)
{
    tn_free(m->env, m->slots, m->cap * sizeof(*m->slots));
    *m = (tn_idmap){ .env = m->env };
}

/* The slot that holds id, or the free one where it belongs. */
static tn_idmap_slot *find(const tn_idmap *m, uint32_t id)
{
    uint32_t i = tn_idmap_home(m, id);
    while (m->slots[i].value && m->slots[i].id != id)
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

static bool grow(tn_idmap *m)
{
    if (m->cap >= LARGEST)
        return false;
    tn_idmap grown = *m;
    grown.cap = m->cap ? m->cap * 2 : SMALLEST;
    grown.slots = tn_zalloc(m->env, grown.cap * sizeof(*grown.slots));
    if (!grown.slots)
        return false;
    for (uint32_t i = 0; i < m->cap; i++)
        if (m->slots[i].value)
            *find(&grown, m->slots[i].id) = m->slots[i];
    tn_free(m->env, m->slots, m->cap * sizeof(*m->slots));
    *m = grown;
    return true;
}

bool tn_idmap_put(tn_idmap *m, uint32_t id, void *value)
{
    TN_ASSERT(value);
    if (m->cap) {
        tn_idmap_slot *slot = find(m, id);
        if (slot->value) {
            slot->value = value;
            return true;
        }
    }
    if (m->count >= m->cap / 4 * 3 && !grow(m))
        return false;
    *find(m, id) = (tn_idmap_slot){ .value = value, .id = id };
    m->count++;
    return true;
}

void *tn_idmap_remove(tn_idmap *m, uint32_t id)
{
    if (m->count == 0)
        return NULL;
    tn_idmap_slot *slot = find(m, id);
    void *value = slot->value;
    if (!value)
        return NULL;

    /* Close the hole: an entry behind it moves in unless its home lies behind the hole. */
    const uint32_t mask = m->cap - 1;
    uint32_t hole = (uint32_t)(slot - m->slots);
    for (uint32_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        const uint32_t home = tn_idmap_home(m, m->slots[i].id);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole].value = NULL;
    m->count--;
    return value;
}

void *tn_idmap_next(const tn_idmap *m, uint32_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}
