/* SPDX-License-Identifier: Apache-2.0 */
/* stream_test.c: server streaming: many messages, slow readers, every way to end. */
#include "rpc/probe.h"
#include "rpc/raw.h"

/* The request says how many messages; each tells its number. */
static tern_code counts(tern_call *call, const probe_text *request)
{
    tern_error err;
    const long n = strtol(request->value.p, NULL, 10);
    if (tern_call_add_header(call, "x-count", request->value, &err) != TERN_OK ||
        tern_call_add_trailer(call, "x-end", TERN_STR("yes"), &err) != TERN_OK)
        return tern_call_fail(call, err.code, "%s", err.text);
    for (long i = 0; i < n; i++) {
        const probe_text message = { .value = tern_call_printf(call, "%ld", i) };
        const tern_code code = tern_call_send(call, &message);
        if (code != TERN_OK)
            return code;
        atomic_store(&probe_of(call)->flag, (int)i + 1);
        if (tern_call_add_header(call, "x-late", TERN_STR(""), &err) != TERN_FAILED_PRECONDITION)
            return TERN_INTERNAL;
    }
    return TERN_OK;
}

static void check_message(tern_call *call, long i)
{
    tern_code code;
    char expected[24];
    snprintf(expected, sizeof expected, "%ld", i);
    const char *text = probe_next(call, &code);
    if (code != TERN_OK)
        fail_msg("message %ld: %s", i, tern_code_name(code));
    assert_string_equal(text, expected);
}

static void test_many_small_messages_in_order(void **state)
{
    (void)state;
    enum { MANY = 30000 };
    probe p = { .stream = counts };
    probe_start(&p, NULL, NULL);
    tern_call *call = probe_open(&p, "30000", NULL);
    assert_int_equal(tern_call_metadata(call)->n, 0);
    assert_null(tern_call_status(call));
    for (long i = 0; i < MANY; i++)
        check_message(call, i);
    assert_string_equal(tern_metadata_get(tern_call_metadata(call), "x-count").p, "30000");
    assert_contains(tern_call_peer(call).p, "127.0.0.1:");
    assert_string_equal(tern_call_path(call).p, "/test.Probe/Stream");
    tern_code code;
    assert_null(probe_next(call, &code));
    assert_int_equal(code, TERN_END);
    assert_null(probe_next(call, &code));
    assert_int_equal(code, TERN_END);
    const tern_status *status = tern_call_status(call);
    assert_non_null(status);
    assert_int_equal(status->code, TERN_OK);
    assert_string_equal(tern_metadata_get(&status->trailers, "x-end").p, "yes");
    tern_error err;
    assert_int_equal(tern_call_close(call, &err), TERN_OK);
    assert_int_equal(err.code, TERN_OK);
    probe_stop(&p);
}

static void test_an_empty_stream(void **state)
{
    (void)state;
    probe p = { .stream = counts };
    probe_start(&p, NULL, NULL);
    tern_call *call = probe_open(&p, "0", NULL);
    tern_code code;
    assert_null(probe_next(call, &code));
    assert_int_equal(code, TERN_END);
    assert_int_equal(tern_call_close(call, NULL), TERN_OK);
    /* Never read, never ended by the server: closing cancels. */
    tern_error err;
    call = probe_open(&p, "100000", NULL);
    assert_int_equal(tern_call_close(call, &err), TERN_CANCELLED);
    assert_int_equal(err.code, TERN_CANCELLED);
    assert_int_equal(err.origin, TERN_ORIGIN_LOCAL);
    probe_stop(&p);
}

static void test_a_slow_reader_holds_the_server_back(void **state)
{
    (void)state;
    probe p = { .stream = counts };
    probe_start(&p, NULL, NULL);
    tern_call *call = probe_open(&p, "200000", NULL);
    check_message(call, 0);
    PROBE_UNTIL(p.flag > 0);
    for (int before = -1; before != p.flag; probe_sleep(50))
        before = p.flag;
    const int held = p.flag;
    assert_in_range(held, 1, 60000); /* messages of some 10 bytes: windows, not the whole */
    for (long i = 1; i < held + 1000; i++)
        check_message(call, i);
    PROBE_UNTIL(p.flag > held);
    assert_int_equal(tern_call_close(call, NULL), TERN_CANCELLED);
    PROBE_UNTIL(p.ended == 1);
    probe_stop(&p);
}

/* A message larger than the flow-control window: credit must come before it is whole. */
static tern_code sends_large(tern_call *call, const probe_text *request)
{
    (void)request;
    enum { LARGE = 1 << 20 };
    char *text = tern_arena_alloc(tern_call_arena(call), LARGE);
    if (!text)
        return TERN_RESOURCE_EXHAUSTED;
    memset(text, 'L', LARGE);
    for (int i = 0; i < 5; i++) {
        const probe_text large = { .value = { text, LARGE } }, small = { .value = { text, 1 } };
        tern_code code = tern_call_send(call, &large);
        for (int k = 0; code == TERN_OK && k < 3; k++)
            code = tern_call_send(call, &small);
        if (code != TERN_OK)
            return code;
    }
    return TERN_OK;
}

