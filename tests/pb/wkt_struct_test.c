/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_struct_test.c: Struct and ListValue built, read, carried by the codec, and short of memory.
 */
#include "pb/poor.h"
#include "support/guard.h"
#include "tern/wkt.h"

#include <math.h>

static tern_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_arena_free(arena);
    return 0;
}

/* { "nothing": null, "size": 1.5, "name": "tern", "good": true,
 *   "more": { "": "" }, "list": [null, -0.0, "x", false, { "n": 1 }, [2]] } */
static bool build(google_protobuf_Struct *s, tern_arena *a)
{
    if (!tern_struct_put_null(s, TERN_STR("nothing"), a) ||
        !tern_struct_put_number(s, TERN_STR("size"), 1.5, a) ||
        !tern_struct_put_string(s, TERN_STR("name"), TERN_STR("tern"), a) ||
        !tern_struct_put_bool(s, TERN_STR("good"), true, a))
        return false;
    google_protobuf_Struct *more = tern_struct_put_struct(s, TERN_STR("more"), a);
    google_protobuf_ListValue *list = tern_struct_put_list(s, TERN_STR("list"), a);
    if (!more || !list || !tern_struct_put_string(more, TERN_STR(""), (tern_str){ NULL, 0 }, a))
        return false;
    if (!tern_list_value_add_null(list, a) || !tern_list_value_add_number(list, -0.0, a) ||
        !tern_list_value_add_string(list, TERN_STR("x"), a) ||
        !tern_list_value_add_bool(list, false, a))
        return false;
    google_protobuf_Struct *in_list = tern_list_value_add_struct(list, a);
    google_protobuf_ListValue *list_in_list = tern_list_value_add_list(list, a);
    return in_list && list_in_list && tern_struct_put_number(in_list, TERN_STR("n"), 1, a) &&
           tern_list_value_add_number(list_in_list, 2, a);
}

static void check_built(const google_protobuf_Struct *s)
{
    double number = 0;
    tern_str string = { NULL, 0 };
    bool truth = false;
    assert_int_equal(s->fields.n, 6);
    assert_true(tern_value_is_null(tern_struct_get(s, TERN_STR("nothing"))));
    assert_true(tern_value_number(tern_struct_get(s, TERN_STR("size")), &number) && number == 1.5);
    assert_true(tern_value_string(tern_struct_get(s, TERN_STR("name")), &string));
    assert_string_equal(string.p, "tern");
    assert_true(tern_value_bool(tern_struct_get(s, TERN_STR("good")), &truth) && truth);

    const google_protobuf_Struct *more = tern_value_struct(tern_struct_get(s, TERN_STR("more")));
    assert_non_null(more);
    assert_true(tern_value_string(tern_struct_get(more, (tern_str){ NULL, 0 }), &string));
    assert_true(string.p && string.n == 0);

    const google_protobuf_ListValue *list = tern_value_list(tern_struct_get(s, TERN_STR("list")));
    assert_non_null(list);
    assert_int_equal(list->values.n, 6);
    assert_true(tern_value_is_null(tern_list_value_get(list, 0)));
    assert_true(tern_value_number(tern_list_value_get(list, 1), &number) && signbit(number));
    assert_true(tern_value_string(tern_list_value_get(list, 2), &string));
    assert_string_equal(string.p, "x");
    assert_true(tern_value_bool(tern_list_value_get(list, 3), &truth) && !truth);
    const google_protobuf_Struct *in_list = tern_value_struct(tern_list_value_get(list, 4));
    assert_true(tern_value_number(tern_struct_get(in_list, TERN_STR("n")), &number));
    assert_true(number == 1);
    const google_protobuf_ListValue *list_in_list = tern_value_list(tern_list_value_get(list, 5));
    assert_true(tern_value_number(tern_list_value_get(list_in_list, 0), &number) && number == 2);
    assert_null(tern_list_value_get(list, 6));
    assert_null(tern_list_value_get(list, SIZE_MAX));
}

static void test_built_and_through_the_codec(void **state)
{
    (void)state;
    google_protobuf_Struct s = { .fields = { .n = 0 } };
    assert_true(build(&s, arena));
    check_built(&s);
    tern_error err;
    const tern_bytes bytes = google_protobuf_Struct_encode(&s, arena, &err);
    assert_non_null(bytes.p);
    const google_protobuf_Struct *back = google_protobuf_Struct_decode(bytes, arena, &err);
    assert_non_null(back);
    check_built(back);
}

