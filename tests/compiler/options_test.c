/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's options, each by what it changes. */
#include "protoc.h"

static tern_arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    tern_arena_free(arena);
    return 0;
}

static const gen_response *with(const char *proto, const char *options)
{
    return generate(arena, request_for(arena, proto, options));
}

static void error_is(const char *options, const char *error)
{
    const gen_response *response = with("common.proto", options);
    assert_int_equal(response->file.n, 0);
    assert_non_null(response->error.p);
    assert_string_equal(response->error.p, error);
}

static void wrong_options_are_named(void **state)
{
    (void)state;
    error_is("nonsense", "option \"nonsense\": unknown; there are prefix=NAME, export=MACRO, "
                         "messages_only, descriptors=off");
    error_is("messages_only,prefix", "option \"prefix\": wants a C identifier behind the =");
    error_is("prefix=", "option \"prefix=\": wants a C identifier behind the =");
    error_is("prefix=a-b", "option \"prefix=a-b\": wants a C identifier behind the =");
    error_is("prefix=1a", "option \"prefix=1a\": wants a C identifier behind the =");
    error_is("export=A B", "option \"export=A B\": wants a C identifier behind the =");
    error_is("messages_only=1", "option \"messages_only=1\": takes no value");
    error_is("descriptors=no", "option \"descriptors=no\": wants on or off behind the =");
    error_is("Prefix=a", "option \"Prefix=a\": unknown; there are prefix=NAME, export=MACRO, "
                         "messages_only, descriptors=off");
}

static void empty_options_are_fine(void **state)
{
    (void)state;
    assert_null(with("common.proto", ",,")->error.p);
}

static void descriptors_may_be_left_out(void **state)
{
    (void)state;
    const char *with_them = generated(with("common.proto", "descriptors=on"), "common.tern.c");
    const char *without = generated(with("common.proto", "descriptors=off"), "common.tern.c");
    assert_non_null(strstr(with_them, "static const uint8_t common_file_descriptor[] = {"));
    assert_null(strstr(without, "common_file_descriptor"));
    assert_non_null(strstr(without, "    .descriptor = NULL,\n"));
    assert_non_null(strstr(without, "    .descriptor_size = 0,\n"));
}

static void prefix_renames_all_but_well_known_types(void **state)
{
    (void)state;
    const char *header = generated(with("kinds.proto", "prefix=my_"), "kinds.tern.h");
    assert_non_null(strstr(header, "struct my_test_kinds_Plain {"));
    assert_non_null(strstr(header, "    my_test_kinds_MOOD_GOOD = 1,"));
    assert_non_null(strstr(header, "my_test_common_Shared *shared;"));
    assert_non_null(strstr(header, "    google_protobuf_Timestamp *at;"));
    assert_non_null(strstr(header, "#ifndef MY_KINDS_TERN_H\n"));
    assert_null(strstr(header, "struct test_kinds"));
}

static void prefix_resolves_a_runtime_name(void **state)
{
    (void)state;
    const gen_response *response = with("runtime_name.proto", "prefix=x_");
    assert_null(response->error.p);
    assert_non_null(strstr(generated(response, "runtime_name.tern.h"), "struct x_tern_str {"));
}

static void export_marks_what_is_extern(void **state)
{
    (void)state;
    const gen_response *response = with("torture.proto", "export=MY_API");
    const char *header = generated(response, "torture.tern.h");
    assert_non_null(strstr(header, "extern MY_API const tern_pb_table keywords_table;"));
    assert_null(strstr(header, "visibility"));
    const char *rpc = generated(response, "torture.rpc.h");
    assert_non_null(strstr(rpc, "extern MY_API const tern_service Empty_service;"));
    assert_non_null(strstr(rpc, "MY_API bool Empty_register("));
    assert_non_null(strstr(rpc, "MY_API keywords *Svc_int("));
}

static void without_export_all_is_hidden(void **state)
{
    (void)state;
    const char *header = generated(with("common.proto", ""), "common.tern.h");
    const char *push = strstr(header, "#pragma GCC visibility push(hidden)");
    const char *table = strstr(header, "extern const tern_pb_table");
    const char *pop = strstr(header, "#pragma GCC visibility pop");
    assert_true(push && table && pop && push < table && table < pop);
}

static void messages_only_leaves_services_out(void **state)
{
    (void)state;
    const gen_response *all = with("torture.proto", "");
    const gen_response *some = with("torture.proto", "messages_only");
    assert_int_equal(all->file.n, 4);
    assert_int_equal(some->file.n, 2);
    assert_string_equal(generated(all, "torture.tern.h"), generated(some, "torture.tern.h"));
    assert_string_equal(generated(all, "torture.tern.c"), generated(some, "torture.tern.c"));
    assert_null(with("client_streaming.proto", "messages_only")->error.p);
}

static void no_rpc_files_without_services(void **state)
{
    (void)state;
    assert_int_equal(with("kinds.proto", "")->file.n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_options_are_named, begin, end),
        cmocka_unit_test_setup_teardown(empty_options_are_fine, begin, end),
        cmocka_unit_test_setup_teardown(descriptors_may_be_left_out, begin, end),
        cmocka_unit_test_setup_teardown(prefix_renames_all_but_well_known_types, begin, end),
        cmocka_unit_test_setup_teardown(prefix_resolves_a_runtime_name, begin, end),
        cmocka_unit_test_setup_teardown(export_marks_what_is_extern, begin, end),
        cmocka_unit_test_setup_teardown(without_export_all_is_hidden, begin, end),
        cmocka_unit_test_setup_teardown(messages_only_leaves_services_out, begin, end),
        cmocka_unit_test_setup_teardown(no_rpc_files_without_services, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
