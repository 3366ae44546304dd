/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h: schema.proto by hand: structs and tables as the generator lays them out, so that the codec
 * is tested without it.
 */
#ifndef TN_TEST_PB_SCHEMA_H
#define TN_TEST_PB_SCHEMA_H

#include "tern/pb.h"

#include <stddef.h>

/* The n-th byte of the tag of field number `no`, and how many there are. */
#define TAG_GROUP(no, w, n) ((uint8_t)(((uint32_t)(no) << 3 | (w)) >> 7 * (n)&0x7f))
#define TAG_LEN(no)         ((no) < 16 ? 1 : (no) < 2048 ? 2 : (no) < 262144 ? 3 : (no) < 33554432 ? 4 : 5)
#define TAG_BYTE(no, w, n)                                                                         \
    (uint8_t)((n) >= TAG_LEN(no) ? 0 : TAG_GROUP(no, w, n) | ((n) + 1 < TAG_LEN(no) ? 0x80 : 0))
#define TAG(no, w)                                                                                 \
    .tag = { TAG_BYTE(no, w, 0), TAG_BYTE(no, w, 1), TAG_BYTE(no, w, 2), TAG_BYTE(no, w, 3),       \
             TAG_BYTE(no, w, 4) },                                                                 \
    .tag_len = TAG_LEN(no)

#define FIELD(no, wire, type, mode, st, member, ...)                                               \
    {                                                                                              \
        TAG(no, wire), .op = TERN_PB_OP(TERN_PB_##type, TERN_PB_##mode),                           \
                       .flags = TERN_PB_##type == TERN_PB_STRING ? TERN_PB_UTF8 : 0,               \
                       .offset = offsetof(st, member), __VA_ARGS__                                 \
    }

typedef struct pbtest_Empty {
    struct tern_pb_unknown *unknown_;
} pbtest_Empty;

typedef struct pbtest_Inner pbtest_Inner;

#define ARRAY(type)                                                                                \
    struct {                                                                                       \
        type *p;                                                                                   \
        size_t n, cap;                                                                             \
    }

struct pbtest_Inner {
    int32_t a;
    tern_str b;
    pbtest_Inner *next;
    ARRAY(pbtest_Inner *) list;
    tern_bytes raw;
    struct tern_pb_unknown *unknown_;
};

/* Types in two runs of numbers: X(TYPE, ctype, number, wire type, name). */
#define EACH_LOW(X)                                                                                \
    X(DOUBLE, double, 1, 1, double)                                                                \
    X(FLOAT, float, 2, 5, float)                                                                   \
    X(INT64, int64_t, 3, 0, int64)                                                                 \
    X(UINT64, uint64_t, 4, 0, uint64)                                                              \
    X(INT32, int32_t, 5, 0, int32)                                                                 \
    X(FIXED64, uint64_t, 6, 1, fixed64)                                                            \
    X(FIXED32, uint32_t, 7, 5, fixed32)                                                            \
    X(BOOL, bool, 8, 0, bool)

#define EACH_HIGH(X)                                                                               \
    X(UINT32, uint32_t, 13, 0, uint32)                                                             \
    X(ENUM, int32_t, 14, 0, enum)                                                                  \
    X(SFIXED32, int32_t, 15, 5, sfixed32)                                                          \
    X(SFIXED64, int64_t, 16, 1, sfixed64)                                                          \
    X(SINT32, int32_t, 17, 0, sint32)                                                              \
    X(SINT64, int64_t, 18, 0, sint64)

#define EACH_SCALAR(X) EACH_LOW(X) EACH_HIGH(X)

#define EACH_TYPE(X)                                                                               \
    EACH_LOW(X)                                                                                    \
    X(STRING, tern_str, 9, 2, string)                                                              \
    X(MESSAGE, pbtest_Inner *, 11, 2, message)                                                     \
    X(BYTES, tern_bytes, 12, 2, bytes)                                                             \
    EACH_HIGH(X)

#define MAP_OF(name, ktype, vtype)                                                                 \
    typedef struct name {                                                                          \
        ktype key;                                                                                 \
        vtype value;                                                                               \
    } name;                                                                                        \
    typedef struct name##_map {                                                                    \
        name *p;                                                                                   \
        size_t n, cap;                                                                             \
        void *index_;                                                                              \
    } name##_map;

MAP_OF(pbtest_StringEntry, tern_str, tern_str)
MAP_OF(pbtest_MessageEntry, int32_t, pbtest_Inner *)
MAP_OF(pbtest_BoolEntry, bool, int64_t)
MAP_OF(pbtest_BytesEntry, int64_t, tern_bytes)
MAP_OF(pbtest_FixedEntry, uint32_t, double)
MAP_OF(pbtest_EnumEntry, uint64_t, int32_t)

