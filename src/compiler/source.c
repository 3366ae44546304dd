/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c: X.tern.c: the tables, as tern/pb.h describes them.
 */
#include "compiler/write.h"
#include "pb/table.h"
#include <stdlib.h>

static void write_tag(tn_gen_out *out, const tn_gen_field *f)
{
    const bool packed = f->mode == TERN_PB_PACKED;
    uint64_t tag = (uint64_t)f->number << 3 | (packed ? TN_PB_WIRE_LEN : tn_pb_type_wire(f->type));
    unsigned n = 1;
    tn_gen_print(out, ".tag = { ");
    for (; tag >= 0x80; tag >>= 7, n++)
        tn_gen_print(out, "0x%02x, ", (unsigned)(tag & 0x7f) | 0x80);
    tn_gen_print(out, "0x%02x }, .tag_len = %u,\n", (unsigned)tag, n);
}

static void write_field(tn_gen_out *out, const tn_gen_field *f)
{
    static const char *const types[TERN_PB_TYPES] = {
        "",        "DOUBLE",   "FLOAT",    "INT64",  "UINT64",  "INT32",       "FIXED64",
        "FIXED32", "BOOL",     "STRING",   "GROUP",  "MESSAGE", "BYTES",       "UINT32",
        "ENUM",    "SFIXED32", "SFIXED64", "SINT32", "SINT64",  "CLOSED_ENUM",
    };
    static const char *const modes[] = { "IMPLICIT", "EXPLICIT", "ONEOF",
                                         "REPEATED", "PACKED",   "MAP" };
    const char *c_name = f->message->c_name;
    tn_gen_print(out, "    { ");
    write_tag(out, f);
    static const char *const flags[] = { "", " .flags = TERN_PB_UTF8,",
                                         " .flags = TERN_PB_REQUIRED,",
                                         " .flags = TERN_PB_UTF8 | TERN_PB_REQUIRED," };
    tn_gen_print(out, "      .op = TERN_PB_OP(TERN_PB_%s, TERN_PB_%s),%s\n", types[f->type],
                 modes[f->mode], flags[f->flags & 3]);
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
    if (f->sub || f->enumeration)
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

static void write_enums(tn_gen_out *out, const tn_gen_message *m)
{
    tn_gen_print(out, "static const tern_pb_enum *const %s[] = {\n", m->part[TN_GEN_ENUMS]);
    for (size_t i = 0; i < m->field_count; i++)
        if (m->by_number[i]->enumeration)
            tn_gen_print(out, "    &%s,\n", m->by_number[i]->enumeration->part[TN_GEN_ENUM_TABLE]);
    tn_gen_print(out, "};\n");
}

/* ---- names ------------------------------------------------------------------------------------ */

typedef struct named {
    const char *name;
    uint32_t entry;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

/* The names of fields and the index by them; gives the length of the index. */
static size_t write_names(tn_gen *g, tn_gen_out *out, const tn_gen_message *m)
{
    const char **strings = tn_gen_alloc(g, m->field_count, 2 * sizeof(*strings));
    named *all = tn_gen_alloc(g, m->field_count, 2 * sizeof(*all));
    if (!strings || !all) {
        out->failed = true;
        return 0;
    }
    size_t count = 0;
    for (size_t i = 0; i < m->field_count; i++) {
        const tn_gen_field *f = m->by_number[i];
        strings[2 * i] = f->name;
        strings[2 * i + 1] = f->json_name;
        all[count++] = (named){ f->name, (uint32_t)(2 * i) };
        if (*f->json_name)
            all[count++] = (named){ f->json_name, (uint32_t)(2 * i + 1) };
    }
    tn_gen_write_names(out, m->part[TN_GEN_NAMES], strings, 2 * m->field_count, 2);
    qsort(all, count, sizeof(*all), by_name);
    tn_gen_print(out, "static const uint16_t %s[] = {", m->part[TN_GEN_BY_NAME]);
    for (size_t i = 0; i < count; i++)
        tn_gen_print(out, "%s%u,", i % 12 ? " " : "\n    ", all[i].entry);
    tn_gen_print(out, "\n};\n");
    return count;
}

/* ---- the table -------------------------------------------------------------------------------- */

/* Those whose form in JSON is their own. */
static const char *kind_of(const tn_gen_message *m)
{
    static const char package[] = "google.protobuf.";
    static const struct {
        const char *name, *kind;
    } rows[] = {
        { "Any", "TERN_PB_ANY" },
        { "Timestamp", "TERN_PB_TIMESTAMP" },
        { "Duration", "TERN_PB_DURATION" },
        { "FieldMask", "TERN_PB_FIELD_MASK" },
        { "Struct", "TERN_PB_STRUCT" },
        { "Value", "TERN_PB_VALUE" },
        { "ListValue", "TERN_PB_LIST_VALUE" },
    };
    if (m->holder)
        return "TERN_PB_PLAIN";
    if (m->map_entry)
        return "TERN_PB_MAP_ENTRY";
    if (m->proto->options && m->proto->options->message_set_wire_format)
        return "TERN_PB_MESSAGE_SET";
    if (!tn_gen_well_known(m->file->name) ||
        strncmp(m->full_name, package, sizeof(package) - 1) != 0)
        return "TERN_PB_PLAIN";
    const char *name = m->full_name + sizeof(package) - 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(name, rows[i].name) == 0)
            return rows[i].kind;
    return strcmp(m->file->name, "google/protobuf/wrappers.proto") == 0 ? "TERN_PB_WRAPPER"
                                                                        : "TERN_PB_PLAIN";
}

static size_t dense_of(const tn_gen_message *m)
{
    size_t n = 0;
    while (n < m->field_count && m->by_number[n]->number == n + 1)
        n++;
    return n;
}

static void write_layout(tn_gen_out *out, const tn_gen_message *m)
{
    if (m->has_bits)
        tn_gen_print(out, "    .has_offset = offsetof(%s, has_),\n", m->c_name);
    else
        tn_gen_print(out, "    .has_offset = TERN_PB_NONE,\n");
    if (m->map_entry || m->holder)
        tn_gen_print(out, "    .unknown_offset = TERN_PB_NONE,\n");
    else
        tn_gen_print(out, "    .unknown_offset = offsetof(%s, unknown_),\n", m->c_name);
    tn_gen_print(out,
                 "    .align = _Alignof(%s),\n"
                 "    .size = sizeof(%s),\n",
                 m->c_name, m->c_name);
}

/* The flags of a message's table, each a name. */
static void write_flags(tn_gen_out *out, const tn_gen_message *m)
{
    bool own = false;
    for (size_t i = 0; i < m->field_count; i++)
        own |= (m->by_number[i]->flags & TERN_PB_REQUIRED) != 0;
    const char *const flags[] = {
        !m->holder && m->proto->extension_range.n ? "TERN_PB_EXTENDABLE" : NULL,
        m->has_required ? "TERN_PB_HAS_REQUIRED" : NULL,
        own ? "TERN_PB_OWN_REQUIRED" : NULL,
    };
    const char *between = "    .flags = ";
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (!flags[i])
            continue;
        tn_gen_print(out, "%s%s", between, flags[i]);
        between = " | ";
    }
    if (between[0] == ' ' && between[1] == '|')
        tn_gen_print(out, ",\n");
}

