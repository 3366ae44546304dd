/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode.c: the binary encoder: structs to bytes, backward, in one pass, without recursion.
 *
 * From the last field to the first, value before length before tag: when a message is done, what was
 * written since it began is its length. Tags stand in the table as bytes. Room is checked once a
 * field, for more than a tag with a number can take, so that the writers may store whole words.
 * A message's unknown fields follow its known ones on the wire, so they are written first.
 *
 * Not here: no size pass, no cache in messages, no change to them; they may be shared by threads.
 * The frame stack bounds depth, and so ends in an error for a message that contains itself.
 * Wire format: protobuf encoding specification.
 */
#include "pb/encode.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "pb/map.h"
#include "pb/ops.h"
#include "pb/packed.h"
#include "pb/sorted.h"
#include "pb/unknown.h"

#include <string.h>

#if TN_PB_COMPUTED_GOTO
#pragma GCC diagnostic ignored "-Wpedantic" /* labels as values */
#if !defined(__clang__)
/* gcc would fold the jumps that end each op into one again: a tenth to a fifth of the speed. */
#pragma GCC optimize("no-gcse", "no-crossjumping")
#endif
#endif

/* The first chunk's bytes beside headroom: what most unary messages fit in. */
#define CHUNK_FIRST 480

/* A message that waits for the end of one inside it. */
typedef struct frame {
    const char *msg;
    const tern_pb_table *table;
    const tern_pb_field *f; /* the field that the inner message is the value of */
    size_t left;            /* elements of it still to be written */
    size_t mark;            /* bytes that were written when the inner message began */
} frame;

typedef struct encoder {
    tn_pb_out *out;
    tn_pb_sorted *sorted; /* borrowed: maps go by key; NULL: as they are */
    /* In what a fault was found. */
    const tern_pb_table *table;
    const tern_pb_field *field;
    frame frames[TN_PB_DEPTH_MAX];
} encoder;

static bool utf8(const char *p, size_t n)
{
    return TN_LIKELY(tn_pb_ascii(p, n)) || tn_utf8_valid(p, n);
}

static inline uint8_t *write_tag(uint8_t *p, const tern_pb_field *f)
{
    const unsigned n = f->tag_len;
    tn_pb_store64(p - 8, tn_pb_load64(f) << (64 - 8 * n));
    return p - n;
}

/* A map's value lies two messages down: there is the entry's. */
static inline size_t depth_of(const tern_pb_field *f)
{
    return tn_pb_mode_of(f) == TERN_PB_MAP ? 2 : 1;
}

/* The i-th message of a repeated field. */
static inline const char *element(const char *msg, const tern_pb_field *f, size_t i)
{
    const tn_pb_array *array = (const tn_pb_array *)(const void *)(msg + f->offset);
    return ((const tn_pb_ptr *)(const void *)array->p)[i];
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

/* Writes one value of any type but message, with its length where it has one, without its tag. */
static tn_pb_fault write_value(tn_pb_out *out, const tern_pb_field *f, const void *value)
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
        if ((f->flags & TERN_PB_UTF8) && !utf8(s->p, s->n))
            return TN_PB_NOT_UTF8;
        out->p = tn_pb_write_bytes(out->p, s->p, s->n);
        out->p = tn_pb_write_varint(out->p, s->n);
        break;
    case TERN_PB_DOUBLE:
    case TERN_PB_FIXED64:
    case TERN_PB_SFIXED64: out->p = tn_pb_write_fixed64(out->p, *(const tn_pb_u64 *)value); break;
    case TERN_PB_FLOAT:
    case TERN_PB_FIXED32:
    case TERN_PB_SFIXED32: out->p = tn_pb_write_fixed32(out->p, *(const tn_pb_u32 *)value); break;
    default: out->p = tn_pb_write_varint(out->p, tn_pb_varint_of(type, value)); break;
    }
    return TN_PB_FINE;
}

