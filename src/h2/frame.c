/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.c: HTTP/2 frames to and from bytes: see frame.h.
 *
 * What a header alone must fulfil is a row of `rules`.
 */
#include "h2/frame.h"
#include "base/assert.h"

typedef enum stream_rule {
    STREAM_ANY = 0,
    STREAM_NONE, /* stream 0 only */
    STREAM_SOME  /* any but stream 0 */
} stream_rule;

typedef struct rule {
    uint32_t least, most; /* payload bytes */
    uint32_t multiple;    /* of these */
    stream_rule stream;
    const char *bad_length, *bad_stream;
} rule;

#define ANY_LENGTH 0, TN_H2_MAX_FRAME_SIZE, 1

static const rule rules[TN_H2_FRAME_TYPES] = {
    [TN_H2_DATA] = { ANY_LENGTH, STREAM_SOME, "", "DATA on stream 0" },
    [TN_H2_HEADERS] = { ANY_LENGTH, STREAM_SOME, "", "HEADERS on stream 0" },
    [TN_H2_PRIORITY] = { 5, 5, 5, STREAM_SOME, "PRIORITY is not 5 bytes", "PRIORITY on stream 0" },
    [TN_H2_RST_STREAM] = { 4, 4, 4, STREAM_SOME, "RST_STREAM is not 4 bytes",
                           "RST_STREAM on stream 0" },
    [TN_H2_SETTINGS] = { 0, TN_H2_MAX_FRAME_SIZE, 6, STREAM_NONE,
                         "SETTINGS is not a multiple of 6 bytes", "SETTINGS on a stream" },
    [TN_H2_PUSH_PROMISE] = { 4, TN_H2_MAX_FRAME_SIZE, 1, STREAM_SOME, "PUSH_PROMISE is too short",
                             "PUSH_PROMISE on stream 0" },
    [TN_H2_PING] = { 8, 8, 8, STREAM_NONE, "PING is not 8 bytes", "PING on a stream" },
    [TN_H2_GOAWAY] = { 8, TN_H2_MAX_FRAME_SIZE, 1, STREAM_NONE, "GOAWAY is too short",
                       "GOAWAY on a stream" },
    [TN_H2_WINDOW_UPDATE] = { 4, 4, 4, STREAM_ANY, "WINDOW_UPDATE is not 4 bytes", "" },
    [TN_H2_CONTINUATION] = { ANY_LENGTH, STREAM_SOME, "", "CONTINUATION on stream 0" },
};

static tn_h2_error size_error(const char *reason)
{
    return tn_h2_connection_error(TN_H2_FRAME_SIZE_ERROR, reason);
}

static tn_h2_error protocol_error(const char *reason)
{
    return tn_h2_connection_error(TN_H2_PROTOCOL_ERROR, reason);
}

tn_h2_error tn_h2_frame_check(tn_h2_frame_header h, uint32_t max_frame)
{
    if (h.length > max_frame)
        return size_error("frame is longer than SETTINGS_MAX_FRAME_SIZE");
    if (h.type >= TN_H2_FRAME_TYPES)
        return tn_h2_ok();
    const rule *r = &rules[h.type];
    if ((r->stream == STREAM_NONE && h.stream) || (r->stream == STREAM_SOME && !h.stream))
        return protocol_error(r->bad_stream);
    if (h.length < r->least || h.length > r->most || h.length % r->multiple)
        return size_error(r->bad_length);
    if (h.type == TN_H2_SETTINGS && h.flags & TN_H2_FLAG_ACK && h.length)
        return size_error("SETTINGS ACK with a payload");
    return tn_h2_ok();
}

/*
 * Strips padding (RFC 9113 section 6.1) of a payload whose fixed part, behind the pad length, takes
 * `fixed` bytes; *body starts at the fixed part.
 */
static tn_h2_error unpad(tn_h2_frame_header h, const uint8_t *payload, uint32_t fixed,
                         tern_bytes *body)
{
    tn_rd in = tn_rd_of(payload, h.length);
    uint8_t pad = 0;
    if (h.flags & TN_H2_FLAG_PADDED && !tn_rd_u8(&in, &pad))
        return size_error("padded frame without a pad length");
    if (tn_rd_left(&in) < fixed)
        return size_error("frame is too short for its flags");
    if (tn_rd_left(&in) - fixed < pad)
        return protocol_error("padding is longer than the payload");
    *body = (tern_bytes){ in.p, tn_rd_left(&in) - pad };
    return tn_h2_ok();
}

tn_h2_error tn_h2_data_layout(tn_h2_frame_header h, const uint8_t *p, uint32_t *skip,
                              uint32_t *data)
{
    *skip = 0;
    *data = h.length;
    if (!(h.flags & TN_H2_FLAG_PADDED))
        return tn_h2_ok();
    if (h.length == 0)
        return size_error("padded frame without a pad length");
    if (*p > h.length - 1)
        return protocol_error("padding is longer than the payload");
    *skip = 1;
    *data = h.length - 1 - *p;
    return tn_h2_ok();
}

static tn_h2_error unpack_priority(tn_h2_frame_header h, const uint8_t *p, tn_h2_priority *out)
{
    const uint32_t word = tn_load32(p);
    *out = (tn_h2_priority){ .depends_on = word & TN_H2_MAX_STREAM_ID,
                             .exclusive = word >> 31,
                             .weight = p[4] };
    return out->depends_on == h.stream ? protocol_error("stream depends on itself") : tn_h2_ok();
}

