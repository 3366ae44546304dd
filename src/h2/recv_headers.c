/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recv_headers.c: header blocks as they come: HEADERS, CONTINUATION, PUSH_PROMISE (RFC 9113 sections
 * 6.2, 6.6, 6.10, 8.1).
 *
 * A block in one frame is decoded where it lies; one in pieces is gathered, within bounds. Every block
 * is decoded, wanted or not, before anything is decided about it: HPACK stays in step or the
 * connection ends. No event comes from a malformed message.
 */
#include "h2/conn_internal.h"
#include "h2/headers_check.h"

/* ---- from frames to a block ---- */

static tn_h2_error gather(tn_h2_conn *c, tern_bytes fragment)
{
    const uint64_t most = (uint64_t)c->config.max_header_list_bytes * TN_H2_BLOCK_FACTOR;
    if (tn_buf_len(&c->gather.bytes) + fragment.n > most)
        return tn_h2_limit_error(TN_H2_LIMIT_BLOCK_FACTOR);
    if (!tn_buf_put(&c->gather.bytes, fragment.p, fragment.n))
        tn_h2_fail_memory(c);
    return tn_h2_ok();
}

tn_h2_error tn_h2_on_headers(tn_h2_conn *c, const tn_h2_frame_header *h, const uint8_t *payload)
{
    tn_h2_headers headers = { .fragment = { payload, h->length } };
    if (h->flags & (TN_H2_FLAG_PADDED | TN_H2_FLAG_PRIORITY)) {
        const tn_h2_error error = tn_h2_headers_unpack(*h, payload, &headers);
        if (tn_h2_failed(error))
            return error;
    }
    const bool end_stream = h->flags & TN_H2_FLAG_END_STREAM;
    if (h->flags & TN_H2_FLAG_END_HEADERS)
        return tn_h2_on_block(c, h->stream, end_stream, headers.fragment);
    c->gather.stream = h->stream;
    c->gather.end_stream = end_stream;
    c->gather.frames = 0;
    c->gather.due = c->now + (uint64_t)c->config.settings_timeout_ms * 1000000;
    return gather(c, headers.fragment);
}

tn_h2_error tn_h2_on_continuation(tn_h2_conn *c, const tn_h2_frame_header *h,
                                  const uint8_t *payload)
{
    /* That it is the right stream was seen to when the frame's header came. */
    if (c->gather.stream == 0)
        return tn_h2_protocol_error("CONTINUATION without a block to continue");
    if (++c->gather.frames > TN_H2_MAX_CONTINUATIONS)
        return tn_h2_limit_error(TN_H2_LIMIT_MAX_CONTINUATIONS);
    tn_h2_error error = gather(c, (tern_bytes){ payload, h->length });
    if (tn_h2_failed(error) || !(h->flags & TN_H2_FLAG_END_HEADERS) || c->phase == TN_H2_ENDED)
        return error;
    const uint32_t stream = c->gather.stream;
    c->gather.stream = 0;
    error =
        tn_h2_on_block(c, stream, c->gather.end_stream,
                       (tern_bytes){ tn_buf_data(&c->gather.bytes), tn_buf_len(&c->gather.bytes) });
    tn_buf_reset(&c->gather.bytes, 0);
    return error;
}

tn_h2_error tn_h2_on_push_promise(tn_h2_conn *c, const tn_h2_frame_header *h,
                                  const uint8_t *payload)
{
    (void)h;
    (void)payload;
    return tn_h2_protocol_error(c->config.server ? "a client may not push" : "push is disabled");
}

/* ---- a block that opens a stream ---- */

/* The id of a request, already the highest, is answered by RST_STREAM without a stream. */
static void turn_away(tn_h2_conn *c, uint32_t id, uint32_t code)
{
    tn_h2_past_set(c, id, TN_H2_PAST_OURS);
    tn_h2_write_rst_stream(c, id, code);
}

/* A stream for a well-formed request with so many octets of header list, or NULL when it was turned
 * away. */
