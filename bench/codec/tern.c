/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tern.c: this library's side of bench/codec. Input is copied into the arena and strings end in NUL, as
 * tern_pb_decode has it; the arena is reset before each message, and keeps its memory.
 */
#include "google/protobuf/descriptor.tern.h"
#include "groups.tern.h"
#include "run.h"
#include "shapes.tern.h"
#include "tern/json.h"

typedef struct row {
    const tern_pb_table *table;
    tern_bytes in;
    tern_str json;
    const void *msg;
    tern_arena *arena, *scratch;
} row;

static const tern_pb_table *table_of(const char *name)
{
    static const struct {
        const char *name;
        const tern_pb_table *table;
    } tables[] = {
        { "echo", &bench_Echo_table },
        { "flat", &bench_Flat_table },
        { "groups", &bench_Groups_table },
        { "complex", &bench_Complex_table },
        { "wide", &bench_Wide_table },
        { "packed", &bench_Packed_table },
        { "map", &bench_Mapped_table },
        { "deep", &bench_Deep_table },
        { "descriptor", &google_protobuf_FileDescriptorProto_table },
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        if (strncmp(name, tables[i].name, strlen(tables[i].name)) == 0)
            return tables[i].table;
    return NULL;
}

static void *open_row(const char *name, const uint8_t *data, size_t n)
{
    row *r = calloc(1, sizeof(*r));
    if (!r || !(r->table = table_of(name)))
        return NULL;
    r->in = (tern_bytes){ data, n };
    r->arena = tern_arena_new(NULL);
    r->scratch = tern_arena_new(NULL);
    void *msg = tern_pb_new(r->table, r->arena);
    tern_error err;
    if (!msg || tern_pb_decode(r->table, msg, r->in, r->arena, NULL, &err) != TERN_OK) {
        fprintf(stderr, "tern: %s: %s\n", name, err.text);
        return NULL;
    }
    r->msg = msg;
    (void)tern_json_print(r->table, msg, r->arena, NULL, &r->json, &err);
    return r;
}

static size_t decode(void *state)
{
    row *r = state;
    tern_arena_reset(r->scratch);
    void *msg = tern_pb_new(r->table, r->scratch);
    return tern_pb_decode(r->table, msg, r->in, r->scratch, NULL, NULL) == TERN_OK ? r->in.n : 0;
}

static size_t encode(void *state)
{
    row *r = state;
    tern_bytes out;
    tern_arena_reset(r->scratch);
    return tern_pb_encode(r->table, r->msg, r->scratch, &out, NULL) == TERN_OK ? out.n : 0;
}

static size_t parse(void *state)
{
    row *r = state;
    tern_arena_reset(r->scratch);
    void *msg = tern_pb_new(r->table, r->scratch);
    return tern_json_parse(r->table, msg, r->json, r->scratch, NULL, NULL) == TERN_OK ? r->json.n
                                                                                      : 0;
}

static size_t print(void *state)
{
    row *r = state;
    tern_str out;
    tern_arena_reset(r->scratch);
    return tern_json_print(r->table, r->msg, r->scratch, NULL, &out, NULL) == TERN_OK ? out.n : 0;
}

int main(int argc, char **argv)
{
    static const bench_peer peer = { .open = open_row,
                                     .operations = {
                                         { "decode", decode },
                                         { "encode", encode },
                                         { "parse", parse },
                                         { "print", print },
                                     } };
    return bench_main(argc, argv, &peer);
}
