/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_bytes.h: helpers of the codec's tests: decode bytes of the test schema, and say what went wrong.
 */
#ifndef TN_TEST_PB_WIRE_BYTES_H
#define TN_TEST_PB_WIRE_BYTES_H

#include "pb/schema.h"
#include "support/test.h"

#include "pb/decode.h"

/* Bytes of a string literal, its NUL left out. */
#define WIRE(literal) ((tern_bytes){ (const uint8_t *)(literal), sizeof(literal) - 1 })

static inline tern_code decode_as(const tern_pb_table *table, void *msg, tern_bytes in,
                                  tern_arena *arena, const tern_pb_decode_opts *opts,
                                  tern_error *err)
{
    const tern_code code = tern_pb_decode(table, msg, in, arena, opts, err);
    assert_int_equal(code, err->code);
    assert_int_equal(err->origin, code == TERN_OK ? TERN_ORIGIN_NONE : TERN_ORIGIN_LOCAL);
    return code;
}

/* Decodes into a new pbtest_All, which must work. */
static inline pbtest_All *decode_all(tern_bytes in, tern_arena *arena)
{
    tern_error err;
    pbtest_All *msg = tern_pb_new(&pbtest_All_table, arena);
    assert_non_null(msg);
    if (decode_as(&pbtest_All_table, msg, in, arena, NULL, &err) != TERN_OK)
        fail_msg("%s", err.text);
    return msg;
}

/* Encodes a pbtest_All, which must work. */
static inline tern_bytes encode_all(const pbtest_All *msg, tern_arena *arena)
{
    tern_error err;
    tern_bytes out = { NULL, 0 };
    if (tern_pb_encode(&pbtest_All_table, msg, arena, &out, &err) != TERN_OK)
        fail_msg("%s", err.text);
    return out;
}

/* Decoding must fail with that code and those words in the error. */
static inline void refuse(tern_bytes in, tern_arena *arena, const tern_pb_decode_opts *opts,
                          tern_code code, const char *words)
{
    tern_error err;
    pbtest_All *msg = tern_pb_new(&pbtest_All_table, arena);
    assert_non_null(msg);
    assert_int_equal(decode_as(&pbtest_All_table, msg, in, arena, opts, &err), code);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    /* What is left of it is a message still. */
    (void)encode_all(msg, arena);
}

/* A message in progress, for tests that build bytes. */
typedef struct wire {
    uint8_t p[65536];
    size_t n;
} wire;

static inline void put_varint(wire *w, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        w->p[w->n++] = (uint8_t)(v | 0x80);
    w->p[w->n++] = (uint8_t)v;
}

static inline void put_tag(wire *w, uint32_t number, uint32_t wire_type)
{
    put_varint(w, (uint64_t)number << 3 | wire_type);
}

static inline void put_bytes(wire *w, uint32_t number, const void *p, size_t n)
{
    put_tag(w, number, 2);
    put_varint(w, n);
    if (n)
        memcpy(w->p + w->n, p, n);
    w->n += n;
}

/* Makes what w holds the value of a field. */
static inline void wrap(wire *w, uint32_t number)
{
    wire outer = { .n = 0 };
    put_bytes(&outer, number, w->p, w->n);
    *w = outer;
}

static inline tern_bytes bytes_of(const wire *w)
{
    return (tern_bytes){ w->p, w->n };
}

#endif
