/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strmap.c: the map from strings, and the keyed hash that guards it.
 *
 * The whole hash is kept beside each entry: most unequal keys are told apart without touching their
 * bytes, and growth hashes nothing again.
 * Invariant: between an entry's home and its slot no slot is free, and at least a quarter of all
 * slots are.
 */
#include "base/assert.h"
#include "base/map.h"

#define SMALLEST 8
#define LARGEST  (UINT32_C(1) << 26) /* so that sizes fit a 32-bit size_t too */

typedef struct tn_strmap_slot {
    tern_str key;
    void *value; /* NULL = free */
    uint64_t hash;
} slot;

void tn_strmap_free(tn_strmap *m)
{
    tn_free(m->env, m->slots, m->cap * sizeof(*m->slots));
    *m = (tn_strmap){ .env = m->env };
}

/* The slot that holds key, or the free one where it belongs. */
static slot *find(const tn_strmap *m, tern_str key, uint64_t hash)
{
    const uint32_t mask = m->cap - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        slot *s = &m->slots[i];
        if (!s->value || (s->hash == hash && tern_str_equal(s->key, key)))
            return s;
    }
}

static bool grow(tn_strmap *m)
{
    if (m->cap >= LARGEST)
        return false;
    const uint32_t cap = m->cap ? m->cap * 2 : SMALLEST;
    slot *slots = tn_zalloc(m->env, cap * sizeof(*slots));
    if (!slots)
        return false;
    for (uint32_t i = 0; i < m->cap; i++) {
        if (!m->slots[i].value)
            continue;
        uint32_t to = (uint32_t)m->slots[i].hash & (cap - 1);
        while (slots[to].value)
            to = (to + 1) & (cap - 1);
        slots[to] = m->slots[i];
    }
    tn_free(m->env, m->slots, m->cap * sizeof(*m->slots));
    m->slots = slots;
    m->cap = cap;
    return true;
}

void *tn_strmap_get(const tn_strmap *m, tern_str key)
{
    if (m->count == 0)
        return NULL;
    return find(m, key, tn_siphash(m->seed, key.p, key.n))->value;
}

bool tn_strmap_put(tn_strmap *m, tern_str key, void *value)
{
    TN_ASSERT(value);
    if (!m->slots && !(m->seed[0] | m->seed[1]))
        tn_entropy(m->env, m->seed, sizeof(m->seed));

    const uint64_t hash = tn_siphash(m->seed, key.p, key.n);
    if (m->cap) {
        slot *s = find(m, key, hash);
        if (s->value) {
            s->key = key;
            s->value = value;
            return true;
        }
    }
    if (m->count >= m->cap / 4 * 3 && !grow(m))
        return false;
    *find(m, key, hash) = (slot){ .key = key, .value = value, .hash = hash };
    m->count++;
    return true;
}

void *tn_strmap_remove(tn_strmap *m, tern_str key)
{
    if (m->count == 0)
        return NULL;
    slot *s = find(m, key, tn_siphash(m->seed, key.p, key.n));
    void *value = s->value;
    if (!value)
        return NULL;

    /* Close the hole: an entry behind it moves in unless its home lies behind the hole. */
    const uint32_t mask = m->cap - 1;
    uint32_t hole = (uint32_t)(s - m->slots);
    for (uint32_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        const uint32_t home = (uint32_t)m->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole].value = NULL;
    m->count--;
    return value;
}

void *tn_strmap_next(const tn_strmap *m, uint32_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

/* Eight bytes, the first lowest, on either byte order: written out, compilers make it one load. */
static inline uint64_t load_le64(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

uint64_t tn_siphash(const uint64_t seed[2], const void *p, size_t n)
{
    uint64_t v[4] = {
        seed[0] ^ UINT64_C(0x736f6d6570736575),
        seed[1] ^ UINT64_C(0x646f72616e646f6d),
        seed[0] ^ UINT64_C(0x6c7967656e657261),
        seed[1] ^ UINT64_C(0x7465646279746573),
    };

    const uint8_t *in = p;
    size_t left = n;
    for (; left >= 8; left -= 8, in += 8) {
        const uint64_t word = load_le64(in);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }

    uint64_t last = (uint64_t)n << 56;
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)in[i] << (8 * i);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;

    v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
