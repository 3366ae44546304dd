/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_struct.c: google.protobuf.Struct, Value and ListValue: JSON's data, read and built.
 *
 * Invariant of building: all memory is had before the message changes. A sub-message that is set
 * and NULL reads as the empty one, which is what it is on the wire.
 * No state; a message belongs to one thread at a time.
 */
#include "tern/wkt.h"

/* ---- reading --------------------------------------------------------------------------------- */

const google_protobuf_Value *tern_struct_get(const google_protobuf_Struct *s, tern_str key)
{
    static const google_protobuf_Value empty = { .kind = { .which = 0 } };
    const google_protobuf_Struct_FieldsEntry *entry =
        s ? tern_pb_map_get(&google_protobuf_Struct_FieldsEntry_table, &s->fields, &key) : NULL;
    if (!entry)
        return NULL;
    return entry->value ? entry->value : &empty;
}

const google_protobuf_Value *tern_list_value_get(const google_protobuf_ListValue *list, size_t i)
{
    return list && i < list->values.n ? list->values.p[i] : NULL;
}

static bool is_kind(const google_protobuf_Value *v, uint32_t kind)
{
    return v && v->kind.which == kind;
}

bool tern_value_is_null(const google_protobuf_Value *v)
{
    return is_kind(v, google_protobuf_Value_kind_null_value);
}

bool tern_value_number(const google_protobuf_Value *v, double *out)
{
    if (!is_kind(v, google_protobuf_Value_kind_number_value))
        return false;
    *out = v->kind.number_value;
    return true;
}

bool tern_value_string(const google_protobuf_Value *v, tern_str *out)
{
    if (!is_kind(v, google_protobuf_Value_kind_string_value))
        return false;
    *out = v->kind.string_value.p ? v->kind.string_value : TERN_STR("");
    return true;
}

bool tern_value_bool(const google_protobuf_Value *v, bool *out)
{
    if (!is_kind(v, google_protobuf_Value_kind_bool_value))
        return false;
    *out = v->kind.bool_value;
    return true;
}

const google_protobuf_Struct *tern_value_struct(const google_protobuf_Value *v)
{
    static const google_protobuf_Struct empty = { .fields = { .n = 0 } };
    if (!is_kind(v, google_protobuf_Value_kind_struct_value))
        return NULL;
    return v->kind.struct_value ? v->kind.struct_value : &empty;
}

const google_protobuf_ListValue *tern_value_list(const google_protobuf_Value *v)
{
    static const google_protobuf_ListValue empty = { .values = { .n = 0 } };
    if (!is_kind(v, google_protobuf_Value_kind_list_value))
        return NULL;
    return v->kind.list_value ? v->kind.list_value : &empty;
}

/* ---- building -------------------------------------------------------------------------------- */

/* A copy that is never absent; p is NULL when there is no memory. */
static tern_str copy_of(tern_str s, tern_arena *arena)
{
    return s.n ? tern_arena_copy(arena, s) : TERN_STR("");
}

google_protobuf_Value *tern_struct_put(google_protobuf_Struct *s, tern_str key, tern_arena *arena)
{
    const tern_pb_table *table = &google_protobuf_Struct_FieldsEntry_table;
    google_protobuf_Value *value = google_protobuf_Value_new(arena);
    if (!value)
        return NULL;
    google_protobuf_Struct_FieldsEntry *entry = tern_pb_map_get(table, &s->fields, &key);
    if (!entry) {
        const tern_str own = copy_of(key, arena);
        entry = own.p ? tern_pb_map_put(table, &s->fields, &own, arena) : NULL;
    }
    if (!entry)
        return NULL;
    entry->value = value;
    return value;
}

bool tern_struct_put_null(google_protobuf_Struct *s, tern_str key, tern_arena *arena)
{
    google_protobuf_Value *v = tern_struct_put(s, key, arena);
    if (v)
        google_protobuf_Value_set_null_value(v, google_protobuf_NULL_VALUE);
    return v != NULL;
}

