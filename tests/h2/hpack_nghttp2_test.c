/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpack_nghttp2_test.c: our HPACK against that of libnghttp2: each decodes what the other encoded, and
 * both give the same verdict on random blocks.
 *
 * The library is loaded when the test runs, so that nothing else links to it; without it or its
 * headers (Debian: libnghttp2-dev) the tests are skipped, and say so.
 */
#include "h2/hpack.h"
#include "hpack_noise.h"
#include "support/test.h"

#if __has_include(<nghttp2/nghttp2.h>)
#include <dlfcn.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#define FUNCTIONS(X)                                                                               \
    X(nghttp2_hd_deflate_new)                                                                      \
    X(nghttp2_hd_deflate_del)                                                                      \
    X(nghttp2_hd_deflate_hd)                                                                       \
    X(nghttp2_hd_deflate_change_table_size)                                                        \
    X(nghttp2_hd_inflate_new)                                                                      \
    X(nghttp2_hd_inflate_del)                                                                      \
    X(nghttp2_hd_inflate_hd2)                                                                      \
    X(nghttp2_hd_inflate_end_headers)                                                              \
    X(nghttp2_hd_inflate_change_table_size)

#define POINTER(f) __typeof__(&f) f##_p;
static struct {
    FUNCTIONS(POINTER)
} ng;

static bool load(void)
{
    void *lib = dlopen("libnghttp2.so.14", RTLD_NOW | RTLD_LOCAL);
    bool ok = lib != NULL;
#define LOAD(f)                                                                                    \
    if (ok) {                                                                                      \
        void *const p = dlsym(lib, #f);                                                            \
        memcpy(&ng.f##_p, &p, sizeof(p));                                                          \
        ok = p != NULL;                                                                            \
    }
    FUNCTIONS(LOAD)
    return ok;
}

enum { FIELDS = 24, TEXT = 8192 };

typedef struct list {
    tn_h2_field fields[FIELDS];
    nghttp2_nv nv[FIELDS];
    uint32_t n;
    uint8_t text[TEXT];
    size_t used;
} list;

static tern_str some_text(list *l, tn_seed *seed, uint32_t n, uint32_t letters)
{
    uint8_t *p = l->text + l->used;
    for (uint32_t i = 0; i < n; i++)
        p[i] = (uint8_t)('a' + tn_seed_below(seed, letters));
    l->used += n;
    return (tern_str){ (const char *)p, n };
}

static void draw(list *l, tn_seed *seed)
{
    l->n = 1 + tn_seed_below(seed, FIELDS - 1);
    l->used = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        const tn_h2_token token = (tn_h2_token)tn_seed_below(seed, TN_H2_TOKENS);
        tn_h2_field *f = &l->fields[i];
        *f = (tn_h2_field){ .token = (uint8_t)token, .name = tn_h2_token_name(token) };
        if (token == TN_H2_TOKEN_NONE || tn_seed_below(seed, 3) == 0) {
            f->token = TN_H2_TOKEN_NONE;
            f->name = some_text(l, seed, 1 + tn_seed_below(seed, 3), 3);
        }
        f->value = some_text(l, seed, tn_seed_below(seed, tn_seed_below(seed, 6) ? 3 : 300), 4);
        f->flags = tn_seed_below(seed, 10) ? 0 : TN_H2_FIELD_NEVER_INDEX;
        l->nv[i] = (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)f->name.p,
                                 .value = (uint8_t *)(uintptr_t)f->value.p,
                                 .namelen = f->name.n,
                                 .valuelen = f->value.n,
                                 .flags = f->flags ? NGHTTP2_NV_FLAG_NO_INDEX : 0 };
    }
}

/* Their decoder on a whole block; the fields appended to *seen as text. False: refused. */
static bool inflate(nghttp2_hd_inflater *inflater, const uint8_t *p, size_t n, tn_buf *seen)
{
    for (;;) {
        nghttp2_nv nv;
        int flags = 0;
        const ssize_t used = ng.nghttp2_hd_inflate_hd2_p(inflater, &nv, &flags, p, n, 1);
        if (used < 0)
            return false;
        p += used;
        n -= (size_t)used;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) {
            assert_true(tn_buf_put(seen, nv.name, nv.namelen) && tn_buf_put(seen, "=", 1) &&
                        tn_buf_put(seen, nv.value, nv.valuelen) && tn_buf_put(seen, ";", 1));
        }
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            ng.nghttp2_hd_inflate_end_headers_p(inflater);
            return true;
        }
    }
}

static void write_fields(const tn_h2_field *f, uint32_t n, tn_buf *out)
{
    for (uint32_t i = 0; i < n; i++)
        assert_true(tn_buf_put(out, f[i].name.p, f[i].name.n) && tn_buf_put(out, "=", 1) &&
                    tn_buf_put(out, f[i].value.p, f[i].value.n) && tn_buf_put(out, ";", 1));
}

static void same(tn_buf *a, tn_buf *b)
{
    assert_int_equal(tn_buf_len(a), tn_buf_len(b));
    assert_memory_equal(tn_buf_data(a), tn_buf_data(b), tn_buf_len(a));
    tn_buf_reset(a, SIZE_MAX);
    tn_buf_reset(b, SIZE_MAX);
}

