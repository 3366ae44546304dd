/* SPDX-License-Identifier: Apache-2.0 */
/*
 * two.h: what proto2 and editions add, in tables by hand: groups and closed enums in every mode, a
 * message with required fields that nests in every way, a MessageSet.
 */
#ifndef TN_TEST_PB_TWO_H
#define TN_TEST_PB_TWO_H

#include "pb/extended.h"

/* -1, 0, 1, 2, 7 and 100000 have names. */
static const tern_pb_enum_value pbtest_Closed_values[] = {
    { -1, 0 }, { 0, 2 }, { 1, 4 }, { 2, 6 }, { 7, 8 }, { 100000, 10 },
};
static const uint32_t pbtest_Closed_by_name[] = { 0, 1, 2, 3, 4, 5 };
static const tern_pb_enum pbtest_Closed_enum = {
    .abi = TERN_PB_ABI,
    .flags = TERN_PB_CLOSED,
    .count = 6,
    .dense = 4,
    .values = pbtest_Closed_values,
    .by_name = pbtest_Closed_by_name,
    .names = "A\0B\0C\0D\0E\0F",
    .full_name = "pbtest.Closed",
};
static const tern_pb_enum *const pbtest_Closed_enums[] = { &pbtest_Closed_enum };

MAP_OF(pbtest_ClosedEntry, tern_str, int32_t)
static const tern_pb_field pbtest_ClosedEntry_fields[] = {
    FIELD(1, 2, STRING, IMPLICIT, pbtest_ClosedEntry, key, .name = 0),
    FIELD(2, 0, CLOSED_ENUM, IMPLICIT, pbtest_ClosedEntry, value, .name = 4),
};
static const tern_pb_table pbtest_ClosedEntry_table = {
    .abi = TERN_PB_ABI,
    .field_count = 2,
    .dense = 2,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = TERN_PB_NONE,
    .align = _Alignof(pbtest_ClosedEntry),
    .size = sizeof(pbtest_ClosedEntry),
    .fields = pbtest_ClosedEntry_fields,
    .names = "key\0value",
    .full_name = "pbtest.Two.ClosedEntry",
    .kind = TERN_PB_MAP_ENTRY,
    .enums = pbtest_Closed_enums,
};

typedef struct pbtest_Two pbtest_Two;

struct pbtest_Two {
    uint32_t has_[1];
    int32_t closed;
    int32_t implicit;
    struct {
        uint32_t which;
        union {
            int32_t closed;
            pbtest_Two *group;
            tern_str text;
        };
    } o;
    ARRAY(int32_t) unpacked;
    ARRAY(int32_t) packed;
    pbtest_ClosedEntry_map map;
    pbtest_Two *group;
    ARRAY(pbtest_Two *) groups;
    pbtest_Two *message;
    tern_str text;
    struct tern_pb_unknown *unknown_;
};

/* Fields: 1 closed, 2 o.closed, 3 unpacked, 4 packed, 5 map, 6 group, 7 o.group, 8 groups, 9 message,
 * 10 text, 11 o.text, 12 implicit, 300 a group of its own for long tags (in `far`). */
static const tern_pb_table pbtest_Two_table;
static const tern_pb_table *const pbtest_Two_subs[] = { &pbtest_Two_table,
                                                        &pbtest_ClosedEntry_table };
