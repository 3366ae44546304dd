/* SPDX-License-Identifier: Apache-2.0 */
/* flow_test.c: windows both ways, at both levels (RFC 9113 sections 5.2, 6.9). */
#include "h2/conn_internal.h"
#include "support/h2_end.h"
#include "support/test.h"

/* A connection under a script: what it answers, as text. */
typedef struct bench {
    h2_end e;
    tn_buf text;
} bench;

static void start(bench *b, const tn_h2_config *config, const h2_acts *acts, const char *hello)
{
    *b = (bench){ .text = tn_buf_of(tern_env_default()) };
    assert_true(h2_end_init(&b->e, NULL, config, acts));
    tn_buf bytes = tn_buf_of(tern_env_default());
    h2_script(&bytes, hello);
    tn_h2_feed(b->e.c, tn_buf_data(&bytes), tn_buf_len(&bytes), TERN_TEST_START);
    tn_buf_reset(&bytes, SIZE_MAX);
    h2_drain_output(b->e.c, &bytes, SIZE_MAX);
    tn_buf_free(&bytes);
}

static const char *answer(bench *b, const char *script)
{
    tn_buf bytes = tn_buf_of(tern_env_default());
    h2_script(&bytes, script);
    tn_h2_feed(b->e.c, tn_buf_data(&bytes), tn_buf_len(&bytes), TERN_TEST_START);
    tn_buf_reset(&bytes, SIZE_MAX);
    h2_drain_output(b->e.c, &bytes, SIZE_MAX);
    tn_buf_reset(&b->text, SIZE_MAX);
    h2_describe(&b->text, tn_buf_data(&bytes), tn_buf_len(&bytes));
    tn_buf_free(&bytes);
    return (const char *)tn_buf_data(&b->text);
}

static void stop(bench *b)
{
    h2_end_free(&b->e);
    tn_buf_free(&b->text);
}

/* A server that answers HEADERS with HEADERS and as many octets as the test says, and no end. */
static size_t answer_octets;
static bool answer_end;
static h2_call *last_call;

static void answer_headers(h2_call *call, tn_h2_block block, const tn_h2_fields *fields,
                           bool end_stream)
{
    (void)block;
    (void)fields;
    (void)end_stream;
    static uint8_t data[200000];
    tn_h2_field f[8];
    last_call = call;
    tn_h2_send_headers(call->end->c, &call->s, f, h2_response_fields(f), false);
    assert_int_equal(tn_h2_send_bytes(call->end->c, &call->s, data, answer_octets, false), TERN_OK);
    if (answer_end)
        tn_h2_send_trailers(call->end->c, &call->s, f, h2_trailer_fields(f));
}

static const h2_acts answerer = { .headers = answer_headers };
static const tn_h2_config server = { .server = true };

static void never_more_than_the_window(void **state)
{
    (void)state;
    bench b;
    answer_octets = 10;
    answer_end = true;
    start(&b, &server, &answerer, "preface; settings 4=3; ack");
    assert_string_equal(answer(&b, "req 1 end"), "HEADERS 1\nDATA 1 3\n");
    assert_string_equal(answer(&b, "frame 8 0 1 00000001"), "DATA 1 1\n");
    /* A smaller initial window makes the stream's negative; it is first made good. */
    assert_string_equal(answer(&b, "settings 4=0"), "SETTINGS ack\n");
    assert_int_equal(last_call->s.send_window, -3);
    assert_string_equal(answer(&b, "frame 8 0 1 00000003"), "");
    assert_string_equal(answer(&b, "frame 8 0 1 00000001"), "DATA 1 1\n");
    assert_string_equal(answer(&b, "settings 4=4"), "SETTINGS ack\nDATA 1 4\n");
    assert_string_equal(answer(&b, "frame 8 0 1 00000001"), "DATA 1 1\nHEADERS 1 es\n");
    assert_int_equal(b.e.calls, 0);
    stop(&b);
}

static void window_zero_from_the_start(void **state)
{
    (void)state;
    bench b;
    answer_octets = 0;
    answer_end = true;
    start(&b, &server, &answerer, "preface; settings 4=0; ack");
    /* Without octets nothing waits. */
    assert_string_equal(answer(&b, "req 1 end"), "HEADERS 1\nHEADERS 1 es\n");
    answer_octets = 5;
    assert_string_equal(answer(&b, "req 3 end"), "HEADERS 3\n");
    assert_false(tn_h2_has_output(b.e.c));
    for (int i = 0; i < 4; i++)
        assert_string_equal(answer(&b, "frame 8 0 3 00000001"), "DATA 3 1\n");
    assert_string_equal(answer(&b, "frame 8 0 3 00000001"), "DATA 3 1\nHEADERS 3 es\n");
    stop(&b);
}

