/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c: looking names up in the sorted indexes of tables and enums.
 */
#include "pb/names.h"

#include <string.h>

/* As strcmp has it, of a name and a C string. */
static int compare(tern_str name, const char *other)
{
    const size_t n = strlen(other), shared = name.n < n ? name.n : n;
    const int order = shared ? memcmp(name.p, other, shared) : 0;
    return order ? order : (name.n > n) - (name.n < n);
}

const char *tn_pb_json_name_of(const tern_pb_table *table, const tern_pb_field *f)
{
    const char *name = tn_pb_name_of(table, f);
    const char *json = name + strlen(name) + 1;
    return *json ? json : name;
}

/* What an entry of by_name stands for. */
static const char *entry_name(const tern_pb_table *table, uint16_t entry)
{
    const tern_pb_field *f = &table->fields[entry / 2];
    return entry & 1 ? tn_pb_json_name_of(table, f) : tn_pb_name_of(table, f);
}

/* The first entry whose name is not before `name`. */
static size_t lower_bound(const tern_pb_table *table, tern_str name)
{
    size_t low = 0, high = table->name_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(name, entry_name(table, table->by_name[middle])) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A name may be one field's own and another's in JSON: the one of the wanted sort, or else any. */
static const tern_pb_field *find(const tern_pb_table *table, tern_str name, bool json)
{
    const tern_pb_field *other = NULL;
    for (size_t i = lower_bound(table, name); i < table->name_count; i++) {
        const uint16_t entry = table->by_name[i];
        if (compare(name, entry_name(table, entry)) != 0)
            break;
        const tern_pb_field *f = &table->fields[entry / 2];
        const bool own = !(entry & 1);
        /* A name without a JSON name beside it is both. */
        if (json ? !own || tn_pb_json_name_of(table, f) == tn_pb_name_of(table, f) : own)
            return f;
        if (json)
            other = f;
    }
    return other;
}

const tern_pb_field *tn_pb_find_name(const tern_pb_table *table, tern_str name)
{
    return find(table, name, false);
}

const tern_pb_field *tn_pb_find_json(const tern_pb_table *table, tern_str name)
{
    return find(table, name, true);
}

const tern_pb_enum_value *tn_pb_enum_find(const tern_pb_enum *e, int32_t number)
{
    const uint32_t near = (uint32_t)number - (uint32_t)e->values[0].number;
    if (near < e->dense)
        return &e->values[near];
    size_t low = e->dense, high = e->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (e->values[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < e->count && e->values[low].number == number ? &e->values[low] : NULL;
}

const tern_pb_enum_value *tn_pb_enum_find_name(const tern_pb_enum *e, tern_str name)
{
    size_t low = 0, high = e->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const tern_pb_enum_value *value = &e->values[e->by_name[middle]];
        const int order = compare(name, e->names + value->name);
        if (order == 0)
            return value;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