#define TWO_WHICH .presence = offsetof(pbtest_Two, o.which)
static const tern_pb_field pbtest_Two_fields[] = {
    FIELD(1, 0, CLOSED_ENUM, EXPLICIT, pbtest_Two, closed, .name = 0),
    FIELD(2, 0, CLOSED_ENUM, ONEOF, pbtest_Two, o.closed, .name = 7, TWO_WHICH),
    FIELD(3, 0, CLOSED_ENUM, REPEATED, pbtest_Two, unpacked, .name = 16),
    FIELD(4, 2, CLOSED_ENUM, PACKED, pbtest_Two, packed, .name = 25),
    FIELD(5, 2, MESSAGE, MAP, pbtest_Two, map, .name = 32, .sub = 1),
    FIELD(6, 3, GROUP, EXPLICIT, pbtest_Two, group, .name = 36),
    FIELD(7, 3, GROUP, ONEOF, pbtest_Two, o.group, .name = 42, TWO_WHICH),
    FIELD(8, 3, GROUP, REPEATED, pbtest_Two, groups, .name = 50),
    FIELD(9, 2, MESSAGE, EXPLICIT, pbtest_Two, message, .name = 57),
    FIELD(10, 2, STRING, EXPLICIT, pbtest_Two, text, .name = 65),
    FIELD(11, 2, STRING, ONEOF, pbtest_Two, o.text, .name = 70, TWO_WHICH),
    FIELD(12, 0, CLOSED_ENUM, IMPLICIT, pbtest_Two, implicit, .name = 77),
};
static const tern_pb_table pbtest_Two_table = {
    .abi = TERN_PB_ABI,
    .field_count = 12,
    .dense = 12,
    .has_offset = offsetof(pbtest_Two, has_),
    .unknown_offset = offsetof(pbtest_Two, unknown_),
    .align = _Alignof(pbtest_Two),
    .size = sizeof(pbtest_Two),
    .fields = pbtest_Two_fields,
    .subs = pbtest_Two_subs,
    .names = "closed\0o_closed\0unpacked\0packed\0map\0group\0o_group\0groups\0message\0text\0"
             "o_text\0implicit",
    .full_name = "pbtest.Two",
    .enums = pbtest_Closed_enums,
};

/* ---- required --------------------------------------------------------------------------------- */

typedef struct pbtest_Need pbtest_Need;
MAP_OF(pbtest_NeedEntry, int32_t, pbtest_Need *)

struct pbtest_Need {
    uint32_t has_[1];
    int32_t a;
    tern_str b;
    pbtest_Need *next;
    ARRAY(pbtest_Need *) list;
    pbtest_NeedEntry_map map;
    struct {
        uint32_t which;
        union {
            pbtest_Need *next;
        };
    } o;
    pbtest_Need *group;
    struct tern_pb_unknown *unknown_;
};

static const tern_pb_table pbtest_Need_table;
static const tern_pb_table *const pbtest_NeedEntry_subs[] = { &pbtest_Need_table };
static const tern_pb_field pbtest_NeedEntry_fields[] = {
    FIELD(1, 0, INT32, IMPLICIT, pbtest_NeedEntry, key, .name = 0),
    FIELD(2, 2, MESSAGE, IMPLICIT, pbtest_NeedEntry, value, .name = 4),
};
static const tern_pb_table pbtest_NeedEntry_table = {
    .abi = TERN_PB_ABI,
    .field_count = 2,
    .dense = 2,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = TERN_PB_NONE,
    .align = _Alignof(pbtest_NeedEntry),
    .size = sizeof(pbtest_NeedEntry),
    .fields = pbtest_NeedEntry_fields,
    .subs = pbtest_NeedEntry_subs,
    .names = "key\0value",
    .full_name = "pbtest.Need.Entry",
    .kind = TERN_PB_MAP_ENTRY,
    .flags = TERN_PB_HAS_REQUIRED,
};

static const tern_pb_table *const pbtest_Need_subs[] = { &pbtest_Need_table,
                                                         &pbtest_NeedEntry_table };
/* Required: 1 a, 2 b. Then 3 next, 4 list, 5 map, 6 o.next, 7 group. */
static const tern_pb_field pbtest_Need_fields[] = {
    { TAG(1, 0), .op = TERN_PB_OP(TERN_PB_INT32, TERN_PB_EXPLICIT), .flags = TERN_PB_REQUIRED,
      .offset = offsetof(pbtest_Need, a), .name = 0 },
    { TAG(2, 2), .op = TERN_PB_OP(TERN_PB_STRING, TERN_PB_EXPLICIT), .flags = TERN_PB_REQUIRED,
      .offset = offsetof(pbtest_Need, b), .name = 2 },
    FIELD(3, 2, MESSAGE, EXPLICIT, pbtest_Need, next, .name = 4),
    FIELD(4, 2, MESSAGE, REPEATED, pbtest_Need, list, .name = 9),
    FIELD(5, 2, MESSAGE, MAP, pbtest_Need, map, .name = 14, .sub = 1),
    FIELD(6, 2, MESSAGE, ONEOF, pbtest_Need, o.next, .name = 18,
          .presence = offsetof(pbtest_Need, o.which)),
    FIELD(7, 3, GROUP, EXPLICIT, pbtest_Need, group, .name = 20),
};
static const tern_pb_table pbtest_Need_table = {
    .abi = TERN_PB_ABI,
    .field_count = 7,
    .dense = 7,
    .has_offset = offsetof(pbtest_Need, has_),
    .unknown_offset = offsetof(pbtest_Need, unknown_),
    .align = _Alignof(pbtest_Need),
    .size = sizeof(pbtest_Need),
    .fields = pbtest_Need_fields,
    .subs = pbtest_Need_subs,
    .names = "a\0b\0next\0list\0map\0o\0group",
    .full_name = "pbtest.Need",
    .flags = TERN_PB_HAS_REQUIRED | TERN_PB_OWN_REQUIRED,
};

