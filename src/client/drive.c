/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drive.c: who turns a channel's loop: the baton.
 *
 * By default a channel has no thread. Of the callers that wait, the first takes the baton (`driven`),
 * turns the loop for all, and when its own call is ready lets go of the baton and wakes the next that
 * waits. A caller that comes while another drives queues its call, wakes the driver's poll, and waits
 * to be notified. With a background thread, that thread holds the baton for good.
 *
 * Invariant: while a call waits in `waiting`, some thread drives, or has been woken to.
 */
#include "client/internal.h"

#include "base/assert.h"
#include <signal.h>

enum { IDLE_NS = 1000000 }; /* a channel not driven for so long first reads what has come */

void tn_client_notify(tn_client_call *call)
{
    call->channel->executor->ops->wake(call->channel->executor, &call->changed);
}

bool tn_client_submit(tn_client_call *call, bool stay)
{
    tern_channel *ch = call->channel;
    tn_gate_lock(&ch->gate);
    const bool open = !ch->closing;
    const bool driven = ch->driven;
    if (open) {
        ch->calls++;
        ch->users += stay;
        call->next = NULL;
        *ch->starting_last = call;
        ch->starting_last = &call->next;
    }
    tn_gate_unlock(&ch->gate);
    if (open && driven)
        tn_loop_wake(ch->loop);
    return open;
}

/* ---- driver ----------------------------------------------------------------------------------------- */

static void give_credit(tern_channel *ch)
{
    tn_gate_lock(&ch->gate);
    while (!tn_list_empty(&ch->crediting)) {
        tn_client_call *call = TN_CONTAINER(ch->crediting.next, tn_client_call, in_crediting);
        tn_list_remove(&call->in_crediting);
        const size_t n = call->credit;
        call->credit = 0;
        /* As if it were one message, whose own prefix grpc adds. */
        if (call->conn)
            tn_grpc_consume(&call->base.grpc, n - TN_GRPC_PREFIX);
    }
    tn_gate_unlock(&ch->gate);
}

static void begin_starting(tern_channel *ch)
{
    tn_gate_lock(&ch->gate);
    tn_client_call *call = ch->starting;
    ch->starting = NULL;
    ch->starting_last = &ch->starting;
    tn_gate_unlock(&ch->gate);
    while (call) {
        tn_client_call *next = call->next;
        tn_client_begin(call);
        call = next;
    }
}

/* All that callers asked for since the last turn. */
static void prepare(tern_channel *ch)
{
    const uint64_t now = tn_now(ch->env);
    if (ch->current && now - ch->last_turn > IDLE_NS)
        tn_loop_step(ch->loop, 0);
    begin_starting(ch);
    if (atomic_exchange(&ch->sweep, false))
        tn_client_sweep(ch);
    if (ch->retry_pending)
        tn_client_retry_pending(ch);
    give_credit(ch);
    for (tn_list *at = ch->conns.next, *next; at != &ch->conns; at = next) {
        next = at->next;
        tn_link_flush_now(&TN_CONTAINER(at, tn_client_conn, in_channel)->link);
    }
}

static void step(tern_channel *ch, uint64_t timeout_ns)
{
    tn_loop_step(ch->loop, timeout_ns);
    ch->last_turn = tn_loop_now(ch->loop);
}

/* ---- the baton ------------------------------------------------------------------------------------------ */

/* Gate locked, nobody drives: whoever waits first shall. */
static void hand_on(tern_channel *ch)
{
    if (ch->closing)
        ch->executor->ops->wake(ch->executor, &ch->gate.changed);
    if (!tn_list_empty(&ch->waiting))
        tn_client_notify(TN_CONTAINER(ch->waiting.next, tn_client_call, in_waiting));
}

static void drive_until(tn_client_call *call, bool (*ready)(const tn_client_call *call))
{
    tern_channel *ch = call->channel;
    ch->driven = true;
    do {
        tn_gate_unlock(&ch->gate);
        prepare(ch);
        tn_gate_lock(&ch->gate);
        if (!ready(call)) {
            tn_gate_unlock(&ch->gate);
            step(ch, UINT64_MAX);
            tn_gate_lock(&ch->gate);
        }
    } while (!ready(call));
    ch->driven = false;
}

