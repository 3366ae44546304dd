/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc_pair.c: our client against our server, by a program: calls, acts of both applications, bytes
 * carried in pieces, time. The program may also change bytes on their way, lose some or refuse memory.
 * If it does not, neither end finds fault with the other; and once both applications have said their
 * last word and read all, every call ends.
 */
#include "grpc_side.h"

typedef struct pair {
    fuzz_in in;
    tn_failing_env f[2]; /* of the client, of the server: one clock, kept equal */
    side ends[2];
    tn_buf wire[2]; /* on its way to the client, to the server */
    bool spoiled;
} pair;

/* Bytes that lay about for seconds may have been waited for in vain. */
static bool blames(pair *p, int end)
{
    const uint32_t code = tn_h2_cause(tn_grpc_h2(p->ends[end].c))->code;
    return code != TN_H2_NO_ERROR && p->f[end].clock < UINT64_C(10000000000);
}

/* Up to n octets of output go on their way, up to n that were on it arrive. */
static size_t carry(pair *p, int to, size_t n)
{
    tn_buf *wire = &p->wire[to];
    size_t moved = side_write(&p->ends[!to], wire, n);
    const size_t held = tn_buf_len(wire), size = n && n < held ? n : held;
    if (!size)
        return moved;
    uint8_t *copy = fuzz_copy(tn_buf_data(wire), size);
    tn_buf_take(wire, size);
    tn_grpc_feed(p->ends[to].c, copy, size, p->f[to].clock);
    fuzz_copy_free(copy, size);
    return moved + size;
}

static void spoil(pair *p, int to)
{
    tn_buf *wire = &p->wire[to];
    const size_t at = fuzz_size(&p->in), n = tn_buf_len(wire);
    const uint8_t how = fuzz_u8(&p->in);
    if (at >= n)
        return;
    p->spoiled = true;
    if (how == 0)
        tn_buf_take(wire, at + 1);
    else
        wire->p[wire->head + at] ^= how;
}

static void pass(pair *p, uint64_t ns)
{
    side_tick(&p->ends[0], ns);
    side_tick(&p->ends[1], ns);
    fuzz_check(p->f[0].clock == p->f[1].clock);
}

static void step(pair *p)
{
    const uint8_t what = fuzz_u8(&p->in);
    const int end = what >> 4 & 1;
    side *s = &p->ends[end];
    live *l = s->calls;
    switch (what & 15) {
    case 0:
    case 1: side_start(&p->ends[0]); break;
    case 2:
    case 3: (void)carry(p, end, 0); break;
    case 4:
    case 5: (void)carry(p, end, 1 + (size_t)fuzz_u8(&p->in)); break;
    case 6: pass(p, fuzz_u8(&p->in) * UINT64_C(5000000)); break;
    case 7:
        if (what >> 5 == 7)
            spoil(p, end);
        break;
    default:
        for (uint8_t i = what >> 5; l && l->next && i; i--)
            l = l->next;
        if (l)
            side_act(s, l);
        break;
    }
}

static bool is_ended(const pair *p, int end)
{
    return tn_h2_status(tn_grpc_h2(p->ends[end].c)) == TN_H2_ENDED;
}

/* All has been said and read: the calls must end, unless it is for the transport to end them. */
static void conclude(pair *p)
{
    for (int round = 0; round < 100000 && (p->ends[0].calls || p->ends[1].calls); round++) {
        for (live *l = p->ends[0].calls, *next; l; l = next) {
            next = l->next;
            side_consume(l);
            (void)tn_grpc_end_send(&l->call);
            if (!side_has(&p->ends[0], next))
                break;
        }
        for (live *l = p->ends[1].calls, *next; l; l = next) {
            next = l->next;
            side_consume(l);
            (void)tn_grpc_finish(&l->call, TERN_OK, TERN_STR(""), NULL);
            if (!side_has(&p->ends[1], next))
                break;
        }
        const size_t up = carry(p, 1, 0), down = carry(p, 0, 0);
        if (!up && !down && round > 3)
            break;
    }
    fuzz_check(is_ended(p, 0) || is_ended(p, 1) || (!p->ends[0].calls && !p->ends[1].calls));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static pair w;
    w = (pair){ .in = fuzz_program(p, n) };
    const uint8_t how = fuzz_u8(&w.in), memory = fuzz_u8(&w.in);
    fuzz_env(&w.f[0], memory & 1 ? memory >> 1 : 0);
    fuzz_env(&w.f[1], memory & 1 ? 0 : memory >> 1);
    w.ends[0].config = (tn_grpc_config){ .authority = "h", .h2.stream_window = how & 1 ? 1000 : 0 };
    w.ends[1].config = (tn_grpc_config){ .h2 = { .server = true,
                                                 .stream_window = how & 2 ? 1500 : 0,
                                                 .max_concurrent_streams = how >> 2 & 3 } };
    w.wire[0] = w.wire[1] = tn_buf_of(tn_env_of(NULL));
    const bool client = side_init(&w.ends[0], &w.in, &w.f[0]);
    const bool server = side_init(&w.ends[1], &w.in, &w.f[1]);
    for (int i = 0; client && server && i < 2000 && tn_rd_left(&w.in.choices); i++)
        step(&w);
    if (client && server && !memory && !w.spoiled) {
        w.ends[0].acts = w.ends[1].acts = SIDE_ACTS;
        conclude(&w);
        fuzz_check(!blames(&w, 0) && !blames(&w, 1));
    }
    for (int i = 0; i < 2; i++) {
        side_end(&w.ends[i]);
        fuzz_check(w.f[i].live_blocks == 0);
        tn_buf_free(&w.wire[i]);
    }
    return 0;
}
