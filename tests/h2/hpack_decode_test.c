/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_decode_test.c: what the decoder refuses, what it bounds, and how long its fields live.
 */
#include "h2/hpack.h"
#include "hpack_noise.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

enum { CAP = 128, LIST = 16384 };

typedef struct fixture {
    tn_failing_env f;
    tn_hpack_decoder d;
    tn_h2_field fields[CAP];
    uint32_t n;
} fixture;

static void start(fixture *x)
{
    tn_failing_env_init(&x->f);
    tn_hpack_decoder_init(&x->d, &x->f.env, LIST);
}

static void stop(fixture *x)
{
    tn_hpack_decoder_free(&x->d);
    assert_int_equal(x->f.live_blocks, 0);
}

static tn_hpack_verdict decode(fixture *x, const void *p, size_t n)
{
    return tn_hpack_decode(&x->d, (tern_bytes){ p, n }, x->fields, CAP, &x->n);
}

#define DECODE(x, literal) decode((x), "" literal "", sizeof(literal) - 1)

static bool is(tern_str s, const char *want)
{
    return tern_str_equal(s, tern_str_of(want));
}

static void malformed_blocks_are_bad_for_ever(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t n;
        uint8_t bytes[24];
    } rows[] = {
        { "index 0", 1, { 0x80 } },
        { "index past the static table, nothing inserted", 1, { 0xbe } },
        { "index past both", 2, { 0xff, 0x00 } },
        { "name index past both", 3, { 0x7f, 0x01, 0x00 } },
        { "index cut off", 1, { 0xff } },
        { "index cut off later", 3, { 0xff, 0x80, 0x80 } },
        { "integer of six octets", 7, { 0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 } },
        { "integer of 2^28", 5, { 0xff, 0x81, 0xff, 0xff, 0x7f } },
        { "integer that wraps 32 bits", 6, { 0xff, 0x83, 0xff, 0xff, 0xff, 0x0f } },
        { "integer that wraps 35 bits", 6, { 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f } },
        { "name missing", 1, { 0x00 } },
        { "value missing", 3, { 0x00, 0x01, 'a' } },
        { "value missing behind an index", 1, { 0x41 } },
        { "name longer than the block", 3, { 0x00, 0x03, 'a' } },
        { "value longer than the block", 4, { 0x41, 0x7f, 0x80, 0x7f } },
        { "length cut off", 3, { 0x41, 0x7f, 0x80 } },
        { "Huffman padding of zeros", 3, { 0x41, 0x81, 0x18 } },
        { "Huffman padding of 8 bits", 4, { 0x41, 0x82, 0x1f, 0xff } },
        { "EOS", 6, { 0x41, 0x84, 0xff, 0xff, 0xff, 0xff } },
        { "size update behind a field", 2, { 0x82, 0x20 } },
        { "size update behind an insert", 4, { 0x41, 0x01, 'a', 0x20 } },
        { "three size updates", 4, { 0x20, 0x21, 0x22, 0x82 } },
        { "size update above the setting", 4, { 0x3f, 0xe2, 0x1f, 0x82 } },
        { "size update cut off", 2, { 0x3f, 0xe2 } },
        { "a good field, then index 0", 2, { 0x82, 0x80 } },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture x;
        start(&x);
        uint8_t *p = tn_guard_copy(rows[i].bytes, rows[i].n);
        if (decode(&x, p, rows[i].n) != TN_HPACK_BAD)
            fail_msg("%s: taken", rows[i].what);
        assert_non_null(x.d.reason);
        assert_int_equal(x.n, 0);
        assert_int_equal(DECODE(&x, "\x82"), TN_HPACK_BAD);
        tn_guard_free(p, rows[i].n);
        stop(&x);
    }
}

static void padded_integers_of_five_octets_are_fine(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    /* the value's length, 127 + 1: the block holds 128 bytes of it */
    uint8_t block[7 + 128] = { 0x41, 0x7f, 0x81, 0x80, 0x80, 0x80, 0x00 };
    memset(block + 7, 'v', 128);
    assert_int_equal(decode(&x, block, sizeof(block)), TN_HPACK_OK);
    assert_int_equal(x.n, 1);
    assert_int_equal(x.fields[0].value.n, 128);
    stop(&x);
}

