/* SPDX-License-Identifier: Apache-2.0 */
/* arena_test.c: gifts are aligned and apart, reuse asks for nothing, limits hold. */
#include "base/arena.h"
#include "support/fail.h"
#include "support/seed.h"

static bool is_aligned(const void *p, size_t to)
{
    return (uintptr_t)p % to == 0;
}

static void gifts_are_aligned_and_apart(void **state)
{
    (void)state;
    enum { GIFTS = 3000 };
    static uint8_t *gift[GIFTS];
    static uint32_t size[GIFTS];
    tern_arena *a = tern_arena_new(NULL);
    assert_non_null(a);
    tn_seed seed = { 1 };
    for (uint32_t i = 0; i < GIFTS; i++) {
        size[i] = tn_seed_below(&seed, i % 100 == 0 ? 20000 : 200);
        switch (tn_seed_below(&seed, 4)) {
        case 0:
            gift[i] = tn_arena_take8(a, size[i]);
            assert_true(is_aligned(gift[i], 8));
            break;
        case 1: gift[i] = tn_arena_take1(a, size[i]); break;
        case 2:
            gift[i] = tern_arena_zalloc(a, size[i]);
            for (uint32_t k = 0; k < size[i]; k++)
                assert_int_equal(gift[i][k], 0);
            break;
        default:
            gift[i] = tern_arena_alloc(a, size[i]);
            assert_true(is_aligned(gift[i], TN_ARENA_ALIGN));
        }
        assert_non_null(gift[i]);
        memset(gift[i], (int)(i & 0xFF), size[i]);
    }
    for (uint32_t i = 0; i < GIFTS; i++)
        for (uint32_t k = 0; k < size[i]; k++)
            if (gift[i][k] != (i & 0xFF))
                fail_msg("gift %u was written over", i);
    tern_arena_free(a);
    tern_arena_free(NULL);
}

static void a_new_arena_is_one_allocation(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_arena *a = tern_arena_new(&f.env);
    assert_int_equal(f.count, 1);
    assert_int_equal(tern_arena_size(a), f.live_bytes);
    assert_non_null(tern_arena_alloc(a, 3500));
    assert_int_equal(f.count, 1);
    tern_arena_free(a);
    assert_int_equal(f.live_blocks, 0);
}

static void blocks_double_up_to_a_mebibyte(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_arena *a = tern_arena_new(&f.env);
    size_t block = TN_ARENA_BLOCK_MIN, held = TN_ARENA_BLOCK_MIN;
    for (size_t given = 0; given < 8u << 20; given += 64) {
        assert_non_null(tern_arena_alloc(a, 64));
        if (tern_arena_size(a) == held)
            continue;
        block = block < TN_ARENA_BLOCK_MAX ? block * 2 : block;
        assert_int_equal(tern_arena_size(a) - held, block);
        held = tern_arena_size(a);
    }
    assert_int_equal(block, TN_ARENA_BLOCK_MAX);
    assert_int_equal(held, f.live_bytes);
    tern_arena_free(a);
}

static void a_big_request_gets_its_own_block(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_arena *a = tern_arena_new(&f.env);
    uint8_t *before = tern_arena_alloc(a, 16);
    const size_t held = tern_arena_size(a);
    uint8_t *big = tern_arena_alloc(a, 5u << 20);
    assert_non_null(big);
    assert_true(tern_arena_size(a) - held < (5u << 20) + 64);
    /* The block at hand goes on as if nothing had been. */
    assert_ptr_equal(tern_arena_alloc(a, 16), before + 16);
    tern_arena_free(a);

    /* So it does when the next block would hold the request, and little more. */
    a = tern_arena_new(&f.env);
    before = tern_arena_alloc(a, 16);
    assert_non_null(tern_arena_alloc(a, 6000));
    assert_true(tern_arena_size(a) < TN_ARENA_BLOCK_MIN + 6100);
    assert_ptr_equal(tern_arena_alloc(a, 16), before + 16);
    tern_arena_free(a);
    assert_int_equal(f.live_blocks, 0);
}

static void a_size_that_overflows_is_refused(void **state)
{
    (void)state;
    tern_arena *a = tern_arena_new(NULL);
    assert_null(tern_arena_alloc(a, SIZE_MAX));
    assert_null(tern_arena_alloc(a, SIZE_MAX - 8));
    assert_null(tern_arena_zalloc(a, SIZE_MAX / 2 + 1));
    assert_null(tern_arena_grow(a, NULL, 0, SIZE_MAX));
    void *p = tern_arena_alloc(a, 10);
    assert_null(tern_arena_grow(a, p, 10, SIZE_MAX));
    tern_arena_free(a);
}

static void nothing_is_something(void **state)
{
    (void)state;
    tern_arena *a = tern_arena_new(NULL);
    assert_non_null(tern_arena_alloc(a, 0));
    tern_arena_free(a);

    tern_arena embedded;
    tn_arena_init(&embedded, NULL, NULL, 0);
    assert_non_null(tern_arena_alloc(&embedded, 0));
    assert_int_equal(tern_arena_size(&embedded), 0);
    tn_arena_fini(&embedded);
}

