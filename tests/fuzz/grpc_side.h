/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc_side.h: one end of a gRPC connection under an application that does what the input's choices
 * say, and checks the contract of grpc.h: what comes when, each call's end exactly once.
 *
 * At most one message of a call is held before it is consumed.
 */
#ifndef TN_FUZZ_GRPC_SIDE_H
#define TN_FUZZ_GRPC_SIDE_H

#include "fuzz.h"
#include "grpc/grpc.h"

enum { SIDE_MAX_RECV = 70000, SIDE_ACTS = 100 };

typedef struct side {
    fuzz_in *in;
    tn_failing_env *f;
    tn_grpc_config config;
    tn_grpc_conn *c;
    struct live *calls;
    uint32_t acts; /* an input of one size does so much */
} side;

typedef struct live {
    tn_grpc_call call; /* first */
    struct live *next;
    size_t held; /* octets of the message not consumed, and one */
    bool announced, half_closed, responded, over;
} live;

static inline live *side_live(tn_grpc_call *call)
{
    return (live *)(void *)call;
}

static inline bool side_has(const side *s, const live *l)
{
    const live *at = s->calls;
    while (at && at != l)
        at = at->next;
    return at != NULL;
}

static inline live *side_add(side *s)
{
    live *l = tn_zalloc(&s->f->env, sizeof(*l));
    if (!l)
        return NULL;
    l->call.arena = tern_arena_new(&s->f->env);
    if (!l->call.arena) {
        tn_free(&s->f->env, l, sizeof(*l));
        return NULL;
    }
    l->next = s->calls;
    s->calls = l;
    return l;
}

static inline void side_drop(side *s, live *l)
{
    live **at = &s->calls;
    while (*at && *at != l)
        at = &(*at)->next;
    fuzz_check(*at == l);
    *at = l->next;
    tern_arena_free(l->call.arena);
    tn_free(&s->f->env, l, sizeof(*l));
}

static inline void side_consume(live *l)
{
    if (l->held)
        tn_grpc_consume(&l->call, l->held - 1);
    l->held = 0;
}

static inline void side_send(side *s, live *l)
{
    const uint8_t how = fuzz_u8(s->in);
    const size_t n = how & 0x80 ? (how & 0x7f) * (size_t)550 : how & 0x3f;
    tn_chunk *chunk = tn_chunk_new(&s->f->env, TN_GRPC_HEADROOM, n);
    if (!chunk)
        return;
    chunk->n = n;
    if (n)
        memset(tn_chunk_bytes(chunk), 7, n);
    (void)tn_grpc_send_message(&l->call, chunk, (how & 0x41) == 0x41);
}

/* One act on a call; after it the call may be gone. */
static inline void side_act(side *s, live *l)
{
    const bool server = s->config.h2.server;
    if (++s->acts > SIDE_ACTS)
        return;
    switch (fuzz_u8(s->in) & 15) {
    case 0: tn_grpc_cancel(&l->call, (tern_code)(fuzz_u8(s->in) % 17), "fuzz\xff"); break;
    case 1:
    case 2:
        l->call.details.n = server ? l->held % 3 : 0;
        l->call.details.p = (const uint8_t *)"\1\2";
        if (server)
            (void)tn_grpc_finish(&l->call, (tern_code)(fuzz_u8(s->in) % 18), TERN_STR("\xff%"),
                                 &l->call.headers);
        else
            (void)tn_grpc_end_send(&l->call);
        break;
    case 3:
        if (server)
            (void)tn_grpc_finish(&l->call, TERN_OK, TERN_STR(""), NULL);
        break;
    case 4:
        if (server)
            (void)tn_grpc_send_headers(&l->call, &l->call.headers);
        break;
    case 5:
    case 6:
    case 7: side_consume(l); break;
    case 8:
    case 9:
    case 10:
    case 11: side_send(s, l); break;
    case 12: tn_h2_ping(tn_grpc_h2(s->c), 1); break;
    case 13:
        if (fuzz_u8(s->in) > 0xf0)
            tn_grpc_drain(s->c, s->f->clock);
        break;
    default: break;
    }
}

/* A client's call: with a deadline or not, with metadata or not. */
static inline void side_start(side *s)
{
    static const tern_metadata_entry pairs[] = { { TERN_STR_INIT("k"), TERN_STR_INIT("v") },
                                                 { TERN_STR_INIT("k-bin"), TERN_STR_INIT("\0") } };
    const uint8_t how = fuzz_u8(s->in);
    live *l = side_add(s);
    if (!l)
        return;
    const bool can = tn_grpc_can_start(s->c);
    const tn_grpc_request request = {
        .path = TERN_STR("/p.S/M"),
        .metadata = { pairs, how >> 6 & 1 ? 2 : 0 },
        .deadline = how & 1 ? s->f->clock + how * UINT64_C(1000000) : UINT64_MAX,
    };
    const tern_code code = tn_grpc_start(s->c, &l->call, &request);
    fuzz_check(can ? code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED : code != TERN_OK);
    if (code != TERN_OK)
        side_drop(s, l);
}

