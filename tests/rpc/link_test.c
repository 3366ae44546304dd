/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_test.c: two links joined by a socket pair on one loop, both roles in one thread, under a clock of
 * the test: calls, every way to end, time, floods, and no memory.
 */
#include "rpc/link.h"

#include "support/fail.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

typedef struct end end;

typedef struct end_call {
    tn_grpc_call grpc; /* first */
    end *end;
    tern_arena *arena;
    size_t got;
    bool status, closed;
} end_call;

struct end {
    tn_link link;
    tn_grpc_config config;
    const tern_env *env;
    bool open;
    int closed;
    end_call *last; /* a server's; freed with its stream */
    bool silent;    /* the server does not answer */
};

static end_call *call_new(end *e)
{
    end_call *c = tn_zalloc(e->env, sizeof *c);
    if (!c)
        return NULL;
    c->end = e;
    c->arena = c->grpc.arena = tern_arena_new(e->env);
    if (c->arena)
        return c;
    tn_free(e->env, c, sizeof *c);
    return NULL;
}

static void call_free(end_call *c)
{
    tern_arena_free(c->arena);
    tn_free(c->end->env, c, sizeof *c);
}

static tn_grpc_call *on_open(void *user)
{
    end *e = user;
    e->last = call_new(e);
    return e->last ? &e->last->grpc : NULL;
}

static void on_request(void *user, tn_grpc_call *call)
{
    (void)user;
    (void)call;
}

static void on_message(void *user, tn_grpc_call *call, tn_chunk *chunk)
{
    end *e = user;
    ((end_call *)call)->got += chunk->n;
    tn_grpc_consume(call, chunk->n);
    if (!e->config.h2.server || e->silent) {
        tn_chunk_unref(chunk);
        return;
    }
    tn_chunk *copy = tn_chunk_new(e->env, TN_GRPC_HEADROOM, chunk->n);
    if (copy) {
        memcpy(tn_chunk_bytes(copy), tn_chunk_bytes(chunk), chunk->n);
        copy->n = chunk->n;
        tn_grpc_send_message(call, copy, false);
    }
    tn_chunk_unref(chunk);
    tn_link_flush(&e->link); /* within an event: does nothing, what follows the event flushes */
}

static void on_half_closed(void *user, tn_grpc_call *call)
{
    if (!((end *)user)->silent)
        tn_grpc_finish(call, TERN_OK, (tern_str){ NULL, 0 }, NULL);
}

static void on_status(void *user, tn_grpc_call *call)
{
    (void)user;
    ((end_call *)call)->status = true;
}

static void on_cancelled(void *user, tn_grpc_call *call, tern_code code)
{
    (void)user;
    (void)call;
    (void)code;
}

static void on_closed(void *user, tn_grpc_call *call)
{
    end *e = user;
    end_call *c = (end_call *)call;
    c->closed = true;
    if (!e->config.h2.server)
        return;
    e->last = NULL;
    call_free(c);
    tn_grpc_slot_free(e->link.grpc);
}

static const tn_grpc_events events = {
    .open = on_open,
    .request = on_request,
    .message = on_message,
    .half_closed = on_half_closed,
    .status = on_status,
    .cancelled = on_cancelled,
    .closed = on_closed,
};

static void on_link_closed(tn_link *link)
{
    end *e = (end *)link;
    e->open = false;
    e->closed++;
}

typedef struct pair {
    tn_failing_env f;
    tn_loop *loop;
    end client, server;
} pair;

static bool end_init(pair *p, end *e, int fd, bool server)
{
    *e = (end){ .config = { .h2.server = server, .authority = "a" }, .env = &p->f.env };
    const tn_addr peer = { .len = sizeof(sa_family_t), .u.any.sa_family = AF_UNIX };
    tern_error err;
    tern_error_clear(&err);
    e->open = tn_link_open(&e->link, p->loop, fd, &peer, &e->config, &events, e, on_link_closed,
                           &err) == TERN_OK;
    if (!e->open)
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    return e->open;
}

static void step(pair *p, int turns)
{
    for (int i = 0; i < turns; i++)
        tn_loop_step(p->loop, 0);
}

/* Memory that fails as p->f says from here on. */
static bool pair_open(pair *p)
{
    int fds[2];
    tern_error err;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    p->loop = tn_loop_new(&p->f.env, &err);
    if (!p->loop) {
        close(fds[0]);
        close(fds[1]);
        return false;
    }
    const bool client = end_init(p, &p->client, fds[0], false);
    const bool server = end_init(p, &p->server, fds[1], true);
    return client && server;
}

