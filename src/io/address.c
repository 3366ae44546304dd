/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.c: reads and writes targets and addresses.
 *
 * The readers below return NULL, or the reason why the text is no such thing, ready to be put behind
 * the text itself in a message.
 */
#include "io/address.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>

enum {
    DEFAULT_PORT = 443,
    NAME_MAX_BYTES = 253,
    LABEL_MAX = 63,
    LITERAL_MAX = INET6_ADDRSTRLEN + 3 + IF_NAMESIZE, /* address, %25, zone */
    UNIX_PATH_ROOM = sizeof(((struct sockaddr_un *)0)->sun_path)
};

static const char no_host[] = "there is no host";
static const char bad_port[] = "the port must be a number from 0 to 65535";
static const char port_zero[] = "port 0 cannot be called";
static const char bad_literal4[] = "this is not an IPv4 address";
static const char bad_literal6[] = "this is not an IPv6 address";

/* ---- text of an address ---- */

static void put_printable(char *out, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = p[i] >= ' ' && p[i] <= '~' ? p[i] : '?';
    out[n] = '\0';
}

static void format_unix(const tn_addr *addr, char text[TN_ADDR_TEXT])
{
    const size_t before = offsetof(struct sockaddr_un, sun_path);
    const char *const path = addr->u.un.sun_path;
    size_t n = addr->len > before ? addr->len - before : 0;
    char shown[UNIX_PATH_ROOM + 1];
    if (n > 0 && path[0] == '\0') {
        put_printable(shown, path + 1, n - 1);
        snprintf(text, TN_ADDR_TEXT, "unix-abstract:%s", shown);
    } else {
        /* An unnamed end, as of a socket pair, has no path at all. */
        put_printable(shown, path, strnlen(path, n));
        snprintf(text, TN_ADDR_TEXT, "unix:%s", shown);
    }
}

void tn_addr_format(const tn_addr *addr, char text[TN_ADDR_TEXT])
{
    char literal[INET6_ADDRSTRLEN] = "?";
    if (addr->u.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &addr->u.v4.sin_addr, literal, sizeof(literal));
        snprintf(text, TN_ADDR_TEXT, "%s:%u", literal, ntohs(addr->u.v4.sin_port));
    } else if (addr->u.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &addr->u.v6.sin6_addr, literal, sizeof(literal));
        char zone[16] = "";
        if (addr->u.v6.sin6_scope_id)
            snprintf(zone, sizeof(zone), "%%%u", (unsigned)addr->u.v6.sin6_scope_id);
        snprintf(text, TN_ADDR_TEXT, "[%s%s]:%u", literal, zone, ntohs(addr->u.v6.sin6_port));
    } else if (addr->u.any.sa_family == AF_UNIX) {
        format_unix(addr, text);
    } else {
        snprintf(text, TN_ADDR_TEXT, "address of family %d", addr->u.any.sa_family);
    }
}

bool tn_addr_of(tn_addr *addr, const struct sockaddr *from, socklen_t len)
{
    const bool known = from->sa_family == AF_INET    ? len >= sizeof(addr->u.v4)
                       : from->sa_family == AF_INET6 ? len >= sizeof(addr->u.v6)
                                                     : from->sa_family == AF_UNIX;
    if (!known || len > sizeof(addr->u))
        return false;
    *addr = (tn_addr){ .len = len };
    memcpy(&addr->u, from, len);
    return true;
}

/* ---- parts ---- */

static bool take_prefix(tern_str *s, const char *prefix)
{
    const size_t n = strlen(prefix);
    if (s->n < n || memcmp(s->p, prefix, n) != 0)
        return false;
    s->p += n;
    s->n -= n;
    return true;
}

static bool copy_text(char *to, size_t room, tern_str s)
{
    if (s.n >= room)
        return false;
    memcpy(to, s.p, s.n);
    to[s.n] = '\0';
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *read_port(tern_str s, uint16_t *port)
{
    uint32_t v = 0;
    if (s.n == 0 || s.n > 5)
        return bad_port;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return bad_port;
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    }
    if (v > UINT16_MAX)
        return bad_port;
    *port = (uint16_t)v;
    return NULL;
}

typedef struct host_port {
    tern_str host; /* without brackets */
    tern_str port; /* absent when there is none */
} host_port;

/* host, host:port, [v6], [v6]:port; an unbracketed text with several colons is an IPv6 address. */
static const char *split(tern_str s, host_port *out)
{
    *out = (host_port){ .host = s };
    if (s.n > 0 && s.p[0] == '[') {
        const char *const end = memchr(s.p, ']', s.n);
        if (!end)
            return "the ] of the IPv6 address is missing";
        out->host = (tern_str){ s.p + 1, (size_t)(end - s.p) - 1 };
        const tern_str rest = { end + 1, s.n - out->host.n - 2 };
        if (rest.n > 0 && rest.p[0] != ':')
            return "only :port may follow the ] of an IPv6 address";
        if (!memchr(out->host.p, ':', out->host.n))
            return bad_literal6;
        if (rest.n > 0)
            out->port = (tern_str){ rest.p + 1, rest.n - 1 };
        return NULL;
    }
    const char *const colon = s.n ? memchr(s.p, ':', s.n) : NULL;
    if (colon) {
        const tern_str after = { colon + 1, s.n - (size_t)(colon - s.p) - 1 };
        if (!memchr(after.p, ':', after.n)) {
            out->host.n = (size_t)(colon - s.p);
            out->port = after;
        }
    }
    return out->host.n ? NULL : no_host;
}

