/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h: the life of a stream (RFC 9113 section 5.1): the states, what moves between them, and how
 * a connection finds, keeps and buries its streams.
 *
 * One function changes a state: tn_h2_stream_move, from one table, with every counter inside.
 */
#ifndef TN_H2_STREAM_H
#define TN_H2_STREAM_H

#include "h2/conn.h"

typedef enum tn_h2_state {
    TN_H2_STATE_IDLE = 0,
    TN_H2_STATE_OPEN,
    TN_H2_STATE_HALF_LOCAL,  /* we have ended our side */
    TN_H2_STATE_HALF_REMOTE, /* the peer has ended its side */
    TN_H2_STATE_CLOSED,
    TN_H2_STATES
} tn_h2_state;

/* What moves a stream. SEND and RECV: HEADERS or DATA; _END with END_STREAM. */
typedef enum tn_h2_act {
    TN_H2_ACT_OPEN = 0, /* the first HEADERS, of either side */
    TN_H2_ACT_SEND,
    TN_H2_ACT_SEND_END,
    TN_H2_ACT_SEND_RST,
    TN_H2_ACT_RECV,
    TN_H2_ACT_RECV_END,
    TN_H2_ACT_RECV_RST,
    TN_H2_ACT_RECV_WINDOW,
    TN_H2_ACT_LOST, /* the connection, or a GOAWAY, ends it */
    TN_H2_ACTS
} tn_h2_act;

typedef enum tn_h2_verdict {
    TN_H2_MOVED = 0,
    TN_H2_MOVE_IGNORE, /* nothing is to be done: the stream is closed already */
    TN_H2_MOVE_MISUSE, /* our side may not do that now */
    TN_H2_MOVE_IDLE,   /* the peer may not: connection error PROTOCOL_ERROR */
    TN_H2_MOVE_ENDED   /* the peer may not: connection error STREAM_CLOSED */
} tn_h2_verdict;

typedef struct tn_h2_move {
    uint8_t next;    /* tn_h2_state; unchanged unless MOVED */
    uint8_t verdict; /* tn_h2_verdict */
} tn_h2_move;

extern const tn_h2_move tn_h2_moves[TN_H2_STATES][TN_H2_ACTS];

/* Flags of a stream. */
enum {
    TN_H2_STREAM_GOT_HEADERS = 0x01,  /* the request's, or the final response's */
    TN_H2_STREAM_SENT_HEADERS = 0x02, /* the same of ours */
    TN_H2_STREAM_END_GIVEN = 0x04,    /* the layer above has given all: end_stream or trailers */
    TN_H2_STREAM_WAS_HIGH = 0x08,     /* a `writable` event is owed */
    TN_H2_STREAM_SHUT = 0x10          /* its send_window was used up (schedule.c) */
};

/* What is known of a stream that is not open. */
typedef enum tn_h2_past {
    TN_H2_PAST_UNKNOWN = 0, /* never opened (its id was skipped), or too long ago */
    TN_H2_PAST_OURS = 1,    /* we reset or refused it: frames may be in flight */
    TN_H2_PAST_PEERS = 2    /* the peer had ended or reset it: nothing may come */
} tn_h2_past;

typedef enum tn_h2_absent {
    TN_H2_ABSENT_IDLE,  /* not opened yet */
    TN_H2_ABSENT_ENDED, /* the peer has no business there any more */
    TN_H2_ABSENT_OLD    /* closed; what comes is ignored */
} tn_h2_absent;

/* A zeroed stream becomes open under the id, in the maps and lists. False: no memory. */
bool tn_h2_stream_open(tn_h2_conn *c, tn_h2_stream *s, uint32_t id);

/*
 * Does what the table says. A stream that becomes closed leaves the connection's maps and lists, loses
 * its queue and waits for tn_h2_streams_bury. how and code are what `closed` will say if this closes
 * it.
 */
tn_h2_verdict tn_h2_stream_move(tn_h2_conn *c, tn_h2_stream *s, tn_h2_act act, tn_h2_close how,
                                uint32_t code);

/* The open stream, or NULL. */
tn_h2_stream *tn_h2_stream_find(const tn_h2_conn *c, uint32_t id);
/* What a frame on a stream that tn_h2_stream_find does not know means. id is not 0. */
tn_h2_absent tn_h2_stream_absent(const tn_h2_conn *c, uint32_t id);
/* Which of the three a closed stream is. */
tn_h2_past tn_h2_past_get(const tn_h2_conn *c, uint32_t id);
void tn_h2_past_set(tn_h2_conn *c, uint32_t id, tn_h2_past what);
/* id, which the initiator has just used, becomes the highest; those skipped are UNKNOWN. */
void tn_h2_past_advance(tn_h2_conn *c, uint32_t id);

/* Gives `closed` for each stream that waits for it. */
void tn_h2_streams_bury(tn_h2_conn *c);
/* Closes all streams with ids above `above`. */
void tn_h2_streams_close(tn_h2_conn *c, uint32_t above, tn_h2_close how, uint32_t code);

#endif
