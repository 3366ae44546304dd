/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unstable.c: tern/unstable.h on the connection of conn.h. It adds memory for streams and plain fields;
 * it has no rule of HTTP/2. A stream's slot is given back with its `closed`.
 */
#include "tern/unstable.h"
#include "base/assert.h"
#include "base/env.h"
#include "base/options.h"
#include "h2/conn.h"
#include "h2/limits.h"

enum { MOST_SENT = 64 };

struct tern_h2_stream {
    tn_h2_stream s; /* first */
    tern_h2_conn *conn;
    void *user;
};

struct tern_h2_conn {
    tn_h2_conn *c;
    const tern_env *env;
    const tern_h2_events *events;
    void *user;
    tn_h2_config config;
};

static tern_h2_stream *outer(tn_h2_stream *s)
{
    return TN_CONTAINER(s, tern_h2_stream, s);
}

/* ---- events ---- */

static tn_h2_stream *on_open(void *user)
{
    tern_h2_conn *c = user;
    tern_h2_stream *s = tn_zalloc(c->env, sizeof(*s));
    if (!s)
        return NULL;
    s->conn = c;
    return &s->s;
}

static void on_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                       bool end_stream)
{
    static const tern_h2_block blocks[] = { [TN_H2_BLOCK_REQUEST] = TERN_H2_REQUEST,
                                            [TN_H2_BLOCK_RESPONSE] = TERN_H2_RESPONSE,
                                            [TN_H2_BLOCK_INFORMATIONAL] = TERN_H2_INFORMATIONAL,
                                            [TN_H2_BLOCK_TRAILERS] = TERN_H2_TRAILERS };
    tern_h2_conn *c = user;
    tern_h2_field plain[TN_H2_MAX_FIELDS];
    for (size_t i = 0; i < fields->n; i++)
        plain[i] = (tern_h2_field){ fields->p[i].name, fields->p[i].value };
    c->events->headers(c->user, outer(s), blocks[block], plain, fields->n, end_stream);
}

static void on_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    tern_h2_conn *c = user;
    if (c->events->data)
        c->events->data(c->user, outer(s), (tern_bytes){ p, n }, end_stream);
    else
        tn_h2_consume(c->c, s, n);
}

static void on_writable(void *user, tn_h2_stream *s)
{
    tern_h2_conn *c = user;
    if (c->events->writable)
        c->events->writable(c->user, outer(s));
}

static void on_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    tern_h2_conn *c = user;
    tern_h2_stream *mine = outer(s);
    if (how != TN_H2_CLOSED_DONE && code == TN_H2_NO_ERROR)
        code = how == TN_H2_CLOSED_UNPROCESSED ? TN_H2_REFUSED_STREAM : TN_H2_CANCEL;
    /* A server's stream is the user's from its request on, not before. */
    if (c->events->closed && (!c->config.server || s->id))
        c->events->closed(c->user, mine, code);
    tn_free(c->env, mine, sizeof(*mine));
    if (c->config.server)
        tn_h2_slot_free(c->c);
}

static void on_settings(void *user)
{
    (void)user;
}

static void on_goaway(void *user, uint32_t code, tern_bytes debug)
{
    (void)user;
    (void)code;
    (void)debug;
}

static void on_ping_ack(void *user, uint64_t opaque)
{
    (void)user;
    (void)opaque;
}

static const tn_h2_events inner_events = {
    .open = on_open,
    .headers = on_headers,
    .data = on_data,
    .writable = on_writable,
    .closed = on_closed,
    .settings = on_settings,
    .goaway = on_goaway,
    .ping_ack = on_ping_ack,
};

/* ---- connection ---- */

tern_h2_conn *tern_h2_conn_new(const tern_h2_opts *opts, const tern_h2_events *events, void *user,
                               uint64_t now, tern_error *err)
{
    tern_h2_opts o;
    tern_error_clear(err);
    if (tn_options_copy(&o, sizeof(o), opts, "tern_h2_opts", err) != TERN_OK)
        return NULL;
    if (!events || !events->headers) {
        tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                       "a connection needs its headers event");
        return NULL;
    }
    const tern_env *env = tn_env_of(o.env);
    tern_h2_conn *c = tn_zalloc(env, sizeof(*c));
    if (c) {
        *c = (tern_h2_conn){ .env = env,
                             .events = events,
                             .user = user,
                             .config = { .server = o.server,
                                         .max_concurrent_streams = o.max_concurrent_streams,
                                         .max_header_list_bytes = o.max_header_list_bytes,
                                         .stream_window = o.stream_window } };
        c->c = tn_h2_new(env, &c->config, &inner_events, c, now);
    }
    if (c && c->c)
        return c;
    if (c)
        tn_free(env, c, sizeof(*c));
    tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL, "no memory for a connection");
    return NULL;
}