static tn_h2_stream *admit(tn_h2_conn *c, uint32_t id, uint32_t list_bytes)
{
    const uint64_t slots = (uint64_t)c->config.max_concurrent_streams + c->config.parked_streams;
    tn_h2_stream *s = NULL;
    const uint64_t lists = (uint64_t)c->lists.open + c->lists.closed + list_bytes;
    if (c->live < c->config.max_concurrent_streams && c->slots < slots &&
        (lists <= TN_H2_HEADER_BYTES || lists == list_bytes))
        s = c->events->open(c->user);
    if (!s) {
        turn_away(c, id, TN_H2_REFUSED_STREAM);
        return NULL;
    }
    c->slots++;
    if (c->phase == TN_H2_ENDED) { /* the event aborted */
        c->events->closed(c->user, s, TN_H2_CLOSED_LOST, c->cause.code);
        return NULL;
    }
    if (tn_h2_stream_open(c, s, id)) {
        s->header_bytes = list_bytes;
        c->lists.open += list_bytes;
        return s;
    }
    turn_away(c, id, TN_H2_REFUSED_STREAM);
    c->events->closed(c->user, s, TN_H2_CLOSED_RESET_LOCAL, TN_H2_REFUSED_STREAM);
    return NULL;
}

/* Is the request well-formed? One that was remembered is: only such are. */
static bool judge_request(tn_h2_conn *c, tern_bytes block, const tn_h2_fields *fields,
                          tn_h2_message *m)
{
    *m = (tn_h2_message){ .block = TN_H2_BLOCK_REQUEST, .content_length = UINT64_MAX };
    if (fields->memo) {
        m->content_length = c->memo_content_length;
        return true;
    }
    if (fields->too_large)
        return true;
    if (tn_h2_headers_check(fields->p, fields->n, m))
        return false;
    if (tn_hpack_remember(&c->decoder, block, fields->p, (uint32_t)fields->n))
        c->memo_content_length = m->content_length;
    return true;
}

static tn_h2_error on_request(tn_h2_conn *c, uint32_t id, bool end_stream, tern_bytes block,
                              const tn_h2_fields *fields)
{
    tn_h2_message m;
    tn_h2_past_advance(c, id);
    c->in.fresh++;
    if (id > c->ignore_above) {
        tn_h2_past_set(c, id, TN_H2_PAST_OURS);
        return tn_h2_ok();
    }
    if (!judge_request(c, block, fields, &m) ||
        (end_stream && m.content_length != 0 && m.content_length != UINT64_MAX)) {
        turn_away(c, id, TN_H2_PROTOCOL_ERROR);
        return tn_h2_spend(c, TN_H2_LIMIT_PROVOKED);
    }
    tn_h2_stream *s = admit(c, id, fields->too_large ? 0 : (uint32_t)c->decoder.list_bytes);
    if (!s)
        return tn_h2_ok();
    s->flags |= TN_H2_STREAM_GOT_HEADERS;
    s->content_left = m.content_length;
    if (end_stream)
        tn_h2_stream_move(c, s, TN_H2_ACT_RECV_END, TN_H2_CLOSED_DONE, TN_H2_NO_ERROR);
    c->events->headers(c->user, s, TN_H2_BLOCK_REQUEST, fields, end_stream);
    return tn_h2_ok();
}

/* ---- a block on a stream that is there ---- */

/* What block it is, by what came before, and whether it may be that. */
static bool judge(tn_h2_conn *c, tn_h2_stream *s, const tn_h2_fields *fields, bool end_stream,
                  tn_h2_message *m)
{
    const bool first = !(s->flags & TN_H2_STREAM_GOT_HEADERS);
    m->block = first ? TN_H2_BLOCK_RESPONSE : TN_H2_BLOCK_TRAILERS;
    TN_ASSERT(!first || !c->config.server);
    (void)c;
    if (!fields->too_large && tn_h2_headers_check(fields->p, fields->n, m))
        return false;
    if (m->block == TN_H2_BLOCK_INFORMATIONAL)
        return !end_stream && ++s->informational <= TN_H2_MAX_INFORMATIONAL;
    if (m->block == TN_H2_BLOCK_TRAILERS)
        return end_stream && (s->content_left == 0 || s->content_left == UINT64_MAX);
    return !end_stream || m->content_length == 0 || m->content_length == UINT64_MAX;
}