static void the_last_gift_grows_in_place(void **state)
{
    (void)state;
    tern_arena *a = tern_arena_new(NULL);
    char *p = tern_arena_grow(a, NULL, 0, 3);
    memcpy(p, "ab", 3);
    assert_ptr_equal(tern_arena_grow(a, p, 3, 100), p);
    assert_string_equal(p, "ab");
    assert_ptr_equal(tern_arena_grow(a, p, 100, 3), p);
    char *q = tern_arena_alloc(a, 8);
    assert_ptr_equal(q, p + TN_ARENA_ALIGN);
    char *moved = tern_arena_grow(a, p, 3, 100);
    assert_true(moved != p);
    assert_string_equal(moved, "ab");
    assert_string_equal(p, "ab");
    /* Shrinking what is not last keeps it where it is. */
    assert_ptr_equal(tern_arena_grow(a, p, 3, 1), p);
    tern_arena_free(a);
}

static void a_growing_gift_keeps_its_bytes(void **state)
{
    (void)state;
    tern_arena *a = tern_arena_new(NULL);
    size_t n = 1;
    uint8_t *p = tern_arena_grow(a, NULL, 0, n);
    p[0] = 0;
    for (size_t want = 2; want < 300000; want += want / 3 + 1) {
        p = tern_arena_grow(a, p, n, want);
        assert_non_null(p);
        for (size_t i = n; i < want; i++)
            p[i] = (uint8_t)(i * 7);
        n = want;
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p[i], (uint8_t)(i * 7));
    tern_arena_free(a);
}

static void copies_are_terminated(void **state)
{
    (void)state;
    tern_arena *a = tern_arena_new(NULL);
    const tern_str s = tern_arena_copy(a, (tern_str){ "hello world", 5 });
    assert_string_equal(s.p, "hello");
    assert_int_equal(s.n, 5);
    const tern_str empty = tern_arena_copy(a, TERN_STR(""));
    assert_non_null(empty.p);
    assert_int_equal(empty.n, 0);
    assert_string_equal(tern_str_cstr(empty), "");
    assert_null(tern_arena_copy(a, (tern_str){ 0 }).p);
    assert_null(tern_arena_copy(a, (tern_str){ "x", SIZE_MAX }).p);
    tern_arena_free(a);
}

static void printf_fits_or_moves(void **state)
{
    (void)state;
    tern_arena *a = tern_arena_new(NULL);
    char *before = tn_arena_take1(a, 1);
    tern_str s = tern_arena_printf(a, "%s-%d", "id", 42);
    assert_string_equal(s.p, "id-42");
    assert_int_equal(s.n, 5);
    assert_ptr_equal(s.p, before + 1);
    assert_ptr_equal(tn_arena_take1(a, 1), s.p + 6);

    /* Every length around what is left of the block. */
    for (int off = -3; off <= 3; off++) {
        tern_arena_reset(a);
        const int room = (int)(a->end - a->p);
        s = tern_arena_printf(a, "%*d", room + off, 7);
        assert_int_equal(s.n, room + off);
        assert_int_equal(strlen(s.p), s.n);
        assert_int_equal(s.p[s.n - 1], '7');
    }
    assert_string_equal(tern_arena_printf(a, "%s", "").p, "");
    tern_arena_free(a);
}

static void use(tern_arena *a, size_t bytes)
{
    for (size_t given = 0; given < bytes; given += 48) {
        void *p = tn_arena_take8(a, 48);
        assert_non_null(p);
        memset(p, 1, 48);
    }
}

static void steady_use_asks_for_nothing(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    for (size_t bytes = 100; bytes < 60000; bytes += 3000) {
        _Alignas(max_align_t) uint8_t first[1024];
        tern_arena a;
        tn_arena_init(&a, &f.env, first, sizeof(first));
        for (int i = 0; i < 8; i++) {
            use(&a, bytes);
            tern_arena_reset(&a);
        }
        const uint64_t before = f.count;
        for (int i = 0; i < 100; i++) {
            use(&a, bytes);
            tern_arena_reset(&a);
        }
        assert_int_equal(f.count, before);
        assert_int_equal(tern_arena_size(&a), f.live_bytes);
        tn_arena_fini(&a);
        assert_int_equal(f.live_blocks, 0);
    }
}

static void reset_keeps_one_moderate_block(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_arena *a = tern_arena_new(&f.env);
    use(a, 4u << 20);
    assert_true(f.live_blocks > 5);
    tern_arena_reset(a);
    assert_int_equal(f.live_blocks, 2);
    assert_int_equal(f.live_bytes, TN_ARENA_BLOCK_MIN + TN_ARENA_KEEP);
    assert_int_equal(tern_arena_size(a), f.live_bytes);
    /* The next block follows in size on what was kept, not on what once was. */
    use(a, TN_ARENA_KEEP + 1000);
    assert_int_equal(f.live_bytes, TN_ARENA_BLOCK_MIN + 3 * TN_ARENA_KEEP);
    tn_arena_reset(a, 0);
    assert_int_equal(f.live_blocks, 1);
    assert_non_null(tern_arena_alloc(a, 3500));
    tern_arena_free(a);
    assert_int_equal(f.live_blocks, 0);
}

