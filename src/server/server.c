/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.c: a server's life: made, run, stopped, freed.
 *
 * Threads: the one in tern_server_run (or the one that tern_server_start made) turns the first I/O
 * thread's loop; the others and the workers are started by it and end before it returns, but for
 * workers whose handler does not return: tern_server_free waits for those.
 */
#include "server/internal.h"

#include "base/assert.h"
#include "base/options.h"
#include "h2/limits.h"
#include <signal.h>

enum { IO_THREADS_MAX = 64, WORKERS_MAX = 1024 };

tern_code tn_server_fill_opts(tern_server_opts *o, const tern_server_opts *given, tern_error *err)
{
    TN_TRY(tn_options_copy(o, sizeof *o, given, "tern_server_opts", err));
    if (o->io_threads > IO_THREADS_MAX || o->workers > WORKERS_MAX)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL, "option %s is over %d",
                              o->io_threads > IO_THREADS_MAX ? "io_threads" : "workers",
                              o->io_threads > IO_THREADS_MAX ? IO_THREADS_MAX : WORKERS_MAX);
    if (o->no_workers && o->workers)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "option workers is %u and no_workers is set: one of the two",
                              o->workers);
    o->io_threads = tn_option(o->io_threads, 1);
    o->workers = tn_option(o->workers, 10);
    o->max_queued_calls = tn_option_or_off(o->max_queued_calls, 1000);
    o->max_queued_ms = tn_option(o->max_queued_ms, 10000);
    o->max_concurrent_streams = tn_option(o->max_concurrent_streams, TN_H2_MAX_STREAMS);
    o->max_recv_bytes = tn_option(o->max_recv_bytes, 4 << 20);
    o->drain_grace_ms = tn_option_or_off(o->drain_grace_ms, 30000);
    if (!o->max_decode_bytes)
        o->max_decode_bytes =
            o->max_recv_bytes > UINT32_MAX / 16 ? UINT32_MAX : o->max_recv_bytes * 16;
    return TERN_OK;
}

static tern_code bind_and_listen(tern_server *server, tern_error *err)
{
    tn_addr addr;
    TN_TRY(tn_listen_parse(&addr, server->opts.listen, err));
    server->fd = tn_listen_open(&addr, &server->bound, err);
    if (server->fd < 0)
        return TERN_UNAVAILABLE;
    tn_addr_format(&server->bound, server->address);
    /* The caller's string is not kept: from here on the address says it. */
    server->opts.listen = server->address;
    return TERN_OK;
}

static tern_code init_ios(tern_server *server, tern_error *err)
{
    server->ios = tn_zalloc(server->env, server->opts.io_threads * sizeof *server->ios);
    if (!server->ios)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "no memory for a server");
    for (uint32_t i = 0; i < server->opts.io_threads; i++)
        TN_TRY(tn_server_io_init(&server->ios[i], server, err));
    return TERN_OK;
}

tern_server *tern_server_new(const tern_server_opts *given, tern_error *err)
{
    tern_error_clear(err);
    tern_server_opts opts;
    if (tn_server_fill_opts(&opts, given, err) != TERN_OK)
        return NULL;
    if (!opts.listen) {
        tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                       "option listen is required: an address such as \"[::]:50051\"");
        return NULL;
    }
    const tern_env *env = tn_env_of(opts.env);
    tern_server *server = tn_zalloc(env, sizeof *server);
    if (!server) {
        tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "no memory for a server");
        return NULL;
    }
    server->env = env;
    server->opts = opts;
    server->fd = -1;
    server->methods.env = server->services.env = env;
    server->grpc = (tn_grpc_config){
        /* Handlers of closed streams may still run: as many calls again are taken, and parked. */
        .h2 = { .server = true,
                .max_concurrent_streams = opts.max_concurrent_streams,
                .parked_streams = opts.max_concurrent_streams,
                .max_window = TN_H2_WINDOWS_GROW,
                .ping_interval_ms = TN_H2_PING_INTERVAL_S * 1000 },
        .max_recv_bytes = opts.max_recv_bytes,
        .max_recv_option = "server option max_recv_bytes",
    };
    if (bind_and_listen(server, err) == TERN_OK && init_ios(server, err) == TERN_OK)
        return server;
    tern_server_free(server);
    return NULL;
}

const char *tern_server_address(const tern_server *server)
{
    return server->address;
}

static void *io_thread(void *arg)
{
    tn_server_io_run(arg);
    return NULL;
}

