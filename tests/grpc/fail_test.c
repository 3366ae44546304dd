/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fail_test.c: what must hold whatever happens: every allocation refused in turn, bytes cut
 * anywhere, calls and acts at random, garbage behind a valid start.
 */
#include "support/fail.h"
#include "support/grpc_end.h"
#include "support/test.h"

static const tern_metadata_entry entries[] = {
    { TERN_STR_INIT("key"), TERN_STR_INIT("value") },
    { TERN_STR_INIT("b-bin"), TERN_STR_INIT("some bytes") },
};
static const tern_metadata some = { entries, 2 };

/* ---- a server that answers by itself ---- */

static void serve(grpc_record *r, const char *event)
{
    if (strcmp(event, "request") == 0 && r->end->n % 2)
        (void)tn_grpc_send_headers(r->call, &some);
    if (strncmp(event, "message", 7) == 0 && grpc_send(r, 17000, false) == TERN_OK)
        (void)grpc_send(r, 10, false);
    if (strcmp(event, "half_closed") == 0) {
        r->call->details = (tern_bytes){ (const uint8_t *)"d", 1 };
        (void)tn_grpc_finish(r->call, TERN_ABORTED, TERN_STR("t\xc3\xbcr"), &some);
    }
}

static bool is_answered(const grpc_record *r)
{
    return r->code == TERN_ABORTED && r->messages == 4 && r->details[0] == 'd';
}

static void ask(grpc_end *e, uint64_t deadline)
{
    grpc_record *r = grpc_start(e, &some, deadline);
    if (!r || !r->call)
        return;
    const bool sent = grpc_send(r, 70000, false) == TERN_OK && grpc_send(r, 1, true) == TERN_OK;
    if (!sent && r->call)
        tn_grpc_cancel(r->call, TERN_CANCELLED, NULL);
}

/* What a driver does when one end has ended: the transport is closed. */
static void close_if_ended(grpc_pair *p)
{
    if (tn_h2_status(tn_grpc_h2(p->client.c)) != TN_H2_ENDED &&
        tn_h2_status(tn_grpc_h2(p->server.c)) != TN_H2_ENDED)
        return;
    grpc_end_lost(&p->client, "ended");
    grpc_end_lost(&p->server, "ended");
}

/* Three calls, one of them with a deadline, each with a message larger than the window. */
static bool calls(tn_failing_env *f, void *user)
{
    grpc_pair p;
    memset(&p, 0, sizeof(p));
    p.server.act = serve;
    (void)user;
    bool ok = grpc_pair_init(&p, f);
    if (ok) {
        grpc_pump(&p);
        for (uint64_t i = 0; i < 3; i++)
            ask(&p.client, i == 1 ? f->clock + 1000000 : UINT64_MAX);
        grpc_pump(&p);
        close_if_ended(&p);
        ok = p.client.n == 3;
        for (uint32_t i = 0; i < p.client.n; i++) {
            ok = ok && is_answered(&p.client.records[i]);
            /* Whatever was refused, no call hangs. */
            assert_null(p.client.records[i].call);
        }
    }
    grpc_pair_free(&p);
    return ok;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(tn_fail_each(calls, NULL) > 20);
}

/* ---- errors need memory, too ---- */

static bool poor; /* grpc_end.poor of what follows */

static bool refusals(tn_failing_env *f, void *user)
{
    grpc_end end = { .config = { .h2.server = true, .max_recv_bytes = 10 }, .poor = poor };
    wire_reader reader;
    (void)user;
    if (!grpc_end_init(&end, &f->env, 0))
        return false;
    tn_buf out = tn_buf_of(tn_env_of(NULL));
    wire_reader_init(&reader, tn_env_of(NULL), false);
    wire_preface(&out);
    wire_headers(&out, 1, true, WIRE_REQUEST "|a-bin=%");
    wire_headers(&out, 3, true, WIRE_REQUEST "|grpc-encoding=gzip");
    wire_headers(&out, 5, false, WIRE_REQUEST);
    wire_message(&out, 5, false, 0, 11);
    wire_headers(&out, 7, false, WIRE_REQUEST "|grpc-timeout=1n");
    wire_message(&out, 7, false, 9, 0);
    wire_headers(&out, 9, true, WIRE_REQUEST "|grpc-timeout=1n");
    grpc_exchange(&end, &out, &reader, 0);
    tn_grpc_tick(end.c, 10);
    grpc_exchange(&end, &out, &reader, 10);
    bool ok = end.n == 5;
    for (uint32_t i = 0; i < end.n; i++)
        ok = ok && end.records[i].call == NULL;
    grpc_end_free(&end);
    wire_reader_free(&reader);
    tn_buf_free(&out);
    return ok;
}

