/* SPDX-License-Identifier: Apache-2.0 */
/*
 * functions.c: the typed functions of X.tern.h: inline, and nothing but casts around the runtime.
 *
 * Letters in the templates: M message type, D its full name, t its table, its functions n new, o
 * decode, p encode, z size, m merge, y copy, q equal, k clear; else n function, f member as
 * msg reaches it, d the field's name for people, T value type ready for a name behind it, N number,
 * w and b word and mask of the presence bit, c oneof constant, u path of `which`; for maps K key type,
 * e entry type, E entry table.
 */
#include "compiler/write.h"

static const char message_text[] =
    "\n/* A zeroed $D in the arena; NULL when there is no memory. */\n"
    "static inline TERN_MUST_USE $M *$n(tern_arena *arena)\n"
    "{\n"
    "    return ($M *)tern_pb_new(&$t, arena);\n"
    "}\n"
    "\n/* Decodes `in` (borrowed) into the arena; NULL with err as tern_pb_decode has it. */\n"
    "static inline TERN_MUST_USE $M *$o(tern_bytes in, tern_arena *arena, tern_error *err)\n"
    "{\n"
    "    $M *msg = $n(arena);\n"
    "    tern_error_clear(err);\n"
    "    if (!msg)\n"
    "        (void)tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,\n"
    "                             \"no memory for a message\");\n"
    "    else if (tern_pb_decode(&$t, msg, in, arena, NULL, err) != TERN_OK)\n"
    "        msg = NULL;\n"
    "    return msg;\n"
    "}\n"
    "\n/* Encodes msg (borrowed) into the arena; p is NULL with err on failure, as tern_pb_encode "
    "has "
    "it. */\n"
    "static inline TERN_MUST_USE tern_bytes $p(const $M *msg, tern_arena *arena, tern_error *err)\n"
    "{\n"
    "    tern_bytes out = { NULL, 0 };\n"
    "    if (tern_pb_encode(&$t, msg, arena, &out, err) != TERN_OK)\n"
    "        out.p = NULL;\n"
    "    return out;\n"
    "}\n"
    "\n/* As tern_pb_size, tern_pb_merge, tern_pb_copy, tern_pb_equal and tern_pb_clear_all have "
    "it. "
    "*/\n"
    "static inline tern_code $z(const $M *msg, size_t *size, tern_error *err)\n"
    "{\n"
    "    return tern_pb_size(&$t, msg, size, err);\n"
    "}\n"
    "static inline tern_code $m($M *msg, const $M *from, tern_arena *arena, tern_error *err)\n"
    "{\n"
    "    return tern_pb_merge(&$t, msg, from, arena, err);\n"
    "}\n"
    "static inline TERN_MUST_USE $M *$y(const $M *msg, tern_arena *arena, tern_error *err)\n"
    "{\n"
    "    return ($M *)tern_pb_copy(&$t, msg, arena, err);\n"
    "}\n"
    "static inline bool $q(const $M *msg, const $M *other)\n"
    "{\n"
    "    return tern_pb_equal(&$t, msg, other);\n"
    "}\n"
    "static inline void $k($M *msg)\n"
    "{\n"
    "    tern_pb_clear_all(&$t, msg);\n"
    "}\n";

/* ---- presence --------------------------------------------------------------------------------- */

static const char has_bit_text[] = "\n/* $d: is it present; set it; make it absent. */\n"
                                   "static inline bool $h(const $M *msg)\n"
                                   "{\n"
                                   "    return (msg->has_[$w] & $b) != 0 || msg->$f;\n"
                                   "}\n";

static const char has_float_text[] = "\n/* $d: is it present; set it; make it absent. */\n"
                                     "static inline bool $h(const $M *msg)\n"
                                     "{\n"
                                     "    return tern_pb_has(&$t, msg, $N);\n"
                                     "}\n";

static const char set_bit_text[] = "static inline void $s($M *msg, $Tvalue)\n"
                                   "{\n"
                                   "    msg->has_[$w] |= $b;\n"
                                   "    msg->$f = value;\n"
                                   "}\n"
                                   "static inline void $x($M *msg)\n"
                                   "{\n"
                                   "    msg->has_[$w] &= ~$b;\n"
                                   "    msg->$f = 0;\n"
                                   "}\n";

static const char string_text[] =
    "\n/* $d: is it present; set it (an absent value becomes an empty one); make it absent. */\n"
    "static inline bool $h(const $M *msg)\n"
    "{\n"
    "    return msg->$f.p != NULL;\n"
    "}\n"
    "static inline void $s($M *msg, $Tvalue)\n"
    "{\n"
    "    msg->$f = value;\n"
    "    if (!msg->$f.p)\n"
    "        msg->$f.p = ($C *)\"\";\n"
    "}\n"
    "static inline void $x($M *msg)\n"
    "{\n"
    "    msg->$f.p = NULL;\n"
    "    msg->$f.n = 0;\n"
    "}\n";

