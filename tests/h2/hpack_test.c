/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_test.c: HPACK as a whole: the examples of RFC 7541 Appendix C, and stories of our own through
 * encoder and decoder, with size changes, refused memory and both tables in step after every block.
 */
#include "h2/hpack.h"
#include "support/fail.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

#define F(name_, value_)                                                                           \
    {                                                                                              \
        .name = TERN_STR_INIT(name_), .value = TERN_STR_INIT(value_)                               \
    }

typedef struct example {
    const char *hex;
    tn_h2_field fields[8];
    uint32_t n;
    uint32_t table_used; /* after it */
} example;

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (; hex[0]; hex += 2) {
        unsigned v = 0;
        for (int i = 0; i < 2; i++)
            v = v * 16 + (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
        out[n++] = (uint8_t)v;
    }
    return n;
}

static void run_examples(const example *rows, size_t rows_n, uint32_t table_bytes)
{
    tn_hpack_decoder d;
    tn_hpack_decoder_init(&d, tn_env_of(NULL), 16384);
    tn_hpack_table_set_max(&d.table, table_bytes);
    for (size_t i = 0; i < rows_n; i++) {
        uint8_t bytes[256];
        tn_h2_field got[8];
        uint32_t n;
        const size_t size = unhex(rows[i].hex, bytes);
        uint8_t *block = tn_guard_copy(bytes, size);
        assert_int_equal(tn_hpack_decode(&d, (tern_bytes){ block, size }, got, 8, &n), TN_HPACK_OK);
        assert_int_equal(n, rows[i].n);
        for (uint32_t k = 0; k < n; k++) {
            assert_true(tern_str_equal(got[k].name, rows[i].fields[k].name));
            assert_true(tern_str_equal(got[k].value, rows[i].fields[k].value));
            assert_int_equal(got[k].token, tn_h2_token_of(got[k].name));
        }
        assert_int_equal(d.table.used, rows[i].table_used);
        tn_guard_free(block, size);
    }
    tn_hpack_decoder_free(&d);
}

static void example_fields_of_c_2(void **state)
{
    (void)state;
    static const example indexed[] = { { "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
                                         { F("custom-key", "custom-header") },
                                         1,
                                         55 } };
    static const example plain[] = {
        { "040c2f73616d706c652f70617468", { F(":path", "/sample/path") }, 1, 0 }
    };
    static const example never[] = {
        { "100870617373776f726406736563726574", { F("password", "secret") }, 1, 0 }
    };
    static const example by_index[] = { { "82", { F(":method", "GET") }, 1, 0 } };
    run_examples(indexed, 1, 4096);
    run_examples(plain, 1, 4096);
    run_examples(never, 1, 4096);
    run_examples(by_index, 1, 4096);
}

#define REQUEST_1                                                                                  \
    {                                                                                              \
        F(":method", "GET"), F(":scheme", "http"), F(":path", "/"),                                \
            F(":authority", "www.example.com")                                                     \
    }
#define REQUEST_2                                                                                  \
    {                                                                                              \
        F(":method", "GET"), F(":scheme", "http"), F(":path", "/"),                                \
            F(":authority", "www.example.com"), F("cache-control", "no-cache")                     \
    }
#define REQUEST_3                                                                                  \
    {                                                                                              \
        F(":method", "GET"), F(":scheme", "https"), F(":path", "/index.html"),                     \
            F(":authority", "www.example.com"), F("custom-key", "custom-value")                    \
    }

static void example_requests_of_c_3_and_c_4(void **state)
{
    (void)state;
    static const example raw[] = {
        { "828684410f7777772e6578616d706c652e636f6d", REQUEST_1, 4, 57 },
        { "828684be58086e6f2d6361636865", REQUEST_2, 5, 110 },
        { "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", REQUEST_3, 5, 164 },
    };
    static const example huffman[] = {
        { "828684418cf1e3c2e5f23a6ba0ab90f4ff", REQUEST_1, 4, 57 },
        { "828684be5886a8eb10649cbf", REQUEST_2, 5, 110 },
        { "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", REQUEST_3, 5, 164 },
    };
    run_examples(raw, 3, 4096);
    run_examples(huffman, 3, 4096);
}

