/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc_bytes.c: a gRPC connection of either role against a peer of any bytes. grpc.c has a peer whose
 * frames are in order.
 *
 * The input is fuzz_both's; the first choices: role and configuration, memory.
 */
#include "grpc_side.h"

/* What happens between two pieces. */
static void turn(side *s)
{
    const uint8_t what = fuzz_u8(s->in);
    if (what & 1)
        (void)side_write(s, NULL, what & 2 ? what : 0);
    if ((what & 12) == 12)
        side_tick(s, fuzz_u8(s->in) * UINT64_C(20000000));
    if (what & 16 && !s->config.h2.server)
        side_start(s);
    live *l = s->calls;
    for (uint8_t i = what >> 6; l && l->next && i; i--)
        l = l->next;
    if (what & 32 && l)
        side_act(s, l);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static uint8_t out[FUZZ_PIECE];
    static const char preface[] = TN_H2_PREFACE "\0\0\0\4\0\0\0\0\0";
    fuzz_in in = fuzz_both(p, n);
    tn_failing_env f;
    const uint8_t how = fuzz_u8(&in);
    fuzz_env(&f, fuzz_u8(&in));
    in.server = how & 1;
    side s = { .config = { .h2.server = how & 1,
                           .h2.stream_window = how & 4 ? 300 : 0,
                           .h2.max_header_list_bytes = how & 16 ? 200 : 0,
                           .h2.max_concurrent_streams = how >> 6,
                           .max_recv_bytes = how & 8 ? 4 : 0 } };
    const size_t skip = s.config.h2.server ? 0 : TN_H2_PREFACE_BYTES;
    if (side_init(&s, &in, &f) && how & 2)
        tn_grpc_feed(s.c, (const uint8_t *)preface + skip, sizeof(preface) - 1 - skip, f.clock);
    if (s.c && !s.config.h2.server)
        side_start(&s);
    for (size_t size; s.c && (size = fuzz_wire(&in, out)) != 0;) {
        for (size_t at = 0; at < size;) {
            const uint8_t cut = fuzz_u8(&in);
            const size_t most = cut & 1 ? size : 1 + (cut >> 1) + size / 64;
            const size_t piece = most < size - at ? most : size - at;
            uint8_t *copy = fuzz_copy(out + at, piece);
            tn_grpc_feed(s.c, copy, piece, f.clock);
            fuzz_copy_free(copy, piece);
            at += piece;
            turn(&s);
        }
    }
    side_end(&s);
    fuzz_check(f.live_blocks == 0);
    return 0;
}
