/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window_test.c: windows on a link with a bandwidth and a delay, under virtual time: what static
 * windows carry, what estimation makes of it and where it stops, readers that stop, and small calls
 * beside large streams.
 */
#include "h2/conn_internal.h"
#include "support/h2_end.h"
#include "support/test.h"
#include <stdlib.h>

#define MS UINT64_C(1000000)

enum {
    NS_PER_OCTET = 8,    /* 1 Gbit/s */
    ONE_WAY_MS = 25,     /* 50 ms there and back */
    SEGMENT = 16 * 1024, /* what the link takes at once */
    BULK = 512 * 1024,   /* what a writer keeps queued */
    STREAMS = 8
};

/* ---- two ends ---- */

typedef struct end end;

typedef struct call {
    tn_h2_stream s; /* first */
    bool bulk, open;
    uint64_t got;      /* octets */
    uint64_t unread;   /* of them, not consumed */
    uint64_t asked_at; /* small calls: when, and when the answer was whole */
    uint64_t done_at;
} call;

struct end {
    tn_h2_conn *c;
    tn_h2_config config;
    call calls[4 * STREAMS];
    uint32_t next;
    uint64_t now;
    bool lazy; /* consumes nothing */
    bool dry;  /* bulk writers have one piece, and no more for now */
};

static tn_h2_stream *on_open(void *user)
{
    end *e = user;
    call *k = &e->calls[e->next++ % (4 * STREAMS)];
    assert_false(k->open);
    *k = (call){ .open = true };
    return &k->s;
}

static void respond(end *e, call *k)
{
    tn_h2_field f[8];
    assert_int_equal(tn_h2_send_headers(e->c, &k->s, f, h2_response_fields(f), false), TERN_OK);
    static const uint8_t piece[60000];
    if (k->bulk && e->dry)
        assert_int_equal(tn_h2_send_bytes(e->c, &k->s, piece, sizeof piece, false), TERN_OK);
    if (k->bulk)
        return;
    static const uint8_t small[100];
    assert_int_equal(tn_h2_send_bytes(e->c, &k->s, small, sizeof small, false), TERN_OK);
    assert_int_equal(tn_h2_send_trailers(e->c, &k->s, f, h2_trailer_fields(f)), TERN_OK);
}

static void on_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                       bool end_stream)
{
    end *e = user;
    call *k = (call *)s;
    (void)fields;
    if (block == TN_H2_BLOCK_REQUEST) {
        k->bulk = !end_stream; /* a request that goes on is for a stream without end */
        respond(e, k);
    } else if (block == TN_H2_BLOCK_TRAILERS) {
        k->done_at = e->now;
    }
}

static void on_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    end *e = user;
    call *k = (call *)s;
    (void)p;
    (void)end_stream;
    k->got += n;
    if (e->lazy)
        k->unread += n;
    else
        tn_h2_consume(e->c, s, n);
}

static void on_writable(void *user, tn_h2_stream *s)
{
    (void)user;
    (void)s;
}

static void on_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    end *e = user;
    (void)how;
    (void)code;
    ((call *)s)->open = false;
    if (e->config.server)
        tn_h2_slot_free(e->c);
}

static void on_settings(void *user)
{
    (void)user;
}

static void on_goaway(void *user, uint32_t code, tern_bytes debug)
{
    (void)user;
    (void)debug;
    assert_int_equal(code, TN_H2_NO_ERROR);
}

static void on_ping_ack(void *user, uint64_t opaque)
{
    (void)user;
    (void)opaque;
}

static const tn_h2_events events = {
    .open = on_open,
    .headers = on_headers,
    .data = on_data,
    .writable = on_writable,
    .closed = on_closed,
    .settings = on_settings,
    .goaway = on_goaway,
    .ping_ack = on_ping_ack,
};

/* ---- the link ---- */

typedef struct segment {
    uint64_t at; /* when it arrives */
    uint32_t n;
    uint8_t bytes[SEGMENT];
} segment;

/* One direction: a ring of what is on its way. */
typedef struct lane {
    segment *ring;
    uint32_t first, count, cap;
    uint64_t free_at; /* when the last octet has left */
} lane;

typedef struct world {
    end ends[2]; /* client, server */
    lane lanes[2];
    uint64_t now;
} world;

