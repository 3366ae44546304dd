/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_test.c: adding all or nothing, looking up, options, limits, garbage, no memory.
 */
#include "pb/pooled.h"
#include "support/fail.h"
#include "support/seed.h"
#include "tern/text.h"

static tern_bytes parse(tern_arena *arena, const char *text)
{
    tern_error err;
    google_protobuf_FileDescriptorProto *file = google_protobuf_FileDescriptorProto_new(arena);
    if (tern_text_parse(&google_protobuf_FileDescriptorProto_table, file, tern_str_of(text), arena,
                        NULL, &err) != TERN_OK)
        fail_msg("%s in: %s", err.text, text);
    tern_bytes bytes;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorProto_table, file, arena, &bytes, &err),
        TERN_OK);
    return bytes;
}

static tern_pb_pool *pool_with(const tern_pb_pool_opts *opts)
{
    tern_error err;
    tern_pb_pool *pool = tern_pb_pool_new(NULL, opts, &err);
    assert_non_null(pool);
    return pool;
}

#define SERVICE                                                                                    \
    "name: 's.proto' package: 's' message_type { name: 'A' } message_type { name: 'B' }"           \
    "service { name: 'Svc' method { name: 'One' input_type: '.s.A' output_type: '.s.B' }"          \
    " method { name: 'Two' input_type: '.s.B' output_type: '.s.A' client_streaming: true }"        \
    " method { name: 'Three' input_type: '.s.B' output_type: '.s.A' server_streaming: true"        \
    "  options { deprecated: true } } }"