static const char oneof_text[] =
    "\n/* $d: is it the one that is set; set it; set none if it is the one. */\n"
    "static inline bool $h(const $M *msg)\n"
    "{\n"
    "    return msg->$u == $c;\n"
    "}\n"
    "static inline void $s($M *msg, $Tvalue)\n"
    "{\n"
    "    msg->$u = $c;\n"
    "    msg->$f = value;\n"
    "}\n"
    "static inline void $x($M *msg)\n"
    "{\n"
    "    if (msg->$u == $c)\n"
    "        msg->$u = 0;\n"
    "}\n";

static const char message_has_text[] = "\n/* $d: is it present. */\n"
                                       "static inline bool $h(const $M *msg)\n"
                                       "{\n"
                                       "    return msg->$f != NULL;\n"
                                       "}\n";

static const char default_text[] = "/* What it holds, or its default. */\n"
                                   "static inline $T$g(const $M *msg)\n"
                                   "{\n"
                                   "    return $h(msg) ? msg->$f : $v;\n"
                                   "}\n";

/* Strings are no part of a template, whose lines may be broken. */
static void write_default(tn_gen *g, tn_gen_out *out, const tn_gen_field *f, const char *member,
                          const tn_gen_var *vars)
{
    if (f->type != TERN_PB_STRING && f->type != TERN_PB_BYTES) {
        tn_gen_fill(out, default_text, vars);
        return;
    }
    tn_gen_print(out,
                 "/* What it holds, or its default. */\n"
                 "static inline %s%s(const %s *msg)\n{\n",
                 tn_gen_value_type(g, f), f->accessor[TN_GEN_GET], f->message->c_name);
    tn_gen_write_default_bytes(g, out, f);
    tn_gen_print(out, "    return %s(msg) ? msg->%s : absent;\n}\n", f->accessor[TN_GEN_HAS],
                 member);
}

static void write_presence(tn_gen *g, tn_gen_out *out, const tn_gen_field *f)
{
    const tn_gen_message *m = f->message;
    const bool in_oneof = f->mode == TERN_PB_ONEOF;
    const char *member =
        in_oneof ? tn_gen_text(g, "%s.%s", f->oneof->member, f->member) : f->member;
    const char *which = in_oneof ? tn_gen_text(g, "%s.which", f->oneof->member) : "";
    const char *word = tn_gen_text(g, "%u", f->has_bit / 32);
    const char *bit = tn_gen_text(g, "0x%xu", 1u << f->has_bit % 32);
    const char *number = tn_gen_text(g, "%u", f->number);
    const char *display = tn_gen_text(g, "%s.%s", m->c_name, member ? member : "");
    const bool text = f->type == TERN_PB_STRING || f->type == TERN_PB_BYTES;
    const bool has_default = f->accessor[TN_GEN_GET] != NULL;
    const char *value = has_default && !text ? tn_gen_default_value(g, f) : "";
    if (!member || !which || !word || !bit || !number || !display || !value) {
        out->failed = true;
        return;
    }
    const tn_gen_var vars[] = {
        { 'M', m->c_name },
        { 't', m->part[TN_GEN_TABLE] },
        { 'h', f->accessor[TN_GEN_HAS] },
        { 's', f->accessor[TN_GEN_SET] },
        { 'x', f->accessor[TN_GEN_CLEAR] },
        { 'f', member },
        { 'd', display },
        { 'T', tn_gen_value_type(g, f) },
        { 'N', number },
        { 'w', word },
        { 'b', bit },
        { 'c', in_oneof ? f->accessor[TN_GEN_CASE] : "" },
        { 'u', which },
        { 'C', f->type == TERN_PB_BYTES ? "const uint8_t" : "const char" },
        { 'g', f->accessor[TN_GEN_GET] },
        { 'v', value },
        { 0, NULL },
    };
    if (in_oneof) {
        tn_gen_fill(out, oneof_text, vars);
    } else if (f->sub) {
        tn_gen_fill(out, message_has_text, vars);
    } else if (!tn_gen_has_bit(f)) {
        tn_gen_fill(out, string_text, vars);
    } else {
        const bool floating = f->type == TERN_PB_FLOAT || f->type == TERN_PB_DOUBLE;
        tn_gen_fill(out, floating ? has_float_text : has_bit_text, vars);
        tn_gen_fill(out, set_bit_text, vars);
    }
    if (has_default)
        write_default(g, out, f, member, vars);
}

/* ---- repeated fields -------------------------------------------------------------------------- */

static const char add_message_text[] =
    "\n/* Appends a zeroed message to $d and returns it; NULL when there is no memory. */\n"
    "static inline TERN_MUST_USE $T$n($M *msg, tern_arena *arena)\n"
    "{\n"
    "    $Telement = ($T)tern_pb_new(&$E, arena);\n"
    "    $T*slot = element ? ($T*)tern_pb_append(&msg->$f, sizeof(*slot), arena) : NULL;\n"
    "    if (slot)\n"
    "        *slot = element;\n"
    "    return slot ? element : NULL;\n"
    "}\n";

