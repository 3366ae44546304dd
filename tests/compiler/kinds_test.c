/* SPDX-License-Identifier: Apache-2.0 */
/* Generated code at work: every kind of field there and back, and what the typed functions promise. */
#include "kinds.tern.h"

#include "base/env.h"
#include "support/test.h"
#include <float.h>

static tern_arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    tern_arena_free(arena);
    return 0;
}

#define STR_IS(s, literal) assert_true(tern_str_equal(s, TERN_STR(literal)))

static tern_bytes bytes_of(const char *p)
{
    return (tern_bytes){ (const uint8_t *)p, strlen(p) };
}

static bool bytes_are(tern_bytes b, const char *p)
{
    return b.n == strlen(p) && memcmp(b.p, p, b.n) == 0;
}

static const test_kinds_Plain plain = {
    .d = -1.5,
    .f = 0.25f,
    .i32 = INT32_MIN,
    .i64 = INT64_MIN,
    .u32 = UINT32_MAX,
    .u64 = UINT64_MAX,
    .s32 = INT32_MIN,
    .s64 = INT64_MIN,
    .f32 = UINT32_MAX,
    .f64 = UINT64_MAX,
    .sf32 = -2,
    .sf64 = -3,
    .b = true,
    .s = TERN_STR_INIT("gr\303\274n"),
    .y = { (const uint8_t *)"\0\377", 2 },
    .mood = test_kinds_MOOD_BAD,
};

static void check_plain(const test_kinds_Plain *p)
{
    assert_true(p->d == -1.5 && p->f == 0.25f);
    assert_true(p->i32 == INT32_MIN && p->i64 == INT64_MIN);
    assert_true(p->u32 == UINT32_MAX && p->u64 == UINT64_MAX);
    assert_true(p->s32 == INT32_MIN && p->s64 == INT64_MIN);
    assert_true(p->f32 == UINT32_MAX && p->f64 == UINT64_MAX);
    assert_true(p->sf32 == -2 && p->sf64 == -3 && p->b);
    STR_IS(p->s, "gr\303\274n");
    assert_true(p->y.n == 2 && p->y.p[0] == 0 && p->y.p[1] == 255);
    assert_int_equal(p->mood, -1);
}

static void plain_there_and_back(void **state)
{
    (void)state;
    tern_error err;
    const tern_bytes wire = test_kinds_Plain_encode(&plain, arena, &err);
    assert_non_null(wire.p);
    const test_kinds_Plain *p = test_kinds_Plain_decode(wire, arena, &err);
    assert_non_null(p);
    check_plain(p);
    assert_string_equal(tern_str_cstr(p->s), "gr\303\274n");
}

static void nothing_is_no_bytes_and_not_null(void **state)
{
    (void)state;
    tern_error err;
    const tern_bytes wire = test_kinds_Nothing_encode(&(test_kinds_Nothing){ 0 }, arena, &err);
    assert_non_null(wire.p);
    assert_int_equal(wire.n, 0);
    assert_non_null(test_kinds_Nothing_decode(wire, arena, &err));
    assert_int_equal(err.code, TERN_OK);
}

static void a_zeroed_optional_has_nothing(void **state)
{
    (void)state;
    const test_kinds_Optional *o = test_kinds_Optional_new(arena);
    assert_non_null(o);
    assert_false(test_kinds_Optional_has_d(o) || test_kinds_Optional_has_f(o) ||
                 test_kinds_Optional_has_i32(o) || test_kinds_Optional_has_u64(o) ||
                 test_kinds_Optional_has_b(o) || test_kinds_Optional_has_s(o) ||
                 test_kinds_Optional_has_y(o) || test_kinds_Optional_has_mood(o));
    tern_error err;
    assert_int_equal(test_kinds_Optional_encode(o, arena, &err).n, 0);
}