static void things_are_found_by_name(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = reflect_pool();
    assert_int_equal(tern_pb_pool_add_file(pool, parse(arena, SERVICE), &err), TERN_OK);
    const struct {
        const char *name;
        tern_pb_symbol_kind kind;
        const char *file;
    } rows[] = {
        { "reflect", TERN_PB_SYMBOL_PACKAGE, "reflect.proto" },
        { "reflect.Kinds", TERN_PB_SYMBOL_MESSAGE, "reflect.proto" },
        { "reflect.Kinds.Inner.Depth", TERN_PB_SYMBOL_ENUM, "reflect.proto" },
        { "reflect.Kinds.Inner.DEEP", TERN_PB_SYMBOL_ENUM_VALUE, "reflect.proto" },
        { "reflect.AZURE", TERN_PB_SYMBOL_ENUM_VALUE, "reflect.proto" },
        { "reflect.Kinds.a_bool", TERN_PB_SYMBOL_FIELD, "reflect.proto" },
        { "reflect.Kinds.choice", TERN_PB_SYMBOL_ONEOF, "reflect.proto" },
        { "reflect.Kinds.InnersEntry.key", TERN_PB_SYMBOL_FIELD, "reflect.proto" },
        { "reflect.more", TERN_PB_SYMBOL_EXTENSION, "reflect.proto" },
        { "reflect.Item.message_set_extension", TERN_PB_SYMBOL_EXTENSION, "reflect.proto" },
        { "reflect3.Three", TERN_PB_SYMBOL_MESSAGE, "reflect3.proto" },
        { "google.protobuf.Timestamp", TERN_PB_SYMBOL_MESSAGE, "google/protobuf/timestamp.proto" },
        { "s.Svc", TERN_PB_SYMBOL_SERVICE, "s.proto" },
        { "s.Svc.Two", TERN_PB_SYMBOL_METHOD, "s.proto" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const tern_pb_symbol s = tern_pb_pool_find(pool, tern_str_of(rows[i].name));
        assert_int_equal(s.kind, rows[i].kind);
        assert_string_equal(s.full_name, rows[i].name);
        assert_string_equal(s.file->name, rows[i].file);
    }
    assert_int_equal(tern_pb_pool_find(pool, TERN_STR("reflect.Kinds.nothing")).kind, 0);
    assert_int_equal(tern_pb_pool_find(pool, TERN_STR("")).kind, 0);
    assert_int_equal(tern_pb_pool_find(pool, (tern_str){ 0 }).kind, 0);
    const tern_pb_symbol value = tern_pb_pool_find(pool, TERN_STR("reflect.GREEN"));
    assert_int_equal(value.number, -3);
    assert_string_equal(value.enumeration->full_name, "reflect.Color");
    const tern_pb_symbol field = tern_pb_pool_find(pool, TERN_STR("reflect.Kinds.far"));
    assert_int_equal(tern_pb_field_number(field.field), 536870911);
    assert_null(tern_pb_pool_message(pool, TERN_STR("reflect.Color")));
    assert_null(tern_pb_pool_enum(pool, TERN_STR("reflect.Kinds")));
    assert_non_null(tern_pb_pool_enum(pool, TERN_STR("reflect.Color")));
    const tern_pb_table *kinds = tern_pb_pool_message(pool, TERN_STR("reflect.Kinds"));
    assert_ptr_equal(tern_pb_pool_extension_number(pool, kinds, 100),
                     tern_pb_pool_extension(pool, TERN_STR("reflect.more")));
    assert_null(tern_pb_pool_extension_number(pool, kinds, 106));
    const tern_pb_table *set = tern_pb_pool_message(pool, TERN_STR("reflect.Set"));
    const tern_pb_extension *far =
        tern_pb_pool_extension(pool, TERN_STR("reflect.Item.far_extension"));
    assert_int_equal(tern_pb_field_number(far->holder->fields), 2147483646);
    assert_ptr_equal(tern_pb_pool_extension_number(pool, set, 2147483646), far);
    tern_arena_free(arena);
    tern_pb_pool_free(pool);
}

static void services_have_methods(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = pool_with(NULL);
    assert_int_equal(tern_pb_pool_add_file(pool, parse(arena, SERVICE), &err), TERN_OK);
    size_t n = 0;
    const tern_pb_file *file = tern_pb_pool_file(pool, TERN_STR("s.proto"));
    const tern_pb_service *s = tern_pb_pool_services(pool, file, &n);
    assert_int_equal(n, 1);
    assert_string_equal(s->name, "Svc");
    assert_string_equal(s->full_name, "s.Svc");
    assert_ptr_equal(s->file, file);
    assert_ptr_equal(tern_pb_pool_service(pool, TERN_STR("s.Svc")), s);
    assert_int_equal(s->method_count, 3);
    const tern_pb_method *two = tern_pb_pool_method(pool, TERN_STR("/s.Svc/Two"));
    assert_ptr_equal(two, tern_pb_pool_method(pool, TERN_STR("s.Svc.Two")));
    assert_ptr_equal(two, &s->methods[1]);
    assert_ptr_equal(two->service, s);
    assert_true(two->client_streaming);
    assert_false(two->server_streaming);
    assert_string_equal(two->input->full_name, "s.B");
    assert_string_equal(two->output->full_name, "s.A");
    assert_true(s->methods[2].proto->options->deprecated);
    assert_null(tern_pb_pool_method(pool, TERN_STR("/s.Svc")));
    assert_null(tern_pb_pool_method(pool, TERN_STR("/")));
    assert_null(tern_pb_pool_method(pool, TERN_STR("s.Svc")));
    tern_arena_free(arena);
    tern_pb_pool_free(pool);
}

/* What reflect.proto says with custom options; `color` is a message of the pool's own making, or the
 * generated one. */
static void check_options(const tern_pb_pool *pool)
{
    const tern_pb_table *annotated = tern_pb_pool_message(pool, TERN_STR("reflect.Annotated"));
    const google_protobuf_DescriptorProto *m = tern_pb_pool_message_proto(pool, annotated);
    const tern_pb_extension *note = tern_pb_pool_extension(pool, TERN_STR("reflect.note"));
    const tern_pb_extension *rank = tern_pb_pool_extension(pool, TERN_STR("reflect.rank"));
    const tern_pb_extension *owners = tern_pb_pool_extension(pool, TERN_STR("reflect.owners"));
    const tern_pb_extension *value_note =
        tern_pb_pool_extension(pool, TERN_STR("reflect.value_note"));
    const reflect_Note *const *value = tern_pb_extension_get(note, m->options);
    assert_non_null(value);
    assert_string_equal((*value)->text.p, "seen");
    assert_int_equal((*value)->color, reflect_GREEN);
    const google_protobuf_FieldDescriptorProto *f =
        tern_pb_pool_field_proto(pool, annotated, &annotated->fields[0]);
    assert_int_equal(*(const int32_t *)tern_pb_extension_get(rank, f->options), 3);
    const tern_pb_file *file = tern_pb_pool_file(pool, TERN_STR("reflect.proto"));
    const struct {
        const tern_str *p;
        size_t n, cap;
    } *names = tern_pb_extension_get(owners, tern_pb_pool_file_proto(pool, file)->options);
    assert_int_equal(names->n, 2);
    assert_string_equal(names->p[1].p, "bob");
    const tern_pb_enum *color = tern_pb_pool_enum(pool, TERN_STR("reflect.Color"));
    const google_protobuf_EnumValueDescriptorProto *red = tern_pb_pool_enum_value_proto(
        pool, color, tern_pb_enum_value_named(color, TERN_STR("RED")));
    assert_string_equal(((const tern_str *)tern_pb_extension_get(value_note, red->options))->p,
                        "blood");
}

static void custom_options_are_read(void **state)
{
    (void)state;
    tern_error err;
    tern_pb_pool *pool = reflect_pool();
    check_options(pool);
    tern_pb_pool_free(pool);
    pool = pool_with(NULL);
    if (tern_pb_pool_add_generated(pool, &reflect_file, &err) != TERN_OK)
        fail_msg("%s", err.text);
    assert_ptr_equal(tern_pb_pool_message(pool, TERN_STR("reflect.Kinds")), &reflect_Kinds_table);
    assert_ptr_equal(tern_pb_pool_extension(pool, TERN_STR("reflect.more")), &reflect_more);
    assert_ptr_equal(tern_pb_pool_file(pool, TERN_STR("reflect3.proto")), &reflect3_file);
    check_options(pool);
    assert_int_equal(tern_pb_pool_add_generated(pool, &reflect_file, &err), TERN_OK);
    tern_pb_pool_free(pool);
}

/* protoc has it that the file which defines options is imported; nobody includes its header for that. */
static void generated_code_needs_no_code_of_files_for_options(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    google_protobuf_FileDescriptorProto *proto = google_protobuf_FileDescriptorProto_decode(
        (tern_bytes){ reflect3_file.descriptor, reflect3_file.descriptor_size }, arena, &err);
    assert_non_null(proto);
    tern_str *dependency = tern_pb_append(&proto->dependency, sizeof(*dependency), arena);
    assert_non_null(dependency);
    *dependency = TERN_STR("options.proto");
    tern_bytes bytes;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorProto_table, proto, arena, &bytes, &err),
        TERN_OK);
    tern_pb_file file = reflect3_file;
    file.descriptor = bytes.p;
    file.descriptor_size = (uint32_t)bytes.n;
    tern_pb_pool *pool = pool_with(NULL);
    if (tern_pb_pool_add_generated(pool, &file, &err) != TERN_OK)
        fail_msg("%s", err.text);
    assert_ptr_equal(tern_pb_pool_message(pool, TERN_STR("reflect3.Three")), &reflect3_Three_table);
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
}

