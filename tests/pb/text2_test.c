/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text2_test.c: text format of what only proto2 has: groups, extensions, message sets, required
 * fields, closed enums, strings that need not be UTF-8.
 */
#include "support/test.h"
#include "tern/text.h"
#include "text2.tern.h"

static tern_arena *arena;
static tern_pb_registry *registry;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    registry = tern_pb_registry_new(NULL);
    return arena && registry && tern_pb_registry_add_file(registry, &text2_file, NULL) == TERN_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_pb_registry_free(registry);
    tern_arena_free(arena);
    return 0;
}

static tern_code parse_into(texttest2_Old *msg, const char *text, bool partial, tern_error *err)
{
    return tern_text_parse(&texttest2_Old_table, msg, tern_str_of(text), arena,
                           TERN_TEXT_PARSE_OPTS(.registry = registry, .partial = partial), err);
}

static texttest2_Old *parse(const char *text)
{
    tern_error err;
    texttest2_Old *msg = texttest2_Old_new(arena);
    assert_non_null(msg);
    if (parse_into(msg, text, true, &err) != TERN_OK)
        fail_msg("%s: %s", text, err.text);
    return msg;
}

static const char *print(const texttest2_Old *msg)
{
    tern_error err;
    tern_str out;
    assert_int_equal(
        tern_text_print(&texttest2_Old_table, msg, arena,
                        TERN_TEXT_PRINT_OPTS(.registry = registry, .single_line = true), &out,
                        &err),
        TERN_OK);
    return out.p;
}

static void reads(const char *text, const char *printed)
{
    assert_string_equal(print(parse(text)), printed);
    assert_string_equal(print(parse(printed)), printed);
}

static void refuses(const char *text, const char *words)
{
    tern_error err = { .code = TERN_OK };
    texttest2_Old *msg = texttest2_Old_new(arena);
    assert_int_equal(parse_into(msg, text, true, &err), TERN_INVALID_ARGUMENT);
    if (strncmp(err.text, words, strlen(words)) != 0)
        fail_msg("%s: %s, not %s", text, err.text, words);
}

static void test_groups_go_by_the_name_of_their_message(void **state)
{
    (void)state;
    reads("Bundle { x: 1 Item { y: 'a' } Item { } }", "Bundle { x: 1 Item { y: \"a\" } Item { } }");
    reads("bundle: < item: [{ y: 'a' }] >", "Bundle { Item { y: \"a\" } }");
    reads("Pack { z: 1 }", "Pack { z: 1 }");
    refuses("BUNDLE { }", "texttest2.Old: it has no field of this name: BUNDLE");
    refuses("Size: SMALL", "texttest2.Old: it has no field of this name: Size");
    refuses("number: 1 Pack { }", "texttest2.Old.pack: another field of its oneof stands here");
}

static void test_closed_enums_know_their_numbers(void **state)
{
    (void)state;
    reads("size: 5 sizes: [SMALL, 1]", "size: LARGE sizes: SMALL sizes: SMALL");
    reads("by_name { key: 'a' value: ONE } by_name { key: 'b' }",
          "by_name { key: \"a\" value: ONE } by_name { key: \"b\" value: ZERO }");
    refuses("size: 2", "texttest2.Old.size: its enum has no such number: 2, at line 1 column 7");
    refuses("sizes: [SMALL, -1]", "texttest2.Old.sizes: its enum has no such number");
    refuses("by_name { value: 7 }", "texttest2.Old.ByNameEntry.value: its enum has no such number");
}

static void test_extensions_by_their_full_names(void **state)
{
    (void)state;
    reads("[texttest2.a_number]: 7 [texttest2.some_words]: ['a', \"b\"] "
          "[texttest2.Old.nested_number]: 0 [texttest2.a_part] { a: 1 } must: 1",
          "must: 1 [texttest2.a_number]: 7 [texttest2.some_words]: \"a\" "
          "[texttest2.some_words]: \"b\" [texttest2.a_part] { a: 1 } "
          "[texttest2.Old.nested_number]: 0");
    reads("[texttest2 . a_size]:5[ texttest2.extragroup ]{w:1}",
          "[texttest2.extragroup] { w: 1 } [texttest2.a_size]: LARGE");
    reads("[texttest2.a_part] { a: 1 } [texttest2.a_part] { }", "[texttest2.a_part] { a: 1 }");
    reads("[texttest2.some_words]: []", "");
    refuses("[texttest2.a_number]: 1 [texttest2.a_number]: 1",
            "texttest2.a_number: the field is not repeated, and stands here again");
    refuses("[texttest2.a_number]: 'x'", "texttest2.a_number: an integer is wanted here");
    refuses("[texttest2.a_size]: 2", "texttest2.a_size: its enum has no such number");
    refuses("[texttest2.ExtraGroup] { }", "texttest2.Old: the registry has no extension of it");
    refuses("[texttest2.Part.part] { }", "texttest2.Old: the registry has no extension of it");
    refuses("child { [a_number]: 1 }", "texttest2.Old: the registry has no extension of it");
}

static void test_a_message_set(void **state)
{
    (void)state;
    reads("set { [texttest2.Part.part] { a: 5 } }", "set { [texttest2.Part] { a: 5 } }");
    reads("set { [texttest2.Part] { a: 5 } [texttest2.other] { a: 6 } }",
          "set { [texttest2.other] { a: 6 } [texttest2.Part] { a: 5 } }");
    refuses("set { [texttest2.Old] { } }", "texttest2.Set: the registry has no extension of it");
    refuses("[texttest2.Part] { }", "texttest2.Old: the registry has no extension of it");
    refuses("set { [texttest2.a_number]: 1 }",
            "texttest2.Set: the registry has no extension of it");
}

static void test_extensions_need_a_registry(void **state)
{
    (void)state;
    tern_error err;
    texttest2_Old msg = { .must = 1 };
    assert_int_equal(tern_text_parse(&texttest2_Old_table, &msg,
                                     TERN_STR("[texttest2.a_number]: 7"), arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
}

static void test_strings_that_are_not_utf8(void **state)
{
    (void)state;
    reads("loose: '\\377a\\u00e4'", "loose: \"\\377a\\303\\244\"");
    reads("loose: '\\u00e4'", "loose: \"ä\"");
}

static void test_required_fields(void **state)
{
    (void)state;
    tern_error err;
    texttest2_Old msg = { 0 };
    assert_int_equal(parse_into(&msg, "number: 1", false, &err), TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "texttest2.Old.must"));
    assert_int_equal(parse_into(&msg, "must: 0", false, &err), TERN_OK);
    msg = (texttest2_Old){ 0 };
    assert_int_equal(parse_into(&msg, "must: 0 child { }", false, &err), TERN_INVALID_ARGUMENT);
    msg = (texttest2_Old){ 0 };
    assert_int_equal(parse_into(&msg, "must: 0 child { } child { must: 0 }", false, &err), TERN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_go_by_the_name_of_their_message),
        cmocka_unit_test(test_closed_enums_know_their_numbers),
        cmocka_unit_test(test_extensions_by_their_full_names),
        cmocka_unit_test(test_a_message_set),
        cmocka_unit_test(test_extensions_need_a_registry),
        cmocka_unit_test(test_strings_that_are_not_utf8),
        cmocka_unit_test(test_required_fields),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
