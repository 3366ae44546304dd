/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extension.c: the values of extensions: found, made, removed, and read out of unknown fields.
 *
 * The list of a message is an array sorted by number; numbers mostly come in rising order, so that
 * taking one in is adding at the end. One thread at a time, as the arena.
 */
#include "pb/extension.h"

#include "pb/decode.h"
#include "pb/walk.h"

#include <string.h>

/* The index of the value with that number, or where it belongs. */
static size_t place_of(const struct tern_pb_unknown *u, uint32_t number)
{
    size_t low = 0, high = u->value_n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (tn_pb_extension_number(u->values[middle].ext) < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool stands_at(const struct tern_pb_unknown *u, size_t i, const tern_pb_extension *ext)
{
    return i < u->value_n && u->values[i].ext == ext;
}

void *tn_pb_extension_holder(const tern_pb_table *table, const void *msg,
                             const tern_pb_extension *ext)
{
    const struct tern_pb_unknown *u = tn_pb_unknown_of(table, msg);
    if (!u || u->value_n == 0)
        return NULL;
    const size_t i = place_of(u, tn_pb_extension_number(ext));
    return stands_at(u, i, ext) ? u->values[i].holder : NULL;
}

/* Room for one value more. */
static bool reserve_one(tn_pb_mem *mem, struct tern_pb_unknown *u)
{
    tn_pb_array array = { (char *)u->values, u->value_n, u->value_cap };
    if (u->value_n < u->value_cap)
        return true;
    if (array.n >= UINT32_MAX / 2 || !tn_pb_reserve(mem, &array, 1, sizeof(*u->values)))
        return false;
    u->values = (tn_pb_extension_value *)(void *)array.p;
    u->value_cap = (uint32_t)array.cap;
    return true;
}

void *tn_pb_extension_need(tn_pb_mem *mem, const tern_pb_table *table, void *msg,
                           const tern_pb_extension *ext)
{
    const uint32_t number = tn_pb_extension_number(ext);
    struct tern_pb_unknown *u = tn_pb_unknown_need(mem, table, msg);
    if (!u)
        return NULL;
    const size_t i = place_of(u, number);
    if (stands_at(u, i, ext))
        return u->values[i].holder;
    const bool other = i < u->value_n && tn_pb_extension_number(u->values[i].ext) == number;
    void *holder = tn_pb_take_message(mem, ext->holder);
    if (!holder || (!other && !reserve_one(mem, u)))
        return NULL;
    if (!other) {
        memmove(u->values + i + 1, u->values + i, (u->value_n - i) * sizeof(*u->values));
        u->value_n++;
    }
    u->values[i] = (tn_pb_extension_value){ ext, holder };
    return holder;
}

/* ---- the public face -------------------------------------------------------------------------- */

const void *tern_pb_extension_get(const tern_pb_extension *ext, const void *msg)
{
    const tern_pb_field *f = tn_pb_extension_field(ext);
    const char *holder = tn_pb_extension_holder(ext->extendee, msg, ext);
    return holder && tn_pb_present(tn_pb_shape_of(f), ext->holder, holder, f) ? holder + f->offset
                                                                              : NULL;
}

bool tern_pb_extension_has(const tern_pb_extension *ext, const void *msg)
{
    return tern_pb_extension_get(ext, msg) != NULL;
}

void *tern_pb_extension_put(const tern_pb_extension *ext, void *msg, tern_arena *arena)
{
    tn_pb_mem mem = tn_pb_mem_of(arena, SIZE_MAX);
    const tern_pb_field *f = tn_pb_extension_field(ext);
    char *holder = tn_pb_extension_need(&mem, ext->extendee, msg, ext);
    if (!holder)
        return NULL;
    char *member = holder + f->offset;
    switch (tn_pb_shape_of(f)->kind) {
    case TN_PB_SCALAR: tn_pb_has_set(ext->holder, holder, f); break;
    case TN_PB_TEXT: {
        tn_pb_str *s = (tn_pb_str *)(void *)member;
        s->p = s->p ? s->p : "";
        break;
    }
    case TN_PB_SUB: {
        tn_pb_ptr *sub = (tn_pb_ptr *)(void *)member;
        if (!*sub)
            *sub = tn_pb_take_message(&mem, ext->holder->subs[f->sub]);
        return *sub ? member : NULL;
    }
    default: break;
    }
    return member;
}

void tern_pb_extension_clear(const tern_pb_extension *ext, void *msg)
{
    struct tern_pb_unknown *u = tn_pb_unknown_for(ext->extendee, msg);
    if (!u)
        return;
    const size_t i = place_of(u, tn_pb_extension_number(ext));
    if (!stands_at(u, i, ext))
        return;
    u->value_n--;
    memmove(u->values + i, u->values + i + 1, (u->value_n - i) * sizeof(*u->values));
}