static void an_option_that_is_malformed_is_refused(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = reflect_pool();
    /* note (50001) is a message; a varint in its place is unknown, a broken message is not. */
    const uint8_t bad[] = { 0x8a, 0xb5, 0x18, 2, 0x0a, 9 };
    google_protobuf_FileDescriptorProto *file = google_protobuf_FileDescriptorProto_decode(
        parse(arena, "name: 'o.proto' dependency: 'reflect.proto' message_type { name: 'O' "
                     "options { deprecated: true } }"),
        arena, &err);
    google_protobuf_MessageOptions *options = file->message_type.p[0]->options;
    assert_int_equal(tern_pb_decode(&google_protobuf_MessageOptions_table, options,
                                    (tern_bytes){ bad, sizeof(bad) }, arena, NULL, &err),
                     TERN_OK);
    tern_bytes bytes;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorProto_table, file, arena, &bytes, &err),
        TERN_OK);
    assert_int_equal(tern_pb_pool_add_file(pool, bytes, &err), TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "o.proto: O: its options"));
    assert_null(tern_pb_pool_message(pool, TERN_STR("O")));
    assert_null(tern_pb_registry_message(tern_pb_pool_registry(pool), TERN_STR("O")));
    tern_arena_free(arena);
    tern_pb_pool_free(pool);
}

