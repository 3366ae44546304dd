/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_test.c: registries find what they were given, refuse what clashes, and survive without
 * memory.
 */
#include "pb/extended.h"
#include "pb/wire_bytes.h"

#include "google/protobuf/any.tern.h"
#include "google/protobuf/timestamp.tern.h"
#include "pb/registry.h"
#include "pb/table.h"
#include "support/fail.h"

/* Three files: b imports a, c imports a and b, a imports nothing. */
static const tern_pb_table *const a_messages[] = { &pbtest_Empty_table, &pbtest_Inner_table };
static const tern_pb_table *const b_messages[] = { &pbtest_All_table, &pbtest_StringEntry_table,
                                                   &pbtest_Extended_table };
static const tern_pb_file file_a = {
    .abi = TERN_PB_ABI, .message_count = 2, .name = "a.proto", .messages = a_messages
};
static const tern_pb_file *const b_imports[] = { &file_a };
static const tern_pb_file file_b = {
    .abi = TERN_PB_ABI,
    .import_count = 1,
    .message_count = 3,
    .extension_count = PBTEST_EXTENSIONS,
    .name = "b.proto",
    .imports = b_imports,
    .messages = b_messages,
    .extensions = pbtest_extensions,
};
static const tern_pb_file *const c_imports[] = { &file_a, &file_b };
static const tern_pb_file file_c = {
    .abi = TERN_PB_ABI, .import_count = 2, .name = "c.proto", .imports = c_imports
};

static const tern_pb_table *message(const tern_pb_registry *reg, const char *name)
{
    return tern_pb_registry_message(reg, tern_str_of(name));
}

static void check_all(const tern_pb_registry *reg)
{
    assert_ptr_equal(message(reg, "pbtest.All"), &pbtest_All_table);
    assert_ptr_equal(message(reg, "pbtest.Inner"), &pbtest_Inner_table);
    assert_null(message(reg, "pbtest.Al"));
    assert_null(message(reg, "pbtest.All.StringEntry"));
    for (size_t i = 0; i < PBTEST_EXTENSIONS; i++) {
        const tern_pb_extension *ext = pbtest_extensions[i];
        const uint32_t number = tn_pb_number_of(&ext->holder->fields[0]);
        assert_ptr_equal(tern_pb_registry_extension(reg, ext->extendee, number), ext);
        assert_ptr_equal(tern_pb_registry_extension_named(reg, tern_str_of(ext->holder->full_name)),
                         ext);
        assert_null(tern_pb_registry_extension(reg, &pbtest_All_table, number));
    }
    assert_null(tern_pb_registry_extension(reg, &pbtest_Extended_table, 99));
    assert_null(tern_pb_registry_extension(reg, &pbtest_Extended_table, 0));
    assert_null(tern_pb_registry_extension_named(reg, TERN_STR("pbtest.All")));
}

static void test_a_file_brings_its_imports(void **state)
{
    (void)state;
    tern_error err;
    tern_pb_registry *reg = tern_pb_registry_new(NULL);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(tern_pb_registry_add_file(reg, &file_c, &err), TERN_OK);
        assert_int_equal(err.code, TERN_OK);
        check_all(reg);
    }
    assert_int_equal(tern_pb_registry_add_file(reg, &file_a, &err), TERN_OK);
    tern_pb_registry_free(reg);
    tern_pb_registry_free(NULL);
}

static void test_an_import_circle_ends(void **state)
{
    (void)state;
    static tern_pb_file one, two;
    static const tern_pb_file *one_imports[] = { &two }, *two_imports[] = { &one };
    one = two = (tern_pb_file){ .abi = TERN_PB_ABI, .import_count = 1 };
    one.imports = one_imports;
    two.imports = two_imports;
    tern_pb_registry *reg = tern_pb_registry_new(NULL);
    assert_int_equal(tern_pb_registry_add_file(reg, &one, NULL), TERN_OK);
    tern_pb_registry_free(reg);
}

static void test_what_is_well_known_needs_no_registry(void **state)
{
    (void)state;
    tern_pb_registry *reg = tern_pb_registry_new(NULL);
    assert_ptr_equal(message(NULL, "google.protobuf.Any"), &google_protobuf_Any_table);
    assert_ptr_equal(message(reg, "google.protobuf.Timestamp"), &google_protobuf_Timestamp_table);
    assert_null(message(NULL, "google.protobuf."));
    assert_null(message(NULL, "pbtest.All"));
    assert_null(tern_pb_registry_extension(NULL, &pbtest_Extended_table, 101));
    assert_null(tern_pb_registry_extension_named(NULL, TERN_STR("pbtest.ext_e_int32")));
    /* One's own takes precedence, as a pool's does. */
    tern_pb_table own = google_protobuf_Any_table;
    assert_int_equal(tern_pb_registry_add_message(reg, &own, NULL), TERN_OK);
    assert_ptr_equal(message(reg, "google.protobuf.Any"), &own);
    tern_pb_registry_free(reg);
}

