/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame_test.c: the frames of RFC 9113 read, those that we send written, the rules on each one's
 * header, lengths, padding and values, and payloads that end at a guard page.
 */
#include "h2/frame.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

#define BYTES(literal) ((tern_bytes){ (const uint8_t *)(literal), sizeof(literal) - 1 })

static tn_h2_frame_header header(tn_h2_frame_type type, uint8_t flags, uint32_t stream,
                                 uint32_t length)
{
    return (tn_h2_frame_header){
        .length = length, .type = (uint8_t)type, .flags = flags, .stream = stream
    };
}

static void is_error(tn_h2_error e, tn_h2_code code)
{
    assert_int_equal(e.scope, TN_H2_SCOPE_CONNECTION);
    assert_int_equal(e.code, code);
    assert_non_null(e.reason);
    assert_true(e.reason[0] != '\0');
}

static void is_ok(tn_h2_error e)
{
    assert_false(tn_h2_failed(e));
    assert_int_equal(e.code, TN_H2_NO_ERROR);
    assert_null(e.reason);
}

static void headers_of_frames_come_back(void **state)
{
    (void)state;
    uint8_t p[9];
    const tn_h2_frame_header h = { 0x123456, 0x07, 0xa5, 0x7ffffffe };
    tn_h2_frame_header_pack(p, h);
    assert_memory_equal(p, "\x12\x34\x56\x07\xa5\x7f\xff\xff\xfe", 9);
    p[5] |= 0x80; /* the reserved bit is not looked at */
    const tn_h2_frame_header back = tn_h2_frame_header_unpack(p);
    assert_int_equal(back.length, h.length);
    assert_int_equal(back.type, h.type);
    assert_int_equal(back.flags, h.flags);
    assert_int_equal(back.stream, h.stream);
}

static void each_type_has_its_lengths_and_streams(void **state)
{
    (void)state;
    static const struct {
        tn_h2_frame_type type;
        uint32_t good[3], bad[4];
        bool zero, some; /* which streams it may stand on */
    } rows[] = {
        { TN_H2_DATA, { 0, 1, 16384 }, { 16385 }, false, true },
        { TN_H2_HEADERS, { 0, 1, 16384 }, { 16385 }, false, true },
        { TN_H2_PRIORITY, { 5, 5, 5 }, { 4, 6, 0, 10 }, false, true },
        { TN_H2_RST_STREAM, { 4, 4, 4 }, { 3, 5, 0, 8 }, false, true },
        { TN_H2_SETTINGS, { 0, 6, 16380 }, { 1, 5, 7, 16386 }, true, false },
        { TN_H2_PUSH_PROMISE, { 4, 5, 16384 }, { 3, 0, 16385 }, false, true },
        { TN_H2_PING, { 8, 8, 8 }, { 7, 9, 0, 16 }, true, false },
        { TN_H2_GOAWAY, { 8, 9, 16384 }, { 7, 0, 16385 }, true, false },
        { TN_H2_WINDOW_UPDATE, { 4, 4, 4 }, { 3, 5, 0, 8 }, true, true },
        { TN_H2_CONTINUATION, { 0, 1, 16384 }, { 16385 }, false, true },
    };
    assert_int_equal(sizeof(rows) / sizeof(rows[0]), TN_H2_FRAME_TYPES);
    for (size_t i = 0; i < TN_H2_FRAME_TYPES; i++) {
        const uint32_t stream = rows[i].zero ? 0 : 1;
        for (int k = 0; k < 3; k++)
            is_ok(tn_h2_frame_check(header(rows[i].type, 0, stream, rows[i].good[k]), 16384));
        for (int k = 0; k < 4; k++)
            if (rows[i].bad[k] || rows[i].good[0])
                is_error(tn_h2_frame_check(header(rows[i].type, 0, stream, rows[i].bad[k]), 16384),
                         TN_H2_FRAME_SIZE_ERROR);
        for (uint32_t s = 0; s < 2; s++) {
            const tn_h2_error e =
                tn_h2_frame_check(header(rows[i].type, 0, s, rows[i].good[0]), 16384);
            if (s ? rows[i].some : rows[i].zero)
                is_ok(e);
            else
                is_error(e, TN_H2_PROTOCOL_ERROR);
        }
    }
    is_ok(tn_h2_frame_check(header(TN_H2_SETTINGS, TN_H2_FLAG_ACK, 0, 0), 16384));
    is_error(tn_h2_frame_check(header(TN_H2_SETTINGS, TN_H2_FLAG_ACK, 0, 6), 16384),
             TN_H2_FRAME_SIZE_ERROR);
}

