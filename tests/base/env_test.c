/* SPDX-License-Identifier: Apache-2.0 */
/* env_test.c: a NULL env and zero hooks mean the defaults; given hooks get their user. */
#include "base/env.h"
#include "support/test.h"

static const tern_env *const bare = &(const tern_env){ .size = sizeof(tern_env) };

static void the_default_env_has_every_hook(void **state)
{
    (void)state;
    const tern_env *env = tern_env_default();
    assert_int_equal(env->size, sizeof(*env));
    assert_true(env->alloc && env->now && env->wall && env->entropy && env->log && env->stat);
    env->log(env->user, TERN_LOG_INFO, "nobody hears");
    env->stat(env->user, TERN_STAT_BYTES_SENT, 1);
    assert_ptr_equal(tern_env_default(), env);
}

static void null_means_a_default(void **state)
{
    (void)state;
    assert_non_null(tn_env_of(NULL));
    assert_ptr_equal(tn_env_of(bare), bare);
}

static void memory_of(const tern_env *env)
{
    assert_null(tn_alloc(env, 0));
    assert_null(tn_zalloc(env, 0));
    tn_free(env, NULL, 0);

    uint8_t *p = tn_zalloc(env, 1000);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    memset(p, 7, 1000);

    p = tn_realloc(env, p, 1000, 5000);
    assert_non_null(p);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 7);
    p = tn_realloc(env, p, 5000, 10);
    assert_int_equal(p[9], 7);
    assert_null(tn_realloc(env, p, 10, 0));

    p = tn_realloc(env, NULL, 0, 16);
    assert_non_null(p);
    tn_free(env, p, 16);
    p = tn_alloc(env, 1);
    assert_non_null(p);
    tn_free(env, p, 1);
}

static void every_env_gives_memory(void **state)
{
    (void)state;
    memory_of(tn_env_of(NULL));
    memory_of(bare);
    memory_of(tern_env_default());
    tn_failing_env f;
    tn_failing_env_init(&f);
    memory_of(&f.env);
    assert_int_equal(f.live_blocks, 0);
    assert_int_equal(f.live_bytes, 0);
}

static void the_clock_does_not_go_back(void **state)
{
    (void)state;
    const tern_env *envs[] = { tn_env_of(NULL), tern_env_default() };
    for (size_t k = 0; k < 2; k++) {
        uint64_t last = tn_now(envs[k]);
        assert_true(last > 0);
        for (int i = 0; i < 1000; i++) {
            const uint64_t now = tn_now(envs[k]);
            assert_true(now >= last);
            last = now;
        }
    }
}

static void entropy_fills_exactly_and_differs(void **state)
{
    (void)state;
    uint8_t a[1000] = { 0 }, b[1000] = { 0 };
    tn_entropy(bare, a, 999);
    tn_entropy(tern_env_default(), b, 999);
    assert_int_equal(a[999], 0);
    assert_memory_not_equal(a, b, 999);
    /* More than one call to the kernel takes: the end is filled too. */
    assert_memory_not_equal(a + 968, b + 968, 31);
    tn_entropy(bare, a, 0);
}

typedef struct seen {
    int logs, stats, level;
    uint64_t by;
    char text[600];
} seen;

static void see_log(void *user, tern_log_level level, const char *text)
{
    seen *s = user;
    s->logs++;
    s->level = (int)level;
    assert_true(strlen(text) < sizeof(s->text));
    memcpy(s->text, text, strlen(text) + 1);
}

static void see_stat(void *user, tern_stat what, uint64_t by)
{
    seen *s = user;
    s->stats++;
    assert_int_equal(what, TERN_STAT_BYTES_RECEIVED);
    s->by += by;
}

static void hooks_are_called_with_their_user(void **state)
{
    (void)state;
    seen s = { 0 };
    const tern_env env = {
        .size = sizeof(env),
        .user = &s,
        .log = see_log,
        .stat = see_stat,
    };
    tn_log(&env, TERN_LOG_WARNING, "port %d is %s", 50051, "taken");
    assert_int_equal(s.logs, 1);
    assert_int_equal(s.level, TERN_LOG_WARNING);
    assert_string_equal(s.text, "port 50051 is taken");
    tn_stat(&env, TERN_STAT_BYTES_RECEIVED, 40);
    tn_stat(&env, TERN_STAT_BYTES_RECEIVED, 2);
    assert_int_equal(s.stats, 2);
    assert_int_equal(s.by, 42);
}

static void a_long_log_line_is_cut_at_a_character(void **state)
{
    (void)state;
    seen s = { 0 };
    const tern_env env = { .size = sizeof(env), .user = &s, .log = see_log };
    char text[1201];
    for (size_t i = 0; i < 1200; i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 3);
    text[1200] = '\0';
    tn_log(&env, TERN_LOG_ERROR, "%s", text);
    assert_int_equal(strlen(s.text), 510);
    assert_memory_equal(s.text, text, 510);
}

static void without_hooks_nothing_happens(void **state)
{
    (void)state;
    tn_log(bare, TERN_LOG_ERROR, "%s", "x");
    tn_log(tern_env_default(), TERN_LOG_ERROR, "%s", "x");
    tn_stat(bare, TERN_STAT_CALLS_ENDED, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_env_has_every_hook),
        cmocka_unit_test(null_means_a_default),
        cmocka_unit_test(every_env_gives_memory),
        cmocka_unit_test(the_clock_does_not_go_back),
        cmocka_unit_test(entropy_fills_exactly_and_differs),
        cmocka_unit_test(hooks_are_called_with_their_user),
        cmocka_unit_test(a_long_log_line_is_cut_at_a_character),
        cmocka_unit_test(without_hooks_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
