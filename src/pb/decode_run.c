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
 * What is rare is done by functions (decode_rare.c) that get all the loop's state, so that nothing but
 * the decoder lives across their calls, and the hot state stays in registers.
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
#pragma GCC optimize("no-gcse", "no-crossjumping", "no-tree-loop-distribute-patterns")
#endif
#endif

typedef tn_pb_decoder decoder;
typedef tn_pb_frame frame;

/* The bytes of a tag of such a length, in a word. */
static const uint64_t tag_masks[8] = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, UINT64_C(0xffffffffff),
};

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

/* Is the tag whose first bytes are in w, of two bytes and more, that of f? */
static inline bool long_tag_matches(uint64_t w, const tern_pb_field *f)
{
    return ((w ^ tn_pb_load64(f)) & tag_masks[f->tag_len & 7]) == 0;
}

/* The longer varints, in one place. */
static __attribute__((noinline)) tn_pb_varint long_varint(uint8_t *p)
{
    return tn_pb_varint_read(p);
}

/* A zeroed message; small ones without a call. NULL: no memory. */
static inline void *new_message(decoder *d, const tern_pb_table *table)
{
    const size_t n = table->size;
    char *msg = tn_pb_take(&d->mem, n);
    if (TN_UNLIKELY(!msg))
        return NULL;
    if (TN_UNLIKELY(n < 32 || n > 256))
        return memset(msg, 0, n);
    for (size_t i = 0; i < n - 32; i += 32)
        memset(msg + i, 0, 32);
    memset(msg + n - 32, 0, 32);
    return msg;
}

/* Ops that are one: the table of ops finds the second by the name of the first. */
#define u32_implicit  i32_implicit
#define u32_explicit  i32_explicit
#define u32_oneof     i32_oneof
#define v64_repeated  unpacked
#define i32_repeated  unpacked
#define u32_repeated  unpacked
#define s64_repeated  unpacked
#define s32_repeated  unpacked
#define bool_repeated unpacked
#define f64_repeated  unpacked
#define f32_repeated  unpacked

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
        if (TN_UNLIKELY(f == d->last))                                                             \
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
        const tn_pb_varint r = long_varint(p);                                                     \
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
        const tn_pb_varint r = long_varint(p - 1);                                                 \
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

/* Reads the length of a message that may begin. */
#define READ_MESSAGE(n)                                                                            \
    READ_LENGTH(n)                                                                                 \
    if (TN_UNLIKELY(d->top >= d->stop))                                                            \
        FAULT(TN_PB_TOO_DEEP);

/* A number of a closed enum; one without a name goes to the unknown fields. */
#define READ_CLOSED(v)                                                                             \
    READ_VARINT(v)                                                                                 \
    if (TN_UNLIKELY(!tn_pb_closed_knows(d->table->enums[f->sub], v)))                              \
        goto closed_unknown;

/* Makes slot the next element of the repeated field f, not yet counted. */
#define APPEND(size)                                                                               \
    array = (tn_pb_array *)(void *)(msg + f->offset);                                              \
    if (TN_UNLIKELY(array->n >= array->cap) && !tn_pb_reserve(&d->mem, array, 1, (size)))          \
        FAULT(TN_PB_NO_MEMORY);                                                                    \
    slot = array->p + array->n * (size);

/* Hands the state to a function, and goes on with what it gives back. */
#define RARE(function)                                                                             \
    do {                                                                                           \
        d->p = p;                                                                                  \
        d->w = w;                                                                                  \
        d->f = f;                                                                                  \
        d->msg = msg;                                                                              \
        d->limit = limit;                                                                          \
        fault = function(d);                                                                       \
        goto resume;                                                                               \
    } while (0)

/*
 * The three singular modes of a scalar: read it into v, then store it as `ctype`, mapped. A oneof's value is
 * cleared first: what follows may fail, and must not leave another member's bytes under this name.
 */
#define SCALAR(kind, ctype, read, map)                                                             \
    kind##_explicit : tn_pb_has_set(d->table, msg, f);                                             \
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
#else
    unsigned op;
#endif
    const tern_pb_field *f = tn_pb_level_at(d, table);
    uint64_t w;
    tn_pb_fault fault;
    /* What `enter` goes into, and where its parent goes on. */
    void *child;
    const tern_pb_field *next;
    /* What single ops use on their way. */
    uint64_t v, n;
    tn_pb_array *array;
    tn_pb_ptr *sub;
    char *slot;

    d->top = d->frames;
    LOAD();
guess:
    GUESS();

