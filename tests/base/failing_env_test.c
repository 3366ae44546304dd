/* SPDX-License-Identifier: Apache-2.0 */
/* failing_env_test.c: the env of the tests counts, refuses and tells misuse as it promises. */
#include "base/env.h"
#include "support/fail.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void it_counts_what_is_live(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    void *a = tn_alloc(&f.env, 100);
    void *b = tn_alloc(&f.env, 50);
    assert_true(a && b);
    assert_int_equal(f.live_blocks, 2);
    assert_int_equal(f.live_bytes, 150);
    b = tn_realloc(&f.env, b, 50, 20);
    assert_int_equal(f.count, 2);
    b = tn_realloc(&f.env, b, 20, 80);
    assert_int_equal(f.count, 3);
    assert_int_equal(f.live_bytes, 180);
    tn_free(&f.env, a, 100);
    tn_free(&f.env, b, 80);
    assert_int_equal(f.live_blocks, 0);
    assert_int_equal(f.live_bytes, 0);
    assert_true(f.peak_bytes >= 180);
    assert_int_equal(f.count, 3);
    assert_int_equal(f.failed, 0);
}

static void one_allocation_fails(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    f.fail_at = 2;
    void *a = tn_alloc(&f.env, 1);
    assert_non_null(a);
    assert_null(tn_alloc(&f.env, 1));
    void *c = tn_alloc(&f.env, 1);
    assert_non_null(c);
    assert_int_equal(f.failed, 1);
    tn_free(&f.env, a, 1);
    tn_free(&f.env, c, 1);
}

static void all_fail_from_one_on_but_shrinks(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    f.fail_at = 2;
    f.fail_onward = true;
    char *a = tn_alloc(&f.env, 8);
    memcpy(a, "1234567", 8);
    assert_null(tn_realloc(&f.env, a, 8, 9));
    assert_string_equal(a, "1234567");
    assert_null(tn_zalloc(&f.env, 1));
    a = tn_realloc(&f.env, a, 8, 4);
    assert_memory_equal(a, "1234", 4);
    assert_int_equal(f.failed, 2);
    tn_free(&f.env, a, 4);
    assert_int_equal(f.live_blocks, 0);
}

static void clock_and_entropy_are_the_tests_own(void **state)
{
    (void)state;
    tn_failing_env f, g;
    tn_failing_env_init(&f);
    tn_failing_env_init(&g);
    assert_int_equal(tn_now(&f.env), 1000000000);
    f.clock += 5;
    assert_int_equal(tn_now(&f.env), 1000000005);

    uint8_t a[32], b[32];
    tn_entropy(&f.env, a, sizeof(a));
    tn_entropy(&g.env, b, sizeof(b));
    assert_memory_equal(a, b, sizeof(a));
    tn_entropy(&g.env, b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

static bool two_blocks(tn_failing_env *f, void *user)
{
    int *runs = user;
    ++*runs;
    void *a = tn_alloc(&f->env, 10);
    void *b = a ? tn_alloc(&f->env, 10) : NULL;
    tn_free(&f->env, b, 10);
    tn_free(&f->env, a, 10);
    return b != NULL;
}

static void fail_each_refuses_each_in_turn(void **state)
{
    (void)state;
    int runs = 0;
    assert_int_equal(tn_fail_each(two_blocks, &runs), 2);
    assert_int_equal(runs, 6);
}

#ifdef TERN_TRAP
/* Runs in a child; its death by a trap is the point. */
static void expect_trap(void (*misuse)(tn_failing_env *))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        signal(SIGTRAP, SIG_DFL);
        tn_failing_env f;
        tn_failing_env_init(&f);
        misuse(&f);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void wrong_size(tn_failing_env *f)
{
    void *p = tn_alloc(&f->env, 10);
    tn_free(&f->env, p, 11);
}

static void wrong_old_size(tn_failing_env *f)
{
    void *p = tn_alloc(&f->env, 10);
    p = tn_realloc(&f->env, p, 9, 20);
    tn_free(&f->env, p, 20);
}

static void misuse_traps(void **state)
{
    (void)state;
    expect_trap(wrong_size);
    expect_trap(wrong_old_size);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_counts_what_is_live),
        cmocka_unit_test(one_allocation_fails),
        cmocka_unit_test(all_fail_from_one_on_but_shrinks),
        cmocka_unit_test(clock_and_entropy_are_the_tests_own),
        cmocka_unit_test(fail_each_refuses_each_in_turn),
#ifdef TERN_TRAP
        cmocka_unit_test(misuse_traps),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
