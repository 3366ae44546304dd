/* SPDX-License-Identifier: Apache-2.0 */
/* socket_test.c: bytes both ways over Unix and TCP sockets, back-pressure, every way to end. */
#include "io/net.h"
#include "io/socket.h"
#include <signal.h>

/* An owner that sends `to_send` bytes of a pattern and checks that the peer's are the same pattern. */
typedef struct owner {
    tn_socket *socket;
    size_t to_send, sent, got;
    size_t slice; /* bytes a slice; 0 = 1000 */
    int reads, dones, ends, closes, end_errno, pulls;
    bool close_on_read, close_on_end, close_on_sent, orderly;
    bool pause_on_read;
    bool flush_on_done;
} owner;

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 31 + i / 251);
}

enum { PATTERN_PERIOD = 251 * 256 };
static uint8_t pattern_bytes[PATTERN_PERIOD * 2];

static void on_read(void *user, const uint8_t *p, size_t n)
{
    owner *const o = user;
    assert_int_equal(o->closes, 0);
    o->reads++;
    for (size_t i = 0; i < n; i += 997)
        assert_int_equal(p[i], pattern(o->got + i));
    o->got += n;
    if (o->pause_on_read)
        tn_socket_pause(o->socket, true);
    if (o->close_on_read)
        tn_socket_close(o->socket, o->orderly);
}

static void on_read_done(void *user)
{
    owner *const o = user;
    o->dones++;
    if (o->flush_on_done)
        tn_socket_flush(o->socket);
}

static size_t on_pull(void *user, tern_bytes *slices, size_t max)
{
    owner *const o = user;
    o->pulls++;
    size_t n = 0, at = o->sent;
    const size_t each = o->slice ? o->slice : 1000;
    while (n < max && at < o->to_send) {
        const size_t left = o->to_send - at;
        slices[n].p = pattern_bytes + at % PATTERN_PERIOD;
        slices[n].n = left < each ? left : each;
        at += slices[n++].n;
    }
    return n;
}

static void on_sent(void *user, size_t n)
{
    owner *const o = user;
    o->sent += n;
    if (o->close_on_sent)
        tn_socket_close(o->socket, o->orderly);
}

static void on_ended(void *user, int sys_errno)
{
    owner *const o = user;
    o->ends++;
    o->end_errno = sys_errno;
    if (o->close_on_end)
        tn_socket_close(o->socket, o->orderly);
}

static void on_closed(void *user)
{
    owner *const o = user;
    o->closes++;
    o->socket = NULL;
}

static const tn_socket_events events = { .read = on_read,
                                         .read_done = on_read_done,
                                         .pull = on_pull,
                                         .sent = on_sent,
                                         .ended = on_ended,
                                         .closed = on_closed };

static void own(owner *o, tn_loop *loop, int fd)
{
    tern_error err;
    o->socket = tn_socket_new(loop, fd, &events, o, &err);
    assert_non_null(o->socket);
}

/* From a blocking descriptor: at most what fits into the system's buffers. */
static void write_pattern(int fd, size_t from, size_t n)
{
    assert_true(n <= 50000);
    assert_int_equal(send(fd, pattern_bytes + from % PATTERN_PERIOD, n, MSG_NOSIGNAL), n);
}

