/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrap.c: templates, and lines broken at 100 columns.
 *
 * Names in generated code have any length, so a template cannot know where its lines end. A line of
 * code is broken behind a comma or before `?`, `:` and `=`, and goes on 4 columns further in; a line of
 * a comment is broken at a space. What has no such place stays long.
 */
#include "base/assert.h"
#include "compiler/out.h"

enum { WIDTH = 100 };

static const char *value_of(const tn_gen_var *vars, char letter)
{
    while (vars->letter && vars->letter != letter)
        vars++;
    TN_ASSERT(vars->letter);
    return vars->value ? vars->value : "";
}

static bool in_comment(const char *p, size_t n)
{
    while (n && *p == ' ') {
        p++;
        n--;
    }
    return n > 1 && ((p[0] == '/' && p[1] == '*') || (p[0] == '*' && p[1] == ' '));
}

/* How much of a line of n > limit bytes stays: the place of the space to break at, or n. */
static size_t break_at(const char *p, size_t n, size_t from, size_t limit, bool comment)
{
    size_t found = n;
    for (size_t i = from + 8; i <= limit && i + 1 < n; i++) {
        if (p[i] != ' ')
            continue;
        const bool code = p[i - 1] == ',' || (strchr("?:=", p[i + 1]) && p[i + 2] == ' ');
        if (comment ? strncmp(p + i, " */", 3) != 0 : code)
            found = i;
    }
    return found;
}

/* Behind an opening parenthesis, for a call whose arguments begin too far right. */
static size_t break_at_call(const char *p, size_t n, size_t from, size_t limit)
{
    for (size_t i = limit; i > from + 8; i--)
        if (p[i - 1] == '(' && p[i] != ')')
            return i;
    return n;
}

static void put_line(tn_gen_out *out, const char *p, size_t n)
{
    size_t indent = 0;
    while (indent < n && p[indent] == ' ')
        indent++;
    const bool comment = in_comment(p, n);
    const size_t deeper = comment ? indent + (p[indent] == '/' ? 3 : 2) : indent + 4;
    size_t from = indent, limit = WIDTH;
    while (n > limit) {
        size_t at = break_at(p, n, from, limit, comment);
        if (at == n && !comment)
            at = break_at_call(p, n, from, limit);
        if (at == n)
            break;
        tn_gen_put(out, p, at);
        tn_gen_print(out, "\n%*s", (int)deeper, comment ? "* " : "");
        at += p[at] == ' ';
        p += at;
        n -= at;
        from = 0;
        limit = WIDTH - (deeper < WIDTH / 2 ? deeper : WIDTH / 2);
    }
    tn_gen_put(out, p, n);
    tn_gen_put(out, "\n", 1);
}

/* Whole lines of text; what follows the last newline is put as it is. */
static void put_lines(tn_gen_out *out, const char *p, size_t n)
{
    for (const char *nl; (nl = n ? memchr(p, '\n', n) : NULL);) {
        put_line(out, p, (size_t)(nl - p));
        n -= (size_t)(nl + 1 - p);
        p = nl + 1;
    }
    tn_gen_put(out, p, n);
}

void tn_gen_fill(tn_gen_out *out, const char *text, const tn_gen_var *vars)
{
    tn_gen_out whole = { .text = tn_buf_of(out->text.env) };
    for (const char *dollar; (dollar = strchr(text, '$')); text = dollar + 2) {
        tn_gen_put(&whole, text, (size_t)(dollar - text));
        const char *value = value_of(vars, dollar[1]);
        tn_gen_put(&whole, value, strlen(value));
    }
    tn_gen_put(&whole, text, strlen(text));
    out->failed |= whole.failed;
    if (!out->failed)
        put_lines(out, (const char *)tn_buf_data(&whole.text), tn_buf_len(&whole.text));
    tn_buf_free(&whole.text);
}
