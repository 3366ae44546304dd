/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits_test.c: each limit of limits.inc, up to it and one beyond, by raw frames under virtual time:
 * what is at the limit passes, what is above is answered as the row says, and traffic that looks alike
 * but is in order never trips it.
 */
#include "h2/limit_end.h"

/* ---- buckets ---- */

static unsigned take_all(tn_h2_bucket *b, uint64_t now)
{
    unsigned n = 0;
    while (tn_h2_bucket_take(b, 10, 4, now))
        n++;
    return n;
}

static void burst_then_rate(void **state)
{
    (void)state;
    tn_h2_bucket b = { 0 };
    assert_int_equal(take_all(&b, 5), 10);
    assert_int_equal(take_all(&b, 4), 0); /* a clock that is behind */
    assert_int_equal(take_all(&b, 5 + TN_H2_SECOND / 4 - 1), 0);
    assert_int_equal(take_all(&b, 5 + TN_H2_SECOND / 4), 1);
    assert_int_equal(take_all(&b, 5 + TN_H2_SECOND), 3);
    assert_int_equal(take_all(&b, 5 + 100 * TN_H2_SECOND), 10);
    assert_int_equal(take_all(&b, UINT64_MAX), 10);
}

/* What spends one token of a bucket; each frame comes on a stream of its own where it names one. */
static const struct {
    tn_h2_limit bucket;
    const char *once;
} spenders[] = {
    { TN_H2_LIMIT_RESETS, "req %u; frame 3 0 %u 00000008" },
    { TN_H2_LIMIT_PROVOKED, "req %u; frame 8 0 %u 7fffffff" },
    { TN_H2_LIMIT_PROVOKED, "req %u; fields %u 4 a=b" },
    { TN_H2_LIMIT_PROVOKED, "fields %u 5 x=y" },
    { TN_H2_LIMIT_IGNORED, "frame 2 0 %u 0000000000" },
    { TN_H2_LIMIT_IGNORED, "frame 99 0 %u 00" },
    { TN_H2_LIMIT_IGNORED, "ack" },
    { TN_H2_LIMIT_EMPTY_DATA, "frame 0 0 1" },
    { TN_H2_LIMIT_SETTINGS_FRAMES, "settings" },
};

/* A burst passes, one more does not; and at its rate the bucket lasts for ever. */
static void buckets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spenders / sizeof *spenders; i++) {
        const tn_h2_limit_row *row = &tn_h2_limit_rows[spenders[i].bucket];
        for (int slow = 0; slow < 2; slow++) {
            const uint64_t step = slow ? TN_H2_SECOND / row->per_second : 0;
            h2_end e;
            start(&e, &server_config, NULL);
            feed(&e, "req 1");
            unsigned id = 3;
            uint64_t now = TERN_TEST_START;
            for (uint32_t n = 0; n < row->value * (slow ? 3 : 1); n++, id += 2) {
                feed_id(&e, now += step, spenders[i].once, id);
                drop_output(&e);
                assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
            }
            if (!slow) {
                feed_id(&e, now, spenders[i].once, id);
                ended_by(&e, spenders[i].bucket);
            }
            h2_end_free(&e);
        }
    }
}

static bool always_free(void *user, const tn_h2_stream *s)
{
    (void)user;
    (void)s;
    return true;
}

/* Resets that are nobody's loss: after the answer began, and where the layer above says so. */
static void resets_that_are_free(void **state)
{
    (void)state;
    h2_end e;
    start(&e, &server_config, &h2_echo);
    for (unsigned id = 1; id < 10 * TN_H2_RESETS; id += 2)
        feed_id(&e, TERN_TEST_START, "req %u; frame 3 0 %u 00000008", id);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    h2_end_free(&e);

    start(&e, &server_config, NULL);
    tn_h2_events events = *e.c->events;
    events.reset_is_free = always_free;
    e.c->events = &events;
    for (unsigned id = 1; id < 10 * TN_H2_RESETS; id += 2)
        feed_id(&e, TERN_TEST_START, "req %u; frame 3 0 %u 00000008", id);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    h2_end_free(&e);
}

