/* SPDX-License-Identifier: Apache-2.0 */
/* h2_gen.c: frames from a seed (h2_gen.h). */
#include "support/h2_gen.h"
#include "base/env.h"
#include "h2/frame.h"
#include "support/test.h"

#include <stdio.h>

static uint32_t below(h2_gen *g, uint32_t n)
{
    return tn_seed_below(&g->seed, n);
}

static bool one_in(h2_gen *g, uint32_t n)
{
    return n && below(g, n) == 0;
}

static void put(h2_gen *g, uint8_t type, uint8_t flags, uint32_t stream, const void *p, size_t n)
{
    uint8_t h[TN_H2_FRAME_HEADER_BYTES];
    tn_h2_frame_header_pack(h, (tn_h2_frame_header){ (uint32_t)n, type, flags, stream });
    assert_true(tn_buf_put(&g->unit, h, sizeof(h)));
    assert_true(n == 0 || tn_buf_put(&g->unit, p, n));
}

void h2_gen_init(h2_gen *g, uint64_t seed, bool to_server, uint32_t asked, uint32_t bend)
{
    *g = (h2_gen){ .seed = { seed },
                   .to_server = to_server,
                   .bend = bend,
                   .next_id = 1,
                   .unit = tn_buf_of(tern_env_default()) };
    tn_hpack_encoder_init(&g->hpack, tn_env_of(NULL), 4096);
    for (uint32_t i = 0; i < asked; i++, g->next_id += 2)
        g->streams[g->n++].id = g->next_id;
    for (uint32_t i = 0; i < asked; i++)
        g->streams[i].open = true;
}

void h2_gen_free(h2_gen *g)
{
    tn_hpack_encoder_free(&g->hpack);
    tn_buf_free(&g->unit);
}

void h2_gen_start(h2_gen *g)
{
    tn_buf_reset(&g->unit, SIZE_MAX);
    if (g->to_server)
        assert_true(tn_buf_put(&g->unit, TN_H2_PREFACE, TN_H2_PREFACE_BYTES));
    put(g, TN_H2_SETTINGS, 0, 0, NULL, 0);
    put(g, TN_H2_SETTINGS, TN_H2_FLAG_ACK, 0, NULL, 0);
}

/* ---- header blocks ---- */

#define F(n, v)                                                                                    \
    {                                                                                              \
        .name = TERN_STR_INIT(n), .value = TERN_STR_INIT(v)                                        \
    }

static const tn_h2_field request[] = { F(":method", "POST"), F(":scheme", "http"), F(":path", "/a"),
                                       F(":authority", "h"), F("x-a", "b") };
static const tn_h2_field response[] = { F(":status", "200"), F("content-type", "text/plain"),
                                        F("x-a", "b") };
static const tn_h2_field informational[] = { F(":status", "103"), F("x-a", "b") };
static const tn_h2_field trailers[] = { F("x-b", "c"), F("x-a", "b") };

/* Fields that make a message malformed, or look as if. */
static const tn_h2_field odd[] = {
    F("Upper", "x"),
    F("connection", "close"),
    F("te", "gzip"),
    F("te", "trailers"),
    F(":path", "/b"),
    F(":status", "200"),
    F(":method", "GET"),
    F(":unknown", "x"),
    F("x", "a\r\nb"),
    F("x", "a\nb"),
    F("", "x"),
    F("transfer-encoding", "chunked"),
    F("upgrade", "h2c"),
    F("keep-alive", "1"),
    F("proxy-connection", "x"),
    F("content-length", "5"),
    F("content-length", "x"),
    F("content-length", "0"),
    F("host", "h"),
    F("host", "other"),
    F("x y", "z"),
    F("x", " z"),
    F("x", "z\t"),
    F("x:y", "z"),
    F(":scheme", "https"),
    F(":authority", "h2"),
    F("x", "\x7f"),
    F("x", "\x80\xff"),
    F("x\x80", "z"),
    F(":path", ""),
    F(":protocol", "websocket"),
    F("cookie", "a=b"),
    F("expect", "100-continue"),
    F("x", ""),
    F("trailer", "x"),
    F("x\"", "z"),
};

