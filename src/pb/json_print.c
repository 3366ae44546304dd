/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_print.c: structs to JSON, by the tables, without recursion.
 *
 * A frame is an object or array that is not closed yet: a message, a map, a repeated field of messages. What
 * holds no messages is written in one go. The place to write to travels through the functions as p; one
 * that gives NULL back has failed, and the error is set.
 * Names are written from a cache of `,"name":` by field: two copies of 16 bytes instead of a search for
 * the JSON name and its end. The comma is then replaced by what belongs there.
 *
 * Invariant: depth counts the frames of objects, and of the arrays of ListValue. One thread at a time.
 */
#include "pb/json_print.h"
#include "base/double.h"
#include "base/options.h"
#include "pb/extension.h"
#include "pb/map.h"
#include "pb/names.h"

#include <string.h>

enum { INDENT_MAX = 16 };

/* ---- errors ---------------------------------------------------------------------------------- */

TN_JSON_RARE char *tn_json_print_fail(tn_json_printer *j, tern_code code, const char *what)
{
    const char *field = j->field ? tn_pb_name_of(j->table, j->field) : "";
    const bool holder = j->field && *field == '\0';
    if (!j->code)
        j->code = tern_error_set(j->err, code, TERN_ORIGIN_LOCAL, "%s%s%s: %s", j->table->full_name,
                                 j->field && !holder ? "." : "", field, what);
    return NULL;
}

TN_JSON_RARE char *tn_json_print_bad(tn_json_printer *j, const char *what)
{
    return tn_json_print_fail(j, TERN_INVALID_ARGUMENT, what);
}

TN_JSON_RARE char *tn_json_print_no_memory(tn_json_printer *j)
{
    return tn_json_print_fail(j, TERN_RESOURCE_EXHAUSTED, "no memory");
}

/* ---- scalars --------------------------------------------------------------------------------- */

TN_JSON_APART char *tn_json_print_text(tn_json_printer *j, char *p, const char *s, size_t n)
{
    bool invalid = false;
    p = tn_json_put_string(&j->out, p, s, n, &invalid);
    if (TN_UNLIKELY(!p))
        return tn_json_print_no_memory(j);
    return TN_LIKELY(!invalid) ? p : tn_json_print_bad(j, "a string that is not UTF-8");
}

