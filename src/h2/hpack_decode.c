/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_decode.c: the decoder of RFC 7541.
 *
 * Where a field's bytes lie: a raw string in the block; a Huffman string in scratch; an indexed field
 * in the static table or in the ring of the dynamic table. Inserted strings are copied into the ring,
 * so what the block's fields point at in the ring is older than the block, and hold keeps it there
 * until the block's fields are done with.
 * Once the list is too large no field counts any more: nothing is held, scratch is used anew for each
 * field, and the rest of the block only keeps the table in step; far over, the connection is given up.
 * Work is linear in the block and in max_list; memory is at most the block's strings, decoded, plus
 * rings that moved, each of which takes a good part of a ring of inserted strings.
 */
#include "base/assert.h"
#include "base/cursor.h"
#include "h2/hpack.h"
#include "h2/huffman.h"
#include "h2/limits.h"

enum {
    /* Integers: 5 octets after the prefix, below 2^28: the zero padding and overflow of CVE-2023-33953. */
    INTEGER_OCTETS = 5,
    INTEGER_BITS = 28,
    /* A lowered and a final size are all that a sender has reason to send (RFC 7541 section 4.2). */
    SIZE_UPDATES = 2,
    /* Scratch that stays with an idle connection. */
    SCRATCH_KEPT = 512 - sizeof(tn_hpack_chunk),
    SCRATCH_MORE = 4096 - sizeof(tn_hpack_chunk)
};

typedef struct run {
    tn_hpack_decoder *d;
    tn_rd in;
    tn_h2_field *fields;
    uint32_t count, cap;
    bool over;
    tn_h2_field spare; /* for a field that has no place among fields */
} run;

void tn_hpack_decoder_init(tn_hpack_decoder *d, const tern_env *env, uint32_t max_list)
{
    *d = (tn_hpack_decoder){ .protocol_max = TN_HPACK_DEFAULT_TABLE_BYTES, .max_list = max_list };
    tn_hpack_table_init(&d->table, env, TN_HPACK_DEFAULT_TABLE_BYTES);
}

void tn_hpack_decoder_free(tn_hpack_decoder *d)
{
    tn_hpack_decoder_release(d);
    tn_hpack_chunk_free(d->table.env, d->scratch);
    d->scratch = NULL;
    tn_hpack_forget(d);
    tn_hpack_table_free(&d->table);
}

void tn_hpack_decoder_set_max(tn_hpack_decoder *d, uint32_t bytes)
{
    d->protocol_max = bytes;
    if (d->memo)
        tn_hpack_outdate(d);
    if (bytes < d->table.max_bytes && (!d->update_due || bytes < d->update_max)) {
        d->update_due = true;
        d->update_max = bytes;
    }
}

void tn_hpack_decoder_release_slow(tn_hpack_decoder *d)
{
    tn_hpack_chunk *keep = NULL;
    while (d->scratch) {
        tn_hpack_chunk *c = d->scratch;
        d->scratch = c->next;
        if (c->cap == SCRATCH_KEPT && !keep)
            keep = c;
        else
            tn_hpack_chunk_free(d->table.env, c);
    }
    if (keep)
        keep->next = NULL;
    d->scratch = keep;
    d->scratch_used = 0;
    d->table.hold = false;
}

/* Room for n bytes, below 2^32, that will not move; NULL: no memory. */
static uint8_t *scratch_room(tn_hpack_decoder *d, size_t n)
{
    tn_hpack_chunk *c = d->scratch;
    if (c && c->cap - d->scratch_used >= n)
        return c->p + d->scratch_used;
    const uint32_t usual = c ? SCRATCH_MORE : SCRATCH_KEPT;
    c = tn_hpack_chunk_new(d->table.env, n > usual ? (uint32_t)n : usual);
    if (!c)
        return NULL;
    c->next = d->scratch;
    d->scratch = c;
    d->scratch_used = 0;
    return c->p;
}

/* Keeps a ring that moved as long as the fields that point into it. */
static void retire(tn_hpack_decoder *d, tn_hpack_chunk *c)
{
    if (d->scratch) {
        c->next = d->scratch->next;
        d->scratch->next = c;
    } else {
        d->scratch = c;
        d->scratch_used = c->cap;
    }
}

static tn_hpack_verdict bad(run *r, const char *reason)
{
    r->d->reason = reason;
    return TN_HPACK_BAD;
}

/* What follows a prefix that is all ones. */
static bool long_integer(tn_rd *in, uint32_t mask, uint32_t *value)
{
    uint64_t v = mask;
    uint8_t octet;
    unsigned shift = 0;
    do {
        if (shift == 7 * INTEGER_OCTETS || !tn_rd_u8(in, &octet))
            return false;
        v += (uint64_t)(octet & 0x7f) << shift;
        shift += 7;
    } while (octet & 0x80);
    *value = (uint32_t)v;
    return v < 1u << INTEGER_BITS;
}

