/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.h: one HTTP/2 connection, either role, without I/O (RFC 9113).
 *
 * Bytes and the time go in by tn_h2_feed and tn_h2_tick; events come out through a const table of
 * functions; bytes to send are seen by tn_h2_pull and dropped by tn_h2_sent; tn_h2_next_timeout says
 * when tn_h2_tick is due. No socket, clock, thread or global.
 *
 * Events come during tn_h2_feed, tn_h2_tick, tn_h2_pull and tn_h2_lost. Two calls give `closed` before
 * they return: tn_h2_reset for its stream, tn_h2_abort for all. No other call gives an event: a stream
 * that a send ended is still there when the send returns, and `closed` follows with the rest of the
 * feed or with the next tn_h2_pull.
 *
 * Streams are intrusive: the layer above embeds a tn_h2_stream in its call and gives the memory by
 * `open` (server) or tn_h2_open (client). From then to the `closed` event, which comes exactly once
 * for each, it belongs to the connection. Nothing of the connection refers to it afterwards. `closed`
 * may follow `open` with no other event between (no memory).
 *
 * A slot of MAX_CONCURRENT_STREAMS is taken at `open` and given back by tn_h2_slot_free, which the
 * layer above calls when the stream is closed AND its handler has returned (rapid reset).
 *
 * Inside an event any function here may be called but tn_h2_feed, tn_h2_tick, tn_h2_pull, tn_h2_sent,
 * tn_h2_lost and tn_h2_free. After a connection error the connection swallows input and only its GOAWAY is
 * still to be sent.
 * One thread at a time.
 */
#ifndef TN_H2_CONN_H
#define TN_H2_CONN_H

#include "base/chunk.h"
#include "base/list.h"
#include "h2/error.h"
#include "h2/hpack.h"
#include "tern/code.h"

typedef struct tn_h2_conn tn_h2_conn;

/* Zeroed by the layer above before it hands it in; every field is the connection's. */
typedef struct tn_h2_stream {
    uint32_t id;                     /* 0 until opened */
    uint8_t state;                   /* tn_h2_state, h2/stream.h */
    uint8_t flags;                   /* of h2/stream.h */
    uint8_t informational;           /* 1xx blocks received */
    uint8_t how;                     /* tn_h2_close, once state is closed */
    uint32_t code;                   /* the code that goes with how */
    int32_t send_window;             /* octets we may send; may be negative (RFC 9113 6.9.2) */
    int32_t recv_window;             /* octets the peer may send */
    uint32_t recv_credit;            /* consumed and not yet given back by WINDOW_UPDATE */
    tn_chunk_queue queue;            /* DATA that waits for window or its turn */
    tn_list ready;                   /* in the round of streams that can send, or of those closed */
    tn_list all;                     /* in the list of open streams */
    struct tn_h2_trailers *trailers; /* that follow the queue; encoded when their turn comes */
    uint64_t content_left;           /* of a content-length; UINT64_MAX without one */
    uint64_t opened_at;              /* client: octets of output before its HEADERS */
    uint32_t recv_extra;             /* octets that estimation has added to its window */
    uint32_t header_bytes;           /* server: of the request's header list */
} tn_h2_stream;

typedef struct tn_h2_config {
    bool server;
    uint32_t max_concurrent_streams; /* that the peer may open; 0 = 100 */
    uint32_t stream_window;          /* our SETTINGS_INITIAL_WINDOW_SIZE, octets; 0 = 65535 */
    uint32_t max_window;             /* windows grow up to it by estimating bandwidth x delay with
                                        PINGs (bdp.c), octets; 0 = they stay as they are */
    uint32_t conn_window;           /* octets of the connection; 0 = 16 x stream_window, >= 65535 */
    uint32_t max_header_list_bytes; /* 0 = 16384; name + value + 32 a field */
    uint32_t max_header_fields;     /* 0 = 128; at most 256 */
    uint32_t header_table_bytes;    /* our decoder's dynamic table; 0 = 4096 */
    uint32_t settings_timeout_ms;   /* from the start to the peer's first SETTINGS and to its ACK of
                                        ours; also for one header block and for what has come of a
                                        frame; 0 = 10000 */
    uint32_t ping_interval_ms;      /* server: a client that is sent nothing may PING so often;
                                        0 = as it likes */
    uint32_t parked_streams; /* server: slots beyond max_concurrent_streams, for streams whose
                                        forerunners are closed but not yet given back; the layer above
                                        parks them; 0 = none */
} tn_h2_config;

