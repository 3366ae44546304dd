/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h: what went wrong, as a value.
 *
 * Fixed size, no allocation, copied freely; usable when memory is gone. A function that takes a
 * tern_error * sets it wholly on failure, sets code TERN_OK with an empty text on success, and takes
 * NULL from a caller who does not care.
 */
#ifndef TERN_ERROR_H
#define TERN_ERROR_H

#include "tern/code.h"

TERN_BEGIN_DECLS

typedef enum tern_origin {
    TERN_ORIGIN_NONE = 0,  /* no error */
    TERN_ORIGIN_LOCAL = 1, /* this process: misuse, limits, memory, deadline */
    TERN_ORIGIN_NET = 2,   /* the way to the peer: resolve, connect, connection lost */
    TERN_ORIGIN_PEER = 3   /* the peer said so: a status that came over the wire */
} tern_origin;

typedef struct tern_error {
    tern_code code;
    tern_origin origin;
    int sys_errno;        /* errno of the system call behind it, or 0 */
    uint32_t reserved[5]; /* zero */
    char text[480];       /* UTF-8, NUL-terminated, cut at a character when too long */
} tern_error;

/*
 * Sets *err unless it holds an error already: the first cause wins. err may be NULL.
 * Returns code, so that a function can end in `return tern_error_set(...)`.
 */
TERN_API tern_code tern_error_set(tern_error *err, tern_code code, tern_origin origin,
                                  const char *format, ...) TERN_PRINTF(4, 5);

/* As above, with the system's words for sys_errno behind the text. */
TERN_API tern_code tern_error_set_errno(tern_error *err, tern_code code, tern_origin origin,
                                        int sys_errno, const char *format, ...) TERN_PRINTF(5, 6);

/* Makes *err the error-free value. err may be NULL. */
TERN_API void tern_error_clear(tern_error *err);

TERN_END_DECLS

#endif
