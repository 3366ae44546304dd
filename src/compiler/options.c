/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c: the parameter that protoc passes on: `name` and `name=value`, with commas between.
 *
 *   prefix=P        P stands in front of every C name, but for the well-known types
 *   export=MACRO    MACRO stands in front of tables and functions that other modules may use;
 *                   without it they have hidden visibility
 *   messages_only   services are left out
 *   descriptors=off X_file of generated code goes without the descriptor: no reflection, less data
 */
#include "compiler/gen.h"

static bool identifier(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const bool letter = (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z');
        if (!letter && p[i] != '_' && !(i && p[i] >= '0' && p[i] <= '9'))
            return false;
    }
    return n != 0;
}

static bool is(const char *p, size_t n, const char *word)
{
    return n == strlen(word) && memcmp(p, word, n) == 0;
}

/* Refuses, as protoc's user sees it: the response's error names no file here. */
static tern_code bad_option(tn_gen *g, const char *p, size_t n, const char *why)
{
    return tn_gen_refuse(g, NULL, NULL, "option \"%.*s\": %s", (int)(n < 200 ? n : 200), p, why);
}

static tern_code set_word(tn_gen *g, const char **word, const char *p, size_t n, const char *value)
{
    const size_t value_n = (size_t)(p + n - value);
    if (!identifier(value, value_n))
        return bad_option(g, p, n, "wants a C identifier behind the =");
    *word = tn_gen_text(g, "%.*s", (int)value_n, value);
    return *word ? TERN_OK : TERN_RESOURCE_EXHAUSTED;
}

static tern_code set_switch(tn_gen *g, bool *flag, const char *p, size_t n, const char *value)
{
    *flag = true;
    return value ? bad_option(g, p, n, "takes no value") : TERN_OK;
}

static tern_code set_descriptors(tn_gen *g, const char *p, size_t n, const char *value)
{
    const size_t value_n = (size_t)(p + n - value);
    g->options.no_descriptors = is(value, value_n, "off");
    if (g->options.no_descriptors || is(value, value_n, "on"))
        return TERN_OK;
    return bad_option(g, p, n, "wants on or off behind the =");
}

static tern_code parse_one(tn_gen *g, const char *p, size_t n)
{
    const char *equal = memchr(p, '=', n);
    const size_t name_n = equal ? (size_t)(equal - p) : n;
    const char *value = equal ? equal + 1 : NULL;
    tn_gen_options *o = &g->options;
    if (is(p, name_n, "messages_only"))
        return set_switch(g, &o->messages_only, p, n, value);
    if (is(p, name_n, "prefix"))
        return set_word(g, &o->prefix, p, n, value ? value : p + n);
    if (is(p, name_n, "export"))
        return set_word(g, &o->export_macro, p, n, value ? value : p + n);
    if (is(p, name_n, "descriptors"))
        return set_descriptors(g, p, n, value ? value : p + n);
    return bad_option(g, p, n,
                      "unknown; there are prefix=NAME, export=MACRO, messages_only, "
                      "descriptors=off");
}

tern_code tn_gen_parse_options(tn_gen *g, tern_str parameter)
{
    const char *p = parameter.p;
    size_t n = parameter.n;
    g->options.prefix = "";
    while (n) {
        const char *comma = memchr(p, ',', n);
        const size_t one = comma ? (size_t)(comma - p) : n;
        if (one) {
            const tern_code code = parse_one(g, p, one);
            if (code != TERN_OK)
                return code;
        }
        p += comma ? one + 1 : one;
        n -= comma ? one + 1 : one;
    }
    return TERN_OK;
}
