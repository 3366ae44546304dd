/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_c.c: protobuf-c's side of bench/codec, with its default allocator, as its users have it. Its
 * plugin cannot take groups.
 */
#include "google/protobuf/descriptor.pb-c.h"
#include "run.h"
#include "shapes.pb-c.h"

typedef struct row {
    const ProtobufCMessageDescriptor *type;
    const uint8_t *data;
    size_t n;
    ProtobufCMessage *msg;
    uint8_t *out;
} row;

static const ProtobufCMessageDescriptor *type_of(const char *name)
{
    static const struct {
        const char *name;
        const ProtobufCMessageDescriptor *type;
    } types[] = {
        { "echo", &bench__echo__descriptor },
        { "flat", &bench__flat__descriptor },
        { "complex", &bench__complex__descriptor },
        { "wide", &bench__wide__descriptor },
        { "packed", &bench__packed__descriptor },
        { "map", &bench__mapped__descriptor },
        { "deep", &bench__deep__descriptor },
        { "descriptor", &google__protobuf__file_descriptor_proto__descriptor },
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strncmp(name, types[i].name, strlen(types[i].name)) == 0)
            return types[i].type;
    return NULL;
}

static void *open_row(const char *name, const uint8_t *data, size_t n)
{
    row *r = calloc(1, sizeof(*r));
    if (!r || !(r->type = type_of(name)))
        return NULL;
    r->data = data;
    r->n = n;
    r->msg = protobuf_c_message_unpack(r->type, NULL, n, data);
    r->out = malloc(2 * n + 64);
    return r->msg && r->out ? r : NULL;
}

static size_t decode(void *state)
{
    row *r = state;
    ProtobufCMessage *msg = protobuf_c_message_unpack(r->type, NULL, r->n, r->data);
    if (!msg)
        return 0;
    protobuf_c_message_free_unpacked(msg, NULL);
    return r->n;
}

static size_t encode(void *state)
{
    row *r = state;
    return protobuf_c_message_get_packed_size(r->msg) ? protobuf_c_message_pack(r->msg, r->out) : 0;
}

int main(int argc, char **argv)
{
    static const bench_peer peer = { .open = open_row,
                                     .operations = { { "decode", decode }, { "encode", encode } } };
    return bench_main(argc, argv, &peer);
}
