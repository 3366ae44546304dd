/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket.h: a connected stream socket on a loop: bytes in by event, bytes out by pull.
 *
 * Reading uses a buffer that belongs to the loop; the bytes are borrowed for the event. Writing asks
 * the owner for slices at the end of the turn (tn_socket_flush marks it) and sends them with one
 * sendmsg(MSG_NOSIGNAL); what the system does not take is asked for again when it is writable.
 * At most 64 KiB are read from one socket before the others get their turn.
 *
 * Every function belongs to the loop's thread. Events come from within a turn, but pull and sent also
 * from tn_socket_flush_now. tn_socket_close may be called in any event.
 */
#ifndef TN_IO_SOCKET_H
#define TN_IO_SOCKET_H

#include "io/loop.h"
#include "tern/str.h"

typedef struct tn_socket tn_socket;

typedef struct tn_socket_events {
    void (*read)(void *user, const uint8_t *p, size_t n);
    /* All bytes of one turn have been given: the place to flush. May be NULL. */
    void (*read_done)(void *user);
    /* Fills up to max slices with what is to be sent; 0 = nothing. The bytes stay as they are until
     * sent tells how many went (0: the system takes nothing now), or the next pull. */
    size_t (*pull)(void *user, tern_bytes *slices, size_t max);
    void (*sent)(void *user, size_t n);
    /* The peer closed, or an error (sys_errno != 0). Comes once, never after tn_socket_close, and
     * never from within another function here; what had come in before it has been read. After an
     * orderly end (0) flush still works. The owner then calls tn_socket_close. A paused socket hears
     * of its end only when it reads again, or cannot write. */
    void (*ended)(void *user, int sys_errno);
    /* The last event, after tn_socket_close: the socket's memory is gone. */
    void (*closed)(void *user);
} tn_socket_events;

/* owned; fd moved (closed on failure too), stream, connected; it is made non-blocking. events borrowed
 * for the socket's life. NULL with err set: RESOURCE_EXHAUSTED without memory, INTERNAL when the
 * system will not watch the fd. Reading starts at once. */
tn_socket *tn_socket_new(tn_loop *loop, int fd, const tn_socket_events *events, void *user,
                         tern_error *err);
/* Something may be to send: pulls at the end of this turn. Cheap when asked often. */
void tn_socket_flush(tn_socket *s);
/* Pulls and sends now, for a turn that is about to block. An error is told at the end of the turn. */
void tn_socket_flush_now(tn_socket *s);
/* Did the system take less than was to send, the last time? What is left goes when it takes more. */
bool tn_socket_is_full(const tn_socket *s);
/* Reading off and on: back-pressure. */
void tn_socket_pause(tn_socket *s, bool paused);
/* After an orderly end: shuts down writing, discards input up to 1 s or to its end, then closes: what
 * was sent reaches the peer though it had sent more than we read. Bytes that were not pulled are not
 * sent: flush first. Without: closes at once. `closed` follows in a later turn. Once only. */
void tn_socket_close(tn_socket *s, bool orderly);

#endif
