/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn_errors_test.c: what a peer may not do, frame by frame, and what the connection answers
 * (RFC 9113). Each row is fed whole, byte by byte, and with rubbish behind it.
 */
#include "support/h2_end.h"
#include "support/test.h"

typedef struct row {
    const char *script;
    const char *output; /* all that is sent in answer to it */
} row;

#define GOAWAY(last, code, text) "GOAWAY " #last " " #code " " text "\n"
#define RST(id, code)            "RST_STREAM " #id " " #code "\n"
#define ACK                      "SETTINGS ack\n"

/* To a server that has had preface and SETTINGS. */
static const row to_server[] = {
    /* 4.1, 4.2: frames as such */
    { "fill 0 0 1 16385", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    { "frame 99 0 0 00", "" },
    { "frame 99 ff 77 0102", "" },
    { "frame 4 0 0 0000", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    { "frame 6 0 0 00", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    { "frame 7 0 0 00000000", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    { "req 1; frame 3 0 1 0000", GOAWAY(1, FRAME_SIZE_ERROR, "?") },
    { "frame 8 0 0 000001", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    { "frame 4 1 0 000100000000", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    /* 4.3: header blocks */
    { "frame 1 5 1 80", GOAWAY(0, COMPRESSION_ERROR, "?") },
    { "frame 1 5 1 ff80808080808080", GOAWAY(0, COMPRESSION_ERROR, "?") },
    { "fields 1 1 :method=POST; frame 6 0 0 0000000000000000", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "fields 1 1 :method=POST; frame 9 4 3", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "fields 1 1 :method=POST; req 1", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "fields 1 1 :method=POST; frame 99 0 0", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 9 4 1 82", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "req 1; frame 9 4 1 82", GOAWAY(1, PROTOCOL_ERROR, "?") },
    { "frame 1 1 1; frame 9 0 1; frame 9 0 1; frame 9 0 1; frame 9 0 1; frame 9 0 1; frame 9 0 1;"
      "frame 9 0 1; frame 9 0 1; frame 9 0 1",
      GOAWAY(0, ENHANCE_YOUR_CALM, "continuation") },
    { "fill 1 1 1 16384; fill 9 0 1 16384; fill 9 0 1 1",
      GOAWAY(0, ENHANCE_YOUR_CALM, "continuation") },
    /* 5.1: idle streams */
    { "frame 0 0 1 00", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 0 1 2", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 3 0 1 00000008", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 8 0 1 00000001", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 2 0 1 0000000000", "" },
    { "frame 9 4 1", GOAWAY(0, PROTOCOL_ERROR, "?") },
    /* 5.1: half-closed (remote) */
    { "req 1 end; frame 0 0 1 00", GOAWAY(1, STREAM_CLOSED, "?") },
    { "req 1 end; req 1 end", GOAWAY(1, STREAM_CLOSED, "?") },
    { "req 1 end; frame 8 0 1 00000001", "" },
    { "req 1 end; frame 2 0 1 0000000000", "" },
    /* 5.1: closed by the peer */
    { "req 1; frame 3 0 1 00000008; frame 0 0 1 00", GOAWAY(1, STREAM_CLOSED, "?") },
    { "req 1; frame 3 0 1 00000008; req 1", GOAWAY(1, STREAM_CLOSED, "?") },
    { "req 1; frame 3 0 1 00000008; frame 8 0 1 00000001; frame 3 0 1 00000008;"
      "frame 2 0 1 0000000000",
      "" },
    /* 5.1: closed by us, frames in flight */
    { "fields 1 4 x=y; frame 0 0 1 00; fields 1 5 x=y; frame 8 0 1 00000001;"
      "frame 3 0 1 00000008; frame 0 1 1",
      RST(1, PROTOCOL_ERROR) },
    /* 5.1.1: ids */
    { "req 2", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "req 5 end; req 3 end", GOAWAY(5, PROTOCOL_ERROR, "?") },
    { "frame 1 5 0 82", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "req 2147483647 end", "" },
    /* 5.1.2: too many (the limit in this test is 3) */
    { "req 1; req 3; req 5; req 7; req 9 end; frame 0 1 7 00; req 11",
      RST(7, REFUSED_STREAM) RST(9, REFUSED_STREAM) RST(11, REFUSED_STREAM) },
    { "req 1; req 3; req 5; frame 3 0 3 00000008; req 7", "" },
    /* 5.3.1, 6.3: PRIORITY */
    { "frame 2 0 1 00000000", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    { "frame 2 0 0 0000000000", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 2 0 1 0000000100", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 1 25 1 000000010082", GOAWAY(0, PROTOCOL_ERROR, "?") },
    /* 6.1: DATA */
    { "frame 0 0 0 00", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "req 1; frame 0 8 1", GOAWAY(1, FRAME_SIZE_ERROR, "?") },
    { "req 1; frame 0 8 1 05 0000000000", "" },
    { "req 1; frame 0 8 1 06 0000000000", GOAWAY(1, PROTOCOL_ERROR, "?") },
    { "req 1; frame 0 8 1 ff", GOAWAY(1, PROTOCOL_ERROR, "?") },
    /* 6.2: HEADERS */
    { "frame 1 d 1 04 82868f", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 1 d 1", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    { "frame 1 25 1 00000000", GOAWAY(0, FRAME_SIZE_ERROR, "?") },
    { "frame 1 2d 1 03 0000000300 828684 000000", "" },
    /* 6.4: RST_STREAM */
    { "frame 3 0 0 00000000", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 3 0 2 00000000", GOAWAY(0, PROTOCOL_ERROR, "?") },
    /* 6.5: SETTINGS */
    { "frame 4 0 1", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "settings 2=2", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "settings 4=2147483648", GOAWAY(0, FLOW_CONTROL_ERROR, "?") },
    { "settings 4=2147483647", ACK },
    { "settings 5=16383", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "settings 5=16777216", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "settings 5=16777215", ACK },
    { "settings 1=0 2=1 3=0 6=0 255=7", ACK },
    { "settings", ACK },
    { "settings 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 "
      "9=0 "
      "9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0 9=0",
      GOAWAY(0, ENHANCE_YOUR_CALM, "settings") },
    /* 6.6: PUSH_PROMISE */
    { "req 1; frame 5 4 1 0000000282", GOAWAY(1, PROTOCOL_ERROR, "?") },
    /* 6.7: PING */
    { "frame 6 0 0 0102030405060708", "PING ack\n" },
    { "frame 6 1 0 0102030405060708", "" },
    { "frame 6 0 1 0102030405060708", GOAWAY(0, PROTOCOL_ERROR, "?") },
    /* 6.8: GOAWAY */
    { "frame 7 0 1 0000000000000000", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "req 1; frame 7 0 0 0000000000000000; frame 7 0 0 0000000200000000",
      GOAWAY(1, PROTOCOL_ERROR, "?") },
    /* 6.9: WINDOW_UPDATE */
    { "frame 8 0 0 00000000", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "req 1; frame 8 0 1 00000000", GOAWAY(1, PROTOCOL_ERROR, "?") },
    { "frame 8 0 0 7fffffff", GOAWAY(0, FLOW_CONTROL_ERROR, "?") },
    { "frame 8 0 0 7fff0000", "" },
    { "req 1; frame 8 0 1 7fffffff; frame 0 1 1 00; frame 8 0 1 00000001",
      RST(1, FLOW_CONTROL_ERROR) },
    { "req 1 end; frame 8 0 1 7fffffff; req 3", RST(1, FLOW_CONTROL_ERROR) },
    { "req 1; frame 8 0 1 7fff0000; settings 4=65536", GOAWAY(1, FLOW_CONTROL_ERROR, "?") },
    { "req 1; fill 0 0 1 16384; fill 0 0 1 16384; fill 0 0 1 16384; fill 0 0 1 16384",
      GOAWAY(1, FLOW_CONTROL_ERROR, "?") },
    { "req 1; fill 0 0 1 16384; fill 0 0 1 16384; fill 0 0 1 16384; fill 0 0 1 16383", "" },
    /* 8.1: trailers */
    { "req 1; fields 1 4 a=b", RST(1, PROTOCOL_ERROR) },
    { "req 1; fields 1 5 a=b", "" },
    { "req 1; fields 1 5 :path=/", RST(1, PROTOCOL_ERROR) },
    /* 8.1.1: content-length */
    { "fields 1 5 :method=POST :scheme=http :path=/ content-length=1", RST(1, PROTOCOL_ERROR) },
    { "fields 1 5 :method=POST :scheme=http :path=/ content-length=0", "" },
    { "fields 1 4 :method=POST :scheme=http :path=/ content-length=2; frame 0 1 1 0000", "" },
    { "fields 1 4 :method=POST :scheme=http :path=/ content-length=2; frame 0 9 1 02 0000 0000",
      "" },
    { "fields 1 4 :method=POST :scheme=http :path=/ content-length=2; frame 0 0 1 00; frame 0 1 1",
      RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :method=POST :scheme=http :path=/ content-length=2; frame 0 0 1 000000",
      RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :method=POST :scheme=http :path=/ content-length=2; frame 0 0 1 00;"
      "fields 1 5 a=b",
      RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :method=POST :scheme=http :path=/ content-length=1x", RST(1, PROTOCOL_ERROR) },
    /* 8.2, 8.3 one of each; the rest is in headers_check_test.c */
    { "fields 1 5 :method=POST :scheme=http :path=/ A=b", RST(1, PROTOCOL_ERROR) },
    { "fields 1 5 :method=POST :scheme=http :path=/ a=b\\r\\nc", RST(1, PROTOCOL_ERROR) },
    { "fields 1 5 :method=POST :scheme=http :path=/ a=b_", "" },
    { "fields 1 5 :method=POST :scheme=http :path=/ connection=close", RST(1, PROTOCOL_ERROR) },
    { "fields 1 5 :method=POST :scheme=http", RST(1, PROTOCOL_ERROR) },
    { "frame 1 5 1 00 00 00", RST(1, PROTOCOL_ERROR) },
    /* the connection lives on after a malformed request, with HPACK in step */
    { "frame 1 5 1 40 01 41 01 62; frame 1 5 3 82 86 84 be",
      RST(1, PROTOCOL_ERROR) RST(3, PROTOCOL_ERROR) },
    { "frame 1 5 1 40 01 61 01 0a; frame 1 5 3 82 86 84 40 01 61 01 62; frame 1 5 5 82 86 84 be",
      RST(1, PROTOCOL_ERROR) },
};

/* To a client that has had SETTINGS, opened stream 1 and ended it, and opened stream 3. */
static const row to_client[] = {
    { "res 1 end; fields 3 5 :status=200 grpc-status=0", "" },
    { "frame 5 4 1 0000000282", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "settings 2=1", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "settings 2=0", ACK },
    { "res 2 end", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "res 5 end", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 0 0 5 00", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 8 0 5 00000001", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 3 0 2 00000001", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 0 0 1 00", RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :status=100; frame 0 0 1 00", RST(1, PROTOCOL_ERROR) },
    { "fields 1 5 :status=103", RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :status=101", RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :status=103; fields 1 4 :status=103; res 1; frame 0 1 1 00", "" },
    { "fields 1 4 :status=103; fields 1 4 :status=103; fields 1 4 :status=103;"
      "fields 1 4 :status=103; fields 1 4 :status=103; fields 1 4 :status=103;"
      "fields 1 4 :status=103; fields 1 4 :status=103; fields 1 4 :status=103",
      RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 a=b", RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :status=20", RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :status=2000", RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :status=200 :status=200", RST(1, PROTOCOL_ERROR) },
    { "fields 1 4 :status=200 :path=/", RST(1, PROTOCOL_ERROR) },
    { "fields 1 5 :status=200 content-length=4", RST(1, PROTOCOL_ERROR) },
    { "fields 1 5 :status=304 content-length=4", "" },
    { "res 1; res 1 end", RST(1, PROTOCOL_ERROR) },
    { "res 1; fields 1 4 a=b", RST(1, PROTOCOL_ERROR) },
    { "res 1; fields 1 5 a=b; fields 1 5 a=b", GOAWAY(0, STREAM_CLOSED, "?") },
    { "res 1 end; frame 0 0 1 00", GOAWAY(0, STREAM_CLOSED, "?") },
    { "res 3 end; frame 0 0 3 00", GOAWAY(0, STREAM_CLOSED, "?") },
    { "res 3 end; res 3 end", GOAWAY(0, STREAM_CLOSED, "?") },
    { "frame 3 0 1 00000000; res 1 end", GOAWAY(0, STREAM_CLOSED, "?") },
    { "fields 1 4 a=b; res 1; frame 0 1 1 00", RST(1, PROTOCOL_ERROR) },
    { "frame 7 0 0 0000000200000000", GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 7 0 0 0000000100000000; frame 7 0 0 0000000300000000",
      GOAWAY(0, PROTOCOL_ERROR, "?") },
    { "frame 7 0 0 7fffffff00000000; frame 7 0 0 0000000300000000;"
      "frame 7 0 0 0000000100000000; res 1 end",
      "" },
};

static const tn_h2_config server_config = { .server = true, .max_concurrent_streams = 3 };
static const tn_h2_config client_config = { .server = false };

/* Is the output what the row says? "?" stands for the rest of a line. */
static bool matches(const char *want, const char *got)
{
    while (*want) {
        if (*want == '?') {
            const size_t n = strcspn(got, "\n");
            if (n == 0)
                return false;
            got += n;
            want++;
        } else if (*want++ != *got++) {
            return false;
        }
    }
    return *got == '\0';
}

/* For a fatal row: no byte may matter any more. */
static void feed_rubbish(h2_end *e)
{
    static uint8_t rubbish[65536];
    tn_seed seed = { 7 };
    tn_seed_fill(&seed, rubbish, sizeof(rubbish));
    if (tn_h2_status(e->c) == TN_H2_ENDED)
        tn_h2_feed(e->c, rubbish, sizeof(rubbish), TERN_TEST_START);
}

static void run_row(const row *r, bool server, h2_cut cut)
{
    h2_end e;
    tn_buf bytes = tn_buf_of(tern_env_default());
    tn_buf out = tn_buf_of(tern_env_default());
    tn_buf text = tn_buf_of(tern_env_default());
    assert_true(h2_end_init(&e, NULL, server ? &server_config : &client_config, NULL));
    h2_script(&bytes, server ? "preface; settings" : "settings; ack");
    tn_h2_feed(e.c, tn_buf_data(&bytes), tn_buf_len(&bytes), TERN_TEST_START);
    if (!server) {
        assert_non_null(h2_call_open(&e, true));
        assert_non_null(h2_call_open(&e, false));
    }
    h2_drain_output(e.c, &out, SIZE_MAX);
    tn_buf_reset(&out, SIZE_MAX);
    tn_buf_reset(&bytes, SIZE_MAX);

    h2_script(&bytes, r->script);
    h2_feed_cut(e.c, tn_buf_data(&bytes), tn_buf_len(&bytes), TERN_TEST_START, cut, NULL);
    feed_rubbish(&e);
    h2_drain_output(e.c, &out, SIZE_MAX);
    h2_describe(&text, tn_buf_data(&out), tn_buf_len(&out));
    if (!matches(r->output, (const char *)tn_buf_data(&text)))
        fail_msg("%s\nwant: %s\ngot:  %s\nlog: %s", r->script, r->output,
                 (const char *)tn_buf_data(&text), h2_end_log(&e));
    /* A connection error ends it, and the cause is kept. */
    const bool fatal = strstr(r->output, "GOAWAY") != NULL;
    if (fatal) {
        assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
        assert_int_equal(tn_h2_cause(e.c)->scope, TN_H2_SCOPE_CONNECTION);
        assert_int_equal(e.calls, 0);
    } else {
        assert_int_equal(tn_h2_cause(e.c)->scope, TN_H2_SCOPE_NONE);
    }
    assert_false(tn_h2_has_output(e.c));
    h2_end_free(&e);
    tn_buf_free(&bytes);
    tn_buf_free(&out);
    tn_buf_free(&text);
}

static void a_server_answers_by_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(to_server) / sizeof(*to_server); i++) {
        run_row(&to_server[i], true, H2_WHOLE);
        run_row(&to_server[i], true, H2_BYTES);
    }
}

static void a_client_answers_by_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(to_client) / sizeof(*to_client); i++) {
        run_row(&to_client[i], false, H2_WHOLE);
        run_row(&to_client[i], false, H2_BYTES);
    }
}

/* ---- before anything else: preface and first SETTINGS ---- */

static void a_wrong_start_is_told(void **state)
{
    (void)state;
    static const struct {
        bool server;
        const char *bytes;
    } starts[] = {
        { true, "GET / HTTP/1.1\r\nHost: x\r\n\r\n" },
        { true, "X" },
        { true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r" },
        { false, "HTTP/1.1 400 Bad Request\r\n\r\n" },
    };
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
        for (h2_cut cut = H2_WHOLE; cut <= H2_BYTES; cut++) {
            h2_end e;
            assert_true(
                h2_end_init(&e, NULL, starts[i].server ? &server_config : &client_config, NULL));
            h2_feed_cut(e.c, (const uint8_t *)starts[i].bytes, strlen(starts[i].bytes), 0, cut,
                        NULL);
            assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
            assert_true(tn_h2_has_output(e.c));
            h2_end_free(&e);
        }
}

static void the_first_frame_is_settings(void **state)
{
    (void)state;
    static const char *const scripts[] = { "preface; frame 6 0 0 0000000000000000", "preface; ack",
                                           "preface; req 1", "preface; frame 99 0 0" };
    for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
        h2_end e;
        tn_buf bytes = tn_buf_of(tern_env_default());
        assert_true(h2_end_init(&e, NULL, &server_config, NULL));
        h2_script(&bytes, scripts[i]);
        tn_h2_feed(e.c, tn_buf_data(&bytes), tn_buf_len(&bytes), 0);
        assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
        assert_int_equal(tn_h2_cause(e.c)->code, TN_H2_PROTOCOL_ERROR);
        h2_end_free(&e);
        tn_buf_free(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_answers_by_the_rfc),
        cmocka_unit_test(a_client_answers_by_the_rfc),
        cmocka_unit_test(a_wrong_start_is_told),
        cmocka_unit_test(the_first_frame_is_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
