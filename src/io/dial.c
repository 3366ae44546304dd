/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.c: resolve, then connect to one address after the other.
 *
 * A dial is one of: starting (its task waits in the loop), resolving, connecting, or pausing before it
 * tries a Unix socket with a full queue again. What uv watches lives in an attempt of its own, because
 * uv gives a handle back a turn later than we want to be done with it. The timer stays in the heap for
 * life, so that setting it needs no memory.
 */
#include "io/dial.h"
#include "base/assert.h"
#include "io/loop_uv.h"
#include "io/resolve.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#define ATTEMPT_NS UINT64_C(20000000000) /* for one address when there is no deadline */
#define PAUSE_NS   UINT64_C(10000000)    /* a Unix socket whose queue is full */

/* A connect under way. */
typedef struct attempt {
    uv_poll_t poll;
    tn_loop *loop;
    tn_dial *dial;
    int fd;
} attempt;

struct tn_dial {
    tn_loop *loop;
    tn_dial_done *done;
    void *user;
    uint64_t deadline;
    uint64_t attempt_deadline;
    tn_task start;
    bool starting;
    bool cancelled; /* while starting: the task frees it */
    tn_timer timer;
    tn_resolve *resolve;
    attempt *attempt;
    size_t count, at; /* addresses, and which is being tried */
    tn_addr addrs[TN_RESOLVE_MAX];
    tn_target target;
};

/* ---- the end ---- */

static void on_attempt_gone(uv_handle_t *handle)
{
    attempt *const a = handle->data;
    tn_loop_gone(a->loop);
    tn_free(a->loop->env, a, sizeof(*a));
}

/* Lets go of the attempt; its fd is then the caller's. */
static int end_attempt(tn_dial *d)
{
    attempt *const a = d->attempt;
    d->attempt = NULL;
    uv_close((uv_handle_t *)&a->poll, on_attempt_gone);
    return a->fd;
}

static void free_dial(tn_dial *d)
{
    tn_timer_stop(d->loop, &d->timer);
    tn_loop_gone(d->loop);
    tn_free(d->loop->env, d, sizeof(*d));
}

static void finish(tn_dial *d, int fd, const tern_error *err)
{
    tn_dial_done *const done = d->done;
    void *const user = d->user;
    const tn_addr peer = d->addrs[d->at < d->count ? d->at : 0];
    tn_loop_leave(d->loop);
    free_dial(d);
    done(user, fd, fd >= 0 ? &peer : NULL, err);
}

static void fail_resolve(tn_dial *d, const char *why)
{
    tern_error err;
    tern_error_clear(&err);
    tern_error_set(&err, TERN_UNAVAILABLE, TERN_ORIGIN_NET, "target \"%s\": resolve %s: %s",
                   d->target.text, d->target.host, why);
    finish(d, -1, &err);
}

static bool is_local_error(int e)
{
    return e == EMFILE || e == ENFILE || e == ENOBUFS || e == ENOMEM;
}

/* The address at hand was the last. */
static void fail_connect(tn_dial *d, int e)
{
    char address[TN_ADDR_TEXT], which[80] = "";
    tn_addr_format(&d->addrs[d->at], address);
    if (d->count > 1 && d->at + 1 == d->count)
        snprintf(which, sizeof(which), " (the last of %zu addresses tried)", d->count);
    else if (d->count > 1)
        snprintf(which, sizeof(which), " (number %zu of %zu addresses)", d->at + 1, d->count);
    tern_error err;
    tern_error_clear(&err);
    tern_error_set_errno(&err, TERN_UNAVAILABLE,
                         is_local_error(e) ? TERN_ORIGIN_LOCAL : TERN_ORIGIN_NET, e,
                         "target \"%s\": connect to %s%s", d->target.text, address, which);
    finish(d, -1, &err);
}

/* ---- connecting ---- */

static void on_connect(uv_poll_t *poll, int status, int events);

/* Calling an unused port of this machine may get the same port on our side: then TCP connects the
 * socket to itself, and nobody listens. */
static bool is_own_echo(int fd)
{
    tn_addr ours = { .len = sizeof(ours.u) }, theirs = { .len = sizeof(theirs.u) };
    return getsockname(fd, &ours.u.any, &ours.len) == 0 &&
           getpeername(fd, &theirs.u.any, &theirs.len) == 0 && ours.len == theirs.len &&
           memcmp(&ours.u, &theirs.u, ours.len) == 0;
}

static bool watch_attempt(tn_dial *d, int fd)
{
    attempt *const a = tn_zalloc(d->loop->env, sizeof(*a));
    if (!a)
        return false;
    if (uv_poll_init(&d->loop->uv, &a->poll, fd) != 0) {
        tn_free(d->loop->env, a, sizeof(*a));
        return false;
    }
    a->poll.data = a;
    a->loop = d->loop;
    a->dial = d;
    a->fd = fd;
    d->loop->live++;
    d->attempt = a;
    uv_poll_start(&a->poll, UV_WRITABLE, on_connect);
    return true;
}

