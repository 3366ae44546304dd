/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.h: what the decoder needs of maps: taking in an entry that was decoded behind the last one.
 */
#ifndef TN_PB_MAP_H
#define TN_PB_MAP_H

#include "pb/mem.h"

/* The fields of an entry's table. */
enum { TN_PB_MAP_KEY = 0, TN_PB_MAP_VALUE = 1 };

/* The zeroed memory of an entry behind the last one, not yet part of the map; NULL: no memory. */
void *tn_pb_map_pending(tn_pb_mem *mem, const tern_pb_table *entry, tn_pb_map *map);

/*
 * The entry at p[n] of the map, with room for it in cap, becomes a part of the map: it replaces the
 * one with its key, or is the new last one. A key or value that did not come gets its default.
 * False when there is no memory; then the map is as it was.
 */
bool tn_pb_map_settle(tn_pb_mem *mem, const tern_pb_table *entry, tn_pb_map *map);

#endif
