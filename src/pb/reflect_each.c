/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflect_each.c: going through what a message holds: fields, extensions, unknown fields.
 */
#include "pb/extension.h"
#include "pb/item.h"
#include "pb/reflect.h"

#include <string.h>

const void *tern_pb_extension_holder_of(const tern_pb_extension *extension, const void *msg)
{
    return tern_pb_extension_has(extension, msg)
               ? tn_pb_extension_holder(extension->extendee, msg, extension)
               : NULL;
}

void *tern_pb_extension_holder_need(const tern_pb_extension *extension, void *msg,
                                    tern_arena *arena)
{
    tn_pb_mem mem = tn_pb_mem_of(arena, SIZE_MAX);
    return tn_pb_extension_need(&mem, extension->extendee, msg, extension);
}

/* at counts the fields of the table, then the extensions. */
bool tern_pb_each_next(const tern_pb_table *table, const void *msg, tern_pb_each *each)
{
    for (; each->at < table->field_count; each->at++) {
        const tern_pb_field *field = &table->fields[each->at];
        if (!tern_pb_field_has(table, msg, field))
            continue;
        *each = (tern_pb_each){ .table = table, .msg = msg, .field = field, .at = each->at + 1 };
        return true;
    }
    const size_t count = tn_pb_extension_count(table, msg);
    while (each->at - table->field_count < count) {
        const tn_pb_extension_value v =
            tn_pb_extension_at(table, msg, each->at++ - table->field_count);
        const tern_pb_field *field = &v.ext->holder->fields[0];
        if (!tern_pb_field_has(v.ext->holder, v.holder, field))
            continue;
        *each = (tern_pb_each){ .table = v.ext->holder,
                                .msg = v.holder,
                                .field = field,
                                .extension = v.ext,
                                .at = each->at };
        return true;
    }
    return false;
}

/* ---- unknown fields -------------------------------------------------------------------------- */

/* Up to the end of the group that has begun; its own groups are counted. */
static bool read_group(tn_rd *in, tern_bytes *out)
{
    const uint8_t *first = in->p, *here = first;
    for (size_t open = 1; open;) {
        tn_pb_item inner;
        here = in->p;
        if (!tn_pb_item_read(in, &inner))
            return false;
        open += inner.wire == TN_PB_WIRE_SGROUP;
        open -= inner.wire == TN_PB_WIRE_EGROUP;
    }
    *out = (tern_bytes){ first, (size_t)(here - first) };
    return true;
}

bool tern_pb_each_unknown_next(const tern_pb_table *table, const void *msg,
                               tern_pb_each_unknown *each)
{
    const struct tern_pb_unknown *u = tn_pb_unknown_of(table, msg);
    if (!u || each->at >= u->n)
        return false;
    tn_rd in = tn_rd_of(u->p + each->at, u->n - each->at);
    tn_pb_item item;
    *each = (tern_pb_each_unknown){ 0 };
    if (!tn_pb_item_read(&in, &item) || item.wire == TN_PB_WIRE_EGROUP)
        return false;
    each->number = item.number;
    each->wire = (uint32_t)item.wire;
    if (item.wire == TN_PB_WIRE_LEN)
        each->bytes = (tern_bytes){ item.p, item.n };
    else
        each->value = item.v;
    if (item.wire == TN_PB_WIRE_SGROUP && !read_group(&in, &each->bytes))
        return false;
    each->at = (size_t)(in.p - u->p);
    return true;
}
