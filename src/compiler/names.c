/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c: the C name of every declaration.
 *
 * Names are flattened: dots become underscores, `prefix=` stands in front. Three kinds:
 *
 *   own      messages, enums, enum values and extensions. Two that become one C name are refused, for neither may
 *            give way. One that libc or the language has gets a `_` at its end.
 *   derived  functions, tables, constants and stubs: an own name with a suffix. One that is taken in
 *            the same file gets a `_` at its end; one taken by another file is refused, because that
 *            file may have been generated without knowing of this one.
 *   member   of a struct: renamed with `_` when it is a keyword or macro, or clashes with our own.
 *
 * Messages and enums of a file are named before its services, so that X.tern.h does not depend on
 * them.
 */
#include "compiler/gen.h"

typedef struct symbol {
    const tn_gen_file *file;
    const char *what;
} symbol;

static tern_code put_symbol(tn_gen *g, const tn_gen_file *file, const char *what, const char *name)
{
    symbol *s = tn_gen_alloc(g, 1, sizeof(*s));
    if (!s)
        return TERN_RESOURCE_EXHAUSTED;
    *s = (symbol){ file, what };
    return tn_strmap_put(&g->symbols, tern_str_of(name), s) ? TERN_OK : tn_gen_no_memory(g);
}

/* Files that are not generated keep their clashes for themselves. */
static tern_code refuse_clash(tn_gen *g, const tn_gen_file *file, const tn_gen_location *at,
                              const char *what, const char *name, const symbol *other)
{
    if (!file->generate && !other->file->generate)
        return TERN_OK;
    return tn_gen_refuse(g, file, at,
                         "%s and %s of %s both become the C name %s; rename one, or use "
                         "the option prefix=",
                         what, other->what, other->file->name, name);
}

static bool runtime_name(const char *name)
{
    return strncmp(name, "tern_", 5) == 0 || strncmp(name, "TERN_", 5) == 0 ||
           strncmp(name, "tn_", 3) == 0;
}

static tern_code own_name(tn_gen *g, const tn_gen_file *file, const tn_gen_location *at,
                          const char *what, const char *wanted, const char **name)
{
    *name = wanted;
    while (*name && tn_gen_reserved_global(*name))
        *name = tn_gen_text(g, "%s_", *name);
    if (!*name)
        return TERN_RESOURCE_EXHAUSTED;
    if (runtime_name(*name) && file->generate)
        return tn_gen_refuse(g, file, at,
                             "%s becomes the C name %s, and names that begin so belong "
                             "to the runtime; use the option prefix=",
                             what, *name);
    const symbol *other = tn_strmap_get(&g->symbols, tern_str_of(*name));
    return other ? refuse_clash(g, file, at, what, *name, other) : put_symbol(g, file, what, *name);
}

static tern_code derived_name(tn_gen *g, const tn_gen_file *file, const tn_gen_location *at,
                              const char *what, const char *wanted, const char **name)
{
    *name = wanted;
    const symbol *other = NULL;
    while (*name) {
        other = tn_strmap_get(&g->symbols, tern_str_of(*name));
        if (!tn_gen_reserved_global(*name) && !(other && other->file == file))
            break;
        *name = tn_gen_text(g, "%s_", *name);
    }
    if (!*name)
        return TERN_RESOURCE_EXHAUSTED;
    return other ? refuse_clash(g, file, at, what, *name, other) : put_symbol(g, file, what, *name);
}

/* "prefix" "shop.v1.Order" -> "prefixshop_v1_Order" */
static const char *flatten(tn_gen *g, const char *prefix, const char *full_name)
{
    char *name = tn_gen_alloc(g, strlen(prefix) + strlen(full_name) + 1, 1);
    if (!name)
        return NULL;
    size_t n = 0;
    for (const char *p = prefix; *p; p++)
        name[n++] = *p;
    for (const char *p = full_name; *p; p++)
        name[n++] = *p == '.' ? '_' : *p;
    return name;
}

/* ---- own names -------------------------------------------------------------------------------- */

