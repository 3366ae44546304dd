/* SPDX-License-Identifier: Apache-2.0 */
/* timeout_test.c: grpc-timeout both ways (wire rules 7 and 8). */
#include "grpc/timeout.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

static const struct {
    const char *text;
    uint64_t ns;
} good[] = {
    { "1n", 1 },
    { "1u", 1000 },
    { "1m", 1000000 },
    { "1S", 1000000000 },
    { "1M", 60000000000 },
    { "1H", 3600000000000 },
    { "0n", 0 },
    { "0H", 0 },
    { "00000010m", 10000000 },
    { "99999999n", 99999999 },
    { "99999999S", 99999999000000000 },
    { "99999999M", 5999999940000000000 },
    { "99999999H", INT64_MAX },
    { "02562047H", UINT64_C(2562047) * 3600000000000 },
    { "02562048H", INT64_MAX },
};

/* Whole and against a guard page; there is no state in which a part could be kept. */
static bool parse(const char *text, size_t n, uint64_t *ns)
{
    uint8_t *p = tn_guard_copy(text, n);
    const bool ok = tn_timeout_parse((tern_str){ (const char *)p, n }, ns);
    tn_guard_free(p, n);
    return ok;
}

static void rule_7_reads_one_to_eight_digits_and_clamps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t ns = 7;
        assert_true(parse(good[i].text, strlen(good[i].text), &ns));
        assert_int_equal(ns, good[i].ns);
    }
}

static void rule_7_refuses_what_is_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = { "",    "n",   "1",    "1s",  "1h",          "123456789n",
                                       "-1n", "+1n", " 1n",  "1n ", "1.5S",        "1 S",
                                       "S1",  "1nn", "0x1n", "1N",  "1000000000H", "12345678" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t ns;
        assert_false(parse(bad[i], strlen(bad[i]), &ns));
    }
    uint64_t ns;
    assert_false(parse("1\0n", 3, &ns));
    assert_false(tn_timeout_parse((tern_str){ NULL, 0 }, &ns));
}

static void rule_8_writes_the_finest_unit_rounded_up(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        { 0, "1n" },
        { 1, "1n" },
        { 99999999, "99999999n" },
        { 100000000, "100000u" },
        { 100000001, "100001u" },
        { 500000000, "500000u" },
        { UINT64_C(99999999000), "99999999u" },
        { UINT64_C(99999999001), "100000m" },
        { UINT64_C(99999999000000), "99999999m" },
        { UINT64_C(99999999000001), "100000S" },
        { UINT64_C(99999999000000001), "1666667M" },
        { INT64_MAX, "2562048H" },
        { UINT64_MAX - 1, "5124096H" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[TN_TIMEOUT_TEXT + 1] = { 0 };
        const size_t n = tn_timeout_encode(out, cases[i].ns);
        assert_int_equal(n, strlen(cases[i].text));
        assert_string_equal(out, cases[i].text);
    }
}

static void what_is_written_is_read_back_and_never_less(void **state)
{
    (void)state;
    tn_seed seed = { 7 };
    for (int i = 0; i < 100000; i++) {
        const uint64_t ns = tn_seed_next(&seed) >> (1 + tn_seed_below(&seed, 63));
        char out[TN_TIMEOUT_TEXT];
        uint64_t back = 0;
        const size_t n = tn_timeout_encode(out, ns);
        assert_true(n <= TN_TIMEOUT_TEXT);
        assert_true(tn_timeout_parse((tern_str){ out, n }, &back));
        assert_true(back >= ns);
        assert_true(back - ns <= 1 + ns / 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_7_reads_one_to_eight_digits_and_clamps),
        cmocka_unit_test(rule_7_refuses_what_is_malformed),
        cmocka_unit_test(rule_8_writes_the_finest_unit_rounded_up),
        cmocka_unit_test(what_is_written_is_read_back_and_never_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
