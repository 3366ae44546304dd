/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge_test.c: a merge is what decoding two encodings after one another gives, a copy stands alone,
 * and both end well when they cannot be done.
 */
#include "base/arena.h"
#include "pb/nest.h"
#include "pb/random.h"
#include "support/fail.h"

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

static void merge_all(pbtest_All *dst, const pbtest_All *src, tern_arena *into)
{
    tern_error err;
    if (tern_pb_merge(&pbtest_All_table, dst, src, into, &err) != TERN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(err.code, TERN_OK);
}

static pbtest_All *copy_all(const pbtest_All *src, tern_arena *into)
{
    tern_error err;
    pbtest_All *copy = tern_pb_copy(&pbtest_All_table, src, into, &err);
    if (!copy)
        fail_msg("%s", err.text);
    assert_int_equal(err.code, TERN_OK);
    return copy;
}

/* b's encoding behind a's, decoded. */
static pbtest_All *decode_both(tern_bytes a, tern_bytes b)
{
    pbtest_All *both = decode_all(a, arena);
    tern_error err;
    assert_int_equal(decode_as(&pbtest_All_table, both, b, arena, NULL, &err), TERN_OK);
    return both;
}

static void assert_encodes_as(const pbtest_All *m, tern_bytes bytes)
{
    const tern_bytes out = encode_all(m, arena);
    assert_int_equal(out.n, bytes.n);
    assert_memory_equal(out.p, bytes.p, out.n);
}

static void test_copies_of_goldens(void **state)
{
    (void)state;
    for (size_t g = 0; g < GOLDENS; g++) {
        const pbtest_All *m = decode_all(goldens[g], arena);
        const pbtest_All *copy = copy_all(m, arena);
        assert_encodes_as(copy, goldens[g]);
        assert_true(tern_pb_equal(&pbtest_All_table, m, copy));
        for (uint32_t number = 1; number <= 106; number++)
            assert_int_equal(tern_pb_has(&pbtest_All_table, m, number),
                             tern_pb_has(&pbtest_All_table, copy, number));
    }
}

/* The property that defines a merge, and src is left alone. */
static void test_merge_is_decoding_both(void **state)
{
    (void)state;
    tn_seed seed = { .state = 77 };
    for (unsigned round = 0; round < 1500; round++) {
        tern_arena_reset(arena);
        pbtest_All *dst = random_all(&seed, arena, 1 + round % 6);
        const pbtest_All *src = random_all(&seed, arena, 1 + round / 6 % 6);
        const tern_bytes a = encode_all(dst, arena), b = encode_all(src, arena);
        const pbtest_All *both = decode_both(a, b);
        merge_all(dst, src, arena);
        assert_encodes_as(dst, encode_all(both, arena));
        assert_true(tern_pb_equal(&pbtest_All_table, dst, both));
        assert_encodes_as(src, b);
    }
}

static void test_merge_of_goldens(void **state)
{
    (void)state;
    for (size_t g = 0; g < GOLDENS; g++) {
        for (size_t h = 0; h < GOLDENS; h++) {
            pbtest_All *dst = decode_all(goldens[g], arena);
            merge_all(dst, decode_all(goldens[h], arena), arena);
            assert_encodes_as(dst, encode_all(decode_both(goldens[g], goldens[h]), arena));
        }
        tern_arena_reset(arena);
    }
}

/* Merging a message into itself is merging its copy into it. */
static void test_merge_into_itself(void **state)
{
    (void)state;
    tn_seed seed = { .state = 5 };
    for (unsigned round = 0; round < 500; round++) {
        tern_arena_reset(arena);
        pbtest_All *m = random_all(&seed, arena, 1 + round % 4);
        const tern_bytes once = encode_all(m, arena);
        merge_all(m, m, arena);
        assert_encodes_as(m, encode_all(decode_both(once, once), arena));
    }
}

/* What src lies in is overwritten and freed; merge and copy do not care. */
static void test_nothing_is_shared(void **state)
{
    (void)state;
    tn_seed seed = { .state = 19 };
    for (unsigned round = 0; round < 200; round++) {
        tern_arena_reset(arena);
        tn_failing_env f;
        tn_failing_env_init(&f);
        tern_arena *gone = tern_arena_new(&f.env);
        const pbtest_All *src = random_all(&seed, gone, 1 + round % 3);
        const tern_bytes bytes = encode_all(src, arena);
        const pbtest_All *copy = copy_all(src, arena);
        pbtest_All *twice = copy_all(src, arena);
        merge_all(twice, src, arena);
        tern_arena_free(gone);
        assert_encodes_as(copy, bytes);
        assert_encodes_as(twice, encode_all(decode_both(bytes, bytes), arena));
    }
}

static void test_strings_end_in_nul(void **state)
{
    (void)state;
    const char text[] = { 'a', 'b', 'c' };
    pbtest_StringEntry entries[] = { { .key = { text, 2 }, .value = { text, 3 } } };
    tern_str list[] = { { text, 1 }, { NULL, 0 } };
    const pbtest_All m = {
        .i_string = { text, 2 },
        .e_bytes = { (const uint8_t *)text, 0 },
        .r_string = { .p = list, .n = 2 },
        .m_string = { .p = entries, .n = 1 },
    };
    const pbtest_All *copy = copy_all(&m, arena);
    assert_string_equal(copy->i_string.p, "ab");
    assert_non_null(copy->e_bytes.p);
    assert_string_equal(copy->r_string.p[0].p, "a");
    assert_string_equal(copy->r_string.p[1].p, "");
    assert_string_equal(copy->m_string.p[0].key.p, "ab");
    assert_string_equal(copy->m_string.p[0].value.p, "abc");
    assert_int_equal(m.r_string.cap, 0);
}

/* A literal of dst is copied when it grows, not written to. */
static void test_literals_are_left_alone(void **state)
{
    (void)state;
    int32_t numbers[] = { 1, 2 };
    pbtest_EnumEntry entries[] = { { .key = 1, .value = 1 } };
    pbtest_All dst = { .p_int32 = { .p = numbers, .n = 1 }, .m_enum = { .p = entries, .n = 1 } };
    const pbtest_All src = { .p_int32 = { .p = numbers, .n = 2 },
                             .m_enum = { .p = entries, .n = 1 } };
    merge_all(&dst, &src, arena);
    assert_int_equal(dst.p_int32.n, 3);
    assert_int_equal(dst.p_int32.p[2], 2);
    assert_true(dst.p_int32.p != numbers && dst.m_enum.p != entries);
    assert_int_equal(numbers[1], 2);
    assert_int_equal(dst.m_enum.n, 1);
}

static void test_oneof(void **state)
{
    (void)state;
    pbtest_Inner one = { .a = 1 }, two = { .b = TERN_STR("two") };
    pbtest_All dst = { .o = { .which = 51, .o_message = &one } };
    const pbtest_All same = { .o = { .which = 51, .o_message = &two } };
    merge_all(&dst, &same, arena);
    assert_ptr_equal(dst.o.o_message, &one);
    assert_int_equal(one.a, 1);
    assert_string_equal(one.b.p, "two");
    /* Another case replaces it, and so does the message that then comes back. */
    const pbtest_All number = { .o = { .which = 45, .o_int32 = 0 } };
    merge_all(&dst, &number, arena);
    assert_int_equal(dst.o.which, 45);
    merge_all(&dst, &same, arena);
    assert_int_equal(dst.o.o_message->a, 0);
    assert_true(dst.o.o_message != &two);
    /* An absent message changes the case alone; none changes nothing. */
    const pbtest_All absent = { .o.which = 51 }, none = { .i_int32 = 1 };
    merge_all(&dst, &absent, arena);
    assert_string_equal(dst.o.o_message->b.p, "two");
    merge_all(&dst, &number, arena);
    merge_all(&dst, &absent, arena);
    assert_int_equal(dst.o.which, 51);
    assert_null(dst.o.o_message);
    merge_all(&dst, &none, arena);
    assert_int_equal(dst.o.which, 51);
}

static void test_presence(void **state)
{
    (void)state;
    pbtest_All dst = { .i_int32 = 4, .e_int32 = 4, .i_double = 1.0, .e_string = TERN_STR("x") };
    pbtest_All src = { .i_int32 = 0, .e_uint32 = 9, .i_double = -0.0, .e_string = TERN_STR("") };
    src.has_[0] = UINT32_C(1) << 5;
    merge_all(&dst, &src, arena);
    assert_int_equal(dst.i_int32, 4); /* zero is absent */
    assert_int_equal(dst.e_int32, 0); /* zero is present */
    assert_true(tern_pb_has(&pbtest_All_table, &dst, 25));
    assert_true(signbit(dst.i_double));
    assert_int_equal(dst.e_string.n, 0);
    assert_non_null(dst.e_string.p);
    dst.e_uint32 = 0; /* its bit was set with it */
    assert_true(tern_pb_has(&pbtest_All_table, &dst, 33));
}

/* As the codecs count; a merge into dst goes as deep as src does. */
static void test_depth(void **state)
{
    (void)state;
    static nest chain[102];
    static nest *slots[102];
    static nest_entry entries[102];
    for (unsigned way = 0; way < NEST_WAYS; way++) {
        const size_t most = way == NEST_MAP ? 51 : 101;
        tern_error err;
        tern_bytes a, b;
        const nest *top = nest_chain(chain, slots, entries, most, (nest_way)way);
        nest *copy = tern_pb_copy(&nest_table, top, arena, &err);
        assert_non_null(copy);
        assert_true(tern_pb_equal(&nest_table, top, copy));
        assert_int_equal(tern_pb_encode(&nest_table, top, arena, &a, &err), TERN_OK);
        assert_int_equal(tern_pb_encode(&nest_table, copy, arena, &b, &err), TERN_OK);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.p, b.p, a.n);
        top = nest_chain(chain, slots, entries, most + 1, (nest_way)way);
        assert_null(tern_pb_copy(&nest_table, top, arena, &err));
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
        assert_non_null(strstr(err.text, "nested deeper than max_depth = 100"));
    }
    tern_error err;
    pbtest_BoolEntry scalars[] = { { .key = true, .value = 3 } };
    nest_chain(chain, slots, entries, 101, NEST_NEXT);
    chain[100].scalars.p = scalars;
    chain[100].scalars.n = 1;
    assert_null(tern_pb_copy(&nest_table, chain, arena, &err));
    assert_string_equal(err.text, "nest.scalars: nested deeper than max_depth = 100");
    assert_non_null(tern_pb_copy(&nest_table, chain + 1, arena, &err));
    /* A message in itself has no end. */
    nest ring = { .next = &ring };
    assert_null(tern_pb_copy(&nest_table, &ring, arena, &err));
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
}