static tern_code name_enum(tn_gen *g, tn_gen_enum *e)
{
    const char *wanted = flatten(g, e->file->prefix, e->full_name);
    const char *scope = flatten(g, e->file->prefix, e->scope);
    if (!wanted || !scope)
        return TERN_RESOURCE_EXHAUSTED;
    TN_TRY(own_name(g, e->file, e->at, e->full_name, wanted, &e->c_name));
    for (size_t i = 0; i < e->proto->value.n; i++) {
        const tern_str value = e->proto->value.p[i]->name;
        const char *what =
            tn_gen_text(g, "%s%s%.*s", e->scope, *e->scope ? "." : "", TERN_FMT(value));
        const char *name = tn_gen_text(g, "%s%s%.*s", scope, *e->scope ? "_" : "", TERN_FMT(value));
        if (!what || !name)
            return TERN_RESOURCE_EXHAUSTED;
        TN_TRY(own_name(g, e->file, e->value_at[i], what, name, &e->value_names[i]));
    }
    return TERN_OK;
}

static tern_code name_extension(tn_gen *g, const tn_gen_file *file, tn_gen_extension *x)
{
    const char *wanted = flatten(g, file->prefix, x->full_name);
    if (!wanted)
        return TERN_RESOURCE_EXHAUSTED;
    return own_name(g, file, x->at, x->full_name, wanted, &x->c_name);
}

static tern_code name_message(tn_gen *g, tn_gen_message *m)
{
    const char *wanted = flatten(g, m->file->prefix, m->full_name);
    if (!wanted)
        return TERN_RESOURCE_EXHAUSTED;
    return own_name(g, m->file, m->at, m->full_name, wanted, &m->c_name);
}

/* ---- names derived from messages -------------------------------------------------------------- */

static tern_code derive_part(tn_gen *g, tn_gen_message *m, tn_gen_part part)
{
    static const char *const suffix[TN_GEN_PARTS] = {
        "table", "new",   "decode", "encode", "size",  "merge",   "copy",
        "equal", "clear", "fields", "subs",   "names", "by_name", "enums",
    };
    const char *what = tn_gen_text(g, "the generated \"%s\" of %s", suffix[part], m->full_name);
    const char *wanted = tn_gen_text(g, "%s_%s", m->c_name, suffix[part]);
    if (!what || !wanted)
        return TERN_RESOURCE_EXHAUSTED;
    return derived_name(g, m->file, m->at, what, wanted, &m->part[part]);
}

/* Which accessors a field has, as bits. */
static uint32_t accessors_of(const tn_gen_field *f)
{
    const uint32_t presence = 1u << TN_GEN_HAS | 1u << TN_GEN_SET | 1u << TN_GEN_CLEAR |
                              (tn_gen_has_default(f) ? 1u << TN_GEN_GET : 0);
    switch (f->mode) {
    case TERN_PB_EXPLICIT: return f->sub ? 1u << TN_GEN_HAS : presence;
    case TERN_PB_ONEOF: return presence | 1u << TN_GEN_CASE;
    case TERN_PB_REPEATED:
    case TERN_PB_PACKED: return 1u << TN_GEN_ADD;
    case TERN_PB_MAP: return 1u << TN_GEN_GET | 1u << TN_GEN_PUT | 1u << TN_GEN_DELETE;
    case TERN_PB_IMPLICIT: break;
    }
    return 0;
}

static const char *const verbs[TN_GEN_ACCESSORS] = { "has", "set", "clear", "add",
                                                     "get", "put", "delete" };

static tern_code derive_accessors(tn_gen *g, tn_gen_field *f)
{
    const uint32_t wanted = accessors_of(f);
    const tn_gen_message *m = f->message;
    const char *what = tn_gen_text(g, "a generated function of %s.%s", m->full_name, f->name);
    if (!what)
        return TERN_RESOURCE_EXHAUSTED;
    for (uint32_t i = 0; i < TN_GEN_ACCESSORS; i++) {
        if (!(wanted & 1u << i))
            continue;
        const char *name =
            i == TN_GEN_CASE
                ? tn_gen_text(g, "%s_%.*s_%s", m->c_name, TERN_FMT(f->oneof->proto->name), f->name)
                : tn_gen_text(g, "%s_%s_%s", m->c_name, verbs[i], f->name);
        if (!name)
            return TERN_RESOURCE_EXHAUSTED;
        TN_TRY(derived_name(g, m->file, f->at, what, name, &f->accessor[i]));
    }
    return TERN_OK;
}

