/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env.h: the hooks of a tern_env behind functions that know the defaults.
 *
 * Every object keeps a `const tern_env *` that tn_env_of() gave: never NULL, but hooks may be zero.
 */
#ifndef TN_BASE_ENV_H
#define TN_BASE_ENV_H

#include "tern/env.h"
#include <stdatomic.h>

/* env, or the default env for NULL. */
const tern_env *tn_env_of(const tern_env *env);

/* malloc, calloc, realloc and free with sizes. n 0 gives NULL from alloc; free(NULL) is fine. */
void *tn_alloc(const tern_env *env, size_t n);
void *tn_zalloc(const tern_env *env, size_t n);
void *tn_realloc(const tern_env *env, void *old, size_t old_n, size_t new_n);
void tn_free(const tern_env *env, void *p, size_t n);

uint64_t tn_now(const tern_env *env); /* nanoseconds, monotonic */
int64_t tn_wall(const tern_env *env); /* nanoseconds since 1970 */
void tn_entropy(const tern_env *env, void *p, size_t n);
void tn_stat(const tern_env *env, tern_stat what, uint64_t by);
void tn_log(const tern_env *env, tern_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * An env for tests: an allocator that can be told to fail and counts what is live, a clock that
 * moves only when the test moves it, entropy that is the same in every run. It traps (TN_ASSERT) on
 * a wrong old_size and on a second free, always moves a block that changes its size, and overwrites
 * freed memory with 0xDD.
 * Pass &f.env where an env is wanted. Any thread; do not copy the struct.
 */
typedef struct tn_failing_env {
    tern_env env;
    atomic_uint_fast64_t count;   /* allocations asked for so far (not frees and shrinks) */
    atomic_uint_fast64_t fail_at; /* the number of the one that fails: 1 = the first, 0 = none */
    atomic_bool fail_onward;      /* and all after it */
    atomic_uint_fast64_t failed;  /* how many were refused */
    atomic_size_t live_bytes, live_blocks, peak_bytes;
    atomic_uint_fast64_t
        clock; /* what now() and wall() give, ns; starts at 1 s; tests advance it */
    atomic_uint_fast64_t entropy; /* state of the generator; set it for another run of bytes */
} tn_failing_env;

void tn_failing_env_init(tn_failing_env *f);

#endif
