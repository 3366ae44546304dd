/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testee.c: the program that Google's conformance suite tests.
 *
 * The runner writes a length and a ConformanceRequest, we answer a length and a
 * ConformanceResponse, until it closes the pipe. A request is a message in one form, to be parsed
 * and given back in another. Lengths are 32 bits, the low byte first. What goes wrong with a
 * message is part of the answer; what goes wrong with the pipe ends the program with status 1.
 *
 * All is done with the tables of generated code; with --dynamic FILE, an encoded FileDescriptorSet
 * with the same files, it is done with those that a pool makes of it at run time.
 */
#include "conformance/conformance.tern.h"
#include "google/protobuf/test_messages_edition2023.tern.h"
#include "google/protobuf/test_messages_proto2.tern.h"
#include "google/protobuf/test_messages_proto2_editions.tern.h"
#include "google/protobuf/test_messages_proto3.tern.h"
#include "google/protobuf/test_messages_proto3_editions.tern.h"
#include "tern/json.h"
#include "tern/reflect.h"
#include "tern/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef conformance_ConformanceRequest request;
typedef conformance_ConformanceResponse response;

/* The files that have the messages which the suite asks for. */
static const tern_pb_file *const generated[] = {
    &google_protobuf_test_messages_proto2_file,
    &google_protobuf_test_messages_proto3_file,
    &google_protobuf_test_messages_proto2_editions_file,
    &google_protobuf_test_messages_proto3_editions_file,
    &google_protobuf_test_messages_edition2023_file,
};

typedef struct testee {
    tern_arena *arena; /* of one request */
    const tern_pb_registry *registry;
    tern_pb_registry *own; /* one of the two is whose registry that is, the other NULL */
    tern_pb_pool *pool;
} testee;

/* ---- one request ----------------------------------------------------------------------------- */

static tern_str say(testee *t, const char *text)
{
    const tern_str copy = tern_arena_copy(t->arena, tern_str_of(text));
    return copy.p ? copy : TERN_STR("no memory");
}

static void refuse(testee *t, response *to, uint32_t which, const char *text)
{
    to->result.which = which;
    if (which == conformance_ConformanceResponse_result_skipped)
        to->result.skipped = say(t, text);
    else if (which == conformance_ConformanceResponse_result_parse_error)
        to->result.parse_error = say(t, text);
    else if (which == conformance_ConformanceResponse_result_serialize_error)
        to->result.serialize_error = say(t, text);
    else
        to->result.runtime_error = say(t, text);
}

/* Fills msg from the request; false: the response says why. */
static bool parse(testee *t, const tern_pb_table *table, void *msg, const request *from,
                  response *to)
{
    tern_error err = { .code = TERN_OK };
    tern_code code = TERN_UNIMPLEMENTED;
    switch (from->payload.which) {
    case conformance_ConformanceRequest_payload_protobuf_payload:
        code = tern_pb_decode(table, msg, from->payload.protobuf_payload, t->arena,
                              TERN_PB_DECODE_OPTS(.registry = t->registry), &err);
        break;
    case conformance_ConformanceRequest_payload_json_payload:
        code = tern_json_parse(
            table, msg, from->payload.json_payload, t->arena,
            TERN_JSON_PARSE_OPTS(.registry = t->registry,
                                 .ignore_unknown = from->test_category ==
                                                   conformance_JSON_IGNORE_UNKNOWN_PARSING_TEST),
            &err);
        break;
    case conformance_ConformanceRequest_payload_text_payload:
        code = tern_text_parse(table, msg, from->payload.text_payload, t->arena,
                               TERN_TEXT_PARSE_OPTS(.registry = t->registry), &err);
        break;
    }
    if (code == TERN_UNIMPLEMENTED)
        refuse(t, to, conformance_ConformanceResponse_result_skipped, "no parser of this format");
    else if (code != TERN_OK)
        refuse(t, to, conformance_ConformanceResponse_result_parse_error, err.text);
    return code == TERN_OK;
}

static void print(testee *t, const tern_pb_table *table, const void *msg, const request *from,
                  response *to)
{
    tern_error err = { .code = TERN_OK };
    tern_code code = TERN_UNIMPLEMENTED;
    switch (from->requested_output_format) {
    case conformance_PROTOBUF:
        to->result.which = conformance_ConformanceResponse_result_protobuf_payload;
        code = tern_pb_encode(table, msg, t->arena, &to->result.protobuf_payload, &err);
        break;
    case conformance_JSON:
        to->result.which = conformance_ConformanceResponse_result_json_payload;
        code = tern_json_print(table, msg, t->arena, TERN_JSON_PRINT_OPTS(.registry = t->registry),
                               &to->result.json_payload, &err);
        break;
    case conformance_TEXT_FORMAT:
        to->result.which = conformance_ConformanceResponse_result_text_payload;
        code = tern_text_print(table, msg, t->arena,
                               TERN_TEXT_PRINT_OPTS(.registry = t->registry,
                                                    .print_unknown = from->print_unknown_fields),
                               &to->result.text_payload, &err);
        break;
    }
    if (code == TERN_UNIMPLEMENTED)
        refuse(t, to, conformance_ConformanceResponse_result_skipped, "no printer of this format");
    else if (code != TERN_OK)
        refuse(t, to, conformance_ConformanceResponse_result_serialize_error, err.text);
}

