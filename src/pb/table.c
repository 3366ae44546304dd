/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c: looking a field up by number, and judging a table's ABI.
 */
#include "pb/table.h"

#include <string.h>

uint32_t tn_pb_long_number(const tern_pb_field *f)
{
    uint64_t tag = 0;
    for (unsigned i = 0; i < f->tag_len; i++)
        tag |= (uint64_t)(f->tag[i] & 0x7f) << (7 * i);
    return (uint32_t)(tag >> 3);
}

const tern_pb_field *tn_pb_find(const tern_pb_table *table, uint32_t number)
{
    if (number - 1 < table->dense)
        return &table->fields[number - 1];
    size_t low = table->dense, high = table->field_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const uint32_t here = tn_pb_number_of(&table->fields[middle]);
        if (here == number)
            return &table->fields[middle];
        if (here < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool tn_pb_nonzero(tern_pb_type type, const void *p)
{
    static const uint8_t zero[8];
    return memcmp(p, zero, tn_pb_type_size(type)) != 0;
}

tern_code tn_pb_wrong_abi(const char *name, uint16_t abi, tern_error *err)
{
    return tern_error_set(err, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                          "%s was generated for protobuf ABI %u, this library has %u", name,
                          (unsigned)abi, (unsigned)TERN_PB_ABI);
}
