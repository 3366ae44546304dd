/* SPDX-License-Identifier: Apache-2.0 */
/* client.c: the bytes of a client: see server.h. */
#include "server.h"

#include "h2/frame.h"
#include <string.h>

static void put_frame(tn_buf *b, uint8_t type, uint8_t flags, uint32_t stream, const void *p,
                      size_t n)
{
    uint8_t header[TN_H2_FRAME_HEADER_BYTES];
    tn_h2_frame_header_pack(header, (tn_h2_frame_header){ (uint32_t)n, type, flags, stream });
    bench_must(tn_buf_put(b, header, sizeof header) && tn_buf_put(b, p, n), "memory");
}

static void put_call(bench_client *c, tn_hpack_encoder *e, bench_request kind, uint32_t i,
                     tern_bytes data)
{
    bench_fields f;
    tn_buf block = tn_buf_of(c->turns.env);
    bench_request_fields(&f, kind, i);
    bench_must(tn_hpack_encode(e, f.p, f.n, &block), "encode");
    size_t at[2] = { tn_buf_len(&c->turns) + 5 };
    put_frame(&c->turns, TN_H2_HEADERS, TN_H2_FLAG_END_HEADERS, 0, tn_buf_data(&block),
              tn_buf_len(&block));
    at[1] = tn_buf_len(&c->turns) + 5;
    put_frame(&c->turns, TN_H2_DATA, TN_H2_FLAG_END_STREAM, 0, data.p, data.n);
    bench_must(tn_buf_put(&c->ids, at, sizeof at), "memory");
    tn_buf_free(&block);
}

void bench_client_make(bench_client *c, const tern_env *env, bench_request kind, const void *data,
                       size_t n)
{
    *c = (bench_client){ .count = kind == BENCH_REPEATED ? 4 : 16, .next_id = 1 };
    c->hello = c->turns = c->ids = tn_buf_of(env);
    static const uint8_t window[] = { 0x7f, 0xfe, 0, 0 };
    bench_must(tn_buf_put(&c->hello, TN_H2_PREFACE, TN_H2_PREFACE_BYTES), "memory");
    put_frame(&c->hello, TN_H2_SETTINGS, 0, 0, NULL, 0);
    put_frame(&c->hello, TN_H2_SETTINGS, TN_H2_FLAG_ACK, 0, NULL, 0);
    put_frame(&c->hello, TN_H2_WINDOW_UPDATE, 0, 0, window, sizeof window);
    tn_hpack_encoder e;
    tn_hpack_encoder_init(&e, env, TN_HPACK_DEFAULT_TABLE_BYTES);
    for (uint32_t turn = 0; turn < c->count; turn++) {
        for (uint32_t i = 0; i < BENCH_TURN; i++)
            put_call(c, &e, kind, turn * BENCH_TURN + i, (tern_bytes){ data, n });
        c->end[turn] = tn_buf_len(&c->turns);
    }
    tn_hpack_encoder_free(&e);
}

void bench_client_drop(bench_client *c)
{
    tn_buf_free(&c->hello);
    tn_buf_free(&c->turns);
    tn_buf_free(&c->ids);
}

tern_bytes bench_client_turn(bench_client *c, uint32_t i)
{
    /* The first turns fill the tables and come once. */
    const uint32_t turn = i < c->count ? i : 1 + i % (c->count - 1);
    const size_t start = turn ? c->end[turn - 1] : 0;
    const uint8_t *places = tn_buf_data(&c->ids) + turn * BENCH_TURN * 2 * sizeof(size_t);
    uint8_t *bytes = c->turns.p + c->turns.head;
    for (uint32_t k = 0; k < 2 * BENCH_TURN; k++) {
        size_t at;
        memcpy(&at, places + k * sizeof at, sizeof at);
        tn_store32(bytes + at, c->next_id + k / 2 * 2);
    }
    c->next_id += 2 * BENCH_TURN;
    return (tern_bytes){ bytes + start, c->end[turn] - start };
}
