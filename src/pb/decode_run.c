/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_run.c: the binary decoder's loop: bytes to structs, in place, without recursion.
 *
 * Four ideas carry its speed:
 *   - The buffer is ours and has slack behind it, so that eight bytes may be loaded anywhere and only
 *     the end of a message is checked, once a field.
 *   - Strings stay where they are. To terminate one, the eight bytes behind it are loaded first (w)
 *     and then its next byte is overwritten. That byte is the first one of the next tag, here or in
 *     an enclosing message, and from then on lives in w alone. So w is reloaded only when p moves,
 *     values are read from p + 1 on, and what keeps a field's bytes is given its first one.
 *   - The next field is guessed: the one behind the last, or the one behind that. A tag is compared as
 *     the bytes it stands in, and decoded only when both guesses are wrong.
 *   - Each field's op byte is a jump: computed goto, or a switch where that is not known.
 *
 * Invariants: p <= limit wherever a field starts; limit of a frame never exceeds that of its parent.
 * The frame stack bounds depth. Errors are values: a fault leaves by one door, with p where it is.
 * One thread at a time, as the arena. Wire format: protobuf encoding specification.
 */
#include "base/utf8.h"
#include "pb/decoder.h"
#include "pb/ops.h"
#include "pb/packed.h"

#include <string.h>

#if TN_PB_COMPUTED_GOTO
#pragma GCC diagnostic ignored "-Wpedantic" /* labels as values */
#if !defined(__clang__)
/* gcc would fold the jumps that end each op into one again: a tenth to a fifth of the speed. */
#pragma GCC optimize("no-gcse", "no-crossjumping")
#endif
#endif

typedef tn_pb_decoder decoder;
typedef tn_pb_frame frame;

/* The bytes of a tag of such a length, in a word. */
static const uint64_t tag_masks[8] = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, UINT64_C(0xffffffffff),
};

/* Stands in for the fields of a message that has none. Its tag is one that is an error anywhere. */
static const tern_pb_field no_fields[1] = { { .tag_len = 1 } };

/* Reads up to TN_PB_SLACK bytes behind p[n]; what is there is not judged. */
static inline bool utf8(const uint8_t *p, size_t n)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; n - i > 8; i += 8)
        any |= tn_pb_load64(p + i);
    if (TN_LIKELY(n != 0))
        any |= tn_pb_load64(p + i) << (64 - 8 * (n - i));
    return TN_LIKELY((any & TN_PB_HIGH_BITS) == 0) || tn_utf8_valid(p, n);
}

static const tern_pb_field *first_field(const tern_pb_table *table)
{
    return table->field_count ? table->fields : no_fields;
}

static const tern_pb_field *last_field(const tern_pb_table *table)
{
    return table->field_count ? table->fields + table->field_count - 1 : no_fields;
}

/* Where unknown fields of the level at hand go: a holder keeps none, its message does. */
static tn_pb_place home_of(const decoder *d, const frame *top, const tern_pb_table *table,
                           char *msg)
{
    if (table->unknown_offset == TERN_PB_NONE && top != d->frames &&
        top[-1].kind == TN_PB_FRAME_HOLDER)
        return (tn_pb_place){ top[-1].table, top[-1].msg };
    return (tn_pb_place){ table, msg };
}

static inline bool closed_values(const tern_pb_table *entry)
{
    return TN_UNLIKELY(entry->fields[TN_PB_MAP_VALUE].op ==
                       TERN_PB_OP(TERN_PB_CLOSED_ENUM, TERN_PB_IMPLICIT));
}

/* Is the tag whose first bytes are in w, of two bytes and more, that of f? */
static inline bool long_tag_matches(uint64_t w, const tern_pb_field *f)
{
    return ((w ^ tn_pb_load64(f)) & tag_masks[f->tag_len & 7]) == 0;
}

/* ---- the loop ---------------------------------------------------------------------------------
 *
 * Its moves, as macros because each ends in a jump. At an op, f is the field, p is behind its tag, and
 * w holds the first bytes of its value, three at least.
 */

