/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strmap_test.c: SipHash-1-3 against known answers, the map against a plain array.
 *
 * The answers of the zero key are those of CPython 3.11, whose bytes hash this is.
 */
#include "base/map.h"
#include "support/fail.h"
#include "support/guard.h"
#include "support/seed.h"
#include <stdio.h>

enum { KEYS = 300, STEPS = 100000 };

static void siphash_gives_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } known[] = {
        { "a", UINT64_C(0x407448d2b89b1813) },
        { "ab", UINT64_C(0x555508cbc6add439) },
        { "1234567", UINT64_C(0xa33d651594fdae81) },
        { "12345678", UINT64_C(0x3489982430560a87) },
        { "123456789", UINT64_C(0x0fbc0f0007965fcf) },
        { "The quick brown fox jumps over the lazy dog", UINT64_C(0x8df676d3d00c451e) },
    };
    const uint64_t zero[2] = { 0, 0 };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        assert_true(tn_siphash(zero, known[i].text, strlen(known[i].text)) == known[i].hash);

    const uint64_t counting[2] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
    assert_true(tn_siphash(counting, NULL, 0) == UINT64_C(0xabac0158050fc4dc));
}

static void siphash_reads_exactly_its_bytes(void **state)
{
    (void)state;
    const uint64_t seed[2] = { 1, 2 };
    uint8_t bytes[40];
    tn_seed_fill(&(tn_seed){ 5 }, bytes, sizeof(bytes));
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        uint8_t *guarded = tn_guard_copy(bytes, n);
        assert_true(tn_siphash(seed, guarded, n) == tn_siphash(seed, bytes, n));
        tn_guard_free(guarded, n);
    }
}

static void an_empty_map_is_valid(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_strmap m = { .env = &f.env };
    uint32_t at = 0;
    assert_null(tn_strmap_get(&m, TERN_STR("x")));
    assert_null(tn_strmap_remove(&m, TERN_STR("x")));
    assert_null(tn_strmap_next(&m, &at));
    tn_strmap_free(&m);
    assert_int_equal(f.count, 0);
}

static void it_agrees_with_a_model(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_strmap m = { .env = &f.env };
    static char values[2];
    static char keys[KEYS][16];
    void *model[KEYS] = { NULL };
    uint32_t count = 0;
    for (int i = 0; i < KEYS; i++)
        snprintf(keys[i], sizeof(keys[i]), "key-%d", i);
    tn_seed seed = { 6 };
    for (int step = 0; step < STEPS; step++) {
        const uint32_t i = tn_seed_below(&seed, KEYS);
        char copy[16];
        memcpy(copy, keys[i], sizeof(copy));
        switch (tn_seed_below(&seed, 3)) {
        case 0:
            count += model[i] == NULL;
            model[i] = &values[step % 2];
            assert_true(tn_strmap_put(&m, tern_str_of(keys[i]), model[i]));
            break;
        case 1:
            count -= model[i] != NULL;
            assert_ptr_equal(tn_strmap_remove(&m, tern_str_of(copy)), model[i]);
            model[i] = NULL;
            break;
        default: assert_ptr_equal(tn_strmap_get(&m, tern_str_of(copy)), model[i]);
        }
        assert_int_equal(m.count, count);
    }
    uint32_t walked = 0, at = 0;
    while (tn_strmap_next(&m, &at))
        walked++;
    assert_int_equal(walked, count);
    tn_strmap_free(&m);
    assert_int_equal(f.live_blocks, 0);
}

static void keys_are_bytes(void **state)
{
    (void)state;
    tn_strmap m = { .env = tn_env_of(NULL) };
    static char value[4];
    assert_true(tn_strmap_put(&m, (tern_str){ "a\0b", 3 }, &value[0]));
    assert_true(tn_strmap_put(&m, (tern_str){ "a\0c", 3 }, &value[1]));
    assert_true(tn_strmap_put(&m, TERN_STR("a"), &value[2]));
    assert_true(tn_strmap_put(&m, (tern_str){ 0 }, &value[3]));
    assert_ptr_equal(tn_strmap_get(&m, (tern_str){ "a\0b", 3 }), &value[0]);
    assert_ptr_equal(tn_strmap_get(&m, (tern_str){ "a\0c", 3 }), &value[1]);
    assert_ptr_equal(tn_strmap_get(&m, TERN_STR("a")), &value[2]);
    assert_ptr_equal(tn_strmap_get(&m, TERN_STR("")), &value[3]);
    assert_null(tn_strmap_get(&m, TERN_STR("A")));
    tn_strmap_free(&m);
}

static void a_replaced_key_may_go(void **state)
{
    (void)state;
    tn_strmap m = { .env = tn_env_of(NULL) };
    static char value[2];
    char old[] = "name", new[] = "name";
    assert_true(tn_strmap_put(&m, tern_str_of(old), &value[0]));
    assert_true(tn_strmap_put(&m, tern_str_of(new), &value[1]));
    memset(old, 'x', sizeof(old) - 1);
    assert_int_equal(m.count, 1);
    assert_ptr_equal(tn_strmap_get(&m, TERN_STR("name")), &value[1]);
    assert_ptr_equal(tn_strmap_remove(&m, TERN_STR("name")), &value[1]);
    tn_strmap_free(&m);
}

static void each_map_draws_its_own_seed(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    static char value;
    tn_strmap a = { .env = &f.env }, b = { .env = &f.env },
              given = { .env = &f.env, .seed = { 7, 9 } };
    assert_true(tn_strmap_put(&a, TERN_STR("k"), &value));
    assert_true(tn_strmap_put(&b, TERN_STR("k"), &value));
    assert_true(tn_strmap_put(&given, TERN_STR("k"), &value));
    assert_true(a.seed[0] | a.seed[1]);
    assert_memory_not_equal(a.seed, b.seed, sizeof(a.seed));
    assert_int_equal(given.seed[0], 7);
    tn_strmap_free(&a);
    tn_strmap_free(&b);
    tn_strmap_free(&given);
    assert_int_equal(f.live_blocks, 0);
}

static bool fill(tn_failing_env *f, void *user)
{
    (void)user;
    tn_strmap m = { .env = &f->env };
    static char value;
    char key[100][16];
    bool in[100] = { false };
    bool ok = true;
    for (int i = 0; i < 100; i++) {
        snprintf(key[i], sizeof(key[i]), "k%d", i);
        in[i] = tn_strmap_put(&m, tern_str_of(key[i]), &value);
        ok = ok && in[i];
    }
    for (int i = 0; i < 100; i++)
        assert_true(in[i] == (tn_strmap_get(&m, tern_str_of(key[i])) != NULL));
    tn_strmap_free(&m);
    return ok;
}

static void no_memory_keeps_what_is_there(void **state)
{
    (void)state;
    assert_int_equal(tn_fail_each(fill, NULL), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_gives_known_answers),
        cmocka_unit_test(siphash_reads_exactly_its_bytes),
        cmocka_unit_test(an_empty_map_is_valid),
        cmocka_unit_test(it_agrees_with_a_model),
        cmocka_unit_test(keys_are_bytes),
        cmocka_unit_test(a_replaced_key_may_go),
        cmocka_unit_test(each_map_draws_its_own_seed),
        cmocka_unit_test(no_memory_keeps_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
