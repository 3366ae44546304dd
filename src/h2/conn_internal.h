/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn_internal.h: the connection's fields, and what its files ask of each other.
 *
 * Who may call whom, top to bottom: conn.c (life, output); feed.c (input); recv_*.c and settings.c
 * (one handler a frame type); drain.c; send.c and schedule.c; flow.c; streams.c; write.c; out.c.
 * Internal to h2.
 */
#ifndef TN_H2_CONN_INTERNAL_H
#define TN_H2_CONN_INTERNAL_H

#include "base/assert.h"
#include "base/map.h"
#include "h2/conn.h"
#include "h2/frame.h"
#include "h2/limits.h"
#include "h2/out.h"
#include "h2/stream.h"

/* What the reader waits for (feed.c). */
typedef enum tn_h2_input_state {
    TN_H2_INPUT_PREFACE = 0, /* server */
    TN_H2_INPUT_HEADER,
    TN_H2_INPUT_PAYLOAD, /* of any frame but DATA, whole */
    TN_H2_INPUT_PAD_LENGTH,
    TN_H2_INPUT_DATA, /* given on as it comes */
    TN_H2_INPUT_PADDING,
    TN_H2_INPUT_STATES
} tn_h2_input_state;

typedef struct tn_h2_input {
    uint8_t state;            /* tn_h2_input_state */
    uint32_t need;            /* octets that the state is for */
    uint32_t padding;         /* that follow the data of a DATA frame */
    tn_h2_frame_header frame; /* the one being read */
    tn_h2_stream *stream;     /* that the data goes to; NULL: nobody wants it */
    tn_buf held;              /* the part of `need` that has come, when not all did */
    uint64_t due;             /* ns; by then the frame that has begun must be whole; UINT64_MAX */
    uint32_t fresh;           /* streams opened in this turn */
} tn_h2_input;

/* A header block in pieces (recv_headers.c). */
typedef struct tn_h2_gather {
    uint32_t stream; /* 0: none */
    bool end_stream;
    uint32_t frames; /* CONTINUATION so far */
    uint64_t due;    /* ns; by then it must be whole */
    tn_buf bytes;
} tn_h2_gather;

typedef enum tn_h2_drain_stage {
    TN_H2_DRAIN_NONE = 0,
    TN_H2_DRAIN_ASKED, /* GOAWAY 2^31-1 and PING are out */
    TN_H2_DRAIN_FINAL  /* GOAWAY with the last id is out */
} tn_h2_drain_stage;

/* Bandwidth-delay estimation (bdp.c). */
typedef struct tn_h2_bdp {
    uint64_t given;   /* octets of connection credit given back, ever */
    uint64_t mark;    /* octets received when the PING left */
    uint64_t seen;    /* octets received when its ACK came */
    uint32_t target;  /* octets a busy stream's window should have; 0: as configured */
    uint32_t granted; /* the sum of recv_extra */
    uint64_t next;    /* ns: no PING before */
    uint64_t pause;   /* ns: to the next, while nothing grows */
    bool asked;       /* a PING of ours is out */
} tn_h2_bdp;

struct tn_h2_conn {
    const tern_env *env;
    const tn_h2_events *events;
    void *user;
    tn_h2_config config; /* defaults filled in */
    uint64_t now;        /* as last told, ns */

    tn_h2_phase phase;
    tn_h2_error cause;
    uint64_t settings_due; /* ns: SETTINGS of the peer and its ACK must be in by then */
    bool got_settings, got_ack;

    /* receiving */
    tn_h2_input in;
    tn_h2_gather gather;
    tn_hpack_decoder decoder;
    uint64_t memo_content_length; /* of the request that the decoder remembers */
    int32_t recv_window;          /* octets the peer may send on the connection */
    uint32_t recv_credit;         /* received, not yet given back */
    int32_t
        stream_window; /* what a new stream's recv_window is: ours, or the RFC's until the ACK */
    tn_h2_bucket spent[TN_H2_BUCKETS];
    struct {
        uint32_t strikes;
        uint64_t next; /* ns: one that comes sooner is a strike */
        uint64_t sent; /* octets of output, as out.taken counts, behind the last ACK */
    } pings;
    struct {
        uint32_t open,
            closed; /* octets of header lists: of open streams, of those whose slot is kept */
    } lists;
    tn_h2_bdp bdp;

