/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflect.c: finding things in a pool, and the protos that say what a .proto said of them.
 */
#include "pb/names.h"
#include "pb/pool.h"

#include <string.h>

/* ---- by full name ---------------------------------------------------------------------------- */

static const tern_pb_field *field_of(const tn_pb_def_field *f)
{
    return f->message->use ? tn_pb_find(f->message->use, f->number) : NULL;
}

tern_pb_symbol tern_pb_pool_find(const tern_pb_pool *pool, tern_str full_name)
{
    const tn_pb_def *def = tn_pb_pool_get(pool, full_name);
    if (!def)
        return (tern_pb_symbol){ .kind = TERN_PB_SYMBOL_NONE };
    tern_pb_symbol s = { .kind = def->kind, .full_name = def->full_name, .file = def->file->use };
    switch (def->kind) {
    case TERN_PB_SYMBOL_MESSAGE: s.message = ((const tn_pb_def_message *)def)->use; break;
    case TERN_PB_SYMBOL_FIELD:
        s.message = ((const tn_pb_def_field *)def)->message->use;
        s.field = field_of((const tn_pb_def_field *)def);
        break;
    case TERN_PB_SYMBOL_ONEOF: s.message = ((const tn_pb_def_oneof *)def)->message->use; break;
    case TERN_PB_SYMBOL_ENUM: s.enumeration = ((const tn_pb_def_enum *)def)->use; break;
    case TERN_PB_SYMBOL_ENUM_VALUE:
        s.enumeration = ((const tn_pb_def_value *)def)->of->use;
        s.number = ((const tn_pb_def_value *)def)->number;
        break;
    case TERN_PB_SYMBOL_EXTENSION: s.extension = ((const tn_pb_def_extension *)def)->use; break;
    case TERN_PB_SYMBOL_SERVICE: s.service = ((const tn_pb_def_service *)def)->use; break;
    case TERN_PB_SYMBOL_METHOD:
        s.method = ((const tn_pb_def_method *)def)->use;
        s.service = s.method->service;
        break;
    default: break;
    }
    return s;
}

static const tn_pb_def *get(const tern_pb_pool *pool, tern_str name, tern_pb_symbol_kind kind)
{
    const tn_pb_def *def = tn_pb_pool_get(pool, name);
    return def && def->kind == kind ? def : NULL;
}

const tern_pb_table *tern_pb_pool_message(const tern_pb_pool *pool, tern_str full_name)
{
    const tn_pb_def *def = get(pool, full_name, TERN_PB_SYMBOL_MESSAGE);
    return def ? ((const tn_pb_def_message *)def)->use : NULL;
}

const tern_pb_enum *tern_pb_pool_enum(const tern_pb_pool *pool, tern_str full_name)
{
    const tn_pb_def *def = get(pool, full_name, TERN_PB_SYMBOL_ENUM);
    return def ? ((const tn_pb_def_enum *)def)->use : NULL;
}

const tern_pb_extension *tern_pb_pool_extension(const tern_pb_pool *pool, tern_str full_name)
{
    const tn_pb_def *def = get(pool, full_name, TERN_PB_SYMBOL_EXTENSION);
    return def ? ((const tn_pb_def_extension *)def)->use : NULL;
}

const tern_pb_service *tern_pb_pool_service(const tern_pb_pool *pool, tern_str full_name)
{
    const tn_pb_def *def = get(pool, full_name, TERN_PB_SYMBOL_SERVICE);
    return def ? ((const tn_pb_def_service *)def)->use : NULL;
}

const tern_pb_method *tern_pb_pool_method(const tern_pb_pool *pool, tern_str name)
{
    char text[TN_PB_POOL_NAME_MAX + 1];
    if (name.n && name.p[0] == '/') {
        const char *slash = memchr(name.p + 1, '/', name.n - 1);
        if (!slash || name.n > sizeof(text))
            return NULL;
        memcpy(text, name.p + 1, name.n - 1);
        text[slash - name.p - 1] = '.';
        name = (tern_str){ text, name.n - 1 };
    }
    const tn_pb_def *def = get(pool, name, TERN_PB_SYMBOL_METHOD);
    return def ? ((const tn_pb_def_method *)def)->use : NULL;
}

const tern_pb_extension *tern_pb_pool_extension_number(const tern_pb_pool *pool,
                                                       const tern_pb_table *extendee,
                                                       uint32_t number)
{
    return tern_pb_registry_extension(pool->registry, extendee, number);
}

const tern_pb_registry *tern_pb_pool_registry(const tern_pb_pool *pool)
{
    return pool->registry;
}

/* ---- files ----------------------------------------------------------------------------------- */

const tern_pb_file *tern_pb_pool_file(const tern_pb_pool *pool, tern_str name)
{
    const tn_pb_def_file *file = tn_strmap_get(&pool->files, name);
    return file ? file->use : NULL;
}

const tern_pb_file *tern_pb_pool_file_at(const tern_pb_pool *pool, size_t i)
{
    return i < pool->file_count ? pool->list[i]->use : NULL;
}

