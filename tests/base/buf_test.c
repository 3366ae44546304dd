/* SPDX-License-Identifier: Apache-2.0 */
/* buf_test.c: what goes in at the end comes out at the front, through growth and failure. */
#include "base/buf.h"
#include "support/fail.h"
#include "support/seed.h"

static void an_empty_buffer_is_valid(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_buf b = tn_buf_of(&f.env);
    assert_int_equal(tn_buf_len(&b), 0);
    assert_null(tn_buf_data(&b));
    assert_true(tn_buf_put(&b, NULL, 0));
    tn_buf_take(&b, 0);
    tn_buf_reset(&b, 0);
    tn_buf_free(&b);
    assert_int_equal(f.count, 0);
    assert_non_null(tn_buf_room(&b, 0));
    tn_buf_free(&b);
    assert_int_equal(f.live_blocks, 0);
}

static void bytes_keep_their_order(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_buf b = tn_buf_of(&f.env);
    tn_seed seed = { 2 };
    size_t put = 0, taken = 0;
    for (int step = 0; step < 20000; step++) {
        const size_t n = tn_seed_below(&seed, 300);
        if (tn_seed_below(&seed, 2)) {
            uint8_t *room = tn_buf_room(&b, n);
            assert_non_null(room);
            for (size_t i = 0; i < n; i++)
                room[i] = (uint8_t)((put + i) * 31 >> 3);
            tn_buf_wrote(&b, n);
            put += n;
        } else {
            const size_t m = n < tn_buf_len(&b) ? n : tn_buf_len(&b);
            for (size_t i = 0; i < m; i++)
                assert_int_equal(tn_buf_data(&b)[i], (uint8_t)((taken + i) * 31 >> 3));
            tn_buf_take(&b, m);
            taken += m;
        }
        assert_int_equal(tn_buf_len(&b), put - taken);
    }
    tn_buf_free(&b);
    assert_int_equal(f.live_blocks, 0);
}

static void a_queue_of_steady_length_does_not_grow(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_buf b = tn_buf_of(&f.env);
    const uint8_t block[100] = { 1 };
    assert_true(tn_buf_put(&b, block, 100));
    for (int i = 0; i < 10000; i++) {
        assert_true(tn_buf_put(&b, block, 100));
        tn_buf_take(&b, 100);
    }
    assert_true(b.cap <= 512);
    assert_true(f.count < 5);
    tn_buf_free(&b);
}

static void growth_doubles(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_buf b = tn_buf_of(&f.env);
    for (int i = 0; i < 1 << 20; i++)
        assert_true(tn_buf_put(&b, "x", 1));
    assert_true(f.count <= 16);
    assert_int_equal(b.cap, 1 << 20);
    tn_buf_free(&b);
}

/* A full buffer that lost one byte in front must not move all others for one behind. */
static void little_front_is_not_worth_a_slide(void **state)
{
    (void)state;
    tn_buf b = tn_buf_of(tn_env_of(NULL));
    assert_non_null(tn_buf_room(&b, 1000));
    tn_buf_wrote(&b, 1000);
    tn_buf_take(&b, 1);
    assert_non_null(tn_buf_room(&b, 1));
    assert_int_equal(b.cap, 2000);
    assert_int_equal(tn_buf_len(&b), 999);
    tn_buf_free(&b);
}

static void reset_keeps_what_it_may(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_buf b = tn_buf_of(&f.env);
    assert_non_null(tn_buf_room(&b, 1000));
    tn_buf_wrote(&b, 1000);
    tn_buf_reset(&b, 1000);
    assert_int_equal(tn_buf_len(&b), 0);
    assert_int_equal(b.cap, 1000);
    tn_buf_reset(&b, 999);
    assert_int_equal(b.cap, 0);
    assert_int_equal(f.live_blocks, 0);
    assert_true(tn_buf_put(&b, "again", 5));
    tn_buf_free(&b);
}

static void a_size_that_overflows_is_refused(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_buf b = tn_buf_of(&f.env);
    assert_true(tn_buf_put(&b, "abc", 3));
    assert_null(tn_buf_room(&b, SIZE_MAX));
    assert_null(tn_buf_room(&b, SIZE_MAX - 2));
    assert_null(tn_buf_room(&b, SIZE_MAX - 3));
    assert_memory_equal(tn_buf_data(&b), "abc", 3);
    tn_buf_free(&b);
}

static bool fill(tn_failing_env *f, void *user)
{
    (void)user;
    tn_buf b = tn_buf_of(&f->env);
    uint8_t next = 0, first = 0;
    bool ok = true;
    for (int i = 0; i < 3000; i++) {
        const size_t before = tn_buf_len(&b);
        if (tn_buf_put(&b, &next, 1)) {
            next++;
        } else {
            ok = false;
            assert_int_equal(tn_buf_len(&b), before);
        }
        if (i % 3 == 0 && tn_buf_len(&b)) {
            assert_int_equal(*tn_buf_data(&b), first);
            first++;
            tn_buf_take(&b, 1);
        }
    }
    tn_buf_free(&b);
    return ok;
}

static void no_memory_adds_nothing(void **state)
{
    (void)state;
    assert_true(tn_fail_each(fill, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_valid),
        cmocka_unit_test(bytes_keep_their_order),
        cmocka_unit_test(a_queue_of_steady_length_does_not_grow),
        cmocka_unit_test(growth_doubles),
        cmocka_unit_test(little_front_is_not_worth_a_slide),
        cmocka_unit_test(reset_keeps_what_it_may),
        cmocka_unit_test(a_size_that_overflows_is_refused),
        cmocka_unit_test(no_memory_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
