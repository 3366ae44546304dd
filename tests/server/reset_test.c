/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reset_test.c: a client that resets calls whose handlers have begun is free to: rapid reset is about
 * work that nobody wanted begun. A server with workers, and a raw peer.
 */
#include "h2/limits.h"
#include "rpc/probe.h"
#include "rpc/raw.h"
#include "support/h2_end.h"
#include <sched.h>

static tern_code until_cancelled(tern_call *call, const probe_text *request, probe_text *reply)
{
    (void)request;
    (void)reply;
    const uint64_t end = probe_ms() + 20000;
    while (!tern_call_cancelled(call) && probe_ms() < end)
        sched_yield();
    return TERN_CANCELLED;
}

static void send_script(int fd, const char *format, unsigned id)
{
    char text[300];
    tn_buf b = tn_buf_of(tern_env_default());
    snprintf(text, sizeof text, format, id, id);
    h2_script(&b, text);
    assert_int_equal(send(fd, tn_buf_data(&b), tn_buf_len(&b), MSG_NOSIGNAL), tn_buf_len(&b));
    tn_buf_free(&b);
}

static void drop(int fd)
{
    uint8_t bytes[4096];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

static void wait_for(atomic_int *counter, int n)
{
    const uint64_t end = probe_ms() + 20000;
    while (atomic_load(counter) < n && probe_ms() < end)
        sched_yield();
    assert_true(atomic_load(counter) >= n);
}

static void test_resets_of_begun_calls_are_free(void **state)
{
    (void)state;
    enum { RESETS = TN_H2_RESETS + 300 };
    probe p = { .blocking = until_cancelled };
    probe_start(&p, NULL, NULL);
    const int fd = raw_dial(tern_server_address(p.server));
    send_script(fd, "preface; settings; ack", 0);
    for (int n = 0; n < RESETS; n++) {
        const unsigned id = 2 * (unsigned)n + 1;
        send_script(fd,
                    "fields %u 4 :method=POST :scheme=http :path=/test.Probe/Blocking "
                    "content-type=application/grpc te=trailers; frame 0 1 %u 0000000000",
                    id);
        wait_for(&p.started, n + 1);
        send_script(fd, "frame 3 0 %u 00000008", id);
        wait_for(&p.ended, n + 1);
        drop(fd);
    }
    /* The connection is as good as new: another call begins. */
    send_script(fd,
                "fields %u 4 :method=POST :scheme=http :path=/test.Probe/Blocking "
                "content-type=application/grpc te=trailers; frame 0 1 %u 0000000000",
                2 * RESETS + 1);
    wait_for(&p.started, RESETS + 1);
    close(fd);
    wait_for(&p.ended, RESETS + 1);
    probe_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resets_of_begun_calls_are_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
