/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_test.c: the mapping between messages and JSON, both ways: types, modes, names, null, options.
 */
#include "pb/json_check.h"

#define SCALARS  &jsontest_Scalars_table
#define OPTIONAL &jsontest_Optionals_table
#define LISTS    &jsontest_Lists_table
#define MAPS     &jsontest_Maps_table
#define CHOICE   &jsontest_Choice_table
#define NAMES    &jsontest_Names_table
#define WIDE     &jsontest_Wide_table
#define TWO      &jsontest2_Two_table
#define MUST     &jsontest2_Must_table

static void test_scalars(void **state)
{
    (void)state;
    static const char all[] =
        "{\"fDouble\":1.5,\"fFloat\":0.1,\"fInt64\":\"-9223372036854775808\","
        "\"fUint64\":\"18446744073709551615\",\"fInt32\":-2147483648,\"fFixed64\":\"7\","
        "\"fFixed32\":4294967295,\"fBool\":true,\"fString\":\"a\\n\\\"\\\\\\u0000\\u001f/"
        "\xc3\xa9\","
        "\"fBytes\":\"AP8=\",\"fUint32\":4294967295,\"fEnum\":\"DARK_BLUE\",\"fSfixed32\":-1,"
        "\"fSfixed64\":\"-1\",\"fSint32\":2147483647,\"fSint64\":\"9223372036854775807\"}";
    check(SCALARS, all, all);
    check(SCALARS, "{}", "{}");
    check(SCALARS, " \t\r\n{ \"fBool\" : true\n,\t\"fInt32\" :\r1 } ",
          "{\"fInt32\":1,\"fBool\":true}");
    check(SCALARS,
          "{\"fDouble\":0,\"fInt64\":0,\"fBool\":false,\"fString\":\"\",\"fEnum\":\"NONE\"}", "{}");
}

static void test_integers_in_every_form(void **state)
{
    (void)state;
    static const char *const ones[] = { "1",
                                        "\"1\"",
                                        "1.0",
                                        "\"1.0\"",
                                        "10e-1",
                                        "0.1e1",
                                        "\"1e0\"",
                                        "1E+0",
                                        "1.000000000000000000000000000000",
                                        "100000000000000000000e-20" };
    for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
        char text[100];
        (void)snprintf(text, sizeof(text), "{\"fInt32\":%s}", ones[i]);
        check(SCALARS, text, "{\"fInt32\":1}");
        (void)snprintf(text, sizeof(text), "{\"fUint64\":%s}", ones[i]);
        check(SCALARS, text, "{\"fUint64\":\"1\"}");
    }
    check(SCALARS, "{\"fInt32\":-0}", "{}");
    check(SCALARS, "{\"fUint32\":0e999999999999}", "{}");
    check(SCALARS, "{\"fInt64\":9007199254740993}", "{\"fInt64\":\"9007199254740993\"}");
    check(SCALARS, "{\"fInt64\":1e18}", "{\"fInt64\":\"1000000000000000000\"}");
    check(SCALARS, "{\"fInt64\":-9.223372036854775808e18}",
          "{\"fInt64\":\"-9223372036854775808\"}");
    check(SCALARS, "{\"fInt32\":\"\\u0031\"}", "{\"fInt32\":1}");
    static const char *const bad[] = { "1.5", "\"\"", "\"1 \"", "\" 1\"", "\"0x1\"", "1.5e0",
                                       "01",  "-",    "+1",     ".5",     "5.",      "1e",
                                       "1e+", "true", "[]",     "{}",     "\"1",     "\"a\"",
                                       "-01", "1_0",  "NaN",    "\"NaN\"" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[100];
        (void)snprintf(text, sizeof(text), "{\"fInt32\":%s}", bad[i]);
        refuse(SCALARS, text, ", at line 1 column ");
    }
    refuse(SCALARS, "{\"fInt32\":2147483648}",
           "jsontest.Scalars.f_int32: is out of range, at line 1 column 11");
    refuse(SCALARS, "{\"fInt32\":-2147483649}", "is out of range");
    refuse(SCALARS, "{\"fUint32\":-1}", "is out of range");
    refuse(SCALARS, "{\"fUint32\":4294967296}", "is out of range");
    refuse(SCALARS, "{\"fUint64\":18446744073709551616}", "is out of range");
    refuse(SCALARS, "{\"fInt64\":9223372036854775808}", "is out of range");
    refuse(SCALARS, "{\"fInt64\":1e536870000}", "is out of range");
    refuse(SCALARS, "{\"fInt64\":1e-536870000}", "is not an integer");
    refuse(SCALARS, "{\"fInt64\":\"99999999999999999999999999\"}", "is out of range");
}

