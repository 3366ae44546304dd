/* SPDX-License-Identifier: Apache-2.0 */
/*
 * footprint_test.c: what a connection and a stream of a server cost, by the allocator hook: all of it,
 * link, gRPC, HTTP/2, HPACK and timers; not what uv and the system keep.
 */
#include "h2/limits.h"
#include "rpc/probe.h"
#include "server/internal.h"
#include "support/fail.h"
#include "support/h2_end.h"

#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS = 50,
    STREAMS = 100,
    MOST_NEW = 2048,   /* octets: of a connection that has said its SETTINGS */
    MOST_USED = 10240, /* of one that is idle after calls that filled both tables */
    MOST_STREAM = 1024 /* of an open stream, beside the room for its metadata and reply */
};

typedef struct world {
    tn_failing_env f;
    probe p;
    tn_server_io *io;
    tn_loop *loop;
    int fds[CONNECTIONS + 1];
} world;

/* The handler's metadata: enough to fill the table that the peer decodes by. */
static tern_code many_headers(tern_call *call, const probe_text *request, probe_text *reply)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    tern_error err;
    *reply = *request;
    for (int i = 0; i < 24; i++) {
        char name[8] = { 'x', '-', letters[i], 0 };
        char value[150];
        memset(value, letters[i], sizeof value);
        if (!tern_call_add_header(call, name, (tern_str){ value, sizeof value }, &err))
            return TERN_INTERNAL;
    }
    return TERN_OK;
}

static void turn(world *w, unsigned ms)
{
    atomic_fetch_add(&w->f.clock, (uint64_t)ms * 1000000);
    for (int i = 0; i < 20; i++)
        tn_loop_step(w->loop, 0);
}

static void send_script(int fd, const char *script)
{
    tn_buf b = tn_buf_of(tern_env_default());
    h2_script(&b, script);
    assert_int_equal(send(fd, tn_buf_data(&b), tn_buf_len(&b), MSG_NOSIGNAL), tn_buf_len(&b));
    tn_buf_free(&b);
}

/* Reads what there is and throws it away. */
static void take_all(int fd)
{
    char bytes[65536];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

static size_t live(world *w)
{
    return atomic_load(&w->f.live_bytes);
}

/* Turns until the n newest connections satisfy it, or 20 s are over. */
static void turn_until(world *w, bool (*is_so)(const tn_server_conn *), uint32_t n)
{
    const uint64_t end = probe_ms() + 20000;
    for (uint32_t so = 0; so < n;) {
        assert_true(probe_ms() < end);
        tn_loop_step(w->loop, 1000000);
        so = 0;
        for (tn_list *at = w->io->conns.next; at != &w->io->conns; at = at->next)
            so += is_so(TN_CONTAINER(at, tn_server_conn, in_io));
    }
}

static tn_h2_conn *h2_of(const tn_server_conn *conn)
{
    return tn_grpc_h2(conn->link.grpc);
}

static bool is_ready(const tn_server_conn *conn)
{
    /* Its SETTINGS and its ACK are in and ours are out: nothing but the trim is due. */
    return tn_h2_next_timeout(h2_of(conn)) > tn_loop_now(conn->io->loop) + TN_H2_TRIM_AFTER * 9 ||
           !tn_h2_has_output(h2_of(conn));
}

static void connect_to(world *w, int *fd)
{
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(*fd, &w->p.server->bound.u.any, w->p.server->bound.len), 0);
    send_script(*fd, "preface; settings; ack");
}

static void begin(world *w)
{
    tern_error err;
    *w = (world){ .p.on_io = many_headers };
    tn_failing_env_init(&w->f);
    w->p.server =
        tern_server_new(TERN_SERVER_OPTS(.listen = "127.0.0.1:0", .env = &w->f.env), &err);
    assert_non_null(w->p.server);
    assert_true(probe_register(&w->p, &err));
    w->io = &w->p.server->ios[0];
    w->loop = w->io->loop;
}

static uint32_t connections(const world *w)
{
    return w->io->open_links;
}

static void end(world *w, int n)
{
    for (int i = 0; i < n; i++)
        close(w->fds[i]);
    const uint64_t late = probe_ms() + 20000;
    while (connections(w) && probe_ms() < late)
        tn_loop_step(w->loop, 1000000);
    tern_server_free(w->p.server);
    assert_int_equal(w->f.live_blocks, 0);
}

static void open_all(world *w, int from, int to)
{
    for (int i = from; i < to; i++)
        connect_to(w, &w->fds[i]);
    const uint64_t late = probe_ms() + 20000;
    while (connections(w) < (uint32_t)to) {
        assert_true(probe_ms() < late);
        tn_loop_step(w->loop, 1000000);
    }
    turn_until(w, is_ready, (uint32_t)to);
    turn(w, 0);
    turn(w, 2500);
    turn(w, 2500);
}

