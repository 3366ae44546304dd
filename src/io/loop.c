/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.c: turns, timers, and hand-over from other threads.
 *
 * uv_run(ONCE or NOWAIT) is one wait and its events; everything else of a turn happens in our own
 * uv_check callback, which comes after all events and before uv runs close callbacks. A task that
 * waits for the next turn (DEFER_ROUNDS) may outlast those: its object must see to its own memory.
 *
 * Deadlines are the env's: uv's clock only bounds how long a turn waits. An alarm that rings early
 * costs an empty turn, never a wrong one, so it is set again only when the next deadline comes before
 * it.
 *
 * Posting is a push on a lock-free stack that the loop takes whole, so there is no ABA. A poster wakes
 * the loop when it finds `asleep` and is the one to clear it. The loop sets `asleep` and then looks at
 * the stack before it waits; the poster pushes and then looks at `asleep`: with sequential consistency
 * one of them sees the other.
 */
#include "base/assert.h"
#include "io/loop_uv.h"
#include "io/resolve.h"
#include <errno.h>
#include <pthread.h>

enum {
    TIMERS_PER_TURN = 256, /* timers late in bulk (a paused machine) do not starve sockets */
    DEFER_ROUNDS = 4,      /* of tasks that deferred tasks defer, in one turn */
    CLOSE_TURNS = 16       /* turns in which uv closes what is closed; two are enough */
};

#define NS_PER_MS    UINT64_C(1000000)
#define LONGEST_WAIT (UINT64_C(3600) * 1000 * NS_PER_MS)

/* ---- waking ---- */

static void on_wake(uv_async_t *async)
{
    /* The turn that this ends does the work. */
    (void)async;
}

void tn_loop_wake(tn_loop *loop)
{
    const int saved = errno; /* may run in a signal handler */
    uv_async_send(&loop->async);
    errno = saved;
}

void tn_loop_stop(tn_loop *loop)
{
    atomic_store(&loop->stopping, true);
    tn_loop_wake(loop);
}

/* ---- tasks ---- */

void tn_loop_post(tn_loop *loop, tn_task *task)
{
    tn_task *head = atomic_load_explicit(&loop->posted, memory_order_relaxed);
    do {
        task->next = head;
    } while (!atomic_compare_exchange_weak(&loop->posted, &head, task));

    if (atomic_load(&loop->asleep) && atomic_exchange(&loop->asleep, false))
        tn_loop_wake(loop);
}

static void run_posted(tn_loop *loop)
{
    tn_task *task = atomic_exchange(&loop->posted, NULL);
    tn_task *first = NULL;
    while (task) { /* latest first: turn it round */
        tn_task *const next = task->next;
        task->next = first;
        first = task;
        task = next;
    }
    while (first) {
        tn_task *const next = first->next;
        first->run(first);
        first = next;
    }
}

void tn_loop_defer(tn_loop *loop, tn_task *task)
{
    task->next = NULL;
    if (loop->deferred_first)
        loop->deferred_last->next = task;
    else
        loop->deferred_first = task;
    loop->deferred_last = task;
}

static void run_deferred(tn_loop *loop)
{
    for (int round = 0; round < DEFER_ROUNDS && loop->deferred_first; round++) {
        tn_task *task = loop->deferred_first;
        loop->deferred_first = loop->deferred_last = NULL;
        while (task) {
            tn_task *const next = task->next;
            task->run(task);
            task = next;
        }
    }
}

/* ---- time and timers ---- */

uint64_t tn_loop_now(tn_loop *loop)
{
    if (!loop->turning)
        return tn_now(loop->env);
    if (!loop->now_fresh) {
        loop->now = tn_now(loop->env);
        loop->now_fresh = true;
    }
    return loop->now;
}

bool tn_timer_set(tn_loop *loop, tn_timer *timer, uint64_t at)
{
    return tn_heap_put(&loop->timers, &timer->node, at);
}

void tn_timer_stop(tn_loop *loop, tn_timer *timer)
{
    tn_heap_remove(&loop->timers, &timer->node);
}

static void fire_timers(tn_loop *loop)
{
    for (int i = 0; i < TIMERS_PER_TURN; i++) {
        tn_heap_node *const first = tn_heap_first(&loop->timers);
        if (!first || first->at > tn_loop_now(loop))
            return;
        tn_heap_remove(&loop->timers, first);
        tn_timer *const timer = TN_CONTAINER(first, tn_timer, node);
        timer->fire(timer);
    }
}

static void on_alarm(uv_timer_t *alarm)
{
    tn_loop *const loop = alarm->data;
    loop->alarm_at = 0;
}

/* Makes sure that a wait of `wait` from `now` on ends. */
static void set_alarm(tn_loop *loop, uint64_t now, uint64_t wait)
{
    if (wait > LONGEST_WAIT)
        wait = LONGEST_WAIT;
    const uint64_t at = now > UINT64_MAX - wait ? UINT64_MAX : now + wait;
    if (loop->alarm_at > now && loop->alarm_at <= at)
        return;
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->alarm, on_alarm, (wait + NS_PER_MS - 1) / NS_PER_MS, 0);
    loop->alarm_at = at;
}

/* How long a turn may wait; *now is set when that is neither 0 nor for ever. */
static uint64_t wait_of(tn_loop *loop, uint64_t timeout, uint64_t *now)
{
    if (timeout == 0 || loop->deferred_first || atomic_load(&loop->posted))
        return 0;
    const tn_heap_node *const first = tn_heap_first(&loop->timers);
    const uint64_t due = first ? first->at : UINT64_MAX;
    if (due == UINT64_MAX && timeout == UINT64_MAX)
        return UINT64_MAX;
    *now = tn_now(loop->env);
    if (due <= *now)
        return 0;
    return due != UINT64_MAX && due - *now < timeout ? due - *now : timeout;
}

