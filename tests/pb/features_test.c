/* SPDX-License-Identifier: Apache-2.0 */
/* features_test.c: editions and features: defaults, what is inherited, what overrides, what is refused. */
#include "pb/features.h"
#include "support/test.h"

typedef google_protobuf_FieldDescriptorProto field_proto;
typedef google_protobuf_FeatureSet feature_set;

enum {
    LABEL_OPTIONAL = google_protobuf_FieldDescriptorProto_LABEL_OPTIONAL,
    LABEL_REQUIRED = google_protobuf_FieldDescriptorProto_LABEL_REQUIRED,
    LABEL_REPEATED = google_protobuf_FieldDescriptorProto_LABEL_REPEATED,
};

static tn_pb_features of_file(const char *syntax, int32_t edition)
{
    const google_protobuf_FileDescriptorProto file = { .syntax = tern_str_of(syntax),
                                                       .edition = edition };
    tn_pb_features f;
    assert_null(tn_pb_features_of_file(&f, &file));
    return f;
}

static void editions_are_known_by_syntax_and_number(void **state)
{
    (void)state;
    const struct {
        const char *syntax;
        int32_t edition, expected;
    } rows[] = {
        { NULL, 0, 998 },           { "", 0, 998 },           { "proto2", 0, 998 },
        { "proto3", 0, 999 },       { "editions", 0, 0 },     { "editions", 1000, 1000 },
        { "editions", 1001, 1001 }, { "editions", 998, 0 },   { "editions", 1002, 0 },
        { "proto4", 0, 0 },         { "editions", 99999, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const google_protobuf_FileDescriptorProto file = { .syntax = tern_str_of(rows[i].syntax),
                                                           .edition = rows[i].edition };
        assert_int_equal(tn_pb_edition_of(&file), rows[i].expected);
        tn_pb_features f;
        assert_int_equal(tn_pb_features_of_file(&f, &file) == NULL, rows[i].expected != 0);
    }
}

static void each_edition_has_its_defaults(void **state)
{
    (void)state;
    const tn_pb_features proto2 = of_file(NULL, 0), proto3 = of_file("proto3", 0),
                         e2023 = of_file("editions", 1000), e2024 = of_file("editions", 1001);
    assert_int_equal(proto2.field_presence, google_protobuf_FeatureSet_EXPLICIT);
    assert_int_equal(proto2.enum_type, google_protobuf_FeatureSet_CLOSED);
    assert_int_equal(proto2.repeated_field_encoding, google_protobuf_FeatureSet_EXPANDED);
    assert_int_equal(proto2.utf8_validation, google_protobuf_FeatureSet_NONE);
    assert_int_equal(proto2.message_encoding, google_protobuf_FeatureSet_LENGTH_PREFIXED);
    assert_int_equal(proto2.json_format, google_protobuf_FeatureSet_LEGACY_BEST_EFFORT);
    assert_int_equal(proto3.field_presence, google_protobuf_FeatureSet_IMPLICIT);
    assert_int_equal(proto3.enum_type, google_protobuf_FeatureSet_OPEN);
    assert_int_equal(proto3.repeated_field_encoding, google_protobuf_FeatureSet_PACKED);
    assert_int_equal(proto3.utf8_validation, google_protobuf_FeatureSet_VERIFY);
    assert_int_equal(proto3.json_format, google_protobuf_FeatureSet_ALLOW);
    assert_int_equal(e2023.field_presence, google_protobuf_FeatureSet_EXPLICIT);
    assert_int_equal(e2023.enum_type, google_protobuf_FeatureSet_OPEN);
    assert_memory_equal(&e2023, &e2024, sizeof(e2023));
}

static feature_set stating(feature_set f)
{
    if (f.field_presence)
        google_protobuf_FeatureSet_set_field_presence(&f, f.field_presence);
    if (f.enum_type)
        google_protobuf_FeatureSet_set_enum_type(&f, f.enum_type);
    if (f.message_encoding)
        google_protobuf_FeatureSet_set_message_encoding(&f, f.message_encoding);
    return f;
}

static void an_element_overrides_what_it_stands_in(void **state)
{
    (void)state;
    feature_set stated = stating((feature_set){ .enum_type = 2, .field_presence = 2 });
    google_protobuf_FileOptions options = { .features = &stated };
    const google_protobuf_FileDescriptorProto file = { .syntax = TERN_STR("editions"),
                                                       .edition = 1000,
                                                       .options = &options };
    tn_pb_features f;
    assert_null(tn_pb_features_of_file(&f, &file));
    assert_int_equal(f.enum_type, google_protobuf_FeatureSet_CLOSED);
    assert_int_equal(f.field_presence, google_protobuf_FeatureSet_IMPLICIT);
    assert_int_equal(f.utf8_validation, google_protobuf_FeatureSet_VERIFY);

    tn_pb_features e = f;
    const feature_set open = stating((feature_set){ .enum_type = 1 });
    assert_null(tn_pb_features_state(&e, 1000, TN_PB_FEATURES_OF_ENUM, &open));
    assert_int_equal(e.enum_type, google_protobuf_FeatureSet_OPEN);
    assert_null(tn_pb_features_state(&e, 1000, TN_PB_FEATURES_OF_ENUM, NULL));
    assert_int_equal(e.enum_type, google_protobuf_FeatureSet_OPEN);
}

static void features_in_the_wrong_place_or_unknown_are_refused(void **state)
{
    (void)state;
    tn_pb_features f = tn_pb_features_of_edition(1000);
    feature_set presence = stating((feature_set){ .field_presence = 2 });
    assert_non_null(tn_pb_features_state(&f, 1000, TN_PB_FEATURES_OF_MESSAGE, &presence));
    assert_non_null(tn_pb_features_state(&f, 1000, TN_PB_FEATURES_OF_OTHER, &presence));
    assert_non_null(tn_pb_features_state(&f, 999, TN_PB_FEATURES_OF_FIELD, &presence));
    assert_null(tn_pb_features_state(&f, 1000, TN_PB_FEATURES_OF_FIELD, &presence));
    const int32_t bad[] = { 0, 4, -1, 32, INT32_MIN, INT32_MAX };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        google_protobuf_FeatureSet_set_field_presence(&presence, bad[i]);
        assert_non_null(tn_pb_features_state(&f, 1000, TN_PB_FEATURES_OF_FIELD, &presence));
    }
    const feature_set required = stating((feature_set){ .field_presence = 3 });
    google_protobuf_FileOptions options = { .features = (feature_set *)(uintptr_t)&required };
    const google_protobuf_FileDescriptorProto file = { .syntax = TERN_STR("editions"),
                                                       .edition = 1001,
                                                       .options = &options };
    assert_non_null(tn_pb_features_of_file(&f, &file));
}

