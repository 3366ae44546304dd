/* SPDX-License-Identifier: Apache-2.0 */
/* dial_test.c: from targets to connected sockets, every way to fail, cancelling at each stage. */
#include "io/dial.h"
#include "io/listen.h"
#include "io/name_server.h"
#include "io/net.h"
#include "io/resolve.h"
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/wait.h>

static name_server server;
static char folder[64];

typedef struct outcome {
    int calls, fd;
    tn_addr peer;
    tern_error err;
} outcome;

static void on_done(void *user, int fd, const tn_addr *peer, const tern_error *err)
{
    outcome *const o = user;
    o->calls++;
    o->fd = fd;
    o->err = *err;
    assert_int_equal(fd < 0, err->code != TERN_OK);
    assert_int_equal(fd < 0, peer == NULL);
    if (peer)
        o->peer = *peer;
}

static tn_target target_of(const char *text)
{
    tn_target target;
    tern_error err;
    if (tn_target_parse(&target, text, &err) != TERN_OK)
        fail_msg("%s", err.text);
    return target;
}

static tn_dial *start(tn_loop *loop, const char *text, uint64_t timeout, outcome *o)
{
    const tn_target target = target_of(text);
    *o = (outcome){ .fd = -1 };
    tn_dial *const d = tn_dial_new(loop, &target, tn_loop_now(loop) + timeout, on_done, o);
    assert_non_null(d);
    assert_int_equal(o->calls, 0);
    return d;
}

static outcome dial(tn_loop *loop, const char *text, uint64_t timeout)
{
    outcome o;
    start(loop, text, timeout, &o);
    TURN_UNTIL(loop, o.calls);
    tn_loop_step(loop, 0);
    assert_int_equal(o.calls, 1);
    return o;
}

/* A listener, and its address as text. */
static int serve(const char *where, char text[TN_ADDR_TEXT], tn_addr *bound)
{
    tn_addr addr;
    assert_int_equal(tn_listen_parse(&addr, where, NULL), TERN_OK);
    const int fd = tn_listen_open(&addr, bound, NULL);
    if (fd >= 0)
        tn_addr_format(bound, text);
    return fd;
}

/* An address of 127.0.0.1 where nobody listens, but which nobody else can get either. */
static int refuse(char text[TN_ADDR_TEXT])
{
    tn_addr addr = { .len = sizeof(addr.u.v4) };
    addr.u.v4.sin_family = AF_INET;
    addr.u.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, &addr.u.any, addr.len), 0);
    assert_int_equal(getsockname(fd, &addr.u.any, &addr.len), 0);
    tn_addr_format(&addr, text);
    return fd;
}

/* A listener whose queue is full: connects to it hang (TCP) or get EAGAIN (Unix). */
typedef struct full {
    int fd, fillers[8];
    int count;
    tn_addr bound;
    char text[TN_ADDR_TEXT];
} full;

static full fill(const char *where)
{
    full f = { .count = 0 };
    f.fd = serve(where, f.text, &f.bound);
    assert_true(f.fd >= 0);
    assert_int_equal(listen(f.fd, 0), 0);
    for (; f.count < 8; f.count++) {
        f.fillers[f.count] = socket(f.bound.u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(f.fillers[f.count], &f.bound.u.any, f.bound.len) != 0 && errno == EAGAIN)
            break;
    }
    usleep(1000);
    return f;
}

static void empty(full *f)
{
    for (int i = 0; i < f->count; i++)
        close(f->fillers[i]);
    if (f->count < 8)
        close(f->fillers[f->count]);
    tn_listen_close(f->fd, &f->bound);
}

/* ---- success ---- */

