/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is no request, or not quite: mutated bytes, cut bytes, descriptors that contradict themselves,
 * and a run whose allocations fail one after the other.
 */
#include "base/env.h"
#include "protoc.h"
#include "support/guard.h"
#include "support/seed.h"

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

/* Runs it on a copy that ends at a guard page; whatever comes out must be an answer or a reason. */
static tern_code run_on(const uint8_t *p, size_t n)
{
    uint8_t *copy = tn_guard_copy(p, n);
    tern_arena *a = tern_arena_new(NULL);
    tern_bytes out = { NULL, 0 };
    tern_error err;
    const tern_code code = tn_gen_run(NULL, (tern_bytes){ copy, n }, a, &out, &err);
    assert_int_equal(err.code, code);
    assert_true(code == TERN_OK ? out.p != NULL && !*err.text : *err.text != 0);
    tern_arena_free(a);
    tn_guard_free(copy, n);
    return code;
}

static void mutated_requests_never_crash(void **state)
{
    (void)state;
    const tern_bytes good = encode_request(arena, request_for(arena, "torture.proto", ""));
    uint8_t *bytes = tern_arena_alloc(arena, good.n);
    assert_non_null(bytes);
    tn_seed seed = { 20261120 };
    for (int round = 0; round < 150; round++) {
        memcpy(bytes, good.p, good.n);
        for (uint32_t k = 1 + tn_seed_below(&seed, 8); k; k--)
            bytes[tn_seed_below(&seed, (uint32_t)good.n)] = (uint8_t)tn_seed_next(&seed);
        (void)run_on(bytes, good.n);
    }
}

/* Mutations inside the descriptors alone: they decode more often, and reach further. */
static void mutated_descriptors_never_crash(void **state)
{
    (void)state;
    gen_request *request = request_for(arena, "proto2.proto", "");
    for (size_t i = 0; i < request->proto_file.n; i++)
        request->proto_file.p[i]->source_code_info = NULL;
    const tern_bytes good = encode_request(arena, request);
    uint8_t *bytes = tern_arena_alloc(arena, good.n);
    assert_non_null(bytes);
    tn_seed seed = { 42 };
    int answered = 0;
    for (int round = 0; round < 200; round++) {
        memcpy(bytes, good.p, good.n);
        bytes[tn_seed_below(&seed, (uint32_t)good.n)] ^= (uint8_t)(1u << tn_seed_below(&seed, 8));
        answered += run_on(bytes, good.n) == TERN_OK;
    }
    assert_true(answered > 20);
}

static void cut_requests_are_refused(void **state)
{
    (void)state;
    const tern_bytes good = encode_request(arena, request_for(arena, "common.proto", ""));
    assert_int_equal(run_on(good.p, good.n), TERN_OK);
    for (size_t n = 0; n < good.n; n++)
        assert_int_equal(run_on(good.p, n), TERN_INVALID_ARGUMENT);
}

/* ---- contradictions --------------------------------------------------------------------------- */

typedef void spoil(gen_request *request, google_protobuf_FileDescriptorProto *file,
                   google_protobuf_DescriptorProto *message);

static void spoil_target(gen_request *r, google_protobuf_FileDescriptorProto *f,
                         google_protobuf_DescriptorProto *m)
{
    (void)f, (void)m;
    r->file_to_generate.p[0] = TERN_STR("other.proto");
}

static void spoil_file_name(gen_request *r, google_protobuf_FileDescriptorProto *f,
                            google_protobuf_DescriptorProto *m)
{
    (void)m;
    f->name = r->file_to_generate.p[0] = TERN_STR("a\"\n#include \"b.proto");
}

static void spoil_comment_name(gen_request *r, google_protobuf_FileDescriptorProto *f,
                               google_protobuf_DescriptorProto *m)
{
    (void)m;
    f->name = r->file_to_generate.p[0] = TERN_STR("a*/ int x; /*.proto");
}

static void spoil_package(gen_request *r, google_protobuf_FileDescriptorProto *f,
                          google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    f->package = TERN_STR("a..b");
}