/* The six ways of MadeYouReset: a connection error at once, or a token each. None holds a slot. */
static void made_you_reset(void **state)
{
    (void)state;
    static const struct {
        const char *once;
        bool at_once;
    } rows[] = {
        { "req %u; frame 8 0 %u 00000000", true },  /* an increment of 0 */
        { "req %u; frame 8 0 %u 7fffffff", false }, /* a window above 2^31-1 */
        { "req %u; frame 2 0 %u 00000000", true },  /* PRIORITY of another length */
        { "req %u; frame 2 0 %u %08x10", true },    /* that depends on itself */
        { "req %u end; fields %u 5 a=b", true },    /* HEADERS after END_STREAM */
        { "req %u end; frame 0 0 %u 00", true },    /* DATA after it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        h2_end e;
        start(&e, &server_config, NULL);
        e.keep_slots = true; /* handlers that never return */
        unsigned id = 1;
        for (; id < 5000 && tn_h2_status(e.c) == TN_H2_OPEN; id += 2) {
            feed_id(&e, TERN_TEST_START, rows[i].once, id);
            drop_output(&e);
            assert_true(tn_h2_streams(e.c) <= TN_H2_MAX_STREAMS);
        }
        if (rows[i].at_once)
            assert_int_equal(id, 3);
        h2_end_free(&e);
    }
}

/* 10^5 messages of three octets, and 10^5 calls, cost no token. */
static void small_data_is_no_flood(void **state)
{
    (void)state;
    h2_end e;
    start(&e, &server_config, &h2_echo);
    feed(&e, "req 1");
    tn_buf in = tn_buf_of(tern_env_default());
    for (int i = 0; i < 1000; i++)
        h2_script(&in, "frame 0 0 1 616263; frame 0 0 1 61");
    for (int i = 0; i < 100; i++) {
        tn_h2_feed(e.c, tn_buf_data(&in), tn_buf_len(&in), TERN_TEST_START);
        drop_output(&e);
        feed(&e, "frame 8 0 0 00001000; frame 8 0 1 00001000");
    }
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    for (unsigned id = 3; id < 40000; id += 2) {
        feed_id(&e, TERN_TEST_START, "req %u; frame 0 1 %u", id);
        drop_output(&e);
    }
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    tn_buf_free(&in);
    h2_end_free(&e);
}

/* ---- header blocks ---- */

/* A block in `pieces` CONTINUATIONs of so many octets each; the last ends it. */
static void block(h2_end *e, uint32_t pieces, uint32_t octets, bool end)
{
    tn_buf in = tn_buf_of(tern_env_default());
    h2_script(&in, "frame 1 1 1 8386844181");
    for (uint32_t i = 1; i <= pieces; i++) {
        char text[64];
        /* zeros: literals with empty names, which only count once the block is decoded */
        snprintf(text, sizeof text, "fill 9 %d 1 %u", end && i == pieces ? 4 : 0, octets);
        h2_script(&in, text);
    }
    tn_h2_feed(e->c, tn_buf_data(&in), tn_buf_len(&in), TERN_TEST_START);
    tn_buf_free(&in);
}

static void continuations(void **state)
{
    (void)state;
    for (uint32_t octets = 0; octets < 2; octets++) { /* empty ones count, too */
        h2_end e;
        start(&e, &server_config, NULL);
        block(&e, TN_H2_MAX_CONTINUATIONS, octets, false);
        assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
        h2_end_free(&e);
        start(&e, &server_config, NULL);
        block(&e, TN_H2_MAX_CONTINUATIONS + 1, octets, false);
        ended_by(&e, TN_H2_LIMIT_MAX_CONTINUATIONS);
        h2_end_free(&e);
    }
}

static void block_octets(void **state)
{
    (void)state;
    const uint32_t most = TN_H2_BLOCK_FACTOR * TN_H2_HEADER_LIST - 5; /* 5 in HEADERS */
    h2_end e;
    start(&e, &server_config, NULL);
    block(&e, 2, most / 2, false);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    h2_end_free(&e);
    start(&e, &server_config, NULL);
    block(&e, 2, most / 2 + 1, false);
    ended_by(&e, TN_H2_LIMIT_BLOCK_FACTOR);
    h2_end_free(&e);
}