static void a_claimed_length_allocates_nothing(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    assert_int_equal(DECODE(&x, "\x41\xff\x81\xff\x3f"), TN_HPACK_BAD); /* 1 MiB, Huffman */
    assert_int_equal(x.f.count, 0);
    stop(&x);
}

static void memory_comes_on_the_first_insert_and_goes_with_size_0(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    assert_int_equal(DECODE(&x, "\x82\x86\x04\x02/a\x00\x01k\x01v"), TN_HPACK_OK);
    assert_int_equal(x.n, 4);
    assert_int_equal(x.f.count, 0);
    assert_int_equal(DECODE(&x, "\x41\x01h"), TN_HPACK_OK);
    assert_int_equal(x.f.live_blocks, 2);
    assert_true(x.f.live_bytes <= 1024);
    assert_int_equal(DECODE(&x, "\x20\x82"), TN_HPACK_OK);
    assert_int_equal(x.f.live_blocks, 0);
    assert_int_equal(DECODE(&x, "\x41\x01h"), TN_HPACK_OK); /* goes in and falls out */
    assert_int_equal(x.n, 1);
    assert_true(is(x.fields[0].value, "h"));
    assert_int_equal(DECODE(&x, "\xbe"), TN_HPACK_BAD);
    stop(&x);
}

static void the_lowered_setting_wants_an_update(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    tn_hpack_decoder_set_max(&x.d, 100);
    assert_int_equal(DECODE(&x, ""), TN_HPACK_OK); /* nothing in it to be out of step with */
    assert_int_equal(DECODE(&x, "\x82"), TN_HPACK_BAD);
    stop(&x);

    start(&x);
    tn_hpack_decoder_set_max(&x.d, 100);
    assert_int_equal(DECODE(&x, "\x3f\x46\x82"), TN_HPACK_BAD); /* 101 */
    stop(&x);

    start(&x);
    tn_hpack_decoder_set_max(&x.d, 100);
    assert_int_equal(DECODE(&x, "\x3f\x45\x82"), TN_HPACK_OK); /* 100 */
    assert_int_equal(x.d.table.max_bytes, 100);
    assert_int_equal(DECODE(&x, "\x82"), TN_HPACK_OK);
    stop(&x);

    /* down and up again: the low size must be seen, then the new one is free */
    start(&x);
    tn_hpack_decoder_set_max(&x.d, 0);
    tn_hpack_decoder_set_max(&x.d, 4096);
    assert_int_equal(DECODE(&x, "\x20\x3f\xe1\x1f\x82"), TN_HPACK_OK);
    assert_int_equal(x.d.table.max_bytes, 4096);
    stop(&x);

    start(&x);
    tn_hpack_decoder_set_max(&x.d, 0);
    tn_hpack_decoder_set_max(&x.d, 4096);
    assert_int_equal(DECODE(&x, "\x3f\xe1\x1f\x82"), TN_HPACK_BAD);
    stop(&x);

    /* raised: nothing is wanted, more is allowed */
    start(&x);
    tn_hpack_decoder_set_max(&x.d, 8192);
    assert_int_equal(DECODE(&x, "\x82"), TN_HPACK_OK);
    assert_int_equal(DECODE(&x, "\x3f\xe1\x3f\x82"), TN_HPACK_OK); /* 8192 */
    assert_int_equal(x.d.table.max_bytes, 8192);
    stop(&x);
}

