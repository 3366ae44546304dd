/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features.h: what an edition and the `features` options of a .proto file mean for each element.
 *
 * A file starts from the defaults of its edition; proto2 and proto3 are editions 998 and 999. What an
 * element states overrides what the element that it stands in has: file, message, enum and oneof,
 * field. An extension stands where it is declared. What proto2 and proto3 say with words (required,
 * group, packed, optional) is turned into features too, so that nobody else looks at the syntax.
 *
 * Only the six features that a program can notice; those for the compiler alone are not judged, nor
 * those of other languages, which are extensions.
 * Used by the pool and by the generator. Nothing is kept; any thread.
 */
#ifndef TN_PB_FEATURES_H
#define TN_PB_FEATURES_H

#include "google/protobuf/descriptor.tern.h"

/* The editions that are understood, lowest and highest. */
#define TN_PB_EDITION_FIRST google_protobuf_EDITION_PROTO2
#define TN_PB_EDITION_LAST  google_protobuf_EDITION_2024

/* Each has one of the values of its enum in google.protobuf.FeatureSet, never the unknown one. */
typedef struct tn_pb_features {
    uint8_t field_presence;
    uint8_t enum_type;
    uint8_t repeated_field_encoding;
    uint8_t utf8_validation;
    uint8_t message_encoding;
    uint8_t json_format;
} tn_pb_features;

/* Where features are stated; what may be stated differs. */
typedef enum tn_pb_features_at {
    TN_PB_FEATURES_OF_FILE = 1,
    TN_PB_FEATURES_OF_MESSAGE = 2,
    TN_PB_FEATURES_OF_ENUM = 4,
    TN_PB_FEATURES_OF_FIELD = 8,
    TN_PB_FEATURES_OF_OTHER = 16 /* oneofs, values, ranges, services, methods */
} tn_pb_features_at;

/* 998 to 1001, of the file's syntax and edition; 0 when it is none of them. */
int32_t tn_pb_edition_of(const google_protobuf_FileDescriptorProto *file);

/* The defaults of an edition that tn_pb_edition_of gave. */
tn_pb_features tn_pb_features_of_edition(int32_t edition);

/*
 * *f, which holds those of the element around it, becomes those of an element that states `stated`
 * (borrowed, NULL: nothing). NULL, or what is wrong, in words that follow "is refused: ".
 */
const char *tn_pb_features_state(tn_pb_features *f, int32_t edition, tn_pb_features_at at,
                                 const google_protobuf_FeatureSet *stated);

/*
 * The same, file and field as a whole. The field's also takes in label, type and the options packed
 * and proto3_optional of proto2 and proto3. *f holds those of the field's oneof, or else of its
 * message; of an extension those of the message or file that declares it. A refused word (`required`
 * in an edition, `packed` on a string) is said. `entry` says whether the field is that of a map's
 * entry: a compiler copies there what the map states, whether it fits or not.
 */
const char *tn_pb_features_of_file(tn_pb_features *f,
                                   const google_protobuf_FileDescriptorProto *file);
const char *tn_pb_features_of_field(tn_pb_features *f, int32_t edition,
                                    const google_protobuf_FieldDescriptorProto *field, bool entry);

/* How a field is held, given its own features; `entry` says whether its message is a map entry, and
 * `map` whether its type is one. Of an extension never IMPLICIT; of an entry's own fields IMPLICIT,
 * but for messages. The members of a synthetic oneof are EXPLICIT. */
tern_pb_mode tn_pb_mode_by_features(const tn_pb_features *f,
                                    const google_protobuf_FieldDescriptorProto *field, bool entry,
                                    bool map);

/* What the runtime calls the field's type: GROUP for what is DELIMITED, which maps and the fields of
 * entries never are, CLOSED_ENUM for an enum that `closed` says is. */
tern_pb_type tn_pb_type_by_features(const tn_pb_features *f,
                                    const google_protobuf_FieldDescriptorProto *field, bool entry,
                                    bool map, bool closed);

/* TERN_PB_UTF8 and TERN_PB_REQUIRED. */
uint8_t tn_pb_flags_by_features(const tn_pb_features *f,
                                const google_protobuf_FieldDescriptorProto *field);

#endif
