/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h: one event loop (libuv), its timers, and the ways in from other threads.
 *
 * One thread turns the loop at a time (tn_loop_run or tn_loop_step); which one may change between
 * turns as long as turns never overlap. All functions belong to the turning thread, but those marked
 * "any thread".
 */
#ifndef TN_IO_LOOP_H
#define TN_IO_LOOP_H

#include "base/env.h"
#include "base/heap.h"
#include "tern/error.h"

typedef struct tn_loop tn_loop;

/* owned; NULL with err set. */
tn_loop *tn_loop_new(const tern_env *env, tern_error *err);
/* All sockets, listeners, dials and resolves on it must be closed and their `closed` seen; turn the
 * loop until then (tn_loop_drain does). Tasks still posted are run first. NULL is fine. */
void tn_loop_free(tn_loop *loop);

/* Turns until tn_loop_stop. */
void tn_loop_run(tn_loop *loop);
/* Ends tn_loop_run after the turn; also makes the next tn_loop_run return at once. Any thread,
 * and from signal handlers (async-signal-safe). */
void tn_loop_stop(tn_loop *loop);
/* One turn: waits for events at most timeout_ns (0 = only what is there, UINT64_MAX = no bound). */
void tn_loop_step(tn_loop *loop, uint64_t timeout_ns);
/* Makes a waiting turn return. Any thread, and from signal handlers. */
void tn_loop_wake(tn_loop *loop);

/* The env's clock, read once a turn; ns. */
uint64_t tn_loop_now(const tn_loop *loop);
const tern_env *tn_loop_env(const tn_loop *loop);
/* Is the calling thread the one that turns the loop right now? Any thread. */
bool tn_loop_is_here(const tn_loop *loop);

/* A task: intrusive, runs once for each time it was posted; must not be posted while it waits. */
typedef struct tn_task {
    struct tn_task *next;
    void (*run)(struct tn_task *task);
} tn_task;

/* Runs the task in a later turn, in order of posting. Any thread. The loop is woken only when the
 * queue was empty, so that posts in a burst cost one wake. No allocation. */
void tn_loop_post(tn_loop *loop, tn_task *task);
/* Runs the task at the end of this turn, after all events: what flushes connections. Turning thread. */
void tn_loop_defer(tn_loop *loop, tn_task *task);

/* A timer: embedded; zeroed but for fire is idle. */
typedef struct tn_timer {
    tn_heap_node node;
    void (*fire)(struct tn_timer *timer);
} tn_timer;

/* (Re)arms the timer at `at` (ns of the env's clock). False when there is no memory. */
bool tn_timer_set(tn_loop *loop, tn_timer *timer, uint64_t at);
void tn_timer_stop(tn_loop *loop, tn_timer *timer);

#endif
