/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api-server: unary and server-streaming handlers that may wait: they run on worker threads.
 */
#include "../cli.h"
#include "api.rpc.h"
#include "tern/tern.h"
#include <signal.h>
#include <stdio.h>

static tern_server *server;

static void on_signal(int number)
{
    (void)number;
    tern_server_stop(server);
}

static tern_code say_hello(tern_call *call, const api_HelloRequest *request, api_HelloReply *reply)
{
    if (request->name.n == 0)
        return tern_call_fail(call, TERN_INVALID_ARGUMENT, "name is empty");
    reply->message = tern_call_printf(call, "Hello, %.*s!", TERN_FMT(request->name));
    return TERN_OK;
}

static tern_code get_all(tern_call *call, const api_ItemsRequest *request, api_Items *reply)
{
    for (uint32_t i = 0; i < request->count; i++) {
        api_Item *item = api_Items_add_items(reply, tern_call_arena(call));
        if (!item)
            return tern_call_fail(call, TERN_RESOURCE_EXHAUSTED, "no memory for item %u", i);
        *item = (api_Item){ .id = i, .name = tern_call_printf(call, "name %u", i) };
    }
    return TERN_OK;
}

static tern_code get_stream(tern_call *call, const api_ItemsRequest *request,
                            api_Api_getStream_server *stream)
{
    tern_code code = TERN_OK;
    for (uint32_t i = 0; code == TERN_OK && i < request->count; i++) {
        const api_Item item = { .id = i, .name = tern_call_printf(call, "name %u", i) };
        code = api_Api_getStream_server_send(stream, &item);
    }
    return code;
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: api-server [--listen ADDRESS]\n"
                                "  default: BACKEND_HOST:BACKEND_PORT, else [::]:50051\n";
    static const api_Api_impl impl = {
        .sayHello = say_hello,
        .getAll = get_all,
        .getStream = get_stream,
    };
    const char *address = cli_backend("[::]");
    const int status = cli_read(argc, argv, "listen", &address, NULL, usage);
    if (status >= 0)
        return status;

    tern_error err;
    server = tern_server_new(TERN_SERVER_OPTS(.listen = address), &err);
    bool ok = server && api_Api_register(server, &impl, NULL, &err);
    if (ok) {
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        printf("listening on %s\n", tern_server_address(server));
        fflush(stdout);
        ok = tern_server_run(server, &err);
    }
    if (!ok)
        fprintf(stderr, "api-server: %s\n", err.text);
    tern_server_free(server);
    return !ok;
}
