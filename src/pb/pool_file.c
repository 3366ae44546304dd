/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_file.c: a file as a whole: its tern_pb_file, which of its messages have required fields inside,
 * and files of generated code, whose tables are used in place of new ones.
 */
#include "pb/pool.h"

#include "google/protobuf/any.tern.h"
#include "google/protobuf/api.tern.h"
#include "google/protobuf/duration.tern.h"
#include "google/protobuf/empty.tern.h"
#include "google/protobuf/field_mask.tern.h"
#include "google/protobuf/source_context.tern.h"
#include "google/protobuf/struct.tern.h"
#include "google/protobuf/timestamp.tern.h"
#include "google/protobuf/type.tern.h"
#include "google/protobuf/wrappers.tern.h"

#include <string.h>

const tern_pb_file *tn_pb_well_known_file(tern_str name)
{
    static const tern_pb_file *const files[] = {
        &google_protobuf_any_file,        &google_protobuf_api_file,
        &google_protobuf_descriptor_file, &google_protobuf_duration_file,
        &google_protobuf_empty_file,      &google_protobuf_field_mask_file,
        &google_protobuf_struct_file,     &google_protobuf_source_context_file,
        &google_protobuf_timestamp_file,  &google_protobuf_type_file,
        &google_protobuf_wrappers_file,
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (tern_str_equal(name, tern_str_of(files[i]->name)))
            return files[i];
    return NULL;
}

/* ---- required fields ------------------------------------------------------------------------- */

static bool has_required(const tn_pb_def_message *m)
{
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_pb_def_field *f = &m->fields[i];
        if (f->flags & TERN_PB_REQUIRED)
            m->made->flags |= TERN_PB_OWN_REQUIRED;
    }
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_pb_def_field *f = &m->fields[i];
        const bool other = f->sub && f->sub->def.file != m->def.file;
        if (f->flags & TERN_PB_REQUIRED || (other && f->sub->use->flags & TERN_PB_HAS_REQUIRED))
            return true;
    }
    return false;
}

static tn_pb_def_message *mark_required(tn_pb_def_message *m, tn_pb_def_message *todo)
{
    if (m->made->flags & TERN_PB_HAS_REQUIRED)
        return todo;
    m->made->flags |= TERN_PB_HAS_REQUIRED;
    m->todo = todo;
    return m;
}

/* From those that have one themselves to those that may hold them. */
static void spread_required(const tn_pb_def_file *file)
{
    tn_pb_def_message *todo = NULL;
    for (tn_pb_def_message *m = file->messages; m; m = m->next)
        if (has_required(m))
            todo = mark_required(m, todo);
    while (todo) {
        const tn_pb_def_message *m = todo;
        todo = m->todo;
        for (const tn_pb_user *user = m->users; user; user = user->next)
            todo = mark_required(user->message, todo);
    }
}

/* ---- the file -------------------------------------------------------------------------------- */

static tern_code register_file(tn_pb_batch *b, const tern_pb_file *file)
{
    tern_pb_registry *registry = b->pool->registry;
    for (unsigned i = 0; i < file->message_count; i++)
        if (file->messages[i]->kind != TERN_PB_MAP_ENTRY)
            TN_TRY(tern_pb_registry_add_message(registry, file->messages[i], b->err));
    for (unsigned i = 0; i < file->extension_count; i++)
        TN_TRY(tern_pb_registry_add_extension(registry, file->extensions[i], b->err));
    return TERN_OK;
}

/* Services are known by the file in use. */
static void finish(tn_pb_def_file *file, const tern_pb_file *use)
{
    file->use = use;
    for (size_t i = 0; i < file->service_count; i++)
        file->services[i].file = use;
}

