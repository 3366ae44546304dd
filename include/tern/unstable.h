/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unstable.h: the bare HTTP/2 connection under servers and channels: bytes in, bytes out.
 *
 * UNSTABLE: what is declared here may change with every version, patch versions too. tern/tern.h does
 * not include it.
 *
 * For those who have a transport and a loop of their own, or speak HTTP/2 without gRPC. A connection
 * knows no socket, thread or clock: it is fed bytes and the time, calls back with what they mean, and
 * gives the bytes that answer (examples/h2 drives it with poll()). Time is in nanoseconds of any clock
 * that never goes back.
 *
 * Callbacks come from within tern_h2_feed, _tick, _pull, _lost, _reset and _free. In them every function may be
 * called but these five and tern_h2_sent; tern_h2_reset may.
 * A connection and its streams belong to one thread at a time.
 */
#ifndef TERN_UNSTABLE_H
#define TERN_UNSTABLE_H

#include "tern/env.h"
#include "tern/error.h"
#include "tern/str.h"

TERN_BEGIN_DECLS

typedef struct tern_h2_conn tern_h2_conn;
/* Belongs to its connection; gone when its `closed` has returned. */
typedef struct tern_h2_stream tern_h2_stream;

/* Names are in lower case; pseudo-header fields (":path") come first. */
typedef struct tern_h2_field {
    tern_str name, value;
} tern_h2_field;

typedef enum tern_h2_block {
    TERN_H2_REQUEST = 0,
    TERN_H2_RESPONSE,
    TERN_H2_INFORMATIONAL, /* a 1xx before the response */
    TERN_H2_TRAILERS
} tern_h2_block;

/* What comes in. user is what tern_h2_conn_new was given; what is pointed to is borrowed for the call.
 * All but headers may be NULL. */
typedef struct tern_h2_events {
    /* A server's stream begins with its request. n is 0 when the header list was larger than this side
     * takes: answer 431 or reset. */
    void (*headers)(void *user, tern_h2_stream *s, tern_h2_block block, const tern_h2_field *fields,
                    size_t n, bool end_stream);
    /* Bytes of a body; may be none with end_stream. What is done with them goes back by
     * tern_h2_consume, or the peer runs out of window. */
    void (*data)(void *user, tern_h2_stream *s, tern_bytes bytes, bool end_stream);
    /* What waits to be sent fell below 32 KiB after it had been 64 KiB or more. */
    void (*writable)(void *user, tern_h2_stream *s);
    /* The last of a stream, once for each. code: 0 (NO_ERROR) after an orderly end. */
    void (*closed)(void *user, tern_h2_stream *s, uint32_t code);
} tern_h2_events;

/* Zero fields mean the default. */
typedef struct tern_h2_opts {
    size_t size;                     /* sizeof(tern_h2_opts) */
    const tern_env *env;             /* borrowed for the connection's life */
    bool server;                     /* else a client */
    uint32_t max_concurrent_streams; /* that a client may have open: 100 */
    uint32_t max_header_list_bytes;  /* name + value + 32 of each field: 16384 */
    uint32_t stream_window;          /* bytes that a stream's peer may send unread: 65535 */
} tern_h2_opts;

#define TERN_H2_OPTS(...) (&(tern_h2_opts){ .size = sizeof(tern_h2_opts), __VA_ARGS__ })

/* owned; opts borrowed for the call, NULL means a client with all defaults; events borrowed for its
 * life. NULL with err: bad option, no memory. Preface and SETTINGS wait in tern_h2_pull. */
TERN_API tern_h2_conn *tern_h2_conn_new(const tern_h2_opts *opts, const tern_h2_events *events,
                                        void *user, uint64_t now, tern_error *err) TERN_MUST_USE;
/* Every stream that is left gets its `closed` first. NULL is fine. */
TERN_API void tern_h2_conn_free(tern_h2_conn *c);

/* ---- bytes ---- */

/* Takes all bytes (borrowed). */
TERN_API void tern_h2_feed(tern_h2_conn *c, tern_bytes bytes, uint64_t now);
/* False while the peer does not read our answers: leave its bytes in the socket. */
TERN_API bool tern_h2_wants_input(const tern_h2_conn *c);
/* Fills up to max slices with what is to be sent, in order; they stand until the next call on c.
 * Returns how many. */
TERN_API size_t tern_h2_pull(tern_h2_conn *c, tern_bytes *slices, size_t max);
/* The first n bytes of what was pulled are gone. */
TERN_API void tern_h2_sent(tern_h2_conn *c, size_t n);
TERN_API bool tern_h2_has_output(const tern_h2_conn *c);
/* Nothing more is read or begun: close the transport once tern_h2_has_output is false. */
TERN_API bool tern_h2_ended(const tern_h2_conn *c);
/* The transport is gone: every stream is closed. */
TERN_API void tern_h2_lost(tern_h2_conn *c);

/* ---- time ---- */

/* When tern_h2_tick is due; UINT64_MAX for never. */
TERN_API uint64_t tern_h2_next_timeout(const tern_h2_conn *c);
TERN_API void tern_h2_tick(tern_h2_conn *c, uint64_t now);
/* An orderly end: no new streams; tern_h2_ended once those that run are done. */
TERN_API void tern_h2_drain(tern_h2_conn *c, uint64_t now);

/* ---- streams ---- */

/* A client's: opens a stream with a request (borrowed). NULL when none may be opened: before the
 * server's first SETTINGS, at its limit, while draining, without memory. */
TERN_API tern_h2_stream *tern_h2_open(tern_h2_conn *c, const tern_h2_field *fields, size_t n,
                                      bool end_stream);
/*
 * FAILED_PRECONDITION: out of order (a body before the headers, anything after the end). CANCELLED:
 * the stream is closed. UNAVAILABLE: the connection is. RESOURCE_EXHAUSTED: no memory, or more than
 * 64 fields; nothing was sent. Bytes and fields are copied if they must wait.
 */
TERN_API tern_code tern_h2_send_headers(tern_h2_stream *s, const tern_h2_field *fields, size_t n,
                                        bool end_stream);
TERN_API tern_code tern_h2_send_data(tern_h2_stream *s, tern_bytes bytes, bool end_stream);
/* They follow the body and end the stream. */
TERN_API tern_code tern_h2_send_trailers(tern_h2_stream *s, const tern_h2_field *fields, size_t n);
/* Bytes of body that wait for the peer's window. */
TERN_API size_t tern_h2_queued(const tern_h2_stream *s);
/* n bytes of `data` are done with. */
TERN_API void tern_h2_consume(tern_h2_stream *s, size_t n);
/* RST_STREAM with code; `closed` comes before this returns. */
TERN_API void tern_h2_reset(tern_h2_stream *s, uint32_t code);
TERN_API uint32_t tern_h2_stream_id(const tern_h2_stream *s);
/* A pointer of the caller's, NULL at first. */
TERN_API void tern_h2_set_user(tern_h2_stream *s, void *user);
TERN_API void *tern_h2_user(const tern_h2_stream *s);

TERN_END_DECLS

#endif
