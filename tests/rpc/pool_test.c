/* SPDX-License-Identifier: Apache-2.0 */
/* pool_test.c: jobs run once each, the queue is bounded, kicks are batched, the end waits for all. */
#include "rpc/pool.h"
#include "support/fail.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

typedef struct counter {
    tn_job job;
    atomic_int *runs;
    atomic_bool *hold;
} counter;

static void nap(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void run(tn_job *job)
{
    counter *c = (counter *)job;
    while (c->hold && atomic_load(c->hold))
        nap();
    atomic_fetch_add(c->runs, 1);
}

static void until(const atomic_int *runs, int n)
{
    for (int i = 0; i < 20000 && atomic_load(runs) != n; i++)
        nap();
    assert_int_equal(atomic_load(runs), n);
}

static tn_pool *make(uint32_t threads, uint32_t max_queued)
{
    tern_error err;
    tern_error_clear(&err);
    tn_pool *pool = tn_pool_new(NULL, threads, max_queued, &err);
    assert_non_null(pool);
    return pool;
}

static bool post(tn_pool *pool, counter *c)
{
    tn_executor *ex = tn_pool_executor(pool);
    return ex->ops->post(ex, &c->job);
}

static void kick(tn_pool *pool)
{
    tn_executor *ex = tn_pool_executor(pool);
    ex->ops->kick(ex);
}

static void test_the_queue_is_bounded_beyond_what_runs(void **state)
{
    (void)state;
    enum { THREADS = 3, QUEUE = 4, ALL = THREADS + QUEUE };
    atomic_int runs = 0;
    atomic_bool hold = true;
    counter jobs[ALL + 1];
    for (int round = 0; round < 2; round++) {
        tn_pool *pool = make(THREADS, QUEUE);
        atomic_store(&hold, true);
        atomic_store(&runs, 0);
        for (int i = 0; i <= ALL; i++) {
            jobs[i] = (counter){ .job.run = run, .runs = &runs, .hold = &hold };
            /* Whether the threads have taken their jobs yet makes no difference. */
            if (round)
                nap();
            assert_int_equal(post(pool, &jobs[i]), i < ALL);
            kick(pool);
        }
        atomic_store(&hold, false);
        until(&runs, ALL);
        assert_true(post(pool, &jobs[ALL]));
        kick(pool);
        until(&runs, ALL + 1);
        tn_pool_free(pool);
    }
}

static void test_a_queue_without_bound(void **state)
{
    (void)state;
    atomic_int runs = 0;
    counter jobs[50];
    tn_pool *pool = make(1, UINT32_MAX);
    for (int i = 0; i < 50; i++) {
        jobs[i] = (counter){ .job.run = run, .runs = &runs };
        assert_true(post(pool, &jobs[i]));
    }
    kick(pool);
    until(&runs, 50);
    tn_pool_free(pool);
}

static void test_the_end_runs_what_is_queued(void **state)
{
    (void)state;
    atomic_int runs = 0;
    counter jobs[100];
    tn_pool *pool = make(2, 100);
    for (int i = 0; i < 100; i++) {
        jobs[i] = (counter){ .job.run = run, .runs = &runs };
        assert_true(post(pool, &jobs[i]));
    }
    tn_pool_free(pool); /* never kicked */
    assert_int_equal(runs, 100);
    tn_pool_free(NULL);
    tn_pool_free(make(5, 0));
}

/* ---- many posters ---- */

enum { POSTERS = 4, EACH = 5000 };

typedef struct poster {
    tn_pool *pool;
    atomic_int *runs;
    counter jobs[EACH];
} poster;

static void *post_all(void *arg)
{
    poster *p = arg;
    for (int i = 0; i < EACH; i++) {
        p->jobs[i] = (counter){ .job.run = run, .runs = p->runs };
        while (!post(p->pool, &p->jobs[i]))
            kick(p->pool);
        if (i % 7 == 0)
            kick(p->pool);
    }
    kick(p->pool);
    return NULL;
}

static void test_posters_and_workers_meet(void **state)
{
    (void)state;
    atomic_int runs = 0;
    pthread_t threads[POSTERS];
    poster *posters = calloc(POSTERS, sizeof *posters);
    tn_pool *pool = make(3, 20);
    for (int i = 0; i < POSTERS; i++) {
        posters[i].pool = pool;
        posters[i].runs = &runs;
        pthread_create(&threads[i], NULL, post_all, &posters[i]);
    }
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    until(&runs, POSTERS * EACH);
    tn_pool_free(pool);
    free(posters);
}

/* ---- waiting ---- */

typedef struct waiter {
    tn_job job;
    tn_executor *ex;
    tn_gate gate;
    bool go, gone;
} waiter;

static void wait_for_go(tn_job *job)
{
    waiter *w = (waiter *)job;
    tn_gate_lock(&w->gate);
    while (!w->go)
        w->ex->ops->wait(w->ex, &w->gate.lock, &w->gate.changed);
    w->gone = true;
    tn_gate_unlock(&w->gate);
}

static void test_a_job_may_wait_and_is_woken(void **state)
{
    (void)state;
    tn_pool *pool = make(1, 1);
    waiter w = { .job.run = wait_for_go, .ex = tn_pool_executor(pool) };
    tn_gate_init(&w.gate);
    assert_true(w.ex->ops->post(w.ex, &w.job));
    kick(pool);
    nap();
    tn_gate_lock(&w.gate);
    w.go = true;
    w.ex->ops->wake(w.ex, &w.gate.changed);
    tn_gate_unlock(&w.gate);
    tn_pool_free(pool);
    assert_true(w.gone);
    tn_gate_destroy(&w.gate);
}

static void test_the_executor_without_threads_takes_no_jobs(void **state)
{
    (void)state;
    tn_executor *ex = tn_executor_threads();
    tn_job job = { .run = run };
    assert_false(ex->ops->post(ex, &job));
    ex->ops->kick(ex);
}

static bool make_and_free(tn_failing_env *f, void *user)
{
    (void)user;
    tern_error err;
    tern_error_clear(&err);
    tn_pool *pool = tn_pool_new(&f->env, 2, 2, &err);
    if (!pool)
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    tn_pool_free(pool);
    return pool != NULL;
}

static void test_no_memory_is_an_error(void **state)
{
    (void)state;
    tn_fail_each(make_and_free, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_queue_is_bounded_beyond_what_runs),
        cmocka_unit_test(test_a_queue_without_bound),
        cmocka_unit_test(test_the_end_runs_what_is_queued),
        cmocka_unit_test(test_posters_and_workers_meet),
        cmocka_unit_test(test_a_job_may_wait_and_is_woken),
        cmocka_unit_test(test_the_executor_without_threads_takes_no_jobs),
        cmocka_unit_test(test_no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