static tern_code make(tn_pb_batch *b, tn_pb_def_file *file)
{
    const tern_pb_table **messages = tn_pb_batch_alloc(b, file->message_count, sizeof(*messages));
    const tern_pb_enum **enums = tn_pb_batch_alloc(b, file->enum_count, sizeof(*enums));
    const tern_pb_extension **extensions =
        tn_pb_batch_alloc(b, file->extension_count, sizeof(*extensions));
    const tern_pb_file **imports = tn_pb_batch_alloc(b, file->import_count, sizeof(*imports));
    if (!messages || !enums || !extensions || !imports)
        return TERN_RESOURCE_EXHAUSTED;
    size_t n = 0;
    for (tn_pb_def_message *m = file->messages; m; m = m->next)
        messages[n++] = m->use;
    n = 0;
    for (tn_pb_def_enum *e = file->enums; e; e = e->next)
        enums[n++] = e->use;
    n = 0;
    for (tn_pb_def_extension *x = file->extensions; x; x = x->next)
        extensions[n++] = x->use;
    for (size_t i = 0; i < file->import_count; i++)
        imports[i] = file->imports[i]->use;
    *file->made = (tern_pb_file){ .abi = TERN_PB_ABI,
                                  .import_count = (uint16_t)file->import_count,
                                  .message_count = (uint16_t)file->message_count,
                                  .enum_count = (uint16_t)file->enum_count,
                                  .extension_count = (uint16_t)file->extension_count,
                                  .descriptor_size = (uint32_t)file->descriptor.n,
                                  .name = file->name,
                                  .descriptor = file->descriptor.p,
                                  .imports = imports,
                                  .messages = messages,
                                  .enums = enums,
                                  .extensions = extensions };
    return TERN_OK;
}

/* More than a tern_pb_file can count. */
static bool too_many(const tn_pb_def_file *file)
{
    return file->import_count > UINT16_MAX || file->message_count > UINT16_MAX ||
           file->enum_count > UINT16_MAX || file->extension_count > UINT16_MAX;
}

/* Tables of a file that is not of generated code. */
static tern_code build_tables(tn_pb_batch *b, tn_pb_def_file *file)
{
    if (too_many(file))
        return tern_error_set(b->err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "%s: more than %d imports, messages, enums or extensions", file->name,
                              UINT16_MAX);
    file->made = tn_pb_batch_alloc(b, 1, sizeof(*file->made));
    if (!file->made)
        return TERN_RESOURCE_EXHAUSTED;
    finish(file, file->made);
    for (tn_pb_def_enum *e = file->enums; e; e = e->next)
        e->made->file = file->made;
    for (tn_pb_def_message *m = file->messages; m; m = m->next)
        TN_TRY(tn_pb_message_build(b, m));
    for (tn_pb_def_extension *x = file->extensions; x; x = x->next)
        TN_TRY(tn_pb_extension_build(b, x));
    spread_required(file);
    return make(b, file);
}

/* ---- generated code -------------------------------------------------------------------------- */

/* Generated code that its own descriptor does not describe. */
static tern_code misfit(tn_pb_batch *b, const tn_pb_def_file *file, const char *name)
{
    return tn_pb_batch_bad(b, file, name, "the generated code does not have it as it is described");
}

static bool same_fields(const tn_pb_def_message *m, const tern_pb_table *table)
{
    if (table->abi != TERN_PB_ABI || table->field_count != m->field_count)
        return false;
    for (size_t i = 0; i < m->field_count; i++)
        if (tn_pb_number_of(&table->fields[i]) != m->by_number[i]->number)
            return false;
    return true;
}

tern_code tn_pb_file_adopt(tn_pb_batch *b, tn_pb_def_file *file)
{
    const tern_pb_file *from = file->generated;
    size_t messages = 0, enums = 0;
    for (tn_pb_def_message *m = file->messages; m; m = m->next, messages++) {
        const tern_pb_table *table =
            messages < from->message_count ? from->messages[messages] : NULL;
        if (!table || strcmp(table->full_name, m->def.full_name) != 0 || !same_fields(m, table))
            return misfit(b, file, m->def.full_name);
        m->use = table;
        m->made = NULL;
    }
    for (tn_pb_def_enum *e = file->enums; e; e = e->next, enums++) {
        const tern_pb_enum *use = enums < from->enum_count ? from->enums[enums] : NULL;
        if (!use || strcmp(use->full_name, e->def.full_name) != 0 || use->abi != TERN_PB_ABI)
            return misfit(b, file, e->def.full_name);
        e->use = use;
    }
    return TERN_OK;
}

