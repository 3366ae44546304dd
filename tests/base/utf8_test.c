/* SPDX-License-Identifier: Apache-2.0 */
/* utf8_test.c: against a checker that decodes one character at a time, as RFC 3629 words it. */
#include "base/utf8.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

static bool plain_valid(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        const uint32_t c = p[i];
        const size_t length = c < 0x80       ? 1
                              : c >> 5 == 6  ? 2
                              : c >> 4 == 14 ? 3
                              : c >> 3 == 30 ? 4
                                             : 0;
        if (length == 0 || length > n - i)
            return false;
        uint32_t v = length == 1 ? c : c & (0x7Fu >> length);
        for (size_t k = 1; k < length; k++) {
            if (p[i + k] >> 6 != 2)
                return false;
            v = v << 6 | (p[i + k] & 63);
        }
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        if (v < least[length] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
            return false;
        i += length;
    }
    return true;
}

static void same(const uint8_t *p, size_t n)
{
    if (tn_utf8_valid(p, n) != plain_valid(p, n))
        fail_msg("%zu bytes: %02x %02x %02x %02x ...", n, p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0,
                 n > 3 ? p[3] : 0);
}

static void nothing_is_valid(void **state)
{
    (void)state;
    assert_true(tn_utf8_valid(NULL, 0));
    assert_true(tn_utf8_valid("", 0));
    assert_true(tn_utf8_valid("\0\0", 2));
}

static void all_short_sequences(void **state)
{
    (void)state;
    uint8_t p[3];
    for (uint32_t v = 0; v < 1u << 16; v++) {
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
        same(p, 1);
        same(p, 2);
        /* Every third byte that stands at an edge of some rule. */
        static const uint8_t edges[] = {
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF
        };
        for (size_t k = 0; k < sizeof(edges); k++) {
            p[2] = edges[k];
            same(p, 3);
        }
    }
}

static void all_four_byte_sequences_at_the_edges(void **state)
{
    (void)state;
    static const uint8_t edges[] = { 0x00, 0x7F, 0x80, 0x81, 0x8F, 0x90,
                                     0x9F, 0xA0, 0xBF, 0xC0, 0xFF };
    enum { N = sizeof(edges) };
    for (uint32_t lead = 0xE0; lead < 0x100; lead++) {
        for (uint32_t i = 0; i < N * N * N; i++) {
            const uint8_t p[4] = { (uint8_t)lead, edges[i % N], edges[i / N % N],
                                   edges[i / N / N] };
            same(p, 4);
        }
    }
}

static size_t encode(uint8_t *p, uint32_t v)
{
    if (v < 0x80) {
        p[0] = (uint8_t)v;
        return 1;
    }
    const size_t n = v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
    for (size_t k = n - 1; k > 0; k--, v >>= 6)
        p[k] = (uint8_t)(0x80 | (v & 63));
    p[0] = (uint8_t)((0xF00u >> n & 0xFF) | v);
    return n;
}

static void every_code_point_and_no_surrogate(void **state)
{
    (void)state;
    for (uint32_t v = 0; v <= 0x10FFFF + 1000; v++) {
        uint8_t p[4];
        const size_t n = encode(p, v);
        const bool want = v <= 0x10FFFF && (v < 0xD800 || v > 0xDFFF);
        if (tn_utf8_valid(p, n) != want)
            fail_msg("U+%04X", v);
        if (n > 1 && tn_utf8_valid(p, n - 1))
            fail_msg("U+%04X cut short", v);
    }
}

static void overlong_forms_are_refused(void **state)
{
    (void)state;
    assert_false(tn_utf8_valid("\xC0\x80", 2));
    assert_false(tn_utf8_valid("\xC1\xBF", 2));
    assert_false(tn_utf8_valid("\xE0\x80\x80", 3));
    assert_false(tn_utf8_valid("\xE0\x9F\xBF", 3));
    assert_false(tn_utf8_valid("\xF0\x8F\xBF\xBF", 4));
    assert_false(tn_utf8_valid("\xF8\x88\x80\x80\x80", 5));
}

