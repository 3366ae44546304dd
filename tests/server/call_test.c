/* SPDX-License-Identifier: Apache-2.0 */
/* call_test.c: what a server does with calls: good ones, wrong ones, too many, too large, too slow. */
#include "rpc/probe.h"
#include "rpc/raw.h"

/* ---- unary ---- */

static void test_unary_of_both_styles(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, NULL, NULL);
    for (int i = 0; i < 20; i++) {
        assert_string_equal(probe_asks(&p, PROBE_INLINE, "inline", NULL), "inline");
        assert_string_equal(probe_asks(&p, PROBE_BLOCKING, "blocking", NULL), "blocking");
    }
    assert_string_equal(probe_asks(&p, PROBE_BLOCKING, "", NULL), "");
    probe_stop(&p);
}

static void test_unknown_services_and_methods(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, NULL, NULL);
    assert_contains(probe_fails(&p, PROBE_ABSENT, "x", NULL, TERN_UNIMPLEMENTED), "no handler");
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    static const struct {
        const char *path, *says;
    } cases[] = {
        { "/test.Probe/Nothing", "unknown method /test.Probe/Nothing" },
        { "/test.Nobody/Blocking", "unknown service test.Nobody" },
        { "/test.probe/Blocking", "unknown service test.probe" },
        { "/test.Probe/Blocking/", "" },
        { "/Blocking", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const raw_call *c = raw_ask(&r, cases[i].path, NULL, 0);
        assert_int_equal(c->grpc.code, TERN_UNIMPLEMENTED);
        assert_contains(c->grpc.message.p, cases[i].says);
    }
    raw_close(&r);
    probe_stop(&p);
}

/* ---- requests that are none ---- */

static void test_one_request_is_taken_not_none_and_not_two(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, NULL, NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    static const char *const paths[] = { "/test.Probe/Blocking", "/test.Probe/Inline",
                                         "/test.Probe/Stream" };
    for (size_t i = 0; i < 3; i++) {
        raw_call *none = raw_begin(&r, paths[i]);
        assert_int_equal(tn_grpc_end_send(&none->grpc), TERN_OK);
        RAW_UNTIL(&r, none->status);
        assert_int_equal(none->grpc.code, TERN_UNIMPLEMENTED);
        assert_contains(none->grpc.message.p, "none came");

        raw_call *two = raw_begin(&r, paths[i]);
        tn_grpc_send_message(&two->grpc, raw_chunk(NULL, 0), false);
        tn_grpc_send_message(&two->grpc, raw_chunk(NULL, 0), true);
        RAW_UNTIL(&r, two->status);
        assert_int_equal(two->grpc.code, TERN_UNIMPLEMENTED);
        assert_contains(two->grpc.message.p, "more came");
    }
    assert_int_equal(p.started, 0);
    assert_int_equal(raw_ask(&r, paths[0], NULL, 0)->grpc.code, TERN_OK);
    raw_close(&r);
    probe_stop(&p);
}

static void test_a_request_that_does_not_decode(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, NULL, NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    static const char *const paths[] = { "/test.Probe/Blocking", "/test.Probe/Inline",
                                         "/test.Probe/Stream" };
    for (size_t i = 0; i < 3; i++) {
        /* A string of 5 bytes of which one is there, and a string that is not UTF-8. */
        const raw_call *cut = raw_ask(&r, paths[i], "\x0a\x05x", 3);
        assert_int_equal(cut->grpc.code, TERN_INTERNAL);
        assert_contains(cut->grpc.message.p, "does not decode");
        const raw_call *bad = raw_ask(&r, paths[i], "\x0a\x01\xff", 3);
        assert_int_equal(bad->grpc.code, TERN_INTERNAL);
        assert_contains(bad->grpc.message.p, "StringValue");
    }
    assert_int_equal(p.started, 0);
    raw_close(&r);
    probe_stop(&p);
}

static void test_a_request_over_the_limit_names_the_knob(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, NULL, NULL);
    enum { FOUR_MIB = 4 << 20 };
    char *text = tern_arena_alloc(p.arena, FOUR_MIB + 1);
    memset(text, 'x', FOUR_MIB);
    text[FOUR_MIB] = '\0';
    const char *why = probe_fails(&p, PROBE_BLOCKING, text, NULL, TERN_RESOURCE_EXHAUSTED);
    assert_contains(why, "4194304");
    assert_contains(why, "server option max_recv_bytes");
    /* What fits goes through, both ways, and the connection goes on. */
    text[FOUR_MIB - 10] = '\0';
    assert_int_equal(strlen(probe_asks(&p, PROBE_BLOCKING, text, NULL)), FOUR_MIB - 10);
    probe_stop(&p);

    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .max_recv_bytes = TERN_UNLIMITED),
                TERN_CHANNEL_OPTS(.max_recv_bytes = 8 << 20));
    text = tern_arena_alloc(p.arena, FOUR_MIB + 100);
    memset(text, 'y', FOUR_MIB + 99);
    text[FOUR_MIB + 99] = '\0';
    assert_int_equal(strlen(probe_asks(&p, PROBE_INLINE, text, NULL)), FOUR_MIB + 99);
    probe_stop(&p);
}

