/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h: reading a message's table: what a field is, where it lives, how big an element is.
 *
 * The views below may alias whatever generated code declares, because the library sees every
 * repeated field and map through the same header, and every sub-message through the same pointer.
 * Tables are trusted: generated, or built and checked by the runtime. Any thread: tables never change.
 */
#ifndef TN_PB_TABLE_H
#define TN_PB_TABLE_H

#include "base/assert.h"
#include "pb/wire.h"
#include "tern/pb.h"

/* Nesting of messages, map entries and unknown groups below the outermost message. */
#define TN_PB_DEPTH_MAX 100

/* The longest message, as everybody has it: lengths are int32 in other implementations. */
#define TN_PB_SIZE_MAX ((size_t)INT32_MAX)

typedef struct __attribute__((may_alias)) tn_pb_array {
    char *p;
    size_t n, cap;
} tn_pb_array;

typedef struct __attribute__((may_alias)) tn_pb_map {
    char *p;
    size_t n, cap;
    struct tn_pb_index *index;
} tn_pb_map;

typedef void *__attribute__((may_alias)) tn_pb_ptr;
typedef uint32_t __attribute__((may_alias)) tn_pb_u32;
typedef int32_t __attribute__((may_alias)) tn_pb_i32;
typedef uint64_t __attribute__((may_alias)) tn_pb_u64;

/* A tern_str or tern_bytes. */
typedef struct __attribute__((may_alias)) tn_pb_str {
    const char *p;
    size_t n;
} tn_pb_str;

static inline tern_pb_type tn_pb_type_of(const tern_pb_field *f)
{
    return (tern_pb_type)(f->op % TERN_PB_TYPES);
}

static inline tern_pb_mode tn_pb_mode_of(const tern_pb_field *f)
{
    return (tern_pb_mode)(f->op / TERN_PB_TYPES);
}

/* The number of a field whose tag is longer than a byte. In a MessageSet numbers have 31 bits, so that
 * tags have 34. */
uint32_t tn_pb_long_number(const tern_pb_field *f) __attribute__((pure));

static inline uint32_t tn_pb_number_of(const tern_pb_field *f)
{
    return TN_LIKELY(f->tag_len == 1) ? f->tag[0] >> 3 : tn_pb_long_number(f);
}

/* Bytes of one value of the type in a struct or array. */
static inline size_t tn_pb_type_size(tern_pb_type type)
{
    static const uint8_t sizes[TERN_PB_TYPES] = {
        [TERN_PB_DOUBLE] = 8,
        [TERN_PB_FLOAT] = 4,
        [TERN_PB_INT64] = 8,
        [TERN_PB_UINT64] = 8,
        [TERN_PB_INT32] = 4,
        [TERN_PB_FIXED64] = 8,
        [TERN_PB_FIXED32] = 4,
        [TERN_PB_BOOL] = sizeof(bool),
        [TERN_PB_STRING] = sizeof(tern_str),
        [TERN_PB_GROUP] = sizeof(void *),
        [TERN_PB_MESSAGE] = sizeof(void *),
        [TERN_PB_BYTES] = sizeof(tern_bytes),
        [TERN_PB_UINT32] = 4,
        [TERN_PB_ENUM] = 4,
        [TERN_PB_SFIXED32] = 4,
        [TERN_PB_SFIXED64] = 8,
        [TERN_PB_SINT32] = 4,
        [TERN_PB_SINT64] = 8,
        [TERN_PB_CLOSED_ENUM] = 4,
    };
    return sizes[type];
}

/* How one value of the type stands on the wire. */
static inline tn_pb_wire tn_pb_type_wire(tern_pb_type type)
{
    switch (type) {
    case TERN_PB_DOUBLE:
    case TERN_PB_FIXED64:
    case TERN_PB_SFIXED64: return TN_PB_WIRE_I64;
    case TERN_PB_FLOAT:
    case TERN_PB_FIXED32:
    case TERN_PB_SFIXED32: return TN_PB_WIRE_I32;
    case TERN_PB_STRING:
    case TERN_PB_BYTES:
    case TERN_PB_MESSAGE: return TN_PB_WIRE_LEN;
    case TERN_PB_GROUP: return TN_PB_WIRE_SGROUP;
    default: return TN_PB_WIRE_VARINT;
    }
}

/* Strings, bytes and messages cannot be packed. */
static inline bool tn_pb_type_packs(tern_pb_type type)
{
    return type != TERN_PB_STRING && type != TERN_PB_BYTES && type != TERN_PB_MESSAGE &&
           type != TERN_PB_GROUP;
}

static inline void tn_pb_has_set(const tern_pb_table *table, void *msg, const tern_pb_field *f)
{
    tn_pb_u32 *words = (tn_pb_u32 *)(void *)((char *)msg + table->has_offset);
    words[f->presence / 32] |= UINT32_C(1) << f->presence % 32;
}

static inline void tn_pb_has_reset(const tern_pb_table *table, void *msg, const tern_pb_field *f)
{
    tn_pb_u32 *words = (tn_pb_u32 *)(void *)((char *)msg + table->has_offset);
    words[f->presence / 32] &= ~(UINT32_C(1) << f->presence % 32);
}

static inline bool tn_pb_has_bit(const tern_pb_table *table, const void *msg,
                                 const tern_pb_field *f)
{
    const tn_pb_u32 *words =
        (const tn_pb_u32 *)(const void *)((const char *)msg + table->has_offset);
    return words[f->presence / 32] >> f->presence % 32 & 1;
}

static inline tn_pb_u32 *tn_pb_which(void *msg, const tern_pb_field *f)
{
    return (tn_pb_u32 *)(void *)((char *)msg + f->presence);
}

static inline const tn_pb_u32 *tn_pb_which_of(const void *msg, const tern_pb_field *f)
{
    return (const tn_pb_u32 *)(const void *)((const char *)msg + f->presence);
}

/* True when a value of a scalar type at p has a bit set (-0.0 has). */
bool tn_pb_nonzero(tern_pb_type type, const void *p);

/* The field with that number, or NULL. */
const tern_pb_field *tn_pb_find(const tern_pb_table *table, uint32_t number);

/* FAILED_PRECONDITION in err for something with that name and another ABI. */
tern_code tn_pb_wrong_abi(const char *name, uint16_t abi, tern_error *err);

/* TERN_OK, or FAILED_PRECONDITION in err for a table of another ABI. */
static inline tern_code tn_pb_check_abi(const tern_pb_table *table, tern_error *err)
{
    if (TN_LIKELY(table->abi == TERN_PB_ABI))
        return TERN_OK;
    return tn_pb_wrong_abi(table->full_name, table->abi, err);
}

#endif
