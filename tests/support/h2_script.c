/* SPDX-License-Identifier: Apache-2.0 */
/* h2_script.c: frames from text, and text from frames (h2_end.h). */
#include "h2/frame.h"
#include "support/h2_end.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static tn_h2_field field(const char *name, const char *value)
{
    return (tn_h2_field){ .name = tern_str_of(name), .value = tern_str_of(value) };
}

size_t h2_request_fields(tn_h2_field *fields)
{
    fields[0] = field(":method", "POST");
    fields[1] = field(":scheme", "http");
    fields[2] = field(":path", "/a.B/C");
    fields[3] = field(":authority", "h");
    fields[4] = field("te", "trailers");
    fields[5] = field("content-type", "application/grpc");
    return 6;
}

size_t h2_response_fields(tn_h2_field *fields)
{
    fields[0] = field(":status", "200");
    fields[1] = field("content-type", "application/grpc");
    return 2;
}

size_t h2_trailer_fields(tn_h2_field *fields)
{
    fields[0] = field("grpc-status", "0");
    return 1;
}

/* ---- bytes from a script ---- */

static void put_frame(tn_buf *to, unsigned type, unsigned flags, unsigned id, const uint8_t *p,
                      size_t n)
{
    uint8_t *h = tn_buf_room(to, 9 + n);
    assert_non_null(h);
    tn_h2_frame_header_pack(h,
                            (tn_h2_frame_header){ (uint32_t)n, (uint8_t)type, (uint8_t)flags, id });
    if (n)
        memcpy(h + 9, p, n);
    tn_buf_wrote(to, 9 + n);
}

/* A literal without indexing, lengths below 127 in one octet, longer in the RFC's way. */
static size_t put_string(uint8_t *p, const char *s, size_t n)
{
    size_t at = 0;
    if (n < 127) {
        p[at++] = (uint8_t)n;
    } else {
        size_t rest = n - 127;
        p[at++] = 127;
        for (; rest >= 128; rest /= 128)
            p[at++] = (uint8_t)(rest % 128 + 128);
        p[at++] = (uint8_t)rest;
    }
    memcpy(p + at, s, n);
    return at + n;
}

static size_t unescape(char *s)
{
    char *to = s;
    for (const char *p = s; *p; p++) {
        if (*p == '_') {
            *to++ = ' ';
        } else if (*p == '\\' && p[1]) {
            p++;
            *to++ = (char)(*p == 'n' ? '\n' : *p == 'r' ? '\r' : *p == '0' ? '\0' : *p);
        } else {
            *to++ = *p;
        }
    }
    return (size_t)(to - s);
}

static void put_fields(tn_buf *to, unsigned id, unsigned flags, char *words)
{
    static uint8_t block[70000];
    size_t n = 0;
    for (char *save, *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(w + 1, '=');
        assert_non_null(equals);
        *equals = '\0';
        const size_t name_n = strlen(w);
        const size_t value_n = unescape(equals + 1);
        block[n++] = 0;
        n += put_string(block + n, w, name_n);
        n += put_string(block + n, equals + 1, value_n);
    }
    put_frame(to, TN_H2_HEADERS, flags, id, block, n);
}

static void put_settings(tn_buf *to, char *words)
{
    uint8_t payload[600];
    size_t n = 0;
    for (char *save, *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        char *end;
        tn_store16(payload + n, (uint32_t)strtoul(w, &end, 10));
        assert_int_equal(*end, '=');
        tn_store32(payload + n + 2, (uint32_t)strtoul(end + 1, NULL, 10));
        n += 6;
    }
    put_frame(to, TN_H2_SETTINGS, 0, 0, payload, n);
}

static void put_hex(tn_buf *to, char *words)
{
    unsigned type, flags, id;
    int used;
    static uint8_t payload[20000];
    size_t n = 0;
    assert_int_equal(sscanf(words, "%u %x %u%n", &type, &flags, &id, &used), 3);
    for (const char *p = words + used; *p; p++) {
        if (*p == ' ')
            continue;
        const char pair[3] = { p[0], p[1], 0 };
        payload[n++] = (uint8_t)strtoul(pair, NULL, 16);
        p++;
    }
    put_frame(to, type, flags, id, payload, n);
}

