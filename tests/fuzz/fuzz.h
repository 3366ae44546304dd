/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h: what the fuzz targets share: checks, and reading an input as a program, as bytes, or both.
 *
 * fuzz_both: octet 0 says how many octets of choices follow (they are used in a circle, so that a
 * short program drives a long connection), the rest is what the peer sends. Its first octet says
 * whether that is raw or records, each a short frame header that is written out in full: mutations of
 * a record stay frames (fuzz_wire).
 */
#ifndef TN_FUZZ_FUZZ_H
#define TN_FUZZ_FUZZ_H

#include "base/cursor.h"
#include "base/env.h"
#include "h2/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static inline void fuzz_check(bool promise)
{
    if (!promise)
        __builtin_trap();
}

typedef struct fuzz_in {
    tn_rd choices; /* what is left of the round; all of the input for a program */
    const uint8_t *first;
    tn_rd wire;
    bool records;
    bool server; /* the connection under test is one: what blocks are in order */
} fuzz_in;

/* Header blocks without a state: POST http /p.S/M, 200, status 0, each as gRPC has it. */
#define FUZZ_REQUEST  "\x83\x86\x04\x06/p.S/M\x01\x01h\0\x02te\x08trailers\x0f\x10\x10" FUZZ_GRPC
#define FUZZ_RESPONSE "\x88\x0f\x10\x10" FUZZ_GRPC
#define FUZZ_TRAILERS "\0\x0bgrpc-status\x01\x30"
#define FUZZ_GRPC     "application/grpc"

/* The whole input is choices: once through, then zeros. */
static inline fuzz_in fuzz_program(const uint8_t *p, size_t n)
{
    return (fuzz_in){ .choices = tn_rd_of(p, n) };
}

static inline fuzz_in fuzz_both(const uint8_t *p, size_t n)
{
    const size_t most = n > 2 ? n - 2 : 0;
    const size_t choices = n && p[0] < most ? p[0] : most;
    fuzz_in in = { 0 };
    if (n < 2)
        return in;
    in.records = p[1] & 1;
    in.first = p + 2;
    in.choices = tn_rd_of(in.first, choices);
    in.wire = tn_rd_of(p + 2 + choices, most - choices);
    return in;
}

static inline uint8_t fuzz_u8(fuzz_in *in)
{
    uint8_t octet = 0;
    if (tn_rd_left(&in->choices) == 0 && in->first)
        in->choices.p = in->first;
    (void)tn_rd_u8(&in->choices, &octet);
    return octet;
}

/* Small numbers often, large ones sometimes. */
static inline size_t fuzz_size(fuzz_in *in)
{
    const uint8_t octet = fuzz_u8(in);
    return octet < 0xc0 ? octet : (size_t)(octet & 0x3f) << (fuzz_u8(in) % 13);
}

/* Memory that fails at some point, if the octet says so, and perhaps from there on. */
static inline void fuzz_env(tn_failing_env *f, uint8_t how)
{
    tn_failing_env_init(f);
    f->fail_at = how & 0x7f;
    f->fail_onward = how >> 7;
}

enum { FUZZ_PIECE = 20000 };

/* What stands before a record's own payload. */
static inline tern_str fuzz_block(const fuzz_in *in, uint8_t type)
{
    if (type & 0x20)
        return TERN_STR(FUZZ_TRAILERS);
    return in->server ? TERN_STR(FUZZ_REQUEST) : TERN_STR(FUZZ_RESPONSE);
}

/*
 * The next that the peer sends: octets in out[FUZZ_PIECE]; 0 at the end. A record is type, flags,
 * stream, length, payload. Of the type, 0x80: 64 zeros an octet of length instead of a payload; 0x40:
 * a header block that is in order before it; 0x20 with that: of trailers.
 */
static inline size_t fuzz_wire(fuzz_in *in, uint8_t *out)
{
    const uint8_t *p;
    const size_t left = tn_rd_left(&in->wire);
    if (!in->records) {
        const size_t n = left < FUZZ_PIECE ? left : FUZZ_PIECE;
        fuzz_check(tn_rd_bytes(&in->wire, n, &p));
        if (n)
            memcpy(out, p, n);
        return n;
    }
    if (!tn_rd_bytes(&in->wire, 4, &p))
        return 0;
    const tern_str block = p[0] & 0x40 ? fuzz_block(in, p[0]) : (tern_str){ "", 0 };
    const size_t zeros = p[0] & 0x80 ? p[3] * (size_t)64 : 0;
    const size_t own = p[0] & 0x80 ? 0 : p[3] < left - 4 ? p[3] : left - 4;
    const size_t n = block.n + own + zeros;
    tn_h2_frame_header_pack(out, (tn_h2_frame_header){ (uint32_t)n, p[0] & 0x1f, p[1], p[2] });
    tn_wr to = tn_wr_of(out + TN_H2_FRAME_HEADER_BYTES, n);
    fuzz_check(tn_rd_bytes(&in->wire, own, &p));
    fuzz_check(tn_wr_bytes(&to, block.p, block.n) && tn_wr_bytes(&to, p, own));
    memset(to.p, 0, zeros);
    return TN_H2_FRAME_HEADER_BYTES + n;
}

/* p[n] in memory of its own size, so that a sanitizer sees what reads past it; free with tn_free. */
static inline uint8_t *fuzz_copy(const uint8_t *p, size_t n)
{
    uint8_t *copy = tn_alloc(tn_env_of(NULL), n ? n : 1);
    fuzz_check(copy != NULL);
    if (n)
        memcpy(copy, p, n);
    return copy;
}

static inline void fuzz_copy_free(uint8_t *copy, size_t n)
{
    tn_free(tn_env_of(NULL), copy, n ? n : 1);
}

#endif
