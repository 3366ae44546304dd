/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h: the objects of a channel, and who may touch them when.
 *
 * A channel is driven by one thread at a time: by its background thread, or by one of the callers that
 * wait (who holds the baton, drive.c). What is marked "driver" belongs to that thread alone and needs
 * no lock; what is marked "gate" is guarded by the channel's gate. Between the two a call passes by
 * the queues `starting` and `crediting` one way and `received`, `done`, `closed` the other.
 */
#ifndef TN_CLIENT_INTERNAL_H
#define TN_CLIENT_INTERNAL_H

#include "base/list.h"
#include "client/cancel.h"
#include "io/dial.h"
#include "rpc/call.h"
#include "rpc/executor.h"
#include "rpc/link.h"
#include "tern/channel.h"

typedef struct tn_client_conn {
    tn_link link; /* first */
    tern_channel *channel;
    tn_list in_channel;
    bool was_ready; /* the server's SETTINGS came */
} tn_client_conn;

typedef struct tn_client_call {
    tern_call base; /* first */
    tern_channel *channel;

    /* set before the call is handed over, then the driver's */
    tn_chunk *request;             /* kept until the server has looked at the call */
    size_t request_off, request_n; /* the message in it; sending moves the chunk's own */
    tern_metadata metadata;
    uint64_t timeout_ns;  /* for texts; 0 without a deadline */
    tn_list in_driver;    /* pending or active */
    tn_client_conn *conn; /* NULL until started */
    tn_timer timer;       /* the deadline while the call waits for a connection */
    bool retry, retried;  /* retry: to be started anew when its stream is closed */

    /* gate */
    struct tn_client_call *next; /* in starting */
    tn_list in_waiting;          /* its thread waits: another drives */
    tn_list in_crediting;
    pthread_cond_t changed;
    tn_chunk_queue received;
    size_t credit;     /* bytes of messages and their prefixes consumed and not yet given back */
    tern_str peer;     /* once it is on a connection; in the arena of grpc */
    uint32_t messages; /* that came, in all */
    bool done;         /* the status stands in base.grpc */
    bool closed;       /* the driver has let go of it */

    /* any thread */
    atomic_bool cancel_requested;

    /* the caller's */
    tn_cancel_link cancel;
    size_t max_decode_bytes; /* the channel's: unary calls decode when they have left it */
    tern_status *status_out;
    tern_arena *own_arena;  /* of a stream; NULL in a unary call, which uses the caller's */
    tern_arena *recv_arena; /* a stream's message that recv gave last */
    tn_chunk *current;
    tern_error failure; /* of ours; stands above the server's status */
    tern_status status;
} tn_client_call;

struct tern_channel {
    const tern_env *env;
    tern_channel_opts opts; /* defaults filled in */
    tn_target target;
    char name[320]; /* the target as it was given */
    char authority[300];
    tn_grpc_config grpc;
    tn_loop *loop;
    tn_executor *executor;
    pthread_t thread; /* with background_thread */
    bool has_thread;

    tn_gate gate; /* guards these */
    bool driven;
    bool closing;
    tn_list waiting; /* calls whose threads wait while another drives */
    tn_client_call *starting, **starting_last;
    tn_list crediting;
    uint32_t calls; /* that the driver has not let go of */
    uint32_t users; /* threads in a function that waits */

    atomic_bool sweep; /* a call asked to be cancelled: look for it */

    /* driver */
    tn_list pending; /* calls that wait for a connection or a free stream */
    tn_list active;  /* calls on a connection */
    tn_list conns;
    tn_client_conn *current; /* takes new calls; NULL while there is none */
    tn_dial *dial;
    bool retry_pending;    /* look at `pending` again */
    uint64_t backoff_ns;   /* before the next attempt, without jitter */
    uint64_t next_attempt; /* ns; not before */
    uint64_t last_turn;    /* ns */
    uint64_t failed_at;    /* ns; when the last attempt failed */
    tern_error last_error; /* of the last attempt */
};

/* drive.c */
/* Hands the call to the driver. stay: the caller is in the channel until tn_client_leave. False: the
 * channel is closing, nothing was done. */
bool tn_client_submit(tn_client_call *call, bool stay);
/* Gate locked: the caller, who was counted in `users`, touches the channel no more once it has unlocked
 * the gate. */
void tn_client_leave(tern_channel *channel);
/* Gate locked: until ready(call), drives or waits for who drives. */
void tn_client_wait(tn_client_call *call, bool (*ready)(const tn_client_call *call));
/* Gate not locked: a turn that does not wait, if nobody drives; else wakes who does. */
void tn_client_nudge(tern_channel *channel);
/* Gate locked: tells the call's thread that something changed. */
void tn_client_notify(tn_client_call *call);
bool tn_client_thread_start(tern_channel *channel, tern_error *err);
/* Cancels all calls, waits until they and their threads are gone, closes all connections. */
void tn_client_shut(tern_channel *channel);

/* connect.c; driver */
/* Starts connecting unless it does already or must wait; false, with why: not before next_attempt,
 * or no memory. */
bool tn_client_connect(tern_channel *channel, tern_error *why);
void tn_client_disconnect(tern_channel *channel);
/* The server's SETTINGS have come. */
void tn_client_conn_ready(tn_client_conn *conn);
/* The connection may be taking new calls no longer: forget it as the current one. */
void tn_client_conn_check(tern_channel *channel);

/* call.c; driver */
extern const tn_grpc_events tn_client_call_events;
/* A new call: starts it, or lets it wait, or ends it. */
void tn_client_begin(tn_client_call *call);
/* Starts what waits and can be started. */
void tn_client_retry_pending(tern_channel *channel);
/* Ends all that waits. */
void tn_client_fail_pending(tern_channel *channel, const tern_error *why);
/* Ends the calls that asked to be cancelled; all when the channel is closing. */
void tn_client_sweep(tern_channel *channel);

/* start.c; the caller's thread */
/* Fills a zeroed call; arena: where metadata and texts go, NULL makes one of the call's own. On failure
 * call->failure is set, and the call must not be submitted but can be ended by fini. */
tern_code tn_client_call_init(tn_client_call *call, tern_channel *channel,
                              const tern_method *method, tern_arena *arena, const void *request,
                              const tern_call_opts *opts);
/* Frees what init made; the driver has let go of the call, or never had it. */
void tn_client_call_fini(tn_client_call *call);
/* Any thread: the driver shall cancel the call. */
void tn_client_call_cancel(tn_client_call *call);
/* Fills call->status; a failure of ours stands above what the server said. done: the driver has settled
 * the call, or never had it: until then what the server said is the driver's. */
void tn_client_call_settle(tn_client_call *call, bool done);
/* What came last: the whole outcome as an error value; returns its code. */
tern_code tn_client_outcome(const tn_client_call *call, tern_error *err);

#endif
