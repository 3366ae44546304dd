/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_wire.c: see grpc_wire.h. */
#include "support/grpc_wire.h"
#include "support/test.h"
#include <stdio.h>

static void put(tn_buf *b, const void *p, size_t n)
{
    if (n)
        assert_true(tn_buf_put(b, p, n));
}

void wire_frame(tn_buf *b, uint8_t type, uint8_t flags, uint32_t stream, const void *p, size_t n)
{
    uint8_t header[TN_H2_FRAME_HEADER_BYTES];
    tn_h2_frame_header_pack(header, (tn_h2_frame_header){ (uint32_t)n, type, flags, stream });
    put(b, header, sizeof(header));
    put(b, p, n);
}

void wire_preface(tn_buf *b)
{
    put(b, TN_H2_PREFACE, TN_H2_PREFACE_BYTES);
    wire_settings(b);
}

void wire_settings(tn_buf *b)
{
    wire_frame(b, TN_H2_SETTINGS, 0, 0, NULL, 0);
}

void wire_settings_ack(tn_buf *b)
{
    wire_frame(b, TN_H2_SETTINGS, TN_H2_FLAG_ACK, 0, NULL, 0);
}

void wire_rst(tn_buf *b, uint32_t stream, uint32_t code)
{
    uint8_t p[4];
    tn_store32(p, code);
    wire_frame(b, TN_H2_RST_STREAM, 0, stream, p, sizeof(p));
}

void wire_goaway(tn_buf *b, uint32_t last, uint32_t code, const char *debug)
{
    uint8_t p[128];
    const size_t n = strlen(debug);
    assert_true(n <= sizeof(p) - 8);
    tn_store32(p, last);
    tn_store32(p + 4, code);
    memcpy(p + 8, debug, n);
    wire_frame(b, TN_H2_GOAWAY, 0, 0, p, 8 + n);
}

/* RFC 7541 section 5.1 with a prefix of 7 bits, the first of them 0: no Huffman. */
static void put_string(tn_buf *b, const char *p, size_t n)
{
    uint8_t head[4] = { (uint8_t)n };
    size_t size = 1;
    if (n >= 127) {
        head[0] = 127;
        size_t rest = n - 127;
        for (; rest >= 128; rest >>= 7)
            head[size++] = (uint8_t)(rest | 128);
        head[size++] = (uint8_t)rest;
    }
    put(b, head, size);
    put(b, p, n);
}

void wire_headers(tn_buf *b, uint32_t stream, bool end_stream, const char *fields)
{
    tn_buf block = tn_buf_of(b->env);
    while (*fields) {
        const char *end = strchr(fields, '|');
        end = end ? end : fields + strlen(fields);
        const char *equals = memchr(fields + 1, '=', (size_t)(end - fields) - 1);
        assert_non_null(equals);
        put(&block, "\0", 1);
        put_string(&block, fields, (size_t)(equals - fields));
        put_string(&block, equals + 1, (size_t)(end - equals - 1));
        fields = *end ? end + 1 : end;
    }
    const uint8_t flags =
        end_stream ? TN_H2_FLAG_END_HEADERS | TN_H2_FLAG_END_STREAM : TN_H2_FLAG_END_HEADERS;
    const size_t n = tn_buf_len(&block);
    const size_t first = n < 16000 ? n : 16000;
    const uint8_t *p = tn_buf_data(&block);
    if (n == first) {
        wire_frame(b, TN_H2_HEADERS, flags, stream, p, n);
    } else {
        assert_true(n - first <= 16384);
        wire_frame(b, TN_H2_HEADERS, flags & TN_H2_FLAG_END_STREAM, stream, p, first);
        wire_frame(b, TN_H2_CONTINUATION, TN_H2_FLAG_END_HEADERS, stream, p + first, n - first);
    }
    tn_buf_free(&block);
}

void wire_data(tn_buf *b, uint32_t stream, bool end_stream, const void *p, size_t n)
{
    wire_frame(b, TN_H2_DATA, end_stream ? TN_H2_FLAG_END_STREAM : 0, stream, p, n);
}

void wire_message(tn_buf *b, uint32_t stream, bool end_stream, uint8_t flag, uint32_t length)
{
    uint8_t p[1024];
    assert_true(length <= sizeof(p) - 5);
    memset(p, 'm', sizeof(p));
    p[0] = flag;
    tn_store32(p + 1, length);
    wire_data(b, stream, end_stream, p, 5 + (size_t)length);
}

