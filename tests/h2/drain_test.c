/* SPDX-License-Identifier: Apache-2.0 */
/* drain_test.c: GOAWAY both ways and the orderly end (RFC 9113 section 6.8). */
#include "h2/conn_internal.h"
#include "support/h2_end.h"
#include "support/test.h"

static const tn_h2_config server_config = { .server = true };
static const tn_h2_config client_config = { .server = false };

static void feed(h2_end *e, const char *script)
{
    tn_buf bytes = tn_buf_of(tern_env_default());
    h2_script(&bytes, script);
    tn_h2_feed(e->c, tn_buf_data(&bytes), tn_buf_len(&bytes), TERN_TEST_START);
    tn_buf_free(&bytes);
}

static void expect_output(h2_end *e, const char *want)
{
    tn_buf out = tn_buf_of(tern_env_default()), text = tn_buf_of(tern_env_default());
    h2_drain_output(e->c, &out, SIZE_MAX);
    h2_describe(&text, tn_buf_data(&out), tn_buf_len(&out));
    assert_string_equal((const char *)tn_buf_data(&text), want);
    tn_buf_free(&out);
    tn_buf_free(&text);
}

static void begin(h2_end *e, const tn_h2_config *config, const h2_acts *acts, const char *script)
{
    tn_buf out = tn_buf_of(tern_env_default());
    assert_true(h2_end_init(e, NULL, config, acts));
    feed(e, script);
    h2_drain_output(e->c, &out, SIZE_MAX);
    tn_buf_free(&out);
    h2_end_log_clear(e);
}

static const char drain_ack[] = "frame 6 1 0 647261696e0d0a1a";

static void a_server_says_it_twice(void **state)
{
    (void)state;
    h2_end e;
    begin(&e, &server_config, &h2_echo, "preface; settings; ack; req 1");
    tn_h2_drain(e.c, TERN_TEST_START);
    tn_h2_drain(e.c, TERN_TEST_START);
    expect_output(&e, "GOAWAY 2147483647 NO_ERROR \nPING\n");
    assert_int_equal(tn_h2_status(e.c), TN_H2_DRAINING);
    /* A request that was on its way is still served. */
    feed(&e, "req 3 end");
    expect_output(&e, "HEADERS 3\nHEADERS 3 es\n");
    feed(&e, drain_ack);
    expect_output(&e, "GOAWAY 3 NO_ERROR \n");
    assert_int_equal(e.pings, 0);
    /* What comes now is ignored, its data credited, HPACK in step. */
    feed(&e, "frame 1 4 5 82 86 84 40 01 61 01 62; frame 0 0 5 00; fields 5 5 a=b; req 7 end;"
             "frame 3 0 5 00000008; frame 8 0 7 00000001; frame 0 0 1 00");
    expect_output(&e, "DATA 1 1\n");
    assert_int_equal(tn_h2_status(e.c), TN_H2_DRAINING);
    feed(&e, "frame 1 5 1 be");
    assert_non_null(strstr(h2_end_log(&e), "headers 1 trailers end a=b\n"));
    expect_output(&e, "HEADERS 1 es\n");
    assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
    assert_int_equal(tn_h2_cause(e.c)->code, TN_H2_NO_ERROR);
    h2_end_free(&e);
}

static void without_an_ack_time_decides(void **state)
{
    (void)state;
    h2_end e;
    begin(&e, &server_config, &h2_echo, "preface; settings; ack");
    tn_h2_drain(e.c, TERN_TEST_START);
    expect_output(&e, "GOAWAY 2147483647 NO_ERROR \nPING\n");
    uint64_t due = TERN_TEST_START + TN_H2_DRAIN_WAIT;
    assert_true(tn_h2_next_timeout(e.c) <= due);
    tn_h2_tick(e.c, due - 1);
    assert_int_equal(tn_h2_status(e.c), TN_H2_DRAINING);
    tn_h2_tick(e.c, due);
    assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
    expect_output(&e, "GOAWAY 0 NO_ERROR \n");
    h2_end_free(&e);
}

static void an_error_while_draining_names_no_higher_id(void **state)
{
    (void)state;
    h2_end e;
    begin(&e, &server_config, &h2_echo, "preface; settings; ack; req 1");
    tn_h2_drain(e.c, TERN_TEST_START);
    feed(&e, drain_ack);
    feed(&e, "req 9; frame 8 0 0 00000000");
    expect_output(&e, "GOAWAY 2147483647 NO_ERROR \nPING\nGOAWAY 1 NO_ERROR \n"
                      "GOAWAY 1 PROTOCOL_ERROR WINDOW_UPDATE by 0\n");
    h2_end_free(&e);
}

static void a_client_drains(void **state)
{
    (void)state;
    h2_end e;
    begin(&e, &client_config, &h2_reader, "settings; ack");
    h2_call_open(&e, true);
    tn_h2_drain(e.c, TERN_TEST_START);
    expect_output(&e, "HEADERS 1 es\nGOAWAY 0 NO_ERROR \n");
    assert_false(tn_h2_can_open(e.c));
    tn_h2_field f[8];
    tn_h2_stream s = { 0 };
    assert_int_equal(tn_h2_open(e.c, &s, f, h2_request_fields(f), true), TERN_UNAVAILABLE);
    feed(&e, "res 1 end");
    assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
    assert_int_equal(e.closed, 1);
    h2_end_free(&e);
}