/* The bomb: one entry put into the table, then named again and again by an octet each. */
static void bomb(h2_end *e, uint32_t stream, uint32_t insert, uint32_t fields)
{
    tn_buf b = tn_buf_of(tern_env_default());
    assert_true(tn_buf_put(&b, "\x83\x86\x84\x01\x01h", 6)); /* four fields */
    if (insert) { /* literal with indexing, name "a", a value of so many octets */
        assert_true(tn_buf_put(&b,
                               "\x40\x01"
                               "a\x7f",
                               4));
        uint32_t n = insert - 127;
        for (; n >= 128; n >>= 7)
            assert_true(tn_buf_put(&b, &(uint8_t){ (uint8_t)(n % 128 + 128) }, 1));
        assert_true(tn_buf_put(&b, &(uint8_t){ (uint8_t)n }, 1));
        for (uint32_t i = 0; i < insert; i++)
            assert_true(tn_buf_put(&b, "b", 1));
    }
    for (uint32_t i = 0; i < fields; i++)
        assert_true(tn_buf_put(&b, "\xbe", 1));
    tn_buf frame = tn_buf_of(tern_env_default());
    uint8_t head[TN_H2_FRAME_HEADER_BYTES];
    tn_h2_frame_header_pack(head, (tn_h2_frame_header){ .length = (uint32_t)tn_buf_len(&b),
                                                        .type = TN_H2_HEADERS,
                                                        .flags = TN_H2_FLAG_END_HEADERS,
                                                        .stream = stream });
    assert_true(tn_buf_put(&frame, head, sizeof head));
    assert_true(tn_buf_put(&frame, tn_buf_data(&b), tn_buf_len(&b)));
    tn_h2_feed(e->c, tn_buf_data(&frame), tn_buf_len(&frame), TERN_TEST_START);
    tn_buf_free(&frame);
    tn_buf_free(&b);
}

typedef struct lists_seen {
    uint32_t taken, too_large, last_bytes;
} lists_seen;

static void see_list(h2_call *call, tn_h2_block what, const tn_h2_fields *fields, bool end_stream)
{
    (void)what;
    (void)end_stream;
    lists_seen *seen = call->end->user;
    seen->taken += !fields->too_large;
    seen->too_large += fields->too_large;
    seen->last_bytes = (uint32_t)call->end->c->decoder.list_bytes;
}

static const h2_acts seer = { .headers = see_list };

/* Up to the limit a list is given; above it the stream hears so and the table stays in step; above
 * four times it the connection ends. */
static void header_lists(void **state)
{
    (void)state;
    enum { VALUE = 3000, ENTRY = VALUE + 33 };
    lists_seen seen = { 0 };
    h2_end e;
    start(&e, &server_config, &seer);
    e.user = &seen;
    bomb(&e, 1, VALUE, 0);
    const uint32_t fixed = seen.last_bytes - ENTRY;
    const uint32_t fit = (TN_H2_HEADER_LIST - fixed) / ENTRY;
    bomb(&e, 3, 0, fit);
    assert_int_equal(seen.taken, 2);
    bomb(&e, 5, 0, fit + 1);
    assert_int_equal(seen.too_large, 1);
    const uint32_t live =
        (TN_H2_LIST_FACTOR * TN_H2_HEADER_LIST + TN_H2_LIST_FACTOR - 1 - fixed) / ENTRY;
    bomb(&e, 7, 0, live);
    assert_int_equal(seen.too_large, 2);
    bomb(&e, 9, 0, 1); /* in step */
    assert_int_equal(seen.taken, 3);
    bomb(&e, 11, 0, live + 1);
    assert_int_equal(seen.too_large, 2);
    ended_by(&e, TN_H2_LIMIT_LIST_FACTOR);
    h2_end_free(&e);
}

static void header_fields(void **state)
{
    (void)state;
    enum { fixed = 4 };
    lists_seen seen = { 0 };
    h2_end e;
    tn_h2_config wide = server_config;
    wide.max_header_list_bytes = 1 << 20; /* so that the count is what counts */
    start(&e, &wide, &seer);
    e.user = &seen;
    bomb(&e, 1, 200, TN_H2_HEADER_FIELDS - fixed - 1);
    assert_int_equal(seen.taken, 1);
    bomb(&e, 3, 0, TN_H2_HEADER_FIELDS - fixed + 1);
    assert_int_equal(seen.too_large, 1);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    h2_end_free(&e);
}

