/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.c: the life of a connection: made, ticked, emptied, ended.
 *
 * ENDED is for ever: input is swallowed, nothing new is written, and what the output holds (a GOAWAY
 * last) is all that is still to be sent.
 */
#include "h2/conn_internal.h"

static uint32_t or_default(uint32_t v, uint32_t otherwise)
{
    return v ? v : otherwise;
}

static uint32_t at_most(uint64_t v, uint32_t most)
{
    return v < most ? (uint32_t)v : most;
}

static tn_h2_config with_defaults(const tn_h2_config *given)
{
    tn_h2_config f = *given;
    f.max_concurrent_streams = or_default(f.max_concurrent_streams, TN_H2_MAX_STREAMS);
    f.stream_window = at_most(or_default(f.stream_window, TN_H2_RECEIVE_WINDOW), TN_H2_MAX_WINDOW);
    if (f.conn_window == 0)
        f.conn_window = at_most(UINT64_C(16) * f.stream_window, TN_H2_MAX_WINDOW);
    f.conn_window = at_most(f.conn_window, TN_H2_MAX_WINDOW);
    if (f.conn_window < TN_H2_INITIAL_WINDOW)
        f.conn_window = TN_H2_INITIAL_WINDOW;
    f.max_window = at_most(f.max_window, TN_H2_WINDOWS_GROW);
    f.max_header_list_bytes = or_default(f.max_header_list_bytes, TN_H2_HEADER_LIST);
    f.max_header_fields =
        at_most(or_default(f.max_header_fields, TN_H2_HEADER_FIELDS), TN_H2_MAX_FIELDS);
    f.header_table_bytes = or_default(f.header_table_bytes, TN_H2_HPACK_TABLE);
    f.settings_timeout_ms = or_default(f.settings_timeout_ms, TN_H2_SETTINGS_S * 1000);
    return f;
}

tn_h2_conn *tn_h2_new(const tern_env *env, const tn_h2_config *config, const tn_h2_events *events,
                      void *user, uint64_t now)
{
    env = tn_env_of(env);
    tn_h2_conn *c = tn_zalloc(env, sizeof(*c));
    if (!c)
        return NULL;
    c->env = env;
    c->events = events;
    c->user = user;
    c->config = with_defaults(config);
    c->now = now;
    c->settings_due = now + (uint64_t)c->config.settings_timeout_ms * 1000000;
    c->in.held = c->gather.bytes = tn_buf_of(env);
    c->in.need = c->config.server ? TN_H2_PREFACE_BYTES : TN_H2_FRAME_HEADER_BYTES;
    c->in.state = c->config.server ? TN_H2_INPUT_PREFACE : TN_H2_INPUT_HEADER;
    tn_hpack_decoder_init(&c->decoder, env, c->config.max_header_list_bytes);
    tn_hpack_encoder_init(&c->encoder, env, TN_H2_ENCODER_TABLE);
    tn_h2_out_init(&c->out, env);
    c->streams.env = env;
    c->recv_window = (int32_t)c->config.conn_window;
    c->stream_window =
        (int32_t)(c->config.stream_window > TN_H2_INITIAL_WINDOW ? c->config.stream_window
                                                                 : TN_H2_INITIAL_WINDOW);
    c->send_window = c->peer.window = (int32_t)TN_H2_INITIAL_WINDOW;
    c->peer.frame = TN_H2_MIN_FRAME_SIZE;
    c->peer.max_streams = UINT32_MAX;
    c->ignore_above = c->peer_last = TN_H2_MAX_STREAM_ID;
    c->trim_due = c->in.due = c->blocked.due = c->silly_due = UINT64_MAX;
    tn_list_init(&c->all);
    tn_list_init(&c->dead);
    tn_list_init(&c->ready);
    if (!c->config.server && !tn_buf_put(&c->out.own, TN_H2_PREFACE, TN_H2_PREFACE_BYTES))
        tn_h2_fail_memory(c);
    tn_h2_settings_start(c);
    if (c->phase == TN_H2_ENDED) {
        tn_h2_free(c);
        return NULL;
    }
    return c;
}

void tn_h2_free(tn_h2_conn *c)
{
    if (!c)
        return;
    TN_ASSERT(c->live == 0 && tn_list_empty(&c->dead));
    tn_buf_free(&c->in.held);
    tn_buf_free(&c->gather.bytes);
    tn_hpack_decoder_free(&c->decoder);
    tn_hpack_encoder_free(&c->encoder);
    tn_h2_out_free(&c->out);
    tn_idmap_free(&c->streams);
    tn_free(c->env, c, sizeof(*c));
}

/* ---- the end ---- */

static void end(tn_h2_conn *c, tn_h2_error cause)
{
    if (!tn_h2_failed(c->cause))
        c->cause = cause;
    c->phase = TN_H2_ENDED;
    tn_h2_streams_close(c, 0, TN_H2_CLOSED_LOST, cause.code);
}