static segment *lane_push(lane *l)
{
    if (l->count == l->cap) {
        const uint32_t cap = l->cap ? 2 * l->cap : 64;
        segment *ring = malloc(cap * sizeof *ring);
        for (uint32_t i = 0; i < l->count; i++)
            memcpy(&ring[i], &l->ring[(l->first + i) % l->cap], sizeof *ring);
        free(l->ring);
        *l = (lane){ .ring = ring, .count = l->count, .cap = cap, .free_at = l->free_at };
    }
    return &l->ring[(l->first + l->count++) % l->cap];
}

/* One segment from the end onto the lane. False: it has nothing to send. */
static bool transmit(world *w, int from)
{
    lane *l = &w->lanes[from];
    tern_bytes slices[16];
    const size_t count = tn_h2_pull(w->ends[from].c, slices, 16);
    if (count == 0)
        return false;
    segment *s = lane_push(l);
    s->n = 0;
    for (size_t i = 0; i < count && s->n < SEGMENT; i++) {
        const uint32_t left = SEGMENT - s->n;
        const uint32_t n = slices[i].n < left ? (uint32_t)slices[i].n : left;
        memcpy(s->bytes + s->n, slices[i].p, n);
        s->n += n;
    }
    tn_h2_sent(w->ends[from].c, s->n);
    l->free_at = w->now + (uint64_t)s->n * NS_PER_OCTET;
    s->at = l->free_at + ONE_WAY_MS * MS;
    return true;
}

static void deliver(world *w, int to)
{
    lane *l = &w->lanes[1 - to];
    while (l->count && l->ring[l->first].at <= w->now) {
        segment *s = &l->ring[l->first];
        tn_h2_feed(w->ends[to].c, s->bytes, s->n, w->now);
        l->first = (l->first + 1) % l->cap;
        l->count--;
    }
}

