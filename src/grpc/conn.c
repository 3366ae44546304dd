/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.c: the gRPC connection: HTTP/2's events are handed to the calls they belong to, and time to
 * their deadlines. What the events mean is decided in request.c, response.c and message.c.
 */
#include "grpc/call.h"

enum { DEFAULT_MAX_RECV = 4 * 1024 * 1024, DEADLINE_SLACK_NS = 10 * 1000 * 1000 };

static tn_grpc_call *call_of(tn_h2_stream *s)
{
    return TN_CONTAINER(s, tn_grpc_call, stream);
}

/* ---- HTTP/2's events ---- */

static tn_h2_stream *on_open(void *user)
{
    tn_grpc_conn *c = user;
    tn_grpc_call *call = c->events->open(c->user);
    if (!call)
        return NULL;
    call->conn = c;
    call->deadline = UINT64_MAX;
    tn_list_init(&call->finishing);
    return &call->stream;
}

/* The client has ended its side, by HEADERS or DATA. */
static void server_end(tn_grpc_call *call)
{
    if (call->state != TN_GRPC_LIVE)
        return;
    if (tn_grpc_is_truncated(call))
        tn_grpc_fail(call, TERN_INTERNAL, TERN_ORIGIN_NET,
                     TERN_STR("the request ended in the middle of a message"));
    else
        call->conn->events->half_closed(call->conn->user, call);
}

static void server_headers(tn_grpc_call *call, tn_h2_block block, const tn_h2_fields *fields,
                           bool end_stream)
{
    if (block == TN_H2_BLOCK_REQUEST)
        tn_grpc_on_request(call, fields);
    if (end_stream)
        server_end(call);
}

/* A 1xx is skipped. That one does not end the stream, and that trailers do, HTTP/2 has seen to. */
static void client_headers(tn_grpc_call *call, tn_h2_block block, const tn_h2_fields *fields,
                           bool end_stream)
{
    if (call->state != TN_GRPC_LIVE)
        return;
    if (block == TN_H2_BLOCK_RESPONSE)
        tn_grpc_on_response(call, fields, end_stream);
    else if (block == TN_H2_BLOCK_TRAILERS)
        tn_grpc_on_trailers(call, fields);
}

static void on_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                       bool end_stream)
{
    const tn_grpc_conn *c = user;
    tn_grpc_call *call = call_of(s);
    tn_grpc_enter(call);
    if (end_stream)
        call->flags |= TN_GRPC_REMOTE_END;
    if (c->config->h2.server)
        server_headers(call, block, fields, end_stream);
    else
        client_headers(call, block, fields, end_stream);
    tn_grpc_leave(call);
}

static void client_data(tn_grpc_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    if (call->foreign) {
        tn_grpc_on_foreign_data(call, p, n, end_stream);
        return;
    }
    if (!tn_grpc_on_data(call, p, n) || !end_stream)
        return;
    tn_grpc_fail(call, tn_grpc_is_truncated(call) ? TERN_INTERNAL : TERN_UNKNOWN, TERN_ORIGIN_NET,
                 tn_grpc_is_truncated(call)
                     ? TERN_STR("the response ended in the middle of a message")
                     : TERN_STR("the response ended without trailers, so without a grpc-status"));
}

static void on_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    const tn_grpc_conn *c = user;
    tn_grpc_call *call = call_of(s);
    tn_grpc_enter(call);
    if (end_stream)
        call->flags |= TN_GRPC_REMOTE_END;
    if (call->state != TN_GRPC_LIVE) {
        /* Nobody waits for it. Its credit stays here: that, too, tells the peer to stop. */
    } else if (!c->config->h2.server) {
        client_data(call, p, n, end_stream);
    } else if (tn_grpc_on_data(call, p, n) && end_stream) {
        server_end(call);
    }
    tn_grpc_leave(call);
}

static void on_writable(void *user, tn_h2_stream *s)
{
    tn_grpc_conn *c = user;
    tn_grpc_call *call = call_of(s);
    if (call->state != TN_GRPC_LIVE || !c->events->writable)
        return;
    tn_grpc_enter(call);
    c->events->writable(c->user, call);
    tn_grpc_leave(call);
}

static void on_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    tn_grpc_conn *c = user;
    tn_grpc_call *call = call_of(s);
    tn_grpc_enter(call);
    call->flags |= TN_GRPC_CLOSED;
    tn_heap_remove(&c->deadlines, &call->timer);
    tn_list_remove(&call->finishing);
    if (call->state == TN_GRPC_LIVE && !c->config->h2.server) {
        tn_grpc_on_lost_response(call, how, code);
    } else if (call->state == TN_GRPC_LIVE) {
        tn_grpc_over(call);
        c->events->cancelled(c->user, call, TERN_CANCELLED);
    }
    tn_grpc_leave(call);
}

static void on_settings(void *user)
{
    tn_grpc_conn *c = user;
    if (c->events->ready)
        c->events->ready(c->user);
}

