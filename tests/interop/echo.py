# SPDX-License-Identifier: Apache-2.0
"""The Echo service of examples/echo in grpcio: echo.py server, or echo.py client TARGET."""

import concurrent.futures
import sys

import grpc

import echo_pb2


def serve():
    def reply(request, context):
        return echo_pb2.EchoReply(message="You said: " + request.message)

    handler = grpc.unary_unary_rpc_method_handler(
        reply,
        request_deserializer=echo_pb2.EchoRequest.FromString,
        response_serializer=echo_pb2.EchoReply.SerializeToString,
    )
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    service = grpc.method_handlers_generic_handler("echo.Echo", {"Reply": handler})
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


def call(target):
    reply = grpc.insecure_channel(target).unary_unary(
        "/echo.Echo/Reply",
        request_serializer=echo_pb2.EchoRequest.SerializeToString,
        response_deserializer=echo_pb2.EchoReply.FromString,
    )
    answer = reply(echo_pb2.EchoRequest(message="Hello World!"), timeout=10).message
    print("Echo client received: " + answer)
    sys.exit(answer != "You said: Hello World!")


if __name__ == "__main__":
    if sys.argv[1:] == ["server"]:
        serve()
    elif len(sys.argv) == 3 and sys.argv[1] == "client":
        call(sys.argv[2])
    else:
        sys.exit("usage: echo.py server | echo.py client TARGET")
