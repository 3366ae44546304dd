/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer-client: our side of the interop run where the server is somebody else's. One line a case, then
 * "N passed, N failed".
 */
#include "../../../examples/cli.h"
#include "peer.rpc.h"
#include "tern/tern.h"
#include <string.h>

/* What a case works with. why says what went wrong; empty when all is well. */
typedef struct run {
    tern_channel *channel;
    tern_arena *arena;
    tern_error err;
    tern_status status;
    char why[640];
} run;

#define UTF8_MESSAGE "\t\nsmile \xe2\x98\xba and \xf0\x9f\x98\x88 100%\r\n"

static void expect(run *r, bool ok, const char *what)
{
    if (!ok && !r->why[0])
        snprintf(r->why, sizeof r->why, "%s (status %s: %s)", what, tern_code_name(r->err.code),
                 r->err.text);
}

static const peer_Reply *call_unary(run *r, const peer_Request *request, tern_call_opts *opts)
{
    opts->size = sizeof *opts;
    opts->timeout_ms = opts->timeout_ms ? opts->timeout_ms : 10000;
    opts->status_out = &r->status;
    return peer_Peer_Unary(r->channel, r->arena, request, opts, &r->err);
}

static void unary(run *r)
{
    const peer_Request request = { .text = TERN_STR("hello") };
    const peer_Reply *reply = call_unary(r, &request, &(tern_call_opts){ 0 });
    expect(r, reply && tern_str_equal(reply->text, TERN_STR("hello")), "the text comes back");
}

static void large_unary(run *r)
{
    const peer_Request request = { .padding = 3000000 };
    const peer_Reply *reply = call_unary(r, &request, &(tern_call_opts){ 0 });
    expect(r, reply && reply->padding.n == 3000000, "3,000,000 octets of padding");
}

