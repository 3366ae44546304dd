/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_wkt.c: text forms of the well-known types. Dates are proleptic Gregorian, years 1 to 9999.
 */
#include "pb/json_wkt.h"

#include "base/double.h"

#include <string.h>

#define NANOS        1000000000
#define DAY          INT64_C(86400)
#define SECONDS_MIN  INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define SECONDS_MAX  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DURATION_MAX INT64_C(315576000000)

/* Days from 0000-03-01 to 1970-01-01, and in 400 years. */
enum { EPOCH = 719468, CYCLE = 146097 };

static char *put_digits(char *p, uint32_t v, int n)
{
    for (int i = n; i-- > 0; v /= 10)
        p[i] = (char)('0' + v % 10);
    return p + n;
}

/* Nothing, or a point and 3, 6 or 9 digits. */
static TN_JSON_RARE char *put_fraction(char *p, uint32_t nanos)
{
    if (nanos == 0)
        return p;
    *p++ = '.';
    if (nanos % 1000)
        return put_digits(p, nanos, 9);
    if (nanos % 1000000)
        return put_digits(p, nanos / 1000, 6);
    return put_digits(p, nanos / 1000000, 3);
}

char *tn_json_put_timestamp(char *p, int64_t seconds, int32_t nanos, const char **what)
{
    if (seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0 || nanos >= NANOS) {
        *what = "outside the years 1 to 9999, or nanos outside 0 to 999999999";
        return NULL;
    }
    /* Years begin in March here, so that the odd day is their last. */
    const uint32_t second = (uint32_t)((seconds - SECONDS_MIN) % DAY);
    const uint32_t days = (uint32_t)((seconds - second) / DAY + EPOCH);
    const uint32_t cycle = days / CYCLE, day = days % CYCLE;
    const uint32_t year = (day - day / 1460 + day / 36524 - day / (CYCLE - 1)) / 365;
    const uint32_t of_year = day - (365 * year + year / 4 - year / 100);
    const uint32_t month = (5 * of_year + 2) / 153;
    p = put_digits(p, cycle * 400 + year + (month >= 10), 4);
    *p++ = '-';
    p = put_digits(p, month < 10 ? month + 3 : month - 9, 2);
    *p++ = '-';
    p = put_digits(p, of_year - (153 * month + 2) / 5 + 1, 2);
    *p++ = 'T';
    p = put_digits(p, second / 3600, 2);
    *p++ = ':';
    p = put_digits(p, second / 60 % 60, 2);
    *p++ = ':';
    p = put_digits(p, second % 60, 2);
    p = put_fraction(p, (uint32_t)nanos);
    *p = 'Z';
    return p + 1;
}