/* Sets each to zero, which is present all the same. */
static void set_all(test_kinds_Optional *o)
{
    test_kinds_Optional_set_d(o, 0);
    test_kinds_Optional_set_f(o, 0);
    test_kinds_Optional_set_i32(o, 0);
    test_kinds_Optional_set_i64(o, 0);
    test_kinds_Optional_set_u32(o, 0);
    test_kinds_Optional_set_u64(o, 0);
    test_kinds_Optional_set_s32(o, 0);
    test_kinds_Optional_set_s64(o, 0);
    test_kinds_Optional_set_f32(o, 0);
    test_kinds_Optional_set_f64(o, 0);
    test_kinds_Optional_set_sf32(o, 0);
    test_kinds_Optional_set_sf64(o, 0);
    test_kinds_Optional_set_b(o, false);
    test_kinds_Optional_set_s(o, (tern_str){ NULL, 0 });
    test_kinds_Optional_set_y(o, (tern_bytes){ NULL, 0 });
    test_kinds_Optional_set_mood(o, test_kinds_MOOD_UNKNOWN);
}

static int count_present(const test_kinds_Optional *o)
{
    return test_kinds_Optional_has_d(o) + test_kinds_Optional_has_f(o) +
           test_kinds_Optional_has_i32(o) + test_kinds_Optional_has_i64(o) +
           test_kinds_Optional_has_u32(o) + test_kinds_Optional_has_u64(o) +
           test_kinds_Optional_has_s32(o) + test_kinds_Optional_has_s64(o) +
           test_kinds_Optional_has_f32(o) + test_kinds_Optional_has_f64(o) +
           test_kinds_Optional_has_sf32(o) + test_kinds_Optional_has_sf64(o) +
           test_kinds_Optional_has_b(o) + test_kinds_Optional_has_s(o) +
           test_kinds_Optional_has_y(o) + test_kinds_Optional_has_mood(o);
}

static void zeros_that_are_set_arrive(void **state)
{
    (void)state;
    tern_error err;
    test_kinds_Optional *o = test_kinds_Optional_new(arena);
    set_all(o);
    o->plain = test_kinds_Plain_new(arena);
    assert_int_equal(count_present(o), 16);
    const tern_bytes wire = test_kinds_Optional_encode(o, arena, &err);
    assert_non_null(wire.p);
    test_kinds_Optional *back = test_kinds_Optional_decode(wire, arena, &err);
    assert_int_equal(count_present(back), 16);
    assert_non_null(back->plain);
    assert_true(back->d == 0 && back->i64 == 0 && !back->b && back->s.n == 0);
}

static void cleared_is_absent(void **state)
{
    (void)state;
    test_kinds_Optional *o = test_kinds_Optional_new(arena);
    set_all(o);
    o->i32 = 7;
    test_kinds_Optional_clear_i32(o);
    assert_int_equal(o->i32, 0);
    test_kinds_Optional_clear_d(o);
    test_kinds_Optional_clear_s(o);
    test_kinds_Optional_clear_y(o);
    test_kinds_Optional_clear_b(o);
    assert_int_equal(count_present(o), 11);
    assert_true(test_kinds_Optional_has_i64(o) && test_kinds_Optional_has_mood(o));
}

static void a_value_stored_directly_is_present(void **state)
{
    (void)state;
    tern_error err;
    const test_kinds_Optional o = { .i32 = 5, .d = -0.0, .s = TERN_STR("") };
    assert_true(test_kinds_Optional_has_i32(&o));
    assert_true(test_kinds_Optional_has_d(&o)); /* minus zero is not zero */
    assert_true(test_kinds_Optional_has_s(&o));
    const tern_bytes wire = test_kinds_Optional_encode(&o, arena, &err);
    assert_int_equal(count_present(test_kinds_Optional_decode(wire, arena, &err)), 3);
}