static void test_reals(void **state)
{
    (void)state;
    check(SCALARS, "{\"fDouble\":\"NaN\",\"fFloat\":\"-Infinity\"}",
          "{\"fDouble\":\"NaN\",\"fFloat\":\"-Infinity\"}");
    check(SCALARS, "{\"fDouble\":\"Infinity\",\"fFloat\":\"1.5\"}",
          "{\"fDouble\":\"Infinity\",\"fFloat\":1.5}");
    check(SCALARS, "{\"fDouble\":-0.0,\"fFloat\":-0}", "{\"fDouble\":-0,\"fFloat\":-0}");
    check(SCALARS, "{\"fDouble\":1.7976931348623157e308,\"fFloat\":3.4028235e38}",
          "{\"fDouble\":1.7976931348623157e+308,\"fFloat\":3.4028235e+38}");
    check(SCALARS, "{\"fDouble\":1e-999999999999,\"fFloat\":1e-50}", "{}");
    check(SCALARS, "{\"fDouble\":123456789012345678901234567890}",
          "{\"fDouble\":1.2345678901234568e+29}");
    refuse(SCALARS, "{\"fDouble\":1.8e308}", "is out of range");
    refuse(SCALARS, "{\"fFloat\":3.5e38}", "is out of range");
    refuse(SCALARS, "{\"fFloat\":-3.5e38}", "is out of range");
    refuse(SCALARS, "{\"fDouble\":1e536870000}", "is out of range");
    refuse(SCALARS, "{\"fDouble\":NaN}", "is not a number");
    refuse(SCALARS, "{\"fDouble\":Infinity}", "is not a number");
    refuse(SCALARS, "{\"fDouble\":\"nan\"}", "is not a number");
    refuse(SCALARS, "{\"fDouble\":\"+1\"}", "is not a number");
    refuse(SCALARS, "{\"fDouble\":1.}", "is not a number");
    refuse(SCALARS, "{\"fDouble\":1.0.0}", "a comma or a closing bracket");
}

static void test_strings(void **state)
{
    (void)state;
    check(SCALARS,
          "{\"fString\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83D\\uDE00\"}",
          "{\"fString\":\"\\\"\\\\/\\b\\f\\n\\r\\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}");
    static const char *const bad[] = {
        "\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x", "\\u12", "\\u12g4", "\\x41",
        "\\'",     "\\",      "\x01",           "\n",       "\t",    "\\U0041", "\\ud800\\n"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[100];
        (void)snprintf(text, sizeof(text), "{\"fString\":\"%s\"}", bad[i]);
        refuse(SCALARS, text, ", at line 1 column ");
        /* The same in a field that is skipped. */
        (void)snprintf(text, sizeof(text), "{\"other\":\"%s\"}", bad[i]);
        refuse_with(SCALARS, tern_str_of(text), ", at line 1 column ",
                    TERN_JSON_PARSE_OPTS(.ignore_unknown = true), TERN_INVALID_ARGUMENT);
    }
    refuse(SCALARS, "{\"fString\":\"\xff\"}", "the text is not UTF-8, at line 1 column 13");
    refuse(SCALARS, "{\"fString\":\"\xc3\xa9\xed\xa0\x80\"}",
           "the text is not UTF-8, at line 1 column 14");
    refuse(SCALARS, "{\"fString\":1}", "jsontest.Scalars.f_string: is not a string");
    refuse(SCALARS, "{\"fString\":'a'}", "is not a string");
    refuse(SCALARS, "{\"fString\":\"a", "the text ends inside a string");
    refuse_with(SCALARS, (tern_str){ "{\"fString\":\"\0\"}", 15 }, "a control character", NULL,
                TERN_INVALID_ARGUMENT);
    /* Each length, with an escape or a special character at each place. */
    for (size_t n = 0; n < 40; n++)
        for (size_t at = 0; at <= n; at++) {
            char text[120] = "{\"fString\":\"", wanted[120];
            size_t k = strlen(text);
            for (size_t i = 0; i < n; i++) {
                if (i == at) {
                    memcpy(text + k, "\\u000a", 6);
                    k += 6;
                }
                text[k++] = (char)('a' + i % 26);
            }
            strcpy(text + k, "\"}");
            if (n == 0) {
                check(SCALARS, text, "{}");
                continue;
            }
            strcpy(wanted, text);
            char *escape = strstr(wanted, "\\u000a");
            if (escape) {
                memmove(escape + 2, escape + 6, strlen(escape + 6) + 1);
                escape[1] = 'n';
            }
            check(SCALARS, text, wanted);
        }
}

