/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c: descriptors into the generator's model: files, messages, enums and services with their
 * full names and places in the source. Types are found later, by link.c.
 *
 * A request comes from a compiler that has checked its files, but nothing here trusts that: whatever
 * goes into C text (names, numbers, paths) is checked. Nested messages are walked without recursion.
 */
#include "compiler/schema.h"

bool tn_gen_identifier(tern_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return s.n != 0;
}

static bool dotted(tern_str s)
{
    while (s.n) {
        const char *dot = memchr(s.p, '.', s.n);
        const tern_str part = { s.p, dot ? (size_t)(dot - s.p) : s.n };
        if (!tn_gen_identifier(part) || part.n + 1 == s.n)
            return false;
        s.p += dot ? part.n + 1 : part.n;
        s.n -= dot ? part.n + 1 : part.n;
    }
    return true;
}

/* A path that can stand in a comment and between quotes. */
static bool usable_path(tern_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7f || strchr("\"\\*?<>", s.p[i]))
            return false;
    return s.n != 0;
}

const char *tn_gen_join(tn_gen *g, const char *scope, tern_str name)
{
    return tn_gen_text(g, "%s%s%.*s", scope, *scope ? "." : "", TERN_FMT(name));
}

const tn_gen_location *tn_gen_locate(const tn_gen_file *file, const int32_t *path, size_t count,
                                     int32_t field, size_t index)
{
    int32_t whole[256];
    if (count + 2 > sizeof(whole) / sizeof(whole[0]))
        return NULL;
    for (size_t i = 0; i < count; i++)
        whole[i] = path[i];
    whole[count] = field;
    whole[count + 1] = (int32_t)index;
    const size_t n = field == TN_GEN_FILE_SYNTAX ? count + 1 : count + 2;
    return tn_strmap_get(&file->locations, (tern_str){ (const char *)whole, n * sizeof(int32_t) });
}

static tern_code load_locations(tn_gen *g, tn_gen_file *file)
{
    const google_protobuf_SourceCodeInfo *info = file->proto->source_code_info;
    for (size_t i = 0; info && i < info->location.n; i++) {
        google_protobuf_SourceCodeInfo_Location *at = info->location.p[i];
        const tern_str key = { (const char *)at->path.p, at->path.n * sizeof(int32_t) };
        if (key.n && !tn_strmap_get(&file->locations, key) &&
            !tn_strmap_put(&file->locations, key, at))
            return tn_gen_no_memory(g);
    }
    return TERN_OK;
}

static tern_code add_type(tn_gen *g, const char *full_name, tn_gen_type type)
{
    const tern_str key = tern_str_of(full_name);
    if (tn_strmap_get(&g->types, key))
        return tn_gen_bad(g, "%s is defined twice", full_name);
    tn_gen_type *t = tn_gen_alloc(g, 1, sizeof(*t));
    if (!t)
        return TERN_RESOURCE_EXHAUSTED;
    *t = type;
    return tn_strmap_put(&g->types, key, t) ? TERN_OK : tn_gen_no_memory(g);
}

const tn_gen_type *tn_gen_find_type(const tn_gen *g, tern_str name)
{
    if (name.n < 2 || name.p[0] != '.')
        return NULL;
    return tn_strmap_get(&g->types, (tern_str){ name.p + 1, name.n - 1 });
}

