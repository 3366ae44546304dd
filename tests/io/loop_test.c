/* SPDX-License-Identifier: Apache-2.0 */
/* loop_test.c: turns, timers under a virtual clock, posts from threads, stopping, deferring. */
#include "io/loop.h"
#include "support/fail.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static uint64_t real_ms(void)
{
    return tn_now(tn_env_of(NULL)) / MS;
}

static char trace[256];

static void note(char c)
{
    const size_t n = strlen(trace);
    if (n + 1 < sizeof(trace)) {
        trace[n] = c;
        trace[n + 1] = '\0';
    }
}

static tn_loop *new_loop(const tern_env *env)
{
    tern_error err;
    tn_loop *const loop = tn_loop_new(env, &err);
    assert_non_null(loop);
    assert_int_equal(err.code, TERN_OK);
    trace[0] = '\0';
    return loop;
}

/* ---- timers ---- */

typedef struct named_timer {
    tn_timer timer;
    tn_loop *loop;
    char name;
    uint64_t again; /* ns, 0 = once */
    tn_timer *stops;
} named_timer;

static void fire_named(tn_timer *timer)
{
    named_timer *const t = (named_timer *)timer;
    note(t->name);
    if (t->stops)
        tn_timer_stop(t->loop, t->stops);
    if (t->again)
        assert_true(tn_timer_set(t->loop, timer, tn_loop_now(t->loop) + t->again));
}

static named_timer named(tn_loop *loop, char name)
{
    return (named_timer){ .timer.fire = fire_named, .loop = loop, .name = name };
}

static void timers_fire_in_order_of_the_virtual_clock(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = new_loop(&f.env);
    named_timer a = named(loop, 'a'), b = named(loop, 'b'), c = named(loop, 'c'),
                d = named(loop, 'd');
    assert_int_equal(tn_loop_now(loop), f.clock);
    const uint64_t t0 = f.clock;
    assert_true(tn_timer_set(loop, &c.timer, t0 + 30 * MS));
    assert_true(tn_timer_set(loop, &a.timer, t0 + 10 * MS));
    assert_true(tn_timer_set(loop, &b.timer, t0 + 20 * MS));
    assert_true(tn_timer_set(loop, &d.timer, t0 + 5 * MS));
    assert_true(tn_timer_set(loop, &d.timer, t0 + 40 * MS)); /* moved */

    tn_loop_step(loop, 0);
    assert_string_equal(trace, "");
    f.clock = t0 + 10 * MS - 1;
    tn_loop_step(loop, 0);
    assert_string_equal(trace, "");
    f.clock = t0 + 10 * MS;
    tn_loop_step(loop, UINT64_MAX); /* something is due: does not wait */
    assert_string_equal(trace, "a");
    f.clock = t0 + 100 * MS;
    tn_timer_stop(loop, &b.timer);
    tn_timer_stop(loop, &b.timer);
    tn_loop_step(loop, UINT64_MAX);
    assert_string_equal(trace, "acd");
    tn_loop_free(loop);
    assert_int_equal(f.live_blocks, 0);
}

static void a_timer_may_set_itself_and_stop_others(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = new_loop(&f.env);
    named_timer a = named(loop, 'a'), b = named(loop, 'b');
    a.again = 10 * MS;
    a.stops = &b.timer;
    assert_true(tn_timer_set(loop, &a.timer, f.clock + 1));
    assert_true(tn_timer_set(loop, &b.timer, f.clock + 2));
    for (int i = 0; i < 4; i++) {
        f.clock += 10 * MS;
        tn_loop_step(loop, 0);
    }
    assert_string_equal(trace, "aaaa");
    tn_timer_stop(loop, &a.timer);
    tn_loop_free(loop);
}

static int fired;

static void count_fire(tn_timer *timer)
{
    (void)timer;
    fired++;
}

static void timers_late_in_bulk_share_turns(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = new_loop(&f.env);
    static tn_timer timers[700];
    memset(timers, 0, sizeof(timers));
    for (size_t i = 0; i < 700; i++) {
        timers[i].fire = count_fire;
        assert_true(tn_timer_set(loop, &timers[i], f.clock + i));
    }
    f.clock += MS;
    fired = 0;
    tn_loop_step(loop, UINT64_MAX);
    assert_int_equal(fired, 256);
    tn_loop_step(loop, UINT64_MAX);
    assert_int_equal(fired, 512);
    tn_loop_step(loop, UINT64_MAX);
    assert_int_equal(fired, 700);
    tn_loop_free(loop);
}

