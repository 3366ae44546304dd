/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h: what is measured of the transport alone: no sockets, both ends in memory.
 *
 * A case is made once, then run for as many units (blocks, calls, messages) as the clock needs; the
 * first run is for warmth. `run` is where callgrind counts (bench/h2/run --instructions).
 */
#ifndef BENCH_H2_BENCH_H
#define BENCH_H2_BENCH_H

#include "base/env.h"
#include "h2/hpack.h"

typedef struct bench_case {
    const char *name;
    const char *unit;           /* what one is of */
    unsigned most_ns;           /* the target; 0: none */
    unsigned most_instructions; /* a quarter above what it took when that was met; 0: none */
    void *(*make)(const tern_env *env, int variant); /* owned */
    void (*run)(void *state, uint32_t n);
    void (*drop)(void *state);
    int variant;
} bench_case;

/* Ends of an array that has an empty case last. */
extern const bench_case bench_hpack[], bench_h2[], bench_grpc[];

/* Request header blocks as gRPC clients send them, and how they differ from call to call. */
typedef enum bench_request {
    BENCH_REPEATED,    /* not at all */
    BENCH_TRACE_ID,    /* grpc-timeout, and a trace id of 16 bytes in hexadecimal */
    BENCH_TRACEPARENT, /* grpc-timeout, and the 55 octets of W3C's traceparent */
    BENCH_PLAIN_PATH   /* not at all; the path is a literal each time, as nghttp2 sends it */
} bench_request;

enum { BENCH_FIELDS = 12, BENCH_VALUES = 64 };

typedef struct bench_fields {
    tn_h2_field p[BENCH_FIELDS];
    size_t n;
    char timeout[16], trace[64];
} bench_fields;

/* The fields of call number i. */
void bench_request_fields(bench_fields *f, bench_request kind, uint32_t i);

/* Fails the program: what is measured did not happen. */
void bench_must(bool holds, const char *what);

#endif
