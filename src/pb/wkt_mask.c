/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_mask.c: google.protobuf.FieldMask: paths into a message, as the .proto file names its fields.
 *
 * The order of paths is that of their names one after another, not of their bytes: "a", "a.b", "a-b".
 * So what lies in a message follows the message's own path at once, and one walk finds it.
 * JSON's form of a mask (lowerCamelCase, commas) is the JSON codec's.
 * No state; a message belongs to one thread at a time.
 */
#include "base/utf8.h"
#include "tern/wkt.h"

#include <string.h>

#define SHOWN_MAX 160 /* bytes of a path in an error */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Names with dots between them; a name does not begin with a digit. */
static bool is_path(tern_str path)
{
    bool begins = true;
    for (size_t i = 0; i < path.n; i++) {
        const char c = path.p[i];
        const bool digit = c >= '0' && c <= '9';
        if (begins ? !is_word(c) : !is_word(c) && !digit && c != '.')
            return false;
        begins = c == '.';
    }
    return !begins;
}

tern_code tern_field_mask_add(google_protobuf_FieldMask *mask, tern_str path, tern_arena *arena,
                              tern_error *err)
{
    tern_error_clear(err);
    if (!is_path(path)) {
        const int n = (int)(path.n > SHOWN_MAX ? tn_utf8_cut(path.p, SHOWN_MAX) : path.n);
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.FieldMask.paths: \"%.*s\" is not field names with "
                              "dots between them",
                              n, path.p ? path.p : "");
    }
    const tern_str own = tern_arena_copy(arena, path);
    tern_str *slot = own.p ? tern_pb_append(&mask->paths, sizeof(*slot), arena) : NULL;
    if (!slot)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "google.protobuf.FieldMask: no memory for a path");
    *slot = own;
    return TERN_OK;
}

/* Is `path` this one, or inside of it? */
static bool covers(tern_str outer, tern_str path)
{
    if (outer.n > path.n || (outer.n && memcmp(outer.p, path.p, outer.n) != 0))
        return false;
    return outer.n == path.n || path.p[outer.n] == '.';
}

bool tern_field_mask_contains(const google_protobuf_FieldMask *mask, tern_str path)
{
    for (size_t i = 0; mask && i < mask->paths.n; i++)
        if (covers(mask->paths.p[i], path))
            return true;
    return false;
}

/* The end of a path comes before a dot, a dot before all else. */
static unsigned rank_at(tern_str path, size_t i)
{
    if (i == path.n)
        return 0;
    return path.p[i] == '.' ? 1 : (unsigned)(unsigned char)path.p[i] + 2;
}

static bool is_before(tern_str a, tern_str b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    size_t i = 0;
    while (i < n && a.p[i] == b.p[i])
        i++;
    return rank_at(a, i) < rank_at(b, i);
}

/* Makes p[at] the root of a heap, the last on top, below which all heaps are in order. */
static void sift(tern_str *p, size_t at, size_t n)
{
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && is_before(p[child], p[child + 1]))
            child++;
        if (!is_before(p[at], p[child]))
            return;
        const tern_str moved = p[at];
        p[at] = p[child];
        p[child] = moved;
        at = child;
    }
}

/* A heap sort: qsort may allocate and recurse, and has inputs that make it slow. */
static void sort(tern_str *p, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(p, i, n);
    for (size_t end = n; end-- > 1;) {
        const tern_str last = p[0];
        p[0] = p[end];
        p[end] = last;
        sift(p, 0, end);
    }
}

void tern_field_mask_normalise(google_protobuf_FieldMask *mask)
{
    tern_str *p = mask->paths.p;
    sort(p, mask->paths.n);
    size_t kept = 0;
    for (size_t i = 0; i < mask->paths.n; i++)
        if (kept == 0 || !covers(p[kept - 1], p[i]))
            p[kept++] = p[i];
    mask->paths.n = kept;
}
