/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_print.h: the inside of the JSON printer: its frames, and what the well-known types need of it.
 *
 * A frame is an object or array that is not closed yet. The place to write to travels through the
 * functions as p; one that gives NULL back has failed, and the error is set. One thread at a time.
 */
#ifndef TN_PB_JSON_PRINT_H
#define TN_PB_JSON_PRINT_H

#include "pb/json_out.h"
#include "pb/json_scan.h"
#include "pb/table.h"
#include "tern/json.h"

enum {
    TN_JSON_PRINT_NAMES = 64,      /* in the cache, a power of two */
    TN_JSON_PRINT_NAME_BYTES = 32, /* the longest, with its quotes, comma and colon */
    TN_JSON_PRINT_FRAMES =
        3 * TN_PB_DEPTH_MAX + 8,   /* an object may be in an array, and in an Any */
    TN_JSON_SCRATCH_MAX = 64 << 20 /* bytes of the messages in all Any of one print */
};

typedef enum tn_json_print_kind {
    TN_JSON_PRINT_MESSAGE,
    TN_JSON_PRINT_ARRAY,
    TN_JSON_PRINT_MAP,
    TN_JSON_PRINT_TAIL
} tn_json_print_kind;

typedef struct tn_json_print_frame {
    uint8_t kind;
    bool counted; /* in depth */
    char sep;     /* what stands before the next member: the bracket that opens, then commas */
    char close;
    const tern_pb_table *table; /* of the message, of the array's field, of the map's entries */
    const char *base;           /* the message; the first element or entry */
    const tern_pb_field *f;     /* the next field; the field of the array */
    size_t i, n;                /* the next extension, element or entry, and how many there are */
} tn_json_print_frame;

typedef struct tn_json_print_name {
    uint8_t n;
    char text[TN_JSON_PRINT_NAME_BYTES];
} tn_json_print_name;

typedef struct tn_json_printer {
    tn_json_out out;
    tern_json_print_opts opts;
    tern_code code;
    tern_error *err;
    const tern_pb_table *table; /* whose field is being printed, for errors */
    const tern_pb_field *field;
    unsigned depth;
    tn_json_print_frame *top;
    tern_arena *scratch; /* owned; the messages in Any; NULL until one is met */
    const tern_pb_field *cached[TN_JSON_PRINT_NAMES];
    tn_json_print_name names[TN_JSON_PRINT_NAMES];
    tn_json_print_frame frames[TN_JSON_PRINT_FRAMES];
} tn_json_printer;

/* All of these: NULL, the error is set. what: beside the names of message and field. */
char *tn_json_print_fail(tn_json_printer *j, tern_code code, const char *what);
char *tn_json_print_bad(tn_json_printer *j, const char *what);
char *tn_json_print_no_memory(tn_json_printer *j);

static inline char *tn_json_print_room(tn_json_printer *j, char *p, size_t n)
{
    p = tn_json_out_room(&j->out, p, n);
    return TN_LIKELY(p != NULL) ? p : tn_json_print_no_memory(j);
}

/* A string that must be UTF-8, in quotes. */
char *tn_json_print_text(tn_json_printer *j, char *p, const char *s, size_t n);

/* A value that is no message; TN_JSON_ROOM bytes have room at p, but what is returned may have less. */
char *tn_json_print_scalar(tn_json_printer *j, char *p, const tern_pb_table *table,
                           const tern_pb_field *f, tern_pb_type type, const void *value);

/* A name in the top frame with all that is around it. */
char *tn_json_print_name_of(tn_json_printer *j, char *p, const char *text);

/* Opens an object or array. False: too deep. */
bool tn_json_print_push(tn_json_printer *j, tn_json_print_frame fresh);

/* The same for a map, and for an array of messages: the field f of table. counted: in depth. */
bool tn_json_print_push_map(tn_json_printer *j, const tern_pb_table *entry, const tn_pb_map *map);
bool tn_json_print_push_array(tn_json_printer *j, const tern_pb_table *table,
                              const tern_pb_field *f, const tn_pb_array *array, bool counted);

/* A message of the kinds from TERN_PB_ANY on. *inner and *inner_msg are set when what it holds is to be
 * printed in its place, or behind what was written. */
char *tn_json_print_known(tn_json_printer *j, char *p, const tern_pb_table *table, const char *msg,
                          const tern_pb_table **inner, const char **inner_msg);

#endif