static void test_bytes(void **state)
{
    (void)state;
    static const char *const same[] = { "AA==", "AA", "+/8=", "-_8", "-_8=", "+_8" };
    static const char *const wanted[] = { "AA==", "AA==", "+/8=", "+/8=", "+/8=", "+/8=" };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char text[60], out[60];
        (void)snprintf(text, sizeof(text), "{\"fBytes\":\"%s\"}", same[i]);
        (void)snprintf(out, sizeof(out), "{\"fBytes\":\"%s\"}", wanted[i]);
        check(SCALARS, text, out);
    }
    check(SCALARS, "{\"fBytes\":\"\"}", "{}");
    check(SCALARS, "{\"fBytes\":\"-_\"}", "{\"fBytes\":\"+w==\"}");
    check(SCALARS, "{\"fBytes\":\"\\u0041A\\u003d=\"}", "{\"fBytes\":\"AA==\"}");
    static const char *const bad[] = { "A", "AA=",  "AA===", "A===", "====",
                                       "=", "A A=", "AAA*",  "AAAAA" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[60];
        (void)snprintf(text, sizeof(text), "{\"fBytes\":\"%s\"}", bad[i]);
        refuse(SCALARS, text, "jsontest.Scalars.f_bytes: is not base64");
    }
}

static void test_enums_and_bools(void **state)
{
    (void)state;
    check(SCALARS, "{\"fEnum\":1}", "{\"fEnum\":\"RED\"}");
    check(SCALARS, "{\"fEnum\":-1}", "{\"fEnum\":\"INVISIBLE\"}");
    check(SCALARS, "{\"fEnum\":77}", "{\"fEnum\":77}");
    check(SCALARS, "{\"fEnum\":\"\\u0052ED\"}", "{\"fEnum\":\"RED\"}");
    check_with(SCALARS, "{\"fEnum\":\"RED\"}", "{\"fEnum\":1}", NULL,
               TERN_JSON_PRINT_OPTS(.enum_numbers = true));
    refuse(SCALARS, "{\"fEnum\":\"PINK\"}",
           "jsontest.Scalars.f_enum: jsontest.Color has no value of that name");
    refuse(SCALARS, "{\"fEnum\":\"red\"}", "no value of that name");
    refuse(SCALARS, "{\"fEnum\":\"1\"}", "no value of that name");
    refuse(SCALARS, "{\"fEnum\":1.5}", "is not an integer");
    refuse(SCALARS, "{\"fEnum\":2147483648}", "is out of range");
    refuse(SCALARS, "{\"fEnum\":true}", "is not a number");
    static const char *const bad[] = { "\"true\"", "1", "0", "True", "tru", "truee", "\"\"", "[]" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[60];
        (void)snprintf(text, sizeof(text), "{\"fBool\":%s}", bad[i]);
        refuse(SCALARS, text, ", at line 1 column ");
    }
}