static void pair_free(pair *p)
{
    if (!p->loop)
        return;
    if (p->client.open)
        tn_link_close(&p->client.link, NULL);
    if (p->server.open)
        tn_link_close(&p->server.link, NULL);
    for (int i = 0; i < 20 && (p->client.open || p->server.open); i++) {
        p->f.clock += 1000 * MS; /* for those that linger */
        step(p, 1);
    }
    assert_false(p->client.open);
    assert_false(p->server.open);
    tn_loop_free(p->loop);
    assert_int_equal(p->f.live_blocks, 0);
}

static void pair_new(pair *p)
{
    memset(p, 0, sizeof *p);
    tn_failing_env_init(&p->f);
    assert_true(pair_open(p));
    step(p, 10);
}

/* A call with one message of n bytes; NULL when it could not begin. */
static end_call *begin(pair *p, size_t n, uint64_t deadline)
{
    const tern_env *env = &p->f.env;
    if (!p->client.open || p->client.link.closing || !tn_grpc_can_start(p->client.link.grpc))
        return NULL;
    end_call *c = call_new(&p->client);
    tn_chunk *chunk = c ? tn_chunk_new(env, TN_GRPC_HEADROOM, n) : NULL;
    const tn_grpc_request request = { .path = TERN_STR("/s/M"), .deadline = deadline };
    if (!chunk || tn_grpc_start(p->client.link.grpc, &c->grpc, &request) != TERN_OK) {
        tn_chunk_unref(chunk);
        if (c)
            call_free(c);
        return NULL;
    }
    memset(tn_chunk_bytes(chunk), 'x', n);
    chunk->n = n;
    tn_grpc_send_message(&c->grpc, chunk, true);
    tn_link_flush(&p->client.link);
    return c;
}

/* ---- */

static void test_calls_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 2000, 3000, 65535, 70000, 1000000 };
    pair p;
    pair_new(&p);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        end_call *c = begin(&p, sizes[i], UINT64_MAX);
        assert_non_null(c);
        for (int turns = 0; turns < 1000 && !c->closed; turns++)
            step(&p, 1);
        assert_true(c->closed);
        assert_int_equal(c->grpc.code, TERN_OK);
        assert_int_equal(c->got, sizes[i]);
        call_free(c);
    }
    pair_free(&p);
}

static void test_a_close_loses_calls_on_both_sides(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        pair p;
        pair_new(&p);
        p.server.silent = true;
        end_call *c = begin(&p, 10, UINT64_MAX);
        step(&p, 5);
        assert_non_null(p.server.last);
        tn_link_close(side ? &p.server.link : &p.client.link, "because of the test");
        step(&p, 5);
        assert_int_equal(p.client.closed, 1);
        assert_int_equal(p.server.closed, 1);
        assert_true(c->closed);
        assert_int_equal(c->grpc.code, TERN_UNAVAILABLE);
        assert_non_null(strstr(c->grpc.message.p, side ? "closed by the peer" : "of the test"));
        assert_null(p.server.last);
        call_free(c);
        pair_free(&p);
    }
}

static void test_a_drain_ends_when_the_last_call_has(void **state)
{
    (void)state;
    pair p;
    pair_new(&p);
    p.server.silent = true;
    end_call *c = begin(&p, 10, UINT64_MAX);
    step(&p, 5);
    tn_link_drain(&p.server.link);
    tn_link_drain(&p.server.link);
    step(&p, 10);
    assert_true(p.server.open && p.client.open);
    assert_null(begin(&p, 10, UINT64_MAX));
    tn_grpc_finish(&p.server.last->grpc, TERN_OK, (tern_str){ NULL, 0 }, NULL);
    tn_link_flush(&p.server.link);
    step(&p, 10);
    assert_true(c->closed);
    assert_int_equal(c->grpc.code, TERN_OK);
    assert_int_equal(p.client.closed, 1);
    assert_int_equal(p.server.closed, 1);
    assert_string_equal(p.server.link.cause, "");
    call_free(c);
    pair_free(&p);
}

static void test_leaving_does_not_wait(void **state)
{
    (void)state;
    pair p;
    pair_new(&p);
    tn_socket_pause(p.server.link.socket, true); /* the peer is silent */
    tn_link_leave(&p.client.link, "left");
    tn_link_leave(&p.client.link, "left");
    step(&p, 3);
    assert_int_equal(p.client.closed, 1);
    tn_socket_pause(p.server.link.socket, false);
    step(&p, 5);
    assert_int_equal(p.server.closed, 1);
    pair_free(&p);
}

