/* SPDX-License-Identifier: Apache-2.0 */
/* percent_test.c: grpc-message both ways (wire rule 35), and repair of text that is not UTF-8. */
#include "base/utf8.h"
#include "grpc/percent.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

static tern_str encode(char *out, size_t cap, const char *p, size_t n)
{
    uint8_t *copy = tn_guard_copy(p, n);
    const size_t size = tn_percent_encode(out, cap, (tern_str){ (const char *)copy, n });
    tn_guard_free(copy, n);
    assert_true(size <= cap);
    return (tern_str){ out, size };
}

static tern_str decode(tern_arena *arena, const char *p, size_t n)
{
    uint8_t *copy = tn_guard_copy(p, n);
    const tern_str text = tn_percent_decode(arena, (tern_str){ (const char *)copy, n });
    assert_non_null(text.p);
    assert_int_equal(text.p[text.n], '\0');
    assert_true(tn_utf8_valid(text.p, text.n));
    /* The answer never lies in the input, which goes now. */
    tn_guard_free(copy, n);
    return text;
}

static const struct {
    const char *plain, *coded;
} both_ways[] = {
    { "", "" },
    { "plain text, with \"quotes\" & all #<>`?{}", "plain text, with \"quotes\" & all #<>`?{}" },
    { "100%", "100%25" },
    { "a\nb\tc", "a%0Ab%09c" },
    { "\x7f", "%7F" },
    { "gr\xc3\xbc\xc3\x9f", "gr%C3%BC%C3%9F" },
    { "\xe4\xbd\xa0\xe5\xa5\xbd", "%E4%BD%A0%E5%A5%BD" },
    { "\xf0\x9f\x98\x88", "%F0%9F%98%88" },
    { "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP \xf0\x9f\x98\x88\t\n",
      "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A" },
};

static void rule_35_encodes_all_but_printable_ascii(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    for (size_t i = 0; i < sizeof(both_ways) / sizeof(both_ways[0]); i++) {
        char out[1024];
        const tern_str coded =
            encode(out, sizeof(out), both_ways[i].plain, strlen(both_ways[i].plain));
        assert_int_equal(coded.n, strlen(both_ways[i].coded));
        assert_memory_equal(coded.p, both_ways[i].coded, coded.n);
        const tern_str plain = decode(arena, both_ways[i].coded, strlen(both_ways[i].coded));
        assert_string_equal(plain.p, both_ways[i].plain);
    }
    tern_arena_free(arena);
}

static void rule_35_decodes_any_case_and_keeps_bad_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *coded, *plain;
    } cases[] = {
        { "%c3%Bc", "\xc3\xbc" }, { "%", "%" },     { "%2", "%2" },   { "%zz", "%zz" },
        { "%4", "%4" },           { "%%41", "%A" }, { "%41%", "A%" }, { "%20%22%3c", " \"<" },
        { "%G1%41", "%G1A" },     { "a+b", "a+b" },
    };
    tern_arena *arena = tern_arena_new(NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(decode(arena, cases[i].coded, strlen(cases[i].coded)).p,
                            cases[i].plain);
    tern_arena_free(arena);
}

static void invalid_utf8_is_replaced_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *bad, *repaired, *coded;
    } cases[] = {
        { "\xff", "\xef\xbf\xbd", "%EF%BF%BD" },
        { "a\x80z", "a\xef\xbf\xbdz", "a%EF%BF%BDz" },
        { "\xc3", "\xef\xbf\xbd", "%EF%BF%BD" },
        { "\xc3(", "\xef\xbf\xbd(", "%EF%BF%BD(" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "%EF%BF%BD%EF%BF%BD%EF%BF%BD" },
        { "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "%EF%BF%BD%EF%BF%BD" },
    };
    tern_arena *arena = tern_arena_new(NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[128];
        const size_t n = strlen(cases[i].bad);
        const tern_str coded = encode(out, sizeof(out), cases[i].bad, n);
        assert_int_equal(coded.n, strlen(cases[i].coded));
        assert_memory_equal(coded.p, cases[i].coded, coded.n);
        assert_string_equal(decode(arena, cases[i].bad, n).p, cases[i].repaired);
        assert_string_equal(tn_text_repair(arena, (tern_str){ cases[i].bad, n }).p,
                            cases[i].repaired);
    }
    const tern_str fine = TERN_STR("fine");
    assert_ptr_equal(tn_text_repair(arena, fine).p, fine.p);
    tern_arena_free(arena);
}

static void a_cut_falls_between_characters(void **state)
{
    (void)state;
    static const char text[] = "ab\xc3\xbc"
                               "c";
    static const size_t fits[] = { 0, 1, 2, 2, 2, 2, 2, 2, 8, 9, 9 };
    for (size_t cap = 0; cap < sizeof(fits) / sizeof(fits[0]); cap++) {
        char out[16];
        assert_int_equal(encode(out, cap, text, sizeof(text) - 1).n, fits[cap]);
    }
}

static void any_octets_survive_or_are_repaired(void **state)
{
    (void)state;
    tn_seed seed = { 35 };
    tern_arena *arena = tern_arena_new(NULL);
    for (int i = 0; i < 5000; i++) {
        char in[48], out[9 * sizeof(in)];
        const size_t n = tn_seed_below(&seed, sizeof(in));
        tn_seed_fill(&seed, in, n);
        const tern_str coded = encode(out, 9 * n, in, n);
        for (size_t k = 0; k < coded.n; k++)
            assert_true(coded.p[k] >= 0x20 && coded.p[k] <= 0x7E);
        const tern_str back = decode(arena, coded.p, coded.n);
        const tern_str repaired = tn_text_repair(arena, (tern_str){ in, n });
        assert_true(tern_str_equal(back, repaired));
        (void)decode(arena, in, n);
        tern_arena_reset(arena);
    }
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_35_encodes_all_but_printable_ascii),
        cmocka_unit_test(rule_35_decodes_any_case_and_keeps_bad_escapes),
        cmocka_unit_test(invalid_utf8_is_replaced_both_ways),
        cmocka_unit_test(a_cut_falls_between_characters),
        cmocka_unit_test(any_octets_survive_or_are_repaired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
