/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.c: a gRPC server connection in memory: whole unary calls, without protobuf and threads. */
#include "server.h"

#include "base/arena.h"
#include "grpc/grpc.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST = 512 }; /* bytes of arena that come with a call */

typedef struct call {
    tn_grpc_call grpc; /* first */
    tn_chunk *request, *spare;
    tern_arena arena;
    _Alignas(max_align_t) uint8_t first[FIRST];
} call;

typedef struct server {
    bench_client client;
    tn_grpc_conn *c;
    tn_grpc_config config;
    call calls[BENCH_TURN];
    call *idle[BENCH_TURN];
    uint32_t idle_n, turn, closed;
} server;

static tn_grpc_call *on_open(void *user)
{
    server *s = user;
    call *k = s->idle[--s->idle_n];
    memset(&k->grpc, 0, sizeof k->grpc);
    k->request = NULL;
    k->grpc.arena = &k->arena;
    k->grpc.spare = k->spare;
    k->spare = NULL;
    return &k->grpc;
}

static void on_request(void *user, tn_grpc_call *grpc)
{
    (void)user;
    bench_must(grpc->path.n == 28, "a path");
}

static void on_message(void *user, tn_grpc_call *grpc, tn_chunk *chunk)
{
    (void)user;
    tn_grpc_consume(grpc, chunk->n);
    ((call *)grpc)->request = tn_chunk_ref(chunk);
    tn_chunk_unref(((call *)grpc)->spare);
    ((call *)grpc)->spare = chunk;
}

/* The request goes back as it came. */
static void on_half_closed(void *user, tn_grpc_call *grpc)
{
    (void)user;
    call *k = (call *)grpc;
    bench_must(tn_grpc_send_headers(grpc, NULL) == TERN_OK &&
                   tn_grpc_send_message(grpc, k->request, false) == TERN_OK &&
                   tn_grpc_finish(grpc, TERN_OK, (tern_str){ 0 }, NULL) == TERN_OK,
               "an answer");
}

static void on_closed(void *user, tn_grpc_call *grpc)
{
    server *s = user;
    call *k = (call *)grpc;
    tn_arena_reset(&k->arena, 8192);
    s->idle[s->idle_n++] = k;
    s->closed++;
    tn_grpc_slot_free(s->c);
}

static void on_cancelled(void *user, tn_grpc_call *grpc, tern_code code)
{
    (void)user;
    (void)grpc;
    (void)code;
    bench_must(false, "no cancelled call");
}

static const tn_grpc_events events = {
    .open = on_open,
    .request = on_request,
    .message = on_message,
    .half_closed = on_half_closed,
    .cancelled = on_cancelled,
    .closed = on_closed,
};

static void send_all(tn_grpc_conn *c)
{
    tern_bytes slices[8];
    const size_t n = tn_grpc_pull(c, slices, 8);
    bench_must(n == 1, "one run of bytes a turn");
    tn_grpc_sent(c, slices[0].n);
}

static void unary_run(void *state, uint32_t n)
{
    server *s = state;
    for (uint32_t done = 0; done < n; done += BENCH_TURN) {
        const tern_bytes in = bench_client_turn(&s->client, s->turn++);
        const uint32_t before = s->closed;
        tn_grpc_feed(s->c, in.p, in.n, 0);
        send_all(s->c);
        bench_must(s->closed == before + BENCH_TURN, "every call");
    }
}

static void *unary_make(const tern_env *env, int kind)
{
    server *s = calloc(1, sizeof *s);
    bench_must(s != NULL, "memory");
    static const uint8_t data[] = { 0, 0, 0, 0, 7, 0x0a, 5, 'w', 'o', 'r', 'l', 'd' };
    bench_client_make(&s->client, env, (bench_request)kind, data, sizeof data);
    for (uint32_t i = 0; i < BENCH_TURN; i++) {
        tn_arena_init(&s->calls[i].arena, env, s->calls[i].first, FIRST);
        s->idle[s->idle_n++] = &s->calls[i];
    }
    s->config.h2 = (tn_h2_config){ .server = true, .max_concurrent_streams = BENCH_TURN };
    s->c = tn_grpc_new(env, &s->config, &events, s, 0);
    bench_must(s->c != NULL, "memory");
    tn_grpc_feed(s->c, tn_buf_data(&s->client.hello), tn_buf_len(&s->client.hello), 0);
    send_all(s->c);
    unary_run(s, s->client.count * BENCH_TURN);
    return s;
}

static void unary_drop(void *state)
{
    server *s = state;
    tn_grpc_lost(s->c, NULL);
    tn_grpc_free(s->c);
    for (uint32_t i = 0; i < BENCH_TURN; i++)
        tn_arena_fini(&s->calls[i].arena);
    for (uint32_t i = 0; i < BENCH_TURN; i++)
        tn_chunk_unref(s->calls[i].spare);
    bench_client_drop(&s->client);
    free(s);
}

#define UNARY .unit = "call", .make = unary_make, .run = unary_run, .drop = unary_drop

const bench_case bench_grpc[] = {
    { .name = "grpc-unary", .most_instructions = 3900, .variant = BENCH_REPEATED, UNARY },
    { .name = "grpc-unary-trace-id", .variant = BENCH_TRACE_ID, UNARY },
    { .name = "grpc-unary-traceparent", .variant = BENCH_TRACEPARENT, UNARY },
    { 0 },
};
