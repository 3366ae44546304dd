/* SPDX-License-Identifier: Apache-2.0 */
/* What is generated, byte for byte. scripts/regen rewrites tests/compiler/golden. */
#include "protoc.h"

#define GOLDEN TERN_TEST_SOURCE_DIR "/tests/compiler/golden/"

static void request_equals_golden(tern_arena *arena, const gen_request *request)
{
    const gen_response *response = generate(arena, request);
    assert_null(response->error.p);
    assert_true(response->file.n >= 2);
    for (size_t i = 0; i < response->file.n; i++) {
        const tern_str name = response->file.p[i]->name, made = response->file.p[i]->content;
        const tern_str path = tern_arena_printf(arena, GOLDEN "%.*s", TERN_FMT(name));
        const tern_bytes golden = read_file(arena, path.p);
        if (!golden.p || golden.n != made.n || memcmp(golden.p, made.p, made.n) != 0)
            fail_msg("%s differs; scripts/regen rewrites it, git diff shows what changed", path.p);
    }
}

static void equals_golden(const char *proto)
{
    tern_arena *arena = tern_arena_new(NULL);
    request_equals_golden(arena, request_for(arena, proto, ""));
    tern_arena_free(arena);
}

static void common_equals_golden(void **state)
{
    (void)state;
    equals_golden("common.proto");
}

static void kinds_equal_golden(void **state)
{
    (void)state;
    equals_golden("kinds.proto");
}

static void torture_equals_golden(void **state)
{
    (void)state;
    equals_golden("torture.proto");
}

static void proto2_equals_golden(void **state)
{
    (void)state;
    equals_golden("proto2.proto");
    equals_golden("torture2.proto");
}

static void editions_equal_golden(void **state)
{
    (void)state;
    const char *const protos[] = { "edition2023.proto", "delimited.proto", "edition2024.proto" };
    for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
        tern_arena *arena = tern_arena_new(NULL);
        google_protobuf_FileDescriptorSet *set = edition_descriptors(arena, protos[i]);
        request_equals_golden(arena, request_of(arena, set, protos[i], ""));
        tern_arena_free(arena);
    }
}

static void the_same_alone_or_with_its_imports(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    gen_request *request = request_for(arena, "kinds.proto", "");
    const char *alone = generated(generate(arena, request), "kinds.tern.h");
    assert_true(google_protobuf_compiler_CodeGeneratorRequest_add_file_to_generate(
        request, arena, TERN_STR("common.proto")));
    const gen_response *both = generate(arena, request);
    assert_int_equal(both->file.n, 4);
    assert_string_equal(generated(both, "kinds.tern.h"), alone);
    tern_arena_free(arena);
}

static void an_import_for_its_options_is_not_included(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    const gen_response *response = generate(arena, request_for(arena, "kinds.proto", ""));
    const char *header = generated(response, "kinds.tern.h");
    assert_non_null(strstr(header, "#include \"google/protobuf/timestamp.tern.h\"\n"));
    assert_non_null(strstr(header, "#include \"common.tern.h\"\n"));
    assert_null(strstr(header, "descriptor.tern.h"));
    tern_arena_free(arena);
}

static void without_source_info_only_comments_are_missing(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    gen_request *request = request_for(arena, "kinds.proto", "");
    const gen_response *with = generate(arena, request);
    for (size_t i = 0; i < request->proto_file.n; i++)
        request->proto_file.p[i]->source_code_info = NULL;
    const gen_response *without = generate(arena, request);
    assert_null(without->error.p);
    assert_string_equal(generated(with, "kinds.tern.c"), generated(without, "kinds.tern.c"));
    assert_null(strstr(generated(without, "kinds.tern.h"), "Nobody knows."));
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_equals_golden),
        cmocka_unit_test(kinds_equal_golden),
        cmocka_unit_test(torture_equals_golden),
        cmocka_unit_test(proto2_equals_golden),
        cmocka_unit_test(editions_equal_golden),
        cmocka_unit_test(the_same_alone_or_with_its_imports),
        cmocka_unit_test(an_import_for_its_options_is_not_included),
        cmocka_unit_test(without_source_info_only_comments_are_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
