/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h: what went wrong in HTTP/2, as a value: how far it reaches, its code, and why.
 *
 * Codes and their meaning: RFC 9113 section 7. A zeroed tn_h2_error is "no error". An error that
 * reaches one stream alone is no value: it is answered by RST_STREAM where it is found (section 5.4.2).
 * reason is a static string without a full stop, fit for GOAWAY debug data and logs.
 */
#ifndef TN_H2_ERROR_H
#define TN_H2_ERROR_H

#include "tern/port.h"

typedef enum tn_h2_code {
    TN_H2_NO_ERROR = 0x0,
    TN_H2_PROTOCOL_ERROR = 0x1,
    TN_H2_INTERNAL_ERROR = 0x2,
    TN_H2_FLOW_CONTROL_ERROR = 0x3,
    TN_H2_SETTINGS_TIMEOUT = 0x4,
    TN_H2_STREAM_CLOSED = 0x5,
    TN_H2_FRAME_SIZE_ERROR = 0x6,
    TN_H2_REFUSED_STREAM = 0x7,
    TN_H2_CANCEL = 0x8,
    TN_H2_COMPRESSION_ERROR = 0x9,
    TN_H2_CONNECT_ERROR = 0xa,
    TN_H2_ENHANCE_YOUR_CALM = 0xb,
    TN_H2_INADEQUATE_SECURITY = 0xc,
    TN_H2_HTTP_1_1_REQUIRED = 0xd
} tn_h2_code;

typedef enum tn_h2_scope {
    TN_H2_SCOPE_NONE = 0,  /* all is well */
    TN_H2_SCOPE_CONNECTION /* GOAWAY, then close */
} tn_h2_scope;

typedef struct tn_h2_error {
    tn_h2_scope scope;
    uint32_t code;      /* a tn_h2_code; a peer may send others */
    const char *reason; /* static; NULL only when scope is NONE */
} tn_h2_error;

static inline tn_h2_error tn_h2_ok(void)
{
    return (tn_h2_error){ .scope = TN_H2_SCOPE_NONE };
}

static inline tn_h2_error tn_h2_connection_error(tn_h2_code code, const char *reason)
{
    return (tn_h2_error){ TN_H2_SCOPE_CONNECTION, code, reason };
}

static inline bool tn_h2_failed(tn_h2_error e)
{
    return e.scope != TN_H2_SCOPE_NONE;
}

/* "PROTOCOL_ERROR" and the like, "UNKNOWN_CODE" for a code not in the RFC. Static. */
const char *tn_h2_code_name(uint32_t code);

#endif
