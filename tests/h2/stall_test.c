/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stall_test.c: peers that are slow, on purpose or not, under virtual time: who stops in the middle of
 * something, who reads nothing, who gives windows by the octet.
 */
#include "h2/limit_end.h"

/* ---- reading nothing ---- */

/* Answers owed: at the limit nothing is read; when nothing goes for 10 s, the end. */
static void owed_answers(void **state)
{
    (void)state;
    static const char *const frames[] = { A_PING, "settings", "req %u; fields %u 4 a=b" };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        h2_end e;
        start(&e, &server_config, NULL);
        drop_output(&e);
        for (uint32_t n = 1; n < TN_H2_MAX_OWED; n++)
            feed_id(&e, TERN_TEST_START, frames[i], 2 * n + 1);
        assert_true(tn_h2_wants_input(e.c));
        feed_id(&e, TERN_TEST_START, frames[i], 1001);
        assert_false(tn_h2_wants_input(e.c));
        const uint64_t due = TERN_TEST_START + TN_H2_OWED_STUCK_S * TN_H2_SECOND;
        tn_h2_blocked(e.c, TERN_TEST_START);
        assert_true(tn_h2_next_timeout(e.c) < due);
        tn_h2_tick(e.c, due - 1);
        assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
        assert_true(tn_h2_next_timeout(e.c) == due);
        tn_h2_tick(e.c, due);
        assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
        assert_string_equal(tn_h2_cause(e.c)->reason, "answers unread");
        assert_false(tn_h2_has_output(e.c)); /* nobody would read it: close at once */
        h2_end_free(&e);
    }
}

/* Output that the transport takes, however slowly, is no reason to end; for 20 s none is. */
static void output_stuck(void **state)
{
    (void)state;
    h2_end e;
    start(&e, &server_config, &h2_echo);
    feed(&e, "req 1; frame 0 0 1 616263");
    uint64_t now = TERN_TEST_START;
    tn_h2_blocked(e.c, now);
    tern_bytes slices[8];
    for (int i = 0; i < 20; i++) {
        now += 19 * TN_H2_SECOND;
        assert_true(tn_h2_pull(e.c, slices, 8) > 0);
        tn_h2_sent(e.c, 1);
        while (tn_h2_next_timeout(e.c) <= now)
            tn_h2_tick(e.c, now);
        assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    }
    const uint64_t due = now + TN_H2_OUTPUT_STUCK_S * TN_H2_SECOND;
    tn_h2_tick(e.c, due - 1);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    tn_h2_tick(e.c, due);
    assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
    assert_string_equal(tn_h2_cause(e.c)->reason, "output unread");
    assert_false(tn_h2_has_output(e.c));
    h2_end_free(&e);

    /* A connection that ended does not wait so long for its GOAWAY to be taken. */
    start(&e, &server_config, &h2_echo);
    feed(&e, "frame 0 0 0 00");
    assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
    tn_h2_blocked(e.c, TERN_TEST_START);
    tn_h2_tick(e.c, TERN_TEST_START + TN_H2_SECOND - 1);
    assert_true(tn_h2_has_output(e.c));
    tn_h2_tick(e.c, TERN_TEST_START + TN_H2_SECOND);
    assert_false(tn_h2_has_output(e.c));
    assert_int_equal(tn_h2_cause(e.c)->code, TN_H2_PROTOCOL_ERROR);
    assert_true(tn_h2_next_timeout(e.c) == UINT64_MAX);
    h2_end_free(&e);
}

/* ---- slowloris ---- */

