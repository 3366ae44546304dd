/* SPDX-License-Identifier: Apache-2.0 */
/*
 * headers_check.h: is a decoded header block a well-formed HTTP message (RFC 9113 sections 8.1 to
 * 8.3)?
 *
 * Judged before anything above sees a field. Names and values were looked at by the decoder, which
 * leaves facts in the fields' flags; here it is what they mean together. It knows no stream.
 *
 * One leniency: blanks at the ends of a value, which section 8.2.1 forbids, are let through. gRPC
 * leaves them unescaped in grpc-message, and an error text that ends in a space is no attack.
 */
#ifndef TN_H2_HEADERS_CHECK_H
#define TN_H2_HEADERS_CHECK_H

#include "h2/conn.h"

typedef struct tn_h2_message {
    tn_h2_block block;       /* in: REQUEST, RESPONSE or TRAILERS; out: INFORMATIONAL for a 1xx */
    uint64_t content_length; /* UINT64_MAX without one, or when it does not count */
} tn_h2_message;

/* NULL when it is well-formed, else the reason, static. n 0 is fine for TRAILERS only. */
const char *tn_h2_headers_check(const tn_h2_field *fields, size_t n, tn_h2_message *m);

#endif
