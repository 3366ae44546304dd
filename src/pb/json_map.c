/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_map.c: parsing objects that are maps.
 *
 * An entry is parsed in the memory behind the last one of the map, and becomes a part of it when its
 * value is whole.
 */
#include "pb/json_parse.h"
#include "pb/map.h"

#include <string.h>

/* The key at p into the entry, and the colon behind it. */
static TN_JSON_APART char *take_key(tn_json_parser *j, char *p, const tern_pb_table *entry,
                                    char *fresh)
{
    const tern_pb_field *f = &entry->fields[TN_PB_MAP_KEY];
    char *slot = fresh + f->offset;
    if (*p != '"')
        return tn_json_bad(j, p, "a name in quotes is wanted here");
    if (tn_pb_type_of(f) == TERN_PB_BOOL) {
        tn_pb_str s;
        char *next = tn_json_string(&j->r, p, &s);
        if (!next)
            return NULL;
        const bool yes = s.n == 4 && memcmp(s.p, "true", 4) == 0;
        if (!yes && !(s.n == 5 && memcmp(s.p, "false", 5) == 0))
            return tn_json_bad(j, p, "is neither \"true\" nor \"false\"");
        *(bool *)slot = yes;
        p = next;
    } else {
        p = tn_json_scalar(j, p, entry, f, slot, j->names);
    }
    if (!p)
        return NULL;
    p = tn_json_space(p);
    return *p == ':' ? tn_json_space(p + 1) : tn_json_bad(j, p, "a colon is wanted here");
}

/* The entry i, which the map had before, has come; *twice: not for the first time. False: no memory. */
static TN_JSON_RARE bool see_again(tn_json_parser *j, tn_json_frame *top, size_t i, bool *twice)
{
    const size_t bytes = (top->old + 63) / 64 * sizeof(uint64_t);
    if (!top->again) {
        top->again = tn_pb_take(&j->mem, bytes);
        if (!top->again)
            return false;
        memset(top->again, 0, bytes);
    }
    const uint64_t bit = UINT64_C(1) << (i % 64);
    *twice = top->again[i / 64] & bit;
    top->again[i / 64] |= bit;
    return true;
}

/* The entry that has been parsed becomes one of the map's. */
static TN_JSON_RARE char *settle(tn_json_parser *j, char *p, tn_json_frame *top)
{
    tn_pb_map *map = (tn_pb_map *)(void *)top->msg;
    const tern_pb_table *entry = top->table;
    const tern_pb_field *f = &entry->fields[TN_PB_MAP_KEY];
    const size_t n = map->n;
    top->pending = false;
    if (!tn_pb_map_settle(&j->mem, entry, map))
        return tn_json_no_memory(j, p);
    if (TN_LIKELY(map->n != n))
        return p;
    /* It replaced one: of this very object, unless the map had it before. */
    const char *fresh = map->p + n * entry->size;
    const char *had = tern_pb_map_get(entry, map, fresh + f->offset);
    const size_t i = had ? (size_t)(had - map->p) / entry->size : n;
    bool twice = true;
    if (i < top->old && !see_again(j, top, i, &twice))
        return tn_json_no_memory(j, p);
    return twice ? tn_json_bad(j, p, "a key that stands there twice") : p;
}

/* Entries of the top frame's map, until one opens a frame or it is closed. */
char *tn_json_entries(tn_json_parser *j, char *p, tn_json_frame *top)
{
    const tern_pb_table *entry = top->table;
    const tern_pb_field *value = &entry->fields[TN_PB_MAP_VALUE];
    const tern_pb_type type = tn_pb_type_of(value);
    for (;;) {
        bool more;
        if (top->pending && !(p = settle(j, p, top)))
            return NULL;
        p = tn_json_step(j, p, '}', &more);
        if (TN_UNLIKELY(!p))
            return NULL;
        if (!more) {
            tn_json_pop(j);
            return p;
        }
        char *fresh = tn_pb_map_pending(&j->mem, entry, (tn_pb_map *)(void *)top->msg);
        if (!fresh)
            return tn_json_no_memory(j, p);
        j->table = entry;
        j->field = &entry->fields[TN_PB_MAP_KEY];
        p = take_key(j, p, entry, fresh);
        if (!p)
            return NULL;
        j->field = value;
        if (*p == 'n' && !tn_json_takes_null(entry, value))
            return tn_json_bad(j, p, "null cannot be a value of this map");
        j->passed_over = false;
        if (type == TERN_PB_MESSAGE || type == TERN_PB_GROUP) {
            top->pending = true;
            p = tn_json_open(j, p, entry->subs[value->sub],
                             tn_json_need_message(j, entry, value, fresh), top->at);
            if (!p || j->top != top)
                return p;
        } else {
            p = tn_json_scalar(j, p, entry, value, fresh + value->offset, top->at);
            if (!p)
                return NULL;
            top->pending = !j->passed_over;
        }
    }
}
