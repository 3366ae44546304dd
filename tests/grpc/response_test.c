/* SPDX-License-Identifier: Apache-2.0 */
/* response_test.c: a client against a server made of bytes: what becomes of responses. */
#include "grpc/client_fixture.h"
#include <stdio.h>

/* The whole response is one block. */
static void trailers_only(const char *fields, tern_code code, tern_origin origin, const char *part)
{
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, true, fields);
    assert_string_equal(answer(&f), "");
    assert_string_equal(f.call->log, "status closed");
    assert_outcome(&f, code, origin, part);
    end(&f);
}

static void rule_2_4_8_49_the_request_and_its_order(void **state)
{
    (void)state;
    fixture f;
    memset(&f, 0, sizeof(f));
    begin_with(&f, 500000000);
    assert_string_equal(wire_text(&f.reader),
                        "HEADERS 1 :method=POST :scheme=http :path=/p.S/M :authority=host "
                        "grpc-timeout=500000u te=trailers content-type=application/grpc "
                        "user-agent=grpc-c-tern/" TERN_VERSION "\n");
    const tern_metadata_entry e[] = {
        { TERN_STR("k"), TERN_STR("v") },
        { TERN_STR("b-bin"), { "\0\1", 2 } },
        { TERN_STR("k"), TERN_STR("w") },
    };
    const tern_metadata m = { e, 3 };
    f.end.config.user_agent = "app/1 grpc-c-tern/2";
    f.end.config.tls = true;
    grpc_record *second = grpc_start(&f.end, &m, UINT64_MAX);
    assert_int_equal(second->code, TERN_OK);
    assert_string_equal(answer(&f),
                        "HEADERS 3 :method=POST :scheme=https :path=/p.S/M :authority=host "
                        "te=trailers content-type=application/grpc "
                        "user-agent=app/1 grpc-c-tern/2 k=v b-bin=AAE k=w\n");
    end(&f);
}

static void rule_28_an_empty_end_is_empty_data(void **state)
{
    (void)state;
    fixture f;
    begin(&f);
    assert_int_equal(tn_grpc_end_send(f.call->call), TERN_OK);
    assert_string_equal(answer(&f), "DATA 1 0 ES\n");
    assert_int_equal(tn_grpc_end_send(f.call->call), TERN_FAILED_PRECONDITION);
    assert_int_equal(grpc_send(f.call, 1, false), TERN_FAILED_PRECONDITION);
    end(&f);
}

static void a_response_in_order(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE "|k=v|b-bin=AA,AQ|server=x");
    wire_message(&f.out, 1, false, 0, 5);
    wire_headers(&f.out, 1, true, "grpc-status=0|t=1|t=2");
    assert_string_equal(answer(&f), "");
    assert_string_equal(f.call->log, "response message:5 status closed");
    assert_string_equal(f.call->headers, "k=v|b-bin=\\00|b-bin=\\01|server=x|");
    assert_string_equal(f.call->trailers, "t=1|t=2|");
    assert_outcome(&f, TERN_OK, TERN_ORIGIN_NONE, "");
    end(&f);
}

static void rule_5_the_client_takes_every_form_of_its_codec(void **state)
{
    (void)state;
    static const char *const types[] = { "application/grpc", "application/grpc+proto",
                                         "application/grpc;x=y", "application/grpc+proto;x" };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char fields[100];
        fixture f;
        begin_unary(&f);
        (void)snprintf(fields, sizeof(fields), ":status=200|content-type=%s", types[i]);
        wire_headers(&f.out, 1, false, fields);
        wire_headers(&f.out, 1, true, "grpc-status=0");
        (void)answer(&f);
        assert_string_equal(f.call->log, "response status closed");
        assert_outcome(&f, TERN_OK, TERN_ORIGIN_NONE, "");
        end(&f);
    }
}

static void rule_6_another_codec_is_an_error(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, ":status=200|content-type=application/grpc+json");
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    assert_string_equal(f.call->log, "status closed");
    assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "application/grpc+json");
    end(&f);
}

static void rule_23_an_encoding_that_was_not_offered_is_internal(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE "|grpc-encoding=gzip");
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "gzip");
    end(&f);
    begin_unary(&f);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE "|grpc-encoding=identity");
    wire_headers(&f.out, 1, true, "grpc-status=0");
    (void)answer(&f);
    assert_outcome(&f, TERN_OK, TERN_ORIGIN_NONE, "");
    end(&f);
}

