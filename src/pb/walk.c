/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.c: the shape of every op.
 */
#include "pb/walk.h"

#define WIDTH(T) sizeof(((values *)NULL)->T)

/* The C types of values, by the names of their types. */
typedef union values {
    double DOUBLE;
    float FLOAT;
    int64_t INT64, SFIXED64, SINT64;
    uint64_t UINT64, FIXED64;
    int32_t INT32, ENUM, CLOSED_ENUM, SFIXED32, SINT32;
    uint32_t FIXED32, UINT32;
    bool BOOL;
} values;

#define EACH_SCALAR(X, mode)                                                                       \
    X(DOUBLE, mode)                                                                                \
    X(FLOAT, mode)                                                                                 \
    X(INT64, mode)                                                                                 \
    X(UINT64, mode)                                                                                \
    X(INT32, mode)                                                                                 \
    X(FIXED64, mode)                                                                               \
    X(FIXED32, mode)                                                                               \
    X(BOOL, mode)                                                                                  \
    X(UINT32, mode)                                                                                \
    X(ENUM, mode)                                                                                  \
    X(CLOSED_ENUM, mode)                                                                           \
    X(SFIXED32, mode)                                                                              \
    X(SFIXED64, mode)                                                                              \
    X(SINT32, mode)                                                                                \
    X(SINT64, mode)

#define ROW(type, mode, ...) [TERN_PB_OP(TERN_PB_##type, TERN_PB_##mode)] = { __VA_ARGS__ },

#define SCALAR(type, mode) ROW(type, mode, TN_PB_SCALAR, TN_PB_BY_##mode, 0, WIDTH(type))
#define VALUES(type, mode)                                                                         \
    ROW(type, mode, TN_PB_SCALARS, TN_PB_BY_VALUE, offsetof(tn_pb_array, n), sizeof(size_t))
#define TN_PB_BY_IMPLICIT TN_PB_BY_VALUE
#define TN_PB_BY_EXPLICIT TN_PB_BY_BIT
#define TN_PB_BY_ONEOF    TN_PB_BY_WHICH

/* A string is there by its length, or by its pointer. */
#define STRING(type)                                                                               \
    ROW(type, IMPLICIT, TN_PB_TEXT, TN_PB_BY_VALUE, offsetof(tn_pb_str, n), sizeof(size_t))        \
    ROW(type, EXPLICIT, TN_PB_TEXT, TN_PB_BY_VALUE, 0, sizeof(void *))                             \
    ROW(type, ONEOF, TN_PB_TEXT, TN_PB_BY_WHICH, 0, 0)                                             \
    ROW(type, REPEATED, TN_PB_TEXTS, TN_PB_BY_VALUE, offsetof(tn_pb_array, n), sizeof(size_t))

#define MESSAGE(type)                                                                              \
    ROW(type, IMPLICIT, TN_PB_SUB, TN_PB_BY_VALUE, 0, sizeof(void *))                              \
    ROW(type, EXPLICIT, TN_PB_SUB, TN_PB_BY_VALUE, 0, sizeof(void *))                              \
    ROW(type, ONEOF, TN_PB_SUB, TN_PB_BY_WHICH, 0, 0)                                              \
    ROW(type, REPEATED, TN_PB_SUBS, TN_PB_BY_VALUE, offsetof(tn_pb_array, n), sizeof(size_t))

const tn_pb_shape tn_pb_shapes[TN_PB_SHAPES] = {
    EACH_SCALAR(SCALAR, IMPLICIT) EACH_SCALAR(SCALAR, EXPLICIT) EACH_SCALAR(SCALAR, ONEOF)
        EACH_SCALAR(VALUES, REPEATED) EACH_SCALAR(VALUES, PACKED) STRING(STRING) STRING(BYTES)
            MESSAGE(MESSAGE) MESSAGE(GROUP) ROW(MESSAGE, MAP, TN_PB_ENTRIES, TN_PB_BY_VALUE,
                                                offsetof(tn_pb_map, n), sizeof(size_t))
};
