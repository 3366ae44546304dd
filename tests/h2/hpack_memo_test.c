/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_memo_test.c: a decoder that remembers says what one that does not says: the same fields and
 * the same verdicts, whatever comes between two blocks that are alike.
 */
#include "base/env.h"
#include "h2/hpack.h"
#include "support/fail.h"
#include "support/seed.h"
#include "support/test.h"

#include <stdlib.h>

enum { CAP = 32 };

typedef struct pair {
    tn_hpack_decoder plain, clever;
    uint32_t recalled;
    uint64_t number; /* of the last recall */
} pair;

static void pair_init(pair *p, const tern_env *env)
{
    *p = (pair){ .recalled = 0 };
    tn_hpack_decoder_init(&p->plain, env, 16384);
    tn_hpack_decoder_init(&p->clever, env, 16384);
}

static void pair_free(pair *p)
{
    tn_hpack_decoder_free(&p->plain);
    tn_hpack_decoder_free(&p->clever);
}

static void assert_same_field(const tn_h2_field *a, const tn_h2_field *b)
{
    assert_int_equal(a->name.n, b->name.n);
    assert_memory_equal(a->name.p, b->name.p, a->name.n);
    assert_int_equal(a->value.n, b->value.n);
    assert_memory_equal(a->value.p, b->value.p, a->value.n);
    assert_int_equal(a->token, b->token);
    assert_int_equal(a->flags, b->flags);
}

/* As a connection does it; the block's own memory is gone once it was given. */
static void give(pair *p, const uint8_t *bytes, size_t n)
{
    uint8_t *block = malloc(n + 1);
    tn_h2_field expected[CAP], fields[CAP];
    const tn_h2_field *got = fields;
    uint32_t count, expected_count;
    assert_non_null(block);
    memcpy(block, bytes, n);
    const tern_bytes b = { block, n };
    const tn_hpack_verdict verdict = tn_hpack_decode(&p->plain, b, expected, CAP, &expected_count);
    const tn_h2_field *known = tn_hpack_recall(&p->clever, b, &count, &p->number);
    if (known) {
        assert_int_equal(verdict, TN_HPACK_OK);
        assert_true(p->number != 0);
        p->recalled++;
        got = known;
    } else {
        assert_int_equal(tn_hpack_decode(&p->clever, b, fields, CAP, &count), verdict);
    }
    assert_int_equal(count, expected_count);
    for (uint32_t i = 0; i < count; i++)
        assert_same_field(&got[i], &expected[i]);
    assert_int_equal(p->clever.list_bytes, p->plain.list_bytes);
    assert_int_equal(p->clever.list_fields, p->plain.list_fields);
    if (!known && verdict == TN_HPACK_OK)
        tn_hpack_remember(&p->clever, b, fields, count);
    tn_hpack_decoder_release(&p->plain);
    tn_hpack_decoder_release(&p->clever);
    memset(block, 0xdd, n);
    free(block);
}

#define GIVE(p, literal) give(p, (const uint8_t *)(literal), sizeof(literal) - 1)

static void the_third_of_three_alike_is_recalled(void **state)
{
    (void)state;
    pair p;
    pair_init(&p, tn_env_of(NULL));
    static const uint8_t request[] = "\x83\x86\x04\x03/a/\x00\x03x-a\x83\x1c\x64\x5f";
    for (int i = 0; i < 5; i++) {
        give(&p, request, sizeof(request) - 1);
        assert_int_equal(p.recalled, i < 2 ? 0 : i - 1);
    }
    pair_free(&p);
}

static void what_changes_the_table_forgets(void **state)
{
    (void)state;
    pair p;
    pair_init(&p, tn_env_of(NULL));
    GIVE(&p, "\x40\x03x-a\x01"
             "1"); /* inserts x-a: 1 */
    for (int i = 0; i < 3; i++)
        GIVE(&p, "\x83\xbe");
    assert_int_equal(p.recalled, 1);
    const uint64_t number = p.number;
    GIVE(&p, "\x40\x03x-b\x01"
             "2"); /* 62 is now another */
    for (int i = 0; i < 3; i++)
        GIVE(&p, "\x83\xbe");
    assert_int_equal(p.recalled, 2);
    assert_true(p.number != number);
    GIVE(&p, "\x3f\x21\x82"); /* a size update to 64: one entry stays */
    for (int i = 0; i < 3; i++)
        GIVE(&p, "\x83\xbe");
    assert_int_equal(p.recalled, 3);
    GIVE(&p, "\x20\x82"); /* to 0: the index leads nowhere, and the connection is dead */
    for (int i = 0; i < 3; i++)
        GIVE(&p, "\x83\xbe");
    assert_int_equal(p.recalled, 3);
    assert_true(p.clever.dead);
    pair_free(&p);
}

static void a_block_that_changes_the_table_is_never_recalled(void **state)
{
    (void)state;
    pair p;
    pair_init(&p, tn_env_of(NULL));
    for (int i = 0; i < 5; i++) {
        GIVE(&p, "\x83\x40\x03x-a\x01"
                 "1");
        GIVE(&p, "\x83\x40\x03x-a\x01"
                 "1");
        GIVE(&p, "\x3f\xe1\x1f\x83"); /* the size that it has */
        GIVE(&p, "\x3f\xe1\x1f\x83");
        GIVE(&p, "\x3f\xe1\x1f\x83");
    }
    assert_int_equal(p.recalled, 0);
    pair_free(&p);
}

