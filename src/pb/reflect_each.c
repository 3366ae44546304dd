/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflect_each.c: going through what a message holds: fields, extensions, unknown fields.
 */
#include "pb/extension.h"
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

/* What is left to read of unknown fields. */
typedef struct reader {
    const uint8_t *p, *end;
} reader;

static bool read_varint(reader *r, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
        const uint8_t byte = *r->p++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool read_fixed(reader *r, size_t n, uint64_t *out)
{
    *out = 0;
    if ((size_t)(r->end - r->p) < n)
        return false;
    for (size_t i = 0; i < n; i++)
        *out |= (uint64_t)*r->p++ << (8 * i);
    return true;
}

static bool read_length(reader *r, tern_bytes *out)
{
    uint64_t n;
    if (!read_varint(r, &n) || n > (uint64_t)(r->end - r->p))
        return false;
    *out = (tern_bytes){ r->p, (size_t)n };
    r->p += n;
    return true;
}

/* A value that is no group's. */
static bool read_value(reader *r, tern_pb_each_unknown *each)
{
    switch (each->wire) {
    case TN_PB_WIRE_VARINT: return read_varint(r, &each->value);
    case TN_PB_WIRE_I64: return read_fixed(r, 8, &each->value);
    case TN_PB_WIRE_LEN: return read_length(r, &each->bytes);
    case TN_PB_WIRE_I32: return read_fixed(r, 4, &each->value);
    default: return false;
    }
}

static bool read_tag(reader *r, tern_pb_each_unknown *each)
{
    uint64_t tag;
    if (!read_varint(r, &tag) || tag > UINT32_MAX || tag < 8)
        return false;
    each->number = (uint32_t)(tag >> 3);
    each->wire = (uint32_t)(tag & 7);
    return true;
}

/* Up to the end of the group that has begun; its own groups are counted. */
static bool read_group(reader *r, tern_bytes *out)
{
    const uint8_t *first = r->p;
    size_t open = 1;
    for (;;) {
        const uint8_t *here = r->p;
        tern_pb_each_unknown inner = { 0 };
        if (!read_tag(r, &inner))
            return false;
        if (inner.wire == TN_PB_WIRE_SGROUP) {
            open++;
        } else if (inner.wire == TN_PB_WIRE_EGROUP) {
            *out = (tern_bytes){ first, (size_t)(here - first) };
            if (--open == 0)
                return true;
        } else if (!read_value(r, &inner)) {
            return false;
        }
    }
}

bool tern_pb_each_unknown_next(const tern_pb_table *table, const void *msg,
                               tern_pb_each_unknown *each)
{
    const struct tern_pb_unknown *u = tn_pb_unknown_of(table, msg);
    if (!u || each->at >= u->n)
        return false;
    reader r = { u->p + each->at, u->p + u->n };
    *each = (tern_pb_each_unknown){ 0 };
    if (!read_tag(&r, each))
        return false;
    if (each->wire == TN_PB_WIRE_SGROUP ? !read_group(&r, &each->bytes) : !read_value(&r, each))
        return false;
    each->at = (size_t)(r.p - u->p);
    return true;
}
