/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_options.c: custom options become extensions of the options messages.
 *
 * A file is decoded before its own extensions are known, and with it the options that they give. What
 * is unknown in an options message is decoded once more, when they are.
 */
#include "pb/pool.h"

#include "pb/unknown.h"

/* msg: an options message or NULL. */
static tern_code read_options(tn_pb_batch *b, const tn_pb_def_file *file, const char *element,
                              const tern_pb_table *table, void *msg)
{
    tern_bytes bytes = { 0 };
    if (!msg || !tern_pb_unknown_bytes(table, msg, b->arena, &bytes) || !bytes.n)
        return TERN_OK;
    *(tn_pb_ptr *)(void *)((char *)msg + table->unknown_offset) = NULL;
    tern_pb_decode_opts opts;
    tern_pb_decode_opts_init(&opts);
    opts.memory_bytes = b->pool->opts.memory_bytes;
    opts.partial = true;
    opts.registry = b->pool->registry;
    tern_error err;
    const tern_code code = tern_pb_decode(table, msg, bytes, b->arena, &opts, &err);
    if (code == TERN_RESOURCE_EXHAUSTED)
        return tn_pb_batch_no_memory(b);
    if (code != TERN_OK)
        return tn_pb_batch_bad(b, file, element, "its options: %s", err.text);
    return TERN_OK;
}

/* The options of a proto, and the features in them, which other languages extend. */
#define READ(type, element, proto)                                                                 \
    do {                                                                                           \
        google_protobuf_##type *options_ = (proto)->options;                                       \
        TN_TRY(read_options(b, file, (element), &google_protobuf_##type##_table, options_));       \
        TN_TRY(read_options(b, file, (element), &google_protobuf_FeatureSet_table,                 \
                            options_ ? options_->features : NULL));                                \
    } while (0)

static tern_code of_enum(tn_pb_batch *b, const tn_pb_def_file *file, const tn_pb_def_enum *e)
{
    READ(EnumOptions, e->def.full_name, e->proto);
    for (size_t i = 0; i < e->proto->value.n; i++)
        READ(EnumValueOptions, e->proto->value.p[i]->name.p, e->proto->value.p[i]);
    return TERN_OK;
}

static tern_code of_message(tn_pb_batch *b, const tn_pb_def_file *file, const tn_pb_def_message *m)
{
    READ(MessageOptions, m->def.full_name, m->proto);
    for (size_t i = 0; i < m->field_count; i++)
        READ(FieldOptions, m->fields[i].def.full_name, m->fields[i].proto);
    for (size_t i = 0; i < m->oneof_count; i++)
        READ(OneofOptions, m->oneofs[i].def.full_name, m->oneofs[i].proto);
    for (size_t i = 0; i < m->proto->extension_range.n; i++)
        READ(ExtensionRangeOptions, m->def.full_name, m->proto->extension_range.p[i]);
    return TERN_OK;
}

static tern_code of_service(tn_pb_batch *b, const tn_pb_def_file *file, const tern_pb_service *s)
{
    READ(ServiceOptions, s->full_name, s->proto);
    for (size_t i = 0; i < s->method_count; i++)
        READ(MethodOptions, s->methods[i].full_name, s->methods[i].proto);
    return TERN_OK;
}

tern_code tn_pb_file_options(tn_pb_batch *b, tn_pb_def_file *file)
{
    READ(FileOptions, "", file->proto);
    for (const tn_pb_def_message *m = file->messages; m; m = m->next)
        TN_TRY(of_message(b, file, m));
    for (const tn_pb_def_enum *e = file->enums; e; e = e->next)
        TN_TRY(of_enum(b, file, e));
    for (const tn_pb_def_extension *x = file->extensions; x; x = x->next)
        READ(FieldOptions, x->field.def.full_name, x->field.proto);
    for (size_t i = 0; i < file->service_count; i++)
        TN_TRY(of_service(b, file, &file->services[i]));
    return TERN_OK;
}
