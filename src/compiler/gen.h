/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gen.h: the generator's one entry, what its files share, and the order they work in.
 *
 *   options.c   the plugin's parameter -> tn_gen_options
 *   schema.c    descriptors -> tn_gen_file, _message, _field, _enum, _service
 *   extensions.c  the same for _extension
 *   editions.c  what edition and features mean for each of them
 *   link.c      finds the types that fields and methods name
 *   support.c   refuses what is not supported, with file, line and column
 *   names.c     gives every declaration its C name, members.c every struct member; reserved.c knows
 *               the names that are taken
 *   layout.c    orders members, gives out presence bits, sorts fields by number
 *   header.c source.c service_header.c service_source.c ...   write, through out.c
 *
 * The model lives in one arena and points into the decoded request. The generator reads descriptors
 * with the runtime it generates for. No thread rule: everything belongs to one call of tn_gen_run.
 * Output depends on the files to generate, their imports and the options, and on nothing else.
 */
#ifndef TN_COMPILER_GEN_H
#define TN_COMPILER_GEN_H

#include "base/assert.h"
#include "base/buf.h"
#include "base/map.h"
#include "compiler/plugin.tern.h"
#include "google/protobuf/descriptor.tern.h"
#include "pb/features.h"
#include "tern/arena.h"
#include "tern/error.h"
#include "tern/reflect.h"
#include <stdio.h>

/*
 * One run: an encoded CodeGeneratorRequest (borrowed) in, an encoded CodeGeneratorResponse out, in
 * the arena. A schema or option that is refused is the response's `error`, and OK is returned.
 * INVALID_ARGUMENT: the request is not one, or contradicts itself. RESOURCE_EXHAUSTED: no memory.
 */
tern_code tn_gen_run(const tern_env *env, tern_bytes request, tern_arena *arena,
                     tern_bytes *response, tern_error *err);

/* The same between two files of the process; also UNAVAILABLE when one cannot be read or written. */
tern_code tn_gen_serve(FILE *in, FILE *out, tern_error *err);

/* The TERN_RPC_ABI that X.rpc.h and X.rpc.c are written for. It stands here again because the layers
 * keep tern/call.h from the generator; what it writes does not compile against another. */
#define TN_GEN_RPC_ABI 1

/* Short names for what the generator reads. */
typedef google_protobuf_FileDescriptorProto tn_gen_file_proto;
typedef google_protobuf_DescriptorProto tn_gen_message_proto;
typedef google_protobuf_FieldDescriptorProto tn_gen_field_proto;
typedef google_protobuf_EnumDescriptorProto tn_gen_enum_proto;
typedef google_protobuf_ServiceDescriptorProto tn_gen_service_proto;
typedef google_protobuf_MethodDescriptorProto tn_gen_method_proto;
typedef google_protobuf_SourceCodeInfo_Location
    tn_gen_location; /* NULL where the source is unknown */

typedef struct tn_gen_options {
    const char *prefix;       /* in front of every name but those of the well-known types; "" */
    const char *export_macro; /* in front of what other modules may use; NULL: hidden */
    bool messages_only;       /* no *.rpc.h and *.rpc.c */
    bool no_descriptors;      /* tern_pb_file without the descriptor's bytes */
} tn_gen_options;

/* Functions and constants that a field may have; see names.c for which has which. */
typedef enum tn_gen_accessor {
    TN_GEN_HAS,
    TN_GEN_SET,
    TN_GEN_CLEAR,
    TN_GEN_ADD,
    TN_GEN_GET,
    TN_GEN_PUT,
    TN_GEN_DELETE,
    TN_GEN_CASE, /* the constant of a oneof's member */
    TN_GEN_ACCESSORS
} tn_gen_accessor;

/* What else a message has. */
typedef enum tn_gen_part {
    TN_GEN_TABLE,
    TN_GEN_NEW,
    TN_GEN_DECODE,
    TN_GEN_ENCODE,
    TN_GEN_SIZE,
    TN_GEN_MERGE,
    TN_GEN_COPY,
    TN_GEN_EQUAL,
    TN_GEN_CLEAR_ALL,
    TN_GEN_FIELDS, /* static, in the .c, like those below */
    TN_GEN_SUBS,
    TN_GEN_NAMES,
    TN_GEN_BY_NAME,
    TN_GEN_ENUMS,
    TN_GEN_PARTS
} tn_gen_part;

/* What an enum has beside its constants. */
typedef enum tn_gen_enum_part {
    TN_GEN_ENUM_TABLE,
    TN_GEN_ENUM_VALUES, /* static, in the .c, like those below */
    TN_GEN_ENUM_NAMES,
    TN_GEN_ENUM_BY_NAME,
    TN_GEN_ENUM_PARTS
} tn_gen_enum_part;

