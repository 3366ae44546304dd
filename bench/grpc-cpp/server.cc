// SPDX-License-Identifier: Apache-2.0
//
// The Echo service of examples/echo in gRPC C++, callback style: the peer that bench/echo measures.
#include "echo.grpc.pb.h"
#include <grpcpp/grpcpp.h>
#include <iostream>

class Echo final : public echo::Echo::CallbackService {
    grpc::ServerUnaryReactor *Reply(grpc::CallbackServerContext *context,
                                    const echo::EchoRequest *request,
                                    echo::EchoReply *reply) override
    {
        reply->set_message("You said: " + request->message());
        grpc::ServerUnaryReactor *reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

int main(int, char **argv)
{
    Echo echo;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&echo);
    auto server = builder.BuildAndStart();
    std::cout << "listening on 127.0.0.1:" << port << std::endl;
    server->Wait();
}
