/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.c: the growth of the output, and strings: 16 bytes a step, as long as none needs an escape.
 */
#include "pb/json_out.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "pb/json_scan.h"

#include <string.h>

char *tn_json_out_init(tn_json_out *o, tern_arena *arena)
{
    const size_t room = tn_arena_room(arena);
    *o = (tn_json_out){ .arena = arena };
    o->start = tn_arena_take(arena, room);
    o->end = o->start + room;
    return o->start;
}

char *tn_json_out_grow(tn_json_out *o, char *p, size_t n)
{
    const size_t used = (size_t)(p - o->start), had = (size_t)(o->end - o->start);
    if (used > SIZE_MAX / 4 || n > SIZE_MAX / 4 || had > SIZE_MAX / 4)
        return NULL;
    const size_t least = used + n, cap = least > 2 * had ? least + 1024 : 2 * had;
    const tern_env *env = o->arena->env;
    char *heap = tn_realloc(env, o->heap, o->heap_n, cap);
    if (!heap)
        return NULL;
    if (!o->heap) {
        memcpy(heap, o->start, used);
        tn_arena_shrink(o->arena, o->start, had, 0);
    }
    o->heap = o->start = heap;
    o->heap_n = cap;
    o->end = heap + cap;
    return heap + used;
}

void tn_json_out_fini(tn_json_out *o)
{
    if (o->heap)
        tn_free(o->arena->env, o->heap, o->heap_n);
    else
        tn_arena_shrink(o->arena, o->start, (size_t)(o->end - o->start), 0);
}

bool tn_json_out_take(tn_json_out *o, const char *p, tern_str *out)
{
    const size_t n = (size_t)(p - o->start);
    if (o->heap) {
        *out = tern_arena_copy(o->arena, (tern_str){ o->heap, n });
        tn_json_out_fini(o);
        return out->p != NULL;
    }
    o->start[n] = '\0';
    tn_arena_shrink(o->arena, o->start, (size_t)(o->end - o->start), n + 1);
    *out = (tern_str){ o->start, n };
    return true;
}

/* One character that may need an escape. */
static char *put_escaped(char *p, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "btn\0fr"; /* of 8 to 13 */
    if (c >= 0x20 && c != '"' && c != '\\') {
        *p = (char)c;
        return p + 1;
    }
    p[0] = '\\';
    p[1] = (char)c;
    if (c >= 0x20)
        return p + 2;
    if (c >= 8 && c <= 13 && c != 11) {
        p[1] = shorts[c - 8];
        return p + 2;
    }
    p[1] = 'u';
    p[2] = p[3] = '0';
    p[4] = hex[c >> 4];
    p[5] = hex[c & 15];
    return p + 6;
}

/* Fewer than 16 bytes; *high collects their top bits. */
static inline char *put_tail(char *p, const char *s, size_t n, uint64_t *high)
{
    if (n >= 8) {
        const uint64_t head = tn_pb_load64(s), tail = tn_pb_load64(s + n - 8);
        if (TN_LIKELY(!(tn_json_special64(head) | tn_json_special64(tail)))) {
            *high |= head | tail;
            tn_pb_store64(p, head);
            tn_pb_store64(p + n - 8, tail);
            return p + n;
        }
    } else if (n >= 4) {
        const uint32_t head = tn_pb_load32(s), tail = tn_pb_load32(s + n - 4);
        const uint64_t both = (uint64_t)tail << 32 | head;
        if (TN_LIKELY(!tn_json_special64(both))) {
            *high |= both;
            tn_pb_store32(p, head);
            tn_pb_store32(p + n - 4, tail);
            return p + n;
        }
    }
    for (size_t i = 0; i < n; i++) {
        *high |= (unsigned char)s[i];
        p = put_escaped(p, (unsigned char)s[i]);
    }
    return p;
}

char *tn_json_put_string(tn_json_out *o, char *p, const char *s, size_t n, bool *bad)
{
    const char *const first = s;
    size_t left = n;
    uint64_t high = 0;
    p = tn_json_out_room(o, p, TN_JSON_ROOM + 120);
    if (TN_UNLIKELY(!p))
        return NULL;
    *p++ = '"';
    while (left >= 16) {
        p = tn_json_out_room(o, p, TN_JSON_ROOM + 120);
        if (TN_UNLIKELY(!p))
            return NULL;
        unsigned plain = tn_json_copy16(p, s, &high);
        p += plain;
        s += plain;
        left -= plain;
        if (TN_UNLIKELY(plain < 16)) {
            p = put_escaped(p, (unsigned char)*s++);
            left--;
        }
    }
    p = tn_json_out_room(o, p, TN_JSON_ROOM + 120);
    if (TN_UNLIKELY(!p))
        return NULL;
    p = put_tail(p, s, left, &high);
    if (TN_UNLIKELY(high & TN_PB_HIGH_BITS) && !tn_utf8_valid(first, n))
        *bad = true;
    *p = '"';
    return p + 1;
}

char *tn_json_put_bytes(tn_json_out *o, char *p, const void *s, size_t n)
{
    if (n > SIZE_MAX / 8)
        return NULL;
    const size_t size = tn_base64_encoded_size(n);
    p = tn_json_out_room(o, p, size + 8 + TN_JSON_ROOM);
    if (!p)
        return NULL;
    *p++ = '"';
    if (n)
        tn_base64_encode(p, s, n);
    p += size;
    for (size_t i = size; i % 4; i++)
        *p++ = '=';
    *p = '"';
    return p + 1;
}