/* Bulk writers never run dry. */
static void top_up(end *e)
{
    for (uint32_t i = 0; i < 4 * STREAMS; i++) {
        call *k = &e->calls[i];
        while (!e->dry && k->open && k->bulk && tn_h2_queued(&k->s) < BULK) {
            tn_chunk *chunk = tn_chunk_new(tern_env_default(), 16, 64 * 1024);
            chunk->n = 64 * 1024;
            assert_int_equal(tn_h2_send_data(e->c, &k->s, chunk, false), TERN_OK);
        }
    }
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void run_until(world *w, uint64_t end_at)
{
    while (w->now < end_at) {
        uint64_t next = end_at;
        for (int i = 0; i < 2; i++) {
            end *e = &w->ends[i];
            e->now = w->now;
            deliver(w, i);
            if (tn_h2_next_timeout(e->c) <= w->now)
                tn_h2_tick(e->c, w->now);
            if (e->config.server)
                top_up(e);
            if (w->lanes[i].free_at <= w->now)
                (void)transmit(w, i);
        }
        for (int i = 0; i < 2; i++) {
            if (w->lanes[i].free_at > w->now)
                next = sooner(next, w->lanes[i].free_at);
            if (w->lanes[i].count)
                next = sooner(next, w->lanes[i].ring[w->lanes[i].first].at);
            next = sooner(next, tn_h2_next_timeout(w->ends[i].c));
        }
        w->now = next > w->now ? next : w->now + 1000;
    }
}

static void begin(world *w, uint32_t max_window)
{
    *w = (world){ .now = TERN_TEST_START };
    for (int i = 0; i < 2; i++) {
        end *e = &w->ends[i];
        e->config = (tn_h2_config){ .server = i == 1, .max_window = max_window };
        e->c = tn_h2_new(NULL, &e->config, &events, e, w->now);
    }
    run_until(w, w->now + 200 * MS);
}

static void finish(world *w)
{
    for (int i = 0; i < 2; i++) {
        assert_true(tn_h2_status(w->ends[i].c) != TN_H2_ENDED);
        tn_h2_lost(w->ends[i].c);
        tn_h2_free(w->ends[i].c);
        free(w->lanes[i].ring);
    }
}

static call *open_call(world *w, bool bulk)
{
    end *e = &w->ends[0];
    call *k = &e->calls[e->next++ % (4 * STREAMS)];
    tn_h2_field f[8];
    assert_false(k->open);
    *k = (call){ .open = true, .bulk = bulk, .asked_at = w->now };
    assert_int_equal(tn_h2_open(e->c, &k->s, f, h2_request_fields(f), !bulk), TERN_OK);
    return k;
}

/* Of the link's bandwidth, per cent, what the call gets from now on for so long. */
static unsigned share(world *w, const call *k, uint64_t ms)
{
    const uint64_t before = k->got;
    run_until(w, w->now + ms * MS);
    return (unsigned)((k->got - before) * NS_PER_OCTET * 100 / (ms * MS));
}

/* ---- the tests ---- */

static void static_windows_are_slow_far_away(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    begin(w, 0);
    const call *k = open_call(w, true);
    run_until(w, w->now + 500 * MS);
    const unsigned percent = share(w, k, 500);
    print_message("1 Gbit/s x 50 ms, static 64 KiB: %u %%\n", percent);
    assert_true(percent <= 2);
    finish(w);
    free(w);
}

static void estimation_fills_the_link(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    begin(w, TN_H2_WINDOWS_GROW);
    const call *k = open_call(w, true);
    unsigned tenths = 0, percent = 0;
    for (; tenths < 40 && percent < 90; tenths++)
        percent = share(w, k, 100);
    print_message("1 Gbit/s x 50 ms, estimation: %u %% after %u ms", percent, tenths * 100);
    assert_true(percent >= 90 && tenths <= 20);
    percent = share(w, k, 500);
    const tn_h2_bdp *bdp = &w->ends[0].c->bdp;
    print_message(", then %u %% with windows of %u KiB\n", percent, bdp->target / 1024);
    assert_true(percent >= 90);
    assert_true(bdp->target <= TN_H2_WINDOWS_GROW && bdp->granted <= TN_H2_WINDOWS_GROW);
    finish(w);
    free(w);
}

/* However many streams: together they are given at most the bound, and each goes on. */
static void growth_is_shared(void **state)
{
    (void)state;
    enum { BOUND = 4 * 1024 * 1024 };
    world *w = malloc(sizeof *w);
    begin(w, BOUND);
    call *calls[STREAMS];
    for (int i = 0; i < STREAMS; i++)
        calls[i] = open_call(w, true);
    uint64_t before[STREAMS];
    run_until(w, w->now + 800 * MS);
    for (int i = 0; i < STREAMS; i++)
        before[i] = calls[i]->got;
    run_until(w, w->now + 200 * MS);
    uint64_t extra = 0;
    for (int i = 0; i < STREAMS; i++) {
        extra += calls[i]->s.recv_extra;
        assert_true(calls[i]->got > before[i]);
        assert_true(calls[i]->s.recv_window <= BOUND + TN_H2_RECEIVE_WINDOW);
    }
    assert_int_equal(extra, w->ends[0].c->bdp.granted);
    assert_true(extra <= BOUND && extra > BOUND / 2);
    for (int i = 0; i < STREAMS; i++)
        tn_h2_reset(w->ends[0].c, &calls[i]->s, TN_H2_CANCEL);
    assert_int_equal(w->ends[0].c->bdp.granted, 0);
    finish(w);
    free(w);
}

/* A reader that stops: no more comes than its windows allow, the writer's queue stays, nobody else is
 * held up; when it reads again all goes on. */
static void a_reader_that_stops(void **state)
{
    (void)state;
    for (int grow = 0; grow < 2; grow++) {
        world *w = malloc(sizeof *w);
        begin(w, grow ? TN_H2_WINDOWS_GROW : 0);
        call *k = open_call(w, true);
        run_until(w, w->now + 1000 * MS);
        w->ends[0].lazy = true;
        run_until(w, w->now + 1000 * MS);
        const uint64_t window = TN_H2_RECEIVE_WINDOW + (uint64_t)k->s.recv_extra;
        assert_true(k->unread <= window && k->unread >= window / 2);
        const uint64_t got = k->got;
        run_until(w, w->now + 1000 * MS);
        assert_int_equal(k->got, got); /* the writer has stopped */
        const call *small = open_call(w, false);
        run_until(w, w->now + 200 * MS);
        assert_true(small->done_at > 0);
        w->ends[0].lazy = false;
        tn_h2_consume(w->ends[0].c, &k->s, (size_t)k->unread);
        run_until(w, w->now + 1000 * MS);
        assert_true(k->got > got + window);
        finish(w);
        free(w);
    }
}

/* Small calls beside streams that fill the link: a round trip and the time of what is prepared. */
static void bulk_does_not_starve(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    begin(w, TN_H2_WINDOWS_GROW);
    for (int i = 0; i < STREAMS; i++)
        open_call(w, true);
    run_until(w, w->now + 1000 * MS);
    uint64_t worst = 0;
    for (int i = 0; i < 10; i++) {
        const call *small = open_call(w, false);
        run_until(w, w->now + 100 * MS);
        assert_true(small->done_at > 0);
        if (small->done_at - small->asked_at > worst)
            worst = small->done_at - small->asked_at;
    }
    const uint64_t prepared =
        (TN_H2_MAX_OUTPUT + (STREAMS + 1) * (uint64_t)TN_H2_SEND_FRAME) * NS_PER_OCTET;
    print_message("a small call beside %d bulk streams: %.1f ms, 50 of them the link's\n", STREAMS,
                  (double)worst / 1e6);
    assert_true(worst <= 2 * ONE_WAY_MS * MS + prepared + 1 * MS);
    finish(w);
    free(w);
}

/* A server counts PINGs of a client that it sends nothing: estimation sends none for that. */
static void a_quiet_server_is_not_pinged(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    begin(w, TN_H2_WINDOWS_GROW);
    w->ends[1].c->config.ping_interval_ms = TN_H2_PING_INTERVAL_S * 1000;
    w->ends[0].lazy = w->ends[1].dry = true;
    call *calls[STREAMS];
    for (int i = 0; i < STREAMS; i++)
        calls[i] = open_call(w, true);
    run_until(w, w->now + 1000 * MS);
    for (int i = 0; i < STREAMS; i++) {
        assert_int_equal(calls[i]->unread, 60000);
        tn_h2_consume(w->ends[0].c, &calls[i]->s, 60000);
        run_until(w, w->now + 15000 * MS);
    }
    assert_int_equal(w->ends[1].c->pings.strikes, 0);
    finish(w);
    free(w);
}

/* The server sends a piece, which is consumed. Did that make a PING? */
static bool piece_pings(world *w, call *k)
{
    static const uint8_t piece[60000];
    call *sender = &w->ends[1].calls[0];
    tn_h2_send_bytes(w->ends[1].c, &sender->s, piece, sizeof piece, false);
    run_until(w, w->now + 1000 * MS);
    assert_int_equal(k->unread, sizeof piece);
    k->unread = 0;
    tn_h2_ping(w->ends[0].c, 42); /* another's, whose ACK comes first */
    tn_h2_consume(w->ends[0].c, &k->s, sizeof piece);
    const bool asked = w->ends[0].c->bdp.asked;
    run_until(w, w->now + 1000 * MS);
    assert_false(w->ends[0].c->bdp.asked);
    return asked;
}

/* Where windows are no limit, PINGs become rare: 100 ms after the first, up to 10 s. */
static void pings_that_find_nothing_become_rare(void **state)
{
    (void)state;
    world *w = malloc(sizeof *w);
    begin(w, TN_H2_WINDOWS_GROW);
    tn_h2_conn *c = w->ends[0].c;
    w->ends[0].lazy = w->ends[1].dry = true;
    call *k = open_call(w, true);
    run_until(w, w->now + 1000 * MS);
    k->unread = 0;
    tn_h2_consume(c, &k->s, 60000);
    run_until(w, w->now + 1000 * MS);
    uint64_t pause = c->bdp.pause;
    assert_int_equal(pause, 100 * MS);
    for (int i = 0; i < 12; i++) {
        run_until(w, c->bdp.next);
        assert_true(piece_pings(w, k));
        pause = 2 * pause < 10000 * MS ? 2 * pause : 10000 * MS;
        assert_int_equal(c->bdp.pause, pause);
    }
    assert_false(piece_pings(w, k)); /* too soon */
    run_until(w, c->bdp.next);
    tn_h2_drain(c, w->now);
    assert_false(piece_pings(w, k)); /* not worth it any more */
    finish(w);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_windows_are_slow_far_away),
        cmocka_unit_test(estimation_fills_the_link),
        cmocka_unit_test(growth_is_shared),
        cmocka_unit_test(a_reader_that_stops),
        cmocka_unit_test(bulk_does_not_starve),
        cmocka_unit_test(a_quiet_server_is_not_pinged),
        cmocka_unit_test(pings_that_find_nothing_become_rare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