static void a_step_ends_at_the_next_timer_or_its_timeout(void **state)
{
    (void)state;
    tn_loop *const loop = new_loop(NULL);
    named_timer a = named(loop, 'a');
    uint64_t t0 = real_ms();
    while (real_ms() < t0 + 20)
        tn_loop_step(loop, 20 * MS);
    assert_true(real_ms() - t0 < 1000);

    const uint64_t at = tn_loop_now(loop) + 20 * MS;
    assert_true(tn_timer_set(loop, &a.timer, at));
    t0 = real_ms();
    while (!trace[0])
        tn_loop_step(loop, UINT64_MAX);
    assert_true(tn_loop_now(loop) >= at);
    assert_true(real_ms() - t0 < 1000);

    /* A nearer timer cuts a wait short that was set for a farther one. */
    named_timer far = named(loop, 'f');
    assert_true(tn_timer_set(loop, &far.timer, tn_loop_now(loop) + 60000 * MS));
    tn_loop_step(loop, 0);
    tn_loop_step(loop, 1 * MS);
    assert_true(tn_timer_set(loop, &a.timer, tn_loop_now(loop) + 10 * MS));
    t0 = real_ms();
    while (!trace[1])
        tn_loop_step(loop, UINT64_MAX);
    assert_string_equal(trace, "aa");
    assert_true(real_ms() - t0 < 1000);
    tn_timer_stop(loop, &far.timer);
    tn_loop_free(loop);
}

/* ---- order within a turn ---- */

typedef struct named_task {
    tn_task task;
    tn_loop *loop;
    char name;
    int again;
} named_task;

static void run_named(tn_task *task)
{
    named_task *const t = (named_task *)task;
    note(t->name);
    if (t->again-- > 0)
        tn_loop_defer(t->loop, task);
}

static void run_and_defer(tn_task *task)
{
    named_task *const t = (named_task *)task;
    note(t->name);
    t->task.run = run_named;
    t->name = 'D';
    tn_loop_defer(t->loop, task);
}

static void a_turn_runs_posts_then_timers_then_what_was_deferred(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = new_loop(&f.env);
    named_task p = { { .run = run_and_defer }, loop, 'p', 0 };
    named_task q = { { .run = run_named }, loop, 'q', 0 };
    named_task before = { { .run = run_named }, loop, 'b', 0 };
    named_timer t = named(loop, 't');
    assert_true(tn_timer_set(loop, &t.timer, f.clock));
    tn_loop_post(loop, &p.task);
    tn_loop_post(loop, &q.task);
    tn_loop_defer(loop, &before.task);
    tn_loop_step(loop, UINT64_MAX);
    assert_string_equal(trace, "bpqtD");
    tn_loop_free(loop);
}

static void a_turn_does_not_wait_after_what_was_deferred_before_it(void **state)
{
    (void)state;
    tn_loop *const loop = new_loop(NULL);
    named_task a = { { .run = run_named }, loop, 'a', 0 };
    tn_loop_defer(loop, &a.task);
    tn_loop_step(loop, UINT64_MAX); /* nothing else will ever wake it */
    assert_string_equal(trace, "a");
    tn_loop_free(loop);
}

static void tasks_that_defer_themselves_do_not_hold_the_turn(void **state)
{
    (void)state;
    tn_loop *const loop = new_loop(NULL);
    named_task a = { { .run = run_named }, loop, 'a', 100 };
    tn_loop_defer(loop, &a.task);
    tn_loop_step(loop, UINT64_MAX);
    assert_in_range(strlen(trace), 1, 20);
    for (int i = 0; i < 100; i++)
        tn_loop_step(loop, 0);
    assert_int_equal(strlen(trace), 101);
    tn_loop_free(loop);
}

static void freeing_a_loop_runs_what_is_posted(void **state)
{
    (void)state;
    tn_loop *const loop = new_loop(NULL);
    named_task a = { { .run = run_and_defer }, loop, 'a', 0 };
    tn_loop_post(loop, &a.task);
    tn_loop_free(loop);
    assert_string_equal(trace, "aD");
    tn_loop_free(NULL);
}

/* ---- threads and signals ---- */

enum { POSTERS = 4, POSTS = 3000 };

typedef struct numbered_task {
    tn_task task;
    struct poster *poster;
    int number;
} numbered_task;