/* Signals are the program's: threads of ours block them all. errno, or 0. */
static int start_thread(pthread_t *thread, void *(*f)(void *), void *arg)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    const int failure = pthread_create(thread, NULL, f, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return failure;
}

static void join_ios(tern_server *server)
{
    for (uint32_t i = 1; i < server->opts.io_threads; i++)
        if (server->ios[i].has_thread)
            pthread_join(server->ios[i].thread, NULL);
}

static bool start_threads(tern_server *server, tern_error *err)
{
    const tern_server_opts *o = &server->opts;
    /* Workers first: an I/O thread has them from its first call on. */
    if (!o->no_workers) {
        server->pool = tn_pool_new(server->env, o->workers, o->max_queued_calls, err);
        if (!server->pool)
            return false;
    }
    for (uint32_t i = 1; i < o->io_threads; i++) {
        tn_server_io *io = &server->ios[i];
        const int failure = start_thread(&io->thread, io_thread, io);
        if (failure) {
            tern_error_set_errno(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, failure,
                                 "cannot start I/O thread %u (option io_threads)", i + 1);
            return false;
        }
        io->has_thread = true;
    }
    return true;
}

static bool serve(tern_server *server, tern_error *err)
{
    tn_server_io_run(&server->ios[0]);
    join_ios(server);
    bool forced = false;
    for (uint32_t i = 0; i < server->opts.io_threads; i++)
        forced |= server->ios[i].forced != 0;
    if (forced)
        tern_error_set(err, TERN_DEADLINE_EXCEEDED, TERN_ORIGIN_LOCAL,
                       "calls were cancelled: they had not ended %u ms after the stop "
                       "(option drain_grace_ms)",
                       server->opts.drain_grace_ms);
    return !forced;
}

static bool exists(const tern_server *server, tern_error *err)
{
    if (!server)
        tern_error_set(err, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                       "server is NULL: see the error of tern_server_new");
    return server != NULL;
}

/* Makes all threads but the one of the first loop. */
static bool launch(tern_server *server, tern_error *err)
{
    if (!exists(server, err))
        return false;
    if (atomic_exchange(&server->running, true)) {
        tern_error_set(err, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                       "a server runs once: make a new one");
        return false;
    }
    if (start_threads(server, err))
        return true;
    tern_server_stop(server);
    join_ios(server);
    return false;
}

bool tern_server_run(tern_server *server, tern_error *err)
{
    tern_error_clear(err);
    return launch(server, err) && serve(server, err);
}

static void *run_in_thread(void *arg)
{
    tern_server *server = arg;
    server->outcome = serve(server, &server->outcome_err);
    return NULL;
}

bool tern_server_start(tern_server *server, tern_error *err)
{
    tern_error_clear(err);
    if (!launch(server, err))
        return false;
    const int failure = start_thread(&server->thread, run_in_thread, server);
    server->has_thread = !failure;
    if (!failure)
        return true;
    tern_error_set_errno(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, failure,
                         "cannot start the server's thread");
    tern_server_stop(server);
    join_ios(server);
    return false;
}

bool tern_server_wait(tern_server *server, tern_error *err)
{
    tern_error_clear(err);
    if (!exists(server, err))
        return false;
    if (!server->has_thread) {
        tern_error_set(err, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                       "wait without start, or twice");
        return false;
    }
    pthread_join(server->thread, NULL);
    server->has_thread = false;
    if (err)
        *err = server->outcome_err;
    return server->outcome;
}

void tern_server_stop(tern_server *server)
{
    if (!server)
        return;
    atomic_store(&server->stopping, true);
    for (uint32_t i = 0; i < server->opts.io_threads; i++)
        tn_loop_wake(server->ios[i].loop);
}

void tn_server_stop_listening(tern_server *server)
{
    if (server->fd >= 0)
        tn_listen_close(server->fd, &server->bound);
    server->fd = -1;
}

void tern_server_free(tern_server *server)
{
    if (!server)
        return;
    if (server->has_thread) {
        tern_server_stop(server);
        tern_server_wait(server, NULL);
    }
    tn_pool_free(server->pool);
    server->pool = NULL;
    for (uint32_t i = 0; server->ios && i < server->opts.io_threads; i++)
        tn_server_io_fini(&server->ios[i]);
    tn_free(server->env, server->ios, server->opts.io_threads * sizeof *server->ios);
    tn_server_stop_listening(server);
    tn_server_registry_free(server);
    tn_free(server->env, server, sizeof *server);
}
