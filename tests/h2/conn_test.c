/* SPDX-License-Identifier: Apache-2.0 */
/* conn_test.c: a client and a server joined in memory do what HTTP/2 is for. */
#include "support/h2_end.h"
#include "support/test.h"

static const tn_h2_config server_config = { .server = true };
static const tn_h2_config client_config = { .server = false };

typedef struct pair {
    h2_end client, server;
} pair;

static void join(pair *p, const h2_acts *client, const h2_acts *server)
{
    assert_true(h2_end_init(&p->client, NULL, &client_config, client));
    assert_true(h2_end_init(&p->server, NULL, &server_config, server));
    h2_pump(&p->client, &p->server, TERN_TEST_START, H2_WHOLE, NULL);
    h2_end_log_clear(&p->client);
    h2_end_log_clear(&p->server);
}

static void pump(pair *p)
{
    h2_pump(&p->client, &p->server, TERN_TEST_START, H2_WHOLE, NULL);
}

static void part(pair *p)
{
    h2_end_free(&p->client);
    h2_end_free(&p->server);
}

static const uint8_t *bytes(const char *s)
{
    return (const uint8_t *)s;
}

/* What the server has to send, as text. */
static const char *server_output(pair *p, tn_buf *text)
{
    tn_buf out = tn_buf_of(tern_env_default());
    h2_drain_output(p->server.c, &out, SIZE_MAX);
    tn_buf_reset(text, SIZE_MAX);
    h2_describe(text, tn_buf_data(&out), tn_buf_len(&out));
    tn_buf_free(&out);
    return (const char *)tn_buf_data(text);
}

static void carry_to_server(pair *p)
{
    tn_buf out = tn_buf_of(tern_env_default());
    h2_drain_output(p->client.c, &out, SIZE_MAX);
    tn_h2_feed(p->server.c, tn_buf_data(&out), tn_buf_len(&out), TERN_TEST_START);
    tn_buf_free(&out);
}

static void unary_echo(void **state)
{
    (void)state;
    pair p;
    assert_true(h2_end_init(&p.client, NULL, &client_config, &h2_reader));
    assert_true(h2_end_init(&p.server, NULL, &server_config, &h2_echo));
    assert_false(tn_h2_can_open(p.client.c));
    assert_null(h2_call_open(&p.client, false));
    pump(&p);
    assert_true(tn_h2_can_open(p.client.c));

    h2_call *call = h2_call_open(&p.client, false);
    assert_int_equal(tn_h2_send_bytes(p.client.c, &call->s, bytes("hello"), 5, true), TERN_OK);
    pump(&p);
    assert_string_equal(h2_end_log(&p.server),
                        "settings\n"
                        "headers 1 request :method=POST :scheme=http :path=/a.B/C :authority=h "
                        "te=trailers content-type=application/grpc\n"
                        "data 1 n=5 sum=99162322 end\n"
                        "closed 1 done NO_ERROR\n");
    assert_string_equal(h2_end_log(&p.client),
                        "settings\n"
                        "headers 1 response :status=200 content-type=application/grpc\n"
                        "data 1 n=5 sum=99162322\n"
                        "headers 1 trailers end grpc-status=0\n"
                        "closed 1 done NO_ERROR\n");
    assert_int_equal(tn_h2_streams(p.client.c), 0);
    assert_int_equal(tn_h2_streams(p.server.c), 0);
    part(&p);
}

static void a_small_answer_is_one_slice(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, &h2_echo);
    for (int i = 0; i < 10; i++) {
        h2_call *call = h2_call_open(&p.client, false);
        assert_int_equal(tn_h2_send_bytes(p.client.c, &call->s, bytes("x"), 1, true), TERN_OK);
    }
    carry_to_server(&p);
    tern_bytes slices[8];
    assert_int_equal(tn_h2_pull(p.server.c, slices, 8), 1);
    assert_int_equal(tn_h2_pull(p.server.c, slices, 8), 1); /* the same again */
    tn_h2_feed(p.client.c, slices[0].p, slices[0].n, TERN_TEST_START);
    tn_h2_sent(p.server.c, slices[0].n);
    assert_false(tn_h2_has_output(p.server.c));
    assert_int_equal(p.client.closed, 10);
    part(&p);
}

