/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_header.c: X.rpc.h: for each service the servicer, the registration function, and the stubs.
 *
 * Handles of streams are types that are never defined: pointers to them are tern_call pointers.
 * Letters in the templates: S servicer type, n function, Q request type, R response type, H handle
 * type, r/c/x the functions of a handle, X "" or "MACRO ", d the method for people.
 */
#include "compiler/write.h"

static const char register_text[] =
    "\n/* Registers the servicer (copied) with the server; user is what tern_call_user gives. A "
    "method\n"
    " * without a handler answers UNIMPLEMENTED. False with err as tern_server_register has it. "
    "*/\n"
    "$Xbool $n(tern_server *server, const $S *impl, void *user, tern_error *err);\n";

static const char unary_stub_text[] =
    "\n/* Calls $d and waits; the reply lives in the arena; NULL with err on failure. opts may "
    "be NULL. */\n"
    "$X$R *$n(tern_channel *channel, tern_arena *arena, const $Q *request, "
    "const tern_call_opts *opts, tern_error *err);\n";

static const char stream_stub_text[] =
    "\n/* Calls $d and does not wait. owned: end it with $x. Never NULL: a call "
    "that failed says so in recv and close. opts may be NULL. */\n"
    "$X$H *$n(tern_channel *channel, const $Q *request, const tern_call_opts *opts);\n"
    "\n/* Waits for the next message, which is valid until the next recv or close. OK; END after "
    "the last\n"
    " * message of a call that ended well; else the call's status code, and *message is NULL. */\n"
    "static inline tern_code $r($H *stream, const $R **message)\n"
    "{\n"
    "    const void *received = NULL;\n"
    "    const tern_code code = tern_call_recv((tern_call *)stream, &received);\n"
    "    *message = (const $R *)received;\n"
    "    return code;\n"
    "}\n"
    "\n/* The call behind the stream, for its metadata and status. */\n"
    "static inline tern_call *$c($H *stream)\n"
    "{\n"
    "    return (tern_call *)stream;\n"
    "}\n"
    "\n/* Cancels the call if it runs and frees it; its status goes to err and is returned. */\n"
    "static inline tern_code $x($H *stream, tern_error *err)\n"
    "{\n"
    "    return tern_call_close((tern_call *)stream, err);\n"
    "}\n";

static const char server_send_text[] = "\n/* Sends a message (borrowed); waits while much is still "
                                       "to be sent. See tern_call_send. */\n"
                                       "static inline tern_code $n($H *stream, const $R *message)\n"
                                       "{\n"
                                       "    return tern_call_send((tern_call *)stream, message);\n"
                                       "}\n";

static const char unary_slot_text[] =
    "    tern_code (*$s)(tern_call *call, const $Q *request, $R *reply);\n"
    "    tern_code (*$i)(tern_call *call, const $Q *request, $R *reply);\n";

static const char stream_slot_text[] =
    "    tern_code (*$s)(tern_call *call, const $Q *request, $H *stream);\n";

static void write_slot(tn_gen_out *out, const tn_gen_method *method)
{
    const bool stream = method->server_streaming;
    const tn_gen_var vars[] = {
        { 's', method->slot },
        { 'i', stream ? "" : method->inline_slot },
        { 'Q', method->request->c_name },
        { 'R', method->response->c_name },
        { 'H', stream ? method->part[TN_GEN_SERVER] : "" },
        { 0, NULL },
    };
    tn_gen_comment(out, 4, method->at,
                   method->proto->options && method->proto->options->deprecated);
    tn_gen_fill(out, stream ? stream_slot_text : unary_slot_text, vars);
}

