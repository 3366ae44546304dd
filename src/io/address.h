/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h: targets and addresses as text, and as socket addresses.
 *
 * Targets follow gRPC's naming document: dns:[//authority/]host[:port], ipv4:, ipv6:, unix:path,
 * unix:///absolute, unix-abstract:name, and a bare host[:port] or [v6]:port, which is dns. Text is
 * taken as it stands: nothing is percent-decoded, but %25 before the zone of an IPv6 address. Names
 * are resolved by the servers of the system: a dns authority other than the empty one is refused.
 *
 * Pure: no memory, no system call but if_nametoindex for a zone. Any thread.
 */
#ifndef TN_IO_ADDRESS_H
#define TN_IO_ADDRESS_H

#include "tern/error.h"
#include "tern/str.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct tn_addr {
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un un;
    } u;
} tn_addr;

enum { TN_ADDR_TEXT = 128 };

/* "127.0.0.1:50051", "[::1]:50051", "unix:/run/x", "unix-abstract:x"; NUL-terminated. What cannot be
 * printed is '?'. */
void tn_addr_format(const tn_addr *addr, char text[TN_ADDR_TEXT]);

/* Takes over what the system gave; false when it is of no family that we know. */
bool tn_addr_of(tn_addr *addr, const struct sockaddr *from, socklen_t len);

typedef enum tn_target_kind {
    TN_TARGET_ADDR, /* addr is it: a literal or a Unix socket */
    TN_TARGET_NAME  /* host is to be resolved, with port */
} tn_target_kind;

enum { TN_TARGET_MORE = 7 };

typedef struct tn_target {
    tn_target_kind kind;
    unsigned more_count; /* how many of `more` are to be tried when addr fails */
    tn_addr addr;
    tn_addr more[TN_TARGET_MORE]; /* the rest of ipv4:a,b,c */
    uint16_t port;
    char host[256];      /* NUL-terminated; empty but for a name */
    char authority[300]; /* what :authority says: host[:port] as written, "localhost" for Unix */
    char text[300];      /* the target as written, for messages; cut when longer */
} tn_target;

/* Default port 443 for names and literals without one, as gRPC has it. INVALID_ARGUMENT names the
 * target and what is wrong with it; *target is then not to be used. text is borrowed. */
tern_code tn_target_parse(tn_target *target, const char *text, tern_error *err);

/* An address to listen on: literal host:port, [v6]:port, host "localhost" (127.0.0.1), unix:...,
 * unix-abstract:. The port must be there; 0 lets the system choose. INVALID_ARGUMENT as above. */
tern_code tn_listen_parse(tn_addr *addr, const char *text, tern_error *err);

#endif
