/* SPDX-License-Identifier: Apache-2.0 */
/* request_test.c: a server against a client made of bytes: how requests are judged and answered. */
#include "grpc/server_fixture.h"
#include "h2/limits.h"
#include <stdio.h>

/* A whole request of these fields; the answer's text, in which `status` must be, and which the
 * layer above must not have seen. */
static void refused(const char *fields, const char *http, const char *status)
{
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, true, fields);
    const char *text = answer(&f);
    char start[64];
    (void)snprintf(start, sizeof(start), "HEADERS 1 :status=%s content-type=application/grpc",
                   http);
    assert_starts(text, start);
    assert_has(text, status);
    assert_has(text, " grpc-message=");
    assert_has(text, " ES\n");
    assert_null(strstr(text, "RST"));
    assert_string_equal(f.end.records[0].log, "closed");
    end(&f);
}

static void rule_1_a_method_other_than_post_is_405(void **state)
{
    (void)state;
    static const char get[] = ":method=GET|:scheme=http|:path=/p.S/M|:authority=h|te=trailers|"
                              "content-type=application/grpc";
    refused(get, "405", "grpc-status=13");
    refused(get, "405", " allow=POST ");
    refused(":method=post|:scheme=http|:path=/p.S/M", "405", "grpc-status=13");
}

static void rule_3_a_path_of_another_form_is_unimplemented(void **state)
{
    (void)state;
    static const char *const paths[] = { "p.S/M",   "/",        "/p.S", "/p.S/",   "//M",
                                         "/p.S/M/", "/p.S/M/x", "*",    "/p.S//M", "///" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char fields[200];
        (void)snprintf(
            fields, sizeof(fields),
            ":method=POST|:scheme=http|:path=%s|te=trailers|content-type=application/grpc",
            paths[i]);
        refused(fields, "200", " grpc-status=12 ");
    }
    fixture f = { .now = 0 };
    accepted(&f, ":method=POST|:scheme=http|:path=/p.S/m|content-type=application/grpc");
    assert_string_equal(f.end.records[0].path, "/p.S/m");
    end(&f);
}

static void rule_4_te_may_be_missing(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f, ":method=POST|:scheme=http|:path=/p.S/M|content-type=application/grpc");
    end(&f);
}

static void rule_5_the_answer_has_the_content_type_of_the_request(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *answered;
    } cases[] = {
        { "application/grpc", "application/grpc" },
        { "application/grpc+proto", "application/grpc+proto" },
        { "application/grpc;charset=utf-8", "application/grpc" },
        { "APPLICATION/gRPC+Proto; x=y", "application/grpc+proto" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[200];
        fixture f = { .now = 0 };
        (void)snprintf(text, sizeof(text), ":method=POST|:scheme=http|:path=/p.S/M|content-type=%s",
                       cases[i].asked);
        accepted(&f, text);
        assert_int_equal(grpc_send(&f.end.records[0], 1, false), TERN_OK);
        assert_int_equal(grpc_finish(&f.end.records[0], TERN_OK, NULL), TERN_OK);
        (void)snprintf(
            text, sizeof(text),
            "HEADERS 1 :status=200 content-type=%s\nDATA 1 6\nHEADERS 1 grpc-status=0 ES\n",
            cases[i].answered);
        assert_string_equal(answer(&f), text);
        end(&f);
    }
}

static void rule_6_other_content_types_are_415(void **state)
{
    (void)state;
    static const char *const foreign[] = { "application/grpcx", "application/json", "text/html",
                                           "application/grpc-web+proto", "application" };
    char text[200];
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        (void)snprintf(text, sizeof(text), ":method=POST|:scheme=http|:path=/p.S/M|content-type=%s",
                       foreign[i]);
        refused(text, "415", " grpc-status=3 ");
    }
    refused(":method=POST|:scheme=http|:path=/p.S/M", "415", " grpc-status=3 ");
    refused(":method=POST|:scheme=http|:path=/p.S/M|content-type=application/grpc+foo", "415",
            " grpc-status=12 ");
}

