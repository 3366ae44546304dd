/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_encode_test.c: what the encoder puts in the table and what not, its size updates, its bounds.
 * That what it writes comes back is proven in hpack_test.c.
 */
#include "h2/hpack.h"
#include "support/seed.h"
#include "support/test.h"
#include <stdio.h>

typedef struct fixture {
    tn_failing_env f;
    tn_hpack_encoder e;
    tn_buf out;
} fixture;

static void start(fixture *x, uint32_t limit)
{
    tn_failing_env_init(&x->f);
    tn_hpack_encoder_init(&x->e, &x->f.env, limit);
    x->out = tn_buf_of(tn_env_of(NULL));
}

static void stop(fixture *x)
{
    tn_hpack_encoder_free(&x->e);
    tn_buf_free(&x->out);
    assert_int_equal(x->f.live_blocks, 0);
}

/* The block's bytes, until the next call. */
static tern_bytes encode(fixture *x, const tn_h2_field *fields, size_t n)
{
    tn_buf_reset(&x->out, SIZE_MAX);
    assert_true(tn_hpack_encode(&x->e, fields, n, &x->out));
    return (tern_bytes){ tn_buf_data(&x->out), tn_buf_len(&x->out) };
}

static void expect(fixture *x, tn_h2_field f, const char *bytes, size_t n)
{
    const tern_bytes got = encode(x, &f, 1);
    assert_int_equal(got.n, n);
    assert_memory_equal(got.p, bytes, n);
}

#define EXPECT(x, field, literal) expect((x), (field), "" literal "", sizeof(literal) - 1)

static tn_h2_field plain(const char *name, const char *value)
{
    return (tn_h2_field){ .name = tern_str_of(name), .value = tern_str_of(value) };
}

static void a_repeated_request_is_one_octet_a_field(void **state)
{
    (void)state;
    fixture x;
    start(&x, 4096);
    const tn_h2_field request[] = {
        TN_H2_FIELD(METHOD, TERN_STR("POST")),
        TN_H2_FIELD(SCHEME, TERN_STR("http")),
        TN_H2_FIELD(PATH, TERN_STR("/helloworld.Greeter/SayHello")),
        TN_H2_FIELD(AUTHORITY, TERN_STR("localhost:50051")),
        TN_H2_FIELD(TE, TERN_STR("trailers")),
        TN_H2_FIELD(CONTENT_TYPE, TERN_STR("application/grpc")),
        TN_H2_FIELD(USER_AGENT, TERN_STR("grpc-c-tern/0.1.0")),
        plain("x-user", "someone"),
    };
    assert_true(encode(&x, request, 8).n > 60);
    const uint64_t count = x.f.count;
    for (int i = 0; i < 3; i++) {
        const tern_bytes again = encode(&x, request, 8);
        assert_int_equal(again.n, 8);
        assert_int_equal(again.p[0], 0x83);
        assert_int_equal(again.p[1], 0x86);
    }
    assert_int_equal(x.f.count, count);
    /* another method: its path joins, and from then on both are one octet */
    tn_h2_field other = TN_H2_FIELD(PATH, TERN_STR("/helloworld.Greeter/SayBye"));
    assert_true(encode(&x, &other, 1).n > 10);
    assert_int_equal(encode(&x, &other, 1).n, 1);
    assert_int_equal(encode(&x, &request[2], 1).n, 1);
    assert_int_equal(encode(&x, &other, 1).n, 1);
    stop(&x);
}

static void a_reply_is_static_or_indexed(void **state)
{
    (void)state;
    fixture x;
    start(&x, 4096);
    EXPECT(&x, TN_H2_FIELD(STATUS, TERN_STR("200")), "\x88");
    EXPECT(&x, plain(":status", "404"), "\x8d");
    EXPECT(&x, plain("accept-encoding", "gzip, deflate"), "\x90");
    const tn_h2_field trailers[] = { TN_H2_FIELD(GRPC_STATUS, TERN_STR("0")) };
    assert_true(encode(&x, trailers, 1).n > 2);
    EXPECT(&x, trailers[0], "\xbe");
    EXPECT(&x, plain("grpc-status", "0"), "\xbe"); /* without its token */
    stop(&x);
}

