/* SPDX-License-Identifier: Apache-2.0 */
/* unary_test.c: unary calls as the client sees them: statuses, limits, deadlines, bad servers. */
#include "client/internal.h"
#include "rpc/probe.h"
#include "rpc/raw.h"

static void test_misuse_is_an_error(void **state)
{
    (void)state;
    probe p = { 0 };
    tern_error err;
    probe_start(&p, NULL, NULL);
    assert_null(probe_ask(p.channel, NULL, PROBE_INLINE, "x", NULL, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_contains(err.text, "arena");
    assert_contains(probe_fails(&p, PROBE_INLINE, "x", &(tern_call_opts){ .timeout_ms = 1 },
                                TERN_INVALID_ARGUMENT),
                    "size");
    const tern_metadata_entry bad = { TERN_STR_INIT("grpc-timeout"), TERN_STR_INIT("1S") };
    tern_status status = { .code = TERN_OK };
    assert_contains(probe_fails(&p, PROBE_INLINE, "x",
                                TERN_CALL_OPTS(.metadata = { &bad, 1 }, .status_out = &status),
                                TERN_INVALID_ARGUMENT),
                    "grpc-timeout");
    assert_int_equal(status.code, TERN_INVALID_ARGUMENT);
    assert_contains(status.message.p, "grpc-timeout");
    /* A request that cannot be encoded: a string that is not UTF-8. */
    probe_fails(&p, PROBE_INLINE, "\xff", NULL, TERN_INVALID_ARGUMENT);
    status = (tern_status){ .code = TERN_OK };
    assert_null(tern_channel_unary(p.channel, &probe_methods[PROBE_INLINE], p.arena, NULL,
                                   TERN_CALL_OPTS(.status_out = &status), &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_contains(err.text, "request is NULL");
    assert_int_equal(status.code, TERN_INVALID_ARGUMENT);
    assert_null(
        probe_ask(NULL, p.arena, PROBE_INLINE, "x", TERN_CALL_OPTS(.status_out = &status), &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    assert_contains(err.text, "tern_channel_new");
    assert_int_equal(status.code, TERN_FAILED_PRECONDITION);
    assert_contains(status.message.p, "tern_channel_new");
    assert_int_equal(p.started, 0);
    probe_stop(&p);
}

static void test_a_reply_over_the_limit_names_the_knob(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, NULL, TERN_CHANNEL_OPTS(.max_recv_bytes = 1000));
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int method = PROBE_BLOCKING; method <= PROBE_INLINE; method++) {
        tern_status status;
        const char *why = probe_fails(&p, method, text, TERN_CALL_OPTS(.status_out = &status),
                                      TERN_RESOURCE_EXHAUSTED);
        assert_contains(why, "channel option max_recv_bytes");
        assert_contains(why, "1000");
        assert_int_equal(status.code, TERN_RESOURCE_EXHAUSTED);
        assert_string_equal(probe_asks(&p, method, "short", NULL), "short");
    }
    probe_stop(&p);
}

static void test_the_memory_of_a_decoded_reply_is_bounded(void **state)
{
    (void)state;
    probe p = { 0 };
    tern_error err;
    probe_start(&p, NULL, TERN_CHANNEL_OPTS(.max_decode_bytes = 1));
    probe_text request = probe_say("x");
    tern_arena *arena = tern_arena_new(NULL);
    char bytes[400];
    for (size_t i = 0; i < sizeof bytes; i += 2)
        bytes[i] = 0x78, bytes[i + 1] = 1;
    /* Fields of no meaning, which are kept and echoed. */
    assert_int_equal(tern_pb_decode(&google_protobuf_StringValue_table, &request,
                                    (tern_bytes){ (uint8_t *)bytes, sizeof bytes }, arena, NULL,
                                    &err),
                     TERN_OK);
    assert_null(
        tern_channel_unary(p.channel, &probe_methods[PROBE_INLINE], p.arena, &request, NULL, &err));
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    assert_contains(err.text, "channel option max_decode_bytes");
    tern_arena_free(arena);
    probe_stop(&p);
}

/* ---- deadlines and cancels ---- */

static tern_code waits_for_the_end(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)request;
    (void)reply;
    const uint64_t end = probe_ms() + 20000;
    while (!tern_call_cancelled(call) && probe_ms() < end)
        probe_sleep(1);
    probe_sleep(50); /* the client has its own clock */
    return TERN_OK;
}

static void test_a_deadline_is_kept_here_too(void **state)
{
    (void)state;
    char address[TN_ADDR_TEXT];
    const int fd = raw_listen(address); /* nobody takes what comes */
    tern_error err;
    probe p = { .arena = tern_arena_new(NULL) };
    p.channel = tern_channel_new(address, NULL, &err);
    const uint64_t before = probe_ms();
    const char *why = probe_fails(&p, PROBE_BLOCKING, "x", TERN_CALL_OPTS(.timeout_ms = 50),
                                  TERN_DEADLINE_EXCEEDED);
    assert_contains(why, "50 ms");
    assert_contains(why, address);
    assert_in_range(probe_ms() - before, 49, 5000);
    probe_disconnect(&p);
    close(fd);

    p = (probe){ .blocking = waits_for_the_end };
    probe_start(&p, NULL, NULL);
    /* On a slow machine a deadline may pass before the handler begins: the next is twice as far. */
    for (uint32_t ms = 50; p.started == 0; ms *= 2)
        probe_fails(&p, PROBE_BLOCKING, "x", TERN_CALL_OPTS(.timeout_ms = ms),
                    TERN_DEADLINE_EXCEEDED);
    PROBE_UNTIL(p.ended == p.started);
    probe_stop(&p);
}

static void *trigger_when_started(void *arg)
{
    probe *p = arg;
    for (int i = 0; i < 20000 && atomic_load(&p->started) == 0; i++)
        probe_sleep(1);
    tern_cancel_trigger(p->user);
    return NULL;
}

static void test_a_cancel_from_another_thread(void **state)
{
    (void)state;
    tern_cancel *cancel = tern_cancel_new(NULL);
    probe p = { .blocking = waits_for_the_end, .user = cancel };
    probe_start(&p, NULL, NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, trigger_when_started, &p);
    const char *why =
        probe_fails(&p, PROBE_BLOCKING, "x", TERN_CALL_OPTS(.cancel = cancel), TERN_CANCELLED);
    assert_contains(why, "cancelled by the caller");
    pthread_join(thread, NULL);
    PROBE_UNTIL(p.ended == 1);
    /* It stays triggered: nothing starts. */
    probe_fails(&p, PROBE_BLOCKING, "x", TERN_CALL_OPTS(.cancel = cancel), TERN_CANCELLED);
    assert_int_equal(p.started, 1);
    tern_cancel_free(cancel);
    tern_cancel_free(NULL);
    probe_stop(&p);
}

static void test_a_cancel_of_a_call_that_waits_for_a_connection(void **state)
{
    (void)state;
    char address[TN_ADDR_TEXT];
    const int fd = raw_listen(address);
    tern_error err;
    tern_cancel *cancel = tern_cancel_new(NULL);
    probe p = { .arena = tern_arena_new(NULL), .user = cancel, .started = 1 };
    p.channel = tern_channel_new(address, NULL, &err);
    pthread_t thread;
    pthread_create(&thread, NULL, trigger_when_started, &p);
    probe_fails(&p, PROBE_BLOCKING, "x", TERN_CALL_OPTS(.cancel = cancel), TERN_CANCELLED);
    pthread_join(thread, NULL);
    tern_cancel_free(cancel);
    probe_disconnect(&p);
    close(fd);
}

static void *ask_long(void *arg)
{
    probe *p = arg;
    tern_arena *arena = tern_arena_new(NULL);
    tern_error err;
    probe_ask(p->channel, arena, PROBE_BLOCKING, "x", TERN_CALL_OPTS(.cancel = p->user), &err);
    tern_arena_free(arena);
    return NULL;
}

static void test_a_deadline_while_all_streams_are_taken(void **state)
{
    (void)state;
    tern_cancel *cancel = tern_cancel_new(NULL);
    probe p = { .blocking = waits_for_the_end, .user = cancel };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .max_concurrent_streams = 1), NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, ask_long, &p);
    PROBE_UNTIL(p.started == 1);
    assert_contains(probe_fails(&p, PROBE_INLINE, "x", TERN_CALL_OPTS(.timeout_ms = 20),
                                TERN_DEADLINE_EXCEEDED),
                    "free stream");
    tern_cancel_trigger(cancel);
    pthread_join(thread, NULL);
    tern_cancel_free(cancel);
    assert_string_equal(probe_asks(&p, PROBE_INLINE, "free", NULL), "free");
    probe_stop(&p);
}

/* ---- bad servers ---- */

typedef struct bad {
    int listener;
    void (*answer)(raw_call *call);
} bad;

/* Serves one connection until its client leaves. */
static void *serve_badly(void *arg)
{
    bad *b = arg;
    raw r;
    raw_init(&r, accept(b->listener, NULL, NULL), true);
    r.answer = b->answer;
    for (int i = 0; i < 2000 && !r.eof; i++)
        raw_turn(&r, 10);
    raw_close(&r);
    return NULL;
}

static void answer_nothing(raw_call *c)
{
    tn_grpc_finish(&c->grpc, TERN_OK, (tern_str){ NULL, 0 }, NULL);
}

static void answer_twice(raw_call *c)
{
    tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), false);
    tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), false);
    answer_nothing(c);
}

