/* SPDX-License-Identifier: Apache-2.0 */
/*
 * robust_test.c: the codec under hostile input and hostile memory: cut short at every byte, at a guard
 * page, changed at random, nested too deep, over budget, and with every allocation failing.
 */
#include "pb/wire_bytes.h"
#include "support/fail.h"
#include "support/guard.h"
#include "support/seed.h"

#include "pb/encode.h"

#include "pb/golden.inc"

static const struct {
    const uint8_t *p;
    size_t n;
} goldens[] = {
    { golden_implicit, sizeof(golden_implicit) },
    { golden_explicit, sizeof(golden_explicit) },
    { golden_repeated, sizeof(golden_repeated) },
    { golden_packed, sizeof(golden_packed) },
    { golden_maps, sizeof(golden_maps) },
    { golden_tags, sizeof(golden_tags) },
    { golden_oneof_message, sizeof(golden_oneof_message) },
    { golden_oneof_string, sizeof(golden_oneof_string) },
};
#define GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

/* Decodes in place, the slack ending at a page without access. */
static tern_code decode_guarded(const uint8_t *p, size_t n, tern_arena *arena, void *msg,
                                tern_error *err)
{
    static uint8_t padded[65536 + TN_PB_SLACK];
    memcpy(padded, p, n);
    uint8_t *buf = tn_guard_copy(padded, n + TN_PB_SLACK);
    const tern_code code = tn_pb_decode_in_place(&pbtest_All_table, msg, buf, n, arena, NULL, err);
    if (code == TERN_OK) {
        /* Strings point into the guarded bytes: encode before they go. */
        tern_bytes out;
        assert_int_equal(tern_pb_encode(&pbtest_All_table, msg, arena, &out, NULL), TERN_OK);
    }
    tn_guard_free(buf, n + TN_PB_SLACK);
    return code;
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    for (size_t g = 0; g < GOLDENS; g++) {
        for (size_t n = 0; n <= goldens[g].n; n++) {
            tern_arena_reset(arena);
            tern_error err;
            tern_error_clear(&err);
            void *msg = tern_pb_new(&pbtest_All_table, arena);
            const tern_code code = decode_guarded(goldens[g].p, n, arena, msg, &err);
            assert_int_equal(code, err.code);
            assert_true(code == TERN_OK || code == TERN_INVALID_ARGUMENT);
            if (n == goldens[g].n)
                assert_int_equal(code, TERN_OK);
        }
    }
    tern_arena_free(arena);
}

static void test_changed_at_random(void **state)
{
    (void)state;
    tn_seed seed = { .state = 20261120 };
    tern_arena *arena = tern_arena_new(NULL);
    uint8_t bytes[8192];
    unsigned passed = 0;
    for (unsigned round = 0; round < 8000; round++) {
        const size_t g = tn_seed_below(&seed, GOLDENS);
        size_t n = goldens[g].n;
        memcpy(bytes, goldens[g].p, n);
        for (uint32_t i = 0, changes = 1 + tn_seed_below(&seed, 4); i < changes; i++)
            bytes[tn_seed_below(&seed, (uint32_t)n)] = (uint8_t)tn_seed_next(&seed);
        if (round % 4 == 0)
            n = tn_seed_below(&seed, (uint32_t)n);
        tern_arena_reset(arena);
        pbtest_All *msg = tern_pb_new(&pbtest_All_table, arena);
        tern_error err;
        if (tern_pb_decode(&pbtest_All_table, msg, (tern_bytes){ bytes, n }, arena, NULL, &err) !=
            TERN_OK) {
            (void)encode_all(msg, arena);
            continue;
        }
        passed++;
        /* What decodes encodes, and its encoding is a fixed point. */
        const tern_bytes once = encode_all(msg, arena);
        const tern_bytes twice = encode_all(decode_all(once, arena), arena);
        assert_int_equal(once.n, twice.n);
        assert_memory_equal(once.p, twice.p, once.n);
    }
    assert_in_range(passed, 500, 7500);
    tern_arena_free(arena);
}