static void too_large(run *r)
{
    const peer_Request request = { .padding = 5000000 };
    expect(r, !call_unary(r, &request, &(tern_call_opts){ 0 }), "a reply over 4 MiB is refused");
    expect(r, r->err.code == TERN_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED");
    expect(r, strstr(r->err.text, "max_recv_bytes"), "the text names the option");
}

static const tern_metadata_entry echo_pairs[] = {
    { TERN_STR_INIT("x-echo-initial"), TERN_STR_INIT("first") },
    { TERN_STR_INIT("x-echo-initial"), TERN_STR_INIT("second") },
    { TERN_STR_INIT("x-echo-trailing-bin"), TERN_STR_INIT("\0\xab\xff,") },
};

static void expect_metadata(run *r, const tern_status *status)
{
    const tern_str trailing = tern_metadata_get(&status->trailers, "x-echo-trailing-bin");
    const tern_str initial = tern_metadata_get(&status->headers, "x-echo-initial");
    expect(r, tern_str_equal(initial, TERN_STR("first")), "the initial metadata come back");
    size_t pairs = 0;
    for (size_t i = 0; i < status->headers.n; i++)
        pairs += tern_str_equal(status->headers.p[i].key, TERN_STR("x-echo-initial"));
    expect(r, pairs == 2, "a repeated key comes back twice");
    expect(r, tern_str_equal(trailing, TERN_STR("\0\xab\xff,")), "-bin trailers come back");
}

static void metadata(run *r)
{
    const peer_Request request = { .text = TERN_STR("m") };
    tern_call_opts opts = { .metadata = { echo_pairs, 3 } };
    expect(r, call_unary(r, &request, &opts), "a reply");
    expect_metadata(r, &r->status);
}

static void deadline(run *r)
{
    const peer_Request request = { .delay_ms = 2000 };
    expect(r, !call_unary(r, &request, &(tern_call_opts){ .timeout_ms = 100 }), "no reply");
    expect(r, r->err.code == TERN_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED");
}

static void status_message(run *r)
{
    const peer_Request request = { .status_code = TERN_ABORTED,
                                   .status_message = TERN_STR(UTF8_MESSAGE) };
    expect(r, !call_unary(r, &request, &(tern_call_opts){ 0 }), "no reply");
    expect(r, r->err.code == TERN_ABORTED && r->err.origin == TERN_ORIGIN_PEER, "ABORTED");
    expect(r, strcmp(r->err.text, UTF8_MESSAGE) == 0, "the message comes unchanged");
}

static void unknown_method(run *r)
{
    tern_method method = peer_Peer_service.methods[0];
    method.path = "/peer.Peer/Missing";
    const peer_Request request = { 0 };
    expect(r, !tern_channel_unary(r->channel, &method, r->arena, &request, NULL, &r->err), "none");
    expect(r, r->err.code == TERN_UNIMPLEMENTED, "UNIMPLEMENTED");
}

/* Reads to the end; the number of replies that came in order. */
static uint32_t read_all(peer_Peer_Stream_client *stream, uint32_t most)
{
    uint32_t n = 0;
    for (const peer_Reply *reply; n < most;) {
        if (peer_Peer_Stream_client_recv(stream, &reply) != TERN_OK || reply->number != n)
            break;
        n++;
    }
    return n;
}

static void server_streaming(run *r)
{
    const peer_Request request = { .count = 2000, .padding = 1000 };
    peer_Peer_Stream_client *stream = peer_Peer_Stream(
        r->channel, &request, TERN_CALL_OPTS(.timeout_ms = 20000, .metadata = { echo_pairs, 3 }));
    expect(r, read_all(stream, UINT32_MAX) == 2000, "2,000 replies in order");
    const tern_status *status = tern_call_status(peer_Peer_Stream_client_call(stream));
    if (status)
        expect_metadata(r, status);
    expect(r, status && peer_Peer_Stream_client_close(stream, &r->err) == TERN_OK, "OK");
}

static void stream_status(run *r)
{
    const peer_Request request = { .count = 3,
                                   .status_code = TERN_DATA_LOSS,
                                   .status_message = TERN_STR(UTF8_MESSAGE) };
    peer_Peer_Stream_client *stream =
        peer_Peer_Stream(r->channel, &request, TERN_CALL_OPTS(.timeout_ms = 10000));
    expect(r, read_all(stream, UINT32_MAX) == 3, "three replies before the status");
    expect(r, peer_Peer_Stream_client_close(stream, &r->err) == TERN_DATA_LOSS, "DATA_LOSS");
    expect(r, strcmp(r->err.text, UTF8_MESSAGE) == 0, "the message comes unchanged");
}

static void stream_cancel(run *r)
{
    const peer_Request request = { .count = 100000, .padding = 1000 };
    peer_Peer_Stream_client *stream =
        peer_Peer_Stream(r->channel, &request, TERN_CALL_OPTS(.timeout_ms = 10000));
    expect(r, read_all(stream, 5) == 5, "five replies");
    expect(r, peer_Peer_Stream_client_close(stream, &r->err) == TERN_CANCELLED, "CANCELLED");
    unary(r);
}

static void stream_deadline(run *r)
{
    const peer_Request request = { .count = 100, .delay_ms = 50 };
    peer_Peer_Stream_client *stream =
        peer_Peer_Stream(r->channel, &request, TERN_CALL_OPTS(.timeout_ms = 300));
    const uint32_t n = read_all(stream, UINT32_MAX);
    expect(r, n > 0 && n < 100, "some replies");
    expect(r, peer_Peer_Stream_client_close(stream, &r->err) == TERN_DEADLINE_EXCEEDED,
           "DEADLINE_EXCEEDED");
}

static const struct {
    const char *name;
    void (*run)(run *r);
} cases[] = {
    { "unary", unary },
    { "large_unary", large_unary },
    { "too_large", too_large },
    { "metadata", metadata },
    { "deadline", deadline },
    { "status_message", status_message },
    { "unknown_method", unknown_method },
    { "server_streaming", server_streaming },
    { "stream_status", stream_status },
    { "stream_cancel", stream_cancel },
    { "stream_deadline", stream_deadline },
};

int main(int argc, char **argv)
{
    const char *target = NULL;
    const char usage[] = "usage: peer-client --target TARGET\n";
    const int status = cli_read(argc, argv, "target", &target, NULL, usage);
    if (status >= 0)
        return status;
    if (!target) {
        fputs(usage, stderr);
        return 2;
    }
    run r = { 0 };
    r.channel = tern_channel_new(target, NULL, &r.err);
    r.arena = tern_arena_new(NULL);
    const size_t count = sizeof cases / sizeof *cases;
    size_t failed = 0;
    for (size_t i = 0; i < count && r.channel && r.arena; i++) {
        r.why[0] = '\0';
        cases[i].run(&r);
        failed += r.why[0] != '\0';
        printf("%-16s %s%s\n", cases[i].name, r.why[0] ? "FAILED: " : "passed", r.why);
        tern_arena_reset(r.arena);
    }
    if (!r.channel || !r.arena)
        fprintf(stderr, "peer-client: %s\n", r.err.text);
    else
        printf("%zu passed, %zu failed\n", count - failed, failed);
    const bool ok = r.channel && r.arena && !failed;
    tern_arena_free(r.arena);
    tern_channel_free(r.channel);
    return !ok;
}