/* Stopped at each point of a start and of a block: 10 s, to the nanosecond. */
static void stalls(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int octets; /* of it, -1: all */
        tn_h2_limit limit;
    } rows[] = {
        { "preface", 0, TN_H2_LIMIT_SETTINGS_S },
        { "preface", 20, TN_H2_LIMIT_SETTINGS_S },
        { "preface", -1, TN_H2_LIMIT_SETTINGS_S },
        { "preface; settings", 24 + 5, TN_H2_LIMIT_SETTINGS_S },
        { "preface; settings; ack; frame 1 1 1 82", -1, TN_H2_LIMIT_BLOCK_S },
        { "preface; settings; ack; req 1", 24 + 18 + 4, TN_H2_LIMIT_FRAME_S },
        { "preface; settings; ack; req 1", 24 + 18 + 9, TN_H2_LIMIT_FRAME_S },
        { "preface; settings; ack; req 1", 24 + 18 + 12, TN_H2_LIMIT_FRAME_S },
        { "preface; settings; ack; frame 6 0 0 0102030405060708", 24 + 18 + 12,
          TN_H2_LIMIT_FRAME_S },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        h2_end e;
        tn_buf in = tn_buf_of(tern_env_default());
        h2_script(&in, rows[i].script);
        const size_t n = rows[i].octets < 0 ? tn_buf_len(&in) : (size_t)rows[i].octets;
        assert_true(h2_end_init(&e, NULL, &server_config, NULL));
        for (size_t k = 0; k < n; k++)
            tn_h2_feed(e.c, tn_buf_data(&in) + k, 1, TERN_TEST_START);
        const uint64_t due = TERN_TEST_START + 10 * TN_H2_SECOND;
        assert_true(tn_h2_next_timeout(e.c) <= due);
        tn_h2_tick(e.c, due - 1);
        assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
        tn_h2_tick(e.c, due);
        ended_by(&e, rows[i].limit);
        tn_buf_free(&in);
        h2_end_free(&e);
    }
}

/* The time is of the whole frame, however its octets are spread. */
static void octets_gain_no_time(void **state)
{
    (void)state;
    h2_end e;
    tn_buf in = tn_buf_of(tern_env_default());
    h2_script(&in, A_PING);
    start(&e, &server_config, NULL);
    for (uint64_t k = 0; k < 10; k++) {
        const uint64_t now = TERN_TEST_START + k * TN_H2_SECOND;
        tn_h2_tick(e.c, now);
        tn_h2_feed(e.c, tn_buf_data(&in) + k, 1, now);
    }
    const uint64_t due = TERN_TEST_START + 10 * TN_H2_SECOND;
    tn_h2_tick(e.c, due - 1);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    tn_h2_tick(e.c, due);
    ended_by(&e, TN_H2_LIMIT_FRAME_S);
    tn_buf_free(&in);
    h2_end_free(&e);
}

/* Not that: DATA that takes its time, and a connection that is always in the middle of a frame. */
static void slow_but_honest(void **state)
{
    (void)state;
    h2_end e;
    start(&e, &server_config, &h2_echo);
    feed(&e, "req 1");
    tn_buf in = tn_buf_of(tern_env_default());
    for (int i = 0; i < 10; i++)
        h2_script(&in, "frame 0 0 1 616263; " A_PING);
    uint64_t now = TERN_TEST_START;
    /* 16 octets every 9 s: the end of a frame comes each time, and the beginning of the next */
    for (size_t k = 0; k < tn_buf_len(&in); k += 16) {
        const size_t n = tn_buf_len(&in) - k < 16 ? tn_buf_len(&in) - k : 16;
        tn_h2_feed(e.c, tn_buf_data(&in) + k, n, now);
        drop_output(&e);
        now += 9 * TN_H2_SECOND;
        tn_h2_tick(e.c, now);
        assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    }
    tn_buf_reset(&in, 0);
    h2_script(&in, "frame 0 0 1 6162636465");
    tn_h2_feed(e.c, tn_buf_data(&in), 11, now);
    tn_h2_tick(e.c, now + 3600 * TN_H2_SECOND);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    tn_buf_free(&in);
    h2_end_free(&e);
}

/* ---- windows by the octet ---- */

enum { REPLY = 200000 };

static void reply_headers(h2_call *call, tn_h2_block what, const tn_h2_fields *fields,
                          bool end_stream)
{
    static const uint8_t data[REPLY];
    tn_h2_field f[8];
    (void)what;
    (void)fields;
    (void)end_stream;
    tn_h2_send_headers(call->end->c, &call->s, f, h2_response_fields(f), false);
    tn_h2_send_bytes(call->end->c, &call->s, data, REPLY, false);
    tn_h2_send_trailers(call->end->c, &call->s, f, h2_trailer_fields(f));
}

static const h2_acts replier = { .headers = reply_headers };

typedef struct sent {
    uint32_t frames, octets;
    bool ended;
} sent;

