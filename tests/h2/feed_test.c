/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed_test.c: however bytes are cut, the events are the same; whatever they are, nothing breaks.
 */
#include "h2/conn_internal.h"
#include "support/guard.h"
#include "support/h2_end.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static const tn_h2_config server_config = { .server = true };
static const tn_h2_config client_config = { .server = false };

static uint8_t junk[200000];

/* What a client and an echo server said to each other in a session with all kinds of frames. */
typedef struct session {
    tn_buf to_server, to_client;
    uint32_t calls;
} session;

static void carry(h2_end *from, h2_end *to, tn_buf *record)
{
    const size_t at = tn_buf_len(record);
    h2_drain_output(from->c, record, SIZE_MAX);
    tn_h2_feed(to->c, tn_buf_data(record) + at, tn_buf_len(record) - at, TERN_TEST_START);
}

static void act_at_random(h2_end *c, tn_seed *seed)
{
    h2_call *call = h2_call_open(c, tn_seed_below(seed, 8) == 0);
    if (!call)
        return;
    for (uint32_t i = tn_seed_below(seed, 4); i > 0; i--)
        tn_h2_send_bytes(c->c, &call->s, junk,
                         tn_seed_below(seed, tn_seed_below(seed, 6) ? 300 : 40000), false);
    switch (tn_seed_below(seed, 6)) {
    case 0: tn_h2_reset(c->c, &call->s, TN_H2_CANCEL); return;
    case 1: tn_h2_ping(c->c, tn_seed_next(seed)); break;
    default: break;
    }
    tn_h2_send_bytes(c->c, &call->s, NULL, 0, true);
}

static void record(session *r, uint64_t seed_of)
{
    h2_end c, s;
    tn_seed seed = { seed_of };
    *r = (session){ tn_buf_of(tern_env_default()), tn_buf_of(tern_env_default()), 0 };
    assert_true(h2_end_init(&c, NULL, &client_config, &h2_reader));
    assert_true(h2_end_init(&s, NULL, &server_config, &h2_echo));
    c.quiet = s.quiet = true;
    for (int turn = 0; turn < 30; turn++) {
        if (turn < 12 && turn > 1)
            act_at_random(&c, &seed);
        carry(&c, &s, &r->to_server);
        carry(&s, &c, &r->to_client);
    }
    r->calls = c.opened;
    assert_int_equal(c.calls, 0);
    h2_end_free(&c);
    h2_end_free(&s);
}

static void forget(session *r)
{
    tn_buf_free(&r->to_server);
    tn_buf_free(&r->to_client);
}

/* ---- cuts ---- */

static const char *replay(h2_end *e, const session *r, bool server, h2_cut cut, uint64_t seed_of)
{
    tn_seed seed = { seed_of };
    tn_buf out = tn_buf_of(tern_env_default());
    const tn_buf *in = server ? &r->to_server : &r->to_client;
    assert_true(h2_end_init(e, NULL, server ? &server_config : &client_config, &h2_reader));
    if (!server) {
        /* SETTINGS first, or nothing may be opened. */
        const size_t first = TN_H2_FRAME_HEADER_BYTES + tn_load24(tn_buf_data(in));
        h2_feed_cut(e->c, tn_buf_data(in), first, TERN_TEST_START, cut, &seed);
        for (uint32_t i = 0; i < r->calls; i++)
            h2_call_open(e, false);
        h2_feed_cut(e->c, tn_buf_data(in) + first, tn_buf_len(in) - first, TERN_TEST_START, cut,
                    &seed);
    } else {
        h2_feed_cut(e->c, tn_buf_data(in), tn_buf_len(in), TERN_TEST_START, cut, &seed);
    }
    h2_drain_output(e->c, &out, SIZE_MAX);
    tn_buf_free(&out);
    return h2_end_log(e);
}

