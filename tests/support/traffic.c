/* SPDX-License-Identifier: Apache-2.0 */
/* traffic.c: see traffic.h. Calls come from a pool and go back to it, so that millions cost no memory. */
#include "support/traffic.h"

#include "base/arena.h"
#include "h2/frame.h"
#include "support/test.h"
#include <stdlib.h>

enum { MOST = 256, FIRST = 1024, MESSAGE = 3, HIGH_WATER = 64 * 1024 };

typedef struct side side;

typedef struct call {
    tn_grpc_call grpc; /* first */
    side *side;
    struct call *next; /* in the pool */
    tern_arena arena;
    _Alignas(max_align_t) uint8_t first[FIRST];
    traffic_kind kind;
    uint32_t to_send, got;
    bool over, asked; /* for the RST_STREAM */
} call;

typedef struct traffic {
    const traffic_load *load;
    traffic_result *result;
    tn_seed seed;
    tern_env env;
    uint64_t now; /* ns */
    uint64_t next_cancel;
    uint32_t started, done, running;
    call *waiting[MOST]; /* the client's calls that are never answered */
    uint32_t waiting_n;
    struct side {
        struct traffic *t;
        tn_grpc_conn *c;
        tn_grpc_config config;
        call *pool;
        uint32_t live;
    } client, server;
} traffic;

static uint64_t now_of(void *user)
{
    return ((traffic *)user)->now;
}

/* ---- calls ---- */

static call *call_new(side *s)
{
    call *k = s->pool;
    if (k) {
        s->pool = k->next;
    } else {
        k = calloc(1, sizeof *k);
        assert_non_null(k);
        tn_arena_init(&k->arena, tern_env_default(), k->first, FIRST);
    }
    memset(&k->grpc, 0, sizeof k->grpc);
    k->grpc.arena = &k->arena;
    k->side = s;
    k->to_send = k->got = 0;
    k->over = k->asked = false;
    s->live++;
    return k;
}

static void call_free(call *k)
{
    side *s = k->side;
    tn_arena_reset(&k->arena, 4096);
    k->next = s->pool;
    s->pool = k;
    s->live--;
}

static void send_one(call *k)
{
    tn_chunk *chunk = tn_chunk_new(tern_env_default(), TN_GRPC_HEADROOM, MESSAGE);
    assert_non_null(chunk);
    memcpy(tn_chunk_bytes(chunk), "\x0a\x01x", MESSAGE);
    chunk->n = MESSAGE;
    assert_int_equal(tn_grpc_send_message(&k->grpc, chunk, true), TERN_OK);
}

/* ---- the server ---- */

static tn_grpc_call *server_open(void *user)
{
    return &call_new(user)->grpc;
}

static void server_request(void *user, tn_grpc_call *grpc)
{
    side *s = user;
    call *k = (call *)grpc;
    k->kind = (traffic_kind)(grpc->path.p[grpc->path.n - 1] - '0');
    assert_int_equal(grpc->path.n, 6);
    k->to_send = k->kind == TRAFFIC_UNARY    ? 1
                 : k->kind == TRAFFIC_STREAM ? s->t->load->messages
                                             : 0;
}

static void take_message(void *user, tn_grpc_call *grpc, tn_chunk *chunk)
{
    (void)user;
    assert_int_equal(chunk->n, MESSAGE);
    ((call *)grpc)->got++;
    tn_grpc_consume(grpc, chunk->n);
    tn_chunk_unref(chunk);
}

static void answer(call *k)
{
    while (k->to_send && tn_grpc_queued(&k->grpc) < HIGH_WATER) {
        k->to_send--;
        send_one(k);
    }
    if (k->to_send == 0)
        assert_int_equal(tn_grpc_finish(&k->grpc, TERN_OK, (tern_str){ 0 }, NULL), TERN_OK);
}

static void server_half_closed(void *user, tn_grpc_call *grpc)
{
    (void)user;
    call *k = (call *)grpc;
    assert_int_equal(k->got, 1);
    if (k->kind != TRAFFIC_NEVER)
        answer(k);
}

static void server_writable(void *user, tn_grpc_call *grpc)
{
    (void)user;
    if (!((call *)grpc)->over)
        answer((call *)grpc);
}

static void server_cancelled(void *user, tn_grpc_call *grpc, tern_code code)
{
    (void)user;
    call *k = (call *)grpc;
    k->over = true;
    assert_int_equal(k->kind, TRAFFIC_NEVER);
    assert_true(code == TERN_CANCELLED || code == TERN_DEADLINE_EXCEEDED);
}

