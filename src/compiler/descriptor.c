/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptor.c: the descriptor that generated code carries: that of the request, without its source
 * information, encoded the same way whoever made it.
 *
 * Options that are for compilers alone are not kept: protoc takes them out before it asks a plugin, buf
 * leaves some in. Custom options are extensions, and each compiler writes them its own way: in pieces
 * or whole, packed or not, in the order of the source or of numbers. So they are read by a pool of the
 * files at hand and encoded again. What that cannot read stays as it came.
 */
#include "compiler/write.h"
#include "pb/table.h"

/* Messages that are still to be looked at. */
typedef struct todo {
    const tern_pb_table *table;
    void *msg;
    struct todo *next;
} todo;

static bool push(tn_gen *g, todo **list, const tern_pb_table *table, void *msg)
{
    todo *one = tn_gen_alloc(g, 1, sizeof(*one));
    if (one)
        *one = (todo){ table, msg, *list };
    *list = one ? one : *list;
    return one != NULL;
}

/* All messages right inside msg. descriptor.proto has neither maps nor oneofs nor groups. */
static bool push_inside(tn_gen *g, todo **list, const tern_pb_table *table, void *msg)
{
    for (size_t i = 0; i < table->field_count; i++) {
        const tern_pb_field *f = &table->fields[i];
        if (tn_pb_type_of(f) != TERN_PB_MESSAGE)
            continue;
        const tern_pb_table *sub = table->subs[f->sub];
        char *place = (char *)msg + f->offset;
        const bool many = tn_pb_mode_of(f) == TERN_PB_REPEATED;
        tn_pb_ptr *p = many ? (tn_pb_ptr *)(void *)((tn_pb_array *)(void *)place)->p
                            : (tn_pb_ptr *)(void *)place;
        const size_t n = many ? ((tn_pb_array *)(void *)place)->n : 1;
        for (size_t k = 0; k < n; k++)
            if (p[k] && !push(g, list, sub, p[k]))
                return false;
    }
    return true;
}

/* *custom: some message has fields that descriptor.proto does not know. */
static bool drop_what_is_for_compilers(tn_gen *g, tn_gen_file_proto *file, bool *custom)
{
    todo *list = NULL;
    if (!push(g, &list, &google_protobuf_FileDescriptorProto_table, file))
        return false;
    while (list) {
        const todo top = *list;
        list = list->next;
        *custom |= *(tn_pb_ptr *)(void *)((char *)top.msg + top.table->unknown_offset) != NULL;
        if (top.table == &google_protobuf_FeatureSet_table) {
            google_protobuf_FeatureSet *features = top.msg;
            google_protobuf_FeatureSet_clear_enforce_naming_style(features);
            google_protobuf_FeatureSet_clear_default_symbol_visibility(features);
        } else if (!push_inside(g, &list, top.table, top.msg)) {
            return false;
        }
    }
    return true;
}

/* Options that are nested too deep are another matter: they stay as they came. */
static bool no_memory(tern_code code, const tern_error *err)
{
    return code == TERN_RESOURCE_EXHAUSTED && !strstr(err->text, "deeper");
}

/* The pool of all files; NULL when one of them does not suit it. False: no memory. */
static bool make_pool(tn_gen *g)
{
    if (g->pool_tried)
        return true;
    g->pool_tried = true;
    tern_error err;
    google_protobuf_FileDescriptorSet set = { 0 };
    for (size_t i = 0; i < g->file_count; i++) {
        tn_gen_file_proto **slot = tern_pb_append(&set.file, sizeof(*slot), g->arena);
        if (!slot)
            return false;
        *slot = (tn_gen_file_proto *)(uintptr_t)g->files[i].proto;
    }
    tern_bytes bytes = { NULL, 0 };
    tern_code code = tern_pb_encode_with(&google_protobuf_FileDescriptorSet_table, &set, g->arena,
                                         TERN_PB_ENCODE_OPTS(.partial = true), &bytes, &err);
    g->pool = tern_pb_pool_new(g->env,
                               TERN_PB_POOL_OPTS(.memory_bytes = TERN_UNLIMITED,
                                                 .max_files = UINT32_MAX, .max_names = UINT32_MAX),
                               &err);
    if (!g->pool)
        return false;
    if (code == TERN_OK)
        code = tern_pb_pool_add_set(g->pool, bytes, &err);
    if (code != TERN_OK) {
        tern_pb_pool_free(g->pool);
        g->pool = NULL;
    }
    return !no_memory(code, &err);
}

/* The same descriptor with its custom options read. False: no memory. */
static bool read_options(tn_gen *g, tern_bytes *bytes)
{
    if (!make_pool(g))
        return false;
    if (!g->pool)
        return true;
    tern_error err;
    tn_gen_file_proto *read = google_protobuf_FileDescriptorProto_new(g->arena);
    if (!read)
        return false;
    tern_bytes out;
    tern_code code = tern_pb_decode(
        &google_protobuf_FileDescriptorProto_table, read, *bytes, g->arena,
        TERN_PB_DECODE_OPTS(.memory_bytes = TERN_UNLIMITED,
                            .registry = tern_pb_pool_registry(g->pool), .partial = true),
        &err);
    if (code == TERN_OK)
        code = tern_pb_encode_with(&google_protobuf_FileDescriptorProto_table, read, g->arena,
                                   TERN_PB_ENCODE_OPTS(.deterministic = true, .partial = true),
                                   &out, &err);
    if (code == TERN_OK)
        *bytes = out;
    return !no_memory(code, &err);
}

size_t tn_gen_write_descriptor(tn_gen *g, tn_gen_out *out, const tn_gen_file *file)
{
    tn_gen_file_proto plain = *file->proto;
    plain.source_code_info = NULL;
    tern_bytes bytes = { NULL, 0 };
    bool custom = false;
    if (!drop_what_is_for_compilers(g, &plain, &custom) ||
        tern_pb_encode_with(&google_protobuf_FileDescriptorProto_table, &plain, g->arena,
                            TERN_PB_ENCODE_OPTS(.deterministic = true), &bytes,
                            g->err) != TERN_OK ||
        (custom && !read_options(g, &bytes))) {
        out->failed = true;
        return 0;
    }
    tn_gen_print(out, "\nstatic const uint8_t %s[] = {", file->part[TN_GEN_FILE_DESCRIPTOR]);
    tn_gen_put_numbers(out, bytes.p, bytes.n);
    tn_gen_print(out, "\n};\n");
    return bytes.n;
}