void tn_gen_write_table(tn_gen *g, tn_gen_out *out, const tn_gen_message *m)
{
    size_t name_count = 0;
    if (m->field_count) {
        tn_gen_print(out, "\nstatic const tern_pb_field %s[] = {\n", m->part[TN_GEN_FIELDS]);
        for (size_t i = 0; i < m->field_count; i++)
            write_field(out, m->by_number[i]);
        tn_gen_print(out, "};\n");
        if (m->sub_count)
            write_subs(out, m);
        if (m->enum_count)
            write_enums(out, m);
        name_count = write_names(g, out, m);
    }
    tn_gen_print(out,
                 "\n%sconst tern_pb_table %s = {\n"
                 "    .abi = %d,\n"
                 "    .field_count = %zu,\n"
                 "    .dense = %zu,\n",
                 m->holder ? "static " : "", m->part[TN_GEN_TABLE], TERN_PB_ABI, m->field_count,
                 dense_of(m));
    write_layout(out, m);
    tn_gen_print(out,
                 "    .fields = %s,\n"
                 "    .subs = %s,\n"
                 "    .names = %s,\n"
                 "    .full_name = \"%s\",\n"
                 "    .kind = %s,\n",
                 m->field_count ? m->part[TN_GEN_FIELDS] : "NULL",
                 m->sub_count ? m->part[TN_GEN_SUBS] : "NULL",
                 m->field_count ? m->part[TN_GEN_NAMES] : "\"\"", m->full_name, kind_of(m));
    write_flags(out, m);
    tn_gen_print(out,
                 "    .name_count = %zu,\n"
                 "    .by_name = %s,\n"
                 "    .enums = %s,\n"
                 "    .file = &%s,\n"
                 "};\n",
                 name_count, m->field_count ? m->part[TN_GEN_BY_NAME] : "NULL",
                 m->enum_count ? m->part[TN_GEN_ENUMS] : "NULL", m->file->part[TN_GEN_FILE]);
}

void tn_gen_write_source(tn_gen *g, tn_gen_out *out, const tn_gen_file *file)
{
    tn_gen_write_banner(out, file);
    tn_gen_write_include(out, file, ".tern.h");
    tn_gen_write_insertion_point(out, 0, "includes", NULL);
    for (const tn_gen_message *m = file->messages; m; m = m->next)
        tn_gen_write_table(g, out, m);
    for (const tn_gen_enum *e = file->enums; e; e = e->next)
        tn_gen_write_enum_table(g, out, e);
    for (const tn_gen_extension *x = file->extensions; x; x = x->next)
        tn_gen_write_extension_table(g, out, file, x);
    tn_gen_write_file_table(g, out, file);
    tn_gen_print(out, "\n");
    tn_gen_write_insertion_point(out, 0, "end", NULL);
}
