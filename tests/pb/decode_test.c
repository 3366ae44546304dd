/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_test.c: what the decoder takes and what it refuses, case by case.
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

#define ALL(literal)        decode_all(WIRE(literal), arena)
#define BAD(literal, words) refuse(WIRE(literal), arena, NULL, TERN_INVALID_ARGUMENT, words)
#define TEN_FF              "\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static void test_nothing_is_an_empty_message(void **state)
{
    (void)state;
    static const pbtest_All zero;
    assert_memory_equal(decode_all((tern_bytes){ NULL, 0 }, arena), &zero, sizeof(zero));
}

static void test_tags_that_are_none(void **state)
{
    (void)state;
    BAD("\x00", "pbtest.All: field number 0, at byte 0");
    BAD("\x28\x01\x02\x00", "field number 0, at byte 2");
    BAD("\x80\x00", "field number 0");
    BAD("\x2e\x00", "wire type that does not exist, at byte 0");
    BAD("\x2f\x00", "wire type that does not exist");
    BAD("\xfe\x7f", "wire type");
    BAD("\x80\x80\x80\x80\x80\x01", "a tag of more than 32 bits");
    BAD("\xa8\x80\x80\x80\x10\x01", "a tag of more than 32 bits");
    BAD("\xff\xff\xff\xff\xff", "a tag of more than 32 bits");
    BAD("\x2c", "the end of a group that is not open");
    BAD("\x80", "field number 0"); /* the slack behind it is zero */
}

