/* SPDX-License-Identifier: Apache-2.0 */
/* The well-known types in the library, and descriptors read by the tables that the generator made. */
#include "google/protobuf/any.tern.h"
#include "google/protobuf/api.tern.h"
#include "google/protobuf/duration.tern.h"
#include "google/protobuf/empty.tern.h"
#include "google/protobuf/field_mask.tern.h"
#include "google/protobuf/source_context.tern.h"
#include "google/protobuf/struct.tern.h"
#include "google/protobuf/timestamp.tern.h"
#include "google/protobuf/type.tern.h"
#include "google/protobuf/wrappers.tern.h"
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

static void a_timestamp_in_known_bytes(void **state)
{
    (void)state;
    tern_error err;
    const google_protobuf_Timestamp t = { .seconds = 1, .nanos = 300 };
    const tern_bytes wire = google_protobuf_Timestamp_encode(&t, arena, &err);
    const uint8_t expected[] = { 0x08, 0x01, 0x10, 0xac, 0x02 };
    assert_int_equal(wire.n, sizeof(expected));
    assert_memory_equal(wire.p, expected, sizeof(expected));
}

static void a_struct_holds_json(void **state)
{
    (void)state;
    tern_error err;
    google_protobuf_Struct *s = google_protobuf_Struct_new(arena);
    google_protobuf_Value *list = google_protobuf_Value_new(arena);
    google_protobuf_ListValue *values = google_protobuf_ListValue_new(arena);
    assert_true(s && list && values);
    for (int i = 0; i < 3; i++) {
        google_protobuf_Value *v = google_protobuf_ListValue_add_values(values, arena);
        assert_non_null(v);
        google_protobuf_Value_set_number_value(v, i);
    }
    google_protobuf_Value_set_list_value(list, values);
    assert_true(google_protobuf_Struct_put_fields(s, arena, TERN_STR("n"), list));
    const tern_bytes wire = google_protobuf_Struct_encode(s, arena, &err);
    const google_protobuf_Struct *back = google_protobuf_Struct_decode(wire, arena, &err);
    const google_protobuf_Value *v = google_protobuf_Struct_get_fields(back, TERN_STR("n"));
    assert_int_equal(v->kind.which, google_protobuf_Value_kind_list_value);
    assert_int_equal(v->kind.list_value->values.n, 3);
    assert_true(v->kind.list_value->values.p[2]->kind.number_value == 2);
}

static void every_type_is_in_the_library(void **state)
{
    (void)state;
    const tern_pb_table *const tables[] = {
        &google_protobuf_Any_table,         &google_protobuf_Api_table,
        &google_protobuf_Method_table,      &google_protobuf_Mixin_table,
        &google_protobuf_Duration_table,    &google_protobuf_Empty_table,
        &google_protobuf_FieldMask_table,   &google_protobuf_SourceContext_table,
        &google_protobuf_Struct_table,      &google_protobuf_Value_table,
        &google_protobuf_ListValue_table,   &google_protobuf_Timestamp_table,
        &google_protobuf_Type_table,        &google_protobuf_Field_table,
        &google_protobuf_Enum_table,        &google_protobuf_EnumValue_table,
        &google_protobuf_Option_table,      &google_protobuf_DoubleValue_table,
        &google_protobuf_FloatValue_table,  &google_protobuf_Int64Value_table,
        &google_protobuf_UInt64Value_table, &google_protobuf_Int32Value_table,
        &google_protobuf_UInt32Value_table, &google_protobuf_BoolValue_table,
        &google_protobuf_StringValue_table, &google_protobuf_BytesValue_table,
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        assert_int_equal(tables[i]->abi, TERN_PB_ABI);
        assert_memory_equal(tables[i]->full_name, "google.protobuf.", 16);
    }
}

/* Decoding and encoding protoc's descriptors is a fix-point; what our tables do not know is kept. */
static void descriptors_come_back_whole(void **state)
{
    (void)state;
    tern_error err;
    google_protobuf_FileDescriptorSet *set =
        descriptors_of(arena, "google/protobuf/compiler/plugin.proto");
    assert_int_equal(set->file.n, 2);
    const google_protobuf_FileDescriptorProto *file = set->file.p[0];
    assert_true(tern_str_equal(file->name, TERN_STR("google/protobuf/descriptor.proto")));
    assert_int_equal(file->message_type.n, 23);
    const tern_bytes once = google_protobuf_FileDescriptorSet_encode(set, arena, &err);
    assert_non_null(once.p);
    const google_protobuf_FileDescriptorSet *again =
        google_protobuf_FileDescriptorSet_decode(once, arena, &err);
    assert_non_null(again);
    const tern_bytes twice = google_protobuf_FileDescriptorSet_encode(again, arena, &err);
    assert_int_equal(once.n, twice.n);
    assert_memory_equal(once.p, twice.p, once.n);
}

/* FeatureSet's own options are read: which edition has which default. */
static void edition_defaults_are_read(void **state)
{
    (void)state;
    google_protobuf_FileDescriptorSet *set =
        descriptors_of(arena, "google/protobuf/descriptor.proto");
    for (size_t i = 0; i < set->file.p[0]->message_type.n; i++) {
        const google_protobuf_DescriptorProto *m = set->file.p[0]->message_type.p[i];
        if (!tern_str_equal(m->name, TERN_STR("FeatureSet")))
            continue;
        const google_protobuf_FieldOptions *options = m->field.p[0]->options;
        assert_int_equal(options->edition_defaults.n, 3);
        assert_int_equal(options->edition_defaults.p[1]->edition, google_protobuf_EDITION_PROTO3);
        assert_true(tern_str_equal(options->edition_defaults.p[1]->value, TERN_STR("IMPLICIT")));
        return;
    }
    fail_msg("no FeatureSet");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_timestamp_in_known_bytes),   TEST(a_struct_holds_json),
        TEST(every_type_is_in_the_library), TEST(descriptors_come_back_whole),
        TEST(edition_defaults_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
