/* SPDX-License-Identifier: Apache-2.0 */
/*
 * equal.c: whether two messages hold the same.
 *
 * The measure is the wire: equal messages have the same deterministic encoding, but for what a NaN
 * carries, since all NaN are one here. So presence counts, -0.0 is not 0.0, and an empty message
 * stands for the NULL of a oneof or a map.
 * A map's entries are looked up in the other map; with no index on either side that is a scan each.
 * Never writes; messages may be shared by threads.
 */
#include "pb/unknown.h"
#include "pb/walk.h"

#include <string.h>

static bool is_nan(tern_pb_type type, const void *p)
{
    if (type == TERN_PB_FLOAT)
        return (*(const tn_pb_u32 *)p & 0x7fffffff) > 0x7f800000;
    return (*(const tn_pb_u64 *)p & INT64_MAX) > UINT64_C(0x7ff0000000000000);
}

static bool is_float(tern_pb_type type)
{
    return type == TERN_PB_FLOAT || type == TERN_PB_DOUBLE;
}

/* Two values of any type but message. */
static bool same_value(tern_pb_type type, const void *a, const void *b)
{
    if (tn_pb_is_string(type)) {
        const tn_pb_str *x = a, *y = b;
        return x->n == y->n && (x->n == 0 || memcmp(x->p, y->p, x->n) == 0);
    }
    return memcmp(a, b, tn_pb_type_size(type)) == 0 ||
           (is_float(type) && is_nan(type, a) && is_nan(type, b));
}

/* Two arrays of the same length. */
static bool same_values(tern_pb_type type, const tn_pb_array *a, const tn_pb_array *b)
{
    const size_t size = tn_pb_type_size(type);
    if (a->p == b->p)
        return true;
    if (!tn_pb_is_string(type) && memcmp(a->p, b->p, a->n * size) == 0)
        return true;
    if (!tn_pb_is_string(type) && !is_float(type))
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!same_value(type, a->p + i * size, b->p + i * size))
            return false;
    return true;
}

/*
 * The entry of one map whose key that of the other's i-th is: what is looked up is looked up where
 * there is an index, if there is one. *each is the i-th entry, *other its counterpart or NULL.
 */
static void entry_pair(const tn_pb_level *at, size_t i, const char **each, const char **other)
{
    const tern_pb_table *entry = at->table->subs[at->f->sub];
    const tn_pb_map *a = (const tn_pb_map *)(const void *)(at->from + at->f->offset);
    const tn_pb_map *b = (const tn_pb_map *)(const void *)(at->to + at->f->offset);
    const bool swap = !b->index && a->index;
    *each = (swap ? b : a)->p + i * entry->size;
    *other = tern_pb_map_get(entry, swap ? a : b, *each + entry->fields[TN_PB_MAP_KEY].offset);
}

/* Two maps of values that are not messages, of the same length. */
static bool same_map(const tn_pb_level *at)
{
    const size_t n = tn_pb_array_of(at->from, at->f)->n;
    const tern_pb_field *value = tn_pb_map_value(at->table, at->f);
    if (at->depth == TN_PB_DEPTH_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *each, *other;
        entry_pair(at, i, &each, &other);
        if (!other ||
            !same_value(tn_pb_type_of(value), each + value->offset, other + value->offset))
            return false;
    }
    return true;
}

/* A field that is there in both and holds no messages. */
static bool same_field(const tn_pb_level *at, tn_pb_kind kind)
{
    const tern_pb_field *f = at->f;
    if (kind == TN_PB_SCALAR || kind == TN_PB_TEXT)
        return same_value(tn_pb_type_of(f), at->from + f->offset, at->to + f->offset);
    const tn_pb_array *a = tn_pb_array_of(at->from, f), *b = tn_pb_array_of(at->to, f);
    if (a->n != b->n)
        return false;
    return kind == TN_PB_ENTRIES ? same_map(at) : same_values(tn_pb_type_of(f), a, b);
}

/* Compares fields from the one at hand on, up to one that holds messages. */
static bool same_fields(tn_pb_level *at)
{
    for (; at->f != at->end; at->f++) {
        const tn_pb_shape *shape = tn_pb_shape_of(at->f);
        const bool here = tn_pb_present(shape, at->table, at->from, at->f);
        if (here != tn_pb_present(shape, at->table, at->to, at->f))
            return false;
        if (!here)
            continue;
        if (tn_pb_holds_messages(shape, at->table, at->f))
            return true;
        if (!same_field(at, (tn_pb_kind)shape->kind))
            return false;
    }
    return true;
}

