/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.h: what waits for the transport, in order: one run of our own bytes, with slices of chunks let
 * into it.
 *
 * Frame headers, control frames, header blocks and small DATA are written into `own` and so lie in one
 * piece; a large DATA payload stays in its chunk and is only pointed to. Knows nothing of HTTP/2.
 * One thread at a time.
 */
#ifndef TN_H2_OUT_H
#define TN_H2_OUT_H

#include "base/buf.h"
#include "base/chunk.h"

/* A slice of a chunk, and where it goes. */
typedef struct tn_h2_ref {
    tn_chunk *chunk;  /* owned */
    const uint8_t *p; /* in the chunk */
    size_t n;
    size_t before; /* octets of own between the ref before this (or the front) and this */
} tn_h2_ref;

typedef struct tn_h2_out {
    tn_buf own;
    tn_h2_ref *refs;            /* ring */
    uint32_t first, count, cap; /* cap is 0 or a power of two */
    size_t own_refd;            /* octets of own that lie before the last ref */
    size_t ref_bytes;           /* octets in all refs */
    uint64_t taken;             /* octets that have gone, ever */
} tn_h2_out;

void tn_h2_out_init(tn_h2_out *o, const tern_env *env);
/* Drops everything. */
void tn_h2_out_free(tn_h2_out *o);

static inline size_t tn_h2_out_bytes(const tn_h2_out *o)
{
    return tn_buf_len(&o->own) + o->ref_bytes;
}

/* Room for n more octets of our own; NULL when there is no memory. Then tn_buf_wrote(&o->own, ..). */
static inline uint8_t *tn_h2_out_room(tn_h2_out *o, size_t n)
{
    return tn_buf_room(&o->own, n);
}

/* Sees to it that the next n tn_h2_out_ref calls cannot fail. False: no memory. */
bool tn_h2_out_reserve_refs(tn_h2_out *o, uint32_t n);

/* Lets n octets at p, which lie in the chunk, follow what is there. Takes a reference of its own. */
void tn_h2_out_ref(tn_h2_out *o, tn_chunk *chunk, const uint8_t *p, size_t n);

/* Up to max slices from the front. Returns how many. */
size_t tn_h2_out_slices(const tn_h2_out *o, tern_bytes *slices, size_t max);

/* Drops n octets from the front; there must be so many. */
void tn_h2_out_take(tn_h2_out *o, size_t n);

/* Gives the memory of an empty output back. */
void tn_h2_out_trim(tn_h2_out *o);

#endif
