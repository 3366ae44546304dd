/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_table.h: the dynamic table of RFC 7541 section 2.3.2, as both coders use it.
 *
 * Two rings: entries, and the bytes of their names and values, where one entry's bytes lie in one
 * piece. The table knows bytes and facts about bytes, never a verdict on a request. Memory comes on
 * the first insert and grows with use up to max_bytes; no entry is larger than that.
 * Internal to hpack.
 */
#ifndef TN_H2_HPACK_TABLE_H
#define TN_H2_HPACK_TABLE_H

#include "base/env.h"
#include "h2/hpack_field.h"

/* RFC 7541 section 4.1. */
#define TN_HPACK_ENTRY_OVERHEAD 32u

typedef struct tn_hpack_entry {
    uint32_t at;             /* of the name in bytes; the value follows it */
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
    tn_hpack_chunk *bytes;   /* ring */
    uint32_t entries_cap;    /* 0 or a power of two */
    uint32_t next_id;        /* of the entry to come; the newest is next_id - 1; wraps */
    uint32_t count;
    uint32_t used, max_bytes; /* as the RFC counts: name + value + 32 */
    uint32_t head;            /* where the next entry's bytes go */
    uint32_t held;            /* ids from here on have their bytes kept; at most next_id - count */
} tn_hpack_table;

#endif
