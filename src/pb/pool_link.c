/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_link.c: names of types become types, and fields are judged as a whole.
 *
 * A name without a dot in front is searched from the innermost scope outwards: its first part is found
 * first, and the rest must then be in there. Only what the file defines or imports (or what is imported
 * publicly by that) can be seen.
 */
#include "pb/pool.h"

#include <string.h>

static tern_code bad(tn_pb_batch *b, const tn_pb_def_field *f, const char *what)
{
    return tn_pb_batch_bad(b, f->def.file, f->def.full_name, "%s", what);
}

/* ---- what can be seen ------------------------------------------------------------------------ */

/* Marks the file and its packages; true when it was not marked. */
static bool see(const tern_pb_pool *pool, tn_pb_def_file *file)
{
    if (file->seen == pool->look)
        return false;
    file->seen = pool->look;
    for (tn_pb_def_package *p = file->package; p && p->seen != pool->look; p = p->parent)
        p->seen = pool->look;
    return true;
}

/* Marks what the file can see: itself, its imports, and what these import publicly. */
static void look_around(tern_pb_pool *pool, tn_pb_def_file *file)
{
    pool->look++;
    (void)see(pool, file);
    tn_pb_def_file *todo = NULL;
    for (size_t i = 0; i < file->import_count; i++) {
        if (!see(pool, file->imports[i]))
            continue;
        file->imports[i]->todo = todo;
        todo = file->imports[i];
    }
    while (todo) {
        const tn_pb_def_file *at = todo;
        todo = at->todo;
        for (size_t i = 0; i < at->import_count; i++) {
            if (!at->import_public[i] || !see(pool, at->imports[i]))
                continue;
            at->imports[i]->todo = todo;
            todo = at->imports[i];
        }
    }
}

static tn_pb_def *visible(const tern_pb_pool *pool, tern_str name)
{
    tn_pb_def *def = tn_pb_pool_get(pool, name);
    if (!def)
        return NULL;
    const uint32_t seen = def->kind == TERN_PB_SYMBOL_PACKAGE
                              ? ((const tn_pb_def_package *)def)->seen
                              : def->file->seen;
    return seen == pool->look ? def : NULL;
}

static bool is_type(const tn_pb_def *def)
{
    return def->kind == TERN_PB_SYMBOL_MESSAGE || def->kind == TERN_PB_SYMBOL_ENUM;
}

/* Names may stand in it. */
static bool is_scope(const tn_pb_def *def)
{
    return is_type(def) || def->kind == TERN_PB_SYMBOL_PACKAGE ||
           def->kind == TERN_PB_SYMBOL_SERVICE;
}

/* The type of that name, seen from inside `scope`; or NULL. */
static tn_pb_def *resolve(const tern_pb_pool *pool, tern_str name, const char *scope)
{
    if (name.n && name.p[0] == '.')
        return visible(pool, (tern_str){ name.p + 1, name.n - 1 });
    char text[2 * TN_PB_POOL_NAME_MAX + 2];
    const tern_str around = tern_str_of(scope);
    size_t length = around.n;
    if (name.n > TN_PB_POOL_NAME_MAX || length > TN_PB_POOL_NAME_MAX || !name.n)
        return NULL;
    memcpy(text, around.p, length);
    const char *dot = memchr(name.p, '.', name.n);
    const size_t first = dot ? (size_t)(dot - name.p) : name.n;
    for (;;) {
        size_t at = length;
        if (at)
            text[at++] = '.';
        memcpy(text + at, name.p, name.n);
        tn_pb_def *def = visible(pool, (tern_str){ text, at + first });
        if (def && dot && is_scope(def))
            return visible(pool, (tern_str){ text, at + name.n });
        if (def && !dot && is_type(def))
            return def;
        if (!length)
            return NULL;
        while (length && text[length - 1] != '.')
            length--;
        length -= length != 0;
    }
}

/* ---- types of fields ------------------------------------------------------------------------- */

