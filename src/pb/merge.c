/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge.c: one message into another, and so a deep copy: a merge into an empty one.
 *
 * What dst holds afterwards is what decoding dst's encoding and then src's gives. Everything that src
 * points to is copied; dst never shares memory with it.
 *
 * dst may be src itself: counts are read before a field grows, and pointers into it after that. Each
 * step leaves dst a valid message, so that a failure needs no undoing. One thread at a time, as the
 * arena.
 */
#include "pb/fault.h"
#include "pb/mem.h"
#include "pb/unknown.h"
#include "pb/walk.h"

#include <string.h>

typedef struct merger {
    tn_pb_mem mem;
    tn_pb_walk walk;
} merger;

/* A copy behind which a NUL stands, as behind what the decoder gives. */
static bool copy_string(tn_pb_mem *mem, tn_pb_str *to, const tn_pb_str *from)
{
    const size_t n = from->n;
    char *p = n < SIZE_MAX ? tn_arena_take1(mem->arena, n + 1) : NULL;
    if (!p)
        return false;
    if (n)
        memcpy(p, from->p, n);
    p[n] = '\0';
    *to = (tn_pb_str){ p, n };
    return true;
}

/* A value of any type but message; nothing has changed when there is no memory. */
static bool copy_value(tn_pb_mem *mem, tern_pb_type type, void *to, const void *from)
{
    if (tn_pb_is_string(type))
        return copy_string(mem, to, from);
    memcpy(to, from, tn_pb_type_size(type));
    return true;
}

static bool merge_singular(merger *m, const tn_pb_level *at)
{
    const tern_pb_field *f = at->f;
    const tern_pb_type type = tn_pb_type_of(f);
    if (!copy_value(&m->mem, type, at->to + f->offset, at->from + f->offset))
        return false;
    if (tn_pb_mode_of(f) == TERN_PB_ONEOF)
        *tn_pb_which(at->to, f) = tn_pb_number_of(f);
    else if (tn_pb_mode_of(f) == TERN_PB_EXPLICIT && !tn_pb_is_string(type))
        tn_pb_has_set(at->table, at->to, f);
    return true;
}

static bool merge_repeated(merger *m, const tn_pb_level *at)
{
    const tern_pb_type type = tn_pb_type_of(at->f);
    const size_t size = tn_pb_type_size(type);
    const tn_pb_array *from = tn_pb_array_of(at->from, at->f);
    tn_pb_array *to = (tn_pb_array *)(void *)(at->to + at->f->offset);
    const size_t n = from->n;
    if (!tn_pb_reserve(&m->mem, to, n, size))
        return false;
    if (!tn_pb_is_string(type)) {
        memcpy(to->p + to->n * size, from->p, n * size);
        to->n += n;
        return true;
    }
    for (size_t i = 0; i < n; i++, to->n++)
        if (!copy_value(&m->mem, type, to->p + to->n * size, from->p + i * size))
            return false;
    return true;
}

/* Puts a copy of the i-th entry into the map of dst; the message that is its value is `value`, or, for
 * a map of messages and NULL, an empty one. */
static bool put_entry(merger *m, const tn_pb_level *at, size_t i, void *value)
{
    const tern_pb_table *entry = at->table->subs[at->f->sub];
    tn_pb_map *map = (tn_pb_map *)(void *)(at->to + at->f->offset);
    char *to = tn_pb_map_pending(&m->mem, entry, map);
    if (!to)
        return false;
    const char *from = tn_pb_map_entry(at->table, at->from, at->f, i);
    for (unsigned k = TN_PB_MAP_KEY; k <= TN_PB_MAP_VALUE; k++) {
        const tern_pb_field *f = &entry->fields[k];
        if (tn_pb_is_message(tn_pb_type_of(f)))
            *(tn_pb_ptr *)(void *)(to + f->offset) = value;
        else if (!copy_value(&m->mem, tn_pb_type_of(f), to + f->offset, from + f->offset))
            return false;
    }
    return tn_pb_map_settle(&m->mem, entry, map);
}

static tn_pb_fault merge_map(merger *m, const tn_pb_level *at)
{
    const size_t n = tn_pb_array_of(at->from, at->f)->n;
    if (at->depth == TN_PB_DEPTH_MAX)
        return TN_PB_TOO_DEEP;
    for (size_t i = 0; i < n; i++)
        if (!put_entry(m, at, i, NULL))
            return TN_PB_NO_MEMORY;
    return TN_PB_FINE;
}

/* A field that is there and holds no messages. */
static tn_pb_fault merge_field(merger *m, const tn_pb_level *at, tn_pb_kind kind)
{
    if (kind == TN_PB_ENTRIES)
        return merge_map(m, at);
    const bool many = kind == TN_PB_SCALARS || kind == TN_PB_TEXTS;
    return (many ? merge_repeated(m, at) : merge_singular(m, at)) ? TN_PB_FINE : TN_PB_NO_MEMORY;
}

/* Merges fields from the one at hand on, up to one that holds messages. */
static tn_pb_fault merge_fields(merger *m, tn_pb_level *at)
{
    for (; at->f != at->end; at->f++) {
        const tn_pb_shape *shape = tn_pb_shape_of(at->f);
        if (!tn_pb_present(shape, at->table, at->from, at->f))
            continue;
        if (tn_pb_holds_messages(shape, at->table, at->f))
            break;
        const tn_pb_fault fault = merge_field(m, at, (tn_pb_kind)shape->kind);
        if (fault != TN_PB_FINE)
            return fault;
    }
    return TN_PB_FINE;
}

