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

/* One value of any type but message, with its length where it has one, without its tag. */
static uint64_t value_size(tern_pb_type type, const void *value)
{
    if (tn_pb_is_string(type)) {
        const size_t n = ((const tn_pb_str *)value)->n;
        return n > TN_PB_SIZE_MAX ? TOO_MUCH : delimited(n);
    }
    const size_t fixed = fixed_size(type);
    return fixed ? fixed : tn_pb_varint_size(tn_pb_varint_of(type, value));
}

/* All values of a repeated field, without tags. n is at most TN_PB_SIZE_MAX, so no sum is too large. */
static uint64_t values_size(tern_pb_type type, const tn_pb_array *array)
{
    uint64_t sum = fixed_size(type) * (uint64_t)array->n;
    if (sum)
        return sum;
    const size_t size = tn_pb_type_size(type);
    const char *end = array->p + array->n * size;
    for (const char *p = array->p; p < end; p += size)
        sum += value_size(type, p);
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

/* A field that holds no messages, tags and all. */
static tn_pb_fault add_field(sizer *z, const tn_pb_level *at)
{
    const tern_pb_field *f = at->f;
    const tern_pb_type type = tn_pb_type_of(f);
    const tern_pb_mode mode = tn_pb_mode_of(f);
    if (!tn_pb_present(at->table, at->from, f))
        return TN_PB_FINE;
    const tn_pb_array *array = tn_pb_array_of(at->from, f);
    const bool many = mode == TERN_PB_REPEATED || mode == TERN_PB_PACKED || mode == TERN_PB_MAP;
    if (many && array->n > TN_PB_SIZE_MAX)
        return TN_PB_TOO_LARGE;
    if (mode == TERN_PB_MAP && tn_pb_walk_below(at) > TN_PB_DEPTH_MAX)
        return TN_PB_TOO_DEEP;
    if (mode == TERN_PB_MAP)
        z->n += map_size(at->table, at->from, f);
    else if (mode == TERN_PB_PACKED)
        z->n += f->tag_len + delimited(values_size(type, array));
    else if (mode == TERN_PB_REPEATED)
        z->n += array->n * (uint64_t)f->tag_len + values_size(type, array);
    else
        z->n += f->tag_len + value_size(type, at->from + f->offset);
    return z->n > TN_PB_SIZE_MAX ? TN_PB_TOO_LARGE : TN_PB_FINE;
}

/* What stands around a message that took n bytes and is the i-th of the field at hand. */
static void add_frame(sizer *z, const tn_pb_level *at, size_t i, uint64_t n)
{
    const tern_pb_field *f = at->f;
    if (tn_pb_mode_of(f) == TERN_PB_MAP)
        z->n += f->tag_len - n +
                entry_size(at->table->subs[f->sub], tn_pb_map_entry(at->table, at->from, f, i),
                           delimited(n));
    else if (tn_pb_type_of(f) == TERN_PB_GROUP)
        z->n += 2 * (uint64_t)f->tag_len;
    else
        z->n += f->tag_len + delimited(n) - n;
}

/* Goes into the next message of the field at hand, or on to the next field. */
static tn_pb_fault descend(sizer *z)
{
    tn_pb_level *at = z->walk.top;
    if (!tn_pb_walk_more(at))
        return TN_PB_FINE;
    const void *child = tn_pb_message_at(at->table, at->from, at->f, at->i);
    if (!child && tn_pb_mode_of(at->f) == TERN_PB_REPEATED)
        return TN_PB_NULL_ELEMENT;
    if (tn_pb_walk_below(at) > TN_PB_DEPTH_MAX)
        return TN_PB_TOO_DEEP;
    at->mark = z->n;
    at->i++;
    if (child)
        tn_pb_walk_enter(&z->walk, child, NULL);
    else /* a oneof or a map whose message is NULL has an empty one */
        add_frame(z, at, at->i - 1, 0);
    return z->n > TN_PB_SIZE_MAX ? TN_PB_TOO_LARGE : TN_PB_FINE;
}

/* Goes on behind the message at hand; false when it is the outermost. */
static bool ascend(sizer *z)
{
    const struct tern_pb_unknown *u = tn_pb_unknown_of(z->walk.top->table, z->walk.top->from);
    if (u)
        z->n += u->n;
    if (!tn_pb_walk_leave(&z->walk))
        return false;
    const tn_pb_level *at = z->walk.top;
    add_frame(z, at, at->i - 1, z->n - at->mark);
    return true;
}

static tn_pb_fault run(sizer *z)
{
    tn_pb_fault fault = TN_PB_FINE;
    while (fault == TN_PB_FINE) {
        tn_pb_level *at = z->walk.top;
        if (at->f == at->end) {
            const bool more = ascend(z);
            fault = z->n > TN_PB_SIZE_MAX ? TN_PB_TOO_LARGE : TN_PB_FINE;
            if (!more)
                break;
        } else if (tn_pb_holds_messages(at->table, at->f)) {
            fault = descend(z);
        } else {
            fault = add_field(z, at);
            if (fault == TN_PB_FINE)
                at->f++;
        }
    }
    return fault;
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