/* ---- turns ---- */

/* After the events of a turn, before close callbacks. */
static void on_check(uv_check_t *check)
{
    tn_loop *const loop = check->data;
    atomic_store(&loop->asleep, false);
    run_posted(loop);
    fire_timers(loop);
    run_deferred(loop);
    atomic_store(&loop->asleep, true);
}

static void turn(tn_loop *loop, uint64_t timeout)
{
    /* What is done before the wait may be what the caller waits for: then it is not waited. */
    const bool any = loop->deferred_first != NULL;
    run_deferred(loop);
    uint64_t now = 0;
    const uint64_t wait = any ? 0 : wait_of(loop, timeout, &now);
    if (wait != 0 && wait != UINT64_MAX)
        set_alarm(loop, now, wait);
    loop->now_fresh = false;
    uv_run(&loop->uv, wait == 0 ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    /* What close callbacks deferred. */
    run_deferred(loop);
}

/* False when a turn is under way: turns do not nest. */
static bool enter(tn_loop *loop)
{
    if (TN_BUG(!loop->turning)) {
        tn_log(loop->env, TERN_LOG_ERROR, "event loop: turned from within a turn");
        return false;
    }
    loop->turning = true;
    loop->now_fresh = false;
    atomic_store_explicit(&loop->owner, (uintptr_t)pthread_self(), memory_order_relaxed);
    return true;
}

static void leave(tn_loop *loop)
{
    atomic_store_explicit(&loop->owner, 0, memory_order_relaxed);
    loop->turning = false;
}

void tn_loop_step(tn_loop *loop, uint64_t timeout_ns)
{
    if (!enter(loop))
        return;
    turn(loop, timeout_ns);
    leave(loop);
}

void tn_loop_run(tn_loop *loop)
{
    if (!enter(loop))
        return;
    while (!atomic_exchange(&loop->stopping, false))
        turn(loop, UINT64_MAX);
    leave(loop);
}

void tn_loop_drain(tn_loop *loop)
{
    if (TN_BUG(loop->open == 0) || !enter(loop))
        return;
    while (loop->live > 0 || loop->deferred_first || atomic_load(&loop->posted))
        turn(loop, UINT64_MAX);
    leave(loop);
}

bool tn_loop_is_here(const tn_loop *loop)
{
    return atomic_load_explicit(&loop->owner, memory_order_relaxed) == (uintptr_t)pthread_self();
}

int tn_loop_fd(const tn_loop *loop)
{
    return uv_backend_fd(&loop->uv);
}

uint64_t tn_loop_timeout(tn_loop *loop)
{
    /* uv tells the system of changed interests, and closes handles, only in a turn. */
    if (uv_backend_timeout(&loop->uv) == 0)
        return 0;
    uint64_t now;
    return wait_of(loop, UINT64_MAX, &now);
}

/* ---- life ---- */

const tern_env *tn_loop_env(const tn_loop *loop)
{
    return loop->env;
}

uint8_t *tn_loop_read_buffer(tn_loop *loop)
{
    if (!loop->read_buffer)
        loop->read_buffer = tn_alloc(loop->env, TN_LOOP_READ_BUFFER);
    return loop->read_buffer;
}

tn_loop *tn_loop_new(const tern_env *env, tern_error *err)
{
    tern_error_clear(err);
    env = tn_env_of(env);
    tn_loop *const loop = tn_zalloc(env, sizeof(*loop));
    if (!loop) {
        tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "event loop: no memory");
        return NULL;
    }
    loop->env = env;
    loop->timers.env = env;
    atomic_init(&loop->asleep, true);

    int rc = uv_loop_init(&loop->uv);
    if (rc == 0) {
        rc = uv_async_init(&loop->uv, &loop->async, on_wake);
        if (rc == 0) {
            uv_check_init(&loop->uv, &loop->check);
            uv_timer_init(&loop->uv, &loop->alarm);
            loop->check.data = loop->alarm.data = loop;
            uv_check_start(&loop->check, on_check);
            return loop;
        }
        uv_loop_close(&loop->uv);
    }
    tern_error_set_errno(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, -rc,
                         "event loop: cannot be made");
    tn_free(env, loop, sizeof(*loop));
    return NULL;
}

void tn_loop_free(tn_loop *loop)
{
    if (!loop)
        return;
    if (TN_BUG(loop->open == 0)) {
        /* Their owners will still touch them: keep the loop's memory rather than let them. */
        tn_log(loop->env, TERN_LOG_ERROR, "event loop: freed with %u objects open", loop->open);
        return;
    }
    tn_loop_drain(loop);
    tn_dns_free(loop);
    uv_close((uv_handle_t *)&loop->async, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    int rc = UV_EBUSY;
    for (int i = 0; i < CLOSE_TURNS && rc == UV_EBUSY; i++) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        rc = uv_loop_close(&loop->uv);
    }
    if (TN_BUG(rc == 0)) {
        tn_log(loop->env, TERN_LOG_ERROR, "event loop: handles are left open");
        return;
    }
    tn_heap_free(&loop->timers);
    const tern_env *const env = loop->env;
    tn_free(env, loop->read_buffer, TN_LOOP_READ_BUFFER);
    tn_free(env, loop, sizeof(*loop));
}
