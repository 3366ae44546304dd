/* SPDX-License-Identifier: Apache-2.0 */
/*
 * percent.h: the grpc-message field: UTF-8 text, percent-encoded (PROTOCOL-HTTP2, Status-Message).
 *
 * Neither direction fails. Text that is not UTF-8 is repaired on its way: each octet that begins no
 * character becomes U+FFFD.
 */
#ifndef TN_GRPC_PERCENT_H
#define TN_GRPC_PERCENT_H

#include "tern/arena.h"

/* The longest grpc-message we write, octets: it must leave room in a peer's 8 KiB of header
 * list. */
enum { TN_PERCENT_MAX = 4096 };

/* Octets written to out: s with each octet outside %x20-7E and each '%' as %XX, cut at a character
 * so that it fits in cap. 3 * s.n is enough for valid text, 9 * s.n for any. */
size_t tn_percent_encode(char *out, size_t cap, tern_str s);

/* s decoded into the arena, NUL-terminated, valid UTF-8. %XX in any case is one octet; any other
 * '%' stays. The absent string when there is no memory. */
tern_str tn_percent_decode(tern_arena *arena, tern_str s);

/* s itself when it is valid UTF-8, else a repaired copy in the arena; absent without memory. */
tern_str tn_text_repair(tern_arena *arena, tern_str s);

#endif
