/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_encode.c: what the encoder writes, the decoder reads back: blocks of any fields, sizes of the
 * table that come and go, memory that fails. Names are any octets: that names are in lower case is
 * conn's business.
 */
#include "fuzz.h"
#include "h2/hpack.h"

enum { MOST = 8 };

static const char *const names[] = {
    ":path",        ":status", "content-type", "grpc-status", "grpc-timeout", "authorization",
    "x-request-id", "k",       "k-bin",        "cookie",      "grpc-message", "traceparent",
};

static tern_str string(fuzz_in *in)
{
    static const char same[5000];
    const size_t want = fuzz_size(in), left = tn_rd_left(&in->choices);
    const uint8_t *p = (const uint8_t *)"";
    if (want > left)
        return (tern_str){ same, want < sizeof(same) ? want : sizeof(same) };
    fuzz_check(tn_rd_bytes(&in->choices, want, &p));
    return (tern_str){ want ? (const char *)p : "", want };
}

static size_t fill(fuzz_in *in, tn_h2_field *fields)
{
    static const uint8_t flags[] = { 0, 0, TN_H2_FIELD_NEVER_INDEX, TN_H2_FIELD_NO_INDEX };
    const size_t n = fuzz_u8(in) % MOST;
    for (size_t i = 0; i < n; i++) {
        const uint8_t how = fuzz_u8(in);
        const size_t name = how % 16;
        const bool known = name < sizeof(names) / sizeof(names[0]);
        fields[i] = (tn_h2_field){ .name = known ? tern_str_of(names[name]) : string(in),
                                   .value = string(in),
                                   .flags = flags[how >> 4 & 3] };
        if (how & 0x80)
            fields[i].token = (uint8_t)tn_h2_token_of(fields[i].name);
    }
    return n;
}

static void read_back(tn_hpack_decoder *d, tern_bytes block, const tn_h2_field *fields, size_t n)
{
    tn_h2_field got[MOST];
    uint32_t count = 0;
    uint8_t *copy = fuzz_copy(block.p, block.n);
    fuzz_check(tn_hpack_decode(d, (tern_bytes){ copy, block.n }, got, MOST, &count) == TN_HPACK_OK);
    fuzz_check(count == n);
    for (size_t i = 0; i < n; i++) {
        fuzz_check(tern_str_equal(got[i].name, fields[i].name));
        fuzz_check(tern_str_equal(got[i].value, fields[i].value));
        fuzz_check(!(fields[i].flags & TN_H2_FIELD_NEVER_INDEX) ||
                   got[i].flags & TN_H2_FIELD_NEVER_INDEX);
    }
    tn_hpack_decoder_release(d);
    fuzz_copy_free(copy, block.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = fuzz_program(p, n);
    tn_failing_env f;
    fuzz_env(&f, fuzz_u8(&in));
    tn_hpack_encoder e;
    tn_hpack_decoder d;
    tn_hpack_encoder_init(&e, &f.env, fuzz_u8(&in) * UINT32_C(40));
    tn_hpack_decoder_init(&d, tn_env_of(NULL), TERN_UNLIMITED);
    while (tn_rd_left(&in.choices)) {
        for (uint8_t sizes = fuzz_u8(&in) & 3; sizes == 1 && tn_rd_left(&in.choices);
             sizes = fuzz_u8(&in) & 3) {
            const uint32_t bytes = (uint32_t)fuzz_size(&in);
            tn_hpack_decoder_set_max(&d, bytes);
            tn_hpack_encoder_set_max(&e, bytes);
        }
        tn_h2_field fields[MOST];
        const size_t count = fill(&in, fields);
        tn_buf out = tn_buf_of(&f.env);
        const bool done =
            tn_hpack_encode(&e, fields, count, &out) || tn_hpack_encode(&e, fields, count, &out);
        fuzz_check(done || f.fail_onward);
        fuzz_check(tn_buf_len(&out) <= (done ? tn_hpack_encode_bound(fields, count) : 0));
        if (done)
            read_back(&d, (tern_bytes){ tn_buf_data(&out), tn_buf_len(&out) }, fields, count);
        tn_buf_free(&out);
    }
    tn_hpack_encoder_free(&e);
    tn_hpack_decoder_free(&d);
    fuzz_check(f.live_blocks == 0);
    return 0;
}
