/* SPDX-License-Identifier: Apache-2.0 */
/* chunk_test.c: references end exactly once, on any thread; queues keep order and count. */
#include "base/chunk.h"
#include "support/fail.h"
#include <pthread.h>

static tn_chunk *chunk_of(const tern_env *env, const char *text)
{
    tn_chunk *c = tn_chunk_new(env, 9, strlen(text));
    assert_non_null(c);
    memcpy(tn_chunk_bytes(c), text, strlen(text));
    c->n = strlen(text);
    return c;
}

static void a_new_chunk_has_room_behind_its_headroom(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_chunk *c = tn_chunk_new(&f.env, 14, 100);
    assert_int_equal(c->off, 14);
    assert_int_equal(c->n, 0);
    assert_int_equal(c->cap, 114);
    memset(tn_chunk_bytes(c), 1, 100);
    c->n = 100;
    uint8_t *front = tn_chunk_prepend(c, 5);
    assert_ptr_equal(front, tn_chunk_bytes(c));
    assert_int_equal(c->n, 105);
    assert_int_equal(front[5], 1);
    tn_chunk_prepend(c, 9);
    assert_int_equal(c->off, 0);
    assert_int_equal(c->n, 114);
    tn_chunk_unref(c);
    tn_chunk_unref(NULL);
    assert_int_equal(f.live_blocks, 0);

    c = tn_chunk_new(&f.env, 0, 0);
    assert_non_null(c);
    tn_chunk_unref(c);
    assert_int_equal(f.live_blocks, 0);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    const tern_env *env = tn_env_of(NULL);
    assert_null(tn_chunk_new(env, 0, SIZE_MAX));
    assert_null(tn_chunk_new(env, SIZE_MAX, 0));
    assert_null(tn_chunk_new(env, SIZE_MAX / 2, SIZE_MAX / 2));
    assert_null(tn_chunk_new(env, 1, SIZE_MAX - sizeof(tn_chunk)));
}

static void the_last_reference_frees(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_chunk *c = chunk_of(&f.env, "x");
    assert_ptr_equal(tn_chunk_ref(c), c);
    tn_chunk_ref(c);
    tn_chunk_unref(c);
    tn_chunk_unref(c);
    assert_int_equal(f.live_blocks, 1);
    tn_chunk_unref(c);
    assert_int_equal(f.live_blocks, 0);
}

enum { THREADS = 4, TURNS = 20000 };

static void *ref_and_unref(void *arg)
{
    tn_chunk *c = arg;
    for (int i = 0; i < TURNS; i++) {
        tn_chunk_ref(c);
        tn_chunk_unref(c);
    }
    tn_chunk_unref(c);
    return NULL;
}

static void threads_may_share_a_chunk(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_chunk *c = chunk_of(&f.env, "shared");
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, ref_and_unref, tn_chunk_ref(c)), 0);
    tn_chunk_unref(c);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(f.live_blocks, 0);
}

static void a_queue_is_first_in_first_out(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_chunk_queue q = { 0 };
    assert_null(tn_chunk_queue_pop(&q));
    tn_chunk *a = chunk_of(&f.env, "a"), *b = chunk_of(&f.env, "bb"), *c = chunk_of(&f.env, "ccc");
    tn_chunk_queue_push(&q, a);
    tn_chunk_queue_push(&q, b);
    assert_int_equal(q.bytes, 3);
    assert_ptr_equal(tn_chunk_queue_pop(&q), a);
    assert_null(a->next);
    tn_chunk_queue_push(&q, c);
    assert_ptr_equal(tn_chunk_queue_pop(&q), b);
    assert_ptr_equal(tn_chunk_queue_pop(&q), c);
    assert_null(tn_chunk_queue_pop(&q));
    assert_int_equal(q.bytes, 0);
    tn_chunk_queue_push(&q, c);
    tn_chunk_queue_push(&q, a);
    tn_chunk_queue_push(&q, b);
    tn_chunk_queue_free(&q);
    assert_int_equal(q.bytes, 0);
    assert_null(q.first);
    assert_null(q.last);
    assert_int_equal(f.live_blocks, 0);
}

static void drop_takes_from_the_front(void **state)
{
    (void)state;
    static const char text[] = "onetwofour";
    for (size_t step = 1; step <= 10; step++) {
        tn_failing_env f;
        tn_failing_env_init(&f);
        tn_chunk_queue q = { 0 };
        tn_chunk_queue_push(&q, chunk_of(&f.env, "one"));
        tn_chunk_queue_push(&q, chunk_of(&f.env, ""));
        tn_chunk_queue_push(&q, chunk_of(&f.env, "two"));
        tn_chunk_queue_push(&q, chunk_of(&f.env, "four"));
        for (size_t at = 0; at < 10;) {
            assert_int_equal(q.bytes, 10 - at);
            const tn_chunk *first = q.first->n ? q.first : q.first->next;
            assert_memory_equal(first->data + first->off, text + at, first->n);
            const size_t n = step < 10 - at ? step : 10 - at;
            tn_chunk_queue_drop(&q, n);
            at += n;
        }
        assert_null(q.first);
        assert_null(q.last);
        assert_int_equal(q.bytes, 0);
        assert_int_equal(f.live_blocks, 0);
    }
}

static bool make_three(tn_failing_env *f, void *user)
{
    (void)user;
    tn_chunk_queue q = { 0 };
    bool ok = true;
    for (int i = 0; i < 3; i++) {
        tn_chunk *c = tn_chunk_new(&f->env, 5, 10);
        if (c)
            tn_chunk_queue_push(&q, c);
        ok = ok && c;
    }
    tn_chunk_queue_free(&q);
    return ok;
}

static void no_memory_gives_no_chunk(void **state)
{
    (void)state;
    assert_int_equal(tn_fail_each(make_three, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_chunk_has_room_behind_its_headroom),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(the_last_reference_frees),
        cmocka_unit_test(threads_may_share_a_chunk),
        cmocka_unit_test(a_queue_is_first_in_first_out),
        cmocka_unit_test(drop_takes_from_the_front),
        cmocka_unit_test(no_memory_gives_no_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
