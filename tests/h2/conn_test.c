/* SPDX-License-Identifier: Apache-2.0 */
/* conn_test.c: a client and a server joined in memory do what HTTP/2 is for. */
#include "support/h2_end.h"
#include "support/test.h"

static const tn_h2_config server_config = { .server = true };
static const tn_h2_config client_config = { .server = false };

/* ---- a server that sends back what it gets ---- */

static void echo_headers(h2_call *call, tn_h2_block block, const tn_h2_fields *fields,
                         bool end_stream)
{
    (void)block;
    (void)fields;
    tn_h2_field f[8];
    if (end_stream)
        return;
    assert_int_equal(tn_h2_send_headers(call->end->c, &call->s, f, h2_response_fields(f), false),
                     TERN_OK);
}

static void echo_data(h2_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    tn_h2_field f[8];
    tn_h2_conn *c = call->end->c;
    tn_h2_consume(c, &call->s, n);
    assert_int_equal(tn_h2_send_bytes(c, &call->s, p, n, false), TERN_OK);
    if (end_stream)
        assert_int_equal(tn_h2_send_trailers(c, &call->s, f, h2_trailer_fields(f)), TERN_OK);
}

static const h2_acts echo = { .headers = echo_headers, .data = echo_data };

static void consume_data(h2_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    (void)p;
    (void)end_stream;
    tn_h2_consume(call->end->c, &call->s, n);
}

static const h2_acts reader = { .data = consume_data };

static void unary_echo(void **state)
{
    (void)state;
    h2_end client, server;
    assert_true(h2_end_init(&client, NULL, &client_config, &reader));
    assert_true(h2_end_init(&server, NULL, &server_config, &echo));
    assert_false(tn_h2_can_open(client.c));
    h2_pump(&client, &server, 0, H2_WHOLE, NULL);
    assert_true(tn_h2_can_open(client.c));

    h2_call *call = h2_call_open(&client, false);
    assert_non_null(call);
    assert_int_equal(tn_h2_send_bytes(client.c, &call->s, (const uint8_t *)"hello", 5, true),
                     TERN_OK);
    h2_pump(&client, &server, 0, H2_WHOLE, NULL);

    assert_string_equal(h2_end_log(&server),
                        "settings\n"
                        "headers 1 request :method=POST :scheme=http :path=/a.B/C :authority=h "
                        "te=trailers content-type=application/grpc\n"
                        "data 1 n=5 sum=99162322 end\n"
                        "closed 1 done NO_ERROR\n");
    assert_string_equal(h2_end_log(&client),
                        "settings\n"
                        "headers 1 response :status=200 content-type=application/grpc\n"
                        "data 1 n=5 sum=99162322\n"
                        "headers 1 trailers end grpc-status=0\n"
                        "closed 1 done NO_ERROR\n");
    assert_int_equal(tn_h2_streams(client.c), 0);
    assert_int_equal(tn_h2_streams(server.c), 0);
    h2_end_free(&client);
    h2_end_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_echo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