static void unknown_types_pass_unless_too_long(void **state)
{
    (void)state;
    for (unsigned type = TN_H2_FRAME_TYPES; type < 256; type++) {
        is_ok(tn_h2_frame_check(header((tn_h2_frame_type)type, 0xff, type & 1, 77), 16384));
        is_error(tn_h2_frame_check(header((tn_h2_frame_type)type, 0, 0, 16385), 16384),
                 TN_H2_FRAME_SIZE_ERROR);
    }
    is_ok(tn_h2_frame_check(header(TN_H2_DATA, 0, 1, TN_H2_MAX_FRAME_SIZE), TN_H2_MAX_FRAME_SIZE));
}

/* A frame as packed: its header checked, its payload behind a guard page. owned: tn_guard_free. */
static uint8_t *payload_of(const uint8_t *frame, size_t n, tn_h2_frame_header *h)
{
    assert_true(n >= 9);
    *h = tn_h2_frame_header_unpack(frame);
    assert_int_equal(h->length, n - 9);
    is_ok(tn_h2_frame_check(*h, TN_H2_MIN_FRAME_SIZE));
    return tn_guard_copy(frame + 9, n - 9);
}

static void equal(tern_bytes a, tern_bytes b)
{
    assert_int_equal(a.n, b.n);
    if (a.n)
        assert_memory_equal(a.p, b.p, a.n);
}

static void data_is_found_in_any_padding(void **state)
{
    (void)state;
    for (int pad = -1; pad < 256; pad++) {
        for (uint32_t n = 0; n < 3; n++) {
            const uint32_t around = pad < 0 ? 0 : 1 + (uint32_t)pad;
            const uint8_t bytes[300] = { (uint8_t)pad };
            uint8_t *p = tn_guard_copy(bytes, around + n);
            uint32_t skip, length;
            is_ok(tn_h2_data_layout(
                header(TN_H2_DATA, pad < 0 ? 0 : TN_H2_FLAG_PADDED, 5, around + n),
                pad < 0 ? NULL : p, &skip, &length));
            assert_int_equal(skip, pad >= 0);
            assert_int_equal(length, n);
            tn_guard_free(p, around + n);
        }
    }
}

static void padding_longer_than_the_payload_is_refused(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 8; n++) {
        for (unsigned pad = 0; pad < 10; pad++) {
            uint8_t bytes[8] = { (uint8_t)pad };
            uint8_t *p = tn_guard_copy(bytes, n);
            uint32_t skip, length;
            tn_h2_headers headers;
            const tn_h2_frame_header d = header(TN_H2_DATA, TN_H2_FLAG_PADDED, 1, n);
            const tn_h2_frame_header hs = header(TN_H2_HEADERS, TN_H2_FLAG_PADDED, 1, n);
            const tn_h2_error of_data = tn_h2_data_layout(d, p, &skip, &length);
            const tn_h2_error of_headers = tn_h2_headers_unpack(hs, p, &headers);
            if (n == 0) {
                is_error(of_data, TN_H2_FRAME_SIZE_ERROR);
                is_error(of_headers, TN_H2_FRAME_SIZE_ERROR);
            } else if (pad > n - 1) {
                is_error(of_data, TN_H2_PROTOCOL_ERROR);
                is_error(of_headers, TN_H2_PROTOCOL_ERROR);
            } else {
                is_ok(of_data);
                is_ok(of_headers);
                assert_int_equal(length, n - 1 - pad);
                assert_int_equal(headers.fragment.n, n - 1 - pad);
            }
            tn_guard_free(p, n);
        }
    }
}

