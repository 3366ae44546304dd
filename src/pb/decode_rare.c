/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_rare.c: what the decoder's loop meets seldom: tags out of order, unknown fields, extensions,
 * numbers that a closed enum does not name, maps, groups, items of a MessageSet.
 *
 * Reads as the loop does: up to TN_PB_SLACK bytes behind limit. Bytes of a field may be pointed at or
 * copied, but its first, which a terminator may have taken, is always given apart.
 */
#include "pb/decoder.h"
#include "pb/packed.h"

#include <string.h>

const tern_pb_field tn_pb_no_fields[1] = { { .tag_len = 1 } };

tn_pb_fault tn_pb_decode_fail(tn_pb_decoder *d, tn_pb_fault fault, const uint8_t *at,
                              const tern_pb_field *f)
{
    d->at = at;
    d->f = f;
    return fault;
}

static tn_pb_fault fail(tn_pb_decoder *d, tn_pb_fault fault)
{
    return tn_pb_decode_fail(d, fault, d->p < d->limit ? d->p : d->limit, d->f);
}

/* A fault in a field that is none of the table's. */
static tn_pb_fault fail_unnamed(tn_pb_decoder *d, tn_pb_fault fault)
{
    d->f = tn_pb_no_fields;
    return fail(d, fault);
}

/* The loop goes on at p with the next tag. */
static tn_pb_fault go_on(tn_pb_decoder *d, uint8_t *p)
{
    d->p = p;
    d->w = tn_pb_load64(p);
    d->op = 0;
    return TN_PB_FINE;
}

/* Back to the level that waits in the last frame. p and w stay. */
static void leave(tn_pb_decoder *d)
{
    const tn_pb_frame *top = --d->top;
    (void)tn_pb_level_at(d, top->table);
    d->msg = top->msg;
    d->limit = top->limit;
    d->f = top->next;
}

/* Into a message, whose frame is pushed. */
static tn_pb_fault enter(tn_pb_decoder *d, const tern_pb_table *table, void *msg, uint8_t *p,
                         uint8_t *limit)
{
    d->flags |= table->flags;
    d->f = tn_pb_level_at(d, table);
    d->msg = msg;
    d->limit = limit;
    return go_on(d, p);
}

static bool in_holder(const tn_pb_decoder *d)
{
    return d->top != d->frames && d->top[-1].kind == TN_PB_FRAME_HOLDER;
}

/* Messages, map entries, groups and items that may still be entered. */
static size_t depth_left(const tn_pb_decoder *d)
{
    return (size_t)(d->stop - d->top);
}

/* ---- tags ------------------------------------------------------------------------------------- */

/*
 * The field that a tag names, and the op that takes its value; NULL when the table has none, or has it
 * with another wire type. A repeated field that packs takes both of its forms.
 */
static const tern_pb_field *resolve(const tern_pb_table *table, uint32_t tag, unsigned *op)
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

static const tern_pb_extension *known_extension(const tn_pb_decoder *d, uint32_t number)
{
    if (!(d->table->flags & TERN_PB_EXTENDABLE))
        return NULL;
    if (!d->only)
        return tern_pb_registry_extension(d->registry, d->table, number);
    return d->only->extendee == d->table && tn_pb_extension_number(d->only) == number ? d->only
                                                                                      : NULL;
}

/* The op of a field of the level at hand, behind its tag. */
static tn_pb_fault take(tn_pb_decoder *d, const tern_pb_field *f, tn_pb_tag tag, unsigned op)
{
    d->f = f;
    d->p += tag.len;
    d->w >>= 8 * tag.len;
    d->op = op;
    return TN_PB_FINE;
}

/* The holder of the extension becomes the level at hand. */
static tn_pb_fault enter_holder(tn_pb_decoder *d, const tern_pb_extension *ext, tn_pb_tag tag,
                                unsigned op)
{
    char *holder = tn_pb_extension_need(&d->mem, d->table, d->msg, ext);
    if (!holder)
        return fail_unnamed(d, TN_PB_NO_MEMORY);
    d->required |= (ext->holder->flags & TERN_PB_HAS_REQUIRED) != 0;
    tn_pb_frame_push(d, d->msg, d->limit, d->f, TN_PB_FRAME_HOLDER);
    d->stop++;
    d->msg = holder;
    return take(d, tn_pb_level_at(d, ext->holder), tag, op);
}

