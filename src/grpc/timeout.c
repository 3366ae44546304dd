/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timeout.c: grpc-timeout to and from nanoseconds. Pure functions, any thread.
 */
#include "grpc/timeout.h"

typedef struct unit {
    char letter;
    uint64_t ns;
} unit;

/* Finest first: encoding takes the first that fits. */
static const unit units[] = {
    { 'n', 1 },          { 'u', 1000 },        { 'm', 1000000 },
    { 'S', 1000000000 }, { 'M', 60000000000 }, { 'H', 3600000000000 },
};

enum { UNITS = sizeof(units) / sizeof(units[0]) };

static const uint64_t number_max = 99999999;

bool tn_timeout_parse(tern_str s, uint64_t *ns)
{
    if (s.n < 2 || s.n > TN_TIMEOUT_TEXT)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < s.n - 1; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(s.p[i] - '0');
    }
    for (size_t i = 0; i < UNITS; i++) {
        if (units[i].letter != s.p[s.n - 1])
            continue;
        *ns = number > INT64_MAX / units[i].ns ? (uint64_t)INT64_MAX : number * units[i].ns;
        return true;
    }
    return false;
}

size_t tn_timeout_encode(char out[TN_TIMEOUT_TEXT], uint64_t ns)
{
    size_t i = 0;
    uint64_t number = ns ? ns : 1;
    while (number > number_max && i < UNITS - 1) {
        i++;
        number = ns / units[i].ns + (ns % units[i].ns != 0);
    }
    char digits[TN_TIMEOUT_DIGITS];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    for (size_t k = 0; k < n; k++)
        out[k] = digits[n - 1 - k];
    out[n] = units[i].letter;
    return n + 1;
}