static tern_code adopt_extensions(tn_pb_batch *b, tn_pb_def_file *file)
{
    const tern_pb_file *from = file->generated;
    size_t n = 0;
    for (tn_pb_def_extension *x = file->extensions; x; x = x->next, n++) {
        const tern_pb_extension *use = n < from->extension_count ? from->extensions[n] : NULL;
        if (!use || strcmp(use->holder->full_name, x->field.def.full_name) != 0 ||
            use->extendee != x->field.message->use)
            return misfit(b, file, x->field.def.full_name);
        x->use = use;
    }
    return TERN_OK;
}

tern_code tn_pb_file_build(tn_pb_batch *b, tn_pb_def_file *file)
{
    if (file->generated) {
        finish(file, file->generated);
        TN_TRY(adopt_extensions(b, file));
    } else {
        TN_TRY(build_tables(b, file));
    }
    return register_file(b, file->use);
}

/* ---- generated code without a descriptor ----------------------------------------------------- */

/* The last part of a full name, and what is before it. */
static tern_str split(tn_pb_batch *b, const char *full_name, const char **scope)
{
    const char *dot = strrchr(full_name, '.');
    *scope = dot ? tn_pb_batch_join(b, "", (tern_str){ full_name, (size_t)(dot - full_name) }) : "";
    return tern_str_of(dot ? dot + 1 : full_name);
}

static tern_code adopt_bare_enum(tn_pb_batch *b, tn_pb_def_file *file, const tern_pb_enum *use)
{
    const char *scope;
    tn_pb_def_enum *e = tn_pb_batch_alloc(b, 1, sizeof(*e));
    const tern_str name = split(b, use->full_name, &scope);
    if (!e || !scope)
        return TERN_RESOURCE_EXHAUSTED;
    e->use = use;
    return tn_pb_batch_declare(b, &e->def, TERN_PB_SYMBOL_ENUM, file, scope, name);
}

static tern_code adopt_bare_message(tn_pb_batch *b, tn_pb_def_file *file, const tern_pb_table *use)
{
    const char *scope;
    tn_pb_def_message *m = tn_pb_batch_alloc(b, 1, sizeof(*m));
    const tern_str name = split(b, use->full_name, &scope);
    if (!m || !scope)
        return TERN_RESOURCE_EXHAUSTED;
    m->use = use;
    m->map_entry = use->kind == TERN_PB_MAP_ENTRY;
    m->message_set = use->kind == TERN_PB_MESSAGE_SET;
    return tn_pb_batch_declare(b, &m->def, TERN_PB_SYMBOL_MESSAGE, file, scope, name);
}

static tern_code adopt_bare_extension(tn_pb_batch *b, tn_pb_def_file *file,
                                      const tern_pb_extension *use)
{
    const char *scope;
    tn_pb_def_extension *x = tn_pb_batch_alloc(b, 1, sizeof(*x));
    const tern_str name = split(b, use->holder->full_name, &scope);
    if (!x || !scope)
        return TERN_RESOURCE_EXHAUSTED;
    x->use = use;
    return tn_pb_batch_declare(b, &x->field.def, TERN_PB_SYMBOL_EXTENSION, file, scope, name);
}

/* Its packages are not known, so names that are not absolute do not find into them. */
tern_code tn_pb_file_adopt_bare(tn_pb_batch *b, tn_pb_def_file *file)
{
    const tern_pb_file *from = file->generated;
    for (unsigned i = 0; i < from->message_count; i++)
        TN_TRY(adopt_bare_message(b, file, from->messages[i]));
    for (unsigned i = 0; i < from->enum_count; i++)
        TN_TRY(adopt_bare_enum(b, file, from->enums[i]));
    for (unsigned i = 0; i < from->extension_count; i++)
        TN_TRY(adopt_bare_extension(b, file, from->extensions[i]));
    finish(file, from);
    return register_file(b, from);
}