static void files_may_come_again_but_not_differ(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = pool_with(NULL);
    const tern_bytes one = parse(arena, "name: 'x.proto' message_type { name: 'X' }");
    const tern_bytes commented =
        parse(arena, "name: 'x.proto' message_type { name: 'X' } source_code_info { location { "
                     "path: [4, 0] span: [1, 2, 3] leading_comments: 'words' } }");
    const tern_bytes other = parse(arena, "name: 'x.proto' message_type { name: 'Y' }");
    assert_int_equal(tern_pb_pool_add_file(pool, one, &err), TERN_OK);
    assert_int_equal(tern_pb_pool_add_file(pool, one, &err), TERN_OK);
    assert_int_equal(tern_pb_pool_add_file(pool, commented, &err), TERN_OK);
    assert_int_equal(tern_pb_pool_add_file(pool, other, &err), TERN_ALREADY_EXISTS);
    assert_non_null(tern_pb_pool_file_at(pool, 0));
    assert_null(tern_pb_pool_file_at(pool, 1));
    assert_null(tern_pb_pool_file_proto(pool, tern_pb_pool_file_at(pool, 0))->source_code_info);
    tern_pb_pool_free(pool);
    pool = pool_with(TERN_PB_POOL_OPTS(.keep_source = true));
    assert_int_equal(tern_pb_pool_add_file(pool, commented, &err), TERN_OK);
    assert_string_equal(tern_pb_pool_file_proto(pool, tern_pb_pool_file_at(pool, 0))
                            ->source_code_info->location.p[0]
                            ->leading_comments.p,
                        "words");
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
}

/* A set whose last file is bad leaves nothing of the others, extensions in the registry neither. */
static void a_set_is_added_whole_or_not_at_all(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    google_protobuf_FileDescriptorSet set = { 0 };
    const tern_pb_file *const files[] = { &reflect_file, &reflect3_file };
    const tern_bytes good = set_of(arena, files, 2);
    assert_int_equal(
        tern_pb_decode(&google_protobuf_FileDescriptorSet_table, &set, good, arena, NULL, &err),
        TERN_OK);
    google_protobuf_FileDescriptorProto **slot =
        tern_pb_append(&set.file, sizeof(*set.file.p), arena);
    *slot = google_protobuf_FileDescriptorProto_decode(
        parse(arena, "name: 'z.proto' dependency: 'reflect.proto' message_type { name: '' }"),
        arena, &err);
    tern_bytes bad;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorSet_table, &set, arena, &bad, &err), TERN_OK);
    tern_pb_pool *pool = pool_with(NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tern_pb_pool_add_set(pool, bad, &err), TERN_INVALID_ARGUMENT);
        assert_null(tern_pb_pool_file_at(pool, 0));
        assert_null(tern_pb_pool_message(pool, TERN_STR("reflect.Kinds")));
        assert_null(tern_pb_registry_extension_named(tern_pb_pool_registry(pool),
                                                     TERN_STR("reflect.more")));
        assert_null(
            tern_pb_registry_message(tern_pb_pool_registry(pool), TERN_STR("reflect.Kinds")));
    }
    assert_int_equal(tern_pb_pool_add_set(pool, good, &err), TERN_OK);
    check_options(pool);
    /* Two extensions of one number are refused, and the first one stays. */
    const tern_bytes rival = parse(
        arena, "name: 'r.proto' dependency: 'reflect.proto' extension { name: 'rival' number: 100 "
               "label: LABEL_OPTIONAL type: TYPE_BOOL extendee: '.reflect.Kinds' }");
    assert_int_equal(tern_pb_pool_add_file(pool, rival, &err), TERN_ALREADY_EXISTS);
    assert_int_equal(tern_pb_pool_find(pool, TERN_STR("rival")).kind, TERN_PB_SYMBOL_NONE);
    assert_non_null(tern_pb_pool_extension_number(
        pool, tern_pb_pool_message(pool, TERN_STR("reflect.Kinds")), 100));
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
}

