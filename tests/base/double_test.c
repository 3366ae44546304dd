/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double_test.c: reading is judged by strtod and strtof, which glibc rounds rightly; writing by
 * reading back, and by the fewest digits of printf that read back.
 */
#include "base/double.h"

#include "base/pow10.h"
#include "support/guard.h"
#include "support/seed.h"
#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *rest_of(const char *text, tn_decimal *d)
{
    return tn_decimal_read(text, text + strlen(text), d);
}

static tn_decimal read_all(const char *text)
{
    tn_decimal d;
    assert_ptr_equal(rest_of(text, &d), text + strlen(text));
    return d;
}

static void check_read(const char *text)
{
    const tn_decimal d = read_all(text);
    const double wanted = strtod(text, NULL), got = tn_decimal_double(&d);
    if (memcmp(&wanted, &got, sizeof(got)) != 0)
        fail_msg("%s is read as %a, not %a", text, got, wanted);
    const float wanted_f = strtof(text, NULL), got_f = tn_decimal_float(&d);
    if (memcmp(&wanted_f, &got_f, sizeof(got_f)) != 0)
        fail_msg("%s is read as %a, not %a", text, (double)got_f, (double)wanted_f);
}

/* Digits without zeros at either end. */
static int significant(const char *text)
{
    int n = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (n == 0 && *text == '0'))
            continue;
        n++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

static void check_write(double v)
{
    char text[TN_DOUBLE_CHARS + 1], other[40];
    text[tn_double_write(text, v)] = '\0';
    check_read(text);
    const double back = strtod(text, NULL);
    if (memcmp(&back, &v, sizeof(v)) != 0)
        fail_msg("%a is written as %s", v, text);
    int digits = 1;
    for (; digits < 17; digits++) {
        (void)snprintf(other, sizeof(other), "%.*e", digits - 1, v);
        if (strtod(other, NULL) == v)
            break;
    }
    if (significant(text) > digits)
        fail_msg("%s is longer than %s", text, other);
}

static void check_write_float(float v)
{
    char text[TN_DOUBLE_CHARS + 1], other[40];
    text[tn_float_write(text, v)] = '\0';
    check_read(text);
    const float back = strtof(text, NULL);
    if (memcmp(&back, &v, sizeof(v)) != 0)
        fail_msg("%a is written as %s", (double)v, text);
    int digits = 1;
    for (; digits < 9; digits++) {
        (void)snprintf(other, sizeof(other), "%.*e", digits - 1, (double)v);
        if (strtof(other, NULL) == v)
            break;
    }
    if (significant(text) > digits)
        fail_msg("%s is longer than %s", text, other);
}

static void test_random_numbers(void **state)
{
    (void)state;
    tn_seed s = { 1 };
    for (int i = 0; i < 4000; i++) {
        uint64_t bits = tn_seed_next(&s);
        bits &= i % 4 == 1 ? UINT64_MAX << (i % 50) : i % 4 == 2 ? UINT64_MAX >> 12 : UINT64_MAX;
        const uint32_t bits_f = (uint32_t)(bits >> 32);
        double v;
        float f;
        memcpy(&v, &bits, sizeof(v));
        memcpy(&f, &bits_f, sizeof(f));
        if (isfinite(v))
            check_write(v);
        if (isfinite(f))
            check_write_float(f);
        char text[80];
        (void)snprintf(text, sizeof(text), "-%llu.%llue%d", (unsigned long long)tn_seed_next(&s),
                       (unsigned long long)tn_seed_next(&s), (int)tn_seed_below(&s, 680) - 360);
        check_read(text);
    }
}

/* The exact middle of two neighbours, and a digit far behind it. */
static void test_halfway(void **state)
{
    (void)state;
    tn_seed s = { 2 };
    for (int i = 0; i < 60; i++) {
        const uint64_t bits = tn_seed_next(&s) >> (i % 3 == 0 ? 12 : 1), below = bits - 1;
        double v, next;
        char text[1300];
        memcpy(&v, &bits, sizeof(v));
        if (!isfinite(v))
            continue;
        memcpy(&next, &below, sizeof(next));
        const long double middle = ((long double)v + (long double)next) / 2;
        int n = snprintf(text, 1200, "%.1100Le", middle);
        check_read(text);
        char *e = strchr(text, 'e');
        memmove(e + 1, e, strlen(e) + 1);
        *e = '1';
        check_read(text);
        assert_true(n > 1100);
    }
}