static void flags_tell_what_is_wrong_with_a_field(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    assert_int_equal(DECODE(&x, "\x40\x01K\x03"
                                "a\0b"
                                "\x40\x05x-bin\x01v"
                                "\x10\x00\x01 "
                                "\x0f\x2f\x02\r\n"
                                "\x1f\x08\x03"
                                "abc"),
                     TN_HPACK_OK);
    assert_int_equal(x.n, 5);
    assert_int_equal(x.fields[0].flags, TN_H2_FIELD_BAD_NAME | TN_H2_FIELD_BAD_VALUE);
    assert_int_equal(x.fields[1].flags, TN_H2_FIELD_BIN);
    assert_int_equal(x.fields[2].flags,
                     TN_H2_FIELD_BAD_NAME | TN_H2_FIELD_BLANK | TN_H2_FIELD_NEVER_INDEX);
    assert_int_equal(x.fields[3].flags, TN_H2_FIELD_BIN | TN_H2_FIELD_BAD_VALUE);
    assert_int_equal(x.fields[4].flags, TN_H2_FIELD_NEVER_INDEX);
    assert_int_equal(x.fields[4].token, TN_H2_TOKEN_AUTHORIZATION);
    /* by index: the facts are still known; a name's say nothing of the new value */
    assert_int_equal(DECODE(&x, "\xbf\xbe\x7f\x00\x01w"), TN_HPACK_OK);
    assert_int_equal(x.fields[0].flags, TN_H2_FIELD_BAD_NAME | TN_H2_FIELD_BAD_VALUE);
    assert_int_equal(x.fields[1].flags, TN_H2_FIELD_BIN);
    assert_int_equal(x.fields[2].flags, TN_H2_FIELD_BAD_NAME);
    stop(&x);
}

static void too_large_a_list_leaves_the_table_in_step(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    /* ":method: GET" counts 7 + 3 + 32 */
    x.d.max_list = 2 * 42;
    assert_int_equal(DECODE(&x, "\x82\x82"), TN_HPACK_OK);
    assert_int_equal(x.d.list_bytes, 84);
    x.d.max_list = 2 * 42 - 1;
    assert_int_equal(DECODE(&x, "\x82\x40\x01k\x01v\x82\x41\x81\x1f\x83\xbf"), TN_HPACK_TOO_LARGE);
    assert_int_equal(x.n, 0);
    assert_int_equal(x.d.list_fields, 6);
    assert_int_equal(x.d.list_bytes, 42 + 34 + 42 + 43 + 43 + 34);
    x.d.max_list = LIST;
    assert_int_equal(DECODE(&x, "\xbf\xbe"), TN_HPACK_OK);
    assert_true(is(x.fields[0].name, "k") && is(x.fields[0].value, "v"));
    assert_true(is(x.fields[1].name, ":authority") && is(x.fields[1].value, "a"));
    /* an error behind the limit is still an error */
    x.d.max_list = 41;
    assert_int_equal(DECODE(&x, "\x82\x80"), TN_HPACK_BAD);
    stop(&x);
}

static void too_many_fields_are_too_large(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    uint8_t block[CAP + 1];
    memset(block, 0x82, sizeof(block));
    assert_int_equal(decode(&x, block, CAP), TN_HPACK_OK);
    assert_int_equal(x.n, CAP);
    assert_int_equal(decode(&x, block, CAP + 1), TN_HPACK_TOO_LARGE);
    assert_int_equal(x.d.list_fields, CAP + 1);
    assert_int_equal(tn_hpack_decode(&x.d, (tern_bytes){ block, 1 }, NULL, 0, &x.n),
                     TN_HPACK_TOO_LARGE);
    stop(&x);
}

static uint8_t *put_literal(uint8_t *p, uint8_t name, uint32_t n, char fill)
{
    *p++ = 0x40 | name;
    if (n < 127) {
        *p++ = (uint8_t)n;
    } else {
        *p++ = 127;
        *p++ = (uint8_t)((n - 127) | 0x80);
        *p++ = (uint8_t)((n - 127) >> 7);
    }
    memset(p, fill, n);
    return p + n;
}

/* CVE-2016-6581: one octet stands for 4,000 bytes, thousands of times. */
static void a_bomb_takes_no_memory(void **state)
{
    (void)state;
    static uint8_t block[32768];
    fixture x;
    start(&x);
    const uint8_t *end = put_literal(block, 1, 4000, 'x');
    assert_int_equal(decode(&x, block, (size_t)(end - block)), TN_HPACK_OK);
    const size_t peak = x.f.peak_bytes;
    memset(block, 0xbe, sizeof(block));
    assert_int_equal(decode(&x, block, 16), TN_HPACK_TOO_LARGE);
    assert_int_equal(x.d.list_bytes, 16 * (10 + 4000 + 32));
    assert_false(x.d.dead);
    assert_int_equal(decode(&x, block, sizeof(block)), TN_HPACK_TOO_LARGE);
    assert_int_equal(x.d.list_fields, 17);
    assert_true(x.d.dead);
    assert_int_equal(DECODE(&x, "\x82"), TN_HPACK_BAD);
    assert_int_equal(x.f.peak_bytes, peak);
    assert_true(peak <= 4096 + 1024);
    stop(&x);
}

