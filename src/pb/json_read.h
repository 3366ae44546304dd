/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_read.h: the tokens of JSON (RFC 8259), read in memory of our own.
 *
 * The text has TN_JSON_SLACK zeros behind it, so that 48 bytes may be loaded anywhere and a scan ends by
 * itself. It is known to be UTF-8. A string is decoded where it stands: that only makes it shorter; its
 * closing quote, or what is before it, becomes a NUL.
 * A function takes the place to read at and returns the next one; NULL: it has failed, and where and
 * why is in the reader. One thread at a time.
 */
#ifndef TN_PB_JSON_READ_H
#define TN_PB_JSON_READ_H

#include "base/double.h"
#include "pb/json_scan.h"
#include "pb/table.h"

enum { TN_JSON_SLACK = 64 };

typedef struct tn_json_reader {
    const char *end;  /* of the text */
    const char *at;   /* where it failed */
    const char *what; /* why: static, or in an error of its own */
} tn_json_reader;

static inline char *tn_json_wrong(tn_json_reader *r, const char *at, const char *what)
{
    r->at = at;
    r->what = what;
    return NULL;
}

/* Behind spaces, tabs and ends of lines. */
static inline char *tn_json_space(char *p)
{
    while (TN_UNLIKELY((unsigned char)*p <= ' ') &&
           (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* The string whose first quote is at p, by the long way: from q on there may be escapes. */
char *tn_json_string_from(tn_json_reader *r, char *p, char *q, tn_pb_str *out);

/* The string at p, which must be one; for where speed counts. */
static inline char *tn_json_string_fast(tn_json_reader *r, char *p, tn_pb_str *out)
{
    if (TN_UNLIKELY(*p != '"'))
        return tn_json_wrong(r, p, "is not a string");
    char *q = p + 1;
    for (;;) {
        const unsigned plain = tn_json_plain16(q);
        q += plain;
        if (plain < 16)
            break;
    }
    if (TN_UNLIKELY(*q != '"'))
        return tn_json_string_from(r, p, q, out);
    *q = '\0';
    *out = (tn_pb_str){ p + 1, (size_t)(q - p - 1) };
    return q + 1;
}

/* The same, for everywhere else. */
char *tn_json_string(tn_json_reader *r, char *p, tn_pb_str *out);

/* Decodes the string at p (its first quote) into out, which has room for its bytes; the text stays. */
const char *tn_json_string_copy(tn_json_reader *r, const char *p, char *out, size_t *n);

/* Skips the string at p, judging its escapes. */
char *tn_json_skip_string(tn_json_reader *r, char *p);

/* Skips the value at p, objects and arrays up to `depth` deep. */
char *tn_json_skip(tn_json_reader *r, char *p, unsigned depth);

/* A number, or a string that holds one. */
char *tn_json_number(tn_json_reader *r, char *p, tn_decimal *out);

/* Skips one of true, false and null at p, when it is `word` of n bytes. */
static inline bool tn_json_word(const char *p, const char *word, size_t n)
{
    return memcmp(p, word, n) == 0;
}

/* What `what` says of too much nesting: it is no fault of the text alone. */
extern const char tn_json_too_deep[];

#endif
