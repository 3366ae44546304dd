/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double_read.c: decimal text to the nearest double or float.
 *
 * Three ways, each for what the one before leaves: a mantissa and a power of ten that are both exact
 * as doubles; a product with the first 128 bits of the power (D. Lemire, "Number Parsing at a Gigabyte
 * per Second", 2021); and big integers, which decide between two neighbours. The last one reads no
 * more than DIGITS_MAX digits and whether any other follows.
 */
#include "base/double.h"

#include "base/assert.h"
#include "base/pow10.h"

#include <float.h>
#include <string.h>

#define EXPONENT_MAX 1000000000

/* Is each operation rounded once, to its type? */
#define EXACT (FLT_EVAL_METHOD == 0)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the digits at p, as many as fit; returns what is behind them. */
static const char *take_digits(const char *p, const char *end, tn_decimal *d, int32_t after_point)
{
    uint64_t v = d->mantissa;
    const char *const first = p;
    for (; p < end && is_digit(*p) && v < UINT64_MAX / 10; p++)
        v = v * 10 + (unsigned)(*p - '0');
    if (p < end && v == UINT64_MAX / 10 && *p >= '0' && *p <= '5' && !d->more)
        v = v * 10 + (unsigned)(*p++ - '0');
    d->exponent -= after_point * (int32_t)(p - first);
    d->mantissa = v;
    for (; p < end && is_digit(*p); p++) {
        d->more |= *p != '0';
        if (!after_point && d->exponent < EXPONENT_MAX)
            d->exponent++;
    }
    return p;
}

static const char *take_exponent(const char *p, const char *end, tn_decimal *d)
{
    const bool down = p < end && *p == '-';
    int64_t e = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || !is_digit(*p))
        return NULL;
    for (; p < end && is_digit(*p); p++)
        e = e < EXPONENT_MAX / 10 ? e * 10 + (*p - '0') : EXPONENT_MAX;
    d->written = (int32_t)(down ? -e : e);
    e = (int64_t)d->exponent + d->written;
    e = e > EXPONENT_MAX ? EXPONENT_MAX : e;
    d->exponent = (int32_t)(e < -EXPONENT_MAX ? -EXPONENT_MAX : e);
    return p;
}

const char *tn_decimal_read(const char *p, const char *end, tn_decimal *out)
{
    tn_decimal d = { .integer = true, .fraction = true };
    d.negative = p < end && *p == '-';
    d.p = p += d.negative;
    p = take_digits(p, end, &d, 0);
    d.whole_part = p > d.p;
    d.zero_first = p - d.p > 1 && *d.p == '0';
    if (p < end && *p == '.') {
        const char *const fraction = p + 1;
        p = take_digits(fraction, end, &d, 1);
        d.fraction = p > fraction;
        d.integer = false;
    }
    if (!d.whole_part && (d.integer || !d.fraction))
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        d.integer = false;
        p = take_exponent(p + 1, end, &d);
    }
    d.end = p;
    *out = d;
    return p;
}

/* ---- integers -------------------------------------------------------------------------------- */

/* The mantissa times the power of ten; false when that is no integer or above UINT64_MAX. */
static bool magnitude(const tn_decimal *d, uint64_t *out)
{
    uint64_t v = d->mantissa;
    int32_t e = d->exponent;
    if (d->more) /* a fraction, or ten times more than a mantissa that has no room for a digit */
        return false;
    for (; e < 0 && v; e++, v /= 10)
        if (v % 10)
            return false;
    for (; e > 0 && v; e--)
        if (__builtin_mul_overflow(v, (uint64_t)10, &v))
            return false;
    *out = v;
    return true;
}

bool tn_decimal_u64(const tn_decimal *d, uint64_t *out)
{
    uint64_t v;
    if (!magnitude(d, &v) || (d->negative && v))
        return false;
    *out = v;
    return true;
}