#if TN_PB_COMPUTED_GOTO
#define OP_ROW(type, mode, label) [TERN_PB_OP(type, mode)] = &&label,
#define DISPATCH(code)                                                                             \
    do {                                                                                           \
        TN_ASSERT((code) < sizeof(ops) / sizeof(ops[0]) && ops[(code)]);                           \
        goto *ops[(code)];                                                                         \
    } while (0)
#else
#define OP_ROW(type, mode, label)                                                                  \
    case TERN_PB_OP(type, mode):                                                                   \
        goto label;
#define DISPATCH(code)                                                                             \
    do {                                                                                           \
        op = (code);                                                                               \
        goto dispatch;                                                                             \
    } while (0)
#endif

#define FAULT(what)                                                                                \
    do {                                                                                           \
        fault = (what);                                                                            \
        goto fail;                                                                                 \
    } while (0)

/* Goes to the op of f behind a tag of n bytes. */
#define TAKE(n)                                                                                    \
    do {                                                                                           \
        p += (n);                                                                                  \
        w >>= 8 * (n);                                                                             \
        DISPATCH(f->op);                                                                           \
    } while (0)

/* Tries f for the tag in w. A first byte without its top bit is all of a tag. */
#define GUESS()                                                                                    \
    do {                                                                                           \
        if (TN_UNLIKELY((uint8_t)w != f->tag[0]))                                                  \
            goto second_guess;                                                                     \
        if (TN_UNLIKELY(w & 0x80))                                                                 \
            goto long_guess;                                                                       \
        TAKE(1);                                                                                   \
    } while (0)

/* Loads w and goes on at p, which may lie beyond limit, and so far that the slack is no use. */
#define LOAD()                                                                                     \
    do {                                                                                           \
        if (TN_UNLIKELY(p >= limit))                                                               \
            goto edge_unloaded;                                                                    \
        w = tn_pb_load64(p);                                                                       \
    } while (0)

/* Steps to the guess behind f; the last one stays. */
#define STEP()                                                                                     \
    do {                                                                                           \
        if (TN_UNLIKELY(f == last))                                                                \
            goto guess;                                                                            \
        f++;                                                                                       \
    } while (0)

/* Ends a string: its next byte moves into w and becomes its terminator. */
#define TERMINATE()                                                                                \
    do {                                                                                           \
        w = tn_pb_load64(p);                                                                       \
        *p = '\0';                                                                                 \
        if (TN_UNLIKELY(p >= limit))                                                               \
            goto edge;                                                                             \
    } while (0)

/* Reads a varint, and moves p behind it. */
#define READ_VARINT(into)                                                                          \
    into = w & 0xff;                                                                               \
    if (TN_LIKELY(into < 0x80)) {                                                                  \
        p++;                                                                                       \
    } else {                                                                                       \
        const tn_pb_varint r = tn_pb_varint_read(p);                                               \
        if (TN_UNLIKELY(!r.p))                                                                     \
            FAULT(TN_PB_LONG_VARINT);                                                              \
        into = r.v;                                                                                \
        p = r.p;                                                                                   \
    }

#define READ_F64(into)                                                                             \
    into = tn_pb_load64(p);                                                                        \
    p += 8;

#define READ_F32(into)                                                                             \
    into = tn_pb_load32(p);                                                                        \
    p += 4;

/* Reads a length that the message has room for. */
#define READ_LENGTH(n)                                                                             \
    n = w & 0xff;                                                                                  \
    p++;                                                                                           \
    if (TN_UNLIKELY(n >= 0x80)) {                                                                  \
        const tn_pb_varint r = tn_pb_varint_read(--p);                                             \
        if (TN_UNLIKELY(!r.p))                                                                     \
            FAULT(TN_PB_LONG_VARINT);                                                              \
        n = r.v;                                                                                   \
        p = r.p;                                                                                   \
        if (TN_UNLIKELY(n > TN_PB_SIZE_MAX))                                                       \
            FAULT(TN_PB_LENGTH);                                                                   \
    }                                                                                              \
    if (TN_UNLIKELY((int64_t)n > limit - p))                                                       \
        FAULT(TN_PB_TRUNCATED);

