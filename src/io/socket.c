/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket.c: one connected socket.
 *
 * A readable event costs one recv: epoll is level-triggered here, so what is left is told again, and a
 * second recv would mostly find nothing. uv re-registers a descriptor with two system calls whenever
 * its interest changes, so it is only told of changes, and writability is watched only while the
 * system has refused bytes.
 *
 * An error of a send is not told at once: the peer may have said why it left (a GOAWAY) in bytes that
 * still wait to be read. They are read first, from a deferred task, never under the owner's feet.
 */
#include "io/socket.h"
#include "base/assert.h"
#include "io/loop_uv.h"
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    SLICES = 64,    /* of one sendmsg */
    SENDS = 8,      /* in a row before the other sockets get their turn */
    LAST_READS = 16 /* after an error of a send */
};

#define LINGER_NS UINT64_C(1000000000)

/* In this order; never back. */
typedef enum state {
    OPEN,      /* reads and writes */
    HALF_OPEN, /* the peer's end was told; writes */
    BROKEN,    /* an error was told; waits for its owner to close */
    LINGERING, /* closed in good order; discards */
    CLOSING,   /* waits for uv */
    GONE       /* uv has let go; waits for its own flush in the loop */
} state;

struct tn_socket {
    uv_poll_t poll;
    tn_loop *loop;
    const tn_socket_events *events;
    void *user;
    int fd;
    int send_errno; /* of a failed send, until it is told */
    state state;
    int interest; /* what uv watches for */
    bool paused;
    bool full;     /* the system took less than was to send */
    bool deferred; /* flush waits in the loop */
    tn_task flush;
    tn_timer linger;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(tn_socket *s)
{
    int interest = 0;
    if ((s->state == OPEN && !s->paused) || s->state == LINGERING)
        interest |= UV_READABLE;
    if (s->state <= HALF_OPEN && s->full)
        interest |= UV_WRITABLE;
    if (s->state >= CLOSING || interest == s->interest)
        return;
    s->interest = interest;
    if (interest)
        uv_poll_start(&s->poll, interest, on_poll);
    else
        uv_poll_stop(&s->poll);
}

/* ---- the end ---- */

static void free_socket(tn_socket *s)
{
    const tn_socket_events *const events = s->events;
    void *const user = s->user;
    tn_loop_gone(s->loop);
    tn_free(s->loop->env, s, sizeof(*s));
    events->closed(user);
}

static void on_gone(uv_handle_t *handle)
{
    tn_socket *const s = handle->data;
    s->state = GONE;
    if (!s->deferred)
        free_socket(s);
}

static void close_now(tn_socket *s)
{
    s->state = CLOSING;
    tn_timer_stop(s->loop, &s->linger);
    uv_close((uv_handle_t *)&s->poll, on_gone);
    close(s->fd); /* uv has let go of it; on Linux it is closed even on EINTR */
}

static void on_linger_over(tn_timer *timer)
{
    close_now(TN_CONTAINER(timer, tn_socket, linger));
}

void tn_socket_close(tn_socket *s, bool orderly)
{
    if (TN_BUG(s->state < LINGERING))
        return;
    tn_loop_leave(s->loop);
    if (!orderly || s->state == BROKEN || s->send_errno || shutdown(s->fd, SHUT_WR) != 0 ||
        s->state == HALF_OPEN ||
        !tn_timer_set(s->loop, &s->linger, tn_loop_now(s->loop) + LINGER_NS)) {
        close_now(s);
        return;
    }
    s->state = LINGERING;
    watch(s);
}

/* Tells the owner that the peer's bytes are over, unless it knows. */
static void end(tn_socket *s, int sys_errno)
{
    const bool told = s->state != OPEN;
    s->state = sys_errno ? BROKEN : HALF_OPEN;
    watch(s);
    if (!told)
        s->events->ended(s->user, sys_errno);
}

/* What the system holds against the socket. */
static int pending_errno(const tn_socket *s)
{
    int e = 0;
    socklen_t n = sizeof(e);
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0)
        return errno;
    return e ? e : ECONNRESET;
}

/* ---- reading ---- */