static tern_code find_type(tn_pb_batch *b, tn_pb_def_field *f)
{
    const tn_pb_field_proto *proto = f->proto;
    if (proto->type < 0 || proto->type > TERN_PB_SINT64 || proto->label < 0 ||
        proto->label > google_protobuf_FieldDescriptorProto_LABEL_REPEATED)
        return bad(b, f, "its type or label is none");
    f->type = (uint8_t)proto->type;
    const bool named = !f->type || f->type == TERN_PB_MESSAGE || f->type == TERN_PB_GROUP ||
                       f->type == TERN_PB_ENUM;
    if (!named)
        return proto->type_name.p ? bad(b, f, "a type_name beside a type of its own") : TERN_OK;
    tn_pb_def *def = resolve(b->pool, proto->type_name, f->def.full_name);
    if (!def || !is_type(def))
        return tn_pb_batch_bad(b, f->def.file, f->def.full_name,
                               "there is no type %.*s, or it is not imported",
                               TERN_FMT(proto->type_name));
    const bool message = def->kind == TERN_PB_SYMBOL_MESSAGE;
    if (!f->type)
        f->type = message ? TERN_PB_MESSAGE : TERN_PB_ENUM;
    if (message != (f->type != TERN_PB_ENUM))
        return tn_pb_batch_bad(b, f->def.file, f->def.full_name, "%.*s is no %s",
                               TERN_FMT(proto->type_name), message ? "enum" : "message");
    if (message)
        f->sub = (tn_pb_def_message *)def;
    else
        f->enumeration = (tn_pb_def_enum *)def;
    return TERN_OK;
}

static bool is_closed(const tn_pb_def_enum *e)
{
    return e && e->use->flags & TERN_PB_CLOSED;
}

/* Features, and what follows from them and the type. scope: features around the field. */
static tern_code hold(tn_pb_batch *b, tn_pb_def_field *f, const tn_pb_features *scope, bool entry)
{
    tn_pb_field_proto typed = *f->proto;
    typed.type = f->type;
    f->features = *scope;
    const int32_t edition = f->def.file->edition;
    const char *wrong = tn_pb_features_of_field(&f->features, edition, &typed, entry);
    if (wrong)
        return bad(b, f, wrong);
    const bool map = f->sub && f->sub->map_entry && f->type == TERN_PB_MESSAGE &&
                     f->proto->label == google_protobuf_FieldDescriptorProto_LABEL_REPEATED;
    f->mode = (uint8_t)tn_pb_mode_by_features(&f->features, &typed, entry, map);
    f->type = (uint8_t)tn_pb_type_by_features(&f->features, &typed, entry, map,
                                              is_closed(f->enumeration));
    f->flags = tn_pb_flags_by_features(&f->features, &typed);
    if (entry)
        f->flags &= TERN_PB_UTF8;
    return TERN_OK;
}

/* ---- maps ------------------------------------------------------------------------------------ */

static bool is_key_type(uint8_t type)
{
    return type != TERN_PB_DOUBLE && type != TERN_PB_FLOAT && type != TERN_PB_BYTES &&
           type != TERN_PB_ENUM && type != TERN_PB_CLOSED_ENUM && type != TERN_PB_MESSAGE &&
           type != TERN_PB_GROUP;
}

/* An entry's two fields, which are linked; nothing else is in it. */
static tern_code judge_entry(tn_pb_batch *b, const tn_pb_def_message *m)
{
    const tn_pb_message_proto *p = m->proto;
    const bool alone = m->field_count == 2 && !p->nested_type.n && !p->enum_type.n &&
                       !p->extension.n && !p->extension_range.n && !p->oneof_decl.n && m->parent &&
                       !m->parent->map_entry && !m->message_set;
    const tn_pb_def_field *key = alone ? m->by_number[0] : NULL,
                          *value = alone ? m->by_number[1] : NULL;
    const bool shaped =
        alone && key->number == 1 && value->number == 2 && strcmp(key->name, "key") == 0 &&
        strcmp(value->name, "value") == 0 &&
        key->proto->label <= google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL &&
        value->proto->label <= google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL &&
        value->type != TERN_PB_GROUP && !(value->sub && value->sub->map_entry);
    if (!shaped)
        return tn_pb_batch_bad(b, m->def.file, m->def.full_name, "it is no proper entry of a map");
    if (!is_key_type(key->type))
        return bad(b, key, "a key cannot be of that type");
    if (value->enumeration && value->enumeration->use->default_number != 0)
        return bad(b, value, "the first value of a map's enum must be 0");
    return TERN_OK;
}

