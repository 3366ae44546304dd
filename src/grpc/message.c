/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c: length-prefixed messages out of DATA, and their flow-control credit (PROTOCOL-HTTP2,
 * Length-Prefixed-Message).
 *
 * DATA boundaries mean nothing. A message that lies whole in one frame is copied once, into a
 * chunk of its size; one that is spread over frames is gathered in a chunk that doubles with what
 * has come, for a length prefix is only a claim.
 *
 * Invariant: held_credit <= unconsumed + what is gathered; the difference, credit given back
 * early, is never more than one message. See grpc.h, flow control.
 */
#include "base/cursor.h"
#include "grpc/call.h"

/* What the first piece of a spread message gets, at least, octets. */
enum { GATHER_MIN = 4096 };
/* Room in the smallest chunk, octets. */
enum { SMALL = 128 };

void tn_grpc_drop_partial(tn_grpc_call *call)
{
    tn_chunk_unref(call->partial);
    call->partial = NULL;
    call->prefix_n = 0;
    call->message_left = 0;
}

static void fail_no_memory(tn_grpc_call *call, uint32_t length)
{
    tn_grpc_fail(
        call, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
        tern_arena_printf(call->arena, "no memory for a message of %u bytes", (unsigned)length));
}

static void deliver(tn_grpc_call *call, tn_chunk *chunk)
{
    call->prefix_n = 0;
    call->unconsumed += TN_GRPC_PREFIX + chunk->n;
    call->conn->events->message(call->conn->user, call, chunk);
}

/* Judges flag and length. False: the call failed. */
static bool accept_prefix(tn_grpc_call *call, const uint8_t *prefix, uint32_t *length)
{
    const tn_grpc_conn *c = call->conn;
    *length = tn_load32(prefix + 1);
    if (prefix[0] != 0) {
        const char *why = prefix[0] == 1 ? "a compressed message came without grpc-encoding"
                                         : "a message came with a flag other than 0 and 1";
        tn_grpc_fail(call, TERN_INTERNAL, TERN_ORIGIN_NET,
                     tern_arena_printf(call->arena, "%s (flag %u)", why, (unsigned)prefix[0]));
        return false;
    }
    if (*length > c->max_recv) {
        const char *knob =
            c->config->max_recv_option ? c->config->max_recv_option : "max_recv_bytes";
        tn_grpc_fail(
            call, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
            tern_arena_printf(call->arena,
                              "a message of %u bytes came, the limit is %u bytes: raise %s "
                              "to receive it",
                              (unsigned)*length, (unsigned)c->max_recv, knob));
        return false;
    }
    return true;
}

static tn_chunk *new_chunk(tn_grpc_call *call, size_t cap)
{
    tn_chunk *spare = call->spare;
    if (spare && spare->cap >= TN_GRPC_HEADROOM + cap + TN_GRPC_SLACK) {
        call->spare = NULL;
        spare->off = TN_GRPC_HEADROOM;
        spare->n = 0;
        return spare;
    }
    /* One that the next small message fits in, too. */
    return tn_chunk_new(call->conn->env, TN_GRPC_HEADROOM,
                        (cap < SMALL ? SMALL : cap) + TN_GRPC_SLACK);
}

static void append(tn_chunk *chunk, tn_rd *r, size_t n)
{
    tn_wr w = tn_wr_of(tn_chunk_bytes(chunk) + chunk->n, n);
    (void)tn_wr_bytes(&w, r->p, n);
    r->p += n;
    chunk->n += n;
}

/* Makes room in partial for `take` more octets. */
static bool grow_partial(tn_grpc_call *call, size_t take)
{
    tn_chunk *old = call->partial;
    const size_t have = old ? old->n : 0;
    const size_t cap = old ? old->cap - TN_GRPC_HEADROOM - TN_GRPC_SLACK : 0;
    if (old && cap - have >= take)
        return true;
    const size_t whole = have + call->message_left;
    size_t wanted = 2 * (have + take) < GATHER_MIN ? GATHER_MIN : 2 * (have + take);
    if (wanted > whole)
        wanted = whole;
    tn_chunk *chunk = new_chunk(call, wanted);
    if (!chunk)
        return false;
    if (old) {
        tn_rd r = tn_rd_of(tn_chunk_bytes(old), have);
        append(chunk, &r, have);
        tn_chunk_unref(old);
    }
    call->partial = chunk;
    return true;
}

