/* SPDX-License-Identifier: Apache-2.0 */
/* status.h: what HTTP, HTTP/2 and the grpc-status field say, as codes of gRPC. Pure functions. */
#ifndef TN_GRPC_STATUS_H
#define TN_GRPC_STATUS_H

#include "tern/code.h"
#include "tern/str.h"

/* The code for a :status of a response that is not gRPC (gRPC's http-grpc-status-mapping). */
tern_code tn_status_of_http(uint32_t status);

/* :status as a number, 0 when it is not three digits. */
uint32_t tn_status_parse_http(tern_str s);

/* The code for a RST_STREAM that came before a status (PROTOCOL-HTTP2, Errors). */
tern_code tn_status_of_reset(uint32_t h2_code);

/* The RST_STREAM code with which a server abandons a call for this reason. */
uint32_t tn_status_to_reset(tern_code code);

/* grpc-status: decimal digits. UNKNOWN for anything but 0 to 16. */
tern_code tn_status_parse(tern_str s);

/* The decimal digits of a code that may go on the wire; those of UNKNOWN for any other. Static. */
tern_str tn_status_text(tern_code code);

/* Is it application/grpc, alone or followed by '+' or ';'? Case does not matter (RFC 9110
 * 8.3.1). */
typedef enum tn_content {
    TN_CONTENT_FOREIGN,    /* not gRPC */
    TN_CONTENT_GRPC,       /* application/grpc: protobuf, as no other codec is named */
    TN_CONTENT_GRPC_PROTO, /* application/grpc+proto */
    TN_CONTENT_GRPC_OTHER  /* gRPC with a codec that is not ours */
} tn_content;
tn_content tn_content_of(tern_str s);

#endif
