/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_parse.c: the grammar of text format: fields, lists, and the messages in their braces.
 *
 * A name that is none of the message's is looked up among its reserved names; those are skipped
 * with what they hold, whatever it is: levels without a table.
 * A google.protobuf.Any that is written out, [url/name] { ... }, is parsed as that message and then
 * encoded.
 */
#include "pb/text_parse.h"

#include "base/options.h"
#include "base/utf8.h"
#include "pb/extension.h"
#include "pb/map.h"
#include "pb/names.h"
#include "pb/required.h"
#include "pb/text_group.h"
#include "pb/walk.h"

/* What an error shows of the text at most, and the longest name in brackets with space in it. */
enum { SHOWN_MAX = 60, NAME_MAX_BYTES = 512 };

/* ---- errors ---------------------------------------------------------------------------------- */

static tern_code fail(tn_text_parser *p, tern_code code, const char *where, const char *what,
                      tern_str which)
{
    size_t line, column;
    const tn_text_target *at = &p->at;
    const bool field = at->table && at->field && !at->extension;
    const size_t shown = which.n > SHOWN_MAX ? tn_utf8_cut(which.p, SHOWN_MAX) : which.n;
    const bool cite = shown && tn_utf8_valid(which.p, shown) && !memchr(which.p, '\n', shown);
    tn_text_place(&p->lex, where, &line, &column);
    return tern_error_set(p->err, code, TERN_ORIGIN_LOCAL,
                          "%s%s%s: %s%s%.*s%s, at line %zu column %zu",
                          at->table ? at->table->full_name : p->levels[0].table->full_name,
                          field ? "." : "", field ? tn_pb_name_of(at->table, at->field) : "", what,
                          cite ? ": " : "", cite ? (int)shown : 0, cite ? which.p : "",
                          cite && shown < which.n ? "..." : "", line, column);
}

tern_code tn_text_wrong(tn_text_parser *p, const char *where, const char *what, tern_str which)
{
    return fail(p, TERN_INVALID_ARGUMENT, where, what, which);
}

tern_code tn_text_unexpected(tn_text_parser *p, const char *wanted)
{
    if (p->lex.kind == TN_TEXT_BAD)
        return tn_text_wrong(p, p->lex.at, p->lex.bad, (tern_str){ NULL, 0 });
    return tn_text_wrong(p, p->lex.at, wanted, (tern_str){ NULL, 0 });
}

tern_code tn_text_no_memory(tn_text_parser *p)
{
    return fail(p, TERN_RESOURCE_EXHAUSTED, p->lex.at,
                p->mem.over ? "the text takes more memory than memory_bytes allows" : "no memory",
                (tern_str){ NULL, 0 });
}

/* ---- what has stood in a level --------------------------------------------------------------- */

static uint64_t *seen_words(tn_text_parser *p, size_t from)
{
    return (uint64_t *)(void *)(p->seen.p + from);
}

static size_t bit_words(const tern_pb_table *table)
{
    return table ? ((size_t)table->field_count + 63) / 64 : 0;
}

/* n zeroed words more; false: no memory. */
static bool seen_add(tn_text_parser *p, size_t n)
{
    uint8_t *room = tn_buf_room(&p->seen, n * sizeof(uint64_t));
    if (!room)
        return false;
    memset(room, 0, n * sizeof(uint64_t));
    tn_buf_wrote(&p->seen, n * sizeof(uint64_t));
    return true;
}

static bool is_seen(tn_text_parser *p, const tern_pb_field *f)
{
    const size_t i = (size_t)(f - p->top->table->fields);
    return seen_words(p, p->top->seen)[i / 64] >> i % 64 & 1;
}

static void set_seen(tn_text_parser *p, const tern_pb_field *f)
{
    const size_t i = (size_t)(f - p->top->table->fields);
    seen_words(p, p->top->seen)[i / 64] |= UINT64_C(1) << i % 64;
}

/* Notes that the extension stands in this level; *twice: it does so already. */
static tern_code see_extension(tn_text_parser *p, const tern_pb_extension *ext, bool *twice)
{
    const size_t from = p->top->seen + bit_words(p->top->table) * sizeof(uint64_t);
    const size_t n = (p->seen.tail - from) / sizeof(uint64_t);
    *twice = false;
    for (size_t i = 0; i < n && !*twice; i++)
        *twice = seen_words(p, from)[i] == (uintptr_t)ext;
    if (*twice)
        return TERN_OK;
    if (!seen_add(p, 1))
        return tn_text_no_memory(p);
    seen_words(p, from)[n] = (uintptr_t)ext;
    return TERN_OK;
}

static bool is_many(const tern_pb_field *f)
{
    const tern_pb_mode mode = tn_pb_mode_of(f);
    return mode == TERN_PB_REPEATED || mode == TERN_PB_PACKED || mode == TERN_PB_MAP;
}