long_guess:
    if (TN_LIKELY(long_tag_matches(w, f)))
        TAKE(f->tag_len);
second_guess:
    if (TN_UNLIKELY(f == d->last))
        goto slow;
    if (TN_LIKELY((uint8_t)w == f[1].tag[0])) {
        if (TN_LIKELY(!(w & 0x80))) {
            f++;
            TAKE(1);
        }
        if (TN_LIKELY(long_tag_matches(w, f + 1))) {
            f++;
            TAKE(f->tag_len);
        }
    }
slow: /* both guesses are wrong: a short tag may stand where its number says */
    v = ((w & 0xff) >> 3) - 1;
    table = d->table;
    if (TN_LIKELY(v < table->dense && (uint8_t)w == table->fields[v].tag[0] && !(w & 0x80))) {
        f = table->fields + v;
        TAKE(1);
    }
    RARE(tn_pb_decode_tag);

resume:
    if (TN_UNLIKELY(fault != TN_PB_FINE))
        return fault;
    p = d->p;
    w = d->w;
    f = d->f;
    msg = d->msg;
    limit = d->limit;
    if (d->op)
        DISPATCH(d->op);
    if (TN_UNLIKELY(p >= limit))
        goto edge;
    GUESS();

#if !TN_PB_COMPUTED_GOTO
dispatch:
    switch (op) {
        TN_PB_OPS(OP_ROW)
    default: FAULT(TN_PB_BAD_TABLE);
    }
#endif

    SCALAR(v64, uint64_t, READ_VARINT, AS_U64)
    SCALAR(i32, uint32_t, READ_VARINT, AS_U32)
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
unpacked:
    RARE(tn_pb_decode_unpacked);
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

closed_explicit:
    READ_CLOSED(v)
    tn_pb_has_set(d->table, msg, f);
    goto closed_store;
closed_oneof:
    READ_CLOSED(v)
    *tn_pb_which(msg, f) = tn_pb_number_of(f);
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
    if (TN_UNLIKELY(p > limit))
        FAULT(TN_PB_TRUNCATED);
    w = v;
    RARE(tn_pb_decode_unnamed);
closed_packed:
    READ_LENGTH(n)
    w = n;
    RARE(tn_pb_decode_closed);
map:
    READ_MESSAGE(n)
    w = n;
    RARE(tn_pb_decode_entry);
group_implicit:
group_explicit:
group_oneof:
group_repeated:
    RARE(tn_pb_decode_group);

message_oneof:
    READ_MESSAGE(n)
    tn_pb_choose(msg, f);
    goto message_single;
message_implicit:
message_explicit:
    READ_MESSAGE(n)
message_single:
    sub = (tn_pb_ptr *)(void *)(msg + f->offset);
    table = d->table->subs[f->sub];
    child = *sub;
    if (TN_LIKELY(!child))
        *sub = child = new_message(d, table);
    if (TN_UNLIKELY(!child))
        FAULT(TN_PB_NO_MEMORY);
    next = f == d->last ? f : f + 1;
    goto enter;
message_repeated:
    READ_MESSAGE(n)
    APPEND(sizeof(void *))
    table = d->table->subs[f->sub];
    child = new_message(d, table);
    if (TN_UNLIKELY(!child))
        FAULT(TN_PB_NO_MEMORY);
    *(tn_pb_ptr *)(void *)slot = child;
    array->n++;
    next = f;
enter:
    tn_pb_frame_push(d, msg, limit, next, TN_PB_FRAME_MESSAGE);
    msg = child;
    limit = p + n;
    d->flags |= table->flags;
    f = tn_pb_level_at(d, table);
    LOAD();
    GUESS();

edge_unloaded: /* the end of a message, or a value that reaches beyond it */
    if (TN_UNLIKELY(p > limit))
        FAULT(TN_PB_TRUNCATED);
    w = tn_pb_load64(p);
edge:
    if (d->top == d->frames)
        return TN_PB_FINE;
    if (TN_UNLIKELY(d->top[-1].kind != TN_PB_FRAME_MESSAGE))
        RARE(tn_pb_decode_end);
    d->top--;
    msg = d->top->msg;
    limit = d->top->limit;
    f = d->top->next;
    (void)tn_pb_level_at(d, d->top->table);
    if (TN_UNLIKELY(p >= limit))
        goto edge;
    GUESS();

field_zero: /* the op of what stands for no field */
    p--;
    fault = TN_PB_FIELD_ZERO;
fail:
    return tn_pb_decode_fail(d, fault, p < limit ? p : limit, f);
}
