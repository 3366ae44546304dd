/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflect_value.c: what a field is, and values in and out of the memory of a message.
 */
#include "pb/names.h"
#include "pb/reflect.h"

#include <string.h>

/* ---- fields ---------------------------------------------------------------------------------- */

const tern_pb_field *tern_pb_field_named(const tern_pb_table *table, tern_str name)
{
    return tn_pb_find_name(table, name);
}

const tern_pb_field *tern_pb_field_json_named(const tern_pb_table *table, tern_str name)
{
    return tn_pb_find_json(table, name);
}

const tern_pb_field *tern_pb_field_numbered(const tern_pb_table *table, uint32_t number)
{
    return number ? tn_pb_find(table, number) : NULL;
}

uint32_t tern_pb_field_number(const tern_pb_field *field)
{
    return tn_pb_number_of(field);
}

tern_pb_type tern_pb_field_type(const tern_pb_field *field)
{
    const tern_pb_type type = tn_pb_type_of(field);
    return type == TERN_PB_CLOSED_ENUM ? TERN_PB_ENUM : type;
}

tern_pb_mode tern_pb_field_mode(const tern_pb_field *field)
{
    return tn_pb_mode_of(field);
}

const char *tern_pb_field_name(const tern_pb_table *table, const tern_pb_field *field)
{
    return tn_pb_name_of(table, field);
}

const char *tern_pb_field_json_name(const tern_pb_table *table, const tern_pb_field *field)
{
    return tn_pb_json_name_of(table, field);
}

const tern_pb_table *tern_pb_field_message(const tern_pb_table *table, const tern_pb_field *field)
{
    return tn_pb_is_message(tn_pb_type_of(field)) ? table->subs[field->sub] : NULL;
}

const tern_pb_enum *tern_pb_field_enum(const tern_pb_table *table, const tern_pb_field *field)
{
    return tern_pb_field_type(field) == TERN_PB_ENUM ? table->enums[field->sub] : NULL;
}

const tern_pb_enum_value *tern_pb_enum_value_named(const tern_pb_enum *enumeration, tern_str name)
{
    return tn_pb_enum_find_name(enumeration, name);
}

const tern_pb_enum_value *tern_pb_enum_value_numbered(const tern_pb_enum *enumeration,
                                                      int32_t number)
{
    return tn_pb_enum_find(enumeration, number);
}

/* ---- values ---------------------------------------------------------------------------------- */

tern_pb_is tn_pb_is_of(tern_pb_type type)
{
    static const uint8_t is[TERN_PB_TYPES] = {
        [TERN_PB_DOUBLE] = TERN_PB_IS_DOUBLE,   [TERN_PB_FLOAT] = TERN_PB_IS_FLOAT,
        [TERN_PB_INT64] = TERN_PB_IS_I64,       [TERN_PB_UINT64] = TERN_PB_IS_U64,
        [TERN_PB_INT32] = TERN_PB_IS_I32,       [TERN_PB_FIXED64] = TERN_PB_IS_U64,
        [TERN_PB_FIXED32] = TERN_PB_IS_U32,     [TERN_PB_BOOL] = TERN_PB_IS_BOOL,
        [TERN_PB_STRING] = TERN_PB_IS_STR,      [TERN_PB_GROUP] = TERN_PB_IS_MESSAGE,
        [TERN_PB_MESSAGE] = TERN_PB_IS_MESSAGE, [TERN_PB_BYTES] = TERN_PB_IS_BYTES,
        [TERN_PB_UINT32] = TERN_PB_IS_U32,      [TERN_PB_ENUM] = TERN_PB_IS_I32,
        [TERN_PB_SFIXED32] = TERN_PB_IS_I32,    [TERN_PB_SFIXED64] = TERN_PB_IS_I64,
        [TERN_PB_SINT32] = TERN_PB_IS_I32,      [TERN_PB_SINT64] = TERN_PB_IS_I64,
        [TERN_PB_CLOSED_ENUM] = TERN_PB_IS_I32,
    };
    return type < TERN_PB_TYPES ? (tern_pb_is)is[type] : TERN_PB_IS_NOTHING;
}

