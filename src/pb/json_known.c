/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_known.c: parsing the well-known types that have a JSON form of their own.
 *
 * Their messages are reached through their tables, by field number: a pool's table serves as well as
 * the generated one, and one that only has the name is refused.
 * An Any is opened when its type is known, so "@type" is looked for first, wherever it stands; then its
 * members are parsed as those of its message, which is encoded when the braces close.
 */
#include "pb/json_parse.h"
#include "pb/json_wkt.h"

#include <stdio.h>
#include <string.h>

static TN_JSON_RARE char *misshapen(tn_json_parser *j, const char *p)
{
    return tn_json_fail(j, TERN_FAILED_PRECONDITION, p,
                        "not the well-known type that its name says");
}

/* ---- one string ------------------------------------------------------------------------------ */

static TN_JSON_RARE char *take_time(tn_json_parser *j, char *p, const tern_pb_table *table,
                                    char *msg)
{
    const tern_pb_field *seconds = tn_json_part(table, 1, TERN_PB_INT64);
    const tern_pb_field *nanos = tn_json_part(table, 2, TERN_PB_INT32);
    const bool stamp = table->kind == TERN_PB_TIMESTAMP;
    tn_pb_str s;
    int64_t whole;
    int32_t part;
    if (!seconds || !nanos)
        return misshapen(j, p);
    char *next = tn_json_string(&j->r, p, &s);
    if (!next)
        return NULL;
    if (!(stamp ? tn_json_timestamp : tn_json_duration)(s.p, s.n, &whole, &part))
        return tn_json_bad(j, p,
                           stamp ? "is not a time as RFC 3339 has it, from year 1 to 9999"
                                 : "is not a number of seconds with an s, or out of range");
    *(tn_pb_u64 *)(void *)(msg + seconds->offset) = (uint64_t)whole;
    *(tn_pb_i32 *)(void *)(msg + nanos->offset) = part;
    tn_json_set(table, seconds, msg);
    tn_json_set(table, nanos, msg);
    return next;
}

/* One path, of n characters at s, behind those that paths has. False: *bad says whether it is its fault. */
static TN_JSON_RARE bool take_path(tn_json_parser *j, tn_pb_array *paths, const char *s, size_t n,
                                   bool *bad)
{
    *bad = false;
    char *own = tn_pb_take(&j->mem, 2 * n + 1);
    if (!own || !tn_pb_reserve(&j->mem, paths, 1, sizeof(tn_pb_str)))
        return false;
    char *end = tn_json_path(own, s, n);
    *bad = !end;
    if (!end)
        return false;
    *end = '\0';
    ((tn_pb_str *)(void *)paths->p)[paths->n++] = (tn_pb_str){ own, (size_t)(end - own) };
    return true;
}

static TN_JSON_RARE char *take_mask(tn_json_parser *j, char *p, const tern_pb_table *table,
                                    char *msg)
{
    const tern_pb_field *f = tn_pb_find(table, 1);
    tn_pb_str s;
    if (!f || f->op != TERN_PB_OP(TERN_PB_STRING, TERN_PB_REPEATED))
        return misshapen(j, p);
    char *next = tn_json_string(&j->r, p, &s);
    if (!next)
        return NULL;
    tn_pb_array *paths = (tn_pb_array *)(void *)(msg + f->offset);
    for (const char *at = s.p, *const end = s.p + s.n; s.n && at <= end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *const stop = comma ? comma : end;
        bool bad;
        if (!take_path(j, paths, at, (size_t)(stop - at), &bad))
            return bad ? tn_json_bad(j, p, "is not paths in lowerCamelCase")
                       : tn_json_no_memory(j, p);
        at = stop + 1;
    }
    return next;
}

/* ---- Struct, Value, ListValue ---------------------------------------------------------------- */

