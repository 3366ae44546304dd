/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h: the header fields of one block on their way out.
 *
 * A builder over memory that the connection keeps, so that a block allocates nothing in steady
 * state. tn_fields_begin says the bounds; adding beyond them is a bug of ours. The fields stand
 * until the next tn_fields_begin. One thread, that of the connection.
 */
#ifndef TN_GRPC_FIELDS_H
#define TN_GRPC_FIELDS_H

#include "base/buf.h"
#include "base/cursor.h"
#include "h2/hpack_field.h"
#include "tern/metadata.h"

typedef struct tn_fields {
    tn_buf memory; /* the array, then the text that values are encoded into */
    tn_h2_field *p;
    size_t n, cap;
    tn_wr text;
} tn_fields;

/* Room for `fixed` fields and these metadata (borrowed, may be NULL), and `text` octets besides.
 * False when there is no memory. */
bool tn_fields_begin(tn_fields *f, size_t fixed, const tern_metadata *metadata, size_t text);
void tn_fields_free(tn_fields *f);

/* Names and values are borrowed until the fields are used. */
void tn_fields_add(tn_fields *f, tn_h2_token token, tern_str value);
/* As tn_fields_add, the value percent-encoded into the builder's text: 9 * value.n or
 * TN_PERCENT_MAX octets of it, whichever is less. */
void tn_fields_add_percent(tn_fields *f, tn_h2_token token, tern_str value);
/* As tn_fields_add, the value in unpadded base64: tn_base64_encoded_size(n) octets of text. */
void tn_fields_add_base64(tn_fields *f, tn_h2_token token, tern_bytes value);
/* All of them, -bin values in base64. */
void tn_fields_add_metadata(tn_fields *f, const tern_metadata *metadata);

#endif