/* The lists of all streams together: refused above a MiB, until some are let go. */
static void header_bytes_of_all(void **state)
{
    (void)state;
    lists_seen seen = { 0 };
    h2_end e;
    tn_h2_config config = server_config;
    config.parked_streams = 100;
    start(&e, &config, &seer);
    e.user = &seen;
    e.keep_slots = true;
    bomb(&e, 1, 3000, 4);
    const uint32_t each = seen.last_bytes;
    const uint32_t fit = TN_H2_HEADER_BYTES / each;
    assert_true(fit < 100);
    unsigned id = 3;
    for (; id / 2 < fit; id += 2)
        bomb(&e, id, 0, 5);
    assert_int_equal(seen.taken, fit);
    drop_output(&e);
    bomb(&e, id, 0, 5);
    tn_buf text = output(&e);
    assert_non_null(strstr((const char *)tn_buf_data(&text), "REFUSED_STREAM"));
    tn_buf_free(&text);
    assert_int_equal(seen.taken, fit);
    /* Closed streams still count, until their slots are given back. */
    feed(&e, "frame 3 0 1 00000008; frame 3 0 3 00000008");
    bomb(&e, id += 2, 0, 5);
    assert_int_equal(seen.taken, fit);
    tn_h2_slot_free(e.c);
    bomb(&e, id += 2, 0, 5);
    assert_int_equal(seen.taken, fit + 1);
    while (tn_h2_streams(e.c) > fit)
        tn_h2_slot_free(e.c);
    h2_end_free(&e);
}

static void hpack_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        bool dies;
        tn_h2_limit limit;
    } rows[] = {
        /* a string of 2^28 - 1 octets is only longer than its block; of 2^28 it is no number */
        { "frame 1 5 1 00 0161 7f80ffff7f", true, TN_H2_LIMIT_HPACK_INTEGER },
        { "frame 1 5 1 00 0161 7f8080808080 00", true, TN_H2_LIMIT_HPACK_INTEGER },
        { "frame 1 5 1 20 20 20", true, TN_H2_LIMIT_HPACK_UPDATES },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        h2_end e;
        start(&e, &server_config, NULL);
        feed(&e, rows[i].script);
        assert_int_equal(tn_h2_status(e.c), TN_H2_ENDED);
        assert_int_equal(tn_h2_cause(e.c)->code, TN_H2_COMPRESSION_ERROR);
        h2_end_free(&e);
    }
}

/* ---- SETTINGS, PING ---- */

static void settings_entries(void **state)
{
    (void)state;
    for (uint32_t n = TN_H2_SETTINGS_ENTRIES; n <= TN_H2_SETTINGS_ENTRIES + 1; n++) {
        h2_end e;
        start(&e, &server_config, NULL);
        char text[40];
        snprintf(text, sizeof text, "fill 4 0 0 %u", n * 6); /* unknown id 0 */
        feed(&e, text);
        if (n <= TN_H2_SETTINGS_ENTRIES)
            assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
        else
            ended_by(&e, TN_H2_LIMIT_SETTINGS_ENTRIES);
        h2_end_free(&e);
    }
}

static void ping_strikes(void **state)
{
    (void)state;
    tn_h2_config config = server_config;
    config.ping_interval_ms = TN_H2_PING_INTERVAL_S * 1000;
    h2_end e;
    start(&e, &config, &h2_echo);
    feed(&e, A_PING);
    for (uint32_t i = 0; i < TN_H2_PING_STRIKES; i++) {
        feed(&e, A_PING);
        assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    }
    feed(&e, A_PING);
    ended_by(&e, TN_H2_LIMIT_PING_STRIKES);
    h2_end_free(&e);
    /* As often as told, for a day; and as often as it likes while it is sent something. */
    start(&e, &config, &h2_echo);
    uint64_t now = TERN_TEST_START;
    for (int i = 0; i < 288; i++)
        feed_at(&e, now += TN_H2_PING_INTERVAL_S * TN_H2_SECOND, A_PING);
    feed(&e, "req 1");
    for (int i = 0; i < 1000; i++)
        feed_at(&e, now, "frame 0 0 1 61; " A_PING);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    h2_end_free(&e);
}

