/* SPDX-License-Identifier: Apache-2.0 */
/* io_test.c: what comes to the port and is no gRPC, peers that leave or stall: the server goes on. */
#include "rpc/probe.h"
#include "rpc/raw.h"

/* What the server answers to these bytes until it closes; at most 4 KiB. */
static size_t answer_to(probe *p, const void *bytes, size_t n, uint8_t answer[4096])
{
    const int fd = raw_dial(tern_server_address(p->server));
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
    size_t got = 0;
    for (ssize_t k = 1; k > 0 && got < 4096; got += (size_t)k) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        assert_int_equal(poll(&wait, 1, 5000), 1);
        k = recv(fd, answer + got, 4096 - got, 0);
        if (k < 0)
            break;
    }
    close(fd);
    return got;
}

/* The frame of that type, after the server's SETTINGS; NULL when there is none. */
static const uint8_t *find_frame(const uint8_t *p, size_t n, uint8_t type)
{
    for (size_t at = 0; at + 9 <= n;) {
        if (p[at + 3] == type)
            return p + at;
        at += 9 + ((size_t)p[at] << 16 | (size_t)p[at + 1] << 8 | p[at + 2]);
    }
    return NULL;
}

static void test_what_is_not_http2_gets_goaway_and_is_closed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /test.Probe/Blocking HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client hello",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage instead of frames",
    };
    probe p = { 0 };
    uint8_t answer[4096];
    probe_start(&p, NULL, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const size_t n = answer_to(&p, texts[i], strlen(texts[i]), answer);
        assert_non_null(find_frame(answer, n, 4)); /* SETTINGS */
        assert_non_null(find_frame(answer, n, 7)); /* GOAWAY */
        assert_string_equal(probe_asks(&p, PROBE_BLOCKING, "goes on", NULL), "goes on");
    }
    probe_stop(&p);
}

static void test_peers_that_leave_at_any_byte(void **state)
{
    (void)state;
    probe p = { 0 };
    probe_start(&p, NULL, NULL);
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    for (size_t n = 0; n < sizeof preface; n++) {
        const int fd = raw_dial(tern_server_address(p.server));
        assert_int_equal(send(fd, preface, n, MSG_NOSIGNAL), n);
        if (n % 2) { /* with a reset */
            const struct linger l = { .l_onoff = 1 };
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
        }
        close(fd);
    }
    assert_string_equal(probe_asks(&p, PROBE_INLINE, "goes on", NULL), "goes on");
    probe_stop(&p);
}

/* ---- calls whose client leaves ---- */

static tern_code waits_for_the_end(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)request;
    (void)reply;
    const uint64_t end = probe_ms() + 20000;
    while (!tern_call_cancelled(call) && probe_ms() < end)
        probe_sleep(1);
    return TERN_OK;
}

static void test_a_lost_connection_cancels_its_calls(void **state)
{
    (void)state;
    enum { CALLS = 5 };
    probe p = { .blocking = waits_for_the_end };
    probe_start(&p, NULL, NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    for (int i = 0; i < CALLS; i++) {
        raw_call *c = raw_begin(&r, "/test.Probe/Blocking");
        tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), true);
    }
    raw_flush(&r);
    PROBE_UNTIL(p.started == CALLS);
    raw_close(&r);
    PROBE_UNTIL(p.ended == CALLS);
    assert_string_equal(probe_asks(&p, PROBE_INLINE, "goes on", NULL), "goes on");
    probe_stop(&p);
}