/* recv into the loop's buffer: the bytes, 0 at the end, or minus errno. */
static ssize_t receive(tn_socket *s)
{
    ssize_t n;
    do {
        n = recv(s->fd, s->loop->read_buffer, TN_LOOP_READ_BUFFER, 0);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static bool is_not_now(int e)
{
    return e == EAGAIN || e == EWOULDBLOCK;
}

static void discard(tn_socket *s)
{
    const ssize_t n = receive(s);
    if (n == 0 || (n < 0 && !is_not_now((int)-n)))
        close_now(s);
}

/* failed: epoll reported an error, which recv will tell behind the last bytes. */
static void read_some(tn_socket *s, bool failed)
{
    const ssize_t n = receive(s);
    if (n > 0) {
        s->events->read(s->user, s->loop->read_buffer, (size_t)n);
        if (s->state == OPEN && s->events->read_done)
            s->events->read_done(s->user);
    } else if (n == 0) {
        end(s, 0);
    } else if (!is_not_now((int)-n)) {
        end(s, (int)-n);
    } else if (failed) {
        end(s, pending_errno(s));
    }
}

/* After a failed send: what the peer said last, then the error. */
static void read_last(tn_socket *s)
{
    int cause = s->send_errno;
    bool any = false;
    for (int i = 0; i < LAST_READS && s->state == OPEN && !s->paused; i++) {
        const ssize_t n = receive(s);
        if (n <= 0)
            break;
        any = true;
        s->events->read(s->user, s->loop->read_buffer, (size_t)n);
    }
    if (any && s->state == OPEN && s->events->read_done)
        s->events->read_done(s->user);
    if (s->state <= HALF_OPEN)
        end(s, cause);
}

/* ---- writing ---- */

static void run_flush(tn_task *task)
{
    tn_socket *const s = TN_CONTAINER(task, tn_socket, flush);
    s->deferred = false;
    if (s->state == GONE)
        free_socket(s);
    else if (s->state <= HALF_OPEN && s->send_errno)
        read_last(s);
    else
        tn_socket_flush_now(s);
}

void tn_socket_flush(tn_socket *s)
{
    if (s->deferred || s->state > HALF_OPEN)
        return;
    s->deferred = true;
    tn_loop_defer(s->loop, &s->flush);
}

/* sendmsg of n slices: the bytes that went, or minus errno. */
static ssize_t send_slices(int fd, const tern_bytes *slices, size_t n, size_t *total)
{
    struct iovec iov[SLICES];
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        /* iovec is for both ways and so has no const. */
        iov[i].iov_base = (void *)(uintptr_t)slices[i].p;
        iov[i].iov_len = slices[i].n;
        *total += slices[i].n;
    }
    const struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
    ssize_t sent;
    do {
        sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

/* One pull and its sendmsg. True when there may be more to send and room for it. */
static bool send_some(tn_socket *s)
{
    tern_bytes slices[SLICES];
    const size_t n = s->events->pull(s->user, slices, SLICES);
    s->full = false;
    if (n == 0 || s->state > HALF_OPEN)
        return false;
    size_t total;
    const ssize_t sent = send_slices(s->fd, slices, n, &total);
    if (sent >= 0) {
        s->full = (size_t)sent < total;
        s->events->sent(s->user, (size_t)sent);
        return !s->full && total > 0;
    }
    if (is_not_now((int)-sent)) {
        s->full = true;
        s->events->sent(s->user, 0);
    } else {
        tn_socket_flush(s); /* where it is told */
        s->send_errno = (int)-sent;
    }
    return false;
}

bool tn_socket_is_full(const tn_socket *s)
{
    return s->full;
}

void tn_socket_flush_now(tn_socket *s)
{
    if (s->state > HALF_OPEN || s->send_errno)
        return;
    int sends = 0;
    while (sends < SENDS && send_some(s) && s->state <= HALF_OPEN)
        sends++;
    if (sends == SENDS)
        tn_socket_flush(s);
    watch(s);
}

/* ---- events and life ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    tn_socket *const s = poll->data;
    const bool failed = status < 0; /* EPOLLERR; uv has stopped watching */
    if (failed) {
        s->interest = 0;
        events = UV_READABLE;
    }
    if (s->state == LINGERING) {
        discard(s);
    } else if (events & UV_READABLE) {
        if (s->state == OPEN && !s->paused)
            read_some(s, failed);
        else if (failed && s->state <= HALF_OPEN)
            end(s, pending_errno(s));
    }
    if (events & UV_WRITABLE)
        tn_socket_flush(s);
    watch(s);
}

void tn_socket_pause(tn_socket *s, bool paused)
{
    s->paused = paused;
    watch(s);
}

tn_socket *tn_socket_new(tn_loop *loop, int fd, const tn_socket_events *events, void *user,
                         tern_error *err)
{
    tern_error_clear(err);
    tn_socket *s = tn_loop_read_buffer(loop) ? tn_zalloc(loop->env, sizeof(*s)) : NULL;
    if (!s) {
        close(fd);
        tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "socket: no memory");
        return NULL;
    }
    s->loop = loop;
    s->events = events;
    s->user = user;
    s->fd = fd;
    s->flush.run = run_flush;
    s->linger.fire = on_linger_over;
    const int rc = uv_poll_init(&loop->uv, &s->poll, fd);
    if (rc != 0) {
        close(fd);
        tn_free(loop->env, s, sizeof(*s));
        tern_error_set_errno(err, TERN_INTERNAL, TERN_ORIGIN_LOCAL, -rc,
                             "socket: descriptor %d cannot be watched", fd);
        return NULL;
    }
    s->poll.data = s;
    tn_loop_join(loop);
    watch(s);
    return s;
}