/* Each kind, asked as each kind: only its own getter has an answer, and the others write nothing. */
static void test_nothing_is_converted(void **state)
{
    (void)state;
    google_protobuf_Value values[7] = { { .kind = { .which = 0 } } };
    google_protobuf_Value_set_null_value(&values[1], google_protobuf_NULL_VALUE);
    google_protobuf_Value_set_number_value(&values[2], 1);
    google_protobuf_Value_set_string_value(&values[3], TERN_STR("1"));
    google_protobuf_Value_set_bool_value(&values[4], true);
    google_protobuf_Value_set_struct_value(&values[5], NULL);
    google_protobuf_Value_set_list_value(&values[6], NULL);
    for (uint32_t i = 0; i <= 7; i++) {
        const google_protobuf_Value *v = i == 7 ? NULL : &values[i];
        double number = 7;
        tern_str string = { "seven", 5 };
        bool truth = false;
        assert_int_equal(tern_value_is_null(v), i == 1);
        assert_int_equal(tern_value_number(v, &number), i == 2);
        assert_true(number == (i == 2 ? 1 : 7));
        assert_int_equal(tern_value_string(v, &string), i == 3);
        assert_string_equal(string.p, i == 3 ? "1" : "seven");
        assert_int_equal(tern_value_bool(v, &truth), i == 4);
        assert_int_equal(truth, i == 4);
        assert_int_equal(tern_value_struct(v) != NULL, i == 5);
        assert_int_equal(tern_value_list(v) != NULL, i == 6);
    }
    /* A string that is set and absent reads as it travels: empty. */
    tern_str string = { "seven", 5 };
    google_protobuf_Value_set_string_value(&values[3], (tern_str){ NULL, 0 });
    assert_true(tern_value_string(&values[3], &string) && string.p && string.n == 0);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    google_protobuf_Struct s = { .fields = { .n = 0 } };
    assert_null(tern_struct_get(&s, TERN_STR("x")));
    assert_null(tern_struct_get(NULL, TERN_STR("x")));
    assert_null(tern_list_value_get(NULL, 0));
    /* A path through nothing is nothing, and so is one through NULL sub-messages. */
    assert_null(
        tern_struct_get(tern_value_struct(tern_struct_get(&s, TERN_STR("x"))), TERN_STR("y")));
    google_protobuf_Struct_FieldsEntry entries[] = { { .key = TERN_STR("x"), .value = NULL } };
    s = (google_protobuf_Struct){ .fields = { .p = entries, .n = 1 } };
    const google_protobuf_Value *v = tern_struct_get(&s, TERN_STR("x"));
    assert_true(v && v->kind.which == 0);
    google_protobuf_Value empty = { .kind = { .which = google_protobuf_Value_kind_struct_value } };
    assert_null(tern_struct_get(tern_value_struct(&empty), TERN_STR("x")));
    empty.kind.which = google_protobuf_Value_kind_list_value;
    assert_null(tern_list_value_get(tern_value_list(&empty), 0));
}

static void test_put_replaces(void **state)
{
    (void)state;
    google_protobuf_Struct s = { .fields = { .n = 0 } };
    const tern_str key = TERN_STR("k");
    tern_str string;
    double number;
    assert_true(tern_struct_put_number(&s, key, 1, arena));
    const char *own = s.fields.p[0].key.p;
    assert_ptr_not_equal(own, key.p);
    assert_true(tern_struct_put_string(&s, key, TERN_STR("two"), arena));
    assert_int_equal(s.fields.n, 1);
    assert_ptr_equal(s.fields.p[0].key.p, own);
    assert_false(tern_value_number(tern_struct_get(&s, key), &number));
    assert_true(tern_value_string(tern_struct_get(&s, key), &string));
    google_protobuf_Struct *sub = tern_struct_put_struct(&s, key, arena);
    assert_ptr_equal(tern_value_struct(tern_struct_get(&s, key)), sub);
    google_protobuf_Value *v = tern_struct_put(&s, key, arena);
    assert_non_null(v);
    assert_int_equal(v->kind.which, 0);
    google_protobuf_Value_set_number_value(v, 4);
    assert_true(tern_value_number(tern_struct_get(&s, key), &number) && number == 4);
}

/* Keys and strings end at pages that must not be read, and are gone when the struct is used. */
static void test_strings_are_copied(void **state)
{
    (void)state;
    google_protobuf_Struct s = { .fields = { .n = 0 } };
    google_protobuf_ListValue list = { .values = { .n = 0 } };
    for (size_t n = 0; n < 20; n++) {
        uint8_t *p = tn_guard_copy("0123456789abcdefghij", n);
        const tern_str text = { (const char *)p, n };
        assert_null(tern_struct_get(&s, text));
        assert_true(tern_struct_put_string(&s, text, text, arena));
        assert_true(tern_list_value_add_string(&list, text, arena));
        tern_str string;
        assert_true(tern_value_string(tern_struct_get(&s, text), &string));
        tn_guard_free(p, n);
        assert_true(string.n == n && string.p[n] == '\0');
    }
    assert_int_equal(s.fields.n, 20);
    for (size_t n = 0; n < 20; n++) {
        tern_str string;
        const tern_str text = { "0123456789abcdefghij", n };
        assert_true(tern_value_string(tern_struct_get(&s, text), &string));
        assert_true(tern_str_equal(string, text));
        assert_true(tern_value_string(tern_list_value_get(&list, n), &string));
        assert_true(tern_str_equal(string, text));
    }
}

