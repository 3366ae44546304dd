/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_test.c: text format: what is read, as what it is printed, what is refused and where.
 */
#include "pb/text_kinds.h"

#include <math.h>

/* `text` is read as what is printed as `printed`, and so is that. */
static void reads(const char *text, const char *printed)
{
    assert_string_equal(print(parse(text), true), printed);
    assert_string_equal(print(parse(printed), true), printed);
}

static void same(const char *text)
{
    reads(text, text);
}

/* The text is refused, with an error that begins with `words`. */
static void refuses(const char *text, const char *words)
{
    tern_error err = { .code = TERN_OK };
    texttest_Kinds *msg = texttest_Kinds_new(arena);
    assert_int_equal(tern_text_parse(&texttest_Kinds_table, msg, tern_str_of(text), arena,
                                     TERN_TEXT_PARSE_OPTS(.registry = registry), &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    if (strncmp(err.text, words, strlen(words)) != 0)
        fail_msg("%s: %s, not %s", text, err.text, words);
    assert_int_equal(tern_text_parse(&texttest_Kinds_table, msg, tern_str_of(text), arena,
                                     TERN_TEXT_PARSE_OPTS(.registry = registry), NULL),
                     TERN_INVALID_ARGUMENT);
}

static void test_every_kind_of_field_is_printed_and_read(void **state)
{
    (void)state;
    static const char text[] = "a_double: 0.1 a_float: 1.5 an_int64: -9223372036854775808 "
                               "a_uint64: 18446744073709551615 an_int32: -1 a_fixed64: 2 "
                               "a_fixed32: 3 a_bool: true a_string: \"Grüße\" "
                               "some_bytes: \"\\000\\377\" a_uint32: 4294967295 colour: BLUE "
                               "an_sfixed32: -4 an_sfixed64: -5 an_sint32: -6 an_sint64: -7 "
                               "maybe: 0 maybe_text: \"\" child { maybe: 1 } inner { x: 2 } "
                               "numbers: 1 numbers: 2 words: \"a\" words: \"\" inners { y: \"i\" } "
                               "inners { } colours: RED colours: 9 doubles: inf doubles: -inf "
                               "doubles: nan counts { key: \"k\" value: 0 } "
                               "places { key: -1 value { deeper { } } } "
                               "choices { key: false value: BELOW } pick_inner { }";
    same(text);
    const texttest_Kinds *msg = parse(text);
    assert_int_equal(msg->an_int64, INT64_MIN);
    assert_true(texttest_Kinds_has_maybe(msg));
    assert_non_null(msg->maybe_text.p);
    assert_int_equal(msg->colours.p[1], 9);
    assert_true(isnan(msg->doubles.p[2]));
    assert_int_equal(msg->pick.which, texttest_Kinds_pick_pick_inner);
    assert_string_equal(tern_str_cstr(msg->a_string), "Grüße");
}

static void test_lines_and_indentation(void **state)
{
    (void)state;
    assert_string_equal(
        print(parse("inners { x: 1 deeper { } } places { key: 1 } maybe: 2"), false), "maybe: 2\n"
                                                                                      "inners {\n"
                                                                                      "  x: 1\n"
                                                                                      "  deeper {\n"
                                                                                      "  }\n"
                                                                                      "}\n"
                                                                                      "places {\n"
                                                                                      "  key: 1\n"
                                                                                      "  value {\n"
                                                                                      "  }\n"
                                                                                      "}\n");
    assert_string_equal(print(parse(""), false), "");
}

static void test_space_comments_and_separators(void **state)
{
    (void)state;
    reads(" # only a comment", "");
    reads("maybe:1#c\n;an_int32:2,a_bool:t", "an_int32: 2 a_bool: true maybe: 1");
    reads("\t\v\f\r\nmaybe # x\n : # y\n - # z\n 3", "maybe: -3");
    reads("inner<x:1>,inners:{x:2;},inners<>", "inner { x: 1 } inners { x: 2 } inners { }");
    reads("numbers:[1,2 , 3];numbers:[],numbers:4", "numbers: 1 numbers: 2 numbers: 3 numbers: 4");
    reads("inners[{x:1},<x:2>] inners:[]", "inners { x: 1 } inners { x: 2 }");
    reads("counts:[{key:'a'},{value:2 key:'b'}]",
          "counts { key: \"a\" value: 0 } counts { key: \"b\" value: 2 }");
}

static void test_integers(void **state)
{
    (void)state;
    reads("an_int32: 0x7fffffff", "an_int32: 2147483647");
    reads("an_int32: -0X80000000", "an_int32: -2147483648");
    reads("an_int32: 017", "an_int32: 15");
    reads("an_int32: -020000000000", "an_int32: -2147483648");
    reads("a_uint64: 0xFFFFFFFFFFFFFFFF", "a_uint64: 18446744073709551615");
    reads("a_bool: 1 maybe: -0", "a_bool: true maybe: 0");
    reads("colour: -0x3 colours: 7", "colour: BELOW colours: BLUE");
    refuses("an_int32: 2147483648", "texttest.Kinds.an_int32: the number is out of range: 214");
    refuses("an_int32: -2147483649", "texttest.Kinds.an_int32: the number is out of range");
    refuses("a_uint32: 4294967296", "texttest.Kinds.a_uint32: the number is out of range");
    refuses("a_uint32: -1", "texttest.Kinds.a_uint32: an integer that is not negative is wanted");
    refuses("a_uint64: 18446744073709551616", "texttest.Kinds.a_uint64: the number is out");
    refuses("an_int32: 1.0",
            "texttest.Kinds.an_int32: an integer is wanted here, at line 1 column 11");
    refuses("an_int32: 08", "texttest.Kinds.an_int32: a number that does not end where it should");
    refuses("an_int32: 0x", "texttest.Kinds.an_int32: 0x without digits");
    refuses("an_int32: 10bar: 1", "texttest.Kinds.an_int32: a number that does not end");
    refuses("an_int32: +1", "texttest.Kinds.an_int32: a character that has no meaning here");
    refuses("a_bool: 2", "texttest.Kinds.a_bool: the number is out of range");
    refuses("a_bool: TRUE", "texttest.Kinds.a_bool: true or false is wanted");
    refuses("a_bool: -1", "texttest.Kinds.a_bool: true or false is wanted");
    refuses("colour: red", "texttest.Kinds.colour: its enum has no such value: red");
    refuses("colour: 'RED'", "texttest.Kinds.colour: a name or number of its enum is wanted");
    refuses("colour: 1.5", "texttest.Kinds.colour: a name or number of its enum is wanted");
}

static void test_floating_point_numbers(void **state)
{
    (void)state;
    reads("a_double: 1", "a_double: 1");
    reads("a_double: .5 a_float: 1.", "a_double: 0.5 a_float: 1");
    reads("a_double: 1e3f a_float: 10F", "a_double: 1000 a_float: 10");
    reads("a_double: -.5e-1", "a_double: -0.05");
    reads("a_double: 18446744073709551616", "a_double: 18446744073709552000");
    reads("a_double: -InFiNiTy a_float: iNF", "a_double: -inf a_float: inf");
    reads("a_double: 1e999 a_float: -1e39", "a_double: inf a_float: -inf");
    reads("a_double: -1e-999 a_float: 1e-99", "a_double: -0");
    reads("a_float: 3.4028235e+38 a_double: -NaN", "a_double: nan a_float: 3.4028235e+38");
    reads("a_float: 0.1 a_double: 0.1", "a_double: 0.1 a_float: 0.1");
    refuses("a_double: 0x1", "texttest.Kinds.a_double: a decimal number is wanted");
    refuses("a_double: 012", "texttest.Kinds.a_double: a decimal number is wanted");
    refuses("a_double: 1e", "texttest.Kinds.a_double: an exponent without digits");
    refuses("a_double: .", "texttest.Kinds.a_double: a point without digits");
    refuses("a_double: 1.2.3", "texttest.Kinds.a_double: a number that does not end");
    refuses("a_double: 2 . 0", "texttest.Kinds: a point without digits");
    refuses("a_double: infinite", "texttest.Kinds.a_double: a number is wanted");
    refuses("a_double: '1'", "texttest.Kinds.a_double: a number is wanted");
    refuses("a_double: --1", "texttest.Kinds.a_double: a number is wanted");
}

static void test_strings(void **state)
{
    (void)state;
    reads("a_string: 'first' \"second\"\n#c\n'third'", "a_string: \"firstsecondthird\"");
    reads("a_string: '\\a\\b\\f\\n\\r\\t\\v\\?\\\\\\'\\\"'",
          "a_string: \"\\007\\010\\014\\n\\r\\t\\013?\\\\'\\\"\"");
    reads("a_string: '\\1014\\x414\\u00e4\\U0001F600'", "a_string: \"A4A4ä😀\"");
    reads("some_bytes: '\\xe4\\344\\7' '\\u00e4'", "some_bytes: \"\\344\\344\\007\\303\\244\"");
    reads("a_string: '\\u0000'", "a_string: \"\\000\"");
    reads("a_string: \"it's\" words: 'say \"x\"'", "a_string: \"it's\" words: \"say \\\"x\\\"\"");
    refuses("a_string: 'a\nb'", "texttest.Kinds.a_string: a string that its line ends");
    refuses("a_string: 'a\\\nb'", "texttest.Kinds.a_string: a string that its line ends");
    refuses("a_string: 'a",
            "texttest.Kinds.a_string: a string without an end, at line 1 column 11");
    refuses("a_string: 'a\\'", "texttest.Kinds.a_string: a string without an end");
    refuses("a_string: '\\z'", "texttest.Kinds.a_string: a backslash with what it does not stand "
                               "before: \\z, at line 1 column 12");
    refuses("a_string: '\\400'", "texttest.Kinds.a_string: a backslash");
    refuses("a_string: '\\x'", "texttest.Kinds.a_string: a backslash");
    refuses("a_string: '\\u12'", "texttest.Kinds.a_string: a backslash");
    refuses("a_string: '\\ud801\\udc37'", "texttest.Kinds.a_string: a backslash");
    refuses("some_bytes: '\\U0000dc00'", "texttest.Kinds.some_bytes: a backslash");
    refuses("some_bytes: '\\U00110000'", "texttest.Kinds.some_bytes: a backslash");
    refuses("a_string: '\\xff'", "texttest.Kinds.a_string: the string is not UTF-8");
    refuses("a_string: abc", "texttest.Kinds.a_string: a string in quotes is wanted");
}

static void test_nul_in_the_text_is_no_end(void **state)
{
    (void)state;
    tern_error err;
    static const char text[] = "maybe: 1\0maybe: 2";
    texttest_Kinds *msg = texttest_Kinds_new(arena);
    assert_int_equal(tern_text_parse(&texttest_Kinds_table, msg,
                                     (tern_str){ text, sizeof(text) - 1 }, arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    static const char quoted[] = "a_string: 'a\0'";
    assert_int_equal(tern_text_parse(&texttest_Kinds_table, msg,
                                     (tern_str){ quoted, sizeof(quoted) - 1 }, arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(
        tern_text_parse(&texttest_Kinds_table, msg, (tern_str){ NULL, 0 }, arena, NULL, &err),
        TERN_OK);
}

static void test_what_may_stand_twice(void **state)
{
    (void)state;
    reads("inner { x: 1 } inner { y: 'b' } inner { x: 3 }", "inner { x: 3 y: \"b\" }");
    reads("pick_inner { x: 1 } pick_inner { y: 'b' }", "pick_inner { x: 1 y: \"b\" }");
    reads("counts { key: 'a' value: 1 } counts { key: 'a' value: 2 }",
          "counts { key: \"a\" value: 2 }");
    refuses(
        "an_int32: 0 an_int32: 1",
        "texttest.Kinds.an_int32: the field is not repeated, and stands here again: an_int32, at "
        "line 1 column 13");
    refuses("inner { x: 1 x: 1 }", "texttest.Kinds.Inner.x: the field is not repeated");
    refuses("counts { key: 'a' key: 'b' }", "texttest.Kinds.CountsEntry.key: the field is not");
    refuses("pick_number: 1 pick_text: 'a'", "texttest.Kinds.pick_text: another field of its oneof "
                                             "stands here already: pick_number");
    refuses("pick_text: '' pick_inner { }",
            "texttest.Kinds.pick_inner: another field of its oneof");
}

static void test_a_message_that_holds_something_is_added_to(void **state)
{
    (void)state;
    tern_error err;
    texttest_Kinds *msg = parse("an_int32: 1 numbers: 1 inner { x: 1 } pick_text: 'a' maybe: 4");
    const tern_str more = TERN_STR(
        "an_int32: 2 numbers: 2 inner { y: 'b' } pick_inner { x: 1 } pick_inner { y: 'c' }");
    assert_int_equal(tern_text_parse(&texttest_Kinds_table, msg, more, arena, NULL, &err), TERN_OK);
    assert_string_equal(print(msg, true),
                        "an_int32: 2 maybe: 4 inner { x: 1 y: \"b\" } numbers: 1 numbers: 2 "
                        "pick_inner { x: 1 y: \"c\" }");
}

static void test_grammar_that_is_none(void **state)
{
    (void)state;
    refuses("nothing: 1",
            "texttest.Kinds: it has no field of this name: nothing, at line 1 column 1");
    refuses("inner { z: 1 }", "texttest.Kinds.Inner: it has no field of this name: z");
    refuses("maybe 1", "texttest.Kinds.maybe: a : is wanted here");
    refuses("maybe: [1]", "texttest.Kinds.maybe: an integer is wanted");
    refuses("numbers [1]", "texttest.Kinds.numbers: a : is wanted here");
    refuses("numbers: [1,]", "texttest.Kinds.numbers: an integer is wanted");
    refuses("numbers: [,1]", "texttest.Kinds.numbers: an integer is wanted");
    refuses("numbers: [1;2]",
            "texttest.Kinds.numbers: the list goes on with , or ends with ] here");
    refuses("numbers: [1 2]", "texttest.Kinds.numbers: the list goes on");
    refuses("numbers: [[1]]", "texttest.Kinds.numbers: an integer is wanted");
    refuses("numbers: [1", "texttest.Kinds.numbers: the list goes on");
    refuses("inner: 1", "texttest.Kinds.inner: a message in { } is wanted here");
    refuses("inner: [{}]", "texttest.Kinds.inner: a message in { } is wanted here");
    refuses("inners: [{},]", "texttest.Kinds.inners: a message in { } is wanted here");
    refuses("inner { >", "texttest.Kinds.Inner: the name of a field, or the end of the message,");
    refuses("inner {", "texttest.Kinds.Inner: the name of a field, or the end of the message,");
    refuses("}", "texttest.Kinds: the name of a field, or the end, is wanted here");
    refuses("maybe: 1,,", "texttest.Kinds: the name of a field, or the end, is wanted here");
    refuses("maybe: 1;,", "texttest.Kinds: the name of a field, or the end");
    refuses(",maybe: 1", "texttest.Kinds: the name of a field, or the end");
    refuses("5: 1", "texttest.Kinds: the name of a field, or the end");
    refuses("maybe: 1\n\n  ä",
            "texttest.Kinds: a character that has no meaning here, at line 3 column 3");
    refuses("a_string: 'ää' maybe: x", "texttest.Kinds.maybe: an integer is wanted here, at line 1 "
                                       "column 23");
    refuses("[texttest.none]: 1",
            "texttest.Kinds: the registry has no extension of it by this name: "
            "texttest.none, at line 1 column 1");
    refuses("[]: 1", "texttest.Kinds: a name and ] are wanted here");
    refuses("[texttest.no ne]: 1", "texttest.Kinds: a name and ] are wanted here");
    refuses("[a b", "texttest.Kinds: a name and ] are wanted here");
}

static void test_reserved_names_are_passed_over(void **state)
{
    (void)state;
    same("");
    reads("gone: 1 maybe: 2", "maybe: 2");
    reads("gone: -1.5 former: 'a' 'b'; gone: [1, 'x', { y: 1 }], former: [] maybe: 2", "maybe: 2");
    reads("former { any: { thing: goes [a.b/c.d]: < x: -inf > } } gone < > maybe: 2", "maybe: 2");
    reads("former [{ a: 1 }, < b: [1, 2] >] gone [] inner { old: 3 x: 1 }", "inner { x: 1 }");
    refuses("gone 1", "texttest.Kinds: a : is wanted here");
    refuses("former { a 1 }", "texttest.Kinds: a : is wanted here");
    refuses("former { a: }", "texttest.Kinds: a value is wanted here");
    refuses("former { a: 1", "texttest.Kinds: the name of a field");
    refuses("former: -'a'", "texttest.Kinds: a number is wanted here");
    refuses("old: 1", "texttest.Kinds: it has no field of this name");
    refuses("inner { gone: 1 }", "texttest.Kinds.Inner: it has no field of this name");
}

static void test_any_is_written_out(void **state)
{
    (void)state;
    const char *text = "any { [type.googleapis.com/texttest.Kinds.Inner] { x: 5 } }";
    same(text);
    const texttest_Kinds *msg = parse(text);
    assert_string_equal(tern_str_cstr(msg->any->type_url),
                        "type.googleapis.com/texttest.Kinds.Inner");
    assert_int_equal(msg->any->value.n, 2);
    reads("any: { [ type . googleapis.com / texttest . Kinds.Inner ] : < x: 5 > ; }", text);
    reads("any { type_url: 'type.googleapis.com/texttest.Kinds.Inner' value: '\\010\\005' }", text);
    same("any { type_url: \"type.googleapis.com/texttest.Kinds.Inner\" value: \"\\010\\205\\000\" "
         "}");
    /* unknown fields, there and deeper, would be lost */
    same("any { type_url: \"a.b/texttest.Kinds.Inner\" value: \"\\010\\001P\\001\" }");
    same("any { type_url: \"a.b/texttest.Kinds.Inner\" value: \"\\032\\002P\\001\" }");
    same("any { type_url: \"type.googleapis.com/unknown\" value: \"\\010\" }");
    same("any { type_url: \"texttest.Kinds.Inner\" }");
    same("any { [type.googleapis.com/google.protobuf.Any] { "
         "[example.com/a/google.protobuf.Duration] { seconds: 1 } } }");
    refuses(
        "any { [type.googleapis.com/unknown] { x: 1 } }",
        "google.protobuf.Any: the registry has no message of this type: type.googleapis.com/unk");
    refuses("any { [a.b/texttest.Kinds.Inner] { } type_url: 'x' }",
            "google.protobuf.Any.type_url: the field is not repeated");
    refuses("any { value: '' [a.b/texttest.Kinds.Inner] { } }",
            "google.protobuf.Any: the Any has a value already");
    refuses(
        "[a.b/texttest.Kinds.Inner] { }",
        "texttest.Kinds: a type's URL stands in no google.protobuf.Any: a.b/texttest.Kinds.Inner");
    refuses("any { [a.b/texttest.Kinds.Inner]: 5 }", "google.protobuf.Any: a message in { } is");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_field_is_printed_and_read),
        cmocka_unit_test(test_lines_and_indentation),
        cmocka_unit_test(test_space_comments_and_separators),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floating_point_numbers),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_nul_in_the_text_is_no_end),
        cmocka_unit_test(test_what_may_stand_twice),
        cmocka_unit_test(test_a_message_that_holds_something_is_added_to),
        cmocka_unit_test(test_grammar_that_is_none),
        cmocka_unit_test(test_reserved_names_are_passed_over),
        cmocka_unit_test(test_any_is_written_out),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
