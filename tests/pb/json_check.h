/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_check.h: what the tests of JSON say of a text: that it parses, to what it is printed again, or with which
 * words it is refused. Each text is parsed from memory that ends where it ends.
 */
#ifndef TN_TEST_PB_JSON_CHECK_H
#define TN_TEST_PB_JSON_CHECK_H

#include "json.tern.h"
#include "json2.tern.h"
#include "support/guard.h"
#include "support/test.h"
#include "tern/json.h"

#include <stdio.h>

static tern_pb_registry *json_registry(void)
{
    tern_error err;
    tern_pb_registry *reg = tern_pb_registry_new(NULL);
    assert_non_null(reg);
    assert_int_equal(tern_pb_registry_add_file(reg, &json_file, &err), TERN_OK);
    assert_int_equal(tern_pb_registry_add_file(reg, &json2_file, &err), TERN_OK);
    return reg;
}

/* The code of parsing text into a new message at *msg. */
static tern_code parse_text(const tern_pb_table *table, tern_str text, tern_arena *arena,
                            const tern_json_parse_opts *opts, void **msg, tern_error *err)
{
    uint8_t *copy = tn_guard_copy(text.p, text.n);
    *msg = tern_pb_new(table, arena);
    assert_non_null(*msg);
    const tern_code code =
        tern_json_parse(table, *msg, (tern_str){ (char *)copy, text.n }, arena, opts, err);
    tn_guard_free(copy, text.n);
    assert_int_equal(code, err->code);
    assert_int_equal(code == TERN_OK, err->text[0] == '\0');
    return code;
}

/* text parses, and what came of it prints as `wanted`, and its encoding decodes to the same. */
static void check_with(const tern_pb_table *table, const char *text, const char *wanted,
                       const tern_json_parse_opts *parse_opts,
                       const tern_json_print_opts *print_opts)
{
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    void *msg;
    if (parse_text(table, tern_str_of(text), arena, parse_opts, &msg, &err) != TERN_OK)
        fail_msg("%s: %s", text, err.text);
    tern_str out;
    if (tern_json_print(table, msg, arena, print_opts, &out, &err) != TERN_OK)
        fail_msg("%s: %s", text, err.text);
    assert_string_equal(out.p, wanted);
    assert_int_equal(out.n, strlen(wanted));
    tern_bytes bytes;
    assert_int_equal(tern_pb_encode(table, msg, arena, &bytes, &err), TERN_OK);
    void *again = tern_pb_new(table, arena);
    const tern_pb_registry *reg = parse_opts ? parse_opts->registry : NULL;
    assert_int_equal(
        tern_pb_decode(table, again, bytes, arena, TERN_PB_DECODE_OPTS(.registry = reg), &err),
        TERN_OK);
    assert_int_equal(tern_json_print(table, again, arena, print_opts, &out, &err), TERN_OK);
    assert_string_equal(out.p, wanted);
    tern_arena_free(arena);
}

static inline void check(const tern_pb_table *table, const char *text, const char *wanted)
{
    check_with(table, text, wanted, NULL, NULL);
}

/* text is refused with these words. */
static void refuse_with(const tern_pb_table *table, tern_str text, const char *words,
                        const tern_json_parse_opts *opts, tern_code code)
{
    tern_error err;
    tern_arena *arena = tern_arena_new(NULL);
    void *msg;
    if (parse_text(table, text, arena, opts, &msg, &err) != code)
        fail_msg("%.*s: %s instead of %s", (int)(text.n < 400 ? text.n : 400), text.p,
                 tern_code_name(err.code), words);
    if (!strstr(err.text, words))
        fail_msg("%.*s: \"%s\" instead of \"%s\"", (int)(text.n < 400 ? text.n : 400), text.p,
                 err.text, words);
    tern_arena_free(arena);
}

static inline void refuse(const tern_pb_table *table, const char *text, const char *words)
{
    refuse_with(table, tern_str_of(text), words, NULL, TERN_INVALID_ARGUMENT);
}

#endif
