/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h: targets and addresses as text, and as socket addresses.
 *
 * Targets follow gRPC's naming document: dns:[//authority/]host[:port], ipv4:, ipv6:, unix:path,
 * unix:///absolute, unix-abstract:name, and a bare host[:port] or [v6]:port, which is dns.
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

/* "127.0.0.1:50051", "[::1]:50051", "unix:/run/x", "unix-abstract:x"; NUL-terminated. */
void tn_addr_format(const tn_addr *addr, char text[TN_ADDR_TEXT]);

typedef enum tn_target_kind {
    TN_TARGET_ADDR, /* addr is it: a literal or a Unix socket */
    TN_TARGET_NAME  /* host is to be resolved, with port */
} tn_target_kind;

typedef struct tn_target {
    tn_target_kind kind;
    tn_addr addr;
    char host[256];      /* NUL-terminated */
    uint16_t port;
    char authority[300]; /* what :authority says: host[:port] as written, "localhost" for Unix */
} tn_target;

/* Default port 443 for names and literals without one, as gRPC has it. INVALID_ARGUMENT names the
 * target and what is wrong with it. */
tern_code tn_target_parse(tn_target *target, const char *text, tern_error *err);

/* An address to listen on: literal host:port, [v6]:port, host "localhost", unix:..., unix-abstract:.
 * Port 0 lets the system choose. */
tern_code tn_listen_parse(tn_addr *addr, const char *text, tern_error *err);

#endif