static void test_presence(void **state)
{
    (void)state;
    check(OPTIONAL, "{\"number\":0,\"text\":\"\",\"color\":0,\"flag\":false,\"inner\":{}}",
          "{\"number\":0,\"text\":\"\",\"color\":\"NONE\",\"flag\":false,\"inner\":{}}");
    check(OPTIONAL, "{\"number\":null,\"text\":null,\"color\":null,\"flag\":null,\"inner\":null}",
          "{}");
    check(SCALARS, "{\"fInt32\":null,\"fString\":null,\"fEnum\":null,\"fBytes\":null}", "{}");
    check_with(OPTIONAL, "{}", "{}", NULL, TERN_JSON_PRINT_OPTS(.print_defaults = true));
    check_with(SCALARS, "{\"fInt32\":1}",
               "{\"fDouble\":0,\"fFloat\":0,\"fInt64\":\"0\",\"fUint64\":\"0\",\"fInt32\":1,"
               "\"fFixed64\":\"0\",\"fFixed32\":0,\"fBool\":false,\"fString\":\"\",\"fBytes\":\"\","
               "\"fUint32\":0,\"fEnum\":\"NONE\",\"fSfixed32\":0,\"fSfixed64\":\"0\",\"fSint32\":0,"
               "\"fSint64\":\"0\"}",
               NULL, TERN_JSON_PRINT_OPTS(.print_defaults = true));
    check_with(MAPS, "{}",
               "{\"texts\":{},\"maps\":{},\"flags\":{},\"colors\":{},\"reals\":{},\"values\":{},"
               "\"blobs\":{},\"nulls\":{}}",
               NULL, TERN_JSON_PRINT_OPTS(.print_defaults = true));
    check_with(CHOICE, "{}", "{\"beside\":0}", NULL, TERN_JSON_PRINT_OPTS(.print_defaults = true));
}

static void test_lists(void **state)
{
    (void)state;
    static const char all[] =
        "{\"doubles\":[1,2.5],\"numbers\":[1,-2,3],\"flags\":[true,false],\"texts\":[\"a\",\"\"],"
        "\"blobs\":[\"AA==\",\"\"],\"colors\":[\"RED\",\"NONE\",9],\"lists\":[{},{\"numbers\":[1]}]"
        ","
        "\"values\":[null,1,\"a\",[],{}],\"nulls\":[null,null],"
        "\"times\":[\"1970-01-01T00:00:00Z\"],\"wrapped\":[1,0]}";
    check(LISTS, all, all);
    check(LISTS, "{\"numbers\":[ ],\"texts\":[],\"lists\":null,\"values\":null,\"nulls\":null}",
          "{}");
    check(LISTS, "{\"nulls\":[\"NULL_VALUE\",0]}", "{\"nulls\":[null,null]}");
    refuse(LISTS, "{\"numbers\":1}", "jsontest.Lists.numbers: is not an array");
    refuse(LISTS, "{\"numbers\":[1,null]}", "null cannot be in this array");
    refuse(LISTS, "{\"texts\":[null]}", "null cannot be in this array");
    refuse(LISTS, "{\"lists\":[null]}", "null cannot be in this array");
    refuse(LISTS, "{\"times\":[null]}", "null cannot be in this array");
    refuse(LISTS, "{\"wrapped\":[null]}", "null cannot be in this array");
    refuse(LISTS, "{\"numbers\":[1,]}", "is not a number");
    refuse(LISTS, "{\"numbers\":[,1]}", "is not a number");
    refuse(LISTS, "{\"numbers\":[1 2]}", "a comma or a closing bracket");
    refuse(LISTS, "{\"numbers\":[1}", "a comma or a closing bracket");
    refuse(LISTS, "{\"numbers\":[1", "the text ends inside an object or array");
    refuse(LISTS, "{\"lists\":[{}", "the text ends inside an object or array");
    refuse(LISTS, "{\"lists\":[{},]}", "is not an object");
    refuse(LISTS, "{\"numbers\":[[1]]}", "is not a number");
    refuse(LISTS, "{\"numbers\":[1],\"numbers\":[2]}", "a field that stands there twice");
}