#define MEMBER_I(T, ctype, no, w, m) ctype i_##m;
#define MEMBER_E(T, ctype, no, w, m) ctype e_##m;
#define MEMBER_O(T, ctype, no, w, m) ctype o_##m;
#define MEMBER_R(T, ctype, no, w, m) ARRAY(ctype) r_##m;
#define MEMBER_P(T, ctype, no, w, m) ARRAY(ctype) p_##m;

typedef struct pbtest_All {
    EACH_TYPE(MEMBER_I)
    uint32_t has_[2];
    EACH_TYPE(MEMBER_E)
    struct {
        uint32_t which;
        union {
            EACH_TYPE(MEMBER_O)
        };
    } o;
    EACH_TYPE(MEMBER_R)
    EACH_SCALAR(MEMBER_P)
    pbtest_StringEntry_map m_string;
    pbtest_MessageEntry_map m_message;
    pbtest_BoolEntry_map m_bool;
    pbtest_BytesEntry_map m_bytes;
    pbtest_FixedEntry_map m_fixed;
    pbtest_EnumEntry_map m_enum;
    int32_t tag3;
    tern_str tag4;
    int32_t tag5;
    struct tern_pb_unknown *unknown_;
} pbtest_All;

/* Each name is a member of the struct of names, so that offsetof finds it. */
#define NAME(member)           char member[sizeof(#member)];
#define NAME_I(T, c, no, w, m) NAME(i_##m)
#define NAME_E(T, c, no, w, m) NAME(e_##m)
#define NAME_O(T, c, no, w, m) NAME(o_##m)
#define NAME_R(T, c, no, w, m) NAME(r_##m)
#define NAME_P(T, c, no, w, m) NAME(p_##m)
#define TEXT(member)           .member = #member,
#define TEXT_I(T, c, no, w, m) TEXT(i_##m)
#define TEXT_E(T, c, no, w, m) TEXT(e_##m)
#define TEXT_O(T, c, no, w, m) TEXT(o_##m)
#define TEXT_R(T, c, no, w, m) TEXT(r_##m)
#define TEXT_P(T, c, no, w, m) TEXT(p_##m)
#define EACH_MAP(X)            X(m_string) X(m_message) X(m_bool) X(m_bytes) X(m_fixed) X(m_enum)
#define EACH_TAG(X)            X(tag3) X(tag4) X(tag5)

typedef struct all_names {
    EACH_TYPE(NAME_I)
    EACH_TYPE(NAME_E)
    EACH_TYPE(NAME_O)
    EACH_TYPE(NAME_R)
    EACH_SCALAR(NAME_P)
    EACH_MAP(NAME)
    EACH_TAG(NAME)
} all_names;

static const all_names pbtest_All_names = { EACH_TYPE(TEXT_I) EACH_TYPE(TEXT_E) EACH_TYPE(
    TEXT_O) EACH_TYPE(TEXT_R) EACH_SCALAR(TEXT_P) EACH_MAP(TEXT) EACH_TAG(TEXT) };

static const tern_pb_table pbtest_Empty_table = {
    .abi = TERN_PB_ABI,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = offsetof(pbtest_Empty, unknown_),
    .align = _Alignof(pbtest_Empty),
    .size = sizeof(pbtest_Empty),
    .full_name = "pbtest.Empty",
};

static const tern_pb_table pbtest_Inner_table;
static const tern_pb_table *const pbtest_Inner_subs[] = { &pbtest_Inner_table };
static const tern_pb_field pbtest_Inner_fields[] = {
    FIELD(1, 0, INT32, IMPLICIT, pbtest_Inner, a, .name = 0),
    FIELD(2, 2, STRING, IMPLICIT, pbtest_Inner, b, .name = 2),
    FIELD(3, 2, MESSAGE, EXPLICIT, pbtest_Inner, next, .name = 4),
    FIELD(4, 2, MESSAGE, REPEATED, pbtest_Inner, list, .name = 9),
    FIELD(5, 2, BYTES, IMPLICIT, pbtest_Inner, raw, .name = 14),
};
static const tern_pb_table pbtest_Inner_table = {
    .abi = TERN_PB_ABI,
    .field_count = 5,
    .dense = 5,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = offsetof(pbtest_Inner, unknown_),
    .align = _Alignof(pbtest_Inner),
    .size = sizeof(pbtest_Inner),
    .fields = pbtest_Inner_fields,
    .subs = pbtest_Inner_subs,
    .names = "a\0b\0next\0list\0raw",
    .full_name = "pbtest.Inner",
};

