/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden_test.c: bytes that another implementation made decode to what it was given, and come out of
 * the encoder the same.
 */
#include "support/test.h"

#include "pb/schema.h"

#include "pb/golden.inc"

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

static pbtest_All *decode(const uint8_t *p, size_t n)
{
    tern_error err;
    pbtest_All *msg = tern_pb_new(&pbtest_All_table, arena);
    const tern_code code =
        tern_pb_decode(&pbtest_All_table, msg, (tern_bytes){ p, n }, arena, NULL, &err);
    if (code != TERN_OK)
        fail_msg("%s", err.text);
    tern_bytes unknown;
    assert_true(tern_pb_unknown_bytes(&pbtest_All_table, msg, arena, &unknown));
    assert_int_equal(unknown.n, 0);
    return msg;
}

static pbtest_All *same(const uint8_t *p, size_t n)
{
    tern_error err;
    tern_bytes out;
    pbtest_All *msg = decode(p, n);
    if (tern_pb_encode(&pbtest_All_table, msg, arena, &out, &err) != TERN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(out.n, n);
    assert_memory_equal(out.p, p, n);
    return msg;
}

#define SAME(golden) same(golden, sizeof(golden))

#define CHECK_TEXT(s, literal)                                                                     \
    do {                                                                                           \
        assert_int_equal((s).n, sizeof(literal) - 1);                                              \
        assert_memory_equal((s).p, literal, sizeof(literal) - 1);                                  \
    } while (0)

/* What golden.py's fill_inner makes. */
static void check_inner(const pbtest_Inner *inner)
{
    assert_non_null(inner);
    assert_int_equal(inner->a, 150);
    assert_string_equal(tern_str_cstr(inner->b), "inner");
    assert_string_equal(tern_str_cstr(inner->next->b), "next");
    assert_int_equal(inner->list.n, 3);
    assert_int_equal(inner->list.p[0]->a, 1);
    assert_int_equal(inner->list.p[1]->list.n, 1);
    CHECK_TEXT(inner->list.p[1]->list.p[0]->raw, "deep");
    assert_int_equal(inner->list.p[2]->a, 0);
    assert_null(inner->unknown_);
}

#define CHECK_SINGULAR(m, p)                                                                       \
    do {                                                                                           \
        assert_true((m)->p##double == 1.5);                                                        \
        assert_true((m)->p##float == -2.25f);                                                      \
        assert_true((m)->p##int64 == -2);                                                          \
        assert_true((m)->p##uint64 == 300);                                                        \
        assert_true((m)->p##int32 == -2);                                                          \
        assert_true((m)->p##fixed64 == 300);                                                       \
        assert_true((m)->p##fixed32 == 300);                                                       \
        assert_true((m)->p##bool);                                                                 \
        assert_string_equal(tern_str_cstr((m)->p##string), "h\xc3\xa9llo");                        \
        check_inner((m)->p##message);                                                              \
        CHECK_TEXT((m)->p##bytes, "\x00\xff");                                                     \
        assert_true((m)->p##uint32 == 300);                                                        \
        assert_true((m)->p##enum == 70000);                                                        \
        assert_true((m)->p##sfixed32 == -2);                                                       \
        assert_true((m)->p##sfixed64 == -2);                                                       \
        assert_true((m)->p##sint32 == -2);                                                         \
        assert_true((m)->p##sint64 == -2);                                                         \
    } while (0)

static void test_implicit(void **state)
{
    (void)state;
    const pbtest_All *m = SAME(golden_implicit);
    CHECK_SINGULAR(m, i_);
    for (uint32_t i = 1; i <= 18; i++)
        assert_int_equal(tern_pb_has(&pbtest_All_table, m, i), i != 10);
}

static void test_explicit(void **state)
{
    (void)state;
    const pbtest_All *m = SAME(golden_explicit);
    CHECK_SINGULAR(m, e_);
    for (uint32_t i = 1; i <= 18; i++)
        assert_int_equal(tern_pb_has(&pbtest_All_table, m, 20 + i), i != 10);
}

static void test_explicit_zero_is_present(void **state)
{
    (void)state;
    pbtest_All *m = SAME(golden_explicit_zero);
    assert_non_null(m->e_string.p);
    assert_int_equal(m->e_string.n, 0);
    assert_non_null(m->e_bytes.p);
    for (uint32_t i = 21; i <= 38; i++) {
        assert_int_equal(tern_pb_has(&pbtest_All_table, m, i), i != 30);
        tern_pb_clear(&pbtest_All_table, m, i);
        assert_false(tern_pb_has(&pbtest_All_table, m, i));
    }
    tern_bytes out;
    assert_int_equal(tern_pb_encode(&pbtest_All_table, m, arena, &out, NULL), TERN_OK);
    assert_int_equal(out.n, 0);
}

static void test_oneof(void **state)
{
    (void)state;
    pbtest_All *m = SAME(golden_oneof_double);
    assert_int_equal(m->o.which, 41);
    assert_true(m->o.o_double == 1.5);
    assert_true(SAME(golden_oneof_float)->o.o_float == -2.25f);
    assert_true(SAME(golden_oneof_int64)->o.o_int64 == -2);
    assert_true(SAME(golden_oneof_uint64)->o.o_uint64 == 300);
    assert_true(SAME(golden_oneof_int32)->o.o_int32 == -2);
    assert_true(SAME(golden_oneof_fixed64)->o.o_fixed64 == 300);
    assert_true(SAME(golden_oneof_fixed32)->o.o_fixed32 == 300);
    assert_true(SAME(golden_oneof_bool)->o.o_bool);
    assert_string_equal(SAME(golden_oneof_string)->o.o_string.p, "h\xc3\xa9llo");
    check_inner(SAME(golden_oneof_message)->o.o_message);
    CHECK_TEXT(SAME(golden_oneof_bytes)->o.o_bytes, "\x00\xff");
    assert_true(SAME(golden_oneof_uint32)->o.o_uint32 == 300);
    assert_true(SAME(golden_oneof_enum)->o.o_enum == 70000);
    assert_true(SAME(golden_oneof_sfixed32)->o.o_sfixed32 == -2);
    assert_true(SAME(golden_oneof_sfixed64)->o.o_sfixed64 == -2);
    assert_true(SAME(golden_oneof_sint32)->o.o_sint32 == -2);
    m = SAME(golden_oneof_sint64);
    assert_true(m->o.o_sint64 == -2);
    assert_int_equal(m->o.which, 58);
    m = SAME(golden_oneof_zero);
    assert_int_equal(m->o.which, 45);
    assert_true(tern_pb_has(&pbtest_All_table, m, 45));
    tern_pb_clear(&pbtest_All_table, m, 44);
    assert_int_equal(m->o.which, 45);
    tern_pb_clear(&pbtest_All_table, m, 45);
    assert_int_equal(m->o.which, 0);
}

static void test_repeated(void **state)
{
    (void)state;
    const pbtest_All *m = SAME(golden_repeated);
    assert_int_equal(m->r_double.n, 3);
    const double big = 1e300; /* not as a constant: that may be wider */
    assert_true(m->r_double.p[2] == big);
    assert_true(m->r_int32.p[1] == INT32_MAX && m->r_int32.p[2] == INT32_MIN);
    assert_true(m->r_sint64.p[1] == INT64_MAX && m->r_sint64.p[2] == INT64_MIN);
    assert_true(m->r_uint64.p[1] == UINT64_MAX);
    assert_true(m->r_bool.p[0] && !m->r_bool.p[1] && m->r_bool.p[2]);
    assert_string_equal(m->r_string.p[0].p, "h\xc3\xa9llo");
    assert_string_equal(m->r_string.p[1].p, "");
    assert_string_equal(m->r_string.p[2].p, "a string of more than sixteen bytes");
    CHECK_TEXT(m->r_bytes.p[2], "0123456789abcdef0123456789");
    assert_int_equal(m->r_message.n, 3);
    for (size_t i = 0; i < 3; i++)
        check_inner(m->r_message.p[i]);
}

static void test_packed(void **state)
{
    (void)state;
    const pbtest_All *m = SAME(golden_packed);
    assert_int_equal(m->p_double.n, 21);
    assert_int_equal(m->p_int32.n, 21);
    assert_int_equal(m->p_int32.cap, 21); /* counted before it was reserved */
    for (size_t i = 0; i < 21; i += 3) {
        assert_true(m->p_float.p[i] == -2.25f && m->p_float.p[i + 1] == 0.5f);
        assert_true(m->p_enum.p[i] == 70000 && m->p_enum.p[i + 1] == -2);
        assert_true(m->p_sint32.p[i + 2] == INT32_MIN && m->p_sfixed64.p[i + 2] == INT64_MIN);
        assert_true(m->p_bool.p[i] && !m->p_bool.p[i + 1]);
    }
}

static void test_maps(void **state)
{
    (void)state;
    pbtest_All *m = SAME(golden_maps);
    assert_int_equal(m->m_string.n, 20);
    for (int32_t i = 0; i < 20; i++) {
        const tern_str key = tern_arena_printf(arena, "key %02d", i);
        const pbtest_StringEntry *s =
            tern_pb_map_get(&pbtest_StringEntry_table, &m->m_string, &key);
        assert_non_null(s);
        assert_int_equal(s->value.n, i);
        assert_int_equal(s->value.p[i], 0);
        const int32_t number = i - 10;
        pbtest_MessageEntry *e =
            tern_pb_map_get(&pbtest_MessageEntry_table, &m->m_message, &number);
        assert_non_null(e);
        check_inner(e->value);
        const uint32_t fixed = (uint32_t)i;
        const pbtest_FixedEntry *f = tern_pb_map_get(&pbtest_FixedEntry_table, &m->m_fixed, &fixed);
        assert_true(f && f->value == i / 4.0);
        const int64_t negative = -i;
        const pbtest_BytesEntry *b =
            tern_pb_map_get(&pbtest_BytesEntry_table, &m->m_bytes, &negative);
        assert_true(b && b->value.n == 1 && b->value.p[0] == i);
    }
    const bool yes = true;
    const pbtest_BoolEntry *e = tern_pb_map_get(&pbtest_BoolEntry_table, &m->m_bool, &yes);
    assert_true(e && e->value == 0);
}

static void test_long_tags(void **state)
{
    (void)state;
    const pbtest_All *m = SAME(golden_tags);
    assert_int_equal(m->tag3, 3);
    assert_string_equal(m->tag4.p, "four");
    assert_int_equal(m->tag5, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_implicit),
        cmocka_unit_test(test_explicit),
        cmocka_unit_test(test_explicit_zero_is_present),
        cmocka_unit_test(test_oneof),
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_long_tags),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
