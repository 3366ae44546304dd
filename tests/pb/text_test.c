/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_test.c: text format: what is read, as what it is printed, what is refused and where.
 */
#include "google/protobuf/struct.tern.h"
#include "pb/poor.h"
#include "support/fail.h"
#include "support/guard.h"
#include "tern/text.h"
#include "text.tern.h"

#include <math.h>
#include <stdio.h>

static tern_arena *arena;
static tern_pb_registry *registry;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    registry = tern_pb_registry_new(NULL);
    return arena && registry && tern_pb_registry_add_file(registry, &text_file, NULL) == TERN_OK
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

static texttest_Kinds *parse(const char *text)
{
    tern_error err;
    texttest_Kinds *msg = texttest_Kinds_new(arena);
    assert_non_null(msg);
    const tern_code code = tern_text_parse(&texttest_Kinds_table, msg, tern_str_of(text), arena,
                                           TERN_TEXT_PARSE_OPTS(.registry = registry), &err);
    if (code != TERN_OK)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(err.code, TERN_OK);
    return msg;
}

static const char *print(const texttest_Kinds *msg, bool single_line)
{
    tern_error err;
    tern_str out;
    assert_int_equal(
        tern_text_print(&texttest_Kinds_table, msg, arena,
                        TERN_TEXT_PRINT_OPTS(.registry = registry, .single_line = single_line),
                        &out, &err),
        TERN_OK);
    assert_int_equal(out.p[out.n], '\0');
    assert_int_equal(strlen(out.p), out.n);
    return out.p;
}

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

/* What a decode of these bytes prints with its unknown fields. */
static const char *print_bytes(tern_bytes in)
{
    tern_error err;
    tern_str out;
    void *msg = tern_pb_new(&texttest_Kinds_Inner_table, arena);
    assert_int_equal(tern_pb_decode(&texttest_Kinds_Inner_table, msg, in, arena, NULL, &err),
                     TERN_OK);
    assert_int_equal(
        tern_text_print(&texttest_Kinds_Inner_table, msg, arena,
                        TERN_TEXT_PRINT_OPTS(.single_line = true, .print_unknown = true), &out,
                        &err),
        TERN_OK);
    return out.p;
}

#define BYTES(s) ((tern_bytes){ (const uint8_t *)(s), sizeof(s) - 1 })

static void test_unknown_fields_by_number(void **state)
{
    (void)state;
    assert_string_equal(print_bytes(BYTES("\x08\x01\x50\x96\x01")), "x: 1 10: 150");
    assert_string_equal(print_bytes(BYTES("\x55\x0a\0\0\0\x51\x01\0\0\0\0\0\0\x80")),
                        "10: 0x0000000a 10: 0x8000000000000001");
    assert_string_equal(print_bytes(BYTES("\x52\x00\x52\x03hi!\x52\x02\xff\xff")),
                        "10: \"\" 10: \"hi!\" 10: \"\\377\\377\"");
    assert_string_equal(print_bytes(BYTES("\x52\x02\x08\x07\x58\x01")), "10 { 1: 7 } 11: 1");
    assert_string_equal(print_bytes(BYTES("\x53\x08\x07\x5b\x5c\x54\x58\x01")),
                        "10 { 1: 7 11 { } } 11: 1");
    assert_string_equal(print_bytes(BYTES("\x1a\x04\x50\x02\x58\x03\x50\x01")),
                        "deeper { 10: 2 11: 3 } 10: 1");
    /* a group that its bytes do not close is a string */
    assert_string_equal(print_bytes(BYTES("\x52\x02\x5b\x08")), "10: \"[\\010\"");
}

static void test_guessed_messages_end_somewhere(void **state)
{
    (void)state;
    uint8_t bytes[64];
    size_t n = sizeof(bytes);
    for (size_t inside = 0; n >= 2 && inside < 40; inside += 2) {
        bytes[--n] = (uint8_t)inside;
        bytes[--n] = 0x52;
    }
    const char *text = print_bytes((tern_bytes){ bytes + n, sizeof(bytes) - n });
    size_t open = 0;
    for (; *text; text++)
        open += *text == '{';
    assert_int_equal(open, 10);
}

