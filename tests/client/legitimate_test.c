/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legitimate_test.c: no false positives over sockets: a channel and a server of ours under load, with a
 * relay between them that counts frames. In memory, with more kinds: tests/grpc/legitimate_test.c.
 *
 * $TERN_TRAFFIC_CALLS sets how many calls are made (scripts/prove.d/legitimate).
 */
#include "rpc/probe.h"
#include "support/traffic.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the relay ---- */

typedef struct direction {
    int from, to;
    bool of_client;
    traffic_wire wire; /* guarded by lock */
    pthread_mutex_t lock;
    pthread_t thread;
} direction;

/* One connection, two threads: neither direction can hold up the other. */
typedef struct relay {
    int listener;
    struct sockaddr_in server;
    char address[32];
    direction up, down;
    pthread_t thread;
} relay;

static void *pump(void *user)
{
    direction *d = user;
    uint8_t bytes[65536];
    for (ssize_t n; (n = read(d->from, bytes, sizeof bytes)) > 0;) {
        pthread_mutex_lock(&d->lock);
        traffic_look(&d->wire, d->of_client, bytes, (size_t)n);
        pthread_mutex_unlock(&d->lock);
        for (ssize_t at = 0, sent; at < n; at += sent)
            if ((sent = send(d->to, bytes + at, (size_t)(n - at), MSG_NOSIGNAL)) <= 0)
                break;
    }
    shutdown(d->to, SHUT_WR);
    return NULL;
}

static void *relay_run(void *user)
{
    relay *r = user;
    const int one = 1, client = accept(r->listener, NULL, NULL);
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0 || connect(server, (const struct sockaddr *)&r->server, sizeof r->server) != 0)
        return NULL;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    r->up.from = r->down.to = client;
    r->up.to = r->down.from = server;
    pthread_create(&r->up.thread, NULL, pump, &r->up);
    pump(&r->down);
    pthread_join(r->up.thread, NULL);
    close(client);
    close(server);
    return NULL;
}

