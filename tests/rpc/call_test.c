/* SPDX-License-Identifier: Apache-2.0 */
/* call_test.c: what a handler may ask of its call, without a connection, under a clock of the test. */
#include "rpc/call.h"

#include "support/fail.h"
#include <pthread.h>

static const tern_method methods[] = {
    { .path = "/s/Unary", .kind = TERN_UNARY },
    { .path = "/s/Stream", .kind = TERN_SERVER_STREAMING },
};

static tern_call make(tn_failing_env *f, int method)
{
    return (tern_call){
        .env = &f->env,
        .method = &methods[method],
        .arena = tern_arena_new(&f->env),
        .peer = "peer",
        .authority = TERN_STR("authority"),
        .deadline = UINT64_MAX,
    };
}

static void drop(tern_call *call)
{
    tern_arena_free(call->scratch);
    tern_arena_free(call->arena);
}

static void test_remaining_time_is_rounded_up(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_call call = make(&f, 0);
    assert_int_equal(tern_call_remaining_ms(&call), UINT32_MAX);
    assert_false(tern_call_cancelled(&call));
    call.deadline = f.clock + 1000001;
    assert_int_equal(tern_call_remaining_ms(&call), 2);
    f.clock += 2;
    assert_int_equal(tern_call_remaining_ms(&call), 1);
    f.clock = call.deadline - 1;
    assert_int_equal(tern_call_remaining_ms(&call), 1);
    assert_false(tern_call_cancelled(&call));
    f.clock = call.deadline;
    assert_int_equal(tern_call_remaining_ms(&call), 0);
    assert_true(tern_call_cancelled(&call));
    call.deadline = UINT64_MAX - 1;
    assert_int_equal(tern_call_remaining_ms(&call), UINT32_MAX - 1);
    atomic_store(&call.cancelled, true);
    assert_true(tern_call_cancelled(&call));
    drop(&call);
}

static void test_the_first_failure_stands(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_call call = make(&f, 0);
    assert_int_equal(tern_call_fail(&call, TERN_ABORTED, "%s %d", "number", 1), TERN_ABORTED);
    assert_int_equal(tern_call_fail(&call, TERN_DATA_LOSS, "number 2"), TERN_DATA_LOSS);
    assert_string_equal(call.fail_text.p, "number 1");
    assert_int_equal(call.fail_code, TERN_ABORTED);
    drop(&call);
}

static void test_details_that_find_no_memory_change_nothing(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_call call = make(&f, 0);
    static const uint8_t large[100000] = { 1 };
    assert_int_equal(tern_call_set_details(&call, (tern_bytes){ large, 2 }), TERN_OK);
    f.fail_onward = true;
    f.fail_at = f.count + 1;
    assert_int_equal(tern_call_set_details(&call, (tern_bytes){ large, sizeof large }),
                     TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(call.details.n, 2);
    assert_false(call.no_memory);
    assert_int_equal(tern_call_set_details(&call, (tern_bytes){ large, 0 }), TERN_OK);
    assert_int_equal(call.details.n, 0);
    drop(&call);
}

static void test_strings_live_as_long_as_the_message(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_call unary = make(&f, 0), stream = make(&f, 1);
    assert_ptr_equal(tern_call_scratch(&unary), tern_call_arena(&unary));
    assert_ptr_not_equal(tern_call_scratch(&stream), tern_call_arena(&stream));
    assert_ptr_equal(tern_call_scratch(&stream), tern_call_scratch(&stream));
    const tern_str s = tern_call_printf(&stream, "%s", "");
    assert_non_null(s.p);
    assert_int_equal(s.n, 0);
    assert_string_equal(tern_call_path(&stream).p, "/s/Stream");
    assert_string_equal(tern_call_authority(&stream).p, "authority");
    assert_string_equal(tern_call_peer(&stream).p, "peer");
    drop(&unary);
    drop(&stream);
    assert_int_equal(f.live_blocks, 0);
}

static void test_metadata_until_the_headers_have_gone(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_call call = make(&f, 1);
    tern_error err;
    assert_int_equal(tern_call_add_header(&call, "a", TERN_STR("1"), &err), TERN_OK);
    assert_int_equal(err.code, TERN_OK);
    assert_int_equal(tern_call_add_header(&call, "a b", TERN_STR("1"), &err),
                     TERN_INVALID_ARGUMENT);
    call.headers_gone = true;
    assert_int_equal(tern_call_add_header(&call, "b", TERN_STR("1"), &err),
                     TERN_FAILED_PRECONDITION);
    assert_int_equal(tern_call_add_trailer(&call, "b", TERN_STR("1"), NULL), TERN_OK);
    assert_int_equal(call.headers.n, 1);
    assert_int_equal(call.trailers.n, 1);
    drop(&call);
}

/* A string or metadata for which there was no memory must not be lost in silence. */
static bool fill(tn_failing_env *f, void *user)
{
    (void)user;
    tern_call call = make(f, 1);
    bool ok = call.arena != NULL;
    for (int i = 0; ok && i < 100; i++) {
        tern_error err;
        const bool text = tern_call_printf(&call, "%0500d", i).p != NULL;
        const bool entry =
            tern_call_add_trailer(&call, "key", TERN_STR("a value"), &err) == TERN_OK;
        ok = text && entry;
    }
    if (call.arena)
        assert_int_equal(call.no_memory, !ok);
    drop(&call);
    return ok;
}

static void test_lack_of_memory_is_remembered(void **state)
{
    (void)state;
    tn_fail_each(fill, NULL);
}

static void *other_thread(void *arg)
{
    *(bool *)arg = tn_rpc_on_io_thread();
    return NULL;
}

static void test_the_mark_of_an_io_thread_is_its_own(void **state)
{
    (void)state;
    bool other = true;
    pthread_t thread;
    tn_rpc_mark_io_thread(true);
    assert_true(tn_rpc_on_io_thread());
    pthread_create(&thread, NULL, other_thread, &other);
    pthread_join(thread, NULL);
    assert_false(other);
    tn_rpc_mark_io_thread(false);
    assert_false(tn_rpc_on_io_thread());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remaining_time_is_rounded_up),
        cmocka_unit_test(test_the_first_failure_stands),
        cmocka_unit_test(test_details_that_find_no_memory_change_nothing),
        cmocka_unit_test(test_strings_live_as_long_as_the_message),
        cmocka_unit_test(test_metadata_until_the_headers_have_gone),
        cmocka_unit_test(test_lack_of_memory_is_remembered),
        cmocka_unit_test(test_the_mark_of_an_io_thread_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
