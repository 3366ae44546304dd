/* SPDX-License-Identifier: Apache-2.0 */
/*
 * response.c: what a client makes of a response, and of the lack of one (PROTOCOL-HTTP2, Responses;
 * gRPC's http-grpc-status-mapping).
 *
 * grpc-status decides when the response is gRPC by its content-type; else, and without it, the HTTP
 * status does, and the text quotes what came, for it is mostly a proxy speaking.
 */
#include "base/base64.h"
#include "base/cursor.h"
#include "grpc/block.h"
#include "grpc/metadata.h"
#include "grpc/percent.h"

/* How much of a foreign body is quoted, octets. */
enum { FOREIGN_BODY = 200 };

/* A response that is not gRPC, or whose HTTP status is not 200. */
struct tn_grpc_foreign {
    tern_str http, content_type; /* in the arena */
    bool grpc;                   /* by content-type: its trailers may bring a grpc-status */
    size_t n;
    char body[FOREIGN_BODY];
};

/* The fields that gRPC reads itself; of a repeated one, the first. */
typedef struct head {
    const tn_h2_fields *fields;
    tern_str http, content_type, encoding, status, message, details;
} head;

static void gather(head *h, const tn_h2_fields *fields)
{
    h->fields = fields;
    for (size_t i = 0; i < fields->n; i++) {
        const tern_str value = fields->p[i].value;
        switch (fields->p[i].token) {
        case TN_H2_TOKEN_STATUS: tn_grpc_take_first(&h->http, value); break;
        case TN_H2_TOKEN_CONTENT_TYPE: tn_grpc_take_first(&h->content_type, value); break;
        case TN_H2_TOKEN_GRPC_ENCODING: tn_grpc_take_first(&h->encoding, value); break;
        case TN_H2_TOKEN_GRPC_STATUS: tn_grpc_take_first(&h->status, value); break;
        case TN_H2_TOKEN_GRPC_MESSAGE: tn_grpc_take_first(&h->message, value); break;
        case TN_H2_TOKEN_GRPC_STATUS_DETAILS_BIN: tn_grpc_take_first(&h->details, value); break;
        default: break;
        }
    }
}

/* A failure that the peer's bytes caused; text may quote them. */
static void fail(tn_grpc_call *call, tern_code code, tern_str text)
{
    tn_grpc_fail(call, code, code == TERN_RESOURCE_EXHAUSTED ? TERN_ORIGIN_LOCAL : TERN_ORIGIN_NET,
                 text.p ? tn_text_repair(call->arena, text) : text);
}

static void fail_too_large(tn_grpc_call *call, const char *what)
{
    fail(call, TERN_RESOURCE_EXHAUSTED, tn_grpc_too_large_text(call, what));
}

/* The outcome is known by what the peer sent: settles, and stops our own sending. */
static void complete(tn_grpc_call *call, tern_code code, tern_origin origin, tern_str message)
{
    tn_grpc_settle(call, code, origin, message);
    if (!(call->flags & TN_GRPC_REMOTE_END))
        tn_grpc_reset(call, TN_H2_CANCEL);
    else if (!(call->flags & TN_GRPC_LOCAL_END) || tn_grpc_queued(call) != 0)
        tn_grpc_reset(call, TN_H2_NO_ERROR); /* what we have left to say, nobody reads */
}

/* ---- responses that are not gRPC ---- */

static bool begin_foreign(tn_grpc_call *call, const head *h, tn_content content)
{
    struct tn_grpc_foreign *f = tern_arena_zalloc(call->arena, sizeof(*f));
    if (!f)
        return false;
    f->grpc = content != TN_CONTENT_FOREIGN;
    f->http = tern_arena_copy(call->arena, h->http);
    if (h->content_type.p)
        f->content_type = tern_arena_copy(call->arena, h->content_type);
    if ((h->http.p && !f->http.p) || (h->content_type.p && !f->content_type.p))
        return false; /* else the text would say that it was missing */
    call->foreign = f;
    return true;
}

static void finish_foreign(tn_grpc_call *call)
{
    const struct tn_grpc_foreign *f = call->foreign;
    const uint32_t http = f->http.p ? tn_status_parse_http(f->http) : 0;
    const tern_code code = http ? tn_status_of_http(http) : TERN_INTERNAL;
    const char *no_status = f->grpc ? "without a grpc-status" : "that is not gRPC";
    tern_str text = tern_arena_printf(
        call->arena, "a response %s: HTTP status %.100s, content-type %s%.100s%s%s%.*s", no_status,
        f->http.n ? f->http.p : "missing", f->content_type.p ? "\"" : "",
        f->content_type.p ? f->content_type.p : "missing", f->content_type.p ? "\"" : "",
        f->n ? ", body: " : "", (int)f->n, f->body);
    if (text.p)
        text = tn_text_repair(call->arena, text);
    complete(call, code, TERN_ORIGIN_NET, text);
}