static void cycles_of_imports_are_refused(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    google_protobuf_FileDescriptorSet set = { 0 };
    static const char *const files[] = { "name: 'a' dependency: 'b'", "name: 'b' dependency: 'c'",
                                         "name: 'c' dependency: 'a'" };
    for (size_t i = 0; i < 3; i++) {
        google_protobuf_FileDescriptorProto **slot =
            tern_pb_append(&set.file, sizeof(*set.file.p), arena);
        *slot = google_protobuf_FileDescriptorProto_decode(parse(arena, files[i]), arena, &err);
    }
    tern_bytes bytes;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorSet_table, &set, arena, &bytes, &err),
        TERN_OK);
    tern_pb_pool *pool = pool_with(NULL);
    assert_int_equal(tern_pb_pool_add_set(pool, bytes, &err), TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "imports itself"));
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
}

static void defaults_are_read(void **state)
{
    (void)state;
    tern_error err;
    tern_pb_pool *pool = reflect_pool();
    const tern_pb_table *t = tern_pb_pool_message(pool, TERN_STR("reflect.Kinds"));
    tern_pb_value v;
#define DEFAULT_OF(name)                                                                           \
    assert_int_equal(                                                                              \
        tern_pb_pool_default(pool, t, tern_pb_field_named(t, TERN_STR(name)), &v, &err), TERN_OK)
    DEFAULT_OF("a_bool");
    assert_true(v.is == TERN_PB_IS_BOOL && v.boolean);
    DEFAULT_OF("a_double");
    assert_true(v.is == TERN_PB_IS_DOUBLE && v.f64 < -1e308);
    DEFAULT_OF("a_float");
    assert_true(v.is == TERN_PB_IS_FLOAT && v.f32 > 1.4f && v.f32 < 1.6f);
    DEFAULT_OF("an_int32");
    assert_int_equal(v.i32, -7);
    DEFAULT_OF("an_int64");
    assert_true(v.i64 == INT64_MIN);
    DEFAULT_OF("a_uint64");
    assert_true(v.u64 == UINT64_MAX);
    DEFAULT_OF("a_string");
    assert_string_equal(v.str.p, "caf\303\251");
    DEFAULT_OF("some_bytes");
    assert_int_equal(v.bytes.n, 4);
    assert_memory_equal(v.bytes.p, "\0\377\"x", 4);
    DEFAULT_OF("color");
    assert_int_equal(v.i32, 5);
    DEFAULT_OF("other_color");
    assert_int_equal(v.i32, 0);
    DEFAULT_OF("sub");
    assert_null(v.message.at);
    const tern_pb_field *bools = tern_pb_field_named(t, TERN_STR("bools"));
    assert_int_equal(tern_pb_pool_default(pool, t, bools, &v, &err), TERN_INVALID_ARGUMENT);
    assert_int_equal(
        tern_pb_pool_default(pool, &reflect_Kinds_table, reflect_Kinds_table.fields, &v, &err),
        TERN_INVALID_ARGUMENT);
    t = tern_pb_pool_message(pool, TERN_STR("reflect.Kinds.Inner"));
    DEFAULT_OF("depth");
    assert_int_equal(v.i32, 1);
    const tern_pb_extension *more = tern_pb_pool_extension(pool, TERN_STR("reflect.more"));
    assert_int_equal(tern_pb_pool_default(pool, more->holder, more->holder->fields, &v, &err),
                     TERN_OK);
    assert_int_equal(v.i32, 42);
    tern_pb_pool_free(pool);
}

