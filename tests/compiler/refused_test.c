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
    assert_true(count >= 10);
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

static void editions_are_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    h.file->syntax = TERN_STR("editions");
    google_protobuf_FileDescriptorProto_set_edition(h.file, google_protobuf_EDITION_2023);
    hand_expect(&h, "common.proto:5:1: editions is not supported, only proto3");
}

static void editions_are_refused_in_bootstrap_too(void **state)
{
    (void)state;
    hand h = hand_new();
    h.file->syntax = TERN_STR("editions");
    h.request->parameter = TERN_STR("bootstrap");
    hand_expect(&h, "common.proto:5:1: editions is not supported, only proto3");
}

static void required_is_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    h.file->message_type.p[0]->field.p[0]->label =
        google_protobuf_FieldDescriptorProto_LABEL_REQUIRED;
    hand_expect(&h, "common.proto:11:3: field text: required fields are not supported");
}

static void a_default_is_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    h.file->message_type.p[0]->field.p[0]->default_value = TERN_STR("x");
    hand_expect(&h, "common.proto:11:3: field text: defaults other than zero are not supported");
}

static void a_group_is_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    google_protobuf_FieldDescriptorProto *field = h.file->message_type.p[0]->field.p[0];
    field->type = google_protobuf_FieldDescriptorProto_TYPE_GROUP;
    field->type_name = TERN_STR(".test.common.Shared");
    hand_expect(&h, "common.proto:11:3: field text: groups are not supported");
}

static void an_extension_range_is_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    assert_non_null(
        google_protobuf_DescriptorProto_add_extension_range(h.file->message_type.p[0], h.arena));
    hand_expect(&h, "common.proto: message test.common.Shared: extension ranges are not supported");
}

static void a_message_set_is_refused(void **state)
{
    (void)state;
    hand h = hand_new();
    google_protobuf_MessageOptions *options = google_protobuf_MessageOptions_new(h.arena);
    google_protobuf_MessageOptions_set_message_set_wire_format(options, true);
    h.file->message_type.p[0]->options = options;
    hand_expect(&h, "common.proto:10:1: message test.common.Shared: MessageSet is not supported");
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

static void at_most_twenty_lines(void **state)
{
    (void)state;
    hand h = hand_new();
    for (int i = 0; i < 30; i++)
        assert_non_null(google_protobuf_FileDescriptorProto_add_extension(h.file, h.arena));
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
        cmocka_unit_test(editions_are_refused),
        cmocka_unit_test(editions_are_refused_in_bootstrap_too),
        cmocka_unit_test(required_is_refused),
        cmocka_unit_test(a_default_is_refused),
        cmocka_unit_test(a_group_is_refused),
        cmocka_unit_test(an_extension_range_is_refused),
        cmocka_unit_test(a_message_set_is_refused),
        cmocka_unit_test(a_message_that_tables_cannot_hold_is_refused),
        cmocka_unit_test(at_most_twenty_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
