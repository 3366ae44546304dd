/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_declare.c: the full names of all that a file declares, and the records that stand for it.
 *
 * Messages are kept in the order of the generator: each before those nested in it. Nested ones are put
 * behind the message at hand in the file's list, so that going along the list walks the nest.
 * Also here: memory, errors and sorting of a batch.
 */
#include "pb/pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- memory, errors, sorting ----------------------------------------------------------------- */

tern_code tn_pb_batch_no_memory(tn_pb_batch *b)
{
    return tern_error_set(b->err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                          "protobuf pool: no memory, or over its %zu bytes (memory_bytes)",
                          b->pool->opts.memory_bytes);
}

static void *take(tn_pb_batch *b, tern_arena *arena, size_t count, size_t size)
{
    void *p = count <= SIZE_MAX / 2 / size ? tern_arena_zalloc(arena, count * size) : NULL;
    if (!p)
        (void)tn_pb_batch_no_memory(b);
    return p;
}

void *tn_pb_batch_alloc(tn_pb_batch *b, size_t count, size_t size)
{
    return take(b, b->arena, count, size);
}

void *tn_pb_batch_scratch(tn_pb_batch *b, size_t count, size_t size)
{
    return take(b, b->scratch, count, size);
}

tern_code tn_pb_batch_bad(tn_pb_batch *b, const tn_pb_def_file *file, const char *element,
                          const char *format, ...)
{
    char text[320];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return tern_error_set(b->err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL, "%.160s: %.160s%s%s",
                          file->name, element, *element ? ": " : "", text);
}

static void sift(void **p, size_t root, size_t n, tn_pb_order *order)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && order(p[child], p[child + 1]) < 0)
            child++;
        if (order(p[root], p[child]) >= 0)
            return;
        void *held = p[root];
        p[root] = p[child];
        p[child] = held;
    }
}

void tn_pb_sort(void **p, size_t n, tn_pb_order *order)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(p, i, n, order);
    for (size_t i = n; i-- > 1;) {
        void *held = p[0];
        p[0] = p[i];
        p[i] = held;
        sift(p, 0, i, order);
    }
}