static void timeouts_share_one_entry(void **state)
{
    (void)state;
    fixture x;
    start(&x, 4096);
    encode(&x, &TN_H2_FIELD(GRPC_TIMEOUT, TERN_STR("100m")), 1);
    assert_int_equal(x.e.table.count, 1);
    /* literal without indexing, name 62 */
    EXPECT(&x, TN_H2_FIELD(GRPC_TIMEOUT, TERN_STR("\x01\x02")), "\x0f\x2f\x02\x01\x02");
    EXPECT(&x, TN_H2_FIELD(GRPC_TIMEOUT, TERN_STR("\x01\x02")), "\x0f\x2f\x02\x01\x02");
    EXPECT(&x, TN_H2_FIELD(GRPC_TIMEOUT, TERN_STR("100m")), "\xbe");
    assert_int_equal(x.e.table.count, 1);
    stop(&x);
}

static void messages_are_not_indexed(void **state)
{
    (void)state;
    fixture x;
    start(&x, 4096);
    encode(&x, &TN_H2_FIELD(GRPC_MESSAGE, TERN_STR("no such user")), 1);
    encode(&x, &TN_H2_FIELD(CONTENT_LENGTH, TERN_STR("5")), 1);
    tn_h2_field f = plain("x-once", "1");
    f.flags = TN_H2_FIELD_NO_INDEX;
    encode(&x, &f, 1);
    assert_int_equal(x.e.table.count, 0);
    assert_int_equal(x.f.count, 0);
    stop(&x);
}

static void a_name_whose_values_never_return_is_passed_over(void **state)
{
    (void)state;
    fixture x;
    start(&x, 4096);
    encode(&x, (tn_h2_field[]){ plain("x-trace-id", "1") }, 1); /* serves as the name */
    assert_int_equal(x.e.table.count, 1);
    encode(&x, (tn_h2_field[]){ plain("x-trace-id", "2") }, 1);
    encode(&x, (tn_h2_field[]){ plain("x-trace-id", "3") }, 1);
    encode(&x, (tn_h2_field[]){ plain("x-trace-id", "2") }, 1);
    assert_int_equal(x.e.table.count, 1);
    /* but twice in a row is worth a place */
    encode(&x, (tn_h2_field[]){ plain("x-trace-id", "4") }, 1);
    encode(&x, (tn_h2_field[]){ plain("x-trace-id", "4") }, 1);
    assert_int_equal(x.e.table.count, 2);
    EXPECT(&x, plain("x-trace-id", "4"), "\xbe");
    /* and what did return makes the next value welcome */
    encode(&x, (tn_h2_field[]){ plain("x-trace-id", "5") }, 1);
    EXPECT(&x, plain("x-trace-id", "5"), "\xbe");
    stop(&x);
}

static void secrets_are_never_indexed(void **state)
{
    (void)state;
    fixture x;
    start(&x, 4096);
    EXPECT(&x, TN_H2_FIELD(AUTHORIZATION, TERN_STR("\x01")), "\x1f\x08\x01\x01");
    EXPECT(&x, TN_H2_FIELD(COOKIE, TERN_STR("\x01")), "\x1f\x11\x01\x01");
    /* a value that cannot be guessed may be */
    const tn_h2_field token = TN_H2_FIELD(AUTHORIZATION, TERN_STR("Bearer 0123456789abcdef0123"));
    encode(&x, &token, 1);
    EXPECT(&x, token, "\xbe");
    /* the flag has the last word, even over what the tables hold */
    tn_h2_field flagged = token;
    flagged.flags = TN_H2_FIELD_NEVER_INDEX;
    assert_int_equal(encode(&x, &flagged, 1).p[0], 0x1f);
    flagged = TN_H2_FIELD(METHOD, TERN_STR("GET"));
    flagged.flags = TN_H2_FIELD_NEVER_INDEX;
    assert_int_equal(encode(&x, &flagged, 1).p[0], 0x12);
    assert_int_equal(x.e.table.count, 1);
    stop(&x);
}

static void huge_fields_do_not_empty_the_table(void **state)
{
    (void)state;
    static char text[4000];
    fixture x;
    start(&x, 4096);
    memset(text, 'x', sizeof(text));
    encode(&x, (tn_h2_field[]){ plain("a", "b") }, 1);
    const tn_h2_field huge = { .name = TERN_STR("x-huge"), .value = { text, sizeof(text) } };
    encode(&x, &huge, 1);
    assert_int_equal(x.e.table.count, 1);
    EXPECT(&x, plain("a", "b"), "\xbe");
    stop(&x);
}

