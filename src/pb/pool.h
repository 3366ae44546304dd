/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h: the inside of a descriptor pool: what a name stands for, and the steps of an add.
 *
 *   pool.c           the pool, adding all or nothing, files in the order of their imports
 *   pool_declare.c   a file's messages, fields, enums, extensions and services get their full names
 *   pool_enum.c      enums and their tables
 *   pool_message.c   what a message says of itself: numbers, ranges, oneofs, names in JSON
 *   pool_link.c      names of types become types, by the scope rules; fields are judged as a whole
 *   pool_default.c   default values
 *   pool_table.c     layout and tables of messages and extensions, as the generator makes them
 *   pool_file.c      tern_pb_file, and what comes of generated code instead of being built
 *   pool_options.c   custom options become extensions
 *   reflect*.c       look-up, and access to fields
 *
 * Everything an add makes lives in the arena of its batch; the pool's maps are what else it touches.
 * A batch that fails takes its names out again, and its arena goes: the pool is as it was.
 * Descriptors are not trusted: nothing below believes a number, a name or an index that pool_declare.c
 * and pool_message.c have not judged. Protos live as long as the pool and are read-only after the add.
 * One thread adds; then any may read.
 */
#ifndef TN_PB_POOL_H
#define TN_PB_POOL_H

#include "base/map.h"
#include "pb/features.h"
#include "pb/reflect.h"
#include "tern/reflect.h"

/* What is bounded beside the options: the attacks are names and nests that make all names long, and
 * scopes that a name without a dot in front has to be looked for in. */
enum {
    TN_PB_POOL_NAME_MAX = 1023,   /* bytes of a full name, a JSON name, a file's name */
    TN_PB_POOL_NEST_MAX = 32,     /* messages in messages */
    TN_PB_POOL_PACKAGE_MAX = 100, /* parts of a package's name */
    TN_PB_FIELD_NUMBER_MAX = (1 << 29) - 1
};

typedef google_protobuf_FileDescriptorProto tn_pb_file_proto;
typedef google_protobuf_DescriptorProto tn_pb_message_proto;
typedef google_protobuf_FieldDescriptorProto tn_pb_field_proto;
typedef google_protobuf_EnumDescriptorProto tn_pb_enum_proto;

struct tn_pb_def_file;
struct tn_pb_def_message;

/* What a full name stands for: the first member of each struct below but the file. */
typedef struct tn_pb_def {
    tern_pb_symbol_kind kind;
    const char *full_name;
    struct tn_pb_def_file *file; /* of a package the first one */
    struct tn_pb_def *staged;    /* the one named before it in this batch */
} tn_pb_def;

typedef struct tn_pb_def_package {
    tn_pb_def def;
    struct tn_pb_def_package *parent;
    uint32_t seen; /* the pool's `look` when a file in it can be seen from the one at hand */
} tn_pb_def_package;

typedef struct tn_pb_def_enum {
    tn_pb_def def;
    const tn_pb_enum_proto *proto; /* NULL: generated code left it out */
    struct tn_pb_def_message *parent;
    tn_pb_features features;
    tern_pb_enum *made;      /* NULL: of generated code */
    const tern_pb_enum *use; /* the same, or that of generated code */
    struct tn_pb_def_enum *next;
} tn_pb_def_enum;

typedef struct tn_pb_def_value {
    tn_pb_def def;
    const tn_pb_def_enum *of;
    int32_t number;
} tn_pb_def_value;

typedef struct tn_pb_def_oneof {
    tn_pb_def def;
    const struct tn_pb_def_message *message;
    const google_protobuf_OneofDescriptorProto *proto;
    uint32_t field_count;
    bool synthetic;       /* of one proto3 `optional` field: none for us */
    uint16_t which, data; /* offsets */
} tn_pb_def_oneof;

typedef struct tn_pb_def_field {
    tn_pb_def def; /* FIELD or EXTENSION */
    const tn_pb_field_proto *proto;
    struct tn_pb_def_message *message; /* that it is a field of; of an extension the extendee */
    const char *name, *json_name;      /* json_name "" when it is the name */
    tn_pb_features features;
    struct tn_pb_def_message *sub;
    tn_pb_def_enum *enumeration;
    tn_pb_def_oneof *oneof;             /* NULL: none, or a synthetic one */
    const tern_pb_value *default_value; /* NULL: none is stated */
    uint32_t number;
    uint16_t offset, presence; /* as in the table */
    uint8_t type, mode, flags;
} tn_pb_def_field;