/* `levels` messages in the outermost one. */
static tern_str nested(size_t levels)
{
    static const char down[] = "child{";
    const size_t n = levels * (sizeof(down) - 1 + 1);
    char *p = tern_arena_alloc(arena, n);
    assert_non_null(p);
    for (size_t i = 0; i < levels; i++)
        memcpy(p + i * (sizeof(down) - 1), down, sizeof(down) - 1);
    memset(p + levels * (sizeof(down) - 1), '}', levels);
    return (tern_str){ p, n };
}

static tern_code parse_nested(size_t levels, uint32_t max_depth, tern_error *err)
{
    return tern_text_parse(&texttest_Kinds_table, texttest_Kinds_new(arena), nested(levels), arena,
                           TERN_TEXT_PARSE_OPTS(.max_depth = max_depth), err);
}

static void test_depth(void **state)
{
    (void)state;
    tern_error err;
    assert_int_equal(parse_nested(100, 0, &err), TERN_OK);
    assert_int_equal(parse_nested(101, 0, &err), TERN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.text, "max_depth"));
    assert_int_equal(parse_nested(100000, 0, &err), TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(parse_nested(3, 3, &err), TERN_OK);
    assert_int_equal(parse_nested(4, 3, &err), TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(parse_nested(1, 101, &err), TERN_INVALID_ARGUMENT);
    texttest_Kinds kinds[102] = { 0 };
    for (size_t i = 0; i < 101; i++)
        kinds[i].child = &kinds[i + 1];
    tern_str out;
    assert_int_equal(tern_text_print(&texttest_Kinds_table, &kinds[1], arena, NULL, &out, &err),
                     TERN_OK);
    assert_int_equal(tern_text_print(&texttest_Kinds_table, &kinds[0], arena, NULL, &out, &err),
                     TERN_RESOURCE_EXHAUSTED);
}

static void test_memory_budget(void **state)
{
    (void)state;
    tern_error err;
    static const tern_str texts[] = {
        TERN_STR_INIT("inners{}inners{}inners{}inners{}inners{}inners{}inners{}inners{}"),
        TERN_STR_INIT(
            "numbers:[1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6]"),
        TERN_STR_INIT(
            "a_string:'0123456789012345678901234567890123456789012345678901234567890123'"),
        TERN_STR_INIT("any{[a.b/texttest.Kinds]{}}"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        for (size_t bytes = 64; bytes <= 65536; bytes += 65536 - 64) {
            const tern_code code = tern_text_parse(
                &texttest_Kinds_table, texttest_Kinds_new(arena), texts[i], arena,
                TERN_TEXT_PARSE_OPTS(.memory_bytes = bytes, .registry = registry), &err);
            assert_int_equal(code, bytes == 64 ? TERN_RESOURCE_EXHAUSTED : TERN_OK);
            if (bytes == 64)
                assert_non_null(strstr(err.text, "memory_bytes"));
        }
    }
}

static const char everything[] =
    "a_double: 1.5 a_string: 'ab' 'cd' inner { x: 1 deeper < y: '\\u1234' > } numbers: [1, 2, 3] "
    "inners [{}, { x: 0x10 }] counts { key: 'a' value: 1 } counts { key: 'b' } "
    "places { key: 1 value { x: 1 } } any { [a.b/texttest.Kinds.Inner] { x: 5 } } "
    "gone { a: [1, { b: 'c' }] } pick_inner { x: 1 } pick_inner { y: 'x' } # end";

static void test_every_prefix_is_read_or_refused_in_bounds(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(everything); n++) {
        char *copy = (char *)tn_guard_copy(everything, n);
        tern_error err;
        (void)tern_text_parse(&texttest_Kinds_table, texttest_Kinds_new(arena),
                              (tern_str){ copy, n }, arena,
                              TERN_TEXT_PARSE_OPTS(.registry = registry), &err);
        tn_guard_free((uint8_t *)copy, n);
    }
}

/* Parses and prints in an arena that has `left` bytes; true when both went well. */
static bool in_so_many_bytes(size_t left)
{
    tn_failing_env f;
    tern_error err = { .code = TERN_OK };
    tern_str out = { NULL, 0 };
    tern_arena *poor = poor_arena(&f, left);
    texttest_Kinds msg = { 0 };
    tern_code code = tern_text_parse(&texttest_Kinds_table, &msg, tern_str_of(everything), poor,
                                     TERN_TEXT_PARSE_OPTS(.registry = registry), &err);
    assert_int_equal(code, err.code);
    if (code == TERN_OK)
        code = tern_text_print(&texttest_Kinds_table, &msg, poor,
                               TERN_TEXT_PRINT_OPTS(.registry = registry), &out, &err);
    assert_true(code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED);
    tern_arena_free(poor);
    assert_int_equal(f.live_blocks, 0);
    return code == TERN_OK;
}

static void test_without_memory(void **state)
{
    (void)state;
    for (size_t left = 0; left < 4000; left += 8)
        (void)in_so_many_bytes(left);
}

static bool parse_and_print(tn_failing_env *f, void *user)
{
    (void)user;
    tern_str out;
    tern_arena *own = tern_arena_new(&f->env);
    texttest_Kinds *msg = own ? texttest_Kinds_new(own) : NULL;
    const bool ok =
        msg &&
        tern_text_parse(&texttest_Kinds_table, msg, tern_str_of(everything), own,
                        TERN_TEXT_PARSE_OPTS(.registry = registry), NULL) == TERN_OK &&
        tern_text_print(&texttest_Kinds_table, msg, own, TERN_TEXT_PRINT_OPTS(.registry = registry),
                        &out, NULL) == TERN_OK;
    tern_arena_free(own);
    return ok;
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(tn_fail_each(parse_and_print, NULL) >= 2);
}

static void test_messages_built_by_hand(void **state)
{
    (void)state;
    tern_error err;
    tern_str out;
    texttest_Kinds_Inner *none[] = { NULL };
    texttest_Kinds msg = { .inners = { .p = none, .n = 1 } };
    assert_int_equal(tern_text_print(&texttest_Kinds_table, &msg, arena, NULL, &out, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "texttest.Kinds.inners: NULL"));
    msg = (texttest_Kinds){ .pick = { .which = texttest_Kinds_pick_pick_inner },
                            .a_string = TERN_STR("\xff") };
    assert_string_equal(print(&msg, true), "a_string: \"\\377\" pick_inner { }");
}

static void test_options_that_nobody_knows(void **state)
{
    (void)state;
    struct {
        tern_text_parse_opts known;
        uint64_t more;
    } opts = { .known = { .size = sizeof(opts) }, .more = 1 };
    tern_error err;
    texttest_Kinds msg = { 0 };
    assert_int_equal(
        tern_text_parse(&texttest_Kinds_table, &msg, TERN_STR(""), arena, &opts.known, &err),
        TERN_INVALID_ARGUMENT);
    const tern_text_print_opts print_opts = { .single_line = true };
    tern_str out;
    assert_int_equal(tern_text_print(&texttest_Kinds_table, &msg, arena, &print_opts, &out, &err),
                     TERN_INVALID_ARGUMENT);
}

static void test_a_table_of_another_abi(void **state)
{
    (void)state;
    tern_pb_table other = texttest_Kinds_table;
    tern_error err;
    tern_str out;
    texttest_Kinds msg = { 0 };
    other.abi++;
    assert_int_equal(tern_text_parse(&other, &msg, TERN_STR(""), arena, NULL, &err),
                     TERN_FAILED_PRECONDITION);
    assert_int_equal(tern_text_print(&other, &msg, arena, NULL, &out, &err),
                     TERN_FAILED_PRECONDITION);
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
        cmocka_unit_test(test_unknown_fields_by_number),
        cmocka_unit_test(test_guessed_messages_end_somewhere),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_memory_budget),
        cmocka_unit_test(test_every_prefix_is_read_or_refused_in_bounds),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_messages_built_by_hand),
        cmocka_unit_test(test_options_that_nobody_knows),
        cmocka_unit_test(test_a_table_of_another_abi),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
