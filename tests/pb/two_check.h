/* SPDX-License-Identifier: Apache-2.0 */
/*
 * two_check.h: helpers of the tests of two.h: decode, refuse, and all that must hold of an encoding.
 */
#ifndef TN_TEST_PB_TWO_CHECK_H
#define TN_TEST_PB_TWO_CHECK_H

#include "pb/two.h"
#include "pb/wire_bytes.h"

static inline void *decode_new(const tern_pb_table *table, tern_bytes in, tern_arena *arena,
                               const tern_pb_decode_opts *opts)
{
    tern_error err;
    void *msg = tern_pb_new(table, arena);
    assert_non_null(msg);
    if (decode_as(table, msg, in, arena, opts, &err) != TERN_OK)
        fail_msg("%s", err.text);
    return msg;
}

static inline void refuse_as(const tern_pb_table *table, tern_bytes in, tern_arena *arena,
                             const tern_pb_decode_opts *opts, tern_code code, const char *words)
{
    tern_error err;
    tern_bytes out;
    void *msg = tern_pb_new(table, arena);
    assert_non_null(msg);
    assert_int_equal(decode_as(table, msg, in, arena, opts, &err), code);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    (void)tern_pb_encode_with(table, msg, arena, TERN_PB_ENCODE_OPTS(.partial = true), &out, &err);
}

/* msg encodes to these bytes, its size is theirs, and its copy is equal and encodes alike. */
static inline void check_encoding(const tern_pb_table *table, const void *msg, tern_arena *arena,
                                  tern_bytes want)
{
    tern_error err;
    const tern_pb_encode_opts *opts = TERN_PB_ENCODE_OPTS(.partial = true, .deterministic = true);
    tern_bytes out;
    size_t size;
    if (tern_pb_encode_with(table, msg, arena, opts, &out, &err) != TERN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(out.n, want.n);
    if (want.n)
        assert_memory_equal(out.p, want.p, want.n);
    assert_int_equal(tern_pb_size(table, msg, &size, &err), TERN_OK);
    assert_int_equal(size, want.n);
    const void *copy = tern_pb_copy(table, msg, arena, &err);
    assert_non_null(copy);
    assert_true(tern_pb_equal(table, copy, msg));
    assert_int_equal(tern_pb_encode_with(table, copy, arena, opts, &out, &err), TERN_OK);
    assert_int_equal(out.n, want.n);
    if (want.n)
        assert_memory_equal(out.p, want.p, want.n);
}

static inline tern_bytes unknown_of(const tern_pb_table *table, const void *msg, tern_arena *arena)
{
    tern_bytes unknown;
    assert_true(tern_pb_unknown_bytes(table, msg, arena, &unknown));
    return unknown;
}

#define CHECK_UNKNOWN(table, msg, literal)                                                         \
    do {                                                                                           \
        const tern_bytes unknown_ = unknown_of(table, msg, arena);                                 \
        assert_int_equal(unknown_.n, sizeof(literal) - 1);                                         \
        assert_memory_equal(unknown_.p, literal, sizeof(literal) - 1);                             \
    } while (0)

#endif