static void spoil_package_end(gen_request *r, google_protobuf_FileDescriptorProto *f,
                              google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    f->package = TERN_STR("a.b.");
}

static void spoil_message_name(gen_request *r, google_protobuf_FileDescriptorProto *f,
                               google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    m->name = TERN_STR("A; int x");
}

static void spoil_field_name(gen_request *r, google_protobuf_FileDescriptorProto *f,
                             google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    m->field.p[0]->name = TERN_STR("");
}

static void spoil_number(gen_request *r, google_protobuf_FileDescriptorProto *f,
                         google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    m->field.p[0]->number = 1 << 29;
}

static void spoil_type(gen_request *r, google_protobuf_FileDescriptorProto *f,
                       google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    m->field.p[0]->type = 19;
}

static void spoil_type_name(gen_request *r, google_protobuf_FileDescriptorProto *f,
                            google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    m->field.p[0]->type = google_protobuf_FieldDescriptorProto_TYPE_MESSAGE;
    m->field.p[0]->type_name = TERN_STR(".test.nowhere");
}

static void spoil_oneof(gen_request *r, google_protobuf_FileDescriptorProto *f,
                        google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    google_protobuf_FieldDescriptorProto_set_oneof_index(m->field.p[0], 0);
}

static void spoil_twice(gen_request *r, google_protobuf_FileDescriptorProto *f,
                        google_protobuf_DescriptorProto *m)
{
    (void)r;
    google_protobuf_DescriptorProto *again =
        google_protobuf_FileDescriptorProto_add_message_type(f, arena);
    assert_non_null(again);
    again->name = m->name;
}

static void spoil_field_twice(gen_request *r, google_protobuf_FileDescriptorProto *f,
                              google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    google_protobuf_FieldDescriptorProto *again =
        google_protobuf_DescriptorProto_add_field(m, arena);
    assert_non_null(again);
    *again = *m->field.p[0];
    again->name = TERN_STR("other");
}

static void spoil_entry(gen_request *r, google_protobuf_FileDescriptorProto *f,
                        google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    m->options = google_protobuf_MessageOptions_new(arena);
    assert_non_null(m->options);
    google_protobuf_MessageOptions_set_map_entry(m->options, true);
}

static void spoil_import(gen_request *r, google_protobuf_FileDescriptorProto *f,
                         google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    assert_true(google_protobuf_FileDescriptorProto_add_dependency(f, arena, TERN_STR("x.proto")));
}

static void spoil_public(gen_request *r, google_protobuf_FileDescriptorProto *f,
                         google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    assert_true(google_protobuf_FileDescriptorProto_add_public_dependency(f, arena, -1));
}

static void spoil_enum(gen_request *r, google_protobuf_FileDescriptorProto *f,
                       google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    google_protobuf_EnumDescriptorProto *e =
        google_protobuf_FileDescriptorProto_add_enum_type(f, arena);
    assert_non_null(e);
    e->name = TERN_STR("E");
}

static void spoil_service(gen_request *r, google_protobuf_FileDescriptorProto *f,
                          google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    google_protobuf_ServiceDescriptorProto *s =
        google_protobuf_FileDescriptorProto_add_service(f, arena);
    assert_non_null(s);
    s->name = TERN_STR("S");
    google_protobuf_MethodDescriptorProto *method =
        google_protobuf_ServiceDescriptorProto_add_method(s, arena);
    assert_non_null(method);
    method->name = TERN_STR("M");
    method->input_type = TERN_STR(".test.common.Shared");
}

static void spoil_json_name(gen_request *r, google_protobuf_FileDescriptorProto *f,
                            google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    m->field.p[0]->json_name = TERN_STR("a\0b");
}

/* The field of an optional int32, double or the like with a default. */
static void give_default(google_protobuf_FileDescriptorProto *f, google_protobuf_DescriptorProto *m,
                         google_protobuf_FieldDescriptorProto_Type type, tern_str value)
{
    f->syntax = TERN_STR("proto2");
    m->field.p[0]->type = type;
    m->field.p[0]->default_value = value;
}

