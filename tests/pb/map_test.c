/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map_test.c: maps decoded, built by hand, looked up, changed; with an index and without.
 */
#include "pb/wire_bytes.h"
#include "support/seed.h"

#include <stdlib.h>

static tern_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_arena_free(arena);
    return 0;
}

static pbtest_EnumEntry *get(const pbtest_EnumEntry_map *map, uint64_t key)
{
    return tern_pb_map_get(&pbtest_EnumEntry_table, map, &key);
}

static pbtest_EnumEntry *put(pbtest_EnumEntry_map *map, uint64_t key)
{
    return tern_pb_map_put(&pbtest_EnumEntry_table, map, &key, arena);
}

static bool drop(pbtest_EnumEntry_map *map, uint64_t key)
{
    return tern_pb_map_delete(&pbtest_EnumEntry_table, map, &key);
}

static void test_the_last_of_a_key_wins(void **state)
{
    (void)state;
    const pbtest_All *m = decode_all(WIRE("\xaa\x06\x06\x0a\x01k\x12\x01"
                                          "a"
                                          "\xaa\x06\x06\x0a\x01j\x12\x01"
                                          "b"
                                          "\xaa\x06\x06\x0a\x01k\x12\x01"
                                          "c"),
                                     arena);
    assert_int_equal(m->m_string.n, 2);
    assert_string_equal(m->m_string.p[0].key.p, "k");
    assert_string_equal(m->m_string.p[0].value.p, "c");
    assert_string_equal(m->m_string.p[1].value.p, "b");
    /* A message value is replaced, not merged; within one entry it is merged. */
    m = decode_all(WIRE("\xb2\x06\x06\x08\x01\x12\x02\x08\x05"
                        "\xb2\x06\x0b\x08\x01\x12\x02\x08\x06\x12\x03\x12\x01x"
                        "\xb2\x06\x07\x08\x01\x12\x03\x12\x01y"),
                   arena);
    assert_int_equal(m->m_message.n, 1);
    assert_int_equal(m->m_message.p[0].value->a, 0);
    assert_string_equal(m->m_message.p[0].value->b.p, "y");
    m = decode_all(WIRE("\xb2\x06\x0b\x08\x01\x12\x02\x08\x06\x12\x03\x12\x01x"), arena);
    assert_int_equal(m->m_message.p[0].value->a, 6);
    assert_string_equal(m->m_message.p[0].value->b.p, "x");
}

static void test_what_is_missing_has_its_default(void **state)
{
    (void)state;
    const pbtest_All *m = decode_all(WIRE("\xaa\x06\x00\xb2\x06\x00\xba\x06\x00\xc2\x06\x00"
                                          "\xb2\x06\x02\x08\x07\xaa\x06\x03\x12\x01v"),
                                     arena);
    assert_int_equal(m->m_string.n, 1); /* the empty key twice */
    assert_string_equal(m->m_string.p[0].key.p, "");
    assert_string_equal(m->m_string.p[0].value.p, "v");
    assert_int_equal(m->m_message.n, 2);
    assert_int_equal(m->m_message.p[0].key, 0);
    assert_non_null(m->m_message.p[0].value);
    assert_non_null(m->m_message.p[1].value);
    assert_int_equal(m->m_bool.n, 1);
    assert_non_null(m->m_bytes.p[0].value.p);
    /* Value before key is legal. */
    m = decode_all(WIRE("\xba\x06\x04\x10\x05\x08\x01"), arena);
    assert_true(m->m_bool.p[0].key && m->m_bool.p[0].value == 5);
}

static void test_both_parts_are_always_written(void **state)
{
    (void)state;
    pbtest_StringEntry strings[] = { { .key = TERN_STR("") } };
    pbtest_MessageEntry messages[] = { { .key = 0, .value = NULL } };
    const pbtest_All m = { .m_string = { .p = strings, .n = 1 },
                           .m_message = { .p = messages, .n = 1 } };
    const tern_bytes out = encode_all(&m, arena);
    assert_int_equal(out.n, 14);
    assert_memory_equal(out.p, "\xaa\x06\x04\x0a\x00\x12\x00\xb2\x06\x04\x08\x00\x12\x00", 14);
}