static void limits_hold(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    const tern_bytes set = reflect_set(arena);
    const tern_pb_pool_opts *const opts[] = {
        TERN_PB_POOL_OPTS(.max_files = 1),
        TERN_PB_POOL_OPTS(.max_names = 50),
        TERN_PB_POOL_OPTS(.memory_bytes = 32 * 1024),
    };
    for (size_t i = 0; i < 3; i++) {
        tern_pb_pool *pool = pool_with(opts[i]);
        assert_int_equal(tern_pb_pool_add_set(pool, set, &err), TERN_RESOURCE_EXHAUSTED);
        assert_null(tern_pb_pool_file_at(pool, 0));
        tern_pb_pool_free(pool);
    }
    const uint8_t beyond[sizeof(tern_pb_pool_opts) + 8] = { sizeof(beyond),
                                                            [sizeof(beyond) - 1] = 1 };
    tern_pb_pool_opts *unknown = tern_arena_alloc(arena, sizeof(beyond));
    memcpy(unknown, beyond, sizeof(beyond));
    unknown->size = sizeof(beyond);
    assert_null(tern_pb_pool_new(NULL, unknown, &err));
    assert_int_equal(err.code, TERN_INVALID_ARGUMENT);
    tern_arena_free(arena);
}

/* Messages in messages, names that grow with the nest, a struct that is too large. */
static void monsters_are_refused(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    tern_pb_pool *pool = pool_with(NULL);
    google_protobuf_DescriptorProto leaf = { .name = TERN_STR("M") }, *inner = &leaf;
    for (int i = 0; i < 40; i++) {
        google_protobuf_DescriptorProto *outer = google_protobuf_DescriptorProto_new(arena);
        google_protobuf_DescriptorProto **slot =
            tern_pb_append(&outer->nested_type, sizeof(*outer->nested_type.p), arena);
        outer->name = TERN_STR("M");
        *slot = inner;
        inner = outer;
    }
    google_protobuf_FileDescriptorProto file = { .name = TERN_STR("n.proto") };
    google_protobuf_DescriptorProto **slot =
        tern_pb_append(&file.message_type, sizeof(*file.message_type.p), arena);
    *slot = inner;
    tern_bytes bytes;
    assert_int_equal(
        tern_pb_encode(&google_protobuf_FileDescriptorProto_table, &file, arena, &bytes, &err),
        TERN_OK);
    assert_int_equal(tern_pb_pool_add_file(pool, bytes, &err), TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "nest deeper"));

    char *name = tern_arena_alloc(arena, 2000);
    memset(name, 'a', 2000);
    *slot = &leaf;
    leaf.name = (tern_str){ name, 1023 };
    tern_pb_encode(&google_protobuf_FileDescriptorProto_table, &file, arena, &bytes, &err);
    assert_int_equal(tern_pb_pool_add_file(pool, bytes, &err), TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "longer than"));

    leaf.name = TERN_STR("M");
    for (int i = 1; i < 201; i += 2)
        name[i] = '.';
    file.package = (tern_str){ name, 201 };
    tern_pb_encode(&google_protobuf_FileDescriptorProto_table, &file, arena, &bytes, &err);
    assert_int_equal(tern_pb_pool_add_file(pool, bytes, &err), TERN_INVALID_ARGUMENT);
    assert_non_null(strstr(err.text, "packages nest deeper"));
    file.package = (tern_str){ 0 };
    for (int i = 0; i < 5000; i++) {
        google_protobuf_FieldDescriptorProto **f =
            tern_pb_append(&leaf.field, sizeof(*leaf.field.p), arena);
        *f = google_protobuf_FieldDescriptorProto_new(arena);
        (*f)->name = tern_arena_printf(arena, "f%d", i);
        google_protobuf_FieldDescriptorProto_set_number(*f, i + 1);
        google_protobuf_FieldDescriptorProto_set_type(
            *f, google_protobuf_FieldDescriptorProto_TYPE_STRING);
    }
    tern_pb_encode(&google_protobuf_FileDescriptorProto_table, &file, arena, &bytes, &err);
    assert_int_equal(tern_pb_pool_add_file(pool, bytes, &err), TERN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.text, "65535"));
    leaf.field.n = 4000;
    tern_pb_encode(&google_protobuf_FileDescriptorProto_table, &file, arena, &bytes, &err);
    assert_int_equal(tern_pb_pool_add_file(pool, bytes, &err), TERN_OK);
    tern_pb_pool_free(pool);
    tern_arena_free(arena);
}