bool tn_decimal_i64(const tn_decimal *d, int64_t *out)
{
    uint64_t v;
    if (!magnitude(d, &v) || v > (uint64_t)INT64_MAX + d->negative)
        return false;
    *out = (int64_t)(d->negative ? 0 - v : v);
    return true;
}

/* ---- the nearest float ----------------------------------------------------------------------- */

/* What is particular to double and to float. */
typedef struct format {
    int bits;               /* of the mantissa that are stored */
    int bias;               /* of the exponent */
    int infinite;           /* the exponent that infinity has */
    int smallest;           /* below 10^smallest times any mantissa all is zero */
    int largest;            /* above 10^largest all is infinite */
    int even_min, even_max; /* powers of ten between which a product may be halfway */
} format;

static const format f64 = { 52, 1023, 0x7ff, -342, 308, -4, 23 };
static const format f32 = { 23, 127, 0xff, -65, 38, -17, 10 };

/* mantissa * 10^e, rounded; *sure is false when it may be off by one. The bits without a sign. */
static uint64_t approximate(const format *f, uint64_t mantissa, int e, bool *sure)
{
    const uint64_t infinity = (uint64_t)f->infinite << f->bits;
    *sure = true;
    if (mantissa == 0 || e < f->smallest)
        return 0;
    if (e > f->largest)
        return infinity;
    const int zeros = __builtin_clzll(mantissa);
    mantissa <<= zeros;
    const tn_u128 power = tn_pow10(e);
    tn_u128 product = tn_mul64(mantissa, power.high);
    const uint64_t blurred = UINT64_MAX >> (f->bits + 3);
    if ((product.high & blurred) == blurred) {
        const tn_u128 rest = tn_mul64(mantissa, power.low);
        product.low += rest.high;
        product.high += product.low < rest.high;
        *sure = product.low != UINT64_MAX;
    }
    const int top = (int)(product.high >> 63);
    const int shift = top + 64 - f->bits - 3;
    uint64_t m = product.high >> shift;
    int exponent = tn_pow10_log2(e) + 63 + top - zeros + f->bias;
    if (exponent <= 0) { /* subnormal, or the least that is not */
        if (-exponent + 1 >= 64)
            return 0;
        m >>= -exponent + 1;
        return (m + (m & 1)) >> 1;
    }
    if (product.low <= 1 && e >= f->even_min && e <= f->even_max && (m & 3) == 1 &&
        m << shift == product.high)
        m &= ~UINT64_C(1); /* exactly halfway, and below is even */
    m = (m + (m & 1)) >> 1;
    if (m >> (f->bits + 1)) {
        m >>= 1;
        exponent++;
    }
    if (exponent >= f->infinite)
        return infinity;
    return (uint64_t)exponent << f->bits | (m & ((UINT64_C(1) << f->bits) - 1));
}

/* ---- big integers ---------------------------------------------------------------------------- */

/* Between two doubles lies a number of at most 767 digits; so any digit behind is like any other. */
enum { DIGITS_MAX = 780, LIMBS = 170 };

typedef struct big {
    uint32_t limb[LIMBS]; /* the least first */
    int n;
} big;

/* b = b * by + more */
static void big_scale(big *b, uint32_t by, uint32_t more)
{
    uint64_t carry = more;
    for (int i = 0; i < b->n; i++) {
        carry += (uint64_t)b->limb[i] * by;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        TN_ASSERT(b->n < LIMBS);
        b->limb[b->n++] = (uint32_t)carry;
    }
}

static void big_scale_power(big *b, uint32_t base, int power)
{
    uint32_t step = base, steps = 1;
    while (step <= UINT32_MAX / base) {
        step *= base;
        steps++;
    }
    for (; power >= (int)steps; power -= (int)steps)
        big_scale(b, step, 0);
    for (; power > 0; power--)
        big_scale(b, base, 0);
}

