/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode_test.c: what the encoder writes, what it refuses, and where its bytes may go.
 */
#include "pb/wire_bytes.h"

#include "base/arena.h"
#include "pb/encode.h"

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

static void refuse_to_encode(const void *msg, tern_code code, const char *words)
{
    tern_error err;
    tern_bytes out = { NULL, 7 };
    const size_t size = tern_arena_size(arena), room = tn_arena_room(arena);
    assert_int_equal(tern_pb_encode(&pbtest_All_table, msg, arena, &out, &err), code);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_int_equal(out.n, 7);
    /* A failure takes nothing from the arena. */
    assert_int_equal(tern_arena_size(arena), size);
    assert_int_equal(tn_arena_room(arena), room);
}

static void test_absent_is_not_written(void **state)
{
    (void)state;
    const pbtest_All zero = { .i_string = TERN_STR(""), .e_int32 = 0 };
    tern_error err;
    tern_bytes out;
    assert_int_equal(tern_pb_encode(&pbtest_All_table, &zero, arena, &out, &err), TERN_OK);
    assert_int_equal(out.n, 0);
    assert_non_null(out.p);
    assert_int_equal(err.code, TERN_OK);
}

static void test_minus_zero_is_present(void **state)
{
    (void)state;
    const pbtest_All m = { .i_double = -0.0, .i_float = -0.0f };
    const tern_bytes out = encode_all(&m, arena);
    assert_int_equal(out.n, 14);
    assert_true(tern_pb_has(&pbtest_All_table, &m, 1));
}

static void test_a_value_counts_without_its_bit(void **state)
{
    (void)state;
    const pbtest_All m = { .e_int32 = 5, .e_bool = true, .e_double = -0.0 };
    const pbtest_All *back = decode_all(encode_all(&m, arena), arena);
    assert_int_equal(back->e_int32, 5);
    assert_true(back->e_bool);
    assert_true(tern_pb_has(&pbtest_All_table, back, 21));
    assert_true(tern_pb_has(&pbtest_All_table, &m, 25));
    assert_false(tern_pb_has(&pbtest_All_table, &m, 26));
    assert_false(tern_pb_has(&pbtest_All_table, &m, 30)); /* no such field */
}

static void test_a_oneof_without_its_message_has_an_empty_one(void **state)
{
    (void)state;
    const pbtest_All m = { .o = { .which = 51 } };
    const tern_bytes out = encode_all(&m, arena);
    assert_int_equal(out.n, 3);
    assert_memory_equal(out.p, "\x9a\x03\x00", 3);
}

static void test_literals(void **state)
{
    (void)state;
    pbtest_Inner leaf = { .a = 1, .b = TERN_STR("leaf") };
    pbtest_Inner *list[] = { &leaf, &leaf };
    pbtest_Inner inner = { .list = { .p = list, .n = 2 } };
    tern_str strings[] = { TERN_STR("a"), { NULL, 0 }, TERN_STR("c") };
    int32_t numbers[] = { 1, -1 };
    pbtest_All m = { .i_message = &inner,
                     .r_string = { .p = strings, .n = 3 },
                     .p_int32 = { .p = numbers, .n = 2 } };
    const pbtest_All *back = decode_all(encode_all(&m, arena), arena);
    assert_int_equal(back->i_message->list.n, 2);
    assert_string_equal(back->i_message->list.p[1]->b.p, "leaf");
    assert_int_equal(back->r_string.n, 3);
    assert_int_equal(back->p_int32.p[1], -1);
    /* Decoding into a literal, and appending to it, copies what it points to. */
    tern_error err;
    assert_int_equal(
        decode_as(&pbtest_All_table, &m, WIRE("\xaa\x05\x01\x07\xaa\x04\x01x"), arena, NULL, &err),
        TERN_OK);
    assert_int_equal(m.p_int32.n, 3);
    assert_ptr_not_equal(m.p_int32.p, numbers);
    assert_int_equal(m.p_int32.p[2], 7);
    assert_string_equal(m.r_string.p[3].p, "x");
    int32_t *added = tern_pb_append(&m.p_int32, sizeof(int32_t), arena);
    assert_non_null(added);
    assert_int_equal(*added, 0);
    assert_int_equal(m.p_int32.n, 4);
}

