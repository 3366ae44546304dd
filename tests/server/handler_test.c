/* SPDX-License-Identifier: Apache-2.0 */
/* handler_test.c: how a handler fails: codes, texts, details, replies that do not encode. */
#include "rpc/probe.h"

static tern_code fails_by_text(tern_call *call, const probe_text *request, probe_text *reply)
{
    const char *text = request->value.p;
    reply->value = TERN_STR("not to be seen");
    if (strcmp(text, "utf8") == 0)
        return tern_call_fail(call, TERN_NOT_FOUND, "kein Gru\xc3\x9f 100%% \xe2\x82\xac");
    if (strcmp(text, "silent") == 0)
        return TERN_DATA_LOSS;
    if (strcmp(text, "twice") == 0) {
        tern_call_fail(call, TERN_ABORTED, "the first");
        return tern_call_fail(call, TERN_ABORTED, "the second");
    }
    if (strcmp(text, "end") == 0)
        return TERN_END;
    if (strcmp(text, "send") == 0)
        return tern_call_send(call, request);
    if (strcmp(text, "recv") == 0) {
        const void *message;
        return tern_call_recv(call, &message);
    }
    if (strcmp(text, "reply") == 0) {
        reply->value = TERN_STR("\xff");
        return TERN_OK;
    }
    if (strcmp(text, "forgets") == 0)
        tern_call_fail(call, TERN_ABORTED, "said, and not returned");
    else
        tern_call_fail(call, TERN_OK, "nothing has failed");
    reply->value = TERN_STR("well");
    return TERN_OK;
}

static void test_a_handlers_failure_reaches_the_client(void **state)
{
    (void)state;
    probe p = { .blocking = fails_by_text, .on_io = fails_by_text };
    probe_start(&p, NULL, NULL);
    for (int method = PROBE_BLOCKING; method <= PROBE_INLINE; method++) {
        const char *text = probe_fails(&p, method, "utf8", NULL, TERN_NOT_FOUND);
        assert_string_equal(text, "kein Gru\xc3\x9f 100% \xe2\x82\xac");
        assert_string_equal(probe_fails(&p, method, "silent", NULL, TERN_DATA_LOSS), "");
        assert_string_equal(probe_fails(&p, method, "twice", NULL, TERN_ABORTED), "the first");
        assert_contains(probe_fails(&p, method, "end", NULL, TERN_UNKNOWN), "100");
        assert_contains(probe_fails(&p, method, "send", NULL, TERN_FAILED_PRECONDITION), "unary");
        assert_contains(probe_fails(&p, method, "recv", NULL, TERN_FAILED_PRECONDITION), "request");
        text = probe_fails(&p, method, "reply", NULL, TERN_INTERNAL);
        assert_contains(text, "the handler's reply: ");
        assert_contains(text, "UTF-8");
        text = probe_fails(&p, method, "forgets", NULL, TERN_ABORTED);
        assert_string_equal(text, "said, and not returned");
        tern_status status;
        probe_asks(&p, method, "well", TERN_CALL_OPTS(.status_out = &status));
        assert_int_equal(status.code, TERN_OK);
        assert_int_equal(status.message.n, 0);
    }
    probe_stop(&p);
}

static tern_code sends_what_does_not_encode(tern_call *call, const probe_text *request)
{
    const probe_text bad = { .value = TERN_STR("\xff") };
    tern_call_send(call, request);
    if (tern_call_send(call, &bad) != TERN_INTERNAL)
        return TERN_DATA_LOSS;
    return TERN_OK; /* which it is not */
}

static void test_a_message_that_does_not_encode_is_the_handlers_fault(void **state)
{
    (void)state;
    probe p = { .stream = sends_what_does_not_encode };
    probe_start(&p, NULL, NULL);
    tern_call *call = probe_open(&p, "x", NULL);
    tern_code code;
    tern_error err;
    assert_string_equal(probe_next(call, &code), "x");
    assert_null(probe_next(call, &code));
    assert_int_equal(code, TERN_INTERNAL);
    assert_int_equal(tern_call_close(call, &err), TERN_INTERNAL);
    assert_contains(err.text, "the handler's message: ");
    probe_stop(&p);
}

/* ---- details ---- */

static const uint8_t details[] = { 0x08, 0x05, 0x12, 0x02, 'n', 'o', 0x00, 0xff };

static tern_code gives_details(tern_call *call, const probe_text *request, probe_text *reply)
{
    uint8_t mine[sizeof details];
    memcpy(mine, details, sizeof mine);
    if (tern_call_set_details(call, (tern_bytes){ details, 3 }) != TERN_OK ||
        tern_call_set_details(call, (tern_bytes){ mine, sizeof mine }) != TERN_OK)
        return TERN_UNKNOWN;
    memset(mine, 0, sizeof mine);
    if (strcmp(request->value.p, "none") == 0)
        tern_call_set_details(call, (tern_bytes){ NULL, 0 });
    *reply = *request;
    return strcmp(request->value.p, "well") == 0 ? TERN_OK
                                                 : tern_call_fail(call, TERN_NOT_FOUND, "no");
}

static void test_details_go_with_a_failing_status(void **state)
{
    (void)state;
    probe p = { .blocking = gives_details, .on_io = gives_details };
    probe_start(&p, NULL, NULL);
    for (int method = PROBE_BLOCKING; method <= PROBE_INLINE; method++) {
        tern_status status;
        const tern_call_opts *opts = TERN_CALL_OPTS(.status_out = &status);
        assert_string_equal(probe_fails(&p, method, "fail", opts, TERN_NOT_FOUND), "no");
        assert_int_equal(status.details.n, sizeof details);
        assert_memory_equal(status.details.p, details, sizeof details);
        probe_fails(&p, method, "none", opts, TERN_NOT_FOUND);
        assert_int_equal(status.details.n, 0);
        probe_asks(&p, method, "well", opts);
        assert_int_equal(status.details.n, 0);
    }
    tern_call *call = probe_open(&p, "x", NULL); /* a client's */
    assert_int_equal(tern_call_set_details(call, (tern_bytes){ details, 3 }),
                     TERN_FAILED_PRECONDITION);
    tern_call_close(call, NULL);
    probe_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_handlers_failure_reaches_the_client),
        cmocka_unit_test(test_a_message_that_does_not_encode_is_the_handlers_fault),
        cmocka_unit_test(test_details_go_with_a_failing_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