/* Writes one tag and value an element. */
static tn_pb_fault write_unpacked(tn_pb_out *out, const tern_pb_field *f, const tn_pb_array *array)
{
    const size_t size = tn_pb_type_size(tn_pb_type_of(f));
    for (size_t i = array->n; i > 0; i--) {
        const tn_pb_fault fault = write_value(out, f, array->p + (i - 1) * size);
        if (fault != TN_PB_FINE)
            return fault;
        out->p = write_tag(out->p, f);
    }
    return TN_PB_FINE;
}

static tn_pb_fault write_packed(tn_pb_out *out, const tern_pb_field *f, const tn_pb_array *array)
{
    if (array->n == 0)
        return TN_PB_FINE;
    const size_t mark = tn_pb_out_len(out);
    tn_pb_fault fault = tn_pb_packed_write(out, array, tn_pb_type_of(f));
    if (fault == TN_PB_FINE)
        fault = tn_pb_out_room(out, TN_PB_FIELD_ROOM);
    if (fault != TN_PB_FINE)
        return fault;
    out->p = tn_pb_write_varint(out->p, tn_pb_out_len(out) - mark);
    out->p = write_tag(out->p, f);
    return TN_PB_FINE;
}

/*
 * Writes a map entry's front: its value, unless that is a message, which is written already but for
 * length and tag; its key; then the entry's own length and tag. Both parts stand on the wire always.
 */
static tn_pb_fault write_entry(tn_pb_out *out, const tern_pb_table *table, const tern_pb_field *map,
                               const char *entry, size_t mark)
{
    const tern_pb_field *fields = table->subs[map->sub]->fields;
    const tern_pb_field *key = &fields[TN_PB_MAP_KEY], *value = &fields[TN_PB_MAP_VALUE];
    tn_pb_fault fault = tn_pb_out_room(out, TN_PB_FIELD_ROOM);
    if (fault != TN_PB_FINE)
        return fault;
    if (tn_pb_type_of(value) == TERN_PB_MESSAGE)
        out->p = tn_pb_write_varint(out->p, tn_pb_out_len(out) - mark);
    else
        fault = write_value(out, value, entry + value->offset);
    if (fault != TN_PB_FINE)
        return fault;
    out->p = write_tag(out->p, value);
    fault = write_value(out, key, entry + key->offset);
    if (fault != TN_PB_FINE)
        return fault;
    out->p = write_tag(out->p, key);
    fault = tn_pb_out_room(out, TN_PB_FIELD_ROOM);
    if (fault != TN_PB_FINE)
        return fault;
    out->p = tn_pb_write_varint(out->p, tn_pb_out_len(out) - mark);
    out->p = write_tag(out->p, map);
    return TN_PB_FINE;
}

static tn_pb_fault write_unknown(tn_pb_out *out, const tern_pb_table *table, const void *msg)
{
    const struct tern_pb_unknown *u = tn_pb_unknown_of(table, msg);
    if (TN_LIKELY(!u || u->n == 0))
        return TN_PB_FINE;
    const tn_pb_fault fault = tn_pb_out_room(out, u->n);
    if (fault == TN_PB_FINE)
        out->p = tn_pb_write_bytes(out->p, (const char *)u->p, u->n);
    return fault;
}

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
        if (f == first)                                                                            \
            goto edge;                                                                             \
        f--;                                                                                       \
        DISPATCH();                                                                                \
    } while (0)

/* Runs a step that writes through e->out. */
#define STEP(call)                                                                                 \
    do {                                                                                           \
        out->p = p;                                                                                \
        fault = (call);                                                                            \
        if (TN_UNLIKELY(fault != TN_PB_FINE))                                                      \
            goto fail;                                                                             \
        p = out->p;                                                                                \
    } while (0)

