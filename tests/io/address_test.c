/* SPDX-License-Identifier: Apache-2.0 */
/* address_test.c: tables of targets and listen addresses, good and bad. */
#include "io/address.h"
#include "support/guard.h"
#include "support/test.h"
#include <net/if.h>
#include <stdio.h>

#define A10     "aaaaaaaaaa"
#define A50     A10 A10 A10 A10 A10
#define LABEL63 A50 A10 "aaa"
#define P107    "/" A50 A50 "aaaaaa" /* the longest path of a Unix socket */

typedef struct target_row {
    const char *text;
    const char *addr; /* as formatted; NULL = a name */
    const char *host;
    unsigned port; /* of a name */
    const char *authority;
} target_row;

static const target_row targets[] = {
    { "127.0.0.1:50051", "127.0.0.1:50051", "", 0, "127.0.0.1:50051" },
    { "127.0.0.1", "127.0.0.1:443", "", 0, "127.0.0.1" },
    { "0.0.0.0:1", "0.0.0.0:1", "", 0, "0.0.0.0:1" },
    { "10.1.2.3:65535", "10.1.2.3:65535", "", 0, "10.1.2.3:65535" },
    { "[::1]:50051", "[::1]:50051", "", 0, "[::1]:50051" },
    { "[::1]", "[::1]:443", "", 0, "[::1]" },
    { "::1", "[::1]:443", "", 0, "[::1]" },
    { "2001:db8::7", "[2001:db8::7]:443", "", 0, "[2001:db8::7]" },
    { "[::ffff:1.2.3.4]:9", "[::ffff:1.2.3.4]:9", "", 0, "[::ffff:1.2.3.4]:9" },
    { "[fe80::1%7]:80", "[fe80::1%7]:80", "", 0, "[fe80::1]:80" },
    { "ipv6:[fe80::1%257]:80", "[fe80::1%7]:80", "", 0, "[fe80::1]:80" },
    { "ipv4:1.2.3.4:5", "1.2.3.4:5", "", 0, "1.2.3.4:5" },
    { "ipv4:1.2.3.4", "1.2.3.4:443", "", 0, "1.2.3.4" },
    { "ipv6:[::1]:5", "[::1]:5", "", 0, "[::1]:5" },
    { "ipv6:::1", "[::1]:443", "", 0, "[::1]" },
    { "dns:127.0.0.1:7", "127.0.0.1:7", "", 0, "127.0.0.1:7" },
    { "dns:///127.0.0.1:7", "127.0.0.1:7", "", 0, "127.0.0.1:7" },
    { "dns:[::1]:7", "[::1]:7", "", 0, "[::1]:7" },
    { "localhost:50051", NULL, "localhost", 50051, "localhost:50051" },
    { "localhost", NULL, "localhost", 443, "localhost" },
    { "dns:///api.example.com:8080", NULL, "api.example.com", 8080, "api.example.com:8080" },
    { "dns:api.example.com", NULL, "api.example.com", 443, "api.example.com" },
    { "my_service.a-b.svc.cluster.local.:1", NULL, "my_service.a-b.svc.cluster.local.", 1,
      "my_service.a-b.svc.cluster.local.:1" },
    { "xn--bcher-kva.example:2", NULL, "xn--bcher-kva.example", 2, "xn--bcher-kva.example:2" },
    { "7up.example:2", NULL, "7up.example", 2, "7up.example:2" },
    { LABEL63 ":2", NULL, LABEL63, 2, LABEL63 ":2" },
    { "unix:/run/x.sock", "unix:/run/x.sock", "", 0, "localhost" },
    { "unix:///run/x.sock", "unix:/run/x.sock", "", 0, "localhost" },
    { "unix:x.sock", "unix:x.sock", "", 0, "localhost" },
    { "unix:x%20y:z", "unix:x%20y:z", "", 0, "localhost" },
    { "unix:" P107, "unix:" P107, "", 0, "localhost" },
    { "unix-abstract:x", "unix-abstract:x", "", 0, "localhost" },
};

static void good_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        const target_row *const row = &targets[i];
        tn_target t;
        tern_error err;
        const tern_code code = tn_target_parse(&t, row->text, &err);
        if (code != TERN_OK)
            fail_msg("%s: %s", row->text, err.text);
        assert_int_equal(err.code, TERN_OK);
        assert_int_equal(t.kind, row->addr ? TN_TARGET_ADDR : TN_TARGET_NAME);
        assert_string_equal(t.host, row->host);
        assert_string_equal(t.authority, row->authority);
        assert_string_equal(t.text, row->text);
        if (row->addr) {
            char text[TN_ADDR_TEXT];
            tn_addr_format(&t.addr, text);
            assert_string_equal(text, row->addr);
            assert_true(t.addr.len <= sizeof(t.addr.u));
        } else {
            assert_int_equal(t.port, row->port);
        }
    }
}

typedef struct bad_row {
    const char *text, *says;
} bad_row;

