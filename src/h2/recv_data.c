/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recv_data.c: DATA frames, given on as their octets come (RFC 9113 section 6.1).
 *
 * A frame is charged and judged when its header is there: whole, or not at all. in.stream is the
 * stream that wants the octets; it becomes NULL when that closes, and the rest of the frame is then
 * read past. Padding counts in flow control, and its credit is given back here.
 */
#include "h2/conn_internal.h"

static void expect(tn_h2_conn *c, tn_h2_input_state state, uint32_t need)
{
    c->in.state = (uint8_t)state;
    c->in.need = need;
}

static void after_data(tn_h2_conn *c)
{
    if (c->in.padding)
        expect(c, TN_H2_INPUT_PADDING, c->in.padding);
    else
        expect(c, TN_H2_INPUT_HEADER, TN_H2_FRAME_HEADER_BYTES);
}

/* Who wants the frame's data: *s, NULL for nobody. */
static tn_h2_error receiver(tn_h2_conn *c, uint32_t id, tn_h2_stream **s)
{
    *s = tn_h2_stream_find(c, id);
    if (*s) {
        if (tn_h2_stream_move(c, *s, TN_H2_ACT_RECV, TN_H2_CLOSED_DONE, 0) != TN_H2_MOVED)
            return tn_h2_connection_error(TN_H2_STREAM_CLOSED, "DATA after END_STREAM");
        return tn_h2_ok();
    }
    switch (tn_h2_stream_absent(c, id)) {
    case TN_H2_ABSENT_IDLE: return tn_h2_protocol_error("DATA on an idle stream");
    case TN_H2_ABSENT_ENDED:
        return tn_h2_connection_error(TN_H2_STREAM_CLOSED, "DATA on a closed stream");
    case TN_H2_ABSENT_OLD: break;
    }
    return tn_h2_ok();
}

tn_h2_error tn_h2_data_begin(tn_h2_conn *c)
{
    const tn_h2_frame_header *h = &c->in.frame;
    tn_h2_stream *s;
    tn_h2_error error = receiver(c, h->stream, &s);
    if (!tn_h2_failed(error))
        error = tn_h2_charge(c, s, h->length);
    if (tn_h2_failed(error))
        return error;
    c->in.stream = s;
    if (!(h->flags & TN_H2_FLAG_PADDED))
        return tn_h2_data_start(c, NULL);
    if (h->length == 0)
        return tn_h2_connection_error(TN_H2_FRAME_SIZE_ERROR, "padded DATA without a pad length");
    expect(c, TN_H2_INPUT_PAD_LENGTH, 1);
    return tn_h2_ok();
}

/* Does the message allow n octets of data here? */
static bool fits_message(tn_h2_stream *s, uint32_t n, bool end_stream)
{
    if (!(s->flags & TN_H2_STREAM_GOT_HEADERS))
        return false;
    if (s->content_left == UINT64_MAX)
        return true;
    if (n > s->content_left)
        return false;
    s->content_left -= n;
    return !end_stream || s->content_left == 0;
}

tn_h2_error tn_h2_data_start(tn_h2_conn *c, const uint8_t *pad_length)
{
    const tn_h2_frame_header *h = &c->in.frame;
    const bool end_stream = h->flags & TN_H2_FLAG_END_STREAM;
    uint32_t skip = 0, data = h->length;
    tn_h2_error error = tn_h2_ok();
    if (pad_length)
        error = tn_h2_data_layout(*h, pad_length, &skip, &data);
    if (tn_h2_failed(error))
        return error;
    c->in.padding = h->length - skip - data;
    tn_h2_stream *s = c->in.stream;
    if (s && !fits_message(s, data, end_stream)) {
        error = tn_h2_stream_fault(c, s, TN_H2_PROTOCOL_ERROR);
        s = NULL;
    }
    if (s && h->length != data)
        tn_h2_consume(c, s, h->length - data);
    if (h->length == 0 && !end_stream && !tn_h2_failed(error))
        error = tn_h2_spend(c, TN_H2_LIMIT_EMPTY_DATA);
    if (data)
        expect(c, TN_H2_INPUT_DATA, data);
    else
        tn_h2_data_run(c, NULL, 0);
    return error;
}

void tn_h2_data_run(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    tn_h2_stream *s = c->in.stream;
    const bool last = c->in.state != TN_H2_INPUT_DATA || c->in.need == n;
    const bool end_stream = last && c->in.frame.flags & TN_H2_FLAG_END_STREAM;
    if (last)
        after_data(c);
    else
        c->in.need -= (uint32_t)n;
    if (!s)
        return;
    if (end_stream)
        tn_h2_stream_move(c, s, TN_H2_ACT_RECV_END, TN_H2_CLOSED_DONE, TN_H2_NO_ERROR);
    if (last)
        c->in.stream = NULL;
    if (n || end_stream)
        c->events->data(c->user, s, p, n, end_stream); /* s may be gone after this */
}
