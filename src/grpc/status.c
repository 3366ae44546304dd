/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c: the mapping tables between HTTP, HTTP/2 and gRPC. Pure functions, any thread.
 */
#include "grpc/status.h"
#include "h2/error.h"

static const struct {
    uint16_t http;
    uint8_t code;
} http_codes[] = {
    { 400, TERN_INTERNAL },      { 401, TERN_UNAUTHENTICATED }, { 403, TERN_PERMISSION_DENIED },
    { 404, TERN_UNIMPLEMENTED }, { 429, TERN_UNAVAILABLE },     { 502, TERN_UNAVAILABLE },
    { 503, TERN_UNAVAILABLE },   { 504, TERN_UNAVAILABLE },
};

tern_code tn_status_of_http(uint32_t status)
{
    for (size_t i = 0; i < sizeof(http_codes) / sizeof(http_codes[0]); i++)
        if (http_codes[i].http == status)
            return (tern_code)http_codes[i].code;
    return TERN_UNKNOWN;
}

uint32_t tn_status_parse_http(tern_str s)
{
    uint32_t status = 0;
    if (s.n != 3)
        return 0;
    for (size_t i = 0; i < 3; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return 0;
        status = status * 10 + (uint32_t)(s.p[i] - '0');
    }
    return status;
}

/* By RST_STREAM code, RFC 9113 section 7. STREAM_CLOSED (5) and HTTP_1_1_REQUIRED (13) have no row
 * in gRPC's document; they, too, mean that one of the two ends is broken. */
static const uint8_t reset_codes[] = {
    [TN_H2_NO_ERROR] = TERN_INTERNAL,
    [TN_H2_PROTOCOL_ERROR] = TERN_INTERNAL,
    [TN_H2_INTERNAL_ERROR] = TERN_INTERNAL,
    [TN_H2_FLOW_CONTROL_ERROR] = TERN_INTERNAL,
    [TN_H2_SETTINGS_TIMEOUT] = TERN_INTERNAL,
    [TN_H2_STREAM_CLOSED] = TERN_INTERNAL,
    [TN_H2_FRAME_SIZE_ERROR] = TERN_INTERNAL,
    [TN_H2_REFUSED_STREAM] = TERN_UNAVAILABLE,
    [TN_H2_CANCEL] = TERN_CANCELLED,
    [TN_H2_COMPRESSION_ERROR] = TERN_INTERNAL,
    [TN_H2_CONNECT_ERROR] = TERN_INTERNAL,
    [TN_H2_ENHANCE_YOUR_CALM] = TERN_RESOURCE_EXHAUSTED,
    [TN_H2_INADEQUATE_SECURITY] = TERN_PERMISSION_DENIED,
    [TN_H2_HTTP_1_1_REQUIRED] = TERN_INTERNAL,
};

tern_code tn_status_of_reset(uint32_t h2_code)
{
    return h2_code < sizeof(reset_codes) ? (tern_code)reset_codes[h2_code] : TERN_UNKNOWN;
}

uint32_t tn_status_to_reset(tern_code code)
{
    switch (code) {
    case TERN_CANCELLED:
    case TERN_DEADLINE_EXCEEDED: return TN_H2_CANCEL;
    case TERN_RESOURCE_EXHAUSTED: return TN_H2_ENHANCE_YOUR_CALM;
    default: return TN_H2_INTERNAL_ERROR;
    }
}

tern_code tn_status_parse(tern_str s)
{
    if (s.n == 0 || s.n > 2)
        return TERN_UNKNOWN;
    unsigned number = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return TERN_UNKNOWN;
        number = number * 10 + (unsigned)(s.p[i] - '0');
    }
    return number <= TERN_UNAUTHENTICATED ? (tern_code)number : TERN_UNKNOWN;
}

tern_str tn_status_text(tern_code code)
{
    static const char digits[] = "012345678910111213141516";
    const size_t i = (size_t)code <= TERN_UNAUTHENTICATED ? (size_t)code : TERN_UNKNOWN;
    return i < 10 ? (tern_str){ digits + i, 1 } : (tern_str){ digits + 10 + 2 * (i - 10), 2 };
}

/* Is a, with ASCII letters folded, the lower-case literal b? */
static bool equal_folded(tern_str a, tern_str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        const char c = a.p[i] >= 'A' && a.p[i] <= 'Z' ? (char)(a.p[i] | 0x20) : a.p[i];
        if (c != b.p[i])
            return false;
    }
    return true;
}

tn_content tn_content_of(tern_str s)
{
    static const tern_str grpc = TERN_STR_INIT("application/grpc");
    if (tern_str_equal(s, TERN_STR("application/grpc"))) /* what nearly everybody sends */
        return TN_CONTENT_GRPC;
    if (s.n < grpc.n || !equal_folded((tern_str){ s.p, grpc.n }, grpc))
        return TN_CONTENT_FOREIGN;
    tern_str codec = { s.p + grpc.n, s.n - grpc.n };
    const char *parameters = codec.n ? memchr(codec.p, ';', codec.n) : NULL;
    if (parameters)
        codec.n = (size_t)(parameters - codec.p);
    while (codec.n && (codec.p[codec.n - 1] == ' ' || codec.p[codec.n - 1] == '\t'))
        codec.n--;
    if (codec.n == 0)
        return TN_CONTENT_GRPC;
    if (codec.p[0] != '+')
        return TN_CONTENT_FOREIGN;
    return equal_folded(codec, TERN_STR("+proto")) ? TN_CONTENT_GRPC_PROTO : TN_CONTENT_GRPC_OTHER;
}