static tern_code derive_message(tn_gen *g, tn_gen_message *m)
{
    for (tn_gen_part part = 0; part < TN_GEN_FIELDS; part++)
        if (part == TN_GEN_TABLE || !m->map_entry)
            TN_TRY(derive_part(g, m, part));
    for (size_t i = 0; i < m->field_count && !m->map_entry; i++)
        TN_TRY(derive_accessors(g, &m->fields[i]));
    return TERN_OK;
}

/* Which functions an extension has, as bits. */
static uint32_t functions_of(const tn_gen_field *f)
{
    const uint32_t always = 1u << TN_GEN_HAS | 1u << TN_GEN_GET | 1u << TN_GEN_CLEAR;
    if (f->mode != TERN_PB_EXPLICIT)
        return always | 1u << TN_GEN_ADD;
    return always | (f->sub ? 1u << TN_GEN_PUT : 1u << TN_GEN_SET);
}

static tern_code derive_extension(tn_gen *g, const tn_gen_file *file, tn_gen_extension *x)
{
    tn_gen_field *f = &x->holder.fields[0];
    const uint32_t wanted = functions_of(f);
    const char *what = tn_gen_text(g, "a generated function of %s", x->full_name);
    const char *holder = tn_gen_text(g, "%s_holder", x->c_name);
    if (!what || !holder)
        return TERN_RESOURCE_EXHAUSTED;
    TN_TRY(derived_name(g, file, x->at, what, holder, &x->holder.c_name));
    for (uint32_t i = 0; i < TN_GEN_ACCESSORS; i++) {
        if (!(wanted & 1u << i))
            continue;
        const char *name = tn_gen_text(g, "%s_%s", x->c_name, verbs[i]);
        if (!name)
            return TERN_RESOURCE_EXHAUSTED;
        TN_TRY(derived_name(g, file, x->at, what, name, &f->accessor[i]));
    }
    return TERN_OK;
}

/* What is static gives way to what is not: it is named last. */
static tern_code derive_message_statics(tn_gen *g, tn_gen_message *m)
{
    for (tn_gen_part part = m->holder ? TN_GEN_TABLE : TN_GEN_FIELDS; part < TN_GEN_PARTS; part++)
        if (part == TN_GEN_TABLE || part >= TN_GEN_FIELDS)
            TN_TRY(derive_part(g, m, part));
    return TERN_OK;
}

/* ---- names derived from enums and files ------------------------------------------------------- */

static tern_code derive_enum(tn_gen *g, tn_gen_enum *e, tn_gen_enum_part from, tn_gen_enum_part to)
{
    static const char *const suffix[TN_GEN_ENUM_PARTS] = { "enum", "values", "names", "by_name" };
    for (tn_gen_enum_part part = from; part < to; part++) {
        const char *what = tn_gen_text(g, "the generated \"%s\" of %s", suffix[part], e->full_name);
        const char *wanted = tn_gen_text(g, "%s_%s", e->c_name, suffix[part]);
        if (!what || !wanted)
            return TERN_RESOURCE_EXHAUSTED;
        TN_TRY(derived_name(g, e->file, e->at, what, wanted, &e->part[part]));
    }
    return TERN_OK;
}

/* "shop/v1/order" -> "shop_v1_order_file", the prefix in front. */
static tern_code derive_file(tn_gen *g, tn_gen_file *file, tn_gen_file_part from,
                             tn_gen_file_part to)
{
    static const char *const suffix[TN_GEN_FILE_PARTS] = {
        "file", "file_imports", "file_messages", "file_enums", "file_extensions", "file_descriptor"
    };
    const size_t n = strlen(file->name), ending = sizeof(".proto") - 1;
    const size_t cut = n > ending && strcmp(file->name + n - ending, ".proto") == 0 ? ending : 0;
    if (g->refused)
        return TERN_OK; /* two files of one guard clash once more here */
    char *stem = tn_gen_alloc(g, n + 1, 1);
    if (!stem)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n - cut; i++) {
        const char c = file->name[i];
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        stem[i] = letter || (c >= '0' && c <= '9') ? c : '_';
    }
    const bool digit = stem[0] >= '0' && stem[0] <= '9' && !*file->prefix;
    for (tn_gen_file_part part = from; part < to; part++) {
        const char *wanted =
            tn_gen_text(g, "%s%s%s_%s", file->prefix, digit ? "p" : "", stem, suffix[part]);
        if (wanted && runtime_name(wanted))
            wanted = tn_gen_text(g, "%s_", wanted);
        if (!wanted)
            return TERN_RESOURCE_EXHAUSTED;
        TN_TRY(derived_name(g, file, NULL, "the generated description", wanted, &file->part[part]));
    }
    return TERN_OK;
}