static tn_pb_fault end_group(tn_pb_decoder *d, tn_pb_tag tag)
{
    if (d->top == d->frames || d->top[-1].kind != TN_PB_FRAME_GROUP || d->top[-1].end != tag.v)
        return fail_unnamed(d, TN_PB_GROUP_END);
    leave(d);
    return go_on(d, d->p + tag.len);
}

static tn_pb_fault keep_unknown(tn_pb_decoder *d, tn_pb_tag tag)
{
    tn_pb_fault fault = TN_PB_NO_MEMORY;
    uint8_t *end = tn_pb_skip(d->p + tag.len, d->limit, tag.v, depth_left(d), &fault);
    if (!end ||
        !tn_pb_unknown_add(&d->mem, d->table, d->msg, d->p, (size_t)(end - d->p), (uint8_t)d->w))
        return fail_unnamed(d, fault);
    return go_on(d, end);
}

/* ---- MessageSet ------------------------------------------------------------------------------- */

enum {
    ITEM = 1 << 3 | TN_PB_WIRE_SGROUP,
    ITEM_END = 1 << 3 | TN_PB_WIRE_EGROUP,
    ITEM_TYPE = 2 << 3 | TN_PB_WIRE_VARINT,
    ITEM_MESSAGE = 3 << 3 | TN_PB_WIRE_LEN
};

typedef struct item {
    uint64_t type;    /* 0: none came */
    uint8_t *p, *end; /* the message; NULL: none came */
    uint8_t *resume;  /* behind the item's end */
} item;

/* Reads the item whose inside begins at p. Of what stands twice in it the first counts. */
static tn_pb_fault read_item(const tn_pb_decoder *d, uint8_t *p, item *it)
{
    *it = (item){ .p = NULL };
    while (p < d->limit) {
        tn_pb_fault fault = TN_PB_FINE;
        const tn_pb_tag tag = tn_pb_tag_read(tn_pb_load64(p));
        if (tag.fault)
            return (tn_pb_fault)tag.fault;
        uint8_t *const value = p + tag.len;
        it->resume = value;
        if (tag.v == ITEM_END)
            return value > d->limit ? TN_PB_TRUNCATED : TN_PB_FINE;
        p = tn_pb_skip(value, d->limit, tag.v, depth_left(d) - 1, &fault);
        if (!p)
            return fault;
        if (tag.v == ITEM_TYPE && !it->type)
            it->type = tn_pb_varint_read(value).v;
        if (tag.v == ITEM_MESSAGE && !it->p) {
            it->p = tn_pb_varint_read(value).p;
            it->end = p;
        }
    }
    return TN_PB_TRUNCATED;
}

/* The message that an extension's holder has; it is made when absent. NULL: no memory. */
static void *need_single(tn_pb_decoder *d, const tern_pb_extension *ext)
{
    const tern_pb_field *f = tn_pb_extension_field(ext);
    char *holder = tn_pb_extension_need(&d->mem, d->table, d->msg, ext);
    if (!holder)
        return NULL;
    d->required |= (ext->holder->flags & TERN_PB_HAS_REQUIRED) != 0;
    tn_pb_ptr *slot = (tn_pb_ptr *)(void *)(holder + f->offset);
    if (!*slot)
        *slot = tn_pb_take_message(&d->mem, ext->holder->subs[f->sub]);
    return *slot;
}

static tn_pb_fault decode_item(tn_pb_decoder *d, tn_pb_tag tag)
{
    item it;
    if (depth_left(d) == 0)
        return fail_unnamed(d, TN_PB_TOO_DEEP);
    const tn_pb_fault fault = read_item(d, d->p + tag.len, &it);
    if (fault != TN_PB_FINE)
        return fail_unnamed(d, fault);
    const tern_pb_extension *ext =
        it.p && it.type && it.type <= INT32_MAX ? known_extension(d, (uint32_t)it.type) : NULL;
    if (!ext || !tn_pb_is_single_message(tn_pb_extension_field(ext)))
        return keep_unknown(d, tag);
    if (depth_left(d) < 2)
        return fail_unnamed(d, TN_PB_TOO_DEEP);
    void *msg = need_single(d, ext);
    if (!msg)
        return fail_unnamed(d, TN_PB_NO_MEMORY);
    tn_pb_frame_push(d, d->msg, d->limit, d->f, TN_PB_FRAME_ITEM);
    d->top[-1].resume = it.resume;
    d->stop--;
    return enter(d, ext->holder->subs[tn_pb_extension_field(ext)->sub], msg, it.p, it.end);
}

