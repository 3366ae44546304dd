/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nest.h: a message that holds itself in every way there is, for tests of depth: singular, in a oneof,
 * repeated, in a map; and a map of scalars.
 */
#ifndef TN_TEST_PB_NEST_H
#define TN_TEST_PB_NEST_H

#include "pb/schema.h"

typedef struct nest nest;

MAP_OF(nest_entry, int32_t, nest *)

struct nest {
    nest *next;
    struct {
        uint32_t which;
        union {
            nest *next;
        };
    } o;
    ARRAY(nest *) list;
    nest_entry_map map;
    pbtest_BoolEntry_map scalars;
    struct tern_pb_unknown *unknown_;
};

static const tern_pb_table nest_table;
static const tern_pb_table *const nest_entry_subs[] = { &nest_table };
static const tern_pb_field nest_entry_fields[] = {
    FIELD(1, 0, INT32, IMPLICIT, nest_entry, key, .name = 0),
    FIELD(2, 2, MESSAGE, IMPLICIT, nest_entry, value, .name = 4),
};
static const tern_pb_table nest_entry_table = {
    .abi = TERN_PB_ABI,
    .field_count = 2,
    .dense = 2,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = TERN_PB_NONE,
    .align = _Alignof(nest_entry),
    .size = sizeof(nest_entry),
    .fields = nest_entry_fields,
    .subs = nest_entry_subs,
    .names = "key\0value",
    .full_name = "nest.Entry",
};

static const tern_pb_table *const nest_subs[] = { &nest_table, &nest_entry_table,
                                                  &pbtest_BoolEntry_table };
static const tern_pb_field nest_fields[] = {
    FIELD(1, 2, MESSAGE, EXPLICIT, nest, next, .name = 0),
    FIELD(2, 2, MESSAGE, ONEOF, nest, o.next, .name = 5, .presence = offsetof(nest, o.which)),
    FIELD(3, 2, MESSAGE, REPEATED, nest, list, .name = 7),
    FIELD(4, 2, MESSAGE, MAP, nest, map, .name = 12, .sub = 1),
    FIELD(5, 2, MESSAGE, MAP, nest, scalars, .name = 16, .sub = 2),
};
static const tern_pb_table nest_table = {
    .abi = TERN_PB_ABI,
    .field_count = 5,
    .dense = 5,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = offsetof(nest, unknown_),
    .align = _Alignof(nest),
    .size = sizeof(nest),
    .fields = nest_fields,
    .subs = nest_subs,
    .names = "next\0o\0list\0map\0scalars",
    .full_name = "nest",
};

/* The ways down of one level. All but maps to messages, whose entry is a level too, cost one. */
typedef enum nest_way { NEST_NEXT, NEST_ONEOF, NEST_LIST, NEST_MAP, NEST_WAYS } nest_way;

/* Links n messages, the outermost first. slots and entries have room for n. */
static inline nest *nest_chain(nest *chain, nest **slots, nest_entry *entries, size_t n,
                               nest_way way)
{
    for (size_t i = 0; i < n; i++)
        chain[i] = (nest){ .next = NULL };
    for (size_t i = 0; i + 1 < n; i++) {
        nest *at = &chain[i], *below = &chain[i + 1];
        slots[i] = below;
        entries[i] = (nest_entry){ .key = 1, .value = below };
        if (way == NEST_NEXT) {
            at->next = below;
        } else if (way == NEST_ONEOF) {
            at->o.which = 2;
            at->o.next = below;
        } else if (way == NEST_LIST) {
            at->list.p = &slots[i];
            at->list.n = 1;
        } else {
            at->map.p = &entries[i];
            at->map.n = 1;
        }
    }
    return chain;
}

#endif
