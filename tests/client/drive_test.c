/* SPDX-License-Identifier: Apache-2.0 */
/* drive_test.c: many threads on one channel: the baton, the background thread, cancels, restarts. */
#include "client/internal.h"
#include "rpc/probe.h"
#include "support/seed.h"

enum { THREADS = 16 };

typedef struct worker {
    probe *p;
    pthread_t thread;
    tn_seed seed;
    uint32_t rounds;
    tern_cancel *cancel;
    /* outcomes */
    uint32_t ok, cancelled, late, unavailable, wrong;
    char what[200]; /* the first wrong one */
} worker;

static void count(worker *w, const tern_error *err, bool right)
{
    if (err->code == TERN_OK && right)
        w->ok++;
    else if (err->code == TERN_CANCELLED)
        w->cancelled++;
    else if (err->code == TERN_DEADLINE_EXCEEDED)
        w->late++;
    else if (err->code == TERN_UNAVAILABLE)
        w->unavailable++;
    else if (w->wrong++ == 0)
        snprintf(w->what, sizeof w->what, "%s: %.180s", tern_code_name(err->code), err->text);
}

/* ---- plain: every call goes well ---- */

static void *ask_often(void *arg)
{
    worker *w = arg;
    tern_arena *arena = tern_arena_new(NULL);
    for (uint32_t i = 0; i < w->rounds; i++) {
        char text[32];
        tern_error err;
        snprintf(text, sizeof text, "%p %u", arg, i);
        tern_arena_reset(arena);
        const char *reply =
            probe_ask(w->p->channel, arena, (int)tn_seed_below(&w->seed, 2), text, NULL, &err);
        count(w, &err, reply && strcmp(reply, text) == 0);
    }
    tern_arena_free(arena);
    return NULL;
}

static void run_all(probe *p, worker workers[], uint32_t rounds, void *(*f)(void *))
{
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){ .p = p, .seed.state = i, .rounds = rounds };
        pthread_create(&workers[i].thread, NULL, f, &workers[i]);
    }
}

static void join_all(worker workers[], worker *sum)
{
    *sum = (worker){ 0 };
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].wrong)
            fail_msg("%s", workers[i].what);
        sum->ok += workers[i].ok;
        sum->cancelled += workers[i].cancelled;
        sum->late += workers[i].late;
        sum->unavailable += workers[i].unavailable;
    }
}

static void many_threads(const tern_channel_opts *opts)
{
    enum { ROUNDS = 200 };
    worker workers[THREADS], sum;
    probe p = { 0 };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .io_threads = 2), opts);
    run_all(&p, workers, ROUNDS, ask_often);
    join_all(workers, &sum);
    assert_int_equal(sum.ok, THREADS * ROUNDS);
    probe_stop(&p);
}

static void test_many_threads_share_a_channel(void **state)
{
    (void)state;
    many_threads(NULL);
}

static void test_many_threads_and_a_background_thread(void **state)
{
    (void)state;
    many_threads(TERN_CHANNEL_OPTS(.background_thread = true));
}

/* ---- streams, cancels, deadlines ---- */

static tern_code counts(tern_call *call, const probe_text *request)
{
    const long n = strtol(request->value.p, NULL, 10);
    for (long i = 0; i < n; i++) {
        const tern_code code = tern_call_send(call, request);
        if (code != TERN_OK)
            return code;
    }
    return TERN_OK;
}

static tern_code dawdles(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)call;
    *reply = *request;
    probe_sleep(1);
    return TERN_OK;
}

/* Reads a random part of a stream and closes it. */
static void stream_once(worker *w, const tern_call_opts *opts)
{
    const uint32_t n = tn_seed_below(&w->seed, 200), read = tn_seed_below(&w->seed, 400);
    char text[16];
    tern_error err;
    tern_code code = TERN_OK;
    snprintf(text, sizeof text, "%u", n);
    tern_call *call = probe_open(w->p, text, opts);
    uint32_t got = 0;
    while (got < read && probe_next(call, &code))
        got++;
    tern_call_close(call, &err);
    count(w, &err, code != TERN_END || got == n);
}

static void ask_once(worker *w, tern_arena *arena, const tern_call_opts *opts)
{
    tern_error err;
    tern_arena_reset(arena);
    const char *reply =
        probe_ask(w->p->channel, arena, (int)tn_seed_below(&w->seed, 2), "x", opts, &err);
    count(w, &err, reply && strcmp(reply, "x") == 0);
}

static void *do_anything(void *arg)
{
    worker *w = arg;
    tern_arena *arena = tern_arena_new(NULL);
    for (uint32_t i = 0; i < w->rounds; i++) {
        const uint32_t dice = tn_seed_below(&w->seed, 10);
        const tern_call_opts *opts =
            TERN_CALL_OPTS(.timeout_ms = dice < 3 ? 1 + tn_seed_below(&w->seed, 5) : 0,
                           .cancel = dice >= 5 ? w->cancel : NULL);
        if (dice % 2)
            stream_once(w, opts);
        else
            ask_once(w, arena, opts);
    }
    tern_arena_free(arena);
    return NULL;
}