static bool bad_responses(tn_failing_env *f, void *user)
{
    grpc_end end = { .config = { .authority = "host" }, .poor = poor };
    wire_reader reader;
    (void)user;
    if (!grpc_end_init(&end, &f->env, 0))
        return false;
    tn_buf out = tn_buf_of(tn_env_of(NULL));
    wire_reader_init(&reader, tn_env_of(NULL), true);
    wire_settings(&out);
    grpc_exchange(&end, &out, &reader, 0);
    for (int i = 0; i < 6; i++)
        (void)grpc_start(&end, NULL, UINT64_MAX);
    wire_headers(&out, 1, false, ":status=502|content-type=text/html");
    wire_data(&out, 1, true, "<h1>", 4);
    wire_headers(&out, 3, true,
                 WIRE_RESPONSE "|grpc-status=5|grpc-message=%ff|grpc-status-details-bin=AA|k=v");
    wire_headers(&out, 5, false, WIRE_RESPONSE "|k-bin=AA");
    wire_message(&out, 5, false, 1, 0);
    wire_headers(&out, 7, false, WIRE_RESPONSE "|grpc-encoding=gzip");
    wire_rst(&out, 9, TN_H2_CANCEL);
    wire_goaway(&out, 11, TN_H2_NO_ERROR, "bye");
    grpc_exchange(&end, &out, &reader, 0);
    grpc_end_lost(&end, "cut");
    /* What must be kept, and has no memory to be kept in, is lack of memory. */
    static const tern_code codes[2][6] = {
        { TERN_UNAVAILABLE, TERN_NOT_FOUND, TERN_INTERNAL, TERN_INTERNAL, TERN_CANCELLED,
          TERN_UNAVAILABLE },
        { TERN_RESOURCE_EXHAUSTED, TERN_RESOURCE_EXHAUSTED, TERN_RESOURCE_EXHAUSTED, TERN_INTERNAL,
          TERN_CANCELLED, TERN_UNAVAILABLE },
    };
    bool ok = end.n == 6;
    for (uint32_t i = 0; i < end.n; i++)
        ok = ok && end.records[i].code == codes[poor][i];
    grpc_end_free(&end);
    wire_reader_free(&reader);
    tn_buf_free(&out);
    return ok;
}

/* A code needs no memory; only its text does. */
static void without_memory_for_texts_codes_are_right(void **state)
{
    (void)state;
    tn_failing_env f;
    tn_failing_env_init(&f);
    poor = true;
    assert_true(refusals(&f, NULL));
    assert_true(bad_responses(&f, NULL));
    poor = false;
    assert_int_equal(f.live_blocks, 0);
}

static void every_allocation_of_an_error_may_fail(void **state)
{
    (void)state;
    assert_true(tn_fail_each(refusals, NULL) > 10);
    assert_true(tn_fail_each(bad_responses, NULL) > 10);
}

/* ---- cuts ---- */

static void the_cut_of_bytes_means_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        tn_failing_env f;
        grpc_pair p;
        memset(&p, 0, sizeof(p));
        tn_failing_env_init(&f);
        p.server.act = serve;
        p.cut = seed != 0;
        assert_true(grpc_pair_init(&p, &f));
        p.seed.state = seed;
        grpc_pump(&p);
        grpc_record *r = grpc_start(&p.client, &some, UINT64_MAX);
        assert_int_equal(grpc_send(r, 30000, false), TERN_OK);
        assert_int_equal(grpc_send(r, 0, true), TERN_OK);
        grpc_pump(&p);
        assert_string_equal(p.server.records[0].log,
                            "request message:30000 message:0 half_closed closed");
        assert_string_equal(r->log, "response message:17000 message:10 message:17000 message:10 "
                                    "status closed");
        assert_string_equal(r->message, "t\xc3\xbcr");
        assert_string_equal(r->headers, "key=value|b-bin=some bytes|");
        grpc_pair_free(&p);
        assert_int_equal(f.live_blocks, 0);
    }
}

/* ---- acts at random ---- */

typedef struct chaos {
    grpc_pair p;
    tn_failing_env f;
    tn_seed seed;
} chaos;

static grpc_record *any_call(chaos *x, grpc_end *e)
{
    for (int i = 0; e->n && i < 4; i++) {
        grpc_record *r = &e->records[tn_seed_below(&x->seed, e->n)];
        if (r->call)
            return r;
    }
    return NULL;
}

static size_t any_size(chaos *x)
{
    return tn_seed_below(&x->seed, tn_seed_below(&x->seed, 8) ? 500 : 30000);
}

