/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corners_test.c: what no other test comes by (scripts/coverage found it): memos that do not fit, a table
 * emptied under held bytes, the last octets behind the connection's window.
 */
#include "h2/conn_internal.h"
#include "h2/huffman.h"
#include "support/h2_end.h"
#include "support/test.h"

/* One field "x" with a Huffman value of n times 'a', into block; its length. */
static size_t huffman_block(uint8_t *block, size_t n)
{
    static char text[8192];
    memset(text, 'a', n);
    const size_t coded = tn_huffman_size((const uint8_t *)text, n);
    size_t at = 0, rest = coded - 127;
    memcpy(block, "\x00\x01x\xff", 4);
    for (at = 4; rest >= 128; rest >>= 7)
        block[at++] = (uint8_t)(rest | 128);
    block[at++] = (uint8_t)rest;
    tn_huffman_encode(block + at, (const uint8_t *)text, n);
    return at + coded;
}

/* As a connection does it: known blocks are recalled, others decoded and remembered. */
static uint32_t decode(tn_hpack_decoder *d, const uint8_t *block, size_t n, tn_h2_field *f,
                       uint32_t cap)
{
    uint32_t count = 0;
    uint64_t number;
    const tn_h2_field *known = tn_hpack_recall(d, (tern_bytes){ block, n }, &count, &number);
    if (known) {
        memcpy(f, known, count * sizeof(*f));
        return count;
    }
    assert_int_equal(tn_hpack_decode(d, (tern_bytes){ block, n }, f, cap, &count), TN_HPACK_OK);
    tn_hpack_remember(d, (tern_bytes){ block, n }, f, count);
    return count;
}

static void long_strings_are_decoded_anew(void **state)
{
    (void)state;
    static uint8_t block[8192];
    for (size_t n = 300; n < 8000; n += 300) {
        tn_hpack_decoder d;
        tn_h2_field f[4];
        const size_t size = huffman_block(block, n);
        tn_hpack_decoder_init(&d, tn_env_of(NULL), 20000);
        for (int again = 0; again < 4; again++) {
            assert_int_equal(decode(&d, block, size, f, 4), 1);
            assert_int_equal(f[0].value.n, n);
            tn_hpack_decoder_release(&d);
        }
        tn_hpack_decoder_free(&d);
    }
}

/* Names that are long, too. */
static void long_names_are_decoded_anew(void **state)
{
    (void)state;
    static uint8_t block[8192];
    for (size_t n = 300; n < 2000; n += 100) {
        tn_hpack_decoder d;
        tn_h2_field f[4];
        uint8_t value[8192];
        const size_t size = huffman_block(value, n) - 3;
        block[0] = 0;
        memcpy(block + 1, value + 3, size);
        memcpy(block + 1 + size, "\x01y", 2);
        tn_hpack_decoder_init(&d, tn_env_of(NULL), 20000);
        for (int again = 0; again < 4; again++) {
            assert_int_equal(decode(&d, block, size + 3, f, 4), 1);
            assert_int_equal(f[0].name.n, n);
            tn_hpack_decoder_release(&d);
        }
        tn_hpack_decoder_free(&d);
    }
}

static void a_bound_that_is_lowered_holds_for_known_blocks(void **state)
{
    (void)state;
    static const uint8_t block[] = "\x82\x86\x84\x00\x01x\x05value";
    tn_hpack_decoder d;
    tn_h2_field f[8];
    uint32_t count;
    tn_hpack_decoder_init(&d, tn_env_of(NULL), 20000);
    for (int again = 0; again < 4; again++)
        assert_int_equal(decode(&d, block, sizeof(block) - 1, f, 8), 4);
    uint64_t number;
    d.max_list = 100;
    assert_null(tn_hpack_recall(&d, (tern_bytes){ block, sizeof(block) - 1 }, &count, &number));
    assert_int_equal(tn_hpack_decode(&d, (tern_bytes){ block, sizeof(block) - 1 }, f, 8, &count),
                     TN_HPACK_TOO_LARGE);
    assert_int_equal(count, 0);
    tn_hpack_decoder_free(&d);
}

static void an_empty_block_has_no_fields(void **state)
{
    (void)state;
    tn_hpack_decoder d;
    tn_h2_field f[4];
    tn_hpack_decoder_init(&d, tn_env_of(NULL), 20000);
    for (int again = 0; again < 3; again++)
        assert_int_equal(decode(&d, (const uint8_t *)"", 0, f, 4), 0);
    tn_hpack_decoder_free(&d);
}

/* A table that goes to 0 within the block that named its entries: they stay readable. */
static void entries_are_read_after_the_table_is_gone(void **state)
{
    (void)state;
    tn_hpack_decoder d;
    tn_h2_field f[4];
    uint32_t count;
    tn_hpack_decoder_init(&d, tn_env_of(NULL), 20000);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(
            tn_hpack_decode(&d, (tern_bytes){ (const uint8_t *)"\x40\x01x\x01y", 5 }, f, 4, &count),
            TN_HPACK_OK);
        assert_int_equal(tn_hpack_decode(&d,
                                         (tern_bytes){ (const uint8_t *)"\x20\x3f\xe1\x1f\x82", 5 },
                                         f, 4, &count),
                         TN_HPACK_OK);
        assert_int_equal(count, 1);
    }
    tn_hpack_decoder_free(&d);
}

