/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops.h: the table of ops that the decoder and the encoder jump by.
 *
 * A field's op byte is its type and mode; each pair that a table may hold has a label in both loops.
 * With computed goto (gcc, clang) every op jumps to the next by itself, which gives the branch
 * predictor one place a kind of field instead of one for all; elsewhere a switch does it.
 */
#ifndef TN_PB_OPS_H
#define TN_PB_OPS_H

#include "tern/pb.h"

#if defined(__GNUC__) && !defined(TN_PB_NO_COMPUTED_GOTO)
#define TN_PB_COMPUTED_GOTO 1
#else
#define TN_PB_COMPUTED_GOTO 0
#endif

/* All ops of one mode: X(type, mode, label). */
#define TN_PB_OPS_OF_MODE(X, mode, s)                                                              \
    X(TERN_PB_DOUBLE, mode, f64_##s)                                                               \
    X(TERN_PB_FLOAT, mode, f32_##s)                                                                \
    X(TERN_PB_INT64, mode, v64_##s)                                                                \
    X(TERN_PB_UINT64, mode, v64_##s)                                                               \
    X(TERN_PB_INT32, mode, i32_##s)                                                                \
    X(TERN_PB_FIXED64, mode, f64_##s)                                                              \
    X(TERN_PB_FIXED32, mode, f32_##s)                                                              \
    X(TERN_PB_BOOL, mode, bool_##s)                                                                \
    X(TERN_PB_STRING, mode, string_##s)                                                            \
    X(TERN_PB_GROUP, mode, group_##s)                                                              \
    X(TERN_PB_MESSAGE, mode, message_##s)                                                          \
    X(TERN_PB_BYTES, mode, bytes_##s)                                                              \
    X(TERN_PB_UINT32, mode, u32_##s)                                                               \
    X(TERN_PB_ENUM, mode, i32_##s)                                                                 \
    X(TERN_PB_SFIXED32, mode, f32_##s)                                                             \
    X(TERN_PB_SFIXED64, mode, f64_##s)                                                             \
    X(TERN_PB_SINT32, mode, s32_##s)                                                               \
    X(TERN_PB_SINT64, mode, s64_##s)                                                               \
    X(TERN_PB_CLOSED_ENUM, mode, closed_##s)

#define TN_PB_OPS_PACKED(X)                                                                        \
    X(TERN_PB_DOUBLE, TERN_PB_PACKED, packed)                                                      \
    X(TERN_PB_FLOAT, TERN_PB_PACKED, packed)                                                       \
    X(TERN_PB_INT64, TERN_PB_PACKED, packed)                                                       \
    X(TERN_PB_UINT64, TERN_PB_PACKED, packed)                                                      \
    X(TERN_PB_INT32, TERN_PB_PACKED, packed)                                                       \
    X(TERN_PB_FIXED64, TERN_PB_PACKED, packed)                                                     \
    X(TERN_PB_FIXED32, TERN_PB_PACKED, packed)                                                     \
    X(TERN_PB_BOOL, TERN_PB_PACKED, packed)                                                        \
    X(TERN_PB_UINT32, TERN_PB_PACKED, packed)                                                      \
    X(TERN_PB_ENUM, TERN_PB_PACKED, packed)                                                        \
    X(TERN_PB_SFIXED32, TERN_PB_PACKED, packed)                                                    \
    X(TERN_PB_SFIXED64, TERN_PB_PACKED, packed)                                                    \
    X(TERN_PB_SINT32, TERN_PB_PACKED, packed)                                                      \
    X(TERN_PB_SINT64, TERN_PB_PACKED, packed)                                                      \
    X(TERN_PB_CLOSED_ENUM, TERN_PB_PACKED, closed_packed)

/* 0 is the op of a field that stands for none. A map's type is MESSAGE. */
#define TN_PB_OPS(X)                                                                               \
    X(0, 0, field_zero)                                                                            \
    TN_PB_OPS_OF_MODE(X, TERN_PB_IMPLICIT, implicit)                                               \
    TN_PB_OPS_OF_MODE(X, TERN_PB_EXPLICIT, explicit)                                               \
    TN_PB_OPS_OF_MODE(X, TERN_PB_ONEOF, oneof)                                                     \
    TN_PB_OPS_OF_MODE(X, TERN_PB_REPEATED, repeated)                                               \
    TN_PB_OPS_PACKED(X)                                                                            \
    X(TERN_PB_MESSAGE, TERN_PB_MAP, map)

#endif
