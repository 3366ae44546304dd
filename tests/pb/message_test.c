/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message_test.c: a message is empty when it is new and when all of it was cleared.
 */
#include "pb/random.h"
#include "pb/table.h"

static void test_cleared_is_empty(void **state)
{
    (void)state;
    tn_seed seed = { .state = 1 };
    tern_arena *arena = tern_arena_new(NULL);
    const pbtest_All *fresh = tern_pb_new(&pbtest_All_table, arena);
    for (unsigned round = 0; round < 20; round++) {
        pbtest_All *m = random_all(&seed, arena, 1);
        assert_true(encode_all(m, arena).n > 0);
        tern_pb_clear_all(&pbtest_All_table, m);
        assert_int_equal(encode_all(m, arena).n, 0);
        assert_true(tern_pb_equal(&pbtest_All_table, m, fresh));
        for (size_t i = 0; i < pbtest_All_table.field_count; i++)
            assert_false(tern_pb_has(&pbtest_All_table, m, tn_pb_number_of(&pbtest_All_fields[i])));
    }
    tern_arena_free(arena);
}

/* It holds nothing of the arena, and may be filled after its reset. */
static void test_clear_after_reset(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    pbtest_All m = { .i_int32 = 0 };
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            const uint64_t key = (uint64_t)i;
            assert_non_null(tern_pb_append(&m.r_int32, sizeof(int32_t), arena));
            assert_non_null(tern_pb_map_put(&pbtest_EnumEntry_table, &m.m_enum, &key, arena));
        }
        tern_arena_reset(arena);
        tern_pb_clear_all(&pbtest_All_table, &m);
        assert_null(m.r_int32.p);
        assert_null(m.m_enum.index_);
    }
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cleared_is_empty),
        cmocka_unit_test(test_clear_after_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