#define ROOM(n)                                                                                    \
    do {                                                                                           \
        if (TN_UNLIKELY((size_t)(p - out->start) < (n)))                                           \
            STEP(tn_pb_out_grow(out, (n)));                                                        \
    } while (0)

#define USED() ((size_t)(out->end - p))

/* The three singular modes of a scalar: absent or not, then map it and write it. */
#define SCALAR(kind, ctype, writer, map)                                                           \
    kind##_explicit:                                                                               \
    {                                                                                              \
        ctype x;                                                                                   \
        memcpy(&x, msg + f->offset, sizeof(x));                                                    \
        if (x == 0 && !tn_pb_has_bit(table, msg, f))                                               \
            NEXT();                                                                                \
        goto kind##_present;                                                                       \
    }                                                                                              \
    kind##_oneof:                                                                                  \
    {                                                                                              \
        if (*tn_pb_which_of(msg, f) != tn_pb_number_of(f))                                         \
            NEXT();                                                                                \
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
        ROOM(TN_PB_FIELD_ROOM);                                                                    \
        p = writer(p, map(x));                                                                     \
        p = write_tag(p, f);                                                                       \
        NEXT();                                                                                    \
    }

#define AS_IT_IS(x)  (x)
#define AS_SIGNED(x) ((uint64_t)(int64_t)(x))

/*
 * Writes msg. Long, because it is one jump table, with p, f and msg in registers.
 */