#define ENTRY_TABLE(entry, ktype, kwire, vtype, vwire)                                             \
    static const tern_pb_field entry##_fields[] = {                                                \
        FIELD(1, kwire, ktype, IMPLICIT, entry, key, .name = 0),                                   \
        FIELD(2, vwire, vtype, IMPLICIT, entry, value, .name = 4),                                 \
    };                                                                                             \
    static const tern_pb_table entry##_table = {                                                   \
        .abi = TERN_PB_ABI,                                                                        \
        .field_count = 2,                                                                          \
        .dense = 2,                                                                                \
        .has_offset = TERN_PB_NONE,                                                                \
        .unknown_offset = TERN_PB_NONE,                                                            \
        .align = _Alignof(entry),                                                                  \
        .size = sizeof(entry),                                                                     \
        .fields = entry##_fields,                                                                  \
        .subs = pbtest_Inner_subs,                                                                 \
        .names = "key\0value",                                                                     \
        .full_name = "pbtest.All." #entry,                                                         \
    };

ENTRY_TABLE(pbtest_StringEntry, STRING, 2, STRING, 2)
ENTRY_TABLE(pbtest_MessageEntry, INT32, 0, MESSAGE, 2)
ENTRY_TABLE(pbtest_BoolEntry, BOOL, 0, INT64, 0)
ENTRY_TABLE(pbtest_BytesEntry, SINT64, 0, BYTES, 2)
ENTRY_TABLE(pbtest_FixedEntry, FIXED32, 5, DOUBLE, 1)
ENTRY_TABLE(pbtest_EnumEntry, UINT64, 0, ENUM, 0)

static const tern_pb_table *const pbtest_All_subs[] = {
    &pbtest_Inner_table,     &pbtest_StringEntry_table, &pbtest_MessageEntry_table,
    &pbtest_BoolEntry_table, &pbtest_BytesEntry_table,  &pbtest_FixedEntry_table,
    &pbtest_EnumEntry_table,
};

#define NAMED(m)                .name = offsetof(all_names, m)
#define FIELD_I(T, c, no, w, m) FIELD(no, w, T, IMPLICIT, pbtest_All, i_##m, NAMED(i_##m)),
#define FIELD_E(T, c, no, w, m)                                                                    \
    FIELD(20 + (no), w, T, EXPLICIT, pbtest_All, e_##m, NAMED(e_##m), .presence = (no)),
#define FIELD_O(T, c, no, w, m)                                                                    \
    FIELD(40 + (no), w, T, ONEOF, pbtest_All, o.o_##m, NAMED(o_##m),                               \
          .presence = offsetof(pbtest_All, o.which)),
#define FIELD_R(T, c, no, w, m) FIELD(60 + (no), w, T, REPEATED, pbtest_All, r_##m, NAMED(r_##m)),
#define FIELD_P(T, c, no, w, m) FIELD(80 + (no), 2, T, PACKED, pbtest_All, p_##m, NAMED(p_##m)),
#define FIELD_M(no, member, index)                                                                 \
    FIELD(no, 2, MESSAGE, MAP, pbtest_All, member, NAMED(member), .sub = (index))

static const tern_pb_field pbtest_All_fields[] = {
    EACH_TYPE(FIELD_I) EACH_TYPE(FIELD_E) EACH_TYPE(FIELD_O) EACH_TYPE(FIELD_R) EACH_SCALAR(FIELD_P)
        FIELD_M(101, m_string, 1),
    FIELD_M(102, m_message, 2),
    FIELD_M(103, m_bool, 3),
    FIELD_M(104, m_bytes, 4),
    FIELD_M(105, m_fixed, 5),
    FIELD_M(106, m_enum, 6),
    FIELD(2048, 0, INT32, IMPLICIT, pbtest_All, tag3, NAMED(tag3)),
    FIELD(300000, 2, STRING, IMPLICIT, pbtest_All, tag4, NAMED(tag4)),
    FIELD(536870911, 0, INT32, IMPLICIT, pbtest_All, tag5, NAMED(tag5)),
};

static const tern_pb_table pbtest_All_table = {
    .abi = TERN_PB_ABI,
    .field_count = sizeof(pbtest_All_fields) / sizeof(pbtest_All_fields[0]),
    .dense = 9,
    .has_offset = offsetof(pbtest_All, has_),
    .unknown_offset = offsetof(pbtest_All, unknown_),
    .align = _Alignof(pbtest_All),
    .size = sizeof(pbtest_All),
    .fields = pbtest_All_fields,
    .subs = pbtest_All_subs,
    .names = (const char *)&pbtest_All_names,
    .full_name = "pbtest.All",
};

#endif
