/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dynamic.c: one message, the descriptor of descriptor.proto, through the table of generated code and
 * through one that a pool made of that very descriptor: decoding, encoding, and fields one by one.
 * The two are timed in turns, and the best of each is printed; the last column is their ratio.
 */
#include "tern/reflect.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 500, TIMES = 50 };

typedef struct side {
    const tern_pb_table *table;
    tern_arena *arena;
    tern_bytes in;
    void *msg;
    double best;
} side;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void decode(side *s)
{
    tern_arena_reset(s->arena);
    void *msg = tern_pb_new(s->table, s->arena);
    if (!msg || tern_pb_decode(s->table, msg, s->in, s->arena, NULL, NULL) != TERN_OK)
        exit(1);
}

static void encode(side *s)
{
    tern_bytes out;
    tern_arena_reset(s->arena);
    if (tern_pb_encode(s->table, s->msg, s->arena, &out, NULL) != TERN_OK || out.n != s->in.n)
        exit(1);
}

/* All fields of all messages of the file, by descriptor. */
static void walk(side *s)
{
    size_t n = 0;
    tern_pb_value v;
    const tern_pb_field *messages = tern_pb_field_numbered(s->table, 4);
    for (size_t i = 0; i < tern_pb_field_count(s->table, s->msg, messages); i++) {
        tern_pb_each each = { 0 };
        if (tern_pb_field_at(s->table, s->msg, messages, i, &v, NULL) != TERN_OK)
            exit(1);
        while (tern_pb_each_next(v.message.table, v.message.at, &each))
            n += tern_pb_field_count(each.table, each.msg, each.field);
    }
    if (!n)
        exit(1);
}

static void compare(const char *name, void (*run)(side *), side *a, side *b)
{
    a->best = b->best = 1e300;
    for (int round = 0; round < ROUNDS; round++) {
        for (int which = 0; which < 2; which++) {
            side *s = which ? b : a;
            const double start = now();
            for (int i = 0; i < TIMES; i++)
                run(s);
            const double each = (now() - start) / TIMES;
            s->best = each < s->best ? each : s->best;
        }
    }
    printf("%-8s %9.0f %9.0f %8.3f\n", name, a->best, b->best, b->best / a->best);
}

/* The table that a pool makes of a copy of descriptor.proto under another name. */
static const tern_pb_table *dynamic_table(tern_pb_pool *pool, tern_bytes in, tern_arena *arena)
{
    tern_bytes copy;
    tern_error err;
    google_protobuf_FileDescriptorProto *file =
        google_protobuf_FileDescriptorProto_decode(in, arena, &err);
    if (!file)
        return NULL;
    google_protobuf_FileDescriptorProto_set_name(file, TERN_STR("copy.proto"));
    if (tern_pb_encode(&google_protobuf_FileDescriptorProto_table, file, arena, &copy, &err) !=
            TERN_OK ||
        tern_pb_pool_add_file(pool, copy, &err) != TERN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return NULL;
    }
    return tern_pb_pool_message(pool, TERN_STR("google.protobuf.FileDescriptorProto"));
}

int main(void)
{
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = tern_pb_pool_new(NULL, NULL, NULL);
    const tern_bytes in = { google_protobuf_descriptor_file.descriptor,
                            google_protobuf_descriptor_file.descriptor_size };
    side a = { .table = &google_protobuf_FileDescriptorProto_table, .in = in };
    side b = { .table = dynamic_table(pool, in, arena), .in = in };
    side *const sides[] = { &a, &b };
    for (int i = 0; i < 2; i++) {
        side *s = sides[i];
        s->arena = tern_arena_new(NULL);
        s->msg = s->table && s->table != sides[!i]->table ? tern_pb_new(s->table, arena) : NULL;
        if (!s->msg || tern_pb_decode(s->table, s->msg, in, arena, NULL, NULL) != TERN_OK)
            return 1;
    }
    printf("%zu bytes\n%-8s %9s %9s %8s\n", in.n, "ns", "generated", "dynamic", "ratio");
    compare("decode", decode, &a, &b);
    compare("encode", encode, &a, &b);
    compare("fields", walk, &a, &b);
    tern_arena_free(a.arena);
    tern_arena_free(b.arena);
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
    return 0;
}