static void act_on(chaos *x, grpc_end *e, grpc_record *r)
{
    const bool server = e->config.h2.server;
    switch (tn_seed_below(&x->seed, 8)) {
    case 0: tn_grpc_cancel(r->call, TERN_CANCELLED, "chaos"); break;
    case 1:
        if (server)
            (void)tn_grpc_finish(r->call, TERN_OK, TERN_STR("fin"), &some);
        else
            (void)tn_grpc_end_send(r->call);
        break;
    case 2:
        if (server)
            (void)tn_grpc_send_headers(r->call, &some);
        break;
    case 3:
        if (r->held_n)
            grpc_consume_one(r);
        break;
    default: (void)grpc_send(r, any_size(x), tn_seed_below(&x->seed, 4) == 0); break;
    }
}

static chaos *at_work; /* of the act below, which gets no pointer of its own */

static void act_inside(grpc_record *r, const char *event)
{
    if (strcmp(event, "closed") != 0 && strcmp(event, "cancelled") != 0 &&
        tn_seed_below(&at_work->seed, 10) == 0)
        act_on(at_work, r->end, r);
}

static void step(chaos *x)
{
    grpc_end *e = tn_seed_below(&x->seed, 2) ? &x->p.client : &x->p.server;
    switch (tn_seed_below(&x->seed, 8)) {
    case 0:
        if (x->p.client.n < GRPC_END_CALLS)
            (void)grpc_start(&x->p.client, &some,
                             tn_seed_below(&x->seed, 2)
                                 ? UINT64_MAX
                                 : x->f.clock + 1 + tn_seed_below(&x->seed, 100));
        break;
    case 1: grpc_pump(&x->p); break;
    case 2:
        if (tn_seed_below(&x->seed, 4) == 0)
            grpc_pair_tick(&x->p, &x->f, x->f.clock + tn_seed_below(&x->seed, 40));
        break;
    case 3: e->hold = !e->hold; break;
    default: {
        grpc_record *r = any_call(x, e);
        if (r)
            act_on(x, e, r);
        break;
    }
    }
}

static void a_run(uint64_t seed, uint64_t fail_at)
{
    static chaos x;
    memset(&x, 0, sizeof(x));
    tn_failing_env_init(&x.f);
    x.f.fail_at = fail_at;
    x.p.cut = seed % 2;
    x.p.client.act = x.p.server.act = act_inside;
    at_work = &x;
    x.seed.state = seed;
    if (grpc_pair_init(&x.p, &x.f)) {
        for (int i = 0; i < 400; i++)
            step(&x);
        if (seed % 3)
            grpc_pump(&x.p);
    }
    grpc_pair_free(&x.p);
    assert_int_equal(x.f.live_blocks, 0);
}

static void acts_at_random_keep_the_contract(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        a_run(seed, 0);
        a_run(seed, 20 + 3 * seed);
    }
}

/* ---- garbage ---- */

static void change_octets(tn_seed *seed, tn_buf *b)
{
    const size_t n = tn_buf_len(b);
    for (uint32_t k = tn_seed_below(seed, 4); k; k--)
        b->p[b->head + TN_H2_PREFACE_BYTES + 9 +
             tn_seed_below(seed, (uint32_t)(n - TN_H2_PREFACE_BYTES - 9))] =
            (uint8_t)tn_seed_next(seed);
}

static void changed_octets_do_no_harm(void **state)
{
    (void)state;
    tn_seed seed = { 99 };
    for (int round = 0; round < 500; round++) {
        grpc_end end = { .config = { .h2.server = true } };
        assert_true(grpc_end_init(&end, NULL, 0));
        tn_buf out = tn_buf_of(tn_env_of(NULL));
        wire_preface(&out);
        for (uint32_t id = 1; id < 9; id += 2) {
            wire_headers(&out, id, false, WIRE_REQUEST "|grpc-timeout=1S|k-bin=AAAA,BBBB|k=v");
            wire_message(&out, id, false, 0, 9);
            wire_message(&out, id, id != 3, 0, 0);
        }
        change_octets(&seed, &out);
        size_t at = 0;
        while (at < tn_buf_len(&out)) {
            size_t n = 1 + tn_seed_below(&seed, 60);
            n = n < tn_buf_len(&out) - at ? n : tn_buf_len(&out) - at;
            tn_grpc_feed(end.c, tn_buf_data(&out) + at, n, 0);
            at += n;
        }
        for (uint32_t i = 0; i < end.n; i++)
            if (end.records[i].call)
                (void)grpc_finish(&end.records[i], TERN_OK, NULL);
        tern_bytes slices[8];
        (void)tn_grpc_pull(end.c, slices, 8);
        grpc_end_free(&end);
        tn_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_allocation_of_an_error_may_fail),
        cmocka_unit_test(without_memory_for_texts_codes_are_right),
        cmocka_unit_test(the_cut_of_bytes_means_nothing),
        cmocka_unit_test(acts_at_random_keep_the_contract),
        cmocka_unit_test(changed_octets_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