static void test_random_bytes(void **state)
{
    (void)state;
    tn_seed seed = { .state = 7 };
    tern_arena *arena = tern_arena_new(NULL);
    uint8_t bytes[64];
    for (unsigned round = 0; round < 20000; round++) {
        const size_t n = tn_seed_below(&seed, sizeof(bytes));
        tn_seed_fill(&seed, bytes, n);
        tern_arena_reset(arena);
        void *msg = tern_pb_new(&pbtest_All_table, arena);
        (void)tern_pb_decode(&pbtest_All_table, msg, (tern_bytes){ bytes, n }, arena, NULL, NULL);
        (void)encode_all(msg, arena);
    }
    tern_arena_free(arena);
}

static void test_depth(void **state)
{
    (void)state;
    static wire w;
    tern_arena *arena = tern_arena_new(NULL);
    w.n = 0;
    wrap(&w, 11);
    for (unsigned depth = 1; depth < 100; depth++) {
        refuse(bytes_of(&w), arena, TERN_PB_DECODE_OPTS(.max_depth = depth == 1 ? 1 : depth - 1),
               depth == 1 ? TERN_OK : TERN_RESOURCE_EXHAUSTED,
               depth == 1 ? "" : "nested deeper than max_depth = ");
        w.n = 0;
        for (unsigned i = 0; i < depth; i++)
            wrap(&w, depth % 2 ? 3 : 4);
        wrap(&w, 11);
        (void)encode_all(decode_all(bytes_of(&w), arena), arena);
    }
    /* 100 levels are legal, 101 are not, and a bomb of them ends at once. */
    w.n = 0;
    for (unsigned i = 0; i < 99; i++)
        wrap(&w, 3);
    wrap(&w, 71);
    (void)encode_all(decode_all(bytes_of(&w), arena), arena);
    w.n = 0;
    for (unsigned i = 0; i < 100; i++)
        wrap(&w, 3);
    wrap(&w, 71);
    refuse(bytes_of(&w), arena, NULL, TERN_RESOURCE_EXHAUSTED,
           "pbtest.Inner.next: nested deeper than max_depth = 100");
    for (unsigned i = 0; i < 10000; i++)
        wrap(&w, 3);
    wrap(&w, 11);
    refuse(bytes_of(&w), arena, NULL, TERN_RESOURCE_EXHAUSTED, "nested deeper");
    tern_arena_free(arena);
}

static void test_budget(void **state)
{
    (void)state;
    static wire w;
    tern_arena *arena = tern_arena_new(NULL);
    w.n = 0;
    for (unsigned i = 0; i < 20000; i++)
        put_bytes(&w, 71, NULL, 0);
    const tern_bytes in = bytes_of(&w);
    refuse(in, arena, TERN_PB_DECODE_OPTS(.memory_bytes = 1000000), TERN_RESOURCE_EXHAUSTED,
           "pbtest.All.r_message: the decode takes more than memory_bytes = 1000000, at byte");
    (void)decode_all(in, arena);
    /* Each kind of memory is on the budget. */
    static const struct {
        const char *p;
        size_t n;
    } kinds[] = {
        { "\x5a\x00", 2 },         /* message */
        { "\xaa\x04\x00", 3 },     /* element */
        { "\xaa\x05\x01\x01", 4 }, /* packed */
        { "\xaa\x06\x00", 3 },     /* map */
        { "\x50\x01", 2 },         /* unknown */
        { "\x9a\x03\x00", 3 },     /* oneof */
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const tern_bytes one = { (const uint8_t *)kinds[i].p, kinds[i].n };
        refuse(one, arena, TERN_PB_DECODE_OPTS(.memory_bytes = 1), TERN_RESOURCE_EXHAUSTED,
               "memory_bytes = 1");
    }
    tern_arena_free(arena);
}

/* A struct of a later version: known options first, then one of its own. */
struct later_opts {
    tern_pb_decode_opts known;
    uint64_t later;
};

