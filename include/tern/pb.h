/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pb.h: the protobuf runtime that generated code and its users call.
 *
 * A message is a plain struct; zeroed, it is valid and empty. One static table a message drives every
 * codec. The layout that a table describes:
 *
 *   scalar               its C type: int32_t uint32_t int64_t uint64_t float double bool; enum int32_t
 *   string, bytes        tern_str, tern_bytes; absent is p == NULL
 *   message              a pointer to its struct; absent is NULL
 *   repeated             { T *p; size_t n, cap; } by value, for messages T is a pointer to the struct
 *   map                  { Entry *p; size_t n, cap; void *index_; }, Entry is { key; value; }
 *   oneof                { uint32_t which; union {...}; }: which is the number of the set field, or 0
 *   explicit presence    of a scalar: a bit in `uint32_t has_[]`; a value that is not zero counts as
 *                        present whatever the bit says
 *   unknown fields       and extensions: behind one pointer, `struct tern_pb_unknown *unknown_`
 *
 * In a literal of a repeated field or map give p and n and leave cap zero: growth copies it then. A map
 * may be changed by hand, as an array; set index_ to NULL when keys changed and n did not.
 * Generated code states the ABI it was made for; a table of another ABI is refused.
 */
#ifndef TERN_PB_H
#define TERN_PB_H

#include "tern/arena.h"
#include "tern/error.h"

TERN_BEGIN_DECLS

/* Rises when tables or message layout change in a way that old generated code does not fit. */
#define TERN_PB_ABI 2

/* Field types, numbered as FieldDescriptorProto.Type numbers them. */
typedef enum tern_pb_type {
    TERN_PB_DOUBLE = 1,
    TERN_PB_FLOAT = 2,
    TERN_PB_INT64 = 3,
    TERN_PB_UINT64 = 4,
    TERN_PB_INT32 = 5,
    TERN_PB_FIXED64 = 6,
    TERN_PB_FIXED32 = 7,
    TERN_PB_BOOL = 8,
    TERN_PB_STRING = 9,
    TERN_PB_GROUP = 10,
    TERN_PB_MESSAGE = 11,
    TERN_PB_BYTES = 12,
    TERN_PB_UINT32 = 13,
    TERN_PB_ENUM = 14,
    TERN_PB_SFIXED32 = 15,
    TERN_PB_SFIXED64 = 16,
    TERN_PB_SINT32 = 17,
    TERN_PB_SINT64 = 18,
    TERN_PB_CLOSED_ENUM = 19, /* no descriptor's number: an ENUM whose unknown numbers go to the
                                 unknown fields */
    TERN_PB_TYPES = 20
} tern_pb_type;

/* How a field is held, and so how its presence is known. */
typedef enum tern_pb_mode {
    TERN_PB_IMPLICIT = 0, /* zero or empty is absent */
    TERN_PB_EXPLICIT = 1, /* scalar: has_ bit; string, bytes, message: p or pointer not NULL */
    TERN_PB_ONEOF = 2,    /* present when `which` is this field's number */
    TERN_PB_REPEATED = 3, /* encoded one element a tag; packed is accepted too */
    TERN_PB_PACKED = 4,   /* encoded packed; one element a tag is accepted too */
    TERN_PB_MAP = 5
} tern_pb_mode;

/* Type and mode in one byte: what the decoder dispatches on. */
#define TERN_PB_OP(type, mode) ((mode)*TERN_PB_TYPES + (type))

/* Flags of a field. */
enum {
    TERN_PB_UTF8 = 1,    /* a string that must be UTF-8 */
    TERN_PB_REQUIRED = 2 /* EXPLICIT, and a message without it is not whole */
};

/* One field, 16 bytes. */
typedef struct tern_pb_field {
    uint8_t
        tag[5]; /* the encoded tag as it stands on the wire; for PACKED that of the packed form */
    uint8_t tag_len;   /* 1 to 5 */
    uint8_t op;        /* TERN_PB_OP(type, mode) */
    uint8_t flags;     /* TERN_PB_UTF8, TERN_PB_REQUIRED */
    uint16_t offset;   /* of the member in the struct, bytes; of the union's member for ONEOF */
    uint16_t presence; /* EXPLICIT scalar: index of the bit in has_; ONEOF: offset of `which` */
    uint16_t sub;  /* MESSAGE, GROUP and MAP: index into the table's subs; ENUM: into its enums */
    uint16_t name; /* offset of the field's name in the table's names */
} tern_pb_field;

