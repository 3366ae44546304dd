/* SPDX-License-Identifier: Apache-2.0 */
/* What proto2 and editions become: types, modes and flags in tables, defaults, extensions. */
#include "golden/delimited.tern.c"
#include "golden/edition2023.tern.c"
#include "pb/names.h"
#include "proto2.tern.h"
#include "support/test.h"

static tern_arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    tern_arena_free(arena);
    return 0;
}

/* ---- tables ----------------------------------------------------------------------------------- */

static void holds(const tern_pb_table *table, const char *name, tern_pb_type type,
                  tern_pb_mode mode, unsigned flags)
{
    const tern_pb_field *f = tn_pb_find_name(table, tern_str_of(name));
    if (!f || tn_pb_type_of(f) != type || tn_pb_mode_of(f) != mode || f->flags != flags)
        fail_msg("%s of %s is not as expected", name, table->full_name);
}

static void proto2_is_held_so(void **state)
{
    (void)state;
    const tern_pb_table *closed = &test_proto2_Closed_table;
    holds(closed, "one", TERN_PB_CLOSED_ENUM, TERN_PB_EXPLICIT, 0);
    holds(closed, "many", TERN_PB_CLOSED_ENUM, TERN_PB_REPEATED, 0);
    holds(closed, "packed", TERN_PB_CLOSED_ENUM, TERN_PB_PACKED, 0);
    holds(closed, "by_name", TERN_PB_MESSAGE, TERN_PB_MAP, 0);
    holds(&test_proto2_Closed_ByNameEntry_table, "key", TERN_PB_STRING, TERN_PB_IMPLICIT, 0);
    holds(&test_proto2_Closed_ByNameEntry_table, "value", TERN_PB_CLOSED_ENUM, TERN_PB_IMPLICIT, 0);
    holds(closed, "chosen", TERN_PB_CLOSED_ENUM, TERN_PB_ONEOF, 0);
    holds(closed, "open", TERN_PB_ENUM, TERN_PB_EXPLICIT, 0);
    holds(closed, "loose", TERN_PB_INT32, TERN_PB_REPEATED, 0);
    holds(closed, "tight", TERN_PB_INT32, TERN_PB_PACKED, 0);
    holds(closed, "words", TERN_PB_STRING, TERN_PB_REPEATED, 0);
    holds(&test_proto2_Groups_table, "one", TERN_PB_GROUP, TERN_PB_EXPLICIT, 0);
    holds(&test_proto2_Groups_table, "many", TERN_PB_GROUP, TERN_PB_REPEATED, 0);
    holds(&test_proto2_Groups_table, "either", TERN_PB_GROUP, TERN_PB_ONEOF, 0);
    holds(&test_proto2_Required_table, "id", TERN_PB_INT32, TERN_PB_EXPLICIT, TERN_PB_REQUIRED);
    holds(&test_proto2_Required_table, "part", TERN_PB_GROUP, TERN_PB_EXPLICIT, TERN_PB_REQUIRED);
    assert_int_equal(test_proto2_Set_table.kind, TERN_PB_MESSAGE_SET);
    assert_int_equal(test_proto2_Set_table.flags, TERN_PB_EXTENDABLE);
    assert_int_equal(test_proto2_Level_enum.flags, TERN_PB_CLOSED);
    assert_int_equal(test_proto2_Level_enum.default_number, 1);
}

