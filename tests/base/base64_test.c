/* SPDX-License-Identifier: Apache-2.0 */
/* base64_test.c: the vectors of RFC 4648 section 10, round trips, and all that is refused. */
#include "base/base64.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

static const struct {
    const char *bytes, *unpadded, *padded;
} vectors[] = {
    { "", "", "" },
    { "f", "Zg", "Zg==" },
    { "fo", "Zm8", "Zm8=" },
    { "foo", "Zm9v", "Zm9v" },
    { "foob", "Zm9vYg", "Zm9vYg==" },
    { "fooba", "Zm9vYmE", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
};

static void vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const size_t n = strlen(vectors[i].bytes);
        char out[16];
        memset(out, '!', sizeof(out));
        tn_base64_encode(out, vectors[i].bytes, n);
        assert_int_equal(tn_base64_encoded_size(n), strlen(vectors[i].unpadded));
        assert_memory_equal(out, vectors[i].unpadded, strlen(vectors[i].unpadded));
        assert_int_equal(out[strlen(vectors[i].unpadded)], '!');

        assert_int_equal(tn_base64_decode(out, vectors[i].unpadded, strlen(vectors[i].unpadded)),
                         n);
        assert_memory_equal(out, vectors[i].bytes, n);
        assert_int_equal(tn_base64_decode(out, vectors[i].padded, strlen(vectors[i].padded)), n);
        assert_memory_equal(out, vectors[i].bytes, n);
    }
    tn_base64_encode(NULL, NULL, 0);
    assert_int_equal(tn_base64_decode(NULL, NULL, 0), 0);
}

static void round_trips_within_their_bounds(void **state)
{
    (void)state;
    tn_seed seed = { 8 };
    for (size_t n = 0; n < 200; n++) {
        uint8_t bytes[200], zeros[400] = { 0 };
        tn_seed_fill(&seed, bytes, n);
        uint8_t *in = tn_guard_copy(bytes, n);
        const size_t size = tn_base64_encoded_size(n);
        uint8_t *text = tn_guard_copy(zeros, size);
        tn_base64_encode((char *)text, in, n);

        const size_t room = size / 4 * 3 + 2;
        uint8_t *back = tn_guard_copy(zeros, room);
        assert_int_equal(tn_base64_decode(back, (const char *)text, size), n);
        if (n)
            assert_memory_equal(back, bytes, n);
        tn_guard_free(back, room);
        tn_guard_free(text, size);
        tn_guard_free(in, n);
    }
}

static void refused(const char *text)
{
    uint8_t out[64];
    if (tn_base64_decode(out, text, strlen(text)) != SIZE_MAX)
        fail_msg("\"%s\" was taken", text);
}

static void wrong_padding_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "=",        "==",   "===",   "====",  "Z",     "Z=",      "Z==",
        "Z===",     "Zg=",  "Zg===", "Zm8==", "Zm9v=", "Zm9v==",  "Zm9v====",
        "Zg==Zg==", "Zg=v", "=Zg=",  "Zm=v",  "Zm9vY", "Zm9vYg=", "Zm9vYmE==",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        refused(texts[i]);
}

static void a_lone_last_character_is_refused(void **state)
{
    (void)state;
    uint8_t out[8];
    for (size_t n = 1; n <= 5; n += 4) {
        /* What follows would complete it, but is not part of it; nor may it be read. */
        assert_true(tn_base64_decode(out, "AAAAAAAA", n) == SIZE_MAX);
        uint8_t *guarded = tn_guard_copy("AAAAAAAA", n);
        assert_true(tn_base64_decode(out, (const char *)guarded, n) == SIZE_MAX);
        tn_guard_free(guarded, n);
    }
}

static void bits_behind_the_end_are_refused(void **state)
{
    (void)state;
    /* Of the 64 last characters of a group of two (three), 4 (16) leave no bit over. */
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int two = 0, three = 0;
    for (int i = 0; i < 64; i++) {
        uint8_t out[8];
        const char group[4] = { 'Q', digits[i], '=', '=' };
        const bool taken = tn_base64_decode(out, group, 2) == 1;
        assert_true(taken == (tn_base64_decode(out, group, 4) == 1));
        assert_true(taken == (i % 16 == 0));
        two += taken;
        const char longer[4] = { 'Q', 'Q', digits[i], '=' };
        const bool longer_taken = tn_base64_decode(out, longer, 3) == 2;
        assert_true(longer_taken == (tn_base64_decode(out, longer, 4) == 2));
        three += longer_taken;
    }
    assert_int_equal(two, 4);
    assert_int_equal(three, 16);
}

static void foreign_characters_are_refused_everywhere(void **state)
{
    (void)state;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; c++) {
        const bool is_digit = c && strchr(digits, c);
        for (size_t n = 2; n <= 8; n++) {
            if (n == 5)
                continue;
            for (size_t at = 0; at < n; at++) {
                char text[8];
                uint8_t out[8];
                memset(text, 'A', sizeof(text));
                text[at] = (char)c;
                const bool taken = tn_base64_decode(out, text, n) != SIZE_MAX;
                if (!is_digit && !(c == '=' && n % 4 == 0 && at == n - 1))
                    assert_false(taken);
                else if (at < n - 1 || n % 4 == 0)
                    assert_true(taken);
            }
        }
    }
}

/* One byte string, one text: what decodes encodes back to the same characters. */
static void decoding_is_one_to_one(void **state)
{
    (void)state;
    tn_seed seed = { 9 };
    static const char some[] = "AQgw+/z9=-";
    for (int round = 0; round < 100000; round++) {
        char text[8], again[12];
        uint8_t out[8];
        const size_t n = tn_seed_below(&seed, 9);
        for (size_t i = 0; i < n; i++)
            text[i] = some[tn_seed_below(&seed, sizeof(some) - 1)];
        const size_t m = tn_base64_decode(out, text, n);
        if (m == SIZE_MAX)
            continue;
        tn_base64_encode(again, out, m);
        assert_memory_equal(again, text, tn_base64_encoded_size(m));
        for (size_t i = tn_base64_encoded_size(m); i < n; i++)
            assert_int_equal(text[i], '=');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_rfc),
        cmocka_unit_test(round_trips_within_their_bounds),
        cmocka_unit_test(wrong_padding_is_refused),
        cmocka_unit_test(a_lone_last_character_is_refused),
        cmocka_unit_test(bits_behind_the_end_are_refused),
        cmocka_unit_test(foreign_characters_are_refused_everywhere),
        cmocka_unit_test(decoding_is_one_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
