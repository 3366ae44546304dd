/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unknown_test.c: unknown fields keep their bytes and their order, and are no way to exhaust anything.
 */
#include "pb/wire_bytes.h"

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

static void check_kept(const pbtest_All *m, const char *bytes, size_t n)
{
    tern_bytes unknown;
    assert_true(tern_pb_unknown_bytes(&pbtest_All_table, m, arena, &unknown));
    assert_int_equal(unknown.n, n);
    assert_memory_equal(unknown.p, bytes, n);
}

#define CHECK_KEPT(m, literal) check_kept(m, literal, sizeof(literal) - 1)
#define BAD(literal, words)    refuse(WIRE(literal), arena, NULL, TERN_INVALID_ARGUMENT, words)

/* Field 200 (0xc0 0x0c) and 201 of every wire type; 10, 19 and 20 have one and two bytes of tag. */
static void test_all_wire_types(void **state)
{
    (void)state;
    static const char in[] = "\xc0\x0c\x96\x01"
                             "\xc1\x0c"
                             "12345678"
                             "\xc2\x0c\x03"
                             "abc"
                             "\xc3\x0c\x08\x01\xc4\x0c"
                             "\xc5\x0c"
                             "1234"
                             "\x50\x01";
    pbtest_All *m = decode_all(WIRE(in), arena);
    CHECK_KEPT(m, "\xc0\x0c\x96\x01"
                  "\xc1\x0c"
                  "12345678"
                  "\xc2\x0c\x03"
                  "abc"
                  "\xc3\x0c\x08\x01\xc4\x0c"
                  "\xc5\x0c"
                  "1234"
                  "\x50\x01");
    const tern_bytes out = encode_all(m, arena);
    assert_int_equal(out.n, sizeof(in) - 1);
    assert_memory_equal(out.p, in, out.n);
}

static void test_order_is_kept_between_known_fields(void **state)
{
    (void)state;
    pbtest_All *m = decode_all(WIRE("\xc8\x0c\x01"
                                    "\x28\x05"
                                    "\xc0\x0c\x02"
                                    "\x4a\x02hi"
                                    "\xc8\x0c\x03"
                                    "\x62\x01x"
                                    "\x50\x04"),
                               arena);
    CHECK_KEPT(m, "\xc8\x0c\x01\xc0\x0c\x02\xc8\x0c\x03\x50\x04");
    assert_string_equal(m->i_string.p, "hi");
    const tern_bytes out = encode_all(m, arena);
    assert_int_equal(out.n, 20);
    assert_memory_equal(
        out.p, "\x28\x05\x4a\x02hi\x62\x01x\xc8\x0c\x01\xc0\x0c\x02\xc8\x0c\x03\x50\x04", 20);
    /* A second decode into the same message adds to them. */
    tern_error err;
    assert_int_equal(
        decode_as(&pbtest_All_table, m, WIRE("\x50\x05\x4a\x00\x50\x06"), arena, NULL, &err),
        TERN_OK);
    CHECK_KEPT(m, "\xc8\x0c\x01\xc0\x0c\x02\xc8\x0c\x03\x50\x04\x50\x05\x50\x06");
    assert_string_equal(m->i_string.p, "");
}

static void test_the_first_byte_behind_a_string_is_kept(void **state)
{
    (void)state;
    pbtest_All *m = decode_all(WIRE("\x4a\x02hi\x50\x04\x50\x05"), arena);
    CHECK_KEPT(m, "\x50\x04\x50\x05");
    assert_string_equal(m->i_string.p, "hi");
    m = decode_all(WIRE("\x5a\x04\x12\x02hi\x53\x50\x07\x54"), arena);
    CHECK_KEPT(m, "\x53\x50\x07\x54");
    assert_string_equal(m->i_message->b.p, "hi");
}

static void test_many_alternating(void **state)
{
    (void)state;
    static wire w;
    w.n = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        put_tag(&w, 10, 0);
        put_varint(&w, i % 100);
        put_tag(&w, 5, 0);
        put_varint(&w, i % 100);
    }
    const pbtest_All *m = decode_all(bytes_of(&w), arena);
    tern_bytes unknown;
    assert_true(tern_pb_unknown_bytes(&pbtest_All_table, m, arena, &unknown));
    assert_int_equal(unknown.n, 20000);
    for (size_t i = 0; i < unknown.n; i += 2)
        assert_true(unknown.p[i] == 0x50 && unknown.p[i + 1] == i / 2 % 100);
}

static void test_groups_must_match(void **state)
{
    (void)state;
    CHECK_KEPT(decode_all(WIRE("\x53\x5b\x5c\x54"), arena), "\x53\x5b\x5c\x54");
    BAD("\x53", "the value ends beyond");
    BAD("\x53\x5b\x5c", "the value ends beyond");
    BAD("\x53\x5c", "the end of a group that is not open");
    BAD("\x53\x5b\x54\x5c", "the end of a group that is not open");
    BAD("\x53\x54\x54", "the end of a group that is not open, at byte 2");
    BAD("\x53\x00\x54", "field number 0");
    BAD("\x53\x57\x54", "wire type");
    BAD("\x53\x80\x80\x80\x80\x80\x01\x54", "a tag of more than 32 bits");
    BAD("\x53\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x54", "a varint of more than");
    BAD("\x53\x0a\x02\x54", "the value ends beyond");
    BAD("\x52\xff\xff\xff\xff\x07", "the value ends beyond");
    BAD("\x52\x80\x80\x80\x80\x08", "a length above 2 GiB - 1");
    BAD("\x51"
        "1234567",
        "the value ends beyond");
    BAD("\x5a\x01\x53\x54", "pbtest.Inner: the value ends beyond"); /* over the parent's end */
}

static void test_depth_counts_groups_and_messages_together(void **state)
{
    (void)state;
    static wire w;
    for (unsigned messages = 0; messages <= 100; messages += 50) {
        for (unsigned groups = 100 - messages; groups <= 101 - messages; groups++) {
            w.n = 0;
            for (unsigned i = 0; i < groups; i++)
                put_tag(&w, 10, 3);
            for (unsigned i = 0; i < groups; i++)
                put_tag(&w, 10, 4);
            for (unsigned i = 1; i < messages; i++)
                wrap(&w, 3);
            if (messages)
                wrap(&w, 11);
            if (messages + groups <= 100)
                (void)decode_all(bytes_of(&w), arena);
            else
                refuse(bytes_of(&w), arena, NULL, TERN_RESOURCE_EXHAUSTED,
                       "nested deeper than max_depth = 100");
        }
    }
}

static void test_map_entries_drop_them(void **state)
{
    (void)state;
    pbtest_All *m = decode_all(WIRE("\xba\x06\x08\x08\x01\x50\x07\x10\x02\x50\x08"), arena);
    assert_int_equal(m->m_bool.n, 1);
    assert_int_equal(m->m_bool.p[0].value, 2);
    CHECK_KEPT(m, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_wire_types),
        cmocka_unit_test(test_order_is_kept_between_known_fields),
        cmocka_unit_test(test_the_first_byte_behind_a_string_is_kept),
        cmocka_unit_test(test_many_alternating),
        cmocka_unit_test(test_groups_must_match),
        cmocka_unit_test(test_depth_counts_groups_and_messages_together),
        cmocka_unit_test(test_map_entries_drop_them),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
