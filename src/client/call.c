/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.c: a call as the driver sees it: begun, waiting, active, let go of.
 *
 * Invariant: from submit to `let_go` the call is the driver's and in exactly one of the lists
 * starting, pending and active; let_go is the last touch, and sets done and closed at once for a call
 * that never came to a connection.
 */
#include "client/internal.h"

#include "base/assert.h"

static tn_client_call *call_of(tn_grpc_call *grpc)
{
    return (tn_client_call *)grpc;
}

static void let_go(tn_client_call *call)
{
    tern_channel *ch = call->channel;
    tn_timer_stop(ch->loop, &call->timer);
    tn_list_remove(&call->in_driver);
    call->conn = NULL;
    tn_gate_lock(&ch->gate);
    tn_list_remove(&call->in_crediting);
    call->done = call->closed = true;
    ch->calls--;
    tn_client_notify(call);
    tn_gate_unlock(&ch->gate);
}

/* Ends a call that is on no connection. */
static void end(tn_client_call *call, tern_code code, tern_origin origin, const char *text)
{
    tn_grpc_call *grpc = &call->base.grpc;
    grpc->code = code;
    grpc->origin = origin;
    grpc->message = tern_arena_copy(grpc->arena, tern_str_of(text));
    let_go(call);
}

static void end_expired(tn_client_call *call)
{
    const tern_channel *ch = call->channel;
    tern_error err;
    tern_error_clear(&err);
    const bool connected = ch->current && ch->current->was_ready;
    const char *last = connected ? "" : ch->last_error.text;
    tern_error_set(&err, TERN_DEADLINE_EXCEEDED, TERN_ORIGIN_LOCAL,
                   "deadline of %llu ms passed while the call waited for %s to %s%s%s",
                   (unsigned long long)(call->timeout_ns / 1000000),
                   connected ? "a free stream on the connection" : "a connection", ch->name,
                   last[0] ? "; last attempt: " : "", last);
    end(call, err.code, err.origin, err.text);
}

/* The request for the next stream: on a second try a copy, for the first connection may still hold it. */
static tn_chunk *take_request(const tn_client_call *call)
{
    if (!call->retried)
        return tn_chunk_ref(call->request);
    tn_chunk *copy = tn_chunk_new(call->base.env, TN_GRPC_HEADROOM, call->request_n);
    if (!copy)
        return NULL;
    memcpy(tn_chunk_bytes(copy), call->request->data + call->request_off, call->request_n);
    copy->n = call->request_n;
    return copy;
}

static void note_peer(tn_client_call *call, const tn_client_conn *conn)
{
    if (call->base.method->kind == TERN_UNARY)
        return;
    const tern_str peer = tern_arena_copy(call->base.grpc.arena, tern_str_of(conn->link.peer));
    tn_gate_lock(&call->channel->gate);
    call->peer = peer;
    tn_gate_unlock(&call->channel->gate);
}

static void on_pending_deadline(tn_timer *timer)
{
    end_expired(TN_CONTAINER(timer, tn_client_call, timer));
}

/* True when the call is on its way or over; false: no stream to be had now. */
static bool start(tn_client_call *call)
{
    tern_channel *ch = call->channel;
    tn_client_conn *conn = ch->current;
    if (!conn || !tn_grpc_can_start(conn->link.grpc))
        return false;
    const tn_grpc_request request = {
        .path = tern_str_of(call->base.method->path),
        .metadata = call->metadata,
        .deadline = call->base.deadline,
    };
    tn_chunk *message = take_request(call);
    const tern_code code = message ? tn_grpc_start(conn->link.grpc, &call->base.grpc, &request)
                                   : TERN_RESOURCE_EXHAUSTED;
    if (code != TERN_OK)
        tn_chunk_unref(message);
    if (code == TERN_AGAIN || code == TERN_UNAVAILABLE)
        return false;
    if (code == TERN_DEADLINE_EXCEEDED) {
        end_expired(call);
        return true;
    }
    if (code != TERN_OK) {
        end(call, code, TERN_ORIGIN_LOCAL, "no memory for a call");
        return true;
    }
    tn_timer_stop(ch->loop, &call->timer);
    tn_list_remove(&call->in_driver);
    tn_list_push(&ch->active, &call->in_driver);
    call->conn = conn;
    note_peer(call, conn);
    /* Without memory the call has ended, and may be gone. */
    if (tn_grpc_send_message(&call->base.grpc, message, true) == TERN_INTERNAL)
        tn_grpc_cancel(&call->base.grpc, TERN_RESOURCE_EXHAUSTED, "the request is over 4 GiB");
    return true;
}

/* Waits for a connection, or a free stream on it. */
static void wait_for_connection(tn_client_call *call)
{
    tern_channel *ch = call->channel;
    tern_error why;
    if (!tn_client_connect(ch, &why)) {
        end(call, TERN_UNAVAILABLE, why.origin, why.text);
        return;
    }
    tn_list_push(&ch->pending, &call->in_driver);
    call->timer.fire = on_pending_deadline;
    if (call->base.deadline != UINT64_MAX &&
        !tn_timer_set(ch->loop, &call->timer, call->base.deadline))
        end(call, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "no memory for a deadline");
}

