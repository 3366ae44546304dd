/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_stories_test.c: whole lives of HPACK: header lists, block after block, whose tables change their
 * size on the way.
 *
 * Two sources. Lives that are made here, by an encoder of the test's own that is as plain as the RFC
 * reads. And, when TERN_HPACK_STORIES names a file, the stories of http2jp/hpack-test-case as
 * scripts/hpack-stories writes them, a line each: "S name", a story; "T n", the decoder's table may
 * have n octets from here on; "F name value" in hexadecimal, a field; "B block", which those fields are.
 * A block without octets is one to encode.
 */
#include "base/env.h"
#include "h2/hpack.h"
#include "h2/huffman.h"
#include "support/seed.h"
#include "support/test.h"

#define NGHTTP2_FUNCTIONS(X)                                                                       \
    X(hd_deflate_new)                                                                              \
    X(hd_deflate_del)                                                                              \
    X(hd_deflate_hd)                                                                               \
    X(hd_inflate_new)                                                                              \
    X(hd_inflate_del)                                                                              \
    X(hd_inflate_hd2)                                                                              \
    X(hd_inflate_end_headers)
#include "support/nghttp2.h"
#include <stdio.h>
#include <stdlib.h>

enum { FIELDS = 256, TEXT = 1 << 17 };

typedef struct list {
    tn_h2_field fields[FIELDS];
    uint32_t n;
    char text[TEXT];
    size_t used;
} list;

static tern_str keep(list *l, const char *p, size_t n)
{
    assert_true(l->used + n <= TEXT);
    char *const at = l->text + l->used;
    if (n)
        memcpy(at, p, n);
    l->used += n;
    return (tern_str){ at, n };
}

static void check_decoded(tn_hpack_decoder *d, const uint8_t *p, size_t n, const list *want)
{
    tn_h2_field got[FIELDS];
    uint32_t count;
    const tn_hpack_verdict v = tn_hpack_decode(d, (tern_bytes){ p, n }, got, FIELDS, &count);
    if (v != TN_HPACK_OK)
        fail_msg("verdict %d: %s", v, d->reason ? d->reason : "");
    assert_int_equal(count, want->n);
    for (uint32_t i = 0; i < count; i++)
        if (!tern_str_equal(got[i].name, want->fields[i].name) ||
            !tern_str_equal(got[i].value, want->fields[i].value))
            fail_msg("field %u: %.*s=%.*s, not %.*s=%.*s", i, TERN_FMT(got[i].name),
                     TERN_FMT(got[i].value), TERN_FMT(want->fields[i].name),
                     TERN_FMT(want->fields[i].value));
    tn_hpack_decoder_release(d);
}

/* ---- an encoder as plain as can be ---- */

/* The newest entry is the last. */
typedef struct plain {
    struct {
        char name[32], value[64];
    } entries[512];
    uint32_t n, size, max;
    tn_buf out;
} plain;

static uint32_t entry_size(const plain *p, uint32_t i)
{
    return (uint32_t)(strlen(p->entries[i].name) + strlen(p->entries[i].value) + 32);
}

static void evict(plain *p, uint32_t room)
{
    uint32_t gone = 0;
    while (gone < p->n && p->size + room > p->max)
        p->size -= entry_size(p, gone++);
    memmove(p->entries, p->entries + gone, (p->n - gone) * sizeof(p->entries[0]));
    p->n -= gone;
}

static void put_integer(plain *p, uint8_t kind, unsigned bits, uint32_t v)
{
    const uint32_t mask = (1u << bits) - 1;
    uint8_t b[8];
    size_t n = 0;
    b[n++] = (uint8_t)(kind | (v < mask ? v : mask));
    if (v >= mask) {
        for (v -= mask; v >= 128; v >>= 7)
            b[n++] = (uint8_t)(v | 0x80);
        b[n++] = (uint8_t)v;
    }
    assert_true(tn_buf_put(&p->out, b, n));
}