static void test_the_memory_of_a_decoded_request_is_bounded(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .max_decode_bytes = 1), NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    char unknown[2000]; /* fields of no meaning here, which are kept */
    for (size_t i = 0; i < sizeof unknown; i += 2)
        unknown[i] = 0x78, unknown[i + 1] = 1;
    const raw_call *c = raw_ask(&r, "/test.Probe/Blocking", unknown, sizeof unknown);
    assert_int_equal(c->grpc.code, TERN_RESOURCE_EXHAUSTED);
    assert_contains(c->grpc.message.p, "max_decode_bytes");
    raw_close(&r);
    probe_stop(&p);
}

/* ---- metadata ---- */

static tern_code reflects(tern_call *call, const probe_text *request, probe_text *reply)
{
    tern_error err;
    const tern_metadata *m = tern_call_metadata(call);
    for (size_t i = 0; i < m->n; i++)
        if (strncmp(m->p[i].key.p, "x-", 2) == 0 &&
            tern_call_add_header(call, m->p[i].key.p, m->p[i].value, &err) != TERN_OK)
            return tern_call_fail(call, err.code, "%s", err.text);
    tern_call_add_trailer(call, "x-last-bin", TERN_STR("\0\1\2"), &err);
    if (tern_call_add_header(call, "grpc-status", TERN_STR("0"), &err) != TERN_INVALID_ARGUMENT ||
        tern_call_add_header(call, "Upper", TERN_STR("0"), &err) != TERN_INVALID_ARGUMENT ||
        tern_call_add_trailer(call, "x-line", TERN_STR("a\nb"), NULL) != TERN_INVALID_ARGUMENT)
        return TERN_INTERNAL;
    reply->value = tern_call_printf(call, "%s from %s at %s", tern_call_path(call).p,
                                    strchr(tern_call_peer(call).p, '1') ? "peer" : "nobody",
                                    tern_call_authority(call).p);
    return request->value.n ? tern_call_fail(call, TERN_ABORTED, "as asked") : TERN_OK;
}

static void check_metadata(const tern_status *s)
{
    const tern_str a = tern_metadata_get(&s->headers, "x-text");
    assert_int_equal(s->headers.n, 3);
    assert_string_equal(a.p, "one");
    assert_string_equal(s->headers.p[1].value.p, "two");
    assert_string_equal(s->headers.p[2].key.p, "x-raw-bin");
    assert_memory_equal(s->headers.p[2].value.p, "\xff\0\x80", 3);
    assert_int_equal(s->trailers.n, 1);
    assert_memory_equal(tern_metadata_get(&s->trailers, "x-last-bin").p, "\0\1\2", 3);
}

static void test_metadata_goes_both_ways(void **state)
{
    (void)state;
    probe p = { .blocking = reflects, .on_io = reflects };
    probe_start(&p, NULL, TERN_CHANNEL_OPTS(.authority = "me.example"));
    const tern_metadata_entry entries[] = {
        { TERN_STR_INIT("x-text"), TERN_STR_INIT("one") },
        { TERN_STR_INIT("x-text"), TERN_STR_INIT("two") },
        { TERN_STR_INIT("x-raw-bin"), TERN_STR_INIT("\xff\0\x80") },
    };
    for (int method = PROBE_BLOCKING; method <= PROBE_INLINE; method++) {
        tern_status status;
        const tern_call_opts *opts =
            TERN_CALL_OPTS(.metadata = { entries, 3 }, .status_out = &status);
        char expected[80];
        snprintf(expected, sizeof expected, "%s from peer at me.example",
                 probe_methods[method].path);
        assert_string_equal(probe_asks(&p, method, "", opts), expected);
        assert_int_equal(status.code, TERN_OK);
        check_metadata(&status);
        assert_string_equal(probe_fails(&p, method, "fail", opts, TERN_ABORTED), "as asked");
        assert_int_equal(status.code, TERN_ABORTED);
        assert_string_equal(status.message.p, "as asked");
        check_metadata(&status);
    }
    probe_stop(&p);
}

