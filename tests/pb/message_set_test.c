/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message_set_test.c: items of a MessageSet: in any order of their parts, known, unknown, nested, cut.
 */
#include "pb/two_check.h"
#include "support/guard.h"

static tern_arena *arena;
static tern_pb_registry *reg;

static int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    reg = two_registry(NULL);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tern_arena_free(arena);
    tern_pb_registry_free(reg);
    return 0;
}

#define TABLE         (&pbtest_Set_table)
#define KNOWING       TERN_PB_DECODE_OPTS(.registry = reg)
#define SET(literal)  ((pbtest_Set *)decode_new(TABLE, WIRE(literal), arena, KNOWING))
#define INNER(m)      (*(pbtest_Inner *const *)tern_pb_extension_get(&set_inner, m))
#define SAME(literal) check_encoding(TABLE, SET(literal), arena, WIRE(literal))

static void test_items(void **state)
{
    (void)state;
    /* Type 1000 is e8 07. */
    pbtest_Set *m = SET("\x0b\x10\xe8\x07\x1a\x02\x08\x05\x0c");
    assert_int_equal(INNER(m)->a, 5);
    assert_int_equal(unknown_of(TABLE, m, arena).n, 0);
    SAME("\x0b\x10\xe8\x07\x1a\x02\x08\x05\x0c");
    SAME("\x0b\x10\xe8\x07\x1a\x00\x0c");
    /* The message first, and a string at its end, whose terminator takes the byte behind it. */
    m = SET("\x0b\x1a\x04\x12\x02hi\x10\xe8\x07\x0c\x0b\x10\x05\x1a\x05\x33\x52\x01x\x34\x0c");
    assert_string_equal(INNER(m)->b.p, "hi");
    assert_string_equal((*(pbtest_Two *const *)tern_pb_extension_get(&set_two, m))->group->text.p,
                        "x");
    check_encoding(TABLE, m, arena,
                   WIRE("\x0b\x10\x05\x1a\x05\x33\x52\x01x\x34\x0c"
                        "\x0b\x10\xe8\x07\x1a\x04\x12\x02hi\x0c"));
    /* Two items of a type merge; in one item the first of each part counts. */
    m = SET("\x0b\x10\xe8\x07\x1a\x02\x08\x05\x0c\x0b\x10\xe8\x07\x1a\x03\x12\x01x\x0c");
    assert_int_equal(INNER(m)->a, 5);
    assert_string_equal(INNER(m)->b.p, "x");
    m = SET("\x0b\x10\xe8\x07\x10\x05\x1a\x02\x08\x05\x1a\x02\x08\x06\x0c");
    assert_int_equal(INNER(m)->a, 5);
    assert_false(tern_pb_extension_has(&set_two, m));
    /* As an extension of another message would come. */
    assert_int_equal(INNER(SET("\xc2\x3e\x02\x08\x05"))->a, 5);
    /* Other fields in an item are nothing. */
    m = SET("\x0b\x20\x01\x10\xe8\x07\x2b\x08\x01\x2c\x1a\x02\x08\x05\x32\x01z\x0c");
    assert_int_equal(INNER(m)->a, 5);
}