void tn_grpc_on_foreign_data(tn_grpc_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    struct tn_grpc_foreign *f = call->foreign;
    for (size_t i = 0; i < n && f->n < FOREIGN_BODY; i++)
        f->body[f->n++] = p[i] < 0x20 || p[i] == 0x7F ? ' ' : (char)p[i];
    if (end_stream || (f->n == FOREIGN_BODY && !f->grpc))
        finish_foreign(call);
    else if (n)
        tn_h2_consume(call->conn->h2, &call->stream, n);
}

/* ---- statuses ---- */

/* grpc-status-details-bin into the call; INTERNAL or RESOURCE_EXHAUSTED. */
static tern_code take_details(tn_grpc_call *call, tern_str text)
{
    uint8_t *p = tern_arena_alloc(call->arena, text.n / 4 * 3 + 3);
    if (!p)
        return TERN_RESOURCE_EXHAUSTED;
    const size_t n = tn_base64_decode(p, text.p, text.n);
    if (n == SIZE_MAX)
        return TERN_INTERNAL;
    call->details = (tern_bytes){ p, n };
    return TERN_OK;
}

/* The last block of a response, with a grpc-status in it. */
static void take_status(tn_grpc_call *call, const head *h)
{
    const tern_code status = tn_status_parse(h->status);
    const tn_h2_field *bad;
    const tern_code decoded =
        tn_metadata_decode(call->arena, h->fields->p, h->fields->n, &call->trailers, &bad);
    if (decoded != TERN_OK) {
        fail(call, decoded, tn_grpc_metadata_text(call, decoded, bad));
        return;
    }
    const tern_code details = h->details.p ? take_details(call, h->details) : TERN_OK;
    if (details != TERN_OK) {
        fail(call, details,
             details == TERN_INTERNAL ? TERN_STR("grpc-status-details-bin is not base64")
                                      : TERN_STR("no memory for grpc-status-details-bin"));
    } else if (status == TERN_OK && tn_grpc_is_truncated(call)) {
        fail(call, TERN_INTERNAL, TERN_STR("trailers came in the middle of a message"));
    } else {
        const tern_str message =
            h->message.n ? tn_percent_decode(call->arena, h->message) : TERN_STR("");
        complete(call, status, TERN_ORIGIN_PEER, message);
    }
}

/* The whole response in one block. */
static void take_trailers_only(tn_grpc_call *call, const head *h, tn_content content)
{
    if (content != TN_CONTENT_FOREIGN && h->status.p)
        take_status(call, h);
    else if (begin_foreign(call, h, content))
        finish_foreign(call);
    else
        fail(call, TERN_RESOURCE_EXHAUSTED, TERN_STR("no memory for the response"));
}

/* What stands in the way of taking the messages that follow these headers? */
static tern_str objection(tn_grpc_call *call, const head *h, tn_content content)
{
    if (content == TN_CONTENT_GRPC_OTHER)
        return tern_arena_printf(
            call->arena, "the response's content-type is \"%.*s\": the request was protobuf",
            TN_GRPC_SHOW(h->content_type));
    if (h->encoding.p && !tern_str_equal(h->encoding, TERN_STR("identity")))
        return tern_arena_printf(call->arena,
                                 "the response's grpc-encoding is \"%.*s\", which was not offered",
                                 TN_GRPC_SHOW(h->encoding));
    return TERN_STR("");
}

void tn_grpc_on_response(tn_grpc_call *call, const tn_h2_fields *fields, bool end_stream)
{
    head h = { 0 };
    const tn_h2_field *bad;
    call->flags |= TN_GRPC_HEADERS_IN;
    if (fields->too_large) {
        fail_too_large(call, end_stream ? "trailers" : "header fields");
        return;
    }
    gather(&h, fields);
    const tn_content content = tn_content_of(h.content_type);
    if (end_stream) {
        take_trailers_only(call, &h, content);
        return;
    }
    if (content == TN_CONTENT_FOREIGN || !tern_str_equal(h.http, TERN_STR("200"))) {
        if (!begin_foreign(call, &h, content))
            fail(call, TERN_RESOURCE_EXHAUSTED, TERN_STR("no memory for the response"));
        return;
    }
    const tern_str why = objection(call, &h, content);
    if (!why.p || why.n) {
        fail(call, TERN_INTERNAL, why);
        return;
    }
    const tern_code decoded =
        tn_metadata_decode(call->arena, fields->p, fields->n, &call->headers, &bad);
    if (decoded != TERN_OK)
        fail(call, decoded, tn_grpc_metadata_text(call, decoded, bad));
    else if (call->conn->events->response)
        call->conn->events->response(call->conn->user, call);
}

