/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c: making messages and asking what is in them, by table.
 */
#include "pb/mem.h"

#include <string.h>

void *tern_pb_new(const tern_pb_table *table, tern_arena *arena)
{
    void *msg = tern_arena_alloc(arena, table->size);
    return msg ? memset(msg, 0, table->size) : NULL;
}

void *tern_pb_append(void *repeated, size_t element_size, tern_arena *arena)
{
    tn_pb_array *array = repeated;
    tn_pb_mem mem = tn_pb_mem_of(arena, SIZE_MAX);
    if (array->n >= array->cap && !tn_pb_reserve(&mem, array, 1, element_size))
        return NULL;
    return memset(array->p + array->n++ * element_size, 0, element_size);
}

static bool is_string(tern_pb_type type)
{
    return type == TERN_PB_STRING || type == TERN_PB_BYTES;
}

static bool is_message(tern_pb_type type)
{
    return type == TERN_PB_MESSAGE || type == TERN_PB_GROUP;
}

bool tern_pb_has(const tern_pb_table *table, const void *msg, uint32_t number)
{
    const tern_pb_field *f = tn_pb_find(table, number);
    if (!f)
        return false;
    const tern_pb_type type = tn_pb_type_of(f);
    const void *p = (const char *)msg + f->offset;
    switch (tn_pb_mode_of(f)) {
    case TERN_PB_IMPLICIT:
        if (is_string(type))
            return ((const tn_pb_str *)p)->n != 0;
        return is_message(type) ? *(const tn_pb_ptr *)p != NULL : tn_pb_nonzero(type, p);
    case TERN_PB_EXPLICIT:
        if (is_string(type))
            return ((const tn_pb_str *)p)->p != NULL;
        if (is_message(type))
            return *(const tn_pb_ptr *)p != NULL;
        return tn_pb_has_bit(table, msg, f) || tn_pb_nonzero(type, p);
    case TERN_PB_ONEOF: return *tn_pb_which_of(msg, f) == number;
    case TERN_PB_REPEATED:
    case TERN_PB_PACKED:
    case TERN_PB_MAP: return ((const tn_pb_array *)p)->n != 0;
    }
    return false;
}

void tern_pb_clear(const tern_pb_table *table, void *msg, uint32_t number)
{
    const tern_pb_field *f = tn_pb_find(table, number);
    if (!f)
        return;
    const tern_pb_type type = tn_pb_type_of(f);
    void *p = (char *)msg + f->offset;
    switch (tn_pb_mode_of(f)) {
    case TERN_PB_EXPLICIT:
        if (!is_string(type) && !is_message(type))
            tn_pb_has_reset(table, msg, f);
        memset(p, 0, tn_pb_type_size(type));
        return;
    case TERN_PB_IMPLICIT: memset(p, 0, tn_pb_type_size(type)); return;
    case TERN_PB_ONEOF:
        if (*tn_pb_which(msg, f) == number)
            *tn_pb_which(msg, f) = 0;
        return;
    case TERN_PB_REPEATED:
    case TERN_PB_PACKED: ((tn_pb_array *)p)->n = 0; return;
    case TERN_PB_MAP:
        /* The index tells of entries that are gone; it must not fit again by chance. */
        ((tn_pb_map *)p)->n = 0;
        ((tn_pb_map *)p)->index = NULL;
        return;
    }
}
