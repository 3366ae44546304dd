/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_end.c: see grpc_end.h. */
#include "support/grpc_end.h"
#include "support/test.h"
#include <stdio.h>

typedef struct live {
    tn_grpc_call call; /* first */
    grpc_record *record;
    bool announced, settled, half_closed, cancelled;
} live;

static live *live_of(tn_grpc_call *call)
{
    return (live *)(void *)call;
}

static void note(tn_grpc_call *call, const char *event)
{
    grpc_record *r = live_of(call)->record;
    const size_t n = strlen(r->log);
    if (n < sizeof(r->log) - 40)
        (void)snprintf(r->log + n, sizeof(r->log) - n, "%s%s", n ? " " : "", event);
    if (r->end->act)
        r->end->act(r, event);
}

static void render_bytes(char *out, size_t cap, const char *p, size_t n)
{
    size_t at = strlen(out);
    for (size_t i = 0; i < n && at + 5 < cap; i++)
        at += (size_t)snprintf(out + at, cap - at, p[i] >= 0x20 && p[i] <= 0x7E ? "%c" : "\\%02x",
                               p[i] & 0xFF);
}

static void render(char *out, size_t cap, const tern_metadata *m)
{
    out[0] = '\0';
    for (size_t i = 0; i < m->n; i++) {
        assert_int_equal(m->p[i].value.p[m->p[i].value.n], '\0');
        render_bytes(out, cap, m->p[i].key.p, m->p[i].key.n);
        render_bytes(out, cap, "=", 1);
        render_bytes(out, cap, m->p[i].value.p, m->p[i].value.n);
        render_bytes(out, cap, "|", 1);
    }
}

static live *new_live(grpc_end *e)
{
    live *l = tn_zalloc(e->env, sizeof(*l));
    if (!l)
        return NULL;
    l->call.arena = tern_arena_new(e->env);
    if (!l->call.arena) {
        tn_free(e->env, l, sizeof(*l));
        return NULL;
    }
    if (e->poor) {
        tern_arena_limit(l->call.arena, 1);
        while (tern_arena_copy(l->call.arena, TERN_STR("")).p) {
        }
    }
    assert_true(e->n < GRPC_END_CALLS);
    l->record = &e->records[e->n++];
    memset(l->record, 0, sizeof(*l->record));
    l->record->end = e;
    l->record->call = &l->call;
    return l;
}

static void free_live(live *l)
{
    const grpc_end *e = l->record->end;
    l->record->call = NULL;
    tern_arena_free(l->call.arena);
    tn_free(e->env, l, sizeof(*l));
}

static tn_grpc_call *on_open(void *user)
{
    grpc_end *e = user;
    live *l = e->refuse ? NULL : new_live(e);
    return l ? &l->call : NULL;
}

static void on_request(void *user, tn_grpc_call *call)
{
    live *l = live_of(call);
    grpc_record *r = l->record;
    (void)user;
    assert_false(l->announced);
    l->announced = true;
    (void)snprintf(r->path, sizeof(r->path), "%s", call->path.p);
    (void)snprintf(r->authority, sizeof(r->authority), "%s", call->authority.p);
    render(r->headers, sizeof(r->headers), &call->headers);
    r->deadline = call->deadline;
    note(call, "request");
}

static void on_response(void *user, tn_grpc_call *call)
{
    grpc_record *r = live_of(call)->record;
    (void)user;
    assert_false(live_of(call)->settled);
    render(r->headers, sizeof(r->headers), &call->headers);
    note(call, "response");
}

uint32_t grpc_sum(uint32_t sum, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = sum * 31 + (uint8_t)(i * 7 + n);
    return sum;
}

