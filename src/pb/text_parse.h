/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_parse.h: the state of one parse of text format: the messages that are open, and the error.
 *
 * A level is a message whose braces are open. There is no recursion: a level more for each brace,
 * and `of` remembers which field it is a value of, so that a list can go on behind it. text_parse.c
 * is the grammar of fields, text_read.c what it stores.
 * Invariant: no more levels than max_depth + 1. One thread, as the arena.
 */
#ifndef TN_PB_TEXT_PARSE_H
#define TN_PB_TEXT_PARSE_H

#include "base/buf.h"
#include "pb/mem.h"
#include "pb/text_value.h"
#include "tern/text.h"

/* Where values go: a field of a message, or of the holder of an extension. */
typedef struct tn_text_target {
    const tern_pb_table *table; /* of the struct that has the field; NULL: skip the value */
    const tern_pb_field *field; /* NULL, in errors: the message itself */
    char *base;                 /* the struct */
    bool extension;             /* table is a holder's */
} tn_text_target;

typedef struct tn_text_level {
    const tern_pb_table *table; /* NULL: inside of what is skipped */
    char *msg;
    tn_text_target of;
    tn_pb_map *map; /* msg is the pending entry of this map; or NULL */
    char *any;      /* msg becomes the value of this google.protobuf.Any; or NULL */
    tern_str url;   /* arena; its type_url */
    size_t seen;    /* where in the parser's `seen` this level's part starts, bytes */
    char close;     /* the kind of token that ends it */
    bool list;      /* an element of [ ] */
} tn_text_level;

typedef struct tn_text_parser {
    tn_text_lex lex;
    tn_pb_mem mem;
    tern_text_parse_opts opts; /* with its defaults */
    tern_error *err;
    tn_text_target at; /* what errors name */
    bool extended;     /* an extension may lack a required field */
    /* Words of a level: a bit a field that has stood in it, then the extensions that have. */
    tn_buf seen;
    tn_text_level *top;
    tn_text_level levels[TN_PB_DEPTH_MAX + 1];
} tn_text_parser;

/* INVALID_ARGUMENT: what is wrong with what stands at `where`, which is `which` (n 0: nothing to
 * cite). */
tern_code tn_text_wrong(tn_text_parser *p, const char *where, const char *what, tern_str which);

/* INVALID_ARGUMENT: the token at hand is none, or not what is wanted. */
tern_code tn_text_unexpected(tn_text_parser *p, const char *wanted);

/* RESOURCE_EXHAUSTED: budget or memory. */
tern_code tn_text_no_memory(tn_text_parser *p);

/* Reads one value that is no message into the target; the token behind it is then at hand. */
tern_code tn_text_read_value(tn_text_parser *p, const tn_text_target *to);

/* Reads one value and forgets it. */
tern_code tn_text_skip_value(tn_text_parser *p);

#endif
