/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.c: c-ares on a loop.
 *
 * One c-ares channel a loop, made for the first name and destroyed when nobody waits for one: so the
 * next reads the system's configuration anew, and no socket stays open. c-ares cannot give up one
 * query of several; a cancelled resolve is marked and freed when its answer comes.
 *
 * c-ares calls back in the middle of its own work: callbacks here only note what happened and leave
 * the rest to a deferred task. Its sockets are ours (CLOEXEC, no SIGPIPE), watched by uv.
 */
#include "io/resolve.h"
#include "base/assert.h"
#include "base/list.h"
#include "io/loop_uv.h"
#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <strings.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

struct tn_resolve {
    tn_loop *loop;
    tn_resolve_done *done;
    void *user;
    tn_task answer;
    bool asked; /* c-ares holds it */
    bool cancelled;
    uint16_t port;
    const char *why; /* NULL = addresses */
    size_t n;
    tn_addr addrs[TN_RESOLVE_MAX];
};

typedef struct tn_dns {
    tn_loop *loop;
    ares_channel channel; /* NULL while nobody asks */
    uint32_t wanted;      /* resolves that c-ares holds and nobody has cancelled */
    tn_timer timer;       /* c-ares' next timeout */
    tn_task settle;
    bool settling; /* settle waits in the loop */
    bool broken;   /* no memory to watch a socket: every query is to fail */
    tn_list watchers;
    char servers[128]; /* empty = the system's */
} tn_dns;

/* One socket of c-ares. */
typedef struct watcher {
    uv_poll_t poll;
    tn_list link; /* in dns->watchers until c-ares closes the socket */
    tn_dns *dns;
    const tern_env *env;
    ares_socket_t fd;
    bool closed;
} watcher;

/* ---- sockets for c-ares ---- */

