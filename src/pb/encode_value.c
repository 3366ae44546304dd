/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode_value.c: the parts of a message that the encoder's loop leaves to functions: elements of
 * repeated fields, entries of maps, unknown fields, and what is longer than a byte.
 *
 * All write backward, before what the output holds.
 */
#include "pb/encoder.h"

#include "base/utf8.h"
#include "pb/packed.h"

uint8_t *tn_pb_put_long_varint(uint8_t *p, uint64_t v)
{
    return tn_pb_write_varint(p, v);
}

uint8_t *tn_pb_put_long_tag(uint8_t *p, const tern_pb_field *f)
{
    const unsigned n = f->tag_len;
    tn_pb_store64(p - 8, tn_pb_load64(f) << (64 - 8 * n));
    return p - n;
}

bool tn_pb_text_valid(const char *p, size_t n)
{
    return TN_LIKELY(tn_pb_ascii(p, n)) || tn_utf8_valid(p, n);
}

/* Writes one value of any type but message, with its length where it has one, without its tag. */
static tn_pb_fault tn_pb_put_value(tn_pb_out *out, const tern_pb_field *f, const void *value)
{
    const tern_pb_type type = tn_pb_type_of(f);
    const tn_pb_str *s = value;
    const bool bytes = type == TERN_PB_STRING || type == TERN_PB_BYTES;
    if (bytes && s->n > TN_PB_SIZE_MAX)
        return TN_PB_TOO_LARGE;
    const tn_pb_fault fault = tn_pb_out_room(out, TN_PB_FIELD_ROOM + (bytes ? s->n : 0));
    if (fault != TN_PB_FINE)
        return fault;
    switch (type) {
    case TERN_PB_STRING:
    case TERN_PB_BYTES:
        if ((f->flags & TERN_PB_UTF8) && !tn_pb_text_valid(s->p, s->n))
            return TN_PB_NOT_UTF8;
        out->p = tn_pb_write_bytes(out->p, s->p, s->n);
        out->p = tn_pb_put_varint(out->p, s->n);
        break;
    case TERN_PB_DOUBLE:
    case TERN_PB_FIXED64:
    case TERN_PB_SFIXED64: out->p = tn_pb_write_fixed64(out->p, *(const tn_pb_u64 *)value); break;
    case TERN_PB_FLOAT:
    case TERN_PB_FIXED32:
    case TERN_PB_SFIXED32: out->p = tn_pb_write_fixed32(out->p, *(const tn_pb_u32 *)value); break;
    default: out->p = tn_pb_put_varint(out->p, tn_pb_varint_of(type, value)); break;
    }
    return TN_PB_FINE;
}

tn_pb_fault tn_pb_put_unpacked(tn_pb_out *out, const tern_pb_field *f, const tn_pb_array *array)
{
    const size_t size = tn_pb_type_size(tn_pb_type_of(f));
    for (size_t i = array->n; i > 0; i--) {
        const tn_pb_fault fault = tn_pb_put_value(out, f, array->p + (i - 1) * size);
        if (fault != TN_PB_FINE)
            return fault;
        out->p = tn_pb_put_tag(out->p, f);
    }
    return TN_PB_FINE;
}

tn_pb_fault tn_pb_put_packed(tn_pb_out *out, const tern_pb_field *f, const tn_pb_array *array)
{
    if (array->n == 0)
        return TN_PB_FINE;
    const size_t mark = tn_pb_out_len(out);
    tn_pb_fault fault = tn_pb_packed_write(out, array, tn_pb_type_of(f));
    if (fault == TN_PB_FINE)
        fault = tn_pb_out_room(out, TN_PB_FIELD_ROOM);
    if (fault != TN_PB_FINE)
        return fault;
    out->p = tn_pb_put_varint(out->p, tn_pb_out_len(out) - mark);
    out->p = tn_pb_put_tag(out->p, f);
    return TN_PB_FINE;
}

tn_pb_fault tn_pb_put_entry(tn_pb_out *out, const tern_pb_table *table, const tern_pb_field *map,
                            const char *entry, size_t mark)
{
    const tern_pb_field *fields = table->subs[map->sub]->fields;
    const tern_pb_field *key = &fields[TN_PB_MAP_KEY], *value = &fields[TN_PB_MAP_VALUE];
    tn_pb_fault fault = tn_pb_out_room(out, TN_PB_FIELD_ROOM);
    if (fault != TN_PB_FINE)
        return fault;
    if (tn_pb_type_of(value) == TERN_PB_MESSAGE)
        out->p = tn_pb_put_varint(out->p, tn_pb_out_len(out) - mark);
    else
        fault = tn_pb_put_value(out, value, entry + value->offset);
    if (fault != TN_PB_FINE)
        return fault;
    out->p = tn_pb_put_tag(out->p, value);
    fault = tn_pb_put_value(out, key, entry + key->offset);
    if (fault != TN_PB_FINE)
        return fault;
    out->p = tn_pb_put_tag(out->p, key);
    fault = tn_pb_out_room(out, TN_PB_FIELD_ROOM);
    if (fault != TN_PB_FINE)
        return fault;
    out->p = tn_pb_put_varint(out->p, tn_pb_out_len(out) - mark);
    out->p = tn_pb_put_tag(out->p, map);
    return TN_PB_FINE;
}

tn_pb_fault tn_pb_put_unknown(tn_pb_out *out, const struct tern_pb_unknown *u)
{
    if (u->n == 0)
        return TN_PB_FINE;
    const tn_pb_fault fault = tn_pb_out_room(out, u->n);
    if (fault == TN_PB_FINE)
        out->p = tn_pb_write_bytes(out->p, (const char *)u->p, u->n);
    return fault;
}