static tn_pb_fault run(encoder *e, const tern_pb_table *table, const char *msg)
{
#if TN_PB_COMPUTED_GOTO
    static const void *const ops[] = { TN_PB_OPS(OP_ROW) };
#endif
    tn_pb_out *const out = e->out;
    frame *top = e->frames;
    const tern_pb_field *first = NULL, *f = NULL;
    uint8_t *p = out->p;
    const size_t base = tn_pb_out_len(out);
    tn_pb_fault fault;
    size_t left, depth = 0;
    const char *child;
    const tern_pb_table *child_table;
    /* What single ops use on their way. */
    const tn_pb_str *s;
    const tern_pb_field *value;
    const char *entry;

    goto begin;

#if !TN_PB_COMPUTED_GOTO
dispatch:
    switch (f->op) {
        TN_PB_OPS(OP_ROW)
    default: FAULT(TN_PB_BAD_TABLE);
    }
#endif

    SCALAR(v64, uint64_t, tn_pb_write_varint, AS_IT_IS)
    SCALAR(i32, int32_t, tn_pb_write_varint, AS_SIGNED)
    SCALAR(u32, uint32_t, tn_pb_write_varint, AS_IT_IS)
    SCALAR(s64, uint64_t, tn_pb_write_varint, tn_pb_zigzag64)
    SCALAR(s32, uint32_t, tn_pb_write_varint, tn_pb_zigzag32)
    SCALAR(bool, bool, tn_pb_write_varint, AS_IT_IS)
    SCALAR(f64, uint64_t, tn_pb_write_fixed64, AS_IT_IS)
    SCALAR(f32, uint32_t, tn_pb_write_fixed32, AS_IT_IS)

string_oneof:
bytes_oneof:
    if (*tn_pb_which_of(msg, f) != tn_pb_number_of(f))
        NEXT();
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
    ROOM(TN_PB_FIELD_ROOM + s->n);
    if ((f->flags & TERN_PB_UTF8) && TN_UNLIKELY(!utf8(s->p, s->n)))
        FAULT(TN_PB_NOT_UTF8);
    p = tn_pb_write_bytes(p, s->p, s->n);
    p = tn_pb_write_varint(p, s->n);
    p = write_tag(p, f);
    NEXT();
v64_repeated:
i32_repeated:
u32_repeated:
s64_repeated:
s32_repeated:
bool_repeated:
f64_repeated:
f32_repeated:
string_repeated:
bytes_repeated:
    STEP(write_unpacked(out, f, (const tn_pb_array *)(const void *)(msg + f->offset)));
    NEXT();
packed:
    STEP(write_packed(out, f, (const tn_pb_array *)(const void *)(msg + f->offset)));
    NEXT();

message_oneof:
    if (*tn_pb_which_of(msg, f) != tn_pb_number_of(f))
        NEXT();
    child = *(const tn_pb_ptr *)(const void *)(msg + f->offset);
    goto singular;
message_implicit:
message_explicit:
    child = *(const tn_pb_ptr *)(const void *)(msg + f->offset);
    if (!child)
        NEXT();
singular:
    left = 0;
    goto enter;
message_repeated:
    left = ((const tn_pb_array *)(const void *)(msg + f->offset))->n;
repeated_next:
    if (left == 0)
        NEXT();
    left--;
    child = element(msg, f, left);
    if (TN_UNLIKELY(!child))
        FAULT(TN_PB_NULL_ELEMENT);
    goto enter;
map:
    left = map_of(msg, f)->n;
    if (TN_UNLIKELY(e->sorted != NULL))
        STEP(tn_pb_sorted_push(e->sorted, table->subs[f->sub], map_of(msg, f)));
map_next:
    if (left == 0) {
        if (TN_UNLIKELY(e->sorted != NULL))
            tn_pb_sorted_pop(e->sorted, map_of(msg, f)->n);
        NEXT();
    }
    left--;
    child_table = table->subs[f->sub];
    entry = map_entry(e, msg, f, child_table, left);
    value = &child_table->fields[TN_PB_MAP_VALUE];
    if (tn_pb_type_of(value) == TERN_PB_MESSAGE) {
        child = *(const tn_pb_ptr *)(const void *)(entry + value->offset);
        child_table = child_table->subs[value->sub];
        goto enter_value;
    }
    if (TN_UNLIKELY(depth == TN_PB_DEPTH_MAX))
        FAULT(TN_PB_TOO_DEEP);
    STEP(write_entry(out, table, f, entry, USED()));
    goto map_next;

enter:
    child_table = table->subs[f->sub];
enter_value:
    depth += depth_of(f);
    if (TN_UNLIKELY(depth > TN_PB_DEPTH_MAX))
        FAULT(TN_PB_TOO_DEEP);
    *top++ = (frame){ msg, table, f, left, USED() };
    /* A oneof or a map whose message is NULL has an empty one. */
    if (TN_UNLIKELY(!child))
        goto leave;
    msg = child;
    table = child_table;
begin:
    f = NULL; /* what fails here is no field of this table */
    STEP(write_unknown(out, table, msg));
    if (TN_UNLIKELY(table->field_count == 0))
        goto edge;
    first = table->fields;
    f = first + table->field_count;
    NEXT();

edge:
    if (top == e->frames) {
        out->p = p;
        return USED() - base <= TN_PB_SIZE_MAX ? TN_PB_FINE : TN_PB_TOO_LARGE;
    }
leave:
    top--;
    msg = top->msg;
    table = top->table;
    first = table->fields;
    f = top->f;
    left = top->left;
    depth -= depth_of(f);
    if (TN_UNLIKELY(USED() - base > TN_PB_SIZE_MAX))
        FAULT(TN_PB_TOO_LARGE);
    if (tn_pb_mode_of(f) == TERN_PB_MAP) {
        entry = map_entry(e, msg, f, table->subs[f->sub], left);
        STEP(write_entry(out, table, f, entry, top->mark));
        goto map_next;
    }
    ROOM(TN_PB_FIELD_ROOM);
    p = tn_pb_write_varint(p, USED() - top->mark);
    p = write_tag(p, f);
    if (tn_pb_mode_of(f) == TERN_PB_REPEATED)
        goto repeated_next;
    NEXT();

field_zero: /* the op of no field */
    fault = TN_PB_BAD_TABLE;
fail:
    e->table = table;
    e->field = f;
    return fault;
}

