/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_parse.c: JSON to structs, by the tables, in place and without recursion.
 *
 * The text is copied once, with zeros behind it, judged to be UTF-8, and from then on read and written
 * where it lies; strings of the message point into it. The place to read at travels through the
 * functions as p; one that gives NULL back has failed. A function parses members or elements until one
 * of them opens a frame; the loop in run() goes on with the top frame.
 * One thread at a time, as the arena.
 */
#include "pb/json_parse.h"

#include "base/options.h"
#include "base/utf8.h"
#include "pb/extension.h"
#include "pb/map.h"
#include "pb/names.h"

#include <stdio.h>
#include <string.h>

/* ---- errors ---------------------------------------------------------------------------------- */

char *tn_json_fail(tn_json_parser *j, tern_code code, const char *at, const char *what)
{
    j->code = code;
    return tn_json_wrong(&j->r, at, what);
}

char *tn_json_bad(tn_json_parser *j, const char *at, const char *what)
{
    return tn_json_wrong(&j->r, at, what);
}

char *tn_json_no_memory(tn_json_parser *j, const char *at)
{
    return tn_json_fail(j, TERN_RESOURCE_EXHAUSTED, at,
                        j->mem.over ? "the parse takes more than memory_bytes" : "no memory");
}

/* ---- frames ---------------------------------------------------------------------------------- */

bool tn_json_push(tn_json_parser *j, const char *p, tn_json_frame fresh)
{
    if (fresh.counted && j->depth > j->opts.max_depth) {
        (void)tn_json_bad(j, p, tn_json_too_deep);
        return false;
    }
    TN_ASSERT(j->top < j->frames + TN_JSON_FRAMES - 1);
    j->depth += fresh.counted;
    fresh.first = true;
    *++j->top = fresh;
    return true;
}

/* Room for the bits of one message more. */
static TN_JSON_RARE bool grow_seen(tn_json_parser *j, uint32_t words)
{
    const uint32_t cap = 2 * (j->seen_n + words);
    uint64_t *seen = tn_pb_take(&j->mem, cap * sizeof(*seen));
    if (!seen)
        return false;
    memcpy(seen, j->seen, j->seen_n * sizeof(*seen));
    j->seen = seen;
    j->seen_cap = cap;
    return true;
}

bool tn_json_push_message(tn_json_parser *j, const char *p, const tern_pb_table *table, char *msg,
                          tn_json_name *at, tn_json_any *any)
{
    const uint32_t words = (table->field_count + 63u) / 64;
    if (TN_UNLIKELY(j->seen_n + words > j->seen_cap) && !grow_seen(j, words)) {
        (void)tn_json_no_memory(j, p);
        return false;
    }
    for (uint32_t i = 0; i < words; i++)
        j->seen[j->seen_n + i] = 0;
    const uint32_t seen = j->seen_n;
    j->seen_n += words;
    return tn_json_push(j, p,
                        (tn_json_frame){ .kind = TN_JSON_MESSAGE,
                                         .counted = true,
                                         .seen = seen,
                                         .table = table,
                                         .msg = msg,
                                         .guess = &at->first,
                                         .any = any });
}

char *tn_json_step(tn_json_parser *j, char *p, char close, bool *more)
{
    p = tn_json_space(p);
    const bool first = j->top->first;
    j->top->first = false;
    *more = *p != close;
    if (!*more)
        return p + 1;
    if (first)
        return p;
    if (TN_UNLIKELY(*p != ','))
        return tn_json_bad(j, p,
                           p < j->r.end ? "a comma or a closing bracket is wanted here"
                                        : "the text ends inside an object or array");
    return tn_json_space(p + 1);
}

