/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw.h: a peer that does what no channel and no server of ours would: the gRPC layer, either role, on
 * a blocking socket, told call by call what to send.
 */
#ifndef TN_TEST_RPC_RAW_H
#define TN_TEST_RPC_RAW_H

#include "base/buf.h"
#include "grpc/grpc.h"
#include "io/address.h"
#include "support/test.h"
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

typedef struct raw raw;

typedef struct raw_call {
    tn_grpc_call grpc; /* first */
    raw *raw;
    struct raw_call *next;
    tern_arena *arena;
    int messages;
    size_t bytes;
    bool half_closed, cancelled, status, closed;
    tern_code cancel_code;
} raw_call;

struct raw {
    int fd;
    tn_grpc_config config;
    tn_grpc_conn *conn;
    raw_call *calls; /* the newest first; all that ever were */
    bool eof;
    bool keep;  /* messages are not consumed */
    int refuse; /* so many calls get REFUSED_STREAM */
    /* a server's answer to a half-closed call; may be NULL */
    void (*answer)(raw_call *call);
};

static inline raw_call *raw_call_new(raw *r)
{
    raw_call *c = tn_zalloc(tn_env_of(NULL), sizeof *c);
    c->raw = r;
    c->arena = c->grpc.arena = tern_arena_new(NULL);
    c->next = r->calls;
    r->calls = c;
    return c;
}

static inline tn_grpc_call *raw_on_open(void *user)
{
    raw *r = user;
    if (r->refuse == 0)
        return &raw_call_new(r)->grpc;
    r->refuse--;
    return NULL;
}

static inline void raw_on_request(void *user, tn_grpc_call *call)
{
    (void)user;
    (void)call;
}

static inline void raw_on_message(void *user, tn_grpc_call *call, tn_chunk *chunk)
{
    raw_call *c = (raw_call *)call;
    c->messages++;
    c->bytes += chunk->n;
    if (!((raw *)user)->keep)
        tn_grpc_consume(call, chunk->n);
    tn_chunk_unref(chunk);
}

static inline void raw_on_half_closed(void *user, tn_grpc_call *call)
{
    raw_call *c = (raw_call *)call;
    c->half_closed = true;
    if (((raw *)user)->answer)
        ((raw *)user)->answer(c);
}

static inline void raw_on_status(void *user, tn_grpc_call *call)
{
    (void)user;
    ((raw_call *)call)->status = true;
}

static inline void raw_on_cancelled(void *user, tn_grpc_call *call, tern_code code)
{
    (void)user;
    ((raw_call *)call)->cancelled = true;
    ((raw_call *)call)->cancel_code = code;
}

static inline void raw_on_closed(void *user, tn_grpc_call *call)
{
    raw *r = user;
    ((raw_call *)call)->closed = true;
    if (r->config.h2.server)
        tn_grpc_slot_free(r->conn);
}

static const tn_grpc_events raw_events = {
    .open = raw_on_open,
    .request = raw_on_request,
    .message = raw_on_message,
    .half_closed = raw_on_half_closed,
    .status = raw_on_status,
    .cancelled = raw_on_cancelled,
    .closed = raw_on_closed,
};

/* Takes fd over. */
static inline void raw_init(raw *r, int fd, bool server)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* refused by other sockets */
    *r = (raw){ .fd = fd, .config = { .h2.server = server, .authority = "raw" } };
    r->conn = tn_grpc_new(NULL, &r->config, &raw_events, r, tn_now(tn_env_of(NULL)));
}

/* Sends what is to be sent; false when the peer has gone. */
static inline bool raw_flush(raw *r)
{
    for (;;) {
        tern_bytes slice;
        if (tn_grpc_pull(r->conn, &slice, 1) == 0)
            return true;
        const ssize_t n = send(r->fd, slice.p, slice.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        tn_grpc_sent(r->conn, (size_t)n);
    }
}

/* Sends, then waits for bytes at most `ms` and takes them. */
static inline void raw_turn(raw *r, int ms)
{
    static _Thread_local uint8_t buffer[65536];
    const uint64_t before = tn_now(tn_env_of(NULL));
    tn_grpc_tick(r->conn, before);
    raw_flush(r);
    struct pollfd p = { .fd = r->fd, .events = POLLIN };
    if (r->eof || poll(&p, 1, ms) <= 0)
        return;
    const ssize_t n = recv(r->fd, buffer, sizeof buffer, 0);
    if (n > 0)
        tn_grpc_feed(r->conn, buffer, (size_t)n, tn_now(tn_env_of(NULL)));
    else
        r->eof = true;
    raw_flush(r);
}

#define RAW_UNTIL(r, condition)                                                                    \
    do {                                                                                           \
        for (int raw_turns_ = 0; !(condition); raw_turns_++) {                                     \
            assert_true(raw_turns_ < 2000);                                                        \
            raw_turn((r), 10);                                                                     \
        }                                                                                          \
    } while (0)

static inline void raw_close(raw *r)
{
    tn_grpc_lost(r->conn, NULL);
    tn_grpc_free(r->conn);
    close(r->fd);
    while (r->calls) {
        raw_call *c = r->calls;
        r->calls = c->next;
        tern_arena_free(c->arena);
        tn_free(tn_env_of(NULL), c, sizeof *c);
    }
}

/* ---- sockets ---- */

/* A connection to "127.0.0.1:port" or "unix:path". */
static inline int raw_dial(const char *address)
{
    tn_addr addr;
    tern_error err;
    tern_error_clear(&err);
    assert_int_equal(tn_listen_parse(&addr, address, &err), TERN_OK);
    const int fd = socket(addr.u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, &addr.u.any, addr.len), 0);
    return fd;
}

/* Listens on a free port; its text goes to address. */
static inline int raw_listen(char address[TN_ADDR_TEXT])
{
    tn_addr addr;
    tern_error err;
    tern_error_clear(&err);
    assert_int_equal(tn_listen_parse(&addr, "127.0.0.1:0", &err), TERN_OK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, &addr.u.any, addr.len), 0);
    assert_int_equal(listen(fd, 16), 0);
    addr.len = sizeof addr.u;
    assert_int_equal(getsockname(fd, &addr.u.any, &addr.len), 0);
    tn_addr_format(&addr, address);
    return fd;
}

/* ---- a client's calls ---- */

static inline tn_chunk *raw_chunk(const void *p, size_t n)
{
    tn_chunk *chunk = tn_chunk_new(tn_env_of(NULL), TN_GRPC_HEADROOM, n);
    if (n)
        memcpy(tn_chunk_bytes(chunk), p, n);
    chunk->n = n;
    return chunk;
}

/* Begins a call when the server is ready; the messages and the end are the test's. */
static inline raw_call *raw_begin(raw *r, const char *path)
{
    RAW_UNTIL(r, tn_grpc_can_start(r->conn));
    raw_call *c = raw_call_new(r);
    const tn_grpc_request request = { .path = tern_str_of(path), .deadline = UINT64_MAX };
    assert_int_equal(tn_grpc_start(r->conn, &c->grpc, &request), TERN_OK);
    return c;
}

/* A whole call with one message of these bytes. Its outcome is in call->grpc. */
static inline raw_call *raw_ask(raw *r, const char *path, const void *p, size_t n)
{
    raw_call *c = raw_begin(r, path);
    assert_int_equal(tn_grpc_send_message(&c->grpc, raw_chunk(p, n), true), TERN_OK);
    RAW_UNTIL(r, c->status);
    return c;
}

#endif