static void rule_14_undecodable_bin_fails_the_call(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE "|k-bin=%");
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "k-bin");
    end(&f);
    trailers_only(WIRE_RESPONSE "|grpc-status=0|k-bin=A", TERN_INTERNAL, TERN_ORIGIN_NET, "k-bin");
}

static void rule_18_a_header_list_too_large_fails_the_call(void **state)
{
    (void)state;
    static char fields[20000] = WIRE_RESPONSE "|big=";
    const size_t n = strlen(fields);
    memset(fields + n, 'x', 17000);
    fields[n + 17000] = '\0';
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, fields);
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    assert_outcome(&f, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "max_header_list_bytes");
    end(&f);
    begin_unary(&f);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE);
    wire_headers(&f.out, 1, true, fields + strlen(":status=200|"));
    assert_string_equal(answer(&f), "");
    assert_outcome(&f, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "trailers are over the limit");
    end(&f);
}

static void a_text_that_quotes_the_server_is_utf_8(void **state)
{
    (void)state;
    static const char *const fields[] = {
        ":status=200|content-type=application/grpc+\xff",
        WIRE_RESPONSE "|grpc-encoding=\xff",
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        fixture f;
        begin_unary(&f);
        wire_headers(&f.out, 1, false, fields[i]);
        assert_string_equal(answer(&f), "RST 1 CANCEL\n");
        assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "\xef\xbf\xbd\"");
        end(&f);
    }
}

static void the_text_of_a_limit_names_the_one_that_holds(void **state)
{
    (void)state;
    fixture f;
    memset(&f, 0, sizeof(f));
    f.end.config.h2.max_header_fields = 1000; /* HTTP/2 takes 256 at most */
    f.end.config.h2.max_header_list_bytes = 100;
    begin_with(&f, 0);
    wire_headers(&f.out, 1, true, WIRE_RESPONSE "|a=b|grpc-status=0");
    (void)answer(&f);
    assert_outcome(&f, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                   "the limit of 100 bytes (each field counts 32 more) or 256 fields");
    end(&f);
}

static void rule_19_details_are_decoded_or_internal(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, true,
                 WIRE_RESPONSE "|grpc-status=5|grpc-message=m|grpc-status-details-bin=CAUSAW0=");
    (void)answer(&f);
    assert_string_equal(f.call->details, "\\08\\05\\12\\01m");
    assert_outcome(&f, TERN_NOT_FOUND, TERN_ORIGIN_PEER, "m");
    end(&f);
    trailers_only(WIRE_RESPONSE "|grpc-status=5|grpc-status-details-bin=%%", TERN_INTERNAL,
                  TERN_ORIGIN_NET, "grpc-status-details-bin");
}

/* How many messages a method has, only the layer above knows: it counts the events. */
static void rule_26_and_27_every_message_is_told_and_none_is_invented(void **state)
{
    (void)state;
    static const char *const logs[] = { "response status closed",
                                        "response message:1 status closed",
                                        "response message:1 message:1 status closed" };
    for (int messages = 0; messages < 3; messages++) {
        fixture f;
        begin_unary(&f);
        wire_headers(&f.out, 1, false, WIRE_RESPONSE);
        for (int i = 0; i < messages; i++)
            wire_message(&f.out, 1, false, 0, 1);
        wire_headers(&f.out, 1, true, "grpc-status=0");
        (void)answer(&f);
        assert_string_equal(f.call->log, logs[messages]);
        end(&f);
    }
}

static void rule_29_trailers_only(void **state)
{
    (void)state;
    trailers_only(WIRE_RESPONSE "|grpc-status=5|grpc-message=no%20such", TERN_NOT_FOUND,
                  TERN_ORIGIN_PEER, "no such");
    trailers_only(WIRE_RESPONSE "|grpc-status=0", TERN_OK, TERN_ORIGIN_NONE, "");
}

static void rule_30_a_status_without_end_stream_is_ignored(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE "|grpc-status=8|grpc-message=early");
    wire_headers(&f.out, 1, true, "grpc-status=9|grpc-message=late");
    (void)answer(&f);
    assert_outcome(&f, TERN_FAILED_PRECONDITION, TERN_ORIGIN_PEER, "late");
    assert_string_equal(f.call->headers, "");
    end(&f);
    begin_unary(&f);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE "|grpc-status=0");
    wire_message(&f.out, 1, true, 0, 3);
    (void)answer(&f);
    assert_string_equal(f.call->log, "response message:3 status closed");
    assert_outcome(&f, TERN_UNKNOWN, TERN_ORIGIN_NET, "without trailers");
    end(&f);
}

