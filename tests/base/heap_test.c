/* SPDX-License-Identifier: Apache-2.0 */
/* heap_test.c: against a model that searches all nodes, over many random steps. */
#include "base/heap.h"
#include "support/fail.h"
#include "support/seed.h"

enum { NODES = 200, STEPS = 100000 };

static void check_places(const tn_heap *h)
{
    for (uint32_t i = 0; i < h->count; i++) {
        assert_int_equal(h->nodes[i]->place, i + 1);
        if (i)
            assert_true(h->nodes[(i - 1) / 4]->at <= h->nodes[i]->at);
    }
}

static void the_first_is_the_earliest_of_all(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_heap h = { .env = &f.env };
    static tn_heap_node node[NODES];
    memset(node, 0, sizeof(node));
    tn_seed seed = { 3 };
    uint32_t count = 0;
    for (int step = 0; step < STEPS; step++) {
        tn_heap_node *n = &node[tn_seed_below(&seed, NODES)];
        const uint32_t what = tn_seed_below(&seed, 8);
        if (what < 4) {
            count += n->place == 0;
            assert_true(tn_heap_put(&h, n, tn_seed_below(&seed, 1000)));
        } else if (what < 7) {
            count -= n->place != 0;
            tn_heap_remove(&h, n);
            assert_int_equal(n->place, 0);
        } else if (tn_heap_first(&h)) {
            count--;
            tn_heap_remove(&h, tn_heap_first(&h));
        }
        assert_int_equal(h.count, count);

        uint64_t earliest = UINT64_MAX;
        for (int i = 0; i < NODES; i++)
            if (node[i].place && node[i].at < earliest)
                earliest = node[i].at;
        const tn_heap_node *first = tn_heap_first(&h);
        if (first ? first->at != earliest : count != 0)
            fail_msg("step %d", step);
        if (step % 1000 == 0)
            check_places(&h);
    }
    tn_heap_free(&h);
    assert_int_equal(f.live_blocks, 0);
}

static void draining_sorts(void **state)
{
    (void)state;
    tn_heap h = { .env = tn_env_of(NULL) };
    static tn_heap_node node[3000];
    memset(node, 0, sizeof(node));
    tn_seed seed = { 4 };
    for (int i = 0; i < 3000; i++)
        assert_true(tn_heap_put(&h, &node[i], tn_seed_next(&seed)));
    check_places(&h);
    uint64_t last = 0;
    for (int i = 0; i < 3000; i++) {
        tn_heap_node *first = tn_heap_first(&h);
        assert_true(first->at >= last);
        last = first->at;
        tn_heap_remove(&h, first);
    }
    assert_null(tn_heap_first(&h));
    tn_heap_free(&h);
}

static void edges_of_time_are_times(void **state)
{
    (void)state;
    tn_heap h = { .env = tn_env_of(NULL) };
    tn_heap_node never = { 0 }, always = { 0 }, other = { 0 };
    assert_true(tn_heap_put(&h, &never, UINT64_MAX));
    assert_true(tn_heap_put(&h, &always, 0));
    assert_ptr_equal(tn_heap_first(&h), &always);
    tn_heap_remove(&h, &other);
    tn_heap_remove(&h, &always);
    tn_heap_remove(&h, &always);
    assert_ptr_equal(tn_heap_first(&h), &never);
    assert_true(tn_heap_put(&h, &never, 1));
    assert_int_equal(h.count, 1);
    tn_heap_remove(&h, &never);
    assert_null(tn_heap_first(&h));
    tn_heap_free(&h);
    tn_heap_free(&h);
}

static bool fill(tn_failing_env *f, void *user)
{
    (void)user;
    tn_heap h = { .env = &f->env };
    tn_heap_node node[100] = { { 0 } };
    bool ok = true;
    uint32_t in = 0;
    for (uint64_t i = 0; i < 100; i++) {
        const bool put = tn_heap_put(&h, &node[i], 100 - i);
        assert_true(put == (node[i].place != 0));
        in += put;
        ok = ok && put;
        /* A move needs no memory. */
        if (put)
            assert_true(tn_heap_put(&h, &node[i], 200 - i));
    }
    assert_int_equal(h.count, in);
    check_places(&h);
    tn_heap_free(&h);
    return ok;
}

static void no_memory_leaves_the_node_out(void **state)
{
    (void)state;
    assert_int_equal(tn_fail_each(fill, NULL), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_the_earliest_of_all),
        cmocka_unit_test(draining_sorts),
        cmocka_unit_test(edges_of_time_are_times),
        cmocka_unit_test(no_memory_leaves_the_node_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
