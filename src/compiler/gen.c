/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gen.c: what every step of a run uses: memory, strings, errors and refusals. See gen.h.
 */
#include "compiler/gen.h"
#include "base/env.h"
#include <stdarg.h>
#include <stdio.h>

tern_code tn_gen_no_memory(tn_gen *g)
{
    return tern_error_set(g->err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                          "no memory to generate code");
}

void *tn_gen_alloc(tn_gen *g, size_t count, size_t size)
{
    size_t n;
    void *p = NULL;
    if (!__builtin_mul_overflow(count, size, &n))
        p = tern_arena_zalloc(g->arena, n ? n : 1);
    if (!p)
        (void)tn_gen_no_memory(g);
    return p;
}

const char *tn_gen_text(tn_gen *g, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = n < 0 ? NULL : tn_gen_alloc(g, (size_t)n + 1, 1);
    if (p)
        (void)vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

tern_code tn_gen_bad(tn_gen *g, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return tern_error_set(g->err, TERN_INVALID_ARGUMENT, TERN_ORIGIN_LOCAL,
                          "bad CodeGeneratorRequest: %s", text);
}

tern_code tn_gen_refuse(tn_gen *g, const tn_gen_file *file, const tn_gen_location *at,
                        const char *format, ...)
{
    if (++g->refused > TN_GEN_MAX_REFUSALS)
        return TERN_OK;
    char text[1000];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    char place[40] = "";
    if (at && at->span.n >= 3)
        (void)snprintf(place, sizeof(place), "%u:%u: ", (uint32_t)at->span.p[0] + 1,
                       (uint32_t)at->span.p[1] + 1);
    const char *const pieces[] = { g->refused > 1 ? "\n" : "", file ? file->name : "",
                                   file ? (*place ? ":" : ": ") : "", place, text };
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        if (!tn_buf_put(&g->refusals, pieces[i], strlen(pieces[i])))
            return tn_gen_no_memory(g);
    return TERN_OK;
}
