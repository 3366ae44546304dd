/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.c: any text is parsed or refused, the same whatever else is in memory. What was parsed prints, unless
 * it has no form, and that text parses to a message that prints to the same text. What binary decodes to
 * prints alike. No parse takes more memory than it was allowed.
 *
 * Octet 0: the type (Struct, Any, descriptors, Type, all kinds of time and mask), and whether the input
 * is binary; 1: options; 2: memory.
 */
#include "tern/json.h"
#include "fuzz.h"
#include "google/protobuf/descriptor.tern.h"
#include "google/protobuf/type.tern.h"
#include "tern/wkt.h"

enum { MEMORY = 4000, DEPTH = 5 };

static const tern_pb_table *const tables[] = {
    &google_protobuf_Value_table,
    &google_protobuf_Any_table,
    &google_protobuf_FileDescriptorSet_table,
    &google_protobuf_Type_table,
    &google_protobuf_Timestamp_table,
    &google_protobuf_Duration_table,
    &google_protobuf_FieldMask_table,
    &google_protobuf_DoubleValue_table,
};

static void *parsed(const tern_pb_table *table, tern_arena *arena, tern_str in,
                    const tern_json_parse_opts *opts)
{
    tern_error err = { .code = TERN_OK };
    void *msg = tern_pb_new(table, arena);
    if (!msg)
        return NULL;
    const tern_code code = tern_json_parse(table, msg, in, arena, opts, &err);
    fuzz_check(code == err.code && (code == TERN_OK) == !*err.text);
    fuzz_check(code == TERN_OK || code == TERN_INVALID_ARGUMENT || code == TERN_RESOURCE_EXHAUSTED);
    /* Valid, whatever came. */
    size_t size;
    fuzz_check(tern_pb_size(table, msg, &size, &err) != TERN_INTERNAL);
    return code == TERN_OK ? msg : NULL;
}

static bool printed(const tern_pb_table *table, const void *msg, tern_arena *arena,
                    const tern_json_print_opts *opts, tern_str *out)
{
    tern_error err = { .code = TERN_OK };
    const tern_code code = tern_json_print(table, msg, arena, opts, out, &err);
    fuzz_check(code == err.code);
    fuzz_check(code == TERN_OK || code == TERN_INVALID_ARGUMENT || code == TERN_RESOURCE_EXHAUSTED);
    return code == TERN_OK;
}

/* msg prints, and what is printed parses to what prints so. */
static void fix_point(const tern_pb_table *table, const void *msg, tern_arena *arena, uint8_t how)
{
    const tern_json_print_opts opts = { .size = sizeof(opts),
                                        .indent = how & 3,
                                        .proto_names = how & 4,
                                        .print_defaults = how & 8,
                                        .enum_numbers = how & 16 };
    tern_str one, two;
    if (!printed(table, msg, arena, &opts, &one))
        return;
    uint8_t *copy = fuzz_copy((const uint8_t *)one.p, one.n);
    const void *again = parsed(table, arena, (tern_str){ (char *)copy, one.n },
                               TERN_JSON_PARSE_OPTS(.partial = true));
    fuzz_copy_free(copy, one.n);
    fuzz_check(again && printed(table, again, arena, &opts, &two) && tern_str_equal(one, two));
}

/* Bounds and failing memory: nothing but a refusal may come of it. */
static void pinched(const tern_pb_table *table, tern_str in, uint8_t how)
{
    tn_failing_env f;
    fuzz_env(&f, how);
    tern_arena *arena = tern_arena_new(&f.env);
    if (arena) {
        tern_str out;
        const void *msg = parsed(table, arena, in,
                                 TERN_JSON_PARSE_OPTS(.memory_bytes = MEMORY, .max_depth = DEPTH));
        if (msg)
            (void)printed(table, msg, arena, NULL, &out);
    }
    tern_arena_free(arena);
    fuzz_check(f.live_blocks == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n < 3)
        return 0;
    const tern_pb_table *table = tables[p[0] % 8];
    const size_t size = n - 3;
    uint8_t *copy = fuzz_copy(p + 3, size);
    tern_arena *arena = tern_arena_new(NULL);
    fuzz_check(arena != NULL);
    if (p[0] & 0x80) {
        tern_error err;
        void *msg = tern_pb_new(table, arena);
        fuzz_check(msg != NULL);
        if (tern_pb_decode(table, msg, (tern_bytes){ copy, size }, arena, NULL, &err) == TERN_OK)
            fix_point(table, msg, arena, p[1]);
    } else {
        const tern_str in = { (const char *)copy, size };
        const void *msg =
            parsed(table, arena, in, TERN_JSON_PARSE_OPTS(.ignore_unknown = p[1] & 32));
        if (msg)
            fix_point(table, msg, arena, p[1]);
        if (p[2])
            pinched(table, in, p[2]);
    }
    tern_arena_free(arena);
    fuzz_copy_free(copy, size);
    return 0;
}
