/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features.c: features of editions, files, messages, enums and fields.
 */
#include "pb/features.h"
#include "pb/table.h"

/* Shorter names for what descriptor.proto calls them. */
enum {
    EXPLICIT = google_protobuf_FeatureSet_EXPLICIT,
    IMPLICIT = google_protobuf_FeatureSet_IMPLICIT,
    REQUIRED = google_protobuf_FeatureSet_LEGACY_REQUIRED,
    OPEN = google_protobuf_FeatureSet_OPEN,
    CLOSED = google_protobuf_FeatureSet_CLOSED,
    PACKED = google_protobuf_FeatureSet_PACKED,
    EXPANDED = google_protobuf_FeatureSet_EXPANDED,
    VERIFY = google_protobuf_FeatureSet_VERIFY,
    NONE = google_protobuf_FeatureSet_NONE,
    LENGTH_PREFIXED = google_protobuf_FeatureSet_LENGTH_PREFIXED,
    DELIMITED = google_protobuf_FeatureSet_DELIMITED,
    ALLOW = google_protobuf_FeatureSet_ALLOW,
    BEST_EFFORT = google_protobuf_FeatureSet_LEGACY_BEST_EFFORT,
    REPEATED = google_protobuf_FieldDescriptorProto_LABEL_REPEATED,
    LABEL_REQUIRED = google_protobuf_FieldDescriptorProto_LABEL_REQUIRED,
};

int32_t tn_pb_edition_of(const google_protobuf_FileDescriptorProto *file)
{
    if (tern_str_equal(file->syntax, TERN_STR("proto3")))
        return google_protobuf_EDITION_PROTO3;
    if (!file->syntax.n || tern_str_equal(file->syntax, TERN_STR("proto2")))
        return google_protobuf_EDITION_PROTO2;
    if (!tern_str_equal(file->syntax, TERN_STR("editions")))
        return 0;
    const bool known = file->edition == google_protobuf_EDITION_2023 ||
                       file->edition == google_protobuf_EDITION_2024;
    return known ? file->edition : 0;
}

tn_pb_features tn_pb_features_of_edition(int32_t edition)
{
    if (edition == google_protobuf_EDITION_PROTO2)
        return (tn_pb_features){ EXPLICIT, CLOSED, EXPANDED, NONE, LENGTH_PREFIXED, BEST_EFFORT };
    if (edition == google_protobuf_EDITION_PROTO3)
        return (tn_pb_features){ IMPLICIT, OPEN, PACKED, VERIFY, LENGTH_PREFIXED, ALLOW };
    return (tn_pb_features){ EXPLICIT, OPEN, PACKED, VERIFY, LENGTH_PREFIXED, ALLOW };
}

/* One feature as it is stated: which, its value, those it may have (bits), where it may stand. */
typedef struct statement {
    uint8_t *feature;
    int32_t value;
    bool stated;
    uint8_t values;
    uint8_t places;
    const char *bad;
} statement;

static const char *take(const statement *s, tn_pb_features_at at)
{
    if (!s->stated)
        return NULL;
    if (!(s->places & at) || s->value < 1 || s->value > 7 || !(s->values >> s->value & 1))
        return s->bad;
    *s->feature = (uint8_t)s->value;
    return NULL;
}

const char *tn_pb_features_state(tn_pb_features *f, int32_t edition, tn_pb_features_at at,
                                 const google_protobuf_FeatureSet *stated)
{
    if (!stated)
        return NULL;
    if (edition < google_protobuf_EDITION_2023)
        return "features are for editions, not for proto2 and proto3";
    const uint8_t both = 1 << 1 | 1 << 2;
    const uint8_t field = TN_PB_FEATURES_OF_FILE | TN_PB_FEATURES_OF_FIELD;
    const uint8_t type = TN_PB_FEATURES_OF_FILE | TN_PB_FEATURES_OF_ENUM;
    const statement all[] = {
        { &f->field_presence, stated->field_presence,
          google_protobuf_FeatureSet_has_field_presence(stated), both | 1 << 3, field,
          "features.field_presence has no such value, or cannot stand there" },
        { &f->enum_type, stated->enum_type, google_protobuf_FeatureSet_has_enum_type(stated), both,
          type, "features.enum_type has no such value, or cannot stand there" },
        { &f->repeated_field_encoding, stated->repeated_field_encoding,
          google_protobuf_FeatureSet_has_repeated_field_encoding(stated), both, field,
          "features.repeated_field_encoding has no such value, or cannot stand there" },
        { &f->utf8_validation, stated->utf8_validation,
          google_protobuf_FeatureSet_has_utf8_validation(stated), 1 << 2 | 1 << 3, field,
          "features.utf8_validation has no such value, or cannot stand there" },
        { &f->message_encoding, stated->message_encoding,
          google_protobuf_FeatureSet_has_message_encoding(stated), both, field,
          "features.message_encoding has no such value, or cannot stand there" },
        { &f->json_format, stated->json_format, google_protobuf_FeatureSet_has_json_format(stated),
          both, type | TN_PB_FEATURES_OF_MESSAGE,
          "features.json_format has no such value, or cannot stand there" },
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const char *bad = take(&all[i], at);
        if (bad)
            return bad;
    }
    return NULL;
}

