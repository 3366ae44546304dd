/* SPDX-License-Identifier: Apache-2.0 */
/* headers_check_test.c: messages that are well-formed and messages that are not (RFC 9113 8.1-8.3). */
#include "h2/headers_check.h"
#include "support/test.h"

typedef struct row {
    tn_h2_block block;
    bool good;
    const char *fields; /* name=value, divided by blanks; "_" is a space, '^' a NUL, '$' a CR */
} row;

static const row rows[] = {
    { TN_H2_BLOCK_REQUEST, true, ":method=POST :scheme=http :path=/" },
    { TN_H2_BLOCK_REQUEST, true, ":path=/ :authority=h :scheme=http :method=POST te=trailers a=b" },
    { TN_H2_BLOCK_REQUEST, true, ":method=OPTIONS :scheme=http :path=*" },
    { TN_H2_BLOCK_REQUEST, true, ":method=CONNECT :authority=h:1" },
    { TN_H2_BLOCK_REQUEST, true, ":method=POST :scheme=http :path=/ a=b a=b cookie=x cookie=y" },
    { TN_H2_BLOCK_REQUEST, true, ":method=POST :scheme=http :path=/ host=h" },
    { TN_H2_BLOCK_REQUEST, true, ":method=POST :scheme=http :path=/ a=_b_" },
    { TN_H2_BLOCK_REQUEST, true, ":method=POST :scheme=http :path=/ a=" },
    { TN_H2_BLOCK_REQUEST, true, ":method=POST :scheme=http :path=/ a!#$%&'*+-.^_`|~9=b" },
    { TN_H2_BLOCK_REQUEST, true,
      ":method=POST :scheme=http :path=/ content-length=18446744073709551614" },
    { TN_H2_BLOCK_REQUEST, true,
      ":method=POST :scheme=http :path=/ content-length=5 content-length=05" },
    { TN_H2_BLOCK_REQUEST, false, "" },
    { TN_H2_BLOCK_REQUEST, false, "a=b" },
    { TN_H2_BLOCK_REQUEST, false, ":scheme=http :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method= :scheme=http :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme= :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http a=b :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :method=POST :scheme=http :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :scheme=http :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ :authority=a :authority=a" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ :status=200" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ :protocol=websocket" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ :other=1" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ :=1" },
    { TN_H2_BLOCK_REQUEST, false, ":method=CONNECT" },
    { TN_H2_BLOCK_REQUEST, false, ":method=CONNECT :authority=h :path=/" },
    { TN_H2_BLOCK_REQUEST, false, ":method=CONNECT :authority=h :scheme=http" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ Accept=x" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ x-Y=x" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ a:b=x" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ a\x7f=x" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ \xc3\xa4=x" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ a=b$c" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ a=b^" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/$ a=b" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ a=\n" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ connection=x" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ proxy-connection=x" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ keep-alive=x" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ transfer-encoding=chunked" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ upgrade=h2c" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ te=gzip" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ te=trailers,gzip" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ te=" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ content-length=" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ content-length=-1" },
    { TN_H2_BLOCK_REQUEST, false, ":method=POST :scheme=http :path=/ content-length=1,1" },
    { TN_H2_BLOCK_REQUEST, false,
      ":method=POST :scheme=http :path=/ content-length=1 content-length=2" },
    { TN_H2_BLOCK_REQUEST, false,
      ":method=POST :scheme=http :path=/ content-length=18446744073709551615" },
    { TN_H2_BLOCK_REQUEST, false,
      ":method=POST :scheme=http :path=/ content-length=18446744073709551616" },
    { TN_H2_BLOCK_RESPONSE, true, ":status=200" },
    { TN_H2_BLOCK_RESPONSE, true, ":status=999 content-length=3" },
    { TN_H2_BLOCK_RESPONSE, false, "" },
    { TN_H2_BLOCK_RESPONSE, false, "a=b" },
    { TN_H2_BLOCK_RESPONSE, false, "a=b :status=200" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=200 :status=200" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=200 :method=GET" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=20" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=2000" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=2x0" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=-20" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=101" },
    { TN_H2_BLOCK_RESPONSE, false, ":status=200 connection=close" },
    { TN_H2_BLOCK_TRAILERS, true, "" },
    { TN_H2_BLOCK_TRAILERS, true, "grpc-status=0 grpc-message=x_" },
    { TN_H2_BLOCK_TRAILERS, false, "grpc-status=0 :status=200" },
    { TN_H2_BLOCK_TRAILERS, false, ":path=/" },
    { TN_H2_BLOCK_TRAILERS, false, "Grpc-status=0" },
    { TN_H2_BLOCK_TRAILERS, false, "grpc-message=a\nb" },
};

/* Fields as the decoder gives them. */
static size_t parse(char *text, tn_h2_field *fields)
{
    size_t n = 0;
    for (char *save, *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(*w == ':' ? w + 1 : w, '=');
        tn_h2_field *f = &fields[n++];
        *f = (tn_h2_field){ .name = { w, (size_t)(equals - w) },
                            .value = { equals + 1, strlen(equals + 1) } };
        for (char *p = equals + 1; *p || p < equals + 1 + f->value.n; p++)
            *p = (char)(*p == '_' ? ' ' : *p == '^' ? '\0' : *p == '$' ? '\r' : *p);
        f->token = (uint8_t)tn_h2_token_of(f->name);
        f->flags = (uint8_t)(tn_h2_name_facts(f->name, (tn_h2_token)f->token) |
                             tn_h2_value_facts(f->value));
    }
    return n;
}

static void each_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char text[256];
        tn_h2_field fields[16];
        strcpy(text, rows[i].fields);
        tn_h2_message m = { .block = rows[i].block };
        const char *reason = tn_h2_headers_check(fields, parse(text, fields), &m);
        if (!reason != rows[i].good)
            fail_msg("%s: %s", rows[i].fields, reason ? reason : "well-formed");
    }
}

static void what_it_tells(void **state)
{
    (void)state;
    static const struct {
        tn_h2_block block, becomes;
        const char *fields;
        uint64_t length;
    } cases[] = {
        { TN_H2_BLOCK_REQUEST, TN_H2_BLOCK_REQUEST,
          ":method=POST :scheme=http :path=/ content-length=12", 12 },
        { TN_H2_BLOCK_REQUEST, TN_H2_BLOCK_REQUEST, ":method=POST :scheme=http :path=/",
          UINT64_MAX },
        { TN_H2_BLOCK_RESPONSE, TN_H2_BLOCK_RESPONSE, ":status=200 content-length=0", 0 },
        { TN_H2_BLOCK_RESPONSE, TN_H2_BLOCK_RESPONSE, ":status=304 content-length=9", UINT64_MAX },
        { TN_H2_BLOCK_RESPONSE, TN_H2_BLOCK_INFORMATIONAL, ":status=103 a=b", UINT64_MAX },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[256];
        tn_h2_field fields[16];
        strcpy(text, cases[i].fields);
        tn_h2_message m = { .block = cases[i].block };
        assert_null(tn_h2_headers_check(fields, parse(text, fields), &m));
        assert_int_equal(m.block, cases[i].becomes);
        assert_true(m.content_length == cases[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(what_it_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
