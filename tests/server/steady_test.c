/* SPDX-License-Identifier: Apache-2.0 */
/* steady_test.c: after the first calls, a server asks for no memory, whatever the headers and handlers. */
#include "base/env.h"
#include "rpc/probe.h"

enum { WARM = 200, CALLS = 1000 };

static void call(probe *p, int method, int i)
{
    tern_error err;
    char id[40];
    snprintf(id, sizeof id, "%032x", (unsigned)i * 2654435761u);
    const tern_metadata_entry entry = { TERN_STR("x-trace-id"), tern_str_of(id) };
    const char *reply = probe_ask(
        p->channel, p->arena, method, "world",
        TERN_CALL_OPTS(.timeout_ms = 60000 + (uint32_t)i, .metadata = { &entry, 1 }), &err);
    if (!reply)
        fail_msg("%s", err.text);
    assert_string_equal(reply, "world");
    tern_arena_reset(p->arena);
}

static void allocates_nothing(int method)
{
    /* A clock that stands still: nothing is given back for want of use. */
    static tn_failing_env f;
    tn_failing_env_init(&f);
    probe p = { .user = NULL };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .env = &f.env), NULL);
    for (int i = 0; i < WARM; i++)
        call(&p, method, i);
    const uint64_t before = f.count;
    for (int i = WARM; i < WARM + CALLS; i++)
        call(&p, method, i);
    assert_int_equal(f.count, before);
    probe_stop(&p);
    assert_int_equal(f.live_blocks, 0);
}

static void an_inline_call_allocates_nothing(void **state)
{
    (void)state;
    allocates_nothing(PROBE_INLINE);
}

static void a_call_on_a_worker_allocates_nothing(void **state)
{
    (void)state;
    allocates_nothing(PROBE_BLOCKING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inline_call_allocates_nothing),
        cmocka_unit_test(a_call_on_a_worker_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
