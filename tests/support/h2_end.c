/* SPDX-License-Identifier: Apache-2.0 */
/* h2_end.c: the events of a test's connection, and carrying bytes between two. */
#include "support/h2_end.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static void __attribute__((format(printf, 2, 3))) say(h2_end *e, const char *format, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, format);
    const int n = vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    if (!e->quiet)
        assert_true(
            tn_buf_put(&e->log, line, n < (int)sizeof(line) ? (size_t)n : sizeof(line) - 1));
}

static void flush_data(h2_end *e)
{
    if (!e->data_id)
        return;
    say(e, "data %u n=%zu sum=%u%s\n", e->data_id, e->data_n, e->data_sum,
        e->data_end ? " end" : "");
    e->data_id = 0;
}

static tn_h2_stream *on_open(void *user)
{
    h2_end *e = user;
    if (e->refuse)
        return NULL;
    h2_call *call = tn_zalloc(e->env, sizeof(*call));
    if (!call)
        return NULL;
    call->end = e;
    e->calls++;
    e->opened++;
    if (e->acts && e->acts->open)
        e->acts->open(e);
    return &call->s;
}

static void on_headers(void *user, tn_h2_stream *s, tn_h2_block block, const tn_h2_fields *fields,
                       bool end_stream)
{
    static const char *const names[] = { "request", "response", "informational", "trailers" };
    h2_end *e = user;
    h2_call *call = (h2_call *)s;
    flush_data(e);
    call->id = s->id;
    assert_int_equal(call->closed, 0);
    say(e, "headers %u %s%s%s", s->id, names[block], end_stream ? " end" : "",
        fields->too_large ? " too-large" : "");
    for (size_t i = 0; i < fields->n; i++)
        say(e, " %.*s=%.*s", TERN_FMT(fields->p[i].name), TERN_FMT(fields->p[i].value));
    say(e, "\n");
    call->headers++;
    if (block == TN_H2_BLOCK_TRAILERS)
        call->trailers++;
    if (end_stream)
        call->got_end = 1;
    if (e->acts && e->acts->headers)
        e->acts->headers(call, block, fields, end_stream);
}

static void on_data(void *user, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    h2_end *e = user;
    h2_call *call = (h2_call *)s;
    assert_int_equal(call->closed, 0);
    assert_int_equal(call->got_end, 0);
    assert_true(n || end_stream);
    if (e->data_id != s->id) {
        flush_data(e);
        e->data_id = s->id;
        e->data_n = e->data_sum = 0;
    }
    for (size_t i = 0; i < n; i++)
        call->sum = call->sum * 31 + p[i];
    e->data_n += n;
    e->data_sum = call->sum;
    e->data_end = end_stream;
    call->got += n;
    if (end_stream)
        call->got_end = 1;
    if (e->acts && e->acts->data)
        e->acts->data(call, p, n, end_stream);
}

static void on_writable(void *user, tn_h2_stream *s)
{
    h2_end *e = user;
    flush_data(e);
    say(e, "writable %u\n", s->id);
    if (e->acts && e->acts->writable)
        e->acts->writable((h2_call *)s);
}

static void on_closed(void *user, tn_h2_stream *s, tn_h2_close how, uint32_t code)
{
    static const char *const names[] = { "done", "reset-local", "reset-peer", "unprocessed",
                                         "lost" };
    h2_end *e = user;
    h2_call *call = (h2_call *)s;
    flush_data(e);
    assert_int_equal(call->closed, 0);
    assert_int_equal(s->queue.bytes, 0);
    assert_null(s->trailers);
    call->closed = 1;
    call->how = (int)how;
    call->code = code;
    say(e, "closed %u %s %s\n", call->id, names[how], tn_h2_code_name(code));
    if (e->acts && e->acts->closed)
        e->acts->closed(call);
    e->calls--;
    e->closed++;
    if (e->config.server && !e->keep_slots)
        tn_h2_slot_free(e->c);
    memset(call, 0xdd, sizeof(*call));
    tn_free(e->env, call, sizeof(*call));
}

static void on_settings(void *user)
{
    h2_end *e = user;
    e->settings++;
    flush_data(e);
    say(e, "settings\n");
}

static void on_goaway(void *user, uint32_t code, tern_bytes debug)
{
    h2_end *e = user;
    flush_data(e);
    say(e, "goaway %s %.*s\n", tn_h2_code_name(code), (int)debug.n,
        debug.n ? (const char *)debug.p : "");
    if (e->acts && e->acts->goaway)
        e->acts->goaway(e, code);
}

static void on_ping_ack(void *user, uint64_t opaque)
{
    h2_end *e = user;
    flush_data(e);
    e->pings++;
    e->ping_opaque = opaque;
    say(e, "ping-ack %llx\n", (unsigned long long)opaque);
}

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