static void the_connections_window_halts_all(void **state)
{
    (void)state;
    bench b;
    answer_octets = 40000;
    answer_end = false;
    start(&b, &server, &answerer, "preface; settings; ack");
    assert_string_equal(answer(&b, "req 1 end"), "HEADERS 1\nDATA 1 16384\nDATA 1 16384\n"
                                                 "DATA 1 7232\n");
    assert_string_equal(answer(&b, "req 3 end"), "HEADERS 3\nDATA 3 16384\nDATA 3 9151\n");
    assert_int_equal(b.e.c->send_window, 0);
    assert_string_equal(answer(&b, "req 5 end"), "HEADERS 5\n");
    assert_false(tn_h2_has_output(b.e.c));
    assert_string_equal(answer(&b, "frame 8 0 3 00010000"), "");
    /* Those that wait take turns, a frame each. */
    assert_string_equal(answer(&b, "frame 8 0 0 00010000"),
                        "DATA 3 14465\nDATA 5 16384\nDATA 5 16384\nDATA 5 7232\n");
    stop(&b);
}

static void turns_of_a_frame_each(void **state)
{
    (void)state;
    bench b;
    answer_octets = 40000;
    answer_end = true;
    start(&b, &server, &answerer, "preface; settings 4=0; ack; frame 8 0 0 7fff0000");
    answer(&b, "req 1 end; req 3 end; req 5 end");
    assert_string_equal(answer(&b, "settings 4=100000"),
                        "SETTINGS ack\n"
                        "DATA 1 16384\nDATA 3 16384\nDATA 5 16384\n"
                        "DATA 1 16384\nDATA 3 16384\nDATA 5 16384\n"
                        "DATA 1 7232\nHEADERS 1 es\nDATA 3 7232\nHEADERS 3 es\n"
                        "DATA 5 7232\nHEADERS 5 es\n");
    assert_int_equal(b.e.closed, 3);
    stop(&b);
}

static void output_is_bounded(void **state)
{
    (void)state;
    bench b;
    answer_octets = 200000;
    answer_end = false;
    start(&b, &server, &answerer, "preface; settings 4=2147483647; ack; frame 8 0 0 7fff0000");
    tn_buf bytes = tn_buf_of(tern_env_default());
    h2_script(&bytes, "req 1; req 3; req 5; req 7; req 9");
    tn_h2_feed(b.e.c, tn_buf_data(&bytes), tn_buf_len(&bytes), TERN_TEST_START);
    tern_bytes slices[100];
    size_t n = 0;
    for (size_t i = tn_h2_pull(b.e.c, slices, 100); i > 0; i--)
        n += slices[i - 1].n;
    assert_true(n >= TN_H2_MAX_OUTPUT && n < TN_H2_MAX_OUTPUT + 20000);
    tn_h2_pull(b.e.c, slices, 100);
    assert_true(tn_h2_out_bytes(&b.e.c->out) < TN_H2_MAX_OUTPUT + 20000);
    tn_buf_reset(&bytes, SIZE_MAX);
    assert_true(h2_drain_output(b.e.c, &bytes, SIZE_MAX) > 1000000);
    tn_buf_free(&bytes);
    stop(&b);
}

/* A stream that is in the round when SETTINGS takes its window away waits for it to come back. */
static void window_taken_from_one_in_the_round(void **state)
{
    (void)state;
    bench b;
    answer_octets = 100000;
    answer_end = false;
    start(&b, &server, &answerer, "preface; settings 4=70000; ack");
    assert_string_equal(answer(&b, "req 1 end; settings 4=10"),
                        "HEADERS 1\nSETTINGS ack\nDATA 1 10\n");
    stop(&b);
    start(&b, &server, &answerer, "preface; settings 4=70000; ack");
    assert_string_equal(answer(&b, "req 1 end; settings 4=0"), "HEADERS 1\nSETTINGS ack\n");
    assert_false(tn_h2_has_output(b.e.c));
    assert_string_equal(answer(&b, "settings 4=5"), "SETTINGS ack\nDATA 1 5\n");
    stop(&b);
}

/* ---- what we receive ---- */