static void test_large_and_small_messages_in_turn(void **state)
{
    (void)state;
    probe p = { .stream = sends_large };
    probe_start(&p, NULL, NULL);
    tern_call *call = probe_open(&p, "", NULL);
    tern_code code;
    size_t total = 0;
    for (const char *text; (text = probe_next(call, &code)) != NULL;)
        total += strlen(text);
    assert_int_equal(code, TERN_END);
    assert_int_equal(total, 5 * ((1 << 20) + 3));
    tern_call_close(call, NULL);
    probe_stop(&p);
}

/* ---- failures ---- */

static tern_code sends_two_and_fails(tern_call *call, const probe_text *request)
{
    tern_call_send(call, request);
    tern_call_send(call, request);
    return tern_call_fail(call, TERN_OUT_OF_RANGE, "no more than two");
}

static void test_messages_come_before_a_failure(void **state)
{
    (void)state;
    probe p = { .stream = sends_two_and_fails };
    probe_start(&p, NULL, NULL);
    tern_call *call = probe_open(&p, "x", NULL);
    tern_code code;
    assert_string_equal(probe_next(call, &code), "x");
    assert_string_equal(probe_next(call, &code), "x");
    assert_null(probe_next(call, &code));
    assert_int_equal(code, TERN_OUT_OF_RANGE);
    assert_string_equal(tern_call_status(call)->message.p, "no more than two");
    tern_error err;
    assert_int_equal(tern_call_close(call, &err), TERN_OUT_OF_RANGE);
    assert_string_equal(err.text, "no more than two");
    assert_int_equal(err.origin, TERN_ORIGIN_PEER);
    probe_stop(&p);
}

static void test_what_a_stream_of_a_client_may_not(void **state)
{
    (void)state;
    probe p = { .stream = counts };
    probe_start(&p, NULL, NULL);
    tern_call *call = probe_open(&p, "1", NULL);
    tern_error err;
    assert_int_equal(tern_call_add_header(call, "x", TERN_STR("y"), &err),
                     TERN_FAILED_PRECONDITION);
    assert_int_equal(tern_call_fail(call, TERN_ABORTED, "x"), TERN_ABORTED);
    assert_null(tern_call_printf(call, "x").p);
    assert_null(tern_call_scratch(call));
    assert_null(tern_call_arena(call));
    assert_null(tern_call_user(call));
    assert_int_equal(tern_call_remaining_ms(call), UINT32_MAX);
    assert_false(tern_call_cancelled(call));
    check_message(call, 0);
    tern_code code;
    assert_null(probe_next(call, &code));
    assert_int_equal(code, TERN_END);
    assert_int_equal(tern_call_close(call, NULL), TERN_OK);

    const probe_text request = probe_say("1");
    call = probe_open(&p, "1", NULL);
    assert_int_equal(tern_call_send(call, &request), TERN_FAILED_PRECONDITION);
    assert_int_equal(tern_call_close(call, &err), TERN_FAILED_PRECONDITION);
    /* Bad from the start: told at recv and close. */
    call = probe_open(&p, "1", &(tern_call_opts){ .timeout_ms = 1 });
    assert_null(probe_next(call, &code));
    assert_int_equal(code, TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_call_status(call)->code, TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_call_close(call, &err), TERN_INVALID_ARGUMENT);
    assert_contains(err.text, "size");
    probe_stop(&p);
}

static void test_deadline_and_cancel_in_the_middle(void **state)
{
    (void)state;
    probe p = { .stream = counts };
    tern_error err;
    tern_code code;
    probe_start(&p, NULL, NULL);
    /* On a slow machine a deadline may pass before the first message: the next is twice as far. */
    tern_call *call;
    long got = 0;
    for (uint32_t ms = 60; got == 0; ms *= 2) {
        call = probe_open(&p, "100000000", TERN_CALL_OPTS(.timeout_ms = ms));
        while (probe_next(call, &code))
            got++;
        assert_int_equal(code, TERN_DEADLINE_EXCEEDED);
        assert_int_equal(tern_call_close(call, &err), TERN_DEADLINE_EXCEEDED);
    }
    PROBE_UNTIL(p.ended == p.started);

    tern_cancel *cancel = tern_cancel_new(NULL);
    call = probe_open(&p, "100000000", TERN_CALL_OPTS(.cancel = cancel));
    for (long i = 0; i < 100; i++)
        check_message(call, i);
    tern_cancel_trigger(cancel);
    while (probe_next(call, &code))
        ;
    assert_int_equal(code, TERN_CANCELLED);
    tern_call_close(call, NULL);
    tern_cancel_free(cancel);
    PROBE_UNTIL(p.ended == p.started);
    probe_stop(&p);
}