/* RFC 7541 section 5.1. The octet with the prefix is there. */
static inline bool integer(tn_rd *in, unsigned prefix_bits, uint32_t *value)
{
    const uint32_t mask = (1u << prefix_bits) - 1;
    *value = *in->p++ & mask;
    return TN_LIKELY(*value != mask) || long_integer(in, mask, value);
}

/* RFC 7541 section 5.2. *text: Huffman code has told that no control character is in it. */
static tn_hpack_verdict string(run *r, tern_str *s, bool *text)
{
    const uint8_t *p;
    uint32_t n;
    if (tn_rd_left(&r->in) == 0)
        return bad(r, "header block ends within a field");
    const bool huffman = *r->in.p & 0x80;
    if (!integer(&r->in, 7, &n))
        return bad(r, "string length is cut off or too large");
    if (!tn_rd_bytes(&r->in, n, &p))
        return bad(r, "string is longer than its header block");
    *s = (tern_str){ (const char *)p, n };
    *text = false;
    if (!huffman)
        return TN_HPACK_OK;
    uint8_t *room = scratch_room(r->d, tn_huffman_decode_room(n));
    if (!room)
        return TN_HPACK_NO_MEMORY;
    size_t decoded;
    const tn_huffman_verdict verdict = tn_huffman_decode(p, n, room, &decoded);
    if (verdict == TN_HUFFMAN_BAD)
        return bad(r, "string is not valid Huffman code");
    *text = verdict == TN_HUFFMAN_TEXT;
    r->d->scratch_used += (uint32_t)decoded;
    *s = (tern_str){ (const char *)room, decoded };
    return TN_HPACK_OK;
}

/* RFC 7541 section 2.3.3. A field of the dynamic table is held for as long as it may be looked at. */
static bool lookup(run *r, uint32_t index, tn_h2_field *f)
{
    tn_hpack_table *t = &r->d->table;
    if (index - 1 < TN_HPACK_STATIC_COUNT) {
        *f = tn_hpack_static[index];
        return true;
    }
    const uint32_t i = index - 1 - TN_HPACK_STATIC_COUNT;
    if (index == 0 || i >= t->count)
        return false;
    *f = tn_hpack_table_field(t, tn_hpack_table_entry(t, i));
    t->hold = true;
    return true;
}

static void go_over(run *r)
{
    r->over = true;
    r->count = 0;
}

/* Where the next field is made: in its place, for to copy it there in one piece right after its parts
 * were written would wait for them to be in the cache. */
static inline tn_h2_field *place(run *r)
{
    return r->over || r->count == r->cap ? &r->spare : &r->fields[r->count];
}

/* The field in `place` counts. */
static void emit(run *r, const tn_h2_field *f)
{
    tn_hpack_decoder *d = r->d;
    d->list_bytes += (uint64_t)f->name.n + f->value.n + TN_HPACK_ENTRY_OVERHEAD;
    d->list_fields++;
    if (r->over)
        return;
    if (r->count == r->cap || d->list_bytes > d->max_list)
        go_over(r);
    else
        r->count++;
}

/* RFC 7541 section 6.2: prefix_bits is 6 with incremental indexing, 4 without. */
static tn_hpack_verdict literal(run *r, unsigned prefix_bits, uint8_t flags)
{
    tn_h2_field *const f = place(r);
    uint32_t index;
    bool text;
    tn_hpack_verdict v;
    if (!integer(&r->in, prefix_bits, &index))
        return bad(r, "index is cut off or too large");
    if (index) {
        if (!lookup(r, index, f))
            return bad(r, "name index is not in the tables");
        f->flags &= TN_H2_FIELD_PSEUDO | TN_H2_FIELD_BIN | TN_H2_FIELD_BAD_NAME;
    } else {
        if ((v = string(r, &f->name, &text)) != TN_HPACK_OK)
            return v;
        f->token = (uint8_t)tn_h2_token_of(f->name);
        f->flags = tn_h2_name_facts(f->name, f->token);
    }
    if ((v = string(r, &f->value, &text)) != TN_HPACK_OK)
        return v;
    f->flags |= text ? tn_h2_text_facts(f->value) : tn_h2_value_facts(f->value);
    if (prefix_bits == 6) {
        tn_hpack_chunk *retired = NULL;
        if (tn_hpack_table_insert(&r->d->table, f, &retired) == TN_HPACK_INSERT_NO_MEMORY)
            return TN_HPACK_NO_MEMORY;
        if (retired)
            retire(r->d, retired);
    }
    f->flags |= flags;
    emit(r, f);
    return TN_HPACK_OK;
}