static void size_updates_tell_the_lowest_and_the_last(void **state)
{
    (void)state;
    const tn_h2_field get = TN_H2_FIELD(METHOD, TERN_STR("GET"));
    fixture x;
    start(&x, 4096);
    tn_hpack_encoder_set_max(&x.e, 4096);
    tn_hpack_encoder_set_max(&x.e, UINT32_MAX); /* ours stays at 4096 */
    EXPECT(&x, get, "\x82");
    tn_hpack_encoder_set_max(&x.e, 100);
    EXPECT(&x, get, "\x3f\x45\x82");
    EXPECT(&x, get, "\x82");
    tn_hpack_encoder_set_max(&x.e, 0);
    tn_hpack_encoder_set_max(&x.e, 50);
    tn_hpack_encoder_set_max(&x.e, 4096);
    EXPECT(&x, get, "\x20\x3f\xe1\x1f\x82");
    tn_hpack_encoder_set_max(&x.e, 0);
    EXPECT(&x, get, "\x20\x82");
    tn_hpack_encoder_set_max(&x.e, 65536);
    EXPECT(&x, get, "\x3f\xe1\x1f\x82"); /* raised: the last alone */
    stop(&x);
}

static void entries_that_no_longer_fit_are_forgotten(void **state)
{
    (void)state;
    fixture x;
    start(&x, 4096);
    encode(&x, (tn_h2_field[]){ plain("a", "1"), plain("b", "2"), plain("c", "3") }, 3);
    EXPECT(&x, plain("a", "1"), "\xc0");
    tn_hpack_encoder_set_max(&x.e, 2 * 34);
    const tern_bytes got = encode(&x, (tn_h2_field[]){ plain("c", "3"), plain("b", "2") }, 2);
    assert_memory_equal(got.p, "\x3f\x25\xbe\xbf", 4);
    EXPECT(&x, plain("a", "1"), "\x40\x01\x61\x01\x31"); /* a new entry, which pushes b out */
    EXPECT(&x, plain("c", "3"), "\xbf");
    stop(&x);
}

static void no_table_needs_no_memory(void **state)
{
    (void)state;
    const tn_h2_field get = TN_H2_FIELD(METHOD, TERN_STR("GET"));
    fixture x;
    start(&x, 0);
    EXPECT(&x, get, "\x20\x82"); /* the peer must know */
    tn_hpack_encoder_set_max(&x.e, 4096);
    EXPECT(&x, get, "\x82");
    encode(&x, (tn_h2_field[]){ plain("a", "1") }, 1);
    assert_int_equal(x.e.table.count, 0);
    assert_int_equal(x.f.count, 0);
    stop(&x);
}

static void without_memory_for_the_block_nothing_changes(void **state)
{
    (void)state;
    const tn_h2_field f = plain("x-some", "thing");
    fixture x;
    start(&x, 4096);
    tn_hpack_encoder_set_max(&x.e, 100);
    tn_buf out = tn_buf_of(&x.f.env);
    x.f.fail_at = 1;
    assert_false(tn_hpack_encode(&x.e, &f, 1, &out));
    assert_int_equal(tn_buf_len(&out), 0);
    assert_int_equal(x.e.table.count, 0);
    assert_true(tn_hpack_encode(&x.e, &f, 1, &out));
    assert_memory_equal(tn_buf_data(&out), "\x3f\x45\x40", 3);
    assert_int_equal(x.e.table.count, 1);
    tn_buf_free(&out);
    stop(&x);
}

static void blocks_are_appended(void **state)
{
    (void)state;
    const tn_h2_field get = TN_H2_FIELD(METHOD, TERN_STR("GET"));
    fixture x;
    start(&x, 4096);
    assert_true(tn_buf_put(&x.out, "headers", 7));
    assert_true(tn_hpack_encode(&x.e, &get, 1, &x.out));
    assert_true(tn_hpack_encode(&x.e, NULL, 0, &x.out));
    assert_int_equal(tn_buf_len(&x.out), 8);
    assert_memory_equal(tn_buf_data(&x.out), "headers\x82", 8);
    stop(&x);
}

/* The table turns over many times: ids pass 16 bits, rings wrap, and every index is still right. */
static void indices_stay_right_over_70000_inserts(void **state)
{
    (void)state;
    fixture x;
    tn_hpack_decoder d;
    start(&x, 4096);
    tn_hpack_decoder_init(&d, tn_env_of(NULL), 16384);
    for (uint32_t i = 0; i < 35000; i++) {
        char name[16], value[16];
        (void)snprintf(name, sizeof(name), "n%u", i % 331);
        (void)snprintf(value, sizeof(value), "v%u", i);
        const tn_h2_field fields[] = { plain(name, "twice"), plain(name, "twice"),
                                       TN_H2_FIELD(AUTHORITY, tern_str_of(value)) };
        tn_h2_field got[3];
        uint32_t n;
        const tern_bytes block = encode(&x, fields, 3);
        assert_int_equal(tn_hpack_decode(&d, block, got, 3, &n), TN_HPACK_OK);
        assert_int_equal(n, 3);
        for (uint32_t k = 0; k < 3; k++)
            assert_true(tern_str_equal(got[k].name, fields[k].name) &&
                        tern_str_equal(got[k].value, fields[k].value));
    }
    assert_true(x.e.table.next_id > 65536);
    tn_hpack_decoder_free(&d);
    stop(&x);
}

