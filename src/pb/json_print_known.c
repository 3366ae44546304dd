/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_print_known.c: printing the well-known types that have a JSON form of their own.
 *
 * Their messages are reached through their tables, by field number: a pool's table serves as well as
 * the generated one, and one that only has the name is refused. What an Any holds is decoded into an
 * arena of the printer's own.
 */
#include "pb/json_print.h"
#include "pb/json_wkt.h"

#include <string.h>

static TN_JSON_RARE char *misshapen(tn_json_printer *j)
{
    return tn_json_print_fail(j, TERN_FAILED_PRECONDITION,
                              "not the well-known type that its name says");
}

static const void *at(const char *msg, const tern_pb_field *f)
{
    return msg + f->offset;
}

static TN_JSON_RARE char *put_time(tn_json_printer *j, char *p, const tern_pb_table *table,
                                   const char *msg)
{
    const tern_pb_field *seconds = tn_json_part(table, 1, TERN_PB_INT64);
    const tern_pb_field *nanos = tn_json_part(table, 2, TERN_PB_INT32);
    const char *what = "";
    if (!seconds || !nanos)
        return misshapen(j);
    const int64_t s = (int64_t) * (const tn_pb_u64 *)at(msg, seconds);
    const int32_t n = *(const tn_pb_i32 *)at(msg, nanos);
    *p++ = '"';
    p = table->kind == TERN_PB_TIMESTAMP ? tn_json_put_timestamp(p, s, n, &what)
                                         : tn_json_put_duration(p, s, n, &what);
    if (!p)
        return tn_json_print_bad(j, what);
    *p = '"';
    return p + 1;
}

static TN_JSON_RARE char *put_mask(tn_json_printer *j, char *p, const tern_pb_table *table,
                                   const char *msg)
{
    const tern_pb_field *f = tn_pb_find(table, 1);
    if (!f || f->op != TERN_PB_OP(TERN_PB_STRING, TERN_PB_REPEATED))
        return misshapen(j);
    const tn_pb_array *paths = at(msg, f);
    *p++ = '"';
    for (size_t i = 0; i < paths->n; i++) {
        const tn_pb_str *path = (const tn_pb_str *)(const void *)paths->p + i;
        p = tn_json_print_room(j, p, path->n + TN_JSON_ROOM);
        if (!p)
            return NULL;
        if (i)
            *p++ = ',';
        p = tn_json_put_path(p, path->p, path->n);
        if (!p)
            return tn_json_print_bad(j, "a path that has no form in JSON");
    }
    p = tn_json_print_room(j, p, TN_JSON_ROOM);
    if (!p)
        return NULL;
    *p = '"';
    return p + 1;
}

/* The parts of Struct and ListValue, or NULL. */
static const tern_pb_field *map_of(const tern_pb_table *table)
{
    const tern_pb_field *f = tn_pb_find(table, 1);
    return f && tn_pb_mode_of(f) == TERN_PB_MAP ? f : NULL;
}

static const tern_pb_field *list_of(const tern_pb_table *table)
{
    const tern_pb_field *f = tn_pb_find(table, 1);
    return f && f->op == TERN_PB_OP(TERN_PB_MESSAGE, TERN_PB_REPEATED) ? f : NULL;
}

static TN_JSON_APART char *open_struct(tn_json_printer *j, char *p, const tern_pb_table *table,
                                       const char *msg)
{
    const tern_pb_field *f = map_of(table);
    if (!f)
        return misshapen(j);
    return tn_json_print_push_map(j, table->subs[f->sub], at(msg, f)) ? p : NULL;
}

static TN_JSON_APART char *open_list(tn_json_printer *j, char *p, const tern_pb_table *table,
                                     const char *msg)
{
    const tern_pb_field *f = list_of(table);
    if (!f)
        return misshapen(j);
    return tn_json_print_push_array(j, table, f, at(msg, f), true) ? p : NULL;
}

static const tern_pb_field *set_member(const tern_pb_table *value, const char *msg)
{
    for (unsigned i = 0; i < value->field_count; i++) {
        const tern_pb_field *f = &value->fields[i];
        if (tn_pb_mode_of(f) == TERN_PB_ONEOF && *tn_pb_which_of(msg, f) == tn_pb_number_of(f))
            return f;
    }
    return NULL;
}

/* Value, when it is no message; else *inner and *inner_msg are what to go into. */
static TN_JSON_APART char *put_value(tn_json_printer *j, char *p, const tern_pb_table *table,
                                     const char *msg, const tern_pb_table **inner,
                                     const char **inner_msg)
{
    const tern_pb_field *f = set_member(table, msg);
    if (!f)
        return tn_json_print_bad(j, "a google.protobuf.Value that holds nothing");
    const tern_pb_type type = tn_pb_type_of(f);
    if (type == TERN_PB_MESSAGE) {
        *inner = table->subs[f->sub];
        *inner_msg = *(const tn_pb_ptr *)at(msg, f);
        return p;
    }
    if (type == TERN_PB_DOUBLE) {
        double v;
        memcpy(&v, at(msg, f), sizeof(v));
        if (v - v != 0)
            return tn_json_print_bad(j, "a google.protobuf.Value that is no finite number");
    }
    return tn_json_print_scalar(j, p, table, f, type, at(msg, f));
}