const char *tn_pb_features_of_file(tn_pb_features *f,
                                   const google_protobuf_FileDescriptorProto *file)
{
    const int32_t edition = tn_pb_edition_of(file);
    if (!edition)
        return "its syntax or edition is unknown";
    *f = tn_pb_features_of_edition(edition);
    const char *bad = tn_pb_features_state(f, edition, TN_PB_FEATURES_OF_FILE,
                                           file->options ? file->options->features : NULL);
    if (!bad && f->field_presence == REQUIRED)
        return "required presence cannot be a file's default";
    return bad;
}

/* Strings, bytes and messages have no packed form. */
static bool packs(const google_protobuf_FieldDescriptorProto *field)
{
    return field->label == REPEATED && field->type > 0 && field->type < TERN_PB_TYPES &&
           tn_pb_type_packs((tern_pb_type)field->type);
}

/* What proto2 and proto3 say in words. */
static void state_words(tn_pb_features *f, const google_protobuf_FieldDescriptorProto *field)
{
    if (field->label == LABEL_REQUIRED)
        f->field_presence = REQUIRED;
    else if (field->proto3_optional)
        f->field_presence = EXPLICIT;
    if (field->type == TERN_PB_GROUP)
        f->message_encoding = DELIMITED;
    if (field->options && google_protobuf_FieldOptions_has_packed(field->options))
        f->repeated_field_encoding = field->options->packed ? PACKED : EXPANDED;
}

/* What an edition has features for may not be said in words; and which features fit the field. */
static const char *judge(const google_protobuf_FieldDescriptorProto *field,
                         const google_protobuf_FeatureSet *stated)
{
    const bool message = field->type == TERN_PB_MESSAGE;
    const bool extension = field->extendee.n != 0;
    if (field->label == LABEL_REQUIRED)
        return "editions have features.field_presence instead of the label required";
    if (field->type == TERN_PB_GROUP)
        return "editions have features.message_encoding instead of groups";
    if (field->proto3_optional)
        return "proto3_optional is for proto3";
    if (field->options && google_protobuf_FieldOptions_has_packed(field->options))
        return "editions have features.repeated_field_encoding instead of packed";
    if (!stated)
        return NULL;
    if (google_protobuf_FeatureSet_has_field_presence(stated) &&
        (field->label == REPEATED || google_protobuf_FieldDescriptorProto_has_oneof_index(field) ||
         extension || (message && stated->field_presence == IMPLICIT)))
        return "it cannot state that presence";
    if (google_protobuf_FeatureSet_has_repeated_field_encoding(stated) &&
        (field->label != REPEATED || (stated->repeated_field_encoding == PACKED && !packs(field))))
        return "it cannot state that repeated encoding";
    if (google_protobuf_FeatureSet_has_message_encoding(stated) && !message)
        return "only messages state an encoding of messages";
    return NULL;
}

const char *tn_pb_features_of_field(tn_pb_features *f, int32_t edition,
                                    const google_protobuf_FieldDescriptorProto *field, bool entry)
{
    const google_protobuf_FeatureSet *stated = field->options ? field->options->features : NULL;
    const char *bad = tn_pb_features_state(f, edition, TN_PB_FEATURES_OF_FIELD, stated);
    if (!bad && edition >= google_protobuf_EDITION_2023)
        return judge(field, entry ? NULL : stated);
    if (bad)
        return bad;
    if (field->proto3_optional && edition != google_protobuf_EDITION_PROTO3)
        return "proto3_optional is for proto3";
    if (field->options && field->options->packed && !packs(field))
        return "only repeated numbers, bools and enums can be packed";
    state_words(f, field);
    return NULL;
}

tern_pb_mode tn_pb_mode_by_features(const tn_pb_features *f,
                                    const google_protobuf_FieldDescriptorProto *field, bool entry,
                                    bool map)
{
    if (map)
        return TERN_PB_MAP;
    if (field->label == REPEATED)
        return f->repeated_field_encoding == PACKED && packs(field) ? TERN_PB_PACKED
                                                                    : TERN_PB_REPEATED;
    if (google_protobuf_FieldDescriptorProto_has_oneof_index(field) && !field->proto3_optional)
        return TERN_PB_ONEOF;
    if (field->type == TERN_PB_MESSAGE || field->type == TERN_PB_GROUP)
        return TERN_PB_EXPLICIT;
    if (entry)
        return TERN_PB_IMPLICIT;
    return f->field_presence == IMPLICIT && !field->extendee.n ? TERN_PB_IMPLICIT
                                                               : TERN_PB_EXPLICIT;
}

tern_pb_type tn_pb_type_by_features(const tn_pb_features *f,
                                    const google_protobuf_FieldDescriptorProto *field, bool entry,
                                    bool map, bool closed)
{
    if (field->type == TERN_PB_MESSAGE && f->message_encoding == DELIMITED && !entry && !map)
        return TERN_PB_GROUP;
    if (field->type == TERN_PB_ENUM && closed)
        return TERN_PB_CLOSED_ENUM;
    return (tern_pb_type)field->type;
}

uint8_t tn_pb_flags_by_features(const tn_pb_features *f,
                                const google_protobuf_FieldDescriptorProto *field)
{
    const bool required = f->field_presence == REQUIRED && field->label != REPEATED &&
                          !google_protobuf_FieldDescriptorProto_has_oneof_index(field);
    const bool utf8 = field->type == TERN_PB_STRING && f->utf8_validation == VERIFY;
    return (uint8_t)((utf8 ? TERN_PB_UTF8 : 0) | (required ? TERN_PB_REQUIRED : 0));
}