static void put_string(plain *p, tern_str s, bool huffman)
{
    uint8_t b[512];
    if (!huffman) {
        put_integer(p, 0, 7, (uint32_t)s.n);
        assert_true(s.n == 0 || tn_buf_put(&p->out, s.p, s.n));
        return;
    }
    const size_t n = tn_huffman_size((const uint8_t *)s.p, s.n);
    put_integer(p, 0x80, 7, (uint32_t)n);
    assert_true(n <= sizeof(b));
    tn_huffman_encode(b, (const uint8_t *)s.p, s.n);
    assert_true(n == 0 || tn_buf_put(&p->out, b, n));
}

static bool is_str(const char *a, tern_str s)
{
    return strlen(a) == s.n && memcmp(a, s.p, s.n) == 0;
}

/* Entry i of the plain table counts from the oldest; HPACK's index from the newest, behind the static. */
static void put_field(plain *p, const tn_h2_field *f, tn_seed *seed)
{
    uint32_t name = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        if (!is_str(p->entries[i].name, f->name))
            continue;
        name = 61 + p->n - i;
        if (is_str(p->entries[i].value, f->value) && tn_seed_below(seed, 8)) {
            put_integer(p, 0x80, 7, name);
            return;
        }
    }
    const uint32_t how = tn_seed_below(seed, 4);
    static const uint8_t kinds[] = { 0x40, 0x40, 0x00, 0x10 };
    put_integer(p, kinds[how], kinds[how] == 0x40 ? 6 : 4, name);
    if (!name)
        put_string(p, f->name, tn_seed_below(seed, 2));
    put_string(p, f->value, tn_seed_below(seed, 2));
    if (kinds[how] != 0x40)
        return;
    const uint32_t size = (uint32_t)(f->name.n + f->value.n + 32);
    evict(p, size);
    if (size > p->max)
        return;
    snprintf(p->entries[p->n].name, 32, "%.*s", TERN_FMT(f->name));
    snprintf(p->entries[p->n].value, 64, "%.*s", TERN_FMT(f->value));
    p->n++;
    p->size += size;
}

static void draw(list *l, tn_seed *seed)
{
    l->used = 0;
    l->n = tn_seed_below(seed, 12);
    for (uint32_t i = 0; i < l->n; i++) {
        char name[32], value[64];
        const int n = snprintf(name, sizeof(name), "x-%c%.*s", 'a' + (char)tn_seed_below(seed, 9),
                               (int)tn_seed_below(seed, 12), "aaaaaaaaaaaa");
        const int v =
            snprintf(value, sizeof(value), "%u%.*s", tn_seed_below(seed, 7),
                     (int)tn_seed_below(seed, 40), "bcdefghijklmnopqrstuvwxyz0123456789ABCDE");
        l->fields[i] =
            (tn_h2_field){ .name = keep(l, name, (size_t)n), .value = keep(l, value, (size_t)v) };
    }
}

/* The decoder's owner allows another size, acknowledged at once; the encoder follows, or lingers below. */
static void change_size(plain *p, tn_hpack_decoder *d, tn_seed *seed)
{
    static const uint32_t sizes[] = { 0, 64, 150, 1000, 4096, 8192, 16384 };
    uint32_t lowest = p->max, last = p->max;
    for (uint32_t changes = 1 + tn_seed_below(seed, 2); changes; changes--) {
        last = sizes[tn_seed_below(seed, 7)];
        tn_hpack_decoder_set_max(d, last);
        if (last < lowest)
            lowest = last;
    }
    if (lowest < p->max && lowest != last)
        put_integer(p, 0x20, 5, lowest);
    p->max = lowest;
    evict(p, 0);
    p->max = tn_seed_below(seed, 4) ? last : last / 2;
    put_integer(p, 0x20, 5, p->max);
    evict(p, 0);
}