static void test_a_reset_cancels_the_one_call(void **state)
{
    (void)state;
    probe p = { .blocking = waits_for_the_end };
    probe_start(&p, NULL, NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    raw_call *calls[2];
    for (int i = 0; i < 2; i++) {
        calls[i] = raw_begin(&r, "/test.Probe/Blocking");
        tn_grpc_send_message(&calls[i]->grpc, raw_chunk(NULL, 0), true);
    }
    raw_flush(&r);
    PROBE_UNTIL(p.started == 2);
    tn_grpc_cancel(&calls[0]->grpc, TERN_CANCELLED, NULL);
    raw_flush(&r);
    PROBE_UNTIL(p.ended == 1);
    probe_sleep(10);
    assert_int_equal(p.ended, 1);
    tn_grpc_cancel(&calls[1]->grpc, TERN_CANCELLED, NULL);
    raw_flush(&r);
    PROBE_UNTIL(p.ended == 2);
    raw_close(&r);
    probe_stop(&p);
}

/* Sends until it is told to stop; flag counts what was taken. */
static tern_code sends_on(tern_call *call, const probe_text *request)
{
    (void)request;
    char text[1000];
    memset(text, 'x', sizeof text);
    const probe_text message = { .value = { text, sizeof text } };
    tern_code code;
    while ((code = tern_call_send(call, &message)) == TERN_OK)
        atomic_fetch_add(&probe_of(call)->flag, 1);
    return code;
}

static void test_a_reader_that_stops_stops_the_handler(void **state)
{
    (void)state;
    probe p = { .stream = sends_on };
    probe_serve(&p, NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    r.keep = true; /* reads, and gives no credit: the window is what stops the server */
    raw_call *c = raw_begin(&r, "/test.Probe/Stream");
    tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), true);
    int before = -1;
    for (int same = 0; same < 5;) {
        raw_turn(&r, 10);
        same = p.flag == before && before > 0 ? same + 1 : 0;
        before = p.flag;
    }
    /* One window, one high-water mark, and what lies between. */
    assert_in_range((size_t)before * 1000, 64 * 1024, 3 * 64 * 1024);
    assert_int_equal(p.ended, 0);
    /* It leaves: the handler is told. */
    tn_grpc_cancel(&c->grpc, TERN_CANCELLED, NULL);
    raw_flush(&r);
    PROBE_UNTIL(p.ended == 1);
    raw_close(&r);
    probe_connect(&p, NULL);
    probe_stop(&p);
}

static void test_a_peer_that_reads_nothing_costs_bounded_memory_and_the_grace(void **state)
{
    (void)state;
    enum { CALLS = 10 };
    probe p = { .stream = sends_on };
    probe_serve(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .drain_grace_ms = 20));
    const int fd = raw_dial(tern_server_address(p.server));
    raw r;
    raw_init(&r, fd, false);
    for (int i = 0; i < CALLS; i++) {
        raw_call *c = raw_begin(&r, "/test.Probe/Stream");
        tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), true);
    }
    raw_flush(&r);
    PROBE_UNTIL(p.started == CALLS && p.flag > 0);
    for (int before = -1; before != p.flag; probe_sleep(50))
        before = p.flag;
    assert_in_range(p.flag, 1, CALLS * 200);
    tern_error err;
    tern_server_stop(p.server);
    assert_false(tern_server_wait(p.server, &err));
    assert_int_equal(err.code, TERN_DEADLINE_EXCEEDED);
    tern_server_free(p.server);
    assert_int_equal(p.ended, CALLS);
    raw_close(&r);
}

static void test_a_deadline_ends_a_handler_that_cannot_send(void **state)
{
    (void)state;
    probe p = { .stream = sends_on };
    probe_serve(&p, NULL);
    raw r;
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    r.keep = true;
    /* On a slow machine a deadline may pass before the handler begins: the next is twice as far. */
    for (uint64_t ns = 60000000; p.started == 0; ns *= 2) {
        RAW_UNTIL(&r, tn_grpc_can_start(r.conn));
        raw_call *c = raw_call_new(&r);
        const uint64_t deadline = tn_now(tn_env_of(NULL)) + ns;
        tn_grpc_start(
            r.conn, &c->grpc,
            &(tn_grpc_request){ .path = TERN_STR("/test.Probe/Stream"), .deadline = deadline });
        tn_grpc_send_message(&c->grpc, raw_chunk(NULL, 0), true);
        RAW_UNTIL(&r, c->status);
        assert_int_equal(c->grpc.code, TERN_DEADLINE_EXCEEDED);
    }
    PROBE_UNTIL(p.ended == p.started);
    raw_close(&r);
    probe_connect(&p, NULL);
    probe_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_http2_gets_goaway_and_is_closed),
        cmocka_unit_test(test_peers_that_leave_at_any_byte),
        cmocka_unit_test(test_a_lost_connection_cancels_its_calls),
        cmocka_unit_test(test_a_reset_cancels_the_one_call),
        cmocka_unit_test(test_a_reader_that_stops_stops_the_handler),
        cmocka_unit_test(test_a_peer_that_reads_nothing_costs_bounded_memory_and_the_grace),
        cmocka_unit_test(test_a_deadline_ends_a_handler_that_cannot_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
