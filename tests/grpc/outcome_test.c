/* SPDX-License-Identifier: Apache-2.0 */
/* outcome_test.c: a client whose call ends without a status: resets, deadlines, GOAWAY, loss,
 * cancel. */
#include "grpc/client_fixture.h"

static void rule_36_reset_codes(void **state)
{
    (void)state;
    static const tern_code codes[] = {
        [TN_H2_NO_ERROR] = TERN_INTERNAL,
        [TN_H2_PROTOCOL_ERROR] = TERN_INTERNAL,
        [TN_H2_INTERNAL_ERROR] = TERN_INTERNAL,
        [TN_H2_FLOW_CONTROL_ERROR] = TERN_INTERNAL,
        [TN_H2_SETTINGS_TIMEOUT] = TERN_INTERNAL,
        [TN_H2_STREAM_CLOSED] = TERN_INTERNAL,
        [TN_H2_FRAME_SIZE_ERROR] = TERN_INTERNAL,
        [TN_H2_REFUSED_STREAM] = TERN_UNAVAILABLE,
        [TN_H2_CANCEL] = TERN_CANCELLED,
        [TN_H2_COMPRESSION_ERROR] = TERN_INTERNAL,
        [TN_H2_CONNECT_ERROR] = TERN_INTERNAL,
        [TN_H2_ENHANCE_YOUR_CALM] = TERN_RESOURCE_EXHAUSTED,
        [TN_H2_INADEQUATE_SECURITY] = TERN_PERMISSION_DENIED,
    };
    for (uint32_t code = 0; code < sizeof(codes) / sizeof(codes[0]); code++) {
        fixture f;
        begin(&f);
        wire_rst(&f.out, 1, code);
        assert_string_equal(answer(&f), "");
        assert_string_equal(f.call->log, "status closed");
        assert_outcome(&f, codes[code], TERN_ORIGIN_NET, tn_h2_code_name(code));
        assert_int_equal(f.call->may_retry, code == TN_H2_REFUSED_STREAM);
        end(&f);
    }
}

static void rule_37_reset_after_trailers_keeps_the_status(void **state)
{
    (void)state;
    fixture f;
    begin(&f); /* the client still sends */
    wire_headers(&f.out, 1, true, WIRE_RESPONSE "|grpc-status=5");
    wire_rst(&f.out, 1, TN_H2_NO_ERROR);
    assert_string_equal(answer(&f), "RST 1 NO_ERROR\n");
    assert_string_equal(f.call->log, "status closed");
    assert_outcome(&f, TERN_NOT_FOUND, TERN_ORIGIN_PEER, "");
    end(&f);
    begin(&f); /* without trailers it is an error */
    wire_headers(&f.out, 1, false, WIRE_RESPONSE);
    wire_rst(&f.out, 1, TN_H2_NO_ERROR);
    (void)answer(&f);
    assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "NO_ERROR");
    end(&f);
}

static void rule_10_a_cancel_after_the_deadline_is_deadline_exceeded(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        fixture f;
        memset(&f, 0, sizeof(f));
        begin_with(&f, 1000000);
        f.env.clock += late ? 1000000 : 999999;
        wire_rst(&f.out, 1, TN_H2_CANCEL);
        (void)answer(&f);
        assert_string_equal(f.call->log, "status closed");
        assert_outcome(&f, late ? TERN_DEADLINE_EXCEEDED : TERN_CANCELLED,
                       late ? TERN_ORIGIN_LOCAL : TERN_ORIGIN_NET, "");
        end(&f);
    }
}

static void rule_10_the_client_gives_up_at_its_deadline(void **state)
{
    (void)state;
    fixture f;
    memset(&f, 0, sizeof(f));
    begin_with(&f, 250000000);
    (void)wire_text(&f.reader);
    assert_int_equal(tn_grpc_next_timeout(f.end.c), f.env.clock + 250000000);
    f.env.clock += 250000000;
    tn_grpc_tick(f.end.c, f.env.clock);
    assert_string_equal(f.call->log, "status closed");
    assert_outcome(&f, TERN_DEADLINE_EXCEEDED, TERN_ORIGIN_LOCAL, "had 250 ms,");
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    end(&f);
}

