/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_parse.h: the inside of the JSON parser: its frames, and what is remembered of names.
 *
 * Names come again and again in the same order. Each one that was looked up is kept with its quote and
 * colon behind it, and remembers which came next the last time; so most members cost one comparison of
 * 32 bytes. Names of enum values are kept in the same way.
 * A frame is an object or array that is not closed yet. One thread at a time.
 */
#ifndef TN_PB_JSON_PARSE_H
#define TN_PB_JSON_PARSE_H

#include "pb/json_read.h"
#include "pb/mem.h"
#include "tern/json.h"

enum {
    TN_JSON_NAMES = 80,  /* remembered */
    TN_JSON_SLOTS = 256, /* where they are looked for, and how many in a row */
    TN_JSON_PROBES = 4,
    TN_JSON_NAME_MAX = 30, /* the longest that is */
    TN_JSON_SEEN = 32,     /* words of bits that need no arena memory */
    TN_JSON_FRAMES = 2 * TN_PB_DEPTH_MAX + 8
};

typedef struct tn_json_name {
    const void *owner; /* a table, or an enum; NULL: no name */
    const tern_pb_field *field;
    int32_t number;
    uint32_t wanted;                 /* a bit for each byte of text that counts */
    struct tn_json_name *next;       /* what came behind it last; never NULL */
    struct tn_json_name *first;      /* what came first in its value last: a name, or an enum's */
    uint32_t n;                      /* bytes of text */
    char text[TN_JSON_NAME_MAX + 2]; /* name":  or  VALUE"  */
} tn_json_name;

/* What an extension was seen in an object. */
typedef struct tn_json_seen_ext {
    const tern_pb_extension *ext;
    struct tn_json_seen_ext *next;
} tn_json_seen_ext;

typedef enum tn_json_kind {
    TN_JSON_MESSAGE,
    TN_JSON_ARRAY,
    TN_JSON_MAP,
    TN_JSON_ANY_VALUE /* an Any of a well-known type: "@type" and "value" */
} tn_json_kind;

/* An Any whose message is being parsed. */
typedef struct tn_json_any {
    const tern_pb_table *table, *inner;
    char *msg, *held;
    tern_str url;
    bool has_type, has_value; /* they have come, in this pass */
} tn_json_any;

typedef struct tn_json_frame {
    uint8_t kind;
    bool counted;               /* in depth */
    bool first;                 /* nothing has come yet */
    bool pending;               /* MAP: the entry behind the last one is being parsed */
    uint32_t seen;              /* MESSAGE: where its bits begin */
    const tern_pb_table *table; /* of the message, of the array's field, of the map's entries */
    const tern_pb_field
        *f;               /* ARRAY: its field; MESSAGE: the last one that was looked up, or NULL */
    char *msg;            /* the message; the { p, n, cap } of the array or map */
    tn_json_name **guess; /* MESSAGE: where the next name is guessed, and remembered */
    tn_json_name *at;     /* ARRAY, MAP: the name of its field */
    size_t old;           /* MAP: entries that were there before */
    uint64_t *again;      /* MAP: bits of those of them that have come; arena, or NULL: none */
    tn_json_seen_ext *exts; /* MESSAGE: extensions that have come; arena */
    tn_json_any *any;       /* MESSAGE, ANY_VALUE: the Any whose braces these are, or NULL; arena */
} tn_json_frame;

typedef struct tn_json_parser {
    tn_json_reader r;
    tn_pb_mem mem;
    tern_json_parse_opts opts;
    tern_code code;             /* what it has failed with; TERN_OK: see r */
    const tern_pb_table *table; /* whose field is being parsed, for errors */
    const tern_pb_field *field;
    unsigned depth;
    bool passed_over; /* the value was an enum's unknown name: there is none */
    char said[200];   /* r.what, when it is not static */
    tn_json_frame *top;
    uint64_t *seen; /* bits of the fields that have come, of all open messages; arena or seen_own */
    uint32_t seen_n, seen_cap;
    uint32_t name_n;
    uint8_t slots[TN_JSON_SLOTS]; /* by hash: index into names; 0: none */
    uint64_t seen_own[TN_JSON_SEEN];
    tn_json_name names[TN_JSON_NAMES + 1]; /* the first stands for none, and is scratch */
    tn_json_frame frames[TN_JSON_FRAMES];  /* the first is below the outermost value */
} tn_json_parser;

