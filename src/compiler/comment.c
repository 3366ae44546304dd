/* SPDX-License-Identifier: Apache-2.0 */
/*
 * comment.c: documentation comments of a .proto file as C comments.
 *
 * What stands in a .proto is somebody else's text. Nothing in it may end our comment, upset a
 * compiler (comment marks within comments, trigraphs) or show a reader other text than a compiler
 * sees (control characters, bidirectional overrides).
 */
#include "base/utf8.h"
#include "compiler/out.h"

enum { WIDTH = 100 };

/* The length of the UTF-8 character at p, or 0 when it is none. */
static size_t character(const char *p, size_t n)
{
    const uint8_t c = (uint8_t)p[0];
    const size_t want = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    return want <= n && tn_utf8_valid(p, want) ? want : 0;
}

/* Characters that change the direction or the lines of the text around them. */
static bool deceptive(const char *p, size_t n)
{
    static const char *const list[] = { "\u061c", "\u200e", "\u200f", "\u2028", "\u2029",
                                        "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
                                        "\u2066", "\u2067", "\u2068", "\u2069", "\xc2\x85" };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (strlen(list[i]) == n && memcmp(list[i], p, n) == 0)
            return true;
    return false;
}

/* True when c right behind what was written makes a comment mark or a trigraph. */
static bool needs_space(const tn_buf *text, char c)
{
    const size_t n = tn_buf_len(text);
    const char *p = (const char *)tn_buf_data(text);
    if (n >= 1 && ((p[n - 1] == '*' && c == '/') || (p[n - 1] == '/' && c == '*')))
        return true;
    return n >= 2 && p[n - 1] == '?' && p[n - 2] == '?' && strchr("=/'()!<>-", c);
}

static void put_line(tn_gen_out *out, const char *p, size_t n)
{
    while (n && strchr(" \t\r", p[n - 1]))
        n--;
    if (n && *p == ' ') {
        p++;
        n--;
    }
    while (n) {
        const size_t len = character(p, n);
        const char c = *p;
        if (needs_space(&out->text, c))
            tn_gen_put(out, " ", 1);
        if (c == '\t')
            tn_gen_put(out, "    ", 4);
        else if (len == 1 ? c >= ' ' && c != 0x7f : len && !deceptive(p, len))
            tn_gen_put(out, p, len);
        p += len ? len : 1;
        n -= len ? len : 1;
    }
    tn_gen_print(out, "\n");
}

/* The lines of s but empty ones at both ends, behind an empty line when there is text already. */
static void put_paragraph(tn_gen_out *out, tern_str s)
{
    const char *p = s.p;
    size_t n = s.n;
    while (n && strchr(" \t\r\n", p[n - 1]))
        n--;
    for (const char *nl = n ? memchr(p, '\n', n) : NULL; nl; nl = memchr(p, '\n', n)) {
        bool blank = true;
        for (const char *q = p; q < nl && blank; q++)
            blank = *q == ' ' || *q == '\t' || *q == '\r';
        if (!blank)
            break;
        n -= (size_t)(nl + 1 - p);
        p = nl + 1;
    }
    if (n && tn_buf_len(&out->text))
        tn_gen_print(out, "\n");
    while (n) {
        const char *nl = memchr(p, '\n', n);
        const size_t line = nl ? (size_t)(nl - p) : n;
        put_line(out, p, line);
        p += nl ? line + 1 : line;
        n -= nl ? line + 1 : line;
    }
}

/* text: lines, each ended by a newline. */
static void put_comment(tn_gen_out *out, int indent, const char *text, size_t n)
{
    if (memchr(text, '\n', n) == text + n - 1 && n + (size_t)indent + 6 <= WIDTH) {
        tn_gen_print(out, "%*s/* %.*s */\n", indent, "", (int)(n - 1), text);
        return;
    }
    tn_gen_print(out, "%*s/*\n", indent, "");
    while (n) {
        const size_t line = (size_t)((const char *)memchr(text, '\n', n) - text);
        tn_gen_print(out, "%*s *%s%.*s\n", indent, "", line ? " " : "", (int)line, text);
        text += line + 1;
        n -= line + 1;
    }
    tn_gen_print(out, "%*s */\n", indent, "");
}

void tn_gen_comment(tn_gen_out *out, int indent, const tn_gen_location *at, bool deprecated)
{
    tn_gen_out lines = { .text = tn_buf_of(out->text.env) };
    if (at) {
        put_paragraph(&lines, at->leading_comments);
        put_paragraph(&lines, at->trailing_comments);
    }
    if (deprecated)
        put_paragraph(&lines, TERN_STR("Deprecated."));
    out->failed |= lines.failed;
    if (!out->failed && tn_buf_len(&lines.text))
        put_comment(out, indent, (const char *)tn_buf_data(&lines.text), tn_buf_len(&lines.text));
    tn_buf_free(&lines.text);
}
