/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fail.h: runs a scenario again and again, each time with another allocation refused, until a run
 * asks for no more than it is given.
 */
#ifndef TN_TEST_FAIL_H
#define TN_TEST_FAIL_H

#include "base/env.h"
#include "support/test.h"

/*
 * A scenario uses &f->env for all its memory, frees all of it, and returns whether it succeeded.
 * user is what tn_fail_each was given.
 */
typedef bool tn_fail_scenario(tn_failing_env *f, void *user);

/*
 * The n-th allocation fails, for each n, alone and with all that follow. The scenario must leave
 * nothing live, and must succeed when nothing was refused; it may also succeed without what was
 * refused. Returns the number of allocations of the undisturbed run.
 */
static inline uint64_t tn_fail_each(tn_fail_scenario *scenario, void *user)
{
    for (int onward = 0; onward < 2; onward++) {
        for (uint64_t n = 1;; n++) {
            tn_failing_env f;
            tn_failing_env_init(&f);
            f.fail_at = n;
            f.fail_onward = onward != 0;
            const bool ok = scenario(&f, user);
            assert_int_equal(f.live_blocks, 0);
            assert_int_equal(f.live_bytes, 0);
            if (f.failed != 0)
                continue;
            assert_true(ok);
            if (onward)
                return n - 1;
            break;
        }
    }
    return 0;
}

#endif
