/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pb.c: any bytes are decoded or refused, and what was decoded survives a round: its encoding decodes
 * to a message with the same encoding. google.protobuf.Type has every mode but maps, Struct has maps
 * and depth; the first byte chooses.
 */
#include "tern/pb.h"
#include "google/protobuf/struct.tern.h"
#include "google/protobuf/type.tern.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Maps have no order of their own, so Struct is only walked. */
static bool same(const tern_pb_table *table, tern_bytes a, tern_bytes b)
{
    return table == &google_protobuf_Struct_table ||
           (a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0));
}

static void round_trip(const tern_pb_table *table, tern_arena *arena, tern_bytes in)
{
    tern_error err;
    tern_bytes once, again;
    void *first = tern_pb_new(table, arena);
    void *second = tern_pb_new(table, arena);
    if (!first || !second || tern_pb_decode(table, first, in, arena, NULL, &err) != TERN_OK)
        return;
    if (tern_pb_encode(table, first, arena, &once, &err) != TERN_OK ||
        tern_pb_decode(table, second, once, arena, NULL, &err) != TERN_OK ||
        tern_pb_encode(table, second, arena, &again, &err) != TERN_OK || !same(table, once, again))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    tern_arena *arena = tern_arena_new(NULL);
    if (arena)
        round_trip(p[0] & 1 ? &google_protobuf_Type_table : &google_protobuf_Struct_table, arena,
                   (tern_bytes){ p + 1, n - 1 });
    tern_arena_free(arena);
    return 0;
}
