/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2.c: an HTTP/2 connection of either role against any peer, under an application that answers,
 * resets, drains and forgets as the input says. Every stream is closed exactly once and nothing comes
 * after; what goes out are frames; what is due after a tick lies ahead; memory comes back.
 *
 * The input is fuzz_both's; the first choices: the role and the configuration, memory.
 */
#include "fuzz.h"
#include "h2/conn.h"

typedef struct call {
    tn_h2_stream s; /* first */
    struct call *next;
    size_t unread;
    bool ended; /* the peer's side */
} call;

typedef struct world {
    fuzz_in in;
    tn_failing_env f;
    tn_h2_config config;
    tn_h2_conn *c;
    call *calls;
    uint32_t slots; /* kept though the stream is closed */
    uint32_t acts;  /* an input of one size does so much */
    /* output */
    uint8_t header[TN_H2_FRAME_HEADER_BYTES];
    size_t header_n, skip;
} world;

enum { MOST_ACTS = 200 };

#define FIELD(name_, value_)                                                                       \
    {                                                                                              \
        .name = TERN_STR_INIT(name_), .value = TERN_STR_INIT(value_)                               \
    }
static const tn_h2_field request[] = { FIELD(":method", "POST"), FIELD(":scheme", "http"),
                                       FIELD(":path", "/a"), FIELD("x", "y") };
static const tn_h2_field response[] = { FIELD(":status", "200"), FIELD("a-bin", "AAA") };
static const tn_h2_field early[] = { FIELD(":status", "103") };
static const tn_h2_field trailers[] = { FIELD("grpc-status", "0") };

/* ---- the application ---- */

static bool is_live(const world *w, const call *k)
{
    const call *at = w->calls;
    while (at && at != k)
        at = at->next;
    return at != NULL;
}

static call *add_call(world *w)
{
    call *k = tn_zalloc(&w->f.env, sizeof(*k));
    if (k) {
        k->next = w->calls;
        w->calls = k;
    }
    return k;
}

static void drop_call(world *w, call *k)
{
    call **at = &w->calls;
    while (*at && *at != k)
        at = &(*at)->next;
    fuzz_check(*at == k);
    *at = k->next;
    tn_free(&w->f.env, k, sizeof(*k));
}

static void send_data(world *w, call *k, uint8_t how)
{
    static const uint8_t zeros[70000];
    const size_t n = how & 1 ? fuzz_u8(&w->in) * (size_t)270 : fuzz_u8(&w->in);
    if (how & 2) {
        (void)tn_h2_send_bytes(w->c, &k->s, zeros, n, (how & 12) == 12);
        return;
    }
    tn_chunk *chunk = tn_chunk_new(&w->f.env, how & 1 ? 9 : 0, n ? n : 1);
    if (!chunk)
        return;
    chunk->n = n;
    memset(tn_chunk_bytes(chunk), 1, n);
    (void)tn_h2_send_data(w->c, &k->s, chunk, n == 0 || (how & 12) == 12);
}

static void consume(world *w, call *k, size_t n)
{
    k->unread -= n;
    tn_h2_consume(w->c, &k->s, n);
}

/* One act on a call; after it the call may be gone. */
static void act(world *w, call *k)
{
    const uint8_t how = fuzz_u8(&w->in);
    if (++w->acts > MOST_ACTS)
        return;
    switch (how & 15) {
    case 0:
    case 1:
        if (w->config.server)
            (void)tn_h2_send_headers(w->c, &k->s, response, 2, how >> 6 == 3);
        break;
    case 2:
        if (w->config.server)
            (void)tn_h2_send_headers(w->c, &k->s, early, 1, false);
        break;
    case 3:
    case 4:
    case 5: send_data(w, k, how >> 4); break;
    case 6: (void)tn_h2_send_trailers(w->c, &k->s, trailers, 1); break;
    case 7:
    case 8: consume(w, k, k->unread); break;
    case 9: consume(w, k, k->unread / 2); break;
    case 10:
        tn_h2_reset(w->c, &k->s, how >> 4);
        fuzz_check(!is_live(w, k));
        break;
    case 11: tn_h2_ping(w->c, how); break;
    case 12:
        if (how >> 4 == 1)
            tn_h2_drain(w->c, w->f.clock);
        else if (how >> 4 == 2)
            tn_h2_abort(w->c, TN_H2_INTERNAL_ERROR, "fuzz");
        break;
    default: break;
    }
}

/* Acts at an event: one to four, as long as there is a call. */
static void acts(world *w, call *k)
{
    for (uint8_t more = fuzz_u8(&w->in) & 3;; more--) {
        act(w, k);
        if (!more || !is_live(w, k))
            return;
    }
}

static tn_h2_stream *on_open(void *user)
{
    world *w = user;
    fuzz_check(w->config.server);
    call *k = add_call(w);
    return k ? &k->s : NULL;
}

static void on_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                       bool end_stream)
{
    world *w = user;
    call *k = (call *)(void *)s;
    fuzz_check(is_live(w, k) && !k->ended && (!fields->too_large || fields->n == 0));
    fuzz_check((block == TN_H2_BLOCK_REQUEST) <= w->config.server);
    for (size_t i = 0; i < fields->n; i++)
        fuzz_check(fields->p[i].name.n && !(fields->p[i].flags & TN_H2_FIELD_BAD));
    k->ended = end_stream;
    acts(w, k);
}

static void on_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    world *w = user;
    call *k = (call *)(void *)s;
    volatile uint8_t last = n ? p[n - 1] : 0;
    (void)last;
    fuzz_check(is_live(w, k) && !k->ended && (n || end_stream));
    k->ended = end_stream;
    k->unread += n;
    acts(w, k);
}

