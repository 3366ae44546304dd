/* SPDX-License-Identifier: Apache-2.0 */
/*
 * editions.c: gives every element the features that its edition, the elements around it and itself
 * state. pb/features.h knows the rules.
 *
 * What contradicts them is refused in files to generate; of other files it is ignored, as long as
 * nothing depends on them.
 */
#include "compiler/schema.h"

static tern_code judge(tn_gen *g, const tn_gen_file *file, const tn_gen_location *at,
                       const char *what, const char *name, const char *bad)
{
    if (!bad || !file->generate)
        return TERN_OK;
    return tn_gen_refuse(g, file, at, "%s %s is refused: %s", what, name, bad);
}

static tern_code resolve_file(tn_gen *g, tn_gen_file *file)
{
    file->edition = tn_pb_edition_of(file->proto);
    if (!file->edition) { /* support.c refuses it when it is needed */
        file->features = tn_pb_features_of_edition(TN_PB_EDITION_LAST);
        return TERN_OK;
    }
    return judge(g, file, NULL, "file", file->name,
                 tn_pb_features_of_file(&file->features, file->proto));
}

/* Those of the message, or of the file. */
static tn_pb_features around(const tn_gen_file *file, const tn_gen_message *outer)
{
    return outer ? outer->features : file->features;
}

static tern_code resolve_field(tn_gen *g, const tn_gen_file *file, tn_gen_field *f)
{
    const tn_gen_message *m = f->message;
    f->features = f->extension ? around(file, m->outer) : m->features;
    const bool in_oneof = google_protobuf_FieldDescriptorProto_has_oneof_index(f->proto);
    if (in_oneof && f->proto->oneof_index >= 0 && (size_t)f->proto->oneof_index < m->oneof_count)
        f->features = m->oneofs[f->proto->oneof_index].features;
    const char *bad = tn_pb_features_of_field(&f->features, file->edition, f->proto, m->map_entry);
    return judge(g, file, f->at, f->extension ? "extension" : "field", f->name, bad);
}

static tern_code resolve_message(tn_gen *g, const tn_gen_file *file, tn_gen_message *m)
{
    const google_protobuf_MessageOptions *options = m->proto->options;
    m->features = around(file, m->outer);
    TN_TRY(judge(g, file, m->at, "message", m->full_name,
                 tn_pb_features_state(&m->features, file->edition, TN_PB_FEATURES_OF_MESSAGE,
                                      options ? options->features : NULL)));
    for (size_t i = 0; i < m->oneof_count; i++) {
        tn_gen_oneof *oneof = &m->oneofs[i];
        const google_protobuf_OneofOptions *o = oneof->proto->options;
        oneof->features = m->features;
        TN_TRY(judge(g, file, oneof->at, "a oneof of", m->full_name,
                     tn_pb_features_state(&oneof->features, file->edition, TN_PB_FEATURES_OF_OTHER,
                                          o ? o->features : NULL)));
    }
    for (size_t i = 0; i < m->field_count; i++)
        TN_TRY(resolve_field(g, file, &m->fields[i]));
    return TERN_OK;
}

static tern_code resolve_enum(tn_gen *g, const tn_gen_file *file, tn_gen_enum *e)
{
    const google_protobuf_EnumOptions *options = e->proto->options;
    tn_pb_features f = around(file, e->outer);
    TN_TRY(judge(g, file, e->at, "enum", e->full_name,
                 tn_pb_features_state(&f, file->edition, TN_PB_FEATURES_OF_ENUM,
                                      options ? options->features : NULL)));
    e->closed = f.enum_type == google_protobuf_FeatureSet_CLOSED;
    return TERN_OK;
}

tern_code tn_gen_resolve(tn_gen *g)
{
    for (size_t i = 0; i < g->file_count; i++) {
        tn_gen_file *file = &g->files[i];
        TN_TRY(resolve_file(g, file));
        for (tn_gen_message *m = file->messages; m; m = m->next)
            TN_TRY(resolve_message(g, file, m));
        for (tn_gen_enum *e = file->enums; e; e = e->next)
            TN_TRY(resolve_enum(g, file, e));
        for (tn_gen_extension *x = file->extensions; x; x = x->next)
            TN_TRY(resolve_field(g, file, &x->holder.fields[0]));
    }
    return TERN_OK;
}
