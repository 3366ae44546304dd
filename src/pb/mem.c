/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.c: growth of repeated fields and maps.
 */
#include "pb/mem.h"

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
