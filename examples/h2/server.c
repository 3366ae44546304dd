/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2-server: HTTP/2 without gRPC, on tern's bare connection and a poll() loop of its own. It answers
 * every GET with a line of text, and GET /bytes/N with N octets, made as the client takes them.
 *
 * The rules that such a loop has to keep: read only while the connection wants input, write whenever it
 * has output, tick it in time, and close what has ended or what the peer does not take.
 */
#include "../cli.h"
#include "wire.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

enum { MOST_CONNS = 1024 };

static const uint64_t second = 1000000000;
/* A peer that takes nothing of what we have for it; a peer that does not hang up. */
#define STUCK_AFTER (20 * second)
#define CLOSE_AFTER (1 * second)

typedef struct conn {
    tern_h2_conn *h2;
    int fd;
    bool half_closed;     /* our side is shut: what still comes is thrown away */
    uint64_t progress_at; /* output went, or there was none; once half closed: when that was */
} conn;

static conn conns[MOST_CONNS];
static size_t conn_count;
static int stop_pipe[2];

static void on_signal(int number)
{
    (void)number;
    (void)!write(stop_pipe[1], "", 1);
}

/* ---- the answer ---- */

static const char hello[] = "hello over HTTP/2, from tern\n";

/* What is still to be made of a long body rides in the stream's user pointer. */
static void fill(void *user, tern_h2_stream *s)
{
    static const uint8_t zeros[16384];
    uintptr_t left = (uintptr_t)tern_h2_user(s);
    (void)user;
    while (left && tern_h2_queued(s) < 65536) {
        const size_t n = left < sizeof(zeros) ? left : sizeof(zeros);
        if (tern_h2_send_data(s, (tern_bytes){ zeros, n }, n == left) != TERN_OK)
            return;
        left -= n;
        tern_h2_set_user(s, (void *)left);
    }
}

static tern_str field(const tern_h2_field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (tern_str_equal(fields[i].name, tern_str_of(name)))
            return fields[i].value;
    return TERN_STR("");
}

/* N of "/bytes/N", or 0. */
static unsigned long long asked_for(tern_str path)
{
    static const char prefix[] = "/bytes/";
    char digits[16];
    if (path.n < sizeof(prefix) || memcmp(path.p, prefix, sizeof(prefix) - 1) != 0)
        return 0;
    snprintf(digits, sizeof(digits), "%.*s", (int)(path.n - sizeof(prefix) + 1),
             path.p + sizeof(prefix) - 1);
    return strtoull(digits, NULL, 10);
}

static void greet(tern_h2_stream *s)
{
    (void)tern_h2_send_data(s, (tern_bytes){ (const uint8_t *)hello, sizeof(hello) - 1 }, true);
}

/* A request with a body has been read whole. Some clients (curl 7.88) go round in circles when the
 * answer ends before they have sent it all. */
static void on_body_end(tern_h2_stream *s)
{
    if (!tern_h2_user(s))
        greet(s);
}

static void on_headers(void *user, tern_h2_stream *s, tern_h2_block block,
                       const tern_h2_field *fields, size_t n, bool end_stream)
{
    if (block == TERN_H2_TRAILERS)
        on_body_end(s);
    if (block != TERN_H2_REQUEST)
        return;
    const tern_str method = field(fields, n, ":method");
    const unsigned long long bytes = asked_for(field(fields, n, ":path"));
    const bool get = tern_str_equal(method, TERN_STR("GET"));
    char length[24];
    snprintf(length, sizeof(length), "%llu", bytes ? bytes : sizeof(hello) - 1);
    const tern_h2_field answer[] = {
        { TERN_STR(":status"), n ? TERN_STR("200") : TERN_STR("431") },
        { TERN_STR("content-type"), TERN_STR("text/plain") },
        { TERN_STR("content-length"), tern_str_of(length) },
    };
    if (n == 0 || tern_str_equal(method, TERN_STR("HEAD"))) {
        (void)tern_h2_send_headers(s, answer, n ? 3 : 1, true);
    } else if (tern_h2_send_headers(s, answer, 3, false) == TERN_OK) {
        if (get && bytes) {
            tern_h2_set_user(s, (void *)(uintptr_t)bytes);
            fill(user, s);
        } else if (end_stream) {
            greet(s);
        }
    }
}

static void on_data(void *user, tern_h2_stream *s, tern_bytes bytes, bool end_stream)
{
    (void)user;
    tern_h2_consume(s, bytes.n);
    if (end_stream)
        on_body_end(s);
}

static const tern_h2_events events = { .headers = on_headers, .data = on_data, .writable = fill };

/* ---- the loop ---- */

