/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_robust_test.c: JSON that is cut, damaged, deep or costly; memory that fails; tables of other kinds.
 */
#include "pb/json_check.h"

#include "pb/poor.h"
#include "support/fail.h"
#include "support/seed.h"
#include "tern/wkt.h"

#define URL "type.googleapis.com/"

/* All that takes memory, of every kind of frame. */
static const char sample[] =
    "{\"any\":{\"value\":{\"a\":[1,{\"b\":null}]},\"@type\":\"" URL "google.protobuf.Struct\"},"
    "\"time\":\"2000-01-01T00:00:00Z\",\"span\":\"1.5s\",\"mask\":\"a,b.cD\","
    "\"object\":{\"k\\u0041\":\"v\",\"l\":[true]},\"value\":[[1e3]],\"list\":[null],\"empty\":{},"
    "\"wDouble\":0.1,\"wInt64\":\"5\",\"wString\":\"s\\ud83d\\ude00\",\"wBytes\":\"AA==\"}";
static const char sample_two[] =
    "{\"number\":1,\"map\":{\"a\":\"ONE\"},\"datas\":[{\"inside\":2}],\"text\":\"t\","
    "\"[jsontest2.ext_message]\":{\"[jsontest2.ext_texts]\":[\"x\",\"y\"]}}";

typedef struct plan {
    const tern_pb_table *table;
    const char *text;
    const tern_pb_registry *reg;
} plan;

static bool parse_and_print(tern_arena *arena, const plan *p)
{
    tern_error err;
    tern_str out;
    void *msg = tern_pb_new(p->table, arena);
    if (!msg)
        return false;
    tern_code code = tern_json_parse(p->table, msg, tern_str_of(p->text), arena,
                                     TERN_JSON_PARSE_OPTS(.registry = p->reg), &err);
    if (code == TERN_OK)
        code = tern_json_print(p->table, msg, arena, TERN_JSON_PRINT_OPTS(.registry = p->reg), &out,
                               &err);
    if (code != TERN_OK) {
        assert_int_equal(code, TERN_RESOURCE_EXHAUSTED);
        assert_int_equal(err.code, code);
    }
    return code == TERN_OK;
}

static bool scenario(tn_failing_env *f, void *user)
{
    tern_arena *arena = tern_arena_new(&f->env);
    const bool ok = arena && parse_and_print(arena, user);
    tern_arena_free(arena);
    return ok;
}

static void test_each_allocation_fails(void **state)
{
    (void)state;
    tern_pb_registry *reg = json_registry();
    plan plans[] = { { &jsontest_Known_table, sample, reg },
                     { &jsontest2_Two_table, sample_two, reg } };
    for (size_t i = 0; i < 2; i++) {
        assert_true(tn_fail_each(scenario, &plans[i]) > 0);
        /* Each gift of the arena, which asks its allocator in blocks. */
        bool ok = false;
        for (size_t left = 0; left <= 4000 && !ok; left += 8) {
            tn_failing_env f;
            tern_arena *arena = poor_arena(&f, left / 16 * 16);
            ok = parse_and_print(arena, &plans[i]);
            tern_arena_free(arena);
            assert_int_equal(f.live_blocks, 0);
        }
    }
    tern_pb_registry_free(reg);
}

/* A long text moves the output from the arena to the heap and back. */
static bool long_print(tn_failing_env *f, void *user)
{
    (void)user;
    static const char text[300] = { 'x' };
    tern_error err;
    tern_str out;
    tern_str texts[40];
    tern_arena *arena = tern_arena_new(&f->env);
    for (size_t i = 0; i < 40; i++)
        texts[i] = (tern_str){ text, i % 2 ? 300 : 1 };
    const jsontest_Lists lists = { .texts = { .p = texts, .n = 40 } };
    const bool ok =
        arena && tern_json_print(&jsontest_Lists_table, &lists, arena, NULL, &out, &err) == TERN_OK;
    if (ok) {
        assert_int_equal(out.n, strlen(out.p));
        assert_int_equal(out.p[out.n - 1], '}');
    }
    tern_arena_free(arena);
    return ok;
}

static void test_output_grows(void **state)
{
    (void)state;
    assert_true(tn_fail_each(long_print, NULL) > 3);
}

static void test_each_cut_is_refused(void **state)
{
    (void)state;
    tern_pb_registry *reg = json_registry();
    const tern_json_parse_opts *const opts = TERN_JSON_PARSE_OPTS(.registry = reg);
    for (size_t n = 0; n < sizeof(sample) - 1; n++)
        refuse_with(&jsontest_Known_table, (tern_str){ sample, n }, "at line 1 column ", opts,
                    TERN_INVALID_ARGUMENT);
    for (size_t n = 0; n < sizeof(sample_two) - 1; n++)
        refuse_with(&jsontest2_Two_table, (tern_str){ sample_two, n }, "at line 1 column ", opts,
                    TERN_INVALID_ARGUMENT);
    tern_pb_registry_free(reg);
}

