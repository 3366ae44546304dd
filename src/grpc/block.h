/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block.h: what server and client do alike with a received block of header fields (PROTOCOL-HTTP2).
 *
 * What the fields mean is decided in request.c and response.c. One thread, that of the connection.
 */
#ifndef TN_GRPC_BLOCK_H
#define TN_GRPC_BLOCK_H

#include "grpc/call.h"

/* Of a repeated field the first counts. */
static inline void tn_grpc_take_first(tern_str *at, tern_str value)
{
    if (!at->p)
        *at = value;
}

/* Two arguments for "%.*s": at most 100 octets of a peer's text. What is made of them may be no
 * UTF-8. */
#define TN_GRPC_SHOW(s) tn_grpc_shown(s), (s).p ? (s).p : ""
static inline int tn_grpc_shown(tern_str s)
{
    return s.n > 100 ? 100 : (int)s.n;
}

/* Why a block is refused, in the call's arena; absent without memory. what: "header fields" or
 * "trailers". */
tern_str tn_grpc_too_large_text(const tn_grpc_call *call, const char *what);

/* The same for what tn_metadata_decode answered, other than OK, and its `bad`. Without memory for the
 * metadata the text is static. */
tern_str tn_grpc_metadata_text(const tn_grpc_call *call, tern_code code, const tn_h2_field *bad);

#endif
