/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_table.h: the dynamic table of RFC 7541 section 2.3.2, as both coders use it.
 *
 * Two rings: entries, and the bytes of their names and values, where one entry's bytes lie in one
 * piece. The table knows bytes and facts about bytes, never a verdict on a request. Memory comes on
 * the first insert and grows with use up to max_bytes; no entry is larger than that.
 * Internal to hpack. One thread at a time.
 */
#ifndef TN_H2_HPACK_TABLE_H
#define TN_H2_HPACK_TABLE_H

#include "base/env.h"
#include "h2/hpack_field.h"

/* RFC 7541 section 4.1. */
#define TN_HPACK_ENTRY_OVERHEAD 32u

typedef struct tn_hpack_entry {
    uint32_t at; /* of the name in bytes; the value follows it */
    uint32_t name_n, value_n;
    uint8_t token, flags;
    uint16_t reserved;
} tn_hpack_entry;

/* Bytes with a link: the ring's bytes, and scratch. */
typedef struct tn_hpack_chunk {
    struct tn_hpack_chunk *next;
    uint32_t cap;
    uint8_t p[];
} tn_hpack_chunk;

typedef struct tn_hpack_table {
    const tern_env *env;
    tn_hpack_entry *entries; /* ring; slot of id is id & (entries_cap - 1) */
    tn_hpack_chunk *bytes;   /* ring; NULL until the first insert */
    uint32_t entries_cap;    /* 0 or a power of two */
    uint32_t next_id;        /* of the entry to come; the newest is next_id - 1; wraps */
    uint32_t count;
    uint32_t used, max_bytes; /* as the RFC counts: name + value + 32 */
    uint32_t head;            /* where the next entry's bytes go */
    uint32_t tail;            /* where the oldest bytes that are kept start; head == tail: none */
    bool hold;                /* bytes of evicted entries are kept: tail stands still */
} tn_hpack_table;

typedef enum tn_hpack_insert {
    TN_HPACK_INSERTED,
    TN_HPACK_CLEARED,         /* larger than the table: all was evicted, nothing inserted */
    TN_HPACK_INSERT_NO_MEMORY /* nothing has changed */
} tn_hpack_insert;

/* RFC 7541 Appendix A: [1] to [61]; [0] is not used. */
#define TN_HPACK_STATIC_COUNT 61u
extern const tn_h2_field tn_hpack_static[TN_HPACK_STATIC_COUNT + 1];

void tn_hpack_table_init(tn_hpack_table *t, const tern_env *env, uint32_t max_bytes);
void tn_hpack_table_free(tn_hpack_table *t);

/* Evicts down to max_bytes; gives memory back when it is 0. */
void tn_hpack_table_set_max(tn_hpack_table *t, uint32_t max_bytes);

/*
 * Inserts a copy of the field as the newest entry, evicting from the oldest on. The name may point
 * into the table when hold is set, the value not. When the byte ring has to move, the old bytes go to
 * *retired if hold is set (owned by the caller, else untouched), so that fields that point there
 * stay readable; without hold they are freed.
 */
tn_hpack_insert tn_hpack_table_insert(tn_hpack_table *t, const tn_h2_field *f,
                                      tn_hpack_chunk **retired);

tn_hpack_chunk *tn_hpack_chunk_new(const tern_env *env, uint32_t cap);
void tn_hpack_chunk_free(const tern_env *env, tn_hpack_chunk *c);

/* Entry number i, 0 the newest; i < count. */
static inline const tn_hpack_entry *tn_hpack_table_entry(const tn_hpack_table *t, uint32_t i)
{
    return &t->entries[(t->next_id - 1 - i) & (t->entries_cap - 1)];
}

/* An entry as a field that points into the ring. */
static inline tn_h2_field tn_hpack_table_field(const tn_hpack_table *t, const tn_hpack_entry *e)
{
    const char *p = (const char *)t->bytes->p + e->at;
    return (tn_h2_field){ .name = { p, e->name_n },
                          .value = { p + e->name_n, e->value_n },
                          .token = e->token,
                          .flags = e->flags };
}

#endif
