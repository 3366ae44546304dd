/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group_test.c: groups in every mode, how they must end, and how deep they may be.
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

#define TWO(literal)  ((pbtest_Two *)decode_new(&pbtest_Two_table, WIRE(literal), arena, NULL))
#define SAME(literal) check_encoding(&pbtest_Two_table, TWO(literal), arena, WIRE(literal))
#define BAD(literal, words)                                                                        \
    refuse_as(&pbtest_Two_table, WIRE(literal), arena, NULL, TERN_INVALID_ARGUMENT, words)

static void test_every_mode(void **state)
{
    (void)state;
    const pbtest_Two *m = TWO("\x33\x08\x07\x34");
    assert_int_equal(m->group->closed, 7);
    m = TWO("\x3b\x08\x01\x3c");
    assert_int_equal(m->o.which, 7);
    assert_int_equal(m->o.group->closed, 1);
    m = TWO("\x43\x08\x01\x44\x43\x44\x43\x08\x02\x44");
    assert_int_equal(m->groups.n, 3);
    assert_int_equal(m->groups.p[0]->closed, 1);
    assert_null(m->groups.p[1]->unknown_);
    assert_int_equal(m->groups.p[2]->closed, 2);
    SAME("\x33\x08\x07\x34");
    SAME("\x33\x34");
    SAME("\x3b\x3c");
    SAME("\x43\x08\x01\x44\x43\x44\x43\x08\x02\x44");
    SAME("\x33\x33\x43\x44\x43\x33\x34\x44\x34\x34\x4a\x02\x33\x34");
}

/* A terminator takes the first byte of what follows: here of the group's end. */
static void test_a_string_before_the_end(void **state)
{
    (void)state;
    const pbtest_Two *m = TWO("\x33\x52\x02hi\x34\x43\x52\x01x\x33\x52\x01y\x34\x44\x52\x02me");
    assert_string_equal(m->group->text.p, "hi");
    assert_string_equal(m->groups.p[0]->text.p, "x");
    assert_string_equal(m->groups.p[0]->group->text.p, "y");
    assert_string_equal(m->text.p, "me");
    m = TWO("\x4a\x06\x33\x52\x02hi\x34\x08\x01");
    assert_string_equal(m->message->group->text.p, "hi");
    assert_int_equal(m->closed, 1);
}

static void test_merging(void **state)
{
    (void)state;
    const pbtest_Two *m = TWO("\x33\x08\x01\x34\x33\x52\x01x\x34");
    assert_int_equal(m->group->closed, 1);
    assert_string_equal(m->group->text.p, "x");
    m = TWO("\x3b\x08\x01\x3c\x3b\x52\x01x\x3c");
    assert_int_equal(m->o.group->closed, 1);
    assert_string_equal(m->o.group->text.p, "x");
    m = TWO("\x3b\x08\x01\x3c\x10\x01\x3b\x52\x01x\x3c");
    assert_int_equal(m->o.which, 7);
    assert_int_equal(m->o.group->closed, 0);
}

static void test_ends_that_are_wrong(void **state)
{
    (void)state;
    BAD("\x34", "the end of a group that is not open, at byte 0");
    BAD("\x33", "a group that does not end, at byte 1");
    BAD("\x33\x08\x01", "a group that does not end");
    BAD("\x33\x3c", "the end of a group that is not open, at byte 1");
    BAD("\x33\x33\x34", "a group that does not end");
    BAD("\x33\x43\x34\x44", "the end of a group that is not open");
    BAD("\x33\xb4\x10", "the end of a group that is not open");
    /* Not by the end of the message that it is in, nor beyond it. */
    BAD("\x4a\x01\x33\x34", "a group that does not end, at byte 3");
    BAD("\x4a\x03\x33\x08\x01\x34", "a group that does not end");
    BAD("\x33\x4a\x01\x34\x34", "the end of a group that is not open");
    BAD("\x33\x52\x05xx\x34", "the value ends beyond");
    BAD("\x33\x52\x03xx\x34", "a group that does not end");
    /* As a message, and the other way about: unknown. */
    CHECK_UNKNOWN(&pbtest_Two_table, TWO("\x32\x02\x08\x01"), "\x32\x02\x08\x01");
    CHECK_UNKNOWN(&pbtest_Two_table, TWO("\x4b\x08\x01\x4c"), "\x4b\x08\x01\x4c");
}

