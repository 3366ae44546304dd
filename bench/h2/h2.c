/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2.c: an HTTP/2 server connection in memory: HEADERS and DATA in, HEADERS, DATA and trailers out; and
 * both ends of a bulk stream.
 */
#include "server.h"

#include "h2/conn.h"
#include "h2/frame.h"
#include <stdlib.h>
#include <string.h>

/* ---- unary ---- */

typedef struct unary {
    bench_client client;
    tn_h2_conn *c;
    tn_h2_stream streams[BENCH_TURN];
    tn_h2_stream *idle[BENCH_TURN];
    uint32_t idle_n, turn, closed;
    tn_h2_config config;
} unary;

static tn_h2_stream *on_open(void *user)
{
    unary *u = user;
    tn_h2_stream *s = u->idle[--u->idle_n];
    memset(s, 0, sizeof *s);
    return s;
}

static void on_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                       bool end_stream)
{
    (void)user;
    (void)s;
    (void)end_stream;
    bench_must(block == TN_H2_BLOCK_REQUEST && fields->n >= 7, "a request");
}

static void on_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    unary *u = user;
    static const tn_h2_field headers[] = {
        { .name = TERN_STR_INIT(":status"),
          .value = TERN_STR_INIT("200"),
          .token = TN_H2_TOKEN_STATUS },
        { .name = TERN_STR_INIT("content-type"),
          .value = TERN_STR_INIT("application/grpc"),
          .token = TN_H2_TOKEN_CONTENT_TYPE },
    };
    static const tn_h2_field trailers[] = {
        { .name = TERN_STR_INIT("grpc-status"),
          .value = TERN_STR_INIT("0"),
          .token = TN_H2_TOKEN_GRPC_STATUS },
    };
    bench_must(end_stream, "END_STREAM");
    tn_h2_consume(u->c, s, n);
    bench_must(tn_h2_send_headers(u->c, s, headers, 2, false) == TERN_OK &&
                   tn_h2_send_bytes(u->c, s, p, n, false) == TERN_OK &&
                   tn_h2_send_trailers(u->c, s, trailers, 1) == TERN_OK,
               "an answer");
}

static void on_writable(void *user, tn_h2_stream *s)
{
    (void)user;
    (void)s;
}

static void on_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    unary *u = user;
    (void)code;
    bench_must(how == TN_H2_CLOSED_DONE, "an orderly end");
    u->idle[u->idle_n++] = s;
    u->closed++;
    tn_h2_slot_free(u->c);
}

static void on_settings(void *user)
{
    (void)user;
}

static const tn_h2_events events = {
    .open = on_open,
    .headers = on_headers,
    .data = on_data,
    .writable = on_writable,
    .closed = on_closed,
    .settings = on_settings,
};

/* All that there is to send, in one go: what one sendmsg takes. */
static void send_all(tn_h2_conn *c)
{
    tern_bytes slices[8];
    const size_t n = tn_h2_pull(c, slices, 8);
    bench_must(n == 1, "one run of bytes a turn");
    tn_h2_sent(c, slices[0].n);
    bench_must(!tn_h2_has_output(c), "one write a turn");
}

static void unary_run(void *state, uint32_t n)
{
    unary *u = state;
    for (uint32_t done = 0; done < n; done += BENCH_TURN) {
        const tern_bytes in = bench_client_turn(&u->client, u->turn++);
        const uint32_t before = u->closed;
        tn_h2_feed(u->c, in.p, in.n, 0);
        send_all(u->c);
        bench_must(u->closed == before + BENCH_TURN, "every call");
    }
}

static void *unary_make(const tern_env *env, int kind)
{
    unary *u = calloc(1, sizeof *u);
    bench_must(u != NULL, "memory");
    static const uint8_t data[] = { 0, 0, 0, 0, 7, 0x0a, 5, 'w', 'o', 'r', 'l', 'd' };
    bench_client_make(&u->client, env, (bench_request)kind, data, sizeof data);
    for (uint32_t i = 0; i < BENCH_TURN; i++)
        u->idle[u->idle_n++] = &u->streams[i];
    u->config = (tn_h2_config){ .server = true, .max_concurrent_streams = BENCH_TURN };
    u->c = tn_h2_new(env, &u->config, &events, u, 0);
    bench_must(u->c != NULL, "memory");
    tn_h2_feed(u->c, tn_buf_data(&u->client.hello), tn_buf_len(&u->client.hello), 0);
    send_all(u->c);
    unary_run(u, u->client.count * BENCH_TURN);
    return u;
}

static void unary_drop(void *state)
{
    unary *u = state;
    bench_must(tn_h2_status(u->c) == TN_H2_OPEN, "a connection in order");
    tn_h2_lost(u->c);
    tn_h2_free(u->c);
    bench_client_drop(&u->client);
    free(u);
}

/* ---- bulk: large DATA goes out from its chunk ---- */

enum { BULK_CHUNK = 1 << 20, BULK_KEPT = 4 };

typedef struct bulk {
    tn_h2_conn *c;
    tn_h2_stream stream;
    tn_h2_config config;
    tn_chunk *chunk;
    uint64_t own; /* octets of output that lay outside of the chunk */
} bulk;