static void editions_are_held_so(void **state)
{
    (void)state;
    const tern_pb_table *all = &test_edition2023_All_table;
    holds(all, "explicit", TERN_PB_INT32, TERN_PB_EXPLICIT, 0);
    holds(all, "implicit", TERN_PB_INT32, TERN_PB_IMPLICIT, 0);
    holds(all, "required", TERN_PB_STRING, TERN_PB_EXPLICIT, TERN_PB_UTF8 | TERN_PB_REQUIRED);
    holds(all, "any_bytes", TERN_PB_STRING, TERN_PB_EXPLICIT, 0);
    holds(all, "packed", TERN_PB_INT32, TERN_PB_PACKED, 0);
    holds(all, "expanded", TERN_PB_INT32, TERN_PB_REPEATED, 0);
    holds(all, "prefixed", TERN_PB_MESSAGE, TERN_PB_EXPLICIT, 0);
    holds(all, "delimited", TERN_PB_GROUP, TERN_PB_EXPLICIT, 0);
    holds(all, "parts", TERN_PB_GROUP, TERN_PB_REPEATED, 0);
    holds(all, "open", TERN_PB_ENUM, TERN_PB_EXPLICIT, 0);
    holds(all, "shut", TERN_PB_CLOSED_ENUM, TERN_PB_EXPLICIT, 0);
    holds(all, "group", TERN_PB_GROUP, TERN_PB_ONEOF, 0);
    holds(all, "required_part", TERN_PB_GROUP, TERN_PB_EXPLICIT, TERN_PB_REQUIRED);
    holds(&test_edition2023_All_ByNameEntry_table, "key", TERN_PB_STRING, TERN_PB_IMPLICIT,
          TERN_PB_UTF8);
    holds(&test_edition2023_All_ByIdEntry_table, "key", TERN_PB_STRING, TERN_PB_IMPLICIT, 0);
    holds(test_edition2023_x_part.holder, "x_part", TERN_PB_GROUP, TERN_PB_EXPLICIT, 0);
    holds(test_edition2023_x_packed.holder, "x_packed", TERN_PB_INT32, TERN_PB_PACKED, 0);
    holds(test_edition2023_x_expanded.holder, "x_expanded", TERN_PB_INT32, TERN_PB_REPEATED, 0);
    const tern_pb_table *outer = &test_delimited_Outer_table;
    holds(outer, "inner", TERN_PB_GROUP, TERN_PB_EXPLICIT, 0);
    holds(outer, "many", TERN_PB_GROUP, TERN_PB_REPEATED, 0);
    holds(outer, "by_name", TERN_PB_MESSAGE, TERN_PB_MAP, 0);
    holds(&test_delimited_Outer_ByNameEntry_table, "value", TERN_PB_MESSAGE, TERN_PB_EXPLICIT, 0);
    holds(outer, "prefixed", TERN_PB_MESSAGE, TERN_PB_EXPLICIT, 0);
    holds(outer, "number", TERN_PB_INT32, TERN_PB_IMPLICIT, 0);
    holds(outer, "there", TERN_PB_INT32, TERN_PB_EXPLICIT, 0);
    holds(outer, "loose", TERN_PB_INT32, TERN_PB_REPEATED, 0);
    holds(outer, "checked", TERN_PB_STRING, TERN_PB_IMPLICIT, TERN_PB_UTF8);
    holds(outer, "other", TERN_PB_INT32, TERN_PB_ONEOF, 0);
}

static void whoever_may_hold_a_required_field_says_so(void **state)
{
    (void)state;
    const tern_pb_table *const holders[] = {
        &test_proto2_Required_table,      &test_proto2_HoldsRequired_table,
        &test_proto2_Circle_table,        &test_proto2_HoldsRequired_ByIdEntry_table,
        test_proto2_x_required.holder,    &test_edition2023_All_table,
        &test_proto2_Required_Part_table,
    };
    for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++)
        assert_true(holders[i]->flags & TERN_PB_HAS_REQUIRED);
    assert_false(test_proto2_Groups_table.flags & TERN_PB_HAS_REQUIRED);
    assert_int_equal(test_proto2_Extendable_table.flags, TERN_PB_EXTENDABLE);
}

/* ---- defaults --------------------------------------------------------------------------------- */

