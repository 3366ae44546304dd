/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members.c: the names of struct members: fields, oneofs, and the slots of a servicer.
 *
 * Within one struct a name that can stay stays; only then those that cannot get their `_`, and more
 * of them until the name is free. So adding a field never renames another that is no keyword.
 */
#include "compiler/gen.h"

/* The names of one struct or union; values mean nothing. */
typedef struct scope {
    tn_gen *g;
    tn_strmap taken;
} scope;

static bool taken(const scope *s, const char *name)
{
    return tn_strmap_get(&s->taken, tern_str_of(name)) != NULL;
}

static tern_code take(scope *s, const char *name)
{
    return tn_strmap_put(&s->taken, tern_str_of(name), s->g) ? TERN_OK : tn_gen_no_memory(s->g);
}

/* Keywords, macros of libc, and macros of ours. */
static bool never(const char *name)
{
    return tn_gen_reserved_word(name) ||
           (strncmp(name, "TERN_", 5) == 0 && name[strlen(name) - 1] != '_');
}

static tern_code take_with_underscore(scope *s, const char *wanted, const char **name)
{
    *name = wanted;
    while (*name && (taken(s, *name) || never(*name)))
        *name = tn_gen_text(s->g, "%s_", *name);
    return *name ? take(s, *name) : TERN_RESOURCE_EXHAUSTED;
}

/* Pass 0 names those that may keep their name, pass 1 the others. */
static tern_code name_one(scope *s, bool renaming, const char *wanted, const char **name)
{
    if (renaming)
        return *name ? TERN_OK : take_with_underscore(s, wanted, name);
    if (never(wanted) || taken(s, wanted))
        return TERN_OK;
    *name = wanted;
    return take(s, wanted);
}

/* A member must not be called like a type that the struct uses: C++ takes offence. */
static tern_code take_type_names(scope *s, const tn_gen_message *m)
{
    static const char *const ours[] = { "tern_str", "tern_bytes", "tern_pb_unknown", "size_t",
                                        "int32_t",  "int64_t",    "uint32_t",        "uint64_t" };
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        TN_TRY(take(s, ours[i]));
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_gen_field *f = &m->fields[i];
        if (f->sub)
            TN_TRY(take(s, f->sub->c_name));
        if (f->enumeration)
            TN_TRY(take(s, f->enumeration->c_name));
    }
    return TERN_OK;
}

static tern_code name_struct(scope *s, tn_gen_message *m)
{
    TN_TRY(take(s, "has_"));
    TN_TRY(take(s, "unknown_"));
    TN_TRY(take_type_names(s, m));
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < m->field_count; i++)
            if (!m->fields[i].oneof)
                TN_TRY(name_one(s, pass, m->fields[i].name, &m->fields[i].member));
        for (size_t i = 0; i < m->oneof_count; i++) {
            const char *wanted = tn_gen_text(s->g, "%.*s", TERN_FMT(m->oneofs[i].proto->name));
            if (!wanted)
                return TERN_RESOURCE_EXHAUSTED;
            if (!m->oneofs[i].synthetic)
                TN_TRY(name_one(s, pass, wanted, &m->oneofs[i].member));
        }
    }
    return TERN_OK;
}

static tern_code name_union(scope *s, tn_gen_message *m, const tn_gen_oneof *oneof)
{
    TN_TRY(take(s, "which"));
    TN_TRY(take_type_names(s, m));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < m->field_count; i++)
            if (m->fields[i].oneof == oneof)
                TN_TRY(name_one(s, pass, m->fields[i].name, &m->fields[i].member));
    return TERN_OK;
}

tern_code tn_gen_name_members(tn_gen *g, tn_gen_message *m)
{
    scope s = { g, { .env = g->env } };
    tern_code code = name_struct(&s, m);
    tn_strmap_free(&s.taken);
    for (size_t i = 0; i < m->oneof_count && code == TERN_OK; i++) {
        scope inner = { g, { .env = g->env } };
        if (!m->oneofs[i].synthetic)
            code = name_union(&inner, m, &m->oneofs[i]);
        tn_strmap_free(&inner.taken);
    }
    return code;
}

static tern_code take_method_types(scope *s, const tn_gen_method *method)
{
    const char *const names[] = { "tern_code", "tern_call", method->request->c_name,
                                  method->response->c_name, method->part[TN_GEN_SERVER] };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i])
            TN_TRY(take(s, names[i]));
    return TERN_OK;
}

static tern_code name_slots(scope *s, tn_gen_service *service)
{
    for (size_t i = 0; i < service->method_count; i++)
        TN_TRY(take_method_types(s, &service->methods[i]));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < service->method_count; i++)
            TN_TRY(name_one(s, pass, service->methods[i].name, &service->methods[i].slot));
    for (size_t i = 0; i < service->method_count; i++) {
        tn_gen_method *method = &service->methods[i];
        const char *wanted = tn_gen_text(s->g, "%s_inline", method->name);
        if (!wanted)
            return TERN_RESOURCE_EXHAUSTED;
        if (!method->client_streaming && !method->server_streaming)
            TN_TRY(take_with_underscore(s, wanted, &method->inline_slot));
    }
    return TERN_OK;
}

tern_code tn_gen_name_slots(tn_gen *g, tn_gen_service *service)
{
    scope s = { g, { .env = g->env } };
    const tern_code code = name_slots(&s, service);
    tn_strmap_free(&s.taken);
    return code;
}
