/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names_test.c: every name of every field and enum value of the tests' files leads back to it, and
 * what is next to a name leads nowhere.
 */
#include "pb/names.h"

#include "json.tern.h"
#include "json2.tern.h"
#include "support/test.h"

/* None of the names that are a little longer, shorter or other than `name`. */
static void check_near(const tern_pb_table *table, const char *name)
{
    char near[200];
    const size_t n = strlen(name);
    assert_true(n + 2 < sizeof(near));
    memcpy(near, name, n + 1);
    near[n] = '\x01';
    assert_null(tn_pb_find_name(table, (tern_str){ near, n + 1 }));
    assert_null(tn_pb_find_json(table, (tern_str){ near, n + 1 }));
    near[n - 1] ^= '\x40';
    assert_null(tn_pb_find_name(table, (tern_str){ near, n }));
    assert_null(tn_pb_find_json(table, (tern_str){ near, n }));
}

static void check_table(const tern_pb_table *table)
{
    for (unsigned i = 0; i < table->field_count; i++) {
        const tern_pb_field *f = &table->fields[i];
        const char *name = tn_pb_name_of(table, f), *json = tn_pb_json_name_of(table, f);
        assert_ptr_equal(tn_pb_find_name(table, tern_str_of(name)), f);
        assert_ptr_equal(tn_pb_find_json(table, tern_str_of(json)), f);
        assert_ptr_equal(tn_pb_find_json(table, tern_str_of(name)), f);
        if (strcmp(name, json) != 0)
            assert_null(tn_pb_find_name(table, tern_str_of(json)));
        check_near(table, name);
    }
    assert_null(tn_pb_find_name(table, TERN_STR("")));
    assert_null(tn_pb_find_json(table, (tern_str){ NULL, 0 }));
    /* The index is in the order of bytes. */
    for (unsigned i = 1; i < table->name_count; i++) {
        const uint16_t a = table->by_name[i - 1], b = table->by_name[i];
        const tern_pb_field *f = &table->fields[a / 2], *g = &table->fields[b / 2];
        const char *x = a & 1 ? tn_pb_json_name_of(table, f) : tn_pb_name_of(table, f);
        const char *y = b & 1 ? tn_pb_json_name_of(table, g) : tn_pb_name_of(table, g);
        assert_true(strcmp(x, y) <= 0);
    }
}

static void check_enum(const tern_pb_enum *e)
{
    for (unsigned i = 0; i < e->count; i++) {
        const tern_pb_enum_value *value = &e->values[i];
        assert_ptr_equal(tn_pb_enum_find_name(e, tern_str_of(e->names + value->name)), value);
        assert_int_equal(tn_pb_enum_find(e, value->number)->number, value->number);
        assert_true(i == 0 || e->values[i - 1].number <= value->number);
    }
    assert_null(tn_pb_enum_find(e, 12345));
    assert_null(tn_pb_enum_find(e, -12345));
    assert_null(tn_pb_enum_find_name(e, TERN_STR("")));
    assert_null(tn_pb_enum_find_name(e, TERN_STR("NOBOD")));
}

static void test_all_names(void **state)
{
    (void)state;
    const tern_pb_file *const files[] = { &json_file, &json2_file };
    for (size_t i = 0; i < 2; i++) {
        for (unsigned k = 0; k < files[i]->message_count; k++)
            check_table(files[i]->messages[k]);
        for (unsigned k = 0; k < files[i]->enum_count; k++)
            check_enum(files[i]->enums[k]);
    }
}

/* Two fields, each named as the other is in JSON: every sort of name finds its own. */
static void test_swapped_names(void **state)
{
    (void)state;
    static const tern_pb_field fields[] = {
        { .tag = { 0x08 }, .tag_len = 1, .op = TERN_PB_OP(TERN_PB_INT32, TERN_PB_IMPLICIT) },
        { .tag = { 0x10 },
          .tag_len = 1,
          .op = TERN_PB_OP(TERN_PB_INT32, TERN_PB_IMPLICIT),
          .name = 4 },
        { .tag = { 0x18 },
          .tag_len = 1,
          .op = TERN_PB_OP(TERN_PB_INT32, TERN_PB_IMPLICIT),
          .name = 8 },
    };
    /* a, in JSON b; b, in JSON a; c. */
    static const uint16_t by_name[] = { 0, 3, 1, 2, 4 };
    static const tern_pb_table table = { .abi = TERN_PB_ABI,
                                         .field_count = 3,
                                         .fields = fields,
                                         .names = "a\0b\0b\0a\0c\0",
                                         .name_count = 5,
                                         .by_name = by_name,
                                         .full_name = "x.Y" };
    assert_ptr_equal(tn_pb_find_name(&table, TERN_STR("a")), &fields[0]);
    assert_ptr_equal(tn_pb_find_name(&table, TERN_STR("b")), &fields[1]);
    assert_ptr_equal(tn_pb_find_json(&table, TERN_STR("a")), &fields[1]);
    assert_ptr_equal(tn_pb_find_json(&table, TERN_STR("b")), &fields[0]);
    assert_ptr_equal(tn_pb_find_json(&table, TERN_STR("c")), &fields[2]);
    assert_ptr_equal(tn_pb_find_name(&table, TERN_STR("c")), &fields[2]);
}

/* Numbers with two names, and numbers far apart. */
static void test_enums(void **state)
{
    (void)state;
    static const tern_pb_enum_value sorted[] = { { INT32_MIN, 6 }, { 0, 2 }, { 0, 0 }, { 7, 4 } };
    static const uint32_t by_name[] = { 2, 1, 3, 0 };
    const tern_pb_enum e = {
        .count = 4, .values = sorted, .by_name = by_name, .names = "a\0b\0c\0d"
    };
    assert_ptr_equal(tn_pb_enum_find(&e, 0), &sorted[1]);
    assert_ptr_equal(tn_pb_enum_find(&e, INT32_MIN), &sorted[0]);
    assert_ptr_equal(tn_pb_enum_find(&e, 7), &sorted[3]);
    assert_null(tn_pb_enum_find(&e, 1));
    assert_ptr_equal(tn_pb_enum_find_name(&e, TERN_STR("a")), &sorted[2]);
    assert_ptr_equal(tn_pb_enum_find_name(&e, TERN_STR("d")), &sorted[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_names),
        cmocka_unit_test(test_swapped_names),
        cmocka_unit_test(test_enums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
