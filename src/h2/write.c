/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.c: frames of ours into the output, in the order of the calls.
 *
 * Room is made before a byte is written, so a frame is there whole or not at all. Header blocks are
 * encoded where they lie in the output: what is encoded is sent, and the peer's table stays in step.
 */
#include "h2/conn_internal.h"

/* *w gets room for n octets of a control frame; false: the connection has ended, if only now for want
 * of memory. */
static bool begin(tn_h2_conn *c, size_t n, tn_wr *w)
{
    if (c->phase == TN_H2_ENDED)
        return false;
    uint8_t *p = tn_h2_out_room(&c->out, n);
    if (!p) {
        tn_h2_fail_memory(c);
        return false;
    }
    *w = tn_wr_of(p, n);
    return true;
}

/* What was written since begin is in the output. */
static void commit(tn_h2_conn *c, tn_wr w)
{
    tn_buf *own = &c->out.own;
    tn_buf_wrote(own, (size_t)(w.p - (own->p + own->tail)));
}

void tn_h2_write_settings(tn_h2_conn *c, const tn_h2_setting *settings, uint32_t n)
{
    tn_wr w;
    if (!begin(c, TN_H2_FRAME_HEADER_BYTES + (size_t)n * TN_H2_SETTING_BYTES, &w))
        return;
    tn_h2_settings_pack(&w, settings, n);
    commit(c, w);
}

void tn_h2_write_settings_ack(tn_h2_conn *c)
{
    tn_wr w;
    if (!begin(c, TN_H2_FRAME_HEADER_BYTES, &w))
        return;
    tn_h2_settings_ack_pack(&w);
    commit(c, w);
    tn_h2_owe(c);
}

void tn_h2_write_ping(tn_h2_conn *c, bool ack, const uint8_t opaque[8])
{
    tn_wr w;
    if (!begin(c, TN_H2_PING_BYTES, &w))
        return;
    tn_h2_ping_pack(&w, ack, opaque);
    commit(c, w);
    if (ack)
        tn_h2_owe(c);
}

void tn_h2_write_goaway(tn_h2_conn *c, uint32_t last, uint32_t code, const char *debug)
{
    const tern_str text = tern_str_of(debug);
    tn_wr w;
    if (!begin(c, TN_H2_GOAWAY_BYTES + text.n, &w))
        return;
    tn_h2_goaway_pack(&w, last, code, (tern_bytes){ (const uint8_t *)text.p, text.n });
    commit(c, w);
}

void tn_h2_write_rst_stream(tn_h2_conn *c, uint32_t id, uint32_t code)
{
    tn_wr w;
    if (!begin(c, TN_H2_RST_STREAM_BYTES, &w))
        return;
    tn_h2_rst_stream_pack(&w, id, code);
    commit(c, w);
    tn_h2_owe(c);
}

void tn_h2_write_window_update(tn_h2_conn *c, uint32_t id, uint32_t increment)
{
    tn_wr w;
    if (!begin(c, TN_H2_WINDOW_UPDATE_BYTES, &w))
        return;
    tn_h2_window_update_pack(&w, id, increment);
    commit(c, w);
}

/*
 * A block of n octets lies behind a gap for one frame header at p. Makes it HEADERS and CONTINUATION
 * frames of at most `max` octets, moving the pieces apart from the last to the second; returns the
 * octets that this adds.
 */
static size_t split_block(uint8_t *p, size_t n, size_t max, uint32_t id, uint8_t flags)
{
    const size_t more = n > max ? (n - 1) / max : 0;
    for (size_t i = more; i > 0; i--) {
        const size_t length = i == more ? n - i * max : max;
        uint8_t *from = p + TN_H2_FRAME_HEADER_BYTES + i * max;
        uint8_t *to = from + i * TN_H2_FRAME_HEADER_BYTES;
        memmove(to, from, length);
        tn_h2_frame_header_pack(
            to - TN_H2_FRAME_HEADER_BYTES,
            (tn_h2_frame_header){ .length = (uint32_t)length,
                                  .type = TN_H2_CONTINUATION,
                                  .flags = i == more ? TN_H2_FLAG_END_HEADERS : 0,
                                  .stream = id });
    }
    if (more == 0)
        flags |= TN_H2_FLAG_END_HEADERS;
    tn_h2_frame_header_pack(p, (tn_h2_frame_header){ .length = (uint32_t)(more ? max : n),
                                                     .type = TN_H2_HEADERS,
                                                     .flags = flags,
                                                     .stream = id });
    return more * TN_H2_FRAME_HEADER_BYTES;
}

bool tn_h2_write_headers(tn_h2_conn *c, uint32_t id, const tn_h2_field *fields, size_t n,
                         bool end_stream)
{
    tn_buf *own = &c->out.own;
    const size_t bound = tn_hpack_encode_bound(fields, n);
    const size_t max = c->peer.frame;
    if (bound > SIZE_MAX / 2)
        return false;
    /* All the room at once: nothing moves or fails after this. */
    const size_t frames = bound > max ? bound / max + 1 : 1;
    uint8_t *const p = tn_h2_out_room(&c->out, bound + frames * TN_H2_FRAME_HEADER_BYTES);
    if (!p)
        return false;
    const uint8_t *end =
        tn_hpack_encode_to(&c->encoder, fields, n, p + TN_H2_FRAME_HEADER_BYTES, bound);
    const size_t block = (size_t)(end - p) - TN_H2_FRAME_HEADER_BYTES;
    const uint8_t flags = end_stream ? TN_H2_FLAG_END_STREAM : 0;
    tn_buf_wrote(own, TN_H2_FRAME_HEADER_BYTES + block + split_block(p, block, max, id, flags));
    return true;
}
