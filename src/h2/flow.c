/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.c: windows, ours and the peer's (RFC 9113 sections 5.2, 6.9).
 *
 * What we receive: the connection's credit comes due on receipt, whoever the data is for, so that one
 * unread stream stalls no other; a stream's comes due when the layer above has consumed it. Either
 * goes back as WINDOW_UPDATE when half a window has come together.
 * Invariant: window at the peer + in flight + recv_credit (+ what is unconsumed) = the window we gave.
 */
#include "h2/conn_internal.h"

bool tn_h2_window_add(int32_t *window, uint32_t increment)
{
    if ((int64_t)*window + increment > (int64_t)TN_H2_MAX_WINDOW)
        return false;
    *window = (int32_t)(*window + (int64_t)increment);
    return true;
}

bool tn_h2_send_windows_shift(tn_h2_conn *c, int64_t delta)
{
    for (tn_list *at = c->all.next; at != &c->all; at = at->next) {
        tn_h2_stream *s = TN_CONTAINER(at, tn_h2_stream, all);
        const int64_t moved = s->send_window + delta;
        if (moved > (int64_t)TN_H2_MAX_WINDOW)
            return false;
        /* Cannot go below: a window is at least -(2^31-1) after any SETTINGS (section 6.9.2). */
        s->send_window = moved < INT32_MIN ? INT32_MIN : (int32_t)moved;
        tn_h2_schedule_stream(c, s);
    }
    return true;
}

/* Has the peer not ended its side? */
static bool peer_sends(const tn_h2_stream *s)
{
    return s->state == TN_H2_STATE_OPEN || s->state == TN_H2_STATE_HALF_LOCAL;
}

/* WINDOW_UPDATE for the stream, when it is worth its bytes. */
static void stream_credit_flush(tn_h2_conn *c, tn_h2_stream *s)
{
    if (s->recv_credit == 0 || s->recv_credit < ((uint32_t)c->stream_window + s->recv_extra) / 2)
        return;
    if (c->config.max_window) {
        tn_h2_bdp_ask(c);
        s->recv_credit += tn_h2_bdp_grant(c, s);
    }
    tn_h2_write_window_update(c, s->id, s->recv_credit);
    s->recv_window += (int32_t)s->recv_credit;
    s->recv_credit = 0;
}

void tn_h2_recv_windows_shift(tn_h2_conn *c, int32_t delta)
{
    c->stream_window += delta;
    /* The phase: without memory for a WINDOW_UPDATE there are no streams any more. */
    for (tn_list *at = c->all.next; at != &c->all && c->phase != TN_H2_ENDED; at = at->next) {
        tn_h2_stream *s = TN_CONTAINER(at, tn_h2_stream, all);
        s->recv_window += delta;
        /* Too little for the window that was may be all of the one that is. */
        if (peer_sends(s))
            stream_credit_flush(c, s);
    }
}

tn_h2_error tn_h2_charge(tn_h2_conn *c, tn_h2_stream *s, uint32_t n)
{
    if (n == 0) /* allowed whatever the windows are (section 6.9.1) */
        return tn_h2_ok();
    if ((int64_t)n > c->recv_window)
        return tn_h2_connection_error(TN_H2_FLOW_CONTROL_ERROR,
                                      "DATA beyond the connection's window");
    if (s && (int64_t)n > s->recv_window)
        return tn_h2_connection_error(TN_H2_FLOW_CONTROL_ERROR, "DATA beyond the stream's window");
    c->recv_window -= (int32_t)n;
    c->recv_credit += n;
    if (s)
        s->recv_window -= (int32_t)n;
    return tn_h2_ok();
}

bool tn_h2_credit_due(const tn_h2_conn *c)
{
    return c->recv_credit && c->recv_credit >= c->config.conn_window / 2;
}

void tn_h2_credit_flush(tn_h2_conn *c)
{
    if (!tn_h2_credit_due(c) || c->phase == TN_H2_ENDED)
        return;
    tn_h2_write_window_update(c, 0, c->recv_credit);
    c->bdp.given += c->recv_credit;
    c->recv_window += (int32_t)c->recv_credit;
    c->recv_credit = 0;
}

void tn_h2_consume(tn_h2_conn *c, tn_h2_stream *s, size_t n)
{
    /* A peer that has ended its side sends no more, and needs no window. */
    if (!peer_sends(s))
        return;
    const int64_t lent =
        (int64_t)c->stream_window + s->recv_extra - s->recv_window - s->recv_credit;
    TN_ASSERT((int64_t)n <= lent);
    s->recv_credit += (int64_t)n < lent ? (uint32_t)n : (uint32_t)(lent > 0 ? lent : 0);
    stream_credit_flush(c, s);
}
