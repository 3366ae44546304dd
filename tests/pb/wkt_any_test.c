/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_any_test.c: Any packed and unpacked, type URLs of all sorts, and the wrappers as what is inside.
 */
#include "pb/poor.h"
#include "support/guard.h"
#include "tern/wkt.h"

#include <stdlib.h>

static tern_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_arena_free(arena);
    return 0;
}

static const google_protobuf_Duration second = { .seconds = 1 };

static google_protobuf_Any packed(void)
{
    google_protobuf_Any any = { .value = { NULL, 0 } };
    tern_error err;
    assert_int_equal(tern_any_pack(&any, &google_protobuf_Duration_table, &second, arena, &err),
                     TERN_OK);
    assert_int_equal(err.code, TERN_OK);
    return any;
}

static void refuse(const google_protobuf_Any *any, tern_code code, const char *words)
{
    tern_error err = { .code = TERN_OK };
    assert_null(tern_any_unpack(any, &google_protobuf_Duration_table, arena, NULL, &err));
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.text, words));
    assert_null(tern_any_unpack(any, &google_protobuf_Duration_table, arena, NULL, NULL));
}

static void test_pack_and_unpack_through_the_codec(void **state)
{
    (void)state;
    const google_protobuf_Any any = packed();
    assert_string_equal(any.type_url.p, "type.googleapis.com/google.protobuf.Duration");
    assert_int_equal(any.type_url.n, strlen(any.type_url.p));
    assert_int_equal(any.value.n, 2);
    tern_error err;
    const google_protobuf_Any *back =
        google_protobuf_Any_decode(google_protobuf_Any_encode(&any, arena, &err), arena, &err);
    assert_non_null(back);
    assert_true(tern_any_is(back, &google_protobuf_Duration_table));
    assert_false(tern_any_is(back, &google_protobuf_Timestamp_table));
    const google_protobuf_Duration *d =
        tern_any_unpack(back, &google_protobuf_Duration_table, arena, NULL, &err);
    assert_non_null(d);
    assert_int_equal(d->seconds, 1);
    assert_int_equal(err.code, TERN_OK);
}

static void test_an_empty_message(void **state)
{
    (void)state;
    const google_protobuf_Duration zero = { .seconds = 0 };
    google_protobuf_Any any;
    tern_error err;
    assert_int_equal(tern_any_pack(&any, &google_protobuf_Duration_table, &zero, arena, &err),
                     TERN_OK);
    assert_int_equal(any.value.n, 0);
    assert_null(any.unknown_);
    assert_non_null(tern_any_unpack(&any, &google_protobuf_Duration_table, arena, NULL, &err));
}