/* What a HEADERS block is for. */
typedef enum tn_h2_block {
    TN_H2_BLOCK_REQUEST,
    TN_H2_BLOCK_RESPONSE,      /* the final :status */
    TN_H2_BLOCK_INFORMATIONAL, /* 1xx */
    TN_H2_BLOCK_TRAILERS
} tn_h2_block;

typedef struct tn_h2_fields {
    const tn_h2_field *p; /* pseudo-header fields first; borrowed for the event */
    size_t n;
    bool too_large; /* over max_header_list_bytes or max_header_fields: n is 0 */
    uint64_t
        memo; /* of a request; not 0: the same fields as each time that this number came on this
                       connection, at the same place: what was found of them then holds again */
} tn_h2_fields;

/* Why a stream is closed. */
typedef enum tn_h2_close {
    TN_H2_CLOSED_DONE,        /* both sides ended in order */
    TN_H2_CLOSED_RESET_LOCAL, /* we sent RST_STREAM: asked for, or the peer broke a rule on the stream */
    TN_H2_CLOSED_RESET_PEER,  /* the peer sent RST_STREAM; code says why */
    TN_H2_CLOSED_UNPROCESSED, /* GOAWAY or REFUSED_STREAM says that the peer never looked at it */
    TN_H2_CLOSED_LOST         /* the connection ended under it */
} tn_h2_close;

/* user is what tn_h2_new was given. */
typedef struct tn_h2_events {
    /* Server: the peer opens a stream. Zeroed memory for it, or NULL to refuse it (REFUSED_STREAM). */
    tn_h2_stream *(*open)(void *user);
    void (*headers)(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                    bool end_stream);
    /* n may be 0 with end_stream. Stream credit goes back by tn_h2_consume only. p is borrowed. */
    void (*data)(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream);
    /* What the stream still has queued fell below 32 KiB after having been at 64 KiB or above. */
    void (*writable)(void *user, tn_h2_stream *s);
    /* The last event of a stream. code: the RST_STREAM or GOAWAY code, else NO_ERROR. */
    void (*closed)(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code);
    /* The peer's first SETTINGS are in, or later ones changed what tn_h2_can_open says. */
    void (*settings)(void *user);
    /* GOAWAY from the peer: open no more streams here. debug is borrowed. */
    void (*goaway)(void *user, uint32_t code, tern_bytes debug);
    /* A PING of ours was answered; the opaque data that was sent. */
    void (*ping_ack)(void *user, uint64_t opaque);
    /* Server: the peer resets a stream of which it was sent nothing: is that no fault of its (the work
     * has begun, the deadline is here)? May be NULL: it always is. */
    bool (*reset_is_free)(void *user, const tn_h2_stream *s);
} tn_h2_events;

/* owned; config and events borrowed for the connection's life; NULL when there is no memory. Writes
 * preface and SETTINGS at once (they wait in tn_h2_pull). now: ns. */
tn_h2_conn *tn_h2_new(const tern_env *env, const tn_h2_config *config, const tn_h2_events *events,
                      void *user, uint64_t now);
/* Every stream must have had its `closed`: call tn_h2_lost first. NULL is fine. */
void tn_h2_free(tn_h2_conn *c);

/* Takes all n bytes. A connection error becomes GOAWAY in the output; see tn_h2_status. */
void tn_h2_feed(tn_h2_conn *c, const uint8_t *p, size_t n, uint64_t now);
/* The same up to the frame that opens the 32nd new stream: how many bytes it took, at least 1. The rest
 * is for the next turn, when others have had theirs; no other bytes may be fed before it. */
size_t tn_h2_feed_turn(tn_h2_conn *c, const uint8_t *p, size_t n, uint64_t now);

/* The transport ended: every open stream gets `closed` with LOST (or UNPROCESSED). */
void tn_h2_lost(tn_h2_conn *c);

/* When tn_h2_tick is due, ns; UINT64_MAX for never. */
uint64_t tn_h2_next_timeout(const tn_h2_conn *c);
void tn_h2_tick(tn_h2_conn *c, uint64_t now);

/* Fills up to max slices with what is to be sent, in order, after giving queued DATA its turns
 * (round robin by stream, one frame each; at most 256 KiB prepared at once). Returns how many; the
 * slices stand until the next call on c. */
size_t tn_h2_pull(tn_h2_conn *c, tern_bytes *slices, size_t max);
/* The first n bytes of what was pulled have gone. */
void tn_h2_sent(tn_h2_conn *c, size_t n);
/* The transport takes no more, though there is output: a clock runs from here on. When nothing
 * goes for 20 s (10 s while input is not wanted, 1 s after the end), output is dropped and the connection
 * is ENDED. Ask for the next timeout afterwards. */
