/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extension_functions.c: the typed functions of extensions in X.tern.h, over tern_pb_extension_get and
 * tern_pb_extension_put.
 *
 * Letters in the templates: M the extended message's type, x the extension, d its full name, H the
 * holder's type, f the holder's member, T value type ready for a name behind it; h has, g get, s set
 * or put, a add, c clear; v what absent reads as; E table of the message type.
 */
#include "compiler/write.h"

static const char begin_text[] = "\n/* $d: is it there; what it holds, or $w; make it absent. */\n"
                                 "static inline bool $h(const $M *msg)\n"
                                 "{\n"
                                 "    return tern_pb_extension_has(&$x, msg);\n"
                                 "}\n";

static const char clear_text[] = "static inline void $c($M *msg)\n"
                                 "{\n"
                                 "    tern_pb_extension_clear(&$x, msg);\n"
                                 "}\n";

static const char get_text[] = "static inline $T$g(const $M *msg)\n"
                               "{\n"
                               "    $Tconst *value = ($Tconst *)tern_pb_extension_get(&$x, msg);\n"
                               "    return value ? *value : $v;\n"
                               "}\n";

static const char get_list_text[] = "static inline const $H *$g(const $M *msg)\n"
                                    "{\n"
                                    "    return (const $H *)tern_pb_extension_get(&$x, msg);\n"
                                    "}\n";

static const char set_text[] =
    "/* False when there is no memory. */\n"
    "static inline TERN_MUST_USE bool $s($M *msg, tern_arena *arena, $Tvalue)\n"
    "{\n"
    "    $T*slot = ($T*)tern_pb_extension_put(&$x, msg, arena);\n"
    "    if (slot)\n"
    "        *slot = value;\n"
    "    return slot != NULL;\n"
    "}\n";

static const char set_string_text[] =
    "/* An absent value becomes an empty one. False when there is no memory. */\n"
    "static inline TERN_MUST_USE bool $s($M *msg, tern_arena *arena, $Tvalue)\n"
    "{\n"
    "    $T*slot = ($T*)tern_pb_extension_put(&$x, msg, arena);\n"
    "    if (slot && value.p)\n"
    "        *slot = value;\n"
    "    else if (slot)\n"
    "        slot->n = 0;\n"
    "    return slot != NULL;\n"
    "}\n";

static const char put_message_text[] =
    "/* The message, made when it is absent; NULL when there is no memory. */\n"
    "static inline TERN_MUST_USE $T$s($M *msg, tern_arena *arena)\n"
    "{\n"
    "    $T*slot = ($T*)tern_pb_extension_put(&$x, msg, arena);\n"
    "    return slot ? *slot : NULL;\n"
    "}\n";

static const char add_text[] =
    "/* Appends value; false when there is no memory. */\n"
    "static inline TERN_MUST_USE bool $a($M *msg, tern_arena *arena, $Tvalue)\n"
    "{\n"
    "    $H *list = ($H *)tern_pb_extension_put(&$x, msg, arena);\n"
    "    $T*slot = list ? ($T*)tern_pb_append(&list->$f, sizeof(*slot), arena) : NULL;\n"
    "    if (slot)\n"
    "        *slot = value;\n"
    "    return slot != NULL;\n"
    "}\n";

static const char add_message_text[] =
    "/* Appends a zeroed message and returns it; NULL when there is no memory. */\n"
    "static inline TERN_MUST_USE $T$a($M *msg, tern_arena *arena)\n"
    "{\n"
    "    $Telement = ($T)tern_pb_new(&$E, arena);\n"
    "    $H *list = element ? ($H *)tern_pb_extension_put(&$x, msg, arena) : NULL;\n"
    "    $T*slot = list ? ($T*)tern_pb_append(&list->$f, sizeof(*slot), arena) : NULL;\n"
    "    if (slot)\n"
    "        *slot = element;\n"
    "    return slot ? element : NULL;\n"
    "}\n";

/* A default with a text of its own: no template, whose lines may be broken. */
static void write_get_bytes(tn_gen *g, tn_gen_out *out, const tn_gen_extension *x)
{
    const tn_gen_field *f = &x->holder.fields[0];
    const char *type = tn_gen_value_type(g, f);
    tn_gen_print(out, "static inline %s%s(const %s *msg)\n{\n", type, f->accessor[TN_GEN_GET],
                 x->extendee->c_name);
    tn_gen_write_default_bytes(g, out, f);
    tn_gen_print(out,
                 "    %sconst *value = (%sconst *)tern_pb_extension_get(&%s, msg);\n"
                 "    return value ? *value : absent;\n}\n",
                 type, type, x->c_name);
}

static const char *absent_of(tn_gen *g, const tn_gen_field *f)
{
    if (f->sub)
        return "NULL";
    if (f->type == TERN_PB_STRING)
        return "tern_str_of(NULL)";
    if (f->type == TERN_PB_BOOL && !tn_gen_has_default(f))
        return "false";
    return tn_gen_has_default(f) ? tn_gen_default_value(g, f) : "0";
}

static void write_singular(tn_gen *g, tn_gen_out *out, const tn_gen_extension *x,
                           const tn_gen_var *vars)
{
    const tn_gen_field *f = &x->holder.fields[0];
    const bool text = f->type == TERN_PB_STRING || f->type == TERN_PB_BYTES;
    if (text)
        write_get_bytes(g, out, x);
    else
        tn_gen_fill(out, get_text, vars);
    tn_gen_fill(out, clear_text, vars);
    tn_gen_fill(out, f->sub ? put_message_text : text ? set_string_text : set_text, vars);
}

void tn_gen_write_extension(tn_gen *g, tn_gen_out *out, const tn_gen_extension *x)
{
    const tn_gen_field *f = &x->holder.fields[0];
    const bool one = f->mode == TERN_PB_EXPLICIT,
               text = f->type == TERN_PB_STRING || f->type == TERN_PB_BYTES;
    const tn_gen_var vars[] = {
        { 'M', x->extendee->c_name },
        { 'x', x->c_name },
        { 'd', x->full_name },
        { 'H', x->holder.c_name },
        { 'f', f->member },
        { 'T', tn_gen_value_type(g, f) },
        { 'h', f->accessor[TN_GEN_HAS] },
        { 'g', f->accessor[TN_GEN_GET] },
        { 's', f->accessor[f->sub ? TN_GEN_PUT : TN_GEN_SET] },
        { 'a', f->accessor[TN_GEN_ADD] },
        { 'c', f->accessor[TN_GEN_CLEAR] },
        { 'v', one && !text ? absent_of(g, f) : "" },
        { 'w', !one || f->sub ? "NULL" : "its default" },
        { 'E', f->sub ? f->sub->part[TN_GEN_TABLE] : "" },
        { 0, NULL },
    };
    tn_gen_fill(out, begin_text, vars);
    if (one) {
        write_singular(g, out, x, vars);
        return;
    }
    tn_gen_fill(out, get_list_text, vars);
    tn_gen_fill(out, clear_text, vars);
    tn_gen_fill(out, f->sub ? add_message_text : add_text, vars);
}
