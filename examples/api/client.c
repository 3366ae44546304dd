/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api-client: says hello, gets all items at once, then one by one.
 */
#include "../cli.h"
#include "api.rpc.h"
#include "tern/tern.h"
#include <stdio.h>

static bool say_hello(tern_channel *channel, tern_arena *arena, const char *name, tern_error *err)
{
    const api_HelloRequest request = { .name = tern_str_of(name) };
    const api_HelloReply *reply =
        api_Api_sayHello(channel, arena, &request, TERN_CALL_OPTS(.timeout_ms = 5000), err);
    if (reply)
        printf("sayHello: %.*s\n", TERN_FMT(reply->message));
    return reply != NULL;
}

static bool get_all(tern_channel *channel, tern_arena *arena, uint32_t count, tern_error *err)
{
    const api_ItemsRequest request = { .count = count };
    const api_Items *reply =
        api_Api_getAll(channel, arena, &request, TERN_CALL_OPTS(.timeout_ms = 5000), err);
    for (size_t i = 0; reply && i < reply->items.n; i++)
        printf("getAll: %u %.*s\n", reply->items.p[i]->id, TERN_FMT(reply->items.p[i]->name));
    return reply != NULL;
}

static bool get_stream(tern_channel *channel, uint32_t count, tern_error *err)
{
    const api_ItemsRequest request = { .count = count };
    api_Api_getStream_client *stream =
        api_Api_getStream(channel, &request, TERN_CALL_OPTS(.timeout_ms = 5000));
    for (const api_Item *item; api_Api_getStream_client_recv(stream, &item) == TERN_OK;)
        printf("getStream: %u %.*s\n", item->id, TERN_FMT(item->name));
    return api_Api_getStream_client_close(stream, err) == TERN_OK;
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: api-client [--target TARGET] [NAME]\n"
                                "  default: BACKEND_HOST:BACKEND_PORT, else localhost:50051\n";
    const char *target = cli_backend("localhost"), *name = "tern";
    const int status = cli_read(argc, argv, "target", &target, &name, usage);
    if (status >= 0)
        return status;

    tern_error err;
    tern_channel *channel = tern_channel_new(target, NULL, &err);
    tern_arena *arena = tern_arena_new(NULL);
    if (channel && !arena)
        tern_error_set(&err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "no memory");
    const bool ok = channel && arena && say_hello(channel, arena, name, &err) &&
                    get_all(channel, arena, 3, &err) && get_stream(channel, 3, &err);
    if (!ok)
        fprintf(stderr, "api-client: %s: %s\n", tern_code_name(err.code), err.text);
    tern_arena_free(arena);
    tern_channel_free(channel);
    return !ok;
}