/* Two octets that insert an entry with a name of 1,900 bytes, again and again. */
static void long_names_are_not_copied_without_end(void **state)
{
    (void)state;
    static uint8_t block[32768];
    fixture x;
    start(&x);
    uint8_t *p = put_literal(block, 0, 1900, 'n');
    *p++ = 0;
    assert_int_equal(decode(&x, block, (size_t)(p - block)), TN_HPACK_OK);
    for (size_t i = 0; i < sizeof(block); i += 2) {
        block[i] = 0x40 | 62;
        block[i + 1] = 0;
    }
    assert_int_equal(decode(&x, block, sizeof(block)), TN_HPACK_TOO_LARGE);
    assert_int_equal(x.d.list_fields, 4 * LIST / 1932 + 1);
    assert_true(x.d.dead);
    assert_true(x.f.peak_bytes <= 4 * LIST);
    assert_true(x.f.count <= 64);
    stop(&x);
}

/* Each entry is named, then pushed out by the next of its size: the old bytes must stay. */
static void fields_outlive_what_their_block_evicts(void **state)
{
    (void)state;
    static uint8_t block[32768];
    fixture x;
    start(&x);
    x.d.max_list = 1u << 20;
    uint8_t *p = put_literal(block, 1, 1900, 'a');
    assert_int_equal(decode(&x, block, (size_t)(p - block)), TN_HPACK_OK);
    p = block;
    for (char c = 'b'; c <= 'p'; c++) {
        *p++ = 0xbe;
        p = put_literal(p, 62 - 1, 1900 + (uint32_t)(c - 'a'), c);
        *p++ = 0xbe;
    }
    /* name index 61 is "www-authenticate" */
    assert_int_equal(decode(&x, block, (size_t)(p - block)), TN_HPACK_OK);
    assert_int_equal(x.n, 45);
    for (uint32_t i = 0; i < 15; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            const tn_h2_field *f = &x.fields[3 * i + k];
            const char want = (char)('a' + i + (k > 0));
            assert_int_equal(f->value.n, 1900 + (uint32_t)(want - 'a'));
            for (size_t j = 0; j < f->value.n; j++)
                assert_int_equal(f->value.p[j], want);
            assert_true(is(f->name, want == 'a' ? ":authority" : "www-authenticate"));
        }
    }
    assert_true(x.f.peak_bytes <= 4 * sizeof(block));
    tn_hpack_decoder_release(&x.d);
    assert_true(x.f.live_bytes <= 4096 + 1024);
    stop(&x);
}

static void release_gives_scratch_back_but_a_little(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    uint8_t all[4 + 6000] = { 0x01, 0xff, (uint8_t)((6000 - 127) | 0x80), (6000 - 127) >> 7 };
    /* 6,000 zeros: 9,600 times '0' */
    assert_int_equal(DECODE(&x, "\x01\x81\x07"), TN_HPACK_OK);
    assert_int_equal(x.f.live_bytes, 512);
    assert_int_equal(decode(&x, all, sizeof(all)), TN_HPACK_OK);
    assert_int_equal(x.fields[0].value.n, 9600);
    assert_true(x.f.live_bytes > 9600);
    tn_hpack_decoder_release(&x.d);
    assert_int_equal(x.f.live_bytes, 512);
    const uint64_t count = x.f.count;
    assert_int_equal(DECODE(&x, "\x01\x81\x07"), TN_HPACK_OK);
    assert_int_equal(x.f.count, count); /* a usual block asks for nothing */
    stop(&x);
}

static void no_memory_is_an_answer_and_final(void **state)
{
    (void)state;
    fixture x;
    start(&x);
    x.f.fail_at = 1;
    assert_int_equal(DECODE(&x, "\x82\x41\x01h"), TN_HPACK_NO_MEMORY);
    assert_int_equal(x.n, 0);
    assert_int_equal(DECODE(&x, "\x82"), TN_HPACK_BAD);
    stop(&x);
    start(&x);
    x.f.fail_at = 1;
    assert_int_equal(DECODE(&x, "\x01\x81\x07"), TN_HPACK_NO_MEMORY);
    stop(&x);
}

