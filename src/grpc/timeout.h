/* SPDX-License-Identifier: Apache-2.0 */
/* timeout.h: the grpc-timeout field: up to 8 digits and a unit, H M S m u n (PROTOCOL-HTTP2). */
#ifndef TN_GRPC_TIMEOUT_H
#define TN_GRPC_TIMEOUT_H

#include "tern/str.h"

enum { TN_TIMEOUT_DIGITS = 8, TN_TIMEOUT_TEXT = TN_TIMEOUT_DIGITS + 1 };

/* Nanoseconds, at most INT64_MAX: what is longer (8 digits of H are) is clamped. False when
 * malformed: no digit, more than 8, another unit, anything behind it. Zero is read as zero:
 * expired. */
bool tn_timeout_parse(tern_str s, uint64_t *ns);

/* Octets written. The finest unit whose number fits in 8 digits, rounded up, so that the peer never
 * gives up before us; never 0, which the grammar forbids: it becomes 1n. */
size_t tn_timeout_encode(char out[TN_TIMEOUT_TEXT], uint64_t ns);

#endif
