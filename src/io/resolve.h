/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.h: a host name becomes addresses, by c-ares on the loop: /etc/hosts first, then DNS.
 *
 * localhost and names below it are 127.0.0.1 and ::1 without asking anybody (RFC 6761 section 6.3).
 * c-ares' own memory comes from malloc. Every function belongs to the loop's thread.
 */
#ifndef TN_IO_RESOLVE_H
#define TN_IO_RESOLVE_H

#include "io/address.h"
#include "io/loop.h"

enum { TN_RESOLVE_MAX = 16 }; /* addresses of one name; more are cut off */

typedef struct tn_resolve tn_resolve;

/* Called exactly once unless cancelled, in a turn, never from tn_resolve_new. n > 0 addresses in the
 * order in which they should be tried, with the port in them (borrowed); or n == 0 and why: static
 * words for the cause. The resolve is gone when this is called. */
typedef void tn_resolve_done(void *user, const tn_addr *addrs, size_t n, const char *why);

/* owned until done; host borrowed for the call. NULL when there is no memory. It gives up by itself
 * only after the time that the system's resolver takes, which is long: bound it by a timer. */
tn_resolve *tn_resolve_new(tn_loop *loop, const char *host, uint16_t port, tn_resolve_done *done,
                           void *user);
/* done is not called afterwards. NULL is fine. */
void tn_resolve_cancel(tn_resolve *r);

/* Asks these name servers, "address:port[,...]", instead of the system's, from the next resolve that
 * finds none under way. /etc/hosts stays first. False when there is no memory or the text is too long
 * (127 bytes). servers is copied. */
bool tn_dns_use(tn_loop *loop, const char *servers);

/* tn_loop_free's: ends what c-ares still does for cancelled resolves. */
void tn_dns_free(tn_loop *loop);

#endif
