/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams.c: the state table, and the connection's books on its streams.
 *
 * Invariants: a stream is in `streams` and `all` exactly while its state is one of the three open
 * ones, and `live` counts those; it is in `dead` from then to its `closed` event.
 * RFC 9113 section 5.1.
 */
#include "h2/conn_internal.h"

/* clang-format off */
#define TO(state)      { TN_H2_STATE_##state, TN_H2_MOVED }
#define NO(state, why) { TN_H2_STATE_##state, TN_H2_MOVE_##why }
/* clang-format on */

const tn_h2_move tn_h2_moves[TN_H2_STATES][TN_H2_ACTS] = {
    [TN_H2_STATE_IDLE] = {
        [TN_H2_ACT_OPEN] = TO(OPEN),
        [TN_H2_ACT_SEND] = NO(IDLE, MISUSE),
        [TN_H2_ACT_SEND_END] = NO(IDLE, MISUSE),
        [TN_H2_ACT_SEND_RST] = NO(IDLE, MISUSE),
        [TN_H2_ACT_RECV] = NO(IDLE, IDLE),
        [TN_H2_ACT_RECV_END] = NO(IDLE, IDLE),
        [TN_H2_ACT_RECV_RST] = NO(IDLE, IDLE),
        [TN_H2_ACT_RECV_WINDOW] = NO(IDLE, IDLE),
        [TN_H2_ACT_LOST] = NO(IDLE, IGNORE),
    },
    [TN_H2_STATE_OPEN] = {
        [TN_H2_ACT_OPEN] = NO(OPEN, MISUSE),
        [TN_H2_ACT_SEND] = TO(OPEN),
        [TN_H2_ACT_SEND_END] = TO(HALF_LOCAL),
        [TN_H2_ACT_SEND_RST] = TO(CLOSED),
        [TN_H2_ACT_RECV] = TO(OPEN),
        [TN_H2_ACT_RECV_END] = TO(HALF_REMOTE),
        [TN_H2_ACT_RECV_RST] = TO(CLOSED),
        [TN_H2_ACT_RECV_WINDOW] = TO(OPEN),
        [TN_H2_ACT_LOST] = TO(CLOSED),
    },
    [TN_H2_STATE_HALF_LOCAL] = {
        [TN_H2_ACT_OPEN] = NO(HALF_LOCAL, MISUSE),
        [TN_H2_ACT_SEND] = NO(HALF_LOCAL, MISUSE),
        [TN_H2_ACT_SEND_END] = NO(HALF_LOCAL, MISUSE),
        [TN_H2_ACT_SEND_RST] = TO(CLOSED),
        [TN_H2_ACT_RECV] = TO(HALF_LOCAL),
        [TN_H2_ACT_RECV_END] = TO(CLOSED),
        [TN_H2_ACT_RECV_RST] = TO(CLOSED),
        [TN_H2_ACT_RECV_WINDOW] = TO(HALF_LOCAL),
        [TN_H2_ACT_LOST] = TO(CLOSED),
    },
    [TN_H2_STATE_HALF_REMOTE] = {
        [TN_H2_ACT_OPEN] = NO(HALF_REMOTE, MISUSE),
        [TN_H2_ACT_SEND] = TO(HALF_REMOTE),
        [TN_H2_ACT_SEND_END] = TO(CLOSED),
        [TN_H2_ACT_SEND_RST] = TO(CLOSED),
        [TN_H2_ACT_RECV] = NO(HALF_REMOTE, ENDED),
        [TN_H2_ACT_RECV_END] = NO(HALF_REMOTE, ENDED),
        [TN_H2_ACT_RECV_RST] = TO(CLOSED),
        [TN_H2_ACT_RECV_WINDOW] = TO(HALF_REMOTE),
        [TN_H2_ACT_LOST] = TO(CLOSED),
    },
    [TN_H2_STATE_CLOSED] = {
        [TN_H2_ACT_OPEN] = NO(CLOSED, MISUSE),
        [TN_H2_ACT_SEND] = NO(CLOSED, MISUSE),
        [TN_H2_ACT_SEND_END] = NO(CLOSED, MISUSE),
        [TN_H2_ACT_SEND_RST] = NO(CLOSED, IGNORE),
        [TN_H2_ACT_RECV] = NO(CLOSED, ENDED),
        [TN_H2_ACT_RECV_END] = NO(CLOSED, ENDED),
        [TN_H2_ACT_RECV_RST] = NO(CLOSED, IGNORE),
        [TN_H2_ACT_RECV_WINDOW] = NO(CLOSED, IGNORE),
        [TN_H2_ACT_LOST] = NO(CLOSED, IGNORE),
    },
};

/* ---- the past: two bits for each of the newest ids, in a ring ---- */

static unsigned past_shift(uint32_t id)
{
    return (id >> 1) % 32 * 2;
}

static uint64_t *past_word(tn_h2_conn *c, uint32_t id)
{
    return &c->past[(id >> 1) / 32 % (TN_H2_PAST_STREAMS / 32)];
}

static bool past_kept(const tn_h2_conn *c, uint32_t id)
{
    return id <= c->last_id && (c->last_id - id) / 2 < TN_H2_PAST_STREAMS;
}

