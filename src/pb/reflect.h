/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflect.h: values and the places in messages that they are kept in.
 */
#ifndef TN_PB_REFLECT_H
#define TN_PB_REFLECT_H

#include "pb/walk.h"
#include "tern/reflect.h"

/* True for a field of the table; false for NULL. */
static inline bool tn_pb_owns(const tern_pb_table *table, const tern_pb_field *field)
{
    return field && table->field_count && field >= table->fields &&
           field < table->fields + table->field_count;
}

/* What a value of the type is; NOTHING when there is no such type. */
tern_pb_is tn_pb_is_of(tern_pb_type type);

/* INVALID_ARGUMENT: "pkg.Msg.field: what". field may be none of the table's. */
tern_code tn_pb_misuse(const tern_pb_table *table, const tern_pb_field *field, tern_error *err,
                       const char *what);

/* OK when the value is one for the field, or an element of it. */
tern_code tn_pb_value_judge(const tern_pb_table *table, const tern_pb_field *field,
                            const tern_pb_value *value, tern_error *err);

/* The value at p, which holds one of the field's type; and back, for a value that was judged. */
tern_pb_value tn_pb_value_load(const tern_pb_table *table, const tern_pb_field *field,
                               const void *p);
void tn_pb_value_store(void *p, const tern_pb_value *value);

/* What an absent field of one value reads as; INVALID_ARGUMENT for others. */
tern_code tn_pb_value_absent(const tern_pb_table *table, const tern_pb_field *field,
                             tern_pb_value *out, tern_error *err);

#endif
