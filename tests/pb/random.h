/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.h: messages of the test schema that a seed makes: every type in every mode, values at the
 * edges, maps with keys that meet those of other messages, unknown fields.
 */
#ifndef TN_TEST_PB_RANDOM_H
#define TN_TEST_PB_RANDOM_H

#include "pb/wire_bytes.h"
#include "support/seed.h"

#include <math.h>

static inline bool one_in(tn_seed *s, uint32_t n)
{
    return tn_seed_below(s, n) == 0;
}

static inline tern_str random_text(tn_seed *s, tern_arena *a)
{
    static const char *const texts[] = { "",         "a",
                                         "b",        "h\xc3\xa9llo",
                                         "eight by", "a text of more than sixteen" };
    const char *text = texts[tn_seed_below(s, sizeof(texts) / sizeof(texts[0]))];
    return tern_arena_copy(a, tern_str_of(text));
}

/* An Inner with up to three in a chain, and some in lists. */
static inline pbtest_Inner *random_inner(tn_seed *s, tern_arena *a)
{
    pbtest_Inner *const first = tern_pb_new(&pbtest_Inner_table, a), *inner = first;
    for (uint32_t links = 1 + tn_seed_below(s, 3); inner && links > 0; links--) {
        inner->a = (int32_t)tn_seed_below(s, 3) - 1;
        inner->b = one_in(s, 2) ? random_text(s, a) : (tern_str){ NULL, 0 };
        inner->raw.p = one_in(s, 2) ? (const uint8_t *)"\0\xff\0" : NULL;
        inner->raw.n = inner->raw.p ? tn_seed_below(s, 4) : 0;
        for (uint32_t k = tn_seed_below(s, 3); k > 0; k--) {
            pbtest_Inner **leaf = tern_pb_append(&inner->list, sizeof(*leaf), a);
            *leaf = tern_pb_new(&pbtest_Inner_table, a);
            (*leaf)->a = (int32_t)tn_seed_below(s, 300);
        }
        if (links > 1)
            inner->next = tern_pb_new(&pbtest_Inner_table, a);
        inner = inner->next;
    }
    return first;
}

static inline uint64_t random_number(tn_seed *s)
{
    const uint64_t v = tn_seed_next(s) >> tn_seed_below(s, 64);
    return one_in(s, 3) ? tn_seed_below(s, 3) : one_in(s, 2) ? 0 - v : v;
}

static inline double random_real(tn_seed *s)
{
    static const double reals[] = { 0.0, -0.0, 1.5, -1e30, 65504.0, INFINITY };
    const uint32_t i = tn_seed_below(s, 7);
    return i == 6 ? (double)NAN : reals[i];
}

/* A value of the type, as it stands in a struct, at p. */
static inline void random_value(tn_seed *s, tern_arena *a, tern_pb_type type, void *p)
{
    const uint64_t v = random_number(s);
    const uint32_t v32 = (uint32_t)v;
    switch (type) {
    case TERN_PB_DOUBLE: *(double *)p = random_real(s); break;
    case TERN_PB_FLOAT: *(float *)p = (float)random_real(s); break;
    case TERN_PB_BOOL: *(bool *)p = v & 1; break;
    case TERN_PB_STRING: *(tern_str *)p = random_text(s, a); break;
    case TERN_PB_BYTES: {
        const tern_str text = random_text(s, a);
        *(tern_bytes *)p = (tern_bytes){ (const uint8_t *)text.p, text.n };
        break;
    }
    case TERN_PB_MESSAGE: *(pbtest_Inner **)p = random_inner(s, a); break;
    case TERN_PB_INT64:
    case TERN_PB_UINT64:
    case TERN_PB_FIXED64:
    case TERN_PB_SFIXED64:
    case TERN_PB_SINT64: memcpy(p, &v, sizeof(v)); break;
    default: memcpy(p, &v32, sizeof(v32)); break;
    }
}

static inline void random_array(tn_seed *s, tern_arena *a, tern_pb_type type, size_t size,
                                void *array)
{
    for (uint32_t n = 1 + tn_seed_below(s, 5); n > 0; n--)
        random_value(s, a, type, tern_pb_append(array, size, a));
}