void tn_h2_past_set(tn_h2_conn *c, uint32_t id, tn_h2_past what)
{
    if (!past_kept(c, id))
        return;
    uint64_t *word = past_word(c, id);
    *word = (*word & ~(UINT64_C(3) << past_shift(id))) | (uint64_t)what << past_shift(id);
}

tn_h2_past tn_h2_past_get(const tn_h2_conn *c, uint32_t id)
{
    if (!past_kept(c, id))
        return TN_H2_PAST_UNKNOWN;
    const uint64_t word = c->past[(id >> 1) / 32 % (TN_H2_PAST_STREAMS / 32)];
    return (tn_h2_past)(word >> past_shift(id) & 3);
}

void tn_h2_past_advance(tn_h2_conn *c, uint32_t id)
{
    TN_ASSERT(id > c->last_id);
    uint32_t fresh = (id - c->last_id + 1) / 2;
    if (fresh > TN_H2_PAST_STREAMS)
        fresh = TN_H2_PAST_STREAMS;
    c->last_id = id;
    for (uint32_t i = 0; i < fresh; i++)
        tn_h2_past_set(c, id - 2 * i, TN_H2_PAST_UNKNOWN);
}

/* ---- finding ---- */

tn_h2_stream *tn_h2_stream_find(const tn_h2_conn *c, uint32_t id)
{
    return tn_idmap_get(&c->streams, id);
}

tn_h2_absent tn_h2_stream_absent(const tn_h2_conn *c, uint32_t id)
{
    /* Even ids are for pushed streams, of which there are none. */
    if (id % 2 == 0 || id > c->last_id)
        return TN_H2_ABSENT_IDLE;
    return tn_h2_past_get(c, id) == TN_H2_PAST_PEERS ? TN_H2_ABSENT_ENDED : TN_H2_ABSENT_OLD;
}

/* ---- moving ---- */

/* The stream leaves everything but the list of those to be buried. */
static void leave(tn_h2_conn *c, tn_h2_stream *s, bool peer_ended)
{
    tn_idmap_remove(&c->streams, s->id);
    tn_list_remove(&s->all);
    tn_list_remove(&s->ready);
    c->live--;
    c->lists.open -= s->header_bytes;
    c->lists.closed += s->header_bytes;
    c->bdp.granted -= s->recv_extra;
    if (c->in.stream == s)
        c->in.stream = NULL;
    tn_h2_past_set(c, s->id, peer_ended ? TN_H2_PAST_PEERS : TN_H2_PAST_OURS);
    tn_chunk_queue_free(&s->queue);
    tn_h2_trailers_free(c, s);
    tn_list_push(&c->dead, &s->ready);
}

tn_h2_verdict tn_h2_stream_move(tn_h2_conn *c, tn_h2_stream *s, tn_h2_act act, tn_h2_close how,
                                uint32_t code)
{
    const uint8_t from = s->state;
    const tn_h2_move move = tn_h2_moves[from][act];
    if (move.verdict != TN_H2_MOVED)
        return (tn_h2_verdict)move.verdict;
    s->state = move.next;
    if (TN_UNLIKELY(from == TN_H2_STATE_IDLE)) {
        c->live++;
    } else if (move.next == TN_H2_STATE_CLOSED) {
        s->how = (uint8_t)how;
        s->code = code;
        leave(c, s,
              from == TN_H2_STATE_HALF_REMOTE || act == TN_H2_ACT_RECV_END ||
                  act == TN_H2_ACT_RECV_RST);
    }
    return TN_H2_MOVED;
}

bool tn_h2_stream_open(tn_h2_conn *c, tn_h2_stream *s, uint32_t id)
{
    TN_ASSERT(s->state == TN_H2_STATE_IDLE && s->id == 0);
    if (!tn_idmap_put(&c->streams, id, s))
        return false;
    s->id = id;
    s->send_window = c->peer.window;
    s->recv_window = c->stream_window;
    s->content_left = UINT64_MAX;
    tn_list_init(&s->ready);
    tn_list_push(&c->all, &s->all);
    tn_h2_stream_move(c, s, TN_H2_ACT_OPEN, TN_H2_CLOSED_DONE, TN_H2_NO_ERROR);
    return true;
}

/* ---- ending ---- */

void tn_h2_streams_bury(tn_h2_conn *c)
{
    /* The event may close other streams, and bury those itself: take the first each time. */
    while (!tn_list_empty(&c->dead)) {
        tn_h2_stream *s = TN_CONTAINER(c->dead.next, tn_h2_stream, ready);
        tn_list_remove(&s->ready);
        c->events->closed(c->user, s, (tn_h2_close)s->how, s->code);
    }
    if (c->live == 0)
        tn_h2_drain_check(c);
}

void tn_h2_streams_close(tn_h2_conn *c, uint32_t above, tn_h2_close how, uint32_t code)
{
    for (tn_list *at = c->all.next; at != &c->all;) {
        tn_h2_stream *s = TN_CONTAINER(at, tn_h2_stream, all);
        at = at->next;
        if (s->id > above)
            tn_h2_stream_move(c, s, TN_H2_ACT_LOST, how, code);
    }
}
