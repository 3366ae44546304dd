/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.h: memory that is written from its end towards its start.
 *
 * The encoder knows the length of a message only when it has written it, so it starts with the last
 * byte and goes backward: each length then follows by itself, in one pass. What lies before the
 * first byte stays free for whoever prepends a prefix.
 *
 * Invariant: start <= p <= end; [p, end) is what was written. One thread at a time.
 */
#ifndef TN_PB_OUT_H
#define TN_PB_OUT_H

#include "base/chunk.h"
#include "pb/fault.h"
#include "pb/wire.h"

typedef struct tn_pb_out {
    uint8_t *start, *p, *end;
    /* Moves what was written to memory with room for at least n bytes before it, or says why not.
     * NULL: the memory at hand is all there is. */
    tn_pb_fault (*grow)(struct tn_pb_out *out, size_t n);
} tn_pb_out;

static inline size_t tn_pb_out_len(const tn_pb_out *out)
{
    return (size_t)(out->end - out->p);
}

/* Makes room for at least n bytes before what is written, the slow way. */
static inline tn_pb_fault tn_pb_out_grow(tn_pb_out *out, size_t n)
{
    return out->grow ? out->grow(out, n) : TN_PB_NO_MEMORY;
}

/* Makes sure of room for n bytes before what is written. */
static inline tn_pb_fault tn_pb_out_room(tn_pb_out *out, size_t n)
{
    return TN_LIKELY((size_t)(out->p - out->start) >= n) ? TN_PB_FINE : tn_pb_out_grow(out, n);
}

/* The size of memory, beside `extra` bytes, that has room for n bytes before the `used` ones: doubled,
 * so that growth is linear in all. 0 when the message would be too long. */
size_t tn_pb_out_size(size_t used, size_t n, size_t cap, size_t extra);

/* Writes into a chunk, and keeps `headroom` bytes free at its start. */
typedef struct tn_pb_chunk_out {
    tn_pb_out out;
    tn_chunk *chunk; /* owned; NULL when there was no memory */
    const tern_env *env;
    size_t headroom;
} tn_pb_chunk_out;

/*
 * chunk is moved and may be NULL; one that is not shared is written over, else a new one is made at
 * the first need, of at least `cap` bytes.
 */
void tn_pb_chunk_out_init(tn_pb_chunk_out *o, const tern_env *env, tn_chunk *chunk, size_t headroom,
                          size_t cap);

/* owned; the chunk with what was written as its bytes. NULL when even an empty one has no memory. */
tn_chunk *tn_pb_chunk_out_take(tn_pb_chunk_out *o);

/* Gives the memory back; for when nothing is taken. */
void tn_pb_chunk_out_fini(tn_pb_chunk_out *o);

/* Writes into the free end of an arena; what does not fit goes through the arena's env. */
typedef struct tn_pb_arena_out {
    tn_pb_out out;
    tern_arena *arena;
    uint8_t *room; /* borrowed from the arena, room_n bytes */
    size_t room_n;
    uint8_t *heap; /* owned, heap_n bytes; NULL while the room is enough */
    size_t heap_n;
} tn_pb_arena_out;

void tn_pb_arena_out_init(tn_pb_arena_out *o, tern_arena *arena);

/* arena; exactly what was written, in place.p and n. False when there is no memory. Ends o. */
bool tn_pb_arena_out_take(tn_pb_arena_out *o, tern_bytes *place);

/* Gives the memory back; for when nothing is taken. */
void tn_pb_arena_out_fini(tn_pb_arena_out *o);

#endif
