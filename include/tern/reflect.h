/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reflect.h: message types that are known when the program runs, and fields of any message by name.
 *
 * A pool takes encoded descriptors, from a file that protoc wrote or from a peer that is not trusted,
 * and makes of them the very tables that generated code has. So all that tern/pb.h does, and JSON and
 * text with it, does the same with such a dynamic message at the same speed. A message type's handle is
 * its table, an enum's its tern_pb_enum, a field's its row in the table, a file's its tern_pb_file;
 * what the .proto says beyond that is in their descriptor protos.
 *
 *   tern_pb_pool *pool = tern_pb_pool_new(NULL, NULL, &err);
 *   if (tern_pb_pool_add_set(pool, set, &err) == TERN_OK) {        // protoc --include_imports -o
 *       const tern_pb_table *type = tern_pb_pool_message(pool, TERN_STR("shop.v1.Order"));
 *       void *order = tern_pb_new(type, arena);
 *       const tern_pb_field *id = tern_pb_field_named(type, TERN_STR("id"));
 *       tern_pb_field_set(type, order, id, tern_pb_str(TERN_STR("A-17")), &err);
 *       tern_pb_each each = { 0 };
 *       while (tern_pb_each_next(type, order, &each))
 *           puts(tern_pb_field_name(each.table, each.field));
 *   }
 *   tern_pb_pool_free(pool);                                       // after the arena's messages
 *
 * A pool is filled by one thread; then any may read it, as long as nobody adds. What it gives lives as
 * long as the pool. Fields are accessed without a pool: by the rules of tern/pb.h for the message.
 */
#ifndef TERN_REFLECT_H
#define TERN_REFLECT_H

#include "google/protobuf/descriptor.tern.h"
#include "tern/pb.h"

TERN_BEGIN_DECLS

/* ---- pools ----------------------------------------------------------------------------------- */

typedef struct tern_pb_pool tern_pb_pool;

/* Limits of all that a pool holds. Zero fields mean the default. */
typedef struct tern_pb_pool_opts {
    size_t size;         /* sizeof(tern_pb_pool_opts) */
    size_t memory_bytes; /* what is kept, and again what one add may take meanwhile: 64 MiB;
                                 TERN_UNLIMITED */
    uint32_t max_files;  /* 10,000 */
    uint32_t max_names;  /* messages, fields, oneofs, enums, values, extensions, services and
                                 methods together: 1,000,000 */
    bool keep_source;    /* descriptor protos keep their source_code_info: comments, places */
} tern_pb_pool_opts;

