/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send.c: what leaves: requests, response headers, messages, statuses (PROTOCOL-HTTP2, Requests and
 * Responses).
 *
 * Invariant: after END_STREAM of ours, LOCAL_END is set and nothing more is handed to HTTP/2.
 */
#include "base/base64.h"
#include "grpc/call.h"
#include "grpc/percent.h"
#include "grpc/timeout.h"

static const tern_str grpc_type = TERN_STR_INIT("application/grpc");
static const tern_str proto_type = TERN_STR_INIT("application/grpc+proto");
/* A field with a known name, for static tables. */
#define CONSTANT_FIELD(token_, name_, value_)                                                      \
    {                                                                                              \
        .name = TERN_STR_INIT(name_), .value = TERN_STR_INIT(value_),                              \
        .token = TN_H2_TOKEN_##token_, .flags = TN_H2_FIELD_CONSTANT                               \
    }

static const tern_str our_user_agent = TERN_STR_INIT("grpc-c-tern/" TERN_VERSION);

/* ---- client ---- */

/* :method :scheme :path :authority grpc-timeout te content-type user-agent */
enum { REQUEST_FIELDS = 8 };

/* Pseudo-header fields, then grpc-timeout, then the call's definition, then custom metadata. */
static bool build_request(tn_grpc_conn *c, const tn_grpc_request *request, const char *timeout,
                          size_t timeout_n)
{
    const tn_grpc_config *config = c->config;
    const tern_str authority =
        request->authority.p ? request->authority : tern_str_of(config->authority);
    tn_fields *f = &c->fields;
    if (!tn_fields_begin(f, REQUEST_FIELDS, &request->metadata, 0))
        return false;
    tn_fields_add(f, TN_H2_TOKEN_METHOD, TERN_STR("POST"));
    tn_fields_add(f, TN_H2_TOKEN_SCHEME, config->tls ? TERN_STR("https") : TERN_STR("http"));
    tn_fields_add(f, TN_H2_TOKEN_PATH, request->path);
    if (authority.p)
        tn_fields_add(f, TN_H2_TOKEN_AUTHORITY, authority);
    if (timeout_n)
        tn_fields_add(f, TN_H2_TOKEN_GRPC_TIMEOUT, (tern_str){ timeout, timeout_n });
    tn_fields_add(f, TN_H2_TOKEN_TE, TERN_STR("trailers"));
    tn_fields_add(f, TN_H2_TOKEN_CONTENT_TYPE, grpc_type);
    tn_fields_add(f, TN_H2_TOKEN_USER_AGENT,
                  config->user_agent ? tern_str_of(config->user_agent) : our_user_agent);
    tn_fields_add_metadata(f, &request->metadata);
    return true;
}

tern_code tn_grpc_start(tn_grpc_conn *c, tn_grpc_call *call, const tn_grpc_request *request)
{
    char timeout[TN_TIMEOUT_TEXT];
    size_t timeout_n = 0;
    call->conn = c;
    call->deadline = request->deadline;
    if (request->deadline != UINT64_MAX) {
        call->started = tn_now(c->env);
        if (call->started >= request->deadline)
            return TERN_DEADLINE_EXCEEDED;
        timeout_n = tn_timeout_encode(timeout, request->deadline - call->started);
    }
    if (!tn_grpc_arm(call))
        return TERN_RESOURCE_EXHAUSTED;
    tern_code code = TERN_RESOURCE_EXHAUSTED;
    tn_list_init(&call->finishing);
    if (build_request(c, request, timeout, timeout_n))
        code = tn_h2_open(c->h2, &call->stream, c->fields.p, c->fields.n, false);
    if (code == TERN_OK)
        call->state = TN_GRPC_LIVE;
    else
        tn_heap_remove(&c->deadlines, &call->timer);
    return code;
}

/* ---- both ---- */

/* What nearly every response is made of, ready for the encoder; by TN_GRPC_PROTO. */
static const tn_h2_field plain_headers[2][2] = {
    { CONSTANT_FIELD(STATUS, ":status", "200"),
      CONSTANT_FIELD(CONTENT_TYPE, "content-type", "application/grpc") },
    { CONSTANT_FIELD(STATUS, ":status", "200"),
      CONSTANT_FIELD(CONTENT_TYPE, "content-type", "application/grpc+proto") },
};
static const tn_h2_field plain_trailers[] = { CONSTANT_FIELD(GRPC_STATUS, "grpc-status", "0") };