/* Octets of the message at hand were taken in: is their credit due at once? */
static void account(tn_grpc_call *call, size_t n, size_t *credit)
{
    if (call->unconsumed == 0)
        *credit += n;
    else
        call->held_credit += n;
}

/* The body of a message whose prefix is judged, as far as r goes. */
static void take_body(tn_grpc_call *call, tn_rd *r, size_t *credit)
{
    const size_t left = tn_rd_left(r);
    const size_t take = left < call->message_left ? left : call->message_left;
    if (!grow_partial(call, take)) {
        fail_no_memory(call, call->message_left);
        return;
    }
    account(call, take, credit);
    append(call->partial, r, take);
    call->message_left -= (uint32_t)take;
    if (call->message_left == 0) {
        tn_chunk *chunk = call->partial;
        call->partial = NULL;
        deliver(call, chunk);
    }
}

/* A message whose prefix is at r and whole. False: the body is spread, or the call failed. */
static bool take_whole(tn_grpc_call *call, tn_rd *r, size_t *credit)
{
    uint32_t length;
    if (!accept_prefix(call, r->p, &length))
        return false;
    if (length > tn_rd_left(r) - TN_GRPC_PREFIX) {
        call->prefix_n = TN_GRPC_PREFIX;
        call->message_left = length;
        account(call, TN_GRPC_PREFIX, credit);
        r->p += TN_GRPC_PREFIX;
        return false;
    }
    tn_chunk *chunk = new_chunk(call, length);
    if (!chunk) {
        fail_no_memory(call, length);
        return false;
    }
    account(call, TN_GRPC_PREFIX + (size_t)length, credit);
    r->p += TN_GRPC_PREFIX;
    append(chunk, r, length);
    deliver(call, chunk);
    return true;
}

/* One octet of a prefix that is spread over frames. */
static void take_prefix_octet(tn_grpc_call *call, tn_rd *r, size_t *credit)
{
    uint32_t length;
    call->prefix[call->prefix_n++] = *r->p++;
    account(call, 1, credit);
    if (call->prefix_n < TN_GRPC_PREFIX || !accept_prefix(call, call->prefix, &length))
        return;
    call->message_left = length;
    if (length == 0) /* no body will come to deliver it */
        take_body(call, r, credit);
}

bool tn_grpc_on_data(tn_grpc_call *call, const uint8_t *p, size_t n)
{
    tn_rd r = tn_rd_of(p, n);
    size_t credit = 0;
    while (tn_rd_left(&r) && call->state == TN_GRPC_LIVE) {
        if (call->prefix_n == TN_GRPC_PREFIX)
            take_body(call, &r, &credit);
        else if (call->prefix_n == 0 && tn_rd_left(&r) >= TN_GRPC_PREFIX)
            (void)take_whole(call, &r, &credit);
        else
            take_prefix_octet(call, &r, &credit);
    }
    if (call->state != TN_GRPC_LIVE)
        return false;
    if (credit && !(call->flags & (TN_GRPC_REMOTE_END | TN_GRPC_CLOSED)))
        tn_h2_consume(call->conn->h2, &call->stream, credit);
    return call->state == TN_GRPC_LIVE;
}

void tn_grpc_consume(tn_grpc_call *call, size_t n)
{
    const size_t size = n + TN_GRPC_PREFIX;
    TN_ASSERT(size <= call->unconsumed || call->state == TN_GRPC_OVER);
    if (call->state != TN_GRPC_LIVE || size > call->unconsumed)
        return;
    const size_t gathered = call->prefix_n + (call->partial ? call->partial->n : 0);
    const size_t early = call->unconsumed + gathered - call->held_credit;
    size_t give = size > early ? size - early : 0;
    call->unconsumed -= size;
    if (call->unconsumed == 0) /* what is being gathered is waited for from here on */
        give = call->held_credit;
    call->held_credit -= give;
    if (give && !(call->flags & (TN_GRPC_REMOTE_END | TN_GRPC_CLOSED)))
        tn_h2_consume(call->conn->h2, &call->stream, give);
}