static void each_decodes_the_other(void **state)
{
    (void)state;
    static list l;
    tn_buf ours = tn_buf_of(tn_env_of(NULL)), theirs = ours, wire = ours;
    size_t our_bytes = 0, their_bytes = 0;
    if (!load())
        skip();
    for (uint64_t story = 0; story < 60; story++) {
        tn_seed seed = { story };
        tn_hpack_encoder e;
        tn_hpack_decoder d;
        nghttp2_hd_inflater *inflater;
        nghttp2_hd_deflater *deflater;
        tn_hpack_encoder_init(&e, tn_env_of(NULL), 4096);
        tn_hpack_decoder_init(&d, tn_env_of(NULL), TERN_UNLIMITED);
        assert_int_equal(ng.nghttp2_hd_inflate_new_p(&inflater), 0);
        assert_int_equal(ng.nghttp2_hd_deflate_new_p(&deflater, 4096), 0);
        for (int i = 0; i < 40; i++) {
            uint8_t block[32768];
            tn_h2_field got[FIELDS];
            uint32_t n;
            if (tn_seed_below(&seed, 12) == 0) {
                static const uint32_t sizes[] = { 0, 100, 1000, 4096 };
                const uint32_t size = sizes[tn_seed_below(&seed, 4)];
                tn_hpack_encoder_set_max(&e, size);
                tn_hpack_decoder_set_max(&d, size);
                assert_int_equal(ng.nghttp2_hd_inflate_change_table_size_p(inflater, size), 0);
                assert_int_equal(ng.nghttp2_hd_deflate_change_table_size_p(deflater, size), 0);
            }
            draw(&l, &seed);
            write_fields(l.fields, l.n, &ours);
            assert_true(tn_hpack_encode(&e, l.fields, l.n, &wire));
            our_bytes += tn_buf_len(&wire);
            assert_true(inflate(inflater, tn_buf_data(&wire), tn_buf_len(&wire), &theirs));
            tn_buf_reset(&wire, SIZE_MAX);
            same(&ours, &theirs);

            write_fields(l.fields, l.n, &ours);
            const ssize_t size =
                ng.nghttp2_hd_deflate_hd_p(deflater, block, sizeof(block), l.nv, l.n);
            assert_true(size >= 0);
            their_bytes += (size_t)size;
            assert_int_equal(
                tn_hpack_decode(&d, (tern_bytes){ block, (size_t)size }, got, FIELDS, &n),
                TN_HPACK_OK);
            write_fields(got, n, &theirs);
            same(&ours, &theirs);
        }
        ng.nghttp2_hd_deflate_del_p(deflater);
        ng.nghttp2_hd_inflate_del_p(inflater);
        tn_hpack_encoder_free(&e);
        tn_hpack_decoder_free(&d);
    }
    /* These lists are not what real ones look like; still no sizes apart. */
    assert_true(our_bytes < their_bytes + their_bytes / 8);
    tn_buf_free(&ours);
    tn_buf_free(&theirs);
    tn_buf_free(&wire);
}

static void verdicts_on_random_blocks_are_the_same(void **state)
{
    (void)state;
    tn_buf ours = tn_buf_of(tn_env_of(NULL)), theirs = ours;
    tn_seed seed = { 2 };
    tn_hpack_decoder d;
    nghttp2_hd_inflater *inflater = NULL;
    unsigned good = 0, bad = 0;
    if (!load())
        skip();
    /* scripts/prove.d/hpack asks for more. */
    const char *more = getenv("TERN_HPACK_BLOCKS");
    const unsigned long blocks = more ? strtoul(more, NULL, 10) : 30000;
    for (unsigned long i = 0; i < blocks; i++) {
        uint8_t block[HPACK_NOISE_BYTES];
        tn_h2_field got[256];
        uint32_t n;
        if (!inflater) {
            assert_int_equal(ng.nghttp2_hd_inflate_new_p(&inflater), 0);
            tn_hpack_decoder_init(&d, tn_env_of(NULL), TERN_UNLIMITED);
        }
        const size_t size = hpack_noise(&seed, block, 8);
        const tn_hpack_verdict v = tn_hpack_decode(&d, (tern_bytes){ block, size }, got, 256, &n);
        const bool taken = inflate(inflater, block, size, &theirs);
        if (taken != (v == TN_HPACK_OK))
            fail_msg("block %lu: we say %d (%s), they say %d", i, v, d.reason, taken);
        good += taken;
        bad += !taken;
        if (taken) {
            write_fields(got, n, &ours);
            same(&ours, &theirs);
            continue;
        }
        tn_buf_reset(&theirs, SIZE_MAX);
        ng.nghttp2_hd_inflate_del_p(inflater);
        tn_hpack_decoder_free(&d);
        inflater = NULL;
    }
    if (inflater) {
        ng.nghttp2_hd_inflate_del_p(inflater);
        tn_hpack_decoder_free(&d);
    }
    assert_true(good > blocks / 3 && bad > blocks / 60);
    print_message("%lu random blocks, same verdict: %u good, %u bad\n", blocks, good, bad);
    tn_buf_free(&ours);
    tn_buf_free(&theirs);
}

#else

static void each_decodes_the_other(void **state)
{
    (void)state;
    print_message("no <nghttp2/nghttp2.h>: install libnghttp2-dev\n");
    skip();
}

static void verdicts_on_random_blocks_are_the_same(void **state)
{
    (void)state;
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_decodes_the_other),
        cmocka_unit_test(verdicts_on_random_blocks_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
