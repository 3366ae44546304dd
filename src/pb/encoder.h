/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoder.h: the state of one encode (encode_run.c).
 */
#ifndef TN_PB_ENCODER_H
#define TN_PB_ENCODER_H

#include "pb/out.h"
#include "pb/sorted.h"
#include "pb/unknown.h"

/* What a level is that another one waits for. */
typedef enum tn_pb_level_kind {
    TN_PB_LEVEL_MESSAGE = 0,
    TN_PB_LEVEL_ELEMENT, /* a message of a repeated field; the frame serves all of them */
    TN_PB_LEVEL_GROUP,
    TN_PB_LEVEL_VALUE,  /* the message in a map's entry */
    TN_PB_LEVEL_HOLDER, /* of an extension: no message on the wire */
    TN_PB_LEVEL_ITEM    /* the message in an item of a MessageSet */
} tn_pb_level_kind;

/* A message that waits for the end of a level inside it. */
typedef struct tn_pb_encoder_frame {
    const char *msg;
    const tern_pb_table *table;
    const tern_pb_field *f; /* the field, or the extension's, that the level is the value of */
    size_t left;            /* elements of it still to be written; extensions for HOLDER and ITEM */
    size_t mark;            /* bytes that were written when the level began */
    uint32_t kind;          /* tn_pb_level_kind */
} tn_pb_encoder_frame;

typedef struct tn_pb_encoder {
    tn_pb_out *out;
    uintptr_t low; /* of out: its start, which may be NULL, and TN_PB_FIELD_ROOM */
    uint8_t *end;
    /* The level at hand; table is also that in which a fault was found, and field in what. */
    const tern_pb_table *table;
    const tern_pb_field *first;
    tn_pb_encoder_frame *top;  /* behind the frames in use */
    tn_pb_encoder_frame *stop; /* no frame may be used from here on, but for a holder */
    const tern_pb_field *field;
    tn_pb_sorted *sorted; /* borrowed: maps go by key; NULL: as they are */
    bool partial;         /* required fields may be missing */
    tn_pb_fault fault;    /* why there is no more room */
    tn_pb_encoder_frame frames[2 * TN_PB_DEPTH_MAX + 2]; /* messages, and a holder each */
} tn_pb_encoder;

/* Writes a varint before p, which has TN_PB_FIELD_ROOM; a tag of a field likewise. */
uint8_t *tn_pb_put_long_varint(uint8_t *p, uint64_t v);
uint8_t *tn_pb_put_long_tag(uint8_t *p, const tern_pb_field *f);

static inline uint8_t *tn_pb_put_varint(uint8_t *p, uint64_t v)
{
    if (TN_UNLIKELY(v >= 0x80))
        return tn_pb_put_long_varint(p, v);
    *--p = (uint8_t)v;
    return p;
}

static inline uint8_t *tn_pb_put_tag(uint8_t *p, const tern_pb_field *f)
{
    if (TN_UNLIKELY(f->tag_len != 1))
        return tn_pb_put_long_tag(p, f);
    *--p = f->tag[0];
    return p;
}

/* Is the text UTF-8? */
bool tn_pb_text_valid(const char *p, size_t n);

/* The elements of a repeated field, a tag each; and packed, behind one. */
tn_pb_fault tn_pb_put_unpacked(tn_pb_out *out, const tern_pb_field *f, const tn_pb_array *array);
tn_pb_fault tn_pb_put_packed(tn_pb_out *out, const tern_pb_field *f, const tn_pb_array *array);

/*
 * A map entry's front: its value, unless that is a message, which is written already, but for length
 * and tag; its key; then the entry's own length and tag. Both parts stand on the wire always.
 */
tn_pb_fault tn_pb_put_entry(tn_pb_out *out, const tern_pb_table *table, const tern_pb_field *map,
                            const char *entry, size_t mark);

tn_pb_fault tn_pb_put_unknown(tn_pb_out *out, const struct tern_pb_unknown *u);

/* Writes msg before what e->out holds. On a fault e says in what. */
tn_pb_fault tn_pb_encode_run(tn_pb_encoder *e, const tern_pb_table *table, const char *msg);

#endif
