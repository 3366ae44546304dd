/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_test.c: calls between two ends joined in memory, under virtual time: unary, streaming,
 * metadata, deadlines, cancellation at each point, draining, loss.
 */
#include "support/grpc_end.h"
#include "support/test.h"
#include <stdio.h>

typedef struct fixture {
    grpc_pair p;
    tn_failing_env f;
    wire_reader up, down; /* what went to the server, to the client */
    grpc_record *call, *served;
} fixture;

static void setup(fixture *x)
{
    memset(x, 0, sizeof(*x));
    tn_failing_env_init(&x->f);
    wire_reader_init(&x->up, tn_env_of(NULL), true);
    wire_reader_init(&x->down, tn_env_of(NULL), false);
    x->p.to_server = &x->up;
    x->p.to_client = &x->down;
    assert_true(grpc_pair_init(&x->p, &x->f));
    grpc_pump(&x->p);
    x->served = &x->p.server.records[0];
}

static void teardown(fixture *x)
{
    grpc_pair_free(&x->p);
    wire_reader_free(&x->up);
    wire_reader_free(&x->down);
    assert_int_equal(x->f.live_blocks, 0);
}

static void start(fixture *x, const tern_metadata *metadata, uint64_t budget)
{
    x->call = grpc_start(&x->p.client, metadata, budget ? x->f.clock + budget : UINT64_MAX);
    assert_int_equal(x->call->code, TERN_OK);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void unary(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, NULL, 0);
    assert_int_equal(grpc_send(x.call, 3, true), TERN_OK);
    grpc_pump(&x.p);
    assert_string_equal(x.served->log, "request message:3 half_closed");
    assert_string_equal(x.served->path, "/p.S/M");
    assert_string_equal(x.served->authority, "host");
    assert_int_equal(grpc_send(x.served, 4, false), TERN_OK);
    assert_int_equal(grpc_finish(x.served, TERN_OK, NULL), TERN_OK);
    grpc_pump(&x.p);
    assert_string_equal(x.call->log, "response message:4 status closed");
    assert_string_equal(x.served->log, "request message:3 half_closed closed");
    assert_int_equal(x.call->code, TERN_OK);
    assert_string_equal(x.call->message, "");
    assert_string_equal(wire_text(&x.down),
                        "HEADERS 1 :status=200 content-type=application/grpc\nDATA 1 9\n"
                        "HEADERS 1 grpc-status=0 ES\n");
    teardown(&x);
}

static void server_streaming(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, NULL, 0);
    assert_int_equal(grpc_send(x.call, 1, true), TERN_OK);
    grpc_pump(&x.p);
    assert_int_equal(tn_grpc_send_headers(x.served->call, NULL), TERN_OK);
    assert_int_equal(tn_grpc_send_headers(x.served->call, NULL), TERN_FAILED_PRECONDITION);
    grpc_pump(&x.p);
    assert_string_equal(x.call->log, "response");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(grpc_send(x.served, i, true), TERN_OK); /* `last` is a client's */
        grpc_pump(&x.p);
    }
    assert_int_equal(grpc_finish(x.served, TERN_DATA_LOSS, "half of it"), TERN_OK);
    grpc_pump(&x.p);
    assert_string_equal(x.call->log, "response message:0 message:1 message:2 status closed");
    assert_int_equal(x.call->code, TERN_DATA_LOSS);
    assert_int_equal(x.call->origin, TERN_ORIGIN_PEER);
    assert_string_equal(x.call->message, "half of it");
    teardown(&x);
}

static void both_ways_at_once(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, NULL, 0);
    grpc_pump(&x.p);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(grpc_send(x.call, i, false), TERN_OK);
        assert_int_equal(grpc_send(x.served, 10 * i, false), TERN_OK);
        grpc_pump(&x.p);
    }
    assert_int_equal(tn_grpc_end_send(x.call->call), TERN_OK);
    grpc_pump(&x.p);
    assert_int_equal(grpc_finish(x.served, TERN_OK, NULL), TERN_OK);
    grpc_pump(&x.p);
    assert_string_equal(x.served->log, "request message:1 message:2 message:3 half_closed closed");
    assert_string_equal(x.call->log, "response message:10 message:20 message:30 status closed");
    teardown(&x);
}