static void on_message(void *user, tn_grpc_call *call, tn_chunk *chunk)
{
    grpc_end *e = user;
    live *l = live_of(call);
    grpc_record *r = l->record;
    assert_false(l->settled || l->cancelled || l->half_closed);
    assert_true(!e->config.h2.server || l->announced);
    assert_true(chunk->off >= TN_GRPC_HEADROOM);
    const size_t n = chunk->n;
    assert_true(chunk->cap - chunk->off - n >= TN_GRPC_SLACK);
    memset(tn_chunk_bytes(chunk) + n, 0, TN_GRPC_SLACK);
    for (size_t i = 0; i < n; i++)
        r->sum = r->sum * 31 + tn_chunk_bytes(chunk)[i];
    tn_chunk_unref(chunk);
    r->messages++;
    r->bytes += n;
    if (e->hold) {
        assert_true(r->held_n < 64);
        r->held[r->held_n++] = n;
    } else {
        tn_grpc_consume(call, n);
    }
    char text[40];
    (void)snprintf(text, sizeof(text), "message:%zu", n);
    note(call, text);
}

static void on_half_closed(void *user, tn_grpc_call *call)
{
    live *l = live_of(call);
    (void)user;
    assert_true(l->announced && !l->half_closed && !l->cancelled);
    l->half_closed = true;
    note(call, "half_closed");
}

static void on_status(void *user, tn_grpc_call *call)
{
    live *l = live_of(call);
    grpc_record *r = l->record;
    (void)user;
    assert_false(l->settled);
    l->settled = true;
    assert_non_null(call->message.p);
    r->code = call->code;
    r->origin = call->origin;
    assert_int_equal(r->origin == TERN_ORIGIN_NONE, r->code == TERN_OK);
    r->may_retry = call->may_retry;
    (void)snprintf(r->message, sizeof(r->message), "%.*s", TERN_FMT(call->message));
    r->details[0] = '\0';
    render_bytes(r->details, sizeof(r->details), (const char *)call->details.p, call->details.n);
    render(r->trailers, sizeof(r->trailers), &call->trailers);
    note(call, "status");
}

static void on_cancelled(void *user, tn_grpc_call *call, tern_code code)
{
    live *l = live_of(call);
    (void)user;
    assert_true(l->announced && !l->cancelled);
    l->cancelled = true;
    l->record->code = code;
    note(call, "cancelled");
}

static void on_writable(void *user, tn_grpc_call *call)
{
    (void)user;
    note(call, "writable");
}

static void on_closed(void *user, tn_grpc_call *call)
{
    grpc_end *e = user;
    live *l = live_of(call);
    assert_true(e->config.h2.server || l->settled);
    note(call, "closed");
    if (e->config.h2.server)
        tn_grpc_slot_free(e->c);
    free_live(l);
}

static void on_ready(void *user)
{
    grpc_end *e = user;
    e->ready++;
}

static void on_ping_ack(void *user, uint64_t opaque)
{
    grpc_end *e = user;
    (void)opaque;
    e->pings++;
}

static const tn_grpc_events events = {
    .open = on_open,
    .request = on_request,
    .response = on_response,
    .message = on_message,
    .half_closed = on_half_closed,
    .status = on_status,
    .cancelled = on_cancelled,
    .writable = on_writable,
    .closed = on_closed,
    .ready = on_ready,
    .ping_ack = on_ping_ack,
};

bool grpc_end_init(grpc_end *e, const tern_env *env, uint64_t now)
{
    e->env = tn_env_of(env);
    e->c = tn_grpc_new(env, &e->config, &events, e, now);
    return e->c != NULL;
}

void grpc_end_lost(grpc_end *e, const char *cause)
{
    if (!e->lost && e->c)
        tn_grpc_lost(e->c, cause);
    e->lost = true;
}

void grpc_end_free(grpc_end *e)
{
    grpc_end_lost(e, NULL);
    for (uint32_t i = 0; i < e->n; i++)
        assert_null(e->records[i].call);
    tn_grpc_free(e->c);
    e->c = NULL;
}

grpc_record *grpc_start(grpc_end *e, const tern_metadata *metadata, uint64_t deadline)
{
    live *l = new_live(e);
    if (!l)
        return NULL;
    const tn_grpc_request request = { .path = TERN_STR("/p.S/M"),
                                      .metadata = metadata ? *metadata : (tern_metadata){ NULL, 0 },
                                      .deadline = deadline };
    grpc_record *r = l->record;
    r->code = tn_grpc_start(e->c, &l->call, &request);
    if (r->code != TERN_OK)
        free_live(l);
    return r;
}