tern_code tn_pb_misuse(const tern_pb_table *table, const tern_pb_field *field, tern_error *err,
                       const char *what)
{
    const bool own = tn_pb_owns(table, field);
    return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL, "%s%s%s: %s",
                          table->full_name, own ? "." : "", own ? tn_pb_name_of(table, field) : "",
                          own ? what : "it has no such field");
}

tern_code tn_pb_value_judge(const tern_pb_table *table, const tern_pb_field *field,
                            const tern_pb_value *value, tern_error *err)
{
    const tern_pb_is is = tn_pb_is_of(tn_pb_type_of(field));
    if (value->is != is)
        return tn_pb_misuse(table, field, err, "the value is of another type");
    if (is == TERN_PB_IS_MESSAGE && value->message.table != table->subs[field->sub])
        return tn_pb_misuse(table, field, err, "the message is of another type");
    return TERN_OK;
}

tern_pb_value tn_pb_value_load(const tern_pb_table *table, const tern_pb_field *field,
                               const void *p)
{
    tern_pb_value v;
    memset(&v, 0, sizeof(v));
    v.is = tn_pb_is_of(tn_pb_type_of(field));
    switch (v.is) {
    case TERN_PB_IS_BOOL: v.boolean = *(const bool *)p; break;
    case TERN_PB_IS_I32:
    case TERN_PB_IS_U32:
    case TERN_PB_IS_FLOAT: memcpy(&v.u32, p, sizeof(v.u32)); break;
    case TERN_PB_IS_I64:
    case TERN_PB_IS_U64:
    case TERN_PB_IS_DOUBLE: memcpy(&v.u64, p, sizeof(v.u64)); break;
    case TERN_PB_IS_STR: memcpy(&v.str, p, sizeof(v.str)); break;
    case TERN_PB_IS_BYTES: memcpy(&v.bytes, p, sizeof(v.bytes)); break;
    case TERN_PB_IS_MESSAGE:
        v.message.table = table->subs[field->sub];
        v.message.at = *(const tn_pb_ptr *)p;
        break;
    case TERN_PB_IS_NOTHING: break;
    }
    return v;
}

void tn_pb_value_store(void *p, const tern_pb_value *value)
{
    switch (value->is) {
    case TERN_PB_IS_BOOL: *(bool *)p = value->boolean; break;
    case TERN_PB_IS_I32:
    case TERN_PB_IS_U32:
    case TERN_PB_IS_FLOAT: memcpy(p, &value->u32, sizeof(value->u32)); break;
    case TERN_PB_IS_I64:
    case TERN_PB_IS_U64:
    case TERN_PB_IS_DOUBLE: memcpy(p, &value->u64, sizeof(value->u64)); break;
    case TERN_PB_IS_STR: memcpy(p, &value->str, sizeof(value->str)); break;
    case TERN_PB_IS_BYTES: memcpy(p, &value->bytes, sizeof(value->bytes)); break;
    case TERN_PB_IS_MESSAGE: *(tn_pb_ptr *)p = value->message.at; break;
    case TERN_PB_IS_NOTHING: break;
    }
}

tern_code tn_pb_value_absent(const tern_pb_table *table, const tern_pb_field *field,
                             tern_pb_value *out, tern_error *err)
{
    static const uint64_t zero[2];
    if (tn_pb_mode_of(field) > TERN_PB_ONEOF)
        return tn_pb_misuse(table, field, err, "it holds more than one value");
    *out = tn_pb_value_load(table, field, zero);
    if (tn_pb_type_of(field) == TERN_PB_CLOSED_ENUM)
        out->i32 = table->enums[field->sub]->default_number;
    return TERN_OK;
}