static test_kinds_Many *fill_many(void)
{
    test_kinds_Many *m = test_kinds_Many_new(arena);
    for (int i = -40; i < 40; i++) {
        assert_true(test_kinds_Many_add_d(m, arena, i / 4.0));
        assert_true(test_kinds_Many_add_f(m, arena, (float)i));
        assert_true(test_kinds_Many_add_i32(m, arena, i * 1000));
        assert_true(test_kinds_Many_add_i64(m, arena, (int64_t)i * (INT64_MAX / 50)));
        assert_true(test_kinds_Many_add_u32(m, arena, (uint32_t)i));
        assert_true(test_kinds_Many_add_u64(m, arena, (uint64_t)i));
        assert_true(test_kinds_Many_add_s32(m, arena, i));
        assert_true(test_kinds_Many_add_s64(m, arena, i));
        assert_true(test_kinds_Many_add_f32(m, arena, (uint32_t)i));
        assert_true(test_kinds_Many_add_f64(m, arena, (uint64_t)i));
        assert_true(test_kinds_Many_add_sf32(m, arena, i));
        assert_true(test_kinds_Many_add_sf64(m, arena, i));
        assert_true(test_kinds_Many_add_b(m, arena, i % 3 == 0));
        assert_true(test_kinds_Many_add_s(m, arena, tern_arena_printf(arena, "%d", i)));
        assert_true(test_kinds_Many_add_y(m, arena, bytes_of("\x01")));
        assert_true(test_kinds_Many_add_mood(m, arena, i));
        test_kinds_Plain *p = test_kinds_Many_add_plain(m, arena);
        assert_non_null(p);
        p->i32 = i;
        assert_true(test_kinds_Many_add_loose(m, arena, i));
    }
    return m;
}

static void many_there_and_back(void **state)
{
    (void)state;
    tern_error err;
    const tern_bytes wire = test_kinds_Many_encode(fill_many(), arena, &err);
    assert_non_null(wire.p);
    const test_kinds_Many *m = test_kinds_Many_decode(wire, arena, &err);
    assert_non_null(m);
    assert_true(m->d.n == 80 && m->f.n == 80 && m->b.n == 80 && m->plain.n == 80);
    for (size_t k = 0; k < 80; k++) {
        const int i = (int)k - 40;
        assert_true(m->d.p[k] == i / 4.0 && m->f.p[k] == (float)i);
        assert_true(m->i32.p[k] == i * 1000 && m->i64.p[k] == (int64_t)i * (INT64_MAX / 50));
        assert_true(m->u32.p[k] == (uint32_t)i && m->u64.p[k] == (uint64_t)i);
        assert_true(m->s32.p[k] == i && m->s64.p[k] == i);
        assert_true(m->f32.p[k] == (uint32_t)i && m->f64.p[k] == (uint64_t)i);
        assert_true(m->sf32.p[k] == i && m->sf64.p[k] == i);
        assert_true(m->b.p[k] == (i % 3 == 0) && m->mood.p[k] == i && m->loose.p[k] == i);
        assert_true(tern_str_equal(m->s.p[k], tern_arena_printf(arena, "%d", i)));
        assert_true(bytes_are(m->y.p[k], "\x01"));
        assert_int_equal(m->plain.p[k]->i32, i);
    }
}

static void literals_of_repeated_fields_work(void **state)
{
    (void)state;
    tern_error err;
    test_kinds_Plain a = { .i32 = 1 }, b = { .i32 = 2 };
    test_kinds_Many m = {
        .i32 = { (int32_t[]){ 7, 8, 9 }, 3, 0 },
        .plain = { (test_kinds_Plain *[]){ &a, &b }, 2, 0 },
    };
    assert_true(test_kinds_Many_add_i32(&m, arena, 10));
    const test_kinds_Many *back =
        test_kinds_Many_decode(test_kinds_Many_encode(&m, arena, &err), arena, &err);
    assert_int_equal(back->i32.n, 4);
    assert_int_equal(back->i32.p[0], 7);
    assert_int_equal(back->i32.p[3], 10);
    assert_int_equal(back->plain.p[1]->i32, 2);
}

