/* SPDX-License-Identifier: Apache-2.0 */
/* Comments of a .proto as comments of C: carried over, and harmless whatever is in them. */
#include "base/env.h"
#include "compiler/out.h"
#include "support/test.h"

static void becomes(const char *leading, const char *trailing, const char *expected)
{
    google_protobuf_SourceCodeInfo_Location at = { .leading_comments = tern_str_of(leading),
                                                   .trailing_comments = tern_str_of(trailing) };
    tn_gen_out out = { .text = tn_buf_of(tn_env_of(NULL)) };
    tn_gen_comment(&out, 4, &at, false);
    tn_gen_put(&out, "", 1);
    assert_false(out.failed);
    assert_string_equal((const char *)tn_buf_data(&out.text), expected);
    tn_buf_free(&out.text);
}

static void lines_and_paragraphs(void **state)
{
    (void)state;
    becomes(NULL, NULL, "");
    becomes(" One line.\n", NULL, "    /* One line. */\n");
    becomes(NULL, " Behind.\n", "    /* Behind. */\n");
    becomes(" A.\n B.\n", NULL, "    /*\n     * A.\n     * B.\n     */\n");
    becomes(" A.\n\n   indented\n", NULL,
            "    /*\n     * A.\n     *\n     *   indented\n     */\n");
    becomes(" A.\n", " B.\n", "    /*\n     * A.\n     *\n     * B.\n     */\n");
    becomes("\n \t\n A.\n\n\n", NULL, "    /* A. */\n");
    becomes("   \n", NULL, "");
    becomes("no newline", NULL, "    /* no newline */\n");
    becomes(" dos\r\n lines\r\n", NULL, "    /*\n     * dos\n     * lines\n     */\n");
}

static void a_long_line_gets_lines_of_its_own(void **state)
{
    (void)state;
    char line[] = " xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                  "xxxxxxxxxxxx\n";
    tn_gen_out out = { .text = tn_buf_of(tn_env_of(NULL)) };
    google_protobuf_SourceCodeInfo_Location at = { .leading_comments = tern_str_of(line) };
    tn_gen_comment(&out, 4, &at, false);
    assert_memory_equal(tn_buf_data(&out.text), "    /*\n     * xxx", 17);
    tn_buf_free(&out.text);
}

static void nothing_in_it_ends_the_comment(void **state)
{
    (void)state;
    becomes(" */ int x; /*\n", NULL, "    /* * / int x; / * */\n");
    becomes(" **/\n/*/\n", NULL, "    /*\n     * ** /\n     * / * /\n     */\n");
    becomes(" *\n/\n", NULL, "    /*\n     * *\n     * /\n     */\n");
    becomes(" a *\x01/ b\n", NULL, "    /* a * / b */\n");
    becomes(" *\xff/\n", NULL, "    /* * / */\n");
    becomes(" *\xe2\x80\xae/\n", NULL, "    /* * / */\n");
    becomes(" what?\?/\n", NULL, "    /* what?? / */\n");
    becomes(" what?\?!\n", NULL, "    /* what?? ! */\n");
    becomes(" end\\\n next\n", NULL, "    /*\n     * end\\\n     * next\n     */\n");
}

static void only_what_a_reader_sees(void **state)
{
    (void)state;
    becomes(" a\tb\n", NULL, "    /* a    b */\n");
    becomes(" a\x7f\x1b[31mb\n", NULL, "    /* a[31mb */\n");
    becomes(" gr\303\274n \360\237\220\246\n", NULL, "    /* gr\303\274n \360\237\220\246 */\n");
    becomes(" \303(\n", NULL, "    /* ( */\n");
    becomes(" \342\200\256abc\342\201\246\n", NULL, "    /* abc */\n");
    becomes(" cut\303", NULL, "    /* cut */\n");
}

static void deprecation_is_said(void **state)
{
    (void)state;
    tn_gen_out out = { .text = tn_buf_of(tn_env_of(NULL)) };
    tn_gen_comment(&out, 0, NULL, true);
    tn_gen_put(&out, "", 1);
    assert_string_equal((const char *)tn_buf_data(&out.text), "/* Deprecated. */\n");
    tn_buf_free(&out.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_paragraphs),
        cmocka_unit_test(a_long_line_gets_lines_of_its_own),
        cmocka_unit_test(nothing_in_it_ends_the_comment),
        cmocka_unit_test(only_what_a_reader_sees),
        cmocka_unit_test(deprecation_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