/* A missing required field; the message is whole when there is none. */
static TN_JSON_APART char *end_message(tn_json_parser *j, char *p, const tn_json_frame *top)
{
    const tern_pb_table *table = top->table;
    if (TN_UNLIKELY(table->flags & TERN_PB_HAS_REQUIRED) && !j->opts.partial)
        for (unsigned i = 0; i < table->field_count; i++) {
            const tern_pb_field *f = &table->fields[i];
            if (!(f->flags & TERN_PB_REQUIRED) || tern_pb_has(table, top->msg, tn_pb_number_of(f)))
                continue;
            j->table = table;
            j->field = f;
            return tn_json_bad(j, p - 1, "a required field that is missing");
        }
    j->seen_n = top->seen;
    const tn_json_any *any = top->any;
    tn_json_pop(j);
    return TN_LIKELY(!any) ? p : tn_json_end_any(j, p, any);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* An extension's name, "[package.name]", to its field in its holder. */
static TN_JSON_RARE const tern_pb_extension *
find_extension(const tn_json_parser *j, const tern_pb_table *table, tn_pb_str name)
{
    if (!(table->flags & TERN_PB_EXTENDABLE) || name.n < 3 || name.p[0] != '[' ||
        name.p[name.n - 1] != ']')
        return NULL;
    const tern_pb_extension *ext =
        tern_pb_registry_extension_named(j->opts.registry, (tern_str){ name.p + 1, name.n - 2 });
    return ext && ext->extendee == table ? ext : NULL;
}

/* What a member's name stands for. */
typedef struct member {
    const tern_pb_table *table; /* of f: the message's or the holder's */
    const tern_pb_field *f;     /* NULL: of nothing */
    char *base;                 /* the message or the holder */
    tn_json_name *at;
} member;

static TN_JSON_RARE char *unknown_name(tn_json_parser *j, char *p, tn_pb_str name)
{
    j->field = NULL;
    if (j->opts.ignore_unknown)
        return p;
    const int n = (int)(name.n > 100 ? tn_utf8_cut(name.p, 100) : name.n);
    (void)snprintf(j->said, sizeof(j->said), "there is no field \"%.*s\"", n, name.p);
    return tn_json_bad(j, name.p - 1, j->said);
}

/* An extension, or a name of nothing. */
static TN_JSON_RARE char *take_foreign(tn_json_parser *j, char *p, tn_json_frame *top,
                                       tn_pb_str name, member *m)
{
    const tern_pb_extension *ext = find_extension(j, top->table, name);
    m->f = NULL;
    if (!ext)
        return unknown_name(j, p, name);
    for (const tn_json_seen_ext *e = top->exts; e; e = e->next)
        if (e->ext == ext)
            return tn_json_bad(j, name.p - 1, "an extension that stands there twice");
    tn_json_seen_ext *seen = tn_pb_take(&j->mem, sizeof(*seen));
    char *holder = seen ? tn_pb_extension_need(&j->mem, top->table, top->msg, ext) : NULL;
    if (!holder)
        return tn_json_no_memory(j, p);
    *seen = (tn_json_seen_ext){ ext, top->exts };
    top->exts = seen;
    m->table = ext->holder;
    m->f = tn_pb_extension_field(ext);
    m->base = holder;
    return p;
}

/* The field of a name: one of the next few behind the last, as in what is printed, or any. */
static const tern_pb_field *find_field(tn_json_frame *top, tern_str name)
{
    const tern_pb_table *table = top->table;
    size_t at = top->f ? (size_t)(top->f - table->fields) + 1 : 0;
    for (unsigned i = 0; i < 3 && at < table->field_count; i++, at++) {
        const tern_pb_field *next = &table->fields[at];
        const char *json = tn_pb_json_name_of(table, next);
        if (strlen(json) == name.n && memcmp(json, name.p, name.n) == 0)
            return top->f = next;
    }
    const tern_pb_field *f = tn_pb_find_json(table, name);
    top->f = f ? f : top->f;
    return f;
}

/* The name at p by the long way. */
static TN_JSON_APART char *look_up(tn_json_parser *j, char *p, tn_json_frame *top, member *m)
{
    const tern_pb_table *table = top->table;
    const size_t n = tn_json_short_name(p);
    uint8_t *slot = NULL;
    tn_json_name *e = n && !top->any ? tn_json_recall(j, table, p, n, &slot) : NULL;
    if (e) {
        *top->guess = e;
        m->at = e;
        m->f = e->field;
        return p + 1 + e->n;
    }
    tn_pb_str name;
    p = tn_json_string(&j->r, p, &name);
    if (!p)
        return NULL;
    p = tn_json_space(p);
    if (*p != ':')
        return tn_json_bad(j, p, "a colon is wanted here");
    p++;
    m->at = j->names;
    m->f = NULL;
    /* An Any's own name comes before one that a field may have. */
    if (top->any && name.n == 5 && tn_json_word(name.p, "@type", 5))
        return tn_json_any_type(j, p, name.p, top->any);
    m->f = find_field(top, (tern_str){ name.p, name.n });
    if (!m->f)
        return take_foreign(j, p, top, name, m);
    if (slot) {
        e = tn_json_remember(j, slot, table, name.p, n, true);
        e->field = m->f;
        *top->guess = e;
        m->at = e;
    }
    return p;
}

/* Nothing in a message may come twice: not by both its names, not two of a oneof. */
static inline bool seen_before(tn_json_parser *j, const tn_json_frame *top, const member *m)
{
    const tern_pb_table *table = top->table;
    const size_t i = (size_t)(m->f - table->fields);
    uint64_t *words = j->seen + top->seen;
    const uint64_t bit = UINT64_C(1) << (i % 64);
    const bool seen = words[i / 64] & bit;
    words[i / 64] |= bit;
    return seen;
}

/* Is another member of the oneof of f set, and by this very object? */
static TN_JSON_APART bool oneof_taken(const tn_json_parser *j, const tn_json_frame *top,
                                      const tern_pb_field *f)
{
    const uint32_t which = *tn_pb_which_of(top->msg, f);
    if (!which || which == tn_pb_number_of(f))
        return false;
    const tern_pb_field *other = tn_pb_find(top->table, which);
    const size_t i = (size_t)(other - top->table->fields);
    return other && (j->seen[top->seen + i / 64] >> (i % 64) & 1);
}

/* ---- members --------------------------------------------------------------------------------- */

void tn_json_set(const tern_pb_table *table, const tern_pb_field *f, char *msg)
{
    const tern_pb_mode mode = tn_pb_mode_of(f);
    if (mode == TERN_PB_ONEOF)
        *tn_pb_which(msg, f) = tn_pb_number_of(f);
    else if (mode == TERN_PB_EXPLICIT && table->has_offset != TERN_PB_NONE &&
             tn_pb_type_wire(tn_pb_type_of(f)) != TN_PB_WIRE_LEN &&
             tn_pb_type_of(f) != TERN_PB_GROUP)
        tn_pb_has_set(table, msg, f);
}

char *tn_json_need_message(tn_json_parser *j, const tern_pb_table *table, const tern_pb_field *f,
                           char *msg)
{
    tn_pb_ptr *slot = (tn_pb_ptr *)(void *)(msg + f->offset);
    if (tn_pb_mode_of(f) == TERN_PB_ONEOF && *tn_pb_which(msg, f) != tn_pb_number_of(f)) {
        *tn_pb_which(msg, f) = tn_pb_number_of(f);
        *slot = NULL;
    }
    if (!*slot)
        *slot = tn_pb_take_message(&j->mem, table->subs[f->sub]);
    return *slot;
}

bool tn_json_takes_null(const tern_pb_table *table, const tern_pb_field *f)
{
    const tern_pb_type type = tn_pb_type_of(f);
    if (tn_pb_mode_of(f) == TERN_PB_MAP)
        return false;
    if (type == TERN_PB_MESSAGE || type == TERN_PB_GROUP)
        return table->subs[f->sub]->kind == TERN_PB_VALUE;
    return (type == TERN_PB_ENUM || type == TERN_PB_CLOSED_ENUM) &&
           (tn_pb_enum_of(table, f)->flags & TERN_PB_NULL_VALUE);
}

char *tn_json_open(tn_json_parser *j, char *p, const tern_pb_table *table, char *msg,
                   tn_json_name *at)
{
    if (TN_UNLIKELY(!msg))
        return tn_json_no_memory(j, p);
    if (TN_UNLIKELY(table->kind >= TERN_PB_ANY))
        return tn_json_open_known(j, p, table, msg, at);
    if (TN_UNLIKELY(*p != '{'))
        return tn_json_bad(j, p, "is not an object");
    return tn_json_push_message(j, p, table, msg, at, NULL) ? p + 1 : NULL;
}

/* The value of a field that is no array or map. A oneof's is made zero first: what follows may fail. */
static inline char *take_single(tn_json_parser *j, char *p, const member *m, tern_pb_mode mode)
{
    const tern_pb_field *f = m->f;
    const tern_pb_type type = tn_pb_type_of(f);
    if (type == TERN_PB_MESSAGE || type == TERN_PB_GROUP)
        return tn_json_open(j, p, m->table->subs[f->sub],
                            tn_json_need_message(j, m->table, f, m->base), m->at);
    char *slot = m->base + f->offset;
    if (mode == TERN_PB_ONEOF) {
        uint64_t fresh[2] = { 0, 0 };
        p = tn_json_scalar(j, p, m->table, f, fresh, m->at);
        if (!p || j->passed_over)
            return p;
        memcpy(slot, fresh, tn_pb_type_size(type));
    } else {
        p = tn_json_scalar(j, p, m->table, f, slot, m->at);
        if (!p || TN_UNLIKELY(j->passed_over))
            return p;
    }
    if (mode != TERN_PB_IMPLICIT)
        tn_json_set(m->table, f, m->base);
    return p;
}

static TN_JSON_APART char *elements(tn_json_parser *j, char *p, tn_json_frame *top);

static char *take_value(tn_json_parser *j, char *p, const member *m)
{
    const tern_pb_field *f = m->f;
    const tern_pb_mode mode = tn_pb_mode_of(f);
    if (TN_UNLIKELY(*p == 'n') && tn_json_word(p, "null", 4) &&
        (mode >= TERN_PB_REPEATED || !tn_json_takes_null(m->table, f)))
        return p + 4;
    if (mode < TERN_PB_REPEATED)
        return take_single(j, p, m, mode);
    char *slot = m->base + f->offset;
    if (mode == TERN_PB_MAP) {
        if (*p != '{')
            return tn_json_bad(j, p, "is not an object");
        const tn_json_frame map = { .kind = TN_JSON_MAP,
                                    .counted = true,
                                    .table = m->table->subs[f->sub],
                                    .msg = slot,
                                    .at = m->at,
                                    .old = ((tn_pb_map *)(void *)slot)->n };
        return tn_json_push(j, p, map) ? p + 1 : NULL;
    }
    if (*p != '[')
        return tn_json_bad(j, p, "is not an array");
    const tn_json_frame array = {
        .kind = TN_JSON_ARRAY, .table = m->table, .f = f, .msg = slot, .at = m->at
    };
    return tn_json_push(j, p, array) ? elements(j, p + 1, j->top) : NULL;
}

/* Members of the top frame's message, until one opens a frame or it is closed. */
static TN_JSON_APART char *members(tn_json_parser *j, char *p, tn_json_frame *top)
{
    member m = { .table = top->table, .base = top->msg };
    for (;;) {
        bool more;
        p = tn_json_step(j, p, '}', &more);
        if (TN_UNLIKELY(!p))
            return NULL;
        if (!more)
            return end_message(j, p, top);
        j->table = m.table = top->table;
        j->field = NULL;
        if (TN_UNLIKELY(*p != '"'))
            return tn_json_bad(j, p, "a name in quotes is wanted here");
        tn_json_name *guess = *top->guess;
        const char *const name = p;
        m.base = top->msg;
        if (TN_LIKELY(guess->owner == top->table && tn_json_matches(guess, p) && !top->any)) {
            m.at = guess;
            m.f = guess->field;
            p += 1 + guess->n;
        } else if (!(p = look_up(j, p, top, &m))) {
            return NULL;
        }
        if (m.at != j->names)
            top->guess = &m.at->next;
        p = tn_json_space(p);
        if (TN_UNLIKELY(!m.f)) {
            p = tn_json_skip(&j->r, p, j->opts.max_depth - j->depth + 1);
            if (!p)
                return NULL;
            continue;
        }
        j->table = m.table;
        j->field = m.f;
        if (m.base == top->msg) {
            if (TN_UNLIKELY(seen_before(j, top, &m)))
                return tn_json_bad(j, name, "a field that stands there twice");
            if (tn_pb_mode_of(m.f) == TERN_PB_ONEOF && oneof_taken(j, top, m.f) &&
                (*p != 'n' || tn_json_takes_null(m.table, m.f)))
                return tn_json_bad(j, name, "a second member of its oneof");
        }
        j->passed_over = false;
        p = take_value(j, p, &m);
        if (TN_UNLIKELY(!p) || j->top != top)
            return p;
    }
}

/* ---- elements ---------------------------------------------------------------------------- */

/* Elements of the top frame's array, until one opens a frame or it is closed. */
static char *elements(tn_json_parser *j, char *p, tn_json_frame *top)
{
    const tern_pb_field *f = top->f;
    const tern_pb_table *table = top->table;
    tn_pb_array *array = (tn_pb_array *)(void *)top->msg;
    const tern_pb_type type = tn_pb_type_of(f);
    const bool of_messages = type == TERN_PB_MESSAGE || type == TERN_PB_GROUP;
    const size_t size = tn_pb_type_size(type);
    j->table = table;
    j->field = f;
    for (;;) {
        bool more;
        p = tn_json_step(j, p, ']', &more);
        if (TN_UNLIKELY(!p))
            return NULL;
        if (!more) {
            tn_json_pop(j);
            return p;
        }
        if (TN_UNLIKELY(*p == 'n') && !tn_json_takes_null(table, f))
            return tn_json_bad(j, p, "null cannot be in this array");
        if (TN_UNLIKELY(array->n >= array->cap) && !tn_pb_reserve(&j->mem, array, 1, size))
            return tn_json_no_memory(j, p);
        char *slot = array->p + array->n * size;
        if (of_messages) {
            char *msg = tn_pb_take_message(&j->mem, table->subs[f->sub]);
            if (TN_LIKELY(msg != NULL)) {
                *(tn_pb_ptr *)(void *)slot = msg;
                array->n++;
            }
            p = tn_json_open(j, p, table->subs[f->sub], msg, top->at);
            if (TN_LIKELY(j->top != top) || !p)
                return p;
            continue;
        }
        j->passed_over = false;
        p = tn_json_scalar(j, p, table, f, slot, top->at);
        if (TN_UNLIKELY(!p))
            return NULL;
        array->n += !j->passed_over;
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

static char *run(tn_json_parser *j, char *p, const tern_pb_table *table, char *msg)
{
    p = tn_json_open(j, tn_json_space(p), table, msg, j->names);
    while (p && j->top != j->frames) {
        tn_json_frame *top = j->top;
        switch ((tn_json_kind)top->kind) {
        case TN_JSON_MESSAGE: p = members(j, p, top); break;
        case TN_JSON_ARRAY: p = elements(j, p, top); break;
        case TN_JSON_MAP: p = tn_json_entries(j, p, top); break;
        case TN_JSON_ANY_VALUE: p = tn_json_any_members(j, p, top); break;
        }
    }
    if (!p)
        return NULL;
    p = tn_json_space(p);
    return p == j->r.end ? p : tn_json_bad(j, p, "more text behind the value");
}

/* What went wrong, and where in the text as it came. */
static TN_JSON_RARE tern_code report(const tn_json_parser *j, const char *buf, tern_str in,
                                     tern_error *err)
{
    size_t line = 1, column = 1;
    const size_t at = (size_t)(j->r.at - buf);
    for (size_t i = 0; i < at && i < in.n; i++) {
        line += in.p[i] == '\n';
        column = in.p[i] == '\n' ? 1 : column + ((in.p[i] & 0xc0) != 0x80);
    }
    const bool named = j->field && *tn_pb_name_of(j->table, j->field);
    tern_code code = j->code ? j->code : TERN_INVALID_ARGUMENT;
    if (j->r.what == tn_json_too_deep)
        code = TERN_RESOURCE_EXHAUSTED;
    return tern_error_set(err, code, TERN_ORIGIN_LOCAL, "%s%s%s: %s, at line %zu column %zu",
                          j->table->full_name, named ? "." : "",
                          named ? tn_pb_name_of(j->table, j->field) : "", j->r.what, line, column);
}

static void init(tn_json_parser *j, tern_arena *arena, const tern_pb_table *table, const char *end)
{
    j->r = (tn_json_reader){ .end = end };
    j->mem = tn_pb_mem_of(arena, j->opts.memory_bytes);
    j->code = TERN_OK;
    j->table = table;
    j->field = NULL;
    j->depth = 0;
    j->top = j->frames;
    j->frames[0].counted = false;
    j->seen = j->seen_own;
    j->seen_n = 0;
    j->seen_cap = TN_JSON_SEEN;
    j->name_n = 0;
    memset(j->slots, 0, sizeof(j->slots));
    j->names[0] = (tn_json_name){ .next = j->names, .first = j->names };
}

/* How much of the text is UTF-8, when not all is. */
static TN_JSON_RARE size_t valid_part(const char *p, size_t n)
{
    size_t i = 0;
    while (i < n) {
        const unsigned char c = (unsigned char)p[i];
        const size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if (length > n - i || !tn_utf8_valid(p + i, length))
            break;
        i += length;
    }
    return i;
}

tern_code tern_json_parse(const tern_pb_table *table, void *msg, tern_str in, tern_arena *arena,
                          const tern_json_parse_opts *opts, tern_error *err)
{
    tn_json_parser j;
    tern_error_clear(err);
    TN_TRY(tn_pb_check_abi(table, err));
    TN_TRY(tn_options_copy(&j.opts, sizeof(j.opts), opts, "tern_json_parse_opts", err));
    TN_TRY(tn_pb_limits_read("tern_json_parse_opts", &j.opts.max_depth, &j.opts.memory_bytes, err));
    if (in.n > TN_PB_SIZE_MAX)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "%s: the text is over 2 GiB - 1", table->full_name);
    char *buf = tern_arena_alloc(arena, in.n + TN_JSON_SLACK);
    if (!buf)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "%s: no memory",
                              table->full_name);
    if (in.n)
        memcpy(buf, in.p, in.n);
    memset(buf + in.n, 0, TN_JSON_SLACK);
    init(&j, arena, table, buf + in.n);
    if (TN_UNLIKELY(!tn_utf8_valid(buf, in.n)))
        (void)tn_json_bad(&j, buf + valid_part(buf, in.n), "the text is not UTF-8");
    else if (TN_LIKELY(run(&j, buf, table, msg) != NULL))
        return TERN_OK;
    return report(&j, buf, in, err);
}
