/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpp.cc: libprotobuf's side of bench/codec: C++ with an arena whose first block is kept, its fastest
 * way to decode, and the generated encoder into a buffer.
 */
#include "groups.pb.h"
#include "run.h"
#include "shapes.pb.h"
#include <google/protobuf/arena.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>
#include <string>

namespace
{
using google::protobuf::Arena;
using google::protobuf::Message;

struct row {
    const Message *type;
    const uint8_t *data;
    size_t n;
    Message *msg;
    std::string json, printed;
    uint8_t *out;
    char *block;
};

constexpr size_t kBlock = 4 << 20;

const Message *type_of(const char *name)
{
    static const struct {
        const char *name;
        const Message *type;
    } types[] = {
        { "echo", &bench::Echo::default_instance() },
        { "flat", &bench::Flat::default_instance() },
        { "groups", &bench::Groups::default_instance() },
        { "complex", &bench::Complex::default_instance() },
        { "wide", &bench::Wide::default_instance() },
        { "packed", &bench::Packed::default_instance() },
        { "map", &bench::Mapped::default_instance() },
        { "deep", &bench::Deep::default_instance() },
        { "descriptor", &google::protobuf::FileDescriptorProto::default_instance() },
    };
    for (const auto &t : types)
        if (strncmp(name, t.name, strlen(t.name)) == 0)
            return t.type;
    return nullptr;
}

/* Its printer loses its way in groups and in ninety levels. */
bool has_json(const char *name)
{
    return strcmp(name, "groups") != 0 && strcmp(name, "deep") != 0;
}

void *open_row(const char *name, const uint8_t *data, size_t n)
{
    row *r = new row{ type_of(name), data, n, nullptr, "", "", nullptr, nullptr };
    r->msg = r->type->New();
    if (!r->msg->ParseFromArray(data, static_cast<int>(n)))
        return nullptr;
    if (has_json(name))
        (void)google::protobuf::util::MessageToJsonString(*r->msg, &r->json);
    r->out = new uint8_t[2 * n + 64];
    r->block = new char[kBlock];
    return r;
}

size_t decode(void *state)
{
    row *r = static_cast<row *>(state);
    google::protobuf::ArenaOptions options;
    options.initial_block = r->block;
    options.initial_block_size = kBlock;
    Arena arena(options);
    return r->type->New(&arena)->ParseFromArray(r->data, static_cast<int>(r->n)) ? r->n : 0;
}

size_t encode(void *state)
{
    row *r = static_cast<row *>(state);
    return r->msg->SerializeToArray(r->out, static_cast<int>(2 * r->n + 64))
               ? r->msg->GetCachedSize()
               : 0;
}

size_t parse(void *state)
{
    row *r = static_cast<row *>(state);
    if (r->json.empty())
        return 0;
    google::protobuf::ArenaOptions options;
    options.initial_block = r->block;
    options.initial_block_size = kBlock;
    Arena arena(options);
    return google::protobuf::util::JsonStringToMessage(r->json, r->type->New(&arena)).ok()
               ? r->json.size()
               : 0;
}

size_t print(void *state)
{
    row *r = static_cast<row *>(state);
    if (r->json.empty())
        return 0;
    r->printed.clear();
    return google::protobuf::util::MessageToJsonString(*r->msg, &r->printed).ok()
               ? r->printed.size()
               : 0;
}
} // namespace

int main(int argc, char **argv)
{
    const bench_peer peer = {
        open_row,
        { { "decode", decode }, { "encode", encode }, { "parse", parse }, { "print", print } }
    };
    return bench_main(argc, argv, &peer);
}
