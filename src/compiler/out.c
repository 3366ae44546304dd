/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.c: text into a growing buffer. See out.h.
 */
#include "compiler/out.h"
#include <stdarg.h>
#include <stdio.h>

void tn_gen_put(tn_gen_out *out, const char *p, size_t n)
{
    if (!out->failed && n)
        out->failed = !tn_buf_put(&out->text, p, n);
}

void tn_gen_print(tn_gen_out *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        out->failed = true;
    uint8_t *room = out->failed ? NULL : tn_buf_room(&out->text, (size_t)n + 1);
    if (room) {
        (void)vsnprintf((char *)room, (size_t)n + 1, format, again);
        tn_buf_wrote(&out->text, (size_t)n);
    } else {
        out->failed = true;
    }
    va_end(again);
}

void tn_gen_print_quoted(tn_gen_out *out, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t c = (uint8_t)p[i];
        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '?')
            tn_gen_print(out, "\\%03o", c);
        else
            tn_gen_put(out, &p[i], 1);
    }
}

void tn_gen_put_numbers(tn_gen_out *out, const uint8_t *p, size_t n)
{
    char line[128];
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % 24 == 0) {
            tn_gen_put(out, line, used);
            used = 0;
            line[used++] = '\n';
            while (used < 5)
                line[used++] = ' ';
        }
        if (p[i] >= 100)
            line[used++] = (char)('0' + p[i] / 100);
        if (p[i] >= 10)
            line[used++] = (char)('0' + p[i] / 10 % 10);
        line[used++] = (char)('0' + p[i] % 10);
        line[used++] = ',';
    }
    tn_gen_put(out, line, used);
}
