/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c: bytes and time between a socket and a gRPC connection.
 *
 * The timer is lazy: it is only ever moved to an earlier time; when it fires too early for what the
 * connection now waits for, it is armed again. So a deadline a call costs no timer of its own. It keeps
 * its place in the loop's heap from open to close, so that moving it takes no memory.
 */
#include "rpc/link.h"

#include "base/assert.h"
#include <unistd.h>

/* Turns of one read whose output leaves in one go. */
enum { TURNS_A_FLUSH = 8 };

static void arm(tn_link *link)
{
    const uint64_t at = tn_grpc_next_timeout(link->grpc);
    if (at >= link->timer_at || link->closing)
        return;
    (void)tn_timer_set(link->loop, &link->timer, at);
    link->timer_at = at;
}

/* Memory for it comes when there is something to say: most connections end without. */
static void keep_cause(tn_link *link, const char *cause)
{
    const size_t n = cause ? strlen(cause) : 0;
    if (n == 0)
        return;
    link->cause_text = tn_alloc(tn_loop_env(link->loop), n + 1);
    if (link->cause_text)
        memcpy(link->cause_text, cause, n + 1);
    link->cause = link->cause_text ? link->cause_text : "connection lost";
}

/* cause may be NULL. Of two the first stands: what ended HTTP/2 rather than what follows from it. */
static void end(tn_link *link, const char *cause, bool orderly)
{
    const tn_h2_error *ours = tn_h2_cause(tn_grpc_h2(link->grpc));
    link->failed = tn_h2_failed(*ours);
    if (link->failed)
        cause = link->cause = ours->reason;
    else
        keep_cause(link, cause);
    link->closing = true;
    tn_chunk_queue_free(&link->rest);
    tn_timer_stop(link->loop, &link->timer);
    link->feeding = true;
    tn_grpc_lost(link->grpc, cause);
    link->feeding = false;
    tn_socket_close(link->socket, orderly && !link->hasty);
}

static void post_turn(tn_link *link)
{
    if (link->turning)
        return;
    link->turning = true;
    tn_loop_post(link->loop, &link->turn);
}

/* A peer that does not take our answers is not given more of them; one that is ahead is not read. */
static void pause_if_flooded(tn_link *link)
{
    const bool wants = tn_h2_wants_input(tn_grpc_h2(link->grpc));
    const bool ahead = link->rest.first && link->rest.first->next;
    const bool pause = !wants || ahead;
    if (wants && link->rest.first)
        post_turn(link);
    if (pause == link->paused)
        return;
    link->paused = pause;
    tn_socket_pause(link->socket, pause);
}

/* After input, time or output: is there more to send, is it over? */
static void settle(tn_link *link)
{
    if (link->closing || link->feeding)
        return;
    tn_h2_conn *h2 = tn_grpc_h2(link->grpc);
    if (tn_h2_has_output(h2)) {
        /* What several turns of one read bring leaves together, within bounds. */
        if (!link->rest.first || !tn_h2_wants_input(h2) ||
            link->turns % TURNS_A_FLUSH == TURNS_A_FLUSH - 1)
            tn_socket_flush(link->socket);
    } else if (tn_h2_status(h2) == TN_H2_ENDED) {
        end(link, NULL, true);
        return;
    }
    pause_if_flooded(link);
    arm(link);
}

/* The last thing: nothing of the loop knows the link any more. */
static void finish(tn_link *link)
{
    const tern_env *env = tn_loop_env(link->loop);
    char *const text = link->cause_text;
    tn_grpc_free(link->grpc);
    link->grpc = NULL;
    link->closed(link); /* the link may be gone after this */
    if (text)
        tn_free(env, text, strlen(text) + 1);
}

static size_t feed_turn(tn_link *link, const uint8_t *p, size_t n)
{
    link->feeding = true;
    const size_t took = tn_grpc_feed_turn(link->grpc, p, n, tn_loop_now(link->loop));
    link->feeding = false;
    return took;
}

/* One turn of what waits. */
static void feed_rest(tn_link *link)
{
    tn_chunk *first = link->rest.first;
    const size_t took = feed_turn(link, tn_chunk_bytes(first), first->n);
    tn_chunk_queue_drop(&link->rest, took);
}

static void feed_rest_now(tn_link *link)
{
    while (link->rest.first)
        feed_rest(link);
}

static void on_read(void *user, const uint8_t *p, size_t n)
{
    tn_link *link = user;
    const tern_env *env = tn_loop_env(link->loop);
    tn_stat(env, TERN_STAT_BYTES_RECEIVED, n);
    const size_t took = link->rest.first ? 0 : feed_turn(link, p, n);
    if (TN_LIKELY(took == n))
        return;
    tn_chunk *rest = tn_chunk_new(env, 0, n - took);
    if (!rest) { /* nowhere to wait with it */
        feed_rest_now(link);
        for (size_t at = took; at < n;)
            at += feed_turn(link, p + at, n - at);
        return;
    }
    memcpy(tn_chunk_bytes(rest), p + took, n - took);
    rest->n = n - took;
    if (!link->rest.first)
        link->turns = 0;
    tn_chunk_queue_push(&link->rest, rest);
}

