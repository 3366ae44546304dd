/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.c: binding, and accepting.
 *
 * When accepting fails for good (descriptors or memory have run out), the connection stays in the
 * system's queue, where epoll would report it again at once: so the listener stops watching for a
 * while, longer each time. Its timer never leaves the heap, so that setting it takes no memory just
 * when there is none.
 */
#include "io/listen.h"
#include "base/assert.h"
#include "io/loop_uv.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,         /* the system cuts it to its own bound */
    ACCEPTS_PER_EVENT = 64, /* before the other sockets get their turn */
    /* What was sent and is not acknowledged for so long ends the connection (TCP_USER_TIMEOUT, gRPC
     * A18): also when we have closed it, and only the system holds what a peer does not read. */
    STUCK_MS = 20000
};

#define BACKOFF_FIRST_NS UINT64_C(10000000)
#define BACKOFF_LAST_NS  UINT64_C(1000000000)
#define LOG_EVERY_NS     UINT64_C(10000000000)

/* ---- opening ---- */

static tern_code code_of(int e)
{
    switch (e) {
    case EACCES:
    case EPERM:
    case EROFS: return TERN_PERMISSION_DENIED;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return TERN_RESOURCE_EXHAUSTED;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case ENOENT:
    case ENOTDIR: return TERN_INVALID_ARGUMENT;
    default: return TERN_UNAVAILABLE;
    }
}

static const char *words_of(int e, bool is_unix)
{
    switch (e) {
    case EADDRINUSE:
        return is_unix ? "somebody listens there, or the file is no socket" : "port taken";
    case EADDRNOTAVAIL: return "not an address of this machine";
    case EAFNOSUPPORT: return "this kind of address is off on this machine";
    case EACCES: return is_unix ? "the folder may not be written to" : "the port needs privileges";
    default: return "cannot listen";
    }
}

static int set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value));
}

/* Does somebody answer at this Unix socket? */
static bool is_served(const tn_addr *addr)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return true; /* unknown: leave it alone */
    const bool refused = connect(fd, &addr->u.any, addr->len) != 0 && errno == ECONNREFUSED;
    close(fd);
    return !refused;
}

/* Removes the file of a server that died. */
static bool remove_stale(const tn_addr *addr)
{
    struct stat st;
    const char *const path = addr->u.un.sun_path;
    return path[0] != '\0' && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !is_served(addr) &&
           unlink(path) == 0;
}

static int bind_to(int fd, const tn_addr *addr)
{
    if (addr->u.any.sa_family != AF_UNIX) {
        if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0)
            return -1;
        if (addr->u.any.sa_family == AF_INET6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) != 0)
            return -1;
        return bind(fd, &addr->u.any, addr->len);
    }
    if (bind(fd, &addr->u.any, addr->len) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return -1;
    if (!remove_stale(addr)) {
        errno = EADDRINUSE;
        return -1;
    }
    return bind(fd, &addr->u.any, addr->len);
}

/* The fd, or minus errno. */
static int try_listen(const tn_addr *addr, tn_addr *bound)
{
    const int fd = socket(addr->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    *bound = (tn_addr){ .len = sizeof(bound->u) };
    if (bind_to(fd, addr) == 0 && listen(fd, BACKLOG) == 0 &&
        getsockname(fd, &bound->u.any, &bound->len) == 0)
        return fd;
    const int e = errno;
    close(fd);
    return -e;
}

int tn_listen_open(const tn_addr *addr, tn_addr *bound, tern_error *err)
{
    tern_error_clear(err);
    int fd = try_listen(addr, bound);
    if ((fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) && addr->u.any.sa_family == AF_INET6 &&
        IN6_IS_ADDR_UNSPECIFIED(&addr->u.v6.sin6_addr)) {
        tn_addr v4 = { .len = sizeof(v4.u.v4) };
        v4.u.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = addr->u.v6.sin6_port };
        fd = try_listen(&v4, bound);
    }
    if (fd >= 0)
        return fd;
    char text[TN_ADDR_TEXT];
    tn_addr_format(addr, text);
    const bool is_unix = addr->u.any.sa_family == AF_UNIX;
    tern_error_set_errno(err, code_of(-fd), TERN_ORIGIN_LOCAL, -fd, "listen on %s: %s", text,
                         words_of(-fd, is_unix));
    return -1;
}

void tn_listen_close(int fd, const tn_addr *bound)
{
    /* The file goes first: who finds it in between still reaches us. */
    if (bound->u.any.sa_family == AF_UNIX && bound->u.un.sun_path[0] != '\0')
        unlink(bound->u.un.sun_path);
    close(fd);
}

/* ---- accepting ---- */

