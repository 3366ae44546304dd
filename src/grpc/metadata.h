/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.h: custom metadata between its public form and header fields.
 */
#ifndef TN_GRPC_METADATA_H
#define TN_GRPC_METADATA_H

#include "base/env.h"
#include "tern/arena.h"
#include "tern/metadata.h"

/* May a user send this pair? INVALID_ARGUMENT with a text that names key and rule: empty key, foreign
 * character, reserved name, value not printable ASCII. */
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

#endif
