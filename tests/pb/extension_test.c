/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extension_test.c: extensions as values: decoded through a registry, got and put, encoded in order,
 * measured, merged, compared, cleared, promoted from unknown fields, and without memory.
 */
#include "pb/poor.h"
#include "pb/random.h"
#include "pb/table.h"
#include "pb/two_check.h"
#include "support/guard.h"

static tern_arena *arena;
static tern_pb_registry *reg;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    reg = two_registry(NULL);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_arena_free(arena);
    tern_pb_registry_free(reg);
    return 0;
}

#define TABLE             (&pbtest_Extended_table)
#define KNOWING           TERN_PB_DECODE_OPTS(.registry = reg)
#define EXTENDED(literal) ((pbtest_Extended *)decode_new(TABLE, WIRE(literal), arena, KNOWING))
#define GET(T, ext, m)    (*(const T *)tern_pb_extension_get(&(ext), m))

static void test_get_and_put(void **state)
{
    (void)state;
    pbtest_Extended *m = tern_pb_new(TABLE, arena);
    assert_null(tern_pb_extension_get(&ext_e_int32, m));
    assert_false(tern_pb_extension_has(&ext_e_int32, m));
    tern_pb_extension_clear(&ext_e_int32, m);
    for (size_t i = 0; i < PBTEST_EXTENSIONS; i++) {
        const tern_pb_extension *ext = pbtest_extensions[i];
        const tern_pb_mode mode = tn_pb_mode_of(&ext->holder->fields[0]);
        void *member = tern_pb_extension_put(ext, m, arena);
        assert_non_null(member);
        assert_ptr_equal(tern_pb_extension_put(ext, m, arena), member);
        /* Repeated ones are there with their first element. */
        assert_int_equal(tern_pb_extension_has(ext, m), mode == TERN_PB_EXPLICIT);
        assert_ptr_equal(tern_pb_extension_get(ext, m), mode == TERN_PB_EXPLICIT ? member : NULL);
    }
    for (size_t i = 0; i < PBTEST_EXTENSIONS; i++) {
        tern_pb_extension_clear(pbtest_extensions[(i * 7) % PBTEST_EXTENSIONS], m);
        assert_false(tern_pb_extension_has(pbtest_extensions[(i * 7) % PBTEST_EXTENSIONS], m));
    }
    check_encoding(TABLE, m, arena, (tern_bytes){ NULL, 0 });
    /* One with the same number that is another: a stranger, and replaced by put. */
    tern_pb_extension other = ext_e_int32;
    *(int32_t *)tern_pb_extension_put(&ext_e_int32, m, arena) = 5;
    assert_null(tern_pb_extension_get(&other, m));
    tern_pb_extension_clear(&other, m);
    assert_int_equal(GET(int32_t, ext_e_int32, m), 5);
    assert_int_equal(*(int32_t *)tern_pb_extension_put(&other, m, arena), 0);
    assert_null(tern_pb_extension_get(&ext_e_int32, m));
    check_encoding(TABLE, m, arena, WIRE("\xc8\x06\x00"));
}