#define TERN_PB_NONE UINT16_MAX /* no has_ words, no unknown_ member */

/* What a message is beside a struct of fields: its form on the wire, or in JSON. */
typedef enum tern_pb_kind {
    TERN_PB_PLAIN = 0,
    TERN_PB_MAP_ENTRY,
    TERN_PB_MESSAGE_SET, /* proto2's message_set_wire_format */
    TERN_PB_ANY,         /* this and what follows: google.protobuf's, by JSON form */
    TERN_PB_TIMESTAMP,
    TERN_PB_DURATION,
    TERN_PB_FIELD_MASK,
    TERN_PB_STRUCT,
    TERN_PB_VALUE,
    TERN_PB_LIST_VALUE,
    TERN_PB_WRAPPER /* DoubleValue to BytesValue */
} tern_pb_kind;

/* Flags of a table. */
enum {
    TERN_PB_EXTENDABLE = 1,   /* has extension ranges */
    TERN_PB_HAS_REQUIRED = 2, /* has a required field, or may hold a message that has one */
    TERN_PB_OWN_REQUIRED = 4  /* has one itself */
};

typedef struct tern_pb_table {
    uint16_t abi; /* TERN_PB_ABI */
    uint16_t field_count;
    uint16_t dense;          /* the fields numbered 1 to dense are fields[0] to fields[dense - 1] */
    uint16_t has_offset;     /* of has_ in the struct, or TERN_PB_NONE */
    uint16_t unknown_offset; /* of unknown_ in the struct, or TERN_PB_NONE (map entries) */
    uint16_t align;          /* _Alignof the struct */
    uint32_t size;           /* sizeof the struct */
    const tern_pb_field *fields;             /* by rising number; NULL when there are none */
    const struct tern_pb_table *const *subs; /* tables of sub-messages and map entries */
    /* Of each field in turn its name and its JSON name, NUL-terminated; the JSON name is empty when
     * it is the name. */
    const char *names;
    const char *full_name; /* "package.Message" */
    uint8_t kind;          /* tern_pb_kind */
    uint8_t flags;         /* TERN_PB_EXTENDABLE ... */
    uint16_t name_count;
    /* All names and JSON names in the order of their bytes, name_count of them; each is
     * 2 * (index of the field) + (is it the JSON name, and another than the name?). */
    const uint16_t *by_name;
    const struct tern_pb_enum *const *enums; /* the enums of fields */
    const struct tern_pb_file *file;         /* where it is from; NULL: no descriptor at hand */
} tern_pb_table;

/* ---- enums, extensions, files ------------------------------------------------------------------ */

typedef struct tern_pb_enum_value {
    int32_t number;
    uint32_t name; /* offset of its NUL-terminated name in the enum's names */
} tern_pb_enum_value;

/* Flags of an enum. */
enum {
    TERN_PB_CLOSED = 1,    /* numbers without a name are unknown fields */
    TERN_PB_NULL_VALUE = 2 /* google.protobuf.NullValue: null in JSON */
};

typedef struct tern_pb_enum {
    uint16_t abi; /* TERN_PB_ABI */
    uint16_t flags;
    uint32_t count;         /* 1 at least */
    uint32_t dense;         /* values[0] to values[dense - 1] have one number after the other */
    int32_t default_number; /* of the value that the .proto names first */
    const tern_pb_enum_value *values; /* by number; of equal numbers the first named stands first */
    const uint32_t *by_name;          /* indexes into values, in the order of the names' bytes */
    const char *names;
    const char *full_name; /* "package.Enum" */
    const struct tern_pb_file *file;
} tern_pb_enum;

/*
 * An extension of a message. Its value is held outside the message's struct, in one that `holder`
 * describes: a message with this one field, whose member is the struct's first.
 */
typedef struct tern_pb_extension {
    uint16_t abi; /* TERN_PB_ABI */
    const tern_pb_table *extendee;
    const tern_pb_table
        *holder; /* full_name is the extension's; its field's JSON name is "[full_name]" */
    const struct tern_pb_file *file;
} tern_pb_extension;