static tern_code sends_bad(tern_call *call, const probe_text *request)
{
    (void)request;
    const probe_text bad = { .value = TERN_STR("\xff") };
    return tern_call_send(call, &bad);
}

static void test_a_message_that_cannot_be_encoded_fails_the_call(void **state)
{
    (void)state;
    probe p = { .stream = sends_bad };
    tern_error err;
    tern_code code;
    probe_start(&p, NULL, NULL);
    tern_call *call = probe_open(&p, "x", NULL);
    assert_null(probe_next(call, &code));
    assert_int_not_equal(code, TERN_END);
    tern_call_close(call, &err);
    assert_contains(err.text, "UTF-8");
    probe_stop(&p);
}

/* ---- several at once, one thread ---- */

static void test_streams_and_unary_calls_side_by_side(void **state)
{
    (void)state;
    enum { STREAMS = 5, EACH = 2000 };
    probe p = { .stream = counts };
    probe_start(&p, NULL, NULL);
    tern_call *calls[STREAMS];
    for (int i = 0; i < STREAMS; i++)
        calls[i] = probe_open(&p, "2000", NULL);
    for (long n = 0; n < EACH; n++) {
        for (int i = 0; i < STREAMS; i++)
            check_message(calls[i], n);
        if (n % 100 == 0)
            assert_string_equal(probe_asks(&p, PROBE_INLINE, "between", NULL), "between");
    }
    for (int i = 0; i < STREAMS; i++) {
        tern_code code;
        assert_null(probe_next(calls[i], &code));
        assert_int_equal(tern_call_close(calls[i], NULL), TERN_OK);
    }
    probe_stop(&p);
}

/* A stream that nobody reads must not keep others from the connection's window. */
static void test_an_unread_stream_does_not_stall_the_others(void **state)
{
    (void)state;
    enum { UNREAD = 30 };
    probe p = { .stream = counts };
    /* A slow machine may take long to wake the last worker. */
    probe_start(
        &p,
        TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = UNREAD + 1, .max_queued_ms = TERN_OFF),
        NULL);
    tern_call *calls[UNREAD];
    for (int i = 0; i < UNREAD; i++)
        calls[i] = probe_open(&p, "100000", NULL);
    tern_call *read = probe_open(&p, "20000", NULL);
    for (long i = 0; i < 20000; i++)
        check_message(read, i);
    /* The status follows the last message, perhaps in another packet: a close before it cancels. */
    tern_code code;
    assert_null(probe_next(read, &code));
    assert_int_equal(code, TERN_END);
    assert_int_equal(tern_call_close(read, NULL), TERN_OK);
    for (int i = 0; i < UNREAD; i++)
        assert_int_equal(tern_call_close(calls[i], NULL), TERN_CANCELLED);
    probe_stop(&p);
}

static void fails_from_the_start(tern_call *call, tern_code expected, const char *says)
{
    tern_code code;
    tern_error err;
    assert_null(probe_next(call, &code));
    assert_int_equal(code, expected);
    assert_int_equal(tern_call_status(call)->code, expected);
    assert_int_equal(tern_call_close(call, &err), expected);
    assert_contains(err.text, says);
}

static void test_no_channel_and_no_request_are_named(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, NULL, NULL);
    fails_from_the_start(
        tern_channel_server_stream(p.channel, &probe_methods[PROBE_STREAM], NULL, NULL),
        TERN_INVALID_ARGUMENT, "request is NULL");
    const probe_text request = probe_say("x");
    fails_from_the_start(
        tern_channel_server_stream(NULL, &probe_methods[PROBE_STREAM], &request, NULL),
        TERN_FAILED_PRECONDITION, "tern_channel_new");
    assert_int_equal(p.started, 0);
    probe_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_small_messages_in_order),
        cmocka_unit_test(test_an_empty_stream),
        cmocka_unit_test(test_a_slow_reader_holds_the_server_back),
        cmocka_unit_test(test_large_and_small_messages_in_turn),
        cmocka_unit_test(test_messages_come_before_a_failure),
        cmocka_unit_test(test_what_a_stream_of_a_client_may_not),
        cmocka_unit_test(test_deadline_and_cancel_in_the_middle),
        cmocka_unit_test(test_a_message_that_cannot_be_encoded_fails_the_call),
        cmocka_unit_test(test_streams_and_unary_calls_side_by_side),
        cmocka_unit_test(test_an_unread_stream_does_not_stall_the_others),
        cmocka_unit_test(test_no_channel_and_no_request_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