static void a_large_chunk_is_not_copied(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, NULL);
    h2_call *call = h2_call_open(&p.client, false);
    tn_chunk *chunk = tn_chunk_new(tern_env_default(), 9, 40000);
    chunk->n = 40000;
    memset(tn_chunk_bytes(chunk), 7, 40000);
    const uint8_t *at = tn_chunk_bytes(chunk);
    assert_int_equal(tn_h2_send_data(p.client.c, &call->s, chunk, true), TERN_OK);
    tern_bytes slices[8];
    assert_int_equal(tn_h2_pull(p.client.c, slices, 8), 6);
    assert_ptr_equal(slices[1].p, at);
    assert_int_equal(slices[1].n, 16384);
    assert_ptr_equal(slices[3].p, at + 16384);
    assert_int_equal(slices[5].n, 40000 - 2 * 16384);
    pump(&p);
    assert_non_null(strstr(h2_end_log(&p.server), "data 1 n=40000 "));
    assert_non_null(strstr(h2_end_log(&p.server), " end\n"));
    part(&p);
}

/* ---- out of order ---- */

static void misuse_has_an_answer(void **state)
{
    (void)state;
    pair p;
    tn_h2_field f[8];
    join(&p, &h2_reader, &h2_echo);
    tn_h2_conn *c = p.client.c;
    h2_call *call = h2_call_open(&p.client, true);
    tn_h2_stream *s = &call->s;
    const size_t n = h2_trailer_fields(f);
    assert_int_equal(tn_h2_send_bytes(c, s, bytes("x"), 1, true), TERN_FAILED_PRECONDITION);
    assert_int_equal(tn_h2_send_data(c, s, NULL, true), TERN_FAILED_PRECONDITION);
    assert_int_equal(tn_h2_send_trailers(c, s, f, n), TERN_FAILED_PRECONDITION);
    assert_int_equal(tn_h2_send_headers(c, s, f, n, true), TERN_FAILED_PRECONDITION);
    /* A moved chunk is taken all the same. */
    tn_chunk *chunk = tn_chunk_new(tern_env_default(), 0, 10);
    chunk->n = 10;
    assert_int_equal(tn_h2_send_data(c, s, chunk, true), TERN_FAILED_PRECONDITION);
    /* A zeroed stream is in no connection. */
    tn_h2_stream idle = { 0 };
    assert_int_equal(tn_h2_send_bytes(c, &idle, bytes("x"), 1, true), TERN_FAILED_PRECONDITION);
    tn_h2_reset(c, &idle, TN_H2_CANCEL);
    tn_h2_consume(c, &idle, 10);
    /* After the end of the connection. */
    h2_call *other = h2_call_open(&p.client, false);
    (void)other;
    tn_h2_abort(c, TN_H2_NO_ERROR, "bye");
    assert_int_equal(p.client.calls, 0);
    assert_null(h2_call_open(&p.client, false));
    assert_int_equal(tn_h2_send_bytes(c, &idle, bytes("x"), 1, true), TERN_UNAVAILABLE);
    pump(&p);
    assert_non_null(strstr(h2_end_log(&p.server), "goaway NO_ERROR bye\n"));
    part(&p);
}