static void server_closed(void *user, tn_grpc_call *grpc)
{
    side *s = user;
    call_free((call *)grpc);
    tn_grpc_slot_free(s->c);
}

static bool server_begun(void *user, const tn_grpc_call *grpc)
{
    (void)user;
    return ((const call *)grpc)->got > 0;
}

static const tn_grpc_events server_events = {
    .open = server_open,
    .request = server_request,
    .message = take_message,
    .half_closed = server_half_closed,
    .cancelled = server_cancelled,
    .writable = server_writable,
    .closed = server_closed,
    .begun = server_begun,
};

/* ---- the client ---- */

static void forget_waiting(traffic *t, const call *k)
{
    for (uint32_t i = 0; i < t->waiting_n; i++)
        if (t->waiting[i] == k)
            t->waiting[i] = t->waiting[--t->waiting_n];
}

static void client_status(void *user, tn_grpc_call *grpc)
{
    traffic *t = ((side *)user)->t;
    call *k = (call *)grpc;
    if (k->kind == TRAFFIC_NEVER) {
        forget_waiting(t, k);
        if (grpc->code == TERN_CANCELLED && k->asked)
            t->result->cancelled++;
        else if (grpc->code == TERN_DEADLINE_EXCEEDED)
            t->result->expired++;
        else
            fail_msg("status %d: %.*s", (int)grpc->code, TERN_FMT(grpc->message));
        k->asked = grpc->origin == TERN_ORIGIN_LOCAL;
        return;
    }
    if (grpc->code != TERN_OK)
        fail_msg("status %d: %.*s", (int)grpc->code, TERN_FMT(grpc->message));
    assert_int_equal(k->got, k->kind == TRAFFIC_UNARY ? 1 : t->load->messages);
    t->result->ok++;
    t->result->messages += k->got;
}

static void client_closed(void *user, tn_grpc_call *grpc)
{
    traffic *t = ((side *)user)->t;
    t->done++;
    t->running--;
    call_free((call *)grpc);
}

static const tn_grpc_events client_events = {
    .message = take_message,
    .status = client_status,
    .closed = client_closed,
};

/* The kind of call number i: with cancels, one slot in ten is for those that are never answered. */
static traffic_kind kind_of(const traffic *t, uint32_t i)
{
    return t->load->cancel_every_us && i % 10 == 0 ? TRAFFIC_NEVER : t->load->kind;
}

static void start(traffic *t)
{
    static const char *const paths[] = { "/p.S/0", "/p.S/1", "/p.S/2" };
    call *k = call_new(&t->client);
    k->kind = kind_of(t, t->started);
    uint64_t deadline = UINT64_MAX;
    if (t->load
            ->deadline_us) /* what is answered has time enough, and says so each time otherwise */
        deadline =
            t->now + (k->kind == TRAFFIC_NEVER && t->started % 20 == 0
                          ? 1000 + 1000 * (uint64_t)tn_seed_below(&t->seed, t->load->deadline_us)
                          : UINT64_C(60000000000) + t->started);
    const tn_grpc_request request = { .path = tern_str_of(paths[k->kind]), .deadline = deadline };
    assert_int_equal(tn_grpc_start(t->client.c, &k->grpc, &request), TERN_OK);
    t->started++;
    t->running++;
    if (k->kind == TRAFFIC_NEVER)
        t->waiting[t->waiting_n++] = k;
    send_one(k);
}

/* ---- the wire ---- */

void traffic_look(traffic_wire *w, bool of_client, const uint8_t *p, size_t n)
{
    if (of_client && w->octets < TN_H2_PREFACE_BYTES) {
        const size_t left = TN_H2_PREFACE_BYTES - (size_t)w->octets, skip = n < left ? n : left;
        w->octets += skip;
        p += skip;
        n -= skip;
    }
    w->octets += n;
    while (n) {
        const size_t skip = n < w->payload_left ? n : w->payload_left;
        w->payload_left -= (uint32_t)skip;
        p += skip;
        n -= skip;
        for (; n && w->payload_left == 0 && w->header_n < sizeof w->header; n--)
            w->header[w->header_n++] = *p++;
        if (w->header_n < sizeof w->header)
            continue;
        const tn_h2_frame_header h = tn_h2_frame_header_unpack(w->header);
        w->header_n = 0;
        w->payload_left = h.length;
        w->frames++;
        w->rst += h.type == TN_H2_RST_STREAM;
        w->goaway += h.type == TN_H2_GOAWAY;
    }
}

