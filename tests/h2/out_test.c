/* SPDX-License-Identifier: Apache-2.0 */
/* out_test.c: own bytes and slices of chunks come out as one run, however they are taken. */
#include "h2/out.h"
#include "support/fail.h"
#include "support/seed.h"

/* Random puts and takes beside a plain copy of what should be there. */
static void as_one_run(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tn_h2_out o;
    tn_h2_out_init(&o, &f.env);
    tn_seed seed = { 11 };
    static uint8_t model[1 << 20];
    size_t head = 0, tail = 0;
    for (int step = 0; step < 4000; step++) {
        const uint32_t what = tn_seed_below(&seed, 3);
        const size_t n = 1 + tn_seed_below(&seed, 100);
        if (what == 0) {
            uint8_t *p = tn_h2_out_room(&o, n);
            tn_seed_fill(&seed, p, n);
            memcpy(model + tail, p, n);
            tn_buf_wrote(&o.own, n);
            tail += n;
        } else if (what == 1) {
            tn_chunk *chunk = tn_chunk_new(&f.env, 3, n);
            chunk->n = n;
            tn_seed_fill(&seed, tn_chunk_bytes(chunk), n);
            assert_true(tn_h2_out_reserve_refs(&o, 1));
            tn_h2_out_ref(&o, chunk, tn_chunk_bytes(chunk), n);
            memcpy(model + tail, tn_chunk_bytes(chunk), n);
            tail += n;
            tn_chunk_unref(chunk);
        } else {
            tern_bytes slices[4];
            const size_t count = tn_h2_out_slices(&o, slices, 1 + tn_seed_below(&seed, 4));
            size_t at = head;
            for (size_t i = 0; i < count; i++) {
                assert_true(slices[i].n > 0);
                assert_memory_equal(slices[i].p, model + at, slices[i].n);
                at += slices[i].n;
            }
            const size_t take = tn_seed_below(&seed, (uint32_t)(at - head) + 1);
            tn_h2_out_take(&o, take);
            head += take;
        }
        assert_int_equal(tn_h2_out_bytes(&o), tail - head);
    }
    assert_true(o.taken == head);
    tn_h2_out_trim(&o); /* not empty: nothing happens */
    assert_int_equal(tn_h2_out_bytes(&o), tail - head);
    tn_h2_out_take(&o, tail - head);
    assert_int_equal(tn_h2_out_slices(&o, (tern_bytes[1]){ { 0 } }, 1), 0);
    tn_h2_out_trim(&o);
    assert_int_equal(f.live_blocks, 0);
    tn_h2_out_free(&o);
}

static bool fill(tn_failing_env *f, void *user)
{
    (void)user;
    tn_h2_out o;
    tn_h2_out_init(&o, &f->env);
    bool ok = true;
    for (int i = 0; i < 40; i++) {
        tn_chunk *chunk = tn_chunk_new(&f->env, 0, 10);
        uint8_t *p = tn_h2_out_room(&o, 50);
        if (p)
            tn_buf_wrote(&o.own, 50);
        if (chunk && tn_h2_out_reserve_refs(&o, 1))
            tn_h2_out_ref(&o, chunk, chunk->data, 10);
        else
            ok = false;
        ok = ok && p;
        tn_chunk_unref(chunk);
    }
    tn_h2_out_free(&o);
    return ok;
}

static void no_memory(void **state)
{
    (void)state;
    assert_true(tn_fail_each(fill, NULL) > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_one_run),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
