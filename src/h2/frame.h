/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h: HTTP/2 frames to and from bytes (RFC 9113 sections 4 and 6).
 *
 * Pure functions: no state, no memory. It knows the layout of each frame and every rule that can be
 * checked from one frame alone; rules that need the connection or the stream are conn's.
 * Order of use on receipt: tn_h2_frame_header_unpack on 9 bytes, tn_h2_frame_check before waiting for
 * the payload, then the unpack function of the type on the whole payload. Unpacked bytes are borrowed
 * from the payload. Unknown types pass the check and are to be ignored.
 *
 * Where the RFC lets a stream error be a connection error (section 5.4.1), malformed frames are
 * connection errors: a peer that can make us reset streams has a weapon (CVE-2025-8671).
 *
 * Pack functions write one whole frame (or its header) through a tn_wr; false: it does not fit, and
 * nothing was written.
 */
#ifndef TN_H2_FRAME_H
#define TN_H2_FRAME_H

#include "base/cursor.h"
#include "h2/error.h"
#include "tern/str.h"

enum {
    TN_H2_FRAME_HEADER_BYTES = 9,
    TN_H2_PRIORITY_BYTES = 5,
    TN_H2_SETTING_BYTES = 6,
    TN_H2_RST_STREAM_BYTES = 9 + 4,
    TN_H2_WINDOW_UPDATE_BYTES = 9 + 4,
    TN_H2_PING_BYTES = 9 + 8,
    TN_H2_GOAWAY_BYTES = 9 + 8, /* and the debug data */
    TN_H2_PREFACE_BYTES = 24
};

#define TN_H2_PREFACE        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define TN_H2_MAX_STREAM_ID  0x7fffffffu
#define TN_H2_MAX_WINDOW     0x7fffffffu
#define TN_H2_INITIAL_WINDOW 65535u
#define TN_H2_MIN_FRAME_SIZE 16384u /* of SETTINGS_MAX_FRAME_SIZE, and its initial value */
#define TN_H2_MAX_FRAME_SIZE 16777215u

typedef enum tn_h2_frame_type {
    TN_H2_DATA = 0x0,
    TN_H2_HEADERS = 0x1,
    TN_H2_PRIORITY = 0x2,
    TN_H2_RST_STREAM = 0x3,
    TN_H2_SETTINGS = 0x4,
    TN_H2_PUSH_PROMISE = 0x5,
    TN_H2_PING = 0x6,
    TN_H2_GOAWAY = 0x7,
    TN_H2_WINDOW_UPDATE = 0x8,
    TN_H2_CONTINUATION = 0x9,
    TN_H2_FRAME_TYPES = 0xa
} tn_h2_frame_type;

enum {
    TN_H2_FLAG_END_STREAM = 0x1, /* DATA, HEADERS */
    TN_H2_FLAG_ACK = 0x1,        /* SETTINGS, PING */
    TN_H2_FLAG_END_HEADERS = 0x4,
    TN_H2_FLAG_PADDED = 0x8,
    TN_H2_FLAG_PRIORITY = 0x20
};

typedef enum tn_h2_setting_id {
    TN_H2_SETTINGS_HEADER_TABLE_SIZE = 0x1,
    TN_H2_SETTINGS_ENABLE_PUSH = 0x2,
    TN_H2_SETTINGS_MAX_CONCURRENT_STREAMS = 0x3,
    TN_H2_SETTINGS_INITIAL_WINDOW_SIZE = 0x4,
    TN_H2_SETTINGS_MAX_FRAME_SIZE = 0x5,
    TN_H2_SETTINGS_MAX_HEADER_LIST_SIZE = 0x6,
    TN_H2_SETTINGS_ENABLE_CONNECT_PROTOCOL = 0x8, /* RFC 8441 */
    TN_H2_SETTINGS_NO_RFC7540_PRIORITIES = 0x9    /* RFC 9218 */
} tn_h2_setting_id;

typedef struct tn_h2_frame_header {
    uint32_t length; /* of the payload, at most 2^24 - 1 */
    uint8_t type;    /* a tn_h2_frame_type, or one not known */
    uint8_t flags;
    uint32_t stream; /* the reserved bit is gone */
} tn_h2_frame_header;

typedef struct tn_h2_priority {
    uint32_t depends_on;
    bool exclusive;
    uint8_t weight; /* as on the wire: 0 to 255 for 1 to 256 */
} tn_h2_priority;

typedef struct tn_h2_headers {
    bool has_priority;
    tn_h2_priority priority;
    tern_bytes fragment; /* borrowed */
} tn_h2_headers;

typedef struct tn_h2_goaway {
    uint32_t last_stream;
    uint32_t code;
    tern_bytes debug; /* borrowed */
} tn_h2_goaway;

