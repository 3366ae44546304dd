/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_decode.c: blocks of any octets, into two decoders. One forgets its fields after each block and
 * runs out of memory as the input says; one keeps all it may keep. As long as both are alive they
 * agree on every verdict and field.
 *
 * Octet 0: memory; 1: the bound of a list; 2: how many fields. Then blocks: an octet of what happens
 * before, one of length, the block.
 */
#include "fuzz.h"
#include "h2/hpack.h"

enum { MOST = 80 };

typedef struct side {
    tn_hpack_decoder d;
    tn_h2_field fields[MOST];
    uint32_t count;
    tn_hpack_verdict verdict;
} side;

static void decode(side *s, tern_bytes block, uint32_t cap)
{
    s->count = MOST + 1;
    s->verdict = tn_hpack_decode(&s->d, block, s->fields, cap, &s->count);
    if (s->verdict == TN_HPACK_OK)
        fuzz_check(s->count <= cap && s->d.list_bytes <= s->d.max_list);
    else
        fuzz_check(s->verdict != TN_HPACK_TOO_LARGE || s->count == 0);
    fuzz_check((s->verdict == TN_HPACK_BAD) <= (s->d.reason != NULL));
}

static bool equal(const tn_h2_field *a, const tn_h2_field *b)
{
    return a->name.p && a->value.p && tern_str_equal(a->name, b->name) &&
           tern_str_equal(a->value, b->value) && a->token == b->token && a->flags == b->flags &&
           a->token == tn_h2_token_of(a->name) &&
           (a->flags & TN_H2_FIELD_BAD_VALUE) ==
               (tn_h2_value_facts(a->value) & TN_H2_FIELD_BAD_VALUE);
}

/* False when one of them is out of step and its connection would end. */
static bool compare(const side *poor, const side *rich)
{
    fuzz_check(rich->verdict != TN_HPACK_NO_MEMORY);
    if (poor->verdict == TN_HPACK_NO_MEMORY)
        return false;
    fuzz_check(poor->verdict == rich->verdict && poor->d.dead == rich->d.dead);
    if (rich->verdict == TN_HPACK_OK)
        fuzz_check(poor->count == rich->count);
    for (uint32_t i = 0; rich->verdict == TN_HPACK_OK && i < rich->count; i++)
        fuzz_check(equal(&poor->fields[i], &rich->fields[i]));
    return rich->verdict != TN_HPACK_BAD && !rich->d.dead;
}

/* What the connection may do between blocks. */
static void before(side *poor, side *rich, uint8_t what, uint8_t size)
{
    if (what & 1)
        tn_hpack_decoder_release(&poor->d);
    if (what & 2) {
        tn_hpack_decoder_set_max(&poor->d, size * UINT32_C(40));
        tn_hpack_decoder_set_max(&rich->d, size * UINT32_C(40));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = fuzz_program(p, n);
    tn_failing_env f;
    fuzz_env(&f, fuzz_u8(&in));
    const uint32_t max_list = fuzz_u8(&in) * UINT32_C(64);
    const uint32_t cap = fuzz_u8(&in) % MOST;
    static side poor, rich;
    tn_hpack_decoder_init(&poor.d, &f.env, max_list);
    tn_hpack_decoder_init(&rich.d, tn_env_of(NULL), max_list);
    for (bool going = true; going && tn_rd_left(&in.choices);) {
        const uint8_t what = fuzz_u8(&in);
        before(&poor, &rich, what, what & 2 ? fuzz_u8(&in) : 0);
        const size_t left = fuzz_size(&in), all = tn_rd_left(&in.choices);
        const size_t size = left < all ? left : all;
        const uint8_t *block = NULL;
        fuzz_check(tn_rd_bytes(&in.choices, size, &block));
        uint8_t *copy = fuzz_copy(block, size);
        decode(&poor, (tern_bytes){ copy, size }, cap);
        decode(&rich, (tern_bytes){ copy, size }, cap);
        going = compare(&poor, &rich);
        fuzz_copy_free(copy, size);
    }
    tn_hpack_decoder_free(&poor.d);
    tn_hpack_decoder_free(&rich.d);
    fuzz_check(f.live_blocks == 0);
    return 0;
}
