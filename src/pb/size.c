/* SPDX-License-Identifier: Apache-2.0 */
/*
 * size.c: how long a message's encoding is, without making it.
 *
 * One running sum, as the encoder's bytes are: what a message took is the sum now less the sum where
 * it began, so each message is gone through once, however deep it lies.
 * Not here: UTF-8, which does not change a length. Never writes; messages may be shared by threads.
 * Wire format: protobuf encoding specification.
 */
#include "pb/fault.h"
#include "pb/packed.h"
#include "pb/unknown.h"
#include "pb/walk.h"

/* More than any message may have, and far from the end of the numbers. */
#define TOO_MUCH ((uint64_t)TN_PB_SIZE_MAX + 1)

typedef struct sizer {
    uint64_t n;
    tn_pb_walk walk;
} sizer;

/* A length and so many bytes behind it. */
static uint64_t delimited(uint64_t n)
{
    return tn_pb_varint_size(n) + n;
}

/* Bytes of a value of a type whose values are all of one length; 0 for the other types. */
static size_t fixed_size(tern_pb_type type)
{
    switch (tn_pb_type_wire(type)) {
    case TN_PB_WIRE_I64: return 8;
    case TN_PB_WIRE_I32: return 4;
    default: return type == TERN_PB_BOOL;
    }
}

static inline uint64_t scalar_size(tern_pb_type type, const void *value)
{
    const size_t fixed = fixed_size(type);
    return fixed ? fixed : tn_pb_varint_size(tn_pb_varint_of(type, value));
}

static uint64_t text_size(const void *text)
{
    const size_t n = ((const tn_pb_str *)text)->n;
    return n > TN_PB_SIZE_MAX ? TOO_MUCH : delimited(n);
}

/* One value of any type but message, with its length where it has one, without its tag. */
static uint64_t value_size(tern_pb_type type, const void *value)
{
    return tn_pb_is_string(type) ? text_size(value) : scalar_size(type, value);
}

/* The values of an array have n <= TN_PB_SIZE_MAX: no sum of theirs is too large for a number. */

static uint64_t scalars_size(tern_pb_type type, const tn_pb_array *array)
{
    uint64_t sum = fixed_size(type) * (uint64_t)array->n;
    if (sum)
        return sum;
    const size_t size = tn_pb_type_size(type);
    const char *end = array->p + array->n * size;
    for (const char *p = array->p; p < end; p += size)
        sum += tn_pb_varint_size(tn_pb_varint_of(type, p));
    return sum;
}

static uint64_t texts_size(const tn_pb_array *array)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < array->n; i++)
        sum += text_size(array->p + i * sizeof(tn_pb_str));
    return sum;
}

/* A map's entry whose value takes so many bytes, without the tags of all. Both parts are always there. */
static uint64_t entry_size(const tern_pb_table *entry, const char *p, uint64_t value)
{
    const tern_pb_field *key = &entry->fields[TN_PB_MAP_KEY];
    return delimited(key->tag_len + value_size(tn_pb_type_of(key), p + key->offset) +
                     entry->fields[TN_PB_MAP_VALUE].tag_len + value);
}

/* A map of values that are not messages. */
static uint64_t map_size(const tern_pb_table *table, const char *msg, const tern_pb_field *f)
{
    const tern_pb_table *entry = table->subs[f->sub];
    const tern_pb_field *value = tn_pb_map_value(table, f);
    const size_t n = tn_pb_array_of(msg, f)->n;
    uint64_t sum = n * (uint64_t)f->tag_len;
    for (size_t i = 0; i < n; i++) {
        const char *p = tn_pb_map_entry(table, msg, f, i);
        sum += entry_size(entry, p, value_size(tn_pb_type_of(value), p + value->offset));
    }
    return sum;
}

/* A field of many values that are not messages, tags and all. */
static tn_pb_fault add_many(sizer *z, const tn_pb_level *at, const tern_pb_field *f,
                            tn_pb_kind kind)
{
    const tn_pb_array *array = tn_pb_array_of(at->from, f);
    const uint64_t tags = array->n * (uint64_t)f->tag_len;
    if (array->n > TN_PB_SIZE_MAX)
        return TN_PB_TOO_LARGE;
    if (kind == TN_PB_ENTRIES && at->depth == TN_PB_DEPTH_MAX)
        return TN_PB_TOO_DEEP;
    if (kind == TN_PB_ENTRIES)
        z->n += map_size(at->table, at->from, f);
    else if (kind == TN_PB_TEXTS)
        z->n += tags + texts_size(array);
    else if (tn_pb_mode_of(f) == TERN_PB_PACKED)
        z->n += f->tag_len + delimited(scalars_size(tn_pb_type_of(f), array));
    else
        z->n += tags + scalars_size(tn_pb_type_of(f), array);
    return TN_PB_FINE;
}