static void spoil_default(gen_request *r, google_protobuf_FileDescriptorProto *f,
                          google_protobuf_DescriptorProto *m)
{
    (void)r;
    give_default(f, m, google_protobuf_FieldDescriptorProto_TYPE_INT32, TERN_STR("2147483648"));
}

static void spoil_default_bytes(gen_request *r, google_protobuf_FileDescriptorProto *f,
                                google_protobuf_DescriptorProto *m)
{
    (void)r;
    give_default(f, m, google_protobuf_FieldDescriptorProto_TYPE_BYTES, TERN_STR("\\8"));
}

static void spoil_default_enum(gen_request *r, google_protobuf_FileDescriptorProto *f,
                               google_protobuf_DescriptorProto *m)
{
    (void)r;
    google_protobuf_EnumDescriptorProto *e =
        google_protobuf_FileDescriptorProto_add_enum_type(f, arena);
    assert_non_null(e);
    e->name = TERN_STR("E");
    google_protobuf_EnumValueDescriptorProto *value =
        google_protobuf_EnumDescriptorProto_add_value(e, arena);
    assert_non_null(value);
    value->name = TERN_STR("V");
    give_default(f, m, google_protobuf_FieldDescriptorProto_TYPE_ENUM, TERN_STR("W; int x"));
    m->field.p[0]->type_name = TERN_STR(".test.common.E");
}

static void spoil_repeated_default(gen_request *r, google_protobuf_FileDescriptorProto *f,
                                   google_protobuf_DescriptorProto *m)
{
    (void)r;
    give_default(f, m, google_protobuf_FieldDescriptorProto_TYPE_STRING, TERN_STR("x"));
    m->field.p[0]->label = google_protobuf_FieldDescriptorProto_LABEL_REPEATED;
}

static void make_set(google_protobuf_DescriptorProto *m)
{
    m->options = google_protobuf_MessageOptions_new(arena);
    assert_non_null(m->options);
    google_protobuf_MessageOptions_set_message_set_wire_format(m->options, true);
}

static void spoil_set(gen_request *r, google_protobuf_FileDescriptorProto *f,
                      google_protobuf_DescriptorProto *m)
{
    (void)r, (void)f;
    make_set(m);
}

/* `optional int32 x = number`, of the message. */
static google_protobuf_FieldDescriptorProto *extend(google_protobuf_FileDescriptorProto *f,
                                                    int32_t number)
{
    google_protobuf_FieldDescriptorProto *x =
        google_protobuf_FileDescriptorProto_add_extension(f, arena);
    assert_non_null(x);
    x->name = TERN_STR("x");
    x->extendee = TERN_STR(".test.common.Shared");
    google_protobuf_FieldDescriptorProto_set_number(x, number);
    x->label = google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL;
    x->type = google_protobuf_FieldDescriptorProto_TYPE_INT32;
    return x;
}

static void spoil_extension_name(gen_request *r, google_protobuf_FileDescriptorProto *f,
                                 google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    extend(f, 100)->name = TERN_STR("x y");
}

static void spoil_extension_number(gen_request *r, google_protobuf_FileDescriptorProto *f,
                                   google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    extend(f, 0);
}

static void spoil_extendee(gen_request *r, google_protobuf_FileDescriptorProto *f,
                           google_protobuf_DescriptorProto *m)
{
    (void)r, (void)m;
    extend(f, 100);
}

static void spoil_extension_of_set(gen_request *r, google_protobuf_FileDescriptorProto *f,
                                   google_protobuf_DescriptorProto *m)
{
    (void)r;
    m->field.n = 0;
    make_set(m);
    google_protobuf_DescriptorProto_ExtensionRange *range =
        google_protobuf_DescriptorProto_add_extension_range(m, arena);
    assert_non_null(range);
    google_protobuf_DescriptorProto_ExtensionRange_set_start(range, 100);
    google_protobuf_DescriptorProto_ExtensionRange_set_end(range, 101);
    extend(f, 100);
}

