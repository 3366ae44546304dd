/* SPDX-License-Identifier: Apache-2.0 */
/*
 * split_test.c: generated sequences, near misses among them, whole, octet by octet and cut at random:
 * the same events, the same answers, the same end.
 */
#include "h2/frame.h"
#include "support/h2_end.h"
#include "support/h2_gen.h"
#include "support/test.h"

#include <stdlib.h>

enum { ASKED = 3, UNITS = 25 };

/* The start apart: the client under test opens its streams between. */
static void make(uint64_t seed, bool server, tn_buf *start, tn_buf *rest)
{
    h2_gen g;
    h2_gen_init(&g, seed, server, server ? 0 : ASKED, seed % 3 ? 12 : 0);
    h2_gen_start(&g);
    assert_true(tn_buf_put(start, tn_buf_data(&g.unit), tn_buf_len(&g.unit)));
    for (int i = 0; i < UNITS; i++) {
        h2_gen_next(&g);
        assert_true(tn_buf_put(rest, tn_buf_data(&g.unit), tn_buf_len(&g.unit)));
    }
    h2_gen_free(&g);
}

/* All lines but those of WINDOW_UPDATE: when credit is worth a frame is looked at piece by piece. */
static void put_answers(tn_buf *to, tn_buf *text)
{
    assert_true(tn_buf_put(text, "", 1));
    for (const char *at = (const char *)tn_buf_data(text); *at;) {
        const size_t n = strcspn(at, "\n") + 1;
        if (strncmp(at, "WINDOW_UPDATE", 13) != 0)
            assert_true(tn_buf_put(to, at, n));
        at += n;
    }
    assert_true(tn_buf_put(to, "", 1));
}

/* Events and output as text, into `to`. */
static void play(uint64_t seed, bool server, const tn_buf *start, const tn_buf *rest, h2_cut cut,
                 tn_buf *to)
{
    const tn_h2_config config = { .server = server, .stream_window = H2_GEN_WINDOW };
    tn_seed cuts = { seed };
    h2_end e;
    tn_buf out = tn_buf_of(tern_env_default()), text = out;
    assert_true(h2_end_init(&e, NULL, &config, &h2_reader));
    h2_feed_cut(e.c, tn_buf_data(start), tn_buf_len(start), TERN_TEST_START, cut, &cuts);
    for (int i = 0; i < ASKED && !server; i++)
        assert_non_null(h2_call_open(&e, i == 0));
    h2_feed_cut(e.c, tn_buf_data(rest), tn_buf_len(rest), TERN_TEST_START, cut, &cuts);
    h2_drain_output(e.c, &out, SIZE_MAX);
    const char *log = h2_end_log(&e);
    assert_true(tn_buf_put(to, log, strlen(log)));
    size_t skip = server ? 0 : TN_H2_PREFACE_BYTES;
    h2_describe(&text, tn_buf_data(&out) + skip, tn_buf_len(&out) - skip);
    put_answers(to, &text);
    tn_buf_free(&text);
    tn_buf_free(&out);
    h2_end_free(&e);
}

static void generated_sequences_do_not_care_for_cuts(void **state)
{
    (void)state;
    const char *more = getenv("TERN_SPLIT_SEQUENCES");
    const unsigned long sequences = more ? strtoul(more, NULL, 10) : 600;
    for (unsigned long seed = 0; seed < sequences; seed++) {
        const bool server = seed % 2;
        tn_buf start = tn_buf_of(tern_env_default()), rest = start, whole = start, cut = start;
        make(seed, server, &start, &rest);
        play(seed, server, &start, &rest, H2_WHOLE, &whole);
        for (int how = H2_BYTES; how <= H2_RANDOM; how++) {
            play(seed, server, &start, &rest, (h2_cut)how, &cut);
            if (strcmp((const char *)tn_buf_data(&whole), (const char *)tn_buf_data(&cut)) != 0)
                fail_msg("seed %lu, cut %d:\n%s\nwhole:\n%s", seed, how,
                         (const char *)tn_buf_data(&cut), (const char *)tn_buf_data(&whole));
            tn_buf_reset(&cut, SIZE_MAX);
        }
        tn_buf_free(&start);
        tn_buf_free(&rest);
        tn_buf_free(&whole);
        tn_buf_free(&cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_sequences_do_not_care_for_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
