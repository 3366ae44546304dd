/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c: a server's judgement on request headers (PROTOCOL-HTTP2, Requests).
 *
 * The checks are rows of a table, in the order in which they count. The first that refuses answers
 * the call from here, Trailers-Only, and the layer above never sees it.
 */
#include "grpc/call.h"
#include "grpc/metadata.h"
#include "grpc/timeout.h"

/* The fields that gRPC reads itself; of a repeated one, the first. */
typedef struct head {
    const tn_h2_fields *fields;
    tern_str method, path, authority, host, content_type, timeout, encoding;
    bool two_hosts;
} head;

static void take_first(tern_str *at, tern_str value)
{
    if (!at->p)
        *at = value;
}

static void gather(head *h, const tn_h2_fields *fields)
{
    h->fields = fields;
    for (size_t i = 0; i < fields->n; i++) {
        const tern_str value = fields->p[i].value;
        switch (fields->p[i].token) {
        case TN_H2_TOKEN_METHOD: take_first(&h->method, value); break;
        case TN_H2_TOKEN_PATH: take_first(&h->path, value); break;
        case TN_H2_TOKEN_AUTHORITY: take_first(&h->authority, value); break;
        case TN_H2_TOKEN_HOST:
            h->two_hosts |= h->host.p != NULL;
            take_first(&h->host, value);
            break;
        case TN_H2_TOKEN_CONTENT_TYPE: take_first(&h->content_type, value); break;
        case TN_H2_TOKEN_GRPC_TIMEOUT: take_first(&h->timeout, value); break;
        case TN_H2_TOKEN_GRPC_ENCODING: take_first(&h->encoding, value); break;
        default: break;
        }
    }
}

/* A peer's text in an error of ours: at most this many octets of it. */
static int shown(tern_str s)
{
    return s.n > 100 ? 100 : (int)s.n;
}

#define SHOW(s) shown(s), (s).p ? (s).p : ""

/* A check: answer->code stays OK, or says why not. */
typedef void check(tn_grpc_call *call, const head *h, tn_grpc_answer *answer);

static void check_size(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    if (!h->fields->too_large)
        return;
    const tn_h2_config *config = &call->conn->config->h2;
    answer->code = TERN_RESOURCE_EXHAUSTED;
    answer->message = tern_arena_printf(
        call->arena,
        "the request's header fields are over the limit of %u bytes (each counts 32 more) or %u "
        "fields: max_header_list_bytes and max_header_fields set it",
        config->max_header_list_bytes ? (unsigned)config->max_header_list_bytes : 16384u,
        config->max_header_fields ? (unsigned)config->max_header_fields : 128u);
}

static void check_method(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    static const tn_h2_field allow = { .value = TERN_STR_INIT("POST"), .token = TN_H2_TOKEN_ALLOW };
    if (tern_str_equal(h->method, TERN_STR("POST")))
        return;
    answer->http = 405;
    answer->code = TERN_INTERNAL;
    answer->extra = &allow;
    answer->message =
        tern_arena_printf(call->arena, "the method is \"%.*s\": gRPC uses POST", SHOW(h->method));
}

static void check_content_type(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    const tn_content content = tn_content_of(h->content_type);
    if (content == TN_CONTENT_GRPC_PROTO)
        call->flags |= TN_GRPC_PROTO;
    if (content == TN_CONTENT_GRPC || content == TN_CONTENT_GRPC_PROTO)
        return;
    answer->http = 415;
    answer->code = content == TN_CONTENT_FOREIGN ? TERN_INVALID_ARGUMENT : TERN_UNIMPLEMENTED;
    answer->message = tern_arena_printf(
        call->arena,
        "content-type \"%.*s\": application/grpc and application/grpc+proto are served",
        SHOW(h->content_type));
}

static void check_host(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    (void)call;
    if (!h->two_hosts)
        return;
    answer->http = 400;
    answer->code = TERN_INTERNAL;
    answer->message = TERN_STR("the request has more than one host field");
}

