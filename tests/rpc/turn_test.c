/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn_test.c: links of a server on one loop under a clock of the test, against peers that are raw
 * bytes: who opens streams by the thousand has 32 of them in a turn and others have theirs; who reads
 * nothing is not read, and is closed in time.
 */
#include "h2/limits.h"
#include "rpc/link.h"
#include "support/fail.h"
#include "support/h2_end.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct end {
    tn_link link; /* first */
    tn_grpc_config config;
    const tern_env *env;
    uint32_t opened;
    bool open;
    int fd; /* the peer's */
} end;

typedef struct call {
    tn_grpc_call grpc; /* first */
    tern_arena *arena;
} call;

typedef struct world {
    tn_failing_env f;
    tn_loop *loop;
    end ends[2];
} world;

static tn_grpc_call *on_open(void *user)
{
    end *e = user;
    call *k = tn_zalloc(e->env, sizeof *k);
    k->arena = k->grpc.arena = tern_arena_new(e->env);
    e->opened++;
    return &k->grpc;
}

static void on_request(void *user, tn_grpc_call *grpc)
{
    (void)user;
    (void)tn_grpc_finish(grpc, TERN_OK, (tern_str){ NULL, 0 }, NULL);
}

static void on_message(void *user, tn_grpc_call *grpc, tn_chunk *chunk)
{
    (void)user;
    tn_grpc_consume(grpc, chunk->n);
    tn_chunk_unref(chunk);
}

static void on_half_closed(void *user, tn_grpc_call *grpc)
{
    (void)user;
    (void)grpc;
}

static void on_cancelled(void *user, tn_grpc_call *grpc, tern_code code)
{
    (void)user;
    (void)grpc;
    (void)code;
}

static void on_closed(void *user, tn_grpc_call *grpc)
{
    end *e = user;
    call *k = (call *)grpc;
    tern_arena_free(k->arena);
    tn_free(e->env, k, sizeof *k);
    tn_grpc_slot_free(e->link.grpc);
}

static const tn_grpc_events events = {
    .open = on_open,
    .request = on_request,
    .message = on_message,
    .half_closed = on_half_closed,
    .cancelled = on_cancelled,
    .closed = on_closed,
};

static void on_link_closed(tn_link *link)
{
    ((end *)link)->open = false;
}

static void begin(world *w)
{
    tern_error err;
    *w = (world){ 0 };
    tn_failing_env_init(&w->f);
    w->loop = tn_loop_new(&w->f.env, &err);
    assert_non_null(w->loop);
    for (int i = 0; i < 2; i++) {
        end *e = &w->ends[i];
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        e->env = &w->f.env;
        e->config.h2.server = true;
        e->fd = fds[0];
        assert_int_equal(tn_link_open(&e->link, w->loop, fds[1], NULL, &e->config, &events, e,
                                      on_link_closed, &err),
                         TERN_OK);
        e->open = true;
    }
}

static void finish(world *w)
{
    for (int i = 0; i < 2; i++)
        if (w->ends[i].open)
            tn_link_close(&w->ends[i].link, "the test is over");
    while (w->ends[0].open || w->ends[1].open) {
        atomic_fetch_add(&w->f.clock, 1000000000); /* for those that linger */
        tn_loop_step(w->loop, 1000000);
    }
    for (int i = 0; i < 2; i++)
        close(w->ends[i].fd);
    tn_loop_free(w->loop);
    assert_int_equal(w->f.live_blocks, 0);
}

static void put(tn_buf *b, const char *script, unsigned id)
{
    char text[128];
    snprintf(text, sizeof text, script, id, id);
    h2_script(b, text);
}