static void test_maps(void **state)
{
    (void)state;
    static const char all[] =
        "{\"texts\":{\"\":\"a\",\"k\\\"\":\"b\"},\"maps\":{\"-1\":{\"texts\":{\"x\":\"y\"}},\"2\":{"
        "}},"
        "\"flags\":{\"true\":\"1\",\"false\":\"0\"},\"colors\":{\"18446744073709551615\":\"RED\"},"
        "\"reals\":{\"-9223372036854775808\":0.5},\"values\":{\"n\":null,\"o\":{\"p\":[1]}},"
        "\"blobs\":{\"4294967295\":\"AA==\"},\"nulls\":{\"a\":null}}";
    check(MAPS, all, all);
    check(MAPS, "{\"texts\":null,\"maps\":{ }}", "{}");
    refuse(MAPS, "{\"texts\":[]}", "jsontest.Maps.texts: is not an object");
    refuse(MAPS, "{\"texts\":{\"a\":null}}", "null cannot be a value of this map");
    refuse(MAPS, "{\"maps\":{\"1\":null}}", "null cannot be a value of this map");
    refuse(MAPS, "{\"maps\":{1:{}}}", "a name in quotes is wanted here");
    refuse(MAPS, "{\"maps\":{\"a\":{}}}", "jsontest.Maps.MapsEntry.key: is not a number");
    refuse(MAPS, "{\"reals\":{\"1\":\"x\"}}", "jsontest.Maps.RealsEntry.value: is not a number");
    refuse(MAPS, "{\"maps\":{\"01\":{}}}", "is not a number");
    refuse(MAPS, "{\"maps\":{\"2147483648\":{}}}", "is out of range");
    refuse(MAPS, "{\"flags\":{\"True\":1}}", "is neither \"true\" nor \"false\"");
    refuse(MAPS, "{\"texts\":{\"a\":\"1\",\"a\":\"2\"}}", "a key that stands there twice");
    refuse(MAPS, "{\"maps\":{\"1\":{},\"1.0\":{}}}", "a key that stands there twice");
    refuse(MAPS, "{\"texts\":{\"a\":\"1\",}}", "a name in quotes is wanted here");
    refuse(MAPS, "{\"texts\":{\"a\" \"1\"}}", "a colon is wanted here");
    /* Enough for an index. */
    char text[4000] = "{\"colors\":{";
    for (int i = 0; i < 100; i++)
        (void)snprintf(text + strlen(text), 30, "%s\"%d\":\"RED\"", i ? "," : "", i);
    strcat(text, "}}");
    check(MAPS, text, text);
    strcpy(text + strlen(text) - 2, ",\"50\":\"RED\"}}");
    refuse(MAPS, text, "a key that stands there twice");
}

static void test_oneofs(void **state)
{
    (void)state;
    check(CHOICE, "{\"number\":0}", "{\"number\":0}");
    check(CHOICE, "{\"text\":\"\",\"beside\":1}", "{\"text\":\"\",\"beside\":1}");
    check(CHOICE, "{\"inner\":{\"inner\":{}}}", "{\"inner\":{\"inner\":{}}}");
    check(CHOICE, "{\"nothing\":null}", "{\"nothing\":null}");
    check(CHOICE, "{\"value\":null}", "{\"value\":null}");
    check(CHOICE, "{\"number\":null,\"text\":\"a\"}", "{\"text\":\"a\"}");
    check(CHOICE, "{\"text\":\"a\",\"number\":null}", "{\"text\":\"a\"}");
    check(CHOICE, "{\"color\":0}", "{\"color\":\"NONE\"}");
    check(CHOICE, "{\"blob\":\"AA==\"}", "{\"blob\":\"AA==\"}");
    check_with(CHOICE, "{\"beside\":1,\"color\":\"PINK\"}", "{\"beside\":1}",
               TERN_JSON_PARSE_OPTS(.ignore_unknown = true), NULL);
    refuse(CHOICE, "{\"number\":1,\"text\":\"a\"}",
           "jsontest.Choice.text: a second member of its oneof");
    refuse(CHOICE, "{\"number\":0,\"inner\":{}}", "a second member of its oneof");
    refuse(CHOICE, "{\"number\":1,\"nothing\":null}", "a second member of its oneof");
    refuse(CHOICE, "{\"number\":1,\"number\":2}", "a field that stands there twice");
}

