/* SPDX-License-Identifier: Apache-2.0 */
/* limits_test.c: a bucket gives a burst, then its rate, and never more than the burst. */
#include "h2/limits.h"
#include "support/test.h"

static unsigned take_all(tn_h2_bucket *b, uint64_t now)
{
    unsigned n = 0;
    while (tn_h2_bucket_take(b, 10, 4, now))
        n++;
    return n;
}

static void burst_then_rate(void **state)
{
    (void)state;
    tn_h2_bucket b = { .left = 10, .filled = 5 };
    assert_int_equal(take_all(&b, 5), 10);
    assert_int_equal(take_all(&b, 4), 0); /* a clock that is behind */
    assert_int_equal(take_all(&b, 5 + TN_H2_SECOND / 4 - 1), 0);
    assert_int_equal(take_all(&b, 5 + TN_H2_SECOND / 4), 1);
    assert_int_equal(take_all(&b, 5 + TN_H2_SECOND), 3);
    assert_int_equal(take_all(&b, 5 + 100 * TN_H2_SECOND), 10);
    assert_int_equal(take_all(&b, UINT64_MAX), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_then_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