void tn_client_begin(tn_client_call *call)
{
    tn_client_conn_check(call->channel);
    if (atomic_load(&call->cancel_requested))
        end(call, TERN_CANCELLED, TERN_ORIGIN_LOCAL, "cancelled before it started");
    else if (call->base.deadline <= tn_now(call->channel->env))
        end_expired(call);
    else if (!tn_list_empty(&call->channel->pending) || !start(call))
        wait_for_connection(call);
}

void tn_client_retry_pending(tern_channel *ch)
{
    ch->retry_pending = false;
    tn_client_conn_check(ch);
    while (!tn_list_empty(&ch->pending)) {
        tn_client_call *call = TN_CONTAINER(ch->pending.next, tn_client_call, in_driver);
        if (!start(call))
            break;
    }
    tern_error why;
    if (!tn_list_empty(&ch->pending) && !tn_client_connect(ch, &why))
        tn_client_fail_pending(ch, &why);
}

void tn_client_fail_pending(tern_channel *ch, const tern_error *why)
{
    while (!tn_list_empty(&ch->pending))
        end(TN_CONTAINER(ch->pending.next, tn_client_call, in_driver), TERN_UNAVAILABLE,
            why->origin, why->text);
}

static void sweep_list(tern_channel *ch, tn_list *list, bool all)
{
    static const char text[] = "cancelled by the caller", closing[] = "the channel was closed";
    for (tn_list *at = list->next, *next; at != list; at = next) {
        next = at->next;
        tn_client_call *call = TN_CONTAINER(at, tn_client_call, in_driver);
        if (!all && !atomic_load(&call->cancel_requested))
            continue;
        if (list == &ch->active)
            tn_grpc_cancel(&call->base.grpc, TERN_CANCELLED, all ? closing : text);
        else
            end(call, TERN_CANCELLED, TERN_ORIGIN_LOCAL, all ? closing : text);
    }
}

void tn_client_sweep(tern_channel *ch)
{
    tn_gate_lock(&ch->gate);
    const bool all = ch->closing;
    tn_gate_unlock(&ch->gate);
    sweep_list(ch, &ch->pending, all);
    sweep_list(ch, &ch->active, all);
}

/* ---- events of the connection ------------------------------------------------------------------------ */

static void on_message(void *user, tn_grpc_call *grpc, tn_chunk *chunk)
{
    (void)user;
    tn_client_call *call = call_of(grpc);
    tern_channel *ch = call->channel;
    const bool unary = call->base.method->kind == TERN_UNARY;
    if (unary)
        tn_grpc_consume(grpc, chunk->n);
    tn_chunk_unref(call->request);
    call->request = NULL;
    tn_gate_lock(&ch->gate);
    if (unary && call->messages) {
        tn_chunk_unref(chunk);
    } else {
        tn_chunk_queue_push(&call->received, chunk);
        if (!unary)
            tn_client_notify(call);
    }
    call->messages++;
    tn_gate_unlock(&ch->gate);
}

static void on_status(void *user, tn_grpc_call *grpc)
{
    (void)user;
    tn_client_call *call = call_of(grpc);
    call->retry = grpc->may_retry && !call->retried && !atomic_load(&call->cancel_requested);
    /* A unary call is done when its stream is closed, which follows at once. */
    if (call->retry || call->base.method->kind == TERN_UNARY)
        return;
    tn_gate_lock(&call->channel->gate);
    call->done = true;
    tn_client_notify(call);
    tn_gate_unlock(&call->channel->gate);
}

/* The server never looked at the call: it is as good as new, once. */
static void start_anew(tn_client_call *call)
{
    tern_channel *ch = call->channel;
    tern_arena *arena = call->base.grpc.arena;
    call->retry = false;
    call->retried = true;
    call->conn = NULL;
    memset(&call->base.grpc, 0, sizeof call->base.grpc);
    call->base.grpc.arena = arena;
    tn_list_remove(&call->in_driver);
    /* A cancel, or the channel's end, that came meanwhile was looked for where the call is no more. */
    atomic_store(&ch->sweep, true);
    wait_for_connection(call);
}

static void on_closed(void *user, tn_grpc_call *grpc)
{
    tn_client_conn *conn = user;
    tn_client_call *call = call_of(grpc);
    conn->channel->retry_pending = true;
    if (call->retry)
        start_anew(call);
    else
        let_go(call);
}

/* SETTINGS, GOAWAY, or a free stream: SETTINGS have come in any case. */
static void on_ready(void *user)
{
    tn_client_conn *conn = user;
    conn->channel->retry_pending = true;
    tn_client_conn_ready(conn);
}

const tn_grpc_events tn_client_call_events = {
    .message = on_message,
    .status = on_status,
    .closed = on_closed,
    .ready = on_ready,
};
