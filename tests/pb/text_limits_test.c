/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_limits_test.c: text format: unknown fields, depth, memory, texts that end anywhere, options.
 */
#include "pb/poor.h"
#include "pb/text_kinds.h"
#include "support/fail.h"
#include "support/guard.h"

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
