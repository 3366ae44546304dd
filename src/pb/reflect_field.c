/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflect_field.c: reading and changing the fields of any message.
 *
 * Every function judges before it touches: that the field is the table's, that its mode is the one the
 * function is for, and that values are of its type. What is refused has changed nothing.
 */
#include "pb/mem.h"
#include "pb/reflect.h"

#include <string.h>

static char *member(void *msg, const tern_pb_field *f)
{
    return (char *)msg + f->offset;
}

static const char *member_of(const void *msg, const tern_pb_field *f)
{
    return (const char *)msg + f->offset;
}

static tern_code no_memory(const tern_pb_table *table, const tern_pb_field *field, tern_error *err)
{
    return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "%s.%s: no memory",
                          table->full_name, table->names + field->name);
}

/* ---- one value ------------------------------------------------------------------------------- */

static tern_code judge_single(const tern_pb_table *table, const tern_pb_field *field,
                              tern_error *err)
{
    tern_error_clear(err);
    if (!tn_pb_owns(table, field) || tn_pb_mode_of(field) > TERN_PB_ONEOF)
        return tn_pb_misuse(table, field, err, "it holds more than one value");
    return TERN_OK;
}

bool tern_pb_field_has(const tern_pb_table *table, const void *msg, const tern_pb_field *field)
{
    return tn_pb_owns(table, field) && tn_pb_present(tn_pb_shape_of(field), table, msg, field);
}

void tern_pb_field_clear(const tern_pb_table *table, void *msg, const tern_pb_field *field)
{
    if (tn_pb_owns(table, field))
        tern_pb_clear(table, msg, tn_pb_number_of(field));
}

tern_code tern_pb_field_get(const tern_pb_table *table, const void *msg, const tern_pb_field *field,
                            tern_pb_value *out, tern_error *err)
{
    TN_TRY(judge_single(table, field, err));
    if (!tern_pb_field_has(table, msg, field))
        return tn_pb_value_absent(table, field, out, err);
    *out = tn_pb_value_load(table, field, member_of(msg, field));
    return TERN_OK;
}

/* A string that is set is present though it be nowhere. */
static void be_somewhere(tern_pb_value *value)
{
    if (value->is == TERN_PB_IS_STR && !value->str.p)
        value->str = TERN_STR("");
    else if (value->is == TERN_PB_IS_BYTES && !value->bytes.p)
        value->bytes = (tern_bytes){ (const uint8_t *)"", 0 };
}

tern_code tern_pb_field_set(const tern_pb_table *table, void *msg, const tern_pb_field *field,
                            tern_pb_value value, tern_error *err)
{
    TN_TRY(judge_single(table, field, err));
    TN_TRY(tn_pb_value_judge(table, field, &value, err));
    if (value.is == TERN_PB_IS_MESSAGE && !value.message.at) {
        tern_pb_field_clear(table, msg, field);
        return TERN_OK;
    }
    const tern_pb_mode mode = tn_pb_mode_of(field);
    if (mode != TERN_PB_IMPLICIT)
        be_somewhere(&value);
    if (mode == TERN_PB_ONEOF)
        *tn_pb_which(msg, field) = tn_pb_number_of(field);
    else if (mode == TERN_PB_EXPLICIT && tn_pb_shape_of(field)->by == TN_PB_BY_BIT)
        tn_pb_has_set(table, msg, field);
    tn_pb_value_store(member(msg, field), &value);
    return TERN_OK;
}

void *tern_pb_field_need(const tern_pb_table *table, void *msg, const tern_pb_field *field,
                         tern_arena *arena, tern_error *err)
{
    if (judge_single(table, field, err) != TERN_OK)
        return NULL;
    if (!tn_pb_is_message(tn_pb_type_of(field))) {
        (void)tn_pb_misuse(table, field, err, "it holds no message");
        return NULL;
    }
    tn_pb_ptr *slot = (tn_pb_ptr *)(void *)member(msg, field);
    const bool oneof = tn_pb_mode_of(field) == TERN_PB_ONEOF;
    if ((!oneof || tern_pb_field_has(table, msg, field)) && *slot)
        return *slot;
    void *made = tern_pb_new(table->subs[field->sub], arena);
    if (!made) {
        (void)no_memory(table, field, err);
        return NULL;
    }
    *slot = made;
    if (oneof)
        *tn_pb_which(msg, field) = tn_pb_number_of(field);
    return made;
}

