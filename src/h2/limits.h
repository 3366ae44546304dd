/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h: every bound of a connection that is not an option, each with what it stops.
 *
 * What the layer above may choose (streams, header list, windows, timeouts) is in tn_h2_config.
 */
#ifndef TN_H2_LIMITS_H
#define TN_H2_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    /* CONTINUATION frames of one block. A block without an end (CVE-2024-27316 and its kin). */
    TN_H2_MAX_CONTINUATIONS = 8,
    /* Encoded block over max_header_list_bytes: more cannot become a list that is taken. Same. */
    TN_H2_BLOCK_FACTOR = 2,
    /* Decoded list over max_header_list_bytes, up to which it is read on for the table's sake; above,
     * the connection ends: an octet or two can name, and insert, kilobytes (CVE-2026-49975). */
    TN_H2_LIST_FACTOR = 4,
    /* Fields of one block, whatever max_header_fields says: they lie on the stack. Same. */
    TN_H2_MAX_FIELDS = 256,
    /* 1xx blocks of one response: a server that never comes to the point. */
    TN_H2_MAX_INFORMATIONAL = 8,
    /* Entries of one SETTINGS frame: work without end for one ACK. */
    TN_H2_MAX_SETTINGS = 32,

    /* Answers owed and unread before input is no longer wanted: floods of PING, SETTINGS and frames
     * that are answered by RST_STREAM (CVE-2019-9512, -9514, -9515). */
    TN_H2_MAX_OWED = 64,

    /* Frames that are legal, bring nothing and cost us time: PRIORITY, unknown types, empty DATA,
     * SETTINGS again, needless ACKs (CVE-2019-9513, -9515, -9518); and those that make us reset a
     * stream (CVE-2025-8671). A burst, and so many a second. */
    TN_H2_GLITCH_BURST = 1000,
    TN_H2_GLITCHES_PER_SECOND = 100,

    /* Octets prepared for the transport. What does not fit waits in its stream, where the layer above
     * sees it: a peer that does not read costs no more (CVE-2019-9517). */
    TN_H2_MAX_OUTPUT = 256 * 1024,
    /* Marks of the `writable` event, octets queued in a stream. */
    TN_H2_HIGH_WATER = 64 * 1024,
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

/* Our dynamic table for sending, whatever the peer offers (CVE-2016-1544 the other way round). */
#define TN_H2_ENCODER_TABLE 4096u

#define TN_H2_SECOND UINT64_C(1000000000)
/* Between the two GOAWAY frames of a drain, if the PING between them is not answered. */
#define TN_H2_DRAIN_WAIT (5 * TN_H2_SECOND)
/* Without output so long, buffers are given back. */
#define TN_H2_TRIM_AFTER (1 * TN_H2_SECOND)
/* A client drains from this stream id on: three quarters of 2^31 (RFC 9113 5.1.1: ids run out). */
#define TN_H2_LAST_CLIENT_ID 0x60000001u

/* A bucket of tokens: `burst` at first, refilled by so many a second. */
typedef struct tn_h2_bucket {
    uint32_t left;
    uint64_t filled; /* ns: up to when refills are in */
} tn_h2_bucket;

/* Takes one token; false: there is none. */
static inline bool tn_h2_bucket_take(tn_h2_bucket *b, uint32_t burst, uint32_t per_second,
                                     uint64_t now)
{
    const uint64_t step = TN_H2_SECOND / per_second;
    const uint64_t come = now > b->filled ? (now - b->filled) / step : 0;
    if (come) {
        b->left = come > burst - b->left ? burst : b->left + (uint32_t)come;
        b->filled += come * step;
    }
    if (b->left == 0)
        return false;
    b->left--;
    return true;
}

#endif
