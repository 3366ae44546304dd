/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic.h: a gRPC client and server joined in memory, under legitimate load of the hardest kinds.
 *
 * Time is a number that the load moves. What passes is counted frame by frame, so that a GOAWAY or a
 * RST_STREAM that nobody asked for is seen whoever sends it. A breach fails the test at once.
 */
#ifndef TN_TEST_TRAFFIC_H
#define TN_TEST_TRAFFIC_H

#include "grpc/grpc.h"
#include "support/seed.h"

typedef enum traffic_kind {
    TRAFFIC_UNARY,  /* 3 octets there and back */
    TRAFFIC_STREAM, /* `messages` of 3 octets back */
    TRAFFIC_NEVER   /* no answer: the client cancels, or its deadline passes */
} traffic_kind;

/* What passed in one direction. */
typedef struct traffic_wire {
    uint64_t frames, octets;
    uint64_t rst, goaway;
    uint8_t header[9];
    uint32_t header_n, payload_left;
} traffic_wire;

typedef struct traffic_load {
    uint32_t calls;
    uint32_t streams;  /* at once */
    uint32_t messages; /* of each server stream */
    uint32_t window;   /* of the client, or of both with both_windows; 0 = the default */
    bool both_windows;
    uint32_t cancel_every_us; /* a call that is never answered is cancelled so often; 0 = never */
    uint32_t deadline_us;     /* of those calls, at most: every other one passes; 0 = none */
    uint32_t turn_us;         /* how far time goes on each turn */
    bool cut;                 /* bytes come in pieces of any size */
    traffic_kind kind;
} traffic_load;

typedef struct traffic_result {
    uint64_t ok, cancelled, expired, messages;
    uint64_t turns;
    traffic_wire to_server, to_client;
} traffic_result;

/* Runs all calls of the load on one connection, and checks: 0 GOAWAY, 0 RST_STREAM but one for each call
 * that the client gave up, every other call OK with all its messages. */
void traffic_run(const traffic_load *load, uint64_t seed, traffic_result *result);

/* Counts the frames in the next n octets of a direction; they may be cut anywhere. The client's begin with
 * the preface. */
void traffic_look(traffic_wire *w, bool of_client, const uint8_t *p, size_t n);

/* How many calls a test is to make: $TERN_TRAFFIC_CALLS, or so many. */
uint32_t traffic_calls(uint32_t otherwise);

#endif