static const tern_metadata_entry entries[] = {
    { TERN_STR_INIT("k"), TERN_STR_INIT("v") },
    { TERN_STR_INIT("b-bin"), { "\0\xff,", 3 } },
    { TERN_STR_INIT("k"), TERN_STR_INIT("w, x") },
    { TERN_STR_INIT("b-bin"), TERN_STR_INIT("") },
    { TERN_STR_INIT("grpc-previous-rpc-attempts"), TERN_STR_INIT("1") },
};
static const tern_metadata some = { entries, 5 };
static const char rendered[] = "k=v|b-bin=\\00\\ff,|k=w, x|b-bin=|grpc-previous-rpc-attempts=1|";

static void rule_16_metadata_passes_both_ways(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, &some, 0);
    assert_int_equal(grpc_send(x.call, 1, true), TERN_OK);
    grpc_pump(&x.p);
    assert_has(x.served->headers, rendered);
    assert_int_equal(tn_grpc_send_headers(x.served->call, &some), TERN_OK);
    assert_int_equal(tn_grpc_finish(x.served->call, TERN_OK, TERN_STR(""), &some), TERN_OK);
    grpc_pump(&x.p);
    assert_string_equal(x.call->headers, rendered);
    assert_string_equal(x.call->trailers, rendered);
    teardown(&x);
}

static void rule_29_an_early_error_is_one_block(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, NULL, 0);
    assert_int_equal(grpc_send(x.call, 1, true), TERN_OK);
    grpc_pump(&x.p);
    x.served->call->details = (tern_bytes){ (const uint8_t *)"\1\2", 2 };
    assert_int_equal(
        tn_grpc_finish(x.served->call, TERN_NOT_FOUND, TERN_STR("gr\xc3\xbc\xc3\x9f"), &some),
        TERN_OK);
    grpc_pump(&x.p);
    assert_string_equal(x.call->log, "status closed");
    assert_int_equal(x.call->code, TERN_NOT_FOUND);
    assert_string_equal(x.call->message, "gr\xc3\xbc\xc3\x9f");
    assert_string_equal(x.call->details, "\\01\\02");
    assert_string_equal(x.call->trailers, rendered);
    const char *wire = wire_text(&x.down);
    assert_has(wire, "HEADERS 1 :status=200 content-type=application/grpc grpc-status=5 "
                     "grpc-message=gr%C3%BC%C3%9F grpc-status-details-bin=AQI k=v b-bin=AP8s");
    assert_has(wire, " ES\n");
    teardown(&x);
}

static void rule_38_an_early_finish_stops_a_streaming_client(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, NULL, 0);
    assert_int_equal(grpc_send(x.call, 200000, false), TERN_OK);
    grpc_pump(&x.p);
    assert_string_equal(x.served->log, "request message:200000");
    assert_int_equal(grpc_send(x.call, 10, false), TERN_OK);
    assert_int_equal(grpc_finish(x.served, TERN_OK, NULL), TERN_OK);
    grpc_pump(&x.p);
    assert_string_equal(x.served->log, "request message:200000 closed");
    assert_string_equal(x.call->log, "writable status closed");
    assert_int_equal(x.call->code, TERN_OK);
    teardown(&x);
}

static void deadlines_end_both_sides(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, NULL, 20000000);
    assert_int_equal(grpc_send(x.call, 1, true), TERN_OK);
    grpc_pump(&x.p);
    assert_int_equal(x.served->deadline, x.f.clock + 20000000);
    grpc_pair_tick(&x.p, &x.f, x.f.clock + 19999999);
    assert_string_equal(x.call->log, "");
    grpc_pair_tick(&x.p, &x.f, x.f.clock + 1);
    assert_string_equal(x.call->log, "status closed");
    assert_int_equal(x.call->code, TERN_DEADLINE_EXCEEDED);
    assert_int_equal(x.call->origin, TERN_ORIGIN_LOCAL);
    assert_string_equal(x.call->message,
                        "deadline exceeded: the call had 20 ms, and no response had come");
    assert_string_equal(x.served->log, "request message:1 half_closed cancelled closed");
    assert_int_equal(x.served->code, TERN_DEADLINE_EXCEEDED);
    teardown(&x);
}

