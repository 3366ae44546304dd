/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.c: the small grammars of gRPC: custom metadata, base64, percent-encoding, timeouts,
 * statuses. What was read can be written and read again; what was written is always read.
 *
 * Octet 0: which; 1: memory; the rest is the text.
 */
#include "grpc/metadata.h"
#include "base/base64.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "grpc/percent.h"
#include "grpc/status.h"
#include "grpc/timeout.h"

enum { MOST_FIELDS = 64 };

static void base64(tern_arena *arena, tern_str s)
{
    const size_t size = tn_base64_encoded_size(s.n);
    char *text = tern_arena_alloc(arena, size + 1);
    uint8_t *back = tern_arena_alloc(arena, size / 4 * 3 + 2);
    uint8_t *any = tern_arena_alloc(arena, s.n / 4 * 3 + 2);
    if (!text || !back || !any)
        return;
    tn_base64_encode(text, s.p, s.n);
    fuzz_check(tn_base64_decode(back, text, size) == s.n);
    fuzz_check(s.n == 0 || memcmp(back, s.p, s.n) == 0);
    const size_t n = tn_base64_decode(any, s.p, s.n);
    fuzz_check(n == SIZE_MAX || n <= s.n / 4 * 3 + 2);
    if (n == SIZE_MAX)
        return;
    /* One way to write it, but for the padding. */
    char *again = tern_arena_alloc(arena, tn_base64_encoded_size(n) + 1);
    if (!again)
        return;
    tn_base64_encode(again, any, n);
    fuzz_check(tn_base64_encoded_size(n) <= s.n);
    fuzz_check(n == 0 || memcmp(again, s.p, tn_base64_encoded_size(n)) == 0);
}

static void percent(tern_arena *arena, tern_str s)
{
    const tern_str text = tn_percent_decode(arena, s);
    const tern_str repaired = tn_text_repair(arena, s);
    if (!text.p || (s.n && !repaired.p))
        return;
    fuzz_check(tn_utf8_valid(text.p, text.n) && text.p[text.n] == 0);
    fuzz_check(tn_utf8_valid(repaired.p, repaired.n));
    const size_t cap = s.n % 7 ? 9 * s.n : s.n;
    char *out = tern_arena_alloc(arena, cap + 1);
    if (!out)
        return;
    const size_t n = tn_percent_encode(out, cap, s);
    fuzz_check(n <= cap);
    const tern_str back = tn_percent_decode(arena, (tern_str){ out, n });
    if (back.p)
        fuzz_check(back.n <= repaired.n && (cap < 9 * s.n || back.n == repaired.n) &&
                   (back.n == 0 || memcmp(back.p, repaired.p, back.n) == 0));
}

static void numbers(tern_str s)
{
    uint64_t ns = 0;
    char text[TN_TIMEOUT_TEXT];
    if (tn_timeout_parse(s, &ns)) {
        uint64_t back = 0;
        const size_t n = tn_timeout_encode(text, ns);
        fuzz_check(n && n <= sizeof(text) && ns <= INT64_MAX);
        fuzz_check(tn_timeout_parse((tern_str){ text, n }, &back) && back >= ns);
    }
    const tern_code code = tn_status_parse(s);
    fuzz_check(code >= TERN_OK && code <= TERN_UNAUTHENTICATED);
    fuzz_check(tn_status_parse(tn_status_text(code)) == code);
    fuzz_check(tn_status_parse_http(s) < 1000);
    (void)tn_status_of_http(tn_status_parse_http(s));
    (void)tn_content_of(s);
}

/* Names and values end at NULs. */
static void metadata(tern_arena *arena, tern_str s)
{
    tn_h2_field fields[MOST_FIELDS];
    size_t n = 0;
    for (size_t at = 0; at < s.n && n < MOST_FIELDS; n++) {
        tern_str part[2];
        for (int i = 0; i < 2; i++) {
            part[i] = (tern_str){ s.p + at, strnlen(s.p + at, s.n - at) };
            at += part[i].n + (at + part[i].n < s.n);
        }
        const tn_h2_token token = tn_h2_token_of(part[0]);
        const unsigned facts = tn_h2_name_facts(part[0], token) | tn_h2_value_facts(part[1]);
        fields[n] = (tn_h2_field){ part[0], part[1], (uint8_t)token, (uint8_t)facts };
        tern_error err = { .code = TERN_OK };
        const tern_code verdict = tn_metadata_check(part[0], part[1], &err);
        fuzz_check(verdict == err.code && (verdict == TERN_OK) == !*err.text);
    }
    tern_metadata out = { NULL, 0 };
    const tn_h2_field *bad = NULL;
    const tern_code code = tn_metadata_decode(arena, fields, n, &out, &bad);
    fuzz_check(code != TERN_INTERNAL || (bad >= fields && bad < fields + n));
    for (size_t i = 0; code == TERN_OK && i < out.n; i++) {
        const tern_metadata_entry *e = &out.p[i];
        fuzz_check(e->key.p && e->value.p && !e->key.p[e->key.n] && !e->value.p[e->value.n]);
        (void)tern_metadata_get(&out, e->key.p);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    tn_failing_env f;
    fuzz_env(&f, p[1]);
    uint8_t *copy = fuzz_copy(p + 2, n - 2);
    const tern_str s = { (const char *)copy, n - 2 };
    tern_arena *arena = tern_arena_new(&f.env);
    if (arena) {
        switch (p[0] & 3) {
        case 0: base64(arena, s); break;
        case 1: percent(arena, s); break;
        case 2: numbers(s); break;
        default: metadata(arena, s); break;
        }
    }
    tern_arena_free(arena);
    fuzz_copy_free(copy, n - 2);
    fuzz_check(f.live_blocks == 0);
    return 0;
}