static bool read_literal4(tern_str host, uint16_t port, tn_addr *addr)
{
    char text[INET_ADDRSTRLEN];
    *addr = (tn_addr){ .len = sizeof(addr->u.v4) };
    addr->u.v4.sin_family = AF_INET;
    addr->u.v4.sin_port = htons(port);
    return copy_text(text, sizeof(text), host) &&
           inet_pton(AF_INET, text, &addr->u.v4.sin_addr) == 1;
}

static bool read_zone(const char *zone, uint32_t *id)
{
    uint16_t number;
    if (!read_port(tern_str_of(zone), &number)) {
        *id = number;
        return number != 0;
    }
    *id = if_nametoindex(zone);
    return *id != 0;
}

static bool read_literal6(tern_str host, uint16_t port, tn_addr *addr)
{
    char text[LITERAL_MAX];
    *addr = (tn_addr){ .len = sizeof(addr->u.v6) };
    addr->u.v6.sin6_family = AF_INET6;
    addr->u.v6.sin6_port = htons(port);
    if (!copy_text(text, sizeof(text), host))
        return false;
    char *const percent = strchr(text, '%');
    if (percent) {
        *percent = '\0';
        const char *const zone =
            strncmp(percent + 1, "25", 2) == 0 && percent[3] ? percent + 3 : percent + 1;
        if (!read_zone(zone, &addr->u.v6.sin6_scope_id))
            return false;
    }
    return inet_pton(AF_INET6, text, &addr->u.v6.sin6_addr) == 1;
}

static const char *read_unix(tern_str path, bool abstract, tn_addr *addr)
{
    if (path.n == 0)
        return abstract ? "the name is empty" : "the path is empty";
    if (path.n > UNIX_PATH_ROOM - 1)
        return abstract ? "the name is longer than a Unix socket's may be (107 bytes)"
                        : "the path is longer than a Unix socket's may be (107 bytes)";
    *addr = (tn_addr){ .u.un.sun_family = AF_UNIX };
    memcpy(addr->u.un.sun_path + (abstract ? 1 : 0), path.p, path.n);
    /* An abstract name is all bytes up to len; a path has its NUL within len. Both come to one more. */
    addr->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + 1);
    return NULL;
}

/* unix:path, unix:///path, unix-abstract:name. False when it is none of these. */
static bool is_unix(tern_str s, tn_addr *addr, const char **why)
{
    if (take_prefix(&s, "unix-abstract:")) {
        *why = read_unix(s, true, addr);
        return true;
    }
    if (!take_prefix(&s, "unix:"))
        return false;
    if (take_prefix(&s, "//") && (s.n == 0 || s.p[0] != '/'))
        *why = "unix:// has no host: write unix:///path, or unix:path";
    else
        *why = read_unix(s, false, addr);
    return true;
}

/* ---- names ---- */

static bool is_name_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* A name that DNS can be asked for. */
static const char *check_name(tern_str host)
{
    size_t label = 0;
    bool digits = true;
    if (host.n > 1 && host.p[host.n - 1] == '.')
        host.n--; /* the root, spelled out */
    if (host.n > NAME_MAX_BYTES)
        return "the host is longer than 253 bytes";
    for (size_t i = 0; i < host.n; i++) {
        const char c = host.p[i];
        if (c == '.') {
            if (label == 0)
                return "a part of the host is empty";
            label = 0;
            digits = true;
            continue;
        }
        if ((unsigned char)c >= 0x80)
            return "the host is not ASCII: write it in its xn-- form";
        if (!is_name_char(c))
            return "the host holds a character that no host name has";
        if (++label > LABEL_MAX)
            return "a part of the host is longer than 63 bytes";
        digits = digits && is_digit(c);
    }
    if (label == 0)
        return "a part of the host is empty";
    /* No top-level domain is a number: this is a misspelt address. */
    return digits ? bad_literal4 : NULL;
}

/* ---- targets ---- */

/* Port as written, or the default. */
static const char *target_port(const host_port *hp, uint16_t *port)
{
    *port = DEFAULT_PORT;
    if (!hp->port.p)
        return NULL;
    const char *const why = read_port(hp->port, port);
    return why ? why : *port == 0 ? port_zero : NULL;
}

/* host[:port] as written, but for a zone, which means nothing to the peer, and with the brackets that
 * an IPv6 address must have. */
