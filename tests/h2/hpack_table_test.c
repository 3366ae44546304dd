/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_table_test.c: the dynamic table against a plain model of RFC 7541 section 4, through wraps,
 * growth, size changes, held bytes and refused memory.
 */
#include "h2/hpack_table.h"
#include "support/fail.h"
#include "support/seed.h"
#include "support/test.h"

enum { MODEL = 256, TEXT = 5000 };

typedef struct model {
    struct {
        uint32_t name_n, value_n;
        uint8_t fill, token;
    } entries[MODEL]; /* the newest first */
    uint32_t count, used, max;
} model;

static void model_evict(model *m, uint32_t to)
{
    while (m->used > to) {
        m->count--;
        m->used -= m->entries[m->count].name_n + m->entries[m->count].value_n + 32;
    }
}

static void model_insert(model *m, uint32_t name_n, uint32_t value_n, uint8_t fill)
{
    const uint32_t size = name_n + value_n + 32;
    if (size > m->max) {
        model_evict(m, 0);
        return;
    }
    model_evict(m, m->max - size);
    memmove(&m->entries[1], &m->entries[0], m->count * sizeof(m->entries[0]));
    m->entries[0].name_n = name_n;
    m->entries[0].value_n = value_n;
    m->entries[0].fill = fill;
    m->entries[0].token = (uint8_t)(fill ^ 1);
    m->count++;
    m->used += size;
}

static bool filled(tern_str s, uint8_t fill)
{
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] != fill)
            return false;
    return true;
}

static void same(const tn_hpack_table *t, const model *m)
{
    assert_int_equal(t->count, m->count);
    assert_int_equal(t->used, m->used);
    for (uint32_t i = 0; i < t->count; i++) {
        const tn_h2_field f = tn_hpack_table_field(t, tn_hpack_table_entry(t, i));
        assert_int_equal(f.name.n, m->entries[i].name_n);
        assert_int_equal(f.value.n, m->entries[i].value_n);
        assert_int_equal(f.token, m->entries[i].token);
        assert_true(filled(f.name, m->entries[i].fill));
        assert_true(filled(f.value, (uint8_t)~m->entries[i].fill));
    }
}

/* The field's strings, in buffers of the caller. */
static tn_h2_field field(char *name, char *value, uint32_t name_n, uint32_t value_n, uint8_t fill)
{
    memset(name, fill, name_n);
    memset(value, (uint8_t)~fill, value_n);
    return (tn_h2_field){ .name = { name, name_n },
                          .value = { value, value_n },
                          .token = (uint8_t)(fill ^ 1) };
}

static uint32_t some_length(tn_seed *seed)
{
    switch (tn_seed_below(seed, 8)) {
    case 0: return 0;
    case 1: return tn_seed_below(seed, 2500);
    default: return tn_seed_below(seed, 60);
    }
}

static void agrees_with_the_model(void **state)
{
    (void)state;
    static char name[TEXT], value[TEXT];
    for (uint64_t s = 0; s < 40; s++) {
        tn_seed seed = { s };
        model m = { .max = 4096 };
        tn_failing_env f;
        tn_failing_env_init(&f);
        tn_hpack_table t;
        tn_hpack_table_init(&t, &f.env, 4096);
        for (int i = 0; i < 400; i++) {
            if (tn_seed_below(&seed, 60) == 0) {
                static const uint32_t sizes[] = { 0, 31, 32, 33, 100, 600, 4096 };
                m.max = sizes[tn_seed_below(&seed, 7)];
                model_evict(&m, m.max);
                tn_hpack_table_set_max(&t, m.max);
            }
            const uint32_t n = some_length(&seed), v = some_length(&seed);
            const tn_h2_field x = field(name, value, n, v, (uint8_t)i);
            const tn_hpack_insert r = tn_hpack_table_insert(&t, &x, NULL);
            assert_int_equal(r, n + v + 32 > m.max ? TN_HPACK_CLEARED : TN_HPACK_INSERTED);
            model_insert(&m, n, v, (uint8_t)i);
            same(&t, &m);
            assert_true(f.live_bytes <= 4096 + 128 * sizeof(tn_hpack_entry) + 64);
        }
        tn_hpack_table_free(&t);
        assert_int_equal(f.live_blocks, 0);
    }
}

/* Fields taken while hold is set stay as they were, whatever is inserted after, named by themselves. */
static void held_bytes_outlive_eviction(void **state)
{
    (void)state;
    static char name[TEXT], value[TEXT];
    for (uint64_t s = 0; s < 60; s++) {
        tn_seed seed = { s };
        tn_failing_env f;
        tn_failing_env_init(&f);
        tn_hpack_table t;
        tn_hpack_table_init(&t, &f.env, 4096);
        for (int i = 0; i < 60; i++) {
            const tn_h2_field x =
                field(name, value, tn_seed_below(&seed, 90), tn_seed_below(&seed, 90), (uint8_t)i);
            assert_int_equal(tn_hpack_table_insert(&t, &x, NULL), TN_HPACK_INSERTED);
        }
        tn_h2_field kept[60];
        const uint32_t n = t.count;
        for (uint32_t i = 0; i < n; i++)
            kept[i] = tn_hpack_table_field(&t, tn_hpack_table_entry(&t, i));
        t.hold = true;
        tn_hpack_chunk *all = NULL;
        for (int i = 0; i < 200; i++) {
            tn_h2_field x = field(name, value, 5, some_length(&seed), (uint8_t)(100 + i % 100));
            x.name = kept[tn_seed_below(&seed, n)].name; /* maybe of an entry that this evicts */
            tn_hpack_chunk *retired = NULL;
            assert_int_not_equal(tn_hpack_table_insert(&t, &x, &retired),
                                 TN_HPACK_INSERT_NO_MEMORY);
            if (retired) {
                retired->next = all;
                all = retired;
            }
            if (t.count) {
                const tn_h2_field got = tn_hpack_table_field(&t, tn_hpack_table_entry(&t, 0));
                assert_true(tern_str_equal(got.name, x.name));
                assert_true(tern_str_equal(got.value, x.value));
            }
        }
        for (uint32_t i = 0; i < n; i++) {
            assert_true(filled(kept[i].name, (uint8_t)(59 - i)));
            assert_true(filled(kept[i].value, (uint8_t) ~(59 - i)));
        }
        while (all) {
            tn_hpack_chunk *next = all->next;
            tn_hpack_chunk_free(&f.env, all);
            all = next;
        }
        tn_hpack_table_free(&t);
        assert_int_equal(f.live_blocks, 0);
    }
}

/* An insert without memory leaves the table as it was. */
static bool inserts(tn_failing_env *f, void *user)
{
    (void)user;
    static char name[TEXT], value[TEXT];
    tn_seed seed = { 5 };
    model m = { .max = 4096 };
    tn_hpack_table t;
    bool ok = true;
    tn_hpack_table_init(&t, &f->env, 4096);
    for (int i = 0; i < 150; i++) {
        const uint32_t n = some_length(&seed), v = some_length(&seed);
        const tn_h2_field x = field(name, value, n, v, (uint8_t)i);
        if (tn_hpack_table_insert(&t, &x, NULL) == TN_HPACK_INSERT_NO_MEMORY)
            ok = false;
        else
            model_insert(&m, n, v, (uint8_t)i);
        same(&t, &m);
    }
    tn_hpack_table_free(&t);
    return ok;
}

static void a_refused_allocation_changes_nothing(void **state)
{
    (void)state;
    assert_true(tn_fail_each(inserts, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_model),
        cmocka_unit_test(held_bytes_outlive_eviction),
        cmocka_unit_test(a_refused_allocation_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
