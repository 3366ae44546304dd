/* SPDX-License-Identifier: Apache-2.0 */
/* code_test.c: each code has its name, and only those. */
#include "support/test.h"
#include "tern/code.h"

static void names_are_those_of_grpc(void **state)
{
    (void)state;
    static const char *const names[17] = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    };
    for (int i = 0; i < 17; i++)
        assert_string_equal(tern_code_name((tern_code)i), names[i]);
}

static void our_own_answers_have_names(void **state)
{
    (void)state;
    assert_string_equal(tern_code_name(TERN_END), "END");
    assert_string_equal(tern_code_name(TERN_AGAIN), "AGAIN");
}

static void a_foreign_number_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(tern_code_name((tern_code)17), "UNKNOWN");
    assert_string_equal(tern_code_name((tern_code)99), "UNKNOWN");
    assert_string_equal(tern_code_name((tern_code)102), "UNKNOWN");
    /* What a peer's number may become on its way through an int. */
    volatile int minus = -1;
    assert_string_equal(tern_code_name((tern_code)minus), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_grpc),
        cmocka_unit_test(our_own_answers_have_names),
        cmocka_unit_test(a_foreign_number_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
