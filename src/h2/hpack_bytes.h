/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_bytes.h: eight bytes at once, for the scans of HPACK. Internal to hpack.
 */
#ifndef TN_H2_HPACK_BYTES_H
#define TN_H2_HPACK_BYTES_H

#include "tern/port.h"

/* The caller has checked that there are eight. */
static inline uint64_t tn_hpack_load64(const void *p)
{
    const uint8_t *b = p;
    return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 |
           (uint64_t)b[3] << 32 | (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 |
           (uint64_t)b[6] << 8 | b[7];
}

#endif