static void test_modes_on_the_wire(void **state)
{
    (void)state;
    /* Out of order, a known field and unknown ones between. 105 is 0xc8 0x06, 205 0xe8 0x0c, 305 0x8a
     * 0x13; 206 is fixed64, 400 0x82 0x19. */
    pbtest_Extended *m = EXTENDED("\x8a\x13\x02\x01\x02\xf8\x3e\x07\xc8\x06\x05\x08\x09"
                                  "\xe8\x0c\x03\x88\x13\x03\xea\x0c\x02\x04\x05\xc8\x06\x06");
    assert_int_equal(m->a, 9);
    assert_int_equal(GET(int32_t, ext_e_int32, m), 6);
    const ext_r_int32_holder *r = tern_pb_extension_get(&ext_r_int32, m);
    const ext_p_int32_holder *p = tern_pb_extension_get(&ext_p_int32, m);
    assert_int_equal(r->value.n, 3);
    assert_int_equal(r->value.p[2], 5);
    assert_int_equal(p->value.n, 3);
    assert_int_equal(p->value.p[2], 3);
    CHECK_UNKNOWN(TABLE, m, "\xf8\x3e\x07");
    check_encoding(TABLE, m, arena,
                   WIRE("\x08\x09\xc8\x06\x06\xe8\x0c\x03\xe8\x0c\x04\xe8\x0c\x05"
                        "\x8a\x13\x03\x01\x02\x03\xf8\x3e\x07"));
    /* Another wire type is unknown. */
    m = EXTENDED("\xca\x06\x01x");
    CHECK_UNKNOWN(TABLE, m, "\xca\x06\x01x");
    assert_false(tern_pb_extension_has(&ext_e_int32, m));
    /* Strings: NUL-terminated, UTF-8; 109 is 0xea 0x06, 209 0x8a 0x0d. */
    m = EXTENDED("\xea\x06\x02hi\x8a\x0d\x01"
                 "a\x8a\x0d\x01"
                 "b\x08\x01");
    assert_string_equal(GET(tern_str, ext_e_string, m).p, "hi");
    const ext_r_string_holder *s = tern_pb_extension_get(&ext_r_string, m);
    assert_string_equal(s->value.p[0].p, "a");
    assert_string_equal(s->value.p[1].p, "b");
    assert_int_equal(m->a, 1);
    refuse_as(TABLE, WIRE("\xea\x06\x01\xff"), arena, KNOWING, TERN_INVALID_ARGUMENT,
              "pbtest.ext_e_string: a string that is not UTF-8");
    (void)decode_new(TABLE, WIRE("\xea\x06\x01\xff"), arena, NULL);
}

static void test_messages_merge(void **state)
{
    (void)state;
    /* 111 is 0xfa 0x06, the group 110 0xf3 0x06, 400 self. */
    pbtest_Extended *m = EXTENDED("\xfa\x06\x02\x08\x01\x08\x05\xfa\x06\x03\x12\x01x"
                                  "\xf3\x06\x08\x02\xf4\x06\xf3\x06\x12\x01y\xf4\x06"
                                  "\x82\x19\x03\xc8\x06\x01\x82\x19\x02\x08\x04");
    assert_int_equal(GET(pbtest_Inner *, ext_e_message, m)->a, 1);
    assert_string_equal(GET(pbtest_Inner *, ext_e_message, m)->b.p, "x");
    assert_int_equal(GET(pbtest_Inner *, ext_e_group, m)->a, 2);
    assert_string_equal(GET(pbtest_Inner *, ext_e_group, m)->b.p, "y");
    const pbtest_Extended *self = GET(pbtest_Extended *, ext_self, m);
    assert_int_equal(self->a, 4);
    assert_int_equal(GET(int32_t, ext_e_int32, self), 1);
    check_encoding(TABLE, m, arena,
                   WIRE("\x08\x05\xf3\x06\x08\x02\x12\x01y\xf4\x06\xfa\x06\x05\x08\x01\x12\x01x"
                        "\x82\x19\x05\x08\x04\xc8\x06\x01"));
    /* A group's end that is not its own, and none. */
    refuse_as(TABLE, WIRE("\xf3\x06\x08\x02\xf4\x07"), arena, KNOWING, TERN_INVALID_ARGUMENT,
              "the end of a group that is not open");
    refuse_as(TABLE, WIRE("\xf3\x06\x08\x02"), arena, KNOWING, TERN_INVALID_ARGUMENT,
              "a group that does not end");
    refuse_as(TABLE, WIRE("\xc8\x06\x02\x0c"), arena, KNOWING, TERN_INVALID_ARGUMENT,
              "the end of a group that is not open");
    refuse_as(TABLE, WIRE("\xc8\x06\x02\x00"), arena, KNOWING, TERN_INVALID_ARGUMENT,
              "pbtest.Extended: field number 0");
    refuse_as(TABLE, WIRE("\xc8\x06"), arena, KNOWING, TERN_INVALID_ARGUMENT,
              "pbtest.ext_e_int32: the value ends beyond");
}

