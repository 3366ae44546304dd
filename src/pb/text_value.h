/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_value.h: what the tokens of text format stand for: numbers and the insides of strings.
 *
 * Nothing here knows messages. Any thread.
 */
#ifndef TN_PB_TEXT_VALUE_H
#define TN_PB_TEXT_VALUE_H

#include "base/double.h"
#include "pb/text_lex.h"

/* The value of a token of kind TN_TEXT_INT; false when it is above UINT64_MAX. */
bool tn_text_u64(tern_str token, uint64_t *v);

/* A token of kind TN_TEXT_INT or TN_TEXT_FLOAT; false when it is octal or hexadecimal. */
bool tn_text_decimal(tern_str token, bool negative, tn_decimal *v);

/*
 * Writes what stands between the quotes of a token of kind TN_TEXT_STRING to out, which has room
 * for as many bytes as the token has. Returns what is behind the last byte; NULL: *bad says why,
 * *at where.
 */
char *tn_text_unescape(tern_str token, char *out, const char **bad, const char **at);

/* The same as a and in lower case, which a is in. */
bool tn_text_same(tern_str s, const char *lower);

#endif
