/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode_run.c: the binary encoder's loop: structs to bytes, backward, in one pass, without recursion.
 *
 * From the last field to the first, value before length before tag: when a message is done, what was
 * written since it began is its length. Tags stand in the table as bytes. Room is checked once a
 * field, for more than a tag with a number can take, so that the writers may store whole words.
 * A message's extensions follow its fields on the wire, and unknown fields those, so they are written
 * first. An extension's holder is a message of one field without tag and length of its own.
 *
 * Not here: no size pass, no cache in messages, no change to them; they may be shared by threads.
 * The frame stack bounds depth, and so ends in an error for a message that contains itself.
 * Wire format: protobuf encoding specification.
 */
#include "pb/encoder.h"
#include "pb/ops.h"
#include "pb/required.h"
#include "pb/walk.h"

#include <string.h>

#if TN_PB_COMPUTED_GOTO
#pragma GCC diagnostic ignored "-Wpedantic" /* labels as values */
#if !defined(__clang__)
/* gcc would fold the jumps that end each op into one again: a tenth to a fifth of the speed. */
#pragma GCC optimize("no-gcse", "no-crossjumping")
#endif
#endif

typedef tn_pb_encoder encoder;
typedef tn_pb_encoder_frame frame;

static inline uint8_t *write_group_end(uint8_t *p, const tern_pb_field *f)
{
    return tn_pb_put_varint(p, (uint64_t)tn_pb_number_of(f) << 3 | TN_PB_WIRE_EGROUP);
}

/* What stands before the message of an item: the type and the beginnings. */
static inline uint8_t *write_item(uint8_t *p, const tern_pb_field *f)
{
    *--p = 3 << 3 | TN_PB_WIRE_LEN;
    p = tn_pb_put_varint(p, tn_pb_number_of(f));
    *--p = 2 << 3 | TN_PB_WIRE_VARINT;
    *--p = 1 << 3 | TN_PB_WIRE_SGROUP;
    return p;
}

static inline const tn_pb_array *array_of(const char *msg, const tern_pb_field *f)
{
    return (const tn_pb_array *)(const void *)(msg + f->offset);
}

static inline const tn_pb_map *map_of(const char *msg, const tern_pb_field *f)
{
    return (const tn_pb_map *)(const void *)(msg + f->offset);
}

/* The i-th entry to stand on the wire. */
static inline const char *map_entry(const encoder *e, const char *msg, const tern_pb_field *f,
                                    const tern_pb_table *table, size_t i)
{
    const tn_pb_map *map = map_of(msg, f);
    if (TN_UNLIKELY(e->sorted != NULL))
        i = tn_pb_sorted_at(e->sorted, map->n, i);
    return map->p + i * table->size;
}

/* After the output may have moved. */
static inline void note_room(encoder *e)
{
    e->low = (uintptr_t)e->out->start + TN_PB_FIELD_ROOM;
    e->end = e->out->end;
}

/* The output's new first byte; NULL: e->fault. */
static __attribute__((noinline, cold)) uint8_t *more_room(encoder *e, uint8_t *p, size_t n)
{
    e->out->p = p;
    e->fault = tn_pb_out_grow(e->out, TN_PB_FIELD_ROOM + n);
    note_room(e);
    return e->fault == TN_PB_FINE ? e->out->p : NULL;
}

/* Ops that are one: the table of ops finds the second by the name of the first. */
#define closed_implicit i32_implicit
#define closed_explicit i32_explicit
#define closed_oneof    i32_oneof
#define v64_repeated    unpacked
#define i32_repeated    unpacked
#define closed_repeated unpacked
#define u32_repeated    unpacked
#define s64_repeated    unpacked
#define s32_repeated    unpacked
#define bool_repeated   unpacked
#define f64_repeated    unpacked
#define f32_repeated    unpacked
#define string_repeated unpacked
#define bytes_repeated  unpacked
#define closed_packed   packed

/* ---- the loop: its moves ---------------------------------------------------------------------- */

#if TN_PB_COMPUTED_GOTO
#define OP_ROW(type, mode, label) [TERN_PB_OP(type, mode)] = &&label,
#define DISPATCH()                                                                                 \
    do {                                                                                           \
        TN_ASSERT(f->op < sizeof(ops) / sizeof(ops[0]) && ops[f->op]);                             \
        goto *ops[f->op];                                                                          \
    } while (0)
#else
#define OP_ROW(type, mode, label)                                                                  \
    case TERN_PB_OP(type, mode):                                                                   \
        goto label;
#define DISPATCH() goto dispatch
#endif

#define FAULT(what)                                                                                \
    do {                                                                                           \
        fault = (what);                                                                            \
        goto fail;                                                                                 \
    } while (0)

