/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failing_env.c: the env that tests use: an allocator that fails when told to, a clock that stands
 * still, entropy that repeats.
 *
 * Each block carries a header with its size, so that a caller who gives back a wrong size traps; a
 * block never grows or shrinks in place, and what is freed is overwritten, so that stale pointers
 * show. Any thread.
 */
#include "base/assert.h"
#include "base/env.h"
#include <stdlib.h>
#include <string.h>

#define MAGIC_LIVE 0x6c697665u
#define MAGIC_DEAD 0x64656164u
#define FREED_BYTE 0xDD
#define START_NS   UINT64_C(1000000000)

typedef struct block {
    _Alignas(max_align_t) size_t n;
    uint32_t magic;
} block;

static void give_back(tn_failing_env *f, void *p, size_t n)
{
    block *b = (block *)p - 1;
    TN_ASSERT(b->magic == MAGIC_LIVE);
    TN_ASSERT(b->n == n);
    f->live_bytes -= b->n;
    f->live_blocks--;
    memset(p, FREED_BYTE, b->n);
    b->magic = MAGIC_DEAD;
    free(b);
}

static void *take(tn_failing_env *f, size_t n)
{
    if (n > SIZE_MAX - sizeof(block))
        return NULL;
    block *b = malloc(sizeof(*b) + n);
    if (!b)
        return NULL;
    b->n = n;
    b->magic = MAGIC_LIVE;

    const size_t live = atomic_fetch_add(&f->live_bytes, n) + n;
    f->live_blocks++;
    size_t peak = f->peak_bytes;
    while (live > peak && !atomic_compare_exchange_weak(&f->peak_bytes, &peak, live))
        continue;
    return b + 1;
}

/* Counts one allocation; is it one of those to refuse? */
static bool is_refused(tn_failing_env *f)
{
    const uint64_t number = atomic_fetch_add(&f->count, 1) + 1;
    const uint64_t fail_at = f->fail_at;
    if (fail_at == 0 || number < fail_at || (number > fail_at && !f->fail_onward))
        return false;
    f->failed++;
    return true;
}

static void *failing_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    tn_failing_env *f = user;
    if (new_size == 0) {
        if (old)
            give_back(f, old, old_size);
        return NULL;
    }
    if ((!old || new_size > old_size) && is_refused(f))
        return NULL;

    void *p = take(f, new_size);
    if (p && old) {
        memcpy(p, old, old_size < new_size ? old_size : new_size);
        give_back(f, old, old_size);
    }
    return p;
}

static uint64_t failing_now(void *user)
{
    const tn_failing_env *f = user;
    return f->clock;
}

static int64_t failing_wall(void *user)
{
    const tn_failing_env *f = user;
    return (int64_t)f->clock;
}

/* splitmix64: its state only ever takes a constant step, which one atomic addition does. */
static void failing_entropy(void *user, void *p, size_t n)
{
    tn_failing_env *f = user;
    uint8_t *out = p;
    for (size_t i = 0; i < n; i++) {
        const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = atomic_fetch_add(&f->entropy, step) + step;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (uint8_t)(z >> 56 ^ z >> 25);
    }
}

void tn_failing_env_init(tn_failing_env *f)
{
    *f = (tn_failing_env){
        .env = {
            .size = sizeof(tern_env),
            .user = f,
            .alloc = failing_alloc,
            .now = failing_now,
            .entropy = failing_entropy,
            .wall = failing_wall,
        },
        .clock = START_NS,
    };
}
