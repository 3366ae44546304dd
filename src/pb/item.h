/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item.h: encoded fields read one by one, without a table: unknown fields, and descriptors.
 *
 * For looking and printing, not for speed: every byte is checked. A group's start and end come as items of
 * their own.
 */
#ifndef TN_PB_ITEM_H
#define TN_PB_ITEM_H

#include "base/cursor.h"
#include "pb/table.h"

typedef struct tn_pb_item {
    uint32_t number;
    tn_pb_wire wire;
    uint64_t v;       /* VARINT, I64, I32 */
    const uint8_t *p; /* LEN: n bytes, borrowed */
    size_t n;
} tn_pb_item;

/* False at the end, and when what follows is no field. */
bool tn_pb_item_read(tn_rd *from, tn_pb_item *item);

/* Do these bytes read as the fields of a message, groups nested at most `depth` deep and all
 * closed? */
bool tn_pb_item_is_message(const uint8_t *p, size_t n, size_t depth);

#endif