/* Goes on with the field before f. */
#define NEXT()                                                                                     \
    do {                                                                                           \
        if (f == e->first)                                                                         \
            goto edge;                                                                             \
        f--;                                                                                       \
        DISPATCH();                                                                                \
    } while (0)

/* Runs a step that writes through e->out. */
#define STEP(call)                                                                                 \
    do {                                                                                           \
        e->out->p = p;                                                                             \
        fault = (call);                                                                            \
        if (TN_UNLIKELY(fault != TN_PB_FINE))                                                      \
            goto fail;                                                                             \
        p = e->out->p;                                                                             \
        note_room(e);                                                                              \
    } while (0)

/* Room for a tag with a number or a length, and n bytes more. */
#define ROOM(n)                                                                                    \
    do {                                                                                           \
        if (TN_UNLIKELY((intptr_t)((uintptr_t)p - e->low) < (intptr_t)(n))) {                      \
            p = more_room(e, p, (n));                                                              \
            if (TN_UNLIKELY(!p))                                                                   \
                FAULT(e->fault);                                                                   \
        }                                                                                          \
    } while (0)

#define USED() ((size_t)(e->end - p))

#define DEEPER(n)                                                                                  \
    do {                                                                                           \
        if (TN_UNLIKELY((size_t)(e->stop - e->top) < (n)))                                         \
            FAULT(TN_PB_TOO_DEEP);                                                                 \
    } while (0)

/* The three singular modes of a scalar: absent or not, then map it and write it. */
#define SCALAR(kind, ctype, writer, map)                                                           \
    kind##_explicit:                                                                               \
    {                                                                                              \
        ctype x;                                                                                   \
        memcpy(&x, msg + f->offset, sizeof(x));                                                    \
        if (x == 0 && !tn_pb_has_bit(e->table, msg, f))                                            \
            NEXT();                                                                                \
        goto kind##_present;                                                                       \
    }                                                                                              \
    kind##_oneof:                                                                                  \
    {                                                                                              \
        if (*tn_pb_which_of(msg, f) != tn_pb_number_of(f))                                         \
            goto absent;                                                                           \
        goto kind##_present;                                                                       \
    }                                                                                              \
    kind##_implicit:                                                                               \
    {                                                                                              \
        ctype x;                                                                                   \
        memcpy(&x, msg + f->offset, sizeof(x));                                                    \
        if (x == 0)                                                                                \
            NEXT();                                                                                \
    }                                                                                              \
    kind##_present:                                                                                \
    {                                                                                              \
        ctype x;                                                                                   \
        memcpy(&x, msg + f->offset, sizeof(x));                                                    \
        ROOM(0);                                                                                   \
        p = writer(p, map(x));                                                                     \
        p = tn_pb_put_tag(p, f);                                                                   \
        NEXT();                                                                                    \
    }

#define AS_IT_IS(x)  (x)
#define AS_SIGNED(x) ((uint64_t)(int64_t)(x))

/* The level that msg is waits for one inside it. left: what else of f is to be written. */
static inline void push(encoder *e, const char *msg, const tern_pb_field *f, size_t left,
                        size_t used, tn_pb_level_kind kind)
{
    frame *top = e->top++;
    top->msg = msg;
    top->table = e->table;
    top->f = f;
    top->left = left;
    top->mark = used;
    top->kind = kind;
}

/* The length of the level that is done stands before it, and the tag of its field. */
static inline uint8_t *write_front(uint8_t *p, const tern_pb_field *f, size_t n)
{
    return tn_pb_put_tag(tn_pb_put_varint(p, n), f);
}

/*
 * Long, because it is one jump table, with p, f and msg in registers; what it needs less lies in e.
 */
