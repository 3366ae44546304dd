/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baton_test.c: a loop that is handed from thread to thread, with all it can hold: a listener, a dial,
 * sockets and timers, while signals interrupt every system call.
 */
#include "io/dial.h"
#include "io/listen.h"
#include "io/net.h"
#include "io/socket.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { OCTETS = 3 << 20, THREADS = 2 };

typedef struct scene scene;

/* One end: sends OCTETS of a pattern and reads as many. */
typedef struct side {
    scene *scene;
    tn_socket *socket;
    size_t sent, got;
} side;

struct scene {
    pthread_mutex_t lock; /* who holds it holds the loop */
    tn_loop *loop;
    tn_listener *listener;
    side sides[2]; /* the dialled, the accepted */
    tn_timer timer;
    int ticks, closed;
    int turns[THREADS];
    bool over;
    atomic_bool done;
};

static uint8_t pattern[1 << 16];

/* Closes everything once all octets are there and each thread has had its turns. */
static void finish(scene *k)
{
    if (k->over)
        return;
    for (int i = 0; i < THREADS; i++)
        if (k->turns[i] < 20)
            return;
    for (int i = 0; i < 2; i++)
        if (!k->sides[i].socket || k->sides[i].got < OCTETS || k->sides[i].sent < OCTETS)
            return;
    k->over = true;
    for (int i = 0; i < 2; i++)
        tn_socket_close(k->sides[i].socket, false);
    tn_listener_close(k->listener);
}

static void on_read(void *user, const uint8_t *p, size_t n)
{
    side *const s = user;
    for (size_t i = 0; i < n; i += 509)
        assert_int_equal(p[i], pattern[(s->got + i) % sizeof(pattern)]);
    s->got += n;
}

static void on_read_done(void *user)
{
    side *const s = user;
    finish(s->scene);
}

static size_t on_pull(void *user, tern_bytes *slices, size_t max)
{
    side *const s = user;
    size_t at = s->sent, n = 0;
    while (n < max && at < OCTETS) {
        const size_t in_pattern = at % sizeof(pattern);
        size_t k = sizeof(pattern) - in_pattern;
        if (k > 5000)
            k = 5000;
        if (k > OCTETS - at)
            k = OCTETS - at;
        slices[n++] = (tern_bytes){ pattern + in_pattern, k };
        at += k;
    }
    return n;
}

static void on_sent(void *user, size_t n)
{
    side *const s = user;
    s->sent += n;
}

static void on_ended(void *user, int sys_errno)
{
    (void)user;
    fail_msg("ended with %d", sys_errno);
}

static void on_closed(void *user)
{
    side *const s = user;
    if (++s->scene->closed == 3)
        atomic_store(&s->scene->done, true);
}

static const tn_socket_events socket_events = { .read = on_read,
                                                .read_done = on_read_done,
                                                .pull = on_pull,
                                                .sent = on_sent,
                                                .ended = on_ended,
                                                .closed = on_closed };

static void begin_side(scene *k, int which, int fd)
{
    tern_error err;
    side *const s = &k->sides[which];
    s->scene = k;
    s->socket = tn_socket_new(k->loop, fd, &socket_events, s, &err);
    assert_non_null(s->socket);
    tn_socket_flush(s->socket);
}

static void on_accepted(void *user, int fd, const tn_addr *peer)
{
    (void)peer;
    begin_side(user, 1, fd);
}

static void on_listener_closed(void *user)
{
    on_closed(&((scene *)user)->sides[0]);
}

static const tn_listener_events listener_events = { on_accepted, on_listener_closed };

static void on_dialled(void *user, int fd, const tn_addr *peer, const tern_error *err)
{
    (void)peer;
    assert_int_equal(err->code, TERN_OK);
    begin_side(user, 0, fd);
}

static void on_tick(tn_timer *timer)
{
    scene *const k = (scene *)((char *)timer - offsetof(scene, timer));
    k->ticks++;
    finish(k);
    if (!k->over)
        assert_true(tn_timer_set(k->loop, timer, tn_loop_now(k->loop) + MS / 4));
}

typedef struct driver {
    scene *scene;
    int number;
    pthread_t thread;
} driver;

static void *drive(void *arg)
{
    const driver *const d = arg;
    scene *const k = d->scene;
    while (!atomic_load(&k->done)) {
        pthread_mutex_lock(&k->lock);
        if (!atomic_load(&k->done))
            tn_loop_step(k->loop, MS);
        k->turns[d->number]++;
        pthread_mutex_unlock(&k->lock);
        sched_yield();
    }
    return NULL;
}

static void ignore_signal(int number)
{
    (void)number;
}

static void begin(scene *k)
{
    tern_error err;
    tn_addr addr, bound;
    assert_int_equal(tn_listen_parse(&addr, "127.0.0.1:0", &err), TERN_OK);
    const int fd = tn_listen_open(&addr, &bound, &err);
    assert_true(fd >= 0);
    k->listener = tn_listener_new(k->loop, fd, &listener_events, k, &err);
    assert_non_null(k->listener);
    close(fd); /* the listener has its own */
    char text[TN_ADDR_TEXT];
    tn_target target;
    tn_addr_format(&bound, text);
    assert_int_equal(tn_target_parse(&target, text, &err), TERN_OK);
    assert_non_null(tn_dial_new(k->loop, &target, UINT64_MAX, on_dialled, k));
    k->timer.fire = on_tick;
    assert_true(tn_timer_set(k->loop, &k->timer, tn_loop_now(k->loop)));
}

static void threads_drive_sockets_by_turns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 31 + i / 251);
    /* Without SA_RESTART: calls end with EINTR. */
    const struct sigaction interrupting = { .sa_handler = ignore_signal };
    sigaction(SIGUSR1, &interrupting, NULL);
    scene k = { .lock = PTHREAD_MUTEX_INITIALIZER, .loop = net_loop(NULL) };
    begin(&k);
    driver drivers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        drivers[i] = (driver){ .scene = &k, .number = i };
        assert_int_equal(pthread_create(&drivers[i].thread, NULL, drive, &drivers[i]), 0);
    }
    while (!atomic_load(&k.done)) {
        for (int i = 0; i < THREADS; i++)
            pthread_kill(drivers[i].thread, SIGUSR1);
        usleep(50);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(drivers[i].thread, NULL);
    assert_true(k.ticks > 0);
    assert_int_equal(k.closed, 3);
    tn_loop_free(k.loop);
}

int main(void)
{
    alarm(300); /* as ctest: slower is not stuck */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_drive_sockets_by_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