static void absent_numbers_read_as_their_defaults(void **state)
{
    (void)state;
    const test_proto2_Defaults m = { 0 };
    assert_true(test_proto2_Defaults_get_d(&m) == -1.5e300);
    assert_true(test_proto2_Defaults_get_infinity(&m) > 1.7e308);
    assert_true(test_proto2_Defaults_get_minus_infinity(&m) < -1.7e308);
    const double nan = test_proto2_Defaults_get_not_a_number(&m);
    assert_true(nan != nan);
    assert_true(__builtin_signbit(test_proto2_Defaults_get_minus_zero(&m)));
    assert_true(test_proto2_Defaults_get_f(&m) == 2.0f);
    assert_true(test_proto2_Defaults_get_f_infinity(&m) < -3e38f);
    assert_true(test_proto2_Defaults_get_f_small(&m) == 1e-9f);
    assert_int_equal(test_proto2_Defaults_get_i32(&m), INT32_MIN);
    assert_int_equal(test_proto2_Defaults_get_i64(&m), INT64_MIN);
    assert_int_equal(test_proto2_Defaults_get_u32(&m), UINT32_MAX);
    assert_true(test_proto2_Defaults_get_u64(&m) == UINT64_MAX);
    assert_int_equal(test_proto2_Defaults_get_s32(&m), 0x7f);
    assert_int_equal(test_proto2_Defaults_get_s64(&m), -017);
    assert_int_equal(test_proto2_Defaults_get_sf64(&m), INT64_MAX);
    assert_true(test_proto2_Defaults_get_b(&m));
    assert_int_equal(test_proto2_Defaults_get_level(&m), test_proto2_HIGH);
    assert_int_equal(test_proto2_Defaults_get_first(&m), test_proto2_LOW);
    assert_int_equal(test_proto2_Defaults_get_mood(&m), test_kinds_MOOD_GOOD);
}

static void absent_strings_read_as_their_defaults(void **state)
{
    (void)state;
    test_proto2_Defaults m = { 0 };
    assert_string_equal(test_proto2_Defaults_get_s(&m).p,
                        "a \"quoted\" text, with a ? and \xc3\xa9\n");
    const tern_bytes y = test_proto2_Defaults_get_y(&m);
    assert_int_equal(y.n, 12);
    assert_memory_equal(y.p, "\0\1\377 A?\?/\\ \"'", 12);
    test_proto2_Defaults_set_s(&m, TERN_STR("other"));
    assert_string_equal(test_proto2_Defaults_get_s(&m).p, "other");
    test_proto2_Defaults_set_s(&m, TERN_STR(""));
    assert_int_equal(test_proto2_Defaults_get_s(&m).n, 0);
    test_proto2_Defaults_clear_s(&m);
    assert_int_not_equal(test_proto2_Defaults_get_s(&m).n, 0);
}

static void what_is_set_is_read(void **state)
{
    (void)state;
    test_proto2_Defaults m = { 0 };
    test_proto2_Defaults_set_i32(&m, 0);
    assert_true(test_proto2_Defaults_has_i32(&m));
    assert_int_equal(test_proto2_Defaults_get_i32(&m), 0);
    test_proto2_Defaults_set_b(&m, false);
    assert_false(test_proto2_Defaults_get_b(&m));
    assert_int_equal(test_proto2_Defaults_get_chosen(&m), 42);
    test_proto2_Defaults_set_chosen(&m, 1);
    assert_int_equal(test_proto2_Defaults_get_chosen(&m), 1);
    assert_string_equal(test_proto2_Defaults_get_words(&m).p, "none");
    assert_int_equal(test_proto2_Defaults_get_of_level(&m), test_proto2_LOW);
}

/* ---- extensions ------------------------------------------------------------------------------- */

static void extensions_of_one_value(void **state)
{
    (void)state;
    test_proto2_Extendable m = { 0 };
    assert_false(test_proto2_x_i32_has(&m));
    assert_int_equal(test_proto2_x_i32_get(&m), 5);
    assert_true(test_proto2_x_i32_set(&m, arena, 0));
    assert_true(test_proto2_x_i32_has(&m));
    assert_int_equal(test_proto2_x_i32_get(&m), 0);
    test_proto2_x_i32_clear(&m);
    assert_int_equal(test_proto2_x_i32_get(&m), 5);
    assert_false(test_proto2_x_b_get(&m));
    assert_true(test_proto2_x_b_set(&m, arena, true));
    assert_true(test_proto2_x_b_get(&m));
    assert_int_equal(test_proto2_x_level_get(&m), test_proto2_LOW);
    assert_true(test_proto2_x_f_get(&m) < -3e38f);
    assert_true(test_proto2_x_last_set(&m, arena, -7));
    assert_int_equal(test_proto2_x_last_get(&m), -7);
}