static void test_edges(void **state)
{
    (void)state;
    static const char *const texts[] = { "0",
                                         "-0",
                                         "0.0e5",
                                         "5e-324",
                                         "4.9406564584124654e-324",
                                         "2.4703282292062327e-324",
                                         "2.4703282292062328e-324",
                                         "2.2250738585072011e-308",
                                         "2.2250738585072014e-308",
                                         "1.7976931348623157e308",
                                         "1.7976931348623158e308",
                                         "1.7976931348623159e308",
                                         "1e309",
                                         "9007199254740993",
                                         "9007199254740993.0000000000000000000000000000000000001",
                                         "0.1",
                                         "1e22",
                                         "1e23",
                                         "123456789012345678901234567890",
                                         "3.4028235e38",
                                         "3.40282356779733661637e38",
                                         "3.40282356779733661638e38",
                                         "1e-45",
                                         "7.0e-46",
                                         "7.1e-46",
                                         "1e536870000",
                                         "1e-536870000",
                                         "0e99999999999999999999",
                                         "1e99999999999999999999",
                                         "18446744073709551615",
                                         "18446744073709551616",
                                         "18446744073709551619.5",
                                         "4010179596371955.75",
                                         ".5",
                                         "5." };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check_read(texts[i]);
    static const double numbers[] = { 0.0,     -0.0,    1.0,    0.1,     1e21, 1e20,   123456789.0,
                                      DBL_MAX, DBL_MIN, 5e-324, 1.0 / 3, 1e23, 1.5e-7, -2.5e-6 };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        check_write(numbers[i]);
    check_write_float(FLT_MAX);
    check_write_float(FLT_TRUE_MIN);
    check_write_float(0.1f);
    check_write_float(16777216.0f);
}

static void check_form(double v, const char *wanted)
{
    char text[TN_DOUBLE_CHARS + 1];
    text[tn_double_write(text, v)] = '\0';
    assert_string_equal(text, wanted);
}

static void test_form(void **state)
{
    (void)state;
    check_form(0.0, "0");
    check_form(-0.0, "-0");
    check_form(100.0, "100");
    check_form(0.1, "0.1");
    check_form(123.456, "123.456");
    check_form(1e20, "100000000000000000000");
    check_form(123456789012345680000.0, "123456789012345680000");
    check_form(1e21, "1e+21");
    check_form(1.5e300, "1.5e+300");
    check_form(0.000001, "0.000001");
    check_form(0.0000001, "1e-7");
    check_form(-0.0000012345678901234567, "-0.0000012345678901234567");
    check_form(9007199254740993.0, "9007199254740992");
}

static void test_what_is_no_numeral(void **state)
{
    (void)state;
    static const char *const texts[] = { "",   "-",   ".",    "-.", "e5", ".e5",
                                         "1e", "1e+", "1.e-", "+1", "x" };
    tn_decimal d;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_null(rest_of(texts[i], &d));
    assert_string_equal(rest_of("12x", &d), "x");
    assert_string_equal(rest_of("1.2.3", &d), ".3");
    assert_string_equal(rest_of("1e2e3", &d), "e3");
    assert_true(read_all("01").zero_first && read_all("-00.5").zero_first);
    assert_false(read_all("0").zero_first || read_all("0.1").zero_first);
    assert_false(read_all("1.").fraction || read_all(".1").whole_part);
    assert_true(read_all("1").integer && read_all("1").fraction && read_all("1").whole_part);
    assert_false(read_all("1.0").integer || read_all("1e0").integer);
}

static void check_integer(const char *text, const char *as_i64, const char *as_u64)
{
    const tn_decimal d = read_all(text);
    int64_t i;
    uint64_t u;
    char got[24];
    if (tn_decimal_i64(&d, &i))
        (void)snprintf(got, sizeof(got), "%lld", (long long)i);
    else
        strcpy(got, "no");
    assert_string_equal(got, as_i64);
    if (tn_decimal_u64(&d, &u))
        (void)snprintf(got, sizeof(got), "%llu", (unsigned long long)u);
    else
        strcpy(got, "no");
    assert_string_equal(got, as_u64);
}