static tn_h2_error on_more(tn_h2_conn *c, tn_h2_stream *s, bool end_stream,
                           const tn_h2_fields *fields)
{
    tn_h2_message m = { .content_length = UINT64_MAX };
    if (tn_h2_stream_move(c, s, TN_H2_ACT_RECV, TN_H2_CLOSED_DONE, 0) != TN_H2_MOVED)
        return tn_h2_connection_error(TN_H2_STREAM_CLOSED, "HEADERS after END_STREAM");
    if (!judge(c, s, fields, end_stream, &m))
        return tn_h2_stream_fault(c, s, TN_H2_PROTOCOL_ERROR);
    if (m.block == TN_H2_BLOCK_RESPONSE) {
        s->flags |= TN_H2_STREAM_GOT_HEADERS;
        s->content_left = m.content_length;
    }
    if (end_stream)
        tn_h2_stream_move(c, s, TN_H2_ACT_RECV_END, TN_H2_CLOSED_DONE, TN_H2_NO_ERROR);
    c->events->headers(c->user, s, m.block, fields, end_stream); /* s may be gone after this */
    return tn_h2_ok();
}

static tn_h2_error on_absent(tn_h2_conn *c, uint32_t id)
{
    switch (tn_h2_stream_absent(c, id)) {
    case TN_H2_ABSENT_IDLE: return tn_h2_protocol_error("HEADERS on an idle stream");
    case TN_H2_ABSENT_ENDED:
        return tn_h2_connection_error(TN_H2_STREAM_CLOSED, "HEADERS on a closed stream");
    case TN_H2_ABSENT_OLD: break;
    }
    /* Ours and in flight, or long ago; but an id that was skipped may never be used again. */
    if (c->config.server && (c->last_id - id) / 2 < TN_H2_PAST_STREAMS &&
        tn_h2_past_get(c, id) == TN_H2_PAST_UNKNOWN)
        return tn_h2_protocol_error("a stream id lower than one before");
    return tn_h2_ok();
}

/* ---- any block ---- */

static tn_h2_error decode(tn_h2_conn *c, tern_bytes block, tn_h2_field *fields, uint32_t *count,
                          bool *too_large)
{
    switch (tn_hpack_decode(&c->decoder, block, fields, c->config.max_header_fields, count)) {
    case TN_HPACK_OK: break;
    case TN_HPACK_TOO_LARGE:
        *too_large = true;
        if (c->decoder.dead)
            return tn_h2_limit_error(TN_H2_LIMIT_LIST_FACTOR);
        break;
    case TN_HPACK_BAD: return tn_h2_connection_error(TN_H2_COMPRESSION_ERROR, c->decoder.reason);
    case TN_HPACK_NO_MEMORY: tn_h2_fail_memory(c); break;
    }
    return tn_h2_ok();
}

/* Does it open a stream? An id above all others is that of none. */
static bool opens(const tn_h2_conn *c, uint32_t id)
{
    return c->config.server && id % 2 && id > c->last_id;
}

static tn_h2_error on_fields(tn_h2_conn *c, uint32_t id, bool end_stream, tern_bytes block,
                             const tn_h2_fields *fields)
{
    if (opens(c, id))
        return on_request(c, id, end_stream, block, fields);
    tn_h2_stream *s = tn_h2_stream_find(c, id);
    return s ? on_more(c, s, end_stream, fields) : on_absent(c, id);
}

static tn_h2_error decode_block(tn_h2_conn *c, uint32_t id, bool end_stream, tern_bytes block)
{
    tn_h2_field p[TN_H2_MAX_FIELDS];
    uint32_t count = 0;
    bool too_large = false;
    tn_h2_error error = decode(c, block, p, &count, &too_large);
    if (tn_h2_failed(error) || c->phase == TN_H2_ENDED)
        return error;
    const tn_h2_fields fields = { .p = p, .n = count, .too_large = too_large };
    error = on_fields(c, id, end_stream, block, &fields);
    tn_hpack_decoder_release(&c->decoder);
    return error;
}

tn_h2_error tn_h2_on_block(tn_h2_conn *c, uint32_t id, bool end_stream, tern_bytes block)
{
    /* Trailers are another block than the requests between them, and too short to be worth it. */
    tn_h2_fields fields = { 0 };
    uint32_t count;
    if (opens(c, id) &&
        (fields.p = tn_hpack_recall(&c->decoder, block, &count, &fields.memo)) != NULL) {
        fields.n = count;
        return on_request(c, id, end_stream, block, &fields);
    }
    return decode_block(c, id, end_stream, block);
}
