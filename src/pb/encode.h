/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode.h: encoding into memory of the caller's choice.
 */
#ifndef TN_PB_ENCODE_H
#define TN_PB_ENCODE_H

#include "pb/out.h"
#include "tern/pb.h"

/*
 * Writes msg (borrowed) before what out holds. Errors as tern_pb_encode has them, in err on failure
 * only; out then holds an unspecified part in front.
 */
tern_code tn_pb_encode_into(tn_pb_out *out, const tern_pb_table *table, const void *msg,
                            tern_error *err);

/*
 * owned; msg as the bytes of a chunk with at least `headroom` bytes free before them, for prefixes
 * (tn_chunk_prepend). reuse is moved, may be NULL, and is written over when nobody else holds it.
 * NULL on failure, with err set.
 */
tn_chunk *tn_pb_encode_chunk(const tern_env *env, const tern_pb_table *table, const void *msg,
                             size_t headroom, tn_chunk *reuse, tern_error *err);

#endif
