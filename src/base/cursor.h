/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h: the only way to read and write wire bytes.
 *
 * tn_rd reads from [p, end), tn_wr writes into [p, end). Neither ever moves past its end: a step
 * that does not fit returns false and moves nothing. Numbers are big-endian, as HTTP/2 and gRPC
 * have them, unless the name says otherwise. Not for protobuf's inner loops: they have slack.
 */
#ifndef TN_BASE_CURSOR_H
#define TN_BASE_CURSOR_H

#include "tern/str.h"

typedef struct tn_rd {
    const uint8_t *p, *end;
} tn_rd;

typedef struct tn_wr {
    uint8_t *p, *end;
} tn_wr;

static inline tn_rd tn_rd_of(const void *p, size_t n)
{
    const uint8_t *q = p;
    return (tn_rd){ q, n ? q + n : q };
}

static inline tn_wr tn_wr_of(void *p, size_t n)
{
    uint8_t *q = p;
    return (tn_wr){ q, n ? q + n : q };
}

static inline size_t tn_rd_left(const tn_rd *r)
{
    return (size_t)(r->end - r->p);
}

static inline size_t tn_wr_left(const tn_wr *w)
{
    return (size_t)(w->end - w->p);
}

/* Bytes without a check, for callers who have checked. */
static inline uint32_t tn_load16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t tn_load24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t tn_load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void tn_store16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void tn_store24(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 16);
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)v;
}

static inline void tn_store32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline bool tn_rd_u8(tn_rd *r, uint8_t *v)
{
    if (r->p == r->end)
        return false;
    *v = *r->p++;
    return true;
}

static inline bool tn_rd_u16(tn_rd *r, uint32_t *v)
{
    if (tn_rd_left(r) < 2)
        return false;
    *v = tn_load16(r->p);
    r->p += 2;
    return true;
}

static inline bool tn_rd_u32(tn_rd *r, uint32_t *v)
{
    if (tn_rd_left(r) < 4)
        return false;
    *v = tn_load32(r->p);
    r->p += 4;
    return true;
}

/* The next n bytes, borrowed. */
static inline bool tn_rd_bytes(tn_rd *r, size_t n, const uint8_t **p)
{
    if (tn_rd_left(r) < n)
        return false;
    *p = r->p;
    if (n)
        r->p += n;
    return true;
}

static inline bool tn_wr_u8(tn_wr *w, uint8_t v)
{
    if (w->p == w->end)
        return false;
    *w->p++ = v;
    return true;
}

static inline bool tn_wr_u32(tn_wr *w, uint32_t v)
{
    if (tn_wr_left(w) < 4)
        return false;
    tn_store32(w->p, v);
    w->p += 4;
    return true;
}

static inline bool tn_wr_bytes(tn_wr *w, const void *p, size_t n)
{
    if (tn_wr_left(w) < n)
        return false;
    if (n) {
        memcpy(w->p, p, n);
        w->p += n;
    }
    return true;
}

#endif
