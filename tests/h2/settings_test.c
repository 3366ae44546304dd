/* SPDX-License-Identifier: Apache-2.0 */
/* settings_test.c: what our SETTINGS say, what theirs change, and when their time is up. */
#include "h2/conn_internal.h"
#include "support/h2_end.h"
#include "support/test.h"

#include <stdio.h>

static void feed(h2_end *e, const char *script)
{
    tn_buf bytes = tn_buf_of(tern_env_default());
    h2_script(&bytes, script);
    tn_h2_feed(e->c, tn_buf_data(&bytes), tn_buf_len(&bytes), TERN_TEST_START);
    tn_buf_free(&bytes);
}

/* Our first bytes, after the preface of a client. */
static void first_bytes(const tn_h2_config *config, tn_buf *out)
{
    h2_end e;
    assert_true(h2_end_init(&e, NULL, config, NULL));
    h2_drain_output(e.c, out, SIZE_MAX);
    if (!config->server) {
        assert_memory_equal(tn_buf_data(out), TN_H2_PREFACE, TN_H2_PREFACE_BYTES);
        tn_buf_take(out, TN_H2_PREFACE_BYTES);
    }
    h2_end_free(&e);
}

static void expect_first(const tn_h2_config *config, const char *script)
{
    tn_buf got = tn_buf_of(tern_env_default()), want = tn_buf_of(tern_env_default());
    first_bytes(config, &got);
    h2_script(&want, script);
    assert_int_equal(tn_buf_len(&got), tn_buf_len(&want));
    assert_memory_equal(tn_buf_data(&got), tn_buf_data(&want), tn_buf_len(&want));
    tn_buf_free(&got);
    tn_buf_free(&want);
}

static void what_ours_say(void **state)
{
    (void)state;
    expect_first(&(tn_h2_config){ .server = true }, "settings 3=100 6=16384; frame 8 0 0 000efff1");
    expect_first(&(tn_h2_config){ .server = false }, "settings 2=0 6=16384; frame 8 0 0 000efff1");
    expect_first(&(tn_h2_config){ .server = true,
                                  .max_concurrent_streams = 7,
                                  .stream_window = 1000,
                                  .conn_window = 5,
                                  .max_header_list_bytes = 999,
                                  .header_table_bytes = 100 },
                 "settings 3=7 6=999 4=1000 1=100");
    expect_first(
        &(tn_h2_config){ .server = true, .stream_window = UINT32_MAX, .conn_window = 65536 },
        "settings 3=100 6=16384 4=2147483647; frame 8 0 0 00000001");
}

static void the_peers_stream_limit(void **state)
{
    (void)state;
    h2_end e;
    assert_true(h2_end_init(&e, NULL, &(tn_h2_config){ 0 }, NULL));
    feed(&e, "settings 3=2; ack");
    assert_int_equal(e.settings, 1);
    h2_call *a = h2_call_open(&e, true);
    assert_non_null(h2_call_open(&e, true));
    assert_false(tn_h2_can_open(e.c));
    assert_null(h2_call_open(&e, true));
    tn_h2_reset(e.c, &a->s, TN_H2_CANCEL);
    assert_true(tn_h2_can_open(e.c));
    /* It may fall below what is open. */
    feed(&e, "settings 3=0");
    assert_int_equal(e.settings, 2);
    assert_false(tn_h2_can_open(e.c));
    feed(&e, "settings 4=7");
    assert_int_equal(e.settings, 2);
    feed(&e, "settings 3=5");
    assert_int_equal(e.settings, 3);
    assert_non_null(h2_call_open(&e, true));
    h2_end_free(&e);
}

static void a_table_of_none_either_way(void **state)
{
    (void)state;
    h2_end c, s;
    assert_true(h2_end_init(&c, NULL, &(tn_h2_config){ .header_table_bytes = 1 }, &h2_reader));
    assert_true(h2_end_init(&s, NULL, &(tn_h2_config){ .server = true, .header_table_bytes = 1 },
                            &h2_echo));
    h2_pump(&c, &s, TERN_TEST_START, H2_WHOLE, NULL);
    for (int i = 0; i < 3; i++) {
        h2_call_open(&c, true);
        h2_pump(&c, &s, TERN_TEST_START, H2_WHOLE, NULL);
    }
    assert_int_equal(c.closed, 3);
    assert_int_equal(tn_h2_status(c.c), TN_H2_OPEN);
    assert_int_equal(c.c->encoder.table.used, 0);
    assert_int_equal(s.c->encoder.table.used, 0);
    assert_int_equal(c.c->decoder.table.used, 0);
    h2_end_free(&c);
    h2_end_free(&s);
}

