/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.c: a client call before the driver has it, and after: options in, outcome out.
 */
#include "client/internal.h"

#include "base/assert.h"
#include "base/options.h"
#include "rpc/codec.h"

static tern_code check_metadata(const tern_metadata *metadata, tern_error *err)
{
    for (size_t i = 0; i < metadata->n; i++)
        TN_TRY(tn_metadata_check(metadata->p[i].key, metadata->p[i].value, err));
    return TERN_OK;
}

/* A stream outlives the caller's options: its metadata is copied. */
static tern_code take_metadata(tn_client_call *call, const tern_metadata *metadata)
{
    if (!call->own_arena) {
        call->metadata = *metadata;
        return TERN_OK;
    }
    tn_metadata_list list = { 0 };
    for (size_t i = 0; i < metadata->n; i++)
        if (!tn_metadata_add(&list, call->own_arena, metadata->p[i].key, metadata->p[i].value))
            return tern_error_set(&call->failure, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                                  "no memory for metadata");
    call->metadata = tn_metadata_view(&list);
    return TERN_OK;
}

static tern_code take_options(tn_client_call *call, const tern_call_opts *given,
                              tern_cancel **cancel)
{
    tern_call_opts opts;
    TN_TRY(tn_options_copy(&opts, sizeof opts, given, "tern_call_opts", &call->failure));
    call->status_out = opts.status_out;
    TN_TRY(check_metadata(&opts.metadata, &call->failure));
    TN_TRY(take_metadata(call, &opts.metadata));
    call->timeout_ns = (uint64_t)opts.timeout_ms * 1000000;
    if (opts.timeout_ms)
        call->base.deadline = tn_now(call->base.env) + call->timeout_ns;
    *cancel = opts.cancel;
    return TERN_OK;
}

static tern_code take_arena(tn_client_call *call, tern_arena *arena)
{
    if (!arena)
        arena = call->own_arena = tern_arena_new(call->base.env);
    if (!arena)
        return tern_error_set(&call->failure, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "no memory for a call");
    call->base.grpc.arena = arena;
    return TERN_OK;
}

/* A wait is refused where it would stop the loop that the call itself may need. */
static tern_code check_thread(tn_client_call *call)
{
    if (!tn_rpc_on_io_thread())
        return TERN_OK;
    return tern_error_set(&call->failure, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                          "%s: a blocking call on an I/O thread; make it from a blocking handler "
                          "or a thread of your own",
                          call->base.method->path);
}

static void on_cancel(tn_cancel_link *link)
{
    tn_client_call_cancel(TN_CONTAINER(link, tn_client_call, cancel));
}

tern_code tn_client_call_init(tn_client_call *call, tern_channel *ch, const tern_method *method,
                              tern_arena *arena, const void *request, const tern_call_opts *opts)
{
    call->channel = ch;
    call->base.env = ch->env;
    call->base.method = method;
    call->base.peer = "";
    call->base.authority = tern_str_of(ch->authority);
    call->base.deadline = UINT64_MAX;
    call->max_decode_bytes = ch->opts.max_decode_bytes;
    tn_list_init(&call->in_driver);
    tn_list_init(&call->in_waiting);
    tn_list_init(&call->in_crediting);
    pthread_cond_init(&call->changed, NULL);
    call->cancel.cancelled = on_cancel;
    TN_TRY(take_arena(call, arena));
    tern_cancel *cancel = NULL;
    TN_TRY(take_options(call, opts, &cancel));
    TN_TRY(check_thread(call));
    if (!request)
        return tern_error_set(&call->failure, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "%s: request is NULL: an empty message is one too", method->path);
    TN_TRY(tn_rpc_encode(ch->env, method->request, request, NULL, &call->request, &call->failure));
    call->request_off = call->request->off;
    call->request_n = call->request->n;
    tn_cancel_tie(&call->cancel, cancel);
    return TERN_OK;
}

void tn_client_call_fini(tn_client_call *call)
{
    tn_cancel_untie(&call->cancel);
    tn_chunk_unref(call->request);
    tn_chunk_unref(call->current);
    tn_chunk_queue_free(&call->received);
    tern_arena_free(call->recv_arena);
    tern_arena_free(call->own_arena);
    pthread_cond_destroy(&call->changed);
}

void tn_client_call_cancel(tn_client_call *call)
{
    atomic_store(&call->cancel_requested, true);
    atomic_store(&call->channel->sweep, true);
    tn_loop_wake(call->channel->loop);
}

void tn_client_call_settle(tn_client_call *call, bool done)
{
    const tn_grpc_call *grpc = &call->base.grpc;
    call->status = (tern_status){ .headers = call->base.metadata };
    if (done)
        call->status = (tern_status){
            .code = grpc->code,
            .message = grpc->message,
            .details = grpc->details,
            .headers = grpc->headers,
            .trailers = grpc->trailers,
        };
    if (call->failure.code == TERN_OK)
        return;
    call->status.code = call->failure.code;
    call->status.message = tern_str_of(call->failure.text);
    call->status.details = (tern_bytes){ NULL, 0 };
}

tern_code tn_client_outcome(const tn_client_call *call, tern_error *err)
{
    if (call->failure.code != TERN_OK) {
        if (err)
            *err = call->failure;
        return call->failure.code;
    }
    const tn_grpc_call *grpc = &call->base.grpc;
    if (grpc->code == TERN_OK)
        return TERN_OK;
    return tern_error_set(err, grpc->code, grpc->origin, "%.*s", TERN_FMT(grpc->message));
}
