/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h: messages in protobuf's text format, both ways: for configuration, tests and logs.
 *
 *   name: "tern"  tags: ["a", "b"]  origin { x: 1 y: -0.5 }  [pkg.extension]: true   # a comment
 *
 * The same tables drive it that drive the binary codec. Text that comes from strangers is held to a
 * depth and to a budget of memory; nothing depends on the locale.
 * Text Format Language Specification, protobuf.dev/reference/protobuf/textformat-spec.
 */
#ifndef TERN_TEXT_H
#define TERN_TEXT_H

#include "tern/pb.h"

TERN_BEGIN_DECLS

struct tern_pb_registry;

/* How to parse. Zero fields mean the default. */
typedef struct tern_text_parse_opts {
    size_t size;         /* sizeof(tern_text_parse_opts) */
    size_t memory_bytes; /* arena memory that one text may take: 64 MiB; TERN_UNLIMITED */
    const struct tern_pb_registry
        *registry;      /* borrowed; extensions, and the messages that an Any may
                            hold, are looked up in it. NULL: google.protobuf's own messages alone */
    uint32_t max_depth; /* nesting of messages and map entries: 100, and at most 100 */
    bool partial;       /* missing required fields are fine */
} tern_text_parse_opts;

#define TERN_TEXT_PARSE_OPTS(...)                                                                  \
    (&(tern_text_parse_opts){ .size = sizeof(tern_text_parse_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_text_parse_opts_init(tern_text_parse_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/* How to print. Zero fields mean the default. */
typedef struct tern_text_print_opts {
    size_t size; /* sizeof(tern_text_print_opts) */
    const struct tern_pb_registry
        *registry;      /* borrowed; an Any of a message in it is printed as that
                            message. NULL: google.protobuf's own messages alone */
    bool single_line;   /* spaces instead of newlines and indentation */
    bool print_unknown; /* unknown fields too, by number. Nothing but a debugger reads them back */
} tern_text_print_opts;

#define TERN_TEXT_PRINT_OPTS(...)                                                                  \
    (&(tern_text_print_opts){ .size = sizeof(tern_text_print_opts), __VA_ARGS__ })

/* The same for C++: all defaults, size filled. */
static inline void tern_text_print_opts_init(tern_text_print_opts *opts)
{
    memset(opts, 0, sizeof(*opts));
    opts->size = sizeof(*opts);
}

/*
 * Parses `in` (borrowed) into *msg. What msg comes to point to is arena memory, strings
 * NUL-terminated. A field that msg holds already is replaced; repeated fields and maps are added
 * to, messages merged into. Inside one pair of braces a field that is not repeated may stand once
 * only, and of a oneof one field; but a message may stand again, and is merged. opts may be NULL.
 * INVALID_ARGUMENT: not text format, not of this message, a required field missing, a string that
 * must be UTF-8 and is not, options that this library does not know. RESOURCE_EXHAUSTED: depth,
 * memory_bytes or the allocator. FAILED_PRECONDITION: the table's ABI. The error's text says where:
 * "pkg.Msg.field: what is wrong, at line 3 column 14" (a column is a character, a tab too); what is
 * missing is nowhere.
 * On failure *msg is valid but holds an unspecified part.
 */
TERN_API tern_code tern_text_parse(const tern_pb_table *table, void *msg, tern_str in,
                                   tern_arena *arena, const tern_text_parse_opts *opts,
                                   tern_error *err);

/*
 * Prints msg (borrowed) into arena memory, NUL-terminated; *out is set on success only. Fields
 * stand by rising number, then extensions, then unknown fields if they are asked for; map entries
 * as they stand in the map. What is printed is parsed again as an equal message, but for unknown
 * fields; how it looks may change with versions of this library. opts may be NULL.
 * RESOURCE_EXHAUSTED: no memory, or deeper than 100. INVALID_ARGUMENT: a NULL element in a repeated
 * message field, or options that this library does not know. FAILED_PRECONDITION: the table's ABI.
 */
TERN_API tern_code tern_text_print(const tern_pb_table *table, const void *msg, tern_arena *arena,
                                   const tern_text_print_opts *opts, tern_str *out,
                                   tern_error *err);

TERN_END_DECLS

#endif