char *tn_json_put_duration(char *p, int64_t seconds, int32_t nanos, const char **what)
{
    if (seconds < -DURATION_MAX || seconds > DURATION_MAX || nanos <= -NANOS || nanos >= NANOS ||
        (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) {
        *what = "seconds outside 315576000000 either way, or nanos outside 999999999 either way or "
                "of the other sign";
        return NULL;
    }
    if (seconds < 0 || nanos < 0)
        *p++ = '-';
    p = tn_u64_write(p, (uint64_t)(seconds < 0 ? -seconds : seconds));
    p = put_fraction(p, (uint32_t)(nanos < 0 ? -nanos : nanos));
    *p = 's';
    return p + 1;
}

/* n digits at *s, which moves behind them; UINT32_MAX when they are none. */
static TN_JSON_RARE uint32_t digits(const char **s, const char *end, int n)
{
    uint32_t v = 0;
    if (end - *s < n)
        return UINT32_MAX;
    for (int i = 0; i < n; i++, ++*s) {
        if (**s < '0' || **s > '9')
            return UINT32_MAX;
        v = v * 10 + (uint32_t)(**s - '0');
    }
    return v;
}

static TN_JSON_RARE bool expect(const char **s, const char *end, char c)
{
    return *s < end && *(*s)++ == c;
}

/* A point with 1 to 9 digits, or nothing. */
static TN_JSON_RARE bool fraction(const char **s, const char *end, uint32_t *nanos)
{
    uint32_t scale = NANOS;
    *nanos = 0;
    if (*s == end || **s != '.')
        return true;
    for (++*s; *s < end && **s >= '0' && **s <= '9'; ++*s) {
        if (scale == 1)
            return false;
        scale /= 10;
        *nanos += (uint32_t)(**s - '0') * scale;
    }
    return scale < NANOS;
}

static TN_JSON_RARE uint32_t days_of(uint32_t year, uint32_t month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* "YYYY-MM-DD" as days since 1970. */
static TN_JSON_RARE bool date(const char **s, const char *end, int64_t *out)
{
    const uint32_t year = digits(s, end, 4);
    const bool first = expect(s, end, '-');
    const uint32_t month = digits(s, end, 2);
    const bool second = expect(s, end, '-');
    const uint32_t day = digits(s, end, 2);
    if (!first || !second || year > 9999 || year == 0 || month < 1 || month > 12 || day < 1 ||
        day > days_of(year, month))
        return false;
    const uint32_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    const uint32_t of_year = (153 * m + 2) / 5 + day - 1;
    const uint32_t of_cycle = y % 400 * 365 + y % 400 / 4 - y % 400 / 100 + of_year;
    *out = (int64_t)(y / 400) * CYCLE + of_cycle - EPOCH;
    return true;
}

/* "Z", or "+HH:MM" or "-HH:MM", as seconds east. */
static TN_JSON_RARE bool offset(const char *s, const char *end, int64_t *out)
{
    if (s == end)
        return false;
    const char sign = *s++;
    *out = 0;
    if (sign == 'Z')
        return s == end;
    const uint32_t hours = digits(&s, end, 2);
    const bool colon = expect(&s, end, ':');
    const uint32_t minutes = digits(&s, end, 2);
    *out = (int64_t)(hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return (sign == '+' || sign == '-') && colon && hours < 24 && minutes < 60 && s == end;
}

bool tn_json_timestamp(const char *s, size_t n, int64_t *seconds, int32_t *nanos)
{
    const char *const end = s + n;
    int64_t day, east;
    uint32_t part;
    if (!date(&s, end, &day) || !expect(&s, end, 'T'))
        return false;
    const uint32_t hour = digits(&s, end, 2);
    const bool first = expect(&s, end, ':');
    const uint32_t minute = digits(&s, end, 2);
    const bool second = expect(&s, end, ':');
    const uint32_t of_minute = digits(&s, end, 2);
    if (!first || !second || hour > 23 || minute > 59 || of_minute > 59 ||
        !fraction(&s, end, &part) || !offset(s, end, &east))
        return false;
    *seconds = day * DAY + (int64_t)(hour * 3600 + minute * 60 + of_minute) - east;
    *nanos = (int32_t)part;
    return *seconds >= SECONDS_MIN && *seconds <= SECONDS_MAX;
}

bool tn_json_duration(const char *s, size_t n, int64_t *seconds, int32_t *nanos)
{
    const char *const end = s + n;
    const bool negative = n && *s == '-';
    uint32_t part;
    int64_t v = 0;
    s += negative;
    const char *const first = s;
    for (; s < end && *s >= '0' && *s <= '9'; s++)
        if ((v = v * 10 + (*s - '0')) > DURATION_MAX)
            return false;
    if (s == first || !fraction(&s, end, &part) || !expect(&s, end, 's') || s != end)
        return false;
    *seconds = negative ? -v : v;
    *nanos = negative ? -(int32_t)part : (int32_t)part;
    return true;
}

/* ---- FieldMask ------------------------------------------------------------------------------- */

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_other(char c)
{
    return c == '.' || (c >= '0' && c <= '9');
}

char *tn_json_put_path(char *p, const char *path, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = path[i];
        if (c == '_') {
            if (++i == n || !is_lower(path[i]))
                return NULL;
            c = (char)(path[i] - 'a' + 'A');
        } else if (!is_lower(c) && !is_other(c)) {
            return NULL;
        }
        *p++ = c;
    }
    return p;
}

char *tn_json_path(char *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_upper(s[i])) {
            *out++ = '_';
            *out++ = (char)(s[i] - 'A' + 'a');
        } else if (is_lower(s[i]) || is_other(s[i])) {
            *out++ = s[i];
        } else {
            return NULL;
        }
    }
    return out;
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* The six bits of a character of either alphabet; 64 and above: of none. */
static uint32_t sextet(unsigned char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26u;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 0u;
    if (c >= '0' && c <= '9')
        return c - '0' + 52u;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : 64;
}

size_t tn_json_base64(char *s, size_t n)
{
    const unsigned char *in = (const unsigned char *)s;
    char *out = s;
    if (n % 4 == 0 && n && in[n - 1] == '=')
        n -= in[n - 2] == '=' ? 2 : 1;
    if (n % 4 == 1)
        return SIZE_MAX;
    for (; n >= 4; n -= 4, in += 4) {
        const uint32_t a = sextet(in[0]), b = sextet(in[1]), c = sextet(in[2]), d = sextet(in[3]);
        if ((a | b | c | d) & 64)
            return SIZE_MAX;
        const uint32_t v = a << 18 | b << 12 | c << 6 | d;
        *out++ = (char)(v >> 16);
        *out++ = (char)(v >> 8);
        *out++ = (char)v;
    }
    if (n) {
        /* Bits behind the last byte may be anything. */
        const uint32_t a = sextet(in[0]), b = sextet(in[1]), c = n == 3 ? sextet(in[2]) : 0;
        if ((a | b | c) & 64)
            return SIZE_MAX;
        *out++ = (char)(a << 2 | b >> 4);
        if (n == 3)
            *out++ = (char)(b << 4 | c >> 2);
    }
    return (size_t)(out - s);
}

const tern_pb_field *tn_json_part(const tern_pb_table *table, uint32_t number, tern_pb_type type)
{
    const tern_pb_field *f = tn_pb_find(table, number);
    return f && tn_pb_type_of(f) == type && tn_pb_mode_of(f) <= TERN_PB_ONEOF ? f : NULL;
}