static TN_JSON_APART char *open_struct(tn_json_parser *j, char *p, const tern_pb_table *table,
                                       char *msg)
{
    const tern_pb_field *f = tn_pb_find(table, 1);
    if (!f || tn_pb_mode_of(f) != TERN_PB_MAP)
        return misshapen(j, p);
    if (*p != '{')
        return tn_json_bad(j, p, "is not an object");
    char *map = msg + f->offset;
    const tn_json_frame fresh = { .kind = TN_JSON_MAP,
                                  .counted = true,
                                  .msg = map,
                                  .at = j->names,
                                  .table = table->subs[f->sub],
                                  .old = ((tn_pb_map *)(void *)map)->n };
    return tn_json_push(j, p, fresh) ? p + 1 : NULL;
}

static TN_JSON_APART char *open_list(tn_json_parser *j, char *p, const tern_pb_table *table,
                                     char *msg)
{
    const tern_pb_field *f = tn_pb_find(table, 1);
    if (!f || f->op != TERN_PB_OP(TERN_PB_MESSAGE, TERN_PB_REPEATED))
        return misshapen(j, p);
    if (*p != '[')
        return tn_json_bad(j, p, "is not an array");
    const tn_json_frame fresh = { .kind = TN_JSON_ARRAY,
                                  .counted = true,
                                  .msg = msg + f->offset,
                                  .at = j->names,
                                  .table = table,
                                  .f = f };
    return tn_json_push(j, p, fresh) ? p + 1 : NULL;
}

/* The member of Value that holds what begins with c, and its type. */
static uint32_t member_for(char c, tern_pb_type *type)
{
    switch (c) {
    case 'n': *type = TERN_PB_ENUM; return 1;
    case '"': *type = TERN_PB_STRING; return 3;
    case 't':
    case 'f': *type = TERN_PB_BOOL; return 4;
    case '{': *type = TERN_PB_MESSAGE; return 5;
    case '[': *type = TERN_PB_MESSAGE; return 6;
    default: *type = TERN_PB_DOUBLE; return 2;
    }
}

static TN_JSON_APART char *open_value(tn_json_parser *j, char *p, const tern_pb_table *table,
                                      char *msg)
{
    tern_pb_type type;
    const uint32_t number = member_for(*p, &type);
    const tern_pb_field *f = tn_json_part(table, number, type);
    if (!f || tn_pb_mode_of(f) != TERN_PB_ONEOF)
        return misshapen(j, p);
    if (type == TERN_PB_MESSAGE) {
        const tern_pb_table *sub = table->subs[f->sub];
        char *inner = tn_json_need_message(j, table, f, msg);
        if (!inner)
            return tn_json_no_memory(j, p);
        return number == 5 ? open_struct(j, p, sub, inner) : open_list(j, p, sub, inner);
    }
    uint64_t fresh[2] = { 0, 0 };
    if (type != TERN_PB_ENUM)
        p = tn_json_scalar(j, p, table, f, fresh, j->names);
    else
        p = tn_json_word(p, "null", 4) ? p + 4 : tn_json_bad(j, p, "is no JSON value");
    if (!p)
        return NULL;
    memcpy(msg + f->offset, fresh, tn_pb_type_size(type));
    tn_json_set(table, f, msg);
    return p;
}

static TN_JSON_RARE char *take_wrapped(tn_json_parser *j, char *p, const tern_pb_table *table,
                                       char *msg)
{
    const tern_pb_field *f = tn_pb_find(table, 1);
    if (!f || tn_pb_mode_of(f) > TERN_PB_EXPLICIT || tn_pb_type_of(f) == TERN_PB_MESSAGE)
        return misshapen(j, p);
    p = tn_json_scalar(j, p, table, f, msg + f->offset, j->names);
    if (p)
        tn_json_set(table, f, msg);
    return p;
}

/* ---- Any ------------------------------------------------------------------------------------- */