static void every_kind_of_address(void **state)
{
    (void)state;
    char path[100], name[100];
    snprintf(path, sizeof(path), "unix:%s/s", folder);
    snprintf(name, sizeof(name), "unix-abstract:tern-dial-%ld", (long)getpid());
    const char *const places[] = { "127.0.0.1:0", "[::1]:0", path, name };
    for (size_t i = 0; i < 4; i++) {
        tn_failing_env f;
        tn_failing_env_init(&f);
        tn_loop *const loop = net_loop(&f.env);
        char text[TN_ADDR_TEXT], peer[TN_ADDR_TEXT];
        tn_addr bound;
        const int fd = serve(places[i], text, &bound);
        if (fd < 0) { /* no IPv6 here */
            assert_int_equal(i, 1);
            tn_loop_free(loop);
            continue;
        }
        const outcome o = dial(loop, text, 5000 * MS);
        assert_true(o.fd >= 0);
        assert_true(net_is_cloexec(o.fd) && net_is_nonblocking(o.fd));
        tn_addr_format(&o.peer, peer);
        assert_string_equal(peer, text);
        if (i < 2) {
            int on = 0;
            socklen_t n = sizeof(on);
            assert_int_equal(getsockopt(o.fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
            assert_int_equal(on, 1);
        }
        assert_int_equal(send(o.fd, "x", 1, MSG_NOSIGNAL), 1);
        close(o.fd);
        tn_loop_free(loop);
        assert_int_equal(f.live_blocks, 0);
        tn_listen_close(fd, &bound);
    }
}

static void the_next_address_is_tried(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    assert_true(tn_dns_use(loop, server.at));
    char good[TN_ADDR_TEXT], bad[TN_ADDR_TEXT], both[300];
    tn_addr bound;
    const int fd = serve("127.0.0.1:0", good, &bound), none = refuse(bad);
    snprintf(both, sizeof(both), "ipv4:%s,%s", bad, good);
    outcome o = dial(loop, both, 5000 * MS);
    assert_true(o.fd >= 0);
    close(o.fd);

    /* ::1 or 127.0.0.2 refuse, 127.0.0.1 listens. */
    static const char *const names[] = { "localhost", "two.test", "six.test" };
    for (size_t i = 0; i < 3; i++) {
        char text[300];
        snprintf(text, sizeof(text), "%s:%u", names[i], ntohs(bound.u.v4.sin_port));
        o = dial(loop, text, 5000 * MS);
        assert_true(o.fd >= 0);
        char peer[TN_ADDR_TEXT];
        tn_addr_format(&o.peer, peer);
        assert_string_equal(peer, good);
        close(o.fd);
    }
    tn_loop_free(loop);
    tn_listen_close(fd, &bound);
    close(none);
}

static void an_address_that_hangs_leaves_time_for_the_next(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = net_loop(&f.env);
    full stuck = fill("127.0.0.1:0");
    char good[TN_ADDR_TEXT], both[300];
    tn_addr bound;
    const int fd = serve("127.0.0.1:0", good, &bound);
    snprintf(both, sizeof(both), "ipv4:%s,%s", stuck.text, good);
    outcome o;
    start(loop, both, 200 * MS, &o);
    tn_loop_step(loop, 0);
    f.clock += 100 * MS - 1;
    for (int i = 0; i < 3; i++)
        tn_loop_step(loop, 0);
    assert_int_equal(o.calls, 0);
    f.clock += 1; /* half of the time: one of two addresses has had its share */
    TURN_UNTIL(loop, o.calls);
    assert_true(o.fd >= 0);
    close(o.fd);
    tn_loop_free(loop);
    empty(&stuck);
    tn_listen_close(fd, &bound);
}

static void a_full_unix_queue_is_tried_again(void **state)
{
    (void)state;
    char path[100];
    snprintf(path, sizeof(path), "unix:%s/full", folder);
    full stuck = fill(path);
    tn_loop *const loop = net_loop(NULL);
    outcome o;
    start(loop, path, 5000 * MS, &o);
    for (int i = 0; i < 5; i++)
        tn_loop_step(loop, 5 * MS);
    assert_int_equal(o.calls, 0);
    const int guest = accept(stuck.fd, NULL, NULL);
    assert_true(guest >= 0);
    TURN_UNTIL(loop, o.calls);
    assert_true(o.fd >= 0);
    close(o.fd);
    close(guest);
    const outcome late = dial(loop, path, 50 * MS);
    assert_int_equal(late.fd, -1);
    assert_int_equal(late.err.sys_errno, ETIMEDOUT);
    tn_loop_free(loop);
    empty(&stuck);
}

/* ---- failure ---- */

static void check_error(const outcome *o, const char *target, const char *phase, const char *cause)
{
    assert_int_equal(o->fd, -1);
    assert_int_equal(o->err.code, TERN_UNAVAILABLE);
    if (!strstr(o->err.text, target) || !strstr(o->err.text, phase) || !strstr(o->err.text, cause))
        fail_msg("%s: %s", target, o->err.text);
}

static void refused_says_whom_and_why(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    char text[TN_ADDR_TEXT], both[300];
    const int none = refuse(text);
    outcome o = dial(loop, text, 5000 * MS);
    check_error(&o, text, "connect to 127.0.0.1:", "refused");
    assert_int_equal(o.err.origin, TERN_ORIGIN_NET);
    assert_int_equal(o.err.sys_errno, ECONNREFUSED);

    snprintf(both, sizeof(both), "ipv4:%s,%s", text, text);
    o = dial(loop, both, 5000 * MS);
    check_error(&o, both, "(the last of 2 addresses tried)", "refused");

    char path[100];
    snprintf(path, sizeof(path), "unix:%s/none", folder);
    o = dial(loop, path, 5000 * MS);
    check_error(&o, path, "connect to unix:", "No such file");
    close(none);
    tn_loop_free(loop);
}

static void who_does_not_answer_is_given_up(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    full stuck = fill("127.0.0.1:0");
    uint64_t t0 = net_real_ms();
    outcome o = dial(loop, stuck.text, 60 * MS);
    check_error(&o, stuck.text, "connect to 127.0.0.1:", "timed out");
    assert_in_range(net_real_ms() - t0, 60, 1000);

    t0 = net_real_ms();
    o = dial(loop, stuck.text, 0); /* the deadline has passed already */
    check_error(&o, stuck.text, "connect to 127.0.0.1:", "timed out");
    assert_in_range(net_real_ms() - t0, 0, 500);
    tn_loop_free(loop);
    empty(&stuck);
}

static void names_that_lead_nowhere(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    /* By the system's own servers: there may be no network at all. */
    uint64_t t0 = net_real_ms();
    outcome o = dial(loop, "dns:///no-such-host.invalid:50051", 300 * MS);
    check_error(&o, "dns:///no-such-host.invalid:50051", "resolve no-such-host.invalid: ", "");
    assert_in_range(net_real_ms() - t0, 0, 1500);

    assert_true(tn_dns_use(loop, server.at));
    o = dial(loop, "gone.test:1", 5000 * MS);
    check_error(&o, "gone.test:1", "resolve gone.test: ", "does not exist");
    t0 = net_real_ms();
    o = dial(loop, "mute.test:1", 60 * MS);
    check_error(&o, "mute.test:1", "resolve mute.test: ", "deadline");
    assert_in_range(net_real_ms() - t0, 60, 1000);
    tn_loop_free(loop);
}

/* Deadlines are the env's: under a clock that stands still nothing times out. */
static void deadlines_follow_the_envs_clock(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = net_loop(&f.env);
    full stuck = fill("127.0.0.1:0");
    outcome o;
    start(loop, stuck.text, 20 * MS, &o);
    for (int i = 0; i < 5; i++)
        tn_loop_step(loop, 10 * MS);
    assert_int_equal(o.calls, 0);
    f.clock += 20 * MS;
    tn_loop_step(loop, UINT64_MAX);
    assert_int_equal(o.calls, 1);
    tn_loop_free(loop);
    assert_int_equal(f.live_blocks, 0);
    empty(&stuck);
}

#define CHECK(c)                                                                                   \
    do {                                                                                           \
        if (!(c))                                                                                  \
            _exit(__LINE__ % 250 + 1);                                                             \
    } while (0)

static void without_descriptors_the_error_is_ours(void **state)
{
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        tn_loop *const loop = tn_loop_new(NULL, NULL);
        const tn_target target = target_of("127.0.0.1:1");
        outcome o = { .fd = -1 };
        const int last = dup(0);
        close(last);
        CHECK(net_limit_fds(last));
        CHECK(tn_dial_new(loop, &target, UINT64_MAX, on_done, &o));
        while (!o.calls)
            tn_loop_step(loop, 20 * MS);
        CHECK(o.err.sys_errno == EMFILE);
        CHECK(o.err.origin == TERN_ORIGIN_LOCAL);
        tn_loop_free(loop);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- cancelling ---- */

static void a_dial_may_be_cancelled_at_each_stage(void **state)
{
    (void)state;
    char path[100];
    snprintf(path, sizeof(path), "unix:%s/cancel", folder);
    full tcp = fill("127.0.0.1:0"), un = fill(path);
    /* Where it is after some turns: not begun, resolving, connecting, pausing. */
    const char *const targets[] = { "mute.test:1", "mute.test:1", tcp.text, path };
    static const int turns[] = { 0, 3, 3, 3 };
    const int fds = net_fds();
    for (size_t i = 0; i < 4; i++) {
        tn_failing_env f;
        tn_failing_env_init(&f);
        tn_loop *const loop = net_loop(&f.env);
        assert_true(tn_dns_use(loop, server.at));
        outcome o;
        tn_dial *const d = start(loop, targets[i], 5000 * MS, &o);
        for (int k = 0; k < turns[i]; k++)
            tn_loop_step(loop, 0);
        assert_int_equal(o.calls, 0);
        tn_dial_cancel(d);
        f.clock += 10000 * MS;
        tn_loop_step(loop, 0);
        tn_loop_free(loop);
        assert_int_equal(o.calls, 0);
        assert_int_equal(f.live_blocks, 0);
    }
    net_expect_fds(fds);
    tn_dial_cancel(NULL);
    empty(&tcp);
    empty(&un);
}

/* ---- memory ---- */

static bool dial_once(tn_failing_env *f, void *user)
{
    const tn_target target = target_of(user);
    const int before = net_fds();
    tn_loop *const loop = tn_loop_new(&f->env, NULL);
    if (!loop)
        return false;
    outcome o = { .fd = -1 };
    tn_dial *const d =
        tn_dns_use(loop, server.at) ? tn_dial_new(loop, &target, UINT64_MAX, on_done, &o) : NULL;
    if (d)
        TURN_UNTIL(loop, o.calls == 1);
    tn_loop_free(loop);
    if (o.fd >= 0)
        close(o.fd);
    net_expect_fds(before);
    return o.fd >= 0;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    char text[TN_ADDR_TEXT], name[100];
    tn_addr bound;
    const int fd = serve("127.0.0.1:0", text, &bound);
    assert_true(tn_fail_each(dial_once, text) >= 4);
    snprintf(name, sizeof(name), "two.test:%u", ntohs(bound.u.v4.sin_port));
    assert_true(tn_fail_each(dial_once, name) >= 6);
    tn_listen_close(fd, &bound);
}

int main(void)
{
    alarm(300); /* as ctest: slower is not stuck */
    snprintf(folder, sizeof(folder), "/tmp/tern-dial-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    name_server_start(&server);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_address),
        cmocka_unit_test(the_next_address_is_tried),
        cmocka_unit_test(an_address_that_hangs_leaves_time_for_the_next),
        cmocka_unit_test(a_full_unix_queue_is_tried_again),
        cmocka_unit_test(refused_says_whom_and_why),
        cmocka_unit_test(who_does_not_answer_is_given_up),
        cmocka_unit_test(names_that_lead_nowhere),
        cmocka_unit_test(deadlines_follow_the_envs_clock),
        cmocka_unit_test(without_descriptors_the_error_is_ours),
        cmocka_unit_test(a_dial_may_be_cancelled_at_each_stage),
        cmocka_unit_test(no_memory_is_an_error),
    };
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    name_server_stop(&server);
    rmdir(folder);
    return rc;
}
