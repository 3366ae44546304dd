/* SPDX-License-Identifier: Apache-2.0 */
/*
 * differential_test.c: the same frames to our connection and to libnghttp2's session, and after each
 * unit the same class of verdict: accepted, stream error, connection error.
 *
 * Where they differ, the difference must be in differential.tsv, with the clause that allows it; and
 * each row there must be met, or it is stale. An application is on neither side: both only read, and a
 * client has opened three streams.
 */
#include "h2/conn_internal.h"
#include "support/h2_end.h"
#include "support/h2_gen.h"
#include "support/test.h"

#define NGHTTP2_FUNCTIONS(X)                                                                       \
    X(session_callbacks_new)                                                                       \
    X(session_callbacks_del)                                                                       \
    X(session_server_new)                                                                          \
    X(session_client_new)                                                                          \
    X(session_del)                                                                                 \
    X(session_mem_recv)                                                                            \
    X(session_mem_send)                                                                            \
    X(submit_settings)                                                                             \
    X(submit_request)
#include "support/nghttp2.h"
#include <stdio.h>
#include <stdlib.h>

#if HAVE_NGHTTP2

enum { ASKED = 3, UNITS = 25, ROWS = 100 };

/* The worst that was said since the last look. */
typedef struct verdict {
    int class; /* 0 accept, 1 stream, 2 connection */
    uint32_t code, stream;
} verdict;

static void read_verdict(verdict *v, const uint8_t *p, size_t n)
{
    if (n >= TN_H2_PREFACE_BYTES && memcmp(p, "PRI ", 4) == 0) {
        p += TN_H2_PREFACE_BYTES;
        n -= TN_H2_PREFACE_BYTES;
    }
    while (n >= TN_H2_FRAME_HEADER_BYTES) {
        const tn_h2_frame_header h = tn_h2_frame_header_unpack(p);
        const uint8_t *payload = p + TN_H2_FRAME_HEADER_BYTES;
        assert_true(h.length + TN_H2_FRAME_HEADER_BYTES <= n);
        if (h.type == TN_H2_RST_STREAM && v->class < 1)
            *v = (verdict){ 1, tn_load32(payload), h.stream };
        if (h.type == TN_H2_GOAWAY && tn_load32(payload + 4) && v->class < 2)
            *v = (verdict){ 2, tn_load32(payload + 4), 0 };
        p += h.length + TN_H2_FRAME_HEADER_BYTES;
        n -= h.length + TN_H2_FRAME_HEADER_BYTES;
    }
    assert_int_equal(n, 0);
}

/* ---- their side ---- */

static ssize_t never_ready(nghttp2_session *session, int32_t id, uint8_t *buf, size_t length,
                           uint32_t *flags, nghttp2_data_source *source, void *user)
{
    (void)session, (void)id, (void)buf, (void)length, (void)flags, (void)source, (void)user;
    return NGHTTP2_ERR_DEFERRED;
}

static nghttp2_session *their_session(bool server)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    static const nghttp2_settings_entry entries[] = {
        { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_GEN_WINDOW },
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100 },
    };
    assert_int_equal(nghttp2.session_callbacks_new(&callbacks), 0);
    assert_int_equal(server ? nghttp2.session_server_new(&session, callbacks, NULL)
                            : nghttp2.session_client_new(&session, callbacks, NULL),
                     0);
    nghttp2.session_callbacks_del(callbacks);
    assert_int_equal(
        nghttp2.submit_settings(session, NGHTTP2_FLAG_NONE, entries + server, server ? 2 : 2), 0);
    return session;
}

static void their_requests(nghttp2_session *session)
{
    tn_h2_field fields[8];
    nghttp2_nv nv[8];
    const size_t n = h2_request_fields(fields);
    const nghttp2_data_provider body = { .read_callback = never_ready };
    for (size_t i = 0; i < n; i++)
        nv[i] = (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)fields[i].name.p,
                              .value = (uint8_t *)(uintptr_t)fields[i].value.p,
                              .namelen = fields[i].name.n,
                              .valuelen = fields[i].value.n };
    for (int i = 0; i < ASKED; i++)
        assert_true(nghttp2.submit_request(session, NULL, nv, n, i ? &body : NULL, NULL) > 0);
}

