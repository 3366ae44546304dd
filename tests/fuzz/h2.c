/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2.c: a connection of either role is fed any bytes in pieces of any size, with an answer to each
 * request, and keeps its promises: every stream that was opened is closed exactly once, memory comes
 * back, and nothing is read once it has ended.
 *
 * Octet 0: bit 0 the role, bit 1 without preface (server), the rest the size of the pieces.
 */
#include "base/env.h"
#include "h2/conn.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { CLIENT_STREAMS = 3, SECOND = 1000000000 };

typedef struct world {
    tn_failing_env f;
    tn_h2_conn *c;
    tn_h2_stream mine[CLIENT_STREAMS];
    size_t open;
    bool server;
} world;

static const tn_h2_field ok[] = { { .name = TERN_STR_INIT(":status"),
                                    .value = TERN_STR_INIT("200") } };
static const tn_h2_field request[] = {
    { .name = TERN_STR_INIT(":method"), .value = TERN_STR_INIT("POST") },
    { .name = TERN_STR_INIT(":scheme"), .value = TERN_STR_INIT("http") },
    { .name = TERN_STR_INIT(":path"), .value = TERN_STR_INIT("/a") },
};

static tn_h2_stream *on_open(void *user)
{
    world *w = user;
    tn_h2_stream *s = tn_zalloc(&w->f.env, sizeof(*s));
    w->open += s != NULL;
    return s;
}

static void answer(world *w, tn_h2_stream *s)
{
    if (w->server && tn_h2_send_headers(w->c, s, ok, 1, false) == TERN_OK)
        (void)tn_h2_send_bytes(w->c, s, (const uint8_t *)"answer", 6, true);
}

static void on_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                       bool end_stream)
{
    (void)block;
    for (size_t i = 0; i < fields->n; i++)
        if (fields->p[i].name.n == 0)
            __builtin_trap();
    if (end_stream)
        answer(user, s);
}

static void on_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    world *w = user;
    (void)p;
    tn_h2_consume(w->c, s, n);
    if (end_stream)
        answer(w, s);
}

static void on_writable(void *user, tn_h2_stream *s)
{
    (void)user;
    (void)s;
}

static void on_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    world *w = user;
    (void)how;
    (void)code;
    if (w->open-- == 0)
        __builtin_trap();
    if (w->server) {
        tn_free(&w->f.env, s, sizeof(*s));
        tn_h2_slot_free(w->c);
    }
}

static void on_settings(void *user)
{
    world *w = user;
    for (size_t i = 0; !w->server && i < CLIENT_STREAMS; i++)
        if (w->mine[i].id == 0 && tn_h2_open(w->c, &w->mine[i], request, 3, true) == TERN_OK)
            w->open++;
}

static void on_goaway(void *user, uint32_t code, tern_bytes debug)
{
    (void)user;
    (void)code;
    (void)debug;
}

static void on_ping_ack(void *user, uint64_t opaque)
{
    (void)user;
    (void)opaque;
}

static void flush(world *w)
{
    tern_bytes out[8];
    for (size_t k; (k = tn_h2_pull(w->c, out, 8)) != 0;)
        for (size_t i = 0; i < k; i++)
            tn_h2_sent(w->c, out[i].n);
}

static void feed(world *w, const uint8_t *p, size_t n, size_t piece)
{
    for (size_t at = 0; at < n && tn_h2_status(w->c) != TN_H2_ENDED; at += piece) {
        w->f.clock += SECOND / 100;
        tn_h2_feed(w->c, p + at, n - at < piece ? n - at : piece, w->f.clock);
        flush(w);
        if (tn_h2_next_timeout(w->c) <= w->f.clock)
            tn_h2_tick(w->c, w->f.clock);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
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
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    if (n < 1)
        return 0;
    world w = { .server = p[0] & 1 };
    const tn_h2_config config = { .server = w.server };
    tn_failing_env_init(&w.f);
    w.c = tn_h2_new(&w.f.env, &config, &events, &w, w.f.clock);
    if (!w.c)
        return 0;
    if (w.server && !(p[0] & 2))
        feed(&w, (const uint8_t *)preface, sizeof(preface) - 1, sizeof(preface));
    feed(&w, p + 1, n - 1, p[0] >> 2 ? p[0] >> 2 : n);
    tn_h2_lost(w.c);
    tn_h2_free(w.c);
    if (w.open != 0 || w.f.live_blocks != 0)
        __builtin_trap();
    return 0;
}