static void maps_put_get_delete(void **state)
{
    (void)state;
    test_kinds_Maps *m = test_kinds_Maps_new(arena);
    for (int i = 0; i < 100; i++)
        assert_true(test_kinds_Maps_put_by_name(m, arena, tern_arena_printf(arena, "k%d", i), i));
    assert_true(test_kinds_Maps_put_by_name(m, arena, TERN_STR("k7"), 700));
    assert_int_equal(m->by_name.n, 100);
    assert_int_equal(*test_kinds_Maps_get_by_name(m, TERN_STR("k7")), 700);
    assert_null(test_kinds_Maps_get_by_name(m, TERN_STR("k100")));
    assert_true(test_kinds_Maps_delete_by_name(m, TERN_STR("k7")));
    assert_false(test_kinds_Maps_delete_by_name(m, TERN_STR("k7")));
    assert_null(test_kinds_Maps_get_by_name(m, TERN_STR("k7")));
    assert_int_equal(*test_kinds_Maps_get_by_name(m, TERN_STR("k99")), 99);
    assert_null(test_kinds_Maps_get_by_row(m, 1));
}

static void fill_maps(test_kinds_Maps *m, google_protobuf_Timestamp *at)
{
    test_kinds_Plain *value = test_kinds_Plain_new(arena);
    assert_non_null(value);
    *value = plain;
    assert_true(test_kinds_Maps_put_by_name(m, arena, TERN_STR(""), -1));
    assert_true(test_kinds_Maps_put_by_row(m, arena, -5, value));
    assert_true(test_kinds_Maps_put_by_row(m, arena, 6, test_kinds_Plain_new(arena)));
    assert_true(test_kinds_Maps_put_by_flag(m, arena, true, TERN_STR("yes")));
    assert_true(test_kinds_Maps_put_by_flag(m, arena, false, TERN_STR("")));
    assert_true(test_kinds_Maps_put_by_id(m, arena, UINT64_MAX, bytes_of("\xff")));
    assert_true(test_kinds_Maps_put_by_zigzag(m, arena, INT32_MIN, test_kinds_MOOD_GOOD));
    assert_true(test_kinds_Maps_put_by_fixed(m, arena, 1, DBL_MAX));
    assert_true(test_kinds_Maps_put_by_time(m, arena, TERN_STR("now"), at));
}

static void maps_there_and_back(void **state)
{
    (void)state;
    tern_error err;
    test_kinds_Maps *m = test_kinds_Maps_new(arena);
    google_protobuf_Timestamp at = { .seconds = -5, .nanos = 7 };
    fill_maps(m, &at);
    const test_kinds_Maps *back =
        test_kinds_Maps_decode(test_kinds_Maps_encode(m, arena, &err), arena, &err);
    assert_non_null(back);
    assert_int_equal(*test_kinds_Maps_get_by_name(back, TERN_STR("")), -1);
    check_plain(test_kinds_Maps_get_by_row(back, -5));
    assert_non_null(test_kinds_Maps_get_by_row(back, 6));
    STR_IS(*test_kinds_Maps_get_by_flag(back, true), "yes");
    assert_int_equal(test_kinds_Maps_get_by_flag(back, false)->n, 0);
    assert_true(bytes_are(*test_kinds_Maps_get_by_id(back, UINT64_MAX), "\xff"));
    assert_int_equal(*test_kinds_Maps_get_by_zigzag(back, INT32_MIN), 1);
    assert_true(*test_kinds_Maps_get_by_fixed(back, 1) == DBL_MAX);
    assert_int_equal(test_kinds_Maps_get_by_time(back, TERN_STR("now"))->nanos, 7);
}

