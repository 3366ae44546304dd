/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send.c: what the layer above sends: HEADERS, DATA, trailers, RST_STREAM.
 *
 * What may go at once is written into the output at once, so that a small answer is one run of bytes;
 * the rest waits in its stream for schedule.c. Once something waits, all that follows on that stream
 * waits behind it. HEADERS never wait.
 */
#include "h2/conn_internal.h"

/* Trailers that wait: fields with their strings behind them, in one piece. */
struct tn_h2_trailers {
    size_t size; /* of the whole */
    size_t n;
    tn_h2_field fields[];
};

static tern_code may_send(tn_h2_conn *c, tn_h2_stream *s)
{
    if (c->phase == TN_H2_ENDED)
        return TERN_UNAVAILABLE;
    if (s->state == TN_H2_STATE_CLOSED)
        return TERN_CANCELLED;
    if (s->flags & TN_H2_STREAM_END_GIVEN ||
        tn_h2_moves[s->state][TN_H2_ACT_SEND].verdict != TN_H2_MOVED)
        return TERN_FAILED_PRECONDITION;
    return TERN_OK;
}

static tern_code may_send_data(tn_h2_conn *c, tn_h2_stream *s)
{
    TN_TRY(may_send(c, s));
    return s->flags & TN_H2_STREAM_SENT_HEADERS ? TERN_OK : TERN_FAILED_PRECONDITION;
}

static void sent_end(tn_h2_conn *c, tn_h2_stream *s)
{
    s->flags |= TN_H2_STREAM_END_GIVEN;
    tn_h2_stream_move(c, s, TN_H2_ACT_SEND_END, TN_H2_CLOSED_DONE, TN_H2_NO_ERROR);
}

/* ---- HEADERS ---- */

tern_code tn_h2_open(tn_h2_conn *c, tn_h2_stream *s, const tn_h2_field *fields, size_t n,
                     bool end_stream)
{
    if (TN_BUG(!c->config.server && s->state == TN_H2_STATE_IDLE))
        return TERN_INTERNAL;
    if (c->phase != TN_H2_OPEN)
        return TERN_UNAVAILABLE;
    if (!tn_h2_can_open(c))
        return TERN_AGAIN;
    const uint32_t id = c->last_id ? c->last_id + 2 : 1;
    /* The place in the map first: with it, nothing can fail once the HEADERS are written. */
    if (!tn_idmap_put(&c->streams, id, s))
        return TERN_RESOURCE_EXHAUSTED;
    const uint64_t at = c->out.taken + tn_h2_out_bytes(&c->out);
    if (!tn_h2_write_headers(c, id, fields, n, end_stream)) {
        tn_idmap_remove(&c->streams, id);
        return TERN_RESOURCE_EXHAUSTED;
    }
    tn_h2_past_advance(c, id);
    tn_h2_stream_open(c, s, id);
    s->opened_at = at;
    s->flags |= TN_H2_STREAM_SENT_HEADERS;
    if (end_stream)
        sent_end(c, s);
    if (id >= TN_H2_LAST_CLIENT_ID)
        tn_h2_drain(c, c->now);
    return TERN_OK;
}

static bool is_informational(const tn_h2_field *fields, size_t n)
{
    return n && fields[0].value.n == 3 && fields[0].value.p[0] == '1' &&
           tern_str_equal(fields[0].name, TERN_STR(":status"));
}

tern_code tn_h2_send_headers(tn_h2_conn *c, tn_h2_stream *s, const tn_h2_field *fields, size_t n,
                             bool end_stream)
{
    TN_TRY(may_send(c, s));
    if (s->flags & TN_H2_STREAM_SENT_HEADERS)
        return TERN_FAILED_PRECONDITION;
    const bool informational = is_informational(fields, n);
    if (informational && end_stream)
        return TERN_FAILED_PRECONDITION;
    if (!tn_h2_write_headers(c, s->id, fields, n, end_stream))
        return TERN_RESOURCE_EXHAUSTED;
    if (!informational)
        s->flags |= TN_H2_STREAM_SENT_HEADERS;
    if (end_stream)
        sent_end(c, s);
    return TERN_OK;
}

