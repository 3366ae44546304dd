/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_mask_test.c: FieldMask: what is a path, what contains what, and the normal form.
 */
#include "pb/poor.h"
#include "support/guard.h"
#include "support/seed.h"
#include "tern/wkt.h"

#include <stdlib.h>

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

/* Of paths with blanks between them; "" is no path. */
static google_protobuf_FieldMask mask_of(const char *paths)
{
    google_protobuf_FieldMask mask = { .paths = { .n = 0 } };
    while (*paths) {
        const size_t n = strcspn(paths, " ");
        tern_error err;
        assert_int_equal(tern_field_mask_add(&mask, (tern_str){ paths, n }, arena, &err), TERN_OK);
        paths += n + (paths[n] == ' ');
    }
    return mask;
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        tern_str path;
        bool ok;
    } cases[] = {
        { TERN_STR_INIT("a"), true },
        { TERN_STR_INIT("a.b"), true },
        { TERN_STR_INIT("a_b.c_1.D"), true },
        { TERN_STR_INIT("_a._"), true },
        { TERN_STR_INIT("a1"), true },
        { TERN_STR_INIT(""), false },
        { { NULL, 0 }, false },
        { TERN_STR_INIT("."), false },
        { TERN_STR_INIT(".a"), false },
        { TERN_STR_INIT("a."), false },
        { TERN_STR_INIT("a..b"), false },
        { TERN_STR_INIT("1a"), false },
        { TERN_STR_INIT("a.1"), false },
        { TERN_STR_INIT("a,b"), false },
        { TERN_STR_INIT("a b"), false },
        { TERN_STR_INIT("*"), false },
        { TERN_STR_INIT("a-b"), false },
        { TERN_STR_INIT("a\0"), false },
        { TERN_STR_INIT("\xc3\xa4"), false },
        { TERN_STR_INIT("a@"), false },
        { TERN_STR_INIT("a["), false },
        { TERN_STR_INIT("a`"), false },
        { TERN_STR_INIT("a{"), false },
        { TERN_STR_INIT("a:"), false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const size_t n = cases[i].path.n;
        uint8_t *p = tn_guard_copy(cases[i].path.p, n);
        google_protobuf_FieldMask mask = { .paths = { .n = 0 } };
        tern_error err = { .code = TERN_INTERNAL };
        const tern_str path = { cases[i].path.p ? (const char *)p : NULL, n };
        const tern_code code = tern_field_mask_add(&mask, path, arena, &err);
        tn_guard_free(p, n);
        assert_int_equal(code, cases[i].ok ? TERN_OK : TERN_INVALID_ARGUMENT);
        assert_int_equal(err.code, code);
        assert_int_equal(mask.paths.n, cases[i].ok);
        if (cases[i].ok)
            assert_true(tern_str_equal(mask.paths.p[0], cases[i].path));
        else
            assert_non_null(strstr(err.text, "FieldMask.paths: \""));
    }
}

static void test_a_long_bad_path_is_cut(void **state)
{
    (void)state;
    char path[2001];
    memset(path, 'a', sizeof(path));
    path[1000] = ' ';
    google_protobuf_FieldMask mask = { .paths = { .n = 0 } };
    tern_error err;
    assert_int_equal(tern_field_mask_add(&mask, (tern_str){ path, sizeof(path) }, arena, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "a\" is not field names"));
}

