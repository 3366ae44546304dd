/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.c: the public functions on a tern_call that do not depend on its role.
 */
#include "rpc/call.h"

#include "base/arena.h"

static _Thread_local bool on_io_thread;

void tn_rpc_mark_io_thread(bool on)
{
    on_io_thread = on;
}

bool tn_rpc_on_io_thread(void)
{
    return on_io_thread;
}

tern_code tern_call_fail(tern_call *call, tern_code code, const char *format, ...)
{
    if (!call->arena || call->failed || code == TERN_OK)
        return code;
    call->failed = true;
    call->fail_code = code;
    va_list args;
    va_start(args, format);
    call->fail_text = tn_arena_vprintf(call->arena, format, args);
    va_end(args);
    return code;
}

tern_code tern_call_set_details(tern_call *call, tern_bytes details)
{
    if (!call->arena)
        return TERN_FAILED_PRECONDITION;
    const tern_str copy =
        tern_arena_copy(call->arena, (tern_str){ (const char *)details.p, details.n });
    if (details.n && !copy.p)
        return TERN_RESOURCE_EXHAUSTED;
    call->details = (tern_bytes){ (const uint8_t *)copy.p, copy.n };
    return TERN_OK;
}

void *tern_call_user(const tern_call *call)
{
    return call->user;
}

tern_arena *tern_call_arena(tern_call *call)
{
    return call->arena;
}

tern_arena *tern_call_scratch(tern_call *call)
{
    if (!call->arena || call->method->kind == TERN_UNARY)
        return call->arena;
    if (!call->scratch)
        call->scratch = tern_arena_new(call->env);
    return call->scratch;
}

tern_str tern_call_printf(tern_call *call, const char *format, ...)
{
    tern_str s = { NULL, 0 };
    if (!call->arena)
        return s;
    tern_arena *arena = tern_call_scratch(call);
    va_list args;
    va_start(args, format);
    if (arena)
        s = tn_arena_vprintf(arena, format, args);
    va_end(args);
    if (!s.p)
        call->no_memory = true;
    return s;
}

static tern_code add(tern_call *call, tn_metadata_list *list, const char *key, tern_str value,
                     tern_error *err)
{
    if (!call->arena)
        return tern_error_set(err, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                              "metadata \"%s\": a client's goes into the options of its call", key);
    TN_TRY(tn_metadata_check(tern_str_of(key), value, err));
    if (tn_metadata_add(list, call->arena, tern_str_of(key), value))
        return TERN_OK;
    call->no_memory = true;
    return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                          "no memory for metadata");
}

tern_code tern_call_add_header(tern_call *call, const char *key, tern_str value, tern_error *err)
{
    tern_error_clear(err);
    if (call->headers_gone)
        return tern_error_set(err, TERN_FAILED_PRECONDITION, TERN_ORIGIN_LOCAL,
                              "metadata \"%s\": the headers went out with the first message", key);
    return add(call, &call->headers, key, value, err);
}

tern_code tern_call_add_trailer(tern_call *call, const char *key, tern_str value, tern_error *err)
{
    tern_error_clear(err);
    return add(call, &call->trailers, key, value, err);
}

const tern_metadata *tern_call_metadata(const tern_call *call)
{
    return &call->metadata;
}

bool tern_call_cancelled(const tern_call *call)
{
    return atomic_load_explicit(&call->cancelled, memory_order_acquire) ||
           tern_call_remaining_ms(call) == 0;
}

uint32_t tern_call_remaining_ms(const tern_call *call)
{
    if (call->deadline == UINT64_MAX)
        return UINT32_MAX;
    const uint64_t now = tn_now(call->env);
    if (now >= call->deadline)
        return 0;
    /* Rounded up: 0 means that it has passed. */
    const uint64_t ms = (call->deadline - now + 999999) / 1000000;
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX - 1;
}

tern_str tern_call_path(const tern_call *call)
{
    return tern_str_of(call->method ? call->method->path : NULL);
}

tern_str tern_call_authority(const tern_call *call)
{
    return call->authority;
}

tern_str tern_call_peer(const tern_call *call)
{
    return tern_str_of(call->peer);
}

tern_code tern_call_send(tern_call *call, const void *message)
{
    return call->ops->send(call, message);
}

tern_code tern_call_recv(tern_call *call, const void **message)
{
    return call->ops->recv(call, message);
}

const tern_status *tern_call_status(const tern_call *call)
{
    return call->ops->status(call);
}

tern_code tern_call_close(tern_call *call, tern_error *err)
{
    tern_error_clear(err);
    return call->ops->close(call, err);
}
