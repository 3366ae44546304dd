/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoder.h: the state of one decode, and what its loop (decode.c) leaves to functions (decode_rare.c):
 * all that is too rare to be worth a place among the hot ops.
 *
 * A frame is a level that waits for the one inside it. Most are messages; the others end in their own
 * ways. A holder's frame is that of the message that has the extension: the loop takes the holder for a
 * message of one field, which ends where a tag comes that is not its own. Such frames are no depth.
 * Invariant: frames + depth allowed + frames of holders == stop; each message has one holder open at
 * most, so that twice the depth is enough.
 */
#ifndef TN_PB_DECODER_H
#define TN_PB_DECODER_H

#include "pb/extension.h"
#include "pb/map.h"

typedef enum tn_pb_frame_kind {
    TN_PB_FRAME_MESSAGE = 0, /* ends at limit */
    TN_PB_FRAME_ENTRY,       /* at limit; map takes what was decoded */
    TN_PB_FRAME_GROUP,       /* at the tag `end` */
    TN_PB_FRAME_HOLDER,      /* at any other tag, or at limit */
    TN_PB_FRAME_ITEM         /* at limit; goes on at resume, behind the item */
} tn_pb_frame_kind;

typedef struct tn_pb_frame {
    char *msg;
    const tern_pb_table *table;
    uint8_t *limit;
    const tern_pb_field *next; /* the guess when it goes on */
    uint32_t kind;             /* tn_pb_frame_kind, of the level inside */
    uint32_t end;
    union {
        tn_pb_map *map;
        uint8_t *resume;
    };
} tn_pb_frame;

typedef struct tn_pb_decoder {
    tn_pb_mem mem;
    tn_pb_frame *stop; /* no frame may be used from here on */
    const tern_pb_registry *registry;
    const tern_pb_extension *only; /* the one extension that is known, when there is no registry */
    bool required;                 /* an extension may lack a required field */
    /* Where and in what a fault was found. */
    const uint8_t *at;
    const tern_pb_table *table;
    const tern_pb_field *field;
    tn_pb_frame frames[2 * TN_PB_DEPTH_MAX + 2];
} tn_pb_decoder;

/* A message and its table. */
typedef struct tn_pb_place {
    const tern_pb_table *table;
    char *msg;
} tn_pb_place;

/* Decodes [p, limit) into msg. TN_PB_SLACK bytes behind limit are zero, and may be written. On a fault
 * d has its place. */
tn_pb_fault tn_pb_decode_run(tn_pb_decoder *d, const tern_pb_table *table, char *msg, uint8_t *p,
                             uint8_t *limit);

/*
 * The field that a tag names, and the op that takes its value; NULL when the table has none, or has it
 * with another wire type. A repeated field that packs takes both of its forms.
 */
const tern_pb_field *tn_pb_resolve(const tern_pb_table *table, uint32_t tag, unsigned *op);

/* The known extension of the table's message that a tag names, and the op that takes its value, or
 * NULL. */
const tern_pb_extension *tn_pb_resolve_extension(const tn_pb_decoder *d, const tern_pb_table *table,
                                                 uint32_t tag, unsigned *op);

/* Keeps the field at *p, whose first bytes are in w, as it is, and moves *p behind it. */
tn_pb_fault tn_pb_keep_unknown(tn_pb_decoder *d, tn_pb_place at, uint8_t **p, const uint8_t *limit,
                               uint64_t w, size_t depth);

/* Keeps a number that the closed enum of f does not name. False: no memory. */
bool tn_pb_keep_number(tn_pb_decoder *d, tn_pb_place at, const tern_pb_field *f, uint64_t number);

/* Takes the packed numbers in [p, end); those that the enum does not name go to `unknown`. */
tn_pb_fault tn_pb_read_closed(tn_pb_decoder *d, tn_pb_place at, const tern_pb_field *f, uint8_t *p,
                              uint8_t *end, tn_pb_place unknown);

/*
 * Of the map f, whose values are of a closed enum, the entry in [p, end): when its value has no name
 * it is kept as an unknown field, and *kept is true. A malformed entry is not.
 */
tn_pb_fault tn_pb_keep_entry(tn_pb_decoder *d, tn_pb_place at, const tern_pb_field *f, uint8_t *p,
                             uint8_t *end, bool *kept);

/* What begins an item of a MessageSet: group 1. */
#define TN_PB_ITEM_START (1 << 3 | TN_PB_WIRE_SGROUP)

/* An item, and whose it is. */
typedef struct tn_pb_item {
    const tern_pb_extension *ext; /* NULL: one that is not known, or no item in order */
    uint8_t *p, *end;             /* the message */
    uint8_t *resume;              /* behind the item's end */
} tn_pb_item;

/* Reads the item whose inside begins at p. */
tn_pb_fault tn_pb_read_item(const tn_pb_decoder *d, const tern_pb_table *table, uint8_t *p,
                            const uint8_t *limit, size_t depth, tn_pb_item *item);

/* The message of an extension that is a single one; it is made when absent. NULL: no memory. */
void *tn_pb_item_message(tn_pb_decoder *d, tn_pb_place at, const tern_pb_extension *ext);

/* Does the enum name the number? The slow way, and the usual one. */
bool tn_pb_closed_find(const tern_pb_enum *e, int32_t number);

static inline bool tn_pb_closed_knows(const tern_pb_enum *e, uint64_t number)
{
    const uint32_t i = (uint32_t)number - (uint32_t)e->values[0].number;
    return TN_LIKELY(i < e->dense) || tn_pb_closed_find(e, (int32_t)(uint32_t)number);
}

#endif
