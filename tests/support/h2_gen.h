/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_gen.h: sequences of HTTP/2 frames from a seed: what a peer could say, and near misses of it.
 *
 * The bytes come in units: a frame, or a header block with all its frames. Most units are valid where
 * they stand; a unit may be bent: type, stream, flags, length, an octet, or a field that a message may not
 * have. Counts stay below every limit of ours, so that only the rules of the RFCs speak.
 */
#ifndef TN_TEST_H2_GEN_H
#define TN_TEST_H2_GEN_H

#include "base/buf.h"
#include "h2/hpack.h"
#include "support/seed.h"

/* What both sides of a comparison must be set to. */
enum { H2_GEN_WINDOW = 1000, H2_GEN_STREAMS = 20 };

typedef struct h2_gen {
    tn_seed seed;
    bool to_server; /* the bytes are a client's; else a server's, to a client with open streams */
    uint32_t bend;  /* one unit in so many is bent; 0: none */
    tn_hpack_encoder hpack;
    struct {
        uint32_t id;
        bool open;  /* may still send DATA */
        bool begun; /* client's view: the response has come */
        uint32_t sent;
    } streams[H2_GEN_STREAMS];
    uint32_t n;
    uint32_t next_id;
    tn_buf unit;
    uint8_t type;    /* of the unit's first frame, as sent */
    uint32_t stream; /* its id */
    bool bent;
    bool spoilt;   /* a header block was: what tables hold from here on is anybody's guess */
    char note[64]; /* how, where fields or lengths were bent; empty otherwise */
} h2_gen;

/* asked: streams 1, 3, ... that the client under test has opened; 0 for a server. */
void h2_gen_init(h2_gen *g, uint64_t seed, bool to_server, uint32_t asked, uint32_t bend);
void h2_gen_free(h2_gen *g);

/* The preface, if it is a client's, SETTINGS and the ACK of the other's, in g->unit. */
void h2_gen_start(h2_gen *g);
/* The next unit, in g->unit. */
void h2_gen_next(h2_gen *g);

#endif
