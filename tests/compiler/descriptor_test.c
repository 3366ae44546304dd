/* SPDX-License-Identifier: Apache-2.0 */
/* Embedded descriptors: one form for what compilers write in several, and nothing lost. */
#include "base/env.h"
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

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)literal, sizeof(literal) - 1                                              \
    }

/*
 * descriptor.proto with FieldOptions alone; and a.proto:
 *   extend google.protobuf.FieldOptions { repeated int32 x = 1000 [packed = true];
 *                                         optional string y = 1001; }
 *   message M { optional int32 a = 1 [OPTIONS]; }
 */
static gen_request *request_with(tern_bytes options)
{
    gen_request *request = google_protobuf_compiler_CodeGeneratorRequest_new(arena);
    google_protobuf_FileDescriptorProto *descriptor =
        google_protobuf_compiler_CodeGeneratorRequest_add_proto_file(request, arena);
    descriptor->name = TERN_STR("google/protobuf/descriptor.proto");
    descriptor->package = TERN_STR("google.protobuf");
    google_protobuf_DescriptorProto *m =
        google_protobuf_FileDescriptorProto_add_message_type(descriptor, arena);
    m->name = TERN_STR("FieldOptions");
    google_protobuf_DescriptorProto_ExtensionRange *range =
        google_protobuf_DescriptorProto_add_extension_range(m, arena);
    google_protobuf_DescriptorProto_ExtensionRange_set_start(range, 1000);
    google_protobuf_DescriptorProto_ExtensionRange_set_end(range, 536870912);

    google_protobuf_FileDescriptorProto *file =
        google_protobuf_compiler_CodeGeneratorRequest_add_proto_file(request, arena);
    file->name = TERN_STR("a.proto");
    assert_true(google_protobuf_FileDescriptorProto_add_dependency(file, arena, descriptor->name));
    for (int i = 0; i < 2; i++) {
        google_protobuf_FieldDescriptorProto *x =
            google_protobuf_FileDescriptorProto_add_extension(file, arena);
        x->name = i ? TERN_STR("y") : TERN_STR("x");
        x->extendee = TERN_STR(".google.protobuf.FieldOptions");
        google_protobuf_FieldDescriptorProto_set_number(x, 1000 + i);
        google_protobuf_FieldDescriptorProto_set_label(
            x, i ? google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL
                 : google_protobuf_FieldDescriptorProto_LABEL_REPEATED);
        google_protobuf_FieldDescriptorProto_set_type(
            x, i ? google_protobuf_FieldDescriptorProto_TYPE_STRING
                 : google_protobuf_FieldDescriptorProto_TYPE_INT32);
        x->options = google_protobuf_FieldOptions_new(arena);
        if (!i)
            google_protobuf_FieldOptions_set_packed(x->options, true);
    }
    m = google_protobuf_FileDescriptorProto_add_message_type(file, arena);
    m->name = TERN_STR("M");
    google_protobuf_FieldDescriptorProto *a = google_protobuf_DescriptorProto_add_field(m, arena);
    a->name = TERN_STR("a");
    google_protobuf_FieldDescriptorProto_set_number(a, 1);
    google_protobuf_FieldDescriptorProto_set_label(
        a, google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL);
    google_protobuf_FieldDescriptorProto_set_type(a,
                                                  google_protobuf_FieldDescriptorProto_TYPE_INT32);
    tern_error err;
    a->options = google_protobuf_FieldOptions_decode(options, arena, &err);
    assert_non_null(a->options);
    assert_true(google_protobuf_compiler_CodeGeneratorRequest_add_file_to_generate(
        request, arena, TERN_STR("a.proto")));
    return request;
}

static const char *source_with(tern_bytes options)
{
    const gen_response *response = generate(arena, request_with(options));
    assert_null(response->error.p);
    const char *source = generated(response, "a.tern.c");
    assert_non_null(source);
    return source;
}

/* x = [1, 2], y = "z": packed and in the order of numbers. */
static const tern_bytes one_form = TEXT("\xc2\x3e\x02\x01\x02\xca\x3e\x01z");

static void the_form_does_not_matter(void **state)
{
    (void)state;
    static const tern_bytes forms[] = {
        TEXT("\xca\x3e\x01z\xc2\x3e\x02\x01\x02"),     /* by no order */
        TEXT("\xc0\x3e\x01\xc0\x3e\x02\xca\x3e\x01z"), /* not packed */
        TEXT("\xc0\x3e\x01\xca\x3e\x01z\xc2\x3e\x01\x02"),
        TEXT("\xca\x3e\x01q\xc2\x3e\x02\x01\x02\xca\x3e\x01z"), /* said twice, the last holds */
    };
    const char *const wanted = source_with(one_form);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        assert_string_equal(source_with(forms[i]), wanted);
    assert_non_null(strstr(wanted, "194,62,2,1,2,202,62,1,122,"));
}

static void what_nobody_knows_stays(void **state)
{
    (void)state;
    static const tern_bytes unknown = TEXT("\xd2\x3e\x01z\xd2\x3e\x01y");
    static const tern_bytes malformed = TEXT("\xc2\x3e\x01\xff\xd2\x3e\x01y");
    assert_non_null(strstr(source_with(unknown), "210,62,1,122,210,62,1,121,"));
    assert_non_null(strstr(source_with(malformed), "194,62,1,255,210,62,1,121,"));
}

static bool generate_in(tn_failing_env *f, tern_bytes request, tern_str wanted)
{
    tern_error err = { .code = TERN_OK };
    tern_bytes out = { NULL, 0 };
    tern_arena *a = tern_arena_new(&f->env);
    const tern_code code =
        a ? tn_gen_run(&f->env, request, a, &out, &err) : TERN_RESOURCE_EXHAUSTED;
    assert_true(code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED);
    if (code == TERN_OK)
        assert_true(tern_str_equal((tern_str){ (const char *)out.p, out.n }, wanted));
    tern_arena_free(a);
    assert_int_equal(f->live_blocks, 0);
    return code == TERN_OK;
}

/* Never another descriptor because there was no memory to read its options. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    const tern_bytes request = encode_request(arena, request_with(one_form));
    tern_error err;
    tern_bytes whole;
    assert_int_equal(tn_gen_run(NULL, request, arena, &whole, &err), TERN_OK);
    for (uint64_t n = 1;; n++) {
        tn_failing_env f;
        tn_failing_env_init(&f);
        f.fail_at = n;
        const bool ok = generate_in(&f, request, (tern_str){ (const char *)whole.p, whole.n });
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
        TEST(the_form_does_not_matter),
        TEST(what_nobody_knows_stays),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
