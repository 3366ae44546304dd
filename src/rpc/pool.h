/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h: the executor that runs blocking handlers: a bounded pool with a bounded queue.
 */
#ifndef TN_RPC_POOL_H
#define TN_RPC_POOL_H

#include "base/env.h"
#include "rpc/executor.h"
#include "tern/error.h"

typedef struct tn_pool tn_pool;

/* owned; starts `threads` threads. max_queued: jobs that may wait beyond those that run. NULL with
 * err: no memory, or the system gives no more threads. */
tn_pool *tn_pool_new(const tern_env *env, uint32_t threads, uint32_t max_queued, tern_error *err);

/* The pool as an executor; borrowed. */
tn_executor *tn_pool_executor(tn_pool *pool);

/* Runs what is queued, joins the threads, frees. While jobs do not end it logs how many, once in
 * 10 s. NULL is fine. Never from a job. */
void tn_pool_free(tn_pool *pool);

#endif