static void test_unknown_items_keep_their_bytes(void **state)
{
    (void)state;
    static const char *const kept[] = {
        "\x0b\x10\x63\x1a\x02\x08\x05\x0c", /* type 99 */
        "\x0b\x1a\x02\x08\x05\x10\x63\x0c", /* the other way about */
        "\x0b\x10\xe8\x07\x0c",             /* no message */
        "\x0b\x1a\x02\x08\x05\x0c",         /* no type */
        "\x0b\x0c",
        "\x0b\x10\x06\x1a\x02\x08\x05\x0c",                 /* a type that is no message's */
        "\x0b\x10\x80\x80\x80\x80\x10\x1a\x02\x08\x05\x0c", /* no number of a field */
        "\x08\x05",                                         /* no item */
    };
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const tern_bytes in = { (const uint8_t *)kept[i], strlen(kept[i]) };
        const void *m = decode_new(TABLE, in, arena, KNOWING);
        const tern_bytes unknown = unknown_of(TABLE, m, arena);
        assert_int_equal(unknown.n, in.n);
        assert_memory_equal(unknown.p, in.p, in.n);
        check_encoding(TABLE, m, arena, in);
    }
    /* Without a registry all are, and one may become a value later. */
    tern_error err;
    pbtest_Set *m = decode_new(
        TABLE, WIRE("\x0b\x10\x63\x1a\x01x\x0c\x0b\x10\xe8\x07\x1a\x02\x08\x05\x0c"), arena, NULL);
    assert_int_equal(tern_pb_extension_promote(&set_inner, m, arena, NULL, &err), TERN_OK);
    assert_int_equal(INNER(m)->a, 5);
    CHECK_UNKNOWN(TABLE, m, "\x0b\x10\x63\x1a\x01x\x0c");
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *p;
        size_t n;
        const char *words;
    } bad[] = {
        { "\x0b", 1, "the value ends beyond" },
        { "\x0b\x10\xe8\x07", 4, "the value ends beyond" },
        { "\x0b\x10\xe8\x07\x1a\x02\x08\x05", 8, "the value ends beyond" },
        { "\x0b\x10\xe8\x07\x1a\x05\x08\x05\x0c", 9, "the value ends beyond" },
        { "\x0b\x10\xe8\x07\x14", 5, "the end of a group that is not open" },
        { "\x0b\x10\xe8\x07\x1a\x02\x08\x05\x00\x0c", 10, "field number 0" },
        { "\x0b\x10\xe8\x07\x1a\x01\x08\x0c", 8, "pbtest.Inner.a: the value ends beyond" },
        { "\x0b\x0f\x0c", 3, "wire type" },
        { "\x0c", 1, "the end of a group that is not open" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t *edge = tn_guard_copy(bad[i].p, bad[i].n);
        refuse_as(TABLE, (tern_bytes){ edge, bad[i].n }, arena, KNOWING, TERN_INVALID_ARGUMENT,
                  bad[i].words);
        tn_guard_free(edge, bad[i].n);
    }
}

/* Puts what w holds into an item of that type. */
static void wrap_item(wire *w, uint32_t type)
{
    wire item = { .n = 0 };
    put_tag(&item, 1, 3);
    put_tag(&item, 2, 0);
    put_varint(&item, type);
    put_bytes(&item, 3, w->p, w->n);
    put_tag(&item, 1, 4);
    *w = item;
}

/* An item is a group with a message: two levels. */
static void test_depth(void **state)
{
    (void)state;
    wire w = { .n = 0 };
    for (int n = 1; n <= 50; n++) {
        wrap_item(&w, 4);
        check_encoding(TABLE, decode_new(TABLE, bytes_of(&w), arena, KNOWING), arena, bytes_of(&w));
    }
    wrap_item(&w, 4);
    refuse_as(TABLE, bytes_of(&w), arena, KNOWING, TERN_RESOURCE_EXHAUSTED, "nested deeper");
    while (w.n < 60000)
        wrap_item(&w, 4);
    refuse_as(TABLE, bytes_of(&w), arena, KNOWING, TERN_RESOURCE_EXHAUSTED, "nested deeper");
    pbtest_Set *m = tern_pb_new(TABLE, arena);
    *(pbtest_Set **)tern_pb_extension_put(&set_self, m, arena) = m;
    tern_error err;
    tern_bytes out;
    size_t size;
    assert_int_equal(tern_pb_encode(TABLE, m, arena, &out, &err), TERN_RESOURCE_EXHAUSTED);
    assert_int_equal(tern_pb_size(TABLE, m, &size, &err), TERN_RESOURCE_EXHAUSTED);
    assert_null(tern_pb_copy(TABLE, m, arena, &err));
    /* As deep as may be, then an extension, a group and a string inside. */
    w.n = 0;
    put_bytes(&w, 2, "hi", 2);
    wrap_item(&w, 1000);
    for (int n = 1; n < 50; n++)
        wrap_item(&w, 4);
    check_encoding(TABLE, decode_new(TABLE, bytes_of(&w), arena, KNOWING), arena, bytes_of(&w));
}

static void test_as_an_extension_of_another(void **state)
{
    (void)state;
    const tern_bytes in = WIRE("\x08\x01\xca\x1f\x09\x0b\x10\xe8\x07\x1a\x02\x08\x05\x0c");
    check_encoding(&pbtest_Extended_table, decode_new(&pbtest_Extended_table, in, arena, KNOWING),
                   arena, in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_unknown_items_keep_their_bytes),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_as_an_extension_of_another),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