static void headers_are_found_in_priority_and_padding(void **state)
{
    (void)state;
    for (int mask = 0; mask < 4; mask++) {
        uint8_t frame[100];
        tn_wr w = tn_wr_of(frame, sizeof(frame));
        const uint8_t flags =
            (uint8_t)((mask & 1 ? TN_H2_FLAG_PADDED : 0) | (mask & 2 ? TN_H2_FLAG_PRIORITY : 0));
        const uint32_t length = 5u + (mask & 1 ? 1u + 3u : 0u) + (mask & 2 ? 5u : 0u);
        tn_h2_frame_header_put(&w, TN_H2_HEADERS, flags, 9, length);
        if (mask & 1)
            tn_wr_u8(&w, 3);
        if (mask & 2)
            tn_wr_bytes(&w, (const uint8_t *)"\x80\0\0\x07\xc8", 5);
        tn_wr_bytes(&w, (const uint8_t *)"block\0\0\0", mask & 1 ? 8 : 5);
        tn_h2_frame_header h;
        uint8_t *p = payload_of(frame, (size_t)(w.p - frame), &h);
        tn_h2_headers got;
        is_ok(tn_h2_headers_unpack(h, p, &got));
        equal(got.fragment, BYTES("block"));
        assert_int_equal(got.has_priority, (mask & 2) != 0);
        if (got.has_priority) {
            assert_int_equal(got.priority.depends_on, 7);
            assert_true(got.priority.exclusive);
            assert_int_equal(got.priority.weight, 200);
        }
        /* cut off at each byte: the length of the header falls with it */
        for (uint32_t n = 0; n < h.length; n++) {
            uint8_t *cut = tn_guard_copy(frame + 9, n);
            h.length = n;
            (void)tn_h2_headers_unpack(h, cut, &got);
            tn_guard_free(cut, n);
            h = tn_h2_frame_header_unpack(frame);
        }
        tn_guard_free(p, h.length);
    }
}

static void short_payloads_for_their_flags_are_refused(void **state)
{
    (void)state;
    const uint8_t zeros[16] = { 0 };
    tn_h2_headers headers;
    for (uint32_t n = 0; n < 5; n++)
        is_error(
            tn_h2_headers_unpack(header(TN_H2_HEADERS, TN_H2_FLAG_PRIORITY, 1, n), zeros, &headers),
            TN_H2_FRAME_SIZE_ERROR);
    for (uint32_t n = 0; n < 6; n++)
        is_error(tn_h2_headers_unpack(
                     header(TN_H2_HEADERS, TN_H2_FLAG_PRIORITY | TN_H2_FLAG_PADDED, 1, n), zeros,
                     &headers),
                 TN_H2_FRAME_SIZE_ERROR);
    /* padding may not reach into the fixed part */
    const uint8_t padded[9] = { 3, 0, 0, 0, 2, 0, 0, 0, 0 };
    const uint8_t both = TN_H2_FLAG_PRIORITY | TN_H2_FLAG_PADDED;
    is_error(tn_h2_headers_unpack(header(TN_H2_HEADERS, both, 1, 8), padded, &headers),
             TN_H2_PROTOCOL_ERROR);
    is_ok(tn_h2_headers_unpack(header(TN_H2_HEADERS, both, 1, 9), padded, &headers));
    assert_int_equal(headers.fragment.n, 0);
}

