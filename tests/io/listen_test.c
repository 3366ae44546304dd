/* SPDX-License-Identifier: Apache-2.0 */
/* listen_test.c: binding in every way it can go wrong, accepting, running out of descriptors. */
#include "io/listen.h"
#include "io/net.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* In a child process, where cmocka is not at home. */
#define CHECK(c)                                                                                   \
    do {                                                                                           \
        if (!(c))                                                                                  \
            _exit(__LINE__ % 250 + 1);                                                             \
    } while (0)

static char folder[64];

static int open_at(const char *text, tn_addr *bound, tern_error *err)
{
    tn_addr addr;
    assert_int_equal(tn_listen_parse(&addr, text, NULL), TERN_OK);
    return tn_listen_open(&addr, bound, err);
}

static unsigned port_of(const tn_addr *addr)
{
    return ntohs(addr->u.any.sa_family == AF_INET ? addr->u.v4.sin_port : addr->u.v6.sin6_port);
}

/* A blocking connection to 127.0.0.1, or -1. */
static int call4(unsigned port)
{
    const struct sockaddr_in to = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

static int call(const tn_addr *addr)
{
    const int fd = socket(addr->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &addr->u.any, addr->len) == 0)
        return fd;
    close(fd);
    return -1;
}

/* ---- binding ---- */

static void port_zero_gives_a_real_port(void **state)
{
    (void)state;
    tn_addr bound;
    tern_error err;
    const int fd = open_at("127.0.0.1:0", &bound, &err);
    assert_true(fd >= 0);
    assert_true(net_is_cloexec(fd) && net_is_nonblocking(fd));
    assert_true(port_of(&bound) != 0);
    const int caller = call(&bound);
    assert_true(caller >= 0);
    close(caller);
    tn_listen_close(fd, &bound);
    assert_int_equal(call(&bound), -1);
}

static void a_taken_port_says_so(void **state)
{
    (void)state;
    tn_addr bound, again;
    tern_error err;
    const int fd = open_at("127.0.0.1:0", &bound, &err);
    char text[TN_ADDR_TEXT];
    tn_addr_format(&bound, text);
    const int before = net_fds();
    assert_int_equal(open_at(text, &again, &err), -1);
    net_expect_fds(before);
    assert_int_equal(err.code, TERN_UNAVAILABLE);
    assert_int_equal(err.sys_errno, EADDRINUSE);
    assert_non_null(strstr(err.text, text));
    assert_non_null(strstr(err.text, "port taken"));
    tn_listen_close(fd, &bound);
    const int free_now = open_at(text, &again, &err);
    assert_true(free_now >= 0);
    tn_listen_close(free_now, &again);
}

static void foreign_addresses_are_refused(void **state)
{
    (void)state;
    tn_addr bound;
    tern_error err;
    assert_int_equal(open_at("203.0.113.77:0", &bound, &err), -1);
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "203.0.113.77:0"));
    assert_non_null(strstr(err.text, "not an address of this machine"));
}

static void any6_takes_both_kinds(void **state)
{
    (void)state;
    tn_addr bound;
    tern_error err;
    const int fd = open_at("[::]:0", &bound, &err);
    assert_true(fd >= 0);
    const int v4 = call4(port_of(&bound));
    assert_true(v4 >= 0);
    close(v4);
    if (bound.u.any.sa_family == AF_INET6) {
        tn_addr to = bound;
        to.u.v6.sin6_addr = in6addr_loopback;
        const int v6 = call(&to);
        assert_true(v6 >= 0);
        close(v6);
    }
    tn_listen_close(fd, &bound);
}

