/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_encode.c: the encoder of RFC 7541.
 *
 * A field is looked for in three places, quickest first: the static entries of its token; the newest
 * dynamic entry of its token, which is nearly always it; the chain of its hash. Names without a token
 * have hash chains of their own. Links are the low 16 bits of entry ids; a link that does not lead to
 * an older entry that still lives ends its chain, so eviction never touches them. Hashes are not
 * keyed: a table has at most 128 entries, which bounds the worst chain.
 *
 * What is worth a place in the table is a row of `policies`.
 */
#include "base/assert.h"
#include "base/cursor.h"
#include "h2/hpack.h"
#include "h2/hpack_bytes.h"
#include "h2/huffman.h"

enum {
    LIMIT = 4096, /* whatever the peer offers; also bounds the links */
    ENTRIES = LIMIT / 32,
    CHAINS = 64,
    /* An integer below 2^32 behind its prefix: 1 + 5 octets; an index and two lengths a field. */
    FIELD_OVERHEAD = 3 * 6,
    SIZE_UPDATES_ROOM = 2 * 6,
    /* Shorter secrets can be guessed through the table (RFC 7541 section 7.1.3). */
    SHORT_SECRET = 20
};

/* Constant fields as they were encoded last; they are so again while the table is the same. */
typedef struct encoded {
    const tn_h2_field *fields; /* NULL: nothing */
    uint32_t next_id;          /* the table's, as it was then */
    uint8_t fields_n, n;
    uint8_t bytes[10];
} encoded;

typedef struct tn_hpack_index {
    encoded encoded[2];              /* a server's response headers and trailers */
    uint16_t by_token[TN_H2_TOKENS]; /* newest entry */
    uint16_t by_pair[CHAINS], by_name[CHAINS];
    struct link {
        uint32_t pair_hash;
        uint32_t passed; /* hash of the last pair of this name that was not indexed */
        uint16_t next_pair, next_name;
        bool hit;     /* it was of use: values of this name do come again */
    } links[ENTRIES]; /* of id: id % ENTRIES */
} tn_hpack_index;

typedef enum policy {
    POLICY_INDEX = 0,
    POLICY_NAME,   /* values differ: one entry serves as the name */
    POLICY_NONE,   /* rare, or differs and the name is static */
    POLICY_SECRET, /* never indexed while short */
} policy;

static const uint8_t policies[TN_H2_TOKENS] = {
    [TN_H2_TOKEN_GRPC_TIMEOUT] = POLICY_NAME,
    [TN_H2_TOKEN_GRPC_TRACE_BIN] = POLICY_NAME,
    [TN_H2_TOKEN_GRPC_TAGS_BIN] = POLICY_NAME,
    [TN_H2_TOKEN_TRACEPARENT] = POLICY_NAME,
    [TN_H2_TOKEN_GRPC_MESSAGE] = POLICY_NONE,
    [TN_H2_TOKEN_GRPC_STATUS_DETAILS_BIN] = POLICY_NONE,
    [TN_H2_TOKEN_GRPC_RETRY_PUSHBACK_MS] = POLICY_NONE,
    [TN_H2_TOKEN_CONTENT_LENGTH] = POLICY_NONE,
    [TN_H2_TOKEN_SET_COOKIE] = POLICY_NONE,
    [TN_H2_TOKEN_AGE] = POLICY_NONE,
    [TN_H2_TOKEN_ETAG] = POLICY_NONE,
    [TN_H2_TOKEN_IF_MODIFIED_SINCE] = POLICY_NONE,
    [TN_H2_TOKEN_IF_NONE_MATCH] = POLICY_NONE,
    [TN_H2_TOKEN_LOCATION] = POLICY_NONE,
    [TN_H2_TOKEN_AUTHORIZATION] = POLICY_SECRET,
    [TN_H2_TOKEN_PROXY_AUTHORIZATION] = POLICY_SECRET,
    [TN_H2_TOKEN_COOKIE] = POLICY_SECRET,
};

