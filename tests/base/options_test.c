/* SPDX-License-Identifier: Apache-2.0 */
/* options_test.c: option structs of other versions: shorter, longer, and nonsense. */
#include "base/options.h"
#include "support/guard.h"
#include "support/test.h"

typedef struct opts {
    size_t size;
    uint32_t a, b;
} opts;

static void test_null_means_all_defaults(void **state)
{
    (void)state;
    opts known;
    memset(&known, 0xAA, sizeof known);
    assert_int_equal(tn_options_copy(&known, sizeof known, NULL, "opts", NULL), TERN_OK);
    assert_int_equal(known.a, 0);
    assert_int_equal(known.b, 0);
}

/* The caller's struct is read to its own end and no further. */
static tern_code copy(opts *known, const void *given, size_t n, tern_error *err)
{
    uint8_t *guarded = tn_guard_copy(given, n);
    memset(known, 0xAA, sizeof *known);
    tern_error_clear(err);
    const tern_code code = tn_options_copy(known, sizeof *known, guarded, "opts", err);
    tn_guard_free(guarded, n);
    return code;
}

static void test_shorter_and_longer_structs(void **state)
{
    (void)state;
    tern_error err;
    opts known;
    struct {
        opts o;
        uint64_t more[4];
    } given = { .o = { .a = 1, .b = 2 } };
    for (size_t n = sizeof(size_t); n <= sizeof given; n++) {
        given.o.size = n;
        assert_int_equal(copy(&known, &given, n, &err), TERN_OK);
        assert_int_equal(known.a, n >= offsetof(opts, b) ? 1 : known.a);
        assert_int_equal(known.b, n >= sizeof(opts) ? 2 : known.b);
        if (n == sizeof(size_t))
            assert_int_equal(known.a, 0);
    }
    for (size_t i = 0; i < sizeof given.more; i++) {
        memset(given.more, 0, sizeof given.more);
        ((uint8_t *)given.more)[i] = 1;
        assert_int_equal(copy(&known, &given, sizeof given, &err), TERN_INVALID_ARGUMENT);
        assert_non_null(strstr(err.text, "opts"));
        assert_non_null(strstr(err.text, TERN_VERSION));
    }
}

static void test_a_size_that_is_none(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, sizeof(size_t) - 1, 4097, SIZE_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tern_error err;
        opts known;
        assert_int_equal(copy(&known, &sizes[i], sizeof sizes[i], &err), TERN_INVALID_ARGUMENT);
        assert_non_null(strstr(err.text, "size"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_means_all_defaults),
        cmocka_unit_test(test_shorter_and_longer_structs),
        cmocka_unit_test(test_a_size_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
