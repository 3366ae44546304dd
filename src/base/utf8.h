/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h: is it UTF-8, by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef TN_BASE_UTF8_H
#define TN_BASE_UTF8_H

#include "tern/str.h"

/* Judges exactly n bytes; p may be NULL when n is 0. */
bool tn_utf8_valid(const void *p, size_t n);

/* The longest n' <= n at which p can be cut without splitting a character. */
size_t tn_utf8_cut(const char *p, size_t n);

#endif