int tn_pb_by_bytes(const void *a, const void *b)
{
    const tern_str *x = a, *y = b;
    const size_t n = x->n < y->n ? x->n : y->n;
    const int order = n ? memcmp(x->p, y->p, n) : 0;
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* ---- names ----------------------------------------------------------------------------------- */

bool tn_pb_is_identifier(tern_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return s.n != 0;
}

size_t tn_pb_camel(char *out, tern_str name)
{
    size_t n = 0;
    bool upper = false;
    for (size_t i = 0; i < name.n; i++) {
        const char c = name.p[i];
        if (c != '_')
            out[n++] = upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        upper = c == '_';
    }
    return n;
}

const char *tn_pb_batch_join(tn_pb_batch *b, const char *scope, tern_str name)
{
    const tern_str around = tern_str_of(scope);
    const size_t before = around.n, dot = before != 0;
    char *p = tn_pb_batch_alloc(b, before + dot + name.n + 1, 1);
    if (!p)
        return NULL;
    memcpy(p, around.p, before);
    if (dot)
        p[before] = '.';
    if (name.n)
        memcpy(p + before + dot, name.p, name.n);
    return p;
}

static tern_code put_name(tn_pb_batch *b, tn_pb_def *def)
{
    if (!tn_strmap_put(&b->pool->names, tern_str_of(def->full_name), def))
        return tn_pb_batch_no_memory(b);
    def->staged = b->staged;
    b->staged = def;
    return TERN_OK;
}

static tern_code taken(tn_pb_batch *b, const tn_pb_def *def, const tn_pb_def *other)
{
    if (other->file == def->file)
        return tn_pb_batch_bad(b, def->file, def->full_name, "the name is there twice");
    return tn_pb_batch_bad(b, def->file, def->full_name, "%s has something of that name",
                           other->file->name);
}

tern_code tn_pb_batch_declare(tn_pb_batch *b, tn_pb_def *def, tern_pb_symbol_kind kind,
                              tn_pb_def_file *file, const char *scope, tern_str name)
{
    const tern_pb_pool *pool = b->pool;
    if (!tn_pb_is_identifier(name))
        return tn_pb_batch_bad(b, file, scope, "a name in it is no identifier");
    if (strlen(scope) + 1 + name.n > TN_PB_POOL_NAME_MAX)
        return tn_pb_batch_bad(b, file, scope, "a name in it is longer than %d bytes",
                               TN_PB_POOL_NAME_MAX);
    if (pool->declared + ++b->declared > pool->opts.max_names)
        return tern_error_set(b->err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "%s: the pool may hold no more than %u names (max_names)", file->name,
                              (unsigned)pool->opts.max_names);
    def->kind = kind;
    def->file = file;
    def->full_name = tn_pb_batch_join(b, scope, name);
    if (!def->full_name)
        return TERN_RESOURCE_EXHAUSTED;
    const tn_pb_def *other = tn_pb_pool_get(pool, tern_str_of(def->full_name));
    return other ? taken(b, def, other) : put_name(b, def);
}

/* The package of that name and all around it; they may be there. */
static tern_code declare_packages(tn_pb_batch *b, tn_pb_def_file *file, tern_str name)
{
    if (name.n > TN_PB_POOL_NAME_MAX)
        return tn_pb_batch_bad(b, file, "", "the package's name is longer than %d bytes",
                               TN_PB_POOL_NAME_MAX);
    for (size_t at = 0, parts = 0; at < name.n;) {
        if (++parts > TN_PB_POOL_PACKAGE_MAX)
            return tn_pb_batch_bad(b, file, "", "packages nest deeper than %d",
                                   TN_PB_POOL_PACKAGE_MAX);
        const char *dot = memchr(name.p + at, '.', name.n - at);
        const size_t end = dot ? (size_t)(dot - name.p) : name.n;
        if (!tn_pb_is_identifier((tern_str){ name.p + at, end - at }) || end + 1 == name.n)
            return tn_pb_batch_bad(b, file, "", "the package's name is none");
        tn_pb_def *there = tn_pb_pool_get(b->pool, (tern_str){ name.p, end });
        tn_pb_def_package *package = (tn_pb_def_package *)there;
        if (!there) {
            package = tn_pb_batch_alloc(b, 1, sizeof(*package));
            if (!package)
                return TERN_RESOURCE_EXHAUSTED;
            *package = (tn_pb_def_package){
                .def = { .kind = TERN_PB_SYMBOL_PACKAGE, .file = file },
                .parent = file->package,
            };
            package->def.full_name = tn_pb_batch_join(b, "", (tern_str){ name.p, end });
            if (!package->def.full_name)
                return TERN_RESOURCE_EXHAUSTED;
            TN_TRY(put_name(b, &package->def));
        } else if (there->kind != TERN_PB_SYMBOL_PACKAGE) {
            return tn_pb_batch_bad(b, file, "", "its package has the name of something in %s",
                                   there->file->name);
        }
        file->package = package;
        at = end + 1;
    }
    return TERN_OK;
}

/* ---- records --------------------------------------------------------------------------------- */

/* Appends to *end. */
static tern_code declare_enum(tn_pb_batch *b, tn_pb_def_file *file, tn_pb_def_message *parent,
                              const tn_pb_enum_proto *proto, tn_pb_def_enum ***end)
{
    tn_pb_def_enum *e = tn_pb_batch_alloc(b, 1, sizeof(*e));
    if (!e)
        return TERN_RESOURCE_EXHAUSTED;
    e->proto = proto;
    e->parent = parent;
    e->features = parent ? parent->features : file->features;
    **end = e;
    *end = &e->next;
    file->enum_count++;
    TN_TRY(tn_pb_batch_declare(b, &e->def, TERN_PB_SYMBOL_ENUM, file,
                               parent          ? parent->def.full_name
                               : file->package ? file->package->def.full_name
                                               : "",
                               proto->name));
    return tn_pb_enum_build(b, e);
}

static const char *json_name_of(tn_pb_batch *b, const tn_pb_field_proto *proto)
{
    if (proto->json_name.p)
        return tern_str_equal(proto->json_name, proto->name) ? "" : proto->json_name.p;
    char *p = tn_pb_batch_alloc(b, proto->name.n + 1, 1);
    return p && tn_pb_camel(p, proto->name) == proto->name.n ? "" : p;
}

/* What a field says by itself; kind is FIELD or EXTENSION. */
static tern_code declare_field(tn_pb_batch *b, tn_pb_def_file *file, tn_pb_def_field *f,
                               const tn_pb_field_proto *proto, tern_pb_symbol_kind kind,
                               const char *scope)
{
    f->proto = proto;
    TN_TRY(tn_pb_batch_declare(b, &f->def, kind, file, scope, proto->name));
    f->name = proto->name.p;
    f->json_name = json_name_of(b, proto);
    if (!f->json_name)
        return TERN_RESOURCE_EXHAUSTED;
    f->number = (uint32_t)proto->number;
    if (proto->number < 1)
        return tn_pb_batch_bad(b, file, f->def.full_name, "its number %d is not positive",
                               (int)proto->number);
    return TERN_OK;
}

static tern_code declare_extension(tn_pb_batch *b, tn_pb_def_file *file, tn_pb_def_message *scope,
                                   const tn_pb_field_proto *proto, tn_pb_def_extension ***end)
{
    tn_pb_def_extension *x = tn_pb_batch_alloc(b, 1, sizeof(*x));
    if (!x)
        return TERN_RESOURCE_EXHAUSTED;
    x->scope = scope;
    **end = x;
    *end = &x->next;
    file->extension_count++;
    return declare_field(b, file, &x->field, proto, TERN_PB_SYMBOL_EXTENSION,
                         scope           ? scope->def.full_name
                         : file->package ? file->package->def.full_name
                                         : "");
}

/* Puts the message into the list at *place, and makes *place the one behind it. */
static tern_code declare_message(tn_pb_batch *b, tn_pb_def_file *file, tn_pb_def_message *parent,
                                 const tn_pb_message_proto *proto, tn_pb_def_message ***place)
{
    tn_pb_def_message *m = tn_pb_batch_alloc(b, 1, sizeof(*m));
    if (!m)
        return TERN_RESOURCE_EXHAUSTED;
    m->proto = proto;
    m->parent = parent;
    m->depth = parent ? parent->depth + 1 : 1;
    m->map_entry = proto->options && proto->options->map_entry;
    m->message_set = proto->options && proto->options->message_set_wire_format;
    m->next = **place;
    **place = m;
    *place = &m->next;
    file->message_count++;
    TN_TRY(tn_pb_batch_declare(b, &m->def, TERN_PB_SYMBOL_MESSAGE, file,
                               parent          ? parent->def.full_name
                               : file->package ? file->package->def.full_name
                                               : "",
                               proto->name));
    if (m->depth > TN_PB_POOL_NEST_MAX)
        return tn_pb_batch_bad(b, file, m->def.full_name, "messages nest deeper than %d",
                               TN_PB_POOL_NEST_MAX);
    m->features = parent ? parent->features : file->features;
    const char *bad = tn_pb_features_state(&m->features, file->edition, TN_PB_FEATURES_OF_MESSAGE,
                                           proto->options ? proto->options->features : NULL);
    return bad ? tn_pb_batch_bad(b, file, m->def.full_name, "%s", bad) : TERN_OK;
}

static tern_code declare_oneofs(tn_pb_batch *b, tn_pb_def_message *m)
{
    m->oneofs = tn_pb_batch_alloc(b, m->proto->oneof_decl.n, sizeof(*m->oneofs));
    if (!m->oneofs)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < m->proto->oneof_decl.n; i++) {
        tn_pb_def_oneof *o = &m->oneofs[m->oneof_count++];
        o->proto = m->proto->oneof_decl.p[i];
        o->message = m;
        TN_TRY(tn_pb_batch_declare(b, &o->def, TERN_PB_SYMBOL_ONEOF, m->def.file, m->def.full_name,
                                   o->proto->name));
        tn_pb_features own = m->features;
        const char *bad =
            tn_pb_features_state(&own, m->def.file->edition, TN_PB_FEATURES_OF_OTHER,
                                 o->proto->options ? o->proto->options->features : NULL);
        if (bad)
            return tn_pb_batch_bad(b, m->def.file, o->def.full_name, "%s", bad);
    }
    return TERN_OK;
}