tn_pb_fault tn_pb_decode_tag(tn_pb_decoder *d)
{
    for (;;) {
        unsigned op;
        const tn_pb_tag tag = tn_pb_tag_read(d->w);
        const tern_pb_field *f = tag.fault ? NULL : resolve(d->table, tag.v, &op);
        if (f)
            return take(d, f, tag, op);
        if (in_holder(d)) { /* not its own: it ends */
            d->stop--;
            leave(d);
            continue;
        }
        if (tag.fault)
            return fail_unnamed(d, (tn_pb_fault)tag.fault);
        if ((tag.v & 7) == TN_PB_WIRE_EGROUP)
            return end_group(d, tag);
        if (tag.v == ITEM && d->table->kind == TERN_PB_MESSAGE_SET)
            return decode_item(d, tag);
        const tern_pb_extension *ext = known_extension(d, tag.v >> 3);
        if (ext && resolve(ext->holder, tag.v, &op))
            return enter_holder(d, ext, tag, op);
        return keep_unknown(d, tag);
    }
}

tn_pb_fault tn_pb_decode_end(tn_pb_decoder *d)
{
    tn_pb_frame *top = d->top - 1;
    const tern_pb_table *entry = d->table;
    d->op = 0;
    switch ((tn_pb_frame_kind)top->kind) {
    case TN_PB_FRAME_ENTRY:
        leave(d);
        return tn_pb_map_settle(&d->mem, entry, top->map) ? TN_PB_FINE : fail(d, TN_PB_NO_MEMORY);
    case TN_PB_FRAME_HOLDER:
        d->stop--;
        leave(d);
        return TN_PB_FINE;
    case TN_PB_FRAME_ITEM:
        d->stop++;
        leave(d);
        return go_on(d, top->resume);
    default: return fail_unnamed(d, TN_PB_GROUP_OPEN);
    }
}

