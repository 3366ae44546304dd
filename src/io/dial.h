/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.h: from a target to a connected socket: resolve (c-ares; literals and Unix sockets never touch
 * it), then try the addresses in order. Every function belongs to the loop's thread.
 */
#ifndef TN_IO_DIAL_H
#define TN_IO_DIAL_H

#include "io/address.h"
#include "io/loop.h"

typedef struct tn_dial tn_dial;

/* Called exactly once unless cancelled, in a turn, never from tn_dial_new. fd >= 0 is moved (CLOEXEC,
 * non-blocking, TCP_NODELAY), peer (borrowed) is the address and err is error-free; on failure fd is
 * -1, peer NULL and err (borrowed) is UNAVAILABLE with target, address, phase (resolve or connect) and
 * cause. The dial is gone when this is called. */
typedef void tn_dial_done(void *user, int fd, const tn_addr *peer, const tern_error *err);

/* owned until done; target borrowed for the call. deadline: ns of the env's clock, over all addresses;
 * UINT64_MAX = the system's patience with names, 20 s for an address. An address gets its share of
 * what is left to the deadline. NULL when there is no memory; done is then not called. */
tn_dial *tn_dial_new(tn_loop *loop, const tn_target *target, uint64_t deadline, tn_dial_done *done,
                     void *user);
/* done is not called afterwards. NULL is fine. */
void tn_dial_cancel(tn_dial *d);

#endif
