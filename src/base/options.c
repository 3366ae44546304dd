/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c: the known prefix of an option struct; what lies beyond must be zero.
 */
#include "base/options.h"

#include <string.h>

enum { SIZE_MAX_SANE = 4096 };

tern_code tn_options_copy(void *known, size_t known_size, const void *given, const char *type,
                          tern_error *err)
{
    memset(known, 0, known_size);
    if (!given)
        return TERN_OK;
    size_t size;
    memcpy(&size, given, sizeof size);
    if (size < sizeof size || size > SIZE_MAX_SANE)
        return tern_error_set(err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                              "%s: size is %zu; fill it by its macro (TERN_..._OPTS or ..._init)",
                              type, size);
    const unsigned char *bytes = given;
    for (size_t i = known_size; i < size; i++)
        if (bytes[i])
            return tern_error_set(
                err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                "%s: an option that this version (" TERN_VERSION ") does not know is set", type);
    memcpy(known, given, size < known_size ? size : known_size);
    return TERN_OK;
}