static ares_socket_t open_socket(int family, int type, int protocol, void *user)
{
    (void)user;
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int close_socket(ares_socket_t fd, void *user)
{
    (void)user;
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *addr, ares_socklen_t n,
                          void *user)
{
    (void)user;
    return connect(fd, addr, n);
}

static ares_ssize_t receive_from(ares_socket_t fd, void *p, size_t n, int flags,
                                 struct sockaddr *from, ares_socklen_t *from_n, void *user)
{
    (void)user;
    return recvfrom(fd, p, n, flags, from, from_n);
}

static ares_ssize_t send_vector(ares_socket_t fd, const struct iovec *iov, int n, void *user)
{
    (void)user;
    const struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov,
                                .msg_iovlen = (size_t)n };
    return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {
    .asocket = open_socket,
    .aclose = close_socket,
    .aconnect = connect_socket,
    .arecvfrom = receive_from,
    .asendv = send_vector,
};

/* ---- driving c-ares ---- */

static void settle_later(tn_dns *dns)
{
    if (dns->settling)
        return;
    dns->settling = true;
    tn_loop_defer(dns->loop, &dns->settle);
}

/* To be called after whatever may have changed what c-ares waits for. */
static void set_timer(tn_dns *dns)
{
    struct timeval left;
    if (!ares_timeout(dns->channel, NULL, &left)) {
        tn_timer_stop(dns->loop, &dns->timer);
        return;
    }
    /* Never at once: c-ares rounds down, and must not be asked again and again for a last moment. */
    const uint64_t wait = (uint64_t)left.tv_sec * 1000000000u + (uint64_t)left.tv_usec * 1000u;
    if (!tn_timer_set(dns->loop, &dns->timer, tn_loop_now(dns->loop) + wait + 1000000u)) {
        dns->broken = true;
        settle_later(dns);
    }
}

static void on_timer(tn_timer *timer)
{
    tn_dns *const dns = TN_CONTAINER(timer, tn_dns, timer);
    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(dns);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    watcher *const w = poll->data;
    tn_dns *const dns = w->dns;
    const bool failed = status < 0; /* uv has stopped watching; c-ares finds the error */
    ares_process_fd(dns->channel, failed || (events & UV_READABLE) ? w->fd : ARES_SOCKET_BAD,
                    failed || (events & UV_WRITABLE) ? w->fd : ARES_SOCKET_BAD);
    if (failed && !w->closed)
        uv_poll_start(&w->poll, UV_READABLE, on_poll);
    set_timer(dns);
}

static void on_watcher_gone(uv_handle_t *handle)
{
    watcher *const w = handle->data;
    tn_free(w->env, w, sizeof(*w));
}

static watcher *find_watcher(tn_dns *dns, ares_socket_t fd)
{
    for (tn_list *at = dns->watchers.next; at != &dns->watchers; at = at->next) {
        watcher *const w = TN_CONTAINER(at, watcher, link);
        if (w->fd == fd)
            return w;
    }
    return NULL;
}

static watcher *add_watcher(tn_dns *dns, ares_socket_t fd)
{
    const tern_env *const env = dns->loop->env;
    watcher *const w = tn_zalloc(env, sizeof(*w));
    if (!w)
        return NULL;
    if (uv_poll_init(&dns->loop->uv, &w->poll, fd) != 0) {
        tn_free(env, w, sizeof(*w));
        return NULL;
    }
    w->poll.data = w;
    w->dns = dns;
    w->env = env;
    w->fd = fd;
    tn_list_push(&dns->watchers, &w->link);
    return w;
}

/* What c-ares wants to know of one of its sockets; neither = it is about to close it. */
static void on_socket_state(void *user, ares_socket_t fd, int readable, int writable)
{
    tn_dns *const dns = user;
    watcher *w = find_watcher(dns, fd);
    if (!readable && !writable) {
        if (!w)
            return;
        w->closed = true;
        tn_list_remove(&w->link);
        uv_close((uv_handle_t *)&w->poll, on_watcher_gone);
        return;
    }
    if (!w)
        w = add_watcher(dns, fd);
    if (!w) {
        dns->broken = true;
        settle_later(dns);
        return;
    }
    uv_poll_start(&w->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_poll);
}

/* ---- the channel's life ---- */

static void run_settle(tn_task *task)
{
    tn_dns *const dns = TN_CONTAINER(task, tn_dns, settle);
    dns->settling = false;
    if (dns->channel && dns->broken) {
        dns->broken = false;
        ares_cancel(dns->channel);
    }
    if (!dns->channel || dns->wanted > 0)
        return;
    tn_timer_stop(dns->loop, &dns->timer);
    ares_destroy(dns->channel);
    dns->channel = NULL;
}

static tn_dns *dns_of(tn_loop *loop)
{
    if (!loop->dns) {
        tn_dns *const dns = tn_zalloc(loop->env, sizeof(*dns));
        if (!dns)
            return NULL;
        dns->loop = loop;
        dns->timer.fire = on_timer;
        dns->settle.run = run_settle;
        tn_list_init(&dns->watchers);
        loop->dns = dns;
    }
    return loop->dns;
}

/* An ares status. */
static int make_channel(tn_dns *dns)
{
    if (dns->channel)
        return ARES_SUCCESS;
    struct ares_options options = { .sock_state_cb = on_socket_state, .sock_state_cb_data = dns };
    int status = ares_init_options(&dns->channel, &options, ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) {
        dns->channel = NULL;
        return status;
    }
    ares_set_socket_functions(dns->channel, &socket_functions, NULL);
    if (dns->servers[0])
        status = ares_set_servers_ports_csv(dns->channel, dns->servers);
    if (status != ARES_SUCCESS) {
        ares_destroy(dns->channel);
        dns->channel = NULL;
    }
    return status;
}

bool tn_dns_use(tn_loop *loop, const char *servers)
{
    const size_t n = strlen(servers);
    tn_dns *const dns = dns_of(loop);
    if (!dns || n >= sizeof(dns->servers))
        return false;
    memcpy(dns->servers, servers, n + 1);
    return true;
}

void tn_dns_free(tn_loop *loop)
{
    tn_dns *const dns = loop->dns;
    if (!dns)
        return;
    tn_timer_stop(loop, &dns->timer);
    if (dns->channel)
        ares_destroy(dns->channel);
    loop->dns = NULL;
    tn_free(loop->env, dns, sizeof(*dns));
}

/* ---- one resolve ---- */

static const char *words_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND: return "the name does not exist";
    case ARES_ENODATA: return "the name has no address";
    case ARES_ESERVFAIL: return "the name server failed to look it up";
    case ARES_EREFUSED: return "the name server refused to look it up";
    case ARES_ECONNREFUSED: return "no name server can be reached, or none can answer";
    case ARES_ETIMEOUT: return "no name server answered";
    case ARES_ENOMEM:
    case ARES_ECANCELLED: return "no memory";
    default: return ares_strerror(status);
    }
}

