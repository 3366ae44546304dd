/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.c: building the field list of a block. See fields.h.
 */
#include "grpc/fields.h"
#include "base/assert.h"
#include "base/base64.h"
#include "grpc/metadata.h"
#include "grpc/percent.h"

/* What the builder keeps between blocks. */
enum { KEPT_BYTES = 4096 };

bool tn_fields_begin(tn_fields *f, size_t fixed, const tern_metadata *metadata, size_t text)
{
    const size_t custom = metadata ? metadata->n : 0;
    for (size_t i = 0; i < custom; i++)
        if (tn_metadata_is_bin(metadata->p[i].key))
            text += tn_base64_encoded_size(metadata->p[i].value.n);
    tn_buf_reset(&f->memory, KEPT_BYTES);
    const size_t array = (fixed + custom) * sizeof(tn_h2_field);
    uint8_t *room = tn_buf_room(&f->memory, array + text);
    if (!room)
        return false;
    f->p = (tn_h2_field *)(void *)room;
    f->n = 0;
    f->cap = fixed + custom;
    f->text = tn_wr_of(room + array, text);
    return true;
}

void tn_fields_free(tn_fields *f)
{
    tn_buf_free(&f->memory);
}

static void add(tn_fields *f, tn_h2_field field)
{
    TN_ASSERT(f->n < f->cap);
    f->p[f->n++] = field;
}

void tn_fields_add(tn_fields *f, tn_h2_token token, tern_str value)
{
    add(f,
        (tn_h2_field){ .name = tn_h2_token_name(token), .value = value, .token = (uint8_t)token });
}

/* The next n octets of text, written by the caller. */
static char *take_text(tn_fields *f, size_t n)
{
    TN_ASSERT(n <= tn_wr_left(&f->text));
    char *p = (char *)f->text.p;
    f->text.p += n;
    return p;
}

void tn_fields_add_percent(tn_fields *f, tn_h2_token token, tern_str value)
{
    char *p = (char *)f->text.p;
    const size_t left = tn_wr_left(&f->text);
    const size_t n = tn_percent_encode(p, left < TN_PERCENT_MAX ? left : TN_PERCENT_MAX, value);
    tn_fields_add(f, token, (tern_str){ take_text(f, n), n });
    f->p[f->n - 1].flags = TN_H2_FIELD_NO_INDEX;
}

static tern_str encode_base64(tn_fields *f, const void *p, size_t n)
{
    const size_t size = tn_base64_encoded_size(n);
    char *out = take_text(f, size);
    tn_base64_encode(out, p, n);
    return (tern_str){ out, size };
}

void tn_fields_add_base64(tn_fields *f, tn_h2_token token, tern_bytes value)
{
    tn_fields_add(f, token, encode_base64(f, value.p, value.n));
    f->p[f->n - 1].flags = TN_H2_FIELD_NO_INDEX;
}

void tn_fields_add_metadata(tn_fields *f, const tern_metadata *metadata)
{
    const size_t n = metadata ? metadata->n : 0;
    for (size_t i = 0; i < n; i++) {
        const tern_metadata_entry *e = &metadata->p[i];
        add(f, (tn_h2_field){ .name = e->key,
                              .value = tn_metadata_is_bin(e->key)
                                           ? encode_base64(f, e->value.p, e->value.n)
                                           : e->value });
    }
}
