/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h: bytes whose end is the end of mapped memory, so that reading one too many is a fault.
 */
#ifndef TN_TEST_GUARD_H
#define TN_TEST_GUARD_H

#include <stddef.h>
#include <stdint.h>

/* A writable copy of n bytes that ends at a page without access; n may be 0, then p may be NULL.
 * owned: tn_guard_free. Never NULL: the test program ends when there is no memory. */
uint8_t *tn_guard_copy(const void *p, size_t n);

/* p and n as they came from and went into tn_guard_copy. */
void tn_guard_free(uint8_t *p, size_t n);

#endif