static void however_it_is_cut(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 5; seed++) {
        session r;
        record(&r, seed);
        for (int server = 0; server < 2; server++) {
            h2_end whole;
            const char *want = replay(&whole, &r, server, H2_WHOLE, 0);
            assert_true(strlen(want) > 300);
            for (uint64_t cut = 0; cut < 6; cut++) {
                h2_end e;
                assert_string_equal(replay(&e, &r, server, cut ? H2_RANDOM : H2_BYTES, cut), want);
                h2_end_free(&e);
            }
            h2_end_free(&whole);
        }
        forget(&r);
    }
}

/* Each feed is a copy that ends at a page without access. */
static void nothing_is_read_beyond(void **state)
{
    (void)state;
    session r;
    tn_seed seed = { 3 };
    h2_end e;
    record(&r, 2);
    assert_true(h2_end_init(&e, NULL, &server_config, &h2_echo));
    while (tn_buf_len(&r.to_server)) {
        size_t n = 1 + tn_seed_below(&seed, 400);
        if (n > tn_buf_len(&r.to_server))
            n = tn_buf_len(&r.to_server);
        uint8_t *p = tn_guard_copy(tn_buf_data(&r.to_server), n);
        tn_h2_feed(e.c, p, n, TERN_TEST_START);
        tn_guard_free(p, n);
        tn_buf_take(&r.to_server, n);
    }
    assert_int_equal(tn_h2_status(e.c), TN_H2_OPEN);
    h2_end_free(&e);
    forget(&r);
}

/* Partial DATA is given on, not kept. */
static void data_is_not_held_back(void **state)
{
    (void)state;
    h2_end e;
    tn_buf in = tn_buf_of(tern_env_default());
    assert_true(h2_end_init(&e, NULL, &server_config, NULL));
    h2_script(&in, "preface; settings; ack; req 1; fill 0 1 1 16384");
    tn_h2_feed(e.c, tn_buf_data(&in), tn_buf_len(&in) - 16000, TERN_TEST_START);
    assert_non_null(strstr(h2_end_log(&e), "data 1 n=384 "));
    assert_int_equal(tn_buf_len(&e.c->in.held), 0);
    h2_end_free(&e);
    tn_buf_free(&in);
}

/* ---- anything at all ---- */

/* Output is bounded by a constant and what came in; nothing is left at the end. */
static void feed_anything(const uint8_t *p, size_t n, bool server, uint64_t seed_of)
{
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_seed seed = { seed_of };
    h2_end e;
    assert_true(h2_end_init(&e, &f.env, server ? &server_config : &client_config,
                            seed_of % 2 ? &h2_echo : &h2_reader));
    e.quiet = true;
    tn_buf out = tn_buf_of(tern_env_default());
    size_t total = 0;
    while (n) {
        size_t k = 1 + tn_seed_below(&seed, 5000);
        if (k > n)
            k = n;
        tn_h2_feed(e.c, p, k, TERN_TEST_START);
        if (!server && tn_h2_can_open(e.c) && e.opened < 20)
            h2_call_open(&e, e.opened % 2);
        total += h2_drain_output(e.c, &out, tn_seed_below(&seed, 3) ? SIZE_MAX : 100);
        tn_buf_reset(&out, SIZE_MAX);
        p += k;
        n -= k;
    }
    tn_h2_tick(e.c, TERN_TEST_START + 20 * TN_H2_SECOND);
    h2_drain_output(e.c, &out, SIZE_MAX);
    tn_buf_free(&out);
    h2_end_free(&e);
    assert_int_equal(f.live_blocks, 0);
    (void)total;
}

static size_t mutate(const tn_buf *from, uint8_t *to, tn_seed *seed)
{
    size_t n = tn_buf_len(from);
    memcpy(to, tn_buf_data(from), n);
    for (uint32_t i = 1 + tn_seed_below(seed, 6); i > 0; i--) {
        /* The start of a session matters most; leave the preface alone most of the time. */
        const size_t range = tn_seed_below(seed, 2) ? n : n < 2000 ? n : 2000;
        const size_t at = tn_seed_below(seed, (uint32_t)range);
        const size_t k = tn_seed_below(seed, 40);
        switch (tn_seed_below(seed, 5)) {
        case 0: to[at] ^= (uint8_t)(1u << tn_seed_below(seed, 8)); break;
        case 1: to[at] = (uint8_t)tn_seed_next(seed); break;
        case 2: /* take out */
            if (at + k < n) {
                memmove(to + at, to + at + k, n - at - k);
                n -= k;
            }
            break;
        case 3: /* say twice */
            if (at + k < n) {
                memmove(to + at + k, to + at, n - at);
                n += k;
            }
            break;
        default: n = at + 1; break;
        }
    }
    return n;
}