/* What stands in the message; messages nested in it join the list behind it. */
static tern_code declare_inside(tn_pb_batch *b, tn_pb_def_message *m, tn_pb_def_enum ***enums,
                                tn_pb_def_extension ***extensions)
{
    const tn_pb_message_proto *proto = m->proto;
    tn_pb_def_file *file = m->def.file;
    m->fields = tn_pb_batch_alloc(b, proto->field.n, sizeof(*m->fields));
    if (!m->fields)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < proto->field.n; i++) {
        tn_pb_def_field *f = &m->fields[m->field_count++];
        f->message = m;
        TN_TRY(
            declare_field(b, file, f, proto->field.p[i], TERN_PB_SYMBOL_FIELD, m->def.full_name));
    }
    TN_TRY(declare_oneofs(b, m));
    tn_pb_def_message **place = &m->next;
    for (size_t i = 0; i < proto->nested_type.n; i++)
        TN_TRY(declare_message(b, file, m, proto->nested_type.p[i], &place));
    for (size_t i = 0; i < proto->enum_type.n; i++)
        TN_TRY(declare_enum(b, file, m, proto->enum_type.p[i], enums));
    for (size_t i = 0; i < proto->extension.n; i++)
        TN_TRY(declare_extension(b, file, m, proto->extension.p[i], extensions));
    return tn_pb_message_judge(b, m);
}

