/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recv_control.c: RST_STREAM, WINDOW_UPDATE, PRIORITY and PING as they come (RFC 9113 sections 6.3,
 * 6.4, 6.7, 6.9).
 *
 * On a stream that is closed, RST_STREAM and WINDOW_UPDATE are frames that crossed ours, and mean
 * nothing; on one not yet opened they are errors.
 */
#include "h2/conn_internal.h"

tn_h2_error tn_h2_on_rst_stream(tn_h2_conn *c, const tn_h2_frame_header *h, const uint8_t *payload)
{
    const uint32_t code = tn_h2_rst_stream_unpack(payload);
    tn_h2_stream *s = tn_h2_stream_find(c, h->stream);
    if (!s)
        return tn_h2_stream_absent(c, h->stream) == TN_H2_ABSENT_IDLE
                   ? tn_h2_protocol_error("RST_STREAM on an idle stream")
                   : tn_h2_ok();
    /* Of a server, and before any of the answer: the work was for nothing. */
    tn_h2_error error = tn_h2_ok();
    if (c->config.server && !(s->flags & TN_H2_STREAM_SENT_HEADERS) &&
        !(c->events->reset_is_free && c->events->reset_is_free(c->user, s)))
        error = tn_h2_spend(c, TN_H2_LIMIT_RESETS);
    const bool refused = !c->config.server && code == TN_H2_REFUSED_STREAM;
    tn_h2_stream_move(c, s, TN_H2_ACT_RECV_RST,
                      refused ? TN_H2_CLOSED_UNPROCESSED : TN_H2_CLOSED_RESET_PEER, code);
    return error;
}

tn_h2_error tn_h2_on_window_update(tn_h2_conn *c, const tn_h2_frame_header *h,
                                   const uint8_t *payload)
{
    uint32_t increment;
    const tn_h2_error error = tn_h2_window_update_unpack(*h, payload, &increment);
    if (tn_h2_failed(error))
        return error;
    if (h->stream == 0) {
        if (!tn_h2_window_add(&c->send_window, increment))
            return tn_h2_connection_error(TN_H2_FLOW_CONTROL_ERROR,
                                          "the connection's window went above 2^31-1");
        tn_h2_schedule_connection(c);
        return tn_h2_ok();
    }
    tn_h2_stream *s = tn_h2_stream_find(c, h->stream);
    if (!s)
        return tn_h2_stream_absent(c, h->stream) == TN_H2_ABSENT_IDLE
                   ? tn_h2_protocol_error("WINDOW_UPDATE on an idle stream")
                   : tn_h2_ok();
    if (!tn_h2_window_add(&s->send_window, increment))
        return tn_h2_stream_fault(c, s, TN_H2_FLOW_CONTROL_ERROR); /* h2spec takes nothing else */
    tn_h2_schedule_stream(c, s);
    return tn_h2_ok();
}

tn_h2_error tn_h2_on_priority(tn_h2_conn *c, const tn_h2_frame_header *h, const uint8_t *payload)
{
    tn_h2_priority priority;
    const tn_h2_error error = tn_h2_priority_unpack(*h, payload, &priority);
    return tn_h2_failed(error) ? error : tn_h2_spend(c, TN_H2_LIMIT_IGNORED);
}

/* A client that PINGs more often than it was told to, and was sent nothing since the last. */
static tn_h2_error ping_strike(tn_h2_conn *c, uint64_t sent)
{
    const bool idle = sent == c->pings.sent;
    const bool soon = c->now < c->pings.next;
    c->pings.next = c->now + (uint64_t)c->config.ping_interval_ms * 1000000;
    c->pings.sent = c->out.taken + tn_h2_out_bytes(&c->out);
    if (!idle)
        c->pings.strikes = 0;
    else if (soon && ++c->pings.strikes > TN_H2_PING_STRIKES)
        return tn_h2_limit_error(TN_H2_LIMIT_PING_STRIKES);
    return tn_h2_ok();
}

tn_h2_error tn_h2_on_ping(tn_h2_conn *c, const tn_h2_frame_header *h, const uint8_t *payload)
{
    if (!(h->flags & TN_H2_FLAG_ACK)) {
        const uint64_t sent = c->out.taken + tn_h2_out_bytes(&c->out);
        tn_h2_write_ping(c, true, payload);
        return c->config.ping_interval_ms ? ping_strike(c, sent) : tn_h2_ok();
    }
    const uint64_t opaque = (uint64_t)tn_load32(payload) << 32 | tn_load32(payload + 4);
    if (!tn_h2_drain_ack(c, opaque) && !tn_h2_bdp_ack(c, opaque))
        c->events->ping_ack(c->user, opaque);
    return tn_h2_ok();
}
