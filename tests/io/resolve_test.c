/* SPDX-License-Identifier: Apache-2.0 */
/* resolve_test.c: names against a name server of our own, without any network. */
#include "io/name_server.h"
#include "io/net.h"
#include "io/resolve.h"

static name_server server;

typedef struct result {
    int calls;
    size_t n;
    tn_addr addrs[TN_RESOLVE_MAX];
    char why[128];
} result;

static void on_done(void *user, const tn_addr *addrs, size_t n, const char *why)
{
    result *const r = user;
    r->calls++;
    r->n = n;
    assert_true(n <= TN_RESOLVE_MAX);
    memcpy(r->addrs, addrs, n * sizeof(*addrs));
    assert_int_equal(n == 0, why != NULL);
    snprintf(r->why, sizeof(r->why), "%s", why ? why : "");
}

static tn_loop *loop_with_server(const tern_env *env)
{
    tn_loop *const loop = net_loop(env);
    assert_true(tn_dns_use(loop, server.at));
    return loop;
}

static result resolve(tn_loop *loop, const char *host)
{
    result r = { 0 };
    assert_non_null(tn_resolve_new(loop, host, 7, on_done, &r));
    assert_int_equal(r.calls, 0);
    TURN_UNTIL(loop, r.calls);
    tn_loop_step(loop, 0);
    assert_int_equal(r.calls, 1);
    return r;
}

static bool has(const result *r, const char *text)
{
    for (size_t i = 0; i < r->n; i++) {
        char shown[TN_ADDR_TEXT];
        tn_addr_format(&r->addrs[i], shown);
        if (strcmp(shown, text) == 0)
            return true;
    }
    return false;
}

static void names_become_addresses(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = loop_with_server(&f.env);
    result r = resolve(loop, "two.test");
    assert_int_equal(r.n, 2);
    assert_true(has(&r, "127.0.0.1:7") && has(&r, "127.0.0.2:7"));
    r = resolve(loop, "six.test");
    assert_int_equal(r.n, 2);
    assert_true(has(&r, "127.0.0.1:7") && has(&r, "[::1]:7"));
    r = resolve(loop, "many.test.");
    assert_int_equal(r.n, TN_RESOLVE_MAX);
    assert_int_equal(atomic_load(&server.tcp_queries), 0);
    r = resolve(loop, "big.test");
    assert_int_equal(r.n, TN_RESOLVE_MAX);
    assert_true(atomic_load(&server.tcp_queries) > 0);
    tn_loop_free(loop);
    assert_int_equal(f.live_blocks, 0);
}

static void failures_have_words(void **state)
{
    (void)state;
    tn_loop *const loop = loop_with_server(NULL);
    assert_string_equal(resolve(loop, "gone.test").why, "the name does not exist");
    assert_string_equal(resolve(loop, "empty.test").why, "the name has no address");
    assert_true(resolve(loop, "fail.test").why[0] != '\0');
    assert_true(resolve(loop, "a..b").why[0] != '\0');
    tn_loop_free(loop);

    tn_loop *const lost = net_loop(NULL);
    assert_true(tn_dns_use(lost, "127.0.0.1:1")); /* nobody listens */
    assert_true(resolve(lost, "two.test").why[0] != '\0');
    assert_true(tn_dns_use(lost, "no address"));
    assert_true(resolve(lost, "two.test").why[0] != '\0');
    tn_loop_free(lost);
}

static void localhost_needs_no_server(void **state)
{
    (void)state;
    static const char *const names[] = { "localhost", "LocalHost.", "a.localhost" };
    tn_loop *const loop = loop_with_server(NULL);
    const int before = atomic_load(&server.queries);
    for (size_t i = 0; i < 3; i++) {
        const result r = resolve(loop, names[i]);
        assert_int_equal(r.n, 2);
        assert_true(has(&r, "127.0.0.1:7") && has(&r, "[::1]:7"));
    }
    assert_int_equal(atomic_load(&server.queries), before);
    assert_string_equal(resolve(loop, "notlocalhost").why, "the name does not exist");
    tn_loop_free(loop);
}

