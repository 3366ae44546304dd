/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.c: this library's side of the differential test. It reads requests from stdin until its end and
 * answers each on stdout, both little-endian:
 *
 *   request   u8 type, u8 operation, u32 length, bytes
 *   answer    u8 accepted, u32 length, bytes: what the message is in the other form, or the error
 *
 * Types are those of `types` below; operations: 'b' binary to binary (deterministic, and by way of
 * copy and merge), 't' binary to text, 'T' text to binary.
 */
#include "tern/text.h"
#include "three.tern.h"
#include "two.tern.h"
#include <stdio.h>
#include <stdlib.h>

static const tern_pb_table *const types[] = { &diff3_All_table, &diff2_All_table };

static tern_pb_registry *registry;

static void fail(const char *what)
{
    fprintf(stderr, "codec: %s\n", what);
    exit(3);
}

static bool get(void *p, size_t n)
{
    return fread(p, 1, n, stdin) == n;
}

static void put(bool accepted, const void *p, size_t n)
{
    const uint8_t head[] = { accepted, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
                             (uint8_t)(n >> 24) };
    if (fwrite(head, 1, sizeof(head), stdout) != sizeof(head) || fwrite(p, 1, n, stdout) != n ||
        fflush(stdout))
        fail("cannot write");
}

/* A copy that must be the message, must encode alike, and whose size must be known before. */
static tern_code round_trip(const tern_pb_table *table, const void *msg, tern_arena *arena,
                            tern_bytes *out, tern_error *err)
{
    const tern_pb_encode_opts *opts = TERN_PB_ENCODE_OPTS(.deterministic = true);
    tern_code code = tern_pb_encode_with(table, msg, arena, opts, out, err);
    if (code != TERN_OK)
        return code;
    size_t size;
    tern_bytes again;
    void *copy = tern_pb_copy(table, msg, arena, err);
    if (!copy || !tern_pb_equal(table, copy, msg))
        fail("a copy is not the message");
    if (tern_pb_encode_with(table, copy, arena, opts, &again, err) != TERN_OK ||
        again.n != out->n || memcmp(again.p, out->p, again.n) != 0)
        fail("a copy encodes otherwise");
    if (tern_pb_size(table, msg, &size, err) != TERN_OK || size != out->n)
        fail("the size is not what was encoded");
    return TERN_OK;
}

static tern_code convert(const tern_pb_table *table, char operation, tern_bytes in,
                         tern_arena *arena, tern_bytes *out, tern_error *err)
{
    const tern_str text = { (const char *)in.p, in.n };
    tern_str made = { NULL, 0 };
    void *msg = tern_pb_new(table, arena);
    tern_code code;
    if (!msg)
        fail("no memory");
    if (operation == 'T')
        code = tern_text_parse(table, msg, text, arena, TERN_TEXT_PARSE_OPTS(.registry = registry),
                               err);
    else
        code =
            tern_pb_decode(table, msg, in, arena, TERN_PB_DECODE_OPTS(.registry = registry), err);
    if (code != TERN_OK)
        return code;
    if (operation != 't')
        return round_trip(table, msg, arena, out, err);
    code =
        tern_text_print(table, msg, arena, TERN_TEXT_PRINT_OPTS(.registry = registry), &made, err);
    *out = (tern_bytes){ (const uint8_t *)made.p, made.n };
    return code;
}

int main(void)
{
    uint8_t head[6];
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    registry = tern_pb_registry_new(NULL);
    if (!arena || !registry || tern_pb_registry_add_file(registry, &two_file, &err) != TERN_OK)
        fail("no registry");
    while (get(head, sizeof(head))) {
        const size_t n =
            head[2] | (size_t)head[3] << 8 | (size_t)head[4] << 16 | (size_t)head[5] << 24;
        tern_arena_reset(arena);
        uint8_t *in = malloc(n ? n : 1); /* of its own, so that a sanitizer sees a read behind it */
        if (!in || head[0] >= sizeof(types) / sizeof(types[0]) || (n && !get(in, n)))
            fail("a bad request");
        tern_bytes out = { NULL, 0 };
        if (convert(types[head[0]], (char)head[1], (tern_bytes){ in, n }, arena, &out, &err) ==
            TERN_OK)
            put(true, out.p, out.n);
        else
            put(false, err.text, strlen(err.text));
        free(in);
    }
    tern_pb_registry_free(registry);
    tern_arena_free(arena);
    return 0;
}
