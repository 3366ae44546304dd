/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c: finds the types that fields and methods name, decides how each field is held, and notes
 * which imports a file really needs.
 *
 * An import whose types nobody uses (it is there for its options) gives no #include: its header
 * need not exist.
 */
#include "compiler/schema.h"

/* Marks in `used` the imports of a file to generate through which `target` is seen: itself or, by
 * public imports, a file behind it. sees[i] is scratch for each file of the run. */
static void mark_imports(const tn_gen *g, tn_gen_file *file, const tn_gen_file *target, uint8_t by,
                         bool *sees)
{
    if (file == target || !file->generate)
        return;
    for (size_t i = 0; i < g->file_count; i++) {
        const tn_gen_file *f = &g->files[i];
        sees[i] = f == target;
        for (size_t k = 0; k < f->import_count && !sees[i]; k++)
            sees[i] = f->import_public[k] && sees[f->imports[k] - g->files];
    }
    for (size_t k = 0; k < file->import_count; k++)
        if (sees[file->imports[k] - g->files])
            file->import_used[k] |= by;
}

static const tn_gen_message *entry_of(const tn_gen_field *f)
{
    return f->sub && f->sub->map_entry ? f->sub : NULL;
}

static tern_code link_oneof(tn_gen *g, tn_gen_field *f)
{
    if (!google_protobuf_FieldDescriptorProto_has_oneof_index(f->proto))
        return TERN_OK;
    const int32_t index = f->proto->oneof_index;
    if (index < 0 || (size_t)index >= f->message->oneof_count)
        return tn_gen_bad(g, "%s.%s is in a oneof that is not there", f->message->full_name,
                          f->name);
    tn_gen_oneof *oneof = &f->message->oneofs[index];
    if (oneof->member_count++ && (oneof->synthetic || f->proto->proto3_optional))
        return tn_gen_bad(g, "%s.%s: a oneof of an optional field has two members",
                          f->message->full_name, f->name);
    oneof->synthetic = f->proto->proto3_optional;
    if (!oneof->synthetic)
        f->oneof = oneof;
    return TERN_OK;
}

static tern_code link_type(tn_gen *g, tn_gen_field *f, bool *sees)
{
    const int32_t proto_type = f->proto->type;
    const bool wants_message = proto_type == TERN_PB_MESSAGE || proto_type == TERN_PB_GROUP;
    if (!wants_message && proto_type != TERN_PB_ENUM)
        return TERN_OK;
    const tn_gen_type *type = tn_gen_find_type(g, f->proto->type_name);
    if (!type || (wants_message ? !type->message : !type->enumeration))
        return tn_gen_bad(g, "%s.%s: there is no %s %.*s", f->message->full_name, f->name,
                          wants_message ? "message" : "enum", TERN_FMT(f->proto->type_name));
    f->sub = type->message;
    f->enumeration = type->enumeration;
    mark_imports(g, f->message->file, type->file, TN_GEN_BY_FIELD, sees);
    return TERN_OK;
}

static tern_code link_field(tn_gen *g, tn_gen_field *f, bool *sees)
{
    const int32_t type = f->proto->type, label = f->proto->label;
    if (type < 1 || type > TERN_PB_SINT64 || label < 1 || label > 3)
        return tn_gen_bad(g, "%s.%s has type %d and label %d", f->message->full_name, f->name,
                          (int)type, (int)label);
    TN_TRY(link_type(g, f, sees));
    TN_TRY(link_oneof(g, f));
    const bool entry = f->message->map_entry, map = entry_of(f) != NULL;
    f->type = tn_pb_type_by_features(&f->features, f->proto, entry, map,
                                     f->enumeration && f->enumeration->closed);
    f->mode = tn_pb_mode_by_features(&f->features, f->proto, entry, map);
    f->flags = tn_pb_flags_by_features(&f->features, f->proto);
    if (f->oneof && f->mode != TERN_PB_ONEOF)
        return tn_gen_bad(g, "%s.%s is repeated and in a oneof", f->message->full_name, f->name);
    return tn_gen_check_default(g, f);
}

/* Field 1 a key of an allowed type, field 2 a value, and nothing else. */
static bool proper_entry(const tn_gen_message *m)
{
    if (m->field_count != 2 || m->oneof_count)
        return false;
    const tn_gen_field *key = &m->fields[0], *value = &m->fields[1];
    const bool plain = key->proto->label == google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL &&
                       value->proto->label == google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL &&
                       !entry_of(value);
    return plain && key->number == 1 && value->number == 2 && value->type != TERN_PB_GROUP &&
           strcmp(key->name, "key") == 0 && strcmp(value->name, "value") == 0 &&
           key->type != TERN_PB_DOUBLE && key->type != TERN_PB_FLOAT &&
           key->type != TERN_PB_BYTES && !key->enumeration && !key->sub;
}

static bool is_message_set(const tn_gen_message *m)
{
    return m->proto->options && m->proto->options->message_set_wire_format;
}