static const bad_row bad_targets[] = {
    { "", "empty" },
    { ":50051", "no host" },
    { ":", "no host" },
    { "dns:", "no host" },
    { "dns:///", "no host" },
    { "dns:///:1", "no host" },
    { "localhost:", "port" },
    { "localhost:0", "port 0" },
    { "localhost:65536", "0 to 65535" },
    { "localhost:99999", "0 to 65535" },
    { "localhost:000080", "port" },
    { "localhost:-1", "port" },
    { "localhost:+1", "port" },
    { "localhost: 1", "port" },
    { "localhost:1 ", "port" },
    { "localhost:http", "port" },
    { "localhost:5/x", "port" },
    { "[::1", "]" },
    { "[::1]50051", "only :port" },
    { "[::1]:", "port" },
    { "[::1]:x", "port" },
    { "[]:1", "not an IPv6" },
    { "[]", "not an IPv6" },
    { "[127.0.0.1]:1", "not an IPv6" },
    { "[localhost]:1", "not an IPv6" },
    { "[::g]:1", "not an IPv6" },
    { "1:2:3", "not an IPv6" },
    { "[fe80::1%nosuchzone]:1", "not an IPv6" },
    { "[fe80::1%]:1", "not an IPv6" },
    { "[fe80::1%0]:1", "not an IPv6" },
    { "256.0.0.1:1", "not an IPv4" },
    { "1.2.3:1", "not an IPv4" },
    { "1.2.3.4.5:1", "not an IPv4" },
    { "12345", "not an IPv4" },
    { "ipv4:localhost:1", "not an IPv4" },
    { "ipv4:[::1]:1", "not an IPv4" },
    { "ipv6:127.0.0.1:1", "not an IPv6" },
    { "ipv4:", "no host" },
    { "ipv4:1.2.3.4:1,", "no host" },
    { "ipv4:1.2.3.4:1,1.2.3.4:0", "port 0" },
    { "ipv4:1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9",
      "more than 8" },
    { "a..b:1", "part of the host is empty" },
    { ".a:1", "part of the host is empty" },
    { ".:1", "part of the host is empty" },
    { "a b:1", "character" },
    { "a/b:1", "character" },
    { "user@host:1", "character" },
    { "b\xc3\xbc"
      "cher.example:1",
      "xn--" },
    { LABEL63 "a:1", "63" },
    { LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 ":1", "253" },
    { "http://localhost:1", "scheme" },
    { "xds:///service", "scheme" },
    { "dns://8.8.8.8/localhost:1", "name server" },
    { "unix:", "path is empty" },
    { "unix://", "unix:///path" },
    { "unix://host/path", "unix:///path" },
    { "unix-abstract:", "name is empty" },
    { "unix:" P107 "a", "107 bytes" },
    { "unix:///" P107, "107 bytes" },
    { "unix-abstract:" P107 "a", "107 bytes" },
};

static void bad_targets_say_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_targets) / sizeof(bad_targets[0]); i++) {
        const bad_row *const row = &bad_targets[i];
        tn_target t;
        tern_error err;
        assert_int_equal(tn_target_parse(&t, row->text, &err), TERN_INVALID_ARGUMENT);
        assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
        assert_int_equal(err.origin, TERN_ORIGIN_LOCAL);
        if (!strstr(err.text, row->says) || !strstr(err.text, row->text))
            fail_msg("\"%s\" gives: %s", row->text, err.text);
        assert_int_equal(tn_target_parse(&t, row->text, NULL), TERN_INVALID_ARGUMENT);
    }
    tn_target t;
    assert_int_equal(tn_target_parse(&t, NULL, NULL), TERN_INVALID_ARGUMENT);
}

static void several_literals(void **state)
{
    (void)state;
    tn_target t;
    char text[TN_ADDR_TEXT];
    assert_int_equal(tn_target_parse(&t, "ipv4:1.1.1.1:1,2.2.2.2,3.3.3.3:3", NULL), TERN_OK);
    assert_int_equal(t.more_count, 2);
    tn_addr_format(&t.more[0], text);
    assert_string_equal(text, "2.2.2.2:443");
    tn_addr_format(&t.more[1], text);
    assert_string_equal(text, "3.3.3.3:3");
    assert_string_equal(t.authority, "1.1.1.1:1");
    assert_int_equal(tn_target_parse(&t, "ipv6:[::1]:1,[::2]:2", NULL), TERN_OK);
    assert_int_equal(t.more_count, 1);
    assert_int_equal(
        tn_target_parse(&t, "ipv4:1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8",
                        NULL),
        TERN_OK);
    assert_int_equal(t.more_count, TN_TARGET_MORE);
}

static void a_zone_may_be_a_name(void **state)
{
    (void)state;
    const unsigned index = if_nametoindex("lo");
    if (!index)
        skip();
    tn_target t;
    assert_int_equal(tn_target_parse(&t, "[fe80::1%lo]:1", NULL), TERN_OK);
    assert_int_equal(t.addr.u.v6.sin6_scope_id, index);
    assert_int_equal(tn_target_parse(&t, "[fe80::1%25lo]:1", NULL), TERN_OK);
    assert_int_equal(t.addr.u.v6.sin6_scope_id, index);
}

