/* SPDX-License-Identifier: Apache-2.0 */
/* metadata_test.c: custom metadata to and from header fields (wire rules 12 to 17). */
#include "grpc/fields.h"
#include "grpc/metadata.h"
#include "support/fail.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

static tn_h2_field field(const char *name, const char *value)
{
    const tern_str n = tern_str_of(name);
    const tn_h2_token token = tn_h2_token_of(n);
    return (tn_h2_field){ .name = n,
                          .value = tern_str_of(value),
                          .token = (uint8_t)token,
                          .flags = tn_h2_name_facts(n, token) };
}

static void assert_entry(const tern_metadata *m, size_t i, const char *key, const char *value)
{
    assert_true(i < m->n);
    assert_string_equal(m->p[i].key.p, key);
    assert_int_equal(m->p[i].value.n, strlen(value));
    assert_string_equal(m->p[i].value.p, value);
}

static void rule_12_and_17_check_what_a_user_sends(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        bool ok;
    } cases[] = {
        { "x", "", true },
        { "0-9a.z_", "any printable ~", true },
        { "x-bin", "\x01\xff", true },
        { "", "v", false },
        { "Upper", "v", false },
        { "sp ace", "v", false },
        { "x\xc3\xbc", "v", false },
        { "x", "caf\xc3\xa9", false },
        { "x", "a\nb", false },
        { "x", "\x7f", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tern_error err = { .code = TERN_OK };
        const tern_code code =
            tn_metadata_check(tern_str_of(cases[i].key), tern_str_of(cases[i].value), &err);
        assert_int_equal(code, cases[i].ok ? TERN_OK : TERN_INVALID_ARGUMENT);
        assert_int_equal(err.code, code);
        assert_int_equal(strlen(err.text) != 0, !cases[i].ok);
    }
}

static void rule_13_reserved_names_are_refused_but_two(void **state)
{
    (void)state;
    static const char *const reserved[] = {
        "te",
        "content-type",
        "user-agent",
        "grpc-message-type",
        "grpc-encoding",
        "grpc-message",
        "grpc-status",
        "grpc-timeout",
        "grpc-accept-encoding",
        "grpc-status-details-bin",
        "grpc-anything",
        "host",
        "connection",
        "transfer-encoding",
        "upgrade",
        "keep-alive",
        "proxy-connection",
        "content-length",
        ":path",
        ":anything",
    };
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        tern_error err = { .code = TERN_OK };
        assert_int_equal(tn_metadata_check(tern_str_of(reserved[i]), TERN_STR("v"), &err),
                         TERN_INVALID_ARGUMENT);
        assert_non_null(strstr(err.text, reserved[i]));
    }
    assert_int_equal(tn_metadata_check(TERN_STR("grpc-previous-rpc-attempts"), TERN_STR("1"), NULL),
                     TERN_OK);
    assert_int_equal(tn_metadata_check(TERN_STR("grpc-retry-pushback-ms"), TERN_STR("1"), NULL),
                     TERN_OK);
    assert_int_equal(tn_metadata_check(TERN_STR("authorization"), TERN_STR("x"), NULL), TERN_OK);
}

static void rule_13_what_grpc_reads_itself_is_left_out(void **state)
{
    (void)state;
    const tn_h2_field fields[] = {
        field(":method", "POST"),
        field(":path", "/a/b"),
        field("te", "trailers"),
        field("content-type", "application/grpc"),
        field("grpc-timeout", "1S"),
        field("grpc-encoding", "identity"),
        field("grpc-accept-encoding", "gzip"),
        field("grpc-status", "0"),
        field("grpc-message", "m"),
        field("grpc-status-details-bin", "!!"),
        field("host", "h"),
        field("content-length", "5"),
        field("user-agent", "ua"),
        field("grpc-previous-rpc-attempts", "2"),
        field("x", "y"),
    };
    tern_arena *arena = tern_arena_new(NULL);
    tern_metadata m = { NULL, 0 };
    const tn_h2_field *bad;
    assert_int_equal(
        tn_metadata_decode(arena, fields, sizeof(fields) / sizeof(fields[0]), &m, &bad), TERN_OK);
    assert_int_equal(m.n, 3);
    assert_entry(&m, 0, "user-agent", "ua");
    assert_entry(&m, 1, "grpc-previous-rpc-attempts", "2");
    assert_entry(&m, 2, "x", "y");
    assert_string_equal(tern_metadata_get(&m, "x").p, "y");
    assert_null(tern_metadata_get(&m, "z").p);
    tern_arena_free(arena);
}