/* Some entries: few of them, or enough for an index. Message values are NULL now and then. */
static inline void random_map(tn_seed *s, tern_arena *a, const tern_pb_table *entry, void *map)
{
    const tern_pb_type key_type = (tern_pb_type)(entry->fields[0].op % TERN_PB_TYPES);
    const tern_pb_type type = (tern_pb_type)(entry->fields[1].op % TERN_PB_TYPES);
    for (uint32_t n = one_in(s, 4) ? 40 : tn_seed_below(s, 6); n > 0; n--) {
        union {
            tern_str s;
            uint64_t v;
        } key = { .v = tn_seed_below(s, one_in(s, 3) ? 4 : 64) };
        if (key_type == TERN_PB_STRING)
            key.s = tern_arena_printf(a, "%u", (unsigned)key.v);
        else if (key_type == TERN_PB_BOOL)
            key.v &= 1;
        char *put = tern_pb_map_put(entry, map, &key, a);
        if (type != TERN_PB_MESSAGE || !one_in(s, 4))
            random_value(s, a, type, put + entry->fields[1].offset);
    }
}

#define RANDOM_SINGLE(T, member)                                                                   \
    if (one_in(s, sparse))                                                                         \
        random_value(s, a, TERN_PB_##T, &m->member);
#define RANDOM_ARRAY(T, member)                                                                    \
    if (one_in(s, sparse))                                                                         \
        random_array(s, a, TERN_PB_##T, sizeof(*m->member.p), &m->member);
#define RANDOM_I(T, c, no, w, x) RANDOM_SINGLE(T, i_##x)
#define RANDOM_E(T, c, no, w, x)                                                                   \
    RANDOM_SINGLE(T, e_##x)                                                                        \
    if (TERN_PB_##T != TERN_PB_STRING && TERN_PB_##T != TERN_PB_BYTES && one_in(s, 2 * sparse))    \
        m->has_[(no) / 32] |= UINT32_C(1) << (no) % 32;
#define RANDOM_O(T, c, no, w, x)                                                                   \
    if (one_in(s, 4 * sparse)) {                                                                   \
        random_value(s, a, TERN_PB_##T, &m->o.o_##x);                                              \
        m->o.which = 40 + (no);                                                                    \
    }
#define RANDOM_R(T, c, no, w, x) RANDOM_ARRAY(T, r_##x)
#define RANDOM_P(T, c, no, w, x) RANDOM_ARRAY(T, p_##x)
#define RANDOM_MAP(member, entry)                                                                  \
    if (one_in(s, sparse))                                                                         \
        random_map(s, a, &pbtest_##entry##_table, &m->member);

/* Decodes a few fields that the schema does not have into m. */
static inline void random_unknown(tn_seed *s, tern_arena *a, pbtest_All *m)
{
    tern_error err;
    wire *w = tern_arena_alloc(a, sizeof(*w));
    w->n = 0;
    for (uint32_t n = tn_seed_below(s, 3); n > 0; n--) {
        put_tag(w, 1000 + tn_seed_below(s, 3), 0);
        put_varint(w, random_number(s));
    }
    assert_int_equal(decode_as(&pbtest_All_table, m, bytes_of(w), a, NULL, &err), TERN_OK);
}

static inline void random_singles(tn_seed *s, tern_arena *a, uint32_t sparse, pbtest_All *m)
{
    EACH_TYPE(RANDOM_I)
    EACH_TYPE(RANDOM_E)
    EACH_TYPE(RANDOM_O)
    RANDOM_SINGLE(INT32, tag3)
    RANDOM_SINGLE(STRING, tag4)
    RANDOM_SINGLE(INT32, tag5)
}

static inline void random_repeated(tn_seed *s, tern_arena *a, uint32_t sparse, pbtest_All *m)
{
    EACH_TYPE(RANDOM_R)
    EACH_SCALAR(RANDOM_P)
    RANDOM_MAP(m_string, StringEntry)
    RANDOM_MAP(m_message, MessageEntry)
    RANDOM_MAP(m_bool, BoolEntry)
    RANDOM_MAP(m_bytes, BytesEntry)
    RANDOM_MAP(m_fixed, FixedEntry)
    RANDOM_MAP(m_enum, EnumEntry)
}

/* One field in `sparse` is set. */
static inline pbtest_All *random_all(tn_seed *s, tern_arena *a, uint32_t sparse)
{
    pbtest_All *m = tern_pb_new(&pbtest_All_table, a);
    assert_non_null(m);
    random_singles(s, a, sparse, m);
    random_repeated(s, a, sparse, m);
    if (one_in(s, sparse))
        random_unknown(s, a, m);
    return m;
}

#endif