/* ---- names remembered ------------------------------------------------------------------------ */

/* Does the text behind p[0], a quote, begin with what e holds? */
static inline bool tn_json_matches(const tn_json_name *e, const char *p)
{
#ifdef __SSE2__
    const __m128i *have = (const __m128i *)(const void *)(p + 1);
    const __m128i *want = (const __m128i *)(const void *)e->text;
    const __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128(have), _mm_loadu_si128(want));
    const __m128i high = _mm_cmpeq_epi8(_mm_loadu_si128(have + 1), _mm_loadu_si128(want + 1));
    const uint32_t equal = (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high)
                                                                  << 16;
    return (~equal & e->wanted) == 0;
#else
    return memcmp(p + 1, e->text, e->n) == 0;
#endif
}

/*
 * What is remembered under the name of n bytes, 1 to TN_JSON_NAME_MAX, behind the quote at p; or NULL, and
 * *slot is for tn_json_remember.
 */
tn_json_name *tn_json_recall(tn_json_parser *j, const void *owner, const char *p, size_t n,
                             uint8_t **slot);

/* Remembers the name of n bytes at p in that slot, and whether a colon stands behind it. */
tn_json_name *tn_json_remember(tn_json_parser *j, uint8_t *slot, const void *owner, const char *p,
                               size_t n, bool colon);

/* How many bytes the name behind the quote at p has, when it may be remembered; else 0. */
static inline size_t tn_json_short_name(const char *p)
{
    size_t n = tn_json_plain16(p + 1);
    if (n == 16)
        n += tn_json_plain16(p + 17);
    return n <= TN_JSON_NAME_MAX && p[1 + n] == '"' ? n : 0;
}

/* ---- the parts ------------------------------------------------------------------------------- */

/* All of these: NULL is a failure that is set. */
char *tn_json_fail(tn_json_parser *j, tern_code code, const char *at, const char *what);
char *tn_json_bad(tn_json_parser *j, const char *at, const char *what);
char *tn_json_no_memory(tn_json_parser *j, const char *at);

/* Parses the value at p into msg, or pushes the frame that does. at: the name of its field. */
char *tn_json_open(tn_json_parser *j, char *p, const tern_pb_table *table, char *msg,
                   tn_json_name *at);

/* The same for the kinds from TERN_PB_ANY on, and for null where it stands for a value. */
char *tn_json_open_known(tn_json_parser *j, char *p, const tern_pb_table *table, char *msg,
                         tn_json_name *at);

/* Is null a value of the field, and not its absence? */
bool tn_json_takes_null(const tern_pb_table *table, const tern_pb_field *f);

/* A value that is no message into slot. */
char *tn_json_scalar(tn_json_parser *j, char *p, const tern_pb_table *table, const tern_pb_field *f,
                     void *slot, tn_json_name *at);

/* The message in a single field, made when it is not there; NULL: no memory, and nothing is said. */
char *tn_json_need_message(tn_json_parser *j, const tern_pb_table *table, const tern_pb_field *f,
                           char *msg);

/* Makes f present in msg, which has its value: scalars with a bit, oneofs. */
void tn_json_set(const tern_pb_table *table, const tern_pb_field *f, char *msg);

bool tn_json_push_message(tn_json_parser *j, const char *p, const tern_pb_table *table, char *msg,
                          tn_json_name *at, tn_json_any *any);
bool tn_json_push(tn_json_parser *j, const char *p, tn_json_frame fresh);

/* Ends the top frame. */
static inline void tn_json_pop(tn_json_parser *j)
{
    j->depth -= j->top->counted;
    j->top--;
}

/* The entries of the top frame, a MAP, until one opens a frame or it is closed. */
char *tn_json_entries(tn_json_parser *j, char *p, tn_json_frame *top);

/* The braces of an Any are closed: its message becomes its value. */
char *tn_json_end_any(tn_json_parser *j, char *p, const tn_json_any *any);

/* The value of "@type", whose name is at `at`, is at p: it was read when the Any was opened. */
char *tn_json_any_type(tn_json_parser *j, char *p, const char *at, tn_json_any *any);

/* The members of the top frame, an ANY_VALUE. */
char *tn_json_any_members(tn_json_parser *j, char *p, tn_json_frame *top);

/* Steps to a member or element of the top frame; *more is false behind its closing bracket. */
char *tn_json_step(tn_json_parser *j, char *p, char close, bool *more);

#endif
