/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.c: one call on the server as its I/O thread sees it, from its stream to its handler and back.
 *
 * A unary or server-streaming call takes exactly one request. When it is in, an inline handler runs
 * at once on the I/O thread; a blocking one goes to the executor (handler.c). Both leave what they
 * made in the call (messages in `out`, then `done` with code and text) and the I/O thread sends it in
 * `turn`.
 *
 * Invariant: the object is freed by the I/O thread alone, when the stream is closed and no handler
 * has it (`release`); so cancel, deadline and disconnect may come at any point of a handler's run.
 * A connection has at most max_concurrent_streams calls with workers or in their queue; others that
 * HTTP/2 lets in meanwhile are parked.
 */
#include "server/internal.h"

#include "base/assert.h"

static tn_server_call *call_of(tn_grpc_call *grpc)
{
    return (tn_server_call *)grpc;
}

static void turn(tn_task *task);

/* ---- life: I/O thread --------------------------------------------------------------------------- */

static tn_server_call *call_new(tn_server_io *io)
{
    const tern_env *env = io->server->env;
    if (!tn_list_empty(&io->idle_calls)) {
        /* The last in: its memory is likely to be in the cache. */
        tn_server_call *call = TN_CONTAINER(io->idle_calls.prev, tn_server_call, in_conn);
        tn_list_remove(&call->in_conn);
        io->idle_call_count--;
        return call;
    }
    tn_server_call *call = tn_zalloc(env, sizeof *call);
    if (!call)
        return NULL;
    tn_gate_init(&call->gate);
    tn_arena_init(&call->arena, env, call->first, sizeof call->first);
    tn_arena_init(&call->late, env, NULL, 0);
    return call;
}

static void call_free(tn_server_io *io, tn_server_call *call)
{
    tn_arena_fini(&call->arena);
    tn_arena_fini(&call->late);
    tn_chunk_unref(call->spare);
    tn_chunk_unref(call->reply);
    tn_gate_destroy(&call->gate);
    tn_free(io->server->env, call, sizeof *call);
}

/* The chunk of the request is kept for the next one, if it is small. */
static void keep_chunk(tn_server_call *call)
{
    tn_chunk *chunk = call->request ? call->request : call->base.grpc.spare;
    if (call->request)
        tn_chunk_unref(call->base.grpc.spare);
    if (chunk && chunk->cap > TN_SERVER_CHUNK_KEEP) {
        tn_chunk_unref(chunk);
        chunk = NULL;
    }
    call->spare = chunk;
}

static void call_reset(tn_server_call *call)
{
    tern_arena_free(call->base.scratch);
    keep_chunk(call);
    tn_chunk_queue_free(&call->out);
    tn_arena_reset(&call->arena, TN_SERVER_CALL_KEEP);
    tn_arena_fini(&call->late);
    memset(&call->base, 0, sizeof call->base);
    call->method = NULL;
    call->request = NULL;
    call->started = call->busy = call->wire_closed = call->headers_sent = false;
    call->posted = call->done = call->over = call->waiting = false;
    call->queued = 0;
    atomic_store_explicit(&call->begun, false, memory_order_relaxed);
    call->code = call->over_code = TERN_OK;
}

/* The stream is closed and no handler has the call. */
static void release(tn_server_call *call)
{
    tn_server_conn *conn = call->conn;
    tn_server_io *io = conn->io;
    if (call->started)
        tn_stat(io->server->env, TERN_STAT_CALLS_ENDED, 1);
    tn_list_remove(&call->in_conn);
    tn_list_remove(&call->in_parked);
    call_reset(call);
    if (io->idle_call_count < TN_SERVER_CALLS_KEPT) {
        tn_list_push(&io->idle_calls, &call->in_conn);
        io->idle_call_count++;
    } else {
        call_free(io, call);
    }
    if (conn->link.grpc)
        tn_grpc_slot_free(conn->link.grpc);
    tn_server_conn_settle(conn);
}

void tn_server_calls_free_idle(tn_server_io *io)
{
    while (!tn_list_empty(&io->idle_calls)) {
        tn_server_call *call = TN_CONTAINER(io->idle_calls.next, tn_server_call, in_conn);
        tn_list_remove(&call->in_conn);
        call_free(io, call);
    }
    io->idle_call_count = 0;
}

static tn_grpc_call *on_open(void *user)
{
    tn_server_conn *conn = user;
    tn_server_call *call = call_new(conn->io);
    if (!call)
        return NULL;
    call->conn = conn;
    tn_list_init(&call->in_parked);
    call->task.run = turn;
    call->job.run = tn_server_handler_job;
    call->base.ops = &tn_server_handler_ops;
    call->base.env = conn->io->server->env;
    call->base.arena = &call->arena;
    call->base.grpc.arena = &call->arena;
    call->base.grpc.spare = call->spare;
    call->spare = NULL;
    call->base.peer = conn->link.peer;
    call->base.deadline = UINT64_MAX;
    atomic_init(&call->base.cancelled, false);
    tn_list_push(&conn->calls, &call->in_conn);
    return &call->base.grpc;
}

