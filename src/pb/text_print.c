/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_print.c: a message as text format.
 *
 * A level is a message whose braces are open, the holder of an extension, which has none, or a
 * message of unknown fields. No recursion.
 * An Any is written out as the message that it holds when that is known, loses nothing by it and
 * encodes to the same bytes again; else as the fields that it has.
 * Never writes to the message: it may be shared by threads.
 */
#include "base/options.h"
#include "pb/extension.h"
#include "pb/item.h"
#include "pb/names.h"
#include "pb/text_group.h"
#include "pb/text_out.h"
#include "pb/walk.h"
#include "tern/text.h"

/* Messages and holders one above the other: any message but the outermost may be in a holder. */
enum {
    LEVELS = 2 * (TN_PB_DEPTH_MAX + 1),
    GUESSES = 10 /* levels of unknown bytes that are guessed to be messages */
};

typedef struct level {
    const tern_pb_table *table; /* NULL: unknown fields, up to the end of `bytes` */
    const char *msg;
    const tern_pb_field *f, *end;       /* the field at hand */
    size_t i;                           /* of its elements */
    size_t ext;                         /* extensions that are done */
    const tern_pb_extension *holder_of; /* the struct is the holder of this one */
    bool any;                           /* a google.protobuf.Any, of which nothing is printed yet */
    bool entry;                         /* of a map: both its fields are printed */
    bool expanded;                      /* written out as the value of the Any one level above */
    size_t mark;                        /* if so: where what is printed of it starts */
    bool unknown_done;
    bool braces;
    tn_rd bytes;      /* unknown fields that are left */
    unsigned guesses; /* levels of guessed messages, this one among them */
    bool group;       /* an unknown group: its end comes in the bytes, and it shares its parent's */
} level;

typedef struct printer {
    tn_text_out out;
    tern_text_print_opts opts;
    tern_error *err;
    tern_arena *scratch; /* what Anys hold; NULL: none was looked into yet */
    unsigned depth;
    level *top;
    level levels[LEVELS];
} printer;

/* ---- layout ---------------------------------------------------------------------------------- */

static void start_line(printer *p)
{
    if (p->opts.single_line) {
        if (p->out.n)
            tn_text_put(&p->out, " ", 1);
        return;
    }
    for (unsigned i = 0; i < p->depth; i++)
        tn_text_put(&p->out, "  ", 2);
}

static void end_line(printer *p)
{
    if (!p->opts.single_line)
        tn_text_put(&p->out, "\n", 1);
}

static void put_name(printer *p, const level *at)
{
    const tern_pb_field *f = at->f;
    start_line(p);
    if (at->holder_of) {
        tn_text_put(&p->out, "[", 1);
        tn_text_puts(&p->out, tn_text_extension_name(at->holder_of));
        tn_text_put(&p->out, "]", 1);
        return;
    }
    const char *group = tn_text_group_name(at->table, f);
    tn_text_puts(&p->out, group ? group : tn_pb_name_of(at->table, f));
}

static void put_number(printer *p, uint32_t number)
{
    start_line(p);
    tn_text_put_u64(&p->out, number);
}

/* ---- levels ---------------------------------------------------------------------------------- */

static void push(printer *p, const level *next)
{
    *++p->top = *next;
}

/* Opens the braces of a message behind its name. */
static tern_code open(printer *p, const level *next)
{
    if (p->depth == TN_PB_DEPTH_MAX)
        return tern_error_set(p->err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "%s: messages nest deeper than %d", p->levels[0].table->full_name,
                              TN_PB_DEPTH_MAX);
    tn_text_put(&p->out, " {", 2);
    end_line(p);
    push(p, next);
    p->top->braces = true;
    p->depth++;
    return TERN_OK;
}

static void close(printer *p)
{
    if (p->top->braces) {
        p->depth--;
        start_line(p);
        tn_text_put(&p->out, "}", 1);
        end_line(p);
    }
    p->top--;
}

static level message_level(const tern_pb_table *table, const char *msg)
{
    return (level){
        .table = table,
        .msg = msg,
        .f = table->fields,
        .end = table->field_count ? table->fields + table->field_count : table->fields,
        .any = table->kind == TERN_PB_ANY,
    };
}

static const level nothing = { .unknown_done = true };

/* ---- Any ------------------------------------------------------------------------------------- */

/* A string or bytes field of that number; empty when it is none. */
static tern_bytes any_part(const tern_pb_table *table, const char *msg, uint32_t number,
                           tern_pb_type type)
{
    const tern_pb_field *f = tn_pb_find(table, number);
    const tern_pb_mode mode = f ? tn_pb_mode_of(f) : TERN_PB_REPEATED;
    if (!f || tn_pb_type_of(f) != type || (mode != TERN_PB_IMPLICIT && mode != TERN_PB_EXPLICIT))
        return (tern_bytes){ NULL, 0 };
    const tn_pb_str *s = (const tn_pb_str *)(const void *)(msg + f->offset);
    return (tern_bytes){ (const uint8_t *)s->p, s->n };
}

