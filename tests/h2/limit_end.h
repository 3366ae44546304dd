/* SPDX-License-Identifier: Apache-2.0 */
/* limit_end.h: what the tests of limits share: an end fed by scripts, and what it answered. */
#ifndef TN_TEST_H2_LIMIT_END_H
#define TN_TEST_H2_LIMIT_END_H

#include "h2/conn_internal.h"
#include "support/h2_end.h"
#include "support/test.h"
#include <stdio.h>

static const tn_h2_config server_config = { .server = true };
static const tn_h2_config client_config = { .server = false };

static inline void feed_at(h2_end *e, uint64_t now, const char *script)
{
    tn_buf in = tn_buf_of(tern_env_default());
    h2_script(&in, script);
    tn_h2_feed(e->c, tn_buf_data(&in), tn_buf_len(&in), now);
    tn_buf_free(&in);
}

static inline void feed(h2_end *e, const char *script)
{
    feed_at(e, TERN_TEST_START, script);
}

/* %u becomes the id. */
static inline void feed_id(h2_end *e, uint64_t now, const char *script, unsigned id)
{
    char text[256];
    snprintf(text, sizeof text, script, id, id, id, id);
    feed_at(e, now, text);
}

static inline void start(h2_end *e, const tn_h2_config *config, const h2_acts *acts)
{
    assert_true(h2_end_init(e, NULL, config, acts));
    e->quiet = true;
    feed(e, config->server ? "preface; settings; ack" : "settings; ack");
}

/* What was written so far, as text. */
static inline tn_buf output(h2_end *e)
{
    tn_buf wire = tn_buf_of(tern_env_default()), text = tn_buf_of(tern_env_default());
    h2_drain_output(e->c, &wire, SIZE_MAX);
    h2_describe(&text, tn_buf_data(&wire), tn_buf_len(&wire));
    assert_true(tn_buf_put(&text, "", 1));
    tn_buf_free(&wire);
    return text;
}

static inline void drop_output(h2_end *e)
{
    tn_buf text = output(e);
    tn_buf_free(&text);
}

static inline unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

/* The connection ended by this row: cause, and the GOAWAY on the wire with its text. */
static inline void ended_by(h2_end *e, tn_h2_limit limit)
{
    const tn_h2_limit_row *row = &tn_h2_limit_rows[limit];
    assert_int_equal(tn_h2_status(e->c), TN_H2_ENDED);
    assert_int_equal(tn_h2_cause(e->c)->code, row->code);
    assert_string_equal(tn_h2_cause(e->c)->reason, row->debug);
    tn_buf text = output(e);
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s %s\n", tn_h2_code_name(row->code), row->debug);
    const char *goaway = strstr((const char *)tn_buf_data(&text), "GOAWAY ");
    assert_non_null(goaway);
    assert_non_null(strstr(goaway, wanted));
    tn_buf_free(&text);
}

#define A_PING "frame 6 0 0 0102030405060708"

#endif
