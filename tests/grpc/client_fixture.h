/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_fixture.h: a client with one call on the wire, against a server made of bytes. For
 * response_test.c and outcome_test.c.
 */
#ifndef TN_TEST_GRPC_CLIENT_FIXTURE_H
#define TN_TEST_GRPC_CLIENT_FIXTURE_H

#include "support/grpc_end.h"
#include "support/test.h"

typedef struct fixture {
    grpc_end end;
    tn_failing_env env;
    wire_reader reader;
    tn_buf out;
    grpc_record *call;
} fixture;

/* Connected, and the request of one call, without an end, has been read. */
static inline void begin_with(fixture *f, uint64_t budget)
{
    tn_failing_env_init(&f->env);
    f->end.config.authority = "host";
    assert_true(grpc_end_init(&f->end, &f->env.env, f->env.clock));
    wire_reader_init(&f->reader, tn_env_of(NULL), true);
    f->out = tn_buf_of(tn_env_of(NULL));
    assert_false(tn_grpc_can_start(f->end.c));
    wire_settings(&f->out);
    wire_settings_ack(&f->out);
    grpc_exchange(&f->end, &f->out, &f->reader, f->env.clock);
    assert_true(tn_grpc_can_start(f->end.c));
    assert_true(f->end.ready > 0);
    f->call = grpc_start(&f->end, NULL, budget ? f->env.clock + budget : UINT64_MAX);
    assert_int_equal(f->call->code, TERN_OK);
    grpc_exchange(&f->end, &f->out, &f->reader, f->env.clock);
}

static inline void begin(fixture *f)
{
    memset(f, 0, sizeof(*f));
    begin_with(f, 0);
    (void)wire_text(&f->reader);
}

/* As begin, and the client has half-closed. */
static inline void begin_unary(fixture *f)
{
    begin(f);
    assert_int_equal(grpc_send(f->call, 3, true), TERN_OK);
    grpc_exchange(&f->end, &f->out, &f->reader, f->env.clock);
    assert_string_equal(wire_text(&f->reader), "DATA 1 8 ES\n");
}

static inline void end(fixture *f)
{
    grpc_end_free(&f->end);
    wire_reader_free(&f->reader);
    tn_buf_free(&f->out);
    assert_int_equal(f->env.live_blocks, 0);
}

static inline const char *answer(fixture *f)
{
    grpc_exchange(&f->end, &f->out, &f->reader, f->env.clock);
    return wire_text(&f->reader);
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static inline void assert_outcome(const fixture *f, tern_code code, tern_origin origin,
                                  const char *part)
{
    assert_string_equal(tern_code_name(f->call->code), tern_code_name(code));
    assert_int_equal(f->call->origin, origin);
    assert_has(f->call->message, part);
    assert_null(f->call->call); /* closed */
}

#endif