/* Adds fields from the one at hand on, up to one that holds messages. */
static tn_pb_fault add_fields(sizer *z, tn_pb_level *at)
{
    tn_pb_fault fault = TN_PB_FINE;
    const tern_pb_field *f = at->f;
    for (; f != at->end && fault == TN_PB_FINE; f++) {
        const tn_pb_shape *shape = tn_pb_shape_of(f);
        if (!tn_pb_present(shape, at->table, at->from, f))
            continue;
        if (tn_pb_holds_messages(shape, at->table, f))
            break;
        if (shape->kind == TN_PB_SCALAR)
            z->n += f->tag_len + scalar_size(tn_pb_type_of(f), at->from + f->offset);
        else if (shape->kind == TN_PB_TEXT)
            z->n += f->tag_len + text_size(at->from + f->offset);
        else
            fault = add_many(z, at, f, (tn_pb_kind)shape->kind);
        if (z->n > TN_PB_SIZE_MAX && fault == TN_PB_FINE)
            fault = TN_PB_TOO_LARGE;
        if (fault != TN_PB_FINE)
            break;
    }
    at->f = f;
    return fault;
}

/* What stands around a message that took n bytes and is the i-th of the field at hand. */
static void add_frame(sizer *z, const tn_pb_level *at, size_t i, uint64_t n)
{
    const tern_pb_field *f = at->f;
    if (tn_pb_walk_item(&z->walk)) /* four tags of one byte, the type, the length */
        z->n += 4 + tn_pb_varint_size(tn_pb_number_of(f)) + delimited(n) - n;
    else if (tn_pb_mode_of(f) == TERN_PB_MAP)
        z->n += f->tag_len - n +
                entry_size(at->table->subs[f->sub], tn_pb_map_entry(at->table, at->from, f, i),
                           delimited(n));
    else if (tn_pb_type_of(f) == TERN_PB_GROUP)
        z->n += 2 * (uint64_t)f->tag_len;
    else
        z->n += f->tag_len + delimited(n) - n;
}

/* Goes into the next message of the field at hand, or on to the next field. */
static tn_pb_fault descend(sizer *z, tn_pb_level *at)
{
    if (!tn_pb_walk_more(at))
        return TN_PB_FINE;
    const void *child = tn_pb_message_at(at->table, at->from, at->f, at->i);
    if (!child && tn_pb_mode_of(at->f) == TERN_PB_REPEATED)
        return TN_PB_NULL_ELEMENT;
    if (tn_pb_walk_below(&z->walk) > TN_PB_DEPTH_MAX)
        return TN_PB_TOO_DEEP;
    at->mark = z->n;
    at->i++;
    if (child)
        tn_pb_walk_enter(&z->walk, child, NULL);
    else /* a oneof or a map whose message is NULL has an empty one */
        add_frame(z, at, at->i - 1, 0);
    return z->n > TN_PB_SIZE_MAX ? TN_PB_TOO_LARGE : TN_PB_FINE;
}

/* Goes into the next extension, or adds what ends the message at hand and goes on behind it; false
 * when it is the outermost. */
static bool ascend(sizer *z)
{
    void *holder;
    const tern_pb_extension *ext = tn_pb_walk_value(z->walk.top, &holder);
    if (ext) {
        tn_pb_walk_hold(&z->walk, ext, holder, NULL);
        return true;
    }
    const struct tern_pb_unknown *u = tn_pb_unknown_of(z->walk.top->table, z->walk.top->from);
    if (u)
        z->n += u->n;
    if (!tn_pb_walk_leave(&z->walk))
        return false;
    const tn_pb_level *at = z->walk.top;
    if (at->f != at->end) /* else it was a holder */
        add_frame(z, at, at->i - 1, z->n - at->mark);
    return true;
}

static tn_pb_fault run(sizer *z)
{
    for (bool more = true; more;) {
        tn_pb_level *at = z->walk.top;
        tn_pb_fault fault = add_fields(z, at);
        if (fault == TN_PB_FINE && at->f != at->end)
            fault = descend(z, at);
        else if (fault == TN_PB_FINE)
            more = ascend(z);
        if (fault != TN_PB_FINE)
            return fault;
        if (z->n > TN_PB_SIZE_MAX)
            return TN_PB_TOO_LARGE;
    }
    return TN_PB_FINE;
}

tern_code tern_pb_size(const tern_pb_table *table, const void *msg, size_t *size, tern_error *err)
{
    sizer z;
    tern_error_clear(err);
    TN_TRY(tn_pb_check_abi(table, err));
    z.n = 0;
    tn_pb_walk_start(&z.walk, table, msg, NULL);
    const tn_pb_fault fault = run(&z);
    const tn_pb_level *at = z.walk.top;
    if (fault != TN_PB_FINE)
        return tn_pb_fault_set(err, fault, at->table, at->f == at->end ? NULL : at->f,
                               TN_PB_NOWHERE, TN_PB_DEPTH_MAX);
    *size = (size_t)z.n;
    return TERN_OK;
}
