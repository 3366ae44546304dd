/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assert.h: checks for our own bugs, never for what a peer or a user sent.
 *
 * TN_ASSERT(c) traps in debug and fuzz builds (TERN_TRAP). In release it does not exist: code that
 * must go on after its own bug uses TN_BUG(c), which is true when c is broken, and then
 * logs and fails the call or connection at hand with INTERNAL.
 */
#ifndef TN_BASE_ASSERT_H
#define TN_BASE_ASSERT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef TERN_TRAP
#define TN_ASSERT(c) ((c) ? (void)0 : __builtin_trap())
#define TN_BUG(c)    ((c) ? false : (__builtin_trap(), true))
#else
#define TN_ASSERT(c) ((void)sizeof((c) ? 1 : 0))
#define TN_BUG(c)    __builtin_expect(!(c), 0)
#endif

#define TN_LIKELY(c)   __builtin_expect(!!(c), 1)
#define TN_UNLIKELY(c) __builtin_expect(!!(c), 0)

/* The struct that holds `member` at address p. */
/* clang-format off */
#define TN_CONTAINER(p, type, member) ((type *)(void *)((char *)(p) - offsetof(type, member)))
/* clang-format on */

/* Returns a failure code to the caller: the only macro that returns. */
#define TN_TRY(expr)                                                                               \
    do {                                                                                           \
        const tern_code tn_try_code_ = (expr);                                                     \
        if (TN_UNLIKELY(tn_try_code_ != TERN_OK))                                                  \
            return tn_try_code_;                                                                   \
    } while (0)

#endif
