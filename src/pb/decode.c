/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.c: the binary decoder: bytes to structs, in place, without recursion.
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
#include "pb/decode.h"

#include "base/options.h"
#include "base/utf8.h"
#include "pb/map.h"
#include "pb/mem.h"
#include "pb/ops.h"
#include "pb/packed.h"
#include "pb/unknown.h"

#include <string.h>

#if TN_PB_COMPUTED_GOTO
#pragma GCC diagnostic ignored "-Wpedantic" /* labels as values */
#if !defined(__clang__)
/* gcc would fold the jumps that end each op into one again: a tenth to a fifth of the speed. */
#pragma GCC optimize("no-gcse", "no-crossjumping")
#endif
#endif

#define MEMORY_DEFAULT ((size_t)64 << 20)

/* A message that waits for the end of one inside it. */
typedef struct frame {
    char *msg;
    const tern_pb_table *table;
    uint8_t *limit;
    const tern_pb_field *next; /* the guess when it goes on */
    tn_pb_map *map;            /* where the entry inside belongs; NULL for messages */
} frame;

typedef struct decoder {
    tn_pb_mem mem;
    size_t depth; /* frames that may be used */
    /* Where and in what a fault was found. */
    const uint8_t *at;
    const tern_pb_table *table;
    const tern_pb_field *field;
    frame frames[TN_PB_DEPTH_MAX];
} decoder;

/* The bytes of a tag of such a length, in a word. */
static const uint64_t tag_masks[8] = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, UINT64_C(0xffffffffff),
};

/* Stands in for the fields of a message that has none. Its tag is one that is an error anywhere. */
static const tern_pb_field no_fields[1] = { { .tag_len = 1 } };

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

/* Keeps the field at *p, whose first bytes are in w, as it is, and moves *p behind it. */
static tn_pb_fault keep_unknown(decoder *d, const tern_pb_table *table, void *msg, uint8_t **p,
                                const uint8_t *limit, uint64_t w, size_t depth)
{
    tn_pb_fault fault;
    const tn_pb_tag tag = tn_pb_tag_read(w);
    if (tag.fault)
        return (tn_pb_fault)tag.fault;
    uint8_t *end = tn_pb_skip(*p + tag.len, limit, tag.v, depth, &fault);
    if (!end)
        return fault;
    if (!tn_pb_unknown_add(&d->mem, table, msg, *p, (size_t)(end - *p), (uint8_t)w))
        return TN_PB_NO_MEMORY;
    *p = end;
    return TN_PB_FINE;
}

static bool utf8(const uint8_t *p, size_t n)
{
    return TN_LIKELY(tn_pb_ascii((const char *)p, n)) || tn_utf8_valid(p, n);
}

static const tern_pb_field *first_field(const tern_pb_table *table)
{
    return table->field_count ? table->fields : no_fields;
}

