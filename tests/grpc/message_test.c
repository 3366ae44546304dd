/* SPDX-License-Identifier: Apache-2.0 */
/* message_test.c: messages of every size over two joined ends, however cut; credit; limits. */
#include "support/grpc_end.h"
#include "support/test.h"

enum { WINDOW = 65535 };

static const size_t sizes[] = {
    0,          1,          2,          4,      5,          100,    2047,
    2048,       2049,       4096,       16379,  16384,      16385,  WINDOW - 6,
    WINDOW - 5, WINDOW - 4, WINDOW - 1, WINDOW, WINDOW + 1, 100000, 1 << 20,
};

static void setup(grpc_pair *p, tn_failing_env *f)
{
    memset(p, 0, sizeof(*p));
    tn_failing_env_init(f);
    assert_true(grpc_pair_init(p, f));
    grpc_pump(p);
    assert_true(tn_grpc_can_start(p->client.c));
}

static void teardown(grpc_pair *p, tn_failing_env *f)
{
    grpc_pair_free(p);
    assert_int_equal(f->live_blocks, 0);
}

/* A message each way. */
static void echo(grpc_pair *p, size_t n)
{
    p->client.n = p->server.n = 0;
    grpc_record *call = grpc_start(&p->client, NULL, UINT64_MAX);
    assert_int_equal(call->code, TERN_OK);
    assert_int_equal(grpc_send(call, n, true), TERN_OK);
    grpc_pump(p);
    grpc_record *served = &p->server.records[0];
    assert_int_equal(served->messages, 1);
    assert_int_equal(served->bytes, n);
    assert_int_equal(served->sum, grpc_sum(0, n));
    assert_int_equal(grpc_send(served, n, false), TERN_OK);
    assert_int_equal(grpc_finish(served, TERN_OK, NULL), TERN_OK);
    grpc_pump(p);
    assert_int_equal(call->messages, 1);
    assert_int_equal(call->sum, grpc_sum(0, n));
    assert_int_equal(call->code, TERN_OK);
    assert_null(call->call);
    assert_null(served->call);
}

static void rule_20_messages_of_all_sizes_pass(void **state)
{
    (void)state;
    for (int cut = 0; cut < 2; cut++) {
        grpc_pair p;
        tn_failing_env f;
        setup(&p, &f);
        p.cut = cut != 0;
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            echo(&p, sizes[i]);
        teardown(&p, &f);
    }
}

static void rule_20_several_messages_lie_in_one_frame(void **state)
{
    (void)state;
    static const uint8_t frame[] = {
        0, 0,   0,   0, 1, 'a', 0, 0, 0, 0, 0, 0, 0, 0,   0,
        2, 'b', 'c', 0, 0, 0,   0, 0, 0, 0, 0, 0, 1, 'd',
    };
    for (size_t cut = 0; cut <= sizeof(frame); cut++) {
        grpc_end end = { .config.h2.server = true };
        assert_true(grpc_end_init(&end, NULL, 0));
        tn_buf out = tn_buf_of(tn_env_of(NULL));
        wire_reader reader;
        wire_reader_init(&reader, tn_env_of(NULL), false);
        wire_preface(&out);
        wire_headers(&out, 1, false, WIRE_REQUEST);
        wire_data(&out, 1, false, frame, cut);
        grpc_exchange(&end, &out, &reader, 0);
        wire_data(&out, 1, true, frame + cut, sizeof(frame) - cut);
        grpc_exchange(&end, &out, &reader, 0);
        assert_string_equal(
            end.records[0].log,
            "request message:1 message:0 message:2 message:0 message:1 half_closed");
        grpc_end_free(&end);
        wire_reader_free(&reader);
        tn_buf_free(&out);
    }
}

static void many_messages_stream_in_order(void **state)
{
    (void)state;
    grpc_pair p;
    tn_failing_env f;
    setup(&p, &f);
    grpc_record *call = grpc_start(&p.client, NULL, UINT64_MAX);
    assert_int_equal(grpc_send(call, 10, true), TERN_OK);
    grpc_pump(&p);
    grpc_record *served = &p.server.records[0];
    uint32_t sum = 0;
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(grpc_send(served, i, false), TERN_OK);
        sum = grpc_sum(sum, i);
        if (i % 7 == 0)
            grpc_pump(&p);
    }
    assert_int_equal(grpc_finish(served, TERN_OK, NULL), TERN_OK);
    grpc_pump(&p);
    assert_int_equal(call->messages, 1000);
    assert_int_equal(call->sum, sum);
    assert_int_equal(call->code, TERN_OK);
    teardown(&p, &f);
}

