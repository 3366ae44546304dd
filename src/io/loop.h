/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h: one event loop (libuv), its timers, and the ways in from other threads.
 *
 * One thread turns the loop at a time (tn_loop_run or tn_loop_step); which one may change between
 * turns as long as turns never overlap and the hand-over synchronises (a lock, a join). All functions
 * belong to the turning thread, or between turns to the one who holds the loop, but those marked "any
 * thread".
 *
 * A turn: events of sockets, then what was posted, then due timers, then what was deferred.
 */
#ifndef TN_IO_LOOP_H
#define TN_IO_LOOP_H

#include "base/env.h"
#include "base/heap.h"
#include "tern/error.h"

typedef struct tn_loop tn_loop;

/* owned; env borrowed, NULL for the default. NULL with err set: RESOURCE_EXHAUSTED. */
tn_loop *tn_loop_new(const tern_env *env, tern_error *err);
/* All sockets, listeners and dials on it must have been closed; what of them has not ended yet is
 * waited for (tn_loop_drain), and tasks still posted are run first. Not from within a turn. NULL is
 * fine. */
void tn_loop_free(tn_loop *loop);
/* Turns until every object that was closed is gone and no task waits. A socket closed in good order
 * may take a second of the env's clock. Not from within a turn. */
void tn_loop_drain(tn_loop *loop);

/* Turns until tn_loop_stop. Not from within a turn. */
void tn_loop_run(tn_loop *loop);
/* Ends tn_loop_run after the turn; without one, makes the next tn_loop_run return at once. Any
 * thread, and from signal handlers (async-signal-safe). */
void tn_loop_stop(tn_loop *loop);
/* One turn: waits for events at most timeout_ns (0 = only what is there, UINT64_MAX = no bound; real
 * time, rounded up to a millisecond). May return early, and with nothing done. Not from within a
 * turn. */
void tn_loop_step(tn_loop *loop, uint64_t timeout_ns);
/* Makes a waiting turn return; without one, the next turn does not wait. Any thread, and from signal
 * handlers. */
void tn_loop_wake(tn_loop *loop);

/* For a foreign loop: a descriptor that is readable when a turn (tn_loop_step(loop, 0)) has something
 * to do, and how long it may sleep at most, ns; UINT64_MAX = until the descriptor says so. Ask after
 * each turn. */
int tn_loop_fd(const tn_loop *loop);
uint64_t tn_loop_timeout(tn_loop *loop);

/* The env's clock, ns: within a turn read once, between turns afresh. */
uint64_t tn_loop_now(tn_loop *loop);
const tern_env *tn_loop_env(const tn_loop *loop);
/* Is the calling thread the one that turns the loop right now? Any thread. */
bool tn_loop_is_here(const tn_loop *loop);

/* A task: intrusive, runs once for each time it was posted or deferred; must be neither while it
 * waits. It may be posted again, or freed, as soon as run is entered. */
typedef struct tn_task {
    struct tn_task *next;
    void (*run)(struct tn_task *task);
} tn_task;

/* Runs the task in this turn or the next, in order of posting. Any thread. The loop is woken only
 * when it sleeps and nobody has woken it yet, so that a burst costs one wake. No allocation. What was
 * written before the post is seen by the task. */
void tn_loop_post(tn_loop *loop, tn_task *task);
/* Runs the task at the end of this turn (between turns: at the beginning of the next), after all
 * events: what flushes connections. Tasks deferred by deferred tasks run in the same turn up to a
 * bound, then in the next. */
void tn_loop_defer(tn_loop *loop, tn_task *task);

/* A timer: embedded; zeroed but for fire is idle. At most 256 fire in one turn. */
typedef struct tn_timer {
    tn_heap_node node;
    void (*fire)(struct tn_timer *timer);
} tn_timer;

/* (Re)arms the timer at `at` (ns of the env's clock; UINT64_MAX = never). False when there is no
 * memory; a timer that was armed is then still what it was: moving one takes no memory. */
bool tn_timer_set(tn_loop *loop, tn_timer *timer, uint64_t at);
/* Makes it idle; an idle one is fine. */
void tn_timer_stop(tn_loop *loop, tn_timer *timer);

#endif