/* ---- handing calls to workers: I/O thread ---- */

static void refuse(tn_server_call *call, tern_code code, tern_str text)
{
    tn_grpc_finish(&call->base.grpc, code, text, NULL);
}

static void hand_over(tn_server_call *call)
{
    tn_server_io *io = call->conn->io;
    const tern_server_opts *opts = &io->server->opts;
    tn_executor *ex = tn_pool_executor(io->server->pool);
    call->busy = true;
    call->conn->running++;
    call->queued_at = tn_loop_now(io->loop);
    /* From the post on the arena is the worker's. */
    call->base.grpc.arena = &call->late;
    if (ex->ops->post(ex, &call->job)) {
        tn_server_io_kick(io);
        return;
    }
    call->busy = false;
    call->conn->running--;
    tn_stat(io->server->env, TERN_STAT_CALLS_REFUSED, 1);
    tn_server_log(io, TERN_LOG_INFO,
                  "%s from %s refused: all %u workers are busy and %u calls wait (options workers, "
                  "max_queued_calls)",
                  call->base.method->path, call->base.peer, opts->workers, opts->max_queued_calls);
    refuse(call, TERN_RESOURCE_EXHAUSTED,
           tern_arena_printf(&call->arena,
                             "all %u workers are busy and %u calls wait (server options workers, "
                             "max_queued_calls)",
                             opts->workers, opts->max_queued_calls));
}

/* A client whose cancelled calls still have handlers may open new ones: they wait here, so that no
 * connection has more handlers than streams, however fast it opens and resets. */
static void hand_over_or_park(tn_server_call *call)
{
    tn_server_conn *conn = call->conn;
    if (conn->running < conn->io->server->opts.max_concurrent_streams)
        hand_over(call);
    else
        tn_list_push(&conn->parked, &call->in_parked);
}

static void unpark(tn_server_conn *conn)
{
    const uint32_t most = conn->io->server->opts.max_concurrent_streams;
    while (conn->running < most && !tn_list_empty(&conn->parked)) {
        tn_server_call *call = TN_CONTAINER(conn->parked.next, tn_server_call, in_parked);
        tn_list_remove(&call->in_parked);
        hand_over(call);
    }
}

/* ---- sending what handlers made: I/O thread ------------------------------------------------------- */

static tern_code send_headers(tn_server_call *call)
{
    const tern_metadata headers = tn_metadata_view(&call->base.headers);
    call->headers_sent = true;
    return tn_grpc_send_headers(&call->base.grpc, &headers);
}

/* The handler may have room to write, or no need to; gate locked. */
static void wake_handler(tn_server_call *call)
{
    if (!call->waiting)
        return;
    tn_executor *ex = tn_pool_executor(call->conn->io->server->pool);
    ex->ops->wake(ex, &call->gate.changed);
}

/* What of the call waits in its stream now. */
static void note_queued(tn_server_call *call)
{
    const size_t queued = tn_grpc_queued(&call->base.grpc);
    tn_gate_lock(&call->gate);
    call->queued = queued;
    if (queued < TN_SERVER_HIGH_WATER)
        wake_handler(call);
    tn_gate_unlock(&call->gate);
}

/* A failed send has ended the call already; what has not ended it, is ours to end. */
static void send_all(tn_server_call *call, tn_chunk_queue *out)
{
    tern_call *base = &call->base;
    tern_code code = TERN_OK;
    if (out->first && !call->headers_sent)
        code = send_headers(call);
    for (tn_chunk *chunk; (chunk = tn_chunk_queue_pop(out)) != NULL;) {
        if (code == TERN_OK && !call->wire_closed)
            code = tn_grpc_send_message(&base->grpc, chunk, false);
        else
            tn_chunk_unref(chunk);
    }
    if (code != TERN_OK && code != TERN_CANCELLED && !call->wire_closed)
        tn_grpc_cancel(&base->grpc, code, "cannot send");
}

static void finish(tn_server_call *call)
{
    const tern_metadata trailers = tn_metadata_view(&call->base.trailers);
    tern_code code = TERN_OK;
    /* Metadata that a failing handler added before its first message still goes out in front. */
    if (call->base.headers.n && !call->headers_sent)
        code = send_headers(call);
    if (call->code != TERN_OK)
        call->base.grpc.details = call->base.details;
    if (code == TERN_OK)
        code = tn_grpc_finish(&call->base.grpc, call->code,
                              call->code ? call->base.fail_text : (tern_str){ NULL, 0 }, &trailers);
    if (code != TERN_OK && code != TERN_CANCELLED && !call->wire_closed)
        tn_grpc_cancel(&call->base.grpc, code, "cannot send the status");
}

/* Sends these messages, and the status when the handler is done. */
static void carry(tn_server_call *call, tn_chunk_queue *out, bool done)
{
    if (call->wire_closed) {
        tn_chunk_queue_free(out);
    } else {
        send_all(call, out);
        if (done && !call->wire_closed)
            finish(call);
    }
    if (!done && !call->wire_closed)
        note_queued(call);
    if (call->conn->open)
        tn_link_flush(&call->conn->link);
}