typedef struct tn_h2_setting {
    uint16_t id; /* a tn_h2_setting_id, or one not known */
    uint32_t value;
} tn_h2_setting;

/* p has 9 bytes. Every 9 bytes are a header. */
static inline tn_h2_frame_header tn_h2_frame_header_unpack(const uint8_t *p)
{
    return (tn_h2_frame_header){ .length = tn_load24(p),
                                 .type = p[3],
                                 .flags = p[4],
                                 .stream = tn_load32(p + 5) & TN_H2_MAX_STREAM_ID };
}

/* p has room for 9 bytes. */
static inline void tn_h2_frame_header_pack(uint8_t *p, tn_h2_frame_header h)
{
    tn_store24(p, h.length);
    p[3] = h.type;
    p[4] = h.flags;
    tn_store32(p + 5, h.stream);
}

/*
 * What the header alone tells: length against max_frame (what we announced) and against the type's
 * own length, stream zero or not. FRAME_SIZE_ERROR or PROTOCOL_ERROR, always of the connection.
 * Flags that a type does not define are ignored.
 */
tn_h2_error tn_h2_frame_check(tn_h2_frame_header h, uint32_t max_frame);

/*
 * Unpack functions take a header that passed tn_h2_frame_check and the payload, h.length bytes, whole.
 * All errors are of the connection; on error *out is unspecified.
 */

/*
 * From the first byte of a DATA payload, which need not all have come: *skip bytes to leave out in
 * front (0 or 1), *data bytes of data after them, the rest is padding. p may be NULL when not PADDED.
 * PROTOCOL_ERROR: padding longer than the payload. FRAME_SIZE_ERROR: no pad length. The whole h.length
 * counts in flow control (section 6.9.1).
 */
tn_h2_error tn_h2_data_layout(tn_h2_frame_header h, const uint8_t *p, uint32_t *skip,
                              uint32_t *data);
/* PROTOCOL_ERROR: padding too long, or a stream that depends on itself. FRAME_SIZE_ERROR: too short
 * for its flags. */
tn_h2_error tn_h2_headers_unpack(tn_h2_frame_header h, const uint8_t *payload, tn_h2_headers *out);
/* PROTOCOL_ERROR: a stream that depends on itself. */
tn_h2_error tn_h2_priority_unpack(tn_h2_frame_header h, const uint8_t *payload,
                                  tn_h2_priority *out);
/* PROTOCOL_ERROR: an increment of 0. */
tn_h2_error tn_h2_window_update_unpack(tn_h2_frame_header h, const uint8_t *payload,
                                       uint32_t *increment);

/* Frames whose length check is all there is to check. */
static inline uint32_t tn_h2_rst_stream_unpack(const uint8_t *payload)
{
    return tn_load32(payload);
}

tn_h2_goaway tn_h2_goaway_unpack(tn_h2_frame_header h, const uint8_t *payload);

/* Setting number i of the h.length / 6 in a SETTINGS payload. */
static inline tn_h2_setting tn_h2_setting_unpack(const uint8_t *payload, uint32_t i)
{
    const uint8_t *p = payload + (size_t)i * TN_H2_SETTING_BYTES;
    return (tn_h2_setting){ .id = (uint16_t)tn_load16(p), .value = tn_load32(p + 2) };
}

/* Whether the value is allowed for the id (section 6.5.2): PROTOCOL_ERROR, or FLOW_CONTROL_ERROR for
 * a window above 2^31 - 1. Unknown ids pass. */
tn_h2_error tn_h2_setting_check(tn_h2_setting s);

/* The header of a frame whose payload, of `length` octets, follows elsewhere. */
static inline bool tn_h2_frame_header_put(tn_wr *w, tn_h2_frame_type type, uint8_t flags,
                                          uint32_t stream, uint32_t length)
{
    if (tn_wr_left(w) < TN_H2_FRAME_HEADER_BYTES)
        return false;
    tn_h2_frame_header_pack(w->p, (tn_h2_frame_header){ length, (uint8_t)type, flags, stream });
    w->p += TN_H2_FRAME_HEADER_BYTES;
    return true;
}

/* Whole frames. Payloads are at most 2^24 - 1 bytes, else false. */
bool tn_h2_rst_stream_pack(tn_wr *w, uint32_t stream, uint32_t code);
bool tn_h2_settings_pack(tn_wr *w, const tn_h2_setting *settings, uint32_t n);
bool tn_h2_settings_ack_pack(tn_wr *w);
bool tn_h2_ping_pack(tn_wr *w, bool ack, const uint8_t opaque[8]);
bool tn_h2_goaway_pack(tn_wr *w, uint32_t last_stream, uint32_t code, tern_bytes debug);
bool tn_h2_window_update_pack(tn_wr *w, uint32_t stream, uint32_t increment);

#endif
