/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h: listens, and runs handlers for the calls that come.
 *
 * Handlers come in styles. Blocking: runs on a thread of the worker pool and may wait. Inline (unary
 * only): runs on the I/O thread; it must never wait, and costs no hand-over.
 *
 * The log hook hears of connections that ended by a protocol error and calls refused for want of a
 * worker (INFO), of handlers whose code is none or whose reply does not encode and calls cancelled at
 * the end of the drain (WARNING), and of lack of memory (ERROR): at most ten lines a second from each
 * I/O thread and its calls, then how many were left out.
 */
#ifndef TERN_SERVER_H
#define TERN_SERVER_H

#include "tern/call.h"

TERN_BEGIN_DECLS

typedef struct tern_server tern_server;

/* Zero fields mean the default. */
typedef struct tern_server_opts {
    size_t size;               /* sizeof(tern_server_opts) */
    const tern_env *env;       /* borrowed for the server's life */
    const char *listen;        /* host:port, [v6]:port, unix:path, unix-abstract:name; copied.
                                        Port 0 lets the system choose. Required. */
    uint32_t io_threads;       /* 1; at most 64. The thread in tern_server_run is one of them */
    uint32_t workers;          /* threads for blocking handlers: 10; at most 1024 */
    uint32_t max_queued_calls; /* that wait for a worker: 1000; more get RESOURCE_EXHAUSTED;
                                        TERN_OFF: none waits */
    uint32_t max_queued_ms;    /* a call may wait for a worker: 10000; then RESOURCE_EXHAUSTED,
                                        and it never starts; TERN_UNLIMITED */
    uint32_t max_concurrent_streams; /* a connection: 100 */
    uint32_t max_recv_bytes;         /* of one message: 4 MiB; TERN_UNLIMITED */
    uint32_t max_decode_bytes;       /* memory one decoded message may take: 16 x max_recv_bytes */
    uint32_t drain_grace_ms;         /* what running calls get after a stop: 30000; TERN_OFF */
    bool no_workers;                 /* no pool: only inline handlers may be registered;
                                        not together with workers */
} tern_server_opts;

#define TERN_SERVER_OPTS(...) (&(tern_server_opts){ .size = sizeof(tern_server_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_server_opts_init(tern_server_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/* owned; binds and listens, serves nothing yet. NULL with err: bad option, bad address, address taken,
 * no memory. opts borrowed for the call. */
TERN_API tern_server *tern_server_new(const tern_server_opts *opts, tern_error *err) TERN_MUST_USE;

/*
 * The limits in force for these options (NULL: the defaults; listen is not asked for), as text: a line
 * each, then what one connection can make the server hold, part by part, and the sum. Like snprintf:
 * returns the length of the whole text, writes at most n bytes of it with a NUL; text may be NULL with
 * n 0. ceiling (may be NULL) is that sum, bytes; UINT64_MAX when an option is TERN_UNLIMITED.
 */
TERN_API size_t tern_limits(const tern_server_opts *opts, char *text, size_t n, uint64_t *ceiling);

/* The address it listens on, with the real port: "127.0.0.1:41234", "unix:/run/x". The server's. */
TERN_API const char *tern_server_address(const tern_server *server);

/* Serves in this thread until tern_server_stop, and drains. True after an orderly end; false with err
 * when it could not start, or calls had to be cancelled when drain_grace_ms was over.
 * FAILED_PRECONDITION for a NULL server here, in start and in wait. */
TERN_API bool tern_server_run(tern_server *server, tern_error *err);

/* The same in a thread of its own; tern_server_wait joins it and says what run would have said. */
TERN_API bool tern_server_start(tern_server *server, tern_error *err);
TERN_API bool tern_server_wait(tern_server *server, tern_error *err);

/* Ends serving: no new connections or calls, running calls may finish (GOAWAY). Returns at once. Any
 * thread; async-signal-safe; idempotent; before run, too. NULL is fine. */
TERN_API void tern_server_stop(tern_server *server);

/* Stops if need be, joins workers, then I/O threads, frees. NULL is fine. Never from a handler. */
TERN_API void tern_server_free(tern_server *server);

/* What generated registration functions call */

typedef void (*tern_handler)(void);

/* Calls the handler by its real type. reply: NULL for a streaming method, whose handler takes the
 * call as its stream. */
typedef tern_code tern_invoke(tern_handler handler, tern_call *call, const void *request,
                              void *reply);

typedef struct tern_method_handlers {
    tern_handler blocking; /* NULL when not given */
    tern_handler on_io;    /* the inline handler; NULL when not given */
    tern_invoke *invoke;
} tern_method_handlers;

/*
 * Registers the methods of a service; handlers[i] belongs to service->methods[i] and is copied, the
 * service is borrowed for the server's life. A method with no handler answers UNIMPLEMENTED.
 * Before run or start only, and not with a NULL server (FAILED_PRECONDITION). ALREADY_EXISTS: the service is registered.
 * INVALID_ARGUMENT: both styles for one method, or a blocking handler without workers.
 */
TERN_API bool tern_server_register(tern_server *server, const tern_service *service,
                                   const tern_method_handlers *handlers, void *user,
                                   tern_error *err);

TERN_END_DECLS

#endif
