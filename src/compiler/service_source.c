/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_source.c: X.rpc.c: what registers servicers and makes calls, in terms of tern/server.h and
 * tern/channel.h.
 *
 * Letters in the templates: as in service_header.c; i invoke function, N index of the method,
 * m array of methods, V service.
 */
#include "compiler/write.h"

static const char unary_invoke_text[] =
    "\nstatic tern_code $i(tern_handler handler, tern_call *call, const void *request, "
    "void *reply)\n"
    "{\n"
    "    return ((tern_code (*)(tern_call *, const $Q *, $R *))handler)(call, "
    "(const $Q *)request, ($R *)reply);\n"
    "}\n";

static const char stream_invoke_text[] =
    "\nstatic tern_code $i(tern_handler handler, tern_call *call, const void *request, "
    "void *reply)\n"
    "{\n"
    "    (void)reply;\n"
    "    return ((tern_code (*)(tern_call *, const $Q *, $H *))handler)(call, "
    "(const $Q *)request, ($H *)call);\n"
    "}\n";

static const char unary_stub_text[] =
    "\n$R *$n(tern_channel *channel, tern_arena *arena, const $Q *request, "
    "const tern_call_opts *opts, tern_error *err)\n"
    "{\n"
    "    return ($R *)tern_channel_unary(channel, &$m[$N], arena, request, opts, err);\n"
    "}\n";

static const char stream_stub_text[] =
    "\n$H *$n(tern_channel *channel, const $Q *request, const tern_call_opts *opts)\n"
    "{\n"
    "    return ($H *)tern_channel_server_stream(channel, &$m[$N], request, opts);\n"
    "}\n";

static void write_methods(tn_gen_out *out, const tn_gen_service *s)
{
    if (s->method_count)
        tn_gen_print(out, "\nstatic const tern_method %s[] = {\n", s->part[TN_GEN_METHODS]);
    for (size_t i = 0; i < s->method_count; i++) {
        const tn_gen_method *m = &s->methods[i];
        tn_gen_print(out,
                     "    { .path = \"/%s/%s\",\n"
                     "      .request = &%s,\n"
                     "      .response = &%s,\n"
                     "      .kind = %s },\n",
                     s->full_name, m->name, m->request->part[TN_GEN_TABLE],
                     m->response->part[TN_GEN_TABLE],
                     m->server_streaming ? "TERN_SERVER_STREAMING" : "TERN_UNARY");
    }
    if (s->method_count)
        tn_gen_print(out, "};\n");
    tn_gen_print(out,
                 "\nconst tern_service %s = {\n"
                 "    .abi = %d,\n"
                 "    .name = \"%s\",\n"
                 "    .methods = %s,\n"
                 "    .method_count = %zu,\n"
                 "};\n",
                 s->part[TN_GEN_SERVICE], TN_GEN_RPC_ABI, s->full_name,
                 s->method_count ? s->part[TN_GEN_METHODS] : "NULL", s->method_count);
}

static const char register_text[] =
    "\nbool $n(tern_server *server, const $S *impl, void *user, tern_error *err)\n"
    "{\n"
    "    if (!impl) {\n"
    "        tern_error_clear(err);\n"
    "        (void)tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,\n"
    "            \"$n: impl is NULL\");\n"
    "        return false;\n"
    "    }\n";

static void write_register(tn_gen_out *out, const tn_gen_service *s)
{
    const tn_gen_var vars[] = {
        { 'n', s->part[TN_GEN_REGISTER] },
        { 'S', s->part[TN_GEN_IMPL] },
        { 0, NULL },
    };
    tn_gen_fill(out, register_text, vars);
    if (!s->method_count) {
        tn_gen_print(out,
                     "    return tern_server_register(server, &%s, NULL, user, err);\n"
                     "}\n",
                     s->part[TN_GEN_SERVICE]);
        return;
    }
    tn_gen_print(out, "    const tern_method_handlers handlers[] = {\n");
    for (size_t i = 0; i < s->method_count; i++) {
        const tn_gen_method *m = &s->methods[i];
        tn_gen_print(out, "        { .blocking = (tern_handler)impl->%s,\n", m->slot);
        if (m->inline_slot)
            tn_gen_print(out, "          .on_io = (tern_handler)impl->%s,\n", m->inline_slot);
        tn_gen_print(out, "          .invoke = %s },\n", m->part[TN_GEN_INVOKE]);
    }
    tn_gen_print(out,
                 "    };\n"
                 "    return tern_server_register(server, &%s, handlers, user, err);\n"
                 "}\n",
                 s->part[TN_GEN_SERVICE]);
}

static void write_method(tn_gen *g, tn_gen_out *out, const tn_gen_service *s, size_t index,
                         bool stub)
{
    const tn_gen_method *m = &s->methods[index];
    const bool stream = m->server_streaming;
    const char *number = tn_gen_text(g, "%zu", index);
    const tn_gen_var vars[] = {
        { 'Q', m->request->c_name },
        { 'R', m->response->c_name },
        { 'H', stream ? m->part[stub ? TN_GEN_CLIENT : TN_GEN_SERVER] : "" },
        { 'i', m->part[TN_GEN_INVOKE] },
        { 'n', m->part[TN_GEN_STUB] },
        { 'm', s->part[TN_GEN_METHODS] },
        { 'N', number ? number : "" },
        { 0, NULL },
    };
    if (stub)
        tn_gen_fill(out, stream ? stream_stub_text : unary_stub_text, vars);
    else
        tn_gen_fill(out, stream ? stream_invoke_text : unary_invoke_text, vars);
}

void tn_gen_write_service_source(tn_gen *g, tn_gen_out *out, const tn_gen_file *file)
{
    tn_gen_write_banner(out, file);
    tn_gen_write_include(out, file, ".rpc.h");
    tn_gen_write_insertion_point(out, 0, "includes", NULL);
    for (size_t i = 0; i < file->service_count; i++) {
        const tn_gen_service *s = &file->services[i];
        write_methods(out, s);
        for (size_t k = 0; k < s->method_count; k++)
            write_method(g, out, s, k, false);
        write_register(out, s);
        for (size_t k = 0; k < s->method_count; k++)
            write_method(g, out, s, k, true);
    }
    tn_gen_print(out, "\n");
    tn_gen_write_insertion_point(out, 0, "end", NULL);
}