static tern_code link_message(tn_gen *g, tn_gen_message *m, bool *sees)
{
    for (size_t i = 0; i < m->field_count; i++)
        TN_TRY(link_field(g, &m->fields[i], sees));
    if (is_message_set(m) && m->field_count)
        return tn_gen_bad(g, "%s is a MessageSet and has fields", m->full_name);
    if (m->map_entry && !proper_entry(m))
        return tn_gen_bad(g, "%s is no proper map entry", m->full_name);
    for (size_t i = 0; i < m->oneof_count; i++)
        if (!m->oneofs[i].member_count)
            return tn_gen_bad(g, "%s has a oneof without fields", m->full_name);
    return TERN_OK;
}

/* A map is a repeated field whose entry type is nested beside it; entries are used for nothing else. */
static tern_code check_map(tn_gen *g, const tn_gen_field *f)
{
    const tn_gen_message *entry = entry_of(f);
    if (!entry || (f->proto->label == google_protobuf_FieldDescriptorProto_LABEL_REPEATED &&
                   entry->file == f->message->file && f->type == TERN_PB_MESSAGE))
        return TERN_OK;
    return tn_gen_bad(g, "%s.%s has the type of a map entry", f->message->full_name, f->name);
}

/* True when the message has an extension range that holds the number. */
static bool extends(const tn_gen_message *m, int32_t number)
{
    for (size_t i = 0; i < m->proto->extension_range.n; i++) {
        const google_protobuf_DescriptorProto_ExtensionRange *range =
            m->proto->extension_range.p[i];
        if (number >= range->start && number < range->end)
            return true;
    }
    return false;
}

static tern_code link_extension(tn_gen *g, tn_gen_file *file, tn_gen_extension *x, bool *sees)
{
    tn_gen_field *f = &x->holder.fields[0];
    const tn_gen_type *type = tn_gen_find_type(g, x->proto->extendee);
    if (!type || !type->message || !extends(type->message, x->proto->number))
        return tn_gen_bad(g, "%s: there is no message %.*s that it may extend by %d", x->full_name,
                          TERN_FMT(x->proto->extendee), (int)x->proto->number);
    x->extendee = type->message;
    mark_imports(g, file, type->file, TN_GEN_BY_FIELD, sees);
    TN_TRY(link_field(g, f, sees));
    f->flags &= (uint8_t)~TERN_PB_REQUIRED;
    const bool set = is_message_set(type->message);
    if (f->oneof || entry_of(f) || (set && (!f->sub || f->mode != TERN_PB_EXPLICIT)))
        return tn_gen_bad(g, "%s has a form that no extension of %s can have", x->full_name,
                          type->message->full_name);
    return TERN_OK;
}

static tern_code link_method(tn_gen *g, const tn_gen_service *s, tn_gen_method *method, bool *sees)
{
    const tern_str names[] = { method->proto->input_type, method->proto->output_type };
    const tn_gen_message *found[2];
    for (size_t i = 0; i < 2; i++) {
        const tn_gen_type *type = tn_gen_find_type(g, names[i]);
        if (!type || !type->message || type->message->map_entry)
            return tn_gen_bad(g, "%s.%s: there is no message %.*s", s->full_name, method->name,
                              TERN_FMT(names[i]));
        mark_imports(g, s->file, type->file, TN_GEN_BY_METHOD, sees);
        found[i] = type->message;
    }
    method->request = found[0];
    method->response = found[1];
    return TERN_OK;
}

static bool holds_required(const tn_gen_message *m)
{
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_gen_field *f = &m->fields[i];
        if ((f->flags & TERN_PB_REQUIRED) || (f->sub && f->sub->has_required))
            return true;
    }
    return false;
}

/* Messages may hold each other in a circle: again until nothing changes. */
static void mark_required(tn_gen_file *file)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (tn_gen_message *m = file->messages; m; m = m->next)
            if (!m->has_required && holds_required(m))
                changed = m->has_required = true;
    }
    for (tn_gen_extension *x = file->extensions; x; x = x->next)
        x->holder.has_required = holds_required(&x->holder);
}

tern_code tn_gen_link(tn_gen *g)
{
    bool *sees = tn_gen_alloc(g, g->file_count, sizeof(*sees));
    if (!sees)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < g->file_count; i++) {
        tn_gen_file *file = &g->files[i];
        for (tn_gen_message *m = file->messages; m; m = m->next)
            TN_TRY(link_message(g, m, sees));
        for (tn_gen_message *m = file->messages; m; m = m->next)
            for (size_t k = 0; k < m->field_count; k++)
                TN_TRY(check_map(g, &m->fields[k]));
        for (tn_gen_extension *x = file->extensions; x; x = x->next)
            TN_TRY(link_extension(g, file, x, sees));
        mark_required(file);
        for (size_t k = 0; k < file->service_count; k++)
            for (size_t n = 0; n < file->services[k].method_count; n++)
                TN_TRY(link_method(g, &file->services[k], &file->services[k].methods[n], sees));
    }
    return TERN_OK;
}