#define TERN_PB_POOL_OPTS(...)                                                                     \
    (&(tern_pb_pool_opts){ .size = sizeof(tern_pb_pool_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_pb_pool_opts_init(tern_pb_pool_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/* owned; env and opts borrowed, NULL for the defaults. NULL with err set: no memory, or options that
 * this library does not know. */
TERN_API tern_pb_pool *tern_pb_pool_new(const tern_env *env, const tern_pb_pool_opts *opts,
                                        tern_error *err) TERN_MUST_USE;

/* Frees the pool and all that it gave. Messages of its types must not be used after. NULL is fine. */
TERN_API void tern_pb_pool_free(tern_pb_pool *pool);

/*
 * Adds all files of an encoded google.protobuf.FileDescriptorSet, in any order, or one encoded
 * FileDescriptorProto (both borrowed). All or nothing: after a failure the pool is as it was. What they
 * import must be there, or be in the set. A file that is there already, and the same, may come again.
 * Files google/protobuf/NAME.proto that the library has itself (descriptor.proto and the well-known
 * types) are always the library's; what comes by those names is passed over, and they need not come.
 * Names of fields in JSON must be UTF-8 without NULs.
 * INVALID_ARGUMENT: not a descriptor, or one that breaks a rule of the language; the text names file
 * and element. NOT_FOUND: an import is missing. ALREADY_EXISTS: another file has that name.
 * RESOURCE_EXHAUSTED: memory or a limit.
 */
TERN_API tern_code tern_pb_pool_add_set(tern_pb_pool *pool, tern_bytes set, tern_error *err);
TERN_API tern_code tern_pb_pool_add_file(tern_pb_pool *pool, tern_bytes file, tern_error *err);

/*
 * Adds a file of generated code (borrowed: it must outlive the pool) and all that it imports. Its own
 * tables are used, none are built. A file whose descriptor was left out has its messages, enums and
 * extensions, but no fields by full name, services and protos. What it imports for custom options alone
 * it may not know: add that first to have those options read. Errors as above, and
 * FAILED_PRECONDITION: ABI.
 */
TERN_API tern_code tern_pb_pool_add_generated(tern_pb_pool *pool, const tern_pb_file *file,
                                              tern_error *err);

/* All messages and extensions of the pool, for codecs. Borrowed from the pool. */
TERN_API const tern_pb_registry *tern_pb_pool_registry(const tern_pb_pool *pool);

/* ---- looking up ------------------------------------------------------------------------------ */

struct tern_pb_method;

typedef struct tern_pb_service {
    const char *name, *full_name; /* "Greeter", "helloworld.Greeter" */
    const tern_pb_file *file;
    const struct tern_pb_method *methods; /* in the order of the .proto */
    size_t method_count;
    const google_protobuf_ServiceDescriptorProto *proto;
} tern_pb_service;

typedef struct tern_pb_method {
    const char *name, *full_name; /* "SayHello", "helloworld.Greeter.SayHello" */
    const tern_pb_service *service;
    const tern_pb_table *input, *output;
    bool client_streaming, server_streaming;
    const google_protobuf_MethodDescriptorProto *proto;
} tern_pb_method;

typedef enum tern_pb_symbol_kind {
    TERN_PB_SYMBOL_NONE = 0, /* nothing has the name */
    TERN_PB_SYMBOL_PACKAGE,
    TERN_PB_SYMBOL_MESSAGE,
    TERN_PB_SYMBOL_FIELD,
    TERN_PB_SYMBOL_ONEOF,
    TERN_PB_SYMBOL_ENUM,
    TERN_PB_SYMBOL_ENUM_VALUE,
    TERN_PB_SYMBOL_EXTENSION,
    TERN_PB_SYMBOL_SERVICE,
    TERN_PB_SYMBOL_METHOD
} tern_pb_symbol_kind;

/* What a full name stands for. Members that do not fit the kind are NULL or zero. */
typedef struct tern_pb_symbol {
    tern_pb_symbol_kind kind;
    const char *full_name;
    const tern_pb_file *file;        /* that defines it; of a package one of several */
    const tern_pb_table *message;    /* MESSAGE; FIELD and ONEOF: whose it is */
    const tern_pb_field *field;      /* FIELD */
    const tern_pb_enum *enumeration; /* ENUM; ENUM_VALUE: whose it is */
    int32_t number;                  /* ENUM_VALUE */
    const tern_pb_extension *extension;
    const tern_pb_service *service; /* SERVICE; METHOD: whose it is */
    const tern_pb_method *method;
} tern_pb_symbol;

/* By full name without a dot in front, "helloworld.Greeter.SayHello". Values of enums are siblings of
 * their enum: "pkg.RED", not "pkg.Color.RED". */
TERN_API tern_pb_symbol tern_pb_pool_find(const tern_pb_pool *pool, tern_str full_name);

/* The same for one kind; NULL when the name stands for nothing, or for something else. */
TERN_API const tern_pb_table *tern_pb_pool_message(const tern_pb_pool *pool, tern_str full_name);
TERN_API const tern_pb_enum *tern_pb_pool_enum(const tern_pb_pool *pool, tern_str full_name);
TERN_API const tern_pb_extension *tern_pb_pool_extension(const tern_pb_pool *pool,
                                                         tern_str full_name);
TERN_API const tern_pb_service *tern_pb_pool_service(const tern_pb_pool *pool, tern_str full_name);
/* "pkg.Service.Method", or as a path: "/pkg.Service/Method". */
TERN_API const tern_pb_method *tern_pb_pool_method(const tern_pb_pool *pool, tern_str name);

/* The extension of that number; NULL: none. */
TERN_API const tern_pb_extension *tern_pb_pool_extension_number(const tern_pb_pool *pool,
                                                                const tern_pb_table *extendee,
                                                                uint32_t number);

/* The file of that name; the i-th file, each after those it imports, NULL past the last. A file has
 * its messages, enums, extensions and imports in itself; its services are here. */
TERN_API const tern_pb_file *tern_pb_pool_file(const tern_pb_pool *pool, tern_str name);
TERN_API const tern_pb_file *tern_pb_pool_file_at(const tern_pb_pool *pool, size_t i);
TERN_API const tern_pb_service *tern_pb_pool_services(const tern_pb_pool *pool,
                                                      const tern_pb_file *file, size_t *count);

/*
 * What the .proto says, options with it: custom options are extensions of the options message
 * (tern_pb_extension_get), when the pool had their definition when the file was added. NULL for what
 * the pool does not have, and for generated code without descriptors.
 * A field of a map's entry has one too.
 */
TERN_API const google_protobuf_FileDescriptorProto *
tern_pb_pool_file_proto(const tern_pb_pool *pool, const tern_pb_file *file);
TERN_API const google_protobuf_DescriptorProto *
tern_pb_pool_message_proto(const tern_pb_pool *pool, const tern_pb_table *table);
TERN_API const google_protobuf_FieldDescriptorProto *
tern_pb_pool_field_proto(const tern_pb_pool *pool, const tern_pb_table *table,
                         const tern_pb_field *field);
TERN_API const google_protobuf_FieldDescriptorProto *
tern_pb_pool_extension_proto(const tern_pb_pool *pool, const tern_pb_extension *extension);
TERN_API const google_protobuf_EnumDescriptorProto *
tern_pb_pool_enum_proto(const tern_pb_pool *pool, const tern_pb_enum *enumeration);
TERN_API const google_protobuf_EnumValueDescriptorProto *
tern_pb_pool_enum_value_proto(const tern_pb_pool *pool, const tern_pb_enum *enumeration,
                              const tern_pb_enum_value *value);
/* NULL too for a field in none, and for the oneof of a proto3 `optional`, which is none. */
TERN_API const google_protobuf_OneofDescriptorProto *
tern_pb_pool_oneof_proto(const tern_pb_pool *pool, const tern_pb_table *table,
                         const tern_pb_field *field);

/* ---- fields ---------------------------------------------------------------------------------- */

/* The field of that name in the .proto, JSON name, number; NULL: none. */
TERN_API const tern_pb_field *tern_pb_field_named(const tern_pb_table *table, tern_str name);
TERN_API const tern_pb_field *tern_pb_field_json_named(const tern_pb_table *table, tern_str name);
TERN_API const tern_pb_field *tern_pb_field_numbered(const tern_pb_table *table, uint32_t number);

/* Of a field of the table. type is never CLOSED_ENUM; that is asked of the enum's flags. */
TERN_API uint32_t tern_pb_field_number(const tern_pb_field *field);
TERN_API tern_pb_type tern_pb_field_type(const tern_pb_field *field);
TERN_API tern_pb_mode tern_pb_field_mode(const tern_pb_field *field);
TERN_API const char *tern_pb_field_name(const tern_pb_table *table, const tern_pb_field *field);
TERN_API const char *tern_pb_field_json_name(const tern_pb_table *table,
                                             const tern_pb_field *field);
/* The type of its messages, or for a map that of its entries: field 1 the key, 2 the value; or NULL. */
TERN_API const tern_pb_table *tern_pb_field_message(const tern_pb_table *table,
                                                    const tern_pb_field *field);
/* The type of an enum field, else NULL. */
TERN_API const tern_pb_enum *tern_pb_field_enum(const tern_pb_table *table,
                                                const tern_pb_field *field);

/* The value of that name or number (of several the first named); NULL: none. */
TERN_API const tern_pb_enum_value *tern_pb_enum_value_named(const tern_pb_enum *enumeration,
                                                            tern_str name);
TERN_API const tern_pb_enum_value *tern_pb_enum_value_numbered(const tern_pb_enum *enumeration,
                                                               int32_t number);

/* ---- values ---------------------------------------------------------------------------------- */

typedef enum tern_pb_is {
    TERN_PB_IS_NOTHING = 0,
    TERN_PB_IS_BOOL,
    TERN_PB_IS_I32, /* int32, sint32, sfixed32 and enums */
    TERN_PB_IS_U32,
    TERN_PB_IS_I64,
    TERN_PB_IS_U64,
    TERN_PB_IS_FLOAT,
    TERN_PB_IS_DOUBLE,
    TERN_PB_IS_STR,
    TERN_PB_IS_BYTES,
    TERN_PB_IS_MESSAGE
} tern_pb_is;

/* One value of a field, an element, a key: what it is, and it. Strings and messages are borrowed. */
typedef struct tern_pb_value {
    tern_pb_is is;
    union {
        bool boolean;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
        uint64_t u64;
        float f32;
        double f64;
        tern_str str;
        tern_bytes bytes;
        struct {
            const tern_pb_table *table;
            void *at; /* NULL: absent */
        } message;
    };
} tern_pb_value;

static inline tern_pb_value tern_pb_bool(bool v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_BOOL;
    value.boolean = v;
    return value;
}
static inline tern_pb_value tern_pb_i32(int32_t v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_I32;
    value.i32 = v;
    return value;
}
static inline tern_pb_value tern_pb_u32(uint32_t v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_U32;
    value.u32 = v;
    return value;
}
static inline tern_pb_value tern_pb_i64(int64_t v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_I64;
    value.i64 = v;
    return value;
}
static inline tern_pb_value tern_pb_u64(uint64_t v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_U64;
    value.u64 = v;
    return value;
}
static inline tern_pb_value tern_pb_float(float v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_FLOAT;
    value.f32 = v;
    return value;
}
static inline tern_pb_value tern_pb_double(double v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_DOUBLE;
    value.f64 = v;
    return value;
}
static inline tern_pb_value tern_pb_str(tern_str v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_STR;
    value.str = v;
    return value;
}
static inline tern_pb_value tern_pb_bytes(tern_bytes v)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_BYTES;
    value.bytes = v;
    return value;
}
static inline tern_pb_value tern_pb_message(const tern_pb_table *table, void *msg)
{
    tern_pb_value value;
    value.is = TERN_PB_IS_MESSAGE;
    value.message.table = table;
    value.message.at = msg;
    return value;
}

/* ---- access -------------------------------------------------------------------------------------
 *
 * table and msg are a message and its type, field one of the table's. A value, key or element that is
 * not of the field's type, a field of another table, a place past the end, and a function that is not
 * for that mode of field (one value, repeated, map) are INVALID_ARGUMENT, and nothing has changed;
 * without memory it is RESOURCE_EXHAUSTED. err may be NULL.
 * An extension is a field of its holder: tern_pb_extension_holder_of gives what to pass for msg.
 */

/* One value. Of an absent field: zero, the enum's first value when it is closed, an absent string or
 * message. A default that the .proto states is the pool's to give: tern_pb_pool_default. */
TERN_API tern_code tern_pb_field_get(const tern_pb_table *table, const void *msg,
                                     const tern_pb_field *field, tern_pb_value *out,
                                     tern_error *err);

/* Makes it the field's value, and it present but for an implicit zero. Strings and messages are kept as
 * they are, not copied: they must live as long as msg. A message that is absent clears the field. */
TERN_API tern_code tern_pb_field_set(const tern_pb_table *table, void *msg,
                                     const tern_pb_field *field, tern_pb_value value,
                                     tern_error *err);

/* The message in a field of one; a new one is made and set when there is none. NULL with err set. */
TERN_API void *tern_pb_field_need(const tern_pb_table *table, void *msg, const tern_pb_field *field,
                                  tern_arena *arena, tern_error *err) TERN_MUST_USE;

/* As tern_pb_has and tern_pb_clear have it by number; of a map or repeated field: it is not empty. */
TERN_API bool tern_pb_field_has(const tern_pb_table *table, const void *msg,
                                const tern_pb_field *field);
TERN_API void tern_pb_field_clear(const tern_pb_table *table, void *msg,
                                  const tern_pb_field *field);

/* The field that is set in the oneof of this one; NULL: none is, or it is in no oneof. */
TERN_API const tern_pb_field *tern_pb_field_which(const tern_pb_table *table, const void *msg,
                                                  const tern_pb_field *field);

/* Elements of a repeated field, or entries of a map; 0 for others. */
TERN_API size_t tern_pb_field_count(const tern_pb_table *table, const void *msg,
                                    const tern_pb_field *field);

/* Of a repeated field: the element at place i; a new value for it; one more behind the last. */
TERN_API tern_code tern_pb_field_at(const tern_pb_table *table, const void *msg,
                                    const tern_pb_field *field, size_t i, tern_pb_value *out,
                                    tern_error *err);
TERN_API tern_code tern_pb_field_set_at(const tern_pb_table *table, void *msg,
                                        const tern_pb_field *field, size_t i, tern_pb_value value,
                                        tern_error *err);
TERN_API tern_code tern_pb_field_add(const tern_pb_table *table, void *msg,
                                     const tern_pb_field *field, tern_pb_value value,
                                     tern_arena *arena, tern_error *err);

/* Of a map: the entry at place i, in no order that means anything; the value of a key, NOT_FOUND when
 * there is none; sets a key's value; takes a key out, NOT_FOUND likewise. */
TERN_API tern_code tern_pb_field_entry(const tern_pb_table *table, const void *msg,
                                       const tern_pb_field *field, size_t i, tern_pb_value *key,
                                       tern_pb_value *value, tern_error *err);
TERN_API tern_code tern_pb_field_lookup(const tern_pb_table *table, const void *msg,
                                        const tern_pb_field *field, tern_pb_value key,
                                        tern_pb_value *value, tern_error *err);
TERN_API tern_code tern_pb_field_put(const tern_pb_table *table, void *msg,
                                     const tern_pb_field *field, tern_pb_value key,
                                     tern_pb_value value, tern_arena *arena, tern_error *err);
TERN_API tern_code tern_pb_field_delete(const tern_pb_table *table, void *msg,
                                        const tern_pb_field *field, tern_pb_value key,
                                        tern_error *err);

/* The default that the .proto states for the field, or what tern_pb_field_get gives for an absent one.
 * table may be an extension's holder. INVALID_ARGUMENT: not one value, or not a field of the pool. */
TERN_API tern_code tern_pb_pool_default(const tern_pb_pool *pool, const tern_pb_table *table,
                                        const tern_pb_field *field, tern_pb_value *out,
                                        tern_error *err);

/* ---- going through a message ----------------------------------------------------------------- */

/* Zeroed at first. Then the field at hand: what to pass as table, msg and field above. */
typedef struct tern_pb_each {
    const tern_pb_table *table; /* the message's, or an extension's holder */
    const void *msg;
    const tern_pb_field *field;
    const tern_pb_extension *extension; /* NULL: a field of the message */
    size_t at;                          /* private */
} tern_pb_each;

/* Goes on to the next field that is present, by rising number, then to the extensions likewise. False
 * at the end. The message must not change meanwhile, but for values of fields. */
TERN_API bool tern_pb_each_next(const tern_pb_table *table, const void *msg, tern_pb_each *each);

/* The same for unknown fields, as they came. */
typedef struct tern_pb_each_unknown {
    uint32_t number;
    uint32_t wire;    /* 0 varint, 1 eight bytes, 2 length and bytes, 3 group, 5 four bytes */
    uint64_t value;   /* wires 0, 1 and 5 */
    tern_bytes bytes; /* wire 2: what the length counts; wire 3: the fields in the group */
    size_t at;        /* private */
} tern_pb_each_unknown;

TERN_API bool tern_pb_each_unknown_next(const tern_pb_table *table, const void *msg,
                                        tern_pb_each_unknown *each);

/* The holder of the extension's value in msg, a message of the extendee's type; NULL: absent. For
 * writing: made when there is none; NULL: no memory. */
TERN_API const void *tern_pb_extension_holder_of(const tern_pb_extension *extension,
                                                 const void *msg);
TERN_API void *tern_pb_extension_holder_need(const tern_pb_extension *extension, void *msg,
                                             tern_arena *arena) TERN_MUST_USE;

TERN_END_DECLS

#endif
