/* SPDX-License-Identifier: Apache-2.0 */
/* error_test.c: the first cause stays, and a long text is cut between characters. */
#include "support/test.h"
#include "tern/error.h"
#include <errno.h>

static tern_error fresh(void)
{
    tern_error err;
    memset(&err, 0xAA, sizeof(err));
    tern_error_clear(&err);
    return err;
}

static void clear_gives_the_error_free_value(void **state)
{
    (void)state;
    const tern_error err = fresh();
    assert_int_equal(err.code, TERN_OK);
    assert_int_equal(err.origin, TERN_ORIGIN_NONE);
    assert_int_equal(err.sys_errno, 0);
    assert_string_equal(err.text, "");
    for (size_t i = 0; i < sizeof(err.reserved) / sizeof(err.reserved[0]); i++)
        assert_int_equal(err.reserved[i], 0);
    tern_error_clear(NULL);
}

static void set_fills_all_and_returns_the_code(void **state)
{
    (void)state;
    tern_error err = fresh();
    assert_int_equal(tern_error_set(&err, TERN_NOT_FOUND, TERN_ORIGIN_PEER, "no %s %d", "thing", 7),
                     TERN_NOT_FOUND);
    assert_int_equal(err.code, TERN_NOT_FOUND);
    assert_int_equal(err.origin, TERN_ORIGIN_PEER);
    assert_string_equal(err.text, "no thing 7");
}

static void the_first_cause_wins(void **state)
{
    (void)state;
    tern_error err = fresh();
    tern_error_set(&err, TERN_UNAVAILABLE, TERN_ORIGIN_NET, "first");
    assert_int_equal(tern_error_set(&err, TERN_INTERNAL, TERN_ORIGIN_LOCAL, "second"),
                     TERN_INTERNAL);
    assert_int_equal(tern_error_set_errno(&err, TERN_ABORTED, TERN_ORIGIN_LOCAL, ENOENT, "third"),
                     TERN_ABORTED);
    assert_int_equal(err.code, TERN_UNAVAILABLE);
    assert_int_equal(err.origin, TERN_ORIGIN_NET);
    assert_int_equal(err.sys_errno, 0);
    assert_string_equal(err.text, "first");
}

static void nobody_need_listen(void **state)
{
    (void)state;
    assert_int_equal(tern_error_set(NULL, TERN_INTERNAL, TERN_ORIGIN_LOCAL, "x"), TERN_INTERNAL);
    assert_int_equal(tern_error_set_errno(NULL, TERN_INTERNAL, TERN_ORIGIN_LOCAL, EPERM, "x"),
                     TERN_INTERNAL);
}

/* `filler` bytes of ASCII, then four-byte characters past any end. */
static void fill_up(char *text, size_t size, size_t filler)
{
    memset(text, 'a', filler);
    size_t n = filler;
    for (; n + 4 < size; n += 4)
        memcpy(text + n, "\xF0\x9F\x90\xA6", 4);
    text[n] = '\0';
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    for (size_t filler = 0; filler < 4; filler++) {
        char text[1000];
        fill_up(text, sizeof(text), filler);
        tern_error err = fresh();
        tern_error_set(&err, TERN_INTERNAL, TERN_ORIGIN_LOCAL, "%s", text);
        const size_t n = strlen(err.text);
        assert_true(n < sizeof(err.text) && n + 4 >= sizeof(err.text));
        assert_int_equal((n - filler) % 4, 0);
        assert_memory_equal(err.text, text, n);
    }
}

static void a_text_that_just_fits_is_whole(void **state)
{
    (void)state;
    tern_error err = fresh();
    char text[sizeof(err.text)];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    tern_error_set(&err, TERN_INTERNAL, TERN_ORIGIN_LOCAL, "%s", text);
    assert_string_equal(err.text, text);
}

static void errno_comes_in_words(void **state)
{
    (void)state;
    tern_error err = fresh();
    tern_error_set_errno(&err, TERN_UNAVAILABLE, TERN_ORIGIN_NET, ECONNREFUSED, "connect %s",
                         "[::1]:1");
    assert_int_equal(err.sys_errno, ECONNREFUSED);
    char want[256] = "connect [::1]:1: ";
    strncat(want, strerror(ECONNREFUSED), sizeof(want) - strlen(want) - 1);
    assert_string_equal(err.text, want);
}

static void errno_words_survive_a_long_text(void **state)
{
    (void)state;
    char text[1000];
    fill_up(text, sizeof(text), 1);
    tern_error err = fresh();
    tern_error_set_errno(&err, TERN_UNAVAILABLE, TERN_ORIGIN_NET, ENOENT, "%s", text);
    const char *words = strerror(ENOENT);
    const size_t n = strlen(err.text);
    assert_true(n < sizeof(err.text));
    assert_string_equal(err.text + n - strlen(words), words);
    const size_t kept = n - strlen(words) - 2;
    assert_int_equal((kept - 1) % 4, 0);
    assert_memory_equal(err.text, text, kept);
}

static void an_errno_without_words_is_a_number(void **state)
{
    (void)state;
    tern_error err = fresh();
    tern_error_set_errno(&err, TERN_INTERNAL, TERN_ORIGIN_LOCAL, 98765, "odd");
    assert_int_equal(err.sys_errno, 98765);
    assert_non_null(strstr(err.text, "98765"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_gives_the_error_free_value),
        cmocka_unit_test(set_fills_all_and_returns_the_code),
        cmocka_unit_test(the_first_cause_wins),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(a_text_that_just_fits_is_whole),
        cmocka_unit_test(errno_comes_in_words),
        cmocka_unit_test(errno_words_survive_a_long_text),
        cmocka_unit_test(an_errno_without_words_is_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
