/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c: the conversions that texts of calls are mostly made of, without printf's machinery.
 */
#include "base/format.h"

#include <string.h>

enum { DIGITS = 20 }; /* of 2^64 */

typedef struct text {
    char *p;
    size_t n, room;
} text;

static bool put(text *t, const char *s, size_t n)
{
    if (n > t->room - t->n)
        return false;
    if (n)
        memcpy(t->p + t->n, s, n);
    t->n += n;
    return true;
}

static bool put_number(text *t, unsigned long long v, bool negative)
{
    char digits[DIGITS + 1];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    if (negative)
        digits[--at] = '-';
    return put(t, digits + at, sizeof(digits) - at);
}

/* The conversion behind a '%'. Moves *format behind it. False: another one, or no room. */
static bool convert(text *t, const char **format, va_list *args)
{
    const char *f = *format;
    switch (*f++) {
    case '%': *format = f; return put(t, "%", 1);
    case 's': {
        const char *s = va_arg(*args, const char *);
        *format = f;
        return s && put(t, s, strlen(s));
    }
    case 'd': {
        const int v = va_arg(*args, int);
        *format = f;
        return put_number(t, v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v, v < 0);
    }
    case 'u': *format = f; return put_number(t, va_arg(*args, unsigned), false);
    case '.': {
        if (f[0] != '*' || f[1] != 's')
            return false;
        const int most = va_arg(*args, int);
        const char *s = va_arg(*args, const char *);
        *format = f + 2;
        return most >= 0 && s && put(t, s, strnlen(s, (size_t)most));
    }
    default: return false;
    }
}

size_t tn_format_simple(char *p, size_t room, const char *format, va_list args)
{
    text t = { .p = p, .room = room };
    va_list mine;
    bool fits = true;
    va_copy(mine, args);
    while (fits && *format) {
        const char *end = strchr(format, '%');
        const size_t n = end ? (size_t)(end - format) : strlen(format);
        fits = put(&t, format, n);
        format += n;
        if (fits && *format == '%') {
            format++;
            fits = convert(&t, &format, &mine);
        }
    }
    va_end(mine);
    if (!fits || !put(&t, "", 1))
        return SIZE_MAX;
    return t.n - 1;
}