/* What a file has. */
typedef enum tn_gen_file_part {
    TN_GEN_FILE,
    TN_GEN_FILE_IMPORTS, /* static, in the .c, like those below */
    TN_GEN_FILE_MESSAGES,
    TN_GEN_FILE_ENUMS,
    TN_GEN_FILE_EXTENSIONS,
    TN_GEN_FILE_DESCRIPTOR,
    TN_GEN_FILE_PARTS
} tn_gen_file_part;

/* What a method has beside its stub. */
typedef enum tn_gen_method_part {
    TN_GEN_STUB,
    TN_GEN_INVOKE, /* static, in the .c */
    TN_GEN_SERVER, /* handle types and their functions, of streaming methods */
    TN_GEN_SERVER_SEND,
    TN_GEN_CLIENT,
    TN_GEN_CLIENT_RECV,
    TN_GEN_CLIENT_CALL,
    TN_GEN_CLIENT_CLOSE,
    TN_GEN_METHOD_PARTS
} tn_gen_method_part;

/* What a service has. */
typedef enum tn_gen_service_part {
    TN_GEN_IMPL,
    TN_GEN_REGISTER,
    TN_GEN_SERVICE,
    TN_GEN_METHODS, /* static, in the .c */
    TN_GEN_SERVICE_PARTS
} tn_gen_service_part;

struct tn_gen_file;
struct tn_gen_message;

typedef struct tn_gen_enum {
    const tn_gen_enum_proto *proto;
    struct tn_gen_file *file;
    const struct tn_gen_message *outer; /* NULL: the file */
    bool closed;
    const tn_gen_location *at;
    const tn_gen_location **value_at;
    const char *full_name; /* "package.Outer.Status" */
    const char *scope;     /* what it stands in: "package.Outer", or "" */
    const char *c_name;
    const char **value_names; /* C names */
    const char *part[TN_GEN_ENUM_PARTS];
    struct tn_gen_enum *next; /* of the file */
} tn_gen_enum;

typedef struct tn_gen_oneof {
    const google_protobuf_OneofDescriptorProto *proto;
    const tn_gen_location *at;
    const char *member;
    size_t member_count;
    tn_pb_features features;
    bool synthetic; /* made for one proto3 `optional` field: no oneof for us */
} tn_gen_oneof;

typedef struct tn_gen_field {
    tn_gen_field_proto *proto;      /* its default is put in one form, whatever compiler wrote it */
    struct tn_gen_message *message; /* that it belongs to */
    const tn_gen_location *at;
    const char *name;      /* as in the .proto */
    const char *json_name; /* "" when it is the name */
    const char *member;    /* as in the struct */
    uint32_t number;
    tn_pb_features features;
    tern_pb_type type; /* as the runtime has it: GROUP, CLOSED_ENUM */
    tern_pb_mode mode;
    uint8_t flags;                  /* of the table's field */
    bool extension;                 /* the one field of a holder */
    struct tn_gen_message *sub;     /* the message type or map entry; else NULL */
    const tn_gen_enum *enumeration; /* the enum type; else NULL */
    const tn_gen_oneof *oneof;      /* NULL: in none of ours */
    size_t sub_index;               /* of sub in the table's subs, or of enumeration in its enums */
    size_t name_offset;             /* in the table's names */
    uint32_t has_bit;               /* of scalars with explicit presence */
    const char *accessor[TN_GEN_ACCESSORS];
} tn_gen_field;

typedef struct tn_gen_message {
    const tn_gen_message_proto *proto;
    struct tn_gen_file *file;
    const tn_gen_location *at;
    const int32_t *path; /* in the file, for SourceCodeInfo */
    size_t path_count;
    const char *full_name;
    const char *c_name;
    const char *part[TN_GEN_PARTS];
    const struct tn_gen_message *outer; /* NULL: the file */
    tn_pb_features features;
    bool map_entry;
    bool holder;          /* of an extension: not in the list of the file */
    bool has_required;    /* or may hold a message that has */
    tn_gen_field *fields; /* in the order of the source */
    size_t field_count;
    tn_gen_oneof *oneofs;
    size_t oneof_count;
    tn_gen_field **by_number;
    tn_gen_field **members; /* not in a oneof or the first of theirs, in the order of the struct */
    size_t member_count;
    uint32_t has_bits;
    size_t sub_count, enum_count;
    size_t names_size;           /* of the table's names */
    struct tn_gen_message *next; /* of the file; a message stands before those nested in it */
} tn_gen_message;

/* An extension is a message with one field, its holder, that hangs on another. */
typedef struct tn_gen_extension {
    tn_gen_field_proto *proto;
    const tn_gen_message *outer; /* that it is declared in; NULL: the file */
    const tn_gen_message *extendee;
    const tn_gen_location *at;
    const char *full_name;
    const char *c_name;
    tn_gen_message holder;
    struct tn_gen_extension *next; /* of the file */
} tn_gen_extension;

typedef struct tn_gen_method {
    const tn_gen_method_proto *proto;
    const tn_gen_location *at;
    const char *name;
    const char *slot, *inline_slot; /* members of the servicer */
    const tn_gen_message *request, *response;
    bool client_streaming, server_streaming;
    const char *part[TN_GEN_METHOD_PARTS];
} tn_gen_method;

