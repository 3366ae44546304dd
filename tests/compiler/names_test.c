/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of taken names, and how clashes and keywords are renamed. */
#include "compiler/reserved.c"
#include "protoc.h"

static void both_lists_are_sorted(void **state)
{
    (void)state;
    for (size_t i = 1; i < sizeof(words) / sizeof(words[0]); i++)
        assert_true(strcmp(words[i - 1], words[i]) < 0);
    for (size_t i = 1; i < sizeof(globals) / sizeof(globals[0]); i++)
        assert_true(strcmp(globals[i - 1], globals[i]) < 0);
}

static void every_listed_name_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_true(tn_gen_reserved_word(words[i]) && tn_gen_reserved_global(words[i]));
    for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
        assert_true(!tn_gen_reserved_word(globals[i]) && tn_gen_reserved_global(globals[i]));
    const char *const free_names[] = { "", "a", "id", "min", "max", "name", "type", "int_", "zzz" };
    for (size_t i = 0; i < sizeof(free_names) / sizeof(free_names[0]); i++)
        assert_false(tn_gen_reserved_global(free_names[i]));
}

static void what_belongs_to_compilers_is_taken_once(void **state)
{
    (void)state;
    const char *const theirs[] = { "_Atomic", "_Float128", "__thread", "__LINE__", "__", "_X__" };
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
        char renamed[32];
        (void)snprintf(renamed, sizeof(renamed), "%s_", theirs[i]);
        assert_true(tn_gen_reserved_word(theirs[i]));
        assert_false(tn_gen_reserved_word(renamed));
    }
    const char *const free_names[] = { "_", "_x", "_1", "x__", "_x__", "_X_" };
    for (size_t i = 0; i < sizeof(free_names) / sizeof(free_names[0]); i++)
        assert_false(tn_gen_reserved_word(free_names[i]));
}

static void has_line(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("not there: %s", line);
}

static void who_clashes_gives_way_by_the_rules(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    const gen_response *response = generate(arena, request_for(arena, "torture.proto", ""));
    const char *header = generated(response, "torture.tern.h");
    const char *rpc = generated(response, "torture.rpc.h");
    has_line(header, "    int32_t errno_;\n");                 /* a macro */
    has_line(header, "    tern_str template_;\n");             /* a word of C++ */
    has_line(header, "            int32_t which_;\n");         /* ours, in a oneof */
    has_line(header, "    int32_t has__;\n");                  /* ours, in a struct */
    has_line(header, "typedef struct FILE_ FILE_;\n");         /* a type of libc */
    has_line(header, "typedef struct Clash_new Clash_new;\n"); /* the user's name stays, */
    has_line(header, "Clash *Clash_new_(tern_arena *arena)");  /* the derived one gives way */
    has_line(header, "    Clash_has_y = 1\n");
    has_line(header, "static inline bool Clash_has_y_(const Clash *msg)");
    has_line(rpc, "Clash *Svc_register(tern_channel *channel"); /* the method stays */
    has_line(rpc, "bool Svc_register_(tern_server *server");    /* the registration gives way */
    has_line(rpc, "tern_code (*Do_inline)(");                   /* a method of that name */
    has_line(rpc, "tern_code (*Do_inline_)(");                  /* and the slot of another */
    has_line(rpc, "Clash *Svc_Do_(tern_channel *channel");      /* a message has the name */
    tern_arena_free(arena);
}

/* A field that is added renames no other, even if it has another's name with a `_`. */
static void a_name_that_can_stay_stays(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    gen_request *request = request_for(arena, "common.proto", "");
    google_protobuf_DescriptorProto *m = request->proto_file.p[0]->message_type.p[0];
    m->field.p[0]->name = TERN_STR("int");
    google_protobuf_FieldDescriptorProto *other =
        google_protobuf_DescriptorProto_add_field(m, arena);
    assert_non_null(other);
    *other = *m->field.p[0];
    other->name = TERN_STR("int_");
    other->number = 2;
    const char *source = generated(generate(arena, request), "common.tern.c");
    has_line(source, "offsetof(test_common_Shared, int__),\n      .name = 0 }");
    has_line(source, "offsetof(test_common_Shared, int_),\n      .name = 9 }");
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_lists_are_sorted),
        cmocka_unit_test(every_listed_name_is_found),
        cmocka_unit_test(what_belongs_to_compilers_is_taken_once),
        cmocka_unit_test(who_clashes_gives_way_by_the_rules),
        cmocka_unit_test(a_name_that_can_stay_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