tn_pb_def_file *tn_pb_pool_file_def(const tern_pb_pool *pool, const tern_pb_file *file)
{
    tn_pb_def_file *def = file ? tn_strmap_get(&pool->files, tern_str_of(file->name)) : NULL;
    return def && def->use == file ? def : NULL;
}

const tern_pb_service *tern_pb_pool_services(const tern_pb_pool *pool, const tern_pb_file *file,
                                             size_t *count)
{
    const tn_pb_def_file *def = tn_pb_pool_file_def(pool, file);
    *count = def ? def->service_count : 0;
    return *count ? def->services : NULL;
}

/* ---- protos ---------------------------------------------------------------------------------- */

tn_pb_def_message *tn_pb_pool_def(const tern_pb_pool *pool, const tern_pb_table *table)
{
    tn_pb_def *def = table ? tn_pb_pool_get(pool, tern_str_of(table->full_name)) : NULL;
    tn_pb_def_message *m = (tn_pb_def_message *)def;
    return def && def->kind == TERN_PB_SYMBOL_MESSAGE && m->use == table ? m : NULL;
}

/* The record of a field of a message, or of an extension's holder; or NULL. */
static const tn_pb_def_field *field_def(const tern_pb_pool *pool, const tern_pb_table *table,
                                        const tern_pb_field *field)
{
    if (!table || !tn_pb_owns(table, field))
        return NULL;
    const tn_pb_def *def = tn_pb_pool_get(pool, tern_str_of(table->full_name));
    if (def && def->kind == TERN_PB_SYMBOL_EXTENSION) {
        const tn_pb_def_extension *x = (const tn_pb_def_extension *)def;
        return x->use->holder == table && x->field.proto ? &x->field : NULL;
    }
    const tn_pb_def_message *m = tn_pb_pool_def(pool, table);
    return m && m->proto ? m->by_number[field - table->fields] : NULL;
}

const google_protobuf_FileDescriptorProto *tern_pb_pool_file_proto(const tern_pb_pool *pool,
                                                                   const tern_pb_file *file)
{
    const tn_pb_def_file *def = tn_pb_pool_file_def(pool, file);
    return def ? def->proto : NULL;
}

const google_protobuf_DescriptorProto *tern_pb_pool_message_proto(const tern_pb_pool *pool,
                                                                  const tern_pb_table *table)
{
    const tn_pb_def_message *m = tn_pb_pool_def(pool, table);
    return m ? m->proto : NULL;
}

const google_protobuf_FieldDescriptorProto *tern_pb_pool_field_proto(const tern_pb_pool *pool,
                                                                     const tern_pb_table *table,
                                                                     const tern_pb_field *field)
{
    const tn_pb_def_field *f = field_def(pool, table, field);
    return f ? f->proto : NULL;
}

const google_protobuf_FieldDescriptorProto *
tern_pb_pool_extension_proto(const tern_pb_pool *pool, const tern_pb_extension *extension)
{
    return tern_pb_pool_field_proto(pool, extension->holder, extension->holder->fields);
}

static const tn_pb_def_enum *enum_def(const tern_pb_pool *pool, const tern_pb_enum *enumeration)
{
    const tn_pb_def *def = get(pool, tern_str_of(enumeration->full_name), TERN_PB_SYMBOL_ENUM);
    const tn_pb_def_enum *e = (const tn_pb_def_enum *)def;
    return def && e->use == enumeration ? e : NULL;
}

const google_protobuf_EnumDescriptorProto *tern_pb_pool_enum_proto(const tern_pb_pool *pool,
                                                                   const tern_pb_enum *enumeration)
{
    const tn_pb_def_enum *e = enum_def(pool, enumeration);
    return e ? e->proto : NULL;
}

const google_protobuf_EnumValueDescriptorProto *
tern_pb_pool_enum_value_proto(const tern_pb_pool *pool, const tern_pb_enum *enumeration,
                              const tern_pb_enum_value *value)
{
    const tn_pb_def_enum *e = enum_def(pool, enumeration);
    if (!e || !e->proto || value < enumeration->values ||
        value >= enumeration->values + enumeration->count)
        return NULL;
    const tern_str name = tern_str_of(enumeration->names + value->name);
    for (size_t i = 0; i < e->proto->value.n; i++)
        if (tern_str_equal(e->proto->value.p[i]->name, name))
            return e->proto->value.p[i];
    return NULL;
}

const google_protobuf_OneofDescriptorProto *tern_pb_pool_oneof_proto(const tern_pb_pool *pool,
                                                                     const tern_pb_table *table,
                                                                     const tern_pb_field *field)
{
    const tn_pb_def_field *f = field_def(pool, table, field);
    return f && f->oneof ? f->oneof->proto : NULL;
}

/* ---- defaults -------------------------------------------------------------------------------- */

tern_code tern_pb_pool_default(const tern_pb_pool *pool, const tern_pb_table *table,
                               const tern_pb_field *field, tern_pb_value *out, tern_error *err)
{
    tern_error_clear(err);
    const tn_pb_def_field *f = field_def(pool, table, field);
    if (!f)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "%s: the pool has no such field of it, or no descriptor",
                              table ? table->full_name : "no message");
    if (f->default_value) {
        *out = *f->default_value;
        return TERN_OK;
    }
    return tn_pb_value_absent(table, field, out, err);
}