#if defined(__x86_64__) || defined(__aarch64__)
/* From here on this process is on a machine without IPv6. */
static bool forget_ipv6(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool forget_ipv6(void)
{
    return false;
}
#endif

static void without_ipv6_any_is_any4(void **state)
{
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        if (!forget_ipv6() || socket(AF_INET6, SOCK_STREAM, 0) >= 0)
            _exit(0); /* such a machine cannot be had here */
        tn_addr bound, v6;
        tern_error err;
        CHECK(open_at("[::]:0", &bound, &err) >= 0);
        CHECK(bound.u.any.sa_family == AF_INET && bound.u.v4.sin_addr.s_addr == 0);
        CHECK(call4(port_of(&bound)) >= 0);
        CHECK(open_at("[::1]:0", &v6, &err) == -1);
        CHECK(strstr(err.text, "off on this machine"));
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void unix_path(char *text, size_t n, const char *name)
{
    snprintf(text, n, "unix:%s/%s", folder, name);
}

static void a_unix_socket_comes_and_goes_with_its_file(void **state)
{
    (void)state;
    char text[100];
    unix_path(text, sizeof(text), "a");
    tn_addr bound, again;
    tern_error err;
    const int fd = open_at(text, &bound, &err);
    assert_true(fd >= 0);
    assert_true(net_is_cloexec(fd));
    struct stat st;
    assert_int_equal(stat(text + 5, &st), 0);
    const int caller = call(&bound);
    assert_true(caller >= 0);
    close(caller);

    assert_int_equal(open_at(text, &again, &err), -1);
    assert_int_equal(err.sys_errno, EADDRINUSE);
    assert_non_null(strstr(err.text, text));
    assert_non_null(strstr(err.text, "somebody listens"));
    assert_int_equal(stat(text + 5, &st), 0);
    tn_listen_close(fd, &bound);
    assert_int_equal(stat(text + 5, &st), -1);
}

static void a_stale_unix_socket_is_replaced_and_nothing_else(void **state)
{
    (void)state;
    char text[100];
    unix_path(text, sizeof(text), "stale");
    tn_addr bound;
    tern_error err;
    const int dead = open_at(text, &bound, &err);
    assert_true(dead >= 0);
    close(dead); /* as a server that was killed: the file stays */
    const int fd = open_at(text, &bound, &err);
    assert_true(fd >= 0);
    tn_listen_close(fd, &bound);

    FILE *const file = fopen(text + 5, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(open_at(text, &bound, &err), -1);
    assert_int_equal(err.sys_errno, EADDRINUSE);
    struct stat st;
    assert_int_equal(stat(text + 5, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    unlink(text + 5);

    unix_path(text, sizeof(text), "no/such/folder");
    assert_int_equal(open_at(text, &bound, &err), -1);
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
}

static void abstract_names_leave_no_file(void **state)
{
    (void)state;
    char text[100];
    snprintf(text, sizeof(text), "unix-abstract:tern-test-%ld", (long)getpid());
    tn_addr bound, again;
    tern_error err;
    const int fd = open_at(text, &bound, &err);
    assert_true(fd >= 0);
    char shown[TN_ADDR_TEXT];
    tn_addr_format(&bound, shown);
    assert_string_equal(shown, text);
    const int caller = call(&bound);
    assert_true(caller >= 0);
    close(caller);
    assert_int_equal(open_at(text, &again, &err), -1);
    tn_listen_close(fd, &bound);
}

/* ---- accepting ---- */

typedef struct guests {
    int fds[64];
    int count, closes;
    tn_listener *listener, *close_after_first;
} guests;

static void on_accepted(void *user, int fd, const tn_addr *peer)
{
    guests *const g = user;
    assert_true(net_is_cloexec(fd) && net_is_nonblocking(fd));
    if (peer->u.any.sa_family != AF_UNIX) {
        int on = 0;
        socklen_t n = sizeof(on);
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
        assert_int_equal(on, 1);
        assert_true(port_of(peer) != 0);
    }
    g->fds[g->count++] = fd;
    if (g->close_after_first) {
        tn_listener_close(g->close_after_first);
        g->close_after_first = NULL;
    }
}

static void on_closed(void *user)
{
    ((guests *)user)->closes++;
}

static const tn_listener_events events = { .accepted = on_accepted, .closed = on_closed };

static int lines;

static void count_line(void *user, tern_log_level level, const char *text)
{
    (void)level;
    (void)user;
    (void)text;
    lines++;
}

static void close_all(guests *g)
{
    while (g->count > 0)
        close(g->fds[--g->count]);
}

static void connections_are_accepted(void **state)
{
    (void)state;
    static const char *const places[] = { "127.0.0.1:0", "[::]:0", "unix" };
    for (size_t i = 0; i < 3; i++) {
        char text[100];
        unix_path(text, sizeof(text), "accept");
        tn_failing_env f;
        tn_failing_env_init(&f);
        tn_loop *const loop = net_loop(&f.env);
        tn_addr bound;
        tern_error err;
        const int fd = open_at(places[i][0] == 'u' ? text : places[i], &bound, &err);
        assert_true(fd >= 0);
        guests g = { 0 };
        tn_listener *const l = tn_listener_new(loop, fd, &events, &g, &err);
        assert_non_null(l);
        int callers[10];
        for (int k = 0; k < 10; k++)
            callers[k] = bound.u.any.sa_family == AF_INET6 ? call4(port_of(&bound)) : call(&bound);
        TURN_UNTIL(loop, g.count == 10);
        tn_listener_close(l);
        tn_loop_free(loop);
        assert_int_equal(g.closes, 1);
        assert_int_equal(f.live_blocks, 0);
        close_all(&g);
        for (int k = 0; k < 10; k++)
            close(callers[k]);
        tn_listen_close(fd, &bound);
    }
}

static void several_loops_share_a_descriptor(void **state)
{
    (void)state;
    tn_loop *const a = net_loop(NULL), *const b = net_loop(NULL);
    tn_addr bound;
    const int fd = open_at("127.0.0.1:0", &bound, NULL);
    guests ga = { 0 }, gb = { 0 };
    tn_listener *const la = tn_listener_new(a, fd, &events, &ga, NULL);
    tn_listener *const lb = tn_listener_new(b, fd, &events, &gb, NULL);
    const int one = call(&bound);
    TURN_UNTIL(b, gb.count == 1);
    tn_loop_step(a, 0); /* woken for nothing */
    assert_int_equal(ga.count, 0);
    tn_listener_close(lb);
    tn_loop_free(b);
    const int two = call(&bound);
    TURN_UNTIL(a, ga.count == 1);
    tn_listener_close(la);
    tn_loop_free(a);
    close_all(&ga);
    close_all(&gb);
    close(one);
    close(two);
    tn_listen_close(fd, &bound);
}

static void a_listener_may_be_closed_in_its_event(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    tn_addr bound;
    const int fd = open_at("127.0.0.1:0", &bound, NULL);
    guests g = { 0 };
    g.close_after_first = tn_listener_new(loop, fd, &events, &g, NULL);
    const int one = call(&bound), two = call(&bound);
    TURN_UNTIL(loop, g.closes == 1);
    assert_int_equal(g.count, 1);
    tn_loop_free(loop);
    close_all(&g);
    close(one);
    close(two);
    tn_listen_close(fd, &bound);
}

/* In a child of its own: descriptors run out, and come back. */
static void run_out_of_descriptors(void)
{
    tn_failing_env f;
    tn_failing_env_init(&f);
    f.env.log = count_line;
    tn_loop *const loop = tn_loop_new(&f.env, NULL);
    tn_addr bound;
    const int fd = open_at("127.0.0.1:0", &bound, NULL);
    guests g = { 0 };
    tn_listener *const l = tn_listener_new(loop, fd, &events, &g, NULL);
    CHECK(l);
    int callers[4];
    for (int i = 0; i < 4; i++)
        CHECK((callers[i] = call(&bound)) >= 0);
    /* Room for two more. */
    const int spare[] = { dup(0), dup(0) };
    CHECK(net_limit_fds(spare[1] + 1));
    CHECK(dup(0) == -1 && errno == EMFILE);

    /* 60 s go by: the waits grow from 10 ms to 1 s, so few tries; a line in 10 s, no spinning. */
    for (uint64_t end = f.clock + 60000 * MS; f.clock < end; f.clock += 10 * MS)
        tn_loop_step(loop, 0);
    CHECK(g.count == 0);
    CHECK(lines >= 6 && lines <= 7);
    const uint64_t before = net_real_ms();
    tn_loop_step(loop, 30 * MS); /* waits, though connections are there */
    CHECK(net_real_ms() - before >= 20);

    close(spare[0]);
    close(spare[1]);
    for (uint64_t end = f.clock + 1000 * MS; f.clock < end; f.clock += 10 * MS)
        tn_loop_step(loop, 0);
    CHECK(g.count == 2);
    close_all(&g);
    for (uint64_t end = f.clock + 1000 * MS; f.clock < end; f.clock += 10 * MS)
        tn_loop_step(loop, 0);
    CHECK(g.count == 2);
    tn_listener_close(l);
    tn_loop_free(loop);
    CHECK(f.live_blocks == 0);
    _exit(0);
}

static void running_out_of_descriptors_backs_off(void **state)
{
    (void)state;
    /* valgrind plays the limit itself: it takes the connection, and throws it away. */
    const char *const preload = getenv("LD_PRELOAD");
    if (preload && strstr(preload, "vgpreload"))
        skip();
    const pid_t child = fork();
    if (child == 0)
        run_out_of_descriptors();
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static bool listen_and_close(tn_failing_env *f, void *user)
{
    (void)user;
    tern_error err;
    const int before = net_fds();
    tn_loop *const loop = tn_loop_new(&f->env, &err);
    if (!loop)
        return false;
    tn_addr bound;
    const int fd = open_at("127.0.0.1:0", &bound, NULL);
    guests g = { 0 };
    tn_listener *const l = tn_listener_new(loop, fd, &events, &g, &err);
    if (l) {
        const int caller = call(&bound);
        TURN_UNTIL(loop, g.count == 1);
        close(caller);
        close_all(&g);
        tn_listener_close(l);
    } else {
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    }
    tn_loop_free(loop);
    tn_listen_close(fd, &bound);
    assert_int_equal(g.closes, l ? 1 : 0);
    net_expect_fds(before);
    return l != NULL;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(tn_fail_each(listen_and_close, NULL) >= 3);
}

static void what_cannot_be_watched_is_an_error(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    tern_error err;
    const int before = net_fds();
    assert_null(tn_listener_new(loop, 1000000, &events, NULL, &err));
    assert_int_equal(err.sys_errno, EBADF);
    net_expect_fds(before);
    tn_loop_free(loop);
}

int main(void)
{
    alarm(300); /* as ctest: slower is not stuck */
    snprintf(folder, sizeof(folder), "/tmp/tern-listen-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_zero_gives_a_real_port),
        cmocka_unit_test(a_taken_port_says_so),
        cmocka_unit_test(foreign_addresses_are_refused),
        cmocka_unit_test(any6_takes_both_kinds),
        cmocka_unit_test(without_ipv6_any_is_any4),
        cmocka_unit_test(a_unix_socket_comes_and_goes_with_its_file),
        cmocka_unit_test(a_stale_unix_socket_is_replaced_and_nothing_else),
        cmocka_unit_test(abstract_names_leave_no_file),
        cmocka_unit_test(connections_are_accepted),
        cmocka_unit_test(several_loops_share_a_descriptor),
        cmocka_unit_test(a_listener_may_be_closed_in_its_event),
        cmocka_unit_test(running_out_of_descriptors_backs_off),
        cmocka_unit_test(no_memory_is_an_error),
        cmocka_unit_test(what_cannot_be_watched_is_an_error),
    };
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return rc;
}