/* A field that is not repeated stands once, a message aside; of a oneof there is one field. */
static tern_code see_field(tn_text_parser *p, const tern_pb_field *f, tern_str name)
{
    if (is_many(f))
        return TERN_OK;
    if (is_seen(p, f) && !tn_pb_is_message(tn_pb_type_of(f)))
        return tn_text_wrong(p, name.p, "the field is not repeated, and stands here again", name);
    if (tn_pb_mode_of(f) == TERN_PB_ONEOF) {
        const uint32_t which = *tn_pb_which(p->top->msg, f);
        const tern_pb_field *other = tn_pb_find(p->top->table, which);
        if (other && other != f && is_seen(p, other))
            return tn_text_wrong(p, name.p, "another field of its oneof stands here already",
                                 tern_str_of(tn_pb_name_of(p->top->table, other)));
    }
    set_seen(p, f);
    return TERN_OK;
}

/* ---- levels ---------------------------------------------------------------------------------- */

static tern_code push(tn_text_parser *p, const tn_text_level *level)
{
    if ((size_t)(p->top - p->levels) >= p->opts.max_depth)
        return fail(p, TERN_RESOURCE_EXHAUSTED, p->lex.at, "messages nest deeper than max_depth",
                    (tern_str){ NULL, 0 });
    const size_t seen = p->seen.tail;
    if (!seen_add(p, bit_words(level->table)))
        return tn_text_no_memory(p);
    *++p->top = *level;
    p->top->seen = seen;
    p->top->close = p->lex.kind == '{' ? '}' : '>';
    tn_text_next(&p->lex);
    return TERN_OK;
}

/* The message of a field that holds one, or an entry of a map, in *level; false: no memory. */
static bool need_message(tn_text_parser *p, const tn_text_target *of, tn_text_level *level)
{
    const tern_pb_field *f = of->field;
    const tern_pb_mode mode = tn_pb_mode_of(f);
    char *member = of->base + f->offset;
    level->table = of->table->subs[f->sub];
    if (mode == TERN_PB_MAP) {
        level->map = (tn_pb_map *)(void *)member;
        level->msg = tn_pb_map_pending(&p->mem, level->table, level->map);
        return level->msg != NULL;
    }
    if (mode == TERN_PB_REPEATED) {
        tn_pb_array *array = (tn_pb_array *)(void *)member;
        level->msg = tn_pb_take_message(&p->mem, level->table);
        if (!level->msg || !tn_pb_reserve(&p->mem, array, 1, sizeof(void *)))
            return false;
        ((tn_pb_ptr *)(void *)array->p)[array->n++] = level->msg;
        return true;
    }
    tn_pb_ptr *slot = (tn_pb_ptr *)(void *)member;
    const uint32_t number = tn_pb_number_of(f);
    const bool other = mode == TERN_PB_ONEOF && *tn_pb_which(of->base, f) != number;
    level->msg = other ? NULL : *slot;
    if (!level->msg)
        level->msg = tn_pb_take_message(&p->mem, level->table);
    if (!level->msg)
        return false;
    if (mode == TERN_PB_ONEOF)
        *tn_pb_which(of->base, f) = number;
    *slot = level->msg;
    return true;
}

/* Goes into the message whose brace is the token at hand. */
static tern_code enter(tn_text_parser *p, const tn_text_target *of, bool list)
{
    tn_text_level level = { .of = *of, .list = list };
    if (p->lex.kind != '{' && p->lex.kind != '<')
        return tn_text_unexpected(p, "a message in { } is wanted here");
    if (of->field && !need_message(p, of, &level))
        return tn_text_no_memory(p);
    return push(p, &level);
}

/* The message of an Any becomes its value. */
static tern_code pack_any(tn_text_parser *p, const tn_text_level *level)
{
    const tern_pb_table *any = level->of.table;
    tern_bytes out;
    TN_TRY(tern_pb_encode_with(level->table, level->msg, p->mem.arena,
                               TERN_PB_ENCODE_OPTS(.partial = p->opts.partial), &out, p->err));
    if (!tn_pb_spend(&p->mem, out.n))
        return tn_text_no_memory(p);
    *(tn_pb_str *)(void *)(level->any + tn_pb_find(any, 1)->offset) =
        (tn_pb_str){ level->url.p, level->url.n };
    *(tn_pb_str *)(void *)(level->any + tn_pb_find(any, 2)->offset) =
        (tn_pb_str){ (const char *)out.p, out.n };
    return TERN_OK;
}

static void separator(tn_text_parser *p)
{
    if (!tn_text_take(&p->lex, ','))
        (void)tn_text_take(&p->lex, ';');
}

