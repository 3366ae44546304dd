/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c: what each fault is called, and its status code.
 */
#include "pb/fault.h"

#include <stdio.h>
#include <string.h>

/* The words of all faults, in their order, a NUL behind each: a table of pointers would be as long. */
static const char words[] = "the value ends beyond its message\0"
                            "a varint of more than 10 bytes\0"
                            "a tag of more than 32 bits\0"
                            "field number 0\0"
                            "a wire type that does not exist\0"
                            "a length above 2 GiB - 1\0"
                            "packed values that do not fill their length\0"
                            "a string that is not UTF-8\0"
                            "the end of a group that is not open\0"
                            "a group that does not end\0"
                            "a required field is missing\0"
                            "nested deeper than max_depth\0"
                            "no memory\0"
                            "the decode takes more than memory_bytes\0"
                            "a NULL element\0"
                            "the message is over 2 GiB - 1\0"
                            "a field of a kind that no table holds\0";

static const char *words_of(tn_pb_fault fault)
{
    const char *p = words;
    for (unsigned i = TN_PB_FINE + 1; i < (unsigned)fault; i++)
        p += strlen(p) + 1;
    return p;
}

static tern_code code_of(tn_pb_fault fault)
{
    switch (fault) {
    case TN_PB_TOO_DEEP:
    case TN_PB_NO_MEMORY:
    case TN_PB_OVER_BUDGET:
    case TN_PB_TOO_LARGE: return TERN_RESOURCE_EXHAUSTED;
    case TN_PB_BAD_TABLE: return TERN_INTERNAL;
    default: return TERN_INVALID_ARGUMENT;
    }
}

/* Holders bear the name of their extension, and so does their field, by its JSON name "[name]". */
static bool is_holder(const tern_pb_table *table)
{
    if (table->field_count != 1 || table->unknown_offset != TERN_PB_NONE)
        return false;
    const char *name = table->names + table->fields[0].name;
    return name[strlen(name) + 1] == '[';
}

/* A codec may fail between two levels, with a field of the one and the table of the other at hand. */
static bool is_of(const tern_pb_field *field, const tern_pb_table *table)
{
    const uintptr_t at = (uintptr_t)field, first = (uintptr_t)table->fields;
    return at >= first && at < first + table->field_count * sizeof(*field);
}

tern_code tn_pb_fault_set(tern_error *err, tn_pb_fault fault, const tern_pb_table *table,
                          const tern_pb_field *field, size_t at, size_t limit)
{
    const bool named = field && is_of(field, table) && table->names && !is_holder(table);
    const char *dot = named ? "." : "";
    const char *name = named ? table->names + field->name : "";
    char bound[32] = "", place[40] = "";
    if (fault == TN_PB_TOO_DEEP || fault == TN_PB_OVER_BUDGET)
        (void)snprintf(bound, sizeof(bound), " = %zu", limit);
    if (at != TN_PB_NOWHERE)
        (void)snprintf(place, sizeof(place), ", at byte %zu", at);
    return tern_error_set(err, code_of(fault), TERN_ORIGIN_LOCAL, "%s%s%s: %s%s%s",
                          table->full_name, dot, name, words_of(fault), bound, place);
}
