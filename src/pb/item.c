/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item.c: one encoded field after the other.
 */
#include "pb/item.h"

static bool read_varint(tn_rd *from, uint64_t *v)
{
    uint8_t octet = 0x80;
    *v = 0;
    for (unsigned shift = 0; octet & 0x80; shift += 7) {
        if (shift >= 7 * TN_PB_VARINT_MAX || !tn_rd_u8(from, &octet))
            return false;
        *v |= (uint64_t)(octet & 0x7f) << shift;
    }
    return true;
}

/* n bytes, the low one first. */
static bool read_fixed(tn_rd *from, size_t n, uint64_t *v)
{
    const uint8_t *p;
    if (!tn_rd_bytes(from, n, &p))
        return false;
    *v = 0;
    for (size_t i = n; i-- > 0;)
        *v = *v << 8 | p[i];
    return true;
}

bool tn_pb_item_read(tn_rd *from, tn_pb_item *item)
{
    uint64_t tag;
    if (!read_varint(from, &tag) || tag > UINT32_MAX || tag < 8)
        return false;
    *item = (tn_pb_item){ .number = (uint32_t)tag >> 3, .wire = (tn_pb_wire)(tag & 7) };
    switch (item->wire) {
    case TN_PB_WIRE_VARINT: return read_varint(from, &item->v);
    case TN_PB_WIRE_I64: return read_fixed(from, 8, &item->v);
    case TN_PB_WIRE_I32: return read_fixed(from, 4, &item->v);
    case TN_PB_WIRE_LEN:
        if (!read_varint(from, &item->v) || item->v > tn_rd_left(from))
            return false;
        item->n = (size_t)item->v;
        return tn_rd_bytes(from, item->n, &item->p);
    case TN_PB_WIRE_SGROUP:
    case TN_PB_WIRE_EGROUP: return true;
    default: return false;
    }
}

bool tn_pb_item_is_message(const uint8_t *p, size_t n, size_t depth)
{
    uint32_t open[TN_PB_DEPTH_MAX];
    const size_t most = depth < TN_PB_DEPTH_MAX ? depth : TN_PB_DEPTH_MAX;
    size_t at = 0;
    tn_rd from = tn_rd_of(p, n);
    tn_pb_item item;
    while (tn_rd_left(&from)) {
        if (!tn_pb_item_read(&from, &item))
            return false;
        if (item.wire == TN_PB_WIRE_EGROUP) {
            if (at == 0 || open[--at] != item.number)
                return false;
        } else if (item.wire == TN_PB_WIRE_SGROUP) {
            if (at == most)
                return false;
            open[at++] = item.number;
        }
    }
    return at == 0;
}
