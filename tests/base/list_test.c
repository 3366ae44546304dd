/* SPDX-License-Identifier: Apache-2.0 */
/* list_test.c: order, and removal that may come twice. */
#include "base/assert.h"
#include "base/list.h"
#include "support/test.h"
#include "tern/str.h"

typedef struct item {
    int value;
    tn_list link;
} item;

static void expect(const tn_list *head, const int *values, size_t n)
{
    const tn_list *at = head->next;
    for (size_t i = 0; i < n; i++, at = at->next) {
        assert_ptr_not_equal(at, head);
        assert_int_equal(TN_CONTAINER(at, const item, link)->value, values[i]);
        assert_ptr_equal(at->prev->next, at);
    }
    assert_ptr_equal(at, head);
}

static void nodes_stand_in_the_order_they_came(void **state)
{
    (void)state;
    tn_list head;
    tn_list_init(&head);
    assert_true(tn_list_empty(&head));
    item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };
    tn_list_push(&head, &a.link);
    tn_list_push(&head, &b.link);
    tn_list_push(&head, &c.link);
    assert_false(tn_list_empty(&head));
    expect(&head, (const int[]){ 1, 2, 3 }, 3);

    tn_list_remove(&b.link);
    tn_list_remove(&b.link);
    expect(&head, (const int[]){ 1, 3 }, 2);
    tn_list_push(&head, &b.link);
    expect(&head, (const int[]){ 1, 3, 2 }, 3);
    tn_list_remove(&a.link);
    tn_list_remove(&b.link);
    tn_list_remove(&c.link);
    assert_true(tn_list_empty(&head));
}

static void a_str_knows_when_it_is_a_c_string(void **state)
{
    (void)state;
    static const char text[] = "two\0parts";
    assert_string_equal(tern_str_cstr(TERN_STR("x")), "x");
    assert_null(tern_str_cstr((tern_str){ 0 }));
    assert_null(tern_str_cstr((tern_str){ text, 9 }));
    assert_null(tern_str_cstr((tern_str){ text, 2 }));
    assert_ptr_equal(tern_str_cstr((tern_str){ text, 3 }), text);
    assert_true(tern_str_equal(TERN_STR(""), (tern_str){ 0 }));
    assert_false(tern_str_equal(TERN_STR("a"), TERN_STR("b")));
    assert_null(tern_str_of(NULL).p);
    assert_int_equal(tern_str_of("four").n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_stand_in_the_order_they_came),
        cmocka_unit_test(a_str_knows_when_it_is_a_c_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