static void test_contains(void **state)
{
    (void)state;
    const google_protobuf_FieldMask mask = mask_of("a b.c d");
    static const struct {
        tern_str path;
        bool in;
    } cases[] = {
        { TERN_STR_INIT("a"), true },     { TERN_STR_INIT("a.b"), true },
        { TERN_STR_INIT("a.b.c"), true }, { TERN_STR_INIT("ab"), false },
        { TERN_STR_INIT("a_b"), false },  { TERN_STR_INIT("b"), false },
        { TERN_STR_INIT("b.c"), true },   { TERN_STR_INIT("b.c.d"), true },
        { TERN_STR_INIT("b.cd"), false }, { TERN_STR_INIT("d"), true },
        { TERN_STR_INIT("e"), false },    { TERN_STR_INIT(""), false },
        { { NULL, 0 }, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t *p = tn_guard_copy(cases[i].path.p, cases[i].path.n);
        const tern_str path = { (const char *)p, cases[i].path.n };
        assert_int_equal(tern_field_mask_contains(&mask, path), cases[i].in);
        tn_guard_free(p, cases[i].path.n);
    }
    const google_protobuf_FieldMask none = { .paths = { .n = 0 } };
    assert_false(tern_field_mask_contains(&none, TERN_STR("a")));
    assert_false(tern_field_mask_contains(NULL, TERN_STR("a")));
}

static void check_paths(const google_protobuf_FieldMask *mask, const char *want)
{
    char got[256] = "";
    size_t n = 0;
    for (size_t i = 0; i < mask->paths.n; i++) {
        const tern_str path = mask->paths.p[i];
        assert_true(n + path.n + 2 < sizeof(got));
        if (n)
            got[n++] = ' ';
        memcpy(got + n, path.p, path.n);
        n += path.n;
        got[n] = '\0';
    }
    assert_string_equal(got, want);
}

static void test_the_normal_form(void **state)
{
    (void)state;
    static const struct {
        const char *paths, *want;
    } cases[] = {
        { "", "" },
        { "a", "a" },
        { "b a", "a b" },
        { "a a a", "a" },
        { "a.b a", "a" },
        { "a a.b.c a.b", "a" },
        { "a.b.c a.b d.e d.f", "a.b d.e d.f" },
        /* A byte order would put "aB" and "a1" elsewhere, and miss "a.b" behind them. */
        { "a_b aB a1 a.b a", "a a1 aB a_b" },
        { "a_b.c a.b.c a_b a.b", "a.b a_b" },
        { "ab abc abcd", "ab abc abcd" },
        { "z y x w v u t s r q p o n m", "m n o p q r s t u v w x y z" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        google_protobuf_FieldMask mask = mask_of(cases[i].paths);
        tern_field_mask_normalise(&mask);
        check_paths(&mask, cases[i].want);
        tern_field_mask_normalise(&mask);
        check_paths(&mask, cases[i].want);
        tern_error err;
        google_protobuf_FieldMask *back = google_protobuf_FieldMask_decode(
            google_protobuf_FieldMask_encode(&mask, arena, &err), arena, &err);
        assert_non_null(back);
        check_paths(back, cases[i].want);
    }
}

/* A peer's paths may be anything, bytes below the dot among them: none comes between "a" and "a.b". */
static void test_paths_that_are_none(void **state)
{
    (void)state;
    tern_str paths[] = { TERN_STR("a.b"),  TERN_STR("a-b"), TERN_STR("a"),     TERN_STR(""),
                         TERN_STR("a b"),  { NULL, 0 },     TERN_STR("a\xff"), TERN_STR("a."),
                         TERN_STR("a\0b"), TERN_STR("a\1"), TERN_STR("a.c") };
    google_protobuf_FieldMask mask = { .paths = { .p = paths,
                                                  .n = sizeof(paths) / sizeof(paths[0]) } };
    static const tern_str want[] = {
        TERN_STR_INIT(""),    TERN_STR_INIT("a"),   TERN_STR_INIT("a\0b"),  TERN_STR_INIT("a\1"),
        TERN_STR_INIT("a b"), TERN_STR_INIT("a-b"), TERN_STR_INIT("a\xff"),
    };
    tern_field_mask_normalise(&mask);
    assert_int_equal(mask.paths.n, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < mask.paths.n; i++)
        assert_true(tern_str_equal(mask.paths.p[i], want[i]));
}

/* Against the plain definition: a path stays when no other one contains it, once. */
static void test_as_a_model(void **state)
{
    (void)state;
    tn_seed seed = { .state = 3 };
    for (int round = 0; round < 300; round++) {
        google_protobuf_FieldMask mask = { .paths = { .n = 0 } }, was = { .paths = { .n = 0 } };
        const uint32_t n = tn_seed_below(&seed, 30);
        for (uint32_t i = 0; i < n; i++) {
            char text[8];
            const uint32_t length = 1 + 2 * tn_seed_below(&seed, 4);
            for (uint32_t j = 0; j < length; j++)
                text[j] = j % 2 ? "._"[tn_seed_below(&seed, 2)] : "ab"[tn_seed_below(&seed, 2)];
            tern_error err;
            const tern_str path = { text, length };
            assert_int_equal(tern_field_mask_add(&mask, path, arena, &err), TERN_OK);
            assert_int_equal(tern_field_mask_add(&was, path, arena, &err), TERN_OK);
        }
        tern_field_mask_normalise(&mask);
        for (size_t i = 0; i < was.paths.n; i++)
            assert_true(tern_field_mask_contains(&mask, was.paths.p[i]));
        for (size_t i = 0; i < mask.paths.n; i++) {
            assert_true(tern_field_mask_contains(&was, mask.paths.p[i]));
            google_protobuf_FieldMask others = { .paths = { .p = mask.paths.p, .n = i } };
            assert_false(tern_field_mask_contains(&others, mask.paths.p[i]));
            others.paths.p = mask.paths.p + i + 1;
            others.paths.n = mask.paths.n - i - 1;
            assert_false(tern_field_mask_contains(&others, mask.paths.p[i]));
        }
    }
}

static void test_a_large_mask_is_no_work(void **state)
{
    (void)state;
    enum { PATHS = 30000 };
    tern_str *paths = calloc(PATHS, sizeof(*paths));
    assert_non_null(paths);
    for (int order = 0; order < 3; order++) {
        for (int i = 0; i < PATHS; i++) {
            const int k = order == 0 ? i : order == 1 ? PATHS - i : i * 7919 % PATHS;
            paths[i] = tern_arena_printf(arena, "p%06d", k);
        }
        google_protobuf_FieldMask mask = { .paths = { .p = paths, .n = PATHS } };
        tern_field_mask_normalise(&mask);
        assert_int_equal(mask.paths.n, PATHS);
        for (int i = 1; i < PATHS; i++)
            assert_true(strcmp(paths[i - 1].p, paths[i].p) < 0);
    }
    free(paths);
}

static void test_memory_that_ends_anywhere(void **state)
{
    (void)state;
    bool ok = false;
    for (size_t left = 0; !ok; left += 8) {
        tn_failing_env f;
        tern_arena *poor = poor_arena(&f, left);
        google_protobuf_FieldMask mask = { .paths = { .n = 0 } };
        tern_error err = { .code = TERN_OK };
        size_t n = 0;
        while (n < 9 && tern_field_mask_add(&mask, TERN_STR("a.b"), poor, &err) == TERN_OK)
            n++;
        ok = n == 9;
        assert_int_equal(err.code, ok ? TERN_OK : TERN_RESOURCE_EXHAUSTED);
        assert_int_equal(ok, f.failed == 0);
        assert_int_equal(mask.paths.n, n);
        for (size_t i = 0; i < n; i++)
            assert_string_equal(mask.paths.p[i].p, "a.b");
        tern_arena_free(poor);
        assert_int_equal(f.live_blocks, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_a_long_bad_path_is_cut),
        cmocka_unit_test(test_contains),
        cmocka_unit_test(test_the_normal_form),
        cmocka_unit_test(test_paths_that_are_none),
        cmocka_unit_test(test_as_a_model),
        cmocka_unit_test(test_a_large_mask_is_no_work),
        cmocka_unit_test(test_memory_that_ends_anywhere),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