static void small_frames_come_back(void **state)
{
    (void)state;
    uint8_t frame[64], *p;
    tn_h2_frame_header h;
    tn_wr w = tn_wr_of(frame, sizeof(frame));
    assert_true(tn_h2_rst_stream_pack(&w, 3, TN_H2_CANCEL));
    assert_int_equal(w.p - frame, TN_H2_RST_STREAM_BYTES);
    p = payload_of(frame, (size_t)(w.p - frame), &h);
    assert_int_equal(tn_h2_rst_stream_unpack(p), TN_H2_CANCEL);
    tn_guard_free(p, h.length);

    w = tn_wr_of(frame, sizeof(frame));
    assert_true(tn_h2_window_update_pack(&w, 0, TN_H2_MAX_WINDOW));
    assert_int_equal(w.p - frame, TN_H2_WINDOW_UPDATE_BYTES);
    p = payload_of(frame, (size_t)(w.p - frame), &h);
    uint32_t increment;
    is_ok(tn_h2_window_update_unpack(h, p, &increment));
    assert_int_equal(increment, TN_H2_MAX_WINDOW);
    tn_guard_free(p, h.length);
    is_error(tn_h2_window_update_unpack(h, (const uint8_t *)"\x80\0\0\0", &increment),
             TN_H2_PROTOCOL_ERROR); /* the reserved bit does not make it positive */

    w = tn_wr_of(frame, sizeof(frame));
    assert_true(tn_h2_ping_pack(&w, true, (const uint8_t *)"12345678"));
    assert_int_equal(w.p - frame, TN_H2_PING_BYTES);
    p = payload_of(frame, (size_t)(w.p - frame), &h);
    assert_int_equal(h.flags, TN_H2_FLAG_ACK);
    assert_memory_equal(p, "12345678", 8);
    tn_guard_free(p, h.length);

    w = tn_wr_of(frame, sizeof(frame));
    assert_true(tn_h2_goaway_pack(&w, 41, TN_H2_ENHANCE_YOUR_CALM, BYTES("too_many_pings")));
    assert_int_equal(w.p - frame, TN_H2_GOAWAY_BYTES + 14);
    p = payload_of(frame, (size_t)(w.p - frame), &h);
    const tn_h2_goaway goaway = tn_h2_goaway_unpack(h, p);
    assert_int_equal(goaway.last_stream, 41);
    assert_int_equal(goaway.code, TN_H2_ENHANCE_YOUR_CALM);
    equal(goaway.debug, BYTES("too_many_pings"));
    tn_guard_free(p, h.length);
}

static void priorities_are_read(void **state)
{
    (void)state;
    uint8_t *p = tn_guard_copy("\0\0\0\x05\x0f", 5);
    tn_h2_priority priority;
    is_ok(tn_h2_priority_unpack(header(TN_H2_PRIORITY, 0, 3, 5), p, &priority));
    assert_int_equal(priority.depends_on, 5);
    assert_false(priority.exclusive);
    assert_int_equal(priority.weight, 15);
    is_error(tn_h2_priority_unpack(header(TN_H2_PRIORITY, 0, 5, 5), p, &priority),
             TN_H2_PROTOCOL_ERROR); /* on itself */
    tn_guard_free(p, 5);
}

static void settings_come_back(void **state)
{
    (void)state;
    const tn_h2_setting settings[] = { { TN_H2_SETTINGS_HEADER_TABLE_SIZE, 4096 },
                                       { TN_H2_SETTINGS_ENABLE_PUSH, 0 },
                                       { 0xfff0, 0xdeadbeef } };
    uint8_t frame[64];
    tn_h2_frame_header h;
    tn_wr w = tn_wr_of(frame, sizeof(frame));
    assert_true(tn_h2_settings_pack(&w, settings, 3));
    uint8_t *p = payload_of(frame, (size_t)(w.p - frame), &h);
    assert_int_equal(h.length, 18);
    for (uint32_t i = 0; i < 3; i++) {
        const tn_h2_setting s = tn_h2_setting_unpack(p, i);
        assert_int_equal(s.id, settings[i].id);
        assert_int_equal(s.value, settings[i].value);
    }
    tn_guard_free(p, h.length);
    w = tn_wr_of(frame, sizeof(frame));
    assert_true(tn_h2_settings_ack_pack(&w));
    assert_memory_equal(frame, "\0\0\0\x04\x01\0\0\0\0", 9);
    assert_int_equal(w.p - frame, 9);
}