typedef struct held {
    tern_pb_mode mode;
    tern_pb_type type;
    uint8_t flags;
} held;

static held hold(int32_t edition, const field_proto *field, bool entry, bool map, bool closed)
{
    tn_pb_features f = tn_pb_features_of_edition(edition);
    const char *bad = tn_pb_features_of_field(&f, edition, field, entry);
    assert_null(bad);
    return (held){ tn_pb_mode_by_features(&f, field, entry, map),
                   tn_pb_type_by_features(&f, field, entry, map, closed),
                   tn_pb_flags_by_features(&f, field) };
}

static void words_of_proto2_and_proto3_become_features(void **state)
{
    (void)state;
    field_proto f = { .label = LABEL_REQUIRED, .type = TERN_PB_INT32 };
    held h = hold(998, &f, false, false, false);
    assert_int_equal(h.mode, TERN_PB_EXPLICIT);
    assert_int_equal(h.flags, TERN_PB_REQUIRED);
    f = (field_proto){ .label = LABEL_REPEATED, .type = TERN_PB_GROUP };
    assert_int_equal(hold(998, &f, false, false, false).type, TERN_PB_GROUP);
    f = (field_proto){ .label = LABEL_REPEATED, .type = TERN_PB_ENUM };
    h = hold(998, &f, false, false, true);
    assert_int_equal(h.mode, TERN_PB_REPEATED);
    assert_int_equal(h.type, TERN_PB_CLOSED_ENUM);
    assert_int_equal(hold(999, &f, false, false, false).mode, TERN_PB_PACKED);
    google_protobuf_FieldOptions options = { 0 };
    google_protobuf_FieldOptions_set_packed(&options, true);
    f.options = &options;
    assert_int_equal(hold(998, &f, false, false, true).mode, TERN_PB_PACKED);
    google_protobuf_FieldOptions_set_packed(&options, false);
    assert_int_equal(hold(999, &f, false, false, false).mode, TERN_PB_REPEATED);
    f = (field_proto){ .label = LABEL_OPTIONAL, .type = TERN_PB_STRING };
    h = hold(999, &f, false, false, false);
    assert_int_equal(h.mode, TERN_PB_IMPLICIT);
    assert_int_equal(h.flags, TERN_PB_UTF8);
    assert_int_equal(hold(998, &f, false, false, false).mode, TERN_PB_EXPLICIT);
    assert_int_equal(hold(998, &f, false, false, false).flags, 0);
    assert_int_equal(hold(998, &f, true, false, false).mode, TERN_PB_IMPLICIT);
    google_protobuf_FieldDescriptorProto_set_oneof_index(&f, 0);
    assert_int_equal(hold(999, &f, false, false, false).mode, TERN_PB_ONEOF);
    f.proto3_optional = true;
    assert_int_equal(hold(999, &f, false, false, false).mode, TERN_PB_EXPLICIT);
    f = (field_proto){ .label = LABEL_OPTIONAL,
                       .type = TERN_PB_BOOL,
                       .extendee = TERN_STR(".google.protobuf.FileOptions") };
    assert_int_equal(hold(999, &f, false, false, false).mode, TERN_PB_EXPLICIT);
}

