/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c: threads that take jobs from one queue.
 *
 * post only queues; kick wakes as many sleeping threads as there are new jobs, so that an I/O thread
 * which hands over a burst pays for its wakes once, at the end of its turn. A thread that is awake
 * takes the next job without sleeping. Invariant: `queued` is the length of the list; a job in the
 * list may be fresh (posted, not yet kicked), so fresh <= queued.
 */
#include "rpc/pool.h"

#include "base/assert.h"
#include <errno.h>
#include <signal.h>
#include <time.h>

enum { REPORT_SECONDS = 10 };

struct tn_pool {
    tn_executor ex; /* first */
    const tern_env *env;
    tn_gate gate;         /* guards all below */
    pthread_cond_t ended; /* a thread has ended */
    tn_job *first, **last;
    uint32_t queued, max_queued;
    uint32_t fresh;   /* posted and not yet kicked */
    uint32_t idle;    /* threads that sleep and have not been woken */
    uint32_t running; /* jobs in hand */
    uint32_t threads, started, alive;
    bool stopping;
    pthread_t ids[];
};

static tn_job *take(tn_pool *pool)
{
    tn_job *job = pool->first;
    pool->first = job->next;
    if (!pool->first)
        pool->last = &pool->first;
    pool->queued--;
    if (pool->fresh > pool->queued)
        pool->fresh = pool->queued;
    return job;
}

static void *work(void *arg)
{
    tn_pool *pool = arg;
    tn_gate_lock(&pool->gate);
    for (;;) {
        while (!pool->first && !pool->stopping) {
            pool->idle++;
            pthread_cond_wait(&pool->gate.changed, &pool->gate.lock);
            pool->idle--;
        }
        if (!pool->first)
            break;
        tn_job *job = take(pool);
        pool->running++;
        tn_gate_unlock(&pool->gate);
        job->run(job);
        tn_gate_lock(&pool->gate);
        pool->running--;
    }
    pool->alive--;
    pthread_cond_signal(&pool->ended);
    tn_gate_unlock(&pool->gate);
    return NULL;
}

static bool post(tn_executor *ex, tn_job *job)
{
    tn_pool *pool = (tn_pool *)ex;
    tn_gate_lock(&pool->gate);
    /* Threads that are free take a job each before anything counts as waiting. */
    const uint64_t bound = (uint64_t)pool->max_queued + pool->threads - pool->running;
    const bool room = !pool->stopping && pool->queued < bound;
    if (room) {
        job->next = NULL;
        *pool->last = job;
        pool->last = &job->next;
        pool->queued++;
        pool->fresh++;
    }
    tn_gate_unlock(&pool->gate);
    return room;
}

static void kick(tn_executor *ex)
{
    tn_pool *pool = (tn_pool *)ex;
    tn_gate_lock(&pool->gate);
    uint32_t wakes = pool->fresh < pool->idle ? pool->fresh : pool->idle;
    pool->fresh = 0;
    tn_gate_unlock(&pool->gate);
    for (; wakes; wakes--)
        pthread_cond_signal(&pool->gate.changed);
}

static const tn_executor_ops ops = {
    .post = post,
    .kick = kick,
    .wait = tn_executor_wait,
    .wake = tn_executor_wake,
};

/* Joins whatever was started and frees; a thread ends when the queue is empty. */
static void shut(tn_pool *pool)
{
    tn_gate_lock(&pool->gate);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->gate.changed);
    while (pool->alive) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += REPORT_SECONDS;
        if (pthread_cond_timedwait(&pool->ended, &pool->gate.lock, &until) == ETIMEDOUT)
            tn_log(pool->env, TERN_LOG_WARNING, "workers: %u handlers have not returned, %u wait",
                   pool->running, pool->queued);
    }
    tn_gate_unlock(&pool->gate);
    for (uint32_t i = 0; i < pool->started; i++)
        pthread_join(pool->ids[i], NULL);
    pthread_cond_destroy(&pool->ended);
    tn_gate_destroy(&pool->gate);
    tn_free(pool->env, pool, sizeof *pool + pool->threads * sizeof(pthread_t));
}

/* errno of the failure, or 0. Signals are the program's: a pool thread blocks them all. */
static int start(tn_pool *pool)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failure = 0;
    tn_gate_lock(&pool->gate);
    while (pool->started < pool->threads) {
        failure = pthread_create(&pool->ids[pool->started], NULL, work, pool);
        if (failure)
            break;
        pool->started++;
        pool->alive++;
    }
    tn_gate_unlock(&pool->gate);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return failure;
}

tn_pool *tn_pool_new(const tern_env *env, uint32_t threads, uint32_t max_queued, tern_error *err)
{
    env = tn_env_of(env);
    tn_pool *pool = tn_zalloc(env, sizeof *pool + threads * sizeof(pthread_t));
    if (!pool) {
        tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "no memory for workers");
        return NULL;
    }
    pool->ex.ops = &ops;
    pool->env = env;
    pool->last = &pool->first;
    pool->max_queued = max_queued;
    pool->threads = threads;
    tn_gate_init(&pool->gate);
    pthread_cond_init(&pool->ended, NULL);
    const int failure = start(pool);
    if (!failure)
        return pool;
    tern_error_set_errno(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, failure,
                         "cannot start worker thread %u of %u (option workers)", pool->started + 1,
                         threads);
    shut(pool);
    return NULL;
}

tn_executor *tn_pool_executor(tn_pool *pool)
{
    return &pool->ex;
}

void tn_pool_free(tn_pool *pool)
{
    if (pool)
        shut(pool);
}