static void the_unprocessed_are_told(void **state)
{
    (void)state;
    h2_end e;
    begin(&e, &client_config, &h2_reader, "settings; ack");
    for (int i = 0; i < 4; i++)
        h2_call_open(&e, true);
    feed(&e, "frame 7 0 0 7fffffff00000000");
    assert_int_equal(tn_h2_status(e.c), TN_H2_DRAINING);
    assert_null(h2_call_open(&e, true));
    feed(&e, "res 1 end; frame 7 0 0 0000000300000000 6279 65");
    assert_string_equal(h2_end_log(&e),
                        "goaway NO_ERROR \n"
                        "headers 1 response end :status=200 content-type=application/grpc\n"
                        "closed 1 done NO_ERROR\n"
                        "goaway NO_ERROR bye\n"
                        "closed 5 unprocessed NO_ERROR\n"
                        "closed 7 unprocessed NO_ERROR\n");
    /* Frames in flight for those are ignored. */
    feed(&e, "res 5 end; frame 0 1 7 00");
    assert_int_equal(tn_h2_status(e.c), TN_H2_DRAINING);
    feed(&e, "res 3 end");
    assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
    assert_int_equal(tn_h2_cause(e.c)->code, TN_H2_NO_ERROR);
    h2_end_free(&e);
}

static void goaway_with_an_error(void **state)
{
    (void)state;
    h2_end e;
    begin(&e, &client_config, &h2_reader, "settings; ack");
    h2_call_open(&e, true);
    h2_call_open(&e, true);
    feed(&e, "frame 7 0 0 000000010000000b 746f6f5f6d616e795f70696e6773");
    assert_string_equal(h2_end_log(&e), "goaway ENHANCE_YOUR_CALM too_many_pings\n"
                                        "closed 3 unprocessed ENHANCE_YOUR_CALM\n");
    tn_h2_lost(e.c);
    assert_non_null(strstr(h2_end_log(&e), "closed 1 "));
    h2_end_free(&e);
}

static h2_call *other;

static void reset_other(h2_call *call)
{
    (void)call;
    if (other) {
        h2_call *o = other;
        other = NULL;
        tn_h2_reset(o->end->c, &o->s, TN_H2_CANCEL);
    }
}

/* While many are closed at once, an event closes another of them. */
static void closing_inside_closing(void **state)
{
    (void)state;
    static const h2_acts acts = { .closed = reset_other };
    for (int which = 0; which < 4; which++)
        for (int how = 0; how < 3; how++) {
            h2_end e;
            h2_call *calls[4];
            begin(&e, &client_config, &acts, "settings; ack");
            for (int i = 0; i < 4; i++)
                calls[i] = h2_call_open(&e, true);
            other = calls[which == 0 ? 1 : which];
            if (how == 0)
                feed(&e, "frame 7 0 0 0000000000000000");
            else if (how == 1)
                tn_h2_lost(e.c);
            else
                tn_h2_abort(e.c, TN_H2_NO_ERROR, NULL);
            assert_int_equal(e.closed, 4);
            h2_end_free(&e);
        }
}

static void ids_run_out(void **state)
{
    (void)state;
    h2_end e;
    begin(&e, &client_config, &h2_reader, "settings; ack");
    e.c->last_id = TN_H2_LAST_CLIENT_ID - 4;
    assert_non_null(h2_call_open(&e, true));
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    h2_call *last = h2_call_open(&e, true);
    assert_int_equal(last->id, TN_H2_LAST_CLIENT_ID);
    assert_int_equal(tn_h2_status(e.c), TN_H2_DRAINING);
    assert_null(h2_call_open(&e, true));
    expect_output(&e, "HEADERS 1610612735 es\nHEADERS 1610612737 es\nGOAWAY 0 NO_ERROR \n");
    h2_end_free(&e);
}

/* Both ends drain at once, with calls on the way. */
static void both_at_once(void **state)
{
    (void)state;
    h2_end c, s;
    assert_true(h2_end_init(&c, NULL, &client_config, &h2_reader));
    assert_true(h2_end_init(&s, NULL, &server_config, &h2_echo));
    h2_pump(&c, &s, TERN_TEST_START, H2_WHOLE, NULL);
    for (int i = 0; i < 5; i++)
        h2_call_open(&c, true);
    tn_h2_drain(c.c, TERN_TEST_START);
    tn_h2_drain(s.c, TERN_TEST_START);
    tn_seed seed = { 5 };
    h2_pump(&c, &s, TERN_TEST_START, H2_RANDOM, &seed);
    assert_int_equal(c.closed, 5);
    assert_int_equal(tn_h2_status(c.c), TN_H2_ENDED);
    h2_end_free(&c);
    h2_end_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_says_it_twice),
        cmocka_unit_test(without_an_ack_time_decides),
        cmocka_unit_test(an_error_while_draining_names_no_higher_id),
        cmocka_unit_test(a_client_drains),
        cmocka_unit_test(the_unprocessed_are_told),
        cmocka_unit_test(goaway_with_an_error),
        cmocka_unit_test(closing_inside_closing),
        cmocka_unit_test(ids_run_out),
        cmocka_unit_test(both_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
