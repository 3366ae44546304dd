/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_enum.c: enums: what is refused, and the tables as the generator makes them.
 */
#include "pb/pool.h"

#include <string.h>

typedef struct named_value {
    const char *name;
    int32_t number;
    uint32_t place; /* in the source, then in the table */
} named_value;

static int by_number(const void *a, const void *b)
{
    const named_value *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int by_name(const void *a, const void *b)
{
    const named_value *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int by_start(const void *a, const void *b)
{
    const google_protobuf_EnumDescriptorProto_EnumReservedRange *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* The values are siblings of their enum in the names of the pool. */
static tern_code declare_values(tn_pb_batch *b, tn_pb_def_enum *e)
{
    tn_pb_def_file *file = e->def.file;
    const char *scope = e->parent       ? e->parent->def.full_name
                        : file->package ? file->package->def.full_name
                                        : "";
    tn_pb_def_value *values = tn_pb_batch_alloc(b, e->proto->value.n, sizeof(*values));
    if (!values)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < e->proto->value.n; i++) {
        const google_protobuf_EnumValueDescriptorProto *proto = e->proto->value.p[i];
        values[i].of = e;
        values[i].number = proto->number;
        TN_TRY(tn_pb_batch_declare(b, &values[i].def, TERN_PB_SYMBOL_ENUM_VALUE, file, scope,
                                   proto->name));
        tn_pb_features own = e->features;
        const char *bad = tn_pb_features_state(&own, file->edition, TN_PB_FEATURES_OF_OTHER,
                                               proto->options ? proto->options->features : NULL);
        if (bad)
            return tn_pb_batch_bad(b, file, values[i].def.full_name, "%s", bad);
    }
    return TERN_OK;
}

/* ---- what is reserved ------------------------------------------------------------------------ */

static tern_code judge_ranges(tn_pb_batch *b, const tn_pb_def_enum *e, named_value **sorted)
{
    const size_t n = e->proto->reserved_range.n;
    void **ranges = tn_pb_batch_scratch(b, n, sizeof(*ranges));
    if (!ranges)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++)
        ranges[i] = e->proto->reserved_range.p[i];
    tn_pb_sort(ranges, n, by_start);
    size_t value = 0;
    for (size_t i = 0; i < n; i++) {
        const google_protobuf_EnumDescriptorProto_EnumReservedRange *r = ranges[i],
                                                                    *before =
                                                                        i ? ranges[i - 1] : NULL;
        if (r->start > r->end)
            return tn_pb_batch_bad(b, e->def.file, e->def.full_name,
                                   "a reserved range ends before it begins");
        if (before && before->end >= r->start)
            return tn_pb_batch_bad(b, e->def.file, e->def.full_name, "reserved ranges overlap");
        while (value < e->proto->value.n && sorted[value]->number < r->start)
            value++;
        if (value < e->proto->value.n && sorted[value]->number <= r->end)
            return tn_pb_batch_bad(b, e->def.file, e->def.full_name, "%s has a reserved number",
                                   sorted[value]->name);
    }
    return TERN_OK;
}

/* sorted by name */
static tern_code judge_names(tn_pb_batch *b, const tn_pb_def_enum *e, named_value **sorted)
{
    const size_t n = e->proto->reserved_name.n;
    void **names = tn_pb_batch_scratch(b, n, sizeof(*names));
    if (!names)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++)
        names[i] = &e->proto->reserved_name.p[i];
    tn_pb_sort(names, n, tn_pb_by_bytes);
    size_t value = 0;
    for (size_t i = 0; i < n; i++) {
        const tern_str *name = names[i];
        if (i && tn_pb_by_bytes(names[i - 1], name) == 0)
            return tn_pb_batch_bad(b, e->def.file, e->def.full_name, "%.*s is reserved twice",
                                   TERN_FMT(*name));
        int order = -1;
        for (; value < e->proto->value.n && order < 0; value += order < 0) {
            const tern_str own = tern_str_of(sorted[value]->name);
            order = tn_pb_by_bytes(&own, name);
        }
        if (order == 0)
            return tn_pb_batch_bad(b, e->def.file, e->def.full_name, "the name %.*s is reserved",
                                   TERN_FMT(*name));
    }
    return TERN_OK;
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* sorted by number */
static tern_code judge_numbers(tn_pb_batch *b, const tn_pb_def_enum *e, named_value **sorted)
{
    const bool alias = e->proto->options && e->proto->options->allow_alias;
    for (size_t i = 1; i < e->proto->value.n && !alias; i++)
        if (sorted[i]->number == sorted[i - 1]->number)
            return tn_pb_batch_bad(b, e->def.file, e->def.full_name, "%s and %s have one number",
                                   sorted[i - 1]->name, sorted[i]->name);
    const bool open = e->features.enum_type == google_protobuf_FeatureSet_OPEN;
    if (open && e->proto->value.p[0]->number != 0)
        return tn_pb_batch_bad(b, e->def.file, e->def.full_name,
                               "the first value of an open enum is not 0");
    return judge_ranges(b, e, sorted);
}

static tern_code fill_values(tn_pb_batch *b, tn_pb_def_enum *e, named_value **sorted)
{
    const size_t n = e->proto->value.n;
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += strlen(sorted[i]->name) + 1;
    char *names = tn_pb_batch_alloc(b, size, 1);
    tern_pb_enum_value *values = tn_pb_batch_alloc(b, n, sizeof(*values));
    if (!names || !values)
        return TERN_RESOURCE_EXHAUSTED;
    size_t at = 0;
    uint32_t dense = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t length = strlen(sorted[i]->name) + 1;
        values[i] = (tern_pb_enum_value){ sorted[i]->number, (uint32_t)at };
        memcpy(names + at, sorted[i]->name, length);
        at += length;
        sorted[i]->place = (uint32_t)i;
        if (dense == i && (uint32_t)sorted[i]->number - (uint32_t)sorted[0]->number == i)
            dense++;
    }
    e->made->dense = dense;
    e->made->names = names;
    e->made->values = values;
    return TERN_OK;
}