static void settings_have_a_time(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        bool dies;
    } cases[] = { { "", true },
                  { "preface; settings", true },
                  { "preface; settings; ack", false } };
    for (size_t i = 0; i < 3; i++) {
        h2_end e;
        assert_true(h2_end_init(
            &e, NULL, &(tn_h2_config){ .server = true, .settings_timeout_ms = 50 }, NULL));
        const uint64_t due = TERN_TEST_START + 50 * UINT64_C(1000000);
        assert_true(tn_h2_next_timeout(e.c) == due);
        feed(&e, cases[i].script);
        tn_h2_tick(e.c, due - 1);
        assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
        tn_h2_tick(e.c, due);
        assert_int_equal(tn_h2_status(e.c), cases[i].dies ? TN_H2_ENDED : TN_H2_OPEN);
        if (cases[i].dies)
            assert_int_equal(tn_h2_cause(e.c)->code, TN_H2_SETTINGS_TIMEOUT);
        else
            assert_true(tn_h2_next_timeout(e.c) == UINT64_MAX);
        h2_end_free(&e);
    }
}

static void a_block_has_a_time(void **state)
{
    (void)state;
    h2_end e;
    assert_true(h2_end_init(&e, NULL, &(tn_h2_config){ .server = true }, NULL));
    feed(&e, "preface; settings; ack; fields 1 1 :method=POST");
    const uint64_t due = TERN_TEST_START + 10 * TN_H2_SECOND;
    assert_true(tn_h2_next_timeout(e.c) == due);
    tn_h2_tick(e.c, due);
    assert_int_equal(tn_h2_cause(e.c)->code, TN_H2_ENHANCE_YOUR_CALM);
    h2_end_free(&e);
}

/* Owed answers that nobody reads: input is not wanted until they have gone. */
static void floods_are_not_read(void **state)
{
    (void)state;
    static const char *const frames[] = { "frame 6 0 0 0102030405060708", "settings" };
    for (int i = 0; i < 2; i++) {
        h2_end e;
        assert_true(h2_end_init(&e, NULL, &(tn_h2_config){ .server = true }, NULL));
        feed(&e, "preface; settings; ack");
        for (int k = 0; k < TN_H2_MAX_OWED + 10; k++)
            feed(&e, frames[i]);
        assert_false(tn_h2_wants_input(e.c));
        tn_buf out = tn_buf_of(tern_env_default());
        h2_drain_output(e.c, &out, 100);
        assert_false(tn_h2_wants_input(e.c));
        h2_drain_output(e.c, &out, SIZE_MAX);
        assert_true(tn_h2_wants_input(e.c));
        tn_buf_free(&out);
        h2_end_free(&e);
    }
}

/* An output that is never empty, with answers among the rest that do go out, is being read. */
static void answers_that_go_are_not_owed(void **state)
{
    (void)state;
    h2_end e;
    tn_buf out = tn_buf_of(tern_env_default());
    assert_true(h2_end_init(&e, NULL, &(tn_h2_config){ .server = true }, NULL));
    feed(&e, "preface; settings; ack");
    for (int k = 0; k < 1000; k++) {
        feed(&e, "frame 6 0 0 0102030405060708");
        h2_drain_output(e.c, &out, 17);
        assert_true(tn_h2_has_output(e.c));
        assert_true(tn_h2_wants_input(e.c));
    }
    tn_buf_free(&out);
    h2_end_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ours_say),
        cmocka_unit_test(the_peers_stream_limit),
        cmocka_unit_test(a_table_of_none_either_way),
        cmocka_unit_test(settings_have_a_time),
        cmocka_unit_test(a_block_has_a_time),
        cmocka_unit_test(floods_are_not_read),
        cmocka_unit_test(answers_that_go_are_not_owed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