    /* sending */
    tn_h2_out out;
    tn_hpack_encoder encoder;
    int32_t send_window;
    struct {
        uint32_t first,
            more;      /* answers in the output that the peer caused: up to mark, and beyond */
        uint64_t mark; /* in octets of output, as out.taken counts */
    } owed;
    struct {
        uint64_t due;   /* ns: when to look again; UINT64_MAX: the transport takes what there is */
        uint64_t since; /* ns: nothing has gone since */
        uint64_t taken; /* out.taken then */
    } blocked;
    tn_list ready;       /* streams with DATA and window */
    bool shut;           /* send_window was used up (schedule.c) */
    uint64_t silly_due;  /* ns: windows too small to be worth it are used then; UINT64_MAX */
    uint64_t trim_due;   /* ns; UINT64_MAX: no buffers to give back */
    uint64_t trim_taken; /* out.taken when trim_due was set */
    struct {
        int32_t window;       /* SETTINGS_INITIAL_WINDOW_SIZE */
        uint32_t frame;       /* SETTINGS_MAX_FRAME_SIZE */
        uint32_t max_streams; /* SETTINGS_MAX_CONCURRENT_STREAMS; 2^32-1 without */
    } peer;

    /* streams */
    tn_idmap streams;
    tn_list all;      /* open, oldest first */
    tn_list dead;     /* closed, `closed` not yet given */
    uint32_t live;    /* open on the wire */
    uint32_t slots;   /* server: `open` given, tn_h2_slot_free not yet called */
    uint32_t last_id; /* the highest opened by the peer (server) or by us (client) */
    uint64_t past[TN_H2_PAST_STREAMS / 32]; /* two bits each (streams.c) */

    /* end */
    uint8_t drain; /* tn_h2_drain_stage */
    bool goaway_received;
    uint64_t drain_due;    /* ns, in stage ASKED */
    uint32_t ignore_above; /* ids above it are ignored: our final GOAWAY said so */
    uint32_t peer_last;    /* of the peer's last GOAWAY */
};

/* ---- conn.c ---- */

/* The connection error: GOAWAY, every stream LOST, ENDED. The first one wins. Gives no event. */
void tn_h2_fail(tn_h2_conn *c, tn_h2_error error);
/* The same without words, for want of memory: unsent output is dropped. */
void tn_h2_fail_memory(tn_h2_conn *c);
/* One more answer is in the output. */
void tn_h2_owe(tn_h2_conn *c);
/* One token of a bucket of limits.inc: the connection error of the row when there is none. */
tn_h2_error tn_h2_spend(tn_h2_conn *c, tn_h2_limit bucket);

/* ---- write.c: control frames into the output; without memory the connection fails ---- */

void tn_h2_write_settings(tn_h2_conn *c, const tn_h2_setting *settings, uint32_t n);
void tn_h2_write_settings_ack(tn_h2_conn *c);
void tn_h2_write_ping(tn_h2_conn *c, bool ack, const uint8_t opaque[8]);
void tn_h2_write_goaway(tn_h2_conn *c, uint32_t last, uint32_t code, const char *debug);
void tn_h2_write_rst_stream(tn_h2_conn *c, uint32_t id, uint32_t code);
void tn_h2_write_window_update(tn_h2_conn *c, uint32_t id, uint32_t increment);
/* HEADERS and, for a large block, CONTINUATION. False: no memory, nothing was written. */
bool tn_h2_write_headers(tn_h2_conn *c, uint32_t id, const tn_h2_field *fields, size_t n,
                         bool end_stream);

/* ---- flow.c ---- */

/* Adds to a window that we send by; false: above 2^31-1. */
bool tn_h2_window_add(int32_t *window, uint32_t increment);
/* SETTINGS_INITIAL_WINDOW_SIZE changed by delta: for all streams. False: one went above 2^31-1. */
bool tn_h2_send_windows_shift(tn_h2_conn *c, int64_t delta);
void tn_h2_recv_windows_shift(tn_h2_conn *c, int32_t delta);
/* A DATA frame of n octets came, s NULL when nobody wants it: charges both windows. */
tn_h2_error tn_h2_charge(tn_h2_conn *c, tn_h2_stream *s, uint32_t n);
/* Is a WINDOW_UPDATE for the connection worth its bytes? */
bool tn_h2_credit_due(const tn_h2_conn *c);
void tn_h2_credit_flush(tn_h2_conn *c);