/* Gate locked, nobody drives, and the caller is about to leave. A stream that was begun meanwhile, and
 * whose thread left it to the driver, has nobody else to start it. */
static void start_orphans(tern_channel *ch)
{
    while (!ch->driven && ch->starting && tn_list_empty(&ch->waiting)) {
        ch->driven = true;
        tn_gate_unlock(&ch->gate);
        prepare(ch);
        tn_gate_lock(&ch->gate);
        ch->driven = false;
    }
}

void tn_client_wait(tn_client_call *call, bool (*ready)(const tn_client_call *call))
{
    tern_channel *ch = call->channel;
    while (!ready(call)) {
        if (!ch->driven) {
            drive_until(call, ready);
        } else {
            tn_list_push(&ch->waiting, &call->in_waiting);
            ch->executor->ops->wait(ch->executor, &ch->gate.lock, &call->changed);
            tn_list_remove(&call->in_waiting);
        }
    }
    start_orphans(ch);
    if (!ch->driven)
        hand_on(ch);
}

void tn_client_leave(tern_channel *ch)
{
    ch->users--;
    if (ch->closing)
        ch->executor->ops->wake(ch->executor, &ch->gate.changed);
}

void tn_client_nudge(tern_channel *ch)
{
    tn_gate_lock(&ch->gate);
    if (ch->driven) {
        tn_gate_unlock(&ch->gate);
        tn_loop_wake(ch->loop);
        return;
    }
    ch->driven = true;
    tn_gate_unlock(&ch->gate);
    prepare(ch);
    step(ch, 0);
    prepare(ch);
    tn_gate_lock(&ch->gate);
    ch->driven = false;
    start_orphans(ch);
    if (!ch->driven)
        hand_on(ch);
    tn_gate_unlock(&ch->gate);
}

/* ---- to the end -------------------------------------------------------------------- */

static bool is_over(tern_channel *ch)
{
    tn_gate_lock(&ch->gate);
    const bool over = ch->closing && ch->calls == 0;
    tn_gate_unlock(&ch->gate);
    return over;
}

static void drive_to_the_end(tern_channel *ch)
{
    for (;;) {
        prepare(ch);
        if (is_over(ch))
            break;
        step(ch, UINT64_MAX);
    }
}

static void *background(void *arg)
{
    tn_rpc_mark_io_thread(true);
    drive_to_the_end(arg);
    return NULL;
}

bool tn_client_thread_start(tern_channel *ch, tern_error *err)
{
    sigset_t all, old;
    sigfillset(&all);
    ch->driven = true;
    pthread_sigmask(SIG_SETMASK, &all, &old);
    const int failure = pthread_create(&ch->thread, NULL, background, ch);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    ch->has_thread = !failure;
    if (failure)
        tern_error_set_errno(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, failure,
                             "cannot start the channel's thread (option background_thread)");
    return !failure;
}

void tn_client_shut(tern_channel *ch)
{
    tn_gate_lock(&ch->gate);
    ch->closing = true;
    tn_gate_unlock(&ch->gate);
    atomic_store(&ch->sweep, true);
    tn_loop_wake(ch->loop);
    if (ch->has_thread) {
        pthread_join(ch->thread, NULL);
    } else {
        tn_gate_lock(&ch->gate);
        while (ch->driven)
            ch->executor->ops->wait(ch->executor, &ch->gate.lock, &ch->gate.changed);
        ch->driven = true;
        tn_gate_unlock(&ch->gate);
        drive_to_the_end(ch);
    }
    tn_gate_lock(&ch->gate);
    while (ch->users)
        ch->executor->ops->wait(ch->executor, &ch->gate.lock, &ch->gate.changed);
    tn_gate_unlock(&ch->gate);
    tn_client_disconnect(ch);
    while (!tn_list_empty(&ch->conns))
        step(ch, UINT64_MAX);
}