static void drop(size_t i)
{
    tern_h2_conn_free(conns[i].h2);
    close(conns[i].fd);
    conns[i] = conns[--conn_count];
}

static void take(int listener)
{
    const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    tern_h2_conn *h2 =
        tern_h2_conn_new(TERN_H2_OPTS(.server = true), &events, NULL, wire_now(), NULL);
    if (h2)
        conns[conn_count++] = (conn){ .h2 = h2, .fd = fd, .progress_at = wire_now() };
    else
        close(fd);
}

/* What is left of an ended connection: our side is shut, and the peer gets a second to read its GOAWAY
 * and to go; closing at once would take the GOAWAY from it. */
static bool discard(const conn *c, short ready)
{
    uint8_t waste[16384];
    if (ready) {
        const ssize_t n = recv(c->fd, waste, sizeof(waste), MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return false;
    }
    return wire_now() < c->progress_at + CLOSE_AFTER;
}

/* False: it is to be dropped. */
static bool serve(conn *c, short ready)
{
    if (c->half_closed)
        return discard(c, ready);
    if (ready & (POLLIN | POLLERR | POLLHUP) && tern_h2_wants_input(c->h2) &&
        !wire_read(c->fd, c->h2))
        return false;
    const uint64_t now = wire_now();
    if (now >= tern_h2_next_timeout(c->h2))
        tern_h2_tick(c->h2, now);
    const ssize_t went = wire_write(c->fd, c->h2);
    if (went < 0)
        return false;
    if (went > 0 || !tern_h2_has_output(c->h2))
        c->progress_at = now;
    if (tern_h2_has_output(c->h2))
        return now < c->progress_at + STUCK_AFTER;
    if (tern_h2_ended(c->h2)) {
        shutdown(c->fd, SHUT_WR);
        c->half_closed = true;
    }
    return true;
}

static short wants(const conn *c)
{
    if (c->half_closed)
        return POLLIN;
    return (short)((tern_h2_wants_input(c->h2) ? POLLIN : 0) |
                   (tern_h2_has_output(c->h2) ? POLLOUT : 0));
}

static uint64_t due(const conn *c)
{
    const uint64_t timeout = tern_h2_next_timeout(c->h2);
    if (c->half_closed)
        return c->progress_at + CLOSE_AFTER;
    if (!tern_h2_has_output(c->h2) || timeout < c->progress_at + STUCK_AFTER)
        return timeout;
    return c->progress_at + STUCK_AFTER;
}

static void run(int listener)
{
    static struct pollfd fds[MOST_CONNS + 2];
    for (;;) {
        uint64_t first = UINT64_MAX;
        fds[0] = (struct pollfd){ .fd = stop_pipe[0], .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = conn_count < MOST_CONNS ? listener : -1, .events = POLLIN };
        for (size_t i = 0; i < conn_count; i++) {
            fds[i + 2] = (struct pollfd){ .fd = conns[i].fd, .events = wants(&conns[i]) };
            if (due(&conns[i]) < first)
                first = due(&conns[i]);
        }
        if (poll(fds, (nfds_t)(conn_count + 2), wire_wait(first)) < 0 && errno != EINTR)
            return;
        if (fds[0].revents)
            return;
        /* From the last: what takes a dropped one's place has had its turn. */
        for (size_t i = conn_count; i-- > 0;)
            if (!serve(&conns[i], fds[i + 2].revents))
                drop(i);
        if (fds[1].revents)
            take(listener);
    }
}

static void print_address(int fd)
{
    struct sockaddr_storage address;
    socklen_t n = sizeof(address);
    char host[64] = "", port[8] = "";
    getsockname(fd, (struct sockaddr *)&address, &n);
    getnameinfo((struct sockaddr *)&address, n, host, sizeof(host), port, sizeof(port),
                NI_NUMERICHOST | NI_NUMERICSERV);
    printf(strchr(host, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host, port);
    fflush(stdout);
}

static const char usage[] =
    "usage: h2-server [--listen ADDRESS]\n"
    "  ADDRESS  host:port or [v6]:port; port 0 takes a free one; default [::]:50051\n";

int main(int argc, char **argv)
{
    const char *address = "[::]:50051", *why;
    const int status = cli_read(argc, argv, "listen", &address, NULL, usage);
    if (status >= 0)
        return status;
    const int listener = wire_socket(address, true, &why);
    if (listener < 0) {
        fprintf(stderr, "h2-server: %s: %s\n", address, why);
        return 1;
    }
    fcntl(listener, F_SETFL, O_NONBLOCK);
    if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK)) {
        perror("h2-server");
        return 1;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    print_address(listener);
    run(listener);
    while (conn_count)
        drop(0);
    close(listener);
    return 0;
}