/* First static entry of a name; those of one name follow each other. */
static const uint8_t static_first[TN_H2_TOKENS] = {
    [TN_H2_TOKEN_AUTHORITY] = 1,
    [TN_H2_TOKEN_METHOD] = 2,
    [TN_H2_TOKEN_PATH] = 4,
    [TN_H2_TOKEN_SCHEME] = 6,
    [TN_H2_TOKEN_STATUS] = 8,
    [TN_H2_TOKEN_ACCEPT_CHARSET] = 15,
    [TN_H2_TOKEN_ACCEPT_ENCODING] = 16,
    [TN_H2_TOKEN_ACCEPT_LANGUAGE] = 17,
    [TN_H2_TOKEN_ACCEPT_RANGES] = 18,
    [TN_H2_TOKEN_ACCEPT] = 19,
    [TN_H2_TOKEN_ACCESS_CONTROL_ALLOW_ORIGIN] = 20,
    [TN_H2_TOKEN_AGE] = 21,
    [TN_H2_TOKEN_ALLOW] = 22,
    [TN_H2_TOKEN_AUTHORIZATION] = 23,
    [TN_H2_TOKEN_CACHE_CONTROL] = 24,
    [TN_H2_TOKEN_CONTENT_DISPOSITION] = 25,
    [TN_H2_TOKEN_CONTENT_ENCODING] = 26,
    [TN_H2_TOKEN_CONTENT_LANGUAGE] = 27,
    [TN_H2_TOKEN_CONTENT_LENGTH] = 28,
    [TN_H2_TOKEN_CONTENT_LOCATION] = 29,
    [TN_H2_TOKEN_CONTENT_RANGE] = 30,
    [TN_H2_TOKEN_CONTENT_TYPE] = 31,
    [TN_H2_TOKEN_COOKIE] = 32,
    [TN_H2_TOKEN_DATE] = 33,
    [TN_H2_TOKEN_ETAG] = 34,
    [TN_H2_TOKEN_EXPECT] = 35,
    [TN_H2_TOKEN_EXPIRES] = 36,
    [TN_H2_TOKEN_FROM] = 37,
    [TN_H2_TOKEN_HOST] = 38,
    [TN_H2_TOKEN_IF_MATCH] = 39,
    [TN_H2_TOKEN_IF_MODIFIED_SINCE] = 40,
    [TN_H2_TOKEN_IF_NONE_MATCH] = 41,
    [TN_H2_TOKEN_IF_RANGE] = 42,
    [TN_H2_TOKEN_IF_UNMODIFIED_SINCE] = 43,
    [TN_H2_TOKEN_LAST_MODIFIED] = 44,
    [TN_H2_TOKEN_LINK] = 45,
    [TN_H2_TOKEN_LOCATION] = 46,
    [TN_H2_TOKEN_MAX_FORWARDS] = 47,
    [TN_H2_TOKEN_PROXY_AUTHENTICATE] = 48,
    [TN_H2_TOKEN_PROXY_AUTHORIZATION] = 49,
    [TN_H2_TOKEN_RANGE] = 50,
    [TN_H2_TOKEN_REFERER] = 51,
    [TN_H2_TOKEN_REFRESH] = 52,
    [TN_H2_TOKEN_RETRY_AFTER] = 53,
    [TN_H2_TOKEN_SERVER] = 54,
    [TN_H2_TOKEN_SET_COOKIE] = 55,
    [TN_H2_TOKEN_STRICT_TRANSPORT_SECURITY] = 56,
    [TN_H2_TOKEN_TRANSFER_ENCODING] = 57,
    [TN_H2_TOKEN_USER_AGENT] = 58,
    [TN_H2_TOKEN_VARY] = 59,
    [TN_H2_TOKEN_VIA] = 60,
    [TN_H2_TOKEN_WWW_AUTHENTICATE] = 61,
};

/* The names of static entries that have a value. */
#define VALUED(constant) UINT64_C(1) << TN_H2_TOKEN_##constant
static const uint64_t valued =
    VALUED(METHOD) | VALUED(PATH) | VALUED(SCHEME) | VALUED(STATUS) | VALUED(ACCEPT_ENCODING);

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void tn_hpack_encoder_init(tn_hpack_encoder *e, const tern_env *env, uint32_t limit)
{
    *e = (tn_hpack_encoder){ .limit = smaller(limit, LIMIT) };
    tn_hpack_table_init(&e->table, env, TN_HPACK_DEFAULT_TABLE_BYTES);
    /* The peer takes the table to be 4096 bytes until it is told. */
    if (e->limit < TN_HPACK_DEFAULT_TABLE_BYTES)
        tn_hpack_encoder_set_max(e, TN_HPACK_DEFAULT_TABLE_BYTES);
}

void tn_hpack_encoder_free(tn_hpack_encoder *e)
{
    tn_hpack_table_free(&e->table);
    tn_free(e->table.env, e->index, sizeof(*e->index));
    e->index = NULL;
}

void tn_hpack_encoder_set_max(tn_hpack_encoder *e, uint32_t bytes)
{
    const uint32_t size = smaller(bytes, e->limit);
    if (size == e->table.max_bytes)
        return;
    e->lowest = e->update_due ? smaller(e->lowest, size) : size;
    e->update_due = true;
    if (e->index)
        e->index->encoded[0].fields = e->index->encoded[1].fields = NULL;
    tn_hpack_table_set_max(&e->table, size);
}

