/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h: the client's side: a target, the connection to it, and calls.
 *
 * A channel connects when it is first used, reconnects with backoff (1 s x 1.6 to 120 s, +-20 %), and
 * may be used by many threads at once. Between a failed attempt and the next (the backoff) every call
 * fails at once with UNAVAILABLE, whatever its timeout; the text says what failed and when the next
 * attempt is due. There is no waiting for ready. By default it has no thread of its own: whoever waits for a
 * call drives it.
 */
#ifndef TERN_CHANNEL_H
#define TERN_CHANNEL_H

#include "tern/call.h"

TERN_BEGIN_DECLS

typedef struct tern_channel tern_channel;

/* Zero fields mean the default. */
typedef struct tern_channel_opts {
    size_t size;                 /* sizeof(tern_channel_opts) */
    const tern_env *env;         /* borrowed for the channel's life */
    const char *authority;       /* :authority; copied; default: from the target */
    uint32_t max_recv_bytes;     /* of one message: 4 MiB; TERN_UNLIMITED */
    uint32_t max_decode_bytes;   /* memory one decoded message may take: 16 x max_recv_bytes */
    uint32_t connect_timeout_ms; /* one attempt: 20000 */
    uint32_t backoff_initial_ms; /* 1000; TERN_OFF: reconnect at once */
    uint32_t backoff_max_ms;     /* 120000 */
    bool background_thread;      /* a thread drives the channel instead of its callers */
} tern_channel_opts;

#define TERN_CHANNEL_OPTS(...)                                                                     \
    (&(tern_channel_opts){ .size = sizeof(tern_channel_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_channel_opts_init(tern_channel_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/* owned. target: host:port, [v6]:port, dns:, ipv4:, ipv6:, unix:, unix-abstract: (gRPC naming);
 * copied. Does not connect. opts borrowed for the call, may be NULL. NULL with err: bad target or
 * option, no memory. */
TERN_API tern_channel *tern_channel_new(const char *target, const tern_channel_opts *opts,
                                        tern_error *err) TERN_MUST_USE;

/* Closes the connection and frees. Every call must have been closed; calls that other threads are
 * waiting in are cancelled and waited for. NULL is fine. */
TERN_API void tern_channel_free(tern_channel *channel);

/* Cancels the calls it was given to, from any thread; once triggered it stays so. */
typedef struct tern_cancel tern_cancel;
TERN_API tern_cancel *
tern_cancel_new(const tern_env *env) TERN_MUST_USE; /* owned; NULL: no memory */
TERN_API void tern_cancel_trigger(tern_cancel *cancel);
TERN_API void
tern_cancel_free(tern_cancel *cancel); /* after the calls it was given to have ended */

/* Zero fields mean the default. */
typedef struct tern_call_opts {
    size_t size;            /* sizeof(tern_call_opts) */
    uint32_t timeout_ms;    /* 0: no deadline */
    tern_metadata metadata; /* borrowed for the call's start */
    tern_cancel *cancel;    /* borrowed until the call has ended; a stream: until its close */
    tern_status
        *status_out; /* unary: the whole status, in the arena of the call; set on every return */
} tern_call_opts;

#define TERN_CALL_OPTS(...) (&(tern_call_opts){ .size = sizeof(tern_call_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_call_opts_init(tern_call_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/* What generated stubs call */

/*
 * One unary call: sends request (borrowed), waits, and returns the reply in the arena; NULL with err:
 * the status of the server, or UNAVAILABLE (cannot connect, connection lost), DEADLINE_EXCEEDED,
 * CANCELLED, RESOURCE_EXHAUSTED (memory, message too large), INVALID_ARGUMENT (metadata),
 * FAILED_PRECONDITION (called where waiting is not allowed; channel is NULL). opts may be NULL; a NULL
 * arena or request is INVALID_ARGUMENT.
 */
TERN_API void *tern_channel_unary(tern_channel *channel, const tern_method *method,
                                  tern_arena *arena, const void *request,
                                  const tern_call_opts *opts, tern_error *err);

/*
 * Starts a server-streaming call: sends request (borrowed, encoded before this returns) and does not
 * wait. owned: end it with tern_call_close. Never NULL: a call that failed says so in recv and close,
 * also for a NULL channel (FAILED_PRECONDITION) or request (INVALID_ARGUMENT).
 */
TERN_API tern_call *tern_channel_server_stream(tern_channel *channel, const tern_method *method,
                                               const void *request, const tern_call_opts *opts);

TERN_END_DECLS

#endif