static void values_of_settings_have_bounds(void **state)
{
    (void)state;
    static const struct {
        tn_h2_setting setting;
        tn_h2_code code;
    } rows[] = {
        { { TN_H2_SETTINGS_HEADER_TABLE_SIZE, UINT32_MAX }, TN_H2_NO_ERROR },
        { { TN_H2_SETTINGS_ENABLE_PUSH, 1 }, TN_H2_NO_ERROR },
        { { TN_H2_SETTINGS_ENABLE_PUSH, 2 }, TN_H2_PROTOCOL_ERROR },
        { { TN_H2_SETTINGS_MAX_CONCURRENT_STREAMS, 0 }, TN_H2_NO_ERROR },
        { { TN_H2_SETTINGS_INITIAL_WINDOW_SIZE, TN_H2_MAX_WINDOW }, TN_H2_NO_ERROR },
        { { TN_H2_SETTINGS_INITIAL_WINDOW_SIZE, 0x80000000u }, TN_H2_FLOW_CONTROL_ERROR },
        { { TN_H2_SETTINGS_MAX_FRAME_SIZE, 16383 }, TN_H2_PROTOCOL_ERROR },
        { { TN_H2_SETTINGS_MAX_FRAME_SIZE, 16384 }, TN_H2_NO_ERROR },
        { { TN_H2_SETTINGS_MAX_FRAME_SIZE, 16777215 }, TN_H2_NO_ERROR },
        { { TN_H2_SETTINGS_MAX_FRAME_SIZE, 16777216 }, TN_H2_PROTOCOL_ERROR },
        { { TN_H2_SETTINGS_MAX_HEADER_LIST_SIZE, 0 }, TN_H2_NO_ERROR },
        { { TN_H2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 2 }, TN_H2_PROTOCOL_ERROR },
        { { TN_H2_SETTINGS_NO_RFC7540_PRIORITIES, 2 }, TN_H2_PROTOCOL_ERROR },
        { { TN_H2_SETTINGS_NO_RFC7540_PRIORITIES, 1 }, TN_H2_NO_ERROR },
        { { 0, UINT32_MAX }, TN_H2_NO_ERROR },
        { { 7, UINT32_MAX }, TN_H2_NO_ERROR },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const tn_h2_error e = tn_h2_setting_check(rows[i].setting);
        if (rows[i].code == TN_H2_NO_ERROR)
            is_ok(e);
        else
            is_error(e, rows[i].code);
    }
}

/* Each pack function into each room that is too small: false, and not a byte moved. */
static bool pack_number(int which, tn_wr *w)
{
    const tn_h2_setting settings[2] = { { 1, 2 }, { 3, 4 } };
    switch (which) {
    case 0: return tn_h2_rst_stream_pack(w, 1, TN_H2_CANCEL);
    case 1: return tn_h2_settings_pack(w, settings, 2);
    case 2: return tn_h2_settings_ack_pack(w);
    case 3: return tn_h2_ping_pack(w, false, (const uint8_t *)"12345678");
    case 4: return tn_h2_goaway_pack(w, 1, TN_H2_NO_ERROR, BYTES("debug"));
    case 5: return tn_h2_window_update_pack(w, 1, 1);
    default: return tn_h2_frame_header_put(w, TN_H2_DATA, 0, 1, 100);
    }
}