static tern_code send_headers(tn_grpc_call *call, const tern_metadata *metadata)
{
    tn_grpc_conn *c = call->conn;
    tn_fields *f = &c->fields;
    const tn_h2_field *fields = plain_headers[(call->flags & TN_GRPC_PROTO) != 0];
    size_t n = 2;
    if (metadata && metadata->n) {
        if (!tn_fields_begin(f, 2, metadata, 0))
            return TERN_RESOURCE_EXHAUSTED;
        tn_fields_add(f, TN_H2_TOKEN_STATUS, fields[0].value);
        tn_fields_add(f, TN_H2_TOKEN_CONTENT_TYPE, fields[1].value);
        tn_fields_add_metadata(f, metadata);
        fields = f->p;
        n = f->n;
    }
    const tern_code code = tn_h2_send_headers(c->h2, &call->stream, fields, n, false);
    if (code == TERN_OK)
        call->flags |= TN_GRPC_HEADERS_SENT;
    return code;
}

/* What HTTP/2 answered to a send, for the layer above. Without memory the call has lost a part and
 * fails; else the stream is closed, and the event that says so is on its way. */
static tern_code sent(tn_grpc_call *call, tern_code code, const char *what)
{
    if (code == TERN_RESOURCE_EXHAUSTED && call->state == TN_GRPC_LIVE)
        tn_grpc_fail(call, code, TERN_ORIGIN_LOCAL,
                     tern_arena_printf(call->arena, "no memory to send %s", what));
    return code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED ? code : TERN_CANCELLED;
}

tern_code tn_grpc_send_message(tn_grpc_call *call, tn_chunk *chunk, bool last)
{
    const bool server = call->conn->config->h2.server;
    tern_code code = TERN_OK;
    if (call->state != TN_GRPC_LIVE)
        code = TERN_CANCELLED;
    else if (call->flags & TN_GRPC_LOCAL_END)
        code = TERN_FAILED_PRECONDITION;
    else if (chunk->n > UINT32_MAX || TN_BUG(chunk->off >= TN_GRPC_PREFIX))
        code = TERN_INTERNAL;
    if (code != TERN_OK) {
        tn_chunk_unref(chunk);
        return code;
    }
    tn_grpc_enter(call);
    const uint32_t length = (uint32_t)chunk->n;
    uint8_t *prefix = tn_chunk_prepend(chunk, TN_GRPC_PREFIX);
    prefix[0] = 0;
    tn_store32(prefix + 1, length);
    const bool end = last && !server;
    if (server && !(call->flags & TN_GRPC_HEADERS_SENT))
        code = send_headers(call, NULL);
    if (code == TERN_OK) {
        call->flags |= end ? TN_GRPC_LOCAL_END : 0;
        code = tn_h2_send_data(call->conn->h2, &call->stream, chunk, end);
    } else {
        tn_chunk_unref(chunk);
    }
    code = sent(call, code, "a message");
    tn_grpc_leave(call);
    return code;
}

tern_code tn_grpc_end_send(tn_grpc_call *call)
{
    if (call->state != TN_GRPC_LIVE)
        return TERN_CANCELLED;
    if (call->flags & TN_GRPC_LOCAL_END)
        return TERN_FAILED_PRECONDITION;
    tn_grpc_enter(call);
    call->flags |= TN_GRPC_LOCAL_END;
    const tern_code code = sent(call, tn_h2_send_data(call->conn->h2, &call->stream, NULL, true),
                                "the end of the request");
    tn_grpc_leave(call);
    return code;
}

/* ---- server ---- */