#define READ_STRING(n)                                                                             \
    READ_LENGTH(n)                                                                                 \
    if ((f->flags & TERN_PB_UTF8) && TN_UNLIKELY(!utf8(p, (size_t)n)))                             \
        FAULT(TN_PB_NOT_UTF8);

/* A message or a group begins: may it, and where does it end? */
#define DEEPER()                                                                                   \
    if (TN_UNLIKELY(top >= d->stop))                                                               \
        FAULT(TN_PB_TOO_DEEP);

#define READ_MESSAGE(n)                                                                            \
    READ_LENGTH(n)                                                                                 \
    DEEPER()                                                                                       \
    child_limit = p + n;                                                                           \
    kind = TN_PB_FRAME_MESSAGE;

#define READ_GROUP()                                                                               \
    DEEPER()                                                                                       \
    child_limit = limit;                                                                           \
    kind = TN_PB_FRAME_GROUP;

/* A number of a closed enum; one without a name goes to the unknown fields. */
#define READ_CLOSED(v)                                                                             \
    READ_VARINT(v)                                                                                 \
    if (TN_UNLIKELY(!tn_pb_closed_knows(table->enums[f->sub], v)))                                 \
        goto closed_unknown;

/* Makes slot the next element of the repeated field f, not yet counted. */
#define APPEND(size)                                                                               \
    array = (tn_pb_array *)(void *)(msg + f->offset);                                              \
    if (TN_UNLIKELY(array->n >= array->cap) && !tn_pb_reserve(&d->mem, array, 1, (size)))          \
        FAULT(TN_PB_NO_MEMORY);                                                                    \
    slot = array->p + array->n * (size);

/*
 * The four modes of a scalar: read it into v, then store it as `ctype`, mapped. A oneof's value is
 * cleared first: what follows may fail, and must not leave another member's bytes under this name.
 */
#define SCALAR(kind, ctype, read, map)                                                             \
    kind##_explicit : tn_pb_has_set(table, msg, f);                                                \
    goto kind##_implicit;                                                                          \
    kind##_oneof : *tn_pb_which(msg, f) = tn_pb_number_of(f);                                      \
    memset(msg + f->offset, 0, sizeof(ctype));                                                     \
    kind##_implicit:                                                                               \
    {                                                                                              \
        read(v);                                                                                   \
        const ctype x = map(v);                                                                    \
        memcpy(msg + f->offset, &x, sizeof(x));                                                    \
        LOAD();                                                                                    \
        STEP();                                                                                    \
        GUESS();                                                                                   \
    }                                                                                              \
    kind##_repeated:                                                                               \
    {                                                                                              \
        APPEND(sizeof(ctype))                                                                      \
        read(v);                                                                                   \
        const ctype x = map(v);                                                                    \
        memcpy(slot, &x, sizeof(x));                                                               \
        array->n++;                                                                                \
        LOAD();                                                                                    \
        GUESS();                                                                                   \
    }

#define AS_U64(v)  (v)
#define AS_U32(v)  ((uint32_t)(v))
#define AS_BOOL(v) ((v) != 0)
#define AS_S32(v)  tn_pb_unzigzag32((uint32_t)(v))
#define AS_S64(v)  tn_pb_unzigzag64(v)

/*
 * Long, because it is one jump table: every op ends in a jump to the next, with p, w, f, msg and limit
 * in registers.
 */