static void rule_31_a_missing_or_strange_status_is_unknown(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "grpc-status=abc", "grpc-status=-1", "grpc-status=17", "grpc-status=999999999999", "x=y", ""
    };
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        fixture f;
        begin_unary(&f);
        wire_headers(&f.out, 1, false, WIRE_RESPONSE);
        wire_message(&f.out, 1, false, 0, 3);
        wire_headers(&f.out, 1, true, strange[i]);
        (void)answer(&f);
        assert_outcome(&f, TERN_UNKNOWN, i < 4 ? TERN_ORIGIN_PEER : TERN_ORIGIN_NET, "");
        end(&f);
    }
    trailers_only(WIRE_RESPONSE, TERN_UNKNOWN, TERN_ORIGIN_NET, "without a grpc-status");
}

static void rule_32_grpc_status_beats_http_status(void **state)
{
    (void)state;
    trailers_only(":status=502|content-type=application/grpc|grpc-status=3|grpc-message=m",
                  TERN_INVALID_ARGUMENT, TERN_ORIGIN_PEER, "m");
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, ":status=502|content-type=application/grpc");
    wire_data(&f.out, 1, false, "oops", 4);
    wire_headers(&f.out, 1, true, "grpc-status=3");
    (void)answer(&f);
    assert_string_equal(f.call->log, "status closed");
    assert_outcome(&f, TERN_INVALID_ARGUMENT, TERN_ORIGIN_PEER, "");
    end(&f);
}

static void rule_33_http_statuses_when_it_is_not_grpc(void **state)
{
    (void)state;
    static const struct {
        const char *http;
        tern_code code;
    } cases[] = {
        { "400", TERN_INTERNAL },          { "401", TERN_UNAUTHENTICATED },
        { "403", TERN_PERMISSION_DENIED }, { "404", TERN_UNIMPLEMENTED },
        { "429", TERN_UNAVAILABLE },       { "502", TERN_UNAVAILABLE },
        { "503", TERN_UNAVAILABLE },       { "504", TERN_UNAVAILABLE },
        { "200", TERN_UNKNOWN },           { "409", TERN_UNKNOWN },
        { "431", TERN_UNKNOWN },           { "800", TERN_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char fields[100];
        (void)snprintf(fields, sizeof(fields), ":status=%s|content-type=text/html", cases[i].http);
        trailers_only(fields, cases[i].code, TERN_ORIGIN_NET, cases[i].http);
        (void)snprintf(fields, sizeof(fields), ":status=%s", cases[i].http);
        trailers_only(fields, cases[i].code, TERN_ORIGIN_NET, "content-type missing");
    }
    /* grpc-status of a response that is not gRPC does not count. */
    trailers_only(":status=503|content-type=text/html|grpc-status=0", TERN_UNAVAILABLE,
                  TERN_ORIGIN_NET, "text/html");
    /* No number at all is malformed HTTP/2. */
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, true, ":status=abc|content-type=text/html");
    assert_string_equal(answer(&f), "RST 1 PROTOCOL_ERROR\n");
    assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "PROTOCOL_ERROR");
    end(&f);
}

static void rule_33_the_text_quotes_the_body(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, ":status=502|content-type=text/html");
    wire_data(&f.out, 1, false, "<h1>502</h1>\r\n", 14);
    wire_data(&f.out, 1, true, "nginx \xff", 7);
    assert_string_equal(answer(&f), "");
    assert_string_equal(f.call->log, "status closed");
    assert_outcome(
        &f, TERN_UNAVAILABLE, TERN_ORIGIN_NET,
        "HTTP status 502, content-type \"text/html\", body: <h1>502</h1>  nginx \xef\xbf\xbd");
    end(&f);
}

