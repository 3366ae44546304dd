/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_time_test.c: Timestamp and Duration at the edges of their ranges, and between them.
 */
#include "base/env.h"
#include "support/seed.h"
#include "support/test.h"
#include "tern/wkt.h"

#define T_MIN TERN_TIMESTAMP_SECONDS_MIN
#define T_MAX TERN_TIMESTAMP_SECONDS_MAX
#define D_MAX TERN_DURATION_SECONDS_MAX
#define LAST  999999999
#define WHOLE 1000000000

/* Parts, and what the check says: NULL for fine, else words of the error. */
typedef struct part_case {
    int64_t seconds;
    int32_t nanos;
    const char *words;
} part_case;

static const part_case timestamps[] = {
    { 0, 0, NULL },
    { 0, LAST, NULL },
    { -1, LAST, NULL },
    { T_MIN, 0, NULL },
    { T_MIN, LAST, NULL },
    { T_MAX, 0, NULL },
    { T_MAX, LAST, NULL },
    { T_MIN - 1, LAST, "seconds: -62135596801 is outside the years 1 to 9999" },
    { T_MAX + 1, 0, "seconds: 253402300800 is outside" },
    { INT64_MIN, 0, "seconds: -9223372036854775808" },
    { INT64_MAX, 0, "seconds: 9223372036854775807" },
    { 0, -1, "nanos: -1 is outside 0 to 999999999" },
    { 0, WHOLE, "nanos: 1000000000 is outside" },
    { -5, -1, "nanos: -1" },
    { 0, INT32_MIN, "nanos: -2147483648" },
    { 0, INT32_MAX, "nanos: 2147483647" },
};

static const part_case durations[] = {
    { 0, 0, NULL },
    { 0, LAST, NULL },
    { 0, -LAST, NULL },
    { 1, 1, NULL },
    { -1, -1, NULL },
    { 1, 0, NULL },
    { -1, 0, NULL },
    { D_MAX, LAST, NULL },
    { -D_MAX, -LAST, NULL },
    { D_MAX + 1, 0, "seconds: 315576000001 is outside -315576000000 to" },
    { -D_MAX - 1, 0, "seconds: -315576000001 is outside" },
    { INT64_MIN, 0, "seconds: -9223372036854775808" },
    { INT64_MAX, 0, "seconds: 9223372036854775807" },
    { 0, WHOLE, "nanos: 1000000000 is outside -999999999 to 999999999" },
    { 0, -WHOLE, "nanos: -1000000000" },
    { 0, INT32_MIN, "nanos: -2147483648" },
    { 1, -1, "seconds 1 and nanos -1 have opposite signs" },
    { -1, 1, "seconds -1 and nanos 1 have opposite signs" },
};

static void check_error(tern_code code, const tern_error *err, const char *words)
{
    assert_int_equal(code, words ? TERN_INVALID_ARGUMENT : TERN_OK);
    assert_int_equal(err->code, code);
    if (words)
        assert_non_null(strstr(err->text, words));
    else
        assert_string_equal(err->text, "");
}

static void test_the_check_of_a_timestamp(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(timestamps) / sizeof(timestamps[0]); i++) {
        const part_case *c = &timestamps[i];
        const google_protobuf_Timestamp t = { .seconds = c->seconds, .nanos = c->nanos };
        tern_error err = { .code = TERN_INTERNAL };
        check_error(tern_timestamp_check(&t, &err), &err, c->words);
        /* What the check refuses is never converted. */
        int64_t nanos = 7;
        struct timespec spec = { .tv_sec = 7, .tv_nsec = 7 };
        assert_int_equal(tern_timestamp_to_timespec(&t, &spec), !c->words);
        assert_true(c->words ? spec.tv_sec == 7 && spec.tv_nsec == 7
                             : spec.tv_sec == c->seconds && spec.tv_nsec == c->nanos);
        if (c->words)
            assert_false(tern_timestamp_to_nanos(&t, &nanos));
        assert_true(!c->words || nanos == 7);
    }
    tern_error err;
    check_error(tern_timestamp_check(NULL, &err), &err, "Timestamp: absent");
    assert_int_equal(tern_timestamp_check(NULL, NULL), TERN_INVALID_ARGUMENT);
}

