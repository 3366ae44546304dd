/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/grpc.c: a gRPC connection of either role against a peer whose frames are well formed and
 * whose meaning is not.
 *
 * The input is a program: the first octet says the role and which allocation fails; then each step
 * is an octet for what comes and the octets that fill it: header fields from a list or made of
 * input, DATA, resets, time, acts of the layer above (grpc_side.h).
 */
#include "grpc_side.h"

static const struct {
    const char *name, *value;
} fields[] = {
    { ":method", "POST" },
    { ":scheme", "http" },
    { ":path", "/p.S/M" },
    { ":authority", "h" },
    { ":status", "200" },
    { ":status", "502" },
    { ":status", "100" },
    { "content-type", "application/grpc" },
    { "content-type", "application/grpc+proto" },
    { "content-type", "text/html" },
    { "te", "trailers" },
    { "grpc-timeout", "5m" },
    { "grpc-timeout", "99999999H" },
    { "grpc-timeout", "0n" },
    { "grpc-encoding", "gzip" },
    { "grpc-encoding", "identity" },
    { "grpc-status", "0" },
    { "grpc-status", "13" },
    { "grpc-status", "x" },
    { "grpc-message", "a%20%zz%ff" },
    { "grpc-status-details-bin", "CAU" },
    { "k-bin", "AA==,AQ" },
    { "k-bin", "!" },
    { "k", "v" },
    { "host", "a" },
    { "user-agent", "u" },
};

/* ---- the peer ---- */

static void feed_frame(side *s, uint8_t type, uint8_t flags, uint32_t stream, const uint8_t *p,
                       size_t n)
{
    uint8_t header[TN_H2_FRAME_HEADER_BYTES];
    tn_h2_frame_header_pack(header, (tn_h2_frame_header){ (uint32_t)n, type, flags, stream });
    tn_grpc_feed(s->c, header, sizeof(header), s->f->clock);
    const size_t cut = n ? fuzz_u8(s->in) % n : 0;
    tn_grpc_feed(s->c, p, cut, s->f->clock);
    tn_grpc_feed(s->c, p + cut, n - cut, s->f->clock);
}

static void put_string(tn_wr *to, const void *p, size_t n)
{
    (void)(tn_wr_u8(to, (uint8_t)n) && tn_wr_bytes(to, p, n));
}

/* A literal without indexing; value NULL: the one of the list. */
static void put_field(tn_wr *to, size_t i, const uint8_t *value, size_t n)
{
    (void)tn_wr_u8(to, 0);
    put_string(to, fields[i].name, strlen(fields[i].name));
    if (value)
        put_string(to, value, n);
    else
        put_string(to, fields[i].value, strlen(fields[i].value));
}

/* Four for a request or two for a response that are in order, if the input says so, then any. */
static void feed_headers(side *s, uint32_t stream)
{
    uint8_t block[2048];
    tn_wr to = tn_wr_of(block, sizeof(block));
    const uint8_t set = fuzz_u8(s->in);
    if (set & 1 && s->config.h2.server)
        for (size_t i = 0; i < 4; i++)
            put_field(&to, i, NULL, 0);
    else if (set & 1)
        put_field(&to, 4, NULL, 0);
    if (set & 4)
        put_field(&to, 7, NULL, 0);
    for (uint8_t k = set >> 4; k; k--) {
        const size_t i = fuzz_u8(s->in) % (sizeof(fields) / sizeof(fields[0]));
        const uint8_t *own = NULL;
        const size_t own_n = fuzz_u8(s->in) % 64;
        if (own_n < 16)
            (void)tn_rd_bytes(&s->in->choices, own_n, &own);
        put_field(&to, i, own, own_n);
    }
    feed_frame(s, TN_H2_HEADERS, set & 2 ? 5 : 4, stream, block, sizeof(block) - tn_wr_left(&to));
}

static void feed_message(side *s, uint32_t stream)
{
    uint8_t message[5 + 255 * 5] = { 0 };
    const uint32_t n = fuzz_u8(s->in) * UINT32_C(5);
    const uint8_t how = fuzz_u8(s->in);
    message[0] = how & 0x80 ? fuzz_u8(s->in) : 0;
    tn_store32(message + 1, n);
    const size_t whole = 5 + (size_t)n;
    feed_frame(s, TN_H2_DATA, how & 1, stream, message, how & 2 ? fuzz_u8(s->in) % whole : whole);
}

static void feed_octets(side *s, uint32_t stream)
{
    const uint8_t *p;
    const uint8_t how = fuzz_u8(s->in);
    if (tn_rd_bytes(&s->in->choices, how >> 1, &p))
        feed_frame(s, TN_H2_DATA, how & 1, stream, p, how >> 1);
}

static void step(side *s)
{
    uint8_t code[4] = { 0 };
    const uint8_t what = fuzz_u8(s->in);
    const uint32_t stream = 1 + 2 * (uint32_t)(what >> 5);
    live *l = s->calls;
    switch (what & 15) {
    case 0:
    case 1:
    case 2: feed_headers(s, stream); break;
    case 3:
    case 4: feed_message(s, stream); break;
    case 5: feed_octets(s, stream); break;
    case 6:
        code[3] = fuzz_u8(s->in) & 15;
        feed_frame(s, TN_H2_RST_STREAM, 0, stream, code, 4);
        break;
    case 7:
        code[1] = fuzz_u8(s->in);
        feed_frame(s, TN_H2_WINDOW_UPDATE, 0, what & 16 ? stream : 0, code, 4);
        break;
    case 8: side_tick(s, fuzz_u8(s->in) * UINT64_C(100000)); break;
    case 9: (void)side_write(s, NULL, 0); break;
    case 10:
        if (!s->config.h2.server)
            side_start(s);
        break;
    default:
        for (uint32_t k = stream; l && l->next && k > 1; k--)
            l = l->next;
        if (l)
            side_act(s, l);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = fuzz_program(p, n);
    tn_failing_env f;
    const uint8_t first = fuzz_u8(&in);
    fuzz_env(&f, first >> 1);
    side s = { .config = { .h2.server = first & 1, .max_recv_bytes = 1000 } };
    if (side_init(&s, &in, &f)) {
        if (s.config.h2.server)
            tn_grpc_feed(s.c, (const uint8_t *)TN_H2_PREFACE, TN_H2_PREFACE_BYTES, f.clock);
        feed_frame(&s, TN_H2_SETTINGS, 0, 0, (const uint8_t *)"", 0);
        while (tn_rd_left(&in.choices))
            step(&s);
    }
    side_end(&s);
    fuzz_check(f.live_blocks == 0);
    return 0;
}
