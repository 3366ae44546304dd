/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c: any text is read or refused. What was read survives a round: it is printed as a text that
 * is read as an equal message, which is printed the same.
 *
 * Octet 0: the table and the options; 1: memory. The rest is the text.
 */
#include "tern/text.h"
#include "fuzz.h"
#include "google/protobuf/struct.tern.h"
#include "text.tern.h"
#include "text2.tern.h"

enum { MEMORY = 4000, DEPTH = 5 };

static const tern_pb_table *const tables[] = { &texttest_Kinds_table, &texttest2_Old_table,
                                               &google_protobuf_Struct_table };

static void *parsed(const tern_pb_table *table, tern_arena *arena, tern_str in,
                    const tern_text_parse_opts *opts)
{
    tern_error err = { .code = TERN_OK };
    void *msg = tern_pb_new(table, arena);
    if (!msg)
        return NULL;
    const tern_code code = tern_text_parse(table, msg, in, arena, opts, &err);
    fuzz_check(code == err.code && (code == TERN_OK) == !*err.text);
    fuzz_check(code == TERN_OK || code == TERN_INVALID_ARGUMENT || code == TERN_RESOURCE_EXHAUSTED);
    return code == TERN_OK ? msg : NULL;
}

static void round_trip(const tern_pb_table *table, tern_arena *arena, tern_str in,
                       const tern_pb_registry *registry, bool single_line)
{
    const tern_text_parse_opts *parse = TERN_TEXT_PARSE_OPTS(.registry = registry, .partial = true);
    const tern_text_print_opts *print =
        TERN_TEXT_PRINT_OPTS(.registry = registry, .single_line = single_line);
    tern_str out, again;
    const void *first = parsed(table, arena, in, parse);
    if (!first)
        return;
    fuzz_check(tern_text_print(table, first, arena, print, &out, NULL) == TERN_OK);
    uint8_t *copy = fuzz_copy((const uint8_t *)out.p, out.n);
    const void *second = parsed(table, arena, (tern_str){ (const char *)copy, out.n }, parse);
    fuzz_copy_free(copy, out.n);
    fuzz_check(second && tern_pb_equal(table, first, second));
    fuzz_check(tern_text_print(table, second, arena, print, &again, NULL) == TERN_OK);
    fuzz_check(tern_str_equal(out, again));
}

/* Bounds and failing memory: nothing but a refusal may come of it. */
static void pinched(const tern_pb_table *table, tern_str in, const tern_pb_registry *registry,
                    uint8_t how)
{
    tn_failing_env f;
    fuzz_env(&f, how);
    tern_arena *arena = tern_arena_new(&f.env);
    if (arena) {
        tern_str out;
        const void *msg = parsed(
            table, arena, in,
            TERN_TEXT_PARSE_OPTS(.registry = registry, .memory_bytes = MEMORY, .max_depth = DEPTH));
        /* The budget, twice when an Any is encoded, and the arena's blocks. */
        fuzz_check(tern_arena_size(arena) <= 8 * (MEMORY + in.n) + 65536);
        if (msg)
            (void)tern_text_print(table, msg, arena, NULL, &out, NULL);
    }
    tern_arena_free(arena);
    fuzz_check(f.live_blocks == 0);
}

/* What any bytes decode to is printed, with what is unknown; whether it is read again depends. */
static void print_bytes(const tern_pb_table *table, tern_arena *arena, tern_bytes in,
                        const tern_pb_registry *registry)
{
    tern_str out;
    void *msg = tern_pb_new(table, arena);
    fuzz_check(msg != NULL);
    if (tern_pb_decode(table, msg, in, arena,
                       TERN_PB_DECODE_OPTS(.registry = registry, .partial = true), NULL) != TERN_OK)
        return;
    const tern_text_print_opts *all =
        TERN_TEXT_PRINT_OPTS(.registry = registry, .print_unknown = true);
    fuzz_check(tern_text_print(table, msg, arena, all, &out, NULL) == TERN_OK);
    const tern_text_print_opts *known = TERN_TEXT_PRINT_OPTS(.registry = registry);
    fuzz_check(tern_text_print(table, msg, arena, known, &out, NULL) == TERN_OK);
    round_trip(table, arena, out, registry, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    const tern_pb_table *table = tables[(p[0] & 15) % 3];
    const size_t size = n - 2;
    uint8_t *copy = fuzz_copy(p + 2, size);
    const tern_str in = { (const char *)copy, size };
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_registry *registry = tern_pb_registry_new(NULL);
    fuzz_check(arena && registry);
    fuzz_check(tern_pb_registry_add_file(registry, &text_file, NULL) == TERN_OK);
    fuzz_check(tern_pb_registry_add_file(registry, &text2_file, NULL) == TERN_OK);
    if (p[0] & 0x40)
        print_bytes(table, arena, (tern_bytes){ copy, size }, registry);
    else
        round_trip(table, arena, in, registry, p[0] & 0x80);
    if (p[1])
        pinched(table, in, registry, p[1]);
    tern_pb_registry_free(registry);
    tern_arena_free(arena);
    fuzz_copy_free(copy, size);
    return 0;
}
