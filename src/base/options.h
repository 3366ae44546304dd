/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h: option structs that may have been compiled against another version of the header.
 */
#ifndef TN_BASE_OPTIONS_H
#define TN_BASE_OPTIONS_H

#include "tern/error.h"

/* An option's value: zero is the default. */
static inline uint32_t tn_option(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

/* The same for an option that takes TERN_OFF, which becomes zero. */
static inline uint32_t tn_option_or_off(uint32_t given, uint32_t otherwise)
{
    return given == TERN_OFF ? 0 : tn_option(given, otherwise);
}

/*
 * Copies the options a caller gave (borrowed; NULL = all defaults; its first member is size_t size)
 * into known[known_size], zero where the caller's struct is shorter. INVALID_ARGUMENT: size is zero or
 * absurd, or bytes beyond known_size are not zero: an option that this version does not know.
 */
tern_code tn_options_copy(void *known, size_t known_size, const void *given, const char *type,
                          tern_error *err);

#endif