static void test_depth(void **state)
{
    (void)state;
    wire w = { .n = 0 };
    for (size_t n = 1; n <= 100; n++) {
        wrap(&w, 400);
        check_encoding(TABLE, decode_new(TABLE, bytes_of(&w), arena, KNOWING), arena, bytes_of(&w));
    }
    wrap(&w, 400);
    refuse_as(TABLE, bytes_of(&w), arena, KNOWING, TERN_RESOURCE_EXHAUSTED, "nested deeper");
    /* An extension that is no message costs no depth. */
    w.n = 0;
    put_tag(&w, 105, 0);
    put_varint(&w, 1);
    for (size_t n = 0; n < 100; n++)
        wrap(&w, 400);
    check_encoding(TABLE, decode_new(TABLE, bytes_of(&w), arena, KNOWING), arena, bytes_of(&w));
    pbtest_Extended *m = tern_pb_new(TABLE, arena);
    tern_error err;
    tern_bytes out;
    size_t size;
    *(pbtest_Extended **)tern_pb_extension_put(&ext_self, m, arena) = m;
    assert_int_equal(tern_pb_encode(TABLE, m, arena, &out, &err), TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(tern_pb_size(TABLE, m, &size, &err), TERN_RESOURCE_EXHAUSTED);
    assert_null(tern_pb_copy(TABLE, m, arena, &err));
}

static void test_equal(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        { "\xc8\x06\x05", "\xc8\x06\x05", true },
        { "\xc8\x06\x05", "\xc8\x06\x06", false },
        { "\xc8\x06\x05", "", false },
        { "", "\xc8\x06\x05", false },
        { "\xc8\x06\x05\xe8\x0c\x01", "\xe8\x0c\x01\xc8\x06\x05", true },
        { "\xc8\x06\x05\xe8\x0c\x01", "\xe8\x0c\x01\xe8\x0c\x01\xc8\x06\x05", false },
        { "\xe8\x0c\x01\xe8\x0c\x02", "\xea\x0c\x02\x01\x02", true },
        { "\xfa\x06\x02\x08\x01", "\xfa\x06\x02\x08\x01", true },
        { "\xfa\x06\x02\x08\x01", "\xfa\x06\x02\x08\x02", false },
        { "\xc8\x06\x05\xf8\x3e\x01", "\xc8\x06\x05\xf8\x3e\x02", false },
        { "\x08\x01\xc8\x06\x05", "\x08\x02\xc8\x06\x05", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const tern_bytes in[2] = { { (const uint8_t *)rows[i].a, strlen(rows[i].a) },
                                   { (const uint8_t *)rows[i].b, strlen(rows[i].b) } };
        const void *a = decode_new(TABLE, in[0], arena, KNOWING);
        const void *b = decode_new(TABLE, in[1], arena, KNOWING);
        assert_int_equal(tern_pb_equal(TABLE, a, b), rows[i].same);
        assert_int_equal(tern_pb_equal(TABLE, b, a), rows[i].same);
    }
    /* One that is empty is none; a oneof's NULL equals a message of which all was cleared. */
    pbtest_Extended *a = EXTENDED("\x08\x01"), *b = EXTENDED("\x08\x01");
    (void)!tern_pb_extension_put(&ext_r_int32, a, arena);
    (void)!tern_pb_extension_put(&ext_e_int32, b, arena);
    assert_false(tern_pb_equal(TABLE, a, b));
    tern_pb_extension_clear(&ext_e_int32, b);
    assert_true(tern_pb_equal(TABLE, a, b));
    assert_true(tern_pb_equal(TABLE, b, a));
}

static void test_merge(void **state)
{
    (void)state;
    tern_error err;
    pbtest_Extended *a = EXTENDED("\xc8\x06\x05\xe8\x0c\x01\xfa\x06\x02\x08\x01\xf8\x3e\x01");
    const pbtest_Extended *b =
        EXTENDED("\xc0\x06\x01\xc8\x06\x06\xe8\x0c\x02\xfa\x06\x03\x12\x01x");
    assert_int_equal(tern_pb_merge(TABLE, a, b, arena, &err), TERN_OK);
    check_encoding(
        TABLE, a, arena,
        WIRE("\xc0\x06\x01\xc8\x06\x06\xfa\x06\x05\x08\x01\x12\x01x\xe8\x0c\x01\xe8\x0c\x02"
             "\xf8\x3e\x01"));
    /* Into itself. */
    assert_int_equal(tern_pb_merge(TABLE, a, a, arena, &err), TERN_OK);
    check_encoding(
        TABLE, a, arena,
        WIRE("\xc0\x06\x01\xc8\x06\x06\xfa\x06\x05\x08\x01\x12\x01x\xe8\x0c\x01\xe8\x0c\x02"
             "\xe8\x0c\x01\xe8\x0c\x02\xf8\x3e\x01\xf8\x3e\x01"));
}

static void test_promote(void **state)
{
    (void)state;
    tern_error err;
    static const char in[] = "\xf8\x3e\x01\xc8\x06\x05\xe8\x0c\x01\x08\x07\xca\x06\x01x\xe8\x0c\x02"
                             "\xf8\x3e\x02";
    pbtest_Extended *m = decode_new(TABLE, WIRE(in), arena, NULL);
    assert_int_equal(tern_pb_extension_promote(&ext_r_int32, m, arena, NULL, &err), TERN_OK);
    const ext_r_int32_holder *r = tern_pb_extension_get(&ext_r_int32, m);
    assert_int_equal(r->value.n, 2);
    CHECK_UNKNOWN(TABLE, m, "\xf8\x3e\x01\xc8\x06\x05\xca\x06\x01x\xf8\x3e\x02");
    assert_int_equal(tern_pb_extension_promote(&ext_e_int32, m, arena, NULL, &err), TERN_OK);
    assert_int_equal(GET(int32_t, ext_e_int32, m), 5);
    CHECK_UNKNOWN(TABLE, m, "\xf8\x3e\x01\xca\x06\x01x\xf8\x3e\x02");
    assert_int_equal(tern_pb_extension_promote(&ext_e_int32, m, arena, NULL, &err), TERN_OK);
    assert_int_equal(m->a, 7);
    /* What does not decode stays. */
    m = decode_new(TABLE, WIRE("\xea\x06\x01\xff\xf8\x3e\x02"), arena, NULL);
    assert_int_equal(tern_pb_extension_promote(&ext_e_string, m, arena, NULL, &err),
                     TERN_INVALID_ARGUMENT);
    CHECK_UNKNOWN(TABLE, m, "\xea\x06\x01\xff\xf8\x3e\x02");
}

/* Every extension with values of all kinds, from bytes that a seed makes. */
static tern_bytes random_extended(tn_seed *seed, tern_arena *a)
{
    tern_error err;
    tern_bytes out;
    pbtest_Extended *m = tern_pb_new(TABLE, a);
    assert_non_null(m);
    m->a = (int32_t)tn_seed_below(seed, 3);
    for (size_t i = 0; i < PBTEST_EXTENSIONS - 1; i++) {
        const tern_pb_extension *ext = pbtest_extensions[i];
        const tern_pb_field *f = &ext->holder->fields[0];
        if (!one_in(seed, 4))
            continue;
        void *member = tern_pb_extension_put(ext, m, a);
        tern_pb_type type = tn_pb_type_of(f);
        type = type == TERN_PB_GROUP ? TERN_PB_MESSAGE : type;
        if (tn_pb_mode_of(f) == TERN_PB_EXPLICIT)
            random_value(seed, a, type, member);
        else
            random_array(seed, a, type, tn_pb_type_size(type), member);
    }
    assert_int_equal(tern_pb_encode(TABLE, m, a, &out, &err), TERN_OK);
    return out;
}

static void test_random_ones_come_back(void **state)
{
    (void)state;
    tn_seed seed = { 11 };
    for (int round = 0; round < 300; round++) {
        tern_arena_reset(arena);
        const tern_bytes in = random_extended(&seed, arena);
        const void *known = decode_new(TABLE, in, arena, KNOWING);
        check_encoding(TABLE, known, arena, in);
        /* Unknown they are as many bytes, in another order perhaps; promoted they are the same. */
        void *unknown = decode_new(TABLE, in, arena, NULL);
        check_encoding(TABLE, unknown, arena, in);
        for (size_t i = 0; i < PBTEST_EXTENSIONS; i++)
            assert_int_equal(
                tern_pb_extension_promote(pbtest_extensions[i], unknown, arena, NULL, NULL),
                TERN_OK);
        assert_true(tern_pb_equal(TABLE, known, unknown));
        /* Each cut of it decodes or is refused, against the end of memory. */
        for (size_t n = 0; n < in.n; n += 1 + in.n / 40) {
            uint8_t *edge = tn_guard_copy(in.p, n);
            void *part = tern_pb_new(TABLE, arena);
            const tern_code code =
                tern_pb_decode(TABLE, part, (tern_bytes){ edge, n }, arena, KNOWING, NULL);
            assert_true(code == TERN_OK || code == TERN_INVALID_ARGUMENT);
            tn_guard_free(edge, n);
        }
    }
}

static void test_each_gift_refused(void **state)
{
    (void)state;
    const tern_bytes in = WIRE("\xc8\x06\x05\xe8\x0c\x01\xfa\x06\x05\x08\x01\x12\x01x\xea\x06\x02hi"
                               "\xf3\x06\xf4\x06\xf8\x3e\x01\x82\x19\x05\xc8\x06\x01\x08\x01");
    const void *source = decode_new(TABLE, in, arena, KNOWING);
    bool decoded = false, copied = false;
    for (size_t left = 0; !decoded || !copied; left += 8) {
        assert_true(left <= 4000);
        tn_failing_env f;
        tern_arena *poor = poor_arena(&f, left);
        pbtest_Extended m = { 0 };
        tern_error err;
        const tern_code code = tern_pb_decode(TABLE, &m, in, poor, KNOWING, &err);
        assert_true(code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED);
        decoded = code == TERN_OK;
        if (decoded)
            assert_true(tern_pb_equal(TABLE, &m, source));
        size_t size;
        assert_int_equal(tern_pb_size(TABLE, &m, &size, &err), TERN_OK);
        tern_arena_free(poor);
        poor = poor_arena(&f, left);
        const void *copy = tern_pb_copy(TABLE, source, poor, &err);
        assert_true(copy || err.code == TERN_RESOURCE_EXHAUSTED);
        copied = copy != NULL;
        if (copied)
            assert_true(tern_pb_equal(TABLE, copy, source));
        tern_arena_free(poor);
        poor = poor_arena(&f, left);
        pbtest_Extended p = { 0 };
        if (tern_pb_extension_put(&ext_e_message, &p, poor))
            assert_true(tern_pb_extension_has(&ext_e_message, &p));
        else
            assert_false(tern_pb_extension_has(&ext_e_message, &p));
        tern_arena_free(poor);
    }
    /* The budget of a decode counts holders too. */
    pbtest_Extended m = { 0 };
    tern_error err;
    assert_int_equal(tern_pb_decode(TABLE, &m, in, arena,
                                    TERN_PB_DECODE_OPTS(.registry = reg, .memory_bytes = 64), &err),
                     TERN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.text, "memory_bytes = 64"));
}

/* Linear: as many alternations as the conformance suite has. */
static void test_many_by_turns(void **state)
{
    (void)state;
    tern_arena_reset(arena);
    const size_t n = 50000, each = 3 + 3 + 4;
    uint8_t *p = tern_arena_alloc(arena, n * each);
    for (size_t i = 0; i < n; i++)
        memcpy(p + i * each, "\xc8\x06\x05\xf8\x3e\x01\xe8\x0c\x81\x00", each);
    pbtest_Extended *m = decode_new(TABLE, (tern_bytes){ p, n * each }, arena, KNOWING);
    const ext_r_int32_holder *r = tern_pb_extension_get(&ext_r_int32, m);
    assert_int_equal(r->value.n, n);
    assert_int_equal(unknown_of(TABLE, m, arena).n, 3 * n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_and_put),
        cmocka_unit_test(test_modes_on_the_wire),
        cmocka_unit_test(test_messages_merge),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_promote),
        cmocka_unit_test(test_random_ones_come_back),
        cmocka_unit_test(test_each_gift_refused),
        cmocka_unit_test(test_many_by_turns),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
