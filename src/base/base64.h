/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h: RFC 4648 section 4, as -bin metadata has it: written unpadded, read padded or not. */
#ifndef TN_BASE_BASE64_H
#define TN_BASE_BASE64_H

#include "tern/str.h"

/* Characters that n bytes take, unpadded. */
static inline size_t tn_base64_encoded_size(size_t n)
{
    return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

/* Writes tn_base64_encoded_size(n) characters to out; no NUL. */
void tn_base64_encode(char *out, const void *p, size_t n);

/* Bytes written to out, which has room for n / 4 * 3 + 2; SIZE_MAX when it is not base64 (a foreign
 * character, a lone last character, wrong padding, bits set behind the last byte). */
size_t tn_base64_decode(void *out, const char *p, size_t n);

#endif