tern_code tn_grpc_send_headers(tn_grpc_call *call, const tern_metadata *metadata)
{
    if (call->state != TN_GRPC_LIVE)
        return TERN_CANCELLED;
    if (call->flags & TN_GRPC_HEADERS_SENT)
        return TERN_FAILED_PRECONDITION;
    tn_grpc_enter(call);
    const tern_code code = sent(call, send_headers(call, metadata), "response headers");
    tn_grpc_leave(call);
    return code;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Response headers, if they did not go yet, and the status: one block either way. */
static bool build_status(tn_grpc_call *call, const tn_grpc_answer *a, bool trailers_only)
{
    tn_fields *f = &call->conn->fields;
    /* :status, content-type, extra, grpc-status, grpc-message, grpc-status-details-bin */
    const size_t fixed = 6;
    const size_t text =
        a->message.n > TN_PERCENT_MAX ? TN_PERCENT_MAX : least(9 * a->message.n, TN_PERCENT_MAX);
    if (!tn_fields_begin(f, fixed, a->trailers, text + tn_base64_encoded_size(a->details.n)))
        return false;
    if (trailers_only) {
        const tern_str http = a->http == 405   ? TERN_STR("405")
                              : a->http == 415 ? TERN_STR("415")
                              : a->http == 400 ? TERN_STR("400")
                                               : TERN_STR("200");
        tn_fields_add(f, TN_H2_TOKEN_STATUS, http);
        tn_fields_add(f, TN_H2_TOKEN_CONTENT_TYPE,
                      call->flags & TN_GRPC_PROTO ? proto_type : grpc_type);
        if (a->extra)
            tn_fields_add(f, (tn_h2_token)a->extra->token, a->extra->value);
    }
    tn_fields_add(f, TN_H2_TOKEN_GRPC_STATUS, tn_status_text(a->code));
    if (a->message.n)
        tn_fields_add_percent(f, TN_H2_TOKEN_GRPC_MESSAGE, a->message);
    if (a->details.n)
        tn_fields_add_base64(f, TN_H2_TOKEN_GRPC_STATUS_DETAILS_BIN, a->details);
    tn_fields_add_metadata(f, a->trailers);
    return true;
}

/* The response is complete: a client that is still sending is told to stop, but only when all has
 * left the queue, for a reset drops what is in it. */
static void stop_client(tn_grpc_call *call)
{
    if (call->flags & (TN_GRPC_REMOTE_END | TN_GRPC_CLOSED))
        return;
    if (tn_grpc_queued(call) == 0)
        tn_grpc_reset(call, TN_H2_NO_ERROR);
    else
        tn_list_push(&call->conn->finishing, &call->finishing);
}

void tn_grpc_stop_finished(tn_grpc_conn *c)
{
    tn_list *at = c->finishing.next;
    while (at != &c->finishing) {
        tn_grpc_call *call = TN_CONTAINER(at, tn_grpc_call, finishing);
        at = at->next;
        if (tn_grpc_queued(call) != 0)
            continue;
        tn_list_remove(&call->finishing);
        tn_grpc_enter(call);
        stop_client(call);
        tn_grpc_leave(call);
        at = c->finishing.next; /* `closed` may have taken others out of the list */
    }
}

static bool is_plain(const tn_grpc_answer *a)
{
    return a->code == TERN_OK && a->message.n == 0 && a->details.n == 0 &&
           (!a->trailers || a->trailers->n == 0);
}

/* The status as trailers, or with the response headers in one block. */
static tern_code send_block(tn_grpc_call *call, const tn_grpc_answer *a)
{
    tn_grpc_conn *c = call->conn;
    const bool trailers_only = !(call->flags & TN_GRPC_HEADERS_SENT);
    if (!trailers_only && is_plain(a))
        return tn_h2_send_trailers(c->h2, &call->stream, plain_trailers, 1);
    if (!build_status(call, a, trailers_only))
        return TERN_RESOURCE_EXHAUSTED;
    return trailers_only ? tn_h2_send_headers(c->h2, &call->stream, c->fields.p, c->fields.n, true)
                         : tn_h2_send_trailers(c->h2, &call->stream, c->fields.p, c->fields.n);
}

bool tn_grpc_send_status(tn_grpc_call *call, const tn_grpc_answer *answer)
{
    if (call->flags & TN_GRPC_CLOSED)
        return true;
    const bool sent_whole = send_block(call, answer) == TERN_OK;
    call->flags |= TN_GRPC_LOCAL_END | TN_GRPC_HEADERS_SENT;
    if (sent_whole)
        stop_client(call);
    else
        tn_grpc_reset(call, TN_H2_INTERNAL_ERROR);
    return sent_whole;
}

tern_code tn_grpc_finish(tn_grpc_call *call, tern_code code, tern_str message,
                         const tern_metadata *trailers)
{
    if (call->state != TN_GRPC_LIVE)
        return TERN_CANCELLED;
    tn_grpc_enter(call);
    tn_grpc_over(call);
    const bool whole = tn_grpc_send_status(call, &(tn_grpc_answer){ .http = 200,
                                                                    .code = code,
                                                                    .message = message,
                                                                    .details = call->details,
                                                                    .trailers = trailers });
    tn_grpc_leave(call);
    return whole ? TERN_OK : TERN_RESOURCE_EXHAUSTED;
}