typedef struct tn_pb_def_extension {
    tn_pb_def_field field;
    struct tn_pb_def_message *scope; /* that declares it; NULL: its file */
    const tern_pb_extension *use;
    struct tn_pb_def_extension *next;
} tn_pb_def_extension;

typedef struct tn_pb_range {
    int32_t start, end; /* end is behind it */
    bool reserved;
} tn_pb_range;

typedef struct tn_pb_def_message {
    tn_pb_def def;
    const tn_pb_message_proto *proto; /* NULL: generated code left it out */
    struct tn_pb_def_message *parent;
    uint32_t depth;
    tn_pb_features features;
    bool map_entry, message_set;
    tn_pb_def_field *fields; /* in the order of the source */
    size_t field_count;
    tn_pb_def_field **by_number; /* as table->fields */
    tn_pb_def_oneof *oneofs;
    size_t oneof_count;
    tn_pb_range *ranges; /* for extensions and reserved, sorted */
    size_t range_count;
    tern_pb_table *made;            /* NULL: of generated code */
    const tern_pb_table *use;       /* the same, or that of generated code */
    struct tn_pb_user *users;       /* messages of this file that may hold it */
    struct tn_pb_def_message *next; /* of the file; one stands before those nested in it */
    struct tn_pb_def_message *todo; /* of a list of messages to look at */
} tn_pb_def_message;

typedef struct tn_pb_user {
    tn_pb_def_message *message;
    struct tn_pb_user *next;
} tn_pb_user;

typedef struct tn_pb_def_method {
    tn_pb_def def;
    tern_pb_method *use;
} tn_pb_def_method;

typedef struct tn_pb_def_service {
    tn_pb_def def;
    tern_pb_service *use; /* a part of the file's array */
} tn_pb_def_service;

typedef struct tn_pb_def_file {
    const char *name;
    tn_pb_file_proto *proto;       /* NULL: generated code left it out */
    const tern_pb_file *generated; /* the file of generated code whose tables are used; or NULL */
    tern_pb_file *made;
    const tern_pb_file *use;
    tern_bytes descriptor;
    int32_t edition;
    tn_pb_features features;
    struct tn_pb_def_file **imports;
    size_t import_count;
    bool *import_public;
    tn_pb_def_package *package; /* NULL: none */
    tn_pb_def_message *messages;
    tn_pb_def_enum *enums;
    tn_pb_def_extension *extensions;
    tern_pb_service *services;
    size_t service_count;
    size_t message_count, enum_count, extension_count;
    uint32_t seen;               /* as a package's */
    uint8_t state;               /* of the ordering: 0 untouched, 1 its imports come, 2 done */
    struct tn_pb_def_file *todo; /* of a list of files to look at */
} tn_pb_def_file;

/* Memory of one add that was done. */
typedef struct tn_pb_arenas {
    tern_arena *arena;
    struct tn_pb_arenas *next;
} tn_pb_arenas;

struct tern_pb_pool {
    const tern_env *env;
    tern_pb_pool_opts opts;
    tn_strmap names; /* tn_pb_def by full name */
    tn_strmap files; /* tn_pb_def_file by name */
    tn_pb_def_file **list;
    size_t file_count, file_cap;
    tn_pb_arenas *arenas;
    size_t arena_bytes;
    size_t declared; /* names, packages not counted */
    uint32_t look;   /* a stamp that is new for each file: what carries it was met for this one */
    tern_pb_registry *registry;
};

/* One add. */
typedef struct tn_pb_batch {
    tern_pb_pool *pool;
    tern_error *err;
    tern_arena *arena;   /* becomes the pool's */
    tern_arena *scratch; /* gone after the add */
    tn_pb_def *staged;
    tn_pb_def_file **files; /* in the order they are to be linked in */
    size_t file_count, file_cap;
    size_t declared;
} tn_pb_batch;

