/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.c: from bytes to frames.
 *
 * Each state says how many octets it needs, or that it takes them as they come. Octets are handled
 * where they lie; only the part of a need that has come is held back, and of DATA nothing.
 * Invariant: between two runs of a state, held has fewer octets than `need`.
 */
#include "h2/conn_internal.h"

/* Handlers of whole frames, by type. DATA goes its own way (recv_data.c). */
static tn_h2_handler *const handlers[TN_H2_FRAME_TYPES] = {
    [TN_H2_HEADERS] = tn_h2_on_headers,
    [TN_H2_PRIORITY] = tn_h2_on_priority,
    [TN_H2_RST_STREAM] = tn_h2_on_rst_stream,
    [TN_H2_SETTINGS] = tn_h2_on_settings,
    [TN_H2_PUSH_PROMISE] = tn_h2_on_push_promise,
    [TN_H2_PING] = tn_h2_on_ping,
    [TN_H2_GOAWAY] = tn_h2_on_goaway,
    [TN_H2_WINDOW_UPDATE] = tn_h2_on_window_update,
    [TN_H2_CONTINUATION] = tn_h2_on_continuation,
};

static void expect_header(tn_h2_conn *c)
{
    c->in.state = TN_H2_INPUT_HEADER;
    c->in.need = TN_H2_FRAME_HEADER_BYTES;
}

static tn_h2_error on_preface(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    static const uint8_t preface[] = TN_H2_PREFACE;
    if (memcmp(preface + TN_H2_PREFACE_BYTES - c->in.need, p, n) != 0)
        return tn_h2_protocol_error("not HTTP/2: the connection preface is wrong");
    c->in.need -= (uint32_t)n;
    if (c->in.need == 0)
        expect_header(c);
    return tn_h2_ok();
}

static tn_h2_error on_payload(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    (void)n;
    const tn_h2_frame_header *h = &c->in.frame;
    expect_header(c);
    if (h->type >= TN_H2_FRAME_TYPES)
        return tn_h2_spend(c, TN_H2_LIMIT_IGNORED);
    return handlers[h->type](c, h, p);
}

/* May this frame come now, whatever is in it? */
static tn_h2_error in_order(const tn_h2_conn *c, const tn_h2_frame_header *h)
{
    if (TN_UNLIKELY(!c->got_settings) && (h->type != TN_H2_SETTINGS || h->flags & TN_H2_FLAG_ACK))
        return tn_h2_protocol_error("the first frame is not SETTINGS");
    if (TN_UNLIKELY(c->gather.stream) &&
        (h->type != TN_H2_CONTINUATION || h->stream != c->gather.stream))
        return tn_h2_protocol_error("a header block is interrupted by another frame");
    return tn_h2_ok();
}

static tn_h2_error on_header(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    (void)n;
    tn_h2_frame_header *h = &c->in.frame;
    *h = tn_h2_frame_header_unpack(p);
    tn_h2_error error = tn_h2_ok();
    /* Of DATA and HEADERS the check asks no more than this. */
    if (h->type > TN_H2_HEADERS || h->length > TN_H2_MIN_FRAME_SIZE || h->stream == 0)
        error = tn_h2_frame_check(*h, TN_H2_MIN_FRAME_SIZE);
    if (!tn_h2_failed(error))
        error = in_order(c, h);
    if (TN_UNLIKELY(tn_h2_failed(error)))
        return error;
    if (h->type == TN_H2_DATA)
        return tn_h2_data_begin(c);
    c->in.state = TN_H2_INPUT_PAYLOAD;
    c->in.need = h->length;
    /* With no payload there is nothing to wait for. */
    return h->length ? tn_h2_ok() : on_payload(c, p, 0);
}

static tn_h2_error on_pad_length(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    (void)n;
    return tn_h2_data_start(c, p);
}

static tn_h2_error on_data(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    tn_h2_data_run(c, p, n);
    return tn_h2_ok();
}

