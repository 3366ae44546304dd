/* SPDX-License-Identifier: Apache-2.0 */
/*
 * required_test.c: a message is whole only with its required fields, wherever they are, in both
 * directions; and partial messages are for those who ask.
 */
#include "pb/two_check.h"

static tern_arena *arena;
static tern_pb_registry *reg;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    reg = two_registry(NULL);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_arena_free(arena);
    tern_pb_registry_free(reg);
    return 0;
}

/* Whole is { a, b }: 08 01 12 00. */
#define WHOLE "\x08\x01\x12\x00"

typedef struct row {
    const char *p;
    size_t n;
    const char *words; /* NULL: whole */
} row;

#define ROW(literal, words)                                                                        \
    {                                                                                              \
        literal, sizeof(literal) - 1, words                                                        \
    }

static const row rows[] = {
    ROW(WHOLE, NULL),
    ROW("\x08\x00\x12\x00", NULL),
    ROW("", "pbtest.Need.a: a required field is missing"),
    ROW("\x12\x00", "pbtest.Need.a: a required field is missing"),
    ROW("\x08\x01", "pbtest.Need.b: a required field is missing"),
    ROW(WHOLE "\x1a\x04" WHOLE, NULL),
    ROW(WHOLE "\x1a\x00", "pbtest.Need.a"),
    ROW("\x1a\x04" WHOLE, "pbtest.Need.a"),
    ROW(WHOLE "\x1a\x02\x08\x01\x1a\x02\x12\x00", NULL), /* whole when merged */
    ROW(WHOLE "\x22\x04" WHOLE "\x22\x02\x08\x01", "pbtest.Need.b"),
    ROW(WHOLE "\x22\x02\x08\x01\x22\x04" WHOLE, "pbtest.Need.b"),
    ROW(WHOLE "\x2a\x08\x08\x01\x12\x04" WHOLE, NULL),
    ROW(WHOLE "\x2a\x06\x08\x01\x12\x02\x08\x01", "pbtest.Need.b"),
    ROW(WHOLE "\x2a\x02\x08\x01", "pbtest.Need.a"), /* the value that did not come is empty */
    ROW(WHOLE "\x32\x04" WHOLE, NULL),
    ROW(WHOLE "\x32\x02\x12\x00", "pbtest.Need.a"),
    ROW(WHOLE "\x3b" WHOLE "\x3c", NULL),
    ROW(WHOLE "\x3b\x12\x00\x3c", "pbtest.Need.a"),
    ROW(WHOLE "\x1a\x0c" WHOLE "\x1a\x06" WHOLE "\x3b\x3c", "pbtest.Need.a"),
    ROW(WHOLE "\x32\x04" WHOLE "\x1a\x04" WHOLE "\x22\x04" WHOLE "\x2a\x08\x08\x01\x12\x04" WHOLE,
        NULL),
};

static void test_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const tern_bytes in = { (const uint8_t *)rows[i].p, rows[i].n };
        const tern_pb_decode_opts *partial = TERN_PB_DECODE_OPTS(.partial = true);
        const pbtest_Need *m = decode_new(&pbtest_Need_table, in, arena, partial);
        tern_error err;
        tern_bytes out;
        const tern_code code = tern_pb_encode(&pbtest_Need_table, m, arena, &out, &err);
        assert_int_equal(tern_pb_encode_with(&pbtest_Need_table, m, arena,
                                             TERN_PB_ENCODE_OPTS(.partial = true), &out, NULL),
                         TERN_OK);
        if (rows[i].words) {
            assert_int_equal(code, TERN_INVALID_ARGUMENT);
            assert_non_null(strstr(err.text, rows[i].words));
            refuse_as(&pbtest_Need_table, in, arena, NULL, TERN_INVALID_ARGUMENT, rows[i].words);
        } else {
            assert_int_equal(code, TERN_OK);
            (void)decode_new(&pbtest_Need_table, in, arena, NULL);
        }
    }
}

/* What the message held before counts too. */
static void test_decoding_into_a_message(void **state)
{
    (void)state;
    tern_error err;
    pbtest_Need m = { .a = 1 };
    assert_int_equal(tern_pb_decode(&pbtest_Need_table, &m, WIRE("\x12\x00"), arena, NULL, &err),
                     TERN_OK);
    assert_int_equal(tern_pb_decode(&pbtest_Need_table, &m, WIRE(""), arena, NULL, &err), TERN_OK);
    pbtest_Need inner = { .a = 1 };
    m.next = &inner;
    assert_int_equal(tern_pb_decode(&pbtest_Need_table, &m, WIRE(""), arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "pbtest.Need.b"));
    /* A NULL in a oneof or a map is an empty message: it is encoded as one, and not whole. */
    m.next = NULL;
    m.o.which = 6;
    tern_bytes out;
    assert_int_equal(tern_pb_encode(&pbtest_Need_table, &m, arena, &out, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "pbtest.Need.a"));
    assert_int_equal(tern_pb_decode(&pbtest_Need_table, &m, WIRE(""), arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
}

static void test_in_extensions(void **state)
{
    (void)state;
    const tern_pb_decode_opts *opts = TERN_PB_DECODE_OPTS(.registry = reg);
    const tern_pb_table *t = &pbtest_Extended_table;
    /* 504, length, Need */
    (void)decode_new(t, WIRE("\xc2\x1f\x04" WHOLE), arena, opts);
    refuse_as(t, WIRE("\xc2\x1f\x02\x08\x01"), arena, opts, TERN_INVALID_ARGUMENT,
              "pbtest.Need.b: a required field is missing");
    /* Unknown to whoever has no registry, and so not missed. */
    (void)decode_new(t, WIRE("\xc2\x1f\x02\x08\x01"), arena, NULL);
    /* Inside an extension that is a message without required fields. */
    refuse_as(t, WIRE("\x82\x19\x05\xc2\x1f\x02\x08\x01"), arena, opts, TERN_INVALID_ARGUMENT,
              "pbtest.Need.b: a required field is missing");
    pbtest_Extended *m = tern_pb_new(t, arena);
    pbtest_Need **need = tern_pb_extension_put(&ext_need, m, arena);
    tern_error err;
    tern_bytes out;
    assert_int_equal(tern_pb_encode(t, m, arena, &out, &err), TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "pbtest.Need.a: a required field is missing"));
    (*need)->a = 1;
    (*need)->b = TERN_STR("");
    assert_int_equal(tern_pb_encode(t, m, arena, &out, &err), TERN_OK);
}

/* Too deep for the search is an error, never an overflow. */
static void test_circles(void **state)
{
    (void)state;
    tern_error err;
    tern_bytes out;
    pbtest_Need m = { .a = 1, .b = TERN_STR_INIT("") };
    m.next = &m;
    assert_int_equal(tern_pb_encode(&pbtest_Need_table, &m, arena, &out, &err),
                     TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(tern_pb_decode(&pbtest_Need_table, &m, WIRE(""), arena, NULL, &err),
                     TERN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.text, "pbtest.Need.next: nested deeper than max_depth = 100"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_decoding_into_a_message),
        cmocka_unit_test(test_in_extensions),
        cmocka_unit_test(test_circles),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