static void a_deadline_in_mid_stream_says_so(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, NULL, 19999001); /* what is left of 20 ms when the call has come so far */
    grpc_pump(&x.p);
    assert_int_equal(grpc_send(x.served, 1, false), TERN_OK);
    grpc_pump(&x.p);
    /* The client alone: its reset reaches the server before that's own deadline. */
    x.f.clock += 20000000;
    tn_grpc_tick(x.p.client.c, x.f.clock);
    grpc_pump(&x.p);
    assert_string_equal(x.call->log, "response message:1 status closed");
    assert_string_equal(x.call->message, "deadline exceeded: the call had 20 ms, and its response "
                                         "was not complete");
    assert_string_equal(x.served->log, "request cancelled closed");
    assert_int_equal(x.served->code, TERN_CANCELLED);
    teardown(&x);
}

static void rule_10_the_servers_status_arrives_as_deadline_exceeded(void **state)
{
    (void)state;
    for (int sent = 0; sent < 2; sent++) {
        fixture x;
        setup(&x);
        start(&x, NULL, 20000000);
        grpc_pump(&x.p);
        if (sent)
            assert_int_equal(grpc_send(x.served, 1, false), TERN_OK);
        grpc_pump(&x.p);
        x.f.clock += 20000000;
        x.p.now = x.f.clock;
        tn_grpc_tick(x.p.server.c, x.f.clock);
        grpc_pump(&x.p);
        assert_string_equal(x.call->log,
                            sent ? "response message:1 status closed" : "status closed");
        assert_int_equal(x.call->code, TERN_DEADLINE_EXCEEDED);
        assert_int_equal(x.call->origin, TERN_ORIGIN_PEER);
        assert_string_equal(x.call->message,
                            sent
                                ? "deadline exceeded: the call had 20 ms, and its response was not "
                                  "complete"
                                : "deadline exceeded: the call had 20 ms, and the server had not "
                                  "answered it");
        teardown(&x);
    }
}

static void many_deadlines_fall_in_order(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    for (uint64_t i = 0; i < 50; i++)
        assert_int_equal(grpc_start(&x.p.client, NULL, x.f.clock + 1 + (i * 37) % 50)->code,
                         TERN_OK);
    for (uint64_t t = 1; t <= 50; t++) {
        x.f.clock++;
        assert_int_equal(tn_grpc_next_timeout(x.p.client.c), x.f.clock);
        tn_grpc_tick(x.p.client.c, x.f.clock);
        uint32_t over = 0;
        for (uint32_t i = 0; i < x.p.client.n; i++)
            over += x.p.client.records[i].call == NULL;
        assert_int_equal(over, t);
    }
    grpc_pump(&x.p);
    teardown(&x);
}

/* ---- cancellation ---- */

/* The points of a call at which something is done to it. */
static void advance(fixture *x, int point)
{
    if (point >= 1)
        grpc_pump(&x->p);
    if (point >= 2)
        assert_int_equal(grpc_send(x->call, 100000, false), TERN_OK);
    if (point >= 3)
        grpc_pump(&x->p);
    if (point >= 4)
        assert_int_equal(tn_grpc_end_send(x->call->call), TERN_OK);
    if (point >= 5)
        grpc_pump(&x->p);
    if (point >= 6)
        assert_int_equal(grpc_send(x->served, 100000, false), TERN_OK);
    if (point >= 7)
        grpc_pump(&x->p);
    if (point >= 8)
        assert_int_equal(grpc_send(x->served, 1, false), TERN_OK);
    if (point >= 9)
        assert_int_equal(grpc_finish(x->served, TERN_OK, NULL), TERN_OK);
}

enum { POINTS = 10 };

