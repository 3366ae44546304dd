/* SPDX-License-Identifier: Apache-2.0 */
/*
 * size_test.c: the size that is told is the length of what the encoder writes, and both refuse the
 * same messages.
 */
#include "pb/nest.h"
#include "pb/random.h"

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

static size_t size_of(const tern_pb_table *table, const void *msg)
{
    tern_error err;
    size_t size = SIZE_MAX;
    if (tern_pb_size(table, msg, &size, &err) != TERN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(err.code, TERN_OK);
    return size;
}

/* Sizing must fail with that code and those words; size stays. */
static void refuse_to_size(const tern_pb_table *table, const void *msg, tern_code code,
                           const char *words)
{
    tern_error err;
    size_t size = 7;
    assert_int_equal(tern_pb_size(table, msg, &size, &err), code);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_int_equal(size, 7);
}

static void test_of_goldens(void **state)
{
    (void)state;
    for (size_t g = 0; g < GOLDENS; g++)
        assert_int_equal(size_of(&pbtest_All_table, decode_all(goldens[g], arena)), goldens[g].n);
}

static void test_of_random_messages(void **state)
{
    (void)state;
    tn_seed seed = { .state = 31 };
    for (unsigned round = 0; round < 2000; round++) {
        tern_arena_reset(arena);
        const pbtest_All *m = random_all(&seed, arena, 1 + round % 8);
        assert_int_equal(size_of(&pbtest_All_table, m), encode_all(m, arena).n);
    }
}

static void test_of_nothing(void **state)
{
    (void)state;
    const pbtest_All zero = { .i_string = TERN_STR(""), .e_int32 = 0 };
    const pbtest_Empty empty = { .unknown_ = NULL };
    assert_int_equal(size_of(&pbtest_All_table, &zero), 0);
    assert_int_equal(size_of(&pbtest_Empty_table, &empty), 0);
}

/* The message of a oneof or of a map entry that is NULL has an empty one. */
static void test_of_absent_messages(void **state)
{
    (void)state;
    pbtest_MessageEntry entries[] = { { .key = 0 }, { .key = -1 } };
    const pbtest_All m = { .o.which = 51, .m_message = { .p = entries, .n = 2 } };
    assert_int_equal(size_of(&pbtest_All_table, &m), encode_all(&m, arena).n);
}

typedef struct grouped {
    struct grouped *group;
} grouped;

static const tern_pb_table grouped_table;
static const tern_pb_table *const grouped_subs[] = { &grouped_table };
static const tern_pb_field grouped_fields[] = { FIELD(2047, 3, GROUP, EXPLICIT, grouped, group,
                                                      .sub = 0) };
static const tern_pb_table grouped_table = {
    .abi = TERN_PB_ABI,
    .field_count = 1,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = TERN_PB_NONE,
    .align = _Alignof(grouped),
    .size = sizeof(grouped),
    .fields = grouped_fields,
    .subs = grouped_subs,
    .names = "group\0group",
    .full_name = "grouped",
};

/* A group has two tags and no length. */
static void test_of_a_group(void **state)
{
    (void)state;
    grouped inner = { .group = NULL }, middle = { .group = &inner }, outer = { .group = &middle };
    assert_int_equal(size_of(&grouped_table, &outer), 8);
    inner.group = &outer;
    refuse_to_size(&grouped_table, &outer, TERN_RESOURCE_EXHAUSTED,
                   "grouped.group: nested deeper than max_depth = 100");
}

/* In every way down, the encoder and the size draw the line at the same level. */
static void test_depth(void **state)
{
    (void)state;
    static nest chain[103];
    static nest *slots[103];
    static nest_entry entries[103];
    for (unsigned way = 0; way < NEST_WAYS; way++) {
        unsigned refused = 0;
        for (size_t n = 48; n < 103; n++) {
            tern_error err;
            tern_bytes out;
            const nest *top = nest_chain(chain, slots, entries, n, (nest_way)way);
            if (tern_pb_encode(&nest_table, top, arena, &out, &err) == TERN_OK) {
                assert_int_equal(size_of(&nest_table, top), out.n);
            } else {
                refuse_to_size(&nest_table, top, TERN_RESOURCE_EXHAUSTED, err.text);
                refused++;
            }
        }
        assert_int_equal(refused, way == NEST_MAP ? 51 : 1);
    }
    pbtest_BoolEntry scalars[] = { { .key = true, .value = 3 } };
    nest_chain(chain, slots, entries, 101, NEST_NEXT);
    chain[100].scalars.p = scalars;
    (void)size_of(&nest_table, chain);
    chain[100].scalars.n = 1;
    refuse_to_size(&nest_table, chain, TERN_RESOURCE_EXHAUSTED, "nest.scalars: nested deeper");
    assert_true(size_of(&nest_table, chain + 1) > 100);
    /* What is absent below has its depth all the same. */
    chain[100] = (nest){ .o.which = 2 };
    refuse_to_size(&nest_table, chain, TERN_RESOURCE_EXHAUSTED, "nest.o: nested deeper");
    assert_true(size_of(&nest_table, chain + 1) > 100);
}

/* Sizes are told of bytes that are not read. */
static void test_too_large(void **state)
{
    (void)state;
    pbtest_All m = { .i_bytes = { .p = (const uint8_t *)"", .n = INT32_MAX - 6 } };
    assert_int_equal(size_of(&pbtest_All_table, &m), INT32_MAX);
    m.i_bytes.n++;
    refuse_to_size(&pbtest_All_table, &m, TERN_RESOURCE_EXHAUSTED,
                   "pbtest.All.i_bytes: the message is over 2 GiB - 1");
    m.i_bytes.n = SIZE_MAX;
    refuse_to_size(&pbtest_All_table, &m, TERN_RESOURCE_EXHAUSTED, "over 2 GiB - 1");
    m.i_bytes.n = INT32_MAX - 6;
    m.o.which = 51;
    refuse_to_size(&pbtest_All_table, &m, TERN_RESOURCE_EXHAUSTED, "over 2 GiB - 1");
    /* Only what is around it makes it too large. */
    pbtest_Inner deep = { .raw = { .p = (const uint8_t *)"", .n = INT32_MAX - 6 } };
    const pbtest_Inner around = { .next = &deep };
    assert_int_equal(size_of(&pbtest_Inner_table, &deep), INT32_MAX);
    refuse_to_size(&pbtest_Inner_table, &around, TERN_RESOURCE_EXHAUSTED, "over 2 GiB - 1");
    /* Counts that would overflow a sum are refused before they are summed. */
    int32_t one = 1;
    m = (pbtest_All){ .r_double = { .p = NULL, .n = SIZE_MAX } };
    refuse_to_size(&pbtest_All_table, &m, TERN_RESOURCE_EXHAUSTED, "over 2 GiB - 1");
    m = (pbtest_All){ .p_int32 = { .p = &one, .n = SIZE_MAX / 2 } };
    refuse_to_size(&pbtest_All_table, &m, TERN_RESOURCE_EXHAUSTED, "over 2 GiB - 1");
    m = (pbtest_All){ .p_fixed64 = { .p = NULL, .n = (size_t)INT32_MAX / 8 } };
    assert_int_equal(size_of(&pbtest_All_table, &m), INT32_MAX);
    m.p_fixed64.n++;
    refuse_to_size(&pbtest_All_table, &m, TERN_RESOURCE_EXHAUSTED, "over 2 GiB - 1");
}

static void test_refusals(void **state)
{
    (void)state;
    pbtest_Inner *list[] = { NULL };
    const pbtest_All m = { .r_message = { .p = list, .n = 1 } };
    refuse_to_size(&pbtest_All_table, &m, TERN_INVALID_ARGUMENT,
                   "pbtest.All.r_message: a NULL element");
    tern_pb_table old = pbtest_All_table;
    old.abi++;
    refuse_to_size(&old, &m, TERN_FAILED_PRECONDITION, "ABI");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_goldens), cmocka_unit_test(test_of_random_messages),
        cmocka_unit_test(test_of_nothing), cmocka_unit_test(test_of_absent_messages),
        cmocka_unit_test(test_of_a_group), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_too_large),  cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
