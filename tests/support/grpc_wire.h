/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc_wire.h: a peer made of bytes, for tests: frames written by hand, and frames read as text.
 *
 * Header blocks are written as literals without indexing, so that a test may send what no sane
 * encoder would. What is read is decoded with a real HPACK decoder, so one reader sees one
 * direction of one connection from its start.
 */
#ifndef TN_TEST_GRPC_WIRE_H
#define TN_TEST_GRPC_WIRE_H

#include "base/buf.h"
#include "h2/frame.h"
#include "h2/hpack.h"

/* Appended to b. Padding is none. */
void wire_frame(tn_buf *b, uint8_t type, uint8_t flags, uint32_t stream, const void *p, size_t n);
void wire_preface(tn_buf *b);  /* a client's: the preface and empty SETTINGS */
void wire_settings(tn_buf *b); /* a server's: empty SETTINGS */
void wire_settings_ack(tn_buf *b);
void wire_rst(tn_buf *b, uint32_t stream, uint32_t code);
void wire_goaway(tn_buf *b, uint32_t last, uint32_t code, const char *debug);
/* fields: "name=value|name=value"; a "=" after the first belongs to the value. */
void wire_headers(tn_buf *b, uint32_t stream, bool end_stream, const char *fields);
void wire_data(tn_buf *b, uint32_t stream, bool end_stream, const void *p, size_t n);
/* DATA with one message: flag, length, then as many octets of 'm'. */
void wire_message(tn_buf *b, uint32_t stream, bool end_stream, uint8_t flag, uint32_t length);

/* Request fields that are in order, for wire_headers; more may follow. */
#define WIRE_REQUEST                                                                               \
    ":method=POST|:scheme=http|:path=/p.S/M|:authority=host|te=trailers|"                          \
    "content-type=application/grpc"
#define WIRE_RESPONSE ":status=200|content-type=application/grpc"

typedef struct wire_reader {
    tn_hpack_decoder decoder;
    tn_buf pending;
    bool preface; /* one is still to come */
    tn_buf text;
    bool quiet; /* leaves out SETTINGS, PING and WINDOW_UPDATE */
} wire_reader;

void wire_reader_init(wire_reader *r, const tern_env *env, bool of_client);
void wire_reader_free(wire_reader *r);
/* Frames become lines: "HEADERS 1 :status=200 content-type=application/grpc", "DATA 1 10 ES", "RST
 * 1 NO_ERROR", "GOAWAY 0 NO_ERROR", "SETTINGS", "PING", "WINDOW 0 100". Blocks are in one frame. */
void wire_read(wire_reader *r, const void *p, size_t n);
/* What came since the last time, NUL-terminated; valid until the next wire_read. */
const char *wire_text(wire_reader *r);

#endif
