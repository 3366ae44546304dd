/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pb.c: any bytes are decoded or refused. What was decoded survives a round: its encoding decodes to a
 * message with the same encoding, its size is that of its encoding, its copy is equal to it, and what is
 * equal has the same deterministic bytes. Two messages end to end decode to what merging one after the
 * other gives. No decode takes more memory than it was allowed.
 *
 * Octet 0: the table (all kinds of field, Struct for depth, Type as generated; groups and closed enums,
 * required fields, extensions, a MessageSet); 1: memory; 2, 3: where the input is cut.
 */
#include "tern/pb.h"
#include "fuzz.h"
#include "google/protobuf/struct.tern.h"
#include "google/protobuf/type.tern.h"
#include "pb/two.h"

enum { MEMORY = 4000, DEPTH = 5 };

/* Made once, then read. */
static tern_pb_registry *registry;

static void *decoded(const tern_pb_table *table, tern_arena *arena, tern_bytes in,
                     const tern_pb_decode_opts *opts)
{
    tern_error err = { .code = TERN_OK };
    void *msg = tern_pb_new(table, arena);
    if (!msg)
        return NULL;
    const tern_code code = tern_pb_decode(table, msg, in, arena, opts, &err);
    fuzz_check(code == err.code && (code == TERN_OK) == !*err.text);
    fuzz_check(code == TERN_OK || code == TERN_INVALID_ARGUMENT || code == TERN_RESOURCE_EXHAUSTED);
    /* Valid, whatever came: it can be encoded, unless a string is bad in a part that came first. */
    tern_bytes out;
    const tern_code again =
        tern_pb_encode_with(table, msg, arena, TERN_PB_ENCODE_OPTS(.partial = true), &out, &err);
    fuzz_check(again == TERN_OK || again == TERN_RESOURCE_EXHAUSTED || code != TERN_OK);
    return code == TERN_OK ? msg : NULL;
}

static tern_code encode(const tern_pb_table *table, const void *msg, tern_arena *arena,
                        tern_bytes *out)
{
    tern_error err;
    return tern_pb_encode_with(
        table, msg, arena, TERN_PB_ENCODE_OPTS(.partial = true, .deterministic = true), out, &err);
}

/* With extensions known, and required fields missing. */
#define KNOWING TERN_PB_DECODE_OPTS(.registry = registry, .partial = true)

static bool same(const tern_pb_table *table, const void *a, const void *b, tern_arena *arena)
{
    tern_bytes one, two;
    return encode(table, a, arena, &one) == TERN_OK && encode(table, b, arena, &two) == TERN_OK &&
           one.n == two.n && (one.n == 0 || memcmp(one.p, two.p, one.n) == 0);
}

static void round_trip(const tern_pb_table *table, tern_arena *arena, tern_bytes in)
{
    tern_error err;
    tern_bytes out;
    size_t size;
    const void *first = decoded(table, arena, in, KNOWING);
    if (!first)
        return;
    fuzz_check(encode(table, first, arena, &out) == TERN_OK);
    fuzz_check(tern_pb_size(table, first, &size, &err) == TERN_OK && size == out.n);
    const void *twin = tern_pb_copy(table, first, arena, &err);
    fuzz_check(twin && tern_pb_equal(table, first, twin) && same(table, first, twin, arena));
    uint8_t *copy = fuzz_copy(out.p, out.n);
    const void *second = decoded(table, arena, (tern_bytes){ copy, out.n }, KNOWING);
    fuzz_copy_free(copy, out.n);
    fuzz_check(second && same(table, first, second, arena));
}

static void merge(const tern_pb_table *table, tern_arena *arena, tern_bytes in, size_t cut)
{
    tern_error err;
    const tern_bytes front = { in.p, cut }, back = { in.p + cut, in.n - cut };
    void *whole = decoded(table, arena, in, KNOWING);
    void *parts = decoded(table, arena, front, KNOWING);
    const void *rest = decoded(table, arena, back, KNOWING);
    if (!parts || !rest)
        return;
    /* What merging makes is what decoding the encoding makes: it has no zeros without presence. */
    tern_bytes again = { NULL, 0 };
    void *merged = tern_pb_copy(table, parts, arena, &err);
    void *appended = tern_pb_copy(table, parts, arena, &err);
    fuzz_check(merged && appended && encode(table, rest, arena, &again) == TERN_OK);
    fuzz_check(tern_pb_merge(table, merged, rest, arena, &err) == TERN_OK);
    fuzz_check(tern_pb_decode(table, appended, again, arena, KNOWING, &err) == TERN_OK);
    fuzz_check(same(table, merged, appended, arena));
    fuzz_check(tern_pb_decode(table, parts, back, arena, KNOWING, &err) == TERN_OK && whole);
    fuzz_check(same(table, whole, parts, arena));
}

/* Bounds and failing memory: nothing but a refusal may come of it. */
static void pinched(const tern_pb_table *table, tern_bytes in, uint8_t how)
{
    tn_failing_env f;
    fuzz_env(&f, how);
    tern_arena *arena = tern_arena_new(&f.env);
    if (arena) {
        (void)decoded(
            table, arena, in,
            TERN_PB_DECODE_OPTS(.memory_bytes = MEMORY, .max_depth = DEPTH, .registry = registry));
        /* The input's copy, the bound, two encodings at most, and the arena's blocks. */
        fuzz_check(tern_arena_size(arena) <= 8 * (MEMORY + in.n) + 65536);
    }
    tern_arena_free(arena);
    fuzz_check(f.live_blocks == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const tern_pb_table *const tables[] = {
        &pbtest_All_table,           &google_protobuf_Struct_table,
        &google_protobuf_Type_table, &pbtest_Two_table,
        &pbtest_Need_table,          &pbtest_Extended_table,
        &pbtest_Set_table,
    };
    if (!registry)
        registry = two_registry(NULL);
    if (n < 4)
        return 0;
    const tern_pb_table *table = tables[p[0] % 7];
    const size_t size = n - 4;
    uint8_t *copy = fuzz_copy(p + 4, size);
    const tern_bytes in = { copy, size };
    tern_arena *arena = tern_arena_new(NULL);
    fuzz_check(arena != NULL);
    round_trip(table, arena, in);
    merge(table, arena, in, size ? tn_load16(p + 2) % size : 0);
    if (p[1])
        pinched(table, in, p[1]);
    tern_arena_free(arena);
    fuzz_copy_free(copy, size);
    return 0;
}