static void test_refusals(void **state)
{
    (void)state;
    pbtest_Inner leaf = { .a = 1 };
    pbtest_Inner *list[] = { &leaf, NULL, &leaf };
    pbtest_Inner inner = { .list = { .p = list, .n = 3 } };
    pbtest_All m = { .i_message = &inner };
    refuse_to_encode(&m, TERN_INVALID_ARGUMENT, "pbtest.Inner.list: a NULL element");

    m = (pbtest_All){ .i_string = TERN_STR("ok"), .e_string = TERN_STR("\xff") };
    refuse_to_encode(&m, TERN_INVALID_ARGUMENT, "pbtest.All.e_string: a string that is not UTF-8");
    tern_str strings[] = { TERN_STR("caf\xc3\xa9"), TERN_STR("0123456789abcdef\xc3") };
    m = (pbtest_All){ .r_string = { .p = strings, .n = 2 } };
    refuse_to_encode(&m, TERN_INVALID_ARGUMENT, "r_string: a string that is not UTF-8");
    pbtest_StringEntry entries[] = { { .key = TERN_STR("\x80"), .value = TERN_STR("") } };
    m = (pbtest_All){ .m_string = { .p = entries, .n = 1 } };
    refuse_to_encode(&m, TERN_INVALID_ARGUMENT, "m_string: a string that is not UTF-8");

    /* A message inside itself. */
    inner = (pbtest_Inner){ .next = &inner };
    m = (pbtest_All){ .i_message = &inner };
    refuse_to_encode(&m, TERN_RESOURCE_EXHAUSTED, "nested deeper than max_depth = 100");
}

static void test_depth_as_the_decoder_counts(void **state)
{
    (void)state;
    pbtest_Inner chain[101];
    for (size_t i = 0; i < 101; i++)
        chain[i] = (pbtest_Inner){ .a = 1, .next = i ? &chain[i - 1] : NULL };
    pbtest_All m = { .i_message = &chain[99] };
    (void)decode_all(encode_all(&m, arena), arena);
    m.i_message = &chain[100];
    refuse_to_encode(&m, TERN_RESOURCE_EXHAUSTED, "nested deeper");
    pbtest_MessageEntry entries[] = { { .key = 1, .value = &chain[98] } };
    m = (pbtest_All){ .m_message = { .p = entries, .n = 1 } };
    (void)decode_all(encode_all(&m, arena), arena);
    entries[0].value = &chain[99];
    refuse_to_encode(&m, TERN_RESOURCE_EXHAUSTED, "nested deeper");
}

/* A message in itself, and a map of scalars in it. */
typedef struct nest {
    struct nest *next;
    pbtest_BoolEntry_map map;
    struct tern_pb_unknown *unknown_;
} nest;

static const tern_pb_table nest_table;
static const tern_pb_table *const nest_subs[] = { &nest_table, &pbtest_BoolEntry_table };
static const tern_pb_field nest_fields[] = {
    FIELD(1, 2, MESSAGE, EXPLICIT, nest, next, .name = 0),
    FIELD(2, 2, MESSAGE, MAP, nest, map, .name = 5, .sub = 1),
};
static const tern_pb_table nest_table = {
    .abi = TERN_PB_ABI,
    .field_count = 2,
    .dense = 2,
    .has_offset = TERN_PB_NONE,
    .unknown_offset = offsetof(nest, unknown_),
    .align = _Alignof(nest),
    .size = sizeof(nest),
    .fields = nest_fields,
    .subs = nest_subs,
    .names = "next\0map",
    .full_name = "nest",
};

static void test_an_entry_of_scalars_counts_in_depth(void **state)
{
    (void)state;
    tern_error err;
    tern_bytes out;
    nest chain[101], back = { .next = NULL };
    pbtest_BoolEntry entries[] = { { .key = true, .value = 7 } };
    for (size_t i = 0; i < 101; i++)
        chain[i] = (nest){ .next = i ? &chain[i - 1] : NULL };
    chain[0].map.p = entries;
    chain[0].map.n = 1;
    assert_int_equal(tern_pb_encode(&nest_table, &chain[99], arena, &out, &err), TERN_OK);
    assert_int_equal(decode_as(&nest_table, &back, out, arena, NULL, &err), TERN_OK);
    assert_int_equal(tern_pb_encode(&nest_table, &chain[100], arena, &out, &err),
                     TERN_RESOURCE_EXHAUSTED);
    assert_string_equal(err.text, "nest.map: nested deeper than max_depth = 100");
}