static void response_before_data(h2_call *call, tn_h2_block block, const tn_h2_fields *fields,
                                 bool end_stream)
{
    (void)block;
    (void)fields;
    (void)end_stream;
    tn_h2_field f[8];
    tn_h2_conn *c = call->end->c;
    const tn_h2_field early = { .name = TERN_STR(":status"), .value = TERN_STR("103") };
    assert_int_equal(tn_h2_send_bytes(c, &call->s, bytes("x"), 1, false), TERN_FAILED_PRECONDITION);
    assert_int_equal(tn_h2_send_trailers(c, &call->s, f, h2_trailer_fields(f)),
                     TERN_FAILED_PRECONDITION);
    assert_int_equal(tn_h2_send_headers(c, &call->s, &early, 1, true), TERN_FAILED_PRECONDITION);
    assert_int_equal(tn_h2_send_headers(c, &call->s, &early, 1, false), TERN_OK);
    assert_int_equal(tn_h2_send_headers(c, &call->s, f, h2_response_fields(f), false), TERN_OK);
    assert_int_equal(tn_h2_send_headers(c, &call->s, f, h2_response_fields(f), false),
                     TERN_FAILED_PRECONDITION);
    assert_int_equal(tn_h2_send_bytes(c, &call->s, NULL, 0, false), TERN_OK);
    assert_int_equal(tn_h2_send_bytes(c, &call->s, bytes("x"), 1, true), TERN_OK);
    /* The stream ended, and is still there. */
    assert_int_equal(tn_h2_send_bytes(c, &call->s, bytes("x"), 1, true), TERN_CANCELLED);
}

static void headers_then_data_then_end(void **state)
{
    (void)state;
    pair p;
    static const h2_acts acts = { .headers = response_before_data };
    join(&p, &h2_reader, &acts);
    h2_call_open(&p.client, true);
    pump(&p);
    assert_string_equal(h2_end_log(&p.client),
                        "headers 1 informational :status=103\n"
                        "headers 1 response :status=200 content-type=application/grpc\n"
                        "data 1 n=1 sum=120 end\n"
                        "closed 1 done NO_ERROR\n");
    part(&p);
}

/* ---- resets ---- */

static void reset_by_either_side(void **state)
{
    (void)state;
    pair p;
    tn_buf text = tn_buf_of(tern_env_default());
    join(&p, &h2_reader, &h2_echo);
    h2_call *a = h2_call_open(&p.client, false);
    h2_call *b = h2_call_open(&p.client, false);
    pump(&p);
    h2_end_log_clear(&p.client);
    h2_end_log_clear(&p.server);
    assert_int_equal(tn_h2_send_bytes(p.client.c, &b->s, bytes("abc"), 3, false), TERN_OK);
    tn_h2_reset(p.client.c, &a->s, TN_H2_CANCEL);
    assert_string_equal(h2_end_log(&p.client), "closed 1 reset-local CANCEL\n");
    carry_to_server(&p);
    assert_string_equal(h2_end_log(&p.server),
                        "data 3 n=3 sum=96354\nclosed 1 reset-peer CANCEL\n");
    /* Nothing is said about a stream that is gone. */
    assert_string_equal(server_output(&p, &text), "DATA 3 3\n");
    tn_buf_free(&text);
    part(&p);
}

static void reset_in_data(h2_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    (void)p;
    (void)n;
    (void)end_stream;
    tn_h2_reset(call->end->c, &call->s, TN_H2_CANCEL);
}

static void reset_in_headers(h2_call *call, tn_h2_block block, const tn_h2_fields *fields,
                             bool end_stream)
{
    (void)block;
    (void)fields;
    (void)end_stream;
    tn_h2_reset(call->end->c, &call->s, TN_H2_REFUSED_STREAM);
}

static void abort_in_data(h2_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    (void)p;
    (void)n;
    (void)end_stream;
    tn_h2_abort(call->end->c, TN_H2_INTERNAL_ERROR, "test");
}