static void relay_start(relay *r, const char *server)
{
    struct sockaddr_in here = { .sin_family = AF_INET };
    socklen_t n = sizeof here;
    *r = (relay){ .up.of_client = true, .listener = socket(AF_INET, SOCK_STREAM, 0) };
    here.sin_addr.s_addr = r->server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    r->server.sin_family = AF_INET;
    r->server.sin_port = htons((uint16_t)strtoul(strrchr(server, ':') + 1, NULL, 10));
    pthread_mutex_init(&r->up.lock, NULL);
    pthread_mutex_init(&r->down.lock, NULL);
    assert_int_equal(bind(r->listener, (const struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(listen(r->listener, 1), 0);
    assert_int_equal(getsockname(r->listener, (struct sockaddr *)&here, &n), 0);
    snprintf(r->address, sizeof r->address, "127.0.0.1:%u", (unsigned)ntohs(here.sin_port));
    assert_int_equal(pthread_create(&r->thread, NULL, relay_run, r), 0);
}

static traffic_wire relay_seen(direction *d)
{
    pthread_mutex_lock(&d->lock);
    const traffic_wire w = d->wire;
    pthread_mutex_unlock(&d->lock);
    return w;
}

/* ---- the load ---- */

enum { CALLERS = 8 };

/* What one thread does, and what came of it; assertions are the main thread's. */
typedef struct worker {
    probe *p;
    uint32_t calls;
    uint32_t ok, given_up;
    tern_error err; /* of the first call that ended in another way */
    pthread_t thread;
} worker;

static void note(worker *w, const tern_error *err)
{
    if (w->err.code == TERN_OK)
        w->err = *err;
}

static void *call_unary(void *user)
{
    worker *w = user;
    tern_arena *arena = tern_arena_new(NULL);
    for (uint32_t i = 0; i < w->calls; i++) {
        tern_error err;
        const char *reply = probe_ask(w->p->channel, arena, PROBE_INLINE, "x",
                                      TERN_CALL_OPTS(.timeout_ms = 60000 + i % 1000), &err);
        if (reply && strcmp(reply, "x") == 0)
            w->ok++;
        else
            note(w, &err);
        tern_arena_reset(arena);
    }
    tern_arena_free(arena);
    return NULL;
}

/* Sends until nobody listens. */
static tern_code endless(tern_call *call, const probe_text *request)
{
    while (tern_call_send(call, request) == TERN_OK)
        ;
    return TERN_OK;
}

/* Waits for its deadline, as a slow backend would. */
static tern_code slow(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)request;
    (void)reply;
    while (!tern_call_cancelled(call))
        probe_sleep(1);
    return TERN_OK;
}

/* Opens a stream, reads a little, and leaves. */
static void *cancel_streams(void *user)
{
    worker *w = user;
    const probe_text request = probe_say("x");
    for (uint32_t i = 0; i < w->calls; i++) {
        tern_call *call =
            tern_channel_server_stream(w->p->channel, &probe_methods[PROBE_STREAM], &request, NULL);
        const void *message;
        for (uint32_t k = 0; k < i % 4; k++)
            if (tern_call_recv(call, &message) != TERN_OK)
                break;
        tern_error err;
        if (tern_call_close(call, &err) == TERN_CANCELLED && err.origin == TERN_ORIGIN_LOCAL)
            w->given_up++;
        else
            note(w, &err);
    }
    return NULL;
}

static void *let_deadlines_pass(void *user)
{
    worker *w = user;
    tern_arena *arena = tern_arena_new(NULL);
    for (uint32_t i = 0; i < w->calls; i++) {
        tern_error err;
        probe_ask(w->p->channel, arena, PROBE_BLOCKING, "x",
                  TERN_CALL_OPTS(.timeout_ms = 1 + i % 3), &err);
        if (err.code == TERN_DEADLINE_EXCEEDED)
            w->given_up++;
        else if (err.code == TERN_OK) /* the server's clock was the first */
            w->ok++;
        else
            note(w, &err);
        tern_arena_reset(arena);
    }
    tern_arena_free(arena);
    return NULL;
}

static void nothing_is_ended_that_was_not_given_up(void **state)
{
    (void)state;
    const uint32_t calls = traffic_calls(2000);
    probe p = { .stream = endless, .blocking = slow };
    relay r;
    tern_error err;
    worker workers[CALLERS + 2] = { 0 };
    probe_serve(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = 20));
    relay_start(&r, tern_server_address(p.server));
    p.channel = tern_channel_new(r.address, NULL, &err);
    p.arena = tern_arena_new(NULL);
    assert_non_null(p.channel);
    for (int i = 0; i < CALLERS + 2; i++) {
        void *(*const run)(void *) = i < CALLERS    ? call_unary
                                     : i == CALLERS ? cancel_streams
                                                    : let_deadlines_pass;
        workers[i].p = &p;
        workers[i].calls = i < CALLERS ? calls / CALLERS : calls / (i == CALLERS ? 20 : 100) + 1;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    uint32_t given_up = 0, all = 0;
    for (int i = 0; i < CALLERS + 2; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].err.code != TERN_OK)
            fail_msg("a call: %s: %s", tern_code_name(workers[i].err.code), workers[i].err.text);
        assert_int_equal(workers[i].ok + workers[i].given_up, workers[i].calls);
        given_up += workers[i].given_up;
        all += workers[i].calls;
    }
    probe_asks(&p, PROBE_INLINE, "still there", NULL);
    const traffic_wire up = relay_seen(&r.up), down = relay_seen(&r.down);
    printf("%u calls over a socket, %u of them given up: %llu frames there, %llu back, 0 GOAWAY, 0 "
           "RST_STREAM but %llu of the client's\n",
           all, given_up, (unsigned long long)up.frames, (unsigned long long)down.frames,
           (unsigned long long)up.rst);
    assert_int_equal(up.goaway, 0);
    assert_int_equal(down.goaway, 0);
    assert_int_equal(down.rst, 0);
    assert_true(up.rst <= given_up);
    probe_stop(&p);
    pthread_join(r.thread, NULL);
    close(r.listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_ended_that_was_not_given_up) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