/* Behind an element of a list: true when another one follows. */
static tern_code list_goes_on(tn_text_parser *p, bool *more)
{
    *more = tn_text_take(&p->lex, ',');
    if (!*more && !tn_text_take(&p->lex, ']'))
        return tn_text_unexpected(p, "the list goes on with , or ends with ] here");
    return TERN_OK;
}

/* The brace that closes the level at hand has come. */
static tern_code leave(tn_text_parser *p)
{
    const tn_text_level level = *p->top;
    bool more = false;
    p->at = level.of;
    if (level.map && !tn_pb_map_settle(&p->mem, level.table, level.map))
        return tn_text_no_memory(p);
    if (level.any)
        TN_TRY(pack_any(p, &level));
    p->seen.tail = level.seen;
    p->top--;
    tn_text_next(&p->lex);
    if (level.list)
        TN_TRY(list_goes_on(p, &more));
    if (more)
        return enter(p, &level.of, true);
    separator(p);
    return TERN_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* A field by its name, or a group by that of its message. */
static const tern_pb_field *find_field(const tern_pb_table *table, tern_str name)
{
    const tern_pb_field *f = tn_pb_find_name(table, name);
    char lower[NAME_MAX_BYTES];
    if (f || name.n > sizeof(lower))
        return f;
    for (size_t i = 0; i < name.n; i++)
        lower[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]);
    f = tn_pb_find_name(table, (tern_str){ lower, name.n });
    const char *group = f ? tn_text_group_name(table, f) : NULL;
    return group && tern_str_equal(name, tern_str_of(group)) ? f : NULL;
}

static tern_code name_field(tn_text_parser *p, tn_text_target *of)
{
    const tern_str name = tn_text_token(&p->lex);
    const tern_pb_table *table = p->top->table;
    const tern_pb_field *f = table ? find_field(table, name) : NULL;
    if (table && !f && !tn_text_is_reserved(table, name))
        return tn_text_wrong(p, name.p, "it has no field of this name", name);
    if (f) {
        *of = (tn_text_target){ .table = table, .field = f, .base = p->top->msg };
        p->at = *of;
        TN_TRY(see_field(p, f, name));
    }
    tn_text_next(&p->lex);
    return TERN_OK;
}

static tern_code name_extension(tn_text_parser *p, tern_str name, const char *where,
                                tn_text_target *of)
{
    const tern_pb_table *table = p->top->table;
    const tern_pb_extension *ext = tern_pb_registry_extension_named(p->opts.registry, name);
    bool twice;
    if (!ext && table->kind == TERN_PB_MESSAGE_SET)
        ext = tn_text_find_item(table, tern_pb_registry_message(p->opts.registry, name));
    if (!ext || ext->extendee != table)
        return tn_text_wrong(p, where, "the registry has no extension of it by this name", name);
    *of = (tn_text_target){ .table = ext->holder,
                            .field = tn_pb_extension_field(ext),
                            .extension = true };
    p->at = *of;
    if (!is_many(of->field)) {
        TN_TRY(see_extension(p, ext, &twice));
        if (twice && !tn_pb_is_message(tn_pb_type_of(of->field)))
            return tn_text_wrong(p, where, "the field is not repeated, and stands here again",
                                 name);
    }
    p->extended |= (ext->holder->flags & TERN_PB_HAS_REQUIRED) != 0;
    of->base = tn_pb_extension_need(&p->mem, table, p->top->msg, ext);
    return of->base ? TERN_OK : tn_text_no_memory(p);
}