static void on_goaway(void *user, uint32_t code, tern_bytes debug)
{
    tn_grpc_conn *c = user;
    if (c->config->h2.server) /* a client that leaves has its calls answered */
        return;
    c->goaway = true;
    c->goaway_code = code;
    size_t n = 0;
    for (; n < debug.n && n < TN_GRPC_DEBUG_BYTES - 1; n++)
        c->goaway_debug[n] = debug.p[n] >= 0x20 && debug.p[n] <= 0x7E ? (char)debug.p[n] : '?';
    c->goaway_debug[n] = '\0';
    if (c->events->ready)
        c->events->ready(c->user);
}

static void on_ping_ack(void *user, uint64_t opaque)
{
    tn_grpc_conn *c = user;
    if (c->events->ping_ack)
        c->events->ping_ack(c->user, opaque);
}

/* A client's deadline, told by grpc-timeout, is here a little later than there. */
static bool is_near(const tn_grpc_call *call, uint64_t now)
{
    if (call->deadline == UINT64_MAX)
        return false;
    const uint64_t slack = (call->deadline - call->started) / 10 + DEADLINE_SLACK_NS;
    return call->deadline <= now || call->deadline - now <= slack;
}

static bool on_reset_is_free(void *user, const tn_h2_stream *s)
{
    const tn_grpc_conn *c = user;
    const tn_grpc_call *call = TN_CONTAINER(s, tn_grpc_call, stream);
    return is_near(call, c->now) || (c->events->begun && c->events->begun(c->user, call));
}

static const tn_h2_events h2_events = {
    .open = on_open,
    .headers = on_headers,
    .data = on_data,
    .writable = on_writable,
    .closed = on_closed,
    .settings = on_settings,
    .goaway = on_goaway,
    .ping_ack = on_ping_ack,
    .reset_is_free = on_reset_is_free,
};

/* ---- life ---- */

tn_grpc_conn *tn_grpc_new(const tern_env *env, const tn_grpc_config *config,
                          const tn_grpc_events *events, void *user, uint64_t now)
{
    env = tn_env_of(env);
    tn_grpc_conn *c = tn_zalloc(env, sizeof(*c));
    if (!c)
        return NULL;
    const uint32_t max_recv = config->max_recv_bytes;
    c->env = env;
    c->config = config;
    c->events = events;
    c->user = user;
    c->now = now;
    c->deadlines.env = env;
    c->fields.memory = tn_buf_of(env);
    c->max_recv = max_recv == 0 ? DEFAULT_MAX_RECV : max_recv > INT32_MAX ? INT32_MAX : max_recv;
    tn_list_init(&c->finishing);
    c->h2 = tn_h2_new(env, &config->h2, &h2_events, c, now);
    if (!c->h2) {
        tn_free(env, c, sizeof(*c));
        return NULL;
    }
    return c;
}

void tn_grpc_free(tn_grpc_conn *c)
{
    if (!c)
        return;
    tn_h2_free(c->h2);
    TN_ASSERT(c->deadlines.count == 0);
    tn_heap_free(&c->deadlines);
    tn_fields_free(&c->fields);
    tn_free(c->env, c, sizeof(*c));
}

tn_h2_conn *tn_grpc_h2(tn_grpc_conn *c)
{
    return c->h2;
}

/* ---- bytes and time ---- */

void tn_grpc_feed(tn_grpc_conn *c, const uint8_t *p, size_t n, uint64_t now)
{
    c->now = now;
    tn_h2_feed(c->h2, p, n, now);
}

size_t tn_grpc_feed_turn(tn_grpc_conn *c, const uint8_t *p, size_t n, uint64_t now)
{
    c->now = now;
    return tn_h2_feed_turn(c->h2, p, n, now);
}

void tn_grpc_lost(tn_grpc_conn *c, const char *cause)
{
    c->cause = cause;
    tn_h2_lost(c->h2);
    c->cause = NULL;
}

uint64_t tn_grpc_next_timeout(const tn_grpc_conn *c)
{
    const uint64_t transport = tn_h2_next_timeout(c->h2);
    const tn_heap_node *first = tn_heap_first(&c->deadlines);
    return first && first->at < transport ? first->at : transport;
}

void tn_grpc_tick(tn_grpc_conn *c, uint64_t now)
{
    c->now = now;
    tn_h2_tick(c->h2, now);
    for (tn_heap_node *due = tn_heap_first(&c->deadlines); due && due->at <= now;
         due = tn_heap_first(&c->deadlines)) {
        tn_heap_remove(&c->deadlines, due);
        tn_grpc_expire(TN_CONTAINER(due, tn_grpc_call, timer));
    }
}

size_t tn_grpc_pull(tn_grpc_conn *c, tern_bytes *slices, size_t max)
{
    tn_grpc_stop_finished(c);
    return tn_h2_pull(c->h2, slices, max);
}

void tn_grpc_sent(tn_grpc_conn *c, size_t n)
{
    tn_h2_sent(c->h2, n);
    tn_grpc_stop_finished(c);
}

bool tn_grpc_can_start(const tn_grpc_conn *c)
{
    return tn_h2_can_open(c->h2);
}

void tn_grpc_slot_free(tn_grpc_conn *c)
{
    tn_h2_slot_free(c->h2);
}

void tn_grpc_drain(tn_grpc_conn *c, uint64_t now)
{
    tn_h2_drain(c->h2, now);
}
