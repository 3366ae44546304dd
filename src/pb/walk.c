/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.c: the shape of every op, and the steps of a walk.
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

bool tn_pb_present(const tn_pb_shape *shape, const tern_pb_table *table, const void *msg,
                   const tern_pb_field *f)
{
    if (shape->by == TN_PB_BY_WHICH)
        return *tn_pb_which_of(msg, f) == tn_pb_number_of(f);
    const char *p = (const char *)msg + f->offset + shape->at;
    const bool there = shape->width == 8   ? *(const tn_pb_u64 *)(const void *)p != 0
                       : shape->width == 4 ? *(const tn_pb_u32 *)(const void *)p != 0
                                           : *p != 0;
    return there || (shape->by == TN_PB_BY_BIT && tn_pb_has_bit(table, msg, f));
}

bool tn_pb_holds_messages(const tn_pb_shape *shape, const tern_pb_table *table,
                          const tern_pb_field *f)
{
    return shape->kind == TN_PB_SUB || shape->kind == TN_PB_SUBS ||
           (shape->kind == TN_PB_ENTRIES &&
            tn_pb_is_message(tn_pb_type_of(tn_pb_map_value(table, f))));
}

const tern_pb_table *tn_pb_message_table(const tern_pb_table *table, const tern_pb_field *f)
{
    const tern_pb_table *sub = table->subs[f->sub];
    return tn_pb_mode_of(f) == TERN_PB_MAP ? sub->subs[sub->fields[TN_PB_MAP_VALUE].sub] : sub;
}

void *tn_pb_message_at(const tern_pb_table *table, const char *msg, const tern_pb_field *f,
                       size_t i)
{
    const char *slot = msg + f->offset;
    if (tn_pb_mode_of(f) == TERN_PB_REPEATED)
        slot = tn_pb_array_of(msg, f)->p + i * sizeof(void *);
    else if (tn_pb_mode_of(f) == TERN_PB_MAP)
        slot = tn_pb_map_entry(table, msg, f, i) + tn_pb_map_value(table, f)->offset;
    return *(const tn_pb_ptr *)(const void *)slot;
}

static void set_level(tn_pb_level *level, const tern_pb_table *table, const void *from, void *to,
                      size_t depth)
{
    *level = (tn_pb_level){
        .table = table,
        .f = table->fields,
        .end = table->field_count ? table->fields + table->field_count : table->fields,
        .from = from,
        .to = to,
        .depth = depth,
    };
}

void tn_pb_walk_start(tn_pb_walk *w, const tern_pb_table *table, const void *from, void *to)
{
    w->top = w->levels;
    set_level(w->top, table, from, to, 0);
}

bool tn_pb_walk_more(tn_pb_level *at)
{
    if (at->i == 0) {
        const bool one = tn_pb_shape_of(at->f)->kind == TN_PB_SUB;
        at->n = one ? 1 : tn_pb_array_of(at->from, at->f)->n;
    }
    if (at->i < at->n)
        return true;
    at->i = 0;
    at->f++;
    return false;
}

bool tn_pb_walk_item(const tn_pb_walk *w)
{
    return w->top != w->levels && w->top[-1].table->kind == TERN_PB_MESSAGE_SET;
}

size_t tn_pb_walk_below(const tn_pb_walk *w)
{
    const tn_pb_level *at = w->top;
    const tn_pb_shape *shape = tn_pb_shape_of(at->f);
    const bool two =
        (shape->kind == TN_PB_ENTRIES && tn_pb_holds_messages(shape, at->table, at->f)) ||
        tn_pb_walk_item(w);
    return at->depth + (two ? 2 : 1);
}

void tn_pb_walk_enter(tn_pb_walk *w, const void *from, void *to)
{
    const tn_pb_level *at = w->top;
    const size_t depth = tn_pb_walk_below(w);
    w->top++;
    set_level(w->top, tn_pb_message_table(at->table, at->f), from, to, depth);
}

const tern_pb_extension *tn_pb_walk_value(tn_pb_level *at, void **holder)
{
    const struct tern_pb_unknown *u = tn_pb_unknown_of(at->table, at->from);
    while (u && at->value < u->value_n) {
        const tn_pb_extension_value *v = &u->values[at->value++];
        const tern_pb_field *f = tn_pb_extension_field(v->ext);
        if (tn_pb_present(tn_pb_shape_of(f), v->ext->holder, v->holder, f)) {
            *holder = v->holder;
            return v->ext;
        }
    }
    *holder = NULL;
    return NULL;
}

void tn_pb_walk_hold(tn_pb_walk *w, const tern_pb_extension *ext, const void *from, void *to)
{
    const size_t depth = w->top->depth;
    w->top++;
    set_level(w->top, ext->holder, from, to, depth);
}