/* Blocks of constant fields that the encoder keeps: not when anything about them has changed. */
static void kept_blocks_are_made_anew_when_they_must_be(void **state)
{
    (void)state;
    static char text[300];
    static tn_h2_field some[2], large[1];
    tn_hpack_encoder e;
    tn_hpack_decoder d;
    tn_buf out = tn_buf_of(tern_env_default());
    memset(text, '{', sizeof(text)); /* 15 bits each: never coded */
    some[0] = TN_H2_FIELD(STATUS, TERN_STR("200"));
    some[1] = TN_H2_FIELD(CONTENT_TYPE, TERN_STR("application/grpc"));
    large[0] = TN_H2_FIELD(ETAG, ((tern_str){ text, sizeof(text) }));
    some[0].flags = some[1].flags = large[0].flags = TN_H2_FIELD_CONSTANT;
    tn_hpack_encoder_init(&e, tn_env_of(NULL), 4096);
    tn_hpack_decoder_init(&d, tn_env_of(NULL), 20000);
    for (int i = 0; i < 40; i++) {
        tn_h2_field f[4];
        uint32_t count;
        const bool big = i % 8 == 7;
        const size_t n = i % 5 == 4 || big ? 1 : 2;
        if (i % 11 == 10) {
            tn_hpack_encoder_set_max(&e, 4096u - (uint32_t)i);
            tn_hpack_decoder_set_max(&d, 4096u - (uint32_t)i);
        }
        assert_true(tn_hpack_encode(&e, big ? large : some, n, &out));
        assert_int_equal(
            tn_hpack_decode(&d, (tern_bytes){ tn_buf_data(&out), tn_buf_len(&out) }, f, 4, &count),
            TN_HPACK_OK);
        assert_int_equal(count, n);
        for (size_t k = 0; k < n; k++)
            assert_true(tern_str_equal(f[k].value, big ? large[k].value : some[k].value));
        tn_hpack_decoder_release(&d);
        tn_buf_reset(&out, SIZE_MAX);
    }
    tn_buf_free(&out);
    tn_hpack_encoder_free(&e);
    tn_hpack_decoder_free(&d);
}

static void large_headers(h2_call *call, tn_h2_block block, const tn_h2_fields *fields,
                          bool end_stream)
{
    static const uint8_t body[65535 + 100];
    tn_h2_field f[8];
    (void)block, (void)fields, (void)end_stream;
    assert_int_equal(tn_h2_send_headers(call->end->c, &call->s, f, h2_response_fields(f), false),
                     TERN_OK);
    assert_int_equal(tn_h2_send_bytes(call->end->c, &call->s, body, sizeof(body), true), TERN_OK);
}

/* How much DATA c has to send, all of it taken. */
static size_t data_sent(h2_end *s)
{
    size_t sum = 0;
    tn_buf out = tn_buf_of(tern_env_default());
    h2_drain_output(s->c, &out, SIZE_MAX);
    const uint8_t *p = tn_buf_data(&out);
    for (size_t at = 0; at < tn_buf_len(&out);) {
        const tn_h2_frame_header h = tn_h2_frame_header_unpack(p + at);
        sum += h.type == TN_H2_DATA ? h.length : 0;
        at += TN_H2_FRAME_HEADER_BYTES + h.length;
    }
    tn_buf_free(&out);
    return sum;
}

/* All but 100 octets fit the connection's window; those go when they all can. */
static void the_last_octets_wait_for_a_window_that_takes_them(void **state)
{
    (void)state;
    static const tn_h2_config config = { .server = true };
    static const h2_acts acts = { .headers = large_headers };
    h2_end s;
    tn_buf in = tn_buf_of(tern_env_default());
    assert_true(h2_end_init(&s, NULL, &config, &acts));
    h2_script(&in, "preface; settings 4=1000000; ack; req 1 end");
    tn_h2_feed(s.c, tn_buf_data(&in), tn_buf_len(&in), TERN_TEST_START);
    assert_int_equal(data_sent(&s), 65535);
    tn_buf_reset(&in, SIZE_MAX);
    h2_script(&in, "frame 8 0 0 00000032");
    tn_h2_feed(s.c, tn_buf_data(&in), tn_buf_len(&in), TERN_TEST_START);
    assert_int_equal(data_sent(&s), 0);
    tn_h2_feed(s.c, tn_buf_data(&in), tn_buf_len(&in), TERN_TEST_START);
    assert_int_equal(data_sent(&s), 100);
    assert_int_equal(s.closed, 1);
    tn_buf_free(&in);
    h2_end_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_strings_are_decoded_anew),
        cmocka_unit_test(long_names_are_decoded_anew),
        cmocka_unit_test(a_bound_that_is_lowered_holds_for_known_blocks),
        cmocka_unit_test(an_empty_block_has_no_fields),
        cmocka_unit_test(entries_are_read_after_the_table_is_gone),
        cmocka_unit_test(kept_blocks_are_made_anew_when_they_must_be),
        cmocka_unit_test(the_last_octets_wait_for_a_window_that_takes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
