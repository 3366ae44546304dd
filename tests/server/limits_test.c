/* SPDX-License-Identifier: Apache-2.0 */
/* limits_test.c: tern_limits names every limit with its value, and the sum is the sum. */
#include "h2/limits.h"
#include "support/test.h"
#include "tern/server.h"
#include <stdio.h>
#include <stdlib.h>

static void test_each_limit_is_a_line(void **state)
{
    (void)state;
    uint64_t ceiling = 0;
    const size_t n = tern_limits(NULL, NULL, 0, NULL);
    char *text = malloc(n + 1);
    assert_int_equal(tern_limits(NULL, text, n + 1, &ceiling), n);
    assert_int_equal(strlen(text), n);
    for (int i = 0; i < TN_H2_LIMITS; i++) {
        char line[80];
        const tn_h2_limit_row *row = &tn_h2_limit_rows[i];
        snprintf(line, sizeof line, "%s: %u", row->name, row->value);
        assert_non_null(strstr(text, line));
        if (row->debug)
            assert_non_null(strstr(text, row->debug));
    }
    /* Cut off anywhere it is still a string. */
    char *part = malloc(n + 1);
    for (size_t k = 1; k <= n + 1; k += 97) {
        memset(part, 'x', n + 1);
        assert_int_equal(tern_limits(NULL, part, k, NULL), n);
        assert_int_equal(strlen(part), k - 1);
        assert_memory_equal(part, text, k - 1);
    }
    free(part);
    free(text);
}

static uint64_t ceiling_of(const tern_server_opts *opts)
{
    uint64_t ceiling = 0;
    (void)tern_limits(opts, NULL, 0, &ceiling);
    return ceiling;
}

static void test_the_sum_follows_the_options(void **state)
{
    (void)state;
    char text[16384];
    const tern_server_opts *small =
        TERN_SERVER_OPTS(.max_concurrent_streams = 10, .max_recv_bytes = 65536);
    assert_true(tern_limits(small, text, sizeof text, NULL) < sizeof text);
    assert_non_null(strstr(text, "MAX_STREAMS: 10 streams"));
    assert_non_null(strstr(text, "max_recv_bytes: 65536"));
    uint64_t sum = 0, all = 0;
    char *line = strstr(text, "octets:\n") + 8;
    for (char *end; strncmp(line, "and ", 4) != 0; line = end + 1) {
        end = strchr(line, '\n');
        const uint64_t value = strtoull(line, NULL, 10);
        if (strstr(line, "  in all") && strstr(line, "  in all") < end)
            all = value;
        else
            sum += value;
    }
    assert_true(all == sum && all == ceiling_of(small));
    assert_true(ceiling_of(small) < ceiling_of(NULL) / 10);
    assert_true(ceiling_of(TERN_SERVER_OPTS(.max_recv_bytes = TERN_UNLIMITED)) == UINT64_MAX);
    assert_true(ceiling_of(TERN_SERVER_OPTS(.io_threads = 1000)) ==
                UINT64_MAX); /* no such server */
    assert_true(tern_limits(TERN_SERVER_OPTS(.io_threads = 1000), text, sizeof text, NULL) > 0);
    assert_non_null(strstr(text, "io_threads"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_limit_is_a_line),
        cmocka_unit_test(test_the_sum_follows_the_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