/* "with x=a" and the like, in printable octets. */
static void name_field(h2_gen *g, const tn_h2_field *f)
{
    snprintf(g->note, sizeof(g->note), "with %.*s=%.*s", TERN_FMT(f->name), TERN_FMT(f->value));
    for (char *p = g->note; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

/* A block of these fields, perhaps with an odd one, in one frame or several. */
static void put_block(h2_gen *g, uint32_t id, const tn_h2_field *fields, size_t n, bool end_stream)
{
    tn_h2_field f[8];
    tn_buf block = tn_buf_of(tern_env_default());
    memcpy(f, fields, n * sizeof(*f));
    if (one_in(g, g->bend)) {
        const uint32_t what = below(g, 8), at = below(g, (uint32_t)n + 1);
        g->bent = true;
        if (what == 0 && n > 1) {
            snprintf(g->note, sizeof(g->note), "without %.*s", TERN_FMT(f[at % n].name));
            memmove(f + at % n, f + at % n + 1, (n - at % n - 1) * sizeof(*f));
            n--;
        } else {
            memmove(f + at + 1, f + at, (n - at) * sizeof(*f));
            f[at] = odd[below(g, sizeof(odd) / sizeof(odd[0]))];
            name_field(g, &f[at]);
            n++;
        }
    }
    assert_true(tn_hpack_encode(&g->hpack, f, n, &block));
    const uint8_t *p = tn_buf_data(&block);
    size_t left = tn_buf_len(&block);
    uint8_t payload[4096], flags = end_stream ? TN_H2_FLAG_END_STREAM : 0;
    uint32_t pieces = one_in(g, 4) ? 1 + below(g, 3) : 0;
    for (uint8_t type = TN_H2_HEADERS;; type = TN_H2_CONTINUATION, flags = 0) {
        const size_t k = pieces ? below(g, (uint32_t)left + 1) : left;
        size_t at = 0, pad = 0;
        if (type == TN_H2_HEADERS && one_in(g, 6)) {
            flags |= TN_H2_FLAG_PADDED;
            payload[at++] = (uint8_t)(pad = below(g, 20));
        }
        if (type == TN_H2_HEADERS && one_in(g, 6)) {
            flags |= TN_H2_FLAG_PRIORITY;
            tn_store32(payload + at, one_in(g, 12) ? id : 0);
            payload[at + 4] = 15;
            at += 5;
        }
        memcpy(payload + at, p, k);
        memset(payload + at + k, 0, pad);
        p += k;
        left -= k;
        if (!pieces)
            flags |= TN_H2_FLAG_END_HEADERS;
        put(g, type, flags, id, payload, at + k + pad);
        if (!pieces--)
            break;
    }
    tn_buf_free(&block);
}

/* ---- units ---- */

static void open_stream(h2_gen *g)
{
    if (!g->to_server || g->n == H2_GEN_STREAMS)
        return;
    const bool end = one_in(g, 3);
    if (one_in(g, 6))
        g->next_id += 2; /* one that is never used */
    g->streams[g->n].id = g->next_id;
    g->streams[g->n++].open = !end;
    put_block(g, g->next_id, request, 4 + below(g, 2), end);
    g->next_id += 2;
}

static void put_data(h2_gen *g, uint32_t id, bool end)
{
    static const uint8_t zeros[3000];
    const bool too_much = one_in(g, 4 * g->bend);
    const uint32_t n = too_much ? 1200 + below(g, 500) : below(g, 40);
    uint8_t payload[200] = { 0 };
    uint8_t flags = end ? TN_H2_FLAG_END_STREAM : 0;
    if (too_much) {
        g->bent = true;
        put(g, TN_H2_DATA, flags, id, zeros, n);
        return;
    }
    if (one_in(g, 4)) {
        flags |= TN_H2_FLAG_PADDED;
        payload[0] = (uint8_t)below(g, 10);
        put(g, TN_H2_DATA, flags, id, payload, 1u + payload[0] + n);
    } else {
        put(g, TN_H2_DATA, flags, id, payload, n ? n : 1);
    }
}

/* Something on a stream that there is, or was. */
static void on_stream(h2_gen *g)
{
    if (!g->n)
        return;
    const uint32_t i = below(g, g->n), id = g->streams[i].id;
    uint8_t p[5] = { 0 };
    const bool whatever = one_in(g, 4 * g->bend);
    switch (below(g, 8)) {
    case 0:
    case 1:
    case 2:
        if (!g->to_server && !g->streams[i].begun && g->streams[i].open) {
            const bool early = one_in(g, 4), end = !early && one_in(g, 3);
            put_block(g, id, early ? informational : response, early ? 2 : 3, end);
            g->streams[i].begun = !early;
            g->streams[i].open &= !end;
        } else if ((g->streams[i].open && ++g->streams[i].sent < 12) || whatever) {
            const bool end = one_in(g, 4);
            put_data(g, id, end);
            g->streams[i].open &= !end;
        }
        break;
    case 3:
        if ((g->streams[i].open && (g->to_server || g->streams[i].begun)) || whatever) {
            put_block(g, id, trailers, 1 + below(g, 2), true);
            g->streams[i].open = false;
        }
        break;
    case 4:
        if (!one_in(g, 3))
            break;
        tn_store32(p, below(g, 15));
        put(g, TN_H2_RST_STREAM, 0, id, p, 4);
        g->streams[i].open = false;
        break;
    case 5:
    case 6:
        tn_store32(p, one_in(g, 3 * g->bend) ? TN_H2_MAX_WINDOW : 1 + below(g, 1000));
        put(g, TN_H2_WINDOW_UPDATE, 0, id, p, 4);
        break;
    default:
        tn_store32(p, one_in(g, 8) ? id : 0);
        put(g, TN_H2_PRIORITY, 0, id, p, 5);
        break;
    }
}

static void put_settings(h2_gen *g)
{
    static const struct {
        uint16_t id;
        uint32_t value;
    } known[] = { { 1, 0 },     { 1, 4096 },  { 1, 100 },   { 3, 5 },      { 4, 0 },
                  { 4, 70000 }, { 4, 65535 }, { 5, 16384 }, { 5, 100000 }, { 6, 1000 },
                  { 8, 0 },     { 9, 0 },     { 77, 5 },    { 2, 0 } },
      wrong[] = { { 2, 2 }, { 4, 0x80000000u }, { 5, 16383 }, { 5, 16777216 },
                  { 2, 1 }, { 8, 1 },           { 8, 2 },     { 9, 1 } };
    uint8_t p[18];
    size_t n = 0;
    for (uint32_t count = below(g, 4); count; count--, n += 6) {
        const bool bad = one_in(g, g->bend);
        const uint32_t i = below(g, bad ? 8 : 14);
        tn_store16(p + n, bad ? wrong[i].id : known[i].id);
        tn_store32(p + n + 2, bad ? wrong[i].value : known[i].value);
    }
    put(g, TN_H2_SETTINGS, 0, 0, p, n);
}

static void on_connection(h2_gen *g)
{
    uint8_t p[24] = { 0 };
    switch (below(g, 7)) {
    case 0: put(g, TN_H2_PING, one_in(g, 3) ? TN_H2_FLAG_ACK : 0, 0, p, 8); break;
    case 1:
        tn_store32(p, one_in(g, 3 * g->bend) ? TN_H2_MAX_WINDOW : 1 + below(g, 1000));
        put(g, TN_H2_WINDOW_UPDATE, 0, 0, p, 4);
        break;
    case 2:
    case 3: put_settings(g); break;
    case 4:
        put(g, (uint8_t)(10 + below(g, 30)), (uint8_t)below(g, 256), below(g, 10), p, below(g, 24));
        break;
    case 5:
        if (one_in(g, 4 * g->bend))
            put(g, TN_H2_PUSH_PROMISE, TN_H2_FLAG_END_HEADERS, 1, "\0\0\0\2\x82\x86\x84", 7);
        break;
    default:
        if (g->to_server && one_in(g, 8)) { /* a client's GOAWAY ends nothing of its own */
            tn_store32(p, 0);
            put(g, TN_H2_GOAWAY, 0, 0, p, 8 + below(g, 9));
        }
        break;
    }
}

/* ---- bending ---- */

/* One thing about the first frame becomes another. */
static void bend(h2_gen *g)
{
    uint8_t copy[8192];
    const size_t size = tn_buf_len(&g->unit);
    if (size > sizeof(copy) - 64)
        return;
    memcpy(copy, tn_buf_data(&g->unit), size);
    tn_h2_frame_header h = tn_h2_frame_header_unpack(copy);
    size_t rest = size - 9 - h.length, to = h.length;
    static const uint32_t ids[] = { 0, 1, 2, 3, 4, 5, 9, 99, 100 };
    uint32_t what = below(g, 6);
    /* An octet of a header block is HPACK's business. */
    if (what == 5 && (h.type == TN_H2_HEADERS || h.type == TN_H2_CONTINUATION))
        what = 2;
    g->spoilt |= h.type == TN_H2_HEADERS || h.type == TN_H2_CONTINUATION;
    if (what >= 3)
        snprintf(g->note, sizeof(g->note), "%s", what == 3 ? "cut" : what == 4 ? "longer" : "flip");
    g->bent = true;
    switch (what) {
    case 0: h.type = (uint8_t)below(g, 11); break;
    case 1: h.stream = ids[below(g, 9)]; break;
    case 2: h.flags ^= (uint8_t)(1u << below(g, 6)); break;
    case 3: to = h.length ? below(g, h.length) : 0; break;
    case 4: to = h.length + 1 + below(g, 9); break;
    default:
        if (h.length)
            copy[9 + below(g, h.length)] ^= (uint8_t)(1u << below(g, 8));
        break;
    }
    uint8_t tail[sizeof(copy)];
    memcpy(tail, copy + 9 + h.length, rest);
    if (to > h.length)
        memset(copy + 9 + h.length, 0, to - h.length);
    memcpy(copy + 9 + to, tail, rest);
    h.length = (uint32_t)to;
    tn_h2_frame_header_pack(copy, h);
    tn_buf_reset(&g->unit, SIZE_MAX);
    assert_true(tn_buf_put(&g->unit, copy, 9 + to + rest));
}

void h2_gen_next(h2_gen *g)
{
    tn_buf_reset(&g->unit, SIZE_MAX);
    g->bent = false;
    g->note[0] = 0;
    while (tn_buf_len(&g->unit) == 0) {
        const uint32_t what = below(g, 10);
        if (what < 3)
            open_stream(g);
        else if (what < 8)
            on_stream(g);
        else
            on_connection(g);
    }
    if (one_in(g, g->bend))
        bend(g);
    const tn_h2_frame_header h = tn_h2_frame_header_unpack(tn_buf_data(&g->unit));
    g->type = h.type;
    g->stream = h.stream;
}