static void mutated_sessions(void **state)
{
    (void)state;
    session r;
    record(&r, 1);
    const size_t most = tn_buf_len(&r.to_server) > tn_buf_len(&r.to_client)
                            ? tn_buf_len(&r.to_server)
                            : tn_buf_len(&r.to_client);
    uint8_t *p = malloc(most + 1000);
    tn_seed seed = { 99 };
    for (uint64_t i = 0; i < 1500; i++) {
        const bool server = i % 2;
        const size_t n = mutate(server ? &r.to_server : &r.to_client, p, &seed);
        feed_anything(p, n, server, i / 2);
    }
    free(p);
    forget(&r);
}

/* Frames that are well-formed alone, in an order that is not. */
static void random_frames(void **state)
{
    (void)state;
    tn_seed seed = { 123 };
    for (uint64_t i = 0; i < 1500; i++) {
        tn_buf in = tn_buf_of(tern_env_default());
        const bool server = i % 2;
        h2_script(&in, server ? "preface; settings; ack" : "settings; ack");
        for (uint32_t k = tn_seed_below(&seed, 40); k > 0; k--) {
            const uint32_t type = tn_seed_below(&seed, 11);
            const uint32_t id =
                tn_seed_below(&seed, 3) ? 1 + 2 * tn_seed_below(&seed, 6) : tn_seed_below(&seed, 3);
            static const uint32_t sizes[] = { 0, 5, 4, 4, 0, 9, 8, 8, 4, 3, 1 };
            if (type == TN_H2_HEADERS) {
                char line[64];
                snprintf(line, sizeof(line), server ? "req %u%s" : "res %u%s", id ? id : 1,
                         tn_seed_below(&seed, 2) ? " end" : "");
                h2_script(&in, line);
                continue;
            }
            uint8_t *h = tn_buf_room(&in, 9 + 64);
            const uint32_t n = type == TN_H2_DATA ? tn_seed_below(&seed, 60) : sizes[type];
            const uint8_t flags = tn_seed_below(&seed, 2) ? 0 : (uint8_t)tn_seed_below(&seed, 256);
            tn_h2_frame_header_pack(h, (tn_h2_frame_header){ n, (uint8_t)type, flags, id });
            tn_seed_fill(&seed, h + 9, n);
            if (n && tn_seed_below(&seed, 2))
                memset(h + 9, 0, n - 1);
            tn_buf_wrote(&in, 9 + n);
        }
        feed_anything(tn_buf_data(&in), tn_buf_len(&in), server, i);
        tn_buf_free(&in);
    }
}

static void random_bytes(void **state)
{
    (void)state;
    tn_seed seed = { 7 };
    uint8_t p[600];
    for (uint64_t i = 0; i < 3000; i++) {
        tn_seed_fill(&seed, p, sizeof(p));
        size_t at = 0;
        if (i % 2) {
            memcpy(p, TN_H2_PREFACE, TN_H2_PREFACE_BYTES);
            at = TN_H2_PREFACE_BYTES;
        }
        if (i % 3)
            memcpy(p + at, "\0\0\0\4\0\0\0\0\0", 9);
        feed_anything(p, sizeof(p), i % 2, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(however_it_is_cut),     cmocka_unit_test(nothing_is_read_beyond),
        cmocka_unit_test(data_is_not_held_back), cmocka_unit_test(mutated_sessions),
        cmocka_unit_test(random_frames),         cmocka_unit_test(random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