/* One field, of any kind. */
static tn_hpack_verdict field(run *r)
{
    const uint8_t b = *r->in.p;
    if (r->over)
        tn_hpack_decoder_release(r->d);
    if (b & 0x80) {
        tn_h2_field *const f = place(r);
        uint32_t index;
        if (!integer(&r->in, 7, &index))
            return bad(r, "index is cut off or too large");
        if (!lookup(r, index, f))
            return bad(r, "index is not in the tables");
        emit(r, f);
        return TN_HPACK_OK;
    }
    if (b & 0x40)
        return literal(r, 6, 0);
    if (b & 0x20)
        return bad(r, "table size update after a field");
    return literal(r, 4, b & 0x10 ? TN_H2_FIELD_NEVER_INDEX : 0);
}

/* The quick way through fields that one octet names; stops before whatever is not that simple. */
static void indexed(run *r)
{
    tn_hpack_decoder *d = r->d;
    tn_hpack_table *t = &d->table;
    const uint8_t *p = r->in.p;
    tn_h2_field *out = r->fields + r->count, *const out_end = r->fields + r->cap;
    uint64_t list = d->list_bytes;
    if (r->over)
        return;
    for (; p < r->in.end && out < out_end; p++, out++) {
        const uint32_t i = *p - 0x81u; /* 0: the first of the static table; an index of 0 is none */
        if (i < TN_HPACK_STATIC_COUNT) {
            *out = tn_hpack_static[i + 1];
        } else {
            if (i >= TN_HPACK_STATIC_COUNT + t->count || *p == 0xff)
                break;
            *out = tn_hpack_table_field(t, tn_hpack_table_entry(t, i - TN_HPACK_STATIC_COUNT));
            t->hold = true;
        }
        const uint64_t more = list + out->name.n + out->value.n + TN_HPACK_ENTRY_OVERHEAD;
        if (more > d->max_list)
            break; /* field() does it again and draws the line */
        list = more;
    }
    d->list_bytes = list;
    d->list_fields += (uint32_t)(p - r->in.p);
    r->count = (uint32_t)(out - r->fields);
    r->in.p = p;
}

/* RFC 7541 sections 4.2 and 6.3. */
static tn_hpack_verdict size_updates(run *r)
{
    tn_hpack_decoder *d = r->d;
    for (int n = 0; tn_rd_left(&r->in) && (*r->in.p & 0xe0) == 0x20; n++) {
        uint32_t bytes;
        if (n == SIZE_UPDATES)
            return bad(r, "more than two table size updates");
        if (!integer(&r->in, 5, &bytes) || bytes > d->protocol_max)
            return bad(r, "table size update above SETTINGS_HEADER_TABLE_SIZE");
        if (d->update_due && bytes > d->update_max)
            return bad(r, "table size update above the lowered SETTINGS_HEADER_TABLE_SIZE");
        d->update_due = false;
        tn_hpack_table_set_max(&d->table, bytes);
    }
    return d->update_due && tn_rd_left(&r->in) ? bad(r, "table size update is missing")
                                               : TN_HPACK_OK;
}

/* What is remembered holds for the table that was. */
static void note_change(tn_hpack_decoder *d, const tn_hpack_table *before)
{
    d->changed = d->table.next_id != before->next_id || d->table.count != before->count ||
                 d->table.max_bytes != before->max_bytes;
    if (d->memo && (d->changed || d->dead))
        tn_hpack_outdate(d);
}

tn_hpack_verdict tn_hpack_decode(tn_hpack_decoder *d, tern_bytes block, tn_h2_field *fields,
                                 uint32_t cap, uint32_t *count)
{
    run r;
    r.d = d;
    r.in = tn_rd_of(block.p, block.n);
    r.fields = fields;
    r.count = 0;
    r.cap = cap;
    r.over = false;
    *count = 0;
    tn_hpack_decoder_release(d);
    d->table.hold = false;
    d->list_bytes = 0;
    d->list_fields = 0;
    if (d->dead)
        return bad(&r, "an earlier header block failed");
    const tn_hpack_table before = d->table;
    tn_hpack_verdict v = size_updates(&r);
    while (v == TN_HPACK_OK && tn_rd_left(&r.in)) {
        indexed(&r);
        if (tn_rd_left(&r.in))
            v = field(&r);
        if (d->list_bytes / TN_H2_LIST_FACTOR > d->max_list)
            break;
    }
    d->dead = v != TN_HPACK_OK || d->list_bytes / TN_H2_LIST_FACTOR > d->max_list;
    note_change(d, &before);
    if (v == TN_HPACK_OK && !r.over) {
        *count = r.count;
        return TN_HPACK_OK;
    }
    tn_hpack_decoder_release(d);
    return v == TN_HPACK_OK ? TN_HPACK_TOO_LARGE : v;
}
