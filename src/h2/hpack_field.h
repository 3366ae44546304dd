/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_field.h: one header field, and the names that the layers above switch on.
 *
 * A token stands for a field name, so that nobody compares strings twice. Tokens below
 * TN_H2_TOKENS_HOT are fewer than 64: a uint64_t can hold the set of those seen in a block.
 */
#ifndef TN_H2_HPACK_FIELD_H
#define TN_H2_HPACK_FIELD_H

#include "tern/str.h"

/* X(constant, name): names with a meaning in HTTP/2 or gRPC. */
#define TN_H2_HOT_NAMES(X)                                                                         \
    X(METHOD, ":method")                                                                           \
    X(SCHEME, ":scheme")                                                                           \
    X(PATH, ":path")                                                                               \
    X(AUTHORITY, ":authority")                                                                     \
    X(STATUS, ":status")                                                                           \
    X(PROTOCOL, ":protocol")                                                                       \
    X(TE, "te")                                                                                    \
    X(CONTENT_TYPE, "content-type")                                                                \
    X(CONTENT_LENGTH, "content-length")                                                            \
    X(USER_AGENT, "user-agent")                                                                    \
    X(HOST, "host")                                                                                \
    X(GRPC_TIMEOUT, "grpc-timeout")                                                                \
    X(GRPC_ENCODING, "grpc-encoding")                                                              \
    X(GRPC_ACCEPT_ENCODING, "grpc-accept-encoding")                                                \
    X(GRPC_STATUS, "grpc-status")                                                                  \
    X(GRPC_MESSAGE, "grpc-message")                                                                \
    X(GRPC_STATUS_DETAILS_BIN, "grpc-status-details-bin")                                          \
    X(GRPC_MESSAGE_TYPE, "grpc-message-type")                                                      \
    X(GRPC_PREVIOUS_RPC_ATTEMPTS, "grpc-previous-rpc-attempts")                                    \
    X(GRPC_RETRY_PUSHBACK_MS, "grpc-retry-pushback-ms")                                            \
    X(GRPC_TRACE_BIN, "grpc-trace-bin")                                                            \
    X(GRPC_TAGS_BIN, "grpc-tags-bin")                                                              \
    X(TRACEPARENT, "traceparent")                                                                  \
    X(CONNECTION, "connection")                                                                    \
    X(KEEP_ALIVE, "keep-alive")                                                                    \
    X(PROXY_CONNECTION, "proxy-connection")                                                        \
    X(TRANSFER_ENCODING, "transfer-encoding")                                                      \
    X(UPGRADE, "upgrade")                                                                          \
    X(AUTHORIZATION, "authorization")                                                              \
    X(PROXY_AUTHORIZATION, "proxy-authorization")                                                  \
    X(COOKIE, "cookie")                                                                            \
    X(SET_COOKIE, "set-cookie")                                                                    \
    X(DATE, "date")                                                                                \
    X(CONTENT_ENCODING, "content-encoding")                                                        \
    X(ACCEPT_ENCODING, "accept-encoding")                                                          \
    X(EXPECT, "expect")

/* The other names of HPACK's static table. */
#define TN_H2_COLD_NAMES(X)                                                                        \
    X(ACCEPT, "accept")                                                                            \
    X(ACCEPT_CHARSET, "accept-charset")                                                            \
    X(ACCEPT_LANGUAGE, "accept-language")                                                          \
    X(ACCEPT_RANGES, "accept-ranges")                                                              \
    X(ACCESS_CONTROL_ALLOW_ORIGIN, "access-control-allow-origin")                                  \
    X(AGE, "age")                                                                                  \
    X(ALLOW, "allow")                                                                              \
    X(CACHE_CONTROL, "cache-control")                                                              \
    X(CONTENT_DISPOSITION, "content-disposition")                                                  \
    X(CONTENT_LANGUAGE, "content-language")                                                        \
    X(CONTENT_LOCATION, "content-location")                                                        \
    X(CONTENT_RANGE, "content-range")                                                              \
    X(ETAG, "etag")                                                                                \
    X(EXPIRES, "expires")                                                                          \
    X(FROM, "from")                                                                                \
    X(IF_MATCH, "if-match")                                                                        \
    X(IF_MODIFIED_SINCE, "if-modified-since")                                                      \
    X(IF_NONE_MATCH, "if-none-match")                                                              \
    X(IF_RANGE, "if-range")                                                                        \
    X(IF_UNMODIFIED_SINCE, "if-unmodified-since")                                                  \
    X(LAST_MODIFIED, "last-modified")                                                              \
    X(LINK, "link")                                                                                \
    X(LOCATION, "location")                                                                        \
    X(MAX_FORWARDS, "max-forwards")                                                                \
    X(PROXY_AUTHENTICATE, "proxy-authenticate")                                                    \
    X(RANGE, "range")                                                                              \
    X(REFERER, "referer")                                                                          \
    X(REFRESH, "refresh")                                                                          \
    X(RETRY_AFTER, "retry-after")                                                                  \
    X(SERVER, "server")                                                                            \
    X(STRICT_TRANSPORT_SECURITY, "strict-transport-security")                                      \
    X(VARY, "vary")                                                                                \
    X(VIA, "via")                                                                                  \
    X(WWW_AUTHENTICATE, "www-authenticate")

