/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h: the objects of a server and who owns them.
 *
 *   tern_server 1 --- n tn_server_io      an I/O thread: a loop and a listener
 *   tn_server_io 1 -- n tn_server_conn    a connection; freed when its link is closed and its calls gone
 *   tn_server_conn 1 - n tn_server_call   a call; freed when its stream is closed and its handler back
 *
 * Connections and calls belong to their I/O thread. A blocking handler runs on a worker meanwhile; the
 * part of a call that both touch is marked and guarded by the call's gate.
 */
#ifndef TN_SERVER_INTERNAL_H
#define TN_SERVER_INTERNAL_H

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "io/listen.h"
#include "rpc/call.h"
#include "rpc/link.h"
#include "rpc/pool.h"
#include "tern/server.h"

enum {
    TN_SERVER_HIGH_WATER = 64 * 1024, /* bytes a call may have waiting before its handler waits */
    TN_SERVER_CALL_FIRST = 512,       /* bytes of a call's arena that come with the call */
    TN_SERVER_CALL_KEEP = 8 * 1024,   /* bytes of arena that an idle call object keeps */
    TN_SERVER_CHUNK_KEEP = 1024,      /* bytes of a message's chunk that it keeps, two of them */
    TN_SERVER_CALLS_KEPT = 1024       /* idle call objects an I/O thread keeps */
};

/* One method that can be called. */
typedef struct tn_server_method {
    const tern_method *method;
    tern_method_handlers handlers;
    void *user;
} tn_server_method;

typedef struct tn_server_conn {
    tn_link link; /* first */
    struct tn_server_io *io;
    tn_list in_io;
    tn_list calls;
    tn_list parked;                      /* calls that wait for `running` to fall */
    const struct tn_server_method *last; /* the method of the last call; NULL before */
    uint32_t running; /* blocking handlers that have a call, or wait for a worker */
    bool open;        /* the link is not closed yet */
} tn_server_conn;

typedef struct tn_server_call {
    tern_call base; /* first */
    tn_server_conn *conn;
    tn_list in_conn;
    tn_list in_parked;
    const tn_server_method *method;
    tn_chunk *request;
    tn_chunk *spare; /* of an idle call: for its next request */
    tn_chunk *reply; /* the last unary reply's, to be written over when it has gone; may be NULL */
    bool started;    /* counted */
    bool busy;       /* a handler has it, or is about to */
    bool headers_sent;
    bool wire_closed;   /* `closed` came: nothing more can be sent */
    uint64_t queued_at; /* ns; when it began to wait for a worker */
    tn_job job;
    tn_task task;

    tn_gate gate;        /* guards these, which worker and I/O thread share */
    tn_chunk_queue out;  /* messages on their way to the I/O thread */
    size_t queued;       /* bytes that wait in the stream, as the I/O thread saw it last */
    bool waiting;        /* the handler waits for room */
    bool posted;         /* task is on its way */
    atomic_bool begun;   /* the handler runs, or has; set by its thread */
    bool done;           /* the handler has returned: code and text stand */
    bool over;           /* nobody waits for the answer */
    tern_code over_code; /* why */

    tern_code code;   /* the handler's; its text is base.fail_text */
    tern_arena arena; /* the I/O thread's until a worker has the call, then the handler's */
    tern_arena late;  /* the I/O thread's while a worker has the other: texts of errors */
    _Alignas(max_align_t) uint8_t first[TN_SERVER_CALL_FIRST];
} tn_server_call;

typedef struct tn_server_log_state {
    pthread_mutex_t lock;     /* guards these */
    uint64_t since;           /* ns; when the second began */
    uint32_t lines, left_out; /* in it */
} tn_server_log_state;

typedef struct tn_server_io {
    tern_server *server;
    tn_loop *loop;
    tn_listener *listener; /* NULL once closed */
    tn_list conns;
    uint32_t open_links;
    tn_list idle_calls; /* by in_conn */
    uint32_t idle_call_count;
    tn_task kick; /* wakes the workers at the end of the turn */
    bool kick_deferred;
    bool draining;
    bool grace_over;
    uint32_t forced; /* calls that had to be cancelled */
    tn_server_log_state log;
    tn_timer grace;
    pthread_t thread;
    bool has_thread;
} tn_server_io;

struct tern_server {
    const tern_env *env;
    tern_server_opts opts; /* defaults filled in */
    tn_grpc_config grpc;
    tn_addr bound;
    char address[TN_ADDR_TEXT];
    int fd;
    tn_strmap methods;  /* path -> tn_server_method */
    tn_strmap services; /* name -> const tern_service */
    tn_pool *pool;
    tn_server_io *ios;
    atomic_bool stopping;
    atomic_bool running; /* run or start was called */
    pthread_t thread;    /* of tern_server_start */
    bool has_thread;
    bool outcome; /* of the run in that thread, with its error */
    tern_error outcome_err;
};

/* call.c: the gRPC events of a connection (user is the tn_server_conn). */
extern const tn_grpc_events tn_server_call_events;
/* Ends all calls of the connection with UNAVAILABLE; how many there were to end. */
uint32_t tn_server_calls_cancel(tn_server_conn *conn);
/* Frees the idle call objects. */
void tn_server_calls_free_idle(tn_server_io *io);

/* handler.c */
/* Runs the handler, or not when the call is over; then call->code, its text and `out` stand. */
void tn_server_handler_run(tn_server_call *call, tern_handler handler);
/* A worker's job: the blocking handler of the call that embeds it. */
void tn_server_handler_job(tn_job *job);
/* What send, recv, status and close are in a handler. */
extern const tn_call_ops tn_server_handler_ops;

/* server.c: the options with defaults filled in; listen may be missing. */
tern_code tn_server_fill_opts(tern_server_opts *o, const tern_server_opts *given, tern_error *err);

/* server.c: closes the listening socket; those that I/O threads have of it are closed by them. Called by
 * the first of them, or when there is none. */
void tn_server_stop_listening(tern_server *server);

/* log.c */
/* One line for the log hook, "server: " before it, unless there were too many. Any thread. */
void tn_server_log(tn_server_io *io, tern_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tn_server_log_init(tn_server_io *io);
void tn_server_log_fini(tn_server_io *io);

/* io.c */
tern_code tn_server_io_init(tn_server_io *io, tern_server *server, tern_error *err);
/* Turns the loop until the server stops and all links are closed. */
void tn_server_io_run(tn_server_io *io);
/* The worker posted jobs in this turn. */
void tn_server_io_kick(tn_server_io *io);
/* The connection's link is closed and its last call gone? Then it is freed. */
void tn_server_conn_settle(tn_server_conn *conn);
/* After the workers are joined: runs what they posted, frees all. */
void tn_server_io_fini(tn_server_io *io);

/* registry.c; the method, or NULL with a text (arena) for the UNIMPLEMENTED status. */
const tn_server_method *tn_server_find(const tern_server *server, tern_str path, tern_arena *arena,
                                       tern_str *text);
void tn_server_registry_free(tern_server *server);

#endif
