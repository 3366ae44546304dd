// SPDX-License-Identifier: Apache-2.0
//
// cplusplus.cc: what a user of C++17 writes: options, strings, generated messages and stubs. It is
// compiled, not run.

#include <cstdio>

#include "google/protobuf/struct.tern.h"
#include "kinds.tern.h"
#include "tern/tern.h"
#include "torture.rpc.h"

static const tern_str fixed = TERN_STR_INIT("fixed");

static tern_server *serve(tern_error *err)
{
    tern_server_opts opts;
    tern_server_opts_init(&opts);
    opts.listen = "[::]:0";
    return tern_server_new(&opts, err);
}

static bool call(tern_channel *channel, tern_arena *arena, tern_error *err)
{
    tern_call_opts opts;
    tern_call_opts_init(&opts);
    opts.timeout_ms = 500;
    Clash request = {};
    return Clash_add_x_(&request, arena, 7) && Svc_Do_(channel, arena, &request, &opts, err);
}

static tern_channel *connect(tern_error *err)
{
    tern_channel_opts opts;
    tern_channel_opts_init(&opts);
    opts.background_thread = true;
    return tern_channel_new("localhost:1", &opts, err);
}

static bool decode(tern_bytes in, tern_arena *arena, tern_error *err)
{
    tern_pb_decode_opts opts;
    tern_pb_decode_opts_init(&opts);
    opts.memory_bytes = TERN_UNLIMITED;
    test_kinds_Plain plain = {};
    plain.s = TERN_STR("text");
    plain.mood = test_kinds_MOOD_GOOD;
    (void)snprintf(err->text, sizeof(err->text), "%.*s", TERN_FMT(plain.s));
    return tern_pb_decode(&test_kinds_Plain_table, &plain, in, arena, &opts, err) == TERN_OK;
}

int main()
{
    tern_error err;
    tern_arena *arena = tern_arena_new(nullptr);
    tern_server *server = serve(&err);
    tern_channel *channel = connect(&err);
    const tern_bytes none = { nullptr, 0 };
    const bool ok = call(channel, arena, &err) && decode(none, arena, &err) && fixed.n == 5;
    tern_channel_free(channel);
    tern_server_free(server);
    tern_arena_free(arena);
    return ok ? 0 : 1;
}
