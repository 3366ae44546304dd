/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legitimate_test.c: no false positives. What a client may do in earnest is never answered by GOAWAY,
 * nor by a RST_STREAM that nobody asked for, however much of it there is and however fast.
 *
 * $TERN_TRAFFIC_CALLS sets how many calls all loads make together (scripts/prove.d/legitimate).
 */
#include "support/test.h"
#include "support/traffic.h"

#include <stdio.h>

/* In how many parts of a hundred the calls are shared out. */
static uint32_t share(uint32_t percent)
{
    return (uint32_t)((uint64_t)traffic_calls(4000) * percent / 100) + 1;
}

static void run(const char *name, traffic_load load, uint64_t seed)
{
    traffic_result r;
    traffic_run(&load, seed, &r);
    printf(
        "%s: %u calls (%llu OK, %llu cancelled, %llu expired), %llu messages, %llu frames there, "
        "%llu back: 0 GOAWAY, 0 RST_STREAM but %llu of the client's\n",
        name, load.calls, (unsigned long long)r.ok, (unsigned long long)r.cancelled,
        (unsigned long long)r.expired, (unsigned long long)r.messages,
        (unsigned long long)r.to_server.frames, (unsigned long long)r.to_client.frames,
        (unsigned long long)r.to_server.rst);
}

/* A million calls a second. */
static void a_hundred_streams_of_three_octets(void **state)
{
    (void)state;
    run("100 streams", (traffic_load){ .calls = share(60), .streams = 100, .turn_us = 100 }, 1);
    run("one at a time", (traffic_load){ .calls = share(5), .streams = 1, .turn_us = 1 }, 2);
    run("in pieces", (traffic_load){ .calls = share(5), .streams = 100, .turn_us = 1, .cut = true },
        3);
}

static void a_thousand_cancels_and_deadlines_a_second(void **state)
{
    (void)state;
    run("cancels",
        (traffic_load){ .calls = share(20),
                        .streams = 100,
                        .turn_us = 100,
                        .cancel_every_us = 1000,
                        .deadline_us = 2000 },
        4);
    run("cancels in pieces",
        (traffic_load){ .calls = share(5),
                        .streams = 100,
                        .turn_us = 1000,
                        .cancel_every_us = 1000,
                        .deadline_us = 5000,
                        .cut = true },
        5);
}

/* In the full run a million messages each. */
static void long_streams_of_small_messages(void **state)
{
    (void)state;
    const uint32_t all = traffic_calls(4000);
    run("streams",
        (traffic_load){ .calls = 3,
                        .streams = 2,
                        .turn_us = 10,
                        .kind = TRAFFIC_STREAM,
                        .messages = all < 1000000 ? 4 * all : 1000000 },
        6);
    run("many streams",
        (traffic_load){ .calls = share(1),
                        .streams = 100,
                        .turn_us = 10,
                        .kind = TRAFFIC_STREAM,
                        .messages = 100 },
        7);
}

static void a_window_of_one_octet(void **state)
{
    (void)state;
    run("reader of one octet",
        (traffic_load){ .calls = share(2), .streams = 100, .turn_us = 10, .window = 1 }, 8);
    run("reader of one octet, streams",
        (traffic_load){ .calls = 3,
                        .streams = 3,
                        .turn_us = 10,
                        .window = 1,
                        .kind = TRAFFIC_STREAM,
                        .messages = share(10) },
        9);
    run("both with one octet",
        (traffic_load){ .calls = share(1),
                        .streams = 10,
                        .turn_us = 10,
                        .window = 1,
                        .both_windows = true,
                        .cut = true },
        10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_streams_of_three_octets),
        cmocka_unit_test(a_thousand_cancels_and_deadlines_a_second),
        cmocka_unit_test(long_streams_of_small_messages),
        cmocka_unit_test(a_window_of_one_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
