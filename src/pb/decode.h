/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h: decoding in place, for callers that own the buffer.
 */
#ifndef TN_PB_DECODE_H
#define TN_PB_DECODE_H

#include "pb/wire.h"
#include "tern/pb.h"

/*
 * Decodes the n bytes at buf and merges them into *msg, as tern_pb_decode does, but without a copy:
 * buf is arena memory, n + TN_PB_SLACK bytes of it may be read and written. The decoder writes
 * terminators behind strings, so the bytes are no longer the message afterwards; strings and bytes
 * of *msg point into them. opts may be NULL. err is set on failure only, and may be NULL.
 */
tern_code tn_pb_decode_in_place(const tern_pb_table *table, void *msg, uint8_t *buf, size_t n,
                                tern_arena *arena, const tern_pb_decode_opts *opts,
                                tern_error *err);

#endif
