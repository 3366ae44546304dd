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
    /* The level at hand. */
    const tern_pb_table *table;
    const tern_pb_field *last; /* its last field */
    tn_pb_frame *top;          /* behind the frames in use */
    tn_pb_frame *stop;         /* no frame may be used from here on */
    /* What the loop has in registers, while a function is at work. */
    uint8_t *p, *limit;
    char *msg;
    const tern_pb_field *f; /* the field at hand, or the guess */
    uint64_t w;
    unsigned op;    /* where the loop goes on; 0: at the next tag */
    unsigned flags; /* of all tables of messages that came */
    bool required;  /* a message may lack a required field inside an extension */
    const tern_pb_registry *registry;
    const tern_pb_extension *only; /* the one extension that is known, when there is no registry */
    const uint8_t *at;             /* where a fault was found; f says in what */
    tn_pb_frame frames[2 * TN_PB_DEPTH_MAX + 2];
} tn_pb_decoder;

/* Stands in for the fields of a message that has none. Its tag is one that is an error anywhere. */
extern const tern_pb_field tn_pb_no_fields[1];

/* Makes the level at hand one of that table; its first field. */
static inline const tern_pb_field *tn_pb_level_at(tn_pb_decoder *d, const tern_pb_table *table)
{
    const tern_pb_field *first = table->fields;
    size_t n = table->field_count;
    if (TN_UNLIKELY(n == 0)) {
        first = tn_pb_no_fields;
        n = 1;
    }
    d->table = table;
    d->last = first + n - 1;
    return first;
}

/* There is room: top < stop, or the frame is a holder's. */
static inline void tn_pb_frame_push(tn_pb_decoder *d, char *msg, uint8_t *limit,
                                    const tern_pb_field *next, tn_pb_frame_kind kind)
{
    tn_pb_frame *top = d->top++;
    top->msg = msg;
    top->table = d->table;
    top->limit = limit;
    top->next = next;
    top->kind = kind;
}

/* Makes f the member of its oneof that is set; a pointer that another one left is none. */
static inline void tn_pb_choose(char *msg, const tern_pb_field *f)
{
    if (*tn_pb_which(msg, f) == tn_pb_number_of(f))
        return;
    *tn_pb_which(msg, f) = tn_pb_number_of(f);
    *(tn_pb_ptr *)(void *)(msg + f->offset) = NULL;
}

/* Decodes [p, limit) into msg. TN_PB_SLACK bytes behind limit are zero, and may be written. On a fault
 * d has its place. */
tn_pb_fault tn_pb_decode_run(tn_pb_decoder *d, const tern_pb_table *table, char *msg, uint8_t *p,
                             uint8_t *limit);

/* Notes where a fault is and in what; returns it. */
tn_pb_fault tn_pb_decode_fail(tn_pb_decoder *d, tn_pb_fault fault, const uint8_t *at,
                              const tern_pb_field *f);

/*
 * What the loop leaves to functions. Each takes d with what was in the loop's registers, and gives back
 * what it goes on with: an op with its f, p and w, or 0, p and w at the next tag or at limit.
 */

/* At a tag that the guesses missed. */
tn_pb_fault tn_pb_decode_tag(tn_pb_decoder *d);
/* p is behind the tag of an element, a number, of a repeated field. */
tn_pb_fault tn_pb_decode_unpacked(tn_pb_decoder *d);
/* At the end of a level that is no message. */
tn_pb_fault tn_pb_decode_end(tn_pb_decoder *d);
/* w is a number that the closed enum of f does not name; p is behind it. */
tn_pb_fault tn_pb_decode_unnamed(tn_pb_decoder *d);
/* The w bytes at p are packed numbers of the closed enum of f. */
tn_pb_fault tn_pb_decode_closed(tn_pb_decoder *d);
/* The w bytes at p are an entry of the map f. */
tn_pb_fault tn_pb_decode_entry(tn_pb_decoder *d);
/* p is behind the tag that begins the group f. */
tn_pb_fault tn_pb_decode_group(tn_pb_decoder *d);

/* Does the enum name the number? The slow way, and the usual one. */
bool tn_pb_closed_find(const tern_pb_enum *e, int32_t number);

static inline bool tn_pb_closed_knows(const tern_pb_enum *e, uint64_t number)
{
    const uint32_t i = (uint32_t)number - (uint32_t)e->values[0].number;
    return TN_LIKELY(i < e->dense) || tn_pb_closed_find(e, (int32_t)(uint32_t)number);
}

#endif