static void every_truncation_stays_in_its_bytes(void **state)
{
    (void)state;
    static const char block[] =
        "\x20\x3f\xe1\x1f\x82\x86\x44\x86\x60\xd5\x48\x5f\x2b\xce"
        "\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x04\x6e\x6f\x6e\x65"
        "\xbe\xbf\x10\x03"
        "abc"
        "\x83\xf1\xe3\xff\x00\x01x\x7f\x00"
        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy";
    for (size_t n = 0; n < sizeof(block); n++) {
        fixture x;
        start(&x);
        uint8_t *p = tn_guard_copy(block, n);
        const tn_hpack_verdict v = decode(&x, p, n);
        assert_true(v == TN_HPACK_OK || v == TN_HPACK_BAD);
        for (uint32_t i = 0; i < x.n; i++)
            assert_true(x.fields[i].name.n + x.fields[i].value.n < sizeof(block));
        tn_guard_free(p, n);
        stop(&x);
    }
}

static void random_blocks_stay_within_bounds(void **state)
{
    (void)state;
    tn_seed seed = { 17 };
    unsigned good = 0, bad = 0;
    fixture x;
    start(&x);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[HPACK_NOISE_BYTES];
        const size_t n = hpack_noise(&seed, bytes, 8);
        uint8_t *p = tn_guard_copy(bytes, n);
        const tn_hpack_verdict v = decode(&x, p, n);
        uint64_t list = 0;
        for (uint32_t k = 0; k < x.n; k++) {
            const tn_h2_field *f = &x.fields[k];
            list += f->name.n + f->value.n + 32;
            assert_int_equal(f->token, tn_h2_token_of(f->name));
            assert_int_equal(f->flags & ~TN_H2_FIELD_NEVER_INDEX,
                             tn_h2_name_facts(f->name, f->token) | tn_h2_value_facts(f->value));
        }
        if (v == TN_HPACK_OK)
            assert_int_equal(list, x.d.list_bytes);
        assert_true(x.f.peak_bytes <= 16384);
        tn_guard_free(p, n);
        good += v == TN_HPACK_OK;
        if (v == TN_HPACK_BAD) {
            bad++;
            stop(&x);
            start(&x);
        } else {
            assert_int_equal(v, TN_HPACK_OK);
        }
    }
    stop(&x);
    assert_true(good > 10000 && bad > 500);
}

/* Bytes without any shape. */
static void raw_noise_does_no_harm(void **state)
{
    (void)state;
    tn_seed seed = { 18 };
    for (int i = 0; i < 5000; i++) {
        fixture x;
        uint8_t bytes[64];
        const size_t n = 1 + tn_seed_below(&seed, sizeof(bytes) - 1);
        tn_seed_fill(&seed, bytes, n);
        start(&x);
        uint8_t *p = tn_guard_copy(bytes, n);
        const tn_hpack_verdict v = decode(&x, p, n);
        assert_true(v == TN_HPACK_OK || v == TN_HPACK_BAD);
        tn_guard_free(p, n);
        stop(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_blocks_are_bad_for_ever),
        cmocka_unit_test(padded_integers_of_five_octets_are_fine),
        cmocka_unit_test(a_claimed_length_allocates_nothing),
        cmocka_unit_test(memory_comes_on_the_first_insert_and_goes_with_size_0),
        cmocka_unit_test(the_lowered_setting_wants_an_update),
        cmocka_unit_test(flags_tell_what_is_wrong_with_a_field),
        cmocka_unit_test(too_large_a_list_leaves_the_table_in_step),
        cmocka_unit_test(too_many_fields_are_too_large),
        cmocka_unit_test(a_bomb_takes_no_memory),
        cmocka_unit_test(long_names_are_not_copied_without_end),
        cmocka_unit_test(fields_outlive_what_their_block_evicts),
        cmocka_unit_test(release_gives_scratch_back_but_a_little),
        cmocka_unit_test(no_memory_is_an_answer_and_final),
        cmocka_unit_test(every_truncation_stays_in_its_bytes),
        cmocka_unit_test(random_blocks_stay_within_bounds),
        cmocka_unit_test(raw_noise_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
