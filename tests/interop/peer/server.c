/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer-server: our side of the interop run where the client is somebody else's.
 */
#include "../../../examples/cli.h"
#include "peer.rpc.h"
#include "tern/tern.h"
#include <signal.h>
#include <time.h>

static tern_server *server;

static void on_signal(int number)
{
    (void)number;
    tern_server_stop(server);
}

static tern_code echo_metadata(tern_call *call)
{
    const tern_metadata *got = tern_call_metadata(call);
    for (size_t i = 0; i < got->n; i++) {
        tern_code code = TERN_OK;
        if (tern_str_equal(got->p[i].key, TERN_STR("x-echo-initial")))
            code = tern_call_add_header(call, "x-echo-initial", got->p[i].value, NULL);
        else if (tern_str_equal(got->p[i].key, TERN_STR("x-echo-trailing-bin")))
            code = tern_call_add_trailer(call, "x-echo-trailing-bin", got->p[i].value, NULL);
        if (code != TERN_OK)
            return code;
    }
    return TERN_OK;
}

static void delay(uint32_t ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

static tern_code fill(tern_call *call, const peer_Request *request, peer_Reply *reply)
{
    delay(request->delay_ms);
    reply->text = request->text;
    if (request->padding) {
        uint8_t *p = tern_arena_zalloc(tern_call_scratch(call), request->padding);
        if (!p)
            return tern_call_fail(call, TERN_RESOURCE_EXHAUSTED, "no memory for padding");
        reply->padding = (tern_bytes){ p, request->padding };
    }
    return TERN_OK;
}

static tern_code end(tern_call *call, const peer_Request *request)
{
    if (request->status_code == TERN_OK)
        return TERN_OK;
    return tern_call_fail(call, (tern_code)request->status_code, "%.*s",
                          TERN_FMT(request->status_message));
}

static tern_code unary(tern_call *call, const peer_Request *request, peer_Reply *reply)
{
    tern_code code = echo_metadata(call);
    if (code == TERN_OK)
        code = fill(call, request, reply);
    return code == TERN_OK ? end(call, request) : code;
}

static tern_code stream_replies(tern_call *call, const peer_Request *request,
                                peer_Peer_Stream_server *stream)
{
    tern_code code = echo_metadata(call);
    for (uint32_t i = 0; code == TERN_OK && i < request->count; i++) {
        peer_Reply reply = { .number = i };
        code = fill(call, request, &reply);
        if (code == TERN_OK)
            code = peer_Peer_Stream_server_send(stream, &reply);
    }
    return code == TERN_OK ? end(call, request) : code;
}

int main(int argc, char **argv)
{
    static const peer_Peer_impl impl = { .Unary = unary, .Stream = stream_replies };
    const char *address = "127.0.0.1:0";
    const int status =
        cli_read(argc, argv, "listen", &address, NULL, "usage: peer-server [--listen ADDRESS]\n");
    if (status >= 0)
        return status;
    tern_error err;
    server = tern_server_new(TERN_SERVER_OPTS(.listen = address), &err);
    bool ok = server && peer_Peer_register(server, &impl, NULL, &err);
    if (ok) {
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        printf("listening on %s\n", tern_server_address(server));
        fflush(stdout);
        ok = tern_server_run(server, &err);
    }
    if (!ok)
        fprintf(stderr, "peer-server: %s\n", err.text);
    tern_server_free(server);
    return !ok;
}