/* Damaged at random: refused, or what comes of it prints and parses to the same text. */
static void test_damage(void **state)
{
    (void)state;
    static const char bits[] = "{}[]\",:\\0123456789.eE+-nulltruefalse@u \n\x80\xff";
    tern_pb_registry *reg = json_registry();
    const tern_json_parse_opts *const opts =
        TERN_JSON_PARSE_OPTS(.registry = reg, .ignore_unknown = true);
    const tern_json_print_opts *const print = TERN_JSON_PRINT_OPTS(.registry = reg);
    tern_arena *arena = tern_arena_new(NULL);
    tn_seed s = { 7 };
    int whole = 0;
    for (int i = 0; i < 4000; i++) {
        tern_error err;
        void *msg;
        tern_str out, again;
        char text[sizeof(sample)];
        memcpy(text, sample, sizeof(sample));
        for (uint32_t k = 1 + tn_seed_below(&s, 3); k > 0; k--)
            text[tn_seed_below(&s, sizeof(sample) - 1)] = bits[tn_seed_below(&s, sizeof(bits) - 1)];
        tern_arena_reset(arena);
        if (parse_text(&jsontest_Known_table, (tern_str){ text, sizeof(sample) - 1 }, arena, opts,
                       &msg, &err) != TERN_OK ||
            tern_json_print(&jsontest_Known_table, msg, arena, print, &out, &err) != TERN_OK)
            continue;
        whole++;
        assert_int_equal(parse_text(&jsontest_Known_table, out, arena, opts, &msg, &err), TERN_OK);
        assert_int_equal(tern_json_print(&jsontest_Known_table, msg, arena, print, &again, &err),
                         TERN_OK);
        assert_string_equal(again.p, out.p);
    }
    assert_true(whole > 100);
    tern_arena_free(arena);
    tern_pb_registry_free(reg);
}

/* ---- depth ----------------------------------------------------------------------------------- */

/* n times open, middle, n times close. */
static char *nested(tern_arena *arena, size_t n, const char *open, const char *middle,
                    const char *close)
{
    const size_t a = strlen(open), b = strlen(middle), c = strlen(close);
    char *text = tern_arena_alloc(arena, n * (a + c) + b + 1), *p = text;
    assert_non_null(text);
    for (size_t i = 0; i < n; i++, p += a)
        memcpy(p, open, a);
    memcpy(p, middle, b);
    p += b;
    for (size_t i = 0; i < n; i++, p += c)
        memcpy(p, close, c);
    *p = '\0';
    return text;
}

static void deep(const tern_pb_table *table, const char *open, const char *middle,
                 const char *close, size_t most, const tern_json_parse_opts *opts)
{
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    void *msg;
    const tern_str fits = tern_str_of(nested(arena, most, open, middle, close));
    if (parse_text(table, fits, arena, opts, &msg, &err) != TERN_OK)
        fail_msg("%s %zu times: %s", open, most, err.text);
    tern_str out;
    assert_int_equal(tern_json_print(table, msg, arena,
                                     TERN_JSON_PRINT_OPTS(.registry = opts ? opts->registry : NULL),
                                     &out, &err),
                     TERN_OK);
    static const size_t beyond[] = { 1, 2, 50, 300, 20000 };
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        const char *text = nested(arena, most + beyond[i], open, middle, close);
        refuse_with(table, tern_str_of(text), "nested deeper than max_depth", opts,
                    TERN_RESOURCE_EXHAUSTED);
        if (i > 0) /* never closed */
            refuse_with(table, (tern_str){ text, (most + beyond[i]) * strlen(open) }, "", opts,
                        TERN_RESOURCE_EXHAUSTED);
    }
    tern_arena_free(arena);
}

static void test_depth(void **state)
{
    (void)state;
    const tern_json_parse_opts *const ignore = TERN_JSON_PARSE_OPTS(.ignore_unknown = true);
    deep(&jsontest_Optionals_table, "{\"inner\":", "{}", "}", 100, NULL);
    deep(&jsontest_Lists_table, "{\"lists\":[", "{}", "]}", 100, NULL);
    deep(&jsontest_Maps_table, "{\"maps\":{\"1\":", "{}", "}}", 50, NULL);
    deep(&google_protobuf_Value_table, "[", "1", "]", 101, NULL);
    deep(&google_protobuf_Value_table, "{\"a\":", "1", "}", 101, NULL);
    deep(&google_protobuf_Value_table, "[{\"a\":", "1", "}]", 50, NULL);
    deep(&jsontest_Scalars_table, "{\"x\":", "1", "}", 101, ignore);
    deep(&jsontest_Optionals_table, "{\"inner\":", "{}", "}", 3,
         TERN_JSON_PARSE_OPTS(.max_depth = 3));
    /* Any in Any: each is an object, with its members looked through when its type comes last. */
    deep(&google_protobuf_Any_table, "{\"@type\":\"" URL "google.protobuf.Any\",\"value\":", "{}",
         "}", 100, NULL);
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    void *msg;
    const char *text =
        nested(arena, 90, "{\"value\":", "{}", ",\"@type\":\"" URL "google.protobuf.Any\"}");
    assert_int_equal(
        parse_text(&google_protobuf_Any_table, tern_str_of(text), arena, NULL, &msg, &err),
        TERN_OK);
    text = nested(arena, 20000, "{\"value\":", "{}", ",\"@type\":\"" URL "google.protobuf.Any\"}");
    refuse_with(&google_protobuf_Any_table, tern_str_of(text), "nested deeper", NULL,
                TERN_RESOURCE_EXHAUSTED);
    tern_arena_free(arena);
}

