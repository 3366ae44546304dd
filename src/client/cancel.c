/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cancel.c: tern_cancel: one trigger, many calls, on any channels.
 */
#include "client/cancel.h"

#include "base/assert.h"
#include "base/env.h"
#include <pthread.h>

struct tern_cancel {
    const tern_env *env;
    pthread_mutex_t lock; /* guards all below, and is held while calls are told */
    bool triggered;
    tn_list links;
};

tern_cancel *tern_cancel_new(const tern_env *env)
{
    env = tn_env_of(env);
    tern_cancel *cancel = tn_zalloc(env, sizeof *cancel);
    if (!cancel)
        return NULL;
    cancel->env = env;
    pthread_mutex_init(&cancel->lock, NULL);
    tn_list_init(&cancel->links);
    return cancel;
}

void tern_cancel_trigger(tern_cancel *cancel)
{
    pthread_mutex_lock(&cancel->lock);
    cancel->triggered = true;
    while (!tn_list_empty(&cancel->links)) {
        tn_cancel_link *link = TN_CONTAINER(cancel->links.next, tn_cancel_link, in_cancel);
        tn_list_remove(&link->in_cancel);
        link->cancelled(link);
    }
    pthread_mutex_unlock(&cancel->lock);
}

void tern_cancel_free(tern_cancel *cancel)
{
    if (!cancel)
        return;
    pthread_mutex_destroy(&cancel->lock);
    tn_free(cancel->env, cancel, sizeof *cancel);
}

void tn_cancel_tie(tn_cancel_link *link, tern_cancel *cancel)
{
    tn_list_init(&link->in_cancel);
    link->cancel = cancel;
    if (!cancel)
        return;
    pthread_mutex_lock(&cancel->lock);
    if (cancel->triggered)
        link->cancelled(link);
    else
        tn_list_push(&cancel->links, &link->in_cancel);
    pthread_mutex_unlock(&cancel->lock);
}

void tn_cancel_untie(tn_cancel_link *link)
{
    if (!link->cancel)
        return;
    pthread_mutex_lock(&link->cancel->lock);
    tn_list_remove(&link->in_cancel);
    pthread_mutex_unlock(&link->cancel->lock);
    link->cancel = NULL;
}