static void test_the_check_of_a_duration(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        const part_case *c = &durations[i];
        const google_protobuf_Duration d = { .seconds = c->seconds, .nanos = c->nanos };
        tern_error err = { .code = TERN_INTERNAL };
        check_error(tern_duration_check(&d, &err), &err, c->words);
        int64_t nanos = 7;
        struct timespec spec = { .tv_sec = 7, .tv_nsec = 7 };
        assert_int_equal(tern_duration_to_timespec(&d, &spec), !c->words);
        if (c->words)
            assert_false(tern_duration_to_nanos(&d, &nanos));
        assert_true(!c->words || (nanos == 7 && spec.tv_sec == 7 && spec.tv_nsec == 7));
        /* And back to the very same parts. */
        google_protobuf_Duration back;
        if (!c->words) {
            assert_in_range(spec.tv_nsec, 0, LAST);
            assert_true(tern_duration_of_timespec(spec, &back));
            assert_true(back.seconds == d.seconds && back.nanos == d.nanos && !back.unknown_);
        }
    }
    tern_error err;
    check_error(tern_duration_check(NULL, &err), &err, "Duration: absent");
}

static void test_absent_times_convert_to_nothing(void **state)
{
    (void)state;
    int64_t nanos = 7;
    struct timespec spec;
    assert_false(tern_timestamp_to_nanos(NULL, &nanos));
    assert_false(tern_timestamp_to_timespec(NULL, &spec));
    assert_false(tern_duration_to_nanos(NULL, &nanos));
    assert_false(tern_duration_to_timespec(NULL, &spec));
    assert_int_equal(nanos, 7);
}

/* Nanoseconds and the parts that they are, as Timestamp and as Duration. */
static void test_nanoseconds(void **state)
{
    (void)state;
    static const struct {
        int64_t nanos, t_seconds;
        int32_t t_nanos;
        int64_t d_seconds;
        int32_t d_nanos;
    } cases[] = {
        { 0, 0, 0, 0, 0 },
        { 1, 0, 1, 0, 1 },
        { -1, -1, LAST, 0, -1 },
        { LAST, 0, LAST, 0, LAST },
        { -LAST, -1, 1, 0, -LAST },
        { WHOLE, 1, 0, 1, 0 },
        { -WHOLE, -1, 0, -1, 0 },
        { INT64_C(1500000000), 1, 500000000, 1, 500000000 },
        { INT64_C(-1500000000), -2, 500000000, -1, -500000000 },
        { INT64_C(-1000000001), -2, LAST, -1, -1 },
        { INT64_MAX, INT64_C(9223372036), 854775807, INT64_C(9223372036), 854775807 },
        { INT64_MIN, INT64_C(-9223372037), 145224192, INT64_C(-9223372036), -854775808 },
        { INT64_MIN + 1, INT64_C(-9223372037), 145224193, INT64_C(-9223372036), -854775807 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const google_protobuf_Timestamp t = tern_timestamp_of_nanos(cases[i].nanos);
        const google_protobuf_Duration d = tern_duration_of_nanos(cases[i].nanos);
        assert_true(t.seconds == cases[i].t_seconds && t.nanos == cases[i].t_nanos);
        assert_true(d.seconds == cases[i].d_seconds && d.nanos == cases[i].d_nanos);
        int64_t back = 0;
        assert_true(tern_timestamp_to_nanos(&t, &back) && back == cases[i].nanos);
        assert_true(tern_duration_to_nanos(&d, &back) && back == cases[i].nanos);
    }
}

/* One nanosecond beyond int64_t, and as far as it goes. */
static void test_times_that_nanoseconds_do_not_reach(void **state)
{
    (void)state;
    static const part_case t[] = { { INT64_C(9223372036), 854775808, NULL },
                                   { INT64_C(9223372037), 0, NULL },
                                   { INT64_C(-9223372037), 145224191, NULL },
                                   { INT64_C(-9223372038), LAST, NULL },
                                   { T_MIN, 0, NULL },
                                   { T_MAX, LAST, NULL } };
    static const part_case d[] = { { INT64_C(9223372036), 854775808, NULL },
                                   { INT64_C(9223372037), 0, NULL },
                                   { INT64_C(-9223372036), -854775809, NULL },
                                   { INT64_C(-9223372037), 0, NULL },
                                   { D_MAX, LAST, NULL },
                                   { -D_MAX, -LAST, NULL } };
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        const google_protobuf_Timestamp a = { .seconds = t[i].seconds, .nanos = t[i].nanos };
        const google_protobuf_Duration b = { .seconds = d[i].seconds, .nanos = d[i].nanos };
        int64_t nanos = 7;
        assert_int_equal(tern_timestamp_check(&a, NULL), TERN_OK);
        assert_int_equal(tern_duration_check(&b, NULL), TERN_OK);
        assert_false(tern_timestamp_to_nanos(&a, &nanos));
        assert_false(tern_duration_to_nanos(&b, &nanos));
        assert_int_equal(nanos, 7);
    }
}