/* The DATA that came out by now. */
static sent take_data(h2_end *e)
{
    sent s = { 0 };
    tn_buf text = output(e);
    const char *at = (const char *)tn_buf_data(&text);
    unsigned id, n;
    for (; *at; at = strchr(at, '\n') + 1) {
        if (sscanf(at, "DATA %u %u", &id, &n) == 2) {
            s.frames++;
            s.octets += n;
        }
        s.ended |= !strncmp(at, "HEADERS 1 es", 12);
    }
    tn_buf_free(&text);
    return s;
}

/* The peer's window is used up; then it gives octets one by one: a frame a KiB, not a frame an octet. */
static void small_increments_are_gathered(void **state)
{
    (void)state;
    for (int connection = 0; connection < 2; connection++) {
        h2_end e;
        start(&e, &server_config, &replier);
        if (connection)
            feed(&e, "settings 4=1000000");
        else
            feed(&e, "frame 8 0 0 00100000");
        feed(&e, "req 1 end");
        assert_int_equal(take_data(&e).octets, 65535);
        uint32_t frames = 0, octets = 0;
        for (int i = 1; i <= 10 * TN_H2_SEND_MIN; i++) {
            feed(&e, connection ? "frame 8 0 0 00000001" : "frame 8 0 1 00000001");
            const sent s = take_data(&e);
            assert_int_equal(s.octets, i % TN_H2_SEND_MIN ? 0 : TN_H2_SEND_MIN);
            frames += s.frames;
            octets += s.octets;
        }
        assert_int_equal(frames, 10);
        assert_int_equal(octets, 10 * TN_H2_SEND_MIN);
        h2_end_free(&e);
    }
}

/* Whatever a peer does with small windows, it gets all there is: an increment of an octet, and then
 * nothing until that has come. */
static void small_windows_get_everything(void **state)
{
    (void)state;
    static const struct {
        const char *window; /* the peer's SETTINGS */
        bool waits;         /* our timer is what moves it */
    } rows[] = { { "settings 4=1", false },
                 { "settings 4=2", false },
                 { "settings 4=65535", true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        h2_end e;
        start(&e, &server_config, &replier);
        feed(&e, rows[i].window);
        feed(&e, "frame 8 0 0 00100000; req 1 end");
        uint64_t now = TERN_TEST_START;
        uint32_t octets = take_data(&e).octets;
        for (bool ended = false; !ended && octets < 65535 + 200;) {
            feed_at(&e, now, "frame 8 0 1 00000001");
            sent s = take_data(&e);
            if (s.octets == 0) {
                assert_true(rows[i].waits);
                const uint64_t due = tn_h2_next_timeout(e.c);
                assert_true(due <= now + TN_H2_SEND_WAIT_MS * (TN_H2_SECOND / 1000));
                tn_h2_tick(e.c, now = due);
                s = take_data(&e);
                if (s.octets == 0) /* it was another timer's time */
                    continue;
            }
            assert_int_equal(s.octets, 1);
            octets += s.octets;
            ended = s.ended;
        }
        /* and the rest at once, to the end */
        feed_at(&e, now, "frame 8 0 1 00040000");
        const sent s = take_data(&e);
        assert_int_equal(octets + s.octets, REPLY);
        assert_true(s.ended);
        h2_end_free(&e);
    }
}

/* What is left to send may go in a window of just its size, however small. */
static void the_rest_needs_no_more_than_itself(void **state)
{
    (void)state;
    h2_end e;
    start(&e, &server_config, &replier);
    feed(&e, "frame 8 0 0 00100000; req 1 end");
    uint32_t octets = take_data(&e).octets;
    char text[64];
    snprintf(text, sizeof text, "frame 8 0 1 %08x", REPLY - octets - 10);
    feed(&e, text);
    octets += take_data(&e).octets;
    assert_int_equal(octets, REPLY - 10);
    feed(&e, "frame 8 0 1 00000009");
    assert_int_equal(take_data(&e).octets, 0);
    feed(&e, "frame 8 0 1 00000001");
    const sent s = take_data(&e);
    assert_int_equal(s.octets, 10);
    assert_true(s.ended);
    h2_end_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owed_answers),
        cmocka_unit_test(output_stuck),
        cmocka_unit_test(stalls),
        cmocka_unit_test(octets_gain_no_time),
        cmocka_unit_test(slow_but_honest),
        cmocka_unit_test(small_increments_are_gathered),
        cmocka_unit_test(small_windows_get_everything),
        cmocka_unit_test(the_rest_needs_no_more_than_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