/* The type of the message that an Any holds, when that can be named; NULL else. */
static const tern_pb_table *any_type(const printer *p, const level *any, tern_bytes *url)
{
    *url = any_part(any->table, any->msg, 1, TERN_PB_STRING);
    size_t slash = url->n;
    while (slash && url->p[slash - 1] != '/')
        slash--;
    if (slash < 2)
        return NULL;
    /* What has signs in it that the parser does not take in a name. */
    for (size_t i = 0; i < slash; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/",
                    url->p[i]) ||
            !url->p[i])
            return NULL;
    return tern_pb_registry_message(p->opts.registry,
                                    (tern_str){ (const char *)url->p + slash, url->n - slash });
}

/* Memory for what one Any holds, which is gone when the outermost Any is printed. */
static tern_arena *any_memory(printer *p)
{
    const level *at = p->top;
    while (at != p->levels && !at->expanded)
        at--;
    if (!p->scratch)
        p->scratch = tern_arena_new(p->out.arena->env);
    else if (!at->expanded)
        tern_arena_reset(p->scratch);
    return p->scratch;
}

/* The message that the value of an Any encodes, when it encodes to the same bytes again; else NULL. */
static const void *any_message(printer *p, const level *any, const tern_pb_table *table)
{
    const tern_bytes value = any_part(any->table, any->msg, 2, TERN_PB_BYTES);
    tern_arena *arena = any_memory(p);
    void *msg = arena ? tern_pb_new(table, arena) : NULL;
    tern_bytes again;
    if (!msg) {
        p->out.failed = true;
        return NULL;
    }
    const bool same =
        tern_pb_decode(table, msg, value, arena, TERN_PB_DECODE_OPTS(.registry = p->opts.registry),
                       NULL) == TERN_OK &&
        tern_pb_encode(table, msg, arena, &again, NULL) == TERN_OK && again.n == value.n &&
        (again.n == 0 || memcmp(again.p, value.p, again.n) == 0);
    return same ? msg : NULL;
}

/* Writes an Any out, if it can be, instead of its fields. */
static tern_code expand_any(printer *p, level *at)
{
    tern_bytes url;
    const tern_pb_table *table = p->depth < TN_PB_DEPTH_MAX ? any_type(p, at, &url) : NULL;
    const void *msg = table ? any_message(p, at, table) : NULL;
    at->any = false;
    if (!msg)
        return TERN_OK;
    level next = message_level(table, msg);
    next.expanded = true;
    next.mark = p->out.n;
    at->f = at->end;
    start_line(p);
    tn_text_put(&p->out, "[", 1);
    tn_text_put(&p->out, (const char *)url.p, url.n);
    tn_text_put(&p->out, "]", 1);
    return open(p, &next);
}

/*
 * A message has unknown fields that are not printed. In an Any that was written out they would be
 * lost where its bytes keep them: then it is printed once more, as the fields that it has.
 */
