/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h: what loading (schema.c), linking (link.c) and checking (support.c) share.
 */
#ifndef TN_COMPILER_SCHEMA_H
#define TN_COMPILER_SCHEMA_H

#include "compiler/gen.h"

/* Field numbers of descriptor.proto that make up the paths of SourceCodeInfo. */
enum {
    TN_GEN_FILE_MESSAGE = 4,
    TN_GEN_FILE_ENUM = 5,
    TN_GEN_FILE_SERVICE = 6,
    TN_GEN_FILE_EXTENSION = 7,
    TN_GEN_FILE_SYNTAX = 12,
    TN_GEN_MESSAGE_FIELD = 2,
    TN_GEN_MESSAGE_NESTED = 3,
    TN_GEN_MESSAGE_ENUM = 4,
    TN_GEN_MESSAGE_RANGE = 5,
    TN_GEN_MESSAGE_EXTENSION = 6,
    TN_GEN_MESSAGE_ONEOF = 8,
    TN_GEN_ENUM_VALUE = 2,
    TN_GEN_SERVICE_METHOD = 2
};

/* The location of the thing at path, field, index; NULL when the source does not tell. */
const tn_gen_location *tn_gen_locate(const tn_gen_file *file, const int32_t *path, size_t count,
                                     int32_t field, size_t index);

/* The extensions of a file whose messages are loaded. */
tern_code tn_gen_load_extensions(tn_gen *g, tn_gen_file *file);

/* True for a name as .proto files have it. */
bool tn_gen_identifier(tern_str s);
/* "scope.name", or the name alone. */
const char *tn_gen_join(tn_gen *g, const char *scope, tern_str name);

/* The type of a full name with a dot in front; NULL when there is none. */
const tn_gen_type *tn_gen_find_type(const tn_gen *g, tern_str name);

#endif