/* A stream may be closed inside its own event; what else comes for it is read past. */
static void closed_inside_its_event(void **state)
{
    (void)state;
    static const h2_acts acts[] = { { .data = reset_in_data },
                                    { .headers = reset_in_headers },
                                    { .data = abort_in_data } };
    static const char *const want[] = { "closed 1 reset-peer CANCEL\n",
                                        "closed 1 unprocessed REFUSED_STREAM\n",
                                        "closed 1 lost NO_ERROR\n" };
    for (size_t i = 0; i < 3; i++)
        for (int cut = H2_WHOLE; cut <= H2_BYTES; cut++) {
            pair p;
            tn_seed seed = { 1 };
            join(&p, &h2_reader, &acts[i]);
            h2_call *call = h2_call_open(&p.client, false);
            tn_h2_send_bytes(p.client.c, &call->s, bytes("abcdef"), 6, false);
            tn_h2_send_bytes(p.client.c, &call->s, bytes("abcdef"), 6, true);
            h2_pump(&p.client, &p.server, TERN_TEST_START, (h2_cut)cut, &seed);
            assert_int_equal(p.server.calls, 0);
            if (i == 2) {
                assert_int_equal(tn_h2_status(p.client.c), TN_H2_DRAINING);
                tn_h2_lost(p.client.c);
            }
            assert_non_null(strstr(h2_end_log(&p.client), want[i]));
            part(&p);
        }
}

static void abort_in_open(h2_end *end)
{
    tn_h2_abort(end->c, TN_H2_NO_ERROR, "test");
}

/* The stream that was just given is closed, and nothing else is said of it. */
static void aborted_while_a_stream_opens(void **state)
{
    (void)state;
    static const h2_acts acts = { .open = abort_in_open };
    pair p;
    join(&p, &h2_reader, &acts);
    h2_call_open(&p.client, true);
    carry_to_server(&p);
    assert_string_equal(h2_end_log(&p.server), "closed 0 lost NO_ERROR\n");
    assert_int_equal(p.server.calls, 0);
    part(&p);
}

/* ---- many ---- */

static void many_streams_of_many_sizes(void **state)
{
    (void)state;
    pair p;
    static uint8_t data[150000];
    tn_seed seed = { 3 };
    join(&p, &h2_reader, &h2_echo);
    p.client.quiet = p.server.quiet = true;
    tn_seed_fill(&seed, data, sizeof(data));
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 30; i++) {
            h2_call *call = h2_call_open(&p.client, false);
            assert_non_null(call);
            const uint32_t n = tn_seed_below(&seed, tn_seed_below(&seed, 10) ? 3000 : 150000);
            assert_int_equal(tn_h2_send_bytes(p.client.c, &call->s, data, n, true), TERN_OK);
        }
        h2_pump(&p.client, &p.server, TERN_TEST_START, round % 2 ? H2_RANDOM : H2_WHOLE, &seed);
        assert_int_equal(p.client.calls, 0);
        assert_int_equal(p.server.calls, 0);
    }
    assert_int_equal(p.client.closed, 600);
    part(&p);
}

static void a_header_block_in_many_frames(void **state)
{
    (void)state;
    pair p;
    const tn_h2_config big = { .server = true, .max_header_list_bytes = 60000 };
    static char value[40000];
    assert_true(h2_end_init(&p.client, NULL, &client_config, &h2_reader));
    assert_true(h2_end_init(&p.server, NULL, &big, &h2_echo));
    pump(&p);
    memset(value, '\\', sizeof(value)); /* a character that Huffman makes no shorter */
    for (int round = 0; round < 2; round++) {
        tn_h2_field fields[8];
        size_t n = h2_request_fields(fields);
        fields[n++] =
            (tn_h2_field){ .name = TERN_STR("x-long"), .value = { value, sizeof(value) } };
        assert_non_null(h2_call_open_fields(&p.client, fields, n, true));
        tn_seed seed = { 5 };
        h2_pump(&p.client, &p.server, TERN_TEST_START, round ? H2_RANDOM : H2_WHOLE, &seed);
        assert_int_equal(p.client.closed, round + 1);
    }
    assert_null(strstr(h2_end_log(&p.server), "too-large"));
    assert_non_null(strstr(h2_end_log(&p.server), "x-long=\\\\\\"));
    part(&p);
}

/* Feeds a script to a server and tells what it answers. */
static const char *answer(h2_end *e, const char *script, tn_buf *text)
{
    tn_buf bytes_of = tn_buf_of(tern_env_default());
    h2_script(&bytes_of, script);
    tn_h2_feed(e->c, tn_buf_data(&bytes_of), tn_buf_len(&bytes_of), TERN_TEST_START);
    tn_buf_reset(&bytes_of, SIZE_MAX);
    h2_drain_output(e->c, &bytes_of, SIZE_MAX);
    tn_buf_reset(text, SIZE_MAX);
    h2_describe(text, tn_buf_data(&bytes_of), tn_buf_len(&bytes_of));
    tn_buf_free(&bytes_of);
    return (const char *)tn_buf_data(text);
}