static uint32_t hash_bytes(const char *p, size_t n, uint32_t seed)
{
    uint64_t h = (seed + n) * 0x9e3779b97f4a7c15u, w = 0;
    for (; n >= 8; p += 8, n -= 8) {
        h = (h ^ tn_hpack_load64(p)) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    for (; n > 0; p++, n--)
        w = w << 8 | (uint8_t)*p;
    h = (h ^ w) * 0xff51afd7ed558ccdu;
    return (uint32_t)(h >> 32);
}

static inline struct link *link_of(const tn_hpack_encoder *e, uint32_t i)
{
    return &e->index->links[(e->table.next_id - 1 - i) % ENTRIES];
}

/* How far back in the table a link leads: 0 the newest; count or more: nowhere. */
static inline uint32_t distance(const tn_hpack_encoder *e, uint16_t id)
{
    return (uint16_t)(e->table.next_id - 1 - id);
}

static inline bool value_is(const tn_hpack_table *t, const tn_hpack_entry *x, tern_str value)
{
    return x->value_n == value.n &&
           tn_hpack_same(t->bytes->p + x->at + x->name_n, value.p, value.n);
}

static inline bool name_is(const tn_hpack_table *t, const tn_hpack_entry *x, const tn_h2_field *f)
{
    if (x->token | f->token)
        return x->token == f->token;
    return x->name_n == f->name.n && tn_hpack_same(t->bytes->p + x->at, f->name.p, f->name.n);
}

typedef struct found {
    uint32_t pair, name; /* index on the wire, 0: none */
    uint32_t name_hash, pair_hash;
} found;

static uint32_t find_static(uint32_t first, const tn_h2_field *f)
{
    for (uint32_t i = first; i <= TN_HPACK_STATIC_COUNT && tn_hpack_static[i].token == f->token;
         i++) {
        const tern_str value = tn_hpack_static[i].value;
        if (value.n == f->value.n && tn_hpack_same(value.p, f->value.p, value.n))
            return i;
    }
    return 0;
}

/*
 * The places of a field with a token that are looked at first: its static entries, and the newest dynamic
 * one, which is nearly always it. False: the pair may still be in the table; what was found of the name
 * is in *at.
 */
static inline bool find_quickly(const tn_hpack_encoder *e, const tn_h2_field *f, found *at)
{
    const tn_hpack_table *t = &e->table;
    at->name = static_first[f->token];
    if (((f->token < 64 && valued >> f->token & 1) || f->value.n == 0) && at->name &&
        (at->pair = find_static(at->name, f)) != 0)
        return true;
    if (!e->index)
        return false;
    const uint32_t i = distance(e, e->index->by_token[f->token]);
    const tn_hpack_entry *x = i < t->count ? tn_hpack_table_entry(t, i) : NULL;
    if (!x || x->token != f->token)
        return false;
    if (value_is(t, x, f->value)) {
        at->pair = TN_HPACK_STATIC_COUNT + 1 + i;
        return true;
    }
    if (!at->name)
        at->name = TN_HPACK_STATIC_COUNT + 1 + i;
    return false;
}

/* The newest entry of the name, when the static table has none. */
static void find_name(const tn_hpack_encoder *e, const tn_h2_field *f, found *at)
{
    const tn_hpack_table *t = &e->table;
    uint32_t i = distance(e, e->index->by_name[at->name_hash % CHAINS]);
    while (i < t->count) {
        if (name_is(t, tn_hpack_table_entry(t, i), f)) {
            at->name = TN_HPACK_STATIC_COUNT + 1 + i;
            return;
        }
        const uint32_t next = distance(e, link_of(e, i)->next_name);
        if (next <= i)
            return;
        i = next;
    }
}

static void find_pair(const tn_hpack_encoder *e, const tn_h2_field *f, found *at)
{
    const tn_hpack_table *t = &e->table;
    uint32_t i = distance(e, e->index->by_pair[at->pair_hash % CHAINS]);
    while (i < t->count) {
        struct link *l = link_of(e, i);
        const tn_hpack_entry *x = tn_hpack_table_entry(t, i);
        if (l->pair_hash == at->pair_hash && name_is(t, x, f) && value_is(t, x, f->value)) {
            at->pair = TN_HPACK_STATIC_COUNT + 1 + i;
            l->hit = true;
            return;
        }
        const uint32_t next = distance(e, l->next_pair);
        if (next <= i)
            return;
        i = next;
    }
}

/* By hash. For names whose values are not worth a place there is nothing to be found. */
static void find_slowly(const tn_hpack_encoder *e, const tn_h2_field *f, found *at)
{
    if (policies[f->token] == POLICY_NAME && at->name)
        return;
    at->name_hash = f->token ? f->token * 0x9e3779b9u : hash_bytes(f->name.p, f->name.n, 0);
    at->pair_hash = hash_bytes(f->value.p, f->value.n, at->name_hash);
    if (e->table.count == 0)
        return;
    find_pair(e, f, at);
    if (!at->pair && !at->name && !f->token)
        find_name(e, f, at);
}

/* Inserts the field; false: it could not be, and nothing has changed. */
static bool insert(tn_hpack_encoder *e, const tn_h2_field *f, const found *at)
{
    tn_hpack_table *t = &e->table;
    if (!e->index && !(e->index = tn_zalloc(t->env, sizeof(*e->index))))
        return false;
    if (tn_hpack_table_insert(t, f, NULL) != TN_HPACK_INSERTED)
        return false;
    tn_hpack_index *x = e->index;
    const uint16_t id = (uint16_t)(t->next_id - 1);
    uint16_t *pair = &x->by_pair[at->pair_hash % CHAINS];
    uint16_t *name = &x->by_name[at->name_hash % CHAINS];
    x->links[id % ENTRIES] = (struct link){
        .pair_hash = at->pair_hash, .passed = at->pair_hash, .next_pair = *pair, .next_name = *name
    };
    *pair = *name = id;
    x->by_token[f->token] = id;
    return true;
}

/* The first octet of a literal's kind (RFC 7541 section 6.2). */
enum { KIND_INDEXED = 0x40, KIND_PLAIN = 0x00, KIND_NEVER = 0x10 };

/*
 * Whether a value of a name without a policy looks like one of many (a trace id): the newest entry of
 * the name has never been of use, and this value is not the one that was passed over last time.
 */
static bool is_passing(const tn_hpack_encoder *e, const tn_h2_field *f, const found *at)
{
    if (f->token || !at->name)
        return false;
    struct link *l = link_of(e, at->name - 1 - TN_HPACK_STATIC_COUNT);
    if (l->hit || l->passed == at->pair_hash)
        return false;
    l->passed = at->pair_hash;
    return true;
}

static uint8_t choose(tn_hpack_encoder *e, const tn_h2_field *f, const found *at)
{
    const policy p = policies[f->token];
    if (f->flags & TN_H2_FIELD_NEVER_INDEX || (p == POLICY_SECRET && f->value.n < SHORT_SECRET))
        return KIND_NEVER;
    if (f->flags & TN_H2_FIELD_NO_INDEX || p == POLICY_NONE || (p == POLICY_NAME && at->name))
        return KIND_PLAIN;
    /* What takes most of the table pushes out more than it can save. */
    const uint32_t most = e->table.max_bytes / 4 * 3;
    if (most < TN_HPACK_ENTRY_OVERHEAD || f->name.n > most - TN_HPACK_ENTRY_OVERHEAD ||
        f->value.n > most - TN_HPACK_ENTRY_OVERHEAD - f->name.n)
        return KIND_PLAIN;
    if (is_passing(e, f, at))
        return KIND_PLAIN;
    return insert(e, f, at) ? KIND_INDEXED : KIND_PLAIN;
}

/* All of this fits: tn_hpack_encode made room by the bound. */
static inline void put(tn_wr *w, size_t octet)
{
    const bool fits = tn_wr_u8(w, (uint8_t)octet);
    TN_ASSERT(fits);
    (void)fits;
}

/* What follows a prefix that is all ones. */
static void put_rest(tn_wr *w, size_t v)
{
    for (; v >= 128; v >>= 7)
        put(w, v | 0x80);
    put(w, v);
}

/* RFC 7541 section 5.1. */
static inline void put_integer(tn_wr *w, uint8_t kind, unsigned prefix_bits, size_t v)
{
    const size_t mask = (1u << prefix_bits) - 1;
    put(w, kind | (v < mask ? v : mask));
    if (TN_UNLIKELY(v >= mask))
        put_rest(w, v - mask);
}

/* RFC 7541 section 5.2. */
static void put_string(tn_wr *w, tern_str s)
{
    const size_t coded = tn_huffman_size(s.p, s.n);
    const bool huffman = coded < s.n;
    const size_t n = huffman ? coded : s.n;
    put_integer(w, huffman ? 0x80 : 0, 7, n);
    TN_ASSERT(tn_wr_left(w) >= n);
    if (!huffman)
        (void)tn_wr_bytes(w, s.p, n);
    else if (tn_wr_left(w) >= n)
        w->p = tn_huffman_encode(w->p, s.p, s.n);
}

/* A field that is not where it is looked for first. */
static void put_slowly(tn_hpack_encoder *e, tn_wr *w, const tn_h2_field *f, found *at)
{
    if (!at->pair)
        find_slowly(e, f, at);
    if (at->pair && !(f->flags & TN_H2_FIELD_NEVER_INDEX)) {
        put_integer(w, 0x80, 7, at->pair);
        return;
    }
    /* The name's index is of the table as it stands before the insert. */
    const uint8_t kind = choose(e, f, at);
    put_integer(w, kind, kind == KIND_INDEXED ? 6 : 4, at->name);
    if (!at->name)
        put_string(w, f->name);
    put_string(w, f->value);
}

static inline void put_field(tn_hpack_encoder *e, tn_wr *w, const tn_h2_field *f)
{
    tn_h2_field known;
    found at = { 0 };
    if (f->token == TN_H2_TOKEN_NONE) {
        known = *f;
        known.token = (uint8_t)tn_h2_token_of(f->name);
        f = &known;
    }
    if (f->token && find_quickly(e, f, &at) && !(f->flags & TN_H2_FIELD_NEVER_INDEX))
        put_integer(w, 0x80, 7, at.pair);
    else
        put_slowly(e, w, f, &at);
}

/* The lowest size since the last block, when the final one is above it, then the final one. */
static void put_size_updates(tn_hpack_encoder *e, tn_wr *w)
{
    if (!e->update_due)
        return;
    if (e->lowest < e->table.max_bytes)
        put_integer(w, 0x20, 5, e->lowest);
    put_integer(w, 0x20, 5, e->table.max_bytes);
    e->update_due = false;
}

size_t tn_hpack_encode_bound(const tn_h2_field *fields, size_t n)
{
    size_t bound = SIZE_UPDATES_ROOM;
    for (size_t i = 0; i < n; i++)
        bound += fields[i].name.n + fields[i].value.n + FIELD_OVERHEAD;
    return bound;
}

/* The block of these constant fields, if it is known; else the place for it. */
static inline encoded *find_encoded(const tn_hpack_encoder *e, const tn_h2_field *fields, size_t n,
                                    bool *known)
{
    encoded *k = &e->index->encoded[fields == e->index->encoded[0].fields ? 0 : 1];
    *known =
        k->fields == fields && k->fields_n == n && k->next_id == e->table.next_id && !e->update_due;
    return k;
}

/* Keeps a block that is short; of two others the older gives way. */
static void keep_encoded(tn_hpack_encoder *e, const tn_h2_field *fields, size_t n,
                         const uint8_t *block, size_t size)
{
    bool known;
    encoded *k = find_encoded(e, fields, n, &known);
    if (size > sizeof(k->bytes) || n > UINT8_MAX)
        return;
    if (k->fields != fields)
        e->index->encoded[0] = *k;
    k->fields = fields;
    k->fields_n = (uint8_t)n;
    k->next_id = e->table.next_id;
    k->n = (uint8_t)size;
    tn_wr w = tn_wr_of(k->bytes, sizeof(k->bytes));
    (void)tn_wr_bytes(&w, block, size);
}

uint8_t *tn_hpack_encode_to(tn_hpack_encoder *e, const tn_h2_field *fields, size_t n, uint8_t *p,
                            size_t bound)
{
    const bool constant = n && fields[0].flags & TN_H2_FIELD_CONSTANT && e->index;
    const uint32_t before = e->table.next_id;
    tn_wr w = tn_wr_of(p, bound);
    if (constant) {
        bool known;
        const encoded *k = find_encoded(e, fields, n, &known);
        /* All of its room, for a copy whose size is known needs no call. */
        if (known && tn_wr_bytes(&w, k->bytes, sizeof(k->bytes)))
            return p + k->n;
    }
    const bool updated = e->update_due;
    put_size_updates(e, &w);
    for (size_t i = 0; i < n; i++)
        put_field(e, &w, &fields[i]);
    if (constant && !updated && e->table.next_id == before)
        keep_encoded(e, fields, n, p, (size_t)(w.p - p));
    return w.p;
}

bool tn_hpack_encode(tn_hpack_encoder *e, const tn_h2_field *fields, size_t n, tn_buf *out)
{
    const size_t bound = tn_hpack_encode_bound(fields, n);
    uint8_t *const start = tn_buf_room(out, bound);
    if (!start)
        return false;
    tn_buf_wrote(out, (size_t)(tn_hpack_encode_to(e, fields, n, start, bound) - start));
    return true;
}
