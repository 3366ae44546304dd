/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.c: SETTINGS both ways (RFC 9113 section 6.5).
 *
 * Theirs take effect as they are read and are acknowledged at once. Ours are sent once, at the start,
 * and take effect on their ACK; only what the peer may need sooner (a larger window, a larger limit)
 * is allowed from the start.
 */
#include "h2/conn_internal.h"

void tn_h2_settings_start(tn_h2_conn *c)
{
    const tn_h2_config *config = &c->config;
    tn_h2_setting settings[5];
    uint32_t n = 0;
    if (config->server)
        settings[n++] = (tn_h2_setting){ TN_H2_SETTINGS_MAX_CONCURRENT_STREAMS,
                                         config->max_concurrent_streams };
    else
        settings[n++] = (tn_h2_setting){ TN_H2_SETTINGS_ENABLE_PUSH, 0 };
    settings[n++] =
        (tn_h2_setting){ TN_H2_SETTINGS_MAX_HEADER_LIST_SIZE, config->max_header_list_bytes };
    if (config->stream_window != TN_H2_INITIAL_WINDOW)
        settings[n++] =
            (tn_h2_setting){ TN_H2_SETTINGS_INITIAL_WINDOW_SIZE, config->stream_window };
    if (config->header_table_bytes != TN_HPACK_DEFAULT_TABLE_BYTES)
        settings[n++] =
            (tn_h2_setting){ TN_H2_SETTINGS_HEADER_TABLE_SIZE, config->header_table_bytes };
    tn_h2_write_settings(c, settings, n);
    if (config->conn_window > TN_H2_INITIAL_WINDOW)
        tn_h2_write_window_update(c, 0, config->conn_window - TN_H2_INITIAL_WINDOW);
}

static tn_h2_error set_table_size(tn_h2_conn *c, uint32_t value)
{
    tn_hpack_encoder_set_max(&c->encoder, value);
    return tn_h2_ok();
}

static tn_h2_error set_push(tn_h2_conn *c, uint32_t value)
{
    if (!c->config.server && value == 1)
        return tn_h2_protocol_error("a server may not set ENABLE_PUSH");
    return tn_h2_ok();
}

static tn_h2_error set_max_streams(tn_h2_conn *c, uint32_t value)
{
    c->peer.max_streams = value;
    return tn_h2_ok();
}

static tn_h2_error set_window(tn_h2_conn *c, uint32_t value)
{
    const int64_t delta = (int64_t)value - c->peer.window;
    c->peer.window = (int32_t)value;
    if (delta && !tn_h2_send_windows_shift(c, delta))
        return tn_h2_connection_error(TN_H2_FLOW_CONTROL_ERROR,
                                      "INITIAL_WINDOW_SIZE takes a stream's window above 2^31-1");
    return tn_h2_ok();
}

static tn_h2_error set_frame(tn_h2_conn *c, uint32_t value)
{
    c->peer.frame = value;
    return tn_h2_ok();
}

/* By id. Those that are not here say nothing to a connection that only sends what it must. */
static tn_h2_error (*const setters[])(tn_h2_conn *c, uint32_t value) = {
    [TN_H2_SETTINGS_HEADER_TABLE_SIZE] = set_table_size,
    [TN_H2_SETTINGS_ENABLE_PUSH] = set_push,
    [TN_H2_SETTINGS_MAX_CONCURRENT_STREAMS] = set_max_streams,
    [TN_H2_SETTINGS_INITIAL_WINDOW_SIZE] = set_window,
    [TN_H2_SETTINGS_MAX_FRAME_SIZE] = set_frame,
};

static tn_h2_error apply(tn_h2_conn *c, const uint8_t *payload, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const tn_h2_setting s = tn_h2_setting_unpack(payload, i);
        tn_h2_error error = tn_h2_setting_check(s);
        if (!tn_h2_failed(error) && s.id < sizeof(setters) / sizeof(*setters) && setters[s.id])
            error = setters[s.id](c, s.value);
        if (tn_h2_failed(error))
            return error;
    }
    return tn_h2_ok();
}

/* The peer has read ours: what they take away is gone from now on. */
static tn_h2_error acknowledged(tn_h2_conn *c)
{
    if (c->got_ack)
        return tn_h2_spend(c, TN_H2_LIMIT_IGNORED);
    c->got_ack = true;
    if (c->config.stream_window < (uint32_t)c->stream_window)
        tn_h2_recv_windows_shift(c, (int32_t)(c->config.stream_window - TN_H2_INITIAL_WINDOW));
    tn_hpack_decoder_set_max(&c->decoder, c->config.header_table_bytes);
    return tn_h2_ok();
}

tn_h2_error tn_h2_on_settings(tn_h2_conn *c, const tn_h2_frame_header *h, const uint8_t *payload)
{
    if (h->flags & TN_H2_FLAG_ACK)
        return acknowledged(c);
    const uint32_t n = h->length / TN_H2_SETTING_BYTES;
    if (n > TN_H2_SETTINGS_ENTRIES)
        return tn_h2_limit_error(TN_H2_LIMIT_SETTINGS_ENTRIES);
    const uint32_t max_streams = c->peer.max_streams;
    tn_h2_error error = apply(c, payload, n);
    if (!tn_h2_failed(error) && c->got_settings)
        error = tn_h2_spend(c, TN_H2_LIMIT_SETTINGS_FRAMES);
    if (tn_h2_failed(error))
        return error;
    tn_h2_write_settings_ack(c);
    const bool first = !c->got_settings;
    c->got_settings = true;
    if (first || max_streams != c->peer.max_streams)
        c->events->settings(c->user);
    return tn_h2_ok();
}