bool tern_struct_put_number(google_protobuf_Struct *s, tern_str key, double number,
                            tern_arena *arena)
{
    google_protobuf_Value *v = tern_struct_put(s, key, arena);
    if (v)
        google_protobuf_Value_set_number_value(v, number);
    return v != NULL;
}

bool tern_struct_put_string(google_protobuf_Struct *s, tern_str key, tern_str string,
                            tern_arena *arena)
{
    const tern_str own = copy_of(string, arena);
    google_protobuf_Value *v = own.p ? tern_struct_put(s, key, arena) : NULL;
    if (v)
        google_protobuf_Value_set_string_value(v, own);
    return v != NULL;
}

bool tern_struct_put_bool(google_protobuf_Struct *s, tern_str key, bool truth, tern_arena *arena)
{
    google_protobuf_Value *v = tern_struct_put(s, key, arena);
    if (v)
        google_protobuf_Value_set_bool_value(v, truth);
    return v != NULL;
}

google_protobuf_Struct *tern_struct_put_struct(google_protobuf_Struct *s, tern_str key,
                                               tern_arena *arena)
{
    google_protobuf_Struct *sub = google_protobuf_Struct_new(arena);
    google_protobuf_Value *v = sub ? tern_struct_put(s, key, arena) : NULL;
    if (!v)
        return NULL;
    google_protobuf_Value_set_struct_value(v, sub);
    return sub;
}

google_protobuf_ListValue *tern_struct_put_list(google_protobuf_Struct *s, tern_str key,
                                                tern_arena *arena)
{
    google_protobuf_ListValue *sub = google_protobuf_ListValue_new(arena);
    google_protobuf_Value *v = sub ? tern_struct_put(s, key, arena) : NULL;
    if (!v)
        return NULL;
    google_protobuf_Value_set_list_value(v, sub);
    return sub;
}

bool tern_list_value_add_null(google_protobuf_ListValue *list, tern_arena *arena)
{
    google_protobuf_Value *v = google_protobuf_ListValue_add_values(list, arena);
    if (v)
        google_protobuf_Value_set_null_value(v, google_protobuf_NULL_VALUE);
    return v != NULL;
}

bool tern_list_value_add_number(google_protobuf_ListValue *list, double number, tern_arena *arena)
{
    google_protobuf_Value *v = google_protobuf_ListValue_add_values(list, arena);
    if (v)
        google_protobuf_Value_set_number_value(v, number);
    return v != NULL;
}

bool tern_list_value_add_string(google_protobuf_ListValue *list, tern_str string, tern_arena *arena)
{
    const tern_str own = copy_of(string, arena);
    google_protobuf_Value *v = own.p ? google_protobuf_ListValue_add_values(list, arena) : NULL;
    if (v)
        google_protobuf_Value_set_string_value(v, own);
    return v != NULL;
}

bool tern_list_value_add_bool(google_protobuf_ListValue *list, bool truth, tern_arena *arena)
{
    google_protobuf_Value *v = google_protobuf_ListValue_add_values(list, arena);
    if (v)
        google_protobuf_Value_set_bool_value(v, truth);
    return v != NULL;
}

google_protobuf_Struct *tern_list_value_add_struct(google_protobuf_ListValue *list,
                                                   tern_arena *arena)
{
    google_protobuf_Struct *sub = google_protobuf_Struct_new(arena);
    google_protobuf_Value *v = sub ? google_protobuf_ListValue_add_values(list, arena) : NULL;
    if (!v)
        return NULL;
    google_protobuf_Value_set_struct_value(v, sub);
    return sub;
}

google_protobuf_ListValue *tern_list_value_add_list(google_protobuf_ListValue *list,
                                                    tern_arena *arena)
{
    google_protobuf_ListValue *sub = google_protobuf_ListValue_new(arena);
    google_protobuf_Value *v = sub ? google_protobuf_ListValue_add_values(list, arena) : NULL;
    if (!v)
        return NULL;
    google_protobuf_Value_set_list_value(v, sub);
    return sub;
}