static void lives_made_here_decode_exactly(void **state)
{
    (void)state;
    static list l;
    static plain p;
    for (uint64_t life = 0; life < 200; life++) {
        tn_seed seed = { life };
        tn_hpack_decoder d;
        tn_hpack_decoder_init(&d, tn_env_of(NULL), TERN_UNLIMITED);
        p = (plain){ .max = 4096, .out = tn_buf_of(tn_env_of(NULL)) };
        for (int block = 0; block < 40; block++) {
            if (life % 2 && tn_seed_below(&seed, 5) == 0)
                change_size(&p, &d, &seed);
            draw(&l, &seed);
            for (uint32_t i = 0; i < l.n; i++)
                put_field(&p, &l.fields[i], &seed);
            if (tn_buf_len(&p.out))
                check_decoded(&d, tn_buf_data(&p.out), tn_buf_len(&p.out), &l);
            tn_buf_reset(&p.out, SIZE_MAX);
        }
        tn_hpack_decoder_free(&d);
        tn_buf_free(&p.out);
    }
}

/* ---- the stories ---- */

typedef struct telling {
    unsigned long stories, blocks, fields, encoded;
    size_t ours, theirs; /* octets of what was encoded */
    tn_hpack_decoder d;
    tn_hpack_encoder e;
    tn_buf out;
    bool open, decodes;
    list list;
    uint8_t block[TEXT];
#if HAVE_NGHTTP2
    bool oracle;
    nghttp2_hd_deflater *deflater;
    nghttp2_hd_inflater *inflater;
#endif
} telling;

static void end_story(telling *t)
{
    if (!t->open)
        return;
    tn_hpack_decoder_free(&t->d);
    tn_hpack_encoder_free(&t->e);
#if HAVE_NGHTTP2
    if (t->oracle) {
        nghttp2.hd_deflate_del(t->deflater);
        nghttp2.hd_inflate_del(t->inflater);
    }
#endif
    t->open = false;
}

static void begin_story(telling *t)
{
    end_story(t);
    tn_hpack_decoder_init(&t->d, tn_env_of(NULL), TERN_UNLIMITED);
    tn_hpack_encoder_init(&t->e, tn_env_of(NULL), 4096);
#if HAVE_NGHTTP2
    if (t->oracle) {
        assert_int_equal(nghttp2.hd_deflate_new(&t->deflater, 4096), 0);
        assert_int_equal(nghttp2.hd_inflate_new(&t->inflater), 0);
    }
#endif
    t->open = true;
    t->decodes = false;
}

#if HAVE_NGHTTP2
/* What we encoded, through their decoder; and what they would have made of it. Secrets are told to them
 * as such: that we never index a cookie is policy, not compression. */
static void ask_nghttp2(telling *t)
{
    static nghttp2_nv nv[FIELDS];
    const list *l = &t->list;
    for (uint32_t i = 0; i < l->n; i++) {
        const tn_h2_field *f = &l->fields[i];
        const tn_h2_token token = tn_h2_token_of(f->name);
        const bool secret = token == TN_H2_TOKEN_COOKIE || token == TN_H2_TOKEN_AUTHORIZATION;
        nv[i] = (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)f->name.p,
                              .value = (uint8_t *)(uintptr_t)f->value.p,
                              .namelen = f->name.n,
                              .valuelen = f->value.n,
                              .flags = secret ? NGHTTP2_NV_FLAG_NO_INDEX : 0 };
    }
    const ssize_t size = nghttp2.hd_deflate_hd(t->deflater, t->block, sizeof(t->block), nv, l->n);
    assert_true(size >= 0);
    t->theirs += (size_t)size;
    const uint8_t *p = tn_buf_data(&t->out);
    size_t left = tn_buf_len(&t->out);
    uint32_t i = 0;
    for (int flags = 0; !(flags & NGHTTP2_HD_INFLATE_FINAL);) {
        nghttp2_nv got;
        const ssize_t used = nghttp2.hd_inflate_hd2(t->inflater, &got, &flags, p, left, 1);
        assert_true(used >= 0);
        p += used;
        left -= (size_t)used;
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT))
            continue;
        assert_true(i < l->n);
        assert_true(
            tern_str_equal(l->fields[i].name, (tern_str){ (const char *)got.name, got.namelen }));
        assert_true(tern_str_equal(l->fields[i].value,
                                   (tern_str){ (const char *)got.value, got.valuelen }));
        i++;
    }
    nghttp2.hd_inflate_end_headers(t->inflater);
    assert_int_equal(i, l->n);
}
#endif