static void end_handler(tn_server_call *call)
{
    call->busy = false;
    if (call->wire_closed)
        release(call);
}

static void turn(tn_task *task)
{
    tn_server_call *call = TN_CONTAINER(task, tn_server_call, task);
    tn_gate_lock(&call->gate);
    tn_chunk_queue out = call->out;
    call->out = (tn_chunk_queue){ 0 };
    call->posted = false;
    const bool done = call->done;
    tn_gate_unlock(&call->gate);
    if (done) {
        call->conn->running--;
        unpark(call->conn);
    }
    carry(call, &out, done);
    if (done)
        end_handler(call);
}

/* ---- events of the stream: I/O thread ---------------------------------------------------------------- */

static void on_request(void *user, tn_grpc_call *grpc)
{
    tn_server_conn *conn = user;
    tn_server_call *call = call_of(grpc);
    tern_str text = { NULL, 0 };
    call->started = true;
    tn_stat(conn->io->server->env, TERN_STAT_CALLS_STARTED, 1);
    if (conn->last && tern_str_equal(grpc->path, tern_str_of(conn->last->method->path)))
        call->method = conn->last;
    else
        call->method = tn_server_find(conn->io->server, grpc->path, &call->arena, &text);
    if (!call->method) {
        refuse(call, TERN_UNIMPLEMENTED, text);
        return;
    }
    conn->last = call->method;
    call->base.method = call->method->method;
    call->base.user = call->method->user;
    call->base.metadata = grpc->headers;
    call->base.authority = grpc->authority;
    call->base.deadline = grpc->deadline;
}

static void on_message(void *user, tn_grpc_call *grpc, tn_chunk *chunk)
{
    (void)user;
    tn_server_call *call = call_of(grpc);
    if (!call->method || call->busy) {
        tn_grpc_consume(grpc, chunk->n);
        tn_chunk_unref(chunk);
    } else if (call->request) {
        tn_grpc_consume(grpc, chunk->n);
        tn_chunk_unref(chunk);
        call->method = NULL;
        refuse(call, TERN_UNIMPLEMENTED, TERN_STR("the method takes one request, more came"));
    } else {
        /* Its credit stays here: what else comes is one window, not another message. */
        call->request = chunk;
    }
}

/* The one request is in. */
static void dispatch(tn_server_call *call)
{
    if (!call->method->handlers.on_io) {
        hand_over_or_park(call);
        return;
    }
    call->busy = true;
    tn_server_handler_run(call, call->method->handlers.on_io);
    tn_chunk_queue out = call->out;
    call->out = (tn_chunk_queue){ 0 };
    carry(call, &out, true);
    end_handler(call);
}

static void on_half_closed(void *user, tn_grpc_call *grpc)
{
    (void)user;
    tn_server_call *call = call_of(grpc);
    if (!call->method || call->busy)
        return;
    if (call->request)
        dispatch(call);
    else
        refuse(call, TERN_UNIMPLEMENTED, TERN_STR("the method takes one request, none came"));
}

static void end_waiting(tn_server_call *call, tern_code code)
{
    tn_list_remove(&call->in_parked);
    atomic_store_explicit(&call->base.cancelled, true, memory_order_release);
    tn_gate_lock(&call->gate);
    if (!call->over) {
        call->over = true;
        call->over_code = code;
    }
    wake_handler(call);
    tn_gate_unlock(&call->gate);
}

static void on_cancelled(void *user, tn_grpc_call *grpc, tern_code code)
{
    (void)user;
    end_waiting(call_of(grpc), code);
}

static void on_writable(void *user, tn_grpc_call *grpc)
{
    (void)user;
    note_queued(call_of(grpc));
}

static void on_closed(void *user, tn_grpc_call *grpc)
{
    (void)user;
    tn_server_call *call = call_of(grpc);
    call->wire_closed = true;
    if (!call->busy)
        release(call);
    else
        end_waiting(call, TERN_CANCELLED);
}

static bool on_begun(void *user, const tn_grpc_call *grpc)
{
    (void)user;
    return atomic_load_explicit(&((const tn_server_call *)grpc)->begun, memory_order_relaxed);
}

uint32_t tn_server_calls_cancel(tn_server_conn *conn)
{
    uint32_t n = 0;
    tn_list *next;
    for (tn_list *at = conn->calls.next; at != &conn->calls; at = next) {
        next = at->next;
        tn_server_call *call = TN_CONTAINER(at, tn_server_call, in_conn);
        n += !call->wire_closed;
        end_waiting(call, TERN_UNAVAILABLE);
        if (!call->wire_closed)
            refuse(call, TERN_UNAVAILABLE,
                   TERN_STR("the server is shutting down (option drain_grace_ms)"));
    }
    return n;
}

const tn_grpc_events tn_server_call_events = {
    .open = on_open,
    .request = on_request,
    .message = on_message,
    .half_closed = on_half_closed,
    .cancelled = on_cancelled,
    .writable = on_writable,
    .closed = on_closed,
    .begun = on_begun,
};
