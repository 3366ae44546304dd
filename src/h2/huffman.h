/* SPDX-License-Identifier: Apache-2.0 */
/*
 * huffman.h: the string code of HPACK, RFC 7541 section 5.2 and Appendix B.
 *
 * Pure functions over memory that the caller sized. Tables are made by hpack_gen.py.
 */
#ifndef TN_H2_HUFFMAN_H
#define TN_H2_HUFFMAN_H

#include "tern/port.h"

/* Bytes that n bytes take when encoded. */
size_t tn_huffman_size(const void *p, size_t n);

/* Encodes into dst, which has room for tn_huffman_size(p, n) bytes; the end of what was written. */
uint8_t *tn_huffman_encode(uint8_t *dst, const void *p, size_t n);

/* Room that decoding n bytes asks for: no code is shorter than 5 bits, and the decoder may write a
 * symbol that the string does not hold whole, and two bytes behind that. n below 2^28. */
static inline size_t tn_huffman_decode_room(size_t n)
{
    return n * 8 / 5 + 3;
}

typedef enum tn_huffman_verdict {
    TN_HUFFMAN_BAD = 0, /* EOS in the string, padding over 7 bits, or not the start of EOS */
    TN_HUFFMAN_TEXT, /* every symbol had a code of at most 12 bits: no control character is in it */
    TN_HUFFMAN_ANY   /* anything may be */
} tn_huffman_verdict;

/*
 * Decodes n bytes into dst, which has tn_huffman_decode_room(n) bytes; *out_n of them hold the string.
 */
tn_huffman_verdict tn_huffman_decode(const uint8_t *p, size_t n, uint8_t *dst, size_t *out_n);

#endif