void tn_h2_fail(tn_h2_conn *c, tn_h2_error error)
{
    if (c->phase == TN_H2_ENDED)
        return;
    const uint32_t last = tn_h2_last_peer_id(c);
    tn_h2_write_goaway(c, last < c->ignore_above ? last : c->ignore_above, error.code,
                       error.reason);
    end(c, error);
}

void tn_h2_fail_memory(tn_h2_conn *c)
{
    if (c->phase == TN_H2_ENDED)
        return;
    /* Half a frame may be written: nothing can follow it. */
    tn_h2_out_free(&c->out);
    end(c, tn_h2_connection_error(TN_H2_INTERNAL_ERROR, "out of memory"));
}

void tn_h2_abort(tn_h2_conn *c, uint32_t code, const char *debug)
{
    tn_h2_fail(c, (tn_h2_error){ TN_H2_SCOPE_CONNECTION, code, debug ? debug : "" });
    tn_h2_streams_bury(c);
}

void tn_h2_lost(tn_h2_conn *c)
{
    /* What never left this output, the peer never saw. */
    const uint64_t sent = c->out.taken;
    for (tn_list *at = c->all.next; !c->config.server && at != &c->all;) {
        tn_h2_stream *s = TN_CONTAINER(at, tn_h2_stream, all);
        at = at->next;
        if (s->opened_at >= sent)
            tn_h2_stream_move(c, s, TN_H2_ACT_LOST, TN_H2_CLOSED_UNPROCESSED, TN_H2_NO_ERROR);
    }
    tn_h2_out_free(&c->out);
    end(c, tn_h2_ok());
    tn_h2_streams_bury(c);
}

tn_h2_error tn_h2_spend(tn_h2_conn *c, tn_h2_limit bucket)
{
    const tn_h2_limit_row *row = &tn_h2_limit_rows[bucket];
    TN_ASSERT(bucket < TN_H2_BUCKETS);
    if (tn_h2_bucket_take(&c->spent[bucket], row->value, row->per_second, c->now))
        return tn_h2_ok();
    return tn_h2_limit_error(bucket);
}

/* ---- time ---- */

static bool settings_awaited(const tn_h2_conn *c)
{
    return !c->got_settings || !c->got_ack;
}

uint64_t tn_h2_next_timeout(const tn_h2_conn *c)
{
    uint64_t due = c->blocked.due;
    if (c->phase == TN_H2_ENDED)
        return due;
    if (c->trim_due < due)
        due = c->trim_due;
    if (c->in.due < due)
        due = c->in.due;
    if (c->silly_due < due)
        due = c->silly_due;
    if (settings_awaited(c) && c->settings_due < due)
        due = c->settings_due;
    if (c->gather.stream && c->gather.due < due)
        due = c->gather.due;
    if (c->drain == TN_H2_DRAIN_ASKED && c->drain_due < due)
        due = c->drain_due;
    return due;
}

/* ---- a transport that takes nothing ---- */

/* How long that may last. */
static uint64_t blocked_most(const tn_h2_conn *c)
{
    if (c->phase == TN_H2_ENDED)
        return TN_H2_SECOND;
    return (tn_h2_wants_input(c) ? TN_H2_OUTPUT_STUCK_S : TN_H2_OWED_STUCK_S) * TN_H2_SECOND;
}

/* Looks four times in that span, so that it need not be told of each octet that goes. */
static void blocked_look(tn_h2_conn *c)
{
    const uint64_t most = blocked_most(c);
    if (c->blocked.due == UINT64_MAX || c->blocked.taken != c->out.taken) {
        c->blocked.since = c->now;
        c->blocked.taken = c->out.taken;
    }
    const uint64_t last = c->blocked.since + most;
    c->blocked.due = c->now + most / 4 < last ? c->now + most / 4 : last;
}

void tn_h2_blocked(tn_h2_conn *c, uint64_t now)
{
    c->now = now;
    if (c->blocked.due == UINT64_MAX && tn_h2_out_bytes(&c->out))
        blocked_look(c);
}

static void blocked_tick(tn_h2_conn *c)
{
    if (c->now < c->blocked.due)
        return;
    if (tn_h2_out_bytes(&c->out) == 0) {
        c->blocked.due = UINT64_MAX;
    } else if (c->blocked.taken == c->out.taken && c->now - c->blocked.since >= blocked_most(c)) {
        const tn_h2_limit limit =
            tn_h2_wants_input(c) ? TN_H2_LIMIT_OUTPUT_STUCK_S : TN_H2_LIMIT_OWED_STUCK_S;
        c->blocked.due = UINT64_MAX;
        tn_h2_out_free(&c->out);
        end(c, tn_h2_limit_error(limit));
    } else {
        blocked_look(c);
    }
}

