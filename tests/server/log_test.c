/* SPDX-License-Identifier: Apache-2.0 */
/* log_test.c: what a server says through the log hook, and that it does not say it without end. */
#include "rpc/probe.h"
#include "rpc/raw.h"
#include "server/internal.h"

enum { KEPT = 64 };

/* What the hook was told. */
typedef struct lines {
    pthread_mutex_t lock;
    int n;
    tern_log_level level[KEPT];
    char text[KEPT][256];
} lines;

static void take_line(void *user, tern_log_level level, const char *text)
{
    lines *l = user;
    pthread_mutex_lock(&l->lock);
    if (l->n < KEPT) {
        l->level[l->n] = level;
        snprintf(l->text[l->n++], sizeof l->text[0], "%s", text);
    }
    pthread_mutex_unlock(&l->lock);
}

/* How many lines of that level say it. */
static int count_lines(lines *l, tern_log_level level, const char *says)
{
    int n = 0;
    pthread_mutex_lock(&l->lock);
    for (int i = 0; i < l->n; i++)
        n += l->level[i] == level && strstr(l->text[i], says);
    pthread_mutex_unlock(&l->lock);
    return n;
}

static tern_env env_of(lines *l)
{
    *l = (lines){ .lock = PTHREAD_MUTEX_INITIALIZER };
    return (tern_env){ .size = sizeof(tern_env), .user = l, .log = take_line };
}

static tern_code misbehaves(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)call;
    if (strcmp(request->value.p, "number") == 0)
        return (tern_code)77;
    reply->value = TERN_STR("\xff");
    return TERN_OK;
}

static void test_handlers_that_misbehave_are_named(void **state)
{
    (void)state;
    lines l;
    const tern_env env = env_of(&l);
    probe p = { .blocking = misbehaves, .on_io = misbehaves };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .env = &env), NULL);
    probe_fails(&p, PROBE_BLOCKING, "number", NULL, TERN_UNKNOWN);
    probe_fails(&p, PROBE_INLINE, "text", NULL, TERN_INTERNAL);
    assert_int_equal(
        count_lines(&l, TERN_LOG_WARNING, "server: /test.Probe/Blocking: the handler returned 77"),
        1);
    assert_int_equal(
        count_lines(&l, TERN_LOG_WARNING,
                    "server: /test.Probe/Inline: the handler's reply does not encode: "),
        1);
    probe_stop(&p);
    assert_int_equal(l.n, 2);
}

static void test_a_connection_that_breaks_the_protocol_is_named(void **state)
{
    (void)state;
    lines l;
    const tern_env env = env_of(&l);
    probe p = { 0 };
    probe_start(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .env = &env), NULL);
    close(raw_dial(tern_server_address(p.server))); /* which is no error */
    const int fd = raw_dial(tern_server_address(p.server));
    assert_int_equal(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    char bytes[1000];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        ;
    close(fd);
    PROBE_UNTIL(count_lines(&l, TERN_LOG_INFO, "connection from 127.0.0.1:") == 1);
    probe_stop(&p);
    assert_int_equal(l.n, 1);
    assert_contains(l.text[0], "preface");
}

static tern_code waits_for_flag(tern_call *call, const probe_text *request, probe_text *reply)
{
    *reply = *request;
    while (!atomic_load(&probe_of(call)->flag))
        probe_sleep(1);
    return TERN_OK;
}

static void test_refusals_and_cancelled_calls_are_counted(void **state)
{
    (void)state;
    lines l;
    const tern_env env = env_of(&l);
    tern_error err;
    probe p = { .blocking = waits_for_flag };
    probe_serve(&p, TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .env = &env, .workers = 1,
                                     .max_queued_calls = 1, .drain_grace_ms = 10));
    raw r;
    raw_call *calls[3];
    raw_init(&r, raw_dial(tern_server_address(p.server)), false);
    for (int i = 0; i < 3; i++) {
        calls[i] = raw_begin(&r, "/test.Probe/Blocking");
        tn_grpc_send_message(&calls[i]->grpc, raw_chunk(NULL, 0), true);
    }
    RAW_UNTIL(&r, calls[2]->status);
    assert_int_equal(count_lines(&l, TERN_LOG_INFO, "server: /test.Probe/Blocking from 127.0.0.1:"),
                     1);
    tern_server_stop(p.server);
    RAW_UNTIL(&r, calls[0]->status && calls[1]->status);
    assert_int_equal(count_lines(&l, TERN_LOG_WARNING, "server: 2 calls cancelled: "), 1);
    atomic_store(&p.flag, 1);
    raw_close(&r);
    assert_false(tern_server_wait(p.server, &err));
    tern_server_free(p.server);
}

static void test_no_more_than_ten_lines_a_second(void **state)
{
    (void)state;
    lines l;
    const tern_env hook = env_of(&l);
    tern_server server = { .env = &hook };
    tn_server_io io = { .server = &server };
    tn_server_log_init(&io);
    for (int i = 0; i < 25; i++)
        tn_server_log(&io, TERN_LOG_INFO, "line %d", i);
    assert_int_equal(l.n, 10);
    assert_string_equal(l.text[9], "server: line 9");
    io.log.since -= 1000000000; /* a second later */
    tn_server_log(&io, TERN_LOG_ERROR, "line %d", 25);
    assert_int_equal(l.n, 12);
    assert_int_equal(l.level[10], TERN_LOG_WARNING);
    assert_contains(l.text[10], "15 log lines were left out");
    assert_string_equal(l.text[11], "server: line 25");
    for (int i = 0; i < 12; i++)
        tn_server_log(&io, TERN_LOG_INFO, "line %d", i);
    assert_int_equal(l.n, 21);
    tn_server_log_fini(&io);
    assert_contains(l.text[21], "3 log lines were left out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handlers_that_misbehave_are_named),
        cmocka_unit_test(test_a_connection_that_breaks_the_protocol_is_named),
        cmocka_unit_test(test_refusals_and_cancelled_calls_are_counted),
        cmocka_unit_test(test_no_more_than_ten_lines_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