static void test_refusals(void **state)
{
    (void)state;
    tern_error err;
    pbtest_Inner full = { .a = 1 }, *list[] = { &full, NULL };
    pbtest_All m = { .r_message = { .p = list, .n = 2 } }, dst = { .i_int32 = 1 };
    assert_int_equal(tern_pb_merge(&pbtest_All_table, &dst, &m, arena, &err),
                     TERN_INVALID_ARGUMENT);
    assert_string_equal(err.text, "pbtest.All.r_message: a NULL element");
    assert_int_equal(dst.r_message.n, 1);
    (void)encode_all(&dst, arena);
    assert_null(tern_pb_copy(&pbtest_All_table, &m, arena, NULL));
    m = (pbtest_All){ .i_bytes = { .p = (const uint8_t *)"", .n = SIZE_MAX } };
    assert_null(tern_pb_copy(&pbtest_All_table, &m, arena, &err));
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    m = (pbtest_All){ .p_double = { .p = NULL, .n = SIZE_MAX } };
    assert_null(tern_pb_copy(&pbtest_All_table, &m, arena, &err));
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    tern_pb_table old = pbtest_All_table;
    old.abi++;
    assert_null(tern_pb_copy(&old, &dst, arena, &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    assert_int_equal(tern_pb_merge(&old, &dst, &dst, arena, &err), TERN_FAILED_PRECONDITION);
}

typedef struct pair {
    const pbtest_All *a, *b;
} pair;

/* Copies and merges in an env that refuses; what is left is a message. */
static bool merge_with_little(tn_failing_env *f, void *user)
{
    const pair *p = user;
    tern_arena *little = tern_arena_new(&f->env);
    if (!little)
        return false;
    tern_error err;
    size_t size;
    pbtest_All *m = tern_pb_copy(&pbtest_All_table, p->a, little, &err);
    bool ok = m != NULL;
    assert_int_equal(ok ? TERN_OK : TERN_RESOURCE_EXHAUSTED, err.code);
    if (ok) {
        ok = tern_pb_merge(&pbtest_All_table, m, p->b, little, &err) == TERN_OK;
        assert_int_equal(ok ? TERN_OK : TERN_RESOURCE_EXHAUSTED, err.code);
        assert_int_equal(tern_pb_size(&pbtest_All_table, m, &size, NULL), TERN_OK);
        (void)encode_all(m, arena);
    }
    tern_arena_free(little);
    return ok;
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    tn_seed seed = { .state = 3 };
    for (unsigned round = 0; round < 20; round++) {
        const pair p = { random_all(&seed, arena, 1), random_all(&seed, arena, 1) };
        assert_in_range(tn_fail_each(merge_with_little, (void *)(uintptr_t)&p), 2, 100);
        tern_arena_reset(arena);
    }
}

/* Every place that asks for memory, not only those at the end of a block. */
static void test_every_gift_fails(void **state)
{
    (void)state;
    tn_seed seed = { .state = 8 };
    const pbtest_All *m = random_all(&seed, arena, 1);
    static uint8_t memory[65536];
    unsigned refused = 0;
    for (size_t room = 0; room < sizeof(memory); room += 24) {
        tn_failing_env f;
        tn_failing_env_init(&f);
        f.fail_at = 1;
        f.fail_onward = true;
        tern_arena little;
        tn_arena_init(&little, &f.env, memory, room);
        tern_error err;
        pbtest_All *dst = tern_pb_new(&pbtest_All_table, &little);
        const bool ok = dst && tern_pb_merge(&pbtest_All_table, dst, m, &little, &err) == TERN_OK;
        if (dst)
            (void)encode_all(dst, arena);
        refused += !ok;
        tn_arena_fini(&little);
        if (ok)
            break;
    }
    assert_in_range(refused, 100, 2700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_of_goldens),
        cmocka_unit_test(test_merge_is_decoding_both),
        cmocka_unit_test(test_merge_of_goldens),
        cmocka_unit_test(test_merge_into_itself),
        cmocka_unit_test(test_nothing_is_shared),
        cmocka_unit_test(test_strings_end_in_nul),
        cmocka_unit_test(test_literals_are_left_alone),
        cmocka_unit_test(test_oneof),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_every_gift_fails),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