/* Gives buffers back when nothing has gone out since the last look. */
static void trim(tn_h2_conn *c)
{
    if (c->now < c->trim_due)
        return;
    if (c->trim_taken != c->out.taken || tn_h2_out_bytes(&c->out)) {
        c->trim_taken = c->out.taken;
        c->trim_due = c->now + TN_H2_TRIM_AFTER;
        return;
    }
    c->trim_due = UINT64_MAX;
    tn_h2_out_trim(&c->out);
    tn_hpack_forget(&c->decoder);
    if (tn_buf_len(&c->in.held) == 0)
        tn_buf_reset(&c->in.held, 0);
    if (c->streams.count == 0)
        tn_idmap_free(&c->streams);
}

void tn_h2_tick(tn_h2_conn *c, uint64_t now)
{
    c->now = now;
    blocked_tick(c);
    if (c->phase != TN_H2_ENDED) {
        if (settings_awaited(c) && now >= c->settings_due)
            tn_h2_fail(c, tn_h2_connection_error(TN_H2_SETTINGS_TIMEOUT,
                                                 c->got_settings ? "no ACK of our SETTINGS in time"
                                                                 : "no SETTINGS in time"));
        if (c->gather.stream && now >= c->gather.due)
            tn_h2_fail(c, tn_h2_limit_error(TN_H2_LIMIT_BLOCK_S));
        if (now >= c->in.due)
            tn_h2_fail(c, tn_h2_limit_error(TN_H2_LIMIT_FRAME_S));
        tn_h2_schedule_tick(c);
        tn_h2_drain_tick(c);
        trim(c);
    }
    tn_h2_streams_bury(c);
}

/* ---- output ---- */

size_t tn_h2_pull(tn_h2_conn *c, tern_bytes *slices, size_t max)
{
    tn_h2_credit_flush(c);
    tn_h2_schedule_run(c);
    tn_h2_streams_bury(c);
    return tn_h2_out_slices(&c->out, slices, max);
}

/* Counting in two lots, so that an output that is never empty does not look unread. */
void tn_h2_owe(tn_h2_conn *c)
{
    if (c->owed.first) {
        c->owed.more++;
        return;
    }
    c->owed.first = 1;
    c->owed.mark = c->out.taken + tn_h2_out_bytes(&c->out);
}

void tn_h2_sent(tn_h2_conn *c, size_t n)
{
    tn_h2_out_take(&c->out, n);
    while (c->owed.first && c->out.taken >= c->owed.mark) {
        c->owed.first = c->owed.more;
        c->owed.more = 0;
        c->owed.mark = c->out.taken + tn_h2_out_bytes(&c->out);
    }
    if (tn_h2_out_bytes(&c->out))
        return;
    if (c->trim_due == UINT64_MAX) {
        c->trim_due = c->now + TN_H2_TRIM_AFTER;
        c->trim_taken = c->out.taken;
    }
}

bool tn_h2_has_output(const tn_h2_conn *c)
{
    if (tn_h2_out_bytes(&c->out))
        return true;
    return c->phase != TN_H2_ENDED && (tn_h2_credit_due(c) || tn_h2_schedule_due(c));
}

bool tn_h2_wants_input(const tn_h2_conn *c)
{
    return c->owed.first + c->owed.more < TN_H2_MAX_OWED;
}

/* ---- questions ---- */

tn_h2_phase tn_h2_status(const tn_h2_conn *c)
{
    return c->phase;
}

const tn_h2_error *tn_h2_cause(const tn_h2_conn *c)
{
    return &c->cause;
}

const tn_h2_config *tn_h2_config_of(const tn_h2_conn *c)
{
    return &c->config;
}

bool tn_h2_can_open(const tn_h2_conn *c)
{
    return !c->config.server && c->phase == TN_H2_OPEN && c->got_settings &&
           c->live < c->peer.max_streams;
}

uint32_t tn_h2_streams(const tn_h2_conn *c)
{
    return c->config.server ? c->slots : c->live;
}

void tn_h2_slot_free(tn_h2_conn *c)
{
    TN_ASSERT(c->slots);
    if (c->slots == 0)
        return;
    /* Which stream it was is not told: each of those that are closed and not let go counts the same. */
    const uint32_t kept = c->slots > c->live ? c->slots - c->live : 1;
    c->lists.closed -= kept == 1 ? c->lists.closed : c->lists.closed / kept;
    c->slots--;
}

void tn_h2_ping(tn_h2_conn *c, uint64_t opaque)
{
    uint8_t bytes[8];
    tn_store32(bytes, (uint32_t)(opaque >> 32));
    tn_store32(bytes + 4, (uint32_t)opaque);
    tn_h2_write_ping(c, false, bytes);
}
