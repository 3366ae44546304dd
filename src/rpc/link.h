/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h: a gRPC connection on a socket: what server and client share.
 *
 * Carries bytes and time between tn_socket and tn_grpc_conn, flushes once a turn, closes the socket
 * when the connection has ended and all is sent. A connection that opens many streams at once opens 32
 * of them in a turn; the bytes that follow wait here, at most what one read brings and another, while
 * others have their turn. It knows nothing of calls. It is embedded, in what the
 * owner keeps for a connection, and belongs to the loop's thread.
 */
#ifndef TN_RPC_LINK_H
#define TN_RPC_LINK_H

#include "grpc/grpc.h"
#include "io/address.h"
#include "io/socket.h"

typedef struct tn_link {
    tn_loop *loop;
    tn_socket *socket;
    tn_grpc_conn *grpc;
    tn_timer timer;
    uint64_t timer_at; /* what the timer is armed for; UINT64_MAX = nothing */
    void (*closed)(struct tn_link *link);
    bool feeding; /* inside an event: what follows it settles */
    bool paused;  /* the peer leaves our answers unread, or is ahead of us: it is not read either */
    bool hasty;   /* its end does not wait for the peer's */
    bool closing;
    tn_chunk_queue rest; /* read, and kept for the next turn: too many new streams in one */
    tn_task turn;        /* feeds it */
    uint32_t turns;      /* since rest began */
    bool turning;        /* turn is posted */
    bool gone;           /* the socket is; waits for turn */
    bool failed;         /* it ended by an HTTP/2 error of its own; cause says which */
    char peer[TN_ADDR_TEXT];
    const char *cause; /* why it ended; empty when in good order, and before; the link's */
    char *cause_text;  /* what it points to when that is no constant; owned */
} tn_link;

/*
 * Opens the link on fd (moved, also on failure). config, events and user as tn_grpc_new has them.
 * closed: the last event: every call has had its own `closed`, socket and gRPC connection are freed.
 * RESOURCE_EXHAUSTED without memory.
 */
tern_code tn_link_open(tn_link *link, tn_loop *loop, int fd, const tn_addr *peer,
                       const tn_grpc_config *config, const tn_grpc_events *events, void *user,
                       void (*closed)(tn_link *link), tern_error *err);

/* Something was sent, or a deadline set: flush at the end of the turn. */
void tn_link_flush(tn_link *link);

/* The same now, for a turn that is about to block. */
void tn_link_flush_now(tn_link *link);

/* No new calls; ends when the running ones have. */
void tn_link_drain(tn_link *link);

/* Says GOAWAY, if it can be sent at once, and closes. As tn_link_close else. */
void tn_link_leave(tn_link *link, const char *cause);

/* Closes at once: running calls are lost, with cause (borrowed) in their texts. `closed` follows in a
 * later turn. Not from within an event of the gRPC connection. */
void tn_link_close(tn_link *link, const char *cause);

#endif