static void on_writable(void *user, tn_h2_stream *s)
{
    world *w = user;
    fuzz_check(is_live(w, (call *)(void *)s) && tn_h2_queued(s) < 32 * 1024);
    acts(w, (call *)(void *)s);
}

static void on_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    world *w = user;
    (void)code;
    fuzz_check(how <= TN_H2_CLOSED_LOST && tn_h2_queued(s) == 0);
    drop_call(w, (call *)(void *)s);
    if (!w->config.server)
        return;
    if (fuzz_u8(&w->in) & 1)
        w->slots++;
    else
        tn_h2_slot_free(w->c);
}

static void open_stream(world *w)
{
    const uint8_t how = fuzz_u8(&w->in);
    const bool can = tn_h2_can_open(w->c);
    call *k = w->config.server || !(how & 7) ? NULL : add_call(w);
    if (!k)
        return;
    const tern_code code = tn_h2_open(w->c, &k->s, request, 3 + (how >> 5 & 1), how & 8);
    fuzz_check(can ? code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED
                   : code == TERN_AGAIN || code == TERN_UNAVAILABLE);
    if (code != TERN_OK)
        drop_call(w, k);
}

static void on_settings(void *user)
{
    open_stream(user);
}

static void on_goaway(void *user, uint32_t code, tern_bytes debug)
{
    (void)code;
    (void)debug;
    open_stream(user);
}

static void on_ping_ack(void *user, uint64_t opaque)
{
    (void)user;
    (void)opaque;
}

/* ---- the transport ---- */

/* What goes out is the preface, if it is ours, and frames that any peer takes. */
static void read_output(world *w, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (w->skip) {
            const size_t k = w->skip < n - i ? w->skip : n - i;
            w->skip -= k;
            i += k;
            continue;
        }
        w->header[w->header_n++] = p[i++];
        if (w->header_n < TN_H2_FRAME_HEADER_BYTES)
            continue;
        const tn_h2_frame_header h = tn_h2_frame_header_unpack(w->header);
        fuzz_check(h.type < TN_H2_FRAME_TYPES && h.type != TN_H2_PUSH_PROMISE);
        fuzz_check(tn_h2_frame_check(h, TN_H2_MIN_FRAME_SIZE).code == TN_H2_NO_ERROR);
        w->header_n = 0;
        w->skip = h.length;
    }
}

/* A part of the output, in some slices, goes. */
static void write_some(world *w, uint8_t how)
{
    tern_bytes slices[5];
    const bool any = tn_h2_has_output(w->c);
    const size_t k = tn_h2_pull(w->c, slices, 1 + how % 5);
    fuzz_check(any <= (k > 0) || tn_h2_status(w->c) == TN_H2_ENDED);
    size_t n = 0;
    for (size_t i = 0; i < k; i++) {
        fuzz_check(slices[i].n > 0);
        const size_t part = i + 1 == k && how & 0x40 ? slices[i].n / 2 : slices[i].n;
        read_output(w, slices[i].p, part);
        n += part;
    }
    tn_h2_sent(w->c, n);
}

static void tick(world *w)
{
    w->f.clock += fuzz_u8(&w->in) * UINT64_C(50000000);
    tn_h2_tick(w->c, w->f.clock);
    fuzz_check(tn_h2_next_timeout(w->c) > w->f.clock);
}

/* What happens between two pieces. */
static void turn(world *w)
{
    const uint8_t what = fuzz_u8(&w->in);
    if (what & 1)
        write_some(w, what);
    if ((what & 6) == 6)
        tick(w);
    if (what & 8)
        open_stream(w);
    call *k = w->calls;
    for (uint8_t i = what >> 5; k && k->next && i; i--)
        k = k->next;
    if (what & 16 && k)
        acts(w, k);
    for (; what & 2 && w->slots; w->slots--)
        tn_h2_slot_free(w->c);
}

static void run(world *w)
{
    static uint8_t out[FUZZ_PIECE];
    for (size_t n; (n = fuzz_wire(&w->in, out)) != 0;) {
        for (size_t at = 0; at < n;) {
            const uint8_t how = fuzz_u8(&w->in);
            const size_t most = how & 1 || w->acts > MOST_ACTS ? n : 1 + (how >> 1) + n / 64;
            const size_t piece = most < n - at ? most : n - at;
            uint8_t *copy = fuzz_copy(out + at, piece);
            tn_h2_feed(w->c, copy, piece, w->f.clock);
            fuzz_copy_free(copy, piece);
            at += piece;
            turn(w);
        }
    }
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

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char preface[] = TN_H2_PREFACE "\0\0\0\4\0\0\0\0\0";
    world w = { .in = fuzz_both(p, n) };
    const uint8_t how = fuzz_u8(&w.in);
    w.config = (tn_h2_config){ .server = how & 1,
                               .max_concurrent_streams = how >> 4 & 3,
                               .stream_window = how & 4 ? 100 : 0,
                               .max_header_list_bytes = how & 8 ? 300 : 0,
                               .parked_streams = how >> 6 };
    fuzz_env(&w.f, fuzz_u8(&w.in));
    w.in.server = how & 1;
    w.skip = w.config.server ? 0 : TN_H2_PREFACE_BYTES;
    w.c = tn_h2_new(&w.f.env, &w.config, &events, &w, w.f.clock);
    if (!w.c)
        return 0;
    const size_t skip = w.config.server ? 0 : TN_H2_PREFACE_BYTES;
    if (how & 2)
        tn_h2_feed(w.c, (const uint8_t *)preface + skip, sizeof(preface) - 1 - skip, w.f.clock);
    run(&w);
    tn_h2_lost(w.c);
    fuzz_check(!w.calls);
    tn_h2_free(w.c);
    fuzz_check(w.f.live_blocks == 0);
    return 0;
}