static void data_beyond_the_connections_window(void **state)
{
    (void)state;
    bench b;
    const tn_h2_config wide = { .server = true, .stream_window = 1 << 20, .conn_window = 65535 };
    start(&b, &wide, NULL, "preface; settings; ack");
    tn_h2_conn *c = b.e.c;
    tn_buf in = tn_buf_of(tern_env_default());
    h2_script(&in, "req 1; fill 0 0 1 16384; fill 0 0 1 16384; fill 0 0 1 16384; fill 0 0 1 16384");
    /* Without a pull in between no credit has gone back. */
    tn_h2_feed(c, tn_buf_data(&in), tn_buf_len(&in), TERN_TEST_START);
    assert_int_equal(tn_h2_cause(c)->code, TN_H2_FLOW_CONTROL_ERROR);
    tn_buf_free(&in);
    stop(&b);
}

static void padding_and_unwanted_data_are_credited(void **state)
{
    (void)state;
    bench b;
    const tn_h2_config small = { .server = true, .conn_window = 65535 };
    start(&b, &small, NULL, "preface; settings; ack");
    /* Half the window of padding alone, on a stream that consumes nothing: 128 x 256 octets. */
    tn_buf script = tn_buf_of(tern_env_default());
    const char pad[] = "frame 0 8 1 ff ";
    tn_buf_put(&script, "req 1;", 6);
    for (int i = 0; i < 128; i++) {
        tn_buf_put(&script, pad, sizeof(pad) - 1);
        for (int k = 0; k < 255; k++)
            tn_buf_put(&script, "00", 2);
        tn_buf_put(&script, ";", 1);
    }
    tn_buf_put(&script, "", 1);
    assert_string_equal(answer(&b, (const char *)tn_buf_data(&script)),
                        "WINDOW_UPDATE 1 32768\nWINDOW_UPDATE 0 32768\n");
    tn_buf_free(&script);
    /* Data for a stream that we have reset. */
    assert_string_equal(answer(&b, "fields 3 4 x=y; fill 0 0 3 16384; fill 0 0 3 16384"),
                        "RST_STREAM 3 PROTOCOL_ERROR\nWINDOW_UPDATE 0 32768\n");
    assert_int_equal(b.e.c->recv_window, 65535);
    stop(&b);
}

static void unread_data_stalls_only_its_stream(void **state)
{
    (void)state;
    bench b;
    const tn_h2_config small = { .server = true, .conn_window = 65535 };
    start(&b, &small, NULL, "preface; settings; ack");
    assert_string_equal(answer(&b, "req 1; fill 0 0 1 16384; fill 0 0 1 16384"),
                        "WINDOW_UPDATE 0 32768\n");
    h2_call *call = (h2_call *)tn_h2_stream_find(b.e.c, 1);
    tn_h2_consume(b.e.c, &call->s, 32766);
    assert_string_equal(answer(&b, ""), "");
    tn_h2_consume(b.e.c, &call->s, 1);
    assert_string_equal(answer(&b, ""), "WINDOW_UPDATE 1 32767\n");
    /* Once the peer has ended, it needs no window. */
    assert_string_equal(answer(&b, "fill 0 1 1 16384"), "");
    tn_h2_consume(b.e.c, &call->s, 16385);
    assert_string_equal(answer(&b, ""), "");
    stop(&b);
}

static void a_smaller_window_counts_from_its_ack(void **state)
{
    (void)state;
    bench b;
    const tn_h2_config tiny = { .server = true, .stream_window = 100 };
    start(&b, &tiny, &h2_reader, "preface; settings");
    /* The peer has not seen our SETTINGS: it may send by the RFC's window. */
    assert_string_equal(answer(&b, "req 1; fill 0 0 1 16384; fill 0 0 1 16384"),
                        "WINDOW_UPDATE 1 32768\nWINDOW_UPDATE 0 32768\n");
    assert_string_equal(answer(&b, "ack"), "");
    assert_int_equal(tn_h2_stream_find(b.e.c, 1)->recv_window, 100);
    assert_string_equal(answer(&b, "req 3; fill 0 0 3 101"), "GOAWAY 3 FLOW_CONTROL_ERROR DATA "
                                                             "beyond the stream's window\n");
    stop(&b);
}

/* What was consumed under the larger window is more than half of the smaller: without credit for it
 * the peer would wait for ever. */
static void a_smaller_window_gives_back_what_was_consumed(void **state)
{
    (void)state;
    bench b;
    const tn_h2_config tiny = { .server = true, .stream_window = 1000 };
    start(&b, &tiny, &h2_reader, "preface; settings");
    assert_string_equal(answer(&b, "req 1; fill 0 0 1 5000; req 3 end; req 5; fill 0 0 5 100"), "");
    assert_string_equal(answer(&b, "ack"), "WINDOW_UPDATE 1 5000\n");
    assert_int_equal(tn_h2_stream_find(b.e.c, 1)->recv_window, 1000);
    assert_int_equal(tn_h2_stream_find(b.e.c, 5)->recv_window, 900);
    assert_string_equal(answer(&b, "fill 0 0 1 1000"), "WINDOW_UPDATE 1 1000\n");
    stop(&b);
}

