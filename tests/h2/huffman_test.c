/* SPDX-License-Identifier: Apache-2.0 */
/*
 * huffman_test.c: the code of RFC 7541 Appendix B both ways: every symbol and every pair of them,
 * vectors of Appendix C, and what section 5.2 forbids at the end of a string.
 */
#include "h2/huffman.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

/* From behind a guard page, into room of exactly the promised size. */
static bool decode(const void *p, size_t n, void *out, size_t *out_n)
{
    const size_t room = tn_huffman_decode_room(n);
    uint8_t zeros[4096] = { 0 };
    assert_true(room <= sizeof(zeros));
    uint8_t *in = tn_guard_copy(p, n), *dst = tn_guard_copy(zeros, room);
    const bool ok = tn_huffman_decode(in, n, dst, out_n);
    if (ok) {
        assert_true(*out_n + 1 < room);
        memcpy(out, dst, *out_n);
    }
    tn_guard_free(in, n);
    tn_guard_free(dst, room);
    return ok;
}

static void round_trip(const void *p, size_t n)
{
    uint8_t coded[4096], back[4096];
    size_t back_n;
    const size_t size = tn_huffman_size(p, n);
    assert_true(size <= sizeof(coded));
    assert_ptr_equal(tn_huffman_encode(coded, p, n), coded + size);
    assert_true(tn_huffman_decode(coded, size, back, &back_n));
    assert_int_equal(back_n, n);
    assert_memory_equal(back, p, n);
}

static void vectors_of_appendix_c(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t coded[16];
        size_t n;
    } rows[] = {
        { "www.example.com",
          { 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff },
          12 },
        { "no-cache", { 0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf }, 6 },
        { "custom-key", { 0x25, 0xa8, 0x49, 0xe9, 0x5b, 0xa9, 0x7d, 0x7f }, 8 },
        { "302", { 0x64, 0x02 }, 2 },
        { "private", { 0xae, 0xc3, 0x77, 0x1a, 0x4b }, 5 },
        { "", { 0 }, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t coded[16], text[64];
        size_t n;
        assert_int_equal(tn_huffman_size(rows[i].text, strlen(rows[i].text)), rows[i].n);
        tn_huffman_encode(coded, rows[i].text, strlen(rows[i].text));
        assert_memory_equal(coded, rows[i].coded, rows[i].n);
        assert_true(decode(rows[i].coded, rows[i].n, text, &n));
        assert_int_equal(n, strlen(rows[i].text));
        assert_memory_equal(text, rows[i].text, n);
    }
}

static void every_pair_of_symbols_comes_back(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            const uint8_t s[] = { (uint8_t)a, (uint8_t)b, (uint8_t)a };
            round_trip(s, 1 + (b & 1) + (b >> 7));
            round_trip(s, 3);
        }
    }
}

static void random_strings_come_back(void **state)
{
    (void)state;
    tn_seed seed = { 7541 };
    for (int i = 0; i < 3000; i++) {
        uint8_t s[900];
        const size_t n = tn_seed_below(&seed, i % 10 ? 40 : sizeof(s));
        for (size_t k = 0; k < n; k++) /* mostly text, some bytes with codes of up to 30 bits */
            s[k] = (uint8_t)(tn_seed_below(&seed, 8) ? 32 + tn_seed_below(&seed, 95)
                                                     : tn_seed_below(&seed, 256));
        round_trip(s, n);
    }
}

static void padding_is_at_most_7_ones(void **state)
{
    (void)state;
    uint8_t out[64];
    size_t n;
    /* 'a' is 00011. */
    assert_true(decode("\x1f", 1, out, &n));
    assert_int_equal(n, 1);
    assert_false(decode("\x1e", 1, out, &n));         /* a zero in it */
    assert_false(decode("\x18", 1, out, &n));         /* zeros: "a" and half a '0' */
    assert_false(decode("\x1f\xff", 2, out, &n));     /* 11 bits */
    assert_false(decode("\xff", 1, out, &n));         /* 8 bits and nothing else */
    assert_false(decode("\xff\xff\xff", 3, out, &n)); /* less than EOS */
    /* '0' '0' is 10 bits, "00000000" 40 bits: no padding is asked for. */
    assert_true(decode("\0\0\0\0\0", 5, out, &n));
    assert_int_equal(n, 8);
    assert_false(decode("\0\0\0\0\0\xff", 6, out, &n));
}