void tern_h2_conn_free(tern_h2_conn *c)
{
    if (!c)
        return;
    tn_h2_lost(c->c);
    tn_h2_free(c->c);
    tn_free(c->env, c, sizeof(*c));
}

void tern_h2_feed(tern_h2_conn *c, tern_bytes bytes, uint64_t now)
{
    tn_h2_feed(c->c, bytes.p, bytes.n, now);
}

bool tern_h2_wants_input(const tern_h2_conn *c)
{
    return tn_h2_wants_input(c->c);
}

size_t tern_h2_pull(tern_h2_conn *c, tern_bytes *slices, size_t max)
{
    return tn_h2_pull(c->c, slices, max);
}

void tern_h2_sent(tern_h2_conn *c, size_t n)
{
    tn_h2_sent(c->c, n);
}

bool tern_h2_has_output(const tern_h2_conn *c)
{
    return tn_h2_has_output(c->c);
}

bool tern_h2_ended(const tern_h2_conn *c)
{
    return tn_h2_status(c->c) == TN_H2_ENDED;
}

void tern_h2_lost(tern_h2_conn *c)
{
    tn_h2_lost(c->c);
}

uint64_t tern_h2_next_timeout(const tern_h2_conn *c)
{
    return tn_h2_next_timeout(c->c);
}

void tern_h2_tick(tern_h2_conn *c, uint64_t now)
{
    tn_h2_tick(c->c, now);
}

void tern_h2_drain(tern_h2_conn *c, uint64_t now)
{
    tn_h2_drain(c->c, now);
}

/* ---- streams ---- */

static bool to_inner(tn_h2_field to[MOST_SENT], const tern_h2_field *fields, size_t n)
{
    if (n > MOST_SENT)
        return false;
    for (size_t i = 0; i < n; i++)
        to[i] = (tn_h2_field){ .name = fields[i].name, .value = fields[i].value };
    return true;
}

tern_h2_stream *tern_h2_open(tern_h2_conn *c, const tern_h2_field *fields, size_t n,
                             bool end_stream)
{
    tn_h2_field inner[MOST_SENT];
    if (!tn_h2_can_open(c->c) || !to_inner(inner, fields, n))
        return NULL;
    tern_h2_stream *s = tn_zalloc(c->env, sizeof(*s));
    if (!s)
        return NULL;
    s->conn = c;
    if (tn_h2_open(c->c, &s->s, inner, n, end_stream) == TERN_OK)
        return s;
    tn_free(c->env, s, sizeof(*s));
    return NULL;
}

tern_code tern_h2_send_headers(tern_h2_stream *s, const tern_h2_field *fields, size_t n,
                               bool end_stream)
{
    tn_h2_field inner[MOST_SENT];
    if (!to_inner(inner, fields, n))
        return TERN_RESOURCE_EXHAUSTED;
    return tn_h2_send_headers(s->conn->c, &s->s, inner, n, end_stream);
}

tern_code tern_h2_send_data(tern_h2_stream *s, tern_bytes bytes, bool end_stream)
{
    return tn_h2_send_bytes(s->conn->c, &s->s, bytes.p, bytes.n, end_stream);
}

tern_code tern_h2_send_trailers(tern_h2_stream *s, const tern_h2_field *fields, size_t n)
{
    tn_h2_field inner[MOST_SENT];
    if (!to_inner(inner, fields, n))
        return TERN_RESOURCE_EXHAUSTED;
    return tn_h2_send_trailers(s->conn->c, &s->s, inner, n);
}

size_t tern_h2_queued(const tern_h2_stream *s)
{
    return tn_h2_queued(&s->s);
}

void tern_h2_consume(tern_h2_stream *s, size_t n)
{
    tn_h2_consume(s->conn->c, &s->s, n);
}

void tern_h2_reset(tern_h2_stream *s, uint32_t code)
{
    tn_h2_reset(s->conn->c, &s->s, code);
}

uint32_t tern_h2_stream_id(const tern_h2_stream *s)
{
    return s->s.id;
}

void tern_h2_set_user(tern_h2_stream *s, void *user)
{
    s->user = user;
}

void *tern_h2_user(const tern_h2_stream *s)
{
    return s->user;
}