/* Too many fields or too many octets: the layer above is told, and HPACK stays in step. */
static void a_header_list_that_is_too_large(void **state)
{
    (void)state;
    const tn_h2_config tight = { .server = true,
                                 .max_header_list_bytes = 300,
                                 .max_header_fields = 7 };
    h2_end e;
    tn_buf text = tn_buf_of(tern_env_default());
    assert_true(h2_end_init(&e, NULL, &tight, &h2_echo));
    answer(&e, "preface; settings; ack", &text);
    assert_string_equal(answer(&e, "req 1 end", &text), "HEADERS 1\nHEADERS 1 es\n");
    h2_end_log_clear(&e);
    /* "a: b" goes into the table and comes back by index. */
    assert_string_equal(answer(&e, "frame 1 5 3 828684 40016101 62 bebebebebebebe", &text),
                        "HEADERS 3\nHEADERS 3 es\n");
    assert_string_equal(answer(&e, "frame 1 5 5 828684 be", &text), "HEADERS 5\nHEADERS 5 es\n");
    assert_string_equal(h2_end_log(&e),
                        "headers 3 request end too-large\n"
                        "closed 3 done NO_ERROR\n"
                        "headers 5 request end :method=GET :scheme=http :path=/ a=b\n"
                        "closed 5 done NO_ERROR\n");
    /* Four times as much is an attack. */
    char script[4000] = "frame 1 5 7 828684";
    for (int i = 0; i < 60; i++)
        strcat(script, "be");
    assert_string_equal(answer(&e, script, &text), "GOAWAY 5 ENHANCE_YOUR_CALM header list\n");
    h2_end_free(&e);
    tn_buf_free(&text);
}

static void refuse_it(h2_call *call, tn_h2_block block, const tn_h2_fields *fields, bool end_stream)
{
    (void)block;
    (void)fields;
    (void)end_stream;
    tn_h2_field f[8];
    assert_int_equal(tn_h2_send_headers(call->end->c, &call->s, f, h2_response_fields(f), true),
                     TERN_OK);
    tn_h2_reset(call->end->c, &call->s, TN_H2_NO_ERROR);
}

/* A whole answer in one HEADERS frame, before the client has ended: then RST_STREAM(NO_ERROR). */
static void an_early_answer_is_kept(void **state)
{
    (void)state;
    pair p;
    static const h2_acts acts = { .headers = refuse_it };
    join(&p, &h2_reader, &acts);
    h2_call *call = h2_call_open(&p.client, false);
    tn_h2_send_bytes(p.client.c, &call->s, bytes("x"), 1, false);
    pump(&p);
    assert_string_equal(h2_end_log(&p.client),
                        "headers 1 response end :status=200 content-type=application/grpc\n"
                        "closed 1 reset-peer NO_ERROR\n");
    assert_int_equal(tn_h2_status(p.server.c), TN_H2_OPEN);
    part(&p);
}

static void no_memory_for_a_call_refuses_it(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, &h2_echo);
    p.server.refuse = true;
    h2_call_open(&p.client, false);
    pump(&p);
    assert_string_equal(h2_end_log(&p.client), "closed 1 unprocessed REFUSED_STREAM\n");
    p.server.refuse = false;
    h2_call_open(&p.client, true);
    pump(&p);
    assert_non_null(strstr(h2_end_log(&p.client), "closed 3 done"));
    part(&p);
}

static void pings_are_answered(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, &h2_echo);
    tn_h2_ping(p.client.c, UINT64_C(0x0123456789abcdef));
    tn_h2_ping(p.server.c, 7);
    pump(&p);
    assert_true(p.client.ping_opaque == UINT64_C(0x0123456789abcdef));
    assert_true(p.server.ping_opaque == 7);
    part(&p);
}