static tern_code declare_service(tn_pb_batch *b, tn_pb_def_file *file, tern_pb_service *s,
                                 const google_protobuf_ServiceDescriptorProto *proto)
{
    tn_pb_def_service *def = tn_pb_batch_alloc(b, 1, sizeof(*def));
    tn_pb_def_method *methods = tn_pb_batch_alloc(b, proto->method.n, sizeof(*methods));
    tern_pb_method *made = tn_pb_batch_alloc(b, proto->method.n, sizeof(*made));
    if (!def || !methods || !made)
        return TERN_RESOURCE_EXHAUSTED;
    def->use = s;
    TN_TRY(tn_pb_batch_declare(b, &def->def, TERN_PB_SYMBOL_SERVICE, file,
                               file->package ? file->package->def.full_name : "", proto->name));
    *s = (tern_pb_service){ .name = proto->name.p,
                            .full_name = def->def.full_name,
                            .methods = made,
                            .method_count = proto->method.n,
                            .proto = proto };
    for (size_t i = 0; i < proto->method.n; i++) {
        const google_protobuf_MethodDescriptorProto *from = proto->method.p[i];
        methods[i].use = &made[i];
        TN_TRY(tn_pb_batch_declare(b, &methods[i].def, TERN_PB_SYMBOL_METHOD, file, s->full_name,
                                   from->name));
        made[i] = (tern_pb_method){ .name = from->name.p,
                                    .full_name = methods[i].def.full_name,
                                    .service = s,
                                    .client_streaming = from->client_streaming,
                                    .server_streaming = from->server_streaming,
                                    .proto = from };
    }
    return TERN_OK;
}

static tern_code declare_types(tn_pb_batch *b, tn_pb_def_file *file)
{
    const tn_pb_file_proto *proto = file->proto;
    tn_pb_def_message **place = &file->messages;
    tn_pb_def_enum **enums = &file->enums;
    tn_pb_def_extension **extensions = &file->extensions;
    for (size_t i = 0; i < proto->message_type.n; i++)
        TN_TRY(declare_message(b, file, NULL, proto->message_type.p[i], &place));
    for (size_t i = 0; i < proto->enum_type.n; i++)
        TN_TRY(declare_enum(b, file, NULL, proto->enum_type.p[i], &enums));
    for (size_t i = 0; i < proto->extension.n; i++)
        TN_TRY(declare_extension(b, file, NULL, proto->extension.p[i], &extensions));
    for (tn_pb_def_message *m = file->messages; m; m = m->next)
        TN_TRY(declare_inside(b, m, &enums, &extensions));
    return TERN_OK;
}

tern_code tn_pb_file_declare(tn_pb_batch *b, tn_pb_def_file *file)
{
    const tn_pb_file_proto *proto = file->proto;
    const char *bad = tn_pb_features_of_file(&file->features, proto);
    if (bad)
        return tn_pb_batch_bad(b, file, "", "%s", bad);
    file->edition = tn_pb_edition_of(proto);
    TN_TRY(declare_packages(b, file, proto->package));
    TN_TRY(declare_types(b, file));
    file->service_count = proto->service.n;
    file->services = tn_pb_batch_alloc(b, file->service_count, sizeof(*file->services));
    if (!file->services)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < file->service_count; i++)
        TN_TRY(declare_service(b, file, &file->services[i], proto->service.p[i]));
    return TERN_OK;
}