typedef struct poster {
    tn_loop *loop;
    numbered_task tasks[POSTS];
    int seen; /* the loop's */
    int index;
} poster;

static void run_numbered(tn_task *task)
{
    numbered_task *const t = (numbered_task *)task;
    assert_int_equal(t->number, t->poster->seen);
    t->poster->seen++;
    int total = 0;
    if (t->number == POSTS - 1) {
        poster *const all = t->poster - t->poster->index;
        for (int i = 0; i < POSTERS; i++)
            total += all[i].seen;
        if (total == POSTERS * POSTS)
            tn_loop_stop(t->poster->loop);
    }
}

static void *post_all(void *arg)
{
    poster *const p = arg;
    for (int i = 0; i < POSTS; i++) {
        p->tasks[i] = (numbered_task){ { .run = run_numbered }, p, i };
        tn_loop_post(p->loop, &p->tasks[i].task);
        if (i % 512 == 511)
            usleep(200);
    }
    return NULL;
}

static void posts_of_many_threads_all_run_in_order(void **state)
{
    (void)state;
    static poster posters[POSTERS];
    tn_loop *const loop = new_loop(NULL);
    pthread_t threads[POSTERS];
    for (int i = 0; i < POSTERS; i++) {
        posters[i].loop = loop;
        posters[i].index = i;
        posters[i].seen = 0;
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
    }
    tn_loop_run(loop);
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(posters[i].seen, POSTS);
    }
    tn_loop_free(loop);
}

typedef struct ping {
    tn_task task;
    tn_loop *from, *to;
    int left;
} ping;

static void run_ping(tn_task *task)
{
    ping *const p = (ping *)task;
    tn_loop *const here = p->to;
    if (p->left-- == 0) {
        tn_loop_stop(p->from);
        tn_loop_stop(p->to);
        return;
    }
    p->to = p->from;
    p->from = here;
    tn_loop_post(p->to, task);
}

static void *run_loop(void *arg)
{
    tn_loop_run(arg);
    return NULL;
}

/* Each post finds the other loop asleep or about to be: a lost wake would hang. */
static void two_loops_play_ping_pong(void **state)
{
    (void)state;
    tn_loop *const a = new_loop(NULL), *const b = new_loop(NULL);
    ping p = { .task.run = run_ping, .from = a, .to = b, .left = 5000 };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_loop, b), 0);
    tn_loop_post(b, &p.task);
    tn_loop_run(a);
    pthread_join(thread, NULL);
    tn_loop_free(a);
    tn_loop_free(b);
}

typedef struct baton {
    pthread_mutex_t lock;
    tn_loop *loop;
    int turns;
    atomic_int done;
    tn_task task;
} baton;

static void *turn_by_turn(void *arg)
{
    baton *const b = arg;
    while (!atomic_load(&b->done)) {
        pthread_mutex_lock(&b->lock);
        assert_false(tn_loop_is_here(b->loop));
        tn_loop_step(b->loop, 1 * MS);
        b->turns++;
        pthread_mutex_unlock(&b->lock);
    }
    return NULL;
}

static void end_baton(tn_task *task)
{
    baton *const b = (baton *)((char *)task - offsetof(baton, task));
    assert_true(tn_loop_is_here(b->loop));
    if (b->turns >= 50)
        atomic_store(&b->done, 1);
    else
        tn_loop_post(b->loop, task);
}

static void threads_may_take_turns(void **state)
{
    (void)state;
    baton b = { .lock = PTHREAD_MUTEX_INITIALIZER, .loop = new_loop(NULL) };
    b.task.run = end_baton;
    tn_loop_post(b.loop, &b.task);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, turn_by_turn, &b), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_true(b.turns >= 50);
    tn_loop_free(b.loop);
}

static void *wake_later(void *arg)
{
    usleep(20000);
    assert_false(tn_loop_is_here(arg));
    tn_loop_wake(arg);
    return NULL;
}

static void a_wake_ends_a_wait_or_the_next_one(void **state)
{
    (void)state;
    tn_loop *const loop = new_loop(NULL);
    tn_loop_wake(loop);
    tn_loop_step(loop, UINT64_MAX);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_later, loop), 0);
    tn_loop_step(loop, UINT64_MAX);
    pthread_join(thread, NULL);
    tn_loop_free(loop);
}

static tn_loop *to_stop;

static atomic_uint signals_seen;

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals_seen, 1);
    const int before = errno;
    errno = EDOM;
    tn_loop_stop(to_stop);
    if (errno != EDOM)
        _exit(9);
    errno = before;
}