static tern_code fill(tn_pb_batch *b, tn_pb_def_enum *e)
{
    const size_t n = e->proto->value.n;
    named_value *all = tn_pb_batch_scratch(b, n, sizeof(*all));
    named_value **sorted = tn_pb_batch_scratch(b, n, sizeof(*sorted));
    uint32_t *names = tn_pb_batch_alloc(b, n, sizeof(*names));
    e->made = tn_pb_batch_alloc(b, 1, sizeof(*e->made));
    if (!all || !sorted || !names || !e->made)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++) {
        const google_protobuf_EnumValueDescriptorProto *value = e->proto->value.p[i];
        all[i] = (named_value){ value->name.p, value->number, (uint32_t)i };
        sorted[i] = &all[i];
    }
    tn_pb_sort((void **)sorted, n, by_number);
    TN_TRY(judge_numbers(b, e, sorted));
    TN_TRY(fill_values(b, e, sorted));
    tn_pb_sort((void **)sorted, n, by_name);
    TN_TRY(judge_names(b, e, sorted));
    for (size_t i = 0; i < n; i++)
        names[i] = sorted[i]->place;
    e->made->by_name = names;
    return TERN_OK;
}

tern_code tn_pb_enum_build(tn_pb_batch *b, tn_pb_def_enum *e)
{
    tn_pb_def_file *file = e->def.file;
    const char *bad = tn_pb_features_state(&e->features, file->edition, TN_PB_FEATURES_OF_ENUM,
                                           e->proto->options ? e->proto->options->features : NULL);
    if (bad)
        return tn_pb_batch_bad(b, file, e->def.full_name, "%s", bad);
    if (!e->proto->value.n)
        return tn_pb_batch_bad(b, file, e->def.full_name, "an enum without values");
    TN_TRY(declare_values(b, e));
    TN_TRY(fill(b, e));
    e->made->abi = TERN_PB_ABI;
    e->made->flags =
        e->features.enum_type == google_protobuf_FeatureSet_CLOSED ? TERN_PB_CLOSED : 0;
    e->made->count = (uint32_t)e->proto->value.n;
    e->made->default_number = e->proto->value.p[0]->number;
    e->made->full_name = e->def.full_name;
    e->use = e->made;
    return TERN_OK;
}
