/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_memo.c: a block that came before, byte for byte, means the same fields as long as the dynamic
 * table is the same.
 *
 * One block is kept. At first sight only its bytes are, for most blocks that differ from the last will
 * differ from the next; the fields follow at the second. Whatever changes the table, or is asked of the
 * next block, makes tn_hpack_decode forget them. Not for blocks that change the table themselves.
 * Invariant: with count != 0, decoding `block` would give `fields` and leave the decoder as it is.
 */
#include "base/cursor.h"
#include "h2/hpack.h"
#include "h2/hpack_bytes.h"

enum { BLOCK = 256, FIELDS = 16, TEXT = 256 };

struct tn_hpack_memo {
    uint32_t n;     /* octets of block */
    uint32_t count; /* fields; 0: none are kept */
    uint32_t list_bytes;
    uint32_t text_n;
    uint8_t block[BLOCK];
    tn_h2_field fields[FIELDS];
    uint8_t text[TEXT]; /* of strings that were decoded */
};

void tn_hpack_forget(tn_hpack_decoder *d)
{
    tn_free(d->table.env, d->memo, sizeof(*d->memo));
    d->memo = NULL;
}

void tn_hpack_outdate(tn_hpack_decoder *d)
{
    d->memo->count = d->memo->n = 0;
}

static bool same_block(const struct tn_hpack_memo *m, tern_bytes block)
{
    return m->n == block.n && tn_hpack_same(m->block, block.p, block.n);
}

const tn_h2_field *tn_hpack_recall(tn_hpack_decoder *d, tern_bytes block, uint32_t *count,
                                   uint64_t *number)
{
    const struct tn_hpack_memo *m = d->memo;
    if (!m || m->count == 0 || !same_block(m, block) || m->list_bytes > d->max_list)
        return NULL;
    d->list_bytes = m->list_bytes;
    d->list_fields = *count = m->count;
    *number = d->memo_number;
    return m->fields;
}

/* Is p one of the n bytes at start? They may be of different objects. */
static bool lies_in(const char *p, const void *start, size_t n)
{
    return (uintptr_t)p - (uintptr_t)start < n;
}

/* Makes s point to bytes that stay. False: there is no room. */
static bool keep_string(const tn_hpack_decoder *d, tern_bytes block, tern_str *s)
{
    struct tn_hpack_memo *m = d->memo;
    if (s->n == 0)
        s->p = "";
    else if (lies_in(s->p, block.p, block.n))
        s->p = (const char *)m->block + (s->p - (const char *)block.p);
    else if (d->scratch && lies_in(s->p, d->scratch->p, d->scratch_used)) {
        tn_wr w = tn_wr_of(m->text + m->text_n, TEXT - m->text_n);
        if (!tn_wr_bytes(&w, s->p, s->n))
            return false;
        s->p = (const char *)m->text + m->text_n;
        m->text_n += (uint32_t)s->n;
    }
    return true;
}

/* False: there is no room. */
static bool keep_fields(tn_hpack_decoder *d, tern_bytes block, const tn_h2_field *fields,
                        uint32_t count)
{
    struct tn_hpack_memo *m = d->memo;
    m->text_n = 0;
    d->memo_number++;
    for (uint32_t i = 0; i < count; i++) {
        m->fields[i] = fields[i];
        if (!keep_string(d, block, &m->fields[i].name) ||
            !keep_string(d, block, &m->fields[i].value))
            return false;
    }
    m->list_bytes = (uint32_t)d->list_bytes;
    m->count = count;
    return true;
}

bool tn_hpack_remember(tn_hpack_decoder *d, tern_bytes block, const tn_h2_field *fields,
                       uint32_t count)
{
    /* An octet 001xxxxx in front is a table size update, which is to be looked at each time. */
    if (block.n == 0 || block.n > BLOCK || count > FIELDS || (block.p[0] & 0xe0) == 0x20 ||
        d->changed || (d->scratch && d->scratch->next))
        return false;
    if (!d->memo && !(d->memo = tn_zalloc(d->table.env, sizeof(*d->memo))))
        return false;
    struct tn_hpack_memo *m = d->memo;
    if (m->count == 0 && same_block(m, block))
        return keep_fields(d, block, fields, count);
    tn_wr w = tn_wr_of(m->block, BLOCK);
    (void)tn_wr_bytes(&w, block.p, block.n);
    m->n = (uint32_t)block.n;
    m->count = 0;
    return false;
}