static void test_too_large(void **state)
{
    (void)state;
    const char c = 'x';
    pbtest_All m = { .i_bytes = { (const uint8_t *)&c, (size_t)INT32_MAX + 1 } };
    refuse_to_encode(&m, TERN_RESOURCE_EXHAUSTED, "over 2 GiB - 1");
    tern_bytes list[] = { { (const uint8_t *)&c, SIZE_MAX } };
    m = (pbtest_All){ .r_bytes = { .p = list, .n = 1 } };
    refuse_to_encode(&m, TERN_RESOURCE_EXHAUSTED, "over 2 GiB - 1");
    double d = 1;
    m = (pbtest_All){ .p_double = { .p = &d, .n = SIZE_MAX / 8 } };
    refuse_to_encode(&m, TERN_RESOURCE_EXHAUSTED, "p_double: the message is over 2 GiB - 1");
    assert_int_equal(tn_pb_out_size(TN_PB_SIZE_MAX, 128, 4096, 0), 0);
    assert_int_equal(tn_pb_out_size(0, SIZE_MAX, 4096, 0), 0);
    assert_int_equal(tn_pb_out_size(100, 28, 16, 9), 137);
    assert_int_equal(tn_pb_out_size(100, 28, 100, 9), 209);
}

/* Strings and bytes of every length around the short copies' edges. */
static void test_sizes(void **state)
{
    (void)state;
    char text[300];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    for (size_t n = 0; n < sizeof(text); n++) {
        /* At the end of an allocation of its own, so that ASan sees a read too far. */
        char *exact = malloc(n ? n : 1);
        assert_non_null(exact);
        memcpy(exact, text, n);
        const pbtest_All m = { .e_string = { exact, n }, .e_bytes = { (uint8_t *)exact, n } };
        const pbtest_All *back = decode_all(encode_all(&m, arena), arena);
        assert_int_equal(back->e_string.n, n);
        assert_memory_equal(back->e_string.p, text, n);
        assert_int_equal(back->e_string.p[n], 0);
        assert_memory_equal(back->e_bytes.p, text, n);
        free(exact);
    }
}

static void test_a_chunk_keeps_headroom_and_is_used_again(void **state)
{
    (void)state;
    tern_error err;
    tern_error_clear(&err);
    pbtest_All m = { .i_string = TERN_STR("hello") };
    tn_chunk *chunk = tn_pb_encode_chunk(tern_env_default(), &pbtest_All_table, &m, 14, NULL, &err);
    assert_non_null(chunk);
    assert_int_equal(chunk->n, 7);
    assert_memory_equal(tn_chunk_bytes(chunk), "\x4a\x05hello", 7);
    assert_true(chunk->off >= 14);
    uint8_t *front = tn_chunk_prepend(chunk, 14);
    memset(front, 0xee, 14);
    assert_ptr_equal(front + 14, tn_chunk_bytes(chunk) + 14);
    assert_memory_equal(front + 14, "\x4a\x05hello", 7);

    tn_chunk *again =
        tn_pb_encode_chunk(tern_env_default(), &pbtest_All_table, &m, 14, chunk, &err);
    assert_ptr_equal(again, chunk);
    assert_int_equal(again->n, 7);
    /* Shared: another one is made. */
    tn_chunk_ref(again);
    tn_chunk *other =
        tn_pb_encode_chunk(tern_env_default(), &pbtest_All_table, &m, 14, again, &err);
    assert_non_null(other);
    assert_ptr_not_equal(other, again);
    tn_chunk_unref(again);

    /* Growth keeps what was written, and the headroom. */
    static uint8_t big[100000];
    memset(big, 7, sizeof(big));
    m.i_bytes = (tern_bytes){ big, sizeof(big) };
    m.tag5 = 5;
    other = tn_pb_encode_chunk(tern_env_default(), &pbtest_All_table, &m, 14, other, &err);
    assert_non_null(other);
    assert_true(other->off >= 14);
    const pbtest_All *back = decode_all((tern_bytes){ tn_chunk_bytes(other), other->n }, arena);
    assert_int_equal(back->i_bytes.n, sizeof(big));
    assert_memory_equal(back->i_bytes.p, big, sizeof(big));
    assert_int_equal(back->tag5, 5);
    tn_chunk_unref(other);
    m = (pbtest_All){ .i_string = TERN_STR("\xff") };
    assert_null(tn_pb_encode_chunk(tern_env_default(), &pbtest_All_table, &m, 14, NULL, &err));
}