const tern_pb_field *tern_pb_field_which(const tern_pb_table *table, const void *msg,
                                         const tern_pb_field *field)
{
    if (!tn_pb_owns(table, field) || tn_pb_mode_of(field) != TERN_PB_ONEOF)
        return NULL;
    const uint32_t which = *tn_pb_which_of(msg, field);
    return which ? tn_pb_find(table, which) : NULL;
}

/* ---- repeated -------------------------------------------------------------------------------- */

static bool is_repeated(const tern_pb_field *field)
{
    const tern_pb_mode mode = tn_pb_mode_of(field);
    return mode == TERN_PB_REPEATED || mode == TERN_PB_PACKED;
}

static tern_code judge_repeated(const tern_pb_table *table, const tern_pb_field *field,
                                tern_error *err)
{
    tern_error_clear(err);
    if (!tn_pb_owns(table, field) || !is_repeated(field))
        return tn_pb_misuse(table, field, err, "it is not repeated");
    return TERN_OK;
}

/* The same, and that it has an element at place i. */
static tern_code judge_place(const tern_pb_table *table, const void *msg,
                             const tern_pb_field *field, size_t i, tern_error *err)
{
    TN_TRY(judge_repeated(table, field, err));
    if (i >= tn_pb_array_of(msg, field)->n)
        return tn_pb_misuse(table, field, err, "there is no element at that place");
    return TERN_OK;
}

size_t tern_pb_field_count(const tern_pb_table *table, const void *msg, const tern_pb_field *field)
{
    if (!tn_pb_owns(table, field) || tn_pb_mode_of(field) < TERN_PB_REPEATED)
        return 0;
    return tn_pb_array_of(msg, field)->n;
}

tern_code tern_pb_field_at(const tern_pb_table *table, const void *msg, const tern_pb_field *field,
                           size_t i, tern_pb_value *out, tern_error *err)
{
    TN_TRY(judge_place(table, msg, field, i, err));
    const size_t size = tn_pb_type_size(tn_pb_type_of(field));
    *out = tn_pb_value_load(table, field, tn_pb_array_of(msg, field)->p + i * size);
    return TERN_OK;
}

/* An element is never NULL. */
static tern_code judge_element(const tern_pb_table *table, const tern_pb_field *field,
                               tern_pb_value *value, tern_error *err)
{
    TN_TRY(tn_pb_value_judge(table, field, value, err));
    if (value->is == TERN_PB_IS_MESSAGE && !value->message.at)
        return tn_pb_misuse(table, field, err, "an element or value that is no message");
    be_somewhere(value);
    return TERN_OK;
}

tern_code tern_pb_field_set_at(const tern_pb_table *table, void *msg, const tern_pb_field *field,
                               size_t i, tern_pb_value value, tern_error *err)
{
    TN_TRY(judge_place(table, msg, field, i, err));
    TN_TRY(judge_element(table, field, &value, err));
    tn_pb_array *array = (tn_pb_array *)(void *)member(msg, field);
    tn_pb_value_store(array->p + i * tn_pb_type_size(tn_pb_type_of(field)), &value);
    return TERN_OK;
}

tern_code tern_pb_field_add(const tern_pb_table *table, void *msg, const tern_pb_field *field,
                            tern_pb_value value, tern_arena *arena, tern_error *err)
{
    TN_TRY(judge_repeated(table, field, err));
    TN_TRY(judge_element(table, field, &value, err));
    void *slot = tern_pb_append(member(msg, field), tn_pb_type_size(tn_pb_type_of(field)), arena);
    if (!slot)
        return no_memory(table, field, err);
    tn_pb_value_store(slot, &value);
    return TERN_OK;
}

/* ---- maps ------------------------------------------------------------------------------------ */

