/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abuse_test.c: what a server holds of messages that come by the octet, and which resets count as
 * abuse and which are a deadline's.
 */
#include "h2/limits.h"
#include "support/fail.h"
#include "support/grpc_end.h"
#include <stdio.h>
#include <stdlib.h>

#define MS UINT64_C(1000000)

/* A window full of DATA frames of one octet, on many streams: twice the octets, and no GOAWAY. */
static void octets_are_gathered(void **state)
{
    (void)state;
    enum { STREAMS = 20, OCTETS = 65000, OVERHEAD = 4096 + 512 };
    tn_failing_env f;
    tn_failing_env_init(&f);
    grpc_end *e = calloc(1, sizeof *e);
    wire_reader r;
    tn_buf b = tn_buf_of(tern_env_default());
    e->config.h2 = (tn_h2_config){ .server = true, .conn_window = 4 << 20 };
    assert_true(grpc_end_init(e, &f.env, f.clock));
    wire_reader_init(&r, tern_env_default(), false);
    wire_preface(&b);
    wire_settings_ack(&b);
    for (uint32_t i = 0; i < STREAMS; i++) {
        wire_headers(&b, 2 * i + 1, false, WIRE_REQUEST);
        wire_data(&b, 2 * i + 1, false, "\0\0\x3f\xff\xff", 5); /* nearly 4 MiB are claimed */
    }
    grpc_exchange(e, &b, &r, f.clock);
    const size_t before = atomic_load(&f.live_bytes);
    for (int k = 0; k < OCTETS; k += 1000) {
        for (uint32_t i = 0; i < STREAMS; i++)
            for (int j = 0; j < 1000; j++)
                wire_data(&b, 2 * i + 1, false, "x", 1);
        tn_grpc_feed(e->c, tn_buf_data(&b), tn_buf_len(&b), f.clock);
        tn_buf_reset(&b, SIZE_MAX);
    }
    const size_t each = (atomic_load(&f.live_bytes) - before) / STREAMS;
    print_message("%d octets in frames of one: %zu held\n", OCTETS, each);
    assert_true(each <= 2 * OCTETS + OVERHEAD);
    assert_int_equal(tn_h2_status(tn_grpc_h2(e->c)), TN_H2_OPEN);
    wire_reader_free(&r);
    grpc_end_free(e);
    free(e);
    tn_buf_free(&b);
    assert_int_equal(f.live_blocks, 0);
}

/* Resets of calls with such a timeout, so long after they came; how many until the connection ends. */
static uint32_t resets_taken(const char *timeout, uint64_t after)
{
    enum { MOST = 3000 };
    tn_failing_env f;
    tn_failing_env_init(&f);
    grpc_end *e = calloc(1, sizeof *e);
    tn_buf b = tn_buf_of(tern_env_default());
    char fields[256];
    uint64_t now = f.clock;
    uint32_t n = 0;
    e->config.h2.server = true;
    assert_true(grpc_end_init(e, &f.env, now));
    snprintf(fields, sizeof fields, "%s%s%s", WIRE_REQUEST, *timeout ? "|grpc-timeout=" : "",
             timeout);
    wire_preface(&b);
    wire_settings_ack(&b);
    while (n < MOST && tn_h2_status(tn_grpc_h2(e->c)) == TN_H2_OPEN) {
        wire_headers(&b, 2 * n + 1, false, fields);
        tn_grpc_feed(e->c, tn_buf_data(&b), tn_buf_len(&b), now);
        tn_buf_reset(&b, SIZE_MAX);
        wire_rst(&b, 2 * n + 1, TN_H2_CANCEL);
        tn_grpc_feed(e->c, tn_buf_data(&b), tn_buf_len(&b), now + after);
        tn_buf_reset(&b, SIZE_MAX);
        e->n = 0; /* the records are used again */
        n++;
    }
    grpc_end_free(e);
    free(e);
    tn_buf_free(&b);
    return n == MOST ? 0 : n;
}

/* A client whose deadline passed cancels: that is how gRPC works, at any rate. Others pay. The times
 * stand still between calls, so that nothing is filled up. */
static void resets_at_the_deadline_are_free(void **state)
{
    (void)state;
    assert_int_equal(resets_taken("50m", 50 * MS), 0);
    assert_int_equal(resets_taken("50m", 36 * MS),
                     0); /* our deadline is a little later than theirs */
    assert_int_equal(resets_taken("1S", 895 * MS), 0);
    assert_int_equal(resets_taken("1S", 0), TN_H2_RESETS + 1);
    assert_int_equal(resets_taken("1S", 500 * MS), TN_H2_RESETS + 1);
    assert_int_equal(resets_taken("", 3600 * 1000 * MS), TN_H2_RESETS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_are_gathered),
        cmocka_unit_test(resets_at_the_deadline_are_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
