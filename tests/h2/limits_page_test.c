/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits_page_test.c: docs/limits.md says what the code says: a line for each row of limits.inc, in its
 * order, and tests that are there.
 */
#include "h2/limits.h"
#include "support/test.h"
#include <stdio.h>
#include <stdlib.h>

static char *read_file(const char *path)
{
    char name[512];
    snprintf(name, sizeof name, "%s/%s", TERN_TEST_SOURCE_DIR, path);
    FILE *f = fopen(name, "rb");
    if (!f)
        fail_msg("no file %s", path);
    size_t n = 0, cap = 1 << 16;
    char *text = malloc(cap);
    for (size_t k; (k = fread(text + n, 1, cap - n - 1, f)) > 0;) {
        n += k;
        if (cap - n < 2)
            text = realloc(text, cap *= 2);
    }
    text[n] = '\0';
    fclose(f);
    return text;
}

static void line_of(const tn_h2_limit_row *row, char *line, size_t size)
{
    char rate[40] = "", answer[80] = "";
    if (row->per_second)
        snprintf(rate, sizeof rate, ", then %u a second", row->per_second);
    if (row->debug)
        snprintf(answer, sizeof answer, "GOAWAY %s `%s`", tn_h2_code_name(row->code), row->debug);
    else if (row->code)
        snprintf(answer, sizeof answer, "RST_STREAM %s", tn_h2_code_name(row->code));
    snprintf(line, size, "\n| %s | %u%s%s%s | %s | %s | %s |\n", row->name, row->value,
             *row->unit ? " " : "", row->unit, rate, answer, row->attack, row->response);
}

static void each_row_is_on_the_page(void **state)
{
    (void)state;
    char *page = read_file("docs/limits.md");
    const char *at = page;
    for (int i = 0; i < TN_H2_LIMITS; i++) {
        char line[512];
        line_of(&tn_h2_limit_rows[i], line, sizeof line);
        const char *found = strstr(at, line);
        if (!found)
            fail_msg("docs/limits.md lacks, at its place, the line%s", line);
        at = found + 1;
    }
    /* and no more */
    at = strchr(at, '\n') + 1;
    assert_int_not_equal(*at, '|');
    free(page);
}

/* Tests are named as [file](path): name, name. */
static void each_test_it_names_is_there(void **state)
{
    (void)state;
    char *page = read_file("docs/limits.md");
    unsigned named = 0;
    for (char *at = page; (at = strstr(at, "](../tests/")) != NULL;) {
        char path[128];
        at += strlen("](../");
        const size_t n = strcspn(at, ")");
        assert_true(n < sizeof path);
        memcpy(path, at, n);
        path[n] = '\0';
        char *source = read_file(path);
        at += n + 1; /* behind the bracket */
        if (*at == ':')
            at++;
        while (*at == ' ' || *at == ',') {
            while (*at == ' ' || *at == ',')
                at++;
            char name[128];
            const size_t k = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
            if (k == 0)
                break;
            snprintf(name, sizeof name, "cmocka_unit_test(%.*s)", (int)k, at);
            if (!strstr(source, name))
                fail_msg("%s has no %s", path, name);
            named++;
            at += k;
        }
        free(source);
    }
    assert_true(named > 25);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_on_the_page),
        cmocka_unit_test(each_test_it_names_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