/* Is the string [p, end), with its quotes, "@type", however it is escaped? */
static TN_JSON_RARE bool is_type_name(const char *p, const char *end)
{
    tn_json_reader quiet = { .end = end };
    char raw[40 + TN_JSON_SLACK], name[40];
    const size_t size = (size_t)(end - p);
    size_t n;
    if (size > 5 * 6 + 2)
        return false;
    memcpy(raw, p, size);
    memset(raw + size, 0, sizeof(raw) - size);
    return tn_json_string_copy(&quiet, raw, name, &n) && n == 5 && memcmp(name, "@type", 5) == 0;
}

/* Looks through the members from p on, the text stays as it is; the value of "@type". */
static TN_JSON_RARE char *find_type(tn_json_parser *j, char *p)
{
    for (;;) {
        char *const name = tn_json_space(p);
        p = tn_json_skip_string(&j->r, name);
        if (!p)
            return NULL;
        const bool found = is_type_name(name, p);
        p = tn_json_space(p);
        if (*p != ':')
            return tn_json_bad(j, p, "a colon is wanted here");
        p = tn_json_space(p + 1);
        if (found)
            return p;
        p = tn_json_skip(&j->r, p, j->opts.max_depth - j->depth + 1);
        if (!p)
            return NULL;
        p = tn_json_space(p);
        if (*p == '}')
            return tn_json_bad(j, name, "an Any without \"@type\"");
        if (*p != ',')
            return tn_json_bad(j, p, "a comma or a closing bracket is wanted here");
        p++;
    }
}

/* The URL at p, a copy, and the table of its type. */
static TN_JSON_RARE bool read_type(tn_json_parser *j, char *p, tn_json_any *any)
{
    size_t n;
    char *const end = tn_json_skip_string(&j->r, p);
    if (!end)
        return false;
    char *own = tn_pb_take(&j->mem, (size_t)(end - p));
    if (!own) {
        (void)tn_json_no_memory(j, p);
        return false;
    }
    (void)tn_json_string_copy(&j->r, p, own, &n);
    own[n] = '\0';
    any->url = (tern_str){ own, n };
    const char *slash = n ? memrchr(own, '/', n) : NULL;
    any->inner =
        slash ? tern_pb_registry_message(j->opts.registry,
                                         (tern_str){ slash + 1, n - (size_t)(slash + 1 - own) })
              : NULL;
    if (!any->inner)
        (void)tn_json_bad(j, p,
                          slash ? "\"@type\" is of a type that is not in the registry"
                                : "\"@type\" is not a URL with a type behind its last slash");
    return any->inner != NULL;
}

static TN_JSON_RARE char *open_any(tn_json_parser *j, char *p, const tern_pb_table *table,
                                   char *msg)
{
    if (!tn_json_part(table, 1, TERN_PB_STRING) || !tn_json_part(table, 2, TERN_PB_BYTES))
        return misshapen(j, p);
    if (*p != '{')
        return tn_json_bad(j, p, "is not an object");
    char *first = tn_json_space(p + 1);
    if (*first == '}')
        return j->depth <= j->opts.max_depth ? first + 1 : tn_json_bad(j, p, tn_json_too_deep);
    char *type = find_type(j, first);
    tn_json_any *any = type ? tn_pb_take(&j->mem, sizeof(*any)) : NULL;
    if (!type)
        return NULL;
    if (!any)
        return tn_json_no_memory(j, p);
    *any = (tn_json_any){ .table = table, .msg = msg };
    if (!read_type(j, type, any))
        return NULL;
    any->held = tn_pb_take_message(&j->mem, any->inner);
    if (!any->held)
        return tn_json_no_memory(j, p);
    if (any->inner->kind < TERN_PB_ANY)
        return tn_json_push_message(j, p, any->inner, any->held, j->names, any) ? p + 1 : NULL;
    const tn_json_frame fresh = { .kind = TN_JSON_ANY_VALUE,
                                  .counted = true,
                                  .table = table,
                                  .msg = msg,
                                  .any = any,
                                  .seen = j->seen_n };
    return tn_json_push(j, p, fresh) ? p + 1 : NULL;
}

