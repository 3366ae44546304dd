/* SPDX-License-Identifier: Apache-2.0 */
/* conn_load_test.c: much of everything: bytes, streams, header names, and calls from within events. */
#include "support/h2_end.h"
#include "support/test.h"

#include <stdio.h>

static const tn_h2_config client_config = { .server = false };
static const tn_h2_config server_config = { .server = true, .max_concurrent_streams = 1000 };

typedef struct pair {
    tn_failing_env f; /* of both */
    h2_end client, server;
} pair;

static void join(pair *p, const h2_acts *client, const h2_acts *server)
{
    tn_failing_env_init(&p->f);
    assert_true(h2_end_init(&p->client, &p->f.env, &client_config, client));
    assert_true(h2_end_init(&p->server, &p->f.env, &server_config, server));
    p->client.quiet = p->server.quiet = true;
    h2_pump(&p->client, &p->server, TERN_TEST_START, H2_WHOLE, NULL);
}

static void part(pair *p)
{
    h2_end_free(&p->client);
    h2_end_free(&p->server);
    assert_int_equal(p->f.live_blocks, 0);
}

/* ---- a message that is larger than any window ---- */

enum { HUGE_OCTETS = 20 << 20 };

static size_t huge_left;

static void send_more(h2_call *call)
{
    while (huge_left && tn_h2_queued(&call->s) < 64 * 1024) {
        const size_t n = huge_left < 50000 ? huge_left : 50000;
        tn_chunk *chunk = tn_chunk_new(call->end->env, 0, n);
        assert_non_null(chunk);
        memset(tn_chunk_bytes(chunk), 0x5a, n);
        chunk->n = n;
        huge_left -= n;
        assert_int_equal(tn_h2_send_data(call->end->c, &call->s, chunk, huge_left == 0), TERN_OK);
    }
}

static size_t huge_got;

static void count_data(h2_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    (void)p;
    (void)end_stream;
    huge_got += n;
    tn_h2_consume(call->end->c, &call->s, n);
}

static void a_huge_message_takes_bounded_memory(void **state)
{
    (void)state;
    static const h2_acts sender = { .writable = send_more }, sink = { .data = count_data };
    pair p;
    join(&p, &sender, &sink);
    h2_call *call = h2_call_open(&p.client, false);
    huge_left = HUGE_OCTETS;
    huge_got = 0;
    send_more(call);
    h2_pump(&p.client, &p.server, TERN_TEST_START, H2_WHOLE, NULL);
    assert_int_equal(huge_got, HUGE_OCTETS);
    assert_true(p.f.peak_bytes < 512 * 1024);
    part(&p);
}

/* ---- many streams ---- */

static void a_thousand_streams_at_once(void **state)
{
    (void)state;
    static uint8_t data[3000];
    pair p;
    tn_seed seed = { 11 };
    join(&p, &h2_reader, &h2_echo);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            h2_call *call = h2_call_open(&p.client, false);
            assert_non_null(call);
            const uint32_t n = tn_seed_below(&seed, sizeof(data));
            assert_int_equal(tn_h2_send_bytes(p.client.c, &call->s, data, n, true), TERN_OK);
        }
        assert_null(h2_call_open(&p.client, true));
        h2_pump(&p.client, &p.server, TERN_TEST_START, H2_RANDOM, &seed);
        assert_int_equal(p.client.calls + p.server.calls, 0);
    }
    assert_int_equal(p.client.closed, 3000);
    part(&p);
}

/* ---- a transport that takes one octet at a time ---- */

static bool carry_one(h2_end *from, h2_end *to)
{
    tern_bytes slice;
    if (tn_h2_pull(from->c, &slice, 1) == 0)
        return false;
    tn_h2_feed(to->c, slice.p, 1, TERN_TEST_START);
    tn_h2_sent(from->c, 1);
    return true;
}

static void carry_all(pair *p)
{
    for (bool more = true; more;) {
        more = carry_one(&p->client, &p->server);
        if (carry_one(&p->server, &p->client))
            more = true;
    }
}