static void what_does_not_fit_is_not_begun(void **state)
{
    (void)state;
    for (int which = 0; which < 7; which++) {
        const uint8_t zeros[128] = { 0 };
        size_t n = 0;
        for (;; n++) {
            uint8_t *p = tn_guard_copy(zeros, n);
            tn_wr w = tn_wr_of(p, n);
            const bool fits = pack_number(which, &w);
            assert_int_equal(w.p - p, fits ? n : 0);
            if (!fits && n)
                assert_memory_equal(p, zeros, n);
            tn_guard_free(p, n);
            if (fits)
                break;
        }
        assert_true(n >= 9);
    }
    uint8_t small[16];
    tn_wr w = tn_wr_of(small, sizeof(small));
    assert_false(tn_h2_goaway_pack(&w, 1, 0, (tern_bytes){ small, SIZE_MAX - 4 }));
    assert_false(tn_h2_settings_pack(&w, NULL, UINT32_MAX));
}

/* Any header that passes with any payload: no unpack function reads past the payload. */
static void random_frames_stay_in_their_payload(void **state)
{
    (void)state;
    tn_seed seed = { 9113 };
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[64];
        tn_seed_fill(&seed, bytes, sizeof(bytes));
        const tn_h2_frame_header h = header((tn_h2_frame_type)tn_seed_below(&seed, 10), bytes[0],
                                            tn_seed_below(&seed, 3), tn_seed_below(&seed, 20));
        if (tn_h2_failed(tn_h2_frame_check(h, 16384)))
            continue;
        bytes[0] = (uint8_t)tn_seed_below(&seed, 24);
        uint8_t *p = tn_guard_copy(bytes, h.length);
        tern_bytes part = { p, 0 };
        tn_h2_headers headers;
        tn_h2_priority priority;
        uint32_t increment, skip, length;
        switch (h.type) {
        case TN_H2_DATA:
            if (!tn_h2_failed(tn_h2_data_layout(h, p, &skip, &length)))
                part = (tern_bytes){ p + skip, length };
            break;
        case TN_H2_HEADERS:
            if (!tn_h2_failed(tn_h2_headers_unpack(h, p, &headers)))
                part = headers.fragment;
            break;
        case TN_H2_PRIORITY: (void)tn_h2_priority_unpack(h, p, &priority); break;
        case TN_H2_WINDOW_UPDATE: (void)tn_h2_window_update_unpack(h, p, &increment); break;
        case TN_H2_GOAWAY: part = tn_h2_goaway_unpack(h, p).debug; break;
        case TN_H2_RST_STREAM: (void)tn_h2_rst_stream_unpack(p); break;
        default: break;
        }
        if (part.n)
            assert_true(part.p >= p && part.p + part.n <= p + h.length);
        tn_guard_free(p, h.length);
    }
}

static void codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(tn_h2_code_name(TN_H2_NO_ERROR), "NO_ERROR");
    assert_string_equal(tn_h2_code_name(TN_H2_HTTP_1_1_REQUIRED), "HTTP_1_1_REQUIRED");
    for (uint32_t code = 0; code <= TN_H2_HTTP_1_1_REQUIRED; code++)
        assert_non_null(tn_h2_code_name(code));
    assert_string_equal(tn_h2_code_name(0xe), "UNKNOWN_CODE");
    assert_string_equal(tn_h2_code_name(UINT32_MAX), "UNKNOWN_CODE");
    assert_int_equal(sizeof(TN_H2_PREFACE) - 1, TN_H2_PREFACE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_of_frames_come_back),
        cmocka_unit_test(each_type_has_its_lengths_and_streams),
        cmocka_unit_test(unknown_types_pass_unless_too_long),
        cmocka_unit_test(data_is_found_in_any_padding),
        cmocka_unit_test(padding_longer_than_the_payload_is_refused),
        cmocka_unit_test(headers_are_found_in_priority_and_padding),
        cmocka_unit_test(short_payloads_for_their_flags_are_refused),
        cmocka_unit_test(small_frames_come_back),
        cmocka_unit_test(priorities_are_read),
        cmocka_unit_test(settings_come_back),
        cmocka_unit_test(values_of_settings_have_bounds),
        cmocka_unit_test(what_does_not_fit_is_not_begun),
        cmocka_unit_test(random_frames_stay_in_their_payload),
        cmocka_unit_test(codes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
