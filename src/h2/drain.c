/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drain.c: GOAWAY both ways, and the orderly end (RFC 9113 section 6.8).
 *
 * A server says GOAWAY twice: first with the highest id there is, so that requests on their way are
 * still taken, then, when a PING has come back, with the last id that it takes. Ids only fall.
 * Invariant: a draining connection without streams becomes ENDED, but not between those two.
 */
#include "h2/conn_internal.h"

/* The opaque data of the PING between the two GOAWAY frames: "drain" in ASCII, and its end. */
#define DRAIN_OPAQUE UINT64_C(0x647261696e0d0a1a)

static void final_goaway(tn_h2_conn *c)
{
    c->drain = TN_H2_DRAIN_FINAL;
    c->ignore_above = tn_h2_last_peer_id(c);
    tn_h2_write_goaway(c, c->ignore_above, TN_H2_NO_ERROR, NULL);
}

void tn_h2_drain(tn_h2_conn *c, uint64_t now)
{
    static const uint8_t opaque[8] = { 0x64, 0x72, 0x61, 0x69, 0x6e, 0x0d, 0x0a, 0x1a };
    c->now = now;
    if (c->phase == TN_H2_ENDED || c->drain != TN_H2_DRAIN_NONE)
        return;
    c->phase = TN_H2_DRAINING;
    if (!c->config.server) {
        final_goaway(c);
        return;
    }
    c->drain = TN_H2_DRAIN_ASKED;
    c->drain_due = now + TN_H2_DRAIN_WAIT;
    tn_h2_write_goaway(c, TN_H2_MAX_STREAM_ID, TN_H2_NO_ERROR, NULL);
    tn_h2_write_ping(c, false, opaque);
}

bool tn_h2_drain_ack(tn_h2_conn *c, uint64_t opaque)
{
    if (c->drain != TN_H2_DRAIN_ASKED || opaque != DRAIN_OPAQUE)
        return false;
    final_goaway(c);
    return true;
}

void tn_h2_drain_tick(tn_h2_conn *c)
{
    if (c->drain == TN_H2_DRAIN_ASKED && c->now >= c->drain_due)
        final_goaway(c);
}

void tn_h2_drain_check(tn_h2_conn *c)
{
    if (c->phase == TN_H2_DRAINING && c->drain != TN_H2_DRAIN_ASKED && c->live == 0)
        c->phase = TN_H2_ENDED;
}

tn_h2_error tn_h2_on_goaway(tn_h2_conn *c, const tn_h2_frame_header *h, const uint8_t *payload)
{
    const tn_h2_goaway g = tn_h2_goaway_unpack(*h, payload);
    if (!c->config.server && g.last_stream % 2 == 0 && g.last_stream)
        return tn_h2_protocol_error("GOAWAY names a stream that we cannot have opened");
    if (c->goaway_received && g.last_stream > c->peer_last)
        return tn_h2_protocol_error("GOAWAY with a higher stream id than before");
    c->goaway_received = true;
    c->peer_last = g.last_stream;
    if (c->phase == TN_H2_OPEN)
        c->phase = TN_H2_DRAINING;
    c->events->goaway(c->user, g.code, g.debug);
    /* A server's streams are not the peer's to disown. */
    if (!c->config.server && c->phase != TN_H2_ENDED)
        tn_h2_streams_close(c, g.last_stream, TN_H2_CLOSED_UNPROCESSED, g.code);
    return tn_h2_ok();
}