/* "FooBarEntry" of "foo_bar". */
static bool is_entry_name(const char *entry, const char *field)
{
    bool upper = true;
    for (; *field; field++) {
        if (*field == '_') {
            upper = true;
            continue;
        }
        const char c =
            upper && *field >= 'a' && *field <= 'z' ? (char)(*field - 'a' + 'A') : *field;
        if (*entry++ != c)
            return false;
        upper = false;
    }
    return strcmp(entry, "Entry") == 0;
}

/* Entries are for maps alone, and each for the one beside it. */
static tern_code judge_map(tn_pb_batch *b, const tn_pb_def_field *f)
{
    if (!f->sub || !f->sub->map_entry)
        return TERN_OK;
    const bool own = f->mode == TERN_PB_MAP && f->def.kind == TERN_PB_SYMBOL_FIELD &&
                     f->sub->parent == f->message &&
                     is_entry_name(f->sub->proto ? f->sub->proto->name.p : "", f->name);
    return own ? TERN_OK : bad(b, f, "an entry of a map is no type for it");
}

/* ---- fields ---------------------------------------------------------------------------------- */

static tern_code judge_proto3(tn_pb_batch *b, const tn_pb_def_field *f)
{
    if (f->flags & TERN_PB_REQUIRED)
        return bad(b, f, "proto3 has no required fields");
    if (f->type == TERN_PB_GROUP)
        return bad(b, f, "proto3 has no groups");
    if (f->proto->default_value.p)
        return bad(b, f, "proto3 has no defaults");
    if (is_closed(f->enumeration))
        return bad(b, f, "a proto3 message cannot have a closed enum");
    return TERN_OK;
}

static tern_code judge_field(tn_pb_batch *b, tn_pb_def_field *f)
{
    if (f->def.file->edition == google_protobuf_EDITION_PROTO3)
        TN_TRY(judge_proto3(b, f));
    if (f->mode == TERN_PB_IMPLICIT && is_closed(f->enumeration) && !f->message->map_entry)
        return bad(b, f, "an enum without presence must be open");
    if (f->mode == TERN_PB_IMPLICIT && f->proto->default_value.p)
        return bad(b, f, "a field without presence has no default");
    TN_TRY(judge_map(b, f));
    return tn_pb_default_read(b, f);
}

/* m's field may hold its sub: what is required there counts in m. */
static tern_code note_user(tn_pb_batch *b, tn_pb_def_message *m, tn_pb_def_message *sub)
{
    if (!sub || sub->def.file != m->def.file)
        return TERN_OK;
    tn_pb_user *user = tn_pb_batch_scratch(b, 1, sizeof(*user));
    if (!user)
        return TERN_RESOURCE_EXHAUSTED;
    *user = (tn_pb_user){ m, sub->users };
    sub->users = user;
    return TERN_OK;
}

static tern_code link_message(tn_pb_batch *b, tn_pb_def_message *m)
{
    for (size_t i = 0; i < m->field_count; i++) {
        tn_pb_def_field *f = &m->fields[i];
        if (f->proto->extendee.p)
            return bad(b, f, "an extendee, and it is no extension");
        TN_TRY(find_type(b, f));
        TN_TRY(hold(b, f, &m->features, m->map_entry));
        TN_TRY(note_user(b, m, f->sub));
    }
    return TERN_OK;
}

static tern_code judge_message(tn_pb_batch *b, tn_pb_def_message *m)
{
    for (size_t i = 0; i < m->field_count; i++)
        TN_TRY(judge_field(b, &m->fields[i]));
    return m->map_entry ? judge_entry(b, m) : TERN_OK;
}

/* ---- extensions ------------------------------------------------------------------------------ */

static bool is_options(const char *full_name)
{
    static const char package[] = "google.protobuf.", end[] = "Options";
    const size_t n = strlen(full_name);
    return n >= sizeof(end) - 1 && strncmp(full_name, package, sizeof(package) - 1) == 0 &&
           strcmp(full_name + n - (sizeof(end) - 1), end) == 0;
}