/* A lowered table asks the next block to say so: the same bytes as before are then an error. */
static void a_size_update_that_is_due_is_missed(void **state)
{
    (void)state;
    pair p;
    pair_init(&p, tn_env_of(NULL));
    for (int i = 0; i < 3; i++)
        GIVE(&p, "\x83\x86");
    assert_int_equal(p.recalled, 1);
    tn_hpack_decoder_set_max(&p.plain, 100);
    tn_hpack_decoder_set_max(&p.clever, 100);
    GIVE(&p, "\x83\x86");
    assert_int_equal(p.recalled, 1);
    assert_true(p.clever.dead);
    pair_free(&p);
}

static void too_much_is_not_remembered(void **state)
{
    (void)state;
    pair p;
    uint8_t many[CAP], large[400] = { 0x00, 0x01, 'x', 0x7f, 0xff, 0x01 };
    pair_init(&p, tn_env_of(NULL));
    memset(many, 0x83, sizeof(many));
    memset(large + 6, 'v', 127 + 255);
    for (int i = 0; i < 4; i++) {
        give(&p, many, sizeof(many));
        give(&p, large, 6 + 127 + 127);
    }
    /* Huffman code of 255 octets that says more than 256: 5 bits a digit. */
    uint8_t dense[4 + 3 + 200] = { 0x00, 0x01, 'x', 0xff, 200 - 127 };
    for (int i = 0; i < 4; i++)
        give(&p, dense, 5 + 200);
    assert_int_equal(p.recalled, 0);
    pair_free(&p);
}

/* Blocks of a few kinds, made by an encoder whose table changes now and then. */
static void any_sequence_means_the_same(void **state)
{
    (void)state;
    static const char *const names[] = {
        ":path", "x-a", "x-b", "grpc-timeout", "te", "user-agent"
    };
    static const char *const values[] = { "",
                                          "1",
                                          "trailers",
                                          "/package.Service/Method",
                                          "a somewhat longer value, with blanks",
                                          "\x01\x02 ~^" };
    uint32_t recalled = 0;
    for (uint64_t round = 0; round < 200; round++) {
        tn_seed seed = { round };
        pair p;
        tn_hpack_encoder e;
        tn_buf out = tn_buf_of(tn_env_of(NULL));
        pair_init(&p, tn_env_of(NULL));
        tn_hpack_encoder_init(&e, tn_env_of(NULL), 4096);
        for (int i = 0; i < 60; i++) {
            tn_h2_field fields[CAP];
            tn_seed kind = { round + tn_seed_below(&seed, 4) / 3 };
            const size_t n = 1 + tn_seed_below(&kind, tn_seed_below(&kind, 8) ? 8 : CAP - 1);
            for (size_t k = 0; k < n; k++)
                fields[k] = (tn_h2_field){
                    .name = tern_str_of(names[tn_seed_below(&kind, 6)]),
                    .value = tern_str_of(values[tn_seed_below(&kind, 6)]),
                    .flags = tn_seed_below(&kind, 2) ? TN_H2_FIELD_NO_INDEX : 0,
                };
            if (tn_seed_below(&seed, 20) == 0)
                tn_hpack_encoder_set_max(&e, tn_seed_below(&seed, 3) * 200);
            tn_buf_reset(&out, SIZE_MAX);
            assert_true(tn_hpack_encode(&e, fields, n, &out));
            give(&p, tn_buf_data(&out), tn_buf_len(&out));
        }
        recalled += p.recalled;
        tn_hpack_encoder_free(&e);
        tn_buf_free(&out);
        pair_free(&p);
    }
    assert_true(recalled > 2000);
}

static void without_memory_there_is_no_memo(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    pair p;
    pair_init(&p, &f.env);
    f.fail_at = 1;
    f.fail_onward = true;
    for (int i = 0; i < 4; i++)
        GIVE(&p, "\x83\x86\x84");
    assert_int_equal(p.recalled, 0);
    assert_true(f.failed > 0);
    f.fail_at = 0;
    f.fail_onward = false;
    for (int i = 0; i < 4; i++)
        GIVE(&p, "\x83\x86\x84");
    assert_int_equal(p.recalled, 2);
    const uint64_t number = p.number;
    tn_hpack_forget(&p.clever);
    assert_int_equal(f.live_blocks, 0);
    for (int i = 0; i < 3; i++)
        GIVE(&p, "\x83\x84\x86");
    assert_int_equal(p.recalled, 3);
    assert_true(p.number != number);
    pair_free(&p);
    assert_int_equal(f.live_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_third_of_three_alike_is_recalled),
        cmocka_unit_test(what_changes_the_table_forgets),
        cmocka_unit_test(a_block_that_changes_the_table_is_never_recalled),
        cmocka_unit_test(a_size_update_that_is_due_is_missed),
        cmocka_unit_test(too_much_is_not_remembered),
        cmocka_unit_test(any_sequence_means_the_same),
        cmocka_unit_test(without_memory_there_is_no_memo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
