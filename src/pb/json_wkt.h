/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_wkt.h: the text forms that the well-known types have in JSON: RFC 3339 for Timestamp, seconds
 * for Duration, lowerCamelCase for the paths of a FieldMask; and base64 of any kind.
 *
 * Works on numbers and bytes, and reads messages through their tables alone. No state, any thread.
 */
#ifndef TN_PB_JSON_WKT_H
#define TN_PB_JSON_WKT_H

#include "pb/json_scan.h"
#include "pb/table.h"

/* What the times take in characters, with quotes. */
enum { TN_JSON_TIME_CHARS = 40 };

/* Write without quotes and return what is behind. NULL when out of range: *what says how. */
TN_JSON_RARE char *tn_json_put_timestamp(char *p, int64_t seconds, int32_t nanos,
                                         const char **what);
TN_JSON_RARE char *tn_json_put_duration(char *p, int64_t seconds, int32_t nanos, const char **what);

/* Read the n characters at s. False: not that form, or out of range. */
TN_JSON_RARE bool tn_json_timestamp(const char *s, size_t n, int64_t *seconds, int32_t *nanos);
TN_JSON_RARE bool tn_json_duration(const char *s, size_t n, int64_t *seconds, int32_t *nanos);

/* The path in lowerCamelCase, n characters at most. NULL when that would not read back as the path. */
TN_JSON_RARE char *tn_json_put_path(char *p, const char *path, size_t n);

/* The lowerCamelCase path of n characters as the .proto has it; out has room for 2 * n. NULL: it is
 * none. Returns what is behind. */
TN_JSON_RARE char *tn_json_path(char *out, const char *s, size_t n);

/* Decodes base64, of either alphabet, padded or not, in place. SIZE_MAX: it is not base64. */
size_t tn_json_base64(char *s, size_t n);

/* The field of a well-known type with that number, if it is of the type that it should be; else NULL:
 * a pool may hold others of that name. Modes are any of a single value. */
const tern_pb_field *tn_json_part(const tern_pb_table *table, uint32_t number, tern_pb_type type);

#endif
