/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_rare.c: what the decoder's loop meets seldom: tags out of order, unknown fields, extensions,
 * numbers that a closed enum does not name, items of a MessageSet.
 *
 * Reads as the loop does: up to TN_PB_SLACK bytes behind limit. Bytes of a field may be pointed at or
 * copied, but its first, which a terminator may have taken, is always given apart.
 */
#include "pb/decoder.h"
#include "pb/packed.h"

#include <string.h>

const tern_pb_field *tn_pb_resolve(const tern_pb_table *table, uint32_t tag, unsigned *op)
{
    const tern_pb_field *f = tn_pb_find(table, tag >> 3);
    if (!f)
        return NULL;
    *op = f->op;
    if ((f->tag[0] & 7) == (tag & 7))
        return f;
    const tern_pb_type type = tn_pb_type_of(f);
    if (tn_pb_mode_of(f) == TERN_PB_REPEATED && (tag & 7) == TN_PB_WIRE_LEN &&
        tn_pb_type_packs(type))
        *op = TERN_PB_OP(type, TERN_PB_PACKED);
    else if (tn_pb_mode_of(f) == TERN_PB_PACKED && (tag & 7) == tn_pb_type_wire(type))
        *op = TERN_PB_OP(type, TERN_PB_REPEATED);
    else
        return NULL;
    return f;
}

static const tern_pb_extension *known_extension(const tn_pb_decoder *d, const tern_pb_table *table,
                                                uint32_t number)
{
    if (!(table->flags & TERN_PB_EXTENDABLE))
        return NULL;
    if (!d->only)
        return tern_pb_registry_extension(d->registry, table, number);
    return d->only->extendee == table && tn_pb_extension_number(d->only) == number ? d->only : NULL;
}

const tern_pb_extension *tn_pb_resolve_extension(const tn_pb_decoder *d, const tern_pb_table *table,
                                                 uint32_t tag, unsigned *op)
{
    const tern_pb_extension *ext = known_extension(d, table, tag >> 3);
    return ext && tn_pb_resolve(ext->holder, tag, op) ? ext : NULL;
}

tn_pb_fault tn_pb_keep_unknown(tn_pb_decoder *d, tn_pb_place at, uint8_t **p, const uint8_t *limit,
                               uint64_t w, size_t depth)
{
    tn_pb_fault fault;
    const tn_pb_tag tag = tn_pb_tag_read(w);
    if (tag.fault)
        return (tn_pb_fault)tag.fault;
    uint8_t *end = tn_pb_skip(*p + tag.len, limit, tag.v, depth, &fault);
    if (!end)
        return fault;
    if (!tn_pb_unknown_add(&d->mem, at.table, at.msg, *p, (size_t)(end - *p), (uint8_t)w))
        return TN_PB_NO_MEMORY;
    *p = end;
    return TN_PB_FINE;
}

/* ---- closed enums ----------------------------------------------------------------------------- */