tn_pb_fault tn_pb_encode_run(encoder *e, const tern_pb_table *table, const char *msg)
{
#if TN_PB_COMPUTED_GOTO
    static const void *const ops[] = { TN_PB_OPS(OP_ROW) };
#endif
    const tern_pb_field *f = NULL;
    uint8_t *p = e->out->p;
    const size_t base = tn_pb_out_len(e->out);
    tn_pb_fault fault;
    frame *top;
    const char *child;
    size_t left;
    /* What single ops use on their way. */
    const tn_pb_str *s;
    const char *entry;
    const struct tern_pb_unknown *u;
    const tn_pb_extension_value *held;

    e->table = table;
    e->top = e->frames;
    e->stop = e->frames + TN_PB_DEPTH_MAX;
    note_room(e);
    goto begin;

#if !TN_PB_COMPUTED_GOTO
dispatch:
    switch (f->op) {
        TN_PB_OPS(OP_ROW)
    default: FAULT(TN_PB_BAD_TABLE);
    }
#endif

    SCALAR(v64, uint64_t, tn_pb_put_varint, AS_IT_IS)
    SCALAR(i32, int32_t, tn_pb_put_varint, AS_SIGNED)
    SCALAR(u32, uint32_t, tn_pb_put_varint, AS_IT_IS)
    SCALAR(s64, uint64_t, tn_pb_put_varint, tn_pb_zigzag64)
    SCALAR(s32, uint32_t, tn_pb_put_varint, tn_pb_zigzag32)
    SCALAR(bool, bool, tn_pb_put_varint, AS_IT_IS)
    SCALAR(f64, uint64_t, tn_pb_write_fixed64, AS_IT_IS)
    SCALAR(f32, uint32_t, tn_pb_write_fixed32, AS_IT_IS)

absent: /* of a oneof */
    NEXT();

string_oneof:
bytes_oneof:
    if (*tn_pb_which_of(msg, f) != tn_pb_number_of(f))
        goto absent;
    goto bytes_present;
string_explicit:
bytes_explicit:
    if (!((const tn_pb_str *)(const void *)(msg + f->offset))->p)
        NEXT();
    goto bytes_present;
string_implicit:
bytes_implicit:
    if (((const tn_pb_str *)(const void *)(msg + f->offset))->n == 0)
        NEXT();
bytes_present:
    s = (const tn_pb_str *)(const void *)(msg + f->offset);
    if (TN_UNLIKELY(s->n > TN_PB_SIZE_MAX))
        FAULT(TN_PB_TOO_LARGE);
    ROOM(s->n);
    if ((f->flags & TERN_PB_UTF8) && TN_UNLIKELY(!tn_pb_text_valid(s->p, s->n)))
        FAULT(TN_PB_NOT_UTF8);
    p = tn_pb_write_bytes(p, s->p, s->n);
    p = write_front(p, f, s->n);
    NEXT();
unpacked:
    if (array_of(msg, f)->n)
        STEP(tn_pb_put_unpacked(e->out, f, array_of(msg, f)));
    NEXT();
packed:
    if (array_of(msg, f)->n)
        STEP(tn_pb_put_packed(e->out, f, array_of(msg, f)));
    NEXT();

message_oneof:
    if (*tn_pb_which_of(msg, f) != tn_pb_number_of(f))
        goto absent;
    child = *(const tn_pb_ptr *)(const void *)(msg + f->offset);
    goto message_present;
message_implicit:
message_explicit:
    child = *(const tn_pb_ptr *)(const void *)(msg + f->offset);
    if (!child)
        NEXT();
message_present:
    DEEPER(1);
    push(e, msg, f, 0, USED(), TN_PB_LEVEL_MESSAGE);
    e->table = e->table->subs[f->sub];
    msg = child;
    goto begin;
message_repeated:
    left = array_of(msg, f)->n;
    if (left == 0)
        NEXT();
    DEEPER(1);
    left--;
    push(e, msg, f, left, USED(), TN_PB_LEVEL_ELEMENT);
    e->table = e->table->subs[f->sub];
    msg = ((const tn_pb_ptr *)(const void *)array_of(msg, f)->p)[left];
    if (TN_UNLIKELY(!msg))
        goto null_element;
begin:
    table = e->table;
    if (TN_UNLIKELY(table->flags & TERN_PB_OWN_REQUIRED) && !e->partial) {
        f = tn_pb_lacks_required(table, msg);
        if (f)
            FAULT(TN_PB_REQUIRED);
    }
    /* A oneof or a map whose message is NULL has an empty one. */
    if (TN_UNLIKELY(!msg))
        goto leave;
    u = tn_pb_unknown_of(table, msg);
    if (TN_UNLIKELY(u != NULL))
        goto unknown;
fields:
    if (TN_UNLIKELY(e->table->field_count == 0))
        goto edge;
    e->first = e->table->fields;
    f = e->first + e->table->field_count;
    NEXT();

edge:
    if (e->top == e->frames) {
        e->out->p = p;
        return USED() - base <= TN_PB_SIZE_MAX ? TN_PB_FINE : TN_PB_TOO_LARGE;
    }
leave:
    top = e->top - 1;
    f = top->f;
    if (TN_UNLIKELY(USED() - base > TN_PB_SIZE_MAX))
        FAULT(TN_PB_TOO_LARGE);
    if (TN_UNLIKELY(top->kind > TN_PB_LEVEL_ELEMENT))
        goto leave_other;
    ROOM(0);
    p = write_front(p, f, USED() - top->mark);
    if (top->left == 0)
        goto leave_field;
    /* On with the next one, from the same frame. */
    left = --top->left;
    top->mark = USED();
    msg = ((const tn_pb_ptr *)(const void *)array_of(top->msg, f)->p)[left];
    if (TN_LIKELY(msg != NULL))
        goto begin;
null_element:
    e->table = e->top[-1].table;
    FAULT(TN_PB_NULL_ELEMENT);

leave_field:
    e->top = top;
    msg = top->msg;
    e->table = top->table;
    e->first = top->table->fields;
    NEXT();

    /* ---- what is rarer ---- */

group_oneof:
    if (*tn_pb_which_of(msg, f) != tn_pb_number_of(f))
        goto absent;
    child = *(const tn_pb_ptr *)(const void *)(msg + f->offset);
    goto group_present;
group_implicit:
group_explicit:
    child = *(const tn_pb_ptr *)(const void *)(msg + f->offset);
    if (!child)
        NEXT();
group_present:
    left = 0;
    goto group;
group_repeated:
    left = array_of(msg, f)->n;
group_next:
    if (left == 0)
        NEXT();
    left--;
    child = ((const tn_pb_ptr *)(const void *)array_of(msg, f)->p)[left];
    if (TN_UNLIKELY(!child))
        FAULT(TN_PB_NULL_ELEMENT);
group:
    DEEPER(1);
    ROOM(0);
    p = write_group_end(p, f);
    push(e, msg, f, left, USED(), TN_PB_LEVEL_GROUP);
    e->table = e->table->subs[f->sub];
    msg = child;
    goto begin;

map:
    left = map_of(msg, f)->n;
    if (TN_UNLIKELY(e->sorted != NULL))
        STEP(tn_pb_sorted_push(e->sorted, e->table->subs[f->sub], map_of(msg, f)));
map_next:
    if (left == 0) {
        if (TN_UNLIKELY(e->sorted != NULL))
            tn_pb_sorted_pop(e->sorted, map_of(msg, f)->n);
        NEXT();
    }
    left--;
    table = e->table->subs[f->sub];
    entry = map_entry(e, msg, f, table, left);
    if (tn_pb_type_of(&table->fields[TN_PB_MAP_VALUE]) == TERN_PB_MESSAGE) {
        DEEPER(2);
        push(e, msg, f, left, USED(), TN_PB_LEVEL_VALUE);
        e->stop--;
        msg = *(const tn_pb_ptr *)(const void *)(entry + table->fields[TN_PB_MAP_VALUE].offset);
        e->table = table->subs[table->fields[TN_PB_MAP_VALUE].sub];
        goto begin;
    }
    DEEPER(1);
    STEP(tn_pb_put_entry(e->out, e->table, f, entry, USED()));
    goto map_next;

unknown:      /* fields of msg, and its extensions behind them */
    f = NULL; /* what fails here is no field of this table */
    STEP(tn_pb_put_unknown(e->out, u));
    left = u->value_n;
extension_next: /* `left` extensions of msg are to be written */
    if (left == 0)
        goto fields;
    left--;
    held = &tn_pb_unknown_of(e->table, msg)->values[left];
    f = tn_pb_extension_field(held->ext);
    if (e->table->kind == TERN_PB_MESSAGE_SET && tn_pb_is_single_message(f)) {
        child = *(const tn_pb_ptr *)(const void *)((const char *)held->holder + f->offset);
        if (!child)
            goto extension_next;
        DEEPER(2);
        ROOM(0);
        *--p = 1 << 3 | TN_PB_WIRE_EGROUP;
        push(e, msg, f, left, USED(), TN_PB_LEVEL_ITEM);
        e->stop--;
        msg = child;
        e->table = held->ext->holder->subs[f->sub];
        goto begin;
    }
    push(e, msg, f, left, 0, TN_PB_LEVEL_HOLDER);
    e->stop++;
    msg = held->holder;
    e->table = held->ext->holder;
    goto fields;

leave_other:
    e->top = top;
    msg = top->msg;
    e->table = top->table;
    e->first = top->table->fields;
    left = top->left;
    switch ((tn_pb_level_kind)top->kind) {
    case TN_PB_LEVEL_GROUP:
        ROOM(0);
        p = tn_pb_put_tag(p, f);
        if (tn_pb_mode_of(f) == TERN_PB_REPEATED)
            goto group_next;
        NEXT();
    case TN_PB_LEVEL_VALUE:
        e->stop++;
        entry = map_entry(e, msg, f, e->table->subs[f->sub], left);
        STEP(tn_pb_put_entry(e->out, e->table, f, entry, top->mark));
        goto map_next;
    case TN_PB_LEVEL_ITEM:
        e->stop++;
        ROOM(0);
        p = tn_pb_put_varint(p, USED() - top->mark);
        p = write_item(p, f);
        goto extension_next;
    default: e->stop--; goto extension_next; /* TN_PB_LEVEL_HOLDER */
    }

field_zero: /* the op of no field */
    fault = TN_PB_BAD_TABLE;
fail:
    e->field = f;
    return fault;
}