static int big_compare(const big *a, const big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (int i = a->n; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* The digits of the numeral as an integer; returns the power of ten that it is to be times. */
static int big_of_digits(big *b, const tn_decimal *d)
{
    int digits = 0;
    int exponent = d->written;
    bool behind = false, rest = false;
    b->n = 0;
    for (const char *p = d->p; p < d->end && (is_digit(*p) || *p == '.'); p++) {
        if (*p == '.') {
            behind = true;
            continue;
        }
        exponent -= behind;
        if (digits == DIGITS_MAX) {
            rest |= *p != '0';
            exponent++;
        } else if (digits || *p != '0') {
            big_scale(b, 10, (uint32_t)(*p - '0'));
            digits++;
        }
    }
    if (rest)
        big_scale(b, 10, 1);
    return exponent - rest;
}

/* How the numeral compares with the middle between the double of these bits and the next one. */
static int compare_middle(const format *f, const tn_decimal *d, uint64_t bits)
{
    const int stored = (int)(bits >> f->bits);
    const uint64_t fraction = bits & ((UINT64_C(1) << f->bits) - 1);
    const uint64_t m = 2 * (stored ? fraction | UINT64_C(1) << f->bits : fraction) + 1;
    int twos = (stored ? stored : 1) - f->bias - f->bits - 1;
    big left, right = { .limb = { (uint32_t)m, (uint32_t)(m >> 32) }, .n = m >> 32 ? 2 : 1 };
    const int tens = big_of_digits(&left, d);
    big_scale_power(tens < 0 ? &right : &left, 5, tens < 0 ? -tens : tens);
    twos -= tens;
    big_scale_power(twos < 0 ? &left : &right, 2, twos < 0 ? -twos : twos);
    return big_compare(&left, &right);
}

/* Moves from a neighbour to the nearest. */
static uint64_t settle(const format *f, const tn_decimal *d, uint64_t bits)
{
    for (int i = 0; i < 4; i++) {
        const int above =
            bits >> f->bits >= (uint64_t)f->infinite ? -1 : compare_middle(f, d, bits);
        if (above > 0 || (above == 0 && (bits & 1))) {
            bits++;
            continue;
        }
        const int below = bits ? compare_middle(f, d, bits - 1) : 1;
        if (below > 0 || (below == 0 && !(bits & 1)))
            break;
        bits--;
    }
    return bits;
}

static uint64_t nearest(const format *f, const tn_decimal *d)
{
    bool sure, also_sure = true;
    const uint64_t bits = approximate(f, d->mantissa, d->exponent, &sure);
    if (d->more && sure)
        sure = d->mantissa != UINT64_MAX &&
               bits == approximate(f, d->mantissa + 1, d->exponent, &also_sure) && also_sure;
    return TN_LIKELY(sure) ? bits : settle(f, d, bits);
}

double tn_decimal_double(const tn_decimal *d)
{
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    double v;
    if (EXACT && !d->more && d->mantissa <= UINT64_C(1) << 53 && d->exponent >= -22 &&
        d->exponent <= 22) {
        v = (double)d->mantissa;
        v = d->exponent < 0 ? v / powers[-d->exponent] : v * powers[d->exponent];
    } else {
        const uint64_t bits = nearest(&f64, d);
        memcpy(&v, &bits, sizeof(v));
    }
    return d->negative ? -v : v;
}

float tn_decimal_float(const tn_decimal *d)
{
    static const float powers[] = { 1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f,
                                    1e6f, 1e7f, 1e8f, 1e9f, 1e10f };
    if (EXACT && !d->more && d->mantissa <= 1 << 24 && d->exponent >= -10 && d->exponent <= 10) {
        const float m = (float)d->mantissa;
        const float r = d->exponent < 0 ? m / powers[-d->exponent] : m * powers[d->exponent];
        return d->negative ? -r : r;
    }
    const uint32_t bits = (uint32_t)nearest(&f32, d);
    float v;
    memcpy(&v, &bits, sizeof(v));
    return d->negative ? -v : v;
}
