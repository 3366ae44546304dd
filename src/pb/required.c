/* SPDX-License-Identifier: Apache-2.0 */
/*
 * required.c: the search for a required field that is missing.
 *
 * Tables say where there may be one, so that most of a message is never looked at. Never writes.
 */
#include "pb/required.h"

#include "pb/fault.h"
#include "pb/walk.h"

const tern_pb_field *tn_pb_lacks_required(const tern_pb_table *table, const void *msg)
{
    if (!(table->flags & TERN_PB_OWN_REQUIRED))
        return NULL;
    const tern_pb_field *end = table->fields + table->field_count;
    for (const tern_pb_field *f = table->fields; f != end; f++)
        if ((f->flags & TERN_PB_REQUIRED) &&
            !(msg && tn_pb_present(tn_pb_shape_of(f), table, msg, f)))
            return f;
    return NULL;
}

static bool worth_it(const tern_pb_table *table, bool everywhere)
{
    return everywhere || (table->flags & TERN_PB_HAS_REQUIRED);
}

/* Goes on from the field at hand to one that holds messages worth a look. A table without fields has
 * NULL for them. */
static void go_on(tn_pb_level *at, bool everywhere)
{
    for (; at->f && at->f != at->end; at->f++) {
        const tn_pb_shape *shape = tn_pb_shape_of(at->f);
        if (tn_pb_holds_messages(shape, at->table, at->f) &&
            worth_it(tn_pb_message_table(at->table, at->f), everywhere) &&
            tn_pb_present(shape, at->table, at->from, at->f))
            return;
    }
}

/* The next message of the field at hand, entered, and the field that it lacks; NULL when that is none. A
 * NULL in a oneof or a map is an empty one. */
static const tern_pb_field *descend(tn_pb_walk *w, const tern_pb_table **table, bool *deep)
{
    tn_pb_level *at = w->top;
    if (!tn_pb_walk_more(at))
        return NULL;
    const void *child = tn_pb_message_at(at->table, at->from, at->f, at->i++);
    *table = tn_pb_message_table(at->table, at->f);
    if (child && tn_pb_walk_below(w) > TN_PB_DEPTH_MAX) {
        *deep = true;
        return at->f;
    }
    if (child)
        tn_pb_walk_enter(w, child, NULL);
    return tn_pb_lacks_required(*table, child);
}

/* Behind the fields: the next extension, or back. False: that was all. */
static bool ascend(tn_pb_walk *w, bool everywhere)
{
    void *holder;
    const tern_pb_extension *ext;
    while ((ext = tn_pb_walk_value(w->top, &holder)) != NULL) {
        if (worth_it(ext->holder, everywhere)) {
            tn_pb_walk_hold(w, ext, holder, NULL);
            return true;
        }
    }
    return tn_pb_walk_leave(w);
}

tern_code tn_pb_check_required(const tern_pb_table *table, const void *msg, bool everywhere,
                               tern_error *err)
{
    tn_pb_walk w;
    bool deep = false;
    if (!worth_it(table, everywhere))
        return TERN_OK;
    tn_pb_walk_start(&w, table, msg, NULL);
    const tern_pb_field *lacks = tn_pb_lacks_required(table, msg);
    while (!lacks) {
        go_on(w.top, everywhere);
        if (w.top->f != w.top->end)
            lacks = descend(&w, &table, &deep);
        else if (!ascend(&w, everywhere))
            return TERN_OK;
    }
    return tn_pb_fault_set(err, deep ? TN_PB_TOO_DEEP : TN_PB_REQUIRED, deep ? w.top->table : table,
                           lacks, TN_PB_NOWHERE, TN_PB_DEPTH_MAX);
}