#define DATE_21     "Mon, 21 Oct 2013 20:13:21 GMT"
#define DATE_22     "Mon, 21 Oct 2013 20:13:22 GMT"
#define COOKIE_TEXT "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"
#define RESPONSE(status, date)                                                                     \
    {                                                                                              \
        F(":status", status), F("cache-control", "private"), F("date", date),                      \
            F("location", "https://www.example.com")                                               \
    }
#define RESPONSE_3                                                                                 \
    {                                                                                              \
        F(":status", "200"), F("cache-control", "private"), F("date", DATE_22),                    \
            F("location", "https://www.example.com"), F("content-encoding", "gzip"),               \
            F("set-cookie", COOKIE_TEXT)                                                           \
    }

static void example_responses_of_c_5_and_c_6_with_evictions(void **state)
{
    (void)state;
    static const example raw[] = {
        { "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d"
          "54"
          "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
          RESPONSE("302", DATE_21), 4, 222 },
        { "4803333037c1c0bf", RESPONSE("307", DATE_21), 4, 222 },
        { "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f"
          "6f"
          "3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b20"
          "76"
          "657273696f6e3d31",
          RESPONSE_3, 6, 215 },
    };
    static const example huffman[] = {
        { "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad17186"
          "3c78f0b97c8e9ae82ae43d3",
          RESPONSE("302", DATE_21), 4, 222 },
        { "4883640effc1c0bf", RESPONSE("307", DATE_21), 4, 222 },
        { "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b3"
          "35dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
          RESPONSE_3, 6, 215 },
    };
    run_examples(raw, 3, 256);
    run_examples(huffman, 3, 256);
}

/* ---- stories ---- */

enum { FIELDS = 24, TEXT = 16384 };

typedef struct story {
    tn_hpack_encoder e;
    tn_hpack_decoder d;
    tn_buf wire;
    tn_h2_field fields[FIELDS];
    uint32_t n;
    char text[TEXT];
    size_t text_n;
} story;

static void story_init(story *s, const tern_env *env)
{
    tn_hpack_encoder_init(&s->e, env, 4096);
    tn_hpack_decoder_init(&s->d, env, 1u << 20);
    s->wire = tn_buf_of(env);
}

static void story_free(story *s)
{
    tn_hpack_encoder_free(&s->e);
    tn_hpack_decoder_free(&s->d);
    tn_buf_free(&s->wire);
}

static tern_str text(story *s, tn_seed *seed, uint32_t n, bool name)
{
    char *p = s->text + s->text_n;
    assert_true(s->text_n + n <= TEXT);
    for (uint32_t i = 0; i < n; i++)
        p[i] = name ? (char)('a' + tn_seed_below(seed, 6))
                    : (char)(tn_seed_below(seed, 9) ? 32 + tn_seed_below(seed, 95)
                                                    : tn_seed_below(seed, 256));
    s->text_n += n;
    return (tern_str){ p, n };
}

/* A list of fields: names known and not, values few and many, long and short, every flag. */
static void draw(story *s, tn_seed *seed)
{
    static const tern_str values[] = { TERN_STR_INIT("POST"),          TERN_STR_INIT("http"),
                                       TERN_STR_INIT("200"),           TERN_STR_INIT(""),
                                       TERN_STR_INIT("/a.B/C"),        TERN_STR_INIT("trailers"),
                                       TERN_STR_INIT("Bearer abcdef"), TERN_STR_INIT("0") };
    s->n = tn_seed_below(seed, FIELDS + 1);
    s->text_n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const tn_h2_token token = (tn_h2_token)tn_seed_below(seed, TN_H2_TOKENS);
        tn_h2_field f = { .token = (uint8_t)token, .name = tn_h2_token_name(token) };
        if (tn_seed_below(seed, 3) == 0)
            f.token = TN_H2_TOKEN_NONE; /* to be looked up */
        if (token == TN_H2_TOKEN_NONE)
            f.name = text(s, seed, tn_seed_below(seed, 4), true);
        if (tn_seed_below(seed, 3))
            f.value = values[tn_seed_below(seed, 8)];
        else
            f.value =
                text(s, seed, tn_seed_below(seed, tn_seed_below(seed, 30) ? 30 : 4500), false);
        if (s->text_n > TEXT - 5000)
            s->text_n = TEXT - 5000 - 1;
        const uint32_t flag = tn_seed_below(seed, 12);
        f.flags = flag == 0 ? TN_H2_FIELD_NEVER_INDEX : flag == 1 ? TN_H2_FIELD_NO_INDEX : 0;
        s->fields[i] = f;
        if (s->text_n == TEXT - 5000 - 1) {
            s->n = i + 1;
            break;
        }
    }
}