static void a_client_cancels_at_each_point(void **state)
{
    (void)state;
    for (int point = 0; point < POINTS; point++) {
        fixture x;
        setup(&x);
        start(&x, NULL, 0);
        advance(&x, point);
        tn_grpc_cancel(x.call->call, TERN_CANCELLED, "no longer wanted");
        assert_int_equal(x.call->code, TERN_CANCELLED);
        assert_string_equal(x.call->message, "no longer wanted");
        assert_null(x.call->call);
        grpc_pump(&x.p);
        assert_has(x.served->log, "closed");
        assert_int_equal(strstr(x.served->log, "cancelled") != NULL, point < 9);
        teardown(&x);
    }
}

static void a_server_cancels_at_each_point(void **state)
{
    (void)state;
    for (int point = 1; point < POINTS; point++) {
        fixture x;
        setup(&x);
        start(&x, NULL, 0);
        advance(&x, point);
        /* A call that is finished is no longer the server's to cancel. */
        tn_grpc_cancel(x.served->call, TERN_INTERNAL, NULL);
        grpc_pump(&x.p);
        assert_has(x.call->log, "status closed");
        assert_int_equal(x.call->code, point < 9 ? TERN_INTERNAL : TERN_OK);
        assert_null(strstr(x.served->log, "cancelled"));
        assert_null(x.served->call);
        teardown(&x);
    }
}

static void the_connection_is_lost_at_each_point(void **state)
{
    (void)state;
    for (int point = 0; point < POINTS; point++) {
        fixture x;
        setup(&x);
        start(&x, NULL, 0);
        advance(&x, point);
        grpc_end_lost(&x.p.client, "cut");
        grpc_end_lost(&x.p.server, NULL);
        assert_int_equal(x.call->code, TERN_UNAVAILABLE);
        assert_int_equal(x.call->may_retry, point == 0);
        if (point > 0)
            assert_int_equal(strstr(x.served->log, "cancelled") != NULL, point < 9);
        teardown(&x);
    }
}

static void the_deadline_falls_at_each_point(void **state)
{
    (void)state;
    for (int point = 0; point < POINTS; point++) {
        fixture x;
        setup(&x);
        start(&x, NULL, 1000000);
        advance(&x, point);
        grpc_pair_tick(&x.p, &x.f, x.f.clock + 1000000);
        assert_int_equal(x.call->code, TERN_DEADLINE_EXCEEDED);
        assert_null(x.call->call);
        if (x.p.server.n)
            assert_null(x.served->call);
        teardown(&x);
    }
}

/* ---- acting inside events ---- */

static void act_cancel(grpc_record *r, const char *event)
{
    if (strcmp(event, r->end->user) != 0)
        return;
    tn_grpc_cancel(r->call, TERN_ABORTED, "from within");
    /* The call's memory is there until the event's function returns. */
    assert_non_null(r->call);
    assert_int_equal(grpc_send(r, 1, false), TERN_CANCELLED);
}

static void a_client_cancels_inside_its_events(void **state)
{
    (void)state;
    static char *const points[] = { "response", "message:5" };
    for (size_t i = 0; i < 2; i++) {
        fixture x;
        setup(&x);
        x.p.client.act = act_cancel;
        x.p.client.user = points[i];
        start(&x, NULL, 0);
        assert_int_equal(grpc_send(x.call, 1, true), TERN_OK);
        grpc_pump(&x.p);
        for (int k = 0; k < 3; k++)
            assert_int_equal(grpc_send(x.served, 5, false), TERN_OK);
        assert_int_equal(grpc_finish(x.served, TERN_OK, NULL), TERN_OK);
        grpc_pump(&x.p);
        assert_int_equal(x.call->code, TERN_ABORTED);
        assert_string_equal(x.call->log,
                            i == 0 ? "response status closed" : "response message:5 status closed");
        teardown(&x);
    }
}

static void act_finish(grpc_record *r, const char *event)
{
    if (strcmp(event, r->end->user) != 0)
        return;
    assert_int_equal(grpc_send(r, 2, false), TERN_OK);
    assert_int_equal(grpc_finish(r, TERN_OK, NULL), TERN_OK);
    assert_non_null(r->call);
    assert_int_equal(grpc_finish(r, TERN_OK, NULL), TERN_CANCELLED);
}