static void a_oneof_holds_one(void **state)
{
    (void)state;
    test_kinds_Choice c = { 0 };
    assert_int_equal(c.what.which, 0);
    assert_false(test_kinds_Choice_has_word(&c));
    test_kinds_Choice_set_word(&c, TERN_STR("w"));
    assert_true(test_kinds_Choice_has_word(&c));
    test_kinds_Choice_set_ratio(&c, 0);
    assert_false(test_kinds_Choice_has_word(&c));
    assert_int_equal(c.what.which, test_kinds_Choice_what_ratio);
    test_kinds_Choice_clear_word(&c);
    assert_true(test_kinds_Choice_has_ratio(&c));
    test_kinds_Choice_clear_ratio(&c);
    assert_int_equal(c.what.which, 0);
}

static test_kinds_Choice *through_wire(const test_kinds_Choice *c)
{
    tern_error err;
    const tern_bytes wire = test_kinds_Choice_encode(c, arena, &err);
    assert_non_null(wire.p);
    test_kinds_Choice *back = test_kinds_Choice_decode(wire, arena, &err);
    assert_non_null(back);
    assert_int_equal(back->what.which, c->what.which);
    assert_true(back->before == c->before && back->after == c->after);
    return back;
}

static void each_member_there_and_back(void **state)
{
    (void)state;
    test_kinds_Plain p = plain;
    test_kinds_Choice c = { .before = 1, .after = -1 };
    (void)through_wire(&c);
    test_kinds_Choice_set_word(&c, TERN_STR(""));
    assert_int_equal(through_wire(&c)->what.word.n, 0);
    test_kinds_Choice_set_number(&c, 0);
    assert_int_equal(through_wire(&c)->what.number, 0);
    test_kinds_Choice_set_plain(&c, &p);
    check_plain(through_wire(&c)->what.plain);
    test_kinds_Choice_set_ratio(&c, 0.5);
    assert_true(through_wire(&c)->what.ratio == 0.5);
    test_kinds_Choice_set_yes(&c, true);
    assert_true(through_wire(&c)->what.yes);
    test_kinds_Choice_set_mood(&c, test_kinds_MOOD_LOWEST);
    assert_int_equal(through_wire(&c)->what.mood, INT32_MIN);
    test_kinds_Choice_set_raw(&c, bytes_of("raw"));
    assert_true(bytes_are(through_wire(&c)->what.raw, "raw"));
    test_kinds_Choice_set_level(&c, 9);
    assert_int_equal(through_wire(&c)->small.level, 9);
}

static void nested_imported_and_far_away(void **state)
{
    (void)state;
    tern_error err;
    test_kinds_Outer_Inner_Core core = { .depth = 3 };
    test_kinds_Outer_Inner inner = { .core = &core, .state = test_kinds_Outer_Inner_BUSY };
    google_protobuf_StringValue label = { .value = TERN_STR("L") };
    test_common_Shared shared = { .text = TERN_STR("T") };
    test_kinds_Outer back_in = { .two = 2 };
    core.back = &back_in;
    const test_kinds_Outer o = {
        .inner = &inner,
        .cores = { (test_kinds_Outer_Inner_Core *[]){ &core, &core }, 2, 0 },
        .label = &label,
        .shared = &shared,
        .two = 100,
        .three = 1000,
        .four = 10000,
        .five = 100000,
    };
    const test_kinds_Outer *b =
        test_kinds_Outer_decode(test_kinds_Outer_encode(&o, arena, &err), arena, &err);
    assert_non_null(b);
    assert_int_equal(b->inner->state, 1);
    assert_int_equal(b->cores.p[1]->back->two, 2);
    STR_IS(b->label->value, "L");
    STR_IS(b->shared->text, "T");
    assert_null(b->at);
    assert_true(b->two == 100 && b->three == 1000 && b->four == 10000 && b->five == 100000);
}

static void unknown_fields_pass_through(void **state)
{
    (void)state;
    tern_error err;
    const tern_bytes wire = test_kinds_Plain_encode(&plain, arena, &err);
    const test_kinds_Nothing *nothing = test_kinds_Nothing_decode(wire, arena, &err);
    assert_non_null(nothing);
    const tern_bytes again = test_kinds_Nothing_encode(nothing, arena, &err);
    assert_int_equal(again.n, wire.n);
    assert_memory_equal(again.p, wire.p, wire.n);
}

