/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c: X.tern.c: the tables, as tern/pb.h describes them.
 */
#include "compiler/write.h"
#include "pb/table.h"

/* C promises string literals of 4095 characters; longer ones are written as arrays. */
enum { MAX_LITERAL = 4000 };

static void write_tag(tn_gen_out *out, const tn_gen_field *f)
{
    const bool packed = f->mode == TERN_PB_PACKED;
    uint32_t tag = f->number << 3 | (packed ? TN_PB_WIRE_LEN : tn_pb_type_wire(f->type)), n = 1;
    tn_gen_print(out, ".tag = { ");
    for (; tag >= 0x80; tag >>= 7, n++)
        tn_gen_print(out, "0x%02x, ", (tag & 0x7f) | 0x80);
    tn_gen_print(out, "0x%02x }, .tag_len = %u,\n", tag, n);
}

static void write_field(tn_gen_out *out, const tn_gen_field *f)
{
    static const char *const types[TERN_PB_TYPES] = {
        "",        "DOUBLE",   "FLOAT",    "INT64",  "UINT64",  "INT32", "FIXED64",
        "FIXED32", "BOOL",     "STRING",   "GROUP",  "MESSAGE", "BYTES", "UINT32",
        "ENUM",    "SFIXED32", "SFIXED64", "SINT32", "SINT64",
    };
    static const char *const modes[] = { "IMPLICIT", "EXPLICIT", "ONEOF",
                                         "REPEATED", "PACKED",   "MAP" };
    const char *c_name = f->message->c_name;
    tn_gen_print(out, "    { ");
    write_tag(out, f);
    tn_gen_print(out, "      .op = TERN_PB_OP(TERN_PB_%s, TERN_PB_%s),%s\n", types[f->type],
                 modes[f->mode], f->utf8 ? " .flags = TERN_PB_UTF8," : "");
    if (f->mode == TERN_PB_ONEOF)
        tn_gen_print(out,
                     "      .offset = offsetof(%s, %s.%s),\n"
                     "      .presence = offsetof(%s, %s.which),\n",
                     c_name, f->oneof->member, f->member, c_name, f->oneof->member);
    else
        tn_gen_print(out, "      .offset = offsetof(%s, %s),\n", c_name, f->member);
    tn_gen_print(out, "      ");
    if (tn_gen_has_bit(f))
        tn_gen_print(out, ".presence = %u, ", f->has_bit);
    if (f->sub)
        tn_gen_print(out, ".sub = %zu, ", f->sub_index);
    tn_gen_print(out, ".name = %zu },\n", f->name_offset);
}

static void write_subs(tn_gen_out *out, const tn_gen_message *m)
{
    tn_gen_print(out, "static const tern_pb_table *const %s[] = {\n", m->part[TN_GEN_SUBS]);
    for (size_t i = 0; i < m->field_count; i++)
        if (m->by_number[i]->sub)
            tn_gen_print(out, "    &%s,\n", m->by_number[i]->sub->part[TN_GEN_TABLE]);
    tn_gen_print(out, "};\n");
}

static void write_names(tn_gen_out *out, const tn_gen_message *m)
{
    const bool literal = m->names_size <= MAX_LITERAL;
    tn_gen_print(out, "static const char %s[] =%s\n", m->part[TN_GEN_NAMES], literal ? "" : " {");
    for (size_t i = 0; i < m->field_count; i++) {
        const char *name = m->by_number[i]->name;
        if (literal) {
            tn_gen_print(out, "    \"%s\\0\"%s\n", name, i + 1 == m->field_count ? ";" : "");
            continue;
        }
        tn_gen_print(out, "    ");
        for (const char *p = name; *p; p++)
            tn_gen_print(out, "'%c', ", *p);
        tn_gen_print(out, "0,\n");
    }
    if (!literal)
        tn_gen_print(out, "};\n");
}

static bool has_subs(const tn_gen_message *m)
{
    for (size_t i = 0; i < m->field_count; i++)
        if (m->fields[i].sub)
            return true;
    return false;
}

static size_t dense_of(const tn_gen_message *m)
{
    size_t n = 0;
    while (n < m->field_count && m->by_number[n]->number == n + 1)
        n++;
    return n;
}

void tn_gen_write_table(tn_gen *g, tn_gen_out *out, const tn_gen_message *m)
{
    (void)g;
    const bool subs = has_subs(m);
    if (m->field_count) {
        tn_gen_print(out, "\nstatic const tern_pb_field %s[] = {\n", m->part[TN_GEN_FIELDS]);
        for (size_t i = 0; i < m->field_count; i++)
            write_field(out, m->by_number[i]);
        tn_gen_print(out, "};\n");
        if (subs)
            write_subs(out, m);
        write_names(out, m);
    }
    tn_gen_print(out,
                 "\nconst tern_pb_table %s = {\n"
                 "    .abi = %d,\n"
                 "    .field_count = %zu,\n"
                 "    .dense = %zu,\n",
                 m->part[TN_GEN_TABLE], TERN_PB_ABI, m->field_count, dense_of(m));
    if (m->has_bits)
        tn_gen_print(out, "    .has_offset = offsetof(%s, has_),\n", m->c_name);
    else
        tn_gen_print(out, "    .has_offset = TERN_PB_NONE,\n");
    if (m->map_entry)
        tn_gen_print(out, "    .unknown_offset = TERN_PB_NONE,\n");
    else
        tn_gen_print(out, "    .unknown_offset = offsetof(%s, unknown_),\n", m->c_name);
    tn_gen_print(out,
                 "    .align = _Alignof(%s),\n"
                 "    .size = sizeof(%s),\n"
                 "    .fields = %s,\n"
                 "    .subs = %s,\n"
                 "    .names = %s,\n"
                 "    .full_name = \"%s\",\n"
                 "};\n",
                 m->c_name, m->c_name, m->field_count ? m->part[TN_GEN_FIELDS] : "NULL",
                 subs ? m->part[TN_GEN_SUBS] : "NULL",
                 m->field_count ? m->part[TN_GEN_NAMES] : "\"\"", m->full_name);
}

void tn_gen_write_source(tn_gen *g, tn_gen_out *out, const tn_gen_file *file)
{
    tn_gen_write_banner(out, file);
    tn_gen_write_include(out, file, ".tern.h");
    for (const tn_gen_message *m = file->messages; m; m = m->next)
        tn_gen_write_table(g, out, m);
}