/* The table of the map's entries; NULL: misuse, and the error is set. */
static const tern_pb_table *judge_map(const tern_pb_table *table, const tern_pb_field *field,
                                      tern_error *err)
{
    tern_error_clear(err);
    if (tn_pb_owns(table, field) && tn_pb_mode_of(field) == TERN_PB_MAP)
        return table->subs[field->sub];
    (void)tn_pb_misuse(table, field, err, "it is no map");
    return NULL;
}

/* The same, and that the key is of its type. */
static const tern_pb_table *judge_key(const tern_pb_table *table, const tern_pb_field *field,
                                      tern_pb_value *key, tern_error *err)
{
    const tern_pb_table *entry = judge_map(table, field, err);
    if (!entry || tn_pb_value_judge(entry, &entry->fields[TN_PB_MAP_KEY], key, err) != TERN_OK)
        return NULL;
    be_somewhere(key);
    return entry;
}

/* The key as the functions of maps take it: the address of one. */
static const void *key_at(const tern_pb_value *key)
{
    return &key->u64;
}

static tern_pb_value value_of(const tern_pb_table *entry, const void *at, size_t which)
{
    const tern_pb_field *f = &entry->fields[which];
    return tn_pb_value_load(entry, f, (const char *)at + f->offset);
}

tern_code tern_pb_field_entry(const tern_pb_table *table, const void *msg,
                              const tern_pb_field *field, size_t i, tern_pb_value *key,
                              tern_pb_value *value, tern_error *err)
{
    const tern_pb_table *entry = judge_map(table, field, err);
    if (!entry)
        return TERN_INVALID_ARGUMENT;
    if (i >= tn_pb_array_of(msg, field)->n)
        return tn_pb_misuse(table, field, err, "there is no entry at that place");
    const char *at = tn_pb_array_of(msg, field)->p + i * entry->size;
    *key = value_of(entry, at, TN_PB_MAP_KEY);
    *value = value_of(entry, at, TN_PB_MAP_VALUE);
    return TERN_OK;
}

static tern_code no_key(const tern_pb_table *table, const tern_pb_field *field, tern_error *err)
{
    return tern_error_set(err, TERN_NOT_FOUND, TERN_ORIGIN_LOCAL, "%s.%s: no such key",
                          table->full_name, table->names + field->name);
}

tern_code tern_pb_field_lookup(const tern_pb_table *table, const void *msg,
                               const tern_pb_field *field, tern_pb_value key, tern_pb_value *value,
                               tern_error *err)
{
    const tern_pb_table *entry = judge_key(table, field, &key, err);
    if (!entry)
        return TERN_INVALID_ARGUMENT;
    const void *at = tern_pb_map_get(entry, member_of(msg, field), key_at(&key));
    if (!at)
        return no_key(table, field, err);
    *value = value_of(entry, at, TN_PB_MAP_VALUE);
    return TERN_OK;
}

tern_code tern_pb_field_put(const tern_pb_table *table, void *msg, const tern_pb_field *field,
                            tern_pb_value key, tern_pb_value value, tern_arena *arena,
                            tern_error *err)
{
    const tern_pb_table *entry = judge_key(table, field, &key, err);
    if (!entry)
        return TERN_INVALID_ARGUMENT;
    const tern_pb_field *held = &entry->fields[TN_PB_MAP_VALUE];
    TN_TRY(judge_element(entry, held, &value, err));
    char *at = tern_pb_map_put(entry, member(msg, field), key_at(&key), arena);
    if (!at)
        return no_memory(table, field, err);
    tn_pb_value_store(at + held->offset, &value);
    return TERN_OK;
}

tern_code tern_pb_field_delete(const tern_pb_table *table, void *msg, const tern_pb_field *field,
                               tern_pb_value key, tern_error *err)
{
    const tern_pb_table *entry = judge_key(table, field, &key, err);
    if (!entry)
        return TERN_INVALID_ARGUMENT;
    return tern_pb_map_delete(entry, member(msg, field), key_at(&key)) ? TERN_OK
                                                                       : no_key(table, field, err);
}