/* Each allocation refused in turn: what came is never said to be missing. */
static void a_foreign_response_without_memory_is_not_misquoted(void **state)
{
    (void)state;
    static char fields[6000] = ":status=502|content-type=text/";
    const size_t n = strlen(fields);
    memset(fields + n, 'x', 5000);
    fields[n + 5000] = '\0';
    bool refused = false, failed = true;
    for (uint64_t at = 1; failed; at++) {
        fixture f;
        begin_unary(&f);
        wire_headers(&f.out, 1, true, fields);
        f.env.fail_at = f.env.count + at;
        (void)answer(&f);
        failed = f.env.failed != 0;
        assert_false(strstr(f.call->message, "missing"));
        if (f.call->code == TERN_RESOURCE_EXHAUSTED) {
            assert_string_equal(f.call->message, "no memory for the response");
            refused = true;
        }
        end(&f);
    }
    assert_true(refused);
}

static void rule_33_trailers_end_a_foreign_response(void **state)
{
    (void)state;
    static const char *const types[] = { "text/plain", "application/grpc" };
    for (size_t i = 0; i < 2; i++) {
        char fields[100];
        fixture f;
        begin_unary(&f);
        (void)snprintf(fields, sizeof(fields), ":status=503|content-type=%s", types[i]);
        wire_headers(&f.out, 1, false, fields);
        wire_data(&f.out, 1, false, "later", 5);
        wire_headers(&f.out, 1, true, i == 0 ? "grpc-status=0" : "x=y");
        (void)answer(&f);
        assert_string_equal(f.call->log, "status closed");
        assert_outcome(&f, TERN_UNAVAILABLE, TERN_ORIGIN_NET, "body: later");
        end(&f);
    }
}

static void rule_33_a_long_body_is_not_waited_for(void **state)
{
    (void)state;
    char body[1000];
    memset(body, 'b', sizeof(body));
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, ":status=200|content-type=text/plain");
    wire_data(&f.out, 1, false, body, sizeof(body));
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    assert_outcome(&f, TERN_UNKNOWN, TERN_ORIGIN_NET, "bbbb");
    end(&f);
}

static void rule_34_informational_blocks_are_skipped(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, ":status=100");
    wire_headers(&f.out, 1, false, ":status=103|link=x");
    wire_headers(&f.out, 1, false, WIRE_RESPONSE);
    wire_headers(&f.out, 1, true, "grpc-status=0");
    (void)answer(&f);
    assert_string_equal(f.call->log, "response status closed");
    assert_outcome(&f, TERN_OK, TERN_ORIGIN_NONE, "");
    end(&f);
}

static void rule_34_blocks_out_of_order_are_internal(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f); /* 1xx with END_STREAM */
    wire_headers(&f.out, 1, true, ":status=100");
    assert_string_equal(answer(&f), "RST 1 PROTOCOL_ERROR\n");
    assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "PROTOCOL_ERROR");
    end(&f);
    begin_unary(&f); /* HEADERS in the middle of the stream */
    wire_headers(&f.out, 1, false, WIRE_RESPONSE);
    wire_message(&f.out, 1, false, 0, 3);
    wire_headers(&f.out, 1, false, "x=y");
    assert_string_equal(answer(&f), "RST 1 PROTOCOL_ERROR\n");
    assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "PROTOCOL_ERROR");
    end(&f);
    begin_unary(&f); /* a third */
    wire_headers(&f.out, 1, false, WIRE_RESPONSE);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE);
    wire_headers(&f.out, 1, true, "grpc-status=0");
    assert_string_equal(answer(&f), "RST 1 PROTOCOL_ERROR\n");
    assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "");
    end(&f);
}

static void rule_20_and_22_bad_flags_are_internal(void **state)
{
    (void)state;
    static const uint8_t flags[] = { 1, 2, 0xFF };
    for (size_t i = 0; i < sizeof(flags); i++) {
        fixture f;
        begin_unary(&f);
        wire_headers(&f.out, 1, false, WIRE_RESPONSE);
        wire_message(&f.out, 1, false, flags[i], 3);
        wire_headers(&f.out, 1, true, "grpc-status=0");
        assert_string_equal(answer(&f), "RST 1 CANCEL\n");
        assert_string_equal(f.call->log, "response status closed");
        assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "flag");
        end(&f);
    }
}

