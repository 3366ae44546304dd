/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.c: the ring of references into chunks, and walking both runs as one.
 *
 * Invariant: own_refd is the sum of all refs' `before`; the rest of own follows the last ref.
 */
#include "h2/out.h"
#include "base/assert.h"

#define SMALLEST 16

void tn_h2_out_init(tn_h2_out *o, const tern_env *env)
{
    *o = (tn_h2_out){ .own = tn_buf_of(env) };
}

static tn_h2_ref *ref_at(const tn_h2_out *o, uint32_t i)
{
    return &o->refs[(o->first + i) & (o->cap - 1)];
}

void tn_h2_out_free(tn_h2_out *o)
{
    for (uint32_t i = 0; i < o->count; i++)
        tn_chunk_unref(ref_at(o, i)->chunk);
    o->first = o->count = 0;
    o->own_refd = o->ref_bytes = 0;
    tn_buf_free(&o->own);
    tn_h2_out_trim(o);
}

bool tn_h2_out_reserve_refs(tn_h2_out *o, uint32_t n)
{
    if (o->cap - o->count >= n)
        return true;
    uint32_t cap = o->cap ? o->cap : SMALLEST;
    while (cap - o->count < n)
        cap *= 2;
    tn_h2_ref *refs = tn_alloc(o->own.env, cap * sizeof(*refs));
    if (!refs)
        return false;
    for (uint32_t i = 0; i < o->count; i++)
        refs[i] = *ref_at(o, i);
    tn_free(o->own.env, o->refs, o->cap * sizeof(*refs));
    o->refs = refs;
    o->first = 0;
    o->cap = cap;
    return true;
}

void tn_h2_out_ref(tn_h2_out *o, tn_chunk *chunk, const uint8_t *p, size_t n)
{
    TN_ASSERT(o->count < o->cap && n);
    const size_t own = tn_buf_len(&o->own);
    *ref_at(o, o->count) = (tn_h2_ref){ tn_chunk_ref(chunk), p, n, own - o->own_refd };
    o->count++;
    o->own_refd = own;
    o->ref_bytes += n;
}

size_t tn_h2_out_slices(const tn_h2_out *o, tern_bytes *slices, size_t max)
{
    const uint8_t *own = tn_buf_data(&o->own);
    size_t own_left = tn_buf_len(&o->own);
    size_t n = 0;
    for (uint32_t i = 0; i < o->count && n < max; i++) {
        const tn_h2_ref *r = ref_at(o, i);
        if (r->before) {
            slices[n++] = (tern_bytes){ own, r->before };
            own += r->before;
            own_left -= r->before;
            if (n == max)
                return n;
        }
        slices[n++] = (tern_bytes){ r->p, r->n };
    }
    if (own_left && n < max)
        slices[n++] = (tern_bytes){ own, own_left };
    return n;
}

/* Takes up to n octets from the front ref and the own bytes before it; returns how many. */
static size_t take_ref(tn_h2_out *o, size_t n)
{
    tn_h2_ref *r = ref_at(o, 0);
    const size_t before = n < r->before ? n : r->before;
    if (before) {
        tn_buf_take(&o->own, before);
        r->before -= before;
        o->own_refd -= before;
    }
    const size_t of_ref = n - before < r->n ? n - before : r->n;
    r->p += of_ref;
    r->n -= of_ref;
    o->ref_bytes -= of_ref;
    if (r->before == 0 && r->n == 0) {
        tn_chunk_unref(r->chunk);
        o->first = (o->first + 1) & (o->cap - 1);
        o->count--;
    }
    return before + of_ref;
}

void tn_h2_out_take(tn_h2_out *o, size_t n)
{
    TN_ASSERT(n <= tn_h2_out_bytes(o));
    o->taken += n;
    while (n && o->count)
        n -= take_ref(o, n);
    tn_buf_take(&o->own, n);
}

void tn_h2_out_trim(tn_h2_out *o)
{
    if (tn_h2_out_bytes(o))
        return;
    tn_buf_free(&o->own);
    tn_free(o->own.env, o->refs, o->cap * sizeof(*o->refs));
    o->refs = NULL;
    o->first = o->cap = 0;
}
