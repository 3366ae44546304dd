/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h: a service whose handlers each test chooses, and a server and a channel for it, for the
 * tests of rpc, server and client. Messages are google.protobuf.StringValue.
 *
 * Handlers run on other threads: they must not use cmocka's assertions.
 */
#ifndef TN_TEST_RPC_PROBE_H
#define TN_TEST_RPC_PROBE_H

#include "google/protobuf/wrappers.tern.h"
#include "support/test.h"
#include "tern/channel.h"
#include "tern/server.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef google_protobuf_StringValue probe_text;
typedef tern_code probe_unary(tern_call *call, const probe_text *request, probe_text *reply);
typedef tern_code probe_stream(tern_call *call, const probe_text *request);

typedef struct probe {
    tern_server *server;
    tern_channel *channel;
    tern_arena *arena;
    /* what the handlers do; NULL echoes, or sends the request back once */
    probe_unary *blocking, *on_io;
    probe_stream *stream;
    void *user;
    atomic_int started, ended; /* handlers */
    atomic_int flag;           /* the test's own */
} probe;

enum { PROBE_BLOCKING, PROBE_INLINE, PROBE_STREAM, PROBE_ABSENT, PROBE_METHODS };

#define PROBE_METHOD(name, how)                                                                    \
    {                                                                                              \
        .path = "/test.Probe/" name, .request = &google_protobuf_StringValue_table,                \
        .response = &google_protobuf_StringValue_table, .kind = (how),                             \
    }

static const tern_method probe_methods[PROBE_METHODS] = {
    [PROBE_BLOCKING] = PROBE_METHOD("Blocking", TERN_UNARY),
    [PROBE_INLINE] = PROBE_METHOD("Inline", TERN_UNARY),
    [PROBE_STREAM] = PROBE_METHOD("Stream", TERN_SERVER_STREAMING),
    [PROBE_ABSENT] = PROBE_METHOD("Absent", TERN_UNARY),
};

static const tern_service probe_service = {
    .abi = TERN_RPC_ABI,
    .name = "test.Probe",
    .methods = probe_methods,
    .method_count = PROBE_METHODS,
};

static inline probe *probe_of(const tern_call *call)
{
    return tern_call_user(call);
}

/* ---- handlers ---- */

static inline tern_code probe_run(probe_unary *f, tern_call *call, const void *request, void *reply)
{
    probe *p = probe_of(call);
    tern_code code = TERN_OK;
    atomic_fetch_add(&p->started, 1);
    if (f)
        code = f(call, request, reply);
    else
        *(probe_text *)reply = *(const probe_text *)request;
    atomic_fetch_add(&p->ended, 1);
    return code;
}

static inline tern_code probe_invoke_blocking(tern_handler h, tern_call *call, const void *request,
                                              void *reply)
{
    (void)h;
    return probe_run(probe_of(call)->blocking, call, request, reply);
}

static inline tern_code probe_invoke_inline(tern_handler h, tern_call *call, const void *request,
                                            void *reply)
{
    (void)h;
    return probe_run(probe_of(call)->on_io, call, request, reply);
}

static inline tern_code probe_invoke_stream(tern_handler h, tern_call *call, const void *request,
                                            void *reply)
{
    (void)h;
    (void)reply;
    probe *p = probe_of(call);
    atomic_fetch_add(&p->started, 1);
    const tern_code code = p->stream ? p->stream(call, request) : tern_call_send(call, request);
    atomic_fetch_add(&p->ended, 1);
    return code;
}

static inline void probe_no_handler(void)
{
}

/* ---- time ---- */

static inline uint64_t probe_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static inline void probe_sleep(unsigned ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    nanosleep(&t, NULL);
}

/* Waits at most 20 s. */
#define PROBE_UNTIL(condition)                                                                     \
    do {                                                                                           \
        const uint64_t until_end_ = probe_ms() + 20000;                                            \
        while (!(condition)) {                                                                     \
            assert_true(probe_ms() < until_end_);                                                  \
            probe_sleep(1);                                                                        \
        }                                                                                          \
    } while (0)

/* ---- server and channel ---- */