/* Path: of the enum itself. Appends to *end. */
static tern_code load_enum(tn_gen *g, tn_gen_file *file, const tn_gen_enum_proto *proto,
                           const tn_gen_message *outer, const int32_t *path, size_t path_count,
                           tn_gen_enum ***end)
{
    const char *scope = outer ? outer->full_name : file->package;
    if (!tn_gen_identifier(proto->name) || !proto->value.n)
        return tn_gen_bad(g, "%s: an enum without a proper name or without values", file->name);
    tn_gen_enum *e = tn_gen_alloc(g, 1, sizeof(*e));
    const tn_gen_location **value_at = tn_gen_alloc(g, proto->value.n, sizeof(*value_at));
    const char **value_names = tn_gen_alloc(g, proto->value.n, sizeof(*value_names));
    const char *full_name = tn_gen_join(g, scope, proto->name);
    if (!e || !value_at || !value_names || !full_name)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < proto->value.n; i++) {
        if (!tn_gen_identifier(proto->value.p[i]->name))
            return tn_gen_bad(g, "%s has a value without a proper name", full_name);
        value_at[i] = tn_gen_locate(file, path, path_count, TN_GEN_ENUM_VALUE, i);
    }
    *e = (tn_gen_enum){ .proto = proto,
                        .file = file,
                        .outer = outer,
                        .full_name = full_name,
                        .scope = scope,
                        .value_at = value_at,
                        .value_names = value_names };
    e->at = tn_gen_locate(file, path, path_count - 2, path[path_count - 2],
                          (size_t)path[path_count - 1]);
    **end = e;
    *end = &e->next;
    return add_type(g, full_name, (tn_gen_type){ .enumeration = e, .file = file });
}

/* protoc gives every field its JSON name; "" when that is the name. */
static const char *json_name_of(tn_gen *g, const tn_gen_field_proto *proto)
{
    tern_str json = proto->json_name;
    if (!json.p || tern_str_equal(json, proto->name))
        json = TERN_STR("");
    return tn_gen_text(g, "%.*s", TERN_FMT(json));
}

static tern_code load_fields(tn_gen *g, tn_gen_message *m)
{
    m->field_count = m->proto->field.n;
    m->oneof_count = m->proto->oneof_decl.n;
    m->fields = tn_gen_alloc(g, m->field_count, sizeof(*m->fields));
    m->oneofs = tn_gen_alloc(g, m->oneof_count, sizeof(*m->oneofs));
    if (!m->fields || !m->oneofs)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < m->oneof_count; i++) {
        m->oneofs[i].proto = m->proto->oneof_decl.p[i];
        m->oneofs[i].at = tn_gen_locate(m->file, m->path, m->path_count, TN_GEN_MESSAGE_ONEOF, i);
        if (!tn_gen_identifier(m->oneofs[i].proto->name))
            return tn_gen_bad(g, "%s has a oneof without a proper name", m->full_name);
    }
    for (size_t i = 0; i < m->field_count; i++) {
        tn_gen_field_proto *proto = m->proto->field.p[i];
        if (!tn_gen_identifier(proto->name))
            return tn_gen_bad(g, "%s has a field without a proper name", m->full_name);
        if (proto->json_name.n && memchr(proto->json_name.p, 0, proto->json_name.n))
            return tn_gen_bad(g, "%s has a field whose JSON name has a NUL", m->full_name);
        if (proto->number < 1 || proto->number > 536870911)
            return tn_gen_bad(g, "%s.%.*s has the number %d", m->full_name, TERN_FMT(proto->name),
                              (int)proto->number);
        m->fields[i] = (tn_gen_field){
            .proto = proto,
            .message = m,
            .at = tn_gen_locate(m->file, m->path, m->path_count, TN_GEN_MESSAGE_FIELD, i),
            .name = tn_gen_text(g, "%.*s", TERN_FMT(proto->name)),
            .json_name = json_name_of(g, proto),
            .number = (uint32_t)proto->number,
        };
        if (!m->fields[i].name || !m->fields[i].json_name)
            return TERN_RESOURCE_EXHAUSTED;
    }
    return TERN_OK;
}

/* A message at path + { field, index }, in front of what *place points to. Its own nested messages
 * are left to the caller. */
