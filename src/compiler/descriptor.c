/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptor.c: the descriptor that generated code carries: that of the request, without its source
 * information, encoded the same way whoever made it.
 *
 * Options that are for compilers alone are not kept: protoc takes them out before it asks a plugin, buf
 * leaves some in.
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

static bool drop_what_is_for_compilers(tn_gen *g, tn_gen_file_proto *file)
{
    todo *list = NULL;
    if (!push(g, &list, &google_protobuf_FileDescriptorProto_table, file))
        return false;
    while (list) {
        const todo top = *list;
        list = list->next;
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

size_t tn_gen_write_descriptor(tn_gen *g, tn_gen_out *out, const tn_gen_file *file)
{
    tn_gen_file_proto plain = *file->proto;
    plain.source_code_info = NULL;
    tern_bytes bytes = { NULL, 0 };
    if (!drop_what_is_for_compilers(g, &plain) ||
        tern_pb_encode_with(&google_protobuf_FileDescriptorProto_table, &plain, g->arena,
                            TERN_PB_ENCODE_OPTS(.deterministic = true), &bytes,
                            g->err) != TERN_OK) {
        out->failed = true;
        return 0;
    }
    tn_gen_print(out, "\nstatic const uint8_t %s[] = {", file->part[TN_GEN_FILE_DESCRIPTOR]);
    tn_gen_put_numbers(out, bytes.p, bytes.n);
    tn_gen_print(out, "\n};\n");
    return bytes.n;
}