static void put_command(tn_buf *to, char *line)
{
    static const uint8_t zeros[20000];
    char request[] = ":method=POST :scheme=http :path=/a.B/C te=trailers";
    char response[] = ":status=200 content-type=application/grpc";
    unsigned id, flags, type, n;
    int used = 0;
    char end[8] = "";
    if (!strncmp(line, "preface", 7)) {
        assert_true(tn_buf_put(to, TN_H2_PREFACE, TN_H2_PREFACE_BYTES));
    } else if (!strncmp(line, "settings", 8)) {
        put_settings(to, line + 8);
    } else if (!strcmp(line, "ack")) {
        put_frame(to, TN_H2_SETTINGS, TN_H2_FLAG_ACK, 0, NULL, 0);
    } else if (sscanf(line, "req %u %7s", &id, end) >= 1) {
        put_fields(to, id, *end ? 5 : 4, request);
    } else if (sscanf(line, "res %u %7s", &id, end) >= 1) {
        put_fields(to, id, *end ? 5 : 4, response);
    } else if (sscanf(line, "fields %u %x%n", &id, &flags, &used) == 2) {
        put_fields(to, id, flags, line + used);
    } else if (!strncmp(line, "frame ", 6)) {
        put_hex(to, line + 6);
    } else if (sscanf(line, "fill %u %x %u %u", &type, &flags, &id, &n) == 4) {
        assert_true(n <= sizeof(zeros));
        put_frame(to, type, flags, id, zeros, n);
    } else {
        fail_msg("not a command: %s", line);
    }
}

void h2_script(tn_buf *to, const char *script)
{
    char *copy = strdup(script);
    for (char *save, *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save)) {
        while (*line == ' ')
            line++;
        for (size_t n = strlen(line); n && line[n - 1] == ' ';)
            line[--n] = '\0';
        if (*line)
            put_command(to, line);
    }
    free(copy);
}

/* ---- text from frames ---- */

static int describe_one(char *line, size_t room, tn_h2_frame_header h, const uint8_t *p)
{
    const char *es = h.flags & TN_H2_FLAG_END_STREAM ? " es" : "";
    const char *ack = h.flags & TN_H2_FLAG_ACK ? " ack" : "";
    switch (h.type) {
    case TN_H2_DATA: return snprintf(line, room, "DATA %u %u%s\n", h.stream, h.length, es);
    case TN_H2_HEADERS: return snprintf(line, room, "HEADERS %u%s\n", h.stream, es);
    case TN_H2_RST_STREAM:
        return snprintf(line, room, "RST_STREAM %u %s\n", h.stream, tn_h2_code_name(tn_load32(p)));
    case TN_H2_SETTINGS: return snprintf(line, room, "SETTINGS%s\n", ack);
    case TN_H2_PING: return snprintf(line, room, "PING%s\n", ack);
    case TN_H2_GOAWAY:
        return snprintf(line, room, "GOAWAY %u %s %.*s\n", tn_load32(p),
                        tn_h2_code_name(tn_load32(p + 4)), (int)h.length - 8, (const char *)p + 8);
    case TN_H2_WINDOW_UPDATE:
        return snprintf(line, room, "WINDOW_UPDATE %u %u\n", h.stream, tn_load32(p));
    case TN_H2_CONTINUATION: return snprintf(line, room, "CONTINUATION %u\n", h.stream);
    default: return snprintf(line, room, "TYPE %u\n", h.type);
    }
}

void h2_describe(tn_buf *text, const uint8_t *p, size_t n)
{
    if (n >= TN_H2_PREFACE_BYTES && !memcmp(p, TN_H2_PREFACE, TN_H2_PREFACE_BYTES)) {
        p += TN_H2_PREFACE_BYTES;
        n -= TN_H2_PREFACE_BYTES;
    }
    while (n) {
        char line[300];
        assert_true(n >= 9);
        const tn_h2_frame_header h = tn_h2_frame_header_unpack(p);
        assert_true(n >= 9 + (size_t)h.length);
        const int m = describe_one(line, sizeof(line), h, p + 9);
        assert_true(tn_buf_put(text, line, (size_t)m));
        p += 9 + h.length;
        n -= 9 + h.length;
    }
    assert_true(tn_buf_put(text, "", 1));
    text->tail--;
}
