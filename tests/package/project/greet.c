/* SPDX-License-Identifier: Apache-2.0 */
/* A server and a client in one program, as a user of the installed tern would write them. */
#include "greet.rpc.h"
#include "tern/tern.h"
#include <stdio.h>

static tern_code greet(tern_call *call, const greet_Greeting *request, greet_Greeting *reply)
{
    reply->name = tern_call_printf(call, "Hello, %.*s!", TERN_FMT(request->name));
    reply->when = request->when;
    return TERN_OK;
}

static bool call(const char *target, tern_arena *arena, tern_error *err)
{
    google_protobuf_Timestamp when = { .seconds = 1234567890 };
    const greet_Greeting request = { .name = TERN_STR("package"), .when = &when };
    tern_channel *channel = tern_channel_new(target, NULL, err);
    if (!channel)
        return false;
    const greet_Greeting *reply = greet_Greeter_Greet(channel, arena, &request, NULL, err);
    if (reply)
        printf("%.*s %lld\n", TERN_FMT(reply->name), (long long)reply->when->seconds);
    tern_channel_free(channel);
    return reply != NULL;
}

int main(void)
{
    static const greet_Greeter_impl impl = { .Greet = greet };
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_server *server = tern_server_new(TERN_SERVER_OPTS(.listen = "127.0.0.1:0"), &err);
    const bool ok = arena && server && greet_Greeter_register(server, &impl, NULL, &err) &&
                    tern_server_start(server, &err) &&
                    call(tern_server_address(server), arena, &err);
    if (!ok)
        fprintf(stderr, "greet: %s\n", err.text);
    tern_server_free(server);
    tern_arena_free(arena);
    return !ok;
}
