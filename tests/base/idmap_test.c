/* SPDX-License-Identifier: Apache-2.0 */
/* idmap_test.c: against a plain array, over many random steps, with ids as streams have them. */
#include "base/map.h"
#include "support/fail.h"
#include "support/seed.h"

enum { IDS = 600, STEPS = 100000 };

static void an_empty_map_is_valid(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_idmap m = { .env = &f.env };
    uint32_t at = 0;
    assert_null(tn_idmap_get(&m, 0));
    assert_null(tn_idmap_remove(&m, 1));
    assert_null(tn_idmap_next(&m, &at));
    tn_idmap_free(&m);
    assert_int_equal(f.count, 0);
}

/* Each model entry's id is first + step * i. */
static void against_a_model(uint32_t first, uint32_t step_of_ids)
{
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_idmap m = { .env = &f.env };
    static char values[2];
    void *model[IDS] = { NULL };
    uint32_t count = 0;
    tn_seed seed = { first };
    for (int step = 0; step < STEPS; step++) {
        const uint32_t i = tn_seed_below(&seed, IDS);
        const uint32_t id = first + step_of_ids * i;
        switch (tn_seed_below(&seed, 3)) {
        case 0:
            count += model[i] == NULL;
            model[i] = &values[step % 2];
            assert_true(tn_idmap_put(&m, id, model[i]));
            break;
        case 1:
            count -= model[i] != NULL;
            assert_ptr_equal(tn_idmap_remove(&m, id), model[i]);
            model[i] = NULL;
            break;
        default: assert_ptr_equal(tn_idmap_get(&m, id), model[i]);
        }
        assert_int_equal(m.count, count);
    }
    for (uint32_t i = 0; i < IDS; i++)
        assert_ptr_equal(tn_idmap_get(&m, first + step_of_ids * i), model[i]);
    uint32_t walked = 0, at = 0;
    while (tn_idmap_next(&m, &at))
        walked++;
    assert_int_equal(walked, count);
    tn_idmap_free(&m);
    assert_int_equal(f.live_blocks, 0);
}

static void it_agrees_with_a_model(void **state)
{
    (void)state;
    against_a_model(1, 2);
    against_a_model(0, 1);
    against_a_model(0x7fffffff - 2 * IDS, 2);
    against_a_model(UINT32_MAX - IDS, 1);
    against_a_model(5, 0x00400000);
}

static void removal_closes_holes_around_the_end(void **state)
{
    (void)state;
    /* Ids that share the last home of a map of eight, so that their run goes over its end. */
    tn_idmap m = { .env = tn_env_of(NULL) };
    static char value[5];
    assert_true(tn_idmap_put(&m, 1, value));
    tn_idmap_remove(&m, 1);
    assert_int_equal(m.cap, 8);
    uint32_t id[5], found = 0;
    for (uint32_t i = 1; found < 5; i++)
        if (tn_idmap_home(&m, i) == 7)
            id[found++] = i;
    for (uint32_t gone = 0; gone < 5; gone++) {
        for (uint32_t i = 0; i < 5; i++)
            assert_true(tn_idmap_put(&m, id[i], &value[i]));
        assert_ptr_equal(tn_idmap_remove(&m, id[gone]), &value[gone]);
        for (uint32_t i = 0; i < 5; i++)
            assert_ptr_equal(tn_idmap_get(&m, id[i]), i == gone ? NULL : &value[i]);
    }
    tn_idmap_free(&m);
}

static void streams_that_come_and_go_need_no_growth(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_idmap m = { .env = &f.env };
    static char value;
    for (uint32_t id = 1; id < 200000; id += 2) {
        assert_true(tn_idmap_put(&m, id, &value));
        if (id > 200)
            assert_ptr_equal(tn_idmap_remove(&m, id - 200), &value);
    }
    assert_true(m.cap <= 256);
    tn_idmap_free(&m);
    assert_int_equal(f.live_blocks, 0);
}

static bool fill(tn_failing_env *f, void *user)
{
    (void)user;
    tn_idmap m = { .env = &f->env };
    static char value;
    bool ok = true;
    bool in[200] = { false };
    for (uint32_t i = 0; i < 200; i++) {
        in[i] = tn_idmap_put(&m, 2 * i + 1, &value);
        ok = ok && in[i];
    }
    for (uint32_t i = 0; i < 200; i++)
        assert_true(in[i] == (tn_idmap_get(&m, 2 * i + 1) != NULL));
    tn_idmap_free(&m);
    return ok;
}

static void no_memory_keeps_what_is_there(void **state)
{
    (void)state;
    assert_int_equal(tn_fail_each(fill, NULL), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_is_valid),
        cmocka_unit_test(it_agrees_with_a_model),
        cmocka_unit_test(removal_closes_holes_around_the_end),
        cmocka_unit_test(streams_that_come_and_go_need_no_growth),
        cmocka_unit_test(no_memory_keeps_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