static void give(traffic *t, side *to, const uint8_t *p, size_t n)
{
    while (n) {
        size_t k = n;
        if (t->load->cut)
            k = 1 + tn_seed_below(&t->seed, tn_seed_below(&t->seed, 4) ? 30 : 2000);
        k = k < n ? k : n;
        tn_grpc_feed(to->c, p, k, t->now);
        p += k;
        n -= k;
    }
}

static bool carry(traffic *t, side *from, side *to, traffic_wire *w)
{
    tern_bytes slices[16];
    const size_t count = tn_grpc_pull(from->c, slices, 16);
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        traffic_look(w, to == &t->server, slices[i].p, slices[i].n);
        give(t, to, slices[i].p, slices[i].n);
        total += slices[i].n;
    }
    tn_grpc_sent(from->c, total);
    return total > 0;
}

/* ---- the run ---- */

static void side_init(traffic *t, side *s, bool server)
{
    const traffic_load *load = t->load;
    s->t = t;
    s->config.h2 = (tn_h2_config){ .server = server, .max_concurrent_streams = load->streams };
    if (!server || load->both_windows)
        s->config.h2.stream_window = load->window;
    s->config.authority = "host";
    s->c = tn_grpc_new(&t->env, &s->config, server ? &server_events : &client_events, s, t->now);
    assert_non_null(s->c);
}

static void side_free(side *s)
{
    assert_int_equal(s->live, 0);
    tn_grpc_lost(s->c, NULL);
    tn_grpc_free(s->c);
    while (s->pool) {
        call *k = s->pool;
        s->pool = k->next;
        tn_arena_fini(&k->arena);
        free(k);
    }
}

static void turn(traffic *t)
{
    t->result->turns++;
    t->now += (uint64_t)t->load->turn_us * 1000;
    while (t->started < t->load->calls && tn_grpc_can_start(t->client.c))
        start(t);
    const bool last = t->started == t->load->calls && t->running == t->waiting_n;
    while (t->waiting_n && t->load->cancel_every_us && (t->now >= t->next_cancel || last)) {
        t->next_cancel = t->now + (uint64_t)t->load->cancel_every_us * 1000;
        call *k = t->waiting[0];
        k->asked = true;
        tn_grpc_cancel(&k->grpc, TERN_CANCELLED, NULL);
        if (!last)
            break;
    }
    tn_grpc_tick(t->client.c, t->now);
    tn_grpc_tick(t->server.c, t->now);
    carry(t, &t->client, &t->server, &t->result->to_server);
    carry(t, &t->server, &t->client, &t->result->to_client);
}

void traffic_run(const traffic_load *load, uint64_t seed, traffic_result *result)
{
    traffic *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_true(load->streams <= MOST);
    *result = (traffic_result){ 0 };
    t->load = load;
    t->result = result;
    t->seed.state = seed;
    t->now = 1000000000;
    t->env = (tern_env){ .size = sizeof(tern_env), .user = t, .now = now_of };
    side_init(t, &t->client, false);
    side_init(t, &t->server, true);
    for (uint64_t idle = 0; t->done < load->calls; idle++) {
        const uint32_t done = t->done;
        const uint64_t octets = result->to_client.octets;
        turn(t);
        if (t->done != done || result->to_client.octets != octets)
            idle = 0;
        assert_true(idle < 1000000); /* it goes on */
    }
    turn(t);
    assert_int_equal(result->to_server.goaway, 0);
    assert_int_equal(result->to_client.goaway, 0);
    assert_int_equal(result->to_client.rst, 0);
    assert_true(result->to_server.rst <= result->cancelled + result->expired);
    assert_int_equal(result->ok + result->cancelled + result->expired, load->calls);
    assert_int_equal(tn_h2_status(tn_grpc_h2(t->client.c)), TN_H2_OPEN);
    assert_int_equal(tn_h2_status(tn_grpc_h2(t->server.c)), TN_H2_OPEN);
    side_free(&t->client);
    side_free(&t->server);
    free(t);
}

uint32_t traffic_calls(uint32_t otherwise)
{
    const char *text = getenv("TERN_TRAFFIC_CALLS");
    return text ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}