static void test_prefixes(void **state)
{
    (void)state;
    static const struct {
        tern_str prefix;
        const char *url;
    } cases[] = {
        { TERN_STR_INIT("types.example.com"), "types.example.com/google.protobuf.Duration" },
        { TERN_STR_INIT("types.example.com/"), "types.example.com/google.protobuf.Duration" },
        { TERN_STR_INIT("https://example.com/a/b"),
          "https://example.com/a/b/google.protobuf.Duration" },
        { TERN_STR_INIT("/"), "/google.protobuf.Duration" },
        { TERN_STR_INIT(""), "/google.protobuf.Duration" },
        { { NULL, 0 }, "/google.protobuf.Duration" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        google_protobuf_Any any;
        tern_error err;
        assert_int_equal(tern_any_pack_as(&any, cases[i].prefix, &google_protobuf_Duration_table,
                                          &second, arena, &err),
                         TERN_OK);
        assert_string_equal(any.type_url.p, cases[i].url);
        assert_int_equal(any.type_url.n, strlen(cases[i].url));
        assert_true(tern_any_is(&any, &google_protobuf_Duration_table));
    }
}

/* name NULL: the URL names none. Each URL ends at a page that must not be read. */
static void test_type_urls(void **state)
{
    (void)state;
    static const struct {
        tern_str url;
        const char *name;
        bool is;
    } cases[] = {
        { { NULL, 0 }, NULL, false },
        { TERN_STR_INIT(""), NULL, false },
        { TERN_STR_INIT("google.protobuf.Duration"), NULL, false },
        { TERN_STR_INIT("/"), NULL, false },
        { TERN_STR_INIT("google.protobuf.Duration/"), NULL, false },
        { TERN_STR_INIT("/google.protobuf.Duration"), "google.protobuf.Duration", true },
        { TERN_STR_INIT("a/b/google.protobuf.Duration"), "google.protobuf.Duration", true },
        { TERN_STR_INIT("h//google.protobuf.Duration"), "google.protobuf.Duration", true },
        { TERN_STR_INIT("h/.google.protobuf.Duration"), ".google.protobuf.Duration", false },
        { TERN_STR_INIT("h/google.protobuf.Duratio"), "google.protobuf.Duratio", false },
        { TERN_STR_INIT("h/google.protobuf.Durations"), "google.protobuf.Durations", false },
        { TERN_STR_INIT("h/google.protobuf.duration"), "google.protobuf.duration", false },
        { TERN_STR_INIT("google.protobuf.Duration/x"), "x", false },
        { TERN_STR_INIT("h/google.protobuf.Duration\0"), NULL, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const tern_str url = cases[i].url;
        uint8_t *p = tn_guard_copy(url.p, url.n);
        const google_protobuf_Any any = { .type_url = { url.p ? (char *)p : NULL, url.n } };
        assert_int_equal(tern_any_is(&any, &google_protobuf_Duration_table), cases[i].is);
        const tern_str name = tern_any_name(&any);
        if (cases[i].name)
            assert_true(tern_str_equal(name, tern_str_of(cases[i].name)));
        else if (url.n == 0 || p[url.n - 1] != '\0')
            assert_true(!name.p && name.n == 0);
        if (!cases[i].is)
            refuse(&any, TERN_INVALID_ARGUMENT, "wanted google.protobuf.Duration");
        tn_guard_free(p, url.n);
    }
    assert_null(tern_any_name(NULL).p);
    assert_false(tern_any_is(NULL, &google_protobuf_Duration_table));
}

static void test_errors_explain(void **state)
{
    (void)state;
    refuse(NULL, TERN_INVALID_ARGUMENT, "Any: absent, wanted google.protobuf.Duration");
    google_protobuf_Any any = { .type_url = TERN_STR("Duration") };
    refuse(&any, TERN_INVALID_ARGUMENT, "\"Duration\" has no slash");
    any.type_url = TERN_STR("h/shop.v1.Order");
    refuse(&any, TERN_INVALID_ARGUMENT, "holds a shop.v1.Order, wanted google.protobuf.Duration");
    any = packed();
    any.value = (tern_bytes){ (const uint8_t *)"\x08", 1 };
    refuse(&any, TERN_INVALID_ARGUMENT, "google.protobuf.Duration");
    refuse(&any, TERN_INVALID_ARGUMENT, "at byte");
    tern_pb_table old = google_protobuf_Duration_table;
    old.abi++;
    tern_error err;
    assert_null(tern_any_unpack(&any, &old, arena, NULL, &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    assert_null(tern_any_unpack(NULL, &old, arena, NULL, &err));
    assert_int_equal(err.code, TERN_FAILED_PRECONDITION);
    assert_int_equal(tern_any_pack(&any, &old, &second, arena, &err), TERN_FAILED_PRECONDITION);
    assert_int_equal(any.value.n, 1);
}

static void test_a_long_name_is_cut_at_a_character(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    char *p = malloc(N);
    assert_non_null(p);
    memcpy(p, "/x", 2); /* so that characters lie across the even bytes of the name */
    for (size_t i = 2; i < N; i++)
        p[i] = i % 2 ? '\xa4' : '\xc3';
    const google_protobuf_Any any = { .type_url = { p, N - 1 } };
    tern_error err;
    assert_null(tern_any_unpack(&any, &google_protobuf_Duration_table, arena, NULL, &err));
    const char *comma = strchr(err.text, ',');
    assert_non_null(comma);
    assert_true((uint8_t)comma[-1] == 0xa4);
    assert_string_equal(comma, ", wanted google.protobuf.Duration");
    free(p);
}

static void test_a_message_that_cannot_be_encoded_packs_nothing(void **state)
{
    (void)state;
    const google_protobuf_StringValue bad = { .value = TERN_STR("\xff") };
    google_protobuf_Any any = packed();
    tern_error err;
    assert_int_equal(tern_any_pack(&any, &google_protobuf_StringValue_table, &bad, arena, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "google.protobuf.StringValue.value"));
    assert_true(tern_any_is(&any, &google_protobuf_Duration_table));
}

static void test_limits_hold_inside(void **state)
{
    (void)state;
    static const uint8_t zeros[4096];
    google_protobuf_Any any;
    tern_error err;
    const google_protobuf_BytesValue *bytes =
        tern_bytes_value_of((tern_bytes){ zeros, sizeof(zeros) }, arena);
    google_protobuf_ListValue list = { .values = { .n = 0 } };
    for (int i = 0; i < 1000; i++)
        assert_true(tern_list_value_add_null(&list, arena));
    assert_non_null(bytes);
    assert_int_equal(tern_any_pack(&any, &google_protobuf_ListValue_table, &list, arena, &err),
                     TERN_OK);
    assert_null(tern_any_unpack(&any, &google_protobuf_ListValue_table, arena,
                                TERN_PB_DECODE_OPTS(.memory_bytes = 1000), &err));
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    assert_null(tern_any_unpack(&any, &google_protobuf_ListValue_table, arena,
                                TERN_PB_DECODE_OPTS(.max_depth = 0, .memory_bytes = 1), &err));
    assert_non_null(tern_any_unpack(&any, &google_protobuf_ListValue_table, arena,
                                    TERN_PB_DECODE_OPTS(.max_depth = 1), &err));
}

static void test_an_any_may_hold_itself(void **state)
{
    (void)state;
    google_protobuf_Any any = packed();
    tern_error err;
    for (int i = 0; i < 3; i++)
        assert_int_equal(tern_any_pack(&any, &google_protobuf_Any_table, &any, arena, &err),
                         TERN_OK);
    const google_protobuf_Any *at = &any;
    for (int i = 0; i < 3; i++)
        at = tern_any_unpack(at, &google_protobuf_Any_table, arena, NULL, &err);
    assert_true(tern_any_is(at, &google_protobuf_Duration_table));
}

/* What unpack gives lives on when the Any's bytes are gone. */
static void test_unpack_copies(void **state)
{
    (void)state;
    google_protobuf_Any any;
    tern_error err;
    const google_protobuf_StringValue *in = tern_string_value_of(TERN_STR("hello"), arena);
    assert_int_equal(tern_any_pack(&any, &google_protobuf_StringValue_table, in, arena, &err),
                     TERN_OK);
    const size_t n = any.value.n;
    uint8_t *bytes = tn_guard_copy(any.value.p, n);
    any.value.p = bytes;
    const google_protobuf_StringValue *s =
        tern_any_unpack(&any, &google_protobuf_StringValue_table, arena, NULL, &err);
    tn_guard_free(bytes, n);
    assert_string_equal(s->value.p, "hello");
}

static void test_wrappers(void **state)
{
    (void)state;
    assert_true(tern_double_value_of(-1.5, arena)->value == -1.5);
    assert_true(tern_float_value_of(2.5f, arena)->value == 2.5f);
    assert_true(tern_int64_value_of(INT64_MIN, arena)->value == INT64_MIN);
    assert_true(tern_uint64_value_of(UINT64_MAX, arena)->value == UINT64_MAX);
    assert_true(tern_int32_value_of(INT32_MIN, arena)->value == INT32_MIN);
    assert_true(tern_uint32_value_of(UINT32_MAX, arena)->value == UINT32_MAX);
    assert_true(tern_bool_value_of(true, arena)->value);
    uint8_t *p = tn_guard_copy("abc", 3);
    const google_protobuf_StringValue *s =
        tern_string_value_of((tern_str){ (const char *)p, 3 }, arena);
    const google_protobuf_BytesValue *b = tern_bytes_value_of((tern_bytes){ p, 3 }, arena);
    tn_guard_free(p, 3);
    assert_string_equal(s->value.p, "abc");
    assert_int_equal(s->value.n, 3);
    assert_int_equal(b->value.n, 3);
    assert_memory_equal(b->value.p, "abc", 3);
    s = tern_string_value_of((tern_str){ NULL, 0 }, arena);
    assert_true(s->value.p && s->value.n == 0);
    b = tern_bytes_value_of((tern_bytes){ NULL, 0 }, arena);
    assert_true(b->value.p && b->value.n == 0);
}

/* Packs into an Any that holds something already, and unpacks; false when memory ran out. */
static bool pack_poor(tern_arena *poor, const google_protobuf_Any *before)
{
    google_protobuf_Any any = *before;
    tern_error err;
    const google_protobuf_StringValue *s = tern_string_value_of(TERN_STR("hello"), poor);
    if (!s || !tern_bytes_value_of(any.value, poor))
        return false;
    if (tern_any_pack(&any, &google_protobuf_StringValue_table, s, poor, &err) != TERN_OK) {
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
        assert_memory_equal(&any, before, sizeof(any));
        return false;
    }
    s = tern_any_unpack(&any, &google_protobuf_StringValue_table, poor, NULL, &err);
    assert_int_equal(err.code, s ? TERN_OK : TERN_RESOURCE_EXHAUSTED);
    assert_true(!s || tern_str_equal(s->value, TERN_STR("hello")));
    return s && tern_double_value_of(1, poor) && tern_float_value_of(1, poor) &&
           tern_int64_value_of(1, poor) && tern_uint64_value_of(1, poor) &&
           tern_int32_value_of(1, poor) && tern_uint32_value_of(1, poor) &&
           tern_bool_value_of(true, poor);
}

static void test_no_memory_for_an_empty_message(void **state)
{
    (void)state;
    const google_protobuf_Any any = { .type_url = TERN_STR("/google.protobuf.Duration") };
    tn_failing_env f;
    tern_arena *poor = poor_arena(&f, 0);
    tern_error err;
    assert_null(tern_any_unpack(&any, &google_protobuf_Duration_table, poor, NULL, &err));
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.text, "no memory for a google.protobuf.Duration"));
    tern_arena_free(poor);
}

static void test_memory_that_ends_anywhere(void **state)
{
    (void)state;
    const google_protobuf_Any before = packed();
    bool ok = false;
    for (size_t left = 0; !ok; left += 8) {
        assert_true(left < 4000);
        tn_failing_env f;
        tern_arena *poor = poor_arena(&f, left);
        ok = pack_poor(poor, &before);
        assert_int_equal(ok, f.failed == 0);
        tern_arena_free(poor);
        assert_int_equal(f.live_blocks, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack_and_unpack_through_the_codec),
        cmocka_unit_test(test_an_empty_message),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_type_urls),
        cmocka_unit_test(test_errors_explain),
        cmocka_unit_test(test_a_long_name_is_cut_at_a_character),
        cmocka_unit_test(test_a_message_that_cannot_be_encoded_packs_nothing),
        cmocka_unit_test(test_limits_hold_inside),
        cmocka_unit_test(test_an_any_may_hold_itself),
        cmocka_unit_test(test_unpack_copies),
        cmocka_unit_test(test_wrappers),
        cmocka_unit_test(test_no_memory_for_an_empty_message),
        cmocka_unit_test(test_memory_that_ends_anywhere),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