static void free_resolve(tn_resolve *r)
{
    tn_free(r->loop->env, r, sizeof(*r));
}

static void run_answer(tn_task *task)
{
    tn_resolve *const r = TN_CONTAINER(task, tn_resolve, answer);
    if (!r->cancelled)
        r->done(r->user, r->addrs, r->why ? 0 : r->n, r->why);
    free_resolve(r);
}

static void add_addr(tn_resolve *r, const struct sockaddr *from, socklen_t len)
{
    tn_addr *const addr = &r->addrs[r->n];
    if (r->n == TN_RESOLVE_MAX || !tn_addr_of(addr, from, len))
        return;
    if (addr->u.any.sa_family == AF_INET)
        addr->u.v4.sin_port = htons(r->port);
    else
        addr->u.v6.sin6_port = htons(r->port);
    r->n++;
}

static void on_addrinfo(void *user, int status, int timeouts, struct ares_addrinfo *info)
{
    tn_resolve *const r = user;
    tn_dns *const dns = r->loop->dns;
    (void)timeouts;
    r->asked = false;
    if (r->cancelled) {
        ares_freeaddrinfo(info);
        free_resolve(r);
        return;
    }
    if (--dns->wanted == 0)
        settle_later(dns);
    if (status == ARES_SUCCESS) {
        for (const struct ares_addrinfo_node *at = info->nodes; at; at = at->ai_next)
            if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
                add_addr(r, at->ai_addr, at->ai_addrlen);
        if (r->n == 0)
            status = ARES_ENODATA;
    }
    r->why = status == ARES_SUCCESS ? NULL : words_of(status);
    ares_freeaddrinfo(info);
    tn_loop_defer(r->loop, &r->answer);
}

static bool is_localhost(const char *host)
{
    size_t n = strlen(host);
    if (n > 0 && host[n - 1] == '.')
        n--;
    static const char suffix[] = "localhost";
    const size_t m = sizeof(suffix) - 1;
    return n >= m && strncasecmp(host + n - m, suffix, m) == 0 &&
           (n == m || host[n - m - 1] == '.');
}

static void answer_localhost(tn_resolve *r)
{
    const struct sockaddr_in v4 = { .sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    add_addr(r, (const struct sockaddr *)&v6, sizeof(v6));
    add_addr(r, (const struct sockaddr *)&v4, sizeof(v4));
    tn_loop_defer(r->loop, &r->answer);
}

static void ask(tn_resolve *r, tn_dns *dns, const char *host)
{
    const int status = make_channel(dns);
    if (status != ARES_SUCCESS) {
        r->why = words_of(status);
        tn_loop_defer(r->loop, &r->answer);
        return;
    }
    const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    r->asked = true;
    dns->wanted++;
    ares_getaddrinfo(dns->channel, host, NULL, &hints, on_addrinfo, r);
    set_timer(dns);
}

tn_resolve *tn_resolve_new(tn_loop *loop, const char *host, uint16_t port, tn_resolve_done *done,
                           void *user)
{
    tn_resolve *const r = tn_zalloc(loop->env, sizeof(*r));
    if (!r)
        return NULL;
    r->loop = loop;
    r->done = done;
    r->user = user;
    r->port = port;
    r->answer.run = run_answer;
    if (is_localhost(host)) {
        answer_localhost(r);
        return r;
    }
    tn_dns *const dns = dns_of(loop);
    if (!dns) {
        free_resolve(r);
        return NULL;
    }
    ask(r, dns, host);
    return r;
}

void tn_resolve_cancel(tn_resolve *r)
{
    if (!r)
        return;
    r->cancelled = true;
    if (!r->asked)
        return; /* its answer waits in the loop, and frees it */
    tn_dns *const dns = r->loop->dns;
    if (--dns->wanted == 0)
        settle_later(dns);
}