void tn_h2_blocked(tn_h2_conn *c, uint64_t now);
/* Would tn_h2_pull give anything? */
bool tn_h2_has_output(const tn_h2_conn *c);
/* False while the peer leaves our answers to its frames (ACKs, RST_STREAM) unread: feed nothing until
 * output has gone. Feeding is safe all the same, and costs memory in proportion to what is fed. */
bool tn_h2_wants_input(const tn_h2_conn *c);

typedef enum tn_h2_phase {
    TN_H2_OPEN,
    TN_H2_DRAINING, /* GOAWAY sent or received: no new streams; ends when the last is closed */
    TN_H2_ENDED     /* nothing more is read; close the transport once tn_h2_has_output is false */
} tn_h2_phase;
tn_h2_phase tn_h2_status(const tn_h2_conn *c);
/* What ended it: scope connection, code and reason; code NO_ERROR after an orderly end. */
const tn_h2_error *tn_h2_cause(const tn_h2_conn *c);
/* The config as it holds: defaults filled in, bounds kept. */
const tn_h2_config *tn_h2_config_of(const tn_h2_conn *c);

/* Client: has the peer's first SETTINGS come, is it not draining, and is its stream limit not reached? */
bool tn_h2_can_open(const tn_h2_conn *c);
/* Client: opens s with HEADERS. AGAIN when tn_h2_can_open is false, UNAVAILABLE when draining or
 * ended, RESOURCE_EXHAUSTED without memory; s is then not taken. Fields are borrowed. */
tern_code tn_h2_open(tn_h2_conn *c, tn_h2_stream *s, const tn_h2_field *fields, size_t n,
                     bool end_stream);

/*
 * The four ways to send on a stream. FAILED_PRECONDITION: out of order (DATA before the response's
 * HEADERS, anything after end_stream or trailers). CANCELLED: the stream is closed. UNAVAILABLE: the
 * connection is. RESOURCE_EXHAUSTED: no memory; nothing was sent and the stream is as before.
 */
/* Server: HEADERS on an open stream: the response (or a 1xx). */
tern_code tn_h2_send_headers(tn_h2_conn *c, tn_h2_stream *s, const tn_h2_field *fields, size_t n,
                             bool end_stream);
/* Trailers; they follow all queued DATA and end the stream. Fields are copied. */
tern_code tn_h2_send_trailers(tn_h2_conn *c, tn_h2_stream *s, const tn_h2_field *fields, size_t n);
/* DATA. chunk moved (also on failure), its bytes are [off, off + n); NULL or empty only with
 * end_stream. Small data for which there is window and no queue goes into the output at once. */
tern_code tn_h2_send_data(tn_h2_conn *c, tn_h2_stream *s, tn_chunk *chunk, bool end_stream);
/* The same for borrowed bytes: copied into the output when they may go at once, else into a chunk. */
tern_code tn_h2_send_bytes(tn_h2_conn *c, tn_h2_stream *s, const uint8_t *p, size_t n,
                           bool end_stream);
/* Octets of DATA that wait in the stream. */
static inline size_t tn_h2_queued(const tn_h2_stream *s)
{
    return s->queue.bytes;
}
/* The layer above is done with n octets of DATA; WINDOW_UPDATE follows when it is worth one. */
void tn_h2_consume(tn_h2_conn *c, tn_h2_stream *s, size_t n);
/* RST_STREAM with code; queued DATA is dropped; `closed` follows before this returns. A stream that
 * is closed already sends nothing and has its `closed` now. */
void tn_h2_reset(tn_h2_conn *c, tn_h2_stream *s, uint32_t code);
void tn_h2_slot_free(tn_h2_conn *c);
/* Streams that hold a slot (server) or are open (client). */
uint32_t tn_h2_streams(const tn_h2_conn *c);

void tn_h2_ping(tn_h2_conn *c, uint64_t opaque);
/* Orderly end. Server: GOAWAY 2^31-1 and PING, on its ack or after 5 s GOAWAY with the last id, then
 * ENDED when no stream is left. Client: GOAWAY, no new streams. Calling it twice is fine. A client
 * does it by itself when it has used up three quarters of the stream ids. */
void tn_h2_drain(tn_h2_conn *c, uint64_t now);
/* GOAWAY now with code and debug text (static), all streams closed with LOST. */
void tn_h2_abort(tn_h2_conn *c, uint32_t code, const char *debug);

#endif
