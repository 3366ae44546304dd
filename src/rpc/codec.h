/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.h: messages to chunks and back: where protobuf meets gRPC.
 */
#ifndef TN_RPC_CODEC_H
#define TN_RPC_CODEC_H

#include "base/chunk.h"
#include "tern/pb.h"

/* The chunk (owned) has the headroom that tn_grpc_send_message needs. reuse is moved, may be NULL, and is
 * written over when nobody else holds it. Codes as tern_pb_encode. */
tern_code tn_rpc_encode(const tern_env *env, const tern_pb_table *table, const void *message,
                        tn_chunk *reuse, tn_chunk **chunk, tern_error *err);

/*
 * Decodes in place: *message and what it points to live in the arena and in the chunk, which must
 * outlive them. The chunk has TN_GRPC_SLACK bytes behind its end. max_bytes: memory it may take.
 * INTERNAL: the bytes are no such message (gRPC's code for it; text says where). RESOURCE_EXHAUSTED:
 * budget or memory; the text names the option.
 */
tern_code tn_rpc_decode(const tern_pb_table *table, tn_chunk *chunk, tern_arena *arena,
                        size_t max_bytes, void **message, tern_error *err);

#endif
