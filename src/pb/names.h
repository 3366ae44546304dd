/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h: fields and enum values by name, for JSON, text and reflection.
 *
 * Names are borrowed from the tables. Any thread: tables never change.
 */
#ifndef TN_PB_NAMES_H
#define TN_PB_NAMES_H

#include "pb/table.h"

/* NUL-terminated. */
static inline const char *tn_pb_name_of(const tern_pb_table *table, const tern_pb_field *f)
{
    return table->names + f->name;
}

/* The name that JSON has for the field: json_name of the .proto, or the name in lowerCamelCase. */
const char *tn_pb_json_name_of(const tern_pb_table *table, const tern_pb_field *f);

/* The field with that name as in the .proto, or NULL. */
const tern_pb_field *tn_pb_find_name(const tern_pb_table *table, tern_str name);

/* The field with that JSON name, or else with that name as in the .proto; or NULL. */
const tern_pb_field *tn_pb_find_json(const tern_pb_table *table, tern_str name);

static inline const tern_pb_enum *tn_pb_enum_of(const tern_pb_table *table, const tern_pb_field *f)
{
    return table->enums[f->sub];
}

/* The first named value of that number, or NULL. */
const tern_pb_enum_value *tn_pb_enum_find(const tern_pb_enum *e, int32_t number);

/* The value of that name, or NULL. */
const tern_pb_enum_value *tn_pb_enum_find_name(const tern_pb_enum *e, tern_str name);

#endif