TN_JSON_RARE char *tn_json_any_type(tn_json_parser *j, char *p, const char *at, tn_json_any *any)
{
    if (any->has_type)
        return tn_json_bad(j, at, "\"@type\" stands there twice");
    any->has_type = true;
    return p;
}

TN_JSON_RARE char *tn_json_any_members(tn_json_parser *j, char *p, tn_json_frame *top)
{
    tn_json_any *any = top->any;
    for (;;) {
        bool more;
        tn_pb_str name;
        j->table = any->table;
        j->field = NULL;
        p = tn_json_step(j, p, '}', &more);
        if (!p)
            return NULL;
        if (!more) {
            tn_json_pop(j);
            return any->has_value ? tn_json_end_any(j, p, any)
                                  : tn_json_bad(j, p - 1, "an Any of this type without \"value\"");
        }
        char *const at = p;
        p = tn_json_string(&j->r, p, &name);
        if (!p)
            return NULL;
        p = tn_json_space(p);
        if (*p != ':')
            return tn_json_bad(j, p, "a colon is wanted here");
        p = tn_json_space(p + 1);
        const tern_str s = { name.p, name.n };
        if (tern_str_equal(s, TERN_STR("value"))) {
            if (any->has_value)
                return tn_json_bad(j, at, "\"value\" stands there twice");
            any->has_value = true;
            p = tn_json_open(j, p, any->inner, any->held, j->names);
            if (!p || j->top != top)
                return p;
            continue;
        }
        if (tern_str_equal(s, TERN_STR("@type")))
            p = tn_json_any_type(j, p, at, any);
        else if (!j->opts.ignore_unknown)
            return tn_json_bad(j, at, "an Any of this type has \"@type\" and \"value\" alone");
        p = p ? tn_json_skip(&j->r, p, j->opts.max_depth - j->depth + 1) : NULL;
        if (!p)
            return NULL;
    }
}

TN_JSON_RARE char *tn_json_end_any(tn_json_parser *j, char *p, const tn_json_any *any)
{
    const tern_pb_field *url = tn_json_part(any->table, 1, TERN_PB_STRING);
    const tern_pb_field *value = tn_json_part(any->table, 2, TERN_PB_BYTES);
    tern_error why = { .code = TERN_OK };
    tern_bytes out;
    j->table = any->table;
    j->field = value;
    const tern_pb_encode_opts opts = { .size = sizeof(opts), .partial = true };
    if (tern_pb_encode_with(any->inner, any->held, j->mem.arena, &opts, &out, &why) != TERN_OK) {
        (void)snprintf(j->said, sizeof(j->said), "%.180s", why.text);
        return tn_json_fail(j, why.code, p - 1, j->said);
    }
    if (!tn_pb_spend(&j->mem, out.n))
        return tn_json_no_memory(j, p);
    *(tn_pb_str *)(void *)(any->msg + url->offset) = (tn_pb_str){ any->url.p, any->url.n };
    *(tn_pb_str *)(void *)(any->msg + value->offset) =
        out.n ? (tn_pb_str){ (const char *)out.p, out.n } : (tn_pb_str){ "", 0 };
    tn_json_set(any->table, url, any->msg);
    tn_json_set(any->table, value, any->msg);
    return p;
}

char *tn_json_open_known(tn_json_parser *j, char *p, const tern_pb_table *table, char *msg,
                         tn_json_name *at)
{
    switch ((tern_pb_kind)table->kind) {
    case TERN_PB_ANY: return open_any(j, p, table, msg);
    case TERN_PB_TIMESTAMP:
    case TERN_PB_DURATION: return take_time(j, p, table, msg);
    case TERN_PB_FIELD_MASK: return take_mask(j, p, table, msg);
    case TERN_PB_STRUCT: return open_struct(j, p, table, msg);
    case TERN_PB_VALUE: return open_value(j, p, table, msg);
    case TERN_PB_LIST_VALUE: return open_list(j, p, table, msg);
    case TERN_PB_WRAPPER: return take_wrapped(j, p, table, msg);
    default: (void)at; return misshapen(j, p);
    }
}