static void check_path(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    const tern_str path = h->path;
    const char *second =
        path.n > 1 && path.p[0] == '/' ? memchr(path.p + 1, '/', path.n - 1) : NULL;
    const size_t method_n = second ? path.n - (size_t)(second + 1 - path.p) : 0;
    if (method_n && second > path.p + 1 && !memchr(second + 1, '/', method_n))
        return;
    answer->code = TERN_UNIMPLEMENTED;
    answer->message = tern_arena_printf(
        call->arena, "no method has the path \"%.*s\": the form is /package.Service/Method",
        SHOW(path));
}

static void check_encoding(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    static const tn_h2_field accept = { .value = TERN_STR_INIT("identity"),
                                        .token = TN_H2_TOKEN_GRPC_ACCEPT_ENCODING };
    if (!h->encoding.p || tern_str_equal(h->encoding, TERN_STR("identity")))
        return;
    answer->code = TERN_UNIMPLEMENTED;
    answer->extra = &accept;
    answer->message = tern_arena_printf(
        call->arena, "grpc-encoding \"%.*s\" is not supported here: see grpc-accept-encoding",
        SHOW(h->encoding));
}

static void check_timeout(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    uint64_t ns = 0;
    if (!h->timeout.p)
        return;
    if (!tn_timeout_parse(h->timeout, &ns)) {
        answer->http = 400;
        answer->code = TERN_INTERNAL;
        answer->message = tern_arena_printf(
            call->arena, "grpc-timeout \"%.*s\" is malformed: 1 to 8 digits and one of HMSmun",
            SHOW(h->timeout));
        return;
    }
    call->started = call->conn->now;
    call->deadline = ns < UINT64_MAX - call->started ? call->started + ns : UINT64_MAX;
    if (ns != 0)
        return;
    answer->code = TERN_DEADLINE_EXCEEDED;
    answer->message = TERN_STR("the deadline had passed when the request came");
}

static void check_metadata(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    const tn_h2_field *bad;
    answer->code =
        tn_metadata_decode(call->arena, h->fields->p, h->fields->n, &call->headers, &bad);
    if (answer->code == TERN_OK)
        return;
    if (!bad)
        answer->message = TERN_STR("no memory for the request's metadata");
    else if (answer->code == TERN_INTERNAL)
        answer->message = tern_arena_printf(
            call->arena, "the value of metadata key \"%.*s\" is not base64", SHOW(bad->name));
    else
        answer->message = tern_arena_printf(
            call->arena, "metadata key \"%.*s\" brings the request over the limit of %d values",
            SHOW(bad->name), TN_METADATA_MAX_VALUES);
}

/* Keeps what the layer above reads, and the deadline; last, for it takes memory. */
static void keep(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    const tern_str authority = h->authority.p ? h->authority : h->host.p ? h->host : TERN_STR("");
    call->path = tern_arena_copy(call->arena, h->path);
    call->authority = tern_arena_copy(call->arena, authority);
    if (call->path.p && call->authority.p && tn_grpc_arm(call))
        return;
    answer->code = TERN_RESOURCE_EXHAUSTED;
    answer->message = TERN_STR("no memory for the call");
}

static check *const checks[] = {
    check_size,     check_method,  check_content_type, check_host, check_path,
    check_encoding, check_timeout, check_metadata,     keep,
};

void tn_grpc_on_request(tn_grpc_call *call, const tn_h2_fields *fields)
{
    head h = { 0 };
    tn_grpc_answer answer = { .http = 200, .code = TERN_OK };
    gather(&h, fields);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        checks[i](call, &h, &answer);
        if (answer.code == TERN_OK)
            continue;
        answer.message = tn_grpc_text(answer.message);
        tn_grpc_over(call);
        (void)tn_grpc_send_status(call, &answer);
        return;
    }
    call->state = TN_GRPC_LIVE;
    call->flags |= TN_GRPC_ANNOUNCED;
    call->conn->events->request(call->conn->user, call);
}