static tern_code encode_into(tn_pb_out *out, const tern_pb_table *table, const void *msg,
                             tn_pb_sorted *sorted, tern_error *err)
{
    encoder e;
    TN_TRY(tn_pb_check_abi(table, err));
    e.out = out;
    e.sorted = sorted;
    e.table = table;
    e.field = NULL;
    const tn_pb_fault fault = run(&e, table, msg);
    if (TN_LIKELY(fault == TN_PB_FINE))
        return TERN_OK;
    return tn_pb_fault_set(err, fault, e.table, e.field, TN_PB_NOWHERE, TN_PB_DEPTH_MAX);
}

tern_code tn_pb_encode_into(tn_pb_out *out, const tern_pb_table *table, const void *msg,
                            tern_error *err)
{
    return encode_into(out, table, msg, NULL, err);
}

tn_chunk *tn_pb_encode_chunk(const tern_env *env, const tern_pb_table *table, const void *msg,
                             size_t headroom, tn_chunk *reuse, tern_error *err)
{
    tn_pb_chunk_out o;
    tn_pb_chunk_out_init(&o, env, reuse, headroom, CHUNK_FIRST);
    if (tn_pb_encode_into(&o.out, table, msg, err) != TERN_OK) {
        tn_pb_chunk_out_fini(&o);
        return NULL;
    }
    tn_chunk *chunk = tn_pb_chunk_out_take(&o);
    if (!chunk)
        (void)tn_pb_fault_set(err, TN_PB_NO_MEMORY, table, NULL, TN_PB_NOWHERE, 0);
    return chunk;
}

static tern_code encode_arena(const tern_pb_table *table, const void *msg, tern_arena *arena,
                              tn_pb_sorted *sorted, tern_bytes *out, tern_error *err)
{
    tn_pb_arena_out o;
    tn_pb_arena_out_init(&o, arena);
    const tern_code code = encode_into(&o.out, table, msg, sorted, err);
    if (code != TERN_OK) {
        tn_pb_arena_out_fini(&o);
        return code;
    }
    tern_bytes place;
    if (!tn_pb_arena_out_take(&o, &place))
        return tn_pb_fault_set(err, TN_PB_NO_MEMORY, table, NULL, TN_PB_NOWHERE, 0);
    *out = place;
    return TERN_OK;
}

tern_code tern_pb_encode(const tern_pb_table *table, const void *msg, tern_arena *arena,
                         tern_bytes *out, tern_error *err)
{
    tern_error_clear(err);
    return encode_arena(table, msg, arena, NULL, out, err);
}

/* Fills *known with opts and defaults, or tells what opts ask in vain. */
static tern_code read_opts(const tern_pb_encode_opts *opts, tern_pb_encode_opts *known,
                           tern_error *err)
{
    *known = (tern_pb_encode_opts){ .size = sizeof(*known) };
    if (!opts)
        return TERN_OK;
    const uint8_t *bytes = (const uint8_t *)opts;
    const size_t size = opts->size;
    if (size < sizeof(opts->size))
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "encode options: size is not set");
    for (size_t i = sizeof(*known); i < size; i++)
        if (bytes[i])
            return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                                  "encode options: a newer option is set, at byte %zu", i);
    memcpy(known, opts, size < sizeof(*known) ? size : sizeof(*known));
    return TERN_OK;
}

tern_code tern_pb_encode_with(const tern_pb_table *table, const void *msg, tern_arena *arena,
                              const tern_pb_encode_opts *opts, tern_bytes *out, tern_error *err)
{
    tern_pb_encode_opts known;
    tern_error_clear(err);
    TN_TRY(read_opts(opts, &known, err));
    tn_pb_sorted sorted = tn_pb_sorted_of(arena->env);
    const tern_code code =
        encode_arena(table, msg, arena, known.deterministic ? &sorted : NULL, out, err);
    tn_pb_sorted_fini(&sorted);
    return code;
}