static void first_memory_may_lie_anywhere(void **state)
{
    (void)state;
    _Alignas(max_align_t) uint8_t memory[128];
    for (size_t at = 0; at < 40; at++) {
        for (size_t n = 0; n < 80; n++) {
            memset(memory, 0x5A, sizeof(memory));
            tern_arena a;
            tn_arena_init(&a, NULL, memory + at, n);
            while (tn_arena_room(&a) > 0)
                memset(tern_arena_alloc(&a, 16), 0, 16);
            assert_int_equal(tern_arena_size(&a), 0);
            void *more = tern_arena_alloc(&a, 16);
            assert_true(is_aligned(more, TN_ARENA_ALIGN));
            tn_arena_fini(&a);
            for (size_t i = 0; i < sizeof(memory); i++)
                if (i < at || i >= at + n)
                    assert_int_equal(memory[i], 0x5A);
        }
    }
}

static void the_limit_bounds_what_is_held(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_arena *a = tern_arena_new(&f.env);
    for (size_t limit = 1; limit < 200000; limit = limit * 2 + 37) {
        tern_arena_limit(a, limit);
        size_t given = 0;
        while (tern_arena_alloc(a, 100))
            given += 100;
        const size_t bound = limit > TN_ARENA_BLOCK_MIN ? limit : TN_ARENA_BLOCK_MIN;
        assert_true(tern_arena_size(a) <= bound);
        assert_true(f.live_bytes <= bound);
        /* The last block is cut to what the limit leaves, not refused as a whole. */
        assert_true(given >= bound * 3 / 4 - 300);
        assert_null(tern_arena_alloc(a, limit + TN_ARENA_BLOCK_MIN));
        tn_arena_reset(a, 0);
    }
    tern_arena_limit(a, 0);
    assert_non_null(tern_arena_alloc(a, 1u << 20));
    tern_arena_free(a);
    assert_int_equal(f.live_blocks, 0);
}

static bool lifetime(tn_failing_env *f, void *user)
{
    (void)user;
    tern_arena *a = tern_arena_new(&f->env);
    if (!a)
        return false;
    bool ok = true;
    char *grown = NULL;
    for (size_t n = 1000; n < 100000; n += 9000) {
        char *bigger = tern_arena_grow(a, grown, grown ? n - 9000 : 0, n);
        if (!bigger) {
            ok = false;
            break;
        }
        grown = bigger;
        memset(grown, 1, n);
        ok = ok && tern_arena_copy(a, TERN_STR("text")).p && tern_arena_zalloc(a, 5000) &&
             tern_arena_printf(a, "%8000d", 1).p;
    }
    tern_arena_reset(a);
    ok = tern_arena_alloc(a, 200000) && ok;
    tern_arena_free(a);
    return ok;
}

static void no_memory_is_told_and_nothing_leaks(void **state)
{
    (void)state;
    assert_true(tn_fail_each(lifetime, NULL) > 5);
}

#ifdef TN_ARENA_ASAN
static void what_was_not_given_is_poisoned(void **state)
{
    (void)state;
    tern_arena *a = tern_arena_new(NULL);
    uint8_t *p = tern_arena_alloc(a, 20);
    assert_false(__asan_address_is_poisoned(p + 19));
    assert_true(__asan_address_is_poisoned(p + 20));
    p = tern_arena_grow(a, p, 20, 40);
    assert_false(__asan_address_is_poisoned(p + 39));
    assert_true(__asan_address_is_poisoned(p + 40));
    tn_arena_shrink(a, p, 40, 8);
    assert_true(__asan_address_is_poisoned(p + 8));
    tern_arena_reset(a);
    assert_true(__asan_address_is_poisoned(p));
    uint8_t *big = tern_arena_alloc(a, 100001);
    assert_true(__asan_address_is_poisoned(big + 100001));
    tern_arena_free(a);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gifts_are_aligned_and_apart),
        cmocka_unit_test(a_new_arena_is_one_allocation),
        cmocka_unit_test(blocks_double_up_to_a_mebibyte),
        cmocka_unit_test(a_big_request_gets_its_own_block),
        cmocka_unit_test(a_size_that_overflows_is_refused),
        cmocka_unit_test(nothing_is_something),
        cmocka_unit_test(the_last_gift_grows_in_place),
        cmocka_unit_test(a_growing_gift_keeps_its_bytes),
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(printf_fits_or_moves),
        cmocka_unit_test(steady_use_asks_for_nothing),
        cmocka_unit_test(reset_keeps_one_moderate_block),
        cmocka_unit_test(first_memory_may_lie_anywhere),
        cmocka_unit_test(the_limit_bounds_what_is_held),
        cmocka_unit_test(no_memory_is_told_and_nothing_leaks),
#ifdef TN_ARENA_ASAN
        cmocka_unit_test(what_was_not_given_is_poisoned),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