static void answer(testee *t, const request *from, response *to)
{
    const tern_pb_table *table = tern_pb_registry_message(t->registry, from->message_type);
    if (!table) {
        refuse(t, to, conformance_ConformanceResponse_result_skipped, "no message of that name");
        return;
    }
    void *msg = tern_pb_new(table, t->arena);
    if (!msg)
        refuse(t, to, conformance_ConformanceResponse_result_runtime_error, "no memory");
    else if (parse(t, table, msg, from, to))
        print(t, table, msg, from, to);
}

/* ---- the pipe -------------------------------------------------------------------------------- */

/* True when all n bytes came; *end: the pipe was at its end before the first. */
static bool read_all(uint8_t *p, size_t n, bool *end)
{
    *end = false;
    for (size_t got = 0; got < n;) {
        const ssize_t more = read(STDIN_FILENO, p + got, n - got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0) {
            *end = more == 0 && got == 0;
            return false;
        }
        got += (size_t)more;
    }
    return true;
}

static bool write_all(const uint8_t *p, size_t n)
{
    while (n) {
        const ssize_t gone = write(STDOUT_FILENO, p, n);
        if (gone < 0 && errno == EINTR)
            continue;
        if (gone <= 0)
            return false;
        p += gone;
        n -= (size_t)gone;
    }
    return true;
}

/* The next request's bytes in the arena; false at the end of the pipe, which is *end, or of luck.
 * */
static bool next_request(testee *t, tern_bytes *in, bool *end)
{
    uint8_t length[4];
    if (!read_all(length, sizeof(length), end))
        return false;
    const size_t n =
        length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    uint8_t *p = tern_arena_alloc(t->arena, n);
    bool cut;
    if (!p || !read_all(p, n, &cut))
        return false;
    *in = (tern_bytes){ p, n };
    return true;
}

static bool serve_one(testee *t, tern_bytes in, tern_error *err)
{
    request *from = conformance_ConformanceRequest_decode(in, t->arena, err);
    if (!from)
        return false;
    response to = { 0 };
    answer(t, from, &to);
    tern_bytes out;
    if (tern_pb_encode(&conformance_ConformanceResponse_table, &to, t->arena, &out, err) != TERN_OK)
        return false;
    const uint8_t length[4] = { (uint8_t)out.n, (uint8_t)(out.n >> 8), (uint8_t)(out.n >> 16),
                                (uint8_t)(out.n >> 24) };
    return write_all(length, sizeof(length)) && write_all(out.p, out.n);
}

/* ---- what is known --------------------------------------------------------------------------- */

static bool know_generated(testee *t, tern_error *err)
{
    t->registry = t->own = tern_pb_registry_new(NULL);
    if (!t->own)
        return false;
    for (size_t i = 0; i < sizeof(generated) / sizeof(*generated); i++)
        if (tern_pb_registry_add_file(t->own, generated[i], err) != TERN_OK)
            return false;
    return true;
}

/* The file's bytes in the arena; false when there is no such file, or no memory. */
static bool read_file(testee *t, const char *name, tern_bytes *out)
{
    FILE *file = fopen(name, "rb");
    long size = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    uint8_t *p = size < 0 ? NULL : tern_arena_alloc(t->arena, (size_t)size);
    const bool fine =
        p && fseek(file, 0, SEEK_SET) == 0 && fread(p, 1, (size_t)size, file) == (size_t)size;
    if (file)
        (void)fclose(file);
    *out = (tern_bytes){ p, fine ? (size_t)size : 0 };
    return fine;
}

static bool know_descriptors(testee *t, const char *name, tern_error *err)
{
    tern_bytes set;
    t->pool = tern_pb_pool_new(NULL, NULL, err);
    if (!t->pool)
        return false;
    if (!read_file(t, name, &set)) {
        (void)tern_error_set(err, TERN_NOT_FOUND, TERN_ORIGIN_LOCAL, "cannot read %s", name);
        return false;
    }
    t->registry = tern_pb_pool_registry(t->pool);
    return tern_pb_pool_add_set(t->pool, set, err) == TERN_OK;
}

int main(int argc, char **argv)
{
    testee t = { .arena = tern_arena_new(NULL) };
    tern_error err = { .code = TERN_OK };
    tern_bytes in;
    const bool dynamic = argc == 3 && strcmp(argv[1], "--dynamic") == 0;
    bool end = false, fine = t.arena && (dynamic || argc == 1);
    if (!dynamic && argc != 1)
        fprintf(stderr, "usage: conformance-testee [--dynamic DESCRIPTOR-SET]\n");
    fine = fine && (dynamic ? know_descriptors(&t, argv[2], &err) : know_generated(&t, &err));
    while (fine && next_request(&t, &in, &end)) {
        fine = serve_one(&t, in, &err);
        tern_arena_reset(t.arena);
    }
    tern_pb_registry_free(t.own);
    tern_pb_pool_free(t.pool);
    tern_arena_free(t.arena);
    if (!fine || !end)
        fprintf(stderr, "conformance-testee: %s\n", *err.text ? err.text : "the pipe broke");
    return fine && end ? EXIT_SUCCESS : EXIT_FAILURE;
}