typedef struct tn_gen_service {
    const tn_gen_service_proto *proto;
    struct tn_gen_file *file;
    const tn_gen_location *at;
    const char *full_name;
    const char *c_name;
    tn_gen_method *methods;
    size_t method_count;
    const char *part[TN_GEN_SERVICE_PARTS];
} tn_gen_service;

enum { TN_GEN_BY_FIELD = 1, TN_GEN_BY_METHOD = 2 };

typedef struct tn_gen_file {
    const tn_gen_file_proto *proto;
    const char *name;    /* "shop/v1/order.proto" */
    const char *package; /* "shop.v1", or "" */
    const char *prefix;  /* of its C names */
    const char *stem;    /* of its files: "shop/v1/order" */
    const char *guard;   /* of its headers, but for the ending: "SHOP_V1_ORDER" */
    const char *part[TN_GEN_FILE_PARTS];
    bool generate;
    int32_t edition; /* 0: none that is known */
    tn_pb_features features;
    struct tn_gen_file **imports; /* as proto->dependency */
    uint8_t *import_used;         /* who needs it: TN_GEN_BY_... */
    bool *import_public;
    size_t import_count;
    tn_gen_message *messages;
    tn_gen_enum *enums;
    tn_gen_extension *extensions;
    tn_gen_service *services;
    size_t service_count;
    tn_strmap locations; /* by path, the bytes of its int32_t; freed when the run ends */
} tn_gen_file;

typedef struct tn_gen {
    const tern_env *env;
    tern_arena *arena;
    tern_error *err;
    tn_gen_options options;
    tn_gen_file *files; /* each after its imports */
    size_t file_count;
    tn_strmap types;   /* by full name: tn_gen_type */
    tn_strmap symbols; /* by C name: see names.c */
    tern_pb_pool
        *pool; /* all files, for the options in descriptors; NULL: not needed yet, or none */
    bool pool_tried;
    tn_buf refusals; /* lines for the response's error */
    uint32_t refused;
} tn_gen;

/* What a full name stands for: one of the two. */
typedef struct tn_gen_type {
    tn_gen_message *message;
    tn_gen_enum *enumeration;
    tn_gen_file *file;
} tn_gen_type;

/* Memory of the run, zeroed; on failure the error is set and NULL returned. */
void *tn_gen_alloc(tn_gen *g, size_t count, size_t size);
/* A formatted string of the run, likewise. */
const char *tn_gen_text(tn_gen *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* RESOURCE_EXHAUSTED into the error. */
tern_code tn_gen_no_memory(tn_gen *g);
/* INVALID_ARGUMENT into the error: a request that contradicts itself. */
tern_code tn_gen_bad(tn_gen *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds "file:line:col: text" to the response's error; at NULL leaves out line and column. After
 * TN_GEN_MAX_REFUSALS more are dropped. RESOURCE_EXHAUSTED, else OK. */
#define TN_GEN_MAX_REFUSALS 20
tern_code tn_gen_refuse(tn_gen *g, const tn_gen_file *file, const tn_gen_location *at,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The steps; each returns OK, INVALID_ARGUMENT or RESOURCE_EXHAUSTED, and sets the error. */
tern_code tn_gen_parse_options(tn_gen *g, tern_str parameter);
tern_code tn_gen_load(tn_gen *g, const google_protobuf_compiler_CodeGeneratorRequest *request);
tern_code tn_gen_resolve(tn_gen *g);
tern_code tn_gen_link(tn_gen *g);
tern_code tn_gen_check_default(tn_gen *g, tn_gen_field *field); /* a part of tn_gen_link */
tern_code tn_gen_check_support(tn_gen *g);
tern_code tn_gen_name_all(tn_gen *g);
tern_code tn_gen_lay_out(tn_gen *g);

/* Steps of tn_gen_name_all, in members.c. */
tern_code tn_gen_name_members(tn_gen *g, tn_gen_message *m);
tern_code tn_gen_name_slots(tn_gen *g, tn_gen_service *s);

/* True when name is taken in C or C++ wherever it stands: keywords, and macros of libc headers. */
bool tn_gen_reserved_word(const char *name);
/* True when name is taken at file scope: the above, and functions and types of libc. */
bool tn_gen_reserved_global(const char *name);

/* True for the .proto files whose generated code is part of the library. */
bool tn_gen_well_known(const char *name);
/* True when the field is a scalar whose presence is a bit in has_. */
bool tn_gen_has_bit(const tn_gen_field *field);
/* True when an absent value of the field, which has presence, is not zero or empty. */
bool tn_gen_has_default(const tn_gen_field *field);
/* The C type of one value: "int32_t", "shop_v1_Item *" (with the star when it is a pointer). */
const char *tn_gen_value_type(tn_gen *g, const tn_gen_field *field);

#endif