tern_code grpc_send(grpc_record *r, size_t n, bool last)
{
    tn_chunk *chunk = tn_chunk_new(r->end->env, TN_GRPC_HEADROOM, n);
    if (!chunk)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++)
        tn_chunk_bytes(chunk)[i] = (uint8_t)(i * 7 + n);
    chunk->n = n;
    return tn_grpc_send_message(r->call, chunk, last);
}

void grpc_consume_one(grpc_record *r)
{
    assert_true(r->held_n > 0);
    const size_t n = r->held[0];
    memmove(r->held, r->held + 1, --r->held_n * sizeof(r->held[0]));
    if (r->call)
        tn_grpc_consume(r->call, n);
}

tern_code grpc_finish(grpc_record *r, tern_code code, const char *message)
{
    return tn_grpc_finish(r->call, code, tern_str_of(message), NULL);
}

/* ---- joining ---- */

bool grpc_pair_init(grpc_pair *p, tn_failing_env *f)
{
    p->now = f->clock;
    p->seed.state = 1;
    p->server.config.h2.server = true;
    if (!p->client.config.authority)
        p->client.config.authority = "host";
    const bool client = grpc_end_init(&p->client, &f->env, p->now);
    const bool server = grpc_end_init(&p->server, &f->env, p->now);
    return client && server;
}

void grpc_pair_free(grpc_pair *p)
{
    grpc_end_free(&p->client);
    grpc_end_free(&p->server);
}

static void feed(grpc_pair *p, grpc_end *to, const uint8_t *bytes, size_t n)
{
    wire_reader *reader = to == &p->server ? p->to_server : p->to_client;
    if (reader)
        wire_read(reader, bytes, n);
    while (n && !to->lost) {
        size_t k = p->cut ? 1 + tn_seed_below(&p->seed, 40) : n;
        k = k < n ? k : n;
        tn_grpc_feed(to->c, bytes, k, p->now);
        bytes += k;
        n -= k;
    }
}

/* All that `from` has, to `to`. False when there was nothing. */
static bool carry(grpc_pair *p, grpc_end *from, grpc_end *to)
{
    tern_bytes slices[8];
    bool any = false;
    if (from->lost || to->lost)
        return false;
    for (size_t n = tn_grpc_pull(from->c, slices, 8); n; n = tn_grpc_pull(from->c, slices, 8)) {
        size_t sent = 0;
        for (size_t i = 0; i < n; i++) {
            feed(p, to, slices[i].p, slices[i].n);
            sent += slices[i].n;
        }
        any = true;
        tn_grpc_sent(from->c, sent);
    }
    return any;
}

void grpc_pump(grpc_pair *p)
{
    bool any = true;
    while (any) {
        const bool up = carry(p, &p->client, &p->server);
        any = carry(p, &p->server, &p->client) || up;
    }
}

void grpc_pair_tick(grpc_pair *p, tn_failing_env *f, uint64_t now)
{
    f->clock = now;
    p->now = now;
    tn_grpc_tick(p->client.c, now);
    tn_grpc_tick(p->server.c, now);
    grpc_pump(p);
}

void grpc_exchange(grpc_end *e, tn_buf *b, wire_reader *r, uint64_t now)
{
    tern_bytes slices[8];
    /* A copy of its own, so that a sanitizer sees reads past its end. */
    const size_t fed = tn_buf_len(b);
    uint8_t *copy = tn_alloc(tn_env_of(NULL), fed ? fed : 1);
    memcpy(copy, tn_buf_data(b), fed);
    tn_buf_take(b, fed);
    tn_grpc_feed(e->c, copy, fed, now);
    tn_free(tn_env_of(NULL), copy, fed ? fed : 1);
    for (size_t n = tn_grpc_pull(e->c, slices, 8); n; n = tn_grpc_pull(e->c, slices, 8)) {
        size_t sent = 0;
        for (size_t i = 0; i < n; i++) {
            wire_read(r, slices[i].p, slices[i].n);
            sent += slices[i].n;
        }
        tn_grpc_sent(e->c, sent);
    }
}