/* Very long text is refused, cut in the message, and never read past its end. */
static void text_of_any_length_is_safe(void **state)
{
    (void)state;
    static const char *const prefixes[] = { "", "dns:///", "unix:", "[", "ipv4:", "ipv6:[", "a:" };
    static char text[2000];
    for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++) {
        for (size_t n = 0; n < sizeof(text) - 20; n += 1 + n / 7) {
            memset(text, 'a', sizeof(text));
            memcpy(text, prefixes[p], strlen(prefixes[p]));
            text[strlen(prefixes[p]) + n] = '\0';
            const size_t size = strlen(text) + 1;
            uint8_t *const guarded = tn_guard_copy(text, size);
            tn_target t;
            tn_addr addr;
            tern_error err;
            tn_target_parse(&t, (const char *)guarded, &err);
            tn_listen_parse(&addr, (const char *)guarded, &err);
            tn_guard_free(guarded, size);
        }
    }
}

typedef struct listen_row {
    const char *text, *addr;
} listen_row;

static const listen_row listens[] = {
    { "127.0.0.1:0", "127.0.0.1:0" },   { "0.0.0.0:50051", "0.0.0.0:50051" },
    { "[::]:50051", "[::]:50051" },     { "[::1]:0", "[::1]:0" },
    { "localhost:80", "127.0.0.1:80" }, { "ipv4:127.0.0.1:80", "127.0.0.1:80" },
    { "ipv6:[::]:80", "[::]:80" },      { "unix:/tmp/x", "unix:/tmp/x" },
    { "unix:///tmp/x", "unix:/tmp/x" }, { "unix-abstract:x", "unix-abstract:x" },
};

static const bad_row bad_listens[] = {
    { "", "empty" },
    { ":50051", "[::]:port" },
    { "127.0.0.1", "no port" },
    { "[::]", "no port" },
    { "::", "no port" },
    { "127.0.0.1:", "0 to 65535" },
    { "127.0.0.1:65536", "0 to 65535" },
    { "example.com:80", "not resolved" },
    { "*:80", "not resolved" },
    { "256.1.1.1:80", "not resolved" },
    { "[::1", "]" },
    { "[x:y]:1", "not an IPv6" },
    { "unix:", "empty" },
    { "unix:" P107 "a", "107" },
    { "http://x:1", "write host:port" },
};

static void listen_addresses(void **state)
{
    (void)state;
    tn_addr addr;
    tern_error err;
    for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++) {
        char text[TN_ADDR_TEXT];
        if (tn_listen_parse(&addr, listens[i].text, &err) != TERN_OK)
            fail_msg("%s: %s", listens[i].text, err.text);
        tn_addr_format(&addr, text);
        assert_string_equal(text, listens[i].addr);
    }
    for (size_t i = 0; i < sizeof(bad_listens) / sizeof(bad_listens[0]); i++) {
        const bad_row *const row = &bad_listens[i];
        assert_int_equal(tn_listen_parse(&addr, row->text, &err), TERN_INVALID_ARGUMENT);
        if (!strstr(err.text, row->says) || !strstr(err.text, row->text))
            fail_msg("\"%s\" gives: %s", row->text, err.text);
    }
    assert_int_equal(tn_listen_parse(&addr, NULL, &err), TERN_INVALID_ARGUMENT);
}

static void addresses_of_the_system(void **state)
{
    (void)state;
    tn_addr addr;
    char text[TN_ADDR_TEXT];
    const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(7) };
    assert_true(tn_addr_of(&addr, (const struct sockaddr *)&v4, sizeof(v4)));
    tn_addr_format(&addr, text);
    assert_string_equal(text, "0.0.0.0:7");
    assert_false(tn_addr_of(&addr, (const struct sockaddr *)&v4, sizeof(v4) - 1));
    const struct sockaddr strange = { .sa_family = AF_PACKET };
    assert_false(tn_addr_of(&addr, &strange, sizeof(strange)));

    addr = (tn_addr){ .len = sizeof(sa_family_t), .u.any.sa_family = AF_UNIX };
    tn_addr_format(&addr, text); /* an end of a socket pair */
    assert_string_equal(text, "unix:");
    addr.len = sizeof(addr.u.un);
    memset(addr.u.un.sun_path, '\x01', sizeof(addr.u.un.sun_path)); /* full, without a NUL */
    tn_addr_format(&addr, text);
    assert_int_equal(strlen(text), 5 + sizeof(addr.u.un.sun_path));
    addr.u.un.sun_path[0] = '\0';
    tn_addr_format(&addr, text);
    assert_memory_equal(text, "unix-abstract:???", 17);
    addr = (tn_addr){ .len = sizeof(strange), .u.any = strange };
    tn_addr_format(&addr, text);
    assert_non_null(strstr(text, "family"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_targets),
        cmocka_unit_test(bad_targets_say_what_is_wrong),
        cmocka_unit_test(several_literals),
        cmocka_unit_test(a_zone_may_be_a_name),
        cmocka_unit_test(text_of_any_length_is_safe),
        cmocka_unit_test(listen_addresses),
        cmocka_unit_test(addresses_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