static void rule_7_timeouts_are_read_clamped_or_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "123456789n", "", "5", "5s", "-5S", "S" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char fields[300];
        (void)snprintf(fields, sizeof(fields), WIRE_REQUEST "|grpc-timeout=%s", bad[i]);
        refused(fields, "400", " grpc-status=13 ");
    }
    fixture f = { .now = 0 };
    accepted(&f, WIRE_REQUEST "|grpc-timeout=99999999H");
    assert_true(f.end.records[0].deadline > INT64_MAX);
    end(&f);
    fixture g = { .now = 0 };
    accepted(&g, WIRE_REQUEST "|grpc-timeout=20m");
    assert_int_equal(g.end.records[0].deadline, g.now + 20000000);
    end(&g);
    fixture h = { .now = 0 };
    accepted(&h, WIRE_REQUEST);
    assert_true(h.end.records[0].deadline == UINT64_MAX);
    end(&h);
}

static void rule_9_expired_on_arrival_is_trailers_only(void **state)
{
    (void)state;
    refused(WIRE_REQUEST "|grpc-timeout=0m", "200", " grpc-status=4 ");
}

static void rule_12_an_upper_case_name_is_malformed_http2(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, true, WIRE_REQUEST "|X-Upper=1");
    assert_string_equal(answer(&f), "RST 1 PROTOCOL_ERROR\n");
    assert_int_equal(f.end.n, 0);
    end(&f);
}

static void rule_13_reserved_fields_are_not_metadata(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f,
             WIRE_REQUEST "|grpc-accept-encoding=gzip|grpc-encoding=identity|grpc-timeout=1S|"
                          "grpc-message-type=p.Q|user-agent=x/1|grpc-previous-rpc-attempts=1|k=v");
    assert_string_equal(f.end.records[0].headers,
                        "user-agent=x/1|grpc-previous-rpc-attempts=1|k=v|");
    end(&f);
}

static void rule_14_15_16_17_metadata_is_decoded(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f, WIRE_REQUEST "|a-bin=AAE=,/w|k=1|k=2|a-bin=eA|k= 3, 4 |o=\xc3\xbc");
    assert_string_equal(f.end.records[0].headers,
                        "a-bin=\\00\\01|a-bin=\\ff|k=1|k=2|a-bin=x|k=3, 4|o=\\c3\\bc|");
    end(&f);
}

static void rule_14_undecodable_bin_fails_that_call_only(void **state)
{
    (void)state;
    refused(WIRE_REQUEST "|a-bin=%%%", "200", " grpc-status=13 ");
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, true, WIRE_REQUEST "|a-bin=A");
    wire_headers(&f.out, 3, true, WIRE_REQUEST "|a-bin=AA");
    assert_has(answer(&f), "the value of the request's metadata key \"a-bin\" is not base64");
    assert_string_equal(f.end.records[0].log, "closed");
    assert_string_equal(f.end.records[1].log, "request half_closed");
    end(&f);
}

static void a_field_of_commas_is_bounded(void **state)
{
    (void)state;
    char fields[2000] = WIRE_REQUEST "|many-bin=";
    const size_t n = strlen(fields);
    memset(fields + n, ',', 1024);
    fields[n + 1024] = '\0';
    refused(fields, "200", " grpc-status=8 ");
    refused(fields, "200", "many-bin");
}

static void without_memory_for_the_call_it_is_refused(void **state)
{
    (void)state;
    fixture f = { .end.poor = true };
    begin(&f);
    wire_headers(&f.out, 1, true, WIRE_REQUEST);
    assert_has(answer(&f), " grpc-status=8 grpc-message=no memory for the call ES\n");
    wire_headers(&f.out, 3, true, WIRE_REQUEST "|k=v");
    assert_has(answer(&f), " grpc-status=8 grpc-message=no memory for the request's metadata ES\n");
    end(&f);
}