static void one_octet_at_a_time(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, &h2_echo);
    static uint8_t data[9000];
    tn_seed seed = { 12 };
    tn_seed_fill(&seed, data, sizeof(data));
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof(data); i++)
        sum = sum * 31 + data[i];
    h2_call *calls[3];
    for (int i = 0; i < 3; i++) {
        calls[i] = h2_call_open(&p.client, false);
        tn_chunk *chunk = tn_chunk_new(&p.f.env, 0, sizeof(data));
        memcpy(tn_chunk_bytes(chunk), data, sizeof(data));
        chunk->n = sizeof(data);
        assert_int_equal(tn_h2_send_data(p.client.c, &calls[i]->s, chunk, false), TERN_OK);
    }
    carry_all(&p);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(calls[i]->got, sizeof(data));
        assert_int_equal(calls[i]->sum, sum);
        assert_int_equal(tn_h2_send_bytes(p.client.c, &calls[i]->s, NULL, 0, true), TERN_OK);
    }
    carry_all(&p);
    assert_int_equal(p.client.closed, 3);
    part(&p);
}

/* ---- a long life ---- */

/* Names and values that never come again push each other through both tables. */
static void call_with_new_names(pair *p, int i)
{
    char name[32], value[64];
    tn_h2_field fields[8];
    size_t n = h2_request_fields(fields);
    snprintf(name, sizeof(name), "x-%d", i);
    snprintf(value, sizeof(value), "%*d", i % 60, i);
    fields[n++] = (tn_h2_field){ .name = tern_str_of(name), .value = tern_str_of(value) };
    fields[n++] = (tn_h2_field){ .name = TERN_STR("x-always"), .value = tern_str_of(value) };
    assert_non_null(h2_call_open_fields(&p->client, fields, n, true));
    h2_pump(&p->client, &p->server, TERN_TEST_START, H2_WHOLE, NULL);
}

static void a_long_life_takes_no_more_memory(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, &h2_echo);
    for (int i = 0; i < 1000; i++)
        call_with_new_names(&p, i);
    const size_t live = p.f.live_bytes;
    for (int i = 1000; i < 5000; i++)
        call_with_new_names(&p, i);
    assert_int_equal(p.client.closed, 5000);
    assert_true(p.f.live_bytes <= live);
    part(&p);
}

/* After a first round, a unary exchange asks neither end for memory. */
static void a_unary_exchange_allocates_nothing(void **state)
{
    (void)state;
    pair p;
    join(&p, &h2_reader, &h2_echo);
    uint64_t first = 0;
    enum { ROUNDS = 6, CALLS = 50 };
    for (int round = 0; round < ROUNDS; round++) {
        if (round == 2)
            first = p.f.count;
        for (int i = 0; i < CALLS; i++) {
            h2_call *call = h2_call_open(&p.client, false);
            const uint8_t hello[] = "hello";
            tn_h2_send_bytes(p.client.c, &call->s, hello, sizeof(hello), true);
        }
        h2_pump(&p.client, &p.server, TERN_TEST_START, H2_WHOLE, NULL);
    }
    assert_int_equal(p.client.closed, ROUNDS * CALLS);
    /* The two calls of an exchange are the test's. */
    assert_int_equal(p.f.count - first, (ROUNDS - 2) * CALLS * 2);
    part(&p);
}

/* ---- from within events ---- */

enum { MOST = 64 };

/* The calls of an end that are alive. */
typedef struct crowd {
    h2_call *calls[MOST];
    size_t n;
    tn_seed seed;
    int depth;
    bool client;
} crowd;

static void crowd_add(crowd *k, h2_call *call)
{
    assert_true(k->n < MOST);
    k->calls[k->n++] = call;
}

static void crowd_remove(crowd *k, const h2_call *call)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->calls[i] == call)
            k->calls[i] = k->calls[--k->n];
}

