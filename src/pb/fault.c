/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c: one row a fault: its status code and its words.
 */
#include "pb/fault.h"

#include <stdio.h>
#include <string.h>

typedef struct row {
    tern_code code;
    const char *text;
} row;

static const row rows[] = {
    [TN_PB_TRUNCATED] = { TERN_INVALID_ARGUMENT, "the value ends beyond its message" },
    [TN_PB_LONG_VARINT] = { TERN_INVALID_ARGUMENT, "a varint of more than 10 bytes" },
    [TN_PB_LONG_TAG] = { TERN_INVALID_ARGUMENT, "a tag of more than 32 bits" },
    [TN_PB_FIELD_ZERO] = { TERN_INVALID_ARGUMENT, "field number 0" },
    [TN_PB_WIRE_TYPE] = { TERN_INVALID_ARGUMENT, "a wire type that does not exist" },
    [TN_PB_LENGTH] = { TERN_INVALID_ARGUMENT, "a length above 2 GiB - 1" },
    [TN_PB_PACKED_SIZE] = { TERN_INVALID_ARGUMENT, "packed values that do not fill their length" },
    [TN_PB_NOT_UTF8] = { TERN_INVALID_ARGUMENT, "a string that is not UTF-8" },
    [TN_PB_GROUP_END] = { TERN_INVALID_ARGUMENT, "the end of a group that is not open" },
    [TN_PB_GROUP_OPEN] = { TERN_INVALID_ARGUMENT, "a group that does not end" },
    [TN_PB_REQUIRED] = { TERN_INVALID_ARGUMENT, "a required field is missing" },
    [TN_PB_TOO_DEEP] = { TERN_RESOURCE_EXHAUSTED, "nested deeper than max_depth" },
    [TN_PB_NO_MEMORY] = { TERN_RESOURCE_EXHAUSTED, "no memory" },
    [TN_PB_OVER_BUDGET] = { TERN_RESOURCE_EXHAUSTED, "the decode takes more than memory_bytes" },
    [TN_PB_NULL_ELEMENT] = { TERN_INVALID_ARGUMENT, "a NULL element" },
    [TN_PB_TOO_LARGE] = { TERN_RESOURCE_EXHAUSTED, "the message is over 2 GiB - 1" },
    [TN_PB_BAD_TABLE] = { TERN_INTERNAL, "a field of a kind that no table holds" },
};

/* Holders bear the name of their extension, and so does their field, by its JSON name "[name]". */
static bool is_holder(const tern_pb_table *table)
{
    if (table->field_count != 1 || table->unknown_offset != TERN_PB_NONE)
        return false;
    const char *name = table->names + table->fields[0].name;
    return name[strlen(name) + 1] == '[';
}

tern_code tn_pb_fault_set(tern_error *err, tn_pb_fault fault, const tern_pb_table *table,
                          const tern_pb_field *field, size_t at, size_t limit)
{
    const row *what = &rows[fault];
    const bool named = field && field->op && table->names && !is_holder(table);
    const char *dot = named ? "." : "";
    const char *name = named ? table->names + field->name : "";
    char bound[32] = "", place[40] = "";
    if (fault == TN_PB_TOO_DEEP || fault == TN_PB_OVER_BUDGET)
        (void)snprintf(bound, sizeof(bound), " = %zu", limit);
    if (at != TN_PB_NOWHERE)
        (void)snprintf(place, sizeof(place), ", at byte %zu", at);
    return tern_error_set(err, what->code, TERN_ORIGIN_LOCAL, "%s%s%s: %s%s%s", table->full_name,
                          dot, name, what->text, bound, place);
}