static void rule_41_unprocessed_calls_may_be_retried(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    grpc_record *second = grpc_start(&f.end, NULL, UINT64_MAX);
    wire_goaway(&f.out, 1, TN_H2_NO_ERROR, "");
    (void)answer(&f);
    assert_string_equal(second->log, "status closed");
    assert_int_equal(second->code, TERN_UNAVAILABLE);
    assert_true(second->may_retry);
    assert_string_equal(f.call->log, "");
    assert_false(tn_grpc_can_start(f.end.c));
    wire_headers(&f.out, 1, true, WIRE_RESPONSE "|grpc-status=0");
    (void)answer(&f);
    assert_int_equal(f.call->code, TERN_OK);
    end(&f);
    begin(&f); /* a byte of the response was seen */
    wire_headers(&f.out, 1, false, WIRE_RESPONSE);
    wire_rst(&f.out, 1, TN_H2_REFUSED_STREAM);
    (void)answer(&f);
    assert_int_equal(f.call->code, TERN_UNAVAILABLE);
    assert_false(f.call->may_retry);
    end(&f);
}

static void rule_47_a_lost_connection_is_unavailable_and_says_why(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    grpc_end_lost(&f.end, "Connection reset by peer");
    assert_string_equal(f.call->log, "status closed");
    assert_outcome(&f, TERN_UNAVAILABLE, TERN_ORIGIN_NET, "lost: Connection reset by peer");
    assert_false(f.call->may_retry);
    end(&f);
    begin(&f);
    wire_goaway(&f.out, 1, TN_H2_ENHANCE_YOUR_CALM, "too_many_pings");
    (void)answer(&f);
    grpc_end_lost(&f.end, NULL);
    assert_outcome(&f, TERN_UNAVAILABLE, TERN_ORIGIN_NET,
                   "GOAWAY ENHANCE_YOUR_CALM \"too_many_pings\"");
    end(&f);
    begin(&f); /* the server breaks HTTP/2 */
    wire_frame(&f.out, TN_H2_DATA, 0, 0, "x", 1);
    (void)answer(&f);
    assert_outcome(&f, TERN_UNAVAILABLE, TERN_ORIGIN_NET, "PROTOCOL_ERROR");
    end(&f);
}

static void a_client_that_cancels_resets_and_has_its_status_at_once(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    tn_grpc_cancel(f.call->call, TERN_CANCELLED, NULL);
    assert_string_equal(f.call->log, "status closed");
    assert_outcome(&f, TERN_CANCELLED, TERN_ORIGIN_LOCAL, "cancelled by the caller");
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    wire_headers(&f.out, 1, false, WIRE_RESPONSE); /* on its way meanwhile */
    wire_message(&f.out, 1, false, 0, 3);
    wire_headers(&f.out, 1, true, "grpc-status=0");
    assert_string_equal(answer(&f), "");
    assert_string_equal(f.call->log, "status closed");
    end(&f);
}

static void a_ping_is_answered_above(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    tn_h2_ping(tn_grpc_h2(f.end.c), 7);
    wire_frame(&f.out, TN_H2_PING, TN_H2_FLAG_ACK, 0, "\0\0\0\0\0\0\0\7", 8);
    (void)answer(&f);
    assert_int_equal(f.end.pings, 1);
    end(&f);
}

static void a_deadline_that_passed_does_not_start(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    grpc_record *late = grpc_start(&f.end, NULL, f.env.clock);
    assert_int_equal(late->code, TERN_DEADLINE_EXCEEDED);
    assert_null(late->call);
    assert_string_equal(late->log, "");
    assert_string_equal(answer(&f), "");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_36_reset_codes),
        cmocka_unit_test(rule_37_reset_after_trailers_keeps_the_status),
        cmocka_unit_test(rule_10_a_cancel_after_the_deadline_is_deadline_exceeded),
        cmocka_unit_test(rule_10_the_client_gives_up_at_its_deadline),
        cmocka_unit_test(rule_41_unprocessed_calls_may_be_retried),
        cmocka_unit_test(rule_47_a_lost_connection_is_unavailable_and_says_why),
        cmocka_unit_test(a_client_that_cancels_resets_and_has_its_status_at_once),
        cmocka_unit_test(a_ping_is_answered_above),
        cmocka_unit_test(a_deadline_that_passed_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
