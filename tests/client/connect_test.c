/* SPDX-License-Identifier: Apache-2.0 */
/* connect_test.c: unreachable targets, servers that are none, that die, that refuse; backoff, retry. */
#include "client/internal.h"
#include "rpc/probe.h"
#include "rpc/raw.h"
#include <signal.h>
#include <sys/wait.h>

static tern_channel *channel_to(const char *target, const tern_channel_opts *opts)
{
    tern_error err;
    tern_channel *channel = tern_channel_new(target, opts, &err);
    if (!channel)
        fail_msg("%s", err.text);
    return channel;
}

static void test_bad_targets_and_options(void **state)
{
    (void)state;
    tern_error err;
    static const char *const targets[] = { "",      "host:port", "host:0x1",
                                           "unix:", "[::1",      "host:65536" };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        assert_null(tern_channel_new(targets[i], NULL, &err));
        assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
        assert_contains(err.text, targets[i]);
    }
    char longest[600];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_null(tern_channel_new(longest, NULL, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_null(tern_channel_new("h:1", TERN_CHANNEL_OPTS(.authority = longest), &err));
    assert_null(tern_channel_new("h:1", TERN_CHANNEL_OPTS(.authority = "a b"), &err));
    assert_contains(err.text, "authority");
    assert_null(tern_channel_new("h:1", &(tern_channel_opts){ .max_recv_bytes = 1 }, &err));
    assert_contains(err.text, "size");
    assert_null(tern_channel_new("h:1", &(tern_channel_opts){ .max_recv_bytes = 1 }, NULL));
    tern_channel_free(channel_to("h:1", NULL)); /* it never connects */
    tern_channel_free(channel_to("h:1", TERN_CHANNEL_OPTS(.background_thread = true)));
    tern_channel_free(NULL);
}

static void test_what_cannot_be_reached_is_named(void **state)
{
    (void)state;
    char address[TN_ADDR_TEXT];
    close(raw_listen(address)); /* nobody listens there now */
    probe p = { .channel = channel_to(address, NULL), .arena = tern_arena_new(NULL) };
    for (int i = 0; i < 2; i++) { /* the second within the backoff */
        const char *why = probe_fails(&p, PROBE_INLINE, "x", NULL, TERN_UNAVAILABLE);
        assert_contains(why, address);
        assert_contains(why, "Connection refused");
    }
    tern_call *call = probe_open(&p, "x", NULL);
    tern_code code;
    assert_null(probe_next(call, &code));
    assert_int_equal(code, TERN_UNAVAILABLE);
    tern_error err;
    tern_call_close(call, &err);
    assert_int_equal(err.origin, TERN_ORIGIN_NET);
    assert_contains(err.text, "Connection refused");
    probe_disconnect(&p);

    p = (probe){ .channel = channel_to("unix:/nowhere/at/all", NULL),
                 .arena = tern_arena_new(NULL) };
    assert_contains(probe_fails(&p, PROBE_INLINE, "x", NULL, TERN_UNAVAILABLE), "/nowhere/at/all");
    probe_disconnect(&p);
}

/* ---- servers that are none ---- */

typedef struct stranger {
    int listener;
    const char *says; /* NULL: nothing */
    bool stays;       /* until the client leaves */
} stranger;

static void *be_strange(void *arg)
{
    const stranger *s = arg;
    const int fd = accept(s->listener, NULL, NULL);
    char buffer[1000];
    if (recv(fd, buffer, sizeof buffer, 0) > 0 && s->says)
        send(fd, s->says, strlen(s->says), MSG_NOSIGNAL);
    while (s->stays && recv(fd, buffer, sizeof buffer, 0) > 0)
        ;
    close(fd);
    return NULL;
}

static void test_a_server_that_is_none_is_named(void **state)
{
    (void)state;
    static const struct {
        stranger s;
        const char *says;
        uint32_t wait_ms; /* short only where it must pass */
    } cases[] = {
        { { .says = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" }, "HTTP/2", 20000 },
        { { .says = "SSH-2.0-OpenSSH_9.2\r\n", .stays = true }, "HTTP/2", 20000 },
        { { .says = NULL }, "closed by the peer", 20000 },
        { { .says = NULL, .stays = true }, "no SETTINGS in time", 100 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char address[TN_ADDR_TEXT];
        stranger s = cases[i].s;
        s.listener = raw_listen(address);
        pthread_t thread;
        pthread_create(&thread, NULL, be_strange, &s);
        probe p = { .channel = channel_to(
                        address, TERN_CHANNEL_OPTS(.connect_timeout_ms = cases[i].wait_ms)),
                    .arena = tern_arena_new(NULL) };
        const char *why = probe_fails(&p, PROBE_INLINE, "x", NULL, TERN_UNAVAILABLE);
        assert_contains(why, address);
        assert_contains(why, cases[i].says);
        assert_contains(why, "without TLS");
        probe_disconnect(&p);
        pthread_join(thread, NULL);
        close(s.listener);
    }
}

/* ---- backoff, under a clock of the test ---- */

static void test_attempts_come_with_backoff(void **state)
{
    (void)state;
    char address[TN_ADDR_TEXT];
    tn_failing_env f;
    tn_failing_env_init(&f);
    close(raw_listen(address));
    probe p = { .channel = channel_to(address, TERN_CHANNEL_OPTS(.env = &f.env)),
                .arena = tern_arena_new(NULL) };
    tern_channel *ch = p.channel;
    double expected = 1e9;
    for (int i = 0; i < 15; i++) {
        probe_fails(&p, PROBE_INLINE, "x", NULL, TERN_UNAVAILABLE);
        const double wait = (double)(ch->next_attempt - f.clock);
        assert_true(wait >= expected * 0.799 && wait <= expected * 1.201);
        /* Until then nothing is tried, and the next attempt's time stands. */
        const uint64_t due = ch->next_attempt;
        f.clock = due - 1;
        assert_contains(probe_fails(&p, PROBE_INLINE, "x", NULL, TERN_UNAVAILABLE),
                        " s ago, the next attempt is in 0.1 s (backoff)");
        assert_int_equal(ch->next_attempt, due);
        f.clock = due;
        expected = expected * 1.6 < 120e9 ? expected * 1.6 : 120e9;
    }
    probe_disconnect(&p);
    assert_int_equal(f.live_blocks, 0);
}

static void test_a_call_during_the_backoff_says_so(void **state)
{
    (void)state;
    char address[TN_ADDR_TEXT];
    tn_failing_env f;
    tn_failing_env_init(&f);
    close(raw_listen(address));
    probe p = { .channel = channel_to(address, TERN_CHANNEL_OPTS(.env = &f.env)),
                .arena = tern_arena_new(NULL) };
    tern_channel *ch = p.channel;
    const char *why = probe_fails(&p, PROBE_INLINE, "x", NULL, TERN_UNAVAILABLE);
    assert_null(strstr(why, "backoff")); /* this one tried */
    f.clock += 600000000;
    ch->next_attempt = f.clock + 399999999;
    why = probe_fails(&p, PROBE_INLINE, "x", TERN_CALL_OPTS(.timeout_ms = 5000), TERN_UNAVAILABLE);
    assert_contains(why, "Connection refused; that was 0.6 s ago, the next attempt is in 0.4 s");
    /* However long the first text is: the second is whole. */
    memset(ch->last_error.text, 'x', sizeof ch->last_error.text - 1);
    ch->last_error.text[sizeof ch->last_error.text - 1] = '\0';
    why = probe_fails(&p, PROBE_INLINE, "x", NULL, TERN_UNAVAILABLE);
    assert_contains(why, "xx; that was 0.6 s ago, the next attempt is in 0.4 s (backoff)");
    probe_disconnect(&p);
    assert_int_equal(f.live_blocks, 0);
}

/* ---- a server that dies ---- */

/* Tells the test that the call 2 has come, and keeps it. */
static tern_code keeps_2(tern_call *call, const probe_text *request, probe_text *reply)
{
    const int *told = probe_of(call)->user;
    *reply = *request;
    if (strcmp(request->value.p, "2") != 0)
        return TERN_OK;
    if (write(*told, "2", 1) < 0)
        _exit(1);
    for (;;)
        pause();
}

/* *told gives a byte when the call 2 has come; the caller closes it. */
static pid_t fork_server(char address[64], const char *listen, int *told)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        tern_error err;
        probe p = { .on_io = keeps_2, .user = &ends[1] };
        close(ends[0]);
        p.server = tern_server_new(TERN_SERVER_OPTS(.listen = listen), &err);
        static tern_method_handlers handlers[PROBE_METHODS] = {
            [PROBE_INLINE] = { .on_io = probe_no_handler, .invoke = probe_invoke_inline },
            [PROBE_STREAM] = { .blocking = probe_no_handler, .invoke = probe_invoke_stream },
        };
        if (!p.server || !tern_server_register(p.server, &probe_service, handlers, &p, &err))
            _exit(1);
        const char *text = tern_server_address(p.server);
        if (write(ends[1], text, strlen(text) + 1) < 0)
            _exit(1);
        tern_server_run(p.server, &err);
        _exit(0);
    }
    close(ends[1]);
    assert_true(read(ends[0], address, 64) > 0);
    *told = ends[0];
    return pid;
}

static void kill_hard(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

typedef struct victim {
    pid_t pid;
    int told;
} victim;

static void *kill_when_told(void *arg)
{
    const victim *v = arg;
    char byte;
    (void)(read(v->told, &byte, 1) < 0);
    kill_hard(v->pid);
    return NULL;
}

static void test_a_server_killed_and_started_again(void **state)
{
    (void)state;
    char address[64], again[64];
    victim v;
    v.pid = fork_server(address, "127.0.0.1:0", &v.told);
    probe p = { .channel = channel_to(
                    address, TERN_CHANNEL_OPTS(.backoff_initial_ms = 20, .backoff_max_ms = 20)),
                .arena = tern_arena_new(NULL) };
    assert_string_equal(probe_asks(&p, PROBE_INLINE, "1", NULL), "1");

    /* It dies when the call has come. */
    pthread_t thread;
    pthread_create(&thread, NULL, kill_when_told, &v);
    const char *why = probe_fails(&p, PROBE_INLINE, "2", NULL, TERN_UNAVAILABLE);
    assert_contains(why, "connection");
    pthread_join(thread, NULL);
    close(v.told);
    assert_contains(probe_fails(&p, PROBE_INLINE, "3", NULL, TERN_UNAVAILABLE), "refused");

    v.pid = fork_server(again, address, &v.told);
    tern_error err;
    const uint64_t end = probe_ms() + 5000;
    const char *reply = NULL;
    while (!reply && probe_ms() < end) {
        reply = probe_ask(p.channel, p.arena, PROBE_INLINE, "4", NULL, &err);
        probe_sleep(5);
    }
    assert_non_null(reply);
    assert_string_equal(reply, "4");
    /* Died while nobody called: the next call finds out before it sends, and connects anew. */
    kill_hard(v.pid);
    close(v.told);
    v.pid = fork_server(again, address, &v.told);
    assert_string_equal(probe_asks(&p, PROBE_INLINE, "5", NULL), "5");
    kill_hard(v.pid);
    close(v.told);
    probe_disconnect(&p);
}

/* ---- servers that refuse ---- */

typedef struct picky {
    int listener;
    /* What becomes of each connection: w: served; r: the first call refused, the next served; g: GOAWAY
     * that disowns the first call; d: dies when a call has come; e: serves one call, then GOAWAY. */
    const char *script;
    int connections;
    atomic_bool stop, drained; /* drained: the GOAWAY of e is on its way */
} picky;

static void answer_well(raw_call *c)
{
    tn_grpc_send_message(&c->grpc, raw_chunk("\x0a\x04well", 6), false);
    tn_grpc_finish(&c->grpc, TERN_OK, (tern_str){ NULL, 0 }, NULL);
}

static void serve_one(picky *k, int fd, char how)
{
    static const uint8_t disown[] = { 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    raw r;
    raw_init(&r, fd, true);
    r.answer = strchr("wre", how) ? answer_well : NULL;
    r.refuse = how == 'r';
    while (!r.eof && !atomic_load(&k->stop)) {
        raw_turn(&r, 10);
        if (r.calls && how == 'e') {
            tn_grpc_drain(r.conn, tn_now(tn_env_of(NULL)));
            raw_flush(&r);
            atomic_store(&k->drained, true);
        }
        if (r.calls && how == 'g')
            send(fd, disown, sizeof disown, MSG_NOSIGNAL);
        if (r.calls && strchr("gd", how))
            break;
    }
    raw_close(&r);
}

static void *be_picky(void *arg)
{
    picky *k = arg;
    while (!atomic_load(&k->stop)) {
        struct pollfd wait = { .fd = k->listener, .events = POLLIN };
        if (poll(&wait, 1, 10) != 1)
            continue;
        const char how = *k->script ? *k->script++ : 'w';
        k->connections++;
        serve_one(k, accept(k->listener, NULL, NULL), how);
    }
    return NULL;
}

static void test_a_call_that_no_server_saw_is_tried_once_more(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int connections;
        const char *failure; /* of the first call; the second goes well in any case */
    } cases[] = {
        { "w", 1, NULL },
        { "r", 1, NULL },
        { "gw", 2, NULL },
        { "ggw", 3, "before the call was seen" },
        { "dw", 2, "connection was lost" }, /* seen, so not tried again */
        { "ew", 2, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char address[TN_ADDR_TEXT];
        picky k = { .listener = raw_listen(address), .script = cases[i].script };
        pthread_t thread;
        pthread_create(&thread, NULL, be_picky, &k);
        probe p = { .channel = channel_to(address, NULL), .arena = tern_arena_new(NULL) };
        if (cases[i].failure)
            assert_contains(probe_fails(&p, PROBE_INLINE, "x", NULL, TERN_UNAVAILABLE),
                            cases[i].failure);
        else
            assert_string_equal(probe_asks(&p, PROBE_INLINE, "x", NULL), "well");
        if (strchr(cases[i].script, 'e'))
            PROBE_UNTIL(atomic_load(&k.drained));
        assert_string_equal(probe_asks(&p, PROBE_INLINE, "y", NULL), "well");
        probe_disconnect(&p);
        atomic_store(&k.stop, true);
        pthread_join(thread, NULL);
        if (k.connections != cases[i].connections)
            fail_msg("script %s: %d connections", cases[i].script, k.connections);
        close(k.listener);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_targets_and_options),
        cmocka_unit_test(test_what_cannot_be_reached_is_named),
        cmocka_unit_test(test_a_server_that_is_none_is_named),
        cmocka_unit_test(test_attempts_come_with_backoff),
        cmocka_unit_test(test_a_call_during_the_backoff_says_so),
        cmocka_unit_test(test_a_server_killed_and_started_again),
        cmocka_unit_test(test_a_call_that_no_server_saw_is_tried_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