static const char add_value_text[] =
    "\n/* Appends value to $d; false when there is no memory. */\n"
    "static inline TERN_MUST_USE bool $n($M *msg, tern_arena *arena, $Tvalue)\n"
    "{\n"
    "    $T*slot = ($T*)tern_pb_append(&msg->$f, sizeof(*slot), arena);\n"
    "    if (slot)\n"
    "        *slot = value;\n"
    "    return slot != NULL;\n"
    "}\n";

static void write_add(tn_gen *g, tn_gen_out *out, const tn_gen_field *f)
{
    const char *display = tn_gen_text(g, "%s.%s", f->message->c_name, f->member);
    if (!display) {
        out->failed = true;
        return;
    }
    const tn_gen_var vars[] = {
        { 'M', f->message->c_name },
        { 'n', f->accessor[TN_GEN_ADD] },
        { 'f', f->member },
        { 'd', display },
        { 'T', tn_gen_value_type(g, f) },
        { 'E', f->sub ? f->sub->part[TN_GEN_TABLE] : "" },
        { 0, NULL },
    };
    tn_gen_fill(out, f->sub ? add_message_text : add_value_text, vars);
}

/* ---- maps ------------------------------------------------------------------------------------- */

static const char get_value_text[] =
    "\n/* $d: the value of key, or NULL; valid until the next put or delete. */\n"
    "static inline const $T*$g(const $M *msg, $Kkey)\n"
    "{\n"
    "    const $e *entry = (const $e *)tern_pb_map_get(&$E, &msg->$f, &key);\n"
    "    return entry ? &entry->value : NULL;\n"
    "}\n";

static const char get_message_text[] =
    "\n/* $d: the value of key, or NULL. */\n"
    "static inline $T$g(const $M *msg, $Kkey)\n"
    "{\n"
    "    const $e *entry = (const $e *)tern_pb_map_get(&$E, &msg->$f, &key);\n"
    "    return entry ? entry->value : NULL;\n"
    "}\n";

static const char put_text[] =
    "/* Adds or replaces; key and value are borrowed for the life of the map. False: no memory. "
    "*/\n"
    "static inline TERN_MUST_USE bool $p($M *msg, tern_arena *arena, $Kkey, $Tvalue)\n"
    "{\n"
    "    $e *entry = ($e *)tern_pb_map_put(&$E, &msg->$f, &key, arena);\n"
    "    if (entry)\n"
    "        entry->value = value;\n"
    "    return entry != NULL;\n"
    "}\n"
    "/* True when it was there. */\n"
    "static inline bool $x($M *msg, $Kkey)\n"
    "{\n"
    "    return tern_pb_map_delete(&$E, &msg->$f, &key);\n"
    "}\n";

static void write_map(tn_gen *g, tn_gen_out *out, const tn_gen_field *f)
{
    const tn_gen_message *entry = f->sub;
    const tn_gen_field *key = &entry->fields[0], *value = &entry->fields[1];
    const char *display = tn_gen_text(g, "%s.%s", f->message->c_name, f->member);
    if (!display) {
        out->failed = true;
        return;
    }
    const tn_gen_var vars[] = {
        { 'M', f->message->c_name },
        { 'g', f->accessor[TN_GEN_GET] },
        { 'p', f->accessor[TN_GEN_PUT] },
        { 'x', f->accessor[TN_GEN_DELETE] },
        { 'f', f->member },
        { 'd', display },
        { 'K', tn_gen_value_type(g, key) },
        { 'T', tn_gen_value_type(g, value) },
        { 'e', entry->c_name },
        { 'E', entry->part[TN_GEN_TABLE] },
        { 0, NULL },
    };
    tn_gen_fill(out, value->sub ? get_message_text : get_value_text, vars);
    tn_gen_fill(out, put_text, vars);
}

/* ---- a message -------------------------------------------------------------------------------- */

void tn_gen_write_functions(tn_gen *g, tn_gen_out *out, const tn_gen_message *m)
{
    const tn_gen_var vars[] = {
        { 'M', m->c_name },
        { 'D', m->c_name },
        { 't', m->part[TN_GEN_TABLE] },
        { 'n', m->part[TN_GEN_NEW] },
        { 'o', m->part[TN_GEN_DECODE] },
        { 'p', m->part[TN_GEN_ENCODE] },
        { 'z', m->part[TN_GEN_SIZE] },
        { 'm', m->part[TN_GEN_MERGE] },
        { 'y', m->part[TN_GEN_COPY] },
        { 'q', m->part[TN_GEN_EQUAL] },
        { 'k', m->part[TN_GEN_CLEAR_ALL] },
        { 0, NULL },
    };
    tn_gen_fill(out, message_text, vars);
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_gen_field *f = &m->fields[i];
        if (f->accessor[TN_GEN_HAS])
            write_presence(g, out, f);
        else if (f->accessor[TN_GEN_ADD])
            write_add(g, out, f);
        else if (f->accessor[TN_GEN_GET])
            write_map(g, out, f);
    }
}
