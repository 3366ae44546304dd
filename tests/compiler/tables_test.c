/* SPDX-License-Identifier: Apache-2.0 */
/* What tables say beside the layout: names and their order, enums, files and their descriptors. */
#include "google/protobuf/descriptor.tern.h"
#include "google/protobuf/struct.tern.h"
#include "google/protobuf/wrappers.tern.h"
#include "kinds.tern.h"
#include "pb/names.h"
#include "support/test.h"
#include "torture.tern.h"

static void names_are_in_order(const tern_pb_table *table)
{
    tern_str before = TERN_STR("");
    for (size_t i = 0; i < table->name_count; i++) {
        const tern_pb_field *f = &table->fields[table->by_name[i] / 2];
        const bool json = table->by_name[i] & 1;
        const char *name = json ? tn_pb_json_name_of(table, f) : tn_pb_name_of(table, f);
        assert_true(strcmp(before.p, name) <= 0);
        before = tern_str_of(name);
        assert_non_null(json ? tn_pb_find_json(table, before) : tn_pb_find_name(table, before));
    }
}

static void values_are_in_order(const tern_pb_enum *e)
{
    assert_int_equal(e->abi, TERN_PB_ABI);
    for (uint32_t i = 1; i < e->count; i++) {
        assert_true(e->values[i - 1].number <= e->values[i].number);
        assert_true(strcmp(e->names + e->values[e->by_name[i - 1]].name,
                           e->names + e->values[e->by_name[i]].name) < 0);
    }
    for (uint32_t i = 0; i < e->dense; i++)
        assert_int_equal(e->values[i].number, (int64_t)e->values[0].number + i);
    assert_non_null(tn_pb_enum_find(e, e->default_number));
}

/* All of a file, and that it leads back. */
static void file_is_whole(const tern_pb_file *file)
{
    assert_int_equal(file->abi, TERN_PB_ABI);
    for (size_t i = 0; i < file->message_count; i++) {
        const tern_pb_table *table = file->messages[i];
        assert_ptr_equal(table->file, file);
        names_are_in_order(table);
        for (size_t k = 0; k < table->field_count; k++)
            if (tn_pb_type_of(&table->fields[k]) == TERN_PB_ENUM)
                assert_int_equal(tn_pb_enum_of(table, &table->fields[k])->abi, TERN_PB_ABI);
    }
    for (size_t i = 0; i < file->enum_count; i++) {
        assert_ptr_equal(file->enums[i]->file, file);
        values_are_in_order(file->enums[i]);
    }
}

static void every_file_is_whole(void **state)
{
    (void)state;
    file_is_whole(&kinds_file);
    file_is_whole(&common_file);
    file_is_whole(&torture_file);
    file_is_whole(&google_protobuf_descriptor_file);
    file_is_whole(&google_protobuf_struct_file);
}

static void descriptors_are_those_of_the_files(void **state)
{
    (void)state;
    const tern_pb_file *const files[] = { &kinds_file, &torture_file,
                                          &google_protobuf_descriptor_file };
    tern_arena *arena = tern_arena_new(NULL);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const tern_bytes bytes = { files[i]->descriptor, files[i]->descriptor_size };
        tern_error err;
        google_protobuf_FileDescriptorProto *proto =
            google_protobuf_FileDescriptorProto_decode(bytes, arena, &err);
        assert_non_null(proto);
        assert_string_equal(proto->name.p, files[i]->name);
        assert_null(proto->source_code_info);
        assert_true(proto->message_type.n > 0);
    }
    tern_arena_free(arena);
}

static void json_names_stand_beside_names(void **state)
{
    (void)state;
    const tern_pb_table *table = &test_kinds_Maps_table;
    const tern_pb_field *f = tn_pb_find_name(table, TERN_STR("by_name"));
    assert_non_null(f);
    assert_string_equal(tn_pb_json_name_of(table, f), "byName");
    assert_ptr_equal(tn_pb_find_json(table, TERN_STR("byName")), f);
    assert_ptr_equal(tn_pb_find_json(table, TERN_STR("by_name")), f);
    assert_null(tn_pb_find_name(table, TERN_STR("byName")));
}

static void kinds_are_told(void **state)
{
    (void)state;
    assert_int_equal(google_protobuf_Value_table.kind, TERN_PB_VALUE);
    assert_int_equal(google_protobuf_ListValue_table.kind, TERN_PB_LIST_VALUE);
    assert_int_equal(google_protobuf_Struct_table.kind, TERN_PB_STRUCT);
    assert_int_equal(google_protobuf_Struct_FieldsEntry_table.kind, TERN_PB_MAP_ENTRY);
    assert_int_equal(google_protobuf_BytesValue_table.kind, TERN_PB_WRAPPER);
    assert_int_equal(google_protobuf_NullValue_enum.flags, TERN_PB_NULL_VALUE);
    assert_int_equal(test_kinds_Plain_table.kind, TERN_PB_PLAIN);
    assert_int_equal(google_protobuf_FieldOptions_table.flags & TERN_PB_EXTENDABLE,
                     TERN_PB_EXTENDABLE);
}

static void enums_are_found_both_ways(void **state)
{
    (void)state;
    const tern_pb_enum *mood = &test_kinds_Mood_enum;
    assert_int_equal(mood->count, 5);
    assert_int_equal(mood->dense, 1);
    assert_int_equal(mood->flags, 0);
    assert_string_equal(mood->full_name, "test.kinds.Mood");
    assert_int_equal(tn_pb_enum_find_name(mood, TERN_STR("MOOD_LOWEST"))->number, INT32_MIN);
    assert_string_equal(mood->names + tn_pb_enum_find(mood, -1)->name, "MOOD_BAD");
    assert_null(tn_pb_enum_find(mood, 2));
    assert_int_equal(test_kinds_Outer_Inner_State_enum.dense, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_whole),
        cmocka_unit_test(descriptors_are_those_of_the_files),
        cmocka_unit_test(json_names_stand_beside_names),
        cmocka_unit_test(kinds_are_told),
        cmocka_unit_test(enums_are_found_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