/* Makes the message of a singular field of dst, unless there is one; *to is it. */
static bool need_singular(merger *m, const tn_pb_level *at, bool empty, void **to)
{
    const tern_pb_field *f = at->f;
    tn_pb_ptr *slot = (tn_pb_ptr *)(void *)(at->to + f->offset);
    const bool oneof = tn_pb_mode_of(f) == TERN_PB_ONEOF;
    const bool other = oneof && *tn_pb_which(at->to, f) != tn_pb_number_of(f);
    void *msg = other ? NULL : *slot;
    if (!msg && !empty) {
        msg = tn_pb_take_message(&m->mem, tn_pb_message_table(at->table, f));
        if (!msg)
            return false;
    }
    if (oneof)
        *tn_pb_which(at->to, f) = tn_pb_number_of(f);
    *slot = *to = msg;
    return true;
}

/* Makes the message of dst that takes the i-th one of src's field. */
static bool need_message(merger *m, const tn_pb_level *at, const void *from, void **to)
{
    const tern_pb_field *f = at->f;
    const tern_pb_mode mode = tn_pb_mode_of(f);
    if (mode != TERN_PB_REPEATED && mode != TERN_PB_MAP)
        return need_singular(m, at, !from, to);
    *to = tn_pb_take_message(&m->mem, tn_pb_message_table(at->table, f));
    if (!*to)
        return false;
    if (mode == TERN_PB_MAP)
        return put_entry(m, at, at->i, *to);
    tn_pb_array *array = (tn_pb_array *)(void *)(at->to + f->offset);
    if (!tn_pb_reserve(&m->mem, array, at->n - at->i, sizeof(void *)))
        return false;
    ((tn_pb_ptr *)(void *)array->p)[array->n++] = *to;
    return true;
}

/* Goes into the next message of the field at hand, or on to the next field. */
static tn_pb_fault descend(merger *m, tn_pb_level *at)
{
    if (!tn_pb_walk_more(at))
        return TN_PB_FINE;
    const void *from = tn_pb_message_at(at->table, at->from, at->f, at->i);
    void *to;
    if (!from && tn_pb_mode_of(at->f) == TERN_PB_REPEATED)
        return TN_PB_NULL_ELEMENT;
    if (tn_pb_walk_below(&m->walk) > TN_PB_DEPTH_MAX)
        return TN_PB_TOO_DEEP;
    if (!need_message(m, at, from, &to))
        return TN_PB_NO_MEMORY;
    at->i++;
    if (from)
        tn_pb_walk_enter(&m->walk, from, to);
    return TN_PB_FINE;
}

/* Appends the unknown fields. Bytes that may not be pointed at are copied first, or by growth. */
static bool merge_unknown(merger *m, const tn_pb_level *at)
{
    const struct tern_pb_unknown *from = tn_pb_unknown_of(at->table, at->from);
    const struct tern_pb_unknown *to = tn_pb_unknown_of(at->table, at->to);
    if (!from || from->n == 0)
        return true;
    const size_t n = from->n;
    uint8_t *p = from->p;
    if (!to || to->cap == 0) {
        p = tn_arena_take1(m->mem.arena, n);
        if (!p)
            return false;
        memcpy(p, from->p, n);
    }
    return tn_pb_unknown_add(&m->mem, at->table, at->to, p, n, p[0]);
}

/* Behind the fields: goes into the next extension, or ends the message. *more is false at the end. */
static tn_pb_fault ascend(merger *m, tn_pb_level *at, bool *more)
{
    void *from, *to;
    const tern_pb_extension *ext = tn_pb_walk_value(at, &from);
    if (ext) {
        to = tn_pb_extension_need(&m->mem, at->table, at->to, ext);
        if (!to)
            return TN_PB_NO_MEMORY;
        tn_pb_walk_hold(&m->walk, ext, from, to);
        return TN_PB_FINE;
    }
    if (!merge_unknown(m, at))
        return TN_PB_NO_MEMORY;
    *more = tn_pb_walk_leave(&m->walk);
    return TN_PB_FINE;
}

static tn_pb_fault run(merger *m)
{
    for (bool more = true; more;) {
        tn_pb_level *at = m->walk.top;
        tn_pb_fault fault = merge_fields(m, at);
        if (fault == TN_PB_FINE)
            fault = at->f != at->end ? descend(m, at) : ascend(m, at, &more);
        if (fault != TN_PB_FINE)
            return fault;
    }
    return TN_PB_FINE;
}

tern_code tern_pb_merge(const tern_pb_table *table, void *dst, const void *src, tern_arena *arena,
                        tern_error *err)
{
    merger m;
    tern_error_clear(err);
    TN_TRY(tn_pb_check_abi(table, err));
    m.mem = tn_pb_mem_of(arena, SIZE_MAX);
    tn_pb_walk_start(&m.walk, table, src, dst);
    const tn_pb_fault fault = run(&m);
    const tn_pb_level *at = m.walk.top;
    if (fault == TN_PB_FINE)
        return TERN_OK;
    return tn_pb_fault_set(err, fault, at->table, at->f == at->end ? NULL : at->f, TN_PB_NOWHERE,
                           TN_PB_DEPTH_MAX);
}

void *tern_pb_copy(const tern_pb_table *table, const void *src, tern_arena *arena, tern_error *err)
{
    tern_error_clear(err);
    if (tn_pb_check_abi(table, err) != TERN_OK)
        return NULL;
    void *copy = tern_pb_new(table, arena);
    if (copy)
        return tern_pb_merge(table, copy, src, arena, err) == TERN_OK ? copy : NULL;
    (void)tn_pb_fault_set(err, TN_PB_NO_MEMORY, table, NULL, TN_PB_NOWHERE, 0);
    return NULL;
}
