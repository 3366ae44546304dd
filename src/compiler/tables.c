/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables.c: the rest of X.tern.c, as tern/pb.h describes it: enums, and the file as a whole with its
 * descriptor.
 */
#include "compiler/write.h"
#include <stdlib.h>

/* C promises string literals of 4095 characters; longer ones are written as arrays. */
enum { MAX_LITERAL = 4000 };

static void write_characters(tn_gen_out *out, const char *p)
{
    tn_gen_print(out, "    ");
    for (; *p; p++) {
        if (*p > ' ' && *p < 0x7f && *p != '\'' && *p != '\\')
            tn_gen_print(out, "'%c', ", *p);
        else
            tn_gen_print(out, "'\\%03o', ", (uint8_t)*p);
    }
    tn_gen_print(out, "0,\n");
}

void tn_gen_write_names(tn_gen_out *out, const char *name, const char *const *strings, size_t count,
                        size_t in_line)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(strings[i]) + 1;
    const bool literal = size <= MAX_LITERAL;
    tn_gen_print(out, "static const char %s[] =%s\n", name, literal ? "" : " {");
    for (size_t i = 0; i < count; i++) {
        if (!literal) {
            write_characters(out, strings[i]);
            continue;
        }
        tn_gen_print(out, "%s", i % in_line ? "" : "    \"");
        tn_gen_print_quoted(out, strings[i], strlen(strings[i]));
        const bool last = i + 1 == count, end = last || (i + 1) % in_line == 0;
        const bool digit = !end && strings[i + 1][0] >= '0' && strings[i + 1][0] <= '9';
        tn_gen_print(out, "%s%s%s", digit ? "\\000" : "\\0", end ? "\"" : "",
                     last  ? ";\n"
                     : end ? "\n"
                           : "");
    }
    if (!literal)
        tn_gen_print(out, "};\n");
}

/* ---- enums ------------------------------------------------------------------------------------ */

typedef struct value {
    const char *name;
    int32_t number;
    uint32_t place; /* in the source, then in the order of numbers */
} value;