/* ---- reading ---- */

void wire_reader_init(wire_reader *r, const tern_env *env, bool of_client)
{
    memset(r, 0, sizeof(*r));
    tn_hpack_decoder_init(&r->decoder, env, 1 << 20);
    r->pending = tn_buf_of(env);
    r->text = tn_buf_of(env);
    r->preface = of_client;
    r->quiet = true;
}

void wire_reader_free(wire_reader *r)
{
    tn_hpack_decoder_free(&r->decoder);
    tn_buf_free(&r->pending);
    tn_buf_free(&r->text);
}

static void put_text(wire_reader *r, const char *text)
{
    put(&r->text, text, strlen(text));
}

static void read_block(wire_reader *r, const uint8_t *p, size_t n)
{
    tn_h2_field fields[64];
    uint32_t count;
    assert_int_equal(tn_hpack_decode(&r->decoder, (tern_bytes){ p, n }, fields, 64, &count),
                     TN_HPACK_OK);
    for (uint32_t i = 0; i < count; i++) {
        put_text(r, " ");
        put(&r->text, fields[i].name.p, fields[i].name.n);
        put_text(r, "=");
        put(&r->text, fields[i].value.p, fields[i].value.n);
    }
    tn_hpack_decoder_release(&r->decoder);
}

static void read_frame(wire_reader *r, tn_h2_frame_header h, const uint8_t *p)
{
    static const char *const names[] = { "DATA",     "HEADERS",      "PRIORITY", "RST",
                                         "SETTINGS", "PUSH_PROMISE", "PING",     "GOAWAY",
                                         "WINDOW",   "CONTINUATION" };
    char line[160];
    assert_true(h.type < TN_H2_FRAME_TYPES);
    if (r->quiet &&
        (h.type == TN_H2_SETTINGS || h.type == TN_H2_PING || h.type == TN_H2_WINDOW_UPDATE))
        return;
    (void)snprintf(line, sizeof(line), "%s %u", names[h.type], h.stream);
    put_text(r, line);
    line[0] = '\0';
    if (h.type == TN_H2_DATA)
        (void)snprintf(line, sizeof(line), " %u", h.length);
    else if (h.type == TN_H2_RST_STREAM)
        (void)snprintf(line, sizeof(line), " %s", tn_h2_code_name(tn_load32(p)));
    else if (h.type == TN_H2_GOAWAY)
        (void)snprintf(line, sizeof(line), " %s", tn_h2_code_name(tn_load32(p + 4)));
    else if (h.type == TN_H2_WINDOW_UPDATE)
        (void)snprintf(line, sizeof(line), " %u", tn_load32(p));
    else if (h.type == TN_H2_HEADERS)
        read_block(r, p, h.length);
    put_text(r, line);
    if ((h.type == TN_H2_DATA || h.type == TN_H2_HEADERS) && h.flags & TN_H2_FLAG_END_STREAM)
        put_text(r, " ES");
    put_text(r, "\n");
}

void wire_read(wire_reader *r, const void *p, size_t n)
{
    put(&r->pending, p, n);
    if (r->preface && tn_buf_len(&r->pending) >= TN_H2_PREFACE_BYTES) {
        r->preface = false;
        tn_buf_take(&r->pending, TN_H2_PREFACE_BYTES);
    }
    while (!r->preface && tn_buf_len(&r->pending) >= TN_H2_FRAME_HEADER_BYTES) {
        const uint8_t *at = tn_buf_data(&r->pending);
        const tn_h2_frame_header h = tn_h2_frame_header_unpack(at);
        if (tn_buf_len(&r->pending) < TN_H2_FRAME_HEADER_BYTES + (size_t)h.length)
            break;
        read_frame(r, h, at + TN_H2_FRAME_HEADER_BYTES);
        tn_buf_take(&r->pending, TN_H2_FRAME_HEADER_BYTES + (size_t)h.length);
    }
}

const char *wire_text(wire_reader *r)
{
    put(&r->text, "", 1);
    const char *text = (const char *)tn_buf_data(&r->text);
    tn_buf_take(&r->text, tn_buf_len(&r->text));
    return text;
}
