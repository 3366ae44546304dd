/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.c: one I/O thread of a server: its loop, its listener, its connections, and how it drains.
 *
 * Every I/O thread watches the same listening socket; a connection stays with the thread that took
 * it. A stop is seen after a turn of the loop: listener closed, connections drained, and when
 * drain_grace_ms is over, what still runs is cancelled. The first I/O thread closes the socket itself,
 * so that whoever connects during the drain is refused rather than left waiting.
 */
#include "server/internal.h"

#include "base/assert.h"
#include <unistd.h>

enum { CLOSE_NS = 1000000000 }; /* after the grace: for the last statuses to go out */

void tn_server_conn_settle(tn_server_conn *conn)
{
    if (conn->open || !tn_list_empty(&conn->calls))
        return;
    tn_list_remove(&conn->in_io);
    tn_free(conn->io->server->env, conn, sizeof *conn);
}

static void on_link_closed(tn_link *link)
{
    tn_server_conn *conn = (tn_server_conn *)link;
    tn_stat(conn->io->server->env, TERN_STAT_CONNECTIONS_CLOSED, 1);
    if (link->failed)
        tn_server_log(conn->io, TERN_LOG_INFO, "connection from %s ended by an error: %s",
                      link->peer, link->cause);
    conn->open = false;
    conn->io->open_links--;
    tn_server_conn_settle(conn);
}

static void on_accepted(void *user, int fd, const tn_addr *peer)
{
    tn_server_io *io = user;
    const tern_env *env = io->server->env;
    tn_server_conn *conn = tn_zalloc(env, sizeof *conn);
    if (!conn) {
        tn_server_log(io, TERN_LOG_ERROR, "no memory for a connection");
        close(fd);
        return;
    }
    conn->io = io;
    tn_list_init(&conn->calls);
    tn_list_init(&conn->parked);
    tern_error err;
    tern_error_clear(&err);
    if (tn_link_open(&conn->link, io->loop, fd, peer, &io->server->grpc, &tn_server_call_events,
                     conn, on_link_closed, &err) != TERN_OK) {
        tn_server_log(io, TERN_LOG_ERROR, "%s", err.text);
        tn_free(env, conn, sizeof *conn);
        return;
    }
    conn->open = true;
    io->open_links++;
    tn_list_push(&io->conns, &conn->in_io);
    tn_stat(env, TERN_STAT_CONNECTIONS_OPENED, 1);
}

static void on_listener_closed(void *user)
{
    tn_server_io *io = user;
    io->listener = NULL;
}

static const tn_listener_events listener_events = {
    .accepted = on_accepted,
    .closed = on_listener_closed,
};

static void run_kick(tn_task *task)
{
    tn_server_io *io = TN_CONTAINER(task, tn_server_io, kick);
    io->kick_deferred = false;
    tn_executor *ex = tn_pool_executor(io->server->pool);
    ex->ops->kick(ex);
}

void tn_server_io_kick(tn_server_io *io)
{
    if (io->kick_deferred)
        return;
    io->kick_deferred = true;
    tn_loop_defer(io->loop, &io->kick);
}

/* Calls f for each connection whose link is open; f may close it but not free it. */
static void each_open(tn_server_io *io, void (*f)(tn_server_conn *conn))
{
    tn_list *next;
    for (tn_list *at = io->conns.next; at != &io->conns; at = next) {
        next = at->next;
        tn_server_conn *conn = TN_CONTAINER(at, tn_server_conn, in_io);
        if (conn->open)
            f(conn);
    }
}

static void drain_conn(tn_server_conn *conn)
{
    tn_link_drain(&conn->link);
}

static void cancel_conn(tn_server_conn *conn)
{
    conn->io->forced += tn_server_calls_cancel(conn);
    tn_link_flush(&conn->link);
}

static void close_conn(tn_server_conn *conn)
{
    tn_link_close(&conn->link, "the server is shutting down");
}

/* Twice: when the grace is over, and a little later for peers that do not take their statuses. */
static void on_grace_over(tn_timer *timer)
{
    tn_server_io *io = TN_CONTAINER(timer, tn_server_io, grace);
    if (io->grace_over) {
        each_open(io, close_conn);
        return;
    }
    io->grace_over = true;
    each_open(io, cancel_conn);
    if (io->forced)
        tn_server_log(io, TERN_LOG_WARNING,
                      "%u calls cancelled: they had not ended %u ms after the stop (option "
                      "drain_grace_ms)",
                      io->forced, io->server->opts.drain_grace_ms);
    if (!tn_timer_set(io->loop, &io->grace, tn_loop_now(io->loop) + CLOSE_NS))
        each_open(io, close_conn);
}

static void drain(tn_server_io *io)
{
    io->draining = true;
    if (io->listener)
        tn_listener_close(io->listener);
    if (io == io->server->ios)
        tn_server_stop_listening(io->server);
    each_open(io, drain_conn);
    const uint64_t grace = (uint64_t)io->server->opts.drain_grace_ms * 1000000;
    if (!tn_timer_set(io->loop, &io->grace, tn_loop_now(io->loop) + grace))
        on_grace_over(&io->grace);
}

tern_code tn_server_io_init(tn_server_io *io, tern_server *server, tern_error *err)
{
    io->server = server;
    io->kick.run = run_kick;
    io->grace.fire = on_grace_over;
    tn_list_init(&io->conns);
    tn_list_init(&io->idle_calls);
    io->loop = tn_loop_new(server->env, err);
    if (!io->loop)
        return TERN_RESOURCE_EXHAUSTED;
    tn_server_log_init(io);
    io->listener = tn_listener_new(io->loop, server->fd, &listener_events, io, err);
    return io->listener ? TERN_OK : TERN_RESOURCE_EXHAUSTED;
}

void tn_server_io_run(tn_server_io *io)
{
    tn_rpc_mark_io_thread(true);
    while (!io->draining || io->listener || io->open_links) {
        tn_loop_step(io->loop, UINT64_MAX);
        if (!io->draining && atomic_load(&io->server->stopping))
            drain(io);
    }
    tn_timer_stop(io->loop, &io->grace);
    tn_rpc_mark_io_thread(false);
}

void tn_server_io_fini(tn_server_io *io)
{
    if (!io->loop)
        return;
    if (io->listener)
        tn_listener_close(io->listener);
    each_open(io, close_conn);
    while (io->listener || !tn_list_empty(&io->conns))
        tn_loop_step(io->loop, UINT64_MAX);
    tn_server_calls_free_idle(io);
    tn_server_log_fini(io);
    tn_loop_free(io->loop);
}
