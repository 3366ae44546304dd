/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double.h: floating-point numbers as decimal text: read to the nearest, written in the fewest digits
 * that read back as the same. No locale, no allocation; the time to read is bounded by the length.
 *
 * Reading goes in two steps, because what is done with a numeral depends on the field that it is for:
 * tn_decimal_read gives the number it stands for, which then becomes a double, a float or an integer.
 * Any thread.
 */
#ifndef TN_BASE_DOUBLE_H
#define TN_BASE_DOUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* (negative ? -1 : 1) * mantissa * 10^exponent, and when `more` something on top that is less than one
 * in the last place of the mantissa, which has no room for another digit then. */
typedef struct tn_decimal {
    const char *p, *end; /* the numeral behind its sign; borrowed, and read again when `more` */
    uint64_t mantissa;
    int32_t exponent;
    int32_t written; /* the exponent that stands there, or the nearest within +-10^9 */
    bool negative;
    bool more;
    bool integer;    /* neither point nor exponent stand there */
    bool whole_part; /* there are digits before the point */
    bool fraction;   /* there are digits behind the point, or there is no point */
    bool zero_first; /* the first of several digits before the point is 0 */
} tn_decimal;

/*
 * Reads an optional '-', digits with at most one point among, before or behind them, and an optional
 * exponent. Returns what is behind it; NULL when no digit stands there, or none in the exponent.
 * Looser than any grammar of numbers; the last four flags tell what a strict one may refuse.
 */
const char *tn_decimal_read(const char *p, const char *end, tn_decimal *out);

/* The nearest double or float, of two the even one; infinite when beyond the largest. */
double tn_decimal_double(const tn_decimal *d);
float tn_decimal_float(const tn_decimal *d);

/* The number when it is an integer and in range; however it is written, 1.50e1 is 15. */
bool tn_decimal_i64(const tn_decimal *d, int64_t *out);
bool tn_decimal_u64(const tn_decimal *d, uint64_t *out);

/*
 * Writes a finite number in the form that ECMAScript has for it: 0.1, 100, 1e+21, 1e-7, -0. Returns
 * the characters written, at most TN_DOUBLE_CHARS; no NUL.
 */
enum { TN_DOUBLE_CHARS = 25 };
size_t tn_double_write(char *out, double v);
size_t tn_float_write(char *out, float v);

/* Writes v in decimal; returns what is behind it. At most 20 characters. */
char *tn_u64_write(char *out, uint64_t v);

#endif
