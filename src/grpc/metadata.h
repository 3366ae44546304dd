/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.h: custom metadata between its public form and header fields (PROTOCOL-HTTP2,
 * Custom-Metadata).
 */
#ifndef TN_GRPC_METADATA_H
#define TN_GRPC_METADATA_H

#include "base/env.h"
#include "h2/hpack_field.h"
#include "tern/arena.h"
#include "tern/metadata.h"

/* Values that one block may hold after -bin fields were split at their commas: a header list of 16
 * KiB could be 16,000 of them, each an entry of 32 bytes. */
enum { TN_METADATA_MAX_VALUES = 1024 };

/* May a user send this pair? INVALID_ARGUMENT with a text that names key and rule: empty key,
 * foreign character, reserved name, value not printable ASCII. */
tern_code tn_metadata_check(tern_str key, tern_str value, tern_error *err);

/* A list that grows in an arena; zeroed is empty. */
typedef struct tn_metadata_list {
    tern_metadata_entry *p;
    size_t n, cap;
} tn_metadata_list;

/* Copies key and value into the arena (values NUL-terminated). False when there is no memory. */
bool tn_metadata_add(tn_metadata_list *list, tern_arena *arena, tern_str key, tern_str value);

static inline tern_metadata tn_metadata_view(const tn_metadata_list *list)
{
    return (tern_metadata){ list->p, list->n };
}

/* Does the value of this key travel in base64? */
bool tn_metadata_is_bin(tern_str key);

/*
 * The custom metadata among received fields (borrowed, with the decoder's flags), copied into the
 * arena: what HTTP/2 and gRPC use themselves is left out; outer blanks are gone; a -bin field is
 * split at its commas, then each part decoded. Keys and values are NUL-terminated. INTERNAL: *bad
 * is a -bin field that is not base64. RESOURCE_EXHAUSTED: no memory (*bad NULL) or too many values
 * (*bad the field that passed the bound).
 */
tern_code tn_metadata_decode(tern_arena *arena, const tn_h2_field *fields, size_t n,
                             tern_metadata *out, const tn_h2_field **bad);

#endif
