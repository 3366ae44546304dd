/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas that are refused. tests/compiler/refused/X.proto says what with: its lines `// expect: ` are
 * the lines of the error. What protoc itself would not let through is made here by hand.
 */
#include "protoc.h"
#include <dirent.h>

#define REFUSED TERN_TEST_SOURCE_DIR "/tests/compiler/refused"

/* The expected error in the file's first lines, in the arena. */
static const char *expected_of(tern_arena *arena, const char *proto)
{
    static const char mark[] = "// expect: ";
    const char *p =
        (const char *)read_file(arena, tern_arena_printf(arena, REFUSED "/%s", proto).p).p;
    tern_str all = TERN_STR("");
    for (; strncmp(p, mark, sizeof(mark) - 1) == 0; p = strchr(p, '\n') + 1) {
        const char *line = p + sizeof(mark) - 1;
        all = tern_arena_printf(arena, "%s%s%.*s", all.p, all.n ? "\n" : "",
                                (int)(strchr(line, '\n') - line), line);
    }
    return all.p;
}

static void refused(const char *proto)
{
    tern_arena *arena = tern_arena_new(NULL);
    const gen_response *response = generate(arena, request_for(arena, proto, ""));
    assert_int_equal(response->file.n, 0);
    assert_non_null(response->error.p);
    assert_string_equal(response->error.p, expected_of(arena, proto));
    tern_arena_free(arena);
}

static void each_file_is_refused_as_it_says(void **state)
{
    (void)state;
    DIR *dir = opendir(REFUSED);
    assert_non_null(dir);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (strstr(entry->d_name, ".proto")) {
            refused(entry->d_name);
            count++;
        }
    closedir(dir);
    assert_true(count >= 6);
}

/* ---- by hand ---------------------------------------------------------------------------------- */

typedef struct hand {
    tern_arena *arena;
    gen_request *request;
    google_protobuf_FileDescriptorProto *file;
} hand;

static hand hand_new(void)
{
    hand h = { .arena = tern_arena_new(NULL) };
    h.request = request_for(h.arena, "common.proto", "");
    h.file = h.request->proto_file.p[0];
    return h;
}

static void hand_expect(hand *h, const char *error)
{
    const gen_response *response = generate(h->arena, h->request);
    assert_non_null(response->error.p);
    assert_string_equal(response->error.p, error);
    tern_arena_free(h->arena);
}

static void an_unknown_edition_is_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    h.file->syntax = TERN_STR("editions");
    google_protobuf_FileDescriptorProto_set_edition(h.file, google_protobuf_EDITION_2026);
    hand_expect(&h, "common.proto:5:1: edition 1002 is not supported, only proto2, proto3, 2023 "
                    "and 2024");
}

static void an_unknown_syntax_is_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    h.file->syntax = TERN_STR("proto4");
    hand_expect(&h, "common.proto:5:1: syntax proto4 is not supported, only proto2, proto3 and "
                    "editions");
}

static google_protobuf_FieldDescriptorProto *first_field(hand *h)
{
    return h->file->message_type.p[0]->field.p[0];
}

static void features_are_for_editions(void **state)
{
    (void)state;
    hand h = hand_new();
    google_protobuf_FieldDescriptorProto *field = first_field(&h);
    field->options = google_protobuf_FieldOptions_new(h.arena);
    field->options->features = google_protobuf_FeatureSet_new(h.arena);
    google_protobuf_FeatureSet_set_field_presence(field->options->features,
                                                  google_protobuf_FeatureSet_IMPLICIT);
    hand_expect(&h, "common.proto:11:3: field text is refused: features are for editions, not for "
                    "proto2 and proto3");
}