/* What is known by its address is encoded as if it were not, whatever the table does in between. */
static void constant_fields_are_encoded_like_others(void **state)
{
    (void)state;
    static const tn_h2_field constant[3][2] = {
        { { .name = TERN_STR_INIT(":status"),
            .value = TERN_STR_INIT("200"),
            .token = TN_H2_TOKEN_STATUS,
            .flags = TN_H2_FIELD_CONSTANT },
          { .name = TERN_STR_INIT("content-type"),
            .value = TERN_STR_INIT("application/grpc"),
            .token = TN_H2_TOKEN_CONTENT_TYPE } },
        { { .name = TERN_STR_INIT("grpc-status"),
            .value = TERN_STR_INIT("0"),
            .token = TN_H2_TOKEN_GRPC_STATUS,
            .flags = TN_H2_FIELD_CONSTANT } },
        { { .name = TERN_STR_INIT("a-longer-name"),
            .value = TERN_STR_INIT("and a value that is not kept"),
            .flags = TN_H2_FIELD_CONSTANT | TN_H2_FIELD_NO_INDEX } },
    };
    static const size_t counts[] = { 2, 1, 1 };
    tn_hpack_encoder a, b;
    tn_buf out_a = tn_buf_of(tn_env_of(NULL)), out_b = out_a;
    tn_hpack_encoder_init(&a, tn_env_of(NULL), 4096);
    tn_hpack_encoder_init(&b, tn_env_of(NULL), 4096);
    tn_seed seed = { 13 };
    for (int i = 0; i < 20000; i++) {
        tn_h2_field fields[2];
        char value[32];
        const uint32_t what = tn_seed_below(&seed, 40);
        if (what == 0) { /* pushes the others down, and now and then out */
            snprintf(value, sizeof(value), "%d", i);
            fields[0] =
                (tn_h2_field){ .name = TERN_STR("user-agent"), .value = tern_str_of(value) };
            assert_true(tn_hpack_encode(&a, fields, 1, &out_a));
            assert_true(tn_hpack_encode(&b, fields, 1, &out_b));
        } else if (what == 1) {
            const uint32_t size = tn_seed_below(&seed, 4) * 60;
            tn_hpack_encoder_set_max(&a, size);
            tn_hpack_encoder_set_max(&b, size);
        } else {
            const size_t n = counts[what % 3];
            for (size_t k = 0; k < n; k++) {
                fields[k] = constant[what % 3][k];
                fields[k].flags &= (uint8_t)~TN_H2_FIELD_CONSTANT;
            }
            assert_true(tn_hpack_encode(&a, constant[what % 3], n, &out_a));
            assert_true(tn_hpack_encode(&b, fields, n, &out_b));
        }
        assert_int_equal(tn_buf_len(&out_a), tn_buf_len(&out_b));
        assert_memory_equal(tn_buf_data(&out_a), tn_buf_data(&out_b), tn_buf_len(&out_a));
        tn_buf_reset(&out_a, SIZE_MAX);
        tn_buf_reset(&out_b, SIZE_MAX);
    }
    tn_hpack_encoder_free(&a);
    tn_hpack_encoder_free(&b);
    tn_buf_free(&out_a);
    tn_buf_free(&out_b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeated_request_is_one_octet_a_field),
        cmocka_unit_test(a_reply_is_static_or_indexed),
        cmocka_unit_test(timeouts_share_one_entry),
        cmocka_unit_test(messages_are_not_indexed),
        cmocka_unit_test(a_name_whose_values_never_return_is_passed_over),
        cmocka_unit_test(secrets_are_never_indexed),
        cmocka_unit_test(huge_fields_do_not_empty_the_table),
        cmocka_unit_test(size_updates_tell_the_lowest_and_the_last),
        cmocka_unit_test(entries_that_no_longer_fit_are_forgotten),
        cmocka_unit_test(no_table_needs_no_memory),
        cmocka_unit_test(without_memory_for_the_block_nothing_changes),
        cmocka_unit_test(blocks_are_appended),
        cmocka_unit_test(indices_stay_right_over_70000_inserts),
        cmocka_unit_test(constant_fields_are_encoded_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