/* Every worker has a tern_cancel that goes off at some time. */
static void anything(const tern_channel_opts *opts)
{
    worker workers[THREADS], sum;
    probe p = { .stream = counts, .blocking = dawdles };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .io_threads = 2), opts);
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){
            .p = &p, .seed.state = i + 100, .rounds = 100, .cancel = tern_cancel_new(NULL)
        };
        pthread_create(&workers[i].thread, NULL, do_anything, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        probe_sleep(5);
        tern_cancel_trigger(workers[i].cancel);
    }
    join_all(workers, &sum);
    assert_true(sum.ok > 0);
    assert_int_equal(sum.unavailable, 0);
    for (int i = 0; i < THREADS; i++)
        tern_cancel_free(workers[i].cancel);
    probe_stop(&p);
}

static void test_streams_cancels_and_deadlines_at_random(void **state)
{
    (void)state;
    anything(NULL);
}

static void test_the_same_with_a_background_thread(void **state)
{
    (void)state;
    anything(TERN_CHANNEL_OPTS(.background_thread = true));
}

/* ---- servers that come and go ---- */

static void test_servers_come_and_go(void **state)
{
    (void)state;
    worker workers[THREADS], sum;
    probe p = { .stream = counts, .blocking = dawdles };
    probe_start(&p, NULL, TERN_CHANNEL_OPTS(.backoff_initial_ms = 1, .backoff_max_ms = 2));
    char address[64];
    snprintf(address, sizeof address, "%s", tern_server_address(p.server));
    run_all(&p, workers, 150, do_anything);
    for (int i = 0; i < 10; i++) {
        probe_sleep(15);
        if (i % 2)
            tern_server_stop(p.server);
        tern_server_free(p.server);
        p.server = tern_server_new(TERN_SERVER_OPTS(.listen = address, .drain_grace_ms = 10), NULL);
        assert_non_null(p.server);
        assert_true(probe_register(&p, NULL));
        assert_true(tern_server_start(p.server, NULL));
    }
    join_all(workers, &sum);
    assert_true(sum.ok > 0);
    probe_asks(&p, PROBE_INLINE, "after all", NULL);
    probe_stop(&p);
}

/* ---- the channel goes ---- */

static tern_code waits_for_the_end(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)request;
    (void)reply;
    const uint64_t end = probe_ms() + 20000;
    while (!tern_call_cancelled(call) && probe_ms() < end)
        probe_sleep(1);
    return TERN_OK;
}

static void *ask_in_vain(void *arg)
{
    worker *w = arg;
    tern_arena *arena = tern_arena_new(NULL);
    tern_error err;
    probe_ask(w->p->channel, arena, PROBE_BLOCKING, "x", NULL, &err);
    count(w, &err, false);
    tern_arena_free(arena);
    return NULL;
}

static void free_in_the_middle(const tern_channel_opts *opts)
{
    worker workers[THREADS], sum;
    probe p = { .blocking = waits_for_the_end };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = THREADS), opts);
    run_all(&p, workers, 1, ask_in_vain);
    PROBE_UNTIL(p.started == THREADS);
    tern_channel_free(p.channel);
    p.channel = NULL;
    join_all(workers, &sum);
    assert_int_equal(sum.cancelled, THREADS);
    PROBE_UNTIL(p.ended == THREADS);
    probe_stop(&p);
}

static void test_freeing_the_channel_ends_the_calls_of_others(void **state)
{
    (void)state;
    free_in_the_middle(NULL);
    free_in_the_middle(TERN_CHANNEL_OPTS(.background_thread = true));
}

/* ---- one thread reads a stream while others call ---- */

static void *read_a_stream(void *arg)
{
    worker *w = arg;
    tern_error err;
    tern_code code;
    tern_call *call = probe_open(w->p, "3000", NULL);
    uint32_t got = 0;
    while (probe_next(call, &code)) {
        got++;
        if (got % 100 == 0)
            probe_sleep(1); /* somebody else drives meanwhile */
    }
    tern_call_close(call, &err);
    count(w, &err, got == 3000);
    return NULL;
}

static void *read_or_ask(void *arg)
{
    worker *w = arg;
    return w->seed.state % 2 ? read_a_stream(w) : ask_often(w);
}

static void test_slow_readers_beside_callers(void **state)
{
    (void)state;
    worker workers[THREADS], sum;
    probe p = { .stream = counts };
    probe_start(&p, NULL, NULL);
    run_all(&p, workers, 100, read_or_ask);
    join_all(workers, &sum);
    assert_int_equal(sum.ok, THREADS / 2 * 100 + THREADS / 2);
    probe_stop(&p);
}

/* A stream's request leaves though its thread does not wait and nobody else does. */
static void test_a_stream_starts_without_being_read(void **state)
{
    (void)state;
    probe p = { .stream = counts };
    probe_start(&p, NULL, NULL);
    probe_asks(&p, PROBE_INLINE, "connected", NULL);
    tern_call *call = probe_open(&p, "5", NULL);
    PROBE_UNTIL(p.started == 2);
    tern_call_close(call, NULL);
    probe_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_threads_share_a_channel),
        cmocka_unit_test(test_many_threads_and_a_background_thread),
        cmocka_unit_test(test_streams_cancels_and_deadlines_at_random),
        cmocka_unit_test(test_the_same_with_a_background_thread),
        cmocka_unit_test(test_servers_come_and_go),
        cmocka_unit_test(test_freeing_the_channel_ends_the_calls_of_others),
        cmocka_unit_test(test_slow_readers_beside_callers),
        cmocka_unit_test(test_a_stream_starts_without_being_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
