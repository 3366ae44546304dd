/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env.h: the hooks of a tern_env behind functions that know the defaults.
 *
 * Every object keeps a `const tern_env *` that tn_env_of() gave: never NULL. Hooks may still be zero.
 */
#ifndef TN_BASE_ENV_H
#define TN_BASE_ENV_H

#include "tern/env.h"

/* env, or the default env for NULL. */
const tern_env *tn_env_of(const tern_env *env);

/* malloc, calloc, realloc and free with sizes. n 0 gives NULL from alloc; free(NULL) is fine. */
void *tn_alloc(const tern_env *env, size_t n);
void *tn_zalloc(const tern_env *env, size_t n);
void *tn_realloc(const tern_env *env, void *old, size_t old_n, size_t new_n);
void tn_free(const tern_env *env, void *p, size_t n);

uint64_t tn_now(const tern_env *env);                        /* nanoseconds, monotonic */
void tn_entropy(const tern_env *env, void *p, size_t n);
void tn_stat(const tern_env *env, tern_stat what, uint64_t by);
void tn_log(const tern_env *env, tern_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * An allocator that can be told to fail, for tests; it also counts what is live.
 * env must stay the first member's address: pass &f.env where an env is wanted.
 */
typedef struct tn_failing_env {
    tern_env env;
    uint64_t count;      /* allocations asked for so far (frees and shrinks are not counted) */
    uint64_t fail_at;    /* the allocation with this number fails (1 = the first); 0 = none */
    bool fail_onward;    /* and all after it */
    uint64_t failed;     /* how many were refused */
    size_t live_bytes, live_blocks, peak_bytes;
    uint64_t clock;      /* what now() gives; starts at 1 s; tests advance it */
} tn_failing_env;

void tn_failing_env_init(tn_failing_env *f);

#endif
