/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env.c: the default hooks, and the functions that choose between them and the user's.
 *
 * A zero hook is answered here directly, without a second indirect call. No state, any thread.
 */
#include "base/env.h"
#include "base/assert.h"
#include "base/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define ENTROPY_STEP 256 /* the most that getentropy gives at once */
#define LOG_SIZE     512

static void *default_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

static uint64_t default_now(void *user)
{
    (void)user;
    struct timespec t = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int64_t default_wall(void *user)
{
    (void)user;
    struct timespec t = { 0 };
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * For a kernel that has no entropy call. Guessable, but what draws on it (hash seeds, jitter) then
 * loses a defence and nothing else; failing here would make every map put fail.
 */
static void weak_entropy(uint8_t *p, size_t n)
{
    uint64_t state = default_now(NULL) ^ (uint64_t)(uintptr_t)p ^ (uint64_t)getpid() << 32;
    for (size_t i = 0; i < n; i++) {
        state = (state ^ state >> 29) * 0xbf58476d1ce4e5b9u + 0x9e3779b97f4a7c15u;
        p[i] = (uint8_t)(state >> 56);
    }
}

static void default_entropy(void *user, void *p, size_t n)
{
    (void)user;
    uint8_t *at = p;
    while (n) {
        const size_t step = n < ENTROPY_STEP ? n : ENTROPY_STEP;
        if (getentropy(at, step) != 0)
            weak_entropy(at, step);
        at += step;
        n -= step;
    }
}

static void default_log(void *user, tern_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

static void default_stat(void *user, tern_stat what, uint64_t by)
{
    (void)user;
    (void)what;
    (void)by;
}

const tern_env *tern_env_default(void)
{
    static const tern_env env = {
        .size = sizeof(tern_env),
        .alloc = default_alloc,
        .now = default_now,
        .entropy = default_entropy,
        .log = default_log,
        .stat = default_stat,
        .wall = default_wall,
    };
    return &env;
}

const tern_env *tn_env_of(const tern_env *env)
{
    /* All hooks zero, so that the functions below take their short way. */
    static const tern_env plain = { .size = sizeof(tern_env) };
    return env ? env : &plain;
}

void *tn_alloc(const tern_env *env, size_t n)
{
    if (n == 0)
        return NULL;
    return env->alloc ? env->alloc(env->user, NULL, 0, n) : malloc(n);
}

void *tn_zalloc(const tern_env *env, size_t n)
{
    if (!env->alloc)
        return n ? calloc(1, n) : NULL;
    void *p = tn_alloc(env, n);
    if (p)
        memset(p, 0, n);
    return p;
}

void *tn_realloc(const tern_env *env, void *old, size_t old_n, size_t new_n)
{
    if (!old)
        return tn_alloc(env, new_n);
    return (env->alloc ? env->alloc : default_alloc)(env->user, old, old_n, new_n);
}

void tn_free(const tern_env *env, void *p, size_t n)
{
    if (!p)
        return;
    if (env->alloc)
        env->alloc(env->user, p, n, 0);
    else
        free(p);
}

uint64_t tn_now(const tern_env *env)
{
    return env->now ? env->now(env->user) : default_now(NULL);
}

int64_t tn_wall(const tern_env *env)
{
    /* A hook that came later: a caller of an older header has no such member. */
    const bool known = env->size >= offsetof(tern_env, wall) + sizeof(env->wall);
    return known && env->wall ? env->wall(env->user) : default_wall(NULL);
}

void tn_entropy(const tern_env *env, void *p, size_t n)
{
    if (env->entropy)
        env->entropy(env->user, p, n);
    else
        default_entropy(NULL, p, n);
}

void tn_stat(const tern_env *env, tern_stat what, uint64_t by)
{
    if (env->stat)
        env->stat(env->user, what, by);
}

void tn_log(const tern_env *env, tern_log_level level, const char *format, ...)
{
    if (!env->log || env->log == default_log)
        return;

    char text[LOG_SIZE];
    va_list args;
    va_start(args, format);
    const int wanted = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (wanted < 0)
        return;
    if ((size_t)wanted >= sizeof(text))
        text[tn_utf8_cut(text, sizeof(text) - 1)] = '\0';
    env->log(env->user, level, text);
}
