/* SPDX-License-Identifier: Apache-2.0 */
/* socket_close_test.c: a socket that is closed while work for it waits in the loop. */
#include "io/net.h"
#include "io/socket.h"

/* Four rounds of deferred tasks run in a turn: in the last one, the socket is flushed and closed, so
 * that its flush waits for a turn after the one in which its memory could go. */
typedef struct closer {
    tn_task task;
    tn_loop *loop;
    tn_socket *socket;
    int rounds;
    int closed;
} closer;

static void ignore_read(void *user, const uint8_t *p, size_t n)
{
    (void)user;
    (void)p;
    (void)n;
}

static size_t pull_nothing(void *user, tern_bytes *slices, size_t max)
{
    (void)user;
    (void)slices;
    (void)max;
    return 0;
}

static void ignore_sent(void *user, size_t n)
{
    (void)user;
    (void)n;
}

static void ignore_end(void *user, int sys_errno)
{
    (void)user;
    (void)sys_errno;
}

static void count_closed(void *user)
{
    closer *const c = user;
    c->closed++;
}

static const tn_socket_events events = { .read = ignore_read,
                                         .pull = pull_nothing,
                                         .sent = ignore_sent,
                                         .ended = ignore_end,
                                         .closed = count_closed };

static void run_round(tn_task *task)
{
    closer *const c = (closer *)task;
    if (--c->rounds > 0) {
        tn_loop_defer(c->loop, task);
        return;
    }
    tn_socket_flush(c->socket);
    tn_socket_close(c->socket, false);
}

static void a_flush_that_waits_outlives_the_close(void **state)
{
    (void)state;
    for (int rounds = 1; rounds <= 10; rounds++) {
        tn_failing_env f;
        tn_failing_env_init(&f);
        tn_loop *const loop = net_loop(&f.env);
        int fds[2];
        net_pair(false, fds);
        tern_error err;
        closer c = { .task.run = run_round, .loop = loop, .rounds = rounds };
        c.socket = tn_socket_new(loop, fds[0], &events, &c, &err);
        assert_non_null(c.socket);
        tn_loop_post(loop, &c.task); /* runs in a turn, after its first deferred tasks */
        TURN_UNTIL(loop, c.closed == 1);
        tn_loop_step(loop, 0);
        assert_int_equal(c.closed, 1);
        tn_loop_free(loop);
        assert_int_equal(f.live_blocks, 0);
        close(fds[1]);
    }
}

int main(void)
{
    alarm(300); /* as ctest: slower is not stuck */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flush_that_waits_outlives_the_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
