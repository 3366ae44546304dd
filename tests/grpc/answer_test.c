/* SPDX-License-Identifier: Apache-2.0 */
/* answer_test.c: how a server ends calls: statuses, early ends, deadlines, resets, loss. */
#include "grpc/server_fixture.h"
#include <stdio.h>

static void rule_10_the_server_enforces_the_deadline(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, false, WIRE_REQUEST "|grpc-timeout=5m");
    (void)answer(&f);
    assert_true(tn_grpc_next_timeout(f.end.c) <= f.now + 5000000);
    tn_grpc_tick(f.end.c, f.now + 4999999);
    assert_string_equal(f.end.records[0].log, "request");
    tn_grpc_tick(f.end.c, f.now + 5000000);
    assert_string_equal(f.end.records[0].log, "request cancelled closed");
    assert_int_equal(f.end.records[0].code, TERN_DEADLINE_EXCEEDED);
    const char *text = answer(&f);
    assert_has(text, " grpc-status=4 ");
    assert_has(text, "had 5 ms,");
    assert_has(text, " ES\nRST 1 NO_ERROR\n");
    end(&f);
}

static void rule_10_a_deadline_does_not_wait_behind_queued_messages(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, true, WIRE_REQUEST "|grpc-timeout=5m");
    wire_headers(&f.out, 3, true, WIRE_REQUEST "|grpc-timeout=5m");
    (void)answer(&f);
    assert_int_equal(grpc_send(&f.end.records[0], 70000, false), TERN_OK);
    assert_int_equal(grpc_send(&f.end.records[1], 70000, false), TERN_OK);
    assert_int_equal(grpc_finish(&f.end.records[1], TERN_OK, NULL), TERN_OK);
    (void)answer(&f);
    tn_grpc_tick(f.end.c, f.now + 5000000);
    assert_string_equal(f.end.records[0].log, "request half_closed cancelled closed");
    assert_string_equal(f.end.records[1].log, "request half_closed closed");
    const char *text = answer(&f);
    assert_has(text, "RST 1 CANCEL\n");
    assert_has(text, "RST 3 CANCEL\n");
    end(&f);
}

static void rule_31_a_code_of_ours_leaves_as_unknown(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f, WIRE_REQUEST);
    assert_int_equal(grpc_finish(&f.end.records[0], TERN_END, NULL), TERN_OK);
    assert_has(answer(&f), " grpc-status=2 ES\n");
    end(&f);
}

static void rule_35_a_message_is_percent_encoded_and_repaired(void **state)
{
    (void)state;
    static const struct {
        const char *text, *coded;
    } cases[] = {
        { "100% \xc3\xbc\n", "100%25 %C3%BC%0A" },
        { "bad \xff", "bad %EF%BF%BD" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fixture f = { .now = 0 };
        char text[200];
        accepted(&f, WIRE_REQUEST);
        assert_int_equal(grpc_finish(&f.end.records[0], TERN_ABORTED, cases[i].text), TERN_OK);
        (void)snprintf(text, sizeof(text),
                       "HEADERS 1 :status=200 content-type=application/grpc grpc-status=10 "
                       "grpc-message=%s ES\n",
                       cases[i].coded);
        assert_string_equal(answer(&f), text);
        end(&f);
    }
}

static void details_leave_in_unpadded_base64(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f, WIRE_REQUEST);
    f.end.records[0].call->details = (tern_bytes){ (const uint8_t *)"\x08\x05", 2 };
    assert_int_equal(grpc_finish(&f.end.records[0], TERN_NOT_FOUND, "x"), TERN_OK);
    assert_has(answer(&f), " grpc-status=5 grpc-message=x grpc-status-details-bin=CAU ES\n");
    end(&f);
}

static void rule_38_finishing_early_is_trailers_then_reset(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, false, WIRE_REQUEST);
    (void)answer(&f);
    assert_int_equal(grpc_finish(&f.end.records[0], TERN_NOT_FOUND, "gone"), TERN_OK);
    assert_string_equal(answer(&f), "HEADERS 1 :status=200 content-type=application/grpc "
                                    "grpc-status=5 grpc-message=gone ES\nRST 1 NO_ERROR\n");
    assert_string_equal(f.end.records[0].log, "request closed");
    end(&f);
}

/* The reset must not overtake messages that still wait for window. */
static void rule_38_the_reset_waits_for_queued_messages(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, false, WIRE_REQUEST);
    (void)answer(&f);
    assert_int_equal(grpc_send(&f.end.records[0], 70000, false), TERN_OK);
    assert_int_equal(grpc_finish(&f.end.records[0], TERN_OK, NULL), TERN_OK);
    const char *text = answer(&f);
    assert_null(strstr(text, "RST"));
    assert_null(strstr(text, "grpc-status"));
    uint8_t more[4];
    tn_store32(more, 100000);
    wire_frame(&f.out, TN_H2_WINDOW_UPDATE, 0, 0, more, 4);
    wire_frame(&f.out, TN_H2_WINDOW_UPDATE, 0, 1, more, 4);
    assert_string_equal(answer(&f), "DATA 1 4470\nHEADERS 1 grpc-status=0 ES\nRST 1 NO_ERROR\n");
    assert_string_equal(f.end.records[0].log, "request closed");
    end(&f);
}

static void rule_47_a_reset_or_a_lost_connection_cancels(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, false, WIRE_REQUEST);
    wire_headers(&f.out, 3, true, WIRE_REQUEST);
    wire_rst(&f.out, 1, TN_H2_CANCEL);
    assert_string_equal(answer(&f), "");
    assert_string_equal(f.end.records[0].log, "request cancelled closed");
    assert_int_equal(f.end.records[0].code, TERN_CANCELLED);
    grpc_end_lost(&f.end, "gone");
    assert_string_equal(f.end.records[1].log, "request half_closed cancelled closed");
    assert_int_equal(f.end.records[1].code, TERN_CANCELLED);
    end(&f);
}

static void a_refused_stream_is_never_seen(void **state)
{
    (void)state;
    fixture f = { .end.refuse = true };
    begin(&f);
    wire_headers(&f.out, 1, true, WIRE_REQUEST);
    assert_string_equal(answer(&f), "RST 1 REFUSED_STREAM\n");
    assert_int_equal(f.end.n, 0);
    end(&f);
}

static void a_server_that_cancels_resets(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f, WIRE_REQUEST);
    tn_grpc_cancel(f.end.records[0].call, TERN_CANCELLED, NULL);
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    assert_string_equal(f.end.records[0].log, "request half_closed closed");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_10_the_server_enforces_the_deadline),
        cmocka_unit_test(rule_10_a_deadline_does_not_wait_behind_queued_messages),
        cmocka_unit_test(rule_31_a_code_of_ours_leaves_as_unknown),
        cmocka_unit_test(rule_35_a_message_is_percent_encoded_and_repaired),
        cmocka_unit_test(details_leave_in_unpadded_base64),
        cmocka_unit_test(rule_38_finishing_early_is_trailers_then_reset),
        cmocka_unit_test(rule_38_the_reset_waits_for_queued_messages),
        cmocka_unit_test(rule_47_a_reset_or_a_lost_connection_cancels),
        cmocka_unit_test(a_refused_stream_is_never_seen),
        cmocka_unit_test(a_server_that_cancels_resets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