static void typed_functions_do_what_the_untyped_do(void **state)
{
    (void)state;
    tern_error err;
    test_kinds_Outer m = { .two = 2 }, other = { .three = 3 };
    m.inner = test_kinds_Outer_Inner_new(arena);
    assert_true(test_kinds_Outer_has_inner(&m) && !test_kinds_Outer_has_inner(&other));
    size_t size = 0;
    assert_int_equal(test_kinds_Outer_size(&m, &size, &err), TERN_OK);
    assert_int_equal(size, test_kinds_Outer_encode(&m, arena, &err).n);
    test_kinds_Outer *copy = test_kinds_Outer_copy(&m, arena, &err);
    assert_non_null(copy);
    assert_true(test_kinds_Outer_equal(copy, &m) && !test_kinds_Outer_equal(copy, &other));
    assert_int_equal(test_kinds_Outer_merge(copy, &other, arena, &err), TERN_OK);
    assert_true(copy->two == 2 && copy->three == 3);
    test_kinds_Outer_clear(copy);
    assert_true(test_kinds_Outer_equal(copy, &(test_kinds_Outer){ 0 }));
}

static void decode_says_what_is_wrong(void **state)
{
    (void)state;
    tern_error err;
    const uint8_t cut[] = { 0x72, 5, 'a' };        /* field 14, 5 bytes, 1 there */
    const uint8_t bad[] = { 0x72, 2, 0xc3, 0x28 }; /* field 14, no UTF-8 */
    assert_null(test_kinds_Plain_decode((tern_bytes){ cut, sizeof(cut) }, arena, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_null(test_kinds_Plain_decode((tern_bytes){ bad, sizeof(bad) }, arena, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "test.kinds.Plain"));
    assert_null(
        test_kinds_Plain_encode(&(test_kinds_Plain){ .s = TERN_STR("\xff") }, arena, &err).p);
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_arena *poor = tern_arena_new(&f.env);
    assert_non_null(poor);
    f.fail_at = f.count + 1;
    f.fail_onward = true;
    while (tern_arena_alloc(poor, 64))
        ;
    while (tern_arena_alloc(poor, 1))
        ;
    tern_error err = { .code = TERN_OK };
    test_kinds_Many m = { 0 };
    test_kinds_Maps maps = { 0 };
    assert_null(test_kinds_Plain_new(poor));
    assert_null(test_kinds_Plain_decode((tern_bytes){ NULL, 0 }, poor, &err));
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    assert_null(test_kinds_Plain_encode(&plain, poor, &err).p);
    assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
    assert_false(test_kinds_Many_add_i32(&m, poor, 1));
    assert_null(test_kinds_Many_add_plain(&m, poor));
    assert_false(test_kinds_Maps_put_by_row(&maps, poor, 1, NULL));
    assert_true(m.i32.n == 0 && m.plain.n == 0 && maps.by_row.n == 0);
    tern_arena_free(poor);
    assert_int_equal(f.live_blocks, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_there_and_back),
        TEST(nothing_is_no_bytes_and_not_null),
        TEST(a_zeroed_optional_has_nothing),
        TEST(zeros_that_are_set_arrive),
        TEST(cleared_is_absent),
        TEST(a_value_stored_directly_is_present),
        TEST(many_there_and_back),
        TEST(literals_of_repeated_fields_work),
        TEST(maps_put_get_delete),
        TEST(maps_there_and_back),
        TEST(a_oneof_holds_one),
        TEST(each_member_there_and_back),
        TEST(nested_imported_and_far_away),
        TEST(unknown_fields_pass_through),
        TEST(typed_functions_do_what_the_untyped_do),
        TEST(decode_says_what_is_wrong),
        TEST(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
