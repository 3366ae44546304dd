/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.c: checks of what a user sends, and copies of what a peer sent.
 *
 * Received values are counted before they are copied, so that a block costs one arena allocation.
 * No state; an arena belongs to one thread at a time.
 */
#include "grpc/metadata.h"
#include "base/assert.h"
#include "base/base64.h"
#include "base/cursor.h"
#include "h2/limits.h"

#define TOKEN(constant) (UINT64_C(1) << TN_H2_TOKEN_##constant)

/* Names with a meaning of their own in a connection: HTTP/2 forbids them or they are derived. */
static const uint64_t http_tokens =
    TOKEN(METHOD) | TOKEN(SCHEME) | TOKEN(PATH) | TOKEN(AUTHORITY) | TOKEN(STATUS) |
    TOKEN(PROTOCOL) | TOKEN(TE) | TOKEN(CONTENT_TYPE) | TOKEN(CONTENT_LENGTH) | TOKEN(HOST) |
    TOKEN(CONNECTION) | TOKEN(KEEP_ALIVE) | TOKEN(PROXY_CONNECTION) | TOKEN(TRANSFER_ENCODING) |
    TOKEN(UPGRADE);

/* Names that gRPC reads itself. */
static const uint64_t grpc_tokens =
    TOKEN(GRPC_TIMEOUT) | TOKEN(GRPC_ENCODING) | TOKEN(GRPC_ACCEPT_ENCODING) | TOKEN(GRPC_STATUS) |
    TOKEN(GRPC_MESSAGE) | TOKEN(GRPC_STATUS_DETAILS_BIN) | TOKEN(GRPC_MESSAGE_TYPE);

/* The two of gRPC's names that travel as metadata. */
static const uint64_t passing_tokens =
    TOKEN(GRPC_PREVIOUS_RPC_ATTEMPTS) | TOKEN(GRPC_RETRY_PUSHBACK_MS);

static bool in_set(unsigned token, uint64_t set)
{
    return token < TN_H2_TOKENS_HOT && (set >> token & 1) != 0;
}

tern_str tern_metadata_get(const tern_metadata *metadata, const char *key)
{
    const tern_str wanted = tern_str_of(key);
    for (size_t i = 0; i < metadata->n; i++)
        if (tern_str_equal(metadata->p[i].key, wanted))
            return metadata->p[i].value;
    return (tern_str){ NULL, 0 };
}

static bool ends_in(tern_str s, tern_str end)
{
    return s.n >= end.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

static bool starts_with(tern_str s, tern_str start)
{
    return s.n >= start.n && memcmp(s.p, start.p, start.n) == 0;
}

bool tn_metadata_is_bin(tern_str key)
{
    return ends_in(key, TERN_STR("-bin"));
}

/* ---- what a user may send ---- */

static bool is_key_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool is_reserved(tern_str key)
{
    const unsigned token = tn_h2_token_of(key);
    if (starts_with(key, TERN_STR("grpc-")))
        return !in_set(token, passing_tokens);
    return in_set(token, http_tokens | TOKEN(USER_AGENT));
}

static tern_code refuse_key(tern_error *err, tern_str key, const char *rule)
{
    return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL, "metadata key \"%.*s\" %s",
                          key.n > 80 ? 80 : (int)key.n, key.p ? key.p : "", rule);
}

tern_code tn_metadata_check(tern_str key, tern_str value, tern_error *err)
{
    if (key.n == 0)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "a metadata key is empty");
    for (size_t i = 0; i < key.n; i++)
        if (!is_key_character(key.p[i]))
            return refuse_key(err, key, "has a character other than 0-9 a-z _ - .");
    if (is_reserved(key))
        return refuse_key(err, key, "is reserved: the library sets it, or HTTP/2 forbids it");
    if (tn_metadata_is_bin(key))
        return TERN_OK;
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x20 || value.p[i] > 0x7E)
            return refuse_key(
                err, key,
                "has a value that is not printable ASCII: give it a name that ends in "
                "-bin for any bytes");
    return TERN_OK;
}

/* ---- growing lists ---- */

