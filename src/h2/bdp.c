/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bdp.c: windows that grow to what the path holds: bandwidth x delay, estimated with PINGs.
 *
 * When a busy stream gets its credit back a PING leaves; what has come by its ACK is what one round
 * trip carries. As long as that is near what the windows let through, the windows are what limits, and
 * they are doubled; when it is not, the next PING waits for longer each time. The connection's window
 * grows at once: its credit goes back on receipt and costs no memory. A stream's grows with its next
 * credit, above what SETTINGS say, so that a new stream starts small and only who consumes has more.
 *
 * Servers end connections with too many PINGs, but forgive those that follow DATA of theirs. What came
 * after the last ACK was sent after the last PING had come, so a PING that follows it is forgiven.
 *
 * Invariant: granted is the sum of recv_extra of the open streams, and at most max_window: however many
 * streams, estimation lets a peer make us hold that much more and no more. A peer that holds its ACKs
 * back gains the same.
 */
#include "h2/conn_internal.h"

/* Between two PINGs that found nothing: this, doubling up to that. */
#define PAUSE_FIRST (TN_H2_SECOND / 10)
#define PAUSE_LAST  (10 * TN_H2_SECOND)

/* The opaque data of the PING: "windows" in ASCII, and its end. */
#define BDP_OPAQUE UINT64_C(0x77696e646f77730a)

static uint64_t received(const tn_h2_conn *c)
{
    return c->bdp.given + c->recv_credit;
}

/* What a busy stream's window is, or is about to be. */
static uint32_t window_now(const tn_h2_conn *c)
{
    return c->bdp.target ? c->bdp.target : (uint32_t)c->stream_window;
}

void tn_h2_bdp_ask(tn_h2_conn *c)
{
    if (c->bdp.asked || c->now < c->bdp.next || c->phase != TN_H2_OPEN ||
        window_now(c) >= c->config.max_window || received(c) == c->bdp.seen)
        return;
    c->bdp.asked = true;
    c->bdp.mark = received(c);
    tn_h2_ping(c, BDP_OPAQUE);
}

static void grow_connection(tn_h2_conn *c)
{
    const uint32_t target = c->bdp.target;
    if (target <= c->config.conn_window)
        return;
    const uint32_t more = target - c->config.conn_window;
    c->config.conn_window = target;
    c->recv_window += (int32_t)more;
    tn_h2_write_window_update(c, 0, more);
}

bool tn_h2_bdp_ack(tn_h2_conn *c, uint64_t opaque)
{
    if (!c->bdp.asked || opaque != BDP_OPAQUE)
        return false;
    c->bdp.asked = false;
    c->bdp.seen = received(c);
    const uint64_t trip = c->bdp.seen - c->bdp.mark;
    const uint32_t window = window_now(c);
    /* Credit goes back by halves: a stream that waits for its window gets half of it in the time. */
    if (trip < window / 16 * 7) {
        c->bdp.pause = c->bdp.pause ? 2 * c->bdp.pause : PAUSE_FIRST;
        if (c->bdp.pause > PAUSE_LAST)
            c->bdp.pause = PAUSE_LAST;
        c->bdp.next = c->now + c->bdp.pause;
        return true;
    }
    c->bdp.pause = 0;
    c->bdp.target = 2 * window < c->config.max_window ? 2 * window : c->config.max_window;
    grow_connection(c);
    return true;
}

uint32_t tn_h2_bdp_grant(tn_h2_conn *c, tn_h2_stream *s)
{
    const uint32_t has = (uint32_t)c->stream_window + s->recv_extra;
    if (c->bdp.target <= has)
        return 0;
    const uint32_t left = c->config.max_window - c->bdp.granted;
    const uint32_t want = c->bdp.target - has;
    const uint32_t more = want < left ? want : left;
    s->recv_extra += more;
    c->bdp.granted += more;
    return more;
}