static void write_servicer(tn_gen *g, tn_gen_out *out, const tn_gen_service *s)
{
    bool first = true;
    for (size_t i = 0; i < s->method_count; i++) {
        const tn_gen_method *m = &s->methods[i];
        if (!m->server_streaming)
            continue;
        tn_gen_print(out, "%stypedef struct %s %s;\ntypedef struct %s %s;\n", first ? "\n" : "",
                     m->part[TN_GEN_SERVER], m->part[TN_GEN_SERVER], m->part[TN_GEN_CLIENT],
                     m->part[TN_GEN_CLIENT]);
        first = false;
    }
    tn_gen_print(out, "\n");
    tn_gen_comment(out, 0, s->at, s->proto->options && s->proto->options->deprecated);
    tn_gen_print(out, "typedef struct %s {\n", s->part[TN_GEN_IMPL]);
    tn_gen_print(out,
                 "    /* Handlers run on a worker and may wait; *_inline runs on the I/O thread "
                 "and never waits.\n     * Set at most one of the two. */\n");
    for (size_t i = 0; i < s->method_count; i++)
        write_slot(out, &s->methods[i]);
    if (!s->method_count)
        tn_gen_print(out, "    void *reserved_; /* there are no methods */\n");
    tn_gen_print(out, "} %s;\n", s->part[TN_GEN_IMPL]);
    tn_gen_print(out,
                 "\n/* The service's methods: names, types, kinds. */\n"
                 "extern %sconst tern_service %s;\n",
                 tn_gen_export(g), s->part[TN_GEN_SERVICE]);
    const tn_gen_var vars[] = {
        { 'X', tn_gen_export(g) },
        { 'n', s->part[TN_GEN_REGISTER] },
        { 'S', s->part[TN_GEN_IMPL] },
        { 0, NULL },
    };
    tn_gen_fill(out, register_text, vars);
}

static void write_method(tn_gen *g, tn_gen_out *out, const tn_gen_service *s,
                         const tn_gen_method *m)
{
    const char *display = tn_gen_text(g, "%s.%s", s->full_name, m->name);
    const bool stream = m->server_streaming;
    tn_gen_var vars[] = {
        { 'X', tn_gen_export(g) },
        { 'd', display ? display : "" },
        { 'n', m->part[stream ? TN_GEN_SERVER_SEND : TN_GEN_STUB] },
        { 'Q', m->request->c_name },
        { 'R', m->response->c_name },
        { 'H', stream ? m->part[TN_GEN_SERVER] : "" },
        { 'r', stream ? m->part[TN_GEN_CLIENT_RECV] : "" },
        { 'c', stream ? m->part[TN_GEN_CLIENT_CALL] : "" },
        { 'x', stream ? m->part[TN_GEN_CLIENT_CLOSE] : "" },
        { 0, NULL },
    };
    if (!stream) {
        tn_gen_fill(out, unary_stub_text, vars);
        return;
    }
    tn_gen_fill(out, server_send_text, vars);
    vars[2].value = m->part[TN_GEN_STUB];
    vars[5].value = m->part[TN_GEN_CLIENT];
    tn_gen_fill(out, stream_stub_text, vars);
}

void tn_gen_write_service_header(tn_gen *g, tn_gen_out *out, const tn_gen_file *file)
{
    tn_gen_write_banner(out, file);
    tn_gen_write_guard(out, file, "RPC_H");
    tn_gen_write_include(out, file, ".tern.h");
    for (size_t i = 0; i < file->import_count; i++)
        if ((file->import_used[i] & TN_GEN_BY_METHOD) && !(file->import_used[i] & TN_GEN_BY_FIELD))
            tn_gen_write_include(out, file->imports[i], ".tern.h");
    tn_gen_print(out, "#include \"tern/channel.h\"\n"
                      "#include \"tern/server.h\"\n");
    tn_gen_write_insertion_point(out, 0, "includes", NULL);
    tn_gen_print(out,
                 "\n#if TERN_RPC_ABI != %d\n"
                 "#error \"this file and tern/call.h do not fit: generate it with the "
                 "protoc-gen-tern of this version\"\n"
                 "#endif\n\n",
                 TN_GEN_RPC_ABI);
    tn_gen_write_begin(g, out);
    for (size_t i = 0; i < file->service_count; i++) {
        const tn_gen_service *s = &file->services[i];
        tn_gen_print(out, "\n/* ---- %s ---- */\n", s->full_name);
        write_servicer(g, out, s);
        for (size_t k = 0; k < s->method_count; k++)
            write_method(g, out, s, &s->methods[k]);
    }
    tn_gen_print(out, "\n");
    tn_gen_write_insertion_point(out, 0, "end", NULL);
    tn_gen_write_end(g, out);
    tn_gen_write_guard_end(out);
}