/* ---- slots ---- */

static void a_slot_is_held_until_given_back(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, &h2_echo);
    p.server.keep_slots = true;
    for (int i = 0; i < 100; i++)
        assert_non_null(h2_call_open(&p.client, true));
    assert_false(tn_h2_can_open(p.client.c));
    pump(&p);
    assert_int_equal(p.client.closed, 100);
    assert_int_equal(tn_h2_streams(p.server.c), 100);
    h2_end_log_clear(&p.client);
    h2_call_open(&p.client, true);
    pump(&p);
    assert_string_equal(h2_end_log(&p.client), "closed 201 unprocessed REFUSED_STREAM\n");
    tn_h2_slot_free(p.server.c);
    h2_call_open(&p.client, true);
    pump(&p);
    assert_non_null(strstr(h2_end_log(&p.client), "closed 203 done NO_ERROR\n"));
    part(&p);
}

static void lost_before_it_was_sent(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, &h2_echo);
    h2_call_open(&p.client, true);
    carry_to_server(&p);
    h2_call_open(&p.client, true);
    tn_h2_lost(p.client.c);
    assert_string_equal(h2_end_log(&p.client), "closed 3 unprocessed NO_ERROR\n"
                                               "closed 1 lost NO_ERROR\n");
    assert_false(tn_h2_has_output(p.client.c));
    assert_int_equal(tn_h2_status(p.client.c), TN_H2_ENDED);
    tn_h2_lost(p.client.c);
    part(&p);
}

static void buffers_go_back_when_idle(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    h2_end client, server;
    static uint8_t data[60000];
    assert_true(h2_end_init(&client, NULL, &client_config, &h2_reader));
    assert_true(h2_end_init(&server, &f.env, &server_config, &h2_echo));
    const size_t fresh = f.live_bytes;
    h2_pump(&client, &server, TERN_TEST_START, H2_WHOLE, NULL);
    for (int i = 0; i < 50; i++) {
        h2_call *call = h2_call_open(&client, false);
        assert_int_equal(tn_h2_send_bytes(client.c, &call->s, data, sizeof(data), true), TERN_OK);
    }
    h2_pump(&client, &server, TERN_TEST_START, H2_WHOLE, NULL);
    assert_int_equal(server.closed, 50);
    uint64_t now = TERN_TEST_START;
    for (int i = 0; i < 4 && tn_h2_next_timeout(server.c) != UINT64_MAX; i++) {
        now = tn_h2_next_timeout(server.c);
        tn_h2_tick(server.c, now);
    }
    assert_true(tn_h2_next_timeout(server.c) == UINT64_MAX);
    print_message("connection: %zu octets new, %zu after use and rest, %zu at most\n", fresh,
                  f.live_bytes, f.peak_bytes);
    assert_true(f.live_bytes < fresh + 6000); /* the HPACK tables stay */
    h2_end_free(&client);
    h2_end_free(&server);
    assert_int_equal(f.live_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_echo),
        cmocka_unit_test(a_small_answer_is_one_slice),
        cmocka_unit_test(a_large_chunk_is_not_copied),
        cmocka_unit_test(misuse_has_an_answer),
        cmocka_unit_test(headers_then_data_then_end),
        cmocka_unit_test(reset_by_either_side),
        cmocka_unit_test(closed_inside_its_event),
        cmocka_unit_test(aborted_while_a_stream_opens),
        cmocka_unit_test(many_streams_of_many_sizes),
        cmocka_unit_test(a_header_block_in_many_frames),
        cmocka_unit_test(a_header_list_that_is_too_large),
        cmocka_unit_test(an_early_answer_is_kept),
        cmocka_unit_test(no_memory_for_a_call_refuses_it),
        cmocka_unit_test(pings_are_answered),
        cmocka_unit_test(a_slot_is_held_until_given_back),
        cmocka_unit_test(lost_before_it_was_sent),
        cmocka_unit_test(buffers_go_back_when_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