/* Tells what message the Any at hand is to hold. */
static tern_code name_any(tn_text_parser *p, tern_str url, const char *where, tn_text_level *level)
{
    const tern_pb_table *table = p->top->table;
    const tern_pb_field *type_url = tn_pb_find(table, 1), *value = tn_pb_find(table, 2);
    if (table->kind != TERN_PB_ANY || !type_url || !value ||
        tn_pb_type_of(type_url) != TERN_PB_STRING || tn_pb_type_of(value) != TERN_PB_BYTES)
        return tn_text_wrong(p, where, "a type's URL stands in no google.protobuf.Any", url);
    size_t slash = url.n; /* there is one: the last counts */
    while (url.p[slash - 1] != '/')
        slash--;
    level->table =
        tern_pb_registry_message(p->opts.registry, (tern_str){ url.p + slash, url.n - slash });
    if (!level->table)
        return tn_text_wrong(p, where, "the registry has no message of this type", url);
    if (is_seen(p, type_url) || is_seen(p, value))
        return tn_text_wrong(p, where, "the Any has a value already", url);
    set_seen(p, type_url);
    set_seen(p, value);
    char *copy = tn_pb_take(&p->mem, url.n + 1);
    level->msg = tn_pb_take_message(&p->mem, level->table);
    if (!copy || !level->msg)
        return tn_text_no_memory(p);
    memcpy(copy, url.p, url.n);
    copy[url.n] = '\0';
    level->url = (tern_str){ copy, url.n };
    level->any = p->top->msg;
    level->of = (tn_text_target){ .table = table, .base = p->top->msg };
    return TERN_OK;
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* A value, or a list of values, of a field that holds no messages, or of a reserved one. */
static tern_code scalars(tn_text_parser *p, const tn_text_target *of, bool list)
{
    bool more = list;
    do {
        if (!of->field && (p->lex.kind == '{' || p->lex.kind == '<'))
            return enter(p, of, list);
        TN_TRY(of->field ? tn_text_read_value(p, of) : tn_text_skip_value(p));
        if (list)
            TN_TRY(list_goes_on(p, &more));
    } while (more);
    separator(p);
    return TERN_OK;
}

/* What stands behind a field's name. */
static tern_code field_value(tn_text_parser *p, const tn_text_target *of)
{
    const tern_pb_field *f = of->field;
    const bool messages =
        f && (tn_pb_is_message(tn_pb_type_of(f)) || tn_pb_mode_of(f) == TERN_PB_MAP);
    const bool colon = tn_text_take(&p->lex, ':');
    const char kind = p->lex.kind;
    if (!colon && f && !messages)
        return tn_text_unexpected(p, "a : is wanted here");
    if (!colon && !f && kind != '{' && kind != '<' && kind != '[')
        return tn_text_unexpected(p, "a : is wanted here");
    const bool list = (!f || is_many(f)) && tn_text_take(&p->lex, '[');
    if (list && tn_text_take(&p->lex, ']')) {
        separator(p);
        return TERN_OK;
    }
    return messages ? enter(p, of, list) : scalars(p, of, list);
}

static tern_code bracket(tn_text_parser *p)
{
    char room[NAME_MAX_BYTES];
    const char *where = p->lex.at;
    tn_text_target of = { .table = NULL };
    tn_text_level level = { .table = NULL };
    const tern_str name = tn_text_bracket_name(&p->lex, room, sizeof(room));
    const bool url = name.n && memchr(name.p, '/', name.n) != NULL;
    if (p->lex.kind != ']' || name.n == 0)
        return tn_text_unexpected(p, "a name and ] are wanted here");
    if (p->top->table && url)
        TN_TRY(name_any(p, name, where, &level));
    else if (p->top->table)
        TN_TRY(name_extension(p, name, where, &of));
    tn_text_next(&p->lex);
    if (!level.any)
        return field_value(p, &of);
    (void)tn_text_take(&p->lex, ':');
    if (p->lex.kind != '{' && p->lex.kind != '<')
        return tn_text_unexpected(p, "a message in { } is wanted here");
    return push(p, &level);
}

static tern_code field(tn_text_parser *p)
{
    tn_text_target of = { .table = NULL };
    p->at = (tn_text_target){ .table = p->top->table };
    if (p->lex.kind == '[')
        return bracket(p);
    if (p->lex.kind != TN_TEXT_IDENT)
        return tn_text_unexpected(p, p->top == p->levels
                                         ? "the name of a field, or the end, is wanted here"
                                         : "the name of a field, or the end of the message, is "
                                           "wanted here");
    TN_TRY(name_field(p, &of));
    return field_value(p, &of);
}

static tern_code run(tn_text_parser *p)
{
    for (;;) {
        if (p->lex.kind != p->top->close)
            TN_TRY(field(p));
        else if (p->top == p->levels)
            return TERN_OK;
        else
            TN_TRY(leave(p));
    }
}

tern_code tern_text_parse(const tern_pb_table *table, void *msg, tern_str in, tern_arena *arena,
                          const tern_text_parse_opts *opts, tern_error *err)
{
    tn_text_parser p;
    tern_error_clear(err);
    p.err = err;
    p.extended = false;
    TN_TRY(tn_pb_check_abi(table, err));
    TN_TRY(tn_options_copy(&p.opts, sizeof(p.opts), opts, "tern_text_parse_opts", err));
    TN_TRY(tn_pb_limits_read("tern_text_parse_opts", &p.opts.max_depth, &p.opts.memory_bytes, err));
    p.mem = tn_pb_mem_of(arena, p.opts.memory_bytes);
    p.seen = tn_buf_of(arena->env);
    p.top = p.levels;
    p.levels[0] = (tn_text_level){ .table = table, .msg = msg, .close = TN_TEXT_END };
    p.at = (tn_text_target){ .table = table };
    tn_text_start(&p.lex, in);
    tern_code code = seen_add(&p, bit_words(table)) ? run(&p) : tn_text_no_memory(&p);
    tn_buf_free(&p.seen);
    if (code == TERN_OK && !p.opts.partial)
        code = tn_pb_check_required(table, msg, p.extended, err);
    return code;
}