struct tn_listener {
    uv_poll_t poll;
    tn_loop *loop;
    const tn_listener_events *events;
    void *user;
    int fd; /* our dup */
    bool closing;
    tn_timer retry;     /* in the heap for life; UINT64_MAX unless backing off */
    uint64_t backoff;   /* the next one, ns */
    uint64_t log_after; /* no line before */
    uint64_t failures;  /* since the last line */
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void log_failure(tn_listener *l, int e)
{
    l->failures++;
    const uint64_t now = tn_loop_now(l->loop);
    if (now < l->log_after)
        return;
    tern_error words;
    tern_error_clear(&words);
    tern_error_set_errno(&words, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, e,
                         "connections wait: accept failed %llu times",
                         (unsigned long long)l->failures);
    tn_log(l->loop->env, TERN_LOG_WARNING, "%s", words.text);
    l->log_after = now + LOG_EVERY_NS;
    l->failures = 0;
}

static void back_off(tn_listener *l, int e)
{
    log_failure(l, e);
    uv_poll_stop(&l->poll);
    tn_timer_set(l->loop, &l->retry, tn_loop_now(l->loop) + l->backoff);
    l->backoff = l->backoff * 2 < BACKOFF_LAST_NS ? l->backoff * 2 : BACKOFF_LAST_NS;
}

static void on_retry(tn_timer *timer)
{
    tn_listener *const l = TN_CONTAINER(timer, tn_listener, retry);
    tn_timer_set(l->loop, timer, UINT64_MAX); /* it has just left its place in the heap */
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
}

/* Errors of the connection that would have been accepted, and not of accepting. */
static bool is_one_connection(int e)
{
    switch (e) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM: /* a firewall's word */
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT: return true;
    default: return false;
    }
}

/* Either fails only when the peer has gone. */
static void set_up_tcp(int fd)
{
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, STUCK_MS);
}

/* False when there is nothing more to accept now. */
static bool accept_one(tn_listener *l)
{
    tn_addr peer = { .len = sizeof(peer.u) };
    const int fd = accept4(l->fd, &peer.u.any, &peer.len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        l->backoff = BACKOFF_FIRST_NS;
        if (peer.u.any.sa_family == AF_INET || peer.u.any.sa_family == AF_INET6)
            set_up_tcp(fd);
        l->events->accepted(l->user, fd, &peer);
        return !l->closing;
    }
    const int e = errno;
    if (is_one_connection(e))
        return true;
    if (e != EAGAIN && e != EWOULDBLOCK)
        back_off(l, e);
    return false;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    tn_listener *const l = poll->data;
    (void)events;
    if (status < 0) { /* an error on a listening socket: uv has stopped watching */
        back_off(l, EIO);
        return;
    }
    for (int i = 0; i < ACCEPTS_PER_EVENT; i++)
        if (!accept_one(l))
            return;
}

static void on_gone(uv_handle_t *handle)
{
    tn_listener *const l = handle->data;
    const tn_listener_events *const events = l->events;
    void *const user = l->user;
    tn_loop_gone(l->loop);
    tn_free(l->loop->env, l, sizeof(*l));
    events->closed(user);
}

void tn_listener_close(tn_listener *l)
{
    if (TN_BUG(!l->closing))
        return;
    l->closing = true;
    tn_loop_leave(l->loop);
    tn_timer_stop(l->loop, &l->retry);
    uv_close((uv_handle_t *)&l->poll, on_gone);
    close(l->fd);
}

tn_listener *tn_listener_new(tn_loop *loop, int fd, const tn_listener_events *events, void *user,
                             tern_error *err)
{
    tern_error_clear(err);
    tn_listener *const l = tn_zalloc(loop->env, sizeof(*l));
    if (!l) {
        tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "listener: no memory");
        return NULL;
    }
    *l = (tn_listener){ .loop = loop, .events = events, .user = user };
    l->retry.fire = on_retry;
    l->backoff = BACKOFF_FIRST_NS;
    int e = 0;
    l->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (l->fd < 0)
        e = errno;
    else if (!tn_timer_set(loop, &l->retry, UINT64_MAX))
        e = ENOMEM;
    else
        e = -uv_poll_init(&loop->uv, &l->poll, l->fd);
    if (e != 0) {
        tn_timer_stop(loop, &l->retry);
        if (l->fd >= 0)
            close(l->fd);
        tn_free(loop->env, l, sizeof(*l));
        tern_error_set_errno(err, code_of(e), TERN_ORIGIN_LOCAL, e, "listener: cannot watch");
        return NULL;
    }
    l->poll.data = l;
    tn_loop_join(loop);
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
    return l;
}