static tern_code load_message(tn_gen *g, tn_gen_file *file, const tn_gen_message_proto *proto,
                              const tn_gen_message *outer, size_t index, tn_gen_message ***place)
{
    const size_t outer_count = outer ? outer->path_count : 0;
    tn_gen_message *m = tn_gen_alloc(g, 1, sizeof(*m));
    int32_t *path = tn_gen_alloc(g, outer_count + 2, sizeof(*path));
    const char *full_name = tn_gen_join(g, outer ? outer->full_name : file->package, proto->name);
    if (!m || !path || !full_name)
        return TERN_RESOURCE_EXHAUSTED;
    if (!tn_gen_identifier(proto->name))
        return tn_gen_bad(g, "%s: a message without a proper name", file->name);
    for (size_t i = 0; i < outer_count; i++)
        path[i] = outer->path[i];
    path[outer_count] = outer ? TN_GEN_MESSAGE_NESTED : TN_GEN_FILE_MESSAGE;
    path[outer_count + 1] = (int32_t)index;
    *m = (tn_gen_message){
        .proto = proto,
        .file = file,
        .outer = outer,
        .at = tn_gen_locate(file, path, outer_count, path[outer_count], index),
        .path = path,
        .path_count = outer_count + 2,
        .full_name = full_name,
        .map_entry = proto->options && proto->options->map_entry,
        .next = **place,
    };
    **place = m;
    *place = &m->next;
    TN_TRY(add_type(g, full_name, (tn_gen_type){ .message = m, .file = file }));
    return load_fields(g, m);
}

static tern_code load_nested(tn_gen *g, tn_gen_message *m, tn_gen_enum ***enums)
{
    tn_gen_message **place = &m->next;
    for (size_t i = 0; i < m->proto->nested_type.n; i++)
        TN_TRY(load_message(g, m->file, m->proto->nested_type.p[i], m, i, &place));
    int32_t *path = tn_gen_alloc(g, m->path_count + 2, sizeof(*path));
    if (!path)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < m->path_count; i++)
        path[i] = m->path[i];
    path[m->path_count] = TN_GEN_MESSAGE_ENUM;
    for (size_t i = 0; i < m->proto->enum_type.n; i++) {
        path[m->path_count + 1] = (int32_t)i;
        TN_TRY(load_enum(g, m->file, m->proto->enum_type.p[i], m, path, m->path_count + 2, enums));
    }
    return TERN_OK;
}

static tern_code load_types(tn_gen *g, tn_gen_file *file)
{
    tn_gen_message **place = &file->messages;
    for (size_t i = 0; i < file->proto->message_type.n; i++)
        TN_TRY(load_message(g, file, file->proto->message_type.p[i], NULL, i, &place));
    tn_gen_enum **enums = &file->enums;
    for (size_t i = 0; i < file->proto->enum_type.n; i++) {
        const int32_t path[] = { TN_GEN_FILE_ENUM, (int32_t)i };
        TN_TRY(load_enum(g, file, file->proto->enum_type.p[i], NULL, path, 2, &enums));
    }
    for (tn_gen_message *m = file->messages; m; m = m->next)
        TN_TRY(load_nested(g, m, &enums));
    return tn_gen_load_extensions(g, file);
}

static tern_code load_service(tn_gen *g, tn_gen_service *s, size_t index)
{
    const int32_t path[] = { TN_GEN_FILE_SERVICE, (int32_t)index };
    if (!tn_gen_identifier(s->proto->name))
        return tn_gen_bad(g, "%s: a service without a proper name", s->file->name);
    s->at = tn_gen_locate(s->file, NULL, 0, TN_GEN_FILE_SERVICE, index);
    s->full_name = tn_gen_join(g, s->file->package, s->proto->name);
    s->method_count = s->proto->method.n;
    s->methods = tn_gen_alloc(g, s->method_count, sizeof(*s->methods));
    if (!s->full_name || !s->methods)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < s->method_count; i++) {
        tn_gen_method *method = &s->methods[i];
        const tn_gen_method_proto *proto = s->proto->method.p[i];
        if (!tn_gen_identifier(proto->name))
            return tn_gen_bad(g, "%s has a method without a proper name", s->full_name);
        *method = (tn_gen_method){
            .proto = proto,
            .at = tn_gen_locate(s->file, path, 2, TN_GEN_SERVICE_METHOD, i),
            .name = tn_gen_text(g, "%.*s", TERN_FMT(proto->name)),
            .client_streaming = proto->client_streaming,
            .server_streaming = proto->server_streaming,
        };
        if (!method->name)
            return TERN_RESOURCE_EXHAUSTED;
    }
    return TERN_OK;
}

