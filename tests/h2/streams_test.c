/* SPDX-License-Identifier: Apache-2.0 */
/* streams_test.c: every pair of state and act, the books behind them, and the memory of the past. */
#include "h2/conn_internal.h"
#include "support/h2_end.h"
#include "support/test.h"

static const tn_h2_config server_config = { .server = true };

/* RFC 9113 section 5.1 in another form: a letter an act, in the order of tn_h2_act. A state's letter
 * (O open, L half-closed local, R half-closed remote, C closed) is where it goes; . ignored, m misuse,
 * i an idle stream's error, e an ended stream's. */
static const char *const want[TN_H2_STATES] = {
    [TN_H2_STATE_IDLE] = "Ommmiiii.",       [TN_H2_STATE_OPEN] = "mOLCORCOC",
    [TN_H2_STATE_HALF_LOCAL] = "mmmCLCCLC", [TN_H2_STATE_HALF_REMOTE] = "mRCCeeCRC",
    [TN_H2_STATE_CLOSED] = "mmm.ee...",
};

static char letter(tn_h2_move m)
{
    static const char states[] = "IOLRC", verdicts[] = "?.mie";
    return m.verdict == TN_H2_MOVED ? states[m.next] : verdicts[m.verdict];
}

/* A stream of a fresh server connection in that state; memory of the test. */
static void bring(h2_end *e, h2_call *call, tn_h2_state state)
{
    *call = (h2_call){ .end = e, .id = 1 };
    tn_list_init(&call->s.ready);
    tn_list_init(&call->s.all);
    if (state == TN_H2_STATE_IDLE)
        return;
    tn_h2_past_advance(e->c, 1);
    assert_true(tn_h2_stream_open(e->c, &call->s, 1));
    if (state == TN_H2_STATE_HALF_LOCAL)
        tn_h2_stream_move(e->c, &call->s, TN_H2_ACT_SEND_END, 0, 0);
    else if (state == TN_H2_STATE_HALF_REMOTE)
        tn_h2_stream_move(e->c, &call->s, TN_H2_ACT_RECV_END, 0, 0);
    else if (state == TN_H2_STATE_CLOSED)
        tn_h2_stream_move(e->c, &call->s, TN_H2_ACT_SEND_RST, 0, 0);
    assert_int_equal(call->s.state, state);
}

static void walk_one(tn_h2_state state, tn_h2_act act)
{
    h2_end e;
    h2_call call;
    assert_true(h2_end_init(&e, NULL, &server_config, NULL));
    bring(&e, &call, state);
    const uint32_t live = e.c->live;
    const tn_h2_move m = tn_h2_moves[state][act];
    assert_int_equal(letter(m), want[state][act]);
    assert_int_equal(tn_h2_stream_move(e.c, &call.s, act, TN_H2_CLOSED_RESET_PEER, 9), m.verdict);
    if (m.verdict != TN_H2_MOVED) {
        assert_int_equal(call.s.state, state);
        assert_int_equal(e.c->live, live);
    } else {
        assert_int_equal(call.s.state, m.next);
        assert_int_equal(e.c->live, m.next != TN_H2_STATE_CLOSED);
        if (m.next == TN_H2_STATE_CLOSED) {
            assert_int_equal(call.s.how, TN_H2_CLOSED_RESET_PEER);
            assert_int_equal(call.s.code, 9);
            assert_null(tn_h2_stream_find(e.c, 1));
            assert_false(tn_list_empty(&e.c->dead));
            const bool peers = state == TN_H2_STATE_HALF_REMOTE || act == TN_H2_ACT_RECV_END ||
                               act == TN_H2_ACT_RECV_RST;
            assert_int_equal(tn_h2_past_get(e.c, 1), peers ? TN_H2_PAST_PEERS : TN_H2_PAST_OURS);
        }
    }
    /* The memory is the test's: take the stream away before the end would give its `closed`. */
    if (call.s.state != TN_H2_STATE_IDLE) {
        tn_h2_stream_move(e.c, &call.s, TN_H2_ACT_LOST, TN_H2_CLOSED_LOST, 0);
        tn_list_remove(&call.s.ready);
    } else if (e.c->live) {
        fail();
    }
    h2_end_free(&e);
}

static void every_pair_of_state_and_act(void **state)
{
    (void)state;
    for (int s = 0; s < TN_H2_STATES; s++)
        for (int a = 0; a < TN_H2_ACTS; a++)
            walk_one((tn_h2_state)s, (tn_h2_act)a);
}

static void the_past_is_a_ring(void **state)
{
    (void)state;
    h2_end e;
    assert_true(h2_end_init(&e, NULL, &server_config, NULL));
    tn_h2_conn *c = e.c;
    assert_int_equal(tn_h2_stream_absent(c, 1), TN_H2_ABSENT_IDLE);
    assert_int_equal(tn_h2_stream_absent(c, 2), TN_H2_ABSENT_IDLE);
    for (uint32_t id = 1; id < 4001; id += 2) {
        tn_h2_past_advance(c, id);
        assert_int_equal(tn_h2_past_get(c, id), TN_H2_PAST_UNKNOWN);
        tn_h2_past_set(c, id, id % 3 ? TN_H2_PAST_PEERS : TN_H2_PAST_OURS);
        assert_int_equal(tn_h2_stream_absent(c, id),
                         id % 3 ? TN_H2_ABSENT_ENDED : TN_H2_ABSENT_OLD);
        assert_int_equal(tn_h2_stream_absent(c, id + 2), TN_H2_ABSENT_IDLE);
    }
    for (uint32_t id = 1; id < 4001; id += 2) {
        const bool kept = (3999 - id) / 2 < TN_H2_PAST_STREAMS;
        const tn_h2_past known = id % 3 ? TN_H2_PAST_PEERS : TN_H2_PAST_OURS;
        assert_int_equal(tn_h2_past_get(c, id), kept ? known : TN_H2_PAST_UNKNOWN);
    }
    /* A late change to what is forgotten touches nothing. */
    tn_h2_past_set(c, 1, TN_H2_PAST_PEERS);
    assert_int_equal(tn_h2_past_get(c, 1), TN_H2_PAST_UNKNOWN);
    /* A leap forgets all that it skips. */
    tn_h2_past_advance(c, 4101);
    assert_int_equal(tn_h2_past_get(c, 4001), TN_H2_PAST_UNKNOWN);
    assert_int_equal(tn_h2_past_get(c, 3999), TN_H2_PAST_OURS);
    tn_h2_past_advance(c, TN_H2_MAX_STREAM_ID);
    for (uint32_t id = TN_H2_MAX_STREAM_ID; id > TN_H2_MAX_STREAM_ID - 2000; id -= 2)
        assert_int_equal(tn_h2_past_get(c, id), TN_H2_PAST_UNKNOWN);
    h2_end_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_state_and_act),
        cmocka_unit_test(the_past_is_a_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