static TN_JSON_RARE char *put_wrapper(tn_json_printer *j, char *p, const tern_pb_table *table,
                                      const char *msg)
{
    const tern_pb_field *f = tn_pb_find(table, 1);
    if (!f || tn_pb_mode_of(f) > TERN_PB_ONEOF || tn_pb_type_of(f) == TERN_PB_MESSAGE)
        return misshapen(j);
    return tn_json_print_scalar(j, p, table, f, tn_pb_type_of(f), at(msg, f));
}

/* ---- Any ------------------------------------------------------------------------------------- */

/* The message of the Any's type that its value encodes, in scratch; NULL and the error. */
static TN_JSON_RARE char *any_message(tn_json_printer *j, const tern_pb_table *table,
                                      const tn_pb_str *value)
{
    tern_error why = { .code = TERN_OK };
    if (!j->scratch) {
        j->scratch = tern_arena_new(j->out.arena->env);
        if (!j->scratch)
            return tn_json_print_no_memory(j);
    }
    const size_t used = tern_arena_size(j->scratch);
    char *msg = used > TN_JSON_SCRATCH_MAX ? NULL : tern_pb_new(table, j->scratch);
    if (!msg)
        return tn_json_print_no_memory(j);
    const tern_pb_decode_opts opts = { .size = sizeof(opts),
                                       .partial = true,
                                       .memory_bytes = TN_JSON_SCRATCH_MAX,
                                       .registry = j->opts.registry };
    if (tern_pb_decode(table, msg, (tern_bytes){ (const uint8_t *)value->p, value->n }, j->scratch,
                       &opts, &why) != TERN_OK)
        return tn_json_print_fail(j, why.code, why.text);
    return msg;
}

/* Writes the beginning of an Any; *inner and *inner_msg are what to go into, if anything. */
static TN_JSON_RARE char *open_any(tn_json_printer *j, char *p, const tern_pb_table *table,
                                   const char *msg, const tern_pb_table **inner,
                                   const char **inner_msg)
{
    const tern_pb_field *url_field = tn_json_part(table, 1, TERN_PB_STRING);
    const tern_pb_field *value_field = tn_json_part(table, 2, TERN_PB_BYTES);
    if (!url_field || !value_field)
        return misshapen(j);
    const tn_pb_str *url = at(msg, url_field), *value = at(msg, value_field);
    if (!tn_json_print_push(
            j, (tn_json_print_frame){
                   .kind = TN_JSON_PRINT_TAIL, .counted = true, .sep = '{', .close = '}' }))
        return NULL;
    if (url->n == 0)
        return value->n ? tn_json_print_bad(j, "a google.protobuf.Any with a value and no type")
                        : p;
    const char *slash = memrchr(url->p, '/', url->n);
    const tern_str type = slash ? (tern_str){ slash + 1, url->n - (size_t)(slash + 1 - url->p) }
                                : (tern_str){ NULL, 0 };
    const tern_pb_table *of = slash ? tern_pb_registry_message(j->opts.registry, type) : NULL;
    if (!of)
        return tn_json_print_bad(j, "a google.protobuf.Any of a type that is not in the registry");
    p = tn_json_print_name_of(j, p, "@type");
    p = p ? tn_json_print_text(j, p, url->p, url->n) : NULL;
    const char *held = p ? any_message(j, of, value) : NULL;
    if (!held)
        return NULL;
    if (of->kind >= TERN_PB_ANY) {
        *inner = of;
        *inner_msg = held;
        return tn_json_print_name_of(j, p, "value");
    }
    /* Its members follow in the object that is open. */
    *j->top = (tn_json_print_frame){ .kind = TN_JSON_PRINT_MESSAGE,
                                     .counted = true,
                                     .sep = ',',
                                     .close = '}',
                                     .table = of,
                                     .base = held,
                                     .f = of->fields };
    return p;
}

char *tn_json_print_known(tn_json_printer *j, char *p, const tern_pb_table *table, const char *msg,
                          const tern_pb_table **inner, const char **inner_msg)
{
    switch ((tern_pb_kind)table->kind) {
    case TERN_PB_ANY: return open_any(j, p, table, msg, inner, inner_msg);
    case TERN_PB_TIMESTAMP:
    case TERN_PB_DURATION: return put_time(j, p, table, msg);
    case TERN_PB_FIELD_MASK: return put_mask(j, p, table, msg);
    case TERN_PB_STRUCT: return open_struct(j, p, table, msg);
    case TERN_PB_VALUE: return put_value(j, p, table, msg, inner, inner_msg);
    case TERN_PB_LIST_VALUE: return open_list(j, p, table, msg);
    case TERN_PB_WRAPPER: return put_wrapper(j, p, table, msg);
    default: return misshapen(j);
    }
}