void tn_grpc_on_trailers(tn_grpc_call *call, const tn_h2_fields *fields)
{
    head h = { 0 };
    if (fields->too_large) {
        fail_too_large(call, "trailers");
        return;
    }
    gather(&h, fields);
    const bool grpc = !call->foreign || call->foreign->grpc;
    if (h.status.p && grpc)
        take_status(call, &h);
    else if (call->foreign)
        finish_foreign(call);
    else
        complete(call, TERN_UNKNOWN, TERN_ORIGIN_NET,
                 TERN_STR("the response's trailers have no grpc-status"));
}

/* ---- streams that closed without a status ---- */

static tern_str goaway_text(tn_grpc_call *call, const char *what)
{
    const tn_grpc_conn *c = call->conn;
    if (!c->goaway)
        return tern_arena_printf(call->arena, "%s", what);
    return tern_arena_printf(call->arena, "%s; the server had sent GOAWAY %s%s%s%s", what,
                             tn_h2_code_name(c->goaway_code), c->goaway_debug[0] ? " \"" : "",
                             c->goaway_debug, c->goaway_debug[0] ? "\"" : "");
}

static void lose_reset(tn_grpc_call *call, uint32_t h2_code)
{
    if (h2_code == TN_H2_CANCEL && call->conn->now >= call->deadline) {
        tn_grpc_settle(call, TERN_DEADLINE_EXCEEDED, TERN_ORIGIN_LOCAL,
                       tn_grpc_deadline_text(call, "and the server gave it up"));
        return;
    }
    tn_grpc_settle(call, tn_status_of_reset(h2_code), TERN_ORIGIN_NET,
                   tern_arena_printf(call->arena,
                                     "the server reset the call without a status: RST_STREAM %s",
                                     tn_h2_code_name(h2_code)));
}

static void lose_connection(tn_grpc_call *call)
{
    const tn_grpc_conn *c = call->conn;
    const tn_h2_error *ours = tn_h2_cause(c->h2);
    const bool broken = ours && tn_h2_failed(*ours) && ours->code != TN_H2_NO_ERROR;
    const tern_str text =
        broken ? tern_arena_printf(call->arena, "the connection was ended here: %s (%s)",
                                   ours->reason, tn_h2_code_name(ours->code))
               : tern_arena_printf(call->arena, "the connection was lost%s%s", c->cause ? ": " : "",
                                   c->cause ? c->cause : "");
    const tern_str whole = text.p ? goaway_text(call, text.p) : text;
    tn_grpc_settle(call, TERN_UNAVAILABLE, TERN_ORIGIN_NET,
                   whole.p ? tn_text_repair(call->arena, whole) : whole);
}

void tn_grpc_on_lost_response(tn_grpc_call *call, tn_h2_close how, uint32_t h2_code)
{
    switch (how) {
    case TN_H2_CLOSED_UNPROCESSED:
        call->may_retry = !(call->flags & TN_GRPC_HEADERS_IN);
        tn_grpc_settle(call, TERN_UNAVAILABLE, TERN_ORIGIN_NET,
                       goaway_text(call, h2_code == TN_H2_REFUSED_STREAM
                                             ? "the server refused the call unseen: REFUSED_STREAM"
                                             : "the connection ended before the call was seen"));
        break;
    case TN_H2_CLOSED_RESET_PEER: lose_reset(call, h2_code); break;
    case TN_H2_CLOSED_LOST: lose_connection(call); break;
    case TN_H2_CLOSED_DONE: /* never: END_STREAM has settled the call */
    case TN_H2_CLOSED_RESET_LOCAL:
        tn_grpc_settle(call, TERN_INTERNAL, TERN_ORIGIN_NET,
                       tern_arena_printf(call->arena,
                                         "the server broke a rule of HTTP/2 in this call: "
                                         "RST_STREAM %s was sent",
                                         tn_h2_code_name(h2_code)));
        break;
    }
}