/* One -bin field, its value against a guard page. */
static tern_code decode_bin(tern_arena *arena, const char *value, tern_metadata *m)
{
    const size_t n = strlen(value);
    uint8_t *p = tn_guard_copy(value, n);
    tn_h2_field f = field("k-bin", "");
    f.value = (tern_str){ (const char *)p, n };
    const tn_h2_field *bad;
    *m = (tern_metadata){ NULL, 0 };
    const tern_code code = tn_metadata_decode(arena, &f, 1, m, &bad);
    assert_int_equal(bad == &f, code != TERN_OK);
    tn_guard_free(p, n);
    return code;
}

static void rule_14_bin_is_read_padded_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *coded, *plain;
    } good[] = {
        { "", "" },       { "aGVsbG8=", "hello" }, { "aGVsbG8", "hello" },
        { "YQ", "a" },    { "YQ==", "a" },         { "YWI", "ab" },
        { "YWI=", "ab" }, { "YWJj", "abc" },       { " YWJj\t", "abc" },
    };
    static const char *const bad[] = { "Y",    "YQ=",      "Y===",   "YW Jj",
                                       "!!!!", "YQ==YQ==", "YWJj-_", "=" };
    tern_arena *arena = tern_arena_new(NULL);
    tern_metadata m;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(decode_bin(arena, good[i].coded, &m), TERN_OK);
        assert_int_equal(m.n, 1);
        assert_entry(&m, 0, "k-bin", good[i].plain);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(decode_bin(arena, bad[i], &m), TERN_INTERNAL);
    tern_arena_free(arena);
}

static void rule_15_bin_is_split_at_commas_before_decoding(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    tern_metadata m;
    assert_int_equal(decode_bin(arena, "YQ==, YWI,YWJj ,", &m), TERN_OK);
    assert_int_equal(m.n, 4);
    assert_entry(&m, 0, "k-bin", "a");
    assert_entry(&m, 1, "k-bin", "ab");
    assert_entry(&m, 2, "k-bin", "abc");
    assert_entry(&m, 3, "k-bin", "");
    assert_int_equal(decode_bin(arena, "YQ,!,YQ", &m), TERN_INTERNAL);
    tern_arena_free(arena);
}

static void rule_16_duplicate_keys_keep_their_order(void **state)
{
    (void)state;
    const tn_h2_field fields[] = { field("a", "1"), field("b", "2"), field("a", "3"),
                                   field("a", "4, 5") };
    tern_arena *arena = tern_arena_new(NULL);
    tern_metadata m = { NULL, 0 };
    const tn_h2_field *bad;
    assert_int_equal(tn_metadata_decode(arena, fields, 4, &m, &bad), TERN_OK);
    assert_int_equal(m.n, 4);
    assert_entry(&m, 0, "a", "1");
    assert_entry(&m, 1, "b", "2");
    assert_entry(&m, 2, "a", "3");
    assert_entry(&m, 3, "a", "4, 5");
    assert_string_equal(tern_metadata_get(&m, "a").p, "1");
    tern_arena_free(arena);
}

static void rule_17_outer_blanks_go_and_the_rest_stays(void **state)
{
    (void)state;
    const tn_h2_field fields[] = { field("a", " \t v w\t "), field("b", "caf\xc3\xa9 \xff"),
                                   field("c", "   ") };
    tern_arena *arena = tern_arena_new(NULL);
    tern_metadata m = { NULL, 0 };
    const tn_h2_field *bad;
    assert_int_equal(tn_metadata_decode(arena, fields, 3, &m, &bad), TERN_OK);
    assert_entry(&m, 0, "a", "v w");
    assert_entry(&m, 1, "b", "caf\xc3\xa9 \xff");
    assert_entry(&m, 2, "c", "");
    tern_arena_free(arena);
}