/* ---- memory, errors, names ------------------------------------------------------------------- */

/* arena; zeroed. NULL: no memory, and the error is set. */
void *tn_pb_batch_alloc(tn_pb_batch *b, size_t count, size_t size);
/* The same, gone after the add. */
void *tn_pb_batch_scratch(tn_pb_batch *b, size_t count, size_t size);
tern_code tn_pb_batch_no_memory(tn_pb_batch *b);

/* INVALID_ARGUMENT: "file: element: what is wrong". element may be "". */
tern_code tn_pb_batch_bad(tn_pb_batch *b, const tn_pb_def_file *file, const char *element,
                          const char *format, ...) TERN_PRINTF(4, 5);

/* "scope.name", or NULL with the error set. scope "" and name of the file are fine. */
const char *tn_pb_batch_join(tn_pb_batch *b, const char *scope, tern_str name);

/* The def gets its kind, file and full name (scope.name), and is found by it from then on.
 * INVALID_ARGUMENT: no identifier, too long, or taken. RESOURCE_EXHAUSTED: memory, or the limit. */
tern_code tn_pb_batch_declare(tn_pb_batch *b, tn_pb_def *def, tern_pb_symbol_kind kind,
                              tn_pb_def_file *file, const char *scope, tern_str name);

bool tn_pb_is_identifier(tern_str s);

/* The name in JSON that follows from a field's, in lowerCamelCase, into out, which has room for a name
 * of that length; how much of it. */
size_t tn_pb_camel(char *out, tern_str name);

/* Sorts pointers without recursion and without memory, in n log n steps; equal ones in no order. */
typedef int tn_pb_order(const void *a, const void *b);
void tn_pb_sort(void **p, size_t n, tn_pb_order *order);
/* The order of tern_str by their bytes. */
tn_pb_order tn_pb_by_bytes;

/* ---- the steps, in the order of the batch; each returns OK or the error that it set ---------- */

tern_code tn_pb_file_declare(tn_pb_batch *b, tn_pb_def_file *file);
tern_code tn_pb_enum_build(tn_pb_batch *b, tn_pb_def_enum *e);
tern_code tn_pb_message_judge(tn_pb_batch *b, tn_pb_def_message *m);
/* Those that protobuf keeps for itself. */
static inline bool tn_pb_number_kept(uint32_t number)
{
    return number >= 19000 && number <= 19999;
}
/* The range of m that holds the number, or NULL. */
const tn_pb_range *tn_pb_message_range(const tn_pb_def_message *m, uint32_t number);
tern_code tn_pb_file_link(tn_pb_batch *b, tn_pb_def_file *file);
/* After the types are known. */
tern_code tn_pb_default_read(tn_pb_batch *b, tn_pb_def_field *f);
/* Tables of a message; they point to the tables of others, which may still be empty. */
tern_code tn_pb_message_build(tn_pb_batch *b, tn_pb_def_message *m);
tern_code tn_pb_extension_build(tn_pb_batch *b, tn_pb_def_extension *x);
tern_code tn_pb_file_build(tn_pb_batch *b, tn_pb_def_file *file);
tern_code tn_pb_file_options(tn_pb_batch *b, tn_pb_def_file *file);

/* The messages and enums of a file of generated code use its tables, which are found by name. */
tern_code tn_pb_file_adopt(tn_pb_batch *b, tn_pb_def_file *file);
/* The same without a descriptor: tables by their names are all there is. */
tern_code tn_pb_file_adopt_bare(tn_pb_batch *b, tn_pb_def_file *file);

/* The library's own file of that name, google/protobuf/...; or NULL. */
const tern_pb_file *tn_pb_well_known_file(tern_str name);

/* ---- found again ----------------------------------------------------------------------------- */

tn_pb_def *tn_pb_pool_get(const tern_pb_pool *pool, tern_str full_name);
/* That of a table, or NULL when the pool does not use the table. */
tn_pb_def_message *tn_pb_pool_def(const tern_pb_pool *pool, const tern_pb_table *table);
tn_pb_def_file *tn_pb_pool_file_def(const tern_pb_pool *pool, const tern_pb_file *file);

#endif
