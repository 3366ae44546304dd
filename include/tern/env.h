/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env.h: everything the library asks of the world around it.
 *
 * A tern_env is passed to every server, channel and arena. Each zero field, and a NULL env, means the
 * default: malloc, CLOCK_MONOTONIC and CLOCK_REALTIME, getrandom, no log, no statistics. The env is borrowed for as long
 * as the object made with it lives. Hooks may be called from any thread that uses the object.
 */
#ifndef TERN_ENV_H
#define TERN_ENV_H

#include "tern/port.h"

TERN_BEGIN_DECLS

typedef enum tern_log_level {
    TERN_LOG_ERROR = 1,
    TERN_LOG_WARNING = 2,
    TERN_LOG_INFO = 3,
    TERN_LOG_DEBUG = 4
} tern_log_level;

/* What is counted for the stats hook; counters only rise, by `by`. */
typedef enum tern_stat {
    TERN_STAT_CALLS_STARTED,
    TERN_STAT_CALLS_ENDED,
    TERN_STAT_CALLS_REFUSED,
    TERN_STAT_CONNECTIONS_OPENED,
    TERN_STAT_CONNECTIONS_CLOSED,
    TERN_STAT_BYTES_RECEIVED,
    TERN_STAT_BYTES_SENT
} tern_stat;

typedef struct tern_env {
    size_t size; /* sizeof(tern_env) */
    void *user;  /* given to every hook */

    /* realloc: old NULL allocates, new_size 0 frees. Sizes in bytes. NULL on failure, old kept.
     * Memory is aligned for any object. */
    void *(*alloc)(void *user, void *old, size_t old_size, size_t new_size);

    /* Nanoseconds of a clock that never goes back. */
    uint64_t (*now)(void *user);

    /* Fills p with n unpredictable bytes. */
    void (*entropy)(void *user, void *p, size_t n);

    /* One line, without a newline; borrowed. */
    void (*log)(void *user, tern_log_level level, const char *text);

    void (*stat)(void *user, tern_stat what, uint64_t by);

    /* Nanoseconds since 1970-01-01T00:00:00Z: the date, which may be set back. Never for deadlines. */
    int64_t (*wall)(void *user);
} tern_env;

/* The defaults, each field filled. Static. */
TERN_API const tern_env *tern_env_default(void);

TERN_END_DECLS

#endif