static tn_h2_stream *bulk_open(void *user)
{
    bulk *b = user;
    memset(&b->stream, 0, sizeof b->stream);
    return &b->stream;
}

static void bulk_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                         bool end_stream)
{
    bulk *b = user;
    (void)block;
    (void)fields;
    (void)end_stream;
    static const tn_h2_field headers[] = { { .name = TERN_STR_INIT(":status"),
                                             .value = TERN_STR_INIT("200"),
                                             .token = TN_H2_TOKEN_STATUS } };
    bench_must(tn_h2_send_headers(b->c, s, headers, 1, false) == TERN_OK, "a response");
}

static void bulk_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    (void)user;
    (void)s;
    (void)p;
    (void)n;
    (void)end_stream;
}

static void bulk_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    bulk *b = user;
    (void)s;
    (void)how;
    (void)code;
    tn_h2_slot_free(b->c);
}

static const tn_h2_events bulk_events = {
    .open = bulk_open,
    .headers = bulk_headers,
    .data = bulk_data,
    .writable = on_writable,
    .closed = bulk_closed,
    .settings = on_settings,
};

static void bulk_send_all(bulk *b)
{
    tern_bytes slices[64];
    const uint8_t *data = b->chunk->data;
    for (size_t n; (n = tn_h2_pull(b->c, slices, 64)) != 0;) {
        size_t total = 0;
        for (size_t i = 0; i < n; i++) {
            total += slices[i].n;
            if (slices[i].p < data || slices[i].p >= data + b->chunk->cap)
                b->own += slices[i].n;
        }
        tn_h2_sent(b->c, total);
    }
}

static void bulk_run(void *state, uint32_t n)
{
    bulk *b = state;
    const uint64_t own = b->own;
    for (uint32_t i = 0; i < n; i++) {
        /* The peer gives both windows back. */
        uint8_t windows[2 * 13] = { 0, 0, 4, TN_H2_WINDOW_UPDATE, 0, 0, 0, 0, 0, 0, 0x10, 0, 0,
                                    0, 0, 4, TN_H2_WINDOW_UPDATE, 0, 0, 0, 0, 1, 0, 0x10, 0, 0 };
        b->chunk->off = 0; /* what was sent has gone from its front */
        b->chunk->n = BULK_CHUNK;
        bench_must(tn_h2_send_data(b->c, &b->stream, tn_chunk_ref(b->chunk), false) == TERN_OK,
                   "a message");
        bulk_send_all(b);
        bench_must(tn_h2_queued(&b->stream) == 0, "all of it");
        tn_h2_feed(b->c, windows, sizeof windows, 0);
    }
    /* Frame headers, and now and then the end of a chunk that is shorter than its header is dear. */
    bench_must(b->own - own <= (uint64_t)n * (BULK_CHUNK / 256), "DATA by reference");
}

static void *bulk_make(const tern_env *env, int unused)
{
    (void)unused;
    bulk *b = calloc(1, sizeof *b);
    bench_must(b != NULL, "memory");
    b->config = (tn_h2_config){ .server = true };
    b->c = tn_h2_new(env, &b->config, &bulk_events, b, 0);
    b->chunk = tn_chunk_new(env, 0, BULK_CHUNK);
    bench_must(b->c && b->chunk, "memory");
    memset(b->chunk->data, 0x5a, BULK_CHUNK);
    bench_client client;
    bench_client_make(&client, env, BENCH_REPEATED, "", 0);
    tn_h2_feed(b->c, tn_buf_data(&client.hello), tn_buf_len(&client.hello), 0);
    /* The first call's HEADERS, up to the DATA frame, and a window to send in. */
    const tern_bytes turn = bench_client_turn(&client, 0);
    const size_t headers = 9 + ((size_t)turn.p[0] << 16 | (size_t)turn.p[1] << 8 | turn.p[2]);
    tn_h2_feed(b->c, turn.p, headers, 0);
    static const uint8_t window[] = { 0, 0, 4, TN_H2_WINDOW_UPDATE, 0, 0, 0, 0, 1, 0x7f, 0, 0, 0 };
    tn_h2_feed(b->c, window, sizeof window, 0);
    bulk_send_all(b);
    bench_client_drop(&client);
    bulk_run(b, BULK_KEPT);
    return b;
}

static void bulk_drop(void *state)
{
    bulk *b = state;
    bench_must(tn_h2_status(b->c) == TN_H2_OPEN, "a connection in order");
    tn_h2_lost(b->c);
    tn_h2_free(b->c);
    tn_chunk_unref(b->chunk);
    free(b);
}

#define UNARY .unit = "call", .make = unary_make, .run = unary_run, .drop = unary_drop

const bench_case bench_h2[] = {
    { .name = "h2-unary",
      .most_instructions = 2650,
      .most_ns = 250,
      .variant = BENCH_REPEATED,
      UNARY },
    { .name = "h2-unary-trace-id", .variant = BENCH_TRACE_ID, UNARY },
    { .name = "h2-unary-traceparent", .variant = BENCH_TRACEPARENT, UNARY },
    { .name = "h2-unary-plain-path", .variant = BENCH_PLAIN_PATH, UNARY },
    { .name = "h2-send-1-mib",
      .unit = "message",
      .make = bulk_make,
      .run = bulk_run,
      .drop = bulk_drop },
    { 0 },
};