tn_pb_fault tn_pb_decode_run(decoder *d, const tern_pb_table *table, char *msg, uint8_t *p,
                             uint8_t *limit)
{
#if TN_PB_COMPUTED_GOTO
    static const void *const ops[] = { TN_PB_OPS(OP_ROW) };
#endif
    frame *top = d->frames;
    const tern_pb_field *f = first_field(table), *last = last_field(table);
    uint64_t w;
    tn_pb_fault fault;
    /* What `enter` goes into, and where its parent goes on. */
    void *child;
    const tern_pb_table *child_table;
    uint8_t *child_limit;
    const tern_pb_field *next;
    tn_pb_frame_kind kind;
    tn_pb_map *map = NULL;
    /* What the rare ones use. */
    const tern_pb_extension *ext;
    tn_pb_item item;
    bool kept;
    /* What single ops use on their way. */
    uint64_t v, n;
    tn_pb_array *array;
    tn_pb_ptr *sub;
    char *slot;
    tn_pb_tag tag;
    unsigned op;

    LOAD();
guess:
    GUESS();

long_guess:
    if (TN_LIKELY(long_tag_matches(w, f)))
        TAKE(f->tag_len);
second_guess:
    if (TN_UNLIKELY(f == last || (uint8_t)w != f[1].tag[0]))
        goto slow;
    if (TN_LIKELY(!(w & 0x80))) {
        f++;
        TAKE(1);
    }
    if (TN_LIKELY(long_tag_matches(w, f + 1))) {
        f++;
        TAKE(f->tag_len);
    }
    goto slow;

#if !TN_PB_COMPUTED_GOTO
dispatch:
    switch (op) {
        TN_PB_OPS(OP_ROW)
    default: FAULT(TN_PB_BAD_TABLE);
    }
#endif

    SCALAR(v64, uint64_t, READ_VARINT, AS_U64)
    SCALAR(i32, uint32_t, READ_VARINT, AS_U32)
    SCALAR(u32, uint32_t, READ_VARINT, AS_U32)
    SCALAR(s64, int64_t, READ_VARINT, AS_S64)
    SCALAR(s32, int32_t, READ_VARINT, AS_S32)
    SCALAR(bool, bool, READ_VARINT, AS_BOOL)
    SCALAR(f64, uint64_t, READ_F64, AS_U64)
    SCALAR(f32, uint32_t, READ_F32, AS_U32)

string_oneof:
    *tn_pb_which(msg, f) = tn_pb_number_of(f);
    *(tn_pb_str *)(void *)(msg + f->offset) = (tn_pb_str){ NULL, 0 };
string_implicit:
string_explicit:
    READ_STRING(n)
    *(tn_pb_str *)(void *)(msg + f->offset) = (tn_pb_str){ (const char *)p, (size_t)n };
    p += n;
    TERMINATE();
    STEP();
    GUESS();
string_repeated:
    READ_STRING(n)
    APPEND(sizeof(tern_str))
    *(tn_pb_str *)(void *)slot = (tn_pb_str){ (const char *)p, (size_t)n };
    array->n++;
    p += n;
    TERMINATE();
    GUESS();
bytes_oneof:
    *tn_pb_which(msg, f) = tn_pb_number_of(f);
    *(tn_pb_str *)(void *)(msg + f->offset) = (tn_pb_str){ NULL, 0 };
bytes_implicit:
bytes_explicit:
    READ_LENGTH(n)
    *(tn_pb_str *)(void *)(msg + f->offset) = (tn_pb_str){ (const char *)p, (size_t)n };
    p += n;
    LOAD();
    STEP();
    GUESS();
bytes_repeated:
    READ_LENGTH(n)
    APPEND(sizeof(tern_bytes))
    *(tn_pb_str *)(void *)slot = (tn_pb_str){ (const char *)p, (size_t)n };
    array->n++;
    p += n;
    LOAD();
    GUESS();
packed:
    READ_LENGTH(n)
    array = (tn_pb_array *)(void *)(msg + f->offset);
    fault = tn_pb_packed_read(&d->mem, array, tn_pb_type_of(f), p, p + n);
    if (TN_UNLIKELY(fault != TN_PB_FINE))
        goto fail;
    p += n;
    LOAD();
    STEP();
    GUESS();
closed_oneof:
    READ_CLOSED(v)
    *tn_pb_which(msg, f) = tn_pb_number_of(f);
    goto closed_store;
closed_explicit:
    READ_CLOSED(v)
    tn_pb_has_set(table, msg, f);
    goto closed_store;
closed_implicit:
    READ_CLOSED(v)
closed_store:
    *(tn_pb_u32 *)(void *)(msg + f->offset) = (uint32_t)v;
    LOAD();
    STEP();
    GUESS();
closed_repeated:
    READ_CLOSED(v)
    APPEND(sizeof(int32_t))
    *(tn_pb_u32 *)(void *)slot = (uint32_t)v;
    array->n++;
    LOAD();
    GUESS();
closed_unknown:
    if (!tn_pb_keep_number(d, home_of(d, top, table, msg), f, v))
        FAULT(TN_PB_NO_MEMORY);
    LOAD();
    GUESS();
closed_packed:
    READ_LENGTH(n)
    fault =
        tn_pb_read_closed(d, (tn_pb_place){ table, msg }, f, p, p + n, home_of(d, top, table, msg));
    if (TN_UNLIKELY(fault != TN_PB_FINE))
        goto fail;
    p += n;
    LOAD();
    GUESS();

group_oneof:
    READ_GROUP()
    goto child_oneof;
message_oneof:
    READ_MESSAGE(n)
child_oneof:
    if (*tn_pb_which(msg, f) != tn_pb_number_of(f)) {
        *tn_pb_which(msg, f) = tn_pb_number_of(f);
        *(tn_pb_ptr *)(void *)(msg + f->offset) = NULL;
    }
    goto child_single;
group_implicit:
group_explicit:
    READ_GROUP()
    goto child_single;
message_implicit:
message_explicit:
    READ_MESSAGE(n)
child_single:
    sub = (tn_pb_ptr *)(void *)(msg + f->offset);
    child_table = table->subs[f->sub];
    if (!*sub)
        *sub = tn_pb_take_message(&d->mem, child_table);
    child = *sub;
    next = f == last ? f : f + 1;
    goto enter;
group_repeated:
    READ_GROUP()
    goto child_repeated;
message_repeated:
    READ_MESSAGE(n)
child_repeated:
    APPEND(sizeof(void *))
    child_table = table->subs[f->sub];
    child = tn_pb_take_message(&d->mem, child_table);
    if (TN_LIKELY(child != NULL)) {
        *(tn_pb_ptr *)(void *)slot = child;
        array->n++;
    }
    next = f;
    goto enter;
map:
    READ_MESSAGE(n)
    child_table = table->subs[f->sub];
    if (closed_values(child_table)) {
        fault = tn_pb_keep_entry(d, (tn_pb_place){ table, msg }, f, p, child_limit, &kept);
        if (TN_UNLIKELY(fault != TN_PB_FINE))
            goto fail;
        if (kept) {
            p = child_limit;
            LOAD();
            GUESS();
        }
    }
    map = (tn_pb_map *)(void *)(msg + f->offset);
    child = tn_pb_map_pending(&d->mem, child_table, map);
    kind = TN_PB_FRAME_ENTRY;
    next = f;
    goto enter;

enter:
    if (TN_UNLIKELY(!child))
        FAULT(TN_PB_NO_MEMORY);
    *top = (frame){ msg, table, limit, next, kind, 0, { NULL } };
    if (TN_UNLIKELY(kind != TN_PB_FRAME_MESSAGE)) {
        if (kind == TN_PB_FRAME_ENTRY)
            top->map = map;
        else
            top->end = tn_pb_number_of(f) << 3 | TN_PB_WIRE_EGROUP;
    }
    top++;
    msg = child;
    table = child_table;
    limit = child_limit;
inside:
    last = last_field(table);
    f = first_field(table);
    LOAD();
    GUESS();

edge_unloaded: /* the end of a message, or a value that reaches beyond it */
    if (TN_UNLIKELY(p > limit))
        FAULT(TN_PB_TRUNCATED);
    w = tn_pb_load64(p);
edge:
    if (top == d->frames)
        return TN_PB_FINE;
    top--;
    if (TN_UNLIKELY(top->kind != TN_PB_FRAME_MESSAGE))
        goto edge_other;
leave:
    msg = top->msg;
    table = top->table;
    limit = top->limit;
    last = last_field(table);
    f = top->next;
    if (TN_UNLIKELY(p >= limit))
        goto edge;
    GUESS();

edge_other:
    switch ((tn_pb_frame_kind)top->kind) {
    case TN_PB_FRAME_ENTRY:
        if (!tn_pb_map_settle(&d->mem, table, top->map))
            FAULT(TN_PB_NO_MEMORY);
        goto leave;
    case TN_PB_FRAME_HOLDER: d->stop--; goto leave;
    case TN_PB_FRAME_ITEM:
        d->stop++;
        p = top->resume;
        goto leave_at;
    default: f = no_fields; FAULT(TN_PB_GROUP_OPEN);
    }
leave_at: /* p is not where the level inside ended */
    msg = top->msg;
    table = top->table;
    limit = top->limit;
    last = last_field(table);
    f = top->next;
    LOAD();
    GUESS();

slow: /* both guesses are wrong: decode the tag */
    tag = tn_pb_tag_read(w);
    next = tag.fault ? NULL : tn_pb_resolve(table, tag.v, &op);
    if (TN_UNLIKELY(!next))
        goto other;
    f = next;
    p += tag.len;
    w >>= 8 * tag.len;
    DISPATCH(op);

field_zero: /* the op of no_fields */
    p--;
    FAULT(TN_PB_FIELD_ZERO);

other: /* no field of ours, or no tag at all; the guess stays */
    if (top != d->frames && top[-1].kind == TN_PB_FRAME_HOLDER) {
        top--;
        d->stop--;
        goto leave;
    }
    if (tag.fault)
        goto unknown;
    if ((tag.v & 7) == TN_PB_WIRE_EGROUP) {
        f = no_fields;
        if (top == d->frames || top[-1].kind != TN_PB_FRAME_GROUP || top[-1].end != tag.v)
            FAULT(TN_PB_GROUP_END);
        top--;
        p += tag.len;
        goto leave_at;
    }
    if (table->kind == TERN_PB_MESSAGE_SET && tag.v == TN_PB_ITEM_START)
        goto item;
    ext = tn_pb_resolve_extension(d, table, tag.v, &op);
    if (!ext)
        goto unknown;
    child = tn_pb_extension_need(&d->mem, table, msg, ext);
    if (!child)
        FAULT(TN_PB_NO_MEMORY);
    d->required |= (ext->holder->flags & TERN_PB_HAS_REQUIRED) != 0;
    *top++ = (frame){ msg, table, limit, f, TN_PB_FRAME_HOLDER, 0, { NULL } };
    d->stop++;
    msg = child;
    table = ext->holder;
    f = last = table->fields;
    p += tag.len;
    w >>= 8 * tag.len;
    DISPATCH(op);
item:
    if (top >= d->stop)
        FAULT(TN_PB_TOO_DEEP);
    fault = tn_pb_read_item(d, table, p + tag.len, limit, (size_t)(d->stop - top) - 1, &item);
    if (fault != TN_PB_FINE)
        goto fail;
    if (!item.ext)
        goto unknown;
    if (top + 1 >= d->stop)
        FAULT(TN_PB_TOO_DEEP);
    child = tn_pb_item_message(d, (tn_pb_place){ table, msg }, item.ext);
    if (!child)
        FAULT(TN_PB_NO_MEMORY);
    *top = (frame){ msg, table, limit, f, TN_PB_FRAME_ITEM, 0, { NULL } };
    top->resume = item.resume;
    top++;
    d->stop--;
    msg = child;
    table = item.ext->holder->subs[tn_pb_extension_field(item.ext)->sub];
    limit = item.end;
    p = item.p;
    goto inside;

unknown:
    fault =
        tn_pb_keep_unknown(d, (tn_pb_place){ table, msg }, &p, limit, w, (size_t)(d->stop - top));
    if (TN_LIKELY(fault == TN_PB_FINE)) {
        LOAD();
        GUESS();
    }
    f = no_fields;
fail:
    d->at = p < limit ? p : limit;
    d->table = table;
    d->field = f;
    return fault;
}