/* Any amount, while the loop takes it. */
static void feed_pattern(tn_loop *loop, int fd, size_t n)
{
    size_t at = 0;
    while (at < n) {
        const size_t most = n - at < 50000 ? n - at : 50000;
        const ssize_t done =
            send(fd, pattern_bytes + at % PATTERN_PERIOD, most, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (done > 0)
            at += (size_t)done;
        else
            tn_loop_step(loop, 1 * MS);
    }
}

static size_t read_pattern(int fd, size_t from)
{
    uint8_t buffer[4096];
    const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
    assert_true(n >= 0);
    assert_memory_equal(buffer, pattern_bytes + from % PATTERN_PERIOD, (size_t)n);
    return (size_t)n;
}

/* ---- transfer ---- */

static void small_messages_cost_one_event_each(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    int fds[2];
    net_pair(true, fds);
    owner o = { .to_send = 100, .flush_on_done = true };
    own(&o, loop, fds[0]);
    assert_true(net_is_nonblocking(fds[0]));
    tn_loop_step(loop, 0);
    assert_int_equal(o.pulls, 0); /* nobody asked */

    write_pattern(fds[1], 0, 10);
    TURN_UNTIL(loop, o.sent == 100);
    assert_int_equal(o.reads, 1);
    assert_int_equal(o.dones, 1);
    assert_int_equal(o.got, 10);
    assert_int_equal(o.pulls, 2); /* the bytes, and that there are no more */
    assert_int_equal(read_pattern(fds[1], 0), 100);

    tn_socket_flush(o.socket);
    tn_socket_flush(o.socket);
    tn_loop_step(loop, 0);
    assert_int_equal(o.pulls, 3);

    o.to_send = 150;
    tn_socket_flush_now(o.socket);
    assert_int_equal(o.sent, 150);
    assert_int_equal(read_pattern(fds[1], 100), 50);

    tn_socket_close(o.socket, false);
    tn_loop_free(loop);
    assert_int_equal(o.closes, 1);
    close(fds[1]);
}

static void large_transfers_run_both_ways_at_once(void **state)
{
    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        tn_loop *const loop = net_loop(NULL);
        int fds[2];
        net_pair(tcp, fds);
        owner a = { .to_send = 10u << 20, .slice = 16384 }, b = { .to_send = 8u << 20 };
        own(&a, loop, fds[0]);
        own(&b, loop, fds[1]);
        tn_socket_flush(a.socket);
        tn_socket_flush(b.socket);
        TURN_UNTIL(loop, a.got == b.to_send && b.got == a.to_send);
        tn_socket_close(a.socket, true);
        TURN_UNTIL(loop, b.ends == 1);
        assert_int_equal(b.end_errno, 0);
        tn_socket_close(b.socket, true);
        tn_loop_free(loop);
        assert_int_equal(a.closes + b.closes, 2);
    }
}

static void a_peer_that_does_not_read_stops_the_pulls(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    int fds[2];
    net_pair(false, fds);
    owner o = { .to_send = 8u << 20 };
    own(&o, loop, fds[0]);
    tn_socket_flush(o.socket);
    for (int i = 0; i < 20; i++)
        tn_loop_step(loop, 0);
    const size_t stuck = o.sent;
    const int pulls = o.pulls;
    assert_in_range(stuck, 1, o.to_send - 1);
    tn_loop_step(loop, 10 * MS); /* waits: a full socket is no event */
    assert_int_equal(o.pulls, pulls);
    size_t got = 0;
    while (got < o.to_send) {
        got += read_pattern(fds[1], got);
        tn_loop_step(loop, 0);
    }
    assert_int_equal(o.sent, o.to_send);
    tn_socket_close(o.socket, false);
    tn_loop_free(loop);
    close(fds[1]);
}

static void a_paused_socket_reads_nothing(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    int fds[2];
    net_pair(true, fds);
    owner o = { .pause_on_read = true };
    own(&o, loop, fds[0]);
    write_pattern(fds[1], 0, 100);
    TURN_UNTIL(loop, o.got == 100);
    write_pattern(fds[1], 100, 100);
    shutdown(fds[1], SHUT_WR);
    for (int i = 0; i < 5; i++)
        tn_loop_step(loop, 1 * MS);
    assert_int_equal(o.got, 100);
    assert_int_equal(o.ends, 0);
    o.pause_on_read = false;
    tn_socket_pause(o.socket, false);
    TURN_UNTIL(loop, o.ends == 1);
    assert_int_equal(o.got, 200);
    tn_socket_close(o.socket, false);
    tn_loop_free(loop);
    close(fds[1]);
}