static void answer_garbage(raw_call *c)
{
    tn_grpc_send_message(&c->grpc, raw_chunk("\x0a\x05x", 3), false);
    answer_nothing(c);
}

static void answer_and_fail(raw_call *c)
{
    tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), false);
    tn_grpc_finish(&c->grpc, TERN_ALREADY_EXISTS, TERN_STR("after all"), NULL);
}

static void test_a_reply_must_be_one_and_decode(void **state)
{
    (void)state;
    static const struct {
        void (*answer)(raw_call *call);
        tern_code code;
        const char *says;
    } cases[] = {
        { answer_nothing, TERN_UNIMPLEMENTED, "none" },
        { answer_twice, TERN_UNIMPLEMENTED, "more" },
        { answer_garbage, TERN_INTERNAL, "does not decode" },
        { answer_and_fail, TERN_ALREADY_EXISTS, "after all" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char address[TN_ADDR_TEXT];
        tern_error err;
        bad b = { .listener = raw_listen(address), .answer = cases[i].answer };
        pthread_t thread;
        pthread_create(&thread, NULL, serve_badly, &b);
        probe p = { .arena = tern_arena_new(NULL) };
        p.channel = tern_channel_new(address, NULL, &err);
        tern_status status;
        const char *why = probe_fails(&p, PROBE_INLINE, "x", TERN_CALL_OPTS(.status_out = &status),
                                      cases[i].code);
        assert_contains(why, cases[i].says);
        assert_int_equal(status.code, cases[i].code);
        assert_string_equal(status.message.p, why);
        probe_disconnect(&p);
        pthread_join(thread, NULL);
        close(b.listener);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_is_an_error),
        cmocka_unit_test(test_a_reply_over_the_limit_names_the_knob),
        cmocka_unit_test(test_the_memory_of_a_decoded_reply_is_bounded),
        cmocka_unit_test(test_a_deadline_is_kept_here_too),
        cmocka_unit_test(test_a_cancel_from_another_thread),
        cmocka_unit_test(test_a_cancel_of_a_call_that_waits_for_a_connection),
        cmocka_unit_test(test_a_deadline_while_all_streams_are_taken),
        cmocka_unit_test(test_a_reply_must_be_one_and_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