#define TN_H2_TOKEN_ENUM_(constant, name) TN_H2_TOKEN_##constant,
typedef enum tn_h2_token {
    TN_H2_TOKEN_NONE = 0, /* any other name */
    TN_H2_HOT_NAMES(TN_H2_TOKEN_ENUM_) TN_H2_TOKENS_HOT,
    TN_H2_TOKENS_COLD_BASE_ = TN_H2_TOKENS_HOT - 1,
    TN_H2_COLD_NAMES(TN_H2_TOKEN_ENUM_) TN_H2_TOKENS
} tn_h2_token;

enum {
    /* Never put in a table, here or by an intermediary (RFC 7541 section 7.1.3). */
    TN_H2_FIELD_NEVER_INDEX = 0x01,
    /* To the encoder only: a value that will not come again. */
    TN_H2_FIELD_NO_INDEX = 0x02,
    /* From the decoder only, each a fact about the field's bytes: */
    TN_H2_FIELD_PSEUDO = 0x04, /* the name starts with ':' */
    TN_H2_FIELD_BIN = 0x08,    /* the name ends in "-bin" */
    TN_H2_FIELD_BAD_NAME =
        0x10, /* empty, upper case or not allowed (RFC 9113 section 8.2.1); also a
                                    pseudo-header that HTTP/2 does not define */
    TN_H2_FIELD_BAD_VALUE = 0x20, /* NUL, CR or LF in it (same section) */
    TN_H2_FIELD_BLANK = 0x40,     /* a value that starts or ends with space or tab: malformed too by
                                     the RFC, but gRPC peers send it */
    /* To the encoder only, of the first of some fields: they all are constant, for ever, so that their
     * address and number say which they are. */
    TN_H2_FIELD_CONSTANT = 0x80,
    TN_H2_FIELD_BAD = TN_H2_FIELD_BAD_NAME | TN_H2_FIELD_BAD_VALUE
};

typedef struct tn_h2_field {
    tern_str name, value; /* borrowed; p is never NULL from the decoder; no NUL behind */
    uint8_t token;        /* a tn_h2_token; NONE from a caller of the encoder is looked up */
    uint8_t flags;        /* TN_H2_FIELD_* */
} tn_h2_field;

/* A field with a known name, for the encoder. */
#define TN_H2_FIELD(constant, value_)                                                              \
    ((tn_h2_field){ .name = tn_h2_token_name(TN_H2_TOKEN_##constant),                              \
                    .value = (value_),                                                             \
                    .token = TN_H2_TOKEN_##constant })

/* The token of a name, in lower case, or NONE. */
tn_h2_token tn_h2_token_of(tern_str name);

/* Static; the absent string for NONE. */
tern_str tn_h2_token_name(tn_h2_token token);

/* The facts about a name (PSEUDO, BIN, BAD_NAME), whose token this is. */
uint8_t tn_h2_name_facts(tern_str name, tn_h2_token token);

/* The facts about a value (BAD_VALUE, BLANK). */
uint8_t tn_h2_value_facts(tern_str value);

/* The same, of a value that is known to hold no control character. */
static inline uint8_t tn_h2_text_facts(tern_str value)
{
    if (value.n == 0 || (value.p[0] != ' ' && value.p[value.n - 1] != ' '))
        return 0;
    return TN_H2_FIELD_BLANK;
}

#endif
