/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h: protobuf's varints and little-endian words, read and written eight bytes at a time.
 *
 * Not a cursor: nothing here checks an end. A reader needs TN_PB_SLACK readable bytes behind its
 * last byte, a backward writer room before it; both callers own such memory and check once a field.
 * Works on either byte order: a word loaded here has the first byte of memory in its low bits.
 * Encoding: protobuf encoding specification, "Base 128 Varints".
 */
#ifndef TN_PB_WIRE_H
#define TN_PB_WIRE_H

#include "base/assert.h"
#include "tern/str.h"

/* A tag of 5 bytes and a varint of 10 may both start on the last byte of the input. */
#define TN_PB_SLACK 16

enum { TN_PB_VARINT_MAX = 10 };

typedef enum tn_pb_wire {
    TN_PB_WIRE_VARINT = 0,
    TN_PB_WIRE_I64 = 1,
    TN_PB_WIRE_LEN = 2,
    TN_PB_WIRE_SGROUP = 3,
    TN_PB_WIRE_EGROUP = 4,
    TN_PB_WIRE_I32 = 5
} tn_pb_wire;

#define TN_PB_HIGH_BITS UINT64_C(0x8080808080808080)

static inline uint64_t tn_pb_load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline uint32_t tn_pb_load32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    return v;
}

static inline void tn_pb_store64(void *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(p, &v, sizeof(v));
}

static inline void tn_pb_store32(void *p, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    memcpy(p, &v, sizeof(v));
}

/* Squeezes eight groups of seven bits together; what the top bit of each byte holds is dropped. */
static inline uint64_t tn_pb_fold(uint64_t x)
{
    x = (x & UINT64_C(0x007f007f007f007f)) | (x & UINT64_C(0x7f007f007f007f00)) >> 1;
    x = (x & UINT64_C(0x00003fff00003fff)) | (x & UINT64_C(0x3fff00003fff0000)) >> 2;
    return (x & UINT64_C(0x000000000fffffff)) | (x & UINT64_C(0x0fffffff00000000)) >> 4;
}

/* What a varint read gives, by value so that both stay in registers. */
typedef struct tn_pb_varint {
    uint8_t *p; /* behind the varint; NULL when it has no end within ten bytes */
    uint64_t v; /* bits above 64 are dropped, as every implementation does */
} tn_pb_varint;

static inline tn_pb_varint tn_pb_varint_read(uint8_t *p)
{
    const uint64_t x = tn_pb_load64(p);
    const uint64_t stop = ~x & TN_PB_HIGH_BITS;
    if (TN_LIKELY(stop != 0)) {
        const unsigned last = (unsigned)__builtin_ctzll(stop) / 8;
        return (tn_pb_varint){ p + last + 1, tn_pb_fold(x & (stop ^ (stop - 1))) };
    }
    uint64_t v = tn_pb_fold(x) | (uint64_t)(p[8] & 0x7f) << 56;
    if (p[8] < 0x80)
        return (tn_pb_varint){ p + 9, v };
    v |= (uint64_t)p[9] << 63;
    return (tn_pb_varint){ p[9] < 0x80 ? p + 10 : NULL, v };
}

static inline int32_t tn_pb_unzigzag32(uint32_t v)
{
    return (int32_t)(v >> 1 ^ (0 - (v & 1)));
}

static inline int64_t tn_pb_unzigzag64(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static inline uint32_t tn_pb_zigzag32(uint32_t v)
{
    return v << 1 ^ (0 - (v >> 31));
}

static inline uint64_t tn_pb_zigzag64(uint64_t v)
{
    return v << 1 ^ (0 - (v >> 63));
}

/* Bytes that v takes as a varint, 1 to 10: one more for each seven bits above the first seven. */
static inline unsigned tn_pb_varint_size(uint64_t v)
{
    const unsigned top = 63 - (unsigned)__builtin_clzll(v | 1);
    return (top * 9 + 73) / 64;
}

/* The inverse of tn_pb_fold: 56 bits become eight groups of seven. */
static inline uint64_t tn_pb_unfold(uint64_t v)
{
    v = (v & UINT64_C(0x000000000fffffff)) | (v & UINT64_C(0x00fffffff0000000)) << 4;
    v = (v & UINT64_C(0x00003fff00003fff)) | (v & UINT64_C(0x0fffc0000fffc000)) << 2;
    return (v & UINT64_C(0x007f007f007f007f)) | (v & UINT64_C(0x3f803f803f803f80)) << 1;
}

/*
 * Backward writers: each writes so that it ends before p, and returns its first byte. They may dirty up
 * to 8 bytes before that: have TN_PB_FIELD_ROOM free bytes for a tag with a value or a length.
 */
#define TN_PB_FIELD_ROOM 32

static inline uint8_t *tn_pb_write_varint(uint8_t *p, uint64_t v)
{
    if (TN_LIKELY(v < 0x80)) {
        *--p = (uint8_t)v;
        return p;
    }
    const unsigned n = tn_pb_varint_size(v);
    const uint64_t low = tn_pb_unfold(v & ((UINT64_C(1) << 56) - 1));
    if (TN_LIKELY(n <= 8)) {
        /* Every byte but the last says that more follow. */
        const uint64_t more = TN_PB_HIGH_BITS & ((UINT64_C(1) << (8 * n - 8)) - 1);
        tn_pb_store64(p - 8, (low | more) << (64 - 8 * n));
        return p - n;
    }
    if (n == 10)
        *--p = 1;
    *--p = (uint8_t)((v >> 56 & 0x7f) | (n == 10 ? 0x80 : 0));
    tn_pb_store64(p - 8, low | TN_PB_HIGH_BITS);
    return p - 8;
}

static inline uint8_t *tn_pb_write_fixed64(uint8_t *p, uint64_t v)
{
    tn_pb_store64(p - 8, v);
    return p - 8;
}

static inline uint8_t *tn_pb_write_fixed32(uint8_t *p, uint32_t v)
{
    tn_pb_store32(p - 4, v);
    return p - 4;
}

/* The n bytes at s (borrowed); p has room for them alone. Small ones without a call. */
static inline uint8_t *tn_pb_write_bytes(uint8_t *p, const char *s, size_t n)
{
    p -= n;
    if (n > 16) {
        memcpy(p, s, n);
    } else if (n >= 8) {
        const uint64_t head = tn_pb_load64(s), tail = tn_pb_load64(s + n - 8);
        tn_pb_store64(p, head);
        tn_pb_store64(p + n - 8, tail);
    } else if (n >= 4) {
        const uint32_t head = tn_pb_load32(s), tail = tn_pb_load32(s + n - 4);
        tn_pb_store32(p, head);
        tn_pb_store32(p + n - 4, tail);
    } else {
        for (size_t i = 0; i < n; i++)
            p[i] = (uint8_t)s[i];
    }
    return p;
}

/* True when none of the n bytes at p has its top bit set, n at least 32. */
bool tn_pb_ascii_long(const char *p, size_t n);

/* True when none of the n bytes at p has its top bit set. Reads exactly n bytes. */
static inline bool tn_pb_ascii(const char *p, size_t n)
{
    if (n < 8) {
        unsigned char any = 0;
        for (size_t i = 0; i < n; i++)
            any |= (unsigned char)p[i];
        return any < 0x80;
    }
    if (n >= 32)
        return tn_pb_ascii_long(p, n);
    uint64_t any = tn_pb_load64(p + n - 8);
    for (size_t i = 0; i + 8 < n; i += 8)
        any |= tn_pb_load64(p + i);
    return (any & TN_PB_HIGH_BITS) == 0;
}

#endif
