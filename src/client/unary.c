/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unary.c: one request, one reply, in the caller's thread.
 *
 * The call object is on the caller's stack and its metadata in the caller's arena: the caller stays
 * until the driver has let go of the call, whatever happens.
 */
#include "client/internal.h"

#include "base/assert.h"
#include "base/options.h"

static bool is_closed(const tn_client_call *call)
{
    return call->closed;
}

static void run(tn_client_call *call)
{
    tern_channel *ch = call->channel;
    if (!tn_client_submit(call, true)) {
        tern_error_set(&call->failure, TERN_CANCELLED, TERN_ORIGIN_LOCAL,
                       "%s: the channel is being closed", ch->name);
        return;
    }
    tn_gate_lock(&ch->gate);
    tn_client_wait(call, is_closed);
    if (call->cancel.cancel) {
        /* Who triggers it touches the channel: not any more once we have left. */
        tn_gate_unlock(&ch->gate);
        tn_cancel_untie(&call->cancel);
        tn_gate_lock(&ch->gate);
    }
    tn_client_leave(ch);
    tn_gate_unlock(&ch->gate);
}

/* The one reply, decoded into the caller's arena. The channel may be gone. */
static void *take_reply(tn_client_call *call, tern_arena *arena)
{
    const tern_method *method = call->base.method;
    if (call->messages != 1) {
        tern_error_set(&call->failure, TERN_UNIMPLEMENTED, TERN_ORIGIN_PEER,
                       "%s: a unary method has one reply, the server sent %s", method->path,
                       call->messages ? "more" : "none");
        return NULL;
    }
    const tn_chunk *chunk = call->received.first;
    void *reply = tern_pb_new(method->response, arena);
    if (!reply) {
        tern_error_set(&call->failure, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                       "%s: no memory for the reply", method->path);
        return NULL;
    }
    tern_error err;
    const tern_code code =
        tern_pb_decode(method->response, reply, (tern_bytes){ chunk->data + chunk->off, chunk->n },
                       arena, TERN_PB_DECODE_OPTS(.memory_bytes = call->max_decode_bytes), &err);
    if (code == TERN_OK)
        return reply;
    /* gRPC's code for a message that is none is INTERNAL. */
    tern_error_set(&call->failure, code == TERN_INVALID_ARGUMENT ? TERN_INTERNAL : code,
                   TERN_ORIGIN_PEER, "%s: the reply does not decode: %s%s", method->path, err.text,
                   code == TERN_RESOURCE_EXHAUSTED ? " (channel option max_decode_bytes)" : "");
    return NULL;
}

static void give_status(tn_client_call *call, tern_arena *arena)
{
    if (!call->status_out)
        return;
    tn_client_call_settle(call, true);
    if (call->failure.code != TERN_OK)
        call->status.message = tern_arena_copy(arena, call->status.message);
    *call->status_out = call->status;
}

/* Ends a call that cannot even begin. text: static. */
static void *refuse(const tern_call_opts *given, const tern_method *method, tern_code code,
                    const char *text, tern_error *err)
{
    tern_call_opts opts;
    tern_error_set(err, code, TERN_ORIGIN_LOCAL, "%s: %s", method->path, text);
    if (tn_options_copy(&opts, sizeof opts, given, "tern_call_opts", NULL) == TERN_OK &&
        opts.status_out)
        *opts.status_out = (tern_status){ .code = code, .message = tern_str_of(text) };
    return NULL;
}

void *tern_channel_unary(tern_channel *channel, const tern_method *method, tern_arena *arena,
                         const void *request, const tern_call_opts *opts, tern_error *err)
{
    tern_error_clear(err);
    if (!channel)
        return refuse(opts, method, TERN_FAILED_PRECONDITION,
                      "channel is NULL: see the error of tern_channel_new", err);
    if (!arena)
        return refuse(opts, method, TERN_INVALID_ARGUMENT,
                      "arena is NULL: a unary call needs an arena for its reply", err);
    tn_client_call call = { 0 };
    void *reply = NULL;
    if (tn_client_call_init(&call, channel, method, arena, request, opts) == TERN_OK)
        run(&call);
    if (call.failure.code == TERN_OK && call.base.grpc.code == TERN_OK)
        reply = take_reply(&call, arena);
    tn_client_outcome(&call, err);
    give_status(&call, arena);
    tn_client_call_fini(&call);
    return reply;
}