bool tn_pb_closed_find(const tern_pb_enum *e, int32_t number)
{
    size_t low = 0, high = e->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (e->values[middle].number == number)
            return true;
        if (e->values[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Writes v at p, which has TN_PB_VARINT_MAX bytes and more; the end. */
static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

bool tn_pb_keep_number(tn_pb_decoder *d, tn_pb_place at, const tern_pb_field *f, uint64_t number)
{
    uint8_t bytes[2 * TN_PB_VARINT_MAX];
    uint8_t *p = put_varint(bytes, (uint64_t)tn_pb_number_of(f) << 3 | TN_PB_WIRE_VARINT);
    p = put_varint(p, (uint64_t)(int64_t)(int32_t)(uint32_t)number);
    return tn_pb_unknown_copy(&d->mem, at.table, at.msg, bytes, (size_t)(p - bytes));
}

tn_pb_fault tn_pb_read_closed(tn_pb_decoder *d, tn_pb_place at, const tern_pb_field *f, uint8_t *p,
                              uint8_t *end, tn_pb_place unknown)
{
    const tern_pb_enum *e = at.table->enums[f->sub];
    tn_pb_array *array = (tn_pb_array *)(void *)(at.msg + f->offset);
    const size_t old = array->n;
    const tn_pb_fault fault = tn_pb_packed_read(&d->mem, array, TERN_PB_ENUM, p, end);
    if (fault != TN_PB_FINE)
        return fault;
    tn_pb_i32 *values = (tn_pb_i32 *)(void *)array->p;
    const size_t n = array->n;
    array->n = old;
    for (size_t i = old; i < n; i++) {
        if (tn_pb_closed_knows(e, (uint32_t)values[i]))
            values[array->n++] = values[i];
        else if (!tn_pb_keep_number(d, unknown, f, (uint32_t)values[i]))
            return TN_PB_NO_MEMORY;
    }
    return TN_PB_FINE;
}

/* The value that a map's entry will have: the last of its second field. False: it is malformed. */
static bool entry_number(const tern_pb_field *value, uint8_t *p, const uint8_t *end, uint64_t *v)
{
    tn_pb_fault fault;
    while (p < end) {
        const tn_pb_tag tag = tn_pb_tag_read(tn_pb_load64(p));
        if (tag.fault)
            return false;
        if (tag.v == (tn_pb_number_of(value) << 3 | TN_PB_WIRE_VARINT))
            *v = tn_pb_varint_read(p + tag.len).v;
        p = tn_pb_skip(p + tag.len, end, tag.v, TN_PB_DEPTH_MAX, &fault);
        if (!p)
            return false;
    }
    return true;
}

tn_pb_fault tn_pb_keep_entry(tn_pb_decoder *d, tn_pb_place at, const tern_pb_field *f, uint8_t *p,
                             uint8_t *end, bool *kept)
{
    const tern_pb_table *entry = at.table->subs[f->sub];
    const tern_pb_field *value = &entry->fields[TN_PB_MAP_VALUE];
    const tern_pb_enum *e = entry->enums[value->sub];
    uint64_t number = 0; /* which every enum in a map has */
    uint8_t head[2 * TN_PB_VARINT_MAX];
    *kept = entry_number(value, p, end, &number) && !tn_pb_closed_knows(e, number);
    if (!*kept)
        return TN_PB_FINE;
    uint8_t *q = put_varint(head, (uint64_t)tn_pb_number_of(f) << 3 | TN_PB_WIRE_LEN);
    q = put_varint(q, (uint64_t)(end - p));
    return tn_pb_unknown_copy(&d->mem, at.table, at.msg, head, (size_t)(q - head)) &&
                   tn_pb_unknown_copy(&d->mem, at.table, at.msg, p, (size_t)(end - p))
               ? TN_PB_FINE
               : TN_PB_NO_MEMORY;
}

/* ---- MessageSet ------------------------------------------------------------------------------- */

enum {
    ITEM_END = 1 << 3 | TN_PB_WIRE_EGROUP,
    ITEM_TYPE = 2 << 3 | TN_PB_WIRE_VARINT,
    ITEM_MESSAGE = 3 << 3 | TN_PB_WIRE_LEN
};

tn_pb_fault tn_pb_read_item(const tn_pb_decoder *d, const tern_pb_table *table, uint8_t *p,
                            const uint8_t *limit, size_t depth, tn_pb_item *item)
{
    uint64_t type = 0;
    *item = (tn_pb_item){ .p = NULL };
    while (p < limit) {
        tn_pb_fault fault = TN_PB_FINE;
        const tn_pb_tag tag = tn_pb_tag_read(tn_pb_load64(p));
        if (tag.fault)
            return (tn_pb_fault)tag.fault;
        uint8_t *const value = p + tag.len;
        if (tag.v == ITEM_END) {
            item->resume = value;
            if (item->p && type && type <= INT32_MAX)
                item->ext = known_extension(d, table, (uint32_t)type);
            if (item->ext && !tn_pb_is_single_message(tn_pb_extension_field(item->ext)))
                item->ext = NULL;
            return value > limit ? TN_PB_TRUNCATED : TN_PB_FINE;
        }
        p = tn_pb_skip(value, limit, tag.v, depth, &fault);
        if (!p)
            return fault;
        /* Of what stands twice the first counts. */
        if (tag.v == ITEM_TYPE && !type)
            type = tn_pb_varint_read(value).v;
        if (tag.v == ITEM_MESSAGE && !item->p) {
            item->p = tn_pb_varint_read(value).p;
            item->end = p;
        }
    }
    return TN_PB_TRUNCATED;
}

void *tn_pb_item_message(tn_pb_decoder *d, tn_pb_place at, const tern_pb_extension *ext)
{
    const tern_pb_field *f = tn_pb_extension_field(ext);
    char *holder = tn_pb_extension_need(&d->mem, at.table, at.msg, ext);
    if (!holder)
        return NULL;
    d->required |= (ext->holder->flags & TERN_PB_HAS_REQUIRED) != 0;
    tn_pb_ptr *slot = (tn_pb_ptr *)(void *)(holder + f->offset);
    if (!*slot)
        *slot = tn_pb_take_message(&d->mem, ext->holder->subs[f->sub]);
    return *slot;
}
