/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h: messages as JSON, by the mapping that protobuf defines for it (ProtoJSON), both ways.
 *
 * What is read is RFC 8259 to the letter: no comments, trailing commas, single quotes or names twice.
 * Both the JSON name of a field and its name in the .proto are understood; extensions are
 * "[full.name]". The well-known types have their own forms. Unknown fields of a message have no form in
 * JSON: they are not printed.
 * Nothing is kept between calls; any thread. A message and an arena belong to one thread at a time.
 */
#ifndef TERN_JSON_H
#define TERN_JSON_H

#include "tern/pb.h"

TERN_BEGIN_DECLS

/* Zero fields mean the default. */
typedef struct tern_json_parse_opts {
    size_t size;         /* sizeof(tern_json_parse_opts) */
    size_t memory_bytes; /* arena memory one parse may take beside its input: 64 MiB;
                            TERN_UNLIMITED */
    uint32_t max_depth;  /* nesting of objects, and of arrays in Value: 100, and at most 100 */
    bool ignore_unknown; /* names of no field, and names of no enum value, are passed over */
    bool partial;        /* required fields may be missing */
    const tern_pb_registry *registry; /* knows what an Any may hold, and extensions; NULL: an Any
                                         holds well-known types alone, and there are no extensions */
} tern_json_parse_opts;

#define TERN_JSON_PARSE_OPTS(...)                                                                  \
    (&(tern_json_parse_opts){ .size = sizeof(tern_json_parse_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_json_parse_opts_init(tern_json_parse_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/* Zero fields mean the default. */
typedef struct tern_json_print_opts {
    size_t size;         /* sizeof(tern_json_print_opts) */
    uint32_t indent;     /* spaces a level, at most 16; 0: all on one line, without spaces */
    bool proto_names;    /* fields as the .proto names them */
    bool print_defaults; /* fields without presence are printed even when zero or empty */
    bool enum_numbers;   /* enum values as their numbers */
    const tern_pb_registry *registry; /* as above */
} tern_json_print_opts;

#define TERN_JSON_PRINT_OPTS(...)                                                                  \
    (&(tern_json_print_opts){ .size = sizeof(tern_json_print_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_json_print_opts_init(tern_json_print_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/*
 * Parses `in` (borrowed: copied into the arena once, then parsed in place) and merges it into *msg, as
 * tern_pb_decode would merge its encoding. What msg comes to point to is arena memory. Strings are
 * NUL-terminated. opts may be NULL.
 * INVALID_ARGUMENT: no JSON, or none of this message; the text is "pkg.Msg.field: what is wrong, at
 * line L column C", columns counted in characters. RESOURCE_EXHAUSTED: depth, memory_bytes or the
 * allocator. FAILED_PRECONDITION: the table's ABI. On failure *msg is valid but holds an unspecified
 * part.
 */
TERN_API tern_code tern_json_parse(const tern_pb_table *table, void *msg, tern_str in,
                                   tern_arena *arena, const tern_json_parse_opts *opts,
                                   tern_error *err);

/*
 * Prints msg (borrowed) into arena memory, NUL-terminated; *out is set on success only. Fields by rising
 * number, then extensions. 64-bit integers are strings; floating-point numbers have the fewest digits
 * that read back as the same. opts may be NULL.
 * INVALID_ARGUMENT: what has no form in JSON: a string that is not UTF-8, a Timestamp out of range, an
 * infinite Value, an Any of an unknown type, a NULL element in a repeated message field, ...
 * RESOURCE_EXHAUSTED: no memory, deeper than 100. FAILED_PRECONDITION: the table's ABI.
 */
TERN_API tern_code tern_json_print(const tern_pb_table *table, const void *msg, tern_arena *arena,
                                   const tern_json_print_opts *opts, tern_str *out,
                                   tern_error *err);

TERN_END_DECLS

#endif
