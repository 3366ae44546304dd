/* SPDX-License-Identifier: Apache-2.0 */
/* status_test.c: the mapping tables (wire rules 5, 31, 33, 36). */
#include "grpc/status.h"
#include "h2/error.h"
#include "support/guard.h"
#include "support/test.h"

static void rule_33_maps_http(void **state)
{
    (void)state;
    static const struct {
        uint32_t http;
        tern_code code;
    } cases[] = {
        { 400, TERN_INTERNAL },      { 401, TERN_UNAUTHENTICATED }, { 403, TERN_PERMISSION_DENIED },
        { 404, TERN_UNIMPLEMENTED }, { 429, TERN_UNAVAILABLE },     { 502, TERN_UNAVAILABLE },
        { 503, TERN_UNAVAILABLE },   { 504, TERN_UNAVAILABLE },     { 200, TERN_UNKNOWN },
        { 409, TERN_UNKNOWN },       { 412, TERN_UNKNOWN },         { 413, TERN_UNKNOWN },
        { 415, TERN_UNKNOWN },       { 418, TERN_UNKNOWN },         { 431, TERN_UNKNOWN },
        { 500, TERN_UNKNOWN },       { 505, TERN_UNKNOWN },         { 800, TERN_UNKNOWN },
        { 0, TERN_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(tn_status_of_http(cases[i].http), cases[i].code);
    assert_int_equal(tn_status_parse_http(TERN_STR("502")), 502);
    assert_int_equal(tn_status_parse_http(TERN_STR("abc")), 0);
    assert_int_equal(tn_status_parse_http(TERN_STR("20")), 0);
    assert_int_equal(tn_status_parse_http(TERN_STR("2000")), 0);
    assert_int_equal(tn_status_parse_http((tern_str){ NULL, 0 }), 0);
}

static void rule_36_maps_reset_codes(void **state)
{
    (void)state;
    static const uint32_t internal[] = { 0, 1, 2, 3, 4, 5, 6, 9, 10, 13 };
    for (size_t i = 0; i < sizeof(internal) / sizeof(internal[0]); i++)
        assert_int_equal(tn_status_of_reset(internal[i]), TERN_INTERNAL);
    assert_int_equal(tn_status_of_reset(TN_H2_REFUSED_STREAM), TERN_UNAVAILABLE);
    assert_int_equal(tn_status_of_reset(TN_H2_CANCEL), TERN_CANCELLED);
    assert_int_equal(tn_status_of_reset(TN_H2_ENHANCE_YOUR_CALM), TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(tn_status_of_reset(TN_H2_INADEQUATE_SECURITY), TERN_PERMISSION_DENIED);
    assert_int_equal(tn_status_of_reset(14), TERN_UNKNOWN);
    assert_int_equal(tn_status_of_reset(UINT32_MAX), TERN_UNKNOWN);
    assert_int_equal(tn_status_to_reset(TERN_CANCELLED), TN_H2_CANCEL);
    assert_int_equal(tn_status_to_reset(TERN_DEADLINE_EXCEEDED), TN_H2_CANCEL);
    assert_int_equal(tn_status_to_reset(TERN_INTERNAL), TN_H2_INTERNAL_ERROR);
}

static tern_code parse(const char *text, size_t n)
{
    uint8_t *p = tn_guard_copy(text, n);
    const tern_code code = tn_status_parse((tern_str){ (const char *)p, n });
    tn_guard_free(p, n);
    return code;
}

static void rule_31_reads_grpc_status(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "17", "99", "100", "-1", "+1", "a", "1a", " 1", "0x1" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(parse(bad[i], strlen(bad[i])), TERN_UNKNOWN);
    for (int code = 0; code <= 16; code++) {
        const tern_str text = tn_status_text((tern_code)code);
        assert_int_equal(parse(text.p, text.n), code);
    }
    assert_int_equal(parse("00", 2), TERN_OK);
    assert_int_equal(parse("05", 2), TERN_NOT_FOUND);
    assert_true(tern_str_equal(tn_status_text(TERN_END), TERN_STR("2")));
    assert_true(tern_str_equal(tn_status_text(TERN_AGAIN), TERN_STR("2")));
    assert_true(tern_str_equal(tn_status_text((tern_code)17), TERN_STR("2")));
    assert_true(tern_str_equal(tn_status_text(TERN_ABORTED), TERN_STR("10")));
    assert_true(tern_str_equal(tn_status_text(TERN_UNAUTHENTICATED), TERN_STR("16")));
}

static void rule_5_judges_content_types(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        tn_content content;
    } cases[] = {
        { "application/grpc", TN_CONTENT_GRPC },
        { "application/grpc+proto", TN_CONTENT_GRPC_PROTO },
        { "application/grpc;charset=utf-8", TN_CONTENT_GRPC },
        { "application/grpc ; x", TN_CONTENT_GRPC },
        { "application/grpc+proto; charset=utf-8", TN_CONTENT_GRPC_PROTO },
        { "Application/GRPC+Proto", TN_CONTENT_GRPC_PROTO },
        { "application/grpc+json", TN_CONTENT_GRPC_OTHER },
        { "application/grpc+", TN_CONTENT_GRPC_OTHER },
        { "application/grpc+protobuf", TN_CONTENT_GRPC_OTHER },
        { "application/grpcx", TN_CONTENT_FOREIGN },
        { "application/grpc-web", TN_CONTENT_FOREIGN },
        { "application/grpc-web+proto", TN_CONTENT_FOREIGN },
        { "application/grp", TN_CONTENT_FOREIGN },
        { "application/json", TN_CONTENT_FOREIGN },
        { "text/html", TN_CONTENT_FOREIGN },
        { "", TN_CONTENT_FOREIGN },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const size_t n = strlen(cases[i].text);
        uint8_t *p = tn_guard_copy(cases[i].text, n);
        assert_int_equal(tn_content_of((tern_str){ (const char *)p, n }), cases[i].content);
        tn_guard_free(p, n);
    }
    assert_int_equal(tn_content_of((tern_str){ NULL, 0 }), TN_CONTENT_FOREIGN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_33_maps_http),
        cmocka_unit_test(rule_36_maps_reset_codes),
        cmocka_unit_test(rule_31_reads_grpc_status),
        cmocka_unit_test(rule_5_judges_content_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