static void test_names(void **state)
{
    (void)state;
    static const char all[] =
        "{\"snakeCaseName\":1,\"Upper\":2,\"Leading\":3,\"withTwo\":4,\"number1A\":5,"
        "\"a \\\"quoted\\\" \\\\ name\":6,\"@type\":7,"
        "\"aNameThatIsLongerThanWhatIsRememberedOfNames\":8}";
    static const char proto[] =
        "{\"snake_case_name\":1,\"Upper\":2,\"_leading\":3,\"with__two\":4,\"number_1_a\":5,"
        "\"other\":6,\"at_type\":7,\"a_name_that_is_longer_than_what_is_remembered_of_names\":8}";
    check(NAMES, all, all);
    check(NAMES, proto, all);
    check_with(NAMES, all, proto, NULL, TERN_JSON_PRINT_OPTS(.proto_names = true));
    check(NAMES, "{\"snake\\u0043aseName\":1}", "{\"snakeCaseName\":1}");
    refuse(NAMES, "{\"snakeCaseName\":1,\"snake_case_name\":1}", "a field that stands there twice");
    refuse(NAMES, "{\"snakeCaseName\":1,\"snake\\u0043aseName\":1}",
           "a field that stands there twice");
    refuse(NAMES, "{\"upper\":1}",
           "jsontest.Names: there is no field \"upper\", at line 1 column 2");
    refuse(NAMES, "{\"snakeCaseNam\":1}", "there is no field");
    refuse(NAMES, "{\"snakeCaseName2\":1}", "there is no field");
    refuse(NAMES, "{\"\":1}", "there is no field \"\"");
    refuse(NAMES, "{\"Upper\\u0000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}",
           "there is no field");
    refuse(NAMES, "{snakeCaseName:1}", "a name in quotes is wanted here");
    refuse(NAMES, "{'Upper':1}", "a name in quotes is wanted here");
    refuse(NAMES, "{\"Upper\" 1}", "a colon is wanted here");
    refuse(NAMES, "{\"Upper\"}", "a colon is wanted here");
    refuse(NAMES, "{\"Upper\":}", "is not a number");
    refuse(NAMES, "{\"Upper\":1,}", "jsontest.Names: a name in quotes is wanted here");
    refuse(NAMES, "{,\"Upper\":1}", "a name in quotes is wanted here");
    refuse(NAMES, "{\"Upper\":1 \"other\":2}", "a comma or a closing bracket");
    refuse(NAMES, "{\"Upper\":1,,\"other\":2}", "a name in quotes is wanted here");
    refuse(NAMES, "{\"Upper\":1]", "a comma or a closing bracket");
    refuse(NAMES, "{\"Upper\":1", "the text ends inside an object");
    check(WIDE, "{\"wide\":{\"f70\":1,\"f67\":2,\"f2\":3},\"f2\":1,\"f70\":1}",
          "{\"wide\":{\"f2\":3,\"f67\":2,\"f70\":1},\"f2\":1,\"f70\":1}");
    refuse(WIDE, "{\"f70\":1,\"wide\":{\"f70\":1},\"f70\":1}", "a field that stands there twice");
}

