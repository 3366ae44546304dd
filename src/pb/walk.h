/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h: the way through a message, or through two of one type side by side, without recursion.
 *
 * Size, merge, comparison and the search for required fields go this way; they differ in what they do
 * with a field. A level is a message and the field of it at hand. A field that holds messages is
 * entered once for each of them, every other field is one step. Behind its fields come a message's
 * extensions: each is a level of its own, the holder, which is no deeper than the message.
 *
 * Not here: the codecs' own frames, which keep what a single pass over bytes needs.
 * Invariant: no level is deeper than TN_PB_DEPTH_MAX; depth counts as the codecs count it, where a
 * map's entry is a message too. Reads tables and messages alone: any thread.
 */
#ifndef TN_PB_WALK_H
#define TN_PB_WALK_H

#include "pb/extension.h"
#include "pb/map.h"

typedef struct tn_pb_level {
    const tern_pb_table *table;
    const tern_pb_field *f, *end; /* the field at hand; end when all are done */
    const char *from;             /* the message that is read */
    char *to;                     /* the other one, for walks of two */
    size_t i, n;                  /* messages of the field at hand: which is next, and how many */
    size_t value;                 /* the next extension */
    size_t depth;
    uint64_t mark; /* the walk's own */
} tn_pb_level;

typedef struct tn_pb_walk {
    tn_pb_level *top;
    tn_pb_level levels[2 * TN_PB_DEPTH_MAX + 2]; /* messages, and a holder each */
} tn_pb_walk;

static inline bool tn_pb_is_string(tern_pb_type type)
{
    return type == TERN_PB_STRING || type == TERN_PB_BYTES;
}

static inline bool tn_pb_is_message(tern_pb_type type)
{
    return type == TERN_PB_MESSAGE || type == TERN_PB_GROUP;
}

/* What a field holds, and how its presence is known: its op taken apart. */
typedef enum tn_pb_kind {
    TN_PB_NOTHING = 0, /* no op that a table holds */
    TN_PB_SCALAR,
    TN_PB_TEXT, /* a string or bytes */
    TN_PB_SUB,  /* a message or group */
    TN_PB_SCALARS,
    TN_PB_TEXTS,
    TN_PB_SUBS,
    TN_PB_ENTRIES
} tn_pb_kind;

typedef enum tn_pb_by {
    TN_PB_BY_VALUE = 0, /* the number at `at` is not zero */
    TN_PB_BY_BIT,       /* that, or the bit of the field */
    TN_PB_BY_WHICH
} tn_pb_by;

typedef struct tn_pb_shape {
    uint8_t kind, by;
    uint8_t at, width; /* where in the member the number is that tells, and its bytes: 1, 4 or 8 */
} tn_pb_shape;

#define TN_PB_SHAPES TERN_PB_OP(TERN_PB_TYPES, TERN_PB_MAP)

extern const tn_pb_shape tn_pb_shapes[TN_PB_SHAPES];

static inline const tn_pb_shape *tn_pb_shape_of(const tern_pb_field *f)
{
    TN_ASSERT(f->op < TN_PB_SHAPES);
    return &tn_pb_shapes[f->op];
}

/* True when the field, of that shape, is in the message, by the rules of its mode. */
bool tn_pb_present(const tn_pb_shape *shape, const tern_pb_table *table, const void *msg,
                   const tern_pb_field *f);

static inline const tn_pb_array *tn_pb_array_of(const char *msg, const tern_pb_field *f)
{
    return (const tn_pb_array *)(const void *)(msg + f->offset);
}

static inline const tern_pb_field *tn_pb_map_value(const tern_pb_table *table,
                                                   const tern_pb_field *f)
{
    return &table->subs[f->sub]->fields[TN_PB_MAP_VALUE];
}

/* The i-th entry of a map. */
static inline const char *tn_pb_map_entry(const tern_pb_table *table, const char *msg,
                                          const tern_pb_field *f, size_t i)
{
    return tn_pb_array_of(msg, f)->p + i * table->subs[f->sub]->size;
}

/* True for a field of messages, and for a map to messages. */
bool tn_pb_holds_messages(const tn_pb_shape *shape, const tern_pb_table *table,
                          const tern_pb_field *f);

/* The table of the messages in a field that holds some. */
const tern_pb_table *tn_pb_message_table(const tern_pb_table *table, const tern_pb_field *f);

/* The i-th message in a field that holds some; may be NULL. */
void *tn_pb_message_at(const tern_pb_table *table, const char *msg, const tern_pb_field *f,
                       size_t i);

/* ---- the way ---------------------------------------------------------------------------------- */

/* Begins at the outermost message. to may be NULL. */
void tn_pb_walk_start(tn_pb_walk *w, const tern_pb_table *table, const void *from, void *to);

/*
 * True when the field at hand, which is present and holds messages, has an i-th one; the caller counts
 * i. Else goes on to the next field. n is read once, so that a walk that adds to the field ends.
 */
bool tn_pb_walk_more(tn_pb_level *at);

/* True when the level at hand is the holder of an item of a MessageSet. */
bool tn_pb_walk_item(const tn_pb_walk *w);

/* The depth that what is in the field at hand has. A map's entry is a message, its value may be one; so
 * are an item of a MessageSet and what is in it. */
size_t tn_pb_walk_below(const tn_pb_walk *w);

/* Goes into a message of the field at hand; tn_pb_walk_below it is not too deep. */
void tn_pb_walk_enter(tn_pb_walk *w, const void *from, void *to);

/* The next extension of the message at hand that has a value, or NULL; *holder is where. */
const tern_pb_extension *tn_pb_walk_value(tn_pb_level *at, void **holder);

/* Goes into a holder of the message at hand. */
void tn_pb_walk_hold(tn_pb_walk *w, const tern_pb_extension *ext, const void *from, void *to);

/* Goes back to where the message at hand was entered; false when it is the outermost. */
static inline bool tn_pb_walk_leave(tn_pb_walk *w)
{
    if (w->top == w->levels)
        return false;
    w->top--;
    return true;
}

#endif
