/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h: one call, as a server's handler and as a streaming client see it.
 *
 * Unless said otherwise a tern_call belongs to the thread that runs the handler, or that reads the
 * stream; one reader and one writer may use a stream at a time. Generated code wraps the untyped
 * functions at the end, so that sending the wrong message is diagnosed: an error in gcc 14 and clang
 * 16, a warning before (-Werror=incompatible-pointer-types makes it an error). Enum fields are
 * int32_t: a constant of another enum is not noticed.
 */
#ifndef TERN_CALL_H
#define TERN_CALL_H

#include "tern/arena.h"
#include "tern/error.h"
#include "tern/metadata.h"
#include "tern/pb.h"

TERN_BEGIN_DECLS

/* Rises when what *.rpc.h needs of the runtime changes. */
#define TERN_RPC_ABI 1

typedef struct tern_call tern_call;

/* In a handler. On a client's stream the first eight do nothing: fail returns its code, the others
 * NULL, absent or FAILED_PRECONDITION. */

/* Sets the status message of a failing call and returns code, so that a handler can end in
 * `return tern_call_fail(call, TERN_NOT_FOUND, "no item %d", id)`. The first one stands: a handler
 * that returns OK after it fails with its code; another code that the handler returns goes with its
 * message. With code OK it does nothing. */
TERN_API tern_code tern_call_fail(tern_call *call, tern_code code, const char *format, ...)
    TERN_PRINTF(3, 4);

/* What a failing status says beyond its message, as grpc-status-details-bin: details is an encoded
 * google.rpc.Status, whose code and message should be those of the call. Copied; the last one stands,
 * an empty one takes it back. A call that ends with OK sends none. It travels in the trailers, of
 * which many peers take 8 KiB in all. RESOURCE_EXHAUSTED without memory: nothing changed. */
TERN_API tern_code tern_call_set_details(tern_call *call, tern_bytes details);

/* What the registration was given as user. */
TERN_API void *tern_call_user(const tern_call *call);

/* The call's arena: what a unary reply points to lives here, until the call has ended. */
TERN_API tern_arena *tern_call_arena(tern_call *call);

/* A formatted string in memory that lives long enough for the reply, or in a streaming handler for
 * the next send. Absent when there is no memory (which the send or return reports). */
TERN_API tern_str tern_call_printf(tern_call *call, const char *format, ...) TERN_PRINTF(2, 3);

/* Memory for the next message of a streaming handler, reset after each send; in a unary handler the
 * call's arena. */
TERN_API tern_arena *tern_call_scratch(tern_call *call);

/* Adds to the metadata before the reply (until the first message has been sent), or to the trailers.
 * Key and value are copied. INVALID_ARGUMENT names what is wrong with them; FAILED_PRECONDITION: the
 * headers have gone. err may be NULL. */
TERN_API tern_code tern_call_add_header(tern_call *call, const char *key, tern_str value,
                                        tern_error *err);
TERN_API tern_code tern_call_add_trailer(tern_call *call, const char *key, tern_str value,
                                         tern_error *err);

/* The client's metadata; for a client stream the server's headers, empty until the first recv has
 * returned. Arena memory of the call. */
TERN_API const tern_metadata *tern_call_metadata(const tern_call *call);

/* True when nobody waits for the answer any more: cancelled, connection lost, deadline passed. Any
 * thread that holds the call. */
TERN_API bool tern_call_cancelled(const tern_call *call);

/* Milliseconds until the deadline, 0 when it has passed, UINT32_MAX when there is none. */
TERN_API uint32_t tern_call_remaining_ms(const tern_call *call);

/* "/package.Service/Method", :authority, and the peer's address as text. Memory of the call. */
TERN_API tern_str tern_call_path(const tern_call *call);
TERN_API tern_str tern_call_authority(const tern_call *call);
TERN_API tern_str tern_call_peer(const tern_call *call);

/* How a call ended, as the client sees it. */
typedef struct tern_status {
    tern_code code;
    tern_str message;       /* UTF-8 */
    tern_bytes details;     /* grpc-status-details-bin: an encoded google.rpc.Status, or absent */
    tern_metadata headers;  /* the server's metadata before its first message */
    tern_metadata trailers; /* and behind its last */
} tern_status;

/* What generated code calls */

typedef enum tern_method_kind {
    TERN_UNARY = 0,
    TERN_SERVER_STREAMING = 1,
    TERN_CLIENT_STREAMING = 2,
    TERN_BIDI_STREAMING = 3
} tern_method_kind;

typedef struct tern_method {
    const char *path; /* "/package.Service/Method" */
    const tern_pb_table *request, *response;
    tern_method_kind kind;
} tern_method;

typedef struct tern_service {
    uint32_t abi;     /* TERN_RPC_ABI */
    const char *name; /* "package.Service" */
    const tern_method *methods;
    size_t method_count;
} tern_service;

/*
 * Sends one message (borrowed; encoded before this returns). Waits while 64 KiB of the call wait to
 * be sent. OK; CANCELLED or DEADLINE_EXCEEDED when the call is over; INTERNAL: it does not encode (a
 * string that is not UTF-8, a NULL element); RESOURCE_EXHAUSTED without memory or over 2 GiB;
 * FAILED_PRECONDITION in a unary handler and on a client's stream. What went wrong here (not that the
 * call is over) is what the call fails with, even if the handler then returns OK.
 */
TERN_API tern_code tern_call_send(tern_call *call, const void *message);

/*
 * Client stream: waits for the next message; *message is valid until the next recv or close. OK; END
 * after the last message of a call that ended well; else the call's status code, which
 * tern_call_close explains.
 */
TERN_API tern_code tern_call_recv(tern_call *call, const void **message);

/* Client stream: the outcome once recv has not returned OK; valid until close. NULL before. */
TERN_API const tern_status *tern_call_status(const tern_call *call);

/* Client stream: cancels the call if it runs and frees it. Its status goes to *err (code OK after a
 * call that ended well; CANCELLED when this cancelled it) and is returned. */
TERN_API tern_code tern_call_close(tern_call *call, tern_error *err);

TERN_END_DECLS

#endif