static void tables_are_equal(const tn_hpack_table *a, const tn_hpack_table *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->used, b->used);
    assert_int_equal(a->max_bytes, b->max_bytes);
    for (uint32_t i = 0; i < a->count; i++) {
        const tn_h2_field x = tn_hpack_table_field(a, tn_hpack_table_entry(a, i));
        const tn_h2_field y = tn_hpack_table_field(b, tn_hpack_table_entry(b, i));
        assert_true(tern_str_equal(x.name, y.name));
        assert_true(tern_str_equal(x.value, y.value));
    }
}

/* One block there; what came is what went. False: no memory. */
static bool pass(story *s)
{
    tn_h2_field got[FIELDS];
    uint32_t n;
    const size_t bound = tn_hpack_encode_bound(s->fields, s->n);
    if (!tn_hpack_encode(&s->e, s->fields, s->n, &s->wire))
        return false;
    const size_t size = tn_buf_len(&s->wire);
    assert_true(size <= bound);
    uint8_t *block = tn_guard_copy(tn_buf_data(&s->wire), size);
    tn_buf_take(&s->wire, size);
    const tn_hpack_verdict v = tn_hpack_decode(&s->d, (tern_bytes){ block, size }, got, FIELDS, &n);
    if (v == TN_HPACK_OK) {
        assert_int_equal(n, s->n);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(tern_str_equal(got[i].name, s->fields[i].name));
            assert_true(tern_str_equal(got[i].value, s->fields[i].value));
            assert_int_equal(got[i].token, tn_h2_token_of(got[i].name));
            assert_int_equal(got[i].flags & ~TN_H2_FIELD_NEVER_INDEX,
                             tn_h2_name_facts(got[i].name, got[i].token) |
                                 tn_h2_value_facts(got[i].value));
            if (s->fields[i].flags & TN_H2_FIELD_NEVER_INDEX)
                assert_true(got[i].flags & TN_H2_FIELD_NEVER_INDEX);
        }
        tables_are_equal(&s->e.table, &s->d.table);
    } else {
        assert_int_equal(v, TN_HPACK_NO_MEMORY);
    }
    tn_guard_free(block, size);
    return v == TN_HPACK_OK;
}

static void stories_come_back_with_tables_in_step(void **state)
{
    (void)state;
    static story s;
    for (uint64_t at = 0; at < 60; at++) {
        tn_seed seed = { at };
        tn_failing_env f;
        tn_failing_env_init(&f);
        story_init(&s, &f.env);
        for (int i = 0; i < 60; i++) {
            for (uint32_t changes = tn_seed_below(&seed, 12); changes > 9; changes--) {
                static const uint32_t sizes[] = { 0, 31, 64, 300, 4096, 65536, UINT32_MAX };
                const uint32_t size = sizes[tn_seed_below(&seed, 7)];
                tn_hpack_decoder_set_max(&s.d, size);
                tn_hpack_encoder_set_max(&s.e, size);
            }
            draw(&s, &seed);
            if (s.n)
                assert_true(pass(&s));
        }
        story_free(&s);
        assert_int_equal(f.live_blocks, 0);
    }
}

/* The encoder goes on without memory, at most less compact; the decoder says so and is done. */
static bool story_of_few_blocks(tn_failing_env *f, void *user)
{
    (void)user;
    static story s;
    tn_seed seed = { 3 };
    bool ok = true;
    story_init(&s, &f->env);
    for (int i = 0; i < 25; i++) {
        draw(&s, &seed);
        ok = pass(&s) && ok;
        if (s.d.dead)
            break;
    }
    story_free(&s);
    return ok;
}

static void every_refused_allocation_is_survived(void **state)
{
    (void)state;
    assert_true(tn_fail_each(story_of_few_blocks, NULL) >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_fields_of_c_2),
        cmocka_unit_test(example_requests_of_c_3_and_c_4),
        cmocka_unit_test(example_responses_of_c_5_and_c_6_with_evictions),
        cmocka_unit_test(stories_come_back_with_tables_in_step),
        cmocka_unit_test(every_refused_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