static void test_options(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    const tern_bytes in = WIRE("\x28\x07");
    tern_error err;
    pbtest_All *msg = tern_pb_new(&pbtest_All_table, arena);
    assert_non_null(msg);

    tern_pb_decode_opts opts;
    tern_pb_decode_opts_init(&opts);
    opts.memory_bytes = TERN_UNLIMITED;
    opts.max_depth = 100;
    assert_int_equal(decode_as(&pbtest_All_table, msg, in, arena, &opts, &err), TERN_OK);
    opts.max_depth = 101;
    refuse(in, arena, &opts, TERN_INVALID_ARGUMENT, "max_depth is 101, at most 100 is possible");
    opts.size = 0;
    refuse(in, arena, &opts, TERN_INVALID_ARGUMENT,
           "size is 0; fill it by its macro (TERN_..._OPTS or ..._init)");

    struct later_opts later = { .known = { .size = sizeof(later) } };
    assert_int_equal(decode_as(&pbtest_All_table, msg, in, arena, &later.known, &err), TERN_OK);
    later.later = 1;
    refuse(in, arena, &later.known, TERN_INVALID_ARGUMENT, "does not know is set");
    /* One that is older, without the last option, whatever stands behind it. */
    opts.size = offsetof(tern_pb_decode_opts, max_depth);
    assert_int_equal(decode_as(&pbtest_All_table, msg, in, arena, &opts, &err), TERN_OK);
    tern_arena_free(arena);
}

/* The budget does not depend on what the arena holds or kept. */
static void test_budget_is_the_same_everywhere(void **state)
{
    (void)state;
    tern_arena *fresh = tern_arena_new(NULL), *used = tern_arena_new(NULL);
    const tern_bytes in = { golden_maps, sizeof(golden_maps) };
    for (unsigned i = 0; i < 50; i++)
        (void)decode_all(in, used);
    for (size_t bytes = 64; bytes < 20000; bytes += 512) {
        tern_error a, b;
        void *one = tern_pb_new(&pbtest_All_table, fresh),
             *two = tern_pb_new(&pbtest_All_table, used);
        const tern_pb_decode_opts *opts = TERN_PB_DECODE_OPTS(.memory_bytes = bytes);
        assert_int_equal(decode_as(&pbtest_All_table, one, in, fresh, opts, &a),
                         decode_as(&pbtest_All_table, two, in, used, opts, &b));
        assert_string_equal(a.text, b.text);
        tern_arena_reset(fresh);
    }
    tern_arena_free(fresh);
    tern_arena_free(used);
}

/* Decodes, changes and encodes everything, in one env. */
static bool everything(tn_failing_env *f, void *user)
{
    (void)user;
    bool ok = true;
    tern_arena *arena = tern_arena_new(&f->env);
    if (!arena)
        return false;
    tn_chunk *chunk = NULL;
    for (size_t g = 0; ok && g < GOLDENS; g++) {
        tern_error err;
        tern_bytes out;
        pbtest_All *msg = tern_pb_new(&pbtest_All_table, arena);
        ok = msg &&
             tern_pb_decode(&pbtest_All_table, msg, (tern_bytes){ goldens[g].p, goldens[g].n },
                            arena, NULL, &err) == TERN_OK;
        ok = ok && tern_pb_encode(&pbtest_All_table, msg, arena, &out, &err) == TERN_OK;
        if (ok) {
            chunk = tn_pb_encode_chunk(&f->env, &pbtest_All_table, msg, 14, chunk, &err);
            ok = chunk != NULL;
        }
        for (int32_t i = 0; ok && i < 200; i++) {
            ok = tern_pb_append(&msg->p_int32, sizeof(int32_t), arena) != NULL;
            pbtest_MessageEntry *e =
                ok ? tern_pb_map_put(&pbtest_MessageEntry_table, &msg->m_message, &i, arena) : NULL;
            ok = e != NULL;
        }
        if (!ok && msg && f->failed == 0)
            fail_msg("%s", err.text);
    }
    tn_chunk_unref(chunk);
    tern_arena_free(arena);
    return ok;
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    assert_in_range(tn_fail_each(everything, NULL), 3, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_changed_at_random),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_budget_is_the_same_everywhere),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
