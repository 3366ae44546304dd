/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sorted_test.c: deterministic encoding: the same bytes whatever order a map was filled in, and the
 * bytes of an ordinary encoding but for that order.
 */
#include "base/arena.h"
#include "google/protobuf/struct.tern.h"
#include "pb/random.h"
#include "support/fail.h"

#include "pb/goldens.h"

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

static tern_bytes sorted_as(const tern_pb_table *table, const void *msg)
{
    tern_error err;
    tern_bytes out = { NULL, 0 };
    if (tern_pb_encode_with(table, msg, arena, TERN_PB_ENCODE_OPTS(.deterministic = true), &out,
                            &err) != TERN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(err.code, TERN_OK);
    return out;
}

static tern_bytes sorted_all(const pbtest_All *m)
{
    return sorted_as(&pbtest_All_table, m);
}

static bool same_bytes(tern_bytes a, tern_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void test_goldens_without_maps_stay(void **state)
{
    (void)state;
    for (size_t g = 0; g < GOLDENS; g++) {
        const pbtest_All *m = decode_all(goldens[g], arena);
        const tern_bytes out = sorted_all(m);
        if (goldens[g].p != golden_maps)
            assert_true(same_bytes(out, goldens[g]));
        assert_true(tern_pb_equal(&pbtest_All_table, m, decode_all(out, arena)));
    }
}

/* Fills an array of entries with keys in an order that is not theirs, and decodes the sorted bytes. */
#define SORT(entry, member, ...)                                                                   \
    do {                                                                                           \
        pbtest_##entry entries[] = { __VA_ARGS__ };                                                \
        const pbtest_All m = { .member = { .p = entries,                                           \
                                           .n = sizeof(entries) / sizeof(entries[0]) } };          \
        back = decode_all(sorted_all(&m), arena);                                                  \
        assert_int_equal(back->member.n, m.member.n);                                              \
    } while (0)

#define K(k)                                                                                       \
    {                                                                                              \
        .key = (k)                                                                                 \
    }

static void test_keys_by_value(void **state)
{
    (void)state;
    const pbtest_All *back;
    SORT(MessageEntry, m_message, K(5), K(-1), K(INT32_MAX), K(0), K(INT32_MIN), K(256));
    const int32_t signs[] = { INT32_MIN, -1, 0, 5, 256, INT32_MAX };
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(back->m_message.p[i].key, signs[i]);
    SORT(BytesEntry, m_bytes, K(5), K(-1), K(INT64_MAX), K(0), K(INT64_MIN));
    const int64_t longs[] = { INT64_MIN, -1, 0, 5, INT64_MAX };
    for (size_t i = 0; i < 5; i++)
        assert_true(back->m_bytes.p[i].key == longs[i]);
    SORT(FixedEntry, m_fixed, { UINT32_MAX, 0 }, { 1, 0 }, { UINT32_C(1) << 31, 0 }, { 0, 0 });
    const uint32_t fixed[] = { 0, 1, UINT32_C(1) << 31, UINT32_MAX };
    for (size_t i = 0; i < 4; i++)
        assert_true(back->m_fixed.p[i].key == fixed[i]);
    SORT(EnumEntry, m_enum, { UINT64_MAX, 1 }, { 0, 2 }, { UINT64_C(1) << 63, 3 });
    assert_true(back->m_enum.p[0].key == 0 && back->m_enum.p[1].key == UINT64_C(1) << 63);
    SORT(BoolEntry, m_bool, { true, 1 }, { false, 2 });
    assert_true(!back->m_bool.p[0].key && back->m_bool.p[0].value == 2);
}

static void test_strings_by_their_bytes(void **state)
{
    (void)state;
    const pbtest_All *back;
    static const tern_str keys[] = {
        TERN_STR_INIT(""),          TERN_STR_INIT("\0"),        TERN_STR_INIT("\0\0"),
        TERN_STR_INIT("B"),         TERN_STR_INIT("a"),         TERN_STR_INIT("a\0"),
        TERN_STR_INIT("ab"),        TERN_STR_INIT("abcdefgh"),  TERN_STR_INIT("abcdefgh\0"),
        TERN_STR_INIT("abcdefgha"), TERN_STR_INIT("abcdefghb"), TERN_STR_INIT("\xc3\xa9"),
    };
    enum { N = sizeof(keys) / sizeof(keys[0]) };
    for (size_t turn = 0; turn < N; turn++) {
        pbtest_StringEntry entries[N];
        for (size_t i = 0; i < N; i++)
            entries[i] = (pbtest_StringEntry){ .key = keys[(i * 5 + turn) % N] };
        const pbtest_All m = { .m_string = { .p = entries, .n = N } };
        back = decode_all(sorted_all(&m), arena);
        for (size_t i = 0; i < N; i++)
            assert_true(tern_str_equal(back->m_string.p[i].key, keys[i]));
    }
}

/* The sort is stable: of a key that stands twice the receiver keeps the same value. */
static void test_twice_the_same_key(void **state)
{
    (void)state;
    pbtest_EnumEntry entries[] = { { 2, 1 }, { 1, 1 }, { 2, 2 }, { 1, 2 }, { 2, 3 } };
    const pbtest_All m = { .m_enum = { .p = entries, .n = 5 } };
    const tern_bytes out = sorted_all(&m);
    const tern_bytes wanted = WIRE("\xd2\x06\x04\x08\x01\x10\x01\xd2\x06\x04\x08\x01\x10\x02"
                                   "\xd2\x06\x04\x08\x02\x10\x01\xd2\x06\x04\x08\x02\x10\x02"
                                   "\xd2\x06\x04\x08\x02\x10\x03");
    assert_true(same_bytes(out, wanted));
}

static void test_sizes_of_maps(void **state)
{
    (void)state;
    tn_seed seed = { .state = 2 };
    for (uint32_t n = 0; n < 3000; n = n < 70 ? n + 1 : n * 3) {
        tern_arena_reset(arena);
        pbtest_All m = { .i_int32 = 0 };
        for (uint32_t i = 0; i < n; i++) {
            const uint64_t key = tn_seed_below(&seed, n);
            pbtest_EnumEntry *e = tern_pb_map_put(&pbtest_EnumEntry_table, &m.m_enum, &key, arena);
            e->value = (int32_t)i;
        }
        const pbtest_All *back = decode_all(sorted_all(&m), arena);
        assert_int_equal(back->m_enum.n, m.m_enum.n);
        assert_true(tern_pb_equal(&pbtest_All_table, &m, back));
        for (size_t i = 1; i < back->m_enum.n; i++)
            assert_true(back->m_enum.p[i - 1].key < back->m_enum.p[i].key);
    }
}

static google_protobuf_Value *put(google_protobuf_Struct *s, const char *name)
{
    const tern_str key = tern_str_of(name);
    google_protobuf_Struct_FieldsEntry *e =
        tern_pb_map_put(&google_protobuf_Struct_FieldsEntry_table, &s->fields, &key, arena);
    e->value = tern_pb_new(&google_protobuf_Value_table, arena);
    return e->value;
}

/* Three levels of maps of different lengths, each filled in an order of its own that `turn` decides. */
static google_protobuf_Struct *tree(unsigned turn)
{
    static const char *const keys[] = { "one", "two", "three", "four", "five" };
    google_protobuf_Struct *top = NULL;
    for (unsigned level = 0; level < 3; level++) {
        google_protobuf_Struct *s = tern_pb_new(&google_protobuf_Struct_table, arena);
        const unsigned n = 5 - level;
        for (unsigned i = 0; i < n; i++) {
            const unsigned k = ((turn + level) % 2 ? i + turn : n - 1 - i + turn * level) % n;
            google_protobuf_Value *v = put(s, keys[k]);
            if (top && k % 2 == 0) {
                v->kind.which = google_protobuf_Value_kind_struct_value;
                v->kind.struct_value = top;
            } else {
                v->kind.which = google_protobuf_Value_kind_number_value;
                v->kind.number_value = k;
            }
        }
        top = s;
    }
    return top;
}

static void test_maps_in_maps(void **state)
{
    (void)state;
    const tern_bytes first = sorted_as(&google_protobuf_Struct_table, tree(0));
    unsigned differ = 0;
    for (unsigned turn = 1; turn < 20; turn++) {
        const google_protobuf_Struct *t = tree(turn);
        assert_true(same_bytes(first, sorted_as(&google_protobuf_Struct_table, t)));
        assert_true(tern_pb_equal(&google_protobuf_Struct_table, tree(0), t));
        tern_bytes plain;
        assert_int_equal(tern_pb_encode(&google_protobuf_Struct_table, t, arena, &plain, NULL),
                         TERN_OK);
        assert_int_equal(plain.n, first.n);
        differ += !same_bytes(first, plain);
    }
    assert_true(differ > 10);
}

/* Any two messages: equal if and only if their sorted bytes are. */
static void test_equal_is_the_same_bytes(void **state)
{
    (void)state;
    tn_seed seed = { .state = 99 };
    unsigned same = 0;
    for (unsigned round = 0; round < 1500; round++) {
        tern_arena_reset(arena);
        const pbtest_All *a = random_all(&seed, arena, 4 + round % 30);
        const tern_bytes x = sorted_all(a);
        size_t size;
        assert_int_equal(tern_pb_size(&pbtest_All_table, a, &size, NULL), TERN_OK);
        assert_int_equal(size, x.n);
        pbtest_All *b =
            round % 2 ? tern_pb_copy(&pbtest_All_table, a, arena, NULL) : decode_all(x, arena);
        assert_true(same_bytes(x, sorted_all(b)));
        assert_true(tern_pb_equal(&pbtest_All_table, a, b));
        const pbtest_All *little = random_all(&seed, arena, 300);
        assert_int_equal(tern_pb_merge(&pbtest_All_table, b, little, arena, NULL), TERN_OK);
        const bool bytes = same_bytes(x, sorted_all(b));
        assert_int_equal(tern_pb_equal(&pbtest_All_table, a, b), bytes);
        same += bytes;
    }
    assert_in_range(same, 100, 1400);
}

static void test_options(void **state)
{
    (void)state;
    tern_error err;
    tern_bytes out = { NULL, 7 };
    pbtest_EnumEntry entries[] = { { 2, 1 }, { 1, 1 } };
    const pbtest_All m = { .m_enum = { .p = entries, .n = 2 } };
    const tern_bytes plain = encode_all(&m, arena);
    struct {
        tern_pb_encode_opts known;
        uint64_t newer;
    } opts = { { .size = sizeof(opts) }, 1 };
    assert_int_equal(tern_pb_encode_with(&pbtest_All_table, &m, arena, &opts.known, &out, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "does not know is set"));
    assert_int_equal(out.n, 7);
    opts.newer = 0;
    assert_int_equal(tern_pb_encode_with(&pbtest_All_table, &m, arena, &opts.known, &out, &err),
                     TERN_OK);
    assert_true(same_bytes(out, plain));
    opts.known.size = 0;
    assert_int_equal(tern_pb_encode_with(&pbtest_All_table, &m, arena, &opts.known, &out, &err),
                     TERN_INVALID_ARGUMENT);
    tern_pb_encode_opts_init(&opts.known);
    assert_int_equal(tern_pb_encode_with(&pbtest_All_table, &m, arena, &opts.known, &out, &err),
                     TERN_OK);
    assert_true(same_bytes(out, plain));
    assert_int_equal(tern_pb_encode_with(&pbtest_All_table, &m, arena, NULL, &out, &err), TERN_OK);
    assert_true(same_bytes(out, plain));
    assert_false(same_bytes(sorted_all(&m), plain));
}

/* What is refused is refused sorted too, and leaves nothing behind. */
static void test_refusals(void **state)
{
    (void)state;
    tern_error err;
    tern_bytes out = { NULL, 7 };
    const tern_pb_encode_opts *opts = TERN_PB_ENCODE_OPTS(.deterministic = true);
    pbtest_StringEntry entries[] = { { TERN_STR_INIT("b"), TERN_STR_INIT("\xff") },
                                     { TERN_STR_INIT("a"), TERN_STR_INIT("") } };
    pbtest_All m = { .m_string = { .p = entries, .n = 2 } };
    const size_t room = tn_arena_room(arena);
    assert_int_equal(tern_pb_encode_with(&pbtest_All_table, &m, arena, opts, &out, &err),
                     TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "not UTF-8"));
    m.m_string.n = SIZE_MAX;
    assert_int_equal(tern_pb_encode_with(&pbtest_All_table, &m, arena, opts, &out, &err),
                     TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(out.n, 7);
    assert_int_equal(tn_arena_room(arena), room);
}

static bool sort_with_little(tn_failing_env *f, void *user)
{
    tern_arena *little = tern_arena_new(&f->env);
    if (!little)
        return false;
    tern_error err;
    tern_bytes out;
    const tern_code code =
        tern_pb_encode_with(&google_protobuf_Struct_table, user, little,
                            TERN_PB_ENCODE_OPTS(.deterministic = true), &out, &err);
    assert_int_equal(code, err.code);
    assert_true(code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED);
    tern_arena_free(little);
    return code == TERN_OK;
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    assert_in_range(tn_fail_each(sort_with_little, tree(3)), 3, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens_without_maps_stay),
        cmocka_unit_test(test_keys_by_value),
        cmocka_unit_test(test_strings_by_their_bytes),
        cmocka_unit_test(test_twice_the_same_key),
        cmocka_unit_test(test_sizes_of_maps),
        cmocka_unit_test(test_maps_in_maps),
        cmocka_unit_test(test_equal_is_the_same_bytes),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