static void refuse_extension(tern_pb_registry *reg, const tern_pb_extension *ext, tern_code code,
                             const char *words)
{
    tern_error err;
    assert_int_equal(tern_pb_registry_add_extension(reg, ext, &err), code);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void test_clashes(void **state)
{
    (void)state;
    tern_error err;
    tern_pb_registry *reg = extended_registry(NULL);
    assert_int_equal(tern_pb_registry_add_message(reg, &pbtest_Inner_table, &err), TERN_OK);
    tern_pb_table other = pbtest_Inner_table;
    assert_int_equal(tern_pb_registry_add_message(reg, &other, &err), TERN_ALREADY_EXISTS);
    assert_non_null(strstr(err.text, "another message has the name pbtest.Inner"));
    other.full_name = "pbtest.ext_e_int32";
    assert_int_equal(tern_pb_registry_add_message(reg, &other, &err), TERN_ALREADY_EXISTS);
    assert_non_null(strstr(err.text, "another extension has the name pbtest.ext_e_int32"));

    tern_pb_extension ext = ext_e_int32;
    refuse_extension(reg, &ext, TERN_ALREADY_EXISTS, "another extension has the name");
    tern_pb_table holder = ext_e_int32_table;
    holder.full_name = "pbtest.Inner";
    ext.holder = &holder;
    refuse_extension(reg, &ext, TERN_ALREADY_EXISTS, "another message has the name");
    holder.full_name = "pbtest.new";
    refuse_extension(reg, &ext, TERN_ALREADY_EXISTS,
                     "pbtest.new and pbtest.ext_e_int32 both have number 105 of pbtest.Extended");
    ext.extendee = &pbtest_Empty_table;
    assert_int_equal(tern_pb_registry_add_extension(reg, &ext, &err), TERN_OK);
    assert_ptr_equal(tern_pb_registry_extension(reg, &pbtest_Empty_table, 105), &ext);
    tern_pb_registry_free(reg);
}

static void test_another_abi_is_refused(void **state)
{
    (void)state;
    tern_error err;
    tern_pb_registry *reg = tern_pb_registry_new(NULL);
    tern_pb_table table = pbtest_Inner_table, holder = ext_e_int32_table;
    tern_pb_extension ext = ext_e_int32;
    table.abi = TERN_PB_ABI - 1;
    assert_int_equal(tern_pb_registry_add_message(reg, &table, &err), TERN_FAILED_PRECONDITION);
    ext.abi = TERN_PB_ABI + 1;
    refuse_extension(reg, &ext, TERN_FAILED_PRECONDITION, "pbtest.ext_e_int32 was generated for");
    ext = ext_e_int32;
    holder.abi = TERN_PB_ABI + 1;
    ext.holder = &holder;
    refuse_extension(reg, &ext, TERN_FAILED_PRECONDITION, "pbtest.ext_e_int32 was generated for");
    ext = ext_e_int32;
    ext.extendee = &table;
    refuse_extension(reg, &ext, TERN_FAILED_PRECONDITION, "pbtest.Inner was generated for");
    tern_pb_file file = file_b;
    file.abi = TERN_PB_ABI + 1;
    assert_int_equal(tern_pb_registry_add_file(reg, &file, &err), TERN_FAILED_PRECONDITION);
    assert_non_null(strstr(err.text, "b.proto was generated for protobuf ABI"));
    /* It is not taken for done. */
    assert_int_equal(tern_pb_registry_add_file(reg, &file, &err), TERN_FAILED_PRECONDITION);
    file.abi = TERN_PB_ABI;
    assert_int_equal(tern_pb_registry_add_file(reg, &file, &err), TERN_OK);
    check_all(reg);
    tern_pb_registry_free(reg);
}

/* What a pool puts in and takes out, add after failed add, leaves nothing behind. */
static void test_what_was_removed_takes_no_memory(void **state)
{
    (void)state;
    tern_error err;
    tn_failing_env f;
    tn_failing_env_init(&f);
    tern_pb_registry *reg = tern_pb_registry_new(&f.env);
    static tern_pb_table extendees[1000];
    size_t before = 0;
    for (size_t i = 0; i < 1000; i++) {
        extendees[i] = pbtest_Extended_table;
        tern_pb_extension ext = ext_e_int32;
        ext.extendee = &extendees[i];
        assert_int_equal(tern_pb_registry_add_extension(reg, &ext, &err), TERN_OK);
        tn_pb_registry_remove_extension(reg, &ext);
        if (i == 100)
            before = f.live_bytes;
    }
    assert_true(before > 0);
    assert_int_equal(f.live_bytes, before);
    assert_int_equal(tern_pb_registry_add_file(reg, &file_c, &err), TERN_OK);
    check_all(reg);
    tern_pb_registry_free(reg);
}

static bool add_with(tn_failing_env *f, void *user)
{
    (void)user;
    tern_error err;
    tern_pb_registry *reg = tern_pb_registry_new(&f->env);
    if (!reg)
        return false;
    const tern_code code = tern_pb_registry_add_file(reg, &file_c, &err);
    assert_true(code == TERN_OK || code == TERN_RESOURCE_EXHAUSTED);
    if (code == TERN_OK)
        check_all(reg);
    tern_pb_registry_free(reg);
    return code == TERN_OK;
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(tn_fail_each(add_with, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_brings_its_imports),
        cmocka_unit_test(test_an_import_circle_ends),
        cmocka_unit_test(test_what_is_well_known_needs_no_registry),
        cmocka_unit_test(test_clashes),
        cmocka_unit_test(test_another_abi_is_refused),
        cmocka_unit_test(test_what_was_removed_takes_no_memory),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