static void rule_18_a_header_list_too_large_fails_that_call_only(void **state)
{
    (void)state;
    char fields[20000] = WIRE_REQUEST "|big=";
    const size_t n = strlen(fields);
    memset(fields + n, 'x', 17000);
    fields[n + 17000] = '\0';
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, true, fields);
    const char *text = answer(&f);
    assert_starts(text, "HEADERS 1 :status=200 content-type=application/grpc grpc-status=8 ");
    assert_has(text, "16384");
    assert_has(text, "max_header_list_bytes");
    wire_headers(&f.out, 3, true, WIRE_REQUEST);
    (void)answer(&f);
    assert_string_equal(f.end.records[1].log, "request half_closed");
    end(&f);
}

static void rule_23_a_foreign_encoding_is_unimplemented_and_named(void **state)
{
    (void)state;
    refused(WIRE_REQUEST "|grpc-encoding=gzip", "200",
            " grpc-accept-encoding=identity grpc-status=12 ");
}

static void rule_24_nothing_is_sent_compressed_whatever_is_accepted(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f, WIRE_REQUEST "|grpc-accept-encoding=gzip,identity");
    assert_int_equal(grpc_send(&f.end.records[0], 1, false), TERN_OK);
    assert_int_equal(grpc_finish(&f.end.records[0], TERN_OK, NULL), TERN_OK);
    assert_string_equal(answer(&f), "HEADERS 1 :status=200 content-type=application/grpc\n"
                                    "DATA 1 6\nHEADERS 1 grpc-status=0 ES\n");
    end(&f);
}

static void rule_28_headers_may_end_the_request(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f, WIRE_REQUEST);
    assert_int_equal(grpc_finish(&f.end.records[0], TERN_OK, NULL), TERN_OK);
    assert_string_equal(answer(&f),
                        "HEADERS 1 :status=200 content-type=application/grpc grpc-status=0 ES\n");
    end(&f);
}

static void rule_28_empty_data_may_end_the_request(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, false, WIRE_REQUEST);
    wire_message(&f.out, 1, false, 0, 3);
    wire_data(&f.out, 1, true, NULL, 0);
    (void)answer(&f);
    assert_string_equal(f.end.records[0].log, "request message:3 half_closed");
    end(&f);
}

static void trailers_of_a_client_end_the_request(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, false, WIRE_REQUEST);
    wire_message(&f.out, 1, false, 0, 3);
    wire_headers(&f.out, 1, true, "x=y");
    (void)answer(&f);
    assert_string_equal(f.end.records[0].log, "request message:3 half_closed");
    end(&f);
}

static void rule_38_refusing_early_is_trailers_only_then_reset(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    begin(&f);
    wire_headers(&f.out, 1, false,
                 ":method=POST|:scheme=http|:path=/x|content-type=application/grpc");
    wire_message(&f.out, 1, false, 0, 3);
    const char *text = answer(&f);
    assert_has(text, " grpc-status=12 ");
    assert_has(text, " ES\nRST 1 NO_ERROR\n");
    end(&f);
}

static void rule_45_host_stands_in_for_authority(void **state)
{
    (void)state;
    fixture f = { .now = 0 };
    accepted(&f, ":method=POST|:scheme=http|:path=/p.S/M|host=a|content-type=application/grpc");
    assert_string_equal(f.end.records[0].authority, "a");
    assert_string_equal(f.end.records[0].headers, "");
    end(&f);
    fixture g = { .now = 0 };
    accepted(&g, WIRE_REQUEST "|host=b");
    assert_string_equal(g.end.records[0].authority, "host");
    end(&g);
    refused(WIRE_REQUEST "|host=a|host=a", "400", " grpc-status=13 ");
}