static void a_server_finishes_inside_its_events(void **state)
{
    (void)state;
    static char *const points[] = { "request", "message:1", "half_closed" };
    for (size_t i = 0; i < 3; i++) {
        fixture x;
        setup(&x);
        x.p.server.act = act_finish;
        x.p.server.user = points[i];
        start(&x, NULL, 0);
        assert_int_equal(grpc_send(x.call, 1, true), TERN_OK);
        grpc_pump(&x.p);
        assert_string_equal(x.call->log, "response message:2 status closed");
        assert_int_equal(x.call->code, TERN_OK);
        assert_null(x.served->call);
        /* The end of the request came with the message, so there is nothing to stop but once. */
        assert_int_equal(strstr(wire_text(&x.down), "RST") != NULL, i == 0);
        teardown(&x);
    }
}

/* ---- connections ---- */

static void streams_are_limited_and_come_free(void **state)
{
    (void)state;
    fixture x;
    memset(&x, 0, sizeof(x));
    tn_failing_env_init(&x.f);
    x.p.server.config.h2.max_concurrent_streams = 2;
    assert_true(grpc_pair_init(&x.p, &x.f));
    grpc_pump(&x.p);
    grpc_record *a = grpc_start(&x.p.client, NULL, UINT64_MAX);
    grpc_record *b = grpc_start(&x.p.client, NULL, UINT64_MAX);
    grpc_record *c = grpc_start(&x.p.client, NULL, UINT64_MAX);
    assert_int_equal(a->code, TERN_OK);
    assert_int_equal(b->code, TERN_OK);
    assert_int_equal(c->code, TERN_AGAIN);
    const uint32_t ready = x.p.client.ready;
    tn_grpc_cancel(a->call, TERN_CANCELLED, NULL);
    assert_true(x.p.client.ready > ready);
    assert_true(tn_grpc_can_start(x.p.client.c));
    grpc_pump(&x.p);
    grpc_pair_free(&x.p);
    assert_int_equal(x.f.live_blocks, 0);
}

static void a_drain_lets_calls_end(void **state)
{
    (void)state;
    fixture x;
    setup(&x);
    start(&x, NULL, 0);
    grpc_pump(&x.p);
    tn_grpc_drain(x.p.server.c, x.f.clock);
    grpc_pump(&x.p);
    assert_false(tn_grpc_can_start(x.p.client.c));
    assert_int_equal(grpc_start(&x.p.client, NULL, UINT64_MAX)->code, TERN_UNAVAILABLE);
    assert_int_equal(grpc_finish(x.served, TERN_OK, NULL), TERN_OK);
    grpc_pump(&x.p);
    assert_int_equal(x.call->code, TERN_OK);
    assert_int_equal(tn_h2_status(tn_grpc_h2(x.p.server.c)), TN_H2_ENDED);
    teardown(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary),
        cmocka_unit_test(server_streaming),
        cmocka_unit_test(both_ways_at_once),
        cmocka_unit_test(rule_16_metadata_passes_both_ways),
        cmocka_unit_test(rule_29_an_early_error_is_one_block),
        cmocka_unit_test(rule_38_an_early_finish_stops_a_streaming_client),
        cmocka_unit_test(deadlines_end_both_sides),
        cmocka_unit_test(a_deadline_in_mid_stream_says_so),
        cmocka_unit_test(rule_10_the_servers_status_arrives_as_deadline_exceeded),
        cmocka_unit_test(many_deadlines_fall_in_order),
        cmocka_unit_test(a_client_cancels_at_each_point),
        cmocka_unit_test(a_server_cancels_at_each_point),
        cmocka_unit_test(the_connection_is_lost_at_each_point),
        cmocka_unit_test(the_deadline_falls_at_each_point),
        cmocka_unit_test(a_client_cancels_inside_its_events),
        cmocka_unit_test(a_server_finishes_inside_its_events),
        cmocka_unit_test(streams_are_limited_and_come_free),
        cmocka_unit_test(a_drain_lets_calls_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