static void rule_21_a_truncated_message_is_internal(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0, 0, 0, 0, 3, 'a', 'b' };
    for (size_t n = 1; n <= sizeof(bytes); n++) {
        fixture f;
        begin_unary(&f); /* by DATA */
        wire_headers(&f.out, 1, false, WIRE_RESPONSE);
        wire_data(&f.out, 1, true, bytes, n);
        (void)answer(&f);
        assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "in the middle of a message");
        end(&f);
        begin_unary(&f); /* by trailers that say OK */
        wire_headers(&f.out, 1, false, WIRE_RESPONSE);
        wire_data(&f.out, 1, false, bytes, n);
        wire_headers(&f.out, 1, true, "grpc-status=0");
        (void)answer(&f);
        assert_outcome(&f, TERN_INTERNAL, TERN_ORIGIN_NET, "in the middle of a message");
        end(&f);
        begin_unary(&f); /* by trailers with a reason of their own */
        wire_headers(&f.out, 1, false, WIRE_RESPONSE);
        wire_data(&f.out, 1, false, bytes, n);
        wire_headers(&f.out, 1, true, "grpc-status=15|grpc-message=disk");
        (void)answer(&f);
        assert_outcome(&f, TERN_DATA_LOSS, TERN_ORIGIN_PEER, "disk");
        end(&f);
    }
}

static void rule_25_a_message_over_the_limit_is_named(void **state)
{
    (void)state;
    fixture f;
    begin_unary(&f);
    wire_headers(&f.out, 1, false, WIRE_RESPONSE);
    wire_data(&f.out, 1, false, "\0\0\x40\0\1", 5);
    assert_string_equal(answer(&f), "RST 1 CANCEL\n");
    assert_outcome(&f, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                   "a message of 4194305 bytes came, the limit is 4194304 bytes: raise "
                   "max_recv_bytes to receive it");
    end(&f);
}

static void rule_35_messages_are_decoded_whatever_they_are(void **state)
{
    (void)state;
    trailers_only(WIRE_RESPONSE "|grpc-status=2|grpc-message=a%c3%BCb%zz%", TERN_UNKNOWN,
                  TERN_ORIGIN_PEER,
                  "a\xc3\xbc"
                  "b%zz%");
    trailers_only(WIRE_RESPONSE "|grpc-status=2|grpc-message=%ff\xfe", TERN_UNKNOWN,
                  TERN_ORIGIN_PEER, "\xef\xbf\xbd\xef\xbf\xbd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_2_4_8_49_the_request_and_its_order),
        cmocka_unit_test(rule_28_an_empty_end_is_empty_data),
        cmocka_unit_test(a_response_in_order),
        cmocka_unit_test(rule_5_the_client_takes_every_form_of_its_codec),
        cmocka_unit_test(rule_6_another_codec_is_an_error),
        cmocka_unit_test(rule_14_undecodable_bin_fails_the_call),
        cmocka_unit_test(rule_18_a_header_list_too_large_fails_the_call),
        cmocka_unit_test(a_text_that_quotes_the_server_is_utf_8),
        cmocka_unit_test(the_text_of_a_limit_names_the_one_that_holds),
        cmocka_unit_test(rule_19_details_are_decoded_or_internal),
        cmocka_unit_test(rule_20_and_22_bad_flags_are_internal),
        cmocka_unit_test(rule_21_a_truncated_message_is_internal),
        cmocka_unit_test(rule_23_an_encoding_that_was_not_offered_is_internal),
        cmocka_unit_test(rule_25_a_message_over_the_limit_is_named),
        cmocka_unit_test(rule_26_and_27_every_message_is_told_and_none_is_invented),
        cmocka_unit_test(rule_29_trailers_only),
        cmocka_unit_test(rule_30_a_status_without_end_stream_is_ignored),
        cmocka_unit_test(rule_31_a_missing_or_strange_status_is_unknown),
        cmocka_unit_test(rule_32_grpc_status_beats_http_status),
        cmocka_unit_test(rule_33_http_statuses_when_it_is_not_grpc),
        cmocka_unit_test(rule_33_the_text_quotes_the_body),
        cmocka_unit_test(a_foreign_response_without_memory_is_not_misquoted),
        cmocka_unit_test(rule_33_trailers_end_a_foreign_response),
        cmocka_unit_test(rule_33_a_long_body_is_not_waited_for),
        cmocka_unit_test(rule_34_informational_blocks_are_skipped),
        cmocka_unit_test(rule_34_blocks_out_of_order_are_internal),
        cmocka_unit_test(rule_35_messages_are_decoded_whatever_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