static void fields_of_editions_are_held_by_features(void **state)
{
    (void)state;
    feature_set stated = stating((feature_set){ .message_encoding = 2 });
    google_protobuf_FieldOptions options = { .features = &stated };
    const field_proto sub = { .label = LABEL_OPTIONAL,
                              .type = TERN_PB_MESSAGE,
                              .options = &options };
    assert_int_equal(hold(1000, &sub, false, false, false).type, TERN_PB_GROUP);
    assert_int_equal(hold(1000, &sub, true, false, false).type, TERN_PB_MESSAGE);
    const field_proto map = { .label = LABEL_REPEATED,
                              .type = TERN_PB_MESSAGE,
                              .options = &options };
    const held h = hold(1000, &map, false, true, false);
    assert_int_equal(h.type, TERN_PB_MESSAGE);
    assert_int_equal(h.mode, TERN_PB_MAP);
    stated = stating((feature_set){ .field_presence = 3 });
    const field_proto required = { .label = LABEL_OPTIONAL,
                                   .type = TERN_PB_BYTES,
                                   .options = &options };
    assert_int_equal(hold(1001, &required, false, false, false).flags, TERN_PB_REQUIRED);
    stated = stating((feature_set){ .field_presence = 2 });
    assert_int_equal(hold(1001, &required, false, false, false).mode, TERN_PB_IMPLICIT);
}

static void fields_that_contradict_their_edition_are_refused(void **state)
{
    (void)state;
    feature_set presence = stating((feature_set){ .field_presence = 2 });
    feature_set delimited = stating((feature_set){ .message_encoding = 2 });
    google_protobuf_FieldOptions packed = { 0 }, with_presence = { .features = &presence },
                                 with_delimited = { .features = &delimited };
    google_protobuf_FieldOptions_set_packed(&packed, true);
    field_proto in_oneof = { .label = LABEL_OPTIONAL,
                             .type = TERN_PB_BOOL,
                             .options = &with_presence };
    google_protobuf_FieldDescriptorProto_set_oneof_index(&in_oneof, 0);
    const struct {
        int32_t edition;
        field_proto field;
    } rows[] = {
        { 1000, { .label = LABEL_REQUIRED, .type = TERN_PB_INT32 } },
        { 1000, { .label = LABEL_OPTIONAL, .type = TERN_PB_GROUP } },
        { 1000, { .label = LABEL_REPEATED, .type = TERN_PB_INT32, .options = &packed } },
        { 1000, { .label = LABEL_OPTIONAL, .type = TERN_PB_INT32, .proto3_optional = true } },
        { 998, { .label = LABEL_OPTIONAL, .type = TERN_PB_INT32, .proto3_optional = true } },
        { 998, { .label = LABEL_REPEATED, .type = TERN_PB_STRING, .options = &packed } },
        { 998, { .label = LABEL_OPTIONAL, .type = TERN_PB_INT32, .options = &packed } },
        { 999, { .label = LABEL_OPTIONAL, .type = TERN_PB_INT32, .options = &with_presence } },
        { 1000, { .label = LABEL_REPEATED, .type = TERN_PB_INT32, .options = &with_presence } },
        { 1000, { .label = LABEL_OPTIONAL, .type = TERN_PB_MESSAGE, .options = &with_presence } },
        { 1000, { .label = LABEL_OPTIONAL, .type = TERN_PB_INT32, .options = &with_delimited } },
        { 1000, in_oneof },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tn_pb_features f = tn_pb_features_of_edition(rows[i].edition);
        assert_non_null(tn_pb_features_of_field(&f, rows[i].edition, &rows[i].field, false));
        /* What is stated is not judged in an entry; what is said in words is. */
        f = tn_pb_features_of_edition(rows[i].edition);
        const bool words = rows[i].edition != 1000 || i < 4;
        assert_int_equal(tn_pb_features_of_field(&f, rows[i].edition, &rows[i].field, true) != NULL,
                         words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(editions_are_known_by_syntax_and_number),
        cmocka_unit_test(each_edition_has_its_defaults),
        cmocka_unit_test(an_element_overrides_what_it_stands_in),
        cmocka_unit_test(features_in_the_wrong_place_or_unknown_are_refused),
        cmocka_unit_test(words_of_proto2_and_proto3_become_features),
        cmocka_unit_test(fields_of_editions_are_held_by_features),
        cmocka_unit_test(fields_that_contradict_their_edition_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