static void test_a_connection_is_small(void **state)
{
    (void)state;
    world w;
    begin(&w);
    open_all(&w, 0, 1);
    const size_t before = live(&w);
    open_all(&w, 1, CONNECTIONS + 1);
    const size_t each = (live(&w) - before) / CONNECTIONS;
    print_message("a new idle connection: %zu octets\n", each);
    assert_true(each <= MOST_NEW);
    end(&w, CONNECTIONS + 1);
}

/* A request whose fields all go into our decoder's table: "x-A: AAA.."; then its message. */
static void call_with_fields(int fd, uint32_t id, bool with_message)
{
    tn_buf block = tn_buf_of(tern_env_default());
    static const char fixed[] = "\x83\x86\x44\x12/test.Probe/Inline\x41\x01h\x5f\x10"
                                "application/grpc"
                                "\x40\x02te\x08trailers";
    assert_true(tn_buf_put(&block, fixed, sizeof fixed - 1));
    for (char c = 'a'; c < 'a' + 24; c++) {
        char field[3 + 3 + 1 + 120];
        memset(field, c, sizeof field);
        memcpy(field, "\x40\x03x-", 4);
        field[5] = 0x78;
        assert_true(tn_buf_put(&block, field, 6 + 0x78));
    }
    uint8_t head[9] = { 0 };
    tn_buf out = tn_buf_of(tern_env_default());
    const size_t n = tn_buf_len(&block);
    head[1] = (uint8_t)(n >> 8);
    head[2] = (uint8_t)n;
    head[3] = 1;
    head[4] = 4;
    head[7] = (uint8_t)(id >> 8);
    head[8] = (uint8_t)id;
    assert_true(tn_buf_put(&out, head, 9));
    assert_true(tn_buf_put(&out, tn_buf_data(&block), n));
    if (with_message) {
        char data[64];
        snprintf(data, sizeof data, "frame 0 1 %u 00000000030a0161", id);
        h2_script(&out, data);
    }
    assert_int_equal(send(fd, tn_buf_data(&out), tn_buf_len(&out), MSG_NOSIGNAL), tn_buf_len(&out));
    tn_buf_free(&block);
    tn_buf_free(&out);
}

static void test_a_used_connection_gives_back(void **state)
{
    (void)state;
    enum { CALLS = 5 };
    world w;
    begin(&w);
    open_all(&w, 0, 1);
    const size_t before = live(&w);
    open_all(&w, 1, CONNECTIONS + 1);
    for (uint32_t k = 0; k < CALLS; k++) {
        for (int i = 1; i <= CONNECTIONS; i++)
            call_with_fields(w.fds[i], 2 * k + 1, true);
        const uint64_t late = probe_ms() + 20000;
        while (atomic_load(&w.p.ended) < (int)(k + 1) * CONNECTIONS) {
            assert_true(probe_ms() < late);
            tn_loop_step(w.loop, 1000000);
        }
        turn(&w, 1);
        for (int i = 1; i <= CONNECTIONS; i++)
            take_all(w.fds[i]);
    }
    turn(&w, 2500);
    turn(&w, 2500);
    tn_server_calls_free_idle(w.io); /* the thread's, not the connections' */
    const size_t each = (live(&w) - before) / CONNECTIONS;
    const tn_server_conn *conn = TN_CONTAINER(w.io->conns.prev, tn_server_conn, in_io);
    print_message("an idle connection after use: %zu octets\n", each);
    assert_int_equal(tn_h2_streams(h2_of(conn)), 0);
    assert_true(each > 4096); /* its tables are full */
    assert_true(each <= MOST_USED);
    end(&w, CONNECTIONS + 1);
}

static bool has_all_streams(const tn_server_conn *conn)
{
    return tn_h2_streams(h2_of(conn)) == STREAMS;
}

static void test_a_stream_is_small(void **state)
{
    (void)state;
    world w;
    begin(&w);
    open_all(&w, 0, 1);
    const size_t before = live(&w);
    for (unsigned id = 1; id < 2 * STREAMS; id += 2) {
        char text[200];
        snprintf(
            text, sizeof text,
            "fields %u 4 :method=POST :scheme=http :path=/test.Probe/Inline :authority=localhost "
            "content-type=application/grpc te=trailers user-agent=grpc-test/1.0 x-id=12345678",
            id);
        send_script(w.fds[0], text);
    }
    turn_until(&w, has_all_streams, 1);
    turn(&w, 2500);
    turn(&w, 2500);
    const size_t each = (live(&w) - before) / STREAMS;
    print_message("an open stream: %zu octets, %d of them room for its metadata and reply\n", each,
                  (int)TN_SERVER_CALL_FIRST);
    assert_true(each <= MOST_STREAM + TN_SERVER_CALL_FIRST);
    end(&w, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection_is_small),
        cmocka_unit_test(test_a_used_connection_gives_back),
        cmocka_unit_test(test_a_stream_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