/* A connected fd; or minus errno, where EINPROGRESS means that an attempt is under way. */
static int try_address(tn_dial *d, const tn_addr *addr)
{
    const int family = addr->u.any.sa_family;
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    const int on = 1;
    int e = 0;
    if (family != AF_UNIX && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        e = errno;
    else if (connect(fd, &addr->u.any, addr->len) != 0)
        e = errno;
    if (e == EINPROGRESS || e == EINTR) { /* an interrupted connect goes on by itself */
        if (watch_attempt(d, fd))
            return -EINPROGRESS;
        e = ENOMEM;
    } else if (e == 0 && family != AF_UNIX && is_own_echo(fd)) {
        e = ECONNREFUSED;
    }
    if (e == 0)
        return fd;
    close(fd);
    return -e;
}

/* When the address at hand has had its share of the time that is left. */
static void set_attempt_deadline(tn_dial *d)
{
    const uint64_t now = tn_loop_now(d->loop);
    uint64_t share = ATTEMPT_NS;
    if (d->deadline != UINT64_MAX)
        share = d->deadline > now ? (d->deadline - now) / (d->count - d->at) : 0;
    d->attempt_deadline = now + share;
}

static void succeed(tn_dial *d, int fd)
{
    tern_error ok;
    tern_error_clear(&ok);
    finish(d, fd, &ok);
}

/* Tries the address at hand and those behind it, until one is connected or under way. */
static void try_on(tn_dial *d, bool again)
{
    for (;;) {
        if (!again)
            set_attempt_deadline(d);
        again = false;
        const tn_addr *const addr = &d->addrs[d->at];
        const int rc = try_address(d, addr);
        if (rc >= 0) {
            succeed(d, rc);
            return;
        }
        if (rc == -EINPROGRESS) {
            tn_timer_set(d->loop, &d->timer, d->attempt_deadline);
            return;
        }
        if (rc == -EAGAIN && addr->u.any.sa_family == AF_UNIX) {
            const uint64_t at = tn_loop_now(d->loop) + PAUSE_NS;
            tn_timer_set(d->loop, &d->timer, at < d->attempt_deadline ? at : d->attempt_deadline);
            return;
        }
        if (d->at + 1 == d->count) {
            fail_connect(d, -rc);
            return;
        }
        d->at++;
    }
}

/* The attempt at hand has failed. */
static void try_next(tn_dial *d, int e)
{
    if (d->at + 1 == d->count || tn_loop_now(d->loop) >= d->deadline) {
        fail_connect(d, e);
        return;
    }
    d->at++;
    try_on(d, false);
}

static void on_connect(uv_poll_t *poll, int status, int events)
{
    attempt *const a = poll->data;
    tn_dial *const d = a->dial;
    (void)events;
    int e = 0;
    socklen_t n = sizeof(e);
    if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0)
        e = errno;
    if (e == 0 && status < 0)
        e = ECONNRESET;
    if (e == 0 && is_own_echo(a->fd))
        e = ECONNREFUSED;
    const int fd = end_attempt(d);
    if (e == 0) {
        succeed(d, fd);
        return;
    }
    close(fd);
    try_next(d, e);
}

/* ---- the beginning ---- */

static void on_resolved(void *user, const tn_addr *addrs, size_t n, const char *why)
{
    tn_dial *const d = user;
    d->resolve = NULL;
    if (n == 0) {
        fail_resolve(d, why);
        return;
    }
    memcpy(d->addrs, addrs, n * sizeof(*addrs));
    d->count = n;
    try_on(d, false);
}

static void on_timer(tn_timer *timer)
{
    tn_dial *const d = TN_CONTAINER(timer, tn_dial, timer);
    const uint64_t now = tn_loop_now(d->loop);
    tn_timer_set(d->loop, timer, UINT64_MAX); /* it has just left its place in the heap */
    if (d->resolve) {
        tn_resolve_cancel(d->resolve);
        d->resolve = NULL;
        fail_resolve(d, "no answer before the deadline");
        return;
    }
    if (d->attempt) {
        close(end_attempt(d));
        try_next(d, ETIMEDOUT);
    } else if (now < d->attempt_deadline) {
        try_on(d, true);
    } else {
        try_next(d, ETIMEDOUT);
    }
}

static void run_start(tn_task *task)
{
    tn_dial *const d = TN_CONTAINER(task, tn_dial, start);
    d->starting = false;
    if (d->cancelled) {
        free_dial(d);
        return;
    }
    if (d->target.kind == TN_TARGET_ADDR) {
        d->count = 1 + d->target.more_count;
        d->addrs[0] = d->target.addr;
        memcpy(d->addrs + 1, d->target.more, d->target.more_count * sizeof(d->addrs[0]));
        try_on(d, false);
        return;
    }
    d->resolve = tn_resolve_new(d->loop, d->target.host, d->target.port, on_resolved, d);
    if (!d->resolve)
        fail_resolve(d, "no memory");
    else
        tn_timer_set(d->loop, &d->timer, d->deadline);
}

tn_dial *tn_dial_new(tn_loop *loop, const tn_target *target, uint64_t deadline, tn_dial_done *done,
                     void *user)
{
    tn_dial *const d = tn_zalloc(loop->env, sizeof(*d));
    if (!d)
        return NULL;
    d->timer.fire = on_timer;
    if (!tn_timer_set(loop, &d->timer, UINT64_MAX)) {
        tn_free(loop->env, d, sizeof(*d));
        return NULL;
    }
    d->loop = loop;
    d->target = *target;
    d->deadline = deadline;
    d->done = done;
    d->user = user;
    d->start.run = run_start;
    d->starting = true;
    tn_loop_join(loop);
    tn_loop_defer(loop, &d->start);
    return d;
}

void tn_dial_cancel(tn_dial *d)
{
    if (!d)
        return;
    tn_loop_leave(d->loop);
    if (d->starting) {
        d->cancelled = true;
        return;
    }
    tn_resolve_cancel(d->resolve);
    if (d->attempt)
        close(end_attempt(d));
    free_dial(d);
}
