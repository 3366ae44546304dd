/* SPDX-License-Identifier: Apache-2.0 */
/* conn_memory_test.c: with each allocation refused in turn, a session ends in order or goes on. */
#include "h2/conn_internal.h"
#include "support/fail.h"
#include "support/h2_end.h"

static const tn_h2_config server_config = { .server = true };
static const tn_h2_config client_config = { .server = false };

static uint8_t data[100000];

/* Calls small and large, trailers that wait, a block in pieces, a reset and a drain. */
static bool calls(h2_end *c, h2_end *s)
{
    bool ok = true;
    tn_seed seed = { 9 };
    for (int i = 0; i < 6; i++) {
        h2_call *call = h2_call_open(c, false);
        if (!call) {
            ok = false;
            continue;
        }
        tn_chunk *chunk = tn_chunk_new(c->env, 9, 5000);
        if (chunk)
            chunk->n = 5000;
        memset(chunk ? tn_chunk_bytes(chunk) : data, 1, 5000);
        if (tn_h2_send_data(c->c, &call->s, chunk, false) != TERN_OK ||
            tn_h2_send_bytes(c->c, &call->s, data, i == 3 ? sizeof(data) : 10, true) != TERN_OK) {
            tn_h2_reset(c->c, &call->s, TN_H2_CANCEL);
            ok = false;
        } else if (i == 4) {
            tn_h2_reset(c->c, &call->s, TN_H2_CANCEL);
        }
        h2_pump(c, s, TERN_TEST_START, i % 2 ? H2_RANDOM : H2_WHOLE, &seed);
    }
    tn_h2_drain(s->c, TERN_TEST_START);
    h2_pump(c, s, TERN_TEST_START, H2_BYTES, &seed);
    /* A client without calls is gone at the first GOAWAY, and leaves the PING to time. */
    tn_h2_tick(s->c, TERN_TEST_START + TN_H2_DRAIN_WAIT);
    return ok && c->closed == 6 && tn_h2_status(s->c) == TN_H2_ENDED &&
           !tn_h2_failed(*tn_h2_cause(s->c)) && !tn_h2_failed(*tn_h2_cause(c->c));
}

/* A peer with a small window and long names, by script: trailers wait behind data, header blocks
 * come in pieces and go out in pieces. */
static bool scripted(tn_failing_env *f, void *user)
{
    (void)user;
    h2_end s;
    tn_buf in = tn_buf_of(tern_env_default());
    h2_script(&in,
              "preface; settings 4=10 5=16384; ack; req 1; frame 0 1 1 000000000000000000000000;"
              "fields 3 0 :method=POST :scheme=http; frame 9 4 3 84; frame 0 8 3 02 00 0000;"
              "frame 6 0 0 0000000000000000; fields 5 5 x=y; settings 4=70000; frame 0 1 3 00;"
              "req 7; frame 3 0 7 00000008; req 9 end");
    bool ok = h2_end_init(&s, &f->env, &server_config, &h2_echo);
    if (ok) {
        s.quiet = true;
        tn_seed seed = { 4 };
        tn_buf out = tn_buf_of(tern_env_default());
        while (tn_buf_len(&in)) {
            size_t n = 1 + tn_seed_below(&seed, 30);
            if (n > tn_buf_len(&in))
                n = tn_buf_len(&in);
            tn_h2_feed(s.c, tn_buf_data(&in), n, TERN_TEST_START);
            h2_drain_output(s.c, &out, SIZE_MAX);
            tn_buf_take(&in, n);
        }
        tn_h2_ping(s.c, 1);
        ok = tn_h2_status(s.c) == TN_H2_OPEN && s.closed == 4;
        tn_buf_free(&out);
    }
    h2_end_free(&s);
    tn_buf_free(&in);
    return ok;
}

static void each_allocation_of_a_script_fails(void **state)
{
    (void)state;
    assert_true(tn_fail_each(scripted, NULL) > 10);
}

static bool session(tn_failing_env *f, void *user)
{
    (void)user;
    h2_end c, s;
    bool ok = false;
    const bool client = h2_end_init(&c, &f->env, &client_config, &h2_reader);
    const bool server = h2_end_init(&s, &f->env, &server_config, &h2_echo);
    if (client && server) {
        c.quiet = s.quiet = true;
        h2_pump(&c, &s, TERN_TEST_START, H2_WHOLE, NULL);
        ok = calls(&c, &s);
    }
    h2_end_free(&c);
    h2_end_free(&s);
    return ok;
}

static void each_allocation_fails(void **state)
{
    (void)state;
    assert_true(tn_fail_each(session, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(each_allocation_of_a_script_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