static inline bool probe_register(probe *p, tern_error *err)
{
    static const tern_method_handlers handlers[PROBE_METHODS] = {
        [PROBE_BLOCKING] = { .blocking = probe_no_handler, .invoke = probe_invoke_blocking },
        [PROBE_INLINE] = { .on_io = probe_no_handler, .invoke = probe_invoke_inline },
        [PROBE_STREAM] = { .blocking = probe_no_handler, .invoke = probe_invoke_stream },
    };
    return tern_server_register(p->server, &probe_service, handlers, p, err);
}

/* A server that runs in a thread of its own. opts NULL: on a free port. */
static inline void probe_serve(probe *p, const tern_server_opts *opts)
{
    tern_error err;
    p->server = tern_server_new(opts ? opts : TERN_SERVER_OPTS(.listen = "127.0.0.1:0"), &err);
    if (!p->server || !probe_register(p, &err) || !tern_server_start(p->server, &err))
        fail_msg("%s", err.text);
}

static inline void probe_connect(probe *p, const tern_channel_opts *opts)
{
    tern_error err;
    p->channel = tern_channel_new(tern_server_address(p->server), opts, &err);
    if (!p->channel)
        fail_msg("%s", err.text);
    p->arena = tern_arena_new(NULL);
    assert_non_null(p->arena);
}

static inline void probe_start(probe *p, const tern_server_opts *server,
                               const tern_channel_opts *channel)
{
    probe_serve(p, server);
    probe_connect(p, channel);
}

static inline void probe_disconnect(probe *p)
{
    tern_channel_free(p->channel);
    tern_arena_free(p->arena);
    p->channel = NULL;
    p->arena = NULL;
}

/* Ends the server in good order, which must succeed. */
static inline void probe_stop(probe *p)
{
    tern_error err;
    probe_disconnect(p);
    tern_server_stop(p->server);
    if (!tern_server_wait(p->server, &err))
        fail_msg("%s", err.text);
    tern_server_free(p->server);
    p->server = NULL;
}

/* ---- calls ---- */

static inline probe_text probe_say(const char *text)
{
    return (probe_text){ .value = tern_str_of(text) };
}

/* A unary call; the reply's text, or NULL. Any thread. */
static inline const char *probe_ask(tern_channel *channel, tern_arena *arena, int method,
                                    const char *text, const tern_call_opts *opts, tern_error *err)
{
    const probe_text request = probe_say(text);
    const probe_text *reply =
        tern_channel_unary(channel, &probe_methods[method], arena, &request, opts, err);
    return reply ? reply->value.p ? reply->value.p : "" : NULL;
}

/* The same on the probe's channel, which must fail with this code; the text stays valid. */
static inline const char *probe_fails(probe *p, int method, const char *text,
                                      const tern_call_opts *opts, tern_code code)
{
    static tern_error err;
    assert_null(probe_ask(p->channel, p->arena, method, text, opts, &err));
    if (err.code != code)
        fail_msg("%s instead of %s: %s", tern_code_name(err.code), tern_code_name(code), err.text);
    return err.text;
}

/* The same, which must succeed. */
static inline const char *probe_asks(probe *p, int method, const char *text,
                                     const tern_call_opts *opts)
{
    tern_error err;
    const char *reply = probe_ask(p->channel, p->arena, method, text, opts, &err);
    if (!reply)
        fail_msg("%s: %s", tern_code_name(err.code), err.text);
    return reply;
}

static inline tern_call *probe_open(probe *p, const char *text, const tern_call_opts *opts)
{
    const probe_text request = probe_say(text);
    return tern_channel_server_stream(p->channel, &probe_methods[PROBE_STREAM], &request, opts);
}

/* The next message's text; NULL when there is none, with *code. */
static inline const char *probe_next(tern_call *call, tern_code *code)
{
    const void *message;
    *code = tern_call_recv(call, &message);
    if (*code != TERN_OK)
        return NULL;
    return ((const probe_text *)message)->value.p;
}

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("\"%s\" does not say \"%s\"", (text), (part));                                \
    } while (0)

#endif