static char *put_i64(char *p, int64_t v)
{
    if (v < 0)
        *p++ = '-';
    return tn_u64_write(p, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* Not a number: NULL when v is one. */
static char *put_not_finite(char *p, double v)
{
    if (v - v == 0)
        return NULL;
    if (v != v)
        return tn_json_put(p, "\"NaN\"", 5);
    return v > 0 ? tn_json_put(p, "\"Infinity\"", 10) : tn_json_put(p, "\"-Infinity\"", 11);
}

static TN_JSON_APART char *put_real(char *p, tern_pb_type type, const void *value)
{
    double v;
    float f = 0;
    if (type == TERN_PB_FLOAT)
        memcpy(&f, value, sizeof(f)), v = (double)f;
    else
        memcpy(&v, value, sizeof(v));
    char *other = put_not_finite(p, v);
    if (other)
        return other;
    return p + (type == TERN_PB_FLOAT ? tn_float_write(p, f) : tn_double_write(p, v));
}

static TN_JSON_APART char *put_enum(tn_json_printer *j, char *p, const tern_pb_enum *e,
                                    int32_t number)
{
    if (e->flags & TERN_PB_NULL_VALUE)
        return tn_json_put(p, "null", 4);
    const tern_pb_enum_value *value = j->opts.enum_numbers ? NULL : tn_pb_enum_find(e, number);
    if (!value)
        return put_i64(p, number);
    const char *text = e->names + value->name;
    const size_t n = strlen(text);
    p = tn_json_print_room(j, p, n + TN_JSON_ROOM);
    if (TN_UNLIKELY(!p))
        return NULL;
    *p++ = '"';
    p = tn_json_put(p, text, n);
    *p = '"';
    return p + 1;
}

/* A value that is no message; TN_JSON_ROOM bytes have room at p, but what is returned may have less. */
char *tn_json_print_scalar(tn_json_printer *j, char *p, const tern_pb_table *table,
                           const tern_pb_field *f, tern_pb_type type, const void *value)
{
    const tn_pb_str *s = value;
    switch (type) {
    case TERN_PB_STRING: return tn_json_print_text(j, p, s->p, s->n);
    case TERN_PB_INT32:
    case TERN_PB_SINT32:
    case TERN_PB_SFIXED32: return put_i64(p, *(const tn_pb_i32 *)value);
    case TERN_PB_UINT32:
    case TERN_PB_FIXED32: return tn_u64_write(p, *(const tn_pb_u32 *)value);
    case TERN_PB_BOOL:
        return *(const bool *)value ? tn_json_put(p, "true", 4) : tn_json_put(p, "false", 5);
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM:
        return put_enum(j, p, tn_pb_enum_of(table, f), *(const tn_pb_i32 *)value);
    case TERN_PB_INT64:
    case TERN_PB_SINT64:
    case TERN_PB_SFIXED64:
        *p = '"';
        p = put_i64(p + 1, (int64_t) * (const tn_pb_u64 *)value);
        *p = '"';
        return p + 1;
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64:
        *p = '"';
        p = tn_u64_write(p + 1, *(const tn_pb_u64 *)value);
        *p = '"';
        return p + 1;
    case TERN_PB_BYTES:
        p = tn_json_put_bytes(&j->out, p, s->p, s->n);
        return p ? p : tn_json_print_no_memory(j);
    default: return put_real(p, type, value);
    }
}

/* ---- separators and names -------------------------------------------------------------------- */

static TN_JSON_RARE char *new_line(tn_json_printer *j, char *p, const tn_json_print_frame *at)
{
    const size_t spaces = (size_t)(at - j->frames) * j->opts.indent;
    p = tn_json_print_room(j, p, spaces + 1 + TN_JSON_ROOM);
    if (!p)
        return NULL;
    *p++ = '\n';
    memset(p, ' ', spaces);
    return p + spaces;
}

/* What comes before a member or an element of the top frame. Leaves room for a scalar. */
static inline char *put_sep(tn_json_printer *j, char *p)
{
    p = tn_json_print_room(j, p, 2 * TN_JSON_ROOM);
    if (TN_UNLIKELY(!p))
        return NULL;
    *p++ = j->top->sep;
    j->top->sep = ',';
    return TN_UNLIKELY(j->opts.indent) ? new_line(j, p, j->top) : p;
}

static char *put_colon(tn_json_printer *j, char *p)
{
    *p++ = ':';
    if (j->opts.indent)
        *p++ = ' ';
    return p;
}

/* Any name, the long way. */
TN_JSON_RARE char *tn_json_print_name_of(tn_json_printer *j, char *p, const char *text)
{
    p = put_sep(j, p);
    if (p)
        p = tn_json_print_text(j, p, text, strlen(text));
    return p ? put_colon(j, p) : NULL;
}

/* Puts the name of f in its place in the cache, if it fits there and needs no escape. */
static TN_JSON_RARE bool cache_name(tn_json_print_name *slot, const char *text)
{
    const size_t n = strlen(text);
    if (n > TN_JSON_PRINT_NAME_BYTES - 4)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == '"' || text[i] == '\\')
            return false;
    slot->n = (uint8_t)(n + 4);
    memcpy(slot->text, ",\"", 2);
    memcpy(slot->text + 2, text, n);
    memcpy(slot->text + 2 + n, "\":", 2);
    return true;
}

/* The name of f with all that is around it. Leaves room for a scalar. */
static inline char *put_name(tn_json_printer *j, char *p, const tern_pb_table *table,
                             const tern_pb_field *f)
{
    const size_t at = (uintptr_t)f / sizeof(*f) % TN_JSON_PRINT_NAMES;
    if (TN_UNLIKELY(j->cached[at] != f)) {
        const char *text =
            j->opts.proto_names ? tn_pb_name_of(table, f) : tn_pb_json_name_of(table, f);
        if (j->opts.indent || !cache_name(&j->names[at], text))
            return tn_json_print_name_of(j, p, text);
        j->cached[at] = f;
    }
    p = tn_json_print_room(j, p, 2 * TN_JSON_ROOM);
    if (TN_UNLIKELY(!p))
        return NULL;
    memcpy(p, j->names[at].text, TN_JSON_PRINT_NAME_BYTES);
    *p = j->top->sep;
    j->top->sep = ',';
    return p + j->names[at].n;
}

/* ---- frames ---------------------------------------------------------------------------------- */

TN_JSON_APART bool tn_json_print_push(tn_json_printer *j, tn_json_print_frame fresh)
{
    if ((fresh.counted && j->depth > TN_PB_DEPTH_MAX) ||
        j->top == j->frames + TN_JSON_PRINT_FRAMES - 1) {
        (void)tn_json_print_fail(j, TERN_RESOURCE_EXHAUSTED, "nested deeper than 100");
        return false;
    }
    j->depth += fresh.counted;
    *++j->top = fresh;
    return true;
}

/* Ends the top frame. */
static char *close_top(tn_json_printer *j, char *p)
{
    const tn_json_print_frame *top = j->top--;
    j->depth -= top->counted;
    p = tn_json_print_room(j, p, 2 * TN_JSON_ROOM);
    if (TN_UNLIKELY(!p))
        return NULL;
    if (top->sep != ',')
        *p++ = top->sep;
    else if (TN_UNLIKELY(j->opts.indent) && !(p = new_line(j, p, j->top)))
        return NULL;
    *p = top->close;
    return p + 1;
}

static bool push_message(tn_json_printer *j, const tern_pb_table *table, const void *msg)
{
    return tn_json_print_push(j, (tn_json_print_frame){ .kind = TN_JSON_PRINT_MESSAGE,
                                                        .counted = true,
                                                        .sep = '{',
                                                        .close = '}',
                                                        .table = table,
                                                        .base = msg,
                                                        .f = table->fields });
}

/* An array of messages: the field f, of table, whose { p, n, cap } is at array. */
TN_JSON_APART bool tn_json_print_push_array(tn_json_printer *j, const tern_pb_table *table,
                                            const tern_pb_field *f, const tn_pb_array *array,
                                            bool counted)
{
    return tn_json_print_push(j, (tn_json_print_frame){ .kind = TN_JSON_PRINT_ARRAY,
                                                        .counted = counted,
                                                        .sep = '[',
                                                        .close = ']',
                                                        .table = table,
                                                        .base = array->p,
                                                        .f = f,
                                                        .n = array->n });
}

TN_JSON_APART bool tn_json_print_push_map(tn_json_printer *j, const tern_pb_table *entry,
                                          const tn_pb_map *map)
{
    return tn_json_print_push(j, (tn_json_print_frame){ .kind = TN_JSON_PRINT_MAP,
                                                        .counted = true,
                                                        .sep = '{',
                                                        .close = '}',
                                                        .table = entry,
                                                        .base = map->p,
                                                        .n = map->n });
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Stands for a message that is NULL where one has to be. */
static TN_JSON_RARE const char *empty_message(tn_json_printer *j, const tern_pb_table *table)
{
    static const uint64_t zeros[8];
    if (table->size <= sizeof(zeros))
        return (const char *)zeros;
    if (!j->scratch)
        j->scratch = tern_arena_new(j->out.arena->env);
    const char *msg = j->scratch ? tern_pb_new(table, j->scratch) : NULL;
    return msg ? msg : tn_json_print_no_memory(j);
}

/* Writes a message with its own form, or pushes its frame; may do both. A value inside a Value or an Any
 * takes another turn. */
static char *open_message(tn_json_printer *j, char *p, const tern_pb_table *table, const char *msg)
{
    while (p) {
        const tern_pb_table *inner = NULL;
        const char *inner_msg = NULL;
        if (TN_UNLIKELY(!msg) && !(msg = empty_message(j, table)))
            return NULL;
        p = tn_json_print_room(j, p, TN_JSON_ROOM);
        if (TN_UNLIKELY(!p))
            return NULL;
        if (TN_LIKELY(table->kind < TERN_PB_ANY))
            return push_message(j, table, msg) ? p : NULL;
        p = tn_json_print_known(j, p, table, msg, &inner, &inner_msg);
        if (!inner)
            return p;
        table = inner;
        msg = inner_msg;
    }
    return NULL;
}

static TN_JSON_APART char *put_array(tn_json_printer *j, char *p, const tern_pb_table *table,
                                     const tern_pb_field *f, const tn_pb_array *array)
{
    const tern_pb_type type = tn_pb_type_of(f);
    if (!tn_json_print_push_array(j, table, f, array, false))
        return NULL;
    if (type == TERN_PB_MESSAGE || type == TERN_PB_GROUP)
        return p;
    const size_t size = tn_pb_type_size(type);
    for (size_t i = 0; i < array->n; i++) {
        p = put_sep(j, p);
        p = p ? tn_json_print_scalar(j, p, table, f, type, array->p + i * size) : NULL;
        if (TN_UNLIKELY(!p))
            return NULL;
    }
    return close_top(j, p);
}

/* The value of f in a struct; its name is written. */
static inline char *put_field(tn_json_printer *j, char *p, const tern_pb_table *table,
                              const tern_pb_field *f, const char *value)
{
    const tern_pb_mode mode = tn_pb_mode_of(f);
    const tern_pb_type type = tn_pb_type_of(f);
    if (mode >= TERN_PB_REPEATED) {
        if (mode == TERN_PB_MAP)
            return tn_json_print_push_map(j, table->subs[f->sub],
                                          (const tn_pb_map *)(const void *)value)
                       ? p
                       : NULL;
        return put_array(j, p, table, f, (const tn_pb_array *)(const void *)value);
    }
    if (type == TERN_PB_MESSAGE || type == TERN_PB_GROUP)
        return open_message(j, p, table->subs[f->sub], *(const tn_pb_ptr *)(const void *)value);
    return tn_json_print_scalar(j, p, table, f, type, value);
}

/* Is f to be printed? */
static inline bool shown(const tn_json_printer *j, const tern_pb_table *table, const char *msg,
                         const tern_pb_field *f)
{
    const char *value = msg + f->offset;
    const tern_pb_type type = tn_pb_type_of(f);
    switch (tn_pb_mode_of(f)) {
    case TERN_PB_IMPLICIT:
        if (j->opts.print_defaults && type != TERN_PB_MESSAGE && type != TERN_PB_GROUP)
            return true;
        if (type == TERN_PB_STRING || type == TERN_PB_BYTES)
            return ((const tn_pb_str *)(const void *)value)->n != 0;
        return tn_pb_nonzero(type, value);
    case TERN_PB_EXPLICIT:
        switch (type) {
        case TERN_PB_MESSAGE:
        case TERN_PB_GROUP: return *(const tn_pb_ptr *)(const void *)value != NULL;
        case TERN_PB_STRING:
        case TERN_PB_BYTES: return ((const tn_pb_str *)(const void *)value)->p != NULL;
        default: return tn_pb_has_bit(table, msg, f) || tn_pb_nonzero(type, value);
        }
    case TERN_PB_ONEOF: return *tn_pb_which_of(msg, f) == tn_pb_number_of(f);
    default: return j->opts.print_defaults || ((const tn_pb_array *)(const void *)value)->n != 0;
    }
}

/* The extensions of the top frame's message, one after another until one opens a frame. */
static TN_JSON_RARE char *put_extensions(tn_json_printer *j, char *p, tn_json_print_frame *top)
{
    const size_t n = tn_pb_extension_count(top->table, top->base);
    while (top->i < n) {
        const tn_pb_extension_value v = tn_pb_extension_at(top->table, top->base, top->i++);
        const tern_pb_table *holder = v.ext->holder;
        const tern_pb_field *f = holder->fields;
        if (!shown(j, holder, v.holder, f))
            continue;
        j->table = holder;
        j->field = f;
        p = tn_json_print_name_of(j, p, tn_pb_json_name_of(holder, f));
        p = p ? put_field(j, p, holder, f, (const char *)v.holder + f->offset) : NULL;
        if (!p || j->top != top)
            return p;
    }
    return close_top(j, p);
}

/* The fields of the top frame's message, until one opens a frame or the message ends. */
static TN_JSON_APART char *put_fields(tn_json_printer *j, char *p, tn_json_print_frame *top)
{
    const tern_pb_table *table = top->table;
    const char *msg = top->base;
    const tern_pb_field *f = top->f, *const end = table->field_count
                                                      ? table->fields + table->field_count
                                                      : f;
    for (; f < end; f++) {
        if (!shown(j, table, msg, f))
            continue;
        j->table = table;
        j->field = f;
        p = put_name(j, p, table, f);
        if (TN_LIKELY(p != NULL))
            p = put_field(j, p, table, f, msg + f->offset);
        if (j->top != top || TN_UNLIKELY(!p)) {
            top->f = f + 1;
            return p;
        }
    }
    top->f = f;
    if (TN_UNLIKELY(table->flags & TERN_PB_EXTENDABLE))
        return put_extensions(j, p, top);
    return close_top(j, p);
}

/* The messages of the top frame's array, until one opens a frame. */
static TN_JSON_APART char *put_elements(tn_json_printer *j, char *p, tn_json_print_frame *top)
{
    const tern_pb_table *sub = top->table->subs[top->f->sub];
    while (top->i < top->n) {
        const char *msg = ((const tn_pb_ptr *)(const void *)top->base)[top->i++];
        if (TN_UNLIKELY(!msg))
            return tn_json_print_bad(j, "a NULL element");
        p = put_sep(j, p);
        p = p ? open_message(j, p, sub, msg) : NULL;
        if (TN_LIKELY(j->top != top) || !p)
            return p;
    }
    return close_top(j, p);
}

static TN_JSON_APART char *put_key(tn_json_printer *j, char *p, const tern_pb_table *entry,
                                   const char *at_entry)
{
    const tern_pb_field *f = &entry->fields[TN_PB_MAP_KEY];
    const tern_pb_type type = tn_pb_type_of(f);
    p = put_sep(j, p);
    if (!p)
        return NULL;
    const bool quoted = type == TERN_PB_STRING || tn_pb_type_size(type) == 8;
    if (!quoted)
        *p++ = '"';
    p = tn_json_print_scalar(j, p, entry, f, type, at_entry + f->offset);
    if (p && !quoted)
        *p++ = '"';
    return p ? tn_json_print_room(j, put_colon(j, p), TN_JSON_ROOM) : NULL;
}

/* The entries of the top frame's map, until one opens a frame. */
static TN_JSON_APART char *put_entries(tn_json_printer *j, char *p, tn_json_print_frame *top)
{
    const tern_pb_table *entry = top->table;
    const tern_pb_field *value = &entry->fields[TN_PB_MAP_VALUE];
    while (top->i < top->n) {
        const char *at_entry = top->base + top->i++ * entry->size;
        p = put_key(j, p, entry, at_entry);
        p = p ? put_field(j, p, entry, value, at_entry + value->offset) : NULL;
        if (!p || j->top != top)
            return p;
    }
    return close_top(j, p);
}

static char *run(tn_json_printer *j, char *p, const tern_pb_table *table, const void *msg)
{
    p = open_message(j, p, table, msg);
    while (p && j->top != j->frames) {
        tn_json_print_frame *top = j->top;
        switch ((tn_json_print_kind)top->kind) {
        case TN_JSON_PRINT_MESSAGE: p = put_fields(j, p, top); break;
        case TN_JSON_PRINT_ARRAY: p = put_elements(j, p, top); break;
        case TN_JSON_PRINT_MAP: p = put_entries(j, p, top); break;
        case TN_JSON_PRINT_TAIL: p = close_top(j, p); break;
        }
    }
    return p;
}

tern_code tern_json_print(const tern_pb_table *table, const void *msg, tern_arena *arena,
                          const tern_json_print_opts *opts, tern_str *out, tern_error *err)
{
    tn_json_printer j;
    tern_error_clear(err);
    TN_TRY(tn_pb_check_abi(table, err));
    TN_TRY(tn_options_copy(&j.opts, sizeof(j.opts), opts, "tern_json_print_opts", err));
    if (j.opts.indent > INDENT_MAX)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "tern_json_print_opts: indent is %u, at most %d is possible",
                              (unsigned)j.opts.indent, INDENT_MAX);
    j.code = TERN_OK;
    j.err = err;
    j.table = table;
    j.field = NULL;
    j.depth = 0;
    j.top = j.frames;
    j.scratch = NULL;
    memset(j.cached, 0, sizeof(j.cached));
    char *p = tn_json_out_init(&j.out, arena);
    p = run(&j, p, table, msg);
    p = p ? tn_json_print_room(&j, p, 1) : NULL;
    tern_arena_free(j.scratch);
    if (!p) {
        tn_json_out_fini(&j.out);
        return j.code;
    }
    return tn_json_out_take(&j.out, p, out) ? TERN_OK : (tn_json_print_no_memory(&j), j.code);
}
