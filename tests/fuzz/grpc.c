/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/grpc.c: a gRPC connection of either role against a peer whose frames are well formed and
 * whose meaning is not.
 *
 * The input is a program: the first octet says the role and which allocation fails; then each step
 * is an octet for what comes and the octets that fill it: header fields from a list or made of
 * input, DATA, resets, time, acts of the layer above. The events check the contract of grpc.h.
 */
#include "grpc/grpc.h"
#include "base/assert.h"
#include "base/cursor.h"
#include "h2/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

typedef struct live {
    tn_grpc_call call; /* first */
    struct live *next;
    size_t held;
    bool announced, over;
} live;

typedef struct world {
    tn_failing_env f;
    tn_grpc_config config;
    tn_grpc_conn *c;
    live *calls;
    tn_rd in;
} world;

static const struct {
    const char *name, *value;
} fields[] = {
    { ":method", "POST" },
    { ":scheme", "http" },
    { ":path", "/p.S/M" },
    { ":authority", "h" },
    { ":status", "200" },
    { ":status", "502" },
    { ":status", "100" },
    { "content-type", "application/grpc" },
    { "content-type", "application/grpc+proto" },
    { "content-type", "text/html" },
    { "te", "trailers" },
    { "grpc-timeout", "5m" },
    { "grpc-timeout", "99999999H" },
    { "grpc-timeout", "0n" },
    { "grpc-encoding", "gzip" },
    { "grpc-encoding", "identity" },
    { "grpc-status", "0" },
    { "grpc-status", "13" },
    { "grpc-status", "x" },
    { "grpc-message", "a%20%zz%ff" },
    { "grpc-status-details-bin", "CAU" },
    { "k-bin", "AA==,AQ" },
    { "k-bin", "!" },
    { "k", "v" },
    { "host", "a" },
    { "user-agent", "u" },
};

static uint8_t next_octet(world *w)
{
    uint8_t octet = 0;
    (void)tn_rd_u8(&w->in, &octet);
    return octet;
}

/* ---- events ---- */

static live *add_call(world *w)
{
    live *l = tn_zalloc(&w->f.env, sizeof(*l));
    if (!l)
        return NULL;
    l->call.arena = tern_arena_new(&w->f.env);
    if (!l->call.arena) {
        tn_free(&w->f.env, l, sizeof(*l));
        return NULL;
    }
    l->next = w->calls;
    w->calls = l;
    return l;
}

static void drop_call(world *w, live *l)
{
    live **at = &w->calls;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    tern_arena_free(l->call.arena);
    tn_free(&w->f.env, l, sizeof(*l));
}

static live *live_of(tn_grpc_call *call)
{
    return (live *)(void *)call;
}

static tn_grpc_call *on_open(void *user)
{
    live *l = add_call(user);
    return l ? &l->call : NULL;
}

static void on_request(void *user, tn_grpc_call *call)
{
    (void)user;
    TN_ASSERT(!live_of(call)->announced && call->path.n >= 4);
    live_of(call)->announced = true;
}

static void act(world *w, live *l)
{
    tn_chunk *chunk;
    switch (next_octet(w) % 6) {
    case 0: tn_grpc_cancel(&l->call, TERN_CANCELLED, "fuzz"); break;
    case 1:
        if (w->config.h2.server)
            (void)tn_grpc_finish(&l->call, (tern_code)(next_octet(w) % 18), TERN_STR("\xff%"),
                                 &l->call.headers);
        else
            (void)tn_grpc_end_send(&l->call);
        break;
    case 2:
        if (w->config.h2.server)
            (void)tn_grpc_send_headers(&l->call, &l->call.headers);
        break;
    case 3:
        if (l->held)
            tn_grpc_consume(&l->call, l->held - 1);
        l->held = 0;
        break;
    default:
        chunk = tn_chunk_new(&w->f.env, TN_GRPC_HEADROOM, 40000);
        if (chunk) {
            chunk->n = next_octet(w) * (size_t)156;
            memset(tn_chunk_bytes(chunk), 0, chunk->n);
            (void)tn_grpc_send_message(&l->call, chunk, next_octet(w) % 4 == 0);
        }
        break;
    }
}