static void test_a_literal_is_scanned_and_copied_by_put(void **state)
{
    (void)state;
    static pbtest_EnumEntry entries[20];
    for (size_t i = 0; i < 20; i++)
        entries[i] = (pbtest_EnumEntry){ .key = i * 7, .value = (int32_t)i };
    pbtest_EnumEntry_map map = { .p = entries, .n = 20 };
    assert_ptr_equal(get(&map, 133), &entries[19]);
    assert_null(get(&map, 1));
    pbtest_EnumEntry *e = put(&map, 1);
    assert_non_null(e);
    assert_int_equal(e->key, 1);
    assert_int_equal(e->value, 0);
    assert_ptr_not_equal(map.p, entries);
    assert_int_equal(map.n, 21);
    assert_ptr_equal(put(&map, 133), get(&map, 133));
    assert_int_equal(get(&map, 133)->value, 19);
    assert_int_equal(map.n, 21);
}

static void test_entries_added_by_hand_are_found(void **state)
{
    (void)state;
    pbtest_EnumEntry_map map = { .p = NULL };
    for (uint64_t i = 0; i < 30; i++)
        assert_non_null(put(&map, i));
    assert_non_null(map.index_);
    assert_true(map.n < map.cap);
    map.p[map.n++] = (pbtest_EnumEntry){ .key = 1000, .value = 1 };
    assert_non_null(get(&map, 1000));
    assert_non_null(get(&map, 29));
    assert_true(drop(&map, 1000));
    assert_null(get(&map, 1000));
    assert_non_null(put(&map, 1001));
    assert_non_null(get(&map, 1001));
    assert_non_null(get(&map, 29));
    /* Twice in an array: the first is found, by scan and by index. */
    map.p[map.n++] = (pbtest_EnumEntry){ .key = 5, .value = 99 };
    assert_int_equal(get(&map, 5)->value, 0);
    assert_non_null(put(&map, 1002));
    assert_int_equal(get(&map, 5)->value, 0);
}

/* Against a plain array: put, get and delete in random order. */
static void test_as_a_model(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    tn_seed seed = { .state = 42 };
    bool there[KEYS] = { false };
    int32_t values[KEYS] = { 0 };
    size_t n = 0;
    pbtest_EnumEntry_map map = { .p = NULL };
    for (int32_t round = 0; round < 60000; round++) {
        const uint32_t k = tn_seed_below(&seed, KEYS);
        const uint64_t key = (uint64_t)k << 32 | k;
        /* Waves: now more puts, now more deletes. */
        if (tn_seed_below(&seed, 8) < (round / 10000 % 2 ? 3 : 5)) {
            pbtest_EnumEntry *e = put(&map, key);
            assert_int_equal(e->value, values[k]);
            n += !there[k];
            there[k] = true;
            e->value = values[k] = round + 1;
        } else {
            assert_int_equal(drop(&map, key), there[k]);
            n -= there[k];
            there[k] = false;
            values[k] = 0;
        }
        assert_int_equal(map.n, n);
        const uint32_t other = tn_seed_below(&seed, KEYS);
        const pbtest_EnumEntry *e = get(&map, (uint64_t)other << 32 | other);
        assert_int_equal(e != NULL, there[other]);
        if (e)
            assert_int_equal(e->value, values[other]);
    }
}

/* Keys that fall into one slot of any table that hashes by their low bits. */
static void test_no_flood(void **state)
{
    (void)state;
    enum { KEYS = 60000 };
    static uint8_t bytes[KEYS * 20];
    wire *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    size_t n = 0;
    for (uint64_t i = 0; i < KEYS; i++) {
        w->n = 0;
        put_tag(w, 1, 0);
        put_varint(w, i << 40);
        wrap(w, 106);
        memcpy(bytes + n, w->p, w->n);
        n += w->n;
    }
    free(w);
    const pbtest_All *m = decode_all((tern_bytes){ bytes, n }, arena);
    assert_int_equal(m->m_enum.n, KEYS);
    for (uint64_t i = 0; i < KEYS; i++)
        assert_ptr_equal(get(&m->m_enum, i << 40), &m->m_enum.p[i]);
    /* The same again, into the same map: nothing is added. */
    tern_error err;
    assert_int_equal(decode_as(&pbtest_All_table, (void *)(uintptr_t)m, (tern_bytes){ bytes, n },
                               arena, NULL, &err),
                     TERN_OK);
    assert_int_equal(m->m_enum.n, KEYS);
}