/* A message that was built deeper than any is parsed is not printed. */
static void test_depth_of_print(void **state)
{
    (void)state;
    enum { MESSAGES = 150 };
    static jsontest_Optionals chain[MESSAGES];
    tern_error err;
    tern_str out;
    tern_arena *arena = tern_arena_new(NULL);
    for (size_t i = 0; i + 1 < MESSAGES; i++)
        chain[i].inner = &chain[i + 1];
    const tern_pb_table *table = &jsontest_Optionals_table;
    assert_int_equal(tern_json_print(table, &chain[MESSAGES - 101], arena, NULL, &out, &err),
                     TERN_OK);
    assert_int_equal(tern_json_print(table, &chain[MESSAGES - 102], arena, NULL, &out, &err),
                     TERN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.text, "nested deeper than 100"));
    /* A circle too. */
    chain[MESSAGES - 1].inner = chain;
    assert_int_equal(tern_json_print(table, chain, arena, NULL, &out, &err),
                     TERN_RESOURCE_EXHAUSTED);
    chain[MESSAGES - 1].inner = NULL;
    tern_arena_free(arena);
}

/* ---- budgets and options --------------------------------------------------------------------- */

static void test_memory_bytes(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    const size_t n = 100000;
    char *text = nested(arena, n, "{},", "{}", "");
    char *whole = tern_arena_alloc(arena, strlen(text) + 40);
    (void)snprintf(whole, strlen(text) + 40, "{\"lists\":[%s]}", text);
    refuse_with(&jsontest_Lists_table, tern_str_of(whole), "the parse takes more than memory_bytes",
                TERN_JSON_PARSE_OPTS(.memory_bytes = 1 << 20), TERN_RESOURCE_EXHAUSTED);
    tern_arena_free(arena);
}

static void test_options(void **state)
{
    (void)state;
    tern_error err;
    tern_str out;
    tern_arena *arena = tern_arena_new(NULL);
    jsontest_Scalars m = { 0 };
    const tern_pb_table *table = &jsontest_Scalars_table;
    assert_int_equal(tern_json_parse(table, &m, TERN_STR("{}"), arena,
                                     TERN_JSON_PARSE_OPTS(.max_depth = 101), &err),
                     TERN_INVALID_ARGUMENT);
    assert_int_equal(
        tern_json_parse(table, &m, TERN_STR("{}"), arena, &(tern_json_parse_opts){ 0 }, &err),
        TERN_INVALID_ARGUMENT);
    assert_int_equal(
        tern_json_print(table, &m, arena, TERN_JSON_PRINT_OPTS(.indent = 17), &out, &err),
        TERN_INVALID_ARGUMENT);
    assert_int_equal(tern_json_print(table, &m, arena, &(tern_json_print_opts){ 0 }, &out, &err),
                     TERN_INVALID_ARGUMENT);
    tern_json_parse_opts parse;
    tern_json_print_opts print;
    tern_json_parse_opts_init(&parse);
    tern_json_print_opts_init(&print);
    assert_int_equal(tern_json_parse(table, &m, TERN_STR("{}"), arena, &parse, NULL), TERN_OK);
    assert_int_equal(tern_json_print(table, &m, arena, &print, &out, NULL), TERN_OK);
    tern_pb_table other = *table;
    other.abi = TERN_PB_ABI + 1;
    assert_int_equal(tern_json_parse(&other, &m, TERN_STR("{}"), arena, NULL, &err),
                     TERN_FAILED_PRECONDITION);
    assert_int_equal(tern_json_print(&other, &m, arena, NULL, &out, &err),
                     TERN_FAILED_PRECONDITION);
    tern_arena_free(arena);
}

/* A table that says it is a well-known type and has not its fields is refused, not believed. */
static void test_false_kinds(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"@type\":\"a/b\"}", "\"1s\"", "{}", "[]", "null", "1", "\"a\""
    };
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    for (int kind = TERN_PB_ANY; kind <= TERN_PB_WRAPPER; kind++) {
        tern_pb_table table = jsontest_Lists_table;
        table.kind = (uint8_t)kind;
        tern_str out;
        jsontest_Lists m = { 0 };
        assert_int_equal(tern_json_print(&table, &m, arena, NULL, &out, &err) == TERN_OK, false);
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
            assert_int_equal(
                tern_json_parse(&table, &m, tern_str_of(texts[i]), arena, NULL, &err) == TERN_OK,
                false);
    }
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails),
        cmocka_unit_test(test_output_grows),
        cmocka_unit_test(test_each_cut_is_refused),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_depth_of_print),
        cmocka_unit_test(test_memory_bytes),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_false_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