static void send_something(h2_end *end, h2_call *call, uint32_t what)
{
    static const uint8_t data[70000];
    crowd *k = end->user;
    tn_h2_field f[8];
    switch (what) {
    case 0: tn_h2_send_bytes(end->c, &call->s, data, tn_seed_below(&k->seed, 200), false); break;
    case 1: tn_h2_send_bytes(end->c, &call->s, data, sizeof(data), false); break;
    case 2: tn_h2_send_bytes(end->c, &call->s, NULL, 0, true); break;
    case 3: tn_h2_send_trailers(end->c, &call->s, f, h2_trailer_fields(f)); break;
    default:
        if (!k->client)
            tn_h2_send_headers(end->c, &call->s, f, h2_response_fields(f), what == 4);
    }
}

/* Something that the layer above might do, to any call. */
static void do_anything(h2_end *end)
{
    crowd *k = end->user;
    if (k->depth > 3)
        return;
    k->depth++;
    h2_call *call = k->n ? k->calls[tn_seed_below(&k->seed, (uint32_t)k->n)] : NULL;
    const uint32_t what = tn_seed_below(&k->seed, 12);
    if (what < 7 && call)
        send_something(end, call, what);
    else if (what == 7 && call)
        tn_h2_reset(end->c, &call->s, TN_H2_CANCEL);
    else if (what == 8)
        tn_h2_ping(end->c, 1);
    else if (what == 9 && k->client && k->n < MOST / 2 && (call = h2_call_open(end, false)))
        crowd_add(k, call);
    else if (what == 10 && tn_seed_below(&k->seed, 100) == 0)
        tn_h2_drain(end->c, TERN_TEST_START);
    else if (what == 11 && tn_seed_below(&k->seed, 300) == 0)
        tn_h2_abort(end->c, TN_H2_NO_ERROR, "enough");
    k->depth--;
}

static void any_open(h2_end *end)
{
    do_anything(end);
}

static void any_headers(h2_call *call, tn_h2_block block, const tn_h2_fields *fields,
                        bool end_stream)
{
    (void)fields;
    (void)end_stream;
    h2_end *end = call->end;
    if (block == TN_H2_BLOCK_REQUEST)
        crowd_add(end->user, call);
    do_anything(end);
    do_anything(end);
}

static void any_data(h2_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    (void)p;
    (void)end_stream;
    h2_end *end = call->end;
    tn_h2_consume(end->c, &call->s, n);
    do_anything(end);
}

static void any_writable(h2_call *call)
{
    do_anything(call->end);
}

static void any_closed(h2_call *call)
{
    h2_end *end = call->end;
    crowd_remove(end->user, call);
    do_anything(end);
}

static void any_goaway(h2_end *end, uint32_t code)
{
    (void)code;
    do_anything(end);
}

/* Every call to the connection, from within every event, at random: each stream still ends once, and
 * nothing is touched after its end (the fixture asserts and overwrites). */
static void anything_may_be_done_inside_events(void **state)
{
    (void)state;
    static const h2_acts acts = { .open = any_open,
                                  .headers = any_headers,
                                  .data = any_data,
                                  .writable = any_writable,
                                  .closed = any_closed,
                                  .goaway = any_goaway };
    for (uint32_t round = 1; round <= 150; round++) {
        pair p;
        join(&p, &acts, &acts);
        crowd client = { .seed = { round }, .client = true }, server = { .seed = { round + 1000 } };
        p.client.user = &client;
        p.server.user = &server;
        tn_seed seed = { round };
        for (int i = 0; i < 30; i++) {
            h2_call *call = client.n < MOST / 2 ? h2_call_open(&p.client, false) : NULL;
            if (call)
                crowd_add(&client, call);
            if (round % 2) /* and now and then there is no memory */
                p.f.fail_at = p.f.count + 1 + tn_seed_below(&seed, 300);
            do_anything(&p.client);
            do_anything(&p.server);
            h2_pump(&p.client, &p.server, TERN_TEST_START, i % 2 ? H2_RANDOM : H2_WHOLE, &seed);
        }
        part(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_huge_message_takes_bounded_memory),
        cmocka_unit_test(a_thousand_streams_at_once),
        cmocka_unit_test(one_octet_at_a_time),
        cmocka_unit_test(a_long_life_takes_no_more_memory),
        cmocka_unit_test(a_unary_exchange_allocates_nothing),
        cmocka_unit_test(anything_may_be_done_inside_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