/* An end without octets may come whatever the window is (section 6.9.1). */
static void an_empty_end_needs_no_window(void **state)
{
    (void)state;
    bench b;
    const tn_h2_config tiny = { .server = true, .stream_window = 1000 };
    start(&b, &tiny, NULL, "preface; settings");
    assert_string_equal(answer(&b, "req 1; fill 0 0 1 5000; ack"), "");
    assert_int_equal(tn_h2_stream_find(b.e.c, 1)->recv_window, -4000);
    assert_string_equal(answer(&b, "frame 0 1 1"), "");
    assert_int_equal(tn_h2_stream_find(b.e.c, 1)->state, TN_H2_STATE_HALF_REMOTE);
    stop(&b);
}

/* Two ends that keep their own accounts of all windows, through random traffic. */
static void accounts_agree(void **state)
{
    (void)state;
    static const tn_h2_config client_config = { .stream_window = 5000, .conn_window = 70000 };
    static const tn_h2_config server_config = { .server = true, .stream_window = 3000 };
    static uint8_t data[30000];
    h2_end c, s;
    tn_seed seed = { 21 };
    assert_true(h2_end_init(&c, NULL, &client_config, &h2_reader));
    assert_true(h2_end_init(&s, NULL, &server_config, &h2_echo));
    c.quiet = s.quiet = true;
    h2_pump(&c, &s, TERN_TEST_START, H2_RANDOM, &seed);
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 5; i++) {
            h2_call *call = h2_call_open(&c, false);
            tn_h2_send_bytes(c.c, &call->s, data, tn_seed_below(&seed, sizeof(data)), true);
        }
        h2_pump(&c, &s, TERN_TEST_START, H2_RANDOM, &seed);
        assert_int_equal(c.calls, 0);
        /* What one may send, and what it will be given back, is what the other granted. */
        assert_int_equal(c.c->send_window, s.c->recv_window);
        assert_int_equal(s.c->send_window, c.c->recv_window);
        assert_int_equal(c.c->recv_window + (int)c.c->recv_credit, 70000);
        assert_int_equal(s.c->recv_window + (int)s.c->recv_credit, 65535);
    }
    h2_end_free(&c);
    h2_end_free(&s);
}

/* ---- writable ---- */

static int writables;

static void count_writable(h2_call *call)
{
    (void)call;
    writables++;
}

static void writable_after_high_water(void **state)
{
    (void)state;
    bench b;
    static uint8_t data[70000];
    static const h2_acts acts = { .writable = count_writable };
    const tn_h2_config client = { .server = false };
    start(&b, &client, &acts, "settings 4=0; ack");
    h2_call *call = h2_call_open(&b.e, false);
    answer(&b, "");
    writables = 0;
    assert_int_equal(tn_h2_send_bytes(b.e.c, &call->s, data, 60000, false), TERN_OK);
    assert_int_equal(tn_h2_queued(&call->s), 60000);
    answer(&b, "frame 8 0 1 00008000");
    assert_int_equal(writables, 0); /* it was never high */
    assert_int_equal(tn_h2_send_bytes(b.e.c, &call->s, data, 70000, false), TERN_OK);
    const size_t queued = tn_h2_queued(&call->s);
    assert_int_equal(queued, 60000 - 32768 + 70000);
    answer(&b, "frame 8 0 0 7fff0000; frame 8 0 1 00010000");
    assert_int_equal(tn_h2_queued(&call->s), queued - 65536);
    assert_int_equal(writables, 1);
    answer(&b, "frame 8 0 1 00010000");
    assert_int_equal(tn_h2_queued(&call->s), 0);
    assert_int_equal(writables, 1);
    stop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_more_than_the_window),
        cmocka_unit_test(window_zero_from_the_start),
        cmocka_unit_test(the_connections_window_halts_all),
        cmocka_unit_test(turns_of_a_frame_each),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(window_taken_from_one_in_the_round),
        cmocka_unit_test(data_beyond_the_connections_window),
        cmocka_unit_test(padding_and_unwanted_data_are_credited),
        cmocka_unit_test(unread_data_stalls_only_its_stream),
        cmocka_unit_test(a_smaller_window_counts_from_its_ack),
        cmocka_unit_test(a_smaller_window_gives_back_what_was_consumed),
        cmocka_unit_test(an_empty_end_needs_no_window),
        cmocka_unit_test(accounts_agree),
        cmocka_unit_test(writable_after_high_water),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
