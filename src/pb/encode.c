/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode.c: the binary encoder's ways in: into a chunk or an arena, with options.
 *
 * encode_run.c has the loop. Messages may be shared by threads; each output belongs to one.
 */
#include "pb/encode.h"

#include "base/arena.h"
#include "base/options.h"
#include "pb/encoder.h"

#include <string.h>

/* The first chunk's bytes beside headroom: what most unary messages fit in. */
#define CHUNK_FIRST 480

static tern_code encode_into(tn_pb_out *out, const tern_pb_table *table, const void *msg,
                             tn_pb_sorted *sorted, bool partial, tern_error *err)
{
    tn_pb_encoder e;
    TN_TRY(tn_pb_check_abi(table, err));
    e.out = out;
    e.sorted = sorted;
    e.partial = partial;
    e.field = NULL;
    const tn_pb_fault fault = tn_pb_encode_run(&e, table, msg);
    if (TN_LIKELY(fault == TN_PB_FINE))
        return TERN_OK;
    return tn_pb_fault_set(err, fault, e.table, e.field, TN_PB_NOWHERE, TN_PB_DEPTH_MAX);
}

tern_code tn_pb_encode_into(tn_pb_out *out, const tern_pb_table *table, const void *msg,
                            tern_error *err)
{
    return encode_into(out, table, msg, NULL, false, err);
}

tn_chunk *tn_pb_encode_chunk(const tern_env *env, const tern_pb_table *table, const void *msg,
                             size_t headroom, tn_chunk *reuse, tern_error *err)
{
    tn_pb_chunk_out o;
    tn_pb_chunk_out_init(&o, env, reuse, headroom, CHUNK_FIRST);
    if (tn_pb_encode_into(&o.out, table, msg, err) != TERN_OK) {
        tn_pb_chunk_out_fini(&o);
        return NULL;
    }
    tn_chunk *chunk = tn_pb_chunk_out_take(&o);
    if (!chunk)
        (void)tn_pb_fault_set(err, TN_PB_NO_MEMORY, table, NULL, TN_PB_NOWHERE, 0);
    return chunk;
}

static tern_code encode_arena(const tern_pb_table *table, const void *msg, tern_arena *arena,
                              tn_pb_sorted *sorted, bool partial, tern_bytes *out, tern_error *err)
{
    tn_pb_arena_out o;
    tn_pb_arena_out_init(&o, arena);
    const tern_code code = encode_into(&o.out, table, msg, sorted, partial, err);
    if (code != TERN_OK) {
        tn_pb_arena_out_fini(&o);
        return code;
    }
    tern_bytes place;
    if (!tn_pb_arena_out_take(&o, &place))
        return tn_pb_fault_set(err, TN_PB_NO_MEMORY, table, NULL, TN_PB_NOWHERE, 0);
    *out = place;
    return TERN_OK;
}

tern_code tern_pb_encode(const tern_pb_table *table, const void *msg, tern_arena *arena,
                         tern_bytes *out, tern_error *err)
{
    tern_error_clear(err);
    return encode_arena(table, msg, arena, NULL, false, out, err);
}

tern_code tern_pb_encode_with(const tern_pb_table *table, const void *msg, tern_arena *arena,
                              const tern_pb_encode_opts *opts, tern_bytes *out, tern_error *err)
{
    tern_pb_encode_opts known;
    tern_error_clear(err);
    TN_TRY(tn_options_copy(&known, sizeof(known), opts, "tern_pb_encode_opts", err));
    tn_pb_sorted sorted = tn_pb_sorted_of(arena->env);
    const tern_code code = encode_arena(table, msg, arena, known.deterministic ? &sorted : NULL,
                                        known.partial, out, err);
    tn_pb_sorted_fini(&sorted);
    return code;
}