/* ---- deadlines ---- */

static tern_code sleeps_on(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)request;
    (void)reply;
    const uint64_t end = probe_ms() + 20000;
    while (!tern_call_cancelled(call) && probe_ms() < end)
        probe_sleep(1);
    atomic_store(&probe_of(call)->flag, tern_call_remaining_ms(call) == 0 ? 1 : 2);
    probe_sleep(50); /* the server does not wait for what this returns */
    return TERN_OK;
}

/* A call that the server must end. This client does not look at its clock: the status is the server's. */
static void ask_until_deadline(raw *r, uint64_t ms)
{
    RAW_UNTIL(r, tn_grpc_can_start(r->conn));
    raw_call *c = raw_call_new(r);
    const uint64_t now = tn_now(tn_env_of(NULL));
    assert_int_equal(tn_grpc_start(r->conn, &c->grpc,
                                   &(tn_grpc_request){ .path = TERN_STR("/test.Probe/Blocking"),
                                                       .deadline = now + ms * 1000000 }),
                     TERN_OK);
    tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), true);
    while (!c->status) {
        raw_flush(r);
        uint8_t buffer[4096];
        const ssize_t n = recv(r->fd, buffer, sizeof buffer, 0);
        assert_true(n > 0);
        tn_grpc_feed(r->conn, buffer, (size_t)n, now);
    }
    assert_int_equal(c->grpc.code, TERN_DEADLINE_EXCEEDED);
    assert_int_equal(c->grpc.origin, TERN_ORIGIN_PEER);
}

static void test_the_server_keeps_the_deadline_itself(void **state)
{
    (void)state;
    probe p = { .blocking = sleeps_on };
    probe_start(&p, NULL, NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    /* On a slow machine a deadline may pass before the handler begins: the next is twice as far. */
    for (uint64_t ms = 50; p.started == 0; ms *= 2)
        ask_until_deadline(&r, ms);
    PROBE_UNTIL(p.ended == p.started);
    assert_int_equal(p.flag, 1);
    raw_close(&r);
    probe_stop(&p);
}

/* The connection's thread writes a status text while the handler builds its reply. */
static tern_code builds_on(tern_call *call, const probe_text *request, probe_text *reply)
{
    const uint64_t end = probe_ms() + 20000;
    while (!atomic_load(&probe_of(call)->flag) && probe_ms() < end)
        for (int i = 0; i < 100; i++)
            reply->value = tern_call_printf(call, "%.*s", TERN_FMT(request->value));
    return TERN_OK;
}

static void test_a_deadline_while_the_handler_builds_its_reply(void **state)
{
    (void)state;
    probe p = { .blocking = builds_on };
    probe_start(&p, NULL, NULL);
    probe_fails(&p, PROBE_BLOCKING, "x", TERN_CALL_OPTS(.timeout_ms = 10), TERN_DEADLINE_EXCEEDED);
    probe_sleep(10);
    atomic_store(&p.flag, 1);
    probe_stop(&p);
}

static tern_code tells_remaining(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)request;
    reply->value = tern_call_printf(call, "%u", tern_call_remaining_ms(call));
    return TERN_OK;
}

static void test_a_handler_knows_its_deadline(void **state)
{
    (void)state;
    probe p = { .on_io = tells_remaining };
    probe_start(&p, NULL, NULL);
    assert_string_equal(probe_asks(&p, PROBE_INLINE, "", NULL), "4294967295");
    const unsigned long ms =
        strtoul(probe_asks(&p, PROBE_INLINE, "", TERN_CALL_OPTS(.timeout_ms = 5000)), NULL, 10);
    assert_true(ms > 1000 && ms <= 5000);
    probe_stop(&p);
}

/* ---- workers ---- */

static tern_code waits_for_flag(tern_call *call, const probe_text *request, probe_text *reply)
{
    *reply = *request;
    while (!atomic_load(&probe_of(call)->flag))
        probe_sleep(1);
    return TERN_OK;
}

