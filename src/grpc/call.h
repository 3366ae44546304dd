/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h: the inside of a gRPC connection, for the files of this folder.
 *
 * A call is FRESH until its request was judged (server), LIVE while it may send and receive, and
 * OVER when its outcome is settled; tn_grpc_over is the only function that settles. The HTTP/2
 * stream may live on after that: queued DATA and trailers drain, the peer's rest is ignored.
 *
 * Every function that may emit events runs between tn_grpc_enter and tn_grpc_leave of its call:
 * the `closed` that HTTP/2 reports in between is passed on when the outermost leaves. After
 * tn_grpc_leave the call may be gone.
 * One thread, that of the connection.
 */
#ifndef TN_GRPC_CALL_H
#define TN_GRPC_CALL_H

#include "base/assert.h"
#include "grpc/fields.h"
#include "grpc/grpc.h"
#include "grpc/status.h"

enum { TN_GRPC_FRESH = 0, TN_GRPC_LIVE, TN_GRPC_OVER };

enum {
    TN_GRPC_ANNOUNCED = 0x01,    /* server: `request` came */
    TN_GRPC_HEADERS_SENT = 0x02, /* server: response headers */
    TN_GRPC_HEADERS_IN = 0x04,   /* client: response headers */
    TN_GRPC_LOCAL_END = 0x08,    /* we sent END_STREAM */
    TN_GRPC_REMOTE_END = 0x10,   /* the peer did */
    TN_GRPC_PROTO = 0x20,        /* server: the request said application/grpc+proto */
    TN_GRPC_CLOSED = 0x40        /* HTTP/2 is done with the stream; `closed` is due */
};

/* Debug text of a GOAWAY, kept for error texts; longer ones are cut. */
enum { TN_GRPC_DEBUG_BYTES = 96 };

/* What a request's fields say that no check has anything against; its strings live as long as the fields. */
typedef struct tn_grpc_head {
    tern_str path, authority, timeout;
    bool proto; /* content-type says application/grpc+proto */
} tn_grpc_head;

struct tn_grpc_conn {
    const tern_env *env;
    const tn_grpc_config *config;
    const tn_grpc_events *events;
    void *user;
    tn_h2_conn *h2;
    uint64_t now;      /* of the last feed or tick */
    tn_heap deadlines; /* of tn_grpc_call.timer */
    tn_list finishing; /* of tn_grpc_call.finishing */
    tn_fields fields;
    uint32_t max_recv;
    const char *cause; /* during tn_grpc_lost; may be NULL */
    union {
        struct {               /* server */
            uint64_t judged;   /* the memo of request fields that passed all checks; 0: none yet */
            tn_grpc_head head; /* of those */
        };
        struct {         /* client */
            bool goaway; /* one came, with: */
            uint32_t goaway_code;
            char goaway_debug[TN_GRPC_DEBUG_BYTES]; /* printable, NUL-terminated */
        };
    };
};

/* ---- call.c ---- */

static inline void tn_grpc_enter(tn_grpc_call *call)
{
    call->depth++;
}
void tn_grpc_leave(tn_grpc_call *call);

/* Settles the call: it takes part in nothing from here on. A server's deadline stays armed,
 * against a client that never reads the rest. */
void tn_grpc_over(tn_grpc_call *call);

/* LIVE -> OVER from this side, either role. Client: `status`, then RST_STREAM(CANCEL). Server:
 * `cancelled`, then the status as trailers. text: absent stands for no memory. */
void tn_grpc_fail(tn_grpc_call *call, tern_code code, tern_origin origin, tern_str text);

/* RST_STREAM when the stream still is. */
void tn_grpc_reset(tn_grpc_call *call, uint32_t h2_code);

/* The deadline passed. */
void tn_grpc_expire(tn_grpc_call *call);

/* "deadline exceeded: the call had 500 ms, ..." in the arena; whole milliseconds, rounded up. */
tern_str tn_grpc_deadline_text(tn_grpc_call *call, const char *where);

/* text, or a static one when it is absent for lack of memory. */
tern_str tn_grpc_text(tern_str text);

/* Starts the timer of call->deadline. False when there is no memory. */
bool tn_grpc_arm(tn_grpc_call *call);

/* ---- send.c ---- */

/* Server: the status on the wire, after tn_grpc_over: Trailers-Only or trailers, then what makes
 * the client stop sending. http: the :status of a Trailers-Only answer. extra: a field for that,
 * or NULL. False when there was no memory: the stream was reset. */
typedef struct tn_grpc_answer {
    uint32_t http; /* 200, 400, 405 or 415 */
    tern_code code;
    tern_str message;
    tern_bytes details;
    const tern_metadata *trailers;
    const tn_h2_field *extra;
} tn_grpc_answer;
bool tn_grpc_send_status(tn_grpc_call *call, const tn_grpc_answer *answer);

/* Server: resets with NO_ERROR those whose trailers are out and whose client sends on. */
void tn_grpc_stop_finished(tn_grpc_conn *c);

/* ---- request.c, response.c, message.c: what arrives ---- */

void tn_grpc_on_request(tn_grpc_call *call, const tn_h2_fields *fields);
void tn_grpc_on_response(tn_grpc_call *call, const tn_h2_fields *fields, bool end_stream);
void tn_grpc_on_trailers(tn_grpc_call *call, const tn_h2_fields *fields);
/* Client: DATA of a response that is not gRPC. */
void tn_grpc_on_foreign_data(tn_grpc_call *call, const uint8_t *p, size_t n, bool end_stream);
/* Client: the stream is closed and no status came. */
void tn_grpc_on_lost_response(tn_grpc_call *call, tn_h2_close how, uint32_t h2_code);

/* LIVE calls only. False when the call is over after it. */
bool tn_grpc_on_data(tn_grpc_call *call, const uint8_t *p, size_t n);
/* The peer's END_STREAM came: is a message cut off? */
static inline bool tn_grpc_is_truncated(const tn_grpc_call *call)
{
    return call->prefix_n != 0;
}
/* Drops the message being gathered. */
void tn_grpc_drop_partial(tn_grpc_call *call);

/* Client: settles with this outcome and emits `status`. message is valid UTF-8, in the arena or
 * static. */
void tn_grpc_settle(tn_grpc_call *call, tern_code code, tern_origin origin, tern_str message);

#endif
