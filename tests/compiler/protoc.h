/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protoc.h: requests for the generator, from .proto files of these tests by way of protoc.
 *
 * protoc writes a descriptor set, and the request is made from that: so the generator runs inside the
 * test, under its sanitizers, and not in a process of protoc's.
 */
#ifndef TN_TEST_PROTOC_H
#define TN_TEST_PROTOC_H

#include "compiler/gen.h"
#include "support/test.h"
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef google_protobuf_compiler_CodeGeneratorRequest gen_request;
typedef google_protobuf_compiler_CodeGeneratorResponse gen_response;

extern char **environ;

/* A whole file in the arena, NUL-terminated; p is NULL when it cannot be read. */
static inline tern_bytes read_file(tern_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return (tern_bytes){ NULL, 0 };
    enum { MAX = 4 << 20 };
    uint8_t *p = tern_arena_alloc(arena, MAX);
    assert_non_null(p);
    const size_t n = fread(p, 1, MAX - 1, file);
    p[n] = 0;
    fclose(file);
    return (tern_bytes){ p, n };
}

/* The descriptor set that protoc makes of the file, with imports and comments. */
static inline google_protobuf_FileDescriptorSet *descriptors_of(tern_arena *arena,
                                                                const char *proto)
{
    char path[] = "/tmp/tern-test-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    char *const argv[] = { (char *)TERN_TEST_PROTOC,
                           (char *)"-I" TERN_TEST_SOURCE_DIR "/tests/compiler",
                           (char *)"-I" TERN_TEST_SOURCE_DIR "/tests/compiler/refused",
                           (char *)"-I" TERN_TEST_SOURCE_DIR "/proto",
                           (char *)"--include_imports",
                           (char *)"--include_source_info",
                           (char *)"-o",
                           path,
                           (char *)(uintptr_t)proto,
                           NULL };
    pid_t pid;
    int status;
    assert_int_equal(posix_spawn(&pid, TERN_TEST_PROTOC, NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    tern_error err;
    google_protobuf_FileDescriptorSet *set =
        google_protobuf_FileDescriptorSet_decode(read_file(arena, path), arena, &err);
    unlink(path);
    assert_string_equal(err.text, "");
    return set;
}

/* The descriptor set of a file of tests/compiler/editions, which protoc here may not know. */
static inline google_protobuf_FileDescriptorSet *edition_descriptors(tern_arena *arena,
                                                                     const char *proto)
{
    const tern_str path =
        tern_arena_printf(arena, TERN_TEST_SOURCE_DIR "/tests/compiler/editions/%.*s.binpb",
                          (int)(strlen(proto) - strlen(".proto")), proto);
    tern_error err;
    google_protobuf_FileDescriptorSet *set =
        google_protobuf_FileDescriptorSet_decode(read_file(arena, path.p), arena, &err);
    assert_string_equal(err.text, "");
    return set;
}

/* A request to generate the file (and no import) of a set with the options. */
static inline gen_request *request_of(tern_arena *arena, google_protobuf_FileDescriptorSet *set,
                                      const char *proto, const char *options)
{
    gen_request *request = google_protobuf_compiler_CodeGeneratorRequest_new(arena);
    assert_non_null(request);
    request->parameter = tern_str_of(options);
    request->proto_file.p = set->file.p;
    request->proto_file.n = set->file.n;
    assert_true(google_protobuf_compiler_CodeGeneratorRequest_add_file_to_generate(
        request, arena, tern_str_of(proto)));
    return request;
}

static inline gen_request *request_for(tern_arena *arena, const char *proto, const char *options)
{
    return request_of(arena, descriptors_of(arena, proto), proto, options);
}

static inline tern_bytes encode_request(tern_arena *arena, const gen_request *request)
{
    tern_error err;
    const tern_bytes bytes =
        google_protobuf_compiler_CodeGeneratorRequest_encode(request, arena, &err);
    assert_non_null(bytes.p);
    return bytes;
}

/* What the generator answers; it must answer. */
static inline gen_response *generate(tern_arena *arena, const gen_request *request)
{
    tern_error err;
    tern_bytes out;
    assert_int_equal(tn_gen_run(NULL, encode_request(arena, request), arena, &out, &err), TERN_OK);
    gen_response *response =
        google_protobuf_compiler_CodeGeneratorResponse_decode(out, arena, &err);
    assert_non_null(response);
    assert_int_equal(response->supported_features, 3);
    assert_int_equal(response->minimum_edition, google_protobuf_EDITION_PROTO2);
    assert_int_equal(response->maximum_edition, google_protobuf_EDITION_2024);
    return response;
}

/* The content of the generated file; NULL when there is none of that name. */
static inline const char *generated(const gen_response *response, const char *name)
{
    for (size_t i = 0; i < response->file.n; i++)
        if (tern_str_equal(response->file.p[i]->name, tern_str_of(name)))
            return tern_str_cstr(response->file.p[i]->content);
    return NULL;
}

#endif