static int by_number(const void *a, const void *b)
{
    const value *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int by_name(const void *a, const void *b)
{
    const value *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* The values by number, first named first; NULL and out failed without memory. */
static value *values_of(tn_gen *g, tn_gen_out *out, const tn_gen_enum *e)
{
    const size_t n = e->proto->value.n;
    value *values = tn_gen_alloc(g, n, sizeof(*values));
    out->failed |= !values;
    for (size_t i = 0; values && i < n; i++) {
        const google_protobuf_EnumValueDescriptorProto *from = e->proto->value.p[i];
        const char *name = tn_gen_text(g, "%.*s", TERN_FMT(from->name));
        out->failed |= !name;
        values[i] = (value){ name ? name : "", from->number, (uint32_t)i };
    }
    if (!values)
        return NULL;
    qsort(values, n, sizeof(*values), by_number);
    for (size_t i = 0; i < n; i++)
        values[i].place = (uint32_t)i;
    return values;
}

static size_t dense_of(const value *values, size_t n)
{
    size_t dense = 0;
    while (dense < n && values[dense].number == (int64_t)values[0].number + (int64_t)dense)
        dense++;
    return dense;
}

static void write_values(tn_gen *g, tn_gen_out *out, const tn_gen_enum *e, const value *values)
{
    const size_t n = e->proto->value.n;
    const char **names = tn_gen_alloc(g, n, sizeof(*names));
    if (!names) {
        out->failed = true;
        return;
    }
    tn_gen_print(out, "\nstatic const tern_pb_enum_value %s[] = {\n", e->part[TN_GEN_ENUM_VALUES]);
    size_t offset = 0;
    for (size_t i = 0; i < n; i++) {
        names[i] = values[i].name;
        if (values[i].number == INT32_MIN)
            tn_gen_print(out, "    { INT32_MIN, %zu },\n", offset);
        else
            tn_gen_print(out, "    { %d, %zu },\n", (int)values[i].number, offset);
        offset += strlen(names[i]) + 1;
    }
    tn_gen_print(out, "};\n");
    tn_gen_write_names(out, e->part[TN_GEN_ENUM_NAMES], names, n, 1);
}

void tn_gen_write_enum_table(tn_gen *g, tn_gen_out *out, const tn_gen_enum *e)
{
    const size_t n = e->proto->value.n;
    value *values = values_of(g, out, e);
    if (!values)
        return;
    const size_t dense = dense_of(values, n);
    write_values(g, out, e, values);
    qsort(values, n, sizeof(*values), by_name);
    tn_gen_print(out, "static const uint32_t %s[] = {", e->part[TN_GEN_ENUM_BY_NAME]);
    for (size_t i = 0; i < n; i++)
        tn_gen_print(out, "%s%u,", i % 12 ? " " : "\n    ", values[i].place);
    const bool null_value =
        tn_gen_well_known(e->file->name) && strcmp(e->full_name, "google.protobuf.NullValue") == 0;
    const int32_t first = e->proto->value.p[0]->number;
    tn_gen_print(out,
                 "\n};\n\nconst tern_pb_enum %s = {\n"
                 "    .abi = %d,\n"
                 "    .flags = %s,\n"
                 "    .count = %zu,\n"
                 "    .dense = %zu,\n",
                 e->part[TN_GEN_ENUM_TABLE], TERN_PB_ABI,
                 e->closed    ? "TERN_PB_CLOSED"
                 : null_value ? "TERN_PB_NULL_VALUE"
                              : "0",
                 n, dense);
    if (first == INT32_MIN)
        tn_gen_print(out, "    .default_number = INT32_MIN,\n");
    else
        tn_gen_print(out, "    .default_number = %d,\n", (int)first);
    tn_gen_print(out,
                 "    .values = %s,\n"
                 "    .by_name = %s,\n"
                 "    .names = %s,\n"
                 "    .full_name = \"%s\",\n"
                 "    .file = &%s,\n"
                 "};\n",
                 e->part[TN_GEN_ENUM_VALUES], e->part[TN_GEN_ENUM_BY_NAME],
                 e->part[TN_GEN_ENUM_NAMES], e->full_name, e->file->part[TN_GEN_FILE]);
}

/* ---- files ------------------------------------------------------------------------------------ */

void tn_gen_write_extension_table(tn_gen *g, tn_gen_out *out, const tn_gen_file *file,
                                  const tn_gen_extension *x)
{
    tn_gen_write_table(g, out, &x->holder);
    tn_gen_print(out,
                 "\nconst tern_pb_extension %s = {\n"
                 "    .abi = %d,\n"
                 "    .extendee = &%s,\n"
                 "    .holder = &%s,\n"
                 "    .file = &%s,\n"
                 "};\n",
                 x->c_name, TERN_PB_ABI, x->extendee->part[TN_GEN_TABLE],
                 x->holder.part[TN_GEN_TABLE], file->part[TN_GEN_FILE]);
}

typedef struct counts {
    size_t imports, messages, enums, extensions, descriptor;
} counts;

static void write_lists(tn_gen_out *out, const tn_gen_file *file, counts *n)
{
    for (size_t i = 0; i < file->import_count; i++) {
        if (!tn_gen_includes(file, i))
            continue;
        if (!n->imports++)
            tn_gen_print(out, "\nstatic const tern_pb_file *const %s[] = {\n",
                         file->part[TN_GEN_FILE_IMPORTS]);
        tn_gen_print(out, "    &%s,\n", file->imports[i]->part[TN_GEN_FILE]);
    }
    tn_gen_print(out, "%s", n->imports ? "};\n" : "");
    if (file->messages)
        tn_gen_print(out, "\nstatic const tern_pb_table *const %s[] = {\n",
                     file->part[TN_GEN_FILE_MESSAGES]);
    for (const tn_gen_message *m = file->messages; m; m = m->next, n->messages++)
        tn_gen_print(out, "    &%s,\n", m->part[TN_GEN_TABLE]);
    tn_gen_print(out, "%s", n->messages ? "};\n" : "");
    if (file->enums)
        tn_gen_print(out, "\nstatic const tern_pb_enum *const %s[] = {\n",
                     file->part[TN_GEN_FILE_ENUMS]);
    for (const tn_gen_enum *e = file->enums; e; e = e->next, n->enums++)
        tn_gen_print(out, "    &%s,\n", e->part[TN_GEN_ENUM_TABLE]);
    tn_gen_print(out, "%s", n->enums ? "};\n" : "");
    if (file->extensions)
        tn_gen_print(out, "\nstatic const tern_pb_extension *const %s[] = {\n",
                     file->part[TN_GEN_FILE_EXTENSIONS]);
    for (const tn_gen_extension *x = file->extensions; x; x = x->next, n->extensions++)
        tn_gen_print(out, "    &%s,\n", x->c_name);
    tn_gen_print(out, "%s", n->extensions ? "};\n" : "");
}

void tn_gen_write_file_table(tn_gen *g, tn_gen_out *out, const tn_gen_file *file)
{
    counts n = { 0, 0, 0, 0, 0 };
    if (!g->options.no_descriptors)
        n.descriptor = tn_gen_write_descriptor(g, out, file);
    write_lists(out, file, &n);
    tn_gen_print(out,
                 "\nconst tern_pb_file %s = {\n"
                 "    .abi = %d,\n"
                 "    .import_count = %zu,\n"
                 "    .message_count = %zu,\n"
                 "    .enum_count = %zu,\n"
                 "    .extension_count = %zu,\n"
                 "    .descriptor_size = %zu,\n",
                 file->part[TN_GEN_FILE], TERN_PB_ABI, n.imports, n.messages, n.enums, n.extensions,
                 n.descriptor);
    tn_gen_print(out,
                 "    .name = \"%s\",\n"
                 "    .descriptor = %s,\n"
                 "    .imports = %s,\n"
                 "    .messages = %s,\n"
                 "    .enums = %s,\n"
                 "    .extensions = %s,\n"
                 "};\n",
                 file->name, n.descriptor ? file->part[TN_GEN_FILE_DESCRIPTOR] : "NULL",
                 n.imports ? file->part[TN_GEN_FILE_IMPORTS] : "NULL",
                 n.messages ? file->part[TN_GEN_FILE_MESSAGES] : "NULL",
                 n.enums ? file->part[TN_GEN_FILE_ENUMS] : "NULL",
                 n.extensions ? file->part[TN_GEN_FILE_EXTENSIONS] : "NULL");
}
