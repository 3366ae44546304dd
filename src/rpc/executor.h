/* SPDX-License-Identifier: Apache-2.0 */
/*
 * executor.h: where handlers run, and how a thread waits for another.
 *
 * Everything of rpc, server and client that starts a thread's work, waits or wakes goes through this
 * table, so that a test can put a single-threaded world under virtual time in its place. The pool
 * (pool.h) is the real one.
 */
#ifndef TN_RPC_EXECUTOR_H
#define TN_RPC_EXECUTOR_H

#include <pthread.h>
#include <stdbool.h>

/* One piece of work: intrusive, runs once for each time it was posted. */
typedef struct tn_job {
    struct tn_job *next;
    void (*run)(struct tn_job *job);
} tn_job;

/* A lock, and the place where one waits for what it guards to change. */
typedef struct tn_gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
} tn_gate;

static inline void tn_gate_init(tn_gate *g)
{
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->changed, NULL);
}

static inline void tn_gate_destroy(tn_gate *g)
{
    pthread_cond_destroy(&g->changed);
    pthread_mutex_destroy(&g->lock);
}

static inline void tn_gate_lock(tn_gate *g)
{
    pthread_mutex_lock(&g->lock);
}

static inline void tn_gate_unlock(tn_gate *g)
{
    pthread_mutex_unlock(&g->lock);
}

typedef struct tn_executor {
    const struct tn_executor_ops *ops;
} tn_executor;

typedef struct tn_executor_ops {
    /* Takes the job, to run it on another thread; false when too many wait. Any thread. */
    bool (*post)(tn_executor *ex, tn_job *job);
    /* Jobs posted since the last kick may start: one wake for a burst. Any thread. */
    void (*kick)(tn_executor *ex);
    /* With the lock held: waits until a wake, or for no reason. Held again on return. */
    void (*wait)(tn_executor *ex, pthread_mutex_t *lock, pthread_cond_t *changed);
    /* With the lock held or not: whoever waits looks again. */
    void (*wake)(tn_executor *ex, pthread_cond_t *changed);
} tn_executor_ops;

/* The wait and wake of real threads, for tables of others. */
void tn_executor_wait(tn_executor *ex, pthread_mutex_t *lock, pthread_cond_t *changed);
void tn_executor_wake(tn_executor *ex, pthread_cond_t *changed);

/* Waits and wakes as threads do; takes no jobs. Static. */
tn_executor *tn_executor_threads(void);

#endif