static void take_any_back(printer *p)
{
    const level *at = p->top;
    unsigned up = 0;
    for (; !at->expanded; at--) {
        up += at->braces;
        if (at == p->levels)
            return;
    }
    p->depth -= up + 1;
    p->out.n = at->mark;
    p->top = p->levels + (at - p->levels) - 1;
    p->top->f = p->top->table->fields;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void put_value(printer *p, const level *at, const char *value)
{
    put_name(p, at);
    tn_text_put(&p->out, ": ", 2);
    tn_text_put_value(&p->out, at->table, at->f, value);
    end_line(p);
}

/* The message, or map entry, number i of the field at hand. */
static tern_code open_element(printer *p, const level *at, const tn_pb_shape *shape)
{
    const tern_pb_field *f = at->f;
    const tern_pb_table *sub = at->table->subs[f->sub];
    const bool entries = shape->kind == TN_PB_ENTRIES;
    const char *msg = entries ? tn_pb_map_entry(at->table, at->msg, f, at->i)
                              : tn_pb_message_at(at->table, at->msg, f, at->i);
    if (!msg && shape->kind == TN_PB_SUBS)
        return tern_error_set(p->err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "%s.%s: NULL in a repeated message field", at->table->full_name,
                              tn_pb_name_of(at->table, f));
    put_name(p, at);
    if (!msg)
        return open(p, &nothing);
    level next = message_level(sub, msg);
    next.entry = entries;
    return open(p, &next);
}

/* Prints the field at hand, or goes into its next message. */
static tern_code put_field(printer *p, level *at)
{
    const tn_pb_shape *shape = tn_pb_shape_of(at->f);
    const char *member = at->msg + at->f->offset;
    const tn_pb_array *array = (const tn_pb_array *)(const void *)member;
    const size_t size = tn_pb_type_size(tn_pb_type_of(at->f));
    if (!at->entry && !tn_pb_present(shape, at->table, at->msg, at->f)) {
        at->f++;
        return TERN_OK;
    }
    switch (shape->kind) {
    case TN_PB_SCALAR:
    case TN_PB_TEXT:
        put_value(p, at, member);
        at->f++;
        return TERN_OK;
    case TN_PB_SCALARS:
    case TN_PB_TEXTS:
        for (size_t i = 0; i < array->n && !p->out.failed; i++)
            put_value(p, at, array->p + i * size);
        at->f++;
        return TERN_OK;
    default:
        if (at->i == (shape->kind == TN_PB_SUB ? 1 : array->n)) {
            at->i = 0;
            at->f++;
            return TERN_OK;
        }
        const tern_code code = open_element(p, at, shape);
        at->i++;
        return code;
    }
}

static void put_extension(printer *p, level *at)
{
    const tn_pb_extension_value value = tn_pb_extension_at(at->table, at->msg, at->ext++);
    level next = message_level(value.ext->holder, value.holder);
    next.holder_of = value.ext;
    next.unknown_done = true;
    push(p, &next);
}

/* ---- unknown fields -------------------------------------------------------------------------- */

/* The next unknown field of the level at hand. */
static tern_code put_unknown(printer *p, level *at)
{
    tn_pb_item item;
    if (!tn_pb_item_read(&at->bytes, &item)) {
        at->bytes.p = at->bytes.end; /* no bytes of ours */
        return TERN_OK;
    }
    if (item.wire == TN_PB_WIRE_EGROUP) {
        const tn_rd rest = at->bytes;
        if (!at->group)
            return TERN_OK;
        close(p);
        p->top->bytes = rest;
        return TERN_OK;
    }
    put_number(p, item.number);
    level next = { .bytes = at->bytes, .guesses = at->guesses, .group = true };
    if (item.wire == TN_PB_WIRE_SGROUP)
        return open(p, &next);
    if (item.wire == TN_PB_WIRE_LEN && item.n && at->guesses < GUESSES &&
        p->depth < TN_PB_DEPTH_MAX &&
        tn_pb_item_is_message(item.p, item.n, TN_PB_DEPTH_MAX - 1 - p->depth)) {
        next = (level){ .bytes = tn_rd_of(item.p, item.n), .guesses = at->guesses + 1 };
        return open(p, &next);
    }
    tn_text_put(&p->out, ": ", 2);
    if (item.wire == TN_PB_WIRE_VARINT)
        tn_text_put_u64(&p->out, item.v);
    else if (item.wire == TN_PB_WIRE_LEN)
        tn_text_put_string(&p->out, (const char *)item.p, item.n, false);
    else
        tn_text_put_hex(&p->out, item.v, item.wire == TN_PB_WIRE_I32 ? 8 : 16);
    end_line(p);
    return TERN_OK;
}

/* ---- the way --------------------------------------------------------------------------------- */

/* What comes next in the level at hand; *done: nothing does. */
static tern_code step(printer *p, bool *done)
{
    level *at = p->top;
    if (at->any)
        return expand_any(p, at);
    if (at->table && at->f != at->end)
        return put_field(p, at);
    if (at->table && !at->holder_of && at->ext < tn_pb_extension_count(at->table, at->msg)) {
        put_extension(p, at);
        return TERN_OK;
    }
    if (!at->unknown_done) {
        at->unknown_done = true;
        const struct tern_pb_unknown *u = at->table ? tn_pb_unknown_of(at->table, at->msg) : NULL;
        if (u && u->n && p->opts.print_unknown)
            at->bytes = tn_rd_of(u->p, u->n);
        else if (u && u->n)
            take_any_back(p);
        return TERN_OK;
    }
    if (tn_rd_left(&at->bytes))
        return put_unknown(p, at);
    *done = p->top == p->levels;
    if (!*done)
        close(p);
    return TERN_OK;
}

tern_code tern_text_print(const tern_pb_table *table, const void *msg, tern_arena *arena,
                          const tern_text_print_opts *opts, tern_str *out, tern_error *err)
{
    printer p;
    bool done = false;
    tern_error_clear(err);
    TN_TRY(tn_pb_check_abi(table, err));
    TN_TRY(tn_options_copy(&p.opts, sizeof(p.opts), opts, "tern_text_print_opts", err));
    p.out = (tn_text_out){ .arena = arena };
    p.err = err;
    p.scratch = NULL;
    p.depth = 0;
    p.top = p.levels;
    p.levels[0] = message_level(table, msg);
    tern_code code = TERN_OK;
    while (code == TERN_OK && !done && !p.out.failed)
        code = step(&p, &done);
    tern_arena_free(p.scratch);
    if (code != TERN_OK)
        return code;
    tn_text_put(&p.out, "", 1);
    if (p.out.failed)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "%s: no memory to print it", table->full_name);
    tn_arena_shrink(arena, p.out.p, p.out.cap, p.out.n);
    *out = (tern_str){ p.out.p, p.out.n - 1 };
    return TERN_OK;
}
