/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack.c: header blocks of gRPC decoded and encoded. The values that vary come round after 64. The
 * targets are for a trace id of 16 bytes, 32 digits; traceparent has 55 octets.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_request_fields(bench_fields *f, bench_request kind, uint32_t i)
{
    /* Digits that look random, and are the same in every run. */
    const uint64_t a = (i + 1) * UINT64_C(0x9e3779b97f4a7c15), b = a * UINT64_C(0xbf58476d1ce4e5b9);
    const bool varies = kind == BENCH_TRACE_ID || kind == BENCH_TRACEPARENT;
    f->n = 0;
    f->p[f->n++] = TN_H2_FIELD(METHOD, TERN_STR("POST"));
    f->p[f->n++] = TN_H2_FIELD(SCHEME, TERN_STR("http"));
    f->p[f->n++] = TN_H2_FIELD(PATH, TERN_STR("/helloworld.Greeter/SayHello"));
    if (kind == BENCH_PLAIN_PATH)
        f->p[f->n - 1].flags = TN_H2_FIELD_NO_INDEX;
    f->p[f->n++] = TN_H2_FIELD(AUTHORITY, TERN_STR("greeter.example.com:50051"));
    if (varies) {
        snprintf(f->timeout, sizeof f->timeout, "%um", (unsigned)(a >> 40) % 100000);
        f->p[f->n++] = TN_H2_FIELD(GRPC_TIMEOUT, tern_str_of(f->timeout));
    }
    f->p[f->n++] = TN_H2_FIELD(TE, TERN_STR("trailers"));
    f->p[f->n++] = TN_H2_FIELD(CONTENT_TYPE, TERN_STR("application/grpc"));
    f->p[f->n++] = TN_H2_FIELD(USER_AGENT, TERN_STR("grpc-c-tern/0.1.0"));
    if (kind == BENCH_TRACE_ID) {
        snprintf(f->trace, sizeof f->trace, "%016llx%016llx", (unsigned long long)a,
                 (unsigned long long)b);
        f->p[f->n++] =
            (tn_h2_field){ .name = TERN_STR("x-trace-id"), .value = tern_str_of(f->trace) };
    } else if (kind == BENCH_TRACEPARENT) {
        snprintf(f->trace, sizeof f->trace, "00-%016llx%016llx-%016llx-01", (unsigned long long)a,
                 (unsigned long long)b, (unsigned long long)(a ^ b));
        f->p[f->n++] = TN_H2_FIELD(TRACEPARENT, tern_str_of(f->trace));
    }
}

/* ---- decoding ---- */

typedef struct decoding {
    tn_hpack_decoder d;
    tn_buf blocks;
    tern_bytes block[BENCH_VALUES];
    uint32_t sum;
} decoding;

static void *decoding_make(const tern_env *env, int kind)
{
    decoding *s = calloc(1, sizeof *s);
    bench_must(s != NULL, "memory");
    tn_hpack_encoder e;
    tn_hpack_encoder_init(&e, env, TN_HPACK_DEFAULT_TABLE_BYTES);
    tn_hpack_decoder_init(&s->d, env, 16384);
    s->blocks = tn_buf_of(env);
    size_t ends[2 * BENCH_VALUES];
    /* The first half fills the tables, on both sides; what is measured comes after. */
    for (uint32_t i = 0; i < 2 * BENCH_VALUES; i++) {
        bench_fields f;
        bench_request_fields(&f, (bench_request)kind, i);
        bench_must(tn_hpack_encode(&e, f.p, f.n, &s->blocks), "encode");
        ends[i] = tn_buf_len(&s->blocks);
    }
    for (uint32_t i = 0; i < 2 * BENCH_VALUES; i++) {
        tn_h2_field fields[BENCH_FIELDS];
        uint32_t count;
        const size_t at = i ? ends[i - 1] : 0;
        const tern_bytes block = { tn_buf_data(&s->blocks) + at, ends[i] - at };
        s->block[i % BENCH_VALUES] = block;
        bench_must(tn_hpack_decode(&s->d, block, fields, BENCH_FIELDS, &count) == TN_HPACK_OK,
                   "decode");
    }
    tn_hpack_encoder_free(&e);
    return s;
}

