/* SPDX-License-Identifier: Apache-2.0 */
/*
 * executor.c: waiting and waking by POSIX threads.
 */
#include "rpc/executor.h"

#include <stddef.h>

void tn_executor_wait(tn_executor *ex, pthread_mutex_t *lock, pthread_cond_t *changed)
{
    (void)ex;
    pthread_cond_wait(changed, lock);
}

void tn_executor_wake(tn_executor *ex, pthread_cond_t *changed)
{
    (void)ex;
    pthread_cond_broadcast(changed);
}

static bool post(tn_executor *ex, tn_job *job)
{
    (void)ex;
    (void)job;
    return false;
}

static void kick(tn_executor *ex)
{
    (void)ex;
}

tn_executor *tn_executor_threads(void)
{
    static const tn_executor_ops ops = {
        .post = post,
        .kick = kick,
        .wait = tn_executor_wait,
        .wake = tn_executor_wake,
    };
    static tn_executor threads = { .ops = &ops };
    return &threads;
}