/* Mutated sets: whatever they are, the pool takes them whole or stays as it was. */
static void garbage_is_taken_or_refused(void **state)
{
    (void)state;
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    const tern_bytes set = reflect_set(arena);
    uint8_t *copy = tern_arena_alloc(arena, set.n);
    tn_seed seed = { .state = 7 };
    unsigned taken = 0;
    for (int round = 0; round < 120; round++) {
        memcpy(copy, set.p, set.n);
        const unsigned edits = 1 + tn_seed_below(&seed, 3);
        for (unsigned i = 0; i < edits; i++)
            copy[tn_seed_below(&seed, (uint32_t)set.n)] = (uint8_t)tn_seed_below(&seed, 256);
        const size_t n = tn_seed_below(&seed, 8) ? set.n : tn_seed_below(&seed, (uint32_t)set.n);
        tern_pb_pool *pool = pool_with(NULL);
        const tern_code code = tern_pb_pool_add_set(pool, (tern_bytes){ copy, n }, &err);
        taken += code == TERN_OK;
        if (code != TERN_OK) {
            assert_null(tern_pb_pool_file_at(pool, 0));
            assert_int_equal(tern_pb_pool_add_set(pool, set, &err), TERN_OK);
        }
        tern_pb_pool_free(pool);
    }
    assert_true(taken > 0 && taken < 120);
    tern_arena_free(arena);
}

static bool add_without_memory(tn_failing_env *f, void *user)
{
    const tern_bytes *set = user;
    tern_error err;
    tern_pb_pool *pool = tern_pb_pool_new(&f->env, NULL, &err);
    if (!pool)
        return false;
    bool ok = tern_pb_pool_add_set(pool, *set, &err) == TERN_OK;
    if (!ok) {
        assert_int_equal(err.code, TERN_RESOURCE_EXHAUSTED);
        assert_null(tern_pb_pool_file_at(pool, 0));
        assert_null(tern_pb_pool_message(pool, TERN_STR("reflect.Kinds")));
        /* It was as it was, so it takes the set when there is memory. */
        if (!f->fail_onward)
            assert_int_equal(tern_pb_pool_add_set(pool, *set, &err), TERN_OK);
    }
    if (ok)
        check_options(pool);
    tern_pb_pool_free(pool);
    return ok;
}

static void no_memory_leaves_the_pool_as_it_was(void **state)
{
    (void)state;
    tern_arena *arena = tern_arena_new(NULL);
    tern_bytes set = reflect_set(arena);
    assert_true(tn_fail_each(add_without_memory, &set) > 10);
    tern_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_are_found_by_name),
        cmocka_unit_test(services_have_methods),
        cmocka_unit_test(custom_options_are_read),
        cmocka_unit_test(generated_code_needs_no_code_of_files_for_options),
        cmocka_unit_test(an_option_that_is_malformed_is_refused),
        cmocka_unit_test(files_may_come_again_but_not_differ),
        cmocka_unit_test(a_set_is_added_whole_or_not_at_all),
        cmocka_unit_test(cycles_of_imports_are_refused),
        cmocka_unit_test(defaults_are_read),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(monsters_are_refused),
        cmocka_unit_test(garbage_is_taken_or_refused),
        cmocka_unit_test(no_memory_leaves_the_pool_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