static void a_field_of_commas_is_bounded(void **state)
{
    (void)state;
    static char commas[TN_METADATA_MAX_VALUES + 1];
    memset(commas, ',', TN_METADATA_MAX_VALUES);
    tern_arena *arena = tern_arena_new(NULL);
    tern_metadata m;
    assert_int_equal(decode_bin(arena, commas, &m), TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(decode_bin(arena, commas + 1, &m), TERN_OK);
    assert_int_equal(m.n, TN_METADATA_MAX_VALUES);
    tern_arena_free(arena);
}

/* What the builder writes is what the decoder reads; bin values go out unpadded (rule 14). */
static void rule_14_bin_is_written_unpadded_and_survives(void **state)
{
    (void)state;
    tn_seed seed = { 14 };
    tern_arena *arena = tern_arena_new(NULL);
    tn_fields f = { .memory = tn_buf_of(tn_env_of(NULL)) };
    for (int round = 0; round < 500; round++) {
        uint8_t bytes[4][40];
        tern_metadata_entry e[4];
        for (size_t i = 0; i < 4; i++) {
            const size_t n = tn_seed_below(&seed, sizeof(bytes[i]));
            tn_seed_fill(&seed, bytes[i], n);
            e[i] = (tern_metadata_entry){ TERN_STR("some-bin"), { (char *)bytes[i], n } };
        }
        e[3] = (tern_metadata_entry){ TERN_STR("plain"), TERN_STR("text") };
        const tern_metadata sent = { e, 4 };
        assert_true(tn_fields_begin(&f, 1, &sent, 0));
        tn_fields_add(&f, TN_H2_TOKEN_STATUS, TERN_STR("200"));
        tn_fields_add_metadata(&f, &sent);
        assert_int_equal(f.n, 5);
        for (size_t i = 0; i < f.n; i++) {
            assert_null(memchr(f.p[i].value.p, '=', f.p[i].value.n));
            f.p[i].flags |= tn_h2_name_facts(f.p[i].name, (tn_h2_token)f.p[i].token);
        }
        tern_metadata got = { NULL, 0 };
        const tn_h2_field *bad;
        assert_int_equal(tn_metadata_decode(arena, f.p, f.n, &got, &bad), TERN_OK);
        assert_int_equal(got.n, 4);
        for (size_t i = 0; i < 4; i++) {
            assert_true(tern_str_equal(got.p[i].key, e[i].key));
            assert_true(tern_str_equal(got.p[i].value, e[i].value));
        }
        tern_arena_reset(arena);
    }
    tn_fields_free(&f);
    tern_arena_free(arena);
}

static bool grow_list(tn_failing_env *env, void *user)
{
    (void)user;
    tern_arena *arena = tern_arena_new(&env->env);
    if (!arena)
        return false;
    tn_metadata_list list = { 0 };
    bool ok = true;
    for (int i = 0; i < 200 && ok; i++)
        ok = tn_metadata_add(&list, arena, TERN_STR("key"), (tern_str){ NULL, 0 });
    if (ok) {
        const tern_metadata m = tn_metadata_view(&list);
        assert_int_equal(m.n, 200);
        assert_entry(&m, 199, "key", "");
    }
    tern_arena_free(arena);
    return ok;
}

static void a_list_grows_or_says_no_memory(void **state)
{
    (void)state;
    assert_true(tn_fail_each(grow_list, NULL) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_12_and_17_check_what_a_user_sends),
        cmocka_unit_test(rule_13_reserved_names_are_refused_but_two),
        cmocka_unit_test(rule_13_what_grpc_reads_itself_is_left_out),
        cmocka_unit_test(rule_14_bin_is_read_padded_or_not),
        cmocka_unit_test(rule_15_bin_is_split_at_commas_before_decoding),
        cmocka_unit_test(rule_16_duplicate_keys_keep_their_order),
        cmocka_unit_test(rule_17_outer_blanks_go_and_the_rest_stays),
        cmocka_unit_test(a_field_of_commas_is_bounded),
        cmocka_unit_test(rule_14_bin_is_written_unpadded_and_survives),
        cmocka_unit_test(a_list_grows_or_says_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
