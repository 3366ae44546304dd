/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.c: turns: which stream's queued DATA goes next into the output.
 *
 * Round robin, one frame a turn. A stream is in the round while it has DATA and window of its own;
 * the connection's window only halts the round. Nothing waits in a queue without octets: an end alone
 * is written at once, and trailers go out with the last octet's turn.
 *
 * Small windows (CVE-2019-9511, RFC 1122 4.2.3.3): a window is used to its last octet, but one that was
 * used up, `shut`, is used again only when that is worth a frame. A peer that gives back all that it
 * consumed always reaches half of its own window; whatever it does, 200 ms later what there is goes.
 */
#include "h2/conn_internal.h"

/* The smallest window worth using, with so many octets to send. */
static int32_t worth(const tn_h2_conn *c, size_t octets)
{
    const int32_t half = c->peer.window / 2;
    int32_t least = half < TN_H2_SEND_MIN ? half : TN_H2_SEND_MIN;
    if (octets < (size_t)least)
        least = (int32_t)octets;
    return least > 1 ? least : 1;
}

static void wait_for_more(tn_h2_conn *c)
{
    if (c->silly_due == UINT64_MAX)
        c->silly_due = c->now + TN_H2_SEND_WAIT_MS * (TN_H2_SECOND / 1000);
}

void tn_h2_schedule_stream(tn_h2_conn *c, tn_h2_stream *s)
{
    if (s->queue.bytes == 0 || s->send_window <= 0 || !tn_list_empty(&s->ready))
        return;
    if (s->flags & TN_H2_STREAM_SHUT && s->send_window < worth(c, s->queue.bytes)) {
        wait_for_more(c);
        return;
    }
    s->flags &= (uint8_t)~TN_H2_STREAM_SHUT;
    tn_list_push(&c->ready, &s->ready);
}

void tn_h2_schedule_connection(tn_h2_conn *c)
{
    if (!c->shut)
        return;
    size_t octets = TN_H2_SEND_MIN;
    if (!tn_list_empty(&c->ready))
        octets = TN_CONTAINER(c->ready.next, tn_h2_stream, ready)->queue.bytes;
    if (c->send_window >= (int32_t)(octets < TN_H2_SEND_MIN ? octets : TN_H2_SEND_MIN))
        c->shut = false;
    else if (c->send_window > 0)
        wait_for_more(c);
}

void tn_h2_schedule_tick(tn_h2_conn *c)
{
    if (c->now < c->silly_due)
        return;
    c->silly_due = UINT64_MAX;
    c->shut = false;
    for (tn_list *at = c->all.next; at != &c->all; at = at->next) {
        tn_h2_stream *s = TN_CONTAINER(at, tn_h2_stream, all);
        s->flags &= (uint8_t)~TN_H2_STREAM_SHUT;
        tn_h2_schedule_stream(c, s);
    }
}

bool tn_h2_schedule_due(const tn_h2_conn *c)
{
    return !tn_list_empty(&c->ready) && c->send_window > 0 && !c->shut;
}

/* Room for a frame of n octets from the queue's front. False: no memory. */
static bool reserve(tn_h2_conn *c, const tn_h2_stream *s, size_t n)
{
    size_t copied = TN_H2_FRAME_HEADER_BYTES;
    uint32_t refs = 0;
    for (const tn_chunk *chunk = s->queue.first; n; chunk = chunk->next) {
        const size_t k = n < chunk->n ? n : chunk->n;
        if (k <= TN_H2_COPY_MAX)
            copied += k;
        else
            refs++;
        n -= k;
    }
    return tn_h2_out_room(&c->out, copied) && tn_h2_out_reserve_refs(&c->out, refs);
}

/* One DATA frame of n octets from the queue's front. False: no memory. */
static bool write_frame(tn_h2_conn *c, tn_h2_stream *s, size_t n, bool end_stream)
{
    if (!reserve(c, s, n))
        return false;
    tn_buf *own = &c->out.own;
    tn_h2_frame_header_pack(own->p + own->tail,
                            (tn_h2_frame_header){ .length = (uint32_t)n,
                                                  .type = TN_H2_DATA,
                                                  .flags = end_stream ? TN_H2_FLAG_END_STREAM : 0,
                                                  .stream = s->id });
    tn_buf_wrote(own, TN_H2_FRAME_HEADER_BYTES);
    size_t left = n;
    for (tn_chunk *chunk = s->queue.first; left; chunk = chunk->next) {
        const size_t k = left < chunk->n ? left : chunk->n;
        if (k <= TN_H2_COPY_MAX)
            tn_buf_put(own, tn_chunk_bytes(chunk), k);
        else
            tn_h2_out_ref(&c->out, chunk, tn_chunk_bytes(chunk), k);
        left -= k;
    }
    tn_chunk_queue_drop(&s->queue, n);
    c->send_window -= (int32_t)n;
    s->send_window -= (int32_t)n;
    if (c->send_window <= 0)
        c->shut = true;
    if (s->send_window <= 0)
        s->flags |= TN_H2_STREAM_SHUT;
    return true;
}

/* The turn of s, which may send. False: no memory. */
static bool turn(tn_h2_conn *c, tn_h2_stream *s)
{
    size_t n = tn_h2_send_allowance(c, s);
    if (n > s->queue.bytes)
        n = s->queue.bytes;
    if (n > TN_H2_SEND_FRAME)
        n = TN_H2_SEND_FRAME;
    const bool all = n == s->queue.bytes && s->flags & TN_H2_STREAM_END_GIVEN;
    if (!write_frame(c, s, n, all && !s->trailers))
        return false;
    if (!all)
        tn_h2_schedule_stream(c, s);
    else if (s->trailers)
        return tn_h2_trailers_flush(c, s);
    else
        tn_h2_stream_move(c, s, TN_H2_ACT_SEND_END, TN_H2_CLOSED_DONE, TN_H2_NO_ERROR);
    return true;
}

void tn_h2_schedule_run(tn_h2_conn *c)
{
    while (tn_h2_schedule_due(c) && c->phase != TN_H2_ENDED &&
           tn_h2_out_bytes(&c->out) < TN_H2_MAX_OUTPUT) {
        tn_h2_stream *s = TN_CONTAINER(c->ready.next, tn_h2_stream, ready);
        tn_list_remove(&s->ready);
        if (s->send_window <= 0) /* SETTINGS took it away */
            continue;
        if (!turn(c, s)) {
            tn_h2_fail_memory(c);
            return;
        }
        if (s->flags & TN_H2_STREAM_WAS_HIGH && s->queue.bytes < TN_H2_LOW_WATER) {
            s->flags &= (uint8_t)~TN_H2_STREAM_WAS_HIGH;
            if (s->state != TN_H2_STATE_CLOSED)
                c->events->writable(c->user, s); /* s may be gone after this */
        }
    }
}