/* What the transport can take, up to n octets if n is not 0. */
static inline size_t side_write(side *s, tn_buf *to, size_t most)
{
    tern_bytes slices[4];
    size_t all = 0;
    for (size_t k; (k = tn_grpc_pull(s->c, slices, 4)) != 0;) {
        size_t n = 0;
        for (size_t i = 0; i < k; i++) {
            const size_t room = most ? most - all - n : SIZE_MAX;
            const size_t part = slices[i].n < room ? slices[i].n : room;
            fuzz_check(!to || tn_buf_put(to, slices[i].p, part));
            n += part;
        }
        tn_grpc_sent(s->c, n);
        all += n;
        if (most && all == most)
            break;
    }
    return all;
}

static inline void side_tick(side *s, uint64_t ns)
{
    s->f->clock += ns;
    tn_grpc_tick(s->c, s->f->clock);
    fuzz_check(tn_grpc_next_timeout(s->c) > s->f->clock);
}

/* ---- events ---- */

static inline tn_grpc_call *side_on_open(void *user)
{
    live *l = side_add(user);
    return l ? &l->call : NULL;
}

static inline void side_on_request(void *user, tn_grpc_call *call)
{
    live *l = side_live(call);
    fuzz_check(!l->announced && !l->over && call->path.n >= 4 && call->path.p[0] == '/');
    l->announced = true;
    if (fuzz_u8(((side *)user)->in) & 1)
        side_act(user, l);
}

static inline void side_on_response(void *user, tn_grpc_call *call)
{
    live *l = side_live(call);
    fuzz_check(!l->responded && !l->over);
    l->responded = true;
    side_act(user, l);
}

static inline void side_on_message(void *user, tn_grpc_call *call, tn_chunk *chunk)
{
    side *s = user;
    live *l = side_live(call);
    fuzz_check(!l->over && !l->half_closed);
    fuzz_check(s->config.h2.server ? l->announced : l->responded);
    fuzz_check(chunk->n <= SIDE_MAX_RECV && chunk->off >= TN_GRPC_HEADROOM);
    side_consume(l);
    l->held = chunk->n + 1;
    memset(tn_chunk_bytes(chunk) + chunk->n, 0, TN_GRPC_SLACK);
    tn_chunk_unref(chunk);
    if (fuzz_u8(s->in) & 1)
        side_act(s, l);
}

static inline void side_on_half_closed(void *user, tn_grpc_call *call)
{
    live *l = side_live(call);
    fuzz_check(l->announced && !l->over && !l->half_closed);
    l->half_closed = true;
    side_act(user, l);
}

static inline void side_on_status(void *user, tn_grpc_call *call)
{
    live *l = side_live(call);
    (void)user;
    fuzz_check(!l->over && call->message.p && call->code <= TERN_UNAUTHENTICATED);
    fuzz_check((call->origin == TERN_ORIGIN_NONE) == (call->code == TERN_OK));
    l->over = true;
}

static inline void side_on_cancelled(void *user, tn_grpc_call *call, tern_code code)
{
    live *l = side_live(call);
    (void)user;
    fuzz_check(!l->over && l->announced && code != TERN_OK);
    l->over = true;
}

static inline void side_on_writable(void *user, tn_grpc_call *call)
{
    side_act(user, side_live(call));
}

static inline void side_on_closed(void *user, tn_grpc_call *call)
{
    side *s = user;
    fuzz_check(s->config.h2.server || side_live(call)->over);
    side_drop(s, side_live(call));
    if (s->config.h2.server)
        tn_grpc_slot_free(s->c);
}

static const tn_grpc_events side_events = {
    .open = side_on_open,
    .request = side_on_request,
    .response = side_on_response,
    .message = side_on_message,
    .half_closed = side_on_half_closed,
    .status = side_on_status,
    .cancelled = side_on_cancelled,
    .writable = side_on_writable,
    .closed = side_on_closed,
};

/* False: no memory. s->config is filled in by the target before. */
static inline bool side_init(side *s, fuzz_in *in, tn_failing_env *f)
{
    s->in = in;
    s->f = f;
    if (!s->config.max_recv_bytes)
        s->config.max_recv_bytes = SIDE_MAX_RECV;
    s->c = tn_grpc_new(&f->env, &s->config, &side_events, s, f->clock);
    return s->c != NULL;
}

static inline void side_end(side *s)
{
    if (s->c)
        tn_grpc_lost(s->c, "end");
    fuzz_check(!s->calls);
    tn_grpc_free(s->c);
}

#endif
