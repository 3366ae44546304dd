/* SPDX-License-Identifier: Apache-2.0 */
/* channel_test.c: a channel that runs out of memory at any one point fails its calls, and goes on. */
#include "rpc/probe.h"
#include "support/fail.h"

static tern_code two_messages(tern_call *call, const probe_text *request)
{
    const tern_code code = tern_call_send(call, request);
    return code == TERN_OK ? tern_call_send(call, request) : code;
}

static bool ask(probe *p, const tern_call_opts *opts)
{
    tern_error err;
    const char *reply = probe_ask(p->channel, p->arena, PROBE_INLINE, "in vain?", opts, &err);
    if (reply)
        assert_string_equal(reply, "in vain?");
    else if (err.code != TERN_RESOURCE_EXHAUSTED && err.code != TERN_UNAVAILABLE)
        fail_msg("%s: %s", tern_code_name(err.code), err.text);
    return reply != NULL;
}

static bool read_all(probe *p, const tern_call_opts *opts)
{
    tern_code code;
    tern_error err;
    tern_call *call = probe_open(p, "in vain?", opts);
    int n = 0;
    while (probe_next(call, &code))
        n++;
    tern_metadata_get(tern_call_metadata(call), "x");
    tern_call_path(call);
    tern_call_remaining_ms(call);
    tern_call_fail(call, TERN_OK, "x");
    assert_non_null(tern_call_status(call));
    if (tern_call_close(call, &err) == TERN_OK) {
        assert_int_equal(code, TERN_END);
        assert_int_equal(n, 2);
        return true;
    }
    if (err.code != TERN_RESOURCE_EXHAUSTED && err.code != TERN_UNAVAILABLE)
        fail_msg("%s: %s", tern_code_name(err.code), err.text);
    return false;
}

static bool use_a_channel(tn_failing_env *f, void *user)
{
    probe *p = user;
    tern_error err;
    tern_cancel *cancel = tern_cancel_new(&f->env);
    p->arena = tern_arena_new(&f->env);
    p->channel =
        tern_channel_new(tern_server_address(p->server), TERN_CHANNEL_OPTS(.env = &f->env), &err);
    const tern_metadata_entry entry = { TERN_STR_INIT("x-key"), TERN_STR_INIT("value") };
    bool ok = p->channel && p->arena && cancel;
    if (ok) {
        tern_status status;
        ok = ask(
            p, TERN_CALL_OPTS(.metadata = { &entry, 1 }, .cancel = cancel, .status_out = &status));
        ok = ask(p, NULL) && ok;
        ok = read_all(p, TERN_CALL_OPTS(.metadata = { &entry, 1 }, .cancel = cancel)) && ok;
    } else if (!p->channel) {
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    }
    probe_disconnect(p);
    tern_cancel_free(cancel);
    return ok;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    probe p = { .stream = two_messages };
    probe_serve(&p, NULL);
    assert_true(tn_fail_each(use_a_channel, &p) > 20);
    tern_server_free(p.server);
}

/* The same, driven by a thread of the channel's. */
static bool use_a_thread(tn_failing_env *f, void *user)
{
    probe *p = user;
    tern_error err;
    p->arena = tern_arena_new(NULL);
    p->channel =
        tern_channel_new(tern_server_address(p->server),
                         TERN_CHANNEL_OPTS(.env = &f->env, .background_thread = true), &err);
    bool ok = p->channel != NULL;
    if (ok)
        ok = ask(p, NULL);
    if (p->channel)
        ok = read_all(p, NULL) && ok;
    probe_disconnect(p);
    return ok;
}

static void test_and_with_a_background_thread(void **state)
{
    (void)state;
    probe p = { .stream = two_messages };
    probe_serve(&p, NULL);
    assert_true(tn_fail_each(use_a_thread, &p) > 20);
    tern_server_free(p.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_and_with_a_background_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