static tern_code judge_extension(tn_pb_batch *b, tn_pb_def_field *f)
{
    tn_pb_def_message *extendee = f->message;
    if (f->proto->label == google_protobuf_FieldDescriptorProto_LABEL_REQUIRED ||
        f->flags & TERN_PB_REQUIRED)
        return bad(b, f, "an extension cannot be required");
    if (google_protobuf_FieldDescriptorProto_has_oneof_index(f->proto))
        return bad(b, f, "an extension is in no oneof");
    if (extendee->message_set && (f->mode != TERN_PB_EXPLICIT || f->type != TERN_PB_MESSAGE))
        return bad(b, f, "an extension of a MessageSet is an optional message");
    if (f->def.file->edition == google_protobuf_EDITION_PROTO3) {
        if (!is_options(extendee->def.full_name))
            return bad(b, f, "proto3 has no extensions but for options");
        TN_TRY(judge_proto3(b, f));
    }
    if (tn_pb_number_kept(f->number) ||
        (f->number > TN_PB_FIELD_NUMBER_MAX && !extendee->message_set))
        return bad(b, f, "no field may have its number");
    TN_TRY(judge_map(b, f));
    return tn_pb_default_read(b, f);
}

static tern_code link_extension(tn_pb_batch *b, tn_pb_def_extension *x)
{
    tn_pb_def_field *f = &x->field;
    tn_pb_def *def = resolve(b->pool, f->proto->extendee, f->def.full_name);
    if (!def || def->kind != TERN_PB_SYMBOL_MESSAGE)
        return tn_pb_batch_bad(b, f->def.file, f->def.full_name,
                               "there is no message %.*s to extend, or it is not imported",
                               TERN_FMT(f->proto->extendee));
    f->message = (tn_pb_def_message *)def;
    const tn_pb_range *range = tn_pb_message_range(f->message, f->number);
    const bool open = f->message->proto ? range && !range->reserved
                                        : (f->message->use->flags & TERN_PB_EXTENDABLE) != 0;
    if (!open)
        return tn_pb_batch_bad(b, f->def.file, f->def.full_name,
                               "%s does not have its number %u for extensions",
                               f->message->def.full_name, (unsigned)f->number);
    TN_TRY(find_type(b, f));
    TN_TRY(hold(b, f, x->scope ? &x->scope->features : &f->def.file->features, false));
    return judge_extension(b, f);
}

/* ---- methods --------------------------------------------------------------------------------- */

static tern_code find_message(tn_pb_batch *b, const tn_pb_def_file *file,
                              const tern_pb_method *method, tern_str name,
                              const tern_pb_table **out)
{
    const tn_pb_def *def = resolve(b->pool, name, method->full_name);
    const tn_pb_def_message *m = (const tn_pb_def_message *)def;
    if (!def || def->kind != TERN_PB_SYMBOL_MESSAGE || m->map_entry)
        return tn_pb_batch_bad(b, file, method->full_name,
                               "there is no message %.*s, or it is not imported", TERN_FMT(name));
    *out = m->use;
    return TERN_OK;
}

static tern_code link_services(tn_pb_batch *b, tn_pb_def_file *file)
{
    for (size_t i = 0; i < file->service_count; i++) {
        const google_protobuf_ServiceDescriptorProto *proto = file->proto->service.p[i];
        for (size_t k = 0; k < proto->method.n; k++) {
            /* The methods are this batch's own; they are const for readers. */
            tern_pb_method *method =
                ((tn_pb_def_method *)tn_pb_pool_get(
                     b->pool, tern_str_of(file->services[i].methods[k].full_name)))
                    ->use;
            TN_TRY(find_message(b, file, method, proto->method.p[k]->input_type, &method->input));
            TN_TRY(find_message(b, file, method, proto->method.p[k]->output_type, &method->output));
        }
    }
    return TERN_OK;
}

/* Each message gets its table, or the one of generated code, before anything points there. */
static tern_code give_tables(tn_pb_batch *b, tn_pb_def_file *file)
{
    for (tn_pb_def_message *m = file->messages; m; m = m->next) {
        m->made = tn_pb_batch_alloc(b, 1, sizeof(*m->made));
        if (!m->made)
            return TERN_RESOURCE_EXHAUSTED;
        m->use = m->made;
    }
    return file->generated ? tn_pb_file_adopt(b, file) : TERN_OK;
}

tern_code tn_pb_file_link(tn_pb_batch *b, tn_pb_def_file *file)
{
    look_around(b->pool, file);
    TN_TRY(give_tables(b, file));
    for (tn_pb_def_message *m = file->messages; m; m = m->next)
        TN_TRY(link_message(b, m));
    for (tn_pb_def_message *m = file->messages; m; m = m->next)
        TN_TRY(judge_message(b, m));
    for (tn_pb_def_extension *x = file->extensions; x; x = x->next)
        TN_TRY(link_extension(b, x));
    return link_services(b, file);
}
