/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_known_test.c: the JSON forms of the well-known types, both ways.
 */
#include "pb/json_check.h"

#include "google/protobuf/empty.tern.h"
#include "tern/wkt.h"

#include <math.h>

#define KNOWN &jsontest_Known_table

static void field(const char *name, const char *value, const char *wanted)
{
    char text[400], out[400];
    (void)snprintf(text, sizeof(text), "{\"%s\":%s}", name, value);
    (void)snprintf(out, sizeof(out), "{\"%s\":%s}", name, wanted);
    check(KNOWN, text, out);
}

static void no_field(const char *name, const char *value, const char *words)
{
    char text[400];
    (void)snprintf(text, sizeof(text), "{\"%s\":%s}", name, value);
    refuse(KNOWN, text, words);
}

static void test_timestamps(void **state)
{
    (void)state;
    static const char *const same[] = {
        "\"1970-01-01T00:00:00Z\"",           "\"0001-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59.999999999Z\"", "\"2000-02-29T23:59:59.100Z\"",
        "\"1969-12-31T23:59:59.000001Z\"",    "\"1600-02-29T12:30:15Z\"",
        "\"2100-03-01T00:00:00Z\"",           "\"2024-12-31T00:00:00Z\"",
    };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        field("time", same[i], same[i]);
    field("time", "\"1970-01-01T00:00:00.5Z\"", "\"1970-01-01T00:00:00.500Z\"");
    field("time", "\"1970-01-01T00:00:00.000Z\"", "\"1970-01-01T00:00:00Z\"");
    field("time", "\"1970-01-01T01:30:00+01:30\"", "\"1970-01-01T00:00:00Z\"");
    field("time", "\"1969-12-31T00:01:00-23:59\"", "\"1970-01-01T00:00:00Z\"");
    static const char *const bad[] = {
        "\"\"",
        "\"1970-01-01\"",
        "\"1970-01-01T00:00:00\"",
        "\"1970-01-01t00:00:00Z\"",
        "\"1970-01-01T00:00:00z\"",
        "\"1970-01-01 00:00:00Z\"",
        "\"1970-01-01T00:00:00.Z\"",
        "\"1970-01-01T00:00:00.0123456789Z\"",
        "\"1970-01-01T24:00:00Z\"",
        "\"1970-01-01T00:60:00Z\"",
        "\"1970-01-01T00:00:60Z\"",
        "\"1970-00-01T00:00:00Z\"",
        "\"1970-13-01T00:00:00Z\"",
        "\"1970-01-00T00:00:00Z\"",
        "\"1970-01-32T00:00:00Z\"",
        "\"1970-04-31T00:00:00Z\"",
        "\"1970-02-29T00:00:00Z\"",
        "\"1900-02-29T00:00:00Z\"",
        "\"0000-01-01T00:00:00Z\"",
        "\"10000-01-01T00:00:00Z\"",
        "\"0001-01-01T00:00:00+00:01\"",
        "\"9999-12-31T23:59:59-00:01\"",
        "\"1970-01-01T00:00:00+24:00\"",
        "\"1970-01-01T00:00:00+00:60\"",
        "\"1970-01-01T00:00:00+0100\"",
        "\"1970-01-01T00:00:00+01\"",
        "\"1970-01-01T00:00:00ZZ\"",
        "\" 1970-01-01T00:00:00Z\"",
        "\"1970-1-01T00:00:00Z\"",
        "\"+970-01-01T00:00:00Z\"",
        "\"1970-01-01T00:00:00,5Z\"",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        no_field("time", bad[i], "jsontest.Known.time: is not a time as RFC 3339 has it");
    no_field("time", "0", "is not a string");
    no_field("time", "{}", "is not a string");
}

/* Each day of all 9999 years would do; a day of each month does. */
static void test_every_month(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    for (int year = 1; year <= 9999; year += 7)
        for (int month = 1; month <= 12; month++) {
            char text[40];
            (void)snprintf(text, sizeof(text), "\"%04d-%02d-%02dT12:00:00Z\"", year, month,
                           month == 2 ? 28 : 30);
            google_protobuf_Timestamp t = { .seconds = 0 };
            tern_str out;
            assert_int_equal(tern_json_parse(&google_protobuf_Timestamp_table, &t,
                                             tern_str_of(text), arena, NULL, &err),
                             TERN_OK);
            struct tm tm = { .tm_year = year - 1900,
                             .tm_mon = month - 1,
                             .tm_hour = 12,
                             .tm_mday = month == 2 ? 28 : 30 };
            assert_int_equal(t.seconds, timegm(&tm));
            assert_int_equal(
                tern_json_print(&google_protobuf_Timestamp_table, &t, arena, NULL, &out, &err),
                TERN_OK);
            assert_string_equal(out.p, text);
            tern_arena_reset(arena);
        }
    tern_arena_free(arena);
}

static void test_durations(void **state)
{
    (void)state;
    static const char *const same[] = { "\"0s\"",
                                        "\"1s\"",
                                        "\"-1s\"",
                                        "\"0.500s\"",
                                        "\"-0.500s\"",
                                        "\"1.000001s\"",
                                        "\"-1.000000001s\"",
                                        "\"315576000000.999999999s\"",
                                        "\"-315576000000.999999999s\"" };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        field("span", same[i], same[i]);
    field("span", "\"1.5s\"", "\"1.500s\"");
    field("span", "\"01s\"", "\"1s\"");
    static const char *const bad[] = { "\"\"",
                                       "\"1\"",
                                       "\"s\"",
                                       "\"1S\"",
                                       "\"1 s\"",
                                       "\"+1s\"",
                                       "\".5s\"",
                                       "\"1.s\"",
                                       "\"1.0123456789s\"",
                                       "\"315576000001s\"",
                                       "\"--1s\"",
                                       "\"1e3s\"",
                                       "\"1ss\"",
                                       "\"99999999999999999999s\"" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        no_field("span", bad[i], "jsontest.Known.span: is not a number of seconds");
    no_field("span", "1", "is not a string");
}

static void test_masks(void **state)
{
    (void)state;
    field("mask", "\"\"", "\"\"");
    field("mask", "\"foo,barBaz.quxQuux,a1\"", "\"foo,barBaz.quxQuux,a1\"");
    no_field("mask", "\"foo_bar\"", "is not paths in lowerCamelCase");
    no_field("mask", "\"foo, bar\"", "is not paths in lowerCamelCase");
    no_field("mask", "\"foo-bar\"", "is not paths in lowerCamelCase");
    no_field("mask", "[]", "is not a string");
}

static void test_values(void **state)
{
    (void)state;
    static const char all[] = "{\"a\":null,\"b\":1.5,\"c\":\"NaN\",\"d\":true,\"e\":{\"f\":[[],{},["
                              "{\"g\":false}]]},\"\":-0}";
    field("object", all, all);
    field("value", all, all);
    field("value", "null", "null");
    field("value", "[null]", "[null]");
    field("list", "[1,[2,[3]]]", "[1,[2,[3]]]");
    field("list", "[]", "[]");
    check(KNOWN, "{\"object\":null,\"list\":null,\"nothing\":null}", "{}");
    no_field("object", "[]", "is not an object");
    no_field("list", "{}", "is not an array");
    no_field("value", "1e309", "is out of range");
    no_field("value", "nul", "is no JSON value");
    no_field("value", "tru", "is neither true nor false");
    no_field("value", "x", "is not a number");
    no_field("value", "{\"a\":1,\"a\":2}", "a key that stands there twice");
    no_field("value", "[1,]", "is not a number");
    check(&google_protobuf_Value_table, " null ", "null");
    check(&google_protobuf_Value_table, "[\"a\"]", "[\"a\"]");
    check(&google_protobuf_Struct_table, "{}", "{}");
    check(&google_protobuf_ListValue_table, "[]", "[]");
}

static void test_wrappers(void **state)
{
    (void)state;
    static const char all[] =
        "{\"wDouble\":0,\"wFloat\":0.5,\"wInt64\":\"0\",\"wUint64\":\"1\",\"wInt32\":0,"
        "\"wUint32\":1,\"wBool\":false,\"wString\":\"\",\"wBytes\":\"AA==\"}";
    check(KNOWN, all, all);
    check(KNOWN, "{\"wDouble\":null,\"wBool\":null,\"wString\":null,\"wBytes\":null}", "{}");
    no_field("wInt32", "{\"value\":1}", "is not a number");
    no_field("wBool", "\"true\"", "is neither true nor false");
    check(&google_protobuf_Int64Value_table, "5", "\"5\"");
}

static void check_any(const char *text, const char *wanted)
{
    tern_pb_registry *reg = json_registry();
    check_with(&google_protobuf_Any_table, text, wanted, TERN_JSON_PARSE_OPTS(.registry = reg),
               TERN_JSON_PRINT_OPTS(.registry = reg));
    tern_pb_registry_free(reg);
}

static void refuse_any(const char *text, const char *words)
{
    tern_pb_registry *reg = json_registry();
    refuse_with(&google_protobuf_Any_table, tern_str_of(text), words,
                TERN_JSON_PARSE_OPTS(.registry = reg), TERN_INVALID_ARGUMENT);
    tern_pb_registry_free(reg);
}

#define URL      "type.googleapis.com/"
#define SCALARS  "{\"@type\":\"" URL "jsontest.Scalars\""
#define DURATION "{\"@type\":\"" URL "google.protobuf.Duration\""
#define ANY      "{\"@type\":\"" URL "google.protobuf.Any\""

static void test_any(void **state)
{
    (void)state;
    check_any("{}", "{}");
    check_any(SCALARS ",\"fInt32\":1}", SCALARS ",\"fInt32\":1}");
    check_any(SCALARS "}", SCALARS "}");
    check_any("{ \"fInt32\" : 1 , \"@type\" : \"" URL
              "jsontest.Scalars\" , \"fString\" : \"a\\nb\" } ",
              SCALARS ",\"fInt32\":1,\"fString\":\"a\\nb\"}");
    check_any("{\"\\u0040type\":\"a.b/c\\u002fjsontest.Scalars\"}",
              "{\"@type\":\"a.b/c/jsontest.Scalars\"}");
    check_any(DURATION ",\"value\":\"1s\"}", DURATION ",\"value\":\"1s\"}");
    check_any("{\"value\":\"1s\",\"@type\":\"" URL "google.protobuf.Duration\"}",
              DURATION ",\"value\":\"1s\"}");
    check_any(ANY ",\"value\":" SCALARS ",\"fBool\":true}}",
              ANY ",\"value\":" SCALARS ",\"fBool\":true}}");
    check_any("{\"@type\":\"" URL "google.protobuf.Value\",\"value\":null}",
              "{\"@type\":\"" URL "google.protobuf.Value\",\"value\":null}");
    check_any("{\"@type\":\"" URL "google.protobuf.Struct\",\"value\":{\"a\":[1]}}",
              "{\"@type\":\"" URL "google.protobuf.Struct\",\"value\":{\"a\":[1]}}");
    check_any("{\"@type\":\"" URL "google.protobuf.Int32Value\",\"value\":5}",
              "{\"@type\":\"" URL "google.protobuf.Int32Value\",\"value\":5}");
    check_any("{\"@type\":\"" URL "google.protobuf.Empty\"}",
              "{\"@type\":\"" URL "google.protobuf.Empty\"}");
    check_any("{\"@type\":\"" URL "jsontest.Known\",\"any\":" DURATION ",\"value\":\"2s\"}}",
              "{\"@type\":\"" URL "jsontest.Known\",\"any\":" DURATION ",\"value\":\"2s\"}}");
    check_any("{\"Upper\":1,\"@type\":\"" URL "jsontest.Names\",\"snakeCaseName\":2}",
              "{\"@type\":\"" URL "jsontest.Names\",\"snakeCaseName\":2,\"Upper\":1}");
    refuse_any("[]", "is not an object");
    refuse_any("{\"a\":1}", "an Any without \"@type\"");
    refuse_any("{\"@type\":\"\"}", "is not a URL with a type");
    refuse_any("{\"@type\":\"jsontest.Scalars\"}", "is not a URL with a type");
    refuse_any("{\"@type\":\"" URL "\"}", "not in the registry");
    refuse_any("{\"@type\":\"" URL "jsontest.Other\"}", "not in the registry");
    refuse_any("{\"@type\":1}", "a name in quotes is wanted");
    refuse_any(SCALARS ",\"@type\":\"" URL "jsontest.Scalars\"}", "\"@type\" stands there twice");
    refuse_any(DURATION ",\"@type\":\"" URL "x\",\"value\":\"1s\"}",
               "\"@type\" stands there twice");
    refuse_any(SCALARS ",\"value\":{}}", "there is no field \"value\"");
    refuse_any(SCALARS ",\"fInt32\":true}", "jsontest.Scalars.f_int32: is not a number");
    refuse_any(DURATION "}", "without \"value\"");
    refuse_any(DURATION ",\"value\":\"1s\",\"value\":\"1s\"}", "\"value\" stands there twice");
    refuse_any(DURATION ",\"seconds\":1}", "has \"@type\" and \"value\" alone");
    refuse_any(DURATION ",\"value\":\"1\"}", "is not a number of seconds");
    refuse_any(DURATION ",\"value\":\"1s\"", "the text ends inside");
    refuse_any("{\"@type\":\"" URL "jsontest2.Must\"}", "a required field that is missing");
}

static void cannot_print(const tern_pb_table *table, const void *msg, const char *words)
{
    tern_error err;
    tern_str out = { 0 };
    tern_arena *arena = tern_arena_new(NULL);
    assert_int_equal(tern_json_print(table, msg, arena, NULL, &out, &err), TERN_INVALID_ARGUMENT);
    assert_null(out.p);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" instead of \"%s\"", err.text, words);
    tern_arena_free(arena);
}

static void test_what_has_no_form(void **state)
{
    (void)state;
    google_protobuf_Timestamp t = { .seconds = TERN_TIMESTAMP_SECONDS_MAX + 1 };
    const jsontest_Known in_time = { .time = &t };
    cannot_print(KNOWN, &in_time, "jsontest.Known.time: outside the years");
    t = (google_protobuf_Timestamp){ .nanos = -1 };
    cannot_print(KNOWN, &in_time, "jsontest.Known.time: outside the years");
    google_protobuf_Duration d = { .seconds = 1, .nanos = -1 };
    cannot_print(KNOWN, &(jsontest_Known){ .span = &d }, "jsontest.Known.span: seconds outside");
    google_protobuf_Value v = { .kind.which = 0 };
    cannot_print(KNOWN, &(jsontest_Known){ .value = &v },
                 "a google.protobuf.Value that holds nothing");
    v = (google_protobuf_Value){ .kind = { .which = 2, .number_value = (double)NAN } };
    cannot_print(KNOWN, &(jsontest_Known){ .value = &v }, "no finite number");
    v.kind.number_value = -(double)INFINITY;
    cannot_print(KNOWN, &(jsontest_Known){ .value = &v }, "no finite number");
    static const char *const paths[] = { "fooBar", "foo_3_bar", "foo__bar",
                                         "foo_",   "foo_Bar",   "foo bar" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        tern_str path = tern_str_of(paths[i]);
        google_protobuf_FieldMask mask = { .paths = { .p = &path, .n = 1 } };
        cannot_print(KNOWN, &(jsontest_Known){ .mask = &mask }, "a path that has no form in JSON");
    }
    google_protobuf_Any any = { .type_url = TERN_STR("x/y.Z") };
    cannot_print(KNOWN, &(jsontest_Known){ .any = &any }, "of a type that is not in the registry");
    any = (google_protobuf_Any){ .value = { (const uint8_t *)"a", 1 } };
    cannot_print(KNOWN, &(jsontest_Known){ .any = &any }, "a value and no type");
    any = (google_protobuf_Any){ .type_url = TERN_STR("x/google.protobuf.Duration"),
                                 .value = { (const uint8_t *)"\x08", 1 } };
    cannot_print(KNOWN, &(jsontest_Known){ .any = &any }, "google.protobuf.Duration");
    cannot_print(&jsontest_Scalars_table, &(jsontest_Scalars){ .f_string = TERN_STR("a\xff") },
                 "jsontest.Scalars.f_string: a string that is not UTF-8");
    jsontest_Lists *none = NULL;
    cannot_print(&jsontest_Lists_table, &(jsontest_Lists){ .lists = { .p = &none, .n = 1 } },
                 "jsontest.Lists.lists: a NULL element");
}

/* A oneof, or an entry of a map, with no message behind it has an empty one. */
static void test_null_is_an_empty_message(void **state)
{
    (void)state;
    tern_error err;
    tern_str out;
    tern_arena *arena = tern_arena_new(NULL);
    const jsontest_Choice inner = { .choice.which = jsontest_Choice_choice_inner };
    assert_int_equal(tern_json_print(&jsontest_Choice_table, &inner, arena, NULL, &out, &err),
                     TERN_OK);
    assert_string_equal(out.p, "{\"inner\":{}}");
    const jsontest_Choice time = { .choice.which = jsontest_Choice_choice_time };
    assert_int_equal(tern_json_print(&jsontest_Choice_table, &time, arena, NULL, &out, &err),
                     TERN_OK);
    assert_string_equal(out.p, "{\"time\":\"1970-01-01T00:00:00Z\"}");
    jsontest_Maps_MapsEntry entry = { .key = 1 };
    const jsontest_Maps maps = { .maps = { .p = &entry, .n = 1 } };
    assert_int_equal(tern_json_print(&jsontest_Maps_table, &maps, arena, NULL, &out, &err),
                     TERN_OK);
    assert_string_equal(out.p, "{\"maps\":{\"1\":{}}}");
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_every_month),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_wrappers),
        cmocka_unit_test(test_any),
        cmocka_unit_test(test_what_has_no_form),
        cmocka_unit_test(test_null_is_an_empty_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
