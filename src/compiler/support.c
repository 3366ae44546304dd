/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.c: what the generator does not support, said with file, line and column.
 *
 * Only files to generate are judged, and what they use of others: an import may hold anything as long
 * as no code depends on it.
 */
#include "compiler/schema.h"

/* The file that defines the field's message or enum; NULL for a scalar. */
static const tn_gen_file *type_file(const tn_gen_field *f)
{
    return f->sub ? f->sub->file : f->enumeration ? f->enumeration->file : NULL;
}

static tern_code check_field(tn_gen *g, const tn_gen_field *f)
{
    const tn_gen_file *file = f->message->file;
    const tn_gen_file *other = type_file(f->mode == TERN_PB_MAP ? &f->sub->fields[1] : f);
    if (other && !other->edition)
        return tn_gen_refuse(g, file, f->at,
                             "field %s: its type is defined in %s, whose syntax or edition is not "
                             "supported",
                             f->name, other->name);
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
        if (!types[i]->file->edition)
            return tn_gen_refuse(g, s->file, method->at,
                                 "method %s: %s is defined in %s, whose syntax or edition is not "
                                 "supported",
                                 method->name, types[i]->full_name, types[i]->file->name);
    return TERN_OK;
}

static tern_code check_file(tn_gen *g, const tn_gen_file *file)
{
    if (!file->edition) {
        const tern_str syntax = file->proto->syntax;
        if (tern_str_equal(syntax, TERN_STR("editions")))
            return tn_gen_refuse(g, file, tn_gen_locate(file, NULL, 0, TN_GEN_FILE_SYNTAX, 0),
                                 "edition %d is not supported, only proto2, proto3, 2023 and 2024",
                                 (int)file->proto->edition);
        return tn_gen_refuse(g, file, tn_gen_locate(file, NULL, 0, TN_GEN_FILE_SYNTAX, 0),
                             "syntax %.*s is not supported, only proto2, proto3 and editions",
                             TERN_FMT(syntax));
    }
    for (const tn_gen_message *m = file->messages; m; m = m->next)
        for (size_t i = 0; i < m->field_count && !m->map_entry; i++)
            TN_TRY(check_field(g, &m->fields[i]));
    for (const tn_gen_extension *x = file->extensions; x; x = x->next)
        TN_TRY(check_field(g, &x->holder.fields[0]));
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
