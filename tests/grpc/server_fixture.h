/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_fixture.h: a server against a client made of bytes. For request_test.c and answer_test.c.
 */
#ifndef TN_TEST_GRPC_SERVER_FIXTURE_H
#define TN_TEST_GRPC_SERVER_FIXTURE_H

#include "support/grpc_end.h"
#include "support/test.h"

typedef struct fixture {
    grpc_end end;
    wire_reader reader;
    tn_buf out;
    uint64_t now;
} fixture;

static inline void begin(fixture *f)
{
    f->end.config.h2.server = true;
    f->now = 1000;
    assert_true(grpc_end_init(&f->end, NULL, f->now));
    wire_reader_init(&f->reader, tn_env_of(NULL), false);
    f->out = tn_buf_of(tn_env_of(NULL));
    wire_preface(&f->out);
    wire_settings_ack(&f->out);
}

static inline void end(fixture *f)
{
    grpc_end_free(&f->end);
    wire_reader_free(&f->reader);
    tn_buf_free(&f->out);
}

static inline const char *answer(fixture *f)
{
    grpc_exchange(&f->end, &f->out, &f->reader, f->now);
    return wire_text(&f->reader);
}

static inline void assert_starts(const char *text, const char *start)
{
    if (strncmp(text, start, strlen(start)) != 0)
        fail_msg("\"%s\" does not start with \"%s\"", text, start);
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* A request that gets through. */
static inline void accepted(fixture *f, const char *fields)
{
    begin(f);
    wire_headers(&f->out, 1, true, fields);
    assert_string_equal(answer(f), "");
    assert_string_equal(f->end.records[0].log, "request half_closed");
}

#endif
