/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_end.h: one end of an HTTP/2 connection for tests: a tn_h2_conn that writes down its events, and
 * two of them joined in memory.
 */
#ifndef TN_TEST_H2_END_H
#define TN_TEST_H2_END_H

#include "base/buf.h"
#include "base/env.h"
#include "h2/conn.h"
#include "support/seed.h"

/* When every test connection is made, ns. */
#define TERN_TEST_START UINT64_C(1000000000)

typedef struct h2_end h2_end;

typedef struct h2_call {
    tn_h2_stream s; /* first */
    h2_end *end;
    size_t got;   /* octets of DATA */
    uint32_t sum; /* of those octets */
    uint8_t got_end, headers, trailers, closed;
    int how; /* tn_h2_close, once closed */
    uint32_t code;
    uint32_t id;
    void *user;
} h2_call;

/* What a test does at an event, after it was written down. All may be NULL. */
typedef struct h2_acts {
    void (*open)(h2_end *end);
    void (*headers)(h2_call *call, tn_h2_block block, const tn_h2_fields *fields, bool end_stream);
    void (*data)(h2_call *call, const uint8_t *p, size_t n, bool end_stream);
    void (*writable)(h2_call *call);
    void (*closed)(h2_call *call); /* before the call is freed */
    void (*goaway)(h2_end *end, uint32_t code);
} h2_acts;

struct h2_end {
    tn_h2_conn *c;
    const tern_env *env;
    tn_h2_config config;
    const h2_acts *acts;
    void *user;
    tn_buf log;      /* text, a line an event */
    bool quiet;      /* no log */
    bool keep_slots; /* the test calls tn_h2_slot_free itself */
    bool refuse;     /* open gives NULL */
    uint32_t calls;  /* alive */
    uint32_t opened, closed;
    uint32_t settings, pings;
    uint64_t ping_opaque;
    /* DATA events of one stream in a row are one line */
    h2_call *data_call;
    uint32_t data_id, data_sum;
    size_t data_n;
    bool data_end;
};

/* False: no memory. */
bool h2_end_init(h2_end *e, const tern_env *env, const tn_h2_config *config, const h2_acts *acts);
/* Loses the connection, frees it and the log. */
void h2_end_free(h2_end *e);

/* A server that answers each request with HEADERS, sends the data back as it comes and ends with
 * trailers; on lack of memory it resets the stream. A client that only consumes. */
extern const h2_acts h2_echo, h2_reader;

/* A client call with the usual request fields; NULL when tn_h2_open said anything but OK. */
h2_call *h2_call_open(h2_end *e, bool end_stream);
/* With these fields instead. */
h2_call *h2_call_open_fields(h2_end *e, const tn_h2_field *fields, size_t n, bool end_stream);

/* The log so far as a C string. */
const char *h2_end_log(h2_end *e);
void h2_end_log_clear(h2_end *e);

/* How bytes are cut between two ends. */
typedef enum h2_cut { H2_WHOLE, H2_BYTES, H2_RANDOM } h2_cut;

void h2_feed_cut(tn_h2_conn *c, const uint8_t *p, size_t n, uint64_t now, h2_cut cut,
                 tn_seed *seed);
/* What c has to send, up to max octets, into `to` (appended). Returns how many. */
size_t h2_drain_output(tn_h2_conn *c, tn_buf *to, size_t max);
/* Carries bytes both ways until nothing more comes. */
void h2_pump(h2_end *a, h2_end *b, uint64_t now, h2_cut cut, tn_seed *seed);

/* The usual fields. */
size_t h2_request_fields(tn_h2_field *fields); /* room for 8 */
size_t h2_response_fields(tn_h2_field *fields);
size_t h2_trailer_fields(tn_h2_field *fields);

/*
 * Bytes from a script: commands divided by ';':
 *   preface                        the client's
 *   settings [id=value]...         numbers in decimal
 *   ack                            of SETTINGS
 *   req ID [end]                   a request of the usual fields; end: END_STREAM
 *   res ID [end]                   a response
 *   fields ID FLAGS [name=value]...  HEADERS of these (FLAGS in hexadecimal); "_" is a space, "\n" and
 *                                  "\r" and "\0" as in C
 *   frame TYPE FLAGS ID [HEX]      any frame; type decimal, flags hexadecimal
 *   fill TYPE FLAGS ID N           a frame of N zero octets
 * A mistake in it fails the test.
 */
void h2_script(tn_buf *to, const char *script);

/* The frames in p as text, one a line: "HEADERS 1 es", "DATA 1 5 es", "RST_STREAM 1 CANCEL",
 * "GOAWAY 1 NO_ERROR text", "WINDOW_UPDATE 0 100", "PING", "PING ack", "SETTINGS", "SETTINGS ack". */
void h2_describe(tn_buf *text, const uint8_t *p, size_t n);

#endif
