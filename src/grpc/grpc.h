/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc.h: gRPC over one HTTP/2 connection, either role, without I/O (gRPC's PROTOCOL-HTTP2
 * document).
 *
 * It knows paths, metadata, deadlines, messages as bytes and statuses; not protobuf, services or
 * threads. It drives an h2 connection that it owns: bytes, time and output go through it, and its
 * events come during tn_grpc_feed, tn_grpc_tick, tn_grpc_pull, tn_grpc_sent and tn_grpc_lost, and
 * from the functions that can end a call (finish, cancel, sends without memory).
 *
 * Calls are intrusive: the layer above embeds a tn_grpc_call first in its own, gives its memory by
 * `open` (server) or tn_grpc_start (client), and has it back after `closed`, which comes exactly
 * once. A client call gets exactly one `status` before. A server call gets `request` at most once
 * (requests that break gRPC's rules are answered here and never seen above), then messages, then
 * `half_closed` or `cancelled`.
 *
 * `closed` never comes inside another event of the same call: it waits until that event's function
 * has returned, so a call that an event function was given stays valid to its end. Outside of
 * events a call may be gone when tn_grpc_finish, tn_grpc_cancel or a send returns.
 *
 * Flow control: a message that the layer above waits for (all before it are consumed) gets its
 * credit octet by octet, so that it may be larger than the window; what follows a message not yet
 * consumed is held back. A call so holds at most one message and one window.
 * One thread at a time, that of the connection.
 */
#ifndef TN_GRPC_GRPC_H
#define TN_GRPC_GRPC_H

#include "base/chunk.h"
#include "base/heap.h"
#include "base/list.h"
#include "h2/conn.h"
#include "tern/arena.h"
#include "tern/code.h"
#include "tern/metadata.h"

typedef struct tn_grpc_conn tn_grpc_conn;

enum {
    TN_GRPC_PREFIX = 5,    /* flag and length before each message */
    TN_GRPC_HEADROOM = 14, /* what a chunk needs before its message: prefix and DATA frame header */
    TN_GRPC_SLACK = 16     /* readable and writable bytes behind each received message */
};

/* Zeroed by the layer above but for `arena` and `spare`. Fields below "read" are for reading above. */
typedef struct tn_grpc_call {
    tn_h2_stream stream; /* first */
    tern_arena *arena;   /* set by the layer above: metadata and texts are copied here */
    tn_chunk
        *spare; /* a chunk that nobody else holds, for the next message that fits; owned. May be
                          NULL; the layer above sets it, and has what is left of it at `closed` */
    tn_grpc_conn *conn;

    /* read */
    tern_str path;          /* server: "/package.Service/Method" */
    tern_str authority;     /* server */
    tern_metadata headers;  /* server: the request's, client: the response's custom metadata */
    tern_metadata trailers; /* client */
    uint64_t deadline;      /* ns of the env's clock; UINT64_MAX without */
    tern_code code;         /* client: the status, once `status` came */
    tern_str message;       /* client: the status message, percent-decoded, valid UTF-8 */
    tern_bytes details;     /* client: grpc-status-details-bin, decoded. Server: what tn_grpc_finish
                               sends as such, set by the layer above, borrowed */
    tern_origin origin;     /* client: who made the status: peer, net or local */
    bool may_retry;         /* client: the peer never looked at the call (REFUSED_STREAM, GOAWAY) */

    /* private to grpc */
    tn_heap_node timer;
    tn_list finishing; /* server: calls whose trailers wait behind DATA while the client sends on */
    tn_chunk *partial; /* the message being gathered */
    struct tn_grpc_foreign *foreign; /* client: of a response that is not gRPC; arena */
    uint64_t started;                /* ns; when the deadline's budget began */
    size_t unconsumed;     /* octets, prefixes too, of messages given above and not yet consumed */
    size_t held_credit;    /* of the octets received, those not yet given back to the window */
    uint32_t message_left; /* octets that partial still lacks */
    uint16_t flags;
    uint8_t state;
    uint8_t depth; /* events and functions of this call that are running */
    uint8_t prefix_n;
    uint8_t prefix[TN_GRPC_PREFIX];
} tn_grpc_call;

/* user is what tn_grpc_new was given. response, writable, ready and ping_ack may be NULL, and so
 * may what is of the other role. */
typedef struct tn_grpc_events {
    /* Server: memory for a new call, with its arena; NULL refuses it. */
    tn_grpc_call *(*open)(void *user);
    /* Server: a valid request began: path, authority, headers and deadline are set. */
    void (*request)(void *user, tn_grpc_call *call);
    /* Client: the response's headers are in. Not for Trailers-Only. */
    void (*response)(void *user, tn_grpc_call *call);
    /* A whole message; chunk moved, TN_GRPC_HEADROOM before it and TN_GRPC_SLACK bytes behind it.
     * Say tn_grpc_consume with its size when done. */
    void (*message)(void *user, tn_grpc_call *call, tn_chunk *chunk);
    /* Server: the client will send no more messages. */
    void (*half_closed)(void *user, tn_grpc_call *call);
    /* Client: the outcome is in code, message, trailers, details, origin. */
    void (*status)(void *user, tn_grpc_call *call);
    /* Server: nobody waits for the answer: CANCELLED (reset, connection lost), DEADLINE_EXCEEDED,
     * or the status that was sent from here because the client broke the framing or a limit
     * (INTERNAL, RESOURCE_EXHAUSTED). Only after `request`, and not after tn_grpc_finish. Sending
     * on the call is ignored from here on. */
    void (*cancelled)(void *user, tn_grpc_call *call, tern_code code);
    /* tn_grpc_queued fell below the low-water mark after it was above the high one (64 KiB). */
    void (*writable)(void *user, tn_grpc_call *call);
    /* The last event: the call's memory is the layer above's again. A server gives the slot back by
     * tn_grpc_slot_free when the handler has returned, too; at once when `request` never came. */
    void (*closed)(void *user, tn_grpc_call *call);
    /* Server: has the work on the call begun? Then resetting it costs the client nothing. May be NULL:
     * never. */
    bool (*begun)(void *user, const tn_grpc_call *call);
    /* Client: tn_grpc_can_start may have changed (first SETTINGS, a stream ended, GOAWAY). */
    void (*ready)(void *user);
    /* A PING of ours (tn_h2_ping on tn_grpc_h2) was answered. */
    void (*ping_ack)(void *user, uint64_t opaque);
} tn_grpc_events;

typedef struct tn_grpc_config {
    tn_h2_config h2;
    uint32_t max_recv_bytes; /* of one message; 0 = 4 MiB; at most 2^31 - 1 (TERN_UNLIMITED, too) */
    const char *max_recv_option; /* the knob's name for error texts, e.g. "max_recv_bytes" */
    const char *authority;       /* client: the default :authority; borrowed */
    const char *user_agent;      /* client; NULL = "grpc-c-tern/VERSION" */
    bool tls;                    /* client: :scheme https */
} tn_grpc_config;

/* owned; config, events borrowed for its life; NULL when there is no memory. */
tn_grpc_conn *tn_grpc_new(const tern_env *env, const tn_grpc_config *config,
                          const tn_grpc_events *events, void *user, uint64_t now);
void tn_grpc_free(tn_grpc_conn *c); /* after tn_grpc_lost; NULL is fine */

/* As tn_h2_feed, tn_h2_feed_turn, tn_h2_lost, tn_h2_next_timeout, tn_h2_tick, tn_h2_pull, tn_h2_sent; deadlines of
 * calls are kept here. Pull until there is nothing: what tn_grpc_sent was told may bring more. */
void tn_grpc_feed(tn_grpc_conn *c, const uint8_t *p, size_t n, uint64_t now);
size_t tn_grpc_feed_turn(tn_grpc_conn *c, const uint8_t *p, size_t n, uint64_t now);
/* The transport ended; cause (borrowed, may be NULL) goes into the texts of client calls. */
void tn_grpc_lost(tn_grpc_conn *c, const char *cause);
uint64_t tn_grpc_next_timeout(const tn_grpc_conn *c);
void tn_grpc_tick(tn_grpc_conn *c, uint64_t now);
size_t tn_grpc_pull(tn_grpc_conn *c, tern_bytes *slices, size_t max);
void tn_grpc_sent(tn_grpc_conn *c, size_t n);
tn_h2_conn *tn_grpc_h2(tn_grpc_conn *c);

/* Client. */
typedef struct tn_grpc_request {
    tern_str path;
    tern_str authority;     /* absent: the config's */
    tern_metadata metadata; /* checked by tn_metadata_check before; borrowed */
    uint64_t deadline;      /* ns; UINT64_MAX for none */
} tn_grpc_request;

bool tn_grpc_can_start(const tn_grpc_conn *c);
/* Sends the request headers. AGAIN: no stream to be had now. UNAVAILABLE: draining or ended.
 * RESOURCE_EXHAUSTED: no memory. On failure the call is not taken and gets no event. A deadline
 * that has passed (by the env's clock) gives DEADLINE_EXCEEDED the same way. */
tern_code tn_grpc_start(tn_grpc_conn *c, tn_grpc_call *call, const tn_grpc_request *request);
/* Client: no more messages from us. CANCELLED when the call is over. */
tern_code tn_grpc_end_send(tn_grpc_call *call);

/* Server: the response headers before the first message; implied by the first message and left out
 * (Trailers-Only) when finish comes first. metadata: borrowed, may be NULL. FAILED_PRECONDITION
 * when they are sent already, CANCELLED when the call is over. */
tern_code tn_grpc_send_headers(tn_grpc_call *call, const tern_metadata *metadata);
/* Server: the status ends the call. message: percent-encoded here; what is not UTF-8 in it is
 * replaced, what is longer than TN_PERCENT_MAX octets in that form is cut. trailers: borrowed, may
 * be NULL. call->details may be empty. A code that is not one of gRPC's goes as UNKNOWN. When the
 * client has not half-closed, RST_STREAM(NO_ERROR) follows. CANCELLED when the call is over. */
tern_code tn_grpc_finish(tn_grpc_call *call, tern_code code, tern_str message,
                         const tern_metadata *trailers);

/* Both: one message; chunk moved (on failure, too), TN_GRPC_HEADROOM before its bytes. last: the
 * client half-closes with it; a server ignores it. CANCELLED when the call is over,
 * FAILED_PRECONDITION after half-closing, INTERNAL for more than 2^32 - 1 octets (nothing was
 * sent), RESOURCE_EXHAUSTED without memory: the call ends with it. */
tern_code tn_grpc_send_message(tn_grpc_call *call, tn_chunk *chunk, bool last);
/* Octets that wait to be sent in this call. */
size_t tn_grpc_queued(const tn_grpc_call *call);
/* The layer above is done with one message of n bytes: its flow-control credit goes back. Fine
 * when the call is over, but not after `closed`. */
void tn_grpc_consume(tn_grpc_call *call, size_t n);
/* Ends the call from this side; nothing happens when it is over. Client: RST_STREAM(CANCEL), and
 * `status` with code, text (borrowed, may be NULL) and origin local comes before this returns.
 * Server: RST_STREAM, `cancelled` does not come. */
void tn_grpc_cancel(tn_grpc_call *call, tern_code code, const char *text);
void tn_grpc_slot_free(tn_grpc_conn *c);
void tn_grpc_drain(tn_grpc_conn *c, uint64_t now);

#endif