/* At most one message is held: the size, and one. */
static void on_message(void *user, tn_grpc_call *call, tn_chunk *chunk)
{
    world *w = user;
    live *l = live_of(call);
    TN_ASSERT(!l->over && (l->announced || !w->config.h2.server));
    TN_ASSERT(chunk->n <= 1000);
    if (l->held)
        tn_grpc_consume(call, l->held - 1);
    l->held = chunk->n + 1;
    memset(tn_chunk_bytes(chunk) + chunk->n, 0, TN_GRPC_SLACK);
    tn_chunk_unref(chunk);
    if (next_octet(w) % 4 == 0)
        act(w, l);
}

static void on_half_closed(void *user, tn_grpc_call *call)
{
    TN_ASSERT(live_of(call)->announced && !live_of(call)->over);
    act(user, live_of(call));
}

static void on_end(void *user, tn_grpc_call *call)
{
    (void)user;
    TN_ASSERT(!live_of(call)->over && call->message.p);
    live_of(call)->over = true;
}

static void on_cancelled(void *user, tn_grpc_call *call, tern_code code)
{
    (void)user;
    (void)code;
    TN_ASSERT(!live_of(call)->over && live_of(call)->announced);
    live_of(call)->over = true;
}

static void on_closed(void *user, tn_grpc_call *call)
{
    world *w = user;
    TN_ASSERT(w->config.h2.server || live_of(call)->over);
    if (w->config.h2.server)
        tn_grpc_slot_free(w->c);
    drop_call(w, live_of(call));
}

static const tn_grpc_events events = {
    .open = on_open,
    .request = on_request,
    .message = on_message,
    .half_closed = on_half_closed,
    .status = on_end,
    .cancelled = on_cancelled,
    .closed = on_closed,
};

/* ---- the peer ---- */

static void feed_frame(world *w, uint8_t type, uint8_t flags, uint32_t stream, const uint8_t *p,
                       size_t n)
{
    uint8_t header[TN_H2_FRAME_HEADER_BYTES];
    tn_h2_frame_header_pack(header, (tn_h2_frame_header){ (uint32_t)n, type, flags, stream });
    tn_grpc_feed(w->c, header, sizeof(header), w->f.clock);
    const size_t cut = n ? next_octet(w) % n : 0;
    tn_grpc_feed(w->c, p, cut, w->f.clock);
    tn_grpc_feed(w->c, p + cut, n - cut, w->f.clock);
}

static void put_string(tn_wr *to, const void *p, size_t n)
{
    (void)(tn_wr_u8(to, (uint8_t)n) && tn_wr_bytes(to, p, n));
}

/* A literal without indexing; value NULL: the one of the list. */
static void put_field(tn_wr *to, size_t i, const uint8_t *value, size_t n)
{
    (void)tn_wr_u8(to, 0);
    put_string(to, fields[i].name, strlen(fields[i].name));
    if (value)
        put_string(to, value, n);
    else
        put_string(to, fields[i].value, strlen(fields[i].value));
}

/* Four for a request or two for a response that are in order, if the input says so, then any. */
static void feed_headers(world *w, uint32_t stream)
{
    uint8_t block[2048];
    tn_wr to = tn_wr_of(block, sizeof(block));
    const uint8_t set = next_octet(w);
    if (set & 1 && w->config.h2.server)
        for (size_t i = 0; i < 4; i++)
            put_field(&to, i, NULL, 0);
    else if (set & 1)
        put_field(&to, 4, NULL, 0);
    if (set & 4)
        put_field(&to, 7, NULL, 0);
    for (uint8_t k = set >> 4; k; k--) {
        const size_t i = next_octet(w) % (sizeof(fields) / sizeof(fields[0]));
        const uint8_t *own = NULL;
        const size_t own_n = next_octet(w) % 64;
        if (own_n < 16)
            (void)tn_rd_bytes(&w->in, own_n, &own);
        put_field(&to, i, own, own_n);
    }
    feed_frame(w, TN_H2_HEADERS, set & 2 ? 5 : 4, stream, block, sizeof(block) - tn_wr_left(&to));
}

