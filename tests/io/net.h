/* SPDX-License-Identifier: Apache-2.0 */
/* net.h: what the tests of this folder share: plain sockets on the far side, waiting with a bound. */
#ifndef TN_TEST_IO_NET_H
#define TN_TEST_IO_NET_H

#include "io/address.h"
#include "io/loop.h"
#include "support/fail.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

/* Turns the loop until the condition holds; fails after 20 s. */
#define TURN_UNTIL(loop, condition)                                                                \
    do {                                                                                           \
        const uint64_t turn_end_ = net_real_ms() + 20000;                                          \
        while (!(condition)) {                                                                     \
            assert_true(net_real_ms() < turn_end_);                                                \
            tn_loop_step(loop, 20 * MS);                                                           \
        }                                                                                          \
    } while (0)

static inline uint64_t net_real_ms(void)
{
    return tn_now(tn_env_of(NULL)) / MS;
}

static inline tn_loop *net_loop(const tern_env *env)
{
    tern_error err;
    tn_loop *const loop = tn_loop_new(env, &err);
    assert_non_null(loop);
    return loop;
}

/* Two ends of a loopback connection: TCP over 127.0.0.1, or a Unix socket pair. Blocking. */
static inline void net_pair(bool tcp, int fds[2])
{
    if (!tcp) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        return;
    }
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fds[0], (struct sockaddr *)&at, n), 0);
    fds[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fds[1] >= 0);
    close(listener);
}

/* Closes with a reset instead of an end. */
static inline void net_reset(int fd)
{
    const struct linger hard = { .l_onoff = 1 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
}

static inline bool net_is_nonblocking(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

static inline bool net_is_cloexec(int fd)
{
    return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

/* How many descriptors this process has. */
static inline int net_fds(void)
{
    int n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Waits until there are n; what other threads still hold goes soon. */
static inline void net_expect_fds(int n)
{
    for (int i = 0; i < 2000 && net_fds() != n; i++)
        usleep(1000);
    assert_int_equal(net_fds(), n);
}

/* From here on no descriptor is given out at or above n. */
static inline bool net_limit_fds(int n)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    limit.rlim_cur = (rlim_t)n;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

#endif
