/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_table.c: the dynamic table: see hpack_table.h.
 *
 * Byte ring: the bytes kept lie in [tail, head), or in [tail, cap) and [0, head) when head < tail.
 * head never reaches tail from below, so that head == tail is always "nothing kept". An entry's bytes
 * lie in one piece; what is too small for it at the end of the ring is passed over. When nothing fits,
 * the live bytes move to a new ring, which is larger while that is allowed.
 * Invariant: live bytes + 32 * count <= max_bytes, hence a ring of max_bytes always has room after
 * such a move.
 */
#include "h2/hpack_table.h"
#include "base/cursor.h"

enum { FIRST_ENTRIES = 16, FIRST_BYTES = 512 - sizeof(tn_hpack_chunk) };

tn_hpack_chunk *tn_hpack_chunk_new(const tern_env *env, uint32_t cap)
{
    tn_hpack_chunk *c = tn_alloc(env, sizeof(*c) + cap);
    if (c) {
        c->next = NULL;
        c->cap = cap;
    }
    return c;
}

void tn_hpack_chunk_free(const tern_env *env, tn_hpack_chunk *c)
{
    if (c)
        tn_free(env, c, sizeof(*c) + c->cap);
}

void tn_hpack_table_init(tn_hpack_table *t, const tern_env *env, uint32_t max_bytes)
{
    *t = (tn_hpack_table){ .env = env, .max_bytes = max_bytes };
}

void tn_hpack_table_free(tn_hpack_table *t)
{
    tn_free(t->env, t->entries, t->entries_cap * sizeof(*t->entries));
    tn_hpack_chunk_free(t->env, t->bytes);
    tn_hpack_table_init(t, t->env, t->max_bytes);
}

static void evict_to(tn_hpack_table *t, uint32_t bytes)
{
    while (t->used > bytes) {
        const tn_hpack_entry *oldest = tn_hpack_table_entry(t, t->count - 1);
        t->used -= oldest->name_n + oldest->value_n + TN_HPACK_ENTRY_OVERHEAD;
        t->count--;
    }
}

void tn_hpack_table_set_max(tn_hpack_table *t, uint32_t max_bytes)
{
    t->max_bytes = max_bytes;
    evict_to(t, max_bytes);
    if (max_bytes == 0 && !t->hold)
        tn_hpack_table_free(t);
}

/* Lets go of the bytes of evicted entries, unless they are held. */
static void settle(tn_hpack_table *t)
{
    if (t->hold)
        return;
    if (t->count == 0)
        t->head = t->tail = 0;
    else
        t->tail = tn_hpack_table_entry(t, t->count - 1)->at;
}

/* Where n bytes fit in the ring as it is; UINT32_MAX: nowhere. */
static uint32_t place(const tn_hpack_table *t, uint32_t n)
{
    if (!t->bytes)
        return UINT32_MAX;
    if (t->head < t->tail)
        return t->tail - t->head > n ? t->head : UINT32_MAX;
    if (t->bytes->cap - t->head >= n)
        return t->head;
    return t->tail > n ? 0 : UINT32_MAX;
}

/* Moves the live bytes to the front of a ring with room for n more; false: no memory, no change. */
static bool move_ring(tn_hpack_table *t, uint32_t n, tn_hpack_chunk **retired)
{
    const uint32_t live = t->used - t->count * TN_HPACK_ENTRY_OVERHEAD;
    uint32_t cap = t->bytes ? t->bytes->cap : FIRST_BYTES;
    while (cap < t->max_bytes && cap / 2 < live + n)
        cap = cap * 2 + sizeof(tn_hpack_chunk);
    if (cap > t->max_bytes)
        cap = t->max_bytes;
    tn_hpack_chunk *fresh = tn_hpack_chunk_new(t->env, cap);
    if (!fresh)
        return false;
    tn_wr w = tn_wr_of(fresh->p, cap);
    for (uint32_t i = t->count; i-- > 0;) {
        tn_hpack_entry *e = &t->entries[(t->next_id - 1 - i) & (t->entries_cap - 1)];
        const uint32_t at = (uint32_t)(w.p - fresh->p);
        (void)tn_wr_bytes(&w, t->bytes->p + e->at, e->name_n + e->value_n);
        e->at = at;
    }
    if (t->hold)
        *retired = t->bytes;
    else
        tn_hpack_chunk_free(t->env, t->bytes);
    t->bytes = fresh;
    t->tail = 0;
    t->head = (uint32_t)(w.p - fresh->p);
    return true;
}

static bool grow_entries(tn_hpack_table *t)
{
    const uint32_t cap = t->entries_cap ? t->entries_cap * 2 : FIRST_ENTRIES;
    tn_hpack_entry *fresh = tn_alloc(t->env, cap * sizeof(*fresh));
    if (!fresh)
        return false;
    /* All slots, not only the live: an insert that fails later must be undone. */
    for (uint32_t i = 0; i < t->entries_cap; i++)
        fresh[(t->next_id - 1 - i) & (cap - 1)] = *tn_hpack_table_entry(t, i);
    tn_free(t->env, t->entries, t->entries_cap * sizeof(*t->entries));
    t->entries = fresh;
    t->entries_cap = cap;
    return true;
}

static void append(tn_hpack_table *t, uint32_t at, const tn_h2_field *f)
{
    tn_wr w = tn_wr_of(t->bytes->p + at, t->bytes->cap - at);
    (void)tn_wr_bytes(&w, f->name.p, f->name.n);
    (void)tn_wr_bytes(&w, f->value.p, f->value.n);
    t->head = (uint32_t)(w.p - t->bytes->p);
    t->entries[t->next_id & (t->entries_cap - 1)] =
        (tn_hpack_entry){ .at = at,
                          .name_n = (uint32_t)f->name.n,
                          .value_n = (uint32_t)f->value.n,
                          .token = f->token,
                          .flags = f->flags };
    t->next_id++;
    t->count++;
    t->used += (uint32_t)(f->name.n + f->value.n) + TN_HPACK_ENTRY_OVERHEAD;
}

tn_hpack_insert tn_hpack_table_insert(tn_hpack_table *t, const tn_h2_field *f,
                                      tn_hpack_chunk **retired)
{
    if (t->max_bytes < TN_HPACK_ENTRY_OVERHEAD ||
        f->name.n > t->max_bytes - TN_HPACK_ENTRY_OVERHEAD ||
        f->value.n > t->max_bytes - TN_HPACK_ENTRY_OVERHEAD - f->name.n) {
        evict_to(t, 0);
        return TN_HPACK_CLEARED;
    }
    const uint32_t n = (uint32_t)(f->name.n + f->value.n);
    const tn_hpack_table before = *t;
    evict_to(t, t->max_bytes - TN_HPACK_ENTRY_OVERHEAD - n);
    settle(t);
    uint32_t at = place(t, n);
    if ((t->count == t->entries_cap && !grow_entries(t)) ||
        (at == UINT32_MAX && !move_ring(t, n, retired))) {
        t->used = before.used;
        t->count = before.count;
        t->head = before.head;
        t->tail = before.tail;
        return TN_HPACK_INSERT_NO_MEMORY;
    }
    append(t, at == UINT32_MAX ? t->head : at, f);
    return TN_HPACK_INSERTED;
}
