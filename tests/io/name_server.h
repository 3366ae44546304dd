/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_server.h: a DNS server on a loopback port, in a thread, that knows these names and no others:
 *
 *   two.test     A 127.0.0.2, 127.0.0.1      six.test     AAAA ::1, A 127.0.0.1
 *   many.test    20 addresses                big.test     cut short over UDP, 20 addresses over TCP
 *   empty.test   exists, has no address      fail.test    SERVFAIL
 *   mute.test    no answer at all            bad.test     bytes that are no answer
 */
#ifndef TN_TEST_IO_NAME_SERVER_H
#define TN_TEST_IO_NAME_SERVER_H

#include "io/net.h"
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

typedef struct name_server {
    int udp, tcp, quit[2];
    char at[32]; /* "127.0.0.1:port" */
    pthread_t thread;
    atomic_int queries, tcp_queries;
} name_server;

static inline size_t ns_put(uint8_t *out, size_t at, const void *p, size_t n)
{
    memcpy(out + at, p, n);
    return at + n;
}

/* One resource record whose name is the question's. */
static inline size_t ns_record(uint8_t *out, size_t at, uint8_t type, const uint8_t *addr)
{
    const uint8_t n = type == 1 ? 4 : 16;
    const uint8_t head[] = { 0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, n };
    return ns_put(out, ns_put(out, at, head, sizeof(head)), addr, n);
}

/* The answer's length; 0 = stay silent. */
static inline size_t ns_answer(const uint8_t *q, size_t n, uint8_t *out, bool tcp)
{
    size_t end = 12;
    while (end < n && q[end])
        end += q[end] + 1u;
    end += 5;
    if (end > n)
        return 0;
    const char *const label = (const char *)q + 13;
    const uint8_t type = q[end - 3];
    size_t at = ns_put(out, 0, q, end);
    static const uint8_t flags[] = { 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0 };
    ns_put(out, 2, flags, sizeof(flags));
    uint8_t *const count = &out[7];
    uint8_t addr[16] = { 127, 0, 0, 2 };
    const bool a = type == 1, aaaa = type == 28;

    if (strncmp(label, "mute", 4) == 0)
        return 0;
    if (strncmp(label, "bad", 3) == 0)
        return 15;
    if (strncmp(label, "fail", 4) == 0) {
        out[3] |= 2;
    } else if (strncmp(label, "two", 3) == 0 && a) {
        at = ns_record(out, at, 1, addr);
        addr[3] = 1;
        at = ns_record(out, at, 1, addr);
        *count = 2;
    } else if (strncmp(label, "six", 3) == 0 && (a || aaaa)) {
        static const uint8_t loopback6[16] = { [15] = 1 };
        addr[3] = 1;
        at = ns_record(out, at, type, a ? addr : loopback6);
        *count = 1;
    } else if (strncmp(label, "big", 3) == 0 && !tcp) {
        out[2] |= 2;
    } else if ((strncmp(label, "many", 4) == 0 || strncmp(label, "big", 3) == 0) && a) {
        for (*count = 0; *count < 20; ++*count) {
            addr[3] = (uint8_t)(*count + 1);
            at = ns_record(out, at, 1, addr);
        }
    } else if (strncmp(label, "two", 3) != 0 && strncmp(label, "six", 3) != 0 &&
               strncmp(label, "empty", 5) != 0 && strncmp(label, "many", 4) != 0 &&
               strncmp(label, "big", 3) != 0) {
        out[3] |= 3; /* NXDOMAIN */
    }
    return at;
}

/* The one TCP connection that is served at a time. */
typedef struct ns_caller {
    int fd; /* -1 = nobody */
    size_t have;
    uint8_t in[1024];
} ns_caller;

static inline void ns_serve_tcp(name_server *ns, ns_caller *c)
{
    const ssize_t n = recv(c->fd, c->in + c->have, sizeof(c->in) - c->have, 0);
    if (n <= 0) {
        close(c->fd);
        c->fd = -1;
        c->have = 0;
        return;
    }
    c->have += (size_t)n;
    size_t size;
    while (c->have >= 2 && c->have >= (size = (size_t)(c->in[0] << 8 | c->in[1])) + 2) {
        uint8_t out[2048] = { 0 };
        atomic_fetch_add(&ns->tcp_queries, 1);
        const size_t m = ns_answer(c->in + 2, size, out + 2, true);
        out[0] = (uint8_t)(m >> 8);
        out[1] = (uint8_t)m;
        send(c->fd, out, m + 2, MSG_NOSIGNAL);
        c->have -= size + 2;
        memmove(c->in, c->in + size + 2, c->have);
    }
}

static inline void ns_serve_udp(name_server *ns)
{
    uint8_t q[600], out[2048] = { 0 };
    struct sockaddr_in from;
    socklen_t m = sizeof(from);
    const ssize_t n = recvfrom(ns->udp, q, sizeof(q), 0, (struct sockaddr *)&from, &m);
    if (n < 12)
        return;
    atomic_fetch_add(&ns->queries, 1);
    const size_t size = ns_answer(q, (size_t)n, out, false);
    if (size)
        sendto(ns->udp, out, size, 0, (struct sockaddr *)&from, m);
}

static inline void *ns_run(void *arg)
{
    name_server *const ns = arg;
    ns_caller caller = { .fd = -1 };
    for (;;) {
        const bool busy = caller.fd >= 0;
        struct pollfd fds[] = { { .fd = ns->quit[0], .events = POLLIN },
                                { .fd = ns->udp, .events = POLLIN },
                                { .fd = busy ? caller.fd : ns->tcp, .events = POLLIN } };
        if (poll(fds, 3, -1) < 0 || fds[0].revents)
            break;
        if (fds[1].revents)
            ns_serve_udp(ns);
        if (fds[2].revents && busy)
            ns_serve_tcp(ns, &caller);
        else if (fds[2].revents)
            caller.fd = accept4(ns->tcp, NULL, NULL, SOCK_CLOEXEC);
    }
    if (caller.fd >= 0)
        close(caller.fd);
    return NULL;
}

static inline void name_server_start(name_server *ns)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    *ns = (name_server){ .udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                         .tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    assert_int_equal(bind(ns->tcp, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(ns->tcp, (struct sockaddr *)&at, &n), 0);
    assert_int_equal(bind(ns->udp, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(ns->tcp, 4), 0);
    assert_int_equal(pipe2(ns->quit, O_CLOEXEC), 0);
    snprintf(ns->at, sizeof(ns->at), "127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&ns->thread, NULL, ns_run, ns), 0);
}

static inline void name_server_stop(name_server *ns)
{
    close(ns->quit[1]);
    pthread_join(ns->thread, NULL);
    close(ns->quit[0]);
    close(ns->udp);
    close(ns->tcp);
}

#endif
