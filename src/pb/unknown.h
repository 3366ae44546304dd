/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unknown.h: what a message holds outside its struct: fields that its table does not name, kept as the
 * bytes they came in, and the values of extensions (extension.h).
 *
 * The bytes are always in one piece. As long as they lie side by side in the decoded buffer they are
 * pointed at there (cap 0); the first that does not makes a copy that grows from then on.
 */
#ifndef TN_PB_UNKNOWN_H
#define TN_PB_UNKNOWN_H

#include "pb/fault.h"
#include "pb/mem.h"
#include "pb/wire.h"

typedef struct tn_pb_extension_value {
    const tern_pb_extension *ext;
    void *holder; /* ext->holder describes it */
} tn_pb_extension_value;

struct tern_pb_unknown {
    uint8_t *p;
    size_t n, cap;
    tn_pb_extension_value *values; /* by rising number */
    uint32_t value_n, value_cap;
};

/*
 * Adds the field of n bytes at p (arena) to the unknown fields of msg; a table that keeps none drops
 * it. first is the field's first byte: in the buffer a string's terminator may have taken its place.
 * False when there is no memory.
 */
bool tn_pb_unknown_add(tn_pb_mem *mem, const tern_pb_table *table, void *msg, uint8_t *p, size_t n,
                       uint8_t first);

/* The same for bytes (borrowed) that are not pointed at, and may be a part of a field. */
bool tn_pb_unknown_copy(tn_pb_mem *mem, const tern_pb_table *table, void *msg, const uint8_t *p,
                        size_t n);

/* What msg holds, or NULL. */
static inline const struct tern_pb_unknown *tn_pb_unknown_of(const tern_pb_table *table,
                                                             const void *msg)
{
    if (table->unknown_offset == TERN_PB_NONE)
        return NULL;
    return *(const tn_pb_ptr *)(const void *)((const char *)msg + table->unknown_offset);
}

/* The same for writing. */
static inline struct tern_pb_unknown *tn_pb_unknown_for(const tern_pb_table *table, void *msg)
{
    if (table->unknown_offset == TERN_PB_NONE)
        return NULL;
    return *(tn_pb_ptr *)(void *)((char *)msg + table->unknown_offset);
}

/* The same; it is made when there is none. NULL: no memory, or a table that has no place for it. */
struct tern_pb_unknown *tn_pb_unknown_need(tn_pb_mem *mem, const tern_pb_table *table, void *msg);

/* A tag as read: its value and bytes, or why it is none. */
typedef struct tn_pb_tag {
    uint32_t v;
    uint8_t len;
    uint8_t fault; /* tn_pb_fault */
} tn_pb_tag;

/* The tag in the low bytes of w. */
static inline tn_pb_tag tn_pb_tag_read(uint64_t w)
{
    const uint64_t stop = ~w & UINT64_C(0x8080808080);
    if (stop == 0)
        return (tn_pb_tag){ .fault = TN_PB_LONG_TAG };
    const uint64_t v = tn_pb_fold(w & (stop ^ (stop - 1)));
    if (v > UINT32_MAX)
        return (tn_pb_tag){ .fault = TN_PB_LONG_TAG };
    if (v < 8)
        return (tn_pb_tag){ .fault = TN_PB_FIELD_ZERO };
    return (tn_pb_tag){ .v = (uint32_t)v, .len = (uint8_t)(__builtin_ctzll(stop) / 8 + 1) };
}

/*
 * Finds the end of the field whose value, behind its tag, is at p. Groups may nest `depth` deep, and
 * each must end with its own number. NULL: *fault says why. Reads up to TN_PB_SLACK behind limit.
 */
uint8_t *tn_pb_skip(uint8_t *p, const uint8_t *limit, uint32_t tag, size_t depth,
                    tn_pb_fault *fault);

#endif
