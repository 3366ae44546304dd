/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unknown.c: skipping what a table does not name, and keeping its bytes.
 */
#include "pb/unknown.h"

#include <string.h>

uint8_t *tn_pb_skip(uint8_t *p, const uint8_t *limit, uint32_t tag, size_t depth,
                    tn_pb_fault *fault)
{
    uint32_t ends[TN_PB_DEPTH_MAX]; /* the end tags of the groups that are open, innermost last */
    size_t open = 0;
    TN_ASSERT(depth <= TN_PB_DEPTH_MAX);
    for (;;) {
        tn_pb_varint r;
        switch ((tn_pb_wire)(tag & 7)) {
        case TN_PB_WIRE_VARINT:
        case TN_PB_WIRE_LEN:
            r = tn_pb_varint_read(p);
            if (!r.p) {
                *fault = TN_PB_LONG_VARINT;
                return NULL;
            }
            p = r.p;
            if ((tag & 7) == TN_PB_WIRE_VARINT)
                break;
            if (r.v > TN_PB_SIZE_MAX || (ptrdiff_t)r.v > limit - p) {
                *fault = r.v > TN_PB_SIZE_MAX ? TN_PB_LENGTH : TN_PB_TRUNCATED;
                return NULL;
            }
            p += r.v;
            break;
        case TN_PB_WIRE_I64: p += 8; break;
        case TN_PB_WIRE_I32: p += 4; break;
        case TN_PB_WIRE_SGROUP:
            if (open == depth) {
                *fault = TN_PB_TOO_DEEP;
                return NULL;
            }
            ends[open++] = tag + 1;
            break;
        case TN_PB_WIRE_EGROUP:
            if (open == 0 || ends[--open] != tag) {
                *fault = TN_PB_GROUP_END;
                return NULL;
            }
            break;
        default: *fault = TN_PB_WIRE_TYPE; return NULL;
        }
        if (p > limit || (p == limit && open)) {
            *fault = TN_PB_TRUNCATED;
            return NULL;
        }
        if (open == 0)
            return p;
        const tn_pb_tag next = tn_pb_tag_read(tn_pb_load64(p));
        if (next.fault) {
            *fault = (tn_pb_fault)next.fault;
            return NULL;
        }
        tag = next.v;
        p += next.len;
    }
}

/* Room for n more bytes in a copy of our own. */
static bool grow(tn_pb_mem *mem, struct tern_pb_unknown *u, size_t n)
{
    size_t need, cap = u->cap;
    if (__builtin_add_overflow(u->n, n, &need) || need > SIZE_MAX / 2)
        return false;
    if (need <= cap)
        return true;
    cap = need < 2 * cap ? 2 * cap : need;
    cap = cap < 64 ? 64 : cap;
    if (!tn_pb_spend(mem, cap))
        return false;
    uint8_t *p = tern_arena_grow(mem->arena, u->cap ? u->p : NULL, u->cap, cap);
    if (!p)
        return false;
    if (!u->cap && u->n)
        memcpy(p, u->p, u->n);
    u->p = p;
    u->cap = cap;
    return true;
}

struct tern_pb_unknown *tn_pb_unknown_need(tn_pb_mem *mem, const tern_pb_table *table, void *msg)
{
    if (table->unknown_offset == TERN_PB_NONE)
        return NULL;
    tn_pb_ptr *slot = (tn_pb_ptr *)(void *)((char *)msg + table->unknown_offset);
    if (!*slot) {
        struct tern_pb_unknown *u = tn_pb_take(mem, sizeof(*u));
        if (u)
            *u = (struct tern_pb_unknown){ .p = NULL };
        *slot = u;
    }
    return *slot;
}

bool tn_pb_unknown_copy(tn_pb_mem *mem, const tern_pb_table *table, void *msg, const uint8_t *p,
                        size_t n)
{
    if (table->unknown_offset == TERN_PB_NONE || n == 0)
        return true;
    struct tern_pb_unknown *u = tn_pb_unknown_need(mem, table, msg);
    if (!u || !grow(mem, u, n))
        return false;
    memcpy(u->p + u->n, p, n);
    u->n += n;
    return true;
}

bool tn_pb_unknown_add(tn_pb_mem *mem, const tern_pb_table *table, void *msg, uint8_t *p, size_t n,
                       uint8_t first)
{
    if (table->unknown_offset == TERN_PB_NONE)
        return true;
    struct tern_pb_unknown *u = tn_pb_unknown_need(mem, table, msg);
    if (!u)
        return false;
    if (u->cap == 0 && p[0] == first && (u->n == 0 || u->p + u->n == p)) {
        u->p = u->n ? u->p : p;
        u->n += n;
        return true;
    }
    if (!tn_pb_unknown_copy(mem, table, msg, p, n) || !u->p)
        return false;
    u->p[u->n - n] = first;
    return true;
}

bool tern_pb_unknown_bytes(const tern_pb_table *table, const void *msg, tern_arena *arena,
                           tern_bytes *out)
{
    (void)arena; /* they lie in one piece always */
    const struct tern_pb_unknown *u = tn_pb_unknown_of(table, msg);
    *out = u ? (tern_bytes){ u->p, u->n } : (tern_bytes){ NULL, 0 };
    return true;
}
