/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compiler.c: any CodeGeneratorRequest is answered or refused. Octet 0 says whether the rest is an
 * encoded request, or a program that fills one in: then every step is a legal message, however absurd
 * the schema. Octet 1: memory.
 */
#include "compiler/gen.h"
#include "fuzz.h"
#include "pb/table.h"

enum { DEPTH = 12, MOST_STEPS = 400 };

static const char *const words[] = {
    "a.proto", "b/c.proto", "proto3",
    "proto2",  "p",         ".p.M",
    "M",       ".p.M.N",    "N",
    ".p.E",    "E",         "int",
    "a",       "a_",        "has_a",
    "A_a",     "value",     "key",
    "Get",     "S",         "p.q",
    ".M",      "unknown_",  "o",
    "_a",      "prefix=x_", "messages_only",
    "",        "MEntry",    "which",
    "a*/b",    "1x",        "new",
    "decode",  "table",     "editions",
    "-1",      "1e9",       "inf",
    "true",    "\\377",     "descriptors=off",
};

typedef struct level {
    const tern_pb_table *table;
    void *msg;
} level;

static tern_str word(fuzz_in *in)
{
    return tern_str_of(words[fuzz_u8(in) % (sizeof(words) / sizeof(words[0]))]);
}

/* A value into the place of one. Sub-messages are left alone. */
static void set_value(fuzz_in *in, tern_pb_type type, void *place)
{
    const uint8_t octet = type == TERN_PB_STRING ? 0 : fuzz_u8(in);
    const tern_str text = type == TERN_PB_STRING ? word(in) : tern_str_of("");
    const int32_t number = octet < 0xf0 ? octet & 31 : INT32_MIN >> (octet & 15);
    const bool yes = octet & 1;
    switch (type) {
    case TERN_PB_STRING: memcpy(place, &text, sizeof(text)); break;
    case TERN_PB_BOOL: memcpy(place, &yes, sizeof(yes)); break;
    case TERN_PB_INT32:
    case TERN_PB_ENUM:
    case TERN_PB_CLOSED_ENUM: memcpy(place, &number, sizeof(number)); break;
    default: break;
    }
}

/* The next field of the message on top, perhaps a level deeper. Returns the levels. */
static size_t step(fuzz_in *in, level *stack, size_t n, tern_arena *arena)
{
    const level top = stack[n - 1];
    const uint8_t octet = fuzz_u8(in);
    if (octet >= 0xc0 || top.table->field_count == 0)
        return n > 1 ? n - 1 : 1;
    const tern_pb_field *f = &top.table->fields[octet % top.table->field_count];
    const tern_pb_mode mode = tn_pb_mode_of(f);
    const tern_pb_type type = tn_pb_type_of(f);
    void *place = (char *)top.msg + f->offset;
    if (mode == TERN_PB_REPEATED || mode == TERN_PB_PACKED)
        place = tern_pb_append(place, tn_pb_type_size(type), arena);
    fuzz_check(place && mode != TERN_PB_MAP);
    if (mode == TERN_PB_EXPLICIT && tn_pb_type_packs(type))
        tn_pb_has_set(top.table, top.msg, f);
    if (type != TERN_PB_MESSAGE) {
        set_value(in, type, place);
        return n;
    }
    const tern_pb_table *sub = top.table->subs[f->sub];
    void *msg = tern_pb_new(sub, arena);
    fuzz_check(msg != NULL);
    memcpy(place, &msg, sizeof(msg));
    if (n == DEPTH)
        return n;
    stack[n] = (level){ sub, msg };
    return n + 1;
}

static tern_bytes build(fuzz_in *in, tern_arena *arena)
{
    level stack[DEPTH] = { { &google_protobuf_compiler_CodeGeneratorRequest_table, NULL } };
    stack[0].msg = tern_pb_new(stack[0].table, arena);
    fuzz_check(stack[0].msg != NULL);
    size_t n = 1;
    for (int i = 0; i < MOST_STEPS && tn_rd_left(&in->choices); i++)
        n = step(in, stack, n, arena);
    tern_bytes out = { NULL, 0 };
    tern_error err;
    fuzz_check(tern_pb_encode_with(stack[0].table, stack[0].msg, arena,
                                   TERN_PB_ENCODE_OPTS(.partial = true), &out, &err) == TERN_OK);
    return out;
}

static void generate(tern_bytes request, uint8_t memory, tern_arena *scratch)
{
    tn_failing_env f;
    fuzz_env(&f, memory);
    tern_arena *arena = tern_arena_new(&f.env);
    if (!arena)
        return;
    tern_error err = { .code = TERN_OK };
    tern_bytes out = { NULL, 0 };
    const tern_code code = tn_gen_run(&f.env, request, arena, &out, &err);
    fuzz_check(code == err.code && (code == TERN_OK) == !*err.text);
    fuzz_check(code != TERN_RESOURCE_EXHAUSTED || f.failed || strstr(err.text, "nested deeper"));
    if (code == TERN_OK) {
        const google_protobuf_compiler_CodeGeneratorResponse *response =
            google_protobuf_compiler_CodeGeneratorResponse_decode(out, scratch, &err);
        fuzz_check(response && (!response->error.p || response->file.n == 0));
    }
    tern_arena_free(arena);
    fuzz_check(f.live_blocks == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    tern_arena *scratch = tern_arena_new(NULL);
    fuzz_check(scratch != NULL);
    fuzz_in in = fuzz_program(p + 2, n - 2);
    const tern_bytes request = p[0] & 1 ? build(&in, scratch) : (tern_bytes){ p + 2, n - 2 };
    uint8_t *copy = fuzz_copy(request.p, request.n);
    generate((tern_bytes){ copy, request.n }, p[1], scratch);
    fuzz_copy_free(copy, request.n);
    tern_arena_free(scratch);
    return 0;
}