static void test_a_full_queue_refuses_and_the_rest_is_served(void **state)
{
    (void)state;
    probe p = { .blocking = waits_for_flag };
    probe_serve(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = 2, .max_queued_calls = 3));
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    raw_call *calls[7];
    for (int i = 0; i < 7; i++) {
        calls[i] = raw_begin(&r, "/test.Probe/Blocking");
        tn_grpc_send_message(&calls[i]->grpc, raw_chunk(NULL, 0), true);
    }
    RAW_UNTIL(&r, calls[5]->status && calls[6]->status);
    for (int i = 5; i < 7; i++) {
        assert_int_equal(calls[i]->grpc.code, TERN_RESOURCE_EXHAUSTED);
        assert_contains(calls[i]->grpc.message.p, "max_queued_calls");
    }
    PROBE_UNTIL(p.started == 2);
    atomic_store(&p.flag, 1);
    for (int i = 0; i < 5; i++) {
        RAW_UNTIL(&r, calls[i]->status);
        assert_int_equal(calls[i]->grpc.code, TERN_OK);
    }
    raw_close(&r);
    probe_connect(&p, NULL);
    probe_stop(&p);
}

static void test_a_call_whose_time_is_over_in_the_queue_never_starts(void **state)
{
    (void)state;
    probe p = { .blocking = waits_for_flag };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = 1), NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    raw_call *first = raw_begin(&r, "/test.Probe/Blocking");
    tn_grpc_send_message(&first->grpc, raw_chunk(NULL, 0), true);
    raw_flush(&r);
    PROBE_UNTIL(p.started == 1);
    probe_fails(&p, PROBE_BLOCKING, "", TERN_CALL_OPTS(.timeout_ms = 20), TERN_DEADLINE_EXCEEDED);
    raw_call *left = raw_begin(&r, "/test.Probe/Blocking");
    tn_grpc_send_message(&left->grpc, raw_chunk(NULL, 0), true);
    raw_turn(&r, 20);
    tn_grpc_cancel(&left->grpc, TERN_CANCELLED, NULL);
    /* What came before on either connection has been seen when a later call has its answer. */
    enum { LATER = 2 };
    probe_asks(&p, PROBE_INLINE, "", NULL);
    raw_ask(&r, "/test.Probe/Inline", NULL, 0);
    assert_int_equal(p.started, 1 + LATER);
    atomic_store(&p.flag, 1);
    RAW_UNTIL(&r, first->status);
    assert_int_equal(first->grpc.code, TERN_OK);
    probe_asks(&p, PROBE_BLOCKING, "", NULL);
    assert_int_equal(p.started, 1 + LATER + 1);
    raw_close(&r);
    probe_stop(&p);
}

static raw_call *start_blocking(raw *r)
{
    raw_call *c = raw_begin(r, "/test.Probe/Blocking");
    tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), true);
    raw_flush(r);
    return c;
}

static void test_a_call_that_waited_too_long_for_a_worker_never_starts(void **state)
{
    (void)state;
    probe p = { .blocking = waits_for_flag };
    probe_start(&p,
                TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = 1, .max_queued_calls = 1,
                                 .max_queued_ms = 20),
                NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    const raw_call *first = start_blocking(&r);
    PROBE_UNTIL(p.started == 1);
    const raw_call *late = start_blocking(&r);
    /* That the third is refused says that the second waits. */
    const raw_call *third = start_blocking(&r);
    RAW_UNTIL(&r, third->status);
    probe_sleep(30);
    atomic_store(&p.flag, 1);
    RAW_UNTIL(&r, first->status && late->status);
    assert_int_equal(first->grpc.code, TERN_OK);
    assert_int_equal(late->grpc.code, TERN_RESOURCE_EXHAUSTED);
    assert_contains(late->grpc.message.p, "max_queued_ms");
    assert_int_equal(p.started, 1);
    raw_close(&r);
    probe_stop(&p);
}

static void test_with_no_queue_what_finds_no_worker_is_refused(void **state)
{
    (void)state;
    probe p = { .blocking = waits_for_flag };
    probe_serve(
        &p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = 1, .max_queued_calls = TERN_OFF));
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    const raw_call *first = start_blocking(&r);
    const raw_call *second = start_blocking(&r);
    RAW_UNTIL(&r, second->status);
    assert_int_equal(second->grpc.code, TERN_RESOURCE_EXHAUSTED);
    atomic_store(&p.flag, 1);
    RAW_UNTIL(&r, first->status);
    assert_int_equal(first->grpc.code, TERN_OK);
    raw_close(&r);
    probe_connect(&p, NULL);
    probe_stop(&p);
}

static raw_call *raw_post(raw *r)
{
    raw_call *c = raw_begin(r, "/test.Probe/Blocking");
    tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), true);
    raw_turn(r, 5);
    return c;
}

/* Handlers of cancelled calls still run: the client may go on within its streams, and is not refused,
 * but however often it cancels it has no more handlers. */