/* A packed run of one. */
tn_pb_fault tn_pb_decode_unpacked(tn_pb_decoder *d)
{
    const tern_pb_type type = tn_pb_type_of(d->f);
    tn_pb_array *array = (tn_pb_array *)(void *)(d->msg + d->f->offset);
    uint8_t *end = NULL;
    switch (tn_pb_type_wire(type)) {
    case TN_PB_WIRE_I64: end = d->p + 8; break;
    case TN_PB_WIRE_I32: end = d->p + 4; break;
    default: end = tn_pb_varint_read(d->p).p; break;
    }
    if (!end || end > d->limit)
        return fail(d, end ? TN_PB_TRUNCATED : TN_PB_LONG_VARINT);
    const tn_pb_fault fault = tn_pb_packed_read(&d->mem, array, type, d->p, end);
    return fault == TN_PB_FINE ? go_on(d, end) : fail(d, fault);
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

/* Adds bytes that are a part of a field to the unknown ones; those of a holder are its message's. */
static bool keep(tn_pb_decoder *d, const uint8_t *p, size_t n)
{
    const tn_pb_frame *outer = in_holder(d) ? d->top - 1 : NULL;
    return tn_pb_unknown_copy(&d->mem, outer ? outer->table : d->table, outer ? outer->msg : d->msg,
                              p, n);
}

/* The tag of f with that wire type, and a varint. */
static bool keep_head(tn_pb_decoder *d, const tern_pb_field *f, tn_pb_wire wire, uint64_t v)
{
    uint8_t bytes[2 * TN_PB_VARINT_MAX];
    uint8_t *p = put_varint(bytes, (uint64_t)tn_pb_number_of(f) << 3 | wire);
    p = put_varint(p, v);
    return keep(d, bytes, (size_t)(p - bytes));
}

static bool keep_number(tn_pb_decoder *d, const tern_pb_field *f, uint64_t number)
{
    return keep_head(d, f, TN_PB_WIRE_VARINT, (uint64_t)(int64_t)(int32_t)(uint32_t)number);
}

tn_pb_fault tn_pb_decode_unnamed(tn_pb_decoder *d)
{
    return keep_number(d, d->f, d->w) ? go_on(d, d->p) : fail(d, TN_PB_NO_MEMORY);
}

tn_pb_fault tn_pb_decode_closed(tn_pb_decoder *d)
{
    const tern_pb_field *f = d->f;
    const tern_pb_enum *e = d->table->enums[f->sub];
    tn_pb_array *array = (tn_pb_array *)(void *)(d->msg + f->offset);
    uint8_t *const end = d->p + d->w;
    const size_t old = array->n;
    const tn_pb_fault fault = tn_pb_packed_read(&d->mem, array, TERN_PB_ENUM, d->p, end);
    if (fault != TN_PB_FINE)
        return fail(d, fault);
    tn_pb_i32 *values = (tn_pb_i32 *)(void *)array->p;
    const size_t n = array->n;
    array->n = old;
    for (size_t i = old; i < n; i++) {
        if (tn_pb_closed_knows(e, (uint32_t)values[i]))
            values[array->n++] = values[i];
        else if (!keep_number(d, f, (uint32_t)values[i]))
            return fail(d, TN_PB_NO_MEMORY);
    }
    return go_on(d, end);
}

/* ---- maps and groups -------------------------------------------------------------------------- */

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

/* Is the value of the entry, whose value is of a closed enum, a number without a name? A value that did
 * not come is 0, which every enum in a map has. */
static bool entry_unnamed(const tern_pb_table *entry, uint8_t *p, const uint8_t *end)
{
    const tern_pb_field *value = &entry->fields[TN_PB_MAP_VALUE];
    uint64_t number = 0;
    return tn_pb_type_of(value) == TERN_PB_CLOSED_ENUM && entry_number(value, p, end, &number) &&
           !tn_pb_closed_knows(entry->enums[value->sub], number);
}

tn_pb_fault tn_pb_decode_entry(tn_pb_decoder *d)
{
    const tern_pb_field *f = d->f;
    const tern_pb_table *entry = d->table->subs[f->sub];
    tn_pb_map *map = (tn_pb_map *)(void *)(d->msg + f->offset);
    const size_t n = (size_t)d->w;
    uint8_t *const end = d->p + n;
    if (TN_UNLIKELY(entry_unnamed(entry, d->p, end)))
        return keep_head(d, f, TN_PB_WIRE_LEN, n) && keep(d, d->p, n) ? go_on(d, end)
                                                                      : fail(d, TN_PB_NO_MEMORY);
    void *fresh = tn_pb_map_pending(&d->mem, entry, map);
    if (!fresh)
        return fail(d, TN_PB_NO_MEMORY);
    /* Its value, if it does not come, is an empty message. */
    if (entry->flags & TERN_PB_HAS_REQUIRED)
        d->flags |= TERN_PB_OWN_REQUIRED;
    tn_pb_frame_push(d, d->msg, d->limit, f, TN_PB_FRAME_ENTRY);
    d->top[-1].map = map;
    return enter(d, entry, fresh, d->p, end);
}

tn_pb_fault tn_pb_decode_group(tn_pb_decoder *d)
{
    const tern_pb_field *f = d->f;
    const tern_pb_table *table = d->table->subs[f->sub];
    const bool repeated = tn_pb_mode_of(f) == TERN_PB_REPEATED;
    tn_pb_array *array = (tn_pb_array *)(void *)(d->msg + f->offset);
    tn_pb_ptr *slot = (tn_pb_ptr *)(void *)(d->msg + f->offset);
    if (depth_left(d) == 0)
        return fail(d, TN_PB_TOO_DEEP);
    if (tn_pb_mode_of(f) == TERN_PB_ONEOF)
        tn_pb_choose(d->msg, f);
    if (repeated && !tn_pb_reserve(&d->mem, array, 1, sizeof(void *)))
        return fail(d, TN_PB_NO_MEMORY);
    void *msg = repeated ? NULL : *slot;
    if (!msg)
        msg = tn_pb_take_message(&d->mem, table);
    if (!msg)
        return fail(d, TN_PB_NO_MEMORY);
    if (repeated)
        ((tn_pb_ptr *)(void *)array->p)[array->n++] = msg;
    else
        *slot = msg;
    tn_pb_frame_push(d, d->msg, d->limit, repeated || f == d->last ? f : f + 1, TN_PB_FRAME_GROUP);
    d->top[-1].end = tn_pb_number_of(f) << 3 | TN_PB_WIRE_EGROUP;
    return enter(d, table, msg, d->p, d->limit);
}
