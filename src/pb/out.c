/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.c: where the encoder's bytes go: a chunk, or an arena.
 */
#include "pb/out.h"

#include "base/arena.h"

#include <string.h>

size_t tn_pb_out_size(size_t used, size_t n, size_t cap, size_t extra)
{
    /* Steps ask for a little more than they write, hence the slack; the end result is judged anew. */
    const size_t most = TN_PB_SIZE_MAX + 64;
    if (n > most - used)
        return 0;
    size_t size = cap <= most / 2 ? cap * 2 : most;
    size = size < used + n ? used + n : size;
    return size > SIZE_MAX - extra ? 0 : size + extra;
}

static tn_pb_fault chunk_grow(tn_pb_out *out, size_t n)
{
    tn_pb_chunk_out *o = TN_CONTAINER(out, tn_pb_chunk_out, out);
    const size_t used = tn_pb_out_len(out);
    const size_t cap = (size_t)(out->end - out->start);
    const size_t size = tn_pb_out_size(used, n, cap, o->headroom);
    if (size == 0)
        return TN_PB_TOO_LARGE;
    tn_chunk *chunk = tn_chunk_new(o->env, o->headroom, size);
    if (!chunk)
        return TN_PB_NO_MEMORY;
    uint8_t *end = chunk->data + chunk->cap;
    if (used)
        memcpy(end - used, out->p, used);
    tn_chunk_unref(o->chunk);
    o->chunk = chunk;
    out->start = chunk->data + o->headroom;
    out->p = end - used;
    out->end = end;
    return TN_PB_FINE;
}

void tn_pb_chunk_out_init(tn_pb_chunk_out *o, const tern_env *env, tn_chunk *chunk, size_t headroom,
                          size_t cap)
{
    *o = (tn_pb_chunk_out){ .out.grow = chunk_grow, .env = env, .headroom = headroom };
    if (chunk &&
        (atomic_load_explicit(&chunk->refs, memory_order_acquire) != 1 || chunk->cap < headroom)) {
        tn_chunk_unref(chunk);
        chunk = NULL;
    }
    if (!chunk && cap <= SIZE_MAX - headroom)
        chunk = tn_chunk_new(env, headroom, headroom + cap);
    if (!chunk)
        return;
    o->chunk = chunk;
    o->out.start = chunk->data + headroom;
    o->out.p = o->out.end = chunk->data + chunk->cap;
}

tn_chunk *tn_pb_chunk_out_take(tn_pb_chunk_out *o)
{
    tn_chunk *chunk = o->chunk;
    if (chunk) {
        chunk->off = (size_t)(o->out.p - chunk->data);
        chunk->n = tn_pb_out_len(&o->out);
    }
    o->chunk = NULL;
    return chunk;
}

void tn_pb_chunk_out_fini(tn_pb_chunk_out *o)
{
    tn_chunk_unref(o->chunk);
    o->chunk = NULL;
}

static tn_pb_fault arena_grow(tn_pb_out *out, size_t n)
{
    tn_pb_arena_out *o = TN_CONTAINER(out, tn_pb_arena_out, out);
    const size_t used = tn_pb_out_len(out);
    const size_t size = tn_pb_out_size(used, n, (size_t)(out->end - out->start), 0);
    if (size == 0)
        return TN_PB_TOO_LARGE;
    uint8_t *heap = tn_alloc(o->arena->env, size);
    if (!heap)
        return TN_PB_NO_MEMORY;
    if (used)
        memcpy(heap + size - used, out->p, used);
    tn_free(o->arena->env, o->heap, o->heap_n);
    o->heap = heap;
    o->heap_n = size;
    out->start = heap;
    out->p = heap + size - used;
    out->end = heap + size;
    return TN_PB_FINE;
}

void tn_pb_arena_out_init(tn_pb_arena_out *o, tern_arena *arena)
{
    *o = (tn_pb_arena_out){ .out.grow = arena_grow, .arena = arena };
    o->room_n = tn_arena_room(arena);
    o->room = tn_arena_take1(arena, o->room_n);
    if (!o->room)
        o->room_n = 0;
    o->out.start = o->room;
    o->out.p = o->out.end = o->room_n ? o->room + o->room_n : o->room;
}

bool tn_pb_arena_out_take(tn_pb_arena_out *o, tern_bytes *place)
{
    const size_t n = tn_pb_out_len(&o->out);
    uint8_t *p = o->room;
    if (!o->heap && o->room) {
        memmove(p, o->out.p, n);
        tn_arena_shrink(o->arena, p, o->room_n, n);
        o->room = NULL;
    } else {
        if (o->room)
            tn_arena_shrink(o->arena, o->room, o->room_n, 0);
        o->room = NULL;
        p = tn_arena_take1(o->arena, n);
        if (p && n)
            memcpy(p, o->out.p, n);
    }
    tn_pb_arena_out_fini(o);
    *place = (tern_bytes){ p, n };
    return p != NULL;
}

void tn_pb_arena_out_fini(tn_pb_arena_out *o)
{
    if (o->room)
        tn_arena_shrink(o->arena, o->room, o->room_n, 0);
    o->room = NULL;
    tn_free(o->arena->env, o->heap, o->heap_n);
    o->heap = NULL;
}