static void contradictions_are_named(void **state)
{
    (void)state;
    const struct {
        spoil *how;
        const char *text;
    } rows[] = {
        { spoil_target, "other.proto is to be generated but not there" },
        { spoil_file_name, "a file whose name is empty or has characters that C text cannot have" },
        { spoil_comment_name,
          "a file whose name is empty or has characters that C text cannot have" },
        { spoil_package, "common.proto: not a package name" },
        { spoil_package_end, "common.proto: not a package name" },
        { spoil_message_name, "common.proto: a message without a proper name" },
        { spoil_field_name, "test.common.Shared has a field without a proper name" },
        { spoil_number, "test.common.Shared.text has the number 536870912" },
        /* Who reads a closed enum does not see what it does not name. */
        { spoil_type, "test.common.Shared.text has type 0 and label 1" },
        { spoil_type_name, "test.common.Shared.text: there is no message .test.nowhere" },
        { spoil_oneof, "test.common.Shared.text is in a oneof that is not there" },
        { spoil_twice, "test.common.Shared is defined twice" },
        { spoil_field_twice, "test.common.Shared has two fields numbered 1" },
        { spoil_entry, "test.common.Shared is no proper map entry" },
        { spoil_import, "common.proto imports x.proto, which does not stand before it" },
        { spoil_public, "common.proto has a public import that is no import" },
        { spoil_enum, "common.proto: an enum without a proper name or without values" },
        { spoil_service, "test.common.S.M: there is no message " },
        { spoil_json_name, "test.common.Shared has a field whose JSON name has a NUL" },
        { spoil_default, "test.common.Shared.text has a default that does not fit it" },
        { spoil_default_bytes, "test.common.Shared.text has a default that does not fit it" },
        { spoil_default_enum, "test.common.Shared.text has a default that does not fit it" },
        { spoil_repeated_default, "test.common.Shared.text has a default that does not fit it" },
        { spoil_set, "test.common.Shared is a MessageSet and has fields" },
        { spoil_extension_name, "common.proto: an extension without a proper name" },
        { spoil_extension_number, "test.common.x has the number 0" },
        { spoil_extendee,
          "test.common.x: there is no message .test.common.Shared that it may extend by 100" },
        { spoil_extension_of_set,
          "test.common.x has a form that no extension of test.common.Shared can have" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        gen_request *request = request_for(arena, "common.proto", "");
        google_protobuf_FileDescriptorProto *file = request->proto_file.p[0];
        rows[i].how(request, file, file->message_type.p[0]);
        tern_bytes out;
        tern_error err;
        assert_int_equal(tn_gen_run(NULL, encode_request(arena, request), arena, &out, &err),
                         TERN_INVALID_ARGUMENT);
        assert_string_equal(
            err.text, tern_arena_printf(arena, "bad CodeGeneratorRequest: %s", rows[i].text).p);
    }
}

/* ---- memory ----------------------------------------------------------------------------------- */

static bool generate_in(tn_failing_env *f, tern_bytes request)
{
    tern_error err = { .code = TERN_OK };
    tern_bytes out = { NULL, 0 };
    tern_arena *a = tern_arena_new(&f->env);
    const tern_code code =
        a ? tn_gen_run(&f->env, request, a, &out, &err) : TERN_RESOURCE_EXHAUSTED;
    assert_true(code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED);
    tern_arena_free(a);
    assert_int_equal(f->live_blocks, 0);
    return code == TERN_OK;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const tern_bytes request =
        encode_request(arena, request_of(arena, edition_descriptors(arena, "edition2023.proto"),
                                         "edition2023.proto", ""));
    for (int onward = 0; onward < 2; onward++)
        for (uint64_t n = 1;; n++) {
            tn_failing_env f;
            tn_failing_env_init(&f);
            f.fail_at = n;
            f.fail_onward = onward != 0;
            const bool ok = generate_in(&f, request);
            if (!f.failed) {
                assert_true(ok && n > 20);
                break;
            }
            assert_false(ok);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mutated_requests_never_crash), TEST(mutated_descriptors_never_crash),
        TEST(cut_requests_are_refused),     TEST(contradictions_are_named),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
