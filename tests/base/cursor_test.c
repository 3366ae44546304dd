/* SPDX-License-Identifier: Apache-2.0 */
/* cursor_test.c: a step that does not fit moves nothing; numbers are big-endian. */
#include "base/cursor.h"
#include "support/guard.h"
#include "support/test.h"

static void an_empty_cursor_gives_nothing(void **state)
{
    (void)state;
    tn_rd r = tn_rd_of(NULL, 0);
    uint8_t b = 0;
    uint32_t v = 0;
    const uint8_t *p = NULL;
    assert_int_equal(tn_rd_left(&r), 0);
    assert_false(tn_rd_u8(&r, &b) || tn_rd_u16(&r, &v) || tn_rd_u32(&r, &v));
    assert_true(tn_rd_bytes(&r, 0, &p));
    assert_false(tn_rd_bytes(&r, 1, &p));
    tn_wr w = tn_wr_of(NULL, 0);
    assert_false(tn_wr_u8(&w, 1) || tn_wr_u32(&w, 1) || tn_wr_bytes(&w, "x", 1));
    assert_true(tn_wr_bytes(&w, NULL, 0));
}

static void numbers_are_big_endian(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0xFF };
    assert_int_equal(tn_load16(bytes), 0x0102);
    assert_int_equal(tn_load24(bytes), 0x010203);
    assert_int_equal(tn_load32(bytes), 0x01020384);
    uint8_t out[4];
    tn_store16(out, 0xABCD);
    assert_memory_equal(out, "\xAB\xCD", 2);
    tn_store24(out, 0xABCDEF);
    assert_memory_equal(out, "\xAB\xCD\xEF", 3);
    tn_store32(out, 0xFEDCBA98);
    assert_memory_equal(out, "\xFE\xDC\xBA\x98", 4);

    tn_rd r = tn_rd_of(bytes, sizeof(bytes));
    uint32_t v;
    uint8_t b;
    assert_true(tn_rd_u32(&r, &v));
    assert_int_equal(v, 0x01020384);
    assert_true(tn_rd_u16(&r, &v));
    assert_int_equal(v, 0x0506);
    assert_true(tn_rd_u8(&r, &b));
    assert_int_equal(b, 0xFF);
    assert_int_equal(tn_rd_left(&r), 0);
}

static void reads_stop_at_the_end(void **state)
{
    (void)state;
    static const uint8_t bytes[5] = { 1, 2, 3, 4, 5 };
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        uint8_t *guarded = tn_guard_copy(bytes, n);
        uint8_t b;
        uint32_t v;
        const uint8_t *p;
        for (int what = 0; what < 4; what++) {
            static const size_t need[] = { 1, 2, 4, 3 };
            tn_rd r = tn_rd_of(guarded, n);
            const bool got = what == 0   ? tn_rd_u8(&r, &b)
                             : what == 1 ? tn_rd_u16(&r, &v)
                             : what == 2 ? tn_rd_u32(&r, &v)
                                         : tn_rd_bytes(&r, 3, &p);
            assert_true(got == (n >= need[what]));
            assert_int_equal(tn_rd_left(&r), got ? n - need[what] : n);
        }
        tn_guard_free(guarded, n);
    }
}

static void writes_stop_at_the_end(void **state)
{
    (void)state;
    static const uint8_t bytes[5] = { 9, 9, 9, 9, 9 };
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        uint8_t *guarded = tn_guard_copy(bytes, n);
        for (int what = 0; what < 3; what++) {
            static const size_t need[] = { 1, 4, 3 };
            tn_wr w = tn_wr_of(guarded, n);
            const bool put = what == 0   ? tn_wr_u8(&w, 7)
                             : what == 1 ? tn_wr_u32(&w, 0x07060504)
                                         : tn_wr_bytes(&w, "abc", 3);
            assert_true(put == (n >= need[what]));
            assert_int_equal(tn_wr_left(&w), put ? n - need[what] : n);
        }
        tn_guard_free(guarded, n);
    }
}

static void a_length_beyond_all_memory_does_not_fit(void **state)
{
    (void)state;
    uint8_t bytes[4] = { 0 };
    tn_rd r = tn_rd_of(bytes, sizeof(bytes));
    tn_wr w = tn_wr_of(bytes, sizeof(bytes));
    const uint8_t *p;
    volatile size_t huge = SIZE_MAX; /* behind the compiler's own check of constants */
    assert_false(tn_rd_bytes(&r, huge, &p));
    assert_false(tn_wr_bytes(&w, bytes, huge));
    assert_int_equal(tn_rd_left(&r), 4);
    assert_int_equal(tn_wr_left(&w), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_cursor_gives_nothing),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(reads_stop_at_the_end),
        cmocka_unit_test(writes_stop_at_the_end),
        cmocka_unit_test(a_length_beyond_all_memory_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
