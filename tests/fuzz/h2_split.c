/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_split.c: how bytes are cut on their way changes nothing: a connection that is fed whole and one
 * that is fed in pieces give the same events, the same output and the same verdict.
 *
 * The input is fuzz_both's; choices: role and configuration, then sizes of pieces. What the
 * application does follows from the stream alone.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "h2/conn.h"

enum { MOST_WIRE = 1 << 16 };

typedef struct end {
    tn_h2_conn *c;
    tn_h2_config config;
    tn_buf log;
    tn_h2_stream mine[3];
} end;

static void say(end *e, uint8_t what, const void *p, size_t n)
{
    fuzz_check(tn_buf_put(&e->log, &what, 1) && tn_buf_put(&e->log, p, n));
}

static tn_h2_stream *on_open(void *user)
{
    end *e = user;
    say(e, 'o', "", 0);
    return tn_zalloc(tn_env_of(NULL), sizeof(tn_h2_stream));
}

static void answer(end *e, tn_h2_stream *s)
{
    static const tn_h2_field ok[] = { { .name = TERN_STR_INIT(":status"),
                                        .value = TERN_STR_INIT("200") } };
    if (e->config.server && tn_h2_send_headers(e->c, s, ok, 1, false) == TERN_OK)
        (void)tn_h2_send_bytes(e->c, s, (const uint8_t *)"answer", 6, s->id % 4 == 1);
    else if (s->id % 8 == 7)
        (void)tn_h2_send_trailers(e->c, s, ok, 0);
}

static void on_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                       bool end_stream)
{
    end *e = user;
    const uint32_t facts[] = { s->id, block, end_stream, fields->too_large };
    say(e, 'h', facts, sizeof(facts));
    for (size_t i = 0; i < fields->n; i++) {
        say(e, 'n', fields->p[i].name.p, fields->p[i].name.n);
        say(e, 'v', fields->p[i].value.p, fields->p[i].value.n);
    }
    if (s->id % 16 == 9)
        tn_h2_reset(e->c, s, TN_H2_CANCEL);
    else
        answer(e, s);
}

/* Octet by octet, for the pieces are what may differ. */
static void on_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    for (size_t i = 0; i < n; i++)
        say(user, (uint8_t)s->id, p + i, 1);
    if (end_stream)
        say(user, 'e', &s->id, sizeof(s->id));
    if (end_stream)
        answer(user, s);
}

static void on_writable(void *user, tn_h2_stream *s)
{
    say(user, 'w', &s->id, sizeof(s->id));
}

static void on_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    end *e = user;
    const uint32_t facts[] = { s->id, how, code };
    say(e, 'c', facts, sizeof(facts));
    if (!e->config.server)
        return;
    tn_free(tn_env_of(NULL), s, sizeof(*s));
    tn_h2_slot_free(e->c);
}

static void on_settings(void *user)
{
    static const tn_h2_field request[] = {
        { .name = TERN_STR_INIT(":method"), .value = TERN_STR_INIT("POST") },
        { .name = TERN_STR_INIT(":scheme"), .value = TERN_STR_INIT("http") },
        { .name = TERN_STR_INIT(":path"), .value = TERN_STR_INIT("/a") },
    };
    end *e = user;
    say(e, 's', "", 0);
    for (int i = 0; i < 3 && !e->config.server; i++)
        if (!e->mine[i].id)
            (void)tn_h2_open(e->c, &e->mine[i], request, 3, i == 0);
}

static void on_goaway(void *user, uint32_t code, tern_bytes debug)
{
    say(user, (uint8_t)code, debug.p, debug.n);
}

static void on_ping_ack(void *user, uint64_t opaque)
{
    say(user, 'p', &opaque, sizeof(opaque));
}

static void start(end *e, fuzz_in *in)
{
    static const tn_h2_events events = {
        .open = on_open,
        .headers = on_headers,
        .data = on_data,
        .writable = on_writable,
        .closed = on_closed,
        .settings = on_settings,
        .goaway = on_goaway,
        .ping_ack = on_ping_ack,
    };
    static const char preface[] = TN_H2_PREFACE "\0\0\0\4\0\0\0\0\0";
    const uint8_t how = fuzz_u8(in);
    in->server = how & 1;
    *e = (end){ .log = tn_buf_of(tn_env_of(NULL)),
                .config = { .server = how & 1,
                            .max_concurrent_streams = how >> 4 & 3,
                            .stream_window = how & 4 ? 100 : 0,
                            .max_header_list_bytes = how & 8 ? 300 : 0 } };
    e->c = tn_h2_new(NULL, &e->config, &events, e, 1);
    fuzz_check(e->c != NULL);
    const size_t skip = e->config.server ? 0 : TN_H2_PREFACE_BYTES;
    if (how & 2)
        tn_h2_feed(e->c, (const uint8_t *)preface + skip, sizeof(preface) - 1 - skip, 1);
}

/* What it has to say goes to its log, too. */
static void finish(end *e)
{
    tern_bytes slices[8];
    const uint32_t facts[] = { tn_h2_status(e->c), tn_h2_cause(e->c)->code };
    say(e, 'f', facts, sizeof(facts));
    for (size_t k; (k = tn_h2_pull(e->c, slices, 8)) != 0;)
        for (size_t i = 0; i < k; i++) {
            fuzz_check(tn_buf_put(&e->log, slices[i].p, slices[i].n));
            tn_h2_sent(e->c, slices[i].n);
        }
    tn_h2_lost(e->c);
    tn_h2_free(e->c);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static uint8_t piece[FUZZ_PIECE];
    static end whole, parts;
    fuzz_in in = fuzz_both(p, n), same = in;
    start(&whole, &same);
    start(&parts, &in);
    tn_buf wire = tn_buf_of(tn_env_of(NULL));
    for (size_t k; tn_buf_len(&wire) < MOST_WIRE && (k = fuzz_wire(&in, piece)) != 0;)
        fuzz_check(tn_buf_put(&wire, piece, k));
    const uint8_t *const bytes = tn_buf_data(&wire);
    const size_t size = tn_buf_len(&wire);
    tn_h2_feed(whole.c, bytes, size, 1);
    for (size_t at = 0; at < size;) {
        const size_t most = 1 + fuzz_size(&in), k = most < size - at ? most : size - at;
        uint8_t *copy = fuzz_copy(bytes + at, k);
        tn_h2_feed(parts.c, copy, k, 1);
        fuzz_copy_free(copy, k);
        at += k;
    }
    finish(&whole);
    finish(&parts);
    fuzz_check(tn_buf_len(&whole.log) == tn_buf_len(&parts.log) &&
               memcmp(tn_buf_data(&whole.log), tn_buf_data(&parts.log), tn_buf_len(&parts.log)) ==
                   0);
    tn_buf_free(&wire);
    tn_buf_free(&whole.log);
    tn_buf_free(&parts.log);
    return 0;
}