static void one_busy_socket_leaves_the_others_their_turn(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    int busy[2], calm[2];
    net_pair(false, busy);
    net_pair(false, calm);
    owner b = { 0 }, c = { 0 };
    own(&b, loop, busy[0]);
    own(&c, loop, calm[0]);
    const int size = 1 << 20;
    setsockopt(busy[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    fcntl(busy[1], F_SETFL, O_NONBLOCK);
    ssize_t put = 0, n;
    while ((n = send(busy[1], pattern_bytes + put % PATTERN_PERIOD, 8192, MSG_NOSIGNAL)) > 0)
        put += n;
    assert_true(put > 65536);
    write_pattern(calm[1], 0, 10);
    tn_loop_step(loop, UINT64_MAX);
    assert_int_equal(c.got, 10);
    assert_true(b.got <= 65536);
    tn_socket_close(b.socket, false);
    tn_socket_close(c.socket, false);
    tn_loop_free(loop);
    close(busy[1]);
    close(calm[1]);
}

/* ---- ends ---- */

static void the_last_bytes_come_before_the_end(void **state)
{
    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        tn_loop *const loop = net_loop(NULL);
        int fds[2];
        net_pair(tcp, fds);
        owner o = { .to_send = 100 };
        own(&o, loop, fds[0]);
        feed_pattern(loop, fds[1], 150000);
        shutdown(fds[1], SHUT_WR);
        TURN_UNTIL(loop, o.ends == 1);
        assert_int_equal(o.got, 150000);
        assert_int_equal(o.end_errno, 0);
        /* The peer still reads: what is left may still be said. */
        tn_socket_flush(o.socket);
        tn_loop_step(loop, 0);
        assert_int_equal(read_pattern(fds[1], 0), 100);
        tn_socket_close(o.socket, true);
        TURN_UNTIL(loop, o.closes == 1);
        assert_int_equal(o.ends, 1);
        tn_loop_free(loop);
        close(fds[1]);
    }
}

static void a_reset_is_told_with_its_errno(void **state)
{
    (void)state;
    for (int busy = 0; busy < 2; busy++) {
        tn_loop *const loop = net_loop(NULL);
        int fds[2];
        net_pair(true, fds);
        owner o = { .to_send = busy ? 64u << 20 : 0, .close_on_end = true };
        own(&o, loop, fds[0]);
        tn_socket_flush(o.socket);
        tn_loop_step(loop, 0);
        net_reset(fds[1]);
        TURN_UNTIL(loop, o.closes == 1);
        assert_int_equal(o.ends, 1);
        assert_true(o.end_errno == ECONNRESET || o.end_errno == EPIPE);
        tn_loop_free(loop);
    }
}

static void a_paused_socket_hears_of_a_failed_send(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    int fds[2];
    net_pair(false, fds);
    owner o = { .to_send = 100, .close_on_end = true };
    own(&o, loop, fds[0]);
    tn_socket_pause(o.socket, true);
    close(fds[1]);
    tn_loop_step(loop, 1 * MS);
    assert_int_equal(o.ends, 0);
    tn_socket_flush_now(o.socket);
    assert_int_equal(o.ends, 0); /* told from the loop, never from a call of ours */
    TURN_UNTIL(loop, o.closes == 1);
    assert_int_equal(o.end_errno, EPIPE);
    tn_loop_free(loop);
}

/* The peer says why, leaves, and our next bytes find it gone: its last word must not be lost. */
static void a_failed_send_is_told_after_the_peers_last_words(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    int fds[2];
    net_pair(false, fds);
    owner o = { .to_send = 100 };
    own(&o, loop, fds[0]);
    write_pattern(fds[1], 0, 50000);
    close(fds[1]);
    tn_socket_flush_now(o.socket);
    assert_int_equal(o.got, 0);
    TURN_UNTIL(loop, o.ends == 1);
    assert_int_equal(o.got, 50000);
    assert_int_equal(o.end_errno, EPIPE);
    assert_true(o.dones > 0);
    tn_socket_flush(o.socket);
    tn_socket_close(o.socket, true);
    tn_loop_free(loop);
    assert_int_equal(o.closes, 1);
}

static void writing_to_a_closed_peer_raises_no_signal(void **state)
{
    (void)state;
    struct sigaction before;
    assert_int_equal(sigaction(SIGPIPE, NULL, &before), 0);
    assert_true(before.sa_handler == SIG_DFL);
    for (int i = 0; i < 50; i++) {
        tn_loop *const loop = net_loop(NULL);
        int fds[2];
        net_pair(i % 2, fds);
        owner o = { .to_send = 1u << 20, .close_on_end = true };
        own(&o, loop, fds[0]);
        close(fds[1]);
        tn_socket_flush(o.socket);
        TURN_UNTIL(loop, o.closes == 1);
        tn_loop_free(loop);
    }
}

static void an_orderly_close_delivers_what_was_sent(void **state)
{
    (void)state;
    /* We have not read all that the peer sent: closing at once would reset, and lose our bytes. */
    tn_loop *const loop = net_loop(NULL);
    int fds[2];
    net_pair(true, fds);
    owner o = { .to_send = 40000 };
    own(&o, loop, fds[0]);
    write_pattern(fds[1], 0, 50000);
    tn_socket_flush_now(o.socket);
    assert_int_equal(o.sent, o.to_send);
    tn_socket_close(o.socket, true);
    tn_loop_step(loop, 1 * MS);
    assert_int_equal(o.closes, 0);
    size_t got = 0, n;
    while ((n = read_pattern(fds[1], got)) > 0)
        got += n;
    assert_int_equal(got, 40000);
    write_pattern(fds[1], 0, 1000); /* still taken */
    close(fds[1]);
    TURN_UNTIL(loop, o.closes == 1);
    assert_int_equal(o.reads, 0);
    assert_int_equal(o.ends, 0);
    tn_loop_free(loop);
}

static void an_orderly_close_waits_a_second_at_most(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = net_loop(&f.env);
    int fds[2];
    net_pair(true, fds);
    owner o = { 0 };
    own(&o, loop, fds[0]);
    tn_socket_close(o.socket, true);
    f.clock += 999 * MS;
    for (int i = 0; i < 3; i++)
        tn_loop_step(loop, 0);
    assert_int_equal(o.closes, 0);
    f.clock += 1 * MS;
    for (int i = 0; i < 3; i++)
        tn_loop_step(loop, 0);
    assert_int_equal(o.closes, 1);
    tn_loop_free(loop);
    assert_int_equal(f.live_blocks, 0);
    close(fds[1]);
}

static void a_socket_may_be_closed_in_any_event(void **state)
{
    (void)state;
    for (int how = 0; how < 8; how++) {
        tn_failing_env f;
        tn_failing_env_init(&f);
        tn_loop *const loop = net_loop(&f.env);
        int fds[2];
        net_pair(how & 4, fds);
        owner o = { .to_send = 1u << 20 };
        o.close_on_read = (how & 3) == 0;
        o.close_on_sent = (how & 3) == 1;
        o.close_on_end = (how & 3) == 2;
        own(&o, loop, fds[0]);
        write_pattern(fds[1], 0, 100);
        if ((how & 3) == 2)
            close(fds[1]);
        tn_socket_flush(o.socket);
        if ((how & 3) == 3) { /* between flush and turn */
            tn_socket_close(o.socket, false);
            assert_int_equal(fcntl(fds[0], F_GETFD), -1);
        }
        TURN_UNTIL(loop, o.closes == 1);
        tn_loop_free(loop);
        assert_int_equal(f.live_blocks, 0);
        if ((how & 3) != 2)
            close(fds[1]);
    }
}

/* A descriptor number that was closed and given out again within one turn. */
static void a_descriptor_may_be_reused_at_once(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    int fds[2], again[2];
    net_pair(false, fds);
    owner o = { 0 }, p = { 0 };
    own(&o, loop, fds[0]);
    write_pattern(fds[1], 0, 10);
    tn_loop_step(loop, 0);
    write_pattern(fds[1], 10, 10);
    tn_socket_close(o.socket, false);
    net_pair(false, again);
    assert_int_equal(again[0], fds[0]);
    own(&p, loop, again[0]);
    write_pattern(again[1], 0, 30);
    TURN_UNTIL(loop, p.got == 30);
    assert_int_equal(o.got, 10);
    tn_socket_close(p.socket, false);
    tn_loop_free(loop);
    close(fds[1]);
    close(again[1]);
}

static void many_sockets_on_one_loop(void **state)
{
    (void)state;
    enum { PAIRS = 100 };
    tn_loop *const loop = net_loop(NULL);
    static owner owners[PAIRS * 2];
    memset(owners, 0, sizeof(owners));
    for (int i = 0; i < PAIRS; i++) {
        int fds[2];
        net_pair(i % 2, fds);
        for (int k = 0; k < 2; k++) {
            owner *const o = &owners[i * 2 + k];
            *o = (owner){ .to_send = 10000 + (size_t)i * 100,
                          .close_on_end = true,
                          .orderly = true };
            own(o, loop, fds[k]);
            tn_socket_flush(o->socket);
        }
    }
    for (int i = 0; i < PAIRS; i++)
        TURN_UNTIL(loop, owners[i * 2].got == owners[i * 2 + 1].to_send &&
                             owners[i * 2 + 1].got == owners[i * 2].to_send);
    for (int i = 0; i < PAIRS; i++)
        tn_socket_close(owners[i * 2].socket, true);
    for (int i = 0; i < PAIRS; i++)
        TURN_UNTIL(loop, owners[i * 2 + 1].closes == 1);
    tn_loop_free(loop);
    for (int i = 0; i < PAIRS * 2; i++)
        assert_int_equal(owners[i].closes, 1);
}

/* ---- bad input ---- */

static void what_is_no_socket_is_an_error(void **state)
{
    (void)state;
    tn_loop *const loop = net_loop(NULL);
    const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* epoll takes no files */
    assert_true(file >= 0);
    owner o = { 0 };
    tern_error err;
    assert_null(tn_socket_new(loop, file, &events, &o, &err));
    assert_int_equal(err.code, TERN_INTERNAL);
    assert_int_equal(fcntl(file, F_GETFD), -1);
    tn_loop_free(loop);
}

static bool talk_and_close(tn_failing_env *f, void *user)
{
    (void)user;
    tern_error err;
    const int before = net_fds();
    tn_loop *const loop = tn_loop_new(&f->env, &err);
    if (!loop)
        return false;
    int fds[2];
    net_pair(false, fds);
    owner o = { .to_send = 100 };
    o.socket = tn_socket_new(loop, fds[0], &events, &o, &err);
    const bool made = o.socket != NULL;
    if (made) {
        write_pattern(fds[1], 0, 10);
        tn_socket_flush(o.socket);
        TURN_UNTIL(loop, o.sent == 100 && o.got == 10);
        tn_socket_close(o.socket, true); /* closes at once without memory for the timer */
    } else {
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    }
    close(fds[1]);
    tn_loop_free(loop);
    assert_int_equal(o.closes, made ? 1 : 0);
    net_expect_fds(before);
    return made;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(tn_fail_each(talk_and_close, NULL) >= 3);
}

int main(void)
{
    alarm(300); /* as ctest: slower is not stuck */
    for (size_t i = 0; i < sizeof(pattern_bytes); i++)
        pattern_bytes[i] = pattern(i % PATTERN_PERIOD);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_messages_cost_one_event_each),
        cmocka_unit_test(large_transfers_run_both_ways_at_once),
        cmocka_unit_test(a_peer_that_does_not_read_stops_the_pulls),
        cmocka_unit_test(a_paused_socket_reads_nothing),
        cmocka_unit_test(one_busy_socket_leaves_the_others_their_turn),
        cmocka_unit_test(the_last_bytes_come_before_the_end),
        cmocka_unit_test(a_reset_is_told_with_its_errno),
        cmocka_unit_test(a_paused_socket_hears_of_a_failed_send),
        cmocka_unit_test(a_failed_send_is_told_after_the_peers_last_words),
        cmocka_unit_test(writing_to_a_closed_peer_raises_no_signal),
        cmocka_unit_test(an_orderly_close_delivers_what_was_sent),
        cmocka_unit_test(an_orderly_close_waits_a_second_at_most),
        cmocka_unit_test(a_socket_may_be_closed_in_any_event),
        cmocka_unit_test(a_descriptor_may_be_reused_at_once),
        cmocka_unit_test(many_sockets_on_one_loop),
        cmocka_unit_test(what_is_no_socket_is_an_error),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
