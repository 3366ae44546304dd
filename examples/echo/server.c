/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo-server: answers "You said: ..." until Ctrl-C, then lets running calls end.
 */
#include "../cli.h"
#include "echo.rpc.h"
#include "tern/tern.h"
#include <signal.h>
#include <stdio.h>

static tern_server *server;

static void on_signal(int number)
{
    (void)number;
    tern_server_stop(server); /* safe in a signal handler; a second time does nothing */
}

/* Never waits, so it may run on the I/O thread: an inline handler. */
static tern_code reply(tern_call *call, const echo_EchoRequest *request, echo_EchoReply *answer)
{
    answer->message = tern_call_printf(call, "You said: %.*s", TERN_FMT(request->message));
    return TERN_OK;
}

static const char usage[] =
    "usage: echo-server [--listen ADDRESS]\n"
    "  ADDRESS  host:port, [v6]:port, unix:PATH; port 0 takes a free one; default [::]:50051\n";

int main(int argc, char **argv)
{
    const char *address = "[::]:50051";
    const int status = cli_read(argc, argv, "listen", &address, NULL, usage);
    if (status >= 0)
        return status;

    static const echo_Echo_impl impl = { .Reply_inline = reply };
    tern_error err;
    server = tern_server_new(TERN_SERVER_OPTS(.listen = address, .no_workers = true), &err);
    if (!server || !echo_Echo_register(server, &impl, NULL, &err)) {
        fprintf(stderr, "echo-server: %s\n", err.text);
        tern_server_free(server);
        return 1;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    printf("listening on %s\n", tern_server_address(server));
    fflush(stdout);
    const bool ok = tern_server_run(server, &err);
    if (!ok)
        fprintf(stderr, "echo-server: %s\n", err.text);
    tern_server_free(server);
    return !ok;
}
