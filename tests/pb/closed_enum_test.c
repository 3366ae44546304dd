/* SPDX-License-Identifier: Apache-2.0 */
/*
 * closed_enum_test.c: numbers that a closed enum does not name become unknown fields, in every mode.
 */
#include "pb/two_check.h"

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

#define TWO(literal)          ((pbtest_Two *)decode_new(&pbtest_Two_table, WIRE(literal), arena, NULL))
#define SAME(literal)         check_encoding(&pbtest_Two_table, TWO(literal), arena, WIRE(literal))
#define UNKNOWN(msg, literal) CHECK_UNKNOWN(&pbtest_Two_table, msg, literal)
#define MINUS_ONE             "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

static void test_singular(void **state)
{
    (void)state;
    const pbtest_Two *m = TWO("\x08\x07\x08\x03");
    assert_int_equal(m->closed, 7);
    UNKNOWN(m, "\x08\x03");
    m = TWO("\x08\x03");
    assert_false(tern_pb_has(&pbtest_Two_table, m, 1));
    m = TWO("\x08\x00");
    assert_true(tern_pb_has(&pbtest_Two_table, m, 1));
    assert_int_equal(TWO("\x08" MINUS_ONE)->closed, -1);
    assert_int_equal(TWO("\x08\xa0\x8d\x06")->closed, 100000);
    /* Cut to 32 bits first; kept as the number that is left. */
    assert_int_equal(TWO("\x08\x87\x80\x80\x80\x70")->closed, 7);
    UNKNOWN(TWO("\x08\x83\x80\x80\x80\x70"), "\x08\x03");
    UNKNOWN(TWO("\x08\xfe\xff\xff\xff\x0f"), "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    m = TWO("\x60\x02\x60\x08");
    assert_int_equal(m->implicit, 2);
    UNKNOWN(m, "\x60\x08");
    SAME("\x08\x07\x60\x02\x08\x03");
    SAME("\x08" MINUS_ONE "\x60\x06");
}

static void test_oneof(void **state)
{
    (void)state;
    const pbtest_Two *m = TWO("\x10\x02\x10\x05");
    assert_int_equal(m->o.which, 2);
    assert_int_equal(m->o.closed, 2);
    UNKNOWN(m, "\x10\x05");
    m = TWO("\x5a\x01x\x10\x05");
    assert_int_equal(m->o.which, 11);
    assert_string_equal(m->o.text.p, "x");
    UNKNOWN(m, "\x10\x05");
    SAME("\x10\x00");
}

static void test_repeated(void **state)
{
    (void)state;
    static const int32_t want[] = { 1, 2, 7 };
    const pbtest_Two *m = TWO("\x18\x01\x18\x03\x18\x02\x1a\x03\x07\x08\x09");
    assert_int_equal(m->unpacked.n, 3);
    assert_memory_equal(m->unpacked.p, want, sizeof(want));
    UNKNOWN(m, "\x18\x03\x18\x08\x18\x09");
    m = TWO("\x22\x05\x01\x03\x02\x07\x04\x20\x05");
    assert_int_equal(m->packed.n, 3);
    assert_memory_equal(m->packed.p, want, sizeof(want));
    UNKNOWN(m, "\x20\x03\x20\x04\x20\x05");
    m = TWO("\x22\x02\x03\x04");
    assert_int_equal(m->packed.n, 0);
    UNKNOWN(m, "\x20\x03\x20\x04");
    SAME("\x18\x01\x18" MINUS_ONE "\x22\x0b\x07" MINUS_ONE "\x20\x08");
    refuse_as(&pbtest_Two_table, WIRE("\x22\x02\x01\x80"), arena, NULL, TERN_INVALID_ARGUMENT,
              "packed: the value ends beyond");
}

static void test_a_map_keeps_the_whole_entry(void **state)
{
    (void)state;
    const pbtest_Two *m = TWO("\x2a\x05\x0a\x01k\x10\x03\x2a\x05\x0a\x01k\x10\x07\x52\x01t"
                              "\x2a\x06\x0a\x02kk\x10\x04\x2a\x05\x10\x05\x0a\x01z");
    assert_int_equal(m->map.n, 1);
    assert_string_equal(m->map.p[0].key.p, "k");
    assert_int_equal(m->map.p[0].value, 7);
    assert_string_equal(m->text.p, "t");
    UNKNOWN(m, "\x2a\x05\x0a\x01k\x10\x03\x2a\x06\x0a\x02kk\x10\x04\x2a\x05\x10\x05\x0a\x01z");
    /* The entry's last value counts; none at all is 0. */
    m = TWO("\x2a\x07\x0a\x01k\x10\x03\x10\x01\x2a\x03\x0a\x01l\x2a\x07\x10\x01\x0a\x01m\x10\x03");
    assert_int_equal(m->map.n, 2);
    assert_int_equal(m->map.p[0].value, 1);
    assert_int_equal(m->map.p[1].value, 0);
    UNKNOWN(m, "\x2a\x07\x10\x01\x0a\x01m\x10\x03");
    SAME("\x2a\x05\x0a\x01k\x10\x07\x2a\x05\x0a\x01k\x10\x03");
    /* A malformed one is refused like any. */
    refuse_as(&pbtest_Two_table, WIRE("\x2a\x05\x10\x03\x0a\x02k"), arena, NULL,
              TERN_INVALID_ARGUMENT, "key: the value ends beyond");
    refuse_as(&pbtest_Two_table, WIRE("\x2a\x02\x10\x83\x01"), arena, NULL, TERN_INVALID_ARGUMENT,
              "the value ends beyond");
}

static void test_extensions(void **state)
{
    (void)state;
    tern_pb_registry *reg = two_registry(NULL);
    const tern_pb_decode_opts *opts = TERN_PB_DECODE_OPTS(.registry = reg);
    static const char in[] = "\xa8\x1f\x07\xa8\x1f\x03\xb0\x1f\x01\xb0\x1f\x04\xba\x1f\x02\x02\x05"
                             "\xf8\x3e\x01";
    pbtest_Extended *m = decode_new(&pbtest_Extended_table, WIRE(in), arena, opts);
    assert_int_equal(*(const int32_t *)tern_pb_extension_get(&ext_e_closed, m), 7);
    CHECK_UNKNOWN(&pbtest_Extended_table, m, "\xa8\x1f\x03\xb0\x1f\x04\xb8\x1f\x05\xf8\x3e\x01");
    check_encoding(&pbtest_Extended_table, m, arena,
                   WIRE("\xa8\x1f\x07\xb0\x1f\x01\xba\x1f\x01\x02"
                        "\xa8\x1f\x03\xb0\x1f\x04\xb8\x1f\x05\xf8\x3e\x01"));
    tern_pb_registry_free(reg);
}

/* A row of values, and the bytes behind it as they come. */
static void test_many(void **state)
{
    (void)state;
    wire w = { .n = 0 };
    for (unsigned i = 0; i < 5000; i++) {
        put_tag(&w, 3, 0);
        put_varint(&w, i % 2 ? 3 : 1);
    }
    const pbtest_Two *m = decode_new(&pbtest_Two_table, bytes_of(&w), arena, NULL);
    assert_int_equal(m->unpacked.n, 2500);
    assert_int_equal(unknown_of(&pbtest_Two_table, m, arena).n, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_singular),   cmocka_unit_test(test_oneof),
        cmocka_unit_test(test_repeated),   cmocka_unit_test(test_a_map_keeps_the_whole_entry),
        cmocka_unit_test(test_extensions), cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
