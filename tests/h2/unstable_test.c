/* SPDX-License-Identifier: Apache-2.0 */
/* unstable_test.c: the bare connection of tern/unstable.h: two of them joined in memory. */
#include "base/env.h"
#include "support/test.h"
#include "tern/unstable.h"

typedef struct end {
    tern_h2_conn *c;
    bool server;
    tern_h2_stream *last;
    unsigned headers, ended, closed, writable;
    uint32_t code;
    size_t got;
    bool hold; /* the server answers nothing */
} end;

static const tern_h2_field answer[] = { { TERN_STR_INIT(":status"), TERN_STR_INIT("200") } };
static const tern_h2_field trailers[] = { { TERN_STR_INIT("x-sum"), TERN_STR_INIT("1") } };
static const tern_h2_field request[] = {
    { TERN_STR_INIT(":method"), TERN_STR_INIT("GET") },
    { TERN_STR_INIT(":scheme"), TERN_STR_INIT("http") },
    { TERN_STR_INIT(":authority"), TERN_STR_INIT("h") },
    { TERN_STR_INIT(":path"), TERN_STR_INIT("/") },
};

static void on_headers(void *user, tern_h2_stream *s, tern_h2_block block,
                       const tern_h2_field *fields, size_t n, bool end_stream)
{
    end *e = user;
    e->headers++;
    e->last = s;
    e->ended += end_stream;
    if (!e->server) {
        assert_true(block == TERN_H2_RESPONSE || block == TERN_H2_TRAILERS);
        return;
    }
    assert_int_equal(block, TERN_H2_REQUEST);
    assert_int_equal(n, 4);
    assert_true(tern_str_equal(fields[3].value, TERN_STR("/")));
    assert_null(tern_h2_user(s));
    tern_h2_set_user(s, e);
    if (e->hold)
        return;
    static const uint8_t body[100000];
    assert_int_equal(tern_h2_send_headers(s, answer, 1, false), TERN_OK);
    assert_int_equal(tern_h2_send_data(s, (tern_bytes){ body, sizeof(body) }, false), TERN_OK);
    assert_int_equal(tern_h2_send_trailers(s, trailers, 1), TERN_OK);
    assert_int_equal(tern_h2_send_data(s, (tern_bytes){ body, 1 }, false),
                     TERN_FAILED_PRECONDITION);
    assert_true(tern_h2_queued(s) > 0);
}

static void on_data(void *user, tern_h2_stream *s, tern_bytes bytes, bool end_stream)
{
    end *e = user;
    e->got += bytes.n;
    e->ended += end_stream;
    tern_h2_consume(s, bytes.n);
}

static void on_writable(void *user, tern_h2_stream *s)
{
    end *e = user;
    assert_true(tern_h2_queued(s) < 32 * 1024);
    e->writable++;
}

static void on_closed(void *user, tern_h2_stream *s, uint32_t code)
{
    end *e = user;
    e->closed++;
    e->code = code;
    assert_ptr_equal(tern_h2_user(s), e->server ? e : NULL);
}

static const tern_h2_events events = {
    .headers = on_headers, .data = on_data, .writable = on_writable, .closed = on_closed
};
static const tern_h2_events deaf = { .headers = on_headers };

static void start(end *client, end *server, const tern_h2_events *of_client)
{
    tern_error err;
    *client = (end){ 0 };
    *server = (end){ .server = true };
    client->c = tern_h2_conn_new(NULL, of_client, client, 1, &err);
    server->c = tern_h2_conn_new(TERN_H2_OPTS(.server = true, .max_concurrent_streams = 2), &events,
                                 server, 1, NULL);
    assert_non_null(client->c);
    assert_non_null(server->c);
    assert_int_equal(err.code, TERN_OK);
}

static bool carry(end *from, end *to)
{
    tern_bytes slices[4];
    const size_t n = tern_h2_pull(from->c, slices, 4);
    size_t went = 0;
    assert_true(n == 0 || tern_h2_has_output(from->c));
    for (size_t i = 0; i < n; i++) {
        assert_true(tern_h2_wants_input(to->c));
        tern_h2_feed(to->c, slices[i], 1);
        went += slices[i].n;
    }
    tern_h2_sent(from->c, went);
    return n > 0;
}

static void pump(end *a, end *b)
{
    for (bool moved = true; moved;) {
        moved = carry(a, b);
        moved = carry(b, a) || moved;
    }
}

static void a_request_and_its_answer(void **state)
{
    (void)state;
    end client, server;
    start(&client, &server, &events);
    assert_null(tern_h2_open(client.c, request, 4, true)); /* no SETTINGS yet */
    pump(&client, &server);
    tern_h2_stream *s = tern_h2_open(client.c, request, 4, true);
    assert_non_null(s);
    assert_int_equal(tern_h2_stream_id(s), 1);
    pump(&client, &server);
    assert_int_equal(client.got, 100000);
    assert_int_equal(client.headers, 2);
    assert_int_equal(client.ended, 1);
    assert_int_equal(client.closed, 1);
    assert_int_equal(client.code, 0);
    assert_int_equal(server.closed, 1);
    assert_int_equal(server.writable, 1);
    tern_h2_conn_free(client.c);
    tern_h2_conn_free(server.c);
}