static void eos_is_refused(void **state)
{
    (void)state;
    uint8_t out[64];
    size_t n;
    assert_false(decode("\xff\xff\xff\xff", 4, out, &n));
    assert_false(decode("\xff\xff\xff\xfc", 4, out, &n));
    /* behind a symbol, before symbols, and in the middle of a long string */
    assert_false(decode("\x1f\xff\xff\xff\xe0", 5, out, &n));
    assert_false(decode("\xff\xff\xff\xfc\0\0\0\0\0\0\0\0\0", 13, out, &n));
    assert_false(decode("\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 17, out, &n));
}

static void every_truncation_keeps_to_its_bytes(void **state)
{
    (void)state;
    tn_seed seed = { 1 };
    uint8_t s[120], coded[512], out[1024];
    tn_seed_fill(&seed, s, sizeof(s));
    const size_t size = (size_t)(tn_huffman_encode(coded, s, sizeof(s)) - coded);
    for (size_t n = 0; n <= size; n++) {
        size_t got;
        if (decode(coded, n, out, &got))
            assert_memory_equal(out, s, got);
    }
}

/* A slow decoder from the encoder alone: what it takes to accept must be what the fast one accepts. */
static bool slow_decode(const uint8_t *p, size_t n, uint8_t *out, size_t *out_n)
{
    uint8_t codes[256][4];
    unsigned lengths[256];
    for (unsigned s = 0; s < 256; s++) {
        const uint8_t eight[8] = { (uint8_t)s, (uint8_t)s, (uint8_t)s, (uint8_t)s,
                                   (uint8_t)s, (uint8_t)s, (uint8_t)s, (uint8_t)s };
        lengths[s] = (unsigned)tn_huffman_size(eight, 8); /* 8 codes of k bits are k bytes */
        tn_huffman_encode(codes[s], eight, 1);
    }
    size_t at = 0, got = 0;
    for (; at < n * 8; got++) {
        unsigned found = 256;
        for (unsigned s = 0; s < 256 && found == 256; s++) {
            unsigned k = 0;
            while (k < lengths[s] && at + k < n * 8 &&
                   (p[(at + k) / 8] >> (7 - (at + k) % 8) & 1) ==
                       (codes[s][k / 8] >> (7 - k % 8) & 1))
                k++;
            if (k == lengths[s])
                found = s;
        }
        if (found == 256)
            break;
        out[got] = (uint8_t)found;
        at += lengths[found];
    }
    *out_n = got;
    for (size_t k = at; k < n * 8; k++)
        if (!(p[k / 8] >> (7 - k % 8) & 1))
            return false;
    return n * 8 - at < 8;
}

static void random_bytes_have_the_verdict_of_a_slow_decoder(void **state)
{
    (void)state;
    tn_seed seed = { 99 };
    int good = 0;
    for (int i = 0; i < 1500; i++) {
        uint8_t s[24], a[64], b[64];
        size_t a_n, b_n;
        const size_t n = tn_seed_below(&seed, sizeof(s));
        tn_seed_fill(&seed, s, n);
        if (n && tn_seed_below(&seed, 2))
            s[n - 1] |= (uint8_t)((1u << tn_seed_below(&seed, 8)) - 1);
        if (n > 3 && tn_seed_below(&seed, 4) == 0)
            s[n / 2] = s[n / 2 + 1] = 0xff;
        const bool want = slow_decode(s, n, b, &b_n);
        assert_int_equal(decode(s, n, a, &a_n), want);
        if (want) {
            good++;
            assert_int_equal(a_n, b_n);
            assert_memory_equal(a, b, a_n);
        }
    }
    assert_true(good > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_appendix_c),
        cmocka_unit_test(every_pair_of_symbols_comes_back),
        cmocka_unit_test(random_strings_come_back),
        cmocka_unit_test(padding_is_at_most_7_ones),
        cmocka_unit_test(eos_is_refused),
        cmocka_unit_test(every_truncation_keeps_to_its_bytes),
        cmocka_unit_test(random_bytes_have_the_verdict_of_a_slow_decoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