static void test_memory_that_does_not_grow(void **state)
{
    (void)state;
    tern_error err;
    uint8_t memory[64];
    const pbtest_All m = { .i_string = TERN_STR("hello") };
    tn_pb_out out = { .start = memory, .p = memory + 64, .end = memory + 64 };
    tern_error_clear(&err);
    assert_int_equal(tn_pb_encode_into(&out, &pbtest_All_table, &m, &err), TERN_OK);
    assert_int_equal(tn_pb_out_len(&out), 7);
    /* A second message goes before the first. */
    out.start = out.p - 20;
    assert_int_equal(tn_pb_encode_into(&out, &pbtest_All_table, &m, &err), TERN_RESOURCE_EXHAUSTED);
}

/* The name of the field in the outer message is no name in the inner one's table. */
static void test_no_room_for_unknown_fields_of_an_inner_message(void **state)
{
    (void)state;
    tern_error err;
    uint8_t bytes[300] = { 0x6a, 0x80 | 0x28, 0x02 }; /* field 13, 296 bytes */
    const pbtest_All m = { .i_message = tern_pb_new(&pbtest_Inner_table, arena) };
    assert_non_null(m.i_message);
    assert_int_equal(
        decode_as(&pbtest_Inner_table, m.i_message, (tern_bytes){ bytes, 299 }, arena, NULL, &err),
        TERN_OK);
    uint8_t memory[64];
    tn_pb_out out = { .start = memory, .p = memory + 64, .end = memory + 64 };
    assert_int_equal(tn_pb_encode_into(&out, &pbtest_All_table, &m, &err), TERN_RESOURCE_EXHAUSTED);
    assert_string_equal(err.text, "pbtest.Inner: no memory");
}

static void test_a_message_without_fields(void **state)
{
    (void)state;
    tern_error err;
    tern_bytes out;
    pbtest_Empty m = { .unknown_ = NULL };
    assert_int_equal(tern_pb_encode(&pbtest_Empty_table, &m, arena, &out, &err), TERN_OK);
    assert_int_equal(out.n, 0);
    assert_int_equal(decode_as(&pbtest_Empty_table, &m, WIRE("\x08\x01"), arena, NULL, &err),
                     TERN_OK);
    assert_int_equal(tern_pb_encode(&pbtest_Empty_table, &m, arena, &out, &err), TERN_OK);
    assert_int_equal(out.n, 2);
    assert_memory_equal(out.p, "\x08\x01", 2);
}

static void test_large_messages(void **state)
{
    (void)state;
    pbtest_All m = { .tag3 = 1 };
    for (int32_t i = 0; i < 30000; i++) {
        int32_t *x = tern_pb_append(&m.p_int32, sizeof(*x), arena);
        pbtest_Inner **e = tern_pb_append(&m.r_message, sizeof(*e), arena);
        tern_str *s = tern_pb_append(&m.r_string, sizeof(*s), arena);
        assert_true(x && e && s);
        *x = i * 7919 - 100000000;
        *e = tern_pb_new(&pbtest_Inner_table, arena);
        (*e)->a = i;
        *s = TERN_STR("some text of thirty-two bytes...");
    }
    const tern_bytes out = encode_all(&m, arena);
    const pbtest_All *back = decode_all(out, arena);
    assert_int_equal(back->r_message.n, 30000);
    for (int32_t i = 0; i < 30000; i++) {
        assert_int_equal(back->p_int32.p[i], i * 7919 - 100000000);
        assert_int_equal(back->r_message.p[i]->a, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absent_is_not_written),
        cmocka_unit_test(test_minus_zero_is_present),
        cmocka_unit_test(test_a_value_counts_without_its_bit),
        cmocka_unit_test(test_a_oneof_without_its_message_has_an_empty_one),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_depth_as_the_decoder_counts),
        cmocka_unit_test(test_an_entry_of_scalars_counts_in_depth),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_a_chunk_keeps_headroom_and_is_used_again),
        cmocka_unit_test(test_memory_that_does_not_grow),
        cmocka_unit_test(test_no_room_for_unknown_fields_of_an_inner_message),
        cmocka_unit_test(test_a_message_without_fields),
        cmocka_unit_test(test_large_messages),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
