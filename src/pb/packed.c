/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed.c: packed repeated fields: counted first, reserved once, then read in a tight loop.
 *
 * A run of varints holds as many values as bytes below 0x80, so the count is known before the first
 * value is read; and when the last byte is one of them no varint can reach beyond the run.
 */
#include "pb/packed.h"

#include "pb/wire.h"

#include <string.h>

/* How many of the bytes in [p, end) end a varint. */
static size_t count_varints(const uint8_t *p, const uint8_t *end)
{
    size_t count = 0;
    for (; end - p >= 8; p += 8) {
        const uint64_t ends = ~tn_pb_load64(p) >> 7 & UINT64_C(0x0101010101010101);
        count += (size_t)(ends * UINT64_C(0x0101010101010101) >> 56);
    }
    for (; p < end; p++)
        count += *p < 0x80;
    return count;
}

/*
 * The varint at p; NULL when it has no end. A varint of one to four bytes is told by branches: a processor
 * guesses its length and goes on, where counting its bytes would make each wait for the one before.
 */
static inline uint8_t *read_varint(uint8_t *p, uint64_t w, uint64_t *v)
{
    *v = w & 0x7f;
    if (!(w & 0x80))
        return p + 1;
    *v |= w >> 1 & 0x3f80;
    if (!(w & 0x8000))
        return p + 2;
    *v |= w >> 2 & 0x1fc000;
    if (!(w & 0x800000))
        return p + 3;
    *v |= w >> 3 & 0xfe00000;
    if (!(w & 0x80000000))
        return p + 4;
    const tn_pb_varint r = tn_pb_varint_read(p);
    *v = r.v;
    return r.p;
}

/*
 * One loop a C type and mapping. Eight values of one byte each are the commonest run, and take one
 * load and one test.
 */
#define VARINT_LOOP(name, ctype, map)                                                              \
    static bool name(char *out, uint8_t *p, uint8_t *end)                                          \
    {                                                                                              \
        while (p < end) {                                                                          \
            const uint64_t w = tn_pb_load64(p);                                                    \
            if ((w & TN_PB_HIGH_BITS) == 0 && end - p >= 8) {                                      \
                for (unsigned i = 0; i < 8; i++, out += sizeof(ctype)) {                           \
                    const ctype x = map(w >> 8 * i & 0x7f);                                        \
                    memcpy(out, &x, sizeof(x));                                                    \
                }                                                                                  \
                p += 8;                                                                            \
                continue;                                                                          \
            }                                                                                      \
            uint64_t v;                                                                            \
            p = read_varint(p, w, &v);                                                             \
            if (!p)                                                                                \
                return false;                                                                      \
            const ctype x = map(v);                                                                \
            memcpy(out, &x, sizeof(x));                                                            \
            out += sizeof(x);                                                                      \
        }                                                                                          \
        return true;                                                                               \
    }

#define TO_U64(v)  (v)
#define TO_U32(v)  ((uint32_t)(v))
#define TO_BOOL(v) ((v) != 0)
#define TO_S32(v)  tn_pb_unzigzag32((uint32_t)(v))
#define TO_S64(v)  tn_pb_unzigzag64(v)

VARINT_LOOP(read_u64, uint64_t, TO_U64)
VARINT_LOOP(read_u32, uint32_t, TO_U32)
VARINT_LOOP(read_bool, bool, TO_BOOL)
VARINT_LOOP(read_s32, int32_t, TO_S32)
VARINT_LOOP(read_s64, int64_t, TO_S64)

typedef bool varint_loop(char *out, uint8_t *p, uint8_t *end);

static varint_loop *const loops[TERN_PB_TYPES] = {
    [TERN_PB_INT64] = read_u64,  [TERN_PB_UINT64] = read_u64, [TERN_PB_INT32] = read_u32,
    [TERN_PB_UINT32] = read_u32, [TERN_PB_ENUM] = read_u32,   [TERN_PB_BOOL] = read_bool,
    [TERN_PB_SINT32] = read_s32, [TERN_PB_SINT64] = read_s64, [TERN_PB_CLOSED_ENUM] = read_u32,
};

/* Copies little-endian words of `size` bytes into words of this machine. */
static void read_fixed(char *out, const uint8_t *p, size_t n, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    (void)size;
    memcpy(out, p, n);
#else
    for (size_t i = 0; i < n; i += size) {
        if (size == 4) {
            const uint32_t x = tn_pb_load32(p + i);
            memcpy(out + i, &x, sizeof(x));
        } else {
            const uint64_t x = tn_pb_load64(p + i);
            memcpy(out + i, &x, sizeof(x));
        }
    }
#endif
}

tn_pb_fault tn_pb_packed_read(tn_pb_mem *mem, tn_pb_array *array, tern_pb_type type, uint8_t *p,
                              uint8_t *end)
{
    const size_t size = tn_pb_type_size(type), n = (size_t)(end - p);
    varint_loop *const loop = loops[type];
    if (n == 0)
        return TN_PB_FINE;
    if (loop ? end[-1] >= 0x80 : n % size != 0)
        return loop ? TN_PB_TRUNCATED : TN_PB_PACKED_SIZE;
    const size_t count = loop ? count_varints(p, end) : n / size;
    if (!tn_pb_reserve(mem, array, count, size))
        return TN_PB_NO_MEMORY;
    char *out = array->p + array->n * size;
    if (!loop)
        read_fixed(out, p, n, size);
    else if (!loop(out, p, end))
        return TN_PB_LONG_VARINT;
    array->n += count;
    return TN_PB_FINE;
}

/* Values between two looks at the room. */
#define BLOCK 64

static tn_pb_fault write_fixed(tn_pb_out *out, const tn_pb_array *array, size_t size)
{
    if (array->n > TN_PB_SIZE_MAX / size)
        return TN_PB_TOO_LARGE;
    const size_t n = array->n * size;
    const tn_pb_fault fault = tn_pb_out_room(out, n);
    if (fault != TN_PB_FINE)
        return fault;
    out->p -= n;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(out->p, array->p, n);
#else
    read_fixed((char *)out->p, (const uint8_t *)array->p, n, size); /* swaps either way */
#endif
    return TN_PB_FINE;
}

tn_pb_fault tn_pb_packed_write(tn_pb_out *out, const tn_pb_array *array, tern_pb_type type)
{
    const size_t size = tn_pb_type_size(type);
    if (!loops[type])
        return write_fixed(out, array, size);
    for (size_t left = array->n; left > 0;) {
        const tn_pb_fault fault = tn_pb_out_room(out, BLOCK * TN_PB_VARINT_MAX + TN_PB_FIELD_ROOM);
        if (fault != TN_PB_FINE)
            return fault;
        const size_t stop = left > BLOCK ? left - BLOCK : 0;
        uint8_t *p = out->p;
        for (; left > stop; left--)
            p = tn_pb_write_varint(p, tn_pb_varint_of(type, array->p + (left - 1) * size));
        out->p = p;
    }
    return TN_PB_FINE;
}