/* ---- trailers ---- */

static size_t copy_string(uint8_t *to, tern_str *s)
{
    if (s->n)
        memcpy(to, s->p, s->n);
    s->p = (const char *)to;
    return s->n;
}

static struct tn_h2_trailers *trailers_copy(tn_h2_conn *c, const tn_h2_field *fields, size_t n)
{
    size_t size = sizeof(struct tn_h2_trailers) + n * sizeof(*fields);
    for (size_t i = 0; i < n; i++) {
        const size_t more = fields[i].name.n + fields[i].value.n;
        if (more > SIZE_MAX / 4 || size > SIZE_MAX / 4)
            return NULL;
        size += more;
    }
    struct tn_h2_trailers *t = tn_alloc(c->env, size);
    if (!t)
        return NULL;
    t->size = size;
    t->n = n;
    uint8_t *at = (uint8_t *)(t->fields + n);
    for (size_t i = 0; i < n; i++) {
        t->fields[i] = fields[i];
        t->fields[i].flags &= (uint8_t)~TN_H2_FIELD_CONSTANT;
        at += copy_string(at, &t->fields[i].name);
        at += copy_string(at, &t->fields[i].value);
    }
    return t;
}

void tn_h2_trailers_free(tn_h2_conn *c, tn_h2_stream *s)
{
    if (!s->trailers)
        return;
    tn_free(c->env, s->trailers, s->trailers->size);
    s->trailers = NULL;
}

bool tn_h2_trailers_flush(tn_h2_conn *c, tn_h2_stream *s)
{
    if (!tn_h2_write_headers(c, s->id, s->trailers->fields, s->trailers->n, true))
        return false;
    tn_h2_trailers_free(c, s);
    sent_end(c, s);
    return true;
}

tern_code tn_h2_send_trailers(tn_h2_conn *c, tn_h2_stream *s, const tn_h2_field *fields, size_t n)
{
    TN_TRY(may_send_data(c, s));
    if (s->queue.bytes == 0) {
        if (!tn_h2_write_headers(c, s->id, fields, n, true))
            return TERN_RESOURCE_EXHAUSTED;
        sent_end(c, s);
        return TERN_OK;
    }
    s->trailers = trailers_copy(c, fields, n);
    if (!s->trailers)
        return TERN_RESOURCE_EXHAUSTED;
    s->flags |= TN_H2_STREAM_END_GIVEN;
    return TERN_OK;
}

/* ---- DATA ---- */

size_t tn_h2_send_allowance(const tn_h2_conn *c, const tn_h2_stream *s)
{
    const int32_t window = c->send_window < s->send_window ? c->send_window : s->send_window;
    const size_t waiting = tn_h2_out_bytes(&c->out);
    if (window <= 0 || c->shut || waiting >= TN_H2_MAX_OUTPUT)
        return 0;
    const size_t room = TN_H2_MAX_OUTPUT - waiting;
    return (size_t)window < room ? (size_t)window : room;
}

/* All n octets, which the windows allow, as DATA frames beside their headers. False: no memory. */
static bool write_data(tn_h2_conn *c, tn_h2_stream *s, const uint8_t *p, size_t n, bool end_stream)
{
    const size_t frames = n ? (n - 1) / TN_H2_SEND_FRAME + 1 : 1;
    const size_t room = n + frames * TN_H2_FRAME_HEADER_BYTES;
    uint8_t *to = tn_h2_out_room(&c->out, room);
    if (!to)
        return false;
    tn_wr w = tn_wr_of(to, room);
    size_t left = n;
    do {
        const size_t k = left < TN_H2_SEND_FRAME ? left : TN_H2_SEND_FRAME;
        left -= k;
        tn_h2_frame_header_put(&w, TN_H2_DATA, end_stream && left == 0 ? TN_H2_FLAG_END_STREAM : 0,
                               s->id, (uint32_t)k);
        tn_wr_bytes(&w, p, k);
        if (left) /* p may be NULL when n is 0 */
            p += k;
    } while (left);
    tn_buf_wrote(&c->out.own, room);
    c->send_window -= (int32_t)n;
    s->send_window -= (int32_t)n;
    if (TN_UNLIKELY(c->send_window == 0))
        c->shut = true;
    if (TN_UNLIKELY(s->send_window == 0))
        s->flags |= TN_H2_STREAM_SHUT;
    if (end_stream)
        sent_end(c, s);
    return true;
}

