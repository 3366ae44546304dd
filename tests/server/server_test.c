/* SPDX-License-Identifier: Apache-2.0 */
/* server_test.c: options, addresses, registration, and a server's life from new to free. */
#include "rpc/probe.h"
#include "rpc/raw.h"
#include "support/fail.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void test_options_are_checked(void **state)
{
    (void)state;
    tern_error err;
    assert_null(tern_server_new(NULL, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_contains(err.text, "listen");
    assert_null(tern_server_new(TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .io_threads = 65), &err));
    assert_contains(err.text, "io_threads");
    assert_null(tern_server_new(TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = 1025), &err));
    assert_contains(err.text, "workers");
    assert_null(tern_server_new(
        TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = 5, .no_workers = true), &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_contains(err.text, "no_workers");
    assert_null(tern_server_new(&(tern_server_opts){ .listen = "127.0.0.1:0" }, &err));
    assert_contains(err.text, "size");
    assert_null(tern_server_new(TERN_SERVER_OPTS(.listen = "127.0.0.1"), &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_null(tern_server_new(TERN_SERVER_OPTS(.listen = "nowhere.invalid:1"), &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    /* A caller may not care. */
    assert_null(tern_server_new(NULL, NULL));
}

static void test_an_address_that_is_taken_is_named(void **state)
{
    (void)state;
    tern_error err;
    tern_server *first = tern_server_new(TERN_SERVER_OPTS(.listen = "127.0.0.1:0"), &err);
    assert_non_null(first);
    const char *address = tern_server_address(first);
    assert_null(tern_server_new(TERN_SERVER_OPTS(.listen = address), &err));
    assert_int_equal(err.code, TERN_UNAVAILABLE);
    assert_contains(err.text, address);
    assert_contains(err.text, "in use");
    tern_server_free(first);
}

static void test_a_server_that_never_ran_is_freed(void **state)
{
    (void)state;
    tern_error err;
    tern_server_free(NULL);
    tern_server *s = tern_server_new(
        TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .io_threads = 3, .no_workers = true), &err);
    assert_non_null(s);
    tern_server_free(s);
}

static void test_a_server_that_was_not_made_is_named(void **state)
{
    (void)state;
    tern_error err;
    probe p = { .server = NULL };
    bool (*const all[])(tern_server * server, tern_error * err) = { tern_server_run,
                                                                    tern_server_start,
                                                                    tern_server_wait };
    for (size_t i = 0; i < 3; i++) {
        assert_false(all[i](NULL, &err));
        assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
        assert_contains(err.text, "tern_server_new");
        assert_false(all[i](NULL, NULL));
    }
    assert_false(probe_register(&p, &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    assert_contains(err.text, "tern_server_new");
    tern_server_stop(NULL);
}

static void test_stop_before_run_ends_it_at_once(void **state)
{
    (void)state;
    tern_error err;
    probe p = { 0 };
    p.server = tern_server_new(TERN_SERVER_OPTS(.listen = "127.0.0.1:0"), &err);
    assert_true(probe_register(&p, &err));
    tern_server_stop(p.server);
    tern_server_stop(p.server);
    assert_true(tern_server_run(p.server, &err));
    assert_int_equal(err.code, TERN_OK);
    assert_false(tern_server_run(p.server, &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    assert_false(tern_server_wait(p.server, &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    tern_server_free(p.server);
}

static void test_registration_refuses_what_does_not_fit(void **state)
{
    (void)state;
    tern_error err;
    probe p = { 0 };
    p.server = tern_server_new(TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .no_workers = true), &err);
    assert_false(probe_register(&p, &err)); /* blocking handlers, no workers */
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_contains(err.text, "no_workers");
    assert_contains(err.text, "test.Probe");

    tern_method_handlers both[PROBE_METHODS] = {
        [PROBE_INLINE] = { .blocking = probe_no_handler,
                           .on_io = probe_no_handler,
                           .invoke = probe_invoke_inline },
    };
    assert_false(tern_server_register(p.server, &probe_service, both, &p, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    both[PROBE_INLINE].blocking = NULL;
    both[PROBE_STREAM] =
        (tern_method_handlers){ .on_io = probe_no_handler, .invoke = probe_invoke_stream };
    assert_false(tern_server_register(p.server, &probe_service, both, &p, &err));
    assert_contains(err.text, "unary");
    both[PROBE_STREAM].on_io = NULL;
    assert_true(tern_server_register(p.server, &probe_service, both, &p, &err));
    assert_int_equal(err.code, TERN_OK);
    assert_false(tern_server_register(p.server, &probe_service, both, &p, &err));
    assert_int_equal(err.code, TERN_ALREADY_EXISTS);

    tern_service other = probe_service;
    other.abi = 99;
    other.name = "test.Other";
    assert_false(tern_server_register(p.server, &other, both, &p, &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    tern_server_free(p.server);
}

static void test_registration_ends_when_the_server_runs(void **state)
{
    (void)state;
    tern_error err;
    probe p = { 0 };
    probe_start(&p, NULL, NULL);
    assert_false(probe_register(&p, &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    probe_stop(&p);
}

static void test_unix_sockets(void **state)
{
    (void)state;
    char dir[] = "/tmp/tern-server-XXXXXX", address[64], path[48];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s", dir);
    snprintf(address, sizeof address, "unix:%s", path);
    probe p = { 0 };
    probe_start(&p, TERN_SERVER_OPTS(.listen = address), NULL);
    assert_string_equal(tern_server_address(p.server), address);
    assert_string_equal(probe_asks(&p, PROBE_BLOCKING, "over a file", NULL), "over a file");
    probe_stop(&p);
    struct stat s;
    assert_int_equal(stat(path, &s), -1);
    rmdir(dir);

    probe_start(&p, TERN_SERVER_OPTS(.listen = "unix-abstract:tern-server-test"), NULL);
    assert_string_equal(probe_asks(&p, PROBE_INLINE, "no file", NULL), "no file");
    probe_stop(&p);
}

static void test_any_address_and_many_io_threads(void **state)
{
    (void)state;
    probe p = { 0 };
    tern_error err;
    probe_serve(&p, TERN_SERVER_OPTS(.listen = "[::]:0", .io_threads = 4));
    const char *port = strrchr(tern_server_address(p.server), ':');
    for (int i = 0; i < 32; i++) {
        char target[64], text[16];
        snprintf(target, sizeof target, i % 2 ? "127.0.0.1%s" : "localhost%s", port);
        snprintf(text, sizeof text, "%d", i);
        p.channel = tern_channel_new(target, NULL, &err);
        p.arena = tern_arena_new(NULL);
        assert_string_equal(probe_asks(&p, i % 3 ? PROBE_INLINE : PROBE_BLOCKING, text, NULL),
                            text);
        probe_disconnect(&p);
    }
    probe_stop(&p);
}

/* ---- stopping ---- */

static tern_server *to_stop;

static void on_signal(int number)
{
    (void)number;
    tern_server_stop(to_stop);
}

static tern_code slow(tern_call *call, const probe_text *request, probe_text *reply)
{
    probe_sleep(100);
    reply->value = tern_call_printf(call, "slow %.*s", TERN_FMT(request->value));
    return TERN_OK;
}

static void *ask_slowly(void *arg)
{
    probe *p = arg;
    tern_error err;
    const char *reply = probe_ask(p->channel, p->arena, PROBE_BLOCKING, "call", NULL, &err);
    atomic_store(&p->flag, reply && strcmp(reply, "slow call") == 0 ? 1 : 2);
    return NULL;
}

static void test_a_signal_stops_it_and_the_running_call_ends_well(void **state)
{
    (void)state;
    probe p = { .blocking = slow };
    probe_start(&p, NULL, NULL);
    to_stop = p.server;
    struct sigaction action = { .sa_handler = on_signal }, old;
    sigaction(SIGUSR1, &action, &old);
    pthread_t thread;
    pthread_create(&thread, NULL, ask_slowly, &p);
    PROBE_UNTIL(p.started == 1);
    raise(SIGUSR1);
    raise(SIGUSR1);
    tern_error err;
    assert_true(tern_server_wait(p.server, &err));
    pthread_join(thread, NULL);
    assert_int_equal(p.flag, 1);
    assert_int_equal(p.ended, 1);
    /* Nobody listens any more. */
    const char *text = probe_fails(&p, PROBE_BLOCKING, "late", NULL, TERN_UNAVAILABLE);
    assert_contains(text, "refused");
    sigaction(SIGUSR1, &old, NULL);
    probe_disconnect(&p);
    tern_server_free(p.server);
}

static tern_code until_cancelled(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)reply;
    (void)request;
    const uint64_t end = probe_ms() + 20000;
    while (!tern_call_cancelled(call) && probe_ms() < end)
        probe_sleep(1);
    return tern_call_fail(call, TERN_ABORTED, "gave up");
}

static void *ask_in_vain(void *arg)
{
    probe *p = arg;
    tern_error err;
    probe_ask(p->channel, p->arena, PROBE_BLOCKING, "call", NULL, &err);
    atomic_store(&p->flag,
                 err.code == TERN_UNAVAILABLE && strstr(err.text, "drain_grace_ms") ? 1 : 2);
    return NULL;
}

static void test_when_the_grace_is_over_calls_are_cancelled(void **state)
{
    (void)state;
    probe p = { .blocking = until_cancelled };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .drain_grace_ms = 50), NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, ask_in_vain, &p);
    PROBE_UNTIL(p.started == 1);
    const uint64_t before = probe_ms();
    tern_server_stop(p.server);
    tern_error err;
    assert_false(tern_server_wait(p.server, &err));
    assert_int_equal(err.code, TERN_DEADLINE_EXCEEDED);
    assert_contains(err.text, "drain_grace_ms");
    assert_true(probe_ms() - before < 5000);
    pthread_join(thread, NULL);
    assert_int_equal(p.flag, 1);
    tern_server_free(p.server);
    assert_int_equal(p.ended, 1);
    probe_disconnect(&p);
}

static void test_an_idle_client_that_does_not_answer_is_not_a_cancelled_call(void **state)
{
    (void)state;
    probe p = { 0 };
    raw r;
    tern_error err;
    probe_serve(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .drain_grace_ms = 50));
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    raw_ask(&r, "/test.Probe/Inline", NULL, 0);
    tern_server_stop(p.server);
    assert_true(tern_server_wait(p.server, &err));
    tern_server_free(p.server);
    raw_close(&r);
}

static void *ask_on_and_on(void *arg)
{
    probe *p = arg;
    tern_arena *arena = tern_arena_new(NULL);
    tern_error err;
    do {
        tern_arena_reset(arena);
        probe_ask(p->channel, arena, PROBE_BLOCKING, "call", NULL, &err);
    } while (err.code == TERN_OK);
    if (err.code != TERN_UNAVAILABLE)
        atomic_store(&p->flag, (int)err.code);
    tern_arena_free(arena);
    return NULL;
}

static void test_free_under_load(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    probe p = { 0 };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .io_threads = 2), NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, ask_on_and_on, &p);
    PROBE_UNTIL(p.ended > 200);
    tern_server_free(p.server);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(p.flag, 0);
    probe_disconnect(&p);
}

/* ---- memory ---- */

static bool new_and_free(tn_failing_env *f, void *user)
{
    (void)user;
    tern_error err;
    probe p = { 0 };
    p.server = tern_server_new(
        TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .io_threads = 2, .workers = 2, .env = &f->env),
        &err);
    bool ok = p.server && probe_register(&p, &err);
    if (ok)
        tern_server_stop(p.server);
    ok = ok && tern_server_run(p.server, &err);
    if (!ok)
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    tern_server_free(p.server);
    return ok;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(tn_fail_each(new_and_free, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_are_checked),
        cmocka_unit_test(test_an_address_that_is_taken_is_named),
        cmocka_unit_test(test_a_server_that_never_ran_is_freed),
        cmocka_unit_test(test_a_server_that_was_not_made_is_named),
        cmocka_unit_test(test_stop_before_run_ends_it_at_once),
        cmocka_unit_test(test_registration_refuses_what_does_not_fit),
        cmocka_unit_test(test_registration_ends_when_the_server_runs),
        cmocka_unit_test(test_unix_sockets),
        cmocka_unit_test(test_any_address_and_many_io_threads),
        cmocka_unit_test(test_a_signal_stops_it_and_the_running_call_ends_well),
        cmocka_unit_test(test_when_the_grace_is_over_calls_are_cancelled),
        cmocka_unit_test(test_an_idle_client_that_does_not_answer_is_not_a_cancelled_call),
        cmocka_unit_test(test_free_under_load),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
