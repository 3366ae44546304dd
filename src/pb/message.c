/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c: making messages and asking what is in them, by table.
 */
#include "pb/mem.h"
#include "pb/walk.h"

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

bool tern_pb_has(const tern_pb_table *table, const void *msg, uint32_t number)
{
    const tern_pb_field *f = tn_pb_find(table, number);
    return f && tn_pb_present(tn_pb_shape_of(f), table, msg, f);
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
        if (!tn_pb_is_string(type) && !tn_pb_is_message(type))
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

void tern_pb_clear_all(const tern_pb_table *table, void *msg)
{
    memset(msg, 0, table->size);
}