static void their_output(nghttp2_session *session, verdict *v)
{
    const uint8_t *p;
    for (ssize_t n; (n = nghttp2.session_mem_send(session, &p)) > 0;)
        read_verdict(v, p, (size_t)n);
}

static void their_turn(nghttp2_session *session, const uint8_t *p, size_t n, verdict *v)
{
    const ssize_t took = nghttp2.session_mem_recv(session, p, n);
    if (took < 0)
        *v = (verdict){ 2, took == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? TN_H2_PROTOCOL_ERROR : 0, 0 };
    their_output(session, v);
}

/* ---- our side ---- */

static void our_output(h2_end *e, verdict *v)
{
    tn_buf out = tn_buf_of(tern_env_default());
    if (h2_drain_output(e->c, &out, SIZE_MAX))
        read_verdict(v, tn_buf_data(&out), tn_buf_len(&out));
    tn_buf_free(&out);
}

/* ---- the reviewed list ---- */

static struct {
    char key[1000];
    bool met;
} rows[ROWS];
static size_t row_count;

static void read_list(void)
{
    char line[1000];
    FILE *in = fopen(TERN_TEST_SOURCE_DIR "/tests/h2/differential.tsv", "r");
    assert_non_null(in);
    while (fgets(line, sizeof(line), in)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        char *end = line;
        for (int column = 0; column < 4; column++) {
            end = strchr(end, '\t');
            if (!end)
                fail_msg("differential.tsv: four columns of key, then the clause, then why: %s",
                         line);
            end++;
        }
        char *why = strchr(end, '\t');
        if (!why || strlen(why) < 8)
            fail_msg("differential.tsv: no clause or no reason: %s", line);
        end[-1] = 0;
        assert_true(row_count < ROWS);
        snprintf(rows[row_count++].key, sizeof(rows[0].key), "%s", line);
    }
    fclose(in);
}

static bool on_list(const char *key)
{
    for (size_t i = 0; i < row_count; i++)
        if (strcmp(rows[i].key, key) == 0)
            return rows[i].met = true;
    return false;
}

static void name_verdict(char *to, size_t n, const verdict *v, const char *reason)
{
    static const char *const classes[] = { "accept", "stream", "connection" };
    if (v->class == 0)
        snprintf(to, n, "accept");
    else
        snprintf(to, n, "%s %s%s%s", classes[v->class], tn_h2_code_name(v->code),
                 reason ? ": " : "", reason ? reason : "");
}

/* ---- one sequence ---- */

static const char *const types[] = { "DATA",          "HEADERS",      "PRIORITY", "RST_STREAM",
                                     "SETTINGS",      "PUSH_PROMISE", "PING",     "GOAWAY",
                                     "WINDOW_UPDATE", "CONTINUATION" };

typedef struct totals {
    unsigned long sequences, units, accepted, stream, connection, listed, unlisted;
} totals;

static bool was_reset(const h2_end *e, uint32_t id)
{
    return id && id <= e->c->last_id && !tn_h2_stream_find(e->c, id) &&
           tn_h2_past_get(e->c, id) == TN_H2_PAST_OURS;
}

static bool sets_priorities(const h2_gen *g)
{
    const uint8_t *p = tn_buf_data(&g->unit);
    const uint32_t n = g->type == TN_H2_SETTINGS ? tn_h2_frame_header_unpack(p).length / 6 : 0;
    for (uint32_t i = 0; i < n; i++) {
        const tn_h2_setting s = tn_h2_setting_unpack(p + TN_H2_FRAME_HEADER_BYTES, i);
        if (s.id == TN_H2_SETTINGS_NO_RFC7540_PRIORITIES && s.value == 1)
            return true;
    }
    return false;
}