static void decoding_run(void *state, uint32_t n)
{
    decoding *s = state;
    for (uint32_t i = 0; i < n; i++) {
        tn_h2_field fields[BENCH_FIELDS];
        uint32_t count;
        bench_must(tn_hpack_decode(&s->d, s->block[i % BENCH_VALUES], fields, BENCH_FIELDS,
                                   &count) == TN_HPACK_OK,
                   "decode");
        s->sum += count;
    }
}

static void decoding_drop(void *state)
{
    decoding *s = state;
    tn_hpack_decoder_free(&s->d);
    tn_buf_free(&s->blocks);
    free(s);
}

/* ---- encoding ---- */

enum { RESPONSE = 100 }; /* a variant: the response's two blocks */

typedef struct encoding {
    tn_hpack_encoder e;
    tn_buf out;
    bench_fields f[BENCH_VALUES];
} encoding;

static void encoding_run(void *state, uint32_t n)
{
    encoding *s = state;
    for (uint32_t i = 0; i < n; i++) {
        const bench_fields *f = &s->f[i % BENCH_VALUES];
        tn_buf_reset(&s->out, SIZE_MAX);
        bench_must(tn_hpack_encode(&s->e, f->p, f->n, &s->out), "encode");
    }
}

static void *encoding_make(const tern_env *env, int kind)
{
    encoding *s = calloc(1, sizeof *s);
    bench_must(s != NULL, "memory");
    tn_hpack_encoder_init(&s->e, env, TN_HPACK_DEFAULT_TABLE_BYTES);
    s->out = tn_buf_of(env);
    for (uint32_t i = 0; i < BENCH_VALUES; i++) {
        bench_request_fields(&s->f[i], (bench_request)kind, i);
        if (kind != RESPONSE)
            continue;
        s->f[i].n = 0;
        s->f[i].p[s->f[i].n++] = TN_H2_FIELD(STATUS, TERN_STR("200"));
        s->f[i].p[s->f[i].n++] = TN_H2_FIELD(CONTENT_TYPE, TERN_STR("application/grpc"));
        s->f[i].p[s->f[i].n++] = TN_H2_FIELD(GRPC_STATUS, TERN_STR("0"));
    }
    encoding_run(s, 2 * BENCH_VALUES);
    return s;
}

static void encoding_drop(void *state)
{
    encoding *s = state;
    tn_hpack_encoder_free(&s->e);
    tn_buf_free(&s->out);
    free(s);
}

#define DECODING .unit = "block", .make = decoding_make, .run = decoding_run, .drop = decoding_drop
#define ENCODING .unit = "block", .make = encoding_make, .run = encoding_run, .drop = encoding_drop

const bench_case bench_hpack[] = {
    { .name = "decode-repeated",
      .most_instructions = 600,
      .most_ns = 60,
      .variant = BENCH_REPEATED,
      DECODING },
    { .name = "decode-trace-id",
      .most_instructions = 1900,
      .most_ns = 120,
      .variant = BENCH_TRACE_ID,
      DECODING },
    { .name = "decode-traceparent", .variant = BENCH_TRACEPARENT, DECODING },
    { .name = "decode-plain-path", .variant = BENCH_PLAIN_PATH, DECODING },
    { .name = "encode-repeated",
      .most_instructions = 1150,
      .most_ns = 60,
      .variant = BENCH_REPEATED,
      ENCODING },
    { .name = "encode-trace-id",
      .most_instructions = 2250,
      .most_ns = 120,
      .variant = BENCH_TRACE_ID,
      ENCODING },
    { .name = "encode-traceparent", .variant = BENCH_TRACEPARENT, ENCODING },
    { .name = "encode-response", .variant = RESPONSE, ENCODING },
    { 0 },
};