/* ---- streams ---- */

static void too_many_streams(void **state)
{
    (void)state;
    h2_end e;
    start(&e, &server_config, NULL);
    drop_output(&e);
    unsigned id = 1;
    for (; id / 2 < TN_H2_MAX_STREAMS; id += 2)
        feed_id(&e, TERN_TEST_START, "req %u", id);
    tn_buf text = output(&e);
    assert_int_equal(count((const char *)tn_buf_data(&text), "RST_STREAM"), 0);
    tn_buf_free(&text);
    for (int i = 0; i < 100; i++, id += 2)
        feed_id(&e, TERN_TEST_START, "req %u", id);
    text = output(&e);
    assert_int_equal(count((const char *)tn_buf_data(&text), "REFUSED_STREAM"), 100);
    tn_buf_free(&text);
    assert_int_equal(e.opened, TN_H2_MAX_STREAMS);
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    h2_end_free(&e);
}

static void informational(void **state)
{
    (void)state;
    for (uint32_t n = TN_H2_MAX_INFORMATIONAL; n <= TN_H2_MAX_INFORMATIONAL + 1; n++) {
        h2_end e;
        start(&e, &client_config, NULL);
        assert_non_null(h2_call_open(&e, true));
        drop_output(&e);
        for (uint32_t i = 0; i < n; i++)
            feed(&e, "fields 1 4 :status=103");
        tn_buf text = output(&e);
        assert_int_equal(count((const char *)tn_buf_data(&text), "RST_STREAM 1 PROTOCOL_ERROR"),
                         n > TN_H2_MAX_INFORMATIONAL);
        tn_buf_free(&text);
        h2_end_free(&e);
    }
}

/* A server that offers the world, or nothing: our table stays ours, and we wait. */
static void hostile_settings(void **state)
{
    (void)state;
    h2_end e;
    start(&e, &client_config, NULL);
    feed(&e, "settings 1=4294967295 3=0");
    assert_true(e.c->encoder.limit <= TN_H2_HPACK_TABLE);
    assert_false(tn_h2_can_open(e.c));
    assert_null(h2_call_open(&e, true));
    feed(&e, "settings 3=1");
    assert_non_null(h2_call_open(&e, true));
    feed(&e, "frame 5 4 1 0000000282");
    assert_int_equal(tn_h2_cause(e.c)->code, TN_H2_PROTOCOL_ERROR);
    h2_end_free(&e);
}

/* ---- turns ---- */

/* 32 new streams, then it stops, and goes on where it stopped. */
static void turn_streams(void **state)
{
    (void)state;
    h2_end e;
    start(&e, &server_config, NULL);
    tn_buf in = tn_buf_of(tern_env_default());
    for (unsigned id = 1; id <= 2 * 99; id += 2) {
        char text[64];
        snprintf(text, sizeof text, "req %u; frame 0 1 %u 61", id, id);
        h2_script(&in, text);
    }
    const uint32_t opened[] = { 32, 64, 96, 99 };
    for (size_t i = 0; i < 4; i++) {
        assert_true(tn_buf_len(&in) > 0);
        tn_buf_take(&in, tn_h2_feed_turn(e.c, tn_buf_data(&in), tn_buf_len(&in), TERN_TEST_START));
        assert_int_equal(e.opened, opened[i]);
    }
    assert_int_equal(tn_buf_len(&in), 0);
    tn_buf_free(&in);
    h2_end_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_then_rate),        cmocka_unit_test(buckets),
        cmocka_unit_test(resets_that_are_free),   cmocka_unit_test(made_you_reset),
        cmocka_unit_test(small_data_is_no_flood), cmocka_unit_test(continuations),
        cmocka_unit_test(block_octets),           cmocka_unit_test(header_lists),
        cmocka_unit_test(header_fields),          cmocka_unit_test(header_bytes_of_all),
        cmocka_unit_test(hpack_numbers),          cmocka_unit_test(settings_entries),
        cmocka_unit_test(ping_strikes),           cmocka_unit_test(too_many_streams),
        cmocka_unit_test(informational),          cmocka_unit_test(hostile_settings),
        cmocka_unit_test(turn_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