/* tv_nsec of any sign and size; the numbers are those of a 64-bit long where it has one. */
static void test_timespecs_are_carried(void **state)
{
    (void)state;
    static const struct {
        int64_t sec, nsec;
        bool t_fits, d_fits;
        int64_t t_seconds;
        int32_t t_nanos;
        int64_t d_seconds;
        int32_t d_nanos;
    } cases[] = {
        { 0, 0, true, true, 0, 0, 0, 0 },
        { -2, 500000000, true, true, -2, 500000000, -1, -500000000 },
        { 1, 1500000000, true, true, 2, 500000000, 2, 500000000 },
        { 1, -1, true, true, 0, LAST, 0, LAST },
        { 0, -1, true, true, -1, LAST, 0, -1 },
        { -1, 2000000001, true, true, 1, 1, 1, 1 },
        { -1, -2000000001, true, true, -4, LAST, -3, -1 },
        { T_MAX, LAST, true, true, T_MAX, LAST, T_MAX, LAST },
        { T_MAX, WHOLE, false, true, 0, 0, T_MAX + 1, 0 },
        { T_MAX + 1, -1, true, true, T_MAX, LAST, T_MAX, LAST },
        { T_MIN, -1, false, true, 0, 0, T_MIN, -1 },
        { T_MIN - 1, WHOLE, true, true, T_MIN, 0, T_MIN, 0 },
        { D_MAX, LAST, false, true, 0, 0, D_MAX, LAST },
        { D_MAX, WHOLE, false, false, 0, 0, 0, 0 },
        { -D_MAX - 1, 1, false, true, 0, 0, -D_MAX, -LAST },
        { -D_MAX, -LAST, false, true, 0, 0, -D_MAX, -LAST },
        { -D_MAX - 1, 0, false, false, 0, 0, 0, 0 },
        { INT64_MAX, WHOLE, false, false, 0, 0, 0, 0 },
        { INT64_MIN, -1, false, false, 0, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct timespec spec = { .tv_sec = (time_t)cases[i].sec,
                                       .tv_nsec = (long)cases[i].nsec };
        if (spec.tv_sec != cases[i].sec || spec.tv_nsec != cases[i].nsec)
            continue;
        google_protobuf_Timestamp t = { .seconds = 7, .nanos = 7 };
        google_protobuf_Duration d = { .seconds = 7, .nanos = 7 };
        assert_int_equal(tern_timestamp_of_timespec(spec, &t), cases[i].t_fits);
        assert_int_equal(tern_duration_of_timespec(spec, &d), cases[i].d_fits);
        assert_int_equal(t.seconds, cases[i].t_fits ? cases[i].t_seconds : 7);
        assert_int_equal(t.nanos, cases[i].t_fits ? cases[i].t_nanos : 7);
        assert_int_equal(d.seconds, cases[i].d_fits ? cases[i].d_seconds : 7);
        assert_int_equal(d.nanos, cases[i].d_fits ? cases[i].d_nanos : 7);
    }
}

static void test_any_timespec_gives_a_valid_time_or_none(void **state)
{
    (void)state;
    tn_seed seed = { .state = 9 };
    for (int i = 0; i < 20000; i++) {
        const unsigned shift = tn_seed_below(&seed, 64);
        const struct timespec spec = { .tv_sec = (time_t)((int64_t)tn_seed_next(&seed) >> shift),
                                       .tv_nsec = (long)((int64_t)tn_seed_next(&seed) >> shift) };
        google_protobuf_Timestamp t;
        google_protobuf_Duration d;
        struct timespec a, b;
        if (tern_timestamp_of_timespec(spec, &t)) {
            assert_int_equal(tern_timestamp_check(&t, NULL), TERN_OK);
            assert_true(tern_timestamp_to_timespec(&t, &a));
            assert_true(a.tv_sec == t.seconds && a.tv_nsec == t.nanos);
            /* The same point in time, from the same start, as a length. */
            assert_true(tern_duration_of_timespec(spec, &d) && tern_duration_to_timespec(&d, &b));
            assert_true(a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec);
        }
        if (tern_duration_of_timespec(spec, &d))
            assert_int_equal(tern_duration_check(&d, NULL), TERN_OK);
    }
}

static void test_now(void **state)
{
    (void)state;
    const time_t before = time(NULL);
    const google_protobuf_Timestamp now = tern_timestamp_now(NULL);
    assert_int_equal(tern_timestamp_check(&now, NULL), TERN_OK);
    /* time() may lag behind by a tick. */
    assert_true(now.seconds >= before - 1 && now.seconds <= time(NULL) + 1);
    assert_null(now.unknown_);

    tn_failing_env f;
    tn_failing_env_init(&f);
    f.clock = UINT64_C(1700000000123456789);
    const google_protobuf_Timestamp then = tern_timestamp_now(&f.env);
    assert_true(then.seconds == 1700000000 && then.nanos == 123456789);
}

static void test_through_the_codec(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    tern_error err;
    const google_protobuf_Timestamp t = tern_timestamp_of_nanos(INT64_MIN);
    const google_protobuf_Duration d = tern_duration_of_nanos(INT64_MIN);
    const google_protobuf_Timestamp *t2 = google_protobuf_Timestamp_decode(
        google_protobuf_Timestamp_encode(&t, arena, &err), arena, &err);
    const google_protobuf_Duration *d2 = google_protobuf_Duration_decode(
        google_protobuf_Duration_encode(&d, arena, &err), arena, &err);
    int64_t nanos = 0;
    assert_true(tern_timestamp_to_nanos(t2, &nanos) && nanos == INT64_MIN);
    nanos = 0;
    assert_true(tern_duration_to_nanos(d2, &nanos) && nanos == INT64_MIN);
    /* Seconds -1 and nanos 1, as a peer may send them. */
    static const uint8_t bad[] = { 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 16, 1 };
    d2 = google_protobuf_Duration_decode((tern_bytes){ bad, sizeof(bad) }, arena, &err);
    assert_non_null(d2);
    assert_false(tern_duration_to_nanos(d2, &nanos));
    check_error(tern_duration_check(d2, &err), &err, "opposite signs");
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_check_of_a_timestamp),
        cmocka_unit_test(test_the_check_of_a_duration),
        cmocka_unit_test(test_absent_times_convert_to_nothing),
        cmocka_unit_test(test_nanoseconds),
        cmocka_unit_test(test_times_that_nanoseconds_do_not_reach),
        cmocka_unit_test(test_timespecs_are_carried),
        cmocka_unit_test(test_any_timespec_gives_a_valid_time_or_none),
        cmocka_unit_test(test_now),
        cmocka_unit_test(test_through_the_codec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