static void required_is_no_word_of_editions(void **state)
{
    (void)state;
    hand h = hand_new();
    h.file->syntax = TERN_STR("editions");
    google_protobuf_FileDescriptorProto_set_edition(h.file, google_protobuf_EDITION_2023);
    first_field(&h)->label = google_protobuf_FieldDescriptorProto_LABEL_REQUIRED;
    hand_expect(&h, "common.proto:11:3: field text is refused: editions have "
                    "features.field_presence instead of the label required");
}

static void a_type_of_an_unknown_edition_is_refused(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    gen_request *request = request_for(arena, "kinds.proto", "");
    for (size_t i = 0; i < request->proto_file.n; i++)
        if (tern_str_equal(request->proto_file.p[i]->name, TERN_STR("common.proto")))
            request->proto_file.p[i]->syntax = TERN_STR("proto4");
    const gen_response *response = generate(arena, request);
    assert_string_equal(response->error.p,
                        "kinds.proto:141:3: field shared: its type is defined in common.proto, "
                        "whose syntax or edition is not supported");
    tern_arena_free(arena);
}

static void a_message_that_tables_cannot_hold_is_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    google_protobuf_DescriptorProto *message = h.file->message_type.p[0];
    for (int i = 2; i < 4200; i++) {
        google_protobuf_FieldDescriptorProto *field =
            google_protobuf_DescriptorProto_add_field(message, h.arena);
        field->name = tern_arena_printf(h.arena, "f%d", i);
        google_protobuf_FieldDescriptorProto_set_number(field, i);
        google_protobuf_FieldDescriptorProto_set_label(
            field, google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL);
        google_protobuf_FieldDescriptorProto_set_type(
            field, google_protobuf_FieldDescriptorProto_TYPE_STRING);
    }
    hand_expect(&h,
                "common.proto:10:1: message test.common.Shared is too large: its struct, or all "
                "its field names together, would take more than 65535 bytes");
}

static void a_file_that_has_too_much_is_refused(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    gen_request *request = request_for(arena, "kinds.proto", "");
    google_protobuf_FileDescriptorProto *file = request->proto_file.p[request->proto_file.n - 1];
    for (int i = 0; i < 65536; i++)
        assert_true(google_protobuf_FileDescriptorProto_add_dependency(file, arena,
                                                                       TERN_STR("common.proto")));
    assert_string_equal(generate(arena, request)->error.p,
                        "kinds.proto: too large: it has more than 65535 imports, messages, enums "
                        "or extensions");
    tern_arena_free(arena);
}

static void at_most_twenty_lines(void **state)
{
    (void)state;
    hand h = hand_new();
    h.file->syntax = TERN_STR("editions");
    google_protobuf_FileDescriptorProto_set_edition(h.file, google_protobuf_EDITION_2023);
    google_protobuf_DescriptorProto *message = h.file->message_type.p[0];
    for (int i = 2; i < 30; i++) {
        google_protobuf_FieldDescriptorProto *field =
            google_protobuf_DescriptorProto_add_field(message, h.arena);
        *field = *message->field.p[0];
        field->name = tern_arena_printf(h.arena, "f%d", i);
        field->number = i;
        field->label = google_protobuf_FieldDescriptorProto_LABEL_REQUIRED;
    }
    const gen_response *response = generate(h.arena, h.request);
    size_t lines = 1;
    for (size_t i = 0; i < response->error.n; i++)
        lines += response->error.p[i] == '\n';
    assert_int_equal(lines, 20);
    tern_arena_free(h.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_is_refused_as_it_says),
        cmocka_unit_test(an_unknown_edition_is_refused),
        cmocka_unit_test(an_unknown_syntax_is_refused),
        cmocka_unit_test(features_are_for_editions),
        cmocka_unit_test(required_is_no_word_of_editions),
        cmocka_unit_test(a_type_of_an_unknown_edition_is_refused),
        cmocka_unit_test(a_message_that_tables_cannot_hold_is_refused),
        cmocka_unit_test(a_file_that_has_too_much_is_refused),
        cmocka_unit_test(at_most_twenty_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
