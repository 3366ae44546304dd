/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extension.h: the extensions in a message, for every codec.
 *
 * A value hangs behind the message's unknown_ pointer, in a holder: a struct of one field that the
 * extension's own table describes. To a codec an extension is a field of another struct.
 * Invariant: a message's values are sorted by number, and each number is there once. A value may be
 * absent by the rules of its field's mode (a repeated one that is empty): codecs look.
 */
#ifndef TN_PB_EXTENSION_H
#define TN_PB_EXTENSION_H

#include "pb/unknown.h"

static inline const tern_pb_field *tn_pb_extension_field(const tern_pb_extension *ext)
{
    return &ext->holder->fields[0];
}

/* True for what an item of a MessageSet can be: one message. */
static inline bool tn_pb_is_single_message(const tern_pb_field *f)
{
    return tn_pb_mode_of(f) == TERN_PB_EXPLICIT &&
           (tn_pb_type_of(f) == TERN_PB_MESSAGE || tn_pb_type_of(f) == TERN_PB_GROUP);
}

static inline uint32_t tn_pb_extension_number(const tern_pb_extension *ext)
{
    return tn_pb_number_of(tn_pb_extension_field(ext));
}

/* How many values there are, absent ones too; they are tn_pb_extension_at(..., 0) and on. */
static inline size_t tn_pb_extension_count(const tern_pb_table *table, const void *msg)
{
    const struct tern_pb_unknown *u = tn_pb_unknown_of(table, msg);
    return u ? u->value_n : 0;
}

static inline tn_pb_extension_value tn_pb_extension_at(const tern_pb_table *table, const void *msg,
                                                       size_t i)
{
    return tn_pb_unknown_of(table, msg)->values[i];
}

/* The holder of ext in msg, present or not, or NULL. */
void *tn_pb_extension_holder(const tern_pb_table *table, const void *msg,
                             const tern_pb_extension *ext);

/*
 * The same; a zeroed one is made when there is none, and takes the place of another extension with
 * that number. NULL: no memory, then nothing has changed.
 */
void *tn_pb_extension_need(tn_pb_mem *mem, const tern_pb_table *table, void *msg,
                           const tern_pb_extension *ext);

#endif
