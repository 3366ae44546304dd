/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h: what both ends share: a socket's bytes into a connection and a connection's bytes into its
 * socket, the clock, and "host:port".
 */
#ifndef EXAMPLES_H2_WIRE_H
#define EXAMPLES_H2_WIRE_H

#include "tern/unstable.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t wire_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* One read. False: the socket is at its end. */
static inline bool wire_read(int fd, tern_h2_conn *h2)
{
    uint8_t bytes[16384];
    const ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n > 0)
        tern_h2_feed(h2, (tern_bytes){ bytes, (size_t)n }, wire_now());
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Writes what there is, until the socket takes no more: bytes that went, or -1 when it broke. */
static inline ssize_t wire_write(int fd, tern_h2_conn *h2)
{
    ssize_t total = 0;
    for (;;) {
        tern_bytes slices[16];
        struct iovec parts[16];
        const size_t count = tern_h2_pull(h2, slices, 16);
        if (count == 0)
            return total;
        for (size_t i = 0; i < count; i++)
            parts[i] = (struct iovec){ (void *)(uintptr_t)slices[i].p, slices[i].n };
        const struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
        const ssize_t n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? total : -1;
        tern_h2_sent(h2, (size_t)n);
        total += n;
    }
}

/* Milliseconds to wait in poll() until the time `due`, rounded up; -1 for ever. */
static inline int wire_wait(uint64_t due)
{
    const uint64_t now = wire_now();
    if (due == UINT64_MAX)
        return -1;
    if (due <= now)
        return 0;
    const uint64_t ms = (due - now + 999999) / 1000000;
    return ms < 60000 ? (int)ms : 60000;
}

/* A TCP socket for "host:port" or "[v6]:port": bound and listening, or connected. -1 with the reason
 * in *why. */
static inline int wire_socket(const char *address, bool listening, const char **why)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : sizeof(host);
    const bool brackets = n >= 2 && n < sizeof(host) && address[0] == '[' && address[n - 1] == ']';
    *why = "not an address like host:port";
    if (n >= sizeof(host))
        return -1;
    snprintf(host, sizeof(host), "%.*s", (int)(n - 2 * brackets), address + brackets);
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                                    .ai_flags = listening ? AI_PASSIVE : 0 };
    struct addrinfo *found = NULL;
    const int status = getaddrinfo(n ? host : NULL, colon + 1, &hints, &found);
    if (status) {
        *why = gai_strerror(status);
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        const int one = 1;
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        if (listening)
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (listening ? bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, 511)
                      : connect(fd, at->ai_addr, at->ai_addrlen)) {
            const int error = errno;
            close(fd);
            errno = error;
            fd = -1;
        }
    }
    if (fd < 0)
        *why = strerror(errno);
    freeaddrinfo(found);
    return fd;
}

#endif