/* A .proto file in generated code, or in a pool: what it defines, and its descriptor. */
typedef struct tern_pb_file {
    uint16_t abi; /* TERN_PB_ABI */
    uint16_t import_count, message_count, enum_count, extension_count;
    uint32_t descriptor_size;
    const char *name;          /* "shop/v1/order.proto" */
    const uint8_t *descriptor; /* an encoded google.protobuf.FileDescriptorProto, without its source
                                  information; NULL: left out */
    /* Those whose types it uses, and public ones; one that is there for its options alone need not
     * have code. */
    const struct tern_pb_file *const *imports;
    const tern_pb_table *const *messages; /* each before those nested in it, map entries too */
    const tern_pb_enum *const *enums;
    const tern_pb_extension *const *extensions;
} tern_pb_file;

struct tern_pb_unknown; /* the unknown fields and extensions of one message; opaque */

typedef struct tern_pb_registry tern_pb_registry;

/* Limits of one decode, and what it knows. Zero fields mean the default. */
typedef struct tern_pb_decode_opts {
    size_t size;         /* sizeof(tern_pb_decode_opts) */
    size_t memory_bytes; /* arena memory one decode may take beside its input: 64 MiB;
                            TERN_UNLIMITED */
    uint32_t max_depth;  /* nesting of messages, maps, groups and items of a MessageSet: 100, and at
                            most 100 */
    bool partial;        /* required fields may be missing */
    const tern_pb_registry *registry; /* its extensions become values; NULL: extensions stay unknown
                                         fields */
} tern_pb_decode_opts;

