/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handler.c: a handler's run: request decoded, handler called, messages and reply encoded.
 *
 * On a worker for blocking handlers, on the I/O thread for inline ones. While it runs the call's arena
 * is the handler's. Nothing is sent here: what was made waits in `out` behind the call's gate, and the
 * call's task tells the I/O thread (call.c) to fetch it.
 */
#include "server/internal.h"

#include "rpc/codec.h"

static tern_code fail_with(tn_server_call *call, const tern_error *err)
{
    return tern_call_fail(&call->base, err->code, "%s", err->text);
}

/* Gives the I/O thread what the handler made; gate locked. True: the caller must post the task once
 * the gate is unlocked. Until it does, the I/O thread does not let go of the call. */
static bool mark_posted(tn_server_call *call)
{
    const bool first = !call->posted;
    call->posted = true;
    return first;
}

/* What the handler made does not encode: its fault, not the client's. */
static tern_code fail_encode(tn_server_call *call, const char *what, const tern_error *err)
{
    tn_server_log(call->conn->io, TERN_LOG_WARNING, "%s: the handler's %s does not encode: %s",
                  call->base.method->path, what, err->text);
    return tern_call_fail(&call->base,
                          err->code == TERN_RESOURCE_EXHAUSTED ? err->code : TERN_INTERNAL,
                          "the handler's %s: %s", what, err->text);
}

static tern_code encode_reply(tn_server_call *call, const void *reply)
{
    tern_error err;
    tern_error_clear(&err);
    tn_chunk *chunk = NULL;
    tn_chunk *const reuse = call->reply;
    call->reply = NULL;
    if (tn_rpc_encode(call->base.env, call->base.method->response, reply, reuse, &chunk, &err) !=
        TERN_OK)
        return fail_encode(call, "reply", &err);
    if (chunk->cap <= TN_SERVER_CHUNK_KEEP)
        call->reply = tn_chunk_ref(chunk);
    /* Without the gate: a unary call's I/O thread looks here only when it is done. */
    tn_chunk_queue_push(&call->out, chunk);
    return TERN_OK;
}

static tern_code invoke(tn_server_call *call, tern_handler handler)
{
    tern_call *base = &call->base;
    tern_error err;
    tern_error_clear(&err);
    void *request = NULL, *reply = NULL;
    const bool unary = base->method->kind == TERN_UNARY;
    if (tn_rpc_decode(base->method->request, call->request, base->arena,
                      call->conn->io->server->opts.max_decode_bytes, &request, &err) != TERN_OK)
        return fail_with(call, &err);
    if (unary) {
        reply = tern_pb_new(base->method->response, base->arena);
        if (!reply)
            return tern_call_fail(base, TERN_RESOURCE_EXHAUSTED, "no memory for the reply");
    }
    tern_code code = call->method->handlers.invoke(handler, base, request, reply);
    if (code == TERN_OK && base->failed)
        code = base->fail_code;
    if (code > TERN_UNAUTHENTICATED) {
        tn_server_log(call->conn->io, TERN_LOG_WARNING,
                      "%s: the handler returned %d, which is no status code", base->method->path,
                      (int)code);
        return tern_call_fail(base, TERN_UNKNOWN,
                              "the handler returned %d, which is no status code", (int)code);
    }
    if (code == TERN_OK && base->no_memory)
        return tern_call_fail(base, TERN_RESOURCE_EXHAUSTED, "no memory in the handler");
    return code == TERN_OK && unary ? encode_reply(call, reply) : code;
}

void tn_server_handler_run(tn_server_call *call, tern_handler handler)
{
    /* A deadline that passed, or a client that left, while the call waited: never start. */
    if (!tern_call_cancelled(&call->base))
        call->code = invoke(call, handler);
    else if (tern_call_remaining_ms(&call->base) == 0)
        call->code = tern_call_fail(&call->base, TERN_DEADLINE_EXCEEDED,
                                    "the deadline passed before a worker was free");
    else
        call->code = TERN_CANCELLED;
}

/* Waited too long: a worker's time is better spent on calls whose clients still hope. */
static bool is_stale(const tn_server_call *call)
{
    const uint32_t max_ms = call->conn->io->server->opts.max_queued_ms;
    return max_ms != TERN_UNLIMITED &&
           tn_now(call->base.env) - call->queued_at > (uint64_t)max_ms * 1000000;
}

void tn_server_handler_job(tn_job *job)
{
    tn_server_call *call = TN_CONTAINER(job, tn_server_call, job);
    tn_loop *loop = call->conn->io->loop;
    if (is_stale(call)) {
        call->code = tern_call_fail(&call->base, TERN_RESOURCE_EXHAUSTED,
                                    "no worker was free for %u ms (server options workers, "
                                    "max_queued_ms)",
                                    call->conn->io->server->opts.max_queued_ms);
    } else {
        atomic_store_explicit(&call->begun, true, memory_order_relaxed);
        tn_server_handler_run(call, call->method->handlers.blocking);
    }
    tn_gate_lock(&call->gate);
    call->done = true;
    const bool post = mark_posted(call);
    tn_gate_unlock(&call->gate);
    if (post)
        tn_loop_post(loop, &call->task);
}

/* tern_call_send in a blocking handler: queues the message, and waits while much is queued. */
static tern_code stream_send(tern_call *base, const void *message)
{
    tn_server_call *call = (tn_server_call *)base;
    if (base->method->kind != TERN_SERVER_STREAMING)
        return tern_call_fail(base, TERN_FAILED_PRECONDITION,
                              "send in a unary handler: its reply is what it fills in");
    if (base->no_memory)
        return tern_call_fail(base, TERN_RESOURCE_EXHAUSTED, "no memory for a message");
    tern_error err;
    tern_error_clear(&err);
    tn_chunk *chunk = NULL;
    if (tn_rpc_encode(base->env, base->method->response, message, NULL, &chunk, &err) != TERN_OK)
        return fail_encode(call, "message", &err);
    if (base->scratch)
        tern_arena_reset(base->scratch);

    tn_executor *ex = tn_pool_executor(call->conn->io->server->pool);
    tn_gate_lock(&call->gate);
    while (!call->over && call->out.bytes + call->queued >= TN_SERVER_HIGH_WATER) {
        call->waiting = true;
        ex->ops->wait(ex, &call->gate.lock, &call->gate.changed);
    }
    call->waiting = false;
    const bool over = call->over;
    const tern_code over_code = call->over_code;
    bool post = false;
    if (!over) {
        base->headers_gone = true;
        tn_chunk_queue_push(&call->out, chunk);
        post = mark_posted(call);
    }
    tn_gate_unlock(&call->gate);
    if (over)
        tn_chunk_unref(chunk);
    if (post)
        tn_loop_post(call->conn->io->loop, &call->task);
    return over ? over_code : TERN_OK;
}

static tern_code stream_recv(tern_call *base, const void **message)
{
    *message = NULL;
    return tern_call_fail(base, TERN_FAILED_PRECONDITION, "recv in a handler that has its request");
}

static const tern_status *no_status(const tern_call *base)
{
    (void)base;
    return NULL;
}

static tern_code no_close(tern_call *base, tern_error *err)
{
    (void)base;
    return tern_error_set(err, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                          "close in a handler: its return ends the call");
}

const tn_call_ops tn_server_handler_ops = {
    .send = stream_send,
    .recv = stream_recv,
    .status = no_status,
    .close = no_close,
};