static void feed_message(world *w, uint32_t stream)
{
    uint8_t message[5 + 255 * 5] = { 0 };
    const uint32_t n = next_octet(w) * UINT32_C(5);
    const uint8_t how = next_octet(w);
    message[0] = how & 0x80 ? next_octet(w) : 0;
    tn_store32(message + 1, n);
    const size_t whole = 5 + (size_t)n;
    feed_frame(w, TN_H2_DATA, how & 1, stream, message, how & 2 ? next_octet(w) % whole : whole);
}

static void feed_octets(world *w, uint32_t stream)
{
    const uint8_t *p;
    const uint8_t how = next_octet(w);
    if (tn_rd_bytes(&w->in, how >> 1, &p))
        feed_frame(w, TN_H2_DATA, how & 1, stream, p, how >> 1);
}

static void drain_output(world *w)
{
    tern_bytes slices[4];
    for (size_t k; (k = tn_grpc_pull(w->c, slices, 4)) != 0;) {
        size_t n = 0;
        for (size_t i = 0; i < k; i++)
            n += slices[i].n;
        tn_grpc_sent(w->c, n);
    }
}

static void start_call(world *w)
{
    live *l = add_call(w);
    if (!l)
        return;
    const uint8_t budget = next_octet(w);
    const tn_grpc_request request = {
        .path = TERN_STR("/p.S/M"),
        .deadline = budget & 1 ? w->f.clock + budget * UINT64_C(100000) : UINT64_MAX,
    };
    if (tn_grpc_start(w->c, &l->call, &request) != TERN_OK)
        drop_call(w, l);
}

static void step(world *w)
{
    uint8_t code[4] = { 0 };
    const uint8_t what = next_octet(w);
    const uint32_t stream = 1 + 2 * (uint32_t)(what >> 5);
    live *l = w->calls;
    switch (what & 15) {
    case 0:
    case 1:
    case 2: feed_headers(w, stream); break;
    case 3:
    case 4: feed_message(w, stream); break;
    case 5: feed_octets(w, stream); break;
    case 6:
        code[3] = next_octet(w) & 15;
        feed_frame(w, TN_H2_RST_STREAM, 0, stream, code, 4);
        break;
    case 7:
        code[1] = next_octet(w);
        feed_frame(w, TN_H2_WINDOW_UPDATE, 0, what & 16 ? stream : 0, code, 4);
        break;
    case 8:
        w->f.clock += next_octet(w) * UINT64_C(100000);
        tn_grpc_tick(w->c, w->f.clock);
        break;
    case 9: drain_output(w); break;
    case 10:
        if (!w->config.h2.server)
            start_call(w);
        break;
    default:
        for (uint32_t k = stream; l && l->next && k > 1; k--)
            l = l->next;
        if (l)
            act(w, l);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    world w = { .in = tn_rd_of(p, n) };
    const uint8_t first = next_octet(&w);
    tn_failing_env_init(&w.f);
    w.f.fail_at = first >> 1;
    w.config = (tn_grpc_config){ .h2.server = first & 1, .max_recv_bytes = 1000 };
    w.c = tn_grpc_new(&w.f.env, &w.config, &events, &w, w.f.clock);
    if (!w.c)
        return 0;
    if (w.config.h2.server)
        tn_grpc_feed(w.c, (const uint8_t *)TN_H2_PREFACE, TN_H2_PREFACE_BYTES, w.f.clock);
    feed_frame(&w, TN_H2_SETTINGS, 0, 0, NULL, 0);
    while (tn_rd_left(&w.in))
        step(&w);
    tn_grpc_lost(w.c, "end");
    TN_ASSERT(!w.calls);
    tn_grpc_free(w.c);
    TN_ASSERT(w.f.live_blocks == 0);
    return 0;
}