static void put_authority(tn_target *target, const host_port *hp)
{
    tern_str host = hp->host;
    const bool v6 = memchr(host.p, ':', host.n) != NULL;
    const char *const zone = memchr(host.p, '%', host.n);
    if (zone)
        host.n = (size_t)(zone - host.p);
    snprintf(target->authority, sizeof(target->authority), "%s%.*s%s%s%.*s", v6 ? "[" : "",
             TERN_FMT(host), v6 ? "]" : "", hp->port.p ? ":" : "", TERN_FMT(hp->port));
}

/* ipv4: and ipv6: take several addresses, with commas. */
static const char *read_list(tn_target *target, tern_str s, int family)
{
    for (size_t i = 0;; i++) {
        const char *const comma = s.n ? memchr(s.p, ',', s.n) : NULL;
        const tern_str one = { s.p, comma ? (size_t)(comma - s.p) : s.n };
        if (i > TN_TARGET_MORE)
            return "there are more than 8 addresses";
        tn_addr *const addr = i == 0 ? &target->addr : &target->more[i - 1];

        host_port hp;
        uint16_t port;
        const char *why = split(one, &hp);
        if (!why)
            why = target_port(&hp, &port);
        if (why)
            return why;
        if (family == AF_INET && !read_literal4(hp.host, port, addr))
            return bad_literal4;
        if (family == AF_INET6 && !read_literal6(hp.host, port, addr))
            return bad_literal6;
        if (i == 0)
            put_authority(target, &hp);
        else
            target->more_count++;
        if (!comma)
            return NULL;
        s = (tern_str){ comma + 1, s.n - one.n - 1 };
    }
}

static const char *read_dns(tn_target *target, tern_str s)
{
    host_port hp;
    const char *why = split(s, &hp);
    if (!why)
        why = target_port(&hp, &target->port);
    if (why)
        return why;
    if (memchr(hp.host.p, ':', hp.host.n)) {
        if (!read_literal6(hp.host, target->port, &target->addr))
            return bad_literal6;
    } else if (!read_literal4(hp.host, target->port, &target->addr)) {
        why = check_name(hp.host);
        if (why)
            return why;
        target->kind = TN_TARGET_NAME;
        copy_text(target->host, sizeof(target->host), hp.host);
    }
    put_authority(target, &hp);
    return NULL;
}

static const char *read_target(tn_target *target, tern_str s)
{
    const char *why = NULL;
    if (s.n == 0)
        return "it is empty";
    if (is_unix(s, &target->addr, &why)) {
        snprintf(target->authority, sizeof(target->authority), "localhost");
        return why;
    }
    if (take_prefix(&s, "ipv4:"))
        return read_list(target, s, AF_INET);
    if (take_prefix(&s, "ipv6:"))
        return read_list(target, s, AF_INET6);
    if (take_prefix(&s, "dns:")) {
        if (take_prefix(&s, "//") && !take_prefix(&s, "/"))
            return "dns://server/ cannot choose a name server: write dns:///host:port";
        return read_dns(target, s);
    }
    if (strstr(s.p, "://"))
        return "the scheme is none of dns, ipv4, ipv6, unix, unix-abstract";
    return read_dns(target, s);
}

tern_code tn_target_parse(tn_target *target, const char *text, tern_error *err)
{
    tern_error_clear(err);
    *target = (tn_target){ .kind = TN_TARGET_ADDR };
    if (!text)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL, "target is NULL");
    snprintf(target->text, sizeof(target->text), "%s", text);
    const char *const why = read_target(target, tern_str_of(text));
    if (!why)
        return TERN_OK;
    return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL, "target \"%s\": %s",
                          target->text, why);
}

/* ---- addresses to listen on ---- */

static const char *read_listen(tn_addr *addr, tern_str s)
{
    const char *why = NULL;
    if (s.n == 0)
        return "it is empty";
    if (is_unix(s, addr, &why))
        return why;
    if (strstr(s.p, "://"))
        return "write host:port, unix:path or unix-abstract:name";
    if (!take_prefix(&s, "ipv4:"))
        take_prefix(&s, "ipv6:");

    host_port hp;
    uint16_t port = 0;
    why = split(s, &hp);
    if (why == no_host)
        return "there is no host: for every address write [::]:port";
    if (!why && !hp.port.p)
        return "there is no port: write host:port, with port 0 for one that the system chooses";
    if (!why)
        why = read_port(hp.port, &port);
    if (why)
        return why;
    if (tern_str_equal(hp.host, TERN_STR("localhost")))
        hp.host = TERN_STR("127.0.0.1");
    if (read_literal4(hp.host, port, addr) || read_literal6(hp.host, port, addr))
        return NULL;
    return memchr(hp.host.p, ':', hp.host.n)
               ? bad_literal6
               : "the host must be an address of this machine or localhost: names are not resolved";
}

tern_code tn_listen_parse(tn_addr *addr, const char *text, tern_error *err)
{
    tern_error_clear(err);
    *addr = (tn_addr){ 0 };
    if (!text)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "listen address is NULL");
    const char *const why = read_listen(addr, tern_str_of(text));
    if (!why)
        return TERN_OK;
    return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                          "listen address \"%.300s\": %s", text, why);
}
