/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extensions.c: what schema.c is for messages, for extensions: at the top of a file and in messages.
 *
 * An extension becomes a holder, a message of one field, so that all that is done for fields (types,
 * presence, layout, tables) is done for it by the same code.
 */
#include "compiler/schema.h"

static tern_code load_holder(tn_gen *g, tn_gen_file *file, tn_gen_extension *x)
{
    tn_gen_field *field = tn_gen_alloc(g, 1, sizeof(*field));
    if (!field)
        return TERN_RESOURCE_EXHAUSTED;
    *field = (tn_gen_field){
        .proto = x->proto,
        .message = &x->holder,
        .at = x->at,
        .name = tn_gen_text(g, "%.*s", TERN_FMT(x->proto->name)),
        .json_name = tn_gen_text(g, "[%s]", x->full_name),
        .number = (uint32_t)x->proto->number,
        .extension = true,
    };
    x->holder = (tn_gen_message){
        .file = file,
        .outer = x->outer,
        .at = x->at,
        .full_name = x->full_name,
        .holder = true,
        .fields = field,
        .field_count = 1,
    };
    return field->name && field->json_name ? TERN_OK : TERN_RESOURCE_EXHAUSTED;
}

/* The one at path, field, index; it comes behind those before it. */
static tern_code load_extension(tn_gen *g, tn_gen_file *file, const tn_gen_message *outer,
                                size_t index, tn_gen_extension ***end)
{
    tn_gen_field_proto *proto =
        outer ? outer->proto->extension.p[index] : file->proto->extension.p[index];
    const char *scope = outer ? outer->full_name : file->package;
    if (!tn_gen_identifier(proto->name))
        return tn_gen_bad(g, "%s: an extension without a proper name", file->name);
    tn_gen_extension *x = tn_gen_alloc(g, 1, sizeof(*x));
    const char *full_name = tn_gen_join(g, scope, proto->name);
    if (!x || !full_name)
        return TERN_RESOURCE_EXHAUSTED;
    *x = (tn_gen_extension){
        .proto = proto,
        .outer = outer,
        .full_name = full_name,
        .at = outer ? tn_gen_locate(file, outer->path, outer->path_count, TN_GEN_MESSAGE_EXTENSION,
                                    index)
                    : tn_gen_locate(file, NULL, 0, TN_GEN_FILE_EXTENSION, index),
    };
    if (proto->number < 1)
        return tn_gen_bad(g, "%s has the number %d", full_name, (int)proto->number);
    **end = x;
    *end = &x->next;
    return load_holder(g, file, x);
}

tern_code tn_gen_load_extensions(tn_gen *g, tn_gen_file *file)
{
    tn_gen_extension **end = &file->extensions;
    for (size_t i = 0; i < file->proto->extension.n; i++)
        TN_TRY(load_extension(g, file, NULL, i, &end));
    for (const tn_gen_message *m = file->messages; m; m = m->next)
        for (size_t i = 0; i < m->proto->extension.n; i++)
            TN_TRY(load_extension(g, file, m, i, &end));
    return TERN_OK;
}