static const tern_pb_field *last_field(const tern_pb_table *table)
{
    return table->field_count ? table->fields + table->field_count - 1 : no_fields;
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
    READ_VARINT(n)                                                                                 \
    if (TN_UNLIKELY((int64_t)n > limit - p || (int64_t)n < 0))                                     \
        FAULT(n > TN_PB_SIZE_MAX ? TN_PB_LENGTH : TN_PB_TRUNCATED);

#define READ_STRING(n)                                                                             \
    READ_LENGTH(n)                                                                                 \
    if ((f->flags & TERN_PB_UTF8) && TN_UNLIKELY(!utf8(p, (size_t)n)))                             \
        FAULT(TN_PB_NOT_UTF8);

#define READ_MESSAGE(n)                                                                            \
    READ_LENGTH(n)                                                                                 \
    if (TN_UNLIKELY(top == d->frames + d->depth))                                                  \
        FAULT(TN_PB_TOO_DEEP);

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
 * Decodes [p, limit) into msg. Long, because it is one jump table: every op ends in a jump to the
 * next, with p, w, f, msg and limit in registers.
 */
static tn_pb_fault run(decoder *d, const tern_pb_table *table, char *msg, uint8_t *p,
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
    tn_pb_map *map = NULL;
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
message_oneof:
    if (*tn_pb_which(msg, f) != tn_pb_number_of(f)) {
        *tn_pb_which(msg, f) = tn_pb_number_of(f);
        *(tn_pb_ptr *)(void *)(msg + f->offset) = NULL;
    }
message_implicit:
message_explicit:
    READ_MESSAGE(n)
    sub = (tn_pb_ptr *)(void *)(msg + f->offset);
    child_table = table->subs[f->sub];
    if (!*sub)
        *sub = tn_pb_take_message(&d->mem, child_table);
    child = *sub;
    child_limit = p + n;
    next = f == last ? f : f + 1;
    goto enter;
message_repeated:
    READ_MESSAGE(n)
    APPEND(sizeof(void *))
    child_table = table->subs[f->sub];
    child = tn_pb_take_message(&d->mem, child_table);
    if (TN_LIKELY(child != NULL)) {
        *(tn_pb_ptr *)(void *)slot = child;
        array->n++;
    }
    child_limit = p + n;
    next = f;
    goto enter;
map:
    READ_MESSAGE(n)
    child_table = table->subs[f->sub];
    map = (tn_pb_map *)(void *)(msg + f->offset);
    child = tn_pb_map_pending(&d->mem, child_table, map);
    child_limit = p + n;
    next = f;
    goto enter;

enter:
    if (TN_UNLIKELY(!child))
        FAULT(TN_PB_NO_MEMORY);
    *top++ = (frame){ msg, table, limit, next, map };
    msg = child;
    table = child_table;
    limit = child_limit;
    map = NULL;
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
    if (top->map && TN_UNLIKELY(!tn_pb_map_settle(&d->mem, table, top->map)))
        FAULT(TN_PB_NO_MEMORY);
    msg = top->msg;
    table = top->table;
    limit = top->limit;
    last = last_field(table);
    f = top->next;
    if (TN_UNLIKELY(p >= limit))
        goto edge;
    GUESS();

slow: /* both guesses are wrong: decode the tag */
    tag = tn_pb_tag_read(w);
    next = tag.fault ? NULL : resolve(table, tag.v, &op);
    if (TN_UNLIKELY(!next))
        goto unknown;
    f = next;
    p += tag.len;
    w >>= 8 * tag.len;
    DISPATCH(op);

field_zero: /* the op of no_fields */
    p--;
    FAULT(TN_PB_FIELD_ZERO);

unknown: /* no field of ours, or no tag at all; the guess stays */
    fault = keep_unknown(d, table, msg, &p, limit, w, d->depth - (size_t)(top - d->frames));
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

/* Fills *known with opts and defaults, or tells what opts ask in vain. */
static tern_code read_opts(const tern_pb_decode_opts *opts, tern_pb_decode_opts *known,
                           tern_error *err)
{
    TN_TRY(tn_options_copy(known, sizeof(*known), opts, "tern_pb_decode_opts", err));
    if (known->max_depth > TN_PB_DEPTH_MAX)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "tern_pb_decode_opts: max_depth is %u, at most %d is possible",
                              (unsigned)known->max_depth, TN_PB_DEPTH_MAX);
    known->max_depth = known->max_depth ? known->max_depth : TN_PB_DEPTH_MAX;
    known->memory_bytes = known->memory_bytes ? known->memory_bytes : MEMORY_DEFAULT;
    if (known->memory_bytes == TERN_UNLIMITED)
        known->memory_bytes = SIZE_MAX;
    return TERN_OK;
}

tern_code tn_pb_decode_in_place(const tern_pb_table *table, void *msg, uint8_t *buf, size_t n,
                                tern_arena *arena, const tern_pb_decode_opts *opts, tern_error *err)
{
    tern_pb_decode_opts known;
    decoder d;
    TN_TRY(tn_pb_check_abi(table, err));
    TN_TRY(read_opts(opts, &known, err));
    if (n > TN_PB_SIZE_MAX)
        return tn_pb_fault_set(err, TN_PB_LENGTH, table, NULL, 0, 0);
    d.mem = tn_pb_mem_of(arena, known.memory_bytes);
    d.depth = known.max_depth;
    memset(buf + n, 0, TN_PB_SLACK);
    tn_pb_fault fault = run(&d, table, msg, buf, buf + n);
    if (TN_LIKELY(fault == TN_PB_FINE))
        return TERN_OK;
    if (fault == TN_PB_NO_MEMORY && d.mem.over)
        fault = TN_PB_OVER_BUDGET;
    const size_t limit = fault == TN_PB_TOO_DEEP ? known.max_depth : known.memory_bytes;
    return tn_pb_fault_set(err, fault, d.table, d.field, (size_t)(d.at - buf), limit);
}

tern_code tern_pb_decode(const tern_pb_table *table, void *msg, tern_bytes in, tern_arena *arena,
                         const tern_pb_decode_opts *opts, tern_error *err)
{
    tern_error_clear(err);
    if (in.n > TN_PB_SIZE_MAX)
        return tn_pb_fault_set(err, TN_PB_LENGTH, table, NULL, 0, 0);
    uint8_t *buf = tern_arena_alloc(arena, in.n + TN_PB_SLACK);
    if (!buf)
        return tn_pb_fault_set(err, TN_PB_NO_MEMORY, table, NULL, 0, 0);
    if (in.n)
        memcpy(buf, in.p, in.n);
    return tn_pb_decode_in_place(table, msg, buf, in.n, arena, opts, err);
}