#define TERN_PB_DECODE_OPTS(...)                                                                   \
    (&(tern_pb_decode_opts){ .size = sizeof(tern_pb_decode_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_pb_decode_opts_init(tern_pb_decode_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/* How to encode. Zero fields mean the default. */
typedef struct tern_pb_encode_opts {
    size_t size;        /* sizeof(tern_pb_encode_opts) */
    bool deterministic; /* the same bytes for equal messages: maps sorted by key */
    bool partial;       /* required fields may be missing */
} tern_pb_encode_opts;

#define TERN_PB_ENCODE_OPTS(...)                                                                   \
    (&(tern_pb_encode_opts){ .size = sizeof(tern_pb_encode_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_pb_encode_opts_init(tern_pb_encode_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/*
 * A zeroed message of the table's type, in the arena; NULL when there is no memory.
 */
TERN_API void *tern_pb_new(const tern_pb_table *table, tern_arena *arena) TERN_MUST_USE;

/*
 * Decodes `in` (borrowed: copied into the arena once, then decoded in place) and merges it into *msg.
 * What msg comes to point to is arena memory. Strings are NUL-terminated. opts may be NULL.
 * INVALID_ARGUMENT: malformed; the text names byte offset and field. Or, unless opts say partial, *msg
 * lacks a required field, or a message inside it does and any with required fields came.
 * RESOURCE_EXHAUSTED: depth,
 * memory_bytes or the allocator. FAILED_PRECONDITION: the table's ABI. On failure *msg is valid but
 * holds an unspecified part. Wire format: protobuf encoding specification.
 */
TERN_API tern_code tern_pb_decode(const tern_pb_table *table, void *msg, tern_bytes in,
                                  tern_arena *arena, const tern_pb_decode_opts *opts,
                                  tern_error *err);

/*
 * Encodes msg (borrowed) into arena memory; *out is set on success only. Known fields by rising
 * number, extensions by rising number, then unknown fields in the order they came. A oneof or a map
 * entry whose message is NULL has an empty one.
 * RESOURCE_EXHAUSTED: no memory, deeper than 100, or over 2 GiB - 1. INVALID_ARGUMENT: a string that
 * must be UTF-8 and is not, a required field that is absent, or a NULL element in a repeated message
 * field.
 */
TERN_API tern_code tern_pb_encode(const tern_pb_table *table, const void *msg, tern_arena *arena,
                                  tern_bytes *out, tern_error *err);

/*
 * The same with options (opts may be NULL). Deterministic: messages that tern_pb_equal, and that hold
 * no NaN, have the same bytes. Map entries are sorted by key: numbers by value, false before true,
 * strings by their bytes; unknown fields stay as they came. What the bytes are may change with the
 * schema and with versions of this library: compare and cache them, do not build names on them.
 * Sorting takes up to 32 bytes an entry from the arena's allocator, until the call returns.
 * Errors as above, and INVALID_ARGUMENT for options that this library does not know.
 */
TERN_API tern_code tern_pb_encode_with(const tern_pb_table *table, const void *msg,
                                       tern_arena *arena, const tern_pb_encode_opts *opts,
                                       tern_bytes *out, tern_error *err);

/*
 * The length of what tern_pb_encode makes of msg (borrowed); *size is set on success only. Each message
 * in it is looked at once. Errors as tern_pb_encode has them, but memory, which it does not take,
 * strings that are not UTF-8, which it does not read, and required fields, which it does not miss.
 */
TERN_API tern_code tern_pb_size(const tern_pb_table *table, const void *msg, size_t *size,
                                tern_error *err);

/*
 * Merges src (borrowed) into dst: dst becomes what decoding its own encoding and then that of src would
 * make it. Fields that src has replace those of dst; repeated fields and unknown fields are appended;
 * an entry of a map replaces the one with its key; messages that both have are merged, in a oneof
 * when both have the same one set. All that dst comes to point to is arena memory, strings
 * NUL-terminated; dst keeps nothing of src.
 * src may be dst. Else no message inside dst may be, or be inside, src.
 * RESOURCE_EXHAUSTED: no memory, or deeper than 100. INVALID_ARGUMENT: a NULL element in a repeated
 * message field of src. FAILED_PRECONDITION: the table's ABI. On failure dst is valid but holds an
 * unspecified part of src.
 */
TERN_API tern_code tern_pb_merge(const tern_pb_table *table, void *dst, const void *src,
                                 tern_arena *arena, tern_error *err);

/*
 * arena; a copy of src (borrowed) that shares nothing with it, by the rules of tern_pb_merge. NULL on
 * failure, with err set as tern_pb_merge sets it.
 */
TERN_API void *tern_pb_copy(const tern_pb_table *table, const void *src, tern_arena *arena,
                            tern_error *err) TERN_MUST_USE;

/*
 * True when a and b (borrowed) hold the same. Presence counts; the order of a map does not, that of
 * everything else does. Floating-point values are compared by their bits, so that -0.0 differs from
 * 0.0, but every NaN equals every NaN. In a oneof or a map NULL equals an empty message. Unknown fields
 * are compared as the bytes that they came in.
 * A message equals itself. Messages nested deeper than 100 are not compared: false, and so for a table
 * of another ABI. A map must not hold a key twice. Maps that were built as arrays have no index:
 * comparing two such takes time by the square of their length.
 */
TERN_API bool tern_pb_equal(const tern_pb_table *table, const void *a, const void *b);

/* Appends one zeroed element to a repeated field (the address of its { p, n, cap }); the element, or
 * NULL when there is no memory and nothing has changed. */
TERN_API void *tern_pb_append(void *repeated, size_t element_size, tern_arena *arena) TERN_MUST_USE;

/*
 * Maps. `entry` is the table of the entry, `map` the address of { p, n, cap, index_ }, `key` the
 * address of a key of the entry's key type (tern_str for strings). All return the entry or NULL:
 * get when there is none; put, which makes a new entry with a zeroed value where none is (a string
 * key is borrowed, not copied), when there is no memory.
 */
TERN_API void *tern_pb_map_get(const tern_pb_table *entry, const void *map, const void *key);
TERN_API void *tern_pb_map_put(const tern_pb_table *entry, void *map, const void *key,
                               tern_arena *arena) TERN_MUST_USE;
/* True when there was such an entry; the last entry takes its place. */
TERN_API bool tern_pb_map_delete(const tern_pb_table *entry, void *map, const void *key);

/* Presence of the field numbered `number`, by the rules of its mode; false for one not in the table. */
TERN_API bool tern_pb_has(const tern_pb_table *table, const void *msg, uint32_t number);

/* Makes the field absent (empty for repeated fields and maps; `which` 0 for a set oneof member). */
TERN_API void tern_pb_clear(const tern_pb_table *table, void *msg, uint32_t number);

/* Makes msg the empty message again, and forgets all memory that it held: it may be called after the
 * reset of the arena. */
TERN_API void tern_pb_clear_all(const tern_pb_table *table, void *msg);

/* The unknown fields as encoded bytes, in order; *out is empty when there are none, and lives as long
 * as the message does. arena is for tables that keep them in pieces, none does today. False when
 * there is no memory. */
TERN_API bool tern_pb_unknown_bytes(const tern_pb_table *table, const void *msg, tern_arena *arena,
                                    tern_bytes *out);

/* ---- extensions --------------------------------------------------------------------------------
 *
 * An extension is one tern_pb_extension: another one with its number, or that of another extendee, is
 * never found in its place. msg is a message of the extendee's type.
 */

/* The value: the address of the holder's member, which is a scalar, tern_str or tern_bytes, a pointer
 * to a message, or a { p, n, cap }. NULL when absent. */
TERN_API const void *tern_pb_extension_get(const tern_pb_extension *ext, const void *msg);

/*
 * The same for writing. It is made when absent: a zero with presence, the empty string, an empty
 * message, or a repeated field, which becomes present with its first element. NULL when there is no
 * memory; then it is absent still. An extension in msg with its number and another type is replaced.
 */
TERN_API void *tern_pb_extension_put(const tern_pb_extension *ext, void *msg,
                                     tern_arena *arena) TERN_MUST_USE;

TERN_API bool tern_pb_extension_has(const tern_pb_extension *ext, const void *msg);

/* Makes it absent. Unknown fields with its number stay. */
TERN_API void tern_pb_extension_clear(const tern_pb_extension *ext, void *msg);

/*
 * For messages that were decoded without a registry that has ext: the unknown fields with its number
 * are decoded, merged into its value and no longer unknown. Errors as tern_pb_decode has them; opts
 * may be NULL. On failure the unknown fields are as they were, and the value is an unspecified part.
 */
TERN_API tern_code tern_pb_extension_promote(const tern_pb_extension *ext, void *msg,
                                             tern_arena *arena, const tern_pb_decode_opts *opts,
                                             tern_error *err);

/* ---- registries --------------------------------------------------------------------------------
 *
 * A registry knows message types by name, and extensions by name and by number. It is filled by one
 * thread and then read by any. It borrows all that it is given: that must outlive it.
 */

/* owned; env borrowed, NULL for the default. NULL when there is no memory. */
TERN_API tern_pb_registry *tern_pb_registry_new(const tern_env *env) TERN_MUST_USE;

/* NULL is fine. */
TERN_API void tern_pb_registry_free(tern_pb_registry *reg);

/*
 * Adds all messages and extensions of the file, and of the files that it imports; one message; one
 * extension. What is there already may be added again.
 * ALREADY_EXISTS: something else has its name, or its number and extendee. RESOURCE_EXHAUSTED: no
 * memory. FAILED_PRECONDITION: ABI. After a failure a part of the file may have been added.
 */
TERN_API tern_code tern_pb_registry_add_file(tern_pb_registry *reg, const tern_pb_file *file,
                                             tern_error *err);
TERN_API tern_code tern_pb_registry_add_message(tern_pb_registry *reg, const tern_pb_table *table,
                                                tern_error *err);
TERN_API tern_code tern_pb_registry_add_extension(tern_pb_registry *reg,
                                                  const tern_pb_extension *ext, tern_error *err);

/* The message type "package.Message", or NULL. Those of google.protobuf that have a JSON form, and
 * Empty, are always known, even when reg is NULL. */
TERN_API const tern_pb_table *tern_pb_registry_message(const tern_pb_registry *reg,
                                                       tern_str full_name);

/* The extension with that number or name, or NULL. reg may be NULL. */
TERN_API const tern_pb_extension *tern_pb_registry_extension(const tern_pb_registry *reg,
                                                             const tern_pb_table *extendee,
                                                             uint32_t number);
TERN_API const tern_pb_extension *tern_pb_registry_extension_named(const tern_pb_registry *reg,
                                                                   tern_str full_name);

TERN_END_DECLS

#endif
