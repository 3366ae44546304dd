/* SPDX-License-Identifier: Apache-2.0 */
/* format_test.c: what is written at all is what vsnprintf writes, for every room. */
#include "base/format.h"
#include "support/guard.h"
#include "support/test.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* handled: is the format one of the simple kind? */
static void __attribute__((format(printf, 2, 3))) same(bool handled, const char *format, ...)
{
    char expected[200];
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const size_t n = (size_t)vsnprintf(expected, sizeof(expected), format, again);
    va_end(again);
    for (size_t room = 0; room < n + 4; room++) {
        char *const copy = malloc(room + 1);
        assert_non_null(copy);
        uint8_t *p = tn_guard_copy(copy, room);
        const size_t got = tn_format_simple((char *)p, room, format, args);
        if (handled && room > n) {
            assert_int_equal(got, n);
            assert_string_equal((const char *)p, expected);
        } else {
            assert_true(got == SIZE_MAX);
        }
        tn_guard_free(p, room);
        free(copy);
    }
    va_end(args);
}

static void simple_conversions_are_those_of_printf(void **state)
{
    (void)state;
    same(true, "plain");
    same(true, "%s", "");
    same(true, "You said: %.*s", 5, "world, and more");
    same(true, "%.*s|%.*s", 0, "none", 100, "all");
    same(true, "%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
    same(true, "%u %u", 0u, UINT_MAX);
    same(true, "100 %% of %s and %s", "this", "that");
    same(true, "%d%s%u", 7, "x", 8u);
}

static void others_are_left_to_it(void **state)
{
    (void)state;
    same(false, "%5d", 1);
    same(false, "%ld", 1L);
    same(false, "a %x", 10u);
    same(false, "%s %c", "a", 'b');
    same(false, "%.3s", "abcdef");
    same(false, "%.*d", 3, 4);
    same(false, "%.*s", -1, "all of it");
    same(false, "%-4s", "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_conversions_are_those_of_printf),
        cmocka_unit_test(others_are_left_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
