/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h: every bound of a connection, each with what it stops; and the buckets that count.
 *
 * The bounds that face an attack are the rows of limits.inc; what a configuration may change names it.
 * Below them are sizes that only weigh memory against work.
 */
#ifndef TN_H2_LIMITS_H
#define TN_H2_LIMITS_H

#include "h2/error.h"

/* The values: TN_H2_RESETS and so on. */
enum {
#define LIMIT(id, value, unit, per_second, code, debug, attack, response) TN_H2_##id = (value),
#include "h2/limits.inc"
#undef LIMIT
    /* Fields of one block, whatever max_header_fields says: they lie on the stack. */
    TN_H2_MAX_FIELDS = 256,
    /* The `writable` event comes below it, octets queued in a stream. */
    TN_H2_LOW_WATER = 32 * 1024,
    /* DATA up to here is copied beside its frame header; above, it is sent from its chunk. */
    TN_H2_COPY_MAX = 2048,
    /* The largest DATA frame sent, whatever the peer allows: turns between streams stay short. */
    TN_H2_SEND_FRAME = 16384,
    /* Memory kept for the next partial frame or block. */
    TN_H2_KEEP_INPUT = 1024,
    /* Streams whose end is remembered, to tell a peer's error from frames in flight. */
    TN_H2_PAST_STREAMS = 256
};

/* Our dynamic table for sending, whatever the peer offers. */
#define TN_H2_ENCODER_TABLE ((uint32_t)TN_H2_HPACK_TABLE)

#define TN_H2_SECOND UINT64_C(1000000000)
/* Between the two GOAWAY frames of a drain, if the PING between them is not answered. */
#define TN_H2_DRAIN_WAIT (5 * TN_H2_SECOND)
/* Without output so long, buffers are given back. */
#define TN_H2_TRIM_AFTER (1 * TN_H2_SECOND)
/* A client drains from this stream id on: three quarters of 2^31 (RFC 9113 5.1.1: ids run out). */
#define TN_H2_LAST_CLIENT_ID 0x60000001u

/* ---- the rows ---- */

typedef enum tn_h2_limit {
#define LIMIT(id, value, unit, per_second, code, debug, attack, response) TN_H2_LIMIT_##id,
#include "h2/limits.inc"
#undef LIMIT
    TN_H2_LIMITS
} tn_h2_limit;

/* The rows up to here are buckets. */
#define TN_H2_BUCKETS (TN_H2_LIMIT_SETTINGS_FRAMES + 1)

typedef struct tn_h2_limit_row {
    const char *name; /* "RESETS" */
    uint32_t value;
    const char *unit;
    uint32_t per_second;  /* of a bucket; else 0 */
    tn_h2_code code;      /* NO_ERROR: nothing is ended by it */
    const char *debug;    /* of the GOAWAY; NULL: the connection goes on */
    const char *attack;   /* and its CVE */
    const char *response; /* what is counted, and what happens above */
} tn_h2_limit_row;

extern const tn_h2_limit_row tn_h2_limit_rows[TN_H2_LIMITS];

/* The connection error of a row that has a debug text. */
tn_h2_error tn_h2_limit_error(tn_h2_limit limit);

/* ---- buckets ---- */

/* A bucket of tokens: zeroed it is full. */
typedef struct tn_h2_bucket {
    uint32_t spent;
    uint64_t filled; /* ns: up to when refills are in */
} tn_h2_bucket;

/* Takes one token; false: there is none. */
bool tn_h2_bucket_take(tn_h2_bucket *b, uint32_t burst, uint32_t per_second, uint64_t now);

#endif