/* ---- names derived from services -------------------------------------------------------------- */

static tern_code derive_method(tn_gen *g, const tn_gen_service *s, tn_gen_method *method)
{
    static const char *const suffix[TN_GEN_METHOD_PARTS] = {
        [TN_GEN_STUB] = "",
        [TN_GEN_INVOKE] = "_invoke",
        [TN_GEN_SERVER] = "_server",
        [TN_GEN_SERVER_SEND] = "_server_send",
        [TN_GEN_CLIENT] = "_client",
        [TN_GEN_CLIENT_RECV] = "_client_recv",
        [TN_GEN_CLIENT_CALL] = "_client_call",
        [TN_GEN_CLIENT_CLOSE] = "_client_close",
    };
    const char *what = tn_gen_text(g, "the method %s.%s", s->full_name, method->name);
    if (!what)
        return TERN_RESOURCE_EXHAUSTED;
    for (tn_gen_method_part part = TN_GEN_INVOKE; part < TN_GEN_METHOD_PARTS; part++) {
        const char *wanted = tn_gen_text(g, "%s_%s%s", s->c_name, method->name, suffix[part]);
        if (!wanted)
            return TERN_RESOURCE_EXHAUSTED;
        if (part == TN_GEN_INVOKE || method->server_streaming || method->client_streaming)
            TN_TRY(derived_name(g, s->file, method->at, what, wanted, &method->part[part]));
    }
    return TERN_OK;
}

static tern_code derive_service(tn_gen *g, tn_gen_service *s)
{
    static const char *const suffix[TN_GEN_SERVICE_PARTS] = { "impl", "register", "service",
                                                              "methods" };
    s->c_name = flatten(g, s->file->prefix, s->full_name);
    if (!s->c_name)
        return TERN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < s->method_count; i++) {
        tn_gen_method *method = &s->methods[i];
        const char *what = tn_gen_text(g, "the method %s.%s", s->full_name, method->name);
        const char *wanted = tn_gen_text(g, "%s_%s", s->c_name, method->name);
        if (!what || !wanted)
            return TERN_RESOURCE_EXHAUSTED;
        TN_TRY(derived_name(g, s->file, method->at, what, wanted, &method->part[TN_GEN_STUB]));
    }
    for (tn_gen_service_part part = 0; part < TN_GEN_SERVICE_PARTS; part++) {
        const char *what = tn_gen_text(g, "the service %s", s->full_name);
        const char *wanted = tn_gen_text(g, "%s_%s", s->c_name, suffix[part]);
        if (!what || !wanted)
            return TERN_RESOURCE_EXHAUSTED;
        TN_TRY(derived_name(g, s->file, s->at, what, wanted, &s->part[part]));
    }
    for (size_t i = 0; i < s->method_count; i++)
        TN_TRY(derive_method(g, s, &s->methods[i]));
    return TERN_OK;
}

/* ---- everything ------------------------------------------------------------------------------- */

/* The holder's member is called `value`, whatever the extension is called. */
static tern_code name_holder(tn_gen *g, tn_gen_extension *x)
{
    tn_gen_field *f = &x->holder.fields[0];
    const char *name = f->name;
    f->name = "value";
    const tern_code code = tn_gen_name_members(g, &x->holder);
    f->name = name;
    return code;
}

