/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_field_test.c: tokens of names, facts about names and values, and the static table.
 */
#include "h2/hpack_field.h"
#include "h2/hpack_table.h"
#include "support/test.h"

#define NAME(constant, name) { TN_H2_TOKEN_##constant, TERN_STR_INIT(name) },
static const struct {
    tn_h2_token token;
    tern_str name;
} all[] = { TN_H2_HOT_NAMES(NAME) TN_H2_COLD_NAMES(NAME) };

static void every_name_has_its_token(void **state)
{
    (void)state;
    assert_int_equal(sizeof(all) / sizeof(all[0]), TN_H2_TOKENS - 1);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(all[i].token, i + 1);
        assert_int_equal(tn_h2_token_of(all[i].name), all[i].token);
        assert_true(tern_str_equal(tn_h2_token_name(all[i].token), all[i].name));
    }
}

static void other_names_have_none(void **state)
{
    (void)state;
    char name[64];
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const size_t n = all[i].name.n;
        for (size_t k = 0; k < n; k++) { /* each name with one byte changed */
            memcpy(name, all[i].name.p, n);
            name[k] ^= 0x20;
            assert_int_equal(tn_h2_token_of((tern_str){ name, n }), TN_H2_TOKEN_NONE);
        }
    }
    assert_int_equal(tn_h2_token_of(TERN_STR("")), TN_H2_TOKEN_NONE);
    assert_int_equal(tn_h2_token_of(TERN_STR("x-trace-id")), TN_H2_TOKEN_NONE);
    assert_int_equal(tn_h2_token_of(TERN_STR("grpc-statu")), TN_H2_TOKEN_NONE);
}

static void static_entries_have_the_token_of_their_name(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= TN_HPACK_STATIC_COUNT; i++) {
        const tn_h2_field *f = &tn_hpack_static[i];
        assert_int_not_equal(f->token, TN_H2_TOKEN_NONE);
        assert_int_equal(tn_h2_token_of(f->name), f->token);
        assert_int_equal(tn_h2_name_facts(f->name, f->token) | tn_h2_value_facts(f->value),
                         f->flags);
    }
}

static uint8_t name_facts(tern_str name)
{
    return tn_h2_name_facts(name, tn_h2_token_of(name));
}

static void facts_about_names(void **state)
{
    (void)state;
    assert_int_equal(name_facts(TERN_STR("x-1.2_3~!#$%&'*+^`|")), 0);
    assert_int_equal(name_facts(TERN_STR("")), TN_H2_FIELD_BAD_NAME);
    assert_int_equal(name_facts(TERN_STR(":path")), TN_H2_FIELD_PSEUDO);
    assert_int_equal(name_facts(TERN_STR(":")), TN_H2_FIELD_PSEUDO | TN_H2_FIELD_BAD_NAME);
    assert_int_equal(name_facts(TERN_STR(":pat")), TN_H2_FIELD_PSEUDO | TN_H2_FIELD_BAD_NAME);
    assert_int_equal(name_facts(TERN_STR("grpc-trace-bin")), TN_H2_FIELD_BIN);
    assert_int_equal(name_facts(TERN_STR("x-bin")), TN_H2_FIELD_BIN);
    assert_int_equal(name_facts(TERN_STR("X-bin")), TN_H2_FIELD_BIN | TN_H2_FIELD_BAD_NAME);
    assert_int_equal(name_facts(TERN_STR("bin")), 0);
    for (unsigned c = 0; c < 256; c++) {
        const char name[] = { 'a', (char)c, 'b' };
        const bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c && strchr("!#$%&'*+-.^_`|~", (int)c));
        assert_int_equal(name_facts((tern_str){ name, 3 }), good ? 0 : TN_H2_FIELD_BAD_NAME);
    }
}

static void facts_about_values(void **state)
{
    (void)state;
    assert_int_equal(tn_h2_value_facts(TERN_STR("")), 0);
    assert_int_equal(tn_h2_value_facts(TERN_STR("a b\tc")), 0);
    assert_int_equal(tn_h2_value_facts(TERN_STR(" a")), TN_H2_FIELD_BLANK);
    assert_int_equal(tn_h2_value_facts(TERN_STR("a\t")), TN_H2_FIELD_BLANK);
    /* each byte at each place of each length */
    for (size_t n = 1; n <= 20; n++) {
        for (size_t at = 0; at < n; at++) {
            for (unsigned c = 0; c < 256; c++) {
                char value[20];
                memset(value, 'v', sizeof(value));
                value[at] = (char)c;
                const bool edge = at == 0 || at == n - 1;
                uint8_t want = c == 0 || c == '\r' || c == '\n' ? TN_H2_FIELD_BAD_VALUE : 0;
                if (edge && (c == ' ' || c == '\t'))
                    want |= TN_H2_FIELD_BLANK;
                assert_int_equal(tn_h2_value_facts((tern_str){ value, n }), want);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_has_its_token),
        cmocka_unit_test(other_names_have_none),
        cmocka_unit_test(static_entries_have_the_token_of_their_name),
        cmocka_unit_test(facts_about_names),
        cmocka_unit_test(facts_about_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