/* One bad or cut character at each place of texts of each length around the fast paths' steps. */
static void every_place_in_every_length(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "\x80",         "\xC3",         "\xC3\xA9",         "\xE2\x82",         "\xE2\x82\xAC",
        "\xED\xA0\x80", "\xF0\x9F\x90", "\xF0\x9F\x90\xA6", "\xF4\x90\x80\x80", "\xFF",
    };
    for (size_t n = 1; n <= 70; n++) {
        for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++) {
            const size_t m = strlen(parts[k]);
            for (size_t at = 0; at + m <= n; at++) {
                uint8_t text[70];
                memset(text, 'a', n);
                memcpy(text + at, parts[k], m);
                same(text, n);
            }
        }
    }
}

/* A character cut by ASCII, for the length of a fast step, does not go on behind it. */
static void a_character_does_not_span_ascii(void **state)
{
    (void)state;
    for (size_t before = 0; before < 40; before++) {
        for (size_t between = 1; between < 40; between++) {
            uint8_t text[100];
            memset(text, 'a', sizeof(text));
            text[before] = 0xC3;
            text[before + 1 + between] = 0xA9;
            same(text, before + between + 2);
            same(text, sizeof(text));
        }
    }
}

/* Texts of mostly whole characters, some with one byte changed. */
static void random_texts(void **state)
{
    (void)state;
    tn_seed seed = { 7 };
    for (int round = 0; round < 30000; round++) {
        uint8_t text[104];
        size_t n = 0;
        const size_t want = tn_seed_below(&seed, 100);
        while (n < want) {
            static const uint32_t ranges[] = { 0x80, 0x80, 0x800, 0x10000, 0x10FFFF };
            n += encode(text + n, tn_seed_below(&seed, ranges[tn_seed_below(&seed, 5)]));
        }
        same(text, n);
        if (n) {
            text[tn_seed_below(&seed, (uint32_t)n)] = (uint8_t)tn_seed_next(&seed);
            same(text, n);
        }
    }
}

static void it_reads_exactly_its_bytes(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 70; n++) {
        uint8_t text[70];
        memset(text, 'a', sizeof(text));
        uint8_t *guarded = tn_guard_copy(text, n);
        assert_true(tn_utf8_valid(guarded, n));
        assert_int_equal(tn_utf8_cut((const char *)guarded, n), n);
        if (n) {
            guarded[n - 1] = 0xF0;
            assert_false(tn_utf8_valid(guarded, n));
            assert_int_equal(tn_utf8_cut((const char *)guarded, n), n - 1);
        }
        tn_guard_free(guarded, n);
    }
}

static void cut_splits_no_character(void **state)
{
    (void)state;
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xA6z";
    static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11 };
    for (size_t n = 0; n < sizeof(text); n++) {
        assert_int_equal(tn_utf8_cut(text, n), want[n]);
        assert_true(tn_utf8_valid(text, tn_utf8_cut(text, n)));
    }
}

static void cut_leaves_what_is_not_utf8(void **state)
{
    (void)state;
    assert_int_equal(tn_utf8_cut("\x80\x80\x80\x80\x80\x80", 6), 6);
    assert_int_equal(tn_utf8_cut("\x80", 1), 1);
    assert_int_equal(tn_utf8_cut("a\x80\x80", 3), 3);
    assert_int_equal(tn_utf8_cut("\xF0\x80\x80\x80\x80", 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_valid),
        cmocka_unit_test(all_short_sequences),
        cmocka_unit_test(all_four_byte_sequences_at_the_edges),
        cmocka_unit_test(every_code_point_and_no_surrogate),
        cmocka_unit_test(overlong_forms_are_refused),
        cmocka_unit_test(every_place_in_every_length),
        cmocka_unit_test(a_character_does_not_span_ascii),
        cmocka_unit_test(random_texts),
        cmocka_unit_test(it_reads_exactly_its_bytes),
        cmocka_unit_test(cut_splits_no_character),
        cmocka_unit_test(cut_leaves_what_is_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