static void extensions_that_are_strings(void **state)
{
    (void)state;
    test_proto2_Extendable m = { 0 };
    assert_string_equal(test_proto2_x_s_get(&m).p, "five");
    assert_true(test_proto2_x_s_set(&m, arena, TERN_STR("six")));
    assert_string_equal(test_proto2_x_s_get(&m).p, "six");
    assert_true(test_proto2_x_s_set(&m, arena, (tern_str){ NULL, 0 }));
    assert_true(test_proto2_x_s_has(&m));
    assert_int_equal(test_proto2_x_s_get(&m).n, 0);
    assert_int_equal(test_proto2_x_y_get(&m).n, 0);
    assert_false(test_proto2_x_y_has(&m));
}

static void extensions_that_are_messages(void **state)
{
    (void)state;
    test_proto2_Extendable m = { 0 };
    assert_null(test_proto2_x_message_get(&m));
    test_proto2_Extendable *inner = test_proto2_x_message_put(&m, arena);
    assert_non_null(inner);
    assert_ptr_equal(test_proto2_x_message_get(&m), inner);
    assert_true(test_proto2_x_i32_set(inner, arena, 1));
    assert_false(test_proto2_x_i32_has(&m));
    test_proto2_XGroup *group = test_proto2_xgroup_put(&m, arena);
    assert_non_null(group);
    test_proto2_Nest *nest = test_proto2_Nest_nest_put(&m, arena);
    assert_non_null(nest);
}

static void extensions_of_many_values(void **state)
{
    (void)state;
    test_proto2_Extendable m = { 0 };
    assert_null(test_proto2_x_many_get(&m));
    for (int i = 0; i < 10; i++)
        assert_true(test_proto2_x_many_add(&m, arena, i));
    const test_proto2_x_many_holder *many = test_proto2_x_many_get(&m);
    assert_int_equal(many->value.n, 10);
    assert_int_equal(many->value.p[9], 9);
    assert_true(test_proto2_x_words_add(&m, arena, TERN_STR("word")));
    assert_string_equal(test_proto2_x_words_get(&m)->value.p[0].p, "word");
    test_proto2_Extendable *element = test_proto2_x_messages_add(&m, arena);
    assert_ptr_equal(test_proto2_x_messages_get(&m)->value.p[0], element);
    assert_true(test_proto2_x_levels_add(&m, arena, test_proto2_HIGH));
    test_proto2_x_many_clear(&m);
    assert_null(test_proto2_x_many_get(&m));
}

static void holders_say_what_they_hold(void **state)
{
    (void)state;
    const tern_pb_extension *x = &test_proto2_Nest_nest;
    assert_int_equal(x->abi, TERN_PB_ABI);
    assert_ptr_equal(x->extendee, &test_proto2_Extendable_table);
    assert_ptr_equal(x->file, &proto2_file);
    assert_string_equal(x->holder->full_name, "test.proto2.Nest.nest");
    assert_int_equal(x->holder->field_count, 1);
    assert_int_equal(x->holder->unknown_offset, TERN_PB_NONE);
    const tern_pb_field *f = &x->holder->fields[0];
    assert_string_equal(tn_pb_name_of(x->holder, f), "nest");
    assert_string_equal(tn_pb_json_name_of(x->holder, f), "[test.proto2.Nest.nest]");
    assert_int_equal(f->offset, 0);
    bool found = false;
    for (size_t i = 0; i < proto2_file.extension_count; i++)
        found |= proto2_file.extensions[i] == x;
    assert_true(found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(proto2_is_held_so),
        TEST(editions_are_held_so),
        TEST(whoever_may_hold_a_required_field_says_so),
        TEST(absent_numbers_read_as_their_defaults),
        TEST(absent_strings_read_as_their_defaults),
        TEST(what_is_set_is_read),
        TEST(extensions_of_one_value),
        TEST(extensions_that_are_strings),
        TEST(extensions_that_are_messages),
        TEST(extensions_of_many_values),
        TEST(holders_say_what_they_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