static void the_hosts_file_comes_first(void **state)
{
    (void)state;
    FILE *const hosts = fopen("/etc/hosts", "r");
    char line[512], name[256] = "", addr[64];
    while (hosts && !name[0] && fgets(line, sizeof(line), hosts))
        if (sscanf(line, "%63[0-9.] %255[a-zA-Z0-9-]", addr, name) != 2 ||
            strcmp(name, "localhost") == 0)
            name[0] = '\0';
    if (hosts)
        fclose(hosts);
    if (!name[0])
        skip();
    tn_loop *const loop = loop_with_server(NULL);
    const int before = atomic_load(&server.queries);
    const result r = resolve(loop, name);
    char wanted[80];
    snprintf(wanted, sizeof(wanted), "%s:7", addr);
    assert_true(has(&r, wanted));
    assert_int_equal(atomic_load(&server.queries), before);
    tn_loop_free(loop);
}

static void many_at_once(void **state)
{
    (void)state;
    static const char *const names[] = { "two.test", "gone.test", "six.test", "localhost" };
    tn_loop *const loop = loop_with_server(NULL);
    const int fds = net_fds();
    static result results[40];
    memset(results, 0, sizeof(results));
    tn_resolve *resolves[40];
    for (size_t i = 0; i < 40; i++) {
        resolves[i] = tn_resolve_new(loop, names[i % 4], 7, on_done, &results[i]);
        assert_non_null(resolves[i]);
    }
    for (size_t i = 0; i < 40; i += 5)
        tn_resolve_cancel(resolves[i]);
    for (size_t i = 0; i < 40; i++) {
        if (i % 5 == 0)
            continue;
        TURN_UNTIL(loop, results[i].calls == 1);
        assert_int_equal(results[i].n, i % 4 == 1 ? 0 : 2);
    }
    for (int i = 0; i < 5; i++)
        tn_loop_step(loop, 0);
    for (size_t i = 0; i < 40; i += 5)
        assert_int_equal(results[i].calls, 0);
    net_expect_fds(fds); /* nothing stays open when nobody asks */
    tn_loop_free(loop);
}

/* The server never answers: what is cancelled lets go of its sockets at once. */
static void cancelling_the_last_lets_go(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = loop_with_server(&f.env);
    const int fds = net_fds();
    result r = { 0 };
    const int before = atomic_load(&server.queries);
    tn_resolve *const a = tn_resolve_new(loop, "mute.test", 7, on_done, &r);
    tn_resolve *const b = tn_resolve_new(loop, "bad.test", 7, on_done, &r);
    TURN_UNTIL(loop, atomic_load(&server.queries) >= before + 2);
    assert_true(net_fds() > fds);
    tn_resolve_cancel(a);
    tn_loop_step(loop, 0);
    assert_true(net_fds() > fds);
    tn_resolve_cancel(b);
    tn_loop_step(loop, 0);
    net_expect_fds(fds);
    assert_int_equal(r.calls, 0);

    /* Freed with a query under way, and one that has its answer. */
    tn_resolve_cancel(tn_resolve_new(loop, "mute.test", 7, on_done, &r));
    tn_resolve_cancel(tn_resolve_new(loop, "localhost", 7, on_done, &r));
    tn_resolve_cancel(NULL);
    tn_loop_free(loop);
    assert_int_equal(r.calls, 0);
    assert_int_equal(f.live_blocks, 0);
}

typedef struct one {
    const char *name;
    size_t n;
} one;

static bool resolve_one(tn_failing_env *f, void *user)
{
    const one *const o = user;
    const int before = net_fds();
    tn_loop *const loop = tn_loop_new(&f->env, NULL);
    if (!loop)
        return false;
    result r = { 0 };
    tn_resolve *const resolve =
        tn_dns_use(loop, server.at) ? tn_resolve_new(loop, o->name, 7, on_done, &r) : NULL;
    if (resolve)
        TURN_UNTIL(loop, r.calls == 1);
    tn_loop_free(loop);
    net_expect_fds(before);
    return r.n == o->n;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    one two = { "two.test", 2 }, big = { "big.test", TN_RESOLVE_MAX };
    assert_true(tn_fail_each(resolve_one, &two) >= 5);
    assert_true(tn_fail_each(resolve_one, &big) >= 5);
}

int main(void)
{
    alarm(300); /* as ctest: slower is not stuck */
    name_server_start(&server);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_addresses),
        cmocka_unit_test(failures_have_words),
        cmocka_unit_test(localhost_needs_no_server),
        cmocka_unit_test(the_hosts_file_comes_first),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(cancelling_the_last_lets_go),
        cmocka_unit_test(no_memory_is_an_error),
    };
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    name_server_stop(&server);
    return rc;
}