/* n octets for which there is no queue, and window and room at once? */
static bool goes_now(const tn_h2_conn *c, const tn_h2_stream *s, size_t n)
{
    return s->queue.bytes == 0 && n <= tn_h2_send_allowance(c, s);
}

/* chunk moved; it is not empty, or NULL when there is only an end behind what waits. */
static void enqueue(tn_h2_conn *c, tn_h2_stream *s, tn_chunk *chunk, bool end_stream)
{
    if (chunk)
        tn_chunk_queue_push(&s->queue, chunk);
    if (end_stream)
        s->flags |= TN_H2_STREAM_END_GIVEN;
    if (s->queue.bytes >= TN_H2_HIGH_WATER)
        s->flags |= TN_H2_STREAM_WAS_HIGH;
    tn_h2_schedule_stream(c, s);
}

tern_code tn_h2_send_bytes(tn_h2_conn *c, tn_h2_stream *s, const uint8_t *p, size_t n,
                           bool end_stream)
{
    TN_TRY(may_send_data(c, s));
    if (n == 0 && !end_stream)
        return TERN_OK;
    if (goes_now(c, s, n))
        return write_data(c, s, p, n, end_stream) ? TERN_OK : TERN_RESOURCE_EXHAUSTED;
    tn_chunk *chunk = NULL;
    if (n) {
        chunk = tn_chunk_new(c->env, 0, n);
        if (!chunk)
            return TERN_RESOURCE_EXHAUSTED;
        memcpy(tn_chunk_bytes(chunk), p, n);
        chunk->n = n;
    }
    enqueue(c, s, chunk, end_stream);
    return TERN_OK;
}

tern_code tn_h2_send_data(tn_h2_conn *c, tn_h2_stream *s, tn_chunk *chunk, bool end_stream)
{
    const size_t n = chunk ? chunk->n : 0;
    tern_code code = may_send_data(c, s);
    if (code == TERN_OK && n && (n > TN_H2_COPY_MAX || !goes_now(c, s, n))) {
        enqueue(c, s, chunk, end_stream);
        return TERN_OK;
    }
    if (code == TERN_OK)
        code = tn_h2_send_bytes(c, s, n ? tn_chunk_bytes(chunk) : NULL, n, end_stream);
    tn_chunk_unref(chunk);
    return code;
}

/* ---- RST_STREAM ---- */

static void reset_later(tn_h2_conn *c, tn_h2_stream *s, uint32_t code)
{
    if (tn_h2_stream_move(c, s, TN_H2_ACT_SEND_RST, TN_H2_CLOSED_RESET_LOCAL, code) == TN_H2_MOVED)
        tn_h2_write_rst_stream(c, s->id, code);
}

tn_h2_error tn_h2_stream_fault(tn_h2_conn *c, tn_h2_stream *s, tn_h2_code code)
{
    reset_later(c, s, code);
    return tn_h2_spend(c, TN_H2_LIMIT_PROVOKED);
}

void tn_h2_reset(tn_h2_conn *c, tn_h2_stream *s, uint32_t code)
{
    if (s->state == TN_H2_STATE_IDLE)
        return;
    reset_later(c, s, code);
    tn_list_remove(&s->ready);
    c->events->closed(c->user, s, (tn_h2_close)s->how, s->code);
}
