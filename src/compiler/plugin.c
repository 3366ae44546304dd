/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c: one run, from request bytes to response bytes. See gen.h.
 */
#include "compiler/out.h"
#include "compiler/write.h"

typedef google_protobuf_compiler_CodeGeneratorRequest plugin_request;
typedef google_protobuf_compiler_CodeGeneratorResponse plugin_response;
typedef google_protobuf_compiler_CodeGeneratorResponse_File plugin_file;

/* A request may be large: protoc sends every file of a big repository at once. */
enum { MAX_REQUEST_MEMORY = 1 << 30 };

typedef void writer(tn_gen *g, tn_gen_out *out, const tn_gen_file *file);

static tern_code add_file(tn_gen *g, plugin_response *response, const tn_gen_file *file,
                          const char *ending, writer *write)
{
    tn_gen_out out = { .text = tn_buf_of(g->env) };
    write(g, &out, file);
    /* A writer that found no memory for a word of the text has set the error. */
    plugin_file *made = NULL;
    if (!out.failed && g->err->code == TERN_OK)
        made = tern_pb_new(&google_protobuf_compiler_CodeGeneratorResponse_File_table, g->arena);
    plugin_file **slot = NULL;
    if (made) {
        const tern_str text = { (const char *)tn_buf_data(&out.text), tn_buf_len(&out.text) };
        made->content = tern_arena_copy(g->arena, text);
        made->name = tern_arena_printf(g->arena, "%s%s", file->stem, ending);
        if (made->content.p && made->name.p)
            slot = tern_pb_append(&response->file, sizeof(plugin_file *), g->arena);
    }
    if (slot)
        *slot = made;
    tn_buf_free(&out.text);
    return slot ? TERN_OK : tn_gen_no_memory(g);
}

static tern_code write_files(tn_gen *g, plugin_response *response)
{
    for (size_t i = 0; i < g->file_count; i++) {
        const tn_gen_file *file = &g->files[i];
        if (!file->generate)
            continue;
        TN_TRY(add_file(g, response, file, ".tern.h", tn_gen_write_header));
        TN_TRY(add_file(g, response, file, ".tern.c", tn_gen_write_source));
        if (!file->service_count || g->options.messages_only)
            continue;
        TN_TRY(add_file(g, response, file, ".rpc.h", tn_gen_write_service_header));
        TN_TRY(add_file(g, response, file, ".rpc.c", tn_gen_write_service_source));
    }
    return TERN_OK;
}

/* From the request to a model that can be written, or to refusals. */
static tern_code understand(tn_gen *g, const plugin_request *request)
{
    TN_TRY(tn_gen_parse_options(g, request->parameter));
    if (g->refused)
        return TERN_OK;
    TN_TRY(tn_gen_load(g, request));
    TN_TRY(tn_gen_resolve(g));
    TN_TRY(tn_gen_link(g));
    TN_TRY(tn_gen_check_support(g));
    if (g->refused)
        return TERN_OK;
    TN_TRY(tn_gen_name_all(g));
    return tn_gen_lay_out(g);
}

static tern_code answer(tn_gen *g, tern_bytes in, tern_bytes *out)
{
    plugin_request *request =
        tern_pb_new(&google_protobuf_compiler_CodeGeneratorRequest_table, g->arena);
    plugin_response *response =
        tern_pb_new(&google_protobuf_compiler_CodeGeneratorResponse_table, g->arena);
    if (!request || !response)
        return tn_gen_no_memory(g);
    TN_TRY(tern_pb_decode(&google_protobuf_compiler_CodeGeneratorRequest_table, request, in,
                          g->arena, TERN_PB_DECODE_OPTS(.memory_bytes = MAX_REQUEST_MEMORY),
                          g->err));
    TN_TRY(understand(g, request));
    google_protobuf_compiler_CodeGeneratorResponse_set_supported_features(
        response, google_protobuf_compiler_CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL |
                      google_protobuf_compiler_CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS);
    google_protobuf_compiler_CodeGeneratorResponse_set_minimum_edition(response,
                                                                       TN_PB_EDITION_FIRST);
    google_protobuf_compiler_CodeGeneratorResponse_set_maximum_edition(response,
                                                                       TN_PB_EDITION_LAST);
    if (g->refused)
        response->error =
            (tern_str){ (const char *)tn_buf_data(&g->refusals), tn_buf_len(&g->refusals) };
    else
        TN_TRY(write_files(g, response));
    return tern_pb_encode(&google_protobuf_compiler_CodeGeneratorResponse_table, response, g->arena,
                          out, g->err);
}

tern_code tn_gen_run(const tern_env *env, tern_bytes request, tern_arena *arena,
                     tern_bytes *response, tern_error *err)
{
    tern_error local;
    if (!err)
        err = &local;
    tern_error_clear(err);
    tn_gen g = { .env = tn_env_of(env), .arena = arena, .err = err };
    g.types.env = g.symbols.env = g.refusals.env = g.env;
    const tern_code code = answer(&g, request, response);
    for (size_t i = 0; i < g.file_count; i++)
        tn_strmap_free(&g.files[i].locations);
    tern_pb_pool_free(g.pool);
    tn_strmap_free(&g.types);
    tn_strmap_free(&g.symbols);
    tn_buf_free(&g.refusals);
    return code;
}