tn_h2_error tn_h2_headers_unpack(tn_h2_frame_header h, const uint8_t *payload, tn_h2_headers *out)
{
    const bool has_priority = h.flags & TN_H2_FLAG_PRIORITY;
    const uint32_t fixed = has_priority ? TN_H2_PRIORITY_BYTES : 0;
    *out = (tn_h2_headers){ .has_priority = has_priority };
    tn_h2_error e = unpad(h, payload, fixed, &out->fragment);
    if (tn_h2_failed(e) || !has_priority)
        return e;
    e = unpack_priority(h, out->fragment.p, &out->priority);
    out->fragment.p += fixed;
    out->fragment.n -= fixed;
    return e;
}

tn_h2_error tn_h2_priority_unpack(tn_h2_frame_header h, const uint8_t *payload, tn_h2_priority *out)
{
    return unpack_priority(h, payload, out);
}

tn_h2_error tn_h2_window_update_unpack(tn_h2_frame_header h, const uint8_t *payload,
                                       uint32_t *increment)
{
    (void)h;
    *increment = tn_load32(payload) & TN_H2_MAX_WINDOW;
    return *increment ? tn_h2_ok() : protocol_error("WINDOW_UPDATE by 0");
}

tn_h2_goaway tn_h2_goaway_unpack(tn_h2_frame_header h, const uint8_t *payload)
{
    TN_ASSERT(h.length >= 8);
    return (tn_h2_goaway){ .last_stream = tn_load32(payload) & TN_H2_MAX_STREAM_ID,
                           .code = tn_load32(payload + 4),
                           .debug = { payload + 8, h.length - 8 } };
}

tn_h2_error tn_h2_setting_check(tn_h2_setting s)
{
    switch (s.id) {
    case TN_H2_SETTINGS_ENABLE_PUSH:
        if (s.value > 1)
            return protocol_error("SETTINGS_ENABLE_PUSH is neither 0 nor 1");
        break;
    case TN_H2_SETTINGS_INITIAL_WINDOW_SIZE:
        if (s.value > TN_H2_MAX_WINDOW)
            return tn_h2_connection_error(TN_H2_FLOW_CONTROL_ERROR,
                                          "SETTINGS_INITIAL_WINDOW_SIZE is above 2^31 - 1");
        break;
    case TN_H2_SETTINGS_MAX_FRAME_SIZE:
        if (s.value < TN_H2_MIN_FRAME_SIZE || s.value > TN_H2_MAX_FRAME_SIZE)
            return protocol_error("SETTINGS_MAX_FRAME_SIZE is not from 2^14 to 2^24 - 1");
        break;
    case TN_H2_SETTINGS_ENABLE_CONNECT_PROTOCOL:
        if (s.value > 1)
            return protocol_error("SETTINGS_ENABLE_CONNECT_PROTOCOL is neither 0 nor 1");
        break;
    case TN_H2_SETTINGS_NO_RFC7540_PRIORITIES:
        if (s.value > 1)
            return protocol_error("SETTINGS_NO_RFC7540_PRIORITIES is neither 0 nor 1");
        break;
    default: break;
    }
    return tn_h2_ok();
}

/* A frame of four octets. */
static bool pack_u32(tn_wr *w, tn_h2_frame_type type, uint32_t stream, uint32_t value)
{
    return tn_wr_left(w) >= TN_H2_FRAME_HEADER_BYTES + 4 &&
           tn_h2_frame_header_put(w, type, 0, stream, 4) && tn_wr_u32(w, value);
}

bool tn_h2_rst_stream_pack(tn_wr *w, uint32_t stream, uint32_t code)
{
    return pack_u32(w, TN_H2_RST_STREAM, stream, code);
}

bool tn_h2_window_update_pack(tn_wr *w, uint32_t stream, uint32_t increment)
{
    return pack_u32(w, TN_H2_WINDOW_UPDATE, stream, increment & TN_H2_MAX_WINDOW);
}

bool tn_h2_settings_pack(tn_wr *w, const tn_h2_setting *settings, uint32_t n)
{
    const uint32_t most = TN_H2_MAX_FRAME_SIZE / TN_H2_SETTING_BYTES;
    if (n > most || tn_wr_left(w) < TN_H2_FRAME_HEADER_BYTES + (size_t)n * TN_H2_SETTING_BYTES)
        return false;
    bool ok = tn_h2_frame_header_put(w, TN_H2_SETTINGS, 0, 0, n * TN_H2_SETTING_BYTES);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t id[2];
        tn_store16(id, settings[i].id);
        ok = ok && tn_wr_bytes(w, id, 2) && tn_wr_u32(w, settings[i].value);
    }
    return ok;
}

bool tn_h2_settings_ack_pack(tn_wr *w)
{
    return tn_h2_frame_header_put(w, TN_H2_SETTINGS, TN_H2_FLAG_ACK, 0, 0);
}

bool tn_h2_ping_pack(tn_wr *w, bool ack, const uint8_t opaque[8])
{
    return tn_wr_left(w) >= TN_H2_PING_BYTES &&
           tn_h2_frame_header_put(w, TN_H2_PING, ack ? TN_H2_FLAG_ACK : 0, 0, 8) &&
           tn_wr_bytes(w, opaque, 8);
}

bool tn_h2_goaway_pack(tn_wr *w, uint32_t last_stream, uint32_t code, tern_bytes debug)
{
    if (debug.n > TN_H2_MAX_FRAME_SIZE - 8 || tn_wr_left(w) < TN_H2_GOAWAY_BYTES + debug.n)
        return false;
    return tn_h2_frame_header_put(w, TN_H2_GOAWAY, 0, 0, (uint32_t)(8 + debug.n)) &&
           tn_wr_u32(w, last_stream & TN_H2_MAX_STREAM_ID) && tn_wr_u32(w, code) &&
           tn_wr_bytes(w, debug.p, debug.n);
}