static bool same_unknown(const tn_pb_level *at)
{
    const struct tern_pb_unknown *a = tn_pb_unknown_of(at->table, at->from);
    const struct tern_pb_unknown *b = tn_pb_unknown_of(at->table, at->to);
    const size_t n = a ? a->n : 0;
    return n == (b ? b->n : 0) && (n == 0 || memcmp(a->p, b->p, n) == 0);
}

/* NULL is empty too. */
static bool is_empty(const tern_pb_table *table, const void *msg)
{
    if (!msg)
        return true;
    for (unsigned i = 0; i < table->field_count; i++)
        if (tn_pb_present(tn_pb_shape_of(&table->fields[i]), table, msg, &table->fields[i]))
            return false;
    const struct tern_pb_unknown *u = tn_pb_unknown_of(table, msg);
    void *holder;
    tn_pb_level level = { .table = table, .from = msg };
    return !u || (u->n == 0 && !tn_pb_walk_value(&level, &holder));
}

/* Does the field at hand, which is there in both, hold as many messages in both? */
static bool same_count(const tn_pb_level *at)
{
    return tn_pb_shape_of(at->f)->kind == TN_PB_SUB ||
           tn_pb_array_of(at->from, at->f)->n == tn_pb_array_of(at->to, at->f)->n;
}

/* Finds the next two messages of the field at hand; false when one has no counterpart. */
static bool message_pair(const tn_pb_level *at, size_t i, const void **a, void **b)
{
    if (tn_pb_mode_of(at->f) == TERN_PB_MAP) {
        const char *each, *other;
        entry_pair(at, i, &each, &other);
        if (!other)
            return false;
        const size_t offset = tn_pb_map_value(at->table, at->f)->offset;
        *a = *(const tn_pb_ptr *)(const void *)(each + offset);
        *b = *(const tn_pb_ptr *)(const void *)(other + offset);
        return true;
    }
    *a = tn_pb_message_at(at->table, at->from, at->f, i);
    *b = tn_pb_message_at(at->table, at->to, at->f, i);
    return tn_pb_mode_of(at->f) != TERN_PB_REPEATED || (!*a == !*b);
}

/* Goes into the next messages of the field at hand, or on to the next field; false: they differ. */
static bool descend(tn_pb_walk *w, tn_pb_level *at)
{
    if (at->i == 0 && !same_count(at))
        return false;
    if (!tn_pb_walk_more(at))
        return true;
    const void *a;
    void *b;
    if (!message_pair(at, at->i, &a, &b) || tn_pb_walk_below(w) > TN_PB_DEPTH_MAX)
        return false;
    at->i++;
    if (a == b)
        return true;
    if (a && b) {
        tn_pb_walk_enter(w, a, b);
        return true;
    }
    return is_empty(tn_pb_message_table(at->table, at->f), a ? a : b);
}

/* Behind the fields: goes into the next extensions, or ends the messages. False: they differ. *more is
 * false at the end. */
static bool ascend(tn_pb_walk *w, tn_pb_level *at, bool *more)
{
    void *a, *b;
    /* mark counts the values of the other message. */
    tn_pb_level other = { .table = at->table, .from = at->to, .value = (size_t)at->mark };
    const tern_pb_extension *ext = tn_pb_walk_value(at, &a);
    const bool same = ext == tn_pb_walk_value(&other, &b);
    at->mark = other.value;
    if (same && ext) {
        tn_pb_walk_hold(w, ext, a, b);
        return true;
    }
    if (!same || !same_unknown(at))
        return false;
    *more = tn_pb_walk_leave(w);
    return true;
}

bool tern_pb_equal(const tern_pb_table *table, const void *a, const void *b)
{
    tn_pb_walk w;
    if (tn_pb_check_abi(table, NULL) != TERN_OK)
        return false;
    if (a == b)
        return true;
    tn_pb_walk_start(&w, table, a, (void *)(uintptr_t)b);
    for (bool more = true; more;) {
        tn_pb_level *at = w.top;
        if (!same_fields(at))
            return false;
        if (at->f != at->end ? !descend(&w, at) : !ascend(&w, at, &more))
            return false;
    }
    return true;
}