static tn_h2_error on_padding(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    (void)p;
    c->in.need -= (uint32_t)n;
    if (c->in.need == 0)
        expect_header(c);
    return tn_h2_ok();
}

static const struct {
    bool whole; /* wants `need` octets in one piece */
    tn_h2_error (*run)(tn_h2_conn *c, const uint8_t *p, size_t n);
} states[TN_H2_INPUT_STATES] = {
    [TN_H2_INPUT_PREFACE] = { false, on_preface },
    [TN_H2_INPUT_HEADER] = { true, on_header },
    [TN_H2_INPUT_PAYLOAD] = { true, on_payload },
    [TN_H2_INPUT_PAD_LENGTH] = { true, on_pad_length },
    [TN_H2_INPUT_DATA] = { false, on_data },
    [TN_H2_INPUT_PADDING] = { false, on_padding },
};

static void run(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    const tn_h2_error error = states[c->in.state].run(c, p, n);
    if (TN_UNLIKELY(tn_h2_failed(error)))
        tn_h2_fail(c, error);
    if (!tn_list_empty(&c->dead) || c->phase == TN_H2_DRAINING)
        tn_h2_streams_bury(c);
}

/* Adds to what is held, and runs the state when that is all it needs. Returns how many it took. */
static size_t hold(tn_h2_conn *c, const uint8_t *p, size_t n)
{
    const size_t missing = c->in.need - tn_buf_len(&c->in.held);
    const size_t take = n < missing ? n : missing;
    if (!tn_buf_put(&c->in.held, p, take)) {
        tn_h2_fail_memory(c);
    } else if (take == missing) {
        run(c, tn_buf_data(&c->in.held), c->in.need);
        tn_buf_reset(&c->in.held, TN_H2_KEEP_INPUT);
    }
    return take;
}

/* A frame that has begun has a time to end, DATA apart: it is the application's to be slow with. fresh:
 * another ended meanwhile. */
static void watch_part(tn_h2_conn *c, bool fresh)
{
    const bool part = tn_buf_len(&c->in.held) || c->in.state == TN_H2_INPUT_PAYLOAD;
    if (TN_LIKELY(!part))
        c->in.due = UINT64_MAX;
    else if (fresh || c->in.due == UINT64_MAX)
        c->in.due = c->now + (uint64_t)c->config.settings_timeout_ms * 1000000;
}

/* Takes n octets, or up to the frame that opens the most-th stream. Returns how many. */
static size_t take_in(tn_h2_conn *c, const uint8_t *p, size_t n, uint32_t most)
{
    const size_t given = n;
    bool any_ended = false;
    c->in.fresh = 0;
    while (n && c->phase != TN_H2_ENDED && c->in.fresh < most) {
        size_t take = c->in.need;
        if (!states[c->in.state].whole) {
            if (take > n)
                take = n;
            run(c, p, take);
        } else if (n >= take && tn_buf_len(&c->in.held) == 0) {
            run(c, p, take);
        } else {
            take = hold(c, p, n);
        }
        any_ended |= tn_buf_len(&c->in.held) == 0 && c->in.state != TN_H2_INPUT_PAYLOAD;
        p += take;
        n -= take;
    }
    watch_part(c, any_ended);
    return given - n;
}

size_t tn_h2_feed_turn(tn_h2_conn *c, const uint8_t *p, size_t n, uint64_t now)
{
    c->now = now;
    size_t took = take_in(c, p, n, TN_H2_TURN_STREAMS);
    if (c->phase == TN_H2_ENDED) {
        took = n;
        tn_buf_reset(&c->in.held, 0);
        tn_buf_reset(&c->gather.bytes, 0);
        tn_h2_streams_bury(c);
    }
    return took;
}

void tn_h2_feed(tn_h2_conn *c, const uint8_t *p, size_t n, uint64_t now)
{
    size_t took = tn_h2_feed_turn(c, p, n, now);
    while (took < n) {
        p += took;
        n -= took;
        took = tn_h2_feed_turn(c, p, n, now);
    }
}