static void tell_block(telling *t, size_t n)
{
    if (n) {
        check_decoded(&t->d, t->block, n, &t->list);
        t->stories += !t->decodes;
        t->decodes = true;
        t->blocks++;
        t->fields += t->list.n;
    } else {
        assert_true(tn_hpack_encode(&t->e, t->list.fields, t->list.n, &t->out));
        check_decoded(&t->d, tn_buf_data(&t->out), tn_buf_len(&t->out), &t->list);
        t->ours += tn_buf_len(&t->out);
        t->encoded++;
#if HAVE_NGHTTP2
        if (t->oracle)
            ask_nghttp2(t);
#endif
        tn_buf_reset(&t->out, SIZE_MAX);
    }
    t->list.n = 0;
    t->list.used = 0;
}

static size_t from_hex(const char *hex, size_t n, uint8_t *to)
{
    assert_true(n % 2 == 0 && n / 2 <= TEXT);
    for (size_t i = 0; i < n / 2; i++) {
        const char pair[] = { hex[2 * i], hex[2 * i + 1], 0 };
        to[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n / 2;
}

static void tell_field(telling *t, const char *names)
{
    static uint8_t bytes[TEXT];
    const size_t hex = strcspn(names, " ");
    const char *value = names + hex + 1;
    assert_true(t->list.n < FIELDS);
    tn_h2_field *f = &t->list.fields[t->list.n++];
    size_t n = from_hex(names, hex, bytes);
    const tern_str name = keep(&t->list, (char *)bytes, n);
    n = from_hex(value, strlen(value), bytes);
    *f = (tn_h2_field){ .name = name, .value = keep(&t->list, (char *)bytes, n) };
}

static void tell(telling *t, char *line)
{
    line[strcspn(line, "\n")] = 0;
    switch (line[0]) {
    case 'S': begin_story(t); break;
    case 'T': tn_hpack_decoder_set_max(&t->d, (uint32_t)strtoul(line + 2, NULL, 10)); break;
    case 'F': tell_field(t, line + 2); break;
    case 'B': tell_block(t, from_hex(line + 2, strlen(line + 2), t->block)); break;
    default: fail_msg("no such line: %s", line);
    }
}

static void stories_that_are_given_decode_exactly(void **state)
{
    (void)state;
    static telling t;
    static char line[4 * TEXT];
    const char *path = getenv("TERN_HPACK_STORIES");
    if (!path) {
        print_message("TERN_HPACK_STORIES is not set (make hpack-stories sets it)\n");
        skip();
    }
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    t.out = tn_buf_of(tn_env_of(NULL));
#if HAVE_NGHTTP2
    t.oracle = nghttp2_load();
#endif
    while (fgets(line, sizeof(line), in))
        tell(&t, line);
    end_story(&t);
    fclose(in);
    tn_buf_free(&t.out);
    printf("stories %lu blocks %lu fields %lu; encoded %lu lists: %zu octets, nghttp2 %zu\n",
           t.stories, t.blocks, t.fields, t.encoded, t.ours, t.theirs);
    /* At most 1.02 of nghttp2's size. */
    assert_true(t.theirs == 0 || t.ours * 100 <= t.theirs * 102);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_made_here_decode_exactly),
        cmocka_unit_test(stories_that_are_given_decode_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
