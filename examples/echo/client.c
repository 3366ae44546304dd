/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo-client: says one thing, prints the answer.
 */
#include "../cli.h"
#include "echo.rpc.h"
#include "tern/tern.h"
#include <stdio.h>

static const char usage[] = "usage: echo-client [--target TARGET] [TEXT]\n"
                            "  TARGET  host:port, [v6]:port, unix:PATH; default localhost:50051\n"
                            "  TEXT    what to say; default \"Hello World!\"\n";

/* Prints the answer to text; the error is left in *err. */
static bool say(tern_channel *channel, tern_arena *arena, const char *text, tern_error *err)
{
    const echo_EchoRequest request = { .message = tern_str_of(text) };
    const echo_EchoReply *reply =
        echo_Echo_Reply(channel, arena, &request, TERN_CALL_OPTS(.timeout_ms = 5000), err);
    if (reply)
        printf("Echo client received: %.*s\n", TERN_FMT(reply->message));
    return reply != NULL;
}

int main(int argc, char **argv)
{
    const char *target = "localhost:50051", *text = "Hello World!";
    const int status = cli_read(argc, argv, "target", &target, &text, usage);
    if (status >= 0)
        return status;

    tern_error err;
    tern_channel *channel = tern_channel_new(target, NULL, &err);
    tern_arena *arena = tern_arena_new(NULL);
    if (channel && !arena)
        tern_error_set(&err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "no memory");
    const bool ok = channel && arena && say(channel, arena, text, &err);
    if (!ok)
        fprintf(stderr, "echo-client: %s: %s\n", tern_code_name(err.code), err.text);
    tern_arena_free(arena);
    tern_channel_free(channel);
    return !ok;
}