static void test_many_keys(void **state)
{
    (void)state;
    enum { KEYS = 2000 };
    google_protobuf_Struct s = { .fields = { .n = 0 } };
    for (int i = 0; i < KEYS; i++) {
        const tern_str key = tern_arena_printf(arena, "key %d", i);
        assert_true(tern_struct_put_number(&s, key, i, arena));
    }
    for (int i = 0; i < KEYS; i++) {
        double number;
        const google_protobuf_Value *v = tern_struct_get(&s, tern_arena_printf(arena, "key %d", i));
        assert_true(tern_value_number(v, &number) && number == i);
    }
}

/* 33 levels of Struct are 99 messages and entries below the first; the Value of one more is 101. */
static void test_nesting_as_deep_as_an_encode_takes(void **state)
{
    (void)state;
    google_protobuf_Struct root = { .fields = { .n = 0 } };
    google_protobuf_Struct *at = &root;
    tern_error err;
    for (int i = 0; i < 33; i++) {
        at = tern_struct_put_struct(at, TERN_STR("k"), arena);
        assert_non_null(at);
    }
    const tern_bytes bytes = google_protobuf_Struct_encode(&root, arena, &err);
    assert_int_equal(err.code, TERN_OK);
    assert_non_null(google_protobuf_Struct_decode(bytes, arena, &err));
    assert_true(tern_struct_put_null(at, TERN_STR("k"), arena));
    assert_null(google_protobuf_Struct_encode(&root, arena, &err).p);
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
}

static void test_strings_that_are_not_utf8_are_refused_by_the_encoder(void **state)
{
    (void)state;
    google_protobuf_Struct s = { .fields = { .n = 0 } };
    tern_error err;
    assert_true(tern_struct_put_string(&s, TERN_STR("k"), TERN_STR("\xff"), arena));
    assert_null(google_protobuf_Struct_encode(&s, arena, &err).p);
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
}

static void test_memory_that_ends_anywhere(void **state)
{
    (void)state;
    bool ok = false;
    for (size_t left = 0; !ok; left += 8) {
        assert_true(left < 4000);
        tn_failing_env f;
        tern_arena *poor = poor_arena(&f, left);
        google_protobuf_Struct s = { .fields = { .n = 0 } };
        ok = build(&s, poor);
        assert_int_equal(ok, f.failed == 0);
        /* What there is, is whole. */
        for (size_t i = 0; i < s.fields.n; i++)
            assert_true(s.fields.p[i].key.p && s.fields.p[i].value->kind.which);
        tern_error err;
        assert_non_null(google_protobuf_Struct_encode(&s, arena, &err).p);
        if (ok)
            check_built(&s);
        tern_arena_free(poor);
        assert_int_equal(f.live_blocks, 0);
    }
}

/* A put that fails leaves the value that was there. */
static void test_a_put_without_memory_changes_nothing(void **state)
{
    (void)state;
    google_protobuf_Struct s = { .fields = { .n = 0 } };
    google_protobuf_ListValue list = { .values = { .n = 0 } };
    tn_failing_env f;
    tern_arena *poor = poor_arena(&f, 0);
    assert_true(tern_struct_put_number(&s, TERN_STR("k"), 3, arena));
    for (int round = 0; round < 2; round++) {
        const tern_str key = round ? TERN_STR("new") : TERN_STR("k");
        assert_null(tern_struct_put(&s, key, poor));
        assert_false(tern_struct_put_null(&s, key, poor));
        assert_false(tern_struct_put_number(&s, key, 4, poor));
        assert_false(tern_struct_put_string(&s, key, TERN_STR("x"), poor));
        assert_false(tern_struct_put_bool(&s, key, true, poor));
        assert_null(tern_struct_put_struct(&s, key, poor));
        assert_null(tern_struct_put_list(&s, key, poor));
    }
    assert_false(tern_list_value_add_null(&list, poor));
    assert_false(tern_list_value_add_number(&list, 1, poor));
    assert_false(tern_list_value_add_string(&list, TERN_STR("x"), poor));
    assert_false(tern_list_value_add_bool(&list, true, poor));
    assert_null(tern_list_value_add_struct(&list, poor));
    assert_null(tern_list_value_add_list(&list, poor));
    double number = 0;
    assert_true(tern_value_number(tern_struct_get(&s, TERN_STR("k")), &number) && number == 3);
    assert_int_equal(s.fields.n, 1);
    assert_int_equal(list.values.n, 0);
    tern_arena_free(poor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_and_through_the_codec),
        cmocka_unit_test(test_nothing_is_converted),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_put_replaces),
        cmocka_unit_test(test_strings_are_copied),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_nesting_as_deep_as_an_encode_takes),
        cmocka_unit_test(test_strings_that_are_not_utf8_are_refused_by_the_encoder),
        cmocka_unit_test(test_memory_that_ends_anywhere),
        cmocka_unit_test(test_a_put_without_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