/* The well-known types are compiled into the library: their names never change. */
bool tn_gen_well_known(const char *name)
{
    static const char *const files[] = {
        "google/protobuf/any",
        "google/protobuf/api",
        "google/protobuf/descriptor",
        "google/protobuf/duration",
        "google/protobuf/empty",
        "google/protobuf/field_mask",
        "google/protobuf/source_context",
        "google/protobuf/struct",
        "google/protobuf/timestamp",
        "google/protobuf/type",
        "google/protobuf/wrappers",
        "google/rpc/code",
        "google/rpc/error_details",
        "google/rpc/status",
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (strncmp(name, files[i], strlen(files[i])) == 0 &&
            strcmp(name + strlen(files[i]), ".proto") == 0)
            return true;
    return false;
}

/* Two files with one include guard would hide each other. */
static tern_code name_guard(tn_gen *g, tn_gen_file *file)
{
    char *guard = tn_gen_alloc(g, strlen(file->prefix) + strlen(file->stem) + 2, 1);
    if (!guard)
        return TERN_RESOURCE_EXHAUSTED;
    const char *const parts[] = { file->prefix, file->stem };
    size_t n = 0;
    for (size_t i = 0; i < 2; i++)
        for (const char *p = parts[i]; *p; p++) {
            const bool upper = *p >= 'A' && *p <= 'Z', lower = *p >= 'a' && *p <= 'z';
            const bool digit = *p >= '0' && *p <= '9';
            if (!n && digit)
                guard[n++] = 'P';
            guard[n++] = upper || digit ? *p : lower ? (char)(*p - 'a' + 'A') : '_';
        }
    file->guard = guard;
    const char *name = tn_gen_text(g, "%s_TERN_H", guard);
    const symbol *other = name ? tn_strmap_get(&g->symbols, tern_str_of(name)) : NULL;
    if (other)
        return refuse_clash(g, file, NULL, "the include guard", name, other);
    return name ? put_symbol(g, file, "the include guard", name) : TERN_RESOURCE_EXHAUSTED;
}

static tern_code name_file(tn_gen *g, tn_gen_file *file)
{
    file->prefix = tn_gen_well_known(file->name) ? "" : g->options.prefix;
    TN_TRY(name_guard(g, file));
    for (tn_gen_message *m = file->messages; m; m = m->next)
        TN_TRY(name_message(g, m));
    for (tn_gen_enum *e = file->enums; e; e = e->next)
        TN_TRY(name_enum(g, e));
    for (tn_gen_extension *x = file->extensions; x; x = x->next)
        TN_TRY(name_extension(g, file, x));
    for (tn_gen_message *m = file->messages; m; m = m->next)
        TN_TRY(derive_message(g, m));
    for (tn_gen_extension *x = file->extensions; x; x = x->next)
        TN_TRY(derive_extension(g, file, x));
    for (tn_gen_enum *e = file->enums; e; e = e->next)
        TN_TRY(derive_enum(g, e, TN_GEN_ENUM_TABLE, TN_GEN_ENUM_VALUES));
    TN_TRY(derive_file(g, file, TN_GEN_FILE, TN_GEN_FILE_IMPORTS));
    for (tn_gen_message *m = file->messages; m; m = m->next)
        TN_TRY(derive_message_statics(g, m));
    for (tn_gen_extension *x = file->extensions; x; x = x->next)
        TN_TRY(derive_message_statics(g, &x->holder));
    for (tn_gen_enum *e = file->enums; e; e = e->next)
        TN_TRY(derive_enum(g, e, TN_GEN_ENUM_VALUES, TN_GEN_ENUM_PARTS));
    TN_TRY(derive_file(g, file, TN_GEN_FILE_IMPORTS, TN_GEN_FILE_PARTS));
    for (tn_gen_message *m = file->messages; m; m = m->next)
        TN_TRY(tn_gen_name_members(g, m));
    for (tn_gen_extension *x = file->extensions; x; x = x->next)
        TN_TRY(name_holder(g, x));
    for (size_t i = 0; i < file->service_count && !g->options.messages_only; i++) {
        TN_TRY(derive_service(g, &file->services[i]));
        TN_TRY(tn_gen_name_slots(g, &file->services[i]));
    }
    return TERN_OK;
}

tern_code tn_gen_name_all(tn_gen *g)
{
    for (size_t i = 0; i < g->file_count; i++)
        TN_TRY(name_file(g, &g->files[i]));
    return TERN_OK;
}
