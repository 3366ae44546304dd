/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.c: what the generator does not support, said with file, line and column.
 *
 * Only files to generate are judged, and what they use of others: an import may hold anything as long
 * as no code depends on it. The rows of the tables below are the list of what is refused.
 */
#include "compiler/schema.h"

static bool bootstrap_or_proto3(const tn_gen *g, const tn_gen_file *file)
{
    return file->proto3 ||
           (g->options.bootstrap && !tern_str_equal(file->proto->syntax, TERN_STR("editions")));
}

/* The reason to refuse a field by itself, or NULL. */
static const char *field_reason(const tn_gen *g, const tn_gen_field *f)
{
    const struct {
        bool is;
        const char *reason;
    } rows[] = {
        { f->type == TERN_PB_GROUP, "groups are not supported" },
        { f->proto->label == google_protobuf_FieldDescriptorProto_LABEL_REQUIRED &&
              !g->options.bootstrap,
          "required fields are not supported" },
        { f->proto->default_value.p && !g->options.bootstrap,
          "defaults other than zero are not supported" },
        { f->proto->options && f->proto->options->weak, "weak fields are not supported" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].is)
            return rows[i].reason;
    return NULL;
}

/* The file that defines the field's message or enum; NULL for a scalar. */
static const tn_gen_file *type_file(const tn_gen_field *f)
{
    return f->sub ? f->sub->file : f->enumeration ? f->enumeration->file : NULL;
}

static tern_code check_field(tn_gen *g, const tn_gen_field *f)
{
    const tn_gen_file *file = f->message->file;
    const char *reason = field_reason(g, f);
    if (reason)
        return tn_gen_refuse(g, file, f->at, "field %s: %s", f->name, reason);
    const tn_gen_file *other = type_file(f->mode == TERN_PB_MAP ? &f->sub->fields[1] : f);
    if (other && !bootstrap_or_proto3(g, other))
        return tn_gen_refuse(g, file, f->at,
                             "field %s: its type is defined in %s, which is not proto3 and not "
                             "supported",
                             f->name, other->name);
    return TERN_OK;
}

static tern_code check_message(tn_gen *g, const tn_gen_message *m)
{
    const tn_gen_file *file = m->file;
    for (size_t i = 0; i < m->proto->extension.n; i++)
        TN_TRY(tn_gen_refuse(
            g, file, tn_gen_locate(file, m->path, m->path_count, TN_GEN_MESSAGE_EXTENSION, i),
            "extensions are not supported"));
    if (m->proto->extension_range.n && !g->options.bootstrap)
        TN_TRY(tn_gen_refuse(g, file,
                             tn_gen_locate(file, m->path, m->path_count, TN_GEN_MESSAGE_RANGE, 0),
                             "message %s: extension ranges are not supported", m->full_name));
    if (m->proto->options && m->proto->options->message_set_wire_format)
        TN_TRY(
            tn_gen_refuse(g, file, m->at, "message %s: MessageSet is not supported", m->full_name));
    for (size_t i = 0; i < m->field_count && !m->map_entry; i++)
        TN_TRY(check_field(g, &m->fields[i]));
    return TERN_OK;
}

static tern_code check_method(tn_gen *g, const tn_gen_service *s, const tn_gen_method *method)
{
    if (method->client_streaming)
        return tn_gen_refuse(
            g, s->file, method->at, "method %s: %s methods are not supported", method->name,
            method->server_streaming ? "bidirectional streaming" : "client streaming");
    const tn_gen_message *const types[] = { method->request, method->response };
    for (size_t i = 0; i < 2; i++)
        if (!bootstrap_or_proto3(g, types[i]->file))
            return tn_gen_refuse(g, s->file, method->at,
                                 "method %s: %s is defined in %s, which is not proto3 and not "
                                 "supported",
                                 method->name, types[i]->full_name, types[i]->file->name);
    return TERN_OK;
}

static tern_code check_file(tn_gen *g, const tn_gen_file *file)
{
    if (!bootstrap_or_proto3(g, file)) {
        const tern_str syntax = file->proto->syntax;
        return tn_gen_refuse(g, file, tn_gen_locate(file, NULL, 0, TN_GEN_FILE_SYNTAX, 0),
                             "%.*s is not supported, only proto3",
                             TERN_FMT(syntax.n ? syntax : TERN_STR("proto2")));
    }
    for (size_t i = 0; i < file->proto->extension.n; i++)
        TN_TRY(tn_gen_refuse(g, file, tn_gen_locate(file, NULL, 0, TN_GEN_FILE_EXTENSION, i),
                             "extensions are not supported"));
    for (const tn_gen_message *m = file->messages; m; m = m->next)
        TN_TRY(check_message(g, m));
    for (size_t i = 0; i < file->service_count && !g->options.messages_only; i++)
        for (size_t k = 0; k < file->services[i].method_count; k++)
            TN_TRY(check_method(g, &file->services[i], &file->services[i].methods[k]));
    return TERN_OK;
}

tern_code tn_gen_check_support(tn_gen *g)
{
    for (size_t i = 0; i < g->file_count; i++)
        if (g->files[i].generate)
            TN_TRY(check_file(g, &g->files[i]));
    return TERN_OK;
}