static void rule_20_and_22_bad_flags_are_internal(void **state)
{
    (void)state;
    static const uint8_t flags[] = { 1, 2, 0x80, 0xFF };
    for (size_t i = 0; i < sizeof(flags); i++) {
        fixture f = { .now = 0 };
        begin(&f);
        wire_headers(&f.out, 1, false, WIRE_REQUEST);
        wire_message(&f.out, 1, true, flags[i], 3);
        const char *text = answer(&f);
        assert_has(text, " grpc-status=13 ");
        assert_has(text, flags[i] == 1 ? "without grpc-encoding" : "flag other than 0 and 1");
        assert_string_equal(f.end.records[0].log, "request cancelled closed");
        assert_int_equal(f.end.records[0].code, TERN_INTERNAL);
        end(&f);
    }
}

static void rule_21_a_truncated_message_is_internal(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0, 0, 0, 0, 3, 'a', 'b' };
    for (size_t n = 1; n <= sizeof(bytes); n++) {
        fixture f = { .now = 0 };
        begin(&f);
        wire_headers(&f.out, 1, false, WIRE_REQUEST);
        wire_message(&f.out, 1, false, 0, 1);
        wire_data(&f.out, 1, true, bytes, n);
        assert_has(answer(&f), " grpc-status=13 grpc-message=the request ended in the middle");
        assert_string_equal(f.end.records[0].log, "request message:1 cancelled closed");
        end(&f);
    }
}

static void rule_25_a_message_over_the_limit_is_named(void **state)
{
    (void)state;
    fixture f = { .end.config = { .max_recv_bytes = 100, .max_recv_option = "max_recv_bytes" } };
    begin(&f);
    wire_headers(&f.out, 1, false, WIRE_REQUEST);
    wire_message(&f.out, 1, false, 0, 100);
    wire_message(&f.out, 1, false, 0, 101);
    const char *text = answer(&f);
    assert_has(text, " grpc-status=8 ");
    assert_has(text, "a message of 101 bytes came, the limit is 100 bytes: raise max_recv_bytes");
    assert_has(text, "RST 1 NO_ERROR\n");
    assert_string_equal(f.end.records[0].log, "request message:100 cancelled closed");
    end(&f);
}

/* What is known of fields that came before is not judged again, and means the same. */
static void requests_that_come_again_mean_the_same(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        ":method=POST|:scheme=http|:path=/p.S/M|host=there|te=trailers|"
        "content-type=application/grpc+proto|grpc-timeout=5S|x-a=b|x-bin=YQ",
        ":method=POST|:scheme=http|:path=/p.S/N|:authority=here|content-type=application/grpc",
    };
    fixture f = { .now = 0 };
    begin(&f);
    for (uint32_t i = 0; i < 20; i++) {
        const uint32_t kind = i / 5 % 2, id = 2 * i + 1;
        f.now = 1000 * i;
        wire_headers(&f.out, id, true, kinds[kind]);
        assert_string_equal(answer(&f), "");
        const grpc_record *r = &f.end.records[i];
        assert_starts(r->log, "request half_closed");
        assert_string_equal(r->path, kind ? "/p.S/N" : "/p.S/M");
        assert_string_equal(r->authority, kind ? "here" : "there");
        assert_string_equal(r->headers, kind ? "" : "x-a=b|x-bin=a|");
        assert_int_equal(r->deadline, kind ? UINT64_MAX : f.now + 5000000000);
        assert_int_equal(grpc_finish(&f.end.records[i], TERN_OK, ""), TERN_OK);
        assert_has(answer(&f), kind ? "content-type=application/grpc " : "application/grpc+proto ");
    }
    /* What is refused is so each time. */
    for (uint32_t i = 20; i < 25; i++) {
        wire_headers(&f.out, 2 * i + 1, true, ":method=POST|:scheme=http|:path=/p.S/M");
        assert_has(answer(&f), ":status=415");
    }
    end(&f);
}

