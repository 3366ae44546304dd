/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.c: encodes with room for the prefixes, decodes in place.
 */
#include "rpc/codec.h"

#include "grpc/grpc.h"
#include "pb/decode.h"
#include "pb/encode.h"

_Static_assert(TN_GRPC_SLACK >= TN_PB_SLACK, "received chunks can be decoded in place");

tern_code tn_rpc_encode(const tern_env *env, const tern_pb_table *table, const void *message,
                        tn_chunk *reuse, tn_chunk **chunk, tern_error *err)
{
    tern_error why;
    tern_error_clear(&why);
    *chunk = tn_pb_encode_chunk(env, table, message, TN_GRPC_HEADROOM, reuse, &why);
    if (*chunk)
        return TERN_OK;
    return tern_error_set(err, why.code, TERN_ORIGIN_LOCAL, "%s", why.text);
}

tern_code tn_rpc_decode(const tern_pb_table *table, tn_chunk *chunk, tern_arena *arena,
                        size_t max_bytes, void **message, tern_error *err)
{
    *message = tern_pb_new(table, arena);
    if (!*message)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "no memory for a message");
    tern_error why;
    tern_error_clear(&why);
    const tern_code code =
        tn_pb_decode_in_place(table, *message, tn_chunk_bytes(chunk), chunk->n, arena,
                              TERN_PB_DECODE_OPTS(.memory_bytes = max_bytes), &why);
    if (code == TERN_OK)
        return TERN_OK;
    /* gRPC's code for a message that is none is INTERNAL. */
    return tern_error_set(err, code == TERN_INVALID_ARGUMENT ? TERN_INTERNAL : code,
                          TERN_ORIGIN_PEER, "the message does not decode: %s%s", why.text,
                          code == TERN_RESOURCE_EXHAUSTED ? " (option max_decode_bytes)" : "");
}