static tern_code load_services(tn_gen *g, tn_gen_file *file)
{
    file->service_count = file->proto->service.n;
    file->services = tn_gen_alloc(g, file->service_count, sizeof(*file->services));
    if (!file->services)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < file->service_count; i++) {
        file->services[i] = (tn_gen_service){ .proto = file->proto->service.p[i], .file = file };
        TN_TRY(load_service(g, &file->services[i], i));
    }
    return TERN_OK;
}

static tn_gen_file *find_file(tn_gen *g, size_t count, tern_str name)
{
    for (size_t i = 0; i < count; i++)
        if (tern_str_equal(g->files[i].proto->name, name))
            return &g->files[i];
    return NULL;
}

static tern_code load_imports(tn_gen *g, tn_gen_file *file, size_t before)
{
    file->import_count = file->proto->dependency.n;
    file->imports = tn_gen_alloc(g, file->import_count, sizeof(*file->imports));
    file->import_used = tn_gen_alloc(g, file->import_count, sizeof(*file->import_used));
    file->import_public = tn_gen_alloc(g, file->import_count, sizeof(*file->import_public));
    if (!file->imports || !file->import_used || !file->import_public)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < file->import_count; i++) {
        const tern_str name = file->proto->dependency.p[i];
        file->imports[i] = find_file(g, before, name);
        if (!file->imports[i])
            return tn_gen_bad(g, "%s imports %.*s, which does not stand before it", file->name,
                              TERN_FMT(name));
    }
    for (size_t i = 0; i < file->proto->public_dependency.n; i++) {
        const int32_t place = file->proto->public_dependency.p[i];
        if (place < 0 || (size_t)place >= file->import_count)
            return tn_gen_bad(g, "%s has a public import that is no import", file->name);
        file->import_public[place] = true;
    }
    return TERN_OK;
}

/* "shop/order" of "shop/order.proto". */
static const char *stem_of(tn_gen *g, tern_str name)
{
    static const char ending[] = ".proto";
    const size_t cut = sizeof(ending) - 1;
    if (name.n > cut && memcmp(name.p + name.n - cut, ending, cut) == 0)
        name.n -= cut;
    return tn_gen_text(g, "%.*s", TERN_FMT(name));
}

static tern_code load_file(tn_gen *g, tn_gen_file *file, size_t before)
{
    const tn_gen_file_proto *proto = file->proto;
    if (!usable_path(proto->name))
        return tn_gen_bad(g,
                          "a file whose name is empty or has characters that C text cannot have");
    if (!dotted(proto->package))
        return tn_gen_bad(g, "%.*s: not a package name", TERN_FMT(proto->name));
    if (find_file(g, before, proto->name))
        return tn_gen_bad(g, "%.*s is there twice", TERN_FMT(proto->name));
    file->name = tn_gen_text(g, "%.*s", TERN_FMT(proto->name));
    file->package = tn_gen_text(g, "%.*s", TERN_FMT(proto->package));
    file->stem = stem_of(g, proto->name);
    if (!file->name || !file->package || !file->stem)
        return TERN_RESOURCE_EXHAUSTED;
    TN_TRY(load_locations(g, file));
    TN_TRY(load_imports(g, file, before));
    TN_TRY(load_types(g, file));
    return load_services(g, file);
}

tern_code tn_gen_load(tn_gen *g, const google_protobuf_compiler_CodeGeneratorRequest *request)
{
    g->files = tn_gen_alloc(g, request->proto_file.n, sizeof(*g->files));
    if (!g->files)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < request->proto_file.n; i++) {
        g->files[i] =
            (tn_gen_file){ .proto = request->proto_file.p[i], .locations = { .env = g->env } };
        g->file_count = i + 1;
        TN_TRY(load_file(g, &g->files[i], i));
    }
    for (size_t i = 0; i < request->file_to_generate.n; i++) {
        const tern_str name = request->file_to_generate.p[i];
        tn_gen_file *file = find_file(g, g->file_count, name);
        if (!file)
            return tn_gen_bad(g, "%.*s is to be generated but not there", TERN_FMT(name));
        file->generate = true;
    }
    if (!request->file_to_generate.n)
        return tn_gen_bad(g, "no file to generate");
    return TERN_OK;
}
