/* SPDX-License-Identifier: Apache-2.0 */
/* memory_test.c: a server that runs out of memory at any one point answers, or hangs up, and goes on. */
#include "rpc/probe.h"
#include "support/fail.h"

static tern_code two_messages(tern_call *call, const probe_text *request)
{
    tern_error err;
    tern_code code = tern_call_add_header(call, "x-count", TERN_STR("2"), &err);
    for (int i = 0; code == TERN_OK && i < 2; i++) {
        const probe_text message = {
            .value = tern_call_printf(call, "%.*s %d", TERN_FMT(request->value), i),
        };
        code = tern_call_send(call, &message);
    }
    return code;
}

/* True when all went well; what fails, fails as what it is. */
static bool call_all(probe *p)
{
    static const char text[] = "a text that is longer than the memory that comes with each call ";
    bool ok = true;
    tern_error err;
    char longer[2000];
    for (size_t i = 0; i < sizeof longer; i++)
        longer[i] = text[i % (sizeof text - 1)];
    longer[sizeof longer - 1] = '\0';
    for (int method = PROBE_BLOCKING; method <= PROBE_INLINE; method++) {
        const char *reply = probe_ask(p->channel, p->arena, method, longer,
                                      TERN_CALL_OPTS(.timeout_ms = 10000), &err);
        if (reply)
            assert_string_equal(reply, longer);
        else if (err.code != TERN_RESOURCE_EXHAUSTED && err.code != TERN_UNAVAILABLE &&
                 err.code != TERN_INTERNAL)
            fail_msg("%s: %s", tern_code_name(err.code), err.text);
        ok = ok && reply;
    }
    tern_code code;
    tern_call *call = probe_open(p, longer, TERN_CALL_OPTS(.timeout_ms = 10000));
    while (probe_next(call, &code))
        ;
    ok = ok && code == TERN_END;
    tern_call_close(call, NULL);
    return ok;
}

static bool serve_and_stop(tn_failing_env *f, void *user)
{
    (void)user;
    probe p = { .stream = two_messages };
    tern_error err;
    p.server = tern_server_new(
        TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .workers = 1, .env = &f->env), &err);
    if (!p.server || !probe_register(&p, &err) || !tern_server_start(p.server, &err)) {
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
        tern_server_free(p.server);
        return false;
    }
    probe_connect(&p, TERN_CHANNEL_OPTS(.backoff_initial_ms = 1, .backoff_max_ms = 1));
    const bool ok = call_all(&p);
    probe_disconnect(&p);
    tern_server_stop(p.server);
    const bool ended = tern_server_wait(p.server, &err);
    tern_server_free(p.server);
    return ok && ended;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(tn_fail_each(serve_and_stop, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_allocation_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