static void test_the_outermost_value(void **state)
{
    (void)state;
    static const char *const bad[] = { "",       " ",    "null", "1", "[]", "\"a\"",
                                       "{} {}",  "{}x",  "{",    "}", "{]", "\xef\xbb\xbf{}",
                                       "/**/{}", "{}//", "\v{}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse(SCALARS, bad[i], ", at line 1 column ");
    refuse(SCALARS, "{\n \"fInt32\": 1,\n \"fString\":\xc3\xa9}",
           "is not a string, at line 3 column 12");
    refuse_with(SCALARS, (tern_str){ "{}\0", 3 }, "more text behind the value", NULL,
                TERN_INVALID_ARGUMENT);
    refuse_with(SCALARS, (tern_str){ NULL, 0 }, "is not an object", NULL, TERN_INVALID_ARGUMENT);
}

static void test_unknown_is_passed_over(void **state)
{
    (void)state;
    const tern_json_parse_opts *const ignore = TERN_JSON_PARSE_OPTS(.ignore_unknown = true);
    check_with(SCALARS,
               "{\"a\":{\"b\":[1,-2.5e3,{},[],[[{\"c\":null}]],true,false,\"\\ud83d\\ude00\"]},"
               "\"fInt32\":1,\"a\":1,\"[a.b]\":{},\"fEnum\":\"PINK\"}",
               "{\"fInt32\":1}", ignore, NULL);
    check_with(LISTS, "{\"colors\":[\"RED\",\"PINK\",\"NONE\"]}", "{\"colors\":[\"RED\",\"NONE\"]}",
               ignore, NULL);
    check_with(MAPS, "{\"colors\":{\"1\":\"RED\",\"2\":\"PINK\",\"3\":\"NONE\"}}",
               "{\"colors\":{\"1\":\"RED\",\"3\":\"NONE\"}}", ignore, NULL);
    static const char *const bad[] = {
        "{\"a\":{]}",  "{\"a\":[}",     "{\"a\":{\"b\"}}", "{\"a\":[1,]}",
        "{\"a\":{,}}", "{\"a\":01}",    "{\"a\":nul}",     "{\"a\":{\"b\":1,}}",
        "{\"a\":'b'}", "{\"a\":[1 2]}", "{\"a\":}",        "{\"a\":{b:1}}",
        "{\"a\":[[1]", "{\"a\":",       "{\"a\":1.}",      "{\"a\":\""
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse_with(SCALARS, tern_str_of(bad[i]), ", at line 1 column ", ignore,
                    TERN_INVALID_ARGUMENT);
}

static void test_proto2(void **state)
{
    (void)state;
    tern_pb_registry *reg = json_registry();
    const tern_json_parse_opts *const known = TERN_JSON_PARSE_OPTS(.registry = reg);
    const tern_json_print_opts *const print = TERN_JSON_PRINT_OPTS(.registry = reg);
    static const char all[] =
        "{\"number\":0,\"closed\":\"ZERO\",\"list\":[\"TWO\",\"ONE\"],\"map\":{\"a\":\"ONE\"},"
        "\"data\":{\"inside\":1},\"datas\":[{},{\"inside\":2}],\"text\":\"\","
        "\"[jsontest2.ext_number]\":0,\"[jsontest2.ext_message]\":{\"[jsontest2.ext_number]\":1},"
        "\"[jsontest2.ext_texts]\":[\"a\",\"b\"],\"[jsontest2.ext_closed]\":\"TWO\","
        "\"[jsontest2.ext_text]\":\"\"}";
    check_with(TWO, all, all, known, print);
    check_with(TWO, "{\"[jsontest2.ext_number]\":null,\"[jsontest2.ext_texts]\":[]}", "{}", known,
               print);
    refuse(TWO, all, "there is no field \"[jsontest2.ext_number]\"");
    refuse_with(TWO, TERN_STR("{\"[jsontest2.ext_number]\":1,\"[jsontest2.ext_number]\":1}"),
                "an extension that stands there twice", known, TERN_INVALID_ARGUMENT);
    refuse_with(TWO, TERN_STR("{\"[jsontest2.Item.item]\":{}}"), "there is no field", known,
                TERN_INVALID_ARGUMENT);
    refuse_with(TWO, TERN_STR("{\"jsontest2.ext_number\":1}"), "there is no field", known,
                TERN_INVALID_ARGUMENT);
    refuse(TWO, "{\"closed\":9}", "is no value of its closed enum");
    refuse(TWO, "{\"list\":[1,9]}", "is no value of its closed enum");
    check_with(TWO, "{\"closed\":9,\"list\":[1,9,2],\"map\":{\"a\":9,\"b\":1}}",
               "{\"list\":[\"ONE\",\"TWO\"],\"map\":{\"b\":\"ONE\"}}",
               TERN_JSON_PARSE_OPTS(.ignore_unknown = true), NULL);
    check_with(&jsontest2_Set_table, "{\"[jsontest2.Item.item]\":{\"name\":\"a\"}}",
               "{\"[jsontest2.Item.item]\":{\"name\":\"a\"}}", known, print);
    tern_pb_registry_free(reg);
}

static void test_required(void **state)
{
    (void)state;
    check(MUST, "{\"id\":0,\"inner\":{\"id\":1}}", "{\"id\":0,\"inner\":{\"id\":1}}");
    refuse(MUST, "{}", "jsontest2.Must.id: a required field that is missing, at line 1 column 2");
    refuse(MUST, "{\"id\":null}", "a required field that is missing");
    refuse(MUST, "{\"id\":1,\"inner\":{}}",
           "a required field that is missing, at line 1 column 18");
    refuse(MUST, "{\"id\":1,\"map\":{\"a\":{}}}", "a required field that is missing");
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    void *msg;
    assert_int_equal(parse_text(MUST, TERN_STR("{\"inner\":{}}"), arena,
                                TERN_JSON_PARSE_OPTS(.partial = true), &msg, &err),
                     TERN_OK);
    tern_arena_free(arena);
}

static void test_indent(void **state)
{
    (void)state;
    check_with(LISTS, "{\"numbers\":[1,2],\"lists\":[{},{\"flags\":[true]}],\"texts\":[]}",
               "{\n  \"numbers\": [\n    1,\n    2\n  ],\n  \"lists\": [\n    {},\n    {\n"
               "      \"flags\": [\n        true\n      ]\n    }\n  ]\n}",
               NULL, TERN_JSON_PRINT_OPTS(.indent = 2));
    check_with(MAPS, "{\"flags\":{\"true\":1}}", "{\n \"flags\": {\n  \"true\": \"1\"\n }\n}", NULL,
               TERN_JSON_PRINT_OPTS(.indent = 1));
    check_with(SCALARS, "{}", "{}", NULL, TERN_JSON_PRINT_OPTS(.indent = 4));
}

/* Parsing adds to what a message has, as decoding does. */
static void test_merge(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    jsontest_Maps *m = tern_pb_new(MAPS, arena);
    assert_int_equal(tern_json_parse(MAPS, m, TERN_STR("{\"texts\":{\"a\":\"1\",\"b\":\"2\"}}"),
                                     arena, NULL, &err),
                     TERN_OK);
    assert_int_equal(tern_json_parse(MAPS, m, TERN_STR("{\"texts\":{\"c\":\"4\",\"b\":\"3\"}}"),
                                     arena, NULL, &err),
                     TERN_OK);
    tern_str out;
    assert_int_equal(tern_json_print(MAPS, m, arena, NULL, &out, &err), TERN_OK);
    assert_string_equal(out.p, "{\"texts\":{\"a\":\"1\",\"b\":\"3\",\"c\":\"4\"}}");
    assert_int_equal(tern_json_parse(MAPS, m, TERN_STR("{\"texts\":{\"d\":\"4\",\"d\":\"3\"}}"),
                                     arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    /* Twice of what was there before is twice. */
    assert_int_equal(tern_json_parse(MAPS, m, TERN_STR("{\"texts\":{\"a\":\"4\",\"a\":\"3\"}}"),
                                     arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "a key that stands there twice"));
    jsontest_Optionals *o = tern_pb_new(OPTIONAL, arena);
    assert_int_equal(
        tern_json_parse(OPTIONAL, o, TERN_STR("{\"inner\":{\"number\":1}}"), arena, NULL, &err),
        TERN_OK);
    assert_int_equal(
        tern_json_parse(OPTIONAL, o, TERN_STR("{\"inner\":{\"flag\":true}}"), arena, NULL, &err),
        TERN_OK);
    assert_int_equal(tern_json_print(OPTIONAL, o, arena, NULL, &out, &err), TERN_OK);
    assert_string_equal(out.p, "{\"inner\":{\"number\":1,\"flag\":true}}");
    tern_arena_free(arena);
}

/* What a decoded string promises: a NUL behind it, wherever it came from. */
static void test_strings_are_terminated(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    jsontest_Lists *m = tern_pb_new(LISTS, arena);
    assert_int_equal(tern_json_parse(LISTS, m, TERN_STR("{\"texts\":[\"abc\",\"a\\tc\",\"\"]}"),
                                     arena, NULL, &err),
                     TERN_OK);
    assert_string_equal(m->texts.p[0].p, "abc");
    assert_string_equal(m->texts.p[1].p, "a\tc");
    assert_string_equal(m->texts.p[2].p, "");
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_integers_in_every_form),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_enums_and_bools),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_oneofs),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_the_outermost_value),
        cmocka_unit_test(test_unknown_is_passed_over),
        cmocka_unit_test(test_proto2),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_indent),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_strings_are_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
