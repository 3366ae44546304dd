/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.c: growth of repeated fields and maps, and the limits that options state.
 */
#include "pb/mem.h"

#include "base/options.h"

#include <string.h>

bool tn_pb_reserve(tn_pb_mem *mem, tn_pb_array *array, size_t more, size_t element_size)
{
    size_t need, bytes;
    if (__builtin_add_overflow(array->n, more, &need))
        return false;
    if (need <= array->cap)
        return true;
    /* Doubling keeps appends linear; a first packed run gets exactly what it needs. */
    size_t cap = array->cap <= SIZE_MAX / 2 ? array->cap * 2 : SIZE_MAX;
    cap = cap < 4 ? 4 : cap;
    cap = cap < need ? need : cap;
    if (__builtin_mul_overflow(cap, element_size, &bytes) || !tn_pb_spend(mem, bytes))
        return false;
    const size_t old_bytes = array->cap * element_size;
    char *p = tern_arena_grow(mem->arena, array->cap ? array->p : NULL, old_bytes, bytes);
    if (!p)
        return false;
    if (array->cap == 0 && array->n)
        memcpy(p, array->p, array->n * element_size);
    array->p = p;
    array->cap = cap;
    return true;
}

tern_code tn_pb_limits_read(const char *type, uint32_t *max_depth, size_t *memory_bytes,
                            tern_error *err)
{
    if (*max_depth > TN_PB_DEPTH_MAX)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "%s: max_depth is %u, at most %d is possible", type,
                              (unsigned)*max_depth, TN_PB_DEPTH_MAX);
    *max_depth = tn_option(*max_depth, TN_PB_DEPTH_MAX);
    if (*memory_bytes == 0)
        *memory_bytes = TN_PB_MEMORY_DEFAULT;
    else if (*memory_bytes == TERN_UNLIMITED)
        *memory_bytes = SIZE_MAX;
    return TERN_OK;
}