static void test_integers(void **state)
{
    (void)state;
    check_integer("0", "0", "0");
    check_integer("-0", "0", "0");
    check_integer("-0.000e-99999", "0", "0");
    check_integer("1.50e1", "15", "15");
    check_integer("1500e-2", "15", "15");
    check_integer("1.5", "no", "no");
    check_integer("-1", "-1", "no");
    check_integer("9223372036854775807", "9223372036854775807", "9223372036854775807");
    check_integer("9223372036854775808", "no", "9223372036854775808");
    check_integer("-9223372036854775808", "-9223372036854775808", "no");
    check_integer("-9223372036854775809", "no", "no");
    check_integer("18446744073709551615", "no", "18446744073709551615");
    check_integer("18446744073709551616", "no", "no");
    check_integer("1844674407370955161.5e1", "no", "18446744073709551615");
    check_integer("1844674407370955161.93", "no", "no");
    check_integer("5.000000000000000000000000000000", "5", "5");
    check_integer("5.000000000000000000000000000001", "no", "no");
    check_integer("1000000000000000000000000e-24", "1", "1");
    check_integer("1e19", "no", "10000000000000000000");
    check_integer("1e20", "no", "no");
    check_integer("1e536870000", "no", "no");
    check_integer("1e-536870000", "no", "no");
}

static void test_integers_written(void **state)
{
    (void)state;
    tn_seed s = { 3 };
    for (int i = 0; i < 5000; i++) {
        const uint64_t v = i < 1200 ? (uint64_t)i : tn_seed_next(&s) >> (i % 64);
        char got[21], wanted[24];
        *tn_u64_write(got, v) = '\0';
        (void)snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)v);
        assert_string_equal(got, wanted);
    }
}

/* Nothing is read behind the end, whatever is cut off. */
static void test_guard(void **state)
{
    (void)state;
    static const char text[] = "-12345678901234567890.12345678901234567890e-123";
    for (size_t n = 0; n < sizeof(text); n++) {
        uint8_t *p = tn_guard_copy(text, n);
        const char *at = (const char *)p;
        tn_decimal d;
        if (n && tn_decimal_read(at, at + n, &d))
            (void)tn_decimal_double(&d);
        tn_guard_free(p, n);
    }
}

/* 10^k anew, by multiplying and dividing a number of 40 words by ten. */
static tn_u128 top_of(const uint32_t *words, int n)
{
    int top = n - 1;
    while (words[top] == 0)
        top--;
    const unsigned shift = (unsigned)__builtin_clz(words[top]);
    tn_u128 r = { 0, 0 };
    for (int i = 0; i < 5; i++) {
        const uint64_t word = top - i >= 0 ? words[top - i] : 0;
        const int at = 128 - 32 * (i + 1) + (int)shift; /* of its lowest bit in the result */
        if (at >= 64)
            r.high |= word << (at - 64);
        else if (at > 32)
            r.high |= word >> (64 - at), r.low |= word << at;
        else
            r.low |= at >= 0 ? word << at : word >> -at;
    }
    return r;
}

static void test_powers(void **state)
{
    (void)state;
    enum { WORDS = 80 };
    uint32_t up[WORDS] = { 1 };
    for (int k = 0; k <= TN_POW10_MAX; k++) {
        const tn_u128 wanted = top_of(up, WORDS), got = tn_pow10(k);
        assert_true(wanted.high == got.high && wanted.low == got.low);
        uint64_t carry = 0;
        for (int i = 0; i < WORDS; i++) {
            carry += (uint64_t)up[i] * 10;
            up[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    /* 2^(32 * 79) over 10^k: what each division drops is far below the bits that are looked at. */
    uint32_t down[WORDS] = { [WORDS - 1] = 1 };
    for (int k = 0; k >= TN_POW10_MIN; k--) {
        const tn_u128 wanted = top_of(down, WORDS), got = tn_pow10(k);
        assert_true(wanted.high == got.high && wanted.low == got.low);
        uint64_t left = 0;
        for (int i = WORDS; i-- > 0;) {
            left = left << 32 | down[i];
            down[i] = (uint32_t)(left / 10);
            left %= 10;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_numbers),
        cmocka_unit_test(test_halfway),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_what_is_no_numeral),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_integers_written),
        cmocka_unit_test(test_guard),
        cmocka_unit_test(test_powers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