/* What the client has sent and not had back. */
static size_t in_flight(const grpc_record *call)
{
    return tn_grpc_queued(call->call);
}

static void unconsumed_messages_hold_the_sender(void **state)
{
    (void)state;
    grpc_pair p;
    tn_failing_env f;
    setup(&p, &f);
    p.server.hold = true;
    grpc_record *call = grpc_start(&p.client, NULL, UINT64_MAX);
    for (int i = 0; i < 20; i++)
        assert_int_equal(grpc_send(call, 20000 - 5, false), TERN_OK);
    grpc_pump(&p);
    grpc_record *served = &p.server.records[0];
    /* The first came with its credit given early; behind it, one window. */
    assert_true(served->bytes <= 20000 + WINDOW);
    assert_true(served->messages >= 3);
    const uint32_t before = served->messages;
    assert_true(in_flight(call) > 0);
    grpc_pump(&p);
    assert_int_equal(served->messages, before);
    uint32_t held = before;
    while (served->held_n) {
        grpc_consume_one(served);
        grpc_pump(&p);
        held = served->held_n > held ? served->held_n : held;
    }
    assert_true(held <= 5);
    assert_int_equal(served->messages, 20);
    assert_int_equal(in_flight(call), 0);
    teardown(&p, &f);
}

static void a_message_larger_than_the_window_passes_while_it_is_waited_for(void **state)
{
    (void)state;
    grpc_pair p;
    tn_failing_env f;
    setup(&p, &f);
    p.server.hold = true;
    grpc_record *call = grpc_start(&p.client, NULL, UINT64_MAX);
    assert_int_equal(grpc_send(call, 300000, false), TERN_OK);
    assert_int_equal(grpc_send(call, 300000, false), TERN_OK);
    assert_int_equal(grpc_send(call, 7, true), TERN_OK);
    grpc_pump(&p);
    grpc_record *served = &p.server.records[0];
    assert_string_equal(served->log, "request message:300000");
    grpc_consume_one(served);
    grpc_pump(&p);
    assert_string_equal(served->log, "request message:300000 message:300000 message:7 half_closed");
    teardown(&p, &f);
}

/* However messages are held and consumed, nothing stalls, and no more is lent than a message and a
 * window. */
static void random_consumption_never_stalls(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        grpc_pair p;
        tn_failing_env f;
        tn_seed s = { seed };
        setup(&p, &f);
        p.cut = true;
        p.seed.state = seed;
        p.server.hold = true;
        grpc_record *call = grpc_start(&p.client, NULL, UINT64_MAX);
        uint32_t sum = 0;
        for (int i = 0; i < 40; i++) {
            const size_t n = tn_seed_below(&s, tn_seed_below(&s, 4) ? 2000 : 90000);
            assert_int_equal(grpc_send(call, n, i == 39), TERN_OK);
            sum = grpc_sum(sum, n);
        }
        grpc_pump(&p);
        grpc_record *served = &p.server.records[0];
        while (served->messages < 40 || served->held_n) {
            assert_true(served->held_n > 0);
            size_t lent = 0;
            for (uint32_t i = 0; i < served->held_n; i++)
                lent += served->held[i] + TN_GRPC_PREFIX;
            assert_true(lent <= 90005 + WINDOW);
            const uint32_t n = 1 + tn_seed_below(&s, served->held_n);
            for (uint32_t i = 0; i < n; i++)
                grpc_consume_one(served);
            grpc_pump(&p);
        }
        assert_int_equal(served->sum, sum);
        teardown(&p, &f);
    }
}

