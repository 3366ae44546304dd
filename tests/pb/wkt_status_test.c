/* SPDX-License-Identifier: Apache-2.0 */
/* wkt_status_test.c: google.rpc.Status with details, over the wire and back. */
#include "google/rpc/code.tern.h"
#include "google/rpc/error_details.tern.h"
#include "pb/poor.h"
#include "tern/code.h"
#include "tern/wkt.h"

static tern_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_arena_free(arena);
    return 0;
}

/* A quota that is used up, and when to come back. */
static bool fill(google_rpc_Status *status, tern_arena *to, tern_error *err)
{
    google_rpc_QuotaFailure quota = { 0 };
    google_rpc_QuotaFailure_Violation *v = google_rpc_QuotaFailure_add_violations(&quota, to);
    google_protobuf_Duration delay = { .seconds = 3 };
    const google_rpc_RetryInfo retry = { .retry_delay = &delay };
    if (!v)
        return false;
    v->subject = TERN_STR("name: ada");
    v->description = TERN_STR("one greeting a person");
    status->code = google_rpc_RESOURCE_EXHAUSTED;
    status->message = TERN_STR("too many");
    return tern_status_add_detail(status, &google_rpc_QuotaFailure_table, &quota, to, err) ==
               TERN_OK &&
           tern_status_add_detail(status, &google_rpc_RetryInfo_table, &retry, to, err) == TERN_OK;
}

static void test_there_and_back(void **state)
{
    (void)state;
    tern_error err;
    google_rpc_Status status = { 0 };
    assert_true(fill(&status, arena, &err));
    const tern_bytes bytes = google_rpc_Status_encode(&status, arena, &err);
    assert_non_null(bytes.p);
    const google_rpc_Status *back = google_rpc_Status_decode(bytes, arena, &err);
    assert_non_null(back);
    assert_int_equal(back->code, 8);
    assert_string_equal(back->message.p, "too many");
    const google_rpc_QuotaFailure *quota =
        tern_status_detail(back, &google_rpc_QuotaFailure_table, arena, &err);
    assert_non_null(quota);
    assert_string_equal(quota->violations.p[0]->subject.p, "name: ada");
    const google_rpc_RetryInfo *retry =
        tern_status_detail(back, &google_rpc_RetryInfo_table, arena, &err);
    assert_int_equal(retry->retry_delay->seconds, 3);
    assert_null(tern_status_detail(back, &google_rpc_Help_table, arena, &err));
    assert_int_equal(err.code, TERN_NOT_FOUND);
    assert_string_equal(err.text, "google.rpc.Status: no detail is a google.rpc.Help");
    assert_null(tern_status_detail(NULL, &google_rpc_Help_table, arena, &err));
}

static void test_a_detail_that_is_none_says_so(void **state)
{
    (void)state;
    tern_error err;
    google_rpc_Status status = { 0 };
    assert_true(fill(&status, arena, &err));
    status.details.p[1]->value = (tern_bytes){ (const uint8_t *)"\x0a\x7f", 2 };
    assert_null(tern_status_detail(&status, &google_rpc_RetryInfo_table, arena, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
}

static void test_codes_are_those_of_calls(void **state)
{
    (void)state;
    assert_int_equal(google_rpc_CANCELLED, TERN_CANCELLED);
    assert_int_equal(google_rpc_OUT_OF_RANGE, TERN_OUT_OF_RANGE);
    assert_int_equal(google_rpc_UNAUTHENTICATED, TERN_UNAUTHENTICATED);
    assert_int_equal(google_rpc_Code_enum.count, 17);
}

static bool fill_poor(tn_failing_env *f)
{
    tern_arena *poor = tern_arena_new(&f->env);
    google_rpc_Status status = { 0 };
    tern_error err;
    const bool ok = poor && fill(&status, poor, &err);
    assert_true(ok || status.details.n < 2);
    tern_arena_free(poor);
    assert_int_equal(f->live_blocks, 0);
    return ok;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        tn_failing_env f;
        tn_failing_env_init(&f);
        f.fail_at = n;
        const bool ok = fill_poor(&f);
        if (!f.failed) {
            assert_true(ok && n > 1);
            break;
        }
        assert_false(ok);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_there_and_back),
        TEST(test_a_detail_that_is_none_says_so),
        TEST(test_codes_are_those_of_calls),
        TEST(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
