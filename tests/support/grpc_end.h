/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc_end.h: one end of a gRPC connection for tests: a tn_grpc_conn whose calls write down what
 * happens to them, to be joined in memory with another end or with a peer made of bytes.
 *
 * A call's memory is freed at `closed`, so that a sanitizer sees who uses it later; what is known
 * of the call stays in its record. A violation of the contract of grpc.h fails the test at once.
 */
#ifndef TN_TEST_GRPC_END_H
#define TN_TEST_GRPC_END_H

#include "grpc/grpc.h"
#include "support/grpc_wire.h"
#include "support/seed.h"

enum { GRPC_END_CALLS = 64 };

typedef struct grpc_end grpc_end;

typedef struct grpc_record {
    grpc_end *end;
    tn_grpc_call *call; /* NULL after `closed` */
    char log[512]; /* events, a word each with a blank behind: "request message:5 half_closed" */
    char path[64], authority[64];
    char headers[512]; /* "key=value|", bytes outside printable ASCII as \xx */
    char trailers[512];
    char message[700]; /* client: of the status */
    char details[64];
    tern_code code; /* client: the status; server: what `cancelled` said */
    tern_origin origin;
    bool may_retry;
    uint64_t deadline;
    uint32_t messages;
    size_t bytes;    /* of all messages */
    uint32_t sum;    /* of their octets, places counted */
    size_t held[64]; /* sizes of messages not consumed, when the end holds */
    uint32_t held_n;
} grpc_record;

struct grpc_end {
    tn_grpc_conn *c;
    tn_grpc_config config;
    const tern_env *env;
    bool hold;   /* messages are not consumed by themselves */
    bool refuse; /* open gives NULL */
    bool poor;   /* the calls' arenas have no memory to give */
    bool lost;
    uint32_t ready, pings;
    grpc_record records[GRPC_END_CALLS];
    uint32_t n;
    /* What a test does at an event of a call, named as in the log; may be NULL. */
    void (*act)(grpc_record *r, const char *event);
    void *user;
};

/* config's other fields are as in e->config. False when there is no memory. */
bool grpc_end_init(grpc_end *e, const tern_env *env, uint64_t now);
/* Loses the connection if the test did not, frees it, and checks that every call was closed. */
void grpc_end_free(grpc_end *e);
void grpc_end_lost(grpc_end *e, const char *cause);

/* A new client call to "/p.S/M". The record's code is what tn_grpc_start said; its call is NULL
 * when that was not OK. */
grpc_record *grpc_start(grpc_end *e, const tern_metadata *metadata, uint64_t deadline);
/* A message of n octets made from its size. */
tern_code grpc_send(grpc_record *r, size_t n, bool last);
/* What grpc_record.sum is after these. */
uint32_t grpc_sum(uint32_t sum, size_t n);
/* Consumes the oldest message held. */
void grpc_consume_one(grpc_record *r);
tern_code grpc_finish(grpc_record *r, tern_code code, const char *message);

/* Two ends and the time. */
typedef struct grpc_pair {
    grpc_end client, server;
    uint64_t now;
    tn_seed seed;
    bool cut;               /* in pieces of random size */
    wire_reader *to_server; /* what passes is read by these, if given */
    wire_reader *to_client;
} grpc_pair;

/* now: f's clock, which the test advances with grpc_pair_tick. Set the configs before. */
bool grpc_pair_init(grpc_pair *p, tn_failing_env *f);
void grpc_pair_free(grpc_pair *p);
/* Moves bytes until there are none. */
void grpc_pump(grpc_pair *p);
/* To the time `now`: both ends tick, then bytes move. */
void grpc_pair_tick(grpc_pair *p, tn_failing_env *f, uint64_t now);

/* One end and bytes: feeds b (emptied) to e, then reads what e has to say with r. */
void grpc_exchange(grpc_end *e, tn_buf *b, wire_reader *r, uint64_t now);

#endif
