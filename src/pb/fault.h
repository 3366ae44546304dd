/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h: the ways in which bytes or messages can be wrong, and the error that tells of each.
 */
#ifndef TN_PB_FAULT_H
#define TN_PB_FAULT_H

#include "pb/table.h"

typedef enum tn_pb_fault {
    TN_PB_FINE = 0,
    TN_PB_TRUNCATED,   /* a value reaches beyond its message */
    TN_PB_LONG_VARINT, /* no end within ten bytes */
    TN_PB_LONG_TAG,    /* a tag over 5 bytes, or above UINT32_MAX */
    TN_PB_FIELD_ZERO,
    TN_PB_WIRE_TYPE,   /* 6 or 7 */
    TN_PB_LENGTH,      /* a length above INT32_MAX */
    TN_PB_PACKED_SIZE, /* packed fixed-width values that do not fill their length */
    TN_PB_NOT_UTF8,
    TN_PB_GROUP_END,  /* an end of a group that was not started, or of another one */
    TN_PB_GROUP_OPEN, /* no end of a group before that of what it is in */
    TN_PB_REQUIRED,
    TN_PB_TOO_DEEP,
    TN_PB_NO_MEMORY,    /* the allocator's no */
    TN_PB_OVER_BUDGET,  /* memory_bytes of this decode are used up */
    TN_PB_NULL_ELEMENT, /* encoding: NULL in a repeated message field */
    TN_PB_TOO_LARGE,    /* encoding: over 2 GiB - 1 */
    TN_PB_BAD_TABLE     /* a bug of ours: a field with an op that no table holds */
} tn_pb_fault;

/*
 * Sets err: "pkg.Msg.field: what is wrong, at byte N". field may be NULL when none is known,
 * at is TN_PB_NOWHERE when there is no byte to name. limit is the number that a fault of depth or budget names.
 */
#define TN_PB_NOWHERE SIZE_MAX

tern_code tn_pb_fault_set(tern_error *err, tn_pb_fault fault, const tern_pb_table *table,
                          const tern_pb_field *field, size_t at, size_t limit);

#endif
