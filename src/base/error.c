/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.c: fills a tern_error.
 *
 * Invariant: text is NUL-terminated and never ends in the middle of a character that its source
 * held whole. Nothing is sanitised: what the format's arguments hold is what the text holds.
 * No state, any thread.
 */
/* The POSIX strerror_r, which returns an int, and not GNU's. */
#undef _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L
#include "tern/error.h"
#include "base/assert.h"
#include "base/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tern_error_clear(tern_error *err)
{
    if (!err)
        return;
    err->code = TERN_OK;
    err->origin = TERN_ORIGIN_NONE;
    err->sys_errno = 0;
    memset(err->reserved, 0, sizeof(err->reserved));
    err->text[0] = '\0';
}

/* Sets everything; the text stays within `room` bytes with its NUL. Returns the text's length. */
static size_t fill(tern_error *err, tern_code code, tern_origin origin, size_t room,
                   const char *format, va_list args)
{
    tern_error_clear(err);
    err->code = code;
    err->origin = origin;

    const int wanted = vsnprintf(err->text, room, format, args);
    if (wanted < 0) {
        err->text[0] = '\0';
        return 0;
    }
    if ((size_t)wanted < room)
        return (size_t)wanted;

    const size_t n = tn_utf8_cut(err->text, room - 1);
    err->text[n] = '\0';
    return n;
}

/* Is there a record to fill: wanted, and without a cause yet? */
static bool is_open(const tern_error *err, tern_code code)
{
    return err && err->code == TERN_OK && code != TERN_OK;
}

tern_code tern_error_set(tern_error *err, tern_code code, tern_origin origin, const char *format,
                         ...)
{
    if (!is_open(err, code))
        return code;

    va_list args;
    va_start(args, format);
    fill(err, code, origin, sizeof(err->text), format, args);
    va_end(args);
    return code;
}

tern_code tern_error_set_errno(tern_error *err, tern_code code, tern_origin origin, int sys_errno,
                               const char *format, ...)
{
    if (!is_open(err, code))
        return code;

    char words[128] = ": ";
    if (strerror_r(sys_errno, words + 2, sizeof(words) - 2) != 0)
        snprintf(words, sizeof(words), ": errno %d", sys_errno);
    const size_t words_n = strlen(words);

    /* A long text gives way to the system's words, which name the cause. */
    va_list args;
    va_start(args, format);
    const size_t n = fill(err, code, origin, sizeof(err->text) - words_n, format, args);
    va_end(args);
    memcpy(err->text + n, words, words_n + 1);
    err->sys_errno = sys_errno;
    return code;
}