/* ---- extensions: a closed enum, a required field, a MessageSet --------------------------------- */

EXTENSION(ext_e_closed, pbtest_Extended, 501, 0, CLOSED_ENUM, EXPLICIT, int32_t, NULL,
          pbtest_Closed_enums)
EXTENSION(ext_r_closed, pbtest_Extended, 502, 0, CLOSED_ENUM, REPEATED, ARRAY(int32_t), NULL,
          pbtest_Closed_enums)
EXTENSION(ext_p_closed, pbtest_Extended, 503, 2, CLOSED_ENUM, PACKED, ARRAY(int32_t), NULL,
          pbtest_Closed_enums)

/* As EXTENSION makes it, but its table says that there may be required fields. */
typedef struct ext_need_holder {
    pbtest_Need *value;
} ext_need_holder;
static const tern_pb_field ext_need_fields[] = {
    FIELD(504, 2, MESSAGE, EXPLICIT, ext_need_holder, value, .name = 0),
};
static const tern_pb_table *const ext_need_subs[] = { &pbtest_Need_table };
static const tern_pb_table ext_need_table = {
    .abi = TERN_PB_ABI,
    .field_count = 1,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = TERN_PB_NONE,
    .align = _Alignof(ext_need_holder),
    .size = sizeof(ext_need_holder),
    .fields = ext_need_fields,
    .subs = ext_need_subs,
    .names = "ext_need\0[pbtest.ext_need]",
    .full_name = "pbtest.ext_need",
    .flags = TERN_PB_HAS_REQUIRED,
};
static const tern_pb_extension ext_need = { .abi = TERN_PB_ABI,
                                            .extendee = &pbtest_Extended_table,
                                            .holder = &ext_need_table };

typedef struct pbtest_Set {
    struct tern_pb_unknown *unknown_;
} pbtest_Set;

static const tern_pb_table pbtest_Set_table = {
    .abi = TERN_PB_ABI,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = offsetof(pbtest_Set, unknown_),
    .align = _Alignof(pbtest_Set),
    .size = sizeof(pbtest_Set),
    .full_name = "pbtest.Set",
    .kind = TERN_PB_MESSAGE_SET,
    .flags = TERN_PB_EXTENDABLE,
};

static const tern_pb_table *const ext_set_subs[] = { &pbtest_Set_table };
EXTENSION(set_inner, pbtest_Set, 1000, 2, MESSAGE, EXPLICIT, pbtest_Inner *, pbtest_Inner_subs,
          NULL)
EXTENSION(set_two, pbtest_Set, 5, 2, MESSAGE, EXPLICIT, pbtest_Two *, pbtest_Two_subs, NULL)
EXTENSION(set_self, pbtest_Set, 4, 2, MESSAGE, EXPLICIT, pbtest_Set *, ext_set_subs, NULL)
EXTENSION(set_number, pbtest_Set, 6, 0, INT32, EXPLICIT, int32_t, NULL, NULL)
EXTENSION(ext_set, pbtest_Extended, 505, 2, MESSAGE, EXPLICIT, pbtest_Set *, ext_set_subs, NULL)

/* owned; knows all there is. NULL: no memory. */
static inline tern_pb_registry *two_registry(const tern_env *env)
{
    static const tern_pb_extension *const more[] = {
        &ext_e_closed, &ext_r_closed, &ext_p_closed, &ext_need, &set_inner,
        &set_two,      &set_self,     &set_number,   &ext_set,
    };
    tern_pb_registry *reg = extended_registry(env);
    for (size_t i = 0; reg && i < sizeof(more) / sizeof(more[0]); i++) {
        if (tern_pb_registry_add_extension(reg, more[i], NULL) == TERN_OK)
            continue;
        tern_pb_registry_free(reg);
        return NULL;
    }
    return reg;
}

#endif
