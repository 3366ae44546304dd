# SPDX-License-Identifier: Apache-2.0
"""The other side of the interop run: grpcio as a server (peer.py server) or as a client
(peer.py client TARGET). peer_pb2 is made by scripts/interop."""

import concurrent.futures
import sys
import time

import grpc

import peer_pb2

MESSAGE = "\t\nsmile \u263a and \U0001f608 100%\r\n"


def codes():
    return {code.value[0]: code for code in grpc.StatusCode}


# ---- server --------------------------------------------------------------------------------------


def echo_metadata(context):
    initial, trailing = [], []
    for key, value in context.invocation_metadata():
        if key == "x-echo-initial":
            initial.append((key, value))
        elif key == "x-echo-trailing-bin":
            trailing.append((key, value))
    context.send_initial_metadata(initial)
    context.set_trailing_metadata(trailing)


def reply_to(request, number):
    time.sleep(request.delay_ms / 1000)
    return peer_pb2.Reply(text=request.text, number=number, padding=bytes(request.padding))


def end(request, context):
    if request.status_code:
        context.abort(codes()[request.status_code], request.status_message)


def unary(request, context):
    echo_metadata(context)
    reply = reply_to(request, 0)
    end(request, context)
    return reply


def stream(request, context):
    echo_metadata(context)
    for number in range(request.count):
        if not context.is_active():
            return
        yield reply_to(request, number)
    end(request, context)


def serve():
    options = dict(
        request_deserializer=peer_pb2.Request.FromString,
        response_serializer=peer_pb2.Reply.SerializeToString,
    )
    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary, **options),
        "Stream": grpc.unary_stream_rpc_method_handler(stream, **options),
    }
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(10))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("peer.Peer", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


# ---- client --------------------------------------------------------------------------------------


class Peer:
    def __init__(self, target):
        # Sizes are judged by the server here.
        channel = grpc.insecure_channel(target, [("grpc.max_receive_message_length", -1)])
        options = dict(
            request_serializer=peer_pb2.Request.SerializeToString,
            response_deserializer=peer_pb2.Reply.FromString,
        )
        self.unary = channel.unary_unary("/peer.Peer/Unary", **options)
        self.stream = channel.unary_stream("/peer.Peer/Stream", **options)
        self.missing = channel.unary_unary("/peer.Peer/Missing", **options)
        self.elsewhere = channel.unary_unary("/no.Such/Unary", **options)


def fails(call, code, message=None):
    try:
        result = call()
        if not isinstance(result, peer_pb2.Reply):
            list(result)
    except grpc.RpcError as error:
        assert error.code() == code, (error.code(), error.details())
        assert message is None or message in error.details(), error.details()
        return error
    raise AssertionError(f"OK where {code} was due")


ECHO = (
    ("x-echo-initial", "first"),
    ("x-echo-initial", "second"),
    ("x-echo-trailing-bin", b"\0\xab\xff,"),
)


def check_metadata(call):
    initial = [value for key, value in call.initial_metadata() if key == "x-echo-initial"]
    trailing = [value for key, value in call.trailing_metadata() if key == "x-echo-trailing-bin"]
    assert initial == ["first", "second"], initial
    assert trailing == [b"\0\xab\xff,"], trailing


def case_unary(peer):
    assert peer.unary(peer_pb2.Request(text="hello"), timeout=10).text == "hello"


def case_large_unary(peer):
    assert len(peer.unary(peer_pb2.Request(padding=3000000), timeout=10).padding) == 3000000
    large = peer_pb2.Request(text="x" * 3000000)
    assert len(peer.unary(large, timeout=10).text) == 3000000


def case_too_large(peer):
    request = peer_pb2.Request(text="x" * 5000000)
    fails(
        lambda: peer.unary(request, timeout=10),
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "max_recv_bytes",
    )
    case_unary(peer)


def case_metadata(peer):
    _, call = peer.unary.with_call(peer_pb2.Request(text="m"), timeout=10, metadata=ECHO)
    check_metadata(call)


def case_deadline(peer):
    request = peer_pb2.Request(delay_ms=2000)
    fails(lambda: peer.unary(request, timeout=0.1), grpc.StatusCode.DEADLINE_EXCEEDED)


def case_status_message(peer):
    request = peer_pb2.Request(status_code=10, status_message=MESSAGE)
    error = fails(lambda: peer.unary(request, timeout=10), grpc.StatusCode.ABORTED)
    assert error.details() == MESSAGE, error.details()


def case_unknown_method(peer):
    request = peer_pb2.Request()
    code = grpc.StatusCode.UNIMPLEMENTED
    fails(lambda: peer.missing(request, timeout=10), code, "unknown method")
    fails(lambda: peer.elsewhere(request, timeout=10), code, "unknown service")


def case_server_streaming(peer):
    call = peer.stream(peer_pb2.Request(count=2000, padding=1000), timeout=20, metadata=ECHO)
    assert [reply.number for reply in call] == list(range(2000))
    check_metadata(call)


def case_stream_status(peer):
    call = peer.stream(
        peer_pb2.Request(count=3, status_code=15, status_message=MESSAGE), timeout=10
    )
    numbers = []
    try:
        for reply in call:
            numbers.append(reply.number)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DATA_LOSS, error.code()
        assert error.details() == MESSAGE, error.details()
    assert numbers == [0, 1, 2], numbers


def case_stream_cancel(peer):
    call = peer.stream(peer_pb2.Request(count=100000, padding=1000), timeout=10)
    for _ in range(5):
        next(call)
    call.cancel()
    assert call.code() == grpc.StatusCode.CANCELLED, call.code()
    case_unary(peer)


def case_stream_deadline(peer):
    request = peer_pb2.Request(count=100, delay_ms=50)
    fails(lambda: peer.stream(request, timeout=0.3), grpc.StatusCode.DEADLINE_EXCEEDED)


def run(target):
    peer = Peer(target)
    cases = [name for name in globals() if name.startswith("case_")]
    failed = 0
    for name in cases:
        try:
            globals()[name](peer)
            outcome = "passed"
        except Exception as error:  # whatever it is, the other cases still run
            failed += 1
            outcome = f"FAILED: {error!r}"
        print(f"{name[5:]:16} {outcome}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    if sys.argv[1:] == ["server"]:
        serve()
    elif len(sys.argv) == 3 and sys.argv[1] == "client":
        run(sys.argv[2])
    else:
        sys.exit("usage: peer.py server | peer.py client TARGET")