/* ---- bdp.c ---- */

/* A busy stream gets its credit back: a good time to measure, when that is wanted. */
void tn_h2_bdp_ask(tn_h2_conn *c);
/* Is this PING ACK the estimation's? Then windows may have grown. */
bool tn_h2_bdp_ack(tn_h2_conn *c, uint64_t opaque);
/* What may be added to the window of s now, octets; it counts as given. */
uint32_t tn_h2_bdp_grant(tn_h2_conn *c, tn_h2_stream *s);

/* ---- schedule.c ---- */

/* s may have become able to send: puts it into the round. */
void tn_h2_schedule_stream(tn_h2_conn *c, tn_h2_stream *s);
/* The connection's own window grew. */
void tn_h2_schedule_connection(tn_h2_conn *c);
/* Small windows have waited long enough. */
void tn_h2_schedule_tick(tn_h2_conn *c);
/* Can a turn be given now? */
bool tn_h2_schedule_due(const tn_h2_conn *c);
/* Gives streams their turns until the output is full or nobody can send. */
void tn_h2_schedule_run(tn_h2_conn *c);

/* ---- send.c ---- */

/* The octets of DATA that may go now for s: windows and room in the output. */
size_t tn_h2_send_allowance(const tn_h2_conn *c, const tn_h2_stream *s);
void tn_h2_trailers_free(tn_h2_conn *c, tn_h2_stream *s);
/* Writes the trailers that waited. False: no memory. */
bool tn_h2_trailers_flush(tn_h2_conn *c, tn_h2_stream *s);
/* The peer broke a rule on the stream: RST_STREAM, s closes with RESET_LOCAL, and `closed` waits for the
 * burial. Making us reset costs the peer a token of PROVOKED. */
tn_h2_error tn_h2_stream_fault(tn_h2_conn *c, tn_h2_stream *s, tn_h2_code code);

/* ---- the handlers of frames: h passed tn_h2_frame_check, the payload is whole ---- */

/* h is in.frame, by pointer: its fields are read as they were written, one by one, which a copy of
 * the struct in one piece right after would stall on. */
typedef tn_h2_error tn_h2_handler(tn_h2_conn *c, const tn_h2_frame_header *h,
                                  const uint8_t *payload);
tn_h2_handler tn_h2_on_headers, tn_h2_on_continuation, tn_h2_on_push_promise; /* recv_headers.c */
tn_h2_handler tn_h2_on_settings;                                              /* settings.c */
tn_h2_handler tn_h2_on_rst_stream, tn_h2_on_window_update, tn_h2_on_priority; /* recv_control.c */
tn_h2_handler tn_h2_on_ping;
tn_h2_handler tn_h2_on_goaway; /* drain.c */

/* DATA, in parts (recv_data.c). Its header; then, after a pad length if PADDED, the layout; then the
 * data in one or more runs. */
tn_h2_error tn_h2_data_begin(tn_h2_conn *c);
tn_h2_error tn_h2_data_start(tn_h2_conn *c, const uint8_t *pad_length);
void tn_h2_data_run(tn_h2_conn *c, const uint8_t *p, size_t n);

/* A whole header block (recv_headers.c). */
tn_h2_error tn_h2_on_block(tn_h2_conn *c, uint32_t id, bool end_stream, tern_bytes block);

/* ---- settings.c ---- */

/* Our first SETTINGS and the connection's window. */
void tn_h2_settings_start(tn_h2_conn *c);

/* ---- drain.c ---- */

/* Is this PING ACK the drain's? */
bool tn_h2_drain_ack(tn_h2_conn *c, uint64_t opaque);
void tn_h2_drain_tick(tn_h2_conn *c);
/* A draining connection without streams ends. */
void tn_h2_drain_check(tn_h2_conn *c);

/* The id that GOAWAY names: the last of the peer's that we looked at. */
static inline uint32_t tn_h2_last_peer_id(const tn_h2_conn *c)
{
    return c->config.server ? c->last_id : 0;
}

static inline tn_h2_error tn_h2_protocol_error(const char *reason)
{
    return tn_h2_connection_error(TN_H2_PROTOCOL_ERROR, reason);
}

#endif