/* All of it, however many turns that takes; the socket's own buffer may be small. */
static size_t send_some(int fd, const tn_buf *b, size_t from)
{
    const ssize_t n =
        send(fd, tn_buf_data(b) + from, tn_buf_len(b) - from, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n > 0 ? (size_t)n : 0;
}

static void send_all(int fd, const char *script, unsigned id)
{
    tn_buf b = tn_buf_of(tern_env_default());
    put(&b, script, id);
    assert_int_equal(send_some(fd, &b, 0), tn_buf_len(&b));
    tn_buf_free(&b);
}

static void drop(int fd)
{
    uint8_t bytes[65536];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

/* An attacker's burst beside a client that asks now and then: in each turn of the loop the attacker
 * opens 32 streams at most, and what the good client asked before the turn is answered in it. */
static void a_good_client_has_its_turn(void **state)
{
    (void)state;
    static const char *const bursts[] = {
        "req %u end",                      /* calls */
        "req %u; frame 3 0 %u 00000008",   /* rapid resets; answered first, so free here */
        "req %u; frame 0 1 %u 0000000000", /* calls with a message */
        "fields %u 5 :method=GET x=y",     /* not requests at all: turned away */
    };
    for (size_t k = 0; k < sizeof bursts / sizeof *bursts; k++) {
        world *w = malloc(sizeof *w);
        begin(w);
        end *bad = &w->ends[0], *good = &w->ends[1];
        tn_buf burst = tn_buf_of(tern_env_default());
        h2_script(&burst, "preface; settings; ack");
        for (unsigned id = 1; id < 2 * 900; id += 2)
            put(&burst, bursts[k], id);
        send_all(good->fd, "preface; settings; ack", 0);
        tn_loop_step(w->loop, 0);
        size_t sent = 0;
        uint32_t turns = 0, most = 0;
        for (unsigned id = 1; turns < 200; turns++, id += 2) {
            sent += send_some(bad->fd, &burst, sent);
            const uint32_t before = bad->opened, asked = good->opened;
            send_all(good->fd, "req %u end", id);
            tn_loop_step(w->loop, 0);
            assert_int_equal(good->opened, asked + 1);
            if (bad->opened - before > most)
                most = bad->opened - before;
            drop(bad->fd);
            drop(good->fd);
        }
        assert_int_equal(sent, tn_buf_len(&burst));
        assert_null(bad->link.rest.first);
        assert_true(most <= TN_H2_TURN_STREAMS);
        if (k < 3) {
            assert_int_equal(bad->opened, 900);
            assert_int_equal(most, TN_H2_TURN_STREAMS);
            assert_int_equal(tn_h2_status(tn_grpc_h2(bad->link.grpc)), TN_H2_OPEN);
        }
        tn_buf_free(&burst);
        finish(w);
        free(w);
    }
}

/* DATA by the megabyte: 64 KiB a turn. */
static void data_has_turns(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    begin(w);
    end *bad = &w->ends[0], *good = &w->ends[1];
    tn_buf burst = tn_buf_of(tern_env_default());
    for (int i = 0; i < 60000; i++)
        h2_script(&burst, "frame 99 0 0 00");
    send_all(bad->fd, "preface; settings; ack", 0);
    send_all(good->fd, "preface; settings; ack", 0);
    tn_loop_step(w->loop, 0);
    size_t sent = 0;
    const int room = 1 << 20;
    setsockopt(bad->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    for (unsigned id = 1; id < 40; id += 2) {
        const uint32_t asked = good->opened;
        sent += send_some(bad->fd, &burst, sent);
        send_all(good->fd, "req %u end", id);
        tn_loop_step(w->loop, 0);
        assert_int_equal(good->opened, asked + 1);
    }
    tn_buf_free(&burst);
    finish(w);
    free(w);
}

/* Closed, or closing, in a turn with a rest: nothing is left, nothing is touched afterwards. */
static void ends_with_a_rest(void **state)
{
    (void)state;
    for (int steps = 1; steps < 5; steps++) {
        world *w = malloc(sizeof *w);
        begin(w);
        tn_buf burst = tn_buf_of(tern_env_default());
        h2_script(&burst, "preface; settings; ack");
        for (unsigned id = 1; id < 2 * 300; id += 2)
            put(&burst, "req %u end", id);
        (void)send_some(w->ends[0].fd, &burst, 0);
        for (int i = 0; i < steps; i++)
            tn_loop_step(w->loop, 0);
        assert_non_null(w->ends[0].link.rest.first);
        if (steps % 2)
            tn_link_close(&w->ends[0].link, "enough");
        else
            shutdown(w->ends[0].fd, SHUT_RDWR);
        tn_buf_free(&burst);
        finish(w);
        free(w);
    }
}

/* Without memory for the rest it is all taken at once: fairness is lost, not bytes. */
static void no_memory_for_a_rest(void **state)
{
    (void)state;
    uint32_t went_on = 0;
    for (uint64_t k = 1; k <= 12; k++) {
        world *w = malloc(sizeof *w);
        begin(w);
        end *bad = &w->ends[0];
        send_all(bad->fd, "preface; settings; ack", 0);
        tn_loop_step(w->loop, 0);
        drop(bad->fd);
        tn_buf burst = tn_buf_of(tern_env_default());
        for (unsigned id = 1; id < 2 * 99; id += 2) /* turned away: no call needs memory */
            put(&burst, "fields %u 5 x=y", id);
        assert_int_equal(send_some(bad->fd, &burst, 0), tn_buf_len(&burst));
        atomic_store(&w->f.fail_at, atomic_load(&w->f.count) + k);
        for (int i = 0; i < 8; i++)
            tn_loop_step(w->loop, 0);
        assert_null(bad->link.rest.first);
        went_on += atomic_load(&w->f.failed) && bad->open && !bad->link.closing;
        tn_buf_free(&burst);
        finish(w);
        free(w);
    }
    assert_true(went_on > 0);
}

/* Turns until the bad end is closed, moving the clock; how long it took, ms. */
static uint64_t until_closed(world *w)
{
    for (uint64_t ms = 0; ms < 60000; ms += 100) {
        for (int i = 0; i < 5; i++)
            tn_loop_step(w->loop, 0);
        if (!w->ends[0].open)
            return ms;
        atomic_fetch_add(&w->f.clock, 100 * 1000000);
    }
    return UINT64_MAX;
}

/* PINGs and nothing read: the answers are few, the rest stays with the peer, then it is closed. */
static void a_flood_that_is_not_read(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    begin(w);
    end *bad = &w->ends[0];
    tn_buf burst = tn_buf_of(tern_env_default());
    h2_script(&burst, "preface; settings; ack");
    for (int i = 0; i < 40000; i++)
        h2_script(&burst, "frame 6 0 0 0102030405060708");
    const size_t before = atomic_load(&w->f.live_bytes);
    size_t sent = 0, quiet = 0, peak = 0;
    while (quiet < 20) {
        const size_t n = sent < tn_buf_len(&burst) ? send_some(bad->fd, &burst, sent) : 0;
        sent += n;
        quiet = n ? 0 : quiet + 1;
        tn_loop_step(w->loop, 0);
        const size_t live = atomic_load(&w->f.live_bytes);
        if (live - before > peak)
            peak = live - before;
    }
    assert_true(bad->link.paused);
    print_message("a flood of PINGs, unread: %zu KiB held\n", peak / 1024);
    assert_true(peak <= 192 * 1024);
    const uint64_t ms = until_closed(w);
    assert_true(ms >= TN_H2_OWED_STUCK_S * 1000 && ms <= TN_H2_OWED_STUCK_S * 1000 + 3000);
    assert_string_equal(bad->link.cause, "answers unread");
    tn_buf_free(&burst);
    finish(w);
    free(w);
}

/* A GOAWAY that nobody takes does not keep the connection. */
static void an_end_that_is_not_read(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    begin(w);
    end *bad = &w->ends[0];
    /* Until its side is full: calls of which no answer is read. */
    tn_buf burst = tn_buf_of(tern_env_default());
    h2_script(&burst, "preface; settings; ack");
    for (unsigned id = 1; id < 2 * 9000; id += 2)
        put(&burst, "req %u end", id);
    size_t sent = 0;
    for (int quiet = 0; quiet < 200 && sent < tn_buf_len(&burst);) {
        const size_t n = send_some(bad->fd, &burst, sent);
        sent += n;
        quiet = n ? 0 : quiet + 1;
        tn_loop_step(w->loop, 0);
    }
    for (int i = 0; i < 400; i++)
        tn_loop_step(w->loop, 0);
    if (tn_h2_has_output(tn_grpc_h2(bad->link.grpc))) {
        tn_h2_abort(tn_grpc_h2(bad->link.grpc), TN_H2_INTERNAL_ERROR, "the test");
        tn_link_flush(&bad->link);
        assert_true(until_closed(w) <= 10000);
    }
    tn_buf_free(&burst);
    finish(w);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_client_has_its_turn), cmocka_unit_test(data_has_turns),
        cmocka_unit_test(ends_with_a_rest),           cmocka_unit_test(no_memory_for_a_rest),
        cmocka_unit_test(a_flood_that_is_not_read),   cmocka_unit_test(an_end_that_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
