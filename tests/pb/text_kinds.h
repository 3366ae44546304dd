/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_kinds.h: texttest.Kinds parsed and printed, for the tests of text format.
 */
#ifndef TN_TEST_PB_TEXT_KINDS_H
#define TN_TEST_PB_TEXT_KINDS_H

#include "support/test.h"
#include "tern/text.h"
#include "text.tern.h"

static tern_arena *arena;
static tern_pb_registry *registry;

static inline int setup(void **state)
{
    (void)state;
    arena = tern_arena_new(NULL);
    registry = tern_pb_registry_new(NULL);
    return arena && registry && tern_pb_registry_add_file(registry, &text_file, NULL) == TERN_OK
               ? 0
               : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    tern_pb_registry_free(registry);
    tern_arena_free(arena);
    return 0;
}

static inline texttest_Kinds *parse(const char *text)
{
    tern_error err;
    texttest_Kinds *msg = texttest_Kinds_new(arena);
    assert_non_null(msg);
    const tern_code code = tern_text_parse(&texttest_Kinds_table, msg, tern_str_of(text), arena,
                                           TERN_TEXT_PARSE_OPTS(.registry = registry), &err);
    if (code != TERN_OK)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(err.code, TERN_OK);
    return msg;
}

static inline const char *print(const texttest_Kinds *msg, bool single_line)
{
    tern_error err;
    tern_str out;
    assert_int_equal(
        tern_text_print(&texttest_Kinds_table, msg, arena,
                        TERN_TEXT_PRINT_OPTS(.registry = registry, .single_line = single_line),
                        &out, &err),
        TERN_OK);
    assert_int_equal(out.p[out.n], '\0');
    assert_int_equal(strlen(out.p), out.n);
    return out.p;
}

#endif
