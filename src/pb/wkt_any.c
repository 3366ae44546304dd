/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wkt_any.c: google.protobuf.Any: a message with the name of its type, put together and taken apart.
 *
 * Type URLs are names, never addresses: nothing is looked up, and only what follows the last slash
 * is compared. They come from peers, so they may be long, and any bytes.
 * No state, any thread.
 */
#include "base/utf8.h"
#include "pb/table.h"
#include "tern/wkt.h"

#include <string.h>

#define SHOWN_MAX 160 /* bytes of a type URL in an error: two of them fit, and the words */

/* A piece that fits into an error. */
static tern_str shown(tern_str s)
{
    return (tern_str){ s.p, s.n > SHOWN_MAX ? tn_utf8_cut(s.p, SHOWN_MAX) : s.n };
}

tern_str tern_any_name(const google_protobuf_Any *any)
{
    const tern_str url = any ? any->type_url : (tern_str){ 0 };
    size_t at = url.n;
    while (at && url.p[at - 1] != '/')
        at--;
    if (at == 0 || at == url.n)
        return (tern_str){ 0 };
    return (tern_str){ url.p + at, url.n - at };
}

bool tern_any_is(const google_protobuf_Any *any, const tern_pb_table *table)
{
    return tern_str_equal(tern_any_name(any), tern_str_of(table->full_name));
}

/* prefix, slash and name, with a NUL behind them; absent when there is no memory. */
static tern_str make_url(tern_str prefix, const char *name, tern_arena *arena)
{
    const size_t name_n = strlen(name);
    const size_t slash = prefix.n == 0 || prefix.p[prefix.n - 1] != '/';
    size_t n;
    if (__builtin_add_overflow(prefix.n, slash + name_n, &n) || n == SIZE_MAX)
        return (tern_str){ 0 };
    char *p = tern_arena_alloc(arena, n + 1);
    if (!p)
        return (tern_str){ 0 };
    if (prefix.n)
        memcpy(p, prefix.p, prefix.n);
    if (slash)
        p[prefix.n] = '/';
    memcpy(p + prefix.n + slash, name, name_n + 1);
    return (tern_str){ p, n };
}

tern_code tern_any_pack_as(google_protobuf_Any *any, tern_str prefix, const tern_pb_table *table,
                           const void *msg, tern_arena *arena, tern_error *err)
{
    tern_bytes value;
    const tern_code code = tern_pb_encode(table, msg, arena, &value, err);
    if (code != TERN_OK)
        return code;
    const tern_str url = make_url(prefix, table->full_name, arena);
    if (!url.p)
        return tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Any: no memory for the type_url of %s",
                              table->full_name);
    *any = (google_protobuf_Any){ .type_url = url, .value = value };
    return TERN_OK;
}

tern_code tern_any_pack(google_protobuf_Any *any, const tern_pb_table *table, const void *msg,
                        tern_arena *arena, tern_error *err)
{
    return tern_any_pack_as(any, TERN_STR(TERN_ANY_PREFIX), table, msg, arena, err);
}

/* TERN_OK when it says that it holds the table's type. */
static tern_code check_type(const google_protobuf_Any *any, const tern_pb_table *table,
                            tern_error *err)
{
    if (!any)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Any: absent, wanted %s", table->full_name);
    const tern_str name = tern_any_name(any);
    if (!name.p)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Any.type_url: \"%.*s\" has no slash with the name "
                              "of a type behind it, wanted %s",
                              TERN_FMT(shown(any->type_url)), table->full_name);
    if (!tern_any_is(any, table))
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "google.protobuf.Any: holds a %.*s, wanted %s", TERN_FMT(shown(name)),
                              table->full_name);
    return TERN_OK;
}

void *tern_any_unpack(const google_protobuf_Any *any, const tern_pb_table *table, tern_arena *arena,
                      const tern_pb_decode_opts *opts, tern_error *err)
{
    tern_error_clear(err);
    if (tn_pb_check_abi(table, err) != TERN_OK || check_type(any, table, err) != TERN_OK)
        return NULL;
    void *msg = tern_pb_new(table, arena);
    if (!msg) {
        (void)tern_error_set(err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                             "google.protobuf.Any: no memory for a %s", table->full_name);
        return NULL;
    }
    return tern_pb_decode(table, msg, any->value, arena, opts, err) == TERN_OK ? msg : NULL;
}
