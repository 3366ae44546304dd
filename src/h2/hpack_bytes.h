/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_bytes.h: eight bytes at once, for the scans of HPACK. Internal to hpack.
 */
#ifndef TN_H2_HPACK_BYTES_H
#define TN_H2_HPACK_BYTES_H

#include "base/cursor.h"

/* The caller has checked that there are eight. */
static inline uint64_t tn_hpack_load64(const void *p)
{
    const uint8_t *b = p;
    return (uint64_t)tn_load32(b) << 32 | tn_load32(b + 4);
}

#endif