static void test_key_types(void **state)
{
    (void)state;
    pbtest_All *m = decode_all((tern_bytes){ NULL, 0 }, arena);
    for (int i = 0; i < 2; i++) {
        const bool yes = i != 0;
        assert_non_null(tern_pb_map_put(&pbtest_BoolEntry_table, &m->m_bool, &yes, arena));
    }
    for (int64_t i = -50; i < 50; i++) {
        pbtest_BytesEntry *e = tern_pb_map_put(&pbtest_BytesEntry_table, &m->m_bytes, &i, arena);
        assert_non_null(e);
        e->value = (tern_bytes){ (const uint8_t *)"x", 1 };
        const tern_str key = tern_arena_printf(arena, "k%d", (int)i);
        pbtest_StringEntry *s =
            tern_pb_map_put(&pbtest_StringEntry_table, &m->m_string, &key, arena);
        assert_non_null(s);
        assert_ptr_equal(s->key.p, key.p);
        s->value = key;
    }
    const pbtest_All *copy = decode_all(encode_all(m, arena), arena);
    assert_int_equal(copy->m_bool.n, 2);
    assert_int_equal(copy->m_bytes.n, 100);
    assert_int_equal(copy->m_string.n, 100);
    for (int i = -50; i < 50; i++) {
        const tern_str key = tern_arena_printf(arena, "k%d", i);
        const pbtest_StringEntry *s =
            tern_pb_map_get(&pbtest_StringEntry_table, &copy->m_string, &key);
        assert_true(s && tern_str_equal(s->value, key));
    }
    tern_pb_clear(&pbtest_All_table, m, 101);
    assert_false(tern_pb_has(&pbtest_All_table, m, 101));
    const tern_str key = TERN_STR("k1");
    assert_null(tern_pb_map_get(&pbtest_StringEntry_table, &m->m_string, &key));
    assert_non_null(tern_pb_map_put(&pbtest_StringEntry_table, &m->m_string, &key, arena));
}

static void count_draws(void *user, void *p, size_t n)
{
    memset(p, 0x5a, n);
    ++*(unsigned *)user;
}

/* Entropy is a system call: one decode draws once, whatever number of maps wants an index. */
static void test_one_seed_a_decode(void **state)
{
    (void)state;
    pbtest_All m = { .tag3 = 0 };
    for (uint32_t i = 0; i < 20; i++) {
        assert_non_null(put(&m.m_enum, i));
        assert_non_null(tern_pb_map_put(&pbtest_FixedEntry_table, &m.m_fixed, &i, arena));
    }
    const tern_bytes in = encode_all(&m, arena);
    unsigned draws = 0;
    const tern_env env = { .size = sizeof(env), .user = &draws, .entropy = count_draws };
    tern_arena *own = tern_arena_new(&env);
    assert_non_null(own);
    const pbtest_All *back = decode_all(in, own);
    assert_int_equal(back->m_fixed.n, 20);
    assert_non_null(get(&back->m_enum, 19));
    assert_int_equal(draws, 1);
    tern_arena_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_of_a_key_wins),
        cmocka_unit_test(test_what_is_missing_has_its_default),
        cmocka_unit_test(test_both_parts_are_always_written),
        cmocka_unit_test(test_a_literal_is_scanned_and_copied_by_put),
        cmocka_unit_test(test_entries_added_by_hand_are_found),
        cmocka_unit_test(test_as_a_model),
        cmocka_unit_test(test_no_flood),
        cmocka_unit_test(test_one_seed_a_decode),
        cmocka_unit_test(test_key_types),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