bool tn_metadata_add(tn_metadata_list *list, tern_arena *arena, tern_str key, tern_str value)
{
    if (list->n == list->cap) {
        const size_t cap = list->cap ? 2 * list->cap : 8;
        tern_metadata_entry *p =
            tern_arena_grow(arena, list->p, list->cap * sizeof(*p), cap * sizeof(*p));
        if (!p)
            return false;
        list->p = p;
        list->cap = cap;
    }
    const tern_metadata_entry entry = {
        .key = tern_arena_copy(arena, key),
        .value = tern_arena_copy(arena, value.p ? value : TERN_STR("")),
    };
    if (!entry.key.p || !entry.value.p)
        return false;
    list->p[list->n++] = entry;
    return true;
}

/* ---- what a peer sent ---- */

static inline bool is_custom(const tn_h2_field *f)
{
    return !in_set(f->token, http_tokens | grpc_tokens) && !(f->flags & TN_H2_FIELD_PSEUDO);
}

static tern_str strip_blanks(tern_str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* The custom fields, and the entries and text bytes that they will take. */
typedef struct tally {
    size_t values, text;
    size_t n;
    uint8_t at[TN_H2_MAX_FIELDS]; /* the first n are used */
} tally;

_Static_assert(TN_H2_MAX_FIELDS <= UINT8_MAX + 1, "the number of a field fits an octet");

static tern_code count_values(const tn_h2_field *fields, size_t n, tally *t,
                              const tn_h2_field **bad)
{
    TN_ASSERT(n <= TN_H2_MAX_FIELDS);
    for (size_t i = 0; i < n; i++) {
        const tn_h2_field *f = &fields[i];
        if (!is_custom(f))
            continue;
        size_t values = 1;
        if (f->flags & TN_H2_FIELD_BIN)
            for (size_t k = 0; k < f->value.n; k++)
                values += f->value.p[k] == ',';
        t->at[t->n++] = (uint8_t)i;
        t->values += values;
        /* Base64 shrinks; what is left over covers the rounding of each part. */
        t->text += f->name.n + 1 + f->value.n + 3 * values;
        if (t->values > TN_METADATA_MAX_VALUES) {
            *bad = f;
            return TERN_RESOURCE_EXHAUSTED;
        }
    }
    return TERN_OK;
}

static tern_str put_text(tn_wr *w, tern_str s)
{
    const tern_str copy = { (const char *)w->p, s.n };
    (void)(tn_wr_bytes(w, s.p, s.n) && tn_wr_u8(w, 0));
    return copy;
}

/* One -bin field: its parts between commas. False when one is not base64. */
static bool put_bin(tn_wr *w, tern_str key, tern_str value, tern_metadata_entry **at)
{
    for (;;) {
        const char *comma = value.n ? memchr(value.p, ',', value.n) : NULL;
        const size_t part_n = comma ? (size_t)(comma - value.p) : value.n;
        const tern_str part = strip_blanks((tern_str){ value.p, part_n });
        const size_t size = tn_base64_decode(w->p, part.p, part.n);
        if (size == SIZE_MAX)
            return false;
        *(*at)++ = (tern_metadata_entry){ key, { (const char *)w->p, size } };
        w->p += size;
        (void)tn_wr_u8(w, 0);
        if (!comma)
            return true;
        value = (tern_str){ comma + 1, value.n - part_n - 1 };
    }
}

tern_code tn_metadata_decode(tern_arena *arena, const tn_h2_field *fields, size_t n,
                             tern_metadata *out, const tn_h2_field **bad)
{
    tally t;
    t.values = t.text = t.n = 0;
    *bad = NULL;
    const tern_code counted = count_values(fields, n, &t, bad);
    if (counted != TERN_OK || t.values == 0)
        return counted;
    const size_t entries = t.values * sizeof(tern_metadata_entry);
    tern_metadata_entry *p = tern_arena_alloc(arena, entries + t.text);
    if (!p)
        return TERN_RESOURCE_EXHAUSTED;
    tern_metadata_entry *at = p;
    tn_wr w = tn_wr_of(p + t.values, t.text);
    for (size_t i = 0; i < t.n; i++) {
        const tn_h2_field *f = &fields[t.at[i]];
        const tern_str key = put_text(&w, f->name);
        if (!(f->flags & TN_H2_FIELD_BIN)) {
            *at++ = (tern_metadata_entry){ key, put_text(&w, strip_blanks(f->value)) };
        } else if (!put_bin(&w, key, f->value, &at)) {
            *bad = f;
            return TERN_INTERNAL;
        }
    }
    *out = (tern_metadata){ p, (size_t)(at - p) };
    return TERN_OK;
}
