/* SPDX-License-Identifier: Apache-2.0 */
/*
 * equal_test.c: what makes two messages the same, and what does not.
 */
#include "pb/nest.h"
#include "pb/random.h"
#include "pb/table.h"

#include "pb/goldens.h"

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

/* Equality has no direction. */
static bool equal(const tern_pb_table *table, const void *a, const void *b)
{
    const bool same = tern_pb_equal(table, a, b);
    assert_int_equal(same, tern_pb_equal(table, b, a));
    return same;
}

static bool equal_all(const pbtest_All *a, const pbtest_All *b)
{
    return equal(&pbtest_All_table, a, b);
}

/* Each golden equals itself, decoded again, and no other. */
static void test_goldens(void **state)
{
    (void)state;
    for (size_t g = 0; g < GOLDENS; g++) {
        for (size_t h = 0; h < GOLDENS; h++) {
            const pbtest_All *a = decode_all(goldens[g], arena), *b = decode_all(goldens[h], arena);
            assert_int_equal(equal_all(a, b), g == h);
        }
        tern_arena_reset(arena);
    }
}

/* One field more or less makes a difference, whichever it is. */
static void test_every_field_counts(void **state)
{
    (void)state;
    unsigned fields = 0;
    for (size_t g = 0; g < GOLDENS; g++) {
        const pbtest_All *m = decode_all(goldens[g], arena);
        for (size_t i = 0; i < pbtest_All_table.field_count; i++) {
            const uint32_t number = tn_pb_number_of(&pbtest_All_fields[i]);
            if (!tern_pb_has(&pbtest_All_table, m, number))
                continue;
            pbtest_All less = *m;
            tern_pb_clear(&pbtest_All_table, &less, number);
            assert_false(equal_all(m, &less));
            fields++;
        }
    }
    assert_in_range(fields, pbtest_All_table.field_count, 200);
}

