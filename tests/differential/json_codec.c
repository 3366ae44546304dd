/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_codec.c: this library's side of the differential test of JSON. It reads requests from stdin until
 * its end and answers each on stdout, numbers little-endian:
 *
 *   request   u8 type, u8 operation, u32 length, bytes
 *   answer    u8 accepted, u32 length, bytes: the message in the other form, or the error
 *
 * Types are those of `types` below; operations: 'J' JSON to binary, 'j' binary to JSON.
 */
#include "json.tern.h"
#include "json2.tern.h"
#include "tern/json.h"
#include <stdio.h>
#include <stdlib.h>

static const tern_pb_table *const types[] = {
    &jsontest_Scalars_table, &jsontest_Optionals_table, &jsontest_Lists_table, &jsontest_Maps_table,
    &jsontest_Choice_table,  &jsontest_Known_table,     &jsontest_Names_table, &jsontest2_Two_table,
};

static void fail(const char *what)
{
    fprintf(stderr, "json_codec: %s\n", what);
    exit(3);
}

static void put(bool accepted, const void *p, size_t n)
{
    const uint8_t head[] = { accepted, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
                             (uint8_t)(n >> 24) };
    if (fwrite(head, 1, sizeof(head), stdout) != sizeof(head) || fwrite(p, 1, n, stdout) != n ||
        fflush(stdout))
        fail("cannot write");
}

static void answer(const tern_pb_table *table, char operation, const uint8_t *in, size_t n,
                   tern_arena *arena, const tern_pb_registry *reg)
{
    tern_error err;
    tern_str text = { (const char *)in, n };
    tern_bytes bytes = { in, n };
    void *msg = tern_pb_new(table, arena);
    if (!msg)
        fail("no memory");
    if (operation == 'J') {
        if (tern_json_parse(table, msg, text, arena, TERN_JSON_PARSE_OPTS(.registry = reg), &err) ==
                TERN_OK &&
            tern_pb_encode(table, msg, arena, &bytes, &err) == TERN_OK) {
            put(true, bytes.p, bytes.n);
            return;
        }
    } else if (tern_pb_decode(table, msg, bytes, arena, TERN_PB_DECODE_OPTS(.registry = reg),
                              &err) == TERN_OK &&
               tern_json_print(table, msg, arena, TERN_JSON_PRINT_OPTS(.registry = reg), &text,
                               &err) == TERN_OK) {
        put(true, text.p, text.n);
        return;
    }
    put(false, err.text, strlen(err.text));
}

int main(void)
{
    uint8_t head[6];
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_registry *reg = tern_pb_registry_new(NULL);
    if (!arena || !reg || tern_pb_registry_add_file(reg, &json_file, &err) != TERN_OK ||
        tern_pb_registry_add_file(reg, &json2_file, &err) != TERN_OK)
        fail("no registry");
    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        const size_t n =
            head[2] | (size_t)head[3] << 8 | (size_t)head[4] << 16 | (size_t)head[5] << 24;
        uint8_t *in = malloc(n ? n : 1); /* of its own, so that a sanitizer sees a read behind it */
        if (!in || head[0] >= sizeof(types) / sizeof(types[0]) || fread(in, 1, n, stdin) != n)
            fail("a bad request");
        tern_arena_reset(arena);
        answer(types[head[0]], (char)head[1], in, n, arena, reg);
        free(in);
    }
    tern_pb_registry_free(reg);
    tern_arena_free(arena);
    return 0;
}