static void test_calls_are_parked_while_cancelled_ones_still_run(void **state)
{
    (void)state;
    probe p = { .blocking = waits_for_flag };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .max_concurrent_streams = 2), NULL);
    raw r;
    raw_call *c[2];
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 2; i++)
            c[i] = raw_post(&r);
        PROBE_UNTIL(p.started == 2);
        for (int i = 0; i < 2 && round < 4; i++)
            tn_grpc_cancel(&c[i]->grpc, TERN_CANCELLED, NULL);
    }
    raw_turn(&r, 10);
    assert_false(c[0]->status || c[1]->status);
    assert_int_equal(p.started, 2);
    atomic_store(&p.flag, 1);
    for (int i = 0; i < 2; i++) {
        RAW_UNTIL(&r, c[i]->status);
        assert_int_equal(c[i]->grpc.code, TERN_OK);
    }
    PROBE_UNTIL(p.ended == 4);
    assert_int_equal(p.started, 4);
    /* A connection that ends while calls are parked. */
    atomic_store(&p.flag, 0);
    for (int i = 0; i < 2; i++) {
        tn_grpc_cancel(&raw_post(&r)->grpc, TERN_CANCELLED, NULL);
        PROBE_UNTIL(p.started == 5 + i);
    }
    for (int i = 0; i < 2; i++)
        c[i] = raw_post(&r);
    raw_close(&r);
    atomic_store(&p.flag, 1);
    PROBE_UNTIL(p.ended == 6);
    probe_asks(&p, PROBE_BLOCKING, "x", NULL);
    assert_int_equal(p.started, 7);
    probe_stop(&p);
}

static void test_streams_beyond_the_limit_wait_at_the_client(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .max_concurrent_streams = 2), NULL);
    tern_call *calls[8];
    for (int i = 0; i < 8; i++)
        calls[i] = probe_open(&p, "one of many", NULL);
    for (int i = 0; i < 8; i++) {
        tern_code code;
        assert_string_equal(probe_next(calls[i], &code), "one of many");
        assert_null(probe_next(calls[i], &code));
        assert_int_equal(code, TERN_END);
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(tern_call_close(calls[i], NULL), TERN_OK);
    probe_stop(&p);
}

/* A client on an I/O thread would wait for the thread that it stops. */
static tern_code calls_out(tern_call *call, const probe_text *request, probe_text *reply)
{
    probe *p = probe_of(call);
    tern_error err;
    const char *answer =
        probe_ask(p->user, tern_call_arena(call), PROBE_INLINE, request->value.p, NULL, &err);
    if (!answer)
        return tern_call_fail(call, err.code, "%s", err.text);
    reply->value = tern_str_of(answer);
    return TERN_OK;
}

static void test_a_blocking_stub_is_for_blocking_handlers(void **state)
{
    (void)state;
    probe p = { .on_io = calls_out, .blocking = calls_out }, other = { 0 };
    probe_start(&other, NULL, NULL);
    probe_start(&p, NULL, NULL);
    p.user = other.channel;
    assert_string_equal(probe_asks(&p, PROBE_BLOCKING, "on a worker", NULL), "on a worker");
    const char *why = probe_fails(&p, PROBE_INLINE, "on I/O", NULL, TERN_FAILED_PRECONDITION);
    assert_contains(why, "I/O thread");
    probe_stop(&p);
    probe_stop(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary_of_both_styles),
        cmocka_unit_test(test_unknown_services_and_methods),
        cmocka_unit_test(test_one_request_is_taken_not_none_and_not_two),
        cmocka_unit_test(test_a_request_that_does_not_decode),
        cmocka_unit_test(test_a_request_over_the_limit_names_the_knob),
        cmocka_unit_test(test_the_memory_of_a_decoded_request_is_bounded),
        cmocka_unit_test(test_metadata_goes_both_ways),
        cmocka_unit_test(test_the_server_keeps_the_deadline_itself),
        cmocka_unit_test(test_a_deadline_while_the_handler_builds_its_reply),
        cmocka_unit_test(test_a_handler_knows_its_deadline),
        cmocka_unit_test(test_a_full_queue_refuses_and_the_rest_is_served),
        cmocka_unit_test(test_a_call_whose_time_is_over_in_the_queue_never_starts),
        cmocka_unit_test(test_a_call_that_waited_too_long_for_a_worker_never_starts),
        cmocka_unit_test(test_with_no_queue_what_finds_no_worker_is_refused),
        cmocka_unit_test(test_calls_are_parked_while_cancelled_ones_still_run),
        cmocka_unit_test(test_streams_beyond_the_limit_wait_at_the_client),
        cmocka_unit_test(test_a_blocking_stub_is_for_blocking_handlers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