static void rule_25_a_length_is_not_allocated_before_it_comes(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    grpc_end end = { .config = { .h2.server = true, .max_recv_bytes = TERN_UNLIMITED } };
    assert_true(grpc_end_init(&end, &f.env, 0));
    tn_buf out = tn_buf_of(tn_env_of(NULL));
    wire_reader reader;
    wire_reader_init(&reader, tn_env_of(NULL), false);
    wire_preface(&out);
    wire_headers(&out, 1, false, WIRE_REQUEST);
    grpc_exchange(&end, &out, &reader, 0);
    const size_t before = f.live_bytes;
    wire_data(&out, 1, false, "\0\x7f\xff\xff\xff", 5);
    grpc_exchange(&end, &out, &reader, 0);
    assert_int_equal(f.live_bytes, before);
    wire_data(&out, 1, false, "x", 1);
    grpc_exchange(&end, &out, &reader, 0);
    assert_true(f.live_bytes - before < 5000);
    for (int i = 0; i < 3; i++) {
        static const uint8_t zeros[16000];
        wire_data(&out, 1, false, zeros, sizeof(zeros));
        grpc_exchange(&end, &out, &reader, 0);
    }
    assert_true(f.live_bytes - before < 2 * 48001 + 5000);
    grpc_end_free(&end);
    assert_int_equal(f.live_blocks, 0);
    wire_reader_free(&reader);
    tn_buf_free(&out);
}

static void rule_25_the_limit_is_exact_at_both_ends(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        grpc_pair p;
        tn_failing_env f;
        memset(&p, 0, sizeof(p));
        tn_failing_env_init(&f);
        p.client.config.max_recv_bytes = p.server.config.max_recv_bytes = 70000;
        assert_true(grpc_pair_init(&p, &f));
        grpc_pump(&p);
        grpc_record *call = grpc_start(&p.client, NULL, UINT64_MAX);
        assert_int_equal(grpc_send(call, 70000, true), TERN_OK);
        grpc_pump(&p);
        grpc_record *served = &p.server.records[0];
        assert_string_equal(served->log, "request message:70000 half_closed");
        assert_int_equal(grpc_send(served, 70000 + (size_t)over, false), TERN_OK);
        assert_int_equal(grpc_finish(served, TERN_OK, NULL), TERN_OK);
        grpc_pump(&p);
        assert_string_equal(call->log, over ? "writable response status closed"
                                            : "writable response message:70000 status closed");
        assert_int_equal(call->code, over ? TERN_RESOURCE_EXHAUSTED : TERN_OK);
        teardown(&p, &f);
    }
}

static void a_full_queue_says_when_it_is_writable_again(void **state)
{
    (void)state;
    grpc_pair p;
    tn_failing_env f;
    setup(&p, &f);
    p.client.hold = true;
    grpc_record *call = grpc_start(&p.client, NULL, UINT64_MAX);
    assert_int_equal(grpc_send(call, 1, true), TERN_OK);
    grpc_pump(&p);
    grpc_record *served = &p.server.records[0];
    for (int i = 0; i < 10; i++)
        assert_int_equal(grpc_send(served, 30000, false), TERN_OK);
    grpc_pump(&p);
    assert_string_equal(served->log, "request message:1 half_closed");
    assert_true(tn_grpc_queued(served->call) > 65536);
    while (call->held_n) {
        grpc_consume_one(call);
        grpc_pump(&p);
    }
    assert_string_equal(served->log, "request message:1 half_closed writable");
    assert_int_equal(tn_grpc_queued(served->call), 0);
    teardown(&p, &f);
}

/* After a first call, a unary call allocates its messages' chunks and what the test itself does. */
static void steady_state_allocates_chunks_alone(void **state)
{
    (void)state;
    grpc_pair p;
    tn_failing_env f;
    setup(&p, &f);
    echo(&p, 100);
    echo(&p, 100);
    const uint64_t before = f.count;
    echo(&p, 100);
    /* Two calls, two arenas and a first block for each; two chunks sent, two received. */
    assert_true(f.count - before <= 10);
    teardown(&p, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_20_messages_of_all_sizes_pass),
        cmocka_unit_test(rule_20_several_messages_lie_in_one_frame),
        cmocka_unit_test(many_messages_stream_in_order),
        cmocka_unit_test(unconsumed_messages_hold_the_sender),
        cmocka_unit_test(a_message_larger_than_the_window_passes_while_it_is_waited_for),
        cmocka_unit_test(random_consumption_never_stalls),
        cmocka_unit_test(rule_25_a_length_is_not_allocated_before_it_comes),
        cmocka_unit_test(rule_25_the_limit_is_exact_at_both_ends),
        cmocka_unit_test(a_full_queue_says_when_it_is_writable_again),
        cmocka_unit_test(steady_state_allocates_chunks_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
