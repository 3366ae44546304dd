/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_uv.h: what the other files of this folder see of a loop. Nobody else includes it.
 *
 * `open` counts objects whose owner has not closed them, `live` those whose memory is not gone: uv
 * closes handles in a later turn. An object joins by tn_loop_join, its owner leaves it by
 * tn_loop_leave, and its last uv callback says tn_loop_gone.
 */
#ifndef TN_IO_LOOP_UV_H
#define TN_IO_LOOP_UV_H

#include "io/loop.h"
#include <stdatomic.h>
#include <uv.h>

enum { TN_LOOP_READ_BUFFER = 64 * 1024 };

struct tn_loop {
    /* the turning thread's */
    uv_loop_t uv;
    uv_async_t async;  /* wakes a waiting turn */
    uv_check_t check;  /* runs after the events of a turn */
    uv_timer_t alarm;  /* bounds the wait of a turn */
    uint64_t alarm_at; /* when the alarm rings, by the env's clock; 0 = it is off */
    const tern_env *env;
    tn_heap timers;
    uint64_t now;
    bool now_fresh, turning;
    tn_task *deferred_first, *deferred_last;
    uint8_t *read_buffer; /* TN_LOOP_READ_BUFFER bytes, made for the first socket */
    uint32_t open, live;
    struct tn_dns *dns; /* resolve.c's; NULL until a name is resolved */

    /* any thread's: a cache line of its own */
    uint8_t apart[64];
    _Atomic(uintptr_t) owner;  /* the turning thread; 0 between turns */
    _Atomic(tn_task *) posted; /* latest first */
    atomic_bool asleep;        /* a post must wake the loop; false once someone has */
    atomic_bool stopping;
};

static inline void tn_loop_join(tn_loop *loop)
{
    loop->open++;
    loop->live++;
}

static inline void tn_loop_leave(tn_loop *loop)
{
    loop->open--;
}

static inline void tn_loop_gone(tn_loop *loop)
{
    loop->live--;
}

/* The loop's read buffer, made when it is first asked for; NULL when there is no memory. */
uint8_t *tn_loop_read_buffer(tn_loop *loop);

#endif
