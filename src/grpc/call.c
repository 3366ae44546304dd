/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.c: the life of one call: entering, settling, failing, cancelling, expiring. See call.h.
 */
#include "grpc/call.h"
#include "grpc/percent.h"

tern_str tn_grpc_text(tern_str text)
{
    return text.p ? text : TERN_STR("no memory for the text of this error");
}

void tn_grpc_leave(tn_grpc_call *call)
{
    if (--call->depth != 0 || !(call->flags & TN_GRPC_CLOSED))
        return;
    tn_grpc_conn *c = call->conn;
    c->events->closed(c->user, call);
    if (!c->config->h2.server && c->events->ready)
        c->events->ready(c->user);
}

bool tn_grpc_arm(tn_grpc_call *call)
{
    return call->deadline == UINT64_MAX ||
           tn_heap_put(&call->conn->deadlines, &call->timer, call->deadline);
}

void tn_grpc_over(tn_grpc_call *call)
{
    TN_ASSERT(call->state != TN_GRPC_OVER);
    call->state = TN_GRPC_OVER;
    tn_grpc_drop_partial(call);
    if (!call->conn->config->h2.server)
        tn_heap_remove(&call->conn->deadlines, &call->timer);
}

void tn_grpc_reset(tn_grpc_call *call, uint32_t h2_code)
{
    if (!(call->flags & TN_GRPC_CLOSED))
        tn_h2_reset(call->conn->h2, &call->stream, h2_code);
}

void tn_grpc_settle(tn_grpc_call *call, tern_code code, tern_origin origin, tern_str message)
{
    tn_grpc_over(call);
    call->code = code;
    call->origin = code == TERN_OK ? TERN_ORIGIN_NONE : origin;
    call->message = tn_grpc_text(message);
    call->conn->events->status(call->conn->user, call);
}

static void fail_client(tn_grpc_call *call, tern_code code, tern_origin origin, tern_str text)
{
    tn_grpc_settle(call, code, origin, text);
    tn_grpc_reset(call, TN_H2_CANCEL);
}

static void fail_server(tn_grpc_call *call, tern_code code, tern_str text)
{
    tn_grpc_conn *c = call->conn;
    const bool announced = (call->flags & TN_GRPC_ANNOUNCED) != 0;
    tn_grpc_over(call);
    if (announced)
        c->events->cancelled(c->user, call, code);
    (void)tn_grpc_send_status(
        call, &(tn_grpc_answer){ .http = 200, .code = code, .message = tn_grpc_text(text) });
}

void tn_grpc_fail(tn_grpc_call *call, tern_code code, tern_origin origin, tern_str text)
{
    if (call->conn->config->h2.server)
        fail_server(call, code, text);
    else
        fail_client(call, code, origin, text);
}

tern_str tn_grpc_deadline_text(tn_grpc_call *call, const char *where)
{
    /* Rounded up: what was asked for, though the call began a little later. */
    const uint64_t ms = (call->deadline - call->started + 999999) / 1000000;
    return tern_arena_printf(call->arena, "deadline exceeded: the call had %llu ms, %s",
                             (unsigned long long)ms, where);
}

void tn_grpc_expire(tn_grpc_call *call)
{
    const bool server = call->conn->config->h2.server;
    tn_grpc_enter(call);
    if (call->state == TN_GRPC_OVER) {
        /* A finished server call whose client takes neither DATA nor trailers. */
        tn_grpc_reset(call, TN_H2_CANCEL);
    } else if (server && tn_grpc_queued(call) != 0) {
        /* Trailers would wait behind DATA for a window that may never come. */
        tn_grpc_over(call);
        call->conn->events->cancelled(call->conn->user, call, TERN_DEADLINE_EXCEEDED);
        tn_grpc_reset(call, TN_H2_CANCEL);
    } else {
        const bool begun = (call->flags & (TN_GRPC_HEADERS_SENT | TN_GRPC_HEADERS_IN)) != 0;
        const char *where = begun    ? "and its response was not complete"
                            : server ? "and the server had not answered it"
                                     : "and no response had come";
        tn_grpc_fail(call, TERN_DEADLINE_EXCEEDED, TERN_ORIGIN_LOCAL,
                     tn_grpc_deadline_text(call, where));
    }
    tn_grpc_leave(call);
}

void tn_grpc_cancel(tn_grpc_call *call, tern_code code, const char *text)
{
    if (call->state != TN_GRPC_LIVE)
        return;
    tn_grpc_enter(call);
    if (call->conn->config->h2.server) {
        tn_grpc_over(call);
        tn_grpc_reset(call, tn_status_to_reset(code));
    } else {
        const tern_str given = tern_str_of(text ? text : "cancelled by the caller");
        const tern_str kept = tern_arena_copy(call->arena, given);
        fail_client(call, code, TERN_ORIGIN_LOCAL,
                    kept.p ? tn_text_repair(call->arena, kept) : kept);
    }
    tn_grpc_leave(call);
}

size_t tn_grpc_queued(const tn_grpc_call *call)
{
    return tn_h2_queued(&call->stream);
}