/* A message without fields has no tag to guess. */
static void test_a_message_without_fields(void **state)
{
    (void)state;
    tern_error err;
    tern_bytes out;
    pbtest_Empty msg = { 0 };
    const tern_pb_table *t = &pbtest_Empty_table;
    assert_int_equal(decode_as(t, &msg, WIRE("\x00\x08\x01"), arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    assert_string_equal(err.text, "pbtest.Empty: field number 0, at byte 0");
    assert_int_equal(decode_as(t, &msg, WIRE("\x80\x00\x01"), arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    assert_string_equal(err.text, "pbtest.Empty: field number 0, at byte 0");
    assert_int_equal(decode_as(t, &msg, WIRE("\x08\x01\x12\x01x"), arena, NULL, &err), TERN_OK);
    assert_int_equal(tern_pb_encode(t, &msg, arena, &out, &err), TERN_OK);
    assert_int_equal(out.n, 5);
    assert_memory_equal(out.p, "\x08\x01\x12\x01x", 5);
}

static void test_padded_tags_and_varints_are_taken(void **state)
{
    (void)state;
    assert_int_equal(ALL("\xa8\x00\x07")->i_int32, 7);
    assert_int_equal(ALL("\xa8\x80\x80\x80\x00\x87\x80\x80\x00")->i_int32, 7);
    const pbtest_All *m = ALL("\xca\x00\x02hi\xca\x80\x00\x03you\xa8\x00\x01");
    assert_string_equal(m->i_string.p, "you");
    assert_int_equal(m->i_int32, 1);
    m = ALL("\x4a\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00hi");
    assert_string_equal(m->i_string.p, "hi");
}

static void test_varints(void **state)
{
    (void)state;
    assert_true(ALL("\x20" TEN_FF "\x01")->i_uint64 == UINT64_MAX);
    assert_true(ALL("\x20" TEN_FF "\x7f")->i_uint64 == UINT64_MAX); /* bits above 64 drop */
    BAD("\x20" TEN_FF "\xff\x01", "i_uint64: a varint of more than 10 bytes, at byte 1");
    BAD("\x4a" TEN_FF "\xff\x01", "a varint of more than 10 bytes");
    BAD("\x98\x3f" TEN_FF "\xff\x01", "pbtest.All: a varint of more than 10 bytes");
    /* 64 bits are cut to 32. */
    assert_int_equal(ALL("\x28\xff\xff\xff\xff\x0f")->i_int32, -1);
    assert_int_equal(ALL("\x28\x85\x80\x80\x80\x70")->i_int32, 5);
    assert_int_equal(ALL("\x68\xff\xff\xff\xff\xff\x01")->i_uint32, UINT32_MAX);
    assert_int_equal(ALL("\x70" TEN_FF "\x01")->i_enum, -1);
    assert_int_equal(ALL("\x88\x01\x85\x80\x80\x80\x70")->i_sint32, -3);
    /* Any bit makes a bool true. */
    assert_true(ALL("\x40\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")->i_bool);
    assert_true(ALL("\x40\x80\x80\x80\x80\x80\x01")->i_bool);
    assert_false(ALL("\x40\x80\x80\x00")->i_bool);
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int less = 0; less < 2; less++) {
            const uint64_t v = (UINT64_C(1) << shift) - (uint64_t)less;
            wire w = { .n = 0 };
            put_tag(&w, 4, 0);
            put_varint(&w, v);
            pbtest_All *m = decode_all(bytes_of(&w), arena);
            assert_true(m->i_uint64 == v);
            const tern_bytes out = encode_all(m, arena);
            assert_int_equal(out.n, v ? w.n : 0);
            if (v)
                assert_memory_equal(out.p, w.p, w.n);
        }
    }
}

static void test_lengths(void **state)
{
    (void)state;
    BAD("\x4a\x05"
        "four",
        "i_string: the value ends beyond its message, at byte 2");
    BAD("\x62\x01", "i_bytes: the value ends beyond");
    BAD("\x4a\xff\xff\xff\xff\x07", "i_string: the value ends beyond");
    BAD("\x4a\x80\x80\x80\x80\x08", "i_string: a length above 2 GiB - 1");
    BAD("\x4a" TEN_FF "\x01", "a length above 2 GiB - 1");
    BAD("\x9a\x3f\x80\x80\x80\x80\x08", "a length above");
    BAD("\x9a\x3f\x05"
        "four",
        "the value ends beyond");
    /* Ends inside its parent are ends too. */
    BAD("\x5a\x02\x08\x96\x01", "pbtest.Inner.a: the value ends beyond its message, at byte 4");
    BAD("\x5a\x03\x12\x04"
        "abcd",
        "pbtest.Inner.b: the value ends beyond");
    BAD("\x5a\x02\x1a\x03\x12\x01x", "pbtest.Inner.next: the value ends beyond");
    BAD("\x09\x01\x02", "i_double: the value ends beyond");
    BAD("\x7d\x01\x02", "i_sfixed32: the value ends beyond");
}

static void test_strings_end_in_nul_where_they_lie(void **state)
{
    (void)state;
    /* A string before each kind of thing that may follow it: its terminator must cost none of them. */
    const pbtest_All *m = ALL("\x4a\x03one"
                              "\x5a\x0f"
                              "\x12\x03two"
                              "\x1a\x06"
                              "\x1a\x04\x12\x02hi"
                              "\x08\x07"
                              "\x62\x02no"
                              "\x28\x05");
    assert_string_equal(m->i_string.p, "one");
    assert_string_equal(m->i_message->b.p, "two");
    assert_string_equal(m->i_message->next->next->b.p, "hi");
    assert_int_equal(m->i_message->a, 7);
    assert_memory_equal(m->i_bytes.p, "no", 2);
    assert_int_equal(m->i_int32, 5);

    /* Empty strings, one behind another; r_string is field 69, 0x04aa on the wire. */
    m = ALL("\x4a\x00\x4a\x00\x62\x02\x4a\x00\x4a\x01x\xaa\x04\x00\xaa\x04\x00\xaa\x04\x01y");
    assert_string_equal(m->i_string.p, "x");
    assert_memory_equal(m->i_bytes.p, "\x4a\x00", 2);
    assert_int_equal(m->r_string.n, 3);
    assert_string_equal(m->r_string.p[0].p, "");
    assert_string_equal(m->r_string.p[1].p, "");
    assert_string_equal(m->r_string.p[2].p, "y");
}

static void test_utf8(void **state)
{
    (void)state;
    BAD("\x4a\x01\xff", "pbtest.All.i_string: a string that is not UTF-8, at byte 2");
    BAD("\x4a\x02\xc0\x80", "not UTF-8");
    BAD("\x4a\x03\xed\xa0\x80", "not UTF-8");
    BAD("\x4a\x14"
        "0123456789abcdef01\xe2\x82",
        "not UTF-8");                     /* cut at the end */
    BAD("\x4a\x01\xc3\xa9", "not UTF-8"); /* the next byte would complete it */
    BAD("\xaa\x04\x01\xff", "r_string: a string that is not UTF-8");
    BAD("\xea\x01\x01\xff", "e_string: a string that is not UTF-8");
    BAD("\x8a\x03\x01\xff", "o_string: a string that is not UTF-8");
    BAD("\xaa\x06\x07\x0a\x01\xff\x12\x02ok", "pbtest_StringEntry.key: a string that is not UTF-8");
    BAD("\xaa\x06\x07\x0a\x02ok\x12\x01\xff", "pbtest_StringEntry.value: a string that is");
    assert_int_equal(ALL("\x62\x01\xff")->i_bytes.n, 1);
    assert_int_equal(ALL("\x4a\x04\xf0\x9f\x8c\x8a")->i_string.n, 4);
    assert_int_equal(ALL("\x4a\x03"
                         "a\0b")
                         ->i_string.n,
                     3);
}

static void test_the_last_scalar_wins_and_messages_merge(void **state)
{
    (void)state;
    const pbtest_All *m = ALL("\x28\x01\x28\x02\x4a\x01"
                              "a\x4a\x01"
                              "b"
                              "\x5a\x05\x08\x01\x12\x01x"
                              "\x5a\x02\x08\x02"
                              "\x5a\x04\x22\x02\x08\x03"
                              "\x5a\x04\x22\x02\x08\x04");
    assert_int_equal(m->i_int32, 2);
    assert_string_equal(m->i_string.p, "b");
    assert_int_equal(m->i_message->a, 2);
    assert_string_equal(m->i_message->b.p, "x");
    assert_int_equal(m->i_message->list.n, 2);
    assert_int_equal(m->i_message->list.p[1]->a, 4);
}

static void test_oneof_merges_its_own_message_only(void **state)
{
    (void)state;
    const pbtest_All *m = ALL("\x9a\x03\x02\x08\x05\x9a\x03\x03\x12\x01x");
    assert_int_equal(m->o.which, 51);
    assert_int_equal(m->o.o_message->a, 5);
    assert_string_equal(m->o.o_message->b.p, "x");
    m = ALL("\x9a\x03\x02\x08\x05\xe8\x02\x07\x9a\x03\x03\x12\x01x");
    assert_int_equal(m->o.which, 51);
    assert_int_equal(m->o.o_message->a, 0);
    m = ALL("\x9a\x03\x02\x08\x05\xe8\x02\x07");
    assert_int_equal(m->o.which, 45);
    assert_int_equal(m->o.o_int32, 7);
}

/* A failure in the middle of a switch leaves no member with another one's bytes. */
static void test_a_oneof_that_fails_is_empty(void **state)
{
    (void)state;
    static const struct {
        const char *p;
        size_t n;
        uint32_t which;
    } bad[] = {
        { "\x8a\x03\x02\xff\xff", 5, 49 },
        { "\x8a\x03\x05x", 4, 49 },
        { "\xa2\x03\x05x", 4, 52 },
        { "\x80\x03" TEN_FF "\xff", 12, 48 },
        { "\x9a\x03\x03\x08\x01\x08", 6, 51 },
        { "\x9a\x03\x05\x08", 4, 46 },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pbtest_All *m = ALL("\xf1\x02\x41\x41\x41\x41\x41\x41\x41\x41");
        assert_true(m->o.o_fixed64 == UINT64_C(0x4141414141414141));
        tern_error err;
        const tern_bytes in = { (const uint8_t *)bad[i].p, bad[i].n };
        assert_int_equal(decode_as(&pbtest_All_table, m, in, arena, NULL, &err),
                         TERN_INVALID_ARGUMENT);
        if (m->o.which == 49 || m->o.which == 52)
            assert_null(m->o.o_string.p);
        else if (m->o.which == 48)
            assert_false(m->o.o_bool);
        else if (m->o.which == 51)
            assert_non_null(m->o.o_message);
        else if (m->o.which == 46) /* a message that cannot begin changes nothing */
            assert_true(m->o.o_fixed64 == UINT64_C(0x4141414141414141));
        assert_int_equal(m->o.which, bad[i].which);
        (void)encode_all(m, arena);
    }
}

static void test_packed_and_unpacked_are_one(void **state)
{
    (void)state;
    /* p_int32 (85) unpacked, packed, unpacked; r_int32 (65) the other way about. */
    const pbtest_All *m = ALL("\xa8\x05\x01\xaa\x05\x02\x02\x03\xa8\x05\x04"
                              "\x8a\x04\x02\x01\x02\x88\x04\x03\x8a\x04\x00\x8a\x04\x01\x04");
    assert_int_equal(m->p_int32.n, 4);
    assert_int_equal(m->r_int32.n, 4);
    for (int32_t i = 0; i < 4; i++) {
        assert_int_equal(m->p_int32.p[i], i + 1);
        assert_int_equal(m->r_int32.p[i], i + 1);
    }
    m = ALL("\x89\x05\x00\x00\x00\x00\x00\x00\xf8\x3f\xea\x03\x08\x00\x00\x00\x00\x00\x00\xf8\x3f");
    assert_true(m->p_double.n == 1 && m->p_double.p[0] == 1.5);
    assert_true(m->r_double.n == 1 && m->r_double.p[0] == 1.5);
    BAD("\xaa\x05\x02\x01\x80", "p_int32: the value ends beyond");
    BAD("\x8a\x05\x07"
        "1234567",
        "p_double: packed values that do not fill their length");
    BAD("\xaa\x05\x0b" TEN_FF "\xff\x01", "p_int32: a varint of more than 10 bytes");
    BAD("\xaa\x05\x05\x01", "p_int32: the value ends beyond");
}

static void test_another_wire_type_is_unknown(void **state)
{
    (void)state;
    static const char in[] = "\x2d"
                             "1234"
                             "\x48\x01"
                             "\x59"
                             "12345678";
    const pbtest_All *m = decode_all(WIRE(in), arena);
    tern_bytes unknown;
    assert_true(tern_pb_unknown_bytes(&pbtest_All_table, m, arena, &unknown));
    assert_int_equal(m->i_int32, 0);
    assert_int_equal(m->i_string.n, 0);
    assert_null(m->i_message);
    assert_int_equal(unknown.n, 16);
    assert_memory_equal(unknown.p, in, 16);
}

static void test_an_old_abi_is_refused(void **state)
{
    (void)state;
    tern_error err;
    tern_bytes out;
    tern_pb_table table = pbtest_Empty_table;
    pbtest_Empty msg = { 0 };
    table.abi++;
    assert_int_equal(decode_as(&table, &msg, WIRE("\x08\x01"), arena, NULL, &err),
                     TERN_FAILED_PRECONDITION);
    assert_non_null(strstr(err.text, "pbtest.Empty was generated for protobuf ABI 3"));
    assert_int_equal(tern_pb_encode(&table, &msg, arena, &out, &err), TERN_FAILED_PRECONDITION);
}

static void test_options_are_checked(void **state)
{
    (void)state;
    struct {
        tern_pb_decode_opts known;
        uint64_t newer;
    } big = { { .size = sizeof(big) }, 0 };
    tern_error err;
    pbtest_Empty msg = { 0 };
    const tern_bytes none = { NULL, 0 };
    const tern_pb_table *t = &pbtest_Empty_table;
    assert_int_equal(decode_as(t, &msg, none, arena, &big.known, &err), TERN_OK);
    big.newer = 1;
    assert_int_equal(decode_as(t, &msg, none, arena, &big.known, &err), TERN_INVALID_ARGUMENT);
    big.known.size = 0;
    assert_int_equal(decode_as(t, &msg, none, arena, &big.known, &err), TERN_INVALID_ARGUMENT);
    big.known.size = sizeof(size_t);
    assert_int_equal(decode_as(t, &msg, none, arena, &big.known, &err), TERN_OK);
    assert_int_equal(decode_as(t, &msg, none, arena, TERN_PB_DECODE_OPTS(.max_depth = 101), &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "max_depth"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_an_empty_message),
        cmocka_unit_test(test_tags_that_are_none),
        cmocka_unit_test(test_a_message_without_fields),
        cmocka_unit_test(test_padded_tags_and_varints_are_taken),
        cmocka_unit_test(test_varints),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_strings_end_in_nul_where_they_lie),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_the_last_scalar_wins_and_messages_merge),
        cmocka_unit_test(test_oneof_merges_its_own_message_only),
        cmocka_unit_test(test_a_oneof_that_fails_is_empty),
        cmocka_unit_test(test_packed_and_unpacked_are_one),
        cmocka_unit_test(test_another_wire_type_is_unknown),
        cmocka_unit_test(test_an_old_abi_is_refused),
        cmocka_unit_test(test_options_are_checked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
