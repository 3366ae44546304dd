/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2-client: GETs a URL over HTTP/2 without gRPC, on tern's bare connection: connects, opens one
 * stream, prints the status and the body.
 */
#include "../cli.h"
#include "wire.h"
#include <poll.h>

static const uint64_t second = 1000000000;

typedef struct get {
    bool asked, done;
    unsigned long status; /* of the response */
    uint32_t code;        /* that the stream ended with */
} get;

static void on_headers(void *user, tern_h2_stream *s, tern_h2_block block,
                       const tern_h2_field *fields, size_t n, bool end_stream)
{
    get *g = user;
    (void)s;
    (void)end_stream;
    if (block == TERN_H2_RESPONSE && n)
        g->status = strtoul(fields[0].value.p, NULL, 10); /* ":status", the only one in front */
}

static void on_data(void *user, tern_h2_stream *s, tern_bytes bytes, bool end_stream)
{
    (void)user;
    (void)end_stream;
    fwrite(bytes.p, 1, bytes.n, stdout);
    tern_h2_consume(s, bytes.n);
}

static void on_closed(void *user, tern_h2_stream *s, uint32_t code)
{
    get *g = user;
    (void)s;
    g->done = true;
    g->code = code;
}

static const tern_h2_events events = { .headers = on_headers,
                                       .data = on_data,
                                       .closed = on_closed };

/* Asks as soon as the server lets us. */
static void ask(get *g, tern_h2_conn *h2, tern_str host, const char *path)
{
    const tern_h2_field request[] = { { TERN_STR(":method"), TERN_STR("GET") },
                                      { TERN_STR(":scheme"), TERN_STR("http") },
                                      { TERN_STR(":authority"), host },
                                      { TERN_STR(":path"), tern_str_of(path) } };
    if (!g->asked && tern_h2_open(h2, request, 4, true))
        g->asked = true;
}

/* Until the connection ends or `until`: after the answer too, as long as the server likes to talk. */
static void run(int fd, tern_h2_conn *h2, get *g, tern_str host, const char *path, uint64_t linger)
{
    uint64_t until = wire_now() + 10 * second;
    bool more = true;
    for (bool open = true; open && wire_now() < until;) {
        ask(g, h2, host, path);
        if (wire_write(fd, h2) < 0)
            return;
        if (tern_h2_ended(h2) || (g->done && linger == 0))
            return;
        if (g->done && more) {
            more = false;
            until = wire_now() + linger;
        }
        const uint64_t due = tern_h2_next_timeout(h2);
        struct pollfd p = { .fd = fd,
                            .events = (short)((tern_h2_wants_input(h2) ? POLLIN : 0) |
                                              (tern_h2_has_output(h2) ? POLLOUT : 0)) };
        poll(&p, 1, wire_wait(due < until ? due : until));
        if (p.revents & (POLLIN | POLLERR | POLLHUP))
            open = wire_read(fd, h2);
        tern_h2_tick(h2, wire_now());
    }
}

static const char usage[] = "usage: h2-client [--linger MS] [http://]HOST:PORT[/PATH]\n"
                            "  GETs the path and prints the body; fails unless the status is 200.\n"
                            "  MS  milliseconds to stay connected after the answer; default 0\n";

int main(int argc, char **argv)
{
    const char *linger = "0", *url = NULL, *why;
    const int status = cli_read(argc, argv, "linger", &linger, &url, usage);
    if (status >= 0)
        return status;
    if (!url) {
        fputs(usage, stderr);
        return 2;
    }
    if (strncmp(url, "http://", 7) == 0)
        url += 7;
    if (strstr(url, "://")) {
        fprintf(stderr, "h2-client: %s: not http://\n", url);
        return 2;
    }
    char address[300];
    const size_t n = strcspn(url, "/");
    snprintf(address, sizeof(address), "%.*s", n < sizeof(address) ? (int)n : 0, url);
    const int fd = wire_socket(address, false, &why);
    if (fd < 0) {
        fprintf(stderr, "h2-client: %s: %s\n", address, why);
        return 1;
    }
    get g = { 0 };
    tern_error err;
    tern_h2_conn *h2 = tern_h2_conn_new(NULL, &events, &g, wire_now(), &err);
    if (h2)
        run(fd, h2, &g, tern_str_of(address), url[n] ? url + n : "/",
            strtoull(linger, NULL, 10) * (second / 1000));
    else
        fprintf(stderr, "h2-client: %s\n", err.text);
    tern_h2_conn_free(h2);
    close(fd);
    if (g.status != 200)
        fprintf(stderr, "h2-client: status %lu, stream error %u\n", g.status, g.code);
    return g.status != 200;
}