bool h2_end_init(h2_end *e, const tern_env *env, const tn_h2_config *config, const h2_acts *acts)
{
    *e = (h2_end){
        .env = tn_env_of(env), .config = *config, .acts = acts, .log = tn_buf_of(tern_env_default())
    };
    e->c = tn_h2_new(env, &e->config, &events, e, TERN_TEST_START);
    return e->c != NULL;
}

void h2_end_free(h2_end *e)
{
    if (e->c)
        tn_h2_lost(e->c);
    assert_int_equal(e->calls, 0);
    tn_h2_free(e->c);
    tn_buf_free(&e->log);
    e->c = NULL;
}

/* ---- what the ends of most tests do ---- */

static void give_up(h2_call *call)
{
    tn_h2_reset(call->end->c, &call->s, TN_H2_INTERNAL_ERROR);
}

static bool end_echo(h2_call *call)
{
    tn_h2_field f[8];
    return tn_h2_send_trailers(call->end->c, &call->s, f, h2_trailer_fields(f)) == TERN_OK;
}

static void echo_headers(h2_call *call, tn_h2_block block, const tn_h2_fields *fields,
                         bool end_stream)
{
    (void)fields;
    tn_h2_field f[8];
    const size_t n = h2_response_fields(f);
    if (block == TN_H2_BLOCK_REQUEST &&
        tn_h2_send_headers(call->end->c, &call->s, f, n, false) != TERN_OK)
        give_up(call);
    else if (end_stream && !end_echo(call))
        give_up(call);
}

static void echo_data(h2_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    tn_h2_conn *c = call->end->c;
    tn_h2_consume(c, &call->s, n);
    if ((n && tn_h2_send_bytes(c, &call->s, p, n, false) != TERN_OK) ||
        (end_stream && !end_echo(call)))
        give_up(call);
}

static void reader_data(h2_call *call, const uint8_t *p, size_t n, bool end_stream)
{
    (void)p;
    (void)end_stream;
    tn_h2_consume(call->end->c, &call->s, n);
}

const h2_acts h2_echo = { .headers = echo_headers, .data = echo_data };
const h2_acts h2_reader = { .data = reader_data };

h2_call *h2_call_open(h2_end *e, bool end_stream)
{
    tn_h2_field fields[8];
    return h2_call_open_fields(e, fields, h2_request_fields(fields), end_stream);
}

h2_call *h2_call_open_fields(h2_end *e, const tn_h2_field *fields, size_t n, bool end_stream)
{
    h2_call *call = tn_zalloc(e->env, sizeof(*call));
    if (!call)
        return NULL;
    call->end = e;
    const tern_code code = tn_h2_open(e->c, &call->s, fields, n, end_stream);
    if (code != TERN_OK) {
        tn_free(e->env, call, sizeof(*call));
        return NULL;
    }
    call->id = call->s.id;
    e->calls++;
    e->opened++;
    return call;
}

const char *h2_end_log(h2_end *e)
{
    flush_data(e);
    assert_true(tn_buf_put(&e->log, "", 1));
    e->log.tail--;
    return (const char *)tn_buf_data(&e->log);
}

void h2_end_log_clear(h2_end *e)
{
    flush_data(e);
    tn_buf_reset(&e->log, SIZE_MAX);
}

void h2_feed_cut(tn_h2_conn *c, const uint8_t *p, size_t n, uint64_t now, h2_cut cut, tn_seed *seed)
{
    while (n) {
        size_t k = n;
        if (cut == H2_BYTES)
            k = 1;
        else if (cut == H2_RANDOM)
            k = 1 + tn_seed_below(seed, tn_seed_below(seed, 4) ? 20 : 3000);
        if (k > n)
            k = n;
        tn_h2_feed(c, p, k, now);
        p += k;
        n -= k;
    }
}

size_t h2_drain_output(tn_h2_conn *c, tn_buf *to, size_t max)
{
    size_t total = 0;
    while (total < max) {
        tern_bytes slices[8];
        const size_t count = tn_h2_pull(c, slices, 8);
        size_t took = 0;
        for (size_t i = 0; i < count && total + took < max; i++) {
            size_t k = slices[i].n;
            assert_true(k > 0);
            if (k > max - total - took)
                k = max - total - took;
            assert_true(tn_buf_put(to, slices[i].p, k));
            took += k;
        }
        if (!took)
            break;
        tn_h2_sent(c, took);
        total += took;
    }
    return total;
}

void h2_pump(h2_end *a, h2_end *b, uint64_t now, h2_cut cut, tn_seed *seed)
{
    tn_buf wire = tn_buf_of(tern_env_default());
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < 2; i++) {
            h2_end *from = i ? b : a, *to = i ? a : b;
            const size_t max = cut == H2_WHOLE ? SIZE_MAX : 1 + tn_seed_below(seed, 20000);
            if (h2_drain_output(from->c, &wire, max)) {
                more = true;
                h2_feed_cut(to->c, tn_buf_data(&wire), tn_buf_len(&wire), now, cut, seed);
                tn_buf_reset(&wire, SIZE_MAX);
            }
        }
    }
    tn_buf_free(&wire);
}
