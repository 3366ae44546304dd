/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed.h: packed repeated fields: many values behind one tag and length.
 */
#ifndef TN_PB_PACKED_H
#define TN_PB_PACKED_H

#include "pb/fault.h"
#include "pb/mem.h"
#include "pb/out.h"

/*
 * Appends the packed values in [p, end) to the array of `type`; memory is reserved once, for the exact
 * number of them. TN_PB_SLACK readable bytes follow end. On a fault the array is as it was, but for
 * its capacity. TN_PB_NO_MEMORY stands for the budget too.
 */
tn_pb_fault tn_pb_packed_read(tn_pb_mem *mem, tn_pb_array *array, tern_pb_type type, uint8_t *p,
                              uint8_t *end);

/*
 * Writes the values of the array, packed, before what out holds; no tag and no length.
 */
tn_pb_fault tn_pb_packed_write(tn_pb_out *out, const tn_pb_array *array, tern_pb_type type);

/* The value of a scalar type at p as the number that its varint carries. Not for fixed types. */
static inline uint64_t tn_pb_varint_of(tern_pb_type type, const void *p)
{
    switch (type) {
    case TERN_PB_BOOL: return *(const bool *)p;
    case TERN_PB_INT32:
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM: return (uint64_t)(int64_t) * (const tn_pb_i32 *)p;
    case TERN_PB_UINT32: return *(const tn_pb_u32 *)p;
    case TERN_PB_SINT32: return tn_pb_zigzag32(*(const tn_pb_u32 *)p);
    case TERN_PB_SINT64: return tn_pb_zigzag64(*(const tn_pb_u64 *)p);
    default: return *(const tn_pb_u64 *)p;
    }
}

#endif
