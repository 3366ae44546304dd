/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.c: a channel's life: made, and freed when its calls are gone.
 */
#include "client/internal.h"

#include "base/assert.h"
#include "base/options.h"
#include "h2/limits.h"
#include <stdio.h>

enum { SETTINGS_MS = 10000 }; /* what a server may take for its first SETTINGS */

static tern_code fill_opts(tern_channel_opts *o, const tern_channel_opts *given, tern_error *err)
{
    TN_TRY(tn_options_copy(o, sizeof *o, given, "tern_channel_opts", err));
    o->max_recv_bytes = tn_option(o->max_recv_bytes, 4 << 20);
    o->connect_timeout_ms = tn_option(o->connect_timeout_ms, 20000);
    o->backoff_initial_ms = tn_option_or_off(o->backoff_initial_ms, 1000);
    o->backoff_max_ms = tn_option(o->backoff_max_ms, 120000);
    if (o->backoff_initial_ms > o->backoff_max_ms)
        o->backoff_initial_ms = o->backoff_max_ms;
    if (!o->max_decode_bytes)
        o->max_decode_bytes =
            o->max_recv_bytes > UINT32_MAX / 16 ? UINT32_MAX : o->max_recv_bytes * 16;
    return TERN_OK;
}

static tern_code take_names(tern_channel *ch, const char *target, tern_error *err)
{
    const char *authority = ch->opts.authority ? ch->opts.authority : ch->target.authority;
    const int a = snprintf(ch->name, sizeof ch->name, "%s", target);
    const int b = snprintf(ch->authority, sizeof ch->authority, "%s", authority);
    ch->opts.authority = ch->authority;
    if (a <= 0 || (size_t)a >= sizeof ch->name || b <= 0 || (size_t)b >= sizeof ch->authority)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "target or authority is empty or longer than %zu bytes",
                              sizeof ch->authority - 1);
    for (const char *p = ch->authority; *p; p++)
        if (*p <= ' ' || *p > '~')
            return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                                  "authority: a byte that is not printable ASCII, or a space");
    return TERN_OK;
}

static void init(tern_channel *ch)
{
    const uint32_t connect_ms = ch->opts.connect_timeout_ms;
    ch->grpc = (tn_grpc_config){
        .h2 = { .settings_timeout_ms = connect_ms < SETTINGS_MS ? connect_ms : SETTINGS_MS,
                .max_window = TN_H2_WINDOWS_GROW },
        .max_recv_bytes = ch->opts.max_recv_bytes,
        .max_recv_option = "channel option max_recv_bytes",
        .authority = ch->authority,
    };
    ch->executor = tn_executor_threads();
    ch->backoff_ns = (uint64_t)ch->opts.backoff_initial_ms * 1000000;
    ch->starting_last = &ch->starting;
    tn_list_init(&ch->waiting);
    tn_list_init(&ch->crediting);
    tn_list_init(&ch->pending);
    tn_list_init(&ch->active);
    tn_list_init(&ch->conns);
    tn_gate_init(&ch->gate);
}

tern_channel *tern_channel_new(const char *target, const tern_channel_opts *given, tern_error *err)
{
    tern_error_clear(err);
    tern_channel_opts opts;
    if (fill_opts(&opts, given, err) != TERN_OK)
        return NULL;
    const tern_env *env = tn_env_of(opts.env);
    tern_channel *ch = tn_zalloc(env, sizeof *ch);
    if (!ch) {
        tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "no memory for a channel");
        return NULL;
    }
    ch->env = env;
    ch->opts = opts;
    init(ch);
    if (tn_target_parse(&ch->target, target, err) == TERN_OK &&
        take_names(ch, target, err) == TERN_OK && (ch->loop = tn_loop_new(env, err)) != NULL &&
        (!opts.background_thread || tn_client_thread_start(ch, err)))
        return ch;
    tn_loop_free(ch->loop);
    tn_gate_destroy(&ch->gate);
    tn_free(env, ch, sizeof *ch);
    return NULL;
}

void tern_channel_free(tern_channel *ch)
{
    if (!ch)
        return;
    tn_client_shut(ch);
    tn_loop_free(ch->loop);
    tn_gate_destroy(&ch->gate);
    tn_free(ch->env, ch, sizeof *ch);
}
