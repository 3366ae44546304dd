/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h: sockets that accept connections.
 *
 * tn_listen_open binds and is not bound to a loop; tn_listener_new watches such an fd from one loop.
 * Several loops may watch the same fd (each has its own dup): each is woken for a connection, one
 * gets it, the others find nothing.
 */
#ifndef TN_IO_LISTEN_H
#define TN_IO_LISTEN_H

#include "io/address.h"
#include "io/loop.h"

/* Binds and listens; returns the fd (CLOEXEC, non-blocking) or -1 with err, which names address and
 * cause ("port taken" says so). [::] takes IPv4 too, and becomes 0.0.0.0 where IPv6 is off. A stale
 * Unix socket file that nobody listens on is replaced. *bound is the address with its real port.
 * Codes: PERMISSION_DENIED, RESOURCE_EXHAUSTED (descriptors, memory), INVALID_ARGUMENT (not an
 * address of this machine), else UNAVAILABLE. Any thread. */
int tn_listen_open(const tn_addr *addr, tn_addr *bound, tern_error *err);
/* Closes the fd, and removes the file of a Unix socket. Any thread. */
void tn_listen_close(int fd, const tn_addr *bound);

typedef struct tn_listener tn_listener;

typedef struct tn_listener_events {
    /* A connection; fd moved (CLOEXEC, non-blocking, TCP_NODELAY set). peer borrowed. */
    void (*accepted)(void *user, int fd, const tn_addr *peer);
    /* The last event, after tn_listener_close, in a later turn: its memory is gone. */
    void (*closed)(void *user);
} tn_listener_events;

/* owned; fd is borrowed. events borrowed for the listener's life. When descriptors run out it backs
 * off from 10 ms to 1 s, logs once in 10 s, and the other connections go on. NULL with err set. */
tn_listener *tn_listener_new(tn_loop *loop, int fd, const tn_listener_events *events, void *user,
                             tern_error *err);
/* No connection is accepted from here on. Once only. */
void tn_listener_close(tn_listener *l);

#endif