static atomic_bool running;

static void *run_to_stop(void *arg)
{
    (void)arg;
    atomic_store(&running, true);
    tn_loop_run(to_stop);
    return NULL;
}

static void a_signal_handler_may_stop_the_loop(void **state)
{
    (void)state;
    to_stop = new_loop(NULL);
    const struct sigaction action = { .sa_handler = on_signal };
    struct sigaction before;
    assert_int_equal(sigaction(SIGVTALRM, &action, &before), 0);
    for (unsigned i = 0; i < 20; i++) {
        pthread_t thread;
        atomic_store(&running, false);
        assert_int_equal(pthread_create(&thread, NULL, run_to_stop, NULL), 0);
        while (!atomic_load(&running))
            sched_yield();
        if (i > 0)
            usleep(i * 50); /* before it runs, as it begins, and while it waits */
        /* Once is enough, but TSan keeps a signal back now and then. */
        const unsigned seen = atomic_load(&signals_seen);
        for (int k = 0; atomic_load(&signals_seen) == seen; k++) {
            if (k % 100 == 0)
                assert_int_equal(pthread_kill(thread, SIGVTALRM), 0);
            usleep(1000);
        }
        pthread_join(thread, NULL);
    }
    assert_int_equal(sigaction(SIGVTALRM, &before, NULL), 0);

    tn_loop_stop(to_stop);
    tn_loop_stop(to_stop);
    tn_loop_run(to_stop); /* returns at once */
    tn_loop_free(to_stop);
}

static void a_foreign_loop_sees_posts_and_timers(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_loop *const loop = new_loop(&f.env);
    tn_loop_step(loop, 0);
    assert_true(tn_loop_timeout(loop) == UINT64_MAX);
    named_timer a = named(loop, 'a');
    assert_true(tn_timer_set(loop, &a.timer, f.clock + 70 * MS));
    assert_int_equal(tn_loop_timeout(loop), 70 * MS);

    struct pollfd pfd = { .fd = tn_loop_fd(loop), .events = POLLIN };
    assert_int_equal(poll(&pfd, 1, 0), 0);
    named_task t = { { .run = run_named }, loop, 'p', 0 };
    tn_loop_post(loop, &t.task);
    assert_int_equal(poll(&pfd, 1, 1000), 1);
    assert_int_equal(tn_loop_timeout(loop), 0);
    tn_loop_step(loop, 0);
    assert_string_equal(trace, "p");
    assert_int_equal(poll(&pfd, 1, 0), 0);
    tn_timer_stop(loop, &a.timer);
    tn_loop_free(loop);
}

/* ---- memory ---- */

static bool make_and_free(tn_failing_env *f, void *user)
{
    (void)user;
    tern_error err;
    tn_loop *const loop = tn_loop_new(&f->env, &err);
    if (!loop) {
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
        return false;
    }
    tn_timer timer = { .fire = count_fire };
    const bool set = tn_timer_set(loop, &timer, f->clock);
    fired = 0;
    tn_loop_step(loop, 0);
    assert_int_equal(fired, set ? 1 : 0);
    tn_loop_free(loop);
    return set;
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(tn_fail_each(make_and_free, NULL) >= 2);
}

int main(void)
{
    alarm(300); /* as ctest: slower is not stuck */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_of_the_virtual_clock),
        cmocka_unit_test(a_timer_may_set_itself_and_stop_others),
        cmocka_unit_test(timers_late_in_bulk_share_turns),
        cmocka_unit_test(a_step_ends_at_the_next_timer_or_its_timeout),
        cmocka_unit_test(a_turn_runs_posts_then_timers_then_what_was_deferred),
        cmocka_unit_test(a_turn_does_not_wait_after_what_was_deferred_before_it),
        cmocka_unit_test(tasks_that_defer_themselves_do_not_hold_the_turn),
        cmocka_unit_test(freeing_a_loop_runs_what_is_posted),
        cmocka_unit_test(posts_of_many_threads_all_run_in_order),
        cmocka_unit_test(two_loops_play_ping_pong),
        cmocka_unit_test(threads_may_take_turns),
        cmocka_unit_test(a_wake_ends_a_wait_or_the_next_one),
        cmocka_unit_test(a_signal_handler_may_stop_the_loop),
        cmocka_unit_test(a_foreign_loop_sees_posts_and_timers),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