/* Changes one scalar of the last element of a repeated field, or its length. */
#define DIFFER_REPEATED(T, c, no, w, x)                                                            \
    do {                                                                                           \
        pbtest_All *b = decode_all(in, arena);                                                     \
        memset(&b->r_##x.p[2], 0, sizeof(b->r_##x.p[2]));                                          \
        assert_false(equal_all(a, b));                                                             \
        b->r_##x.n--;                                                                              \
        assert_false(equal_all(a, b));                                                             \
    } while (0);
#define DIFFER_PACKED(T, c, no, w, x)                                                              \
    do {                                                                                           \
        pbtest_All *b = decode_all(packed, arena);                                                 \
        memset(&b->p_##x.p[0], 0, sizeof(b->p_##x.p[0]));                                          \
        assert_false(equal_all(c_packed, b));                                                      \
    } while (0);

static void test_every_element_counts(void **state)
{
    (void)state;
    const tern_bytes in = { golden_repeated, sizeof(golden_repeated) };
    const tern_bytes packed = { golden_packed, sizeof(golden_packed) };
    const pbtest_All *a = decode_all(in, arena), *c_packed = decode_all(packed, arena);
    pbtest_All *booleans = decode_all(in, arena);
    booleans->r_bool.p[1] = true;
    assert_false(equal_all(a, booleans));
    EACH_LOW(DIFFER_REPEATED)
    DIFFER_REPEATED(STRING, , , , string)
    DIFFER_REPEATED(BYTES, , , , bytes)
    EACH_HIGH(DIFFER_REPEATED)
    EACH_LOW(DIFFER_PACKED)
    EACH_HIGH(DIFFER_PACKED)
    pbtest_All *deep = decode_all(in, arena);
    deep->r_message.p[2]->list.p[1]->list.p[0]->raw.n--;
    assert_false(equal_all(a, deep));
    deep->r_message.p[2] = NULL;
    assert_false(equal_all(a, deep));
    deep->r_message.n = 2;
    assert_false(equal_all(a, deep));
}

static void test_floats(void **state)
{
    (void)state;
    const uint64_t nans[] = { UINT64_C(0x7ff8000000000000), UINT64_C(0xfff0000000000001) };
    const uint32_t few[] = { 0x7fc00000, 0xff800001 };
    pbtest_All a = { .i_int32 = 1 }, b = { .i_int32 = 1 };
    memcpy(&a.i_double, &nans[0], 8);
    memcpy(&b.i_double, &nans[1], 8);
    memcpy(&a.i_float, &few[0], 4);
    memcpy(&b.i_float, &few[1], 4);
    assert_true(equal_all(&a, &b));
    b.i_double = (double)INFINITY;
    assert_false(equal_all(&a, &b));
    a.i_double = (double)INFINITY;
    assert_true(equal_all(&a, &b));
    b.i_float = INFINITY;
    assert_false(equal_all(&a, &b));
    a = (pbtest_All){ .i_double = 0.0 };
    b = (pbtest_All){ .i_double = -0.0 };
    assert_false(equal_all(&a, &b));
    double x[] = { 1.0, 0.0 }, y[] = { 1.0, -0.0 };
    memcpy(&x[0], &nans[0], 8);
    memcpy(&y[0], &nans[1], 8);
    a = (pbtest_All){ .p_double = { .p = x, .n = 1 } };
    b = (pbtest_All){ .p_double = { .p = y, .n = 1 } };
    assert_true(equal_all(&a, &b));
    a.p_double.n = b.p_double.n = 2;
    assert_false(equal_all(&a, &b));
    pbtest_FixedEntry e = { .key = 1, .value = x[0] }, f = { .key = 1, .value = y[0] };
    a = (pbtest_All){ .m_fixed = { .p = &e, .n = 1 } };
    b = (pbtest_All){ .m_fixed = { .p = &f, .n = 1 } };
    assert_true(equal_all(&a, &b));
}

static void test_presence(void **state)
{
    (void)state;
    pbtest_All a = { .i_string = TERN_STR("") }, b = { .i_string = { NULL, 0 } };
    assert_true(equal_all(&a, &b));
    a.e_string = TERN_STR("");
    assert_false(equal_all(&a, &b));
    b.e_string = TERN_STR("");
    a.has_[0] = UINT32_C(1) << 5;
    assert_false(equal_all(&a, &b));
    a.has_[0] = 0;
    /* The bit of a value that is not zero adds nothing. */
    a.e_uint32 = b.e_uint32 = 5;
    a.has_[0] = UINT32_C(1) << 13;
    assert_true(equal_all(&a, &b));
    pbtest_Inner empty = { .a = 0 };
    a.e_message = &empty;
    assert_false(equal_all(&a, &b));
}

/* NULL stands for an empty message where presence is known without it. */
static void test_absent_messages(void **state)
{
    (void)state;
    pbtest_Inner empty = { .b = TERN_STR("") }, full = { .a = 1 };
    pbtest_MessageEntry none = { .key = 1 }, with = { .key = 1, .value = &empty };
    pbtest_All a = { .o.which = 51, .m_message = { .p = &none, .n = 1 } };
    pbtest_All b = { .o = { .which = 51, .o_message = &empty },
                     .m_message = { .p = &with, .n = 1 } };
    assert_true(equal_all(&a, &b));
    with.value = &full;
    assert_false(equal_all(&a, &b));
    with.value = &empty;
    b.o.o_message = &full;
    assert_false(equal_all(&a, &b));
    /* Unknown fields fill it too. */
    tern_error err;
    pbtest_Inner unknown = { .a = 0 };
    assert_int_equal(decode_as(&pbtest_Inner_table, &unknown, WIRE("\x78\x01"), arena, NULL, &err),
                     TERN_OK);
    b.o.o_message = &unknown;
    assert_false(equal_all(&a, &b));
    /* A number that no field has is none. */
    a = (pbtest_All){ .o.which = 12345 };
    b = (pbtest_All){ .i_int32 = 0 };
    assert_true(equal_all(&a, &b));
}

/* In any order, with an index on either side or none. */
static void test_maps(void **state)
{
    (void)state;
    enum { N = 50 };
    pbtest_EnumEntry up[N], down[N];
    pbtest_All a = { .m_enum = { .p = up, .n = N } }, b = { .m_enum = { .p = down, .n = N } };
    pbtest_All with_index = { .i_int32 = 0 };
    for (int i = 0; i < N; i++) {
        up[i] = down[N - 1 - i] = (pbtest_EnumEntry){ .key = (uint64_t)i, .value = -i };
        const uint64_t key = (uint64_t)(i * 7 % N);
        pbtest_EnumEntry *e =
            tern_pb_map_put(&pbtest_EnumEntry_table, &with_index.m_enum, &key, arena);
        e->value = -(int32_t)key;
    }
    assert_non_null(with_index.m_enum.index_);
    assert_true(equal_all(&a, &b));
    assert_true(equal_all(&a, &with_index));
    up[3].value++;
    assert_false(equal_all(&a, &b));
    assert_false(equal_all(&a, &with_index));
    up[3].value--;
    up[3].key = N;
    assert_false(equal_all(&a, &b));
    assert_false(equal_all(&a, &with_index));
    up[3].key = 3;
    a.m_enum.n--;
    assert_false(equal_all(&a, &b));
    assert_false(equal_all(&a, &with_index));
}

static void test_maps_of_messages(void **state)
{
    (void)state;
    pbtest_Inner one = { .a = 1 }, uno = { .a = 1 }, two = { .a = 2 };
    pbtest_MessageEntry ab[] = { { 1, &one }, { 2, &two } }, ba[] = { { 2, &two }, { 1, &uno } };
    const pbtest_All a = { .m_message = { .p = ab, .n = 2 } };
    const pbtest_All b = { .m_message = { .p = ba, .n = 2 } };
    assert_true(equal_all(&a, &b));
    uno.a = 3;
    assert_false(equal_all(&a, &b));
    ba[1] = (pbtest_MessageEntry){ 3, &one };
    assert_false(equal_all(&a, &b));
    const pbtest_All less = { .m_message = { .p = ab, .n = 1 } };
    assert_false(equal_all(&a, &less));
}

static void test_unknown_fields(void **state)
{
    (void)state;
    const pbtest_All *a = decode_all(WIRE("\xc0\x3e\x01\xc8\x3e\x02"), arena);
    const pbtest_All *b = decode_all(WIRE("\xc8\x3e\x02\xc0\x3e\x01"), arena);
    const pbtest_All *none = decode_all(WIRE(""), arena);
    assert_false(equal_all(a, b));
    assert_false(equal_all(a, none));
    assert_true(equal_all(a, decode_all(WIRE("\xc0\x3e\x01\xc8\x3e\x02"), arena)));
    assert_true(equal(&pbtest_Empty_table, &none->unknown_, &none->unknown_));
}

/* Copies are equal; a copy with another message merged in is equal only when that adds nothing. */
static void test_random_messages(void **state)
{
    (void)state;
    tn_seed seed = { .state = 12 };
    unsigned same = 0;
    for (unsigned round = 0; round < 1000; round++) {
        tern_arena_reset(arena);
        const pbtest_All *a = random_all(&seed, arena, 4 + round % 40);
        const pbtest_All *b = random_all(&seed, arena, 20 + round % 200);
        pbtest_All *copy = tern_pb_copy(&pbtest_All_table, a, arena, NULL);
        assert_true(equal_all(a, copy));
        assert_int_equal(tern_pb_merge(&pbtest_All_table, copy, b, arena, NULL), TERN_OK);
        const tern_bytes x = encode_all(a, arena), y = encode_all(copy, arena);
        const bool bytes = x.n == y.n && memcmp(x.p, y.p, x.n) == 0;
        assert_int_equal(equal_all(a, copy), bytes);
        same += bytes;
    }
    assert_in_range(same, 20, 900);
}

static void test_depth(void **state)
{
    (void)state;
    static nest one[102], two[102];
    static nest *one_slots[102], *two_slots[102];
    static nest_entry one_entries[102], two_entries[102];
    for (unsigned way = 0; way < NEST_WAYS; way++) {
        const size_t most = way == NEST_MAP ? 51 : 101;
        for (size_t n = most; n <= most + 1; n++) {
            const nest *a = nest_chain(one, one_slots, one_entries, n, (nest_way)way);
            const nest *b = nest_chain(two, two_slots, two_entries, n, (nest_way)way);
            assert_int_equal(equal(&nest_table, a, b), n == most);
            assert_true(equal(&nest_table, a, a));
            /* A difference at the bottom is seen. */
            two[n - 1].o.which = 2;
            assert_false(equal(&nest_table, a, b));
        }
    }
    nest ring = { .next = &ring }, other = { .next = &other };
    assert_false(equal(&nest_table, &ring, &other));
}

static void test_another_abi(void **state)
{
    (void)state;
    const pbtest_All a = { .i_int32 = 0 }, b = { .i_int32 = 0 };
    tern_pb_table old = pbtest_All_table;
    old.abi++;
    assert_false(equal(&old, &a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),
        cmocka_unit_test(test_every_field_counts),
        cmocka_unit_test(test_every_element_counts),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_absent_messages),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_maps_of_messages),
        cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_random_messages),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_another_abi),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
