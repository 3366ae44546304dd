/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h: printf for the few conversions that are common: %s %.*s %d %u %%, no flags, no widths.
 *
 * Pure functions, any thread.
 */
#ifndef TN_BASE_FORMAT_H
#define TN_BASE_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writes what vsnprintf would, NUL-terminated, and returns its length; SIZE_MAX when the format asks for
 * anything else, an argument is NULL, or the room is too small: then p holds a part of no use, and
 * vsnprintf is the one to ask. args is not used up.
 */
size_t tn_format_simple(char *p, size_t room, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
