/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c: a server's judgement on request headers (PROTOCOL-HTTP2, Requests).
 *
 * The checks are rows of a table, in the order in which they count. The first that refuses answers
 * the call from here, Trailers-Only, and the layer above never sees it.
 */
#include "base/cursor.h"
#include "grpc/block.h"
#include "grpc/metadata.h"
#include "grpc/timeout.h"

/* The fields that gRPC reads itself; of a repeated one, the first. */
typedef struct head {
    const tn_h2_fields *fields;
    tern_str method, path, authority, host, content_type, timeout, encoding;
    bool two_hosts;
} head;

static void gather(head *h, const tn_h2_fields *fields)
{
    for (size_t i = 0; i < fields->n; i++) {
        const tern_str value = fields->p[i].value;
        switch (fields->p[i].token) {
        case TN_H2_TOKEN_METHOD: tn_grpc_take_first(&h->method, value); break;
        case TN_H2_TOKEN_PATH: tn_grpc_take_first(&h->path, value); break;
        case TN_H2_TOKEN_AUTHORITY: tn_grpc_take_first(&h->authority, value); break;
        case TN_H2_TOKEN_HOST:
            h->two_hosts |= h->host.p != NULL;
            tn_grpc_take_first(&h->host, value);
            break;
        case TN_H2_TOKEN_CONTENT_TYPE: tn_grpc_take_first(&h->content_type, value); break;
        case TN_H2_TOKEN_GRPC_TIMEOUT: tn_grpc_take_first(&h->timeout, value); break;
        case TN_H2_TOKEN_GRPC_ENCODING: tn_grpc_take_first(&h->encoding, value); break;
        default: break;
        }
    }
}

/* A check: answer->code stays OK, or says why not. */
typedef void check(tn_grpc_call *call, const head *h, tn_grpc_answer *answer);

static void check_size(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    if (!h->fields->too_large)
        return;
    answer->code = TERN_RESOURCE_EXHAUSTED;
    answer->message = tn_grpc_too_large_text(call, "header fields");
}

static void check_method(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    static const tn_h2_field allow = { .value = TERN_STR_INIT("POST"), .token = TN_H2_TOKEN_ALLOW };
    if (tern_str_equal(h->method, TERN_STR("POST")))
        return;
    answer->http = 405;
    answer->code = TERN_INTERNAL;
    answer->extra = &allow;
    answer->message = tern_arena_printf(call->arena, "the method is \"%.*s\": gRPC uses POST",
                                        TN_GRPC_SHOW(h->method));
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
        TN_GRPC_SHOW(h->content_type));
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
        TN_GRPC_SHOW(path));
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
        TN_GRPC_SHOW(h->encoding));
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
            TN_GRPC_SHOW(h->timeout));
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
    if (answer->code != TERN_OK)
        answer->message = tn_grpc_metadata_text(call, answer->code, bad);
}

/* A copy that ends in NUL; w has room for it. */
static tern_str put_copy(tn_wr *w, tern_str s)
{
    const tern_str copy = { (const char *)w->p, s.n };
    (void)(tn_wr_bytes(w, s.p, s.n) && tn_wr_u8(w, 0));
    return copy;
}

/* Keeps what the layer above reads, and the deadline; last, for it takes memory. */
static void keep(tn_grpc_call *call, const head *h, tn_grpc_answer *answer)
{
    const tern_str authority = h->authority.p ? h->authority : h->host;
    const size_t n = h->path.n + 1 + authority.n + 1;
    uint8_t *text = tern_arena_alloc(call->arena, n);
    if (text && tn_grpc_arm(call)) {
        tn_wr w = tn_wr_of(text, n);
        call->path = put_copy(&w, h->path);
        call->authority = put_copy(&w, authority);
        return;
    }
    answer->code = TERN_RESOURCE_EXHAUSTED;
    answer->message = TERN_STR("no memory for the call");
}

/* What the fields alone decide, then what may differ from call to call. */
static check *const checks[] = {
    check_size,     check_method,  check_content_type, check_host, check_path,
    check_encoding, check_timeout, check_metadata,     keep,
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]), OF_FIELDS = 6 };

/* Fields that came before and passed need only what differs from call to call. */
static void recall(tn_grpc_call *call, head *h)
{
    const tn_grpc_head *known = &call->conn->head;
    h->path = known->path;
    h->authority = known->authority;
    h->timeout = known->timeout;
    if (known->proto)
        call->flags |= TN_GRPC_PROTO;
}

static void remember(const tn_grpc_call *call, const head *h)
{
    tn_grpc_conn *c = call->conn;
    c->judged = h->fields->memo;
    c->head = (tn_grpc_head){ .path = h->path,
                              .authority = h->authority.p ? h->authority : h->host,
                              .timeout = h->timeout,
                              .proto = (call->flags & TN_GRPC_PROTO) != 0 };
}

void tn_grpc_on_request(tn_grpc_call *call, const tn_h2_fields *fields)
{
    tn_grpc_conn *c = call->conn;
    const bool known = fields->memo && fields->memo == c->judged;
    head h = { .fields = fields };
    tn_grpc_answer answer = { .http = 200, .code = TERN_OK };
    if (known)
        recall(call, &h);
    else
        gather(&h, fields);
    for (size_t i = known ? OF_FIELDS : 0; i < CHECKS; i++) {
        checks[i](call, &h, &answer);
        if (answer.code == TERN_OK)
            continue;
        answer.message = tn_grpc_text(answer.message);
        tn_grpc_over(call);
        (void)tn_grpc_send_status(call, &answer);
        return;
    }
    if (fields->memo && !known)
        remember(call, &h);
    call->state = TN_GRPC_LIVE;
    call->flags |= TN_GRPC_ANNOUNCED;
    c->events->request(c->user, call);
}