/* Once a turn of the loop while there is a rest; the first time it is still the turn of the read. */
static void on_turn(tn_task *task)
{
    tn_link *link = TN_CONTAINER(task, tn_link, turn);
    link->turning = false;
    if (link->gone) {
        finish(link);
        return;
    }
    if (link->closing || !link->rest.first)
        return;
    if (link->turns++ && tn_h2_wants_input(tn_grpc_h2(link->grpc)))
        feed_rest(link);
    settle(link);
}

static void on_read_done(void *user)
{
    settle(user);
}

static size_t on_pull(void *user, tern_bytes *slices, size_t max)
{
    tn_link *link = user;
    link->feeding = true;
    const size_t n = tn_grpc_pull(link->grpc, slices, max);
    link->feeding = false;
    if (n == 0)
        settle(link);
    return n;
}

static void on_sent(void *user, size_t n)
{
    tn_link *link = user;
    tn_stat(tn_loop_env(link->loop), TERN_STAT_BYTES_SENT, n);
    link->feeding = true;
    tn_grpc_sent(link->grpc, n);
    link->feeding = false;
    if (!tn_h2_has_output(tn_grpc_h2(link->grpc))) {
        settle(link);
    } else if (tn_socket_is_full(link->socket)) {
        tn_h2_blocked(tn_grpc_h2(link->grpc), tn_loop_now(link->loop));
        pause_if_flooded(link);
        arm(link);
    }
}

static void on_ended(void *user, int sys_errno)
{
    tern_error cause;
    tern_error_clear(&cause);
    if (sys_errno)
        tern_error_set_errno(&cause, TERN_UNAVAILABLE, TERN_ORIGIN_NET, sys_errno,
                             "connection lost");
    tn_link_close(user, sys_errno ? cause.text : "connection closed by the peer");
}

static void on_closed(void *user)
{
    tn_link *link = user;
    link->socket = NULL;
    link->gone = true;
    if (!link->turning)
        finish(link);
}

static const tn_socket_events socket_events = {
    .read = on_read,
    .read_done = on_read_done,
    .pull = on_pull,
    .sent = on_sent,
    .ended = on_ended,
    .closed = on_closed,
};

static void on_timer(tn_timer *timer)
{
    tn_link *link = TN_CONTAINER(timer, tn_link, timer);
    /* First of all: the place that it has just left is free. */
    (void)tn_timer_set(link->loop, timer, UINT64_MAX);
    link->timer_at = UINT64_MAX;
    link->feeding = true;
    tn_grpc_tick(link->grpc, tn_loop_now(link->loop));
    link->feeding = false;
    settle(link);
}

tern_code tn_link_open(tn_link *link, tn_loop *loop, int fd, const tn_addr *peer,
                       const tn_grpc_config *config, const tn_grpc_events *events, void *user,
                       void (*closed)(tn_link *link), tern_error *err)
{
    *link = (tn_link){ .loop = loop, .timer.fire = on_timer, .timer_at = UINT64_MAX };
    link->closed = closed;
    link->cause = "";
    link->turn.run = on_turn;
    if (peer)
        tn_addr_format(peer, link->peer);
    if (tn_timer_set(loop, &link->timer, UINT64_MAX))
        link->grpc = tn_grpc_new(tn_loop_env(loop), config, events, user, tn_loop_now(loop));
    if (!link->grpc) {
        tn_timer_stop(loop, &link->timer);
        close(fd);
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "no memory for a connection");
    }
    link->socket = tn_socket_new(loop, fd, &socket_events, link, err);
    if (!link->socket) {
        tn_timer_stop(loop, &link->timer);
        tn_grpc_free(link->grpc);
        return TERN_RESOURCE_EXHAUSTED;
    }
    settle(link);
    return TERN_OK;
}

void tn_link_flush(tn_link *link)
{
    settle(link);
}

void tn_link_flush_now(tn_link *link)
{
    if (!link->closing && tn_h2_has_output(tn_grpc_h2(link->grpc)))
        tn_socket_flush_now(link->socket);
    settle(link);
}

void tn_link_drain(tn_link *link)
{
    if (link->closing)
        return;
    tn_grpc_drain(link->grpc, tn_loop_now(link->loop));
    settle(link);
}

void tn_link_leave(tn_link *link, const char *cause)
{
    if (link->closing)
        return;
    link->hasty = true;
    tn_grpc_drain(link->grpc, tn_loop_now(link->loop));
    tn_link_flush_now(link);
    tn_link_close(link, cause);
}

void tn_link_close(tn_link *link, const char *cause)
{
    if (!link->closing)
        end(link, cause, false);
}