/* An idle connection gives back what it remembers; what was found of that is not said of another. */
static void what_was_known_before_a_pause_is_forgotten(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        WIRE_REQUEST,
        ":method=GET|:scheme=http|:path=/p.S/M|content-type=application/grpc",
    };
    fixture f = { .now = 0 };
    begin(&f);
    for (uint32_t i = 0; i < 10; i++) {
        wire_headers(&f.out, 2 * i + 1, true, kinds[i / 5]);
        const char *text = answer(&f);
        if (i >= 5) {
            assert_starts(text, "HEADERS ");
            assert_has(text, ":status=405");
            assert_string_equal(f.end.records[i].log, "closed");
            continue;
        }
        assert_string_equal(f.end.records[i].log, "request half_closed");
        assert_int_equal(grpc_finish(&f.end.records[i], TERN_OK, ""), TERN_OK);
        assert_has(answer(&f), "grpc-status=0");
        for (uint32_t look = 0; i == 4 && look < 4; look++)
            tn_grpc_tick(f.end.c, f.now += 2 * TN_H2_SECOND);
    }
    end(&f);
}

/* A block too large to be remembered comes between two that are. */
static void a_content_length_is_that_of_its_own_request(void **state)
{
    (void)state;
    char large[600];
    fixture f = { .now = 0 };
    begin(&f);
    (void)snprintf(large, sizeof(large), "%s|content-length=5|x-large=%0300d", WIRE_REQUEST, 0);
    for (uint32_t i = 0; i < 12; i++) {
        const uint32_t id = 2 * i + 1;
        const bool is_large = i % 4 == 3;
        wire_headers(&f.out, id, !is_large, is_large ? large : WIRE_REQUEST);
        if (is_large)
            wire_message(&f.out, id, true, 0, 0);
        assert_string_equal(answer(&f), "");
        assert_starts(f.end.records[i].log,
                      is_large ? "request message:0 half_closed" : "request half_closed");
        assert_int_equal(grpc_finish(&f.end.records[i], TERN_OK, ""), TERN_OK);
        assert_has(answer(&f), "grpc-status=0");
    }
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_1_a_method_other_than_post_is_405),
        cmocka_unit_test(rule_3_a_path_of_another_form_is_unimplemented),
        cmocka_unit_test(rule_4_te_may_be_missing),
        cmocka_unit_test(rule_5_the_answer_has_the_content_type_of_the_request),
        cmocka_unit_test(rule_6_other_content_types_are_415),
        cmocka_unit_test(rule_7_timeouts_are_read_clamped_or_refused),
        cmocka_unit_test(rule_9_expired_on_arrival_is_trailers_only),
        cmocka_unit_test(rule_12_an_upper_case_name_is_malformed_http2),
        cmocka_unit_test(rule_13_reserved_fields_are_not_metadata),
        cmocka_unit_test(rule_14_15_16_17_metadata_is_decoded),
        cmocka_unit_test(rule_14_undecodable_bin_fails_that_call_only),
        cmocka_unit_test(a_field_of_commas_is_bounded),
        cmocka_unit_test(without_memory_for_the_call_it_is_refused),
        cmocka_unit_test(rule_18_a_header_list_too_large_fails_that_call_only),
        cmocka_unit_test(rule_20_and_22_bad_flags_are_internal),
        cmocka_unit_test(rule_21_a_truncated_message_is_internal),
        cmocka_unit_test(rule_23_a_foreign_encoding_is_unimplemented_and_named),
        cmocka_unit_test(rule_25_a_message_over_the_limit_is_named),
        cmocka_unit_test(rule_24_nothing_is_sent_compressed_whatever_is_accepted),
        cmocka_unit_test(rule_28_headers_may_end_the_request),
        cmocka_unit_test(rule_28_empty_data_may_end_the_request),
        cmocka_unit_test(trailers_of_a_client_end_the_request),
        cmocka_unit_test(rule_38_refusing_early_is_trailers_only_then_reset),
        cmocka_unit_test(rule_45_host_stands_in_for_authority),
        cmocka_unit_test(requests_that_come_again_mean_the_same),
        cmocka_unit_test(what_was_known_before_a_pause_is_forgotten),
        cmocka_unit_test(a_content_length_is_that_of_its_own_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