static void who_does_not_listen_to_data_still_gets_all(void **state)
{
    (void)state;
    end client, server;
    start(&client, &server, &deaf);
    pump(&client, &server);
    assert_non_null(tern_h2_open(client.c, request, 4, true));
    pump(&client, &server);
    assert_int_equal(client.headers, 2);
    assert_int_equal(server.closed, 1);
    tern_h2_conn_free(client.c);
    tern_h2_conn_free(server.c);
}

static void streams_have_a_limit_and_may_be_reset(void **state)
{
    (void)state;
    end client, server;
    start(&client, &server, &events);
    server.hold = true;
    pump(&client, &server);
    tern_h2_stream *s = tern_h2_open(client.c, request, 4, false);
    assert_non_null(tern_h2_open(client.c, request, 4, true));
    assert_null(tern_h2_open(client.c, request, 4, true));
    pump(&client, &server);
    tern_h2_reset(s, 8);
    assert_int_equal(client.closed, 1);
    assert_int_equal(client.code, 8);
    pump(&client, &server);
    assert_int_equal(server.closed, 1);
    assert_int_equal(server.code, 8);
    assert_non_null(tern_h2_open(client.c, request, 4, true));
    /* The rest is closed when the transport goes. */
    tern_h2_lost(client.c);
    assert_int_equal(client.closed, 3);
    assert_true(client.code != 0);
    tern_h2_conn_free(client.c);
    tern_h2_conn_free(server.c);
    assert_int_equal(server.closed, 2);
}

static void time_and_drain_end_it(void **state)
{
    (void)state;
    end client, server;
    start(&client, &server, &events);
    const uint64_t due = tern_h2_next_timeout(server.c);
    assert_true(due != UINT64_MAX && !tern_h2_ended(server.c));
    pump(&client, &server);
    tern_h2_drain(server.c, 2);
    pump(&client, &server);
    assert_true(tern_h2_ended(client.c)); /* without streams it is off at once */
    tern_h2_lost(server.c);
    assert_true(tern_h2_ended(server.c));
    tern_h2_conn_free(client.c);
    tern_h2_conn_free(server.c);

    start(&client, &server, &events);
    tern_h2_tick(server.c, due);
    assert_true(tern_h2_ended(server.c));
    tern_h2_conn_free(client.c);
    tern_h2_conn_free(server.c);
    tern_h2_conn_free(NULL);
}

static void misuse_is_told(void **state)
{
    (void)state;
    static const tern_h2_events none = { 0 };
    tern_h2_field many[65];
    tern_error err;
    assert_null(tern_h2_conn_new(NULL, &none, NULL, 1, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_null(tern_h2_conn_new(&(tern_h2_opts){ 0 }, &events, NULL, 1, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);

    end client, server;
    start(&client, &server, &events);
    server.hold = true;
    pump(&client, &server);
    for (size_t i = 0; i < 65; i++)
        many[i] = i < 4 ? request[i] : trailers[0];
    assert_null(tern_h2_open(client.c, many, 65, true));
    assert_non_null(tern_h2_open(client.c, request, 4, true));
    pump(&client, &server);
    assert_int_equal(tern_h2_send_headers(server.last, many, 65, true), TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(tern_h2_send_trailers(server.last, many, 65), TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(tern_h2_send_headers(server.last, answer, 1, true), TERN_OK);
    pump(&client, &server);
    assert_int_equal(client.ended, 1);
    tern_h2_conn_free(client.c);
    tern_h2_conn_free(server.c);
}

static void no_memory_is_an_answer(void **state)
{
    (void)state;
    for (uint64_t at = 1;; at++) {
        tn_failing_env f;
        tern_error err;
        tn_failing_env_init(&f);
        f.fail_at = at;
        end e = { .server = true };
        e.c = tern_h2_conn_new(TERN_H2_OPTS(.server = true, .env = &f.env), &events, &e, 1, &err);
        assert_int_equal(err.code, e.c ? TERN_OK : TERN_RESOURCE_EXHAUSTED);
        const bool done = f.failed == 0;
        tern_h2_conn_free(e.c);
        assert_int_equal(f.live_blocks, 0);
        if (done)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_answer),
        cmocka_unit_test(who_does_not_listen_to_data_still_gets_all),
        cmocka_unit_test(streams_have_a_limit_and_may_be_reset),
        cmocka_unit_test(time_and_drain_end_it),
        cmocka_unit_test(misuse_is_told),
        cmocka_unit_test(no_memory_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
