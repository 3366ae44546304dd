/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upb.c: upb's side of bench/codec: its table decoder over tables that its pool makes of a descriptor
 * set (upb's generated tables are the same), in an arena whose first block is kept. Strings are
 * copied, as the other sides copy theirs.
 */
#include "google/protobuf/descriptor.upb.h"
#include "run.h"
#include "upb/mem/arena.h"
#include "upb/reflection/def.h"
#include "upb/wire/decode.h"
#include "upb/wire/encode.h"
#if defined(BENCH_JSON)
#include "upb/json/decode.h"
#include "upb/json/encode.h"
#endif

enum { BLOCK = 8 << 20 };

typedef struct row {
    const upb_MiniTable *table;
    const upb_MessageDef *type;
    const char *data;
    size_t n;
    upb_Message *msg;
    char *json;
    size_t json_n;
    char *block;
} row;

static upb_DefPool *pool;

static const char *full_name_of(const char *name)
{
    static const char *const names[][2] = {
        { "echo", "bench.Echo" },
        { "flat", "bench.Flat" },
        { "groups", "bench.Groups" },
        { "complex", "bench.Complex" },
        { "wide", "bench.Wide" },
        { "packed", "bench.Packed" },
        { "map", "bench.Mapped" },
        { "deep", "bench.Deep" },
        { "descriptor", "google.protobuf.FileDescriptorProto" },
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(name, names[i][0], strlen(names[i][0])) == 0)
            return names[i][1];
    return "";
}

/* The schemas, as protoc wrote them: FOLDER/schema.set. */
static void load_pool(const char *folder)
{
    size_t n;
    char *set = (char *)bench_read(folder, "schema", &n);
    upb_Arena *arena = upb_Arena_New();
    google_protobuf_FileDescriptorSet *files =
        google_protobuf_FileDescriptorSet_parse(set, n, arena);
    pool = upb_DefPool_New();
    size_t count = 0;
    const google_protobuf_FileDescriptorProto *const *file =
        files ? google_protobuf_FileDescriptorSet_file(files, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        upb_Status status;
        upb_Status_Clear(&status);
        if (!upb_DefPool_AddFile(pool, file[i], &status))
            fprintf(stderr, "upb: %s\n", upb_Status_ErrorMessage(&status));
    }
}

static upb_Arena *arena_of(row *r)
{
    return upb_Arena_Init(r->block, BLOCK, &upb_alloc_global);
}

static void *open_row(const char *name, const uint8_t *data, size_t n)
{
    row *r = calloc(1, sizeof(*r));
    r->type = upb_DefPool_FindMessageByName(pool, full_name_of(name));
    if (!r->type)
        return NULL;
    r->table = upb_MessageDef_MiniTable(r->type);
    r->data = (const char *)data;
    r->n = n;
    r->block = malloc(BLOCK);
    upb_Arena *arena = upb_Arena_New();
    r->msg = upb_Message_New(r->table, arena);
    if (upb_Decode(r->data, n, r->msg, r->table, NULL, 0, arena) != kUpb_DecodeStatus_Ok)
        return NULL;
#if defined(BENCH_JSON)
    r->json = malloc(1 << 21);
    r->json_n = upb_JsonEncode(r->msg, r->type, pool, 0, r->json, 1 << 21, NULL);
#endif
    return r;
}

static size_t decode(void *state)
{
    row *r = state;
    upb_Arena *arena = arena_of(r);
    upb_Message *msg = upb_Message_New(r->table, arena);
    const bool ok =
        upb_Decode(r->data, r->n, msg, r->table, NULL, 0, arena) == kUpb_DecodeStatus_Ok;
    upb_Arena_Free(arena);
    return ok ? r->n : 0;
}

static size_t encode(void *state)
{
    row *r = state;
    upb_Arena *arena = arena_of(r);
    char *out;
    size_t n = 0;
    const bool ok = upb_Encode(r->msg, r->table, 0, arena, &out, &n) == kUpb_EncodeStatus_Ok;
    upb_Arena_Free(arena);
    return ok ? n : 0;
}

#if defined(BENCH_JSON)
static size_t parse(void *state)
{
    row *r = state;
    upb_Arena *arena = arena_of(r);
    upb_Message *msg = upb_Message_New(r->table, arena);
    upb_Status status;
    const bool ok = upb_JsonDecode(r->json, r->json_n, msg, r->type, pool, 0, arena, &status);
    upb_Arena_Free(arena);
    return ok ? r->json_n : 0;
}

static size_t print(void *state)
{
    row *r = state;
    static char out[1 << 21];
    return upb_JsonEncode(r->msg, r->type, pool, 0, out, sizeof(out), NULL);
}
#endif

int main(int argc, char **argv)
{
    static const bench_peer peer = { .open = open_row,
                                     .operations = {
                                         { "decode", decode },
                                         { "encode", encode },
#if defined(BENCH_JSON)
                                         { "parse", parse },
                                         { "print", print },
#endif
                                     } };
    if (argc > 1)
        load_pool(argv[1]);
    return bench_main(argc, argv, &peer);
}
