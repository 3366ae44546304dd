/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap_test.c: inputs that are small and made to cost much: merges and unknown fields by the
 * ten-thousand, levels by the ten-thousand, elements of nothing. Linear, or refused.
 */
#include "pb/two_check.h"

#include "base/arena.h"

static tern_arena *arena;
static tern_pb_registry *reg;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    reg = two_registry(NULL);
    return arena && reg ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_arena_free(arena);
    tern_pb_registry_free(reg);
    return 0;
}

enum { TIMES = 50000 };

/* What `piece` is so many times. */
static tern_bytes times(const char *piece, size_t size, size_t n)
{
    tern_arena_reset(arena);
    uint8_t *p = tern_arena_alloc(arena, n * size);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        memcpy(p + i * size, piece, size);
    return (tern_bytes){ p, n * size };
}

#define TIMES_OF(literal) times(literal, sizeof(literal) - 1, TIMES)

static void test_merges(void **state)
{
    (void)state;
    const pbtest_All *all = decode_all(TIMES_OF("\x5a\x07\x08\x01\x12\x01x\x22\x00"), arena);
    assert_int_equal(all->i_message->list.n, TIMES);
    const pbtest_Two *two = decode_new(
        &pbtest_Two_table, TIMES_OF("\x33\x18\x01\x33\x34\x34\x4a\x02\x18\x01"), arena, NULL);
    assert_int_equal(two->group->unpacked.n, TIMES);
    assert_int_equal(two->message->unpacked.n, TIMES);
    const tern_pb_decode_opts *opts = TERN_PB_DECODE_OPTS(.registry = reg);
    const pbtest_Set *set = decode_new(
        &pbtest_Set_table, TIMES_OF("\x0b\x10\xe8\x07\x1a\x02\x22\x00\x0c"), arena, opts);
    assert_int_equal((*(pbtest_Inner *const *)tern_pb_extension_get(&set_inner, set))->list.n,
                     TIMES);
}

/* Known and unknown fields by turns, at the top and inside. */
static void test_alternations(void **state)
{
    (void)state;
    const pbtest_All *all = decode_all(TIMES_OF("\x28\x01\xc0\x0c\x01\x5a\x03\xc0\x0c\x01"), arena);
    assert_int_equal(unknown_of(&pbtest_All_table, all, arena).n, 3 * TIMES);
    assert_int_equal(unknown_of(&pbtest_Inner_table, all->i_message, arena).n, 3 * TIMES);
    const pbtest_Set *set = decode_new(
        &pbtest_Set_table, TIMES_OF("\x0b\x10\x63\x1a\x00\x0c\x0b\x10\xe8\x07\x1a\x00\x0c"), arena,
        TERN_PB_DECODE_OPTS(.registry = reg));
    assert_int_equal(unknown_of(&pbtest_Set_table, set, arena).n, 6 * TIMES);
}

/* 4 MiB of elements of two bytes that are nothing: a pointer and a struct each. */
static void test_elements_of_nothing(void **state)
{
    (void)state;
    const size_t n = (size_t)2 << 20, budget = (size_t)64 << 20;
    const tern_bytes in = times("\x22\x00", 2, n);
    tern_error err;
    pbtest_Inner m = { 0 };
    const size_t before = tern_arena_size(arena);
    const tern_code code = tern_pb_decode(&pbtest_Inner_table, &m, in, arena, NULL, &err);
    assert_int_equal(code, TERN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.text, "pbtest.Inner.list: the decode takes more than memory_bytes"));
    /* The input's copy, what was allowed, and what blocks leave unused. */
    assert_true(tern_arena_size(arena) - before <= in.n + budget + budget / 4);
    /* As many as fit are decoded. */
    const size_t few = budget / (2 * (sizeof(pbtest_Inner) + 3 * sizeof(void *)));
    tern_arena_reset(arena);
    const pbtest_Inner *fits =
        decode_new(&pbtest_Inner_table, times("\x22\x00", 2, few), arena, NULL);
    assert_int_equal(fits->list.n, few);
}

/* Levels without end: the decoder gives up at its hundredth, whatever they are made of. */
static void test_depth(void **state)
{
    (void)state;
    static const char *const starts[] = {
        "\x33", "\x3b", "\x43", "\x7b", /* groups, the last unknown */
    };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        tern_error err;
        pbtest_Two m = { 0 };
        const tern_bytes in = times(starts[i], 1, 20000);
        assert_int_equal(tern_pb_decode(&pbtest_Two_table, &m, in, arena, NULL, &err),
                         TERN_RESOURCE_EXHAUSTED);
        assert_non_null(strstr(err.text, "nested deeper than max_depth = 100"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merges),
        cmocka_unit_test(test_alternations),
        cmocka_unit_test(test_elements_of_nothing),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
