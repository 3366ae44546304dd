/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h: the client's side of a connection as bytes made beforehand: calls by the hundred, whose
 * stream ids are written in as they go.
 */
#ifndef BENCH_H2_SERVER_H
#define BENCH_H2_SERVER_H

#include "bench.h"

/* Calls a turn of the loop: what one read of a busy socket brings. */
enum { BENCH_TURN = 100 };

typedef struct bench_client {
    tn_buf hello;             /* preface, SETTINGS, its ACK, windows without end */
    tn_buf turns;             /* BENCH_TURN calls in each of `count` */
    size_t end[BENCH_VALUES]; /* of turn i in turns */
    uint32_t count;
    tn_buf ids; /* places of stream ids in turns, size_t each, two a call */
    uint32_t next_id;
} bench_client;

/* Calls with `kind` of request and one DATA frame of these n octets, END_STREAM set. */
void bench_client_make(bench_client *c, const tern_env *env, bench_request kind, const void *data,
                       size_t n);
void bench_client_drop(bench_client *c);
/* Turn i with the next ids. */
tern_bytes bench_client_turn(bench_client *c, uint32_t i);

#endif