static void differ(const h2_gen *g, uint64_t seed, h2_end *e, const verdict *ours,
                   const verdict *theirs, totals *t)
{
    char key[1000], a[100], b[100];
    const tn_h2_error *cause = tn_h2_cause(e->c);
    name_verdict(a, sizeof(a), ours, ours->class == 2 ? cause->reason : NULL);
    name_verdict(b, sizeof(b), theirs, NULL);
    /* Where we object, our own words say why; else what was done to the unit does. */
    const char *note = ours->class == 0 ? g->note : "";
    if (ours->class == 0 && was_reset(e, g->stream))
        note = "on a stream that we reset";
    if (ours->class == 0 && sets_priorities(g))
        note = "with NO_RFC7540_PRIORITIES=1";
    snprintf(key, sizeof(key), "%s\t%s%s%s\t%s\t%s", g->to_server ? "server" : "client",
             g->type < 10 ? types[g->type] : "unknown", note[0] ? " " : "", note, a, b);
    if (on_list(key)) {
        t->listed++;
        return;
    }
    t->unlisted++;
    const uint8_t *p = tn_buf_data(&g->unit);
    print_message("%s\tseed %llu stream %u:", key, (unsigned long long)seed, g->stream);
    for (size_t i = 0; i < tn_buf_len(&g->unit) && i < 80; i++)
        print_message("%s%02x", i % 9 ? "" : " ", p[i]);
    print_message("\n");
}

static bool is_in_block(const h2_end *e)
{
    return e->c->phase != TN_H2_ENDED && e->c->gather.stream != 0;
}

static void compare(uint64_t seed, bool server, totals *t)
{
    const tn_h2_config config = { .server = server,
                                  .stream_window = H2_GEN_WINDOW,
                                  .conn_window = TN_H2_INITIAL_WINDOW };
    h2_end e;
    h2_gen g;
    nghttp2_session *session = their_session(server);
    verdict ours = { 0 }, theirs = { 0 };
    assert_true(h2_end_init(&e, NULL, &config, &h2_reader));
    e.quiet = true;
    h2_gen_init(&g, seed, server, server ? 0 : ASKED, 12);
    t->sequences++;
    h2_gen_start(&g);
    if (!server)
        their_requests(session);
    their_output(session, &theirs);
    for (int unit = 0; unit < UNITS; unit++) {
        tn_h2_feed(e.c, tn_buf_data(&g.unit), tn_buf_len(&g.unit), TERN_TEST_START);
        their_turn(session, tn_buf_data(&g.unit), tn_buf_len(&g.unit), &theirs);
        if (unit == 0 && !server)
            for (int i = 0; i < ASKED; i++)
                assert_non_null(h2_call_open(&e, i == 0));
        our_output(&e, &ours);
        t->units++;
        if (!is_in_block(&e)) {
            if (ours.class != theirs.class || ours.stream != theirs.stream) {
                differ(&g, seed, &e, &ours, &theirs, t);
                break;
            }
            t->accepted += ours.class == 0;
            t->stream += ours.class == 1;
            t->connection += ours.class == 2;
            if (ours.class == 2 || g.spoilt)
                break;
            ours = theirs = (verdict){ 0 };
        }
        h2_gen_next(&g);
    }
    h2_gen_free(&g);
    h2_end_free(&e);
    nghttp2.session_del(session);
}

static void both_say_the_same_or_it_is_on_the_list(void **state)
{
    (void)state;
    totals t = { 0 };
    if (!nghttp2_load())
        skip();
    read_list();
    const char *more = getenv("TERN_DIFFERENTIAL_SEQUENCES");
    const unsigned long sequences = more ? strtoul(more, NULL, 10) : 6000;
    for (unsigned long seed = 0; seed < sequences; seed++)
        compare(seed, seed % 2, &t);
    print_message(
        "%lu sequences, %lu units: %lu accepted, %lu stream errors, %lu connection errors "
        "by both; %lu differ as listed, %lu otherwise\n",
        t.sequences, t.units, t.accepted, t.stream, t.connection, t.listed, t.unlisted);
    /* Some are rare: scripts/prove.d/differential looks for stale ones. */
    for (size_t i = 0; i < row_count && sequences >= 2000000; i++)
        if (!rows[i].met) {
            t.unlisted++;
            print_message("stale row of differential.tsv: %s\n", rows[i].key);
        }
    assert_int_equal(t.unlisted, 0);
    assert_true(t.accepted > sequences && t.stream > sequences / 20 &&
                t.connection > sequences / 20);
}

#else

static void both_say_the_same_or_it_is_on_the_list(void **state)
{
    (void)state;
    print_message("no <nghttp2/nghttp2.h>: install libnghttp2-dev\n");
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_say_the_same_or_it_is_on_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