static void test_time_passes_for_deadlines_and_settings(void **state)
{
    (void)state;
    pair p;
    pair_new(&p);
    p.server.silent = true;
    end_call *c = begin(&p, 10, p.f.clock + 50 * MS);
    step(&p, 5);
    assert_false(c->status);
    p.f.clock += 49 * MS;
    step(&p, 5);
    assert_false(c->status);
    p.f.clock += 1 * MS;
    step(&p, 5);
    assert_true(c->closed);
    assert_int_equal(c->grpc.code, TERN_DEADLINE_EXCEEDED);
    assert_true(p.client.open && p.server.open);
    call_free(c);
    pair_free(&p);

    /* A peer that never says a word. */
    memset(&p, 0, sizeof p);
    tn_failing_env_init(&p.f);
    int fds[2];
    tern_error err;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    p.loop = tn_loop_new(&p.f.env, &err);
    assert_true(end_init(&p, &p.server, fds[0], true));
    step(&p, 5);
    p.f.clock += 10001 * MS;
    step(&p, 5);
    close(fds[1]);
    step(&p, 5);
    assert_int_equal(p.server.closed, 1);
    assert_non_null(strstr(p.server.link.cause, "SETTINGS"));
    pair_free(&p);
}

static void test_garbage_ends_it_with_goaway(void **state)
{
    (void)state;
    pair p = { 0 };
    tn_failing_env_init(&p.f);
    int fds[2];
    tern_error err;
    uint8_t answer[200];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    p.loop = tn_loop_new(&p.f.env, &err);
    assert_true(end_init(&p, &p.server, fds[0], true));
    assert_int_equal(write(fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
    step(&p, 5);
    const ssize_t n = read(fds[1], answer, sizeof answer);
    assert_true(n > 9 + 17);
    assert_int_equal(read(fds[1], answer, sizeof answer), 0); /* shut down */
    close(fds[1]);
    step(&p, 5);
    assert_int_equal(p.server.closed, 1);
    assert_non_null(strstr(p.server.link.cause, "HTTP/2"));
    pair_free(&p);
}

/* Whoever sends PINGs and reads no answers is not read either. */
static void test_a_flood_of_what_must_be_answered_stops_the_reading(void **state)
{
    (void)state;
    static const uint8_t ping[17] = { 0, 0, 8, 6 };
    static const uint8_t hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
    pair p = { 0 };
    tn_failing_env_init(&p.f);
    int fds[2];
    tern_error err;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    p.loop = tn_loop_new(&p.f.env, &err);
    assert_true(end_init(&p, &p.server, fds[0], true));
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    assert_int_equal(write(fds[1], hello, sizeof hello), sizeof hello);
    size_t sent = 0, stuck = 0;
    while (stuck < 20 && sent < (64u << 20)) {
        uint8_t pings[17 * 500];
        for (size_t i = 0; i < 500; i++)
            memcpy(pings + 17 * i, ping, 17);
        const ssize_t n = write(fds[1], pings + sent % 17, sizeof pings - sent % 17);
        sent += n > 0 ? (size_t)n : 0;
        stuck = n > 0 ? 0 : stuck + 1;
        step(&p, 1);
    }
    assert_int_equal(stuck, 20);
    assert_true(p.server.link.paused);
    assert_true(p.f.peak_bytes < 4u << 20);
    /* It reads, and is read again. */
    uint8_t buffer[65536];
    for (int i = 0; i < 2000 && p.server.link.paused; i++) {
        while (read(fds[1], buffer, sizeof buffer) > 0)
            ;
        step(&p, 1);
    }
    assert_false(p.server.link.paused);
    close(fds[1]);
    step(&p, 100);
    assert_int_equal(p.server.closed, 1);
    pair_free(&p);
}

static bool open_call_close(tn_failing_env *f, void *user)
{
    (void)user;
    static pair p;
    memset(&p, 0, sizeof p);
    tn_failing_env_init(&p.f);
    p.f.fail_at = f->fail_at;
    p.f.fail_onward = f->fail_onward;
    bool ok = pair_open(&p);
    if (ok) {
        step(&p, 10);
        end_call *c = begin(&p, 100000, p.f.clock + 1000 * MS);
        step(&p, 50);
        if (c && !c->closed) { /* an answer that was never made */
            p.f.clock += 1000 * MS;
            step(&p, 10);
        }
        ok = c && c->closed && c->grpc.code == TERN_OK;
        if (c && !c->closed)
            tn_link_close(&p.client.link, NULL);
        if (c) {
            assert_true(c->closed);
            call_free(c);
        }
    }
    pair_free(&p);
    f->failed = p.f.failed;
    assert_int_equal(p.f.live_blocks, 0);
    return ok;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(tn_fail_each(open_call_close, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_of_all_sizes),
        cmocka_unit_test(test_a_close_loses_calls_on_both_sides),
        cmocka_unit_test(test_a_drain_ends_when_the_last_call_has),
        cmocka_unit_test(test_leaving_does_not_wait),
        cmocka_unit_test(test_time_passes_for_deadlines_and_settings),
        cmocka_unit_test(test_garbage_ends_it_with_goaway),
        cmocka_unit_test(test_a_flood_of_what_must_be_answered_stops_the_reading),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
