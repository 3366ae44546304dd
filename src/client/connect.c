/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect.c: how a channel comes to a connection: dial, handshake, backoff.
 *
 * At most one attempt is under way: a dial, or a connection whose server has not sent its SETTINGS
 * yet. An attempt that fails sets the earliest time of the next one (1 s x 1.6 to 120 s, +-20 %) and
 * ends every call that waits; the first SETTINGS of a server reset the backoff. Driver only.
 */
#include "client/internal.h"

#include "base/assert.h"
#include "base/utf8.h"
#include <stdio.h>
#include <unistd.h>

static const uint64_t ms = 1000000;

/* Factor 0.8 to 1.2. */
static uint64_t jittered(const tern_channel *ch, uint64_t ns)
{
    uint16_t dice;
    tn_entropy(ch->env, &dice, sizeof dice);
    return ns / 10 * 8 + ns / 10 * 4 * dice / UINT16_MAX;
}

static void attempt_failed(tern_channel *ch, const tern_error *why)
{
    const uint64_t max = ch->opts.backoff_max_ms * ms;
    ch->last_error = *why;
    ch->failed_at = tn_now(ch->env);
    ch->next_attempt = ch->failed_at + jittered(ch, ch->backoff_ns);
    ch->backoff_ns = ch->backoff_ns / 10 * 16;
    if (ch->backoff_ns > max)
        ch->backoff_ns = max;
    tn_client_fail_pending(ch, why);
}

static void on_link_closed(tn_link *link)
{
    tn_client_conn *conn = (tn_client_conn *)link;
    tern_channel *ch = conn->channel;
    const bool handshake_failed = ch->current == conn && !conn->was_ready;
    if (ch->current == conn)
        ch->current = NULL;
    tn_list_remove(&conn->in_channel);
    if (handshake_failed) {
        tern_error why;
        tern_error_clear(&why);
        tern_error_set(&why, TERN_UNAVAILABLE, TERN_ORIGIN_NET,
                       "target \"%s\": %s took the connection but sent no HTTP/2 SETTINGS: %s; "
                       "is it a gRPC server without TLS?",
                       ch->name, link->peer, link->cause);
        attempt_failed(ch, &why);
    }
    ch->retry_pending = true;
    tn_stat(ch->env, TERN_STAT_CONNECTIONS_CLOSED, 1);
    tn_free(ch->env, conn, sizeof *conn);
}

static bool open_conn(tern_channel *ch, int fd, const tn_addr *peer, tern_error *err)
{
    tn_client_conn *conn = tn_zalloc(ch->env, sizeof *conn);
    if (!conn) {
        close(fd);
        tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                       "no memory for a connection");
        return false;
    }
    conn->channel = ch;
    if (tn_link_open(&conn->link, ch->loop, fd, peer, &ch->grpc, &tn_client_call_events, conn,
                     on_link_closed, err) != TERN_OK) {
        tn_free(ch->env, conn, sizeof *conn);
        return false;
    }
    tn_list_push(&ch->conns, &conn->in_channel);
    ch->current = conn;
    tn_stat(ch->env, TERN_STAT_CONNECTIONS_OPENED, 1);
    return true;
}

static void on_dialled(void *user, int fd, const tn_addr *peer, const tern_error *why)
{
    tern_channel *ch = user;
    tern_error err;
    tern_error_clear(&err);
    ch->dial = NULL;
    if (fd < 0)
        attempt_failed(ch, why);
    else if (!open_conn(ch, fd, peer, &err))
        attempt_failed(ch, &err);
}

/* The last attempt's error, and that none is made now; a long text gives way to that. */
static void say_backoff(const tern_channel *ch, uint64_t now, tern_error *why)
{
    char when[120];
    const uint64_t ago = (now - ch->failed_at) / (100 * ms);
    const uint64_t left = (ch->next_attempt - now + 100 * ms - 1) / (100 * ms);
    const size_t when_n =
        (size_t)snprintf(when, sizeof when,
                         "; that was %llu.%llu s ago, the next attempt is in %llu.%llu s (backoff)",
                         (unsigned long long)(ago / 10), (unsigned long long)(ago % 10),
                         (unsigned long long)(left / 10), (unsigned long long)(left % 10));
    const size_t room = sizeof why->text - 1 - when_n;
    size_t n = strlen(ch->last_error.text);
    if (n > room)
        n = tn_utf8_cut(ch->last_error.text, room);
    *why = ch->last_error;
    memcpy(why->text + n, when, when_n + 1);
}

bool tn_client_connect(tern_channel *ch, tern_error *why)
{
    if (ch->dial || ch->current)
        return true;
    const uint64_t now = tn_now(ch->env);
    if (now < ch->next_attempt) {
        say_backoff(ch, now, why);
        return false;
    }
    ch->dial =
        tn_dial_new(ch->loop, &ch->target, now + ch->opts.connect_timeout_ms * ms, on_dialled, ch);
    if (ch->dial)
        return true;
    tern_error_clear(&ch->last_error);
    tern_error_set(&ch->last_error, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                   "target \"%s\": no memory to connect", ch->name);
    *why = ch->last_error;
    return false;
}

void tn_client_conn_ready(tn_client_conn *conn)
{
    tern_channel *ch = conn->channel;
    if (conn->was_ready)
        return;
    conn->was_ready = true;
    ch->backoff_ns = ch->opts.backoff_initial_ms * ms;
    ch->next_attempt = 0;
}

void tn_client_conn_check(tern_channel *ch)
{
    tn_client_conn *conn = ch->current;
    if (!conn)
        return;
    /* One that ended before it was ready counts as a failed attempt when its socket is closed. */
    if (conn->was_ready && tn_h2_status(tn_grpc_h2(conn->link.grpc)) != TN_H2_OPEN)
        ch->current = NULL;
}

void tn_client_disconnect(tern_channel *ch)
{
    tn_dial_cancel(ch->dial);
    ch->dial = NULL;
    ch->current = NULL;
    for (tn_list *at = ch->conns.next, *next; at != &ch->conns; at = next) {
        next = at->next;
        tn_link_leave(&TN_CONTAINER(at, tn_client_conn, in_channel)->link, "channel closed");
    }
}
