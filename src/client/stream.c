/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.c: a server-streaming call: started at once, read message by message, closed.
 *
 * A message lies in the chunk it came in and in recv_arena, both replaced by the next recv.
 */
#include "client/internal.h"

#include "base/assert.h"
#include "rpc/codec.h"

enum { CREDIT_WAKE = 16 * 1024 }; /* bytes consumed that are worth waking the driver for */

static bool has_news(const tn_client_call *call)
{
    return call->received.first || call->done;
}

static bool is_closed(const tn_client_call *call)
{
    return call->closed;
}

/* Gate locked. */
static tn_chunk *next_chunk(tn_client_call *call)
{
    tern_channel *ch = call->channel;
    tn_chunk *chunk = tn_chunk_queue_pop(&call->received);
    if (!chunk || call->closed)
        return chunk;
    call->credit += TN_GRPC_PREFIX + chunk->n;
    if (tn_list_empty(&call->in_crediting))
        tn_list_push(&ch->crediting, &call->in_crediting);
    if (ch->driven && call->credit >= CREDIT_WAKE)
        tn_loop_wake(ch->loop);
    return chunk;
}

static tern_code decode(tn_client_call *call, const void **message)
{
    if (!call->recv_arena)
        call->recv_arena = tern_arena_new(call->base.env);
    else
        tern_arena_reset(call->recv_arena);
    void *m = NULL;
    tern_code code = TERN_RESOURCE_EXHAUSTED;
    if (call->recv_arena)
        code = tn_rpc_decode(call->base.method->response, call->current, call->recv_arena,
                             call->max_decode_bytes, &m, &call->failure);
    else
        tern_error_set(&call->failure, code, TERN_ORIGIN_LOCAL, "no memory for a message");
    if (code != TERN_OK)
        tn_client_call_cancel(call);
    *message = m;
    return code;
}

static tern_code recv_message(tern_call *base, const void **message)
{
    tn_client_call *call = (tn_client_call *)base;
    tern_channel *ch = call->channel;
    *message = NULL;
    tn_chunk_unref(call->current);
    call->current = NULL;
    if (call->failure.code != TERN_OK)
        return call->failure.code;
    if (tn_rpc_on_io_thread())
        return tern_error_set(&call->failure, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                              "%s: a blocking recv on an I/O thread", base->method->path);
    tn_gate_lock(&ch->gate);
    ch->users++;
    tn_client_wait(call, has_news);
    call->current = next_chunk(call);
    base->metadata = base->grpc.headers;
    if (call->peer.p)
        base->peer = call->peer.p;
    tn_client_leave(ch);
    tn_gate_unlock(&ch->gate);
    if (call->current)
        return decode(call, message);
    return base->grpc.code == TERN_OK ? TERN_END : base->grpc.code;
}

static tern_code send_message(tern_call *base, const void *message)
{
    (void)message;
    tn_client_call *call = (tn_client_call *)base;
    return tern_error_set(&call->failure, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                          "%s: its only request was sent when the call began", base->method->path);
}

static const tern_status *get_status(const tern_call *base)
{
    /* The handle is the caller's: the const is for those who only look. */
    tn_client_call *call = (tn_client_call *)(uintptr_t)base;
    tn_gate_lock(&call->channel->gate);
    const bool done = call->done && !call->received.first;
    tn_gate_unlock(&call->channel->gate);
    if (!done && call->failure.code == TERN_OK)
        return NULL;
    tn_client_call_settle(call, done);
    return &call->status;
}

static tern_code close_call(tern_call *base, tern_error *err)
{
    tn_client_call *call = (tn_client_call *)base;
    tern_channel *ch = call->channel;
    tn_gate_lock(&ch->gate);
    ch->users++;
    if (!call->closed)
        tn_client_call_cancel(call);
    tn_client_wait(call, is_closed);
    tn_gate_unlock(&ch->gate);
    /* Who triggers it touches the channel: not any more once we have left. */
    tn_cancel_untie(&call->cancel);
    tn_gate_lock(&ch->gate);
    tn_client_leave(ch);
    tn_gate_unlock(&ch->gate);
    const tern_code code = tn_client_outcome(call, err);
    const tern_env *env = base->env;
    tn_client_call_fini(call);
    tn_free(env, call, sizeof *call);
    return code;
}

static const tn_call_ops stream_ops = {
    .send = send_message,
    .recv = recv_message,
    .status = get_status,
    .close = close_call,
};

/* ---- calls that could not be made, and stand for those who asked for them; never written ---- */

typedef struct unmade {
    tern_call base; /* first */
    tern_status status;
} unmade;

static tern_code unmade_send(tern_call *base, const void *message)
{
    (void)message;
    return ((const unmade *)base)->status.code;
}

static tern_code unmade_recv(tern_call *base, const void **message)
{
    *message = NULL;
    return ((const unmade *)base)->status.code;
}

static const tern_status *unmade_status(const tern_call *base)
{
    return &((const unmade *)base)->status;
}

static tern_code unmade_close(tern_call *base, tern_error *err)
{
    const tern_status *status = &((const unmade *)base)->status;
    return tern_error_set(err, status->code, TERN_ORIGIN_LOCAL, "%s", status->message.p);
}

static const tn_call_ops unmade_ops = {
    .send = unmade_send,
    .recv = unmade_recv,
    .status = unmade_status,
    .close = unmade_close,
};

static tern_call *without_memory(void)
{
    static unmade call = {
        .base = { .ops = &unmade_ops, .peer = "", .deadline = UINT64_MAX },
        .status = { .code = TERN_RESOURCE_EXHAUSTED,
                    .message = TERN_STR_INIT("no memory for a call") },
    };
    return &call.base;
}

static tern_call *without_channel(void)
{
    static unmade orphan = {
        .base = { .ops = &unmade_ops, .peer = "", .deadline = UINT64_MAX },
        .status = { .code = TERN_FAILED_PRECONDITION,
                    .message =
                        TERN_STR_INIT("channel is NULL: see the error of tern_channel_new") },
    };
    return &orphan.base;
}

tern_call *tern_channel_server_stream(tern_channel *channel, const tern_method *method,
                                      const void *request, const tern_call_opts *opts)
{
    if (!channel)
        return without_channel();
    tn_client_call *call = tn_zalloc(channel->env, sizeof *call);
    if (!call)
        return without_memory();
    call->base.ops = &stream_ops;
    call->closed = call->done = true; /* until it is submitted */
    if (tn_client_call_init(call, channel, method, NULL, request, opts) != TERN_OK)
        return &call->base;
    call->closed = call->done = false;
    if (tn_client_submit(call, false)) {
        tn_client_nudge(channel);
    } else {
        call->closed = call->done = true;
        tern_error_set(&call->failure, TERN_CANCELLED, TERN_ORIGIN_LOCAL,
                       "%s: the channel is being closed", channel->name);
    }
    return &call->base;
}