static void test_unknown_groups_inside(void **state)
{
    (void)state;
    const pbtest_Two *n = TWO("\x33\xfb\x3e\x08\x01\xfb\x3e\xfc\x3e\xfc\x3e\x08\x01\x34");
    assert_int_equal(n->group->closed, 1);
    CHECK_UNKNOWN(&pbtest_Two_table, n->group, "\xfb\x3e\x08\x01\xfb\x3e\xfc\x3e\xfc\x3e");
    BAD("\x33\xfb\x3e\x34\xfc\x3e", "the end of a group that is not open");
}

/* So many groups, the known and unknown ones by turns, one string inside. */
static tern_bytes nested(wire *w, size_t n)
{
    static const uint8_t kinds[] = { 0x33, 0x3b, 0x43, 0x7b };
    w->n = 0;
    for (size_t i = 0; i < n; i++)
        w->p[w->n++] = kinds[i < n / 2 ? i % 3 : 3];
    for (size_t i = n; i-- > 0;)
        w->p[w->n++] = (uint8_t)(kinds[i < n / 2 ? i % 3 : 3] + 1);
    return bytes_of(w);
}

static void test_depth(void **state)
{
    (void)state;
    wire w;
    for (size_t n = 1; n <= 100; n++) {
        const tern_bytes in = nested(&w, n);
        check_encoding(&pbtest_Two_table, decode_new(&pbtest_Two_table, in, arena, NULL), arena,
                       in);
    }
    refuse_as(&pbtest_Two_table, nested(&w, 101), arena, NULL, TERN_RESOURCE_EXHAUSTED,
              "nested deeper than max_depth = 100");
    refuse_as(&pbtest_Two_table, nested(&w, 20000), arena, NULL, TERN_RESOURCE_EXHAUSTED,
              "nested deeper");
    refuse_as(&pbtest_Two_table, nested(&w, 8), arena, TERN_PB_DECODE_OPTS(.max_depth = 7),
              TERN_RESOURCE_EXHAUSTED, "max_depth = 7");
    /* Not decoded: too deep to encode, to measure, to copy. */
    pbtest_Two circle = { .closed = 1 };
    circle.group = &circle;
    tern_error err;
    tern_bytes out;
    size_t size;
    assert_int_equal(tern_pb_encode(&pbtest_Two_table, &circle, arena, &out, &err),
                     TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(tern_pb_size(&pbtest_Two_table, &circle, &size, &err),
                     TERN_RESOURCE_EXHAUSTED);
    assert_null(tern_pb_copy(&pbtest_Two_table, &circle, arena, &err));
}

static void test_has_and_clear(void **state)
{
    (void)state;
    pbtest_Two *m = TWO("\x33\x34\x3b\x3c\x43\x44");
    for (uint32_t number = 6; number <= 8; number++) {
        assert_true(tern_pb_has(&pbtest_Two_table, m, number));
        tern_pb_clear(&pbtest_Two_table, m, number);
        assert_false(tern_pb_has(&pbtest_Two_table, m, number));
    }
    check_encoding(&pbtest_Two_table, m, arena, (tern_bytes){ NULL, 0 });
    /* A oneof whose group is NULL has an empty one. */
    m->o.which = 7;
    m->o.group = NULL;
    check_encoding(&pbtest_Two_table, m, arena, WIRE("\x3b\x3c"));
    pbtest_Two *none = NULL;
    m->groups.p = &none;
    m->groups.n = 1;
    tern_error err;
    tern_bytes out;
    assert_int_equal(tern_pb_encode(&pbtest_Two_table, m, arena, &out, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "pbtest.Two.groups: a NULL element"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_mode),
        cmocka_unit_test(test_a_string_before_the_end),
        cmocka_unit_test(test_merging),
        cmocka_unit_test(test_ends_that_are_wrong),
        cmocka_unit_test(test_unknown_groups_inside),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_has_and_clear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
